"""Forecasts add up: every line counts once, in the column of its status, in its own month and currency."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.planning.programme import Story, day, deal, facts, invoice, lead, partner, story
from worker.domain.cells import Row
from worker.forecast import COLUMNS, Forecast, Sums, forecast
from worker.planning.rows import line_to_cells

PAID = "2025-01-12 4000.00"


def rows(told: Story) -> list[Row]:
    """Return the lines as rows of the tracker."""
    return [Row("Commissions", f"rec{n}", line_to_cells(x, x.partner)) for n, x in enumerate(told.lines)]


def at(told: Story, today: str) -> Forecast:
    """Return the forecast of a day."""
    return forecast(rows(told), told.facts, day(today))


def amounts(sums: Sums) -> dict[str, str]:
    """Return the columns that hold anything."""
    return {name: str(getattr(sums, name)) for name in COLUMNS if getattr(sums, name)}


def test_every_status_has_its_column() -> None:
    """By June three months are on a statement, a fourth is paid for, May waits, and seven are to come."""
    told = story(deal(), invoices=[invoice(paid=PAID)]).on("2025-04-05").lock()

    assert {
        "payable": "300.00", "confirmed": "100.00", "waiting": "100.00", "accrued": "700.00",
    } == amounts(at(told, "2025-06-10").totals["GBP"])  # fmt: skip


def test_paid_and_held() -> None:
    """What is paid is apart from what is payable, and an open deal's unpaid months are at risk."""
    told = story(deal(), invoices=[invoice(paid=PAID)]).on("2025-04-05").lock()
    told.edit("9001/acme/2025-01/commission", status="Paid", paid_on=day("2025-04-20"))
    told.edit("9001/acme/2025-02/commission", status="Invoiced")
    told.change(partner=partner(paused=True))

    assert {"paid": "100.00", "payable": "200.00", "at_risk": "900.00"} == amounts(at(told, "2025-06-10").totals["GBP"])


def test_a_deal_that_is_lost() -> None:
    """What is cancelled is worth nothing and makes no row."""
    told = story(deal(), invoices=[invoice(paid=PAID)]).on("2025-04-05")
    told.change(deal=deal(state="lost", left_won_at="2025-04-06"))
    found = at(told, "2025-04-10")

    assert {"confirmed": "300.00"} == amounts(found.totals["GBP"])
    assert ["2025-01", "2025-02", "2025-03"] == [str(share.month) for share in found.shares]


def test_partners_and_currencies_stand_apart() -> None:
    """Two deals in two currencies, one of them shared, make rows of their own; the rows sum to the totals."""
    known = facts(
        [deal(), deal("9002", currency="JPY", value="120000", company="502")],
        [lead(who="acme 60, birch 40"), lead("9002", "birch 100")],
        partners=[partner(), partner("birch")],
    )
    found = forecast([], known, day("2025-01-20"))
    january = [(s.partner, s.name, s.currency, str(s.sums.accrued)) for s in found.shares if str(s.month) == "2025-01"]

    assert [
        ("acme", "Acme", "GBP", "60.00"),
        ("birch", "Birch", "GBP", "40.00"),
        ("birch", "Birch", "JPY", "1000"),
    ] == (january)
    assert {"GBP": Decimal("1200.00"), "JPY": Decimal(12000)} == {c: s.total for c, s in found.totals.items()}
    assert {c: s.total for c, s in found.totals.items()} == {
        c: sum(share.sums.total for share in found.shares if share.currency == c) for c in found.totals
    }


def test_clawbacks_count_where_they_are_paid() -> None:
    """After a refund of all, a clawback of each locked month stands in the month in which it was found."""
    told = story(deal(), invoices=[invoice(paid=PAID)]).on("2025-04-05").lock()
    told.change(invoices=[invoice(paid=PAID, refunds="2025-04-06 4000.00")])
    april = [share.sums for share in at(told, "2025-04-10").shares if str(share.month) == "2025-04"]

    assert ["-200.00"] == [str(sums.accrued) for sums in april]  # April itself, less three clawbacks


def test_rows_that_cannot_be_read_are_named() -> None:
    """A row that a hand spoilt is left out of the sums and named."""
    told = story(deal()).on("2025-01-20")
    spoilt = rows(told)
    spoilt[0] = replace(spoilt[0], cells={**spoilt[0].cells, "Base": "a lot"})

    assert ["rec0" in words for words in forecast(spoilt, told.facts, day("2025-01-20")).unread] == [True]
