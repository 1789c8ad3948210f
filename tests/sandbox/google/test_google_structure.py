"""spreadsheets.batchUpdate about tabs, rows and columns; all or nothing, in order, replies where requests stood."""

from __future__ import annotations

import pytest


def _rows(sheet_id, start, end, dimension="ROWS"):
    return {"sheetId": sheet_id, "dimension": dimension, "startIndex": start, "endIndex": end}


def _properties(call):
    return [sheet["properties"] for sheet in call("GET", "~", params={"fields": "sheets.properties"}).body["sheets"]]


def test_replies_stand_where_their_requests_stood(batch, leads):
    """A request without an answer leaves an empty reply in its place."""
    answer = batch(
        {"addSheet": {"properties": {"title": "Partners"}}},
        {"deleteDimension": {"range": _rows(leads, 3, 4)}},
        {"addSheet": {"properties": {"title": "Members"}}},
    )

    assert ["addSheet", None, "addSheet"] == [next(iter(reply), None) for reply in answer.body["replies"]]


def test_a_refused_request_takes_everything_back(batch, call, google, leads):
    """One refused request undoes those before it and is named by its place and kind."""
    before = (google.values("Leads"), call("GET", "~").body)
    answer = batch(
        {"addSheet": {"properties": {"title": "Partners"}}},
        {"deleteDimension": {"range": _rows(leads, 1, 2)}},
        {"insertDimension": {"range": _rows(leads, 0, 1, "COLUMNS")}},
        {"updateSheetProperties": {"properties": {"sheetId": leads, "title": "X"}, "fields": "title"}},
        {"sortRange": {"range": {"sheetId": leads}, "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]}},
        {"addProtectedRange": {"protectedRange": {"range": {"sheetId": leads}}}},
        {"mergeCells": {"range": {"sheetId": leads, "endRowIndex": 2}, "mergeType": "MERGE_ALL"}},
        {"deleteSheet": {"sheetId": 99}},
    )

    assert (400, "Invalid requests[7].deleteSheet: No sheet with id: 99") == (answer.status, answer.message)
    assert before == (google.values("Leads"), call("GET", "~").body)


def test_no_requests_are_refused(batch, call):
    """An empty list, and an entry without a kind, are refused."""
    assert "Must specify at least one request." == batch().message
    assert "Invalid requests[0]: No request set." == batch({}).message


def test_tabs_are_added(batch, call):
    """A new tab has the title, place and size that were said, and defaults for the rest."""
    grid = {"rowCount": 5, "columnCount": 3, "frozenRowCount": 1}
    answer = batch(
        {"addSheet": {"properties": {"title": "Partners", "index": 0, "sheetId": 77, "gridProperties": grid}}},
        {"addSheet": {}},
    )

    first, second = (reply["addSheet"]["properties"] for reply in answer.body["replies"])
    assert {
        "sheetId": 77, "title": "Partners", "index": 0, "sheetType": "GRID", "gridProperties": grid,
    } == first  # fmt: skip
    assert ("Sheet4", 3) == (second["title"], second["index"])
    assert {"rowCount": 1000, "columnCount": 26} == second["gridProperties"]
    assert ["Partners", "Sheet1", "Leads", "Sheet4"] == [one["title"] for one in _properties(call)]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"addSheet": {"properties": {"title": "leads"}}},
            'Invalid requests[0].addSheet: A sheet with the name "leads" already exists. Please enter another name.',
        ),
        (
            {"updateSheetProperties": {"properties": {"sheetId": 0, "title": "Leads"}, "fields": "title"}},
            'Invalid requests[0].updateSheetProperties: A sheet with the name "Leads" already exists. '
            "Please enter another name.",
        ),
        (
            {"updateSheetProperties": {"properties": {"sheetId": 5, "title": "X"}, "fields": "title"}},
            "Invalid requests[0].updateSheetProperties: No sheet with id: 5",
        ),
        (
            {"deleteDimension": {"range": _rows(0, 1000, 1001)}},
            "Invalid requests[0].deleteDimension: Cannot delete a row that doesn't exist. Tried to delete row index "
            "1000 but there are only 1000 rows.",
        ),
        (
            {"deleteDimension": {"range": _rows(0, 0, 26, "COLUMNS")}},
            "Invalid requests[0].deleteDimension: You can't delete all the columns on the sheet.",
        ),
        (
            {"insertDimension": {"range": _rows(0, -1, 2)}},
            "Invalid requests[0].insertDimension: DimensionRange indexes must be >= 0",
        ),
        (
            {"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 9_999_999}},
            "Invalid requests[0].appendDimension: This action would increase the number of cells in the workbook above "
            "the limit of 10000000 cells.",
        ),
        (
            {"repeatCell": {"range": {"sheetId": 5}, "cell": {}, "fields": "note"}},
            "Invalid requests[0].repeatCell: No grid with id: 5",
        ),
    ],
)
def test_what_cannot_be_done_is_said(batch, request_, message):
    """Doubled titles, unknown ids, places beyond the grid and too many cells are refused in Google's words."""
    assert message == batch(request_).message


