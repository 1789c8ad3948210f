"""What a cell of the tracker may hold, and a row of it. Trackers translate their own types to these and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

# Empty text, an unticked box and an empty list all read as None. A tuple is the row ids of a linked-record cell.
Cell = str | Decimal | bool | date | datetime | tuple[str, ...] | None

_TICK = timedelta(seconds=1)  # trackers round times
_NEVER: Mapping[str, frozenset[Cell]] = MappingProxyType({})


def same(stands: Cell, wanted: Cell) -> bool:
    """Tell whether two cells say the same: empty is empty, and a number typed as text is that number."""
    if stands == wanted:
        return True
    stands, wanted = _plain(stands), _plain(wanted)
    if isinstance(wanted, Decimal) and isinstance(stands, str):
        return stands.replace(",", "").strip() == format(wanted, "f")
    return stands == wanted


def alike(stands: Cell, wrote: Cell) -> bool:
    """Tell whether a cell says what the worker wrote there, but for what trackers do to times and blanks."""
    if isinstance(stands, datetime) and isinstance(wrote, datetime):
        return abs(stands - wrote) < _TICK
    if isinstance(stands, str) and isinstance(wrote, str):
        return stands.strip() == wrote.strip()
    return same(stands, wrote)


def _plain(cell: Cell) -> Cell:
    return None if isinstance(cell, str | bool | tuple) and not cell else cell


@dataclass(frozen=True, slots=True)
class Row:
    """A row as read: the tracker's own id of it, our column names, and when it was made where the tracker knows.

    `formerly` is by column what a cell that links to rows read as while these had other names, or were still there.
    """

    table: str
    id: str
    cells: Mapping[str, Cell] = field(default_factory=dict)
    created_at: datetime | None = None
    formerly: Mapping[str, frozenset[Cell]] = field(default_factory=lambda: _NEVER)

    def text(self, column: str) -> str:
        """Return the cell as text without blanks around it; empty for anything that is not text."""
        value = self.cells.get(column)
        if isinstance(value, str):
            return value.strip()
        return format(value, "f") if isinstance(value, Decimal) else ""

    def ticked(self, column: str) -> bool:
        """Tell whether a checkbox is ticked, also where a person typed yes into a text column."""
        value = self.cells.get(column)
        return value is True or (isinstance(value, str) and value.strip().lower() in {"true", "yes", "x", "1"})
