"""What is kept of a row before, during and after a write, of which others may be under way at the same time. Pure.

Two writes of one cell that overlapped leave in doubt which came last: either value may stand, until somebody writes or
reads the cell while nobody else writes the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from worker.domain.cells import Cell, alike, same
from worker.domain.kept import Kept

_MOST_OLDER = 8  # values of one cell that may stand instead; no more writes of it than that can overlap


def begun(kept: Kept, cells: Mapping[str, Cell], now: datetime) -> Kept:
    """Return what is kept while these cells are being written."""
    stands, also = dict(kept.cells), dict(kept.also)
    for column, cell in cells.items():
        also[column] = _with_older(also.get(column, ()), stands.get(column))
        put(stands, column, cell)
    return Kept(stands, also, now, kept.under_way + 1)


def after(
    kept: Kept, before: Kept | None, now: datetime, *, written: Mapping[str, Cell] | None,
    refused: Mapping[str, Cell] | None,
) -> Kept:  # fmt: skip
    """Return what is kept once a write has ended: of `written` cells, of cells that were all `refused`, or of a part.

    `before` is what was kept when it began; None where nothing was, and another noted the row meanwhile.
    """
    if written is not None:
        return _written_unnoted(kept, written, now) if before is None else _ended(kept, written, before, now)
    if before is None:
        return kept
    return _undone(kept, refused, before, now) if refused is not None else _ended(kept, {}, before, now)


def standing(kept: Kept, cells: Mapping[str, Cell]) -> Kept:
    """Return what is kept where these cells stand without doubt."""
    stands = dict(kept.cells)
    for column, cell in cells.items():
        put(stands, column, cell)
    also = {column: older for column, older in kept.also.items() if column not in cells}
    return Kept(stands, also, kept.since if also else None, kept.under_way if also else 0)


def moved(first: Kept, last: Kept, columns: Iterable[str]) -> frozenset[str]:
    """Return the columns of which two memories of a row differ."""
    return frozenset(
        column
        for column in columns
        if (first.cells.get(column), first.also.get(column)) != (last.cells.get(column), last.also.get(column))
    )


def overtaken(known: Kept, kept: Kept, wanted: Mapping[str, Cell]) -> bool:
    """Tell whether of the wanted cells one was written since it was known, other than it is wanted."""
    for column, cell in wanted.items():
        stood, stands = known.cells.get(column), kept.cells.get(column)
        if not alike(stands, cell) and not any(alike(one, stood) for one in (stands, *kept.also.get(column, ()))):
            return True
    return False


def put(cells: dict[str, Cell], column: str, cell: Cell) -> None:
    """Set a cell; empty ones are absent, while nothing at all is a number too."""
    if cell or isinstance(cell, Decimal):
        cells[column] = cell
    else:
        cells.pop(column, None)


def _ended(kept: Kept, cells: Mapping[str, Cell], before: Kept, now: datetime) -> Kept:
    stands, also = dict(kept.cells), dict(kept.also)
    for column in _alone(kept, cells, before, now):
        also.pop(column)
    return _of(kept, stands, also)


def _undone(kept: Kept, cells: Mapping[str, Cell], before: Kept, now: datetime) -> Kept:
    stands, also = dict(kept.cells), dict(kept.also)
    for column in _alone(kept, cells, before, now):
        put(stands, column, before.cells.get(column))
        also.pop(column)
        also.update({column: before.also[column]} if column in before.also else {})
    return _of(kept, stands, also)


def _written_unnoted(kept: Kept, cells: Mapping[str, Cell], now: datetime) -> Kept:
    stands, also = dict(kept.cells), dict(kept.also)
    for column, cell in cells.items():
        if not same(stands.get(column), cell):
            also[column] = _with_older(also.get(column, ()), stands.get(column))
            put(stands, column, cell)
    return Kept(stands, also, now if also else None, kept.under_way)


def _alone(kept: Kept, cells: Mapping[str, Cell], before: Kept, now: datetime) -> Iterable[str]:
    """Return the columns that nobody else was writing when our write began, or began to write since."""
    ours = begun(before, cells, now)
    return [
        column
        for column in cells
        if not (before.under_way and column in before.also) and not moved(kept, ours, (column,))
    ]


def _with_older(older: tuple[Cell, ...], stood: Cell) -> tuple[Cell, ...]:
    return older if stood in older else (*older, stood)[-_MOST_OLDER:]


def _of(kept: Kept, stands: Mapping[str, Cell], also: Mapping[str, tuple[Cell, ...]]) -> Kept:
    return Kept(stands, also, kept.since if also else None, max(0, kept.under_way - 1) if also else 0)
