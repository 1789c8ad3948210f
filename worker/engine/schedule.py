"""The calendar of the long-running worker: which flow is due when, once over all processes, and stopping in good order.

APScheduler tells the time; what is due at an instant is a pure function here, and the store says who was first. What a
run does, and that one flow never overlaps itself, is the affair of runs.py.
"""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent import futures
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from types import FrameType
from typing import TypeVar

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import text

from worker.engine.store import Store, stamp
from worker.ports import Clock

T = TypeVar("T")
log = structlog.get_logger()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOOK_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=366 * 4 + 1))
_KEPT = timedelta(days=30)  # how long firings are remembered
_LISTENING = 1.0  # seconds of one wait for a signal

# Nothing older than the newest firing ever fires: of many that were missed, one is enough.
_CLAIM = text(
    "INSERT INTO firings (key, at) SELECT CAST(:key AS TEXT), CAST(:at AS TEXT) "
    "WHERE NOT EXISTS (SELECT 1 FROM firings WHERE key = :key AND at >= :at) ON CONFLICT (key, at) DO NOTHING"
)
_FORGET = text("DELETE FROM firings WHERE key = :key AND at < :old")


@dataclass(frozen=True, slots=True)
class Timing:
    """When a flow runs: `every` so many seconds, counted from 1970 in UTC, or by a `cron` line in the zone.

    Days of the week in a cron line are names (`mon`): their numbers mean other days to APScheduler 3. `jitter` delays
    the start by up to so many seconds; the firing stays the one it is.
    """

    flow: str
    every: float | None = None
    cron: str | None = None
    jitter: float = 0.0

    def __post_init__(self) -> None:
        if (self.every is None) == (self.cron is None):
            raise ValueError(f"{self.flow} needs either every or cron")


def latest(timing: Timing, now: datetime, zone: tzinfo) -> datetime | None:
    """Return the newest instant, in UTC, at which the flow was due; None where there was none in four years.

    It is the same on every machine, whenever it is asked between two firings.
    """
    if timing.every is not None:
        step = timedelta(seconds=timing.every)
        return _EPOCH + (now - _EPOCH) // step * step
    trigger = CronTrigger.from_crontab(timing.cron, timezone=zone)
    for span in _LOOK_BACK:
        found: datetime | None = None
        due: datetime | None = trigger.get_next_fire_time(None, now - span)
        while due is not None and due <= now:
            found = due
            due = trigger.get_next_fire_time(due, due)
        if found is not None:
            return found.astimezone(UTC)
    return None


def claim(store: Store, key: str, at: datetime) -> bool:
    """Claim a firing; True for exactly one of all who try, and never for one older than one that was claimed."""
    with store.write() as connection:
        mine = connection.execute(_CLAIM, {"key": key, "at": stamp(at)}).rowcount == 1
        connection.execute(_FORGET, {"key": key, "old": stamp(at - _KEPT)})
        return mine


class Schedule:
    """Runs flows when they are due. `run` gets a flow's name and may take its time; it must not raise."""

    def __init__(
        self,
        store: Store,
        programme: str,
        timings: Sequence[Timing],
        run: Callable[[str], object],
        *,
        clock: Clock,
        zone: tzinfo,
        stop: threading.Event,
    ) -> None:
        self._store = store
        self._programme = programme
        self._timings = timings
        self._run = run
        self._clock = clock
        self._zone = zone
        self._stop = stop
        self._turns = {timing.flow: _Turn() for timing in timings}
        # Calls and missed firings have threads of their own: a job of APScheduler that runs but once is taken off its
        # list after it was begun, and that fails when it is just being shut down (3.11).
        self._at_once = futures.ThreadPoolExecutor(2 * len(timings) + 1, thread_name_prefix="flow")
        threads = ThreadPoolExecutor(len(timings) + 1)
        # Late is better than never, once is better than often: whatever was missed is one run.
        rules = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        self._scheduler = BackgroundScheduler(executors={"default": threads}, job_defaults=rules, timezone=UTC)

    def start(self) -> None:
        """Begin; a firing that was missed while no process lived is made up for at once."""
        for timing in self._timings:
            self._scheduler.add_job(self._fire, _trigger(timing, self._zone), [timing], id=timing.flow)
            self._begin(self._fire, timing)
        self._scheduler.start()

    def wake(self, flow: str) -> None:
        """Run a flow as soon as may be; many calls before it begins are one run, one while it runs is one more."""
        self._turns[flow].wanted.set()
        with suppress(RuntimeError):  # we are stopping: the next life looks at everything anyway
            self._begin(self._take_turn, flow)

    def serve(self) -> None:
        """Start, work until `stop` is set, let what runs finish, and return."""
        self.start()
        log.info("schedule.started", programme=self._programme, flows=len(self._timings))
        wait_for(self._stop)
        self._scheduler.shutdown(wait=True)
        self._at_once.shutdown(wait=True)
        log.info("schedule.stopped", programme=self._programme)

    def _begin(self, what: Callable[[T], None], whom: T) -> None:
        self._at_once.submit(what, whom).add_done_callback(_tell_of_a_fault)

    def _fire(self, timing: Timing) -> None:
        at = latest(timing, self._clock.now(), self._zone)
        if at is None or self._stop.wait(random.uniform(0, timing.jitter)):
            return
        if claim(self._store, f"{self._programme}/{timing.flow}", at):
            self._turns[timing.flow].wanted.set()
            self._take_turn(timing.flow)

    def _take_turn(self, flow: str) -> None:
        turn = self._turns[flow]
        # Whoever holds the turn sees the wish, at the latest when it is done; so nobody waits for it here.
        while turn.wanted.is_set() and not self._stop.is_set() and turn.lock.acquire(blocking=False):
            try:
                turn.wanted.clear()
                self._run(flow)
            finally:
                turn.lock.release()


class _Turn:
    """One flow's turn in this process: at most one runs it, and a wish that comes meanwhile is kept."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.wanted = threading.Event()


def stop_on_signals(stop: threading.Event) -> None:
    """Set `stop` on SIGTERM and SIGINT; call it in the main thread."""

    def tell(number: int) -> None:
        log.info("schedule.stopping", signal=signal.Signals(number).name)
        stop.set()

    def asked(number: int, _frame: FrameType | None) -> None:
        # A handler runs in the midst of whatever the main thread does. If that holds the lock of the event (it is about
        # to wait for it) or of the log, the handler would wait for ever; a thread of its own waits for a moment.
        threading.Thread(target=tell, args=(number,), name="stopping", daemon=True).start()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)


def wait_for(stop: threading.Event) -> None:
    """Wait in the main thread until `stop` is set.

    A signal that comes just as a wait begins, or to another thread, does not end it: its handler only runs where the
    main thread goes on, as here between two waits.
    """
    while not stop.wait(_LISTENING):
        pass


def _tell_of_a_fault(done: futures.Future[None]) -> None:
    if error := done.exception():
        log.error("schedule.broke", error=type(error).__name__)


def _trigger(timing: Timing, zone: tzinfo) -> IntervalTrigger | CronTrigger:
    if timing.cron is not None:
        return CronTrigger.from_crontab(timing.cron, timezone=zone)
    return IntervalTrigger(seconds=timing.every, start_date=_EPOCH, timezone=UTC)
