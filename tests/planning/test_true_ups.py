"""True-ups of retroactive tiers, to the last digit and word: several deals, caps, currencies, hands in their rows."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from worker.domain.facts import Deal, Invoice, PlanChoice
from worker.domain.lines import Line
from worker.domain.plans import CommissionPlan

from .programme import BRACKETS, Story, day, deal, invoice, lead, partner, plan, story
from .test_conversion import month_ends, rules

KEY = "tier/acme/2025-03/correction"


def retroactive(**terms: Any) -> CommissionPlan:
    """10 % below 10,000, 15 % below 50,000, 20 % above, brought up when the quarter is over; one month a deal."""
    return plan(**{"tiers": BRACKETS, "currency": "GBP", "months": 1, "mode": "retroactive", **terms})


def once(id_: str, value: str, **terms: Any) -> tuple[Deal, Invoice]:
    """A deal of so much for one month, and the invoice that pays it."""
    made = deal(id_, value=value, interval="monthly", company=f"c{id_}", **terms)
    paid = invoice(f"INV-{id_}", f"2025-01-12 {value}", reference=id_, sub_total=value, currency=made.currency)
    return made, paid


def several(*deals: tuple[Deal, Invoice], plans: list[CommissionPlan] | None = None, **more: Any) -> Story:
    """Deals of acme's that are paid."""
    return story(*(made for made, _ in deals), invoices=[paid for _, paid in deals],
                 plans=plans or [retroactive()], **more)  # fmt: skip


def half_year(cap: str | None = None, **more: Any) -> Story:
    """50,000.00 a quarter in three equal months, for half a year, all of it paid on the first day."""
    terms = {"cap_per_deal": cap} if cap else {}
    return story(
        deal(value="100000", interval="total", term_months=6), plans=[retroactive(months=6, **terms)],
        invoices=[invoice(paid="2025-01-12 100000", sub_total="100000")], **more,
    )  # fmt: skip


def ups(told: Story) -> list[Line]:
    return [line for line in told.lines if line.deal is None]


def sums(told: Story) -> list[str]:
    return [str(line.amount) for line in ups(told)]


# ---- several deals --------------------------------------------------------------------------------------------------


def test_deals_are_brought_up_together() -> None:
    """Rounded once: 20 % of 50,004 yen are 10,001, and 7,001 stand on the lines already."""
    yen = [retroactive(currency="JPY")]
    told = several(once("9001", "25002", currency="JPY"), once("9002", "25002", currency="JPY"), plans=yen)
    (line,) = ups(told.on("2025-04-01"))

    assert ("3000", "JPY") == (str(line.amount), line.currency)
    assert (
        "2025-Q1 reached a base of 50,004: 50,004 earned × 20 % (plan gold, 2025-01), less 7,001 of its lines = 3,000"
    ) == line.why


def test_deals_whose_plan_caps_them_are_brought_up_each_by_itself() -> None:
    """And rounded so: 5,000 − 3,250 and 5,000 − 3,751 yen."""
    yen = [retroactive(currency="JPY", cap_per_deal="9000")]
    told = several(once("9001", "25002", currency="JPY"), once("9002", "25002", currency="JPY"), plans=yen)

    assert ["2999"] == sums(told.on("2025-04-01"))


def test_what_is_earned_of_several_deals() -> None:
    """The first won is not paid: it fills the brackets, and the second alone is brought up."""
    one, other = once("9001", "25000"), once("9002", "25000")
    told = several((one[0], replace(one[1], payments=())), other)
    (line,) = ups(told.on("2025-04-01"))

    assert (
        "2025-Q1 reached a base of 50,000.00: 25,000.00 earned × 20 % (plan gold, 2025-01), less 3,750.00 of its lines "
        "= 1,250.00"
    ) == line.why


def test_lines_that_are_rated_as_they_should_be_are_left_alone() -> None:
    """33.34 twice at 10 %: that the two are 6.67 together, and 6.66 by themselves, is no reason for a line."""
    assert [] == sums(several(once("9001", "33.34"), once("9002", "33.34")).on("2025-04-01"))


