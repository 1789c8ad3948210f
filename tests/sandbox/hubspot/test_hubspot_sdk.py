"""The unmodified hubspot-api-client on sockets, built as the sheet says (section 5); faults on the wire (item 15)."""

from __future__ import annotations

import json

import pytest
import urllib3
from hubspot import HubSpot as Client
from hubspot.crm.objects import ApiException

from worker.sandbox.hubspot import HubSpot
from worker.sandbox.server import Server

DEALS = "/crm/v3/objects/deals"


def body(reply):
    return json.loads(reply.data)


def test_a_lead_goes_in_and_comes_back(sdk, account, clock):
    """Company, contact and deal are made, tied inline, found by key, moved and searched, all through the SDK."""
    company = body(
        sdk.batch.create(
            "companies",
            {"inputs": [{"objectWriteTraceId": "L-1", "properties": {"name": "Acme", "ext_company_key": "acme.com"}}]},
            _preload_content=False,
        )
    )["results"][0]
    contact = body(
        sdk.batch.upsert(
            "contacts",
            {"inputs": [{"id": "jane@acme.com", "idProperty": "email", "properties": {"firstname": "Jane"}}]},
            _preload_content=False,
        )
    )["results"][0]
    links = [
        {"to": {"id": i}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": t}]}
        for i, t in ((company["id"], 5), (contact["id"], 3))
    ]
    reply = sdk.batch.create(
        "deals",
        {
            "inputs": [
                {
                    "objectWriteTraceId": "L-1",
                    "properties": {"dealname": "Acme", "partner_lead_id": "L-1", "amount": "1200.00"},
                    "associations": links,
                }
            ]
        },
        _preload_content=False,
    )
    deal = body(reply)["results"][0]["id"]
    account.move_deal(deal, "closedwon")
    found = sdk.batch.read(
        "deals",
        {
            "idProperty": "partner_lead_id",
            "properties": ["hs_is_closed_won"],
            "propertiesWithHistory": ["dealstage"],
            "inputs": [{"id": "L-1"}],
        },
        _preload_content=False,
    )
    clock.advance(account.search_lag)
    filters = [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "1790899200000"}]
    searched = sdk.search.do_search(
        "deals",
        {"filterGroups": [{"filters": filters}], "properties": ["dealstage"], "sorts": [], "limit": 200, "after": "0"},
        _preload_content=False,
    )

    assert 201 == reply.status
    assert "true" == body(found)["results"][0]["properties"]["hs_is_closed_won"]
    assert [deal] == [row["id"] for row in body(searched)["results"]]
    assert ([company["id"]], [contact["id"]]) == (
        account.linked("deals", deal, "companies"),
        account.linked("deals", deal, "contacts"),
    )


def test_raw_207_passes_without_exception(sdk, account):
    """Partial success raises nothing: status and errors are in the reply."""
    deal = account.add_deal({})

    reply = sdk.batch.read("deals", {"properties": [], "inputs": [{"id": deal}, {"id": "9"}]}, _preload_content=False)

    assert (207, 1) == (reply.status, body(reply)["numErrors"])


def test_any_path_through_call_api(sdk, account):
    """A 2026-09 path goes through the same client, token and pool."""
    deal = account.add_deal({})
    reply = sdk.api.call_api(
        "/crm/objects/2026-09/deals/batch/read",
        "POST",
        query_params=[],
        response_types_map={},
        header_params={"Accept": "application/json", "Content-Type": "application/json"},
        body={"properties": [], "inputs": [{"id": deal}, {"id": "9"}]},
        auth_settings=["oauth2"],
        _preload_content=False,
    )

    assert (200, 1) == (reply.status, body(reply)["numErrors"])


def test_big_answers_come_zipped(sdk, account):
    """With Accept-Encoding gzip a page is compressed and read all the same."""
    for i in range(50):
        account.add_deal({"dealname": str(i)})

    reply = sdk.basic.get_page("deals", limit=50, properties=["dealname", "amount"], _preload_content=False)

    assert "gzip" == reply.headers["Content-Encoding"]
    assert 50 == len(body(reply)["results"])


