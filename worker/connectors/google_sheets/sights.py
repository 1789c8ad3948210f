"""The readings of one run: all tabs in one call, each row told apart, each table's faults in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from worker.connectors.google_sheets.above import said_above
from worker.connectors.google_sheets.account import SERVICE
from worker.connectors.google_sheets.api import Door
from worker.connectors.google_sheets.layout import REMEDY, Layout, Placed
from worker.connectors.google_sheets.marks import COLUMN_MOVED, Marks
from worker.connectors.google_sheets.memory import Traces, together
from worker.connectors.google_sheets.reading import Rows, Sight, read_tabs
from worker.connectors.google_sheets.turn import Turn
from worker.domain.tables import TABLES
from worker.ports import Conflict, Refused

_LOOKS = 3  # readings of a table between two looks at its marks
LOG = "Activity"  # read only when asked for: it is long, and only ever added to


class Sights:
    """What was last seen of every table; `faults` are of those that were not sound, and that no row is known of.

    `notes` are by table what else a person should look at.
    """

    def __init__(self, door: Door, layout: Layout, marks: Marks, traces: Traces, turn: Turn) -> None:
        self._door = door
        self._layout = layout
        self._marks = marks
        self._traces = traces
        self._turn = turn
        self._seen: dict[str, Sight] = {}
        self._log: Placed | None = None
        self._fresh: set[str] = set()
        self.faults: dict[str, Refused] = {}
        self.notes: dict[str, str] = {}

    def stale(self, tables: Collection[str] = ()) -> None:
        """Let the next reading of these tables (none named: of all) ask again."""
        self._fresh -= set(tables or TABLES)

    def read(self, tables: Sequence[str]) -> list[str]:
        """Bring these tables up to date, and in the same call all that were never read; return what was read."""
        late = [name for name in tables if name not in self._fresh]
        more = [name for name in TABLES if name != LOG] if late and not self._seen and LOG not in late else []
        self._look(dict.fromkeys([*late, *more]))
        return [*late, *more]

    def of(self, table: str) -> Sight:
        """Return the last reading of a table, made now where there is none; Refused where it is not sound."""
        return self._seen[table] if table in self._seen else self.again(table)

    def again(self, table: str) -> Sight:
        """Take a fresh reading of one table; Refused where it is not sound."""
        self._look([table])
        if table in self.faults:
            raise self.faults[table]
        return self._seen[table]

    def by_marks(self, last: Sight) -> tuple[Sight, Mapping[str, int]]:
        """Read a table whose headers may be wrong by the marks on its columns; Conflict where these keep moving."""
        table, tab = last.placed.table, last.placed.tab
        known = together(self._traces.known(table.name), last)
        for _ in range(_LOOKS):
            first = self._marks.standing(last.placed)
            rows = read_tabs(self._door, {tab: False})[tab]
            placed, ids = self._marks.standing(self._layout.place(table, rows))
            if first[1] == ids and first[0].columns == placed.columns:
                return Sight.of(placed, rows, known), ids
        raise Conflict(SERVICE, f"{table.name}: columns kept moving while they were read")

    def log(self) -> Placed:
        """Return where the log's columns stand; Refused where they do not."""
        if self._log is None and LOG not in self.faults:
            self._look([LOG])
        if self._log is None:
            raise self.faults[LOG]
        return self._log

    def _look(self, tables: Collection[str]) -> None:
        """Read tables, as far as they are sound; what is wrong with the others is kept, and not asked again."""
        self._take(tables)
        # A column that was dragged between the reading and the look at its mark is in its place at the next one.
        self._take([name for name in tables if name in self.faults and self.faults[name].code == COLUMN_MOVED])

    def _take(self, tables: Collection[str]) -> None:
        if not tables:
            return
        self._turn.about_to_read(tables)
        self._marks.stale()
        found = self._asked(tables)
        for name in tables:
            placed = self._placed(name, found.get(name))
            self.notes.pop(name, None)
            if placed is None:
                self._seen.pop(name, None)
            else:
                self._see(placed, found[name])
        self._fresh.update(tables)

    def _see(self, placed: Placed, rows: Rows) -> None:
        name = placed.table.name
        known = together(self._traces.known(name), self._seen.get(name))
        sight = self._seen[name] = Sight.of(placed, rows, known)
        self._traces.note(sight)
        if said := said_above(placed, sight.traces[: placed.head]):
            self.notes[name] = ": ".join(said)

    def _placed(self, table: str, rows: Rows | None) -> Placed | None:
        """Return where a table's columns stand; None, with the fault kept, where it is not sound or not there."""
        self.faults.pop(table, None)
        try:
            if rows is None:
                raise Refused(SERVICE, f"the spreadsheet has no tab {table}: {REMEDY}", "NO_TABLE")
            placed = self._layout.place(TABLES[table], rows).sound()
            self._marks.check(placed)
            return placed
        except Refused as fault:
            self.faults[table] = fault
            return None

    def _asked(self, tables: Collection[str]) -> Mapping[str, Rows]:
        """Read tabs by the ids that are remembered; where one is gone, look once which there are now."""
        ids = self._layout.tabs()
        if all(name in ids for name in tables):
            try:
                return self._read(tables, ids)
            except Refused:
                if self._layout.listed is not None:
                    raise
        if self._layout.listed is None:
            self._layout.look()
            ids = self._layout.known.tabs
        return self._read([name for name in tables if name in ids], ids)

    def _read(self, tables: Collection[str], ids: Mapping[str, int]) -> Mapping[str, Rows]:
        """Read these tabs, and of the log, which is always written, where its columns stand."""
        wanted = {ids[name]: False for name in tables}
        if LOG in ids:
            wanted.setdefault(ids[LOG], True)
        found = read_tabs(self._door, wanted) if wanted else {}
        self._log = self._placed(LOG, found.get(ids[LOG]) if LOG in ids else None)
        return {name: found[ids[name]] for name in tables}
