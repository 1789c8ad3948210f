"""Records over the wire: create, read, update, upsert, delete, and what is refused."""

from __future__ import annotations

import re

import pytest

from worker.sandbox.airtable import Airtable


def _names(airtable):
    return [row["fields"].get("Lead") for row in airtable.rows("Leads")]


def test_create_one_answers_by_name(call):
    """A single create answers one record, by field name, with a whole-second createdTime and no empty cells."""
    answer = call("POST", "~/Leads", {"fields": {"Lead": "L-1", "Hold": False, "Notes": "", "Tags": [], "Value": None}})

    assert 200 == answer.status
    assert re.fullmatch(r"rec[0-9A-Za-z]{14}", answer.body["id"])
    assert "2026-11-02T09:00:00.000Z" == answer.body["createdTime"]
    changed = "2026-11-02T09:00:00.000Z"
    assert {"Lead": "L-1", "Number": 1, "Changed": changed, "Double": 0} == answer.body["fields"]


def test_ids_and_names_are_interchangeable_on_input(call, airtable, field):
    """Table and fields go by id or by name, and `returnFieldsByFieldId` as true or 1 turns the answer."""
    table = airtable.table("Leads").id
    for flag in (True, 1):
        body = {"records": [{"fields": {field("Lead"): "L-1", "Company": "Acme"}}], "returnFieldsByFieldId": flag}
        fields = call("POST", f"~/{table}", body).body["records"][0]["fields"]

        assert ("L-1", "Acme") == (fields[field("Lead")], fields[field("Company")])
    assert ["L-1", "L-1"] == _names(airtable)


@pytest.mark.parametrize("flag", ["1", "true"])
def test_read_by_field_id(call, airtable, field, flag):
    """GET of one record and of a page answer by id when asked."""
    record = airtable.add_row("Leads", {"Lead": "L-1"})
    params = {"returnFieldsByFieldId": flag}

    assert "L-1" == call("GET", f"~/Leads/{record}", params=params).body["fields"][field("Lead")]
    assert "L-1" == call("GET", "~/Leads", params=params).body["records"][0]["fields"][field("Lead")]
    assert "L-1" == call("GET", f"~/Leads/{record}").body["fields"]["Lead"]


def test_patch_leaves_and_put_clears(call, airtable):
    """PATCH writes only what is named, PUT empties every other cell that can be written."""
    record = airtable.add_row("Leads", {"Lead": "L-1", "Company": "Acme", "Value": 3})

    call("PATCH", "~/Leads", {"records": [{"id": record, "fields": {"Company": "Bolt"}}]})
    patched = airtable.row("Leads", record)
    call("PUT", f"~/Leads/{record}", {"fields": {"Company": "Cord"}})
    put = airtable.row("Leads", record)

    assert ("L-1", "Bolt", 3, 6) == tuple(patched[name] for name in ("Lead", "Company", "Value", "Double"))
    assert {"Company", "Number", "Changed", "Double"} == set(put)
    assert "Cord" == put["Company"]


def test_delete_one_and_many(call, airtable):
    """DELETE answers which records are gone, alone or in `records[]`."""
    ids = airtable.add_rows("Leads", [{"Lead": f"L-{n}"} for n in range(3)])

    assert {"deleted": True, "id": ids[0]} == call("DELETE", f"~/Leads/{ids[0]}").body
    answer = call("DELETE", "~/Leads", params={"records[]": ids[1:]})
    assert {"records": [{"deleted": True, "id": i} for i in ids[1:]]} == answer.body
    assert [] == airtable.rows("Leads")


