"""Cells that no one writes: formulas, lookups, rollups, counts, stamps. Worked out anew whenever a row changes.

A rollup here is always SUM(values). They are stored with the other cells, so that a page of rows costs no reckoning.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from worker.sandbox.airtable.formula_values import CellError
from worker.sandbox.airtable.formulas import FormulaError, compiled, referenced
from worker.sandbox.airtable.workspace import DERIVED, Field, Row, Table, Workspace, iso

_ERROR = {"error": "#ERROR!"}
_VIA_LINK = frozenset({"rollup", "multipleLookupValues", "count"})


def prepare(workspace: Workspace, table: Table) -> None:
    """Make ready what depends on a table's fields: names, derived fields, formulas; after every change of fields."""
    table.names = {column.name: column.id for column in table.fields.values()}
    table.derived = [column for column in table.fields.values() if column.type in DERIVED]
    table.formulas = {}
    for column in table.derived:
        if column.type == "formula" and column.options is not None:
            try:
                table.formulas[column.id] = compiled(column.options["formula"], table, workspace)
                column.options["isValid"] = True
            except FormulaError:
                column.options["isValid"] = False
            column.options["referencedFieldIds"] = referenced(column.options["formula"], table)


def refreshed(workspace: Workspace, table: Table, row: Row) -> dict[str, Any]:
    """Return a row's cells with the derived ones worked out, in the order of the fields."""
    cells = row.cells
    for _ in table.derived:  # formulas may read formulas: once more while anything moves
        before = row.cells
        for column in table.derived:
            value = _value(workspace, table, row, column)
            row.cells = {**row.cells, column.id: value}
        if row.cells == before:
            break
    fresh, row.cells = row.cells, cells
    return {key: fresh[key] for key in table.fields if not _empty(fresh.get(key))}


def readers_of(workspace: Workspace, table: Table, changed: Iterable[str]) -> list[tuple[Table, Row]]:
    """Return the rows of all tables whose derived cells look at these rows of this table."""
    ids = set(changed)
    found = []
    for other in workspace.tables.values():
        links = [column.id for column in other.fields.values() if column.linked() == table.id]
        if not links or not any(column.type in _VIA_LINK | {"formula"} for column in other.derived):
            continue
        for row in other.rows.values():
            if any(not ids.isdisjoint(row.cells.get(link, ())) for link in links):
                found.append((other, row))
    return found


def _empty(value: Any) -> bool:
    """Tell whether a cell does not appear in an answer: "", [], false and unchecked (docs)."""
    return value is None or value is False or value == "" or value == []


def _value(workspace: Workspace, table: Table, row: Row, column: Field) -> Any:
    if column.type == "formula":
        return _formula(table, row, column)
    if column.type in _VIA_LINK:
        return _via_link(workspace, table, row, column)
    if column.type == "lastModifiedTime":
        watched = (column.options or {}).get("referencedFieldIds") or row.stamps
        return max((row.stamps[key] for key in watched if key in row.stamps), default=row.created)
    return {
        "autoNumber": row.number, "createdTime": row.created,
        "createdBy": row.created_by.cell(), "lastModifiedBy": row.modified_by.cell(),
    }[column.type]  # fmt: skip


def _formula(table: Table, row: Row, column: Field) -> Any:
    formula = table.formulas.get(column.id)
    if formula is None:
        return _ERROR
    try:
        value = formula(row)
    except CellError:
        return _ERROR
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {"specialValue": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    return value


def _via_link(workspace: Workspace, table: Table, row: Row, column: Field) -> Any:
    options = column.options or {}
    link = table.fields.get(options.get("recordLinkFieldId", ""))
    if link is None or link.linked() is None:
        return _ERROR
    linked: list[str] = row.cells.get(link.id, [])
    if column.type == "count":
        return len(linked)
    other = workspace.tables[link.linked() or ""]
    values: list[Any] = []
    for record_id in linked:
        value = other.rows[record_id].cells.get(options["fieldIdInLinkedTable"])
        values += value if isinstance(value, list) else [value]
    if column.type == "multipleLookupValues":
        return values
    numbers = [value for value in values if isinstance(value, int | float)]
    return sum(numbers) if linked else None
