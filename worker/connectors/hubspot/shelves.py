"""The memory of one account under one set of property names: another token or another property begins afresh."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

from worker.ports import Memory, Move


class OwnShelves:
    """A `Memory` whose shelves bear a digest of what their content depends on; the digest tells nothing of it."""

    def __init__(self, memory: Memory, depends_on: Collection[str]) -> None:
        self._memory = memory
        self._mark = hashlib.sha256("\n".join(depends_on).encode()).hexdigest()[:12]

    def load(self, shelf: str) -> dict[str, str]:
        """Return everything on the shelf."""
        return self._memory.load(self._own(shelf))

    def cursor(self, shelf: str) -> str | None:
        """Return the shelf's cursor."""
        return self._memory.cursor(self._own(shelf))

    def save(
        self, shelf: str, put: Mapping[str, str], drop: Collection[str] = (), *, cursor: str | Move | None = None
    ) -> None:
        """Put and drop items and move the cursor."""
        self._memory.save(self._own(shelf), put, drop, cursor=cursor)

    def clear(self, shelf: str) -> None:
        """Forget the shelf."""
        self._memory.clear(self._own(shelf))

    def _own(self, shelf: str) -> str:
        return f"{shelf}/{self._mark}"
