"""The complete set of lines: in which order they come, and what becomes of those of whom has no part any more."""

from __future__ import annotations

from .programme import BRACKETS, Story, deal, invoice, lead, partner, plan, story

AWAY = lead(who="birch 100")


def locked(currency: str = "GBP") -> Story:
    """Two months of acme's, 100 each, on a statement since March; birch is a partner too."""
    told = story(
        deal(currency=currency), plans=[plan(months=2)], partners=[partner(), partner("birch")],
        invoices=[invoice(paid="2025-01-12 12000", currency=currency)],
    )  # fmt: skip
    return told.on("2025-03-01").lock()


def test_answers_of_one_month_stand_in_the_order_of_what_they_answer() -> None:
    """Though the later month was answered first, and has the lower number."""
    half = invoice(paid="2025-01-12 12000", refunds="2025-03-05 11000")
    told = locked().on("2025-03-06", invoices=[half])
    told.on("2025-03-07", invoices=[invoice(paid="2025-01-12 12000", refunds="2025-03-05 12000")])

    assert [("2025-01", "9001/acme/2025-03/clawback-2"), ("2025-02", "9001/acme/2025-03/clawback")] == [
        (line.answers, line.key) for line in told.lines if line.kind == "clawback"
    ]


def test_partners_come_by_their_keys_their_deals_by_number_and_true_ups_last() -> None:
    """Whatever the order of the facts."""
    deals = [deal(id_, company=id_, value="50000", interval="monthly") for id_ in ("10001", "9002", "9001")]
    who = {"10001": "acme 100", "9002": "birch 50, acme 50", "9001": "acme 100"}
    tiers = plan(tiers=BRACKETS, currency="GBP", months=1, mode="retroactive")
    paid = [invoice(f"INV-{d.id}", "2025-01-12 50000", reference=d.id, sub_total="50000") for d in deals]
    told = story(
        *deals, leads=[lead(id_, shares, key=f"L-{id_}") for id_, shares in who.items()], plans=[tiers], invoices=paid,
        partners=[partner("birch"), partner()],
    ).on("2025-04-01")  # fmt: skip

    assert [
        ("acme", "9001"), ("acme", "9002"), ("acme", "10001"), ("acme", None), ("birch", "9002"), ("birch", None),
    ] == [(line.partner, line.deal) for line in told.lines]  # fmt: skip


def test_yen_of_a_partner_who_was_taken_off_are_taken_back_whole() -> None:
    """They have no cents."""
    told = locked("JPY").on("2025-03-06", lead=AWAY)

    assert ["100", "100", "-100", "-100"] == told.amounts()


def test_yen_that_were_refunded_are_taken_back_whole() -> None:
    """So are those of months that are not paid for any more."""
    refunded = invoice(paid="2025-01-12 12000", refunds="2025-03-05 12000", currency="JPY")

    assert ["100", "100", "-100", "-100"] == locked("JPY").on("2025-03-06", invoices=[refunded]).amounts()


def test_what_is_taken_back_of_a_paused_partner_is_held() -> None:
    """As any line is."""
    told = locked().on("2025-03-06", lead=AWAY, partner=partner(paused=True))

    assert [("On hold", "the partner is paused")] * 2 == [
        (line.status, line.reason) for line in told.lines if line.kind == "clawback"
    ]


def test_problems_of_a_deal_come_before_those_of_its_partners() -> None:
    """Whatever the partners' keys begin with."""
    told = story(deal(value=None), leads=[lead(who="3m 50, acme 50")]).on("2025-02-01")

    assert [("9001", None, "value"), ("9001", "3m", "partner")] == [
        (problem.deal, problem.partner, problem.field) for problem in told.outcome.problems
    ]
