"""The door is strict: unknown names, wrong types, unknown constants and paths are refused in Google's words."""

from __future__ import annotations

import pytest

BAD = "type.googleapis.com/google.rpc.BadRequest"


def _violations(answer):
    assert (400, "INVALID_ARGUMENT") == (answer.status, answer.body["error"]["status"])
    (detail,) = answer.body["error"]["details"]
    assert BAD == detail["@type"]
    assert answer.message == "\n".join(one["description"] for one in detail["fieldViolations"])
    return detail["fieldViolations"]


@pytest.mark.parametrize(
    ("request_", "field", "description"),
    [
        (
            {"addShet": {}},
            "requests[0]",
            "Invalid JSON payload received. Unknown name \"addShet\" at 'requests[0]': Cannot find field.",
        ),
        (
            {"addSheet": {"properties": {"titel": "x"}}},
            "requests[0].add_sheet.properties",
            "Invalid JSON payload received. Unknown name \"titel\" at 'requests[0].add_sheet.properties': "
            "Cannot find field.",
        ),
        (
            {"addSheet": {"properties": {"title": 5}}},
            "requests[0].add_sheet.properties.title",
            "Invalid value at 'requests[0].add_sheet.properties.title' (TYPE_STRING), 5",
        ),
        (
            {"deleteSheet": {"sheetId": "abc"}},
            "requests[0].delete_sheet.sheet_id",
            "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), \"abc\"",
        ),
        (
            {"deleteSheet": {"sheetId": 1.5}},
            "requests[0].delete_sheet.sheet_id",
            "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), 1.5",
        ),
        (
            {"addSheet": {"properties": {"hidden": "yes"}}},
            "requests[0].add_sheet.properties.hidden",
            "Invalid value at 'requests[0].add_sheet.properties.hidden' (TYPE_BOOL), \"yes\"",
        ),
        (
            {"mergeCells": {"mergeType": "MERGE"}},
            "requests[0].merge_cells.merge_type",
            "Invalid value at 'requests[0].merge_cells.merge_type' "
            '(type.googleapis.com/google.apps.sheets.v4.MergeType), "MERGE"',
        ),
        (
            {"addSheet": []},
            "requests[0].add_sheet",
            "Invalid value at 'requests[0].add_sheet' (type.googleapis.com/google.apps.sheets.v4.AddSheetRequest), []",
        ),
        (
            {"addSheet": {}, "deleteSheet": {"sheetId": 0}},
            "requests[0]",
            "Invalid value at 'requests[0]' (oneof), oneof field 'kind' is already set. Cannot set 'deleteSheet'",
        ),
    ],
)
def test_requests_are_read_strictly(batch, google, request_, field, description):
    """A request with an unknown kind or field, a wrong type or constant is refused with the place of the fault."""
    before = google.tabs()

    assert [{"field": field, "description": description}] == _violations(batch(request_))
    assert before == google.tabs()


def test_every_fault_of_a_body_is_told(batch):
    """All that is wrong with a body is told at once, one line each."""
    found = _violations(batch({"addSheet": {"titel": 1}}, {"deleteSheet": {"sheetId": None, "id": 2}}))

    assert ["requests[0].add_sheet", "requests[1].delete_sheet"] == [one["field"] for one in found]


def test_integers_may_come_as_text(batch):
    """Numbers are taken as text too, as in any JSON of protocol buffers."""
    grid = {"rowCount": "5", "columnCount": 3.0}
    answer = batch({"addSheet": {"properties": {"sheetId": "8", "gridProperties": grid}}})

    made = answer.body["replies"][0]["addSheet"]["properties"]
    assert (8, {"rowCount": 5, "columnCount": 3}) == (made["sheetId"], made["gridProperties"])


def test_values_must_be_lists_of_lists(write):
    """A text in place of rows or of a row is refused (recorded)."""
    kind = "(type.googleapis.com/google.protobuf.ListValue)"
    for values, field, shown in (("X", "data.values", '"X"'), (["A"], "data.values[0]", '"A"')):
        (found,) = _violations(write("Leads!A2", values))
        assert {"field": field, "description": f"Invalid value at '{field}' {kind}, {shown}"} == found


def test_unknown_names_of_a_value_range(call):
    """The body of a write to one range is bound to `data`."""
    answer = call("PUT", "~/values/Leads!A2", {"value": [["x"]]}, params={"valueInputOption": "RAW"})

    (found,) = _violations(answer)
    assert "Invalid JSON payload received. Unknown name \"value\" at 'data': Cannot find field." == found["description"]


def test_unknown_parameters_are_refused(call):
    """A query parameter that the method does not have cannot be bound."""
    (found,) = _violations(call("GET", "~/values/Leads!A1", params={"valueRender": "FORMULA"}))

    words = (
        'Invalid JSON payload received. Unknown name "valueRender": Cannot bind query parameter. '
        "Field 'valueRender' could not be found in request message."
    )
    assert {"description": words} == found


def test_unknown_constants_in_the_query_are_refused(call):
    """An option that is none is refused with its type."""
    answer = call("GET", "~/values/Leads!A1", params={"valueRenderOption": "RAW"})

    kind = "type.googleapis.com/google.apps.sheets.v4.ValueRenderOption"
    words = f"Invalid value at 'value_render_option' ({kind}), \"RAW\""
    assert [{"field": "value_render_option", "description": words}] == _violations(answer)
    assert 400 == call("GET", "~", params={"includeGridData": "maybe"}).status


@pytest.mark.parametrize("body", [b"{", b'{"values": [[NaN]]}', b"[1]", b'"x"'])
def test_what_is_no_object_is_refused(call, body):
    """A body that is no JSON, or no object, is an invalid payload."""
    answer = call("PUT", "~/values/Leads!A2", body, params={"valueInputOption": "RAW"})

    assert 400 == answer.status
    assert answer.message.startswith("Invalid JSON payload received.")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v4/spreadsheet/x"),
        ("GET", "/v5/spreadsheets/x"),
        ("PATCH", "~"),
        ("GET", "~/values"),
        ("GET", "~:batchUpdate"),
        ("POST", "~/values/Leads!A1:batchUpdate"),
        ("GET", "/"),
    ],
)
def test_an_unknown_path_is_a_page(call, method, path):
    """What is no method of the API is answered with a page of HTML."""
    answer = call(method, path)

    assert 404 == answer.status
    assert "text/html" in answer.headers["Content-Type"]
    assert "Error 404" in answer.body


def test_what_is_known_and_not_modelled_says_so(batch):
    """Kinds and fields that Google has and the sandbox has not are refused as unimplemented, never ignored."""
    answers = [
        batch({"addChart": {}}),
        batch({"setBasicFilter": {"filter": {"range": {"sheetId": 0}, "criteria": {"0": {}}}}}),
    ]
    assert [(501, "UNIMPLEMENTED")] * 2 == [(one.status, one.body["error"]["status"]) for one in answers]
    assert "The sandbox does not model requests of the kind addChart." == answers[0].message


def test_slashes_and_colons_in_a_range(call, google):
    """A tab's name with a slash, a colon or a question mark is reached when it is quoted and encoded."""
    google.make_tab("2026/Q1: why?", ["Key"])
    answer = call("GET", "~/values/%272026%2FQ1%3A%20why%3F%27%21A1")

    assert ("'2026/Q1: why?'!A1", [["Key"]]) == (answer.body["range"], answer.body["values"])
