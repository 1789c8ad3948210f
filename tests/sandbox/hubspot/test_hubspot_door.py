"""Statuses of both versions, error bodies, and what is refused at the door (section 9, items 1, 2 and 4)."""

from __future__ import annotations

import pytest

from worker.sandbox.hubspot.errors import FORBIDDEN_FORMS

V3, DATED = "/crm/v3/objects", "/crm/objects/2026-09"


def paths(version: str, area: str) -> str:
    if version == "dated":
        return f"/crm/{area}/2026-09"
    return f"/crm/{'v4' if area == 'associations' else 'v3'}/{area}"


@pytest.mark.parametrize("version", ["old", "dated"])
def test_successes_have_the_status_of_the_spec(call, account, version):
    """Create answers 201, read, update, upsert, search and merge 200, archive 204, under both forms of the path."""
    root = paths(version, "objects")
    first = account.add_deal({"dealname": "One"})
    second = account.add_deal({"dealname": "Two"})
    company = account.add_company({"name": "Acme"})
    inputs = [
        ("POST", f"{root}/deals/batch/create", {"inputs": [{"properties": {"dealname": "Three"}}]}, 201),
        ("POST", f"{root}/deals/batch/read", {"inputs": [{"id": first}]}, 200),
        ("POST", f"{root}/deals/batch/update", {"inputs": [{"id": first, "properties": {"amount": "1"}}]}, 200),
        (
            "POST",
            f"{root}/deals/batch/upsert",
            {"inputs": [{"id": "L-1", "idProperty": "partner_lead_id", "properties": {}}]},
            200,
        ),
        ("POST", f"{root}/deals/search", {}, 200),
        ("POST", f"{root}/deals", {"properties": {"dealname": "Four"}}, 201),
        ("GET", f"{root}/deals", None, 200),
        ("GET", f"{root}/deals/{first}", None, 200),
        ("PATCH", f"{root}/deals/{first}", {"properties": {"amount": "2"}}, 200),
        (
            "POST",
            f"{paths(version, 'associations')}/deals/companies/batch/create",
            {
                "inputs": [
                    {
                        "from": {"id": first},
                        "to": {"id": company},
                        "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 5}],
                    }
                ]
            },
            201,
        ),
        (
            "POST",
            f"{paths(version, 'associations')}/deals/companies/batch/associate/default",
            {"inputs": [{"from": {"id": first}, "to": {"id": company}}]},
            200,
        ),
        (
            "POST",
            f"{paths(version, 'associations')}/deals/companies/batch/read",
            {"inputs": [{"id": first}]},
            200,
        ),
        ("POST", f"{root}/deals/merge", {"primaryObjectId": first, "objectIdToMerge": second}, 200),
        ("POST", f"{root}/companies/batch/archive", {"inputs": [{"id": company}]}, 204),
        ("GET", f"{paths(version, 'pipelines')}/deals", None, 200),
        ("GET", f"{paths(version, 'properties')}/deals", None, 200),
        ("GET", paths(version, "owners"), None, 200),
    ]

    assert [status for *_, status in inputs] == [call(method, path, body).status for method, path, body, _ in inputs]


def test_partial_success_is_207_in_the_old_form_and_not_in_the_new(call, account):
    """The same half-missing read answers 207 under v3 and 200 with errors in its body under 2026-09."""
    deal = account.add_deal({"dealname": "One"})
    body = {"inputs": [{"id": deal}, {"id": "999"}]}

    old, new = call("POST", f"{V3}/deals/batch/read", body), call("POST", f"{DATED}/deals/batch/read", body)

    assert (207, 200) == (old.status, new.status)
    assert old.body == new.body
    assert 1 == new.body["numErrors"]


