"""The calendar: what is due when, once over all processes, and stopping in good order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from worker.engine.clock import SystemClock
from worker.engine.schedule import Schedule, Timing, claim, latest, stop_on_signals
from worker.engine.store import Store

from .standins import START

FORK = multiprocessing.get_context("fork")
LONDON = ZoneInfo("Europe/London")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ---- what is due -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timing", "now", "due"),
    [
        (Timing("f", every=60), "1970-01-01 00:00:00", "1970-01-01 00:00:00"),
        (Timing("f", every=60), "2026-11-21 09:00:59.9", "2026-11-21 09:00:00"),
        (Timing("f", every=60), "2026-11-21 09:01:00", "2026-11-21 09:01:00"),
        (Timing("f", every=900), "2026-11-21 09:14:00", "2026-11-21 09:00:00"),
        (Timing("f", every=7), "2026-11-21 09:00:00", "2026-11-21 08:59:58"),
        (Timing("f", cron="* * * * *"), "2026-11-21 09:00:30", "2026-11-21 09:00:00"),
        (Timing("f", cron="30 2 * * *"), "2026-11-21 02:30:00", "2026-11-21 02:30:00"),
        (Timing("f", cron="30 2 * * *"), "2026-11-21 02:29:59", "2026-11-20 02:30:00"),
        (Timing("f", cron="30 2 * * *"), "2026-07-01 09:00:00", "2026-07-01 01:30:00"),  # London is an hour ahead
        (Timing("f", cron="0 6 1 * *"), "2026-11-30 09:00:00", "2026-11-01 06:00:00"),
        (Timing("f", cron="0 6 29 2 *"), "2027-11-30 09:00:00", "2024-02-29 06:00:00"),
        (Timing("f", cron="0 6 * * mon"), "2026-11-21 09:00:00", "2026-11-16 06:00:00"),
    ],
)
def test_what_is_due_is_a_function_of_time(timing: Timing, now: str, due: str) -> None:
    """The newest firing is the same whenever it is asked: intervals count from 1970, cron lines go by the zone."""
    assert at(due) == latest(timing, at(now), LONDON)


def test_a_day_that_never_comes_is_never_due() -> None:
    """A cron line that has no instant in four years has no firing."""
    assert latest(Timing("f", cron="0 6 31 2 *"), START, LONDON) is None


@pytest.mark.parametrize("wrong", [{}, {"every": 60.0, "cron": "* * * * *"}])
def test_a_timing_is_either_or(wrong: dict[str, object]) -> None:
    """A timing without a rhythm, or with two, is refused."""
    with pytest.raises(ValueError, match="either every or cron"):
        Timing("f", **wrong)  # type: ignore[arg-type]


# ---- once ------------------------------------------------------------------------------------------------------------


def test_a_firing_is_claimed_once(store: Store) -> None:
    """Of all who claim a firing one gets it; one older than the newest claimed is nobody's."""
    later = START + timedelta(minutes=1)

    assert [True, False] == [claim(store, "acme/intake", START), claim(store, "acme/intake", START)]
    assert [True, False] == [claim(store, "acme/intake", later), claim(store, "acme/intake", START)]
    assert claim(store, "apex/intake", START)


def test_old_firings_are_forgotten(store: Store) -> None:
    """After a month a firing's row is gone, and it still can't fire again."""
    claim(store, "acme/intake", START)
    claim(store, "acme/intake", START + timedelta(days=31))

    with store.read() as connection:
        assert 1 == connection.exec_driver_sql("SELECT COUNT(*) FROM firings").scalar()
    assert not claim(store, "acme/intake", START)


def _claim_many(url: str, barrier: object, won: object) -> None:
    with Store(url) as store:
        barrier.wait()  # type: ignore[attr-defined]
        mine = [n for n in range(40) if claim(store, "acme/intake", START + timedelta(minutes=n))]
    won.put(mine)  # type: ignore[attr-defined]


def test_many_processes_fire_once(url: str) -> None:
    """Three processes that claim the same forty firings at the same time share them out, none twice."""
    Store(url).close()
    barrier, won = FORK.Barrier(3), FORK.Queue()
    processes = [FORK.Process(target=_claim_many, args=(url, barrier, won)) for _ in range(3)]
    for process in processes:
        process.start()
    claimed = sorted(n for _ in processes for n in won.get())
    for process in processes:
        process.join()

    assert sorted(set(claimed)) == claimed
    assert 39 == claimed[-1]


