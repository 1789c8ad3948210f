"""Runs: one of a flow at a time, taken over from the dead, ending in words."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable

import pytest

from worker.engine.clock import Stopping, SystemClock
from worker.engine.result import COUNTS, Result
from worker.engine.runs import Lease, LeaseLost, health, run_flow
from worker.engine.store import Store
from worker.logs import set_up_logs
from worker.ports import Conflict, Refused, Unauthorised, Unavailable, UnsafePlan

from .standins import StillClock

FORK = multiprocessing.get_context("fork")
ZEROS = dict.fromkeys(COUNTS, 0)


def well(_lease: Lease) -> Result:
    return Result("intake", "in sync", {**ZEROS, "told": 2})


def broken(error: Exception) -> Callable[[Lease], Result]:
    def work(_lease: Lease) -> Result:
        raise error

    return work


# ---- how a run ends -------------------------------------------------------------------------------------------------


def test_a_run_is_recorded(store: Store, clock: StillClock) -> None:
    """A run that went well stands in the health with its counts, its beginning, its end and how long it took."""
    began = clock.now()

    def work(lease: Lease) -> Result:
        clock.advance(5)
        return well(lease)

    outcome = run_flow(store, "acme", "intake", work, clock=clock)

    assert ("intake", "in sync", "", 5.0) == (outcome.flow, outcome.state, outcome.words, outcome.seconds)
    (found,) = health(store, "acme")
    assert ("intake", "in sync", 2, 5.0) == (found.flow, found.state, found.counts["told"], found.seconds)
    assert (began, clock.now()) == (found.started_at, found.succeeded_at)
    assert [] == list(health(store, "apex"))


@pytest.mark.parametrize(
    ("error", "state", "words"),
    [
        (Unavailable("xero", "down"), "failed", "xero: down"),
        (Refused("xero", "no such tenant"), "failed", "xero: no such tenant"),
        (Unauthorised("xero", "dead"), "failed", "xero: dead"),
        (Conflict("xero", "moved"), "failed", "xero: moved"),
        (UnsafePlan(["half would go", "GBP 9 would move"]), "stopped", "half would go; GBP 9 would move"),
        (Stopping("asked to stop while waiting 30 s"), "waiting", "asked to stop while waiting 30 s"),
        (KeyError("token=xyz"), "failed", "a fault of the worker itself (KeyError); see its log"),
    ],
)
def test_every_end_has_a_state_and_words(
    store: Store, clock: StillClock, error: Exception, state: str, words: str
) -> None:
    """Whatever a run raises becomes a state and words, and the flow that comes next runs."""
    outcome = run_flow(store, "acme", "intake", broken(error), clock=clock)
    after = run_flow(store, "acme", "stages", well, clock=clock)

    assert (state, words, None) == (outcome.state, outcome.words, outcome.result)
    assert [(state, words), ("in sync", "")] == [(found.state, found.words) for found in health(store, "acme")]
    assert "in sync" == after.state


def test_the_last_success_is_remembered(store: Store, clock: StillClock) -> None:
    """A run that fails, or leaves something waiting, leaves the time of the last one that got through."""
    run_flow(store, "acme", "intake", well, clock=clock)
    through = clock.now()
    clock.advance(60)
    run_flow(store, "acme", "intake", broken(Unavailable("xero", "down")), clock=clock)
    clock.advance(60)
    run_flow(store, "acme", "intake", lambda _: Result("intake", "waiting", ZEROS), clock=clock)

    (found,) = health(store, "acme")
    assert (through, clock.now()) == (found.succeeded_at, found.started_at)


def test_a_run_that_was_cut_off_is_seen(store: Store, clock: StillClock) -> None:
    """A process that is killed in the middle of a run leaves words that say so."""
    child = FORK.Process(target=_die_in_a_run, args=(str(store._engine.url),))
    child.start()
    child.join()

    assert -signal.SIGKILL == child.exitcode
    (found,) = health(store, "acme")
    assert ("waiting", None) == (found.state, found.succeeded_at)
    assert "cut off in the middle" in found.words


def _die_in_a_run(url: str) -> None:
    run_flow(Store(url), "acme", "intake", lambda _: os.kill(os.getpid(), signal.SIGKILL), clock=SystemClock())


def test_words_are_cut(store: Store, clock: StillClock) -> None:
    """However much went wrong, the words kept are bounded."""
    outcome = run_flow(store, "acme", "intake", broken(Unavailable("xero", "x" * 9999)), clock=clock)

    assert 2000 == len(outcome.words)


def test_a_fault_shows_no_values_in_the_log(
    store: Store, clock: StillClock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log of a fault, as the worker sets it up, has the trace, and of the variables nothing."""
    monkeypatch.delenv("QUARTERDAY_LOG", raising=False)
    set_up_logs()
    secret = "pat-na1-1234"

    def work(_lease: Lease) -> Result:
        token = secret[::-1][::-1]
        raise KeyError(len(token))

    run_flow(store, "acme", "intake", work, clock=clock)

    shown = capsys.readouterr().err
    assert "KeyError" in shown
    assert secret not in shown


# ---- one at a time --------------------------------------------------------------------------------------------------


def test_a_flow_never_overlaps_itself(store: Store, clock: StillClock) -> None:
    """While a flow runs, another run of it is turned away; another flow and another programme are not."""
    seen = {}

    def work(lease: Lease) -> Result:
        for programme, flow in (("acme", "intake"), ("acme", "cash"), ("apex", "intake")):
            seen[programme, flow] = run_flow(store, programme, flow, well, clock=clock).state
        return well(lease)

    run_flow(store, "acme", "intake", work, clock=clock)

    assert {("acme", "intake"): "busy", ("acme", "cash"): "in sync", ("apex", "intake"): "in sync"} == seen
    assert "in sync" == run_flow(store, "acme", "intake", well, clock=clock).state


