"""The person at Xero's screen, by the papers: enters, credits, voids, merges, for tests and demo. Money: `cashier`.

Dates are `datetime.date` or ISO text, amounts Decimal, text or int; what the books do not allow is a ValueError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from threading import RLock
from typing import Any

from worker.sandbox.xero.books import Books
from worker.sandbox.xero.cash import allocate
from worker.sandbox.xero.dates import as_day
from worker.sandbox.xero.drafts import sums
from worker.sandbox.xero.money import ZERO, cents, tax_on
from worker.sandbox.xero.records import CREDIT_NOTE, INVOICE, Document, Line

Day = date | str
Amount = Decimal | str | int
PAYMENT_TERM = timedelta(days=30)


class Clerk:
    """Enters and changes contacts, invoices, bills and credit notes; ids go in and come out as text."""

    books: Books
    _lock: RLock

    # Contacts

    def add_contact(self, name: str, number: str | None = None, email: str = "") -> str:
        """Add a contact and return its ContactID; `number` is the ContactNumber, where the CRM's company id goes."""
        with self._lock:
            return self.books.add_contact(name, {"number": number, "email": email}).id

    def rename_contact(self, contact: str, name: str) -> None:
        """Give a contact another name."""
        with self._lock:
            self.books.change_contact(self.books.contact(contact), {"name": name})

    def set_contact_number(self, contact: str, number: str | None) -> None:
        """Give a contact another ContactNumber, or none."""
        with self._lock:
            self.books.change_contact(self.books.contact(contact), {"number": number})

    def archive_contact(self, contact: str) -> None:
        """Archive a contact."""
        with self._lock:
            self.books.change_contact(self.books.contact(contact), {"status": "ARCHIVED"})

    def merge_contacts(self, loser: str, winner: str) -> None:
        """Merge one contact into another: the loser is archived, its documents are the winner's."""
        with self._lock:
            self.books.merge_contacts(self.books.contact(loser), self.books.contact(winner))

    # Invoices, bills and credit notes

    def invoice(
        self,
        contact: str,
        net: Amount = 0,
        *,
        tax: Amount | None = None,
        tax_rate: Amount = 0,
        reference: str = "",
        number: str | None = None,
        date: Day | None = None,
        due_date: Day | None = None,
        currency: str | None = None,
        kind: str = "ACCREC",
        status: str = "AUTHORISED",
        lines: Sequence[Mapping[str, Any]] | None = None,
        amounts: str = "Exclusive",
        rate: Amount = 1,
        repeating: str | None = None,
    ) -> str:
        """Enter an invoice, or a bill with kind "ACCPAY", and return its InvoiceID.

        Either one line of `net` and its `tax` (or `tax_rate` in per cent), or `lines` with UnitAmount, and as wished
        Description, Quantity, LineAmount, TaxAmount, TaxType, AccountCode, ItemCode; `amounts` is LineAmountTypes.
        """
        with self._lock:
            account = "200" if kind == "ACCREC" else "400"
            rows = lines if lines is not None else [single(net, tax, tax_rate)]
            document = entered(self.books, INVOICE, kind, contact, date, rows, amounts, account, currency, rate)
            document.reference = reference if kind == "ACCREC" else ""
            document.number = number or ""
            document.due = as_day(due_date) if due_date is not None else document.date + PAYMENT_TERM
            document.status, document.repeating = status, repeating
            return self.books.add_document(document).id

    def credit_note(
        self,
        contact: str,
        net: Amount = 0,
        *,
        tax: Amount | None = None,
        tax_rate: Amount = 0,
        date: Day | None = None,
        reference: str = "",
        number: str | None = None,
        kind: str = "ACCRECCREDIT",
        currency: str | None = None,
        status: str = "AUTHORISED",
        lines: Sequence[Mapping[str, Any]] | None = None,
        amounts: str = "Exclusive",
        rate: Amount = 1,
    ) -> str:
        """Enter a credit note that settles nothing yet, and return its CreditNoteID."""
        with self._lock:
            rows = lines if lines is not None else [single(net, tax, tax_rate)]
            account = "200" if kind == "ACCRECCREDIT" else "400"
            document = entered(self.books, CREDIT_NOTE, kind, contact, date, rows, amounts, account, currency, rate)
            document.reference, document.number, document.status = reference, number or "", status
            return self.books.add_document(document).id

    def credit(self, invoice: str, net: Amount, date: Day | None = None, reference: str = "") -> str:
        """Credit an invoice, taxed as it is, and allocate what the invoice still has open; return the CreditNoteID.

        An invoice that is fully paid takes nothing: the credit then stands by itself, and the invoice does not change.
        """
        with self._lock:
            of = self.books.document(INVOICE, invoice)
            tax = cents(Decimal(net) * of.tax / of.subtotal) if of.subtotal else ZERO
            kind = "ACCRECCREDIT" if of.receivable else "ACCPAYCREDIT"
            note = self.credit_note(
                of.contact.id, net, tax=tax, date=date, reference=reference, kind=kind, currency=of.currency,
                rate=of.rate,
            )  # fmt: skip
            source = self.books.document(CREDIT_NOTE, note)
            usable = min(of.open, source.open)
            if usable > 0 and of.status == "AUTHORISED":
                allocate(self.books, source, of, usable, source.date)
            return note

    def approve(self, document: str) -> None:
        """Authorise a draft."""
        with self._lock:
            self.books.change_document(self.books.any_document(document), {"status": "AUTHORISED"})

    def edit(self, document: str, **changes: Any) -> None:
        """Change fields by their names here: `reference`, `number`, `due`, `sent`, `date`, `url`; dates may be text."""
        with self._lock:
            days = {k: as_day(v) for k, v in changes.items() if k in ("due", "date")}
            self.books.change_document(self.books.any_document(document), {**changes, **days})

    def void(self, document: str) -> None:
        """Void an authorised document on which there is no money."""
        with self._lock:
            self.books.change_document(self.books.any_document(document), {"status": "VOIDED"})

    def delete_draft(self, document: str) -> None:
        """Delete a draft; it stays listed as DELETED."""
        with self._lock:
            self.books.change_document(self.books.any_document(document), {"status": "DELETED"})


