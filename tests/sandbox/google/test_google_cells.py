"""spreadsheets.batchUpdate about cells: values, formats, notes, validation, merges; sort, replace, copy, cut."""

from __future__ import annotations

import pytest


def _area(sheet_id, text):
    """Return a GridRange of `top,bottom,left,right`."""
    top, bottom, left, right = (int(part) for part in text.split(","))
    return {"sheetId": sheet_id, "startRowIndex": top, "endRowIndex": bottom, "startColumnIndex": left,
            "endColumnIndex": right}  # fmt: skip


def _row(*cells):
    return {"values": list(cells)}


def _text(text):
    return {"userEnteredValue": {"stringValue": text}}


@pytest.fixture
def cell_of(call):
    """Return a reader of one cell's CellData."""

    def get(place):
        body = call("GET", "~", params={"ranges": place, "includeGridData": "true"}).body
        data = body["sheets"][0]["data"][0]
        return data.get("rowData", [{}])[0].get("values", [{}])[0]

    return get


def test_update_cells_writes_values_of_every_kind(batch, google, cell_of):
    """updateCells writes text as text, numbers, truth values and formulas."""
    rows = [_row(_text("=1+1"), {"userEnteredValue": {"numberValue": 7.5}}, {"userEnteredValue": {"boolValue": True}},
                 {"userEnteredValue": {"formulaValue": "=B1*2"}})]  # fmt: skip
    batch({"updateCells": {"range": _area(0, "0,1,0,4"), "rows": rows, "fields": "userEnteredValue"}})

    assert [["=1+1", 7.5, True, 15]] == google.values("Sheet1")
    cell = cell_of("Sheet1!D1")
    assert {"formulaValue": "=B1*2"} == cell["userEnteredValue"]
    assert ({"numberValue": 15}, "15") == (cell["effectiveValue"], cell["formattedValue"])


def test_a_range_loses_what_its_rows_lack(batch, google, leads):
    """Cells of the range that no row covers lose the masked fields; without a range nothing else is touched."""
    batch({"updateCells": {"range": _area(leads, "1,4,1,2"), "rows": [_row(_text("New"))], "fields": "*"}})
    assert ["New", "", ""] == [[*row, "", ""][1] for row in google.values("Leads")[1:]]

    start = {"sheetId": leads, "rowIndex": 2, "columnIndex": 1}
    batch({"updateCells": {"start": start, "rows": [_row(_text("B"))], "fields": "userEnteredValue"}})
    assert ["New", "B", ""] == [[*row, "", ""][1] for row in google.values("Leads")[1:]]


def test_rows_beyond_the_range_are_refused(batch, leads):
    """More cells or rows than the range has are refused in Google's words."""
    wide = {"range": _area(leads, "1,2,0,1"), "rows": [_row(_text("a"), _text("b"))], "fields": "userEnteredValue"}
    words = "Invalid requests[0].updateCells: Attempting to write column: 1, beyond the last requested column of: 0"
    assert words == batch({"updateCells": wide}).message
    long = {**wide, "rows": [_row(_text("a")), _row(_text("b"))]}
    words = "Invalid requests[0].updateCells: Attempting to write row: 2, beyond the last requested row of: 1"
    assert words == batch({"updateCells": long}).message


def test_notes_come_and_go(batch, call):
    """A note is written by mask and cleared by an empty one; only what is masked is shown (recorded)."""
    note = {"range": _area(0, "1,2,1,2"), "rows": [_row({"note": "why"})], "fields": "note"}
    batch({"updateCells": note})
    params = {"ranges": "Sheet1!A1:C3", "fields": "sheets/data/rowData/values/note"}
    body = {"sheets": [{"data": [{"rowData": [{}, {"values": [{}, {"note": "why"}]}]}]}]}
    assert body == call("GET", "~", params=params).body

    batch({"updateCells": {**note, "rows": [_row({"note": ""})]}})
    assert {"sheets": [{"data": [{}]}]} == call("GET", "~", params=params).body


