"""Statements that were begun and not finished: whatever a crash left half done, the same statement comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.lines import Line
from worker.domain.months import Period
from worker.domain.plans import Policy
from worker.planning.statements import (
    StatementOutcome,
    check,
    nobody_was_told,
)

from .bookkeeping import Q1, Q2, day, line, one, planned, statement, sums

MONTHS = ("2025-01", "2025-02", "2025-03")

LINES = [line(month, deal=deal) for month in MONTHS for deal in ("9001", "9002")]
BEFORE = statement("2024-Q4/acme/GBP", "Carried", earned="20.00")


def locked(lines: Sequence[Line], *numbers: int) -> list[Line]:
    return [a._replace(status="On statement", statement=Q1) if n in numbers else a for n, a in enumerate(lines)]


WHOLE = planned(LINES, statements=[BEFORE])
ALL = range(len(LINES))


@given(st.sets(st.sampled_from(list(ALL)), min_size=1))
def test_a_crash_among_the_locks_ends_in_the_same_statement(done: set[int]) -> None:
    """Whichever lines were locked, the next run in time makes the statement that it would have been."""
    found = planned(locked(LINES, *done), "2025-04-09", [BEFORE])

    assert replace(one(WHOLE), issued=day("2025-04-09")) == one(found)
    assert WHOLE.lines == found.lines


@given(st.sets(st.sampled_from(list(ALL)), min_size=1))
def test_a_statement_begun_and_long_overdue_has_the_lines_that_it_locked(done: set[int]) -> None:
    """After the days of grace nothing more comes onto it, and the rest falls into the next one."""
    found = planned(locked(LINES, *done), "2025-06-01", [BEFORE])

    assert Decimal(100 * len(done)) == one(found).earned
    assert [n in done for n in ALL] == [a.locked for a in found.lines]


def test_both_on_the_next_day_the_begun_one_first() -> None:
    """A begun statement is finished before the next, which opens with what it carries, and no line is on both."""
    lines = [*locked(LINES, 0), line("2025-04", "30.00")]
    policy = Policy(minimum={"default": Decimal(1000)})
    found = planned(lines, "2025-07-05", [BEFORE], policy=policy)

    first, second = (s for s in found.statements if s.key in found.fresh)
    assert [(Q1, "20.00", "100.00"), (Q2, "120.00", "530.00")] == [
        (s.key, str(s.opening), str(s.earned)) for s in (first, second)
    ]
    assert {Q1, Q2} == {a.statement for a in found.lines}


def test_a_line_is_never_on_two_statements() -> None:
    """Where days of grace reach over the next day, both are still open for lines: the older one has them."""
    policy = Policy(statement_period="monthly", grace_days=40)
    begun = line("2025-02", deal="9001", status="On statement", statement="2025-02/acme/GBP")
    found = planned([begun, line("2025-02", deal="9002"), line("2025-03")], "2025-04-05", policy=policy)

    assert ["200.00", "100.00"] == [str(s.earned) for s in found.statements]


def test_of_two_that_end_on_one_day_the_shorter_comes_first() -> None:
    """The cadence changed while both were begun: a line that is still free is on the shorter one."""
    begun = [
        line("2025-01", deal="9001", status="On statement"),
        line("2025-03", deal="9002", status="On statement", statement="2025-03/acme/GBP"),
    ]
    found = planned([*begun, line("2025-02", "7.00")])

    assert {Q1: "100.00", "2025-03/acme/GBP": "107.00"} == {s.key: str(s.earned) for s in found.statements}


def test_a_longer_one_that_was_begun_takes_the_place_of_the_due_one() -> None:
    """What is free is on that: no second statement ends on the same day."""
    begun = line("2025-01", deal="9001", status="On statement", statement="2025-H1/acme/GBP")
    found = planned([begun, line("2025-05", "7.00")], "2025-07-05")

    assert [("2025-H1/acme/GBP", "107.00")] == [(s.key, str(s.earned)) for s in found.statements]


def test_one_that_is_too_late_keeps_none_from_being_finished() -> None:
    """A period named by hand that lies before a begun one falls into the next; the begun one is finished."""
    begun = line("2025-04", deal="9001", status="On statement")
    found = planned([begun, line("2025-01", "7.00")], "2025-07-06", period=Period.parse("2025-Q1"))

    assert [Q2] == [s.key for s in found.statements]
    assert ["Acme Ltd has a statement of 2025-Q1, or a later one, already"] == [
        note.split(":")[0] for note in found.notes
    ]


def test_by_hand_the_begun_ones_come_first() -> None:
    """The statement made by hand opens with what the one that was begun carries."""
    begun = line("2024-10", "12.00", status="On statement")
    found = planned([line("2025-01"), begun], "2025-06-01", period=Period.parse("2025-Q1"))

    assert [("2024-Q4/acme/GBP", "0.00"), (Q1, "12.00")] == [(s.key, str(s.opening)) for s in found.statements]


@pytest.mark.parametrize("today", ["2025-04-06", "2025-05-20"])
@pytest.mark.parametrize("row", [True, False], ids=["row", "no row"])
def test_once_all_is_locked_no_later_line_comes_onto_it(today: str, row: bool) -> None:
    """With its draft written, or its message under way, a statement has exactly the lines that it locked: facts that
    came meanwhile fall into the next one.
    """
    lines = [*locked(LINES, *ALL), line("2025-03", "7.00", deal="9003")]
    draft = replace(one(WHOLE), status="Draft", issued=None, row="rec7", hold=True)
    statements = [BEFORE, draft] if row else [BEFORE]
    found = planned(lines, today, statements, told=nobody_was_told if row else lambda key: key == Q1)

    expected = replace(one(WHOLE), issued=day(today), row="rec7" if row else None, hold=row)
    assert expected == one(found)
    assert [*WHOLE.lines, lines[-1]] == list(found.lines)
    assert 1 == len([s for s in found.statements if s.key == Q1])


@pytest.mark.parametrize(
    ("row", "today"), [(True, "2025-04-06"), (True, "2025-06-20"), (False, "2025-04-06"), (False, "2025-06-20")]
)
def test_a_begun_statement_of_an_opening_balance_alone_is_finished(today: str, row: bool) -> None:
    """It locked no line, and gets none."""
    draft = statement(Q1, "Draft", opening="20.00", carried="20.00")
    statements = [BEFORE, draft] if row else [BEFORE]
    found = planned([line("2025-03")], today, statements, told=lambda key: key == Q1)

    assert ("Carried", "20.00", "0.00", "0.00", "20.00", "0.00") == sums(one(found))
    assert ["Confirmed"] == [a.status for a in found.lines]


def test_a_draft_of_an_opening_balance_alone_is_not_forgotten() -> None:
    """On the next statement's day it is finished first, and the next opens with what it carries."""
    draft = statement(Q1, "Draft", opening="20.00", carried="20.00")
    found = planned([], "2025-07-05", [BEFORE, draft])

    assert {Q1, Q2} == found.fresh
    assert {"20.00"} == {str(s.carried) for s in found.statements}


