"""Xero's dates: `/Date(ms+0000)/` and the strings beside them, read into calendar days and instants, never shifted.

The number is UTC whatever offset stands behind it; without one, negative (1917) and zero on voided documents occur in
real ones (XeroAPI/Xero-Java#138 and third parties, 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?")
_FIRST = date(1900, 1, 1)
_NONE = date(1970, 1, 1)  # what a date of zero comes to: there is none


def day(row: Mapping[str, Any], name: str) -> date | None:
    """Return the calendar date of a field: of its string, else of its milliseconds in UTC; None where there is none."""
    for value in (row.get(f"{name}String"), row.get(name)):
        found = _instant(value)
        if found is not None and found.date() >= _FIRST and found.date() != _NONE:
            return found.date()
    return None


def milliseconds(row: Mapping[str, Any], name: str) -> int | None:
    """Return an instant in milliseconds since 1970; None where it can't be read."""
    for value in (row.get(name), row.get(f"{name}String")):
        found = _instant(value)
        if found is not None:
            return (found - EPOCH) // timedelta(milliseconds=1)
    return None


def header(instant: int) -> str:
    """Return milliseconds as If-Modified-Since takes them: UTC, whole seconds, no fraction (xero_gateway#145)."""
    return (EPOCH + timedelta(milliseconds=instant)).strftime("%Y-%m-%dT%H:%M:%S")


def _instant(value: object) -> datetime | None:
    return _read(value) if isinstance(value, str) else None


@lru_cache(maxsize=4096)  # the same days stand in thousands of rows
def _read(value: str) -> datetime | None:
    try:
        if found := _MS.fullmatch(value.strip()):
            return EPOCH + timedelta(milliseconds=int(found[1]))
        if found := _ISO.fullmatch(value.strip()):
            return datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}").replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return None
