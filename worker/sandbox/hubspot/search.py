"""Search: strict about its limits, late by the index's lag, and silent about what was archived meanwhile.

After an archive `total` still counts what `results` leaves out (25 recorded replies): `total` alone proves nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from worker.sandbox.hubspot.bodies import Ask, text, texts
from worker.sandbox.hubspot.errors import bad
from worker.sandbox.hubspot.filters import Filter, Test, comparable, read_filter, test_of
from worker.sandbox.hubspot.index import Index
from worker.sandbox.hubspot.kinds import Kind, kind_named
from worker.sandbox.hubspot.objects import shown
from worker.sandbox.hubspot.portal import Portal
from worker.sandbox.hubspot.records import Face, Record
from worker.sandbox.hubspot.values import instant
from worker.sandbox.server import Reply

MOST_GROUPS, MOST_IN_GROUP, MOST_FILTERS = 5, 6, 18  # the search guide's; other sources say more
PAGE, REACH, LONGEST = 200, 10_000, 3_000
_FOREVER = 1 << 60
_MS = timedelta(milliseconds=1)

Group = list[Filter]


def search(portal: Portal, ask: Ask) -> Reply:
    """POST objects/{type}/search."""
    ask.only()
    kind = kind_named(ask.parts[0])
    body = ask.fields(("filterGroups", "properties", "sorts", "limit", "after", "query"))
    if ask.size > LONGEST:
        raise bad(f"The request body is longer than {LONGEST} characters")
    limit, after = _page(body)
    groups = _groups(portal, kind, body.get("filterGroups") or [])
    names = texts(body.get("properties") or [], "properties")
    index, old = _fresh_enough(portal, kind, ask)
    faces = _matches(portal, kind, index, old, groups, str(body.get("query") or "").lower())
    _sort(portal, kind, faces, body.get("sorts") or [])
    page = [face for face in faces[after : after + limit] if portal.there(kind, face.id) is not None]
    reply: dict[str, Any] = {"total": len(faces), "results": [shown(portal, Record(f, ""), names, []) for f in page]}
    if after + limit < len(faces):
        reply["paging"] = {"next": {"after": str(after + limit)}}
    return Reply.json(200, reply)


def _page(body: dict[str, Any]) -> tuple[int, int]:
    """Return limit and offset; both may come as text (recorded)."""
    limit, after = text(body.get("limit", 10), "limit"), text(body.get("after") or "0", "after")
    if not limit.isdecimal() or not 1 <= int(limit) <= PAGE:
        raise bad(f"limit must be between 1 and {PAGE}", limit=[limit])
    if not after.isdecimal() or int(after) + int(limit) > REACH:
        raise bad(f"after must be a number, and results beyond {REACH} can't be reached", after=[after])
    return int(limit), int(after)


def _groups(portal: Portal, kind: Kind, raw: Any) -> list[Group]:
    if not isinstance(raw, list) or not all(isinstance(g, dict) and set(g) == {"filters"} for g in raw):
        raise bad("Invalid input JSON: filterGroups must be a list of objects with filters")
    if not all(isinstance(g["filters"], list) for g in raw):
        raise bad("Invalid input JSON: filters must be a list")
    sizes = [len(group["filters"]) for group in raw]
    if len(sizes) > MOST_GROUPS or any(n > MOST_IN_GROUP for n in sizes) or sum(sizes) > MOST_FILTERS:
        limits = f"{MOST_GROUPS} groups, {MOST_IN_GROUP} filters in each, {MOST_FILTERS} in all"
        raise bad(f"Too many filters: the limits are {limits}")
    return [[read_filter(portal, kind, one) for one in group["filters"]] for group in raw]


def _fresh_enough(portal: Portal, kind: Kind, ask: Ask) -> tuple[Index, dict[int, Face | None]]:
    """Bring the index to what it may know by now; ordered staleness (option `seconds`) shows older faces on top."""
    index, now = portal.indexes[kind], portal.now()
    index.catch_up(now, portal.search_lag // _MS)
    stale = portal.faults.take("stale-search", ask.method, ask.path)
    if stale is None:
        return index, {}
    return index, index.before(now - int(stale.options.get("seconds", 60) * 1000))


def _matches(
    portal: Portal, kind: Kind, index: Index, old: dict[int, Face | None], groups: list[Group], query: str
) -> list[Face]:
    words = query.split()
    found: dict[int, Face] = {}
    for group in groups or [[]]:
        tests = [test_of(portal, kind, one) for one in group]
        if words:
            tests.append(_word_test(kind, words))
        for id_ in _candidates(kind, index, group):
            face = index.faces[id_] if id_ not in old else None
            if face is not None and _passes(face, tests):
                found[id_] = face
        for id_, past in old.items():
            if past is not None and _passes(past, tests):
                found[id_] = past
    return list(found.values())


def _passes(face: Face, tests: list[Test]) -> bool:
    return all(test(face) for test in tests)


def _word_test(kind: Kind, words: list[str]) -> Test:
    def test(face: Face) -> bool:
        held = " ".join(face.properties.get(name, "") for name in kind.searched).lower()
        return all(word in held for word in words)

    return test


def _candidates(kind: Kind, index: Index, group: Group) -> Iterable[int]:
    """Return ids among which every match of a group is: by time, by value or by id where a filter allows it."""
    low, high = 0, _FOREVER
    for one in group:
        if one.name == kind.modified and one.operator in ("GT", "GTE", "EQ", "BETWEEN"):
            low = max(low, instant(one.value) or 0)
        if one.name == kind.modified and one.operator in ("LT", "LTE", "EQ", "BETWEEN"):
            high = min(high, instant(one.high or one.value) or 0)
        if one.definition is not None and one.definition.type in ("string", "enumeration", "bool"):
            if one.operator == "EQ":
                return index.holding(one.name, [one.value])
            if one.operator == "IN":
                return index.holding(one.name, list(one.values))
    if (low, high) != (0, _FOREVER):
        return index.changed(low, high)
    above = [int(one.value) for one in group if one.name == "hs_object_id" and one.operator in ("GT", "GTE")
             and one.value.isdecimal()]  # fmt: skip
    return index.beyond(max(above)) if above else index.faces.keys()


def _sort(portal: Portal, kind: Kind, faces: list[Face], raw: Any) -> None:
    """Sort by the one order that is allowed, by id where it leaves a tie; without one, in the order of creation."""
    if not isinstance(raw, list) or len(raw) > 1:
        raise bad(f"Invalid input JSON: sorts must be a list of one at most, not {json.dumps(raw, default=str)}")
    faces.sort(key=lambda face: face.id)
    if not raw:
        return
    if not isinstance(raw[0], str) and not portal.sorts_as_objects:
        raise bad("Invalid input JSON: a sort is the name of a property")
    one = {"propertyName": raw[0]} if isinstance(raw[0], str) else raw[0]
    if not isinstance(one, dict) or not {"propertyName"} <= set(one) <= {"propertyName", "direction"}:
        raise bad("Invalid input JSON: a sort is a property name, or propertyName and direction")
    definition = portal.definitions[kind].get(str(one["propertyName"]))
    direction = one.get("direction", "ASCENDING")
    if definition is None or direction not in ("ASCENDING", "DESCENDING"):
        raise bad(f"Cannot sort by {one['propertyName']} {direction}")
    if definition.name == kind.modified:
        faces.sort(key=lambda face: face.updated, reverse=direction == "DESCENDING")
    elif definition.name != "hs_object_id":
        keyed = [(comparable(definition, face.value(definition.name) or ""), face) for face in faces]
        keyed.sort(key=lambda pair: (pair[0] is not None, pair[0]), reverse=direction == "DESCENDING")
        faces[:] = [face for _, face in keyed]
    elif direction == "DESCENDING":
        faces.reverse()
