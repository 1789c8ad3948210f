"""Times that the worker wrote: the same instant for ever, whatever a clock shows twice and whatever the zone is now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.connectors.google.google_stand import Stand
from worker.connectors.google_sheets import GoogleSheetsTracker
from worker.ports import Edit
from worker.sandbox.server import Request

FIRST = datetime(2026, 10, 25, 0, 25, 5, 123456, tzinfo=UTC)  # London's clocks go back from 02:00 to 01:00 at 01:00 UTC
SECOND = FIRST + timedelta(hours=1)
SUMMER = datetime(2026, 7, 1, 16, tzinfo=UTC)


def sync(tracker: GoogleSheetsTracker, **moments: datetime) -> None:
    """Let the worker write these times into the leads of these companies."""
    rows = {row.text("Company"): row for row in tracker.read(["Leads"])["Leads"]}
    edits = [
        Edit("Leads", rows[company].id, "", {"Lead": f"L-AAAAAAA{company[0]}", "Synced": moment})
        for company, moment in moments.items()
    ]
    assert {str} == {type(one) for one in tracker.write(edits)}


def synced(tracker: GoogleSheetsTracker) -> dict[str, Any]:
    return {row.text("Company"): row.cells.get("Synced") for row in tracker.read(["Leads"])["Leads"]}


@pytest.fixture
def leads(stand: Stand) -> Stand:
    for company in ("Ash", "Birch"):
        stand.lead(Company=company)
    return stand


@pytest.mark.parametrize("moment", [FIRST, SECOND])
def test_the_hour_that_a_clock_shows_twice(leads: Stand, moment: datetime) -> None:
    """Both times it is read as it was meant, to the microsecond, by whoever wrote it and by a later process."""
    tracker = leads.tracker()
    sync(tracker, Ash=moment)

    assert moment == synced(tracker)["Ash"]
    assert moment == synced(leads.tracker())["Ash"]


def test_two_times_an_hour_apart_that_a_clock_shows_alike(leads: Stand) -> None:
    """Each keeps its own: the later is written some milliseconds off, and read as it was meant."""
    sync(leads.tracker(), Ash=FIRST)
    sync(leads.tracker(), Birch=SECOND)

    assert {"Ash": FIRST, "Birch": SECOND} == synced(leads.tracker())
    shown = [row["Synced"] for row in leads.grid("Leads")]
    assert timedelta(0) < timedelta(days=abs(shown[0] - shown[1])) < timedelta(seconds=0.1)


def test_the_zone_of_the_spreadsheet_is_changed(leads: Stand) -> None:
    """What the worker wrote before means what it meant; what it writes from now on is what the clock shows there."""
    sync(leads.tracker(), Ash=SUMMER)
    leads.google.set_time_zone("America/New_York")
    tracker = leads.tracker(time_zone=ZoneInfo("America/New_York"))
    tracker.check()  # looks at the zone
    sync(tracker, Birch=SUMMER)

    assert {"Ash": SUMMER, "Birch": SUMMER} == synced(leads.tracker())
    assert [46204 + 17 / 24, 46204.5] == [pytest.approx(row["Synced"]) for row in leads.grid("Leads")]


def test_a_time_of_before_all_remembering_is_kept_as_it_was_first_read(leads: Stand) -> None:
    """The state was lost: the zone tells, and what it told stays when the zone is changed later."""
    sync(leads.tracker(), Ash=SUMMER)
    leads.memory.items.clear()
    leads.memory.cursors.clear()
    assert SUMMER == synced(leads.tracker())["Ash"]

    leads.google.set_time_zone("America/New_York")
    leads.tracker().check()

    assert SUMMER == synced(leads.tracker())["Ash"]


def test_what_a_hand_typed_is_read_by_the_zone(leads: Stand) -> None:
    """Another number than the one that was written is what somebody means by it today."""
    sync(leads.tracker(), Ash=SUMMER)
    leads.google.edit("Leads", 2, "Synced", "2026-07-01 17:30")

    assert datetime(2026, 7, 1, 16, 30, tzinfo=UTC) == synced(leads.tracker())["Ash"]


def test_a_process_that_read_before_another_wrote(leads: Stand) -> None:
    """It learns what the other meant when it meets the number."""
    sync(leads.tracker(), Birch=FIRST)
    early = leads.tracker()
    synced(early)
    sync(leads.tracker(), Ash=SECOND)
    early.refresh()

    assert SECOND == synced(early)["Ash"]


def test_what_is_meant_is_noted_before_it_is_written(leads: Stand) -> None:
    """So a process that dies right after its write leaves nothing that a later one reads otherwise."""
    noted: list[bool] = []

    def look(request: Request) -> None:
        if request.path.endswith("/values:batchUpdateByDataFilter"):
            noted.append(SECOND.isoformat() in str(leads.memory.items))

    leads.server.before.append(look)
    sync(leads.tracker(), Ash=SECOND)

    assert [True] == noted


def test_numbers_that_no_cell_holds_any_more_are_forgotten_in_time(leads: Stand) -> None:
    """A lead that is written again and again leaves a thousand of them behind at the most."""
    tracker = leads.tracker()
    sync(tracker, Ash=SUMMER)
    shelf = next(name for name in leads.memory.items if name.endswith("/Leads/moments"))
    for n in range(1, 1200):
        leads.memory.items[shelf][f"4{n:04}.5"] = (
            f'"{datetime(2010, 1, 1, tzinfo=UTC) + timedelta(days=n):%Y-%m-%dT%H:%M:%S+00:00}"'
        )
    sync(leads.tracker(), Birch=FIRST)
    leads.google.edit("Leads", 2, "Synced", "2026-07-01 17:30")
    synced(leads.tracker())

    assert len(leads.memory.items[shelf]) <= 1004
    assert {"Birch": FIRST} == {name: at for name, at in synced(leads.tracker()).items() if name == "Birch"}
