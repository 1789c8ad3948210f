"""The `Why` of a line and the `Problem` of a statement: sentences for people, from which we read back what they say.

Which month is covered since when, what is cut, why a line is held, and what a bill came to have no column of their own.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from worker.domain.lines import BillOutcome, Conversion, Line, Statement

_REASONED = ("On hold", "Cancelled")
_CUT = "; cut to the cap"
_COVERED = re.compile(rf"(?:, paid|; covered since) ([0-9-]{{10}})(?:{_CUT})?\Z")
_CASH = re.compile(rf"; (covered by .*|nothing to be paid|waits for the client: .*?)(?:{_CUT})?\Z", re.DOTALL)
_CONVERTED = re.compile(
    r"(?:(-?[0-9][0-9,]*(?:\.[0-9]+)?) [A-Z]{3} × |\Aat )([0-9]+(?:\.[0-9]+)?) [A-Z]{3}/([A-Z]{3}) \(([^()]+)\)"
)
_DASH = " — "  # between a reason and the sentence

_LABELS: dict[BillOutcome, str] = {
    "short": "Short",
    "over": "Over",
    "wrong-currency": "Wrong currency",
    "duplicate": "Duplicate",
    "voided": "Voided",
    "suggestion": "Suggestion",
}


def compose_why(line: Line) -> str:
    """Return the sentence of a line, with the reason of a held or cancelled one in front."""
    text = line.why.removesuffix(_CUT)
    if line.converted is not None and conversion_in(text) is None:
        text = f"at {conversion_at(line.converted, line.currency)}"  # a cancelled line has no sum, and keeps its rate
    if line.covered_on is not None and covered_on(text) != line.covered_on:
        text += f"; covered since {line.covered_on}"
    if line.capped:
        text += _CUT
    if line.reason and line.status in _REASONED:
        reason = line.reason.replace(_DASH, ", ")
        text = f"{line.status}: {reason}{_DASH}{text}" if text else f"{line.status}: {reason}"
    return text


def conversion_at(own: Conversion, currency: str) -> str:
    """Return the rate at which a line was converted: `1.1712 EUR/GBP (ECB, 2026-03-31)`."""
    return f"{own.rate:f} {currency}/{own.currency} ({own.at})"


def conversion_in(why: str) -> Conversion | None:
    """Return what a sentence says of a conversion."""
    found = _CONVERTED.search(why)
    if found is None:
        return None
    return Conversion(Decimal((found[1] or "0").replace(",", "")), found[3], Decimal(found[2]), found[4])


def split_why(text: str, status: str) -> tuple[str, str | None]:
    """Return the sentence, and the reason that `compose_why` put in front of it."""
    head = f"{status}: "
    if status not in _REASONED or not text.startswith(head):
        return text, None
    reason, _, sentence = text[len(head) :].partition(_DASH)
    return sentence, reason


def covered_on(why: str) -> date | None:
    """Return the day since which the sentence says that cash covers the month; ValueError for a day that is none."""
    found = _COVERED.search(why)
    return a_day(found[1], "Why") if found else None


def cash_in(why: str) -> str:
    """Return what a sentence says of the month's cash: which invoice covers it, or what is open since when."""
    found = _CASH.search(why)
    return found[1] if found else ""


def a_day(text: str, column: str) -> date:
    """Read a day; ValueError, in words, for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{column} holds {text!r}, which is not a day") from None


def is_cut(why: str) -> bool:
    """Tell whether the sentence says that a cap cut the amount."""
    return why.endswith(_CUT)


def compose_problem(statement: Statement) -> str:
    """Return what staff must look at, with what the bill came to in front: `Short: bill …`."""
    label = _LABELS.get(statement.bill)
    return f"{label}: {statement.problem}" if label else statement.problem


def split_problem(text: str, bill_number: str | None) -> tuple[str, BillOutcome]:
    """Return the words, and what the bill came to; without a label a bill that is named is as it should be."""
    for bill, label in _LABELS.items():
        if text.startswith(f"{label}: "):
            return text[len(label) + 2 :], bill
    return text, "match" if bill_number else "none"
