"""Who changed a cell of the worker's: as far as the feed says so, remembered until the worker writes it again."""

from __future__ import annotations

from dataclasses import replace

from tests.connectors.airtable.airtable_stand import Stand
from worker.ports import Edit, TellsWho


def read(stand: Stand, row: str, column: str) -> str | None:
    """Read the table as a new run does, and ask who changed a cell."""
    tracker = stand.tracker()
    tracker.read(["Leads", "Partners"])
    assert isinstance(tracker, TellsWho)
    return tracker.changed_by("Leads", row, column)


def test_a_person_is_named(stand: Stand) -> None:
    """By the name that Airtable knows, also to runs after the one that heard of it; other cells are nobody's."""
    row = stand.lead(Company="Acme", Status="New")
    read(stand, row, "Status")

    stand.airtable.edit("Leads", row, {"Status": "Won", "Company": "Other"})

    assert ["Robin Staff", "Robin Staff"] == [read(stand, row, "Status"), read(stand, row, "Status")]
    assert [None, None] == [read(stand, row, "Problem"), read(stand, row, "Company")]
    assert None is stand.tracker().changed_by("Leads", "recNONE", "Status")


def test_a_person_without_a_name_is_named_by_the_address(stand: Stand) -> None:
    """Airtable may leave the name out."""
    row = stand.lead(Company="Acme")
    read(stand, row, "Status")
    stand.airtable.person = replace(stand.airtable.person, name="")

    stand.airtable.edit("Leads", row, {"Status": "Won"})

    assert "robin@example.com" == read(stand, row, "Status")


def test_what_a_program_wrote_is_no_persons(stand: Stand) -> None:
    """Ours or another's: whoever changed the cell before is forgotten, and nothing is stored where nothing changes."""
    row = stand.lead(Company="Acme")
    read(stand, row, "Status")
    stand.airtable.edit("Leads", row, {"Status": "Won", "Deal ID": "5"})
    assert "Robin Staff" == read(stand, row, "Status")

    stand.tracker().write([Edit("Leads", row, "", {"Status": "Lost"})])

    assert None is read(stand, row, "Status")
    assert "Robin Staff" == read(stand, row, "Deal ID")
    shelf = f"airtable/{stand.airtable.base}/people"
    assert ["Robin Staff"] == list(stand.memory.load(shelf).values())


def test_a_pasted_row_is_nobodys_change(stand: Stand) -> None:
    """A row is new with whatever stands in it: nothing of the worker's was changed there."""
    read(stand, "recNONE", "Status")
    row = stand.airtable.add_row("Leads", {"Company": "Acme", "Status": "Won"})

    assert None is read(stand, row, "Status")
