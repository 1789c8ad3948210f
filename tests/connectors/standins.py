"""What stands in for the ports that every connector is given in its tests: a memory, a clock that sleeps, two callers.

They are the ports' own words in a few lines each; what a service needs besides is beside its stand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from worker.ports import Limit, Move, Unavailable, Unsure
from worker.sandbox.clock import Clock

T = TypeVar("T")
STATUSES = ("New", "Needs attention", "Duplicate", "In review", "On hold", "Qualified", "Client pitch", "Won", "Lost")


class Shelves:
    """A memory that lives as long as a test."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, str]] = {}
        self.cursors: dict[str, str] = {}

    def load(self, shelf: str) -> dict[str, str]:
        return dict(self.items.get(shelf, {}))

    def cursor(self, shelf: str) -> str | None:
        return self.cursors.get(shelf)

    def save(
        self, shelf: str, put: Mapping[str, str], drop: Collection[str] = (), *, cursor: str | Move | None = None
    ) -> None:
        there = self.items.setdefault(shelf, {})
        there.update(put)
        for key in drop:
            there.pop(key, None)
        if callable(cursor):
            cursor = cursor(self.cursors.get(shelf))
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
    """A caller that sends each request once, never waits, and notes what it was told."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[Limit, ...], bool]] = []

    def __call__(self, send: Callable[[], T], *, limits: Sequence[Limit], repeatable: bool) -> T:
        self.asked.append((tuple(limits), repeatable))
        return send()


class Patient(Once):
    """A caller that waits and sends again, as the engine's does: four times in all."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self.time = time
        self.waited: list[float] = []

    def __call__(self, send: Callable[[], T], *, limits: Sequence[Limit], repeatable: bool) -> T:
        for _ in range(3):
            try:
                return super().__call__(send, limits=limits, repeatable=repeatable)
            except Unavailable as error:
                self.waited.append((error.retry_after or timedelta(seconds=1)).total_seconds())
                self.time.sleep(self.waited[-1])
            except Unsure:
                if not repeatable:
                    raise
        return super().__call__(send, limits=limits, repeatable=repeatable)
