"""When a deal is open for the invoices of its client, to the day, and what is known of one that lost its currency."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

import pytest

from worker.domain.lines import Line
from worker.planning.earning import survey
from worker.planning.runs import matched

from .programme import Story, day, deal, invoice, plan, story

LATE = datetime(2025, 7, 10, 23, 30, tzinfo=UTC)  # in London it is the 11th


def serves(told: Story, today: str = "2025-09-01") -> dict[str, str]:
    """Return which deal each invoice serves."""
    rows: dict[str, list[Line]] = defaultdict(list)
    for line in told.lines:
        rows[line.deal or ""].append(line)
    return dict(matched(told.facts, survey(told.facts, rows, day(today)), day(today)).invoices)


def of_contact(on: str) -> Story:
    """An invoice of the client on a day, which names nothing."""
    return story(deal(), invoices=[invoice(on=on, reference="", contact_number="501")])


def test_deals_that_are_not_won_or_nobodys_stand_in_no_other_ones_way() -> None:
    """Wherever they come in the CRM's answer."""
    told = story(
        deal("9003", won_at=None, state="open", value=None), deal("9002", company=None), deal(),
        invoices=[invoice(reference="", contact_number="501")],
    )  # fmt: skip

    assert {"id-INV-1": "9001"} == serves(told)


@pytest.mark.parametrize(("on", "fits"), [("2025-07-10", False), ("2025-07-11", True)])
def test_a_deal_is_open_from_the_day_it_was_won(on: str, fits: bool) -> None:
    """In the programme's zone."""
    told = of_contact(on)
    told.change(deal=deal(won_at=LATE))

    assert fits == bool(serves(told))


@pytest.mark.parametrize(
    ("on", "state", "fits"),
    [("2025-07-10", "open", True), ("2025-07-11", "open", False), ("2025-07-11", "lost", False),
     ("2025-07-11", "won", True)],
)  # fmt: skip
def test_a_deal_is_open_to_the_day_before_it_left_won(on: str, state: str, fits: bool) -> None:
    """In the programme's zone; one that was won again never left."""
    told = of_contact(on)
    told.change(deal=deal(state=state, left_won_at=LATE))

    assert fits == bool(serves(told))


@pytest.mark.parametrize("currency", [None, "EUR"])
def test_the_first_invoice_of_a_deal_that_lost_its_currency_is_in_that_of_its_lines(currency: str | None) -> None:
    """They know it, whatever stands in the CRM now: two months after that invoice the deal is open no more."""
    dates = {"INV-2": "2025-02-12", "INV-3": "2025-03-12"}
    others = [invoice(number, on=on, reference="", contact_number="501") for number, on in dates.items()]
    told = story(plans=[plan(start="first-invoice", months=2)], invoices=[invoice(), *others]).on("2025-02-15")
    told.change(deal=deal(currency=currency))

    assert {"id-INV-1": "9001", "id-INV-2": "9001"} == serves(told)


def test_the_months_of_a_client_are_each_partners_own() -> None:
    """A second deal of the client continues the count of the partner that the first was of."""
    plans = [plan(months=2, count_months_per="client")]
    told = story(deal(), deal("9002", won_at="2025-02-05"), plans=plans).on("2025-02-10")

    assert [("9001", "2025-01"), ("9001", "2025-02"), ("9002", "2025-02")] == [
        (line.deal, str(line.month)) for line in told.lines
    ]
