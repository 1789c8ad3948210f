"""Section 9, item 4: what a careless client gets."""

from __future__ import annotations

from typing import Any

import pytest

from worker.sandbox.xero import Xero

NOT_FOUND = "The resource you're looking for cannot be found"


def messages(reply: Any) -> list[str]:
    assert (400, 10, "ValidationException") == (reply.status, reply.json["ErrorNumber"], reply.json["Type"]), reply.text
    return [error["Message"] for element in reply.json["Elements"] for error in element["ValidationErrors"]]


@pytest.mark.parametrize(
    "path",
    [
        "Invoice", "Nothing", "Invoices/", "Invoices/no-such-id", "Payments/x", "CreditNotes/x", "Overpayments/x",
        "Prepayments/x",
        "Contacts/x", "BatchPayments/x", "CreditNotes/x/Nonsense", "Invoices/x/y/z", "/api.xro/1.0/Invoices",
        "/elsewhere",
    ],
)  # fmt: skip
def test_an_unknown_path_or_id_is_404_in_plain_text(api: Any, path: str) -> None:
    """Not found is never JSON."""
    reply = api.get(path)

    assert (404, NOT_FOUND) == (reply.status, reply.text)


def test_a_method_that_is_not_there_is_501(api: Any) -> None:
    """A known path with another method is ErrorNumber 20, as pyxero kept it."""
    reply = api.delete("Invoices")

    assert (501, 20, "ApiMethodNotImplementedException") == (
        reply.status,
        reply.json["ErrorNumber"],
        reply.json["Type"],
    )


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("Invoices", {"pagesize": 5}), ("Invoices", {"Page": 1}), ("Payments", {"Statuses": "PAID"}), ("Organisation",
        {"page": 1}),
        ("CreditNotes", {"summaryOnly": "true"}), ("Invoices", {"page": "one"}), ("Invoices", {"summaryOnly": "yes"}),
        ("Invoices", {"Statuses": "PAYED"}), ("Invoices", {"IDs": "['a', 'b']"}), ("Invoices", {"unitdp": 3}),
    ],
)  # fmt: skip
def test_an_unknown_parameter_or_value_is_400(api: Any, path: str, query: dict[str, Any]) -> None:
    """A parameter that is misspelt, foreign or of a wrong type is refused."""
    reply = api.get(path, **query)

    assert (400, "QueryParseException") == (reply.status, reply.json["Type"])


@pytest.mark.parametrize(
    "body",
    [
        b"{not json", b"", b"[]", b'{"Invoices": {}}', b'{"Invoices": []}', b'{"Invoices": [1]}',
        b'{"Invoices": [], "Extra": 1}',
        b'{"Invoices": [{"Typ": "ACCREC"}]}', b'{"Invoices": [{"Type": "ACCREC", "LineItems": [{"Amount": 1}]}]}',
        b'{"Invoices": [{"Type": "ACCREC", "Contact": {"Id": "x"}}]}', b'{"Invoices": [{"Type": 5}]}',
        b'{"Invoices": [{"Type": "ACCREC", "Date": 20261001}]}',
        b'{"Invoices": [{"Type": "ACCREC", "LineItems": [{"Description": "x", "UnitAmount": "12.00"}]}]}',
        b'{"Invoices": [{"Type": "ACCREC", "Date": "tomorrow"}]}', b'{"Invoices": [{"Type": "ACCREC", "Total": NaN}]}',
        b'{"Invoices": [{"Type": "ACCREC", "SentToContact": "true"}]}',
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_error_14(api: Any, body: bytes) -> None:
    """No JSON, unknown fields and wrong types are PostDataInvalidException."""
    reply = api.put("Invoices", body)

    assert (400, 14, "PostDataInvalidException") == (reply.status, reply.json["ErrorNumber"], reply.json["Type"])


def test_missing_parts_are_all_named_at_once(api: Any) -> None:
    """The three messages of pyxero's kept body come together, with the element given back."""
    reply = api.put("Invoices", {"Invoices": [{"Type": "ACCREC", "Status": "PAID", "LineItems": []}]})

    assert {
        "One or more line items must be specified",
        "Invoice not of valid status for creation",
        "A Contact must be specified for this type of transaction",
    } == set(messages(reply))
    element = reply.json["Elements"][0]
    assert ("00000000-0000-0000-0000-000000000000", "PAID") == (element["InvoiceID"], element["Status"])


@pytest.mark.parametrize(
    ("field", "value", "part"),
    [
        ("Type", "ACCRUED", "The Type 'ACCRUED' is not valid"), ("Status", "OPEN", "The Status 'OPEN' is not valid"),
        ("LineAmountTypes", "Gross", "The LineAmountTypes 'Gross' is not valid"),
        ("CurrencyCode", "pounds", "The CurrencyCode 'pounds' is not valid"),
        ("CurrencyCode", "XAU", "Organisation is not subscribed to currency XAU"),
        ("Contact", {"ContactID": "nobody"}, "The contact could not be found"), ("Contact", {},
        "A Contact must be specified"),
        ("InvoiceNumber", "x" * 256, "must not be longer than 255"), ("Total", 99,
        "does not equal the sum of the lines"),
        ("SubTotal", 99, "does not equal the sum of the lines"), ("DueDate", None, "A DueDate must be specified"),
        ("InvoiceID", "11111111-1111-4111-8111-111111111111", "cannot be given to a new document"),
    ],
)  # fmt: skip
def test_a_bad_value_is_error_10_that_says_so(
    api: Any, bill: Any, acme: str, field: str, value: Any, part: str
) -> None:  # fmt: skip
    """Unknown enumerations, totals that are not the sum, and what else a person would be told."""
    body = bill(acme, **{"Status": "AUTHORISED", field: value})

    assert part in "; ".join(messages(api.put("Invoices", {"Invoices": [body]})))


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ({"Description": None}, "Description must be specified"), ({"AccountCode": "999"}, "'999' is not a valid code"),
        ({"LineAmount": 80}, "does not match the expected line total 83.33"), ({"TaxType": "VAT"},
        "TaxType code 'VAT' does not exist"),
        ({"LineItemID": "x"}, "is not one of this document's"), ({"AccountCode": None},
        "Account code must be specified"),
    ],
)  # fmt: skip
def test_a_bad_line_is_error_10(api: Any, bill: Any, acme: str, line: dict[str, Any], part: str) -> None:
    """A line's faults are told with its document."""
    body = bill(acme, Status="SUBMITTED")
    body["LineItems"] = [{**body["LineItems"][0], **line}]

    assert part in "; ".join(messages(api.put("Invoices", {"Invoices": [body]})))


