"""What the tests of Airtable's connector stand on: a base in the sandbox, served, and trackers ready to use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.connectors.standins import STATUSES, Once, Patient, Shelves, Time
from worker.connectors.airtable import AirtableTracker
from worker.sandbox.airtable import Airtable
from worker.sandbox.clock import Clock
from worker.sandbox.server import Server

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TOKEN = "patSANDBOX"


class Stand:
    """A base in the sandbox, served on loopback, and trackers on it that share one memory."""

    def __init__(self, **terms: Any) -> None:
        self.clock = Clock(START)
        self.time = Time(self.clock)
        self.airtable = Airtable(self.clock, token=TOKEN, **terms)
        self.airtable.limits = False
        self.server = Server(self.airtable, self.clock)
        self.memory = Shelves()
        self.once = Once()
        self.patient = Patient(self.time)

    def tracker(self, **changed: Any) -> AirtableTracker:
        """Return a tracker as a new run makes it."""
        terms: dict[str, Any] = {
            "base": self.airtable.base, "token": TOKEN, "endpoint": self.server.url, "columns": {},
            "caller": self.patient, "memory": self.memory, "clock": self.time, "statuses": STATUSES,
            "time_zone": ZoneInfo("Europe/London"), "monthly_calls": 100_000,
        }  # fmt: skip
        return AirtableTracker(**(terms | changed))

    def set_up(self) -> None:
        """Make all tables, as `setup --apply` does, and forget the calls that it took."""
        tracker = self.tracker()
        tracker.make(tracker.missing())
        self.server.log.clear()

    def lead(self, **cells: Any) -> str:
        """Add a lead by form; returns its id."""
        return self.airtable.add_row("Leads", {"Company": "Ashdown Ltd", **cells}, "formSubmission")

    def calls(self) -> list[tuple[str, int]]:
        """Return method and status of every call since the last time, and forget them."""
        made = [(c.method, c.status) for c in self.server.log]
        self.server.log.clear()
        return made

    def close(self) -> None:
        """Stop serving."""
        self.server.close()
