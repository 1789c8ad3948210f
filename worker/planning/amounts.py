"""The months of a deal, what each was made with, and the amounts: F(k, j), so that any run of months sums exactly.

Everything is exact until `telescoped` rounds, once. Who earns: `earning`; tiers and caps: `tiers`; cash: `cash`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from worker.domain.lines import Base
from worker.domain.money import rounded, zero
from worker.domain.months import Month
from worker.domain.plans import CommissionPlan
from worker.planning.cash import Cover
from worker.planning.earning import Case
from worker.planning.terms import Terms

_WHOLE = Fraction(1)
_NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class Part:
    """A calendar month of a deal and how much of it counts: all, or so many days of the first month's."""

    month: Month
    days: int | None = None  # None: the whole month
    of: int = 1

    @property
    def share(self) -> Fraction:
        """Return how much of the month counts."""
        return _WHOLE if self.days is None else Fraction(self.days, self.of)


@dataclass(frozen=True, slots=True)
class Slot:
    """One month of one partner on one deal, before it has an amount."""

    part: Part
    number: int  # k, from 1
    base: Base | None
    month_base: Fraction  # the part's own monthly base; nothing for a fee
    cover: Cover | None  # since when cash covers it; None while it does not
    cancelled: str | None  # why it is not earned

    @property
    def month(self) -> Month:
        """Return the calendar month."""
        return self.part.month


@dataclass(frozen=True, slots=True)
class Run:
    """The months of one partner on one deal."""

    case: Case
    terms: Terms
    slots: tuple[Slot, ...]

    @property
    def plan(self) -> CommissionPlan:
        """Return the plan that rates it."""
        return self.terms.plan

    @property
    def partner(self) -> str:
        """Return the partner's key."""
        return self.terms.partner.key


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line's base at its rate, in percent; a line in several brackets has several."""

    base: Fraction
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Priced:
    """The amount of a slot, exact and rounded, and the partner's running totals before it and with it."""

    exact: Fraction
    amount: Decimal
    before: Decimal
    total: Decimal
    pieces: tuple[Piece, ...] = ()
    capped: bool = False


def start_day(plan: CommissionPlan, won_on: date, first_invoice: date | None) -> date | None:
    """Return the day the plan begins to earn; None while there is no first invoice."""
    if plan.start == "won":
        return won_on
    return Month.of(won_on).plus(1).first_day if plan.start == "next" else first_invoice


def months_given(plan: CommissionPlan, term: int | None) -> int:
    """Return how many months a plan gives a deal by itself, never more than its term; 0 when there is no end."""
    return min(plan.months, term) if plan.months and term else plan.months or term or 0


def parts_of(plan: CommissionPlan, start: date, term: int | None, today: date) -> list[Part]:
    """Return the months that earn, by days where the plan says so; a fee has its start month alone."""
    first = Month.of(start)
    if plan.fee is not None:
        return [Part(first)]
    given = months_given(plan, term)
    through = Month.of(today).minus(first) + 1  # months until now: all there is while nobody knows the end
    parts = [Part(first.plus(n)) for n in range(given or through)]
    if plan.prorate == "days" and start.day > 1 and parts:
        left = first.days - start.day + 1
        parts[0] = Part(first, left, first.days)
        if given:
            parts.append(Part(first.plus(given), first.days - left, first.days))
    return parts if plan.months else parts[: max(through, 0)]


def remembered(case: Case, today: date) -> dict[Month, Base]:
    """Return what the months that are over were made with: it stands on their lines, and stays.

    Lines that were cancelled meanwhile, of a partner taken off the deal above all, may know less than the others.
    """
    found: dict[Month, Base] = {}
    staying = {terms.partner.key for terms in case.terms}
    known = sorted(case.rows, key=lambda r: (r.locked, r.status != "Cancelled", r.partner in staying, r.key))
    for row in known:
        if row.kind == "commission" and row.base is not None and row.month.over(today):
            found[row.month] = row.base
    return found


def together(runs: Sequence[Run]) -> list[list[int]]:
    """Return which runs are rounded together: those of one deal with the same months; fees apart."""
    found: dict[tuple[str, Month, Month, bool], list[int]] = defaultdict(list)
    for place, run in enumerate(runs):
        fee = run.plan.fee is not None
        found[run.case.home, run.slots[0].month, run.slots[-1].month, fee].append(place)
    return list(found.values())


def priced(runs: Sequence[Run], exact: Sequence[Sequence[tuple[Fraction, tuple[Piece, ...]]]]) -> list[list[Priced]]:
    """Round the exact amounts of runs with the same months, over months and partners at once.

    F(k, j) is the rounded sum of the first k months of the first j partners; a line is its differences both ways. Where
    the base changes, F starts afresh.
    """
    currency = runs[0].case.currency
    none = zero(currency)
    found: list[list[Priced]] = [[] for _ in runs]
    sums = [_NOTHING] * len(runs)
    totals = [none] * len(runs)
    before: Fraction | None = None
    for place, slot in enumerate(runs[0].slots):
        base = slot.base.monthly() if slot.base else None
        if base != before:
            sums, totals, before = [_NOTHING] * len(runs), [none] * len(runs), base
        sums = [so_far + own[place][0] for so_far, own in zip(sums, exact, strict=True)]
        rounded_before = none
        for j, whole in enumerate(accumulate(sums)):
            now = rounded(whole, currency)
            total = now - rounded_before
            line, pieces = exact[j][place]
            found[j].append(Priced(line, total - totals[j], totals[j], total, pieces))
            rounded_before, totals[j] = now, total
    return found
