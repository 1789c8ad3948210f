"""Section 9, item 10: signatures, intent to receive, sequence, doubles, lateness, retries, and switching off."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from worker.sandbox.clock import Clock
from worker.sandbox.xero import Xero

KEY = "hook-key"
QUARTER = timedelta(minutes=15)


def signed(body: bytes) -> str:
    """The signature, computed as the docs say and not as the sandbox does."""
    return base64.b64encode(hmac.new(KEY.encode(), body, hashlib.sha256).digest()).decode()


class Receiver:
    """A receiver that checks signatures; `down` makes it answer 500."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.down = False

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        if self.down:
            return 500
        if not hmac.compare_digest(headers["x-xero-signature"], signed(body)):
            return 401
        self.bodies.append(json.loads(body))
        return 200

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for body in self.bodies for event in body["events"]]


@pytest.fixture
def receiver(xero: Xero) -> Receiver:
    made = Receiver()
    assert xero.hooks.register("http://127.0.0.1:1/hooks/xero", KEY, made)
    made.bodies.clear()
    return made


def test_intent_to_receive_sends_a_good_and_a_bad_signature(xero: Xero) -> None:
    """Both bodies hold no events and zeros; only one that answers 2xx and 401 is switched on."""
    assert xero.hooks.register("http://127.0.0.1:1/", KEY, Receiver())

    good, bad = xero.hooks.deliveries
    assert (200, 401) == (good.status, bad.status)
    body = json.loads(good.body)
    assert ([], 0, 0) == (body["events"], body["firstEventSequence"], body["lastEventSequence"])
    assert 20 == len(body["entropy"])
    assert signed(good.body) == good.headers["x-xero-signature"] != bad.headers["x-xero-signature"]


@pytest.mark.parametrize("status", [200, 401, 500, None])
def test_a_receiver_that_answers_all_alike_is_not_switched_on(xero: Xero, status: int | None) -> None:
    """Whoever takes forged signatures, or refuses good ones, gets no events."""
    assert not xero.hooks.register("http://127.0.0.1:1/", KEY, lambda *_: status)
    assert "off" == xero.hooks.state


def test_events_are_signed_and_numbered(xero: Xero, receiver: Receiver, acme: str) -> None:
    """Each event names what changed and when, and neither type nor status of an invoice; numbers run on."""
    invoice = xero.invoice(acme, 100)
    xero.hooks.deliver(receiver)
    xero.void(invoice)
    xero.hooks.deliver(receiver)

    contact, created, voided = receiver.events[-3:]
    assert ("CONTACT", "CREATE") == (contact["eventCategory"], contact["eventType"])
    assert ("INVOICE", "CREATE", "INVOICE", "UPDATE") == (
        created["eventCategory"], created["eventType"], voided["eventCategory"], voided["eventType"],
    )  # fmt: skip
    assert {
        "resourceUrl", "resourceId", "tenantId", "tenantType", "eventCategory", "eventType", "eventDateUtc",
    } == created.keys()  # fmt: skip
    assert (f"https://api.xero.com/api.xro/2.0/Invoices/{invoice}", xero.tenant) == (
        created["resourceUrl"],
        created["tenantId"],
    )
    assert "2026-10-01T09:30:00.000" == created["eventDateUtc"]
    last = 0
    for body in receiver.bodies:
        assert (last + 1, last + len(body["events"])) == (body["firstEventSequence"], body["lastEventSequence"])
        last = body["lastEventSequence"]


def test_credit_notes_say_their_type_and_status(xero: Xero, receiver: Receiver, acme: str) -> None:
    """CREDITNOTE carries data; over- and prepayments have categories of their own since autumn 2026."""
    xero.credit_note(acme, 10), xero.overpay(acme, 10), xero.prepay(acme, 10)
    xero.hooks.deliver(receiver)
    by_category = {event["eventCategory"]: event for event in receiver.events}

    assert {"CONTACT", "CREDITNOTE", "OVERPAYMENT", "PREPAYMENT"} == by_category.keys()
    assert {"Type": "ACCRECCREDIT", "Status": "AUTHORISED"} == by_category["CREDITNOTE"]["data"]
    assert "data" not in by_category["OVERPAYMENT"]


@pytest.mark.parametrize("fires", [True, False])
def test_a_payment_has_no_event_but_may_fire_its_invoices(
    xero: Xero, receiver: Receiver, acme: str, fires: bool
) -> None:
    """There is no PAYMENT category; whether a payment fires INVOICE is undocumented, so a switch."""
    invoice = xero.invoice(acme, 100)
    xero.hooks.deliver(receiver)
    receiver.bodies.clear()
    xero.payment_fires_invoice = fires

    xero.delete_payment(xero.pay(invoice))
    xero.hooks.deliver(receiver)

    assert [("INVOICE", invoice)] * 2 * fires == [(e["eventCategory"], e["resourceId"]) for e in receiver.events]


