"""Cells both ways: what Airtable's JSON holds for a field of some type, and what our column of some kind holds.

Also what a hook's payload says of a cell, brought to the same form as a record's. It knows nothing of requests.
Types and traps: Airtable's cell value reference and recorded answers, 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from worker.connectors.airtable.schema import LINK_TYPE, NUMBER_TYPES, TEXT_TYPES, Field
from worker.connectors.exact_json import clean
from worker.domain.cells import Cell
from worker.domain.tables import Column

# No commas: 1,234 is a thousand to one person and a bit more than one to another.
_NUMBER_TEXT = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?", re.ASCII)
_DATE_TYPES = frozenset({"date", "dateTime", "createdTime", "lastModifiedTime"})

NameOf = Callable[[str, str], str | None]  # (table id, record id) → what our primary column says there
FindRows = Callable[[str, str], Sequence[str]]  # (table id, text) → ids of the rows whose primary column says so


class BadCell(ValueError):
    """A value that the field can't hold; the text says why, for people."""


class NotPlain:
    """Stands for a hook's value that can't be read from the payload alone: read the record."""


NOT_PLAIN = NotPlain()


@dataclass(frozen=True, slots=True)
class Codec:
    """Reads and writes cells; the zone is the programme's, for dates out of times and times without a zone."""

    zone: ZoneInfo
    name_of: NameOf
    find_rows: FindRows

    def read(self, field: Field, column: Column, raw: Any) -> Cell:
        """Return what a record's JSON means for our column; unknown shapes and errors read as None."""
        value = self._native(field, raw)
        match column.kind:
            case "number" | "money":
                return _as_number(value)
            case "date" | "datetime":
                return self._as_time(value, column.kind)
            case "checkbox":
                return (value != 0 or None) if isinstance(value, Decimal) else value or None
            case _:
                return value if isinstance(value, tuple) else _as_text(value)

    def _native(self, field: Field, raw: Any) -> Cell:
        if isinstance(raw, bool):
            return raw or None
        if isinstance(raw, (int, Decimal)):
            return clean(raw)
        if isinstance(raw, str):
            if field.type in _DATE_TYPES:
                return _moment(raw)
            # Rich text comes back with a line feed at its end that nobody typed.
            return (raw.removesuffix("\n") if field.type == "richText" else raw) or None
        if isinstance(raw, list):
            return self._linked(field.linked, raw) if field.linked else self._joined(field, raw)
        return None

    def _linked(self, table: str, ids: Sequence[Any]) -> Cell:
        rows = tuple(i for i in ids if isinstance(i, str))
        names = [self.name_of(table, i) for i in rows]
        if not rows or all(n is None for n in names):
            return rows or None
        return ", ".join(name or row for name, row in zip(names, rows, strict=True))

    def _joined(self, field: Field, values: Sequence[Any]) -> Cell:
        """Read a lookup or several choices, which are always lists; they may hold null."""
        found = [v for v in (self._native(field, raw) for raw in values) if v is not None]
        if len(found) <= 1:
            return found[0] if found else None
        return ", ".join(_as_text(v) or "" for v in found)

    def _as_time(self, value: Cell, kind: str) -> Cell:
        value = _moment(value) if isinstance(value, str) else value
        if isinstance(value, datetime):
            moment = value if value.tzinfo else value.replace(tzinfo=self.zone)
            return moment.astimezone(self.zone).date() if kind == "date" else moment.astimezone(UTC)
        if isinstance(value, date) and kind == "datetime":
            return datetime.combine(value, time(), self.zone).astimezone(UTC)
        return value

    def write(self, field: Field, value: Cell) -> Any:
        """Return the JSON to write; BadCell where the field can't hold it. None clears."""
        if value is None:
            return False if field.type == "checkbox" else None
        if field.type in TEXT_TYPES:
            return ", ".join(value) if isinstance(value, tuple) else _as_text(value)
        if field.type in NUMBER_TYPES:
            return _number_json(value)
        if field.type == "checkbox" and isinstance(value, bool):
            return value
        if field.type == "singleSelect" and isinstance(value, str):
            if value not in field.choices.values():
                raise BadCell(f"the column {field.name} does not offer “{value}”: add the option in Airtable")
            return value
        if field.type in ("date", "dateTime") and isinstance(value, date):
            return _as_text(self._as_time(value, field.type.lower()))
        if field.type == LINK_TYPE and field.linked:
            return list(value) if isinstance(value, tuple) else [self._row_named(field.linked, field.name, value)]
        raise BadCell(f"the column {field.name} is of type {field.type} and can't hold a {type(value).__name__}")

    def _row_named(self, table: str, column: str, value: Cell) -> str:
        text = _as_text(value) or ""
        rows = self.find_rows(table, text)
        if len(rows) != 1:
            how = "no row" if not rows else "more than one row"
            raise BadCell(f"the column {column} links to a table in which {how} is called “{text}”")
        return rows[0]


def from_hook(field: Field, value: Any) -> Any:
    """Bring a payload's cell to the form of a record's JSON; NOT_PLAIN where that can't be done surely."""
    if value is None:
        return None
    if field.type in TEXT_TYPES | {"date", "dateTime"} and isinstance(value, str):
        return value or None
    if field.type in NUMBER_TYPES and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return value
    if field.type == "checkbox" and isinstance(value, bool):
        return value or None
    if field.type == "singleSelect" and isinstance(value, dict) and isinstance(value.get("name"), str):
        return value["name"]
    if field.type == LINK_TYPE and isinstance(value, list) and all(isinstance(v, dict) and "id" in v for v in value):
        return [v["id"] for v in value] or None
    return NOT_PLAIN


def same_raw(one: Any, other: Any) -> bool:
    """Tell whether two values of a record's JSON are the same cell: noise and emptiness aside."""
    if isinstance(one, (int, Decimal)) and isinstance(other, (int, Decimal)):
        return clean(one) == clean(other)
    return bool(one == other) or (_is_empty(one) and _is_empty(other))


def _is_empty(raw: Any) -> bool:
    return raw is None or raw is False or raw == "" or raw == []


def _as_number(value: Cell) -> Cell:
    """Read a number that somebody keeps in a text column; other text stays what it is, for a person to mend."""
    if isinstance(value, str) and _NUMBER_TEXT.fullmatch(value.strip()):
        return clean(Decimal(value.strip()))
    return value


def _as_text(value: Cell) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else None
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return _zulu(value)
    return value.isoformat() if isinstance(value, date) else (str(value) if value else None)


def _moment(text: str) -> Cell:
    """Read an ISO date or time; text that is neither stays text, as does a year at either end of the calendar."""
    try:
        moment = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return text or None
    if moment.year in (MINYEAR, MAXYEAR):  # in another zone it may lie outside
        return text
    return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else moment


def _zulu(moment: datetime) -> str:
    # Without a zone Airtable would read it in the field's own: always UTC, always Z.
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _number_json(value: Cell) -> Decimal | int:
    if isinstance(value, str):
        value = _as_number(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise BadCell(f"“{value}” is not a number")
    number = clean(value)
    return int(number) if number == number.to_integral_value() else number
