"""The pace: the one place that waits and retries, and the count of every call.

Limits and pauses live in the store, so all processes that share it keep them together. A limit's name begins with its
service (`airtable/appX`, `slack.post.C1`). It knows no service: connectors say which limits a call falls under.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Connection, text
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential, wait_random

from worker.engine.store import Store
from worker.ports import Clock, Limit, ServiceError, Unavailable, Unsure

T = TypeVar("T")
log = structlog.get_logger()

_ATTEMPTS = 5
_BACKOFF = wait_exponential(multiplier=0.5, max=29.5) + wait_random(0.0, 0.5)
_LONGEST_PAUSE = 3600.0  # we ask again after an hour, whatever a service said
_MOST_BLOCKS = 512  # a window of more calls than this is counted in blocks of calls
_FUTURE = 3600.0  # a call noted further ahead than this was noted by a clock that has since been put back

_KNOW = text(
    "INSERT INTO limits (name, shape, taken, paused_until) VALUES (:name, :shape, 0, 0) ON CONFLICT (name) DO NOTHING"
)
# The update is also the lock on the limit: whoever takes next waits for our commit.
_TAKE = text("UPDATE limits SET taken = taken + 1 WHERE name = :name RETURNING taken, shape, paused_until")
_RESHAPE = text("UPDATE limits SET shape = :shape, taken = :taken WHERE name = :name")
_PAUSE = text("UPDATE limits SET paused_until = :until WHERE name = :name AND paused_until < :until")
_BLOCK = text("SELECT free_at, last_at FROM limit_blocks WHERE name = :name AND block = :block")
_BLOCKS = text("SELECT last_at FROM limit_blocks WHERE name = :name ORDER BY last_at")
_FORGET = text("DELETE FROM limit_blocks WHERE name = :name")
_NOTE = text(
    "INSERT INTO limit_blocks (name, block, free_at, last_at) VALUES (:name, :block, :free_at, :last_at) "
    "ON CONFLICT (name, block) DO UPDATE SET free_at = excluded.free_at, last_at = excluded.last_at"
)
_COUNT = text(
    "INSERT INTO calls (name, day, calls) VALUES (:name, :day, 1) "
    "ON CONFLICT (name, day) DO UPDATE SET calls = calls.calls + 1"
)
_USAGE = text("SELECT COALESCE(SUM(calls), 0) FROM calls WHERE name = :name AND day >= :since")


class _UsedUp(Unavailable):
    """Our own limit says no for longer than a run waits; nothing was sent."""


class Pacer:
    """A `ports.Caller`. `patience` is how many seconds of one service's trouble a run waits through."""

    def __init__(self, store: Store, clock: Clock, *, patience: float = 120.0) -> None:
        self._store = store
        self._clock = clock
        self._patience = patience
        self._trouble: dict[str, tuple[float, float]] = {}  # by service: since when, and when last; a success ends it

    def __call__(self, send: Callable[[], T], *, limits: Sequence[Limit], repeatable: bool) -> T:
        """Wait for the limits, send, and on Unavailable (or Unsure, if `repeatable`) wait and send again.

        At most five times, a rate limit not counted; the last error is raised when the next wait would pass the
        deadline, which is `patience` after the trouble began.
        """
        failures = 0
        service = re.split("[./]", limits[0].name)[0] if limits else ""
        deadline = float("inf")

        def once() -> T:
            nonlocal failures, deadline
            self._wait_for(limits, service)
            try:
                result = send()
            except (Unavailable, Unsure) as error:
                deadline = min(deadline, self._deadline(service))
                failures += not (isinstance(error, Unavailable) and error.limited)
                self._heed(error, limits)
                raise
            self._trouble.pop(service, None)
            return result

        def hopeless(state: RetryCallState) -> bool:
            return failures >= _ATTEMPTS or self._clock.seconds() + state.upcoming_sleep > deadline

        def worth(error: BaseException) -> bool:
            again = Unsure if repeatable else Unavailable
            return isinstance(error, (Unavailable, again)) and not isinstance(error, _UsedUp)

        return Retrying(
            retry=retry_if_exception(worth),
            wait=_asked_or_backoff,
            stop=hopeless,
            sleep=self._clock.sleep,
            before_sleep=_tell,
            reraise=True,
        )(once)

    def usage(self, name: str, since: date) -> int:
        """Return how many calls were sent under a limit's name since the beginning of a day (UTC)."""
        with self._store.read() as connection:
            return int(connection.scalar(_USAGE, {"name": name, "since": since.strftime("%Y-%m-%d")}) or 0)

    def _deadline(self, service: str) -> float:
        """Note trouble with a service; return when a run has waited long enough for it."""
        now = self._clock.seconds()
        since, last = self._trouble.get(service, (now, now))
        if now - last > self._patience:
            since = now  # an old story
        self._trouble[service] = (since, now)
        return since + self._patience

    def _wait_for(self, limits: Sequence[Limit], service: str) -> None:
        if limits:
            now = self._clock.seconds()
            self._clock.sleep(self._take(limits, service, now) - now)

    def _take(self, limits: Sequence[Limit], service: str, now: float) -> float:
        """Take a place under every limit at once and return when it is our turn; give up what is too far off."""
        with self._store.jot() as connection:
            places = [_place(connection, limit, now) for limit in sorted(limits, key=lambda limit: limit.name)]
            slowest = max(places, key=lambda place: place.free_at)
            paused_until = max(place.paused_until for place in places)
            until = max(now, paused_until, slowest.free_at)
            wait = timedelta(seconds=until - now)
            if paused_until > now and until > self._deadline(service):
                raise _UsedUp(service, f"it asked for a pause, over in {_words(wait)}", wait, limited=True)
            if wait.total_seconds() > self._patience:
                raise _UsedUp(service, f"{slowest.limit_words} is used up, free in {_words(wait)}", wait, limited=True)
            day = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d")
            connection.execute(_NOTE, [place.noted(until) for place in places])
            connection.execute(_COUNT, [{"name": place.limit.name, "day": day} for place in places])
        return until

    def _heed(self, error: ServiceError, limits: Sequence[Limit]) -> None:
        """Keep a wait that the service asked for, so that no process calls before it is over."""
        if isinstance(error, Unavailable) and error.retry_after and limits:
            asked = error.retry_after.total_seconds()
            until = self._clock.seconds() + min(asked, _LONGEST_PAUSE)
            log.warning("service.paused", service=error.service, seconds=asked)
            with self._store.jot() as connection:
                connection.execute(_PAUSE, [{"name": limit.name, "until": until} for limit in limits])


