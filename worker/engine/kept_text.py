"""What is remembered of a row, as JSON text and back, exactly: equal rows have equal text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from worker.domain.cells import Cell
from worker.domain.kept import Kept

_READERS: dict[str, Callable[[str], Cell]] = {
    "n": Decimal, "t": datetime.fromisoformat, "d": date.fromisoformat,
}  # fmt: skip


def _plain(cell: object) -> dict[str, str]:
    if isinstance(cell, Decimal):
        return {"n": str(cell)}
    if isinstance(cell, datetime):
        return {"t": cell.isoformat()}
    if isinstance(cell, date):
        return {"d": cell.isoformat()}
    raise TypeError(f"a cell holds no {type(cell).__name__}")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain).encode


def row_text(cells: Mapping[str, Cell]) -> str:
    """Return the text of cells that stand without doubt; empty ones are left out by the caller."""
    return _encode(cells)


def kept_text(kept: Kept) -> str:
    """Return a memory as text: an object of the cells, in a list with the older values where there are any."""
    if not kept.also or kept.since is None:
        return row_text(kept.cells)
    return _encode([kept.cells, kept.also, kept.since.isoformat(), kept.under_way])


def kept_of(text: str) -> Kept:
    """Return the memory that a text is of."""
    read = json.loads(text)
    if isinstance(read, dict):
        return Kept({column: _cell(value) for column, value in read.items()})
    cells, also, since, under_way = read if len(read) == 4 else (*read, 1)  # older states did not count
    older = {column: tuple(map(_cell, values)) for column, values in also.items()}
    return Kept({c: _cell(value) for c, value in cells.items()}, older, datetime.fromisoformat(since), under_way)


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return _READERS[kind](text)
    plain: str | bool | None = value
    return plain
