"""Two workers at once on one programme, as two processes would be, of which chance says at every step who goes on.

A step ends before every request, after its answer, and at every wait, so that any order of their requests and of what
is made of the answers can happen, and one seed always plays the same one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tests.flows.conftest import Desk, PlayedClock
from worker.app import App, load
from worker.engine.runs import Outcome
from worker.sandbox.clock import Clock

_PATIENCE = 600.0  # seconds: the other may take many steps, and each long on a busy machine


class Turnstile:
    """Lets one of several threads through at a time."""

    def __init__(self, chance: Random, count: int) -> None:
        self._chance = chance
        self._there = list(range(count))
        self._next = chance.randrange(count)
        self._changed = threading.Condition()

    def pass_on(self, own: int) -> None:
        """End a step: somebody goes on, perhaps oneself."""
        with self._changed:
            self._next = self._chance.choice(self._there)
            self._changed.notify_all()
            self._wait(own)

    def enter(self, own: int) -> None:
        """Wait for the first step."""
        with self._changed:
            self._wait(own)

    def leave(self, own: int) -> None:
        """Let the others go on alone."""
        with self._changed:
            self._there.remove(own)
            if self._there:
                self._next = self._chance.choice(self._there)
            self._changed.notify_all()

    def _wait(self, own: int) -> None:
        if not self._changed.wait_for(lambda: self._next == own, timeout=_PATIENCE):
            raise TimeoutError(f"worker {own} got no step for ten minutes: is the other one waiting for it?")


class SteppedClock(PlayedClock):
    """The sandbox's clock for one of several workers: a wait is a step."""

    def __init__(self, clock: Clock, step: Callable[[], None]) -> None:
        super().__init__(clock)
        self._step = step

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._step()


def run_together(desk: Desk, orders: Sequence[Sequence[str]], chance: Random) -> list[dict[str, Outcome]]:
    """Run several workers at once, each through flows in its own order; return how these ended."""
    gate = Turnstile(chance, len(orders))
    ended: list[Any] = [None] * len(orders)

    def work(own: int) -> None:
        gate.enter(own)
        try:
            ended[own] = _run(desk, orders[own], lambda: gate.pass_on(own))
        except BaseException as error:  # noqa: BLE001 (raised again below)
            ended[own] = error
        finally:
            gate.leave(own)

    threads = [threading.Thread(target=work, args=(own,)) for own in range(len(orders))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in ended:
        if isinstance(one, BaseException):
            raise one
    return ended


def _run(desk: Desk, flows: Sequence[str], step: Callable[[], None]) -> dict[str, Outcome]:
    config, loaded = load(desk.config)
    with App(config, loaded, clock=SteppedClock(desk.world.clock, step)) as app:
        send_now = app.caller

        def stepped(send: Callable[[], Any], **how: Any) -> Any:
            def next_step() -> Any:
                step()
                try:
                    return send()
                finally:
                    step()

            return send_now(next_step, **how)

        app.caller = stepped  # type: ignore[assignment]
        return app.run(flows)
