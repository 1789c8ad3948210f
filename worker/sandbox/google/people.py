"""What a person does to cells with their own hands: type, paste, copy, swap, clear, sort, fill in a form, undo.

Rows are numbered from 1 as people see them. A column is given by its header, its letter or its number from 1. A person
is the owner of the file unless `person` says otherwise; what they may not do raises ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from worker.sandbox.google import a1, rearranging
from worker.sandbox.google.a1 import Box, Rect
from worker.sandbox.google.errors import Refusal
from worker.sandbox.google.grid import Formula, Sheet, take_back
from worker.sandbox.google.reading import Options, rows
from worker.sandbox.google.rowscolumns import insert
from worker.sandbox.google.validity import allows
from worker.sandbox.google.workspace import Workspace
from worker.sandbox.google.writing import Writer

Column = str | int
_BARE = Options(render="UNFORMATTED_VALUE")


class People(Workspace):
    """Hands on the cells of the programme's spreadsheet."""

    def tabs(self) -> list[str]:
        """Return the names of the tabs in order."""
        with self.lock:
            return [sheet.title for sheet in self.file.sheets]

    def values(self, tab: str) -> list[list[Any]]:
        """Return the ragged rows of a tab, numbers bare, dates as serial numbers."""
        with self.lock:
            sheet = self.sheet(tab)
            return rows(self.file, sheet, sheet.frame, _BARE)

    def formulas(self, tab: str) -> dict[str, str]:
        """Return the formulas of a tab by cell (`B7`)."""
        with self.lock:
            return {
                f"{a1.letters(column)}{row + 1}": cell.text
                for row, line in enumerate(self.sheet(tab).lines)
                for column, cell in enumerate(line.cells)
                if isinstance(cell, Formula)
            }

    def edit(self, tab: str, row: int, column: Column, value: Any) -> None:
        """Type into a cell; refused where a strict validation does not allow it. None empties the cell."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            at = self.column(sheet, column)
            rule = sheet.lines[row - 1].looks.get(at, {}).get("dataValidation")
            if value not in (None, "") and rule is not None and not allows(self.file, sheet, rule, value):
                raise Refusal("The data you entered violates the data validation rules set on this cell.")
            self._type(writer, sheet, row - 1, at, value)

    def paste(self, tab: str, row: int, column: Column, block: Sequence[Sequence[Any]]) -> None:
        """Paste a block from a cell on, over whatever is there; the grid grows, validation does not hold it back."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            left = self.column(sheet, column)
            self._grow(writer, sheet, row - 1 + len(block), left + max(map(len, block), default=0))
            for down, cells in enumerate(block):
                for right, value in enumerate(cells):
                    self._type(writer, sheet, row - 1 + down, left + right, value)

    def clear(self, tab: str, cells: str) -> None:
        """Empty cells, given as `B2:D9`."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            self._clear(writer, sheet, self._cells(sheet, cells))

    def clear_tab(self, tab: str) -> None:
        """Select all and press delete: header and rows are gone, formats stay."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            self._clear(writer, sheet, sheet.frame)

    def sort(
        self, tab: str, column: Column, *, descending: bool = False, header: bool = True,
        columns: tuple[Column, Column] | None = None,
    ) -> dict[int, int]:  # fmt: skip
        """Sort the rows of a tab by a column; with `columns` (first, last) cells beside them stay in place.

        Returns, for the number of each row, that of the row whose cells it got.
        """
        with self.act() as writer:
            sheet = self.sheet(tab)
            frozen = sheet.properties["gridProperties"].get("frozenRowCount", 0)
            first, last = columns or (1, len(sheet.columns))
            rect = Rect(
                max(int(header), frozen), len(sheet.lines), self.column(sheet, first), self.column(sheet, last) + 1
            )
            writer.permit(sheet, rect)
            keys = [(self.column(sheet, column), descending)]
            order = rearranging.sort(self.file, writer.undo, sheet, rect, keys)
            if self.sort_moves_metadata:
                rearranging.carry_metadata(writer.undo, sheet, rect, order)
            return {place: source + 1 for place, source in enumerate(order, rect.top + 1)}

    def copy_row(self, tab: str, row: int, to: int | None = None) -> int:
        """Copy a row, key and all: onto another one, or into a new one right below; returns where the copy is."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            if to is None:
                to = row + 1
                insert(self.file, writer.undo, sheet, "ROWS", row, 1, row - 1)
            self._grow(writer, sheet, to, 0)
            width = len(sheet.columns)
            target = Rect(to - 1, to, 0, width)
            writer.permit(sheet, target)
            rearranging.copy(self.file, writer.undo, (sheet, Rect(row - 1, row, 0, width)), (sheet, target))
            return to

    def swap(self, tab: str, first: tuple[int, Column], second: tuple[int, Column]) -> None:
        """Exchange two cells, each given as row and column."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            places = [(row - 1, self.column(sheet, column)) for row, column in (first, second)]
            cells = [sheet.lines[row].get(column) for row, column in places]
            for (row, column), cell in zip(places, reversed(cells), strict=True):
                writer.permit(sheet, Rect(row, row + 1, column, column + 1))
                sheet.put(writer.undo, row, column, cell)

    def rename_header(self, tab: str, column: Column, name: str) -> None:
        """Write another header over a column."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            self._type(writer, sheet, 0, self.column(sheet, column), "'" + name)

    def submit_form(self, tab: str, answers: Mapping[str, Any]) -> int:
        """Let a form add a row: a new one is inserted after the last filled row; returns its number."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            last = sheet.last_filled(sheet.frame)
            row = 0 if last is None else last[0] + 1
            insert(self.file, writer.undo, sheet, "ROWS", row, 1)
            for name, answer in answers.items():
                value = "'" + answer if isinstance(answer, str) else answer  # forms store text as text
                self._type(writer, sheet, row, self.column(sheet, name), value)
            return row + 1

    def undo(self) -> bool:
        """Take back the last act of a person that was not taken back yet; False when there is none."""
        with self.lock:
            if not self.undo_stack:
                return False
            take_back(self.undo_stack.pop())
            self.committed(self.file, self.people_lag)
            return True

    @contextmanager
    def act(self) -> Iterator[Writer]:
        """Carry out one act of the person: it can be undone, and is undone if it fails."""
        with self.lock:
            writer = self.writer(self.file, self.person, typed=True)
            try:
                yield writer
            except BaseException as error:
                take_back(writer.undo)
                if isinstance(error, Refusal):
                    raise ValueError(str(error)) from None
                raise
            self.undo_stack.append(writer.undo)
            self.committed(self.file, self.people_lag)

    def sheet(self, tab: str) -> Sheet:
        """Return a tab by its name."""
        found = self.file.titled(tab)
        if found is None:
            raise ValueError(f"there is no tab {tab}")
        return found

    def column(self, sheet: Sheet, column: Column) -> int:
        """Return the place of a column, from 0: by header, by letter, by number from 1."""
        if isinstance(column, int):
            return column - 1
        header = sheet.lines[0].cells
        if column in header:
            return header.index(column)
        if re.fullmatch(r"[A-Z]{1,3}", column) and a1.column(column) < len(sheet.columns):
            return a1.column(column)
        raise ValueError(f"{sheet.title} has no column {column}")

    def _cells(self, sheet: Sheet, text: str) -> Rect:
        box: Box | None = a1.cells(text)
        if box is None:
            raise ValueError(f"{text} is no range of cells")
        return sheet.cut(box)

    def _type(self, writer: Writer, sheet: Sheet, row: int, column: int, value: Any) -> None:
        writer.permit(sheet, Rect(row, row + 1, column, column + 1))
        writer.put(sheet, row, column, "" if value is None else value)

    def _clear(self, writer: Writer, sheet: Sheet, rect: Rect) -> None:
        writer.permit(sheet, rect)
        sheet.wipe(writer.undo, rect)

    def _grow(self, writer: Writer, sheet: Sheet, height: int, width: int) -> None:
        if height > len(sheet.lines):
            insert(self.file, writer.undo, sheet, "ROWS", len(sheet.lines), height - len(sheet.lines))
        if width > len(sheet.columns):
            insert(self.file, writer.undo, sheet, "COLUMNS", len(sheet.columns), width - len(sheet.columns))
