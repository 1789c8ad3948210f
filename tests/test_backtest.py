"""History under other rules: unchanged rules change nothing, and what each kind of change moves, for whom."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings

from tests.planning.programme import day, deal, facts, invoice, lead, partner, plan
from tests.planning.test_laws import programmes
from worker.backtest import Backtest, backtest
from worker.domain.plans import CommissionPlan, Plans
from worker.planning.commissions import Facts

TODAY = day("2025-07-10")
FIRST = day("2020-01-01")


def known() -> Facts:
    """Three deals of two partners: acme's, one that acme and birch share, and birch's in yen on silver."""
    return facts(
        [deal(), deal("9002", won_at="2025-04-02", company="502"),
         deal("9003", won_at="2025-05-05", company="503", currency="JPY", value="1200000")],
        [lead(), lead("9002", "acme 60, birch 40"), lead("9003", "birch 100")],
        invoices=[invoice(paid="2025-01-12 12000.00"), invoice("INV-2", "2025-04-12 12000.00", reference="9002")],
        plans=[plan(), plan("5", name="silver")],
        partners=[partner(), partner("birch", "silver")],
    )  # fmt: skip


def under(now: Facts, *plans: CommissionPlan, since: str = "2020-01-01") -> Backtest:
    """Compare with other plans."""
    return backtest(now, Plans(plans), now.policy, day(since), TODAY)


def quarters(found: Backtest) -> list[str]:
    """Return the quarters that differ as `acme 2025-Q1 GBP 300.00 360.00 60.00`."""
    return [
        f"{one.partner} {one.quarter} {one.currency} {one.old} {one.new} {one.difference}"
        for one in found.quarters
        if one.difference
    ]


@settings(max_examples=60, deadline=None)
@given(programmes())
def test_unchanged_rules_change_nothing(now: Facts) -> None:
    """Whatever the plans and the history, under the same rules every difference is 0.00 and no line moves."""
    found = backtest(now, now.plans, now.policy, FIRST, TODAY)

    assert {"0.00"} >= {str(one.difference) for one in (*found.quarters, *found.partners)}
    assert ((), [], [], ()) == (found.moved, found.winners, found.losers, found.problems)


def test_a_higher_rate() -> None:
    """A rate of 12 instead of 10 per cent gives acme a fifth more in every quarter, and nobody else anything."""
    found = under(known(), plan("12"), plan("5", name="silver"))

    assert [
        "acme 2025-Q1 GBP 300.00 360.00 60.00",
        "acme 2025-Q2 GBP 480.00 576.00 96.00",
        "acme 2025-Q3 GBP 480.00 576.00 96.00",
        "acme 2025-Q4 GBP 480.00 576.00 96.00",
        "acme 2026-Q1 GBP 180.00 216.00 36.00",
    ] == quarters(found)
    assert [("acme", "Acme", "384.00")] == [(w.partner, w.name, str(w.difference)) for w in found.winners]
    assert [] == found.losers
    assert () == found.moved
    assert 3 == found.deals


def test_winners_and_losers_by_currency() -> None:
    """One partner loses in pounds and in yen; each currency is summed by itself, in its own digits."""
    found = under(known(), plan("10"), plan("4", name="silver"))

    assert [("GBP", "-48.00"), ("JPY", "-12000")] == [(one.currency, str(one.difference)) for one in found.losers]
    assert [] == found.winners
    assert {"GBP": (Decimal("2160.00"), Decimal("2112.00")), "JPY": (Decimal(60000), Decimal(48000))} == found.totals


def test_fewer_months_are_told_as_lines_that_moved() -> None:
    """A plan of ten months drops the last two lines of each deal: not for their rate, so they are named."""
    found = under(known(), plan(months=10), plan("5", name="silver"))

    assert [
        ("9001/acme/2025-11/commission", "100.00", None, "the other rules give no such line"),
        ("9001/acme/2025-12/commission", "100.00", None, "the other rules give no such line"),
        ("9002/acme/2026-02/commission", "60.00", None, "the other rules give no such line"),
        ("9002/acme/2026-03/commission", "60.00", None, "the other rules give no such line"),
    ] == [(m.key, str(m.old), m.new, m.reason) for m in sorted(found.moved, key=lambda m: m.key)]
    assert {Decimal("-320.00")} == {one.difference for one in found.losers}


def test_more_months_and_caps_are_told_too() -> None:
    """Lines that only the other rules give, and lines that their cap cuts, are named with the reason."""
    more = under(known(), plan(months=13), plan("5", name="silver"))
    capped = under(known(), plan(cap_per_deal="1150.00", currency="GBP"), plan("5", name="silver"))

    assert {"only the other rules give this line"} == {m.reason for m in more.moved}
    assert [("9001/acme/2025-12/commission", "100.00", "50.00", "a cap cuts it otherwise")] == [
        (m.key, str(m.old), str(m.new), m.reason) for m in capped.moved
    ]


def test_a_tolerance_moves_statuses() -> None:
    """Another policy may cover a month that waited; the amount stays and the status is told."""
    now = replace(known(), invoices=[invoice(paid="2025-01-12 2999.00")])
    found = backtest(now, now.plans, replace(now.policy, tolerance=Decimal(1)), FIRST, TODAY)

    assert [("9001/acme/2025-03/commission", "Waiting → Confirmed")] == [(m.key, m.reason) for m in found.moved]
    assert [] == quarters(found)


def test_only_deals_won_since() -> None:
    """Deals won before the day are left out, those won on it are in."""
    plans = plan("12"), plan("5", name="silver")

    assert 2 == under(known(), *plans, since="2025-04-02").deals
    assert 1 == under(known(), *plans, since="2025-04-03").deals
    assert 0 == under(known(), *plans, since="2025-05-06").deals


def test_a_plan_that_the_other_rules_lack() -> None:
    """Partners whose plan is missing from the other rules lose everything, and the problem is told."""
    found = under(known(), plan("10"))

    assert [("birch", "GBP"), ("birch", "JPY")] == [(one.partner, one.currency) for one in found.losers]
    assert {"No plan is known for deal"} == {text[:25] for text in found.problems}


def test_a_merged_deal_counts_as_its_survivor() -> None:
    """A lead whose deal was merged into one that was won later is taken by the survivor's won date."""
    now = known()
    gone = replace(now.deals["9001"], merged_into="9002")
    merged = replace(now, deals={**now.deals, "9001": gone}, leads=[lead(), lead("9003", "birch 100")])
    plans = plan("12"), plan("5", name="silver")

    assert 2 == under(merged, *plans, since="2025-04-02").deals
    assert ["acme"] == [one.partner for one in under(merged, *plans, since="2025-04-02").winners]
    assert 1 == under(merged, *plans, since="2025-04-03").deals
