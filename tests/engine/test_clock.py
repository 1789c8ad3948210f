"""Time, real and fixed."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from worker.engine.clock import FixedClock, Stopping, SystemClock


def test_the_real_clock_tells_the_time() -> None:
    """Now is in UTC, and seconds are those since 1970."""
    clock = SystemClock()

    assert timedelta(seconds=1) > abs(clock.now() - datetime.now(UTC))
    assert UTC == clock.now().tzinfo
    assert 1.0 > abs(clock.seconds() - time.time())


@pytest.mark.parametrize("clock", [SystemClock(), FixedClock(datetime(2026, 1, 1, tzinfo=UTC))])
def test_a_sleep_takes_its_time(clock: SystemClock | FixedClock) -> None:
    """A sleep lasts as long as it was asked to on both clocks; one of no length or less returns."""
    start = clock.seconds()
    clock.sleep(0.05)
    clock.sleep(0)
    clock.sleep(-3)

    assert 0.05 <= clock.seconds() - start < 1


def test_a_fixed_clock_stands_still() -> None:
    """Now is always the instant given, whatever zone it was given in."""
    clock = FixedClock(datetime(2026, 4, 1, 2, 0, tzinfo=timezone(timedelta(hours=2))))
    before = clock.now()
    clock.sleep(0.01)

    assert datetime(2026, 4, 1, tzinfo=UTC) == before == clock.now()
    assert UTC == clock.now().tzinfo


def test_a_fixed_clock_needs_a_zone() -> None:
    """An instant without a zone is refused."""
    with pytest.raises(ValueError, match="zone"):
        FixedClock(datetime(2026, 4, 1))  # noqa: DTZ001


@pytest.mark.parametrize("kind", ["system", "fixed"])
def test_stopping_cuts_a_long_sleep_short_but_not_a_short_one(kind: str) -> None:
    """Asked to stop, a sleep of minutes ends at once by raising Stopping; one inside a batch is slept to its end."""
    stop = threading.Event()
    clock = SystemClock(stop) if kind == "system" else FixedClock(datetime(2026, 4, 1, tzinfo=UTC), stop)
    start = clock.seconds()
    threading.Timer(0.05, stop.set).start()

    with pytest.raises(Stopping, match="while waiting 600 s"):
        clock.sleep(600)
    clock.sleep(0.05)

    assert 0.1 <= clock.seconds() - start < 5


def test_a_long_sleep_ends_by_itself() -> None:
    """Where nobody asks to stop, a long sleep simply ends."""
    clock = SystemClock(calm=0.01)
    start = clock.seconds()
    clock.sleep(0.05)

    assert 0.05 <= clock.seconds() - start < 5
