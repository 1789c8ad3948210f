"""Webhooks: life, cursors, and what payloads tell of what happened."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest


@pytest.fixture
def hook(call):
    """Make a hook with these filters and includes; return its id."""

    def make(includes=None, **filters):
        options = {"filters": {"dataTypes": ["tableData"], **filters}} | ({"includes": includes} if includes else {})
        answer = call("POST", "bases/~/webhooks", {"specification": {"options": options}})
        assert answer.status == 200, answer.body
        return answer.body["id"]

    return make


@pytest.fixture
def told(call):
    """Return the payloads of a hook."""
    return lambda hook, **params: call("GET", f"bases/~/webhooks/{hook}/payloads", params=params).body["payloads"]


def test_a_hook_is_made_and_listed(call, airtable):
    """The secret is shown once, in base64; the listing tells cursor, expiry and specification."""
    specification = {
        "options": {"filters": {"dataTypes": ["tableData"], "recordChangeScope": airtable.table("Leads").id}}
    }
    made = call("POST", "bases/~/webhooks", {"specification": specification}).body
    listed = call("GET", "bases/~/webhooks").body["webhooks"]

    assert {"id", "macSecretBase64", "expirationTime"} == set(made)
    assert re.fullmatch(r"ach[0-9A-Za-z]{14}", made["id"])
    assert 32 == len(base64.b64decode(made["macSecretBase64"]))
    assert "2026-11-09T09:00:00.250Z" == made["expirationTime"]
    expected = {
        "id": made["id"], "specification": specification, "notificationUrl": None, "cursorForNextPayload": 1,
        "lastNotificationResult": None, "areNotificationsEnabled": True, "lastSuccessfulNotificationTime": None,
        "isHookEnabled": True, "expirationTime": made["expirationTime"],
    }  # fmt: skip
    assert [expected] == listed


def test_an_unchanged_base_costs_one_call(call, hook):
    """Nothing happened: no payload, the same cursor."""
    body = call("GET", f"bases/~/webhooks/{hook()}/payloads", params={"cursor": 1}).body

    assert {"payloads": [], "cursor": 1, "mightHaveMore": False, "payloadFormat": "v0"} == body


def test_who_did_it(call, airtable, hook, told):
    """A person's edit is `client`, a token's is `publicApi`, a form's is `formSubmission`; each with its metadata."""
    watching = hook()
    airtable.add_row("Leads", {"Lead": "A"})
    call("POST", "~/Leads", {"fields": {"Lead": "B"}})
    airtable.add_row("Leads", {"Lead": "C"}, source="formSubmission")
    client, token, form = (payload["actionMetadata"] for payload in told(watching))

    assert ["client", "publicApi", "formSubmission"] == [each["source"] for each in (client, token, form)]
    assert {"id", "email", "name", "permissionLevel"} == set(client["sourceMetadata"]["user"])
    assert "robin@example.com" == client["sourceMetadata"]["user"]["email"]
    assert call("GET", "meta/whoami").body["id"] == token["sourceMetadata"]["user"]["id"]
    assert {"viewId": airtable.table("Leads").form} == form["sourceMetadata"]


def test_cells_come_in_the_second_format(airtable, hook, told, field):
    """Options and links are objects, a look-up says which row gave what; created rows come with createdTime."""
    airtable.add_field(
        "Leads", "Fees", "multipleLookupValues", {"recordLinkFieldId": "Partner", "fieldIdInLinkedTable": "Fee"}
    )
    partner = airtable.add_row("Partners", {"Partner": "Alice's agency", "Fee": 5})
    watching = hook(recordChangeScope=airtable.table("Leads").id)
    lead = airtable.add_row("Leads", {"Lead": "L-1", "Status": "New", "Tags": ["a"], "Partner": [partner], "Value": 2})
    (payload,) = told(watching)
    leads = payload["changedTablesById"][airtable.table("Leads").id]
    created = leads["createdRecordsById"][lead]
    cells = created["cellValuesByFieldId"]

    assert ({"createdRecordsById"}, "2026-11-02T09:00:00.000Z") == (set(leads), created["createdTime"])
    assert "2026-11-02T09:00:00.250Z" == payload["timestamp"]
    assert ("L-1", 2, 4) == (cells[field("Lead")], cells[field("Value")], cells[field("Double")])
    assert ("New", {"id", "name", "color"}) == (cells[field("Status")]["name"], set(cells[field("Status")]))
    assert ["a"] == [option["name"] for option in cells[field("Tags")]]
    assert [{"id": partner, "name": "Alice's agency"}] == cells[field("Partner")]
    assert {"linkedRecordIds": [partner], "valuesByLinkedRecordId": {partner: [5]}} == cells[field("Fees")]


