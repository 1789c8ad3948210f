"""The pace: limits kept by all processes together, waits as the service asks, retries in this one place."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, text

from worker.engine.clock import SystemClock
from worker.engine.pace import Pacer
from worker.engine.store import Store
from worker.ports import Conflict, Limit, Refused, ServiceError, Unauthorised, Unavailable, Unsure

from .standins import StillClock

FORK = multiprocessing.get_context("fork")


class Service:
    """A service that answers with these errors, one a call, and then well; it notes when it was called."""

    def __init__(self, clock: StillClock, errors: Sequence[ServiceError] = ()) -> None:
        self.clock = clock
        self.errors = list(errors)
        self.calls: list[float] = []

    def __call__(self) -> str:
        self.calls.append(self.clock.seconds())
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def most_in_any(seconds: float, calls: Sequence[float]) -> int:
    """Return the most calls in any window that is closed at its start and open at its end."""
    return max(sum(start <= call < start + seconds - 1e-6 for call in calls) for start in calls)


def until_used_up(pacer: Pacer, limit: Limit) -> int:
    """Return how many calls may be sent at this instant."""
    sent = 0
    while True:
        try:
            pacer(lambda: None, limits=[limit], repeatable=True)
        except Unavailable:
            return sent
        sent += 1


def unavailable(seconds: float | None = None, limited: bool = False) -> Unavailable:
    return Unavailable("x", "later", None if seconds is None else timedelta(seconds=seconds), limited)


# ---- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("calls", "seconds"), [(1, 1.0), (5, 1.0), (100, 10.0), (700, 60.0)])
def test_no_window_ever_holds_more_calls_than_the_limit(
    store: Store, clock: StillClock, calls: int, seconds: float
) -> None:
    """However calls fall, no window holds more than the limit, and hardly less where they press."""
    pacer, service, dice = Pacer(store, clock), Service(clock), random.Random(calls)
    start = clock.seconds()
    for _ in range(calls * 2 + 9):
        clock.advance(dice.choice([0, 0, 0, seconds / calls / 2]))
        pacer(service, limits=[Limit("x.all", calls, seconds)], repeatable=True)

    assert calls >= most_in_any(seconds, service.calls)
    assert seconds * (len(service.calls) / calls + 1.1) > clock.seconds() - start


def test_every_limit_of_a_call_is_kept(store: Store, clock: StillClock) -> None:
    """A call under two limits waits for the later one, and counts under both."""
    pacer, search, rest = Pacer(store, clock), Service(clock), Service(clock)
    narrow, wide = Limit("x.search", 2, 1.0), Limit("x.all", 6, 10.0)
    for _ in range(4):
        pacer(search, limits=[narrow, wide], repeatable=True)
        pacer(rest, limits=[wide], repeatable=True)

    assert 2 >= most_in_any(1.0, search.calls)
    assert 6 >= most_in_any(10.0, sorted([*search.calls, *rest.calls]))
    assert 4 == pacer.usage("x.search", since=date(2026, 11, 21))
    assert 8 == pacer.usage("x.all", since=date(2026, 11, 21))


def _call_for_a_while(url: str, limit: Limit, seconds: float, barrier: object, sent: object) -> None:
    with Store(url) as store:
        pacer = Pacer(store, SystemClock())
        barrier.wait()
        calls: list[float] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pacer(lambda: calls.append(time.monotonic()), limits=[limit], repeatable=True)
        sent.put(calls)


def test_two_processes_keep_one_limit_together(url: str) -> None:
    """Two processes that call as fast as they may do not send more than one alone might."""
    Store(url).close()
    barrier, sent, limit = FORK.Barrier(2), FORK.Queue(), Limit("x.all", 10, 0.5)
    start = time.monotonic()
    processes = [FORK.Process(target=_call_for_a_while, args=(url, limit, 1.6, barrier, sent)) for _ in range(2)]
    for process in processes:
        process.start()
    calls = sorted(sent.get() + sent.get())
    for process in processes:
        process.join()

    # A process may be late with a call, never early: so by any instant no more were sent than the windows since the
    # first allow. (Between two instants it could look like more: one late, the next in time.)
    over = [n for n, call in enumerate(calls, start=1) if n > 10 * (int((call - start) / 0.5) + 1)]
    assert [] == over
    assert 20 < len(calls)


def test_a_limit_that_is_used_up_for_long_says_so_at_once(store: Store, clock: StillClock) -> None:
    """A month's meter that is empty raises without sending, says for how long, and the other limits lose nothing."""
    pacer, service = Pacer(store, clock), Service(clock)
    month, second = Limit("x.month", 3, 31 * 86400.0), Limit("x.second", 100, 1.0)
    for _ in range(3):
        pacer(service, limits=[second, month], repeatable=True)
    clock.advance(86400)

    with pytest.raises(
        Unavailable, match=r"our limit of 3 calls in 31 days \(x.month\) is used up, free in 30 days"
    ) as e:
        pacer(service, limits=[second, month], repeatable=True)

    assert (timedelta(days=30), True) == (e.value.retry_after, e.value.limited)
    assert 3 == len(service.calls)
    assert 3 == pacer.usage("x.second", since=date(2026, 11, 1))
    assert [] == clock.slept


