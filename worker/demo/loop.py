"""The worker that runs beside the served pages: after each button at once, and by itself while there may be work.

It remembers what people and worker did, for the pages to show. One run at a time; the pages take the same lock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from worker.demo.office import Office
from worker.demo.witness import look, told
from worker.engine.runs import Outcome

_EVERY = 3.0  # seconds, while the last run found something to do
_CALM = 30.0  # seconds, while it did not
_KEPT = 200
_SOON = timedelta(seconds=45)  # an index of the CRM lags behind by half a minute
_STATEMENT_DAY = 5


@dataclass(slots=True)
class Event:
    """Something a person did, and what the worker made of it; without `people` the worker ran by itself."""

    number: int
    at: datetime
    people: str
    worker: list[str] = field(default_factory=list)
    refused: str = ""


class Loop:
    """Runs the flows of an office until closed; use it as a context manager."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.lock = threading.RLock()
        self.events: deque[Event] = deque(maxlen=_KEPT)
        self.outcomes: Mapping[str, Outcome] = {}
        self._number = 0
        self._busy = True
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)

    def __enter__(self) -> Loop:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    def event(self, number: int) -> Event | None:
        """Return an event that is still remembered."""
        return next((event for event in self.events if event.number == number), None)

    def did(self, act: Callable[[], str]) -> Event:
        """Let a person act, then run, with the nightly sweep; what the stand-ins refuse is told in their words."""
        with self.lock:
            event = self._event("")
            try:
                event.people = act()
            except (ValueError, LookupError) as refusal:
                event.refused = str(refusal)
                return event
            self.office.world.clock.advance(_SOON)
            self._run(event, sweep=True)
            return event

    def pass_time(self, to: date) -> Event:
        """Let time pass until the morning of a day; the worker runs on every day between on which something is due."""
        with self.lock:
            event = self._event(f"time passes until {to:%A %d %B %Y}")
            day = self.office.today
            while day < to:
                day += timedelta(days=1)
                if day == to or day.weekday() == 0 or day.day in (1, _STATEMENT_DAY):
                    self.office.until(day, 9)
                    self._run(event, f"{day:%d %b}: ", sweep=True)
            return event

    # ---- what a played story tells (`year.Telling`) ------------------------------------------------------------------

    def day(self, _day: date, /) -> None:
        """Begin a new event."""
        self._event("")

    def people(self, words: str, /) -> None:
        """Remember what people did."""
        event = self.events[-1]
        event.people = f"{event.people}; {words}" if event.people else words

    def worker(self, words: str, /) -> None:
        """Remember what the worker did."""
        self.events[-1].worker.append(words)

    def nothing(self) -> None:
        """Remember nothing more."""

    # ---- runs -------------------------------------------------------------------------------------------------------

    def _event(self, people: str) -> Event:
        self._number += 1
        event = Event(self._number, self.office.world.clock.now(), people)
        self.events.append(event)
        return event

    def _run(self, event: Event, when: str = "", *, sweep: bool = False) -> None:
        before = look(self.office)
        self.outcomes = self.office.run(sweep=sweep)
        event.worker += [f"{when}{words}" for words in told(before, look(self.office), self.outcomes)]

    def _work(self) -> None:
        while not self._stop.wait(_EVERY if self._busy else _CALM):
            with self.lock:
                event = self._event("")
                self._run(event)
                self._busy = bool(event.worker)
                if not event.worker:
                    self.events.remove(event)


def next_statement_day(today: date) -> date:
    """Return the next 5th of a quarter's first month."""
    year, month = today.year, today.month
    while True:
        if month in (1, 4, 7, 10) and date(year, month, _STATEMENT_DAY) > today:
            return date(year, month, _STATEMENT_DAY)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def later(today: date, step: str) -> date:
    """Return the day after one step: a day, a week, a month, or until the next statement day."""
    if step == "statement":
        return next_statement_day(today)
    if step == "month":
        count = today.year * 12 + today.month
        first = date(count // 12, count % 12 + 1, 1)
        last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return min(first + timedelta(days=today.day - 1), last)
    return today + timedelta(days={"day": 1, "week": 7}[step])


def told_lately(events: Sequence[Event], most: int = 12) -> list[Event]:
    """Return the latest events, newest first."""
    return list(events)[::-1][:most]
