"""Cells that link: what they read as, what they read as before their rows were renamed, and which row a name means.

A link holds rows' ids; inside it is their names. Whether a hand changed it hangs on the rows alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice, product
from typing import Any

from worker.connectors.airtable.listing import Record
from worker.connectors.airtable.mirror import Mirror
from worker.connectors.airtable.schema import Field, Placed, Schema
from worker.domain.cells import Cell

_MOST = 64  # texts of one cell: as many as its rows' names can be put together


class Links:
    """The names of rows that cells of the base point to, as the mirror knows them."""

    def __init__(self, mirror: Mirror, schema: Callable[[], Schema]) -> None:
        self._mirror = mirror
        self._schema = schema
        # Names of rows that are gone, by table, as of a version of the mirror.
        self._lost: tuple[int, dict[str, frozenset[Cell]]] = (-1, {})

    def name_of(self, table: str, row: str) -> str | None:
        """Return what our primary column says in a row; None where the table is not ours, or the row says nothing."""
        placed = self._schema().by_id(table)
        return self._mirror.key_of(placed, row) if placed is not None else None

    def rows_named(self, table: str, text: str) -> Sequence[str]:
        """Return the rows that are called so; where none is, those that once were: the same rows, if renamed since."""
        placed = self._schema().by_id(table)
        if placed is None:
            return ()
        if found := self._mirror.rows_with_key(placed, text):
            return found
        rows, names = self._mirror.records(placed), self._mirror.names(placed)
        return [row for row, known in names.items() if text.strip() in known and row in rows]

    def formerly(self, fields: Mapping[str, Field], record: Record) -> dict[str, frozenset[Cell]]:
        """Return by our column what a record's links may have read as before their rows were renamed or deleted."""
        found: dict[str, frozenset[Cell]] = {}
        for column, field in fields.items():
            placed = self._schema().by_id(field.linked) if field.linked else None
            names = self._mirror.names(placed) if placed is not None else {}
            if placed is None or not names:
                continue
            raw = record["fields"].get(field.id)
            raw = raw if isinstance(raw, list) else ()
            if any(row in names for row in raw):
                found[column] = self._texts(placed.id, raw, names)
            elif not raw and (gone := self._gone(placed, names)):
                found[column] = gone
        return found

    def _gone(self, placed: Placed, names: Mapping[str, frozenset[str]]) -> frozenset[Cell]:
        """Return the names of rows that were deleted, which Airtable takes out of the links; no row has them now."""
        if self._lost[0] != self._mirror.version:
            self._lost = (self._mirror.version, {})
        if placed.id not in self._lost[1]:
            rows = self._mirror.records(placed)
            lost = {name for row, known in names.items() if row not in rows for name in known}
            self._lost[1][placed.id] = frozenset(n for n in lost if not self._mirror.rows_with_key(placed, n))
        return self._lost[1][placed.id]

    def _texts(self, table: str, raw: Sequence[Any], names: Mapping[str, frozenset[str]]) -> frozenset[Cell]:
        rows = [row for row in raw if isinstance(row, str)]
        called = [{self.name_of(table, row) or row, *names.get(row, ())} for row in rows]
        return frozenset({tuple(rows), *(", ".join(one) for one in islice(product(*called), _MOST))})
