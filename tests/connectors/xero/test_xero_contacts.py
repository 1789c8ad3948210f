"""ContactNumbers, remembered and followed through merges; and the doctor's lines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.connectors.xero.xero_stand import HOUR, Stand
from worker.ports import Check


def test_contacts_with_a_number_are_told_and_remembered_for_a_day(stand: Stand, acme: str) -> None:
    """One call for all, none within a day, none for those without a number either."""
    bare = stand.xero.add_contact("Bare Ltd")
    assert {acme: "hub-1"} == stand.ledger().contact_numbers([acme, bare, ""])
    assert ["Contacts"] == stand.calls()
    stand.clock.advance(23 * HOUR)
    assert {acme: "hub-1"} == stand.ledger().contact_numbers([bare, acme])
    assert [] == stand.calls()
    stand.xero.set_contact_number(bare, "hub-2")
    stand.clock.advance(2 * HOUR)

    assert {acme: "hub-1", bare: "hub-2"} == stand.ledger().contact_numbers({acme, bare})
    assert ["Contacts"] == stand.calls()


def test_nobody_asked_for_costs_nothing(stand: Stand) -> None:
    """No contacts, no call."""
    assert {} == stand.ledger().contact_numbers([])
    assert [] == stand.calls()


def test_fifty_ids_a_call(stand: Stand) -> None:
    """101 contacts are three calls, each address below two kilobytes."""
    contacts = {stand.xero.add_contact(f"c{n}", f"hub-{n}"): f"hub-{n}" for n in range(101)}
    assert contacts == stand.ledger().contact_numbers(contacts)

    assert [50, 50, 1] == [len(dict(call.query)["IDs"].split(",")) for call in stand.server.calls("GET", "/api")]


def test_merged_contacts_are_followed_to_the_last(stand: Stand, acme: str) -> None:
    """The number is that of the contact that lives on; the one merged away keeps its id in the invoices."""
    second, third = stand.xero.add_contact("Acme", "hub-2"), stand.xero.add_contact("ACME", "hub-3")
    stand.xero.merge_contacts(acme, second)
    stand.xero.merge_contacts(second, third)

    assert {acme: "hub-3"} == stand.ledger().contact_numbers([acme])
    assert {acme: "hub-3", second: "hub-3"} == stand.ledger().contact_numbers([acme, second])
    assert ["Contacts"] * 3 == stand.calls()


def test_the_number_of_the_one_merged_away_serves_where_the_other_has_none(stand: Stand, acme: str) -> None:
    """A survivor without a number does not hide the company."""
    survivor = stand.xero.add_contact("Acme Holdings")
    stand.xero.merge_contacts(acme, survivor)

    assert {acme: "hub-1"} == stand.ledger().contact_numbers([acme])


def test_a_circle_of_merges_ends(stand: Stand, acme: str) -> None:
    """Two contacts that each say they were merged into the other."""
    other = stand.xero.add_contact("Other", "hub-2")
    stand.spoil(acme, MergedToContactID=other)
    stand.spoil(other, MergedToContactID=acme)

    assert {acme: "hub-2"} == stand.ledger().contact_numbers([acme])


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"at": 1}', '{"number": "x", "into": "", "at": "2030-01-01T00:00:00+00:00"}']
)
def test_what_was_remembered_badly_is_asked_again(stand: Stand, acme: str, text: str) -> None:
    """A damaged item, and one of the future, are no memory."""
    stand.ledger().contact_numbers([acme])
    (shelf,) = (name for name in stand.memory.items if name.endswith("Contacts"))
    stand.memory.items[shelf][acme] = text

    assert {acme: "hub-1"} == stand.ledger().contact_numbers([acme])


def test_a_contact_that_is_nowhere_has_no_number(stand: Stand) -> None:
    """An id that Xero doesn't know is asked for once a day."""
    nobody = "11111111-2222-4333-8444-555555555555"
    for _ in range(2):
        assert {} == stand.ledger().contact_numbers([nobody])
    assert ["Contacts"] == stand.calls()


# ---- the doctor -----------------------------------------------------------------------------------------------------


def checks(stand: Stand, **terms: Any) -> dict[str, Check]:
    return {check.name.removeprefix("Xero "): check for check in stand.ledger(**terms).check()}


def test_the_doctor_finds_all_well(stand: Stand, acme: str) -> None:
    """Token, organisation, each scope, calls left; five calls."""
    stand.xero.invoice(acme, 100)
    found = checks(stand)

    assert {"token": "the custom connection gives out a token",
            "organisation": "Demo Company (UK): the demo company, base currency GBP", "invoices": "can be read: 1",
            "payments": "can be read: 0", "contacts": "can be read: 1", "calls": "4,996 calls left today"} == {
        name: check.found for name, check in found.items()
    }  # fmt: skip
    assert {(True, "")} == {(check.ok, check.remedy) for check in found.values()}
    assert ["Organisation", "Invoices", "Payments", "Contacts"] == stand.calls()


def test_the_doctor_stops_without_a_token(stand: Stand) -> None:
    """One line, with where to get the credentials."""
    (check,) = checks(stand, client_secret="wrong").values()

    assert (False, "client_id or client_secret is not accepted: copy both from the app's page anew") == (
        check.ok, check.found,
    )  # fmt: skip
    assert "developer.xero.com" in check.remedy
    assert "accounting.payments.read" in check.remedy


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("missing", ["Invoices", "Payments", "Contacts"])
def test_the_doctor_names_the_scope_that_is_missing(stand: Stand, status: int, missing: str) -> None:
    """The others are well all the same."""
    body = {"Title": "Unauthorized", "Status": status, "Detail": "AuthorizationUnsuccessful"}
    options = {"status": status, "body": body}
    stand.xero.faults.order("status", path=f"/api.xro/2.0/{missing}", times=2, options=options)
    found = checks(stand)

    assert [missing.lower()] == [name for name, check in found.items() if not check.ok]
    assert f"accounting.{missing.lower()}.read" in found[missing.lower()].remedy


def test_the_doctor_tells_a_live_organisation_and_a_removed_connection(stand: Stand) -> None:
    """A live one is named so; without access the line says what to do."""
    body = {"Organisations": [{"Name": "Birch", "BaseCurrency": "EUR", "IsDemoCompany": False}]}
    stand.xero.faults.order("status", path="/api.xro/2.0/Organisation", options={"status": 200, "body": body})
    assert "Birch: a live organisation, base currency EUR" == checks(stand)["organisation"].found
    stand.xero.identity.connection = None

    assert "Leave tenant empty" in checks(stand)["organisation"].remedy


def test_the_doctor_warns_when_the_day_is_nearly_used_up(stand: Stand) -> None:
    """Below a hundred calls left the line is a fault with its remedy."""
    stand.xero.windows.day_limit = 50
    found = checks(stand)["calls"]

    assert (False, "46 calls left today") == (found.ok, found.found)
    assert "larger tier" in found.remedy


def test_what_is_remembered_of_contacts_is_small(stand: Stand, acme: str) -> None:
    """Number, merge and time, nothing of the person."""
    stand.ledger().contact_numbers([acme])
    (items,) = (items for name, items in stand.memory.items.items() if name.endswith("Contacts"))

    assert {"number", "into", "at"} == json.loads(items[acme]).keys()