def test_usage_counts_by_day(store: Store, clock: StillClock) -> None:
    """Calls are counted by the day (UTC) on which they were sent."""
    pacer, service, limit = Pacer(store, clock), Service(clock), Limit("x.all", 100, 1.0)
    pacer(service, limits=[limit], repeatable=True)
    clock.advance(86400)
    pacer(service, limits=[limit], repeatable=True)

    assert 2 == pacer.usage("x.all", since=date(2026, 11, 21))
    assert 1 == pacer.usage("x.all", since=date(2026, 11, 22))
    assert 0 == pacer.usage("x.other", since=date(2026, 11, 1))


def test_without_limits_nothing_is_counted(store: Store, clock: StillClock) -> None:
    """A call that falls under no limit is sent at once, and a failed one is tried again all the same."""
    service = Service(clock, [unavailable(2)])

    assert "answer" == Pacer(store, clock)(service, limits=[], repeatable=True)
    assert [2.0] == clock.slept


@pytest.mark.parametrize(("before", "after", "free"), [(6, 10, 4), (10, 6, 0), (1000, 2000, 1000), (2000, 1000, 0)])
def test_a_limit_that_is_changed_remembers_what_was_sent(
    store: Store, clock: StillClock, before: int, after: int, free: int
) -> None:
    """A meter whose setting is changed goes on from the calls of the old window, give or take a block."""
    pacer, service = Pacer(store, clock), Service(clock)
    sent = 6 if before < 1000 else 1000
    for _ in range(sent):
        pacer(service, limits=[Limit("x.month", before, 86400.0)], repeatable=True)
        clock.advance(1)

    assert free == until_used_up(pacer, Limit("x.month", after, 86400.0))


def test_a_limit_that_was_never_used_may_change(store: Store, clock: StillClock) -> None:
    """A limit known by name only, because its first call was given up, takes its new shape."""
    with store.write() as connection:
        connection.execute(text("INSERT INTO limits VALUES ('x.all', '5/1', 0, 0)"))

    assert "answer" == Pacer(store, clock)(Service(clock), limits=[Limit("x.all", 9, 2.0)], repeatable=True)


def test_a_clock_that_was_put_back_does_not_stop_us(store: Store, clock: StillClock) -> None:
    """Calls noted a day ahead, by a clock since put right, are not waited for."""
    limit = Limit("x.all", 1, 1.0)
    ahead = StillClock(clock.now() + timedelta(days=1))
    Pacer(store, ahead)(Service(ahead), limits=[limit], repeatable=True)

    assert "answer" == Pacer(store, clock)(Service(clock), limits=[limit], repeatable=True)
    assert [] == clock.slept


