"""Payments and batch payments over the API: listed, made, and deleted by posting the status DELETED."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from worker.sandbox.server import Reply
from worker.sandbox.xero.bodies import day, elements, known, number, outcome, refuse_all, sole, text, truth, wrong
from worker.sandbox.xero.cash import Paid, check_payment, pay, pay_batch, unpay, unpay_batch
from worker.sandbox.xero.errors import NO_ID, RuleBroken, not_found
from worker.sandbox.xero.exchange import BASE_PARAMETERS, Exchange, Listing, flag, listing
from worker.sandbox.xero.filters import Field
from worker.sandbox.xero.money import BANK_ACCOUNT, ZERO, cents
from worker.sandbox.xero.records import CREDIT_NOTE, INVOICE, OVERPAYMENT, PREPAYMENT, Document
from worker.sandbox.xero.render import BANK_ACCOUNT_ID, PAGED, SINGLE, View

_FIELDS = {
    "PaymentID": Field(lambda p: p.id, "guid"),
    "PaymentType": Field(lambda p: p.type),
    "Status": Field(lambda p: p.status),
    "Reference": Field(lambda p: p.reference),
    "Invoice.InvoiceID": Field(lambda p: p.document.id, "guid"),
    "Invoice.InvoiceNumber": Field(lambda p: p.document.number),
    "Date": Field(lambda p: p.date, "date", ranges=True),
}
_ORDERS = {
    "UpdatedDateUTC": lambda p: p.updated, "Date": lambda p: p.date, "Amount": lambda p: p.amount,
    "Status": lambda p: p.status,
    "PaymentType": lambda p: p.type, "Reference": lambda p: p.reference, "PaymentID": lambda p: p.id,
}  # fmt: skip


def _all(_: Exchange, __: Mapping[str, str], rows: list[Any]) -> list[Any]:
    return rows


PAYMENTS = Listing("Payments", BASE_PARAMETERS, _FIELDS, _ORDERS, _all)
BATCHES = Listing(
    "BatchPayments", frozenset({"where", "order"}), {"Status": _FIELDS["Status"], "Date": _FIELDS["Date"]},
    {"UpdatedDateUTC": lambda b: b.updated, "Date": lambda b: b.date}, _all,
)  # fmt: skip


def get_many(x: Exchange) -> Reply:
    """GET /Payments; deleted ones are listed too."""
    return listing(x, x.books.payments, PAYMENTS)


def get_one(x: Exchange, key: str) -> Reply:
    """GET /Payments/{PaymentID}."""
    x.query(frozenset())
    payment = x.books.payments.get(key)
    if payment is None:
        raise not_found()
    return x.reply("Payments", [x.render.written(payment, SINGLE)])


def create(x: Exchange) -> Reply:
    """PUT or POST /Payments; one document can be paid once in a call."""
    summarise = flag(x.query(frozenset({"summarizeErrors"})), "summarizeErrors", True)
    orders = [_order(x, element) for element in elements(x, "Payments", "Payment")]
    seen: set[str] = set()
    for index, (element, paid, messages) in enumerate(orders):
        if paid and paid.document.id in seen:
            orders[index] = (element, None, [*messages, "Payment is applied to more than one document"])
        elif paid:
            seen.add(paid.document.id)
    if summarise:
        refuse_all([_failure(element, messages) for element, _, messages in orders if messages])
    results = [
        _failure(element, messages) if messages or not paid else x.render.record(pay(x.books, paid), View(write=True))
        for element, paid, messages in orders
    ]
    return outcome(x, "Payments", results, summarise)


def delete(x: Exchange, key: str) -> Reply:
    """POST /Payments/{PaymentID} with `{"Status":"DELETED"}`; one of a batch goes only with its batch."""
    x.query(frozenset())
    payment = x.books.payments.get(key)
    if payment is None:
        raise not_found()
    element = sole(elements(x, "Payments", "Payment"))
    messages: Sequence[str] = []
    if {**element, "PaymentID": payment.id} != {"PaymentID": payment.id, "Status": "DELETED"}:
        messages = ["A payment can only be changed to the Status DELETED"]
    elif payment.batch:
        messages = ["This payment cannot be deleted as it is part of a batch payment"]
    else:
        try:
            unpay(x.books, payment)
        except RuleBroken as broken:
            messages = broken.messages
    refuse_all([wrong({"PaymentID": payment.id, **element}, messages)] if messages else [])
    return x.reply("Payments", [x.render.record(payment, View(write=True))])


def _order(x: Exchange, element: dict[str, Any]) -> tuple[dict[str, Any], Paid | None, list[str]]:
    """Read one payment: the element, what is to be paid, what speaks against it."""
    document, messages = _document(x, element)
    account = known(element.get("Account") or {}, "Account")
    if text(account, "Code") != BANK_ACCOUNT and text(account, "AccountID") != BANK_ACCOUNT_ID:
        messages.append("Payments can only be made to BANK accounts")
    amount, rate = number(element, "Amount"), number(element, "CurrencyRate")
    if document is None:
        return element, None, messages
    paid = Paid(
        document, ZERO if amount is None else cents(amount), day(element, "Date") or x.books.today(),
        text(element, "Reference") or "", rate, reconciled=truth(element, "IsReconciled") or False,
    )  # fmt: skip
    try:
        check_payment(x.books, paid)
    except RuleBroken as broken:
        messages.extend(broken.messages)
    return element, paid, messages


def _document(x: Exchange, element: Mapping[str, Any]) -> tuple[Document | None, list[str]]:
    """Find what a payment is for: exactly one invoice, or one credit that is paid back."""
    named = [kind for kind in (INVOICE, CREDIT_NOTE, OVERPAYMENT, PREPAYMENT) if element.get(kind)]
    if len(named) != 1:
        return None, ["Exactly one Invoice, CreditNote, Overpayment or Prepayment must be specified for a payment"]
    kind = named[0]
    target = known(element[kind], kind)
    key = text(target, f"{kind}ID")
    document = x.books.documents[kind].get(key) if key else None
    if document is None and kind == INVOICE and not key:
        document = x.books.find_number(text(target, "InvoiceNumber") or "")
    return document, [] if document else [f"{kind} could not be found"]


def _failure(element: Mapping[str, Any], messages: Sequence[str]) -> dict[str, Any]:
    return wrong({"PaymentID": NO_ID, **element}, messages)


def get_batches(x: Exchange) -> Reply:
    """GET /BatchPayments, which has no pages."""
    return listing(x, x.books.batches, BATCHES)


def get_batch(x: Exchange, key: str) -> Reply:
    """GET /BatchPayments/{BatchPaymentID}."""
    x.query(frozenset())
    batch = x.books.batches.get(key)
    if batch is None:
        raise not_found()
    return x.reply("BatchPayments", [x.render.written(batch, PAGED)])


def create_batch(x: Exchange) -> Reply:
    """PUT /BatchPayments."""
    x.query(frozenset({"summarizeErrors"}))
    results = []
    for element in elements(x, "BatchPayments", "BatchPayment"):
        account, on = element.get("Account"), day(element, "Date") or x.books.today()
        orders = [
            _order(x, {"Account": account, "Date": element.get("Date"), **known(payment, "Payment")})
            for payment in element.get("Payments") or []
        ]
        messages = [message for *_, found in orders for message in found]
        try:
            if not messages:
                paid = [paid for _, paid, _ in orders if paid]
                batch = pay_batch(x.books, paid, on, text(element, "Reference") or "")
                results.append(x.render.record(batch, PAGED))
        except RuleBroken as broken:
            messages = list(broken.messages)
        refuse_all([wrong(element, messages)] if messages else [])
    return x.reply("BatchPayments", results)


def delete_batch(x: Exchange, key: str | None = None) -> Reply:
    """POST /BatchPayments, or /BatchPayments/{id}, with the Status DELETED."""
    x.query(frozenset())
    element = sole(elements(x, "BatchPayments", "BatchPayment"))
    batch = x.books.batches.get(key or text(element, "BatchPaymentID") or "")
    if batch is None:
        raise not_found()
    messages: Sequence[str] = []
    if element.get("Status") != "DELETED":
        messages = ["A batch payment can only be changed to the Status DELETED"]
    else:
        try:
            unpay_batch(x.books, batch)
        except RuleBroken as broken:
            messages = broken.messages
    refuse_all([wrong({"BatchPaymentID": batch.id, **element}, messages)] if messages else [])
    return x.reply("BatchPayments", [x.render.record(batch, PAGED)])
