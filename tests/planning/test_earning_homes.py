"""Whose lines are whose, and which day is which: merged deals, rival leads, and the programme's time zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from worker.planning.earning import survivors

from .programme import BRACKETS, Story, day, deal, invoice, lead, partner, plan, story

LATE = datetime(2025, 7, 31, 23, 30, tzinfo=UTC)  # in London it is August
TIERS = plan(tiers=BRACKETS, currency="GBP", months=1)


def keys(told: Story) -> list[str]:
    return [line.key for line in told.lines]


def first(told: Story, deal_id: str) -> str:
    return str(next(line.amount for line in told.lines if line.deal == deal_id))


# ---- merged deals ---------------------------------------------------------------------------------------------------


def test_a_circle_of_merges_ends() -> None:
    """Also one that does not lead back to where it was entered."""
    deals = [deal("1", merged_into="2"), deal("2", merged_into="3"), deal("3", merged_into="2")]

    assert {"1": "3", "2": "3", "3": "2"} == survivors({one.id: one for one in deals})


def test_lines_keep_the_survivors_key_whichever_id_stands_on_the_row() -> None:
    """Staff wrote the id of the deal that was merged away."""
    told = story(deal("9002"), plans=[plan(months=1)], leads=[lead("9002")]).on("2025-01-15")
    before = keys(told)
    told.on("2025-01-16", deal=deal(merged_into="9002"), lead=lead("9001", key="L-2"))

    assert ["9002/acme/2025-01/commission"] == before == keys(told)
    assert ["Expected"] == told.statuses()


def test_of_two_homes_the_older_deals_counts() -> None:
    """By its number: 9,001 is older than 10,000."""
    one = story(deal(), plans=[plan(months=1)]).on("2025-01-15").lines[0]
    other = one._replace(key="10000/acme/2025-01/commission", deal="10000", row="rec2")
    told = story(deal(), deal("10000", merged_into="9001"), leads=[lead()], plans=[plan(months=1)])
    told.lines = (other, one._replace(row="rec1"))
    told.on("2025-01-16")

    assert {"rec1": "Expected", "rec2": "On hold"} == {line.row: line.status for line in told.lines}


def test_lines_that_stand_still_count_by_the_survivors_won_date() -> None:
    """9000's lead went wrong after it was merged into 9003, which was won later than 9001: that comes first now."""
    deals = {"value": "10000", "interval": "monthly"}
    told = story(
        deal("9000", won_at="2025-01-02", **deals), deal("9001", **deals), deal("9003", won_at="2025-01-20", **deals),
        leads=[lead("9000"), lead("9001")], plans=[TIERS],
    ).on("2025-01-25")  # fmt: skip
    before = first(told, "9001")
    told.on("2025-01-26", deal=deal("9000", merged_into="9003", **deals), lead=lead("9000", "acme 99"))

    assert ("1500.00", "1000.00") == (before, first(told, "9001"))


def test_the_won_date_of_lines_that_stand_still_is_the_zones() -> None:
    """9009 was won on the evening before 9001, which in London is the same day: 9001 comes first by its number."""
    deals = {"value": "10000", "interval": "monthly"}
    told = story(
        deal("9009", won_at=LATE, **deals), deal("9001", won_at="2025-08-01", **deals), plans=[TIERS],
        leads=[lead("9009"), lead("9001")],
    ).on("2025-08-15")  # fmt: skip
    told.on("2025-08-16", lead=lead("9009", "acme 99"))

    assert "1000.00" == first(told, "9001")


def test_a_problem_of_a_merged_deal_names_the_one_that_is_left() -> None:
    """Though that one can't be read, and its last known facts are those of the deal that was merged away."""
    told = story(deal(merged_into="9009", value=None)).on("2025-01-20")

    assert ["Deal 9009 has no value: fill in Amount in HubSpot"] == [one.text for one in told.outcome.problems]


# ---- rivals ---------------------------------------------------------------------------------------------------------


def test_lines_of_a_rivals_partner_are_held() -> None:
    """birch's lead had the deal; acme's, submitted before it, is tied to it too: birch's lines wait for staff."""
    told = story(
        leads=[lead(who="birch 100", key="L-2")], partners=[partner(), partner("birch")], plans=[plan(months=1)]
    ).on("2025-01-15")  # fmt: skip
    told.on("2025-01-16", lead=lead(submitted_at=datetime(2024, 11, 1, tzinfo=UTC)))

    assert [("acme", "Expected", None), ("birch", "On hold", "the deal is tied to two leads")] == [
        (line.partner, line.status, line.reason) for line in told.lines
    ]


def test_an_invalid_rival_takes_no_lines() -> None:
    """Those of the valid lead stand, each once."""
    told = story(plans=[plan(months=2)]).on("2025-01-15")
    before = told.lines
    told.on("2025-01-16", lead=lead(key="L-2", valid=False))

    assert before == told.lines


# ---- days -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("enrolled", "lines"), [("2025-08-01", 1), ("2025-08-02", 0)])
def test_a_lead_is_submitted_on_a_day_of_the_zone(enrolled: str, lines: int) -> None:
    """Half past eleven in the evening of 31 July, UTC, is 1 August in London."""
    told = story(
        deal(won_at="2025-08-10"), leads=[lead(submitted_at=LATE)], plans=[plan(months=1)],
        partners=[replace(partner(), enrolled_from=day(enrolled))],
    ).on("2025-08-15")  # fmt: skip

    assert lines == len(told.lines)


def test_a_deal_leaves_won_on_a_day_of_the_zone() -> None:
    """In London it left in August: July was over."""
    told = story(deal(won_at="2025-07-01"), plans=[plan(months=2)], invoices=[invoice(paid="2025-07-12 12000")])
    told.on("2025-08-05", deal=deal(won_at="2025-07-01", state="lost", left_won_at=LATE))

    assert ["Confirmed", "Cancelled"] == told.statuses()


@pytest.mark.parametrize(
    ("left", "status", "reason"),
    [
        ("2025-01-15", "Cancelled", "not over when the deal left won on 2025-01-15"),
        ("2025-01-16", "Expected", None),
        (None, "On hold", "the deal is not won any more, and since when is not known"),
    ],
)
def test_from_which_day_on_it_has_left(left: Any, status: str, reason: str | None) -> None:
    """On that day itself; one to come is not there, and without one the lines are in doubt."""
    told = story(plans=[plan(months=1)]).on("2025-01-14")
    told.on("2025-01-15", deal=deal(state="lost", left_won_at=left))

    assert [(status, reason)] == [(line.status, line.reason) for line in told.lines]


def test_who_was_not_enrolled_is_told_why_nothing_is_earned() -> None:
    """The first day of the partner was put right: its lines are cancelled for that."""
    told = story(plans=[plan(months=1)]).on("2025-01-15")
    told.on("2025-01-16", partner=partner(enrolled_from=day("2024-12-02")))

    assert [("Cancelled", "the partner was not enrolled on the day the lead was submitted")] == [
        (line.status, line.reason) for line in told.lines
    ]
