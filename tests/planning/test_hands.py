"""What hands did to the worker's cells: told from what people may do, believed as the worker wrote it, put back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.cells import Cell, Row, alike, same
from worker.domain.kept import KEPT, Kept, filled
from worker.domain.tables import TABLES
from worker.planning.hands import Hand, Judged, in_doubt, judge, judge_gone, open_lines, too_much, without
from worker.planning.intake import COPY, NO_KEY

NOON = datetime(2026, 4, 5, 12, tzinfo=UTC)
LINE: dict[str, Cell] = {
    "Line": "9001/acme/2026-01/commission", "Partner": "Acme", "Lead": "L-AAAAAAAA", "Amount": Decimal("100.00"),
    "Status": "Paid", "Statement": "2026-Q1/acme/GBP", "Paid on": date(2026, 4, 9), "Hold": True, "Note": "ask Jo",
}  # fmt: skip
LEAD: dict[str, Cell] = {
    "Lead": "L-AAAAAAAA", "Status": "Qualified", "Deal ID": "9001", "Client ID": "77", "Synced": NOON,
    "Company": "Acme",
}  # fmt: skip


def judged(
    table: str, kept: dict[str, dict[str, Cell]], rows: dict[str, dict[str, Cell]], *, known: Any = None,
    notes: dict[str, set[str]] | None = None, also: dict[str, tuple[Cell, ...]] | None = None,
) -> Judged:  # fmt: skip
    """Judge rows, all of them looked at, against what was kept of them."""
    read = [Row(table, id_, cells) for id_, cells in rows.items()]
    memory = {id_: Kept(filled(cells, KEPT[table]), also or {}) for id_, cells in kept.items()}
    return judge(table, read, rows, memory, KEPT[table] if known is None else known, notes or {})


def changed(before: dict[str, Cell], cells: dict[str, Cell], table: str = "Leads") -> Judged:
    """Judge one row of which cells were changed since."""
    return judged(table, {"r1": before}, {"r1": {**before, **cells}})


# ---- one cell -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "stands"),
    [("Lead", "mine"), ("Lead", None), ("Status", "Won"), ("Status", ""), ("Deal ID", "1"), ("Deal ID", None),
     ("Client ID", "78"), ("Contact ID", "5"), ("Deal value", Decimal(0)), ("Won on", date(2026, 1, 1)),
     ("Synced", NOON + timedelta(seconds=1)), ("Synced", None), ("Problem", "!")],
)  # fmt: skip
def test_a_cell_changed_by_hand(column: str, stands: Cell) -> None:
    """It is found with what stands there and what was written, and the row is believed as it was written."""
    found = changed(LEAD, {column: stands})

    assert (Hand("Leads", "r1", "L-AAAAAAAA", column, stands, LEAD.get(column)),) == found.hands
    assert {**LEAD, column: LEAD.get(column)} == found.rows[0].cells
    assert {"r1": filled(LEAD, KEPT["Leads"])} == found.stands


@pytest.mark.parametrize(
    ("table", "before", "cells"),
    [("Leads", LEAD, {"Company": "Other", "Hold": True, "Website": "x.com", "Email": None}),
     ("Leads", LEAD, {"Status": " Qualified \n", "Synced": NOON + timedelta(milliseconds=600), "Problem": ""}),
     ("Commissions", LINE, {"Hold": None, "Adjustment": Decimal(5), "Note": "no"}),
     ("Commissions", LINE, {"Amount": Decimal(100), "Invoice": ""}),
     ("Commissions", LINE, {"Amount": "100.00"})],
)  # fmt: skip
def test_what_people_may_change(table: str, before: dict[str, Cell], cells: dict[str, Cell]) -> None:
    """Their own cells pass as they stand, and so does what a tracker makes of ours."""
    found = changed(before, cells, table)

    assert () == found.hands
    assert {**before, **cells} == found.rows[0].cells
    assert {"r1": filled({**before, **cells}, KEPT[table])} == found.stands


def test_what_there_is_no_word_of_is_taken_as_it_stands() -> None:
    """A row that nothing was kept of, and a column that the memory does not know yet."""
    fresh = judged("Leads", {}, {"r1": LEAD})
    newer = judged(
        "Leads", {"r1": LEAD}, {"r1": {**LEAD, "Suggestion": "INV-1"}}, known=set(KEPT["Leads"]) - {"Suggestion"}
    )

    assert ((), {"r1": filled(LEAD, KEPT["Leads"])}) == (fresh.hands, fresh.stands)
    assert ((), "INV-1") == (newer.hands, newer.stands["r1"]["Suggestion"])


def test_a_row_without_key_is_nobodys_yet() -> None:
    """Nothing of a row that is being typed is kept, whatever stands in our columns."""
    found = judged("Leads", {}, {"r1": {"Company": "Acme", "Deal ID": "9001"}})

    assert ((), {}) == (found.hands, found.stands)


@pytest.mark.parametrize("stands", ["New", "Qualified", "Won"])
def test_a_write_whose_end_is_not_known(stands: str) -> None:
    """Its old value and its new one may both stand, and one before them."""
    kept, read = {**LEAD, "Status": "Won"}, {**LEAD, "Status": stands}

    found = judged("Leads", {"r1": kept}, {"r1": read}, also={"Status": ("New", "Qualified")})

    assert () == found.hands
    assert stands == found.rows[0].cells["Status"]


def test_another_value_than_both_is_a_hand() -> None:
    """What was to be written last is believed."""
    found = judged(
        "Leads", {"r1": {**LEAD, "Status": "Won"}}, {"r1": {**LEAD, "Status": "Lost"}}, also={"Status": ("New",)}
    )

    assert [("Lost", "Won")] == [(hand.stands, hand.wrote) for hand in found.hands]


# ---- what staff are asked to do -------------------------------------------------------------------------------------


def copied(**cells: Cell) -> Judged:
    """Judge a lead row and a copy of it that was told to be one, of which cells were changed since."""
    told: dict[str, Cell] = {**LEAD, "Status": "Duplicate", "Problem": COPY}
    named = {column.replace("_", " "): cell for column, cell in cells.items()}
    return judged("Leads", {"r1": LEAD, "r2": told}, {"r1": LEAD, "r2": {**told, **named}})


def test_a_copy_is_cleared_as_its_problem_says() -> None:
    """Key and ids of a copy are for staff to clear; its other cells are not."""
    cleared = copied(Lead=None, Deal_ID=None, Client_ID=None, Contact_ID=None, Company="Other")
    spoilt = copied(Status="Won", Deal_ID=None)

    assert () == cleared.hands
    assert {"Status": "Duplicate", "Problem": COPY, "Synced": NOON} == cleared.stands["r2"]
    assert ["Status"] == [hand.column for hand in spoilt.hands]
    pasted = copied(Lead="=1+1", Deal_ID="9002", Client_ID=None)
    assert [("Lead", "=1+1", "L-AAAAAAAA"), ("Deal ID", "9002", LEAD["Deal ID"])] == [
        (hand.column, hand.stands, hand.wrote) for hand in pasted.hands
    ]


def test_a_copy_that_was_not_told_yet_may_be_cleared() -> None:
    """What it carries is another row's; what somebody writes there instead is a hand's."""
    rows: dict[str, dict[str, Cell]] = {"r1": LEAD, "r2": dict(LEAD)}

    assert () == judged("Leads", rows, {"r1": LEAD, "r2": {**LEAD, "Deal ID": None}}).hands
    emptied = {**LEAD, "Lead": None, "Deal ID": None, "Client ID": None}
    assert () == judged("Leads", rows, {"r1": LEAD, "r2": emptied}).hands
    assert 1 == len(judged("Leads", rows, {"r1": LEAD, "r2": {**LEAD, "Deal ID": "5"}}).hands)


@pytest.mark.parametrize("more", [{}, {"Submitted": NOON}])
def test_a_copy_of_a_lead_that_is_not_in_the_crm(more: dict[str, Cell]) -> None:
    """Its key alone is another row's; one that says when it was sent is younger than one that does not."""
    first: dict[str, Cell] = {"Lead": "L-AAAAAAAA", "Status": "In review"}
    second = {**first, **more}

    assert () == judged("Leads", {"r1": first, "r2": second}, {"r1": first, "r2": {**second, "Lead": None}}).hands


