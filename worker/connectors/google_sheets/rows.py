"""Rows added: new ones by their key alone first, so that sending twice makes none twice.

`values.append` is never used: it guesses where a table ends, and in a tab of people it guesses wrong (recorded).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from worker.connectors.google_sheets.account import SERVICE
from worker.connectors.google_sheets.api import Door
from worker.connectors.google_sheets.cells import empty
from worker.connectors.google_sheets.identity import KEYS
from worker.connectors.google_sheets.layout import Placed
from worker.connectors.google_sheets.reading import Sight, read_tabs
from worker.ports import Conflict, Refused, ServiceError, Unsure

_TRIES = 3


def reserve(door: Door, sight: Sight, look: Callable[..., Sight], keys: Sequence[str]) -> Sight:
    """Append rows that hold nothing but these keys, behind all that stands; return the reading that has them.

    After an unknown outcome a fresh reading tells which are there. Conflict when they can't be found.
    """
    wanted = list(dict.fromkeys(keys))
    for _ in range(_TRIES):
        missing = [key for key in wanted if key not in sight.places]
        if not missing:
            return sight
        column = sight.placed.columns[KEYS[sight.placed.table.name]]
        try:
            door.write(":batchUpdate", {"requests": [_append(sight.placed, [{column: key} for key in missing])]})
        except Unsure:
            sight = look()
            continue
        sight.grow(missing)
    if missing := [key for key in wanted if key not in sight.places]:
        raise Conflict(SERVICE, f"{sight.placed.table.name}: {len(missing)} new rows did not appear")
    return sight


def clear_begun(door: Door, tab: int, keys: Collection[str]) -> None:
    """Empty the cells that hold one of these keys, and stand alone in their rows: they were appended, and not filled.

    Where columns moved meanwhile they are not in ours. Each cell is emptied only if it still says so, for it may have
    moved since it was read; then it is looked for again.
    """
    for _ in range(_TRIES):
        rows = read_tabs(door, {tab: False})[tab]
        alone = [(place, at, key) for place, row in enumerate(rows) for at, key in _alone(row) if key in keys]
        if not alone:
            return
        requests = [_emptied(tab, place, at, key) for place, at, key in alone]
        door.write(":batchUpdate", {"requests": requests}, repeatable=True)


def _alone(row: Sequence[Any]) -> list[tuple[int, Any]]:
    """Return the place and the raw value of a row's only cell, boxes without a tick aside; else nothing."""
    filled = [(at, raw) for at, raw in enumerate(row) if not empty(raw) and raw is not False]
    return filled if len(filled) == 1 else []


def _emptied(tab: int, place: int, at: int, key: str) -> Mapping[str, Any]:
    cell = {"sheetId": tab, "startRowIndex": place, "endRowIndex": place + 1, "startColumnIndex": at,
            "endColumnIndex": at + 1}  # fmt: skip
    return {
        "findReplace": {"find": key, "replacement": "", "matchCase": True, "matchEntireCell": True, "range": cell}
    }  # fmt: skip


def append(door: Door, placed: Placed, rows: Sequence[Mapping[str, Any]]) -> list[str | ServiceError]:
    """Append rows of raw cells that have no key; after an unknown outcome they are not sent again."""
    cells = [{placed.columns[column]: raw for column, raw in row.items()} for row in rows]
    try:
        door.write(":batchUpdate", {"requests": [_append(placed, cells)]})
    except (Unsure, Refused) as error:
        return [error] * len(rows)
    return [""] * len(rows)


def _append(placed: Placed, rows: Sequence[Mapping[int, Any]]) -> Mapping[str, Any]:
    filled = []
    for cells in rows:
        by_place: Mapping[int, Any] = defaultdict(dict, {at: _cell(raw) for at, raw in cells.items()})
        filled.append({"values": [by_place[at] for at in range(max(cells, default=-1) + 1)]})
    return {"appendCells": {"sheetId": placed.tab, "fields": "userEnteredValue", "rows": filled}}


def _cell(raw: Any) -> Mapping[str, Any]:
    """Return a cell that holds a raw value as it is: a text that looks like a formula stays a text."""
    if raw is None or raw == "":
        return {}
    kind = "boolValue" if isinstance(raw, bool) else "stringValue" if isinstance(raw, str) else "numberValue"
    return {"userEnteredValue": {kind: raw}}
