"""A fresh store, world and bench for every test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from worker.domain.plan import Plan
from worker.engine.apply import apply
from worker.engine.journal import Journal
from worker.engine.result import Result
from worker.engine.store import Store

from .kept_desk import Desk
from .postgresql import new_database, programs, server
from .standins import DictTracker, Postbox, StillClock, UniqueCrm, World

_NUMBERS = count(1)
# Tests of what is said in SQL run on SQLite and on PostgreSQL.
_ON_BOTH = {
    "test_journal",
    "test_kept",
    "test_kept_beside_others",
    "test_memory",
    "test_outbox",
    "test_runs",
    "test_turns",
}
_TOO = {"test_two_processes_keep_one_limit_together", "test_many_processes_may_open_a_new_store_at_once"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests of the state on both databases."""
    chosen = metafunc.module.__name__.split(".")[-1] in _ON_BOTH or metafunc.function.__name__ in _TOO
    if "url" in metafunc.fixturenames and chosen:
        metafunc.parametrize("url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server of PostgreSQL; tests that need it are skipped where it is not installed."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL's programs are not installed (Debian: apt-get install postgresql)")
    with server(found) as url:
        yield url


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a state that does not exist yet; in SQLite, unless the test runs on both."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    return new_database(request.getfixturevalue("postgresql"), f"state-{next(_NUMBERS)}")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store(url) as opened:
        yield opened


@pytest.fixture
def desk(store: Store, clock: StillClock) -> Desk:
    return Desk(store, clock)


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
