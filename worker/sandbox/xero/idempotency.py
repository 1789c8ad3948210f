"""Idempotency-Key: a write's answer, an error too, is kept for six minutes and given again (docs, 2026-11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.sandbox.clock import Clock
from worker.sandbox.server import Reply, Request
from worker.sandbox.xero.errors import Rejected, problem

KEPT = timedelta(minutes=6)
MAX_KEY = 128


@dataclass(frozen=True)
class _Answer:
    at: datetime
    target: tuple[str, str, bytes]
    reply: Reply


class Idempotency:
    """The answers of late, by key."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._answers: dict[str, _Answer] = {}

    def recall(self, request: Request) -> Reply | None:
        """Return the answer that this key had, or None when the write is new; Rejected when the key is misused."""
        key = _key(request)
        if key is None:
            return None
        if len(key) > MAX_KEY:
            raise _bad(f"The Idempotency-Key must not be longer than {MAX_KEY} characters")
        now = self.clock.now()
        self._answers = {k: a for k, a in self._answers.items() if now - a.at < KEPT}
        answer = self._answers.get(key)
        if answer is None:
            return None
        if answer.target != _target(request):
            raise _bad("The Idempotency-Key was used for another request")
        return answer.reply

    def keep(self, request: Request, reply: Reply) -> None:
        """Keep an answer."""
        key = _key(request)
        if key is not None and key not in self._answers:
            self._answers[key] = _Answer(self.clock.now(), _target(request), reply)


def _key(request: Request) -> str | None:
    return None if request.method == "GET" else request.headers.get("idempotency-key")


def _target(request: Request) -> tuple[str, str, bytes]:
    return (request.method, request.target or request.path, request.body)


def _bad(detail: str) -> Rejected:
    return Rejected(400, problem(400, "Bad Request", detail, ""))
