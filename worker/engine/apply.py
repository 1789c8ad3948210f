"""Carrying out a plan, by the laws of apply: keys first, messages journalled, the CRM, and the rows last of all.

It decides nothing about leads, lines or statements: the plan says what, this says in which order, what happens to a row
whose neighbour fails, and what is left to the next run. Whatever it leaves, the next run plans again from fresh facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from worker.domain.plan import Plan, Push, RowEdit, Tell
from worker.domain.tables import ACTIVITY, LEADS
from worker.engine.activity import activity_rows
from worker.engine.journal import Intent, Journal
from worker.engine.kept import KeptCells
from worker.engine.outbox import drain, nothing
from worker.engine.pushes import push_all
from worker.engine.result import Result, Tally
from worker.engine.rows import Progress, Rows, never, of_edit, refuse_what_is_not_ours
from worker.ports import Clock, Crm, Notifier, Refused, ServiceError, Tracker, UnsafePlan, paused

T = TypeVar("T", Push, RowEdit)


def silent(_stage: str, _done: int, _total: int) -> None:
    """Show nothing."""


def apply(
    plan: Plan,
    *,
    tracker: Tracker,
    crm: Crm | None,
    notifiers: Mapping[str, Notifier],
    journal: Journal,
    clock: Clock,
    guard: Callable[[], None] = nothing,
    owner: str = "",
    stopping: Callable[[], bool] = never,
    approve: str | None = None,
    quiet: bool = False,
    progress: Progress = silent,
    kept: KeptCells | None = None,
) -> Result:
    """Carry a plan out and say what came of it; call it for an empty plan too, which ends what a dead run began.

    `guard` is asked before every effect and raises when the run may not go on; `owner` is the run's token. Once
    `stopping` says so, the batch in hand is finished and the rest is left. UnsafePlan is raised, before any write, for
    a plan that a guard objects to unless `approve` is its digest. `quiet` sends nothing; what is due stays due. `kept`
    remembers what is written.
    """
    if plan.saw and approve != plan.digest():
        raise UnsafePlan(plan.saw)
    refuse_what_is_not_ours(plan)
    tally = Tally()
    rows = Rows(plan, tracker, journal, tally, guard=guard, stopping=stopping, progress=progress, kept=kept)
    _end_what_a_dead_run_began(plan, journal)
    rows.write("keys", [of_edit(edit) for edit in plan.edits if edit.first])
    lost = _rows_without_key(plan, rows)
    known = _intend(plan, rows, notifiers, journal, tally)
    pushes = _not_lost(plan.pushes, lost, rows)
    if pushes and crm is None:
        raise ValueError("a plan with pushes needs a CRM")
    if pushes and (rows.down or rows.told_to_stop()):
        rows.leave(push.draft.key for push in pushes)
    elif pushes and crm is not None:
        back = push_all(pushes, crm=crm, rows=rows, journal=journal, tally=tally, guard=guard, known=known)
        rows.write("leads", back)  # finished even if we should stop: nothing is left half
    _write_rows(_not_lost([edit for edit in plan.edits if not edit.first], lost, rows), rows)
    journal.unwritten(rows.notices(rows.spoilt - rows.unknown))  # the next run finds out about the others
    if not quiet and not stopping():
        drain(journal, notifiers, clock, guard=guard, owner=owner, tally=tally)
    if not rows.down:
        _record(tally, tracker, clock, guard)
    return tally.result(plan.flow)


def _end_what_a_dead_run_began(plan: Plan, journal: Journal) -> None:
    """Release the messages of rows that a run was writing when it died, unless the plan would write the row again."""
    begun = journal.interrupted(plan.flow)
    planned_again = {tell.notice.key for tell in plan.tells}
    journal.release(begun - planned_again)
    journal.unwritten(begun & planned_again)


def _names(table: str, row: str | None, key: str) -> set[tuple[str, str]]:
    return {(table, row or key), (table, key)}


def _rows_without_key(plan: Plan, rows: Rows) -> set[tuple[str, str]]:
    failed = [edit for edit in plan.edits if edit.first and edit.key in rows.spoilt]
    return {name for edit in failed for name in _names(edit.table, edit.row, edit.key)}


def _not_lost(changes: Sequence[T], lost: set[tuple[str, str]], rows: Rows) -> list[T]:
    """Leave the changes of rows that got no key to the next run; return the others."""
    kept = []
    for change in changes:
        if isinstance(change, Push):
            table, key = LEADS.name, change.draft.key
        else:
            table, key = change.table, change.key
        if lost.isdisjoint(_names(table, change.row, key)):
            kept.append(change)
        else:
            rows.leave([key])
    return kept


def _intend(
    plan: Plan, rows: Rows, notifiers: Mapping[str, Notifier], journal: Journal, tally: Tally
) -> frozenset[str]:
    """Journal every message before anything that it speaks of is done; return the notices that were there already."""
    tells = [tell for tell in plan.tells if tell.needs not in rows.spoilt]
    states = journal.states([tell.notice.key for tell in tells])

    def render(tell: Tell) -> Iterator[Intent]:
        notice, reached = tell.notice, False
        for channel, notifier in notifiers.items():
            address = notifier.address(notice.recipient)
            if address is None:
                continue
            reached = True
            if states.get((notice.key, channel), "intended") != "intended":
                continue
            try:
                body = notifier.render(notice, address)
            except ServiceError as error:
                tally.problem(f"{notice.key} cannot be told by {channel}: {error}")
            else:
                yield Intent(notice.key, channel, plan.flow, address, body, tell.reason)
        if not reached:
            tally.problem(f"nobody can be told of {notice.key}: no address is known for any channel")

    journal.intend([intent for tell in tells for intent in render(tell)])
    rows.expect(tells)
    return frozenset(notice for notice, _ in states)


def _write_rows(edits: Sequence[RowEdit], rows: Rows) -> None:
    """Write rows, those that need others after them; between two slices we may be stopped."""
    todo = list(edits)
    while todo:
        ready, later, doomed = [], [], []
        for edit in todo:
            if not rows.spoilt.isdisjoint(edit.needs):
                doomed.append(edit)
            elif any(rows.pending(key) for key in edit.needs):
                later.append(edit)
            else:
                ready.append(edit)
        if not ready and not doomed:
            doomed, later = later, []  # they need each other: none of them can be written
        rows.leave(edit.key for edit in doomed)
        rows.write("rows", [of_edit(edit) for edit in ready], heed=rows.told_to_stop)
        todo = later


def _record(tally: Tally, tracker: Tracker, clock: Clock, guard: Callable[[], None]) -> None:
    """Tell in the Activity table what was done."""
    rows = activity_rows(tally.changes, clock.now())
    if not rows:
        return
    guard()
    try:
        outcomes = tracker.append(ACTIVITY.name, rows)
    except Refused as fault:  # all is done, and only not told there: for a person to mend, and no run failed
        tally.problem(paused(ACTIVITY.name, fault))
        return
    except ServiceError as error:
        outcomes = [error]
    for outcome in outcomes:
        if isinstance(outcome, ServiceError):
            tally.error(outcome)
