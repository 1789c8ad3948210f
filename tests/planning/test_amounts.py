"""The months of a deal and the amounts of their lines."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from worker.domain.lines import Base
from worker.domain.months import Month
from worker.planning.commissions import plan_lines

from .programme import day, deal, facts, invoice, lead, partner, plan, story


def months(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines]


def test_running_totals_sum_exactly() -> None:
    """1,000.00 a year at 100 %: 83.33, 83.34, 83.33, three times over; together 1,000.00."""
    told = story(deal(value="1000.00"), plans=[plan("100")]).on("2025-01-15")

    assert ["83.33", "83.34", "83.33", "83.33", "83.34", "83.33"] == told.amounts()[:6]
    assert Decimal("1000.00") == sum(line.amount for line in told.lines)


def test_partners_whose_amounts_are_whole_in_other_parts() -> None:
    """Of 83.33… a month acme has half at 10 %, which is in sixths, and birch half at 30 %, which is 12.50."""
    told = story(
        deal(value="1000"), leads=[lead(who="acme 50, birch 50")], plans=[plan(), plan("30", name="thirty")],
        partners=[partner(), partner("birch", "thirty")],
    ).on("2025-01-15")  # fmt: skip

    assert ["4.17", "4.16", "4.17"] * 4 == told.amounts()
    assert ["12.50"] * 12 == told.amounts("birch")


def test_what_a_month_was_made_with_is_on_the_row_that_knows_it_best() -> None:
    """Of January's two rows birch's is locked: what it was made with holds for acme's, too."""
    told = story(leads=[lead(who="acme 50, birch 50")], partners=[partner(), partner("birch")]).on("2025-02-01")
    told.edit("9001/acme/2025-01/commission", base=Base(Decimal("6000.00"), "annual"))
    told.edit("9001/birch/2025-01/commission", base=Base(Decimal("24000.00"), "annual"), status="On statement")

    assert ["100.00", "50.00"] == told.on("2025-02-02").amounts()[:2]


@pytest.mark.parametrize(
    ("currency", "value", "rate", "first"),
    [
        ("JPY", "1000000", "5", ["4167", "4166", "4167"]),
        ("KWD", "1000", "10", ["8.333", "8.334", "8.333"]),
        ("GBP", "0", "10", ["0.00", "0.00", "0.00"]),
        ("GBP", "0.06", "10", ["0.00", "0.00", "0.00"]),
        ("GBP", "12000", "0", ["0.00", "0.00", "0.00"]),
    ],
)
def test_amounts_have_the_currencys_own_digits(currency: str, value: str, rate: str, first: list[str]) -> None:
    """JPY has no minor digits, KWD three; a line that rounds to zero is still a row."""
    told = story(deal(value=value, currency=currency), plans=[plan(rate)]).on("2025-01-15")

    assert first == told.amounts()[:3]
    assert 12 == len(told.lines)


def test_the_sum_of_more_digits_than_decimals_have_ends_in_the_amount() -> None:
    """Amounts have 28 digits at most, and what their sentences end in has no more."""
    told = story(deal(value="1234567890123456789012345678.91", interval="monthly"), plans=[plan("100")]).on(
        "2025-01-15"
    )

    amounts = {line.amount for line in told.lines}
    assert {Decimal("1234567890123456789012345679")} == amounts
    assert all(" = 1,234,567,890,123,456,789,012,345,679.00; month" in line.why for line in told.lines)


@pytest.mark.parametrize(
    ("interval", "value", "term", "amount"),
    [("monthly", "1000", None, "100.00"), ("quarterly", "3000", None, "100.00"), ("annual", "12000", None, "100.00"),
     ("total", "24000", 24, "100.00")],
)  # fmt: skip
def test_a_base_is_normalised_to_a_month(interval: str, value: str, term: int | None, amount: str) -> None:
    """1,000.00 a month, 3,000.00 a quarter, 12,000.00 a year and 24,000.00 in 24 months are the same."""
    told = story(deal(value=value, interval=interval, term_months=term)).on("2025-01-15")

    assert [amount] * 12 == told.amounts()


