"""What people change of the spreadsheet itself, its time zone and its tabs: looked at once an hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.connectors.google.google_stand import Stand
from tests.connectors.standins import Time
from worker.connectors.google_sheets import GoogleSheetsTracker
from worker.domain.cells import Cell

LONDON, NEW_YORK = (datetime(2026, 7, 1, hour, 30, tzinfo=UTC) for hour in (8, 13))


def submitted(tracker: GoogleSheetsTracker) -> list[Cell]:
    return [row.cells.get("Submitted") for row in tracker.read(["Leads"])["Leads"]]


def read(stand: Stand) -> list[tuple[str, int]]:
    """Let a run read, and return what it asked for."""
    stand.calls()
    stand.tracker().read(["Leads"])
    return stand.calls()


def test_the_zone_is_looked_at_again_once_an_hour(stand: Stand) -> None:
    """A form's time is read by the zone in which the spreadsheet counts now; the looks cost a call an hour."""
    stand.lead(Submitted=46204 + 9.5 / 24)
    assert [LONDON] == submitted(stand.tracker())
    stand.google.set_time_zone("America/New_York")

    stand.clock.advance(timedelta(minutes=59))
    assert 1 == len(read(stand))
    stand.clock.advance(timedelta(minutes=2))
    assert 2 == len(read(stand))
    assert [NEW_YORK] == submitted(stand.tracker())
    assert [1, 1] == [len(read(stand)) for _ in range(2)]


class InSpring(Time):
    """The clock of a run `--as-of` a day to come."""

    def now(self) -> datetime:
        return super().now() + timedelta(days=90)


def test_a_run_as_of_a_day_to_come_leaves_no_gap(stand: Stand) -> None:
    """The next run, of today, looks again."""
    stand.tracker(clock=InSpring(stand.clock)).read(["Leads"])

    assert [2, 1] == [len(read(stand)) for _ in range(2)]


def test_a_second_tab_of_a_tables_name_is_said(stand: Stand) -> None:
    """The table's own was renamed, a new one bears its name: nothing is read from it, and every run says so."""
    stand.lead(Company="Old")
    read(stand)
    stand.google.rename_tab("Leads", "Leads 2025")
    stand.google.make_tab("Leads", stand.google.values("Leads 2025")[0])
    stand.lead(Company="New")
    stand.clock.advance(timedelta(hours=1))

    found = stand.tracker().read_sound(["Leads"])
    assert ["Old"] == [row.text("Company") for row in found.rows["Leads"]]
    assert (
        "the tab “Leads” is not read, for the table Leads is the tab “Leads 2025”, which was renamed: move what stands "
        "in “Leads” into “Leads 2025” and delete it, or give it another name",
    ) == found.notes
    stand.calls()
    assert found.notes == stand.tracker().read_sound(["Leads"]).notes
    assert 1 == len(stand.calls())
    (said,) = [check for check in stand.tracker().check() if not check.ok]
    assert "the tab “Leads” is not read" in said.found
    assert "move what stands in “Leads” into “Leads 2025”" in said.remedy

    stand.google.rename_tab("Leads", "Leads 2026")
    stand.clock.advance(timedelta(hours=1))
    assert () == stand.tracker().read_sound(["Leads"]).notes
