"""A fresh store, world and bench for every test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from worker.domain.plan import Plan
from worker.engine.apply import apply
from worker.engine.journal import Journal
from worker.engine.result import Result
from worker.engine.store import Store

from .standins import DictTracker, Postbox, StillClock, UniqueCrm, World


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store(url) as opened:
        yield opened


@pytest.fixture
def journal(store: Store, clock: StillClock) -> Journal:
    return Journal(store, "acme", clock)


@dataclass
class Bench:
    """Everything that apply needs, standing ready; `apply` applies a plan to it."""

    world: World
    tracker: DictTracker
    crm: UniqueCrm
    slack: Postbox
    email: Postbox
    journal: Journal
    clock: StillClock

    def apply(self, plan: Plan, **more: Any) -> Result:
        notifiers = {"slack": self.slack, "email": self.email}
        defaults = {"tracker": self.tracker, "crm": self.crm, "notifiers": notifiers}
        return apply(plan, **{**defaults, "journal": self.journal, "clock": self.clock, **more})

    def leads(self, *rows: str) -> None:
        """Lay out empty rows of the Leads table."""
        self.world.table("Leads").update({row: {} for row in rows})


@pytest.fixture
def bench(journal: Journal, clock: StillClock) -> Bench:
    world = World()
    email = Postbox(world, name="email", can_find=False)
    return Bench(world, DictTracker(world), UniqueCrm(world), Postbox(world), email, journal, clock)
