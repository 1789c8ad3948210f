"""What a won deal pays and under which plans: every word of what is missing, and what its lines know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from worker.domain.facts import Deal, PlanChoice
from worker.domain.lines import Base, Line
from worker.domain.months import Month
from worker.domain.plans import CommissionPlan, Plans
from worker.planning.terms import Reading, Terms, read_terms

from .programme import day, deal, lead, partner, plan

GOLD, SILVER = plan(), plan("20", name="silver")
NO_CURRENCY = "Deal 9001 has no currency: fill in Currency in HubSpot"
NO_VALUE = "Deal 9001 has no value: fill in Amount in HubSpot"
STRANGER = "Partner “cedar” of deal 9001 is not in the Partners table: correct the partner"


def line(who: str = "acme", month: str = "2025-01", **more: Any) -> Line:
    """A line of the deal that stands, in pounds, made with 12,000.00 a year."""
    base = Base(Decimal("12000.00"), "annual")
    made = Line(
        f"9001/{who}/{month}/commission", "9001", who, Month.parse(month), "commission", "GBP", Decimal("100.00"),
        "Waiting", base=base, month_base=base.monthly(), plan="gold, 2025-01",
    )  # fmt: skip
    return made._replace(**more)


def reading(
    of: Deal | None = None, who: str = "acme 100", rows: Sequence[Line] = (), *,
    plans: Sequence[CommissionPlan] = (GOLD, SILVER), **partners: Any,
) -> Reading:  # fmt: skip
    """Read a deal won on 10 January 2025; there are acme and birch on gold, or as given."""
    there = {"acme": partner(), "birch": partner("birch"), **partners}
    return read_terms(
        of or deal(), lead(who=who), rows, partners={key: one for key, one in there.items() if one is not None},
        plans=Plans(plans), submitted=day("2024-12-01"), won_on=day("2025-01-10"),
    )  # fmt: skip


def texts(found: Reading) -> list[str]:
    return [fault.text for fault in found.faults]


def test_a_deal_of_which_all_is_known() -> None:
    """Partners in the order of their keys, each with its share and plan; the term is no part of a yearly base."""
    found = reading(deal(term_months=24), "birch 40, acme 60")

    assert (
        Reading(
            terms=(Terms(partner(), Decimal(60), GOLD), Terms(partner("birch"), Decimal(40), GOLD)),
            currency="GBP",
            base=Base(Decimal("12000.00"), "annual"),
        )
        == found
    )
    assert Fraction(3, 5) == found.terms[0].share


def test_a_total_is_spread_over_its_term() -> None:
    """So the term is a part of the base."""
    for term in (1, 24):
        expected = Base(Decimal("12000.00"), "total", term)

        assert expected == reading(deal(interval="total", term_months=term)).base


def test_without_a_currency_nothing_can_be_computed() -> None:
    """A deal that has no lines yet is stuck; the lines of one that has know it, and are held."""
    assert Reading(stuck=NO_CURRENCY, faults=reading(deal(currency=None)).faults) == reading(deal(currency=None))
    assert [NO_CURRENCY] == texts(reading(deal(currency=None)))
    known = reading(deal(currency=None), rows=[line("birch"), line(month="2025-02", currency="EUR")])
    assert (NO_CURRENCY, None, "EUR") == (known.doubt, known.stuck, known.currency)


def test_a_currency_that_changed_puts_the_lines_in_doubt() -> None:
    """It says both, and goes on with that of the lines."""
    found = reading(deal(currency="EUR"), rows=[line()])

    assert ("GBP", Base(Decimal("12000.00"), "annual")) == (found.currency, found.base)
    assert (
        "Deal 9001 is in EUR now, but its commission lines are in GBP: set Currency back in HubSpot"
        == found.doubt
        == texts(found)[0]
    )


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"value": None}, NO_VALUE),
        ({"value": "-0.01"}, "Deal 9001 has a value below zero: fill in Amount in HubSpot"),
        ({"interval": None},
         "Deal 9001 has no billing interval: choose monthly, quarterly, annual or total in HubSpot"),
        ({"interval": "total"}, "Deal 9001 is a total without a term: fill in the term in months in HubSpot"),
    ],
)  # fmt: skip
def test_what_is_missing_of_a_base(terms: dict[str, Any], words: str) -> None:
    """Who earns by a rate can't be computed; where lines stand their base is the one that was last known."""
    found, known = reading(deal(**terms)), reading(deal(**terms), rows=[line()])

    assert ([words], {"acme": words}, words, None, ()) == (
        texts(found), found.still, found.gap, found.base, found.terms,
    )  # fmt: skip
    assert ({}, words, Base(Decimal("12000.00"), "annual")) == (known.still, known.gap, known.base)


