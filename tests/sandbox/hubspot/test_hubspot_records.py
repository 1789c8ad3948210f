"""How single records look and what values they take (items 3 and 4)."""

from __future__ import annotations

import json

import pytest

DEALS, CONTACTS, COMPANIES = (f"/crm/v3/objects/{name}" for name in ("deals", "contacts", "companies"))


def invalid(answer):
    """Return (property, code) of each value that was refused, out of the JSON inside the message."""
    assert 400 == answer.status
    assert "VALIDATION_ERROR" == answer.body["category"]
    listed = json.loads(answer.body["message"].removeprefix("Property values were not valid: "))
    assert [e["code"] for e in answer.body["errors"]] == [row["error"] for row in listed]
    return [(row["name"], row["error"]) for row in listed]


def test_ids_and_values_are_text(call):
    """Ids are numeric strings, every value is text, and each record tells its instants and whether it is archived."""
    made = call("POST", DEALS, {"properties": {"dealname": "One", "amount": 1200.50, "hs_priority": "low"}}).body

    assert made["id"].isdecimal()
    assert made["id"] == made["properties"]["hs_object_id"]
    assert "1200.5" == made["properties"]["amount"]
    assert {str} == {type(v) for v in made["properties"].values()}
    assert ("2026-11-02T09:00:00.250Z",) * 2 == (made["createdAt"], made["updatedAt"])
    assert made["archived"] is False


def test_default_properties_come_when_none_is_asked(call, account):
    """A deal shows eight properties by default, unset ones as null."""
    deal = account.add_deal({"dealname": "One"})

    shown = call("GET", f"{DEALS}/{deal}").body["properties"]

    assert {
        "amount",
        "closedate",
        "createdate",
        "dealname",
        "dealstage",
        "hs_lastmodifieddate",
        "hs_object_id",
        "pipeline",
    } == shown.keys()
    assert shown["amount"] is None


def test_asked_properties_come_unknown_ones_do_not(call, account):
    """What is asked and unset is null, what is unknown is left out silently; commas and repetition mean the same."""
    deal = account.add_deal({"dealname": "One"})

    shown = call("GET", f"{DEALS}/{deal}?properties=description,colour&properties=dealname").body["properties"]

    assert {"description", "dealname", "createdate", "hs_lastmodifieddate", "hs_object_id"} == shown.keys()
    assert shown["description"] is None


def test_unknown_and_read_only_properties_are_refused(call):
    """Both are 400, all of them told at once, in the message and in errors."""
    answer = call("POST", DEALS, {"properties": {"x": "1", "hs_is_closed_won": "true", "hs_object_id": "5", "y": "2"}})

    assert [
        ("x", "PROPERTY_DOESNT_EXIST"),
        ("hs_is_closed_won", "READ_ONLY_VALUE"),
        ("hs_object_id", "READ_ONLY_VALUE"),
        ("y", "PROPERTY_DOESNT_EXIST"),
    ] == invalid(answer)
    assert 'Property "x" does not exist' == answer.body["errors"][0]["message"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("dealstage", "nosuchstage", "INVALID_OPTION"),
        ("dealstage", "ClosedWon", "INVALID_OPTION"),
        ("pipeline", "nosuchpipeline", "INVALID_OPTION"),
        ("deal_currency_code", "CHF", "INVALID_OPTION"),
        ("hs_priority", "Low", "INVALID_OPTION"),
        ("hubspot_owner_id", "1", "INVALID_OPTION"),
        ("amount", " 100", "INVALID_NUMBER"),
        ("amount", "100 ", "INVALID_NUMBER"),
        ("amount", "1,000", "INVALID_NUMBER"),
        ("amount", "NaN", "INVALID_NUMBER"),
        ("closedate", "tomorrow", "INVALID_LONG"),
        ("closedate", "2026-02-30", "INVALID_LONG"),
        ("description", "x" * 65_537, "VALUE_TOO_LONG"),
    ],
)
def test_values_that_do_not_fit_are_refused(call, name, value, code):
    """Options are case-sensitive, numbers have neither blanks nor commas, text ends at 65,536 characters."""
    assert (name, code) in invalid(call("POST", DEALS, {"properties": {name: value}}))


@pytest.mark.parametrize("address", ["jane", "jane@", "@acme.com", "ja ne@acme.com", "jane@acme", "a@b@c.de"])
def test_addresses_that_are_none_are_refused(call, address):
    """An e-mail that is none is INVALID_EMAIL."""
    assert [("email", "INVALID_EMAIL")] == invalid(call("POST", CONTACTS, {"properties": {"email": address}}))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("1775001600000", "2026-04-01T00:00:00.000Z"),
        ("2026-04-01", "2026-04-01T00:00:00.000Z"),
        ("2026-04-01T12:30:00+02:00", "2026-04-01T10:30:00.000Z"),
    ],
)
def test_instants_come_back_as_iso(call, sent, kept):
    """Milliseconds, days and offsets all come back as UTC with milliseconds."""
    made = call("POST", DEALS, {"properties": {"dealname": "One", "closedate": sent}}).body

    assert kept == made["properties"]["closedate"]


