"""Rows that were dragged or sorted above the header row: they count, nothing is doubled, titles stay people's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.connectors.google.google_stand import Stand, texts
from worker.connectors.google_sheets import GoogleSheetsTracker
from worker.domain.tables import LEADS
from worker.ports import Edit
from worker.sandbox.google import Google

HEADERS = [column.name for column in LEADS.columns]
LINES = [f"77/acme/2026-{n:02}/commission" for n in range(1, 13)]
Hand = Callable[[Google], object]


def write(tracker: GoogleSheetsTracker, why: str) -> None:
    edits = [Edit("Commissions", None, line, {"Deal ID": "77", "Month": line[8:15], "Why": why}) for line in LINES]
    assert LINES == list(tracker.write(edits))


def lines(stand: Stand) -> list[Any]:
    """Return what stands in the key column from the top down, the header too."""
    return [row[0] for row in stand.google.values("Commissions") if row and row[0]]


@pytest.fixture
def full(stand: Stand) -> Stand:
    """Twelve lines stand there, and the header row may be moved."""
    write(stand.tracker(), "first")
    stand.google.sheet("Commissions").properties["gridProperties"]["frozenRowCount"] = 0
    return stand


MOVES: dict[str, Hand] = {
    "a line is dragged above the header": lambda google: google.move_rows("Commissions", 4, 1),
    "three are": lambda google: google.move_rows("Commissions", 4, 1, 3),
    "the header is dragged down": lambda google: google.move_rows("Commissions", 1, 8),
    "the header is dragged down far": lambda google: google.move_rows("Commissions", 1, 13),
    "the header is sorted too": lambda google: google.sort("Commissions", "Line", header=False),
    "a title is above, and a line between": lambda google: (
        google.insert_rows("Commissions", 1), google.edit("Commissions", 1, 1, "Lines of 2026"),
        google.move_rows("Commissions", 5, 2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("forgetful", [False, True])
@pytest.mark.parametrize("move", MOVES)
def test_lines_above_the_header_stand(full: Stand, move: str, forgetful: bool) -> None:
    """They are read, written and never made again, also where nothing is remembered; and it is said in words."""
    MOVES[move](full.google)
    before = lines(full)
    if forgetful:
        full.memory.items.clear()
        full.memory.cursors.clear()

    tracker = full.tracker()
    found = tracker.read_sound(["Commissions"])
    assert sorted(LINES) == sorted(row.id for row in found.rows["Commissions"])
    assert "they count as ever: move the header row above them" in " ".join(found.notes)
    write(tracker, "second")

    assert before == lines(full)
    assert {"second"} == {row.cells["Why"] for row in full.tracker().read(["Commissions"])["Commissions"]}
    (said,) = full.tracker().missing()
    assert "the header at the top: the header of the tab Commissions is in row" in said.what
    assert not said.makeable


@pytest.mark.parametrize("before", range(1, 4))
@pytest.mark.parametrize("move", MOVES)
def test_rows_that_move_above_the_header_while_they_are_written(full: Stand, move: str, before: int) -> None:
    """Each cell ends in its row all the same; the header stays, and so does a title."""
    tracker = full.tracker()
    tracker.read(["Commissions"])
    full.strike(MOVES[move], before)
    edits = [Edit("Commissions", line, line, {"Why": f"of {line}"}) for line in LINES]
    found = tracker.write(edits)
    full.server.before.clear()

    assert LINES == list(found)
    rows = full.tracker().read(["Commissions"])["Commissions"]
    assert {line: f"of {line}" for line in LINES} == {row.id: row.cells.get("Why") for row in rows}
    assert ["Line"] == [line for line in lines(full) if line not in LINES and line != "Lines of 2026"]


def test_a_lead_above_the_header_counts(stand: Stand) -> None:
    """By its key; by its content where its key was cleared; and a new one by its address."""
    for n in range(4):
        stand.lead(Company=f"Company {n}", Notes=f"note {n}", Email=f"jo@client-{n}.test" if n else None)
    tracker = stand.tracker()
    rows = tracker.read(["Leads"])["Leads"]
    edits = [Edit("Leads", row.id, "", {"Lead": f"L-AAAAAAA{'ABCD'[n]}"}) for n, row in enumerate(rows[:3])]
    ids = list(tracker.write(edits))
    stand.google.edit("Leads", 2, "Lead", None)
    stand.google.move_rows("Leads", 1, 6)

    later = stand.tracker().read_sound(["Leads"])
    assert [*ids, "jo@client-3.test"] == [r.id if r.id in ids else r.text("Email") for r in later.rows["Leads"]]
    assert (
        "the header of the tab Leads is in row 5, below rows of the table (row 1, 2, 3, 4); they count as ever: move "
        "the header row above them"
    ) in later.notes


TITLES = [
    ["Leads of 2026"], ["Total", None, None, None, None, None, None, None, None, None, None, "=SUM(L5:L)"],
    ["Ask", "pat@north-star.test"], [None] * 7 + ["pat@north-star.test"], ["Lead", "Company"],
    ["the key, like L-AAAAAAAA", "who sent it"],
]  # fmt: skip


def test_titles_are_peoples_own(stand: Stand) -> None:
    """Sums, words and addresses above the header are neither read nor written, and nothing is said."""
    stand.lead(Company="Company 0", Email="jo@client-0.test")
    stand.google.insert_rows("Leads", 1, len(TITLES))
    stand.google.paste("Leads", 1, 1, TITLES)
    before = stand.google.values("Leads")[: len(TITLES) + 1]

    tracker = stand.tracker()
    found = tracker.read_sound(["Leads"])
    (row,) = found.rows["Leads"]
    assert "Company 0" == row.text("Company")
    assert () == found.notes
    tracker.write([Edit("Leads", row.id, "", {"Lead": "L-AAAAAAAA", "Problem": "x"})])
    assert before == stand.google.values("Leads")[: len(TITLES) + 1]


def test_members_and_splits_above_the_header_count(stand: Stand) -> None:
    """A person is known by the address, a share by the lead's key."""
    stand.google.paste("Members", 2, 1, [["pat@north-star.test", "North Star"], ["bo@blue.test", "Blue Door"]])
    stand.google.paste("Splits", 2, 1, [["L-AAAAAAAA", "North Star", 60], ["L-AAAAAAAA", "Blue Door", 40]])
    for tab in ("Members", "Splits"):
        stand.google.move_rows(tab, 2, 1)

    found = stand.tracker().read(["Members", "Splits"])
    assert ["North Star", "Blue Door"] == texts([row.cells for row in found["Members"]], "Partner")
    assert [60, 40] == texts([row.cells for row in found["Splits"]], "Share")
