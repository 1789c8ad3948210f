"""Writing rows: in slices, only cells that are ours and differ, and no row spoilt by its neighbour.

It keeps count of what is still to be written of each row, because a message goes only when all of its row stands.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from worker.domain.cells import Cell, same
from worker.domain.kept import KEPT
from worker.domain.plan import Plan, Push, RowEdit, Tell
from worker.domain.tables import LEADS, TABLES
from worker.engine.journal import Journal
from worker.engine.kept import KeptCells
from worker.engine.result import Change, Tally
from worker.ports import Edit, Refused, ServiceError, Tracker, Unauthorised

Progress = Callable[[str, int, int], None]  # what is being written, how many of them are done, how many there are


class NotOurs(Exception):
    """A plan would write a cell that the worker does not own: a fault of the plan's maker."""


@dataclass(frozen=True, slots=True)
class Write:
    """Cells to write into one row; once they stand, what it counts as and what the Activity table says of it."""

    edit: Edit
    count: str = ""
    change: Change | None = None


def never() -> bool:
    """Say no."""
    return False


class Rows:
    """The rows of one plan on their way into the tracker."""

    def __init__(
        self, plan: Plan, tracker: Tracker, journal: Journal, tally: Tally, *,
        guard: Callable[[], None], stopping: Callable[[], bool], progress: Progress, kept: KeptCells | None = None,
    ) -> None:  # fmt: skip
        self._tracker = tracker
        self._journal = journal
        self._tally = tally
        self._guard = guard
        self._stopping = stopping
        self._progress = progress
        self._kept = kept
        self._left = Counter([edit.key for edit in plan.edits] + [push.draft.key for push in plan.pushes])
        self._tells: defaultdict[str, list[Tell]] = defaultdict(list)
        self._ids: dict[tuple[str, str | None], str] = {}  # what rows are called since a write of ours: by their key
        self.spoilt: set[str] = set()  # keys of rows of which something was not written
        self.unknown: set[str] = set()  # those among them of which it may have been written all the same
        self.down = False  # the tracker failed as a whole and is left alone for this run

    def pending(self, key: str) -> bool:
        """Tell whether something of this row is still to be written."""
        return self._left[key] > 0

    def expect(self, tells: Iterable[Tell]) -> None:
        """Release these messages each when its row stands; at once where nothing of it is to be written."""
        for tell in tells:
            self._tells[tell.needs].append(tell)
        self._release(self._tells.keys())

    def notices(self, keys: Iterable[str]) -> list[str]:
        """Return the notices that speak of these rows."""
        return [tell.notice.key for key in keys for tell in self._tells.get(key, ())]

    def told_to_stop(self) -> bool:
        """Tell whether to begin nothing more, and say so in the run's words."""
        stopped = self._stopping()
        if stopped:
            self._tally.errors["stopped before the end; the next run goes on"] = None
        return stopped

    def write(self, stage: str, writes: Sequence[Write], *, heed: Callable[[], bool] = never) -> None:
        """Write in slices; `heed` is asked before each whether the rest should be left to the next run."""
        self._stand([write for write in writes if not write.edit.cells])
        todo = [write for write in writes if write.edit.cells]
        for start in range(0, len(todo), self._tracker.at_once):
            part = todo[start : start + self._tracker.at_once]
            if self.down or heed():
                self.leave(write.edit.key for write in todo[start:])
                return
            self._guard()
            self._journal.writing(self.notices({write.edit.key for write in part} - self.spoilt))
            self._stand([write for write, row in zip(part, self._send(part), strict=True) if self._stands(write, row)])
            self._progress(stage, start + len(part), len(todo))

    def leave(self, keys: Iterable[str]) -> None:
        """Leave a change of each of these rows to the next run."""
        for key in keys:
            self._left[key] -= 1
            self.spoilt.add(key)
            self._tally.counts["waiting"] += 1

    def _send(self, part: Sequence[Write]) -> Sequence[str | ServiceError | None]:
        """Hand one slice to the tracker, and remember what stands then; None for each that was not written.

        That is all of them where the call failed whole, and rows that another run wrote meanwhile.
        """
        wanted = [replace(w.edit, row=self._ids.get((w.edit.table, w.edit.row), w.edit.row)) for w in part]
        late = [False] * len(part) if self._kept is None else self._kept.writing(wanted)
        for table in dict.fromkeys(edit.table for edit, is_late in zip(wanted, late, strict=True) if is_late):
            self._tally.errors[f"rows of {table} were written by another run meanwhile; the next run goes on"] = None
        edits = [edit for edit, is_late in zip(wanted, late, strict=True) if not is_late]
        outcomes = iter(self._hand_over(edits) if edits else ())
        return [None if is_late else next(outcomes) for is_late in late]

    def _hand_over(self, edits: Sequence[Edit]) -> Sequence[str | ServiceError | None]:
        try:
            outcomes = self._tracker.write(edits)
        except ServiceError as error:
            self._tally.error(error)
            self.down = True
            self.unknown.update(edit.key for edit in edits)
            return [None] * len(edits)
        self._ids |= {
            (e.table, e.row): row for e, row in zip(edits, outcomes, strict=True) if e.row and isinstance(row, str)
        }
        if self._kept is not None:
            self._kept.written(edits, outcomes)
        return outcomes

    def _stands(self, write: Write, outcome: str | ServiceError | None) -> bool:
        key = write.edit.key
        if isinstance(outcome, str):
            return True
        if isinstance(outcome, Refused):
            self._left[key] -= 1
            self.spoilt.add(key)
            self._tally.problem(f"{write.edit.table} {key}: {outcome}")
            return False
        if outcome is not None:
            self.unknown.add(key)
            self._tally.error(outcome)
            self.down = self.down or isinstance(outcome, Unauthorised)
        self.leave([key])
        return False

    def _stand(self, writes: Sequence[Write]) -> None:
        for write in writes:
            self._left[write.edit.key] -= 1
            if write.edit.cells and write.count:
                self._tally.counts[write.count] += 1
            if write.edit.cells and write.change:
                self._tally.changes.append(write.change)
        self._release({write.edit.key for write in writes})

    def _release(self, keys: Iterable[str]) -> None:
        self._journal.release(self.notices({key for key in keys if not self.pending(key)} - self.spoilt))


