"""Every line's `Why` recomputes its amount: read by a second reader, of every kind of line, whatever happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.domain.facts import Partner
from worker.domain.lines import Line
from worker.domain.money import minor_unit
from worker.domain.months import Month
from worker.domain.plans import CommissionPlan, ConversionRules
from worker.planning.commissions import Facts, plan_lines
from worker.planning.rows import line_from_row, line_to_cells

from .made_up import BEGIN, Chance
from .programme import BRACKETS, Story, deal, invoice, lead, partner, plan, story
from .reckoned import agrees, reckon
from .strategies import row_of

TERMS: list[dict[str, Any]] = [
    {"rate": "10"},
    {"rate": "7.5", "prorate": "days"},
    {"rate": "12.5", "start": "next"},
    {"fee": "333.33", "currency": "GBP"},
    {"tiers": BRACKETS, "currency": "GBP"},
    {"tiers": BRACKETS, "currency": "GBP", "mode": "retroactive", "tier_period": "year"},
    {"tiers": BRACKETS, "currency": "GBP", "mode": "retroactive", "cap_per_partner": "4500.00"},
    {"rate": "10", "currency": "GBP", "cap_per_deal": "777.77"},
    {"rate": "33.3", "months": 0},
]
VALUES = ["1000.00", "12000.00", "100000.01", "250000.00", "0.07"]


def told_by(lines: tuple[Line, ...]) -> list[Line]:
    """Return the lines as they are read back from their rows, those without a sentence left out: they hold nothing."""
    back = [line_from_row(row_of("Commissions", line_to_cells(line, line.partner))) for line in lines]
    found = [line for line in back if isinstance(line, Line)]
    assert len(lines) == len(found)
    assert set() == {line.amount for line in found if not line.why} - {Decimal(0)}
    return [line for line in found if line.why and line.status != "Cancelled"]


def wrong(lines: tuple[Line, ...]) -> list[str]:
    """Return the sentences that do not make their line's amount."""
    told = told_by(lines)
    return [line.why for line in told if not agrees(line.why, line.amount, minor_unit(line.deal_currency))]


def of(terms: dict[str, Any], shares: str = "acme 100", **more: Any) -> Story:
    """Begin a story of one or two deals of two partners under one plan."""
    who: list[Partner] = [partner("acme"), partner("birch")]
    other = deal("9002", company="502", value="20000.00", won_at="2025-02-14")
    deals = [deal(value=more.pop("value", "12000.00"), **more), other]
    ruled: list[CommissionPlan] = [plan(**terms)]
    return story(*deals, plans=ruled, partners=who, leads=[lead(who=shares), lead("9002", shares)])


def kinds(lines: tuple[Line, ...]) -> Counter[str]:
    return Counter(line.kind for line in told_by(lines))


# ---- whatever happens -----------------------------------------------------------------------------------------------

EVENTS = st.one_of(
    st.tuples(st.just("pay"), st.sampled_from(["100.00", "5000.00", "100000.01"])),
    st.tuples(st.just("refund"), st.sampled_from(["100.00", "5000.00"])),
    st.tuples(st.just("value"), st.sampled_from(VALUES)),
    st.tuples(st.just("stage"), st.sampled_from(["won", "open", "lost"])),
    st.tuples(st.just("split"), st.sampled_from(["acme 100", "acme 60, birch 40", "acme 33.33, birch 66.67"])),
    st.tuples(st.just("adjust"), st.sampled_from(["25.00", "-7.77"])),
    st.tuples(st.just("lock"), st.none()),
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(TERMS), st.sampled_from(VALUES), st.sampled_from(["annual", "monthly", "quarterly", "total"]),
    st.sampled_from(["acme 100", "acme 60, birch 40"]), st.lists(st.lists(EVENTS, max_size=3), min_size=2, max_size=9),
)  # fmt: skip
def test_every_sentence_makes_its_amount(
    terms: dict[str, Any], value: str, interval: str, shares: str, months: list[list[tuple[str, Any]]]
) -> None:
    """Deals are paid, paid back, revalued, lost, split otherwise, adjusted and locked, month by month: every line's
    sentence still makes its amount, read back from the row."""
    told = of(terms, shares, value=value, interval=interval, term_months=10 if interval == "total" else None)
    paid: list[str] = []
    refunds: list[str] = []
    for number, events in enumerate(months):
        today = f"{Month(2025, 1).plus(2 * number)}-20"
        for name, what in events:
            _happen(told, name, what, today, paid, refunds)
        if paid or refunds:
            cash = invoice("INV-1", ", ".join(paid), refunds=", ".join(refunds), sub_total="300000.00")
            told.change(invoices=[cash])
        told.on(today)

        assert [] == wrong(told.lines)


def _happen(told: Story, name: str, what: Any, today: str, paid: list[str], refunds: list[str]) -> None:
    now = told.facts.deals["9001"]
    match name:
        case "pay":
            paid.append(f"{today} {what}")
        case "refund":
            refunds.append(f"{today} {what}")
        case "value":
            told.change(deal=replace(now, value=Decimal(what)))
        case "stage":
            told.change(deal=deal(state=what, value=str(now.value), interval=now.interval, term_months=now.term_months,
                                  left_won_at=None if what == "won" else today))  # fmt: skip
        case "split":
            told.change(lead=lead(who=what))
        case "adjust" if told.lines:
            told.edit(told.lines[0].key, adjustment=Decimal(what))
        case "lock":
            told.lock()


