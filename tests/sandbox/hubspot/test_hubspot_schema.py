"""Properties, pipelines, owners, the account and its token."""

from __future__ import annotations

import pytest

PROPERTIES = "/crm/v3/properties"
NEW = {
    "name": "billing_interval",
    "label": "Billing interval",
    "groupName": "dealinformation",
    "type": "string",
    "fieldType": "text",
}


def test_a_property_is_made_and_used(call):
    """A new property is read back, listed, and takes values at once."""
    made = call("POST", f"{PROPERTIES}/deals", {**NEW, "hasUniqueValue": True})

    assert (201, True, False) == (made.status, made.body["hasUniqueValue"], made.body["archived"])
    assert made.body == call("GET", f"{PROPERTIES}/deals/billing_interval").body
    assert "billing_interval" in [p["name"] for p in call("GET", f"{PROPERTIES}/deals").body["results"]]
    assert 201 == call("POST", "/crm/v3/objects/deals", {"properties": {"billing_interval": "P1M"}}).status


def test_an_enumeration_brings_its_options(call):
    """Options of a property made by the API are the ones it takes."""
    options = [{"label": "Monthly", "value": "monthly"}, {"label": "Yearly", "value": "yearly"}]
    call("POST", f"{PROPERTIES}/deals", {**NEW, "type": "enumeration", "fieldType": "select", "options": options})

    statuses = [
        call("POST", "/crm/v3/objects/deals", {"properties": {"billing_interval": v}}).status
        for v in ("monthly", "Monthly", "weekly")
    ]

    assert [201, 400, 400] == statuses


def test_a_name_that_is_taken(call):
    """A single POST of a taken name is 409; in a batch it is an error item and the others are made."""
    call("POST", f"{PROPERTIES}/deals", NEW)

    single = call("POST", f"{PROPERTIES}/deals", NEW)
    batch = call("POST", f"{PROPERTIES}/deals/batch/create", {"inputs": [NEW, {**NEW, "name": "term_months"}]})

    assert (409, "OBJECT_ALREADY_EXISTS") == (single.status, single.body["category"])
    assert 207 == batch.status
    assert ["term_months"] == [p["name"] for p in batch.body["results"]]
    error = batch.body["errors"][0]
    assert ("Properties.PROPERTY_WITH_NAME_EXISTS", {"name": ["billing_interval"]}) == (
        error["subCategory"],
        error["context"],
    )


def test_a_batch_of_new_properties_is_201(call):
    """Properties that are all new answer 201."""
    inputs = [NEW, {**NEW, "name": "term_months", "type": "number", "fieldType": "number"}]

    assert 201 == call("POST", f"{PROPERTIES}/deals/batch/create", {"inputs": inputs}).status


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Billing"},
        {"name": "1st"},
        {"groupName": "nosuch"},
        {"type": "money"},
        {"fieldType": "number"},
        {"colour": "red"},
        {"type": "date", "fieldType": "date", "hasUniqueValue": True},
        {"options": [{"label": "A", "value": "a"}, {"label": "B", "value": "a"}]},
    ],
)
def test_definitions_are_checked(call, change):
    """A bad name, group, type, pairing or field is 400."""
    assert 400 == call("POST", f"{PROPERTIES}/deals", {**NEW, **change}).status


def test_ten_unique_properties_an_object(call):
    """The eleventh unique property of an object is refused (one is there already)."""
    statuses = [
        call("POST", f"{PROPERTIES}/deals", {**NEW, "name": f"key_{i}", "hasUniqueValue": True}).status
        for i in range(10)
    ]

    assert [201] * 9 + [400] == statuses


def test_uniqueness_cannot_be_changed_later(call):
    """PATCH changes the label; hasUniqueValue is no field of it; HubSpot's own definitions are read-only."""
    call("POST", f"{PROPERTIES}/deals", NEW)

    assert "Rhythm" == call("PATCH", f"{PROPERTIES}/deals/billing_interval", {"label": "Rhythm"}).body["label"]
    assert 400 == call("PATCH", f"{PROPERTIES}/deals/billing_interval", {"hasUniqueValue": True}).status
    assert 400 == call("PATCH", f"{PROPERTIES}/deals/amount", {"label": "Sum"}).status


