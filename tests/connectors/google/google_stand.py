"""What the tests of Google's connector stand on: a spreadsheet in the sandbox, served, and trackers ready to use."""

from __future__ import annotations

import json
import pickle
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.connectors.standins import STATUSES, Once, Patient, Shelves, Time
from worker.connectors.google_sheets import GoogleSheetsTracker
from worker.sandbox.clock import Clock
from worker.sandbox.google import Google
from worker.sandbox.server import Request, Server

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
# The spreadsheet that setup makes, and what is remembered of it: made once for all tests, for it takes a while.
_MADE: list[bytes] = []


class Turns:
    """Turns among the threads of a test."""

    def __init__(self) -> None:
        self.locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def __call__(self, name: str) -> threading.Lock:
        return self.locks[name]


class Stand:
    """A spreadsheet in the sandbox, and trackers on it that share one memory."""

    def __init__(self, **terms: Any) -> None:
        self.terms = terms
        self.clock = Clock(START)
        self.time = Time(self.clock)
        self.google = Google(self.clock, **terms)
        self.google.limits = False
        self.server = Server(self.google, self.clock)
        self.memory = Shelves()
        self.turns = Turns()
        self.once = Once()
        self.patient = Patient(self.time)
        self.key = json.dumps(self.google.service_account_info(self.server.url))

    def tracker(self, **changed: Any) -> GoogleSheetsTracker:
        """Return a tracker as a new run makes it."""
        terms: dict[str, Any] = {
            "spreadsheet": self.google.file.id, "service_account": self.key, "endpoint": self.server.url,
            "drive_endpoint": self.server.url, "columns": {}, "caller": self.patient, "memory": self.memory,
            "clock": self.time, "turns": self.turns, "statuses": STATUSES, "time_zone": ZoneInfo("Europe/London"),
        }  # fmt: skip
        return GoogleSheetsTracker(**(terms | changed))

    def set_up(self) -> None:
        """Make all tabs, as `setup --apply` does, and forget the calls that it took."""
        bare = not self.terms and ["Sheet1"] == self.google.tabs()
        if not (bare and _MADE):
            tracker = self.tracker()
            tracker.make(tracker.missing())
            if bare:
                for tab in self.google.tabs()[1:]:
                    self.google.delete_rows(tab, 101, 900)  # a lower grid is copied sooner
                _MADE.append(pickle.dumps((self.google.file, self.google._minted, self.memory)))
        else:
            file, self.google._minted, self.memory = pickle.loads(_MADE[0])
            self.google.file = self.google.spreadsheets[file.id] = file
        self.server.log.clear()

    def lead(self, **cells: Any) -> int:
        """Add a lead by form; returns the number of its row as people see it."""
        return self.google.submit_form("Leads", {"Company": "Ashdown Ltd", **cells})

    def grid(self, tab: str) -> list[dict[str, Any]]:
        """Return a tab's rows as people see them: header → cell, empty cells left out, blank rows too."""
        header, *rows = self.google.values(tab) or [[]]
        said = [{h: cell for h, cell in zip(header, row, strict=False) if h and cell != ""} for row in rows]
        return [row for row in said if row]

    def strike(self, hand: Callable[[Google], object], before: int = 1) -> None:
        """Let a hand act ahead of our request of this number, from 1; tokens are not counted."""
        count = 0

        def act(request: Request) -> None:
            nonlocal count
            count += request.path != "/token"
            if count == before and request.path != "/token":
                hand(self.google)

        self.server.before.append(act)

    def calls(self) -> list[tuple[str, int]]:
        """Return what each call since the last time asked for, and its status; tokens are left out; forget them."""
        made = [(_asked(c.path), c.status) for c in self.server.log if c.path != "/token"]
        self.server.log.clear()
        return made

    def close(self) -> None:
        """Stop serving."""
        self.server.close()


def _asked(path: str) -> str:
    below = path.split("/spreadsheets/")[-1]
    return below.split(":")[-1] if ":" in below else "get" if "/" not in below else below.split("/", 1)[1]


def texts(rows: Sequence[Mapping[str, Any]], column: str) -> list[Any]:
    """Return one column of rows."""
    return [row.get(column) for row in rows]


def by_header(grid: Sequence[Sequence[Any]], column: str) -> list[dict[str, Any]]:
    """Return rows as people see them, header → cell; the header is the row with this column, wherever it is now."""
    head = next(n for n, row in enumerate(grid) if column in row)
    said = [{h: c for h, c in zip(grid[head], row, strict=False) if h and c != ""} for row in grid[head + 1 :]]
    return [row for row in said if row]
