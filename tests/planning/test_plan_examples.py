"""Examples of plans: a made-up deal comes to lines by the same rules as everybody's money."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from worker.domain.lines import LineStatus
from worker.domain.months import Month
from worker.domain.plans import ConversionRules, Example, ExpectedLine, Plans, Policy
from worker.planning.plan_examples import play

from .programme import BRACKETS, day, plan

PLANS = Plans([plan(months=3)])


def line(partner: str, month: str, amount: str, status: LineStatus = "Confirmed") -> ExpectedLine:
    """A line that is expected."""
    return ExpectedLine(Month.parse(month), Decimal(amount), status, partner)


EXPECTED = (
    line("acme", "2025-01", "72.00"), line("acme", "2025-02", "72.00"), line("acme", "2025-03", "72.00", "Expected"),
    line("birch", "2025-01", "48.00"), line("birch", "2025-02", "48.00"), line("birch", "2025-03", "48.00", "Expected"),
)  # fmt: skip
EXAMPLE = Example(
    plan="gold", version="2025-01", name="two partners", value=Decimal("1200.00"), interval="monthly", currency="GBP",
    term_months=None, won_on=day("2025-01-31"), shares=(("birch", Decimal(40)), ("acme", Decimal(60))),
    paid=((day("2025-02-01"), Decimal("1200.00")), (day("2025-03-01"), Decimal("1200.00"))), as_of=day("2025-03-15"),
    expect=EXPECTED[::-1],
)  # fmt: skip


def test_an_example_that_holds() -> None:
    """All of its lines are the expected ones, in whatever order these were written."""
    shown = play(EXAMPLE, PLANS, Policy())

    assert (EXAMPLE, EXPECTED, EXPECTED, ()) == (shown.example, shown.expected, shown.got, shown.problems)
    assert shown.holds


def test_an_example_that_does_not_hold() -> None:
    """One line less, or another amount, is another outcome."""
    assert not play(replace(EXAMPLE, expect=EXPECTED[1:]), PLANS, Policy()).holds
    assert not play(replace(EXAMPLE, value=Decimal("1200.10")), PLANS, Policy()).holds


def test_lines_of_one_month_stand_in_the_order_of_their_kinds_and_amounts() -> None:
    """Where several of a partner's are expected."""
    two = (line("acme", "2025-01", "2.00"), line("acme", "2025-01", "1.00", "Waiting"),
           line("acme", "2025-01", "1.00", "Expected"), replace(EXPECTED[0], kind="clawback"))  # fmt: skip

    assert (two[3], two[2], two[1], two[0]) == play(replace(EXAMPLE, expect=two), PLANS, Policy()).expected


@pytest.mark.parametrize(
    ("paid", "statuses"),
    [
        ((), ["Waiting", "Waiting", "Expected"]),
        (((day("2025-02-01"), Decimal("1200.00")),), ["Confirmed", "Waiting", "Expected"]),
        (((day("2025-03-16"), Decimal("3600.00")),), ["Waiting", "Waiting", "Expected"]),
    ],
)
def test_what_is_paid_covers_it(paid: tuple[tuple[date, Decimal], ...], statuses: list[str]) -> None:
    """Each payment is an invoice of its own, and counts from its day on."""
    shown = play(replace(EXAMPLE, paid=paid), PLANS, Policy())

    assert statuses == [one.status for one in shown.got if one.partner == "acme"]


def test_a_problem_says_why_lines_are_missing() -> None:
    """A total needs its term; with it there are lines."""
    total = replace(EXAMPLE, interval="total", value=Decimal("3600.00"))
    shown = play(total, PLANS, Policy())

    assert ((), ("Deal 1 is a total without a term: fill in the term in months in HubSpot",)) == (
        shown.got, shown.problems,
    )  # fmt: skip
    assert play(replace(total, term_months=3), PLANS, Policy()).holds


def test_lines_of_every_kind_are_expected() -> None:
    """Retroactive tiers end a quarter with a correction."""
    tiers = Plans([plan(tiers=BRACKETS, mode="retroactive", currency="GBP", months=1)])
    expected = (
        line("acme", "2025-01", "7000.00"), replace(line("acme", "2025-03", "3000.00"), kind="correction"),
    )  # fmt: skip
    big = replace(
        EXAMPLE, value=Decimal(50000), shares=(("acme", Decimal(100)),), paid=((day("2025-02-01"), Decimal(50000)),),
        as_of=day("2025-04-01"), expect=expected,
    )  # fmt: skip

    assert expected == play(big, tiers, Policy()).got


@pytest.mark.parametrize("won_on", ["2025-01-01", "2025-01-31"])
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_days_are_the_examples_own_on_every_machine(zone: str, won_on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the machine stands is of no matter."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert play(replace(EXAMPLE, won_on=day(won_on)), PLANS, Policy()).holds
    finally:
        monkeypatch.undo()
        time.tzset()


def test_partners_with_a_currency_of_their_own() -> None:
    """Lines are converted where the rules say so."""
    policy = Policy(conversion=ConversionRules("won", "ECB", "", {(day("2025-01-31"), "GBP", "EUR"): Decimal("1.25")}))
    shown = play(replace(EXAMPLE, partner_currency="EUR"), PLANS, policy)

    assert ["90.00", "90.00", "90.00", "60.00", "60.00", "60.00"] == [str(one.amount) for one in shown.got]
