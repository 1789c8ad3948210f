"""Headers that are used again: what stands under them is believed only where the marks on our columns agree."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.connectors.google.google_stand import Stand
from worker.domain.tables import LEADS
from worker.ports import Edit, Refused
from worker.sandbox.google import Google

LAST = len(LEADS.columns) + 1


def used_again(google: Google, header: str) -> None:
    """Rename a column, and head a new one as it was, with a text of people's own."""
    google.rename_header("Leads", header, f"Our {header}")
    google.insert_columns("Leads", LAST)
    google.edit("Leads", 1, LAST, header)
    google.paste("Leads", 2, LAST, [["a secret"]])


@pytest.fixture
def lead(stand: Stand) -> Stand:
    stand.lead(Notes="for the CRM")
    tracker = stand.tracker()
    (row,) = tracker.read(["Leads"])["Leads"]
    tracker.write([Edit("Leads", row.id, "", {"Lead": "L-ABCDEFGH", "Problem": "old"})])
    return stand


@pytest.mark.parametrize("header", ["Notes", "Problem"])
def test_a_header_that_is_used_again_pauses_the_table(lead: Stand, header: str) -> None:
    """Nothing is read from under it, whoever owns the column; put back, all is well; taken as it is, it counts."""
    used_again(lead.google, header)

    found = lead.tracker().read_sound(["Leads", "Partners"])
    assert ["Partners"] == list(found.rows)
    assert f"the tab Leads has the header “{header}” over column AC, but its cells are in column" in str(
        found.faults["Leads"]
    )
    with pytest.raises(Refused, match="put the header back, or let `quarterday setup --apply` take it as it is"):
        lead.tracker().write([Edit("Leads", "L-ABCDEFGH", "", {"Status": "New"})])
    assert "a secret" == lead.grid("Leads")[0][header]

    tracker = lead.tracker()
    tracker.make(tracker.missing())
    (row,) = tracker.read(["Leads"])["Leads"]
    assert "a secret" == row.text(header)


def test_the_marks_are_found_though_nothing_is_remembered(lead: Stand) -> None:
    """They stand in the spreadsheet."""
    used_again(lead.google, "Notes")
    lead.memory.items.clear()
    lead.memory.cursors.clear()

    assert "Leads" in lead.tracker().read_sound(["Leads"]).faults


MOVES: dict[str, Callable[[Google], object]] = {
    "a column of ours is dragged": lambda google: google.move_column("Leads", "Notes", "Lead"),
    "one of theirs is put in": lambda google: google.insert_columns("Leads", "Company"),
    "one of theirs is renamed": lambda google: google.paste("Leads", 1, LAST, [["Mood"]]),
}


@pytest.mark.parametrize("move", MOVES)
def test_another_header_row_costs_a_call_once(lead: Stand, move: str) -> None:
    """The marks are asked for when it is first seen; after that a quiet run asks once again."""
    MOVES[move](lead.google)
    lead.calls()

    asked = []
    for _ in range(3):
        (row,) = lead.tracker().read(["Leads"])["Leads"]
        assert "for the CRM" == row.text("Notes")
        asked.append(len(lead.calls()))
    assert [2, 1, 1] == asked


def test_a_column_that_is_dragged_while_we_look_pauses_nothing(lead: Stand) -> None:
    """Between the reading and the look at the marks: it is read once more."""
    MOVES["one of theirs is renamed"](lead.google)
    lead.strike(MOVES["a column of ours is dragged"], before=2)

    (row,) = lead.tracker().read(["Leads"])["Leads"]
    assert "for the CRM" == row.text("Notes")