def test_changes_and_deletes(airtable, hook, told, field):
    """A change tells the cells that moved, formulas too, null for a cleared one; a deleted row leaves its id."""
    lead = airtable.add_row("Leads", {"Lead": "L-1", "Company": "Acme", "Value": 2})
    watching = hook()
    airtable.edit("Leads", lead, {"Value": 3, "Company": None, "Lead": "L-1"})
    airtable.delete("Leads", lead)
    edit, gone = (payload["changedTablesById"][airtable.table("Leads").id] for payload in told(watching))

    cells = {field("Value"): 3, field("Company"): None, field("Double"): 6}
    assert {"changedRecordsById": {lead: {"current": {"cellValuesByFieldId": cells}}}} == edit
    assert {"destroyedRecordIds": [lead]} == gone


def test_previous_and_unchanged_values(airtable, hook, told, field):
    """`includePreviousCellValues` adds what was, `includeCellValuesInFieldIds` what stayed."""
    lead = airtable.add_row("Leads", {"Lead": "L-1", "Company": "Acme"})
    named = hook({"includePreviousCellValues": True, "includeCellValuesInFieldIds": [field("Lead")]})
    every = hook({"includeCellValuesInFieldIds": "all"})
    airtable.edit("Leads", lead, {"Company": "Bolt", "Value": 1})
    table = airtable.table("Leads").id
    one = told(named)[0]["changedTablesById"][table]["changedRecordsById"][lead]
    all_ = told(every)[0]["changedTablesById"][table]["changedRecordsById"][lead]

    before = {field("Company"): "Acme", field("Value"): None, field("Double"): 0}
    assert before == one["previous"]["cellValuesByFieldId"]
    assert {field("Lead"): "L-1"} == one["unchanged"]["cellValuesByFieldId"]
    assert {"current", "unchanged"} == set(all_)
    assert {field("Lead"), field("Number"), field("Changed")} == set(all_["unchanged"]["cellValuesByFieldId"])


def test_filters(call, airtable, hook, told, field):
    """Sources, kinds of change, watched fields and tables each keep the rest out, and no empty payload is made."""
    lead = airtable.add_row("Leads", {"Lead": "L-1"})
    hooks = {
        "people": hook(fromSources=["client", "formSubmission"]),
        "adds": hook(changeTypes=["add"]),
        "removes": hook(changeTypes=["remove"]),
        "company": hook(watchDataInFieldIds=[field("Company")], changeTypes=["update"]),
        "partners": hook(recordChangeScope=airtable.table("Partners").id),
        "fields": hook(dataTypes=["tableFields"]),
    }
    call("PATCH", f"~/Leads/{lead}", {"fields": {"Company": "Acme"}})
    airtable.edit("Leads", lead, {"Value": 1})
    airtable.add_row("Partners", {"Partner": "P"})
    airtable.delete("Leads", lead)

    assert {"people": 3, "adds": 1, "removes": 1, "company": 1, "partners": 1, "fields": 0} == {
        name: len(told(each)) for name, each in hooks.items()
    }


def test_created_rows_tell_watched_and_included_cells(airtable, hook, told, field):
    """A hook on some fields hears of every new row, but only of these cells and of those that it includes."""
    watching = hook({"includeCellValuesInFieldIds": [field("Lead")]}, watchDataInFieldIds=[field("Company")])
    lead = airtable.add_row("Leads", {"Lead": "L-1", "Company": "Acme", "Value": 1})
    bare = airtable.add_row("Leads", {})
    one, two = (payload["changedTablesById"][airtable.table("Leads").id] for payload in told(watching))

    cells = {field("Lead"): "L-1", field("Company"): "Acme"}
    assert cells == one["createdRecordsById"][lead]["cellValuesByFieldId"]
    assert {} == two["createdRecordsById"][bare]["cellValuesByFieldId"]


def test_a_write_that_changes_nothing_tells_nothing(call, airtable, hook, told):
    """Writing what a cell holds already makes no payload and no transaction."""
    lead = airtable.add_row("Leads", {"Lead": "L-1", "Tags": ["a"]})
    watching, before = hook(), airtable.transactions
    call("PATCH", f"~/Leads/{lead}", {"fields": {"Lead": "L-1", "Tags": ["a"], "Hold": False}})

    assert ([], before) == (told(watching), airtable.transactions)


