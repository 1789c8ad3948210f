"""Webhooks (v3): events are gathered, batched, signed and given out; doubled, late, lost or disordered on order.

Only OAuth and static-auth project apps get them (docs, 2026-11). An event says "look", never what is true.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from worker.sandbox.faults import Faults
from worker.sandbox.hubspot.kinds import Kind

MOST_EVENTS = 99  # "batches of fewer than 100" (docs)
MOST_TRIES = 10
_RETRY_AFTER = 60_000  # milliseconds; the real spacing grows over 24 hours
# HubSpot decodes these in the URI before it signs (docs: validating requests, v3).
_DECODED = {"%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(", "%29": ")",
            "%2A": "*", "%2C": ",", "%3B": ";"}  # fmt: skip


def signature(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """Return `X-HubSpot-Signature-v3` of a request."""
    plain = re.sub(r"%[0-9A-Fa-f]{2}", lambda m: _DECODED.get(m[0].upper(), m[0]), uri)
    source = method.encode() + plain.encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), source, hashlib.sha256).digest()).decode()


@dataclass(frozen=True)
class Hook:
    """One delivery, ready to be posted."""

    url: str
    body: bytes
    headers: dict[str, str]


@dataclass
class _Event:
    due: int
    fields: dict[str, Any]


@dataclass
class Hooks:
    """The subscription of one app; without a target nothing is gathered."""

    portal_id: int
    faults: Faults
    target: str = ""
    secret: str = ""
    wanted: frozenset[str] = frozenset()  # "deal.creation", "deal.propertyChange:dealstage", …
    _events: list[_Event] = field(default_factory=list)
    _number: int = 0

    def subscribe(self, target: str, secret: str, wanted: frozenset[str]) -> None:
        """Gather these events for a target from now on; the signature covers `target` as it is given."""
        self.target, self.secret, self.wanted = target, secret, wanted

    def property_change(self, kind: Kind, id_: int, name: str, value: str, at: int, source: str) -> None:
        """Gather a change of one property."""
        if f"{kind.singular}.propertyChange:{name}" in self.wanted:
            self._gather(f"{kind.singular}.propertyChange", id_, at, source, propertyName=name, propertyValue=value)

    def note(self, kind: Kind, what: str, id_: int, at: int, source: str, **more: Any) -> None:
        """Gather an event of a record as a whole."""
        if f"{kind.singular}.{what}" in self.wanted:
            self._gather(f"{kind.singular}.{what}", id_, at, source, **more)

    def _gather(self, kind: str, id_: int, at: int, source: str, **more: Any) -> None:
        self._number += 1
        late = self.faults.take("hook-late", "POST", kind)
        wait = int(late.options.get("seconds", 3600) * 1000) if late else 0
        event = {
            "eventId": 1_000_000 + self._number, "subscriptionId": 2_345_678, "portalId": self.portal_id,
            "appId": 19_083_857, "occurredAt": at, "subscriptionType": kind, "attemptNumber": 0, "objectId": id_,
            **more, "changeSource": source, "sourceId": "userId:76070032",
        }  # fmt: skip
        if self.faults.take("hook-lost", "POST", kind) is None:
            self._events.append(_Event(at + wait, event))

    def due(self, now: int) -> list[Hook]:
        """Take and return what is to be delivered by now, signed at this instant."""
        ready = [e for e in self._events if e.due <= now]
        self._events = [e for e in self._events if e.due > now]
        if ready and self.faults.take("hook-disordered", "POST", self.target):
            ready.reverse()
        batches = [ready[i : i + MOST_EVENTS] for i in range(0, len(ready), MOST_EVENTS)]
        doubled = batches and self.faults.take("hook-doubled", "POST", self.target)
        return [self._signed([e.fields for e in batch], now) for batch in (batches * 2 if doubled else batches)]

    def _signed(self, events: list[dict[str, Any]], now: int) -> Hook:
        body = json.dumps(events, ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(now)
        headers = {
            "Content-Type": "application/json", "X-HubSpot-Request-Timestamp": stamp,
            "X-HubSpot-Signature-Version": "v3",
            "X-HubSpot-Signature-v3": signature(self.secret, "POST", self.target, body, stamp),
        }  # fmt: skip
        return Hook(self.target, body, headers)

    def again(self, hook: Hook, now: int) -> None:
        """Put a refused delivery back, with its number of tries raised; after ten it is given up."""
        for event in json.loads(hook.body):
            event["attemptNumber"] += 1
            if event["attemptNumber"] <= MOST_TRIES:
                self._events.append(_Event(now + _RETRY_AFTER, event))


def post(hook: Hook, to: str = "") -> int:
    """Post a delivery and return the status, 0 for none; `to` is where the target listens if not at its public URL."""
    parts = urlsplit(to or hook.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=5)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path or "/", hook.body, hook.headers)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()
