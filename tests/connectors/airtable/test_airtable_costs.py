"""What a round costs in calls, with the engine's own pace and memory, under the service's real limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.airtable.airtable_stand import Stand
from worker.connectors.airtable import AirtableTracker
from worker.domain.tables import TABLES
from worker.engine.memory import StoreMemory
from worker.engine.pace import Pacer
from worker.engine.store import Store
from worker.ports import Edit


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'state.db'}") as opened:
        yield opened


def run(stand: Stand, store: Store) -> AirtableTracker:
    return stand.tracker(memory=StoreMemory(store, "acme"), caller=Pacer(store, stand.time))


def leads_of_forms(stand: Stand, count: int) -> None:
    for n in range(count):
        stand.lead(Company=f"Company {n}")


@pytest.mark.parametrize("first", [True, False], ids=["first run", "later run"])
def test_1000_new_leads_take_at_most_230_calls(stand: Stand, store: Store, first: bool) -> None:
    """Reading every table, minting a key into each row, then writing ids and status back: keys first, law 1."""
    if not first:
        run(stand, store).read(list(TABLES))
    leads_of_forms(stand, 1_000)
    stand.calls()

    tracker = run(stand, store)
    rows = tracker.read(list(TABLES))["Leads"]
    tracker.write([Edit("Leads", row.id, "", {"Lead": f"L-{n:08}"}) for n, row in enumerate(rows)])
    done = tracker.write([
        Edit("Leads", row.id, f"L-{n:08}", {"Deal ID": str(n), "Status": "Qualified"}) for n, row in enumerate(rows)
    ])  # fmt: skip

    assert [row.id for row in rows] == list(done)
    calls = stand.calls()
    assert {200} == {status for _, status in calls}
    assert len(calls) <= 230


def test_the_echo_of_a_round_is_told_in_few_pages(stand: Stand, store: Store) -> None:
    """The round after 1,000 leads sees 200 of our own transactions and reads no row for them."""
    leads_of_forms(stand, 1_000)
    tracker = run(stand, store)
    rows = tracker.read(["Leads"])["Leads"]
    tracker.write([Edit("Leads", row.id, "", {"Lead": f"L-{n}"}) for n, row in enumerate(rows)])
    stand.calls()

    run(stand, store).read(["Leads"])

    assert 4 == len(stand.calls())  # schema, two pages of payloads, how far it is
    run(stand, store).read(["Leads"])
    assert 2 == len(stand.calls())


def test_the_pace_keeps_under_the_services_limit(stand: Stand, store: Store) -> None:
    """Forty calls under five a second, without a single 429 and its half minute."""
    stand.airtable.limits = True
    rows = stand.airtable.add_rows("Leads", [{"Company": f"{n}"} for n in range(380)])
    began = stand.time.seconds()

    tracker = run(stand, store)
    tracker.read(["Leads"])
    tracker.write([Edit("Leads", row, "", {"Status": "New"}) for row in rows])

    calls = stand.calls()
    assert {200} == {status for _, status in calls}
    assert 45 == len(calls)
    assert 8 < stand.time.seconds() - began < 14


def test_a_penalty_is_waited_for_and_forgotten(stand: Stand, store: Store) -> None:
    """Somebody else spent the base's calls: the 429 costs half a minute and no row."""
    stand.airtable.faults.order("rate-limit", method="PATCH")
    row = stand.lead()
    began = stand.time.seconds()

    assert [row] == list(run(stand, store).write([Edit("Leads", row, "", {"Status": "New"})]))
    assert 30 <= stand.time.seconds() - began < 40
