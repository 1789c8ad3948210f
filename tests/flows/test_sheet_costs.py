"""What a run may spend of Google's quota and of this machine's memory: calls, counted at the sandbox's request log."""

from __future__ import annotations

import re

import pytest

from tests.flows.conftest import Desk
from tests.flows.test_costs import new_leads, seed_leads
from tests.flows.worker_process import process
from worker.domain.tables import LEADS
from worker.sandbox.google.grid import Line

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("tracker", ["google-sheets"], indirect=True)]
MANY, CHANGED = 50_000, 10
STATUS = [column.name for column in LEADS.columns].index("Status")
MOST_MEMORY = 400  # MiB


def spent(desk: Desk, since: int) -> tuple[int, int]:
    """Return how many calls read and how many wrote since a place in the log; asking for a token is neither."""
    asked = [call for call in desk.tracker_server.log[since:] if call.path != "/token"]
    reads = [call for call in asked if call.method == "GET" or call.path.endswith("GetByDataFilter")]
    return len(reads), len(asked) - len(reads)


def test_a_thousand_new_leads(desk: Desk) -> None:
    """1,000 new leads with new companies cost HubSpot at most 40 calls, and Sheets two to read and four to write."""
    seed_leads(desk, 0)
    desk.run("intake")
    desk.hands.add_rows("Leads", new_leads(1000), form=True)
    desk.later(minutes=2)
    before, hubspot = len(desk.tracker_server.log), len(desk.world.servers["hubspot"].log)

    outcome = desk.run("intake")["intake"]

    assert "in sync" == outcome.state
    assert 1000 == len(desk.world.hubspot.deals())
    assert len(desk.world.servers["hubspot"].log) - hubspot <= 40
    reads, writes = spent(desk, before)
    assert reads <= 2
    assert writes <= 4


def seed_many(desk: Desk) -> None:
    """Let the Leads tab hold many leads that are in the CRM already, but for the first ten, which lack an address."""
    desk.partner("North Star")
    sheet = desk.world.google.sheet("Leads")
    assert [column.name for column in LEADS.columns] == sheet.lines[0].cells
    places = {column.name: place for place, column in enumerate(LEADS.columns)}
    rows = []
    for n in range(MANY):
        key = f"L-{n:08d}".translate(str.maketrans("0189", "ABCD"))
        there = {"Email": f"jo@old-{n}.test", "Status": "Qualified", "Deal ID": f"9{n:09d}", "Client ID": f"8{n:09d}"}
        cells = {"Lead": key, "Partner": "North Star", "Company": f"Old {n}", **(there if n >= CHANGED else {})}
        rows.append(Line([cells.get(name, "") for name in places]))
    sheet.lines[1:1] = rows
    desk.world.google.touch()


def test_among_fifty_thousand(desk: Desk) -> None:
    """A look at 50,000 quiet leads is one call; ten that changed cost four, in a process of less than 400 MiB."""
    seed_many(desk)
    desk.run("intake")
    desk.later(minutes=5)
    before = len(desk.tracker_server.log)
    desk.run("intake")
    assert (1, 0) == spent(desk, before)

    for n in range(CHANGED):
        desk.world.google.edit("Leads", n + 2, "Email", f"jo@old-{n}.test")
    desk.later(minutes=5)
    before = len(desk.tracker_server.log)
    log, sandbox = desk.folder / "worker.log", desk.world.servers["xero"].url
    child = process(desk.config, sandbox, ["intake"], desk.world.environment(), log)
    child.start()
    child.join(900)

    told = log.read_text(encoding="utf-8")
    assert 0 == child.exitcode, told
    leads = [line.cells for line in desk.world.google.sheet("Leads").lines[1 : CHANGED + 1]]
    assert ["Qualified"] * CHANGED == [cells[STATUS] for cells in leads]
    assert sum(spent(desk, before)) <= 4
    (peak,) = re.findall(r"(?m)^peak: (\d+) MiB$", told)
    assert int(peak) < MOST_MEMORY
