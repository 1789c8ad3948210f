"""Values as the API takes them in: null leaves alone, "" clears, RAW or as if typed; counts and echoes as recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from worker.sandbox.google import a1, errors
from worker.sandbox.google.a1 import Rect
from worker.sandbox.google.entering import Desk, entered, exact
from worker.sandbox.google.grid import Formula, Sheet, Undo
from worker.sandbox.google.locales import LOCALES
from worker.sandbox.google.reading import Options, Place, format_of, value_range
from worker.sandbox.google.spreadsheet import Spreadsheet

LONGEST_CELL = 50_000  # characters, counted in UTF-16 as everything of Google's editors is (unit inferred)


@dataclass(frozen=True)
class Writer:
    """A write under way: into which file, by whom, how values are read, what to take back if it fails."""

    file: Spreadsheet
    who: str
    undo: Undo
    today: date
    typed: bool = False  # USER_ENTERED

    def put(self, sheet: Sheet, row: int, column: int, value: Any) -> None:
        """Fill one cell; what lies under a merge but for its first cell is dropped (inferred)."""
        if _under_merge(sheet, row, column):
            return
        line = sheet.lines[row]
        number_format: Mapping[str, str] | None = None
        if self.typed:
            desk = Desk(LOCALES[self.file.properties["locale"]], self.today)
            value, number_format = entered(desk, value, format_of(line, column))
        text = value.text if isinstance(value, Formula) else value
        if isinstance(text, str) and len(text) * 2 > LONGEST_CELL and len(text.encode("utf-16-le")) // 2 > LONGEST_CELL:
            raise errors.Refusal(
                f"Your input contains more than the maximum of {LONGEST_CELL} characters in a single cell."
            )
        sheet.put(self.undo, row, column, exact(value) if isinstance(value, int | float) else value)
        if number_format is not None and not format_of(line, column):
            look = line.looks.get(column, {})
            style = {**look.get("userEnteredFormat", {}), "numberFormat": number_format}
            sheet.look(self.undo, row, column, {**look, "userEnteredFormat": style})

    def permit(self, sheet: Sheet, rect: Rect) -> None:
        """Refuse to touch what is protected from the caller."""
        if not self.file.may_edit(self.who, sheet, rect):
            raise errors.Refusal(errors.protected())


@dataclass(frozen=True)
class Written:
    """What a write did: where, and which rows and columns of it got a value."""

    sheet: Sheet
    rect: Rect
    rows: frozenset[int]
    columns: frozenset[int]
    cells: int

    def counts(self) -> dict[str, int]:
        """Return the counts that are not zero (zeros are left out)."""
        counted = {"updatedRows": len(self.rows), "updatedColumns": len(self.columns), "updatedCells": self.cells}
        return {name: count for name, count in counted.items() if count}

    def report(self, spreadsheet_id: str) -> dict[str, Any]:
        """Return an UpdateValuesResponse without its echo."""
        return {
            "spreadsheetId": spreadsheet_id,
            "updatedRange": a1.write(self.sheet.title, self.rect),
            **self.counts(),
        }


def by_rows(values: Sequence[Sequence[Any]], major: str) -> list[list[Any]]:
    """Return values row by row, with null where columns are ragged; refuses what no cell can hold."""
    for outer, row in enumerate(values):
        for inner, value in enumerate(row):
            if isinstance(value, list | dict):
                raise errors.Refusal(f"Invalid values[{outer}][{inner}]: {_proto(value)}")
    if major != "COLUMNS":
        return [list(row) for row in values]
    height = max((len(column) for column in values), default=0)
    return [[column[at] if at < len(column) else None for column in values] for at in range(height)]


def _proto(value: Any) -> str:
    """Return a list or an object as Google's text form of it begins."""
    return ("list_value" if isinstance(value, list) else "struct_value") + " {\n}\n"


def write(writer: Writer, place: Place, values: Sequence[Sequence[Any]]) -> Written:
    """Write rows from the first cell of a place on; refuses to go beyond it, unless it is an anchor, or the grid."""
    sheet, start = place.sheet, place.rect
    height, width = len(values), max((len(row) for row in values), default=0)
    _fit(place, start, height, width)
    rect = Rect(start.top, start.top + max(1, height), start.left, start.left + max(1, width))
    if height:
        writer.permit(sheet, rect)
    touched = []
    for row, cells in enumerate(values, start.top):
        for column, value in enumerate(cells, start.left):
            if value is not None:
                writer.put(sheet, row, column, value)
                touched.append((row, column))
    return Written(sheet, rect, frozenset(row for row, _ in touched), frozenset(column for _, column in touched),
                   len(touched))  # fmt: skip


def _fit(place: Place, start: Rect, height: int, width: int) -> None:
    title = place.sheet.title
    rows, columns = len(place.sheet.lines), len(place.sheet.columns)
    if not place.anchor:
        asked = a1.write(title, start)
        if height > start.height and place.box.bottom is not None:
            raise errors.Refusal(
                f"Requested writing within range [{asked}], but tried writing to row [{start.bottom + 1}]"
            )
        if width > start.width and place.box.right is not None:
            raise errors.Refusal(
                f"Requested writing within range [{asked}], but tried writing to column [{a1.letters(start.right)}]"
            )
    if start.top + height > rows or start.left + width > columns:
        beyond = Rect(start.top, start.top + height, start.left, start.left + width)
        raise errors.Refusal(
            f"Range ({a1.write(title, beyond)}) exceeds grid limits. Max rows: {rows}, max columns: {columns}"
        )


def _under_merge(sheet: Sheet, row: int, column: int) -> bool:
    for pin in sheet.pins:
        if pin.kind == "merge":
            rect = sheet.cut(pin.boxes[0])
            if rect.holds(row, column) and (row, column) != (rect.top, rect.left):
                return True
    return False


def echo(file: Spreadsheet, place: Place, done: Written, options: Options) -> dict[str, Any]:
    """Return the range as it stands after the write: all that was asked for, without what is empty at its ends."""
    return value_range(file, place.sheet, done.rect if place.anchor else place.rect, options)


def clear(writer: Writer, place: Place) -> str:
    """Empty every cell of a place, formats and all else stay; returns the range that was cleared."""
    sheet, rect = place.sheet, place.rect
    writer.permit(sheet, rect)
    sheet.wipe(writer.undo, rect)
    return a1.write(sheet.title, rect)
