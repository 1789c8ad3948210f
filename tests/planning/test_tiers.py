"""Tiers, caps and true-ups: what a month earns when it depends on the partner's other deals."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from worker.domain.facts import Deal, Lead, Partner, PlanChoice
from worker.domain.plans import Bracket, CommissionPlan, Policy

from .programme import BRACKETS, Story, at, day, deal, invoice, lead, partner, plan, story


def tiered(**terms: Any) -> CommissionPlan:
    """10 % below 10,000, 15 % below 50,000, 20 % above, for three months; by default marginal, a quarter."""
    return plan(**{"tiers": BRACKETS, "currency": "GBP", "months": 3, **terms})


def big(id_: str = "9001", value: str = "15000", **terms: Any) -> Deal:
    """15,000.00 a month."""
    return deal(id_, **{"value": value, "interval": "monthly", **terms})


def changed(before: str) -> Partner:
    """acme, who had another plan until 4 January."""
    return Partner("acme", "Acme", (PlanChoice(day("2020-01-01"), before), PlanChoice(day("2025-01-05"), "gold")))


def first(told: Story, deal_id: str = "9001") -> list[str]:
    return [str(line.amount) for line in told.lines if line.deal == deal_id]


# ---- marginal -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "amounts"),
    [
        ("49999", ["1999.95", "2499.95", "2499.95"]),
        ("50000", ["2000.00", "2500.00", "2500.00"]),
        ("3000", ["100.00", "100.00", "100.00"]),
        ("30000", ["1000.00", "1500.00", "1500.00"]),
        ("0", ["0.00", "0.00", "0.00"]),
        ("180000", ["9000.00", "12000.00", "12000.00"]),
    ],
)
def test_each_part_of_a_base_earns_its_brackets_rate(value: str, amounts: list[str]) -> None:
    """A total over three months, filled into [0, 10,000), [10,000, 50,000) and the rest."""
    told = story(deal(value=value, interval="total", term_months=3), plans=[tiered()]).on("2025-01-15")

    assert amounts == told.amounts()


def test_a_line_that_straddles_brackets_says_so() -> None:
    """60,000.00: 10,000 at 10 %, 40,000 at 15 %, 10,000 at 20 %."""
    told = story(big(value="60000"), plans=[tiered(months=1)]).on("2025-01-15")

    assert "10 % / 15 % / 20 %" == told.lines[0].rate
    assert (
        "60,000.00 a month: 10,000.00 × 10 % + 40,000.00 × 15 % + 10,000.00 × 20 % (plan gold, 2025-01) "
        "= 9,000.00; month 1 of 1"
    ) == told.lines[0].why


def test_the_metric_is_the_share_of_the_base() -> None:
    """acme's half of 15,000.00 stays below 10,000; birch's plan is flat and its half counts for birch alone."""
    told = story(
        big(), leads=[lead(who="acme 50, birch 50")], plans=[tiered(months=2), plan(name="flat", months=2)],
        partners=[partner(), partner("birch", "flat")],
    ).on("2025-01-15")  # fmt: skip

    assert ["750.00", "1000.00"] == told.amounts("acme")
    assert ["750.00", "750.00"] == told.amounts("birch")


@pytest.mark.parametrize(("period", "april"), [("quarter", "1375.00"), ("year", "1875.00"), ("lifetime", "2500.00")])
def test_the_period_begins_the_metric_afresh(period: str, april: str) -> None:
    """12,500.00 a month from November: before April: 0 in the quarter, 37,500 in the year, 62,500 ever."""
    plans = [tiered(tier_period=period, months=6)]
    told = story(big(value="12500", won_at="2024-11-10"), leads=[lead(submitted_at=at("2024-11-01"))], plans=plans)

    assert april == told.on("2025-01-15").amounts()[-1]


def test_the_order_is_month_won_date_deal_number() -> None:
    """Three deals of 10,000.00 in January: the first won takes the low bracket, then 9010 before 10001 by number."""
    told = story(
        big("10001", "10000", won_at="2025-01-10"), big("9010", "10000", won_at="2025-01-10"),
        big("9999", "10000", won_at="2025-01-09"), plans=[tiered(months=1)],
    ).on("2025-01-15")  # fmt: skip

    assert (["1000.00"], ["1500.00"], ["1500.00"]) == (first(told, "9999"), first(told, "9010"), first(told, "10001"))
    assert ["1000.00"] == [
        str(line.amount) for line in story(
            big("10001", "10000"), big("9010", "10000"), plans=[tiered(months=1)]).on("2025-01-15").lines
        if line.deal == "9010"
    ]  # fmt: skip


def test_paid_or_not_a_line_counts_but_cancelled_it_does_not() -> None:
    """9000 fills the low bracket unpaid; once it is lost with nothing paid, 9001 has it."""
    told = story(big("9000", "10000"), big("9001", "10000"), plans=[tiered(months=1)]).on("2025-02-15")
    assert ["1500.00"] == first(told)

    told.on("2025-02-15", deal=big("9000", "10000", state="lost", left_won_at="2025-01-20"))
    assert ["1000.00"] == first(told)


@pytest.mark.parametrize(
    ("other", "amount"),
    [
        (plan(name="flat", months=1), "1500.00"),
        (plan(name="flat", months=1, fee="500", currency="GBP"), "1000.00"),
    ],
)
def test_lines_of_any_plan_count_and_fees_have_no_base(other: CommissionPlan, amount: str) -> None:
    """acme had another plan until 5 January: its deal of then counts in the metric, unless it is a fee."""
    acme = changed("flat")
    told = story(
        big("9000", "10000", won_at="2025-01-02"), big("9001", "10000"), plans=[tiered(months=1), other],
        partners=[acme],
    ).on("2025-01-15")  # fmt: skip

    assert [amount] == first(told)


def test_lines_in_another_currency_do_not_count() -> None:
    """acme's deal in EUR is on a flat plan, and not in the metric of GBP."""
    acme = changed("flat")
    told = story(
        big("9000", "10000", won_at="2025-01-02", currency="EUR"), big("9001", "10000"),
        plans=[tiered(months=1), plan(name="flat", months=1)], partners=[acme],
    ).on("2025-01-15")  # fmt: skip

    assert ["1000.00"] == first(told)