def test_only_the_subscribed_categories_come(xero: Xero, receiver: Receiver, acme: str) -> None:
    """The app chooses its categories."""
    xero.hooks.deliver(receiver)
    receiver.bodies.clear()
    xero.hooks.categories = frozenset({"INVOICE"})
    xero.credit(xero.invoice(acme, 100), 10)
    xero.hooks.deliver(receiver)

    assert {"INVOICE"} == {event["eventCategory"] for event in receiver.events}


def test_a_failure_is_tried_at_once_and_every_quarter_of_an_hour(
    xero: Xero, receiver: Receiver, acme: str, clock: Clock
) -> None:
    """Two tries now, none before 15 minutes, then two again; what came meanwhile comes along, in order."""
    receiver.down = True
    xero.invoice(acme, 100)
    assert [500, 500] == [d.status for d in xero.hooks.deliver(receiver)]
    xero.invoice(acme, 200)
    clock.advance(QUARTER - timedelta(seconds=1))
    assert [] == xero.hooks.deliver(receiver)

    clock.advance(timedelta(seconds=1))
    receiver.down = False
    xero.hooks.deliver(receiver)

    (body,) = receiver.bodies
    assert ["CONTACT", "INVOICE", "INVOICE"] == [event["eventCategory"] for event in body["events"]]
    assert (1, 3) == (body["firstEventSequence"], body["lastEventSequence"])


def test_a_day_of_failures_switches_it_off_and_nothing_is_lost(
    xero: Xero, receiver: Receiver, acme: str, clock: Clock
) -> None:
    """After 24 hours it is disabled; registered anew within 31 days, all events are replayed in order."""
    receiver.down = True
    xero.invoice(acme, 100)
    tries = 0
    while xero.hooks.state == "on":
        xero.hooks.deliver(receiver)
        clock.advance(QUARTER)
        tries += 1
    assert ("disabled", 97) == (xero.hooks.state, tries)
    xero.invoice(acme, 200)
    assert [] == xero.hooks.deliver(receiver)

    receiver.down = False
    assert xero.hooks.register("http://127.0.0.1:1/hooks/xero", KEY, receiver)
    xero.hooks.deliver(receiver)

    assert 2 == sum(event["eventCategory"] == "INVOICE" for event in receiver.events)


def test_events_are_kept_for_31_days(xero: Xero, receiver: Receiver, acme: str, clock: Clock) -> None:
    """What nobody took for a month is forgotten."""
    xero.invoice(acme, 100)
    clock.advance(timedelta(days=32))
    xero.invoice(acme, 200)
    xero.hooks.deliver(receiver)

    assert 1 == sum(event["eventCategory"] == "INVOICE" for event in receiver.events)


def test_hooks_come_doubled_and_late_on_order(xero: Xero, receiver: Receiver, acme: str, clock: Clock) -> None:
    """At least once: the same body twice; and a minute late."""
    xero.faults.order("hook-late", path="/hooks", options={"seconds": 60})
    xero.faults.order("hook-doubled", path="/hooks")
    xero.invoice(acme, 100)
    assert [] == xero.hooks.deliver(receiver)

    clock.advance(timedelta(seconds=60))
    xero.hooks.deliver(receiver)

    assert 2 == len(receiver.bodies)
    assert receiver.bodies[0] == receiver.bodies[1]


@pytest.fixture
def listener() -> Iterator[Callable[[], tuple[str, list[int]]]]:
    """A receiver on a socket, which checks the signature over the raw body."""
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            statuses.append(200 if self.headers["x-xero-signature"] == signed(body) else 401)
            self.send_response(statuses[-1])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield lambda: (f"http://127.0.0.1:{http.server_address[1]}/hooks/xero", statuses)
    http.shutdown()
    http.server_close()
    thread.join(timeout=5)


def test_hooks_go_over_real_sockets(xero: Xero, acme: str, listener: Callable[[], tuple[str, list[int]]]) -> None:
    """The intent to receive and an event reach an HTTP server, headers and all; nobody there is a failure, no crash."""
    url, statuses = listener()
    assert xero.hooks.register(url, KEY)
    xero.invoice(acme, 100)
    xero.hooks.deliver()

    assert [200, 401, 200] == statuses
    assert not xero.hooks.register("http://127.0.0.1:9/", KEY)
