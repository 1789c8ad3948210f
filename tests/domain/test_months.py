"""Months and periods, and the day of an instant in the programme's zone."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.months import PERIOD_MONTHS, Month, Period, day_text, local_day, month_text

MONTHS = st.builds(Month, st.integers(1900, 2200), st.integers(1, 12))
STEPS = st.integers(-2000, 2000)
LENGTHS = st.sampled_from([1, 3, 6, 12])


@given(MONTHS, STEPS)
def test_counting_there_and_back(month: Month, steps: int) -> None:
    """So many months later is so many months between, and back again is where it began."""
    later = month.plus(steps)

    assert steps == later.minus(month)
    assert month == later.plus(-steps)
    assert 1 <= later.number <= 12


@given(MONTHS, MONTHS)
def test_order_is_the_calendars(one: Month, other: Month) -> None:
    """A month is earlier exactly when its days are."""
    assert (one < other) == (one.last_day < other.first_day)


def test_months_and_days_as_they_are_written() -> None:
    """With four digits of the year and two of the rest."""
    assert ("2026-03", "2026-03") == (str(Month(2026, 3)), month_text(Month(2026, 3)))
    assert "2026-03-01" == day_text(date(2026, 3, 1))


@given(MONTHS)
def test_a_month_is_its_days(month: Month) -> None:
    """From the first day to the last, and over on the day after."""
    assert month.days == (month.last_day - month.first_day).days + 1
    assert month == Month.of(month.first_day) == Month.of(month.last_day)
    assert not month.over(month.last_day)
    assert month.over(month.plus(1).first_day)
    assert 1 == month.plus(1).first_day.day


@given(MONTHS)
def test_a_month_written_is_a_month_read(month: Month) -> None:
    """`2026-03`, blanks around it forgiven."""
    assert month == Month.parse(str(month)) == Month.parse(f" {month} ")


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-3", "2026-00", "2026-13", "26-03", "+026-03", "2026-03-01", "0001-01"]
)
def test_what_is_no_month(text: str) -> None:
    """Anything else is refused, with what was read."""
    with pytest.raises(ValueError, match="is not a month"):
        Month.parse(text)


def test_february() -> None:
    """Leap years are the calendar's."""
    assert [28, 29, 28, 29] == [Month(year, 2).days for year in (2025, 2024, 1900, 2000)]


@pytest.mark.parametrize(
    ("text", "first", "last", "issue_day"),
    [
        ("2026-02", "2026-02", "2026-02", "2026-03-05"),
        ("2026-Q1", "2026-01", "2026-03", "2026-04-05"),
        ("2026-Q4", "2026-10", "2026-12", "2027-01-05"),
        ("2026-H1", "2026-01", "2026-06", "2026-07-05"),
        ("2026-H2", "2026-07", "2026-12", "2027-01-05"),
        ("2026", "2026-01", "2026-12", "2027-01-05"),
    ],
)
def test_periods_by_their_names(text: str, first: str, last: str, issue_day: str) -> None:
    """A period's name says from which month to which, and five days after its last one its statement is due."""
    period = Period.parse(text)

    assert (text, first, last) == (str(period), str(period.first), str(period.last))
    assert issue_day == str(period.issue_day(5))


@pytest.mark.parametrize(
    "text", ["", "2026-Q5", "2026-Q0", "2026-H3", "2026-1", "Q1", "2026-Q1/acme", "9999", "0000-Q1"]
)
def test_what_is_no_period(text: str) -> None:
    """Anything else is refused, with what was read."""
    with pytest.raises(ValueError, match="is not a period"):
        Period.parse(text)


def test_a_month_that_is_none_is_no_period() -> None:
    """The thirteenth month is refused as a month."""
    with pytest.raises(ValueError, match="'2026-13' is not a month"):
        Period.parse("2026-13")


@given(MONTHS, LENGTHS)
def test_every_month_lies_in_one_period(month: Month, length: int) -> None:
    """The periods of one length follow one another without gap or overlap."""
    period = Period.holding(month, length)

    assert month in period
    assert length == len(list(period))
    assert period == Period.parse(str(period))
    assert (period.last.plus(1), period) == (period.next().first, period.next().previous())
    assert month not in period.next()
    assert month not in period.previous()
    assert {period} == {Period.holding(one, length) for one in period}


def test_how_often_statements_may_be_made() -> None:
    """The words that rules and partners may use."""
    assert {"monthly": 1, "quarterly": 3, "half-yearly": 6} == PERIOD_MONTHS


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        ("2025-03-31T22:59:59Z", "Europe/London", "2025-03-31"),
        ("2025-03-31T23:00:00Z", "Europe/London", "2025-04-01"),
        ("2025-10-31T23:30:00Z", "Europe/London", "2025-10-31"),
        ("2025-12-31T15:00:00Z", "Asia/Tokyo", "2026-01-01"),
        ("2026-01-01T01:00:00+02:00", "UTC", "2025-12-31"),
    ],
)
def test_the_day_is_the_programmes(instant: str, zone: str, day: str) -> None:
    """An instant lies on the calendar day that it has in the programme's zone, summer time and all."""
    assert date.fromisoformat(day) == local_day(datetime.fromisoformat(instant), ZoneInfo(zone))
