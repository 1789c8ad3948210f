"""Rows read from the table itself: every row page by page, or some rows by their ids. No memory, no judgement."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pyairtable.formulas import EQ, OR, RECORD_ID

from worker.connectors.airtable.api import SERVICE, Door
from worker.connectors.airtable.schema import Placed
from worker.ports import Refused, Unavailable

PAGE = 100  # rows a page, and ids a formula: 100 ids take a third of the 16,000 characters a URL may have
RESTARTS = 3  # how often a scan may lose its iterator before it is given up for this run
_LOST = frozenset({"LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "INVALID_OFFSET_VALUE"})

Record = dict[str, Any]  # {"createdTime": …, "fields": {field id: raw value}}; empty cells are absent


def every_row(door: Door, placed: Placed) -> dict[str, Record]:
    """Read a whole table; a scan whose iterator the server lost begins again at page 1: it is never partial."""
    for _ in range(RESTARTS):
        try:
            return {id_: record for page in _pages(door, placed, ()) for id_, record in page}
        except Refused as refused:
            if refused.code not in _LOST:
                raise
    raise Unavailable(SERVICE, f"lost its place in the table {placed.table.name} {RESTARTS} times")


def rows_by_id(door: Door, placed: Placed, ids: Collection[str]) -> dict[str, Record]:
    """Read some rows; those that are gone are left out."""
    found: dict[str, Record] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), PAGE):
        formula = OR(EQ(RECORD_ID(), id_) for id_ in wanted[start : start + PAGE])
        for page in _pages(door, placed, (("filterByFormula", str(formula)),)):
            found.update(page)
    return found


def _pages(door: Door, placed: Placed, more: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, Record]]]:
    params = [("pageSize", str(PAGE)), ("returnFieldsByFieldId", "1")]
    params += [("fields[]", id_) for id_ in sorted({f.id for f in placed.fields.values()})]
    seen: set[str] = set()
    offset: str | None = None
    while True:
        place = [("offset", offset)] if offset else []
        answer = door.call("GET", door.records_url(placed.id), expect="records", params=[*params, *more, *place])
        yield [(str(r["id"]), record_of(placed, r)) for r in answer["records"]]
        offset = answer.get("offset")
        if not offset:
            return
        if offset in seen:
            raise Unavailable(SERVICE, f"the pages of {placed.table.name} go round in a circle")
        seen.add(offset)


def record_of(placed: Placed, raw: Mapping[str, Any]) -> Record:
    """Keep of a record what is ours: the time it was made and the cells of our columns."""
    given = raw.get("fields") or {}
    # By id, as asked for; by name from a server that doesn't heed returnFieldsByFieldId on writes.
    cells = {f.id: given.get(f.id, given.get(f.name)) for f in placed.fields.values()}
    cells = {id_: value for id_, value in cells.items() if value is not None}
    return {"createdTime": raw.get("createdTime"), "fields": cells}
