"""Section 9, item 5: amounts and statuses follow the money, and the invariant of section 4 always holds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.sandbox.clock import Clock
from worker.sandbox.xero import Xero


def money(row: dict[str, Any]) -> tuple[str, str, str, str]:
    """Status, due, paid, credited."""
    return (row["Status"], *(str(row[key]) for key in ("AmountDue", "AmountPaid", "AmountCredited")))


def one(api: Any, key: str, name: str = "Invoices") -> dict[str, Any]:
    row: dict[str, Any] = api.get(f"{name}/{key}").json[name][0]
    return row


def test_part_and_full_payment(xero: Xero, api: Any, acme: str) -> None:
    """Payments add up; the last of them makes the invoice PAID on its date."""
    invoice = xero.invoice(acme, 100, tax_rate=20, date="2026-09-01")
    assert ("AUTHORISED", "120.00", "0.00", "0.00") == money(one(api, invoice))

    xero.pay(invoice, "50.5", "2026-09-10")
    assert ("AUTHORISED", "69.50", "50.50", "0.00") == money(one(api, invoice))
    assert "FullyPaidOnDate" not in one(api, invoice)
    xero.pay(invoice, date="2026-09-20")

    row = one(api, invoice)
    assert ("PAID", "0.00", "120.00", "0.00") == money(row)
    assert "/Date(1789862400000+0000)/" == row["FullyPaidOnDate"]
    assert ["50.50", "69.50"] == [str(p["Amount"]) for p in row["Payments"]]


def test_a_deleted_payment_reopens_the_invoice_and_stays_listed(xero: Xero, api: Any, acme: str) -> None:
    """PAID falls back to AUTHORISED; the payment is DELETED in /Payments and gone from the invoice."""
    invoice = xero.invoice(acme, 100)
    payment = xero.pay(invoice)

    xero.delete_payment(payment)

    row = one(api, invoice)
    assert (("AUTHORISED", "100.00", "0.00", "0.00"), []) == (money(row), row["Payments"])
    assert [(payment, "DELETED")] == [(p["PaymentID"], p["Status"]) for p in api.get("Payments").json["Payments"]]


def test_paid_by_credit_note_is_not_cash(xero: Xero, api: Any, acme: str) -> None:
    """A credit note settles an invoice: PAID with AmountPaid 0, the note named with its AppliedAmount."""
    invoice = xero.invoice(acme, 100, tax_rate=20)
    note = xero.credit(invoice, 100, reference="goodwill")

    row = one(api, invoice)
    assert ("PAID", "0.00", "0.00", "120.00") == money(row)
    assert [(note, "CN-0001", Decimal("120.00"), Decimal("120.00"))] == [
        (c["CreditNoteID"], c["CreditNoteNumber"], c["AppliedAmount"], c["Total"]) for c in row["CreditNotes"]
    ]
    listed = api.get("CreditNotes", page=1).json["CreditNotes"][0]
    assert ("PAID", Decimal("0.00")) == (listed["Status"], listed["RemainingCredit"])
    assert [(invoice, Decimal("120.00"))] == [(a["Invoice"]["InvoiceID"], a["Amount"]) for a in listed["Allocations"]]


def test_the_sheets_invoice_70_paid_50_credited(xero: Xero, api: Any, acme: str) -> None:
    """100 net, 20 tax, a credit of 50 gross and 70 in cash: PAID, the three amounts apart."""
    invoice = xero.invoice(acme, 100, tax_rate=20)
    xero.pay(invoice, 70)
    note = xero.credit_note(acme, "41.67", tax="8.33")
    xero.allocate(note, invoice)

    assert ("PAID", "0.00", "70.00", "50.00") == money(one(api, invoice))


def test_credit_after_full_payment_leaves_the_invoice_untouched(xero: Xero, api: Any, acme: str, clock: Clock) -> None:
    """A later credit note can't be allocated: it stands alone, is refunded, and the invoice never changes."""
    invoice = xero.invoice(acme, 100)
    xero.pay(invoice)
    before = one(api, invoice)
    clock.advance(timedelta(days=3))
    api.renew()

    note = xero.credit(invoice, 40)

    assert Decimal("40.00") == one(api, note, "CreditNotes")["RemainingCredit"]
    refund = xero.refund_credit(note, 40)
    assert before == one(api, invoice)
    row = one(api, note, "CreditNotes")
    assert ("PAID", [], [refund]) == (row["Status"], row["Allocations"], [p["PaymentID"] for p in row["Payments"]])


