"""Lines and statements ↔ the cells they stand in. What a line must remember is in its row; nothing only in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import get_args

from worker.domain.cells import Cell, Row, same
from worker.domain.facts import Interval
from worker.domain.lines import Base, Line, LineKind, LineStatus, Statement
from worker.domain.money import digits, exact_text, exact_value, rounded
from worker.domain.months import Month, Period
from worker.domain.plan import RowEdit
from worker.domain.tables import COMMISSIONS, STATEMENT_STATUSES, STATEMENTS

_REASONED = ("On hold", "Cancelled")
_PAID = re.compile(r"(?:paid|covered since) (\d{4}-\d{2}-\d{2})")
_CAPPED = "; cut to the cap"
_RATE = re.compile(r"(?P<rate>.*?)(?: \((?P<plan>[^()]*)\))?\Z", re.DOTALL)
_BASE = re.compile(r"(\S+) (monthly|quarterly|annual|total)(?: (\d+))?(?:; this month (\S+))?\Z")
_ONLY_MONTH = re.compile(r"this month (\S+)\Z")


@dataclass(frozen=True, slots=True)
class Damaged:
    """A row that can't be read as what it should be; `text` says why, for the person who mends it."""

    row: str
    key: str
    text: str


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
        "Rate": _rate_text(line) or None,
        "Share": f"{line.share.normalize():f} %" if line.share is not None else None,
        "Amount": line.amount,
        "Currency": line.currency,
        "Status": line.status,
        "Why": compose_why(line),
        "Invoice": line.invoice or None,
        "Statement": line.statement,
        "Answers": line.answers,
        "Paid on": line.paid_on,
    }


def _base_text(line: Line) -> str:
    own = f"this month {exact_text(line.month_base)}" if line.month_base is not None else ""
    if line.base is None:
        return own
    base = f"{line.base.value:f} {line.base.interval}"
    if line.base.term_months is not None:
        base += f" {line.base.term_months}"
    return base if line.month_base == line.base.monthly() or not own else f"{base}; {own}"


def _rate_text(line: Line) -> str:
    return f"{line.rate} ({line.plan})".strip() if line.plan else line.rate


def compose_why(line: Line) -> str:
    """Return the sentence of a line with the reason of a held or cancelled one in front."""
    text = line.why
    if line.covered_on is not None and f"{line.covered_on}" not in text:
        text += f"; covered since {line.covered_on}"
    if line.capped and not text.endswith(_CAPPED):
        text += _CAPPED
    if line.reason and line.status in _REASONED and not text.startswith(f"{line.status}: "):
        text = f"{line.status}: {line.reason} — {text}" if text else f"{line.status}: {line.reason}"
    return text


def split_why(text: str, status: str) -> tuple[str, str | None]:
    """Return the sentence and the reason that `compose_why` put together."""
    head = f"{status}: "
    if status not in _REASONED or not text.startswith(head):
        return text, None
    reason, _, sentence = text[len(head) :].partition(" — ")
    return sentence, reason


def line_from_row(row: Row) -> Line | Damaged:
    """Read a row of the Commissions table; a row that a hand made unreadable comes back as Damaged."""
    key = row.text("Line")
    try:
        deal, partner, month, kind = _line_key(key)
        status = _one_of(row.text("Status"), get_args(LineStatus), "Status")
        base, month_base = _base(row.text("Base"))
        rate = _RATE.match(row.text("Rate"))
        why, reason = split_why(row.text("Why"), status)
        covered = _PAID.findall(why)
        currency = row.text("Currency")
        amount = _decimal(row, "Amount")
        if amount is None or not currency:
            raise ValueError("Amount or Currency is empty")
        return Line(
            key=key, deal=deal, partner=partner, month=month, kind=kind, currency=currency,
            amount=rounded(amount, currency), status=status, why=why, lead=row.text("Lead"), client=row.text("Client"),
            answers=row.text("Answers") or None, base=base, month_base=month_base,
            rate=rate["rate"] if rate else "", plan=(rate["plan"] or "") if rate else "",
            share=_decimal(row, "Share"), invoice=row.text("Invoice"), statement=row.text("Statement") or None,
            covered_on=date.fromisoformat(covered[-1]) if covered and kind == "commission" else None,
            paid_on=_day(row, "Paid on"), reason=reason, capped=_CAPPED in why, hold=row.ticked("Hold"),
            adjustment=_decimal(row, "Adjustment"), row=row.id,
        )  # fmt: skip
    except (ValueError, InvalidOperation) as error:
        return Damaged(row.id, key, str(error))


def _line_key(key: str) -> tuple[str | None, str, Month, LineKind]:
    deal, partner, month, kind = [*key.split("/"), "", "", "", ""][:4]
    word = kind.split("-")[0]
    if not deal or not partner or key.count("/") != 3:
        raise ValueError(f"Line holds {key!r}, which is not the key of a line")
    return (None if deal == "tier" else deal), partner, Month.parse(month), _one_of(word, get_args(LineKind), "Line")  # type: ignore[return-value]


def _one_of(word: str, words: Sequence[str], column: str) -> LineStatus:
    if word not in words:
        raise ValueError(f"{column} holds {word!r}")
    return word  # type: ignore[return-value]