@pytest.mark.parametrize(
    ("problem", "column", "stands"),
    [(NO_KEY, "Lead", None),
     ("Deal 9001 is tied to another lead row too, and only one of them can earn: clear or correct the Deal ID of one",
      "Deal ID", "9002"),
     ("Its deal is tied to another lead row too, and only one of them can earn: clear the Deal ID of one of them",
      "Deal ID", None)],
)  # fmt: skip
def test_what_a_problem_asks_for_is_done_by_staff(problem: str, column: str, stands: Cell) -> None:
    """A cell that the row's own `Problem` asks to clear is taken as they leave it; no other cell is."""
    before: dict[str, Cell] = {**LEAD, "Problem": problem}

    found = changed(before, {column: stands, "Client ID": "5"})

    assert ["Client ID"] == [hand.column for hand in found.hands]
    assert stands == found.rows[0].cells[column]


def test_what_is_to_be_cleared_is_not_for_staff_to_fill() -> None:
    """Only a `Problem` that asks to correct a cell lets them write another value."""
    words = "Its deal is tied to another lead row too, and only one of them can earn: clear the Deal ID of one of them"

    found = changed({**LEAD, "Problem": words}, {"Deal ID": "9002"})

    assert ["Deal ID"] == [hand.column for hand in found.hands]


