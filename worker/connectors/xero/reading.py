"""Xero's rows → facts: invoices, bills and credit notes with their cash; what can't be read becomes a doubt in words.

Nothing is asked of Xero here and nothing concluded: an invoice whose own amounts disagree is handed on with the doubt,
and one bad row never stops the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, cast

import structlog

from worker.connectors.xero.api import CREDIT_NOTES, INVOICES, OVERPAYMENTS, PREPAYMENTS, Kind
from worker.connectors.xero.cash import (
    COUNTS,
    DELETED,
    ENTRY_KEYS,
    LIVE,
    REFUNDS,
    Paid,
    Used,
    amount,
    by_parent,
    taken_back,
    uses,
)  # fmt: skip
from worker.connectors.xero.dates import EPOCH, day
from worker.connectors.xero.rows import ASKED, GONE, Row
from worker.domain.facts import Allocation, Cash, CreditNote, Invoice
from worker.ports import Books

log = structlog.get_logger()

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Lists:
    """What the mirrors hold, by id; `credits` are over- and prepayments by the name of their kind, where asked for."""

    invoices: Mapping[str, Row]
    credit_notes: Mapping[str, Row]
    payments: Mapping[str, Row]
    credits: Mapping[str, Mapping[str, Row]]


def wanted_kinds(lists: Lists) -> set[Kind]:
    """Return the lists that are needed because an invoice doesn't tell what was applied, or because of a refund."""
    found = {
        kind for row in lists.payments.values()
        if (kind := REFUNDS.get(str(row.get("PaymentType")))) and row.get("Status") == LIVE
    }  # fmt: skip
    for kind in (OVERPAYMENTS, PREPAYMENTS):
        if kind not in found and any(
            not entry.get("AppliedAmount") or day(entry, "Date") is None
            for row in lists.invoices.values()
            if row.get("Status") in COUNTS
            for entry in row.get(kind.name, ())
        ):
            found.add(kind)
    return found


def disagreeing(lists: Lists) -> tuple[set[str], set[str]]:
    """Return the invoices to read again because the list of payments knows better, and those payments.

    An invoice may change without a new UpdatedDateUTC ("balances", docs, 2026-11); each payment asks for it once.
    """
    invoices, payments = set(), set()
    for parent, paid in by_parent(lists.payments, _currencies(lists)).items():
        fresh = [p.id for p in paid if p.of_invoice and ASKED not in lists.payments[p.id]]
        row = lists.invoices.get(parent)
        if fresh and (row is None or (row.get("Status") in COUNTS and not _Money(parent, row, paid).agrees)):
            invoices.add(parent)
            payments.update(fresh)
    return invoices, payments


def read_books(lists: Lists) -> Books:
    """Read everything."""
    paid = by_parent(lists.payments, _currencies(lists))
    applied: dict[tuple[str, str], list[Used]] = defaultdict(list)
    refunds: dict[str, list[Cash]] = defaultdict(list)
    for credits in lists.credits.values():
        for used in uses(credits):
            applied[used.source, used.invoice].append(used)
        for invoice, cash in taken_back(credits, paid).items():
            refunds[invoice] += cash
    notes, blind = _credit_notes(lists.credit_notes, paid)
    documents: list[Invoice] = []
    for key, row in lists.invoices.items():
        if row.get("Type") not in ("ACCREC", "ACCPAY"):
            log.warning("xero.row_unreadable", kind=INVOICES.name, id=key, why=f"its type is {row.get('Type')}")
            continue
        documents.append(_invoice(key, row, paid.get(key, ()), applied, refunds.get(key, ()), key in blind))
    documents.sort(key=lambda d: (d.on, d.number, d.id))
    clients = tuple(d for d in documents if d.type == "ACCREC")
    return Books(clients, tuple(d for d in documents if d.type == "ACCPAY"), tuple(notes))


def _currencies(lists: Lists) -> dict[str, str]:
    documents = (lists.invoices, lists.credit_notes, *lists.credits.values())
    return {key: str(row.get("CurrencyCode", "")) for rows in documents for key, row in rows.items()}


# ---- invoices and bills ---------------------------------------------------------------------------------------------


