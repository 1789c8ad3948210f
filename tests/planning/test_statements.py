"""Statements: which lines, on which day, what is invoiced and what is carried."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from worker.domain.facts import Partner
from worker.domain.lines import Line
from worker.domain.months import Month, Period
from worker.domain.plans import Policy
from worker.planning.statements import (
    line_order,
    opened,
    plan_statements,
    to_invoice,
)

from .bookkeeping import ACME, ON_THE_DAY, POLICY, Q1, Q2, day, line, one, planned, statement, sums

# ---- which lines ----------------------------------------------------------------------------------------------------


def test_confirmed_lines_of_the_period_are_locked() -> None:
    """A line that is not Confirmed, or of a later month, is left as it is."""
    lines = [
        line("2024-11"),
        line("2025-01"),
        line("2025-03", "-40.00", kind="clawback"),
        line("2025-02", status="Waiting"),
        line("2025-03", status="On hold"),
        line("2025-04"),
        line("2024-12", status="Paid"),
    ]
    found = planned(lines, statements=[statement("2024-Q4/acme/GBP", lines=lines[6:])])

    assert ("Issued", "0.00", "200.00", "-40.00", "0.00", "160.00") == sums(one(found))
    expected = [a._replace(status="On statement", statement=Q1) for a in lines[:3]] + lines[3:]
    assert expected == list(found.lines)
    assert (day("2025-04-05"), day("2025-04-05")) == (one(found).issue_day, one(found).issued)


@pytest.mark.parametrize(
    ("more", "on_it"),
    [
        ({"covered_on": day("2025-04-05")}, True),
        ({"covered_on": day("2025-04-06")}, False),
        ({"hold": True}, False),
        ({}, True),
    ],
)
def test_a_line_is_on_it_only_with_cash_of_its_day_and_no_hold(more: dict[str, object], on_it: bool) -> None:
    """Cash dated after the issue day, or a hold ticked since the lines were planned, leaves it to the next one."""
    found = planned([line("2025-01", **more), line("2025-02")], "2025-04-08")

    assert (on_it, True) == tuple(a.locked for a in found.lines)


def test_lines_of_a_paused_partner_wait() -> None:
    """Also those that were confirmed before the pause was seen."""
    assert frozenset() == planned([line("2025-01")], partner=replace(ACME, paused=True)).fresh


def test_months_before_the_programme_began_stand_on_no_statement() -> None:
    """`statements_from` leaves what was settled elsewhere."""
    policy = Policy(statements_from=Month(2025, 2))
    found = planned([line("2025-01"), line("2025-02")], policy=policy)

    assert ["Confirmed", "On statement"] == [a.status for a in found.lines]


def test_no_line_and_no_opening_balance_no_statement() -> None:
    """There is nothing to say; with either there is a statement."""
    carried = statement("2024-Q4/acme/GBP", "Carried", earned="40.00")
    settled = statement("2024-Q4/acme/GBP", earned="80.00")

    assert frozenset() == planned([line("2025-01", status="Waiting")]).fresh
    assert frozenset() == planned([], statements=[settled]).fresh
    assert ("Carried", "40.00", "0.00", "0.00", "40.00", "0.00") == sums(one(planned([], statements=[carried])))
    assert ("Carried", "0.00", "0.00", "0.00", "0.00", "0.00") == sums(one(planned([line("2025-01", "0.00")])))


def test_what_is_no_commission_is_a_correction() -> None:
    """Earned is what commission lines say; clawbacks, reinstatements and corrections are the other sum."""
    kinds = {"commission": "100.00", "clawback": "-30.00", "reinstatement": "7.00", "correction": "-2.50"}
    found = planned([line("2025-01", amount, kind=kind) for kind, amount in kinds.items()])  # type: ignore[arg-type]

    assert ("Issued", "0.00", "100.00", "-25.50", "0.00", "74.50") == sums(one(found))


def test_each_currency_has_a_statement_of_its_own() -> None:
    """In its own minor digits and with its own minimum."""
    policy = Policy(minimum={"default": Decimal("50.00"), "JPY": Decimal(5000)})
    found = planned([line("2025-01"), line("2025-01", "4999", currency="JPY", deal="9002")], policy=policy)

    assert [Q1, "2025-Q1/acme/JPY"] == [s.key for s in found.statements]
    assert [("Issued", "100.00"), ("Carried", "0")] == [(s.status, str(s.amount)) for s in found.statements]


def test_lines_are_in_the_order_of_month_and_deal() -> None:
    """A deal's id counts as a number, and a true-up without deal comes after the deals of its month."""
    lines = [
        line("2025-02", deal="9"),
        line("2025-01", deal=None, kind="correction"),
        line("2025-01", deal="10"),
        line("2025-01", deal="9", kind="correction"),
        line("2025-01", deal="9", kind="clawback"),
        line("2025-01", deal="9"),
    ]

    assert [
        "9/acme/2025-01/clawback",
        "9/acme/2025-01/commission",
        "9/acme/2025-01/correction",
        "10/acme/2025-01/commission",
        "tier/acme/2025-01/correction",
        "9/acme/2025-02/commission",
    ] == [a.key for a in sorted(lines, key=line_order)]


