"""A line of the Commissions table and a statement, as values; their keys. The cells they stand in: planning.rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from worker.domain.facts import Interval
from worker.domain.months import Month, Period

LineKind = Literal["commission", "clawback", "reinstatement", "correction"]
LineStatus = Literal["Expected", "Waiting", "Confirmed", "On statement", "Invoiced", "Paid", "On hold", "Cancelled"]
StatementStatus = Literal["Draft", "Issued", "Billed", "Part paid", "Paid", "Carried"]
BillOutcome = Literal["none", "match", "short", "over", "wrong-currency", "duplicate", "voided", "suggestion"]
_MONTHS: dict[Interval, int] = {"monthly": 1, "quarterly": 3, "annual": 12}
LOCKED: frozenset[str] = frozenset({"On statement", "Invoiced", "Paid"})


class Base(NamedTuple):
    """What a line was made with: a value per interval (and term for `total`), exact.

    A named tuple, as those of neighbouring months are compared for every line.
    """

    value: Decimal
    interval: Interval
    term_months: int | None = None

    def monthly(self) -> Fraction:
        """Return the value normalised to one month."""
        months = _MONTHS.get(self.interval) or self.term_months
        if not months:
            raise ValueError("a total needs its term")
        numerator, denominator = self.value.as_integer_ratio()
        return Fraction(numerator, denominator * months)


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a line came to in the deal's currency, and the rate at which it was converted, once and for all."""

    amount: Decimal  # before what staff added
    currency: str  # the deal's
    rate: Decimal  # how much of the line's currency one of the deal's is
    at: str  # whose rate of which day: "ECB, 2026-03-31"


class Line(NamedTuple):
    """One commission row. `deal` is None for the true-up of a retroactive tier period.

    A named tuple is as frozen as a dataclass, and made in a third of the time: every run makes the lines of all months.
    """

    key: str
    deal: str | None
    partner: str
    month: Month
    kind: LineKind
    currency: str
    amount: Decimal
    status: LineStatus
    why: str = ""
    lead: str = ""
    client: str = ""
    answers: str | None = None  # the month (for a true-up the tier period) that the line answers
    base: Base | None = None
    month_base: Fraction | None = (
        None  # the line's own monthly base: days or tiers may make it differ from base.monthly()
    )
    rate: str = ""  # as shown: "10 %", "10 % / 15 %", "fee 100.00"
    plan: str = ""  # "gold, 2026-01"
    share: Decimal | None = None
    invoice: str = ""  # the invoice that covered it
    statement: str | None = None
    covered_on: date | None = None
    paid_on: date | None = None
    reason: str | None = None  # why it is held or cancelled
    capped: bool = False
    hold: bool = False  # staff's tick
    adjustment: Decimal | None = None  # staff's
    row: str | None = None  # the tracker's id of the row
    converted: Conversion | None = None  # where it is in the partner's own currency

    @property
    def deal_currency(self) -> str:
        """Return the currency in which the line was earned."""
        return self.converted.currency if self.converted else self.currency

    @property
    def earned_amount(self) -> Decimal:
        """Return the amount in the currency in which it was earned."""
        return self.converted.amount if self.converted else self.amount

    @property
    def locked(self) -> bool:
        """Tell whether a statement holds the line."""
        return self.status in LOCKED


def line_key(deal: str | None, partner: str, month: Month | str, kind: LineKind, number: int = 1) -> str:
    """Return `{deal id}/{partner key}/{YYYY-MM}/{kind}[-n]`; a true-up has `tier` in the deal's place."""
    key = f"{deal or 'tier'}/{partner}/{month}/{kind}"
    return f"{key}-{number}" if number > 1 else key


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement row; opening + earned + corrections = closing = amount + carried."""

    key: str
    partner: str
    period: Period
    currency: str
    issue_day: date
    opening: Decimal
    earned: Decimal
    corrections: Decimal
    closing: Decimal
    carried: Decimal
    amount: Decimal
    status: StatementStatus
    issued: date | None = None
    bill_number: str | None = None
    bill: BillOutcome = "none"
    paid_on: date | None = None
    problem: str = ""
    hold: bool = False
    row: str | None = None


def statement_key(period: Period, partner: str, currency: str) -> str:
    """Return `{period}/{partner key}/{currency}`."""
    return f"{period}/{partner}/{currency}"