def _invoice(
    key: str, row: Row, paid: Sequence[Paid], applied: Mapping[tuple[str, str], Sequence[Used]],
    refunds: Sequence[Cash], blind: bool,
) -> Invoice:  # fmt: skip
    counts = row.get("Status") in COUNTS
    currency = _text(row, "CurrencyCode")
    money = _Money(key, row, paid)
    doubts = ["Xero does not list it any more"] if GONE in row else []
    doubts += ["a credit note allocated to it can't be read"] if blind else []
    over, unclear_over = _applied(key, row, OVERPAYMENTS, applied, currency)
    pre, unclear_pre = _applied(key, row, PREPAYMENTS, applied, currency)
    on = day(row, "Date")
    if counts:
        doubts += [] if currency else ["it has no currency"]
        doubts += [] if on else ["its date can't be read"]
        doubts += money.doubts()
        doubts += unclear_over + unclear_pre or _credited(row, currency, over + pre)
    contact = row.get("Contact", {})
    found = Invoice(
        id=key, number=_text(row, "InvoiceNumber"), type=cast(Literal["ACCREC", "ACCPAY"], row["Type"]),
        status=_text(row, "Status"), on=on or day(row, "UpdatedDateUTC") or EPOCH.date(), due_date=day(row, "DueDate"),
        currency=currency, sub_total=amount(row.get("SubTotal"), currency) or _ZERO,
        total=amount(row.get("Total"), currency) or _ZERO, reference=_text(row, "Reference"),
        contact=_text(contact, "ContactID"), contact_name=_text(contact, "Name"),
        contact_number=_text(contact, "ContactNumber") or None, payments=money.cash(), prepayments=pre,
        overpayments=over, refunds=tuple(refunds), doubt="; ".join(doubts) or None,
    )  # fmt: skip
    if doubts:
        log.warning("xero.invoice_doubtful", id=key, why=found.doubt)
    return found


class _Money:
    """The payments of one invoice: those that it shows itself, and those that the list of payments tells of."""

    def __init__(self, key: str, row: Row, paid: Sequence[Paid]) -> None:
        self._row = row
        self._currency = _text(row, "CurrencyCode")
        self._told = amount(row.get("AmountPaid"), self._currency)
        listed = {p.id: p for p in paid}
        shown = [_shown(key, entry, listed, self._currency) for entry in row.get("Payments", ())]
        ids = {p.id for p in shown}
        self._shown = shown
        self._deleted = [p for p in paid if p.status == DELETED and p.id not in ids]
        # The list is the newer of the two where they differ and the amounts bear it out.
        union = [p for p in shown if p.id not in listed or listed[p.id].status != DELETED]
        union += [p for p in paid if p.status == LIVE and p.id not in ids]
        self.agrees = _sum(union) == self._told
        self._live = union if self.agrees or _sum(shown) != self._told else shown

    def cash(self) -> tuple[Cash, ...]:
        """Return the payments that stand, and the deleted ones as such."""
        every = [cash for p in (*self._live, *self._deleted) if (cash := p.cash())]
        return tuple(sorted(every, key=lambda c: c.on))

    def doubts(self) -> list[str]:
        """Return what is wrong with its amounts, in words."""
        words = [f"its {name} can't be read" for name in ("SubTotal", "Total") if self._amount(name) is None]
        total, due, credited = (self._amount(name) for name in ("Total", "AmountDue", "AmountCredited"))
        if total is None:
            return words
        if due is None or self._told is None or credited is None:
            return [*words, "it does not say what is due, paid and credited"]
        if abs(total - due - self._told - credited) not in (0, abs(self._amount("CISDeduction") or _ZERO)):
            parts = f"due ({due}), paid ({self._told}) and credited ({credited})"
            words.append(f"its total of {total} is not the sum of what is {parts}")
        if any(p.amount is None or p.on is None for p in self._live):
            words.append("a payment of it can't be read")
        elif _sum(self._live) != self._told:
            words.append(f"its payments come to {_sum(self._live)}, yet {self._told} is said to be paid")
        return words

    def _amount(self, name: str) -> Decimal | None:
        return amount(self._row.get(name), self._currency)


def _shown(key: str, entry: Mapping[str, Any], listed: Mapping[str, Paid], currency: str) -> Paid:
    """Return a payment as the invoice shows it; what it leaves out is taken from the list."""
    payment = _text(entry, "PaymentID")
    known = listed.get(payment)
    on, money = day(entry, "Date"), amount(entry.get("Amount"), currency)
    return Paid(
        payment, key, known.type if known else "", LIVE, on or (known.on if known else None),
        money if money is not None else known.amount if known else None, True,
    )  # fmt: skip


def _sum(payments: Iterable[Paid]) -> Decimal:
    return sum((p.amount for p in payments if p.amount is not None), _ZERO)


