"""The facts that commission lines hang on, as text by subject: what to look at when a plan is another than it was.

Deals' value and stage, leads' partners, the plan versions, rates of exchange, what staff wrote beside lines, what was
paid on invoices. Says what stands, concludes nothing; no person's name or address is in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal

from worker.domain.approvals import CRM, Place
from worker.domain.facts import Cash, CreditNote, Deal, Invoice, Lead
from worker.domain.lines import Line
from worker.domain.months import Month, local_day
from worker.domain.plans import CommissionPlan
from worker.planning.approvals import figure
from worker.planning.earning import Facts, Survey, survey
from worker.planning.runs import matched

Found = dict[str, dict[str, str]]


def deals_behind(places: Iterable[Place], facts: Facts) -> set[str]:
    """Return the deals that changes at these places hang on."""
    of_lead = {lead.key: lead.deal for lead in facts.leads}
    found: set[str] = set()
    partners: set[str] = set()
    for table, key in places:
        if table == "Commissions":
            deal, _, rest = key.partition("/")
            if deal == "tier":
                partners.add(rest.partition("/")[0])
            else:
                found.add(deal)
        elif table in ("Leads", CRM) and key in of_lead:
            found.add(of_lead[key])
    for lead in facts.leads:
        if partners & {share.partner for share in lead.shares}:
            found.add(lead.deal)
    return found


def grounds(facts: Facts, lines: Sequence[Line], today: date, deals: Collection[str]) -> Found:
    """Return the facts behind some deals, those that they were merged into among them."""
    by_deal: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_deal[line.deal or ""].append(line)
    found = survey(facts, by_deal, today)
    wanted = {end for deal in deals for end in (deal, found.survivors.get(deal, deal))}
    texts: Found = {"the calendar": {"month": str(Month.of(today))}}
    for deal_id in sorted(wanted & facts.deals.keys()):
        texts[f"deal {deal_id}"] = _deal(facts, facts.deals[deal_id])
    for lead in facts.leads:
        if lead.deal in wanted:
            texts[f"lead {lead.key}"] = _lead(facts, lead)
    texts |= _partners(facts, found, wanted)
    texts |= _rates(facts, wanted)
    texts |= _staffs(line for line in lines if line.deal in wanted or _is_true_up(line, texts))
    texts |= _cash(facts, found, today, wanted)
    return texts


def _staffs(lines: Iterable[Line]) -> Found:
    """Return what staff wrote beside lines; of most lines that is nothing, and they are left out."""
    found = {
        f"line {line.key}": {
            "hold": "ticked" if line.hold else "",
            "adjustment": "" if line.adjustment is None else figure(line.adjustment, line.currency),
        }
        for line in lines if line.hold or line.adjustment is not None
    }  # fmt: skip
    return dict(sorted(found.items()))


def _is_true_up(line: Line, texts: Found) -> bool:
    """Tell whether a line is the true-up of a period of one of the partners that are told of."""
    return line.deal is None and f"partner {line.partner}" in texts


def _deal(facts: Facts, deal: Deal) -> dict[str, str]:
    return {
        "value": "" if deal.value is None else figure(deal.value, deal.currency or ""),
        "interval": deal.interval or "",
        "term": f"{deal.term_months} months" if deal.term_months else "",
        "stage": deal.state,
        "won on": local_day(deal.won_at, facts.zone).isoformat() if deal.won_at else "",
        "left won on": local_day(deal.left_won_at, facts.zone).isoformat() if deal.left_won_at else "",
        "merged into": deal.merged_into or "",
        "in doubt": deal.doubt or "",
    }


def _lead(facts: Facts, lead: Lead) -> dict[str, str]:
    shares = sorted(lead.shares, key=lambda share: share.partner)
    return {
        "deal": lead.deal,
        "sent on": local_day(lead.submitted_at, facts.zone).isoformat(),
        "partners": ", ".join(f"{share.partner} {share.percent:f} %" for share in shares),
        "hold": "ticked" if lead.held else "",
        "invoices": ", ".join(lead.invoices),
    }


def _partners(facts: Facts, found: Survey, wanted: Collection[str]) -> Found:
    """Return how the partners of these deals stand, and the terms of the plans that rate them."""
    texts: Found = {}
    for case in found.cases:
        if case.id not in wanted:
            continue
        for share in case.lead.shares:
            partner = facts.partners.get(share.partner)
            if partner is not None:
                chosen = max(partner.plans, key=lambda choice: choice.since, default=None)
                texts[f"partner {partner.key}"] = {
                    "plan": chosen.plan if chosen else "",
                    "status": "Left" if partner.left else "Paused" if partner.paused else "Enrolled",
                    "last day": partner.left_on.isoformat() if partner.left_on else "",
                    "not enrolled": ", ".join(f"{days.first} to {days.last}" for days in partner.away),
                    "currency": partner.currency or "",
                }
        for terms in case.terms:
            texts[f"plan {terms.plan.text}"] = _terms(terms.plan)
    return dict(sorted(texts.items()))


def _terms(plan: CommissionPlan) -> dict[str, str]:
    """Return what a plan says, each term as text."""
    texts = {"rate": f"{plan.rate:f} %" if plan.rate is not None else ""}
    texts["tiers"] = ", ".join(f"{tier.rate:f} % from {tier.start:,f}" for tier in plan.tiers)
    for name in ("fee", "cap_per_deal", "cap_per_partner"):
        amount: Decimal | None = getattr(plan, name)
        texts[name.replace("_", " ")] = "" if amount is None else figure(amount, plan.currency or "")
    told = {"name", "version", "valid_from", "valid_to", "currency", "rate", "tiers", "fee", "cap_per_deal"}
    for term in fields(plan):
        if term.name not in told | {"cap_per_partner"}:
            texts[term.name.replace("_", " ")] = str(getattr(plan, term.name))
    return texts


def _rates(facts: Facts, wanted: Collection[str]) -> Found:
    """Return the rates from these deals' currencies into those of their partners, by day."""
    rules = facts.policy.conversion
    texts: Found = defaultdict(dict)
    pairs = {
        (facts.deals[lead.deal].currency, partner.currency)
        for lead in facts.leads if lead.deal in wanted & facts.deals.keys()
        for share in lead.shares if (partner := facts.partners.get(share.partner))
    }  # fmt: skip
    for (day, *pair), rate in sorted(rules.rates.items() if rules else ()):
        if tuple(pair) in pairs:
            texts[f"rates {pair[0]} → {pair[1]}"][day.isoformat()] = f"{rate:f}"
    return texts


