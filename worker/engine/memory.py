"""What a connector remembers between runs: named shelves of JSON text. Losing it costs calls, never truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping

from sqlalchemy import Connection, TextClause, bindparam, text

from worker.engine.store import Store
from worker.ports import Move

_LOAD = text("SELECT item, body FROM memory WHERE space = :space AND shelf = :shelf")
_ITEMS = text("SELECT item FROM memory WHERE space = :space AND shelf = :shelf")
_SOME = text("SELECT item, body FROM memory WHERE space = :space AND shelf = :shelf AND item IN :items")
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
_AT_ONCE = 500  # items that one question names

Amend = Callable[[str, str, str | None], str | None]  # shelf, item, what is there → what is to be there


class StoreMemory:
    """A `ports.Memory` of one `space`: the programme and the provider, like `acme/hubspot`."""

    def __init__(self, store: Store, space: str) -> None:
        self._store = store
        self._space = space

    def load(self, shelf: str) -> dict[str, str]:
        """Return everything on the shelf: id → JSON text."""
        with self._store.read() as connection:
            return {row.item: row.body for row in connection.execute(_LOAD, self._on(shelf))}

    def items(self, shelf: str) -> set[str]:
        """Return the ids of what is on the shelf."""
        with self._store.read() as connection:
            return set(connection.scalars(_ITEMS, self._on(shelf)))

    def cursor(self, shelf: str) -> str | None:
        """Return the shelf's cursor; None when it was never filled."""
        with self._store.read() as connection:
            position: str | None = connection.scalar(_POSITION, self._on(shelf))
            return position

    def save(
        self, shelf: str, put: Mapping[str, str], drop: Collection[str] = (), *, cursor: str | Move | None = None
    ) -> None:
        """Drop, then put items and move the cursor (None leaves it), in one transaction."""
        on = self._on(shelf)
        with self._store.write() as connection:
            if drop:
                connection.execute(_DROP, [{**on, "item": item} for item in drop])
            if put:
                connection.execute(_PUT, [{**on, "item": item, "body": body} for item, body in put.items()])
            if callable(cursor):
                cursor = cursor(connection.scalar(_locked(_POSITION, connection), on))
            if cursor is not None:
                connection.execute(_MOVE, {**on, "position": cursor})

    def some(self, shelf: str, items: Collection[str]) -> dict[str, str]:
        """Return these items of the shelf, as far as they are there."""
        with self._store.read() as connection:
            return self._some(connection, shelf, sorted(items))

    def amend(
        self, items: Collection[tuple[str, str]], change: Amend, cursors: Mapping[str, str] | None = None
    ) -> None:
        """Put what `change` makes of each (shelf, item), None dropping it; nobody comes between reading and putting.

        The cursors, by shelf, are moved in the same transaction.
        """
        shelves: dict[str, list[str]] = defaultdict(list)
        for shelf, item in items:
            shelves[shelf].append(item)
        with self._store.write() as connection:
            for shelf, wanted in shelves.items():
                there = self._some(connection, shelf, wanted)
                now = {item: change(shelf, item, there.get(item)) for item in wanted}
                put = [
                    {**self._on(shelf), "item": i, "body": b} for i, b in now.items() if b not in (None, there.get(i))
                ]
                gone = [{**self._on(shelf), "item": item} for item in there if now[item] is None]
                for statement, rows in ((_PUT, put), (_DROP, gone)):
                    if rows:
                        connection.execute(statement, rows)
            for shelf, position in (cursors or {}).items():
                connection.execute(_MOVE, {**self._on(shelf), "position": position})

    def _some(self, connection: Connection, shelf: str, items: Collection[str]) -> dict[str, str]:
        wanted, found = list(items), {}
        asked = _locked(_SOME, connection).bindparams(bindparam("items", expanding=True))
        for start in range(0, len(wanted), _AT_ONCE):
            rows = connection.execute(asked, {**self._on(shelf), "items": wanted[start : start + _AT_ONCE]})
            found.update({row.item: row.body for row in rows})
        return found

    def clear(self, shelf: str) -> None:
        """Forget the shelf and its cursor."""
        with self._store.write() as connection:
            connection.execute(_CLEAR, self._on(shelf))
            connection.execute(_LOSE, self._on(shelf))

    def _on(self, shelf: str) -> dict[str, str]:
        return {"space": self._space, "shelf": shelf}


def _locked(statement: TextClause, connection: Connection) -> TextClause:
    """Let nobody change what is read before the transaction ends; SQLite's writers are alone anyway."""
    return text(f"{statement.text} FOR UPDATE") if connection.dialect.name == "postgresql" else statement
