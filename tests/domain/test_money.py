"""Minor digits and the one rounding."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.money import (
    common_denominator,
    digits,
    exact_rest,
    exact_sum,
    exact_text,
    exact_value,
    in_parts,
    minor_unit,
    nearest,
    percent_of,
    rounded,
    shown,
    units_shown,
    zero,
)

CURRENCIES = st.sampled_from(["GBP", "JPY", "KWD", "CLF", "EUR"])
EXACT = st.fractions(-(10**9), 10**9, max_denominator=10**6)


@pytest.mark.parametrize(
    ("places", "currencies"),
    [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (2, "AED AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF IDR INR MGA MRU MXN NOK NZD PLN SEK SGD TRY TWD USD ZAR"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    ],
)
def test_minor_digits_are_those_of_iso_4217(places: int, currencies: str) -> None:
    """The digits of a currency are the standard's, checked by hand: two unless it says otherwise."""
    for currency in currencies.split():
        assert (currency, places) == (currency, digits(currency))
        assert Fraction(1, 10**places) == minor_unit(currency)


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("0.005", "GBP", "0.01"),
        ("-0.005", "GBP", "-0.01"),
        ("0.0049999", "GBP", "0.00"),
        ("-0.0049999", "GBP", "0.00"),
        ("2.675", "GBP", "2.68"),
        ("250/3", "GBP", "83.33"),
        ("0.5", "JPY", "1"),
        ("-1.5", "JPY", "-2"),
        ("12500/3", "JPY", "4167"),
        ("0.0005", "KWD", "0.001"),
        ("25/3", "KWD", "8.333"),
        ("0.00005", "CLF", "0.0001"),
    ],
)
def test_halves_are_rounded_away_from_zero(amount: str, currency: str, expected: str) -> None:
    """Rounding is half away from zero, to the currency's own digits, and nothing is never negative."""
    assert expected == str(rounded(Fraction(amount), currency))


@given(EXACT, CURRENCIES)
def test_rounding_is_never_off_by_more_than_half_a_unit(amount: Fraction, currency: str) -> None:
    """The rounded amount is one of the nearest, with exactly the currency's digits."""
    found = rounded(amount, currency)

    assert abs(Fraction(found) - amount) <= minor_unit(currency) / 2
    assert -digits(currency) == found.as_tuple().exponent


@given(EXACT, CURRENCIES)
def test_rounding_is_the_same_on_both_sides_of_zero(amount: Fraction, currency: str) -> None:
    """What is taken back is rounded as what was given."""
    assert -rounded(amount, currency) == rounded(-amount, currency)


@given(EXACT, EXACT, CURRENCIES)
def test_rounding_keeps_the_order(one: Fraction, other: Fraction, currency: str) -> None:
    """A larger amount never rounds to a smaller one."""
    least, most = sorted((one, other))

    assert rounded(least, currency) <= rounded(most, currency)


@given(EXACT, CURRENCIES)
def test_rounding_twice_is_rounding_once(amount: Fraction, currency: str) -> None:
    """A rounded amount stays as it is, whichever exact type it comes in."""
    once = rounded(amount, currency)

    assert once == rounded(once, currency) == rounded(Fraction(once), currency)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(0, 7, 0), (1, 2, 1), (-1, 2, -1), (4, 10, 0), (-4, 10, 0), (24, 10, 2), (25, 10, 3), (-25, 10, -3), (7, 1, 7)],
)
def test_the_nearest_whole_number(numerator: int, denominator: int, expected: int) -> None:
    """Halves go away from zero."""
    assert expected == nearest(numerator, denominator)


