"""What is kept of Xero's rows: the fields that facts are read from, raw, amounts as exact text.

Rows stay as Xero wrote them until they are read (reading.py), so that a better reading needs no new download. A key
that begins with `_` is a mark of our own. What has not the shape it should have is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from worker.connectors.xero.api import CREDIT_NOTES, INVOICES, OVERPAYMENTS, PAYMENTS, PREPAYMENTS, Kind

Row = dict[str, Any]

GONE = "_gone"  # a full reading did not show it any more
ASKED = "_asked"  # the invoice of this payment was read again because of it

# 1: a text, number or truth value; [x]: a list of x.
_DATES = {"Date": 1, "DateString": 1}
_PAID = {"PaymentID": 1, "Amount": 1, **_DATES}
_DOCUMENT = {
    "Type": 1, "Status": 1, "Reference": 1, "CurrencyCode": 1, "SubTotal": 1, "Total": 1, "UpdatedDateUTC": 1,
    "UpdatedDateUTCString": 1, "Contact": {"ContactID": 1, "Name": 1, "ContactNumber": 1}, "Payments": [_PAID],
    **_DATES,
}  # fmt: skip
_CREDIT = {
    **_DOCUMENT, "RemainingCredit": 1,
    "Allocations": [{"Amount": 1, "AppliedAmount": 1, "IsDeleted": 1, "Invoice": {"InvoiceID": 1}, **_DATES}],
}  # fmt: skip
KEPT: Mapping[str, Mapping[str, Any]] = {
    INVOICES.name: {
        **_DOCUMENT, "InvoiceNumber": 1, "DueDate": 1, "DueDateString": 1,
        "AmountDue": 1, "AmountPaid": 1, "AmountCredited": 1, "CISDeduction": 1,
        "CreditNotes": [{"AppliedAmount": 1}],
        "Overpayments": [{"OverpaymentID": 1, "ID": 1, "AppliedAmount": 1, **_DATES}],
        "Prepayments": [{"PrepaymentID": 1, "ID": 1, "AppliedAmount": 1, **_DATES}],
    },
    CREDIT_NOTES.name: {**_CREDIT, "CreditNoteNumber": 1},
    OVERPAYMENTS.name: _CREDIT,
    PREPAYMENTS.name: _CREDIT,
    PAYMENTS.name: {
        "Amount": 1, "PaymentType": 1, "Status": 1, "UpdatedDateUTC": 1, "UpdatedDateUTCString": 1, **_DATES,
        "Invoice": {"InvoiceID": 1, "Type": 1}, "CreditNote": {"CreditNoteID": 1, "ID": 1},
        "Overpayment": {"OverpaymentID": 1, "ID": 1}, "Prepayment": {"PrepaymentID": 1, "ID": 1},
    },
}  # fmt: skip


def slim(kind: Kind, row: Mapping[str, Any]) -> Row:
    """Return what is kept of a row; what is null or empty is left out."""
    kept = _slim(row, KEPT[kind.name])
    return kept if isinstance(kept, dict) else {}


def id_of(kind: Kind, row: object) -> str | None:
    """Return the id of a row as it came; None when it has none, so that nothing can be known of it."""
    found = row.get(kind.key) if isinstance(row, Mapping) else None
    return found if isinstance(found, str) and found else None


def same(known: Row | None, row: Row) -> bool:
    """Tell whether a row says what is known of it already, and was not taken for gone."""
    return known is not None and GONE not in known and {k: v for k, v in known.items() if k != ASKED} == row


def to_text(row: Row) -> str:
    """Write a row for the shelf."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def from_texts(texts: Mapping[str, str]) -> dict[str, Row]:
    """Read a whole shelf; ValueError when anything on it is not a row."""
    rows = {key: json.loads(text) for key, text in texts.items()}
    if not all(isinstance(row, dict) for row in rows.values()):
        raise ValueError("not a row")
    return rows


def _slim(value: Any, kept: Any) -> Any:
    if isinstance(kept, Mapping):
        if not isinstance(value, Mapping):
            return None
        slimmed = {name: _slim(value[name], below) for name, below in kept.items() if name in value}
        return {name: item for name, item in slimmed.items() if item is not None and item != [] and item != {}}
    if isinstance(kept, list):
        items = [_slim(item, kept[0]) for item in value] if isinstance(value, list) else []
        return [item for item in items if item]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (str, bool)):
        return value
    return str(value) if isinstance(value, int) else None
