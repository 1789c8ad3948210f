"""The readings of one run: all tabs in one call, each row told apart, each table's faults in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from worker.connectors.google_sheets.account import SERVICE
from worker.connectors.google_sheets.api import Door
from worker.connectors.google_sheets.layout import REMEDY, Layout, Placed
from worker.connectors.google_sheets.memory import Traces, together
from worker.connectors.google_sheets.reading import Rows, Sight, read_tabs
from worker.domain.tables import TABLES
from worker.ports import Refused

LOG = "Activity"  # read only when asked for: it is long, and only ever added to


class Sights:
    """What was last seen of every table."""

    def __init__(self, door: Door, layout: Layout, traces: Traces) -> None:
        self._door = door
        self._layout = layout
        self._traces = traces
        self._seen: dict[str, Sight] = {}
        self._log: Placed | None = None
        self._fresh: set[str] = set()

    def stale(self, tables: Collection[str] = ()) -> None:
        """Let the next reading of these tables (none named: of all) ask again."""
        self._fresh -= set(tables or TABLES)

    def read(self, tables: Sequence[str]) -> list[str]:
        """Bring these tables up to date, and in the same call all that were never read; return what was read."""
        late = [name for name in tables if name not in self._fresh]
        more = [name for name in TABLES if name != LOG] if late and not self._seen and LOG not in late else []
        self._look(late, more)
        return [*late, *more]

    def of(self, table: str) -> Sight:
        """Return the last reading of a table, made now where there is none."""
        if table not in self._seen:
            self._look([table])
        return self._seen[table]

    def again(self, table: str) -> Sight:
        """Take a fresh reading of one table."""
        self._look([table])
        return self._seen[table]

    def log(self) -> Placed:
        """Return where the log's columns stand."""
        if self._log is None:
            self._look([LOG])
        if self._log is None:
            raise Refused(SERVICE, f"the spreadsheet has no tab {LOG}: {REMEDY}", "NO_TABLE")
        return self._log.sound()

    def _look(self, tables: Sequence[str], more: Sequence[str] = ()) -> None:
        """Read tables, and `more` as far as they are whole; Refused where one of the first is not."""
        if not tables:
            return
        faults: list[Refused] = []
        for name, rows in self._asked(tables, more).items():
            placed = self._layout.place(TABLES[name], rows)
            try:
                placed.sound()
            except Refused as fault:
                self._seen.pop(name, None)
                self._fresh.discard(name)
                if name in tables:
                    faults.append(fault)
                continue
            known = together(self._traces.known(name), self._seen.get(name))
            self._seen[name] = Sight.of(placed, rows, known)
            self._traces.note(self._seen[name])
            self._fresh.add(name)
        if faults:
            raise Refused(SERVICE, "; ".join(fault.text for fault in faults), faults[0].code, faults[0].field)

    def _asked(self, tables: Sequence[str], more: Sequence[str]) -> Mapping[str, Rows]:
        """Read tabs by the ids that are remembered; where one is gone, look once which there are now."""
        ids, wanted = self._layout.tabs(), list(dict.fromkeys((*tables, *more)))
        if all(name in ids for name in wanted):
            try:
                return self._read(wanted, ids)
            except Refused:
                if self._layout.listed is not None:
                    raise
        if self._layout.listed is None:
            self._layout.look()
            ids = self._layout.known.tabs
        if lost := [name for name in tables if name not in ids]:
            words = f"the spreadsheet has no tab {', '.join(lost)}: {REMEDY}"
            raise Refused(SERVICE, words, "NO_TABLE")
        return self._read([name for name in wanted if name in ids], ids)

    def _read(self, tables: Sequence[str], ids: Mapping[str, int]) -> Mapping[str, Rows]:
        wanted = {ids[name]: False for name in tables}
        if LOG in ids:
            wanted.setdefault(ids[LOG], True)
        found = read_tabs(self._door, wanted)
        if LOG in ids:
            self._log = self._layout.place(TABLES[LOG], found[ids[LOG]])
        return {name: found[ids[name]] for name in tables}