def refuse_what_is_not_ours(plan: Plan) -> None:
    """Raise NotOurs for a plan that would write a cell of a partner or of staff, but in a row that it brings back."""
    planned = [(edit.table, edit.after, edit.restored and edit.row is None) for edit in plan.edits]
    for table, after, restored in (*planned, *((LEADS.name, push.after, False) for push in plan.pushes)):
        owned: Collection[str] = TABLES[table].owned_by_worker() if table in TABLES else ()
        if restored:
            owned = KEPT.get(table, ())
        if strange := sorted(after.keys() - set(owned)):
            raise NotOurs(f"{plan.flow} would write {table}: {', '.join(strange)}, which the worker does not own")


def of_edit(edit: RowEdit) -> Write:
    """Return the write of a planned edit; the minting of a key is not worth a line in the Activity table."""
    cells = _differing(edit.before, edit.after)
    write = Edit(edit.table, edit.row, edit.key, cells, whole=edit.table != LEADS.name)
    if edit.first and cells.keys() == {TABLES[edit.table].key}:
        return Write(write)
    verb, count = ("Added to", "created") if edit.row is None else ("Changed in", "changed")
    before = {column: edit.before.get(column) for column in cells if edit.row is not None}
    return Write(write, count, Change(f"{verb} {edit.table}", edit.key, edit.reason, before, cells))


def of_push(push: Push, wanted: Mapping[str, Cell], kind: str) -> Write:
    """Return the write-back of a push: these cells, as far as they differ."""
    cells = _differing(push.before, wanted)
    before = {column: push.before.get(column) for column in cells}
    edit = Edit(LEADS.name, push.row, push.draft.key, cells, whole=False)
    return Write(edit, change=Change(kind, push.draft.key, push.reason, before, cells))


def _differing(before: Mapping[str, Cell], wanted: Mapping[str, Cell]) -> dict[str, Cell]:
    return {column: cell for column, cell in wanted.items() if not same(before.get(column), cell)}