# ---- invoiced or carried --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amounts", "opening", "expected"),
    [
        (["40.00"], None, ("Carried", "0.00", "40.00", "0.00", "40.00", "0.00")),
        (["15.00"], "40.00", ("Issued", "40.00", "15.00", "0.00", "0.00", "55.00")),
        (["50.00"], None, ("Issued", "0.00", "50.00", "0.00", "0.00", "50.00")),
        (["49.99"], None, ("Carried", "0.00", "49.99", "0.00", "49.99", "0.00")),
        (["-300.00"], "40.00", ("Carried", "40.00", "0.00", "-300.00", "-260.00", "0.00")),
        (["900.00"], "-260.00", ("Issued", "-260.00", "900.00", "0.00", "0.00", "640.00")),
    ],
)
def test_below_the_minimum_or_zero_is_carried(
    amounts: list[str], opening: str | None, expected: tuple[str, ...]
) -> None:
    """Exactly the minimum is issued; less, or a negative balance, is the next opening; the lines are locked anyway."""
    before = [statement("2024-Q4/acme/GBP", "Carried", earned=opening)] if opening else []
    lines = [
        line("2025-01", a, deal=str(n), kind="clawback" if a < "0" else "commission") for n, a in enumerate(amounts)
    ]
    found = planned(lines, statements=before)

    assert expected == sums(one(found))
    assert {"On statement"} == {a.status for a in found.lines}


@pytest.mark.parametrize(
    ("amounts", "cap", "currency", "expected"),
    [
        (["-80.00", "120.00"], "50", "GBP", "60.00"),
        (["-80.00", "120.00"], "100", "GBP", "40.00"),
        (["-20.00", "30.00"], "50", "GBP", "15.00"),
        (["-80.00"], "50", "GBP", "0.00"),
        (["-180.00", "120.00"], "100", "GBP", "0.00"),
        (["120.00"], "0", "GBP", "120.00"),
        (["-80.00", "120.00"], "0", "GBP", "120.00"),
        (["-9.00", "0.33"], "50", "GBP", "0.16"),
        (["-9", "33"], "12.5", "JPY", "29"),
        (["0.50"], "100", "GBP", "0.50"),
        ([], "50", "GBP", "0.00"),
    ],
)
def test_what_one_statement_may_take_back(amounts: list[str], cap: str, currency: str, expected: str) -> None:
    """The positive amounts less what of the negative ones the cap allows, rounded once; never below zero."""
    assert expected == str(to_invoice([Decimal(a) for a in amounts], Decimal(cap), currency))


def test_the_minimum_is_asked_of_what_is_invoiced() -> None:
    """−20.00 and 30.00 with half to take back: 15.00 is below the minimum, and all 10.00 is carried."""
    before = [statement("2024-Q4/acme/GBP", "Carried", corrections="-20.00")]
    found = planned([line("2025-01", "30.00")], statements=before, policy=Policy(clawback_cap=Decimal(50)))

    assert ("Carried", "-20.00", "30.00", "0.00", "10.00", "0.00") == sums(one(found))


@pytest.mark.parametrize(
    ("partner", "months", "status"),
    [
        (replace(ACME, left_on=day("2025-02-01")), [], "Issued"),
        (replace(ACME, left=True), [], "Issued"),
        (replace(ACME, left=True), [line("2025-04", status="Expected")], "Carried"),
        (replace(ACME, left=True), [line("2025-04", status="Expected", currency="EUR")], "Carried"),
        (replace(ACME, left=True), [line("2025-04", status="Cancelled"), line("2025-03", status="Waiting")], "Issued"),
        (replace(ACME, left_on=day(ON_THE_DAY)), [], "Carried"),
        (ACME, [], "Carried"),
    ],
)
def test_after_leaving_the_minimum_holds_nothing_back(partner: Partner, months: list[Line], status: str) -> None:
    """Once no month of theirs is still to come, and their last day is past."""
    assert status == one(planned([line("2025-01", "12.00"), *months], partner=partner)).status


