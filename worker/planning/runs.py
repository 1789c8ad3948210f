"""Cases → the cash of each and the months of every partner on it, before they have amounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from worker.domain.facts import CreditNote, Deal, Invoice
from worker.domain.lines import Base
from worker.domain.money import common_denominator, in_parts, minor_unit
from worker.domain.months import Month, local_day
from worker.planning.amounts import Part, Run, Slot, months_given, parts_of, remembered, start_day
from worker.planning.cash import Cover, Receipts, covers, credited, first_invoice, live_notes, receipts
from worker.planning.earning import Case, Facts, Survey
from worker.planning.matching import Names, Open, Span, match, note_serves, suggest
from worker.planning.statuses import cancelled
from worker.planning.terms import Terms, stated_term

_NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class Matched:
    """Which deal each invoice and each living credit note serves, by their ids; `nobodys` invoices serve none."""

    names: Names
    invoices: Mapping[str, str]
    notes: Mapping[str, str]
    nobodys: Sequence[Invoice]


def matched(facts: Facts, found: Survey, today: date) -> Matched:
    """Find the deal of every invoice and credit note."""
    names = Names.of(facts.deals, facts.leads, found.survivors)
    serves, nobodys = match(facts.invoices, names, _openings(facts, found), today)
    notes = {note.id: note_serves(note, names, serves, today) for note in live_notes(facts.credit_notes, today)}
    return Matched(names, serves, {note: deal for note, deal in notes.items() if deal is not None}, nobodys)


@dataclass(frozen=True, slots=True)
class Books:
    """The invoices and credit notes of every deal; its cash is added up when it is asked for, and not kept."""

    invoices: Mapping[str, Sequence[Invoice]]  # by deal
    notes: Mapping[str, Sequence[CreditNote]]  # by deal
    taken_off: Mapping[str, Decimal]  # by invoice: what credit notes took off it
    today: date

    def receipts(self, case: Case) -> Receipts:
        """Return the cash of a case."""
        invoices, notes = self.invoices.get(case.id, ()), self.notes.get(case.id, ())
        return receipts(invoices, notes, self.taken_off, currency=case.currency, today=self.today)

    def first_invoice(self, case: Case) -> date | None:
        """Return the day of the first invoice that counts."""
        return first_invoice(self.invoices.get(case.id, ()), case.currency)


def books_of(facts: Facts, found: Survey, today: date) -> tuple[Books, dict[str, str]]:
    """Return the books of every deal, and suggestions by lead key for invoices that serve no deal."""
    serves = matched(facts, found, today)
    notes = live_notes(facts.credit_notes, today)
    invoices: dict[str, list[Invoice]] = defaultdict(list)
    for invoice in facts.invoices:
        if invoice.id in serves.invoices:
            invoices[serves.invoices[invoice.id]].append(invoice)
    own_notes: dict[str, list[CreditNote]] = defaultdict(list)
    for note in notes:
        if note.id in serves.notes:
            own_notes[serves.notes[note.id]].append(note)
    leads = [(case.lead, case.deal) for case in found.cases]
    suggestions = suggest(serves.nobodys, serves.names, leads, found.survivors)
    return Books(invoices, own_notes, credited(notes, today), today), suggestions


def _openings(facts: Facts, found: Survey) -> dict[str, Open]:
    """Return when each deal that was won is open for its company's invoices, with a lead or without."""
    cases = {case.id: case for case in found.cases if case.terms}
    openings: dict[str, Open] = {}
    for deal_id, deal in facts.deals.items():
        if found.survivors[deal_id] != deal_id or deal.won_at is None or not deal.company:
            continue
        won_on = local_day(deal.won_at, facts.zone)
        left = deal.left_won_at if deal.state != "won" else None
        left_on = local_day(left, facts.zone) if left else None
        case = cases.get(deal_id)
        spans = tuple(_span(case, terms) for terms in case.terms) if case else (Span(won_on, stated_term(deal) or 0),)
        openings[deal_id] = Open(deal.company, case.currency if case else deal.currency, won_on, left_on, spans)
    return openings


def _span(case: Case, terms: Terms) -> Span:
    """Return the months that a plan gives a deal by itself, whatever other deals the client has."""
    plan = terms.plan
    start = start_day(plan, case.won_on, None)
    return Span(start, months_given(plan, stated_term(case.deal)), plan.prorate == "days" and plan.fee is None)