def test_models_are_read_too(server, account):
    """The generated readers of every API the programme may use understand the sandbox's bodies."""
    company = account.add_company({"name": "Acme", "domain": "acme.com"})
    deal = account.add_deal({"dealname": "One"}, company=company)
    client = Client(access_token="pat-SANDBOX", host=server.url, retry=False)

    crm = client.crm
    assert "One" == crm.deals.basic_api.get_by_id(deal, properties=["dealname"]).properties["dealname"]
    assert "default" == crm.pipelines.pipelines_api.get_all("deals").results[0].id
    assert "amount" in [p.name for p in crm.properties.core_api.get_all("deals").results]
    assert 2 == len(crm.owners.owners_api.get_page().results)
    tied = crm.associations.v4.batch_api.get_page("deals", "companies", {"inputs": [{"id": deal}]})
    assert int(company) == int(tied.results[0].to[0].to_object_id)
    new = {"name": "x", "label": "X", "groupName": "dealinformation", "type": "string", "fieldType": "text"}
    assert "x" == crm.properties.core_api.create("deals", new).name
    other = account.add_deal({"dealname": "Two"})
    merged = crm.deals.basic_api.merge({"primaryObjectId": deal, "objectIdToMerge": other})
    assert merged.id not in (deal, other)


def test_an_address_in_a_path_is_decoded(sdk, account):
    """The SDK escapes the @ of an e-mail in a path; the contact is found all the same."""
    contact = account.add_contact({"email": "jane@acme.com"})

    reply = sdk.basic.get_by_id("contacts", "jane@acme.com", id_property="email", _preload_content=False)

    assert contact == body(reply)["id"]


def test_errors_raise_with_their_body(sdk):
    """A 400 raises ApiException with status and body, as text."""
    with pytest.raises(ApiException) as raised:
        sdk.basic.create("deals", {"properties": {"x": "1"}}, _preload_content=False)

    assert 400 == raised.value.status
    assert "PROPERTY_DOESNT_EXIST" in raised.value.body


@pytest.mark.parametrize(("kind", "made"), [("drop-before", 0), ("drop-after", 1)])
def test_a_dropped_connection_may_or_may_not_have_written(sdk, account, kind, made):
    """A reset before the commit leaves nothing, one after it leaves the deal; the client can't tell, and sends once."""
    account.faults.order(kind, path=DEALS)

    with pytest.raises((urllib3.exceptions.HTTPError, ConnectionError)):
        sdk.basic.create("deals", {"properties": {"dealname": "One"}}, _preload_content=False)

    assert made == len(account.deals())


@pytest.mark.parametrize("status", [500, 502, 503, 504, 521])
def test_a_5xx_on_order(sdk, account, status):
    """Each 5xx reaches the client as it is, once."""
    account.faults.order("status", options={"status": status, "body": {"status": "error", "message": "internal error"}})

    with pytest.raises(ApiException) as raised:
        sdk.basic.get_page("deals", _preload_content=False)

    assert status == raised.value.status


def test_a_slow_answer_meets_the_timeout(sdk, server, account):
    """The work is done though the client gave up waiting."""
    account.faults.order("slow", options={"seconds": 1.5})

    with pytest.raises(urllib3.exceptions.HTTPError):
        sdk.basic.create("deals", {"properties": {}}, _preload_content=False, _request_timeout=(1.0, 0.5))

    assert 1 == len(account.deals())
    assert 1 == len(server.calls("POST", DEALS))


def test_same_seed_and_calls_same_bytes(clock):
    """Two accounts that are asked the same answer byte for byte alike; another seed has other ids."""

    def run(seed):
        account = HubSpot(clock, seed=seed)
        with Server(account, clock) as server, urllib3.PoolManager(retries=False) as pool:
            headers = {"Authorization": "Bearer pat-SANDBOX", "Content-Type": "application/json"}
            inputs = [{"objectWriteTraceId": str(i), "properties": {"name": str(i)}} for i in range(9)]
            sent = json.dumps({"inputs": [*inputs, {"objectWriteTraceId": "x", "properties": {"y": "z"}}]})
            path = f"{server.url}/crm/v3/objects/companies"
            first = pool.request("POST", f"{path}/batch/create", body=sent, headers=headers)
            second = pool.request("GET", f"{path}?limit=5", headers=headers)
            return first.data + second.data, dict(first.headers)

    assert run(0) == run(0)
    assert run(0)[0] != run(1)[0]