def test_a_message_about_lines_that_nobody_locks_any_more_is_no_end() -> None:
    """Where the locks were lost with the row, the statement is made anew; it is the outbox that sends nothing twice."""
    found = planned([line("2025-03")], told=lambda key: True)

    assert ("Issued", True) == (one(found).status, found.lines[0].locked)


@pytest.mark.parametrize("status", ["On statement", "Invoiced", "Paid"])
def test_a_statement_whose_row_was_deleted_comes_back(status: str) -> None:
    """Its lines know it: it is made again of exactly those, also behind a later one, and opens as it did."""
    lines = [a._replace(status=status) for a in locked(LINES, *ALL)]  # type: ignore[arg-type]
    later = statement(Q2, earned="70.00")
    for by_hand in (None, Period.parse("2025-Q1")):
        found = planned([*lines, line("2025-02", "5.00", deal="9003")], "2025-08-01", [later, BEFORE], period=by_hand)

        assert ("Issued", "20.00", "600.00", "0.00", "0.00", "620.00") == sums(one(found))
        assert later in found.statements


def test_what_stands_is_left_as_it_is() -> None:
    """A statement that was issued is never made again, whatever has changed since: late facts fall into the next."""
    lines = [*locked(LINES, *ALL), line("2025-01", "5.00", deal="9003")]
    done = replace(one(WHOLE), status="Billed", bill="short", bill_number="X", problem="words", row="rec1")
    found = planned(lines, "2025-04-06", [BEFORE, done], policy=Policy(minimum={"default": Decimal(10**6)}))

    assert StatementOutcome((BEFORE, done), tuple(lines), frozenset(), ()) == found


def test_a_line_that_names_anothers_statement_begins_none_and_changes_none() -> None:
    """Where a hand wrote a strange key into a locked row, what was issued stays, and nobody else's comes of it."""
    done = replace(one(WHOLE), row="rec1")
    lines = [locked(LINES, 0)[0]._replace(statement="2025-Q1/birch/GBP"), *locked(LINES, *ALL)[1:]]
    found = planned(lines, "2025-04-06", [BEFORE, done])

    assert StatementOutcome((BEFORE, done), tuple(lines), frozenset(), ()) == found


def test_nothing_is_made_of_a_stopped_account() -> None:
    """It says why; other accounts go on."""
    lines = [line("2025-01"), line("2025-01", currency="EUR"), line("2025-01", partner="birch")]
    found = planned(lines, stopped={("acme", "GBP"): "row 7 can't be read"})

    assert {"2025-Q1/acme/EUR", "2025-Q1/birch/GBP"} == found.fresh
    assert ("No statement is made of Acme Ltd in GBP: row 7 can't be read",) == found.notes


def test_a_statement_that_does_not_add_up_is_never_made() -> None:
    """Opening + lines − carried = amount to invoice is asserted whenever one is built."""
    wrong = [replace(one(WHOLE), closing=Decimal(1)), replace(one(WHOLE), carried=Decimal(1))]

    check(one(WHOLE), LINES)
    for broken in wrong:
        with pytest.raises(AssertionError, match=f"{Q1}: opening and lines make 620.00"):
            check(broken, LINES)
