"""The money rules once more, for tests: which deal an invoice serves, and what its client has paid by each day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from worker.domain.facts import CreditNote, Invoice

from .slow_terms import Case, local, month_of, months_of, start_of, survivor, term_of

Moves = list[tuple[date, Fraction]]


@dataclass
class Book:
    """What the ledger says about one deal."""

    moves: Moves = field(default_factory=list)  # net cash in and out
    invoiced: Fraction = Fraction(0)
    open: bool = False  # something is still to be paid, or is in another currency
    doubt: bool = False
    first: date | None = None  # of the first invoice that counts

    def net(self, day: date) -> Fraction:
        """Return the net cash up to a day."""
        return sum((amount for on, amount in self.moves if on <= day), Fraction(0))

    def since(self, needed: Fraction) -> date | None:
        """Return the day from which on the cash was above zero and reached what is needed; None if it does not."""
        found = None
        for day in sorted({on for on, _ in self.moves}):
            if self.net(day) > 0 and self.net(day) >= needed:
                found = found or day
            else:
                found = None
        return found


def tokens(text: str) -> set[str]:
    return set(re.findall(r"[\w-]+", text.lower()))


def named(facts: Any, reference: str) -> set[str]:
    """Return the deals whose id, or whose lead's key, a reference holds as a token."""
    words = tokens(reference)
    by_id = {survivor(facts, deal) for deal in facts.deals if deal.lower() in words}
    return by_id | {survivor(facts, lead.deal) for lead in facts.leads if lead.key.lower() in words}


def may_invoice(facts: Any, case: Case | None, deal_id: str, day: date, first: date | None, today: date) -> bool:
    """Tell whether a won deal is open on a day: won by then, not left by then, within its months."""
    deal = facts.deals[deal_id]
    if deal.won_at is None or local(deal.won_at, facts) > day or survivor(facts, deal_id) != deal_id:
        return False
    if deal.state != "won" and deal.left_won_at is not None and local(deal.left_won_at, facts) <= day:
        return False
    won = local(deal.won_at, facts)
    if case is None or not case.earners:
        return not term_of(deal) or month_of(day) < month_of(won) + (term_of(deal) or 0)
    for earner in case.earners:
        start = start_of(earner.plan, won, min(first or day, day))
        assert start is not None
        if earner.plan.fee is not None:
            ends = [n for n in (earner.plan.months, term_of(deal)) if n]
            given = [month_of(start) + n for n in range(min(ends) if ends else month_of(today) - month_of(start) + 1)]
        else:
            given = [month for month, _ in months_of(earner.plan, start, term_of(deal), today)]
        if month_of(day) in given:
            return True
    return False


def serves(facts: Any, all_cases: Sequence[Case], today: date) -> dict[str, str]:
    """Return which deal each invoice serves, by the first of three rules that applies."""
    found: dict[str, str] = {}
    first: dict[str, date] = {}
    by_deal = {survivor(facts, case.home): case for case in all_cases if case.earners}
    left = []
    for one in facts.invoices:
        if one.type != "ACCREC" or one.on > today or one.status not in ("AUTHORISED", "PAID", "VOIDED"):
            continue
        deals = named(facts, one.reference) or {
            survivor(facts, lead.deal) for lead in facts.leads if one.number in lead.invoices
        }
        if len(deals) == 1:
            found[one.id] = deals.pop()
        elif not deals:
            left.append(one)
    for one in sorted(left, key=lambda one: (one.on, one.id)):
        for other in facts.invoices:
            if other.id in found and carries(other) and other.currency == facts.deals[found[other.id]].currency:
                first[found[other.id]] = min(first.get(found[other.id], other.on), other.on)
        fitting = [
            deal.id for deal in facts.deals.values()
            if deal.company and deal.company == one.contact_number
            and may_invoice(facts, by_deal.get(deal.id), deal.id, one.on, first.get(deal.id), today)
        ]  # fmt: skip
        if len(fitting) == 1:
            found[one.id] = fitting[0]
    return found


def carries(one: Invoice | CreditNote) -> bool:
    return one.status in ("AUTHORISED", "PAID") and one.total != 0


def note_deal(facts: Any, note: CreditNote, served: dict[str, str], today: date) -> str | None:
    """Return the deal of a credit note: the one that it names, else the one of all invoices it is allocated to."""
    deals: set[str | None] = {*named(facts, note.reference)}
    deals = deals or {served.get(part.invoice) for part in note.allocations if part.on <= today}
    return deals.pop() if len(deals) == 1 else None


def book_of(facts: Any, case: Case, served: dict[str, str], noted: dict[str, str | None], today: date) -> Book:
    """Add up what the invoices and credit notes of a deal come to."""
    book, deal = Book(), survivor(facts, case.home)
    own = [one for one in facts.invoices if served.get(one.id) == deal]
    notes = [note for note in facts.credit_notes if note.on <= today and carries(note)]
    book.doubt = any(one.doubt for one in own)
    for one in own:
        if one.currency != case.currency:
            book.open = book.open or carries(one)
            continue
        book.invoiced += Fraction(one.sub_total)
        if not carries(one):
            continue
        book.first = min(book.first or one.on, one.on)
        came = [c for c in (*one.payments, *one.prepayments, *one.overpayments) if there(c, today)]
        went = [c for c in one.refunds if there(c, today)]
        net = Fraction(one.sub_total) / Fraction(one.total)
        book.moves += [(c.on, Fraction(c.amount) * net) for c in came]
        book.moves += [(c.on, -Fraction(c.amount) * net) for c in went]
        credited = sum(
            part.amount for note in notes for part in note.allocations if part.invoice == one.id and part.on <= today
        )
        if one.status != "PAID" and sum(c.amount for c in came) + credited < one.total:
            book.open = True
    for note in notes:
        if noted[note.id] == deal:
            back = [c for c in note.refunds if there(c, today)]
            if note.currency == case.currency:
                net = Fraction(note.sub_total) / Fraction(note.total)
                book.moves += [(c.on, -Fraction(c.amount) * net) for c in back]
            else:
                book.open = book.open or bool(back)
    return book


def there(cash: Any, today: date) -> bool:
    return bool(cash.on <= today and cash.status != "DELETED")