def test_a_call_costs_a_handful_of_statements(store: Store) -> None:
    """Keeping two limits takes as many statements at the thousandth call as at the second: nothing is scanned."""
    pacer = Pacer(store, SystemClock())
    limits = [Limit("x.second", 10_000, 1.0), Limit("x.month", 100_000, 31 * 86400.0)]
    counts: list[int] = []

    def counted(*_: object) -> None:
        counts[-1] += 1

    event.listen(Engine, "before_cursor_execute", counted)
    try:
        for _ in range(1000):
            counts.append(0)
            pacer(lambda: None, limits=limits, repeatable=True)
    finally:
        event.remove(Engine, "before_cursor_execute", counted)

    assert {counts[1]} == set(counts[1:])
    assert 10 >= counts[1]


# ---- waits and retries ----------------------------------------------------------------------------------------------


def test_a_wait_that_was_asked_for_is_waited(store: Store, clock: StillClock) -> None:
    """After a Retry-After the next call is sent when it is over, not before."""
    service = Service(clock, [unavailable(30)])
    start = clock.seconds()

    assert "answer" == Pacer(store, clock)(service, limits=[Limit("x.all", 5, 1.0)], repeatable=False)
    assert [start, start + 30] == service.calls


def test_a_wait_that_one_process_was_asked_for_is_kept_by_all(store: Store, clock: StillClock) -> None:
    """A pause is remembered in the store: another process waits it out without a call."""
    limit, start = Limit("x.all", 5, 1.0), clock.seconds()
    impatient = Pacer(store, clock, patience=1)
    for words in ("later", "asked for a pause, over in 30 s"):
        with pytest.raises(Unavailable, match=words):
            impatient(Service(clock, [unavailable(30)]), limits=[limit], repeatable=True)
    other = Service(clock)

    Pacer(store, clock)(other, limits=[limit], repeatable=True)

    assert [start + 30] == other.calls


def test_a_longer_pause_is_not_shortened(store: Store, clock: StillClock) -> None:
    """Of two pauses asked for by calls under way at once, the later end counts."""
    limit, start, pacer = Limit("x.all", 5, 1.0), clock.seconds(), Pacer(store, clock, patience=1)

    def long_then_short() -> None:
        with pytest.raises(Unavailable):
            pacer(Service(clock, [unavailable(30)]), limits=[limit], repeatable=True)
        raise unavailable(10)

    with pytest.raises(Unavailable):
        pacer(long_then_short, limits=[limit], repeatable=True)
    service = Service(clock)
    Pacer(store, clock)(service, limits=[limit], repeatable=True)

    assert [start + 30] == service.calls


def test_a_pause_past_the_deadline_raises_without_a_call(store: Store, clock: StillClock) -> None:
    """While a service rests for longer than a run waits, calls are given up before they are sent."""
    limit, service = Limit("x.all", 5, 1.0), Service(clock, [unavailable(600)])
    pacer = Pacer(store, clock)
    for words in ("later", "asked for a pause, over in 10 min"):
        with pytest.raises(Unavailable, match=words):
            pacer(service, limits=[limit], repeatable=True)

    assert 1 == len(service.calls)
    assert [] == clock.slept


def test_no_pause_is_kept_for_longer_than_an_hour(store: Store, clock: StillClock) -> None:
    """A service that says "tomorrow" is asked again after an hour."""
    limit, service = Limit("x.all", 5, 1.0), Service(clock, [unavailable(86400)])
    with pytest.raises(Unavailable):
        Pacer(store, clock)(service, limits=[limit], repeatable=True)
    clock.advance(3601)

    assert "answer" == Pacer(store, clock)(service, limits=[limit], repeatable=True)


def test_five_attempts_with_growing_waits(store: Store, clock: StillClock) -> None:
    """A service that is down is tried five times, after about 0.5, 1, 2 and 4 s."""
    service = Service(clock, [unavailable() for _ in range(9)])

    with pytest.raises(Unavailable):
        Pacer(store, clock)(service, limits=[Limit("x.all", 5, 1.0)], repeatable=False)

    assert 5 == len(service.calls)
    waits = [after - before for before, after in zip(service.calls, service.calls[1:], strict=False)]
    assert [True] * 4 == [least <= wait <= least + 0.51 for least, wait in zip((0.5, 1, 2, 4), waits, strict=True)]


