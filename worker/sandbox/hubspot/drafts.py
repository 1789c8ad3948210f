"""Values on their way into a record: checked against definitions, options, unique values and the admin's rules.

A draft is either wholly valid or a Refusal that lists everything that is not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from worker.sandbox.hubspot.bodies import fields, typed
from worker.sandbox.hubspot.definitions import Property
from worker.sandbox.hubspot.errors import Invalid, Refusal, bad, invalid_values
from worker.sandbox.hubspot.kinds import CONTACTS, DEALS, Kind
from worker.sandbox.hubspot.portal import Portal
from worker.sandbox.hubspot.records import Record
from worker.sandbox.hubspot.values import kept, raw_text


def draft(
    portal: Portal, kind: Kind, raw: Any, record: Record | None, *, dated: bool, person: bool = False
) -> dict[str, str]:
    """Return the values as they are to be kept; `record` None = a new one, `person` may set computed values."""
    if not isinstance(raw, dict):
        raise bad("Invalid input JSON: properties must be an object")
    values: dict[str, str] = {}
    invalids: list[Invalid] = []
    context = _context(raw, record)
    for name, value in raw.items():
        outcome = _one(portal, kind, name, value, context, person=person)
        if isinstance(outcome, Invalid):
            invalids.append(outcome)
        else:
            values[name] = outcome
    if kind is DEALS and not invalids:
        invalids += _lost_stage(portal, values, record)
    if dated:
        invalids += _required(portal, kind, values, record)
    invalids += _taken(portal, kind, values, record)
    if invalids:
        raise invalid_values(invalids)
    if kind is CONTACTS:
        _email_free(portal, values, record)
    return values


def _context(raw: Mapping[str, Any], record: Record | None) -> Mapping[str, str]:
    """Return the values that decide on the options of others: a stage is chosen within its pipeline."""
    held = record.face.properties.get("pipeline", "default") if record else "default"
    return {"pipeline": str(raw.get("pipeline") or held)}


def _one(
    portal: Portal, kind: Kind, name: str, value: Any, context: Mapping[str, str], *, person: bool
) -> str | Invalid:
    definition = portal.definitions[kind].get(name)
    if definition is None or definition.archived:
        return Invalid(name, f'Property "{name}" does not exist', "PROPERTY_DOESNT_EXIST")
    if definition.read_only and not (person and definition.calculated):
        return Invalid(name, f'"{name}" is a read only property; its value cannot be set.', "READ_ONLY_VALUE")
    text = raw_text(name, value)
    if text == "" and name in ("pipeline", "dealstage"):
        return Invalid(name, f"{name} cannot be cleared", "INVALID_OPTION")
    return kept(definition, text, _options(portal, definition, context))


def _options(portal: Portal, definition: Property, context: Mapping[str, str]) -> Collection[str]:
    if definition.type not in ("enumeration", "bool") or not definition.external:
        return [o.value for o in definition.options]
    if definition.name == "pipeline":
        return [p.id for p in portal.pipelines.values() if not p.archived]
    if definition.name == "dealstage":
        pipeline = portal.pipelines.get(context["pipeline"])
        return [] if pipeline is None else [s.id for s in pipeline.stages if not s.archived]
    return portal.currencies if definition.name == "deal_currency_code" else [o["id"] for o in portal.owners]


def _lost_stage(portal: Portal, values: Mapping[str, str], record: Record | None) -> list[Invalid]:
    """A deal moved to another pipeline must be told a stage of it."""
    if record is None or "pipeline" not in values or "dealstage" in values:
        return []
    stage = record.face.properties.get("dealstage")
    if stage is None or portal.pipelines[values["pipeline"]].stage(stage):
        return []
    return [Invalid("dealstage", f"{stage} is no stage of pipeline {values['pipeline']}", "INVALID_OPTION")]


def _required(portal: Portal, kind: Kind, values: Mapping[str, str], record: Record | None) -> list[Invalid]:
    after = {**(record.face.properties if record else {}), **values}
    missing = []
    for rule in portal.requirements:
        applies = record is None if rule.when is None else values.get(rule.when[0]) == rule.when[1]
        if rule.kind is kind and applies and not after.get(rule.name):
            missing.append(Invalid(rule.name, f"{rule.name} is required", "REQUIRED_FIELD"))
    return missing


def _taken(portal: Portal, kind: Kind, values: Mapping[str, str], record: Record | None) -> list[Invalid]:
    taken = []
    for name in portal.unique_names(kind):
        value = values.get(name)
        if not value or name == "email":
            continue
        other = portal.blocker(kind, name, value)
        if other is not None and other is not record:
            taken.append(Invalid(name, f"{other.id} already has that value.", "CONFLICTING_UNIQUE_VALUE"))
    return taken


def _email_free(portal: Portal, values: Mapping[str, str], record: Record | None) -> None:
    other = portal.blocker(CONTACTS, "email", values["email"]) if values.get("email") else None
    if other is None or other is record:
        return
    # Both forms of the message were seen (issue HubSpot/hubspot-api-php#59; captured 2025-11 without the id).
    words = f". Existing ID: {other.id}" if portal.conflict_names_id else ""
    existing = {"existingId": [str(other.id)]}
    raise Refusal(409, f"Contact already exists{words}", "CONFLICT", item_context=existing)


def unique_property(portal: Portal, kind: Kind, name: str, what: str) -> str:
    """Return the name of a property that may tell records apart; 400 for any other."""
    if name not in portal.unique_names(kind):
        # Also what `hs_object_id` gets (issue segmentio/action-destinations#3957).
        raise bad(f"Unable to perform {what} by non-unique {kind.type_id} property", propertyName=[name])
    return name


def links_of(portal: Portal, kind: Kind, raw: Any) -> list[tuple[Kind, int, list[int]]]:
    """Return the inline associations of a new record: target kind, id, type ids."""
    if not isinstance(raw, list):
        raise bad("Invalid input JSON: associations must be a list")
    found = []
    for entry in raw:
        one = fields(entry, ("to", "types"), ("to", "types"))
        types = type_ids(portal, kind, one["types"])
        target = portal.links.types[types[0]].target
        if any(portal.links.types[t].target is not target for t in types):
            raise bad("The association types of one link lead to different objects")
        found.append((target, living_id(portal, target, fields(one["to"], ("id",), ("id",))["id"]), types))
    return found


def type_ids(portal: Portal, source: Kind, raw: Any) -> list[int]:
    """Return the ids of association types that begin at a kind; 400 for those that do not."""
    if not isinstance(raw, list) or not raw:
        raise bad("Invalid input JSON: types must be a list that is not empty")
    ids = []
    for entry in raw:
        one = fields(entry, ("associationCategory", "associationTypeId"), ("associationCategory", "associationTypeId"))
        typed(one, {"associationTypeId": int, "associationCategory": str})
        known = portal.links.types.get(one["associationTypeId"])
        if known is None or known.source is not source or known.category != one["associationCategory"]:
            raise bad(
                f"{one['associationTypeId']} is no {one['associationCategory']} association type of {source.plural}"
            )
        ids.append(known.id)
    return ids


def living_id(portal: Portal, kind: Kind, raw: Any) -> int:
    """Return the id of a record that is there; the error for any other names no trace id (captured 2026-03)."""
    text = str(raw)
    if not text.isdecimal() or portal.there(kind, int(text)) is None:
        raise Refusal(
            400, f"{text} is not a valid ID", "VALIDATION_ERROR", sub_category="crm.associations.INVALID_IDENTIFIER",
            context={"id": [text]}, traceless=True,
        )  # fmt: skip
    return int(text)