@pytest.mark.parametrize(
    ("cells", "amount"),
    [({}, "1500.00"), ({"month_base": None}, "1500.00"), ({"month_base": Fraction(5000)}, "1250.00"),
     ({"rate": "fee 5.00"}, "1000.00"), ({"base": None}, "1000.00"), ({"share": None}, "1000.00"),
     ({"status": "Cancelled", "amount": Decimal(0)}, "1000.00")],
)  # fmt: skip
def test_lines_that_stand_still_count_by_what_is_on_them(cells: dict[str, Any], amount: str) -> None:
    """9000's shares went wrong: its line stands still, with base and share on it, and goes on counting."""
    told = story(big("9000", "10000"), big("9001", "10000"), plans=[tiered(months=1)]).on("2025-01-15")
    told.edit("9000/acme/2025-01/commission", **cells).on("2025-01-16", lead=lead("9000", "acme 99"))

    assert [amount] == first(told)


def test_lines_that_stand_still_keep_their_place_by_won_date() -> None:
    """9000, won on the 12th, still comes after 9001, won on the 10th, once its shares went wrong; so too in March."""
    told = story(
        big("9000", "10000", won_at="2025-01-12"), big("9001", "10000", won_at="2025-01-10"),
        plans=[tiered(tier_period="quarter")],
    ).on("2025-01-15")  # fmt: skip
    before = first(told)
    told.on("2025-01-16", lead=lead("9000", "acme 99"))

    assert ["1000.00", "1500.00", "1500.00"] == before == first(told)


