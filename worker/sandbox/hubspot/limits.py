"""HubSpot's limits on calls: 5 searches a second for the whole account, a 10-second window for the rest, a daily sum.

Search stands outside the 10-second window and answers without its headers (docs, 2026-11); the day ends at midnight in
the account's time zone.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from worker.sandbox.hubspot.errors import too_many


class Window:
    """A rolling window: at most `most` calls in any `length` seconds."""

    def __init__(self, most: int, length: float) -> None:
        self.most = most
        self.length = length
        self._calls: deque[float] = deque()

    def left(self, at: float) -> int:
        """Return how many calls still fit."""
        while self._calls and self._calls[0] <= at - self.length:
            self._calls.popleft()
        return self.most - len(self._calls)

    def spend(self, at: float) -> bool:
        """Count one call; False when it does not fit."""
        if self.left(at) <= 0:
            return False
        self._calls.append(at)
        return True


class Rates:
    """The windows of one account. `named`: a 429 carries `policyName`; search's never did when recorded."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.search = Window(5, 1.0)
        self.burst = Window(100, 10.0)
        self.associations = Window(100, 10.0)
        self.daily = 250_000
        self.used = 0
        self.named = True
        self.search_named = False
        self._zone = zone
        self._day: str | None = None

    def admit(self, area: str, at: float, now: datetime, *, enforced: bool) -> dict[str, str]:
        """Count a call and return the headers of its answer; a Refusal when a limit that is enforced is reached."""
        self.roll(now)
        window = self.window(area)
        if enforced and self.used >= self.daily:
            raise too_many("DAILY", named=self.named, headers=self._headers(area, at))
        if not window.spend(at) and enforced:
            policy = "SECONDLY" if window is self.search else "TEN_SECONDLY_ROLLING"
            named = self.search_named if window is self.search else self.named
            raise too_many(policy, named=named, headers=self._headers(area, at))
        self.used += 1
        return self._headers(area, at)

    def window(self, area: str) -> Window:
        """Return the window that an area of the API is counted in."""
        return {"search": self.search, "associations": self.associations}.get(area, self.burst)

    def roll(self, now: datetime) -> None:
        """Begin a new day's count at midnight of the account."""
        today = now.astimezone(self._zone).date().isoformat()
        if today != self._day:
            self._day, self.used = today, 0

    def resets_at(self, now: datetime) -> datetime:
        """Return the account's next midnight."""
        tomorrow = now.astimezone(self._zone).date() + timedelta(days=1)
        return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=self._zone)

    def _headers(self, area: str, at: float) -> dict[str, str]:
        if area == "search":
            return {}
        window, name = self.window(area), "X-HubSpot-RateLimit"
        return {
            f"{name}-Max": str(window.most), f"{name}-Remaining": str(max(0, window.left(at))),
            f"{name}-Interval-Milliseconds": str(int(window.length * 1000)),
            f"{name}-Daily": str(self.daily), f"{name}-Daily-Remaining": str(max(0, self.daily - self.used)),
        }  # fmt: skip
