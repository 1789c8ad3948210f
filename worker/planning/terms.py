"""What a won deal pays and under which plans: currency, base, shares, and in words what is missing of them.

What is missing is taken from the deal's lines where they know it; the lines are then held. Nothing is computed here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter

from worker.domain.facts import Deal, Lead, Partner
from worker.domain.lines import Base, Line
from worker.domain.plans import CommissionPlan, Plans
from worker.domain.problems import Field
from worker.planning.enrolment import enrolled

_HUNDRED = Decimal(100)
_month, _by_month = attrgetter("month"), attrgetter("month", "key")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a partner has of a deal: a share in percent, under a plan."""

    partner: Partner
    percent: Decimal
    plan: CommissionPlan

    @property
    def share(self) -> Fraction:
        """Return the share as a fraction of one."""
        return Fraction(self.percent) / 100


@dataclass(frozen=True, slots=True)
class Fault:
    """Something to mend, in words; of one partner where named."""

    field: Field
    text: str
    partner: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a deal. `stuck` says why none of its lines can be computed."""

    terms: tuple[Terms, ...] = ()  # of those who earn, in the order of their keys
    currency: str = ""
    base: Base | None = None  # None where only fees are earned
    off: Mapping[str, str] = field(default_factory=dict)  # partner key → why nothing is earned
    still: Mapping[str, str] = field(default_factory=dict)  # partner key → why the lines can't be computed
    doubt: str | None = None  # why all lines are held
    gap: str | None = None  # why the lines that need a base are held
    stuck: str | None = None
    faults: tuple[Fault, ...] = ()


def terms_text(plan: CommissionPlan) -> str:
    """Return the terms in words, those that are as usual left out."""
    currency = plan.currency or ""
    if plan.fee is not None:
        words = [f"fee {plan.fee:f} {currency} a deal"]
    elif plan.tiers:
        steps = ", ".join(f"{tier.rate:f} % from {tier.start:f}" for tier in plan.tiers)
        words = [f"{steps} {currency} a {plan.tier_period}, {plan.mode}"]
    else:
        words = [f"{plan.rate:f} %"]
    if plan.start != "won":
        words.append(f"start {plan.start}")
    if plan.prorate != "none":
        words.append("first month by days")
    if plan.count_months_per != "deal":
        words.append("months per client")
    words += [
        f"at most {cap:f} {currency} per {what}"
        for cap, what in ((plan.cap_per_deal, "deal"), (plan.cap_per_partner, "partner"))
        if cap is not None
    ]
    return "; ".join(words)


def read_terms(
    deal: Deal, lead: Lead, rows: Sequence[Line], *, partners: Mapping[str, Partner], plans: Plans, submitted: date,
    won_on: date,
) -> Reading:  # fmt: skip
    """Read a deal that was won; `rows` are its standing lines, which know what the deal has lost."""
    percents = _percents(lead)
    found, off, unknown = _who_earns(deal, percents, rows, partners=partners, plans=plans, submitted=submitted,
                                     won_on=won_on)  # fmt: skip
    newest = max([r for r in rows if r.kind == "commission"], key=_by_month, default=None)
    amiss = _currency_fault(deal, newest)
    gaps = _base_faults(deal) if any(t.plan.fee is None for t in found) else []
    wrong = _shares_fault(deal, percents)
    if wrong is not None:
        return Reading(stuck=wrong.text, faults=(*gaps, *_given(amiss), wrong))
    if amiss is not None and newest is None:
        return Reading(stuck=amiss.text, faults=(*gaps, amiss, *unknown))
    currency = newest.deal_currency if amiss is not None and newest is not None else deal.currency or ""
    base = _base(deal) if not gaps and amiss is None else _last_base(rows)
    clashes = [fault for t in found if (fault := _clash(deal, t, currency)) is not None]
    still = {fault.partner: fault.text for fault in (*unknown, *clashes) if fault.partner}
    strangers = [fault.text for fault in unknown if fault.field == "partner"]
    if strangers:  # a partner who was renamed, or mistyped: whose lines these are can't be known
        still |= {row.partner: strangers[0] for row in rows if row.partner not in percents}
    if base is None:
        why = gaps[0].text if gaps else f"the base of deal {deal.id} is not known any more"
        still |= {t.partner.key: why for t in found if t.plan.fee is None}
    return Reading(
        terms=tuple([t for t in found if t.partner.key not in still]),
        currency=currency, base=base, off=off, still=still,
        doubt=amiss.text if amiss else None, gap=gaps[0].text if gaps else None,
        faults=(*gaps, *_given(amiss), *unknown, *clashes),
    )  # fmt: skip


def _given(fault: Fault | None) -> Iterable[Fault]:
    return () if fault is None else (fault,)


def _percents(lead: Lead) -> dict[str, Decimal]:
    """Return the shares by partner; a partner who is named twice has both."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for share in lead.shares:
        found[share.partner] += share.percent
    return found


def _shares_fault(deal: Deal, percents: Mapping[str, Decimal]) -> Fault | None:
    whole = sum(percents.values(), Decimal(0))
    if whole == _HUNDRED and min(percents.values()) >= 0:
        return None
    text = (
        f"The shares of deal {deal.id} sum to {whole:f} %: "
        "correct Share in the Splits table so that they sum to 100, none below zero"
    )
    return Fault("shares", text)


