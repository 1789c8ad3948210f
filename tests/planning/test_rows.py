"""Lines and statements survive their rows, and rows that a hand made unreadable say so in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from worker.domain.cells import Cell, Row
from worker.domain.lines import Base, Conversion, Line, Statement
from worker.domain.months import Month
from worker.domain.tables import COMMISSIONS, STATEMENTS
from worker.planning.row_edits import line_edits, statement_edits
from worker.planning.rows import (
    Damaged,
    line_from_row,
    line_to_cells,
    lines_of,
    statement_from_row,
    statement_to_cells,
    statements_of,
)

from .strategies import lines, row_of, statements

LINE = Line(
    key="9001/acme/2025-03/commission", deal="9001", partner="acme", month=Month(2025, 3), kind="commission",
    currency="GBP", amount=Decimal("60.00"), status="Confirmed", lead="L-ABCD2345", client="Oak Ltd",
    why="1,000.00 a month × 6 % (plan gold, 2025-01) = 60.00; month 3 of 12; covered by INV-0042, paid 2025-03-14",
    base=Base(Decimal("12000.00"), "annual"), month_base=Fraction(1000), rate="6 %", plan="gold, 2025-01",
    share=Decimal(100), invoice="INV-0042", covered_on=date(2025, 3, 14), row="rec1",
)  # fmt: skip
CELLS = line_to_cells(LINE, "Acme Ltd")
SUMS: dict[str, Cell] = {"Opening": Decimal(0), "Earned": Decimal(60), "Corrections": Decimal(0)}
STATEMENT: dict[str, Cell] = {
    "Statement": "2025-Q1/acme/GBP", **SUMS, "Closing": Decimal(60), "Amount to invoice": Decimal(60),
    "Status": "Issued",
}  # fmt: skip


# ---- there and back -------------------------------------------------------------------------------------------------


@given(lines())
def test_a_line_survives_its_row(line: Line) -> None:
    """Whatever a line says is read back from its row, staff's cells too."""
    row = row_of("Commissions", line_to_cells(line, "Acme"), Hold=line.hold, Adjustment=line.adjustment)

    found = line_from_row(row)

    assert not isinstance(found, Damaged), found.text
    expected = line._replace(why=found.why)  # the sentence may have got a clause more
    assert expected == found
    assert found.why.startswith(line.why)


@given(lines())
def test_a_line_read_back_is_written_no_more(line: Line) -> None:
    """Law 4: of a line that was just read nothing differs from its row."""
    row = row_of("Commissions", line_to_cells(line, "Acme"), Hold=line.hold, Adjustment=line.adjustment)
    found, _ = lines_of([row])

    assert [] == line_edits([row], found, {line.partner: "Acme"})


@given(statements())
def test_a_statement_survives_its_row(statement: Statement) -> None:
    """Whatever a statement says is read back from its row, what its bill came to as well."""
    row = row_of("Statements", statement_to_cells(statement, "Acme"), Hold=statement.hold)

    assert statement == statement_from_row(row)
    assert [] == statement_edits([row], statements_of([row], 5)[0], {statement.partner: "Acme"})


def test_only_our_own_cells_are_written() -> None:
    """A line and a statement fill exactly the worker's columns of their tables."""
    assert COMMISSIONS.owned_by_worker() == CELLS.keys()
    found = statement_from_row(row_of("Statements", STATEMENT))
    assert isinstance(found, Statement)
    assert STATEMENTS.owned_by_worker() == statement_to_cells(found, "Acme").keys()


@pytest.mark.parametrize(
    ("line", "column", "cell"),
    [
        (LINE, "Base", "12000.00 annual"),
        (LINE._replace(base=Base(Decimal("9000"), "total", 6), month_base=Fraction(1500)), "Base", "9000 total 6"),
        (LINE._replace(month_base=Fraction(17000, 31)), "Base", "12000.00 annual; this month 17000/31"),
        (LINE._replace(base=None, month_base=Fraction(1, 4)), "Base", "this month 0.25"),
        (LINE._replace(base=None, month_base=None), "Base", None),
        (LINE, "Rate", "6 % (gold, 2025-01)"),
        (LINE._replace(plan=""), "Rate", "6 %"),
        (LINE._replace(rate=""), "Rate", "(gold, 2025-01)"),
        (LINE._replace(share=Decimal("33.30")), "Share", "33.3 %"),
        (LINE, "Why", LINE.why),
        (LINE._replace(status="Cancelled", reason="lost", why="", covered_on=None), "Why", "Cancelled: lost"),
        (LINE._replace(why="", covered_on=None), "Why", None),
    ],
)
def test_how_a_line_reads_in_its_row(line: Line, column: str, cell: str | None) -> None:
    """What stands in a row is written for people."""
    assert cell == line_to_cells(line, "Acme")[column]


