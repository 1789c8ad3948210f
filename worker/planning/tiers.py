"""What a month is rated at, where that depends on a partner's other deals: tiers and caps.

The tier metric and caps go through a partner's lines in one order: month, won date, deal id as a number. What brings
retroactive tiers up when their period is over: `true_ups`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from worker.domain.lines import Line
from worker.domain.money import percent_of, rounded
from worker.domain.months import Month, Period
from worker.domain.plans import Bracket, CommissionPlan
from worker.planning.amounts import Piece, Priced, Run
from worker.planning.earning import deal_order

Exact = tuple[Fraction, tuple[Piece, ...]]
Spell = Period | None  # a tier period; None for lifetime
Place = tuple[int, int]  # which run, which of its slots
_PERIODS = {"quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that is not cancelled, on the way through a partner's lines; one that stands still has no place."""

    order: tuple[Month, date, tuple[int, str]]
    currency: str
    base: Fraction
    deal: str
    amount: Decimal
    place: Place | None


@dataclass(frozen=True, slots=True)
class _Metric:
    """How much base a partner had before each slot, and in all, by tier period."""

    before: Mapping[Place, Fraction]
    reached: Mapping[Spell, Fraction]


def spell(plan: CommissionPlan, month: Month) -> Spell:
    """Return the tier period that holds a month."""
    return None if plan.tier_period == "lifetime" else Period.holding(month, _PERIODS[plan.tier_period])


# ---- the metric -----------------------------------------------------------------------------------------------------


def exact_amounts(runs: Sequence[Run], still: Iterable[Line], won: Mapping[str, date]) -> list[list[Exact]]:
    """Return the exact commission of every slot; `still` are lines that can't be computed, but count in the metric.

    `won` has the won dates of their deals.
    """
    found: list[list[Exact]] = [_flat(run) for run in runs]
    tiered = {run.partner for run in runs if run.plan.tiers}
    entries = line_up(runs, still, won, tiered) if tiered else {}
    metrics: dict[tuple[str, str, str], _Metric] = {}
    for i, run in enumerate(runs):
        if run.plan.tiers:
            account = (run.partner, run.case.currency)
            key = (*account, run.plan.tier_period)
            if key not in metrics:
                metrics[key] = _metric(entries.get(account, ()), run.plan)
            found[i] = [_rated(run, metrics[key], (i, k)) for k in range(len(run.slots))]
    return found


def _flat(run: Run) -> list[Exact]:
    """Return the amounts of a plan that needs no metric; months with the same base share one."""
    if run.plan.fee is not None:
        return [(Fraction(run.plan.fee) * run.terms.share, ())] * len(run.slots)
    rate = run.plan.rate
    if rate is None:
        return [(Fraction(0), ())] * len(run.slots)
    found: list[Exact] = []
    last = None
    for slot in run.slots:
        month_base = slot.month_base
        if month_base is not last:
            last, base = month_base, percent_of(run.terms.percent, month_base)
            exact = percent_of(rate, base), (Piece(base, rate),)
        found.append(exact)
    return found


def line_up(
    runs: Sequence[Run], still: Iterable[Line], won: Mapping[str, date], partners: set[str],
    amounts: Sequence[Sequence[Priced]] | None = None,
) -> dict[tuple[str, str], list[Entry]]:  # fmt: skip
    """Return the lines that count of some partners, by partner and currency, in their order."""
    found: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for i, run in enumerate(runs):
        if run.partner not in partners:
            continue
        case, share = run.case, run.terms.share
        deal = deal_order(case.home)
        for k, slot in enumerate(run.slots):
            if slot.cancelled is None:
                amount = amounts[i][k].amount if amounts else Decimal(0)
                entry = Entry((slot.month, case.won_on, deal), case.currency, slot.month_base * share, case.home,
                               amount, (i, k))  # fmt: skip
                found[run.partner, case.currency].append(entry)
    for line in still:
        if line.partner in partners and line.kind == "commission" and line.status != "Cancelled" and line.deal:
            order = (line.month, won.get(line.deal, line.month.first_day), deal_order(line.deal))
            entry = Entry(order, line.deal_currency, _base_of(line), line.deal, line.earned_amount, None)
            found[line.partner, line.deal_currency].append(entry)
    for entries in found.values():
        entries.sort(key=lambda entry: entry.order)
    return found


