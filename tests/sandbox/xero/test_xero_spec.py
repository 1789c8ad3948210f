"""The sandbox held against Xero's own OpenAPI description 16.1.0, where it is at hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from worker.sandbox.xero import Xero
from worker.sandbox.xero.fields import FIELDS
from worker.sandbox.xero.hooks import Hooks

SPECS = Path(__file__).parents[4] / "shared" / "specs" / "xero"
pytestmark = [
    pytest.mark.skipif(not SPECS.is_dir(), reason=f"the vendors' descriptions are not at {SPECS}"),
    pytest.mark.filterwarnings("ignore:Unsupported scheme type"),  # openapi-core has no reader for OAuth 2
]
# The description asks for the Amount of a deleted allocation, which its own example lacks.
KNOWN = {"delete": ["'Amount' is a required property"]}
BANK = {"Account": {"Code": "090"}, "Date": "2026-10-01"}


@pytest.fixture(scope="session")
def description() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load((SPECS / "xero_accounting.yaml").read_text(), loader)
    return loaded


@pytest.fixture(scope="session")
def contract(description: dict[str, Any]) -> OpenAPI:
    # The description is not formally valid itself (23 defaults of the wrong type), so it is not checked first.
    return OpenAPI.from_dict(description, config=Config(spec_validator_cls=None))


class Witness:
    """Sends a request to the sandbox and holds both sides of the exchange against the description."""

    def __init__(self, api: Any, contract: OpenAPI, tenant: str) -> None:
        self.api = api
        self.contract = contract
        self.headers = {"Authorization": "Bearer x", "xero-tenant-id": tenant}

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        reply = self.api.delete(path) if method == "delete" else None
        if reply is None:
            sent = () if method == "get" else (body,)
            reply = getattr(self.api, method)(path, *sent, **query)
        args: Mapping[str, str] = {name: str(value) for name, value in query.items()}
        data = None if body is None else json.dumps(body).encode()
        request = MockRequest(
            "https://api.xero.com", method, f"/api.xro/2.0/{path}", args=args, headers=self.headers, data=data
        )
        answer = MockResponse(reply.raw, status_code=reply.status)
        assert [] == problems(self.contract.validate_request, request)
        assert KNOWN.get(method, []) == problems(self.contract.validate_response, request, answer)
        return reply.json


def problems(check: Callable[..., None], *args: Any) -> list[str]:
    try:
        check(*args)
    except OpenAPIError as error:
        cause = error.__cause__
        return [str(e.message) for e in getattr(cause, "schema_errors", [])] or [str(cause or error)]
    return []


@pytest.fixture
def witness(api: Any, contract: OpenAPI, xero: Xero) -> Witness:
    return Witness(api, contract, xero.tenant)


@pytest.fixture
def full(xero: Xero, acme: str) -> dict[str, str]:
    """A bit of everything, so that no list is empty."""
    invoice, bill = xero.invoice(acme, 100, tax_rate=20, reference="9001"), xero.invoice(acme, 10, kind="ACCPAY")
    keys = {"Invoices": invoice, "Payments": xero.pay(invoice, 10), "BatchPayments": xero.batch_pay([(bill, 5)])}
    keys |= {"CreditNotes": xero.credit(invoice, 5), "Contacts": acme}
    keys |= {"Overpayments": xero.overpay(acme, 10), "Prepayments": xero.prepay(acme, 10, tax_rate=20)}
    for source in ("Overpayments", "Prepayments"):
        xero.allocate(keys[source], invoice, 5)
    xero.refund_credit(xero.credit_note(acme, 5)), xero.refund_overpayment(keys["Overpayments"], 1)
    xero.void(xero.invoice(acme, 1)), xero.delete_payment(xero.pay(invoice, 1))
    xero.merge_contacts(xero.add_contact("Old"), acme)
    return keys


@pytest.mark.parametrize("refund_parent_key", [True, False])
def test_every_list_and_every_record_is_as_described(
    xero: Xero, witness: Witness, full: dict[str, str], refund_parent_key: bool
) -> None:
    """All lists, with and without pages, and one of each, match their schemas and their parameters."""
    xero.refund_parent_key = refund_parent_key
    for name, key in full.items():
        paged = {} if name == "BatchPayments" else {"page": 1, "pageSize": 100}

        assert (
            len(witness("get", name)[name]) == len(witness("get", name, order="UpdatedDateUTC DESC", **paged)[name]) > 0
        )
        assert key in witness("get", f"{name}/{key}")[name][0].values()
    witness("get", "Organisation"), witness("get", "Currencies")
    witness("get", "Invoices", Statuses="PAID,VOIDED", summaryOnly="true", searchTerm="9001")


def test_invoices_are_written_as_described(witness: Witness, bill: Any, acme: str) -> None:
    """PUT and POST of invoices, good and bad, summed up or not, match the description."""
    key = witness("put", "Invoices", {"Invoices": [bill(acme)]}, summarizeErrors="false")["Invoices"][0]["InvoiceID"]
    witness("post", "Invoices", {"Invoices": [{"InvoiceID": key, "InvoiceNumber": "x"}]}, unitdp=4)
    witness("post", f"Invoices/{key}", {"Invoices": [{"Status": "SUBMITTED"}]})
    assert 10 == witness("put", "Invoices", {"Invoices": [bill(key)]})["ErrorNumber"]


def test_money_is_written_as_described(xero: Xero, witness: Witness, acme: str) -> None:
    """Payments, credit notes, allocations and batches, made and undone, match the description."""
    invoice = xero.invoice(acme, 100)
    order = {"Invoice": {"InvoiceID": invoice}, "Amount": 10, **BANK}
    payment = witness("put", "Payments", {"Payments": [order]})["Payments"][0]["PaymentID"]
    witness("post", "Payments", order), witness("post", f"Payments/{payment}", {"Status": "DELETED"})
    line = {"Description": "x", "UnitAmount": 50, "AccountCode": "200"}
    note = {"Type": "ACCRECCREDIT", "Contact": {"ContactID": acme}, "Status": "AUTHORISED", "LineItems": [line]}
    key = witness("put", "CreditNotes", {"CreditNotes": [note]})["CreditNotes"][0]["CreditNoteID"]
    use = {"Amount": 5, "Date": "2026-10-01", "Invoice": {"InvoiceID": invoice}}
    for name, source in (
        ("CreditNotes", key), ("Overpayments", xero.overpay(acme, 9)), ("Prepayments", xero.prepay(acme, 9)),
    ):  # fmt: skip
        made = witness("put", f"{name}/{source}/Allocations", {"Allocations": [use]})["Allocations"][0]
        witness("delete", f"{name}/{source}/Allocations/{made['AllocationID']}")
    batch = {**BANK, "Payments": [{"Invoice": {"InvoiceID": xero.invoice(acme, 10)}, "Amount": 10}]}
    made = witness("put", "BatchPayments", {"BatchPayments": [batch]})["BatchPayments"][0]
    witness("post", "BatchPayments", {"BatchPaymentID": made["BatchPaymentID"], "Status": "DELETED"})


def test_contacts_are_written_as_described(witness: Witness) -> None:
    """PUT and POST of contacts match the description, a refusal too."""
    key = witness("put", "Contacts", {"Contacts": [{"Name": "New", "ContactNumber": "n"}]})["Contacts"][0]["ContactID"]
    witness("post", f"Contacts/{key}", {"Contacts": [{"ContactStatus": "ARCHIVED"}]})
    assert 10 == witness("post", "Contacts", {"Contacts": [{"Name": ""}]})["ErrorNumber"]


def test_the_fields_that_are_taken_are_the_described_ones(description: dict[str, Any]) -> None:
    """No property of the description is refused, and beyond them only what answers themselves carry."""
    carried = {"DateString", "DueDateString", "ID", "ValidationErrors"}
    for kind, names in FIELDS.items():
        described = set(description["components"]["schemas"][kind]["properties"])

        assert (set(), set()) == (described - names, names - described - carried)


def test_hook_events_have_the_described_parts(xero: Xero, acme: str) -> None:
    """The body and each event have every required property of the webhooks description, and no other.

    Known to differ: PREPAYMENT and OVERPAYMENT are not in the description yet, and an intent to receive counts from 0.
    """
    schemas = yaml.safe_load((SPECS / "xero-webhooks.yaml").read_text())["components"]["schemas"]
    described = schemas["WebhookEvent"]["properties"]["events"]["items"]
    bodies: list[dict[str, Any]] = []

    def receive(_: str, body: bytes, headers: Mapping[str, str]) -> int:
        bodies.append(json.loads(body))
        return 200 if len(bodies) != 2 else 401

    hooks: Hooks = xero.hooks
    assert hooks.register("http://127.0.0.1:1/", "key", receive)
    xero.credit(xero.invoice(acme, 100), 10)
    hooks.deliver(receive)

    assert set(schemas["WebhookEvent"]["required"]) == bodies[-1].keys()
    for event in bodies[-1]["events"]:
        assert set(described["required"]) == event.keys() - {"data"}
        known = {choice["const"] for choice in described["properties"]["eventCategory"]["oneOf"]}
        assert event["eventCategory"] in known
