"""Stand-ins of the ports for the engine's tests: they keep the ports' word and count what is asked of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class StillClock:
    """A clock on which a sleep takes no time at all and moves it on; `slept` lists the sleeps."""

    def __init__(self, now: datetime = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def seconds(self) -> float:
        return self._now.timestamp()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.slept.append(round(seconds, 3))
            self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
