"""Lines in the partner's own currency: at the rate of one stated day, rounded once, never converted anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.domain.lines import Conversion, Line
from worker.domain.money import minor_unit, rounded
from worker.domain.months import Month
from worker.domain.plans import ConversionRules, Policy
from worker.planning.commissions import plan_lines
from worker.planning.conversion import Rate, conversion_text, rate_for
from worker.planning.money_plans import lead_problems
from worker.planning.row_edits import line_edits
from worker.planning.rows import line_from_row, line_to_cells

from .programme import BRACKETS, Story, day, deal, invoice, lead, partner, plan, story
from .reckoned import agrees
from .strategies import row_of

PAID = invoice(paid="2025-01-12 12000.00")
MARCH = "9001/acme/2025-03/commission"
Rates = Mapping[tuple[date, str, str], Decimal]


def month_ends(to: str = "EUR", rate: str = "1.1712", months: int = 30) -> dict[tuple[date, str, str], Decimal]:
    """A rate for the last day of every month, a little higher each."""
    first = Decimal(rate)
    return {
        (Month(2025, 1).plus(n).last_day, "GBP", to): first + Decimal(n).scaleb(-4) if first else first
        for n in range(months)
    }  # fmt: skip


def rules(rates: Rates | None = None, on: Literal["month-end", "won"] = "month-end", time: str = "") -> Policy:
    given_rates = month_ends() if rates is None else rates
    return Policy(conversion=ConversionRules(on, "ECB", time, given_rates))


def abroad(*shares: str, to: str = "EUR", **terms: Any) -> Story:
    """A deal in pounds of a partner who is paid in euros; `plan` may be given."""
    ruled = terms.pop("plan", plan())
    terms.setdefault("policy", rules())
    return story(
        deal(value=terms.pop("value", "12000.00")), plans=[ruled], invoices=terms.pop("invoices", [PAID]),
        partners=[partner(currency=to), partner("birch", currency="GBP")],
        leads=[lead(who=shares[0] if shares else "acme 100")], **terms,
    )  # fmt: skip


def through_rows(told: Story) -> Story:
    """Let every line go into its row and come back."""
    rows = [row_of("Commissions", line_to_cells(line, line.partner), Adjustment=line.adjustment) for line in told.lines]
    back = [line_from_row(row) for row in rows]
    told.lines = tuple(line._replace(row=None) for line in back if isinstance(line, Line))
    assert len(back) == len(told.lines)
    return told


def money(told: Story, partner_key: str = "acme") -> list[str]:
    """Return amount, currency and status of each line of a partner."""
    return [f"{line.amount} {line.currency} {line.status}" for line in told.lines if line.partner == partner_key]


# ---- what a line becomes --------------------------------------------------------------------------------------------


def test_a_month_that_is_over_is_converted() -> None:
    """At the rate of its own last day; months to come stay in the deal's currency, for their rate is not known."""
    told = abroad().on("2025-03-20")

    assert ["117.12 EUR Confirmed", "117.13 EUR Confirmed", "100.00 GBP Expected"] == money(told)[:3]
    assert Conversion(Decimal("100.00"), "GBP", Decimal("1.1713"), "ECB, 2025-02-28") == told.lines[1].converted


def test_the_sentence_recomputes_it() -> None:
    """The sum in the deal's currency, times the rate, whose and of which day, is the amount; base and rate stay."""
    line = abroad("acme 60, birch 40").on("2025-04-20").line(MARCH)

    assert (
        "1,000.00 a month (12,000.00 a year ÷ 12) × 10 % (plan gold, 2025-01) × 60 % share = 60.00 GBP × "
        "1.1714 EUR/GBP (ECB, 2025-03-31) = 70.28 EUR; month 3 of 12; covered by INV-1, paid 2025-01-12"
    ) == line.why
    cells = line_to_cells(line, "Acme")
    assert ("12000.00 annual", "10 % (gold, 2025-01)", "EUR", Decimal("70.28")) == (
        cells["Base"], cells["Rate"], cells["Currency"], cells["Amount"],
    )  # fmt: skip


