"""`forecast` as typed: what will be owed at a day to come, from the services as they are now."""

from __future__ import annotations

import pytest

from tests.flows.conftest import Desk


@pytest.fixture
def won(desk: Desk) -> Desk:
    """A programme with a deal of 12,000 a year, won in January 2026, of which six months are paid."""
    desk.paid_deal(6000)
    desk.later(minutes=5)
    desk.run()
    return desk


def test_as_of_a_quarter_end(won: Desk) -> None:
    """On 1 October six of nine months are confirmed, three wait, three are to come; no row is written."""
    calls = len(won.world.servers["airtable"].log)
    said = won.command("forecast", "--json", "--as-of", "2026-10-01T08:00:00Z")

    assert 0 == said.code
    assert "2026-10-01T08:00:00+00:00" == said.json["as_of"]
    assert {
        "GBP": {"accrued": "300.00", "waiting": "300.00", "confirmed": "600.00", "payable": "0.00", "paid": "0.00",
                "at_risk": "0.00", "total": "1200.00"},
    } == said.json["totals"]  # fmt: skip
    first = said.json["months"][0]
    assert ("2026-01", "north-star", "North Star", "GBP", "100.00") == tuple(
        first[name] for name in ("month", "partner", "name", "currency", "confirmed")
    )
    assert 12 == len(said.json["months"])
    made = [call.path for call in won.world.servers["airtable"].log[calls:] if call.method != "GET"]
    assert [] == [path for path in made if "/webhooks" not in path]  # the change feed lapses by October, and is renewed


def test_in_the_terminal(won: Desk) -> None:
    """The table has a row a month and the total of the currency."""
    said = won.command("forecast")

    assert 0 == said.code
    assert "2026-12" in said.out
    assert ["1,200.00"] == [line.split()[-1] for line in said.out.splitlines() if line.startswith("together")]
    assert "at risk" in said.out


def test_nothing_yet(desk: Desk) -> None:
    """Before any deal is won there is nothing to show, and that is no fault."""
    said = desk.command("forecast")

    assert 0 == said.code
    assert "No line is worth anything yet." in said.out
