"""Section 9, item 11: faults on order, seen through the unmodified SDK."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import urllib3
from xero_python.exceptions import HTTPStatusException, RateLimitException

from worker.sandbox.server import Server
from worker.sandbox.xero import Xero

INVOICES = "/api.xro/2.0/Invoices"


def test_a_call_dropped_before_the_answer_changes_nothing(xero: Xero, sdk: Any, bill: Any, acme: str) -> None:
    """drop-before: the connection is cut and no bill is there."""
    xero.faults.order("drop-before", path=INVOICES)
    with pytest.raises(urllib3.exceptions.HTTPError):
        sdk.create_invoices("", {"Invoices": [bill(acme)]}, _preload_content=False)

    assert [] == xero.invoices()


def test_a_put_dropped_after_the_commit_is_the_trap(xero: Xero, sdk: Any, bill: Any, acme: str, server: Server) -> None:
    """drop-after: the bill is made though nobody is told; sent again it is double, with the same key it is not."""
    for key, bills in (("k", 1), ("k", 1), (None, 2)):
        xero.faults.order("drop-after", method="PUT", path=INVOICES)
        terms = {} if key is None else {"idempotency_key": key}
        with pytest.raises(urllib3.exceptions.HTTPError):
            sdk.create_invoices("", {"Invoices": [bill(acme)]}, _preload_content=False, **terms)

        assert bills == len(xero.invoices())
    assert 3 == len(server.calls("PUT", INVOICES))


def test_half_a_body_and_slowness_are_to_be_had(xero: Xero, sdk: Any) -> None:
    """half-body cuts the connection in the middle; slow runs into the client's own timeout."""
    xero.faults.order("half-body", path=INVOICES)
    with pytest.raises(urllib3.exceptions.HTTPError):
        _ = sdk.get_invoices("", page=1, _preload_content=False).data
    xero.faults.order("slow", path=INVOICES, options={"seconds": 1.0})
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        sdk.get_invoices("", page=1, _preload_content=False, _request_timeout=(1.0, 0.5))


def test_the_sdk_raises_on_each_error_even_raw(xero: Xero, sdk: Any, server: Server) -> None:
    """429 has its own class with headers, 503 and 401 the general one; one request per failure."""
    xero.faults.order("rate-limit", path=INVOICES, options={"problem": "day", "retry_after": 99})
    with pytest.raises(RateLimitException) as limited:
        sdk.get_invoices("", page=1, _preload_content=False)
    xero.faults.order("maintenance", path=INVOICES)
    with pytest.raises(HTTPStatusException) as down:
        sdk.get_invoices("", page=1, _preload_content=False)
    xero.faults.order("token-expired", path=INVOICES)
    with pytest.raises(HTTPStatusException) as expired:
        sdk.get_invoices("", page=1, _preload_content=False)

    assert ("day", "99") == tuple(limited.value.headers[name] for name in ("X-Rate-Limit-Problem", "Retry-After"))
    assert (429, 503, 401) == (limited.value.status, down.value.status, expired.value.status)
    assert json.loads(expired.value.body)["Detail"].startswith("TokenExpired")
    assert 3 == len(server.calls("GET", INVOICES))


def test_a_rotten_page_of_html_may_come_as_200(xero: Xero, sdk: Any) -> None:
    """A proxy's HTML under 200 is the server's own fault, for the reader to notice."""
    xero.faults.order("html", path=INVOICES, options={"status": 200})

    assert b"<html>" == sdk.get_invoices("", page=1, _preload_content=False).data[:6]


def test_a_token_dies_on_the_sandboxs_clock(xero: Xero, sdk: Any) -> None:
    """The SDK believes in its token by real time; the sandbox ends it by its own, and says so."""
    assert b"Invoices" in sdk.get_invoices("", page=1, _preload_content=False).data
    xero.clock.advance(timedelta(hours=1))

    with pytest.raises(HTTPStatusException) as expired:
        sdk.get_invoices("", page=1, _preload_content=False)

    assert 401 == expired.value.status
