"""Every line of the tracker against today's facts: which cells differ, and whether locked lines sum to what is earned.

Rows and facts in, differences out; nothing is read or written here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from worker.domain.cells import Cell, Row
from worker.domain.lines import Line
from worker.domain.money import shown
from worker.planning.commissions import Facts, Outcome, plan_lines
from worker.planning.corrections import adjustment
from worker.planning.money_plans import commission_plan
from worker.planning.rows import lines_of

Subject = tuple[str, str, str, str]  # deal (or "tier"), partner, the month that is earned (or tier period), currency


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that is not what the facts make of it; a line that is missing differs in its `row`."""

    key: str
    column: str
    stands: Cell
    should_be: Cell


@dataclass(frozen=True, slots=True)
class Gap:
    """Locked lines, with what is planned to answer them, that do not sum to what the facts say is earned."""

    deal: str
    partner: str
    month: str
    currency: str
    locked: Decimal
    planned: Decimal
    earned: Decimal


@dataclass(frozen=True, slots=True)
class Verified:
    """How many lines there are and what differs; `unread` are rows that can't be read as lines, in words."""

    lines: int
    differences: tuple[Difference, ...]
    gaps: tuple[Gap, ...]
    unread: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Tell whether everything is as the facts make it."""
        return not (self.differences or self.gaps or self.unread)


def verified(rows: Sequence[Row], facts: Facts, today: date) -> Verified:
    """Recompute every line and compare it with its row."""
    lines, _ = lines_of(rows)
    outcome = plan_lines(facts, lines, today)
    plan = commission_plan(rows, facts, outcome)
    amounts = {
        line.key: f"{shown(line.amount, line.currency)} {line.currency}, {line.status}" for line in outcome.lines
    }
    found: list[Difference] = []
    for edit in plan.edits:
        if edit.row is None:
            found.append(Difference(edit.key, "row", None, amounts[edit.key]))
        else:
            found += [Difference(edit.key, c, edit.before.get(c), cell) for c, cell in edit.after.items()]
    return Verified(len(lines), tuple(found), tuple(gaps(facts, lines, outcome, today)), plan.notes)


def gaps(facts: Facts, lines: Sequence[Line], outcome: Outcome, today: date) -> list[Gap]:
    """Return the months whose locked lines, with the answers that are planned, are not what is earned.

    Months in doubt are left out: nothing of them is answered until the facts can be read.
    """
    earned = _earned(facts, lines, today)
    found: list[Gap] = []
    for subject, own in sorted(_grouped(outcome.lines).items()):
        locked = [line for line in own if line.locked]
        due = earned.get(subject, Decimal(0))
        if not locked or due is None:
            continue
        main = _main(own)
        # An open line of the month itself counts once it is earned; open answers always do.
        planned = _sum(line for line in own if not line.locked and (line is not main or due))
        if _sum(locked) + planned != due:
            deal, partner, month, currency = subject
            found.append(Gap(deal, partner, month, currency, _sum(locked), planned, due))
    return found


def _earned(facts: Facts, lines: Sequence[Line], today: date) -> dict[Subject, Decimal | None]:
    """Return what each month earns by the facts, as if no line had ever been locked or held; None in doubt.

    Rows keep what only they remember: the base and the plan they were made with, and what staff added.
    """
    free = [_freed(main, own) for own in _grouped(lines).values() if (main := _main(own)) is not None]
    partners = {key: replace(partner, paused=False) for key, partner in facts.partners.items()}
    freed = replace(facts, partners=partners, leads=[replace(lead, held=False) for lead in facts.leads])
    found: dict[Subject, Decimal | None] = {}
    for line in plan_lines(freed, free, today).lines:
        if line.status == "On hold":
            found[_subject(line)] = None
        elif line.status == "Confirmed":
            found[_subject(line)] = line.amount
    return found


def _freed(line: Line, group: Sequence[Line]) -> Line:
    added = adjustment(group, line.currency) or None
    return line._replace(status="Expected", statement=None, paid_on=None, hold=False, adjustment=added)


def _grouped(lines: Iterable[Line]) -> dict[Subject, list[Line]]:
    found: dict[Subject, list[Line]] = defaultdict(list)
    for line in lines:
        found[_subject(line)].append(line)
    return found


def _subject(line: Line) -> Subject:
    return line.deal or "tier", line.partner, line.answers or str(line.month), line.currency


def _main(lines: Iterable[Line]) -> Line | None:
    """Return the line that the others of its month answer."""
    own = [line for line in lines if line.kind == ("commission" if line.deal else "correction")]
    return min(own, key=lambda line: (line.month, line.key), default=None)


def _sum(lines: Iterable[Line]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))
