"""Bringing leads into the CRM: what an earlier run made is looked for by our key first, the rest goes in one call.

It returns the write-backs and writes none itself. A lead whose push fails spoils nobody's but its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from worker.domain.cells import Cell
from worker.domain.leads import LeadDraft, LeadRefs
from worker.domain.plan import Push
from worker.engine.journal import Journal
from worker.engine.result import Tally
from worker.engine.rows import Rows, Write, of_push
from worker.ports import Crm, Refused, ServiceError, Unauthorised


def push_all(
    pushes: Sequence[Push],
    *,
    crm: Crm,
    rows: Rows,
    journal: Journal,
    tally: Tally,
    guard: Callable[[], None],
    known: Collection[str],
) -> list[Write]:
    """Push leads and return their write-backs; `known` are the notices that an earlier run intended already."""
    able, found = _look(pushes, crm, rows, tally)
    # A deal is there and the journal knew nothing of a message: whether one went can't be known, so none goes.
    journal.skip([notice for notice in rows.notices(found) if notice not in known])
    writes = []
    rest = []
    for push in able:
        refs = found.get(push.draft.key)
        if refs is not None and _whole(refs):
            tally.counts["adopted"] += 1
            writes.append(of_push(push, _cells(push, refs), "Found again in the CRM"))
        else:
            rest.append((push, push.draft if refs is None else _knowing(push.draft, refs)))
    for (push, _), outcome in zip(rest, _put([draft for _, draft in rest], crm, tally, guard), strict=True):
        writes += _came_back(push, outcome, rows, tally)
    return writes


def _look(pushes: Sequence[Push], crm: Crm, rows: Rows, tally: Tally) -> tuple[Sequence[Push], Mapping[str, LeadRefs]]:
    """Return the pushes that may go on, and what is in the CRM of those that may have been there before."""
    asked = [push for push in pushes if push.adopt]
    if not asked:
        return pushes, {}
    try:
        return pushes, crm.find([push.draft.key for push in asked])
    except ServiceError as error:
        tally.error(error)
        able = [] if isinstance(error, Unauthorised) else [push for push in pushes if not push.adopt]
        rows.leave(push.draft.key for push in (asked if able else pushes))
        return able, {}


def _put(
    drafts: Sequence[LeadDraft], crm: Crm, tally: Tally, guard: Callable[[], None]
) -> Sequence[LeadRefs | ServiceError | None]:
    """Return an outcome for each draft; None for each where the call failed whole."""
    if not drafts:
        return []
    guard()
    try:
        return crm.put(drafts)
    except ServiceError as error:
        tally.error(error)
        return [None] * len(drafts)


def _came_back(push: Push, outcome: LeadRefs | ServiceError | None, rows: Rows, tally: Tally) -> list[Write]:
    key = push.draft.key
    if isinstance(outcome, LeadRefs):
        tally.counts["pushed"] += 1
        return [of_push(push, _cells(push, outcome), "Written to the CRM")]
    if isinstance(outcome, Refused):
        rows.spoilt.add(key)
        tally.problem(f"{key}: {outcome}")
        problem = f"The CRM ({outcome.service}) refused this lead: {outcome.text}"
        return [of_push(push, {"Status": "Needs attention", "Problem": problem}, "Refused by the CRM")]
    if outcome is not None:
        tally.error(outcome)
    rows.leave([key])
    return []


def _cells(push: Push, refs: LeadRefs) -> Mapping[str, Cell]:
    ids = {"Deal ID": refs.deal, "Client ID": refs.company, "Contact ID": refs.contact}
    return {**{column: id_ for column, id_ in ids.items() if id_}, **push.after}


def _whole(refs: LeadRefs) -> bool:
    return None not in (refs.deal, refs.company, refs.contact)


def _knowing(draft: LeadDraft, found: LeadRefs) -> LeadDraft:
    known = draft.known
    refs = LeadRefs(found.deal or known.deal, found.company or known.company, found.contact or known.contact)
    return replace(draft, known=refs)
