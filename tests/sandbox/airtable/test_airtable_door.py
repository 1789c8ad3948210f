"""The door: tokens, scopes, roles, ids of nothing, limits, the month, and faults to order."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from worker.sandbox.airtable import Airtable
from worker.sandbox.server import Request


@pytest.mark.parametrize("token", ["", "patWRONG", "keyOLD"])
def test_an_unknown_token_is_refused(call, token):
    """Without a known token every path is a 401."""
    answer = call("GET", "meta/whoami", token=token)

    error = {"type": "AUTHENTICATION_REQUIRED", "message": "Authentication required"}
    assert (401, {"error": error}) == (answer.status, answer.body)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "~"), ("GET", "nowhere"), ("PUT", "meta/whoami"), ("GET", "appTOOSHORT/Leads"), ("GET", "~/Leads/rec1"),
        ("DELETE", "bases/~/webhooks/ach1"), ("GET", "~/Leads/recAAAAAAAAAAAAAA/likes"), ("POST", "meta/bases"),
    ],
)  # fmt: skip
def test_bad_routes_and_malformed_ids(call, method, path):
    """What is no route, or holds a malformed id, is a 404 with a bare word."""
    answer = call(method, path, None if method in {"GET", "DELETE"} else {})

    assert (404, {"error": "NOT_FOUND"}) == (answer.status, answer.body)


UNKNOWN = [
    ("GET", "appAAAAAAAAAAAAAA/Leads", "NOT_FOUND"),
    ("GET", "~/tblAAAAAAAAAAAAAA", "TABLE_NOT_FOUND"),
    ("GET", "~/Nowhere", "TABLE_NOT_FOUND"),
    ("GET", "~/Leads/recAAAAAAAAAAAAAA", "MODEL_ID_NOT_FOUND"),
    ("DELETE", "~/Leads/recAAAAAAAAAAAAAA", "MODEL_ID_NOT_FOUND"),
    ("DELETE", "~/Leads?records[]=recAAAAAAAAAAAAAA", "MODEL_ID_NOT_FOUND"),
    ("GET", "~/Leads/recAAAAAAAAAAAAAA/comments", "MODEL_ID_NOT_FOUND"),
    ("GET", "bases/~/webhooks/achAAAAAAAAAAAAAA/payloads", "MODEL_ID_NOT_FOUND"),
]


@pytest.mark.parametrize(("method", "path", "old"), UNKNOWN)
def test_well_formed_ids_of_nothing(call, airtable, method, path, old):
    """A well-formed id of nothing is a 403, or with the switch one of the 404s of 2021–22."""
    now = call(method, path)
    airtable.unknown_id_status = 404
    then = call(method, path)

    assert (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND") == (now.status, now.error)
    assert (404, old) == (then.status, then.error)


def test_the_third_shape_has_a_type_alone(call, airtable):
    """An unknown base in the old way answers an error object without a message."""
    airtable.unknown_id_status = 404

    assert {"error": {"type": "NOT_FOUND"}} == call("GET", "appAAAAAAAAAAAAAA/Leads").body


SCOPED = [
    ("data.records:read", "GET", "~/Leads", None),
    ("data.records:read", "POST", "~/Leads/listRecords", {}),
    ("data.records:write", "POST", "~/Leads", {"fields": {}}),
    ("schema.bases:read", "GET", "meta/bases/~/tables", None),
    ("schema.bases:write", "POST", "meta/bases/~/tables", {"name": "T", "fields": [{"name": "A", "type": "url"}]}),
    ("webhook:manage", "GET", "bases/~/webhooks", None),
    ("data.recordComments:read", "GET", "~/Leads/{row}/comments", None),
    ("data.recordComments:write", "POST", "~/Leads/{row}/comments", {"text": "x"}),
]


@pytest.mark.parametrize(("scope", "method", "path", "body"), SCOPED)
def test_each_call_needs_its_scope(call, airtable, scope, method, path, body):
    """With its one scope a call is let through, without it it is hidden behind a 403."""
    path = path.replace("{row}", airtable.add_row("Leads", {}))
    everything = airtable.tokens["patSANDBOX"].scopes
    airtable.add_token("patONE", scopes=[scope])
    airtable.add_token("patREST", scopes=everything - {scope})

    assert 200 == call(method, path, body, token="patONE").status
    refused = call(method, path, body, token="patREST")
    assert (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND") == (refused.status, refused.error)


def test_a_base_that_was_not_shared_is_hidden(call, airtable):
    """A token without the base gets 403 there and still knows who it is."""
    airtable.add_token("patFAR", shared=False)

    assert [403, 200] == [call("GET", path, token="patFAR").status for path in ("~/Leads", "meta/whoami")]


def test_roles(call, airtable):
    """A reader reads, a commenter comments, an editor writes, only a creator builds and hooks."""
    record = airtable.add_row("Leads", {})
    hook = {"specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}}
    calls = [
        ("GET", "~/Leads", None),
        ("POST", f"~/Leads/{record}/comments", {"text": "x"}),
        ("PATCH", f"~/Leads/{record}", {"fields": {"Lead": "x"}}),
        ("POST", "bases/~/webhooks", hook),
        ("PATCH", "meta/bases/~/tables/Leads", {"description": "x"}),
    ]
    allowed = {}
    for role in ("reader", "commenter", "editor", "creator", "owner"):
        airtable.add_token(role, role=role)
        allowed[role] = [call(*each, token=role) for each in calls]

    assert {"reader": 1, "commenter": 2, "editor": 3, "creator": 5, "owner": 5} == {
        role: sum(answer.status == 200 for answer in answers) for role, answers in allowed.items()
    }
    assert (403, "INVALID_PERMISSIONS") == (allowed["reader"][2].status, allowed["reader"][2].error)


def test_a_field_may_be_closed_to_tokens(call, airtable, field):
    """A field that the user may not edit refuses the batch in the service's words, with the field's id."""
    airtable.lock_field("Leads", "Hold")
    answer = call("POST", "~/Leads", {"records": [{"fields": {"Lead": "L-1"}}, {"fields": {"Hold": True}}]})

    message = f"You are not permitted to write cell values in field Hold ({field('Hold')})"
    assert (403, {"error": {"type": "INVALID_PERMISSIONS", "message": message}}) == (answer.status, answer.body)
    assert [] == airtable.rows("Leads")


def test_five_calls_a_second_and_thirty_of_refusal(call, airtable, clock):
    """A sixth call in a second is refused, and so is every call of the base for 30 s, whatever its token."""
    airtable.limits = True
    airtable.add_token("patOTHER")
    first = [call("GET", "~/Leads", token=token).status for token in ["patSANDBOX", "patOTHER"] * 3]
    other = call("GET", "bases/~/webhooks", token="patOTHER")
    clock.advance(timedelta(seconds=29))
    late = call("GET", "~/Leads")
    clock.advance(timedelta(seconds=1.5))

    assert [200] * 5 + [429] == first
    error = {"type": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded. Please try again later"}
    assert ({"error": error}, 429, 200) == (other.body, late.status, call("GET", "~/Leads").status)
    assert {"content-type", "content-length", "date", "server"} >= {name.lower() for name in other.headers}


def test_five_calls_a_second_go_on_for_ever(call, airtable, clock):
    """A caller that keeps to the rate is never refused."""
    airtable.limits = True
    statuses = []
    for _ in range(4):
        statuses += [call("GET", "~/Leads").status for _ in range(5)]
        clock.advance(timedelta(seconds=1))

    assert [200] * 20 == statuses


def test_the_other_envelope(call, airtable):
    """The 429 may come as a list of errors."""
    airtable.limits = True
    airtable.rate_envelope = "errors"
    answer = [call("GET", "~/Leads") for _ in range(6)][-1]

    error = {"error": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded. Please try again later"}
    assert (429, {"errors": [error]}) == (answer.status, answer.body)


def test_fifty_calls_a_second_per_user(airtable, clock):
    """Calls that name no base have the user's limit alone."""
    airtable.limits = True
    headers = {"authorization": "Bearer patSANDBOX"}
    request = Request("GET", "/v0/meta/whoami", (), headers, b"", clock.now())

    assert [200] * 50 + [429] == [airtable.answer(request).status for _ in range(51)]


