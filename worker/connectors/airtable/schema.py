"""Our tables as they stand in the base, and whether they are sound: each column there, of a type that can hold it.

How they are found is in finding.py, what is made in setup.py. It reads no rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.connectors.airtable.api import SERVICE
from worker.domain.tables import LEADS, PARTNERS, TABLES, Column, Table
from worker.ports import Refused

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
# A line's Statement is none of them: it is written before the statement's row is.
_NAMING = {PARTNERS.key: PARTNERS.name, LEADS.key: LEADS.name}
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
    """A table of ours where it stands in the base: our column → its field; `absent` and `unfit` are our columns.

    `called` is by our column the name that its field has now, where it is not the one it should have. `namesakes` is by
    our column the name that another field has instead, which is not ours.
    """

    table: Table
    id: str
    name: str
    fields: Mapping[str, Field]
    absent: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()
    called: Mapping[str, str] = field(default_factory=dict)
    namesakes: Mapping[str, str] = field(default_factory=dict)

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
    """Our tables by our names, as far as the base has them, and how many tables it has in all.

    `namesakes` are those whose name another table has, which is not ours.
    """

    tables: Mapping[str, Placed]
    count: int
    namesakes: frozenset[str] = frozenset()

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
            other = " any more, only another of its name" if name in self.namesakes else ""
            return Refused(SERVICE, f"the base has no table {name}{other}: {_REMEDY}", "NO_TABLE")
        found = self.tables[name]
        if lacking := (*found.absent, *found.unfit):
            why = "; ".join(_reasons(found))
            words = f"the table {shown(name, found.name)} has no usable column {', '.join(lacking)}: {why}; {_REMEDY}"
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
        other = placed.namesakes.get(name)
        yield f"{name} is not there" + (f", only another field that is called {other}" if other else "")
    for name in placed.unfit:
        types, what = types_for(placed.table.column(name)), shown(name, placed.called.get(name, name))
        yield f"{what} is of the type {placed.fields[name].type} now, which can't hold it: make it {types} again"


def shown(ours: str, theirs: str) -> str:
    """Return our name of a table or a column, and the one that it has in the base where that is another."""
    return ours if ours.casefold() == theirs.strip().casefold() else f"{ours} (called {theirs} now)"


def fits(table: Table, column: Column, type_: str, linked: str | None = None) -> bool:
    """Tell whether a field of this type can hold our column: ours must be writable, others' readable.

    `linked` is the table of ours that it links to: into a link we can write only what names a row that is there.
    """
    if column.owner == "W" and column.name == table.key:
        return type_ in _MERGEABLE
    if column.owner == "W" and type_ == LINK_TYPE:
        return _NAMING.get(column.name) == linked is not None
    family = _FAMILY.get(column.kind, "text")
    return type_ in _WRITABLE[family] or (column.owner != "W" and type_ in _READABLE[family])


def types_for(column: Column) -> str:
    """Return in words which types would do, the best first."""
    best = {"text": "single line text", "number": "number", "date": "date", "checkbox": "checkbox",
            "select": "single select"}  # fmt: skip
    family = _FAMILY.get(column.kind, "text")
    return best[family] if family in ("text", "checkbox") else f"{best[family]} (or single line text)"


def links_of(placed: Placed, schema: Schema) -> Iterator[Placed]:
    """Yield the tables of ours that this one links to by its own columns."""
    for found in placed.fields.values():
        if found.linked and (target := schema.by_id(found.linked)) is not None:
            yield target
