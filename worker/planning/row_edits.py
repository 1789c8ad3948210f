"""What must change in the tables of lines and statements: values as they must stand, less what stands in the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from worker.domain.cells import Cell, Row, same
from worker.domain.lines import LOCKED, Line, Statement
from worker.domain.money import rounded
from worker.domain.plan import RowEdit
from worker.domain.tables import COMMISSIONS, STATEMENTS
from worker.planning.rows import line_to_cells, statement_to_cells
from worker.planning.why import cash_in

_LOWER = {"On hold": "on hold", "Cancelled": "cancelled"}
_FIGURES = frozenset({"Opening", "Earned", "Corrections", "Closing", "Amount to invoice"})


def line_edits(rows: Sequence[Row], lines: Iterable[Line], names: Mapping[str, str]) -> list[RowEdit]:
    """Return what must change in the Commissions table; `names` are the partners' names by key.

    A line is written into the row that it was read from, else into the one that carries its key.
    """
    places = _Places(rows, COMMISSIONS.key)
    edits: list[RowEdit] = []
    for line in lines:
        row = places.of(line.row, line.key)
        cells = line_to_cells(line, names.get(line.partner, line.partner))
        edit = _edit(COMMISSIONS.name, row, line.key, cells, line.partner)
        if edit is not None:
            edits.append(replace(edit, reason=_line_reason(row, line), money=_moved(edit, line)))
    return edits


def statement_edits(rows: Sequence[Row], statements: Iterable[Statement], names: Mapping[str, str]) -> list[RowEdit]:
    """Return what must change in the Statements table."""
    places = _Places(rows, STATEMENTS.key)
    edits: list[RowEdit] = []
    for statement in statements:
        row = places.of(statement.row, statement.key)
        cells = statement_to_cells(statement, names.get(statement.partner, statement.partner))
        edit = _edit(STATEMENTS.name, row, statement.key, cells, statement.partner)
        if edit is not None:
            edits.append(replace(edit, reason=_statement_reason(edit, statement)))
    return edits


def laid_over(rows: Sequence[Row], edits: Iterable[RowEdit]) -> list[Row]:
    """Return the rows as they would stand once the edits are written; a new one is known by its key alone."""
    found = {row.id: row for row in rows}
    for edit in edits:
        place = edit.row or f"new {edit.key}"
        stands = found.get(place) or Row(edit.table, place)
        found[place] = replace(stands, cells={**stands.cells, **edit.after})
    return list(found.values())


class _Places:
    """Where lines and statements stand."""

    def __init__(self, rows: Sequence[Row], key: str) -> None:
        self._by_id = {row.id: row for row in rows}
        self._by_key: dict[str, Row] = {}
        for row in rows:
            self._by_key.setdefault(row.text(key), row)

    def of(self, row: str | None, key: str) -> Row | None:
        """Return the row of a line or statement; None where it has none yet."""
        return self._by_id.get(row or "") or self._by_key.get(key)


def _edit(table: str, row: Row | None, key: str, wanted: Mapping[str, Cell], about: str) -> RowEdit | None:
    stands = row.cells if row else {}
    after = {column: cell for column, cell in wanted.items() if not same(stands.get(column), cell)}
    if not after:
        return None
    before = {column: stands.get(column) for column in after}
    return RowEdit(table, row.id if row else None, key, before, after, "", about)


def _moved(edit: RowEdit, line: Line) -> tuple[str, Decimal] | None:
    """Return by how much an edit moves the line's amount."""
    if "Amount" not in edit.after:
        return None
    stood = edit.before["Amount"]
    other = "Currency" in edit.after  # in another currency before: all of it moves
    before = stood if isinstance(stood, Decimal) and not other else Decimal(0)
    return line.currency, rounded(line.amount - before, line.currency)


def _line_reason(row: Row | None, line: Line) -> str:
    """Return why a line is written: what its status and its amount now rest on, not the change once more."""
    if row is None:
        return line.why or f"{line.kind} of {line.month}"
    stood, reasons = row.text("Status"), list[str]()
    if not same(row.cells.get("Amount"), line.amount) and line.status != "Cancelled":
        reasons.append(f"today's facts make it {line.amount}" + (f": {line.why}" if line.why else ""))
    if stood != line.status and not (reasons and cash_in(line.why)):  # the sentence ends with its cash
        again = f"no longer {_LOWER[stood]}: " if stood in _LOWER and line.status not in _LOWER else ""
        reasons.insert(0, again + _status_reason(stood, line))
    return "; ".join(reasons) or "brought up to date with the facts; to overrule a figure use Hold or Adjustment"


def _status_reason(stood: str, line: Line) -> str:
    """Return what a line's status rests on: the month, what is open or came in, a statement, a bill, its payment."""
    match line.status:
        case "On hold" | "Cancelled":
            return line.reason or "today's facts make it so"
        case "Expected":
            return "its month is not over"
        case "On statement":
            return f"no bill for {line.statement} counts" if stood in LOCKED else f"it stands on {line.statement}"
        case "Invoiced":
            unpaid = stood == "Paid"
            return f"the payment of {line.statement} does not reach it" if unpaid else f"{line.statement} is billed"
        case "Paid":
            return f"{line.statement}: its payment of {line.paid_on} reaches it"
    return cash_in(line.why) or line.why or "its month is over"


def _statement_reason(edit: RowEdit, statement: Statement) -> str:
    if edit.row is not None and "Status" not in edit.after and not _FIGURES.isdisjoint(edit.after):
        return "put right from its lines; to overrule a figure use Adjustment on a line"
    if edit.row is not None and "Status" not in edit.after and not statement.problem:
        return "brought up to date with its bill"
    return statement.problem or _stands(statement, edit.before.get("Status"))


def _stands(statement: Statement, stood: Cell) -> str:
    """Return what a statement's status rests on: its lines, what its partner was told, the bill, its payment."""
    match statement.status:
        case "Draft":
            return "the lines of its period are locked onto it, and what was carried is its opening"
        case "Issued":
            return "its partner was told what to invoice" if stood in (None, "Draft") else "no bill for it counts"
        case "Carried":
            return "its partner was told that there is nothing to invoice"
        case "Paid":
            return f"bill {statement.bill_number} was paid on {statement.paid_on}"
    paid = "paid in part" if statement.status == "Part paid" else "there"
    return f"bill {statement.bill_number} is {paid}"