def test_partners_are_rounded_together() -> None:
    """8.3333 a month, 50/30/20: acme 4.17 4.16 4.17, birch 2.50, cedar 1.66 1.68 1.66; three months 25.00."""
    told = story(
        deal(value="1000"), leads=[lead(who="cedar 20, acme 50, birch 30")], plans=[plan(months=3)],
        partners=[partner(), partner("birch"), partner("cedar")],
    ).on("2025-01-15")  # fmt: skip

    assert ["4.17", "4.16", "4.17"] == told.amounts("acme")
    assert ["2.50", "2.50", "2.50"] == told.amounts("birch")
    assert ["1.66", "1.68", "1.66"] == told.amounts("cedar")


def test_a_tiny_deal_may_have_a_line_below_zero() -> None:
    """0.005 a month halved: F(1) = 0.00, 0.01; F(2) = 0.01, 0.01: birch has 0.01, then −0.01."""
    told = story(
        deal(value="0.05", interval="monthly"), leads=[lead(who="acme 50, birch 50")], plans=[plan(months=2)],
        partners=[partner(), partner("birch")],
    ).on("2025-01-15")  # fmt: skip

    assert ["0.00", "0.01"] == told.amounts("acme")
    assert ["0.01", "-0.01"] == told.amounts("birch")


def test_partners_with_other_months_are_summed_apart() -> None:
    """acme for three months, birch for two, each half of 8.3333: both begin with 4.17, for they share no F."""
    told = story(
        deal(value="1000"), leads=[lead(who="acme 50, birch 50")], plans=[plan(months=3), plan(name="two", months=2)],
        partners=[partner(), partner("birch", "two")],
    ).on("2025-01-15")  # fmt: skip

    assert ["4.17", "4.16", "4.17"] == told.amounts("acme")
    assert ["4.17", "4.16"] == told.amounts("birch")


def test_a_partner_named_twice_has_both_shares() -> None:
    """acme 60 and acme 40 is acme 100."""
    told = story(leads=[lead(who="acme 60, acme 40")]).on("2025-01-15")

    assert ["100.00"] * 12 == told.amounts()


# ---- change of value ------------------------------------------------------------------------------------------------


def test_a_raise_counts_from_the_month_in_which_it_is_seen() -> None:
    """10 % of 1,200 a year, 1,800 seen in May: 4 × 10.00, 8 × 15.00; a year later the same."""
    told = story(deal(value="1200")).on("2025-01-15").on("2025-05-20", deal=deal(value="1800"))

    assert ["10.00"] * 4 + ["15.00"] * 8 == told.amounts()
    assert ["10.00"] * 4 + ["15.00"] * 8 == told.on("2026-05-20").amounts()


def test_f_starts_afresh_where_the_base_changes() -> None:
    """1,000 a year at 100 %, 2,000 seen in March: 83.33 83.34, then 166.67 166.66 166.67 as from a first month."""
    told = story(deal(value="1000"), plans=[plan("100")]).on("2025-01-15").on("2025-03-01", deal=deal(value="2000"))

    assert ["83.33", "83.34", "166.67", "166.66", "166.67"] == told.amounts()[:5]


def test_another_way_of_saying_the_same_base_is_no_change() -> None:
    """1,000 a year and 2,000 in 24 months are one base: the running totals go on."""
    told = story(deal(value="1000"), plans=[plan("100")]).on("2025-01-15")
    before = told.amounts()
    told.on("2025-03-01", deal=deal(value="2000", interval="total", term_months=24))

    assert before == told.amounts()