def test_lines_that_stand_still_have_the_first_of_their_month_where_no_won_date_is_known() -> None:
    """9000's deal can't be found any more: its line of January comes first."""
    told = story(
        big("9000", "10000", won_at="2025-01-12"), big("9001", "10000", won_at="2025-01-10"), plans=[tiered(months=1)]
    ).on("2025-01-15")  # fmt: skip
    told.on("2025-01-16", deals={"9001": told.facts.deals["9001"]})

    assert ["1500.00"] == first(told)


def test_lines_of_partners_without_tiers_come_between() -> None:
    """birch's deal, at a flat rate, is looked at before acme's two: the second of those still comes after the first."""
    told = story(
        deal("9000"), big("9001", "10000"), big("9002", "10000"), leads=[lead("9000", "birch 100"), lead("9001"),
        lead("9002")], partners=[partner(), partner("birch", "flat")], plans=[tiered(months=1), plan(name="flat")],
    ).on("2025-01-15")  # fmt: skip

    assert (["1000.00"], ["1500.00"]) == (first(told, "9001"), first(told, "9002"))


def test_a_line_that_just_fills_a_bracket_names_no_other() -> None:
    """10,000.00 lie in [0, 10,000), and nothing in the next."""
    told = story(big(value="10000"), plans=[tiered(months=1)]).on("2025-01-15")

    assert "10 %" == told.line("9001/acme/2025-01/commission").rate


@pytest.mark.parametrize(("deals", "amount"), [(["9001"], "9.92"), (["9000", "9001"], "9.91")])
def test_a_cancelled_line_is_rated_as_if_it_came_last(deals: list[str], amount: str) -> None:
    """acme left in January: its half of 9001, won in February, is rated at 10 %, or at 12.345 % after 9000's line.

    birch's 9.913 are rounded on top of that: 19.83 − 9.91, or 22.15 − 12.24.
    """
    tiers = (Bracket(Decimal(0), Decimal(100), Decimal(10)), Bracket(Decimal(100), None, Decimal("12.345")))
    won = {"9000": "2025-01-10", "9001": "2025-02-03"}
    told = story(
        *(deal(id_, value="198.26", interval="monthly", won_at=won[id_]) for id_ in deals),
        leads=[lead(id_, "acme 50, birch 50" if id_ == "9001" else "acme 100") for id_ in deals],
        partners=[partner(left_on=day("2025-01-31")), partner("birch", "flat")], policy=Policy(after_leaving="stop"),
        plans=[plan(tiers=tiers, currency="GBP", months=1), plan(name="flat", months=1)],
    ).on("2025-02-15")  # fmt: skip

    assert [amount] == told.amounts("birch")
    assert "Cancelled" == told.line("9001/acme/2025-02/commission").status


# ---- caps -----------------------------------------------------------------------------------------------------------


def test_a_cap_per_deal_cuts_over_the_deals_life() -> None:
    """100.00 a month, capped at 250.00: 100, 100, 50, then nothing; the cut lines say so."""
    told = story(plans=[plan(cap_per_deal="250", currency="GBP", months=4)]).on("2025-01-15")

    assert ["100.00", "100.00", "50.00", "0.00"] == told.amounts()
    assert [False, False, True, True] == [line.capped for line in told.lines]
    assert "= 100.00, of which 50.00 fit; month 3 of 4; cut to the cap" in told.lines[2].why


@pytest.mark.parametrize(
    ("period", "amounts"),
    [
        ("quarter", ["100.00", "50.00", "0.00", "100.00", "50.00"]),
        ("year", ["100.00", "50.00", "0.00", "0.00", "0.00"]),
        ("lifetime", ["100.00", "50.00", "0.00", "0.00", "0.00"]),
    ],
)
def test_a_cap_per_partner_cuts_in_each_period(period: str, amounts: list[str]) -> None:
    """100.00 a month from January to May, capped at 150.00 a period."""
    capped = plan(cap_per_partner="150", currency="GBP", months=5, tier_period=period)

    assert amounts == story(plans=[capped]).on("2025-01-15").amounts()