def test_the_base_that_was_last_known_is_the_newest_lines() -> None:
    """Lines of fees have none, and answers are no base of a month."""
    old, new = Base(Decimal("6000.00"), "annual"), Base(Decimal("12000.00"), "annual")
    rows = [
        line("birch", base=old), line(month="2025-02", base=new), line("birch", "2025-03", base=None),
        line(month="2025-04", base=old, kind="correction", key="9001/acme/2025-04/correction"),
    ]  # fmt: skip

    assert new == reading(deal(value=None), rows=rows).base


def test_a_base_that_is_not_known_any_more() -> None:
    """The currency changed, and the lines have lost what they were made with."""
    found = reading(deal(currency="EUR"), rows=[line(base=None)])

    assert {"acme": "the base of deal 9001 is not known any more"} == found.still


def test_everything_that_is_wrong_is_told() -> None:
    """Shares, currency and value at once; so are partners nobody knows, beside what is missing of the base."""
    shares = (
        "The shares of deal 9001 sum to 60 %: correct Share in the Splits table so that they sum to 100, none below "
        "zero"
    )
    assert [NO_VALUE, NO_CURRENCY, shares] == texts(reading(deal(value=None, currency=None), "acme 60"))
    found = reading(deal(value=None), "acme 60, cedar 40")
    assert {"acme": NO_VALUE, "cedar": STRANGER} == found.still
    assert [NO_VALUE, STRANGER] == texts(found)


@pytest.mark.parametrize("who", ["acme 100, birch 0", "acme 99.5, birch 0.5", "acme 60, acme 40", "birch 100"])
def test_shares_that_sum_to_a_hundred(who: str) -> None:
    """One may be nothing, or a part of a percent; one that is named twice has both."""
    assert [] == texts(reading(who=who))


def test_a_deal_without_shares_says_so() -> None:
    """They sum to nothing."""
    stuck = reading(who="").stuck or ""

    assert stuck.startswith("The shares of deal 9001 sum to 0 %: ")


def test_who_was_not_enrolled_earns_nothing() -> None:
    """That is no fault: it says why, and the others earn."""
    found = reading(who="acme 60, birch 40", birch=partner("birch", left_on=day("2024-11-30")))

    assert {"birch": "the partner was not enrolled on the day the lead was submitted"} == found.off
    assert (["acme"], []) == ([one.partner.key for one in found.terms], texts(found))


def test_lines_of_whom_a_deal_does_not_name_stand_still_while_somebody_is_unknown() -> None:
    """A partner was renamed, or mistyped: whose lines these are can't be known."""
    found = reading(who="acme 60, cedar 40", rows=[line(), line("elder")])

    assert {"cedar": STRANGER, "elder": STRANGER} == found.still


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ([("0001-01-01", "silver"), ("2025-01-10", "gold")], GOLD),
        ([("0001-01-01", "silver"), ("2025-01-11", "gold")], SILVER),
        ([("2025-01-11", "silver"), ("2025-01-12", "gold")], None),
        ([("2025-02-01", "gold"), ("0001-01-01", "slip"), ("2025-03-01", "silver")], GOLD),
    ],
)
def test_the_plan_of_the_won_date(choices: list[tuple[str, str]], expected: CommissionPlan | None) -> None:
    """What stood on that very day counts; where that was a slip, the first after it that rates the deal."""
    who = replace(partner(), plans=tuple(PlanChoice(date.fromisoformat(since), name) for since, name in choices))
    found = reading(acme=who)

    assert ([] if expected is None else [expected]) == [one.plan for one in found.terms]
    if expected is None:
        assert {
            "acme": "No plan is known for deal 9001, won 2025-01-10: choose as Plan of the partner one of "
            "rules/commissions.toml that is valid on that day"
        } == found.still


