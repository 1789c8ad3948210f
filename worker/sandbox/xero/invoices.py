"""Invoices and bills over the API: listed, read alone, created by PUT, changed by POST. Credit notes share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.sandbox.server import Reply
from worker.sandbox.xero.bodies import elements, outcome, refuse_all, sole, text, wrong
from worker.sandbox.xero.drafts import STATUSES, Draft, Drafting, commit
from worker.sandbox.xero.errors import NO_ID, not_found, unparsable, unreadable
from worker.sandbox.xero.exchange import BASE_PARAMETERS, Exchange, Listing, csv, flag, listing, unitdp
from worker.sandbox.xero.filters import Field
from worker.sandbox.xero.records import CREDIT_NOTE, INVOICE, Document
from worker.sandbox.xero.render import View

# The optimised fields of the docs (2026-11), and no others.
DOCUMENT_FIELDS = {
    "Status": Field(lambda d: d.status),
    "Type": Field(lambda d: d.type),
    "Reference": Field(lambda d: d.reference),
    "Contact.ContactID": Field(lambda d: d.contact.id, "guid"),
    "Contact.Name": Field(lambda d: d.contact.name),
    "Contact.ContactNumber": Field(lambda d: d.contact.number),
    "Date": Field(lambda d: d.date, "date", ranges=True),
}
INVOICE_FIELDS = DOCUMENT_FIELDS | {
    "InvoiceID": Field(lambda d: d.id, "guid"),
    "InvoiceNumber": Field(lambda d: d.number),
    "AmountPaid": Field(lambda d: d.paid, "number"),
    "AmountDue": Field(lambda d: d.open, "number", ranges=True),
    "DueDate": Field(lambda d: d.due, "date", ranges=True),
}
DOCUMENT_ORDERS = {
    "UpdatedDateUTC": lambda d: d.updated, "Date": lambda d: d.date, "Status": lambda d: d.status,
    "Type": lambda d: d.type,
    "Reference": lambda d: d.reference, "Total": lambda d: d.total, "Contact.Name": lambda d: d.contact.name,
}  # fmt: skip
INVOICE_ORDERS = DOCUMENT_ORDERS | {
    "InvoiceNumber": lambda d: d.number, "InvoiceID": lambda d: d.id, "DueDate": lambda d: d.due,
    "AmountDue": lambda d: d.open, "AmountPaid": lambda d: d.paid,
}  # fmt: skip


def _narrow(_: Exchange, query: Mapping[str, str], rows: list[Any]) -> list[Any]:
    ids, contacts = csv(query, "IDs", guids=True), csv(query, "ContactIDs", guids=True)
    numbers, statuses = csv(query, "InvoiceNumbers"), csv(query, "Statuses")
    if statuses is not None and not statuses <= set(STATUSES):
        raise unparsable(f"Statuses knows no {', '.join(sorted(statuses - set(STATUSES)))}")
    unitdp(query), flag(query, "includeArchived")
    if ids is not None:
        rows = [d for d in rows if d.id in ids]
    if numbers is not None:
        rows = [d for d in rows if d.number in numbers]
    if contacts is not None:
        rows = [d for d in rows if d.contact.id in contacts]
    if statuses is not None:
        rows = [d for d in rows if d.status in statuses]
    if flag(query, "createdByMyApp"):
        rows = [d for d in rows if d.by_app]
    term = query.get("searchTerm", "").lower()
    return [d for d in rows if term in f"{d.number}\n{d.reference}\n{d.contact.name}".lower()] if term else rows


INVOICES = Listing(
    "Invoices",
    BASE_PARAMETERS | {"IDs", "InvoiceNumbers", "ContactIDs", "Statuses", "includeArchived", "createdByMyApp",
    "unitdp", "summaryOnly", "searchTerm"},
    INVOICE_FIELDS,
    INVOICE_ORDERS,
    _narrow,
)  # fmt: skip


def get_many(x: Exchange) -> Reply:
    """GET /Invoices."""
    return listing(x, x.books.documents[INVOICE], INVOICES)


def get_one(x: Exchange, key: str) -> Reply:
    """GET /Invoices/{InvoiceID}; the number of a client's invoice will do too."""
    digits = unitdp(x.query(frozenset({"unitdp"})))
    document = x.books.documents[INVOICE].get(key) or x.books.find_number(key)
    if document is None:
        raise not_found()
    return x.reply("Invoices", [x.render.written(document, View(full_contact=True, unitdp=digits))])


