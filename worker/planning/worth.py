"""What a deal is worth, by the cells of its lead row alone: its first year, its won date, a commission owed to us.

Anybody who sees the row can recompute it. What can't be read is None, never zero.
"""

from __future__ import annotations

import contextlib
import re
from datetime import date, datetime
from decimal import Decimal
from typing import get_args
from zoneinfo import ZoneInfo

from worker.domain.cells import Row
from worker.domain.facts import Interval
from worker.domain.lines import Base
from worker.domain.money import rounded
from worker.domain.months import local_day
from worker.planning.contact_details import Unreadable, currency_code

_YEAR = 12  # months
_INTERVALS: dict[str, Interval] = {word: word for word in get_args(Interval)}
_INTERVAL = re.compile(rf"({'|'.join(_INTERVALS)})(?:,? *([1-9][0-9]{{0,3}}) months?)?", re.IGNORECASE)
_AMOUNT = re.compile(r"([0-9]+|[0-9]{1,3}([, ][0-9]{3})+)(\.[0-9]+)?")  # what could be read in two ways is not read

Amount = tuple[str, Decimal]  # currency and amount


def interval_text(interval: Interval | None, term: int | None) -> str | None:
    """Return how often a client pays as a lead row shows it: `annual`; where a term is stated `annual, 18 months`."""
    if interval is None or term is None:
        return interval
    return f"{interval}, {term} month{'s' if term > 1 else ''}"


def first_year(row: Row) -> Amount | None:
    """Return what the row's deal pays in its first year, or over its term where that is shorter."""
    value, currency = _amount(row, "Deal value"), _currency(row, "Deal currency")
    paid = _INTERVAL.fullmatch(row.text("Interval"))
    if value is None or currency is None or not paid:
        return None
    interval, term = _INTERVALS[paid[1].lower()], int(paid[2]) if paid[2] else None
    if interval == "total" and term is None:
        return None
    return currency, rounded(Base(value, interval, term).monthly() * min(term or _YEAR, _YEAR), currency)


def commission_owed(row: Row) -> Amount | None:
    """Return the commission that the row of a lead that we sent states: `Estimated value`, in `Currency`.

    An estimated value is what a lead is worth to us: of one that we receive the client's deal, of one that we send
    the commission on it. One that is finer than its currency goes is not rounded: it states none.
    """
    amount, currency = _amount(row, "Estimated value"), _currency(row, "Currency")
    if amount is None or currency is None or too_fine(row) is not None:
        return None
    return currency, rounded(amount, currency)


def too_fine(row: Row) -> str | None:
    """Return the currency than whose minor unit the row's `Estimated value` is finer; None where it is not."""
    amount, currency = _amount(row, "Estimated value"), _currency(row, "Currency")
    if amount is None or currency is None or rounded(amount, currency) == amount:
        return None
    return currency


def won_on(row: Row, zone: ZoneInfo) -> date | None:
    """Return the day in `Won on`; None where there is none."""
    cell = row.cells.get("Won on")
    if isinstance(cell, datetime):
        return local_day(cell, zone)
    if isinstance(cell, date):
        return cell
    with contextlib.suppress(ValueError):
        return date.fromisoformat(row.text("Won on"))
    return None


def _amount(row: Row, column: str) -> Decimal | None:
    """Return an amount that is not below zero."""
    cell = row.cells.get(column)
    if isinstance(cell, str) and _AMOUNT.fullmatch(cell.strip()):
        cell = Decimal(cell.replace(",", "").replace(" ", ""))
    return cell if isinstance(cell, Decimal) and cell.is_finite() and cell >= 0 else None


def _currency(row: Row, column: str) -> str | None:
    with contextlib.suppress(Unreadable):
        return currency_code(row.text(column))
    return None