# ---- damage ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"Line": "9001/acme/2025-03"}, "which is not the key of a line"),
        ({"Line": "9001//2025-03/commission"}, "which is not the key of a line"),
        ({"Line": "9001/acme/2025-03/commission/2"}, "which is not the key of a line"),
        ({"Line": "9001/acme/2025-03/commission-two"}, "which is not the key of a line"),
        ({"Line": "9001/acme/2025-13/commission"}, "'2025-13' is not a month"),
        ({"Line": "9001/acme/2025-03/bonus"}, "Line holds 'bonus'"),
        ({"Status": "Paid"}, "Status is Paid, but Statement is empty: put back the statement's key"),
        ({"Statement": "2025-Q1/acme"}, "Statement holds '2025-Q1/acme', which is not the key of a statement"),
        ({"Statement": "2025-Q9/acme/GBP"}, "'2025-Q9' is not a period"),
        ({"Amount": None}, "Amount or Currency is empty"),
        ({"Currency": None}, "Amount or Currency is empty"),
        ({"Amount": "about 60"}, "Amount holds 'about 60', which is not a number"),
        ({"Amount": "60,5"}, "Amount holds '60,5', which is not a number"),
        ({"Amount": Decimal("NaN")}, "Amount holds 'NaN', which is not a number"),
        ({"Amount": Decimal("Infinity")}, "Amount holds 'Infinity', which is not a number"),
        ({"Base": "12000 yearly"}, "Base holds '12000 yearly'"),
        ({"Base": "12.000.00 annual"}, "Base holds '12.000.00 annual'"),
        ({"Base": "12000 total"}, "a total needs its term"),
        ({"Base": "12000 annual; this month 1/0"}, "'1/0' is not an exact number"),
        ({"Base": "this month half"}, "'half' is not an exact number"),
        ({"Share": "all"}, "Share holds 'all', which is not a number"),
        ({"Share": "60 X"}, "Share holds '60 X', which is not a number"),
        ({"Paid on": "soon"}, "Paid on holds 'soon', which is not a day"),
        ({"Why": "…; covered since 2025-02-30"}, "Why holds '2025-02-30', which is not a day"),
    ],
)
def test_a_damaged_line_says_what_is_wrong(cells: dict[str, Cell], words: str) -> None:
    """A row of the Commissions table that a hand made unreadable comes back with its id, its key and the words."""
    found = line_from_row(row_of("Commissions", {**CELLS, **cells}))

    assert isinstance(found, Damaged)
    assert ("rec1", cells.get("Line", LINE.key)) == (found.row, found.key)
    assert words in found.text


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"Statement": "2025-Q1/acme"}, "which is not the key of a statement"),
        ({"Statement": "2025-Q1//GBP"}, "which is not the key of a statement"),
        ({"Statement": "2025-Q5/acme/GBP"}, "'2025-Q5' is not a period"),
        ({"Statement": "9999-12/acme/GBP"}, "'9999-12' is not a period"),
        ({"Status": "Sent"}, "Status holds 'Sent'"),
        ({"Closing": "sixty"}, "Closing holds 'sixty', which is not a number"),
        ({"Opening": Decimal("Infinity")}, "Opening holds 'Infinity', which is not a number"),
        ({"Issued": "yesterday"}, "Issued holds 'yesterday', which is not a day"),
    ],
)
def test_a_damaged_statement_says_what_is_wrong(cells: dict[str, Cell], words: str) -> None:
    """So does a row of the Statements table."""
    found = statement_from_row(row_of("Statements", {**STATEMENT, **cells}))

    assert isinstance(found, Damaged)
    assert words in found.text