def test_months_that_are_over_keep_their_base_for_a_new_partner_too() -> None:
    """A raise in May, and in June half of the deal goes to birch: birch's January is made with January's base."""
    told = story(deal(value="1200"), partners=[partner(), partner("birch")]).on("2025-01-15")
    told.on("2025-05-20", deal=deal(value="1800")).on("2025-06-01", lead=lead(who="acme 50, birch 50"))

    assert ["5.00"] * 4 + ["7.50"] * 8 == told.amounts("birch")


def test_a_line_cancelled_before_a_raise_does_not_undo_it() -> None:
    """cedar is taken off in May, with 1,200.00 on the cancelled lines; acme keeps the raise of June all the same."""
    told = story(deal(value="1200"), leads=[lead(who="acme 50, cedar 50")], partners=[partner(), partner("cedar")])
    told.on("2025-01-15").on("2025-05-20", lead=lead(who="acme 100")).on("2025-06-10", deal=deal(value="1800"))
    told.on("2025-08-01")

    assert ["10.00"] * 5 + ["15.00"] * 7 == told.amounts()


def test_a_line_without_a_start_does_not_undo_a_raise() -> None:
    """cedar's months began with an invoice that is void since May; acme keeps the raise of June all the same."""
    told = story(
        deal(value="1200"), leads=[lead(who="acme 50, cedar 50")], partners=[partner(), partner("cedar", "later")],
        plans=[plan("20"), plan(name="later", start="first-invoice")], invoices=[invoice()],
    ).on("2025-01-15")  # fmt: skip
    told.on("2025-05-20", invoices=[invoice(status="VOIDED")]).on("2025-06-10", deal=deal(value="1800")).on(
        "2025-08-01"
    )

    assert ["10.00"] * 5 + ["15.00"] * 7 == told.amounts()


def test_a_line_cancelled_before_a_raise_does_not_undo_it_though_the_deal_was_lost_meanwhile() -> None:
    """The same, when in August the deal is lost and won again: then acme's lines were cancelled too."""
    told = story(deal(value="1200"), leads=[lead(who="acme 50, cedar 50")], partners=[partner(), partner("cedar")])
    told.on("2025-01-15").on("2025-05-20", lead=lead(who="acme 100")).on("2025-06-10", deal=deal(value="1800"))
    told.on("2025-08-01", deal=deal(value="1800", state="lost", left_won_at="2025-05-31"))
    told.on("2025-08-02", deal=deal(value="1800"))

    assert ["10.00"] * 5 + ["15.00"] * 7 == told.amounts()


# ---- months ---------------------------------------------------------------------------------------------------------


def test_days_split_the_first_month_and_add_the_rest_at_the_end() -> None:
    """Won on 15 March: 17 of 31 days of 100.00, eleven months, 14 of 31 days; 1,200.00 in thirteen lines."""
    told = story(deal(value="1200", won_at="2025-03-15"), plans=[plan("100", prorate="days")]).on("2025-03-15")

    assert ["54.84", *["100.00"] * 11, "45.16"] == told.amounts()
    assert "17 of 31 days" in told.lines[0].why
    assert "14 of 31 days" in told.lines[-1].why


def test_days_from_the_second_of_a_month_leave_one_day() -> None:
    """Won on 2 March: 30 of 31 days at the beginning, one at the end."""
    told = story(deal(value="1200", won_at="2025-03-02"), plans=[plan("31", months=2, prorate="days")])

    assert ["30.00", "31.00", "1.00"] == told.on("2025-03-15").amounts()


def test_days_from_the_first_of_a_month_leave_no_rest() -> None:
    """Won on 1 March: twelve whole lines."""
    told = story(deal(won_at="2025-03-01"), plans=[plan(prorate="days")]).on("2025-03-15")

    assert ["100.00"] * 12 == told.amounts()


def test_days_without_an_end_have_no_rest() -> None:
    """As long as the client pays, from 15 March: 17 of 31 days and then whole months, none left over."""
    told = story(deal(won_at="2025-03-15"), plans=[plan(prorate="days", months=0)]).on("2025-05-15")

    assert ["54.84", "100.00", "100.00"] == told.amounts()


