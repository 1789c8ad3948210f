"""Section 9, item 7: dates both ways, and fields that are null, missing, zero or unknown, on order."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from worker.sandbox.xero import Xero


def first(api: Any, name: str = "Invoices") -> dict[str, Any]:
    row: dict[str, Any] = api.get(name, page=1).json[name][0]
    return row


@pytest.mark.parametrize(
    ("offset", "date"),
    [("+0000", "/Date(1790812800000+0000)/"), ("", "/Date(1790812800000)/"), ("+1300", "/Date(1790812800000+1300)/")],
)
def test_ms_dates_come_with_any_offset_or_none(xero: Xero, api: Any, acme: str, offset: str, date: str) -> None:
    """The number is midnight UTC of the calendar date whatever the offset says."""
    xero.invoice(acme, 100, date="2026-10-01")
    xero.date_offset = offset

    assert date == first(api)["Date"]


def test_dates_before_1970_are_negative(xero: Xero, api: Any, acme: str) -> None:
    """1917 occurs (Xero-Java#138)."""
    xero.invoice(acme, 100, date="1917-03-08")

    assert "/Date(-1666828800000+0000)/" == first(api)["Date"]


def test_voided_ones_may_have_zero_dates(xero: Xero, api: Any, acme: str) -> None:
    """/Date(0+0000)/ on a voided invoice, the string beside it still right."""
    xero.void(xero.invoice(acme, 100, date="2026-10-01"))
    xero.zero_dates_on_voided = True
    row = first(api)

    assert ("/Date(0+0000)/", "/Date(0+0000)/", "2026-10-01T00:00:00") == (
        row["Date"],
        row["DueDate"],
        row["DateString"],
    )


def test_date_strings_come_with_t_or_blank(xero: Xero, api: Any, acme: str) -> None:
    """Recorded with a T, in the description's examples with a blank."""
    xero.invoice(acme, 100, date="2026-10-01")
    assert "2026-10-01T00:00:00" == first(api)["DateString"]

    xero.date_between = " "

    assert "2026-10-01 00:00:00" == first(api)["DateString"]


def test_updated_comes_as_ms_and_as_text(xero: Xero, api: Any, acme: str) -> None:
    """UpdatedDateUTCString stands beside UpdatedDateUTC since July 2026."""
    xero.invoice(acme, 100)
    row = first(api)

    assert ("/Date(1790847000000+0000)/", "2026-10-01T09:30:00Z") == (
        row["UpdatedDateUTC"],
        row["UpdatedDateUTCString"],
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Reference", None), ("CurrencyRate", 0), ("Status", "SHIPPED"), ("Type", "ACCXYZ"), ("Date",
        "2026-10-01T00:00:00"),
        ("CurrencyCode", None), ("LineItems", None), ("Payments", None), ("LineAmountTypes", "Mixed"),
    ],
)  # fmt: skip
def test_any_field_can_be_spoilt(xero: Xero, api: Any, acme: str, field: str, value: Any) -> None:
    """A null, a zero, an unknown word or an ISO date is shown in lists and alone, and the books do not mind."""
    invoice = xero.invoice(acme, 100, reference="9001")
    api.get("Invoices", page=1)

    xero.spoil(invoice, **{field: value})

    assert value == first(api)[field] == api.get(f"Invoices/{invoice}").json["Invoices"][0][field]
    xero.pay(invoice)


def test_a_field_can_be_left_out(xero: Xero, api: Any, acme: str) -> None:
    """15 of 79 recorded invoices have no CurrencyRate."""
    xero.spoil(xero.invoice(acme, 100), CurrencyRate=...)

    assert "CurrencyRate" not in first(api)


def test_a_payments_rate_may_be_zero(xero: Xero, api: Any, acme: str) -> None:
    """A payment's CurrencyRate of 0 occurs (recorded); a real one turns the amount into the bank's currency."""
    invoice = xero.invoice(acme, 100, currency="EUR", rate="1.25")
    xero.pay(invoice, 40, rate=0)
    xero.pay(invoice, 50, rate="1.25")
    rows = {row["Amount"]: row for row in api.get("Payments").json["Payments"]}

    assert (0, Decimal("40.00")) == (rows[40]["CurrencyRate"], rows[40]["BankAmount"])
    assert (Decimal("1.25"), Decimal("40.00")) == (rows[50]["CurrencyRate"], rows[50]["BankAmount"])


def test_amounts_are_written_with_two_decimals(xero: Xero, api: Any, acme: str) -> None:
    """No amount ever passes through a float: what was typed is what is on the wire."""
    xero.invoice(acme, "1234567890.10", tax_rate=20)
    raw = api.get("Invoices", page=1).text

    assert ["1234567890.10", "246913578.02", "1481481468.12"] == [
        re.search(rf'"{name}":([\d.]+)', raw)[1] for name in ("SubTotal", "TotalTax", "Total")  # type: ignore[index]
    ]  # fmt: skip


def test_unit_amounts_have_four_decimals_on_wish(xero: Xero, api: Any, acme: str) -> None:
    """unitdp=4 shows what two decimals round."""
    xero.invoice(acme, lines=[{"UnitAmount": "0.1234", "Quantity": 100}])

    assert "0.12" == str(first(api)["LineItems"][0]["UnitAmount"])
    row = api.get("Invoices", page=1, unitdp=4).json["Invoices"][0]
    assert ("0.1234", "12.34") == (str(row["LineItems"][0]["UnitAmount"]), str(row["SubTotal"]))


def test_a_contact_that_was_merged_is_told_when_paging_or_by_id(xero: Xero, api: Any, acme: str) -> None:
    """The loser is ARCHIVED, out of plain lists, and names its heir only in pages and alone (spec)."""
    heir, invoice = xero.add_contact("Heir"), xero.invoice(acme, 100)
    xero.merge_contacts(acme, heir)

    assert [heir] == [row["ContactID"] for row in api.get("Contacts", page=1).json["Contacts"]]
    paged = {row["ContactID"]: row for row in api.get("Contacts", page=1, includeArchived="true").json["Contacts"]}
    assert ("ARCHIVED", heir) == (paged[acme]["ContactStatus"], paged[acme]["MergedToContactID"])
    unpaged = {row["ContactID"]: row for row in api.get("Contacts", includeArchived="true").json["Contacts"]}
    assert "MergedToContactID" not in unpaged[acme]
    assert heir == api.get(f"Contacts/{acme}").json["Contacts"][0]["MergedToContactID"]
    assert heir == api.get(f"Invoices/{invoice}").json["Invoices"][0]["Contact"]["ContactID"]


def test_contacts_are_found_by_id_number_and_words(xero: Xero, api: Any, acme: str) -> None:
    """GET /Contacts takes IDs, searchTerm, and a ContactNumber in the path; names may repeat."""
    twin = xero.add_contact("Acme Ltd")

    assert [twin] == [c["ContactID"] for c in api.get("Contacts", IDs=twin).json["Contacts"]]
    assert {acme, twin} == {c["ContactID"] for c in api.get("Contacts", searchTerm="acme").json["Contacts"]}
    assert acme == api.get("Contacts/hub-1").json["Contacts"][0]["ContactID"]
    xero.set_contact_number(acme, None)
    assert 404 == api.get("Contacts/hub-1").status