def test_partial_create_is_201_with_errors_in_the_new_form(call, account):
    """Under 2026-09 a traced create with one bad row answers 201 and lists the row under errors."""
    inputs = [
        {"objectWriteTraceId": "a", "properties": {"dealname": "Good"}},
        {"objectWriteTraceId": "b", "properties": {"nonsense": "x"}},
    ]

    answer = call("POST", f"{DATED}/deals/batch/create", {"inputs": inputs})

    assert 201 == answer.status
    assert ["b"] == answer.body["errors"][0]["context"]["objectWriteTraceId"]


def test_both_forms_show_one_state(call, account):
    """What is written under 2026-09 is read under v3."""
    made = call("POST", f"{DATED}/deals", {"properties": {"dealname": "Shared"}}).body["id"]

    assert "Shared" == call("GET", f"{V3}/deals/{made}").body["properties"]["dealname"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/crm/v3/objects", None),
        ("GET", "/crm/v5/objects/deals", None),
        ("GET", "/crm/objects/2031-01/deals", None),
        ("GET", "/contacts/v1/lists/all/contacts/all", None),
        ("PUT", "/crm/v3/objects/deals", {}),
        ("DELETE", "/crm/v3/objects/deals", None),
        ("GET", "/crm/v3/objects/deals?colour=red", None),
        ("POST", "/crm/v3/objects/deals?limit=3", {"properties": {}}),
        ("POST", "/crm/v3/objects/deals", {"properties": {}, "colour": "red"}),
        ("POST", "/crm/v3/objects/deals/batch/create", {"inputs": [{"properties": {}, "colour": "red"}]}),
        ("POST", "/crm/v3/objects/deals/batch/read", {"inputs": [{"id": "1"}], "colour": "red"}),
        ("POST", "/crm/v3/objects/deals/search", {"colour": "red"}),
        ("POST", "/crm/v3/objects/deals", {"properties": {"dealname": None}}),
        ("POST", "/crm/v3/objects/deals", {"properties": {"dealname": ["a"]}}),
        ("POST", "/crm/v3/objects/deals", ["properties"]),
        ("POST", "/crm/v3/objects/deals/batch/create", {"inputs": []}),
        ("POST", "/crm/v3/objects/deals/batch/create", {}),
    ],
)
def test_what_is_unknown_or_malformed_is_refused(call, method, path, body):
    """Unknown path, method, parameter or field, and values of a wrong JSON type, are 400 in HubSpot's own envelope."""
    answer = call(method, path, body)

    assert 400 == answer.status
    assert {"status", "message", "correlationId", "category"} <= answer.body.keys()


@pytest.mark.parametrize(
    "raw",
    [b"", b"{properties", b"\xff\xfe", b'{"properties": {"dealname": "\\ud800"}}', b"[" * 100_000, b"9" * 10_000],
)
def test_a_body_that_is_no_json_is_refused(call, raw):
    """Bytes that are not JSON, half a surrogate pair, and bodies too deep or too long a number, are 400."""
    assert 400 == call("POST", f"{V3}/deals", raw=raw).status


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/crm/v3/objects/deals/search", {"filterGroups": [{"filters": 1}]}),
        ("/crm/v3/objects/deals/search", {"filterGroups": "all"}),
        ("/crm/v3/objects/deals", {"properties": {}, "associations": [{"to": {"id": "1"}, "types": [1]}]}),
        ("/crm/v3/objects/deals", {"properties": {"closedate": "-99999999999999"}}),
        ("/crm/v3/objects/deals/batch/read", {"inputs": [{"id": {}}]}),
        ("/crm/v3/objects/deals/batch/read", {"inputs": [{"id": "1"}], "idProperty": 1.5}),
        ("/crm/v3/properties/deals/groups", {"name": {}, "label": "x"}),
    ],
)
def test_wrong_types_are_refused_not_stumbled_over(call, path, body):
    """A field of a wrong JSON type is 400, and the next call is answered."""
    assert 400 == call("POST", path, body).status
    assert 200 == call("GET", f"{V3}/deals").status