def test_a_property_that_a_person_deletes_is_unknown(call, account):
    """A deleted property is 404, refused on write, left out on read, listed as archived; the API can delete too."""
    call("POST", f"{PROPERTIES}/deals", NEW)
    deal = account.add_deal({"billing_interval": "P1M"})
    account.delete_property("deals", "billing_interval")

    assert 404 == call("GET", f"{PROPERTIES}/deals/billing_interval").status
    assert 400 == call("POST", "/crm/v3/objects/deals", {"properties": {"billing_interval": "x"}}).status
    shown = call("GET", f"/crm/v3/objects/deals/{deal}?properties=billing_interval").body["properties"]
    assert "billing_interval" not in shown
    archived = call("GET", f"{PROPERTIES}/deals?archived=true").body["results"]
    assert ["billing_interval"] == [p["name"] for p in archived]
    assert 201 == call("POST", f"{PROPERTIES}/deals", NEW).status
    assert 204 == call("DELETE", f"{PROPERTIES}/deals/billing_interval").status


def test_groups(call):
    """A group is made, listed, read, and takes properties."""
    group = {"name": "partners", "label": "Partners"}

    assert 201 == call("POST", f"{PROPERTIES}/deals/groups", group).status
    assert 409 == call("POST", f"{PROPERTIES}/deals/groups", group).status
    assert "Partners" == call("GET", f"{PROPERTIES}/deals/groups/partners").body["label"]
    assert 404 == call("GET", f"{PROPERTIES}/deals/groups/nosuch").status
    assert "partners" in [g["name"] for g in call("GET", f"{PROPERTIES}/deals/groups").body["results"]]
    assert 201 == call("POST", f"{PROPERTIES}/deals", {**NEW, "groupName": "partners"}).status


def test_the_standard_pipeline(call):
    """The default pipeline has HubSpot's seven stages; what they mean is text in their metadata."""
    sales = call("GET", "/crm/v3/pipelines/deals").body["results"][0]

    assert "default" == sales["id"] == call("GET", "/crm/v3/pipelines/deals/default").body["id"]
    assert [
        "appointmentscheduled",
        "qualifiedtobuy",
        "presentationscheduled",
        "decisionmakerboughtin",
        "contractsent",
        "closedwon",
        "closedlost",
    ] == [s["id"] for s in sales["stages"]]
    assert {"isClosed": "true", "probability": "1.0"} == sales["stages"][5]["metadata"]
    assert {"isClosed": "false", "probability": "0.2"} == sales["stages"][0]["metadata"]
    assert 404 == call("GET", "/crm/v3/pipelines/deals/nosuch").status


def test_own_pipelines_have_opaque_ids(call, account):
    """A pipeline made by a person has numbers for ids, of itself and of its stages."""
    made = account.add_pipeline("Partners", [("New", "0.1"), ("Signed", "1.0")])
    added = account.add_stage(made, "Lost", "0.0")

    shown = call("GET", f"/crm/v3/pipelines/deals/{made}").body

    assert made.isdecimal()
    assert ["New", "Signed", "Lost"] == [s["label"] for s in shown["stages"]]
    assert added == shown["stages"][2]["id"]
    assert all(s["id"].isdecimal() for s in shown["stages"])


def test_owners(call):
    """Owners are listed, found by address, paged, and read by id or user id."""
    alice, bob = call("GET", "/crm/v3/owners/").body["results"]

    assert [bob] == call("GET", f"/crm/v3/owners?email={bob['email'].upper()}").body["results"]
    page = call("GET", "/crm/v3/owners?limit=1").body
    assert [bob] == call("GET", f"/crm/v3/owners?limit=1&after={page['paging']['next']['after']}").body["results"]
    assert alice == call("GET", f"/crm/v3/owners/{alice['id']}").body
    assert alice == call("GET", f"/crm/v3/owners/{alice['userId']}?idProperty=userId").body
    assert 404 == call("GET", "/crm/v3/owners/1").status


def test_the_account_tells_zone_and_currencies(call):
    """Details name portal, zone with its offset, the company's currency and the others."""
    details = call("GET", "/account-info/v3/details")

    assert 200 == details.status
    assert ("Europe/London", "+00:00", 0) == tuple(
        details.body[k] for k in ("timeZone", "utcOffset", "utcOffsetMilliseconds")
    )
    assert ("GBP", ["USD", "EUR", "JPY"]) == (details.body["companyCurrency"], details.body["additionalCurrencies"])
    assert details.body == call("GET", "/account-info/2026-09/details").body


def test_the_token_tells_its_scopes(call, account):
    """Token info names the portal and the scopes, and does not know other tokens."""
    path = "/oauth/v2/private-apps/get/access-token-info"
    info = call("POST", path, {"tokenKey": "pat-SANDBOX"}, token=None)

    assert (200, account.portal_id) == (info.status, info.body["hubId"])
    assert sorted(account.scopes) == info.body["scopes"]
    assert 401 == call("POST", path, {"tokenKey": "pat-OLD"}, token=None).status
