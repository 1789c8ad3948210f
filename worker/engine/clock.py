"""Time: the real clock, and one whose `now` stands still for a run `--as-of` an instant. The only source of time."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime


class Stopping(Exception):
    """The process was asked to stop while it waited; what was not done is done by the next run."""


class SystemClock:
    """The machine's clock. Setting `stop` cuts long sleeps short.

    A sleep of less than `calm` seconds belongs to a batch in hand, which is finished before we stop.
    """

    def __init__(self, stop: threading.Event | None = None, *, calm: float = 5.0) -> None:
        self._stop = stop or threading.Event()
        self._calm = calm
        # Waits are measured by the monotonic clock, told in seconds since 1970: so they never run backwards here, and
        # processes and machines that share a store agree about them.
        self._epoch = time.time() - time.monotonic()

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)

    def seconds(self) -> float:
        """Return seconds since 1970 that only grow."""
        return self._epoch + time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; raise Stopping instead of a long wait once the process was asked to stop."""
        if 0 < seconds < self._calm:
            time.sleep(seconds)
        elif seconds > 0 and self._stop.wait(seconds):
            raise Stopping(f"asked to stop while waiting {seconds:.0f} s")


class FixedClock:
    """A clock whose `now` is always `as_of`; waits are as real as ever."""

    def __init__(self, as_of: datetime, stop: threading.Event | None = None) -> None:
        if as_of.tzinfo is None:
            raise ValueError("an instant needs a zone")
        self._as_of = as_of.astimezone(UTC)
        self._real = SystemClock(stop)

    def now(self) -> datetime:
        """Return the instant as of which the run is made, in UTC."""
        return self._as_of

    def seconds(self) -> float:
        """Return seconds since 1970 that only grow, of the real clock."""
        return self._real.seconds()

    def sleep(self, seconds: float) -> None:
        """Wait as the real clock does."""
        self._real.sleep(seconds)
