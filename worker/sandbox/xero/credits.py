"""Credit notes, overpayments and prepayments over the API, and how each is allocated to invoices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.sandbox.server import Reply
from worker.sandbox.xero.bodies import day, elements, known, number, outcome, refuse_all, text, wrong
from worker.sandbox.xero.cash import allocate, check_allocation, deallocate
from worker.sandbox.xero.dates import instant_ms
from worker.sandbox.xero.errors import RuleBroken, not_found
from worker.sandbox.xero.exchange import BASE_PARAMETERS, Exchange, Listing, csv, flag, listing, unitdp
from worker.sandbox.xero.filters import Field
from worker.sandbox.xero.invoices import DOCUMENT_FIELDS, DOCUMENT_ORDERS, write
from worker.sandbox.xero.money import cents
from worker.sandbox.xero.records import CREDIT_NOTE, INVOICE, OVERPAYMENT, PREPAYMENT, Document
from worker.sandbox.xero.render import View

_NUMBERED = {"CreditNoteNumber": Field(lambda d: d.number)}
_ORDERS = DOCUMENT_ORDERS | {"RemainingCredit": lambda d: d.open}


def _narrow(_: Exchange, query: Mapping[str, str], rows: list[Any]) -> list[Any]:
    unitdp(query)
    references, numbers = csv(query, "References"), csv(query, "InvoiceNumbers")
    if references is not None:
        rows = [d for d in rows if d.reference in references]
    if numbers is not None:
        rows = [d for d in rows if d.number in numbers]
    return rows


LISTINGS = {
    CREDIT_NOTE: Listing(
        "CreditNotes", BASE_PARAMETERS | {"unitdp"},
        DOCUMENT_FIELDS | _NUMBERED | {"CreditNoteID": Field(lambda d: d.id, "guid")},
        _ORDERS | {"CreditNoteNumber": lambda d: d.number}, _narrow,
    ),
    OVERPAYMENT: Listing(
        "Overpayments", BASE_PARAMETERS | {"unitdp", "References"},
        DOCUMENT_FIELDS | {"OverpaymentID": Field(lambda d: d.id, "guid")}, _ORDERS, _narrow,
    ),
    PREPAYMENT: Listing(
        "Prepayments", BASE_PARAMETERS | {"unitdp", "InvoiceNumbers"},
        DOCUMENT_FIELDS | {"PrepaymentID": Field(lambda d: d.id, "guid")}, _ORDERS, _narrow,
    ),
}  # fmt: skip


def get_many(x: Exchange, kind: str) -> Reply:
    """GET /CreditNotes, /Overpayments, /Prepayments."""
    return listing(x, x.books.documents[kind], LISTINGS[kind])


def get_one(x: Exchange, kind: str, key: str) -> Reply:
    """GET one of them by its id."""
    digits = unitdp(x.query(frozenset({"unitdp"})))
    return x.reply(f"{kind}s", [x.render.written(_find(x, kind, key), View(full_contact=True, unitdp=digits))])


def create(x: Exchange) -> Reply:
    """PUT /CreditNotes."""
    return write(x, CREDIT_NOTE, create=True)


def update(x: Exchange) -> Reply:
    """POST /CreditNotes."""
    return write(x, CREDIT_NOTE, create=False)


def update_one(x: Exchange, key: str) -> Reply:
    """POST /CreditNotes/{CreditNoteID}."""
    return write(x, CREDIT_NOTE, create=False, only=key)


def put_allocations(x: Exchange, kind: str, key: str) -> Reply:
    """PUT /…/{id}/Allocations: uses a credit on invoices."""
    source = _find(x, kind, key)
    summarise = flag(x.query(frozenset({"summarizeErrors"})), "summarizeErrors", True)
    given = elements(x, "Allocations", "Allocation")
    results = [_allocated(x, source, element) for element in given]
    failures = [result for result in results if result.get("ValidationErrors")]
    if summarise and failures:
        for result in results:
            if "AllocationID" in result:
                deallocate(x.books, x.books.allocations[result["AllocationID"]])
        refuse_all(failures)
    return outcome(x, "Allocations", results, summarise)


def _allocated(x: Exchange, source: Document, element: dict[str, Any]) -> dict[str, Any]:
    element = {key: value for key, value in element.items() if key != "AllocationID"}
    target = known(element.get("Invoice") or {}, INVOICE)
    key, printed = text(target, "InvoiceID"), text(target, "InvoiceNumber")
    invoice = x.books.documents[INVOICE].get(key) if key else x.books.find_number(printed or "")
    amount, on = number(element, "Amount"), day(element, "Date") or x.books.today()
    if invoice is None or amount is None:
        return wrong(element, ["An Invoice and an Amount must be specified for an allocation"])
    try:
        check_allocation(x.books, source, invoice, cents(amount), on)
    except RuleBroken as broken:
        return wrong(element, broken.messages)
    allocation = allocate(x.books, source, invoice, cents(amount), on)
    out = x.render.allocation(allocation)
    return out | {
        source.kind: {f"{source.kind}ID": source.id, "ID": source.id, "LineItems": []},
        "ValidationErrors": [],
    }


def delete_allocation(x: Exchange, kind: str, key: str, allocation_id: str) -> Reply:
    """DELETE /…/{id}/Allocations/{AllocationID}."""
    x.query(frozenset())
    source, allocation = _find(x, kind, key), x.books.allocations.get(allocation_id)
    if allocation is None or allocation.source is not source:
        raise not_found()
    deallocate(x.books, allocation)
    body = {
        "AllocationId": allocation.id, "Date": instant_ms(x.books.now(), ""),
        "Invoice": {"InvoiceID": allocation.invoice.id},
        "IsDeleted": True,
    }  # fmt: skip
    return x.answer(200, body, "Allocation")


def _find(x: Exchange, kind: str, key: str) -> Document:
    document = x.books.documents[kind].get(key)
    if document is None:
        raise not_found()
    return document
