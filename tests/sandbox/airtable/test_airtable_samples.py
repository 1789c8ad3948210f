"""The sandbox's bodies against sample bodies of the service that pyairtable keeps: same keys, same kinds of values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parents[4] / "shared" / "specs" / "airtable" / "pyairtable_sample_data"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample bodies are not beside this checkout")


def _sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def _unlike(ours: Any, sample: Any, where: str = "") -> list[str]:
    """Return where a body of ours has a key that the sample lacks, or a value of another kind; of a list, the first."""
    if isinstance(ours, dict) and isinstance(sample, dict):
        strangers = [f"{where}.{key} is not in the sample" for key in ours if key not in sample]
        inside = [fault for key in ours if key in sample for fault in _unlike(ours[key], sample[key], f"{where}.{key}")]
        return strangers + inside
    if isinstance(ours, list) and isinstance(sample, list):
        return [fault for item in ours[:1] for fault in _unlike(item, sample[0], f"{where}[]")] if sample else []
    if ours is None or sample is None or type(ours) is type(sample) or {type(ours), type(sample)} == {int, float}:
        return []
    return [f"{where} is {type(ours).__name__}, the sample has {type(sample).__name__}"]


FIELDS = {
    "autoNumber": {}, "createdTime": {"result": {"type": "dateTime"}}, "createdBy": None, "lastModifiedBy": None,
    "lastModifiedTime": {"referencedFieldIds": []}, "currency": {"precision": 2, "symbol": "£"},
    "number": {"precision": 0},
    "percent": {"precision": 0}, "date": {"dateFormat": {"name": "local"}}, "email": None, "url": None,
    "richText": None,
    "dateTime": {"dateFormat": {"name": "local"}, "timeFormat": {"name": "12hour"}, "timeZone": "client"},
    "singleSelect": {"choices": ["a"]}, "multipleSelects": {"choices": ["a"]}, "checkbox": None, "rating": None,
    "duration": {"durationFormat": "h:mm:ss.S"}, "multilineText": None, "phoneNumber": None, "singleLineText": None,
    "barcode": None, "button": None, "singleCollaborator": None, "multipleCollaborators": None,
    "multipleAttachments": None, "formula": {"formula": "{Lead} & 'FOO'"},
    "multipleLookupValues": {"recordLinkFieldId": "Partner", "fieldIdInLinkedTable": "Fee"},
    "rollup": {"recordLinkFieldId": "Partner", "fieldIdInLinkedTable": "Fee"},
    "count": {"recordLinkFieldId": "Partner"},
    "aiText": None,
}  # fmt: skip


@pytest.mark.parametrize("kind", FIELDS)
def test_field_schemas(call, airtable, kind):
    """A field of each type has the keys of its sample."""
    airtable.add_field("Leads", "X", kind, FIELDS[kind])
    fields = call("GET", "meta/bases/~/tables").body["tables"][1]["fields"]
    ours = next(field for field in fields if field["name"] == "X")
    name = {"multipleLookupValues": "MultipleLookupValues", "aiText": "AIText"}.get(kind, kind[0].upper() + kind[1:])
    sample = _sample(f"field_schema/{name}FieldSchema")

    assert (sample["type"], []) == (ours["type"], _unlike(ours, sample))


def test_base_schema(call):
    """Tables, links and views have the keys of the sample base."""
    sample = _sample("BaseSchema")
    ours = call("GET", "meta/bases/~/tables").body
    table = ours["tables"][0]

    assert [] == _unlike({**table, "fields": []}, sample["tables"][0])
    assert set(sample["tables"][0]["views"][0]) == set(table["views"][0])
    link = next(field for field in ours["tables"][1]["fields"] if field["name"] == "Partner")
    assert set(sample["tables"][0]["fields"][2]["options"]) == set(link["options"])
    assert [] == _unlike(call("GET", "meta/bases").body, _sample("Bases"))


def test_webhook(call, airtable, field):
    """A hook is listed with the keys of its sample, its failed ping included."""
    filters = _sample("Webhook")["specification"]["options"]["filters"] | {
        "recordChangeScope": airtable.table("Leads").id,
        "watchDataInFieldIds": [field("Lead")],
        "watchSchemasOfFieldIds": [field("Lead")],
    }
    includes = _sample("Webhook")["specification"]["options"]["includes"]
    specification = {"options": {"filters": filters, "includes": includes}}
    call("POST", "bases/~/webhooks", {"notificationUrl": "http://127.0.0.1:1/", "specification": specification})
    airtable.deliver_pings()
    (ours,) = call("GET", "bases/~/webhooks").body["webhooks"]
    sample = _sample("Webhook")

    assert (set(sample), []) == (set(ours), _unlike(ours, sample))
    assert set(sample["lastNotificationResult"]) == set(ours["lastNotificationResult"])


def test_payloads(call, airtable, field):
    """Every part of a payload has the keys of the sample of a changed table."""
    lead, gone = airtable.add_rows("Leads", [{"Lead": "A", "Company": "B"}, {}])
    includes = {
        "includeCellValuesInFieldIds": "all",
        "includePreviousCellValues": True,
        "includePreviousFieldDefinitions": True,
    }
    types = ["tableData", "tableFields", "tableMetadata"]
    specification = {"options": {"filters": {"dataTypes": types}, "includes": includes}}
    hook = call("POST", "bases/~/webhooks", {"specification": specification}).body["id"]
    airtable.edit("Leads", lead, {"Lead": "C"})
    airtable.delete("Leads", gone)
    airtable.add_row("Leads", {"Lead": "D"})
    airtable.rename_field("Leads", "Company", "Client")
    airtable.add_field("Leads", "New", "url")
    airtable.delete_field("Leads", "New")
    airtable.rename_table("Leads", "Referrals")
    airtable.delete_table("Partners")
    payloads = call("GET", f"bases/~/webhooks/{hook}/payloads").body["payloads"]
    sample, changed = _sample("WebhookPayload"), _sample("WebhookPayload.TableChanged")
    parts = {}
    for payload in payloads:
        parts.update(payload.get("changedTablesById", {}).get(airtable.table("Referrals").id, {}))

    assert set(changed) - {"changedViewsById"} == set(parts)
    for name, part in parts.items():
        if isinstance(part, dict) and name != "changedMetadata":
            ours, theirs = next(iter(part.values())), next(iter(changed[name].values()))
            assert set(ours) <= set(theirs), name
    assert set(changed["changedRecordsById"]["rec00000000000001"]) == set(parts["changedRecordsById"][lead])
    head = {key: value for key, value in payloads[-1].items() if key not in {"changedTablesById", "actionMetadata"}}
    assert (set(sample) - {"actionMetadata"}, []) == (set(head), _unlike(head, sample))
    assert set(sample["actionMetadata"]) == set(payloads[0]["actionMetadata"])


def test_comment(call, airtable):
    """A comment has no key that the sample lacks."""
    record = airtable.add_row("Leads", {})
    ours = call("POST", f"~/Leads/{record}/comments", {"text": "Hello"}).body
    ours["author"].pop("name")  # optional in the documentation

    assert [] == _unlike(ours, _sample("Comment"))
