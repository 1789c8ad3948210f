"""Tabs read whole in one call, whatever they are called now; and what one reading saw of a tab, row by row.

A row of a reading is a list of raw cells, ragged as the sheet gives it; its place counts from 0 at the top of the tab.
Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from worker.connectors.google_sheets.above import traces_above
from worker.connectors.google_sheets.account import SERVICE
from worker.connectors.google_sheets.api import Door
from worker.connectors.google_sheets.cells import empty
from worker.connectors.google_sheets.identity import KEYS, Trace, identify, traces
from worker.connectors.google_sheets.layout import HEADS, Placed
from worker.ports import Unavailable

Rows = list[list[Any]]


def read_tabs(door: Door, tabs: Mapping[int, bool]) -> dict[int, Rows]:
    """Read these tabs in one call, by their ids; of those marked True only the rows that may be the header."""
    filters = [
        {"gridRange": {"sheetId": id_, **({"startRowIndex": 0, "endRowIndex": HEADS} if headers_only else {})}}
        for id_, headers_only in tabs.items()
    ]
    body = {
        "dataFilters": filters, "majorDimension": "ROWS", "valueRenderOption": "UNFORMATTED_VALUE",
        "dateTimeRenderOption": "SERIAL_NUMBER",
    }  # fmt: skip
    answer = door.read("/values:batchGetByDataFilter", body)
    found: dict[int, Rows] = {}
    for one in answer.get("valueRanges") or ():
        for data_filter in one.get("dataFilters") or ():
            id_ = int(data_filter.get("gridRange", {}).get("sheetId") or 0)
            found[id_] = one.get("valueRange", {}).get("values") or []
    if lost := tabs.keys() - found.keys():
        raise Unavailable(SERVICE, f"the answer lacks {len(lost)} of {len(tabs)} tabs")
    return found


@dataclass(slots=True)
class Sight:
    """One reading of a tab: its rows, and the id of each; kept true by our own writes."""

    placed: Placed
    rows: Rows
    ids: list[str]  # by place; empty for the header, a title above it, and blank rows
    traces: list[Trace]
    places: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def of(placed: Placed, rows: Rows, known: Mapping[str, Trace]) -> Sight:
        """Tell the rows of a reading apart; `known` are those of the one before."""
        rows = rows or [[]]
        below = traces(placed.table.name, placed.columns, rows[placed.head + 1 :])
        above = traces_above(placed, rows, known)
        named = identify([*below, *above], known)  # rows without a key are named by their place below the header
        ids = [*named[len(below) :], "", *named[: len(below)]]
        places = {id_: place for place, id_ in enumerate(ids) if id_}
        return Sight(placed, rows, ids, [*above, Trace("", ""), *below], places)

    def raw(self, place: int, column: str) -> Any:
        """Return a cell; None beyond the end of a row, and for rows that are new."""
        at = self.placed.columns[column]
        row = self.rows[place]
        return row[at] if at < len(row) and row[at] != "" else None

    def put(self, place: int, cells: Mapping[str, Any]) -> None:
        """Take over cells that were written."""
        row = self.rows[place]
        for column, value in cells.items():
            at = self.placed.columns[column]
            row += [None] * (at + 1 - len(row))
            row[at] = value
        (trace,) = traces(self.placed.table.name, self.placed.columns, [row])
        self.traces[place] = trace

    def name(self, place: int, id_: str) -> None:
        """Give a row another id: it got its key."""
        self.places.pop(self.ids[place], None)
        self.ids[place] = id_
        self.places[id_] = place

    def grow(self, keys: Sequence[str]) -> None:
        """Take over rows that were appended, with their keys alone."""
        column = self.placed.columns[KEYS[self.placed.table.name]]
        for key in keys:
            self.rows.append([*[None] * column, key])
            self.traces.append(Trace(key, ""))
            self.ids.append(key)
            self.places[key] = len(self.ids) - 1

    def reserved(self, place: int) -> bool:
        """Tell whether a row holds nothing of ours but its key: it was begun, and is filled or left by the next run."""
        columns = self.placed.columns
        key = columns.get(KEYS.get(self.placed.table.name, ""))
        row = self.rows[place]
        return all(empty(row[at]) for at in columns.values() if at != key and at < len(row))
