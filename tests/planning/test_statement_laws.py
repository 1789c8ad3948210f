"""The laws of statements, for any lines over any year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from worker.domain.lines import Line
from worker.domain.months import Month, Period
from worker.domain.plans import Policy
from worker.planning.statements import (
    StatementOutcome,
    plan_statements,
)

from .bookkeeping import ACME, PARTNERS, day, line

AMOUNTS = st.integers(-20_000, 20_000).map(lambda cents: f"{Decimal(cents).scaleb(-2)}")


@st.composite
def histories(draw: st.DrawFn) -> list[Line]:
    """Return confirmed lines of two partners over a year."""
    found = []
    for n in range(draw(st.integers(0, 14))):
        month, partner = draw(st.integers(1, 12)), draw(st.sampled_from(["acme", "birch"]))
        amount = draw(AMOUNTS)
        kind = "clawback" if amount.startswith("-") else "commission"
        found.append(line(f"2025-{month:02}", amount, deal=str(9000 + n), partner=partner, kind=kind))
    return found


POLICIES = st.builds(
    Policy,
    clawback_cap=st.sampled_from([Decimal(0), Decimal("33.3"), Decimal(100)]),
    minimum=st.sampled_from([{"default": Decimal(0)}, {"default": Decimal("50.00")}]),
    statement_period=st.sampled_from(["monthly", "quarterly", "half-yearly"]),
)
CAST = {**PARTNERS, "birch": replace(ACME, key="birch", name="Birch")}
DAYS = [f"{month.plus(1)}-05" for month in Period.parse("2025")]


def year(lines: Sequence[Line], policy: Policy, skip: frozenset[int] = frozenset()) -> StatementOutcome:
    """Run on the fifth of every month but some, as after a year."""
    outcome = StatementOutcome((), tuple(lines), frozenset(), ())
    for number, today in enumerate(DAYS):
        if number not in skip:
            outcome = plan_statements(CAST, outcome.lines, outcome.statements, policy, day(today))
    return outcome


@given(histories(), POLICIES, st.frozensets(st.integers(0, 10)))
def test_law_5_opening_and_lines_are_closing(lines: list[Line], policy: Policy, skip: frozenset[int]) -> None:
    """For every statement opening + lines = closing = amount + carried; each opens with what the one before carried;
    and over all, what was earned is what was invoiced and what is still carried. Missed days change none of it.
    """
    outcome = year(lines, policy, skip)

    for partner in CAST:
        own = sorted((s for s in outcome.statements if s.partner == partner), key=lambda s: s.period)
        carried = Decimal(0)
        for s in own:
            on_it = sum((a.amount for a in outcome.lines if a.statement == s.key), Decimal(0))
            assert (carried, s.closing) == (s.opening, s.opening + on_it)
            assert s.closing == s.opening + s.earned + s.corrections == s.amount + s.carried
            assert s.amount >= 0
            assert (s.amount == 0) == (s.status == "Carried")
            carried = s.carried
        earned = sum((a.amount for a in outcome.lines if a.partner == partner), Decimal(0))
        assert earned == sum((s.amount for s in own), Decimal(0)) + carried


@given(histories(), POLICIES)
def test_law_4_a_second_run_of_the_day_makes_nothing(lines: list[Line], policy: Policy) -> None:
    """What was made stands, and is not made again."""
    outcome = year(lines, policy)
    again = plan_statements(CAST, outcome.lines, outcome.statements, policy, day(DAYS[-1]))

    assert (frozenset(), outcome.statements, outcome.lines) == (again.fresh, again.statements, again.lines)


@given(histories(), POLICIES)
def test_law_7_a_full_reversal_leaves_nothing(lines: list[Line], policy: Policy) -> None:
    """Where every line is taken back in the end, what was invoiced is what is owed back, to the last unit."""
    back = [a._replace(key=f"{a.key}-back", month=Month(2025, 12), amount=-a.amount, kind="clawback") for a in lines]
    outcome = year([*lines, *back], policy)

    for partner in CAST:
        own = [s for s in outcome.statements if s.partner == partner]
        last = max(own, key=lambda s: s.period, default=None)
        assert (last.carried if last else 0) == -sum(s.amount for s in own)


@given(histories(), histories(), POLICIES)
def test_law_8_nothing_of_another_partner_changes_a_statement(
    lines: list[Line], others: list[Line], policy: Policy
) -> None:
    """Acme's statements and lines are the same whatever Birch's lines are."""
    mine = [a for a in lines if a.partner == "acme"]
    outcomes = [year([*mine, *(a for a in rest if a.partner == "birch")], policy) for rest in (lines, others)]

    one_, other = ([x for x in (*o.statements, *o.lines) if x.partner == "acme"] for o in outcomes)
    assert one_ == other


@given(histories(), POLICIES, st.randoms())
def test_law_3_the_order_of_rows_is_nothing(lines: list[Line], policy: Policy, random: object) -> None:
    """Shuffled rows give the same statements and the same locks."""
    mixed = list(lines)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    outcomes = [year(order, policy) for order in (lines, mixed)]

    assert outcomes[0].statements == outcomes[1].statements
    assert {a.key: a for a in outcomes[0].lines} == {a.key: a for a in outcomes[1].lines}


@given(histories(), POLICIES)
def test_law_6_no_locked_line_ever_changes(lines: list[Line], policy: Policy) -> None:
    """Once on a statement a line stays on it as it is, run after run."""
    outcome = StatementOutcome((), tuple(lines), frozenset(), ())
    for today in DAYS:
        before = {a.key: a for a in outcome.lines if a.locked}
        issued = {s.key: s for s in outcome.statements}
        outcome = plan_statements(CAST, outcome.lines, outcome.statements, policy, day(today))
        assert before == {a.key: a for a in outcome.lines if a.key in before}
        assert issued == {s.key: s for s in outcome.statements if s.key in issued}
