"""Money on documents: payments, refunds, allocations, batches. What was done can be undone, and stays listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from worker.sandbox.xero.books import Books
from worker.sandbox.xero.errors import RuleBroken
from worker.sandbox.xero.money import ZERO
from worker.sandbox.xero.records import INVOICE, Allocation, Batch, Document, Payment

NOT_AUTHORISED = "Payments can only be made against Authorised documents"
TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"
PAYMENT_TYPES = {
    "ACCREC": "ACCRECPAYMENT", "ACCPAY": "ACCPAYPAYMENT", "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
    "RECEIVE-OVERPAYMENT": "AROVERPAYMENTPAYMENT", "SPEND-OVERPAYMENT": "APOVERPAYMENTPAYMENT",
    "RECEIVE-PREPAYMENT": "ARPREPAYMENTPAYMENT", "SPEND-PREPAYMENT": "APPREPAYMENTPAYMENT",
}  # fmt: skip


@dataclass(frozen=True)
class Paid:
    """What is to be paid, and how it is told; on a credit it is a refund."""

    document: Document
    amount: Decimal
    date: date
    reference: str = ""
    rate: Decimal | None = None
    account: str = "090"
    reconciled: bool = False


def check_payment(books: Books, paid: Paid) -> None:
    """Refuse a payment that the document cannot take."""
    messages = []
    if paid.document.status not in ("AUTHORISED", "PAID"):
        messages.append(NOT_AUTHORISED)
    if paid.amount <= ZERO:
        messages.append("Payment amount must be greater than zero")
    elif paid.amount > paid.document.open:
        messages.append(TOO_MUCH)
    if messages:
        raise RuleBroken(*messages)
    books.check_unlocked(paid.date)


def pay(books: Books, paid: Paid, batch: Batch | None = None) -> Payment:
    """Enter a payment; the document follows."""
    check_payment(books, paid)
    document = paid.document
    payment = Payment(
        books.ids.next("payment"), document, paid.date, paid.amount, PAYMENT_TYPES[document.type], books.now(),
        paid.reference,
        document.rate if paid.rate is None else paid.rate, paid.account, paid.reconciled, batch=batch,
    )  # fmt: skip
    books.payments.put(payment)
    document.payments.append(payment)
    books.settle(document, payment=True)
    return payment


def unpay(books: Books, payment: Payment) -> None:
    """Delete a payment: it stays listed as DELETED, and the document falls back to AUTHORISED."""
    if payment.status == "DELETED":
        raise RuleBroken("Payment has already been deleted")
    books.check_unlocked(payment.date)
    payment.status = "DELETED"
    payment.updated = books.now()
    payment.written.clear()
    books.payments.put(payment)
    payment.document.payments.remove(payment)
    books.settle(payment.document, payment=True)


def check_allocation(books: Books, source: Document, invoice: Document, amount: Decimal, on: date) -> None:
    """Refuse an allocation across contacts, currencies or sides, or beyond what either document has open."""
    messages = []
    if source.kind == INVOICE or invoice.kind != INVOICE or source.receivable != invoice.receivable:
        messages.append("The credit cannot be allocated to a document of this type")
    if source.contact is not invoice.contact:
        messages.append("The contact of the credit and of the invoice must be the same")
    if source.currency != invoice.currency:
        messages.append("The currency of the credit and of the invoice must be the same")
    if source.status != "AUTHORISED" or invoice.status != "AUTHORISED":
        messages.append("Credits can only be allocated to Authorised documents")
    if amount <= ZERO or amount > invoice.open or amount > source.open:
        messages.append("The amount applied exceeds the amount outstanding on the invoice or the remaining credit")
    if messages:
        raise RuleBroken(*messages)
    books.check_unlocked(on)


def allocate(books: Books, source: Document, invoice: Document, amount: Decimal, on: date) -> Allocation:
    """Use so much of a credit on an invoice; both documents follow."""
    check_allocation(books, source, invoice, amount, on)
    allocation = Allocation(books.ids.next("allocation"), source, invoice, amount, on)
    books.allocations[allocation.id] = allocation
    for document in (source, invoice):
        document.allocations.append(allocation)
    for document in (source, invoice):
        books.settle(document, payment=False)
    return allocation


def deallocate(books: Books, allocation: Allocation) -> None:
    """Take an allocation back."""
    books.check_unlocked(allocation.date)
    del books.allocations[allocation.id]
    for document in (allocation.source, allocation.invoice):
        document.allocations.remove(allocation)
    for document in (allocation.source, allocation.invoice):
        books.settle(document, payment=False)


def pay_batch(books: Books, payments: Sequence[Paid], on: date, reference: str = "") -> Batch:
    """Pay several invoices, or several bills, as one; all or none."""
    if not payments or len({paid.document.receivable for paid in payments}) > 1:
        raise RuleBroken("A batch payment needs invoices of one type")
    if len({paid.document.id for paid in payments}) < len(payments):
        raise RuleBroken("An invoice can stand only once in a batch payment")
    for paid in payments:
        if paid.document.kind != INVOICE:
            raise RuleBroken("A batch payment pays invoices only")
        check_payment(books, paid)
    kind = "RECBATCH" if payments[0].document.receivable else "PAYBATCH"
    batch = Batch(books.ids.next("batch"), on, kind, books.now(), reference)
    for paid in payments:
        batch.payments.append(pay(books, paid, batch))
    return books.batches.put(batch)


def unpay_batch(books: Books, batch: Batch) -> None:
    """Delete a batch with all its payments."""
    if batch.status == "DELETED":
        raise RuleBroken("Batch payment has already been deleted")
    books.check_unlocked(batch.date)
    for payment in batch.payments:
        unpay(books, payment)
    batch.status = "DELETED"
    batch.updated = books.now()
    batch.written.clear()
    books.batches.put(batch)
