"""The meta API: who asks, which bases, their tables and fields; making and renaming them."""

from __future__ import annotations

from typing import Any

from worker.sandbox.airtable import errors, field_types, schema
from worker.sandbox.airtable.asked import Asked, anything_named, checked, list_of, text
from worker.sandbox.airtable.workspace import Field, Table

_FIELD = {"name": lambda value: isinstance(value, str), "type": text, "options": lambda _: True, "description": text}


def whoami(asked: Asked) -> dict[str, Any]:
    """Answer GET whoami."""
    asked.query()
    return {"id": asked.token.user.id, "scopes": sorted(asked.token.scopes)}


def bases(asked: Asked) -> dict[str, Any]:
    """Answer GET bases: those that were added to the token."""
    asked.query(offset=text)
    here = {"id": asked.workspace.base, "name": "Sandbox", "permissionLevel": asked.token.level}
    return {"bases": [here] if asked.token.shared else []}


def tables(asked: Asked) -> dict[str, Any]:
    """Answer GET tables: the whole schema of the base."""
    found = asked.query(include=list_of(lambda item: item == "visibleFieldIds"))
    return {"tables": [schema.table_json(t, bool(found.get("include"))) for t in asked.workspace.tables.values()]}


def create_table(asked: Asked) -> dict[str, Any]:
    """Answer POST tables; the first field becomes the primary one."""
    asked.query()
    body = asked.body({"name": text, "fields": list_of(anything_named)}, {"description": text})
    _check_table_name(asked, body["name"])
    for spec in body["fields"]:
        _check_field(asked, body["name"], spec)
    names = [spec["name"] for spec in body["fields"]]
    if not names or "" in names or len(set(names)) < len(names):
        raise errors.typed(422, "DUPLICATE_OR_EMPTY_FIELD_NAME", "Field names must be unique and not empty")
    if body["fields"][0]["type"] not in field_types.PRIMARY:
        raise errors.typed(422, "INVALID_PRIMARY_FIELD_TYPE", "The first field cannot be a primary field")
    change = asked.change()
    table = schema.add_table(change, body["name"], body.get("description"))
    for spec in body["fields"]:
        schema.add_field(change, table, spec["name"], spec["type"], spec.get("options"), spec.get("description"))
    change.commit()
    return schema.table_json(table)


def update_table(asked: Asked) -> dict[str, Any]:
    """Answer PATCH of a table: name and description."""
    asked.query()
    body = asked.body({}, {"name": text, "description": lambda value: isinstance(value, str)})
    table = asked.table()
    if body.get("name", table.name) != table.name:
        _check_table_name(asked, body["name"])
    change = asked.change()
    schema.rename_table(change, table, body.get("name"), body.get("description"))
    change.commit()
    return schema.table_json(table)


def create_field(asked: Asked) -> dict[str, Any]:
    """Answer POST fields."""
    asked.query()
    spec = asked.body({"name": text, "type": text}, _FIELD)
    table = asked.table()
    _check_field(asked, table.name, spec)
    _check_field_name(table, spec["name"])
    change = asked.change()
    column = schema.add_field(change, table, spec["name"], spec["type"], spec.get("options"), spec.get("description"))
    change.commit()
    return schema.field_json(column)


def update_field(asked: Asked) -> dict[str, Any]:
    """Answer PATCH of a field: name and description; type and options are a person's."""
    asked.query()
    body = asked.body({}, {"name": text, "description": lambda value: isinstance(value, str)})
    table = asked.table()
    column: Field | None = table.fields.get(asked.ids["field"])
    if column is None:
        raise errors.unknown_id("field", asked.ids["field"], asked.workspace.unknown_id_status)
    if body.get("name", column.name) != column.name:
        _check_field_name(table, body["name"])
    change = asked.change()
    schema.rename_field(change, table, column, body.get("name"), body.get("description"))
    change.commit()
    return schema.field_json(column)


def _check_table_name(asked: Asked, name: str) -> None:
    if any(table.name.casefold() == name.casefold() for table in asked.workspace.tables.values()):
        raise errors.typed(422, "DUPLICATE_TABLE_NAME", f"Cannot create more than one table named {name}")


def _check_field_name(table: Table, name: str) -> None:
    if any(column.name.casefold() == name.casefold() for column in table.fields.values()):
        raise errors.typed(422, "DUPLICATE_OR_EMPTY_FIELD_NAME", "Field names must be unique and not empty")


def _check_field(asked: Asked, table: str, spec: dict[str, Any]) -> None:
    checked(spec, _FIELD)
    if "name" not in spec or "type" not in spec:
        raise errors.invalid_request()
    field_types.check_creatable(asked.workspace, f"{table}.{spec['name']}", spec["type"], spec.get("options"))