def test_a_cap_per_partner_is_used_in_order_by_all_deals() -> None:
    """Two deals of 100.00 in January, capped at 150.00: the first won is whole, the other cut."""
    told = story(
        deal("9001"), deal("9002", won_at="2025-01-09", company="777"),
        plans=[plan(cap_per_partner="150", currency="GBP", months=1)],
    ).on("2025-01-15")  # fmt: skip

    assert (["50.00"], ["100.00"]) == (first(told), first(told, "9002"))


def test_caps_are_of_one_partner_and_what_is_cut_goes_to_nobody() -> None:
    """acme is capped at 30.00, birch has its whole 40.00."""
    told = story(
        leads=[lead(who="acme 60, birch 40")], plans=[plan(cap_per_deal="30", currency="GBP", months=1),
                                                      plan(name="free", months=1)],
        partners=[partner(), partner("birch", "free")],
    ).on("2025-01-15")  # fmt: skip

    assert (["30.00"], ["40.00"]) == (told.amounts("acme"), told.amounts("birch"))


def test_cancelled_lines_use_nothing_of_a_cap() -> None:
    """9000 uses the cap; lost unpaid, it uses nothing and 9001 has it."""
    capped = plan(cap_per_partner="100", currency="GBP", months=1)
    told = story(deal("9000"), deal("9001", company="777"), plans=[capped]).on("2025-02-15")
    assert ["0.00"] == first(told)

    told.on("2025-02-15", deal=deal("9000", state="lost", left_won_at="2025-01-20"))
    assert ["100.00"] == first(told)
    assert not told.line("9000/acme/2025-01/commission").capped


def test_a_line_that_just_fits_is_not_cut() -> None:
    """Two months of 100.00 fit in 200.00, and neither says that it was cut."""
    told = story(plans=[plan(cap_per_deal="200", currency="GBP", months=2)]).on("2025-01-15")

    assert [("100.00", False), ("100.00", False)] == [(str(line.amount), line.capped) for line in told.lines]


def test_a_cap_cuts_the_partner_who_has_one() -> None:
    """acme, who comes first, has none."""
    told = story(
        leads=[lead(who="acme 50, birch 50")], partners=[partner(), partner("birch", "capped")],
        plans=[plan(months=2), plan(name="capped", cap_per_deal="60", currency="GBP", months=2)],
    ).on("2025-01-15")  # fmt: skip

    assert ["50.00", "50.00"] == told.amounts()
    assert ["50.00", "10.00"] == told.amounts("birch")


def test_a_cap_per_deal_is_each_deals_own() -> None:
    """100.00 a month of each, both capped at 150.00."""
    capped = plan(cap_per_deal="150", currency="GBP", months=2)
    told = story(deal("9001"), deal("9002", company="777"), plans=[capped]).on("2025-01-15")

    assert (["100.00", "50.00"], ["100.00", "50.00"]) == (first(told, "9001"), first(told, "9002"))


def test_deals_under_a_plan_without_caps_are_not_cut() -> None:
    """acme's plan had no cap until 4 January: 9001, won before, keeps its 100.00; 9002 has what 150.00 leave."""
    told = story(
        deal("9001", won_at="2025-01-02"), deal("9002", company="777"), partners=[changed("free")],
        plans=[plan(cap_per_partner="150", currency="GBP", months=2), plan(name="free", months=2)],
    ).on("2025-01-15")  # fmt: skip

    assert (["100.00", "100.00"], ["50.00", "0.00"]) == (first(told, "9001"), first(told, "9002"))


def test_what_is_cut_has_the_currencys_own_digits() -> None:
    """10,000 yen a month, capped at 15,000."""
    capped = plan(cap_per_deal="15000", currency="JPY", months=2)
    told = story(deal(value="1200000", currency="JPY"), plans=[capped]).on("2025-01-15")

    assert ["10000", "5000"] == told.amounts()


