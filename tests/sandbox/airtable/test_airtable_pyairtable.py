"""The unmodified pyairtable against the sandbox, over a socket."""

from __future__ import annotations

import pytest
import requests
from pyairtable.formulas import EQ, OR, Field
from pyairtable.models.schema import FormulaFieldSchema


@pytest.fixture
def leads(api, airtable):
    return api.table(airtable.base, airtable.table("Leads").id)


def test_records_by_field_id(leads, airtable, field):
    """create, get, update, upsert, all, delete: by field id throughout."""
    lead, company = field("Lead"), field("Company")
    made = leads.create({lead: "L-1", company: "Acme"})
    leads.update(made["id"], {company: "Bolt"})
    result = leads.batch_upsert([{"fields": {lead: "L-1"}}, {"fields": {lead: "L-2"}}], [lead])
    found = leads.all(formula=OR(EQ(Field(lead), "L-1"), EQ(Field(lead), "L-2")), sort=[lead], fields=[lead, company])

    assert ([made["id"]], 1) == (result["updatedRecords"], len(result["createdRecords"]))
    assert [{lead: "L-1", company: "Bolt"}, {lead: "L-2"}] == [record["fields"] for record in found]
    assert "Bolt" == leads.get(made["id"])["fields"][company]
    assert {"id": made["id"], "deleted": True} == leads.delete(made["id"])
    assert 1 == len(leads.batch_delete(result["createdRecords"]))


def test_batches_and_pages(leads, airtable, field):
    """Its batches of ten and pages of a hundred are taken; a view keeps their order."""
    made = leads.batch_create([{field("Value"): n} for n in range(120)])
    leads.batch_update([{"id": record["id"], "fields": {field("Hold"): True}} for record in made[:12]])
    pages = list(leads.iterate(view="Grid view"))

    assert [100, 20] == [len(page) for page in pages]
    assert list(range(120)) == [record["fields"][field("Value")] for page in pages for record in page]
    assert 12 == len(leads.all(formula="{Hold}"))


def test_a_long_formula_goes_by_post(leads, server, field):
    """A formula beyond the URL's limit becomes listRecords by itself."""
    made = leads.batch_create([{field("Lead"): "x" * 50} for _ in range(3)])
    formula = OR(*(EQ(Field(field("Lead")), "x" * 50) for _ in range(400)))

    assert {record["id"] for record in made} == {record["id"] for record in leads.all(formula=formula)}
    assert 1 == len(server.calls("POST", f"/v0/{leads.base.id}/{leads.name}/listRecords"))


def test_the_schema_parses(api, airtable, field):
    """Its models read tables and fields, computed ones included; tables and fields are made and renamed."""
    base = api.base(airtable.base)
    schema = base.schema().table("Leads")
    made = base.create_table("Lines", [{"name": "Line", "type": "singleLineText"}])
    column = made.create_field("Paid on", "date", options={"dateFormat": {"name": "iso"}})
    column.name = "Paid"
    column.save()

    assert schema.primary_field_id == field("Lead")
    assert isinstance(schema.field("Double"), FormulaFieldSchema)
    assert [field("Value")] == schema.field("Double").options.referenced_field_ids
    assert ["Line", "Paid"] == [each.name for each in airtable.table("Lines").fields.values()]
    assert [airtable.base] == [each.id for each in api.bases()]
    assert api.whoami()["id"].startswith("usr")


def test_webhooks_and_payloads(api, leads, airtable, field):
    """Its webhook models make, list, read, prolong and delete hooks."""
    base = api.base(airtable.base)
    made = base.add_webhook("http://127.0.0.1:1/", {"options": {"filters": {"dataTypes": ["tableData"]}}})
    for number in range(60):
        leads.create({field("Value"): number})
    hook = base.webhook(made.id)
    payloads = list(hook.payloads())
    hook.disable_notifications()
    hook.extend_expiration()
    off = base.webhook(made.id).are_notifications_enabled
    hook.delete()

    assert (60, list(range(1, 61))) == (len(payloads), [payload.cursor for payload in payloads])
    created = payloads[7].changed_tables_by_id[airtable.table("Leads").id].created_records_by_id
    assert [7] == [record.cell_values_by_field_id[field("Value")] for record in created.values()]
    assert "publicApi" == payloads[0].action_metadata.source
    assert (False, []) == (off, base.webhooks())


def test_comments(leads):
    """Its comment models read what they wrote."""
    record = leads.create({})
    comment = leads.add_comment(record["id"], "Which Acme?")

    assert [("Which Acme?", comment.id)] == [(each.text, each.id) for each in leads.comments(record["id"])]
    assert 1 == leads.all(count_comments=True)[0]["commentCount"]


def test_errors_arrive_as_http_errors(leads, field):
    """A refusal is an HTTPError with the service's body; nothing is sent twice."""
    with pytest.raises(requests.HTTPError) as caught:
        leads.create({field("Double"): 1})

    assert (422, "INVALID_VALUE_FOR_COLUMN") == (
        caught.value.response.status_code,
        caught.value.response.json()["error"]["type"],
    )
