"""What Sheets refuses although it could read it: one request each, in words, and nothing is changed."""

from __future__ import annotations

import pytest

AREA = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 2}
ROW = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
BLANK = {"condition": {"type": "BLANK"}, "format": {"backgroundColor": {"red": 1}}}
CELL = {"userEnteredValue": {"stringValue": "x"}}
COLUMN_META = {"metadataKey": "k", "visibility": "DOCUMENT", "location": {"sheetId": 0}}
REFUSED = [
    ({"addSheet": {"properties": {"sheetId": 0}}}, "already exists"),
    ({"addSheet": {"properties": {"sheetType": "OBJECT"}}}, "type GRID"),
    ({"addSheet": {"properties": {"gridProperties": {"rowCount": 2, "frozenRowCount": 2}}}}, "freeze all visible rows"),
    (
        {"addSheet": {"properties": {"gridProperties": {"columnCount": 2, "frozenColumnCount": 2}}}},
        "freeze all visible columns",
    ),
    ({"updateSheetProperties": {"properties": {"sheetId": 0}, "fields": "title"}}, "title cannot be empty"),
    (
        {"updateSheetProperties": {"properties": {"sheetId": 0}, "fields": "gridProperties.rowCount"}},
        "at least one row",
    ),
    ({"updateSheetProperties": {"properties": {"sheetId": 0}, "fields": "title("}}, "Invalid field mask"),
    ({"updateSheetProperties": {"properties": {"sheetId": 0}, "fields": "title.x"}}, "Invalid field: title.x"),
    ({"insertDimension": {"range": {**ROW, "startIndex": 1000, "endIndex": 1001}}}, "less than the grid size"),
    ({"insertDimension": {"range": {**ROW, "startIndex": 0}, "inheritFromBefore": True}}, "very first index"),
    ({"insertDimension": {"range": {**ROW, "endIndex": 1}}}, "must be greater than startIndex"),
    ({"insertDimension": {"range": {"sheetId": 0, "startIndex": 0}}}, "Must specify a dimension"),
    ({"appendDimension": {"sheetId": 0, "dimension": "ROWS"}}, "length greater than zero"),
    ({"moveDimension": {"source": {**ROW, "endIndex": 4}, "destinationIndex": 2}}, "within the source range"),
    ({"moveDimension": {"source": ROW, "destinationIndex": 2000}}, "beyond the grid"),
    ({"deleteDimensionGroup": {"range": ROW}}, "no group to delete"),
    ({"updateCells": {"range": AREA, "rows": [{"values": [CELL]}]}}, "At least one field"),
    (
        {"updateCells": {"range": AREA, "fields": "*", "rows": [{"values": [{"userEnteredValue": {
            "stringValue": "x", "numberValue": 1}}]}]}},
        "of one kind only",
    ),
    (
        {"updateCells": {"range": AREA, "fields": "*", "rows": [{"values": [{"userEnteredValue": {
            "formulaValue": "1+1"}}]}]}},
        "start with an equals sign",
    ),
    (
        {"updateCells": {"start": {"sheetId": 0, "rowIndex": 1000}, "fields": "*", "rows": [{"values": [CELL]}]}},
        "Attempting to write row: 1000, beyond the last requested row of: 999",
    ),
    (
        {"updateCells": {"start": {"sheetId": 0, "columnIndex": 26}, "fields": "*", "rows": [{"values": [CELL]}]}},
        "Attempting to write column: 26, beyond the last requested column of: 25",
    ),
    (
        {"repeatCell": {"range": AREA, "fields": "*", "cell": {"userEnteredFormat": {"numberFormat": {
            "pattern": "0"}}}}},
        "type of a number format",
    ),
    ({"appendCells": {"tableId": "none", "rows": [{"values": [CELL]}], "fields": "*"}}, "No table with id"),
    ({"setDataValidation": {"range": AREA, "rule": {"strict": True}}}, "Must specify a condition"),
    ({"setDataValidation": {"range": AREA, "rule": {"condition": {"type": "ONE_OF_LIST"}}}}, "at least one value"),
    ({"sortRange": {"range": AREA}}, "at least one sort spec"),
    ({"sortRange": {"range": AREA, "sortSpecs": [{"dimensionIndex": 5}]}}, "within the range"),
    ({"findReplace": {"replacement": "x", "allSheets": True}}, "something to find"),
    ({"findReplace": {"find": "x", "allSheets": True, "sheetId": 0}}, "exactly one of range, sheetId, allSheets"),
    ({"findReplace": {"find": "(", "searchByRegex": True, "allSheets": True}}, "Invalid regular expression"),
    (
        {"copyPaste": {"source": AREA, "destination": {**AREA, "startRowIndex": 999, "endRowIndex": 1000}}},
        "beyond the grid",
    ),
    ({"cutPaste": {"source": AREA, "destination": {"sheetId": 0, "rowIndex": 999}}}, "beyond the grid"),
    ({"updateProtectedRange": {"protectedRange": {"protectedRangeId": 1}, "fields": "description"}}, "No protected"),
    ({"addConditionalFormatRule": {"rule": {"booleanRule": BLANK}}}, "needs ranges"),
    ({"addConditionalFormatRule": {"rule": {"ranges": [AREA]}}}, "either a booleanRule or a gradientRule"),
    (
        {"addConditionalFormatRule": {"rule": {"ranges": [AREA, {"sheetId": "~"}], "booleanRule": BLANK}}},
        "must be on the same sheet",
    ),
    ({"addNamedRange": {"namedRange": {"name": "two words", "range": AREA}}}, "Invalid name for a named range"),
    ({"addNamedRange": {"namedRange": {"name": "A1", "range": AREA}}}, "Invalid name for a named range"),
    ({"deleteNamedRange": {"namedRangeId": "5"}}, "No named range with id: 5"),
    ({"deleteFilterView": {"filterId": 5}}, "No filter view with id: 5"),
    ({"deleteTable": {"tableId": "5"}}, "No table with id: 5"),
    ({"createDeveloperMetadata": {"developerMetadata": {"metadataKey": "k"}}}, "Must specify developerMetadata"),
    (
        {"createDeveloperMetadata": {"developerMetadata": {**COLUMN_META, "location": {}}}},
        "Must specify a location",
    ),
    (
        {"createDeveloperMetadata": {"developerMetadata": {**COLUMN_META, "location": {"dimensionRange": {
            **ROW, "endIndex": 3}}}}},
        "single row or column",
    ),
    (
        {"createDeveloperMetadata": {"developerMetadata": {**COLUMN_META, "location": {"dimensionRange": {
            **ROW, "startIndex": 1000, "endIndex": 1001}}}}},
        "outside of the grid",
    ),
    ({"deleteDeveloperMetadata": {"dataFilter": {}}}, "Must specify one filter"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "words"), REFUSED, ids=[f"{n}-{next(iter(r))}" for n, (r, _) in enumerate(REFUSED)]
)
def test_it_is_refused(batch, call, leads, request_, words):
    """The refusal names the request and says why; the spreadsheet is as it was."""
    if "~" in str(request_):
        request_["addConditionalFormatRule"]["rule"]["ranges"][1]["sheetId"] = leads
    before = call("GET", "~", params={"includeGridData": "true"}).body
    answer = batch(request_)

    assert 400 == answer.status
    assert answer.message.startswith(f"Invalid requests[0].{next(iter(request_))}: ")
    assert words in answer.message
    assert before == call("GET", "~", params={"includeGridData": "true"}).body


