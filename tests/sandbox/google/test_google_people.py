"""People's hands between any two calls: each act does what a person's does, and each can be taken back."""

from __future__ import annotations

import copy

import pytest


def _column(google, name, tab="Leads"):
    rows = google.values(tab)
    at = rows[0].index(name)
    return [row[at] if at < len(row) else "" for row in rows[1:]]


def test_typing_is_read_as_typed(google):
    """People type text, numbers, dates and formulas; None empties a cell."""
    for row, typed in ((2, "1,250"), (3, "=1+1"), (4, None)):
        google.edit("Leads", row, "Value", typed)
    google.edit("Leads", 2, 6, "note")

    assert [1250, 2, ""] == _column(google, "Value")
    assert "note" == google.values("Leads")[1][5]


@pytest.mark.parametrize(
    ("column", "descending", "expected"),
    [
        ("Lead", True, ["L-3", "L-2", "L-1"]),
        ("Company", False, ["L-1", "L-2", "L-3"]),
        ("D", False, ["L-3", "L-1", "L-2"]),
        (4, True, ["L-1", "L-3", "L-2"]),
    ],
)
def test_a_tab_is_sorted_by_any_column(google, column, descending, expected):
    """A sort takes whole rows along, leaves the header, and puts blanks last either way."""
    google.sort("Leads", column, descending=descending)

    assert expected == _column(google, "Lead")
    assert "Lead" == google.values("Leads")[0][0]


def test_a_sort_without_the_key_tears_rows_apart(google):
    """A sort of some columns leaves the keys where they were: every key is on another row's data."""
    google.sort("Leads", "Company", descending=True, columns=("Company", "Won on"))

    assert (["L-1", "L-2", "L-3"], ["Cord", "Bolt", "Acme"]) == (_column(google, "Lead"), _column(google, "Company"))


def test_rows_and_columns_come_and_go(google):
    """Rows and columns are inserted before and deleted from where they are."""
    google.insert_rows("Leads", 2, 2)
    assert ["", "", "L-1", "L-2", "L-3"] == _column(google, "Lead")
    google.delete_rows("Leads", 4)
    assert ["", "", "L-2", "L-3"] == _column(google, "Lead")
    google.insert_columns("Leads", "Company")
    assert ["Lead", "", "Company"] == google.values("Leads")[0][:3]
    google.delete_columns("Leads", "Lead", 2)
    assert ["Company", "Phone"] == google.values("Leads")[0][:2]


def test_rows_and_columns_are_dragged(google):
    """Rows and columns are dragged before others."""
    google.move_rows("Leads", 2, 5)
    assert ["L-2", "L-3", "L-1"] == _column(google, "Lead")
    google.move_rows("Leads", 4, 2)
    google.move_column("Leads", "Won on", "Lead")
    assert ["Won on", "Lead", "Company"] == google.values("Leads")[0][:3]
    google.move_column("Leads", "Won on", 6)
    assert ["Lead", "Company", "Phone", "Value", "Won on"] == google.values("Leads")[0]


def test_a_copied_row_carries_its_key(google):
    """A row is copied into a new one below, or onto another, key and all."""
    assert 3 == google.copy_row("Leads", 2)
    assert ["L-1", "L-1", "L-2", "L-3"] == _column(google, "Lead")
    google.copy_row("Leads", 2, 9)
    assert "L-1" == google.values("Leads")[8][0]


def test_cells_are_swapped(google):
    """Two cells change places."""
    google.swap("Leads", (2, "Company"), (3, "Company"))

    assert ["Bolt", "Acme", "Cord"] == _column(google, "Company")


def test_a_block_is_pasted_over_anything(google):
    """A pasted block covers what was there, is read as typed, and makes the grid longer where it must."""
    google.paste("Leads", 3, "Company", [["X", "007"], ["Y", "1/2/2026"]])
    assert [["L-2", "X", 7], ["L-3", "Y", 46054]] == [row[:3] for row in google.values("Leads")[2:]]
    google.paste("Leads", 1000, "Z", [["a", "b"], ["c", "d"]])
    assert (1001, 27) == (len(google.sheet("Leads").lines), len(google.sheet("Leads").columns))


