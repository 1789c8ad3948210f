"""What a connector remembers between runs: named shelves of JSON text. Losing it costs calls, never truth."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import text

from worker.engine.store import Store

_LOAD = text("SELECT item, body FROM memory WHERE space = :space AND shelf = :shelf")
_PUT = text(
    "INSERT INTO memory (space, shelf, item, body) VALUES (:space, :shelf, :item, :body) "
    "ON CONFLICT (space, shelf, item) DO UPDATE SET body = excluded.body"
)
_DROP = text("DELETE FROM memory WHERE space = :space AND shelf = :shelf AND item = :item")
_CLEAR = text("DELETE FROM memory WHERE space = :space AND shelf = :shelf")
_POSITION = text("SELECT position FROM cursors WHERE space = :space AND shelf = :shelf")
_MOVE = text(
    "INSERT INTO cursors (space, shelf, position) VALUES (:space, :shelf, :position) "
    "ON CONFLICT (space, shelf) DO UPDATE SET position = excluded.position"
)
_LOSE = text("DELETE FROM cursors WHERE space = :space AND shelf = :shelf")


class StoreMemory:
    """A `ports.Memory` of one `space`: the programme and the provider, like `acme/hubspot`."""

    def __init__(self, store: Store, space: str) -> None:
        self._store = store
        self._space = space

    def load(self, shelf: str) -> dict[str, str]:
        """Return everything on the shelf: id → JSON text."""
        with self._store.read() as connection:
            return {row.item: row.body for row in connection.execute(_LOAD, self._on(shelf))}

    def cursor(self, shelf: str) -> str | None:
        """Return the shelf's cursor; None when it was never filled."""
        with self._store.read() as connection:
            position: str | None = connection.scalar(_POSITION, self._on(shelf))
            return position

    def save(
        self, shelf: str, put: Mapping[str, str], drop: Collection[str] = (), *, cursor: str | None = None
    ) -> None:
        """Drop, then put items and move the cursor (None leaves it), in one transaction."""
        on = self._on(shelf)
        with self._store.write() as connection:
            if drop:
                connection.execute(_DROP, [{**on, "item": item} for item in drop])
            if put:
                connection.execute(_PUT, [{**on, "item": item, "body": body} for item, body in put.items()])
            if cursor is not None:
                connection.execute(_MOVE, {**on, "position": cursor})

    def clear(self, shelf: str) -> None:
        """Forget the shelf and its cursor."""
        with self._store.write() as connection:
            connection.execute(_CLEAR, self._on(shelf))
            connection.execute(_LOSE, self._on(shelf))

    def _on(self, shelf: str) -> dict[str, str]:
        return {"space": self._space, "shelf": shelf}