def test_formats_merge_by_mask(batch, cell_of):
    """repeatCell writes the masked parts of a format into every cell and leaves the others (shape recorded)."""
    bold = {"userEnteredFormat": {"textFormat": {"bold": True, "fontSize": 12}, "backgroundColor": {"green": 1}}}
    batch({"repeatCell": {"range": _area(0, "0,2,0,2"), "cell": bold,
                          "fields": "userEnteredFormat(textFormat,backgroundColor)"}})  # fmt: skip
    plain = {"userEnteredFormat": {"textFormat": {"bold": False}}}
    batch({"repeatCell": {"range": _area(0, "0,1,0,1"), "cell": plain,
                          "fields": "userEnteredFormat.textFormat.bold"}})  # fmt: skip

    found = cell_of("Sheet1!A1")["userEnteredFormat"]
    assert {"bold": False, "fontSize": 12} == found["textFormat"]
    assert ({"green": 1}, {"rgbColor": {"green": 1}}) == (found["backgroundColor"], found["backgroundColorStyle"])
    assert cell_of("Sheet1!B2")["userEnteredFormat"]["textFormat"]["bold"]
    assert "arial,sans,sans-serif" == cell_of("Sheet1!B2")["effectiveFormat"]["textFormat"]["fontFamily"]


def test_a_repeated_formula_shifts(batch, google):
    """repeatCell lets a formula's references shift as in a copy."""
    cell = {"userEnteredValue": {"formulaValue": "=$A$1+B1"}}
    batch({"repeatCell": {"range": _area(0, "0,2,2,3"), "cell": cell, "fields": "userEnteredValue"}})

    assert {"C1": "=$A$1+B1", "C2": "=$A$1+B2"} == google.formulas("Sheet1")


def test_validation_is_set_shown_and_taken_away(batch, cell_of, leads):
    """A rule shows in the cell's data without its defaults; a request without a rule clears it."""
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "Yes"}]}, "strict": True,
            "showCustomUi": True, "inputMessage": ""}  # fmt: skip
    batch({"setDataValidation": {"range": _area(leads, "1,4,5,6"), "rule": rule}})
    shown = {name: part for name, part in rule.items() if name != "inputMessage"}
    assert {"dataValidation": shown} == cell_of("Leads!F2")

    batch({"setDataValidation": {"range": _area(leads, "1,4,5,6")}})
    assert {} == cell_of("Leads!F2")


def test_validation_does_not_bind_the_api(batch, write, google, leads):
    """The API writes past a strict rule; a person's typing is refused, a paste is not."""
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "Yes"}]}, "strict": True}
    batch({"setDataValidation": {"range": _area(leads, "1,4,5,6"), "rule": rule}})

    assert 200 == write("Leads!F2", [["Nonsense"]]).status
    with pytest.raises(ValueError, match="violates the data validation rules"):
        google.edit("Leads", 3, "F", "Nonsense")
    google.edit("Leads", 3, "F", "Yes")
    google.paste("Leads", 4, "F", [["Pasted"]])
    assert ["Nonsense", "Yes", "Pasted"] == [row[5] for row in google.values("Leads")[1:]]


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        ({"type": "BOOLEAN"}, True, "maybe"),
        ({"type": "NUMBER_BETWEEN", "values": [{"userEnteredValue": "0"}, {"userEnteredValue": "1"}]}, 0.5, 2),
        ({"type": "NUMBER_GREATER", "values": [{"userEnteredValue": "0"}]}, 1, "text"),
        ({"type": "ONE_OF_RANGE", "values": [{"userEnteredValue": "=Leads!A2:A4"}]}, "L-2", "L-9"),
    ],
)
def test_rules_bind_who_types(batch, google, condition, good, bad):
    """Checkboxes, numbers and lists on another tab are enforced on people."""
    batch({"setDataValidation": {"range": _area(0, "0,1,0,1"), "rule": {"condition": condition, "strict": True}}})
    google.edit("Sheet1", 1, 1, good)

    with pytest.raises(ValueError, match="validation"):
        google.edit("Sheet1", 1, 1, bad)
    assert [[good]] == google.values("Sheet1")


