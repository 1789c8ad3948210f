"""What people change of the spreadsheet itself, its time zone and its tabs: looked at when all is read in full."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.connectors.google.google_stand import Stand
from worker.connectors.google_sheets import GoogleSheetsTracker
from worker.domain.cells import Cell

LONDON, NEW_YORK = (datetime(2026, 7, 1, hour, 30, tzinfo=UTC) for hour in (8, 13))


def submitted(tracker: GoogleSheetsTracker) -> list[Cell]:
    return [row.cells.get("Submitted") for row in tracker.read(["Leads"])["Leads"]]


def read(stand: Stand, *, whole: bool = False) -> list[tuple[str, int]]:
    """Let a run read, and return what it asked for."""
    stand.calls()
    stand.tracker().read(["Leads"], whole=whole)
    return stand.calls()


def test_the_zone_is_looked_at_again_with_all_rows(stand: Stand) -> None:
    """A form's time is read by the zone in which the spreadsheet counts now; the look costs one call."""
    stand.lead(Submitted=46204 + 9.5 / 24)
    assert [LONDON] == submitted(stand.tracker())
    stand.google.set_time_zone("America/New_York")

    assert (1, 2, 1) == (len(read(stand)), len(read(stand, whole=True)), len(read(stand)))
    assert [NEW_YORK] == submitted(stand.tracker())


def test_a_second_tab_of_a_tables_name_is_said(stand: Stand) -> None:
    """The table's own was renamed, a new one bears its name: nothing is read from it, and every run says so."""
    stand.lead(Company="Old")
    read(stand)
    stand.google.rename_tab("Leads", "Leads 2025")
    stand.google.make_tab("Leads", stand.google.values("Leads 2025")[0])
    stand.lead(Company="New")

    found = stand.tracker().read_sound(["Leads"], whole=True)
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
    assert () == stand.tracker().read_sound(["Leads"], whole=True).notes
