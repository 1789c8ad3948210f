"""The rules that the other files do not come by: numbers, contacts, batches, edits, small print of queries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from worker.sandbox.xero import Xero


def told(reply: Any) -> str:
    assert 400 == reply.status, reply.text
    return "; ".join(error["Message"] for element in reply.json["Elements"] for error in element["ValidationErrors"])


def test_printed_numbers_run_on_past_those_that_are_taken(xero: Xero, acme: str) -> None:
    """INV-0001 was typed by hand, so the next one made is INV-0002."""
    xero.invoice(acme, 1, number="INV-0001")
    xero.invoice(acme, 2)

    assert ["INV-0001", "INV-0002"] == sorted(row["InvoiceNumber"] for row in xero.invoices())


def test_a_deleted_drafts_number_is_free_again_and_stays_the_new_ones(xero: Xero, api: Any, acme: str) -> None:
    """A DELETED draft gives its number up for good; a bill of the same number has nothing to do with it."""
    old = xero.invoice(acme, 1, number="N-1", status="DRAFT")
    xero.delete_draft(old)
    new = xero.invoice(acme, 2, number="N-1")
    xero.delete_draft(old)
    xero.delete_draft(xero.invoice(acme, 3, kind="ACCPAY", number="N-1", status="DRAFT"))

    assert new == api.get("Invoices/N-1").json["Invoices"][0]["InvoiceID"]


def test_an_invoice_can_be_renumbered_but_not_bared(xero: Xero, api: Any, acme: str) -> None:
    """The new number is found, the old one no more; a client's invoice has to have one."""
    key = xero.invoice(acme, 1, number="N-1")
    payment = xero.pay(key)
    api.get(f"Payments/{payment}")
    xero.edit(key, number="N-2")

    assert (404, 200) == (api.get("Invoices/N-1").status, api.get("Invoices/N-2").status)
    assert "N-2" == api.get(f"Payments/{payment}").json["Payments"][0]["Invoice"]["InvoiceNumber"]
    with pytest.raises(ValueError, match="must not be empty"):
        xero.edit(key, number="")


def test_an_invoice_can_go_to_another_contact_until_there_is_money_on_it(xero: Xero, api: Any, acme: str) -> None:
    """Contact and currency are open to edits while nothing is paid."""
    other, key = xero.add_contact("Other"), xero.invoice(acme, 100)
    moved = api.post(f"Invoices/{key}", {"Contact": {"ContactID": other}}).json["Invoices"][0]
    assert other == moved["Contact"]["ContactID"]
    xero.pay(key, 10)

    assert "payment or credit note allocated" in told(api.post(f"Invoices/{key}", {"Contact": {"ContactID": acme}}))


def test_what_is_gone_cannot_be_edited(xero: Xero, acme: str) -> None:
    """A VOIDED invoice takes no change."""
    key = xero.invoice(acme, 100)
    xero.void(key)

    with pytest.raises(ValueError, match="not of valid status for modification"):
        xero.edit(key, reference="9001")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"Type": "ACCREC"}, "cannot be changed"),
        ({"LineAmountTypes": "Inclusive"}, "cannot be changed without LineItems"),
        ({"Type": None, "Contact": {"Name": ""}}, "A Contact must be specified"),
    ],
)  # fmt: skip
def test_some_things_of_a_document_stay(
    xero: Xero, api: Any, bill: Any, acme: str, change: dict[str, Any], part: str
) -> None:
    """The type stays, and LineAmountTypes changes only with the lines."""
    key = api.put("Invoices", {"Invoices": [bill(acme)]}).json["Invoices"][0]["InvoiceID"]

    assert part in told(api.post(f"Invoices/{key}", change))


