"""What a webhook tells of a change: filtered by its specification, cut into payloads, cells in the second cell format.

In that format options and links are objects, a lookup knows which row each value came from, and a cleared cell is null.
Split payloads share timestamp, transaction number and metadata (docs). A payload that would be empty is not made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from worker.sandbox.airtable.change import Change, TableChange
from worker.sandbox.airtable.workspace import Field, Table, Workspace, iso


@dataclass(frozen=True)
class Watch:
    """A specification, read; None where nothing is filtered."""

    data_types: frozenset[str]
    scope: str | None
    change_types: frozenset[str]
    sources: frozenset[str] | None
    view: str | None  # of forms
    cells_of: frozenset[str] | None
    schemas_of: frozenset[str] | None
    include: frozenset[str] | str
    previous_cells: bool
    previous_fields: bool

    @staticmethod
    def of(filters: Mapping[str, Any], includes: Mapping[str, Any]) -> Watch:
        """Read filters and includes that were checked before."""
        include = includes.get("includeCellValuesInFieldIds", [])
        form = filters.get("sourceOptions", {}).get("formSubmission", {})
        return Watch(
            frozenset(filters["dataTypes"]), filters.get("recordChangeScope"),
            frozenset(filters.get("changeTypes") or ("add", "remove", "update")),
            _set(filters.get("fromSources")), form.get("viewId"), _set(filters.get("watchDataInFieldIds")),
            _set(filters.get("watchSchemasOfFieldIds")), include if include == "all" else frozenset(include),
            bool(includes.get("includePreviousCellValues")), bool(includes.get("includePreviousFieldDefinitions")),
        )  # fmt: skip

    def broken(self, workspace: Workspace) -> bool:
        """Tell whether a table, view or field that the specification names does not exist."""
        tables = workspace.tables.values()
        named = set(self.cells_of or ()) | set(self.schemas_of or ())
        named |= set() if isinstance(self.include, str) else self.include
        known = {key for table in tables for key in table.fields}
        scopes = {table.id for table in tables} | {table.view for table in tables}
        return not named <= known or (self.scope is not None and self.scope not in scopes)

    def covers(self, table_id: str, workspace: Workspace) -> bool:
        """Tell whether a table lies within the scope."""
        if self.scope is None or self.scope == table_id:
            return True
        table = workspace.tables.get(table_id)
        return table is not None and self.scope == table.view

    def hears(self, data_type: str, change_type: str) -> bool:
        """Tell whether changes of this kind are wanted."""
        return data_type in self.data_types and change_type in self.change_types

    def includes(self, key: str) -> bool:
        """Tell whether a field's value is told even if it did not change."""
        return self.include == "all" or key in self.include


def payloads_of(change: Change, watch: Watch, split_after: int) -> list[dict[str, Any]]:
    """Return the payloads of a change for a hook, in order; none when it watches something else."""
    workspace = change.workspace
    if watch.sources is not None and change.source not in watch.sources:
        return []
    tables = {key: one for key, one in change.tables.items() if watch.covers(key, workspace)}
    view = next((workspace.tables[key].form for key in tables), None)
    if change.source == "formSubmission" and watch.view is not None and watch.view != view:
        return []
    head = {
        "timestamp": iso(workspace.clock.now()), "baseTransactionNumber": change.number, "payloadFormat": "v0",
        "actionMetadata": {"source": change.source, "sourceMetadata": _metadata(change, view)},
    }  # fmt: skip
    parts: list[dict[str, Any]] = []
    for key, table_change in tables.items():
        table = workspace.tables[key]
        if table_change.table_created:
            if watch.hears("tableMetadata", "add"):
                parts.append({"createdTablesById": {key: _new_table(table)}})
            continue
        for told in _told(workspace, table, table_change, watch, split_after):
            parts.append({"changedTablesById": {key: told}})
    gone = [key for key in change.tables_destroyed if watch.scope in (None, key)]
    if gone and watch.hears("tableMetadata", "remove"):
        parts.append({"destroyedTableIds": gone})
    return [{**head, **part} for part in _joined(parts)]


