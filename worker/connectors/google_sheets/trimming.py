"""Rows taken away, and nothing else with them: what was deleted lies on a tab of its own until it is proven.

Google deletes rows by place alone, and people move them meanwhile. So one call, of which all or nothing is done, copies
the tab, deletes the rows from it and everything else from the copy. The copy then shows what went: what was not meant
goes back to its place. A run that is cut off in between leaves the copy, and the next one puts all of it back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from worker.connectors.google_sheets.account import SERVICE
from worker.connectors.google_sheets.api import Door
from worker.connectors.google_sheets.layout import Layout, Placed
from worker.connectors.google_sheets.reading import Rows, Sight, read_tabs
from worker.domain.tables import TABLES
from worker.ports import Conflict, ServiceError

ASIDE = 20_261_130  # the id of the copy: while it is there, no other run can make one
_TITLE = "Rows being trimmed"
_TRIMMED = "Activity"  # the only table that is ever trimmed

Request = Mapping[str, Any]


def delete(door: Door, layout: Layout, look: Callable[[], Sight], rows: Sequence[str]) -> list[str | ServiceError]:
    """Delete rows of the log by id; one that is gone already counts, one that moved meanwhile is a Conflict.

    What a run that was cut off left aside comes back first, even where nothing is to go.
    """
    layout.look()
    if any(tab.id == ASIDE for tab in layout.listed or ()):
        _bring_all_back(door, layout)
    if not rows:
        return []
    sight = look()
    doomed = {sight.places[row]: row for row in rows if row in sight.places}
    if not doomed:
        return list(rows)
    places = sorted(doomed)
    try:
        door.write(":batchUpdate", {"requests": _taken_away(layout, sight.placed, places)})
        found = read_tabs(door, {ASIDE: False})[ASIDE]
        wrong = [at for at, place in enumerate(places) if _cells(found, at) != _cells(sight.rows, place)]
        _put_back(door, layout, sight.placed, places, wrong)
    except ServiceError as error:  # refused whole; or what went lies aside for the next run to put back
        return [error] * len(rows)
    moved = Conflict(SERVICE, f"{_TRIMMED}: rows moved while they were trimmed; they were put back")
    kept = {doomed[places[at]] for at in wrong}
    return [moved if row in kept else row for row in rows]


def _taken_away(layout: Layout, placed: Placed, places: Sequence[int]) -> list[Request]:
    """Return what deletes these places, and leaves a hidden copy of nothing but them."""
    gone = _blocks(places)
    edges = [0, *(edge for block in gone for edge in block), _height(layout)]
    others = [block for block in zip(edges[::2], edges[1::2], strict=True) if block[0] < block[1]]
    copied = {"sourceSheetId": placed.tab, "newSheetId": ASIDE, "newSheetName": _TITLE}
    hidden = {
        "properties": {"sheetId": ASIDE, "hidden": True, "gridProperties": {"frozenRowCount": 0}},
        "fields": "hidden,gridProperties.frozenRowCount",
    }
    return [
        {"duplicateSheet": copied}, {"updateSheetProperties": hidden},
        {"clearBasicFilter": {"sheetId": ASIDE}},  # rows that a filter hides might not be copied back
        *({"deleteDimension": {"range": _rows(ASIDE, *block)}} for block in reversed(others)),
        *({"deleteDimension": {"range": _rows(placed.tab, *block)}} for block in reversed(gone)),
    ]  # fmt: skip


def _put_back(door: Door, layout: Layout, placed: Placed, places: Sequence[int], wrong: Sequence[int]) -> None:
    """Bring back what was not meant to go, each row to where it was, and let go of the copy."""
    requests: list[Request] = []
    if wrong:
        layout.look()
        height = _height(layout)
        for back, at in enumerate(wrong):
            requests += _brought_back(placed.tab, at, min(places[at] - (at - back), height + back))
    door.write(":batchUpdate", {"requests": [*requests, {"deleteSheet": {"sheetId": ASIDE}}]})


def _bring_all_back(door: Door, layout: Layout) -> None:
    """Put back what a run that was cut off had taken away: nobody knows any more what of it was meant.

    It goes right below the header; to the top, where the header itself had gone with it.
    """
    tab = layout.known.tabs.get(_TRIMMED)
    if tab is None:
        return
    rows = read_tabs(door, {ASIDE: False, tab: True})
    now = layout.place(TABLES[_TRIMMED], rows[tab])
    top = 0 if now.faults else now.head + 1
    count = len(rows[ASIDE])
    requests = _brought_back(tab, 0, top, count) if count else []
    door.write(":batchUpdate", {"requests": [*requests, {"deleteSheet": {"sheetId": ASIDE}}]})


def _brought_back(tab: int, at: int, place: int, count: int = 1) -> list[Request]:
    """Return what puts rows of the copy, from one on, in before a place."""
    source = {"sheetId": ASIDE, "startRowIndex": at, "endRowIndex": at + count}
    # One cell of destination: whole rows are pasted from there on.
    goal = {
        "sheetId": tab, "startRowIndex": place, "endRowIndex": place + 1, "startColumnIndex": 0, "endColumnIndex": 1,
    }  # fmt: skip
    return [
        {"insertDimension": {"range": _rows(tab, place, place + count), "inheritFromBefore": place > 0}},
        {"copyPaste": {"source": source, "destination": goal, "pasteType": "PASTE_NORMAL"}},
    ]


def _height(layout: Layout) -> int:
    tab = layout.tab(_TRIMMED)
    return tab.rows if tab else 0


def _rows(tab: int, start: int, end: int) -> Request:
    return {"sheetId": tab, "dimension": "ROWS", "startIndex": start, "endIndex": end}


def _blocks(places: Sequence[int]) -> list[tuple[int, int]]:
    """Return runs of neighbouring places, in order, as (first, one past the last)."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        else:
            found.append((place, place + 1))
    return found


def _cells(rows: Rows, place: int) -> list[Any]:
    """Return the cells of a row up to the last that holds anything."""
    cells = ["" if cell is None else cell for cell in rows[place]] if place < len(rows) else []
    while cells and cells[-1] == "":
        cells.pop()
    return cells