@pytest.mark.parametrize(("method", "verb"), [("POST", "created"), ("PATCH", "updated"), ("DELETE", "deleted")])
def test_eleven_are_too_many(call, airtable, method, verb):
    """An eleventh record is refused in the words of the service, and nothing is stored."""
    ids = airtable.add_rows("Leads", [{}] * 11)
    records = [{"id": i, "fields": {}} for i in ids]
    if method == "POST":
        answer = call(method, "~/Leads", {"records": [{"fields": {}}] * 11})
    elif method == "PATCH":
        answer = call(method, "~/Leads", {"records": records})
    else:
        answer = call(method, "~/Leads", params={"records[]": ids})

    message = f"A maximum of 10 records can be {verb} per request but you have provided 11."
    assert (422, {"error": {"type": "INVALID_RECORDS", "message": message}}) == (answer.status, answer.body)
    assert 11 == len(airtable.rows("Leads"))


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"Double": 3}, "INVALID_VALUE_FOR_COLUMN"),
        ({"Nowhere": 3}, "UNKNOWN_FIELD_NAME"),
        ({"Status": "Lost"}, "INVALID_MULTIPLE_CHOICE_OPTIONS"),
        ({"Value": "three"}, "INVALID_VALUE_FOR_COLUMN"),
        ({"Partner": ["recAAAAAAAAAAAAAA"]}, "ROW_DOES_NOT_EXIST"),
    ],
)
def test_ten_or_nothing(call, airtable, bad, error):
    """One bad row refuses its nine good neighbours, for creates and updates alike; nothing is stored or stamped."""
    ids = airtable.add_rows("Leads", [{"Lead": f"L-{n}"} for n in range(10)])
    before = airtable.rows("Leads")
    good = [{"Company": "Acme"}] * 9

    create = call("POST", "~/Leads", {"records": [{"fields": f} for f in [*good, bad]]})
    update = call(
        "PATCH", "~/Leads", {"records": [{"id": i, "fields": f} for i, f in zip(ids, [*good, bad], strict=True)]}
    )

    assert [(422, error)] * 2 == [(create.status, create.error), (update.status, update.error)]
    assert before == airtable.rows("Leads")


def test_refusals_name_the_field(call):
    """Messages of refused cells are the recorded ones."""
    unknown = call("POST", "~/Leads", {"fields": {"X": 1}}).body["error"]["message"]
    computed = call("POST", "~/Leads", {"fields": {"Number": None}}).body["error"]["message"]
    option = call("POST", "~/Leads", {"fields": {"Status": "x"}}).body["error"]["message"]

    assert 'Unknown field name: "X"' == unknown
    assert 'Field "Number" cannot accept a value because the field is computed' == computed
    assert 'Insufficient permissions to create new select option "x"' == option


def test_batch_with_a_deleted_id_is_refused(call, airtable):
    """An id that is gone refuses the whole PATCH with ROW_DOES_NOT_EXIST."""
    kept, gone = airtable.add_rows("Leads", [{}, {}])
    airtable.delete("Leads", gone)
    answer = call("PATCH", "~/Leads", {"records": [{"id": i, "fields": {"Lead": "x"}} for i in (kept, gone)]})

    assert (422, "ROW_DOES_NOT_EXIST") == (answer.status, answer.error)
    assert [None] == _names(airtable)


def test_one_record_twice_in_a_batch_is_refused(call, airtable):
    """The same record cannot be updated twice in one call."""
    record = airtable.add_row("Leads", {})
    answer = call("PATCH", "~/Leads", {"records": [{"id": record, "fields": {"Lead": n}} for n in "ab"]})

    assert (422, "INVALID_RECORDS") == (answer.status, answer.error)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "~/Leads", {"records": [{"fields": {}, "id": "recAAAAAAAAAAAAAA"}]}),
        ("POST", "~/Leads", {"fields": {}, "typcast": True}),
        ("POST", "~/Leads", {"fields": {}, "typecast": "yes"}),
        ("POST", "~/Leads", {"fields": {}, "records": []}),
        ("POST", "~/Leads", {"records": []}),
        ("POST", "~/Leads", {"fields": ["Lead"]}),
        ("POST", "~/Leads?typecast=true", {"fields": {}}),
        ("PATCH", "~/Leads", {"records": [{"fields": {}}]}),
        ("PATCH", "~/Leads", {"records": [], "performUpsert": {"fieldsToMergeOn": ["Lead"]}}),
        ("POST", "~/Leads", []),
    ],
)
def test_unknown_keys_and_wrong_types_are_refused(call, method, path, body):
    """Strangers in a body or a query, and values of the wrong type, get INVALID_REQUEST_UNKNOWN."""
    answer = call(method, path, body)

    message = "Invalid request: parameter validation failed. Check your request data."
    assert (422, {"error": {"type": "INVALID_REQUEST_UNKNOWN", "message": message}}) == (answer.status, answer.body)


def test_a_number_beyond_all_bounds_is_refused(call):
    """A number that overflows is no value."""
    assert "INVALID_VALUE_FOR_COLUMN" == call("POST", "~/Leads", b'{"fields": {"Value": 1e400}}').error


@pytest.mark.parametrize("raw", [b"{", b"[NaN]", b'{"fields": {"Value": NaN}}'])
def test_a_body_that_is_not_json_is_refused(call, raw):
    """Broken JSON and NaN cannot be parsed."""
    assert (422, "INVALID_REQUEST_BODY") == (lambda a: (a.status, a.error))(call("POST", "~/Leads", raw))


def test_a_write_needs_fields(call):
    """A body without fields and records is told what it lacks."""
    assert "INVALID_REQUEST_MISSING_FIELDS" == call("POST", "~/Leads", {"typecast": True}).error


