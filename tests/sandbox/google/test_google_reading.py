"""Values as they are read: ranges in A1 notation, ragged rows, rendering, dates, both dimensions."""

from __future__ import annotations

import pytest


def test_rows_are_ragged_and_trailing_empties_left_out(read, write):
    """Empty cells at the end of a row and empty rows at the end are left out; a blank row in the middle is []."""
    write("Sheet1!A1:D4", [["a", "", "", ""], ["", "", "", ""], ["", "b", "", ""], ["", "", "", ""]])

    assert [["a"], [], ["", "b"]] == read("Sheet1!A1:D4")


def test_an_empty_range_has_no_values(call):
    """The answer for an empty range has range and dimension, and no key `values`."""
    answer = call("GET", "~/values/Sheet1!C7:D9")

    assert {"range": "Sheet1!C7:D9", "majorDimension": "ROWS"} == answer.body


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("Leads", "Leads!A1:Z1000"),
        ("'Leads'", "Leads!A1:Z1000"),
        ("Leads!B2", "Leads!B2"),
        ("Leads!B2:B2", "Leads!B2"),
        ("Leads!C3:A1", "Leads!A1:C3"),
        ("Leads!A:B", "Leads!A1:B1000"),
        ("Leads!2:3", "Leads!A2:Z3"),
        ("Leads!A2:C", "Leads!A2:C1000"),
        ("Leads!A2:2", "Leads!A2:Z2"),
        ("Leads!$A$1:$B$2", "Leads!A1:B2"),
        ("Leads!a1:b2", "Leads!A1:B2"),
        ("Leads!A1:ZZ5000", "Leads!A1:Z1000"),
        ("B1:B2", "Sheet1!B1:B2"),
    ],
)
def test_ranges_are_found_and_cut_to_the_grid(call, asked, answered):
    """A1 notation is read with and without quotes, with swapped corners and open ends, and cut to the grid."""
    assert answered == call("GET", f"~/values/{asked}").body["range"]


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Sheet 9", "'Sheet 9'!A1"),
        ("It's", "'It''s'!A1"),
        ("D3", "'D3'!A1"),
        ("R1C1", "'R1C1'!A1"),
        ("2026", "'2026'!A1"),
        ("🌵 cactus", "'🌵 cactus'!A1"),
        ("a!b", "'a!b'!A1"),
        ("Plain_1", "Plain_1!A1"),
    ],
)
def test_titles_that_need_quotes_are_quoted(call, google, title, written):
    """Titles with blanks, quotes, signs or the looks of a cell are quoted in answers, and found by what is answered."""
    google.make_tab(title)
    escaped = "'" + title.replace("'", "''") + "'!A1"

    for asked in (escaped, written):
        answer = call("GET", "~/values:batchGet", params={"ranges": asked})
        assert written == answer.body["valueRanges"][0]["range"]


@pytest.mark.parametrize("text", ["Nowhere!A1", "'Leads!A1", "Leads!", "Leads!A0", "Leads!1A", "Leads!A1:B2:C3", "!A1"])
def test_a_range_that_is_none_cannot_be_parsed(read, text):
    """An unknown tab and a range that is none are refused in the same words."""
    assert f"Unable to parse range: {text}" == read(text)


@pytest.mark.parametrize("text", ["Leads!A1001", "Leads!AA1", "Leads!A1001:B1002"])
def test_a_range_beyond_the_grid_is_refused(read, text):
    """A range that begins outside of the grid is refused with the size of the grid."""
    assert f"Range ({text}) exceeds grid limits. Max rows: 1000, max columns: 26" == read(text)


def test_renderings_differ(write, read):
    """The same cells as formatted text, as bare values, and as formulas (recorded)."""
    write("Sheet1!A1:D1", [["=4/2", "2020-01-01", "string", 53.5]], "USER_ENTERED")

    assert [["2", "2020-01-01", "string", "53.5"]] == read("Sheet1!A1:D1")
    assert [[2, 43831, "string", 53.5]] == read("Sheet1!A1:D1", valueRenderOption="UNFORMATTED_VALUE")
    assert [["=4/2", 43831, "string", 53.5]] == read("Sheet1!A1:D1", valueRenderOption="FORMULA")


def test_dates_are_serial_numbers_or_text(write, read):
    """Unformatted dates are days since 1899-12-30, or text in the format of the cell when that is asked for."""
    write("Sheet1!A1:B1", [["2020-01-01", "1/2/2026 18:00"]], "USER_ENTERED")
    bare = {"valueRenderOption": "UNFORMATTED_VALUE"}

    assert [[43831, 46054.75]] == read("Sheet1!A1:B1", **bare)
    assert [[43831, 46054.75]] == read("Sheet1!A1:B1", **bare, dateTimeRenderOption="SERIAL_NUMBER")
    text = read("Sheet1!A1:B1", **bare, dateTimeRenderOption="FORMATTED_STRING")
    assert [["2020-01-01", "01/02/2026 18:00:00"]] == text