def test_partners_in_the_deals_currency_stay_in_it() -> None:
    """Another partner of the same deal, and one without a Currency, have their lines as ever."""
    told = abroad("acme 60, birch 40").on("2025-04-20")
    plain = story(invoices=[PAID], policy=rules()).on("2025-04-20")

    assert "40.00 GBP Confirmed" == money(told, "birch")[0]
    assert ["100.00 GBP Confirmed"] * 3 == money(plain)[:3]


def test_it_is_off_unless_the_rules_say_so() -> None:
    """Without [policy.conversion] a partner's Currency changes nothing."""
    assert {"GBP"} == {line.currency for line in abroad(policy=Policy()).on("2025-04-20").lines}


def test_the_rate_of_the_won_date() -> None:
    """With date = "won" all lines have the rate of the day on which the deal was won, and from the first day on."""
    told = abroad(policy=rules({(day("2025-01-10"), "GBP", "EUR"): Decimal("1.2")}, "won", "16:00 CET"))
    told.on("2025-02-20")

    assert ["120.00 EUR Confirmed", *["120.00 EUR Expected"] * 11] == money(told)
    assert "× 1.2 EUR/GBP (ECB, 2025-01-10 16:00 CET) = 120.00 EUR" in told.lines[0].why


def test_yen_have_no_cents() -> None:
    """An amount is rounded to the minor digits of the partner's currency, once."""
    told = abroad("acme 33.33, birch 66.67", to="JPY", policy=rules(month_ends("JPY", "191.555"))).on("2025-02-20")

    assert "6385 JPY Confirmed" == money(told)[0]  # 33.33 × 191.555 = 6,384.53


# ---- never anew -----------------------------------------------------------------------------------------------------


def test_a_rate_that_is_corrected_later_moves_nothing() -> None:
    """The rate stands on the row: neither another rate in the file, nor none, nor another Currency of the partner's,
    nor conversion that is off changes a line whose month is over."""
    told = through_rows(abroad().on("2025-03-20"))
    before = money(told)

    for policy in (rules(month_ends(rate="2")), rules({}), Policy()):
        assert before[:2] == money(through_rows(told.on("2025-03-21", policy=policy)))[:2]
    told.on("2025-03-22", partner=partner(currency="USD"), policy=rules())
    assert before[:2] == money(told)[:2]


def test_a_second_run_writes_nothing() -> None:
    """Read back from its row every converted line is as it must stand."""
    told = abroad("acme 60, birch 40").on("2025-07-20")
    rows = [
        replace(row_of("Commissions", line_to_cells(line, line.partner)), id=f"rec{n}")
        for n, line in enumerate(told.lines)
    ]
    back = [line for row in rows if isinstance(line := line_from_row(row), Line)]

    assert [] == line_edits(rows, plan_lines(told.facts, back, day("2025-07-20")).lines, {})


def test_a_cancelled_line_keeps_its_rate() -> None:
    """A deal is lost and won again: the line comes back at the rate that it had, whatever the file says by then."""
    told = through_rows(abroad(invoices=[]).on("2025-03-20"))
    told.on("2025-03-21", deal=deal(state="lost", left_won_at="2025-03-21"), policy=rules({}))
    gone = line_to_cells(told.lines[1], "Acme")
    back = through_rows(told).on("2025-03-22", deal=deal(), policy=rules(month_ends(rate="2")), invoices=[PAID])

    assert ("Cancelled: not paid for when the deal was lost on 2025-03-21 — at 1.1713 EUR/GBP (ECB, 2025-02-28)",
            Decimal("0.00"), "EUR") == (gone["Why"], gone["Amount"], gone["Currency"])  # fmt: skip
    assert "117.13 EUR Confirmed" == money(back)[1]


