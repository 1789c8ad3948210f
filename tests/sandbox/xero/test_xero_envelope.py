"""Section 9, item 2: the envelope, pages, what a list leaves out, and XML where JSON was not asked for."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from worker.sandbox.xero import Xero


@pytest.fixture
def three(xero: Xero, acme: str) -> list[str]:
    ids = [xero.invoice(acme, 100, tax_rate=20, reference=str(n), date="2026-09-01") for n in range(3)]
    xero.pay(ids[0], "50.00", "2026-09-20")
    return ids


def test_the_envelope_is_xeros(api: Any) -> None:
    """Id, Status, ProviderName, DateTimeUTC without offset; Id is also the correlation id of the headers (recorded)."""
    reply = api.get("Invoices")

    assert ["Id", "Status", "ProviderName", "DateTimeUTC", "Invoices"] == list(reply.json)
    assert ("OK", "/Date(1790847000000)/") == (reply.json["Status"], reply.json["DateTimeUTC"])
    assert reply.headers["xero-correlation-id"] == reply.json["Id"]


def test_pagination_comes_only_with_page(api: Any, three: list[str]) -> None:
    """Without `page` there is no pagination, whatever pageSize says."""
    assert "pagination" not in api.get("Invoices").json
    assert "pagination" not in api.get("Invoices", pageSize=1).json
    expected = {"page": 2, "pageSize": 2, "pageCount": 2, "itemCount": 3}

    assert expected == api.get("Invoices", page=2, pageSize=2).json["pagination"]


@pytest.mark.parametrize(("asked", "got"), [(None, 100), (1000, 1000), (1001, 1000), (0, 1), (-5, 1)])
def test_page_size_is_100_and_clamped_to_1000(api: Any, asked: int | None, got: int) -> None:
    """A pageSize out of range is clamped, not refused."""
    query = {"page": 1} if asked is None else {"page": 1, "pageSize": asked}

    assert got == api.get("Invoices", **query).json["pagination"]["pageSize"]


def test_a_page_behind_the_last_is_empty(api: Any, three: list[str]) -> None:
    """Reading on past the end gives 200 and no rows."""
    assert (200, []) == (api.get("Invoices", page=9).status, api.get("Invoices", page=9).json["Invoices"])


def test_line_items_need_a_page(api: Any, three: list[str]) -> None:
    """A list without `page` has no line items; a page has them; whole contacts come with one invoice alone."""
    (bare, paged) = (api.get("Invoices").json["Invoices"][0], api.get("Invoices", page=1).json["Invoices"][0])

    assert ([], 1) == (bare["LineItems"], len(paged["LineItems"]))
    assert "EmailAddress" not in paged["Contact"]
    assert "EmailAddress" in api.get(f"Invoices/{three[0]}").json["Invoices"][0]["Contact"]


def test_summary_only_drops_payments_and_line_items(api: Any, three: list[str]) -> None:
    """With summaryOnly a paid invoice shows no Payments: not for cash."""
    for query in ({"summaryOnly": "true"}, {"summaryOnly": "true", "page": 1}):
        for row in api.get("Invoices", **query).json["Invoices"]:
            assert {"Payments", "LineItems"}.isdisjoint(row)
            assert "AmountPaid" in row


def test_one_invoice_is_read_by_id_or_by_its_number(api: Any, three: list[str]) -> None:
    """GET /Invoices/{id} takes a client's invoice number too."""
    by_id = api.get(f"Invoices/{three[1]}").json["Invoices"]

    assert [three[1]] == [row["InvoiceID"] for row in by_id]
    assert by_id == api.get(f"Invoices/{by_id[0]['InvoiceNumber']}").json["Invoices"]


@pytest.mark.parametrize("accept", [None, "*/*", "application/xml", "text/html"])
def test_without_accept_json_the_answer_is_xml(api: Any, three: list[str], accept: str | None) -> None:
    """XML is the default: the same facts, dates in ISO, each row an element."""
    reply = api.get("Invoices", {"Accept": accept}, page=1)
    root = ElementTree.fromstring(reply.text)

    assert "text/xml; charset=utf-8" == reply.headers["content-type"]
    assert ("Response", set(three)) == (root.tag, {e.text for e in root.findall("Invoices/Invoice/InvoiceID")})
    assert "2026-09-01T00:00:00" == root.findtext("Invoices/Invoice/Date")


def test_a_null_is_nil_in_xml(xero: Xero, api: Any, three: list[str]) -> None:
    """What is null in JSON is an element with xsi:nil."""
    xero.spoil(three[0], Reference=None)
    reply = api.get(f"Invoices/{three[0]}", {"Accept": None})

    assert '<Reference xsi:nil="true" />' in reply.text


def test_an_error_without_accept_json_is_xml_too(api: Any) -> None:
    """The 400 of pyxero's kept body: ApiException with ErrorNumber, Type, Message, Elements."""
    reply = api.put("Invoices", {"Invoices": [{"Type": "ACCREC"}]}, {"Accept": None})
    root = ElementTree.fromstring(reply.text)

    assert (400, "ApiException", "10") == (reply.status, root.tag, root.findtext("ErrorNumber"))
    messages = [e.text for e in root.findall("Elements/DataContractBase/ValidationErrors/ValidationError/Message")]
    assert "One or more line items must be specified" in messages


def test_the_organisation_and_its_currencies_are_told(xero: Xero, api: Any) -> None:
    """GET /Organisation gives base currency, zone and whether it is a demo; the lock date only when there is one."""
    row = api.get("Organisation").json["Organisations"][0]
    assert ("GBP", "GMTSTANDARDTIME", True) == (row["BaseCurrency"], row["Timezone"], row["IsDemoCompany"])
    assert "PeriodLockDate" not in row

    xero.books.lock_date = xero.books.day("2026-03-31")

    assert "/Date(1774915200000+0000)/" == api.get("Organisation").json["Organisations"][0]["PeriodLockDate"]
    assert "GBP" == api.get("Currencies", where='Code=="GBP"').json["Currencies"][0]["Code"]
