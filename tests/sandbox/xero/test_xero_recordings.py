"""The sandbox held against real traffic (xero-python's cassettes, pyxero's kept bodies), where it is at hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from worker.sandbox.clock import Clock
from worker.sandbox.xero import Xero
from worker.sandbox.xero.dates import EPOCH, read_day
from worker.sandbox.xero.render import PAGED

RECORDINGS = Path(__file__).parents[4] / "shared" / "recordings" / "xero.jsonl"
pytestmark = pytest.mark.skipif(not RECORDINGS.is_file(), reason=f"the recorded traffic is not at {RECORDINGS}")
SINCE_2020 = {"UpdatedDateUTCString"}  # added to answers in July 2026 (docs)


@pytest.fixture(scope="module")
def recorded() -> list[dict[str, Any]]:
    if not RECORDINGS.is_file():
        return []
    with RECORDINGS.open() as lines:
        return [json.loads(line, parse_float=Decimal) for line in lines]


def answer_to(recorded: list[dict[str, Any]], path: str) -> Any:
    return next(r["response"] for r in recorded if r["request"]["url"].endswith(path))


def shape(value: Any) -> Any:
    """Reduce a value to its type; numbers are all alike."""
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float | Decimal) else type(value).__name__


def enter(xero: Xero, row: dict[str, Any], contacts: dict[str, str]) -> str:
    """Do by hand what led to a recorded invoice, and return its id here."""
    contact = contacts.setdefault(row["Contact"]["ContactID"], "") or xero.add_contact(row["Contact"]["Name"])
    contacts[row["Contact"]["ContactID"]] = contact
    status = row["Status"]
    key = xero.invoice(
        contact, lines=row["LineItems"], amounts=row["LineAmountTypes"], kind=row["Type"], number=row["InvoiceNumber"],
        reference=row["Reference"], date=read_day(row["Date"]), due_date=read_day(row["DueDate"]), currency="NZD",
        status=status if status in ("DRAFT", "SUBMITTED") else "AUTHORISED",
    )  # fmt: skip
    if "SentToContact" in row:
        xero.edit(key, sent=row["SentToContact"])
    for payment in row["Payments"]:
        xero.pay(key, payment["Amount"], read_day(payment["Date"]), reference=payment["Reference"])
    for credit in row["CreditNotes"]:
        kind = "ACCRECCREDIT" if row["Type"] == "ACCREC" else "ACCPAYCREDIT"
        note = xero.credit_note(
            contact, credit["Total"], date=read_day(credit["Date"]), number=credit["CreditNoteNumber"], kind=kind,
            currency="NZD",
        )  # fmt: skip
        xero.allocate(note, key, credit["AppliedAmount"], read_day(credit["Date"]))
    if status == "VOIDED":
        xero.void(key)
    return key


def leaves(row: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Walk through a row; what is specific to the recorded organisation is left out."""
    if isinstance(row, dict):
        for name, value in row.items():
            if not name.endswith(("ID", "UpdatedDateUTC", "CurrencyRate", "HasAttachments")) and name not in SINCE_2020:
                yield from leaves(value, f"{at}.{name}")
    elif isinstance(row, list):
        yield f"{at}.length", len(row)
        for index, value in enumerate(row):
            yield from leaves(value, f"{at}[{index}]")
    else:
        yield at, row


@pytest.fixture
def books(clock: Clock) -> Xero:
    return Xero(clock, base_currency="NZD")


def test_79_real_invoices_are_entered_again_and_come_out_alike(recorded: list[dict[str, Any]], books: Xero) -> None:
    """Done again by hand, every recorded invoice has the same amounts, statuses, dates and lines, to the cent."""
    rows = answer_to(recorded, "/Invoices?page=1")["body"]["Invoices"]
    contacts: dict[str, str] = {}
    entered = {enter(books, row, contacts): row for row in rows}
    assert 79 == len(entered)

    for row in books.invoices():
        ours = dict(leaves(row | {"Contact": {"Name": row["Contact"]["Name"]}}))
        theirs = dict(leaves(entered[row["InvoiceID"]] | {"Contact": {"Name": row["Contact"]["Name"]}}))
        assert theirs == {at: value for at, value in ours.items() if at in theirs}, row["InvoiceNumber"]


def test_an_invoice_listed_has_the_recorded_keys_and_types(
    recorded: list[dict[str, Any]], books: Xero, clock: Clock
) -> None:
    """Same keys, same types, down to lines, payments, credits and contact; only CurrencyRate may be missing there."""
    contacts: dict[str, str] = {}
    for row in answer_to(recorded, "/Invoices?page=1")["body"]["Invoices"]:
        key = enter(books, row, contacts)
        ours = books.render.record(books.books.document("Invoice", key), PAGED)
        assert keys(row) | {".CurrencyRate:number"} == keys(ours)