def test_the_reference_of_a_bill_is_ignored(xero: Xero, api: Any, bill: Any, acme: str) -> None:
    """Reference is for ACCREC only (spec): the key of a bill belongs into InvoiceNumber."""
    made = api.put("Invoices", {"Invoices": [bill(acme, Reference="lost")]}).json["Invoices"][0]

    assert ("", "2026-Q3/acme/GBP") == (made["Reference"], made["InvoiceNumber"])


def test_an_archived_contact_takes_no_invoice(xero: Xero, api: Any, bill: Any, acme: str) -> None:
    """A contact has to be active, for the API and for the person at the screen."""
    xero.archive_contact(acme)

    assert ["The contact Acme Ltd is archived. It must be restored before it can be used."] == messages(
        api.put("Invoices", {"Invoices": [bill(acme)]})
    )
    with pytest.raises(ValueError, match="archived"):
        xero.invoice(acme, 1)


def test_a_body_beyond_3_5_megabytes_is_refused(api: Any) -> None:
    """The docs name 10 MB and 3.5 MB; the smaller one holds here."""
    assert 413 == api.put("Invoices", b'{"Invoices": [' + b" " * 3_500_000 + b"]}").status


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"Amount": 1}, "Exactly one Invoice"), ({"Invoice": {"InvoiceID": "x"}, "Amount": 1},
        "Invoice could not be found"),
        ({"Amount": 0}, "greater than zero"), ({"Amount": 100.01}, "exceeds the amount outstanding"),
        ({"Account": {"Code": "200"}, "Amount": 1}, "BANK accounts"), ({"Account": None, "Amount": 1}, "BANK accounts"),
    ],
)  # fmt: skip
def test_a_bad_payment_is_error_10(xero: Xero, api: Any, acme: str, body: dict[str, Any], part: str) -> None:
    """A payment needs one document, a bank account, and an amount that is open."""
    whole = {
        "Invoice": {"InvoiceID": xero.invoice(acme, 100)},
        "Account": {"Code": "090"},
        "Date": "2026-10-01",
        **body,
    }
    if part == "Exactly one Invoice":
        del whole["Invoice"]

    assert part in "; ".join(messages(api.put("Payments", {"Payments": [whole]})))


def test_contacts_are_checked_too(xero: Xero, api: Any, acme: str) -> None:
    """A contact needs a name, its number is its own and no longer than 50 characters."""
    assert ["The contact name must be specified."] == messages(
        api.put("Contacts", {"Contacts": [{"EmailAddress": "x"}]})
    )
    twice = {"Contacts": [{"Name": "Other", "ContactNumber": "hub-1"}]}
    assert ["The ContactNumber hub-1 is already assigned to another contact"] == messages(api.put("Contacts", twice))
    long = {"Contacts": [{"Name": "Other", "ContactNumber": "x" * 51}]}
    assert ["The ContactNumber must not be longer than 50 characters"] == messages(api.put("Contacts", long))
    assert 14 == api.put("Contacts", {"Contacts": [{"Nome": "Other"}]}).json["ErrorNumber"]
