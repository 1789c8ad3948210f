"""The paths of associations (v4): many links in one call, in either form of answer.

An error here names the bad id and no trace id (captured 2026-03): who sent it has to work it out.
"""

from __future__ import annotations

from typing import Any

from worker.sandbox.hubspot.batches import multi
from worker.sandbox.hubspot.bodies import Ask, fields, text
from worker.sandbox.hubspot.drafts import living_id, type_ids
from worker.sandbox.hubspot.errors import Refusal, bad
from worker.sandbox.hubspot.kinds import Kind, kind_named
from worker.sandbox.hubspot.links import HUBSPOT
from worker.sandbox.hubspot.portal import Portal
from worker.sandbox.server import Reply

MOST_LINKS, MOST_READ = 2_000, 1_000
Row = dict[str, Any]


def _pair(ask: Ask) -> tuple[Kind, Kind]:
    ask.only()
    return kind_named(ask.parts[0]), kind_named(ask.parts[1])


def _ends(portal: Portal, source: Kind, target: Kind, entry: Row) -> tuple[int, int]:
    """Return the two ids of an input; a Refusal names the first that is not there."""
    from_id = living_id(portal, source, fields(entry["from"], ("id",), ("id",))["id"])
    to_id = living_id(portal, target, fields(entry["to"], ("id",), ("id",))["id"])
    if (source, from_id) == (target, to_id):
        raise Refusal(400, f"Object {from_id} cannot be associated to itself ({from_id})", "VALIDATION_ERROR")
    return from_id, to_id


def create(portal: Portal, ask: Ask) -> Reply:
    """POST associations/{from}/{to}/batch/create: to tie what is tied already changes no more than its labels."""
    source, target = _pair(ask)
    inputs = ask.inputs(("from", "to", "types"), ("from", "to", "types"), MOST_LINKS)
    types = [type_ids(portal, source, entry["types"]) for entry in inputs]
    for ids in types:
        for id_ in ids:
            if portal.links.types[id_].target is not target:
                raise bad(f"{id_} is no association type of {source.plural} to {target.plural}")
    results, errors = [], []
    for entry, ids in zip(inputs, types, strict=True):
        try:
            from_id, to_id = _ends(portal, source, target, entry)
        except Refusal as refusal:
            errors.append(refusal.item())
            continue
        portal.links.connect(source, from_id, target, to_id, ids)
        _touch(portal, source, from_id, target, to_id)
        labels = [portal.links.types[t].label for t in ids if portal.links.types[t].category != HUBSPOT]
        results.append({
            "fromObjectTypeId": source.type_id, "fromObjectId": from_id, "toObjectTypeId": target.type_id,
            "toObjectId": to_id, "labels": labels,
        })  # fmt: skip
    return multi(portal, ask, 201, results, errors)


def _touch(portal: Portal, source: Kind, from_id: int, target: Kind, to_id: int) -> None:
    portal.touch(source, [from_id])
    portal.touch(target, [to_id])


def associate_default(portal: Portal, ask: Ask) -> Reply:
    """POST associations/{from}/{to}/batch/associate/default: ties without a label, never as primary."""
    source, target = _pair(ask)
    results, errors = [], []
    for entry in ask.inputs(("from", "to"), ("from", "to"), MOST_LINKS):
        try:
            from_id, to_id = _ends(portal, source, target, entry)
        except Refusal as refusal:
            errors.append(refusal.item())
            continue
        there, back = portal.links.unlabelled(source, target), portal.links.unlabelled(target, source)
        portal.links.connect(source, from_id, target, to_id, [there])
        _touch(portal, source, from_id, target, to_id)
        results += [_default_row(from_id, to_id, there), _default_row(to_id, from_id, back)]
    return multi(portal, ask, 200, results, errors)


def _default_row(from_id: int, to_id: int, type_id: int) -> Row:
    spec = {"associationCategory": HUBSPOT, "associationTypeId": type_id}
    return {"from": {"id": str(from_id)}, "to": {"id": str(to_id)}, "associationSpec": spec}


def read(portal: Portal, ask: Ask) -> Reply:
    """POST associations/{from}/{to}/batch/read: a primary link shows both its types; nothing tied is an error item."""
    source, target = _pair(ask)
    results, errors = [], []
    for entry in ask.inputs(("id", "after"), ("id",), MOST_READ):
        id_ = text(entry["id"], "id")
        tied = portal.links.of(source, int(id_), target) if id_.isdecimal() else {}
        living = {to: types for to, types in sorted(tied.items()) if portal.there(target, to) is not None}
        if living:
            rows = [{"toObjectId": to, "associationTypes": _types(portal, types)} for to, types in living.items()]
            results.append({"from": {"id": id_}, "to": rows})
        else:
            errors.append(_nothing_tied(source, target, id_))
    return multi(portal, ask, 200, results, errors)


def _types(portal: Portal, types: set[int]) -> list[Row]:
    return [{"category": portal.links.types[t].category, "typeId": t, "label": portal.links.types[t].label}
            for t in sorted(types)]  # fmt: skip


def _nothing_tied(source: Kind, target: Kind, id_: str) -> Row:
    message = f"No {target.singular} is associated with {source.singular} {id_}."
    context = {"fromObjectId": [id_], "fromObjectType": [source.singular], "toObjectType": [target.singular]}
    missing = "crm.associations.NO_ASSOCIATIONS_FOUND"
    return Refusal(404, message, "OBJECT_NOT_FOUND", sub_category=missing, context=context).item()


def archive(portal: Portal, ask: Ask) -> Reply:
    """POST associations/{from}/{to}/batch/archive: unties; what is not tied is no error."""
    source, target = _pair(ask)
    for entry in ask.inputs(("from", "to"), ("from", "to"), MOST_LINKS):
        from_id = _number(fields(entry["from"], ("id",), ("id",)))
        if not isinstance(entry["to"], list):
            raise bad("Invalid input JSON: to must be a list")
        for end in entry["to"]:
            portal.links.disconnect(source, from_id, target, _number(fields(end, ("id",), ("id",))))
    return Reply(204)


def archive_labels(portal: Portal, ask: Ask) -> Reply:
    """POST associations/{from}/{to}/batch/labels/archive: takes types from links; with the unlabelled one go all."""
    source, target = _pair(ask)
    for entry in ask.inputs(("from", "to", "types"), ("from", "to", "types"), MOST_LINKS):
        from_id, to_id = (_number(fields(entry[end], ("id",), ("id",))) for end in ("from", "to"))
        portal.links.drop_types(source, from_id, target, to_id, type_ids(portal, source, entry["types"]))
    return Reply(204)


def _number(end: Row) -> int:
    id_ = text(end["id"], "id")
    if not id_.isdecimal():
        raise bad(f"{id_} is not a valid ID", id=[id_])
    return int(id_)


def labels(portal: Portal, ask: Ask) -> Reply:
    """GET associations/{from}/{to}/labels."""
    source, target = _pair(ask)
    found = [t for t in portal.links.types.values() if t.source is source and t.target is target]
    rows = [{"category": t.category, "typeId": t.id, "label": t.label} for t in found]
    return Reply.json(200, {"results": rows})
