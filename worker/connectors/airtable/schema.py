"""Which of the base's tables and fields are ours: found by name once, then known by id: a rename breaks nothing.

It judges whether a field's type can hold what our column holds; it makes nothing (see setup.py) and reads no rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.connectors.airtable.api import SERVICE, Door
from worker.domain.tables import TABLES, Column, Table
from worker.ports import Memory, Refused

TEXT_TYPES = frozenset({"singleLineText", "multilineText", "richText", "email", "url", "phoneNumber"})
NUMBER_TYPES = frozenset({"number", "currency", "percent"})
COMPUTED_TYPES = frozenset({
    "formula", "rollup", "multipleLookupValues", "count", "autoNumber", "createdTime", "lastModifiedTime", "createdBy",
    "lastModifiedBy", "button", "aiText", "externalSyncSource",
})  # fmt: skip
LINK_TYPE = "multipleRecordLinks"
_MERGEABLE = frozenset({"singleLineText", "multilineText"})  # the texts that an upsert may match by (docs, 2026-11)

_WRITABLE = {
    "text": TEXT_TYPES | {LINK_TYPE},
    "number": NUMBER_TYPES | TEXT_TYPES,
    "date": frozenset({"date", "dateTime"}) | TEXT_TYPES,
    "checkbox": frozenset({"checkbox"}),
    "select": frozenset({"singleSelect"}) | TEXT_TYPES,
}
_READABLE = {
    "text": frozenset({"singleSelect", "formula", "rollup", "multipleLookupValues", "autoNumber"}) | NUMBER_TYPES,
    "number": frozenset({"formula", "rollup", "multipleLookupValues", "count", "rating"}),
    "date": frozenset({"formula", "rollup", "multipleLookupValues", "createdTime", "lastModifiedTime"}),
    "checkbox": frozenset({"formula", "singleSelect"}) | TEXT_TYPES,
    "select": frozenset({"formula", "rollup", "multipleLookupValues"}),
}
_REMEDY = "`quarterday doctor` says what is missing, `quarterday setup --apply` makes it"
_FAMILY = {"money": "number", "datetime": "date", "number": "number", "date": "date", "checkbox": "checkbox",
           "select": "select"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the base: its choices by id where it is a select, the linked table where it links."""

    id: str
    name: str
    type: str
    choices: Mapping[str, str] = field(default_factory=dict)
    linked: str | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A table of ours where it stands in the base: our column → its field; `absent` and `unfit` are our columns."""

    table: Table
    id: str
    fields: Mapping[str, Field]
    absent: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()

    @property
    def key(self) -> Field:
        """Return the field of our primary column."""
        return self.fields[self.table.key]

    def column_of(self, field: str) -> str | None:
        """Return our column of a field's id or name; None when it is not ours."""
        for column, found in self.fields.items():
            if field in (found.id, found.name):
                return column
        return None

    def shape(self) -> dict[str, Any]:
        """Return what must stay as it is for rows kept earlier to be good still: ids, types, names of choices."""
        return {f.id: {"type": f.type, "choices": dict(f.choices)} for f in self.fields.values()}


@dataclass(frozen=True, slots=True)
class Schema:
    """Our tables by our names, as far as the base has them, and how many tables it has in all."""

    tables: Mapping[str, Placed]
    count: int

    def placed(self, name: str) -> Placed:
        """Return a table that is sound; Refused, naming what is wrong, when it is not."""
        if fault := self.fault(name):
            raise fault
        return self.tables[name]

    def faults(self) -> dict[str, Refused]:
        """Return what is wrong with our tables, by name; those that are sound are left out."""
        return {name: fault for name in TABLES if (fault := self.fault(name))}

    def fault(self, name: str) -> Refused | None:
        """Return what is wrong with a table; None when it is sound."""
        if name not in self.tables:
            return Refused(SERVICE, f"the base has no table {name}: {_REMEDY}", "NO_TABLE")
        found = self.tables[name]
        if lacking := (*found.absent, *found.unfit):
            why = "; ".join(_reasons(found))
            words = f"the table {name} has no usable column {', '.join(lacking)}: {why}; {_REMEDY}"
            return Refused(SERVICE, words, "NO_COLUMN", lacking[0])
        return self._broken_link(found)

    def _broken_link(self, table: Placed) -> Refused | None:
        """Return what is wrong with a table whose links lead to rows of ours that can't be told apart."""
        for column, found in table.fields.items():
            target = next((p for p in self.tables.values() if p.id == found.linked), None)
            if target is not None and target.table.key in (*target.absent, *target.unfit):
                lacks = f"{target.table.name}, which has no usable column {target.table.key}"
                words = f"the column {column} of the table {table.table.name} links to {lacks}: {_REMEDY}"
                return Refused(SERVICE, words, "NO_COLUMN", column)
        return None

    def by_id(self, table: str) -> Placed | None:
        """Return the table of ours that has this id in the base, if its rows can be told apart by our key."""
        return next((p for p in self.tables.values() if p.id == table and p.table.key in p.fields), None)