def test_upsert_creates_updates_and_refuses(call, airtable, field):
    """No match creates, one updates, two refuse the whole call."""
    one = airtable.add_row("Leads", {"Lead": "L-1", "Company": "Acme"})
    body = {
        "performUpsert": {"fieldsToMergeOn": [field("Lead")]},
        "records": [{"fields": {"Lead": "L-1", "Company": "Bolt"}}, {"fields": {"Lead": "L-2"}}],
    }
    answer = call("PATCH", "~/Leads", body)
    two = answer.body["createdRecords"][0]

    assert {"records", "createdRecords", "updatedRecords"} == set(answer.body)
    assert ([one], [one, two]) == (answer.body["updatedRecords"], [r["id"] for r in answer.body["records"]])
    assert "Bolt" == airtable.row("Leads", one)["Company"]

    airtable.duplicate("Leads", one)
    before = airtable.rows("Leads")
    refused = call("PATCH", "~/Leads", {**body, "records": [*body["records"], {"fields": {"Lead": "L-3"}}]})
    assert (422, "INVALID_RECORDS", before) == (refused.status, refused.error, airtable.rows("Leads"))


def test_upsert_with_an_id_skips_the_merge(call, airtable):
    """A record with an id is a plain update, even next to two rows of its key; an unknown id creates nothing."""
    one = airtable.add_row("Leads", {"Lead": "L-1"})
    airtable.duplicate("Leads", one)
    merge = {"fieldsToMergeOn": ["Lead"]}
    records = [{"id": one, "fields": {"Lead": "L-9"}}]
    answer = call("PATCH", "~/Leads", {"performUpsert": merge, "records": records})
    unknown = [{"id": "recAAAAAAAAAAAAAA", "fields": {"Lead": "L-9"}}]

    assert ([], [one]) == (answer.body["createdRecords"], answer.body["updatedRecords"])
    assert ["L-9", "L-1"] == _names(airtable)
    assert 422 == call("PATCH", "~/Leads", {"performUpsert": merge, "records": unknown}).status


def test_upsert_on_up_to_three_fields(call, airtable):
    """Several merge fields must all match; four are refused, as are computed ones and a record without a key."""
    airtable.add_row("Leads", {"Lead": "L-1", "Company": "Acme", "Value": 2})
    record = {"fields": {"Lead": "L-1", "Company": "Acme", "Value": 3}}

    def upsert(*names, records=(record,)):
        return call("PATCH", "~/Leads", {"performUpsert": {"fieldsToMergeOn": names}, "records": list(records)})

    assert 1 == len(upsert("Lead", "Company").body["updatedRecords"])
    assert 1 == len(upsert("Lead", "Company", "Value").body["updatedRecords"])
    record["fields"]["Value"] = 4
    assert 1 == len(upsert("Lead", "Company", "Value").body["createdRecords"])
    for refused in (upsert(), upsert("Lead", "Company", "Value", "Notes"), upsert("Number"), upsert("Hold")):
        assert 422 == refused.status
    assert 422 == upsert("Lead", records=[{"fields": {"Company": "x"}}]).status
    assert "UNKNOWN_FIELD_NAME" == upsert("Nowhere").error


def test_comments_touch_no_cell(call, airtable, clock):
    """A comment is listed newest first, counted on request, and leaves no stamp on the row."""
    record = airtable.add_row("Leads", {"Lead": "L-1"})
    before = airtable.row("Leads", record)
    path = f"~/Leads/{record}/comments"
    first = call("POST", path, {"text": "Which Acme?"})
    second = call("POST", path, {"text": "The one in Leeds", "parentCommentId": first.body["id"]})
    page = call("GET", path, params={"pageSize": 1})
    rest = call("GET", path, params={"pageSize": 1, "offset": page.body["offset"]})

    assert [second.body, first.body] == [*page.body["comments"], *rest.body["comments"]]
    assert (None, before) == (rest.body["offset"], airtable.row("Leads", record))
    listed = call("GET", "~/Leads", params={"recordMetadata[]": "commentCount"})
    assert 2 == listed.body["records"][0]["commentCount"]
    assert 422 == call("POST", path, {"text": ""}).status


def test_same_seed_and_calls_give_the_same_bytes(clock):
    """Two sandboxes that were asked the same answer the same, ids and secrets included; another seed differs."""

    def life(seed):
        service = Airtable(clock, seed=seed)
        table = service.make_table("T", [("A", "singleLineText")])
        return table, service.add_row("T", {"A": "x"}), service.secret()

    assert life(1) == life(1)
    assert life(1) != life(2)
