"""A change of a row in words, money first and never cut: what a new row comes to, else before and after."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from worker.domain.cells import Cell
from worker.domain.plan import RowEdit
from worker.domain.tables import COMMISSIONS, STATEMENTS
from worker.planning.approvals import figure, unit_of
from worker.show import cell_text, cut

_LONGEST = 400  # characters of a text; amounts are always whole
_MONEY = frozenset({"Amount", "Opening", "Earned", "Corrections", "Closing", "Amount to invoice"})
_FIRST = ("Amount", "Currency", "Status", "Opening", "Earned", "Corrections", "Closing", "Amount to invoice")
_TOLD_BY_KEY = frozenset({"Line", "Statement", "Partner", "Lead", "Deal ID", "Why"})


def edit_words(edit: RowEdit) -> str:
    """Say what an edit changes; the sentence of a line, which repeats the figures, only where nothing else does."""
    if edit.row is None:
        return _new(edit)
    columns = [column for column in edit.after if column != "Why"] or list(edit.after)
    columns.sort(key=lambda column: _FIRST.index(column) if column in _FIRST else len(_FIRST))
    return ", ".join(_changed(edit, column) for column in columns)


def _changed(edit: RowEdit, column: str) -> str:
    now = unit_of(edit) if _is_money(edit, column) else ""
    stood, wanted = edit.before.get(column), edit.after[column]
    then = edit.before.get("Currency") if "Currency" in edit.after else now
    words = f"{column}: {_text(stood, str(then or '') if now else '')} → {_text(wanted, now)}"
    if now and then == now and isinstance(stood, Decimal) and isinstance(wanted, Decimal):
        words += f" ({figure(wanted - stood, now) if wanted < stood else '+' + figure(wanted - stood, now)})"
    return words


def _is_money(edit: RowEdit, column: str) -> bool:
    return edit.table in (COMMISSIONS.name, STATEMENTS.name) and column in _MONEY


def _text(cell: Cell, unit: str) -> str:
    return figure(cell, unit) if unit and isinstance(cell, Decimal) else cut(cell_text(cell), _LONGEST)


def _new(edit: RowEdit) -> str:
    head, told = "", frozenset[str]()
    if edit.table == COMMISSIONS.name:
        head, told = _new_line(edit), _TOLD_BY_KEY | {"Month", "Kind", "Amount", "Currency", "Status", "Client"}
    elif edit.table == STATEMENTS.name:
        head, told = _new_statement(edit), _TOLD_BY_KEY | _MONEY | {"Period", "Currency", "Status"}
    rest = [
        f"{c}: {_text(cell, '')}" for c, cell in edit.after.items() if c not in told and cell not in (None, "", False)
    ]
    return f"{'comes back' if edit.restored else 'new'}: {', '.join([*filter(None, [head]), *rest])}"


def _new_line(edit: RowEdit) -> str:
    cells = edit.after
    amount = _text(cells.get("Amount"), unit_of(edit))
    words = [f"{cell_text(cells.get('Month'))} {cell_text(cells.get('Kind'))} {amount}"]
    words += [cell_text(cells[column]) for column in ("Status", "Client") if cells.get(column)]
    return ", ".join(words)


def _new_statement(edit: RowEdit) -> str:
    return f"{cell_text(edit.after.get('Period'))}, {cell_text(edit.after.get('Status'))}: {', '.join(_sums(edit))}"


def _sums(edit: RowEdit) -> Iterator[str]:
    for column in ("Opening", "Earned", "Corrections", "Closing"):
        yield f"{column.lower()} {_text(edit.after.get(column), unit_of(edit))}"
    yield f"to invoice {_text(edit.after.get('Amount to invoice'), unit_of(edit))}"