def _base(text: str) -> tuple[Base | None, Fraction | None]:
    if not text:
        return None, None
    if only := _ONLY_MONTH.match(text):
        return None, exact_value(only[1])
    found = _BASE.match(text)
    if not found:
        raise ValueError(f"Base holds {text!r}")
    interval: Interval = found[2]  # type: ignore[assignment]
    base = Base(Decimal(found[1]), interval, int(found[3]) if found[3] else None)
    return base, exact_value(found[4]) if found[4] else base.monthly()


def _decimal(row: Row, column: str) -> Decimal | None:
    cell = row.cells.get(column)
    if isinstance(cell, Decimal):
        return cell
    text = row.text(column).rstrip("% ").replace(",", "")
    return Decimal(text) if text else None


def _day(row: Row, column: str) -> date | None:
    cell = row.cells.get(column)
    if isinstance(cell, date):
        return cell
    return date.fromisoformat(row.text(column)[:10]) if row.text(column) else None


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
        "Problem": statement.problem or None,
    }


def statement_from_row(row: Row, issue_days: int = 5) -> Statement | Damaged:
    """Read a row of the Statements table; the carried part is what of the closing balance is not invoiced."""
    key = row.text("Statement")
    try:
        period_text, partner, currency = [*key.split("/"), "", ""][:3]
        if key.count("/") != 2 or not partner or not currency:
            raise ValueError(f"Statement holds {key!r}, which is not the key of a statement")
        period = Period.parse(period_text)
        sums = {c: _decimal(row, c) for c in ("Opening", "Earned", "Corrections", "Closing", "Amount to invoice")}
        exact = {column: rounded(value or Decimal(0), currency) for column, value in sums.items()}
        return Statement(
            key=key, partner=partner, period=period, currency=currency, issue_day=period.issue_day(issue_days),
            opening=exact["Opening"], earned=exact["Earned"], corrections=exact["Corrections"],
            closing=exact["Closing"], carried=exact["Closing"] - exact["Amount to invoice"],
            amount=exact["Amount to invoice"], status=_statement_status(row.text("Status")),  # type: ignore[arg-type]
            issued=_day(row, "Issued"), bill_number=row.text("Bill") or None, paid_on=_day(row, "Paid on"),
            problem=row.text("Problem"), hold=row.ticked("Hold"), row=row.id,
        )  # fmt: skip
    except (ValueError, InvalidOperation) as error:
        return Damaged(row.id, key, str(error))


def _statement_status(word: str) -> str:
    if word not in STATEMENT_STATUSES:
        raise ValueError(f"Status holds {word!r}")
    return word


# ---- differences ----------------------------------------------------------------------------------------------------


def line_edits(rows: Sequence[Row], lines: Iterable[Line], names: Mapping[str, str]) -> list[RowEdit]:
    """Return what must change in the Commissions table; `names` are the partners' names by key."""
    standing = _by_key(rows, COMMISSIONS.key)
    edits: list[RowEdit] = []
    for line in lines:
        row = standing.get(line.key)
        edits += _edit("Commissions", row, line.key, line_to_cells(line, names.get(line.partner, line.partner)),
                       line.partner, _line_reason(row, line), line)  # fmt: skip
    return edits


def statement_edits(rows: Sequence[Row], statements: Iterable[Statement], names: Mapping[str, str]) -> list[RowEdit]:
    """Return what must change in the Statements table."""
    standing = _by_key(rows, STATEMENTS.key)
    edits: list[RowEdit] = []
    for statement in statements:
        row = standing.get(statement.key)
        cells = statement_to_cells(statement, names.get(statement.partner, statement.partner))
        reason = statement.problem or f"statement {statement.key}: {statement.status}"
        edits += _edit("Statements", row, statement.key, cells, statement.partner, reason, None)
    return edits


def _by_key(rows: Sequence[Row], column: str) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        if row.text(column):
            found.setdefault(row.text(column), row)
    return found


def _edit(
    table: str, row: Row | None, key: str, cells: Mapping[str, Cell], about: str, reason: str, line: Line | None
) -> list[RowEdit]:
    stands = row.cells if row else {}
    after = {column: value for column, value in cells.items() if not same(stands.get(column), value)}
    if not after:
        return []
    before = {column: stands.get(column) for column in after}
    money = None
    if line is not None and "Amount" in after:
        old = stands.get("Amount")
        old = old if isinstance(old, Decimal) else Decimal(0)
        money = (line.currency, round(line.amount - old, digits(line.currency)))
    return [RowEdit(table, row.id if row else None, key, before, after, reason, about, money=money)]


def _line_reason(row: Row | None, line: Line) -> str:
    if row is None:
        return line.why or f"{line.kind} of {line.month}"
    stood = row.text("Status")
    if stood != line.status:
        return f"{stood} → {line.status}" + (f": {line.reason}" if line.reason else "")
    if not same(row.cells.get("Amount"), line.amount):
        return f"today's facts make it {line.amount}"
    return "brought up to date with the facts; to overrule a figure use Hold or Adjustment"