@pytest.mark.parametrize("kind", ["Overpayment", "Prepayment"])
def test_over_and_prepayments_settle_as_credits(xero: Xero, api: Any, acme: str, kind: str) -> None:
    """They count in AmountCredited, stand in the invoice's own array, and tell their Allocations themselves."""
    source = (xero.overpay if kind == "Overpayment" else xero.prepay)(acme, 150, "2026-09-01")
    invoice = xero.invoice(acme, 100)

    xero.allocate(source, invoice)

    row = one(api, invoice)
    assert ("PAID", "0.00", "0.00", "100.00") == money(row)
    assert [(source, Decimal("100.00"))] == [(e[f"{kind}ID"], e["AppliedAmount"]) for e in row[f"{kind}s"]]
    credit = one(api, source, f"{kind}s")
    assert ("AUTHORISED", Decimal("50.00"), f"RECEIVE-{kind.upper()}") == (
        credit["Status"], credit["RemainingCredit"], credit["Type"],
    )  # fmt: skip
    assert [(invoice, Decimal("100.00"))] == [(a["Invoice"]["InvoiceID"], a["Amount"]) for a in credit["Allocations"]]

    xero.applied_amounts = False

    assert ["AppliedAmount" in e for e in one(api, invoice)[f"{kind}s"]] == [False]


def test_a_deallocation_gives_both_back(xero: Xero, api: Any, acme: str) -> None:
    """Taking an allocation back reopens the invoice and the credit."""
    source, invoice = xero.overpay(acme, 100), xero.invoice(acme, 100)
    allocation = xero.allocate(source, invoice)

    xero.deallocate(allocation)

    assert ("AUTHORISED", "100.00", "0.00", "0.00") == money(one(api, invoice))
    assert Decimal("100.00") == one(api, source, "Overpayments")["RemainingCredit"]


def test_every_refund_has_its_payment_type(xero: Xero, api: Any, acme: str) -> None:
    """Payments and refunds of both sides carry the eight PaymentTypes of the description."""
    xero.pay(xero.invoice(acme, 10))
    xero.pay(xero.invoice(acme, 10, kind="ACCPAY", number="b"))
    xero.refund_credit(xero.credit_note(acme, 10))
    xero.refund_credit(xero.credit_note(acme, 10, kind="ACCPAYCREDIT"))
    for kind in ("RECEIVE", "SPEND"):
        xero.refund_overpayment(xero.overpay(acme, 10, kind=kind))
        xero.refund_prepayment(xero.prepay(acme, 10, kind=kind))

    assert {
        "ACCRECPAYMENT", "ACCPAYPAYMENT", "ARCREDITPAYMENT", "APCREDITPAYMENT", "AROVERPAYMENTPAYMENT",
        "APOVERPAYMENTPAYMENT",
        "ARPREPAYMENTPAYMENT", "APPREPAYMENTPAYMENT",
    } == {p["PaymentType"] for p in api.get("Payments").json["Payments"]}  # fmt: skip


def test_a_refund_names_its_credit_under_invoice_or_by_its_own_key(xero: Xero, api: Any, acme: str) -> None:
    """Both examples of the description put the credit's id and Type under "Invoice"; its own key is a switch."""
    note = xero.credit_note(acme, 10)
    refund = xero.refund_credit(note)
    invoice = one(api, refund, "Payments")["Invoice"]
    assert (note, "ACCRECCREDIT") == (invoice["InvoiceID"], invoice["Type"])

    over = one(api, xero.refund_overpayment(xero.overpay(acme, 10)), "Payments")["Invoice"]
    assert "AROVERPAYMENT" == over["Type"]

    xero.refund_parent_key = True

    row = one(api, refund, "Payments")
    assert (note, False) == (row["CreditNote"]["CreditNoteID"], "Invoice" in row)


def test_void_needs_an_invoice_without_money(xero: Xero, api: Any, acme: str) -> None:
    """VOIDED is refused while a payment or credit stands; afterwards it is listed with nothing due."""
    invoice = xero.invoice(acme, 100)
    payment = xero.pay(invoice, 40)
    with pytest.raises(ValueError, match="payment or credit note allocated"):
        xero.void(invoice)
    xero.delete_payment(payment)

    xero.void(invoice)

    assert ("VOIDED", "0.00", "0.00", "0.00") == money(one(api, invoice))
    assert Decimal("100.00") == one(api, invoice)["Total"]
    with pytest.raises(ValueError, match="Authorised"):
        xero.pay(invoice, 1)


def test_deleted_is_for_drafts(xero: Xero, api: Any, acme: str) -> None:
    """DRAFT and SUBMITTED can be DELETED and stay listed; an authorised invoice can't."""
    for status in ("DRAFT", "SUBMITTED"):
        draft = xero.invoice(acme, 100, status=status)
        xero.delete_draft(draft)

        assert "DELETED" == one(api, draft)["Status"]
    authorised = xero.invoice(acme, 100)
    with pytest.raises(ValueError, match="not of valid status"):
        xero.delete_draft(authorised)


def test_a_draft_counts_once_it_is_approved(xero: Xero, api: Any, acme: str) -> None:
    """A draft takes no payment; authorised, it does."""
    draft = xero.invoice(acme, 100, status="DRAFT")
    with pytest.raises(ValueError, match="Authorised"):
        xero.pay(draft, 1)
    xero.approve(draft)
    xero.pay(draft)

    assert "PAID" == one(api, draft)["Status"]