def _applied(
    key: str, row: Row, kind: Kind, applied: Mapping[tuple[str, str], Sequence[Used]], currency: str
) -> tuple[tuple[Cash, ...], list[str]]:
    """Return what was applied of over- or prepayments, and what can't be told of it.

    The list of the kind knows the day of each use; it is not always there, and behind the invoice if they differ.
    """
    shown: dict[str, list[Used]] = defaultdict(list)
    for entry in row.get(kind.name, ()):
        source = _text(entry, ENTRY_KEYS[kind.name]) or _text(entry, "ID")
        shown[source].append(Used(source, key, day(entry, "Date"), amount(entry.get("AppliedAmount"), currency)))
    cash: list[Cash] = []
    words: list[str] = []
    for source, entries in shown.items():
        told = [u.amount for u in entries]
        by_list = applied.get((source, key), ())
        known = None not in told
        uses_ = by_list if by_list and (not known or _total(by_list) == _total(entries)) else entries
        for used in uses_:
            if used.amount is None or used.on is None:
                words.append(f"one of its {kind.name.lower()} does not say how much of it was applied, or when")
            elif used.amount > 0:
                cash.append(Cash(used.on, used.amount, id=used.source))
    return tuple(sorted(cash, key=lambda c: c.on)), list(dict.fromkeys(words))


def _total(used: Iterable[Used]) -> Decimal:
    return sum((u.amount for u in used if u.amount is not None), _ZERO)


def _credited(row: Row, currency: str, applied: Sequence[Cash]) -> list[str]:
    """Check that what was applied is what was credited; credit notes and money stand in one sum there."""
    notes = [amount(entry.get("AppliedAmount"), currency) for entry in row.get("CreditNotes", ())]
    told = amount(row.get("AmountCredited"), currency)
    if told is None or None in notes:
        return []
    found = sum((n for n in notes if n is not None), _ZERO) + sum((c.amount for c in applied), _ZERO)
    return [] if found == told else [f"its credits come to {found}, yet {told} is said to be credited"]


# ---- credit notes ---------------------------------------------------------------------------------------------------


def _credit_notes(rows: Mapping[str, Row], paid: Mapping[str, Sequence[Paid]]) -> tuple[list[CreditNote], set[str]]:
    """Return clients' credit notes, and the invoices that an unreadable one is allocated to."""
    found: list[CreditNote] = []
    blind: set[str] = set()
    for key, row in rows.items():
        if row.get("Type") != "ACCRECCREDIT":
            if row.get("Type") != "ACCPAYCREDIT":
                log.warning("xero.row_unreadable", kind=CREDIT_NOTES.name, id=key, why=f"its type is {row.get('Type')}")
            continue
        note = _credit_note(key, row, paid.get(key, ()))
        if note is not None:
            found.append(note)
            continue
        log.warning("xero.row_unreadable", kind=CREDIT_NOTES.name, id=key, why="its date or an amount can't be read")
        blind |= {used.invoice for used in uses({key: row})}
    return sorted(found, key=lambda n: (n.on, n.number, n.id)), blind


def _credit_note(key: str, row: Row, paid: Sequence[Paid]) -> CreditNote | None:
    currency = _text(row, "CurrencyCode")
    on, net, total = day(row, "Date"), amount(row.get("SubTotal"), currency), amount(row.get("Total"), currency)
    used = list(uses({key: row}))
    if on is None or net is None or total is None or any(u.amount is None for u in used):
        if row.get("Status") in COUNTS:
            return None
        on, net, total = on or EPOCH.date(), net or _ZERO, total or _ZERO
    listed = {p.id: p for p in paid}
    shown = [_shown(key, entry, listed, currency) for entry in row.get("Payments", ())]
    ids = {p.id for p in paid}
    refunds = [cash for p in (*paid, *(s for s in shown if s.id not in ids)) if (cash := p.cash())]
    refunds.sort(key=lambda c: c.on)
    return CreditNote(
        id=key, number=_text(row, "CreditNoteNumber"), status=_text(row, "Status"), on=on, currency=currency,
        sub_total=net, total=total, reference=_text(row, "Reference"),
        contact=_text(row.get("Contact", {}), "ContactID"),
        allocations=tuple(_allocation(u, on) for u in used if u.amount), refunds=tuple(refunds),
    )  # fmt: skip


def _allocation(used: Used, on: date) -> Allocation:
    return Allocation(used.invoice, used.on or on, used.amount or _ZERO)


def _text(row: Mapping[str, Any], name: str) -> str:
    found = row.get(name)
    return found if isinstance(found, str) else ""
