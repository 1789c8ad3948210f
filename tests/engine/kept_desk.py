"""What is kept of lead rows, as processes that share one store see it."""

from __future__ import annotations

from sqlalchemy import event

from worker.domain.cells import Cell, Row
from worker.domain.kept import Kept
from worker.engine.kept import KeptCells
from worker.engine.kept_text import kept_of
from worker.engine.memory import StoreMemory
from worker.engine.store import Store
from worker.planning.hands import Judged, judge
from worker.ports import Edit

from .standins import StillClock

SHELF = "kept/Leads"
EVERYTHING = ("Leads", "Commissions", "Members")
LEAD: dict[str, Cell] = {"Lead": "L-AAAAAAAA", "Status": "New", "Company": "Acme"}


def lead(id_: str = "r1", **cells: Cell) -> Row:
    """Return a lead row as it is read."""
    return Row("Leads", id_, {**LEAD, **{column.replace("_", " "): cell for column, cell in cells.items()}})


class Desk:
    """Processes that share one store; each looks afresh."""

    def __init__(self, store: Store, clock: StillClock) -> None:
        self.memory = StoreMemory(store, "acme/flows")
        self.clock = clock
        self.writes = 0
        event.listen(store._write, "begin", self._count)

    def _count(self, _connection: object) -> None:
        self.writes += 1

    def looks(self) -> KeptCells:
        """Return what a process sees that begins its round now."""
        kept = KeptCells(self.memory, self.clock)
        kept.load(EVERYTHING)
        return kept

    def adopt(self, *rows: Row) -> None:
        """Take rows as they stand."""
        kept = self.looks()
        unlike = kept.unlike("Leads", rows)
        before = kept.of("Leads", unlike)
        kept.adopt("Leads", {row.id: (before.get(row.id), row.cells) for row in rows if row.id in unlike})

    def stands(self, row: str = "r1") -> Kept | None:
        """Return what is kept of a row."""
        text = self.memory.load(SHELF).get(row)
        return None if text is None else kept_of(text)


def look(kept: KeptCells, *rows: Row) -> Judged:
    """Judge rows as a run does that read them, and keep what came of it."""
    unlike = kept.unlike("Leads", rows)
    before = kept.of("Leads", unlike)
    judged = judge("Leads", rows, unlike, before, kept.columns("Leads"), {})
    kept.adopt("Leads", {row: (before.get(row), cells) for row, cells in judged.stands.items()})
    return judged


def status(word: str, row: str | None = "r1", key: str = "L-AAAAAAAA", *, whole: bool = False) -> Edit:
    """Return the edit of a lead's status."""
    return Edit("Leads", row, key, {"Status": word}, whole=whole)