def test_a_partner_who_left_the_table_is_settled_by_key() -> None:
    """Lines of a partner that has no row any more get their statement."""
    found = plan_statements({}, [line("2025-01")], (), POLICY, day(ON_THE_DAY))

    assert [Q1] == [s.key for s in found.statements]


# ---- the day --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "key"),
    [
        ("2025-04-04", None),
        ("2025-04-05", Q1),
        ("2025-04-11", Q1),
        ("2025-04-12", None),
        ("2025-07-04", None),
        ("2025-07-05", Q2),
    ],
)
def test_the_first_run_on_the_day_or_in_the_days_of_grace_makes_it(today: str, key: str | None) -> None:
    """Later than that it falls into the next one."""
    assert ([key] if key else []) == [s.key for s in planned([line("2025-01")], today).statements]


def test_a_missed_day_is_told_until_the_next_one() -> None:
    """What is waiting, how to make the statement by hand, and that it is not lost else."""
    before = [statement("2024-Q4/acme/GBP", "Carried", earned="20.00")]
    found = planned([line("2025-01"), line("2025-04")], "2025-06-30", before)

    assert (
        "The statement day of 2025-Q1 was missed: Acme Ltd has 120.00 GBP waiting; quarterday run statements --period "
        "2025-Q1 makes the statement by hand, else it falls into the next one",
    ) == found.notes
    assert () == planned([line("2025-04")], "2025-06-30").notes


def test_a_missed_day_is_told_in_the_partners_money() -> None:
    """120 yen have no cents."""
    found = planned([line("2025-01", "120", currency="JPY")], "2025-06-30")

    assert "Acme Ltd has 120 JPY waiting" in found.notes[0]


def test_a_partner_whose_row_is_gone_is_called_by_its_key() -> None:
    """The Partners table knows no acme any more, whose statement day was missed."""
    notes = plan_statements({}, [line("2025-01")], [], POLICY, day("2025-06-30")).notes

    assert "was missed: acme has 100.00 GBP waiting" in notes[0]


@pytest.mark.parametrize(
    ("period", "cadence", "theirs"),
    [("2025-02", None, "2025-Q1"), ("2025", "half-yearly", "2025-Q1 or 2025-H1"), ("2025-02", "monthly", None)],
)
def test_by_hand_a_period_that_no_partner_has_is_told(period: str, cadence: str | None, theirs: str | None) -> None:
    """It names those that they have, whoever has lines; where one partner has it there is nothing to be said."""
    partners = {"acme": ACME, "birch": replace(ACME, key="birch", cadence=cadence)}
    policy = Policy(statement_period="quarterly")
    by_hand = Period.parse(period)
    notes = plan_statements(partners, [line("2025-01")], [], policy, day("2025-04-05"), period=by_hand).notes

    said = f"No partner has statements of {period}, so none is made: name a period that partners have, as {theirs}"
    assert (() if theirs is None else (said,)) == notes


def test_by_hand_a_statement_can_be_made_on_its_day() -> None:
    """On 5 April, of the quarter before: it is made, and nothing is to be said."""
    found = planned([line("2025-01")], "2025-04-05", period=Period.parse("2025-Q1"))

    assert ({Q1}, ()) == (found.fresh, found.notes)


@pytest.mark.parametrize(
    ("amounts", "status"), [(("10.00", "-10.00"), "Carried"), (("0.50",), "Issued"), (("1.00",), "Issued")]
)
def test_without_a_minimum_any_amount_is_invoiced_but_none(amounts: tuple[str, ...], status: str) -> None:
    """Half a pound is, nothing is not."""
    lines = [line("2025-01", amount, deal=f"900{n}") for n, amount in enumerate(amounts)]
    found = planned(lines, policy=Policy(minimum={"default": Decimal(0)}))

    assert status == one(found).status


def test_a_statement_opens_with_what_the_one_before_carried() -> None:
    """Not with what its own, or a later one, did; the first opens with nothing of its currency."""
    each = [
        statement(key, "Carried", earned=earned)
        for key, earned in (("2024-Q4/acme/GBP", "20.00"), (Q1, "30.00"), (Q2, "40.00"))
    ]

    assert Decimal("20.00") == opened(each, Period.parse("2025-Q1"), "GBP")
    assert ["0", "0.00"] == [str(opened([], Period.parse("2025-Q1"), currency)) for currency in ("JPY", "GBP")]


def test_what_is_to_invoice_has_the_currencys_digits() -> None:
    """100 yen with nothing to take back are 100."""
    assert "100" == str(to_invoice([Decimal(100)], Decimal(100), "JPY"))