@dataclass(frozen=True, slots=True)
class _Place:
    """A call's place under a limit: in which block of the window, and from when that block's calls may be sent."""

    limit: Limit
    block: int
    free_at: float
    last_at: float
    paused_until: float

    @property
    def limit_words(self) -> str:
        span = _words(timedelta(seconds=self.limit.seconds))
        return f"our limit of {self.limit.calls} calls in {span} ({self.limit.name})"

    def noted(self, at: float) -> dict[str, object]:
        last_at = max(at, self.last_at)
        return {"name": self.limit.name, "block": self.block, "free_at": self.free_at, "last_at": last_at}


def _place(connection: Connection, limit: Limit, now: float) -> _Place:
    # A sliding window kept as a ring. Calls are numbered; `size` of them make a block, and the ring has as many blocks
    # as the window may hold calls. A block opens one window after the last call of the block that had its place in the
    # ring before. So any calls + 1 calls hold two that are a window apart, in whatever order they are sent.
    size, blocks = _ring(limit.calls)
    shape = f"{limit.calls}/{limit.seconds:g}"
    taken, paused_until = _take_number(connection, limit.name, shape, size * blocks)
    number, offset = divmod(taken - 1, size)
    at = {"name": limit.name, "block": number % blocks}
    found = connection.execute(_BLOCK, at).first()
    free_at, last_at = (found.free_at, found.last_at) if found and found.last_at < now + _FUTURE else (0.0, 0.0)
    if offset == 0 and last_at:
        free_at, last_at = last_at + limit.seconds, 0.0
    return _Place(limit, number % blocks, free_at, last_at, paused_until)


def _take_number(connection: Connection, name: str, shape: str, kept: int) -> tuple[int, float]:
    row = connection.execute(_TAKE, {"name": name}).first()
    if row is None:
        connection.execute(_KNOW, {"name": name, "shape": shape})
        row = connection.execute(_TAKE, {"name": name}).one()
    if row.shape == shape:
        return row.taken, row.paused_until
    # The limit itself was changed: lay the calls of the old window out in the new ring, the latest ones last.
    was = int(row.shape.split("/")[0])
    size, _ = _ring(int(shape.split("/")[0]))
    times = [at for at in connection.scalars(_BLOCKS, {"name": name}) for _ in range(_ring(was)[0])][-kept:]
    connection.execute(_FORGET, {"name": name})
    laid = {i // size: at for i, at in enumerate(times)}
    if laid:
        rows = [{"name": name, "block": block, "free_at": 0.0, "last_at": at} for block, at in laid.items()]
        connection.execute(_NOTE, rows)
    connection.execute(_RESHAPE, {"name": name, "shape": shape, "taken": len(times) + 1})
    return len(times) + 1, row.paused_until


def _ring(calls: int) -> tuple[int, int]:
    size = -(-calls // _MOST_BLOCKS)
    return size, calls // size


def _asked_or_backoff(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Unavailable) and error.retry_after:
        return error.retry_after.total_seconds()
    return _BACKOFF(state)


def _tell(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.info("call.again", error=type(error).__name__, attempt=state.attempt_number, seconds=state.upcoming_sleep)


def _words(span: timedelta) -> str:
    seconds = span.total_seconds()
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
