"""Section 9, item 8: PUT and POST, errors summed up or not, idempotency, the lock date, contacts by name."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from worker.sandbox.clock import Clock
from worker.sandbox.xero import Xero

BANK = {"Account": {"Code": "090"}, "Date": "2026-10-01"}


def told(reply: Any) -> str:
    return "; ".join(error["Message"] for element in reply.json["Elements"] for error in element["ValidationErrors"])


def test_put_drafts_a_bill(api: Any, bill: Any, acme: str) -> None:
    """The answer is the whole bill, but without Payments, CreditNotes and AmountCredited (recorded)."""
    reply = api.put("Invoices", {"Invoices": [bill(acme)]})
    made = reply.json["Invoices"][0]

    assert (200, "DRAFT", Decimal("83.33")) == (reply.status, made["Status"], made["Total"])
    assert {"Payments", "CreditNotes", "AmountCredited"}.isdisjoint(made)
    assert {"Payments", "CreditNotes", "AmountCredited"} <= api.get(f"Invoices/{made['InvoiceID']}").json["Invoices"][
        0
    ].keys()


def test_lines_are_taxed_by_their_account_unless_they_say(api: Any, bill: Any, acme: str) -> None:
    """A line takes the tax of its account; TaxType or TaxAmount overrules it."""
    line = {"Description": "x", "UnitAmount": 100}
    given = [{"AccountCode": "400"}, {"AccountCode": "400", "TaxType": "NONE"}, {"AccountCode": "420", "TaxAmount": 7}]
    made = api.put("Invoices", {"Invoices": [bill(acme, LineItems=[line | terms for terms in given])]}).json[
        "Invoices"
    ][0]

    assert [Decimal(20), Decimal(0), Decimal(7)] == [x["TaxAmount"] for x in made["LineItems"]]
    assert (Decimal(300), Decimal(27), Decimal(327)) == (made["SubTotal"], made["TotalTax"], made["Total"])


def test_a_clients_number_is_unique_and_a_bills_is_not(api: Any, bill: Any, acme: str) -> None:
    """PUT of a second ACCREC number is refused; "RENT" may stand on any number of bills."""
    sale = bill(acme, "INV-77", Type="ACCREC")
    assert 200 == api.put("Invoices", {"Invoices": [sale]}).status
    assert "Invoice # must be unique." == told(api.put("Invoices", {"Invoices": [sale]}))
    assert "Invoice # must be unique." == told(api.put("Invoices", {"Invoices": [sale | {"InvoiceNumber": "N"}] * 2}))

    ids = {api.put("Invoices", {"Invoices": [bill(acme, "RENT")]}).json["Invoices"][0]["InvoiceID"] for _ in range(2)}

    assert 2 == len(ids)


def test_post_changes_by_id_or_by_a_clients_number(api: Any, bill: Any, acme: str) -> None:
    """POST finds an ACCREC invoice by its number, a bill by its id alone, and creates what it does not find."""
    sale = bill(acme, "INV-77", Type="ACCREC")
    first = api.post("Invoices", {"Invoices": [sale]}).json["Invoices"][0]["InvoiceID"]
    again = api.post("Invoices", {"Invoices": [sale | {"Reference": "9001"}]}).json["Invoices"][0]
    assert (first, "9001") == (again["InvoiceID"], again["Reference"])

    rent = [api.post("Invoices", {"Invoices": [bill(acme, "RENT")]}).json["Invoices"][0]["InvoiceID"] for _ in range(2)]
    assert rent[0] != rent[1]
    changed = api.post("Invoices", {"Invoices": [{"InvoiceID": rent[0], "InvoiceNumber": "RENT 2"}]}).json["Invoices"][
        0
    ]
    assert (rent[0], "RENT 2", Decimal("83.33")) == (changed["InvoiceID"], changed["InvoiceNumber"], changed["Total"])
    nobody = {"InvoiceID": "11111111-1111-4111-8111-111111111111", "Type": "ACCPAY"}
    assert "could not be found" in told(api.post("Invoices", {"Invoices": [nobody]}))


def test_post_to_an_address_changes_that_one(api: Any, bill: Any, acme: str) -> None:
    """POST /Invoices/{id} takes one element, in an array or by itself; another id in it is refused."""
    key = api.put("Invoices", {"Invoices": [bill(acme)]}).json["Invoices"][0]["InvoiceID"]

    assert "SUBMITTED" == api.post(f"Invoices/{key}", {"Status": "SUBMITTED"}).json["Invoices"][0]["Status"]
    assert 14 == api.post(f"Invoices/{key}", {"InvoiceID": "x", "Status": "DELETED"}).json["ErrorNumber"]
    assert 404 == api.post("Invoices/nothing", {"Status": "DELETED"}).status
    assert "DELETED" == api.post(f"Invoices/{key}", {"Invoices": [{"Status": "DELETED"}]}).json["Invoices"][0]["Status"]
    assert "not of valid status for modification" in told(api.post(f"Invoices/{key}", {"Status": "DRAFT"}))


def test_status_runs_along_its_path(xero: Xero, api: Any, bill: Any, acme: str) -> None:
    """DRAFT → SUBMITTED → AUTHORISED → VOIDED; nobody can post PAID, or void what is paid."""
    key = api.put("Invoices", {"Invoices": [bill(acme)]}).json["Invoices"][0]["InvoiceID"]
    for status in ("SUBMITTED", "AUTHORISED"):
        assert status == api.post(f"Invoices/{key}", {"Status": status}).json["Invoices"][0]["Status"]
    assert 400 == api.post(f"Invoices/{key}", {"Status": "PAID"}).status
    payment = xero.pay(key)
    assert "payment or credit note allocated" in told(api.post(f"Invoices/{key}", {"Status": "VOIDED"}))
    xero.delete_payment(payment)

    assert "VOIDED" == api.post(f"Invoices/{key}", {"Status": "VOIDED"}).json["Invoices"][0]["Status"]


def test_lines_without_their_id_are_replaced(api: Any, bill: Any, acme: str) -> None:
    """An update keeps a line that names its LineItemID, and makes the others anew."""
    line = {"Description": "x", "UnitAmount": 10, "AccountCode": "420"}
    made = api.put("Invoices", {"Invoices": [bill(acme, LineItems=[line, line, line])]}).json["Invoices"][0]
    old = [x["LineItemID"] for x in made["LineItems"]]
    kept = [{"LineItemID": old[1], "UnitAmount": 25}, line]

    changed = api.post(f"Invoices/{made['InvoiceID']}", {"LineItems": kept}).json["Invoices"][0]

    new = [x["LineItemID"] for x in changed["LineItems"]]
    assert (old[1], Decimal("35.00")) == (new[0], changed["Total"])
    assert {new[1]}.isdisjoint(old)


def test_a_part_paid_bill_can_be_edited_but_not_below_what_is_paid(xero: Xero, api: Any, bill: Any, acme: str) -> None:
    """Since March 2026 a partly paid bill is still open to edits; a PAID one only in its heading."""
    key = api.put("Invoices", {"Invoices": [bill(acme, Status="AUTHORISED")]}).json["Invoices"][0]["InvoiceID"]
    xero.pay(key, 50)
    line = {"Description": "x", "AccountCode": "420"}
    assert "cannot be less than" in told(api.post(f"Invoices/{key}", {"LineItems": [line | {"UnitAmount": 49}]}))

    assert (
        200 == api.post(f"Invoices/{key}", {"LineItems": [line | {"UnitAmount": 60}], "InvoiceNumber": "other"}).status
    )

    xero.pay(key)
    assert 200 == api.post(f"Invoices/{key}", {"Status": "AUTHORISED", "InvoiceNumber": "third"}).status
    assert "payment or credit note" in told(api.post(f"Invoices/{key}", {"LineItems": [line | {"UnitAmount": 70}]}))


def test_errors_summed_up_keep_nothing(xero: Xero, api: Any, bill: Any, acme: str) -> None:
    """One bad element of a batch refuses the whole, and the answer lists the bad one alone."""
    reply = api.put("Invoices", {"Invoices": [bill(acme), bill("nobody", "bad")]})

    assert (400, ["bad"]) == (reply.status, [element["InvoiceNumber"] for element in reply.json["Elements"]])
    assert [] == xero.invoices()


def test_errors_not_summed_up_come_one_by_one(xero: Xero, api: Any, bill: Any, acme: str) -> None:
    """summarizeErrors=false (the SDK writes False) answers 200 and keeps what is good."""
    reply = api.put("Invoices", {"Invoices": [bill(acme), bill("nobody", "bad")]}, summarizeErrors="False")
    good, bad = reply.json["Invoices"]

    assert (200, "OK", "ERROR") == (reply.status, good["StatusAttributeString"], bad["StatusAttributeString"])
    assert "The contact could not be found" == bad["ValidationErrors"][0]["Message"]
    assert [good["InvoiceID"]] == [row["InvoiceID"] for row in xero.invoices()]


def test_the_lock_date_holds_for_everybody(clock: Clock, xero: Xero, api: Any, bill: Any, acme: str) -> None:
    """A document or payment in a locked period is refused, over the API and at the screen."""
    invoice = xero.invoice(acme, 100, date="2026-03-01")
    xero.books.lock_date = xero.books.day("2026-03-31")
    text = "The document date cannot be before the period lock date, currently set at 31 March 2026"

    assert text == told(api.put("Invoices", {"Invoices": [bill(acme, Date="2026-03-31")]}))
    with pytest.raises(ValueError, match="period lock date"):
        xero.pay(invoice, 10, "2026-03-30")
    with pytest.raises(ValueError, match="period lock date"):
        xero.void(invoice)
    xero.pay(invoice, 10, "2026-04-01")
    with pytest.raises(ValueError, match="period lock date"):
        xero.overpay(acme, 1, "2026-03-31")
    assert Xero(clock, lock_date="2026-12-31").books.lock_date == date(2026, 12, 31)


def test_posting_a_name_makes_twins(xero: Xero, api: Any, bill: Any, acme: str) -> None:
    """An exact name finds the contact, any other spelling makes a new one; a ContactNumber is safe."""
    for contact, twins in (({"Name": "Acme Ltd"}, 1), ({"Name": "ACME LTD"}, 2), ({"ContactNumber": "hub-1"}, 2)):
        api.put("Invoices", {"Invoices": [bill(acme, Contact=contact)]})

        assert twins == len(xero.contacts())
    assert [acme, acme] == [
        row["Contact"]["ContactID"] for row in xero.invoices() if row["Contact"]["Name"] == "Acme Ltd"
    ]


def test_an_idempotency_key_is_kept_for_six_minutes(xero: Xero, api: Any, bill: Any, acme: str, clock: Clock) -> None:
    """The same key and body give the same answer and no second bill; after six minutes the key is forgotten."""
    body, key = {"Invoices": [bill(acme)]}, {"Idempotency-Key": "2026-Q3/acme/GBP"}
    first = api.put("Invoices", body, key)
    clock.advance(timedelta(seconds=359))
    assert first.raw == api.put("Invoices", body, key).raw
    assert 1 == len(xero.invoices())

    clock.advance(timedelta(seconds=1))
    api.put("Invoices", body, key)

    assert 2 == len(xero.invoices())


def test_an_idempotency_key_keeps_errors_and_refuses_another_body(xero: Xero, api: Any, bill: Any, acme: str) -> None:
    """A refusal is repeated though its cause is gone; the same key with another body is 400; so is one too long."""
    bad, key = {"Invoices": [bill(acme, Contact={"ContactNumber": "hub-2"})]}, {"Idempotency-Key": "k"}
    refused = api.put("Invoices", bad, key)
    xero.set_contact_number(acme, "hub-2")

    assert (400, refused.raw) == (refused.status, api.put("Invoices", bad, key).raw)
    assert "used for another request" in api.put("Invoices", {"Invoices": [bill(acme)]}, key).json["Detail"]
    assert "longer than 128" in api.put("Invoices", bad, {"Idempotency-Key": "x" * 129}).json["Detail"]
    assert [] == xero.invoices()


def test_repeats_count_as_calls_and_the_key_store_can_be_down(xero: Xero, api: Any, bill: Any, acme: str) -> None:
    """A repeated answer costs a call; with the store down a keyed write is 500 and nothing is written."""
    body, key = {"Invoices": [bill(acme)]}, {"Idempotency-Key": "k"}
    left = [int(api.put("Invoices", body, key).headers["x-daylimit-remaining"]) for _ in range(2)]
    assert left[0] - 1 == left[1]

    xero.faults.order("key-store-down")

    assert 500 == api.put("Invoices", {"Invoices": [bill(acme, "other")]}, {"Idempotency-Key": "l"}).status
    assert 1 == len(xero.invoices())


def test_payments_are_made_and_deleted_over_the_api(xero: Xero, api: Any, acme: str) -> None:
    """PUT pays, by id or by a client's number; POST with the status DELETED takes it back, once."""
    xero.invoice(acme, 100, number="INV-9")
    reply = api.put("Payments", {"Payments": [{"Invoice": {"InvoiceNumber": "INV-9"}, "Amount": 40, **BANK}]})
    payment = reply.json["Payments"][0]
    assert ("ACCRECPAYMENT", Decimal("60.00")) == (payment["PaymentType"], payment["Invoice"]["AmountDue"])

    deleted = api.post(f"Payments/{payment['PaymentID']}", {"Status": "DELETED"}).json["Payments"][0]

    assert ("DELETED", Decimal("100.00")) == (deleted["Status"], deleted["Invoice"]["AmountDue"])
    assert "already been deleted" in told(api.post(f"Payments/{payment['PaymentID']}", {"Status": "DELETED"}))
    assert "only be changed to the Status DELETED" in told(api.post(f"Payments/{payment['PaymentID']}", {"Amount": 1}))


