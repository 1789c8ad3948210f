"""Which money belongs to which document: payments, refunds, allocations, out of the lists that tell of them.

An invoice shows the payments that stand; the list of payments also tells of those that were deleted, and of refunds,
which name a credit. Amounts and days are read here; what they mean for an invoice is in reading.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from worker.connectors.xero.api import OVERPAYMENTS, PREPAYMENTS, Kind
from worker.connectors.xero.dates import day
from worker.connectors.xero.rows import GONE, Row
from worker.domain.facts import Cash
from worker.domain.money import digits, rounded

COUNTS = frozenset({"AUTHORISED", "PAID"})  # only then is an invoice's money money
LIVE = "AUTHORISED"
DELETED = "DELETED"
_ZERO = Decimal(0)
_PLACES = tuple(Decimal(1).scaleb(-places) for places in range(5))
_PAYS_INVOICE = frozenset({"ACCRECPAYMENT", "ACCPAYPAYMENT"})
REFUNDS: Mapping[str, Kind] = {"AROVERPAYMENTPAYMENT": OVERPAYMENTS, "ARPREPAYMENTPAYMENT": PREPAYMENTS}
ENTRY_KEYS: Mapping[str, str] = {OVERPAYMENTS.name: OVERPAYMENTS.key, PREPAYMENTS.name: PREPAYMENTS.key}


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment as the list of payments tells it; amount and day are None where they can't be read."""

    id: str
    parent: str
    type: str
    status: str
    on: date | None
    amount: Decimal | None
    of_invoice: bool

    def cash(self) -> Cash | None:
        """Return it as money that moved; None where it can't be read or is nothing."""
        if self.on is None or self.amount is None or self.amount <= 0:
            return None
        return Cash(self.on, self.amount, self.status, self.id)


@dataclass(frozen=True, slots=True)
class Used:
    """A part of an over- or prepayment that was used on an invoice."""

    source: str
    invoice: str
    on: date | None
    amount: Decimal | None


def amount(value: object, currency: str) -> Decimal | None:
    """Return an amount with the currency's minor digits; None where it is none."""
    return _amount(value, currency) if isinstance(value, str) else None


@lru_cache(maxsize=4096)
def _amount(value: str, currency: str) -> Decimal | None:
    try:
        exact = Decimal(value)
        padded = exact.quantize(_PLACES[digits(currency)])
    except InvalidOperation:  # no number, or none that money comes in
        return None
    if not exact.is_finite():
        return None
    return padded if padded == exact else rounded(exact, currency)


def by_parent(payments: Mapping[str, Row], currencies: Mapping[str, str]) -> dict[str, list[Paid]]:
    """Return the payments of every document, by the document's id; `currencies` of the documents that are known."""
    found: dict[str, list[Paid]] = defaultdict(list)
    for key, row in payments.items():
        parent, of_invoice = _parent(row)
        if parent:
            currency = currencies.get(parent, "")
            status = DELETED if GONE in row else str(row.get("Status", ""))
            money = amount(row.get("Amount"), currency)
            kind = str(row.get("PaymentType", ""))
            found[parent].append(Paid(key, parent, kind, status, day(row, "Date"), money, of_invoice))
    return found


def _parent(row: Row) -> tuple[str, bool]:
    """Return the id of what was paid, and whether it is an invoice; a refund may name its credit under "Invoice"."""
    for name, keys in (("Overpayment", ("OverpaymentID", "ID")), ("Prepayment", ("PrepaymentID", "ID")),
                       ("CreditNote", ("CreditNoteID", "ID"))):  # fmt: skip
        for key in keys if name in row else ():
            if found := _get(row, name, key):
                return found, False
    kind = row.get("PaymentType")
    of_invoice = kind in _PAYS_INVOICE if kind else _get(row, "Invoice", "Type") in ("ACCREC", "ACCPAY")
    return _get(row, "Invoice", "InvoiceID"), of_invoice


def uses(credits: Mapping[str, Row]) -> Iterable[Used]:
    """Return every allocation of over- or prepayments."""
    for source, row in credits.items():
        currency = str(row.get("CurrencyCode", ""))
        for entry in row.get("Allocations", ()):
            invoice = _get(entry, "Invoice", "InvoiceID")
            if invoice and entry.get("IsDeleted") not in (True, "true"):
                money = amount(entry.get("Amount", entry.get("AppliedAmount")), currency)
                yield Used(source, invoice, day(entry, "Date"), money)


def taken_back(credits: Mapping[str, Row], paid: Mapping[str, list[Paid]]) -> dict[str, list[Cash]]:
    """Return what refunds of over- and prepayments took back of money used on invoices, by invoice.

    Xero pays back only what is still unused, which never was an invoice's cash; so a refund concerns an invoice only as
    far as it exceeds that: the latest use first.
    """
    found: dict[str, list[Cash]] = defaultdict(list)
    for source, row in credits.items():
        refunds = sorted((c for p in paid.get(source, ()) if p.status == LIVE and (c := p.cash())), key=lambda c: c.on)
        if not refunds:
            continue
        used = sorted(uses({source: row}), key=lambda u: u.on or date.max)
        total = amount(row.get("Total"), str(row.get("CurrencyCode", ""))) or _ZERO
        unused = max(_ZERO, total - sum((u.amount or _ZERO for u in used), _ZERO))
        left = [u.amount or _ZERO for u in used]
        for refund in refunds:
            rest = max(_ZERO, refund.amount - unused)
            unused = max(_ZERO, unused - refund.amount)
            for place in reversed(range(len(used))):
                taken = min(rest, left[place])
                if taken > 0:
                    found[used[place].invoice].append(Cash(refund.on, taken, id=refund.id))
                    left[place] -= taken
                    rest -= taken
    return found


def _get(row: Mapping[str, Any], *path: str) -> str:
    found: Any = row
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""
