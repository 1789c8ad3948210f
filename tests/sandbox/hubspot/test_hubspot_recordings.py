"""The sandbox against bodies of the real service that others kept: same keys, same JSON types, same error fields.

The statuses of these bodies were not observed, so shapes alone are compared. Each test builds the state a body presumes
and asks the sandbox; bodies of services that the sandbox does not stand for are listed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from worker.sandbox.hubspot.errors import forbidden

SHARED = Path(__file__).parents[4] / "shared"
RECORDINGS = SHARED / "recordings" / "hubspot.jsonl"
pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason="recordings/hubspot.jsonl is not beside the checkout")

OBJECTS = "/crm/objects/2026-09"
V3 = "/crm/v3/objects"
TIES = "/crm/associations/2026-09"
NOT_MODELLED = {
    "crm-object-schemas": "custom object schemas: the programme uses standard objects only",
    "crm/v3/lists": "lists: not used",
    "events/event-occurrences": "behavioural events: not used",
    "marketing/": "marketing: not used",
    "scheduler/": "meeting links: not used",
}
OPEN = {"properties"}  # objects whose keys are the data's own: their values' types are compared, not their names


def recorded():
    return [json.loads(line) for line in RECORDINGS.read_text().splitlines()] if RECORDINGS.exists() else []


def why_not(row):
    if "err-schemas-scope" in row["source_path"]:
        return None  # the envelope of a 403 is modelled, whatever path it came from
    return next((why for part, why in NOT_MODELLED.items() if part in row["request"]["url"]), None)


def gaps(theirs, ours, at="body"):
    """Return where a recorded body has what ours lacks: a key, a JSON type, an element."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if at.rpartition(".")[2] in OPEN:
            kinds = {type(v) for v in ours.values()}
            return [f"{at}: {type(v).__name__}" for v in theirs.values() if v is not None and type(v) not in kinds]
        found = [f"{at}.{k}: missing" for k in theirs if k not in ours]
        return found + [g for k in theirs if k in ours for g in gaps(theirs[k], ours[k], f"{at}.{k}")]
    if isinstance(theirs, list) and isinstance(ours, list):
        if theirs and not ours:
            return [f"{at}: empty"]
        # Every element must resemble one of ours: lists of errors hold several kinds.
        return [min((gaps(t, o, f"{at}[]") for o in ours), key=len)[0] for t in theirs if all(gaps(t, o) for o in ours)]
    if theirs is None or type(theirs) is type(ours):
        return []
    return [f"{at}: {type(theirs).__name__} against {type(ours).__name__}"]


