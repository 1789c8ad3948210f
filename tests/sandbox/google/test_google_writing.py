"""Values as they are written: null and "", counts, echoes, limits; one range, many, and clearing."""

from __future__ import annotations

import pytest


def test_null_leaves_alone_and_empty_text_clears(write, google):
    """Null skips a cell, "" empties it, and the counts are of rows, columns and cells that got a value (recorded)."""
    write("Sheet1!A1:C2", [["a", "b", "c"], ["d", "e", "f"]])
    answer = write("Sheet1!A1:C2", [[None, "", None], [None, None, "F"]])

    assert [["a", "", "c"], ["d", "e", "F"]] == google.values("Sheet1")
    counts = {name: answer.body[name] for name in ("updatedRows", "updatedColumns", "updatedCells")}
    assert {"updatedRows": 2, "updatedColumns": 2, "updatedCells": 2} == counts
    assert "Sheet1!A1:C2" == answer.body["updatedRange"]


def test_nothing_but_nulls_writes_nothing(write, google):
    """A write of nulls answers its range without counts: zeros are left out."""
    answer = write("Leads!A2:B2", [[None, None]])

    assert {"spreadsheetId": google.file.id, "updatedRange": "Leads!A2:B2"} == answer.body


def test_the_updated_range_is_what_the_values_cover(write):
    """Fewer values than the range has cells update less; ragged rows count to the longest (recorded)."""
    assert "Sheet1!A1:B1" == write("Sheet1!A1:B2", [["a", "b"]]).body["updatedRange"]
    answer = write("Sheet1!A1:D2", [["a", "b"], [1, 2, 3, 4]])
    assert ("Sheet1!A1:D2", 6) == (answer.body["updatedRange"], answer.body["updatedCells"])


def test_a_lone_cell_is_an_anchor(write, google):
    """A range of one cell without a colon takes a block of any size (recorded)."""
    assert "Sheet1!B2:C3" == write("Sheet1!B2", [["a", "b"], ["c", "d"]]).body["updatedRange"]
    assert [[], ["", "a", "b"], ["", "c", "d"]] == google.values("Sheet1")


