"""The search index: what a search sees, which is what the records showed a while ago.

Every write is noted at its instant and taken in when the lag is over (18 of 18 recorded searches within 2 s of a create
missed it; all first hits came at 30 s). It finds by time, by id and by value without looking at every record.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from typing import NamedTuple

from worker.sandbox.hubspot.records import Face

REMEMBERED = 600_000  # milliseconds for which replaced faces are kept, for a search that is ordered to be stale


class _Note(NamedTuple):
    at: int
    id: int
    face: Face | None


class Index:
    """The index of one kind of record; instants are milliseconds."""

    def __init__(self) -> None:
        self.faces: dict[int, Face] = {}
        self.generation = 0  # grows whenever anything in it changes
        self._waiting: deque[_Note] = deque()
        self._replaced: deque[_Note] = deque()
        self._times: list[tuple[int, int]] = []  # (updated, id), in order; an entry whose face moved on is dead
        self._ids: list[int] = []
        self._by_value: dict[str, dict[str, set[int]]] = {}

    def note(self, at: int, id_: int, face: Face | None) -> None:
        """Remember that a record changed; None when it is to vanish."""
        self._waiting.append(_Note(at, id_, face))

    def catch_up(self, now: int, lag: int) -> None:
        """Take in what was written a lag ago or earlier."""
        while self._waiting and self._waiting[0].at + lag <= now:
            note = self._waiting.popleft()
            self._replaced.append(_Note(note.at + lag, note.id, self.faces.get(note.id)))
            self._take(note.id, note.face)
            self.generation += 1
        while self._replaced and self._replaced[0].at < now - REMEMBERED:
            self._replaced.popleft()
        if len(self._times) > 2 * len(self.faces) + 1000:
            self._times = [(at, id_) for at, id_ in self._times if self._alive(at, id_)]

    def before(self, since: int) -> dict[int, Face | None]:
        """Return the faces that stood before those visible since `since`: what a stale search shows instead."""
        old: dict[int, Face | None] = {}
        for note in self._replaced:
            if note.at >= since:
                old.setdefault(note.id, note.face)
        return old

    def _take(self, id_: int, face: Face | None) -> None:
        old = self.faces.pop(id_, None)
        for name, holders in self._by_value.items():
            if old is not None and (held := old.value(name)) is not None:
                holders[held.lower()].discard(id_)
            if face is not None and (value := face.value(name)) is not None:
                holders.setdefault(value.lower(), set()).add(id_)
        if face is None:
            if old is not None:
                del self._ids[bisect_left(self._ids, id_)]
            return
        self.faces[id_] = face
        self._times.append((face.updated, id_))
        if old is None:
            insort(self._ids, id_)

    def _alive(self, at: int, id_: int) -> bool:
        face = self.faces.get(id_)
        return face is not None and face.updated == at

    def changed(self, low: int, high: int) -> list[int]:
        """Return the ids last modified between two instants, both included, oldest first."""
        start, end = bisect_left(self._times, (low, -1)), bisect_right(self._times, (high, 1 << 62))
        # A record noted twice in one millisecond stands here twice; a dict keeps the first of each.
        return list(dict.fromkeys(id_ for at, id_ in self._times[start:end] if self._alive(at, id_)))

    def beyond(self, id_: int) -> list[int]:
        """Return the ids from this one on, in order."""
        return self._ids[bisect_left(self._ids, id_) :]

    def holding(self, name: str, values: list[str]) -> set[int]:
        """Return the ids of records that hold one of these values of a property, without regard to case."""
        holders = self._by_value.get(name)
        if holders is None:
            holders = self._by_value[name] = {}
            for face in self.faces.values():
                if (value := face.value(name)) is not None:
                    holders.setdefault(value.lower(), set()).add(face.id)
        found: set[int] = set()
        for value in values:
            found |= holders.get(value.lower(), set())
        return found
