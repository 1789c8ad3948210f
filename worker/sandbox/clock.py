"""The sandbox's time: stands still unless told to move, so that the same calls give the same bytes."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """An instant that moves by `advance`, and with real time too when `running` is true (the played demo)."""

    def __init__(self, start: datetime, running: bool = False) -> None:
        if start.tzinfo is None:
            raise ValueError("the sandbox's clock needs an instant with a zone")
        self._start = start.astimezone(UTC)
        self._advanced = timedelta()
        self._running = running
        self._born = time.monotonic()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        with self._lock:
            elapsed = timedelta(seconds=time.monotonic() - self._born) if self._running else timedelta()
            return self._start + self._advanced + elapsed

    def seconds(self) -> float:
        """Return seconds that grow with `advance` and always with real time: what rate windows are measured on."""
        with self._lock:
            return time.monotonic() - self._born + self._advanced.total_seconds()

    def advance(self, by: timedelta) -> datetime:
        """Move forward; never back."""
        if by < timedelta():
            raise ValueError("time does not run backwards")
        with self._lock:
            self._advanced += by
        return self.now()

    def set(self, to: datetime) -> datetime:
        """Move forward to an instant; an earlier one leaves the clock where it is."""
        gap = to - self.now()
        return self.advance(gap) if gap > timedelta() else self.now()
