"""One change of the base, whole or not at all: rows and fields made, altered, removed, by whom and from where.

Callers check everything first and then tell a `Change` what to do; `commit` works the derived cells out, drops what
came to nothing, numbers the transaction and tells the webhooks. Writing a cell its own value is no change and leaves
no stamp.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.sandbox.airtable.derived import readers_of, refreshed
from worker.sandbox.airtable.workspace import Field, Row, Table, User, Workspace

_DEPTH = 5  # tables that look at tables that look at tables


@dataclass
class TableChange:
    """What happened to one table; cells are by field id, `before` and `after` whole rows."""

    created: dict[str, Row] = field(default_factory=dict)
    before: dict[str, dict[str, Any]] = field(default_factory=dict)
    after: dict[str, dict[str, Any]] = field(default_factory=dict)
    destroyed: list[str] = field(default_factory=list)
    fields_created: list[Field] = field(default_factory=list)
    fields_changed: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    fields_destroyed: list[str] = field(default_factory=list)
    metadata: tuple[dict[str, Any], dict[str, Any]] | None = None
    table_created: bool = False

    def nothing(self) -> bool:
        """Tell whether all of it came to nothing."""
        rows = self.created or self.before or self.destroyed
        fields = self.fields_created or self.fields_changed or self.fields_destroyed
        return not (rows or fields or self.metadata or self.table_created)


class Change:
    """A transaction being made; `source` is the word of webhooks: client, publicApi, formSubmission."""

    def __init__(self, workspace: Workspace, source: str, user: User, level: str = "create") -> None:
        self.workspace = workspace
        self.source = source
        self.user = user
        self.level = level  # the user's permission level in the base
        self.number = 0
        self.tables: dict[str, TableChange] = {}
        self.tables_destroyed: list[str] = []
        self._stamp = workspace.stamp()

    def of(self, table: Table) -> TableChange:
        """Return what happens to a table, to add to."""
        return self.tables.setdefault(table.id, TableChange())

    def create(self, table: Table, cells: Mapping[str, Any]) -> Row:
        """Add a row."""
        table.numbered += 1
        record_id = self.workspace.mint("rec")
        row = Row(record_id, self._stamp, table.numbered, self.user, {}, self._stamp, self.user)
        table.rows[record_id] = row
        table.order.append(record_id)
        self.of(table).created[record_id] = row
        self.write(table, row, cells)
        return row

    def write(self, table: Table, row: Row, cells: Mapping[str, Any]) -> None:
        """Set cells, None to clear; what is the same already is left alone, the other side of a link follows."""
        old = row.cells
        # 1 and True are equal in Python and different cells here.
        changed = {k: v for k, v in cells.items() if old.get(k) != v or type(old.get(k)) is not type(v)}
        if not changed:
            return
        self._put(table, row, changed)
        for key, value in changed.items():
            if table.fields[key].type == "multipleRecordLinks":
                self._mirror(row, table.fields[key], set(old.get(key) or ()), set(value or ()))

    def destroy(self, table: Table, row: Row) -> None:
        """Remove a row, and its id from every link to it."""
        for other in self.workspace.tables.values():
            for column in other.fields.values():
                if column.linked() != table.id:
                    continue
                inverse = (column.options or {}).get("inverseLinkFieldId")
                holders = row.cells.get(inverse, []) if inverse else list(other.rows)
                for holder in (other.rows[i] for i in holders if i != row.id):
                    if row.id in (linked := holder.cells.get(column.id, ())):
                        self._put(other, holder, {column.id: [i for i in linked if i != row.id] or None})
        del table.rows[row.id]
        table.order.remove(row.id)
        change = self.of(table)
        change.before.pop(row.id, None)
        if change.created.pop(row.id, None) is None:
            change.destroyed.append(row.id)

    def bring_back(self, table: Table, row: Row) -> None:
        """Let a row that was removed stand again, as it was; links to it stand again with its own."""
        cells, row.cells = row.cells, {}
        table.rows[row.id] = row
        table.order.append(row.id)
        self.of(table).created[row.id] = row
        self.write(table, row, cells)

    def touch(self, table: Table, row: Row) -> None:
        """Keep a row's cells as they were before this change, so that what becomes of them is told."""
        change = self.of(table)
        if row.id not in change.created:
            change.before.setdefault(row.id, row.cells)

    def rework(self, table: Table) -> None:
        """Have the derived cells of every row worked out anew: a field was added, altered or removed."""
        for row in table.rows.values():
            self.touch(table, row)

    def commit(self) -> None:
        """Work out derived cells, number the transaction and publish it; nothing happens when nothing changed."""
        self._derive()
        for table_id, change in list(self.tables.items()):
            rows = self.workspace.tables[table_id].rows if table_id in self.workspace.tables else {}
            change.before = {i: cells for i, cells in change.before.items() if i in rows and rows[i].cells != cells}
            change.after = {record_id: rows[record_id].cells for record_id in change.before}
            if change.nothing():
                del self.tables[table_id]
        if self.tables or self.tables_destroyed:
            self.workspace.transactions += 1
            self.number = self.workspace.transactions
            self.workspace.publish(self)

    def _put(self, table: Table, row: Row, changed: Mapping[str, Any]) -> None:
        self.touch(table, row)
        cells = {**row.cells, **changed}
        row.cells = {key: cells[key] for key in table.fields if cells.get(key) is not None}
        row.stamps.update(dict.fromkeys(changed, self._stamp))
        row.modified, row.modified_by = self._stamp, self.user

    def _mirror(self, row: Row, column: Field, before: set[str], after: set[str]) -> None:
        inverse = (column.options or {}).get("inverseLinkFieldId")
        if inverse is None:
            return
        other = self.workspace.tables[column.linked() or ""]
        for record_id in sorted(before ^ after):
            linked = [i for i in other.rows[record_id].cells.get(inverse, ()) if i != row.id]
            if record_id in after:
                linked.append(row.id)
            self._put(other, other.rows[record_id], {inverse: linked or None})

    def _derive(self) -> None:
        """Refresh the changed rows, then the rows that look at them, and so on."""
        for _ in range(_DEPTH):
            moved = False
            for table_id, change in list(self.tables.items()):
                table = self.workspace.tables.get(table_id)
                if table is None:
                    continue
                touched = [*change.created, *change.before]
                watchers = readers_of(self.workspace, table, touched)
                for owner, row in [*((table, table.rows[i]) for i in touched if i in table.rows), *watchers]:
                    if not owner.derived:
                        continue
                    cells = refreshed(self.workspace, owner, row)
                    if cells != row.cells:
                        self.touch(owner, row)
                        row.cells = cells
                        moved = True
            if not moved:
                return