def test_allocations_keep_to_contact_currency_and_side(xero: Xero, acme: str) -> None:
    """A credit settles invoices of its own contact, currency and side, and no more than either has open."""
    credit, other = xero.overpay(acme, 50), xero.add_contact("Other")
    for invoice, message in (
        (xero.invoice(other, 10), "contact"), (xero.invoice(acme, 10, currency="EUR"), "currency"),
        (xero.invoice(acme, 10, kind="ACCPAY"), "type"), (xero.invoice(acme, 10, status="DRAFT"), "Authorised"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            xero.allocate(credit, invoice)
    with pytest.raises(ValueError, match="exceeds"):
        xero.allocate(credit, xero.invoice(acme, 10), 11)


def test_a_batch_payment_pays_bills_as_payments(xero: Xero, api: Any, acme: str) -> None:
    """Each bill of a batch has a payment with the BatchPaymentID; the batch goes as one."""
    bills = [xero.invoice(acme, amount, kind="ACCPAY", number="RENT") for amount in (10, 20)]
    batch = xero.batch_pay([(bill, None) for bill in bills], "2026-09-30")
    listed = api.get("BatchPayments").json["BatchPayments"]

    assert [(batch, "PAYBATCH", Decimal("30.00"))] == [
        (b["BatchPaymentID"], b["Type"], b["TotalAmount"]) for b in listed
    ]
    assert [batch, batch] == [p["BatchPaymentID"] for p in api.get("Payments").json["Payments"]]
    assert [batch] == [p["BatchPaymentID"] for p in one(api, bills[0])["Payments"]]
    payment = listed[0]["Payments"][0]["PaymentID"]
    refused = api.post(f"Payments/{payment}", {"Status": "DELETED"})
    assert "part of a batch payment" in refused.json["Elements"][0]["ValidationErrors"][0]["Message"]

    xero.delete_batch(batch)

    assert ["AUTHORISED", "AUTHORISED"] == [one(api, bill)["Status"] for bill in bills]
    assert "DELETED" == one(api, batch, "BatchPayments")["Status"]


def test_tax_of_inclusive_and_untaxed_lines(xero: Xero, api: Any, acme: str) -> None:
    """SubTotal never holds tax, whatever LineAmountTypes says; tax is rounded per line and then added."""
    line = {"UnitAmount": "10.03", "TaxAmount": "1.67"}
    invoice = xero.invoice(acme, lines=[line, line, line], amounts="Inclusive")
    row = one(api, invoice)

    assert ("25.08", "5.01", "30.09") == (str(row["SubTotal"]), str(row["TotalTax"]), str(row["Total"]))


AMOUNT = st.integers(min_value=1, max_value=300)
STEP = st.tuples(
    st.sampled_from(["invoice", "pay", "unpay", "note", "over", "pre", "use", "back", "refund", "void"]),
    st.integers(0, 5),
    AMOUNT,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=30))
def test_the_invariant_holds_whatever_is_done(clock: Clock, steps: list[tuple[str, int, int]]) -> None:
    """Total = due + paid + credited, PAID exactly when nothing is due, credits never used beyond their total."""
    xero = Xero(clock)
    contact = xero.add_contact("Acme")
    invoices, credits, payments, allocations = [xero.invoice(contact, 100)], [], [], []
    for what, index, amount in steps:
        try:
            match what:
                case "invoice":
                    invoices.append(xero.invoice(contact, amount, tax_rate=20))
                case "pay":
                    payments.append(xero.pay(invoices[index % len(invoices)], amount))
                case "unpay":
                    xero.delete_payment(payments[index % len(payments)] if payments else "none")
                case "note":
                    credits.append(xero.credit(invoices[index % len(invoices)], amount))
                case "over":
                    credits.append(xero.overpay(contact, amount))
                case "pre":
                    credits.append(xero.prepay(contact, amount, tax_rate=20))
                case "use":
                    allocations.append(
                        xero.allocate(credits[index % len(credits)] if credits else "none", invoices[-1])
                    )
                case "back":
                    xero.deallocate(allocations.pop()) if allocations else None
                case "refund":
                    payments.append(xero.refund_overpayment(credits[-1] if credits else "none", amount))
                case "void":
                    xero.void(invoices[index % len(invoices)])
        except ValueError:
            continue  # the books said no: then nothing may have changed
        finally:
            check(xero)


def check(xero: Xero) -> None:
    for row in xero.invoices():
        due, total = row["AmountDue"], row["Total"]
        if row["Status"] == "VOIDED":
            assert (0, [], []) == (due, row["Payments"], row["CreditNotes"])
            continue
        assert total == due + row["AmountPaid"] + row["AmountCredited"]
        assert due >= 0
        assert ("PAID" if due == 0 else "AUTHORISED") == row["Status"]
        assert row["AmountPaid"] == sum(p["Amount"] for p in row["Payments"])
        applied = [e["AppliedAmount"] for kind in ("CreditNotes", "Overpayments", "Prepayments") for e in row[kind]]
        assert row["AmountCredited"] == sum(applied)
    for row in (*xero.credit_notes(), *xero.overpayments(), *xero.prepayments()):
        used = sum(a["Amount"] for a in row["Allocations"]) + sum(p["Amount"] for p in row["Payments"])
        assert row["Total"] == row["RemainingCredit"] + used
        assert row["RemainingCredit"] >= 0