@pytest.mark.parametrize(
    ("range_", "values", "message"),
    [
        ("Leads!A2:B2", [["a"], ["b"]], "Requested writing within range [Leads!A2:B2], but tried writing to row [3]"),
        ("Leads!A2:B2", [["a", 1, 2]], "Requested writing within range [Leads!A2:B2], but tried writing to column [C]"),
        ("Leads!B2:B2", [["a", 1]], "Requested writing within range [Leads!B2], but tried writing to column [C]"),
        ("Leads!A1001", [["a"]], "Range (Leads!A1001) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("Leads!Z1", [["a", "b"]], "Range (Leads!Z1:AA1) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("Gone!A1", [["a"]], "Unable to parse range: Gone!A1"),
        ("Leads!A2", [[["a"]]], "Invalid values[0][0]: list_value {\n}\n"),
        ("Leads!A2", [["a", {}]], "Invalid values[0][1]: struct_value {\n}\n"),
    ],
)
def test_writes_beyond_their_range_are_refused(write, google, range_, values, message):
    """What does not fit the range, the grid or a cell is refused, and nothing is written."""
    before = google.values("Leads")
    answer = write(range_, values)

    assert (400, message) == (answer.status, answer.message)
    assert before == google.values("Leads")


def test_open_ends_take_rows_to_the_grids_end(write, google):
    """A range with an open end takes as many rows as there are, and the columns that it names."""
    assert 200 == write("Leads!A5:B", [["L-4", "x"], ["L-5", "y"]]).status
    assert "tried writing to column [C]" in write("Leads!A5:B", [["L-4", "x", "z"]]).message
    assert ["L-5", "y"] == google.values("Leads")[5]


TEXTS = [
    '=IMPORTXML("https://evil.test","//a")', "+44 20 7946 0001", "007", "1/2", "TRUE", "'quoted", "12%", "£5",
    "2026-01-01", " blank around ", "a\nb", "🍐🏴󠁧󠁢󠁥󠁮󠁧󠁿", "مرحبا", "-1", "#N/A", "NaN", "1e5",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_raw_text_stays_text_byte_for_byte(write, read, google, text):
    """RAW never interprets: formulas, phones, dates, truth values and odd characters come back as they were sent."""
    write("Sheet1!A1", [[text]])

    for render in ("UNFORMATTED_VALUE", "FORMATTED_VALUE", "FORMULA"):
        assert [[text]] == read("Sheet1!A1", valueRenderOption=render)
    assert {} == google.formulas("Sheet1")


@pytest.mark.parametrize("value", [0, 1, -5, 83.33, 46054, True, False, 1e20])
def test_raw_numbers_and_truth_values_keep_their_kind(write, read, value):
    """JSON numbers and truth values are stored as such."""
    write("Sheet1!A1", [[value]])
    ((found,),) = read("Sheet1!A1", valueRenderOption="UNFORMATTED_VALUE")

    assert (value, isinstance(value, bool)) == (found, isinstance(found, bool))


def test_fifty_thousand_characters_are_the_most(write, google):
    """A cell takes 50,000 characters; one more is refused, and astral characters count twice."""
    assert 200 == write("Sheet1!A1", [["x" * 50_000]]).status
    for text in ("x" * 50_001, "🍐" * 25_001):
        answer = write("Sheet1!A2", [[text]])
        assert (400, "Your input contains more than the maximum of 50000 characters in a single cell.") == (
            answer.status, answer.message,
        )  # fmt: skip
    assert 1 == len(google.values("Sheet1"))


def test_the_echo_is_the_range_after_the_write(write):
    """includeValuesInResponse gives back the whole range asked for as it stands then, without trailing empties."""
    answer = write(
        "Leads!A2:F2", [[None, None, None, None, None, "done"]], includeValuesInResponse="true",
        responseValueRenderOption="UNFORMATTED_VALUE",
    )  # fmt: skip

    data = answer.body["updatedData"]
    assert ("Leads!A2:F2", "ROWS") == (data["range"], data["majorDimension"])
    assert [["L-1", "Acme", "+44 20 7946 0001", 1200, 46054, "done"]] == data["values"]
    assert (1, 1, 1) == tuple(answer.body[name] for name in ("updatedRows", "updatedColumns", "updatedCells"))


def test_the_echo_is_formatted_unless_asked(write):
    """Without a render option the echo is formatted, as any read is."""
    answer = write("Sheet1!A1:B1", [[1200, "x"]], includeValuesInResponse="true")

    assert [["1200", "x"]] == answer.body["updatedData"]["values"]


def _update(call, data, **more):
    return call("POST", "~/values:batchUpdate", {"valueInputOption": "RAW", "data": data, **more})


def test_many_ranges_answer_in_order_with_totals(call, google):
    """values:batchUpdate answers each range in its place; totals count a row or column of a tab once (recorded)."""
    answer = _update(call, [
        {"range": "Leads!A3:F3", "values": [[None, None, None, 5, None, "x"]]},
        {"range": "Leads!A2:F2", "values": [[None, None, None, 6, None, "y"]]},
        {"range": "Sheet1!A1", "values": [["z"]]},
    ])  # fmt: skip

    totals = {name: answer.body[name] for name in answer.body if name.startswith("total")}
    assert {"totalUpdatedRows": 3, "totalUpdatedColumns": 3, "totalUpdatedCells": 5, "totalUpdatedSheets": 2} == totals
    assert ["Leads!A3:F3", "Leads!A2:F2", "Sheet1!A1"] == [one["updatedRange"] for one in answer.body["responses"]]
    assert [google.file.id] * 3 == [one["spreadsheetId"] for one in answer.body["responses"]]


def test_a_batch_proves_where_it_wrote(call, google):
    """A slice from key to result with nulls between echoes the key of the row that was really written."""
    google.sort("Leads", "Lead", descending=True)
    body = {"includeValuesInResponse": True, "responseValueRenderOption": "UNFORMATTED_VALUE"}
    answer = _update(call, [{"range": "'Leads'!A2:F2", "values": [[None] * 5 + ["won"]]}], **body)

    assert "L-3" == answer.body["responses"][0]["updatedData"]["values"][0][0]


def test_one_bad_range_takes_the_whole_batch_back(call, google):
    """A refused range is named by its place, and the ranges before it are not written either."""
    before = google.values("Leads")
    answer = _update(call, [
        {"range": "Leads!A2", "values": [["spoilt"]]}, {"range": "Leads!B2:B2", "values": [["a", "b"]]},
    ])  # fmt: skip

    words = "Invalid data[1]: Requested writing within range [Leads!B2], but tried writing to column [C]"
    assert (400, words) == (answer.status, answer.message)
    assert before == google.values("Leads")


def test_echoes_of_overlapping_ranges_show_the_end(call):
    """Echoes are taken when all is written: a later range of the same batch shows in an earlier one's echo."""
    answer = _update(
        call, [{"range": "Sheet1!A1:B1", "values": [["a", "b"]]}, {"range": "Sheet1!B1", "values": [["c"]]}],
        includeValuesInResponse=True,
    )  # fmt: skip

    assert [["a", "c"]] == answer.body["responses"][0]["updatedData"]["values"]


def test_columns_are_written_as_columns(call, google):
    """majorDimension COLUMNS writes downwards, and the echo is in columns too."""
    data = [{"range": "Sheet1!A1:B2", "majorDimension": "COLUMNS", "values": [["a", "b"], ["c"]]}]
    answer = _update(call, data, includeValuesInResponse=True)

    assert [["a", "c"], ["b"]] == google.values("Sheet1")
    echoed = answer.body["responses"][0]["updatedData"]
    assert ("COLUMNS", [["a", "b"], ["c"]]) == (echoed["majorDimension"], echoed["values"])


def test_writing_by_tab_id(call, google, leads):
    """values:batchUpdateByDataFilter writes by gridRange and answers with the filter."""
    place = {"sheetId": leads, "startRowIndex": 1, "endRowIndex": 2, "startColumnIndex": 1, "endColumnIndex": 2}
    body = {"valueInputOption": "RAW", "data": [{"dataFilter": {"gridRange": place}, "values": [["Acme Ltd"]]}]}
    answer = call("POST", "~/values:batchUpdateByDataFilter", body)

    (response,) = answer.body["responses"]
    assert ("Leads!B2", {"gridRange": place}) == (response["updatedRange"], response["dataFilter"])
    assert "Acme Ltd" == google.values("Leads")[1][1]


def test_the_input_option_must_be_said(call):
    """A write that does not say how its values are read is refused."""
    for answer in (
        call("PUT", "~/values/Leads!A2", {"values": [["x"]]}),
        call("POST", "~/values:batchUpdate", {"data": [{"range": "Leads!A2", "values": [["x"]]}]}),
        call("POST", "~/values/Leads:append", {"values": [["x"]]}),
    ):
        assert (400, "'valueInputOption' is required but not specified") == (answer.status, answer.message)


def test_the_range_of_the_body_must_be_that_of_the_path(call):
    """A body that names another range than the path is refused."""
    params = {"valueInputOption": "RAW"}
    answer = call("PUT", "~/values/Leads!A2", {"range": "Leads!A3", "values": [["x"]]}, params=params)

    assert "Request range[Leads!A2] does not match value's range[Leads!A3]" == answer.message


def test_clearing_empties_and_tells_the_range(call, google, batch, leads):
    """values.clear empties what is in the grid and leaves formats; batchClear takes several ranges."""
    cell = {"userEnteredFormat": {"numberFormat": {"type": "DATE", "pattern": "yyyy"}}}
    area = {"sheetId": leads, "startRowIndex": 1, "endRowIndex": 2, "startColumnIndex": 4, "endColumnIndex": 5}
    batch({"repeatCell": {"range": area, "cell": cell, "fields": "userEnteredFormat.numberFormat"}})

    assert "Leads!B2:Z1000" == call("POST", "~/values/Leads!B2:ZZ:clear").body["clearedRange"]
    assert [["L-1"], ["L-2"], ["L-3"]] == google.values("Leads")[1:]
    answer = call("POST", "~/values:batchClear", {"ranges": ["Leads!A2", "Leads!A3:A4"]})
    assert ["Leads!A2", "Leads!A3:A4"] == answer.body["clearedRanges"]
    assert 1 == len(google.values("Leads"))
    assert cell["userEnteredFormat"] == google.sheet("Leads").lines[1].looks[4]["userEnteredFormat"]


def test_clearing_by_data_filter(call, google, leads):
    """values:batchClearByDataFilter clears what a filter selects."""
    place = {"sheetId": leads, "startRowIndex": 1}
    answer = call("POST", "~/values:batchClearByDataFilter", {"dataFilters": [{"gridRange": place}]})

    assert ["Leads!A2:Z1000"] == answer.body["clearedRanges"]
    assert 1 == len(google.values("Leads"))


def test_what_lies_under_a_merge_takes_no_value(write, google):
    """A write into a merged range keeps its first cell only."""
    google.merge("Leads", "A2:B2")
    write("Leads!A2:B2", [["key", "lost"]])

    assert ["key", ""] == google.values("Leads")[1][:2]
