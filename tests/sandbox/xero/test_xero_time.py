"""Section 9, item 6: what moves UpdatedDateUTC, the default order, and pages that drift."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from worker.sandbox.clock import Clock
from worker.sandbox.xero import Xero

HOUR = timedelta(minutes=10)


def updated(xero: Xero, key: str) -> str:
    rows = [*xero.invoices(), *xero.credit_notes(), *xero.overpayments(), *xero.prepayments()]
    return str(next(row["UpdatedDateUTC"] for row in rows if key in row.values()))


def test_money_moves_both_documents(xero: Xero, acme: str, clock: Clock) -> None:
    """Payments, their deletion, allocations and their end move the invoice, and the credit where there is one."""
    invoice, credit = xero.invoice(acme, 100), xero.overpay(acme, 100)
    made: dict[str, str] = {}
    for act in (
        lambda: made.update(payment=xero.pay(invoice, 10)), lambda: xero.delete_payment(made["payment"]),
        lambda: made.update(use=xero.allocate(credit, invoice, 5)), lambda: xero.deallocate(made["use"]),
    ):  # fmt: skip
        before = updated(xero, invoice)
        clock.advance(HOUR)
        act()

        assert before < updated(xero, invoice)
    assert updated(xero, invoice) == updated(xero, credit)


@pytest.mark.parametrize("change", [{"due": "2026-12-31"}, {"sent": True}])
def test_some_edits_do_not_move_it(xero: Xero, acme: str, clock: Clock, api: Any, change: dict[str, Any]) -> None:
    """DueDate and SentToContact change without a new UpdatedDateUTC (docs): only a sweep finds them."""
    invoice = xero.invoice(acme, 100, due_date="2026-11-01")
    xero.pay(invoice, 10)
    before = updated(xero, invoice)
    clock.advance(HOUR)

    xero.edit(invoice, **change)

    assert before == updated(xero, invoice)
    row = api.get(f"Invoices/{invoice}").json["Invoices"][0]
    assert row.get("SentToContact") is True or row["DueDateString"] == "2026-12-31T00:00:00"


def test_other_edits_move_it(xero: Xero, acme: str, clock: Clock) -> None:
    """A new Reference, or voiding, is seen by a delta."""
    invoice = xero.invoice(acme, 100)
    for act in (lambda: xero.edit(invoice, reference="9001"), lambda: xero.void(invoice)):
        before = updated(xero, invoice)
        clock.advance(HOUR)
        act()

        assert before < updated(xero, invoice)


def test_renaming_a_contact_shows_everywhere_and_moves_nothing(xero: Xero, acme: str, clock: Clock, api: Any) -> None:
    """The new name stands in the invoice, the credit and the payment at once; only the contact itself has moved."""
    invoice = xero.invoice(acme, 100)
    xero.pay(invoice)
    api.get("Invoices", page=1), api.get("Payments", page=1)
    before = updated(xero, invoice)
    clock.advance(HOUR)

    xero.rename_contact(acme, "Acme plc")

    assert before == updated(xero, invoice)
    assert "Acme plc" == api.get("Invoices", page=1).json["Invoices"][0]["Contact"]["Name"]
    assert "Acme plc" == api.get("Payments", page=1).json["Payments"][0]["Invoice"]["Contact"]["Name"]


def test_the_default_order_is_updated_then_id(xero: Xero, acme: str, clock: Clock, api: Any) -> None:
    """Rows come by UpdatedDateUTC, equal ones by InvoiceID."""
    same = sorted(xero.invoice(acme, n) for n in range(1, 6))
    clock.advance(HOUR)
    later = xero.invoice(acme, 6)

    assert [*same, later] == [row["InvoiceID"] for row in api.get("Invoices", page=1).json["Invoices"]]


def test_pages_drift_when_a_row_changes_between_them(xero: Xero, acme: str, clock: Clock, api: Any) -> None:
    """A row of page 1 that changes jumps to the end and shifts the rest: page 2 then misses one."""
    for n in range(1, 5):
        xero.invoice(acme, n)
    first = [row["InvoiceID"] for row in api.get("Invoices", page=1, pageSize=2).json["Invoices"]]
    expected = [row["InvoiceID"] for row in api.get("Invoices", page=2, pageSize=2).json["Invoices"]]
    clock.advance(HOUR)

    xero.pay(first[0])

    seen = [row["InvoiceID"] for row in api.get("Invoices", page=2, pageSize=2).json["Invoices"]]
    assert [expected[1], first[0]] == seen


def test_the_same_seed_and_calls_give_the_same_bytes(clock: Clock, acme: str, xero: Xero, api: Any) -> None:
    """Ids come from counters: a second sandbox with the same seed answers byte for byte; another seed does not."""
    answers = []
    for seed in (7, 7, 8):
        other = Xero(clock, seed=seed)
        other.pay(other.invoice(other.add_contact("Acme Ltd", "hub-1"), 100))
        answers.append([other.invoices(), other.payments(), other.contacts()])

    assert answers[0] == answers[1]
    assert answers[0] != answers[2]
