"""Exact money: minor digits of every currency, and the one function that rounds. No float comes near it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import MAX_PREC, Context, Decimal
from fractions import Fraction
from functools import lru_cache, reduce
from math import lcm

# ISO 4217 currencies whose minor unit is not a hundredth (list one, 2026); every other one has two digits.
_WHOLE = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV")
_DIGITS = {
    **dict.fromkeys((*_WHOLE, "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}

_WIDE = Context(prec=MAX_PREC)  # moving the point never drops a digit
_EXACT = re.compile(r"-?[0-9]+(?:\.[0-9]+|/[0-9]*[1-9][0-9]*)?\Z")

Exact = Fraction | Decimal | int


def digits(currency: str) -> int:
    """Return the number of minor digits of a currency."""
    return _DIGITS.get(currency, 2)


def minor_unit(currency: str) -> Fraction:
    """Return the smallest amount of a currency: 0.01 for most, 1 for JPY, 0.001 for KWD."""
    return Fraction(1, 10 ** digits(currency))


def nearest(numerator: int, denominator: int) -> int:
    """Round a fraction half away from zero to a whole number; the only rounding there is."""
    if numerator < 0:
        return -nearest(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def of_minor_units(units: int, places: int) -> Decimal:
    """Return so many minor units as an amount of the currency, which has so many minor digits."""
    return _WIDE.scaleb(units, -places)


def rounded(amount: Exact, currency: str) -> Decimal:
    """Round half away from zero to the currency's minor digits."""
    places = digits(currency)
    numerator, denominator = amount.as_integer_ratio()
    return of_minor_units(nearest(numerator * 10**places, denominator), places)


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of amounts, however long their digits."""
    return reduce(_WIDE.add, amounts, Decimal(0))


def exact_rest(amount: Decimal, less: Iterable[Decimal]) -> Decimal:
    """Return what is left of an amount, however long its digits."""
    return reduce(_WIDE.subtract, less, amount)


def percent_of(percent: Decimal, amount: Fraction) -> Fraction:
    """Return so many percent of an exact amount."""
    numerator, denominator = percent.as_integer_ratio()
    return Fraction(amount.numerator * numerator, amount.denominator * denominator * 100)  # one fraction, not three


def common_denominator(amounts: Iterable[Fraction], least: int = 1) -> int:
    """Return a whole number of parts in which every amount is whole; it is a multiple of `least`.

    Sums of parts are as exact as those of fractions and far cheaper. Neighbours are most often one and the same amount.
    """
    last = None
    for amount in amounts:
        if amount is not last:
            last, least = amount, lcm(least, amount.denominator)
    return least


def in_parts(amounts: Iterable[Fraction], of: int) -> list[int]:
    """Return amounts in parts of which so many make one; neighbours are most often one and the same amount."""
    found: list[int] = []
    last, parts = None, 0
    for amount in amounts:
        if amount is not last:
            last, parts = amount, amount.numerator * (of // amount.denominator)
        found.append(parts)
    return found


@lru_cache(maxsize=256)
def zero(currency: str) -> Decimal:
    """Return nothing, written with the currency's minor digits."""
    return Decimal(0).scaleb(-digits(currency))


def shown(amount: Exact, currency: str) -> str:
    """Return an amount as people read it, without the currency: `1,234.50`, `4,167`."""
    places = digits(currency)
    numerator, denominator = amount.as_integer_ratio()
    return units_shown(nearest(numerator * 10**places, denominator), places)


def units_shown(units: int, places: int) -> str:
    """Return so many minor units as people read them.

    The figures of less than a million are put apart here: that takes two thirds of the time of formatting a Decimal.
    """
    text = str(units)
    point = len(text) - places
    if units < 0 or not 0 < point <= 6:
        return format(of_minor_units(units, places), f",.{places}f")
    whole = text[:point] if point <= 3 else f"{text[: point - 3]},{text[point - 3 : point]}"
    return f"{whole}.{text[point:]}" if places else whole


def exact_text(value: Fraction) -> str:
    """Return a fraction exactly: as a decimal where it ends (`1000`, `83.25`), else as `250/3`."""
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator != 1:
        return f"{value.numerator}/{value.denominator}"
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    return format(Decimal(int(value * 10**places)).scaleb(-places, _WIDE), "f")


def exact_value(text: str) -> Fraction:
    """Read what `exact_text` wrote; ValueError for anything else."""
    if not _EXACT.match(text):
        raise ValueError(f"{text!r} is not an exact number")
    return Fraction(text)
