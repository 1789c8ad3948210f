"""How many rows each table had, remembered, so that one which suddenly lost many is noticed before anything is done."""

from __future__ import annotations

from collections.abc import Mapping

from worker.engine.memory import StoreMemory

_SHELF = "row-counts"


class RowCounts:
    """The counts of one programme as they stood at the first look of one round, which what it reads is held against.

    Rows that another run makes, and counts, after this one has read the tables are not lost; nor is its count.
    """

    def __init__(self, memory: StoreMemory) -> None:
        self._memory = memory
        self._known: dict[str, str] | None = None

    def load(self) -> None:
        """Load what is remembered; to be called before the tables are read, as others may count meanwhile."""
        if self._known is None:
            self._known = self._memory.load(_SHELF)

    def of(self, table: str) -> int:
        """Return how many rows a table had; 0 where nothing is remembered."""
        return int((self._known or {}).get(table, "0"))

    def note(self, counts: Mapping[str, int]) -> None:
        """Remember how many rows there are; a table that another counted meanwhile stays as it was counted."""
        first = self._known or {}
        news = {table: str(count) for table, count in counts.items() if first.get(table) != str(count)}
        if news:
            self._memory.amend(
                [(_SHELF, table) for table in news],
                lambda _, table, there: news[table] if there == first.get(table) else there,
            )
        self._known = {**first, **news}
