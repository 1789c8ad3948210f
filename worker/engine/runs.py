"""Runs: one of a flow at a time over all processes, each ending in words that `status` shows.

A run holds a lease and renews it while it works; one that lost its lease (it slept for too long, and another took over)
is stopped before its next effect. The lease of a process that died on this machine is taken over at once.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from worker.domain.approvals import Difference
from worker.engine.clock import Stopping
from worker.engine.result import Result, State
from worker.engine.store import Store, instant, stamp
from worker.ports import Clock, ServiceError, UnsafePlan

log = structlog.get_logger()

_LEASE_SECONDS = 120.0
_MOST_WORDS = 2000  # characters of the words that are kept
_LIFE = uuid.uuid4().hex[:12]  # tells this process from another that had its number before

_HOLDER = text("SELECT token FROM leases WHERE name = :name")
_TAKE = text(
    "INSERT INTO leases (name, token, expires) VALUES (:name, :token, :expires) "
    "ON CONFLICT (name) DO UPDATE SET token = excluded.token, expires = excluded.expires "
    "WHERE leases.expires < :now OR leases.token = :dead"
)
_RENEW = text("UPDATE leases SET expires = :expires WHERE name = :name AND token = :token")
_GIVE_BACK = text("DELETE FROM leases WHERE name = :name AND token = :token")

_BEGIN = text(
    "INSERT INTO health (programme, flow, state, words, counts, started_at, seconds) "
    "VALUES (:programme, :flow, 'waiting', :words, '{}', :at, 0) "
    "ON CONFLICT (programme, flow) DO UPDATE SET state = excluded.state, words = excluded.words, "
    "counts = excluded.counts, started_at = excluded.started_at, seconds = 0"
)
# Only by the run that still holds the lease: another may have begun in the meantime.
_END = text(
    "UPDATE health SET state = :state, words = :words, counts = :counts, seconds = :seconds, "
    "succeeded_at = COALESCE(:succeeded_at, succeeded_at) WHERE programme = :programme AND flow = :flow "
    "AND EXISTS (SELECT 1 FROM leases WHERE name = :name AND token = :token)"
)
_HEALTH = text(
    "SELECT flow, state, words, counts, started_at, succeeded_at, seconds FROM health "
    "WHERE programme = :programme ORDER BY flow"
)


class LeaseLost(Exception):
    """Another process has taken this run over: do nothing more."""


class Lease:
    """The right to run one flow of one programme; calling it is the guard before every effect."""

    def __init__(self, store: Store, name: str, clock: Clock, seconds: float = _LEASE_SECONDS) -> None:
        self._store = store
        self.name = name
        self._clock = clock
        self._seconds = seconds
        self.token = f"{socket.gethostname()}/{os.getpid()}/{_LIFE}/{uuid.uuid4().hex}"

    def __call__(self) -> None:
        """Renew the lease; raise LeaseLost when it is not ours any more."""
        with self._store.jot() as connection:
            if connection.execute(_RENEW, self._row()).rowcount != 1:
                raise LeaseLost(f"{self.name} was taken over by another process")

    def take(self) -> bool:
        """Take the lease if it is free, has run out, or its holder is dead; False when it is another's."""
        with self._store.write() as connection:
            holder = connection.scalar(_HOLDER, {"name": self.name})
            dead = holder if holder is not None and not _alive(holder) else ""
            row = {**self._row(), "now": self._clock.seconds(), "dead": dead}
            return connection.execute(_TAKE, row).rowcount == 1

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew the lease in the background while the block works, and give it back at the end."""
        done = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(done,), name=f"lease {self.name}", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()
            with self._store.write() as connection:
                connection.execute(_GIVE_BACK, self._row())

    def _keep(self, done: threading.Event) -> None:
        while not done.wait(self._seconds / 4):
            with suppress(SQLAlchemyError, LeaseLost):  # the guard finds out before the next effect
                self()

    def _row(self) -> dict[str, object]:
        expires = self._clock.seconds() + self._seconds
        return {"name": self.name, "token": self.token, "expires": expires}


def _alive(token: str) -> bool:
    """Tell whether the process that took a lease may still live; only those of this machine can be known dead."""
    host, process, life, _ = token.split("/")
    if host != socket.gethostname():
        return True
    if int(process) == os.getpid():
        return life == _LIFE
    try:
        os.kill(int(process), 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)  # one that we may not signal is there
    return True


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, in a state and words; `result` is there when its plan was applied.

    `difference` is there when it was not, because it is not the plan that a person approved.
    """

    flow: str
    state: State
    words: str
    seconds: float
    result: Result | None = None
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How a flow fares: its last run, and when it last got through."""

    flow: str
    state: State
    words: str
    counts: Mapping[str, int]
    started_at: datetime
    succeeded_at: datetime | None
    seconds: float


def run_flow(
    store: Store,
    programme: str,
    flow: str,
    work: Callable[[Lease], Result],
    *,
    clock: Clock,
    lease_seconds: float = _LEASE_SECONDS,
    turn: str | None = None,
) -> Outcome:
    """Run a flow once, unless another process is at it (state `busy`), and record how it ended.

    Flows with the same `turn` never run at the same time; without one a flow only never overlaps itself.

    `work` reads, plans and applies; it gets the lease, to hand on as apply's guard and owner. Whatever it raises
    becomes a state, so that the other flows go on.
    """
    lease = Lease(store, f"{programme}/{turn or flow}", clock, lease_seconds)
    if not lease.take():
        return Outcome(flow, "busy", "another process is running this flow", 0.0)
    with lease.kept():
        start = clock.seconds()
        _note_beginning(store, programme, flow, clock)
        state, words, result = _work(flow, work, lease)
        outcome = Outcome(flow, state, words[:_MOST_WORDS], clock.seconds() - start, result)
        _note_end(store, programme, outcome, lease, clock)
    log.info("flow.ended", programme=programme, flow=flow, state=state, seconds=round(outcome.seconds, 3))
    return outcome


def _note_beginning(store: Store, programme: str, flow: str, clock: Clock) -> None:
    words = "under way, or cut off in the middle; the next run goes on"
    row = {"programme": programme, "flow": flow, "words": words, "at": stamp(clock.now())}
    with store.write() as connection:
        connection.execute(_BEGIN, row)


def _note_end(store: Store, programme: str, outcome: Outcome, lease: Lease, clock: Clock) -> None:
    through = outcome.state in {"in sync", "needs attention"}
    row = {
        "programme": programme,
        "flow": outcome.flow,
        "state": outcome.state,
        "words": outcome.words,
        "counts": json.dumps(dict(outcome.result.counts) if outcome.result else {}),
        "seconds": outcome.seconds,
        "succeeded_at": stamp(clock.now()) if through else None,
        "name": lease.name,
        "token": lease.token,
    }
    with store.write() as connection:
        connection.execute(_END, row)


def health(store: Store, programme: str) -> Sequence[Health]:
    """Return how every flow that ever ran fares, by name."""
    with store.read() as connection:
        rows = [dict(row) for row in connection.execute(_HEALTH, {"programme": programme}).mappings()]
    return [
        Health(
            **{
                **row,
                "counts": json.loads(row["counts"]),
                "started_at": instant(row["started_at"]),
                "succeeded_at": instant(row["succeeded_at"]) if row["succeeded_at"] else None,
            }
        )
        for row in rows
    ]


def _work(flow: str, work: Callable[[Lease], Result], lease: Lease) -> tuple[State, str, Result | None]:
    try:
        result = work(lease)
    except UnsafePlan as unsafe:
        return "stopped", str(unsafe), None
    except ServiceError as error:
        return "failed", str(error), None
    except (Stopping, LeaseLost) as left:
        return "waiting", str(left), None
    except Exception as error:  # noqa: BLE001
        # The one place that catches everything: a fault in one flow must not stop the others. The trace goes out as
        # text, because prettier ones show the values of variables, tokens among them.
        log.error("flow.broke", flow=flow, trace=traceback.format_exc())
        return "failed", f"a fault of the worker itself ({type(error).__name__}); see its log", None
    return result.state, result.words, result