def test_the_last_visible_tab_stays(batch, leads):
    """Neither the last tab nor the last visible one can be deleted or hidden (recorded for hiding)."""
    hide = {"properties": {"sheetId": 0, "hidden": True}, "fields": "hidden"}
    assert 200 == batch({"updateSheetProperties": hide}).status
    last = {"properties": {"sheetId": leads, "hidden": True}, "fields": "hidden"}
    words = "Invalid requests[0].updateSheetProperties: You can't hide all the sheets in a document."
    assert words == batch({"updateSheetProperties": last}).message
    assert "can't remove all the visible sheets" in batch({"deleteSheet": {"sheetId": leads}}).message
    assert 200 == batch({"deleteSheet": {"sheetId": 0}}).status
    assert "You can't remove all the sheets in a document." in batch({"deleteSheet": {"sheetId": leads}}).message


def test_only_masked_properties_change(batch, call, leads):
    """updateSheetProperties writes what `fields` names and leaves the rest, with dots or slashes."""
    said = {"sheetId": leads, "title": "Ignored", "gridProperties": {"frozenRowCount": 1, "frozenColumnCount": 2}}
    batch({"updateSheetProperties": {"properties": said, "fields": "gridProperties/frozenRowCount"}})
    batch({"updateSheetProperties": {"properties": said, "fields": "gridProperties(frozenColumnCount)"}})
    colour = {"sheetId": leads, "tabColorStyle": {"rgbColor": {"red": 1, "blue": 0.5}}}
    batch({"updateSheetProperties": {"properties": colour, "fields": "tabColorStyle"}})

    found = _properties(call)[1]
    assert "Leads" == found["title"]
    size = {"rowCount": 1000, "columnCount": 26, "frozenRowCount": 1, "frozenColumnCount": 2}
    assert size == found["gridProperties"]
    assert {"rgbColor": {"red": 1, "blue": 0.49803922}} == found["tabColorStyle"]
    assert {"red": 1, "blue": 0.49803922} == found["tabColor"]


def test_an_update_needs_its_mask(batch, leads):
    """Without `fields` nothing is updated; an unknown field is refused."""
    properties = {"sheetId": leads, "title": "X"}
    assert "At least one field must be listed" in batch({"updateSheetProperties": {"properties": properties}}).message
    answer = batch({"updateSheetProperties": {"properties": properties, "fields": "titel"}})
    assert "Invalid requests[0].updateSheetProperties: Invalid field: titel" == answer.message


@pytest.mark.parametrize(
    ("tab", "index", "order"),
    [("Sheet1", 2, "BAC"), ("Sheet1", 3, "BCA"), ("Sheet1", 1, "ABC"), ("Sheet1", 0, "ABC"), ("C", 0, "CAB")],
)
def test_tabs_move_by_before_the_move_indexes(batch, call, google, tab, index, order):
    """An index counts tabs as they stand before the move, so one's own and the next change nothing (spec)."""
    google.rename_tab("Leads", "B")
    google.make_tab("C")
    sheet_id = google.sheet(tab).id
    batch({"updateSheetProperties": {"properties": {"sheetId": sheet_id, "index": index}, "fields": "index"}})

    assert order == "".join(one["title"] for one in _properties(call)).replace("Sheet1", "A")


def test_grids_grow_and_shrink(batch, google, leads):
    """rowCount and columnCount resize the grid; what is cut off is lost."""
    size = {"sheetId": leads, "gridProperties": {"rowCount": 3, "columnCount": 2}}
    fields = "gridProperties.rowCount,gridProperties.columnCount"
    batch({"updateSheetProperties": {"properties": size, "fields": fields}})

    assert [["Lead", "Company"], ["L-1", "Acme"], ["L-2", "Bolt"]] == google.values("Leads")
    assert (3, 2) == (len(google.sheet("Leads").lines), len(google.sheet("Leads").columns))


