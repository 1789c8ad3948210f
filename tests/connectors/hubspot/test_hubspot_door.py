"""The door: what every kind of failure becomes, for reads and for writes, and that each request is sent once."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.connectors.hubspot.hubspot_stand import crm_at, lead
from tests.connectors.standins import Once, Time
from worker.connectors.hubspot.api import Door
from worker.connectors.hubspot.errors import Taken, failure, fault, refusal
from worker.ports import Conflict, Refused, Unauthorised, Unavailable, Unsure
from worker.sandbox.server import Server

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)


@pytest.fixture
def once(server, clock):
    """The connector with a caller that sends once."""
    return crm_at(server.url, clock, caller=Once())


def read_error(once):
    with pytest.raises(Exception) as caught:
        once.stages()
    return caught.value


LOST = [
    ("drop-before", {}), ("drop-after", {}), ("half-body", {}), ("html", {"status": 502}), ("html", {"status": 200}),
    ("empty", {}), ("status", {"status": 500, "body": {"status": "error", "message": "internal error"}}),
    ("status", {"status": 504, "body": "\ufffd"}), ("status", {"status": 200, "body": "[]"}),
    ("status", {"status": 408, "body": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "options"), LOST, ids=[f"{k}-{o}" for k, o in LOST])
def test_a_read_without_an_answer_is_unavailable(once, portal, server, kind, options):
    """Nothing happened, so the same read may be sent again; the SDK itself sent it once."""
    portal.faults.order(kind, path="/crm/v3/pipelines", options=options)

    assert Unavailable is type(read_error(once))
    assert 1 == len(server.log)


@pytest.mark.parametrize(("kind", "options"), LOST, ids=[f"{k}-{o}" for k, o in LOST])
def test_a_write_without_an_answer_is_unsure(crm, server, clock, portal, kind, options):
    """It may have happened: the connector looks before it sends again, and the SDK never does by itself."""
    portal.faults.order(kind, path="/crm/v3/objects/companies/batch/create", options=options)
    asked = Once()

    def caller(send, *, limits, repeatable):
        try:
            return asked(send, limits=limits, repeatable=repeatable)
        except Exception as error:
            seen.append(type(error))
            raise

    seen = []
    crm_at(server.url, clock, caller=caller).put([lead(1)])

    assert [Unsure] == seen


def test_nobody_listening_is_unavailable_for_reads_and_writes(clock, portal):
    """A refused connection was never a request."""
    with Server(portal, clock) as closed:
        url = closed.url
    crm = crm_at(url, clock, caller=Once())

    assert Unavailable is type(read_error(crm))
    with pytest.raises(Unavailable):
        crm.put([lead(1)])


def test_a_secure_connection_that_fails_is_no_crash(clock, server):
    """The SDK trips over a TLS fault; the door does not."""
    crm = crm_at(server.url.replace("http:", "https:"), clock, caller=Once())

    assert Unavailable is type(read_error(crm))


def answer(status, body="", headers=None, write=False):
    raw = body if isinstance(body, str) else json.dumps(body)
    return failure(status, headers or {}, raw, write=write, now=NOW)


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({"message": "You have reached your secondly limit."}, {}, 1),
        ({"message": "You have reached your ten_secondly_rolling limit."}, {}, 10),
        ({"message": "slow down", "policyName": "TEN_SECONDLY_ROLLING"}, {}, 10),
        ({"message": "slow down", "policyName": "SECONDLY"}, {}, 1),
        ({"message": "no", "policyName": "DAILY"}, {}, 3600),
        ({"message": "You have reached your daily limit."}, {}, 3600),
        ("<html>", {}, 10),
        ("", {"Retry-After": "7"}, 7),
        ({"policyName": "DAILY"}, {"retry-after": "Thu, 12 Mar 2026 10:00:00 GMT"}, 7200),
    ],
)
def test_a_rate_limit_is_told_by_policy_or_by_words(body, headers, seconds):
    """Recorded 429s of search had neither policyName nor Retry-After; a limit is never counted as an attempt."""
    error = answer(429, body, headers, write=True)

    assert (Unavailable, True, timedelta(seconds=seconds)) == (type(error), error.limited, error.retry_after)


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [(423, {}, 2), (423, {"Retry-After": "1"}, 2), (423, {"Retry-After": "9"}, 9), (477, {}, 3600),
     (477, {"Retry-After": "86400"}, 86400)],
)  # fmt: skip
def test_locked_and_moving_records_wait_and_were_not_written(status, headers, seconds):
    """423 and 477 are answers: a write was not done."""
    error = answer(status, {"message": "x"}, headers, write=True)

    assert (Unavailable, False, timedelta(seconds=seconds)) == (type(error), error.limited, error.retry_after)


def test_statuses_are_sorted_by_what_to_do_next():
    """401 and 403 pause the service, a conflict is planned again, other refusals are a person's."""
    assert Unauthorised is type(answer(401, {"category": "INVALID_AUTHENTICATION"}))
    assert Unauthorised is type(answer(403, "<html>"))
    assert Conflict is type(answer(409, {"category": "SOMETHING", "message": "changed meanwhile"}))
    assert Taken is type(answer(409, {"category": "CONFLICT", "message": "Contact already exists"}))
    assert "OBJECT_NOT_FOUND" == answer(404, {"message": "resource not found"}).code
    assert "414" == answer(414, "URI Too Long").code
    assert "302" == answer(302).code


