"""What a cell takes: written values, checked by the type of their field, in the form in which they are stored and read.

A reader returns None for an empty cell. Numbers are binary floats here because they are in the service. `typecast`
makes select options and reads numbers, dates and ticks from text; it makes no linked rows, unlike the real one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from worker.sandbox.airtable import errors
from worker.sandbox.airtable.workspace import COMPUTED, Field, Workspace, iso

LONGEST_TEXT = 100_000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
RECORD_ID = re.compile(r"rec[0-9A-Za-z]{14}")


@dataclass
class Reading:
    """One batch being read: whose base, whether values are cast, the select options that casting would make."""

    workspace: Workspace
    typecast: bool = False
    new_options: dict[str, list[str]] = field(default_factory=dict)


def read(reading: Reading, column: Field, value: Any) -> Any:
    """Return a written value as it is stored; ApiError when the field cannot take it."""
    if column.type in COMPUTED:
        raise errors.computed_field(column.name)
    if value is None:
        return None
    reader = _READERS.get(column.type)
    if reader is None:  # a type of tomorrow
        raise errors.invalid_value(column.name)
    return reader(reading, column, value)


def _text(reading: Reading, column: Field, value: Any) -> str | None:
    if reading.typecast and isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise errors.invalid_value(column.name)
    return value.encode("utf-8", "replace").decode() or None  # half a surrogate pair is no text


def _number(reading: Reading, column: Field, value: Any) -> int | float | None:
    if reading.typecast and isinstance(value, str):
        value = _number_in(value)
        if value is None:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise errors.invalid_value(column.name)
    return value


def _number_in(text: str) -> float | int | None:
    found = re.search(r"-?\d+(\.\d+)?", text.replace(",", ""))
    if found is None:
        return None
    return float(found[0]) if "." in found[0] else int(found[0])


def _rating(reading: Reading, column: Field, value: Any) -> int | None:
    number = _number(reading, column, value)
    if number is None or number == 0:
        return None
    if not isinstance(number, int) or not 1 <= number <= (column.options or {})["max"]:
        raise errors.invalid_value(column.name)
    return number


def _tick(reading: Reading, column: Field, value: Any) -> bool | None:
    if reading.typecast and isinstance(value, str):
        value = value.lower() in {"true", "1", "yes", "checked"}
    if not isinstance(value, bool):
        raise errors.invalid_value(column.name)
    return value or None


def _option(reading: Reading, column: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise errors.invalid_value(column.name)
    made = reading.new_options.get(column.id, [])
    if not value or column.choice(value) is not None or value in made:
        return value or None
    if not reading.typecast:
        raise errors.unknown_option(value)
    reading.new_options.setdefault(column.id, []).append(value)
    return value


def _options(reading: Reading, column: Field, value: Any) -> list[str] | None:
    if reading.typecast and isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, list):
        raise errors.invalid_value(column.name)
    names = [_option(reading, column, item) for item in value]
    return list(dict.fromkeys(name for name in names if name)) or None


def _links(reading: Reading, column: Field, value: Any) -> list[str] | None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise errors.invalid_value(column.name)
    table = reading.workspace.tables[column.linked() or ""]
    for record_id in value:
        if not RECORD_ID.fullmatch(record_id) or record_id not in table.rows:
            raise errors.missing_row(record_id)
    return list(dict.fromkeys(value)) or None


def _day(_: Reading, column: Field, value: Any) -> str | None:
    if value == "":
        return None
    at = _instant(column, value)
    return value if _DAY.fullmatch(value) else at.astimezone(UTC).date().isoformat()


def _moment(_: Reading, column: Field, value: Any) -> str | None:
    return None if value == "" else iso(_instant(column, value).astimezone(UTC))


def _instant(column: Field, value: Any) -> datetime:
    """Read ISO 8601; without an offset it is local to the field's zone, which is the trap for those who leave Z out."""
    if not isinstance(value, str):
        raise errors.invalid_value(column.name)
    try:
        if _DAY.fullmatch(value):
            day = date.fromisoformat(value)
            at = datetime(day.year, day.month, day.day)  # noqa: DTZ001 — given its zone below
        else:
            at = datetime.fromisoformat(value)
    except ValueError:
        raise errors.invalid_value(column.name) from None
    if at.tzinfo is not None:
        return at
    zone = (column.options or {}).get("timeZone", "utc")
    return at.replace(tzinfo=UTC if zone in {"utc", "client"} else ZoneInfo(zone))


def _files(reading: Reading, column: Field, value: Any) -> list[dict[str, Any]] | None:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise errors.invalid_value(column.name)
    files = []
    for item in value:
        if "id" in item:
            files.append(item)
        elif isinstance(item.get("url"), str):
            name = item.get("filename") or item["url"].rsplit("/", 1)[-1]
            files.append({"id": reading.workspace.mint("att"), "url": item["url"], "filename": name})
        else:
            raise errors.invalid_value(column.name)
    return files or None


def _person(reading: Reading, column: Field, value: Any) -> dict[str, str]:
    if isinstance(value, dict) and value:
        for user in reading.workspace.users.values():
            if value.get("id", user.id) == user.id and value.get("email", user.email) == user.email:
                return user.cell()
    raise errors.invalid_value(column.name)


def _people(reading: Reading, column: Field, value: Any) -> list[dict[str, str]] | None:
    if not isinstance(value, list):
        raise errors.invalid_value(column.name)
    return [_person(reading, column, item) for item in value] or None


def _barcode(_: Reading, column: Field, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise errors.invalid_value(column.name)
    return value


_READERS: dict[str, Callable[[Reading, Field, Any], Any]] = {
    "singleLineText": _text, "multilineText": _text, "richText": _text, "email": _text, "url": _text,
    "phoneNumber": _text, "number": _number, "currency": _number, "percent": _number, "duration": _number,
    "rating": _rating, "checkbox": _tick, "singleSelect": _option, "multipleSelects": _options,
    "multipleRecordLinks": _links, "date": _day, "dateTime": _moment, "multipleAttachments": _files,
    "singleCollaborator": _person, "multipleCollaborators": _people, "barcode": _barcode,
}  # fmt: skip


def writable(kind: str) -> bool:
    """Tell whether the API takes values for fields of this type."""
    return kind in _READERS