def test_the_month_ends_hard(call, airtable, clock):
    """When the month is used up data calls are refused and the meta API is not, until the next month."""
    airtable.limits = True
    airtable.monthly_calls = 3
    statuses = [call("GET", "~/Leads").status for _ in range(4)]
    clock.advance(timedelta(seconds=2))
    refused = call("GET", "bases/~/webhooks")
    meta = call("GET", "meta/bases/~/tables").status
    clock.advance(timedelta(days=29))

    assert [200, 200, 200, 429] == statuses
    assert (429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED") == (refused.status, refused.error)
    assert (200, 200, 1) == (meta, call("GET", "~/Leads").status, airtable.calls_this_month)


def test_refused_calls_are_paid_too(call, airtable):
    """The meter counts calls that the rate refuses."""
    airtable.limits = True
    for _ in range(8):
        call("GET", "~/Leads")

    assert 8 == airtable.calls_this_month


@pytest.mark.parametrize(
    ("plan", "records", "calls"), [("free", 1_000, 1_000), ("team", 50_000, 100_000), ("business", 125_000, None)]
)
def test_plans(clock, plan, records, calls):
    """A plan sets records per base and calls per month."""
    service = Airtable(clock, plan=plan)

    assert (records, calls) == (service.record_cap, service.monthly_calls)


def test_a_full_base_takes_no_more_records(call, airtable):
    """At the plan's cap creates are refused whole, over all tables, while updates go on."""
    airtable.limits = True
    airtable.record_cap = 3
    record = airtable.add_row("Leads", {})
    airtable.add_row("Partners", {})

    assert 422 == call("POST", "~/Leads", {"records": [{"fields": {}}] * 2}).status
    assert 200 == call("POST", "~/Leads", {"records": [{"fields": {}}]}).status
    assert 200 == call("PATCH", f"~/Leads/{record}", {"fields": {"Lead": "x"}}).status


@pytest.mark.parametrize(
    ("kind", "options", "status", "error", "retry_after"),
    [
        ("rate-limit", {}, 429, "RATE_LIMIT_REACHED", None),
        ("billing", {}, 429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED", None),
        ("server-error", {}, 500, "SERVER_ERROR", None),
        ("retriable", {}, 503, "RETRIABLE_ERROR", None),
        ("retriable", {"retry_after": 7}, 503, "RETRIABLE_ERROR", "7"),
        ("too-large", {}, 413, "REQUEST_BODY_TOO_LARGE", None),
        ("ok-error", {"error": "X"}, 200, "X", None),
    ],
)
def test_faults_to_order(call, airtable, kind, options, status, error, retry_after):
    """Each ordered answer comes once, and what was asked is not done."""
    airtable.faults.order(kind, method="POST", options=options)
    answer = call("POST", "~/Leads", {"fields": {"Lead": "L-1"}})

    assert (status, error, retry_after) == (answer.status, answer.error, answer.headers.get("Retry-After"))
    assert [] == airtable.rows("Leads")
    assert 200 == call("POST", "~/Leads", {"fields": {"Lead": "L-1"}}).status


def test_faults_of_the_server(call, airtable):
    """HTML with 502 and 200, an empty 200, and a slow answer come from the server itself."""
    airtable.faults.order("html")
    airtable.faults.order("html", options={"status": 200})
    airtable.faults.order("empty")
    airtable.faults.order("slow", options={"seconds": 0.05})
    answers = [call("GET", "~/Leads") for _ in range(4)]

    assert [502, 200, 200, 200] == [answer.status for answer in answers]
    assert ["<html>", "<html>", ""] == [answer.body[:6] for answer in answers[:3]]
    assert {"records": []} == answers[3].body


@pytest.mark.parametrize(("kind", "stored"), [("drop-before", 0), ("drop-after", 1)])
def test_dropped_connections(call, airtable, kind, stored):
    """A connection may be cut before the write, or after it: the client cannot tell which."""
    airtable.faults.order(kind, method="POST")
    with pytest.raises(requests.ConnectionError):
        call("POST", "~/Leads", {"fields": {"Lead": "L-1"}})

    assert stored == len(airtable.rows("Leads"))