@pytest.mark.parametrize(
    ("of", "to", "sums"), [("GBP", "JPY", ("0", "0.00", "191.5001")), ("JPY", "GBP", ("0.00", "0", "191.5001"))]
)
def test_a_cancelled_line_has_nothing_in_both_currencies(of: str, to: str, sums: tuple[str, str, str]) -> None:
    """In the digits of each."""
    rates = {(last, of, to): rate for (last, _, _), rate in month_ends(to, "191.5").items()}
    told = story(deal(currency=of), partners=[partner(currency=to)], policy=rules(rates)).on("2025-03-20")
    told.on("2025-03-21", deal=deal(currency=of, state="lost", left_won_at="2025-03-21"))
    line = told.lines[1]
    assert line.converted is not None

    assert ("Cancelled", to, of) == (line.status, line.currency, line.converted.currency)
    assert sums == (str(line.amount), str(line.converted.amount), str(line.converted.rate))


def test_a_line_that_was_locked_before_stays_in_its_currency() -> None:
    """Where conversion begins later, what is on a statement in the deal's currency is answered in that."""
    told = abroad(policy=Policy()).on("2025-04-20").lock()
    told.on("2025-05-20", policy=rules(), invoices=[replace(PAID, status="VOIDED")])
    clawbacks = [line for line in told.lines if line.kind == "clawback"]

    assert [("-100.00", "GBP")] * 3 == [(str(line.amount), line.currency) for line in clawbacks]


def test_what_was_converted_is_taken_back_as_it_was() -> None:
    """A payment is undone after the statement: the clawback is in the partner's currency, the sum is zero; paid again
    it is given again, the same to the cent."""
    told = through_rows(abroad().on("2025-04-20")).lock("2025-Q1/acme/EUR")
    through_rows(told).on("2025-05-20", invoices=[replace(PAID, status="VOIDED")], policy=rules(month_ends(rate="2")))
    clawed = [line for line in told.lines if line.month <= Month(2025, 3) or line.kind == "clawback"]
    through_rows(told.on("2025-06-05")).lock("2025-Q2/acme/EUR")
    through_rows(told).on("2025-07-20", invoices=[PAID])
    again = [line for line in told.lines if line.kind == "reinstatement"]

    assert {"EUR"} == {line.currency for line in clawed}
    assert Decimal(0) == sum(line.amount for line in clawed)
    assert ["117.12", "117.13", "117.14"] == [str(line.amount) for line in again]


def test_a_converted_line_whose_rate_was_rubbed_out_is_held() -> None:
    """Where a hand took the rate off a locked row, nothing of that month is answered until it stands there again."""
    told = abroad().on("2025-04-20").lock("2025-Q1/acme/EUR")
    told.edit(MARCH, converted=None, why="")
    told.on("2025-05-20", invoices=[replace(PAID, status="VOIDED")])

    assert ["2025-01", "2025-02"] == [line.answers for line in told.lines if line.kind == "clawback"]


def test_months_to_come_follow_the_rates() -> None:
    """With date = "won" a line is converted before its month is over; until then another rate in the file counts."""
    on = day("2025-01-10"), "GBP", "EUR"
    told = through_rows(abroad(policy=rules({on: Decimal("1.2")}, "won")).on("2025-02-20"))
    told.on("2025-02-21", policy=rules({on: Decimal("1.3")}, "won"))

    assert ["120.00 EUR Confirmed", "130.00 EUR Expected"] == money(told)[:2]


def test_a_partner_whose_row_is_gone_has_no_currency_of_its_own() -> None:
    """Its lines stay in the deal's."""
    assert rate_for([], Month(2025, 1), None, "GBP", None, policy=rules(), today=day("2025-02-20")) is None


def test_a_sum_that_was_cut_has_the_digits_of_its_currency() -> None:
    """Yen have none, whatever they become."""
    rate = Rate("EUR", Decimal("0.006"), "ECB, 2025-01-31")

    assert ": 1,500 JPY × 0.006 EUR/JPY (ECB, 2025-01-31) = 9.00 EUR" == conversion_text(
        Decimal(1500), "JPY", rate, cut=True
    )


