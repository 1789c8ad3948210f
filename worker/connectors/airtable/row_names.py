"""What rows were called before they were renamed or deleted, for the cells that link to them; noted for good."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from worker.connectors.airtable.listing import Record
from worker.ports import Memory

_GONE: Record = {"fields": {}}


class RowNames:
    """The names of rows on memory's shelves, an item a row and name: no run takes away what another noted."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def of(self, shelf: str) -> dict[str, frozenset[str]]:
        """Return by row the names that it has had, of those renamed or deleted."""
        found: dict[str, set[str]] = {}
        for item in self._memory.load(shelf):
            row, _, name = item.partition("/")
            found.setdefault(row, set()).add(name)
        return {row: frozenset(names) for row, names in found.items()}

    def note(
        self, shelf: str, key: str, before: Mapping[str, Record], put: Mapping[str, Record], drop: Collection[str]
    ) -> None:
        """Note what rows were called in this field, and are now; to be done before they are stored."""
        after = {**put, **dict.fromkeys(drop, _GONE)}
        names = {row: [r["fields"].get(key) for r in (before[row], after[row])] for row in after.keys() & before.keys()}
        items = {f"{row}/{str(n).strip()}": "1" for row, both in names.items() if both[0] != both[1] for n in both if n}
        if items:
            self._memory.save(shelf, items)