def test_both_caps_hold_at_once() -> None:
    """A deal's cap of 150.00 and a partner's of 120.00 a quarter: 100, 20, 0, then 30 of the deal's."""
    capped = plan(cap_per_deal="150", cap_per_partner="120", currency="GBP", months=5)

    assert ["100.00", "20.00", "0.00", "30.00", "0.00"] == story(plans=[capped]).on("2025-01-15").amounts()


def test_lines_that_stand_still_use_a_cap() -> None:
    """9000's shares went wrong: its line still uses 100.00 of 150.00."""
    capped = plan(cap_per_partner="150", currency="GBP", months=1)
    told = story(deal("9000"), deal("9001", company="777"), plans=[capped]).on("2025-01-15")
    told.on("2025-01-16", lead=lead("9000", "acme 99"))

    assert ["50.00"] == first(told)


def test_a_fee_is_cut_to_its_cap() -> None:
    """A fee of 250.00 with a cap of 200.00."""
    capped = plan(fee="250", cap_per_deal="200", currency="GBP")

    assert ["200.00"] == story(plans=[capped]).on("2025-01-15").amounts()


# ---- retroactive ----------------------------------------------------------------------------------------------------


PAID = invoice(paid="2025-01-12 50000", sub_total="50000")


def retro(*, paid: Any = (PAID,), more: tuple[Deal, ...] = (), leads: list[Lead] | None = None, **terms: Any) -> Story:
    """50,000.00 over three months, paid up front, on retroactive tiers."""
    return story(
        deal(value="50000", interval="total", term_months=3), *more, leads=leads,
        plans=[tiered(mode="retroactive", **terms)], invoices=list(paid),
    )  # fmt: skip


def test_a_period_that_is_over_is_brought_up_to_its_bracket() -> None:
    """7,000.00 marginal, 20 % reached: on 1 April 3,000.00 more, in March, and not on 31 March."""
    told = retro()

    assert 3 == len(told.on("2025-03-31").lines)
    line = told.on("2025-04-01").lines[-1]
    assert ("tier/acme/2025-03/correction", None, "2025-Q1", Decimal("3000.00"), "Confirmed") == (
        line.key, line.deal, line.answers, line.amount, line.status,
    )  # fmt: skip
    assert ("20 %", "gold, 2025-01") == (line.rate, line.plan)
    assert (
        "2025-Q1 reached a base of 50,000.00: 50,000.00 earned × 20 % (plan gold, 2025-01), "
        "less 7,000.00 of its lines = 3,000.00"
    ) == line.why


def test_only_earned_lines_are_brought_up() -> None:
    """Two of three months are paid for: 33,333.33 × 20 % − 4,500.00; the unpaid one counts for the bracket only."""
    told = retro(paid=[invoice(paid="2025-01-12 34000", sub_total="50000")]).on("2025-04-01")

    assert Decimal("2166.67") == told.lines[-1].amount


def test_nothing_to_bring_up_is_no_line() -> None:
    """In the first bracket, not paid at all, or marginal: no true-up."""
    assert 3 == len(retro(paid=[]).on("2025-04-01").lines)
    assert 3 == len(story(deal(value="33.35", interval="monthly"), plans=[tiered(mode="retroactive")],
                          invoices=[PAID]).on("2025-04-01").lines)  # fmt: skip
    assert 3 == len(story(big(), plans=[tiered()], invoices=[PAID]).on("2025-04-01").lines)
    assert 3 == len(retro(tier_period="lifetime").on("2026-04-01").lines)