def test_a_note_in_problem_may_be_taken_away() -> None:
    """It is no part of the problem, and no hand where it is gone; the problem itself is the worker's."""
    note = "Status was changed by hand"
    both: dict[str, Cell] = {**LEAD, "Problem": f"Email is missing.\n{note}"}
    notes = {"r1": {note}}

    stays = judged("Leads", {"r1": both}, {"r1": both}, notes=notes)
    read = judged("Leads", {"r1": both}, {"r1": {**both, "Problem": "Email is missing."}}, notes=notes)
    gone = judged("Leads", {"r1": both}, {"r1": {**both, "Problem": None}}, notes=notes)

    assert ((), "Email is missing.") == (stays.hands, stays.rows[0].cells["Problem"])
    assert both["Problem"] == stays.stands["r1"]["Problem"]
    assert ((), "Email is missing.") == (read.hands, read.stands["r1"]["Problem"])
    assert (["Problem"], "Email is missing.") == ([h.column for h in gone.hands], gone.rows[0].cells["Problem"])
    assert (None, None) == (without(note, {note}), without(None, {note}))
    assert "one\ntwo" == without(f"one\n{note}\ntwo", {note})


def test_one_of_several_notes_may_be_taken_away() -> None:
    """The problem above them stands as it was written; rows without notes are looked at as ever."""
    both: dict[str, Cell] = {**LEAD, "Problem": "Email is missing.\none\ntwo"}
    one: dict[str, Cell] = {**LEAD, "Problem": "Email is missing.\ntwo"}
    other: dict[str, Cell] = {**LEAD, "Lead": "L-BBBBBBBB", "Deal ID": "9002", "Problem": "Company is missing."}

    found = judged("Leads", {"r1": both, "r2": other}, {"r1": one, "r2": other}, notes={"r1": {"one", "two"}})

    assert () == found.hands
    assert ["Email is missing.", "Company is missing."] == [row.cells["Problem"] for row in found.rows]


