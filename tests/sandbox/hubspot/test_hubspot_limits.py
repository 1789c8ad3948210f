"""Limits on calls (item 13): 5 searches a second, 100 others in 10 seconds, a day's number in the account's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from worker.sandbox.clock import Clock
from worker.sandbox.hubspot import HubSpot
from worker.sandbox.server import Request

ROOT = "/crm/v3/objects"


@pytest.fixture
def strict(account):
    account.limits = True
    return account


class Still(Clock):
    """A clock whose seconds do not run by themselves."""

    def seconds(self):
        return self.now().timestamp()


@pytest.fixture
def still():
    """An account whose windows move only with the clock, and how to ask it: (account, clock, ask)."""
    clock = Still(datetime(2026, 11, 2, 22, 30, tzinfo=UTC))
    account = HubSpot(clock, time_zone="Europe/Berlin")

    def ask(method, path, body=b"{}"):
        headers = {"authorization": "Bearer pat-SANDBOX"}
        return account.answer(Request(method, path, (), headers, body, clock.now(), path))

    return account, clock, ask


def test_the_sixth_search_of_a_second_is_refused(still):
    """Five searches a second pass; the sixth is 429 without policyName, without Retry-After, in the recorded words."""
    _, clock, ask = still
    statuses = [ask("POST", f"{ROOT}/deals/search").status for _ in range(5)]
    refused = ask("POST", f"{ROOT}/contacts/search")

    assert [200] * 5 == statuses
    assert 429 == refused.status
    body = Request("", "", (), {}, refused.body, clock.now()).json()
    assert ("You have reached your secondly limit.", "RATE_LIMITS", "RATE_LIMIT") == (
        body["message"],
        body["category"],
        body["errorType"],
    )
    assert "policyName" not in body
    assert not {"Retry-After", "X-HubSpot-RateLimit-Max"} & refused.headers.keys()

    clock.advance(timedelta(seconds=1))
    assert 200 == ask("POST", f"{ROOT}/deals/search").status


def test_search_may_name_its_policy(still):
    """With the switch on, search's 429 carries policyName too."""
    account, clock, ask = still
    account.rates.search_named = True
    replies = [ask("POST", f"{ROOT}/deals/search") for _ in range(6)]

    assert "SECONDLY" == Request("", "", (), {}, replies[-1].body, clock.now()).json()["policyName"]


def test_a_hundred_calls_in_ten_seconds(still):
    """The 101st call within 10 seconds is 429 TEN_SECONDLY_ROLLING; the window rolls."""
    _, clock, ask = still
    replies = []
    for _ in range(100):
        replies.append(ask("GET", f"{ROOT}/deals"))
        clock.advance(timedelta(milliseconds=50))
    refused = ask("GET", f"{ROOT}/deals")

    assert {200} == {r.status for r in replies}
    assert ["99", "0"] == [replies[i].headers["X-HubSpot-RateLimit-Remaining"] for i in (0, 99)]
    assert (429, "100", "10000") == (
        refused.status,
        refused.headers["X-HubSpot-RateLimit-Max"],
        refused.headers["X-HubSpot-RateLimit-Interval-Milliseconds"],
    )
    body = Request("", "", (), {}, refused.body, clock.now()).json()
    assert "TEN_SECONDLY_ROLLING" == body["policyName"]
    assert "You have reached your ten_secondly_rolling limit." == body["message"]

    clock.advance(timedelta(seconds=5))
    assert 200 == ask("GET", f"{ROOT}/deals").status


def test_search_and_associations_have_windows_of_their_own(still):
    """Neither search nor associations eat of the 10-second window, and search answers without its headers."""
    _, _, ask = still
    for _ in range(100):
        ask("GET", f"{ROOT}/deals")

    assert 429 == ask("GET", f"{ROOT}/deals").status
    search = ask("POST", f"{ROOT}/deals/search")
    tied = ask("POST", "/crm/v4/associations/deals/contacts/batch/read", b'{"inputs":[{"id":"1"}]}')
    assert (200, 207) == (search.status, tied.status)
    assert not [name for name in search.headers if "RateLimit" in name]
    assert "99" == tied.headers["X-HubSpot-RateLimit-Remaining"]


def test_the_day_ends_at_midnight_of_the_account(still):
    """The daily number counts searches too, answers 429 DAILY when used up, and begins anew at the zone's midnight."""
    account, clock, ask = still
    account.rates.daily = 3
    ask("GET", f"{ROOT}/deals")
    ask("POST", f"{ROOT}/deals/search")
    last = ask("GET", f"{ROOT}/deals")
    refused = ask("GET", f"{ROOT}/deals")

    assert ("3", "0") == (
        last.headers["X-HubSpot-RateLimit-Daily"],
        last.headers["X-HubSpot-RateLimit-Daily-Remaining"],
    )
    assert (429, "DAILY") == (
        refused.status,
        Request("", "", (), {}, refused.body, clock.now()).json()["policyName"],
    )

    clock.advance(timedelta(minutes=29))
    assert 429 == ask("GET", f"{ROOT}/deals").status
    clock.advance(timedelta(minutes=1))
    assert 200 == ask("GET", f"{ROOT}/deals").status


def test_limits_can_be_switched_off(account, call):
    """With limits off nothing is refused, and the headers go on telling."""
    replies = [call("GET", f"{ROOT}/deals") for _ in range(110)]

    assert {200} == {r.status for r in replies}
    assert "0" == replies[-1].headers["X-HubSpot-RateLimit-Remaining"]


def test_a_refused_answer_has_headers_too(strict, call):
    """A 404 tells what is left of the window."""
    assert "99" == call("GET", f"{ROOT}/deals/1").headers["X-HubSpot-RateLimit-Remaining"]


@pytest.mark.parametrize("policy", ["SECONDLY", "TEN_SECONDLY_ROLLING", "DAILY"])
@pytest.mark.parametrize("named", [True, False])
def test_a_429_on_order(account, call, policy, named):
    """Each policy can be ordered, named or not; the words of the message tell it either way."""
    account.faults.order("rate-limited", options={"policy": policy, "named": named})

    answer = call("GET", f"{ROOT}/deals")

    assert 429 == answer.status
    assert named is (answer.body.get("policyName") == policy)
    assert policy.lower() in answer.body["message"]


def test_usage_tells_the_day(account, call):
    """api-usage counts the day's calls, itself included, and says when the day ends in the account's zone."""
    call("GET", f"{ROOT}/deals")

    usage = call("GET", "/account-info/v3/api-usage/daily/private-apps").body["results"][0]

    assert (2, 250_000) == (usage["currentUsage"], usage["usageLimit"])
    assert "2026-11-03T00:00:00.000Z" == usage["resetsAt"]