def test_one_document_is_paid_once_in_a_call(xero: Xero, api: Any, acme: str) -> None:
    """Two payments of one invoice in one call are refused together."""
    order = {"Invoice": {"InvoiceID": xero.invoice(acme, 100)}, "Amount": 10, **BANK}

    assert "Payment is applied to more than one document" == told(api.put("Payments", {"Payments": [order, order]}))
    mixed = api.put("Payments", {"Payments": [order, {**order, "Amount": 999}]}, summarizeErrors="false").json[
        "Payments"
    ]
    assert ["OK", "ERROR"] == [row["StatusAttributeString"] for row in mixed]


def test_credit_notes_are_made_allocated_and_refunded_over_the_api(xero: Xero, api: Any, acme: str) -> None:
    """PUT /CreditNotes, PUT its Allocations, a refund by payment, and DELETE of the allocation."""
    line = {"Description": "x", "UnitAmount": 50, "AccountCode": "420"}
    note = {"Type": "ACCRECCREDIT", "Contact": {"ContactID": acme}, "Status": "AUTHORISED", "LineItems": [line]}
    key = api.put("CreditNotes", {"CreditNotes": [note]}).json["CreditNotes"][0]["CreditNoteID"]
    invoice = xero.invoice(acme, 30)
    use = {"Amount": 30, "Date": "2026-10-01", "Invoice": {"InvoiceID": invoice}}

    made = api.put(f"CreditNotes/{key}/Allocations", {"Allocations": [use]}).json["Allocations"][0]
    refund = api.post("Payments", {"CreditNote": {"CreditNoteID": key}, "Amount": 20, **BANK}).json["Payments"][0]

    assert (invoice, "ARCREDITPAYMENT") == (made["Invoice"]["InvoiceID"], refund["PaymentType"])
    assert "PAID" == api.get(f"CreditNotes/{key}").json["CreditNotes"][0]["Status"]
    assert "exceeds" in told(api.put(f"CreditNotes/{key}/Allocations", {"Allocations": [use]}))
    gone = api.delete(f"CreditNotes/{key}/Allocations/{made['AllocationID']}")
    assert (200, True) == (gone.status, gone.json["IsDeleted"])
    assert "AUTHORISED" == api.get(f"Invoices/{invoice}").json["Invoices"][0]["Status"]
    assert 404 == api.delete(f"CreditNotes/{key}/Allocations/{made['AllocationID']}").status
    renamed = api.post(f"CreditNotes/{key}", {"CreditNoteNumber": "CN-9"}).json["CreditNotes"][0]
    assert (key, "CN-9") == (renamed["CreditNoteID"], renamed["CreditNoteNumber"])


