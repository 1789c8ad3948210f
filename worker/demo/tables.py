"""People's hands on the rows of the tracker, in the same words whichever it is: type, paste, copy, delete, fill a form.

Rows come out as people see them there, by column name, empty cells left out: numbers as numbers, dates as ISO text, a
tick as True. A row's name lasts as long as the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from worker.domain.tables import TABLES
from worker.sandbox.airtable import Airtable
from worker.sandbox.google import Google
from worker.sandbox.google.grid import Line, Sheet
from worker.sandbox.google.locales import from_serial
from worker.sandbox.google.reading import format_of
from worker.sandbox.world import World

Cells = Mapping[str, Any]
_TEXT = frozenset({"text", "long text", "email", "phone", "url"})
_KINDS = {table.name: {column.name: column.kind for column in table.columns} for table in TABLES.values()}


class TableHands(Protocol):
    """What people do to rows. A table or a row that is not there is a ValueError."""

    def add_row(self, table: str, cells: Cells, *, form: bool = False) -> str:
        """Add a row by hand, or by a form; return its name."""

    def add_rows(self, table: str, rows: Iterable[Cells], *, form: bool = False) -> list[str]:
        """Paste many rows, or let a form add them; return their names."""

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return every row that holds anything, in the order of the grid: its name as `id`, its cells as `fields`."""

    def row(self, table: str, row: str) -> dict[str, Any]:
        """Return the cells of one row."""

    def edit(self, table: str, row: str, cells: Cells) -> None:
        """Type into cells of a row; None empties one."""

    def duplicate(self, table: str, row: str) -> str:
        """Copy a row, keys and all; return the copy's name."""

    def delete(self, table: str, row: str) -> None:
        """Delete a row."""


def hands_on(world: World, tracker: str) -> TableHands:
    """Return hands on the tracker of this kind."""
    return SheetHands(world.google) if tracker == "google-sheets" else GridHands(world.airtable)


class GridHands:
    """Hands in Airtable's grid."""

    def __init__(self, airtable: Airtable) -> None:
        self._airtable = airtable

    def add_row(self, table: str, cells: Cells, *, form: bool = False) -> str:
        """Add a row by hand, or by a form; return its name."""
        return self.add_rows(table, [cells], form=form)[0]

    def add_rows(self, table: str, rows: Iterable[Cells], *, form: bool = False) -> list[str]:
        """Paste many rows, or let a form add them; return their names."""
        return self._airtable.add_rows(table, rows, source="formSubmission" if form else "client")

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return every row that holds anything."""
        return [{"id": row["id"], "fields": row["fields"]} for row in self._airtable.rows(table) if row["fields"]]

    def row(self, table: str, row: str) -> dict[str, Any]:
        """Return the cells of one row."""
        return self._airtable.row(table, row)

    def edit(self, table: str, row: str, cells: Cells) -> None:
        """Type into cells of a row; None empties one."""
        self._airtable.edit(table, row, cells)

    def duplicate(self, table: str, row: str) -> str:
        """Copy a row, keys and all; return the copy's name."""
        return self._airtable.duplicate(table, row)

    def delete(self, table: str, row: str) -> None:
        """Delete a row."""
        self._airtable.delete(table, row)