def test_two_plans_of_one_partner() -> None:
    """Both reach a bracket of their own by the base of both, and are named."""
    steep = (BRACKETS[0], replace(BRACKETS[1], end=Decimal(40000)), replace(BRACKETS[2], start=Decimal(40000),
                                                                            rate=Decimal(30)))  # fmt: skip
    who = replace(partner(), plans=(PlanChoice(day("2020-01-01"), "gold"), PlanChoice(day("2025-01-11"), "steep")))
    told = several(
        once("9001", "25000"), once("9002", "25000", won_at="2025-01-12"), partners=[who],
        plans=[retroactive(), retroactive(name="steep", tiers=steep)],
    )  # fmt: skip
    (line,) = ups(told.on("2025-04-01"))

    assert ("20 % / 30 %", "gold, 2025-01 / steep, 2025-01") == (line.rate, line.plan)
    assert (
        "2025-Q1 reached a base of 50,000.00: 50,000.00 earned × 20 % / 30 % (plan gold, 2025-01 / steep, 2025-01), "
        "less 8,500.00 of its lines = 4,000.00"
    ) == line.why


# ---- caps -----------------------------------------------------------------------------------------------------------


def test_a_true_up_that_is_cut_says_so() -> None:
    """What it would be, what of it fits, and that it was cut: once."""
    told = several(once("9001", "25000"), once("9002", "25000"), plans=[retroactive(cap_per_deal="4000")])
    (line,) = ups(told.on("2025-04-01"))

    assert ("1000.00", True) == (str(line.amount), line.capped)  # 4,000 − 3,250 and 4,000 − 3,750
    assert (
        "2025-Q1 reached a base of 50,000.00: 50,000.00 earned × 20 % (plan gold, 2025-01), less 7,000.00 of its lines "
        "= 3,000.00, of which 1,000.00 fit; cut to the cap"
    ) == line.why


def test_what_is_cut_in_yen() -> None:
    """It has no more digits than any other amount."""
    told = several(once("9001", "50000", currency="JPY"), plans=[retroactive(currency="JPY", cap_per_partner="8000")])

    assert ups(told.on("2025-04-01"))[0].why.endswith("of its lines = 3,000, of which 1,000 fit; cut to the cap")


@pytest.mark.parametrize("terms", [{"cap_per_deal": "7000"}, {"cap_per_partner": "7000"}])
def test_nothing_is_left_of_a_cap(terms: dict[str, str]) -> None:
    """The lines used all of it: there is no true-up, not by a penny."""
    assert [] == sums(several(once("9001", "50000"), plans=[retroactive(**terms)]).on("2025-04-01"))


def test_a_cap_that_comes_later() -> None:
    """The true-up that stands is cancelled where nothing is left of the cap; it is cut no more, for it is nothing."""
    told = several(once("9001", "50000")).on("2025-04-01").on("2025-04-02", plans=[retroactive(cap_per_deal="7000")])
    (line,) = ups(told)

    assert ("Cancelled", "0.00", "", False) == (line.status, str(line.amount), line.why, line.capped)


def test_what_a_true_up_uses_of_a_deals_cap_is_used() -> None:
    """Two quarters of 7,000.00 and 3,000.00 under a cap of 18,000.00: the second has 1,000.00."""
    assert ["3000.00", "1000.00"] == sums(half_year("18000").on("2025-07-01"))
    assert ["3000.00", "3000.00"] == sums(half_year().on("2025-07-01"))


# ---- what becomes of it ---------------------------------------------------------------------------------------------


def test_a_true_up_whose_lines_are_not_paid_for_any_more() -> None:
    """It is cancelled, with nothing in it; a locked one is clawed back, with the reason."""
    unpaid = invoice("INV-9001", reference="9001", sub_total="50000")
    told = several(once("9001", "50000")).on("2025-04-01").edit(KEY, row="rec9")
    told.on("2025-05-02", invoices=[unpaid])
    (line,) = ups(told)
    assert ("Cancelled", "nothing is to be corrected any more", "0.00", "", "rec9", False) == (
        line.status, line.reason, str(line.amount), line.why, line.row, line.capped,
    )  # fmt: skip

    told = several(once("9001", "50000")).on("2025-04-01").lock().on("2025-05-02", invoices=[unpaid])
    assert (
        "2025-Q1 is not earned any more (no line of the period is earned any more): 0.00 − 3,000.00 of its lines = "
        "-3,000.00"
    ) == ups(told)[1].why


