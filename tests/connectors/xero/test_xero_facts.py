"""The books as facts: what was really paid, on which day, of which document."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.connectors.xero.xero_stand import HOUR, Stand
from worker.domain.facts import Allocation, Cash, CreditNote, Invoice


def money(text: str) -> Decimal:
    return Decimal(text)


def cash(day: str, amount: str, status: str = "AUTHORISED") -> Cash:
    return Cash(date.fromisoformat(day), money(amount), status)


# ---- invoices and payments ------------------------------------------------------------------------------------------


def test_an_invoice_is_read_whole(stand: Stand, acme: str) -> None:
    """Every field of the fact, exactly."""
    key = stand.xero.invoice(
        acme, 100, tax_rate=20, reference="9001", number="INV-7", date="2026-09-01", due_date="2026-09-30"
    )
    stand.xero.pay(key, 70, "2026-09-15")

    assert stand.invoice(key) == Invoice(
        id=key, number="INV-7", type="ACCREC", status="AUTHORISED", on=date(2026, 9, 1), due_date=date(2026, 9, 30),
        currency="GBP", sub_total=money("100.00"), total=money("120.00"), reference="9001", contact=acme,
        contact_name="Acme Ltd", payments=(cash("2026-09-15", "70.00"),),
    )  # fmt: skip


def test_amounts_are_decimals_in_the_currency_s_minor_digits(stand: Stand, acme: str) -> None:
    """100 and 100.0 are 100.00; yen have none, dinars three."""
    expected = {"GBP": "100.00", "JPY": "100", "KWD": "100.000"}
    keys = {currency: stand.xero.invoice(acme, 100, currency=currency) for currency in expected}
    books = stand.ledger().books()

    assert expected == {i.currency: str(i.total) for i in books.invoices if i.id in keys.values()}


def test_part_payments_are_told_one_by_one(stand: Stand, acme: str) -> None:
    """Three payments, by day; the status follows the last."""
    key = stand.xero.invoice(acme, 100, date="2026-09-01")
    stand.xero.pay(key, 20, "2026-09-20")
    stand.xero.pay(key, 30, "2026-09-10", rate=0)
    first = stand.invoice(key)
    stand.clock.advance(HOUR)
    stand.xero.pay(key, date="2026-09-30")
    second = stand.invoice(key)

    assert ((cash("2026-09-10", "30.00"), cash("2026-09-20", "20.00")), "AUTHORISED") == (first.payments, first.status)
    assert ((*first.payments, cash("2026-09-30", "50.00")), "PAID") == (second.payments, second.status)


def test_a_deleted_payment_is_told_as_deleted(stand: Stand, acme: str) -> None:
    """The invoice falls back; its payment stays in the facts as one that never happened."""
    key = stand.xero.invoice(acme, 100)
    payment = stand.xero.pay(key, 100, "2026-10-01")
    assert "PAID" == stand.invoice(key).status
    stand.clock.advance(HOUR)
    stand.xero.delete_payment(payment)
    found = stand.invoice(key)

    assert ("AUTHORISED", (cash("2026-10-01", "100.00", "DELETED"),), None) == (
        found.status, found.payments, found.doubt,
    )  # fmt: skip


def test_paid_by_credit_note_alone_is_no_cash(stand: Stand, acme: str) -> None:
    """PAID, and nothing was paid."""
    key = stand.xero.invoice(acme, 100)
    stand.xero.credit(key, 100)
    found = stand.invoice(key)

    assert ("PAID", (), None) == (found.status, found.payments, found.doubt)


def test_bills_stand_apart_with_their_payments(stand: Stand, acme: str) -> None:
    """ACCPAY is a bill, numbers of bills repeat, a batch pays several."""
    bills = [stand.xero.invoice(acme, 50, kind="ACCPAY", number="RENT") for _ in range(2)]
    stand.xero.batch_pay([(bill, None) for bill in bills], "2026-10-01")
    stand.xero.invoice(acme, 50)
    books = stand.ledger().books()

    assert ([1, 2], {("ACCPAY", "RENT", "PAID")}) == (
        [len(books.invoices), len(books.bills)], {(b.type, b.number, b.status) for b in books.bills},
    )  # fmt: skip
    assert {(cash("2026-10-01", "50.00"),)} == {b.payments for b in books.bills}


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "VOIDED", "DELETED"])
def test_what_carries_nothing_stays_in_the_books_without_a_doubt(stand: Stand, acme: str, status: str) -> None:
    """Drafts and voided ones are facts too, with their SubTotal."""
    key = stand.xero.invoice(acme, 100, status="AUTHORISED" if status == "VOIDED" else "DRAFT")
    if status == "VOIDED":
        stand.xero.void(key)
    elif status == "DELETED":
        stand.xero.delete_draft(key)
    else:
        stand.xero.edit(key, status=status)
    found = stand.invoice(key)

    assert (status, money("100.00"), None) == (found.status, found.sub_total, found.doubt)


def test_a_payment_that_did_not_move_its_invoice_s_date_is_found_by_the_list(stand: Stand, acme: str) -> None:
    """UpdatedDateUTC of the invoice stands still, the list of payments knows: the invoice is read again, once."""
    key = stand.xero.invoice(acme, 100)
    stand.clock.advance(24 * HOUR)
    stand.xero.invoice(acme, 100)
    stand.ledger().books()
    stand.clock.advance(HOUR)
    record = stand.xero.books.documents["Invoice"].rows[key]
    before = record.updated
    stand.xero.pay(key, 40, "2026-10-02")
    record.updated = before
    stand.xero.books.documents["Invoice"].put(record)
    stand.calls()
    found = stand.invoice(key)

    assert ((cash("2026-10-02", "40.00"),), None) == (found.payments, found.doubt)
    assert ["Payments", "CreditNotes", "Invoices", "Invoices"] == stand.calls()
    assert found == stand.invoice(key)
    assert ["Payments", "CreditNotes", "Invoices"] == stand.calls()


def test_payments_that_the_invoice_does_not_show_are_taken_from_the_list(stand: Stand, acme: str) -> None:
    """An invoice without Payments, and one whose payments lack their day, are cash all the same."""
    first, second = stand.xero.invoice(acme, 100), stand.xero.invoice(acme, 100)
    stand.xero.pay(first, 40, "2026-10-01")
    payment = stand.xero.pay(second, 60, "2026-10-01")
    stand.spoil(first, Payments=...)
    stand.spoil(second, Payments=[{"PaymentID": payment, "Amount": 60}])

    assert ((cash("2026-10-01", "40.00"),), None) == ((f := stand.invoice(first)).payments, f.doubt)
    assert ((cash("2026-10-01", "60.00"),), None) == ((f := stand.invoice(second)).payments, f.doubt)


# ---- over- and prepayments ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [True, False])
def test_overpayments_and_prepayments_are_cash_on_their_invoice(stand: Stand, acme: str, told: bool) -> None:
    """With AppliedAmount on the invoice, or without: then the lists say how much, and on which day it was used."""
    stand.xero.applied_amounts = told
    key = stand.xero.invoice(acme, 100, date="2026-09-01")
    stand.xero.allocate(stand.xero.overpay(acme, 60, "2026-09-02"), key, 40, "2026-09-05")
    stand.xero.allocate(stand.xero.prepay(acme, 30, "2026-09-03"), key, 30, "2026-09-06")
    found = stand.invoice(key)
    days = ("2026-09-02", "2026-09-03") if told else ("2026-09-05", "2026-09-06")

    assert ((cash(days[0], "40.00"),), (cash(days[1], "30.00"),), (), None) == (
        found.overpayments, found.prepayments, found.payments, found.doubt,
    )  # fmt: skip


def test_one_overpayment_used_twice_on_one_invoice_counts_once_each(stand: Stand, acme: str) -> None:
    """Two uses, two entries, no use counted twice."""
    stand.xero.applied_amounts = False
    key = stand.xero.invoice(acme, 100)
    over = stand.xero.overpay(acme, 60)
    stand.xero.allocate(over, key, 25, "2026-10-01")
    stand.xero.allocate(over, key, 15, "2026-10-02")

    assert (cash("2026-10-01", "25.00"), cash("2026-10-02", "15.00")) == stand.invoice(key).overpayments


def test_an_overpayment_used_later_is_seen_by_the_delta(stand: Stand, acme: str) -> None:
    """The list of overpayments, once asked for, follows what is used and what is taken back."""
    stand.xero.applied_amounts = False
    first, second = stand.xero.invoice(acme, 100), stand.xero.invoice(acme, 100)
    over = stand.xero.overpay(acme, 60)
    use = stand.xero.allocate(over, first, 25, "2026-10-01")
    assert (cash("2026-10-01", "25.00"),) == stand.invoice(first).overpayments
    stand.clock.advance(HOUR)
    stand.xero.deallocate(use)
    stand.xero.allocate(over, second, 60, "2026-10-02")

    assert () == stand.invoice(first).overpayments
    assert (cash("2026-10-02", "60.00"),) == stand.invoice(second).overpayments


@pytest.mark.parametrize("named", [True, False])
def test_a_refund_of_what_was_never_used_takes_nothing_from_an_invoice(stand: Stand, acme: str, named: bool) -> None:
    """Of 60 overpaid 40 were used and 20 paid back: the invoice's cash is 40, not 20."""
    stand.xero.refund_parent_key = named
    key = stand.xero.invoice(acme, 100)
    over = stand.xero.overpay(acme, 60)
    stand.xero.allocate(over, key, 40, "2026-10-01")
    stand.xero.refund_overpayment(over, 20, "2026-10-03")
    found = stand.invoice(key)

    assert ((cash("2026-10-01", "40.00"),), (), None) == (found.overpayments, found.refunds, found.doubt)
    assert ["Payments", "CreditNotes", "Invoices", "Overpayments"] == stand.calls()