@pytest.mark.parametrize(
    ("column", "typed", "field", "value"),
    [
        ("Amount", "1,060.00", "amount", Decimal("1060.00")),
        ("Amount", "60", "amount", Decimal("60.00")),
        ("Amount", Decimal("60.005"), "amount", Decimal("60.01")),
        ("Adjustment", "-5.00", "adjustment", Decimal("-5.00")),
        ("Paid on", "2025-04-20T00:00:00Z", "paid_on", date(2025, 4, 20)),
        ("Paid on", date(2025, 4, 20), "paid_on", date(2025, 4, 20)),
        ("Hold", "yes", "hold", True),
        ("Amount", Decimal("1E+3"), "amount", Decimal("1000.00")),
        ("Rate", "6 % (gold (new), 2025-01)", "plan", "gold (new), 2025-01"),
        ("Rate", "6 % (gold", "rate", ""),
        ("Rate", "6 % (gold", "plan", ""),
        ("Why", "60; covered by A, paid 2024-01-01, paid 2025-03-14; cut to the cap", "covered_on", date(2025, 3, 14)),
        ("Why", "paid 2025-03-14 would be too late", "covered_on", None),
    ],
)  # fmt: skip
def test_what_a_tracker_or_a_hand_may_write_otherwise(column: str, typed: Cell, field: str, value: object) -> None:
    """Text where a number belongs, thousands, a time of day, odd names of plans and invoices are all read."""
    found = line_from_row(row_of("Commissions", {**CELLS, column: typed}))

    assert isinstance(found, Line), found
    assert value == getattr(found, field)


@pytest.mark.parametrize(
    ("word", "statement", "status"),
    [
        ("Confirmd", None, "Expected"),
        (None, None, "Expected"),
        ("Confirmed", "2025-Q1/acme/GBP", "On statement"),
        (None, "2025-Q1/acme/GBP", "On statement"),
        ("Paid", "2025-Q1/acme/GBP", "Paid"),
    ],
)
def test_a_line_that_names_a_statement_is_locked_whatever_its_status_says(
    word: str | None, statement: str | None, status: str
) -> None:
    """A status that a hand changed can't free a locked line; that of a free one is simply written anew."""
    found = line_from_row(row_of("Commissions", {**CELLS, "Status": word, "Statement": statement}))

    assert isinstance(found, Line)
    assert (status, statement is not None) == (found.status, found.locked)


def test_a_converted_line_survives_its_row() -> None:
    """The rate, whose and of which day it is, and the amount before stand in its sentence."""
    own = Conversion(Decimal("60.00"), "GBP", Decimal("1.1712"), "ECB, 2025-03-31")
    why = (
        "1,000.00 a month × 6 % (plan gold, 2025-01) = 60.00 GBP × 1.1712 EUR/GBP (ECB, 2025-03-31) = 70.27 EUR; month "
        "3 of 12; covered by INV-0042, paid 2025-03-14"
    )
    abroad = LINE._replace(currency="EUR", amount=Decimal("70.27"), why=why, converted=own)

    assert abroad == line_from_row(row_of("Commissions", line_to_cells(abroad, "Acme Ltd")))


def test_only_a_commission_is_covered() -> None:
    """What the sentence of an answer ends with says nothing of cash."""
    cells = {**CELLS, "Line": "9001/acme/2025-03/clawback", "Kind": "clawback"}
    found = line_from_row(row_of("Commissions", cells))

    assert isinstance(found, Line)
    assert (None, LINE.why) == (found.covered_on, found.why)


def test_a_reason_never_runs_into_the_sentence() -> None:
    """The dash stands between them alone."""
    held = LINE._replace(status="On hold", reason="404 — archived", covered_on=None, why="60.00; month 3 of 12")
    cells = line_to_cells(held, "Acme")
    found = line_from_row(row_of("Commissions", cells))

    assert "On hold: 404, archived — 60.00; month 3 of 12" == cells["Why"]
    assert isinstance(found, Line)
    assert ("404, archived", held.why) == (found.reason, found.why)


