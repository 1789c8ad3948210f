"""The Airtable base as the tracker: puts door, schema, mirror and writer together behind `ports.Tracker`.

One object serves one run: it reads the schema once and asks the feed once; `refresh` makes it look again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from worker.connectors.airtable.api import Door
from worker.connectors.airtable.cells import Codec
from worker.connectors.airtable.feed import Feed
from worker.connectors.airtable.finding import Names, other_names, read_schema
from worker.connectors.airtable.health import health
from worker.connectors.airtable.links import Links
from worker.connectors.airtable.mirror import Mirror
from worker.connectors.airtable.schema import Placed, Schema, links_of
from worker.connectors.airtable.setup import Wanted, make
from worker.connectors.airtable.tens import Outcome
from worker.connectors.airtable.writing import Writer
from worker.domain.cells import Cell, Row
from worker.ports import Caller, Check, Clock, Edit, Memory, Missing, Reading, ServiceError


class AirtableTracker:
    """A base of Airtable in our tables and columns."""

    name = "airtable"
    at_once = 100  # ten calls

    def __init__(
        self,
        *,
        base: str,
        token: str,
        endpoint: str,
        columns: Mapping[str, Mapping[str, str]],
        caller: Caller,
        memory: Memory,
        clock: Clock,
        statuses: Sequence[str],
        time_zone: ZoneInfo,
        monthly_calls: int,
    ) -> None:
        self._door = Door(
            base=base, token=token, endpoint=endpoint, caller=caller, clock=clock, monthly_calls=monthly_calls
        )
        self._names = Names(columns, memory, f"airtable/{base}/columns")
        self._wanted = Wanted(self._names, statuses)
        self._feed = Feed(self._door, memory, clock, f"airtable/{base}/hook")
        self._mirror = Mirror(self._door, self._feed, memory, clock)
        self._links = Links(self._mirror, self.schema)
        self._codec = Codec(time_zone, self._links.name_of, self._links.rows_named)
        self._schema: Schema | None = None
        self._decoded: dict[str, Sequence[Row]] = {}
        self._version = -1

    def schema(self) -> Schema:
        """Return our tables as they stand in the base; read once."""
        if self._schema is None:
            self._schema = read_schema(self._door, self._names)
        return self._schema

    def refresh(self, tables: Collection[str] = ()) -> None:
        """Forget that these tables were read in this run; none named, that anything was, the schema included."""
        if tables:
            self._mirror.refresh({self.schema().placed(name).id for name in tables})
        else:
            self._schema = None
            self._decoded.clear()
            self._mirror.refresh()

    def missing(self) -> Sequence[Missing]:
        """Return the tables, columns and options that are not there; reads the schema once and keeps it."""
        return [need.missing for need in self._wanted.needs(self.schema())]

    def renamed(self) -> Sequence[str]:
        """Return in words which tables and columns go by another name in the base now."""
        return list(other_names(self.schema()))

    def make(self, missing: Sequence[Missing]) -> None:
        """Make what `missing` named and can be made."""
        try:
            make(self._door, self.schema(), self._wanted, missing)
        finally:
            self.refresh()

    def read(self, tables: Sequence[str], *, whole: bool = False) -> Mapping[str, Sequence[Row]]:
        """Return every row of these tables as of now, oldest first; Refused when a table or a column is missing.

        Costs one call when nothing changed since the last run, none when this run has asked already.
        """
        return self.read_sound(tables, whole=whole).of(tables)

    def read_sound(self, tables: Sequence[str], *, whole: bool = False) -> Reading:
        """Read like `read`, but leave out the tables that lack a column of ours, or are missing themselves."""
        schema = self.schema()
        faults = schema.faults()
        wanted = [schema.placed(name) for name in tables if name not in faults]
        linked = [target for placed in wanted for target in links_of(placed, schema)]
        self._mirror.bring(schema, [*wanted, *linked], whole=whole)
        return Reading({placed.table.name: self._rows(placed) for placed in wanted}, faults)

    def write(self, edits: Sequence[Edit]) -> Sequence[str | ServiceError]:
        """Write cells; return per edit the row's id or the error. A refused batch is split until the row is alone.

        Safe to repeat: by id the same cells are written, by key the row that has it is found.
        """
        outcomes: dict[int, Outcome] = {}
        for table in dict.fromkeys(edit.table for edit in edits):
            places = [i for i, edit in enumerate(edits) if edit.table == table]
            found = self._writer(table, [edits[i].cells for i in places]).write([edits[i] for i in places])
            outcomes.update(zip(places, found, strict=True))
        return [outcomes[i] for i in range(len(edits))]

    def append(self, table: str, rows: Sequence[Mapping[str, Cell]]) -> Sequence[str | ServiceError]:
        """Add rows that have no key (Activity); one whose sending has no known end is Unsure and isn't sent again."""
        return self._writer(table, rows).append(rows)

    def delete(self, table: str, rows: Sequence[str]) -> Sequence[str | ServiceError]:
        """Delete rows by id (only Activity is ever trimmed); one that is gone already counts as deleted."""
        return self._writer(table, ()).delete(rows)

    def changed_by(self, table: str, row: str, column: str) -> str | None:
        """Return who changed a cell in Airtable's own pages, as far as the feed said so."""
        return self._mirror.changed_by(self.schema().placed(table), row, column)

    def check(self) -> Sequence[Check]:
        """Look at token, scopes, tables, columns and hooks, for the doctor; raises nothing that a service says."""
        return health(self._door, self._feed, self.schema, self.missing)

    # ---- inside -------------------------------------------------------------------------------------------------

    def _writer(self, table: str, rows: Sequence[Mapping[str, Cell]]) -> Writer:
        schema = self.schema()
        placed = schema.placed(table)
        self._bring_link_targets(schema, placed, rows)
        return Writer(self._door, self._mirror, self._codec, placed)

    def _bring_link_targets(self, schema: Schema, placed: Placed, rows: Sequence[Mapping[str, Cell]]) -> None:
        """Read the tables that a text about to be written into a link names a row of."""
        named = {column for cells in rows for column, value in cells.items() if isinstance(value, str)}
        ids = {placed.fields[column].linked for column in named if column in placed.fields}
        targets = [target for target in links_of(placed, schema) if target.id in ids]
        if targets:
            self._mirror.bring(schema, targets, whole=False)

    def _rows(self, placed: Placed) -> Sequence[Row]:
        if self._version != self._mirror.version:
            self._decoded, self._version = {}, self._mirror.version
        if placed.id not in self._decoded:
            rows = [self._row(placed, id_) for id_ in self._mirror.records(placed)]
            oldest = datetime.min.replace(tzinfo=UTC)
            self._decoded[placed.id] = sorted(rows, key=lambda row: (row.created_at or oldest, row.id))
        return self._decoded[placed.id]

    def _row(self, placed: Placed, id_: str) -> Row:
        record = self._mirror.records(placed)[id_]
        cells: dict[str, Cell] = {}
        for column in placed.table.columns:
            field = placed.fields[column.name]
            raw = record["fields"].get(field.id)
            cells[column.name] = None if raw is None else self._codec.read(field, column, raw)
        made = record.get("createdTime")
        row = Row(placed.table.name, id_, cells, datetime.fromisoformat(made) if made else None)
        formerly = self._links.formerly(placed.fields, record)
        return replace(row, formerly=formerly) if formerly else row