def _joined(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put what is told of different tables into one payload; more of the same table begins the next."""
    joined: list[dict[str, Any]] = []
    for part in parts:
        kind, told = next(iter(part.items()))
        last = joined[-1] if joined else None
        if last is None or (isinstance(told, dict) and set(told) & set(last.get(kind, ()))):
            joined.append(part)
        elif isinstance(told, dict):
            last[kind] = {**last.get(kind, {}), **told}
        else:
            last[kind] = told
    return joined


def _told(
    workspace: Workspace, table: Table, change: TableChange, watch: Watch, split_after: int
) -> Iterator[dict[str, Any]]:
    """Yield what is told of one table, so many records at a time."""
    told: dict[str, Any] = {}
    if change.metadata is not None and watch.hears("tableMetadata", "update"):
        current, previous = change.metadata
        told["changedMetadata"] = {"current": current, "previous": previous}
    if "tableFields" in watch.data_types:
        told.update(_fields(change, watch))
    records = list(_records(workspace, table, change, watch)) if "tableData" in watch.data_types else []
    for start in range(0, max(len(records), 1), split_after):
        rows: dict[str, Any] = {}
        for kind, record_id, entry in records[start : start + split_after]:
            if entry is None:
                rows.setdefault(kind, []).append(record_id)
            else:
                rows.setdefault(kind, {})[record_id] = entry
        if rows and watch.scope == table.view:
            rows = {"changedViewsById": {table.view: rows}}
        told.update(rows)
        if told:
            yield told
        told = {}


def _records(
    workspace: Workspace, table: Table, change: TableChange, watch: Watch
) -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    if "add" in watch.change_types:
        for record_id, row in change.created.items():
            keys = [k for k in row.cells if watch.cells_of is None or k in watch.cells_of or watch.includes(k)]
            cells = {key: _shown(workspace, table, row.cells, key) for key in keys}
            yield "createdRecordsById", record_id, {"createdTime": row.created, "cellValuesByFieldId": cells}
    if "update" in watch.change_types:
        for record_id, before in change.before.items():
            entry = _changed(workspace, table, before, change.after[record_id], watch)
            if entry is not None:
                yield "changedRecordsById", record_id, entry
    if "remove" in watch.change_types:
        for record_id in change.destroyed:
            yield "destroyedRecordIds", record_id, None


def _changed(
    workspace: Workspace, table: Table, before: Mapping[str, Any], after: Mapping[str, Any], watch: Watch
) -> dict[str, Any] | None:
    moved = [key for key in table.fields if before.get(key) != after.get(key)]
    watched = [key for key in moved if watch.cells_of is None or key in watch.cells_of]
    if not watched:
        return None
    told = [key for key in moved if key in watched or watch.includes(key)]
    entry = {"current": {"cellValuesByFieldId": {k: _shown(workspace, table, after, k) for k in told}}}
    if watch.previous_cells:
        entry["previous"] = {"cellValuesByFieldId": {k: _shown(workspace, table, before, k) for k in told}}
    still = [key for key in after if key not in moved and watch.includes(key)]
    if still:
        entry["unchanged"] = {"cellValuesByFieldId": {k: _shown(workspace, table, after, k) for k in still}}
    return entry


def _fields(change: TableChange, watch: Watch) -> dict[str, Any]:
    def watched(key: str) -> bool:
        return watch.schemas_of is None or key in watch.schemas_of

    told: dict[str, Any] = {}
    created = {c.id: {"name": c.name, "type": c.type} for c in change.fields_created}
    if created and "add" in watch.change_types:
        told["createdFieldsById"] = created
    changed: dict[str, Any] = {}
    for key, (current, previous) in change.fields_changed.items():
        if watched(key):
            changed[key] = {"current": current, **({"previous": previous} if watch.previous_fields else {})}
    if changed and "update" in watch.change_types:
        told["changedFieldsById"] = changed
    destroyed = [key for key in change.fields_destroyed if watched(key)]
    if destroyed and "remove" in watch.change_types:
        told["destroyedFieldIds"] = destroyed
    return told


def _new_table(table: Table) -> dict[str, Any]:
    fields = {column.id: {"name": column.name, "type": column.type} for column in table.fields.values()}
    metadata = {"name": table.name, "description": table.description}
    return {"metadata": metadata, "fieldsById": fields, "recordsById": {}}


def _metadata(change: Change, form: str | None) -> dict[str, Any]:
    if change.source == "formSubmission":
        return {"viewId": form}
    return {"user": {**change.user.cell(), "permissionLevel": change.level}}


def _shown(workspace: Workspace, table: Table, cells: Mapping[str, Any], key: str) -> Any:
    value = cells.get(key)
    column = table.fields[key]
    if value is None:
        return None
    if column.type == "multipleLookupValues":
        return _looked_up(workspace, table, cells, column)
    return _second_format(workspace, column, value)


def _second_format(workspace: Workspace, column: Field, value: Any) -> Any:
    linked = column.linked()
    if linked is not None and isinstance(value, list):
        return [{"id": record_id, "name": workspace.row_name(linked, record_id)} for record_id in value]
    if column.type == "singleSelect":
        return column.choice(value)
    if column.type == "multipleSelects" and isinstance(value, list):
        return [column.choice(name) for name in value]
    return value


def _looked_up(workspace: Workspace, table: Table, cells: Mapping[str, Any], column: Field) -> Any:
    """Show a look-up with the row that each value came from; without its link, as it stands."""
    options = column.options or {}
    link = table.fields.get(options.get("recordLinkFieldId", ""))
    if link is None or link.linked() is None:
        return cells[column.id]
    other = workspace.tables[link.linked() or ""]
    ids = [record_id for record_id in cells.get(link.id, []) if record_id in other.rows]
    source = options["fieldIdInLinkedTable"]
    values = {}
    for record_id in ids:
        shown = _shown(workspace, other, other.rows[record_id].cells, source)
        values[record_id] = shown if isinstance(shown, list) else [shown]
    return {"linkedRecordIds": ids, "valuesByLinkedRecordId": values}


def _set(values: list[str] | None) -> frozenset[str] | None:
    return frozenset(values) if values else None
