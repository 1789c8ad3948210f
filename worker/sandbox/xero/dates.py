"""Dates as Xero writes and reads them: `/Date(ms+0000)/`, `DateString`, and the form that If-Modified-Since takes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_MS = 86_400_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_MS_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ]00:00:00)?")
_SINCE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def instant_ms(instant: datetime, offset: str = "+0000") -> str:
    """Write an instant as `/Date(1552428535123+0000)/`; `offset` is only a label, the number is UTC."""
    return f"/Date({(instant - EPOCH) // timedelta(milliseconds=1)}{offset})/"


def day_ms(day: date, offset: str = "+0000") -> str:
    """Write a calendar date as its midnight in UTC; negative before 1970."""
    return f"/Date({(day.toordinal() - _EPOCH_ORDINAL) * DAY_MS}{offset})/"


def day_string(day: date, between: str = "T") -> str:
    """Write `2026-10-01T00:00:00`; the examples of the OpenAPI description (2026-07) have a blank in place of the T."""
    return f"{day.isoformat()}{between}00:00:00"


def utc_string(instant: datetime) -> str:
    """Write `UpdatedDateUTCString`, which Xero sends since 2026-07: whole seconds and a Z."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_ms(instant: datetime) -> datetime:
    """Cut an instant to the milliseconds that Xero keeps."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def read_day(value: object) -> date:
    """Read the date of a request: ISO, ISO with a midnight, or `/Date(ms)/`; ValueError otherwise."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a date")
    found = _MS_DATE.fullmatch(value)
    if found:
        return (EPOCH + timedelta(milliseconds=int(found[1]))).date()
    iso = _DAY.fullmatch(value)
    if not iso:
        raise ValueError(f"{value!r} is not a date")
    return date.fromisoformat(iso[1])


def read_since(value: str) -> datetime:
    """Read If-Modified-Since: UTC, whole seconds, no fraction, no offset (xero_gateway#145); ValueError otherwise."""
    if not _SINCE.fullmatch(value):
        raise ValueError(f"If-Modified-Since must be yyyy-mm-ddThh:mm:ss in UTC, not {value!r}")
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


def as_day(value: date | str) -> date:
    """Take a date as a hand gives it: a date or ISO text."""
    return date.fromisoformat(value) if isinstance(value, str) else value
