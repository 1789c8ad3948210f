"""Which deals earn: problems, plans as they stood, gaps in the facts, merged deals, leads that are gone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from worker.domain.facts import Partner, PlanChoice
from worker.domain.lines import Base
from worker.planning.earning import deal_order, survivors
from worker.planning.terms import terms_text

from .programme import BRACKETS, Story, at, day, deal, invoice, lead, partner, plan, story

UP_FRONT = invoice(paid="2025-01-12 12000")


def fields(told: Story) -> list[tuple[str | None, str | None, str]]:
    return [(problem.deal, problem.partner, problem.field) for problem in told.outcome.problems]


def held(told: Story) -> set[tuple[str, str | None]]:
    return {(line.status, line.reason) for line in told.lines if not line.locked}


# ---- problems -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "problems"),
    [
        ({"value": None}, ["value"]),
        ({"value": "-0.01"}, ["value"]),
        ({"interval": None}, ["interval"]),
        ({"interval": "total"}, ["term_months"]),
        ({"interval": "total", "term_months": 0}, ["term_months"]),
        ({"currency": None}, ["currency"]),
        ({"value": None, "interval": None, "currency": None}, ["value", "interval", "currency"]),
    ],
)
def test_what_is_missing_of_a_deal_is_a_problem(terms: dict[str, Any], problems: list[str]) -> None:
    """No rows, and a problem for each field to fill in, on the lead row."""
    told = story(deal(**terms)).on("2025-02-01")

    assert [("9001", None, field) for field in problems] == fields(told)
    assert ((), {"L-1"}) == (told.lines, {problem.lead for problem in told.outcome.problems})


@pytest.mark.parametrize("who", ["acme 60, birch 39.99", "acme 60, birch 40.01", "", "acme 110, birch -10"])
def test_shares_must_sum_to_a_hundred(who: str) -> None:
    """99.99, 100.01, none at all, one below zero: one problem, and nothing else is asked of the shares."""
    told = story(leads=[lead(who=who)]).on("2025-02-01")

    assert [("9001", None, "shares")] == fields(told)
    assert () == told.lines


def test_an_unknown_partner_and_an_unknown_plan_stop_that_partner_alone() -> None:
    """acme earns; birch is not in the Partners table, cedar's plan is not in the rules, elder has none."""
    told = story(
        leads=[lead(who="acme 40, birch 30, cedar 20, elder 10")],
        partners=[partner(), partner("cedar", "secret"), Partner("elder", "Elder", ())],
    ).on("2025-02-01")  # fmt: skip

    assert [("9001", "birch", "partner"), ("9001", "cedar", "plan"), ("9001", "elder", "plan")] == fields(told)
    assert ["40.00"] * 12 == told.amounts("acme")
    assert 12 == len(told.lines)


@pytest.mark.parametrize("terms", [{"fee": "250"}, {"cap_per_deal": "9"}, {"cap_per_partner": "9"}])
def test_money_of_a_plan_must_be_in_the_deals_currency(terms: dict[str, Any]) -> None:
    """A plan with a fee or a cap in GBP on a deal in EUR; a bare rate fits any currency."""
    told = story(deal(currency="EUR"), plans=[plan(currency="GBP", **terms)]).on("2025-02-01")

    assert [("9001", "acme", "currency")] == fields(told)
    assert () == told.lines
    assert [] == fields(story(deal(currency="EUR"), plans=[plan(currency="GBP")]).on("2025-02-01"))


def test_a_fee_needs_no_value() -> None:
    """acme has a fee, birch a rate: without a value acme's line is there, and the value is asked for."""
    told = story(
        deal(value=None), leads=[lead(who="acme 50, birch 50")],
        plans=[plan(), plan(name="fee", fee="250", currency="GBP")],
        partners=[partner("acme", "fee"), partner("birch")],
    ).on("2025-02-01")  # fmt: skip

    assert ["2025-01 commission 125.00 Waiting"] == told.table()
    assert [("9001", None, "value")] == fields(told)
    assert [] == told.table("birch")


@pytest.mark.parametrize(
    ("terms", "earns"),
    [
        ({}, True),
        ({"enrolled_from": day("2024-12-01"), "left_on": day("2024-12-01")}, True),
        ({"enrolled_from": day("2024-12-02")}, False),
        ({"left_on": day("2024-11-30")}, False),
    ],
)
def test_the_partner_must_have_been_enrolled_when_the_lead_came(terms: dict[str, Any], earns: bool) -> None:
    """The lead is of 1 December 2024; first and last day count."""
    told = story(partners=[partner(**terms)]).on("2025-02-01")

    assert (12 if earns else 0, []) == (len(told.lines), fields(told))


