"""What the tests of HubSpot's connector stand on: a caller that keeps to the limits, accounts, drafts of leads."""

from __future__ import annotations

import json
from collections import deque
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.connectors.standins import Shelves, Time
from worker.connectors.hubspot import HubSpotCrm
from worker.domain.leads import LeadDraft
from worker.ports import Unavailable, Unsure
from worker.sandbox.hubspot import HubSpot
from worker.sandbox.server import Server

START = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
TOKEN = "pat-SANDBOX"


class Patient:
    """A caller that keeps to the limits and sends again as the port says, five times at most."""

    def __init__(self, time):
        self._time = time
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
                self._time.sleep(wait)
            except Unsure:
                if attempt == 4 or not repeatable:
                    raise
                self._time.sleep(1)
        raise AssertionError("not reached")

    def _wait_for(self, limit):
        sent = self._sent.setdefault(limit.name, deque())
        while sent and sent[0] <= self._time.seconds() - limit.seconds:
            sent.popleft()
        if len(sent) >= limit.calls:
            self._time.sleep(sent[0] + limit.seconds - self._time.seconds() + 0.01)
        sent.append(self._time.seconds())


def crm_at(url, clock, *, caller=None, memory=None, **terms):
    """Return the connector pointed at an address."""
    time = Time(clock)
    settings = {
        "token": TOKEN, "pipeline": "default", "stage": "appointmentscheduled", "interval_property": "billing_interval",
        "term_property": "term_months", **terms,
    }  # fmt: skip
    return HubSpotCrm(
        endpoint=url,
        caller=caller or Patient(time),
        memory=Shelves() if memory is None else memory,
        clock=time,
        **settings,
    )


@contextmanager
def set_up(service, clock):
    """Serve an account without limits, our properties made in it; give it, its server and the connector."""
    service.limits = False
    with Server(service, clock) as running:
        made = crm_at(running.url, clock)
        made.make(made.missing())
        running.log.clear()
        yield service, running, made


class Untraced(HubSpot):
    """A stricter account: it never heard of trace ids, so that one bad row refuses its whole batch."""

    def answer(self, request):
        if request.path.endswith("/batch/create") and b"objectWriteTraceId" in request.body:
            body = json.loads(request.body)
            for entry in body["inputs"]:
                entry.pop("objectWriteTraceId", None)
            request = replace(request, body=json.dumps(body).encode())
        return super().answer(request)


def lead(number, **terms):
    """Return the draft of lead `number`, of a company of its own."""
    name = f"c{number:04d}-company"
    values = {
        "key": f"L-{number:08d}", "title": f"Company {number} – ref", "partner": "alice",
        "company": f"Company {number}", "domain": f"{name}.example", "first_name": "Jane", "last_name": f"Doe {number}",
        "email": f"jane@{name}.example", **terms,
    }  # fmt: skip
    return LeadDraft(**values)
