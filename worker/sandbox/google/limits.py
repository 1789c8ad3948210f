"""Quotas: 60 reads and 60 writes a minute for each identity, 300 of each for the project; refilled by the minute.

A batch counts as one. Nothing says when to come back: the 429 carries no Retry-After (nine recorded ones).
"""

from __future__ import annotations

from collections import Counter

from worker.sandbox.google import errors

PER_USER, PER_PROJECT = 60, 300


class Limits:
    """The counts of the present minute."""

    def __init__(self) -> None:
        self._minute = -1
        self._counts: Counter[tuple[str, str]] = Counter()

    def take(self, kind: str, who: str, seconds: float) -> None:
        """Count a Read or a Write of someone; refuses one too many, which then does not count."""
        minute = int(seconds // 60)
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        if self._counts[kind, who] >= PER_USER:
            raise errors.quota(kind, "user", PER_USER)
        if self._counts[kind, ""] >= PER_PROJECT:
            raise errors.quota(kind, "project", PER_PROJECT)
        self._counts[kind, who] += 1
        self._counts[kind, ""] += 1
