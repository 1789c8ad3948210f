"""The organisation's books: contacts, documents, and the rules that bind the API and the person at the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from worker.sandbox.clock import Clock
from worker.sandbox.xero.dates import as_day, whole_ms
from worker.sandbox.xero.errors import RuleBroken
from worker.sandbox.xero.money import total
from worker.sandbox.xero.records import (
    CREDIT_NOTE,
    GONE,
    INVOICE,
    OVERPAYMENT,
    PREPAYMENT,
    STANDING,
    Allocation,
    Batch,
    Contact,
    Document,
    Ids,
    Payment,
    Table,
)
from worker.sandbox.xero.switches import Switches

NOT_FOR_CHANGE = "Invoice not of valid status for modification"
SETTLED = "This document cannot be edited as it has a payment or credit note allocated to it."
# Nobody can set PAID: it comes and goes with the money.
MOVES = frozenset({
    ("DRAFT", "SUBMITTED"), ("DRAFT", "AUTHORISED"), ("DRAFT", "DELETED"), ("SUBMITTED", "DRAFT"),
    ("SUBMITTED", "AUTHORISED"), ("SUBMITTED", "DELETED"), ("AUTHORISED", "VOIDED"),
})  # fmt: skip
# Changes that Xero makes without moving UpdatedDateUTC (docs, 2026-11): a delta never shows them.
SILENT = frozenset({"due", "sent"})
STILL_OPEN_WHEN_PAID = frozenset({"due", "sent", "reference", "number", "url"})

R = TypeVar("R")
Listener = Callable[[str, Any, str], None]  # category, record, CREATE or UPDATE


class Books:
    """The records of one organisation; every change goes through here, through `cash` and through nothing else."""

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        switches: Switches,
        *,
        organisation: str,
        base_currency: str,
        lock_date: date | None,
    ) -> None:
        self.clock = clock
        self.ids = ids
        self.switches = switches
        self.organisation = organisation
        self.born = whole_ms(clock.now())
        self.base_currency = base_currency
        self.currencies = [
            base_currency,
            *(c for c in ("GBP", "EUR", "USD", "AUD", "NZD", "CAD", "CHF", "JPY", "KWD") if c != base_currency),
        ]
        self.lock_date = lock_date
        self.contacts: Table[Contact] = Table()
        self.documents: dict[str, Table[Document]] = {
            k: Table() for k in (INVOICE, CREDIT_NOTE, OVERPAYMENT, PREPAYMENT)
        }
        self.payments: Table[Payment] = Table()
        self.batches: Table[Batch] = Table()
        self.allocations: dict[str, Allocation] = {}
        self.listeners: list[Listener] = []
        self._numbers: dict[str, Document] = {}  # of ACCREC invoices, which Xero keeps unique
        self._contact_numbers: dict[str, Contact] = {}
        self._counts = {"INV": 0, "CN": 0}

    def now(self) -> datetime:
        """Return the present, cut to the milliseconds that Xero keeps."""
        return whole_ms(self.clock.now())

    def today(self) -> date:
        """Return the present day in UTC."""
        return self.clock.now().date()

    def check_unlocked(self, day: date) -> None:
        """Refuse a date in a locked period."""
        if self.lock_date is not None and day <= self.lock_date:
            raise RuleBroken(
                f"The document date cannot be before the period lock date, currently set at {self.lock_date:%d %B %Y}"
            )

    def day(self, day: date | str | None) -> date:
        """Take a day as a hand gives it: a date, ISO text, or nothing for today."""
        return self.today() if day is None else as_day(day)

    # Finding, for the hands

    def contact(self, key: str) -> Contact:
        """Return a contact that has to be there."""
        return _there(self.contacts.get(key), "contact", key)

    def payment(self, key: str) -> Payment:
        """Return a payment that has to be there."""
        return _there(self.payments.get(key), "payment", key)

    def document(self, kind: str, key: str) -> Document:
        """Return a document of a kind that has to be there."""
        return _there(self.documents[kind].get(key), kind, key)

    def any_document(self, key: str) -> Document:
        """Return a document, of whatever kind it is."""
        found = (table.get(key) for table in self.documents.values())
        return _there(next((document for document in found if document), None), "document", key)

    # Contacts

    def add_contact(self, name: str, fields: Mapping[str, Any] | None = None) -> Contact:
        """Add a contact; names may repeat, ContactNumbers may not."""
        self.check_contact_number((fields or {}).get("number"), None)
        contact = Contact(self.ids.next("contact"), name, self.now(), **(fields or {}))
        self.contacts.put(contact)
        if contact.number:
            self._contact_numbers[contact.number] = contact
        self.tell("CONTACT", contact, "CREATE")
        return contact

    def change_contact(self, contact: Contact, changes: Mapping[str, Any]) -> None:
        """Change a contact; its documents show the new name at once, without being touched."""
        self.check_contact_number(changes.get("number"), contact)
        if contact.number and "number" in changes:
            del self._contact_numbers[contact.number]
        for name, value in changes.items():
            setattr(contact, name, value)
        if contact.number:
            self._contact_numbers[contact.number] = contact
        contact.updated = self.now()
        contact.written.clear()
        for document in contact.documents:
            self._forget(document)
        self.contacts.put(contact)
        self.tell("CONTACT", contact, "UPDATE")

    def find_contact_number(self, number: str) -> Contact | None:
        """Return the contact of that ContactNumber."""
        return self._contact_numbers.get(number)

    def check_contact_number(self, number: str | None, contact: Contact | None) -> None:
        """Refuse a ContactNumber that another contact has, or that is too long."""
        if number and len(number) > 50:
            raise RuleBroken("The ContactNumber must not be longer than 50 characters")
        if number and self._contact_numbers.get(number, contact) is not contact:
            raise RuleBroken(f"The ContactNumber {number} is already assigned to another contact")

    def merge_contacts(self, loser: Contact, winner: Contact) -> None:
        """Archive one contact and hand its documents to another."""
        if loser is winner or winner.status != "ACTIVE" or loser.merged_to:
            raise RuleBroken("The contacts cannot be merged")
        moved, loser.documents = loser.documents, []
        for document in moved:
            document.contact = winner
            winner.documents.append(document)
            self.touch(document, bump=self.switches.merge_moves_documents)
        winner.customer, winner.supplier = winner.customer or loser.customer, winner.supplier or loser.supplier
        self.change_contact(winner, {})
        self.change_contact(loser, {"status": "ARCHIVED", "merged_to": winner.id})

    # Documents

    def find_number(self, number: str) -> Document | None:
        """Return the ACCREC invoice of that number."""
        return self._numbers.get(number)

    def check_number(self, number: str, document: Document | None) -> None:
        """Refuse an ACCREC number that is in use."""
        if number and self._numbers.get(number, document) is not document:
            raise RuleBroken("Invoice # must be unique.")

    def next_number(self, prefix: str) -> str:
        """Return the next free printed number: INV-0001, CN-0001."""
        while True:
            self._counts[prefix] += 1
            number = f"{prefix}-{self._counts[prefix]:04d}"
            if number not in self._numbers:
                return number

    def add_document(self, document: Document) -> Document:
        """Enter a document that is complete but for its number."""
        self.check_unlocked(document.date)
        if document.contact.status != "ACTIVE":
            raise RuleBroken("The contact is archived. It must be restored before it can be used.")
        if document.type == "ACCREC":
            self.check_number(document.number, None)
            document.number = document.number or self.next_number("INV")
            self._numbers[document.number] = document
        elif document.type == "ACCRECCREDIT":
            document.number = document.number or self.next_number("CN")
        contact = document.contact
        contact.documents.append(document)
        contact.customer, contact.supplier = (
            contact.customer or document.receivable,
            contact.supplier or not document.receivable,
        )
        contact.written.clear()
        self._resettle(document)
        self.documents[document.kind].put(document)
        self.tell(document.kind.upper(), document, "CREATE")
        return document

    def change_document(self, document: Document, changes: Mapping[str, Any]) -> None:
        """Change a document's fields; what differs decides whether UpdatedDateUTC moves."""
        differing = {name: value for name, value in changes.items() if getattr(document, name) != value}
        status = differing.pop("status", document.status)
        self.check_change(document, differing, status)
        if document.type == "ACCREC" and "number" in differing:
            self._numbers.pop(document.number, None)
            self._numbers[differing["number"]] = document
        if "contact" in differing:
            document.contact.documents.remove(document)
            differing["contact"].documents.append(document)
        for name, value in differing.items():
            setattr(document, name, value)
        moved = status != document.status
        document.status = status
        if moved and status == "DELETED" and document.type == "ACCREC":
            self._numbers.pop(document.number, None)
        if moved or differing:
            self._resettle(document)
            self.touch(document, bump=moved or bool(differing.keys() - SILENT))

    def check_change(self, document: Document, differing: Mapping[str, Any], status: str) -> None:
        """Refuse what the document's status, the money on it or the lock date do not allow."""
        if status != document.status and (document.status, status) not in MOVES:
            raise RuleBroken(NOT_FOR_CHANGE, *([SETTLED] if status == "VOIDED" and document.status == "PAID" else []))
        if status == "VOIDED" and (document.payments or document.allocations):
            raise RuleBroken(NOT_FOR_CHANGE, SETTLED)
        if document.status in GONE and differing:
            raise RuleBroken(NOT_FOR_CHANGE)
        if document.status == "PAID" and differing.keys() - STILL_OPEN_WHEN_PAID:
            raise RuleBroken(NOT_FOR_CHANGE, SETTLED)
        if (document.payments or document.allocations) and differing.keys() & {"contact", "currency", "type"}:
            raise RuleBroken(SETTLED)
        if differing.get("total", document.total) < document.paid + document.credited:
            raise RuleBroken("The document total cannot be less than what is paid and credited")
        if differing.keys() - SILENT or status != document.status:
            self.check_unlocked(document.date)
            self.check_unlocked(differing.get("date", document.date))
        if document.type == "ACCREC" and "number" in differing:
            if not differing["number"]:
                raise RuleBroken("Invoice # must not be empty.")
            self.check_number(differing["number"], document)

    def settle(self, document: Document, *, payment: bool) -> None:
        """Bring amounts and status into line with the money, and tell of it."""
        self._resettle(document)
        self.touch(document, tell=not payment or self.switches.payment_fires_invoice)

    def touch(self, document: Document, *, bump: bool = True, tell: bool = True) -> None:
        """Note a change: UpdatedDateUTC moves unless it is a silent one; whatever was written is forgotten."""
        if bump:
            document.updated = self.now()
            self.documents[document.kind].put(document)
        self._forget(document)
        if tell:
            self.tell(document.kind.upper(), document, "UPDATE")

    def tell(self, category: str, record: Any, change: str) -> None:
        """Tell the listeners, which are the hooks."""
        for listener in self.listeners:
            listener(category, record, change)

    def _resettle(self, document: Document) -> None:
        document.paid = total(payment.amount for payment in document.payments)
        document.credited = total(allocation.amount for allocation in document.allocations)
        if document.status in STANDING:
            full = document.open <= 0
            document.status = "PAID" if full else "AUTHORISED"
            days = [payment.date for payment in document.payments] + [
                allocation.date for allocation in document.allocations
            ]
            document.paid_on = max(days, default=document.date) if full else None
            assert document.open >= 0, f"more was settled on {document.number} than its total"

    def _forget(self, document: Document) -> None:
        document.written.clear()
        for payment in document.payments:
            payment.written.clear()
            if payment.batch:
                payment.batch.written.clear()
        for allocation in document.allocations:
            allocation.source.written.clear()
            allocation.invoice.written.clear()


def _there(found: R | None, kind: str, key: str) -> R:
    if found is None:
        raise RuleBroken(f"There is no {kind} {key}")
    return found


def first(rows: Iterable[Contact], name: str) -> Contact | None:
    """Return the first active contact of exactly that name."""
    return next((contact for contact in rows if contact.name == name and contact.status == "ACTIVE"), None)
