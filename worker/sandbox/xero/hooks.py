"""Xero's webhooks: signed, in sequence, at least once, retried for a day and then switched off. Nothing for payments.

Nothing is sent by itself: `deliver` sends what is due on the sandbox's clock, whenever the demo or a test asks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from worker.sandbox.clock import Clock
from worker.sandbox.faults import Faults
from worker.sandbox.xero.records import CREDIT_NOTE, Document, Ids
from worker.sandbox.xero.wire import to_json

Send = Callable[[str, bytes, Mapping[str, str]], int | None]
ANSWER_WITHIN = 5.0
RETRY_EVERY = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(hours=24)
KEPT = timedelta(days=31)
PATHS = {
    "INVOICE": "Invoices", "CONTACT": "Contacts", "CREDITNOTE": "CreditNotes", "PREPAYMENT": "Prepayments",
    "OVERPAYMENT": "Overpayments",
}  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One thing that happened, with its number in the sequence."""

    sequence: int
    at: datetime
    body: dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """One POST to the receiver and what it answered; None is no answer in time."""

    body: bytes
    headers: Mapping[str, str]
    status: int | None


class Hooks:
    """The webhook of the app: `state` is "off", "on" or "disabled"."""

    def __init__(self, clock: Clock, ids: Ids, faults: Faults, tenant: str) -> None:
        self.clock = clock
        self.faults = faults
        self.tenant = tenant
        self.state = "off"
        self.url = ""
        self.categories = frozenset(PATHS)  # PREPAYMENT since 2026-08, OVERPAYMENT since 2026-09 (docs)
        self.deliveries: list[Delivery] = []
        self._ids = ids
        self._key = b""
        self._queue: list[Event] = []
        self._sequence = 0
        self._failing_since: datetime | None = None
        self._not_before = clock.now()

    def register(self, url: str, key: str, send: Send | None = None) -> bool:
        """Point the webhook at a receiver; it is on once the receiver took a good signature and refused bad ones."""
        self.url, self._key = url, key.encode()
        good = self._intent(send or post, sound=True)
        bad = self._intent(send or post, sound=False)
        sound = good is not None and 200 <= good < 300 and bad == 401
        self.state = "on" if sound else "off"
        self._failing_since = None
        self._not_before = self.clock.now()
        return sound

    def note(self, category: str, record: Any, change: str) -> None:
        """Note an event for the receiver, while there is one or it may come back."""
        if self.state == "off" or category not in self.categories:
            return
        now = self.clock.now()
        self._sequence += 1
        body: dict[str, Any] = {
            "resourceUrl": f"https://api.xero.com/api.xro/2.0/{PATHS[category]}/{record.id}", "resourceId": record.id,
            "tenantId": self.tenant, "tenantType": "ORGANISATION", "eventCategory": category, "eventType": change,
            "eventDateUtc": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}",
        }  # fmt: skip
        if isinstance(record, Document) and record.kind == CREDIT_NOTE:
            body["data"] = {"Type": record.type, "Status": record.status}
        self._queue.append(Event(self._sequence, now, body))

    def deliver(self, send: Send | None = None) -> list[Delivery]:
        """Send what is due; a failure is tried again at once, then every 15 minutes for 24 hours, then never."""
        now = self.clock.now()
        self._queue = [event for event in self._queue if now - event.at <= KEPT]
        late = self.faults.take("hook-late", "POST", urlsplit(self.url).path) if self._queue else None
        if late:
            self._not_before = now + timedelta(seconds=late.options.get("seconds", 60))
        if self.state != "on" or not self._queue or now < self._not_before:
            return []
        events = list(self._queue)  # more may be noted while these are under way
        body = self._body(events)
        tries = [self._post(send or post, body)]
        if not _taken(tries[0]):
            tries.append(self._post(send or post, body))
        if _taken(tries[-1]):
            self._queue = self._queue[len(events) :]
            self._failing_since = None
            if self.faults.take("hook-doubled", "POST", urlsplit(self.url).path):
                tries.append(self._post(send or post, body))
            return tries
        self._failing_since = self._failing_since or now
        self._not_before = now + RETRY_EVERY
        if now - self._failing_since >= GIVE_UP_AFTER:
            self.state = "disabled"
        return tries

    def _intent(self, send: Send, *, sound: bool) -> int | None:
        body = self._envelope([], 0, 0)
        return self._post(send, body, self._key if sound else b"not the key").status

    def _body(self, events: list[Event]) -> bytes:
        return self._envelope([event.body for event in events], events[0].sequence, events[-1].sequence)

    def _envelope(self, events: list[dict[str, Any]], first: int, last: int) -> bytes:
        entropy = "".join(chr(65 + int(c, 16)) for c in self._ids.next("entropy").replace("-", "")[:20])
        return to_json(
            {"events": events, "firstEventSequence": first, "lastEventSequence": last, "entropy": entropy}
        ).encode()  # fmt: skip

    def _post(self, send: Send, body: bytes, key: bytes | None = None) -> Delivery:
        headers = {
            "content-type": "application/json",
            "x-xero-signature": sign(self._key if key is None else key, body),
        }
        delivery = Delivery(body, headers, send(self.url, body, headers))
        self.deliveries.append(delivery)
        return delivery


def sign(key: bytes, body: bytes) -> str:
    """Return x-xero-signature: base64 of HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
    """Send a hook over HTTP; None when there is no answer within 5 seconds."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_WITHIN)
    try:
        connection.request("POST", parts.path or "/", body, dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _taken(delivery: Delivery) -> bool:
    return delivery.status is not None and 200 <= delivery.status < 300