def test_small_print_of_lines(api: Any, bill: Any, acme: str) -> None:
    """LineAmount alone gives the unit amount; discounts, items, rates and untaxed lines are taken; no Type is not."""
    line = {"Description": "x", "AccountCode": "400"}
    lines = [line | {"LineAmount": 30, "Quantity": 3}, line | {"UnitAmount": 10, "DiscountRate": 25, "ItemCode": "I"}]
    body = bill(acme, LineItems=lines, LineAmountTypes="NoTax", CurrencyCode="EUR", CurrencyRate=1.25)
    made = api.put("Invoices", {"Invoices": [body]}).json["Invoices"][0]

    assert [(Decimal(10), Decimal(30)), (Decimal(10), Decimal("7.50"))] == [
        (x["UnitAmount"], x["LineAmount"]) for x in made["LineItems"]
    ]
    assert (Decimal("37.50"), Decimal(0), Decimal("1.25"), "EUR") == (
        made["Total"], made["TotalTax"], made["CurrencyRate"], made["CurrencyCode"],
    )  # fmt: skip
    assert (25, "I") == (made["LineItems"][1]["DiscountRate"], made["LineItems"][1]["ItemCode"])
    del body["Type"]
    assert "Invoice Type must be specified" in told(api.put("Invoices", {"Invoices": [body]}))


def test_credit_notes_are_posted_by_id_only(xero: Xero, api: Any, acme: str) -> None:
    """POST /CreditNotes changes what CreditNoteID names and makes the rest; the printed number finds nothing."""
    key = xero.credit_note(acme, 10, number="CN-5")
    changed = api.post("CreditNotes", {"CreditNotes": [{"CreditNoteID": key, "Reference": "9001"}]})
    line = {"Description": "x", "UnitAmount": 5, "AccountCode": "200"}
    twin = {"Type": "ACCRECCREDIT", "CreditNoteNumber": "CN-5", "Contact": {"ContactID": acme}, "LineItems": [line]}

    assert "9001" == changed.json["CreditNotes"][0]["Reference"]
    assert key != api.post("CreditNotes", {"CreditNotes": [twin]}).json["CreditNotes"][0]["CreditNoteID"]
    unknown = {"CreditNoteID": "11111111-1111-4111-8111-111111111111", "Type": "ACCRECCREDIT"}
    text = "An existing Credit Note with the specified CreditNoteID could not be found"
    assert text in told(api.post("CreditNotes", {"CreditNotes": [unknown]}))


def test_credits_are_listed_by_reference_and_number(xero: Xero, api: Any, acme: str) -> None:
    """Overpayments take References, prepayments InvoiceNumbers; an allocation needs an invoice and an amount."""
    over, pre = xero.overpay(acme, 5, reference="R"), xero.prepay(acme, 5, reference="R")

    assert [over] == [row["OverpaymentID"] for row in api.get("Overpayments", References="R,S").json["Overpayments"]]
    assert [] == api.get("Prepayments", InvoiceNumbers="nothing").json["Prepayments"]
    assert "must be specified" in told(api.put(f"Prepayments/{pre}/Allocations", {"Allocations": [{"Amount": 1}]}))


def test_a_batch_is_of_one_kind_and_pays_each_once(xero: Xero, api: Any, acme: str) -> None:
    """Bills and invoices don't mix, none stands twice, credits are not paid, and no batch is empty."""
    sale, bill, note = xero.invoice(acme, 10), xero.invoice(acme, 10, kind="ACCPAY"), xero.credit_note(acme, 10)
    bank = {"Account": {"Code": "090"}}
    one = {"Invoice": {"InvoiceID": bill}, "Amount": 1}
    for payments, part in (
        ([], "invoices of one type"), ([one, {"Invoice": {"InvoiceID": sale}, "Amount": 1}], "invoices of one type"),
        ([one, one], "only once"), ([{"CreditNote": {"CreditNoteID": note}, "Amount": 1}], "pays invoices only"),
    ):  # fmt: skip
        body = {"BatchPayments": [{**bank, "Payments": payments}]}

        assert part in told(api.put("BatchPayments", body))
    batch = xero.batch_pay([(bill, 1)])
    assert "only be changed to the Status DELETED" in told(api.post(f"BatchPayments/{batch}", {"Status": "AUTHORISED"}))
    assert 404 == api.post("BatchPayments", {"Status": "DELETED"}).status


