"""Records as Xero shows them: the keys of recorded answers (2020, 2026), dates both ways, amounts as Decimals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from worker.sandbox.xero.dates import day_ms, day_string, instant_ms, utc_string
from worker.sandbox.xero.money import ZERO, places
from worker.sandbox.xero.records import (
    CREDIT_NOTE,
    GONE,
    INVOICE,
    PREPAYMENT,
    Allocation,
    Batch,
    Contact,
    Document,
    Line,
    Payment,
)
from worker.sandbox.xero.switches import Switches
from worker.sandbox.xero.wire import Written, to_json

MISSING = ...  # as a spoilt value: the field is left out
BRANDING_THEME = "7889a0ac-262a-4e3e-8a63-9a769b1a18af"
BANK_ACCOUNT_ID = "13918178-849a-4823-9a31-57b7eac713d7"


@dataclass(frozen=True)
class View:
    """How much of a record is asked for; `write` is the answer to a PUT or POST, without what settled the document."""

    lines: bool = True  # False: an empty LineItems
    full_contact: bool = False
    summary: bool = False  # no Payments and LineItems at all
    write: bool = False
    unitdp: int = 2
    merged_to: bool = True


PAGED = View()
SINGLE = View(full_contact=True)
UNPAGED = View(lines=False, merged_to=False)


class Renderer:
    """Writes records, and keeps what it wrote until the record, the view or a switch changes."""

    def __init__(self, switches: Switches) -> None:
        self.switches = switches

    def written(self, record: Contact | Document | Payment | Batch, view: View) -> Written:
        """Return a record as JSON."""
        key = (view, self.switches.shape())
        if isinstance(record, Payment) and record.status == "DELETED":
            record.written.clear()  # its document no longer tells it of changes
        text = record.written.get(key)
        if text is None:
            text = record.written[key] = to_json(self.record(record, view))
        return Written(text)

    def record(self, record: Contact | Document | Payment | Batch, view: View) -> dict[str, Any]:
        """Return a record as a dict, spoilt fields included."""
        out = self._plain(record, view)
        for name, value in record.spoilt.items():
            if value is MISSING:
                out.pop(name, None)
            else:
                out[name] = value
        return out

    def _plain(self, record: Contact | Document | Payment | Batch, view: View) -> dict[str, Any]:
        if isinstance(record, Document):
            return self.invoice(record, view) if record.kind == INVOICE else self.credit(record, view)
        if isinstance(record, Payment):
            return self.payment(record, view)
        return self.contact(record, view) if isinstance(record, Contact) else self.batch(record)

    def invoice(self, d: Document, view: View) -> dict[str, Any]:
        """Return an invoice or bill."""
        gone, write = d.status in GONE, view.write
        out: dict[str, Any] = {"Type": d.type, "InvoiceID": d.id, "InvoiceNumber": d.number, "Reference": d.reference}
        if not view.summary and not write:
            out["Payments"] = [self._payment_of(p) for p in d.payments]
        if not write:
            out["CreditNotes"] = self._applied(d, CREDIT_NOTE)
        out |= {
            "Prepayments": [] if write else self._applied(d, PREPAYMENT),
            "Overpayments": [] if write else self._applied(d, "Overpayment"),
            "AmountDue": ZERO if gone else d.open, "AmountPaid": d.paid, "AmountCredited": d.credited,
        }  # fmt: skip
        if write:
            del out["AmountCredited"]
        out |= {"CurrencyRate": places(d.rate, 6), "IsDiscounted": False, "HasAttachments": False, "HasErrors": False}
        for name, value in (("SentToContact", d.sent), ("Url", d.url), ("RepeatingInvoiceID", d.repeating)):
            if value is not None:
                out[name] = value
        out |= self._heading(d, view, due=True)
        if d.receivable:
            out["BrandingThemeID"] = BRANDING_THEME
        return out

    def credit(self, d: Document, view: View) -> dict[str, Any]:
        """Return a credit note, overpayment or prepayment."""
        out: dict[str, Any] = {f"{d.kind}ID": d.id, "ID": d.id}
        if d.kind == CREDIT_NOTE:
            out["CreditNoteNumber"] = d.number
        out |= {
            "CurrencyRate": places(d.rate, 6), "Type": d.type, "Reference": d.reference, "RemainingCredit": d.open,
            "Allocations": [self.allocation(a) for a in d.allocations],
            "Payments": [self._payment_of(p) for p in d.payments],
        }  # fmt: skip
        return out | {"HasAttachments": False, "HasErrors": False} | self._heading(d, view, due=d.kind == CREDIT_NOTE)

    def _heading(self, d: Document, view: View, due: bool) -> dict[str, Any]:
        out: dict[str, Any] = {"Contact": self.contact_of(d.contact, view)}
        out |= self._day(d, "Date", d.date)
        if due and d.due is not None:
            out |= self._day(d, "DueDate", d.due)
        out |= {"Status": d.status, "LineAmountTypes": d.amounts}
        if not view.summary:
            out["LineItems"] = [_line(x, view) for x in d.lines] if view.lines else []
        out |= {
            "SubTotal": d.subtotal, "TotalTax": d.tax, "Total": d.total,
            "UpdatedDateUTC": instant_ms(d.updated, self.switches.date_offset),
            "UpdatedDateUTCString": utc_string(d.updated), "CurrencyCode": d.currency,
        }  # fmt: skip
        if d.paid_on is not None:
            out["FullyPaidOnDate"] = day_ms(d.paid_on, self.switches.date_offset)
        return out

    def _day(self, d: Document, name: str, day: Any) -> dict[str, str]:
        zero = self.switches.zero_dates_on_voided and d.status == "VOIDED"
        offset = self.switches.date_offset
        return {
            f"{name}String": day_string(day, self.switches.date_between),
            name: f"/Date(0{offset})/" if zero else day_ms(day, offset),
        }

    def _payment_of(self, p: Payment) -> dict[str, Any]:
        out = {
            "PaymentID": p.id, "Date": day_ms(p.date, self.switches.date_offset), "Amount": p.amount,
            "Reference": p.reference, "CurrencyRate": places(p.rate, 6), "HasAccount": False,
            "HasValidationErrors": False,
        }  # fmt: skip
        return {"PaymentID": p.id, "BatchPaymentID": p.batch.id} | out if p.batch else out

    def _applied(self, invoice: Document, kind: str) -> list[dict[str, Any]]:
        """Return the credits of a kind that settle an invoice, one entry for each allocation."""
        out = []
        for allocation in invoice.allocations:
            source = allocation.source
            if source.kind != kind:
                continue
            entry: dict[str, Any] = {f"{kind}ID": source.id, "ID": source.id}
            if kind == CREDIT_NOTE:
                entry |= {"CreditNoteNumber": source.number, "HasErrors": False}
            if kind == CREDIT_NOTE or self.switches.applied_amounts:
                entry["AppliedAmount"] = allocation.amount
            out.append(entry | self._day(source, "Date", source.date) | {"LineItems": [], "Total": source.total})
        return out

    def allocation(self, a: Allocation) -> dict[str, Any]:
        """Return an allocation as its credit lists it."""
        return {
            "AllocationID": a.id, "Amount": a.amount, "Date": day_ms(a.date, self.switches.date_offset),
            "Invoice": {"InvoiceID": a.invoice.id, "InvoiceNumber": a.invoice.number, **_EMPTY_INVOICE},
        }  # fmt: skip

    def payment(self, p: Payment, view: View) -> dict[str, Any]:
        """Return a payment with what it paid."""
        out: dict[str, Any] = {"PaymentID": p.id}
        if p.batch:
            out |= {"BatchPaymentID": p.batch.id, "BatchPayment": self._batch_of(p.batch)}
        bank = places(p.amount / p.rate, 2) if p.rate else p.amount
        out |= {
            "Date": day_ms(p.date, self.switches.date_offset), "BankAmount": bank, "Amount": p.amount,
            "Reference": p.reference, "CurrencyRate": places(p.rate, 6), "PaymentType": p.type, "Status": p.status,
            "UpdatedDateUTC": instant_ms(p.updated, self.switches.date_offset),
            "UpdatedDateUTCString": utc_string(p.updated), "HasAccount": True, "IsReconciled": p.reconciled,
            "Account": {"AccountID": BANK_ACCOUNT_ID, "Code": p.account},
        }  # fmt: skip
        return out | self._parent(p.document, view) | {"HasValidationErrors": False}

    def _parent(self, d: Document, view: View) -> dict[str, Any]:
        """Name what a payment paid; of a refund that is the credit, under "Invoice".

        So in the examples of the description (2026-07), and Invoice.Type has AROVERPAYMENT among its values.
        """
        contact = self.contact_of(d.contact, View())
        if d.kind != INVOICE and self.switches.refund_parent_key:
            head = {
                f"{d.kind}ID": d.id,
                "Type": d.type,
                "CurrencyCode": d.currency,
                "Contact": contact,
                "LineItems": [],
            }
            return {d.kind: head | ({"CreditNoteNumber": d.number} if d.kind == CREDIT_NOTE else {})}
        if view.write and d.kind == INVOICE:
            return {"Invoice": self.invoice(d, view)}
        kind = d.type.replace("RECEIVE-", "AR").replace("SPEND-", "AP")
        head = {"Type": kind, "InvoiceID": d.id, "InvoiceNumber": d.number, **_EMPTY_INVOICE}
        return {"Invoice": head | {"Contact": contact, "CurrencyCode": d.currency}}

    def _batch_of(self, b: Batch) -> dict[str, Any]:
        return {
            "Account": {"AccountID": BANK_ACCOUNT_ID}, "BatchPaymentID": b.id,
            "Date": day_ms(b.date, self.switches.date_offset), "Type": b.type, "Status": b.status,
            "TotalAmount": sum((p.amount for p in b.payments), ZERO),
            "UpdatedDateUTC": instant_ms(b.updated, self.switches.date_offset), "IsReconciled": False,
        }  # fmt: skip

    def batch(self, b: Batch) -> dict[str, Any]:
        """Return a batch payment with its payments."""
        payments = [
            {
                "Invoice": {"InvoiceID": p.document.id, "CurrencyCode": p.document.currency, **_EMPTY_INVOICE},
                "PaymentID": p.id, "Amount": p.amount, "BankAmount": p.amount,
            }
            for p in b.payments
        ]  # fmt: skip
        day = day_string(b.date, self.switches.date_between)
        return self._batch_of(b) | {"Reference": b.reference, "DateString": day, "Payments": payments}

    def contact_of(self, c: Contact, view: View) -> dict[str, Any]:
        """Return the contact as it stands in a document: id and name, unless the document was asked for alone."""
        if view.full_contact:
            return self.contact(c, view)
        return {
            "ContactID": c.id, "Name": c.name, "Addresses": [], "Phones": [], "ContactGroups": [], "ContactPersons": [],
            "HasValidationErrors": False,
        }  # fmt: skip

    def contact(self, c: Contact, view: View) -> dict[str, Any]:
        """Return a contact."""
        out: dict[str, Any] = {"ContactID": c.id}
        optional = {
            "ContactNumber": c.number, "AccountNumber": c.account_number,
            "FirstName": c.first_name, "LastName": c.last_name,
        }  # fmt: skip
        out |= {name: value for name, value in optional.items() if value}
        if c.merged_to and view.merged_to:  # only when paging or by id (spec)
            out["MergedToContactID"] = c.merged_to
        return out | {
            "ContactStatus": c.status, "Name": c.name, "EmailAddress": c.email, "BankAccountDetails": "",
            "Addresses": [], "Phones": [], "ContactGroups": [],
            "UpdatedDateUTC": instant_ms(c.updated, self.switches.date_offset),
            "IsSupplier": c.supplier, "IsCustomer": c.customer, "ContactPersons": [], "HasAttachments": False,
            "HasValidationErrors": False,
        }  # fmt: skip


_EMPTY_INVOICE: dict[str, Any] = {
    "Payments": [], "CreditNotes": [], "Prepayments": [], "Overpayments": [], "HasErrors": False, "IsDiscounted": False,
    "LineItems": [],
}  # fmt: skip


def _line(x: Line, view: View) -> dict[str, Any]:
    out: dict[str, Any] = {} if x.item is None else {"ItemCode": x.item}
    out |= {
        "Description": x.description, "UnitAmount": places(x.unit_amount, view.unitdp), "TaxType": x.tax_type,
        "TaxAmount": x.tax, "LineAmount": x.amount,
    }  # fmt: skip
    if x.account is not None:
        out["AccountCode"] = x.account
    if x.discount_rate is not None:
        out["DiscountRate"] = x.discount_rate
    return out | {"Tracking": list(x.tracking), "Quantity": places(x.quantity, 4), "LineItemID": x.id}
