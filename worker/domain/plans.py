"""The terms of commission plans and the policies around them, as the files of rules/ state them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from worker.domain.facts import Interval
from worker.domain.lines import LineKind, LineStatus
from worker.domain.months import Month


@dataclass(frozen=True, slots=True)
class Bracket:
    """A tier: from (included) to (excluded; None without end), at a rate in percent."""

    start: Decimal
    end: Decimal | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class CommissionPlan:
    """One version of a plan; exactly one of rate, tiers and fee is given. Percentages are percent."""

    name: str
    version: str
    valid_from: date
    valid_to: date | None
    months: int  # 0: as long as the client pays
    rate: Decimal | None = None
    tiers: tuple[Bracket, ...] = ()
    fee: Decimal | None = None
    currency: str | None = None  # needed with tiers, a fee or caps
    mode: Literal["marginal", "retroactive"] = "marginal"
    tier_period: Literal["quarter", "year", "lifetime"] = "quarter"
    start: Literal["won", "next", "first-invoice"] = "won"
    prorate: Literal["none", "days"] = "none"
    count_months_per: Literal["deal", "client"] = "deal"
    cap_per_deal: Decimal | None = None
    cap_per_partner: Decimal | None = None

    @property
    def text(self) -> str:
        """Return the version as its lines name it, and know it again: `gold, 2026-01`."""
        return f"{self.name}, {self.version}"


Rates = Mapping[tuple[date, str, str], Decimal]  # day, from, to → how much of `to` one of `from` is


@dataclass(frozen=True, slots=True)
class ConversionRules:
    """That lines are converted into the partner's own currency: at the rate of which day, and whose rates."""

    on: Literal["month-end", "won"]
    source: str
    time: str = ""  # of the day, at which the source fixes them
    rates: Rates = field(default_factory=dict)

    def at(self, day: date) -> str:
        """Return whose rate of which day it is, as it stands on a line."""
        return f"{self.source}, {day}" + (f" {self.time}" if self.time else "")


@dataclass(frozen=True, slots=True)
class Policy:
    """The policies of the programme; see commissions and statements in the README."""

    tolerance: Decimal | None = None  # per month; None: one minor unit of the currency
    statement_period: str = "quarterly"
    issue_day: int = 5
    grace_days: int = 6
    minimum: Mapping[str, Decimal] = field(default_factory=lambda: {"default": Decimal("50.00")})
    clawback_cap: Decimal = Decimal(100)
    after_leaving: Literal["continue", "stop"] = "continue"
    statements_from: Month | None = None
    max_changed_share: Decimal = Decimal(30)
    max_moved_amount: Decimal | None = None
    guard_from_lines: int = 24
    conversion: ConversionRules | None = None  # None: every line is in its deal's currency

    def least(self, currency: str) -> Decimal:
        """Return the minimum of a statement in this currency."""
        return self.minimum.get(currency, self.minimum.get("default", Decimal(0)))


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    """A line that an example expects."""

    month: Month
    amount: Decimal
    status: LineStatus
    partner: str
    kind: LineKind = "commission"


@dataclass(frozen=True, slots=True)
class Example:
    """A made-up deal under one version of a plan, and all the lines that it must come to on a day."""

    plan: str
    version: str
    name: str
    value: Decimal | None  # None where only a fee is earned
    interval: Interval | None
    currency: str
    term_months: int | None
    won_on: date
    shares: tuple[tuple[str, Decimal], ...]  # partner and percent
    paid: tuple[tuple[date, Decimal], ...]  # net of tax
    as_of: date
    expect: tuple[ExpectedLine, ...]
    partner_currency: str | None = None  # the partners' own, where lines are converted into it


@dataclass(frozen=True, slots=True)
class Plans:
    """Every version of every plan, and the examples that prove them."""

    versions: Sequence[CommissionPlan]
    examples: Sequence[Example] = ()

    def knows(self, name: str) -> bool:
        """Tell whether there is a plan of that name, valid on whatever day."""
        return any(plan.name == name for plan in self.versions)

    def at(self, name: str, day: date) -> CommissionPlan | None:
        """Return the version of a plan that is valid on a won date; None when there is none."""
        for plan in self.versions:
            if plan.name == name and plan.valid_from <= day and (plan.valid_to is None or day <= plan.valid_to):
                return plan
        return None
