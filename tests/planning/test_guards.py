"""What a plan must not do without a person: how much counts as too much, and what comes by itself."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from worker.domain.lines import Line
from worker.domain.plan import Plan, RowEdit
from worker.domain.plans import Policy
from worker.planning.guards import clock_words, emptied, locks, made_after, objections, with_stopped
from worker.planning.row_edits import line_edits
from worker.planning.rows import line_to_cells

from .bookkeeping import day, line, statement
from .strategies import row_of

POLICY = Policy(guard_from_lines=10)


def standing(number: int = 10, **more: Any) -> list[Line]:
    """So many waiting lines of so many deals, each in its row."""
    return [line("2025-01", deal=str(n), status="Waiting")._replace(row=f"rec{n}", **more) for n in range(number)]


def edit(row: str | None, key: str = "0/acme/2025-01/commission", **after: Any) -> RowEdit:
    money = after.pop("money", None)
    return RowEdit("Commissions", row, key, {}, after, "", "acme", money=money)


def amounts(number: int) -> list[RowEdit]:
    return [edit(f"rec{n}", Amount=Decimal(1)) for n in range(number)]


@pytest.mark.parametrize(
    ("changed", "lines", "asks"),
    [(3, 10, False), (4, 10, True), (9, 9, False), (31, 100, True), (100, 100, True)],
)
def test_more_than_a_share_of_the_open_lines_asks(changed: int, lines: int, asks: bool) -> None:
    """Exactly the share passes; a programme with few lines is not asked."""
    words = f"{changed} commission lines would be changed, while {lines} are open: "

    assert ((f"{words}more than 30 % of these asks for approval",) if asks else ()) == objections(
        amounts(changed), standing(lines), POLICY
    )


def test_the_words_tell_new_lines_from_open_ones() -> None:
    """More may be touched than are open, for new lines count too: how many of each kind, and together."""
    made = [edit(None, f"0/acme/2024-{n:02}/commission") for n in range(1, 13)]
    gone = edit("rec9", Status="Cancelled")

    assert (
        "12 commission lines would be created, 9 changed, 1 cancelled (22 together), while 10 are open: more than 30 % "
        "of these asks for approval",
    ) == objections([*made, *amounts(9), gone], standing(), POLICY)
    assert (
        "9 commission lines would be changed, 1 cancelled (10 together), while 10 are open: more than 30 % of these "
        "asks for approval",
    ) == objections([*amounts(9), gone], standing(), POLICY)


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        ({"Amount": Decimal(1)}, True),
        ({"Status": "Cancelled", "Why": "lost"}, True),
        ({"Status": "Confirmed", "Why": "covered"}, False),
        ({"Status": "On hold", "Why": "On hold: it was archived — a sum"}, False),
        ({"Status": "On hold", "Amount": Decimal(1)}, True),
        ({"Client": "Oak"}, False),
        ({"Amount": Decimal(1), "Currency": "EUR"}, False),
    ],
)
def test_only_amounts_and_cancellations_count(kind: dict[str, Any], counts: bool) -> None:
    """A status that moves on, a hold, a name, a conversion at its month's end are no danger to anybody's money."""
    edits = [edit(f"rec{n}", f"{n}/acme/2025-01/commission", **kind) for n in range(10)]

    assert counts == bool(objections(edits, standing(), POLICY))


@pytest.mark.parametrize("status", ["Paid", "Invoiced", "On statement", "Cancelled"])
def test_lines_that_are_not_open_are_not_asked_about(status: str) -> None:
    """The share is of the lines that are open now, and only those count."""
    assert () == objections(amounts(4), [*standing(4, status=status), *standing(14)[4:]], POLICY)
    assert objections(amounts(5), [*standing(1, status=status), *standing(14)[1:]], POLICY)


@pytest.mark.parametrize(
    ("key", "counts"),
    [
        ("99/acme/2025-01/commission", False),
        ("0/acme/2025-02/commission", False),
        ("0/acme/2025-01/commission", True),
        ("0/acme/2024-12/commission", True),
        ("0/birch/2025-02/commission", True),
        ("0/acme/2025-02/clawback", True),
        ("0/acme/2025-02/correction-2", True),
        ("tier/acme/2025-03/correction", False),
    ],
)
def test_new_lines_count_where_they_do_not_come_by_themselves(key: str, counts: bool) -> None:
    """First lines of a deal, the first true-up and the next month of an endless plan do not; an answer, a new partner
    or an earlier month of a known deal does.
    """
    edits = [edit(None, key) for _ in range(4)]

    assert counts == bool(objections(edits, standing(), POLICY))


def test_the_next_month_is_after_the_last_wherever_its_row_stands() -> None:
    """The order of the rows says nothing."""
    months = [line(month, deal="0", status="Waiting")._replace(row=month) for month in ("2025-03", "2025-01")]

    assert objections([edit(None, "0/acme/2025-02/commission")] * 4, [*months, *standing()[1:]], POLICY)


def test_a_deal_with_answers_alone_has_no_next_month() -> None:
    """Where only a correction stands, a commission line is none that comes by itself."""
    answer = line("2025-01", "-5.00", kind="correction", deal="0")._replace(row="rec0")

    assert objections([edit(None, "0/acme/2025-02/commission")] * 4, [answer, *standing()[1:]], POLICY)


def test_money_that_moves_asks_by_currency() -> None:
    """Up and down add up, each currency by itself; exactly the limit passes; without a limit nobody is asked."""
    moves = [("GBP", "600.00"), ("GBP", "-400.01"), ("EUR", "-1000.00"), ("JPY", "1001")]
    edits = [edit(f"rec{n}", Amount=Decimal(0), money=(c, Decimal(a))) for n, (c, a) in enumerate(moves)]
    limited = Policy(max_moved_amount=Decimal(1000), guard_from_lines=1000)

    assert (
        "1,000.01 GBP would move (more than 1,000.00 asks for approval)",
        "1,001 JPY would move (more than 1,000 asks for approval)",
    ) == objections(edits, standing(), limited)
    assert () == objections(edits, standing(), replace(limited, max_moved_amount=None))


def test_planned_edits_carry_the_money_that_they_move() -> None:
    """What the guard adds up is what stands in the rows and what would."""
    before = line("2025-01", "100.00", "Waiting")
    rows = [row_of("Commissions", line_to_cells(before, "acme"))]
    edits = line_edits(rows, [before._replace(amount=Decimal("160.00"))], {})
    limited = Policy(max_moved_amount=Decimal(50), guard_from_lines=1000)

    words = objections(edits, [before._replace(row="rec1")], limited)
    assert ("60.00 GBP would move (more than 50.00 asks for approval)",) == words


def test_other_tables_are_not_counted() -> None:
    """Only edits of the Commissions table are measured."""
    edits = [replace(one, table="Statements") for one in amounts(10)]

    assert () == objections(edits, standing(), POLICY)


@pytest.mark.parametrize(
    ("now", "before", "share", "words"),
    [
        (0, 10, 30, "reads empty"),
        (0, 10, 100, "reads empty"),
        (1, 10, 95, None),
        (6, 10, 30, "lost 4 of its 10 rows"),
        (7, 10, 30, None),
        (8, 10, 0, "lost 2 of its 10 rows"),
        (9, 10, 0, None),
        (12, 10, 30, None),
        (4, 9, 30, "lost 5 of its 9 rows"),
        (5, 9, 30, None),
        (1, 3, 30, "lost 2 of its 3 rows"),
        (1, 2, 30, None),
        (0, 2, 30, "reads empty"),
        (0, 1, 30, None),
        (0, 0, 30, None),
    ],
)
def test_a_table_that_lost_many_rows_stops(now: int, before: int, share: int, words: str | None) -> None:
    """More than the share gone at once, of a table of a few rows more than half and more than one; or all of them."""
    said = f"The Leads table suddenly {words}: nothing is done until it is restored, or the loss approved"

    assert (said if words else None) == emptied("Leads", now, before, Decimal(share))


def test_a_statement_that_was_made_after_today() -> None:
    """The newest of those counts; one of today, or without a day, is none."""
    made = [
        statement(f"2025-Q{n}/acme/GBP", issued=on)
        for n, on in enumerate((day("2025-04-05"), day("2025-07-05"), day("2025-07-05"), None), start=1)
    ]

    assert None is made_after(made, day("2025-07-05"))
    assert made[2] == made_after(made, day("2025-07-04")) == made_after(made, day("2025-04-04"))
    assert (
        "The clock says 2025-05-10, but statement 2025-Q1/acme/GBP was issued on 2025-04-05: nothing is done, for what "
        "it locked would be taken back. Set the machine's clock right, or leave --as-of out or let it name a later day"
    ) == clock_words(made[0], day("2025-05-10"))


def test_no_line_is_locked_while_lines_wait_for_a_person() -> None:
    """A plan that locks lines is objected to while a flow of lines is stopped; other rows of it lock nothing."""
    lock, other = replace(edit("rec1", Statement="s"), first=True), replace(edit("rec1"), table="Leads", first=True)
    plan = Plan("statements", (lock, lock, edit("rec2"), other), saw=("one",))
    words = "lines would go onto statements, though commissions and cash, which would change lines, wait for a person"

    assert 2 == locks(plan)
    assert ("one", f"2 {words}: see `quarterday plan commissions` first") == with_stopped(
        plan, ["commissions", "cash"]
    ).saw
    assert plan == with_stopped(plan, [])