def test_flows_that_share_a_turn_wait_for_each_other(store: Store, clock: StillClock) -> None:
    """While one of the flows of a turn runs, the others are turned away; each keeps its own health."""
    seen = []

    def work(lease: Lease) -> Result:
        seen.append(run_flow(store, "acme", "cash", well, clock=clock, turn="money").state)
        return well(lease)

    run_flow(store, "acme", "settle", work, clock=clock, turn="money")
    seen.append(run_flow(store, "acme", "cash", well, clock=clock, turn="money").state)

    assert ["busy", "in sync"] == seen
    assert ["cash", "settle"] == [found.flow for found in health(store, "acme")]


def test_a_run_that_slept_too_long_is_stopped(store: Store, clock: StillClock) -> None:
    """A lease that ran out may be taken; the first run finds out at its next effect and overwrites nobody's words."""

    def sleeper(lease: Lease) -> Result:
        lease()
        clock.advance(121)
        assert "in sync" == run_flow(store, "acme", "intake", well, clock=clock).state
        lease()
        raise AssertionError("the guard let it through")

    outcome = run_flow(store, "acme", "intake", sleeper, clock=clock)

    assert ("waiting", "acme/intake was taken over by another process") == (outcome.state, outcome.words)
    assert ["in sync"] == [found.state for found in health(store, "acme")]


def test_a_lease_that_ran_out_but_was_not_taken_is_kept(store: Store, clock: StillClock) -> None:
    """A run that slept and whose place nobody took goes on."""

    def sleeper(lease: Lease) -> Result:
        clock.advance(121)
        lease()
        assert "busy" == run_flow(store, "acme", "intake", well, clock=clock).state
        return well(lease)

    assert "in sync" == run_flow(store, "acme", "intake", sleeper, clock=clock).state


def test_a_lease_is_renewed_while_a_long_call_lasts(store: Store) -> None:
    """Without a single effect in between, a run keeps its lease for longer than the lease lasts."""
    clock = SystemClock()
    states = []

    def long(lease: Lease) -> Result:
        time.sleep(2.5)
        states.append(run_flow(store, "acme", "intake", well, clock=clock).state)
        lease()
        return well(lease)

    outcome = run_flow(store, "acme", "intake", long, clock=clock, lease_seconds=2.0)

    assert (["busy"], "in sync") == (states, outcome.state)


def test_a_lost_lease_is_not_won_back_in_the_background(store: Store, clock: StillClock) -> None:
    """The background renewal of a run that lost its lease leaves the new holder's alone."""
    lease = Lease(store, "acme/intake", clock, 0.05)
    assert lease.take()
    with lease.kept():
        clock.advance(1)
        other = Lease(store, "acme/intake", clock, 60)
        assert other.take()
        time.sleep(0.1)
        other()
        with pytest.raises(LeaseLost):
            lease()

    other()


def _hold_and_wait(url: str, held: object) -> None:
    lease = Lease(Store(url), "acme/intake", SystemClock())
    lease.take()
    held.set()  # type: ignore[attr-defined]
    threading.Event().wait(60)


def test_a_killed_process_is_taken_over_at_once(store: Store) -> None:
    """The lease of a process of this machine that was killed is free at once; while it lives it is not."""
    held = FORK.Event()
    child = FORK.Process(target=_hold_and_wait, args=(str(store._engine.url), held))
    child.start()
    held.wait(10)
    before = run_flow(store, "acme", "intake", well, clock=SystemClock()).state
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join()

    assert ["busy", "in sync"] == [before, run_flow(store, "acme", "intake", well, clock=SystemClock()).state]


@pytest.mark.parametrize(
    ("host", "process", "life", "free"),
    [
        ("elsewhere", 1, "x", False),  # another machine's: it can't be known dead
        (socket.gethostname(), os.getpid(), "earlier", True),  # our number, but an earlier life's
        (socket.gethostname(), 1, "x", False),  # somebody else's process, perhaps: it can't be known dead
        (socket.gethostname(), 2**22 + 1, "x", True),  # no process has such a number
    ],
    ids=["another machine", "an earlier life", "somebody else", "no such process"],
)
def test_only_the_certainly_dead_lose_their_lease(
    store: Store, clock: StillClock, host: str, process: int, life: str, free: bool
) -> None:
    """A lease is taken over before its time only when its process is known to be no more."""
    old = Lease(store, "acme/intake", clock)
    old.token = f"{host}/{process}/{life}/1"
    old.take()

    assert free == Lease(store, "acme/intake", clock).take()


def test_another_users_process_counts_as_alive(store: Store, clock: StillClock) -> None:
    """A process that we may not signal is there."""
    if os.getuid() != 0:
        pytest.skip("needs to give up root to meet a process that it may not signal")
    lease = Lease(store, "acme/intake", clock)
    lease.token = f"{socket.gethostname()}/{os.getpid()}/x/1"
    lease.take()
    child = FORK.Process(target=_exit_with_life_of, args=(lease.token,))
    child.start()
    child.join()

    assert 0 == child.exitcode


def _exit_with_life_of(token: str) -> None:
    from worker.engine.runs import _alive

    os.setuid(65534)
    os._exit(0 if _alive(token) else 1)