def test_rows_and_columns_are_inserted(batch, google, leads):
    """insertDimension pushes down or right; the new cells take on formats and validation of a neighbour, no values."""
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "a"}]}, "strict": True}
    area = {"sheetId": leads, "startRowIndex": 1, "endRowIndex": 4, "startColumnIndex": 1, "endColumnIndex": 2}
    batch({"setDataValidation": {"range": area, "rule": rule}})
    batch(
        {"insertDimension": {"range": _rows(leads, 2, 4), "inheritFromBefore": True}},
        {"insertDimension": {"range": _rows(leads, 0, 1, "COLUMNS"), "inheritFromBefore": False}},
    )

    assert [["", "L-1", "Acme"], [], [], ["", "L-2", "Bolt"]] == [row[:3] for row in google.values("Leads")[1:5]]
    assert [2] == list(google.sheet("Leads").lines[2].looks)


def test_rows_are_appended_and_deleted(batch, google, leads):
    """appendDimension adds at the end, deleteDimension takes rows with their values."""
    batch({"appendDimension": {"sheetId": leads, "dimension": "ROWS", "length": 2}})
    batch({"deleteDimension": {"range": _rows(leads, 1, 3)}})

    assert 1000 == len(google.sheet("Leads").lines)
    assert ["Lead", "L-3"] == [row[0] for row in google.values("Leads")]


def test_frozen_rows_alone_cannot_remain(batch, leads):
    """Not every row below the frozen ones can be deleted."""
    frozen = {"sheetId": leads, "gridProperties": {"frozenRowCount": 1}}
    batch({"updateSheetProperties": {"properties": frozen, "fields": "gridProperties.frozenRowCount"}})
    answer = batch({"deleteDimension": {"range": _rows(leads, 1, 1000)}})

    words = "Invalid requests[0].deleteDimension: Sorry, it is not possible to delete all non-frozen rows."
    assert words == answer.message


@pytest.mark.parametrize(
    ("dimension", "start", "end", "to", "expected"),
    [
        ("ROWS", 1, 2, 4, ["L-2", "L-3", "L-1"]),
        ("ROWS", 2, 4, 1, ["L-2", "L-3", "L-1"]),
        ("ROWS", 1, 2, 1, ["L-1", "L-2", "L-3"]),
        ("COLUMNS", 0, 1, 5, ["Acme", "Bolt", "Cord"]),
    ],
)
def test_rows_and_columns_move(batch, google, leads, dimension, start, end, to, expected):
    """moveDimension counts its destination before the move."""
    move = {"source": _rows(leads, start, end, dimension), "destinationIndex": to}
    assert 200 == batch({"moveDimension": move}).status

    assert expected == [row[0] for row in google.values("Leads")[1:]]


def test_what_is_pinned_follows(batch, call, google, leads):
    """Protections, rules, names and merges grow, shrink, move and die with the rows and columns they lie on."""
    column = {"sheetId": leads, "startColumnIndex": 3, "endColumnIndex": 4}
    rows = {"sheetId": leads, "startRowIndex": 1, "endRowIndex": 4, "startColumnIndex": 0, "endColumnIndex": 1}
    one = {"sheetId": leads, "startRowIndex": 5, "endRowIndex": 6}
    formula = {"condition": {"type": "NOT_BLANK"}, "format": {"backgroundColor": {"red": 1}}}
    batch(
        {"addProtectedRange": {"protectedRange": {"range": column}}},
        {"addConditionalFormatRule": {"rule": {"ranges": [rows], "booleanRule": formula}}},
        {"addNamedRange": {"namedRange": {"name": "One", "range": one}}},
    )
    batch(
        {"moveDimension": {"source": _rows(leads, 3, 4, "COLUMNS"), "destinationIndex": 0}},
        {"insertDimension": {"range": _rows(leads, 2, 4)}},
        {"deleteDimension": {"range": _rows(leads, 1, 2)}},
        {"deleteDimension": {"range": _rows(leads, 6, 7)}},
    )

    body = call("GET", "~").body
    sheet = body["sheets"][1]
    assert {"sheetId": leads, "startColumnIndex": 0, "endColumnIndex": 1} == sheet["protectedRanges"][0]["range"]
    (rule,) = sheet["conditionalFormats"]
    assert {**rows, "startColumnIndex": 1, "endColumnIndex": 2, "endRowIndex": 5} == rule["ranges"][0]
    assert "namedRanges" not in body


