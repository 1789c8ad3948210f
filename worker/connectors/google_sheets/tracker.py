"""The spreadsheet as the tracker: puts layout, readings, marks and writer together behind `ports.Tracker`.

One object serves one run: it reads all tabs in one call and knows its own writes; `refresh` makes it look again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from worker.connectors.google_sheets.account import SERVICE
from worker.connectors.google_sheets.api import Door
from worker.connectors.google_sheets.cells import BadCell, Codec
from worker.connectors.google_sheets.health import health
from worker.connectors.google_sheets.identity import KEYS, is_copy
from worker.connectors.google_sheets.layout import Layout, Names
from worker.connectors.google_sheets.marks import Marks
from worker.connectors.google_sheets.memory import Traces
from worker.connectors.google_sheets.moments import STAMPS, Moments
from worker.connectors.google_sheets.reading import Sight
from worker.connectors.google_sheets.rows import append, clear_begun, reserve
from worker.connectors.google_sheets.setup import Setup
from worker.connectors.google_sheets.sights import LOG, Sights
from worker.connectors.google_sheets.trimming import delete
from worker.connectors.google_sheets.turn import Turn
from worker.connectors.google_sheets.writing import Job, Outcome, Writer
from worker.domain.cells import Cell, Row
from worker.domain.tables import TABLES, Column, Table
from worker.ports import Caller, Check, Clock, Conflict, Edit, Memory, Missing, Reading, Refused, ServiceError, Turns

_BEGUN_BY_KEY = frozenset({"Commissions", "Statements"})  # tables whose rows the worker makes, their keys first


class GoogleSheetsTracker:
    """A spreadsheet of Google in our tables and columns."""

    name = "google-sheets"
    at_once = 1000  # edits that are worth handing over together: they go in one call

    def __init__(
        self, *, spreadsheet: str, service_account: str, endpoint: str, drive_endpoint: str,
        columns: Mapping[str, Mapping[str, str]], caller: Caller, memory: Memory, clock: Clock,
        turns: Turns, statuses: Sequence[str], time_zone: ZoneInfo,
    ) -> None:  # fmt: skip
        self._door = Door(
            spreadsheet=spreadsheet, service_account=service_account, endpoint=endpoint,
            drive_endpoint=drive_endpoint, caller=caller, clock=clock,
        )  # fmt: skip
        shelf, names = f"google-sheets/{spreadsheet}", Names(columns)
        self._layout = Layout(self._door, names, memory, f"{shelf}/layout")
        self._marks = Marks(self._door, self._layout)
        self._traces = Traces(memory, clock, shelf)
        self._moments = Moments(memory, shelf)
        self._turn = Turn(memory, turns, f"{shelf}/written")
        self._sights = Sights(self._door, self._layout, self._marks, self._traces, self._turn)
        self._setup = Setup(self._door, self._layout, self._marks, self._traces, names, statuses, time_zone)
        self._decoded: dict[str, dict[str, Row]] = {}
        self._keyed: dict[str, str] = {}  # rows that got their key in this run: id before → key

    def refresh(self, tables: Collection[str] = ()) -> None:
        """Let the next `read` of these tables (none named: of all) ask again."""
        self._sights.stale(tables)

    def missing(self) -> Sequence[Missing]:
        """Return the tabs, columns and trimmings that are not there; asks afresh."""
        return self._setup.missing()

    def make(self, missing: Sequence[Missing]) -> None:
        """Make what `missing` named and can be made."""
        try:
            self._setup.make(missing)
        finally:
            self.refresh()

    def check(self) -> Sequence[Check]:
        """Look at key, sharing, tabs and columns, for the doctor; raises nothing that a service says."""
        return health(self._door, self._setup)

    # ---- reading ------------------------------------------------------------------------------------------------

    def read(self, tables: Sequence[str], *, whole: bool = False) -> Mapping[str, Sequence[Row]]:
        """Return every row of these tables as of now, from the top down; Refused when a tab or a column is missing.

        Costs one call, however many rows and tables; none when this run has asked already.
        """
        return self.read_sound(tables, whole=whole).of(tables)

    def read_sound(self, tables: Sequence[str], *, whole: bool = False) -> Reading:
        """Read like `read`, but leave out the tabs that are missing, or lack a column of ours or have it twice."""
        if whole:
            self.refresh(tables)
        if whole and LOG not in tables:  # people change the time zone, and tabs, without any word to us
            self._layout.look()
        for table in self._sights.read(tables):
            self._decoded.pop(table, None)
        faults = dict(self._sights.faults)
        rows = {name: self._rows(name) for name in tables if name not in faults}
        confused = (f"{said}: {remedy}" for said, remedy in self._layout.confused())
        return Reading(rows, faults, (*confused, *self._sights.notes.values()))

    def _rows(self, table: str) -> list[Row]:
        sight, known = self._sights.of(table), self._decoded.setdefault(table, {})
        if any(row not in known for row in sight.places):
            stamp = Column("", "datetime", "W")
            self._moments.look(sight, partial(self._codec().read, stamp))
        for place, row in enumerate(sight.ids):
            if row and row not in known and not (table in _BEGUN_BY_KEY and sight.reserved(place)):
                known[row] = self._row(sight, place)
        return [known[row] for row in sight.ids if row in known]

    def _row(self, sight: Sight, place: int) -> Row:
        table, codec = sight.placed.table, self._codec()
        raw = ((column, sight.raw(place, column.name)) for column in table.columns)
        cells = {column.name: codec.read(column, value) for column, value in raw if value is not None}
        for name in STAMPS.get(table.name, ()):
            if moment := self._moments.of(table.name, sight.raw(place, name)):
                cells[name] = moment
        return Row(table.name, sight.ids[place], cells, self._traces.seen_at(table.name, sight.ids[place], place))

    def _codec(self) -> Codec:
        return Codec(ZoneInfo(self._layout.known.zone or "UTC"))

    # ---- writing ------------------------------------------------------------------------------------------------

    def write(self, edits: Sequence[Edit]) -> Sequence[str | ServiceError]:
        """Write cells, each table's in one call; return per edit the row's id, which is its key, or the error.

        Safe to repeat: a row is found by its id or its key, and made only where neither is there.
        """
        outcomes: dict[int, Outcome] = {}
        for table in dict.fromkeys(edit.table for edit in edits):
            places = [i for i, edit in enumerate(edits) if edit.table == table]
            found = self._write(TABLES[table], [edits[i] for i in places])
            outcomes.update(zip(places, found, strict=True))
        return [outcomes[i] for i in range(len(edits))]

    def _write(self, table: Table, edits: Sequence[Edit]) -> list[Outcome]:
        """Write edits of one table; several for one row are written as one, the later cell counting."""
        rows = [self._keyed.get(edit.row or "", edit.row) or edit.key for edit in edits]
        cells: dict[str, dict[str, Any]] = {}
        refused: dict[int, Refused] = {}
        for place, (row, edit) in enumerate(zip(rows, edits, strict=True)):
            raw, bad = self._raw(table, edit.cells)
            if bad is not None:
                refused[place] = bad
            if (bad is None and (raw or edit.row is None)) or (raw and edit.row is not None and not edit.whole):
                cells.setdefault(row, {}).update(raw)
        made = [row for row, edit in zip(rows, edits, strict=True) if edit.row is None and row in cells]
        self._moments.keep(table.name)
        outcomes = self._sent(table.name, cells, made)
        return [refused[i] if i in refused else outcomes.get(row, row) for i, row in enumerate(rows)]

    def _sent(self, table: str, cells: Mapping[str, Mapping[str, Any]], made: Collection[str]) -> Mapping[str, Outcome]:
        """Make the rows that are not there, write all cells, and take over what stands now."""
        if not cells:
            return {}
        with self._turn.to_write(table) as overtaken:
            sight = self._look_again(table) if overtaken else self._sights.of(table)
            return self._written(sight, cells, made)

    def _written(
        self, sight: Sight, cells: Mapping[str, Mapping[str, Any]], made: Collection[str]
    ) -> Mapping[str, Outcome]:
        table = sight.placed.table.name
        look = partial(self._look_again, table)
        new = [row for row in made if row not in sight.places]
        if new:
            sight = look()  # another run may have made them meanwhile
            new = [row for row in new if row not in sight.places]
            sight = reserve(self._door, sight, look, new)
        writer = Writer(self._door, sight, look, lambda seen: self._marks.of(seen.placed), self._sights.by_marks)
        jobs = [Job(row, written) for row, written in cells.items()]
        outcomes = writer.write(jobs + _begun_twice(sight))
        outcomes = {job.row: outcomes[job.row] for job in jobs}
        if lost := [row for row in new if isinstance(outcomes[row], Refused | Conflict) and _empty(writer.sight, row)]:
            clear_begun(self._door, writer.sight.placed.tab, lost)
        for row, outcome in outcomes.items():
            self._decoded.get(table, {}).pop(row, None)
            if isinstance(outcome, str) and outcome != row:
                self._keyed[row] = outcome
        self._traces.note(writer.sight)
        return outcomes

    def _look_again(self, table: str, doubtful: bool = False) -> Sight:
        """Take a fresh reading; `doubtful` when a write by the marks was refused: they are looked at again too."""
        if doubtful:
            self._marks.forget(table)
        self._decoded.pop(table, None)
        return self._sights.again(table)

    def _raw(self, table: Table, cells: Mapping[str, Cell]) -> tuple[dict[str, Any], Refused | None]:
        """Return what to write, as far as cells can hold it, and the refusal of the first cell that can't.

        Times of writing are those of a whole one.
        """
        raw: dict[str, Any] = {}
        bad: Refused | None = None
        for name, value in cells.items():
            try:
                raw[name] = self._raw_cell(table, name, value)
            except BadCell as error:
                bad = bad or Refused(SERVICE, f"{table.name}.{name}: {error}", "BAD_CELL", name)
        if bad is not None:
            raw = {name: value for name, value in raw.items() if table.column(name).kind != "datetime"}
        return raw, bad

    def _raw_cell(self, table: Table, name: str, value: Cell) -> Any:
        column = next((column for column in table.columns if column.name == name), None)
        if column is None:
            raise BadCell(f"there is no column {name}")
        raw = self._codec().write(column, value)
        if isinstance(value, datetime) and name in STAMPS.get(table.name, ()):
            return self._moments.written(table.name, raw, value.astimezone(UTC))
        return raw

    def append(self, table: str, rows: Sequence[Mapping[str, Cell]]) -> Sequence[str | ServiceError]:
        """Add rows that have no key (Activity); one whose sending has no known end is Unsure and isn't sent again."""
        raw = [self._raw(TABLES[table], row) for row in rows]
        fit = [cells for cells, bad in raw if bad is None]
        sent = iter(append(self._door, self._sights.log(), fit) if fit else [])
        return [bad or next(sent) for _, bad in raw]

    def delete(self, table: str, rows: Sequence[str]) -> Sequence[str | ServiceError]:
        """Delete rows by id (only Activity is ever trimmed); one that is gone already counts as deleted."""
        outcomes = delete(self._door, self._layout, partial(self._sights.again, table), rows)
        self.refresh([table])
        return outcomes


def _empty(sight: Sight, row: str) -> bool:
    """Tell whether a row that was begun holds nothing but its key, or its key is not where it should be."""
    return row not in sight.places or sight.reserved(sight.places[row])


def _begun_twice(sight: Sight) -> list[Job]:
    """Return what takes the key out of rows that hold nothing else, where another row has it: two runs began it."""
    table = sight.placed.table.name
    if table not in _BEGUN_BY_KEY:
        return []
    twice = (row for row, place in sight.places.items() if is_copy(row) and sight.reserved(place))
    return [Job(row, {KEYS[table]: ""}) for row in twice]