def test_a_row_is_called_by_the_key_that_it_has_now() -> None:
    """Where none was kept of it."""
    before: dict[str, Cell] = {"Status": "New"}
    found = judged("Leads", {"r1": before}, {"r1": {"Lead": "L-BBBBBBBB", "Status": "Won"}}, known={"Status"})

    assert ["L-BBBBBBBB"] == [hand.key for hand in found.hands]


# ---- rows that are gone ---------------------------------------------------------------------------------------------


def test_locked_lines_and_statements_come_back() -> None:
    """With what staff wrote there; open lines are made anew by planning, and what another row carries stands there."""
    kept = {
        "paid": Kept(LINE), "stated": Kept({**LINE, "Line": "9001/acme/2026-02/commission", "Status": "Confirmed"}),
        "bare": Kept({"Line": "9001/acme/2026-05/commission", "Status": "Paid"}),
        "open": Kept({"Line": "9001/acme/2026-03/commission", "Status": "Confirmed"}),
        "copied": Kept({**LINE, "Line": "9001/acme/2026-04/commission"}), "blank": Kept({"Status": "Paid"}),
    }  # fmt: skip
    standing = [Row("Commissions", "r9", {"Line": "9001/acme/2026-04/commission"})]

    lines = judge_gone("Commissions", standing, kept)
    statements = judge_gone("Statements", (), {"s1": Kept({"Statement": "2026-Q1/acme/GBP", "Status": "Draft"})})

    assert ["paid", "stated", "bare"] == [ghost.id for ghost in lines.ghosts]
    assert LINE == lines.ghosts[0].cells
    assert (("open", "copied", "blank"), ()) == (lines.forgotten, lines.doubted)
    assert ["s1"] == [ghost.id for ghost in statements.ghosts]


def test_a_deleted_lead_is_in_doubt() -> None:
    """If it has a deal, and no other row has its key; a partner's row, or a lead that never got there, is forgotten."""
    kept = {"r1": Kept(LEAD), "r2": Kept({"Lead": "L-BBBBBBBB"}), "r3": Kept({**LEAD, "Lead": "L-CCCCCCCC"})}
    copy = [Row("Leads", "r4", {"Lead": "L-CCCCCCCC"})]

    leads = judge_gone("Leads", copy, kept)
    partners = judge_gone("Partners", (), {"p1": Kept({"Key": "acme"})})

    assert (["r1"], ("r2", "r3")) == ([lead.id for lead in leads.doubted], leads.forgotten)
    assert ((), (), ("p1",)) == (partners.ghosts, partners.doubted, partners.forgotten)


@pytest.mark.parametrize(
    ("statuses", "words"),
    [((), "in the CRM. Restore"), (("Paid", "Cancelled"), "in the CRM. Restore"),
     (("On hold", "Paid"), "in the CRM, and its 1 open line is held. Restore"),
     (("On hold", "Expected"), "in the CRM, and its 2 open lines are held. Restore")],
)  # fmt: skip
def test_what_is_said_of_a_deleted_lead(statuses: tuple[str, ...], words: str) -> None:
    """Its deal stays, its open lines are held, and how it comes back."""
    lines = [Row("Commissions", str(n), {"Lead": "L-AAAAAAAA", "Status": status}) for n, status in enumerate(statuses)]
    lines.append(Row("Commissions", "other", {"Lead": "L-BBBBBBBB", "Status": "On hold"}))
    lead = Row("Leads", "r1", LEAD)

    said = in_doubt(lead, open_lines(lead, lines))

    assert said.startswith("Leads: the row of L-AAAAAAAA was deleted; its deal 9001 stays as it is ")
    assert words in said


# ---- too much at once -----------------------------------------------------------------------------------------------


def table_of(count: int) -> dict[str, dict[str, Cell]]:
    """Return so many lines, no two alike."""
    return {
        f"r{n}": {**LINE, "Line": f"{n}/acme/2026-01/commission", "Amount": Decimal(n), "Why": f"sum of {n}"}
        for n in range(1, count + 1)
    }


