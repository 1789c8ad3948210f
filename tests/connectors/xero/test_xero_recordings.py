"""The connector's reading against real traffic that others recorded; skipped where the recordings are not at hand."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from worker.connectors.xero.api import INVOICES
from worker.connectors.xero.dates import milliseconds
from worker.connectors.xero.failures import failure
from worker.connectors.xero.reading import Lists, read_books
from worker.connectors.xero.rows import slim
from worker.ports import Books, Refused, Unauthorised, Unavailable

RECORDINGS = Path(__file__).parents[4] / "shared" / "recordings" / "xero.jsonl"
pytestmark = pytest.mark.skipif(not RECORDINGS.is_file(), reason="the recordings are not beside this checkout")


def recorded() -> list[dict[str, Any]]:
    return [json.loads(line, parse_float=Decimal) for line in RECORDINGS.read_text().splitlines()]


@pytest.fixture
def books() -> Books:
    (page,) = (r["response"]["body"] for r in recorded() if r["request"]["url"].endswith("/Invoices?page=1"))
    rows = {row["InvoiceID"]: slim(INVOICES, row) for row in page["Invoices"]}
    return read_books(Lists(rows, {}, {}, {}))


def test_a_recorded_page_of_invoices_is_read_without_a_doubt(books: Books) -> None:
    """79 invoices and bills of a demo company: each of its amounts agrees with the others."""
    everything = (*books.invoices, *books.bills)

    assert 79 == len(everything)
    assert {None} == {i.doubt for i in everything}
    assert {"VOIDED", "DRAFT", "AUTHORISED", "PAID"} == {i.status for i in everything}
    assert all(i.due_date and i.currency == "NZD" and i.contact for i in everything)


def test_recorded_paid_by_credit_note_is_no_cash(books: Books) -> None:
    """INV-0016 is PAID, and not a cent of it."""
    (found,) = (i for i in books.invoices if i.number == "INV-0016")

    assert ("PAID", Decimal("541.25"), ()) == (found.status, found.total, found.payments)


def test_recorded_payments_are_the_bill_s_cash(books: Books) -> None:
    """RPT445-1 was paid whole on the last of March."""
    (found,) = (b for b in books.bills if b.number == "RPT445-1" and b.on == date(2019, 3, 21))

    assert [("2019-03-31", Decimal("90.00"))] == [(str(c.on), c.amount) for c in found.payments]


def test_recorded_instants_are_read(books: Books) -> None:
    """Every UpdatedDateUTC and DateTimeUTC of the recordings."""
    (page,) = (r["response"]["body"] for r in recorded() if r["request"]["url"].endswith("/Invoices?page=1"))

    assert milliseconds(page, "DateTimeUTC") == 1588633397422
    assert None not in {milliseconds(row, "UpdatedDateUTC") for row in page["Invoices"]}


def test_captured_errors_become_ours() -> None:
    """Each status that was captured, in whatever body."""
    expected = {400: Refused, 401: Unauthorised, 403: Unauthorised, 404: Refused}
    captured = [r["response"] for r in recorded() if r["provenance"] == "captured"]
    assert 12 <= len(captured)
    for response in captured:
        body = response["body"] if isinstance(response["body"], str) else json.dumps(response["body"])
        error = failure(response["status"], response["headers"], body.encode(), "a.scope")

        assert isinstance(error, expected.get(response["status"], Unavailable))
        assert "<" not in error.text
