"""Cells that link: what they read as, what they read as before their rows were renamed, and which row a name means.

A link holds rows' ids; inside it is their names. Whether a hand changed it hangs on the rows alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice, product
from typing import Any

from worker.connectors.airtable.listing import Record
from worker.connectors.airtable.mirror import Mirror
from worker.connectors.airtable.schema import Field, Schema
from worker.domain.cells import Cell

_MOST = 64  # texts of one cell: as many as its rows' names can be put together


class Links:
    """The names of rows that cells of the base point to, as the mirror knows them."""

    def __init__(self, mirror: Mirror, schema: Callable[[], Schema]) -> None:
        self._mirror = mirror
        self._schema = schema

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
        """Return by our column what a record's links may have read as while their rows had other names."""
        found: dict[str, frozenset[Cell]] = {}
        for column, field in fields.items():
            raw = record["fields"].get(field.id) if field.linked else None
            if field.linked is None or not isinstance(raw, list):
                continue
            placed = self._schema().by_id(field.linked)
            names = self._mirror.names(placed) if placed is not None else {}
            if any(row in names for row in raw):
                found[column] = self._texts(field.linked, raw, names)
        return found

    def _texts(self, table: str, raw: Sequence[Any], names: Mapping[str, frozenset[str]]) -> frozenset[Cell]:
        rows = [row for row in raw if isinstance(row, str)]
        called = [{self.name_of(table, row) or row, *names.get(row, ())} for row in rows]
        return frozenset({tuple(rows), *(", ".join(one) for one in islice(product(*called), _MOST))})
