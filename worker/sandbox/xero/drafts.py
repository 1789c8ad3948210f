"""An invoice or credit note as a body describes it, checked against the books before anything is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from worker.sandbox.xero.bodies import day, known, number, text, truth
from worker.sandbox.xero.books import Books, first
from worker.sandbox.xero.errors import RuleBroken
from worker.sandbox.xero.money import ACCOUNTS, HUNDRED, TAX_RATES, ZERO, cents, places, tax_on, total
from worker.sandbox.xero.records import INVOICE, Contact, Document, Line

TYPES = {INVOICE: ("ACCREC", "ACCPAY"), "CreditNote": ("ACCRECCREDIT", "ACCPAYCREDIT")}
STATUSES = ("DRAFT", "SUBMITTED", "DELETED", "AUTHORISED", "PAID", "VOIDED")
AMOUNTS = ("Exclusive", "Inclusive", "NoTax")
NO_LINES = "One or more line items must be specified"
NO_CONTACT = "A Contact must be specified for this type of transaction"


@dataclass(frozen=True)
class Draft:
    """What a body asks for: the document to change, if it is one, its fields, and what speaks against it."""

    element: Mapping[str, Any]
    existing: Document | None
    changes: Mapping[str, Any]
    messages: tuple[str, ...]


class Drafting:
    """Reads one element into a draft; `existing` is the document that it changes, `digits` those of unit amounts."""

    def __init__(
        self, books: Books, kind: str, element: Mapping[str, Any], existing: Document | None, digits: int
    ) -> None:
        self.books = books
        self.kind = kind
        self.element = element
        self.existing = existing
        self.digits = digits
        self.messages: list[str] = []
        self.changes: dict[str, Any] = {}

    def read(self) -> Draft:
        """Read the whole element and check it."""
        for part in (self._type, self._contact, self._heading, self._currency, self._status, self._lines, self._rules):
            part()
        return Draft(self.element, self.existing, self.changes, tuple(self.messages))

    def _chosen(self, name: str, allowed: tuple[str, ...], default: str | None) -> str | None:
        value = text(self.element, name)
        if value is not None and value not in allowed:
            self.messages.append(f"The {name} '{value}' is not valid; it must be one of {', '.join(allowed)}")
            return default
        return default if value is None else value

    def _type(self) -> None:
        kind = self._chosen("Type", TYPES[self.kind], self.existing.type if self.existing else None)
        if kind is None:
            self.messages.append(f"{self.kind} Type must be specified")
        elif self.existing and kind != self.existing.type:
            self.messages.append(f"The Type of a {self.kind} cannot be changed")
        self.changes["type"] = kind or TYPES[self.kind][0]

    def _contact(self) -> None:
        if self.element.get("Contact") is None:
            if not self.existing:
                self.messages.append(NO_CONTACT)
            return
        given = known(self.element["Contact"], "Contact")
        contact_id, contact_number, name = (text(given, key) for key in ("ContactID", "ContactNumber", "Name"))
        contact: Contact | None = None
        if contact_id:
            contact = self.books.contacts.get(contact_id)
        elif contact_number:
            contact = self.books.find_contact_number(contact_number)
        elif name:
            contact = first(self.books.contacts.rows.values(), name)
            self.changes["contact"] = contact or name  # a name that nobody has makes a new contact: how twins are born
            return
        if contact is None:
            self.messages.append(NO_CONTACT if not (contact_id or contact_number) else "The contact could not be found")
            return
        if contact.status != "ACTIVE":
            self.messages.append(f"The contact {contact.name} is archived. It must be restored before it can be used.")
        self.changes["contact"] = contact

    def _heading(self) -> None:
        new = self.existing is None
        on = day(self.element, "Date") or (self.books.today() if new else None)
        for name, value in (
            ("date", on), ("due", day(self.element, "DueDate")), ("sent", truth(self.element, "SentToContact")),
            ("url", text(self.element, "Url")), ("amounts", self._chosen("LineAmountTypes", AMOUNTS, None)),
        ):  # fmt: skip
            if value is not None:
                self.changes[name] = value
        printed = text(self.element, "InvoiceNumber" if self.kind == INVOICE else "CreditNoteNumber")
        if printed:
            self.changes["number"] = printed
            if len(printed) > 255:
                self.messages.append("The number must not be longer than 255 characters")
        reference = text(self.element, "Reference")
        if reference is not None and self.changes["type"] in ("ACCREC", "ACCRECCREDIT"):  # bills have none (spec)
            self.changes["reference"] = reference

    def _currency(self) -> None:
        code = text(self.element, "CurrencyCode")
        if code is not None and not re.fullmatch("[A-Z]{3}", code):
            self.messages.append(f"The CurrencyCode '{code}' is not valid")
        elif code is not None and code not in self.books.currencies:
            self.messages.append(f"Organisation is not subscribed to currency {code}")
        elif code is not None or not self.existing:
            self.changes["currency"] = code or self.books.base_currency
        rate = number(self.element, "CurrencyRate")
        if rate is not None:
            self.changes["rate"] = rate

    def _status(self) -> None:
        status = self._chosen("Status", STATUSES, None if self.existing else "DRAFT")
        if not self.existing and status not in ("DRAFT", "SUBMITTED", "AUTHORISED"):
            self.messages.append("Invoice not of valid status for creation")
        if status is not None:
            self.changes["status"] = status
        due = self.changes.get("due", self.existing.due if self.existing else None)
        if self.kind == INVOICE and status == "AUTHORISED" and due is None:
            self.messages.append("A DueDate must be specified for an Authorised document")

    def _lines(self) -> None:
        given = self.element.get("LineItems")
        amounts = self.changes.get("amounts", self.existing.amounts if self.existing else "Exclusive")
        if given is None and self.existing:
            if amounts != self.existing.amounts:
                self.messages.append("LineAmountTypes cannot be changed without LineItems")
            return
        if not isinstance(given, list) or not given:
            self.messages.append(NO_LINES)
            return
        lines = [self._line(known(item, "LineItem"), amounts) for item in given]
        self.changes["lines"] = tuple(lines)
        self.changes |= sums(lines, amounts)
        for name, key in (("SubTotal", "subtotal"), ("TotalTax", "tax"), ("Total", "total")):
            stated = number(self.element, name)
            if stated is not None and stated != self.changes[key]:
                self.messages.append(f"The {name} {stated} does not equal the sum of the lines {self.changes[key]}")

    def _line(self, item: Mapping[str, Any], amounts: str) -> Line:
        old = self._old_line(text(item, "LineItemID"))

        def fallback(name: str, read: Callable[[Mapping[str, Any], str], Any], before: Any) -> Any:
            value = read(item, name)
            return before if value is None and old else value

        description = fallback("Description", text, old and old.description)
        if not description:
            self.messages.append("Description must be specified for every line item")
        quantity = fallback("Quantity", number, old and old.quantity)
        unit, stated = fallback("UnitAmount", number, old and old.unit_amount), number(item, "LineAmount")
        quantity = Decimal(1) if quantity is None else quantity
        if unit is None:
            unit = (stated or ZERO) / (quantity or Decimal(1))
        unit = places(unit, self.digits)
        discount = number(item, "DiscountRate")
        amount = cents(quantity * unit * (HUNDRED - (discount or ZERO)) / HUNDRED)
        if stated is not None and cents(stated) != amount:
            self.messages.append(f"The line total {stated} does not match the expected line total {amount}")
        account = fallback("AccountCode", text, old and old.account)
        if account is not None and account not in ACCOUNTS:
            self.messages.append(f"Account code '{account}' is not a valid code for this document.")
        elif account is None and self.changes.get("status", "DRAFT") != "DRAFT":
            self.messages.append("Account code must be specified")
        kind, tax = self._tax(item, account, amount, amounts)
        return Line(
            old.id if old else self.books.ids.next("line"), description or "", quantity, unit, amount, tax, kind,
            account,
            text(item, "ItemCode"), discount, tuple(item.get("Tracking") or ()),
        )  # fmt: skip

    def _old_line(self, line_id: str | None) -> Line | None:
        lines = self.existing.lines if self.existing else ()
        found = next((x for x in lines if x.id == line_id), None)
        if line_id and not found:
            self.messages.append(f"The LineItemID {line_id} is not one of this document's")
        return found

    def _tax(self, item: Mapping[str, Any], account: str | None, amount: Decimal, amounts: str) -> tuple[str, Decimal]:
        kind = text(item, "TaxType") or ACCOUNTS.get(account or "", "NONE")
        if kind not in TAX_RATES:
            self.messages.append(
                f"The TaxType code '{kind}' does not exist or cannot be used for this type of transaction."
            )
        stated = number(item, "TaxAmount")
        if amounts == "NoTax":
            return "NONE", ZERO
        if stated is not None:
            return kind, cents(stated)
        return kind, tax_on(amount, TAX_RATES.get(kind, ZERO), amounts == "Inclusive")

    def _rules(self) -> None:
        """Ask the books what they would say, without changing them."""
        if self.messages:
            return
        try:
            if self.existing is None:
                self.books.check_unlocked(self.changes["date"])
                if self.changes["type"] == "ACCREC":
                    self.books.check_number(self.changes.get("number", ""), None)
                return
            differing = {k: v for k, v in self.changes.items() if k != "status" and getattr(self.existing, k) != v}
            self.books.check_change(self.existing, differing, self._next_status(self.existing))
        except RuleBroken as broken:
            self.messages.extend(broken.messages)

    def _next_status(self, existing: Document) -> str:
        """Return the status asked for; AUTHORISED on a document that is PAID already means no change."""
        status: str = self.changes.get("status", existing.status)
        if status == "AUTHORISED" and existing.status == "PAID":
            status = self.changes["status"] = "PAID"
        return status


def sums(lines: Sequence[Line], amounts: str) -> dict[str, Any]:
    """Return SubTotal, TotalTax and Total; tax is rounded per line and then added (docs)."""
    gross, tax = total(x.amount for x in lines), total(x.tax for x in lines)
    subtotal = gross - tax if amounts == "Inclusive" else gross
    return {"subtotal": subtotal, "tax": tax, "total": subtotal + tax}


def commit(books: Books, kind: str, draft: Draft) -> Document:
    """Write a draft that nothing speaks against."""
    changes = dict(draft.changes)
    if isinstance(changes.get("contact"), str):
        changes["contact"] = first(books.contacts.rows.values(), changes["contact"]) or books.add_contact(
            changes["contact"]
        )
    if draft.existing:
        books.change_document(draft.existing, changes)
        return draft.existing
    return books.add_document(
        Document(kind=kind, id=books.ids.next(kind), updated=books.now(), by_app=True, **changes)
    )  # fmt: skip