def test_the_next_month_begins_with_its_first_day() -> None:
    """Start `next`, won on 15 January with days: February to January, whole."""
    told = story(deal(won_at="2025-01-15"), plans=[plan(start="next", prorate="days")]).on("2025-01-15")

    assert ("2025-02", "2026-01") == (told.table()[0][:7], told.table()[-1][:7])
    assert ["100.00"] * 12 == told.amounts()


def test_the_first_invoice_begins_the_months() -> None:
    """No rows before there is an invoice; a draft, a void one and one of tomorrow do not count."""
    told = story(plans=[plan(start="first-invoice", months=3)])
    told.on("2025-02-10", invoices=[
        invoice("INV-1", status="VOIDED"), invoice("INV-2", status="DRAFT"), invoice("INV-3", on="2025-02-11"),
        invoice("INV-4", sub_total="0"), invoice("INV-5", currency="EUR"),
    ])  # fmt: skip

    assert [] == told.table()
    assert ["2025-02", "2025-03", "2025-04"] == months(told.on("2025-02-11").table())


def test_when_the_first_invoice_is_voided_its_months_are_cancelled() -> None:
    """Rows of February to April; the invoice is voided: there is no start any more."""
    told = story(plans=[plan(start="first-invoice", months=3)], invoices=[invoice(on="2025-02-11")]).on("2025-02-11")
    told.on("2025-02-12", invoices=[invoice(on="2025-02-11", status="VOIDED")])

    assert ["Cancelled"] * 3 == told.statuses()
    assert "not a month that the plan gives the deal" == told.lines[0].reason


def test_as_long_as_the_client_pays_has_rows_through_now() -> None:
    """Months 0: in March three rows, in April four; a deal that begins next month has none."""
    told = story(plans=[plan(months=0)])

    assert ["2025-01", "2025-02", "2025-03"] == months(told.on("2025-03-31").table())
    assert "2025-04" == months(told.on("2025-04-01").table())[-1]
    assert "month 4" in told.lines[-1].why
    assert [] == story(plans=[plan(months=0, start="next")]).on("2025-01-31").table()


def test_without_an_end_there_are_no_rows_before_the_first_month() -> None:
    """Won in January, from February on, as long as the client pays but for a year at most: no row in January."""
    told = story(deal(term_months=12), plans=[plan(months=0, start="next")])

    assert [] == told.on("2025-01-31").amounts()
    assert ["100.00"] == told.on("2025-02-01").amounts()


@pytest.mark.parametrize(("months_of_plan", "expected"), [(12, 5), (3, 3), (0, 5)])
def test_months_are_never_more_than_the_term(months_of_plan: int, expected: int) -> None:
    """A term of five months ends a plan of twelve, and one without end; a plan of three is shorter."""
    told = story(deal(term_months=5), plans=[plan(months=months_of_plan)]).on("2026-01-15")

    assert expected == len(told.lines)


@pytest.mark.parametrize("term", [0, -3, None])
def test_a_term_that_states_nothing_ends_nothing(term: int | None) -> None:
    """Zero and below are no term; missing never means zero."""
    assert 12 == len(story(deal(term_months=term)).on("2025-01-15").lines)


def test_a_shorter_term_cancels_the_months_beyond() -> None:
    """Twelve rows; a term of ten is filled in: the last two are cancelled, and come back when it is taken out."""
    told = story().on("2025-01-15").on("2025-02-15", deal=deal(term_months=10))

    assert ["Expected"] * 9 + ["Cancelled"] * 2 == told.statuses()[1:]
    assert ["100.00"] * 12 == told.on("2025-02-16", deal=deal()).amounts()