def test_what_never_was_won_or_valid_is_neither_row_nor_problem() -> None:
    """Open without a win; an invalid lead; a lead that is not in the CRM yet."""
    told = story(
        deal(won_at=None, state="open", value=None), deal("9002"),
        leads=[lead(), lead("9002", valid=False), lead("", key="L-3")],
    ).on("2025-02-01")  # fmt: skip

    assert ((), []) == (told.lines, fields(told))


# ---- the plan -------------------------------------------------------------------------------------------------------

TWO_YEARS = [
    plan("10", valid_from=day("2024-01-01"), valid_to=day("2025-01-10"), version="2024"),
    plan("20", valid_from=day("2025-01-11"), version="2025"),
]


@pytest.mark.parametrize(("won", "rate"), [("2025-01-10", "10 %"), ("2025-01-11", "20 %")])
def test_the_version_valid_on_the_won_date_counts(won: str, rate: str) -> None:
    """Both days of a version are included."""
    assert rate == story(deal(won_at=won), plans=TWO_YEARS).on("2025-02-01").lines[0].rate


def test_the_plan_on_the_lines_is_never_changed() -> None:
    """acme's Plan becomes silver after the win, and gold is given a new rate by a new version: 10 % all the same."""
    told = story(plans=[plan(), plan("20", name="silver")]).on("2025-01-15")
    told.on(
        "2025-01-16",
        partner=partner("acme", "silver"),
        plans=[plan("50", version="2026"), plan(), plan("20", name="silver")],
    )

    assert {"10 %"} == {line.rate for line in told.lines}


def test_the_choice_of_the_won_date_counts() -> None:
    """silver from 2024, gold from 11 January: a deal won on the 10th has silver."""
    chosen = (PlanChoice(day("2024-01-01"), "silver"), PlanChoice(day("2025-01-11"), "gold"))
    told = story(plans=[plan(), plan("20", name="silver")], partners=[Partner("acme", "Acme", chosen)])

    assert "20 %" == told.on("2025-01-15").lines[0].rate


def test_a_version_that_is_gone_holds_its_lines() -> None:
    """gold 2025-01 is taken out of the rules: the lines are held, not rated anew; a choice after the win is none."""
    told = story().on("2025-01-15").on("2025-01-16", plans=[plan("50", version="2026")])

    assert [("9001", "acme", "plan")] == fields(told)
    assert (
        "The lines of deal 9001 name a version of a plan that is not known any more: put it back into "
        "rules/commissions.toml" == told.outcome.problems[0].text
    )
    assert {"On hold"} == set(told.statuses())
    assert {"100.00"} == set(told.amounts())
    late = Partner("acme", "Acme", (PlanChoice(day("2025-01-11"), "gold"),))
    assert [("9001", "acme", "plan")] == fields(story(partners=[late]).on("2025-01-15"))


# ---- what goes missing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "field"),
    [
        (deal(value=None), "value"), (deal(interval=None), "interval"), (deal(interval="total"), "term_months"),
        (deal(currency=None), "currency"), (deal(currency="EUR", value="99"), "currency"),
    ],
)  # fmt: skip
def test_what_goes_missing_puts_the_lines_in_doubt_and_takes_nothing(now: Any, field: str) -> None:
    """January is locked and refunded meanwhile: nothing is answered, the others are held; mended, as before."""
    told = story(invoices=[UP_FRONT]).on("2025-02-01").lock()
    before = told.lines
    told.on("2025-02-01", deal=now, invoices=[])

    assert [("9001", None, field)] == fields(told)
    assert {("On hold", told.outcome.problems[0].text)} == held(told)
    assert [line.amount for line in before] == [line.amount for line in told.lines]
    assert before == told.on("2025-02-01", deal=deal(), invoices=[UP_FRONT]).lines


def test_lost_is_a_positive_fact_though_the_value_is_missing() -> None:
    """Somebody clears the amount of a deal that is lost: what was not over is cancelled, January held."""
    told = story().on("2025-02-01").on("2025-02-03", deal=deal(value=None, state="lost", left_won_at="2025-02-02"))

    assert ["Cancelled"] * 12 == told.statuses()
    told = story(invoices=[UP_FRONT]).on("2025-02-01")
    told.on("2025-02-03", deal=deal(value=None, state="lost", left_won_at="2025-02-02"))
    assert ["On hold", *["Cancelled"] * 11] == told.statuses()


