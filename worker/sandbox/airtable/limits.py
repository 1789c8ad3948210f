"""How many calls Airtable takes: 5 a second per base over all tokens, 50 a second per user, so many a month.

Over a rate, everything is refused for 30 seconds (docs). Refused calls are paid from the month all the same. Nothing in
an answer says what is left; there are no quota headers (recorded).
"""

from __future__ import annotations

from collections import deque
from datetime import datetime

BASE_RATE = 5
USER_RATE = 50
PENALTY = 30.0


class Limits:
    """The windows of each base and user, and the month's meter of the workspace."""

    def __init__(self) -> None:
        self.calls_this_month = 0
        self._month = ""
        self._windows: dict[str, deque[float]] = {}
        self._refused_until: dict[str, float] = {}

    def count(self, now: datetime) -> int:
        """Count a call for the month; a new month begins at nothing."""
        month = now.strftime("%Y-%m")
        if month != self._month:
            self._month, self.calls_this_month = month, 0
        self.calls_this_month += 1
        return self.calls_this_month

    def admits(self, key: str, rate: int, seconds: float) -> bool:
        """Tell whether one more call fits into this key's second; if not, the penalty begins."""
        if seconds < self._refused_until.get(key, float("-inf")):
            return False
        window = self._windows.setdefault(key, deque())
        while window and window[0] <= seconds - 1.0:
            window.popleft()
        if len(window) >= rate:
            self._refused_until[key] = seconds + PENALTY
            return False
        window.append(seconds)
        return True