def keys(row: Any, at: str = "") -> set[str]:
    """Return every key with the type of its value; entries of arrays are taken together."""
    if isinstance(row, list):
        return {key for value in row for key in keys(value, f"{at}[]")}
    if not isinstance(row, dict):
        return set()
    found = {f"{at}.{name}:{shape(value)}" for name, value in row.items() if name not in SINCE_2020}
    nested = {key for name, value in row.items() if name != "Tracking" for key in keys(value, f"{at}.{name}")}
    return found | nested


def test_the_envelope_and_headers_are_the_recorded_ones(recorded: list[dict[str, Any]], api: Any) -> None:
    """The five keys of the envelope in their order (pagination came later), and the limits' headers in lower case."""
    real, ours = answer_to(recorded, "/Invoices?page=1"), api.get("Invoices", page=1)

    assert list(real["body"]) == [key for key in ours.json if key != "pagination"]
    limits = {name for name in real["headers"] if name.endswith("-remaining")} | {"xero-correlation-id", "content-type"}
    assert limits <= set(ours.headers)
    assert real["headers"]["content-type"] == ours.headers["content-type"]
    assert real["headers"]["xero-correlation-id"] == real["body"]["Id"]


def test_the_organisation_has_the_recorded_keys(recorded: list[dict[str, Any]], xero: Xero, api: Any) -> None:
    """Same keys and types for GET /Organisation, the lock date included."""
    xero.books.lock_date = date(2009, 9, 30)
    real = answer_to(recorded, "/Organisation")["body"]["Organisations"][0]
    ours = api.get("Organisation").json["Organisations"][0]

    assert {name: shape(value) for name, value in real.items()} == {name: shape(value) for name, value in ours.items()}
    assert real["PeriodLockDate"] == ours["PeriodLockDate"]


def test_connections_have_the_recorded_keys(recorded: list[dict[str, Any]], api: Any) -> None:
    """The recorded keys and tenantType, and tenantName, which came later; stamps with seven decimals."""
    real, ours = answer_to(recorded, "/Connections")["body"][0], api.get("/Connections").json[0]

    assert real.keys() | {"tenantName"} == ours.keys()
    assert (real["tenantType"], len(real["createdDateUtc"])) == (ours["tenantType"], len(ours["createdDateUtc"]))


def test_a_refreshed_token_has_the_recorded_keys(recorded: list[dict[str, Any]], xero: Xero, api: Any) -> None:
    """access_token, expires_in 1800, Bearer, refresh_token, scope; no id_token, as nobody signs in here."""
    xero.broad_scopes = True
    refresh = xero.identity.authorise("accounting.transactions offline_access")["refresh_token"]
    real = answer_to(recorded, "/connect/token")["body"]
    form = {"grant_type": "refresh_token", "refresh_token": str(refresh), "client_id": "SANDBOX"}
    ours = api.form("/connect/token", {**form, "client_secret": "sandbox-secret"}).json

    assert real.keys() - {"id_token"} == ours.keys()
    assert (real["expires_in"], real["token_type"]) == (ours["expires_in"], ours["token_type"])


@pytest.mark.parametrize(
    ("status", "part"), [(404, "cannot be found"), (503, "offline for maintenance"), (429, "rate%20limit%20exceeded")]
)
def test_texts_of_errors_are_the_kept_ones(
    recorded: list[dict[str, Any]], xero: Xero, api: Any, status: int, part: str
) -> None:
    """404, 503 and the older 429 are word for word what pyxero kept."""
    kept = next(r["response"] for r in recorded if r["response"]["status"] == status and part in r["response"]["body"])
    if status == 503:
        xero.faults.order("maintenance")
    if status == 429:
        xero.faults.order("rate-limit", options={"problem": "day", "body": "form"})

    ours = api.get("Nothing")

    assert (kept["status"], kept["body"], kept["headers"]["content-type"]) == (
        ours.status, ours.text, ours.headers["content-type"],
    )  # fmt: skip
    assert kept["headers"].get("x-rate-limit-problem") == ours.headers.get("x-rate-limit-problem")


def test_an_expired_token_is_told_as_kept(recorded: list[dict[str, Any]], xero: Xero, api: Any) -> None:
    """Type, Title, Status and the wording of Detail agree with the kept 401."""
    kept = next(
        r["response"]["body"]
        for r in recorded
        if isinstance(r["response"]["body"], dict) and r["response"]["status"] == 401
    )
    xero.faults.order("token-expired")
    ours = api.get("Invoices").json

    assert {name: kept[name] for name in ("Type", "Title", "Status")} == {
        name: ours[name] for name in ("Type", "Title", "Status")
    }
    assert len(kept["Detail"]) == len(ours["Detail"])
    assert kept["Detail"].split(" at ")[0] == ours["Detail"].split(" at ")[0]


def test_the_demo_companys_dates_are_what_the_readers_expect(recorded: list[dict[str, Any]]) -> None:
    """Recorded Date and DateString always name the same day, so our two readers agree on all of them."""
    for row in answer_to(recorded, "/Invoices?page=1")["body"]["Invoices"]:
        assert read_day(row["DateString"]) == read_day(row["Date"]) > EPOCH.date()