def test_headers_and_tabs_are_renamed_and_moved(google):
    """A header, even one that looks like a formula, and a tab get other names; tabs are dragged and deleted."""
    google.rename_header("Leads", "Company", "=Client")
    assert "=Client" == google.values("Leads")[0][1]
    google.rename_tab("Leads", "Prospects")
    google.move_tab("Prospects", 1)
    assert ["Prospects", "Sheet1"] == google.tabs()
    google.delete_tab("Sheet1")
    with pytest.raises(ValueError, match="can't remove all the sheets"):
        google.delete_tab("Prospects")
    assert ["Prospects"] == google.tabs()


def test_cells_and_tabs_are_cleared(google):
    """A range is emptied; a tab is emptied with its header."""
    google.clear("Leads", "B2:C3")
    assert (["", "", "Cord"], ["L-1", "L-2", "L-3"]) == (_column(google, "Company"), _column(google, "Lead"))
    google.clear_tab("Leads")
    assert [] == google.values("Leads")


def test_a_form_adds_a_row(google):
    """A form's row comes right after the last filled one, its answers as text."""
    google.edit("Leads", 8, "Company", "a note")
    assert 9 == google.submit_form("Leads", {"Company": "Dune", "Phone": "+44 20 7946 0004", "Value": 7})

    assert ["", "Dune", "+44 20 7946 0004", 7] == google.values("Leads")[8]
    assert {} == google.formulas("Leads")


def test_rows_are_hidden_filtered_and_merged(google, call):
    """Hidden, filtered and merged cells are still there to read, but for what a merge swallowed."""
    google.hide_rows("Leads", 2)
    google.filter("Leads", "Company", ["Bolt"])
    google.merge("Leads", "A4:B4")

    assert ["L-1", "L-2", "L-3"] == _column(google, "Lead")
    assert "" == google.values("Leads")[3][1]
    data = call("GET", "~", params={"fields": "sheets.data.rowMetadata", "ranges": "Leads!1:4"}).body["sheets"][0][
        "data"
    ]
    hidden = [{"hiddenByFilter", "hiddenByUser"} & set(row) for row in data[0]["rowMetadata"]]
    assert [set(), {"hiddenByUser"}, {"hiddenByFilter"}, set()] == hidden
    google.unfilter("Leads")
    google.hide_rows("Leads", 2, hidden=False)
    assert all(not line.properties for line in google.sheet("Leads").lines[:5])


def _acts(google):
    return {
        "edit": lambda: google.edit("Leads", 2, "Company", "X"),
        "paste": lambda: google.paste("Leads", 999, "Y", [[1, 2, 3]] * 5),
        "clear": lambda: google.clear("Leads", "A1:C3"),
        "clear tab": lambda: google.clear_tab("Leads"),
        "sort": lambda: google.sort("Leads", "Lead", descending=True),
        "sort a part": lambda: google.sort("Leads", "Company", descending=True, columns=("B", "D")),
        "insert rows": lambda: google.insert_rows("Leads", 3, 2),
        "delete rows": lambda: google.delete_rows("Leads", 2, 2),
        "insert columns": lambda: google.insert_columns("Leads", "Company", 2),
        "delete columns": lambda: google.delete_columns("Leads", "Company", 2),
        "move rows": lambda: google.move_rows("Leads", 2, 5),
        "move a column": lambda: google.move_column("Leads", "Lead", "Won on"),
        "copy a row": lambda: google.copy_row("Leads", 2),
        "copy a row onto another": lambda: google.copy_row("Leads", 2, 4),
        "swap": lambda: google.swap("Leads", (2, "Lead"), (4, "Value")),
        "rename a header": lambda: google.rename_header("Leads", "Lead", "Key"),
        "rename the tab": lambda: google.rename_tab("Leads", "X"),
        "move the tab": lambda: google.move_tab("Leads", 1),
        "delete the tab": lambda: google.delete_tab("Leads"),
        "make a tab": lambda: google.make_tab("New", ["a"], [[1]]),
        "hide": lambda: google.hide_rows("Leads", 2, 2),
        "filter": lambda: google.filter("Leads", "Company", ["Acme"]),
        "merge": lambda: google.merge("Leads", "A2:B3"),
        "form": lambda: google.submit_form("Leads", {"Lead": "L-9"}),
    }


