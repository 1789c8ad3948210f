"""rules/rates.toml → the rates at which lines are converted; strict, every fault at once. None is derived."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from worker.domain.plans import ConversionRules
from worker.toml_reader import REQUIRED, Section


def load_rates(root: Section) -> ConversionRules:
    """Read rules/rates.toml: whose rates, at which time of the day, and the rate of each day and pair."""
    source, time = (_in_brackets(root, name) for name in ("source", "time"))
    if not source:
        root.fault("source", "is missing", 'Say whose rates they are: source = "ECB".')
    rates: dict[tuple[date, str, str], Decimal] = {}
    for part in root.sections("rate"):
        day = part.day("date", REQUIRED) or date.min
        pair = _currency(part, "from"), _currency(part, "to")
        rate = part.decimal("rate", REQUIRED)
        if rate is not None and rate <= 0:
            part.fault("rate", f"is {rate}", "Write how much of `to` one of `from` is, above 0.")
        if pair[0] and pair[0] == pair[1]:
            part.fault("to", f"is {pair[1]}, as `from` is", "Name two currencies.")
        if (day, *pair) in rates:
            part.fault("", f"{pair[0]} → {pair[1]} of {day} is there twice", "Keep one of them.")
        rates[(day, *pair)] = rate or Decimal(1)
        part.close()
    root.close()
    return ConversionRules("month-end", source, time, rates)


def _in_brackets(part: Section, name: str) -> str:
    """Read a text that lines show in brackets, and that is read back from there."""
    text = part.text(name).strip()
    if any(sign in text for sign in "()—;"):
        part.fault(name, f"is {text!r}", "Leave out brackets, dashes and semicolons.")
    return text


def _currency(part: Section, name: str) -> str:
    text = part.text(name, REQUIRED, wanted='three capital letters, as "EUR"')
    if text and not (len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()):
        part.fault(name, f"is {text!r}", 'Write three capital letters, as "EUR".')
    return text
