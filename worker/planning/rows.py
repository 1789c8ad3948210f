"""Lines and statements ↔ the cells they stand in. What a line must remember is in its row; nothing only in memory.

The sentences in `Why` and `Problem`, which say more than one thing: `why`. What must change in a row: `row_edits`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar, get_args

from worker.domain.cells import Cell, Row
from worker.domain.facts import Interval
from worker.domain.lines import LOCKED, Base, Line, LineKind, LineStatus, Statement, StatementStatus
from worker.domain.money import exact_text, exact_value, rounded
from worker.domain.months import Month, Period
from worker.planning.why import (
    a_day,
    compose_problem,
    compose_why,
    conversion_in,
    covered_on,
    is_cut,
    split_problem,
    split_why,
)

T = TypeVar("T")

_LINE_STATUSES: tuple[LineStatus, ...] = get_args(LineStatus)
_KIND = re.compile(r"([a-z]+)(?:-[0-9]+)?\Z")
_RATE = re.compile(r"([^(]*?)(?: ?\((.*)\))?\Z", re.DOTALL)
_BASE = re.compile(r"([0-9]+(?:\.[0-9]+)?) (monthly|quarterly|annual|total)(?: ([0-9]+))?(?:; this month (\S+))?\Z")
_ONLY_MONTH = re.compile(r"this month (\S+)\Z")
_NUMBER = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?\Z")


@dataclass(frozen=True, slots=True)
class Damaged:
    """A row that can't be read as what it should be; `text` says why, for the person who mends it."""

    row: str
    key: str
    text: str
    copy: bool = False  # a copy of a row that counts, and harmless by itself


# ---- lines ----------------------------------------------------------------------------------------------------------


def line_to_cells(line: Line, partner: str) -> dict[str, Cell]:
    """Return the worker's cells of a line; `partner` is the partner's name."""
    return {
        "Line": line.key,
        "Partner": partner,
        "Lead": line.lead or None,
        "Deal ID": line.deal,
        "Client": line.client or None,
        "Month": str(line.month),
        "Kind": line.kind,
        "Base": _base_text(line) or None,
        "Rate": (f"{line.rate} ({line.plan})".strip() if line.plan else line.rate) or None,
        "Share": f"{line.share.normalize():f} %" if line.share is not None else None,
        "Amount": line.amount,
        "Currency": line.currency,
        "Status": line.status,
        "Why": compose_why(line) or None,
        "Invoice": line.invoice or None,
        "Statement": line.statement,
        "Answers": line.answers,
        "Paid on": line.paid_on,
    }


def _base_text(line: Line) -> str:
    """Return what the line was made with: `12000.00 annual`, and its own month where days make that differ."""
    parts: list[str] = []
    if line.base is not None:
        term = f" {line.base.term_months}" if line.base.term_months is not None else ""
        parts.append(f"{line.base.value:f} {line.base.interval}{term}")
    if line.month_base is not None and (line.base is None or line.month_base != line.base.monthly()):
        parts.append(f"this month {exact_text(line.month_base)}")
    return "; ".join(parts)


def line_from_row(row: Row) -> Line | Damaged:
    """Read a row of the Commissions table; a row that a hand made unreadable comes back as Damaged."""
    key = row.text("Line")
    try:
        deal, partner, month, kind = _line_key(key)
        statement = _statement(row.text("Statement"))
        status = _line_status(row.text("Status"), statement)
        rate = _RATE.match(row.text("Rate"))
        base, month_base = _base(row.text("Base"), fee=row.text("Rate").startswith("fee"))
        why, reason = split_why(row.text("Why"), status)
        currency = row.text("Currency")
        amount = _number(row, "Amount")
        if amount is None or not currency:
            raise ValueError("Amount or Currency is empty")
        return Line(
            key=key, deal=deal, partner=partner, month=month, kind=kind, currency=currency,
            amount=rounded(amount, currency), status=status, why=why, lead=row.text("Lead"), client=row.text("Client"),
            answers=row.text("Answers") or None, base=base, month_base=month_base,
            rate=rate[1] if rate else "", plan=(rate[2] or "") if rate else "",
            share=_number(row, "Share"), invoice=row.text("Invoice"), statement=statement,
            covered_on=covered_on(why) if kind == "commission" else None, paid_on=_day(row, "Paid on"), reason=reason,
            capped=is_cut(why), converted=conversion_in(why), hold=row.ticked("Hold"),
            adjustment=_number(row, "Adjustment"), row=row.id,
        )  # fmt: skip
    except ValueError as error:
        return Damaged(row.id, key, str(error))


def _line_key(key: str) -> tuple[str | None, str, Month, LineKind]:
    parts = key.split("/")
    word = _KIND.match(parts[-1])
    if len(parts) != 4 or not all(parts) or not word:
        raise ValueError(f"Line holds {key!r}, which is not the key of a line")
    kind: LineKind = _one_of(word[1], get_args(LineKind), "Line")
    return (None if parts[0] == "tier" else parts[0]), parts[1], Month.parse(parts[2]), kind


def _line_status(word: str, statement: str | None) -> LineStatus:
    """Return a status; where a hand wrote another one, what is safe: a line that names a statement is locked by it."""
    known = next((status for status in _LINE_STATUSES if status == word), None)
    if statement is not None:
        return known if known in LOCKED else "On statement"
    if known in LOCKED:
        raise ValueError(f"Status is {word}, but Statement is empty: put back the statement's key")
    return known or "Expected"  # whatever is right is written next


def _statement(key: str) -> str | None:
    if not key:
        return None
    _statement_key(key)
    return key


