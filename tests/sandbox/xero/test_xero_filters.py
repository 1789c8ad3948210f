"""Section 9, item 3: where, order, the comma-separated parameters, and If-Modified-Since."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from worker.sandbox.clock import Clock
from worker.sandbox.xero import Xero


@pytest.fixture
def known(xero: Xero, acme: str) -> dict[str, str]:
    """Five invoices and a bill, by what they are."""
    beta = xero.add_contact("Beta GmbH")
    ids = {
        "paid": xero.invoice(acme, 100, reference="9001", date="2026-07-01", due_date="2026-08-01"),
        "part": xero.invoice(acme, 200, reference="9002", date="2026-08-01", due_date="2026-09-01"),
        "open": xero.invoice(beta, 300, number="A,B", date="2026-09-01", due_date="2026-10-01"),
        "draft": xero.invoice(beta, 400, date="2026-09-15", due_date="2026-10-15", status="DRAFT"),
        "void": xero.invoice(beta, 500, date="2026-09-20", due_date="2026-10-20"),
        "bill": xero.invoice(acme, 50, kind="ACCPAY", number="RENT", date="2026-09-30", due_date="2026-10-30"),
    }
    xero.pay(ids["paid"])
    xero.pay(ids["part"], 120)
    xero.void(ids["void"])
    return ids


def found(api: Any, known: dict[str, str], **query: Any) -> set[str]:
    names = {value: name for name, value in known.items()}
    reply = api.get("Invoices", **query)
    assert 200 == reply.status, reply.text
    return {names[row["InvoiceID"]] for row in reply.json["Invoices"]}


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ('Status=="PAID"', {"paid"}),
        ('Status == "AUTHORISED" AND Type=="ACCREC"', {"part", "open"}),
        ('Type=="ACCPAY"', {"bill"}),
        ('Reference=="9002"', {"part"}),
        ('InvoiceNumber=="RENT"', {"bill"}),
        ('Contact.Name=="Acme Ltd"', {"paid", "part", "bill"}),
        ('Contact.ContactNumber=="hub-1" && Status=="PAID"', {"paid"}),
        ("AmountPaid==120", {"part"}),
        ("AmountDue>=300.00", {"open", "draft"}),
        ("Date>=DateTime(2026,09,01) AND Date<DateTime(2026,09,20)", {"open", "draft"}),
        ("DueDate<=DateTime(2026, 9, 1, 0, 0, 0)", {"paid", "part"}),
    ],
)
def test_where_filters_on_the_optimised_fields(api: Any, known: dict[str, str], where: str, names: set[str]) -> None:
    """Comparisons of the documented fields, joined by AND, find what they say."""
    assert names == found(api, known, where=where)


def test_where_takes_guids(xero: Xero, api: Any, known: dict[str, str], acme: str) -> None:
    """Ids are compared with guid("…")."""
    assert {"paid"} == found(api, known, where=f'InvoiceID==guid("{known["paid"].upper()}")')
    assert {"paid", "part", "bill"} == found(api, known, where=f'Contact.ContactID==Guid("{acme}")')


@pytest.mark.parametrize(
    "where",
    [
        'Status=="PAID" OR Status=="DRAFT"', 'Status!="PAID"', 'Total>100', 'Status=PAID',
        'Status=="PAID" Type=="ACCREC"',
        'Date>="2026-09-01"', "Date>=DateTime(2026,13,01)", "DateTime(2026,1,1)", 'Contact.Name.Contains("x")', "",
        "Status",
        'Reference.StartsWith("9")', 'Status>="PAID"', 'InvoiceID=="x"', "Date>=DateTime(2026,9)", 'Status=="PAID',
    ],
)  # fmt: skip
def test_any_other_where_is_a_query_parse_exception(api: Any, known: dict[str, str], where: str) -> None:
    """What is not in the optimised part of the language is refused with ErrorNumber 16."""
    reply = api.get("Invoices", where=where)

    assert (400, 16, "QueryParseException") == (reply.status, reply.json["ErrorNumber"], reply.json["Type"])


def test_csv_parameters_narrow_the_list(api: Any, known: dict[str, str], acme: str) -> None:
    """IDs, InvoiceNumbers, ContactIDs and Statuses each take several values, and work together."""
    assert {"paid", "void"} == found(api, known, IDs=f"{known['paid']},{known['void']}")
    assert {"bill"} == found(api, known, InvoiceNumbers="RENT,nothing")
    assert {"paid", "part", "bill"} == found(api, known, ContactIDs=acme)
    assert {"paid", "draft"} == found(api, known, Statuses="PAID, DRAFT")
    assert {"paid"} == found(api, known, ContactIDs=acme, Statuses="PAID")


def test_a_comma_inside_a_number_splits_it(api: Any, known: dict[str, str]) -> None:
    """InvoiceNumbers=A,B asks for A and for B, so the invoice "A,B" is not found by it; where finds it."""
    assert set() == found(api, known, InvoiceNumbers="A,B")
    assert {"open"} == found(api, known, where='InvoiceNumber=="A,B"')


def test_without_statuses_the_voided_are_listed_too(api: Any, known: dict[str, str]) -> None:
    """VOIDED and DELETED invoices stay in the list (recorded)."""
    assert known.keys() == found(api, known)


def test_search_term_and_created_by_my_app(api: Any, known: dict[str, str], bill: Any, acme: str) -> None:
    """searchTerm looks into number, reference and name; createdByMyApp shows what came over the API alone."""
    assert {"part"} == found(api, known, searchTerm="9002")
    assert {"open", "draft", "void"} == found(api, known, searchTerm="beta")
    made = api.put("Invoices", {"Invoices": [bill(acme)]}).json["Invoices"][0]["InvoiceID"]

    assert [made] == [row["InvoiceID"] for row in api.get("Invoices", createdByMyApp="true").json["Invoices"]]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("Total", ["bill", "paid", "part", "open", "draft", "void"]),
        ("Total DESC", ["void", "draft", "open", "part", "paid", "bill"]),
        ("Type ASC, Date DESC", ["bill", "void", "draft", "open", "part", "paid"]),
    ],
)
def test_order_sorts(api: Any, known: dict[str, str], order: str, names: list[str]) -> None:
    """`order` takes a field and a direction, several after commas."""
    by_id = {value: name for name, value in known.items()}

    assert names == [by_id[row["InvoiceID"]] for row in api.get("Invoices", order=order).json["Invoices"]]


def test_order_by_updated_runs_both_ways(xero: Xero, api: Any, known: dict[str, str], clock: Clock) -> None:
    """UpdatedDateUTC DESC shows the latest change first."""
    clock.advance(timedelta(seconds=5))
    xero.pay(known["part"])

    assert known["part"] == api.get("Invoices", order="UpdatedDateUTC DESC").json["Invoices"][0]["InvoiceID"]
    assert known["part"] == api.get("Invoices", order="UpdatedDateUTC").json["Invoices"][-1]["InvoiceID"]


@pytest.mark.parametrize("order", ["Nonsense", "Total SIDEWAYS", "Total DESC extra", ""])
def test_an_unknown_order_is_refused(api: Any, order: str) -> None:
    """An order that is none is ErrorNumber 16."""
    assert 16 == api.get("Invoices", order=order).json["ErrorNumber"]


def test_if_modified_since_counts_to_the_second(xero: Xero, api: Any, acme: str, clock: Clock) -> None:
    """Only what changed since is listed, and nothing new is 200 with an empty array."""
    xero.invoice(acme, 100)
    clock.advance(timedelta(seconds=10))
    later = xero.invoice(acme, 200)
    since = {"If-Modified-Since": "2026-10-01T09:30:05"}

    assert [later] == [row["InvoiceID"] for row in api.get("Invoices", since, page=1).json["Invoices"]]
    reply = api.get("Invoices", {"If-Modified-Since": "2026-10-01T09:30:11"}, page=1)
    assert (200, [], 0) == (reply.status, reply.json["Invoices"], reply.json["pagination"]["itemCount"])


def test_whether_the_very_second_counts_is_a_switch(xero: Xero, api: Any, acme: str) -> None:
    """Nobody documents whether If-Modified-Since is inclusive: both can be had."""
    xero.invoice(acme, 100)
    since = {"If-Modified-Since": "2026-10-01T09:30:00"}
    assert 1 == len(api.get("Invoices", since).json["Invoices"])

    xero.modified_since_inclusive = False

    assert 0 == len(api.get("Invoices", since).json["Invoices"])


def test_nothing_new_can_be_a_304(xero: Xero, api: Any) -> None:
    """The 304 that some answers have is a switch."""
    xero.not_modified_304 = True

    assert 304 == api.get("Invoices", {"If-Modified-Since": "2026-10-01T09:30:00"}, page=1).status


@pytest.mark.parametrize(
    "since", ["2026-10-01T09:30:00.000", "2026-10-01T09:30:00Z", "2026-10-01T09:30:00+02:00", "2026-10-01", "yesterday"]
)
def test_a_fraction_or_offset_is_refused(api: Any, since: str) -> None:
    """If-Modified-Since is yyyy-mm-ddThh:mm:ss and nothing else (xero_gateway#145)."""
    reply = api.get("Invoices", {"If-Modified-Since": since})

    assert (400, 16) == (reply.status, reply.json["ErrorNumber"])


def test_every_list_has_its_own_delta(xero: Xero, api: Any, acme: str, clock: Clock) -> None:
    """CreditNotes, Payments, Overpayments, Prepayments and Contacts take If-Modified-Since, pages and where as well."""
    invoice = xero.invoice(acme, 100)
    clock.advance(timedelta(minutes=1))
    made = {
        "CreditNotes": xero.credit_note(acme, 10), "Payments": xero.pay(invoice, 10),
        "Overpayments": xero.overpay(acme, 5),
        "Prepayments": xero.prepay(acme, 5), "Contacts": xero.add_contact("New"),
    }  # fmt: skip
    since = {"If-Modified-Since": "2026-10-01T09:30:30"}
    for name, key in made.items():
        reply = api.get(name, since, page=1, where=f'{name[:-1]}ID==guid("{key}")')

        assert (1, key) == (reply.json["pagination"]["itemCount"], reply.json[name][0][f"{name[:-1]}ID"])


def test_a_huge_list_without_page_is_refused(xero: Xero, api: Any, known: dict[str, str]) -> None:
    """Above the limit Xero answers that one is not filtering efficiently (pyxero#373)."""
    xero.unpaged_limit = 5

    assert "not filtering Invoices efficiently" in api.get("Invoices").json["Message"]
    assert 200 == api.get("Invoices", page=1).status