def create(x: Exchange) -> Reply:
    """PUT /Invoices: creates only."""
    return write(x, INVOICE, create=True)


def update(x: Exchange) -> Reply:
    """POST /Invoices: changes what InvoiceID or a client's InvoiceNumber names, creates the rest."""
    return write(x, INVOICE, create=False)


def update_one(x: Exchange, key: str) -> Reply:
    """POST /Invoices/{InvoiceID}."""
    return write(x, INVOICE, create=False, only=key)


def write(x: Exchange, kind: str, *, create: bool, only: str | None = None) -> Reply:
    """Create or change invoices or credit notes."""
    allowed = {"unitdp"} if only is not None else {"unitdp", "summarizeErrors"}
    query = x.query(frozenset(allowed))
    summarise, digits, plural = flag(query, "summarizeErrors", True), unitdp(query), f"{kind}s"
    given = elements(x, plural, kind)
    if only is not None:
        given = [_addressed(x, kind, given, only)]
    drafts: list[Draft] = []
    seen: set[object] = set()
    for element in given:
        draft = _draft(x, kind, element, create, digits)
        mark = draft.existing or (draft.changes["type"] == "ACCREC" and draft.changes.get("number"))
        drafts.append(_with(draft, "Invoice # must be unique.") if mark and mark in seen else draft)
        seen.add(mark)
    failures = [_failure(kind, draft) for draft in drafts if draft.messages]
    if summarise:
        refuse_all(failures)
    view = View(full_contact=True, write=True, unitdp=digits)
    results = [
        _failure(kind, draft) if draft.messages else x.render.record(commit(x.books, kind, draft), view)
        for draft in drafts
    ]
    return outcome(x, plural, results, summarise)


def _addressed(x: Exchange, kind: str, given: list[dict[str, Any]], key: str) -> dict[str, Any]:
    document = x.books.documents[kind].get(key)
    if document is None:
        raise not_found()
    element = sole(given)
    if element.get(f"{kind}ID", document.id) != document.id:
        raise unreadable(f"Another {kind} than that of the address was given")
    return {**element, f"{kind}ID": document.id}


def _draft(x: Exchange, kind: str, element: dict[str, Any], create: bool, digits: int) -> Draft:
    existing, messages = _existing(x, kind, element, create)
    draft = Drafting(x.books, kind, element, existing, digits).read()
    for message in messages:
        draft = _with(draft, message)
    return draft


def _existing(x: Exchange, kind: str, element: dict[str, Any], create: bool) -> tuple[Document | None, list[str]]:
    """Find the document that an element speaks of, by its id or, of clients' invoices alone, by its number."""
    document_id = text(element, f"{kind}ID")
    if create:
        named = document_id not in (None, "", NO_ID)
        return None, [f"A {kind}ID cannot be given to a new document"] if named else []
    if document_id:
        found = x.books.documents[kind].get(document_id)
        return found, [] if found else [f"An existing {_words(kind)} with the specified {kind}ID could not be found"]
    printed = text(element, "InvoiceNumber") if kind == INVOICE and element.get("Type") == "ACCREC" else None
    return (x.books.find_number(printed) if printed else None), []


def _words(kind: str) -> str:
    return "Credit Note" if kind == CREDIT_NOTE else kind


def _with(draft: Draft, message: str) -> Draft:
    return Draft(draft.element, draft.existing, draft.changes, (*draft.messages, message))


def _failure(kind: str, draft: Draft) -> dict[str, Any]:
    document_id = draft.existing.id if draft.existing else NO_ID
    return wrong({f"{kind}ID": document_id, **draft.element}, draft.messages)
