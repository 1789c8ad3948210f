"""Section 9, item 9: the windows, their headers, every form of a 429, and being down."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from worker.sandbox.clock import Clock
from worker.sandbox.xero import Xero

DAY, MINUTE, APP = "x-daylimit-remaining", "x-minlimit-remaining", "x-appminlimit-remaining"


def test_all_three_headers_come_with_every_answer(api: Any) -> None:
    """Also with errors: what is left of the day, the minute, and the app's minute; each call counts once."""
    api.get("Organisation")
    for path, status, left in (("Invoices", 200, 58), ("Invoices/none", 404, 57), ("Payments?nonsense=1", 400, 56)):
        reply = api.get(path)

        assert (status, str(4940 + left), str(left), str(9940 + left)) == (
            reply.status, reply.headers[DAY], reply.headers[MINUTE], reply.headers[APP],
        )  # fmt: skip
    assert "56" == api.get("Invoices", {"Authorization": "Bearer wrong"}).headers[MINUTE]


def test_the_61st_call_of_a_minute_is_429(api: Any, clock: Clock) -> None:
    """60 calls a minute; then 429 "minute" with Retry-After in seconds, until the window has moved on."""
    assert {200} == {api.get("Organisation").status for _ in range(60)}

    reply = api.get("Organisation")

    assert (429, "minute", "0") == (reply.status, reply.headers["x-rate-limit-problem"], reply.headers[MINUTE])
    assert ("Rate limit exceeded", 429) == (reply.json["Title"], reply.json["Status"])
    assert 0 < int(reply.headers["retry-after"]) <= 61
    clock.advance(timedelta(seconds=int(reply.headers["retry-after"])))
    assert 200 == api.get("Organisation").status


def test_five_at_a_time_and_the_sixth_is_429(api: Any, server: Any) -> None:
    """An organisation answers five requests at a time; one more is turned away at once, without a Retry-After."""
    all_there = threading.Barrier(6, timeout=10)

    def hold(_request: Any) -> None:
        server.before.clear()  # only the first waits; the others queue behind it, under way all the same
        deadline = time.monotonic() + 10
        while server.under_way < 6 and time.monotonic() < deadline:
            time.sleep(0.005)

    def ask(_number: int) -> Any:
        all_there.wait()
        return api.get("Organisation")

    server.before.append(hold)
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(ask, range(6)))

    assert [200] * 5 + [429] == sorted(reply.status for reply in replies)
    (turned_away,) = [reply for reply in replies if reply.status == 429]
    assert "concurrent" == turned_away.headers["x-rate-limit-problem"]
    assert "retry-after" not in turned_away.headers


def test_the_day_is_a_fixed_window_that_resets_at_the_organisations_hour(xero: Xero, api: Any, clock: Clock) -> None:
    """5,000 (or 1,000) calls, then 429 "day" until 13:37, the hour of this organisation, not 24 hours on."""
    xero.windows.day_limit = 3
    assert [200] * 3 == [api.get("Organisation").status for _ in range(3)]

    reply = api.get("Organisation")

    assert (429, "day", "0") == (reply.status, reply.headers["x-rate-limit-problem"], reply.headers[DAY])
    wait = timedelta(seconds=int(reply.headers["retry-after"]))
    assert timedelta(hours=4, minutes=7) <= wait <= timedelta(hours=4, minutes=7, seconds=1)
    clock.advance(wait - timedelta(minutes=1))
    api.renew()
    assert 429 == api.get("Organisation").status
    clock.advance(timedelta(minutes=1))
    assert "2" == api.get("Organisation").headers[DAY]


def test_the_days_limit_is_the_tiers(clock: Clock) -> None:
    """1,000 on Starter, 5,000 from Core up: an argument."""
    assert "1000" == Xero(clock, day_limit=1000).windows.headers()[DAY]
    assert "5000" == Xero(clock).windows.headers()[DAY]


def test_limits_can_be_switched_off(xero: Xero, api: Any) -> None:
    """Then no call is refused; the headers go on counting, down to nothing left."""
    xero.limits, xero.windows.day_limit = False, 1

    assert [200] * 3 == [api.get("Organisation").status for _ in range(3)]
    assert "0" == api.get("Organisation").headers[DAY]


@pytest.mark.parametrize("problem", ["minute", "day", "concurrent", "Minute", "Daily limit", "DayLimit", "appminute"])
def test_a_429_can_be_ordered_with_any_name(xero: Xero, api: Any, problem: str) -> None:
    """X-Rate-Limit-Problem is written in many ways (third party): match by prefix."""
    xero.faults.order("rate-limit", path="/api.xro/2.0/Invoices", options={"problem": problem, "retry_after": 17})

    reply = api.get("Invoices")

    assert (429, problem, "17") == (reply.status, reply.headers["x-rate-limit-problem"], reply.headers["retry-after"])
    assert 200 == api.get("Invoices").status


def test_concurrent_comes_without_retry_after_and_the_older_body_is_form_text(xero: Xero, api: Any) -> None:
    """Retry-After may be missing; a kept body of 2013 is form-encoded text under text/html."""
    xero.faults.order("rate-limit", options={"body": "form"})

    reply = api.get("Invoices")

    assert (429, "concurrent") == (reply.status, reply.headers["x-rate-limit-problem"])
    assert "retry-after" not in reply.headers
    assert reply.text.startswith("oauth_problem=rate%20limit%20exceeded")
    assert "text/html; charset=utf-8" == reply.headers["content-type"]


def test_retry_after_can_be_kept_back(xero: Xero, api: Any) -> None:
    """A switch takes Retry-After from every 429, and the words of the windows can be changed."""
    xero.retry_after, xero.windows.minute_limit, xero.windows.names["minute"] = False, 0, "Minute"

    reply = api.get("Invoices")

    assert (429, "Minute") == (reply.status, reply.headers["x-rate-limit-problem"])
    assert "retry-after" not in reply.headers


def test_maintenance_is_503_in_text(xero: Xero, api: Any) -> None:
    """The API can be offline, and costs no call then."""
    xero.faults.order("maintenance")

    reply = api.get("Invoices")

    assert (503, "The Xero API is currently offline for maintenance") == (reply.status, reply.text)
    assert "60" == reply.headers[MINUTE]


def test_an_html_500_and_a_503_with_the_words_of_a_limit(xero: Xero, api: Any) -> None:
    """A page of HTML, and the limit's text under 503 (captured), are the server's own faults with a body."""
    xero.faults.order("html", options={"status": 500})
    xero.faults.order("status", options={"status": 503, "body": "oauth_problem=rate%20limit%20exceeded"})

    assert (500, True) == ((first := api.get("Invoices")).status, first.text.startswith("<html>"))
    assert (503, "oauth_problem=rate%20limit%20exceeded") == ((second := api.get("Invoices")).status, second.text)


def test_a_token_can_be_over_out_of_turn(xero: Xero, api: Any) -> None:
    """The fault `token-expired` is one 401; `expire_all` ends every token there is."""
    xero.faults.order("token-expired")
    assert [401, 200] == [api.get("Invoices").status for _ in range(2)]

    xero.identity.expire_all()

    assert api.get("Invoices").json["Detail"].startswith("TokenExpired: ")
