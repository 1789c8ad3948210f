"""Amounts: always Decimal, two decimals, halves away from zero; and the tax rates of the organisation."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
HUNDRED = Decimal(100)

# Per cent, by TaxType, as a British organisation has them (2026-11); a bill or invoice may state its TaxAmount instead.
TAX_RATES = {
    "OUTPUT2": Decimal(20), "INPUT2": Decimal(20), "RROUTPUT": Decimal(5), "RRINPUT": Decimal(5),
    "ZERORATEDOUTPUT": Decimal(0), "ZERORATEDINPUT": Decimal(0), "EXEMPTOUTPUT": Decimal(0), "EXEMPTINPUT": Decimal(0),
    "NONE": Decimal(0),
}  # fmt: skip

# The chart of accounts: what a line without TaxType is taxed as. 090 is the bank.
ACCOUNTS = {
    "090": "NONE", "200": "OUTPUT2", "260": "OUTPUT2", "310": "INPUT2", "400": "INPUT2", "404": "EXEMPTINPUT",
    "412": "INPUT2", "420": "NONE", "429": "INPUT2", "433": "EXEMPTINPUT", "445": "RRINPUT", "449": "INPUT2",
    "453": "INPUT2", "461": "INPUT2", "469": "EXEMPTINPUT", "477": "NONE", "485": "INPUT2", "489": "INPUT2",
    "493": "INPUT2", "610": "NONE", "800": "NONE",
}  # fmt: skip
BANK_ACCOUNT = "090"


def cents(value: Decimal | str | int) -> Decimal:
    """Round to two decimals, halves away from zero."""
    return Decimal(value).quantize(CENT, ROUND_HALF_UP)


def places(value: Decimal | str | int, digits: int) -> Decimal:
    """Round to so many decimals, halves away from zero."""
    return Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def tax_on(amount: Decimal, rate: Decimal, inclusive: bool) -> Decimal:
    """Return the tax of one line, rounded: on top of the amount, or the part of it that is tax."""
    return cents(amount * rate / (HUNDRED + rate)) if inclusive else cents(amount * rate / HUNDRED)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts up; nothing gives 0.00."""
    return sum(amounts, ZERO)