def too_much_words(kept: dict[str, dict[str, Cell]], rows: dict[str, dict[str, Cell]]) -> str | None:
    found = judged("Commissions", kept, rows)
    return too_much("Commissions", found.rows, found.hands, Decimal(30))


def test_a_column_sorted_alone() -> None:
    """Every amount stands in another row: a small part of all cells, and the whole column."""
    kept = table_of(12)
    rows = {row: {**cells, "Amount": Decimal(13) - n} for n, (row, cells) in enumerate(kept.items(), 1)}

    assert (
        "12 cells of the Commissions table that the worker wrote were changed by hand at once (Amount): was a column "
        "moved, or a range sorted without its key column? Undo it"
    ) == too_much_words(kept, rows)


def test_nine_cells_are_a_persons_work() -> None:
    """One after the other they may all be changed, however small the table is; the tenth is looked at."""
    kept = table_of(10)
    rows = {row: {**cells, "Amount": Decimal(0)} for row, cells in kept.items()}

    assert None is too_much_words(kept, {**rows, "r10": kept["r10"]})
    assert None is not too_much_words(kept, rows)


def test_a_part_below_the_share_passes() -> None:
    """Twelve of forty amounts, 30 %, pass; thirteen are looked at."""
    kept = table_of(40)

    for count, stops in ((12, False), (13, True)):
        rows = {r: {**c, "Amount": Decimal(999)} if n < count else c for n, (r, c) in enumerate(kept.items())}
        assert stops == (too_much_words(kept, rows) is not None)


def test_exactly_the_share_of_all_cells_passes() -> None:
    """Of forty cells twelve, in no column ten; the thirteenth is looked at."""
    kept = table_of(5)
    places = [(row, column) for column in ("Amount", "Why", "Partner") for row in kept]

    for count, stops in ((12, False), (13, True)):
        rows = {row: dict(cells) for row, cells in kept.items()}
        for row, column in places[:count]:
            rows[row][column] = "x"
        assert stops == (too_much_words(kept, rows) is not None)


def test_a_table_of_few_rows_that_was_wiped() -> None:
    """No column has ten cells, and together they are more than the share of all: the columns are named."""
    kept = table_of(3)
    rows: dict[str, dict[str, Cell]] = {row: {"Line": cells["Line"]} for row, cells in kept.items()}

    words = too_much_words(kept, rows) or ""

    assert words.startswith("21 cells of the Commissions table")
    assert "(Partner, Lead, Amount, Status, Why, Statement, Paid on)" in words


# ---- any hands ------------------------------------------------------------------------------------------------------

CELLS = st.one_of(
    st.none(), st.text(max_size=5), st.decimals(allow_nan=False, allow_infinity=False, places=2), st.booleans(),
    st.dates(), st.datetimes(timezones=st.just(UTC)),
)  # fmt: skip


@given(
    edits=st.dictionaries(st.sampled_from([c.name for c in TABLES["Commissions"].columns]), CELLS),
    other=st.dictionaries(st.sampled_from([c.name for c in TABLES["Commissions"].columns]), CELLS),
)
def test_whatever_hands_do(edits: dict[str, Cell], other: dict[str, Cell]) -> None:
    """The worker's cells are believed as they were kept, the people's as they stand, in every row."""
    kept = table_of(2)
    rows = {"r1": {**kept["r1"], **edits}, "r2": {**kept["r2"], **other}}
    own = TABLES["Commissions"].owned_by_worker()

    found = judged("Commissions", kept, rows)

    for row in found.rows:
        for column in (c.name for c in TABLES["Commissions"].columns):
            wanted = kept[row.id].get(column) if column in own else rows[row.id].get(column)
            assert alike(row.cells.get(column), wanted)
    told = {(hand.row, hand.column) for hand in found.hands}
    assert {
        (row, column) for row, cells in rows.items() for column in own
        if not alike(cells.get(column), kept[row].get(column))
    } == told  # fmt: skip
    assert all(not same(hand.stands, hand.wrote) for hand in found.hands)
