"""spreadsheets.get: tabs, masks, and cells with all that is known of them."""

from __future__ import annotations

import pytest


def _get(call, **params):
    return call("GET", "~", params=params)


def test_the_whole_spreadsheet_without_cells(call, google, leads):
    """Without grid data the answer has properties, tabs and the address (recorded)."""
    body = _get(call, includeGridData="false").body

    assert ["spreadsheetId", "properties", "sheets", "spreadsheetUrl"] == list(body)
    found = {name: body["properties"][name] for name in ("title", "locale", "autoRecalc", "timeZone")}
    assert ("en_GB", "ON_CHANGE", "Europe/London") == (found["locale"], found["autoRecalc"], found["timeZone"])
    size = {"rowCount": 1000, "columnCount": 26}
    tab = {"sheetId": leads, "title": "Leads", "index": 1, "sheetType": "GRID", "gridProperties": size}
    assert [{"properties": tab}] == body["sheets"][1:]
    assert f"https://docs.google.com/spreadsheets/d/{google.file.id}/edit" == body["spreadsheetUrl"]


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("spreadsheetId", {"spreadsheetId": "1SandboxSheet0000000000000000000000000000001"}),
        ("sheets.properties.title", {"sheets": [{"properties": {"title": t}} for t in ("Sheet1", "Leads")]}),
        ("sheets/properties/title", {"sheets": [{"properties": {"title": t}} for t in ("Sheet1", "Leads")]}),
        ("sheets(properties(index))", {"sheets": [{"properties": {"index": n}} for n in (0, 1)]}),
        (
            "properties.timeZone,sheets.properties.index",
            {"properties": {"timeZone": "Europe/London"}, "sheets": [{"properties": {"index": n}} for n in (0, 1)]},
        ),
        ("sheets.properties.tabColorStyle", {"sheets": [{"properties": {}}] * 2}),
        ("namedRanges", {}),
    ],
)
def test_masks_choose(call, mask, expected):
    """A mask shows what it names, entries of lists as {} when nothing of them is left (recorded)."""
    assert expected == _get(call, fields=mask).body


@pytest.mark.parametrize(
    ("mask", "path"),
    [
        ("properties, sheets.properties", " sheets"),
        ("sheets.properties.titel", "sheets.properties.titel"),
        ("sheet", "sheet"),
        ("sheets(properties", "sheets(properties"),
    ],
)
def test_masks_are_strict(call, mask, path):
    """A blank after a comma and an unknown path are refused as an invalid argument, with the path in the details."""
    answer = _get(call, fields=mask)

    assert (400, "Request contains an invalid argument.") == (answer.status, answer.message)
    (violation,) = answer.body["error"]["details"][0]["fieldViolations"]
    assert path == violation["field"]
    assert "Cannot find matching fields for path" in violation["description"]


def test_cells_are_shown_with_all_they_have(call, write, google):
    """Grid data holds what was entered, what it comes to, how it is shown and formatted."""
    write("Leads!F2", [["=D2/1000"]], "USER_ENTERED")
    body = _get(call, ranges="Leads!D2:F2", includeGridData="true").body

    (data,) = body["sheets"][0]["data"]
    assert (1, 3) == (data["startRow"], data["startColumn"])
    number, date, formula = data["rowData"][0]["values"]
    assert {"numberValue": 1200} == number["userEnteredValue"] == number["effectiveValue"]
    assert "46054" == date["formattedValue"]
    assert ({"formulaValue": "=D2/1000"}, {"numberValue": 1.2}) == (
        formula["userEnteredValue"], formula["effectiveValue"],
    )  # fmt: skip
    assert "BOTTOM" == number["effectiveFormat"]["verticalAlignment"]
    assert "userEnteredFormat" not in number


def test_errors_have_a_type(call, write):
    """A failing formula's effective value is an error with its type."""
    write("Sheet1!A1", [["=1/0"]], "USER_ENTERED")
    mask = "sheets.data.rowData.values.effectiveValue"
    cell = _get(call, fields=mask, ranges="Sheet1!A1").body["sheets"][0]["data"][0]["rowData"][0]["values"][0]

    assert {"errorValue": {"type": "DIVIDE_BY_ZERO"}} == cell["effectiveValue"]


def test_a_range_chooses_its_tab(call):
    """Ranges show their tabs only, each range as data of its own."""
    params = {"ranges": ["Leads!A1", "Leads!A2:B2"], "fields": "sheets(properties.title,data.rowData.values)"}
    (sheet,) = call("GET", "~", params=params).body["sheets"]

    texts = [[cell["formattedValue"] for row in data["rowData"] for cell in row["values"]] for data in sheet["data"]]
    assert ("Leads", [["Lead"], ["L-1", "Acme"]]) == (sheet["properties"]["title"], texts)


def test_a_mask_without_data_asks_for_none(call):
    """A mask that names no cells gives none, whatever includeGridData says."""
    body = _get(call, fields="sheets.properties.index", includeGridData="true").body

    assert {"sheets": [{"properties": {"index": 0}}, {"properties": {"index": 1}}]} == body


def test_the_spreadsheet_by_data_filter(call, leads):
    """getByDataFilter shows the tabs that filters select, by id."""
    body = {"dataFilters": [{"gridRange": {"sheetId": leads, "endRowIndex": 1}}]}
    answer = call("POST", "~:getByDataFilter", body, params={"fields": "sheets.properties.title"})

    assert {"sheets": [{"properties": {"title": "Leads"}}]} == answer.body


def test_masks_choose_of_values_too(call):
    """`fields` works on every method: here on a batchGet."""
    params = {"ranges": ["Leads!A1", "Leads!A2"], "fields": "valueRanges.values"}
    body = call("GET", "~/values:batchGet", params=params).body

    assert {"valueRanges": [{"values": [["Lead"]]}, {"values": [["L-1"]]}]} == body
    spaced = call("GET", "~/values:batchGet", params={**params, "fields": "spreadsheetId, valueRanges"})
    assert 400 == spaced.status