def test_a_dash_in_the_sentence_is_the_sentences() -> None:
    """The first one ends the reason."""
    held = LINE._replace(status="On hold", reason="Hold is ticked", covered_on=None, why="60.00 (plan gold — new)")
    found = line_from_row(row_of("Commissions", line_to_cells(held, "Acme")))

    assert isinstance(found, Line)
    assert ("Hold is ticked", held.why) == (found.reason, found.why)


# ---- tables ---------------------------------------------------------------------------------------------------------


def placed(row_id: str, made: int | None = None, **cells: Cell) -> Row:
    made_at = datetime(2025, 1, made, tzinfo=UTC) if made else None
    return Row("Commissions", row_id, {**CELLS, **cells}, made_at)


def test_a_copied_row_counts_once() -> None:
    """Of two rows with one key the one made first is the line; the other is told to be deleted, whatever the order."""
    for rows in ([placed("a", 1), placed("b", 2)], [placed("b", 2), placed("a", 1)]):
        found, damaged = lines_of(rows)

        assert ["a"] == [line.row for line in found]
        assert [Damaged("b", LINE.key, "it is a copy of the row with this key: delete it", copy=True)] == damaged


def test_where_nobody_knows_when_rows_were_made_the_upper_one_counts() -> None:
    """Trackers without creation times go by the order of the rows; so does what was made at one time."""
    assert ["b"] == [line.row for line in lines_of([placed("b", 1), placed("a", 1)])[0]]
    found, damaged = lines_of([placed("b"), placed("a"), placed("c")])

    assert ["b"] == [line.row for line in found]
    assert ["a", "c"] == [copy.row for copy in damaged]


def test_of_two_rows_with_one_key_the_locked_one_counts() -> None:
    """A row that was copied while it was free is no second line once the other one is locked, or the other way."""
    for rows in (
        [placed("a", 1), placed("b", 2, Statement="2025-Q1/acme/GBP")],
        [placed("b", Statement="x"), placed("a")],
        [placed("b", 2, Statement="x"), placed("a", 1)],
    ):
        assert ["a"] == [copy.row for copy in lines_of(rows)[1] if copy.copy]


def test_blank_rows_are_nobodys_and_damaged_ones_are_told() -> None:
    """A blank row is passed over; one that can't be read, or lost its key, is listed; the others are read."""
    rows = [placed("a", Line=None), placed("b", Amount="?"), placed("c", Line=LINE.key + "-2"), Row("Commissions", "d")]
    found, damaged = lines_of(rows)

    assert ["c"] == [line.row for line in found]
    assert [
        ("a", "Line was emptied: put it back, or delete the row"),
        ("b", "Amount holds '?', which is not a number"),
    ] == [(d.row, d.text) for d in damaged]


WAITS = "; waits for the client: INV-42 has 1,000.00 open, due since 2025-02-14"
ON_IT = LINE._replace(status="On statement", statement="2025-Q1/acme/GBP")

# ---- edits ----------------------------------------------------------------------------------------------------------


def test_an_edit_has_only_what_differs() -> None:
    """Of a row that stands only the cells that differ are written, with what stood there."""
    row = placed("a", Amount=Decimal("50"), Client="Oak Ltd ")
    (edit,) = line_edits([row], [LINE], {"acme": "Acme Ltd"})

    assert ("a", {"Amount": Decimal("60.00"), "Client": "Oak Ltd"}) == (edit.row, dict(edit.after))
    assert {"Amount": Decimal("50"), "Client": "Oak Ltd "} == dict(edit.before)
    assert ("GBP", Decimal("10.00")) == edit.money
    assert ("acme", f"today's facts make it 60.00: {LINE.why}") == (edit.about, edit.reason)