def test_shares_that_go_wrong_hold_all_lines() -> None:
    """60/40 becomes 60/30: held as they are."""
    told = story(leads=[lead(who="acme 60, birch 40")], partners=[partner(), partner("birch")]).on("2025-01-15")
    told.on("2025-01-16", lead=lead(who="acme 60, birch 30"))

    assert {("On hold", told.outcome.problems[0].text)} == held(told)
    assert ({"60.00"}, {"40.00"}) == (set(told.amounts("acme")), set(told.amounts("birch")))


def test_a_partner_row_that_goes_missing_holds_that_partner_alone() -> None:
    """birch's row is deleted: birch is held, acme is not."""
    told = story(leads=[lead(who="acme 60, birch 40")], partners=[partner(), partner("birch")]).on("2025-01-15")
    told.facts = replace(told.facts, partners={"acme": partner()})
    told.on("2025-01-16")

    assert ({"Expected"}, {"On hold"}) == (set(told.statuses("acme")), set(told.statuses("birch")))


def test_a_lead_whose_partner_nobody_knows_takes_nothing_from_the_one_it_had() -> None:
    """The partner was renamed, or mistyped: what acme has is held, not cancelled; birch, who has a share, goes on."""
    told = story(leads=[lead(who="acme 60, birch 40")], partners=[partner(), partner("birch")]).on("2025-01-15")
    told.on("2025-01-16", lead=lead(who="renamed 60, birch 40"))

    assert [("9001", "renamed", "partner")] == fields(told)
    assert ({"On hold"}, {"Expected"}) == (set(told.statuses("acme")), set(told.statuses("birch")))
    assert {"60.00"} == set(told.amounts("acme"))


def test_a_held_line_forgets_what_covered_it() -> None:
    """Confirmed, then its shares go wrong: the sum stays in Why, the payment does not."""
    told = story(invoices=[UP_FRONT]).on("2025-02-01").on("2025-02-02", lead=lead(who="acme 99"))
    line = told.lines[0]

    assert ("On hold", None, "") == (line.status, line.covered_on, line.invoice)
    assert line.why.endswith("= 100.00; month 1 of 12")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"deals": {}}, "the deal can't be read any more"),
        ({"deal": deal(won_at=None, state="open")}, "the deal has no won date any more"),
        ({"leads": []}, "the row of its lead was deleted from Leads: restore it"),
        ({"lead": lead("9002", key="L-1")}, "lead L-1 is not tied to deal 9001 any more"),
        ({"lead": lead("", key="L-1")}, "lead L-1 is not tied to deal 9001 any more"),
    ],
)
def test_what_can_not_be_found_any_more_is_held(change: dict[str, Any], reason: str) -> None:
    """The deal, its won date, the lead row, the tie between them: locked lines stay, the others are held."""
    told = story(invoices=[UP_FRONT]).on("2025-02-01").lock()
    told.on("2025-02-02", **change, invoices=[])

    assert ["On statement"] + ["On hold"] * 11 == told.statuses()
    assert {("On hold", reason)} == held(told)


def test_lines_without_a_base_are_held_when_the_deal_has_none_either() -> None:
    """Somebody emptied the Base cells, and the value is missing."""
    told = story(plans=[plan(months=2)]).on("2025-01-15")
    for line in told.lines:
        told.edit(line.key, base=None, month_base=None)
    told.on("2025-01-16", deal=deal(value=None))

    assert ["On hold", "On hold"] == told.statuses()
    told.on("2025-01-16", deal=deal(currency="EUR"))
    assert {("On hold", "the base of deal 9001 is not known any more")} == held(told)


# ---- invalid leads --------------------------------------------------------------------------------------------------


def test_a_lead_found_invalid_earns_nothing_any_more() -> None:
    """Open lines are cancelled, locked ones clawed back; valid again, all is back. An invoice that is nobody's is no
    concern of it."""
    told = (
        story(invoices=[UP_FRONT, invoice("INV-9", reference="")])
        .on("2025-02-01")
        .lock()
        .on("2025-02-02", lead=lead(valid=False))
    )

    assert Decimal(0) == sum(line.amount for line in told.lines)
    assert {"the lead was found invalid"} == {
        line.reason for line in told.lines if line.kind == "commission" and line.reason
    }
    told.on("2025-02-02", lead=lead())
    assert ["100.00"] * 12 == [str(line.amount) for line in told.lines if line.kind == "commission"]


