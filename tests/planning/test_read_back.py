"""Statements read back against their lines: a hand's change is put right where it can be, else it stops the account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.lines import Line, Statement
from worker.domain.plans import Policy
from worker.planning.read_back import ReadBack, read_back
from worker.planning.rows import Damaged

from .bookkeeping import Q1, Q2, line, statement
from .test_statement_laws import POLICIES, histories, year

LINES = [
    line("2025-01", "100.00", "On statement"),
    line("2025-02", "-30.00", "On statement", kind="clawback"),
    line("2024-12", "20.00", "On statement"),
]
FIRST = statement("2024-Q4/acme/GBP", "Carried", LINES[2:])
ISSUED = statement(Q1, lines=LINES[:2], opening="20.00")


def read(statements: Sequence[Statement], lines: Sequence[Line] = LINES, *damaged: Damaged) -> ReadBack:
    return read_back(statements, lines, damaged, Policy())


@given(histories(), POLICIES)
def test_what_adds_up_is_left_alone(lines: list[Line], policy: Policy) -> None:
    """Statements as they were made are read back as they are."""
    made = year(lines, policy)

    assert ReadBack(made.statements, {}, {}) == read_back(made.statements, made.lines, (), policy)


@pytest.mark.parametrize(
    "typed",
    [
        {"opening": "0.00"},
        {"earned": "99.00"},
        {"corrections": "0.00"},
        {"closing": "1.00"},
        {"closing": "1.00", "opening": "7.00"},
        {"amount": "91.00"},
        {"amount": "121.00"},
        {"amount": "0.00"},
        {"amount": "89.00", "closing": "5.00"},
    ],
)
def test_figures_that_a_hand_changed_are_put_right(typed: dict[str, str]) -> None:
    """Where the lines, or the statement's own sum, still agree, its figures follow from its lines."""
    changed = replace(ISSUED, **{name: Decimal(value) for name, value in typed.items()})
    found = read([FIRST, changed])

    expected = {"amount": Decimal("91.00"), "carried": Decimal("-1.00")} if typed == {"amount": "91.00"} else {}
    assert replace(ISSUED, **expected) == found.statements[1]
    assert ({}, {}) == (found.amiss, found.stopped)


def test_figures_that_are_put_right_have_the_digits_of_their_currency() -> None:
    """Zeros too: yen have none, pounds two; a share of yen that a cap lets through is whole yen."""
    yen = [line("2025-01", "101", "On statement", currency="JPY"),
           line("2025-02", "-80", "On statement", currency="JPY", kind="clawback")]  # fmt: skip
    capped = statement("2025-Q1/acme/JPY", lines=yen, carried="-29")
    typed = replace(capped, opening=Decimal(5), amount=Decimal(999))
    nothing = [statement(f"{period}/birch/JPY", "Carried") for period in ("2025-Q1", "2025-03", "2025-Q2")]
    pounds = statement("2025-Q1/oak/GBP", "Carried")
    found = read_back([typed, *nothing, pounds], yen, (), Policy(clawback_cap=Decimal(50)))

    assert (capped, *nothing, pounds) == found.statements
    assert [["0", "101", "-80", "21", "50", "-29"], *[["0"] * 6] * 3, ["0.00"] * 6] == [
        [str(sum) for sum in (s.opening, s.earned, s.corrections, s.closing, s.amount, s.carried)]
        for s in found.statements
    ]


@pytest.mark.parametrize("amount", ["40.00", "60.00", "120.50"])
def test_an_amount_that_another_cap_left_is_believed(amount: str) -> None:
    """The policy may have been another one when the statement was made."""
    lines = [line("2025-01", "120.00", "On statement"), line("2025-02", "0.50", "On statement"),
             line("2025-02", "-80.50", "On statement", kind="clawback")]  # fmt: skip
    made = statement(Q1, lines=lines, carried=f"{40 - Decimal(amount)}")

    for cap in (0, 50, 100):
        policy = Policy(clawback_cap=Decimal(cap))
        assert ReadBack((made,), {}, {}) == read_back([made], lines, (), policy)


def test_the_order_of_rows_is_nothing() -> None:
    """Each statement opens with what the one before carried, wherever their rows stand."""
    wrong = replace(ISSUED, opening=Decimal(0))

    assert (ISSUED, FIRST) == read([wrong, FIRST]).statements


def test_a_carried_statement_invoices_nothing() -> None:
    """Whatever was typed as its amount."""
    typed = replace(FIRST, amount=Decimal("20.00"), carried=Decimal(0))

    assert (FIRST,) == read([typed]).statements