def test_every_error_carries_its_correlation_id(call):
    """The correlation id differs from answer to answer and stands in the header too."""
    first, second = call("GET", f"{V3}/deals/1"), call("GET", f"{V3}/deals/1")

    assert first.headers["X-HubSpot-Correlation-Id"] == first.body["correlationId"]
    assert first.body["correlationId"] != second.body["correlationId"]


def test_single_not_found_has_no_category(call):
    """An unknown id is 404 with status, message and correlationId only."""
    answer = call("GET", f"{V3}/deals/999")

    assert 404 == answer.status
    assert {"status", "message", "correlationId"} == answer.body.keys()
    assert "resource not found" == answer.body["message"]


def test_unknown_type_is_named(call):
    """A type that is none is 400 in the captured words, without a category."""
    answer = call("POST", f"{DATED}/butterflies/search", {})

    assert (400, "Unable to infer object type from: butterflies") == (answer.status, answer.body["message"])
    assert "category" not in answer.body


def test_types_go_by_names_and_ids(call, account):
    """`deals` and `0-3` are one type."""
    deal = account.add_deal({"dealname": "One"})

    assert call("GET", f"{V3}/deals/{deal}").body == call("GET", f"{V3}/0-3/{deal}").body


@pytest.mark.parametrize("token", [None, "pat-OLD"])
def test_a_dead_token_is_401(call, token):
    """No token, or one that was rotated, is 401 INVALID_AUTHENTICATION."""
    answer = call("GET", f"{V3}/deals", token=token)

    assert (401, "INVALID_AUTHENTICATION") == (answer.status, answer.body["category"])


def test_a_missing_scope_is_403_in_three_forms(call, account):
    """The missing scope stands in one of three places, as the switch says."""
    account.scopes.discard("crm.objects.deals.write")
    bodies = {}
    for form in FORBIDDEN_FORMS:
        account.forbidden_form = form
        answer = call("POST", f"{V3}/deals", {"properties": {}})
        assert 403 == answer.status
        bodies[form] = answer.body

    assert ["crm.objects.deals.write"] == bodies["missing"]["context"]["missingScopes"]
    assert ["crm.objects.deals.write"] == bodies["errors"]["errors"][0]["context"]["requiredGranularScopes"]
    assert ["crm.objects.deals.write"] == bodies["granular"]["context"]["requiredGranularScopes"]
    assert 200 == call("GET", f"{V3}/deals").status


def test_to_make_properties_takes_the_schema_scope(call, account):
    """Without crm.schemas.deals.write a property can't be made; associations need no scope of their own."""
    account.scopes.clear()
    new = {"name": "x", "label": "x", "groupName": "dealinformation", "type": "string", "fieldType": "text"}

    assert 403 == call("POST", "/crm/v3/properties/deals", new).status
    assert 207 == call("POST", "/crm/v4/associations/deals/companies/batch/read", {"inputs": [{"id": "1"}]}).status


def test_a_url_that_is_too_long_is_414(call):
    """More than 8,000 characters of path and query are 414."""
    assert 414 == call("GET", f"{V3}/deals?properties={'x' * 9000}").status


@pytest.mark.parametrize(
    ("kind", "status", "header"),
    [("locked", 423, None), ("migrating", 477, "Retry-After"), ("forbidden", 403, None), ("unauthorised", 401, None)],
)
def test_refusals_come_on_order_and_once(call, account, kind, status, header):
    """An ordered refusal strikes one request; a migration says when to come back."""
    account.faults.order(kind, method="GET", path=V3)

    struck = call("GET", f"{V3}/deals")

    assert status == struck.status
    assert header is None or header in struck.headers
    assert 200 == call("GET", f"{V3}/deals").status


def test_a_gateway_may_answer_html(call, account):
    """An ordered HTML 502 is no JSON at all."""
    account.faults.order("html")

    answer = call("GET", f"{V3}/deals")

    assert 502 == answer.status
    assert b"<html>" in answer.body