def test_both_sides_of_a_link_are_one_transaction(airtable, hook, told):
    """A link tells of both tables in one payload, or of the mirror alone where the other is out of scope."""
    partner = airtable.add_row("Partners", {"Partner": "P"})
    everywhere, partners = hook(), hook(recordChangeScope=airtable.table("Partners").id)
    airtable.add_row("Leads", {"Partner": [partner]})

    assert {airtable.table("Leads").id, airtable.table("Partners").id} == set(told(everywhere)[0]["changedTablesById"])
    assert [partner] == list(
        told(partners)[0]["changedTablesById"][airtable.table("Partners").id]["changedRecordsById"]
    )


def test_look_ups_are_told_when_the_other_table_moves(airtable, hook, told, field):
    """A look-up's change is told though nobody touched its row."""
    airtable.add_field(
        "Leads", "Fees", "multipleLookupValues", {"recordLinkFieldId": "Partner", "fieldIdInLinkedTable": "Fee"}
    )
    partner = airtable.add_row("Partners", {"Fee": 5})
    lead = airtable.add_row("Leads", {"Partner": [partner]})
    watching = hook(recordChangeScope=airtable.table("Leads").id)
    airtable.edit("Partners", partner, {"Fee": 6})
    changed = told(watching)[0]["changedTablesById"][airtable.table("Leads").id]["changedRecordsById"]

    assert {lead: {"current": {"cellValuesByFieldId": {field("Fees"): {
        "linkedRecordIds": [partner], "valuesByLinkedRecordId": {partner: [6]}}}}}} == changed  # fmt: skip


def test_schema_changes(call, airtable, hook, told, field):
    """Fields renamed, retyped, added and deleted, and tables made, renamed and deleted are told to who asks."""
    watching = hook({"includePreviousFieldDefinitions": True}, dataTypes=["tableFields", "tableMetadata"])
    leads, company, value = airtable.table("Leads").id, field("Company"), field("Value")
    airtable.rename_field("Leads", "Company", "Client")
    airtable.retype_field("Leads", "Value", "singleLineText")
    added = airtable.add_field("Leads", "New", "url")
    airtable.delete_field("Leads", "New")
    airtable.add_option("Leads", "Status", "Lost")
    airtable.rename_table("Leads", "Referrals")
    made = airtable.make_table("Lines", [("Line", "singleLineText")])
    airtable.delete_table("Lines")
    payloads = told(watching)
    tables = [payload.get("changedTablesById", {}).get(leads) for payload in payloads[:6]]

    assert {"changedFieldsById": {company: {"current": {"name": "Client"}, "previous": {"name": "Company"}}}} == tables[
        0
    ]
    types = {"current": {"type": "singleLineText"}, "previous": {"type": "number"}}
    assert {"changedFieldsById": {value: types}} == tables[1]
    assert {"createdFieldsById": {added: {"name": "New", "type": "url"}}} == tables[2]
    assert {"destroyedFieldIds": [added]} == tables[3]
    assert [field("Status", "Referrals")] == list(tables[4]["changedFieldsById"])
    assert {"changedMetadata": {"current": {"name": "Referrals"}, "previous": {"name": "Leads"}}} == tables[5]
    assert ("Lines", ["Line"]) == (
        payloads[6]["createdTablesById"][made]["metadata"]["name"],
        [each["name"] for each in payloads[6]["createdTablesById"][made]["fieldsById"].values()],
    )
    assert [made] == payloads[7]["destroyedTableIds"]


def test_watched_schemas(airtable, hook, told, field):
    """`watchSchemasOfFieldIds` keeps other fields out; previous definitions come only on request."""
    watching = hook(dataTypes=["tableFields"], watchSchemasOfFieldIds=[field("Company")])
    airtable.rename_field("Leads", "Value", "Worth")
    airtable.rename_field("Leads", "Company", "Client")
    (payload,) = told(watching)

    changed = payload["changedTablesById"][airtable.table("Leads").id]["changedFieldsById"]
    assert {field("Client"): {"current": {"name": "Client"}}} == changed