def test_a_true_up_moves_with_its_lines_until_it_is_locked() -> None:
    """A month more is paid for: the same line, 3,000.00; all refunded: cancelled at 0; paid again: back."""
    part = invoice(paid="2025-01-12 34000", sub_total="50000")
    told = retro(paid=[part]).on("2025-04-01").edit("tier/acme/2025-03/correction", row="rec9")
    refunded = invoice(paid="2025-01-12 50000", sub_total="50000", refunds="2025-04-02 50000")

    assert Decimal("3000.00") == told.on("2025-04-02", invoices=[PAID]).lines[-1].amount
    told.on("2025-05-02", invoices=[refunded])
    assert ("Cancelled", Decimal("0.00"), "rec9") == (told.lines[-1].status, told.lines[-1].amount, told.lines[-1].row)
    assert ("Confirmed", Decimal("3000.00")) == (
        told.on("2025-06-02", invoices=[PAID]).lines[-1].status, told.lines[-1].amount,
    )  # fmt: skip


def answers(told: Story) -> list[str]:
    return [row for row in told.table() if "for 2025-Q1" in row]


def test_a_locked_true_up_is_answered_like_any_line() -> None:
    """Refunded: clawback; locked, and paid again: reinstatement; both of the period, in their own months."""
    refunded = invoice(paid="2025-01-12 50000", sub_total="50000", refunds="2025-05-02 50000")
    again = invoice(paid="2025-01-12 50000, 2025-08-02 50000", sub_total="50000", refunds="2025-05-02 50000")
    told = retro().on("2025-04-01").lock().on("2025-05-03", invoices=[refunded])

    assert "2025-05 clawback -3000.00 Expected for 2025-Q1" == answers(told)[1]
    assert "tier/acme/2025-05/clawback" == told.lines[-1].key
    told.on("2025-06-01").lock("Q2").on("2025-08-03", invoices=[again])
    assert "2025-08 reinstatement 3000.00 Expected for 2025-Q1" == answers(told)[2]


def test_a_lower_bracket_corrects_a_locked_true_up() -> None:
    """A share of the deal goes to birch: acme's 45,000 reach 15 % only; the true-up is corrected, not clawed back."""
    told = retro().on("2025-04-01").lock()
    told.on("2025-05-03", partner=partner("birch"), lead=lead(who="acme 90, birch 10"))

    assert "2025-05 correction -2500.00 Expected for 2025-Q1" == answers(told)[1]


def test_a_true_up_can_be_held_and_adjusted() -> None:
    """Hold on its row, a paused partner, an adjustment of 50.00."""
    key = "tier/acme/2025-03/correction"
    told = retro().on("2025-04-01").edit(key, hold=True, adjustment=Decimal(50)).on("2025-04-02")

    assert ("On hold", "Hold is ticked", Decimal("3050.00")) == (
        told.line(key).status, told.line(key).reason, told.line(key).amount,
    )  # fmt: skip
    told.edit(key, hold=False, adjustment=None).on("2025-04-02", partner=partner(paused=True))
    assert ("On hold", "the partner is paused") == (told.line(key).status, told.line(key).reason)


def test_a_true_up_does_not_move_while_one_of_its_deals_is_in_doubt() -> None:
    """Archived: the open true-up is held as it is; a locked one is not answered, whatever is refunded."""
    doubtful = deal(value="50000", interval="total", term_months=3, doubt="404")
    told = retro().on("2025-04-01").on("2025-04-02", deal=doubtful)
    assert ("On hold", "the deal can't be read: 404") == (told.lines[-1].status, told.lines[-1].reason)

    told = retro().on("2025-04-01").lock().on("2025-04-02", deal=doubtful, invoices=[])
    assert 4 == len(told.lines)


def test_a_true_up_does_not_move_while_lines_stand_still() -> None:
    """The other deal's shares go wrong: its lines are held, and so is the true-up, as it was."""
    other = deal("9002", value="10000", interval="monthly", company="777")
    told = retro(more=(other,)).on("2025-04-01")
    before = told.lines[-1].amount
    told.on("2025-04-02", lead=lead("9002", "acme 99"), invoices=[])
    assert ("On hold", before) == (told.lines[-1].status, told.lines[-1].amount)

    told = retro().on("2025-04-01").on("2025-04-02", lead=lead(who="acme 99"))
    assert ("On hold", Decimal("3000.00")) == (told.lines[-1].status, told.lines[-1].amount)


