"""Merging two records into a new one with a new id (docs, 2026-11): both old ids lead to it."""

from __future__ import annotations

from worker.sandbox.hubspot.bodies import Ask, text
from worker.sandbox.hubspot.errors import bad
from worker.sandbox.hubspot.kinds import COMPANIES, CONTACTS, Kind, kind_named
from worker.sandbox.hubspot.portal import API, Portal
from worker.sandbox.hubspot.records import Face, Record, Was, wire
from worker.sandbox.server import Reply


def join(portal: Portal, keep: Record, other: Record, source: str) -> Record:
    """Make the record that takes the place of both; where both have a value, `keep`'s stands."""
    kind, now = keep.face.kind, portal.now()
    ids = [*_merged_before(keep), str(keep.id), *_merged_before(other), str(other.id)]
    filled = {k: v for k, v in other.face.properties.items() if k not in keep.face.properties}
    properties = {**keep.face.properties, **filled, **_second(kind, keep, other), "hs_merged_object_ids": ";".join(ids)}
    # A history that the kept record did not write out is written out now: the new record is younger than its values.
    history = {name: keep.past(name)[::-1] for name in keep.face.properties}
    history |= {name: [Was(value, now, source)] for name, value in properties.items() if name not in history}
    face = Face(portal.new_id(kind), kind, keep.face.created, now, None, properties)
    survivor = portal.replace((keep, other), face, history, source)
    portal.hooks.note(
        kind, "merge", survivor.id, now, source, primaryObjectId=keep.id, mergedObjectIds=[other.id],
        newObjectId=survivor.id, numberOfPropertiesMoved=len(filled),
    )  # fmt: skip
    portal.hooks.note(kind, "deletion", other.id, now, source)
    return survivor


def _merged_before(record: Record) -> list[str]:
    return [id_ for id_ in record.face.properties.get("hs_merged_object_ids", "").split(";") if id_]


def _second(kind: Kind, keep: Record, other: Record) -> dict[str, str]:
    """Return the further addresses or domains of the merged record; matching the first alone misses them (docs)."""
    pairs = {CONTACTS: ("email", "hs_additional_emails"), COMPANIES: ("domain", "hs_additional_domains")}
    if kind not in pairs:
        return {}
    first, more = pairs[kind]
    listed = [v for r in (keep, other) for v in r.face.properties.get(more, "").split(";") if v]
    second = other.face.properties.get(first)
    if second and keep.face.properties.get(first, second) != second:
        listed.append(second)
    return {more: ";".join(dict.fromkeys(listed))} if listed else {}


def merge_records(portal: Portal, ask: Ask) -> Reply:
    """POST objects/{type}/merge."""
    ask.only()
    kind = kind_named(ask.parts[0])
    body = ask.fields(("primaryObjectId", "objectIdToMerge"), ("primaryObjectId", "objectIdToMerge"))
    found = []
    for name in ("primaryObjectId", "objectIdToMerge"):
        id_ = text(body[name], name)
        record = portal.there(kind, int(id_)) if id_.isdecimal() else None
        if record is None:
            raise bad(f"{kind.singular} {id_} does not exist", id=[id_])
        found.append(record)
    if found[0] is found[1]:
        raise bad("Objects cannot be merged into themselves")
    return Reply.json(200, wire(join(portal, found[0], found[1], API).face, portal_id=portal.portal_id))
