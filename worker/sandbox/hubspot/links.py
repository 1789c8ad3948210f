"""Associations as they stand: which record is tied to which, under which types, seen from both sides.

HubSpot's own type ids are facts of its API (docs, 2026-11): 341 is deal to company *without* primary, 5 is primary.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from worker.sandbox.hubspot.kinds import COMPANIES, CONTACTS, DEALS, KINDS, Kind

_UNLABELLED = {
    (CONTACTS, COMPANIES): 279, (COMPANIES, CONTACTS): 280, (DEALS, COMPANIES): 341, (COMPANIES, DEALS): 342,
    (DEALS, CONTACTS): 3, (CONTACTS, DEALS): 4, (CONTACTS, CONTACTS): 449, (COMPANIES, COMPANIES): 450,
    (DEALS, DEALS): 451,
}  # fmt: skip
_PRIMARY = {(CONTACTS, COMPANIES): 1, (COMPANIES, CONTACTS): 2, (DEALS, COMPANIES): 5, (COMPANIES, DEALS): 6}
_PRIMARIES = {1, 5}  # of a contact or a deal: each has one primary company at most

HUBSPOT, USER = "HUBSPOT_DEFINED", "USER_DEFINED"


@dataclass(frozen=True)
class Type:
    """An association type in one direction; `inverse` is its id in the other."""

    id: int
    source: Kind
    target: Kind
    label: str | None
    inverse: int
    category: str = HUBSPOT


class Links:
    """All associations of a portal. Records are named by kind and id: an id is unique only within its kind."""

    def __init__(self) -> None:
        self.types: dict[int, Type] = {}
        for table, label in ((_UNLABELLED, None), (_PRIMARY, "Primary")):
            for (source, target), id_ in table.items():
                self.types[id_] = Type(id_, source, target, label, table[target, source])
        self._ends: dict[tuple[Kind, int], dict[Kind, dict[int, set[int]]]] = {}

    def unlabelled(self, source: Kind, target: Kind) -> int:
        """Return the type that every link of a pair has."""
        return _UNLABELLED[source, target]

    def add_label(self, source: Kind, target: Kind, label: str) -> int:
        """Make a label of a pair (both directions); return its id from source to target."""
        id_ = 1 + max(self.types)
        self.types[id_] = Type(id_, source, target, label, id_ + 1, USER)
        self.types[id_ + 1] = Type(id_ + 1, target, source, label, id_, USER)
        return id_

    def of(self, kind: Kind, id_: int, target: Kind) -> dict[int, set[int]]:
        """Return what a record is tied to: target id → type ids."""
        return self._ends.get((kind, id_), {}).get(target, {})

    def connect(self, source: Kind, from_id: int, target: Kind, to_id: int, types: Iterable[int]) -> None:
        """Tie two records; own labels replace those that stood, primary stays and is the only one of its record."""
        asked = set(types) | {self.unlabelled(source, target)}
        held = self.of(source, from_id, target).get(to_id, set())
        kept = {t for t in held if self.types[t].category == HUBSPOT}
        if asked & _PRIMARIES:
            self._unseat(source, from_id)
        if asked & {2, 6}:
            self._unseat(target, to_id)
        self._set(source, from_id, target, to_id, asked | kept)

    def _unseat(self, kind: Kind, id_: int) -> None:
        """Take the primary mark from every company of a contact or deal."""
        for company, held in list(self.of(kind, id_, COMPANIES).items()):
            self._set(kind, id_, COMPANIES, company, held - _PRIMARIES)

    def drop_types(self, source: Kind, from_id: int, target: Kind, to_id: int, types: Iterable[int]) -> None:
        """Take types from a link; without the unlabelled one nothing of it is left (docs)."""
        gone = set(types)
        held = self.of(source, from_id, target).get(to_id, set())
        left = set() if self.unlabelled(source, target) in gone else held - gone
        self._set(source, from_id, target, to_id, left)

    def disconnect(self, source: Kind, from_id: int, target: Kind, to_id: int) -> None:
        """Untie two records."""
        self._set(source, from_id, target, to_id, set())

    def _set(self, source: Kind, from_id: int, target: Kind, to_id: int, types: set[int]) -> None:
        self._put(source, from_id, target, to_id, types)
        self._put(target, to_id, source, from_id, {self.types[t].inverse for t in types})

    def _put(self, source: Kind, from_id: int, target: Kind, to_id: int, types: set[int]) -> None:
        ends = self._ends.setdefault((source, from_id), {}).setdefault(target, {})
        if types:
            ends[to_id] = types
        else:
            ends.pop(to_id, None)

    def move(self, kind: Kind, old: int, new: int) -> None:
        """Give every link of one record to another of its kind, as a merge does; the other's own primary stays."""
        for target in KINDS:
            for to_id, types in list(self.of(kind, old, target).items()):
                self.disconnect(kind, old, target, to_id)
                standing = self.of(kind, new, target)
                if any(held & _PRIMARIES for to, held in standing.items() if to != to_id):
                    types = types - _PRIMARIES
                self._set(kind, new, target, to_id, types | standing.get(to_id, set()))