def test_a_true_up_whose_lines_are_all_gone_is_cancelled_or_clawed_back() -> None:
    """The deal goes to birch: nothing of acme's is under retroactive tiers any more."""
    away = {"partner": partner("birch", "none"), "lead": lead(who="birch 100")}
    told = retro().on("2025-04-01").on("2025-05-02", **away)
    assert "Cancelled" == told.line("tier/acme/2025-03/correction").status

    told = retro().on("2025-04-01").lock().on("2025-05-02", **away)
    assert "2025-05 clawback -3000.00 Expected for 2025-Q1" == answers(told)[1]
    told.lines = tuple(line for line in told.lines if line.key == "tier/acme/2025-05/clawback")
    assert ["Cancelled"] == told.on("2025-05-02").statuses()


def test_caps_hold_for_true_ups() -> None:
    """7,000.00 of a partner's cap of 8,000.00 are used: 1,000.00 is left; of a deal's cap of 7,500.00, 500.00."""
    per_partner = retro(cap_per_partner="8000").on("2025-04-01").lines[-1]
    per_deal = retro(cap_per_deal="7500").on("2025-04-01").lines[-1]
    free = retro(cap_per_deal="20000", cap_per_partner="20000").on("2025-04-01").lines[-1]

    assert (Decimal("1000.00"), True) == (per_partner.amount, per_partner.capped)
    assert (Decimal("500.00"), True) == (per_deal.amount, per_deal.capped)
    assert (Decimal("3000.00"), False) == (free.amount, free.capped)
    assert per_partner.why.endswith("; cut to the cap")


def test_deals_that_are_rated_flat_count_but_are_not_brought_up() -> None:
    """A flat deal of before fills 10,000.00 of the metric; brought up are the tiered 40,000.00, from 15 to 20 %."""
    acme = changed("flat")
    told = story(
        deal("9000", value="10000", interval="monthly", won_at="2025-01-02"), deal(value="40000", interval="monthly"),
        plans=[tiered(mode="retroactive", months=1), plan(name="flat", months=1)], partners=[acme],
        invoices=[invoice(paid="2025-01-12 40000")],
    ).on("2025-04-01")  # fmt: skip

    assert Decimal("2000.00") == told.lines[-1].amount


def test_two_currencies_have_true_ups_of_their_own() -> None:
    """One plan in GBP, one in EUR: two lines in March, the second with a number."""
    acme = changed("euro")
    terms = {"value": "50000", "interval": "total", "term_months": 3}
    told = story(
        deal(**terms), deal("9002", won_at="2025-01-02", currency="EUR", company="777", **terms), partners=[acme],
        plans=[tiered(mode="retroactive"), tiered(name="euro", mode="retroactive", currency="EUR")],
        invoices=[PAID, replace(PAID, id="id-2", number="INV-2", currency="EUR", reference="9002")],
    ).on("2025-04-01")  # fmt: skip

    assert ["tier/acme/2025-03/correction", "tier/acme/2025-03/correction-2"] == [
        line.key for line in told.lines if line.deal is None
    ]
    assert told.lines == told.on("2025-04-01").lines


def test_the_running_total_goes_on_from_months_that_were_even() -> None:
    """10,000 a month, 10 % below 10,000 and 12.34567 % above: January is even, February a fraction of a penny more."""
    brackets = (Bracket(Decimal(0), Decimal(10000), Decimal(10)), Bracket(Decimal(10000), None, Decimal("12.34567")))
    told = story(deal(value="10000", interval="monthly"), plans=[tiered(tiers=brackets)]).on("2025-01-15")

    assert told.lines[0].why.endswith("10,000.00 a month × 10 % (plan gold, 2025-01) = 1,000.00; month 1 of 3")
    assert "running total 2,234.57 − 1,000.00 = 1,234.57" in told.lines[1].why