def _cash(facts: Facts, found: Survey, today: date, wanted: Collection[str]) -> Found:
    """Return what was paid on the invoices and paid back on the credit notes of these deals."""
    serves = matched(facts, found, today)
    texts: Found = {}
    for invoice in sorted(facts.invoices, key=lambda one: (one.number, one.id)):
        deal = serves.invoices.get(invoice.id)
        if deal in wanted:
            texts[f"invoice {invoice.number}"] = {"deal": deal or "", **_invoice(invoice)}
    for note in sorted(facts.credit_notes, key=lambda one: (one.number, one.id)):
        deal = serves.notes.get(note.id)
        if deal in wanted:
            texts[f"credit note {note.number}"] = {"deal": deal or "", **_note(note)}
    return texts


def _invoice(invoice: Invoice) -> dict[str, str]:
    came = _sum((*invoice.payments, *invoice.prepayments, *invoice.overpayments)) - _sum(invoice.refunds)
    return {
        "status": invoice.status,
        "total": figure(invoice.total, invoice.currency),
        "paid": figure(came, invoice.currency),
        "in doubt": invoice.doubt or "",
    }


def _note(note: CreditNote) -> dict[str, str]:
    allocated = sum((part.amount for part in note.allocations), Decimal(0))
    return {
        "status": note.status,
        "total": figure(note.total, note.currency),
        "allocated": figure(allocated, note.currency),
        "paid back": figure(_sum(note.refunds), note.currency),
    }


def _sum(moved: Iterable[Cash]) -> Decimal:
    return sum((cash.amount for cash in moved if cash.status != "DELETED"), Decimal(0))


def bills_behind(bills: Iterable[Invoice]) -> Mapping[str, Mapping[str, str]]:
    """Return what was paid on partners' bills."""
    return {f"bill {bill.number}": _invoice(bill) for bill in sorted(bills, key=lambda one: (one.number, one.id))}


def accounts_behind(places: Iterable[Place], lines: Iterable[Line], held: Iterable[str]) -> Found:
    """Return what is owed to the partners of lines and statements: the lines that are confirmed and free, by key.

    `held` are the keys of statements on which staff ticked Hold.
    """
    partners = {key.split("/")[1] for table, key in places if table in ("Commissions", "Statements")}
    texts: Found = {f"account of {partner}": {} for partner in partners}
    for line in lines:
        if line.partner in partners and line.status == "Confirmed" and not line.hold:
            texts[f"account of {line.partner}"][line.key] = figure(line.amount, line.currency)
    for statement in held:
        if (partner := statement.split("/")[1]) in partners:
            texts[f"account of {partner}"][f"Hold of {statement}"] = "ticked"
    return {about: dict(sorted(facts.items())) for about, facts in texts.items()}
