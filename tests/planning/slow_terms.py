"""The money rules once more, for tests: slowly, in fractions, from the text of the rules alone.

Here: which deals earn for whom, under which plan, in which months. Months are counted as whole numbers since year 0;
a base is (value, interval, term). Nothing of `worker.planning` is used, nor how it goes about it.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from worker.domain.facts import Deal, Lead, Partner
from worker.domain.plans import CommissionPlan

Base = tuple[Decimal, str, int | None]
DIGITS = {"JPY": 0, "KWD": 3}


def rounded(amount: Fraction, currency: str) -> Fraction:
    """Round half away from zero to minor units."""
    units = abs(amount) * 10 ** DIGITS.get(currency, 2)
    whole = (units + Fraction(1, 2)).numerator // (units + Fraction(1, 2)).denominator
    return Fraction(whole if amount > 0 else -whole, 10 ** DIGITS.get(currency, 2))


def month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def month_name(month: int) -> str:
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def days_in(month: int) -> int:
    return calendar.monthrange(month // 12, month % 12 + 1)[1]


def last_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, days_in(month))


def monthly(base: Base) -> Fraction:
    """Return the base of one month."""
    value, interval, term = base
    return Fraction(value) / {"monthly": 1, "quarterly": 3, "annual": 12, "total": term}[interval]  # type: ignore[operator]


@dataclass
class Earner:
    """A partner who has a share of a deal, and a plan for it."""

    partner: Partner
    share: Fraction
    plan: CommissionPlan


@dataclass
class Case:
    """A deal of a lead. `home` is the id on its rows; `deal` may be the survivor of a merger."""

    home: str
    deal: Deal | None
    lead: Lead
    earners: list[Earner] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)  # partners whose terms are not known: their rows stay, on hold
    won: date | None = None
    left: date | None = None
    currency: str = ""
    base: Base | None = None
    doubt: bool = False  # the deal can't be read, or is in another currency than its rows
    gap: bool = False  # the base is missing: the last known one stands
    frozen: bool = False  # nothing of it can be computed: its rows stay as they are, on hold


def local(at: datetime, facts: Any) -> date:
    return at.astimezone(facts.zone).date()


def survivor(facts: Any, deal: str) -> str:
    """Follow a merged deal to the one that is left."""
    while deal in facts.deals and facts.deals[deal].merged_into:
        deal = facts.deals[deal].merged_into
    return deal


def term_of(deal: Deal) -> int | None:
    return deal.term_months if deal.term_months and deal.term_months > 0 else None


def base_of(deal: Deal) -> Base | None:
    """Return what the client pays, if that is known: missing never means zero, below zero is missing."""
    if deal.value is None or deal.value < 0 or deal.interval is None:
        return None
    if deal.interval == "total" and not term_of(deal):
        return None
    return deal.value, deal.interval, deal.term_months if deal.interval == "total" else None


def cases(facts: Any, rows: Iterable[Any], today: date) -> list[Case]:
    """Return a case for every lead that is tied to a deal."""
    found = []
    taken: set[str] = set()
    for lead in sorted(facts.leads, key=lambda lead: (lead.submitted_at, lead.key)):
        case = Case(lead.deal, facts.deals.get(survivor(facts, lead.deal)), lead)
        found.append(case)
        if case.deal is not None and case.deal.won_at is not None:
            case.won = local(case.deal.won_at, facts)
        if case.deal is None:
            case.frozen = True
        elif not lead.valid:
            case.doubt = case.deal.doubt is not None
        elif survivor(facts, lead.deal) in taken:
            case.frozen = True  # two leads on one deal: only the first submitted earns meanwhile
        else:
            taken.add(survivor(facts, lead.deal))
            read(case, facts, [row for row in rows if row.deal == lead.deal and row.kind == "commission"], today)
    return found


def read(case: Case, facts: Any, rows: list[Any], today: date) -> None:
    """Read a deal of a valid lead; its commission rows know what the deal has lost."""
    deal, lead = case.deal, case.lead
    assert deal is not None
    if case.won is None or case.won > today:
        case.frozen = True
        return
    if deal.state != "won" and deal.left_won_at is not None and local(deal.left_won_at, facts) <= today:
        case.left = local(deal.left_won_at, facts)
    case.doubt = deal.doubt is not None
    newest = max(rows, key=lambda row: (row.month, row.partner), default=None)
    case.currency = newest.currency if newest is not None else deal.currency or ""
    case.base = base_of(deal)
    moved = deal.currency is None or (newest is not None and deal.currency != newest.currency)
    if moved and newest is None:
        case.frozen = True
        return
    case.doubt = case.doubt or moved
    case.gap = case.base is None
    if case.gap or moved:
        case.base = max(
            ((row.month, row.partner, row.base) for row in rows if row.base is not None), default=(0, "", None)
        )[2]
    if sum(share.percent for share in lead.shares) != 100 or any(share.percent < 0 for share in lead.shares):
        case.frozen = True
        return
    for share in sorted(lead.shares, key=lambda share: share.partner):
        partner = facts.partners[share.partner]
        own = [row.plan for row in rows if row.partner == partner.key]
        plan = own[0] if own else plan_of(partner, case.won, facts)  # no silent re-rating, nor by a merger
        if not enrolled(partner, local(lead.submitted_at, facts)):
            continue
        if plan is not None and fits(plan, case):
            case.earners.append(Earner(partner, Fraction(share.percent) / 100, plan))
        else:
            case.unknown.add(partner.key)


def enrolled(partner: Partner, day: date) -> bool:
    if any(span.first <= day and not day > span.last for span in partner.away):
        return False
    return (partner.enrolled_from or date.min) <= day <= (partner.left_on or date.max)


def plan_of(partner: Partner, won: date, facts: Any) -> CommissionPlan | None:
    """Return the version, valid on the won date, of the plan that the partner had on that day."""
    chosen = [choice for choice in partner.plans if choice.since <= won]
    if not chosen:
        return None
    name = max(chosen, key=lambda choice: choice.since).plan
    valid = [p for p in facts.plans.versions if p.name == name and p.valid_from <= won <= (p.valid_to or date.max)]
    return valid[0] if valid else None


def fits(plan: CommissionPlan, case: Case) -> bool:
    """Tell whether the plan's money is in the deal's currency, and its base known where it needs one."""
    money = plan.tiers or plan.fee is not None or plan.cap_per_deal is not None or plan.cap_per_partner is not None
    return (not money or plan.currency == case.currency) and (plan.fee is not None or case.base is not None)


def start_of(plan: CommissionPlan, won: date, first_invoice: date | None) -> date | None:
    """Return the day that the months begin with."""
    if plan.start == "won":
        return won
    if plan.start == "next":
        return last_day(month_of(won)) + (date(2000, 1, 2) - date(2000, 1, 1))
    return first_invoice


def months_of(plan: CommissionPlan, start: date, term: int | None, today: date) -> list[tuple[int, Fraction]]:
    """Return the months that a plan gives a deal by itself, and how much of each counts."""
    first = month_of(start)
    if plan.fee is not None:
        return [(first, Fraction(1))]
    ends = [n for n in (plan.months, term) if n]
    count = min(ends) if ends else max(month_of(today) - first + 1, 0)
    found = [(first + n, Fraction(1)) for n in range(count)]
    if plan.prorate == "days" and start.day > 1 and found:
        found[0] = (first, Fraction(days_in(first) - start.day + 1, days_in(first)))
        if ends:
            found.append((first + count, 1 - found[0][1]))
    return [(month, part) for month, part in found if plan.months or month <= month_of(today)]