def test_every_invalid_value_of_a_message_is_read():
    """The list stands as JSON inside the text; the first of it is told, and no address is repeated."""
    rows = '[{"isValid":false,"message":"a@b.example is wrong","error":"INVALID_OPTION","name":"x"}]'
    error = answer(400, {"message": f"Property values were not valid: {rows}", "category": "VALIDATION_ERROR"})

    assert (Refused, "INVALID_OPTION", "x") == (type(error), error.code, error.field)
    assert 'HubSpot does not take the value of "x": (an address) is wrong' == error.text


@pytest.mark.parametrize(
    "body",
    [None, [], "text", 5, {}, {"errors": None, "context": None}, {"errors": ["x"], "context": []}, {"message": None},
     {"message": "[{ no json }]"}, {"errors": [{"context": {"ids": 7}}]}],
)  # fmt: skip
def test_a_body_of_any_shape_is_read(body):
    """Every field of an error is optional; nothing in it may break the reader."""
    assert isinstance(refusal(fault(body)), Refused)


def test_a_taken_value_names_the_record_in_its_way():
    """From the context, or from the words of the message."""
    assert "1715" == fault({"message": "Contact already exists. Existing ID: 1715"}).existing
    assert "9" == fault({"message": "x", "context": {"existingId": ["9"]}}).existing
    assert fault({"message": "Contact already exists"}).existing is None


def test_answers_are_asked_for_compressed_and_numbers_stay_exact(server, clock):
    """gzip is asked for; one connection serves many calls."""
    crm = crm_at(server.url, clock, caller=Once())
    crm.check()

    assert {"gzip"} == {call.headers["accept-encoding"] for call in server.log}


def test_the_sdk_is_not_imported_before_it_is_needed():
    """Building the connector costs no import of the SDK."""
    code = (
        "import sys; from worker.connectors.hubspot import HubSpotCrm as H; "
        "H(token='t', endpoint='http://127.0.0.1:9', pipeline='p', stage='s', interval_property='i', term_property='t',"
        " caller=None, memory=None, clock=None); sys.exit('hubspot' in sys.modules)"
    )

    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode


def test_a_slow_answer_is_given_up_after_a_while(clock):
    """There is a default timeout on every call; the SDK has none."""
    door = Door(token="t", endpoint="http://127.0.0.1:9", caller=Once(), clock=Time(clock))
    client, _ = door._sdk()
    seen = {}
    client.rest_client.pool_manager.request = lambda *_, **terms: seen.update(terms) or 1 / 0
    with pytest.raises(ZeroDivisionError):
        client.rest_client.request("GET", "http://127.0.0.1:9/")

    assert (5.0, 30.0) == (seen["timeout"].connect_timeout, seen["timeout"].read_timeout)