def test_dates_and_choices_of_own_properties(call, account):
    """A date is kept as a day and wants midnight UTC, a checkbox takes several options, a bool takes true and false."""
    account.add_property("deals", "start_day", type="date", fieldType="date")
    options = [{"label": v, "value": v} for v in ("a", "b")]
    account.add_property("deals", "tags", type="enumeration", fieldType="checkbox", options=options)
    both = [{"label": v, "value": v} for v in ("true", "false")]
    account.add_property("deals", "ready", type="bool", fieldType="booleancheckbox", options=both)
    good = {"start_day": "1775001600000", "tags": "b;a", "ready": True}

    kept = call("POST", DEALS, {"properties": good}).body["properties"]
    bad = call("POST", DEALS, {"properties": {"start_day": "1775001600001", "tags": "a;c", "ready": "yes"}})

    assert ("2026-04-01", "b;a", "true") == (kept["start_day"], kept["tags"], kept["ready"])
    assert [("start_day", "INVALID_DATE"), ("tags", "INVALID_OPTION"), ("ready", "INVALID_OPTION")] == invalid(bad)


def test_the_empty_text_clears(call, account):
    """A value set to the empty text is null when it is asked for next."""
    deal = account.add_deal({"dealname": "One", "amount": "5"})

    call("PATCH", f"{DEALS}/{deal}", {"properties": {"amount": ""}})

    assert call("GET", f"{DEALS}/{deal}").body["properties"]["amount"] is None


def test_a_create_needs_no_associations(call):
    """Neither single nor batch create needs the key that the spec calls required (recorded)."""
    assert 201 == call("POST", COMPANIES, {"properties": {"name": "Acme"}}).status
    assert 201 == call("POST", f"{COMPANIES}/batch/create", {"inputs": [{"properties": {"name": "Acme"}}]}).status


def test_a_record_may_be_found_by_a_unique_property(call, account):
    """GET and PATCH take idProperty, but only one that is unique."""
    deal = account.add_deal({"dealname": "One", "partner_lead_id": "L-1"})

    assert deal == call("GET", f"{DEALS}/l-1?idProperty=partner_lead_id").body["id"]
    assert deal == call("PATCH", f"{DEALS}/L-1?idProperty=partner_lead_id", {"properties": {"amount": "3"}}).body["id"]
    assert 400 == call("GET", f"{DEALS}/One?idProperty=dealname").status


def test_lists_are_paged_by_id(call, account):
    """A page holds `limit` records in the order of ids and says where the next one starts."""
    made = [account.add_deal({"dealname": str(i)}) for i in range(5)]

    first = call("GET", f"{DEALS}?limit=3").body
    second = call("GET", f"{DEALS}?limit=3&after={first['paging']['next']['after']}").body

    assert made == [r["id"] for r in first["results"] + second["results"]]
    assert f"limit=3&after={made[2]}" in first["paging"]["next"]["link"]
    assert "paging" not in second


@pytest.mark.parametrize("query", ["limit=101", "limit=0", "limit=51&propertiesWithHistory=dealstage", "after=x"])
def test_lists_have_their_limits(call, query):
    """A page holds 100 at most, 50 with history."""
    assert 400 == call("GET", f"{DEALS}?{query}").status


def test_a_record_may_come_with_its_associations(call, account):
    """`associations` adds the ids of what a record is tied to."""
    company = account.add_company({"name": "Acme"})
    contact = account.add_contact({"email": "jane@acme.com"})
    deal = account.add_deal({"dealname": "One"}, company=company, contact=contact)

    tied = call("GET", f"{DEALS}/{deal}?associations=companies,contacts").body["associations"]

    assert {company} == {row["id"] for row in tied["companies"]["results"]}
    assert [{"id": contact, "type": "deal_to_contact"}] == tied["contacts"]["results"]


def test_single_create_takes_inline_associations(call, account):
    """A deal may be tied to its company as it is made; a bad id refuses it whole."""
    company = account.add_company({"name": "Acme"})
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 5}]

    made = call("POST", DEALS, {"properties": {}, "associations": [{"to": {"id": company}, "types": types}]})
    refused = call("POST", DEALS, {"properties": {}, "associations": [{"to": {"id": "9"}, "types": types}]})

    assert [company] == account.linked("deals", made.body["id"], "companies")
    assert 400 == refused.status
    assert 1 == len(account.deals())


def test_delete_bins_a_record(call, account):
    """DELETE answers 204, and again when there is nothing left."""
    deal = account.add_deal({"dealname": "One"})

    assert [204, 204] == [call("DELETE", f"{DEALS}/{deal}").status for _ in range(2)]
    assert 404 == call("GET", f"{DEALS}/{deal}").status