def test_an_invalid_lead_of_a_deal_that_is_gone_is_held() -> None:
    """Only what is known takes money away."""
    told = story(invoices=[UP_FRONT]).on("2025-02-01").lock().on("2025-02-02", lead=lead(valid=False), deals={})

    assert {("On hold", "the deal can't be read any more")} == held(told)


def test_an_invalid_lead_whose_deal_is_no_longer_won_earns_nothing_all_the_same() -> None:
    """The won date is gone too: cancelled."""
    told = story().on("2025-01-15").on("2025-01-16", lead=lead(valid=False), deal=deal(won_at=None, state="open"))

    assert {("Cancelled", "the lead was found invalid")} == held(told)


# ---- merged deals ---------------------------------------------------------------------------------------------------


def test_merges_are_followed_to_the_end() -> None:
    """1 into 2 into 3; 4 and 5 into each other; 6 into one that is gone."""
    deals = {"1": "2", "2": "3", "3": None, "4": "5", "5": "4", "6": "9"}

    assert {"1": "3", "2": "3", "3": "3", "4": "5", "5": "4", "6": "9"} == survivors(
        {id_: deal(id_, merged_into=into) for id_, into in deals.items()}
    )


@pytest.mark.parametrize("on_row", ["9001", "9002"])
def test_a_merged_deal_keeps_its_keys_and_has_the_survivors_facts(on_row: str) -> None:
    """9001 is merged into 9002 of 24,000.00, whichever the lead row names: lines of 9001, 200.00 from January."""
    told = story(invoices=[UP_FRONT]).on("2025-01-15")
    told.on("2025-01-16", deal=deal(merged_into="9002")).on("2025-01-16", deal=deal("9002", value="24000"))
    told.on("2025-01-17", lead=lead(on_row, key="L-1"))

    assert {"9001"} == {line.deal for line in told.lines}
    assert ["200.00"] * 12 == told.amounts()
    assert "Confirmed" == told.on("2025-02-01").statuses()[0]


def test_a_deal_merged_into_one_that_is_gone_is_in_doubt() -> None:
    """Its last known facts stand; a lead that is invalid besides is not clawed back."""
    told = story(invoices=[UP_FRONT]).on("2025-02-01").lock().on("2025-02-02", deal=deal(merged_into="9002"))
    assert {("On hold", "the deal was merged into 9002, which can't be read")} == held(told)

    told.on("2025-02-02", lead=lead(valid=False))
    assert (12, {("Cancelled", "the lead was found invalid")}) == (len(told.lines), held(told))


def test_two_leads_on_one_survivor_are_a_conflict() -> None:
    """9002 of birch is merged into 9001 of acme: acme was first and earns, birch's lines are held, nothing is taken."""
    second = lead("9002", "birch 100", submitted_at=at("2024-12-02"))
    told = story(
        deal(), deal("9002", company="777"), leads=[second, lead()], partners=[partner(), partner("birch")],
        invoices=[UP_FRONT, invoice("INV-2", paid="2025-01-12 12000", reference="9002")],
    ).on("2025-02-01").lock()  # fmt: skip
    told.on("2025-02-02", deal=deal("9002", merged_into="9001"))

    assert [("9001", None, "conflict")] == fields(told)
    assert "L-2" == told.outcome.problems[0].lead
    assert ["On statement"] + ["Expected"] * 11 == told.statuses("acme")
    assert ["On statement"] + ["On hold"] * 11 == told.statuses("birch")


def test_two_leads_on_one_deal_are_a_conflict_too() -> None:
    """birch's row was tied to 9001 all along, acme's is tied later but was submitted first: acme earns."""
    birchs = lead(who="birch 100", key="L-9", submitted_at=at("2024-12-02"))
    told = story(leads=[birchs], partners=[partner(), partner("birch")]).on("2025-01-15").on("2025-01-16", lead=lead())

    assert [("9001", None, "conflict")] == fields(told)
    assert ({"Expected"}, {"On hold"}) == (set(told.statuses("acme")), set(told.statuses("birch")))


def test_a_third_lead_changes_nothing_for_the_second() -> None:
    """Three leads on one deal, by one partner: two problems, one set of lines; before the win none."""
    leads = [lead(), lead(key="L-8", submitted_at=at("2024-12-03")), lead(key="L-9", submitted_at=at("2024-12-02"))]
    told = story(leads=leads).on("2025-01-15")

    assert [("9001", None, "conflict")] * 2 == fields(told)
    assert 12 == len(told.lines)
    assert [] == fields(story(deal(won_at=None, state="open"), leads=leads).on("2025-01-15"))