@pytest.mark.parametrize(
    "request_",
    [
        {"copyPaste": {"source": AREA, "destination": AREA, "pasteType": "PASTE_CONDITIONAL_FORMATTING"}},
        {"addProtectedRange": {"protectedRange": {"namedRangeId": "1"}}},
    ],
)
def test_parts_that_are_not_modelled_say_so(batch, google, request_):
    """A request that is modelled in part says of the rest that it is not, and takes back what came before."""
    before = google.tabs()
    answer = batch({"addSheet": {"properties": {"title": "New"}}}, request_)

    assert (501, before) == (answer.status, google.tabs())


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=2^3^1", 8), ("=50%*4", 2), ("=-3+-2", -5), ('="a"="A"', True), ("=1<>2", True), ('="a""b"', 'a"b'),
        ("=SUM(A1:A3)", 6), ("=MIN(A1:A3)&MAX(A1:A3)", "13"), ("=ROUND(2.456,1)", 2.5), ("=COUNTA(A1:B3)", 4),
        ('=CONCATENATE("x",1,TRUE)', "x1TRUE"), ("=IF(TRUE,1)", 1), ("=IF(FALSE,1)", False), ("=IF(1)", "#N/A"),
        ("=FALSE()", False), ("=nothing", "#NAME?"), ("=(1", "#ERROR!"), ("=1 2", "#ERROR!"), ("=SUM(1 2)", "#ERROR!"),
        ("=Gone!A1", "#REF!"), ("=B1+1", "#VALUE!"), ("=Z99999", "#REF!"), ("=10^400", "#NUM!"), ("=", "="),
        ("=A1:A3", 1), ("=B9+1", 1), ("=B9&\"x\"", "x"),
    ],
)  # fmt: skip
def test_formulas(write, read, formula, value):
    """Arithmetic, comparison, text, references and a few functions come to what they do in a sheet."""
    write("Sheet1!A1:B3", [[1, "text"], [2], [3]])
    write("Sheet1!D1", [[formula]], "USER_ENTERED")

    assert [[value]] == read("Sheet1!D1", valueRenderOption="UNFORMATTED_VALUE")


