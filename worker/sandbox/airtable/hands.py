"""What people do in Airtable's own pages: seed, edit, clear, copy, delete, rename, retype; forms add rows.

Plain methods, callable between any two calls. Webhooks tell of each as of a person's or a form's doing. Fields and
tables go by name or id; a mistake of the caller is a ValueError.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from worker.sandbox.airtable import schema
from worker.sandbox.airtable.cells import Reading, read, writable
from worker.sandbox.airtable.change import Change
from worker.sandbox.airtable.errors import ApiError
from worker.sandbox.airtable.field_types import DEFAULTS
from worker.sandbox.airtable.pings import Pings
from worker.sandbox.airtable.workspace import DERIVED, LEVELS, SELECTS, Field, Row, Table, Token, User, Workspace
from worker.sandbox.clock import Clock

SCOPES = frozenset({
    "data.records:read", "data.records:write", "data.recordComments:read", "data.recordComments:write",
    "schema.bases:read", "schema.bases:write", "webhook:manage",
})  # fmt: skip
FieldSpec = tuple[str, str] | tuple[str, str, Mapping[str, Any] | None]


class Hands(Workspace):
    """A workspace with people in it; `person` is the one whose hands these are."""

    def __init__(self, clock: Clock, *, seed: int, base: str, plan: str) -> None:
        super().__init__(clock, seed=seed, base=base, plan=plan)
        self.person = self._user("robin@example.com", "Robin Staff")
        self._trash: dict[tuple[str, str], Row] = {}
        self.pings = Pings(self)

    def add_token(
        self, token: str, *, scopes: Iterable[str] = SCOPES, role: str = "creator", shared: bool = True,
        oauth: bool = False,
    ) -> str:  # fmt: skip
        """Issue a token to a user of its own; returns the user's id."""
        with self.lock:
            user = self._user(f"token{len(self.tokens) + 1}@example.com", "Sandbox Token")
            self.tokens[token] = Token(user, frozenset(scopes), LEVELS[role], shared, oauth)
            return user.id

    def make_table(self, name: str, fields: Sequence[FieldSpec]) -> str:
        """Make a table of `(name, type, options)`, the first its primary field; returns its id."""
        with self.lock:
            if self.table(name) is not None:
                raise ValueError(f"there is a table {name} already")
            said = [(spec[0], spec[1], self._options(spec[1], spec[2] if len(spec) > 2 else None)) for spec in fields]
            if not said or len({each[0] for each in said}) < len(said):
                raise ValueError(f"the fields of {name} are none, or two have one name")
            change = self._change()
            table = schema.add_table(change, name)
            for field_name, kind, options in said:
                schema.add_field(change, table, field_name, kind, options)
            self._commit(change)
            return table.id

    def add_field(self, table: str, name: str, kind: str, options: Mapping[str, Any] | None = None) -> str:
        """Add a field of any type, those included that the API does not create; returns its id."""
        with self.lock:
            found = self._table(table)
            if found.field(name) is not None:
                raise ValueError(f"{table} has a field {name} already")
            change = self._change()
            column = schema.add_field(change, found, name, kind, self._options(kind, options))
            self._commit(change)
            return column.id

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return all rows in the order of the grid: id, createdTime, fields by name."""
        with self.lock:
            found = self._table(table)
            return [
                {"id": row.id, "createdTime": row.created, "fields": _by_name(found, row)}
                for row in found.rows.values()
            ]

    def row(self, table: str, record_id: str) -> dict[str, Any]:
        """Return the cells of one row by name."""
        with self.lock:
            found = self._table(table)
            return _by_name(found, self._row(found, record_id))

    def add_row(self, table: str, fields: Mapping[str, Any], source: str = "client") -> str:
        """Add a row by hand (`client`) or by a form (`formSubmission`); returns its id."""
        return self.add_rows(table, [fields], source)[0]

    def add_rows(self, table: str, rows: Iterable[Mapping[str, Any]], source: str = "client") -> list[str]:
        """Paste many rows in one change, which webhooks may hear of in several payloads; returns their ids."""
        with self.lock:
            found = self._table(table)
            cells = [self._cells(found, fields) for fields in rows]
            change = self._change(source)
            made = [change.create(found, each) for each in cells]
            self._commit(change)
            return [row.id for row in made]

    def edit(self, table: str, record_id: str, fields: Mapping[str, Any]) -> None:
        """Set cells of a row; None clears."""
        with self.lock:
            found = self._table(table)
            change = self._change()
            change.write(found, self._row(found, record_id), self._cells(found, fields))
            self._commit(change)

    def clear_cell(self, table: str, record_id: str, field: str) -> None:
        """Empty one cell."""
        self.edit(table, record_id, {field: None})

    def duplicate(self, table: str, record_id: str) -> str:
        """Copy a row with every cell that it was given, keys included; returns the new id."""
        with self.lock:
            found = self._table(table)
            cells = self._row(found, record_id).cells
            change = self._change()
            copy = change.create(found, {k: v for k, v in cells.items() if found.fields[k].type not in DERIVED})
            self._commit(change)
            return copy.id

    def delete(self, table: str, record_id: str) -> None:
        """Delete a row, which goes into the trash."""
        with self.lock:
            found = self._table(table)
            row = self._row(found, record_id)
            self._trash[found.id, record_id] = replace(row)
            change = self._change()
            change.destroy(found, row)
            self._commit(change)

    def restore(self, table: str, record_id: str) -> None:
        """Take a row out of the trash: it is there again under its old id."""
        with self.lock:
            found = self._table(table)
            if (found.id, record_id) not in self._trash:
                raise ValueError(f"no row {record_id} of {table} is in the trash")
            change = self._change()
            change.bring_back(found, self._trash.pop((found.id, record_id)))
            self._commit(change)

    def rename_field(self, table: str, field: str, name: str) -> None:
        """Give a field another name."""
        with self.lock:
            found = self._table(table)
            if found.field(name) is not None:
                raise ValueError(f"{table} has a field {name} already")
            change = self._change()
            schema.rename_field(change, found, self._field(found, field), name, None)
            self._commit(change)

    def retype_field(self, table: str, field: str, kind: str, options: Mapping[str, Any] | None = None) -> None:
        """Give a field another type; cells that cannot be carried over become empty."""
        with self.lock:
            found = self._table(table)
            change = self._change()
            options = None if options is None and kind in SELECTS else self._options(kind, options)
            schema.retype_field(change, found, self._field(found, field), kind, options)
            self._commit(change)

    def add_option(self, table: str, field: str, name: str) -> None:
        """Add an option to a select field."""
        with self.lock:
            found = self._table(table)
            column = self._field(found, field)
            if column.type not in SELECTS or column.choice(name) is not None:
                raise ValueError(f"{field} takes no new option {name}")
            change = self._change()
            schema.add_option(change, found, column, name)
            self._commit(change)

    def delete_field(self, table: str, field: str) -> None:
        """Delete a field with its cells."""
        with self.lock:
            found = self._table(table)
            column = self._field(found, field)
            if column is found.primary:
                raise ValueError("a primary field cannot be deleted")
            change = self._change()
            schema.delete_field(change, found, column)
            self._commit(change)

    def rename_table(self, table: str, name: str) -> None:
        """Give a table another name."""
        with self.lock:
            if self.table(name) is not None:
                raise ValueError(f"there is a table {name} already")
            change = self._change()
            schema.rename_table(change, self._table(table), name, None)
            self._commit(change)

    def delete_table(self, table: str) -> None:
        """Delete a table."""
        with self.lock:
            change = self._change()
            schema.delete_table(change, self._table(table))
            self._commit(change)

    def lock_field(self, table: str, field: str) -> None:
        """Let tokens write this field no more."""
        with self.lock:
            self.locked.add(self._field(self._table(table), field).id)

    def deliver_pings(self) -> int:
        """Post every ping that is due now, and wait for it; returns how many were tried."""
        return self.pings.deliver()

    def _change(self, source: str = "client") -> Change:
        return Change(self, source, self.person)

    def _commit(self, change: Change) -> None:
        change.commit()
        self.pings.start()

    def _user(self, email: str, name: str) -> User:
        user = User(self.mint("usr"), email, name)
        self.users[user.id] = user
        return user

    def _table(self, key: str) -> Table:
        found = self.table(key)
        if found is None:
            raise ValueError(f"there is no table {key}")
        return found

    def _field(self, table: Table, key: str) -> Field:
        found = table.field(key)
        if found is None:
            raise ValueError(f"{table.name} has no field {key}")
        return found

    def _row(self, table: Table, record_id: str) -> Row:
        if record_id not in table.rows:
            raise ValueError(f"{table.name} has no row {record_id}")
        return table.rows[record_id]

    def _cells(self, table: Table, fields: Mapping[str, Any]) -> dict[str, Any]:
        cells = {}
        for key, value in fields.items():
            column = self._field(table, key)
            if column.type in DERIVED:
                raise ValueError(f"{column.name} is computed")
            try:
                # AI text, buttons and the types of tomorrow hold whatever they are given.
                cells[column.id] = read(Reading(self), column, value) if writable(column.type) else value
            except ApiError as error:
                raise ValueError(f"{column.name}: {error.body}") from None
        return cells

    def _options(self, kind: str, options: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Return options with what a person need not say: defaults, choices by name, a linked table by name."""
        said = {**DEFAULTS.get(kind, {}), **(options or {})}
        if kind in SELECTS:
            said["choices"] = [{"name": c} if isinstance(c, str) else c for c in said["choices"]]
        if "linkedTableId" in said:
            said["linkedTableId"] = self._table(said["linkedTableId"]).id
        return said or None


def _by_name(table: Table, row: Row) -> dict[str, Any]:
    return {table.fields[key].name: value for key, value in row.cells.items()}