def runs_of(facts: Facts, found: Survey, books: Books, today: date) -> Iterator[tuple[Case, Receipts, list[Run]]]:
    """Yield every case with its cash and the months of each partner on it, in the order of cases and partners.

    One at a time: where cases have nothing to do with each other, nobody needs to hold the months of all of them.
    """
    firsts = _first_months(found, books, facts.deals)
    for plain in found.cases:
        cash = books.receipts(plain)
        case = plain if plain.doubt or cash.doubt is None else replace(plain, doubt=cash.doubt)
        memory = remembered(case, today)
        runs: list[Run] = []
        for terms in case.terms:
            parts = _parts(case, terms, cash.first_invoice, firsts, today)
            if parts:
                bases = [row.base if (row := memory.get(part.month)) else case.base for part in parts]
                runs.append(Run(case, terms, _slots(facts, case, terms, parts, bases, cash, today)))
        yield case, cash, runs


def _parts(
    case: Case, terms: Terms, first: date | None, firsts: Mapping[tuple[str, str], Month], today: date
) -> Sequence[Part]:
    """Return the months that a partner has of a case; none before the plan begins to earn."""
    plan, company = terms.plan, case.deal.company
    start = start_day(plan, case.won_on, first)
    if start is None:
        return ()
    parts = parts_of(plan, start, stated_term(case.deal), today)
    if plan.count_months_per == "client" and plan.months and company:
        end = firsts[terms.partner.key, company].plus(plan.months)
        return [part for part in parts if part.month < end]
    return parts


def _first_months(found: Survey, books: Books, deals: Mapping[str, Deal]) -> dict[tuple[str, str], Month]:
    """Return the start of the first deal of each partner with each client; lines that stand still remember theirs."""
    firsts: dict[tuple[str, str], Month] = {}
    if all(terms.plan.count_months_per == "deal" for case in found.cases for terms in case.terms):
        return firsts  # nobody asks
    seen = [
        (terms.partner.key, case.deal.company or "", Month.of(start))
        for case in found.cases
        for terms in case.terms
        if (start := start_day(terms.plan, case.won_on, books.first_invoice(case))) is not None
    ]
    for line, _ in found.still:
        deal = deals.get(line.deal or "")
        if deal is not None and line.kind == "commission":
            seen.append((line.partner, deal.company or "", line.month))
    for partner, company, month in seen:
        firsts[partner, company] = min(firsts.get((partner, company), month), month)
    return firsts


def _slots(
    facts: Facts, case: Case, terms: Terms, parts: Sequence[Part], bases: Sequence[Base | None], cash: Receipts,
    today: date,
) -> tuple[Slot, ...]:  # fmt: skip
    """Return the months with their bases, since when cash covers each, and why one is cancelled for good."""
    policy, fee = facts.policy, terms.plan.fee is not None
    tolerance = minor_unit(case.currency) if policy.tolerance is None else Fraction(policy.tolerance)
    settled = parts[-1].month.over(today) and cash.due is None and not cash.foreign
    invoiced = cash.invoiced if settled else Decimal(0)
    never = invoiced > 0
    may_end = never or case.left_on is not None or terms.partner.left_on is not None
    month_bases = [_NOTHING] * len(parts) if fee else _month_bases(parts, bases)
    of = common_denominator(month_bases, tolerance.denominator)
    forgiven = tolerance.numerator * (of // tolerance.denominator)
    due = in_parts(month_bases, of)
    needed = list(accumulate([each - forgiven for each in due]))  # what the net cash must reach to cover each month
    covered_by = covers(cash, needed, of)
    found: list[Slot] = []
    for number, (part, base, month_base, least) in enumerate(zip(parts, bases, month_bases, needed, strict=True), 1):
        covered = covered_by[number - 1] if due[number - 1] or fee else Cover()
        why = None
        if may_end:
            unpaid = never and invoiced >= Fraction(least, of)
            why = cancelled(part.month, covered, case, terms.partner, unpaid=unpaid, policy=policy, today=today)
        found.append(Slot(part, number, base, month_base, covered, why))
    return tuple(found)


def _month_bases(parts: Sequence[Part], bases: Sequence[Base | None]) -> list[Fraction]:
    """Return the monthly base of each part; those of one base share one."""
    found: list[Fraction] = []
    monthly, base = _NOTHING, None
    for part, known in zip(parts, bases, strict=True):
        if known is not base and known != base:  # rows that were read have equal bases, planned ones the same
            base, monthly = known, known.monthly() if known else _NOTHING
        found.append(monthly if part.days is None else monthly * part.share)
    return found
