"""The meta API: schema, tables and fields made and renamed, what cannot be made."""

from __future__ import annotations

import re

import pytest


def test_whoami_needs_no_base(call, airtable):
    """whoami tells the user and the scopes of the token."""
    body = call("GET", "meta/whoami").body

    assert {"id", "scopes"} == set(body)
    assert re.fullmatch(r"usr[0-9A-Za-z]{14}", body["id"])
    assert "webhook:manage" in body["scopes"]


def test_bases_of_the_token(call, airtable):
    """Only a base that was added to the token is listed."""
    airtable.add_token("patOTHER", shared=False, role="editor")

    here = {"id": airtable.base, "name": "Sandbox", "permissionLevel": "create"}
    assert {"bases": [here]} == call("GET", "meta/bases").body
    assert {"bases": []} == call("GET", "meta/bases", token="patOTHER").body


def test_the_schema_in_one_call(call, airtable):
    """One call gives all tables, fields with options, and views; visible fields on request."""
    partners, leads = call("GET", "meta/bases/~/tables").body["tables"]
    shown = call("GET", "meta/bases/~/tables", params={"include": "visibleFieldIds"}).body["tables"][0]

    assert {"id", "name", "primaryFieldId", "fields", "views"} == set(leads)
    assert ("Leads", leads["fields"][0]["id"]) == (leads["name"], leads["primaryFieldId"])
    link, mirror = leads["fields"][2], partners["fields"][3]
    assert ("Partner", "Leads") == (link["name"], mirror["name"])
    assert (mirror["id"], partners["id"]) == (link["options"]["inverseLinkFieldId"], link["options"]["linkedTableId"])
    assert link["id"] == mirror["options"]["inverseLinkFieldId"]
    status = next(f for f in leads["fields"] if f["name"] == "Status")
    assert [{"id", "name", "color"}] * 2 == [set(choice) for choice in status["options"]["choices"]]
    assert "options" not in leads["fields"][0]
    assert [f["id"] for f in shown["fields"]] == shown["views"][0]["visibleFieldIds"]


