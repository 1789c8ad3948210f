"""The app's clock while it plays: the sandbox's time, which a wait moves on instead of taking real time.

Its seconds are those of the sandbox's instant alone, so that the same story gives the same waits.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from worker.sandbox.clock import Clock


class PlayedClock:
    """A `ports.Clock` on the sandbox's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        """Return the sandbox's present instant."""
        return self._clock.now()

    def seconds(self) -> float:
        """Return the same instant in seconds since 1970."""
        return self._clock.now().timestamp()

    def sleep(self, seconds: float) -> None:
        """Move the sandbox's clock on."""
        self._clock.advance(timedelta(seconds=max(seconds, 0.0)))
