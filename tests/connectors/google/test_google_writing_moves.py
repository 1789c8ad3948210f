"""Hands between any two of our requests: every cell ends in its row, and nothing of people's changes by a byte."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress

import pytest

from tests.connectors.google.google_stand import Stand
from tests.connectors.google.moves import KEY_MOVES, MOVES, SPOILERS, WRECKS, Hand, Stage, key_of
from worker.connectors.google_sheets import GoogleSheetsTracker
from worker.domain.cells import Row
from worker.ports import Conflict, Edit, Refused

CALM = [name for name in MOVES if "delete" not in name and "rename" not in name and "title" not in name]


def words_for(company: str) -> str:
    return f"words for {company}"


def leads(tracker: GoogleSheetsTracker) -> Sequence[Row]:
    return tracker.read(["Leads"])["Leads"]


def told(tracker: GoogleSheetsTracker, rows: Sequence[Row]) -> list[Edit]:
    return [Edit("Leads", row.id, "", {"Problem": words_for(row.text("Company")), "Deal ID": row.text("Company")})
            for row in rows]  # fmt: skip


def struck(stand: Stand, hand: Hand, *, keyed: bool = True) -> tuple[Stage, GoogleSheetsTracker, Sequence[Row]]:
    """Return a stage, a tracker that has read its leads, and those; the hand acts ahead of the next request."""
    stage = Stage(stand, keyed=keyed)
    tracker = stand.tracker()
    rows = leads(tracker)
    stage.strike(hand)
    return stage, tracker, rows


def astray(stage: Stage) -> list[str]:
    """Return rows that hold words for another company, or a cell without a row."""
    return [
        str(row) for row in stage.rows()
        if (row.get("Problem", "").startswith("words") and row["Problem"] != words_for(row.get("Company", "nobody")))
        or (row.get("Deal ID", "").startswith("Company") and row["Deal ID"] != row.get("Company"))
    ]  # fmt: skip


def at_rest(stage: Stage) -> None:
    """Let a later run write what is left, and look whether all of it stands."""
    tracker = stage.stand.tracker()
    edits = told(tracker, leads(tracker))
    assert {str} == {type(one) for one in tracker.write(edits)}
    shown = {row["Company"]: row.get("Problem") for row in stage.rows() if row.get("Company") and row.get("Lead")}
    assert {company: words_for(company) for company in shown} == shown
    assert [] == astray(stage)


@pytest.mark.parametrize("move", MOVES)
def test_a_cell_lands_in_the_row_that_it_is_meant_for(stand: Stand, move: str) -> None:
    """Whatever people move while rows are written, no row shows another's words, and no cell of people's changes."""
    stage, tracker, rows = struck(stand, MOVES[move])

    found = tracker.write(told(tracker, rows))

    assert [] == stage.others_touched(["Problem", "Deal ID"])
    assert [] == astray(stage)
    stood = {(row.get("Lead"), row.get("Problem")) for row in stage.rows()}
    for row, outcome in zip(rows, found, strict=True):
        if isinstance(outcome, str):
            assert (row.id, words_for(row.text("Company"))) in stood
        else:
            assert "delete" in move or "onto another" in move, outcome
    at_rest(stage)


@pytest.mark.parametrize("move", MOVES)
def test_a_key_is_minted_into_the_row_that_it_is_meant_for(stand: Stand, move: str) -> None:
    """Rows without a key are told apart by what they say: the key ends beside that, and beside nothing else."""
    stage, tracker, rows = struck(stand, MOVES[move], keyed=False)

    found = tracker.write([Edit("Leads", row.id, "", {"Lead": key_of(row.text("Company")), "Status": "New"})
                           for row in rows])  # fmt: skip

    assert [] == stage.others_touched(["Lead", "Status"])
    shown = stage.rows()
    assert [] == [row for row in shown if row.get("Lead") and row["Lead"] != key_of(row.get("Company", "?"))]
    for row, outcome in zip(rows, found, strict=True):
        if isinstance(outcome, str):
            assert key_of(row.text("Company")) == outcome
            assert outcome in [one.get("Lead") for one in shown if one.get("Company") == row.text("Company")]
        else:
            assert "edit" in move or "delete" in move or "onto another" in move, outcome


@pytest.mark.parametrize("move", KEY_MOVES)
def test_keys_that_people_move_lead_no_cell_astray(stand: Stand, move: str) -> None:
    """A key cell that was swapped, cleared or overwritten, while rows are written or before, is not believed."""
    stage, tracker, rows = struck(stand, KEY_MOVES[move])

    tracker.write(told(tracker, rows))

    assert [] == stage.others_touched(["Problem", "Deal ID"])
    assert [] == astray(stage)
    later = stand.tracker()
    edits = told(later, leads(later))
    assert {row.id for row in rows} == {edit.row for edit in edits}
    assert {str} == {type(one) for one in later.write(edits)}
    assert [] == stage.others_touched(["Problem", "Deal ID"])
    assert [] == astray(stage)


@pytest.mark.parametrize("wreck", WRECKS)
def test_a_wrecked_tab_stops_in_words(stand: Stand, wreck: str) -> None:
    """Headers renamed, doubled, swapped or gone: no column of people changes, and a later run says what to mend."""
    stage, tracker, rows = struck(stand, WRECKS[wreck])

    with suppress(Refused):
        tracker.write(told(tracker, rows))

    assert [] == stage.others_touched(["Problem", "Deal ID", "Trouble", "Suggestion"])
    later = stand.tracker()
    try:
        outcomes: Sequence[object] = later.write(told(later, leads(later)))
    except Refused as refused:
        outcomes = [refused]
    assert {(Refused, True)} == {(type(one), "Leads" in str(one)) for one in outcomes}


@pytest.mark.parametrize("wreck", SPOILERS)
@pytest.mark.parametrize("move", [name for name in MOVES if "title" not in name and "rename" not in name])
def test_a_header_is_lost_before_what_went_astray_is_put_back(stand: Stand, move: str, wreck: str) -> None:
    """Rows move under a write, and then the table is not sound any more: no cell stays in a wrong row all the same."""
    stage, tracker, rows = struck(stand, MOVES[move])
    stage.strike(SPOILERS[wreck], 2)

    outcomes = tracker.write(told(tracker, rows))

    assert [] == astray(stage)
    assert [] == stage.others_touched(["Problem", "Deal ID"])
    assert all(isinstance(one, str | Refused | Conflict) for one in outcomes)


@pytest.mark.parametrize("wreck", ["delete the key column", "cut the tab"])
def test_what_can_not_be_proven_is_not_put_back(stand: Stand, wreck: str) -> None:
    """Where the keys are gone, or the whole tab, nothing more is written, and the words say what is missing."""
    stage, tracker, rows = struck(stand, MOVES["sort"])
    hands: dict[str, Hand] = {**WRECKS, "delete the key column": lambda google: google.delete_columns("Leads", "Lead")}
    stage.strike(hands[wreck], 2)

    outcomes = tracker.write(told(tracker, rows))

    assert {(Refused, True)} == {(type(one), "Leads" in str(one)) for one in outcomes}
    assert stage.after == stage.grid()


def test_a_tab_that_was_emptied_comes_back_by_an_undo(stand: Stand) -> None:
    """Select all, delete, and ctrl-Z while rows are written: everything is as it was, and the next run goes on."""
    stage = Stage(stand, keyed=True)
    before = stage.grid()
    tracker = stand.tracker()
    rows = leads(tracker)
    stage.strike(lambda google: google.clear_tab("Leads"))

    found = tracker.write(told(tracker, rows))
    stand.google.undo()

    assert {Refused} == {type(one) for one in found}
    assert before == stage.grid()
    at_rest(stage)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("keyed", [True, False], ids=["words", "keys"])
def test_people_who_never_rest_put_nothing_astray(stand: Stand, seed: int, keyed: bool) -> None:
    """A hand before each of the first requests: what could not be written is told, the rest stands where it should."""
    chance = random.Random(seed)
    stage = Stage(stand, keyed=keyed)
    tracker = stand.tracker()
    rows = leads(tracker)
    for before in range(1, chance.randint(2, 6)):
        stage.strike(MOVES[chance.choice(CALM)], before)

    if keyed:
        tracker.write(told(tracker, rows))
    else:
        tracker.write([Edit("Leads", r.id, "", {"Lead": key_of(r.text("Company")), "Status": "New"}) for r in rows])

    assert [] == astray(stage)
    assert [] == [r for r in stage.rows() if r.get("Lead") and r["Lead"] != key_of(r.get("Company", "?"))]
    if keyed:
        at_rest(stage)