def _who_earns(
    deal: Deal, percents: Mapping[str, Decimal], rows: Sequence[Line], *, partners: Mapping[str, Partner], plans: Plans,
    submitted: date, won_on: date,
) -> tuple[list[Terms], dict[str, str], list[Fault]]:  # fmt: skip
    """Return who earns, who does not and why, and whose terms are not known."""
    found: list[Terms] = []
    off: dict[str, str] = {}
    unknown: list[Fault] = []
    for key in sorted(percents):
        partner = partners.get(key)
        if partner is None:
            text = f"Partner “{key}” of deal {deal.id} is not in the Partners table: correct the partner"
            unknown.append(Fault("partner", text, key))
        elif not enrolled(partner, submitted):
            off[key] = "the partner was not enrolled on the day the lead was submitted"
        elif (plan := _plan(partner, rows, plans, won_on)) is None:
            unknown.append(_plan_fault(deal, partner, plans, won_on))
        else:
            found.append(Terms(partner, percents[key], plan))
    return found, off, unknown


def _plan(partner: Partner, rows: Sequence[Line], plans: Plans, won_on: date) -> CommissionPlan | None:
    """Return the plan that stands on the partner's lines, else the partner's on the won date: no silent re-rating."""
    own = [row for row in rows if row.partner == partner.key and row.kind == "commission" and row.plan]
    texts = {row.plan for row in own}
    if texts:
        text = texts.pop() if len(texts) == 1 else min([row for row in own if row.locked] or own, key=_month).plan
        named = [plan for plan in plans.versions if plan.text == text]
        return named[0] if len(named) == 1 else _one_of(named, _chosen(partner, plans, won_on))
    return _chosen(partner, plans, won_on)


def _one_of(named: Sequence[CommissionPlan], chosen: CommissionPlan | None) -> CommissionPlan | None:
    """Return the chosen version where lines name several alike, which the rules refuse; none rather than a guess."""
    return chosen if chosen in named else None


def _chosen(partner: Partner, plans: Plans, won_on: date) -> CommissionPlan | None:
    """Return the version, valid on the won date, of the plan that the partner had on that day."""
    name = _name_on(won_on, partner, plans)
    return None if name is None else plans.at(name, won_on)


def _name_on(won_on: date, partner: Partner, plans: Plans) -> str | None:
    """Return the partner's `Plan` on the won date; where that was missing or a slip, the first after it that is none.

    A plan that the rules know is no slip, even without a version of that day: a later one never counts instead.
    """
    stood = max((choice.since for choice in partner.plans if choice.since <= won_on), default=date.max)
    later = sorted((choice for choice in partner.plans if choice.since >= stood), key=lambda choice: choice.since)
    return next((choice.plan for choice in later if plans.knows(choice.plan)), None)


def _plan_fault(deal: Deal, partner: Partner, plans: Plans, won_on: date) -> Fault:
    """Say why no plan rates a deal, and what to do."""
    name = _name_on(won_on, partner, plans)
    if name is None:
        text = (
            f"No plan is known for deal {deal.id}, won {won_on}: "
            "choose as Plan of the partner one of rules/commissions.toml that is valid on that day"
        )
    elif plans.at(name, won_on) is None:
        text = (
            f"Plan {name} has no version valid on {won_on}, when deal {deal.id} was won: "
            "add one to rules/commissions.toml; another Plan, chosen later, does not rate it"
        )
    else:
        text = (
            f"The lines of deal {deal.id} name a version of a plan that is not known any more: "
            "put it back into rules/commissions.toml"
        )
    return Fault("plan", text, partner.key)


def _currency_fault(deal: Deal, newest: Line | None) -> Fault | None:
    if deal.currency is None:
        return Fault("currency", f"Deal {deal.id} has no currency: fill in Currency in HubSpot")
    if newest is not None and newest.deal_currency != deal.currency:
        text = (
            f"Deal {deal.id} is in {deal.currency} now, but its commission lines are in {newest.deal_currency}: "
            "set Currency back in HubSpot"
        )
        return Fault("currency", text)
    return None


def _base(deal: Deal) -> Base | None:
    """Return what the client pays; None where value, interval or a needed term is missing."""
    if deal.value is None or deal.interval is None or _base_faults(deal):
        return None
    return Base(deal.value, deal.interval, deal.term_months if deal.interval == "total" else None)


def _base_faults(deal: Deal) -> list[Fault]:
    found: list[Fault] = []
    if deal.value is None or deal.value < 0:
        what = "no value" if deal.value is None else "a value below zero"
        found.append(Fault("value", f"Deal {deal.id} has {what}: fill in Amount in HubSpot"))
    if deal.interval is None:
        text = f"Deal {deal.id} has no billing interval: choose monthly, quarterly, annual or total in HubSpot"
        found.append(Fault("interval", text))
    elif deal.interval == "total" and not stated_term(deal):
        text = f"Deal {deal.id} is a total without a term: fill in the term in months in HubSpot"
        found.append(Fault("term_months", text))
    return found


def stated_term(deal: Deal) -> int | None:
    """Return the deal's term in months, if it states one."""
    return deal.term_months if deal.term_months and deal.term_months > 0 else None


def _last_base(rows: Sequence[Line]) -> Base | None:
    known = [row for row in rows if row.kind == "commission" and row.base is not None]
    return max(known, key=_by_month).base if known else None


def _clash(deal: Deal, terms: Terms, currency: str) -> Fault | None:
    """Return a fault where money of the plan (tiers, fee, caps) is in another currency than the deal."""
    plan = terms.plan
    stated = plan.fee is not None or plan.cap_per_deal is not None or plan.cap_per_partner is not None
    if not (plan.tiers or stated) or plan.currency == currency:
        return None
    text = (
        f"Deal {deal.id} is in {currency}, plan {plan.text} in {plan.currency}: "
        "correct Currency in HubSpot, or give the partner a plan in that currency"
    )
    return Fault("currency", text, terms.partner.key)