@pytest.mark.parametrize("kind", ["Overpayment", "Prepayment"])
def test_a_refund_beyond_what_was_unused_is_the_invoice_s(stand: Stand, acme: str, kind: str) -> None:
    """Where more is paid back than was unused, it is cash out again: of the invoice that used it last, by its day."""
    first, second = stand.xero.invoice(acme, 100), stand.xero.invoice(acme, 100)
    credit = stand.xero.overpay(acme, 100) if kind == "Overpayment" else stand.xero.prepay(acme, 100)
    stand.xero.allocate(credit, first, 50, "2026-10-01")
    stand.xero.allocate(credit, second, 30, "2026-10-02")
    refund = stand.xero.refund_overpayment if kind == "Overpayment" else stand.xero.refund_prepayment
    stand.spoil(refund(credit, 20, "2026-10-05"), Amount=60)
    books = {i.id: i for i in stand.ledger().books().invoices}

    assert (cash("2026-10-05", "30.00"),) == books[second].refunds
    assert (cash("2026-10-05", "10.00"),) == books[first].refunds


# ---- credit notes ---------------------------------------------------------------------------------------------------


def test_a_credit_note_tells_its_invoice_and_its_refund(stand: Stand, acme: str) -> None:
    """After full payment the invoice is silent: what was used and what was paid back stand on the note."""
    key = stand.xero.invoice(acme, 100, tax_rate=20)
    stand.xero.pay(key, 70, "2026-10-01")
    note = stand.xero.credit_note(acme, 100, tax_rate=20, date="2026-10-02", reference="9001", number="CN-9")
    stand.xero.allocate(note, key, 50, "2026-10-03")
    stand.xero.refund_credit(note, 30, "2026-10-04")

    assert stand.credit_note(note) == CreditNote(
        id=note, number="CN-9", status="AUTHORISED", on=date(2026, 10, 2), currency="GBP", sub_total=money("100.00"),
        total=money("120.00"), reference="9001", contact=acme,
        allocations=(Allocation(key, date(2026, 10, 3), money("50.00")),), refunds=(cash("2026-10-04", "30.00"),),
    )  # fmt: skip
    assert stand.invoice(key).doubt is None