def test_create_a_table(call, airtable):
    """A new table has its first field as primary and answers its schema; rows go into it at once."""
    fields = [
        {"name": "Key", "type": "singleLineText", "description": "minted once"},
        {"name": "Paid on", "type": "date", "options": {"dateFormat": {"name": "iso"}}},
        {"name": "Partner", "type": "multipleRecordLinks", "options": {"linkedTableId": airtable.table("Partners").id}},
        {
            "name": "Kind",
            "type": "singleSelect",
            "options": {"choices": [{"name": "a"}, {"name": "b", "color": "redBright"}]},
        },
    ]
    answer = call("POST", "meta/bases/~/tables", {"name": "Lines", "description": "Commissions", "fields": fields})

    made = answer.body
    assert (200, "Lines", "Commissions") == (answer.status, made["name"], made["description"])
    assert (made["fields"][0]["id"], "minted once") == (made["primaryFieldId"], made["fields"][0]["description"])
    assert {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}} == made["fields"][1]["options"]
    assert ["a", "b"] == [choice["name"] for choice in made["fields"][3]["options"]["choices"]]
    assert "Lines" in [f["name"] for f in call("GET", "meta/bases/~/tables").body["tables"][0]["fields"]]
    assert 200 == call("POST", "~/Lines", {"fields": {"Key": "1", "Kind": "b"}}).status


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"name": "Leads", "fields": [{"name": "A", "type": "singleLineText"}]}, "DUPLICATE_TABLE_NAME"),
        ({"name": "T", "fields": []}, "DUPLICATE_OR_EMPTY_FIELD_NAME"),
        ({"name": "T", "fields": [{"name": "A", "type": "checkbox", "options": {"icon": "check", "color": "c"}}]},
         "INVALID_PRIMARY_FIELD_TYPE"),
        ({"name": "T", "fields": [{"name": "A", "type": "email"}, {"name": "A", "type": "url"}]},
         "DUPLICATE_OR_EMPTY_FIELD_NAME"),
        ({"name": "T", "fields": [{"name": "A", "type": "longText"}]}, "INVALID_REQUEST_UNKNOWN"),
        ({"name": "T", "fields": [{"name": "A"}]}, "INVALID_REQUEST_UNKNOWN"),
        ({"name": "T", "fields": [{"name": "A", "type": "email", "width": 3}]}, "INVALID_REQUEST_UNKNOWN"),
        ({"name": "T"}, "INVALID_REQUEST_UNKNOWN"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_made(call, airtable, body, error):
    """A refused table leaves no trace."""
    answer = call("POST", "meta/bases/~/tables", body)

    assert (422, error) == (answer.status, answer.error)
    assert 2 == len(airtable.tables)


@pytest.mark.parametrize(
    "kind",
    ["autoNumber", "createdTime", "lastModifiedTime", "lastModifiedBy", "formula", "rollup", "multipleLookupValues",
     "count", "button"],
)  # fmt: skip
def test_types_that_only_people_make(call, airtable, kind):
    """Computed fields are refused by the API and made by hand."""
    answer = call("POST", "meta/bases/~/tables/Leads/fields", {"name": "X", "type": kind})

    message = f"Invalid options for Leads.X: Creating {kind} fields is not supported at this time"
    assert {"error": {"type": "UNSUPPORTED_FIELD_TYPE_FOR_CREATE", "message": message}} == answer.body
    options = {"formula": "1"} if kind == "formula" else {"recordLinkFieldId": "Partner", "fieldIdInLinkedTable": "Fee"}
    assert airtable.add_field("Leads", "X", kind, options) in airtable.table("Leads").fields


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("number", None), ("number", {"precision": 9}), ("currency", {"precision": 2}), ("checkbox", {}),
        ("email", {"x": 1}), ("singleSelect", {"choices": [{"name": "a"}, {"name": "a"}]}),
        ("dateTime", {"dateFormat": {"name": "iso"}}), ("multipleRecordLinks", {"linkedTableId": "tblAAAAAAAAAAAAAA"}),
    ],
)  # fmt: skip
def test_options_are_checked(call, kind, options):
    """Missing and wrong options are refused with the name of the field."""
    spec = {"name": "X", "type": kind} | ({} if options is None else {"options": options})
    answer = call("POST", "meta/bases/~/tables/Leads/fields", spec)

    assert (422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE") == (answer.status, answer.error)
    assert answer.body["error"]["message"].startswith("Invalid options for Leads.X.\nFailed schema validation: options")


def test_single_links_cannot_be_made(call, airtable):
    """`prefersSingleRecordLink` is given out and not taken."""
    options = {"linkedTableId": airtable.table("Partners").id, "prefersSingleRecordLink": True}
    answer = call(
        "POST", "meta/bases/~/tables/Leads/fields", {"name": "X", "type": "multipleRecordLinks", "options": options}
    )

    assert (422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE") == (answer.status, answer.error)


def test_create_and_rename_a_field(call, airtable):
    """A field is made, renamed by id, and its cells stay."""
    table = airtable.table("Leads").id
    made = call(
        "POST", f"meta/bases/~/tables/{table}/fields", {"name": "Won", "type": "number", "options": {"precision": 0}}
    )
    record = airtable.add_row("Leads", {"Won": 3})
    path = f"meta/bases/~/tables/{table}/fields/{made.body['id']}"
    renamed = call("PATCH", path, {"name": "Wins", "description": "how many"})

    assert ("Won", {"precision": 0}) == (made.body["name"], made.body["options"])
    assert {"id", "name", "type", "options", "description"} == set(renamed.body)
    assert 3 == airtable.row("Leads", record)["Wins"]
    assert "DUPLICATE_OR_EMPTY_FIELD_NAME" == call("PATCH", path, {"name": "Lead"}).error
    assert 422 == call("PATCH", path, {"options": {"precision": 2}}).status
    assert 403 == call("PATCH", f"meta/bases/~/tables/{table}/fields/fldAAAAAAAAAAAAAA", {"name": "x"}).status
    assert (
        "DUPLICATE_OR_EMPTY_FIELD_NAME"
        == call("POST", f"meta/bases/~/tables/{table}/fields", {"name": "Lead", "type": "url"}).error
    )


def test_rename_a_table(call, airtable):
    """A table is renamed by the API; ids go on, the old name does not."""
    table = airtable.table("Leads").id
    answer = call("PATCH", f"meta/bases/~/tables/{table}", {"name": "Referrals", "description": "all of them"})

    assert ("Referrals", "all of them") == (answer.body["name"], answer.body["description"])
    assert [200, 200, 403] == [call("GET", f"~/{key}").status for key in (table, "Referrals", "Leads")]
    assert "DUPLICATE_TABLE_NAME" == call("PATCH", f"meta/bases/~/tables/{table}", {"name": "Partners"}).error
