"""Sheets as people make them: merged cells, protections, marks that are made while columns move, tabs wide and low."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.connectors.google.google_stand import Stand, texts
from worker.connectors.google_sheets import GoogleSheetsTracker
from worker.connectors.google_sheets.identity import KEYS, WITNESSES, printed
from worker.domain.cells import Row
from worker.domain.tables import LEADS, TABLES
from worker.ports import Edit, Refused
from worker.sandbox.google import Google
from worker.sandbox.google.a1 import Box
from worker.sandbox.google.grid import Pin
from worker.sandbox.google.workspace import ACCOUNT

HEADERS = [column.name for column in LEADS.columns]
COUNT = 4


def seeded(stand: Stand, *, keys: bool = True) -> dict[str, str]:
    """Add leads, with their keys; return company → id."""
    for n in range(COUNT):
        stand.lead(Company=f"Company {n}", Email=f"jo@client-{n}.test")
    if not keys:
        return {}
    tracker = stand.tracker()
    rows = tracker.read(["Leads"])["Leads"]
    tracker.write([Edit("Leads", row.id, "", {"Lead": f"L-AAAAAAA{'ABCD'[n]}"}) for n, row in enumerate(rows)])
    stand.calls()
    return {row.text("Company"): row.id for row in tracker.read(["Leads"])["Leads"]}


def told(rows: Mapping[str, str], column: str = "Problem") -> list[Edit]:
    return [Edit("Leads", row, "", {column: f"for {company}"}) for company, row in rows.items()]


def read(tracker: GoogleSheetsTracker) -> list[Row]:
    return list(tracker.read(["Leads"])["Leads"])


def letter(header: str) -> str:
    place = HEADERS.index(header)
    return chr(ord("A") + place) if place < 26 else "A" + chr(ord("A") + place - 26)


# ---- cells that take nothing ----------------------------------------------------------------------------------------


def test_cells_that_are_merged_are_named(stand: Stand) -> None:
    """What lies under a merge takes nothing: that row is told so, the others are written."""
    rows = seeded(stand)
    stand.google.merge("Leads", f"{letter('Problem')}3:{letter('Problem')}4")

    found = stand.tracker().write(told(rows))

    bad = found[2]
    assert isinstance(bad, Refused)
    assert "Leads: Problem of L-AAAAAAAC took nothing: are cells merged there?" == bad.text
    assert ["for Company 0", "for Company 1", None, "for Company 3"] == texts(stand.grid("Leads"), "Problem")


def test_keys_that_are_merged_are_named(stand: Stand) -> None:
    """A key that can't be minted because its cell is merged with the one above: told in words, the others have it."""
    seeded(stand, keys=False)
    stand.google.merge("Leads", "A3:A4")
    tracker = stand.tracker()
    rows = read(tracker)

    found = tracker.write([Edit("Leads", row.id, "", {"Lead": f"L-AAAAAAA{'ABCD'[n]}"}) for n, row in enumerate(rows)])

    bad = found[2]
    assert isinstance(bad, Refused)
    assert "are cells merged there?" in bad.text
    assert ["L-AAAAAAAA", "L-AAAAAAAB", None, "L-AAAAAAAD"] == texts(stand.grid("Leads"), "Lead")


def test_a_merge_across_columns_stops_only_its_row(stand: Stand) -> None:
    """A title over several cells in the middle of the tab: neighbours are read and written as ever."""
    rows = seeded(stand)
    stand.google.merge("Leads", f"B3:{letter('Status')}3")

    found = stand.tracker().write(told(rows, "Status"))

    assert [True, False, True, True] == [isinstance(one, str) for one in found]
    assert ["for Company 0", None, "for Company 2", "for Company 3"] == texts(stand.grid("Leads"), "Status")


def test_a_protection_that_shuts_us_out_is_told_in_words(stand: Stand) -> None:
    """One row that only its owner may edit keeps us from the columns that cross it: who has to be let in is said."""
    rows = seeded(stand)
    before = stand.grid("Leads")
    shut(stand, stand.google.sheet("Leads").id, row=2)

    found = stand.tracker().write(told(rows))

    assert {Refused} == {type(one) for one in found}
    assert all(f"Let {ACCOUNT} edit the protected ranges." in str(one) for one in found)
    assert before == stand.grid("Leads")
    (lack,) = stand.tracker().missing()
    assert "the right to write where the tab Leads is protected (“Ours”)" == lack.what
    assert (f"let {ACCOUNT} edit it, under Data → Protect sheets and ranges", False) == (lack.remedy, lack.makeable)