class SheetHands:
    """Hands in the spreadsheet. Rows have no names there, so these hands give them some, and keep them over a sort."""

    def __init__(self, google: Google) -> None:
        self._google = google
        self._names: dict[Line, str] = {}
        self._numbers = count(1)

    def add_row(self, table: str, cells: Cells, *, form: bool = False) -> str:
        """Add a row by hand, or by a form; return its name."""
        return self.add_rows(table, [cells], form=form)[0]

    def add_rows(self, table: str, rows: Iterable[Cells], *, form: bool = False) -> list[str]:
        """Paste many rows below the last one, or let a form add them one by one; return their names."""
        with self._google.lock:
            sheet = self._google.sheet(table)
            if form:
                return [self._name(sheet.lines[self._google.submit_form(table, cells) - 1]) for cells in rows]
            last = sheet.last_filled(sheet.frame)
            first = 0 if last is None else last[0] + 1
            block = [self._pasted(sheet, first + at, cells) for at, cells in enumerate(rows, start=1)]
            self._google.paste(table, first + 1, 1, block)
            return [self._name(line) for line in sheet.lines[first : first + len(block)]]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return every row that holds anything."""
        with self._google.lock:
            sheet, values = self._google.sheet(table), self._google.values(table)
            found = [
                {"id": self._name(line), "fields": self._shown(table, values[0], cells)}
                for line, cells in zip(sheet.lines[1:], values[1:], strict=False)
            ]
            return [row for row in found if row["fields"]]

    def row(self, table: str, row: str) -> dict[str, Any]:
        """Return the cells of one row."""
        with self._google.lock:
            number, values = self._number(table, row), self._google.values(table)
            return self._shown(table, values[0], values[number - 1] if number <= len(values) else ())

    def edit(self, table: str, row: str, cells: Cells) -> None:
        """Type into cells of a row; None empties one."""
        with self._google.lock:
            sheet, number = self._google.sheet(table), self._number(table, row)
            for column, value in cells.items():
                self._google.edit(table, number, column, self._typed(sheet, number, column, value))

    def duplicate(self, table: str, row: str) -> str:
        """Copy a row, keys and all, into a new one right below; return the copy's name."""
        with self._google.lock:
            copy = self._google.copy_row(table, self._number(table, row))
            return self._name(self._google.sheet(table).lines[copy - 1])

    def delete(self, table: str, row: str) -> None:
        """Delete a row."""
        with self._google.lock:
            self._google.delete_rows(table, self._number(table, row))

    def sort(self, table: str, column: str, *, descending: bool = False) -> None:
        """Sort a tab by a column; names go along with what stands in the rows."""
        with self._google.lock:
            lines = self._google.sheet(table).lines
            sources = self._google.sort(table, column, descending=descending)
            names = {place: self._names.get(lines[source - 1]) for place, source in sources.items()}
            for place, name in names.items():
                self._names.pop(lines[place - 1], None)
                if name is not None:
                    self._names[lines[place - 1]] = name

    # ---- names of rows ----------------------------------------------------------------------------------------------

    def _name(self, line: Line) -> str:
        if line not in self._names:
            self._names[line] = f"row-{next(self._numbers)}"
        return self._names[line]

    def _number(self, table: str, row: str) -> int:
        for number, line in enumerate(self._google.sheet(table).lines, start=1):
            if self._names.get(line) == row:
                return number
        raise ValueError(f"{table} has no row {row}")

    # ---- what is typed, and what is seen ----------------------------------------------------------------------------

    def _pasted(self, sheet: Sheet, number: int, cells: Cells) -> list[Any]:
        header = [str(name) for name in sheet.lines[0].cells]
        if unknown := set(cells) - set(header):
            raise ValueError(f"{sheet.title} has no column {', '.join(sorted(unknown))}")
        return [self._typed(sheet, number, name, cells.get(name)) for name in header]

    def _typed(self, sheet: Sheet, number: int, column: str, value: Any) -> Any:
        """Return what a careful person types: local times, and an apostrophe before text that must stay text."""
        kind = _kind(sheet.title, column)
        if not isinstance(value, str):
            return value
        if kind == "datetime":
            moment = datetime.fromisoformat(value)
            return f"{moment.astimezone(self._zone) if moment.tzinfo else moment:%Y-%m-%d %H:%M:%S}"
        return f"'{value}" if kind in _TEXT and not _is_plain(sheet, number, column) else value

    def _shown(self, table: str, header: Sequence[Any], cells: Sequence[Any]) -> dict[str, Any]:
        """Return the filled cells of a row as people see them."""
        return {
            str(name): self._seen(_kind(table, str(name)), cell)
            for name, cell in zip(header, cells, strict=False)
            if name != "" and cell != "" and cell is not False  # 0 is a number that stands there
        }

    def _seen(self, kind: str, cell: Any) -> Any:
        if isinstance(cell, str | bool) or kind not in ("date", "datetime"):
            return cell
        day, second = from_serial(cell)
        if kind == "date":
            return day.isoformat()
        moment = datetime.combine(day, time(), self._zone) + timedelta(seconds=second)
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(str(self._google.file.properties["timeZone"]))


def _kind(table: str, column: str) -> str:
    """Return what a column of ours holds; other people's columns hold text."""
    return _KINDS.get(table, {}).get(column, "text")


def _is_plain(sheet: Sheet, number: int, column: str) -> bool:
    """Tell whether a cell is formatted as plain text, in which every text stays as it is typed."""
    header = sheet.lines[0].cells
    if column not in header or number > len(sheet.lines):
        return False
    return format_of(sheet.lines[number - 1], header.index(column)).get("type") == "TEXT"