def test_yen_are_taken_back_whole() -> None:
    """An answer has the digits of its currency."""
    told = several(once("9001", "50000", currency="JPY"), plans=[retroactive(currency="JPY")]).on("2025-04-01").lock()
    told.on("2025-05-02", invoices=[invoice("INV-9001", reference="9001", sub_total="50000", currency="JPY")])

    assert ["3000", "-3000"] == sums(told)


def test_a_paused_partners_answers_are_held() -> None:
    """What answers a locked true-up is held like any line."""
    unpaid = invoice("INV-9001", reference="9001", sub_total="50000")
    told = several(once("9001", "50000")).on("2025-04-01").lock()
    told.on("2025-05-02", invoices=[unpaid], partner=partner(paused=True))

    assert [("On statement", None), ("On hold", "the partner is paused")] == [
        (line.status, line.reason) for line in ups(told)
    ]


FLAT = [plan(months=1)]
GONE = "no line of the period is under retroactive tiers any more"


def test_a_true_up_that_nothing_makes_any_more_is_cancelled() -> None:
    """Tiers were taken out of the plan: it says so; another partner's true-up stays as it is."""
    both = several(
        once("9001", "50000"), once("9002", "50000"), leads=[lead(), lead("9002", "birch 100")],
        partners=[partner(), partner("birch", "silver")], plans=[retroactive(), retroactive(name="silver")],
    ).on("2025-04-01")  # fmt: skip
    both.on("2025-05-02", plans=[retroactive(), plan(name="silver", months=1)])

    assert [("acme", "Confirmed", None), ("birch", "Cancelled", GONE)] == [
        (line.partner, line.status, line.reason) for line in ups(both)
    ]


def test_a_locked_true_up_that_nothing_makes_any_more_is_clawed_back() -> None:
    """In the digits of its currency; held while the partner is paused."""
    told = several(once("9001", "50000", currency="JPY"), plans=[retroactive(currency="JPY")]).on("2025-04-01").lock()
    told.on("2025-05-02", plans=FLAT, partner=partner(paused=True))
    clawback = ups(told)[1]

    assert ("-3000", "On hold", "the partner is paused") == (str(clawback.amount), clawback.status, clawback.reason)
    assert f"2025-Q1 is not earned any more ({GONE}): 0 − 3,000 of its lines = -3,000" == clawback.why


def test_an_answer_that_was_open_is_cancelled_with_it() -> None:
    """Whichever of the two rows is read first, the true-up is the one of the period's last month."""
    told = several(once("9001", "50000")).on("2025-04-01").lock()
    told.edit(KEY, amount=Decimal("2500.00")).on("2025-05-03")
    told.lines = told.lines[::-1]
    told.on("2025-05-04", plans=FLAT)

    assert [
        (KEY, "On statement", None), ("tier/acme/2025-05/clawback", "Expected", None),
        ("tier/acme/2025-05/correction", "Cancelled", "nothing is to be corrected any more"),
    ] == [(line.key, line.status, line.reason) for line in ups(told)]  # fmt: skip


def test_a_true_up_stands_still_with_its_lines() -> None:
    """The rows of the leads are gone: it is held as it is, with the reason; a locked one is not answered."""
    gone = several(once("9001", "50000")).on("2025-04-01").on("2025-05-02", leads=[])
    locked = several(once("9001", "50000")).on("2025-04-01").lock().on("2025-05-02", leads=[])

    assert [("On hold", "3000.00", "the row of its lead was deleted from Leads: restore it")] == [
        (line.status, str(line.amount), line.reason) for line in ups(gone)
    ]
    assert [("On statement", "3000.00")] == [(line.status, str(line.amount)) for line in ups(locked)]