def test_a_payment_is_deleted_alone(xero: Xero, api: Any, acme: str) -> None:
    """Its own id may stand in the body; two elements, or an unknown payment, are refused."""
    payment = xero.pay(xero.invoice(acme, 10))

    assert 404 == api.post("Payments/nothing", {"Status": "DELETED"}).status
    assert 14 == api.post(f"Payments/{payment}", {"Payments": [{"Status": "DELETED"}] * 2}).json["ErrorNumber"]
    assert 200 == api.post(f"Payments/{payment}", {"PaymentID": payment, "Status": "DELETED"}).status


def test_contacts_in_one_call_and_merged_ones(xero: Xero, api: Any, acme: str) -> None:
    """A number can't be given twice in a call; an archived contact takes no merger; a bad status is told."""
    twice = {"Contacts": [{"Name": "A", "ContactNumber": "n"}, {"Name": "B", "ContactNumber": "n"}]}
    assert "stands twice" in told(api.put("Contacts", twice))
    mixed = api.put("Contacts", {"Contacts": [{"Name": "A"}, {"Name": ""}]}, summarizeErrors="false").json["Contacts"]
    assert ["OK", "ERROR"] == [row["StatusAttributeString"] for row in mixed]
    assert "is not valid" in told(api.put("Contacts", {"Contacts": [{"Name": "A", "ContactStatus": "LOST"}]}))
    assert "cannot be given" in told(api.put("Contacts", {"Contacts": [{"Name": "A", "ContactID": acme}]}))
    assert "could not be found" in told(api.post("Contacts", {"Contacts": [{"Name": "A", "ContactID": "x"}]}))
    assert 404 == api.post("Contacts/nothing", {"Name": "A"}).status
    with pytest.raises(ValueError, match="cannot be merged"):
        xero.merge_contacts(acme, acme)


@pytest.mark.parametrize("call", ["void", "pay", "delete_payment", "archive_contact", "refund_credit"])
def test_a_hand_that_reaches_for_nothing_is_told(xero: Xero, call: str) -> None:
    """An id that is not there is a ValueError that names what was looked for."""
    with pytest.raises(ValueError, match=r"There is no .* nothing"):
        getattr(xero, call)("nothing")


@pytest.mark.parametrize(
    "where", ["Date>=DateTime,2026", "Date>=Date(2026,1,1)", 'Contact.ContactID==guid,"x"', "Date?1"]
)
def test_where_is_read_to_the_letter(api: Any, where: str) -> None:
    """Half a literal, or another function, is a QueryParseException."""
    assert 16 == api.get("Invoices", where=where).json["ErrorNumber"]


def test_identity_is_strict_too(xero: Xero, api: Any) -> None:
    """JSON for a form, an unknown connection, a strange parameter, broken Basic auth are refused."""
    form = {"grant_type": "client_credentials", "scope": "accounting.invoices"}

    assert 400 == api.post("/connect/token", form).status
    assert 404 == api.delete("/connections/nothing").status
    assert 404 == api.get("/connect/token").status
    assert 404 == api.put("/connections", {}).status
    assert 400 == api.get("/connections", tenant="x").status
    assert 401 == api.get("/connections", {"Authorization": None}).status
    assert {"error": "invalid_client"} == api.form("/connect/token", form, Authorization="Basic !!!").json
    assert "refresh_token" not in xero.identity.authorise("accounting.invoices.read")


def test_a_url_can_be_too_long(api: Any, xero: Xero, acme: str) -> None:
    """Some fifty ids fit into a URL, sixty do not."""
    ids = [xero.invoice(acme, n + 1) for n in range(60)]

    assert 200 == api.get("Invoices", IDs=",".join(ids[:50])).status
    assert 414 == api.get("Invoices", IDs=",".join(ids)).status