def test_an_invalid_rival_leaves_the_valid_lead_alone() -> None:
    """The first lead is invalid: the second earns, without conflict."""
    told = story(leads=[lead(valid=False), lead(key="L-9", submitted_at=at("2024-12-02"))]).on("2025-01-15")

    assert ([], 12) == (fields(told), len(told.lines))


def test_lines_of_two_homes_keep_the_older_one() -> None:
    """The lead has lines of 9001 and, copied by hand, of 9002 that it was merged into: those are held."""
    told = story().on("2025-01-15")
    copied = told.lines[0]._replace(key="9002/acme/2025-01/commission", deal="9002")
    told.lines = (*told.lines, copied)
    told.on("2025-01-16", deal=deal(merged_into="9002")).on("2025-01-16", deal=deal("9002"))

    assert ("On hold", 12) == (told.line("9002/acme/2025-01/commission").status, told.statuses().count("Expected"))


# ---- in words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"rate": "12.5"}, "12.5 %"),
        ({"fee": "250.00", "currency": "GBP", "start": "next"}, "fee 250.00 GBP a deal; start next"),
        ({"tiers": BRACKETS[:2], "currency": "GBP", "tier_period": "year"},
         "10 % from 0, 15 % from 10000 GBP a year, marginal"),
        ({"prorate": "days"}, "10 %; first month by days"),
        ({"count_months_per": "client"}, "10 %; months per client"),
        ({"currency": "GBP", "cap_per_deal": "100", "cap_per_partner": "900"},
         "10 %; at most 100 GBP per deal; at most 900 GBP per partner"),
    ],
)  # fmt: skip
def test_terms_in_words(terms: dict[str, Any], words: str) -> None:
    """What a plan says, with what is as usual left out."""
    assert words == terms_text(plan(**terms))


@pytest.mark.parametrize("amiss", [{"interval": "total"}, {"value": "-1.00"}, {"value": None}, {"interval": None}])
def test_a_fee_has_no_base_where_what_the_client_pays_is_amiss(amiss: dict[str, Any]) -> None:
    """A total without a term, a value below zero, none, or no interval: the fee is earned all the same."""
    told = story(deal(**amiss), plans=[plan(fee="250", currency="GBP")]).on("2025-01-15")

    assert [("250.00", None)] == [(str(line.amount), line.base) for line in told.lines]


def test_a_base_has_a_term_only_where_it_is_a_total() -> None:
    """12,000.00 a year, for 24 months; and 12,000.00 in 24 months."""
    yearly, total = (
        story(deal(interval=interval, term_months=24)).on("2025-01-15").lines[0].base
        for interval in ("annual", "total")
    )

    assert Base(Decimal("12000.00"), "annual", None) == yearly
    assert Base(Decimal("12000.00"), "total", 24) == total


IN_WORDS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"value": None}, {}, "Deal 9001 has no value: fill in Amount in HubSpot"),
    ({"value": "-1"}, {}, "Deal 9001 has a value below zero: fill in Amount in HubSpot"),
    ({"interval": None}, {},
     "Deal 9001 has no billing interval: choose monthly, quarterly, annual or total in HubSpot"),
    ({"interval": "total"}, {},
     "Deal 9001 is a total without a term: fill in the term in months in HubSpot"),
    ({"currency": None}, {}, "Deal 9001 has no currency: fill in Currency in HubSpot"),
    ({}, {"leads": [lead(who="acme 99")]},
     "The shares of deal 9001 sum to 99 %: correct Share in the Splits table so that they sum to 100, none below zero"),
    ({}, {"leads": [lead(who="nobody 100")]},
     "Partner “nobody” of deal 9001 is not in the Partners table: correct the partner"),
    ({}, {"partners": [partner(plan_name="tin")]},
     "No plan is known for deal 9001, won 2025-01-10: choose as Plan of the partner one of rules/commissions.toml that "
     "is valid on that day"),
    ({}, {"plans": [plan(valid_from=day("2025-01-11"))]},
     "Plan gold has no version valid on 2025-01-10, when deal 9001 was won: add one to rules/commissions.toml; another "
     "Plan, chosen later, does not rate it"),
    ({}, {"plans": [plan(fee="5", currency="EUR")]},
     "Deal 9001 is in GBP, plan gold, 2025-01 in EUR: correct Currency in HubSpot, or give the partner a plan in that "
     "currency"),
]  # fmt: skip


