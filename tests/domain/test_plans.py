"""Versions of plans and policies by currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from worker.domain.plans import CommissionPlan, Plans, Policy


def version(name: str, since: str, until: str | None) -> CommissionPlan:
    last = date.fromisoformat(until) if until else None
    return CommissionPlan(name, since, date.fromisoformat(since), last, 12, rate=Decimal(10))


PLANS = Plans([
    version("gold", "2024-01-01", "2024-12-31"), version("gold", "2025-01-01", None),
    version("silver", "2025-01-01", None),
])  # fmt: skip


@pytest.mark.parametrize(
    ("name", "day", "found"),
    [
        ("gold", "2023-12-31", None),
        ("gold", "2024-01-01", "2024-01-01"),
        ("gold", "2024-12-31", "2024-01-01"),
        ("gold", "2025-01-01", "2025-01-01"),
        ("gold", "2099-01-01", "2025-01-01"),
        ("silver", "2024-12-31", None),
        ("bronze", "2025-01-01", None),
    ],
)
def test_the_version_of_a_day(name: str, day: str, found: str | None) -> None:
    """First and last day are included; a day before all versions has none."""
    plan = PLANS.at(name, date.fromisoformat(day))

    assert found == (plan.version if plan else None)


@pytest.mark.parametrize(
    ("minimum", "currency", "least"),
    [
        ({"default": Decimal(50), "JPY": Decimal(8000)}, "JPY", Decimal(8000)),
        ({"default": Decimal(50), "JPY": Decimal(8000)}, "GBP", Decimal(50)),
        ({"JPY": Decimal(8000)}, "GBP", Decimal(0)),
    ],
)
def test_the_minimum_is_the_currencys_else_the_default(
    minimum: dict[str, Decimal], currency: str, least: Decimal
) -> None:
    """Without either there is no minimum."""
    assert least == Policy(minimum=minimum).least(currency)


def test_the_defaults_are_those_of_the_money_rules() -> None:
    """Quarterly, on the fifth day, six days of grace, 50.00, everything may be taken back, who left goes on earning."""
    policy = Policy()

    assert ("quarterly", 5, 6) == (policy.statement_period, policy.issue_day, policy.grace_days)
    assert ({"default": Decimal("50.00")}, Decimal(100)) == (policy.minimum, policy.clawback_cap)
    assert ("continue", None, None) == (policy.after_leaving, policy.tolerance, policy.statements_from)
    assert (Decimal(30), None) == (policy.max_changed_share, policy.max_moved_amount)
