"""The sentences of lines, whole, in a currency without minor digits: each figure has the digits of its currency."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from worker.domain.facts import Invoice
from worker.domain.plans import CommissionPlan

from .programme import BRACKETS, Story, deal, invoice, lead, partner, plan, story

GOLD = "(plan gold, 2025-01)"
YEAR = "1,000 a month (12,000 a year ÷ 12)"


def yen(
    ruled: CommissionPlan | None = None, invoices: Sequence[Invoice] = (), *, who: str = "acme 100", **terms: Any
) -> Story:
    """A deal of 12,000 yen a year, or as given; birch may have a part of it."""
    return story(
        deal(currency="JPY", **{"value": "12000", **terms}), plans=[ruled or plan()], leads=[lead(who=who)],
        partners=[partner(), partner("birch")], invoices=invoices,
    )  # fmt: skip


def why(told: Story, number: int = 1, today: str = "2025-01-15") -> str:
    """Return the sentence of one of acme's months."""
    return [line for line in told.on(today).lines if line.partner == "acme"][number - 1].why


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({}, YEAR),
        ({"value": "1000", "interval": "monthly"}, "1,000 a month"),
        ({"value": "3000", "interval": "quarterly"}, "1,000 a month (3,000 a quarter ÷ 3)"),
        ({"value": "24000", "interval": "total", "term_months": 24}, "1,000 a month (24,000 in 24 months ÷ 24)"),
    ],
)
def test_the_base_of_each_interval(terms: dict[str, Any], words: str) -> None:
    """As the deal states it, and what that is a month."""
    assert f"{words} × 10 % {GOLD} = 100; month 1 of 12" == why(yen(**terms))


@pytest.mark.parametrize(
    ("ruled", "who", "sums"),
    [
        (plan("12.50"), "acme 100",
         [f"{YEAR} × 12.5 % {GOLD} = 125; month 1 of 12", f"{YEAR} × 12.5 % {GOLD} = 125; month 2 of 12"]),
        (plan("0.25"), "acme 100", [
            f"{YEAR} × 0.25 % {GOLD}, running total 3 − 0 = 3; month 1 of 12",
            f"{YEAR} × 0.25 % {GOLD}, running total 5 − 3 = 2; month 2 of 12",
        ]),
        (plan(prorate="days"), "acme 60, birch 40", [
            f"{YEAR} × 22 of 31 days × 10 % {GOLD} × 60 % share, running total 43 − 0 = 43; month 1 of 13",
            f"{YEAR} × 10 % {GOLD} × 60 % share = 60; month 2 of 13",
        ]),
        (plan(fee="2500", currency="JPY"), "acme 60, birch 40", [f"fee 2,500 {GOLD} × 60 % share = 1,500; once"]),
        (plan(months=0), "acme 100", [f"{YEAR} × 10 % {GOLD} = 100; month 1"]),
        (plan(cap_per_deal="150", currency="JPY"), "acme 100", [
            f"{YEAR} × 10 % {GOLD} = 100; month 1 of 12",
            f"{YEAR} × 10 % {GOLD} = 100, of which 50 fit; month 2 of 12; cut to the cap",
        ]),
    ],
)  # fmt: skip
def test_the_sum_of_each_plan(ruled: CommissionPlan, who: str, sums: list[str]) -> None:
    """Days, rate, plan, share, and the running totals where rounding matters."""
    assert sums == [why(yen(ruled, who=who), number) for number in range(1, len(sums) + 1)]


def test_running_totals_of_thousands() -> None:
    """They are set apart like all figures."""
    told = yen(plan("100"), value="100000")

    assert (
        f"8,333 a month (100,000 a year ÷ 12) × 100 % {GOLD}, running total 16,667 − 8,333 = 8,334; month 2 of 12"
    ) == why(told, 2)


def test_a_fee_of_nothing() -> None:
    """It is said as it is."""
    assert f"fee 0 {GOLD} = 0; once" == why(yen(plan(fee="0", currency="JPY")))


def test_the_parts_of_tiers() -> None:
    """Each part of the base at its rate; the month after lies in one bracket alone."""
    told = yen(
        plan(tiers=BRACKETS, currency="JPY", months=2), value="24000", interval="monthly", who="acme 50, birch 50"
    )

    assert (
        f"24,000 a month × 50 % share: 10,000 × 10 % + 2,000 × 15 % {GOLD} = 1,300; month 1 of 2",
        f"24,000 a month × 15 % {GOLD} × 50 % share = 1,800; month 2 of 2",
    ) == (why(told), why(told, 2))
    assert ["10 % / 15 %", "15 %"] == [line.rate for line in told.lines if line.partner == "acme"]


def test_a_value_that_changed_is_said_from_its_month_on() -> None:
    """Months that are over keep what they were made with."""
    told = yen()
    told.on("2025-02-15").on("2025-02-16", deal=deal(value="24000", currency="JPY"))

    assert f"{YEAR} × 10 % {GOLD} = 100; month 1 of 12; waits for the client: no invoice yet" == told.lines[0].why
    assert f"2,000 a month (24,000 a year ÷ 12) × 10 % {GOLD} = 200; month 2 of 12" == told.lines[1].why


@pytest.mark.parametrize(
    ("adjustment", "words"),
    [("20.5", "+ 21 = 121"), ("-20.5", "− 21 = 79"), ("1500", "+ 1,500 = 1,600"), ("1", "+ 1 = 101")],
)
def test_what_staff_added(adjustment: str, words: str) -> None:
    """It is rounded to the currency, too."""
    told = yen().on("2025-01-15").edit("9001/acme/2025-01/commission", adjustment=Decimal(adjustment))

    assert f"{YEAR} × 10 % {GOLD} = 100; adjusted by staff {words}; month 1 of 12" == why(told)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"sub_total": "12000"}, "waits for the client: INV-1 has 12,000 open"),
        ({"sub_total": "500", "paid": "2025-01-12 500"},
         "waits for the client: no invoice is open; 500 net received so far"),
        ({"sub_total": "12000", "paid": "2025-01-12 12000"}, "covered by INV-1, paid 2025-01-12"),
    ],
)  # fmt: skip
def test_what_it_says_of_the_cash(given: dict[str, str], words: str) -> None:
    """How much is open, or came in so far."""
    told = yen(invoices=[invoice(currency="JPY", **given)])

    assert f"{YEAR} × 10 % {GOLD} = 100; month 1 of 12; {words}" == why(told, today="2025-02-15")


def test_nothing_to_be_paid() -> None:
    """A value of nothing is a value, and needs no cash."""
    words = "0 a month (0 a year ÷ 12) × 10 % (plan gold, 2025-01) = 0; month 1 of 12; nothing to be paid"

    assert words == why(yen(value="0"), today="2025-02-15")
