"""The turn to write a table: two runs that wrote one tab at once would put back what the other has just written.

What lands in a wrong row is put back to what was read there; so nobody else may write between that reading and the
proof. Runs take turns, over all processes, and one that was overtaken reads the table again before it writes.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from worker.ports import Memory, Turns

_BEGUN = "begun "


class Turn:
    """The turns of one spreadsheet's tables; it remembers which writing our readings have seen."""

    def __init__(self, memory: Memory, turns: Turns, shelf: str) -> None:
        self._memory = memory
        self._turns = turns
        self._shelf = shelf
        self._seen: dict[str, str] = {}  # table → the last writing before it was read

    def about_to_read(self, tables: Collection[str]) -> None:
        """Note which writing was the last, before these tables are read."""
        last = self._memory.load(self._shelf)
        self._seen.update({table: last.get(table, "") for table in tables})

    @contextmanager
    def to_write(self, table: str) -> Iterator[bool]:
        """Wait until nobody else writes the table; give whether somebody did since it was read, or broke off."""
        with self._turns(table):
            last, own = self._memory.load(self._shelf).get(table, ""), uuid.uuid4().hex
            self._memory.save(self._shelf, {table: _BEGUN + own})
            try:
                yield last != self._seen.get(table, "") or last.startswith(_BEGUN)
            finally:
                self._memory.save(self._shelf, {table: own})
                self._seen[table] = own