def test_view_scope(airtable, hook, told):
    """A hook on a view tells of records under that view."""
    view = airtable.table("Leads").view
    watching = hook(recordChangeScope=view)
    lead = airtable.add_row("Leads", {"Lead": "L-1"})
    airtable.add_row("Partners", {})
    (payload,) = told(watching)

    changed = payload["changedTablesById"][airtable.table("Leads").id]
    assert [lead] == list(changed["changedViewsById"][view]["createdRecordsById"])


def test_cursors_and_pages_of_fifty(call, airtable, hook):
    """The cursor counts from 1, a page holds 50 at most, the reply's cursor is the next; pages can be read again."""
    watching = hook()
    for number in range(53):
        airtable.add_row("Leads", {"Value": number})
    path = f"bases/~/webhooks/{watching}/payloads"
    first = call("GET", path).body
    rest = call("GET", path, params={"cursor": first["cursor"]}).body
    empty = call("GET", path, params={"cursor": rest["cursor"]}).body
    two = call("GET", path, params={"cursor": 10, "limit": 2}).body

    assert (50, 51, True) == (len(first["payloads"]), first["cursor"], first["mightHaveMore"])
    assert (3, 54, False) == (len(rest["payloads"]), rest["cursor"], rest["mightHaveMore"])
    assert ([], 54, False) == (empty["payloads"], empty["cursor"], empty["mightHaveMore"])
    assert (first["payloads"][9:11], 12) == (two["payloads"], two["cursor"])
    assert 54 == call("GET", "bases/~/webhooks").body["webhooks"][0]["cursorForNextPayload"]


@pytest.mark.parametrize("query", ["cursor=0", "cursor=x", "limit=51", "limit=0", "since=1"])
def test_bad_cursors(call, hook, query):
    """A cursor below 1, a limit over 50 and a stranger are refused."""
    assert 422 == call("GET", f"bases/~/webhooks/{hook()}/payloads?{query}").status


def test_a_large_change_is_split(airtable, hook, told):
    """Payloads of one change share its transaction number, timestamp and author; the cursor tells them apart."""
    airtable.split_after = 4
    watching = hook()
    ids = airtable.add_rows("Leads", [{"Value": n} for n in range(10)])
    airtable.add_row("Leads", {})
    payloads = told(watching)
    table = airtable.table("Leads").id
    number = airtable.transactions

    assert [4, 4, 2, 1] == [len(payload["changedTablesById"][table]["createdRecordsById"]) for payload in payloads]
    assert [number - 1] * 3 + [number] == [payload["baseTransactionNumber"] for payload in payloads]
    assert payloads[0]["actionMetadata"] == payloads[2]["actionMetadata"]
    assert set(ids) == {
        i for payload in payloads[:3] for i in payload["changedTablesById"][table]["createdRecordsById"]
    }


def test_seven_days_and_longer_when_read(call, airtable, hook, clock):
    """Reading and refreshing prolong a hook's life by seven days from then."""
    read, refreshed, left = hook(), hook(), hook()
    clock.advance(timedelta(days=6))
    call("GET", f"bases/~/webhooks/{read}/payloads")
    answer = call("POST", f"bases/~/webhooks/{refreshed}/refresh")
    clock.advance(timedelta(days=2))
    enabled = {each["id"]: each["isHookEnabled"] for each in call("GET", "bases/~/webhooks").body["webhooks"]}

    assert {"expirationTime": "2026-11-15T09:00:00.250Z"} == answer.body
    assert {read: True, refreshed: True, left: False} == enabled
    assert 422 == call("POST", f"bases/~/webhooks/{left}/refresh").status


def test_an_expired_hook_can_be_read_for_a_week(call, airtable, hook, told, clock):
    """An expired hook notes nothing new; its payloads can be read for seven days; then it is gone."""
    watching = hook()
    clock.advance(timedelta(days=6))
    airtable.add_row("Leads", {})
    clock.advance(timedelta(days=1, hours=1))
    airtable.add_row("Leads", {})

    assert 1 == len(told(watching))
    clock.advance(timedelta(days=7))
    assert (403, []) == (
        call("GET", f"bases/~/webhooks/{watching}/payloads").status,
        call("GET", "bases/~/webhooks").body["webhooks"],
    )


