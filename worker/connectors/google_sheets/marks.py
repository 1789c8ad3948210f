"""Marks on our columns: developer metadata, which moves with a column wherever people drag it.

Cells are written by these marks alone. They are looked at again, before anything is believed, whenever the header row
is not the one with which they were last seen to agree; a header that stands over another column than its mark stops the
table: what people wrote under a header that they used again is none of ours. Whether Google lets metadata follow a
column is its own promise (spec); for rows it makes none, so rows get no marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from worker.connectors.google_sheets.account import SERVICE
from worker.connectors.google_sheets.api import Door
from worker.connectors.google_sheets.layout import HEADS, Layout, Placed, letters
from worker.connectors.google_sheets.reading import read_tabs
from worker.ports import Refused

KEY = "quarterday.column"
COLUMN_MOVED = "COLUMN_MOVED"


class Marks:
    """The marks of the spreadsheet's columns; all of them are found by one call, and again after every change."""

    def __init__(self, door: Door, layout: Layout) -> None:
        self._door = door
        self._layout = layout
        self._found: dict[tuple[str, int], dict[str, tuple[int, int]]] | None = None  # (table, tab) → column → mark

    def stale(self) -> None:
        """Ask for all marks again when next they are needed."""
        self._found = None

    def of(self, placed: Placed) -> Mapping[str, int]:
        """Return the marks of a table's columns by column, made where they are missing; Refused where they disagree."""
        known, table = self._layout.known, placed.table.name
        marks = known.marks.get(table, {})
        if list(known.marked.get(table, ())) == list(placed.headers) and placed.columns.keys() <= marks.keys():
            return marks
        self.stale()
        return self._agreed(placed)

    def check(self, placed: Placed) -> None:
        """Refuse a table in which a header stands over another column than its mark.

        Asked only where the header row is not the one with which they last agreed.
        """
        known, table = self._layout.known, placed.table.name
        if list(known.marked.get(table, ())) == list(placed.headers):
            return
        if words := self.astray(placed):
            raise Refused(SERVICE, words, COLUMN_MOVED)
        self._remember(placed)

    def standing(self, placed: Placed) -> tuple[Placed, Mapping[str, int]]:
        """Return a table with its columns where their marks are now, whatever the headers say; and the marks' ids."""
        self.stale()
        found = self._on(placed)
        columns = {column: at for column, (_, at) in found.items() if at < len(placed.headers)}
        return replace(placed, columns=columns), {column: found[column][0] for column in columns}

    def _remember(self, placed: Placed) -> Mapping[str, int]:
        """Remember the marks that were found, and the header row with which they agree."""
        known, table = self._layout.known, placed.table.name
        marks = {column: mark for column, (mark, _) in self._on(placed).items() if column in placed.columns}
        self._layout.remember(
            marks={**known.marks, table: marks}, marked={**known.marked, table: list(placed.headers)}
        )  # fmt: skip
        return marks

    def forget(self, table: str) -> None:
        """Look at a table's marks again before the next write: a write by them was refused."""
        marked = {name: headers for name, headers in self._layout.known.marked.items() if name != table}
        self._layout.remember(marked=marked)

    def astray(self, placed: Placed) -> str | None:
        """Return in words which header stands over another column than its mark; None when none does."""
        for column, (_, at) in self._on(placed).items():
            if placed.columns.get(column, at) != at:
                return self._words(placed, column, at)
        return None

    def renew(self, placed: Placed) -> None:
        """Mark the columns where their headers stand now, whatever was marked before."""
        self._delete(mark for mark, _ in self._on(placed).values())
        self._agreed(placed)

    def _delete(self, marks: Iterable[int]) -> None:
        if requests := [_delete(mark) for mark in marks]:
            self._door.write(":batchUpdate", {"requests": requests}, repeatable=True)
            self.stale()

    def _agreed(self, placed: Placed) -> Mapping[str, int]:
        headers, made = placed.columns, [column for column in placed.columns if column not in self._on(placed)]
        if made:
            self._door.write(":batchUpdate", {"requests": [_create(placed, column) for column in made]})
            self.stale()
            # Columns may have moved between the reading and the marking: what counts is what stands above the marks.
            now = read_tabs(self._door, {placed.tab: placed.head < HEADS})[placed.tab]
            headers = self._layout.place(placed.table, now).columns
        found = self._on(placed)
        for column in placed.columns:
            there = found[column][1] if column in found else None
            if there is None or there != headers.get(column):
                self._delete(found[one][0] for one in made if one in found)
                raise Refused(SERVICE, self._words(placed, column, None if made else there), COLUMN_MOVED, column)
        return self._remember(placed)

    def _words(self, placed: Placed, column: str, there: int | None) -> str:
        table, header = placed.table.name, placed.headers[placed.columns[column]]
        if there is None:
            return f"{table}: columns moved while “{header}” was being marked"
        return (
            f"the tab {table} has the header “{header}” over column {letters(placed.columns[column])}, but its cells "
            f"are in column {letters(there)}: put the header back, or let `quarterday setup --apply` take it as it is"
        )

    def _on(self, placed: Placed) -> Mapping[str, tuple[int, int]]:
        """Return the marks on a tab: our column → the mark's id and the column's place."""
        if self._found is None:
            self._found = {}
            body = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": KEY}}]}
            answer = self._door.read("/developerMetadata:search", body)
            for one in answer.get("matchedDeveloperMetadata") or ():
                self._take(one["developerMetadata"])
        return self._found.get((placed.table.name, placed.tab), {})

    def _take(self, mark: Mapping[str, Any]) -> None:
        span: Mapping[str, Any] = (mark.get("location") or {}).get("dimensionRange") or {}
        table, _, column = str(mark.get("metadataValue") or "").partition("/")
        if span and self._found is not None:
            there = self._found.setdefault((table, int(span.get("sheetId") or 0)), {})
            there[column] = (int(mark["metadataId"]), int(span.get("startIndex") or 0))


def _create(placed: Placed, column: str) -> Mapping[str, Any]:
    at = placed.columns[column]
    span = {"sheetId": placed.tab, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    mark = {
        "metadataKey": KEY, "metadataValue": f"{placed.table.name}/{column}", "visibility": "DOCUMENT",
        "location": {"dimensionRange": span},
    }  # fmt: skip
    return {"createDeveloperMetadata": {"developerMetadata": mark}}


def _delete(mark: int) -> Mapping[str, Any]:
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": mark}}}}