@pytest.mark.parametrize(
    ("cells", "line", "reason"),
    [
        ({"Status": "Waiting"}, LINE, "covered by INV-0042, paid 2025-03-14"),
        ({"Status": "Expected"}, LINE._replace(status="Waiting", why=f"a sum; month 1 of 12{WAITS}"), WAITS[2:]),
        ({"Status": "Expected"}, LINE._replace(status="Waiting", why=f"a sum{WAITS}; cut to the cap"), WAITS[2:]),
        ({"Status": "Waiting"}, LINE._replace(why="a fee; nothing to be paid"), "nothing to be paid"),
        ({"Status": "Expected"}, LINE._replace(why="2025-01 is earned again"), "2025-01 is earned again"),
        ({"Status": "Expected"}, LINE._replace(why=""), "its month is over"),
        ({"Status": "Waiting"}, LINE._replace(status="On hold", reason="Hold is ticked"), "Hold is ticked"),
        ({"Status": "Waiting"}, LINE._replace(status="On hold"), "today's facts make it so"),
        ({"Status": "Cancelled"}, LINE._replace(status="On hold", reason="Hold is ticked"), "Hold is ticked"),
        ({"Status": "On hold"}, LINE._replace(status="Expected"), "no longer on hold: its month is not over"),
        ({"Status": "Cancelled"}, LINE, "no longer cancelled: covered by INV-0042, paid 2025-03-14"),
        ({}, ON_IT, "it stands on 2025-Q1/acme/GBP"),
        ({"Status": "Invoiced"}, ON_IT, "no bill for 2025-Q1/acme/GBP counts"),
        ({"Status": "On statement"}, ON_IT._replace(status="Invoiced"), "2025-Q1/acme/GBP is billed"),
        ({"Status": "Paid"}, ON_IT._replace(status="Invoiced"), "the payment of 2025-Q1/acme/GBP does not reach it"),
        ({"Status": "Invoiced"}, ON_IT._replace(status="Paid", paid_on=date(2025, 4, 20)),
         "2025-Q1/acme/GBP: its payment of 2025-04-20 reaches it"),
        ({"Status": "Waiting", "Amount": Decimal(50)}, LINE,
         f"today's facts make it 60.00: {LINE.why}"),
        ({"Status": "Expected", "Amount": Decimal(50)}, LINE._replace(status="On hold", reason="paused", why="a sum"),
         "paused; today's facts make it 60.00: a sum"),
        ({"Amount": Decimal(50)}, LINE._replace(why=""), "today's facts make it 60.00"),
        ({"Status": "Waiting"}, LINE._replace(status="Cancelled", reason="lost", amount=Decimal("0.00")), "lost"),
        ({"Client": "Ash"}, LINE, "brought up to date with the facts; to overrule a figure use Hold or Adjustment"),
    ],
)  # fmt: skip
def test_an_edit_says_why(cells: dict[str, Cell], line: Line, reason: str) -> None:
    """The reason of an edit is what its status and amount rest on; what changed stands beside it."""
    (edit,) = line_edits([placed("a", **cells)], [line], {"acme": "Acme Ltd"})

    assert reason == edit.reason


@pytest.mark.parametrize(
    ("line", "reason"), [(LINE, LINE.why), (LINE._replace(why="", covered_on=None), "commission of 2025-03")]
)
def test_a_new_line_is_a_row_by_its_key(line: Line, reason: str) -> None:
    """A line without a row is made by its key, all of its cells, its whole amount moved."""
    (edit,) = line_edits([], [line._replace(row=None)], {})

    assert (None, line.key, reason) == (edit.row, edit.key, edit.reason)
    assert ("GBP", Decimal("60.00")) == edit.money
    assert "acme" == edit.after["Partner"]
    assert {None} == set(edit.before.values())


def test_a_line_goes_into_the_row_it_was_read_from() -> None:
    """Where a copy stands above it, a line is still written into its own row; one that lost its row goes by key."""
    rows = [placed("copy", Amount=Decimal(1)), placed("own", Amount=Decimal(2))]

    assert ["own"] == [edit.row for edit in line_edits(rows, [LINE._replace(row="own")], {})]
    assert ["copy"] == [edit.row for edit in line_edits(rows, [LINE._replace(row="gone")], {})]


