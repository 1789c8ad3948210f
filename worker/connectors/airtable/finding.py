"""Which of the base's tables and fields are ours: found by name once, then known by id, whatever they are called.

A name counts only where no id is known, or where what had the id is gone: then what was made anew under the name is
taken up. What bore the name beside ours was never ours, and is not taken for it later either.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from worker.connectors.airtable.api import Door
from worker.connectors.airtable.schema import LINK_TYPE, Field, Placed, Schema, fits
from worker.domain.tables import TABLES, Table
from worker.ports import Memory

_OTHER = "other/"  # before a slot: the id of what had its name beside ours


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
        """Return the ids found at earlier runs: of tables by our name, of fields by `table/column/name`."""
        return {slot: json.loads(text) for slot, text in self._memory.load(self._shelf).items()}

    def keep(self, ids: Mapping[str, str], known: Mapping[str, str]) -> None:
        """Remember ids, so that what a person renames is found again; those of what is gone stay, it may come back."""
        changed = {slot: json.dumps(id_) for slot, id_ in ids.items() if known.get(slot) != id_}
        over = {slot for slot in known if slot.startswith(_OTHER) and slot not in ids and _is_read(slot, ids)}
        if changed or over:
            self._memory.save(self._shelf, changed, over)


@dataclass(frozen=True, slots=True)
class _Match:
    """What of ours is there, and what only bears a name of ours; both by slot, as ids."""

    ours: Mapping[str, str]
    others: Mapping[str, str]

    def ids(self) -> dict[str, str]:
        """Return what is to be remembered."""
        return {**self.ours, **{_OTHER + slot: id_ for slot, id_ in self.others.items()}}


def read_schema(door: Door, names: Names) -> Schema:
    """Read all tables of the base in one call and find ours among them."""
    answer = door.call("GET", door.tables_url, expect="tables")
    there = {str(t["id"]): t for t in answer["tables"]}
    known, tables = names.known(), dict[str, Placed]()
    match = _match({name: name for name in TABLES}, {id_: str(t["name"]) for id_, t in there.items()}, known)
    seen = match.ids()
    for name, id_ in match.ours.items():
        tables[name], fields = _place(TABLES[name], there[id_], names, known, {i: n for n, i in match.ours.items()})
        seen |= fields.ids()
    names.keep(seen, known)
    return Schema({name: tables[name] for name in TABLES if name in tables}, len(there), frozenset(match.others))


def _match(wanted: Mapping[str, str], there: Mapping[str, str], known: Mapping[str, str]) -> _Match:
    """Find what is wanted, slot → name, among what is there, id → name: by id first, by name where no id is left."""
    by_name = {_folded(name): id_ for id_, name in there.items()}
    ours = {slot: id_ for slot in wanted if (id_ := known.get(slot)) in there and id_ is not None}
    others: dict[str, str] = {}
    for slot, name in wanted.items():
        id_ = by_name.get(_folded(name))
        if id_ is None or ours.get(slot) == id_:
            continue
        if slot in ours or id_ in ours.values() or known.get(_OTHER + slot) == id_:
            others[slot] = id_
        else:
            ours[slot] = id_
    return _Match(ours, others)


def _place(
    table: Table, found: Mapping[str, Any], names: Names, known: Mapping[str, str], tables: Mapping[str, str]
) -> tuple[Placed, _Match]:
    """Find the columns of a table; `tables` are ours, by id, as far as they are there."""
    there = {f.id: f for f in map(_field, found["fields"])}
    slots = {column.name: _slot(table, column.name, names) for column in table.columns}
    wanted = {slot: names.of(table.name, column) for column, slot in slots.items()}
    match = _match(wanted, {id_: f.name for id_, f in there.items()}, known)
    fields = {column: there[match.ours[slot]] for column, slot in slots.items() if slot in match.ours}  # in our order
    placed = Placed(
        table, str(found["id"]), str(found["name"]), fields,
        absent=tuple(c.name for c in table.columns if c.name not in fields),
        unfit=tuple(
            column for column, field in fields.items()
            if not fits(table, table.column(column), field.type, tables.get(field.linked or ""))
        ),
        called={c: f.name for c, f in fields.items() if _folded(f.name) != _folded(wanted[slots[c]])},
        namesakes={c: there[match.others[slot]].name for c, slot in slots.items() if slot in match.others},
    )  # fmt: skip
    return placed, match


def other_names(schema: Schema) -> Iterator[str]:
    """Say of each table and column of ours that goes by another name now what that is, and who has its own."""
    for name, placed in schema.tables.items():
        if _folded(placed.name) != _folded(name):
            yield _renamed(f"the table {name}", placed.name, "table", name, schema.namesakes)
        for column, called in placed.called.items():
            yield _renamed(f"the column {name}.{column}", called, "field", column, placed.namesakes)


def _renamed(what: str, called: str, kind: str, name: str, namesakes: Collection[str]) -> str:
    beside = f", and another {kind}, which is left alone, has its name" if name in namesakes else ""
    return f"{what} is called {called} now{beside}"


def _is_read(other: str, ids: Collection[str]) -> bool:
    """Tell whether a note of something else's id can be judged: not while the table that it is in is gone."""
    table, _, column = other.removeprefix(_OTHER).partition("/")
    return not column or table in ids


def _folded(name: str) -> str:
    return name.strip().casefold()


def _slot(table: Table, column: str, names: Names) -> str:
    return f"{table.name}/{column}/{names.of(table.name, column)}"


def _field(raw: Mapping[str, Any]) -> Field:
    options = raw.get("options") or {}
    choices = {str(c.get("id")): str(c["name"]) for c in options.get("choices") or () if "name" in c}
    linked = options.get("linkedTableId") if raw.get("type") == LINK_TYPE else None
    return Field(str(raw["id"]), str(raw["name"]), str(raw.get("type")), choices, linked)