def test_a_rate_that_was_rubbed_out_is_missed_though_conversion_is_off_by_now() -> None:
    """The line is in euros: how many pounds that was is not known any more."""
    told = abroad().on("2025-04-20").lock("2025-Q1/acme/EUR")
    told.edit(MARCH, converted=None, why="")
    told.on("2025-05-20", invoices=[replace(PAID, status="VOIDED")], policy=Policy())

    assert ["2025-01", "2025-02"] == [line.answers for line in told.lines if line.kind == "clawback"]


def test_the_one_rate_there_was_was_rubbed_out() -> None:
    """All other lines are of months to come, and in the deal's currency still: the locked one is not answered."""
    told = abroad().on("2025-02-20").lock("2025-Q1/acme/EUR")
    told.edit("9001/acme/2025-01/commission", converted=None, why="")
    told.on("2025-02-21", invoices=[replace(PAID, status="VOIDED")], policy=Policy())

    assert [] == [line for line in told.lines if line.kind == "clawback"]


def test_any_locked_line_of_a_month_knows_its_rate() -> None:
    """Where it was rubbed out of one row, another one that answers it has it still."""
    line = through_rows(abroad().on("2025-04-20").lock("2025-Q1/acme/EUR")).line(MARCH)
    rubbed = line._replace(converted=None)
    answer = line._replace(key="9001/acme/2025-05/clawback", kind="clawback", answers="2025-03")

    for rows in ([rubbed, answer], [answer, rubbed]):
        found = rate_for(rows, line.month, None, "GBP", partner(), policy=Policy(), today=day("2025-06-20"))
        assert Rate("EUR", Decimal("1.1714"), "ECB, 2025-03-31") == found


# ---- without a rate -------------------------------------------------------------------------------------------------


def test_a_missing_rate_holds_the_line_and_says_so() -> None:
    """Nothing is guessed: the line waits in the deal's currency, and the lead's row names the rate that is missing;
    once it is there the line is converted."""
    rates = month_ends()
    del rates[day("2025-02-28"), "GBP", "EUR"]
    told = abroad(policy=rules(rates)).on("2025-03-20")
    reason = "no rate GBP → EUR of 2025-02-28 is known: add it to rules/rates.toml"

    assert ["117.12 EUR Confirmed", "100.00 GBP On hold", "100.00 GBP Expected"] == money(told)[:3]
    assert reason == told.lines[1].reason
    assert {"L-1": f"A commission waits: {reason}"} == lead_problems(told.outcome.problems)
    assert ["rate"] == [problem.field for problem in told.outcome.problems]
    assert "117.13 EUR Confirmed" == money(through_rows(told).on("2025-03-21", policy=rules()))[1]
    assert () == told.outcome.problems


def test_the_first_missing_rate_is_told() -> None:
    """Of several months that wait the first is named; a month that is not over waits for nothing."""
    told = abroad(policy=rules({})).on("2025-04-20")
    won = abroad(policy=rules({}, "won")).on("2025-01-20")

    assert ["A commission waits: no rate GBP → EUR of 2025-01-31 is known: add it to rules/rates.toml"] == [
        problem.text for problem in told.outcome.problems
    ]
    assert (["100.00 GBP Expected"] * 12, ()) == (money(won), won.outcome.problems)
    assert "100.00 GBP On hold" == money(won.on("2025-02-20"))[0]


def test_a_missing_rate_is_a_problem_of_the_deal_that_is_left() -> None:
    """A deal that was merged away has its survivor's name; the partner and the lead are named too."""
    told = story(
        deal(merged_into="9002"), deal("9002"), leads=[lead()], partners=[partner(currency="EUR")], policy=rules({})
    ).on("2025-02-20")  # fmt: skip

    assert [("9002", "acme", "rate", "L-1")] == [
        (problem.deal, problem.partner, problem.field, problem.lead) for problem in told.outcome.problems
    ]


# ---- with everything else -------------------------------------------------------------------------------------------


