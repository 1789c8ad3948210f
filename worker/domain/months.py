"""Calendar months and statement periods in the programme's zone."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

# Years that a date can still count months and days from.
_MONTH = re.compile(r"([1-8][0-9]{3})-(0[1-9]|1[0-2])\Z")
_PERIOD = re.compile(r"([1-8][0-9]{3})(?:-(?:Q([1-4])|H([12])|([0-9]{2})))?\Z")


class Month(NamedTuple):
    """A calendar month; written `2026-03`.

    A named tuple, as months are looked up and compared for every line, and tuples are hashed and compared at once.
    """

    year: int
    number: int

    @staticmethod
    def of(day: date) -> Month:
        """Return the month of a day."""
        return _month(day.year, day.month)

    @staticmethod
    def parse(text: str) -> Month:
        """Read `2026-03`; ValueError for anything else."""
        found = _MONTH.match(text.strip())
        if not found:
            raise ValueError(f"{text!r} is not a month")
        return _month(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return month_text(self)

    @property
    def ordinal(self) -> int:
        """Return months since year 0, for counting."""
        return self.year * 12 + self.number - 1

    def plus(self, months: int) -> Month:
        """Return the month so many later, or earlier."""
        year, number = divmod(self.ordinal + months, 12)
        return _month(year, number + 1)

    def minus(self, other: Month) -> int:
        """Return how many months lie between."""
        return self.ordinal - other.ordinal

    @property
    def days(self) -> int:
        """Return how many days it has."""
        return calendar.monthrange(self.year, self.number)[1]

    @property
    def first_day(self) -> date:
        """Return its first day."""
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        """Return its last day."""
        return date(self.year, self.number, self.days)

    def over(self, today: date) -> bool:
        """Tell whether the month is over on that day."""
        return (today.year, today.month) > self


@lru_cache(maxsize=4096)  # there are few months, and many lines in each
def _month(year: int, number: int) -> Month:
    return Month(year, number)


@lru_cache(maxsize=4096)
def month_text(month: Month) -> str:
    """Return a month as it is written: `2026-03`."""
    return f"{month.year:04d}-{month.number:02d}"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A run of whole months that a statement or a tier counts over: `2026-03`, `2026-Q1`, `2026-H1`, `2026`."""

    first: Month
    months: int

    @staticmethod
    def holding(month: Month, length: int) -> Period:
        """Return the calendar period of 1, 3, 6 or 12 months that holds a month."""
        return Period(Month(month.year, (month.number - 1) // length * length + 1), length)

    @staticmethod
    def parse(text: str) -> Period:
        """Read a period as written; ValueError for anything else."""
        found = _PERIOD.match(text.strip())
        if not found:
            raise ValueError(f"{text!r} is not a period")
        year, quarter, half, number = int(found[1]), found[2], found[3], found[4]
        if quarter:
            return Period(Month(year, int(quarter) * 3 - 2), 3)
        if half:
            return Period(Month(year, int(half) * 6 - 5), 6)
        return Period(Month.parse(text.strip()), 1) if number else Period(Month(year, 1), 12)

    def __str__(self) -> str:
        first = self.first
        return {
            1: str(first),
            3: f"{first.year:04d}-Q{(first.number + 2) // 3}",
            6: f"{first.year:04d}-H{(first.number + 5) // 6}",
            12: f"{first.year:04d}",
        }[self.months]

    @property
    def last(self) -> Month:
        """Return its last month."""
        return self.first.plus(self.months - 1)

    def next(self) -> Period:
        """Return the period after."""
        return Period(self.first.plus(self.months), self.months)

    def previous(self) -> Period:
        """Return the period before."""
        return Period(self.first.plus(-self.months), self.months)

    def issue_day(self, days: int) -> date:
        """Return the day so many days after its last one."""
        return self.last.last_day + timedelta(days=days)

    def __iter__(self) -> Iterator[Month]:
        return (self.first.plus(n) for n in range(self.months))

    def __contains__(self, month: Month) -> bool:
        return self.first <= month <= self.last


PERIOD_MONTHS = {"monthly": 1, "quarterly": 3, "half-yearly": 6}


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day of an instant in a zone."""
    return at.astimezone(zone).date()


@lru_cache(maxsize=4096)  # there are few days, and many payments on each
def day_text(day: date) -> str:
    """Return a day as it is written: `2026-03-31`."""
    return day.isoformat()
