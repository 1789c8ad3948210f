"""What the base lacks, in words, and the making of it: tables with all their columns, columns, options at their making.

It never changes or removes what is there: the API can't retype a field or add an option to one (docs, 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from worker.connectors.airtable.api import Door
from worker.connectors.airtable.finding import Names
from worker.connectors.airtable.schema import COMPUTED_TYPES, Placed, Schema, shown, types_for
from worker.domain.tables import TABLES, Column, Table
from worker.ports import Missing

APPLY = "`quarterday setup --apply` makes it"
_AWAY = (
    "that one was there beside ours and is left alone: rename it in Airtable, then `quarterday setup --apply` makes "
    "ours (if it is to be ours from now on, run `quarterday doctor` while it is renamed, and give it the name back)"
)
_DATE = {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}}
_DATE_TIME = {**_DATE, "timeFormat": {"name": "24hour", "format": "HH:mm"}, "timeZone": "utc"}
_TICK = {"icon": "check", "color": "greenBright"}
# Only how a number is shown; the cell holds what was written. Money may have three decimals (KWD, BHD).
_PRECISION = {"Share": 4, "Leads": 0, "Won": 0}
_MONEY_PRECISION = 3


@dataclass(frozen=True, slots=True)
class Need:
    """One lack: its words, the table it is in, and the column where it is not the whole table."""

    missing: Missing
    table: Table
    column: Column | None = None


class Wanted:
    """What should stand in the base: our tables, the base's own names, and the statuses that a lead can have."""

    def __init__(self, names: Names, statuses: Sequence[str]) -> None:
        self._names = names
        self._statuses = tuple(statuses)

    def options(self, table: Table, column: Column) -> tuple[str, ...]:
        """Return the options that a select must offer, those of rules/stages.toml included."""
        more = self._statuses if (table.name, column.name) == ("Leads", "Status") else ()
        return tuple(dict.fromkeys((*column.options, *more)))

    def needs(self, schema: Schema) -> Iterator[Need]:
        """Yield everything that is missing, table by table."""
        for table in TABLES.values():
            if table.name not in schema.tables:
                yield Need(self._no_table(schema, table), table)
                continue
            for column in table.columns:
                if words := self._lack(schema.tables[table.name], column):
                    yield Need(words, table, column)

    def _no_table(self, schema: Schema, table: Table) -> Missing:
        if table.name in schema.namesakes:
            return Missing(f"the table {table.name}, whose name another table has", _AWAY, makeable=False)
        return Missing(f"the table {table.name} ({len(table.columns)} columns)", APPLY)

    def _lack(self, placed: Placed, column: Column) -> Missing | None:
        where = f"{placed.table.name}.{shown(column.name, placed.called.get(column.name, column.name))}"
        if column.name not in placed.fields:
            if called := placed.namesakes.get(column.name):
                return Missing(f"the column {where}, whose name {called} another field has", _AWAY, makeable=False)
            called = self._names.of(placed.table.name, column.name)
            return Missing(f"the column {where}" + (f" (called {called})" if called != column.name else ""), APPLY)
        field = placed.fields[column.name]
        if column.name in placed.unfit:
            why = "is computed and can't be written" if field.type in COMPUTED_TYPES else f"is of type {field.type}"
            remedy = f"in Airtable, change its type to {types_for(column)}, or name another under [columns]"
            return Missing(f"the column {where} {why}", remedy, makeable=False)
        wanted = self.options(placed.table, column) if column.owner == "W" and field.type == "singleSelect" else ()
        if lost := [o for o in wanted if o not in field.choices.values()]:
            quoted = ", ".join(f"“{o}”" for o in lost)
            remedy = f"in Airtable, open the column {field.name} (Edit field) and add {quoted}: the API can't"
            return Missing(f"the column {where} does not offer {quoted}", remedy, makeable=False)
        return None

    def table_body(self, table: Table) -> dict[str, Any]:
        """Return the request that makes a table with all its columns; the first becomes the primary one."""
        return {"name": table.name, "fields": [self.field_body(table, c) for c in table.columns]}

    def field_body(self, table: Table, column: Column) -> dict[str, Any]:
        """Return the request that makes a column."""
        type_, options = self._type(table, column)
        body: dict[str, Any] = {"name": self._names.of(table.name, column.name), "type": type_}
        return body | ({"options": options} if options else {})

    def _type(self, table: Table, column: Column) -> tuple[str, dict[str, Any] | None]:
        plain = {
            "long text": "multilineText", "email": "email", "phone": "phoneNumber", "url": "url",
        }  # fmt: skip
        match column.kind:
            case "number" | "money":
                return "number", {"precision": _PRECISION.get(column.name, _MONEY_PRECISION)}
            case "date":
                return "date", dict(_DATE)
            case "datetime":
                return "dateTime", dict(_DATE_TIME)
            case "checkbox":
                return "checkbox", dict(_TICK)
            case "select":
                return "singleSelect", {"choices": [{"name": o} for o in self.options(table, column)]}
            case kind:
                return plain.get(kind, "singleLineText"), None


def make(door: Door, schema: Schema, wanted: Wanted, missing: Sequence[Missing]) -> int:
    """Make what was named and can be made; return how many calls wrote. A create is never repeated blindly."""
    asked = {m for m in missing if m.makeable}
    needs = [n for n in wanted.needs(schema) if n.missing in asked]
    for need in needs:
        if need.column is None:
            door.call("POST", door.tables_url, expect="id", body=wanted.table_body(need.table))
        else:
            fields_url = door.fields_url(schema.tables[need.table.name].id)
            door.call("POST", fields_url, expect="id", body=wanted.field_body(need.table, need.column))
    return len(needs)