def test_caps_and_staff() -> None:
    """A cap cuts in the deal's currency, before; staff add in the line's, after; the sentence says both."""
    told = abroad(plan=plan(currency="GBP", cap_per_deal="150.00")).on("2025-03-20")
    told.edit("9001/acme/2025-02/commission", adjustment=Decimal("-1.50")).on("2025-03-21")

    assert (
        "= 100.00, of which 50.00 fit: 50.00 GBP × 1.1713 EUR/GBP (ECB, 2025-02-28) = 58.57 EUR; adjusted by staff − "
        "1.50 = 57.07; month 2 of 12; covered by INV-1, paid 2025-01-12; cut to the cap"
    ) in told.lines[1].why
    assert "57.07 EUR Confirmed" == money(through_rows(told).on("2025-03-22"))[1]


def test_what_staff_add_is_in_the_digits_of_the_lines_currency() -> None:
    """Yen have none, though the deal is in pounds."""
    told = abroad(to="JPY", policy=rules(month_ends("JPY", "191.5"))).on("2025-03-20")
    told.edit("9001/acme/2025-02/commission", adjustment=Decimal(-500)).on("2025-03-21")

    assert "= 100.00 GBP × 191.5001 JPY/GBP (ECB, 2025-02-28) = 19,150 JPY; adjusted by staff − 500 = 18,650; " in (
        told.lines[1].why
    )


def test_a_true_up_is_converted_at_the_end_of_its_period() -> None:
    """The correction of a retroactive period has the rate of the period's last day, and keeps it."""
    tiers = plan(tiers=BRACKETS, currency="GBP", mode="retroactive")
    cash = invoice(paid="2025-01-12 300000.00", sub_total="300000.00")
    told = abroad(plan=tiers, value="250000.00", invoices=[cash]).on("2025-04-20")
    before = [line for line in told.lines if line.deal is None]
    through_rows(told).on("2025-04-21", policy=rules({}))
    (after,) = [line for line in told.lines if line.deal is None]

    assert [("3514.20", "EUR", "2025-Q1")] == [(str(line.amount), line.currency, line.answers) for line in before]
    assert " = 3,000.00 GBP × 1.1714 EUR/GBP (ECB, 2025-03-31) = 3,514.20 EUR" in after.why
    assert (before[0].key, before[0].amount) == (after.key, after.amount)


def test_a_true_up_without_a_rate_is_held() -> None:
    """As any line is, until the rate is there."""
    tiers = plan(tiers=BRACKETS, currency="GBP", mode="retroactive")
    cash = invoice(paid="2025-01-12 300000.00", sub_total="300000.00")
    told = abroad(plan=tiers, value="250000.00", invoices=[cash], policy=rules({})).on("2025-04-20")
    held = [(line.status, line.currency) for line in told.lines if line.deal is None]
    told.on("2025-04-21", policy=rules())

    assert [("On hold", "GBP")] == held
    assert [("Confirmed", "EUR")] == [(line.status, line.currency) for line in told.lines if line.deal is None]


def test_retroactive_tiers_that_are_taken_away() -> None:
    """A converted true-up that is locked is clawed back in the partner's currency when nothing of its period is."""
    tiers = plan(tiers=BRACKETS, currency="GBP", mode="retroactive")
    cash = invoice(paid="2025-01-12 300000.00", sub_total="300000.00")
    told = abroad(plan=tiers, value="250000.00", invoices=[cash]).on("2025-04-20").lock("2025-Q1/acme/EUR")
    told.on("2025-05-20", leads=[lead(valid=False)])
    ups = [line for line in told.lines if line.deal is None]

    assert (Decimal(0), {"EUR"}) == (sum(line.amount for line in ups), {line.currency for line in ups})