def entered(
    books: Books, kind: str, type_: str, contact: str, day: Day | None, rows: Sequence[Mapping[str, Any]], amounts: str,
    account: str, currency: str | None, rate: Amount,
) -> Document:  # fmt: skip
    """Build a document from lines as a person types them."""
    lines = tuple(_line(books, row, account) for row in rows)
    return Document(
        kind, books.ids.next(kind), type_, books.contact(contact), books.day(day), "AUTHORISED",
        currency or books.base_currency, books.now(), rate=Decimal(rate), amounts=amounts, lines=lines,
        **sums(lines, amounts),
    )  # fmt: skip


def _line(books: Books, row: Mapping[str, Any], account: str) -> Line:
    quantity, unit = Decimal(row.get("Quantity", 1)), Decimal(row["UnitAmount"])
    amount = cents(row.get("LineAmount", quantity * unit))
    return Line(
        books.ids.next("line"), row.get("Description", "Services"), quantity, unit, amount,
        cents(row.get("TaxAmount", 0)), row.get("TaxType", "NONE"), row.get("AccountCode", account),
        row.get("ItemCode"), tracking=tuple(row.get("Tracking", ())),
    )  # fmt: skip


def single(net: Amount, tax: Amount | None, tax_rate: Amount) -> dict[str, Any]:
    """Return the one line of a document that has only one."""
    amount = cents(net)
    owed = tax_on(amount, Decimal(tax_rate), False) if tax is None else cents(tax)
    return {"UnitAmount": amount, "TaxAmount": owed, "TaxType": "OUTPUT2" if owed else "NONE"}