def test_what_a_statement_may_take_back_has_the_currencys_digits() -> None:
    """33.3 % of 100 yen are 33: 67 are invoiced, and the other 67 that are to be taken back are carried."""
    lines = [line("2025-01", "100", currency="JPY"), line("2025-02", "-100", kind="clawback", currency="JPY")]
    found = one(planned(lines, policy=Policy(minimum={"default": Decimal(0)}, clawback_cap=Decimal("33.3"))))

    assert ("Issued", "0", "100", "-100", "-67", "67") == sums(found)


def test_by_hand_a_missed_statement_is_made() -> None:
    """With the lines that belonged on it on its day."""
    lines = [line("2025-01", covered_on=day("2025-01-12")), line("2025-02", covered_on=day("2025-05-01"))]
    found = planned(lines, "2025-06-30", period=Period.parse("2025-Q1"))

    assert ("Issued", "100.00") == (one(found).status, str(one(found).amount))
    assert ["On statement", "Confirmed"] == [a.status for a in found.lines]
    assert () == found.notes


def test_by_hand_nothing_is_made_before_its_day() -> None:
    """It says so once, however many partners there are."""
    lines = [line("2025-04"), line("2025-04", partner="birch")]
    found = planned(lines, "2025-07-04", period=Period.parse("2025-Q2"))

    assert frozenset() == found.fresh
    assert ("The statements of 2025-Q2 can't be made yet: their day is 2025-07-05",) == found.notes


def test_by_hand_nothing_is_made_behind_a_later_statement() -> None:
    """Its opening balance was taken up already: what is left falls into the next one, and that is said."""
    later = statement(Q2, "Carried", opening="40.00", earned="10.00")
    earlier = statement("2024-Q4/acme/GBP", "Carried", earned="40.00")
    found = planned([line("2025-01")], "2025-08-01", [earlier, later], period=Period.parse("2025-Q1"))

    assert frozenset() == found.fresh
    assert (
        "Acme Ltd has a statement of 2025-Q1, or a later one, already: what is left of that period falls into the next "
        "one",
    ) == found.notes
    assert () == planned([], "2025-08-01", [earlier, later], period=Period.parse("2025-Q1")).notes
    half_done = [line("2025-01"), line("2025-04", status="On statement")]
    assert {Q2} == planned(half_done, "2025-07-06", [earlier], period=Period.parse("2025-Q1")).fresh


@pytest.mark.parametrize(
    ("cadence", "today", "keys"),
    [
        ("monthly", "2025-04-05", ["2025-03/acme/GBP"]),
        ("monthly", "2025-03-05", ["2025-02/acme/GBP"]),
        ("half-yearly", "2025-04-05", []),
        ("half-yearly", "2025-07-05", ["2025-H1/acme/GBP"]),
        ("weekly", "2025-04-05", [Q1]),
    ],
)
def test_a_partners_cadence_overrules_the_policy(cadence: str, today: str, keys: list[str]) -> None:
    """A word that is none is as if there were none; by hand only periods of the partner's own length are made."""
    partner = replace(ACME, cadence=cadence)
    found = planned([line("2025-01")], today, partner=partner)

    assert keys == [s.key for s in found.statements]
    by_hand = planned([line("2025-01")], "2025-07-05", partner=partner, period=Period.parse("2025-Q1"))
    assert ([Q1] if cadence == "weekly" else []) == [s.key for s in by_hand.statements]


@pytest.mark.parametrize(("today", "made"), [("2025-03-09", False), ("2025-03-10", True), ("2025-03-11", False)])
def test_the_days_are_the_policys(today: str, made: bool) -> None:
    """Issue day, days of grace and period are settings."""
    policy = Policy(issue_day=10, grace_days=0, statement_period="monthly")

    assert made == bool(planned([line("2025-02")], today, policy=policy).fresh)


def test_a_shorter_cadence_does_not_settle_twice_what_a_longer_one_has() -> None:
    """Changed to monthly after the quarter was settled, March gets no second statement, and no second opening."""
    partner = replace(ACME, cadence="monthly")
    before = [
        statement("2024-Q4/acme/GBP", "Carried", earned="40.00"),
        statement(Q1, "Carried", opening="40.00", corrections="-10.00"),
    ]
    late = [line("2025-03")]

    nothing = planned(late, "2025-04-06", before, partner=partner)
    assert (frozenset(), ()) == (nothing.fresh, nothing.notes)
    assert ("2025-04/acme/GBP", "30.00") == (
        (found := one(planned(late, "2025-05-05", before, partner=partner))).key,
        str(found.opening),
    )