@pytest.mark.parametrize(
    ("units", "places", "expected"),
    [(0, 2, "0.00"), (5, 2, "0.05"), (99, 2, "0.99"), (100, 2, "1.00"), (99999, 2, "999.99"), (123456, 2, "1,234.56"),
     (99999999, 2, "999,999.99"), (100000000, 2, "1,000,000.00"), (-5, 2, "-0.05"), (-12345, 2, "-123.45"),
     (-123456, 2, "-1,234.56"), (0, 0, "0"), (999, 0, "999"), (4167, 0, "4,167"), (1234567, 0, "1,234,567"),
     (8333, 3, "8.333"), (10**30, 2, "10,000,000,000,000,000,000,000,000,000.00")],
)  # fmt: skip
def test_minor_units_as_people_read_them(units: int, places: int, expected: str) -> None:
    """Thousands are set apart, below a million and beyond; a sum below one begins with a nought."""
    assert expected == units_shown(units, places)


def test_fractions_as_whole_parts() -> None:
    """A third, a third, a half and 2 are 4, 4, 6 and 24 of 12 parts, where at least quarters are wanted."""
    third = Fraction(1, 3)
    amounts = [third, third, Fraction(1, 2), Fraction(2)]

    assert (1, 6, 12) == (common_denominator([]), common_denominator(amounts), common_denominator(amounts, 4))
    assert ([], [4, 4, 6, 24]) == (in_parts([], 12), in_parts(amounts, 12))


def test_sums_are_exact_however_long_their_digits() -> None:
    """The precision of Decimal arithmetic is no limit here either; of nothing the sum is nothing."""
    long, small = Decimal(10**40), Decimal("0.01")

    assert f"{10**40}.02" == str(exact_sum([long, small, small]))
    assert (Decimal(0), small) == (exact_sum([]), exact_sum(iter([small])))
    assert f"{10**40 - 1}.98" == str(exact_rest(long, [small, small]))
    assert small == exact_rest(small, [])


def test_so_many_percent_are_exact() -> None:
    """12.5 % of two thirds are a twelfth."""
    assert Fraction(1, 12) == percent_of(Decimal("12.5"), Fraction(2, 3))
    assert Fraction(-1000) == percent_of(Decimal(100), Fraction(-1000))


def test_rounding_does_not_lose_digits_of_large_amounts() -> None:
    """The precision of Decimal arithmetic is no limit."""
    large = 10**40 + Fraction(1, 8)

    assert f"{10**40}.13" == str(rounded(large, "GBP"))


@pytest.mark.parametrize(
    ("currency", "nothing", "amount"),
    [("GBP", "0.00", "1,234.50"), ("JPY", "0", "1,235"), ("KWD", "0.000", "1,234.500")],
)
def test_amounts_are_shown_in_the_currencys_digits(currency: str, nothing: str, amount: str) -> None:
    """Nothing, and an amount, are written with the digits of the currency."""
    assert nothing == str(zero(currency)) == shown(0, currency)
    assert amount == shown(Decimal("1234.5"), currency)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(1000), "1000"),
        (Fraction(-1, 4), "-0.25"),
        (Fraction(250, 3), "250/3"),
        (Fraction(-250, 3), "-250/3"),
        (Fraction(1, 10**7), "0.0000001"),
        (Fraction(1, 64), "0.015625"),
        (Fraction(1, 2**40), "0.0000000000009094947017729282379150390625"),
        (Fraction(1, 2**60), f"0.{5**60:060d}"),
        (Fraction(1, 5**30), f"0.{2**30:030d}"),
    ],
)
def test_a_fraction_is_written_as_a_decimal_where_it_ends(value: Fraction, text: str) -> None:
    """A base stands in its row exactly."""
    assert text == exact_text(value)


@given(st.fractions())
def test_a_fraction_written_is_a_fraction_read(value: Fraction) -> None:
    """Whatever is written exactly is read exactly."""
    assert value == exact_value(exact_text(value))


@pytest.mark.parametrize("text", ["", "half", "1/0", "1/-2", "1.5/2", "1e3", "nan", "1_000", " 1", ".5", "5."])
def test_what_was_not_written_so_is_no_exact_number(text: str) -> None:
    """Anything but our own way of writing is refused."""
    with pytest.raises(ValueError, match="is not an exact number"):
        exact_value(text)
