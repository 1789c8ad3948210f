"""What the client of a deal has really paid, net of tax, day by day; and since when that covers a month.

Exact throughout: fractions, or whole numbers of parts. Which invoices are the deal's: `matching`; what is said of a
month: `statuses`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import gcd, lcm
from operator import attrgetter
from typing import NamedTuple

from worker.domain.facts import Cash, CreditNote, Invoice
from worker.domain.money import exact_rest, exact_sum
from worker.planning.matching import CASH, counts

_NOTHING = Decimal(0)
_in_order = attrgetter("on", "number", "id")


class Due(NamedTuple):
    """An invoice on which something is open, tax included."""

    number: str
    amount: Decimal
    since: date | None


class Cover(NamedTuple):
    """Since when cash covers a month, and the invoices paid on that day; a base of zero needs neither."""

    on: date | None = None
    invoices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipts:
    """The cash of one deal, in its currency."""

    days: Sequence[date] = ()  # on which cash moved, oldest first
    floors: Sequence[int] = ()  # the least that the net cash has been from that day on, in `parts`
    parts: int = 1  # of one of the currency: whole numbers of them are as exact as fractions, and far cheaper
    paid: Mapping[date, tuple[str, ...]] = field(default_factory=dict)  # invoices on which cash came in that day
    billed: Sequence[Invoice] = ()  # VOIDED ones too
    due: Due | None = None  # the oldest
    foreign: tuple[str, ...] = ()  # invoices and notes in another currency: they carry nothing, and say so
    first_invoice: date | None = None
    doubt: str | None = None

    @property
    def net(self) -> Fraction:
        """Return the net cash of today."""
        return Fraction(self.floors[-1] if self.floors else 0, self.parts)

    @property
    def invoiced(self) -> Decimal:
        """Return what was invoiced, net of tax."""
        return exact_sum([invoice.sub_total for invoice in self.billed])


@dataclass(slots=True)
class _Moves:
    """What moved on each day net of tax, in whole parts of one: of as many as the amounts so far have needed."""

    sums: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    parts: int = 1

    def add(self, document: Invoice | CreditNote, came: Iterable[Cash], went: Iterable[Cash]) -> None:
        """Add what came and went on a document, without its tax."""
        sums, (times, per) = self.sums, _untaxed(document)
        for moved, sign in ((came, times), (went, -times)):
            last, net = None, 0
            for cash in moved:
                if cash.amount != last:  # what is paid in instalments is most often one amount again and again
                    last = cash.amount
                    amount, of = last.as_integer_ratio()
                    net = self._in_parts(amount * sign, of * per)
                sums[cash.on] += net

    def _in_parts(self, amount: int, of: int) -> int:
        """Return a fraction in parts; where they are too large for it, all are cut smaller."""
        if self.parts % of:
            smaller = lcm(self.parts, of)
            for day in self.sums:
                self.sums[day] *= smaller // self.parts
            self.parts = smaller
        return amount * (self.parts // of)

    def floors(self) -> tuple[list[date], list[int]]:
        """Return the days, oldest first, and the least that the sum of the moves has been from each on."""
        days = sorted(self.sums)
        so_far = least = sum(self.sums.values())
        found: list[int] = []
        for day in reversed(days):
            if so_far < least:
                least = so_far
            found.append(least)
            so_far -= self.sums[day]
        return days, found[::-1]


def receipts(
    invoices: Iterable[Invoice], notes: Iterable[CreditNote], taken_off: Mapping[str, Decimal], *, currency: str,
    today: date,
) -> Receipts:  # fmt: skip
    """Add up the cash of a deal's invoices and credit notes; `taken_off` is what notes took off invoices, by id."""
    own = sorted(invoices, key=_in_order)
    billed = [invoice for invoice in own if invoice.currency == currency]
    living = [invoice for invoice in billed if counts(invoice)]
    moves = _Moves()
    paid: dict[date, tuple[str, ...]] = {}
    due: Due | None = None
    for invoice in living:
        came = _there(invoice.payments + invoice.prepayments + invoice.overpayments, today)
        moves.add(invoice, came, _there(invoice.refunds, today))
        alone = (invoice.number,)
        for cash in came:
            numbers = paid.setdefault(cash.on, alone)
            if invoice.number not in numbers:
                paid[cash.on] = numbers + alone
        if due is None and invoice.status != "PAID":
            left = exact_rest(invoice.total, [taken_off.get(invoice.id, _NOTHING), *[cash.amount for cash in came]])
            due = Due(invoice.number, left, invoice.due_date) if left > 0 else None
    elsewhere = [(i.number, i.currency) for i in own if i.currency != currency and counts(i)]
    for note in sorted(notes, key=lambda note: (note.on, note.number)):
        back = _there(note.refunds, today)
        if note.currency == currency:
            moves.add(note, (), back)
        elif back:
            elsewhere.append((note.number, note.currency))
    days, floors = moves.floors()
    return Receipts(
        days, floors, moves.parts, paid, billed, due,
        foreign=tuple(f"{number} is in {other}, the deal in {currency}" for number, other in elsewhere),
        first_invoice=living[0].on if living else None,
        doubt=next((f"invoice {i.number} can't be read: {i.doubt}" for i in own if i.doubt is not None), None),
    )  # fmt: skip


def first_invoice(invoices: Iterable[Invoice], currency: str) -> date | None:
    """Return the day of the first invoice that counts."""
    return min((i.on for i in invoices if i.currency == currency and counts(i)), default=None)


def live_notes(notes: Iterable[CreditNote], today: date) -> list[CreditNote]:
    """Return the credit notes that count."""
    return [note for note in notes if note.status in CASH and note.on <= today and note.total != 0]


def credited(notes: Iterable[CreditNote], today: date) -> dict[str, Decimal]:
    """Return what credit notes took off each invoice, by the invoice's id."""
    found: dict[str, list[Decimal]] = defaultdict(list)
    for note in notes:
        for allocation in note.allocations:
            if allocation.on <= today:
                found[allocation.invoice].append(allocation.amount)
    return {invoice: exact_sum(amounts) for invoice, amounts in found.items()}


def _there(moved: Iterable[Cash], today: date) -> list[Cash]:
    return [cash for cash in moved if cash.on <= today and cash.status != "DELETED"]


def _untaxed(document: Invoice | CreditNote) -> tuple[int, int]:
    """Return how much of a document's cash is net of tax: SubTotal ÷ Total."""
    if document.sub_total == document.total:
        return 1, 1
    (net, net_per), (gross, gross_per) = document.sub_total.as_integer_ratio(), document.total.as_integer_ratio()
    times, per = net * gross_per, net_per * gross
    common = gcd(times, per)
    return times // common, per // common


def covers(cash: Receipts, needed: Iterable[int], of: int) -> list[Cover | None]:
    """Return since when the net cash has been above zero and has reached what is needed; None while it has not.

    What is needed, of one month after the other, are fractions: `needed` ÷ `of`.
    """
    days, floors, parts, paid = cash.days, cash.floors, cash.parts, cash.paid
    above = bisect_left(floors, 1)
    found: list[Cover | None] = []
    last, covered = len(floors), None
    for least in needed:
        place = bisect_left(floors, -(-least * parts // of), above)  # rounded up: the floors are whole
        if place != last:
            last = place
            covered = Cover(days[place], paid.get(days[place], ())) if place < len(floors) else None
        found.append(covered)
    return found