@pytest.mark.parametrize(
    ("kind", "merges"),
    [
        ("MERGE_ALL", ["0,2,0,2"]),
        ("MERGE_ROWS", ["0,1,0,2", "1,2,0,2"]),
        ("MERGE_COLUMNS", ["0,2,0,1", "0,2,1,2"]),
    ],
)
def test_merges(batch, call, google, write, kind, merges):
    """A merge keeps the first value of each part and takes the place of older merges (recorded)."""
    write("Sheet1!A1:B2", [["a", "b"], ["c", "d"]])
    batch({"mergeCells": {"range": _area(0, "0,2,0,2"), "mergeType": "MERGE_ROWS"}})
    batch({"mergeCells": {"range": _area(0, "0,2,0,2"), "mergeType": kind}})

    expected = [{k: v for k, v in _area(0, text).items() if k != "sheetId"} for text in merges]
    assert expected == call("GET", "~").body["sheets"][0]["merges"]
    assert [["a"], ["c"]][: 2 if kind == "MERGE_ROWS" else 1] == google.values("Sheet1")


def test_merges_are_taken_apart_whole(batch, call):
    """A part of a merge cannot be unmerged; all of it can."""
    batch({"mergeCells": {"range": _area(0, "0,2,0,2"), "mergeType": "MERGE_ALL"}})
    answer = batch({"unmergeCells": {"range": _area(0, "0,1,0,1")}})
    assert "You must select all cells in a merged range to merge or unmerge them." in answer.message
    batch({"unmergeCells": {"range": _area(0, "0,9,0,9")}})
    assert "merges" not in call("GET", "~").body["sheets"][0]


def _sort(sheet_id, text, *keys):
    specs = [{"dimensionIndex": column, "sortOrder": order} for column, order in keys]
    return {"sortRange": {"range": _area(sheet_id, text), "sortSpecs": specs}}


def test_sorting_orders_numbers_texts_and_blanks(batch, write, google):
    """Numbers come before texts, texts without regard to case, truth values last, blanks at the end either way."""
    write("Sheet1!A1:A7", [["b"], [10], [""], ["A"], [9], [True], ["c"]])
    batch(_sort(0, "0,7,0,1", (0, "ASCENDING")))
    assert [9, 10, "A", "b", "c", True] == [row[0] for row in google.values("Sheet1")]
    batch(_sort(0, "0,7,0,1", (0, "DESCENDING")))
    assert [True, "c", "b", "A", 10, 9] == [row[0] for row in google.values("Sheet1")]


def test_sorting_by_several_keys_is_stable(batch, write, google):
    """The first key decides, then the second, then the order that was (recorded)."""
    write("Sheet1!A1:C4", [["x", 2, "i"], ["y", 1, "j"], ["x", 1, "k"], ["x", 2, "l"]])
    batch(_sort(0, "0,4,0,3", (0, "ASCENDING"), (1, "DESCENDING")))

    assert "ilkj" == "".join(row[2] for row in google.values("Sheet1"))


def test_sorting_a_part_leaves_the_rest(batch, google, leads):
    """A sort of some columns leaves the keys beside them on other rows: the mass mix-up."""
    batch(_sort(leads, "1,4,1,5", (1, "DESCENDING")))

    assert [["L-1", "Cord"], ["L-2", "Bolt"], ["L-3", "Acme"]] == [row[:2] for row in google.values("Leads")[1:]]


def test_sorting_takes_looks_and_formulas_along(batch, google, leads, write):
    """Formats go with their cells, and formulas refer to their new row."""
    write("Leads!F2:F4", [["=D2*1"], ["=D3*2"], ["=D4*3"]], "USER_ENTERED")
    note = {"range": _area(leads, "1,2,1,2"), "rows": [_row({"note": "Acme's"})], "fields": "note"}
    batch({"updateCells": note}, _sort(leads, "1,4,0,6", (0, "DESCENDING")))

    assert {"F2": "=D2*3", "F3": "=D3*2", "F4": "=D4*1"} == google.formulas("Leads")
    assert {"note": "Acme's"} == google.sheet("Leads").lines[3].looks[1]


