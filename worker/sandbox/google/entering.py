"""What a typed text becomes (USER_ENTERED, and the hands of people): formula, number, date, truth value or text.

By the spreadsheet's locale, as the documentation says ("00123" is 123, "1/2" a date) and recordings show. Plain-text
cells keep what is typed. What follows a plus sign and is no number is a formula, as phone numbers learn (third party).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from worker.sandbox.google.grid import Formula
from worker.sandbox.google.locales import MONTHS, Locale, serial

Entered = tuple[Any, Mapping[str, str] | None]  # the value, and the number format that it brings along
_TIME = re.compile(r"(?a)(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([AaPp])[Mm])?")
_MONTH = {name[:3].lower(): number for number, name in enumerate(MONTHS, 1)}
_NAMED = (
    re.compile(r"(?a)(?P<d>\d{1,2})[ -](?P<m>[A-Za-z]{3,9})(?:[ -](?P<y>\d{4}|\d{2}))?"),
    re.compile(r"(?a)(?P<m>[A-Za-z]{3,9}) (?P<d>\d{1,2})(?:,? (?P<y>\d{4}))?"),
)


@dataclass(frozen=True)
class Desk:
    """Where something is typed: the spreadsheet's locale and its present day."""

    locale: Locale
    today: date


def entered(desk: Desk, value: Any, number_format: Mapping[str, str]) -> Entered:
    """Return what a value becomes when it is typed into a cell of a number format."""
    if not isinstance(value, str) or number_format.get("type") == "TEXT":
        return value, None
    if value.startswith("'"):
        return value[1:], None
    if value.startswith("=") and len(value) > 1:
        return Formula(value), None
    typed = value.strip()
    if typed.upper() in ("TRUE", "FALSE"):
        return typed.upper() == "TRUE", None
    for read in (_number, _moment):
        found = read(desk, typed)
        if found is not None:
            return found
    return (Formula("=" + value), None) if value.startswith("+") and len(value) > 1 else (value, None)


def _number(desk: Desk, typed: str) -> Entered | None:
    locale = desk.locale
    group, decimal, sign = (re.escape(part) for part in (locale.group, locale.decimal, locale.currency))
    match = re.fullmatch(
        rf"(?a)(?P<minus>[-+(])?(?P<money>{sign}\s?)?(?P<whole>\d{{1,3}}(?:{group}\d{{3}})+|\d*)"
        rf"(?:{decimal}(?P<part>\d*))?(?:[eE](?P<power>[-+]?\d{{1,3}}))?(?P<after>\s?%|\s?{sign})?(?P<close>\))?",
        typed,
    )
    if match is None or not (match["whole"] or match["part"]) or (match["minus"] == "(") != bool(match["close"]):
        return None
    whole = match["whole"].replace(locale.group, "")
    number = float(f"{whole or 0}.{match['part'] or 0}e{match['power'] or 0}")
    after = (match["after"] or "").strip()
    if after == "%":
        number /= 100
    if match["minus"] in ("-", "("):
        number = -number
    if not math.isfinite(number):
        return None
    digits = "0.00" if match["part"] else "0"
    grouped = f"#,##{digits}"
    if after == "%":
        pattern: Mapping[str, str] | None = {"type": "PERCENT", "pattern": f"{digits}%"}
    elif match["money"] or after:
        pattern = {"type": "CURRENCY", "pattern": f'"{locale.currency}"{grouped}'}
    elif match["power"]:
        pattern = {"type": "SCIENTIFIC", "pattern": "0.00E+00"}
    else:
        pattern = {"type": "NUMBER", "pattern": grouped} if locale.group in match["whole"] else None
    return exact(number), pattern


def exact(number: float) -> float | int:
    """Return a number as a double that JSON shows without a needless point; a truth value is itself."""
    if isinstance(number, bool):
        return number
    double = float(number)
    return int(double) if double.is_integer() and abs(double) < 2**53 else double


def _moment(desk: Desk, typed: str) -> Entered | None:
    time = _clock(typed)
    if time is not None:
        return exact(time), {"type": "TIME", "pattern": "hh:mm:ss" if typed.count(":") == 2 else "hh:mm"}
    head, _, tail = typed.partition(" ")
    for text, rest in ((typed, ""), (head, tail)):
        found = _first(desk, text)
        clock = _clock(rest) if rest else None
        if found is None or (rest and clock is None):
            continue
        day, pattern = found
        if clock is None:
            return serial(day), {"type": "DATE", "pattern": pattern}
        return exact(serial(day) + clock), {"type": "DATE_TIME", "pattern": f"{pattern} hh:mm:ss"}
    return None


def _clock(typed: str) -> float | None:
    match = _TIME.fullmatch(typed)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        hour = hour % 12 + (12 if match[4] in "pP" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return (hour * 3600 + minute * 60 + second) / 86_400


def _first(desk: Desk, typed: str) -> tuple[date, str] | None:
    readers: tuple[Callable[[Desk, str], tuple[date, str] | None], ...] = (_iso, _ordered, _short, _with_name)
    return next((found for read in readers if (found := read(desk, typed)) is not None), None)


def _iso(_: Desk, typed: str) -> tuple[date, str] | None:
    match = re.fullmatch(r"(?a)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", typed)
    if match is None:
        return None
    return _dated(int(match[1]), int(match[3]), int(match[4]), f"yyyy{match[2]}mm{match[2]}dd")


def _ordered(desk: Desk, typed: str) -> tuple[date, str] | None:
    match = re.fullmatch(r"(?a)(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})", typed)
    if match is None:
        return None
    first, second = int(match[1]), int(match[3])
    day, month = (second, first) if desk.locale.order == "mdy" else (first, second)
    return _dated(_century(match[4]), month, day, desk.locale.date)


def _short(desk: Desk, typed: str) -> tuple[date, str] | None:
    match = re.fullmatch(r"(?a)(\d{1,2})([-/])(\d{1,2})", typed)
    if match is None:
        return None
    first, second = int(match[1]), int(match[3])
    if desk.locale.order == "dmy":
        return _dated(desk.today.year, second, first, f"d{match[2]}m")
    return _dated(desk.today.year, first, second, f"m{match[2]}d")


def _with_name(desk: Desk, typed: str) -> tuple[date, str] | None:
    for pattern in _NAMED:
        match = pattern.fullmatch(typed)
        if match is None:
            continue
        name = match["m"].lower()
        month = _MONTH.get(name[:3])
        if month is None or name not in (name[:3], MONTHS[month - 1].lower()):
            return None
        year = _century(match["y"]) if match["y"] else desk.today.year
        return _dated(year, month, int(match["d"]), "d mmm yyyy" if match["y"] else "d mmm")
    return None


def _century(year: str) -> int:
    return int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 30 else 1900)


def _dated(year: int, month: int, day: int, pattern: str) -> tuple[date, str] | None:
    try:
        return date(year, month, day), pattern
    except ValueError:
        return None