def _base_of(line: Line) -> Fraction:
    """Return the commissionable base of a standing line; a fee has none."""
    if line.base is None or line.share is None or line.rate.startswith("fee"):
        return Fraction(0)
    return (line.base.monthly() if line.month_base is None else line.month_base) * Fraction(line.share) / 100


def _metric(entries: Iterable[Entry], sample: CommissionPlan) -> _Metric:
    """Count a partner's base over tier periods like the sample's."""
    reached: dict[Spell, Fraction] = defaultdict(Fraction)
    before: dict[Place, Fraction] = {}
    for entry in entries:
        period = spell(sample, entry.order[0])
        if entry.place is not None:
            before[entry.place] = reached[period]
        reached[period] += entry.base
    return _Metric(before, reached)


def _rated(run: Run, metric: _Metric, place: Place) -> Exact:
    """Rate a slot by the brackets that its base lies in; a cancelled one as if it came last."""
    slot = run.slots[place[1]]
    before = metric.before.get(place, metric.reached.get(spell(run.plan, slot.month), Fraction(0)))
    pieces = _pieces(before, slot.month_base * run.terms.share, run.plan.tiers)
    return sum((piece.base * Fraction(piece.rate) for piece in pieces), Fraction(0)) / 100, pieces


def _pieces(before: Fraction, base: Fraction, brackets: Sequence[Bracket]) -> tuple[Piece, ...]:
    """Cut a base that comes on top of what was before into the brackets it lies in."""
    found: list[Piece] = []
    for bracket in brackets:
        low = max(before, Fraction(bracket.start))
        high = before + base if bracket.end is None else min(before + base, Fraction(bracket.end))
        if high > low:
            found.append(Piece(high - low, bracket.rate))
    return tuple(found) or (Piece(base, bracket_of(before, brackets).rate),)


def bracket_of(total: Fraction, brackets: Sequence[Bracket]) -> Bracket:
    return [bracket for bracket in brackets if bracket.start <= total][-1]


# ---- caps -----------------------------------------------------------------------------------------------------------


def cut_to_caps(
    runs: Sequence[Run], amounts: list[list[Priced]], still: Iterable[Line], won: Mapping[str, date]
) -> list[list[Priced]]:
    """Cut rounded amounts beyond a cap of their plan, in order; what is cut goes to nobody else."""
    capped = {r.partner for r in runs if r.plan.cap_per_deal is not None or r.plan.cap_per_partner is not None}
    if not capped:
        return amounts
    found = [list(own) for own in amounts]
    for entries in line_up(runs, still, won, capped, amounts).values():
        of_deal: dict[str, Decimal] = defaultdict(Decimal)
        of_period: dict[tuple[str, Spell], Decimal] = defaultdict(Decimal)
        for entry in entries:
            amount = entry.amount
            if entry.place is not None:
                i, k = entry.place
                plan = runs[i].plan
                room = _room(plan, of_deal[entry.deal], of_period[plan.tier_period, spell(plan, entry.order[0])])
                if room is not None and amount > room:
                    amount = rounded(room, entry.currency)
                    found[i][k] = replace(amounts[i][k], amount=amount, capped=True)
            of_deal[entry.deal] += amount
            for length, months in (("quarter", 3), ("year", 12), ("lifetime", 0)):
                of_period[length, Period.holding(entry.order[0], months) if months else None] += amount
    return found


def _room(plan: CommissionPlan, used_of_deal: Decimal, used_of_period: Decimal) -> Decimal | None:
    """Return what the caps leave, never below zero; None without a cap."""
    rooms = []
    if plan.cap_per_deal is not None:
        rooms.append(plan.cap_per_deal - used_of_deal)
    if plan.cap_per_partner is not None:
        rooms.append(plan.cap_per_partner - used_of_period)
    return max(min(rooms), Decimal(0)) if rooms else None