def in_euros(facts: Facts) -> Facts:
    """Let half of the partners be paid in euros, at the rate of the end of each month."""
    currencies = {deal.currency for deal in facts.deals.values() if deal.currency}
    rates = {
        (Month(2024, 1).plus(n).last_day, currency, "EUR"): Decimal("1.1712") + n
        for n in range(60) for currency in currencies
    }  # fmt: skip
    abroad = {
        key: replace(partner, currency="EUR" if n % 2 else None)
        for n, (key, partner) in enumerate(facts.partners.items())
    }
    policy = replace(facts.policy, conversion=ConversionRules("month-end", "ECB", rates=rates))
    return replace(facts, partners=abroad, policy=policy)


@pytest.mark.parametrize("converts", [False, True], ids=["in deals' currencies", "half in euros"])
@pytest.mark.parametrize("seed", range(6))
def test_every_sentence_of_a_made_up_programme(seed: int, converts: bool) -> None:
    """A dozen deals of four partners under eight plan versions, for a year and more of whatever happens to them."""
    chance = Chance(Random(seed))
    facts, lines, today = chance.programme(12, 4), (), BEGIN
    facts = in_euros(facts) if converts else facts
    for turn in range(14):
        facts = chance.happen(facts, today)
        today = chance.next_day(today) + timedelta(days=20)
        lines = plan_lines(facts, lines, today).lines

        assert [] == wrong(lines)
        lines = tuple(_with_hands(chance, line, turn) for line in lines)
    assert told_by(lines)


def _with_hands(chance: Chance, line: Line, turn: int) -> Line:
    """Lock what is confirmed every third time; let staff adjust one in thirty."""
    if line.status == "Confirmed" and turn % 3 == 0:
        return line._replace(status="On statement", statement=f"2025-Q1/{line.partner}/{line.currency}")
    if not line.locked and not chance.random.randrange(30):
        return line._replace(adjustment=Decimal(chance.random.choice([-7, 25])))
    return line


# ---- every kind by itself -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("terms", TERMS, ids=str)
def test_every_plan(terms: dict[str, Any]) -> None:
    """Under each kind of plan two partners' lines of two years all make their amounts, and there are some."""
    told = of(terms, "acme 60, birch 40", value="250000.00")
    told.on("2025-07-20", invoices=[invoice(paid="2025-01-12 300000.00", sub_total="300000.00")])

    assert [] == wrong(told.lines)
    assert told_by(told.lines)


def test_an_answer_of_each_kind() -> None:
    """A clawback, a reinstatement and a correction each make their amount."""
    full = invoice(paid="2025-01-12 12000.00")
    told = of({"rate": "10"}).on("2025-04-20", invoices=[full]).lock()
    told.on("2025-05-20", invoices=[replace(full, status="VOIDED")])
    clawed = kinds(told.lines)
    told.on("2025-06-05").lock("2025-Q2/acme/GBP").on("2025-07-20", invoices=[full])
    given_again = kinds(told.lines)
    told.edit("9001/acme/2025-01/commission", adjustment=Decimal("5.00")).on("2025-07-21")

    assert [] == wrong(told.lines)
    assert (3, 3) == (clawed["clawback"], given_again["reinstatement"])
    assert 1 == len([line for line in told_by(told.lines) if line.amount == Decimal("105.00")])


def test_a_true_up_that_staff_adjusted() -> None:
    """The correction of a retroactive period says what staff added to it, and so makes its amount."""
    told = of(TERMS[5], value="250000.00")
    told.on("2026-01-20", invoices=[invoice(paid="2025-01-12 300000.00", sub_total="300000.00")])
    told.edit("tier/acme/2025-12/correction", adjustment=Decimal("-12.34")).on("2026-01-21")
    (line,) = [line for line in told_by(told.lines) if line.deal is None]

    assert "; adjusted by staff − 12.34 = " in line.why
    assert [] == wrong(told.lines)


def test_a_true_up_that_a_cap_cut() -> None:
    """A true-up beyond a cap says what it would be, and what of it fits."""
    told = of({**TERMS[6], "cap_per_partner": "11000.00"}, value="250000.00")
    told.on("2025-04-20", invoices=[invoice(paid="2025-01-12 300000.00", sub_total="300000.00")])
    before = [line.why for line in told_by(told.lines) if line.deal is None]
    told.edit("tier/acme/2025-03/correction", adjustment=Decimal("1.00")).on("2025-04-21")
    after = [line.why for line in told_by(told.lines) if line.deal is None]

    assert before[0].endswith(" of its lines = 2,916.67, of which 833.34 fit; cut to the cap")
    assert after[0].endswith(", of which 833.34 fit; adjusted by staff + 1.00 = 834.34; cut to the cap")
    assert [] == wrong(told.lines)


@pytest.mark.parametrize(
    "why",
    [
        "1,000.00 a month (12,000.00 a year ÷ 12) × 10 % (plan gold, 2025-01) = 101.00; month 1 of 12",
        "1,000.00 a month (12,000.00 a year ÷ 12) × 10 % (plan gold, 2025-01) × 60 % share = 100.00; month 1 of 12",
        "1,000.00 a month × 10 % (plan gold, 2025-01), running total 200.00 − 100.00 = 100.00; month 1 of 12",
    ],
)
def test_the_second_reader_finds_what_is_wrong(why: str) -> None:
    """A sentence whose sum does not come out, or is another line's, is found; so the tests above can fail."""
    assert agrees(why, Decimal("100.00"), minor_unit("GBP")) == ("running" in why)
    assert not agrees(why, Decimal("99.00"), minor_unit("GBP"))
    with pytest.raises(AssertionError):
        reckon(why.replace("200.00 − 100.00", "200.00 − 99.00") + " × nothing" if "running" in why else "no sum")