def test_only_where_rounding_matters_is_a_running_total_shown() -> None:
    """12,000 a year at 10 % is even in every month, also once it is 18,000; 1,000 a year at 10 % is in none."""
    even = story().on("2025-01-15").on("2025-05-15", deal=deal(value="18000"))
    uneven = story(deal(value="1000")).on("2025-01-15")

    assert ["100.00"] * 4 + ["150.00"] * 8 == even.amounts()
    assert 0 == sum("running total" in line.why for line in even.lines)
    assert 12 == sum("running total" in line.why for line in uneven.lines)


def test_a_month_remembers_what_is_known_by_those_who_stay() -> None:
    """Acme is off when the value doubles in January, and back in February: its cancelled row knows less of January."""
    both = lead(who="acme 50, birch 50")
    told = story(leads=[both], partners=[partner(), partner("birch")]).on("2025-01-15")
    told.on("2025-01-20", lead=lead(who="birch 100"), deal=deal(value="24000"))

    told.on("2025-02-15", lead=both)

    assert ("100.00", "100.00") == (told.amounts()[0], told.amounts("birch")[0])


def test_months_of_a_client_count_from_the_first_deal() -> None:
    """Twelve a client: the deal of October has three rows, the renewal of January none, another client's twelve."""
    told = story(
        deal(), deal("9002", won_at="2025-10-15"), deal("9003", won_at="2026-01-10"),
        deal("9004", won_at="2025-06-10", company="777"), deal("9005", won_at="2026-02-01", company=None),
        plans=[plan(count_months_per="client")],
    ).on("2026-02-15")  # fmt: skip

    rows = {key: sum(line.deal == key for line in told.lines) for key in told.facts.deals}
    assert {"9001": 12, "9002": 3, "9003": 0, "9004": 12, "9005": 12} == rows


def test_the_window_begins_with_the_first_invoice_where_months_do() -> None:
    """Won in January, first invoiced in March: the renewal, first invoiced in October, has five of the twelve."""
    told = story(
        deal(), deal("9002", won_at="2025-01-15"),
        plans=[plan(count_months_per="client", start="first-invoice")],
        invoices=[
            invoice("INV-1", on="2025-03-10"), invoice("INV-2", on="2025-10-10", reference="9002"),
            invoice("INV-0", on="2025-02-10", currency="EUR"),
        ],
    ).on("2025-11-15")  # fmt: skip

    rows = {key: sum(line.deal == key for line in told.lines) for key in told.facts.deals}
    assert {"9001": 12, "9002": 5} == rows


def test_a_first_deal_that_stands_still_still_begins_the_window() -> None:
    """The first deal's shares go wrong: its rows are held, and the second deal's months stay where they were."""
    told = story(deal(), deal("9002", won_at="2025-10-15"), plans=[plan(count_months_per="client")]).on("2025-11-15")
    told.on("2025-11-16", lead=lead(who="acme 90"))

    assert ["On hold"] * 12 == told.statuses()[:12]
    assert ["2025-10", "2025-11", "2025-12"] == months(told.table())[12:]


def test_only_a_commission_of_a_known_deal_that_stands_still_begins_the_window() -> None:
    """What is left of an earlier deal is an answer, and of an unknown one a row: the deal of October has its twelve."""
    told = story(deal("9002", won_at="2025-10-15"), plans=[plan(count_months_per="client")]).on("2025-10-16")
    left = told.lines[0]._replace(month=Month(2025, 1), lead="L-gone")
    told.change(deal=deal("9001"))
    told.lines += (
        left._replace(key="9001/acme/2025-01/clawback", deal="9001", kind="clawback"),
        left._replace(key="9009/acme/2025-01/commission", deal="9009"),
    )

    told.on("2025-11-15")

    assert ["On hold"] * 2 == [line.status for line in told.lines if line.deal != "9002"]
    assert ["Waiting"] + ["Expected"] * 11 == [line.status for line in told.lines if line.deal == "9002"]


