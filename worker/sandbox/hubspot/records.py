"""A record as it stands and as it stood. A write replaces the face whole: the search index may keep old ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from worker.sandbox.hubspot.kinds import CONTACTS, Kind
from worker.sandbox.hubspot.values import stamp


class Face(NamedTuple):
    """What a record shows; instants in milliseconds."""

    id: int
    kind: Kind
    created: int
    updated: int
    archived_at: int | None
    properties: Mapping[str, str]

    def value(self, name: str) -> str | None:
        """Return a property's value; None where it is unset."""
        held = self.properties.get(name)
        if held is not None:
            return held
        if name == "hs_object_id":
            return str(self.id)
        if name == "createdate":
            return stamp(self.created)
        return stamp(self.updated) if name == self.kind.modified else None


class Was(NamedTuple):
    """One entry of a property's history."""

    value: str
    at: int
    source: str


@dataclass
class Record:
    """A face and its history; a property that never changed since the record's creation has no entry of its own."""

    face: Face
    source: str
    history: dict[str, list[Was]] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """Return the record's id."""
        return self.face.id

    def past(self, name: str) -> list[Was]:
        """Return a property's history, newest first."""
        entries = self.history.get(name)
        if entries is not None:
            return entries[::-1]
        value = self.face.value(name)
        return [] if value is None else [Was(value, self.face.created, self.source)]

    def put(self, changes: Mapping[str, str], at: int, source: str) -> None:
        """Take new values; the empty text clears. The last-modified instant moves even when nothing differs."""
        before = self.face.properties
        for name, value in changes.items():
            if value != before.get(name, ""):
                if name not in self.history:
                    held = before.get(name)
                    self.history[name] = [Was(held, self.face.created, self.source)] if held is not None else []
                self.history[name].append(Was(value, at, source))
        after = {name: value for name, value in {**before, **changes}.items() if value != ""}
        self.face = self.face._replace(properties=after, updated=at)


def wire(face: Face, names: Iterable[str] | None = None, portal_id: int = 0) -> dict[str, Any]:
    """Return a record as the API shows it; `names` None = everything that is set.

    What is asked and unset is null; the three standing properties are always there.
    """
    kind = face.kind
    standing = ("createdate", "hs_object_id", kind.modified)
    wanted = sorted({*face.properties, *standing} if names is None else {*names, *standing})
    body = {
        "id": str(face.id),
        "properties": {name: face.value(name) for name in wanted},
        "createdAt": stamp(face.created),
        "updatedAt": stamp(face.updated),
        "archived": face.archived_at is not None,
    }
    if face.archived_at is not None:
        body["archivedAt"] = stamp(face.archived_at)
    body["url"] = f"https://app.hubspot.com/contacts/{portal_id}/record/{kind.type_id}/{face.id}"
    return body


def past_wire(record: Record, names: Iterable[str]) -> dict[str, Any]:
    """Return `propertiesWithHistory` of a record, newest value first (spec)."""
    return {
        name: [
            {"value": w.value, "timestamp": stamp(w.at), "sourceType": w.source, "sourceId": "userId:76070032"}
            for w in record.past(name)
        ]
        for name in names
    }


def email_domain(face: Face) -> str:
    """Return the domain of a contact's address; empty for other kinds and for none."""
    address = face.properties.get("email", "") if face.kind is CONTACTS else ""
    return address.partition("@")[2]