def test_a_tab_that_shuts_us_out_is_told_at_once(stand: Stand) -> None:
    """The whole tab is protected: every row is told so, and it takes a handful of calls."""
    rows = seeded(stand)
    shut(stand, stand.google.sheet("Leads").id)

    found = stand.tracker().write(told(rows))

    assert {Refused} == {type(one) for one in found}
    assert all("edit the protected ranges" in str(one) for one in found)
    assert len(stand.calls()) <= 8


def shut(stand: Stand, tab: int, row: int | None = None) -> None:
    """Protect a tab, or a row of it, for its owner alone, as people can in the page."""
    box = Box() if row is None else Box(row, row + 1)
    body = {"protectedRangeId": 77, "editors": {"users": ["staff@sandbox.test"]}, "description": "Ours"}
    stand.google.file.sheet(tab).add_pin([], Pin("protected", (box,), body))


# ---- marks ----------------------------------------------------------------------------------------------------------

COLUMN_MOVES: Mapping[str, Callable[[Google], object]] = {
    "insert before all": lambda google: google.insert_columns("Leads", "Lead", 2),
    "insert in the middle": lambda google: google.insert_columns("Leads", "Status"),
    "move ours to the front": lambda google: google.move_column("Leads", "Problem", "Lead"),
    "move the key": lambda google: google.move_column("Leads", "Lead", "Status"),
    "delete one of theirs": lambda google: google.delete_columns("Leads", "Mood"),
    "sort": lambda google: google.sort("Leads", "Company", descending=True),
    "put a title above": lambda google: google.insert_rows("Leads", 1),
}


@pytest.mark.parametrize("before", range(1, 6))
@pytest.mark.parametrize("move", COLUMN_MOVES)
def test_marks_that_are_made_while_columns_move_lead_nothing_astray(bare: Stand, move: str, before: int) -> None:
    """A tab that staff made has no marks yet: whatever moves before any of our requests, each cell is in its column."""
    rows = [[None] * 3 + [f"Company {n}"] + [None] * 3 + [f"jo@client-{n}.test"] for n in range(COUNT)]
    bare.google.make_tab("Leads", [*HEADERS, "Mood"], rows)
    tracker = bare.tracker()
    known = read(tracker)
    bare.strike(COLUMN_MOVES[move], before)
    edits = [Edit("Leads", row.id, "", {"Lead": f"L-AAAAAAA{'ABCD'[n]}", "Problem": f"for {row.text('Company')}"})
             for n, row in enumerate(known)]  # fmt: skip
    found = tracker.write(edits)
    bare.server.before.clear()

    shown = titled(bare)
    assert [] == [row for row in shown if row.get("Problem", f"for {row['Company']}") != f"for {row['Company']}"]
    assert {"Lead", "Problem", "Company", "Email"} >= {name for row in shown for name in row}
    later = bare.tracker()
    again = later.write([Edit("Leads", row.id, "", {"Problem": f"for {row.text('Company')}"}) for row in read(later)])
    assert {str} == {type(one) for one in again}, found
    assert {f"Company {n}": f"for Company {n}" for n in range(COUNT)} == {
        row["Company"]: row["Problem"] for row in titled(bare)
    }


def titled(stand: Stand) -> list[dict[str, Any]]:
    """Return rows by header, wherever the header row is."""
    grid = stand.google.values("Leads")
    head = next(n for n, row in enumerate(grid) if "Company" in row)
    said = [{h or f"column {n}": c for n, (h, c) in enumerate(zip(grid[head], row, strict=False)) if c != ""}
            for row in grid[head + 1 :]]  # fmt: skip
    return [row for row in said if row]


def test_marks_that_somebody_deleted_are_made_again(stand: Stand) -> None:
    """A script of theirs cleared all metadata: the write is refused, the marks are made, the write is done."""
    rows = seeded(stand)
    sheet = stand.google.sheet("Leads")
    for pin in sheet.pinned("metadata"):
        sheet.drop_pin([], pin)

    assert list(rows.values()) == list(stand.tracker().write(told(rows)))
    assert [f"for Company {n}" for n in range(COUNT)] == texts(stand.grid("Leads"), "Problem")


def test_marks_that_were_doubled_are_not_trusted(stand: Stand) -> None:
    """Two workers marked the same column at once: cells still land in it, and in no other."""
    rows = seeded(stand)
    sheet = stand.google.sheet("Leads")
    at = HEADERS.index("Problem")
    (pin,) = [p for p in sheet.pinned("metadata") if p.body["metadataValue"] == "Leads/Problem"]
    sheet.add_pin([], type(pin)("metadata", pin.boxes, {**pin.body, "metadataId": 424242}))
    stand.memory = type(stand.memory)()

    assert list(rows.values()) == list(stand.tracker().write(told(rows)))
    assert [f"for Company {n}" for n in range(COUNT)] == [line.get(at) for line in sheet.lines[1 : COUNT + 1]]