def _search(call, lookup):
    body = call("POST", "~/developerMetadata:search", {"dataFilters": [lookup]}).body
    return [one["developerMetadata"]["metadataKey"] for one in body.get("matchedDeveloperMetadata", [])]


def test_metadata_is_found_by_place(batch, call, leads):
    """Metadata is found by its exact place, by a place that encloses it, by type, value, and by a range it lies in."""
    column = {"dimensionRange": {"sheetId": leads, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}}
    for key, location in (("column", column), ("tab", {"sheetId": leads}), ("file", {"spreadsheet": True})):
        held = {"metadataKey": key, "metadataValue": "v", "visibility": "DOCUMENT", "location": location}
        batch({"createDeveloperMetadata": {"developerMetadata": held}})

    def lookup(**said):
        return _search(call, {"developerMetadataLookup": said})

    assert ["column"] == lookup(metadataLocation=column)
    assert ["tab"] == lookup(metadataLocation={"sheetId": leads})
    assert ["tab"] == lookup(locationType="SHEET")
    around = {"locationMatchingStrategy": "INTERSECTING_LOCATION"}
    assert ["column", "tab"] == sorted(lookup(metadataLocation={"sheetId": leads}, **around))
    assert 3 == len(lookup(metadataLocation={"spreadsheet": True}, **around))
    assert [] == lookup(metadataValue="w")
    assert ["column"] == _search(call, {"gridRange": {"sheetId": leads, "startColumnIndex": 0, "endColumnIndex": 3}})
    assert ["column"] == _search(call, {"a1Range": "Leads!B2"})


def test_metadata_moves_to_another_place(batch, call, leads):
    """updateDeveloperMetadata with a location puts it elsewhere; its id stays."""
    held = {"metadataKey": "k", "visibility": "DOCUMENT", "location": {"spreadsheet": True}, "metadataId": 9}
    batch({"createDeveloperMetadata": {"developerMetadata": held}})
    doubled = batch({"createDeveloperMetadata": {"developerMetadata": held}})
    assert "A metadata with id: 9 already exists." in doubled.message
    change = {
        "dataFilters": [{"developerMetadataLookup": {"metadataId": 9}}],
        "developerMetadata": {"location": {"sheetId": leads}}, "fields": "location",
    }  # fmt: skip
    batch({"updateDeveloperMetadata": change})

    assert {"locationType": "SHEET", "sheetId": leads} == call("GET", "~/developerMetadata/9").body["location"]
    by_key = {"developerMetadataLookup": {"metadataKey": "k"}}
    gone = batch({"deleteDeveloperMetadata": {"dataFilter": by_key}}).body["replies"][0]["deleteDeveloperMetadata"]
    assert 1 == len(gone["deletedDeveloperMetadata"])
    assert [] == _search(call, by_key)


def test_a_protection_takes_other_places_and_holes(batch, call, leads):
    """updateProtectedRange moves a protection and replaces its holes."""
    area = {"sheetId": leads, "startColumnIndex": 0, "endColumnIndex": 5}
    hole = {**area, "startColumnIndex": 1, "endColumnIndex": 2}
    made = batch({"addProtectedRange": {"protectedRange": {"range": area, "unprotectedRanges": [hole]}}})
    wanted = made.body["replies"][0]["addProtectedRange"]["protectedRange"]["protectedRangeId"]
    new = {"protectedRangeId": wanted, "range": {"sheetId": leads}, "unprotectedRanges": [hole, area]}
    batch({"updateProtectedRange": {"protectedRange": new, "fields": "range,unprotectedRanges"}})

    (shown,) = call("GET", "~").body["sheets"][1]["protectedRanges"]
    assert ({"sheetId": leads}, [hole, area]) == (shown["range"], shown["unprotectedRanges"])


def test_a_table_is_deleted_with_its_cells(batch, call, google, leads):
    """deleteTable takes what is in the table; two tables cannot overlap."""
    area = {"sheetId": leads, "startRowIndex": 0, "endRowIndex": 4, "startColumnIndex": 0, "endColumnIndex": 2}
    made = batch({"addTable": {"table": {"name": "Leads", "range": area}}}).body["replies"][0]["addTable"]["table"]
    assert [made] == call("GET", "~").body["sheets"][1]["tables"]
    assert "overlap" in batch({"addTable": {"table": {"name": "B", "range": area}}}).message
    batch({"deleteTable": {"tableId": made["tableId"]}})

    assert ["", "", "+44 20 7946 0001"] == google.values("Leads")[1][:3]
    assert "tables" not in call("GET", "~").body["sheets"][1]