# ---- the running calendar --------------------------------------------------------------------------------------------


class Flow:
    """A flow that notes when it ran, and how many ran at once; each run lasts until `go` is set."""

    def __init__(self, go: bool = True) -> None:
        self.go = threading.Event()
        self.began = threading.Semaphore(0)
        self.runs: list[str] = []
        self.at_once = self.most_at_once = 0
        if go:
            self.go.set()

    def __call__(self, flow: str) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.runs.append(flow)
        self.began.release()
        self.go.wait(30)
        self.at_once -= 1

    def ran(self, times: int = 1) -> bool:
        return all(self.began.acquire(timeout=30) for _ in range(times))


class Calendar:
    """A schedule at work in a thread of its own."""

    def __init__(self, store: Store, flow: Flow, *timings: Timing) -> None:
        self.stop = threading.Event()
        clock = SystemClock(self.stop)
        self.schedule = Schedule(store, "acme", timings, flow, clock=clock, zone=LONDON, stop=self.stop)
        self.thread = threading.Thread(target=self.schedule.serve)
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(30)


@pytest.fixture
def calendars() -> Iterator[list[Calendar]]:
    found: list[Calendar] = []
    yield found
    for calendar in found:
        calendar.end()


def test_a_missed_firing_is_made_up_for_once(store: Store, calendars: list[Calendar]) -> None:
    """A daily flow that nobody fired runs when the worker starts, and not again when it is started anew."""
    daily = Timing("sweep", cron="30 2 * * *")
    first, second = Flow(), Flow()
    calendars.append(Calendar(store, first, daily))
    assert first.ran()
    calendars[0].end()

    calendars.append(Calendar(store, second, daily))
    assert not second.began.acquire(timeout=0.3)
    assert ["sweep"] == first.runs


def test_a_flow_runs_every_second(store: Store, calendars: list[Calendar]) -> None:
    """An interval fires again and again; two workers on one store fire each instant once."""
    flow = Flow()
    every = Timing("intake", every=1.0)
    start = int(time.time())
    calendars += [Calendar(store, flow, every), Calendar(store, flow, every)]
    assert flow.ran(3)
    for calendar in calendars:
        calendar.end()

    assert len(flow.runs) <= int(time.time()) - start + 1


def test_a_slow_flow_never_overlaps_itself(store: Store, calendars: list[Calendar]) -> None:
    """Firings and calls that come while a flow runs are one more run after it."""
    flow = Flow(go=False)
    calendars.append(Calendar(store, flow, Timing("intake", every=3600.0)))
    assert flow.ran()
    for _ in range(5):
        calendars[0].schedule.wake("intake")
    time.sleep(0.2)
    assert ["intake"] == flow.runs

    flow.go.set()
    assert flow.ran()
    calendars[0].end()

    assert (["intake", "intake"], 1) == (flow.runs, flow.most_at_once)


def test_a_call_wakes_a_flow(store: Store, calendars: list[Calendar]) -> None:
    """A flow that is called runs at once, though it is not due; an unknown one is refused."""
    claim(store, "acme/sweep", datetime.now(UTC))
    flow = Flow()
    calendars.append(Calendar(store, flow, Timing("sweep", cron="30 2 * * *")))
    assert not flow.began.acquire(timeout=0.2)

    calendars[0].schedule.wake("sweep")
    assert flow.ran()
    with pytest.raises(KeyError):
        calendars[0].schedule.wake("nonsense")


def test_many_calls_at_once_are_few_runs(store: Store, calendars: list[Calendar]) -> None:
    """A burst of hooks is one run for those that came before it began, and at most one more."""
    claim(store, "acme/sweep", datetime.now(UTC))
    flow = Flow()
    calendars.append(Calendar(store, flow, Timing("sweep", cron="30 2 * * *")))
    for _ in range(200):
        calendars[0].schedule._turns["sweep"].wanted.set()
    for _ in range(200):
        calendars[0].schedule._take_turn("sweep")

    assert ["sweep"] == flow.runs


def test_a_call_after_the_end_is_harmless(store: Store, calendars: list[Calendar]) -> None:
    """A hook that comes when the worker has stopped runs nothing and breaks nothing."""
    flow = Flow()
    calendars.append(Calendar(store, flow, Timing("intake", every=3600.0)))
    assert flow.ran()
    calendars[0].end()

    calendars[0].schedule.wake("intake")
    assert ["intake"] == flow.runs