def test_a_statements_edit_says_what_it_is_or_what_is_wrong() -> None:
    """The reason of a statement's edit is its problem, else what its status rests on."""
    found = statement_from_row(row_of("Statements", STATEMENT))
    assert isinstance(found, Statement)
    fine, wrong = found, replace(found, problem="bill X is void", bill="voided")

    assert ["its partner was told what to invoice"] == [e.reason for e in statement_edits([], [fine], {})]
    (edit,) = statement_edits([row_of("Statements", statement_to_cells(fine, "acme"))], [wrong], {})
    assert ("rec1", "bill X is void", {"Problem": "Voided: bill X is void"}) == (
        edit.row,
        edit.reason,
        dict(edit.after),
    )


def test_a_statement_goes_into_the_row_it_was_read_from() -> None:
    """As a line does: into its own row, else into the one with its key; its edit is about its partner."""
    rows = [
        Row("Statements", "copy", {**STATEMENT, "Bill": "x"}),
        Row("Statements", "other", {**STATEMENT, "Statement": "2025-Q2/acme/GBP"}),
        Row("Statements", "own", {**STATEMENT, "Bill": "x"}),
    ]
    found = statement_from_row(rows[0])
    assert isinstance(found, Statement)

    assert [("own", "acme")] == [(e.row, e.about) for e in statement_edits(rows, [replace(found, row="own")], {})]
    assert ["copy"] == [e.row for e in statement_edits(rows, [replace(found, row="gone")], {})]
    assert [None] == [e.row for e in statement_edits(rows, [replace(found, key="2025-Q3/acme/GBP", row=None)], {})]


def test_the_money_that_an_edit_moves_has_the_digits_of_its_currency() -> None:
    """Five fils of a Kuwaiti dinar are five fils."""
    dinars = LINE._replace(currency="KWD", amount=Decimal("60.005"))
    (edit,) = line_edits([placed("a", Currency="KWD", Amount=Decimal(60))], [dinars], {})

    assert ("KWD", Decimal("0.005")) == edit.money


def test_a_statement_that_moves_on_says_where_to() -> None:
    """Where its status changes together with a figure, the reason is the status."""
    found = statement_from_row(row_of("Statements", STATEMENT))
    assert isinstance(found, Statement)
    row = row_of("Statements", {**statement_to_cells(found, "acme"), "Closing": Decimal(7)})

    (edit,) = statement_edits([row], [replace(found, status="Billed")], {})
    assert "bill None is there" == edit.reason


@pytest.mark.parametrize(
    ("stood", "status", "more", "reason"),
    [
        (None, "Draft", {}, "the lines of its period are locked onto it, and what was carried is its opening"),
        ("Draft", "Issued", {}, "its partner was told what to invoice"),
        ("Draft", "Carried", {}, "its partner was told that there is nothing to invoice"),
        ("Billed", "Issued", {}, "no bill for it counts"),
        ("Issued", "Billed", {"bill_number": "B-1"}, "bill B-1 is there"),
        ("Billed", "Part paid", {"bill_number": "B-1"}, "bill B-1 is paid in part"),
        ("Billed", "Paid", {"bill_number": "B-1", "paid_on": date(2025, 4, 20)}, "bill B-1 was paid on 2025-04-20"),
        ("Billed", "Billed", {"bill_number": "B-2"}, "brought up to date with its bill"),
    ],
)
def test_a_statements_edit_says_why(stood: str | None, status: Any, more: dict[str, Any], reason: str) -> None:
    """What its status rests on: its lines, what its partner was told, the bill, its payment."""
    found = statement_from_row(row_of("Statements", STATEMENT))
    assert isinstance(found, Statement)
    rows = [row_of("Statements", {**statement_to_cells(found, "acme"), "Status": stood})] if stood else []

    (edit,) = statement_edits(rows, [replace(found, status=status, **more)], {"acme": "acme"})
    assert reason == edit.reason


def test_a_statement_that_is_put_right_says_so() -> None:
    """Where a hand changed a figure, the reason of the edit says how to overrule one."""
    found = statement_from_row(row_of("Statements", STATEMENT))
    assert isinstance(found, Statement)
    row = row_of("Statements", {**statement_to_cells(found, "acme"), "Closing": Decimal(7)})

    (edit,) = statement_edits([row], [found], {})
    assert (
        {"Closing": Decimal("60.00")},
        "put right from its lines; to overrule a figure use Adjustment on a line",
    ) == (
        dict(edit.after),
        edit.reason,
    )
