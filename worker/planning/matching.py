"""Which deal an invoice serves, by the three rules; the rest are suggestions for staff and are never used.

One invoice serves one deal, and a rule that fits two deals ends the search with none. Credit notes follow their
reference, else the invoices that they are allocated to. Cash and coverage: `cash`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from worker.domain.facts import CreditNote, Deal, Invoice, Lead
from worker.domain.money import shown
from worker.domain.months import Month
from worker.planning.earning import Facts, deal_order, survivors

CASH = frozenset({"AUTHORISED", "PAID"})  # statuses of invoices and credit notes that carry cash
_BILLED = CASH | {"VOIDED"}
_TOKEN = re.compile(r"[\w-]+")
_SHOWN = 5  # suggestions that are written out; a client may have hundreds of invoices
_FEW = 3  # an amount that fits more deals than this says nothing


@dataclass(frozen=True, slots=True)
class Span:
    """The months in which a deal may be invoiced; `start` is None where the first invoice begins them."""

    start: date | None
    months: int  # 0: without end
    by_days: bool = False  # from the middle of a month there is one more, for the rest

    def holds(self, day: date, first_invoice: date | None) -> bool:
        """Tell whether a day's month is one of them, given the first invoice so far."""
        start = self.start or min(first_invoice or day, day)
        months = self.months + 1 if self.by_days and start.day > 1 else self.months
        first, month = Month.of(start), Month.of(day)
        return first <= month and (not self.months or month < first.plus(months))


@dataclass(frozen=True, slots=True)
class Open:
    """When a deal of a company is open for the company's invoices: from its win until it left, within one of spans."""

    company: str
    currency: str | None
    won_on: date
    left_on: date | None
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """What names a deal: its id, its leads' keys, and the invoices that staff wrote on a lead."""

    tokens: Mapping[str, frozenset[str]]  # token in small letters → deals
    written: Mapping[str, frozenset[str]]  # invoice number in small letters → deals

    @staticmethod
    def of(deals: Mapping[str, Deal], leads: Iterable[Lead], survivor: Mapping[str, str]) -> Names:
        """Gather the names of all deals; a merged one's name its survivor."""
        tokens: dict[str, frozenset[str]] = defaultdict(frozenset)
        written: dict[str, frozenset[str]] = defaultdict(frozenset)
        for deal in deals:
            tokens[deal.casefold()] |= {survivor[deal]}
        for lead in leads:
            if lead.deal:
                end = survivor.get(lead.deal, lead.deal)
                for token in (lead.key.casefold(), lead.deal.casefold()):
                    tokens[token] |= {end}
                for number in lead.invoices:
                    written[number.strip().casefold()] |= {end}
        return Names(tokens, written)

    def in_reference(self, reference: str) -> frozenset[str]:
        """Return the deals that a reference names as whole tokens."""
        known = [self.tokens[token] for token in _TOKEN.findall(reference.casefold()) if token in self.tokens]
        return known[0] if len(known) == 1 else frozenset().union(*known)

    def named(self, invoice: Invoice) -> frozenset[str]:
        """Return the deals that the first two rules find; the second is asked only where the first finds none."""
        return self.in_reference(invoice.reference) or self.written.get(invoice.number.strip().casefold(), frozenset())


def counts(invoice: Invoice) -> bool:
    """Tell whether an invoice can carry cash at all."""
    return invoice.status in CASH and bool(invoice.total)


def match(
    invoices: Iterable[Invoice], names: Names, openings: Mapping[str, Open], today: date
) -> tuple[dict[str, str], list[Invoice]]:
    """Return the deal that each invoice serves, by the invoice's id, and those that serve none but could carry cash.

    `openings` are of deals that were won, by id, with a lead or without; what is dated after today is not there yet.
    """
    serves: dict[str, str] = {}
    by_contact: list[Invoice] = []
    nobodys: list[Invoice] = []
    first: dict[str, date] = {}

    def take(invoice: Invoice, deal: str) -> None:
        serves[invoice.id] = deal
        opening = openings.get(deal)
        if opening and counts(invoice) and invoice.currency == opening.currency:
            before = first.setdefault(deal, invoice.on)
            if invoice.on < before:
                first[deal] = invoice.on

    for invoice in invoices:
        if invoice.on > today or invoice.status not in _BILLED or invoice.type != "ACCREC":
            continue
        deals = names.named(invoice)
        if len(deals) == 1:
            take(invoice, next(iter(deals)))
        else:
            (nobodys if deals else by_contact).append(invoice)
    companies: dict[str, list[str]] = defaultdict(list)
    for deal, opening in openings.items():
        companies[opening.company].append(deal)
    for invoice in sorted(by_contact, key=lambda invoice: (invoice.on, invoice.id)):
        candidates = companies.get(invoice.contact_number or "", ())
        fitting = [deal for deal in candidates if _is_open(openings[deal], invoice.on, first.get(deal))]
        if len(fitting) == 1:
            take(invoice, fitting[0])
        else:
            nobodys.append(invoice)
    return serves, [invoice for invoice in nobodys if counts(invoice)]