def test_a_rate_limit_is_not_an_attempt(store: Store, clock: StillClock) -> None:
    """Ten 429s in a row are waited out; they do not use up the attempts."""
    service = Service(clock, [*(unavailable(5, limited=True) for _ in range(10)), unavailable(), unavailable()])

    assert "answer" == Pacer(store, clock)(service, limits=[Limit("x.all", 5, 1.0)], repeatable=False)
    assert 13 == len(service.calls)


def test_the_deadline_ends_even_rate_limits(store: Store, clock: StillClock) -> None:
    """A service that limits us for ever is given up before the wait that would pass the deadline."""
    service = Service(clock, [unavailable(50, limited=True) for _ in range(99)])
    start = clock.seconds()

    with pytest.raises(Unavailable):
        Pacer(store, clock, patience=120)(service, limits=[Limit("x.all", 5, 1.0)], repeatable=True)

    assert [0, 50, 100] == [call - start for call in service.calls]


def test_an_outage_is_waited_through_once_not_by_every_call(store: Store, clock: StillClock) -> None:
    """The deadline counts from when the trouble began; one good answer ends the trouble, and so does a long silence."""
    pacer, limits = Pacer(store, clock, patience=20), [Limit("x.all", 100, 1.0)]
    down = Service(clock, [unavailable() for _ in range(99)])
    for _ in range(30):
        with pytest.raises(Unavailable):
            pacer(down, limits=limits, repeatable=True)
    assert 21 > sum(clock.slept)
    calls = len(down.calls)

    with pytest.raises(Unavailable):
        pacer(down, limits=limits, repeatable=True)
    assert calls + 1 == len(down.calls)

    assert "answer" == pacer(Service(clock), limits=limits, repeatable=True)
    assert "answer" == pacer(Service(clock, [unavailable()]), limits=limits, repeatable=True)

    for _ in range(30):
        with pytest.raises(Unavailable):
            pacer(down, limits=limits, repeatable=True)
    clock.advance(21)
    assert "answer" == pacer(Service(clock, [unavailable()]), limits=limits, repeatable=True)


def test_a_lost_answer_is_asked_for_again_only_if_that_does_no_harm(store: Store, clock: StillClock) -> None:
    """Unsure is tried again for what may be repeated, and raised at once for what may not."""
    pacer, limits = Pacer(store, clock), [Limit("x.all", 5, 1.0)]
    read, create = Service(clock, [Unsure("x", "lost")]), Service(clock, [Unsure("x", "lost")])

    assert "answer" == pacer(read, limits=limits, repeatable=True)
    with pytest.raises(Unsure):
        pacer(create, limits=limits, repeatable=False)

    assert (2, 1) == (len(read.calls), len(create.calls))


@pytest.mark.parametrize(
    "error", [Refused("x", "no"), Conflict("x", "moved"), Unauthorised("x", "who?"), KeyError("x")]
)
def test_anything_else_is_raised_as_it_is(store: Store, clock: StillClock, error: Exception) -> None:
    """A refusal, a conflict, a dead token and a bug are not tried again."""
    service: Callable[[], str] = Service(clock, [error])  # type: ignore[list-item]

    with pytest.raises(type(error)) as caught:
        Pacer(store, clock)(service, limits=[Limit("x.all", 5, 1.0)], repeatable=True)

    assert error is caught.value
    assert [] == clock.slept


def test_every_attempt_counts(store: Store, clock: StillClock) -> None:
    """A call that was tried three times is three calls on the meter."""
    pacer = Pacer(store, clock)
    pacer(Service(clock, [unavailable(), unavailable()]), limits=[Limit("x.all", 5, 1.0)], repeatable=True)

    assert 3 == pacer.usage("x.all", since=datetime(2026, 11, 21, tzinfo=UTC))