def test_formatted_values_follow_the_locale(batch, read, write):
    """The default rendering is the locale's: a German sheet writes 1234,5."""
    write("Sheet1!A1", [[1234.5]])
    assert [["1234.5"]] == read("Sheet1!A1")

    properties = {"properties": {"locale": "de_DE"}, "fields": "locale"}
    assert 200 == batch({"updateSpreadsheetProperties": properties}).status

    assert [["1234,5"]] == read("Sheet1!A1")
    assert [[1234.5]] == read("Sheet1!A1", valueRenderOption="UNFORMATTED_VALUE")


def test_huge_numbers_are_shown_in_short(write, read):
    """A number of eighteen digits is shown as 1.23E+17, and read bare as the double that it became."""
    write("Sheet1!A1", [[123456789012345678]])

    assert [["1.23E+17"]] == read("Sheet1!A1")
    assert [[123456789012345680.0]] == read("Sheet1!A1", valueRenderOption="UNFORMATTED_VALUE")


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("=1/0", "#DIV/0!"),
        ("=NOSUCH(1)", "#NAME?"),
        ('="a"+1', "#VALUE!"),
        ('=IMPORTXML("https://evil.test","//a")', "#N/A"),
        ("=A1", "#REF!"),
        ("=+44 20 7946", "#ERROR!"),
    ],
)
def test_errors_arrive_as_text(write, read, formula, shown):
    """A formula that fails is its error's name as text, in either rendering; nothing is fetched from elsewhere."""
    write("Sheet1!A1", [[formula]], "USER_ENTERED")

    assert [[shown]] == read("Sheet1!A1") == read("Sheet1!A1", valueRenderOption="UNFORMATTED_VALUE")


def test_formulas_are_calculated_when_read(write, read):
    """References, sums, text and conditions give their values of the moment."""
    write("Sheet1!A1:B2", [[2, "x"], [3, '=SUM(A1:A2)*2&" "&IF(A1<A2,B1,0)']], "USER_ENTERED")
    assert [["10 x"]] == read("Sheet1!B2")

    write("Sheet1!A1", [[9]])
    assert [["24 0"]] == read("Sheet1!B2")


def test_columns_are_turned(call, write):
    """majorDimension=COLUMNS gives columns, ragged in their turn."""
    write("Sheet1!A1:C2", [["a", "b", ""], ["c", "", ""]])
    answer = call("GET", "~/values/Sheet1!A1:C2", params={"majorDimension": "COLUMNS"})

    assert {"range": "Sheet1!A1:C2", "majorDimension": "COLUMNS", "values": [["a", "c"], ["b"]]} == answer.body


def test_a_batch_answers_in_the_order_asked(call):
    """values:batchGet answers each range in its place, one that is empty without values."""
    params = {"ranges": ["Leads!A2", "Sheet1!A1:B2", "Leads!A1"], "valueRenderOption": "UNFORMATTED_VALUE"}
    body = call("GET", "~/values:batchGet", params=params).body

    assert ["Leads!A2", "Sheet1!A1:B2", "Leads!A1"] == [held["range"] for held in body["valueRanges"]]
    assert [[["L-1"]], None, [["Lead"]]] == [held.get("values") for held in body["valueRanges"]]


def test_a_batch_with_one_bad_range_fails_whole(call):
    """One range that cannot be parsed spoils the whole batch."""
    answer = call("GET", "~/values:batchGet", params={"ranges": ["Leads!A2", "Gone!A1"]})

    assert (400, "Unable to parse range: Gone!A1") == (answer.status, answer.message)


def test_reading_by_tab_id_survives_a_renaming(call, google, leads):
    """values:batchGetByDataFilter with a gridRange reads on when the tab is renamed; A1 ranges do not."""
    body = {
        "dataFilters": [{"gridRange": {"sheetId": leads, "startRowIndex": 1, "endRowIndex": 2, "endColumnIndex": 2}}],
        "valueRenderOption": "UNFORMATTED_VALUE",
    }
    google.rename_tab("Leads", "Prospects")
    answer = call("POST", "~/values:batchGetByDataFilter", body)

    (held,) = answer.body["valueRanges"]
    expected = {"range": "Prospects!A2:B2", "majorDimension": "ROWS", "values": [["L-1", "Acme"]]}
    assert expected == held["valueRange"]
    assert body["dataFilters"] == held["dataFilters"]
    assert "Unable to parse range: Leads!A2" == call("GET", "~/values/Leads!A2").message


def test_named_ranges_are_ranges(batch, read, write):
    """A named range is read by its name, with or without its tab."""
    area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 2}
    batch({"addNamedRange": {"namedRange": {"name": "Corner", "range": area}}})
    write("Corner", [["a", "b"]])

    assert [["a", "b"]] == read("Corner") == read("'Sheet1'!Corner") == read("Sheet1!A1:B1")
    assert "Unable to parse range: Elsewhere" == read("Elsewhere")
