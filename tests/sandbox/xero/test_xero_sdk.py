"""The unmodified xero-python over sockets, built as section 5 of the sheet builds it, and its readers of models."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from xero_python.accounting import models
from xero_python.exceptions import AccountingBadRequestException, NotFoundException
from xero_python.identity import IdentityApi

from worker.sandbox.server import Server
from worker.sandbox.xero import Xero


def raw(reply: Any) -> Any:
    return json.loads(reply.data, parse_float=Decimal)


def test_a_delta_is_read_raw_with_decimals(xero: Xero, sdk: Any, acme: str) -> None:
    """if_modified_since, page and page_size arrive as Xero wants them; amounts are exact."""
    xero.invoice(acme, "83.33", tax_rate=20)
    reply = sdk.get_invoices(
        "", if_modified_since="2026-10-01T09:00:00", page=1, page_size=1000, _preload_content=False
    )

    assert "59" == reply.headers["X-MinLimit-Remaining"]
    body = raw(reply)
    assert (Decimal("100.00"), 1000) == (body["Invoices"][0]["Total"], body["pagination"]["pageSize"])


def test_large_answers_come_gzipped(xero: Xero, sdk: Any, server: Server, acme: str) -> None:
    """A page of many invoices is compressed on the wire and read as if it were not."""
    for n in range(50):
        xero.invoice(acme, n + 1)
    reply = sdk.get_invoices("", page=1, page_size=1000, _preload_content=False)

    assert "gzip" == reply.headers["Content-Encoding"]
    assert 50 == len(raw(reply)["Invoices"])


def test_the_sdks_models_read_every_list(xero: Xero, sdk: Any, acme: str) -> None:
    """Invoices, payments, all credits, contacts, organisation and batches pass the SDK's own strict models."""
    invoice, bill = xero.invoice(acme, 100, tax_rate=20), xero.invoice(acme, 10, kind="ACCPAY")
    xero.pay(invoice, 10), xero.batch_pay([(bill, 5)]), xero.credit(invoice, 5)
    for source in (xero.overpay(acme, 10), xero.prepay(acme, 10)):
        xero.allocate(source, invoice, 5)
    xero.refund_credit(xero.credit_note(acme, 5))

    (read,) = [i for i in sdk.get_invoices("", page=1).invoices if i.invoice_id == invoice]
    assert (Decimal("120.00"), Decimal("94.00"), "AUTHORISED") == (read.total, read.amount_due, read.status)
    assert (1, 1, 1) == (len(read.credit_notes), len(read.overpayments), len(read.prepayments))
    assert date(2026, 10, 1) == read.date
    kinds = {p.payment_type for p in sdk.get_payments("", page=1).payments}
    assert {"ACCRECPAYMENT", "ACCPAYPAYMENT", "ARCREDITPAYMENT"} == kinds
    assert 2 == len(sdk.get_credit_notes("", page=1).credit_notes)
    assert 1 == len(sdk.get_overpayments("", page=1).overpayments) == len(sdk.get_prepayments("", page=1).prepayments)
    assert "Acme Ltd" == sdk.get_contacts("", page=1).contacts[0].name
    assert "GBP" == sdk.get_organisations("").organisations[0].base_currency.value
    assert "PAYBATCH" == sdk.get_batch_payments("").batch_payments[0].type


def test_a_null_reference_becomes_the_word_none_in_models(xero: Xero, sdk: Any, acme: str) -> None:
    """The hazard of the sheet shows: raw it is null, by model the text "None"."""
    xero.spoil(xero.invoice(acme, 100), Reference=None)

    assert None is raw(sdk.get_invoices("", page=1, _preload_content=False))["Invoices"][0]["Reference"]
    assert "None" == sdk.get_invoices("", page=1).invoices[0].reference


