"""values.append guesses a table, and misplaces rows; appendCells goes below the last row that holds a value."""

from __future__ import annotations

import pytest


@pytest.fixture
def append(call):
    """Return an appender: range, rows, options → the answer's body."""

    def send(range_, rows, **params):
        params = {"valueInputOption": "RAW", **params}
        answer = call("POST", f"~/values/{range_}:append", {"values": rows}, params=params)
        assert 200 == answer.status, answer.body
        return answer.body

    return send


def test_a_first_row_goes_to_the_corner(append, google):
    """On an empty tab there is no table: the row goes to A1, and the answer has no tableRange (recorded)."""
    body = append("Sheet1", [["a", "b"]])

    updates = {"spreadsheetId": google.file.id, "updatedRange": "Sheet1!A1:B1", "updatedRows": 1, "updatedColumns": 2,
               "updatedCells": 2}  # fmt: skip
    assert {"spreadsheetId": google.file.id, "updates": updates} == body


def test_rows_follow_their_table(append, google):
    """Rows go below the table, which grows (recorded)."""
    append("Sheet1", [["a", "b"]])
    body = append("Sheet1", [["c", "d"], ["e", "f"]])

    assert ("Sheet1!A1:B1", "Sheet1!A2:B3") == (body["tableRange"], body["updates"]["updatedRange"])
    assert "Sheet1!A1:B3" == append("Sheet1", [["g"]])["tableRange"]


def test_a_gap_in_a_row_misplaces_the_next(append, google):
    """The same row with a blank in it, twice: the second lands in C2:E2, beside its column (recorded)."""
    append("Sheet1", [["a", "", "c"]])
    body = append("Sheet1", [["a", "", "c"]])

    assert ("Sheet1!C1", "Sheet1!C2:E2") == (body["tableRange"], body["updates"]["updatedRange"])
    assert [["a", "", "c"], ["", "", "a", "", "c"]] == google.values("Sheet1")


def test_a_cell_of_the_table_finds_it_again(append):
    """A range inside the table finds the whole table; A1 of the gapped row finds that cell alone (recorded)."""
    append("Sheet1", [["a", "", "c"]])
    body = append("Sheet1!A1", [["d", "", "f"]])
    assert ("Sheet1!A1", "Sheet1!A2:C2") == (body["tableRange"], body["updates"]["updatedRange"])

    assert "Leads!A1:E4" == append("Leads!C3", [["L-4"]])["tableRange"]


def test_an_empty_cell_between_rows_is_no_table(append, google):
    """An empty cell is no table, even with rows above and below: the row goes right there (recorded)."""
    google.insert_rows("Leads", 3)
    body = append("Leads!A3", [["L-9", "x"]])

    assert "tableRange" not in body
    assert "Leads!A3:B3" == body["updates"]["updatedRange"]


def test_the_last_table_of_the_range_is_meant(append, google):
    """A note someone left far below is the last table: the row lands under the note."""
    google.edit("Leads", 40, "C", "call them")
    body = append("Leads", [["L-4", "Dune"]])

    assert ("Leads!C40", "Leads!C41:D41") == (body["tableRange"], body["updates"]["updatedRange"])


def test_overwriting_overwrites(append, google):
    """OVERWRITE, the default, writes over what lies below the first row; INSERT_ROWS pushes it down."""
    google.edit("Leads", 6, "A", "staff's own list")
    append("Leads!A1", [["L-4"], ["L-5"]])
    assert ["L-4"] == google.values("Leads")[4]
    assert ["L-5"] == google.values("Leads")[5]

    google.undo()
    google.edit("Leads", 8, "A", "staff's own list")
    append("Leads!A1", [["L-6"], ["L-7"], ["L-8"]], insertDataOption="INSERT_ROWS")
    assert "staff's own list" == google.values("Leads")[10][0]


def test_inserting_is_not_idempotent(append, google):
    """The same append sent again doubles the row."""
    for _ in range(2):
        append("Leads", [["L-4"]], insertDataOption="INSERT_ROWS")

    assert ["L-4", "L-4"] == [row[0] for row in google.values("Leads")[4:]]


def test_hidden_rows_bring_rows_to_the_wrong_place(append, google):
    """With rows hidden by a filter the table seems to end before them, and a hidden lead is overwritten."""
    google.filter("Leads", "Company", ["Bolt"])
    body = append("Leads", [["L-4", "Dune"]])

    assert ("Leads!A1:E2", "Leads!A3:B3") == (body["tableRange"], body["updates"]["updatedRange"])
    assert "L-4" == google.values("Leads")[2][0]


def test_a_full_grid_grows(append, google):
    """Rows appended to a full grid make it longer."""
    google.make_tab("Full", ["Key"], [["k"]] * 3, size=4)
    body = append("Full", [["new"]])

    assert "Full!A5" == body["updates"]["updatedRange"]
    assert 5 == len(google.sheet("Full").lines)


def test_the_appended_range_comes_back(append):
    """includeValuesInResponse gives the appended range back."""
    body = append("Leads", [["L-4", 5]], includeValuesInResponse="true", responseValueRenderOption="UNFORMATTED_VALUE")

    expected = {"range": "Leads!A5:B5", "majorDimension": "ROWS", "values": [["L-4", 5]]}
    assert expected == body["updates"]["updatedData"]


def _cells(*values):
    return [{"userEnteredValue": value} for value in values]


def test_append_cells_goes_below_everything(batch, google, leads):
    """appendCells writes from column A below the last row that holds any value, whatever table it belongs to."""
    google.edit("Leads", 40, "C", "call them")
    row = {"values": _cells({"stringValue": "L-4"}, {}, {"numberValue": 83.33}, {"boolValue": True})}
    answer = batch({"appendCells": {"sheetId": leads, "fields": "userEnteredValue", "rows": [row]}})

    assert (200, [{}]) == (answer.status, answer.body["replies"])
    assert ["L-4", "", 83.33, True] == google.values("Leads")[40]


def test_append_cells_makes_room(batch, google):
    """appendCells makes a full grid longer."""
    google.make_tab("Full", ["Key"], [["k"]], size=2)
    sheet_id = google.sheet("Full").id
    rows = [{"values": _cells({"stringValue": f"n{n}"})} for n in range(2)]
    batch({"appendCells": {"sheetId": sheet_id, "fields": "userEnteredValue", "rows": rows}})

    assert [["Key"], ["k"], ["n0"], ["n1"]] == google.values("Full")


def test_append_cells_to_a_table(batch, google, leads):
    """With a tableId rows go into the table's body, which grows and pushes down what lies below it."""
    area = {"sheetId": leads, "startRowIndex": 0, "endRowIndex": 4, "startColumnIndex": 0, "endColumnIndex": 5}
    answer = batch({"addTable": {"table": {"name": "Leads", "range": area}}})
    table_id = answer.body["replies"][0]["addTable"]["table"]["tableId"]
    google.edit("Leads", 6, "A", "a note below")
    row = {"values": _cells({"stringValue": "L-4"})}
    batch({"appendCells": {"tableId": table_id, "fields": "userEnteredValue", "rows": [row]}})

    assert ["L-3", "L-4", None, "a note below"] == [row[0] if row else None for row in google.values("Leads")[3:]]