def _reasons(placed: Placed) -> Iterator[str]:
    for name in placed.absent:
        yield f"{name} is not there"
    for name in placed.unfit:
        types = types_for(placed.table.column(name))
        yield f"{name} is of the type {placed.fields[name].type} now, which can't hold it: make it {types} again"


def fits(table: Table, column: Column, type_: str) -> bool:
    """Tell whether a field of this type can hold our column: ours must be writable, others' readable."""
    if column.owner == "W" and column.name == table.key:
        return type_ in _MERGEABLE
    family = _FAMILY.get(column.kind, "text")
    return type_ in _WRITABLE[family] or (column.owner != "W" and type_ in _READABLE[family])


def types_for(column: Column) -> str:
    """Return in words which types would do, the best first."""
    best = {"text": "single line text", "number": "number", "date": "date", "checkbox": "checkbox",
            "select": "single select"}  # fmt: skip
    family = _FAMILY.get(column.kind, "text")
    return best[family] if family in ("text", "checkbox") else f"{best[family]} (or single line text)"


class Names:
    """What the base calls our columns: the configuration's names, else our own; with the ids seen under them before."""

    def __init__(self, columns: Mapping[str, Mapping[str, str]], memory: Memory, shelf: str) -> None:
        self._columns = {table.casefold(): names for table, names in columns.items()}
        self._memory = memory
        self._shelf = shelf

    def of(self, table: str, column: str) -> str:
        """Return the name that our column should have in the base."""
        return self._columns.get(table.casefold(), {}).get(column, column)

    def known(self) -> dict[str, str]:
        """Return the field ids found at earlier runs, by `table/column/name`."""
        return {slot: json.loads(text) for slot, text in self._memory.load(self._shelf).items()}

    def keep(self, ids: Mapping[str, str], known: Mapping[str, str]) -> None:
        """Remember field ids, so that a column renamed by a person is found again."""
        if changed := {slot: json.dumps(id_) for slot, id_ in ids.items() if known.get(slot) != id_}:
            self._memory.save(self._shelf, changed)


def read_schema(door: Door, names: Names) -> Schema:
    """Read all tables of the base in one call and find ours among them."""
    answer = door.call("GET", door.tables_url, expect="tables")
    by_name = {str(t["name"]).strip().casefold(): t for t in answer["tables"]}
    known, seen, tables = names.known(), dict[str, str](), dict[str, Placed]()
    for table in TABLES.values():
        if (found := by_name.get(table.name.casefold())) is not None:
            tables[table.name] = _place(table, found, names, known)
            seen.update((_slot(table, c, names), f.id) for c, f in tables[table.name].fields.items())
    names.keep(seen, known)
    return Schema(tables, len(answer["tables"]))


def _place(table: Table, found: Mapping[str, Any], names: Names, known: Mapping[str, str]) -> Placed:
    there = [_field(f) for f in found["fields"]]
    by_name = {f.name.strip().casefold(): f for f in there}
    by_id = {f.id: f for f in there}
    fields: dict[str, Field] = {}
    for column in table.columns:
        if match := by_name.get(names.of(table.name, column.name).strip().casefold()):
            fields[column.name] = match
    taken = {f.id for f in fields.values()}
    for column in table.columns:
        before = known.get(_slot(table, column.name, names))
        if column.name not in fields and before in by_id and before not in taken:
            fields[column.name] = by_id[before]  # renamed by a person: the id stays
    absent = tuple(c.name for c in table.columns if c.name not in fields)
    unfit = tuple(c.name for c in table.columns if c.name in fields and not fits(table, c, fields[c.name].type))
    return Placed(table, str(found["id"]), fields, absent, unfit)


def _slot(table: Table, column: str, names: Names) -> str:
    return f"{table.name}/{column}/{names.of(table.name, column)}"


def _field(raw: Mapping[str, Any]) -> Field:
    options = raw.get("options") or {}
    choices = {str(c.get("id")): str(c["name"]) for c in options.get("choices") or () if "name" in c}
    linked = options.get("linkedTableId") if raw.get("type") == LINK_TYPE else None
    return Field(str(raw["id"]), str(raw["name"]), str(raw.get("type")), choices, linked)


def links_of(placed: Placed, schema: Schema) -> Iterator[Placed]:
    """Yield the tables of ours that this one links to by its own columns."""
    for found in placed.fields.values():
        if found.linked and (target := schema.by_id(found.linked)) is not None:
            yield target
