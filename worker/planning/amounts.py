"""The months of a deal, what each was made with, and the amounts: F(k, j), so that any run of months sums exactly.

Everything is exact until `priced` rounds, once. Who earns: `earning`; tiers and caps: `tiers`; cash: `cash`. What is
made for every month of every deal is not frozen, as that takes several times as long to make; nothing changes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from worker.domain.lines import Base, Line
from worker.domain.money import common_denominator, digits, in_parts, nearest, of_minor_units
from worker.domain.months import Month
from worker.domain.plans import CommissionPlan
from worker.planning.cash import Cover
from worker.planning.earning import Case
from worker.planning.terms import Terms

_WHOLE = Fraction(1)


class Part(NamedTuple):
    """A calendar month of a deal and how much of it counts: all, or so many days of the first month's."""

    month: Month
    days: int | None = None  # None: the whole month
    of: int = 1

    @property
    def share(self) -> Fraction:
        """Return how much of the month counts."""
        return _WHOLE if self.days is None else Fraction(self.days, self.of)


@dataclass(slots=True)
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


class Piece(NamedTuple):
    """A part of a line's base at its rate, in percent; a line in several brackets has several."""

    base: Fraction
    rate: Decimal


@dataclass(slots=True)
class Priced:
    """The amount of a slot, exact and rounded, and the partner's running totals before it and with it."""

    exact: Fraction
    made: Decimal  # rounded: the difference of the totals
    amount: Decimal  # the same, cut to caps
    before: int  # in minor units, like `total`
    total: int
    pieces: tuple[Piece, ...] = ()
    uneven: bool = False  # rounding the running totals made the line another amount than its exact one
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
    parts = list(_whole_months(first, given or through))
    if plan.prorate == "days" and start.day > 1 and parts:
        left = first.days - start.day + 1
        parts[0] = Part(first, left, first.days)
        if given:
            parts.append(Part(first.plus(given), first.days - left, first.days))
    return parts if plan.months else parts[: max(through, 0)]


@lru_cache(maxsize=1024)  # deals that are won in one month share their months
def _whole_months(first: Month, months: int) -> tuple[Part, ...]:
    return tuple(Part(first.plus(n)) for n in range(months))


def remembered(case: Case, today: date) -> dict[Month, Line]:
    """Return the lines that know what the months that are over were made with: it stands on them, and stays.

    Lines that were cancelled meanwhile, of a partner taken off the deal above all, may know less than the others.
    """
    staying = {terms.partner.key for terms in case.terms}
    now = Month.of(today)

    def knows(row: Line) -> tuple[bool, bool, bool, str]:
        return row.locked, row.status != "Cancelled", row.partner in staying, row.key

    found: dict[Month, Line] = {}
    for row in case.rows:
        if row.kind == "commission" and row.base is not None and row.month < now:
            other = found.setdefault(row.month, row)
            if other is not row and knows(row) > knows(other):
                found[row.month] = row
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
    places = digits(runs[0].case.currency)
    # Sums are whole parts of a minor unit, as exact as fractions and far cheaper; totals are rounded to minor units.
    unit = 1
    for own in exact:
        unit = common_denominator([line for line, _ in own], unit)
    fresh = _fresh(runs[0].slots)
    sums, below = [0] * len(fresh), [0] * len(fresh)  # F of the partners so far, month by month: in parts, and rounded
    return [_differences(own, fresh, sums, below, unit=unit, places=places) for own in exact]


def _differences(
    own: Sequence[tuple[Fraction, tuple[Piece, ...]]], fresh: Sequence[bool], sums: list[int], below: list[int], *,
    unit: int, places: int,
) -> list[Priced]:  # fmt: skip
    """Return the lines of one partner: what F grows by, which is added to that of the partners before."""
    found: list[Priced] = []
    parts = in_parts([line for line, _ in own], unit * 10**places)
    so_far = before = 0
    amounts: dict[int, Decimal] = {}  # by minor units: rounding makes two of one exact amount
    for month, (line, pieces) in enumerate(own):
        if fresh[month]:
            so_far = before = 0
        so_far += parts[month]
        sums[month] += so_far
        rounded = nearest(sums[month], unit)
        total = rounded - below[month]
        below[month] = rounded
        units = total - before
        amount = amounts.get(units)
        if amount is None:  # in as many digits as Decimals have, like every sum of amounts
            amount = amounts[units] = +of_minor_units(units, places)
        found.append(Priced(line, amount, amount, before, total, pieces, parts[month] != units * unit))
        before = total
    return found


def _fresh(slots: Sequence[Slot]) -> list[bool]:
    """Tell of each month whether it has another base, by the month, than the one before."""
    changes = [
        slot.month_base is not before.month_base and _monthly(slot.base) != _monthly(before.base)
        for before, slot in pairwise(slots)
    ]
    return [False, *changes]


def _monthly(base: Base | None) -> Fraction | None:
    return None if base is None else base.monthly()