def _is_open(opening: Open, day: date, first_invoice: date | None) -> bool:
    if day < opening.won_on or (opening.left_on is not None and opening.left_on <= day):
        return False
    return any(span.holds(day, first_invoice) for span in opening.spans)


def note_serves(note: CreditNote, names: Names, serves: Mapping[str, str], today: date) -> str | None:
    """Return the deal that a credit note belongs to: named in its reference, else served by all its invoices."""
    named = names.in_reference(note.reference)
    if named:
        return next(iter(named)) if len(named) == 1 else None
    deals = {serves.get(allocation.invoice) for allocation in note.allocations if allocation.on <= today}
    return deals.pop() if len(deals) == 1 else None


def needs_contact(facts: Facts) -> list[Invoice]:
    """Return the invoices that only the contact's number could tie to a deal, where that number is not known yet."""
    names = Names.of(facts.deals, facts.leads, survivors(facts.deals))
    return [
        invoice
        for invoice in facts.invoices
        if invoice.contact_number is None and invoice.status in _BILLED and not names.named(invoice)
    ]


def suggest(
    nobodys: Sequence[Invoice], names: Names, leads: Iterable[tuple[Lead, Deal]], survivor: Mapping[str, str]
) -> dict[str, str]:
    """Return words for staff, by lead key: invoices that serve no deal, and why they might serve this one.

    `leads` are those of deals that were won; each invoice is only ever a suggestion.
    """
    if not nobodys:
        return {}
    by_deal: dict[str, list[str]] = defaultdict(list)
    by_company: dict[str, list[str]] = defaultdict(list)
    by_name: dict[str, list[str]] = defaultdict(list)
    by_amount: dict[tuple[object, object], list[str]] = defaultdict(list)
    for lead, deal in sorted(leads, key=lambda pair: (deal_order(pair[1].id), pair[0].key)):
        by_deal[survivor.get(lead.deal, lead.deal)].append(lead.key)
        by_company[deal.company or "?"].append(lead.key)
        by_name[lead.company_name.strip().casefold() or "?"].append(lead.key)
        by_amount[deal.value, deal.currency].append(lead.key)
    found: dict[str, list[str]] = defaultdict(list)
    for invoice in sorted(nobodys, key=lambda invoice: (invoice.on, invoice.id)):
        reasons: dict[str, list[str]] = defaultdict(list)
        for deal_id in names.named(invoice):
            _add(reasons, by_deal.get(deal_id, ()), "it names more than one deal")
        _add(reasons, by_company.get(invoice.contact_number or "", ()), "the same client")
        _add(reasons, by_name.get(invoice.contact_name.strip().casefold(), ()), "the same name")
        alike = by_amount.get((invoice.sub_total, invoice.currency), ())
        _add(reasons, alike if len(alike) <= _FEW else (), "the same amount")
        for lead_key, why in reasons.items():
            amount = f"{shown(invoice.sub_total, invoice.currency)} {invoice.currency}"
            found[lead_key].append(f"{invoice.number} of {invoice.on}, {amount} net ({', '.join(why)})")
    return {key: _words(texts) for key, texts in found.items()}


def _words(texts: Sequence[str]) -> str:
    more = f"; and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return f"May be for this deal: {'; '.join(texts[:_SHOWN])}{more}. If so, write the number into Invoices."


def _add(reasons: dict[str, list[str]], leads: Iterable[str], why: str) -> None:
    for lead in leads:
        reasons[lead].append(why)
