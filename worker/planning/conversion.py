"""A line in the partner's own currency: at which rate, and what it then comes to. Pure; off unless the rules say so.

Each line is converted by itself: its amount in the deal's currency, summed, rounded and cut to caps as ever, times the
rate of one stated day, rounded once. From then on the rate stands on the row and is read back from there; a line whose
month is over is never converted anew, whatever the rules say later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from worker.domain.facts import Partner
from worker.domain.lines import Conversion, Line
from worker.domain.money import rounded, shown
from worker.domain.months import Month
from worker.domain.plans import Policy
from worker.planning.why import conversion_at

NO_RATE = "no rate"


@dataclass(frozen=True, slots=True)
class Rate:
    """How much of a currency one unit of the deal's is, and whose rate of which day that is."""

    currency: str
    rate: Decimal
    at: str

    @staticmethod
    def of(line: Line) -> Rate | None:
        """Return the rate at which a line was converted; None where it was not."""
        return Rate(line.currency, line.converted.rate, line.converted.at) if line.converted else None


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a line can't be converted, in words."""

    reason: str


def unconverted(rows: Iterable[Line], currency: str, policy: Policy) -> bool:
    """Tell whether no line of a deal is in another currency than the deal's, or will be: no month then has a rate."""
    return policy.conversion is None and all(row.currency == currency and row.converted is None for row in rows)


def rate_for(
    rows: Sequence[Line], month: Month, won_on: date | None, currency: str, partner: Partner | None, *, policy: Policy,
    today: date,
) -> Rate | Missing | None:  # fmt: skip
    """Return the rate of a month in the deal's `currency`; None where its lines stay in that.

    `rows` are the standing lines of the month: what is locked, or over and converted, keeps the rate it was made with.
    """
    locked = [row for row in rows if row.locked]
    if locked:
        first = min(locked, key=lambda row: row.converted is None)
        lost = Missing(f"the rate at which {first.key} was converted is not known any more")
        return Rate.of(first) or (None if first.currency == currency else lost)
    kept = [row for row in rows if row.converted]
    if kept and month.over(today):
        return Rate.of(kept[0])
    rules, to = policy.conversion, partner.currency if partner is not None else None
    if rules is None or to is None or to == currency:
        return None
    by_month = rules.on == "month-end" or won_on is None
    if by_month and not month.over(today):
        return None
    day = month.last_day if by_month or won_on is None else won_on
    rate = rules.rates.get((day, currency, to))
    if rate is not None:
        return Rate(to, rate, rules.at(day))
    return Missing(f"{NO_RATE} {currency} → {to} of {day} is known: add it to rules/rates.toml")


def converted(amount: Decimal, rate: Rate | None) -> Decimal:
    """Return an amount of the deal's currency at a rate, rounded once; as it is where there is no rate."""
    return amount if rate is None else rounded(Fraction(amount) * Fraction(rate.rate), rate.currency)


def conversion(amount: Decimal, currency: str, rate: Rate | None) -> Conversion | None:
    """Return what a line remembers of its conversion."""
    return None if rate is None else Conversion(amount, currency, rate.rate, rate.at)


def conversion_text(amount: Decimal, currency: str, rate: Rate, *, cut: bool) -> str:
    """Return what goes on from the sum of a line: ` GBP × 1.1712 EUR/GBP (ECB, 2026-03-31) = 70.27 EUR`."""
    own = conversion(amount, currency, rate)
    assert own is not None
    begins = f": {shown(amount, currency)}" if cut else ""  # a sum that was cut does not end in the amount
    result = shown(converted(amount, rate), rate.currency)
    return f"{begins} {currency} × {conversion_at(own, rate.currency)} = {result} {rate.currency}"
