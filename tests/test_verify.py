"""Whether locked lines and the answers planned for them sum to what is earned: recomputed, not trusted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.planning.programme import BRACKETS, Story, day, deal, invoice, plan, story
from worker.planning.commissions import Outcome
from worker.verify import Gap, gaps

PAID = "2025-01-12 12000.00"


def found(told: Story, today: str, outcome: Outcome | None = None) -> list[Gap]:
    """Plan once more on a day and return the gaps of that plan, or of another one."""
    before = told.lines
    told.on(today)
    return gaps(told.facts, before, outcome or told.outcome, day(today))


def locked() -> Story:
    """Three months earned, 100.00 each, and locked on 5 April."""
    return story(deal(), invoices=[invoice(paid=PAID)]).on("2025-04-05").lock()


def test_planned_answers_close_every_gap() -> None:
    """After a refund of everything the clawbacks are planned, so nothing is left over."""
    told = locked()
    told.change(invoices=[invoice(paid=PAID, refunds="2025-04-06 12000.00")])

    assert [] == found(told, "2025-04-10")
    assert Decimal("-300.00") == sum(line.amount for line in told.lines if line.kind == "clawback")


def test_a_plan_that_leaves_an_answer_out_is_found() -> None:
    """Where the clawback of a month is missing from the plan, the month and its sums are named."""
    told = locked()
    told.change(invoices=[invoice(paid=PAID, refunds="2025-04-06 12000.00")])
    whole = Story(told.facts, told.lines).on("2025-04-10").outcome
    short = replace(whole, lines=tuple(line for line in whole.lines if line.answers != "2025-02"))

    assert [Gap("9001", "acme", "2025-02", "GBP", Decimal("100.00"), Decimal(0), Decimal(0))] == found(
        told, "2025-04-10", short
    )


def test_an_answer_of_a_wrong_amount_is_found() -> None:
    """A locked line that a hand raised is answered by −50.00; a plan that gives back 5.00 does not sum."""
    told = locked().edit("9001/acme/2025-01/commission", amount=Decimal("150.00"))
    whole = Story(told.facts, told.lines).on("2025-04-10").outcome
    wrong = replace(
        whole,
        lines=tuple(x._replace(amount=Decimal("-5.00")) if x.answers == "2025-01" else x for x in whole.lines),
    )

    assert ["-50.00"] == [str(line.amount) for line in whole.lines if line.answers == "2025-01"]
    assert [("150.00", "-5.00", "100.00")] == [
        (str(g.locked), str(g.planned), str(g.earned)) for g in found(told, "2025-04-10", wrong)
    ]


def test_months_in_doubt_are_left_out() -> None:
    """While the deal can't be read nothing locked is answered, and nothing is asked of its sums."""
    told = locked().edit("9001/acme/2025-01/commission", amount=Decimal("150.00"))
    told.change(deal=deal(doubt="archived"))

    assert [] == found(told, "2025-04-10")


def test_a_hold_changes_nothing_of_what_is_earned() -> None:
    """A paused partner's locked lines are earned as ever, and so are those of a row that is ticked."""
    told = locked().edit("9001/acme/2025-01/commission", hold=True)
    partner = replace(told.facts.partners["acme"], paused=True)
    told.change(partner=partner)

    assert [] == found(told, "2025-04-10")


def test_adjustments_count() -> None:
    """What staff added after the lock is earned, and its answer is planned."""
    told = locked().edit("9001/acme/2025-03/commission", adjustment=Decimal("7.50"))

    assert [] == found(told, "2025-04-10")
    assert [Decimal("7.50")] == [line.amount for line in told.lines if line.answers == "2025-03"]


def test_true_ups_sum_too() -> None:
    """The locked true-up of a quarter sums with its answers to what the tiers reach by today's facts."""
    tiers = plan(tiers=BRACKETS, currency="GBP", mode="retroactive")
    paid = "2025-01-12 240000.00"
    told = story(deal(value="240000.00"), plans=[tiers], invoices=[invoice(sub_total="240000.00", paid=paid)])
    told.on("2025-04-05").lock()
    true_up = next(line for line in told.lines if line.deal is None)
    assert true_up.locked
    assert [] == found(told, "2025-04-10")
    told.edit(true_up.key, amount=true_up.amount + 1)
    whole = Story(told.facts, told.lines).on("2025-04-10").outcome
    short = replace(whole, lines=tuple(line for line in whole.lines if line.deal or line.locked))

    assert [("tier", "2025-Q1")] == [(g.deal, g.month) for g in found(told, "2025-04-10", short)]
