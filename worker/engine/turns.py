"""Turns: what only one may do at a time, over all threads and processes that share the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from worker.engine.runs import Lease
from worker.engine.store import Store
from worker.ports import Clock, Unavailable

_BETWEEN_TRIES = 0.2  # seconds until it is asked again whether it is our turn


class StoreTurns:
    """The `ports.Turns` of one `space`: the programme and the provider, like `acme/google-sheets`.

    `patience` is how many seconds anybody waits. A turn whose process died is free at once, as leases are.
    """

    def __init__(self, store: Store, space: str, clock: Clock, *, patience: float) -> None:
        self._store = store
        self._space = space
        self._clock = clock
        self._patience = patience

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Wait for the turn and keep it while the block works; Unavailable when another has it for too long."""
        turn = Lease(self._store, f"{self._space}/{name}", self._clock)
        until = self._clock.seconds() + self._patience
        while not turn.take():
            if self._clock.seconds() >= until:
                raise Unavailable(self._space, f"another run is still at {name}; the next one goes on")
            self._clock.sleep(_BETWEEN_TRIES)
        with turn.kept():
            yield
