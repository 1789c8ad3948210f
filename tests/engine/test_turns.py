"""Turns: only one at a time, whoever waits gets it, and a dead process holds nobody up."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from worker.engine.clock import SystemClock
from worker.engine.pace import Pacer
from worker.engine.store import Store
from worker.engine.turns import StoreTurns
from worker.ports import Unavailable

from .standins import StillClock

FORK = multiprocessing.get_context("fork")


def turns_of(store: Store, patience: float = 30.0) -> StoreTurns:
    clock = SystemClock()
    return StoreTurns(store, "acme/sheets", clock, Pacer(store, clock, patience=patience))


def test_only_one_has_the_turn(store: Store) -> None:
    """Of several that want it at once each gets it, and never two together; another name is another turn."""
    inside, most = 0, 0
    lock = threading.Lock()

    def work(_: int) -> None:
        nonlocal inside, most
        with turns_of(store)("Leads"):
            with lock:
                inside += 1
                most = max(most, inside)
            with turns_of(store)(f"other {threading.get_ident()}"):
                time.sleep(0.01)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))

    assert (0, 1) == (inside, most)


def test_whoever_waits_too_long_is_told(store: Store, clock: StillClock) -> None:
    """After the patience it is said who is in the way; the turn of the other stands."""
    waiting = StoreTurns(store, "acme/sheets", clock, Pacer(store, clock, patience=30))
    with StoreTurns(store, "acme/sheets", clock, Pacer(store, clock))("Leads"):
        before = clock.seconds()
        with pytest.raises(Unavailable, match="another run is still at Leads"), waiting("Leads"):
            pass
        assert 29 <= clock.seconds() - before <= 30

    with waiting("Leads"):
        pass


def test_a_block_that_breaks_gives_the_turn_back(store: Store, clock: StillClock) -> None:
    """Whatever is raised inside, the next one needs not wait."""
    turns = StoreTurns(store, "acme/sheets", clock, Pacer(store, clock, patience=0))
    with pytest.raises(KeyError), turns("Leads"):
        raise KeyError

    with turns("Leads"):
        pass


def test_the_turn_of_a_dead_process_is_free(store: Store) -> None:
    """A process that was killed while it had the turn holds nobody up."""
    child = FORK.Process(target=_die_in_a_turn, args=(str(store._engine.url),))
    child.start()
    child.join()
    assert -signal.SIGKILL == child.exitcode

    with turns_of(store, patience=0)("Leads"):
        pass


def _die_in_a_turn(url: str) -> None:
    with turns_of(Store(url))("Leads"):
        os.kill(os.getpid(), signal.SIGKILL)