def test_a_fault_of_one_run_does_not_stop_the_next(store: Store, calendars: list[Calendar]) -> None:
    """A run that raises gives its turn back."""
    flow = Flow()

    def faulty(name: str) -> None:
        flow(name)
        if len(flow.runs) == 1:
            raise KeyError(name)

    calendars.append(Calendar(store, faulty, Timing("intake", every=3600.0)))  # type: ignore[arg-type]
    assert flow.ran()
    time.sleep(0.1)
    calendars[0].schedule.wake("intake")

    assert flow.ran()


def test_jitter_delays_the_start_and_stopping_ends_the_wait(store: Store, calendars: list[Calendar]) -> None:
    """A start that was put off by its jitter is not begun once we should stop; its firing is left to others."""
    flow = Flow()
    calendars.append(Calendar(store, flow, Timing("intake", every=3600.0, jitter=3600.0)))
    time.sleep(0.2)
    calendars[0].end()

    assert not calendars[0].thread.is_alive()
    assert [] == flow.runs
    due = latest(Timing("intake", every=3600.0), datetime.now(UTC), UTC)
    assert due is not None
    assert claim(store, "acme/intake", due)


def test_a_flow_that_is_never_due_does_not_run(store: Store, calendars: list[Calendar]) -> None:
    """A cron line without a day is no run, not even as a missed one."""
    flow = Flow()
    calendars.append(Calendar(store, flow, Timing("intake", cron="0 6 31 2 *")))

    assert not flow.began.acquire(timeout=0.2)


SERVE = """
import sys, threading, time
from worker.engine.clock import SystemClock
from worker.engine.schedule import Schedule, Timing, stop_on_signals
from worker.engine.store import Store
from datetime import UTC

def run(flow):
    print("begun", file=sys.stderr, flush=True)  # not among the log's lines, which are written in parts
    time.sleep(0.5)
    print("finished", file=sys.stderr, flush=True)

stop = threading.Event()
stop_on_signals(stop)
with Store(sys.argv[1]) as store:
    Schedule(store, "acme", [Timing("intake", every=3600.0)], run, clock=SystemClock(stop), zone=UTC, stop=stop).serve()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_to_stop(number: signal.Signals) -> None:
    """The handlers do nothing but set the event."""
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    stop = threading.Event()
    try:
        stop_on_signals(stop)
        os.kill(os.getpid(), number)
        assert stop.wait(30)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


MIDST = """
import os, signal, sys, threading
from worker.engine.schedule import stop_on_signals

stop = threading.Event()
stop_on_signals(stop)
with stop._cond:  # as for a moment whenever the main thread begins to wait for it
    os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(1000):
        pass
sys.exit(0 if stop.wait(10) else 1)
"""


def test_a_signal_in_the_midst_of_anything() -> None:
    """A signal that comes while the main thread holds the lock of the event is heeded as soon as it lets go."""
    home = Path(__file__).resolve().parents[2]
    assert 0 == subprocess.run([sys.executable, "-c", MIDST], cwd=home, timeout=60, check=False).returncode


UNHEARD = SERVE.replace(
    "time.sleep(0.5)", "time.sleep(0.5); signal.pthread_kill(threading.get_ident(), signal.SIGTERM)"
).replace("import sys", "import signal, sys")


def test_a_signal_that_does_not_wake_the_main_thread(url: str) -> None:
    """A signal that comes to another thread, or just as the main thread begins to wait, leaves it asleep; it is heeded
    all the same."""
    home = Path(__file__).resolve().parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", UNHEARD, url], capture_output=True, text=True, cwd=home, timeout=60, check=False
    )

    assert (0, "begun\nfinished\n") == (ended.returncode, ended.stderr)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_run_finish(url: str, number: int) -> None:
    """SIGTERM and SIGINT let what runs finish; then the process ends with exit code 0."""
    home = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, url], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=home
    )
    assert process.stderr is not None
    lines = iter(process.stderr.readline, "")
    assert any(line == "begun\n" for line in lines)
    os.kill(process.pid, number)
    rest = list(lines)

    assert 0 == process.wait(60)
    assert "finished\n" in rest
    process.stderr.close()
