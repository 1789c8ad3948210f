"""A second reader of `Why`: what a person with a pocket calculator makes of the sentence of a line, and nothing else.

Shares no code with what writes the sentences. Every figure in them is read, every sum is done again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

_NUMBER = r"-?[0-9][0-9,]*(?:\.[0-9]+)?"
_BASE = re.compile(rf"({_NUMBER}) a month(?: \(({_NUMBER}) [^÷]*÷ ([0-9]+)\))?")
_DAYS = re.compile(r" × ([0-9]+) of ([0-9]+) days")
_RATE = re.compile(rf" × ({_NUMBER}) % \(plan [^)]*\)")
_SHARE = re.compile(rf" × ({_NUMBER}) % share")
_FEE = re.compile(rf"fee ({_NUMBER}) \(plan [^)]*\)")
_PIECES = re.compile(rf": ((?:{_NUMBER} × {_NUMBER} %(?: \+ )?)+) \(plan [^)]*\)")
_PIECE = re.compile(rf"({_NUMBER}) × ({_NUMBER}) %")
_TOTALS = re.compile(rf", running total ({_NUMBER}) − ({_NUMBER})")
_RESULT = re.compile(rf" = ({_NUMBER})")
_CUT = re.compile(rf", of which ({_NUMBER}) fit")
_CONVERTED = re.compile(
    rf"({_NUMBER}) [A-Z]{{3}} × ({_NUMBER}) [A-Z]{{3}}/[A-Z]{{3}} \([^)]*\) = ({_NUMBER}) ([A-Z]{{3}})"
)
_STAFF = re.compile(rf"; adjusted by staff ([+−]) ({_NUMBER}) = ({_NUMBER})")
_ANSWER = re.compile(rf"^[0-9Q-]+ (?:is not earned any more|is earned again|earns another amount)[^:]*(?:\(.*\))?: "
                     rf"({_NUMBER}) − ({_NUMBER}) of its lines = ({_NUMBER})$", re.DOTALL)  # fmt: skip
_REACHED = re.compile(rf"reached a base of ({_NUMBER}): ({_NUMBER}) earned × (.*) \(plan [^)]*\), "
                      rf"less ({_NUMBER}) of its lines = ({_NUMBER})")  # fmt: skip


def number(text: str) -> Fraction:
    """Read a figure as people write it."""
    return Fraction(text.replace(",", ""))


@dataclass(frozen=True)
class Reckoned:
    """What a sentence comes to; `exact` is the product before rounding, where it shows one; `pieces` of how many."""

    amount: Fraction
    exact: Fraction | None
    straight: bool  # no running total was needed: the product is the amount
    pieces: int = 1


def reckon(why: str) -> Reckoned:
    """Do the sums of a sentence again; an assertion fails where they do not come out as it says."""
    if answer := _ANSWER.match(why):
        due, standing, needed = map(number, answer.groups())
        assert due - standing == needed, why
        return Reckoned(needed, None, True)
    if reached := _REACHED.search(why):
        return _true_up(why, reached)
    return _commission(why)


def _true_up(why: str, reached: re.Match[str]) -> Reckoned:
    base, rate, made, amount = number(reached[2]), reached[3], number(reached[4]), number(reached[5])
    exact = base * number(rate.removesuffix(" %")) / 100 - made if " / " not in rate else None
    return Reckoned(_staff(why, _converted(why, _fitting(why, amount))), exact, False)


def _commission(why: str) -> Reckoned:
    result = _RESULT.search(why)
    assert result is not None, why
    exact, pieces = _product(why[: result.start()])
    amount = number(result[1])
    totals = _TOTALS.search(why)
    if totals is not None:
        assert number(totals[1]) - number(totals[2]) == amount, why
    return Reckoned(_staff(why, _converted(why, _fitting(why, amount))), exact, totals is None, pieces)


def _converted(why: str, amount: Fraction) -> Fraction:
    """Multiply by the rate at which a line was converted, and round as the sentence rounds."""
    found = _CONVERTED.search(why)
    if found is None:
        return amount
    assert number(found[1]) == amount, why
    stated = number(found[3])
    unit = Fraction(1, 10 ** len(found[3].partition(".")[2]))
    assert abs(stated - amount * number(found[2])) <= unit / 2, why
    return stated


def _fitting(why: str, amount: Fraction) -> Fraction:
    """Return what of an amount fits under a cap; the sentence says at its end that it was cut."""
    cut = _CUT.search(why)
    assert (cut is not None) == why.endswith("; cut to the cap"), why
    if cut is None:
        return amount
    assert number(cut[1]) < amount, why
    return number(cut[1])


def _product(sentence: str) -> tuple[Fraction, int]:
    """Multiply base, days, rates and share."""
    share = _SHARE.search(sentence)
    part = number(share[1]) / 100 if share else Fraction(1)
    if fee := _FEE.match(sentence):
        return number(fee[1]) * part, 1
    if pieces := _PIECES.search(sentence):
        found = _PIECE.findall(pieces[1])
        return sum((number(base) * number(rate) / 100 for base, rate in found), Fraction(0)), len(found)
    base = _BASE.match(sentence)
    rate = _RATE.search(sentence)
    assert base is not None, sentence
    assert rate is not None, sentence
    exact = number(base[2]) / int(base[3]) if base[2] else number(base[1])
    if days := _DAYS.search(sentence):
        exact *= Fraction(int(days[1]), int(days[2]))
    return exact * number(rate[1]) / 100 * part, 1


def _staff(why: str, amount: Fraction) -> Fraction:
    """Add what staff added, which the sentence must say."""
    staff = _STAFF.search(why)
    if staff is None:
        return amount
    added = number(staff[2]) * (1 if staff[1] == "+" else -1)
    assert amount + added == number(staff[3]), why
    return number(staff[3])


def agrees(why: str, amount: Decimal, minor: Fraction) -> bool:
    """Tell whether a sentence makes an amount: to the last unit; a product that is rounded with others, within two."""
    found = reckon(why)
    if found.amount != Fraction(amount):
        return False
    return True if found.exact is None else _near(found, why, minor)


def _near(found: Reckoned, why: str, minor: Fraction) -> bool:
    result = _RESULT.search(why)
    assert result is not None
    stated = number(result[1])
    if found.straight and found.pieces == 1:
        return stated == found.exact
    return abs(stated - (found.exact or 0)) <= (1 + found.pieces) * minor
