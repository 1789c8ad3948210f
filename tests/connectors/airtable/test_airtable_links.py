"""Cells that link: what they were called before, and which row a name means after its row was renamed."""

from __future__ import annotations

import pytest

from tests.connectors.airtable.airtable_stand import Stand
from worker.domain.cells import Cell, Row
from worker.domain.kept import Kept, followed, recalled
from worker.ports import Edit, Refused


@pytest.fixture
def linked(stand: Stand) -> tuple[Stand, str, str]:
    """A base whose lines link to partners, with one line of North Star; the partner's row and the line's."""
    stand.airtable.retype_field("Commissions", "Partner", "multipleRecordLinks", {"linkedTableId": "Partners"})
    partner = stand.airtable.add_row("Partners", {"Partner": "North Star"})
    (line,) = stand.tracker().write([Edit("Commissions", None, "1/north-star", {"Partner": "North Star"})])
    assert isinstance(line, str)
    return stand, partner, line


def read(stand: Stand) -> Row:
    """Return the line as a new run reads it."""
    (row,) = stand.tracker().read(["Commissions"])["Commissions"]
    return row


def test_a_link_knows_what_it_was_called(linked: tuple[Stand, str, str]) -> None:
    """After a rename it reads by the new name, and says which it had; before, it says nothing."""
    stand, partner, _ = linked
    assert {} == read(stand).formerly

    for name in ("North Star Ltd", "Polaris"):
        stand.airtable.edit("Partners", partner, {"Partner": name})
        assert name == read(stand).text("Partner")
    stand.airtable.edit("Partners", partner, {"Partner": None})

    row = read(stand)
    assert (partner,) == row.cells["Partner"]
    assert {"North Star", "North Star Ltd", "Polaris", (partner,)} <= row.formerly["Partner"]


def test_what_one_run_saw_of_a_rename_another_knows(linked: tuple[Stand, str, str]) -> None:
    """Runs share the names that they saw, also one that began before and looks again."""
    stand, partner, _ = linked
    tracker = stand.tracker()
    tracker.read(["Commissions"])
    stand.airtable.edit("Partners", partner, {"Partner": "North Star Ltd"})
    read(stand)
    stand.airtable.edit("Partners", partner, {"Partner": "Polaris"})

    tracker.refresh(["Partners", "Commissions"])
    (row,) = tracker.read(["Commissions"])["Commissions"]
    assert {"North Star", "North Star Ltd"} <= row.formerly["Partner"]


def test_a_former_name_is_written_as_its_row(linked: tuple[Stand, str, str]) -> None:
    """A plan made before the rename writes the link that it meant; a name that a row has now goes first."""
    stand, partner, line = linked
    read(stand)
    stand.airtable.edit("Partners", partner, {"Partner": "Polaris"})
    stand.airtable.edit("Commissions", line, {"Partner": None})
    write = [Edit("Commissions", line, "", {"Partner": "North Star"})]

    assert [line] == list(stand.tracker().write(write))
    assert [partner] == stand.airtable.row("Commissions", line)["Partner"]
    other = stand.airtable.add_row("Partners", {"Partner": "North Star"})
    assert [line] == list(stand.tracker().write(write))
    assert [other] == stand.airtable.row("Commissions", line)["Partner"]

    stand.airtable.delete("Partners", other)
    stand.airtable.delete("Partners", partner)
    (refused,) = stand.tracker().write(write)
    assert isinstance(refused, Refused)
    assert "no row is called “North Star”" in refused.text


def test_what_is_kept_follows_the_rename() -> None:
    """Also of values that may stand instead; other columns and other names stay."""
    row = Row(
        "Commissions", "rec1", {"Partner": "Polaris", "Lead": "L-1"}, None, {"Partner": frozenset({"North Star"})}
    )
    kept = Kept({"Partner": "North Star", "Lead": "L-1"}, {"Partner": ("North Star", "Blue Door", None)})

    now = followed(kept, row)

    expected: dict[str, Cell] = {"Partner": "Polaris", "Lead": "L-1"}
    assert (expected, {"Partner": ("Polaris", "Blue Door", None)}) == (now.cells, now.also)


def test_an_emptied_link_says_which_rows_are_gone(linked: tuple[Stand, str, str]) -> None:
    """Airtable takes a deleted row out of what links to it; a name that a row has again is not among them."""
    stand, partner, line = linked
    read(stand)
    stand.airtable.delete("Partners", partner)

    row = read(stand)
    assert (None, ["North Star"]) == (row.cells["Partner"], list(row.formerly["Partner"]))
    assert "North Star" == recalled(row, Kept({"Partner": "North Star"})).cells["Partner"]
    assert row is recalled(row, Kept({"Partner": "Blue Door"}))
    stand.airtable.add_row("Partners", {"Partner": "North Star"})
    assert {} == read(stand).formerly
    assert line == row.id
