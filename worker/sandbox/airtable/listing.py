"""Listing records: filter, sort, pages. Rows and order are fixed when page 1 is asked for, values are live.

Without sort or view the order means nothing. An iterator is forgotten when it was idle too long, or on order by the
fault `iterator-expired`. How long the real one lives is not known (2026-11); five minutes here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from worker.sandbox.airtable import errors
from worker.sandbox.airtable.asked import Asked, flag, list_of, text, whole
from worker.sandbox.airtable.formula_values import CellError, truth
from worker.sandbox.airtable.formulas import FormulaError, compiled
from worker.sandbox.airtable.workspace import NUMBERS, Field, Listing, Row, Table, Workspace, plain_text

ITERATOR_LIFE = 300.0
_OFFSET = re.compile(r"(itr[0-9A-Za-z]{14})/(rec[0-9A-Za-z]{14})")
Pick = Callable[[dict[str, Any]], dict[str, Any]]


def _sorts(value: Any) -> bool:
    return list_of(lambda item: isinstance(item, dict) and "field" in item and set(item) <= {"field", "direction"})(
        value
    ) and all(text(item["field"]) and item.get("direction", "asc") in ("asc", "desc") for item in value)


_PARAMETERS = {
    "pageSize": whole(1, 100), "maxRecords": whole(1, 10**9), "offset": text, "fields": list_of(text),
    "filterByFormula": lambda value: isinstance(value, str), "sort": _sorts, "view": text,
    "returnFieldsByFieldId": flag, "recordMetadata": list_of(lambda item: item == "commentCount"),
    "cellFormat": lambda value: value == "json",  # strings as a reader sees them are not offered here
}  # fmt: skip
_IN_URL_ONLY = {"timeZone": text, "userLocale": text}


def list_records(asked: Asked) -> dict[str, Any]:
    """Answer GET of a table."""
    return _page(asked, asked.query(**_PARAMETERS, **_IN_URL_ONLY))


def list_records_by_post(asked: Asked) -> dict[str, Any]:
    """Answer POST listRecords: the same in the body, but the reader's zone and locale stay in the URL."""
    asked.query(**_IN_URL_ONLY)
    found = asked.body({}, _PARAMETERS)
    return _page(asked, found)


def get_record(asked: Asked) -> dict[str, Any]:
    """Answer GET of one record."""
    names = ("returnFieldsByFieldId", "cellFormat")
    found = asked.query(**{name: _PARAMETERS[name] for name in names}, **_IN_URL_ONLY)
    table = asked.table()
    return shown(asked.row(table), picker(asked.workspace, table, bool(found.get("returnFieldsByFieldId"))))


def shown(row: Row, pick: Pick) -> dict[str, Any]:
    """Return a record as answers show it."""
    return {"id": row.id, "createdTime": row.created, "fields": pick(row.cells)}


def picker(workspace: Workspace, table: Table, by_id: bool, wanted: list[str] | None = None) -> Pick:
    """Return what turns a row's cells into `fields`: some or all of them, by id or by name, with noise when ordered."""
    keys = list(table.fields) if wanted is None else [_known(table, key).id for key in wanted]
    names = {key: key if by_id else table.fields[key].name for key in keys}
    noisy = {key for key in keys if workspace.number_noise and table.fields[key].type in NUMBERS}
    if by_id and wanted is None and not noisy:
        return lambda cells: cells
    return lambda cells: {
        names[key]: _noisy(value) if key in noisy else value for key, value in cells.items() if key in names
    }  # fmt: skip


def _noisy(value: Any) -> Any:
    """Return a number with the dust that binary reckoning leaves: 0.3 comes back as 0.29999999999999877 (recorded)."""
    if not isinstance(value, float) or value.is_integer():
        return value
    scale = 2.0 ** (math.frexp(value)[1] + 5)
    return (value + scale) - scale


def _known(table: Table, key: str) -> Field:
    column = table.field(key)
    if column is None:
        raise errors.unknown_field(key)
    return column


def _page(asked: Asked, found: Mapping[str, Any]) -> dict[str, Any]:
    workspace, table = asked.workspace, asked.table()
    pick = picker(workspace, table, bool(found.get("returnFieldsByFieldId")), found.get("fields") or None)
    counted = bool(found.get("recordMetadata"))
    listing, start = _iterator(asked, table, found)
    end = start + found.get("pageSize", 100)
    ids = listing.ids[start:end]
    records = [shown(table.rows[i], pick) for i in ids if i in table.rows]
    if counted:
        for record in records:
            record["commentCount"] = len(table.rows[record["id"]].comments)
    if end >= len(listing.ids):
        return {"records": records}
    listing.places[ids[-1]] = end
    return {"records": records, "offset": f"{listing.id}/{ids[-1]}"}


def _iterator(asked: Asked, table: Table, found: Mapping[str, Any]) -> tuple[Listing, int]:
    """Return the iterator and the place in it: a new one for page 1, the one that the offset names for the others."""
    workspace, offset = asked.workspace, found.get("offset")
    now = workspace.clock.seconds()
    for key in [key for key, listing in workspace.listings.items() if now - listing.used > ITERATOR_LIFE]:
        del workspace.listings[key]
    if offset is None:
        listing = Listing(workspace.mint("itr"), table.id, _ids(workspace, table, found), now)
        workspace.listings[listing.id] = listing
        return listing, 0
    match = _OFFSET.fullmatch(offset)
    if match is None:
        raise errors.invalid_offset(offset)
    if workspace.faults.take("iterator-expired", asked.request.method, asked.request.path):
        workspace.listings.pop(match[1], None)
    known = workspace.listings.get(match[1])
    if known is None:
        raise errors.expired_iterator()
    if known.table != table.id or match[2] not in known.places:
        raise errors.invalid_offset(offset)
    known.used = now
    return known, known.places[match[2]]


def _ids(workspace: Workspace, table: Table, found: Mapping[str, Any]) -> list[str]:
    """Return the ids of the rows that a listing holds, in its order."""
    view = found.get("view")
    if view not in (None, table.view, "Grid view"):
        raise errors.typed(422, "VIEW_NAME_NOT_FOUND", f"View {view} not found")
    ids = table.shuffled() if view is None else list(table.rows)
    if found.get("filterByFormula"):
        ids = _filtered(workspace, table, ids, found["filterByFormula"])
    for sort in reversed(found.get("sort", [])):
        column = _known(table, sort["field"])
        ids.sort(key=_sort_key(workspace, table, column), reverse=sort.get("direction") == "desc")
    return ids[: found.get("maxRecords", len(ids))]


def _filtered(workspace: Workspace, table: Table, ids: list[str], formula: str) -> list[str]:
    try:
        holds = compiled(formula, table, workspace)
    except FormulaError as error:
        raise errors.invalid_formula(str(error)) from None
    kept = []
    for record_id in ids:
        try:
            if truth(holds(table.rows[record_id])):
                kept.append(record_id)
        except CellError:
            continue
    return kept


def _sort_key(workspace: Workspace, table: Table, column: Field) -> Callable[[str], Any]:
    """Return the key of a row in a sort: empty first, numbers by size, options in their order, the rest as text."""
    options = {choice["name"]: place for place, choice in enumerate((column.options or {}).get("choices", []))}

    def key(record_id: str) -> tuple[int, float, str]:
        value = table.rows[record_id].cells.get(column.id)
        if value is None:
            return (0, 0.0, "")
        if isinstance(value, int | float):
            return (1, float(value), "")
        if isinstance(value, str) and value in options:
            return (1, float(options[value]), "")
        return (1, 0.0, plain_text(workspace, column, value).casefold())

    return key
