"""Pings: signed, retried, given up, switched on again; lost, late and doubled on order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pyairtable.models import WebhookNotification


class Inbox:
    """A receiver of pings: what it got, and the status that it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.arrived = threading.Event()
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(inbox.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                inbox.arrived.set()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/hooks/airtable"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    made = Inbox()
    yield made
    made.close()


@pytest.fixture
def hook(call, airtable, inbox):
    """Make a hook with a URL and take the ping of its making; return its id and secret."""
    specification = {"options": {"filters": {"dataTypes": ["tableData"]}}}
    made = call("POST", "bases/~/webhooks", {"notificationUrl": inbox.url, "specification": specification}).body
    airtable.deliver_pings()
    inbox.got.clear()
    return made


def _state(call):
    return call("GET", "bases/~/webhooks").body["webhooks"][0]


def test_a_ping_is_signed_in_hex(airtable, inbox, hook):
    """The header is hmac-sha256 of the raw bytes in hex, keyed with the decoded secret; the body says where to look."""
    airtable.add_row("Leads", {})
    airtable.deliver_pings()
    ((headers, body),) = inbox.got

    secret = base64.b64decode(hook["macSecretBase64"])
    expected = "hmac-sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    assert expected == headers["x-airtable-content-mac"]
    said = {"base": {"id": airtable.base}, "webhook": {"id": hook["id"]}, "timestamp": "2026-11-02T09:00:00.250Z"}
    assert said == json.loads(body)
    mac = headers["x-airtable-content-mac"]
    assert hook["id"] == WebhookNotification.from_request(body.decode(), mac, hook["macSecretBase64"]).webhook.id


def test_a_ping_leaves_by_itself(airtable, inbox, hook):
    """Without anybody's asking a ping follows a change."""
    airtable.auto_deliver = True
    inbox.arrived.clear()
    airtable.add_row("Leads", {})

    assert inbox.arrived.wait(5)


def test_making_a_hook_pings_once(call, airtable, inbox):
    """A new hook with a URL is pinged shortly after; one without is never."""
    specification = {"options": {"filters": {"dataTypes": ["tableData"]}}}
    call("POST", "bases/~/webhooks", {"specification": specification})
    call("POST", "bases/~/webhooks", {"specification": specification, "notificationUrl": inbox.url})

    assert (1, 1) == (airtable.deliver_pings(), len(inbox.got))


def test_changes_before_delivery_are_one_ping(airtable, inbox, hook):
    """A ping only says that there is something: two changes before it leaves make one."""
    airtable.add_row("Leads", {})
    airtable.add_row("Leads", {})
    airtable.deliver_pings()

    assert 1 == len(inbox.got)


def test_the_last_result_is_shown(call, airtable, inbox, hook):
    """Success and failure are told in the listing, with retries and the words of the service."""
    airtable.add_row("Leads", {})
    airtable.deliver_pings()
    success = _state(call)
    inbox.status = 503
    airtable.add_row("Leads", {})
    airtable.deliver_pings()
    failure = _state(call)

    assert {"success", "completionTimestamp", "durationMs", "retryNumber"} == set(success["lastNotificationResult"])
    assert (True, "2026-11-02T09:00:00.250Z") == (
        success["lastNotificationResult"]["success"],
        success["lastSuccessfulNotificationTime"],
    )
    result = failure["lastNotificationResult"]
    message = "The HTTP request returned a 503 status code instead of 200 or 204"
    assert (False, 0, True, {"message": message}) == (
        result["success"], result["retryNumber"], result["willBeRetried"], result["error"],
    )  # fmt: skip


def test_thirteen_retries_then_silence(call, airtable, inbox, hook, clock):
    """After 13 retries over 13 to 19 hours notifications are off, while the hook and its cursor go on."""
    inbox.status = 500
    started = clock.now()
    airtable.add_row("Leads", {})
    for _ in range(14):
        airtable.deliver_pings()
        last = _state(call)["lastNotificationResult"]
        if last["willBeRetried"]:
            clock.set(airtable.hooks[hook["id"]].due)
    took = clock.now() - started
    airtable.add_row("Leads", {})
    state = _state(call)

    assert (14, 13, False) == (len(inbox.got), last["retryNumber"], last["willBeRetried"])
    assert timedelta(hours=13) < took < timedelta(hours=19)
    assert (False, True, 3) == (
        state["areNotificationsEnabled"], state["isHookEnabled"], state["cursorForNextPayload"],
    )  # fmt: skip
    assert 0 == airtable.deliver_pings()


def test_notifications_are_switched_on_again(call, airtable, inbox, hook):
    """enableNotifications brings a ping at once; switched off, none comes."""
    path = f"bases/~/webhooks/{hook['id']}/enableNotifications"
    off = call("POST", path, {"enable": False})
    airtable.add_row("Leads", {})
    silent = airtable.deliver_pings()
    call("POST", path, {"enable": True})

    assert (200, {}, 0, 1) == (off.status, off.body, silent, airtable.deliver_pings())
    assert 422 == call("POST", path, {}).status


def test_a_ping_waiting_for_its_retry_stands_for_later_changes(airtable, inbox, hook, clock):
    """While a retry is awaited further changes bring no ping of their own."""
    inbox.status = 500
    airtable.add_row("Leads", {})
    airtable.deliver_pings()
    airtable.add_row("Leads", {})

    assert 0 == airtable.deliver_pings()
    clock.advance(timedelta(seconds=7))
    inbox.status = 200
    assert (1, 2) == (airtable.deliver_pings(), len(inbox.got))


def test_an_unreachable_url_counts_as_a_failure(call, airtable, inbox, hook):
    """Nobody listening is a failed ping like any other."""
    inbox.close()
    airtable.add_row("Leads", {})
    airtable.deliver_pings()

    assert "The HTTP request failed" in _state(call)["lastNotificationResult"]["error"]["message"]


@pytest.mark.parametrize(("kind", "now", "later"), [("ping-lost", 0, 0), ("ping-late", 0, 1), ("ping-doubled", 2, 2)])
def test_pings_go_astray_on_order(airtable, inbox, hook, clock, kind, now, later):
    """A ping may be lost, come late, or twice."""
    airtable.faults.order(kind, options={"seconds": 90})
    airtable.add_row("Leads", {})
    airtable.deliver_pings()
    at_once = len(inbox.got)
    clock.advance(timedelta(seconds=90))
    airtable.deliver_pings()

    assert (now, later) == (at_once, len(inbox.got))