def test_bills_are_drafted_by_dict_and_by_model(xero: Xero, sdk: Any, bill: Any, acme: str) -> None:
    """create_invoices takes the body as it is, or its models, which add HasErrors of their own."""
    made = raw(sdk.create_invoices("", {"Invoices": [bill(acme)]}, idempotency_key="k", _preload_content=False))
    line = models.LineItem(description="x", quantity=1.0, unit_amount=Decimal("83.33"), account_code="420")
    model = models.Invoice(
        type="ACCPAY", contact=models.Contact(contact_id=acme), line_items=[line], date=date(2026, 10, 5),
        due_date=date(2026, 11, 4), invoice_number="by model", status="AUTHORISED",
    )  # fmt: skip
    by_model = sdk.create_invoices("", models.Invoices(invoices=[model]), summarize_errors=False)

    assert Decimal("83.33") == made["Invoices"][0]["Total"] == by_model.invoices[0].total
    assert ["2026-Q3/acme/GBP", "by model"] == [row["InvoiceNumber"] for row in xero.invoices()]


def test_errors_have_the_sdks_own_classes(sdk: Any, bill: Any) -> None:
    """400 is AccountingBadRequestException with the elements, 404 NotFoundException."""
    with pytest.raises(AccountingBadRequestException) as bad:
        sdk.create_invoices("", {"Invoices": [bill("nobody")]})
    with pytest.raises(NotFoundException):
        sdk.get_invoice("", "11111111-1111-4111-8111-111111111111")

    assert (10, "The contact could not be found") == (
        bad.value.error_data["ErrorNumber"], bad.value.error_data["Elements"][0]["ValidationErrors"][0]["Message"],
    )  # fmt: skip


def test_payments_and_allocations_go_through_the_sdk(xero: Xero, sdk: Any, acme: str) -> None:
    """create_payment, delete_payment and an allocation by the SDK's models."""
    invoice, source = xero.invoice(acme, 100), xero.overpay(acme, 40)
    target = models.Invoice(invoice_id=invoice)
    payment = models.Payment(invoice=target, account=models.Account(code="090"), amount=60.0, date=date(2026, 10, 1))
    made = sdk.create_payment("", payment).payments[0]
    use = models.Allocation(invoice=target, amount=40.0, date=date(2026, 10, 1))
    sdk.create_overpayment_allocations("", source, models.Allocations(allocations=[use]))
    assert "PAID" == sdk.get_invoice("", invoice).invoices[0].status

    deleted = sdk.delete_payment("", made.payment_id, models.PaymentDelete(status="DELETED")).payments[0]

    assert ("DELETED", "AUTHORISED") == (deleted.status, sdk.get_invoice("", invoice).invoices[0].status)


def test_ids_are_given_as_a_list(xero: Xero, sdk: Any, acme: str) -> None:
    """The SDK joins a list with commas; a text it would take apart letter by letter."""
    ids = [xero.invoice(acme, n) for n in (1, 2, 3)]

    assert 2 == len(raw(sdk.get_invoices("", i_ds=ids[:2], _preload_content=False))["Invoices"])
    with pytest.raises(AccountingBadRequestException):
        sdk.get_invoices("", i_ds=",".join(ids[:2]), _preload_content=False)


def test_the_identity_api_reads_the_connections(xero: Xero, server: Server, build: Callable[[str], Any]) -> None:
    """IdentityApi on the same URL gives the tenant."""
    _, client, _ = build(server.url)

    assert [xero.tenant] == [c.tenant_id for c in IdentityApi(client, base_url=server.url).get_connections()]


def test_twenty_threads_share_five_sockets_and_one_token(
    xero: Xero, server: Server, build: Callable[[str], Any]
) -> None:
    """The sheet's construction under load: one token call, every answer right."""
    ledger, _, _ = build(server.url)

    def read(_: int) -> int:
        return int(json.loads(ledger.get_invoices("", page=1, _preload_content=False).data)["pagination"]["itemCount"])

    with ThreadPoolExecutor(20) as pool:
        assert [0] * 40 == list(pool.map(read, range(40)))
    assert 1 == len(server.calls("POST", "/connect/token"))
