"""What lies on a tab: protections and whom they bind, conditional formats, names, filters, developer metadata."""

from __future__ import annotations

import pytest

ACCOUNT = "quarterday@sandbox-318273.iam.gserviceaccount.com"
STAFF = "staff@sandbox.test"
WORDS = (
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if "
    "you need to edit."
)


def _sheet(call, number=1):
    return call("GET", "~").body["sheets"][number]


def _protect(batch, sheet_id, **said):
    area = {"sheetId": sheet_id, "startColumnIndex": 0, "endColumnIndex": 1}
    answer = batch({"addProtectedRange": {"protectedRange": {"range": area, **said}}})
    return answer.body["replies"][0]["addProtectedRange"]["protectedRange"]


def test_a_protection_shows_its_editors(batch, call, leads):
    """The reply holds the editors that were sent, the tab shows them with the caller and the owner (recorded)."""
    made = _protect(batch, leads, description="keys", editors={"users": [ACCOUNT]})
    assert {"users": [ACCOUNT]} == made["editors"]
    assert made["requestingUserCanEdit"]
    assert "warningOnly" not in made

    (shown,) = _sheet(call)["protectedRanges"]
    assert {**made, "editors": {"users": [ACCOUNT, STAFF]}} == shown


def test_a_protection_binds_accounts_that_are_no_editors(batch, call, google, leads):
    """Another account's writes, clears, sorts and deletions of protected cells are refused; a warning binds nobody."""
    made = _protect(batch, leads, editors={"users": [STAFF]})
    google.share("other@sandbox.test")
    other = google.bearer(who="other@sandbox.test")
    write = {"valueInputOption": "RAW", "data": [{"range": "Leads!A2", "values": [["X"]]}]}

    refused = call("POST", "~/values:batchUpdate", write, token=other)
    assert (400, f"Invalid data[0]: {WORDS}") == (refused.status, refused.message)
    assert WORDS == call("POST", "~/values/Leads!A1:B2:clear", token=other).message
    span = {"sheetId": leads, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    delete = {"requests": [{"deleteDimension": {"range": span}}]}
    assert f"Invalid requests[0].deleteDimension: {WORDS}" == call("POST", "~:batchUpdate", delete, token=other).message
    lift = {"requests": [{"deleteProtectedRange": {"protectedRangeId": made["protectedRangeId"]}}]}
    assert WORDS in call("POST", "~:batchUpdate", lift, token=other).message
    free = {"valueInputOption": "RAW", "data": [{"range": "Leads!B2", "values": [["X"]]}]}
    assert 200 == call("POST", "~/values:batchUpdate", free, token=other).status
    assert 200 == call("POST", "~/values:batchUpdate", write).status

    update = {"protectedRange": {"protectedRangeId": made["protectedRangeId"], "warningOnly": True},
              "fields": "warningOnly"}  # fmt: skip
    assert 200 == batch({"updateProtectedRange": update}).status
    assert 200 == call("POST", "~/values:batchUpdate", write, token=other).status


def test_people_are_bound_too_but_the_owner(batch, google, leads):
    """Staff who are no editors cannot touch a protected column; the owner always can."""
    _protect(batch, leads, editors={"users": [ACCOUNT]})
    google.share("bob@sandbox.test")
    google.person = "bob@sandbox.test"
    for act in (
        lambda: google.edit("Leads", 2, "Lead", "X"),
        lambda: google.sort("Leads", "Company"),
        lambda: google.clear_tab("Leads"),
        lambda: google.delete_rows("Leads", 2),
    ):
        with pytest.raises(ValueError, match="protected cell"):
            act()
    google.sort("Leads", "Company", columns=("Company", "Won on"), descending=True)
    assert [["L-1", "Cord"], ["L-3", "Acme"]] == [row[:2] for row in google.values("Leads")[1:4:2]]

    google.person = STAFF
    google.edit("Leads", 2, "Lead", "X")
    assert "X" == google.values("Leads")[1][0]


def test_no_editors_named_shuts_no_one_out(batch, google, leads):
    """A protection without editors lets everyone edit who could before: it protects from nobody."""
    google.share("bob@sandbox.test")
    _protect(batch, leads)
    google.person = "bob@sandbox.test"
    google.edit("Leads", 2, "Lead", "X")

    assert "X" == google.values("Leads")[1][0]


def test_a_protected_tab_has_holes(batch, call, google, leads):
    """A whole tab can be protected but for some ranges, which move with their columns."""
    hole = {"sheetId": leads, "startRowIndex": 1, "startColumnIndex": 1, "endColumnIndex": 2}
    said = {"range": {"sheetId": leads}, "unprotectedRanges": [hole], "editors": {"users": [ACCOUNT]}}
    batch({"addProtectedRange": {"protectedRange": said}})
    google.share("bob@sandbox.test")
    google.move_column("Leads", "Company", "Won on")
    google.person = "bob@sandbox.test"
    google.edit("Leads", 2, "Company", "Acme Ltd")

    with pytest.raises(ValueError, match="protected cell"):
        google.edit("Leads", 2, "Phone", "1")
    (shown,) = _sheet(call)["protectedRanges"]
    assert [{**hole, "startColumnIndex": 3, "endColumnIndex": 4}] == shown["unprotectedRanges"]


def test_a_warning_takes_no_editors(batch, leads):
    """warningOnly together with editors is refused."""
    said = {"range": {"sheetId": leads}, "warningOnly": True, "editors": {"users": [ACCOUNT]}}
    answer = batch({"addProtectedRange": {"protectedRange": said}})

    words = "ProtectedRange is warningOnly. Editors cannot be set on it."
    assert f"Invalid requests[0].addProtectedRange: {words}" == answer.message


def test_a_protection_is_taken_away(batch, call, leads):
    """deleteProtectedRange takes it away; an unknown one is refused."""
    made = _protect(batch, leads)
    batch({"deleteProtectedRange": {"protectedRangeId": made["protectedRangeId"]}})

    assert "protectedRanges" not in _sheet(call)
    assert "No protected range with id: 7" in batch({"deleteProtectedRange": {"protectedRangeId": 7}}).message


def _rule(sheet_id, text, colour="red"):
    condition = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": text}]}
    form = {"backgroundColor": {colour: 1}}
    area = {"sheetId": sheet_id, "startRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 5}
    return {"ranges": [area], "booleanRule": {"condition": condition, "format": form}}


def test_conditional_formats_have_an_order(batch, call, leads):
    """Rules are inserted, moved, replaced and deleted by index; the answers tell old and new."""
    for number, text in enumerate(("=$A2=1", "=$A2=2")):
        batch({"addConditionalFormatRule": {"rule": _rule(leads, text), "index": number}})
    moved = batch({"updateConditionalFormatRule": {"sheetId": leads, "index": 0, "newIndex": 1}}).body["replies"][0]
    told = moved["updateConditionalFormatRule"]
    assert (0, 1) == (told["oldIndex"], told["newIndex"])
    new = _rule(leads, "=$A2=3", "green")
    batch({"updateConditionalFormatRule": {"sheetId": leads, "index": 0, "rule": new}})

    rules = _sheet(call)["conditionalFormats"]
    texts = [rule["booleanRule"]["condition"]["values"][0]["userEnteredValue"] for rule in rules]
    assert ["=$A2=3", "=$A2=1"] == texts
    assert {"rgbColor": {"green": 1}} == rules[0]["booleanRule"]["format"]["backgroundColorStyle"]
    gone = batch({"deleteConditionalFormatRule": {"sheetId": leads, "index": 1}}).body["replies"][0]
    assert rules[1] == gone["deleteConditionalFormatRule"]["rule"]
    answer = batch({"deleteConditionalFormatRule": {"sheetId": leads, "index": 1}})
    assert f"No conditional format on sheet: {leads} at index: 1" in answer.message


def test_names_are_given_changed_and_taken(batch, call, leads):
    """Named ranges have text ids, are unique, and leave out a tab id of zero (recorded)."""
    area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 2}
    made = batch({"addNamedRange": {"namedRange": {"name": "Keys", "range": area}}}).body["replies"][0]
    held = made["addNamedRange"]["namedRange"]
    assert {"startRowIndex": 0, "endRowIndex": 2} == held["range"]
    assert isinstance(held["namedRangeId"], str)
    assert "already exists" in batch({"addNamedRange": {"namedRange": {"name": "Keys", "range": area}}}).message

    there = {"namedRangeId": held["namedRangeId"], "name": "Ids", "range": {"sheetId": leads, "endRowIndex": 1}}
    batch({"updateNamedRange": {"namedRange": there, "fields": "name,range"}})
    assert [there] == call("GET", "~", params={"fields": "namedRanges"}).body["namedRanges"]
    batch({"deleteNamedRange": {"namedRangeId": held["namedRangeId"]}})
    assert {} == call("GET", "~", params={"fields": "namedRanges"}).body


def test_a_filter_hides_rows_that_are_read_all_the_same(batch, call, google, read, leads):
    """Rows that a filter hides are hidden by filter, and are still there to read; without it they are seen again."""
    spec = {"columnIndex": 1, "filterCriteria": {"hiddenValues": ["Bolt"]}}
    batch({"setBasicFilter": {"filter": {"range": {"sheetId": leads}, "filterSpecs": [spec]}}})

    full = {"startRowIndex": 0, "endRowIndex": 1000, "startColumnIndex": 0, "endColumnIndex": 26, "sheetId": leads}
    assert full == _sheet(call)["basicFilter"]["range"]
    assert {"hiddenByFilter": True} == google.sheet("Leads").lines[2].properties
    assert 4 == len(read("Leads"))
    batch({"clearBasicFilter": {"sheetId": leads}})
    assert {} == google.sheet("Leads").lines[2].properties
    assert "basicFilter" not in _sheet(call)


def test_filter_views_hide_nothing(batch, call, google, leads):
    """A filter view is listed and changes nothing for anyone else."""
    view = {"title": "Mine", "range": {"sheetId": leads}}
    made = batch({"addFilterView": {"filter": view}}).body["replies"][0]["addFilterView"]["filter"]
    assert [made] == _sheet(call)["filterViews"]
    assert {} == google.sheet("Leads").lines[2].properties
    batch({"deleteFilterView": {"filterId": made["filterViewId"]}})
    assert "filterViews" not in _sheet(call)


def _tag(sheet_id, dimension, start, key="row", value="v"):
    span = {"sheetId": sheet_id, "dimension": dimension, "startIndex": start, "endIndex": start + 1}
    held = {"metadataKey": key, "metadataValue": value, "visibility": "DOCUMENT", "location": {"dimensionRange": span}}
    return {"createDeveloperMetadata": {"developerMetadata": held}}


def _found(call, lookup):
    body = call("POST", "~/developerMetadata:search", {"dataFilters": [{"developerMetadataLookup": lookup}]}).body
    return [one["developerMetadata"] for one in body.get("matchedDeveloperMetadata", [])]


def test_metadata_is_made_found_changed_and_deleted(batch, call, leads):
    """Metadata gets an id and a location type, is found by key, changed by mask, and deleted by filter."""
    made = batch(_tag(leads, "COLUMNS", 3, "column", "value")).body["replies"][0]
    held = made["createDeveloperMetadata"]["developerMetadata"]
    assert ("COLUMN", 3) == (held["location"]["locationType"], held["location"]["dimensionRange"]["startIndex"])
    assert [held] == _found(call, {"metadataKey": "column", "locationType": "COLUMN"})
    assert held == call("GET", f"~/developerMetadata/{held['metadataId']}").body

    by_id = {"developerMetadataLookup": {"metadataId": held["metadataId"]}}
    change = {"dataFilters": [by_id], "developerMetadata": {"metadataValue": "deal value"}, "fields": "metadataValue"}
    batch({"updateDeveloperMetadata": change})
    assert "deal value" == _found(call, {"metadataKey": "column"})[0]["metadataValue"]
    gone = batch({"deleteDeveloperMetadata": {"dataFilter": by_id}}).body["replies"][0]
    assert 1 == len(gone["deleteDeveloperMetadata"]["deletedDeveloperMetadata"])
    assert [] == _found(call, {"metadataKey": "column"})
    assert 404 == call("GET", f"~/developerMetadata/{held['metadataId']}").status


def test_metadata_of_a_column_follows_it(batch, call, google, leads):
    """Metadata of a column goes where the column goes, whatever its header says, and values are read by it."""
    batch(_tag(leads, "COLUMNS", 1, "company"))
    google.rename_header("Leads", "Company", "Client name")
    google.move_column("Leads", "Client name", "Lead")
    google.insert_columns("Leads", 1)
    lookup = {"developerMetadataLookup": {"metadataKey": "company"}}
    body = call("POST", "~/values:batchGetByDataFilter", {"dataFilters": [lookup], "majorDimension": "COLUMNS"}).body

    held = body["valueRanges"][0]["valueRange"]
    assert ("Leads!B1:B1000", [["Client name", "Acme", "Bolt", "Cord"]]) == (held["range"], held["values"])


@pytest.mark.parametrize(("moves", "row"), [(False, 1), (True, 3)])
def test_metadata_of_rows_and_a_sort(batch, call, google, leads, moves, row):
    """Metadata follows insertions and dies with its row; whether a sort takes it along is a switch."""
    google.sort_moves_metadata = moves
    batch(_tag(leads, "ROWS", 1))
    google.sort("Leads", "Lead", descending=True)
    assert row == _found(call, {"metadataKey": "row"})[0]["location"]["dimensionRange"]["startIndex"]

    google.insert_rows("Leads", 2)
    assert row + 1 == _found(call, {"metadataKey": "row"})[0]["location"]["dimensionRange"]["startIndex"]
    google.delete_rows("Leads", row + 2)
    assert [] == _found(call, {"metadataKey": "row"})


def test_metadata_of_tabs_and_the_file(batch, call, leads):
    """Metadata lies on a tab or on the whole file as well, and is shown there."""
    for location in ({"sheetId": leads}, {"spreadsheet": True}):
        held = {"metadataKey": "owner", "visibility": "PROJECT", "location": location}
        batch({"createDeveloperMetadata": {"developerMetadata": held}})

    body = call("GET", "~").body
    assert "SHEET" == body["sheets"][1]["developerMetadata"][0]["location"]["locationType"]
    assert {"locationType": "SPREADSHEET", "spreadsheet": True} == body["developerMetadata"][0]["location"]
    assert 2 == len(_found(call, {"visibility": "PROJECT"}))
