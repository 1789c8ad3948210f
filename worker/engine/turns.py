"""Turns: what only one may do at a time, over all threads and processes that share the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from worker.engine.runs import Lease
from worker.engine.store import Store
from worker.ports import Caller, Clock, Unavailable

_BETWEEN_TRIES = timedelta(seconds=0.5)


class StoreTurns:
    """The `ports.Turns` of one `space`: the programme and the provider, like `acme/google-sheets`.

    The caller waits, for as long as it waits for a service. A turn whose process died is free at once, as leases are.
    """

    def __init__(self, store: Store, space: str, clock: Clock, caller: Caller) -> None:
        self._store = store
        self._space = space
        self._clock = clock
        self._caller = caller

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Wait for the turn and keep it while the block works; Unavailable when another has it for too long."""
        turn = Lease(self._store, f"{self._space}/{name}", self._clock)

        def take() -> None:
            if not turn.take():
                words = f"another run is still at {name}; the next one goes on"
                raise Unavailable(self._space, words, _BETWEEN_TRIES, limited=True)

        self._caller(take, limits=(), repeatable=True)
        with turn.kept():
            yield