def test_lines_that_stand_still_count_in_caps_as_they_were_earned() -> None:
    """A deal that can't be computed any more uses of a cap what it earned in the cap's currency, not what it became."""
    capped = plan(currency="GBP", cap_per_partner="150.00", tier_period="year")
    two = [deal(), deal("9002", company="502", value="12000.00")]
    cash = [PAID, invoice("INV-2", "2025-01-12 12000.00", reference="9002")]
    told = story(*two, plans=[capped], invoices=cash, partners=[partner(currency="EUR")], policy=rules())
    told.on("2025-02-20")
    first = [line.amount for line in told.lines if line.month == Month(2025, 1)]
    told.on("2025-02-21", leads=[lead("9002")])

    assert first == [line.amount for line in told.lines if line.month == Month(2025, 1)]


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "void", "lock", "rates", "lost", "won", "split"]),
        st.sampled_from(["1.1", "0.85", "191.5", "1"]),
    ), max_size=8,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(EVENTS, st.sampled_from(["EUR", "JPY", "KWD"]), st.sampled_from(["12000.00", "1000.00", "0.07"]))
def test_whatever_happens(events: list[tuple[str, str]], to: str, value: str) -> None:
    """Each converted line is its amount in the deal's currency times its rate, rounded once, and its sentence says so;
    no locked line changes; what is locked is answered in its own currency; a second run changes nothing."""
    told = abroad("acme 60, birch 40", to=to, value=value, policy=rules(month_ends(to, "1.1712")))
    for number, (name, what) in enumerate(events):
        today = f"{Month(2025, 1).plus(number + 1)}-20"
        _happen(told, name, what, to)
        locked = {line.key: (line.amount, line.currency) for line in told.lines if line.locked}
        through_rows(told.on(today))
        stands = {line.key: (line.amount, line.currency) for line in told.lines}
        through_rows(told.on(today))

        assert stands == {line.key: (line.amount, line.currency) for line in told.lines}
        assert locked.items() <= stands.items()
        assert [] == [line.why for line in told.lines if not _is_sound(line)]


def _happen(told: Story, name: str, what: str, to: str) -> None:
    match name:
        case "pay":
            told.change(invoices=[PAID])
        case "void":
            told.change(invoices=[replace(PAID, status="VOIDED")])
        case "lock":
            told.lock()
        case "rates":
            told.change(policy=rules(month_ends(to, what)))
        case "lost":
            told.change(deal=replace(told.facts.deals["9001"], state="lost", left_won_at=deal().won_at))
        case "won":
            told.change(deal=replace(told.facts.deals["9001"], state="won", left_won_at=None))
        case "split":
            told.change(lead=lead(who="acme 33.33, birch 66.67"))


def _is_sound(line: Line) -> bool:
    own = line.converted
    if own is None or line.status == "Cancelled":
        return own is None or line.amount == 0
    exact = Fraction(own.amount) * Fraction(own.rate)
    return rounded(exact, line.currency) == line.amount and agrees(line.why, line.amount, minor_unit(own.currency))


@pytest.mark.parametrize(
    ("why", "found"),
    [
        ("a = 60.00 GBP × 1.1712 EUR/GBP (ECB, 2026-03-31) = 70.27 EUR; month 3 of 12",
         Conversion(Decimal("60.00"), "GBP", Decimal("1.1712"), "ECB, 2026-03-31")),
        ("a = -1,060.00 GBP × 191 JPY/GBP (My bank, 2026-03-31 16:00 CET) = …",
         Conversion(Decimal("-1060.00"), "GBP", Decimal("191"), "My bank, 2026-03-31 16:00 CET")),
        ("at 1.1712 EUR/GBP (ECB, 2026-03-31)", Conversion(Decimal(0), "GBP", Decimal("1.1712"), "ECB, 2026-03-31")),
        ("1,000.00 a month × 10 % (plan gold, 2025-01) = 100.00; month 1 of 12", None),
        ("look at 1.1712 EUR/GBP (ECB, 2026-03-31)", None),
    ],
)  # fmt: skip
def test_a_rate_is_read_back_from_the_sentence(why: str, found: Conversion | None) -> None:
    """From the sum of a line, or from what a cancelled one keeps."""
    from worker.planning.why import conversion_in

    assert found == conversion_in(why)
