"""The paths of properties and their groups: read, create one or many, change, bin."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from worker.sandbox.hubspot.batches import multi
from worker.sandbox.hubspot.bodies import Ask, entries, fields, typed
from worker.sandbox.hubspot.definitions import Option, Property
from worker.sandbox.hubspot.errors import Refusal, bad, nothing_there
from worker.sandbox.hubspot.kinds import Kind, kind_named
from worker.sandbox.hubspot.portal import Portal
from worker.sandbox.hubspot.values import stamp
from worker.sandbox.server import Reply

MOST_UNIQUE = 10  # unique-ID properties an object (spec)
TYPES = {
    "string": ("text", "textarea", "phonenumber", "file", "html"), "number": ("number",), "date": ("date",),
    "datetime": ("date",), "enumeration": ("select", "radio", "checkbox"), "bool": ("booleancheckbox",),
}  # fmt: skip
_CHANGEABLE = ("label", "groupName", "type", "fieldType", "description", "options", "displayOrder", "hidden",
               "formField", "dataSensitivity")  # fmt: skip
_CREATING = ("name", *_CHANGEABLE, "hasUniqueValue", "externalOptions", "referencedObjectType")
_KINDS = {
    "name": str, "label": str, "groupName": str, "type": str, "fieldType": str, "description": str, "value": str,
    "displayOrder": int, "hidden": bool, "formField": bool, "hasUniqueValue": bool,
}  # fmt: skip
_NEEDED = ("name", "label", "groupName", "type", "fieldType")


def list_properties(portal: Portal, ask: Ask) -> Reply:
    """GET properties/{type}."""
    ask.only("archived", "dataSensitivity")
    kind, archived = kind_named(ask.parts[0]), ask.flag("archived")
    found = [d.wire() for d in portal.definitions[kind].values() if d.archived is archived]
    return Reply.json(200, {"results": found})


def read_property(portal: Portal, ask: Ask) -> Reply:
    """GET properties/{type}/{name}."""
    ask.only("archived")
    return Reply.json(200, _there(portal, ask, archived=ask.flag("archived")).wire())


def _there(portal: Portal, ask: Ask, *, archived: bool = False) -> Property:
    found = portal.definitions[kind_named(ask.parts[0])].get(ask.parts[1])
    if found is None or found.archived is not archived:
        raise nothing_there()
    return found


def create_property(portal: Portal, ask: Ask) -> Reply:
    """POST properties/{type}; what the real one says to a name that is taken is undocumented, here 409."""
    ask.only()
    kind = kind_named(ask.parts[0])
    return Reply.json(201, add(portal, kind, ask.fields(_CREATING, _NEEDED)).wire())


def create_batch(portal: Portal, ask: Ask) -> Reply:
    """POST properties/{type}/batch/create: names that are taken are told, the others made (captured 2026-02)."""
    ask.only()
    kind = kind_named(ask.parts[0])
    made, errors = [], []
    for entry in ask.inputs(_CREATING, _NEEDED):
        try:
            made.append(add(portal, kind, entry).wire())
        except Refusal as refusal:
            if refusal.category != "OBJECT_ALREADY_EXISTS":
                raise
            errors.append(refusal.item())
    return multi(portal, ask, 201, made, errors)


def add(portal: Portal, kind: Kind, raw: dict[str, Any]) -> Property:
    """Make a property out of the fields the API takes; a Refusal says what is wrong with them."""
    typed(raw, _KINDS)
    name, known = raw["name"], portal.definitions[kind]
    if name in known and not known[name].archived:
        raise Refusal(
            409, f"A property named '{name}' already exists.", "OBJECT_ALREADY_EXISTS",
            sub_category="Properties.PROPERTY_WITH_NAME_EXISTS", item_context={"name": [name]},
        )  # fmt: skip
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name):
        raise bad(f"Property name {name} must be lower-case letters, digits and underscores", name=[name])
    now = stamp(portal.now())
    blank = Property(name, "", "string", "text", "", created_at=now, updated_at=now)
    made = replace(_changed(portal, kind, blank, raw), unique=raw.get("hasUniqueValue", False))
    if made.unique and len([d for d in known.values() if d.unique and not d.archived]) >= MOST_UNIQUE:
        raise bad(f"An object can have at most {MOST_UNIQUE} unique properties")
    if made.unique and made.type not in ("string", "number"):
        raise bad(f"A property of type {made.type} cannot be unique")
    known[name] = made
    portal.forget_unique(kind, name)
    return made


def _changed(portal: Portal, kind: Kind, old: Property, raw: dict[str, Any]) -> Property:
    type_, field_type = raw.get("type", old.type), raw.get("fieldType", old.field_type)
    if field_type not in TYPES.get(type_, ()):
        raise bad(f"fieldType {field_type} does not go with type {type_}")
    group = raw.get("groupName", old.group)
    if group not in portal.groups[kind]:
        raise bad(f"Property group {group} does not exist", groupName=[group])
    return replace(
        old, label=raw.get("label", old.label), type=type_, field_type=field_type, group=group,
        description=raw.get("description", old.description), hidden=raw.get("hidden", old.hidden),
        order=raw.get("displayOrder", old.order), form_field=raw.get("formField", old.form_field),
        options=_options(raw["options"]) if "options" in raw else old.options,
    )  # fmt: skip


def _options(raw: Any) -> tuple[Option, ...]:
    if raw == []:
        return ()
    known = ("label", "value", "description", "displayOrder", "hidden")
    given = entries(raw, known, ("label", "value"), most=5_000)
    for option in given:
        typed(option, _KINDS)
    if len({o["value"] for o in given}) < len(given):
        raise bad("Property option values must be unique")
    return tuple(
        Option(o["value"], o["label"], o.get("displayOrder", i), o.get("hidden", False), o.get("description", ""))
        for i, o in enumerate(given)
    )  # fmt: skip


def update_property(portal: Portal, ask: Ask) -> Reply:
    """PATCH properties/{type}/{name}: `hasUniqueValue` can't be changed any more (spec)."""
    ask.only()
    kind, old = kind_named(ask.parts[0]), _there(portal, ask)
    body = ask.fields(("name", *_CHANGEABLE))
    if old.standard and body.keys() - {"options"}:
        raise bad(f"The definition of {old.name} is HubSpot's own and read-only")
    typed(body, _KINDS)
    made = replace(_changed(portal, kind, old, body), updated_at=stamp(portal.now()))
    portal.definitions[kind][old.name] = made
    return Reply.json(200, made.wire())


