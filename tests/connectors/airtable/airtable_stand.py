"""What the tests of Airtable's connector stand on: memory in a dict, two callers, a clock, trackers ready to use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from worker.connectors.airtable import AirtableTracker
from worker.ports import Limit, Unavailable, Unsure
from worker.sandbox.airtable import Airtable
from worker.sandbox.clock import Clock
from worker.sandbox.server import Server

T = TypeVar("T")
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TOKEN = "patSANDBOX"
STATUSES = ("New", "Needs attention", "Duplicate", "In review", "On hold", "Qualified", "Client pitch", "Won", "Lost")


class Shelves:
    """Memory that lives as long as a test."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, str]] = {}
        self.cursors: dict[str, str] = {}

    def load(self, shelf: str) -> dict[str, str]:
        return dict(self.items.get(shelf, {}))

    def cursor(self, shelf: str) -> str | None:
        return self.cursors.get(shelf)

    def save(
        self, shelf: str, put: Mapping[str, str], drop: Collection[str] = (), *, cursor: str | None = None
    ) -> None:
        there = self.items.setdefault(shelf, {})
        there.update(put)
        for key in drop:
            there.pop(key, None)
        if cursor is not None:
            self.cursors[shelf] = cursor

    def clear(self, shelf: str) -> None:
        self.items.pop(shelf, None)
        self.cursors.pop(shelf, None)


class Time:
    """The sandbox's clock as the worker wants it; sleeping moves it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def now(self) -> datetime:
        return self.clock.now()

    def seconds(self) -> float:
        return self.clock.seconds()

    def sleep(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


class Once:
    """A caller that sends each request once and notes the limits it was given."""

    def __init__(self) -> None:
        self.limits: set[tuple[Limit, ...]] = set()

    def __call__(self, send: Callable[[], T], *, limits: Sequence[Limit], repeatable: bool) -> T:
        self.limits.add(tuple(limits))
        return send()


class Patient(Once):
    """A caller that waits and sends again, as the engine's does: four times in all."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self.time = time

    def __call__(self, send: Callable[[], T], *, limits: Sequence[Limit], repeatable: bool) -> T:
        for _ in range(3):
            try:
                return super().__call__(send, limits=limits, repeatable=repeatable)
            except Unavailable as error:
                self.time.sleep((error.retry_after or timedelta(seconds=1)).total_seconds())
            except Unsure:
                if not repeatable:
                    raise
        return send()


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