def test_allocations_are_all_or_none(xero: Xero, api: Any, acme: str) -> None:
    """When one of several allocations fails, those before it are taken back."""
    key, invoices = xero.overpay(acme, 50), [xero.invoice(acme, 30), xero.invoice(acme, 30)]
    uses = [{"Amount": 30, "Date": "2026-10-01", "Invoice": {"InvoiceID": invoice}} for invoice in invoices]

    assert 400 == api.put(f"Overpayments/{key}/Allocations", {"Allocations": uses}).status
    assert Decimal("50.00") == xero.overpayments()[0]["RemainingCredit"]
    uses[1]["Amount"] = 20
    assert 200 == api.put(f"Overpayments/{key}/Allocations", {"Allocations": uses}).status
    assert (Decimal(0), "PAID") == (xero.overpayments()[0]["RemainingCredit"], xero.overpayments()[0]["Status"])


def test_batches_are_made_and_deleted_over_the_api(xero: Xero, api: Any, acme: str) -> None:
    """PUT /BatchPayments pays several bills, all or none; POST deletes the whole."""
    bills = [xero.invoice(acme, 10, kind="ACCPAY") for _ in range(2)]
    order = {**BANK, "Payments": [{"Invoice": {"InvoiceID": key}, "Amount": 10} for key in bills]}
    batch = api.put("BatchPayments", {"BatchPayments": [order]}).json["BatchPayments"][0]
    assert (Decimal("20.00"), 2) == (batch["TotalAmount"], len(batch["Payments"]))
    assert "exceeds" in told(api.put("BatchPayments", {"BatchPayments": [order]}))

    gone = api.post(f"BatchPayments/{batch['BatchPaymentID']}", {"Status": "DELETED"}).json["BatchPayments"][0]

    assert "DELETED" == gone["Status"]
    body = {"BatchPaymentID": batch["BatchPaymentID"], "Status": "DELETED"}
    assert "already been deleted" in told(api.post("BatchPayments", body))


def test_contacts_are_made_and_changed_over_the_api(xero: Xero, api: Any, acme: str) -> None:
    """PUT creates, even a twin by name; POST changes by id or number; a contact can be archived."""
    twin = api.put("Contacts", {"Contacts": [{"Name": "Acme Ltd"}]}).json["Contacts"][0]["ContactID"]
    assert twin != acme
    changed = api.post("Contacts", {"Contacts": [{"ContactNumber": "hub-1", "EmailAddress": "a@acme.test"}]}).json[
        "Contacts"
    ][0]
    assert (acme, "a@acme.test", "Acme Ltd") == (changed["ContactID"], changed["EmailAddress"], changed["Name"])

    archived = api.post(f"Contacts/{twin}", {"ContactStatus": "ARCHIVED"}).json["Contacts"][0]

    assert ("ARCHIVED", [acme]) == (
        archived["ContactStatus"], [row["ContactID"] for row in api.get("Contacts").json["Contacts"]],
    )  # fmt: skip
