"""The money rules once more, for tests: the rows of the Statements table, and the lines that they lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from .slow_books import Books, period_name
from .slow_terms import last_day, month_of, rounded

LENGTHS = {"monthly": 1, "quarterly": 3, "half-yearly": 6}


@dataclass
class Note:
    """A row of the Statements table."""

    key: str
    partner: str
    currency: str
    last: int  # the last month of its period
    opening: Fraction
    earned: Fraction
    corrections: Fraction
    closing: Fraction
    carried: Fraction
    amount: Fraction
    status: str


def issue(books: Books, facts: Any, today: date) -> None:
    """Make the statements whose day has come, of every partner and currency."""
    policy = facts.policy
    accounts = {(row.partner, row.currency) for row in books.rows}
    accounts |= {(note.partner, note.currency) for note in books.statements}
    coming = {
        row.partner for row in books.rows
        if not row.locked and row.status != "Cancelled" and row.month >= month_of(today)
    }  # fmt: skip
    for key, currency in sorted(accounts):
        partner = facts.partners[key]
        months = LENGTHS[partner.cadence or policy.statement_period]
        for last in range(month_of(today) - 13, month_of(today)):
            issue_day = last_day(last) + timedelta(days=policy.issue_day)
            due = issue_day <= today <= issue_day + timedelta(days=policy.grace_days)
            if (last + 1) % months == 0 and due:
                left = partner.left_on is not None and partner.left_on < today and key not in coming
                statement(books, policy, key, currency, months, last, issue_day, free_of_minimum=left)


def statement(
    books: Books, policy: Any, partner: str, currency: str, months: int, last: int, issue_day: date, *,
    free_of_minimum: bool,
) -> None:  # fmt: skip
    """Make a statement, unless it stands already or there is nothing to put on it."""
    key = f"{period_name(last, months)}/{partner}/{currency}"
    own = [note for note in books.statements if (note.partner, note.currency) == (partner, currency)]
    if any(note.key == key for note in own):
        return
    opening = max(own, key=lambda note: note.last).carried if own else Fraction(0)
    lines = [
        row for row in books.rows
        if (row.partner, row.currency, row.status) == (partner, currency, "Confirmed") and row.month <= last
        and (policy.statements_from is None or row.month >= month_of(policy.statements_from.first_day))
        and (row.covered_on is None or row.covered_on <= issue_day)
    ]  # fmt: skip
    if not lines and not opening:
        return
    earned = sum((row.amount for row in lines if row.kind == "commission"), Fraction(0))
    corrections = sum((row.amount for row in lines if row.kind != "commission"), Fraction(0))
    closing = opening + earned + corrections
    gain = sum((a for a in [opening, *(row.amount for row in lines)] if a > 0), Fraction(0))
    taken = gain - closing
    asked = gain - min(taken, rounded(gain * Fraction(policy.clawback_cap) / 100, currency))
    least = Fraction(0) if free_of_minimum else Fraction(policy.minimum.get(currency, policy.minimum["default"]))
    amount = asked if asked > 0 and asked >= least else Fraction(0)
    status = "Issued" if amount else "Carried"
    books.statements.append(
        Note(key, partner, currency, last, opening, earned, corrections, closing, closing - amount, amount, status)
    )
    for row in lines:
        row.status, row.statement = "On statement", key
