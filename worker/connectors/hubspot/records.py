"""Reading records and their associations in batches, each input accounted for. Writes nothing, knows no lead.

The order of a batch is not kept, inputs may be left out without a word, and partial failures come with any status
(recorded, captured, 2026-11): a result is known by what it says of itself, and what is not accounted for is read again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from worker.connectors.hubspot.api import (
    ASSOCIATIONS,
    MOST,
    MOST_TIES_READ,
    MOST_WITH_HISTORY,
    Door,
    Json,
    associations,
    objects,
)  # fmt: skip
from worker.connectors.hubspot.errors import NOT_FOUND, fault
from worker.ports import Refused

T = TypeVar("T")

MERGED = "hs_merged_object_ids"
PRIMARY = {"companies": 5}  # of a deal's associations: the type that marks the primary company (docs, 2026-11)


@dataclass(frozen=True, slots=True)
class Record:
    """A record as read; unset properties are left out, instants are in UTC."""

    id: str
    properties: Mapping[str, str]
    updated: datetime
    history: Mapping[str, Sequence[tuple[datetime, str]]]  # property → (since when, value), oldest first
    archived: bool = False

    def text(self, name: str) -> str:
        """Return a property as text without blanks around it; empty where it is unset."""
        return self.properties.get(name, "").strip()

    def aliases(self) -> list[str]:
        """Return the ids that were merged into this record, as far as it was asked for them."""
        return listed(self.text(MERGED))

    def flag(self, name: str) -> bool | None:
        """Return a property that is true or false; None where it is unset or neither."""
        return {"true": True, "false": False}.get(self.text(name).lower())


def listed(text: str) -> list[str]:
    """Return what stands in a property that holds several values."""
    return [value.strip() for value in text.replace(",", ";").split(";") if value.strip()]


def record(data: Any) -> Record | None:
    """Read one record of an answer; None for anything without an id."""
    if not isinstance(data, dict) or not data.get("id"):
        return None
    values = {k: str(v) for k, v in (data.get("properties") or {}).items() if v is not None}
    changed = values.get("hs_lastmodifieddate") or values.get("lastmodifieddate") or str(data.get("updatedAt") or "")
    past = {name: _history(entries) for name, entries in (data.get("propertiesWithHistory") or {}).items()}
    return Record(str(data["id"]), values, instant(changed) or _NEVER, past, data.get("archived") is True)


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def instant(text: str) -> datetime | None:
    """Read an instant: ISO 8601, or milliseconds since 1970."""
    if text.isdigit():
        return datetime.fromtimestamp(int(text) // 1000, UTC).replace(microsecond=int(text) % 1000 * 1000)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _history(entries: Any) -> Sequence[tuple[datetime, str]]:
    read = [(instant(str(e.get("timestamp") or "")), str(e.get("value") or "")) for e in entries or ()]
    # Newest first as HubSpot tells it; turned round before the sort, so that equal instants keep their order.
    return sorted(((at, value) for at, value in reversed(read) if at is not None), key=lambda entry: entry[0])


def chunks(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of at most `most`."""
    for start in range(0, len(items), most):
        yield items[start : start + most]


def by_id(
    door: Door, kind: str, ids: Collection[str], names: Sequence[str], *,
    history: Sequence[str] = (), archived: bool = False,
) -> dict[str, Record]:  # fmt: skip
    """Return the records by the id as asked; what is archived or unknown is left out.

    A record merged away is left out too, or its survivor stands there, with an id of its own.
    """
    found: dict[str, Record] = {}
    for chunk in chunks(sorted(ids), MOST_WITH_HISTORY if history else MOST):
        found |= _batch_read(door, kind, chunk, names, None, history, archived)
    return found


def by_key(
    door: Door, kind: str, prop: str, keys: Collection[str], names: Sequence[str] = (), *, archived: bool = False
) -> dict[str, Record]:
    """Return the records that hold these values of a unique property, by the value as asked."""
    found: dict[str, Record] = {}
    for chunk in chunks(sorted(keys), MOST):
        found |= _batch_read(door, kind, chunk, [prop, *names], prop, (), archived)
    return found


def _batch_read(
    door: Door, kind: str, asked: Sequence[str], names: Sequence[str], prop: str | None, history: Sequence[str],
    archived: bool,
) -> dict[str, Record]:  # fmt: skip
    found: dict[str, Record] = {}
    left = list(asked)
    for _ in range(2):  # what was left out without a word is asked for once more
        body: Json = {"properties": list(names), "propertiesWithHistory": list(history)}
        body |= {"inputs": [{"id": value} for value in left]} | ({"idProperty": prop} if prop else {})
        try:
            answer = door.read(objects(kind, "batch/read"), body, [("archived", "true")] if archived else ())
        except Refused as error:
            if error.code != NOT_FOUND:
                raise
            return found
        found |= _told_apart(answer, left, prop)
        left = _unexplained(answer, [value for value in left if value not in found])
        if not left:
            break
    return found


def _told_apart(answer: Json, asked: Sequence[str], prop: str | None) -> dict[str, Record]:
    """Return the results by what was asked: the id, or the value of the unique property in any case of its letters."""
    wanted = {value.casefold(): value for value in asked}
    found: dict[str, Record] = {}
    for one in filter(None, map(record, answer.get("results") or ())):
        for value in _values(one, prop):
            if value.casefold() in wanted:
                found[wanted[value.casefold()]] = one
    return found


def _values(one: Record, prop: str | None) -> list[str]:
    if prop is None:
        return [one.id, *one.aliases()]
    # A contact is found by its further addresses too, which stand in a property of their own (docs, 2026-11).
    return [one.text(prop), *(listed(one.text("hs_additional_emails")) if prop == "email" else [])]


def _unexplained(answer: Json, missing: list[str]) -> list[str]:
    """Return what is neither a result nor named by an error."""
    errors = [fault(item) for item in answer.get("errors") or ()]
    named = {value for error in errors for values in error.context.values() for value in values}
    left = [value for value in missing if value not in named]
    counted = answer.get("numErrors")
    return [] if isinstance(counted, int) and counted >= len(missing) else left


def tied(door: Door, source: str, target: str, ids: Collection[str]) -> dict[str, list[str]]:
    """Return for each id what it is tied to, the primary first, then by age (the lower id)."""
    found: dict[str, list[str]] = {}
    for chunk in chunks(sorted(ids), MOST_TIES_READ):
        body: Json = {"inputs": [{"id": value} for value in chunk]}
        answer = door.read(associations(source, target, "read"), body, limits=ASSOCIATIONS)
        # paging.next of this answer leads nowhere: `after` is ignored (issue HubSpot/hubspot-api-python#187).
        for one in answer.get("results") or ():
            found[str(one["from"]["id"])] = _in_order(one.get("to") or (), PRIMARY.get(target))
    return found


def _in_order(ends: Sequence[Json], primary: int | None) -> list[str]:
    def rank(end: Json) -> tuple[bool, int, str]:
        types = [t.get("typeId") for t in end.get("associationTypes") or ()]
        return primary not in types, len(str(end["toObjectId"])), str(end["toObjectId"])

    return [str(end["toObjectId"]) for end in sorted(ends, key=rank)]