def test_find_and_replace_counts(batch, google, leads):
    """findReplace answers occurrences, values, rows and sheets changed; the counts that are zero are left out."""
    found = batch({"findReplace": {"find": "l-", "replacement": "K-", "sheetId": leads}}).body["replies"][0]

    counts = {"occurrencesChanged": 3, "valuesChanged": 3, "rowsChanged": 3, "sheetsChanged": 1}
    assert {"findReplace": counts} == found
    assert ["Lead", "K-1", "K-2", "K-3"] == [row[0] for row in google.values("Leads")]
    nothing = batch({"findReplace": {"find": "zzz", "replacement": "y", "allSheets": True}}).body["replies"][0]
    assert {"findReplace": {}} == nothing


def test_a_unique_placeholder_is_replaced_wherever_it_went(batch, google, leads):
    """matchEntireCell finds a placeholder after any sort: a write without a position."""
    google.edit("Leads", 3, "F", "{{L-2/deal}}")
    google.sort("Leads", "Lead", descending=True)
    search = {"find": "{{L-2/deal}}", "replacement": "deal-9", "matchEntireCell": True, "range": {"sheetId": leads}}
    batch({"findReplace": search})

    assert ("L-2", "deal-9") == (google.values("Leads")[2][0], google.values("Leads")[2][5])


def test_what_replaces_is_read_as_if_typed(batch, google, leads):
    """A replaced cell is typed anew: 007 becomes a number."""
    batch({"findReplace": {"find": "Bolt", "replacement": "007", "matchEntireCell": True, "sheetId": leads}})

    assert 7 == google.values("Leads")[2][1]


def test_replacing_by_pattern(batch, google, leads, write):
    """searchByRegex takes groups; formulas are left alone unless they are included."""
    write("Leads!F2", [['="L-"&1']], "USER_ENTERED")
    search = {"find": r"L-(\d)", "replacement": "N$1", "searchByRegex": True, "matchCase": True, "sheetId": leads}
    batch({"findReplace": search})

    assert ["N1", "N2", "N3"] == [row[0] for row in google.values("Leads")[1:]]
    assert {"F2": '="L-"&1'} == google.formulas("Leads")


def test_copies_and_cuts(batch, google, leads):
    """copyPaste fills its destination again and again, cutPaste empties its source (recorded)."""
    copy = {"source": _area(leads, "1,2,0,1"), "destination": _area(leads, "4,6,0,2"), "pasteType": "PASTE_NORMAL"}
    batch({"copyPaste": copy})
    assert [["L-1", "L-1"]] * 2 == google.values("Leads")[4:]

    cut = {"source": _area(leads, "4,6,0,2"), "destination": {"sheetId": 0, "rowIndex": 1, "columnIndex": 1}}
    batch({"cutPaste": {**cut, "pasteType": "PASTE_NORMAL"}})
    assert 4 == len(google.values("Leads"))
    assert [[], ["", "L-1", "L-1"], ["", "L-1", "L-1"]] == google.values("Sheet1")


def test_copies_of_a_kind(batch, google, write):
    """Values without formulas, formats alone, and turned around: each paste type copies its own part."""
    write("Sheet1!A1:B1", [["=1+1", "12%"]], "USER_ENTERED")
    source = _area(0, "0,1,0,2")
    batch({"copyPaste": {"source": source, "destination": _area(0, "1,2,0,2"), "pasteType": "PASTE_VALUES"}})
    batch({"copyPaste": {"source": source, "destination": _area(0, "4,5,0,2"), "pasteType": "PASTE_FORMAT"}})
    turned = {"pasteType": "PASTE_NORMAL", "pasteOrientation": "TRANSPOSE"}
    batch({"copyPaste": {"source": source, "destination": _area(0, "6,8,3,4"), **turned}})

    assert {"A1": "=1+1", "D7": "=1+1"} == google.formulas("Sheet1")
    assert [2, 0.12] == google.values("Sheet1")[1]
    assert [["", "", "", 2], ["", "", "", 0.12]] == google.values("Sheet1")[6:]
    assert {"type": "PERCENT", "pattern": "0%"} == google.sheet("Sheet1").lines[4].looks[1]["userEnteredFormat"][
        "numberFormat"
    ]
