"""What a lead row says of its deal's worth, cell by cell; what can't be read is missing, never zero."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.cells import Cell, Row
from worker.domain.facts import Interval
from worker.planning.worth import commission_owed, first_year, interval_text, won_on

LONDON = ZoneInfo("Europe/London")


def row(**cells: Cell) -> Row:
    """Return a lead row of a deal of 12,000 pounds a year, with exceptions."""
    known = {"Deal_value": Decimal(12000), "Deal_currency": "GBP", "Interval": "annual", **cells}
    return Row("Leads", "rec1", {column.replace("_", " "): cell for column, cell in known.items()})


@pytest.mark.parametrize(
    ("cells", "worth"),
    [
        ({}, ("GBP", "12000.00")),
        ({"Interval": "monthly"}, ("GBP", "144000.00")),
        ({"Interval": "quarterly"}, ("GBP", "48000.00")),
        ({"Interval": "annual, 6 months"}, ("GBP", "6000.00")),
        ({"Interval": "annual, 36 months"}, ("GBP", "12000.00")),
        ({"Interval": "monthly, 1 month"}, ("GBP", "12000.00")),
        ({"Interval": "total, 18 months"}, ("GBP", "8000.00")),
        ({"Interval": "total, 7 months", "Deal_value": Decimal("100.01")}, ("GBP", "100.01")),
        ({"Interval": "Total 24 months"}, ("GBP", "6000.00")),
        ({"Interval": "annual", "Deal_value": Decimal(1000), "Deal_currency": "jpy"}, ("JPY", "1000")),
        ({"Interval": "total, 13 months", "Deal_value": Decimal(100), "Deal_currency": "KWD"}, ("KWD", "92.308")),
        ({"Deal_value": "12,000.50"}, ("GBP", "12000.50")),
        ({"Deal_value": "12 000"}, ("GBP", "12000.00")),
        ({"Deal_value": Decimal(0)}, ("GBP", "0.00")),
        ({"Deal_value": Decimal(-1)}, None),
        ({"Deal_value": Decimal("NaN")}, None),
        ({"Deal_value": "1,5"}, None),
        ({"Deal_value": "a lot"}, None),
        ({"Deal_value": None}, None),
        ({"Deal_currency": "pounds"}, None),
        ({"Deal_currency": None}, None),
        ({"Interval": "total"}, None),
        ({"Interval": "total, 0 months"}, None),
        ({"Interval": "weekly"}, None),
        ({"Interval": None}, None),
    ],
)
def test_the_first_year_of_a_deal(cells: dict[str, Cell], worth: tuple[str, str] | None) -> None:
    """The monthly base times twelve, or times the term where that is shorter, rounded once."""
    found = first_year(row(**cells))

    assert worth == (found and (found[0], str(found[1])))


@pytest.mark.parametrize(
    ("interval", "term", "text"),
    [
        ("annual", None, "annual"), ("annual", 18, "annual, 18 months"), ("total", 1, "total, 1 month"),
        ("monthly", 2, "monthly, 2 months"),
        (None, None, None), (None, 12, None),
    ],
)  # fmt: skip
def test_the_interval_shows_the_term(interval: Interval | None, term: int | None, text: str | None) -> None:
    """Without it the row could not say what a year is worth."""
    assert text == interval_text(interval, term)


@given(st.sampled_from(["monthly", "quarterly", "annual", "total"]), st.integers(1, 9999), st.integers(0, 10**9))
def test_what_is_written_is_read(interval: Interval, term: int, value: int) -> None:
    """Every interval and term that a row comes to show is read again; a longer term is never worth less."""
    months = {"monthly": 1, "quarterly": 3, "annual": 12, "total": term}[interval]
    found = first_year(row(Interval=interval_text(interval, term), Deal_value=Decimal(value)))

    assert found is not None
    assert abs(found[1] * months - value * min(term, 12)) <= Decimal("0.005") * months


@pytest.mark.parametrize(
    ("cells", "owed"),
    [
        ({"Estimated_value": Decimal("250.5"), "Currency": "GBP"}, ("GBP", "250.50")),
        ({"Estimated_value": "1,250", "Currency": "gbp"}, ("GBP", "1250.00")),
        ({"Estimated_value": Decimal("1.234"), "Currency": "KWD"}, ("KWD", "1.234")),
        ({"Estimated_value": Decimal(0), "Currency": "GBP"}, ("GBP", "0.00")),
        ({"Estimated_value": Decimal("5000.5"), "Currency": "JPY"}, None),
        ({"Estimated_value": Decimal(250)}, None),
        ({"Estimated_value": Decimal(250), "Currency": "pounds"}, None),
        ({"Estimated_value": "ten per cent", "Currency": "GBP"}, None),
        ({"Currency": "GBP"}, None),
    ],
)
def test_the_commission_that_a_sent_lead_states(cells: dict[str, Cell], owed: tuple[str, str] | None) -> None:
    """Estimated value in Currency; without either nothing is stated."""
    found = commission_owed(row(**cells))

    assert owed == (found and (found[0], str(found[1])))


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (date(2026, 3, 31), date(2026, 3, 31)),
        (datetime(2026, 3, 31, 23, 30, tzinfo=UTC), date(2026, 4, 1)),
        ("2026-03-31", date(2026, 3, 31)),
        ("31 March", None),
        (Decimal(5), None),
        (None, None),
    ],
)
def test_the_day_it_was_won(cell: Cell, day: date | None) -> None:
    """A day, an instant in the programme's zone, or a day as text."""
    assert day == won_on(row(Won_on=cell), LONDON)
