"""What is owed and what is to come: the lines as they must stand on a day, summed by month, partner and currency.

Rows and facts in, sums out; nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from worker.domain.cells import Row
from worker.domain.lines import Line
from worker.domain.money import zero
from worker.domain.months import Month
from worker.planning.commissions import Facts, plan_lines
from worker.planning.rows import lines_of

COLUMNS = ("accrued", "waiting", "confirmed", "payable", "paid", "at_risk")

# Every status but Cancelled, which is worth nothing.
_COLUMN = {
    "Expected": "accrued",
    "Waiting": "waiting",
    "Confirmed": "confirmed",
    "On statement": "payable",
    "Invoiced": "payable",
    "Paid": "paid",
    "On hold": "at_risk",
}


@dataclass(frozen=True, slots=True)
class Sums:
    """Amounts of one currency by how far they are: from a month to come to paid, and what is held."""

    accrued: Decimal
    waiting: Decimal
    confirmed: Decimal
    payable: Decimal
    paid: Decimal
    at_risk: Decimal

    @staticmethod
    def of(lines: Iterable[Line], currency: str) -> Sums:
        """Add up lines of one currency."""
        found = dict.fromkeys(COLUMNS, zero(currency))
        for line in lines:
            if line.status != "Cancelled":
                found[_COLUMN[line.status]] += line.amount
        return Sums(**found)

    @property
    def total(self) -> Decimal:
        """Return everything together."""
        return self.accrued + self.waiting + self.confirmed + self.payable + self.paid + self.at_risk


@dataclass(frozen=True, slots=True)
class Share:
    """What a partner has of one month in one currency."""

    month: Month
    partner: str  # the key
    name: str
    currency: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Forecast:
    """By month, partner and currency; and the totals of each currency. `unread` are rows left out, in words."""

    shares: tuple[Share, ...]
    totals: dict[str, Sums]
    unread: tuple[str, ...]


def forecast(rows: Sequence[Row], facts: Facts, today: date) -> Forecast:
    """Plan every line as of a day and add up; a corrected month counts in the month of its answer, as it is paid."""
    standing, damaged = lines_of(rows)
    lines = [line for line in plan_lines(facts, standing, today).lines if line.status != "Cancelled"]
    names = {key: partner.name for key, partner in facts.partners.items()}
    groups: dict[tuple[Month, str, str], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.month, line.partner, line.currency), []).append(line)
    shares = tuple(
        Share(month, partner, names.get(partner, partner), currency, Sums.of(own, currency))
        for (month, partner, currency), own in sorted(groups.items())
    )
    totals = {
        currency: Sums.of((line for line in lines if line.currency == currency), currency)
        for currency in sorted({line.currency for line in lines})
    }
    unread = tuple(f"Commissions row {row.row} ({row.key}): {row.text}" for row in damaged)
    return Forecast(shares, totals, unread)
