"""Webhooks: signed as in section 6, batched, and doubled, late, lost or disordered on order (item 15)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

TARGET, SECRET = "https://desk.example/hooks/hubspot", "s3cret"


@pytest.fixture
def hooked(account):
    account.subscribe(TARGET, SECRET)
    return account


def events(hooks):
    return [event for hook in hooks for event in json.loads(hook.body)]


def kinds(hooks):
    return [(e["subscriptionType"], e["objectId"]) for e in events(hooks)]


def test_nothing_is_gathered_without_a_subscription(account):
    """Without a target no events pile up."""
    account.add_deal({"dealname": "One"})

    assert [] == account.hooks_due()


def test_a_move_is_told(hooked, clock):
    """A new deal, its move and its end are events with the fields of the docs; others' kinds are not mixed in."""
    deal = hooked.add_deal({"dealname": "One"})
    hooked.hooks_due()
    clock.advance(timedelta(minutes=1))
    hooked.move_deal(deal, "closedwon")

    told = {e.get("propertyName"): e for e in events(hooked.hooks_due())}

    assert {"dealstage", "closedate"} == told.keys()
    event = told["dealstage"]
    assert ("deal.propertyChange", int(deal), "closedwon", 0) == tuple(
        event[k] for k in ("subscriptionType", "objectId", "propertyValue", "attemptNumber")
    )
    assert (int(clock.now().timestamp() * 1000), hooked.portal_id) == (event["occurredAt"], event["portalId"])


def test_creation_deletion_and_merge_are_told(hooked, call):
    """Records made, archived and merged are told; a merge names the new id, and the other's deletion follows."""
    company = hooked.add_company({"name": "Acme"})
    hooked.archive("companies", company)
    keep, other = hooked.add_deal({}), hooked.add_deal({})
    hooked.hooks_due()
    new = hooked.merge("deals", keep, other)

    merged, deleted = events(hooked.hooks_due())

    assert ("deal.merge", int(keep), [int(other)], int(new)) == tuple(
        merged[k] for k in ("subscriptionType", "primaryObjectId", "mergedObjectIds", "newObjectId")
    )
    assert ("deal.deletion", int(other)) == (deleted["subscriptionType"], deleted["objectId"])


def test_the_signature_is_the_one_of_the_docs(hooked, clock):
    """v3: base64 of HMAC-SHA256 over method, URI, raw body and timestamp, with the client secret."""
    hooked.add_deal({"dealname": "Ünïcode"})

    hook = hooked.hooks_due()[0]

    stamp = hook.headers["X-HubSpot-Request-Timestamp"]
    assert str(int(clock.now().timestamp() * 1000)) == stamp
    source = b"POST" + TARGET.encode() + hook.body + stamp.encode()
    expected = base64.b64encode(hmac.new(SECRET.encode(), source, hashlib.sha256).digest()).decode()
    assert expected == hook.headers["X-HubSpot-Signature-v3"]


def test_some_escapes_are_decoded_before_signing(hooked):
    """%3A and its like in the URI are decoded for the signature; %20 is not."""
    hooked.subscribe("https://desk.example/h?a=1%3A2&b=x%20y", SECRET)
    hooked.add_deal({})

    hook = hooked.hooks_due()[0]

    source = (
        b"POSThttps://desk.example/h?a=1:2&b=x%20y" + hook.body + hook.headers["X-HubSpot-Request-Timestamp"].encode()
    )
    expected = base64.b64encode(hmac.new(SECRET.encode(), source, hashlib.sha256).digest()).decode()
    assert expected == hook.headers["X-HubSpot-Signature-v3"]


def test_batches_hold_fewer_than_100_events(hooked):
    """150 events come in two deliveries."""
    for i in range(150):
        hooked.add_company({"name": str(i)})

    assert [99, 51] == [len(json.loads(h.body)) for h in hooked.hooks_due()]


def test_a_late_hook_on_order(hooked, clock):
    """A late event is due after its time, signed at that instant; others do not wait for it."""
    hooked.faults.order("hook-late", options={"seconds": 3600})
    late, prompt = hooked.add_company({"name": "Late"}), hooked.add_company({"name": "Prompt"})

    assert [("company.creation", int(prompt))] == kinds(hooked.hooks_due())
    clock.advance(timedelta(hours=1))
    assert [("company.creation", int(late))] == kinds(hooked.hooks_due())


def test_a_lost_hook_on_order(hooked):
    """A lost event never comes."""
    hooked.faults.order("hook-lost")
    hooked.add_company({"name": "Lost"})

    assert [] == hooked.hooks_due()


def test_a_doubled_and_a_disordered_delivery_on_order(hooked):
    """The same delivery comes twice with the same bytes; the events of another come backwards."""
    hooked.faults.order("hook-doubled")
    hooked.add_company({"name": "A"})
    twice = hooked.hooks_due()
    assert (2, 1) == (len(twice), len({h.body for h in twice}))

    hooked.faults.order("hook-disordered")
    made = [int(hooked.add_company({"name": n})) for n in "ABC"]
    assert made[::-1] == [e["objectId"] for e in events(hooked.hooks_due())]


@contextmanager
def target(*statuses):
    """Serve a target that answers these statuses in turn; yields its URL and what it got."""
    got, left = [], list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers)))
            self.send_response(left.pop(0))
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hooks", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def test_a_refused_delivery_comes_again(hooked, clock):
    """A 500 is tried again later with a higher attemptNumber; a 200 ends it."""
    hooked.add_company({"name": "A"})
    with target(500, 200) as (url, got):
        first = hooked.deliver_hooks(url)
        between = hooked.deliver_hooks(url)
        clock.advance(timedelta(minutes=5))
        second = hooked.deliver_hooks(url)
        clock.advance(timedelta(minutes=5))
        after = hooked.deliver_hooks(url)

    assert ([500], [], [200], []) == (first, between, second, after)
    assert [0, 1] == [json.loads(body)[0]["attemptNumber"] for body, _ in got]
    assert got[0][1]["X-HubSpot-Signature-v3"] != got[1][1]["X-HubSpot-Signature-v3"]


def test_a_target_that_is_not_there_is_tried_ten_times(hooked, clock):
    """No connection counts as a refusal, and after ten further tries the event is given up."""
    hooked.add_company({"name": "A"})
    with target() as (url, _):
        pass
    tries = 0
    while hooked.deliver_hooks(url):
        tries += 1
        clock.advance(timedelta(hours=2))

    assert 11 == tries
