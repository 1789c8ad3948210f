"""Does a plan change too much? Measured before any write; the words say what was seen, and a person decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from worker.domain.lines import Line, Statement
from worker.domain.money import shown
from worker.domain.plan import Plan, RowEdit
from worker.domain.plans import Policy

_HUNDRED = Decimal(100)
_KINDS = ("created", "changed", "cancelled")
_FEW = 10  # of a table with fewer rows a hand may well delete up to half


def objections(edits: Sequence[RowEdit], standing: Sequence[Line], policy: Policy) -> tuple[str, ...]:
    """Return what a person must look at before these edits of the Commissions table are written; none when all is well.

    Counted: lines open now whose amount changes or that are cancelled, and new lines for deals that have lines already.
    What comes by itself does not count: the first lines of a newly won deal, the next month of one that earns as long
    as the client pays, and mere advances of status; nor do holds, which take nothing away and end by themselves.
    """
    open_rows = {line.row for line in standing if not line.locked and line.status != "Cancelled"}
    newest = _newest_months(standing)
    kinds: dict[str, list[RowEdit]] = {kind: [] for kind in _KINDS}
    for edit in edits:
        if edit.table == "Commissions" and (kind := _kind(edit, open_rows, newest)):
            kinds[kind].append(edit)
    moving = [edit for alike in kinds.values() for edit in alike]
    saw: list[str] = []
    if len(open_rows) >= policy.guard_from_lines and len(moving) * _HUNDRED > policy.max_changed_share * len(open_rows):
        saw.append(
            f"{_counted(kinds)}, while {len(open_rows)} are open: "
            f"more than {policy.max_changed_share:f} % of these asks for approval"
        )
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for edit in moving:
        if edit.money:
            moved[edit.money[0]] += abs(edit.money[1])
    for currency, amount in sorted(moved.items()):
        if policy.max_moved_amount is not None and amount > policy.max_moved_amount:
            most = shown(policy.max_moved_amount, currency)
            saw.append(f"{shown(amount, currency)} {currency} would move (more than {most} asks for approval)")
    return tuple(saw)


def _counted(kinds: Mapping[str, Sequence[RowEdit]]) -> str:
    """Say how many lines would be created, changed and so on; those that are created are not among the open ones."""
    counts = [f"{len(alike)} {kind}" for kind, alike in kinds.items() if alike]
    together = f" ({sum(map(len, kinds.values()))} together)" if len(counts) > 1 else ""
    return f"{', '.join(counts).replace(' ', ' commission lines would be ', 1)}{together}"


def _newest_months(standing: Sequence[Line]) -> dict[str, dict[str, str]]:
    """Return by deal the last month that each partner has a commission line of."""
    newest: dict[str, dict[str, str]] = defaultdict(dict)
    for line in standing:
        deal, partner, month, _ = line.key.split("/")
        months = newest[deal]
        if line.kind == "commission":
            months[partner] = max(months.get(partner, month), month)
    return newest


def _kind(edit: RowEdit, open_rows: set[str | None], newest: Mapping[str, Mapping[str, str]]) -> str | None:
    """Return as what an edit of a line counts; None where it does not."""
    if edit.row is not None:
        return _standing_kind(edit) if edit.row in open_rows else None
    deal, partner, month, kind = edit.key.split("/")
    next_one = kind == "commission" and month > newest.get(deal, {}).get(partner, month)
    return "created" if deal in newest and not next_one else None


def _standing_kind(edit: RowEdit) -> str | None:
    if edit.after.get("Status") == "Cancelled":
        return "cancelled"
    another = "Amount" in edit.after and "Currency" not in edit.after  # a conversion at its month's end is foreseen
    return "changed" if another else None


def emptied(table: str, now: int, before: int, share: Decimal) -> str | None:
    """Return words when a table lost so many rows that a person must look; None when all is well.

    One row alone is never many: what becomes of it is for the flows to say.
    """
    lost, most = before - now, share * before if before >= _FEW else _HUNDRED * (before // 2)
    if lost <= 1 or (now > 0 and lost * _HUNDRED <= most):
        return None
    gone = "reads empty" if now == 0 else f"lost {lost} of its {before} rows"
    return f"The {table} table suddenly {gone}: nothing is done until it is restored, or the loss approved"


def made_after(statements: Iterable[Statement], today: date) -> Statement | None:
    """Return the newest statement when it was made after today: a clock is wrong, or a day of the past is looked at.

    As of such a day months that are locked are not over, or not paid for, and would be taken back.
    """
    later = {(s.issued, s.key): s for s in statements if s.issued is not None and s.issued > today}
    return later[max(later)] if later else None


def clock_words(newest: Statement, today: date) -> str:
    """Say of a statement that was made after today what the clock says, and what to do."""
    return (
        f"The clock says {today}, but statement {newest.key} was issued on {newest.issued}: nothing is done, for what "
        "it locked would be taken back. Set the machine's clock right, or leave --as-of out or let it name a later day"
    )


def locks(plan: Plan) -> int:
    """Return how many lines a plan locks onto statements."""
    return sum(edit.first and edit.table == "Commissions" for edit in plan.edits)


def with_stopped(plan: Plan, stopped: Sequence[str]) -> Plan:
    """Return a plan that locks lines with an objection where flows that bring lines up to date are stopped.

    What a guard keeps from being held or cancelled must not go to partners meanwhile: a statement is never taken back.
    """
    if not stopped:
        return plan
    words = f"{locks(plan)} lines would go onto statements, though {' and '.join(stopped)}, which would change lines, "
    return replace(plan, saw=(*plan.saw, f"{words}wait for a person: see `quarterday plan {stopped[0]}` first"))
