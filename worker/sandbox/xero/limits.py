"""Xero's limits: a minute, a day that resets at the organisation's own hour, and the headers that tell what is left."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from worker.sandbox.clock import Clock
from worker.sandbox.faults import Fault
from worker.sandbox.server import Reply
from worker.sandbox.xero.switches import Switches

AT_ONCE = 5  # requests that an organisation answers at a time
MINUTE = 60.0
FORM_BODY = (
    "oauth_problem=rate%20limit%20exceeded&oauth_problem_advice=please%20wait%20before%20retrying%20the%20xero%20api"
)
DETAIL = "The rate limit for your organisation/application pairing has been exceeded"


class Limits:
    """Counts the calls of one organisation; `names` are the words of X-Rate-Limit-Problem, which vary (third party)."""

    def __init__(self, clock: Clock, switches: Switches, day_limit: int) -> None:
        self.clock = clock
        self.switches = switches
        self.day_limit = day_limit
        self.minute_limit = 60
        self.app_minute_limit = 10_000
        self.day_resets_at = timedelta(hours=13, minutes=37)
        self.names = {"minute": "minute", "day": "day", "appminute": "appminute", "concurrent": "concurrent"}
        self._calls: deque[float] = deque()
        self._day: tuple[int, int] = (0, 0)  # which day, how many calls in it

    def count(self, at_once: int) -> Reply | None:
        """Count a call; return the 429 when a window is full, and then the call is not counted.

        `at_once` is how many requests are under way with it.
        """
        windows = self._windows()
        if self.switches.limits and at_once > AT_ONCE:
            return self.answer(self.names["concurrent"], None)
        if self.switches.limits:
            for problem, left, retry_after in windows:
                if left <= 0:
                    return self.answer(self.names[problem], retry_after)
        self._calls.append(self.clock.seconds())
        day, calls = self._today()
        self._day = (day, calls + 1)
        return None

    def ordered(self, fault: Fault) -> Reply:
        """Return the 429 of a fault: `problem` ("concurrent"), `retry_after`, `body="form"` for the older text."""
        options = fault.options
        return self.answer(
            options.get("problem", "concurrent"), options.get("retry_after"), form=options.get("body") == "form"
        )

    def answer(self, problem: str, retry_after: int | None, *, form: bool = False) -> Reply:
        """Build a 429."""
        headers = {"x-rate-limit-problem": problem}
        if retry_after is not None and self.switches.retry_after:
            headers["retry-after"] = str(retry_after)
        if form:
            return Reply.text(429, FORM_BODY, "text/html", headers)
        return Reply.json(429, {"Title": "Rate limit exceeded", "Status": 429, "Detail": DETAIL}, headers)

    def headers(self) -> dict[str, str]:
        """Return the three headers of every answer, lower-case as they are on the wire (recorded)."""
        left = {problem: max(0, left) for problem, left, _ in self._windows()}
        return {
            "x-daylimit-remaining": str(left["day"]), "x-minlimit-remaining": str(left["minute"]),
            "x-appminlimit-remaining": str(left["appminute"]),
        }  # fmt: skip

    def _windows(self) -> list[tuple[str, int, int]]:
        """Return each window: its name, the calls left in it, the seconds until it opens again."""
        now = self.clock.seconds()
        while self._calls and self._calls[0] <= now - MINUTE:
            self._calls.popleft()
        made, wait = len(self._calls), int(self._calls[0] + MINUTE - now) + 1 if self._calls else 1
        return [
            ("day", self.day_limit - self._today()[1], self._until_reset()),
            ("minute", self.minute_limit - made, wait),
            ("appminute", self.app_minute_limit - made, wait),
        ]

    def _today(self) -> tuple[int, int]:
        day = (self.clock.now() - self.day_resets_at).toordinal()
        return self._day if self._day[0] == day else (day, 0)

    def _until_reset(self) -> int:
        now = self.clock.now()
        midnight = datetime(now.year, now.month, now.day, tzinfo=now.tzinfo)
        reset = midnight + self.day_resets_at
        return int((reset - now if reset > now else reset + timedelta(days=1) - now).total_seconds()) + 1
