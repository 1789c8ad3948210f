"""Tables and fields: made, altered and removed, by the meta API and by people alike. Knows no HTTP.

What may be made is decided before (`field_types`); here it is done, told to a `Change`, and linked both ways: a link to
another table gets its mirror there, as the service makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.sandbox.airtable import field_types
from worker.sandbox.airtable.cells import Reading, read, writable
from worker.sandbox.airtable.change import Change
from worker.sandbox.airtable.derived import prepare
from worker.sandbox.airtable.errors import ApiError
from worker.sandbox.airtable.formulas import with_ids
from worker.sandbox.airtable.workspace import DERIVED, SELECTS, Field, Table, Workspace, plain_text

_POINTING = frozenset({"lastModifiedTime", "rollup", "multipleLookupValues", "count"})


def add_table(change: Change, name: str, description: str | None = None) -> Table:
    """Make a table without fields."""
    workspace = change.workspace
    table = Table(workspace.mint("tbl"), name, workspace.mint("viw"), workspace.mint("viw"), description)
    workspace.tables[table.id] = table
    change.of(table).table_created = True
    return table


def add_field(
    change: Change,
    table: Table,
    name: str,
    kind: str,
    options: Mapping[str, Any] | None,
    description: str | None = None,
) -> Field:
    """Make a field at the end of a table; a formula may name fields, a link gets its mirror."""
    workspace = change.workspace
    column = Field(workspace.mint("fld"), name, kind, None, description)
    _configure(change, table, column, options)
    table.fields[column.id] = column
    change.of(table).fields_created.append(column)
    _settle(change, table)
    other = workspace.tables[column.linked() or table.id]
    if other is not table:
        mirror = Field(workspace.mint("fld"), _free_name(other, table.name), kind, None)
        mirror.options = {**(field_types.kept(workspace, kind, {"linkedTableId": table.id}) or {})}
        mirror.options["inverseLinkFieldId"] = column.id
        column.options = {**(column.options or {}), "inverseLinkFieldId": mirror.id}
        other.fields[mirror.id] = mirror
        change.of(other).fields_created.append(mirror)
        prepare(workspace, other)
    return column


def rename_field(change: Change, table: Table, column: Field, name: str | None, description: str | None) -> None:
    """Give a field another name or description; None leaves it."""
    before = {"name": column.name}
    column.name = column.name if name is None else name
    column.description = column.description if description is None else description
    if before["name"] != column.name:
        change.of(table).fields_changed[column.id] = ({"name": column.name}, before)
    prepare(change.workspace, table)


def retype_field(change: Change, table: Table, column: Field, kind: str, options: Mapping[str, Any] | None) -> None:
    """Give a field another type; cells are carried over as far as they can be read, the others become empty."""
    texts = {row.id: plain_text(change.workspace, column, row.cells.get(column.id)) for row in table.rows.values()}
    before = {"type": column.type}
    mirror = _mirror(change.workspace, column)
    column.type = kind
    if options is None and kind in SELECTS:
        options = {"choices": [{"name": text} for text in dict.fromkeys(texts.values()) if text]}
    _configure(change, table, column, options)
    change.of(table).fields_changed[column.id] = ({"type": kind}, before)
    for row in table.rows.values():
        if kind not in DERIVED:
            change.write(table, row, {column.id: _converted(change.workspace, column, texts[row.id])})
    _settle(change, table)
    _flatten(change, mirror)


def add_option(change: Change, table: Table, column: Field, name: str) -> dict[str, Any]:
    """Add an option to a select field; a hook on fields hears that the field changed, not how."""
    choices = (column.options or {}).get("choices", [])
    choice = field_types.made_choice(change.workspace, name, len(choices))
    column.options = {**(column.options or {}), "choices": [*choices, choice]}
    change.of(table).fields_changed.setdefault(column.id, ({"type": column.type}, {"type": column.type}))
    return choice


def delete_field(change: Change, table: Table, column: Field) -> None:
    """Remove a field with its cells; a mirror becomes plain text, as in the service."""
    mirror = _mirror(change.workspace, column)
    del table.fields[column.id]
    for row in table.rows.values():
        if column.id in row.cells:
            row.cells = {key: value for key, value in row.cells.items() if key != column.id}
        row.stamps.pop(column.id, None)
    change.of(table).fields_destroyed.append(column.id)
    _settle(change, table)
    _flatten(change, mirror)


def rename_table(change: Change, table: Table, name: str | None, description: str | None) -> None:
    """Give a table another name or description; None leaves it."""
    before = {"name": table.name, "description": table.description}
    table.name = table.name if name is None else name
    table.description = table.description if description is None else description
    after = {"name": table.name, "description": table.description}
    keys = [key for key in before if before[key] != after[key]]
    if keys:
        change.of(table).metadata = ({key: after[key] for key in keys}, {key: before[key] for key in keys})


def delete_table(change: Change, table: Table) -> None:
    """Remove a table; links to it become plain text."""
    for other in change.workspace.tables.values():
        for column in [c for c in other.fields.values() if c.linked() == table.id and other is not table]:
            retype_field(change, other, column, "singleLineText", None)
    del change.workspace.tables[table.id]
    change.tables.pop(table.id, None)
    change.tables_destroyed.append(table.id)


def _configure(change: Change, table: Table, column: Field, options: Mapping[str, Any] | None) -> None:
    """Set a field's options as they are kept; derived types name their sources by id."""
    column.options = None if options is None else dict(options)
    if writable(column.type):
        column.options = field_types.kept(change.workspace, column.type, options)
    elif column.type == "formula" and options is not None:
        said = {"isValid": True, "result": {"type": "singleLineText"}, **options}
        column.options = {**said, "formula": with_ids(options["formula"], table)}
    elif column.type in _POINTING and options is not None:
        column.options = {"isValid": True, **_by_id(change.workspace, table, options)}