NAMES = [
    "edit", "paste", "clear", "clear tab", "sort", "sort a part", "insert rows", "delete rows", "insert columns",
    "delete columns", "move rows", "move a column", "copy a row", "copy a row onto another", "swap", "rename a header",
    "rename the tab", "move the tab", "delete the tab", "make a tab", "hide", "filter", "merge", "form",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_act_is_undone(google, call, name):
    """Undo brings back values, formulas, tabs, sizes, looks and what is pinned, exactly."""
    google.edit("Leads", 4, "F", "=D4*2")
    google.make_tab("Other", ["x"])

    def state():
        body = call("GET", "~", params={"includeGridData": "true"}).body
        return copy.deepcopy(body), {tab: google.values(tab) for tab in google.tabs()}

    before = state()
    acts = _acts(google)
    assert NAMES == list(acts)
    acts[name]()
    assert before != state()

    assert google.undo()
    assert before == state()


def test_acts_are_undone_one_after_the_other(google):
    """Undo goes back act by act, and in the end there is none."""
    google.undo()  # the tab itself is a person's work
    assert ["Sheet1"] == google.tabs()
    assert not google.undo()


def test_undo_spares_what_the_api_wrote_since(google, write, batch, leads):
    """An undone sort takes back the order only: what the API wrote on a row meanwhile goes along with it."""
    google.sort("Leads", "Lead", descending=True)
    write("Leads!A2:F2", [[None] * 5 + ["for L-3"]])
    row = {"values": [{"userEnteredValue": {"stringValue": "L-4"}}]}
    batch({"appendCells": {"sheetId": leads, "rows": [row], "fields": "userEnteredValue"}})
    google.undo()

    assert [("L-1", 5), ("L-2", 3), ("L-3", 6), ("L-4", 1)] == [(r[0], len(r)) for r in google.values("Leads")[1:]]
    assert "for L-3" == google.values("Leads")[3][5]


def test_undo_finds_its_cell_after_rows_moved(google, batch, leads):
    """An undone edit finds its row although rows were inserted above it since."""
    google.edit("Leads", 3, "Company", "X")
    span = {"sheetId": leads, "dimension": "ROWS", "startIndex": 1, "endIndex": 3}
    batch({"insertDimension": {"range": span, "inheritFromBefore": False}})
    google.undo()

    assert ["", "", "Acme", "Bolt", "Cord"] == _column(google, "Company")


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda google: google.edit("Nowhere", 1, 1, "x"), "there is no tab Nowhere"),
        (lambda google: google.edit("Leads", 1, "Nowhere", "x"), "Leads has no column Nowhere"),
        (lambda google: google.clear("Leads", "nothing"), "nothing is no range of cells"),
        (lambda google: google.rename_tab("Leads", "Sheet1"), "already exists"),
        (lambda google: google.make_tab("Leads"), "already exists"),
    ],
)
def test_what_a_person_cannot_do(google, act, words):
    """Acts on what is not there raise ValueError and leave everything as it was."""
    before = google.values("Leads")
    with pytest.raises(ValueError, match=words):
        act(google)

    assert (before, ["Sheet1", "Leads"]) == (google.values("Leads"), google.tabs())


def test_hands_act_between_two_calls(server, call, google):
    """A hook of the server lets a person act right before any call is answered."""
    server.before.append(lambda request: request.method == "PUT" and google.sort("Leads", "Lead", descending=True))
    params = {"valueInputOption": "RAW", "includeValuesInResponse": "true"}
    body = {"values": [[None] * 5 + ["for L-1"]]}
    answer = call("PUT", "~/values/Leads!A2:F2", body, params=params)

    assert ("L-3", "for L-1") == (
        answer.body["updatedData"]["values"][0][0], answer.body["updatedData"]["values"][0][5],
    )  # fmt: skip