# ---- size and shape -------------------------------------------------------------------------------------------------


def test_a_tab_wider_than_the_alphabet(stand: Stand) -> None:
    """Sixty columns of people's own between and behind ours: ours are found, theirs stay."""
    rows = seeded(stand)
    stand.google.insert_columns("Leads", "Problem", 40)
    stand.google.paste("Leads", 2, 90, [["far right"]] * COUNT)

    assert list(rows.values()) == list(stand.tracker().write(told(rows)))
    grid = stand.google.values("Leads")
    assert [f"for Company {n}" for n in range(COUNT)] == [row[grid[0].index("Problem")] for row in grid[1:]]
    assert ["far right"] * COUNT == [row[89] for row in grid[1:]]


def test_a_tab_that_is_full_to_its_last_row_grows(stand: Stand) -> None:
    """A grid without an empty row: new lines and remarks go below, nothing is overwritten."""
    google = stand.google
    for tab in ("Commissions", "Activity"):
        google.delete_rows(tab, 3, len(google.sheet(tab).lines) - 2)
    google.edit("Commissions", 2, "Note", "theirs")
    google.edit("Activity", 2, "Why", "theirs")

    stand.tracker().write([Edit("Commissions", None, f"k{n}", {"Status": "Expected"}) for n in range(5)])
    stand.tracker().append("Activity", [{"What": f"thing {n}"} for n in range(5)])

    assert [None, *(f"k{n}" for n in range(5))] == texts(stand.grid("Commissions"), "Line")
    assert [None, *(f"thing {n}" for n in range(5))] == texts(stand.grid("Activity"), "What")


def test_blank_rows_between_are_no_rows(stand: Stand) -> None:
    """People leave gaps: rows below them are read and written in their places."""
    rows = seeded(stand)
    stand.google.insert_rows("Leads", 3, 5)
    stand.google.edit("Leads", 5, "Hold", False)

    assert list(rows.values()) == [row.id for row in read(stand.tracker())]
    assert list(rows.values()) == list(stand.tracker().write(told(rows)))
    leads = [row for row in stand.grid("Leads") if "Company" in row]
    assert [f"for Company {n}" for n in range(COUNT)] == texts(leads, "Problem") == [
        f"for {company}" for company in texts(leads, "Company")
    ]  # fmt: skip


def test_ticks_that_were_never_ticked_are_no_rows(stand: Stand) -> None:
    """Checkboxes drawn down to the last row say FALSE in every one: they make no leads."""
    seeded(stand, keys=False)
    stand.google.paste("Leads", 2, HEADERS.index("Hold") + 1, [[False]] * 200)

    assert COUNT == len(read(stand.tracker()))


def test_a_lead_that_goes_below_drawn_ticks_is_read(stand: Stand) -> None:
    """A form adds its row behind the last tick, far below: it is a row like any other."""
    stand.google.paste("Leads", 2, HEADERS.index("Hold") + 1, [[False]] * 200)
    stand.lead(Company="Ashdown")
    tracker = stand.tracker()
    (row,) = read(tracker)

    assert ["L-ABCDEFGH"] == list(tracker.write([Edit("Leads", row.id, "", {"Lead": "L-ABCDEFGH"})]))
    assert "L-ABCDEFGH" == stand.google.values("Leads")[201][0]


def test_a_key_made_by_a_formula_is_read_as_what_it_shows(stand: Stand) -> None:
    """`=A2` in a key cell shows the key of another row: a copy, and never written to in place of its original."""
    rows = seeded(stand)
    stand.google.edit("Leads", 2 + COUNT, "Company", "Copied")
    stand.google.paste("Leads", 2 + COUNT, 1, [["=A2"]])

    tracker = stand.tracker()
    found = {row.text("Company"): row.id for row in read(tracker)}
    tracker.write(told(rows))

    assert rows == {name: id_ for name, id_ in found.items() if name != "Copied"}
    assert "Problem" not in stand.grid("Leads")[COUNT]
    assert "for Company 0" == stand.grid("Leads")[0]["Problem"]


def test_an_error_in_a_key_cell_is_no_key_of_a_known_row(stand: Stand) -> None:
    """`#REF!` beside content that is known: the row is the one that it was."""
    rows = seeded(stand)
    stand.google.paste("Leads", 3, 1, [["=NOSUCH(1)"]])

    assert list(rows.values()) == [row.id for row in read(stand.tracker())]


def test_all_tables_have_a_column_that_they_are_known_by() -> None:
    """What the connector needs of the tables holds for every one that is ever written into."""
    for name, key in KEYS.items():
        columns = {column.name: column.owner for column in TABLES[name].columns}
        assert "W" == columns[key]
        assert key not in printed(name)
        assert set(WITNESSES[name]) <= set(printed(name)) <= set(columns)