def _by_id(workspace: Workspace, table: Table, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of a look-up or stamp with every field by id, whichever way a person named it."""
    named = dict(options)
    link = table.field(named.get("recordLinkFieldId", ""))
    if link is not None:
        named["recordLinkFieldId"] = link.id
        looked_up = workspace.tables[link.linked() or ""].field(named.get("fieldIdInLinkedTable", ""))
        if looked_up is not None:
            named["fieldIdInLinkedTable"] = looked_up.id
    if "referencedFieldIds" in named:
        watched = (table.field(key) for key in named["referencedFieldIds"])
        named["referencedFieldIds"] = [column.id for column in watched if column is not None]
    return named


def _settle(change: Change, table: Table) -> None:
    """Make a table whole after its fields changed; rows are reworked where derived cells may have moved."""
    prepare(change.workspace, table)
    if table.derived:
        change.rework(table)


def _mirror(workspace: Workspace, column: Field) -> tuple[Table, Field] | None:
    """Return the other side of a link and the table that it stands in."""
    mirror_id = (column.options or {}).get("inverseLinkFieldId")
    if mirror_id is None:
        return None
    other = workspace.tables[column.linked() or ""]
    return other, other.fields[mirror_id]


def _flatten(change: Change, mirror: tuple[Table, Field] | None) -> None:
    """Turn what was the other side of a link into plain text."""
    if mirror is not None:
        other, column = mirror
        texts = {row.id: plain_text(change.workspace, column, row.cells.get(column.id)) for row in other.rows.values()}
        change.of(other).fields_changed[column.id] = ({"type": "singleLineText"}, {"type": column.type})
        column.type, column.options = "singleLineText", None
        for row in other.rows.values():
            change.write(other, row, {column.id: texts[row.id] or None})
        _settle(change, other)


def _converted(workspace: Workspace, column: Field, text: str) -> Any:
    if not text or not writable(column.type):
        return None
    if column.type == "multipleRecordLinks":
        return None
    try:
        return read(Reading(workspace, typecast=True), column, text)
    except ApiError:
        return None


def _free_name(table: Table, wanted: str) -> str:
    taken = {column.name for column in table.fields.values()}
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} {number}", number + 1
    return name


def field_json(column: Field) -> dict[str, Any]:
    """Return a field as the meta API shows it."""
    shown: dict[str, Any] = {"type": column.type, "id": column.id, "name": column.name}
    if column.options is not None:
        shown["options"] = column.options
    if column.description is not None:
        shown["description"] = column.description
    return shown


def table_json(table: Table, visible: bool = False) -> dict[str, Any]:
    """Return a table as the meta API shows it; `visible` adds which fields the view shows."""
    view: dict[str, Any] = {"id": table.view, "name": "Grid view", "type": "grid"}
    if visible:
        view["visibleFieldIds"] = list(table.fields)
    shown: dict[str, Any] = {
        "id": table.id, "name": table.name, "primaryFieldId": table.primary.id,
        "fields": [field_json(column) for column in table.fields.values()], "views": [view],
    }  # fmt: skip
    return shown if table.description is None else {**shown, "description": table.description}
