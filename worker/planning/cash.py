"""What the client of a deal has really paid, net of tax, day by day; and since when that covers a month.

Exact fractions throughout. Which invoices are the deal's: `matching`; what is said of a month: `statuses`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import accumulate

from worker.domain.facts import Cash, CreditNote, Invoice
from worker.planning.matching import CASH, counts

_NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class Due:
    """An invoice on which something is open, tax included."""

    number: str
    amount: Fraction
    since: date | None


@dataclass(frozen=True, slots=True)
class Cover:
    """Since when cash covers a month, and the invoices paid on that day; a base of zero needs neither."""

    on: date | None = None
    invoices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipts:
    """The cash of one deal, in its currency."""

    days: tuple[date, ...] = ()  # on which cash moved, oldest first
    floors: tuple[Fraction, ...] = ()  # the least that the net cash has been from that day on
    paid: Mapping[date, tuple[str, ...]] = field(default_factory=dict)  # invoices on which cash came in that day
    net: Fraction = Fraction(0)
    invoiced: Fraction = Fraction(0)  # net of tax, VOIDED ones too
    due: tuple[Due, ...] = ()  # oldest first
    foreign: tuple[str, ...] = ()  # invoices and notes in another currency: they carry nothing, and say so
    first_invoice: date | None = None
    doubt: str | None = None


def receipts(
    invoices: Iterable[Invoice], notes: Iterable[CreditNote], taken_off: Mapping[str, Fraction], *, currency: str,
    today: date,
) -> Receipts:  # fmt: skip
    """Add up the cash of a deal's invoices and credit notes; `taken_off` is what notes took off invoices, by id."""
    own = sorted(invoices, key=lambda invoice: (invoice.on, invoice.number, invoice.id))
    billed = [invoice for invoice in own if invoice.currency == currency]
    living = [invoice for invoice in billed if counts(invoice)]
    moves: dict[date, Fraction] = defaultdict(Fraction)
    paid: dict[date, tuple[str, ...]] = {}
    due: list[Due] = []
    for invoice in living:
        left = Fraction(invoice.total) - taken_off.get(invoice.id, _NOTHING)
        rate = Fraction(invoice.sub_total) / Fraction(invoice.total)
        for cash in _there((*invoice.payments, *invoice.prepayments, *invoice.overpayments), today):
            amount = Fraction(cash.amount)
            left -= amount
            moves[cash.on] += amount if rate == 1 else amount * rate
            paid[cash.on] = tuple(dict.fromkeys((*paid.get(cash.on, ()), invoice.number)))
        for cash in _there(invoice.refunds, today):
            moves[cash.on] -= Fraction(cash.amount) * rate
        if invoice.status != "PAID" and left > 0:
            due.append(Due(invoice.number, left, invoice.due_date))
    elsewhere = [(i.number, i.currency) for i in own if i.currency != currency and counts(i)]
    for note in sorted(notes, key=lambda note: (note.on, note.number)):
        back = _there(note.refunds, today)
        if note.currency == currency:
            for cash in back:
                moves[cash.on] -= Fraction(cash.amount) * Fraction(note.sub_total) / Fraction(note.total)
        elif back:
            elsewhere.append((note.number, note.currency))
    days, floors = _floors(moves)
    return Receipts(
        days=days, floors=floors, paid=paid, net=floors[-1] if floors else Fraction(0),
        invoiced=sum((Fraction(invoice.sub_total) for invoice in billed), Fraction(0)), due=tuple(due),
        foreign=tuple(f"{number} is in {other}, the deal in {currency}" for number, other in elsewhere),
        first_invoice=living[0].on if living else None,
        doubt=next((f"invoice {i.number} can't be read: {i.doubt}" for i in own if i.doubt is not None), None),
    )  # fmt: skip


def live_notes(notes: Iterable[CreditNote], today: date) -> list[CreditNote]:
    """Return the credit notes that count."""
    return [note for note in notes if note.status in CASH and note.on <= today and note.total != 0]


def credited(notes: Iterable[CreditNote], today: date) -> dict[str, Fraction]:
    """Return what credit notes took off each invoice, by the invoice's id."""
    found: dict[str, Fraction] = defaultdict(Fraction)
    for note in notes:
        for allocation in note.allocations:
            if allocation.on <= today:
                found[allocation.invoice] += Fraction(allocation.amount)
    return found


def _there(moved: Iterable[Cash], today: date) -> list[Cash]:
    return [cash for cash in moved if cash.on <= today and cash.status != "DELETED"]


def _floors(moves: Mapping[date, Fraction]) -> tuple[tuple[date, ...], tuple[Fraction, ...]]:
    days = tuple(sorted(moves))
    floors = list(accumulate(moves[day] for day in days))
    for place in range(len(floors) - 2, -1, -1):
        floors[place] = min(floors[place], floors[place + 1])
    return days, tuple(floors)


def cover(cash: Receipts, needed: Fraction) -> Cover | None:
    """Return since when the net cash has been above zero and has reached what is needed; None while it has not."""
    place = bisect_left(cash.floors, needed) if needed > 0 else bisect_right(cash.floors, 0)
    if place == len(cash.floors):
        return None
    day = cash.days[place]
    return Cover(day, cash.paid.get(day, ()))