@pytest.mark.parametrize("named", [True, False])
def test_a_deleted_refund_is_told_as_deleted(stand: Stand, acme: str, named: bool) -> None:
    """Whether the refund names its credit under "CreditNote" or "Invoice"."""
    stand.xero.refund_parent_key = named
    note = stand.xero.credit_note(acme, 100)
    refund = stand.xero.refund_credit(note, 100, "2026-10-01")
    assert (cash("2026-10-01", "100.00"),) == stand.credit_note(note).refunds
    stand.clock.advance(HOUR)
    stand.xero.delete_payment(refund)

    assert (cash("2026-10-01", "100.00", "DELETED"),) == stand.credit_note(note).refunds


def test_suppliers_credits_are_no_credit_notes_to_clients(stand: Stand, acme: str) -> None:
    """ACCPAYCREDIT is not in the books' credit notes; drafts and voided ones of clients are, with their status."""
    stand.xero.credit_note(acme, 10, kind="ACCPAYCREDIT")
    stand.xero.credit_note(acme, 10, status="DRAFT")
    stand.xero.void(stand.xero.credit_note(acme, 10))

    assert ["DRAFT", "VOIDED"] == sorted(n.status for n in stand.ledger().books().credit_notes)


def test_an_allocation_marked_as_deleted_is_none(stand: Stand, acme: str) -> None:
    """IsDeleted on an allocation (spec) takes it out."""
    key, note = stand.xero.invoice(acme, 100), stand.xero.credit_note(acme, 100)
    gone = {"Amount": 50, "Date": "/Date(1790812800000+0000)/", "IsDeleted": True, "Invoice": {"InvoiceID": key}}
    stand.spoil(note, Allocations=[{**gone, "IsDeleted": False, "Amount": 25}, gone])

    assert (Allocation(key, date(2026, 10, 1), money("25.00")),) == stand.credit_note(note).allocations