def test_formulas_follow_rows_and_columns(batch, google, leads, write):
    """References follow inserted, deleted and moved rows and columns, on other tabs too; a lost one is #REF!."""
    write("Leads!F2:F3", [["=D2*2"], ["=D4+$D$2"]], "USER_ENTERED")
    write("Sheet1!A1:A2", [["=Leads!D4"], ["=Leads!D2"]], "USER_ENTERED")
    batch(
        {"insertDimension": {"range": _rows(leads, 1, 2)}},
        {"moveDimension": {"source": _rows(leads, 3, 4, "COLUMNS"), "destinationIndex": 0}},
    )
    assert {"F3": "=A3*2", "F4": "=A5+$A$3"} == google.formulas("Leads")
    assert {"A1": "=Leads!A5", "A2": "=Leads!A3"} == google.formulas("Sheet1")

    batch({"deleteDimension": {"range": _rows(leads, 2, 3)}})
    assert {"A1": "=Leads!A4", "A2": "=#REF!"} == google.formulas("Sheet1")


def test_rows_and_columns_are_hidden_and_sized(batch, call, leads):
    """updateDimensionProperties hides and sizes what the mask names; the grid data tells."""
    batch(
        {"updateDimensionProperties": {"range": _rows(leads, 0, 2, "COLUMNS"), "properties": {"pixelSize": 60},
                                       "fields": "pixelSize"}},
        {"updateDimensionProperties": {"range": _rows(leads, 1, 2), "properties": {"hiddenByUser": True},
                                       "fields": "hiddenByUser"}},
        {"autoResizeDimensions": {"dimensions": _rows(leads, 2, 3, "COLUMNS")}},
    )  # fmt: skip

    fields = "sheets.data(rowMetadata,columnMetadata)"
    data = call("GET", "~", params={"fields": fields, "ranges": "Leads!A1:D3"}).body["sheets"][0]["data"][0]
    assert [{"pixelSize": 21}, {"hiddenByUser": True, "pixelSize": 21}, {"pixelSize": 21}] == data["rowMetadata"]
    assert [60, 60, 150, 100] == [one["pixelSize"] for one in data["columnMetadata"]]


def test_groups_have_depth(batch, call, leads):
    """A group within a group is one deeper; the deepest is deleted first."""
    first = batch({"addDimensionGroup": {"range": _rows(leads, 1, 4)}})
    batch({"addDimensionGroup": {"range": _rows(leads, 1, 2)}})
    assert 1 == first.body["replies"][0]["addDimensionGroup"]["dimensionGroups"][0]["depth"]
    sheet = call("GET", "~").body["sheets"][1]
    assert [1, 2] == [group["depth"] for group in sheet["rowGroups"]]
    assert sheet["properties"]["gridProperties"]["rowGroupControlAfter"]

    left = batch({"deleteDimensionGroup": {"range": _rows(leads, 1, 2)}}).body["replies"][0]
    assert [1] == [group["depth"] for group in left["deleteDimensionGroup"]["dimensionGroups"]]


def test_a_tab_is_copied(batch, google, leads):
    """duplicateSheet copies values and rules; the copy is its own."""
    batch({"addProtectedRange": {"protectedRange": {"range": {"sheetId": leads, "endRowIndex": 1}}}})
    answer = batch({"duplicateSheet": {"sourceSheetId": leads, "newSheetName": "Old leads", "insertSheetIndex": 2}})
    google.edit("Old leads", 2, "A", "changed")

    made = answer.body["replies"][0]["duplicateSheet"]["properties"]
    assert ("Old leads", 2) == (made["title"], made["index"])
    assert "L-1" == google.values("Leads")[1][0]
    assert 1 == len(google.sheet("Old leads").pinned("protected"))


def test_the_spreadsheets_own_properties_change(batch, call):
    """Title, locale and zone change by mask; an unknown zone or locale is refused."""
    said = {"title": "Programme", "timeZone": "America/New_York", "locale": "en_US"}
    batch({"updateSpreadsheetProperties": {"properties": said, "fields": "title,timeZone"}})

    found = call("GET", "~").body["properties"]
    assert ("Programme", "America/New_York", "en_GB") == (found["title"], found["timeZone"], found["locale"])
    for bad in ({"timeZone": "Mars/Olympus"}, {"locale": "xx_YY"}):
        answer = batch({"updateSpreadsheetProperties": {"properties": bad, "fields": "*"}})
        assert 400 == answer.status


def test_the_answer_may_hold_the_spreadsheet(call):
    """includeSpreadsheetInResponse adds the spreadsheet as it is after the batch."""
    body = {
        "requests": [{"addSheet": {"properties": {"title": "New"}}}], "includeSpreadsheetInResponse": True,
        "responseRanges": ["Leads!A2"], "responseIncludeGridData": True,
    }  # fmt: skip
    updated = call("POST", "~:batchUpdate", body).body["updatedSpreadsheet"]

    assert ["Leads"] == [sheet["properties"]["title"] for sheet in updated["sheets"]]
    cell = updated["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert "L-1" == cell["formattedValue"]