def test_a_window_without_end_has_no_end() -> None:
    """As long as the client pays, per client: the second deal has its months through now."""
    told = story(deal(), deal("9002", won_at="2025-10-15"), plans=[plan(count_months_per="client", months=0)])

    assert 13 + 4 == len(told.on("2026-01-15").lines)


def test_a_fee_is_one_line_in_the_start_month() -> None:
    """A fee of 250.01 shared half and half is rounded together: 125.01 and 125.00."""
    told = story(
        deal(value=None, interval=None), leads=[lead(who="acme 50, birch 50")],
        plans=[plan(fee="250.01", currency="GBP", start="next")], partners=[partner(), partner("birch")],
    ).on("2025-01-15")  # fmt: skip

    assert ["2025-02 commission 125.01 Expected"] == told.table("acme")
    assert ["2025-02 commission 125.00 Expected"] == told.table("birch")
    assert (None, "fee 250.01") == (told.lines[0].base, told.lines[0].rate)
    assert () == told.outcome.problems


def test_fees_and_rates_of_one_deal_are_summed_apart() -> None:
    """acme has 10 % for one month, birch half of a fee in the same month; neither rounds the other."""
    told = story(
        deal(value="100.05", interval="monthly"), leads=[lead(who="acme 50, birch 50")],
        plans=[plan(months=1), plan(name="fee", fee="0.01", currency="GBP")],
        partners=[partner(), partner("birch", "fee")],
    ).on("2025-01-15")  # fmt: skip

    assert (["5.00"], ["0.01"]) == (told.amounts("acme"), told.amounts("birch"))


def test_a_fee_and_a_rate_of_one_month_are_summed_apart_too() -> None:
    """5.0034 and 5.004 in the same month: 5.00 each, not 10.01 together."""
    told = story(
        deal(value="83.39", interval="monthly"), leads=[lead(who="acme 60, birch 40")],
        partners=[partner(), partner("birch", "fee")],
        plans=[plan(months=1), plan(name="fee", fee="12.51", currency="GBP")],
    ).on("2025-01-15")  # fmt: skip

    assert (["5.00"], ["5.00"]) == (told.amounts(), told.amounts("birch"))


def test_lines_remember_what_they_were_made_with() -> None:
    """Base, month's base, rate, plan and share stand on the line."""
    line = (
        story(leads=[lead(who="acme 60, birch 40")], partners=[partner(), partner("birch")]).on("2025-01-15").lines[0]
    )

    assert ("12000.00", "annual") == (
        str(line.base.value if line.base else ""),
        line.base.interval if line.base else "",
    )
    assert (1000, "10 %", "gold, 2025-01", Decimal(60)) == (line.month_base, line.rate, line.plan, line.share)
    assert (Month(2025, 1), "L-1", "9001/acme/2025-01/commission") == (line.month, line.lead, line.key)


def test_the_programmes_zone_says_which_month_it_is() -> None:
    """Won on 31 March at 23:00 UTC is 1 April in London."""
    won = datetime(2025, 3, 31, 23, tzinfo=UTC)

    assert "2025-04" == story(deal(won_at=won)).on("2025-05-01").table()[0][:7]
    assert 0 == len(story(deal(won_at=won)).on("2025-03-31").lines)
    assert () == story(deal(won_at=None, state="open")).on("2025-03-31").outcome.problems


def test_facts_without_deals_have_no_lines() -> None:
    """Nothing comes of nothing."""
    empty = plan_lines(facts(leads=[]), [], day("2025-01-01"))

    assert ((), (), {}) == (empty.lines, empty.problems, dict(empty.suggestions))


def test_a_fee_of_a_deal_without_a_value_needs_no_running_totals() -> None:
    """Where there is no base the sum is the fee's alone."""
    told = story(deal(value=None), plans=[plan(fee="250", currency="GBP")]).on("2025-01-15")

    assert "fee 250.00 (plan gold, 2025-01) = 250.00; once" == told.lines[0].why