def test_payloads_go_after_a_week(call, airtable, hook, told, clock):
    """A payload a week old is gone, read or not; the cursor is not reset."""
    watching = hook()
    airtable.add_row("Leads", {"Lead": "old"})
    clock.advance(timedelta(days=4))
    told(watching)
    airtable.add_row("Leads", {"Lead": "new"})
    clock.advance(timedelta(days=4))
    body = call("GET", f"bases/~/webhooks/{watching}/payloads", params={"cursor": 1}).body

    assert (1, 3) == (len(body["payloads"]), body["cursor"])


def test_an_error_payload_ends_the_hook(call, airtable, hook, told, clock):
    """On order the hook breaks: `error` and `code` in the last payload, and it is disabled."""
    watching = hook()
    airtable.add_row("Leads", {})
    airtable.faults.order("hook-error")
    payloads = told(watching)
    airtable.add_row("Leads", {})

    assert (2, True, "INVALID_HOOK") == (len(payloads), payloads[1]["error"], payloads[1]["code"])
    assert {"timestamp", "baseTransactionNumber", "payloadFormat", "error", "code"} == set(payloads[1])
    assert (False, 2) == (call("GET", "bases/~/webhooks").body["webhooks"][0]["isHookEnabled"], len(told(watching)))


@pytest.mark.parametrize("deed", ["field", "table"])
def test_a_hook_whose_filter_is_gone_breaks(airtable, hook, told, field, deed):
    """Deleting a watched field or table ends the hook with INVALID_FILTERS."""
    lines = airtable.make_table("Lines", [("Line", "singleLineText"), ("Note", "singleLineText")])
    watching = hook(watchDataInFieldIds=[field("Note", "Lines")]) if deed == "field" else hook(recordChangeScope=lines)
    airtable.delete_field("Lines", "Note") if deed == "field" else airtable.delete_table("Lines")

    assert "INVALID_FILTERS" == told(watching)[-1]["code"]


def test_ten_hooks_a_base_and_two_an_app(call, airtable, hook):
    """An eleventh hook is refused, and a third of an OAuth app."""
    airtable.add_token("oauth", oauth=True)
    body = {"specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}}
    app = [call("POST", "bases/~/webhooks", body, token="oauth") for _ in range(3)]
    for _ in range(8):
        last = hook()

    assert ([200, 200, 422], "TOO_MANY_WEBHOOKS_BY_OAUTH_INTEGRATION_IN_BASE") == (
        [a.status for a in app],
        app[2].error,
    )
    assert "TOO_MANY_WEBHOOKS_IN_BASE" == call("POST", "bases/~/webhooks", body).error
    assert (200, {}) == (lambda a: (a.status, a.body))(call("DELETE", f"bases/~/webhooks/{last}"))
    assert 200 == call("POST", "bases/~/webhooks", body).status


@pytest.mark.parametrize(
    "specification",
    [
        {}, {"options": {}}, {"options": {"filters": {}}}, {"options": {"filters": {"dataTypes": []}}},
        {"options": {"filters": {"dataTypes": ["rows"]}}},
        {"options": {"filters": {"dataTypes": ["tableData"], "recordChangeScope": "Leads"}}},
        {"options": {"filters": {"dataTypes": ["tableData"], "watchDataInFieldIds": ["fldAAAAAAAAAAAAAA"]}}},
        {"options": {"filters": {"dataTypes": ["tableData"], "fromSources": ["people"]}}},
        {"options": {"filters": {"dataTypes": ["tableData"]}, "includes": {"includeEverything": True}}},
        {"filters": {"dataTypes": ["tableData"]}},
    ],
)  # fmt: skip
def test_specifications_are_checked(call, specification):
    """Names instead of ids, strangers and unknown words are refused."""
    assert 422 == call("POST", "bases/~/webhooks", {"specification": specification}).status


def test_hooks_on_data_need_the_scope_of_data(call, airtable):
    """`tableData` needs data.records:read, `tableFields` schema.bases:read, to make the hook and to read it."""
    airtable.add_token("patHOOK", scopes=["webhook:manage", "schema.bases:read"])
    made = {}
    for kind in ("tableData", "tableFields"):
        body = {"specification": {"options": {"filters": {"dataTypes": [kind]}}}}
        assert {"tableData": 403, "tableFields": 200}[kind] == call(
            "POST", "bases/~/webhooks", body, token="patHOOK"
        ).status
        made[kind] = call("POST", "bases/~/webhooks", body).body["id"]

    read = {kind: call("GET", f"bases/~/webhooks/{i}/payloads", token="patHOOK").status for kind, i in made.items()}
    assert {"tableData": 403, "tableFields": 200} == read
