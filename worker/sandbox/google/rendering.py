"""How a value is shown: FORMATTED_VALUE by number format and locale, UNFORMATTED_VALUE, dates as serials or text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from worker.sandbox.google.locales import DAYS, MONTHS, Locale, from_serial

MOMENTS = frozenset({"DATE", "TIME", "DATE_TIME"})
_TOKEN = re.compile(r'"[^"]*"|\\.|y+|m+|d+|h+|s+|a+/p+m*|am/pm|AM/PM|.', re.DOTALL | re.IGNORECASE)
_NUMERIC = re.compile(r'(?:"[^"]*"|\\.|[^0#?,.%E"])*(?P<body>[#,0?]+(?:\.[0#?]+)?(?P<power>E\+?0+)?)', re.IGNORECASE)


def formatted(value: Any, number_format: Mapping[str, str], locale: Locale) -> str:
    """Return a calculated value as a person sees it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    kind = number_format.get("type", "")
    pattern = number_format.get("pattern") or _default(kind, locale)
    if kind in MOMENTS:
        try:
            return _moment(value, pattern)
        except OverflowError:
            return str(value)
    if not pattern or kind == "TEXT":
        return general(value, locale)
    return _patterned(value, pattern, locale)


def unformatted(value: Any, number_format: Mapping[str, str], locale: Locale) -> Any:
    """Return a calculated value as UNFORMATTED_VALUE with FORMATTED_STRING shows it: dates as text, the rest bare."""
    if number_format.get("type") in MOMENTS and isinstance(value, int | float) and not isinstance(value, bool):
        return formatted(value, number_format, locale)
    return value


def _default(kind: str, locale: Locale) -> str:
    defaults = {
        "DATE": locale.date, "TIME": "hh:mm:ss", "DATE_TIME": f"{locale.date} hh:mm:ss", "NUMBER": "#,##0.00",
        "PERCENT": "0.00%", "CURRENCY": f'"{locale.currency}"#,##0.00', "SCIENTIFIC": "0.00E+00",
    }  # fmt: skip
    return defaults.get(kind, "")


def general(value: float, locale: Locale) -> str:
    """Return a number without a format: ten significant digits after the point begins, scientific when it is huge."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e15 or size < 1e-9:
        return _scientific(value, 2, locale)
    places = max(0, 10 - max(1, len(str(int(size)))))
    if size < 1:
        places = 10 + max(0, -Decimal(repr(float(size))).adjusted() - 1)
    text = format(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", locale.decimal)


def _scientific(value: float, digits: int, locale: Locale) -> str:
    return f"{value:.{digits}E}".replace(".", locale.decimal)


def _patterned(value: float, pattern: str, locale: Locale) -> str:
    """Write a number by a pattern; the second section of a pattern is for what is below zero."""
    sections = pattern.split(";")
    below = value < 0 and len(sections) > 1
    section = sections[1] if below else sections[0]
    match = _NUMERIC.match(section)
    if match is None:
        return _literal(section)
    start, end = match.span("body")
    body = match["body"]
    rest = section[end:]
    number = Decimal(repr(float(value))) * (100 if "%" in section else 1)
    sign = "-" if number < 0 and not below else ""
    places = len(body.split(".")[1].split("E")[0]) if "." in body else 0
    if match["power"]:
        return sign + _literal(section[:start]) + _scientific(abs(float(number)), places, locale) + _literal(rest)
    text = format(abs(number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP), "f")
    whole, _, part = text.partition(".")
    whole = whole.zfill(body.split(".")[0].count("0"))
    if "," in body:
        whole = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", locale.group, whole)
    least = len(body.split(".")[1].rstrip("#")) if "." in body else 0
    part = part[:least] + part[least:].rstrip("0")
    shown = whole + (locale.decimal + part if part else "")
    return sign + _literal(section[:start]) + shown + _literal(rest)


def _literal(text: str) -> str:
    return re.sub(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]', lambda m: m[1] or m[2] or m[3] or "", text)


def _moment(value: float, pattern: str) -> str:
    day, second = from_serial(value)
    hour, minute = second // 3600, second // 60 % 60
    tokens = _TOKEN.findall(pattern)
    half = any(token.lower() in ("am/pm", "a/p") for token in tokens)
    shown_hour = (hour % 12 or 12) if half else hour
    out, last = [], ""
    for place, token in enumerate(tokens):
        low = token.lower()
        minutes = low[0] == "m" and (last == "h" or _next_time(tokens[place + 1 :]) == "s")
        if low in ("am/pm", "a/p"):
            out.append("PM" if hour >= 12 else "AM")
        elif low[0] == "y":
            out.append(f"{day.year:04d}" if len(low) > 2 else f"{day.year % 100:02d}")
        elif minutes:
            out.append(f"{minute:0{min(2, len(low))}d}")
        elif low[0] == "m":
            out.append(_named(MONTHS[day.month - 1], day.month, len(low)))
        elif low[0] == "d":
            out.append(_named(DAYS[day.weekday()], day.day, len(low)))
        elif low[0] == "h":
            out.append(f"{shown_hour:0{min(2, len(low))}d}")
        elif low[0] == "s":
            out.append(f"{second % 60:0{min(2, len(low))}d}")
        else:
            out.append(token.strip('"') if token[0] == '"' else token.removeprefix("\\"))
        last = low[0] if low[0] in "hmsdy" else last
    return "".join(out)


def _next_time(tokens: list[str]) -> str:
    return next((token[0].lower() for token in tokens if token[0].lower() in "hmsdy"), "")


def _named(name: str, number: int, width: int) -> str:
    if width > 2:
        return name[:3] if width == 3 else name
    return f"{number:0{width}d}"