@pytest.mark.parametrize("slips", [[], [("0001-01-01", "slip")], [("0001-01-01", "")]])
def test_a_plan_without_a_version_of_that_day_is_no_slip(slips: list[tuple[str, str]]) -> None:
    """It stood on the won date, or mended a slip: what is chosen after it does not rate the deal."""
    since = "2025-01-12" if slips else "0001-01-01"
    choices = [*slips, (since, "gold"), ("2025-03-01", "silver")]
    who = replace(partner(), plans=tuple(PlanChoice(date.fromisoformat(on), name) for on, name in choices))
    found = reading(plans=[replace(GOLD, valid_from=day("2025-01-11")), SILVER], acme=who)

    assert (["plan"], ()) == ([fault.field for fault in found.faults], found.terms)
    assert texts(found)[0].startswith("Plan gold has no version valid on 2025-01-10, when deal 9001 was won: ")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([line(plan="silver, 2025-01"), line(month="2025-02", plan="gold, 2025-01")], [SILVER]),
        ([line(plan="silver, 2025-01"), line(month="2025-02", status="Paid")], [GOLD]),
        ([line(plan=""), line(month="2025-02", plan="silver, 2025-01")], [SILVER]),
        ([line("birch", plan="silver, 2025-01")], [GOLD]),
        ([line(plan="silver, 2025-01", kind="correction")], [GOLD]),
        ([line(plan="bronze, 2025-01")], []),
    ],
)
def test_the_plan_that_stands_on_the_lines(rows: list[Line], expected: list[CommissionPlan]) -> None:
    """It goes before the partner's: that of a locked line first, else of the first month."""
    assert expected == [one.plan for one in reading(rows=rows).terms]


@pytest.mark.parametrize(
    ("of", "expected"), [("gold", ["10"]), ("silver", ["20"]), ("other", [])], ids=["first", "second", "neither"]
)
def test_two_versions_that_lines_name_alike(of: str, expected: list[str]) -> None:
    """The rules refuse them; a deal keeps the one of its won date, and where that is neither it is rated by none."""
    old = replace(plan("10"), version="1", valid_to=day("2025-01-09" if of == "silver" else "2025-01-31"))
    new = replace(plan("20"), version="1", valid_from=day("2025-01-10" if of == "silver" else "2025-02-01"))
    who = replace(partner(), plans=(PlanChoice(date.min, "other"),)) if of == "other" else partner()
    found = reading(rows=[line(plan="gold, 1")], plans=[old, new], acme=who)

    assert [Decimal(rate) for rate in expected] == [one.plan.rate for one in found.terms]


@pytest.mark.parametrize(
    "terms", [{"fee": "100"}, {"cap_per_deal": "9"}, {"cap_per_partner": "9"}], ids=["fee", "deal", "partner"]
)
def test_money_of_a_plan_in_another_currency(terms: dict[str, Any]) -> None:
    """It says both, and whom it stops; in the deal's currency it is none."""
    words = (
        "Deal 9001 is in GBP, plan gold, 2025-01 in EUR: correct Currency in HubSpot, or give the partner a plan in "
        "that currency"
    )
    found = reading(plans=[plan(currency="EUR", **terms)])

    assert ({"acme": words}, [(words, "acme")]) == (found.still, [(one.text, one.partner) for one in found.faults])
    assert {} == reading(plans=[plan(currency="GBP", **terms)]).still