@pytest.mark.parametrize(("amiss", "known", "words"), IN_WORDS)
def test_a_problem_says_what_is_wrong_and_what_to_do(amiss: dict[str, Any], known: dict[str, Any], words: str) -> None:
    """For each field, word by word."""
    told = story(deal(**amiss), **known).on("2025-01-15")

    assert [words] == [problem.text for problem in told.outcome.problems]


def test_a_currency_that_changed_says_what_it_was() -> None:
    """The lines are in pounds, the deal in euros now."""
    told = story().on("2025-01-15").on("2025-01-16", deal=deal(currency="EUR"))

    assert [
        "Deal 9001 is in EUR now, but its commission lines are in GBP: set Currency back in HubSpot"
    ] == [problem.text for problem in told.outcome.problems]  # fmt: skip


def test_each_partner_of_a_deal_keeps_a_plan_of_its_own() -> None:
    """Planned again, birch's lines are still under its own plan, and acme's under gold."""
    told = story(
        leads=[lead(who="acme 50, birch 50")], partners=[partner(), partner("birch", "flat")],
        plans=[plan(), plan("20", name="flat")],
    ).on("2025-01-15").on("2025-01-16")  # fmt: skip

    assert {("acme", "gold, 2025-01"), ("birch", "flat, 2025-01")} == {(x.partner, x.plan) for x in told.lines}


def test_deals_are_ordered_by_their_number() -> None:
    """9010 before 10001; what is no number comes first."""
    assert [(0, "x"), (9010, "9010"), (10001, "10001")] == [deal_order(deal) for deal in ("x", "9010", "10001")]


@pytest.mark.parametrize("planned_before", [True, False])
def test_two_leads_on_one_deal_are_told_so_and_the_second_is_held(planned_before: bool) -> None:
    """9002 is merged into 9001, before or after it had lines."""
    told = story(deal(), deal("9002", company="777"))
    merged = deal("9002", company="777", merged_into="9001")
    (told.on("2025-01-15") if planned_before else told).on("2025-01-16", deal=merged)

    assert [
        ("L-2", "Deal 9001 is tied to another lead row too, and only one of them can earn: "
         "clear or correct the Deal ID of one")
    ] == [(problem.lead, problem.text) for problem in told.outcome.problems]  # fmt: skip
    assert ["the deal is tied to two leads"] * 12 * planned_before == [
        line.reason for line in told.lines if line.deal == "9002"
    ]
    assert {None} == {line.reason for line in told.lines if line.deal == "9001"}


def test_problems_come_in_the_order_of_deals_and_then_of_partners() -> None:
    """What is amiss with the whole of 9001 comes before what is amiss with its partners; 10001 comes last."""
    told = story(
        deal("10001", value=None), deal(value=None),
        leads=[lead("10001"), lead(who="acme 50, nobody 25, another 25")],
    ).on("2025-01-15")  # fmt: skip

    assert [
        ("9001", None, "value"), ("9001", "another", "partner"), ("9001", "nobody", "partner"),
        ("10001", None, "value"),
    ] == fields(told)  # fmt: skip


def test_an_invalid_lead_of_a_deal_that_is_gone_takes_nothing_along() -> None:
    """L-9 was never valid and its deal can't be found: the lines of L-1 are as ever."""
    told = story(leads=[lead(), lead("9009", valid=False)]).on("2025-01-15")

    assert ["Expected"] * 12 == told.statuses()


def test_the_one_line_of_a_lead_that_was_found_invalid_is_cancelled() -> None:
    """A fee has one line."""
    told = story(plans=[plan(fee="250", currency="GBP")]).on("2025-01-15").on("2025-01-16", lead=lead(valid=False))

    assert [("Cancelled", "the lead was found invalid")] == [(line.status, line.reason) for line in told.lines]


def test_nothing_locked_is_taken_back_of_an_invalid_lead_while_an_invoice_is_in_doubt() -> None:
    """INV-1 can't be read on the day on which the lead is found invalid; then it can, and January is taken back."""
    told = story(plans=[plan(months=1)], invoices=[UP_FRONT]).on("2025-02-01").lock()
    told.on("2025-02-02", lead=lead(valid=False), invoices=[replace(UP_FRONT, doubt="404")])
    assert ["On statement"] == told.statuses()

    assert ["On statement", "Expected"] == sorted(told.on("2025-02-03", invoices=[UP_FRONT]).statuses(), reverse=True)
