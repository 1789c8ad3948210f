"""The one law of correction: for every deal, partner and month, the lines sum to what today's facts say is earned.

Unlocked lines are rewritten; what is locked never changes, and one line in the current month carries the difference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from worker.domain.lines import Line, LineKind, line_key
from worker.domain.money import rounded, shown, zero
from worker.domain.months import Month
from worker.planning.statuses import TICKED, judge, stand_still

NOT_NEEDED = "nothing is to be corrected any more"


@dataclass(slots=True)
class Keys:
    """The keys that lines carry; a new line is given the next number of its kind and month."""

    lines: Collection[Line]
    numbers: dict[str, int] = field(default_factory=dict)  # key without its number → the highest number

    def next(self, deal: str | None, partner: str, month: Month, kind: LineKind) -> str:
        """Return a key that no line has had."""
        if not self.numbers:  # counted when the first is asked for: most days nothing is answered
            self._count()
        bare = line_key(deal, partner, month, kind)
        self.numbers[bare] = self.numbers.get(bare, 0) + 1
        return line_key(deal, partner, month, kind, self.numbers[bare])

    def _count(self) -> None:
        for line in self.lines:
            _, _, number = line.key.rpartition("/")[2].partition("-")
            bare = line.key[: -len(number) - 1] if number else line.key
            self.numbers[bare] = max(self.numbers.get(bare, 0), int(number) if number.isdecimal() else 1)


@dataclass(frozen=True, slots=True)
class Earned:
    """What today's facts say of a month (or of a tier period): whether it is earned, how much, and in words why not."""

    due: Decimal  # adjustments included; nothing where it is not earned
    reason: str | None = None  # why it is not earned; None when it is


def adjustment(rows: Iterable[Line], currency: str) -> Decimal:
    """Return what staff added to a month, on whichever of its rows."""
    added = zero(currency)
    for row in rows:
        if row.adjustment is not None:
            added += rounded(row.adjustment, currency)
    return added


def answered(
    rows: Sequence[Line], main: Line | None, earned: Earned, *, hold: str | None, still: str | None, keys: Keys,
    today: date,
) -> list[Line]:  # fmt: skip
    """Return all lines of a month: `main` as it must stand unless its row is locked, and what answers locked ones.

    `rows` are the standing lines of the month, `main`'s own row among them; `hold` stops unlocked answers, `still`
    says why nothing locked may be answered at all.
    """
    own = next((row for row in rows if main is not None and row.key == main.key), None)
    stands = own if own is not None and own.locked else main
    kept = [stands] if stands is not None else []
    answers = [row for row in rows if row is not own]
    locked = [row for row in rows if row.locked]
    if still is not None:
        return kept + [stand_still(row, still) for row in answers]
    if not locked:
        return kept + [cancel(row, NOT_NEEDED) for row in answers]
    about = stands or rows[0]
    standing = sum((row.amount for row in locked), zero(about.currency))
    if stands is not None and not stands.locked and earned.reason is None:
        standing += stands.amount
    kind = _kind([row for row in answers if row.locked], earned)
    needed = earned.due - standing
    why = _why(about, earned, standing, kind)
    return kept + _answer(answers, about, kind, needed, why, hold=hold, keys=keys, today=today)


def cancel(row: Line, reason: str) -> Line:
    """Cancel a line that was never locked: it keeps its row and its key, with nothing in it."""
    if row.locked or (row.status == "Cancelled" and not row.amount):
        return row
    return row._replace(
        status="Cancelled", amount=zero(row.currency), reason=reason, why="", covered_on=None, invoice="",
        capped=False,
    )  # fmt: skip


def _kind(locked_answers: Sequence[Line], earned: Earned) -> LineKind:
    if earned.reason is not None:
        return "clawback"
    last = max(locked_answers, key=_age, default=None)
    return "reinstatement" if last is not None and last.kind == "clawback" else "correction"


def _age(line: Line) -> tuple[Month, int, str]:
    return line.month, len(line.key), line.key


def _answer(
    answers: Sequence[Line], about: Line, kind: LineKind, needed: Decimal, why: str, *, hold: str | None, keys: Keys,
    today: date,
) -> list[Line]:  # fmt: skip
    """Rewrite the open answer, let a cancelled one of this month come back, or make a new one; cancel the others."""
    current = Month.of(today)
    free = sorted((row for row in answers if not row.locked), key=_age)
    fitting = [row for row in free if row.kind == kind and (row.status != "Cancelled" or row.month == current)]
    fitting.sort(key=lambda row: row.status == "Cancelled")
    chosen = fitting[0] if fitting and needed else None
    found = [cancel(row, NOT_NEEDED) for row in answers if row is not chosen]
    if not needed:
        return found
    line = chosen or Line(
        key=keys.next(about.deal, about.partner, current, kind), deal=about.deal, partner=about.partner,
        month=current, kind=kind, currency=about.currency, amount=needed, status="Expected", lead=about.lead,
        client=about.client, answers=about.answers or str(about.month),
    )  # fmt: skip
    held = TICKED if line.hold and hold is None else hold
    status, reason = judge(line.month.over(today), covered=True, cancel=None, hold=held)
    return [*found, line._replace(amount=needed, status=status, reason=reason, why=why)]


def _why(about: Line, earned: Earned, standing: Decimal, kind: LineKind) -> str:
    currency = about.currency
    subject = about.answers or str(about.month)
    now = {
        "clawback": f"{subject} is not earned any more ({earned.reason})",
        "reinstatement": f"{subject} is earned again",
    }.get(kind, f"{subject} earns another amount by today's facts")
    needed = shown(earned.due - standing, currency)
    return f"{now}: {shown(earned.due, currency)} − {shown(standing, currency)} of its lines = {needed}"
