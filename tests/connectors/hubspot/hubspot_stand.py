"""What the HubSpot connector is given in its tests: a memory in a dict, two callers, a clock that can be slept on."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta

from worker.connectors.hubspot import HubSpotCrm
from worker.domain.leads import LeadDraft
from worker.ports import Unavailable, Unsure

START = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
TOKEN = "pat-SANDBOX"


class Shelves:
    """A memory in a dict."""

    def __init__(self):
        self.shelves = {}
        self.cursors = {}

    def load(self, shelf):
        return dict(self.shelves.get(shelf, {}))

    def cursor(self, shelf):
        return self.cursors.get(shelf)

    def save(self, shelf, put, drop=(), *, cursor=None):
        kept = self.shelves.setdefault(shelf, {})
        kept.update(put)
        for key in drop:
            kept.pop(key, None)
        if cursor is not None:
            self.cursors[shelf] = cursor

    def clear(self, shelf):
        self.shelves.pop(shelf, None)
        self.cursors.pop(shelf, None)


class Bed:
    """The sandbox's clock with a sleep that moves it."""

    def __init__(self, clock):
        self._clock = clock

    def now(self):
        return self._clock.now()

    def seconds(self):
        return self._clock.seconds()

    def sleep(self, seconds):
        self._clock.advance(timedelta(seconds=seconds))


class Once:
    """A caller that sends once and never waits, and remembers what it was told."""

    def __init__(self):
        self.asked = []

    def __call__(self, send, *, limits, repeatable):
        self.asked.append((tuple(limit.name for limit in limits), repeatable))
        return send()


class Patient:
    """A caller that keeps to the limits and sends again as the port says, five times at most."""

    def __init__(self, bed):
        self._bed = bed
        self._sent = {}
        self.waited = []

    def __call__(self, send, *, limits, repeatable):
        for attempt in range(5):
            for limit in limits:
                self._wait_for(limit)
            try:
                return send()
            except Unavailable as error:
                if attempt == 4:
                    raise
                wait = (error.retry_after or timedelta(seconds=1)).total_seconds()
                self.waited.append(wait)
                self._bed.sleep(wait)
            except Unsure:
                if attempt == 4 or not repeatable:
                    raise
                self._bed.sleep(1)
        raise AssertionError("not reached")

    def _wait_for(self, limit):
        sent = self._sent.setdefault(limit.name, deque())
        while sent and sent[0] <= self._bed.seconds() - limit.seconds:
            sent.popleft()
        if len(sent) >= limit.calls:
            self._bed.sleep(sent[0] + limit.seconds - self._bed.seconds() + 0.01)
        sent.append(self._bed.seconds())


def crm_at(url, clock, *, caller=None, memory=None, **terms):
    """Return the connector pointed at an address."""
    bed = Bed(clock)
    settings = {
        "token": TOKEN, "pipeline": "default", "stage": "appointmentscheduled", "interval_property": "billing_interval",
        "term_property": "term_months", **terms,
    }  # fmt: skip
    return HubSpotCrm(
        endpoint=url,
        caller=caller or Patient(bed),
        memory=Shelves() if memory is None else memory,
        clock=bed,
        **settings,
    )


def lead(number, **terms):
    """Return the draft of lead `number`, of a company of its own."""
    name = f"c{number:04d}-company"
    values = {
        "key": f"L-{number:08d}", "title": f"Company {number} – ref", "partner": "alice",
        "company": f"Company {number}", "domain": f"{name}.example", "first_name": "Jane", "last_name": f"Doe {number}",
        "email": f"jane@{name}.example", **terms,
    }  # fmt: skip
    return LeadDraft(**values)
