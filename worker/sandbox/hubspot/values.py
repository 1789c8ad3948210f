"""One property value: is it valid, and how is it kept? Values are text; dates are kept as HubSpot shows them."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from worker.sandbox.hubspot.definitions import Property
from worker.sandbox.hubspot.errors import Invalid, bad

LONGEST = 65_536
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_FIRST, _LAST = -62_135_596_800_000, 253_402_300_799_999  # the years 1 to 9999
_EMAIL = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"().]+(\.[^@\s,;<>\"().]+)+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def stamp(ms: int) -> str:
    """Write an instant the way HubSpot does: `2025-11-03T23:36:13.632Z`."""
    return (EPOCH + ms * _MS).isoformat(timespec="milliseconds")[:-6] + "Z"


def milliseconds(instant: datetime) -> int:
    """Return whole milliseconds since 1970."""
    return (instant - EPOCH) // _MS


def instant(text: str) -> int | None:
    """Read an instant given as milliseconds, as ISO 8601, or as a bare day; None when it is none of them."""
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text) if _FIRST <= int(text) <= _LAST else None
    if not re.match(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    ms = milliseconds(read if read.tzinfo else read.replace(tzinfo=UTC))
    return ms if _FIRST <= ms <= _LAST else None


def number(text: str) -> Decimal | None:
    """Read a number without blanks or thousands commas; None when it is none."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def raw_text(name: str, value: Any) -> str:
    """Return a value as text; JSON numbers and booleans pass (recorded), null and structures are refused."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | Decimal):
        return str(value)
    raise bad(f"Invalid input JSON: the value of property {name} must be a string", propertyName=[name])


def kept(definition: Property, text: str, options: Collection[str]) -> str | Invalid:
    """Return the value as it is kept, or why it is not valid; the empty text clears and is always valid."""
    name = definition.name
    if text == "":
        return text
    if definition.type == "number":
        # Blank-padded numbers are refused since April 2025 (changelog; issue PipedreamHQ/pipedream#14856).
        return text if number(text) is not None else Invalid(name, f"{text} was not a valid number.", "INVALID_NUMBER")
    if definition.type == "datetime":
        ms = instant(text)
        return Invalid(name, f"{text} was not a valid long.", "INVALID_LONG") if ms is None else stamp(ms)
    if definition.type == "date":
        return _day(name, text)
    if definition.type in ("enumeration", "bool"):
        return _choice(definition, text, options)
    if len(text) > LONGEST:
        return Invalid(name, f"The value is longer than {LONGEST} characters.", "VALUE_TOO_LONG")
    if name == "email" and definition.standard:
        return text.lower() if _EMAIL.fullmatch(text) else _bad_email(text)
    return text


def _bad_email(text: str) -> Invalid:
    return Invalid("email", f"Email address {text} is invalid", "INVALID_EMAIL")


def _day(name: str, text: str) -> str | Invalid:
    """Keep a date as YYYY-MM-DD; milliseconds must be midnight UTC."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            return Invalid(name, f"{text} was not a valid date.", "INVALID_DATE")
    ms = instant(text)
    if ms is None or ms % 86_400_000:
        return Invalid(name, f"{text} is not at midnight UTC.", "INVALID_DATE")
    return stamp(ms)[:10]


def _choice(definition: Property, text: str, options: Collection[str]) -> str | Invalid:
    chosen = text.split(";") if definition.field_type == "checkbox" else [text]
    if all(value in options for value in chosen):
        return text
    listed = ", ".join(options)
    return Invalid(definition.name, f"{text} was not one of the allowed options: [{listed}]", "INVALID_OPTION")
