"""The properties that must be there, what makes them, and the doctor's look at token, account and pipeline."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.connectors.hubspot.account import Account
from worker.connectors.hubspot.api import SEARCH, Door, Json, objects, properties
from worker.connectors.hubspot.errors import SERVICE, Taken, fault, refusal
from worker.connectors.hubspot.names import Names
from worker.ports import Check, Missing, Refused, ServiceError

# In the order of the sheet's own list: what reading and pushing leads needs. Pipelines and properties come with these.
SCOPES = tuple(
    f"crm.objects.{kind}.{right}" for kind in ("contacts", "companies", "deals") for right in ("read", "write")
)


@dataclass(frozen=True, slots=True)
class Property:
    """A property of ours; `unique` ones are what keeps us from making anything twice."""

    kind: str
    name: str
    label: str
    description: str
    unique: bool = False
    number: bool = False
    options: tuple[tuple[str, str], ...] = ()

    @property
    def what(self) -> str:
        """Return it in words; known by these when it is to be made."""
        noun = {"deals": "deal", "companies": "company"}[self.kind]
        return f'the {noun} property "{self.name}" in HubSpot'

    def wire(self) -> Json:
        """Return its definition for HubSpot."""
        type_, field = ("number", "number") if self.number else ("string", "text")
        if self.options:
            type_, field = "enumeration", "select"
        group = {"deals": "dealinformation", "companies": "companyinformation"}[self.kind]
        data: Json = {
            "name": self.name, "label": self.label, "description": self.description, "groupName": group, "type": type_,
            "fieldType": field, "hasUniqueValue": self.unique,
        }  # fmt: skip
        if self.options:
            data["options"] = [
                {"value": value, "label": label, "displayOrder": place, "hidden": False}
                for place, (value, label) in enumerate(self.options)
            ]
        return data


def wanted(names: Names) -> Sequence[Property]:
    """Return the properties that this programme needs."""
    intervals = (
        ("monthly", "Monthly"),
        ("quarterly", "Quarterly"),
        ("annual", "Annual"),
        ("total", "Total over the term"),
    )
    return (
        Property("deals", names.lead, "Partner lead ID", "The lead's key; written by Quarterday.", unique=True),
        Property("deals", names.partner, "Source partner", "The partner who referred it; written by Quarterday."),
        Property("deals", names.interval, "Billing interval", "What the amount is paid per.", options=intervals),
        Property("deals", names.term, "Term in months", "How long the contract runs.", number=True),
        Property(
            "companies",
            names.company,
            "Partner company key",
            "The company's domain; written by Quarterday.",
            unique=True,
        ),
    )


def missing(door: Door, names: Names) -> Sequence[Missing]:
    """Return the properties that are not there, or not unique where they must be, which nobody can change later."""
    found: list[Missing] = []
    for kind in ("deals", "companies"):
        there = _defined(door, kind)
        for one in wanted(names):
            if one.kind == kind and one.name not in there:
                found.append(Missing(one.what, "quarterday setup --apply makes it"))
            elif one.kind == kind and one.unique and there[one.name].get("hasUniqueValue") is not True:
                found.append(Missing(f"{one.what}: it is there but its values need not be unique", _NOT_UNIQUE, False))
    return found


_NOT_UNIQUE = (
    "HubSpot can't change that later: delete the property in Settings, Properties (its values go with it), "
    "then quarterday setup --apply makes it anew"
)


def make(door: Door, names: Names, what: Sequence[Missing]) -> None:
    """Make those of the missing properties that can be made; one that somebody else made meanwhile is well."""
    asked = {one.what for one in what if one.makeable}
    for kind in ("deals", "companies"):
        definitions = [one.wire() for one in wanted(names) if one.kind == kind and one.what in asked]
        if not definitions:
            continue
        try:
            answer = door.write(properties(kind, "/batch/create"), {"inputs": definitions}, repeatable=True)
            refused = [refusal(fault(item)) for item in answer.get("errors") or ()]
        except Taken as error:
            refused = [error]
        left = {str(d["name"]) for d in definitions} - _defined(door, kind).keys()
        if left:
            why = next((error.text for error in refused), "no reason given")
            raise Refused(SERVICE, f"did not make the {kind} properties {', '.join(sorted(left))}: {why}", "NOT_MADE")


def _defined(door: Door, kind: str) -> Mapping[str, Any]:
    return {
        str(p.get("name")): p for p in door.get(properties(kind)).get("results") or () if p.get("archived") is not True
    }


def check(door: Door, account: Account, names: Names) -> Sequence[Check]:
    """Look at everything the connector relies on, one line each."""
    found = [_account(account)]
    if not found[0].ok:
        return found
    found.append(_scopes(door))
    found += [_readable(door, kind) for kind in ("contacts", "companies", "deals")]
    found += _properties(door, names)
    found.append(_pipeline(account, names))
    return found


def _tried(name: str, remedy: str, look: Callable[[], tuple[bool, str]]) -> Check:
    try:
        ok, text = look()
    except ServiceError as error:
        return Check(name, False, error.text, remedy)
    return Check(name, ok, text, "" if ok else remedy)


def _account(account: Account) -> Check:
    def look() -> tuple[bool, str]:
        told = account.details()
        return True, f"portal {told.get('portalId')}, {told.get('companyCurrency')}, {told.get('timeZone')}"

    return _tried("HubSpot account", "check [crm.hubspot] token and endpoint", look)


def _scopes(door: Door) -> Check:
    def look() -> tuple[bool, str]:
        try:
            told = door.token_scopes()
        except Refused:
            told = None
        if told is None:
            return True, "HubSpot does not tell the scopes of this kind of key; the lines below try them"
        lacking = [scope for scope in SCOPES if scope not in told]
        return not lacking, f"lacks {', '.join(lacking)}" if lacking else "all that are needed"

    return _tried("HubSpot scopes", "add the scopes to the key in HubSpot, Settings, Integrations", look)


def _readable(door: Door, kind: str) -> Check:
    def look() -> tuple[bool, str]:
        any_ = [{"filters": [{"propertyName": "hs_object_id", "operator": "GT", "value": "0"}]}]
        body: Json = {"filterGroups": any_, "properties": ["hs_object_id"], "sorts": [], "limit": 1, "after": "0"}
        return True, f"{door.read(objects(kind, 'search'), body, limits=SEARCH).get('total', 0)} there"

    return _tried(f"HubSpot {kind}", f"add the scope crm.objects.{kind}.read to the key in HubSpot", look)


def _properties(door: Door, names: Names) -> Collection[Check]:
    try:
        lacking = missing(door, names)
    except ServiceError as error:
        return [Check("HubSpot properties", False, error.text, "add crm.schemas.deals.write and .companies.write")]
    if not lacking:
        return [Check("HubSpot properties", True, "all there")]
    return [Check("HubSpot properties", False, f"missing: {one.what}", _remedy(one)) for one in lacking]


def _remedy(one: Missing) -> str:
    return "run quarterday setup --apply" if one.makeable else one.remedy


def _pipeline(account: Account, names: Names) -> Check:
    def look() -> tuple[bool, str]:
        stages = account.stages(names.pipeline)
        begin = next((s for s in stages if s.id == names.stage), None)
        if begin is None:
            return False, f'no stage "{names.stage}"; there are: {", ".join(f"{s.id} ({s.label})" for s in stages)}'
        if begin.state != "open":
            return False, f'new deals would begin in "{begin.label}", which is {begin.state}'
        if not any(s.state == "won" for s in stages):
            return False, "no stage of the pipeline is won"
        return True, f"{len(stages)} stages, new deals begin in {begin.label}"

    return _tried("HubSpot pipeline", "set pipeline and stage under [crm.hubspot]", look)
