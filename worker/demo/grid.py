"""The tracker's tables as the served pages show them: plain values for the templates, read only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from worker.demo.office import LONDON, Office
from worker.domain.money import shown
from worker.domain.tables import TABLES, Column

SHOWN_TABLES = ("Leads", "Partners", "Commissions", "Statements", "Activity")
_FIRST = {  # columns that are shown first; the others follow in the order of the table
    "Leads": ("Lead", "Company", "Partner", "Status", "Problem", "Deal stage", "Deal value", "Deal currency",
              "Interval", "Won on"),
    "Partners": ("Partner", "Status", "Plan", "Problem", "Leads", "Won", "Earned", "Paid", "Balance", "Currency"),
    "Commissions": ("Client", "Month", "Partner", "Kind", "Amount", "Currency", "Status", "Why", "Hold", "Adjustment",
                    "Note"),
    "Statements": ("Statement", "Partner", "Period", "Status", "Opening", "Earned", "Corrections", "Closing",
                   "Amount to invoice", "Currency", "Problem"),
    "Activity": ("When", "What", "About", "Before", "After", "Why"),
}  # fmt: skip
_MONEY = frozenset({"Amount", "Opening", "Earned", "Corrections", "Closing", "Amount to invoice", "Paid", "Balance",
                    "Deal value"})  # fmt: skip
_MOST_ROWS = 400


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell: its column, its text, and how it is written down in a form."""

    column: Column
    text: str
    value: str
    number: bool

    @property
    def editable(self) -> bool:
        """Tell whether it is people's to fill in."""
        return self.column.owner != "W"

    @property
    def status(self) -> bool:
        """Tell whether it is shown as a coloured word."""
        return self.column.name == "Status" and bool(self.text)


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of the tracker."""

    id: str
    cells: Sequence[CellView]


def columns_of(table: str) -> list[Column]:
    """Return the columns in the order in which they are shown."""
    known = TABLES[table].columns
    first = [TABLES[table].column(name) for name in _FIRST[table]]
    return [*first, *(column for column in known if column not in first)]


def rows_of(office: Office, table: str, wanted: str = "") -> tuple[list[RowView], int]:
    """Return the rows that hold a text, and how many rows there are in all; the latest of Activity come first."""
    rows = office.tables.rows(table)
    if table == "Activity":
        rows = rows[::-1]
    if table == "Commissions":
        rows.sort(key=lambda row: (row["fields"].get("Client", ""), row["fields"].get("Month", "")))
    if table == "Statements":
        rows.sort(key=lambda row: row["fields"].get("Issued", ""), reverse=True)
    columns = columns_of(table)
    found = [RowView(row["id"], [_cell(column, row["fields"]) for column in columns]) for row in rows]
    held = [row for row in found if wanted.casefold() in " ".join(cell.text for cell in row.cells).casefold()]
    return held[:_MOST_ROWS], len(found)


def _cell(column: Column, fields: Mapping[str, Any]) -> CellView:
    value = fields.get(column.name)
    number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return CellView(column, _text(column, value, fields), "" if value is None else str(value), number)


def _text(column: Column, value: Any, fields: Mapping[str, Any]) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "✓"
    if column.kind == "datetime":
        return local(datetime.fromisoformat(str(value).replace("Z", "+00:00")))
    if isinstance(value, int | float | Decimal):
        if column.name in _MONEY:
            return shown(Decimal(str(value)), fields.get("Currency") or fields.get("Deal currency") or "GBP")
        return f"{Decimal(str(value)):,f}"
    return str(value)


def local(at: datetime) -> str:
    """Return an instant as a clock in London shows it."""
    return f"{at.astimezone(LONDON):%Y-%m-%d %H:%M}"