def _one_of(word: str, words: Sequence[T], column: str) -> T:
    for known in words:
        if known == word:
            return known
    raise ValueError(f"{column} holds {word!r}")


@lru_cache(maxsize=4096)  # the lines of a deal were all made with the same
def _base(text: str, *, fee: bool) -> tuple[Base | None, Fraction | None]:
    """Return what the line was made with and its own month's base; a fee has none of its own."""
    if not text:
        return None, None
    if only := _ONLY_MONTH.match(text):
        return None, exact_value(only[1])
    found = _BASE.match(text)
    if not found:
        raise ValueError(f"Base holds {text!r}")
    interval: Interval = _one_of(found[2], get_args(Interval), "Base")
    base = Base(Decimal(found[1]), interval, int(found[3]) if found[3] else None)
    if found[4]:
        return base, exact_value(found[4])
    monthly = base.monthly()
    return base, None if fee else monthly


def _number(row: Row, column: str) -> Decimal | None:
    cell = row.cells.get(column)
    if isinstance(cell, Decimal) and cell.is_finite():
        return cell
    text = row.text(column).rstrip("% ")
    if text and not _NUMBER.match(text):
        raise ValueError(f"{column} holds {text!r}, which is not a number")
    return Decimal(text.replace(",", "")) if text else None


def _day(row: Row, column: str) -> date | None:
    cell = row.cells.get(column)
    if isinstance(cell, date):
        return cell
    return a_day(row.text(column)[:10], column) if row.text(column) else None


# ---- statements -----------------------------------------------------------------------------------------------------


def statement_to_cells(statement: Statement, partner: str) -> dict[str, Cell]:
    """Return the worker's cells of a statement."""
    return {
        "Statement": statement.key,
        "Partner": partner,
        "Period": str(statement.period),
        "Currency": statement.currency,
        "Opening": statement.opening,
        "Earned": statement.earned,
        "Corrections": statement.corrections,
        "Closing": statement.closing,
        "Amount to invoice": statement.amount,
        "Status": statement.status,
        "Issued": statement.issued,
        "Bill": statement.bill_number,
        "Paid on": statement.paid_on,
        "Problem": compose_problem(statement) or None,
    }


def statement_from_row(row: Row, issue_days: int = 5) -> Statement | Damaged:
    """Read a row of the Statements table; the carried part is what of the closing balance is not invoiced."""
    key = row.text("Statement")
    try:
        period, partner, currency = _statement_key(key)
        status: StatementStatus = _one_of(row.text("Status"), get_args(StatementStatus), "Status")
        closing, amount = _sum(row, "Closing", currency), _sum(row, "Amount to invoice", currency)
        bill_number = row.text("Bill") or None
        problem, bill = split_problem(row.text("Problem"), bill_number)
        return Statement(
            key=key, partner=partner, period=period, currency=currency, issue_day=period.issue_day(issue_days),
            opening=_sum(row, "Opening", currency), earned=_sum(row, "Earned", currency),
            corrections=_sum(row, "Corrections", currency), closing=closing, carried=closing - amount, amount=amount,
            status=status, issued=_day(row, "Issued"), bill_number=bill_number, bill=bill,
            paid_on=_day(row, "Paid on"), problem=problem, hold=row.ticked("Hold"), row=row.id,
        )  # fmt: skip
    except ValueError as error:
        return Damaged(row.id, key, str(error))


def _statement_key(key: str) -> tuple[Period, str, str]:
    parts = key.split("/")
    if len(parts) != 3 or not all(parts):
        raise ValueError(f"Statement holds {key!r}, which is not the key of a statement")
    return Period.parse(parts[0]), parts[1], parts[2]


def _sum(row: Row, column: str, currency: str) -> Decimal:
    return rounded(_number(row, column) or Decimal(0), currency)


# ---- tables ---------------------------------------------------------------------------------------------------------


def lines_of(rows: Iterable[Row]) -> tuple[list[Line], list[Damaged]]:
    """Read the Commissions table: the lines, and the rows that are none; a blank row is nobody's business."""
    return _read(rows, "Line", line_from_row)


def statements_of(rows: Iterable[Row], issue_days: int) -> tuple[list[Statement], list[Damaged]]:
    """Read the Statements table."""
    return _read(rows, "Statement", lambda row: statement_from_row(row, issue_days))


def _read(rows: Iterable[Row], key: str, read: Callable[[Row], T | Damaged]) -> tuple[list[T], list[Damaged]]:
    """Read each row that has a key; of rows with the same key only one counts, the others are copies."""
    found: dict[str, Row] = {}
    damaged: list[Damaged] = []
    for row in rows:
        own = row.text(key)
        if not own:
            if row.text("Currency"):  # of ours, unlike a blank row
                damaged.append(Damaged(row.id, "", f"{key} was emptied: put it back, or delete the row"))
            continue
        first = found.setdefault(own, row)
        if first is not row:
            found[own], copy = (row, first) if _outweighs(row, first) else (first, row)
            damaged.append(Damaged(copy.id, own, "it is a copy of the row with this key: delete it", True))
    good: list[T] = []
    for row in found.values():
        value = read(row)
        if isinstance(value, Damaged):
            damaged.append(value)
        else:
            good.append(value)
    return good, damaged


def _outweighs(row: Row, other: Row) -> bool:
    """Tell which of two rows with the same key counts: one that a statement holds, else the one made first."""
    held, other_held = bool(row.text("Statement")), bool(other.text("Statement"))
    if held != other_held:
        return held
    return row.created_at is not None and other.created_at is not None and row.created_at < other.created_at