def test_a_draft_keeps_its_amount() -> None:
    """It is made again of its lines anyway."""
    draft = replace(ISSUED, status="Draft", amount=Decimal("1.00"))

    assert (Decimal("1.00"), Decimal("89.00")) == (
        (found := read([FIRST, draft]).statements[1]).amount,
        found.carried,
    )


@pytest.mark.parametrize(
    "lines",
    [LINES[1:], [*LINES, line("2025-03", "1.00", "Paid")], [LINES[0]._replace(amount=Decimal("99.99")), *LINES[1:]]],
    ids=["one deleted", "one more", "one changed"],
)
def test_lines_that_do_not_make_the_statement_stop_the_account(lines: list[Line]) -> None:
    """A locked line that is gone or changed is for a person: the figures stay, and nothing more is settled."""
    total = f"{sum(a.amount for a in lines)}"  # the opening is the oldest line's
    found = read([FIRST, ISSUED], lines)

    assert (FIRST, ISSUED) == found.statements
    assert {
        Q1: f"its opening and its lines make {total} GBP, not what stands here: a line that it locked was changed by "
        "hand or deleted. Put it back; nothing more of this partner is settled before"
    } == found.amiss
    assert {("acme", "GBP"): f"{Q1} does not add up"} == found.stopped


def test_what_does_not_add_up_is_told_in_the_digits_of_its_currency() -> None:
    """Yen have none."""
    yen = line("2025-01", "12500", "On statement", currency="JPY")
    found = read([statement("2025-Q1/acme/JPY", lines=[yen])], [yen._replace(amount=Decimal(12499))])

    assert "its opening and its lines make 12,499 JPY, not" in found.amiss["2025-Q1/acme/JPY"]


def test_a_later_statement_opens_with_what_stands_even_where_it_is_in_question() -> None:
    """One that does not add up does not bring the next one down with it."""
    later = statement(Q2, "Carried", earned="5.00")
    found = read([later, ISSUED], [LINES[0], line("2025-04", "5.00", "On statement")])

    assert [Q1] == list(found.amiss)
    assert (later, ISSUED) == found.statements


def test_the_first_statement_keeps_its_opening() -> None:
    """Rows of earlier ones may have been put away; others' statements are no help."""
    birch = statement("2024-Q4/birch/GBP", "Carried", earned="9.00")
    lines = [*LINES[:2], line("2024-10", "9.00", "On statement", partner="birch")]

    assert (birch, ISSUED) == read([birch, ISSUED], lines).statements


COPY = Damaged("r", "9001/acme/2025-02/commission", "it is a copy", copy=True)


@pytest.mark.parametrize(
    ("row", "accounts"),
    [
        (Damaged("r", "9001/acme/2025-03/commission", "Amount is empty"), [("acme", "EUR"), ("acme", "GBP")]),
        (Damaged("r", "2025-Q2/birch/GBP", "Status holds '?'"), [("birch", "GBP")]),
        (Damaged("r", "nonsense", "which is not the key of a line"), []),
        (COPY, []),
    ],
)
def test_a_row_that_cannot_be_read_stops_its_partner(row: Damaged, accounts: list[tuple[str, str]]) -> None:
    """Nobody knows whether it was locked; a copy is harmless, and what names no partner can't be anybody's."""
    others = [line("2025-01", currency="EUR"), *(line("2025-01", partner=key) for key in ("birch", "2025-03"))]
    found = read([FIRST, ISSUED], [*LINES, *others], COPY, row)

    assert dict.fromkeys(accounts, f"row {row.key} can't be read: {row.text}") == found.stopped
    assert {} == found.amiss


@given(histories(), POLICIES, st.data())
def test_no_sum_is_changed_unseen(lines: list[Line], policy: Policy, data: st.DataObject) -> None:
    """Whichever sum of a statement a hand changes, by the smallest unit: it is put right."""
    made = year(lines, policy)
    if not made.statements:
        return
    s = data.draw(st.sampled_from(made.statements))
    name = data.draw(st.sampled_from(["opening", "earned", "corrections", "closing"]))
    typed = replace(s, **{name: getattr(s, name) + data.draw(st.sampled_from([Decimal("-0.01"), Decimal("0.01")]))})
    typed = replace(typed, carried=typed.closing - typed.amount)
    found = read_back([typed if x is s else x for x in made.statements], made.lines, (), policy)

    assert ReadBack(made.statements, {}, {}) == found