@pytest.fixture
def ask(call, account, clock):
    """Return an asker: ask(recorded row) → the sandbox's answer in the state the row presumes."""

    def traced(*props):
        return {"inputs": [{"objectWriteTraceId": str(i), "properties": p} for i, p in enumerate(props)]}

    def updates(*pairs):
        return {"inputs": [{"id": i, "properties": p} for i, p in pairs]}

    account.search_lag = type(account.search_lag)()
    full = {"email": "jane@acme.com", "firstname": "Jane", "lastname": "Heller"}
    jane = account.add_contact(full)
    joan = account.add_contact({"email": "joan@acme.com", "firstname": "Joan"})
    acme = account.add_company({"name": "Acme"})
    bad = {"first000name": "x", "last000name": "y"}
    number = {"name": "age__c", "label": "Age", "groupName": "integrationcreatedproperties"}
    number |= {"type": "number", "fieldType": "number"}
    choice = {
        **number,
        "name": "interests__c",
        "type": "enumeration",
        "fieldType": "select",
        "options": [{"label": v, "value": v, "description": v} for v in ("art", "travel")],
    }
    group = {"name": "integrationcreatedproperties", "label": "Integration Created Properties"}
    groups = "/crm/v3/properties/Contact/groups"
    page = {"limit": 1, "properties": ["email", "firstname", "lastname", "phone", "website", "company"]}

    def tie(from_id, to_id, type_, pair):
        spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_}]
        return {"from": {"id": from_id}, "to": {"id": to_id}, "types": spec}

    def itself_and_unknown():
        inputs = [tie(jane, "unknown_id_123456798", 449, ""), tie(jane, jane, 449, "")]
        return call("POST", f"{TIES}/0-1/0-1/batch/create", {"inputs": inputs})

    def ties_and_none():
        call("POST", f"{TIES}/contacts/companies/batch/create", {"inputs": [tie(jane, acme, 1, "")]})
        return call("POST", f"{TIES}/contacts/companies/batch/read", {"inputs": [{"id": jane}, {"id": joan}]})

    def made_properties(*inputs):
        call("POST", groups, group)
        return call("POST", "/crm/v3/properties/Contact/batch/create", {"inputs": list(inputs)})

    def some_properties_there():
        made_properties(number)
        return made_properties(number, {**number, "name": "hobby__c"}, choice)

    def changed_property(new):
        made_properties(new)
        return call("PATCH", f"/crm/v3/properties/Contact/{new['name']}", new)

    def second_page():
        return call("POST", f"{OBJECTS}/contacts/search", {**page, "after": "1"})

    def since(limit="1"):
        filters = [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": "2024-09-19T04:30:45-08:00"}]
        sorts = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
        wanted = {"filterGroups": [{"filters": filters}], "limit": limit, "properties": ["email"], "sorts": sorts}
        return call("POST", f"{V3}/contacts/search", wanted)

    made = f"{OBJECTS}/contacts/batch"
    answers = {
        "account-info": lambda: call("GET", "/account-info/2026-09/details"),
        "err-conflict": lambda: call("POST", f"{made}/create", {"inputs": [{"properties": full}]}),
        "create/contacts/err-many": lambda: call(
            "POST", f"{made}/create", {"inputs": [{"properties": bad}, {"properties": bad}]}
        ),
        "create/contacts/err-partial": lambda: call("POST", f"{made}/create", traced({"email": "new@acme.com"}, full)),
        "create/contacts/success": lambda: call("POST", f"{made}/create", traced({"email": "new@acme.com"})),
        "err-duplicate": lambda: call("POST", f"{made}/update", updates((jane, {}), (jane, {}))),
        "update/contacts/err-many": lambda: call("POST", f"{made}/update", updates((jane, bad), (joan, bad))),
        "update/contacts/err-partial": lambda: call(
            "POST", f"{made}/update", updates((jane, {"firstname": "J"}), ("8", {}))
        ),
        "update/contacts/success": lambda: call("POST", f"{made}/update", updates((jane, {"firstname": "J"}))),
        "err-contact-to-contact": itself_and_unknown,
        "contact-to-company-resp": lambda: call(
            "POST", f"{TIES}/0-1/0-2/batch/create", {"inputs": [tie(jane, acme, 279, "")]}
        ),
        "contacts-properties": lambda: made_properties(choice) and call("GET", "/crm/v3/properties/contacts"),
        "contacts-external-pipelines": lambda: call("GET", "/crm/pipelines/2026-09/contacts"),
        "deals-properties": lambda: call("GET", "/crm/v3/properties/deals"),
        "deals-external-pipelines": lambda: call("GET", "/crm/pipelines/2026-09/deals"),
        "create-property-group": lambda: call("POST", groups, group),
        "create/4-response-batch": lambda: made_properties(number, choice),
        "1-read-property-group": lambda: call("POST", groups, group) and call("GET", f"{groups}/{group['name']}"),
        "update/3-response-batch": some_properties_there,
        "property-age": lambda: changed_property(number),
        "property-interests": lambda: changed_property(choice),
        "contacts-batch": lambda: call("POST", f"{made}/read", {"inputs": [{"id": jane}, {"id": joan}]}),
        "error-invalid-object": lambda: call("POST", f"{OBJECTS}/butterflies/search", {}),
        "search/contacts/1-first": lambda: call("POST", f"{OBJECTS}/contacts/search", page),
        "contacts-to-companies": ties_and_none,
        "search/contacts/2-second": second_page,
        "read-via-search/contacts": since,
    }

    def run(row):
        if "objects-api/contacts-response" in row["source_path"]:
            # One kept body stands for a list and for a search; it has a list's link in it.
            return call("GET", f"{V3}/contacts?limit=1").body
        if "err-schemas-scope" in row["source_path"]:
            return json.loads(forbidden(["custom-object-read"], account.forbidden_form).reply("id").body)
        return next(act for part, act in answers.items() if part in row["source_path"])().body

    return run


@pytest.mark.parametrize(
    "row", [r for r in recorded() if why_not(r) is None], ids=lambda r: f"{r['seq']}-{Path(r['source_path']).stem}"
)
def test_a_recorded_body_has_the_sandboxs_shape(ask, row):
    """All that a recorded body has, the sandbox's answer to the same request has in the same place and type."""
    assert [] == gaps(row["response"]["body"], ask(row))


def test_what_is_not_held_against_the_recordings(record_property):
    """Every recorded body is compared or belongs to a service that is not modelled, with the reason."""
    rows = recorded()
    left = [(row["seq"], why_not(row)) for row in rows if why_not(row) is not None]
    told = [f"hubspot recordings: {len(rows) - len(left)} of {len(rows)} bodies compared in shape; not modelled:"]
    told += [f"  {why}: {[s for s, w in left if w == why]}" for why in dict.fromkeys(why for _, why in left)]
    record_property("recordings", "\n".join(told))

    assert (48, 31) == (len(rows), len(rows) - len(left))