def archive_property(portal: Portal, ask: Ask) -> Reply:
    """DELETE properties/{type}/{name}."""
    ask.only()
    old = _there(portal, ask)
    if old.standard:
        raise bad(f"{old.name} is HubSpot's own and can't be archived")
    portal.definitions[kind_named(ask.parts[0])][old.name] = replace(old, archived=True)
    return Reply(204)


def list_groups(portal: Portal, ask: Ask) -> Reply:
    """GET properties/{type}/groups."""
    ask.only()
    groups = portal.groups[kind_named(ask.parts[0])]
    return Reply.json(200, {"results": [_group(groups, name) for name in groups]})


def read_group(portal: Portal, ask: Ask) -> Reply:
    """GET properties/{type}/groups/{name}."""
    ask.only()
    groups = portal.groups[kind_named(ask.parts[0])]
    if ask.parts[1] not in groups:
        raise nothing_there()
    return Reply.json(200, _group(groups, ask.parts[1]))


def create_group(portal: Portal, ask: Ask) -> Reply:
    """POST properties/{type}/groups."""
    ask.only()
    groups = portal.groups[kind_named(ask.parts[0])]
    body = fields(ask.body, ("name", "label", "displayOrder"), ("name", "label"))
    typed(body, _KINDS)
    if body["name"] in groups:
        raise Refusal(409, f"A property group named '{body['name']}' already exists.", "OBJECT_ALREADY_EXISTS")
    groups[body["name"]] = body["label"]
    return Reply.json(201, _group(groups, body["name"]))


def _group(groups: dict[str, str], name: str) -> dict[str, Any]:
    return {"name": name, "label": groups[name], "displayOrder": list(groups).index(name), "archived": False}