def test_an_answer_is_no_true_up() -> None:
    """Where the row of a locked true-up was deleted and only its answer stands, the true-up is made anew by its key."""
    told = half_year().on("2025-04-01").lock()
    told.edit(KEY, amount=Decimal("2500.00")).on("2025-05-03")
    assert [KEY, "tier/acme/2025-05/correction"] == [line.key for line in ups(told)]
    told.lines = tuple(line for line in told.lines if line.key != KEY)
    told.on("2025-05-04")

    assert [KEY, "tier/acme/2025-05/correction"] == [line.key for line in ups(told)]
    assert ["3000.00", "0.00"] == sums(told)


# ---- staff, and other currencies ------------------------------------------------------------------------------------


def test_what_staff_add_to_a_true_up() -> None:
    """In the digits of its currency, and said in its sentence; it stays on the row."""
    yen = several(once("9001", "50000", currency="JPY"), plans=[retroactive(currency="JPY")]).on("2025-04-01")
    yen.edit(KEY, adjustment=Decimal("49.5"), row="rec9").on("2025-04-02")
    (line,) = ups(yen)

    assert ("3050", Decimal("49.5"), "rec9", False) == (str(line.amount), line.adjustment, line.row, line.hold)
    assert line.why.endswith("less 7,000 of its lines = 3,000; adjusted by staff + 50 = 3,050")


def test_a_tick_stays_on_the_row() -> None:
    """Held by it, the true-up is still ticked."""
    told = several(once("9001", "50000")).on("2025-04-01").edit(KEY, hold=True).on("2025-04-02")

    assert [("On hold", True)] == [(line.status, line.hold) for line in ups(told)]


def test_staff_may_take_off_all_of_a_converted_true_up() -> None:
    """It is cancelled then, and nothing of it is left in the deal's currency either."""
    told = several(
        once("9001", "50000"), policy=rules(month_ends("JPY", "191.5")), partners=[partner(currency="JPY")]
    ).on("2025-04-01")  # fmt: skip
    told.edit(KEY, adjustment=Decimal(-574501)).on("2025-04-02")
    (line,) = ups(told)
    assert line.converted is not None

    assert ("Cancelled", "0", "0.00") == (line.status, str(line.amount), str(line.converted.amount))


def test_a_converted_true_up_with_everything() -> None:
    """Cut in the deal's currency, converted, adjusted in the partner's; read back it is the same."""
    told = several(
        once("9001", "50000"), plans=[retroactive(cap_per_partner="8000")], policy=rules(month_ends("JPY", "191.5")),
        partners=[partner(currency="JPY")],
    ).on("2025-04-01")  # fmt: skip
    told.edit(KEY, adjustment=Decimal(-500)).on("2025-04-02")
    (line,) = ups(told)

    assert ("191000", "JPY") == (str(line.amount), line.currency)
    assert line.why.endswith(
        "of its lines = 3,000.00, of which 1,000.00 fit: 1,000.00 GBP × 191.5002 JPY/GBP (ECB, 2025-03-31) = "
        "191,500 JPY; adjusted by staff − 500 = 191,000; cut to the cap"
    )
    assert ("1000.00", "GBP", "191.5002") == tuple(
        str(part)
        for part in (line.converted.amount, line.converted.currency, line.converted.rate)  # type: ignore[union-attr]
    )


@pytest.mark.parametrize(
    ("of", "to", "sums"), [("GBP", "JPY", ("0", "0.00", "191.5002")), ("JPY", "GBP", ("0.00", "0", "191.5002"))]
)
def test_a_converted_true_up_that_is_cancelled_keeps_its_rate(of: str, to: str, sums: tuple[str, str, str]) -> None:
    """With nothing in it, in the digits of both currencies."""
    rates = {(last, of, to): rate for (last, _, _), rate in month_ends(to, "191.5").items()}
    told = several(
        once("9001", "50000", currency=of), plans=[retroactive(currency=of)], policy=rules(rates),
        partners=[partner(currency=to)],
    ).on("2025-04-01")  # fmt: skip
    told.on("2025-05-02", invoices=[invoice("INV-9001", reference="9001", sub_total="50000", currency=of)])
    (line,) = ups(told)
    own = line.converted
    assert own is not None

    assert ("Cancelled", to, of) == (line.status, line.currency, own.currency)
    assert sums == (str(line.amount), str(own.amount), str(own.rate))
