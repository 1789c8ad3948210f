"""What stands in a row by the worker's own hand, as remembered: the third side, without which a hand can't be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from worker.domain.cells import Cell, Row
from worker.domain.tables import COMMISSIONS, LEADS, PARTNERS, STATEMENTS, Table

_WHOLE = (COMMISSIONS, STATEMENTS)  # a deleted row of these comes back with what staff wrote there


@dataclass(frozen=True, slots=True)
class Kept:
    """The cells of one row as last written or first read; empty ones are absent.

    `also` are older values that may stand there instead, oldest first: of `under_way` writes, the last of which began
    at `since`, the end isn't known; where there are none, it isn't known which of several came last. `moved` are
    columns of which something else was kept while the row was read, so that nobody can say what should have stood
    there; it is of one look, and never stored.
    """

    cells: Mapping[str, Cell]
    also: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)
    since: datetime | None = None
    under_way: int = 0
    moved: frozenset[str] = frozenset()


def kept_columns(table: Table) -> tuple[str, ...]:
    """Return the columns of a table whose cells are remembered."""
    owners = ("W", "S") if table in _WHOLE else ("W",)
    return tuple(column.name for column in table.columns if column.owner in owners)


KEPT: dict[str, tuple[str, ...]] = {t.name: kept_columns(t) for t in (PARTNERS, LEADS, COMMISSIONS, STATEMENTS)}


# Which cell says that a row is of ours: its key.
KEY_OF: dict[str, str] = {name: "Key" if name == PARTNERS.name else columns[0] for name, columns in KEPT.items()}


def followed(kept: Kept, row: Row) -> Kept:
    """Return what is kept of a row with its links named as they are now: they point where they pointed."""
    if not row.formerly:
        return kept

    def now(column: str, cell: Cell) -> Cell:
        return row.cells.get(column) if cell in row.formerly.get(column, ()) else cell

    cells = {column: now(column, cell) for column, cell in kept.cells.items()}
    also = {column: tuple(now(column, cell) for cell in older) for column, older in kept.also.items()}
    return replace(kept, cells=cells, also=also)


def recalled(row: Row, kept: Kept) -> Row:
    """Return a row with links that are empty since their rows were deleted as they read before: no hand did that."""
    lost = {
        column: kept.cells[column]
        for column, once in row.formerly.items()
        if row.cells.get(column) is None and kept.cells.get(column) in once
    }
    return replace(row, cells={**row.cells, **lost}) if lost else row


def filled(cells: Mapping[str, Cell], columns: tuple[str, ...]) -> dict[str, Cell]:
    """Return the cells of these columns that hold something; nothing at all is a number too."""
    return {c: cell for c in columns if (cell := cells.get(c)) or isinstance(cell, Decimal)}
