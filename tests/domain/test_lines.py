"""Keys of lines and statements, and what a line was made with."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from worker.domain.lines import LOCKED, Base, line_key, statement_key
from worker.domain.months import Month, Period
from worker.domain.tables import LINE_STATUSES


@pytest.mark.parametrize(
    ("base", "monthly"),
    [
        (Base(Decimal("1000.00"), "monthly"), Fraction(1000)),
        (Base(Decimal("1000.00"), "quarterly"), Fraction(1000, 3)),
        (Base(Decimal("1000.00"), "annual"), Fraction(250, 3)),
        (Base(Decimal("1000.00"), "total", 9), Fraction(1000, 9)),
        (Base(Decimal("1000.00"), "annual", 9), Fraction(250, 3)),
        (Base(Decimal(0), "monthly"), Fraction(0)),
    ],
)
def test_the_monthly_base_is_exact(base: Base, monthly: Fraction) -> None:
    """The value per interval, normalised to one month; only a total goes by the term."""
    assert monthly == base.monthly()


@pytest.mark.parametrize("term", [None, 0])
def test_a_total_needs_its_term(term: int | None) -> None:
    """Missing never means twelve."""
    with pytest.raises(ValueError, match="a total needs its term"):
        Base(Decimal(1000), "total", term).monthly()


def test_keys() -> None:
    """What stands in the primary columns; the first of its kind has no number, a true-up no deal."""
    month = Month(2026, 3)

    assert "9001/acme/2026-03/commission" == line_key("9001", "acme", month, "commission")
    assert "9001/acme/2026-03/clawback-2" == line_key("9001", "acme", month, "clawback", 2)
    assert "tier/acme/2026-03/correction" == line_key(None, "acme", month, "correction")
    assert "2026-Q1/acme/GBP" == statement_key(Period.parse("2026-Q1"), "acme", "GBP")


def test_three_statuses_are_locked() -> None:
    """The others are rewritten by every run."""
    assert {"On statement", "Invoiced", "Paid"} == LOCKED
    assert set(LINE_STATUSES) > LOCKED
