"""What setup finds missing and makes: tabs, headers, lists, formats, protection; on bare sheets and on others'."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.connectors.google.google_stand import Stand
from tests.connectors.standins import STATUSES
from worker.domain.tables import COMMISSIONS, LEADS, TABLES
from worker.ports import Edit, Missing, Refused, Unsure
from worker.sandbox.google.workspace import ACCOUNT

ALL_OF = {table.name: [column.name for column in table.columns] for table in TABLES.values()}
FORM = {"columns": {"leads": {"Company": "Client name", "Submitted": "Timestamp", "Partner": "Who are you?"}}}
ASKED = ["Timestamp", "Who are you?", "Client name", "Email", "How did you hear of us?"]


def lacks(stand: Stand, **changed: Any) -> dict[str, Missing]:
    return {lack.what: lack for lack in stand.tracker(**changed).missing()}


def look(stand: Stand, tab: str, column: str, row: int = 2) -> dict[str, Any]:
    """Return what a cell looks like: format, list, note."""
    sheet = stand.google.sheet(tab)
    return dict(sheet.lines[row - 1].looks.get(sheet.lines[0].cells.index(column), {}))


def rule(stand: Stand, tab: str, column: str) -> dict[str, Any]:
    return dict(look(stand, tab, column).get("dataValidation", {}).get("condition", {}))


def offered(stand: Stand, tab: str, column: str) -> list[str]:
    return [value["userEnteredValue"] for value in rule(stand, tab, column).get("values", ())]


def shape(stand: Stand, tab: str, column: str) -> tuple[str, str]:
    found = look(stand, tab, column).get("userEnteredFormat", {}).get("numberFormat", {})
    return found.get("type", ""), found.get("pattern", "")


def writes(stand: Stand) -> list[str]:
    return [c.path for c in stand.server.log if c.path.endswith(("0001:batchUpdate", "Update", "UpdateByDataFilter"))]


# ---- a bare spreadsheet ---------------------------------------------------------------------------------------------


def test_a_bare_spreadsheet_gets_every_tab(bare: Stand) -> None:
    """Seven tabs with their headers in order; what was there stays; then nothing is missing."""
    tracker = bare.tracker()
    found = tracker.missing()

    assert [f"the tab {name} ({len(columns)} columns)" for name, columns in ALL_OF.items()] == [m.what for m in found]
    tracker.make(found)

    assert ["Sheet1", *ALL_OF] == bare.google.tabs()
    assert ALL_OF == {name: bare.google.values(name)[0] for name in ALL_OF}
    assert {} == lacks(bare)


def test_only_what_was_asked_for_is_made(bare: Stand) -> None:
    """A tab that nobody named is not made; the others are whole."""
    tracker = bare.tracker()

    tracker.make([lack for lack in tracker.missing() if "the tab Leads (" in lack.what])

    assert ["Sheet1", "Leads"] == bare.google.tabs()
    assert {f"the tab {name} ({len(ALL_OF[name])} columns)" for name in ALL_OF if name != "Leads"} == set(lacks(bare))


def test_a_second_making_writes_nothing(stand: Stand) -> None:
    """Where nothing is missing no request changes anything, also when everything is asked for again."""
    before = {name: stand.google.values(name) for name in ALL_OF}
    asked = [Missing(f"the tab {name} ({len(columns)} columns)", "") for name, columns in ALL_OF.items()]
    stand.calls()

    stand.tracker().make(asked)

    assert [] == writes(stand)
    assert before == {name: stand.google.values(name) for name in ALL_OF}


@pytest.mark.parametrize("fault", ["commit-then-fail", "drop-before"])
@pytest.mark.parametrize("turn", range(6))
def test_a_making_that_broke_off_is_gone_on_with(bare: Stand, fault: str, turn: int) -> None:
    """Whichever request's end is not known: asked again, setup makes what is left, and no tab, column or mark twice."""
    small = ("Splits", "Members")

    def wanted() -> list[Missing]:
        return [lack for lack in bare.tracker().missing() if any(f"the tab {name}" in lack.what for name in small)]

    assert 2 == len(wanted())
    path = f"/v4/spreadsheets/{bare.google.file.id}:batchUpdate"
    bare.google.faults.order(fault, path=path, skip=turn)
    for _ in range(2):
        with suppress(Unsure, Refused):
            bare.tracker(caller=bare.once).make(wanted())

    assert [] == wanted()
    assert {"Sheet1", *small} == set(bare.google.tabs())
    assert [ALL_OF[name] for name in small] == [bare.google.values(name)[0] for name in small]
    for name in small:
        pins = bare.google.sheet(name).pinned("metadata")
        marks = sorted(pin.body["metadataValue"] for pin in pins if pin.boxes)
        assert sorted(f"{name}/{column}" for column in ALL_OF[name]) == marks
        assert 1 == len([pin for pin in pins if not pin.boxes])


# ---- what makes it good to work in ----------------------------------------------------------------------------------


def test_selects_offer_their_options(stand: Stand) -> None:
    """Drop-down lists for what has options, the statuses of the rules among them; ticks for yes and no."""
    assert list(STATUSES) == offered(stand, "Leads", "Status")
    assert list(COMMISSIONS.column("Status").options) == offered(stand, "Commissions", "Status")
    assert ["Received", "Sent"] == offered(stand, "Leads", "Direction")
    assert {"type": "BOOLEAN"} == rule(stand, "Leads", "Hold") == rule(stand, "Commissions", "Hold")
    assert {} == rule(stand, "Leads", "Company")
    with pytest.raises(ValueError, match="validation"):
        stand.google.edit("Leads", 2, "Status", "Almost")


def test_formats_suit_the_columns(stand: Stand) -> None:
    """Texts are plain text, so that what looks like a number stays as typed; numbers and dates show as such."""
    assert {
        "Phone": ("TEXT", ""), "Company": ("TEXT", ""), "Lead": ("TEXT", ""), "Problem": ("TEXT", ""),
        "Deal value": ("NUMBER", "#,##0.00##"), "Won on": ("DATE", "yyyy-mm-dd"),
        "Submitted": ("DATE_TIME", "yyyy-mm-dd hh:mm"), "Hold": ("", ""), "Status": ("", ""),
    } == {
        name: shape(stand, "Leads", name)
        for name in ("Phone", "Company", "Lead", "Problem", "Deal value", "Won on", "Submitted", "Hold", "Status")
    }  # fmt: skip
    assert ("NUMBER", "0") == shape(stand, "Partners", "Leads")
    stand.google.edit("Leads", 2, "Phone", "+44 20 7946 0018")
    stand.google.edit("Leads", 2, "Website", "007")
    assert {"Phone": "+44 20 7946 0018", "Website": "007"} == stand.grid("Leads")[0]


def test_headers_stay_in_sight_and_stand_out(stand: Stand) -> None:
    """The header row is frozen and bold; long texts have room."""
    for name in ALL_OF:
        assert 1 == stand.google.sheet(name).properties["gridProperties"]["frozenRowCount"]
    assert look(stand, "Leads", "Company", 1)["userEnteredFormat"]["textFormat"]["bold"] is True
    sheet = stand.google.sheet("Leads")
    assert 320 == sheet.columns[ALL_OF["Leads"].index("Problem")].properties["pixelSize"]


def test_only_we_may_edit_our_columns(stand: Stand) -> None:
    """Each column of ours is protected with a word of what to do instead; columns of partners and staff are open."""
    sheet = stand.google.sheet("Leads")
    shut = {ALL_OF["Leads"][pin.boxes[0].left or 0]: pin.body for pin in sheet.pinned("protected")}

    assert set(LEADS.owned_by_worker()) == set(shut)
    assert {("Written by Quarterday: to overrule it use Hold or Adjustment", ACCOUNT)} == {
        (body["description"], body["editors"]["users"][0]) for body in shut.values()
    }
    stand.google.share("bob@acme.test", "writer")
    stand.google.person = "bob@acme.test"
    stand.google.edit("Leads", 2, "Company", "Ashdown")
    with pytest.raises(ValueError, match="protected cell"):
        stand.google.edit("Leads", 2, "Deal ID", "1")


def test_problems_are_red_and_holds_amber(stand: Stand) -> None:
    """Conditional colours stand on Problem, Hold and Status."""
    found = [
        (ALL_OF["Leads"][pin.boxes[0].left or 0], pin.body["booleanRule"]["condition"]["type"])
        for pin in stand.google.sheet("Leads").pinned("conditional")
    ]

    assert ("Problem", "NOT_BLANK") in found
    assert ("Hold", "TEXT_EQ") in found
    assert [("Status", "TEXT_EQ")] * 7 == [one for one in found if one[0] == "Status"]


def test_new_statuses_dress_the_tab_anew(stand: Stand) -> None:
    """When the rules get another status its list gets it too, and nothing stands twice; what people put on stays."""
    stand.google.edit("Leads", 1, "Company", "'Company")
    sheet = stand.google.sheet("Leads")
    before = {kind: len(sheet.pinned(kind)) for kind in ("protected", "conditional", "metadata")}
    statuses = (*STATUSES, "Signed")

    tracker = stand.tracker(statuses=statuses)
    found = tracker.missing()
    assert ["the lists, formats, colours and protection of the tab Leads"] == [lack.what for lack in found]
    tracker.make(found)

    assert list(statuses) == offered(stand, "Leads", "Status")
    assert {} == lacks(stand, statuses=statuses)
    assert before == {kind: len(sheet.pinned(kind)) for kind in before}
    stand.lead(Company="Ashdown")
    (row,) = tracker.read(["Leads"])["Leads"]
    assert isinstance(tracker.write([Edit("Leads", row.id, "", {"Status": "Signed"})])[0], str)


def test_colours_and_protections_of_people_stay(stand: Stand) -> None:
    """Dressing again takes away what an earlier dressing put on, and nothing else."""
    sheet = stand.google.sheet("Leads")
    tracker = stand.tracker()
    door = tracker._door
    theirs = {
        "ranges": [{"sheetId": sheet.id, "startColumnIndex": 3, "endColumnIndex": 4}],
        "booleanRule": {"condition": {"type": "TEXT_CONTAINS", "values": [{"userEnteredValue": "x"}]},
                        "format": {"backgroundColorStyle": {"rgbColor": {"red": 1}}}},
    }  # fmt: skip
    span = {"sheetId": sheet.id, "startColumnIndex": 3, "endColumnIndex": 4}
    door.write(":batchUpdate", {"requests": [
        {"addConditionalFormatRule": {"rule": theirs, "index": 3}},
        {"addProtectedRange": {"protectedRange": {"range": span, "description": "Hands off", "warningOnly": True}}},
    ]})  # fmt: skip

    tracker = stand.tracker(statuses=(*STATUSES, "Signed"))
    tracker.make(tracker.missing())

    conditions = [pin.body["booleanRule"]["condition"]["type"] for pin in sheet.pinned("conditional")]
    assert 1 == conditions.count("TEXT_CONTAINS")
    assert 1 == len([pin for pin in sheet.pinned("protected") if pin.body.get("description") == "Hands off"])


# ---- spreadsheets of others -----------------------------------------------------------------------------------------


def test_a_forms_tab_becomes_the_leads_tab(bare: Stand) -> None:
    """Columns of the form are used under their own names; ours are added behind, and the form's stay where they are."""
    bare.google.make_tab("Form responses 1", ASKED, [[46054.5, "North Star", "Ashdown", "jo@ashdown.test", "a friend"]])
    bare.google.rename_tab("Form responses 1", "Leads")

    tracker = bare.tracker(**FORM)
    tracker.make(tracker.missing())

    header = bare.google.values("Leads")[0]
    assert ASKED == header[:5]
    mapped = FORM["columns"]["leads"]
    called = [mapped.get(name, name) for name in ALL_OF["Leads"]]
    assert sorted(called) == sorted(header[:4] + header[5:])
    assert {} == lacks(bare, **FORM)
    (row,) = tracker.read(["Leads"])["Leads"]
    assert ("Ashdown", "North Star", "jo@ashdown.test") == (row.text("Company"), row.text("Partner"), row.text("Email"))
    assert ["L-ABCDEFGH"] == list(tracker.write([Edit("Leads", row.id, "", {"Lead": "L-ABCDEFGH", "Status": "New"})]))
    bare.google.submit_form("Leads", {"Client name": "Birch", "Timestamp": 46055})
    assert ["Ashdown", "Birch"] == [row.text("Company") for row in bare.tracker(**FORM).read(["Leads"])["Leads"]]
    assert "a friend" == bare.grid("Leads")[0]["How did you hear of us?"]


def test_a_column_goes_behind_everything_that_stands(stand: Stand) -> None:
    """A missing column never lands on cells, be they under a header or not; the grid grows for it."""
    stand.google.delete_columns("Leads", "Suggestion")
    stand.google.paste("Leads", 5, 30, [["a remark without a header"]])
    before = stand.google.values("Leads")

    found = stand.tracker().missing()
    assert ["the column Leads.Suggestion"] == [lack.what for lack in found]
    stand.tracker().make(found)

    assert [*before[0], *[""] * 3, "Suggestion"] == stand.google.values("Leads")[0]
    assert before[4] == stand.google.values("Leads")[4]
    assert {} == lacks(stand)


def test_a_doubled_header_is_for_a_person_to_mend(stand: Stand) -> None:
    """Which of the two is meant can't be known: it is named with both columns, and making leaves it."""
    stand.google.paste("Leads", 1, 29, [["Status"]])

    (lack,) = stand.tracker().missing()

    assert not lack.makeable
    assert "more than one column “Status” (Q and AC): rename or delete one" in lack.what
    stand.calls()
    stand.tracker().make([lack])
    assert [] == writes(stand)


def test_headers_are_found_whatever_their_case_and_blanks(bare: Stand) -> None:
    """`lead ` is Lead; nothing is made twice."""
    bare.google.make_tab("leads ", [f" {name.upper()} " for name in ALL_OF["Leads"]])

    assert not [what for what in lacks(bare) if "Leads" in what and "lists, formats" not in what]


def test_a_header_below_a_title_is_found(bare: Stand) -> None:
    """Staff wrote a title above: the columns that are missing go into the header row, lists begin below it."""
    bare.google.make_tab("Splits", ["Splits of 2026"], [[], ["Lead", "Partner"], ["L-1", "North Star"]])
    tracker = bare.tracker()

    tracker.make(tracker.missing())

    assert [["Splits of 2026"], [], ["Lead", "Partner", "Share"], ["L-1", "North Star"]] == bare.google.values("Splits")
    (row,) = tracker.read(["Splits"])["Splits"]
    assert ("L-1", "North Star") == (row.text("Lead"), row.text("Partner"))
    assert 3 == bare.google.sheet("Splits").properties["gridProperties"]["frozenRowCount"]
    assert {} == lacks(bare)


def test_the_first_tab_may_be_ours(bare: Stand) -> None:
    """Its id is 0, which answers leave out: it is read, written, marked and dressed like any other."""
    bare.google.rename_tab("Sheet1", "Leads")
    bare.google.paste("Leads", 1, 1, [ALL_OF["Leads"]])
    tracker = bare.tracker()
    tracker.make(tracker.missing())
    bare.lead(Company="Ashdown")

    (row,) = tracker.read(["Leads"])["Leads"]
    assert ["L-ABCDEFGH"] == list(tracker.write([Edit("Leads", row.id, "", {"Lead": "L-ABCDEFGH"})]))
    assert [{"Lead": "L-ABCDEFGH", "Company": "Ashdown"}] == bare.grid("Leads")
    assert {} == lacks(bare)
    assert len(LEADS.owned_by_worker()) == len(bare.google.sheet("Leads").pinned("protected"))


def test_a_copy_of_a_tab_is_not_ours(stand: Stand) -> None:
    """“Copy of Leads” is left alone, whatever was copied with it; our tab is still the one that it was."""
    stand.lead(Company="Ashdown")
    sheet = stand.google.sheet("Leads")
    stand.tracker()._door.write(":batchUpdate", {"requests": [
        {"duplicateSheet": {"sourceSheetId": sheet.id, "newSheetName": "Copy of Leads", "insertSheetIndex": 0}},
    ]})  # fmt: skip
    before = stand.google.values("Copy of Leads")

    tracker = stand.tracker()
    (row,) = tracker.read(["Leads"])["Leads"]
    tracker.write([Edit("Leads", row.id, "", {"Lead": "L-ABCDEFGH", "Status": "New"})])

    assert before == stand.google.values("Copy of Leads")
    assert {} == lacks(stand)


def test_a_tab_is_ours_by_its_id_whatever_it_is_called(stand: Stand) -> None:
    """Renamed, it is still the same; another tab that takes its old name is not, which is said."""
    stand.lead(Company="Ashdown")
    stand.tracker().read(["Leads"])
    stand.google.rename_tab("Leads", "Partner leads")
    stand.google.make_tab("Leads", ["nothing of ours"])

    assert ["Ashdown"] == [row.text("Company") for row in stand.tracker().read(["Leads"])["Leads"]]
    ((what, lack),) = lacks(stand).items()
    assert "one tab a table: the tab “Leads” is not read" in what
    assert not lack.makeable


def test_a_tab_that_was_cut_and_made_again_is_taken(stand: Stand) -> None:
    """Its id is another then; it is found by its name, its columns are marked and dressed anew."""
    stand.tracker().read(["Leads"])
    stand.google.delete_tab("Leads")
    with pytest.raises(Refused, match="no tab Leads"):
        stand.tracker().read(["Leads"])
    tracker = stand.tracker()
    tracker.make(tracker.missing())
    stand.lead(Company="Ashdown")

    (row,) = stand.tracker().read(["Leads"])["Leads"]
    assert ["L-ABCDEFGH"] == list(stand.tracker().write([Edit("Leads", row.id, "", {"Lead": "L-ABCDEFGH"})]))
    assert {} == lacks(stand)


def test_a_header_that_moved_off_its_column_is_said_and_taken_when_asked(stand: Stand) -> None:
    """Two headers swapped by hand: setup names what it would do, and after it the new places are the right ones."""
    stand.lead(Company="Ashdown")
    stand.tracker().read(["Leads"])
    stand.google.swap("Leads", (1, "Deal stage"), (1, "Interval"))

    (lack,) = stand.tracker().missing()
    assert "a mark on every column of the tab Leads" in lack.what
    assert "put the header back, or let `quarterday setup --apply` take it as it is" in lack.remedy
    stand.tracker().make([lack])
    tracker = stand.tracker()
    (row,) = tracker.read(["Leads"])["Leads"]
    tracker.write([Edit("Leads", row.id, "", {"Interval": "annual"})])

    assert "annual" == stand.grid("Leads")[0]["Interval"]
    assert [] == [what for what in lacks(stand) if "mark" in what]


# ---- time zone ------------------------------------------------------------------------------------------------------


def test_a_spreadsheet_in_another_zone_is_set_right(stand: Stand) -> None:
    """Dates are days of the spreadsheet's own zone, so it counts in the programme's; made once."""
    (lack,) = stand.tracker(time_zone=ZoneInfo("Asia/Tokyo")).missing()

    assert "the programme's time zone, Asia/Tokyo: the spreadsheet counts in Europe/London" == lack.what
    stand.tracker(time_zone=ZoneInfo("Asia/Tokyo")).make([lack])
    assert "Asia/Tokyo" == stand.google.file.properties["timeZone"]
    assert {} == lacks(stand, time_zone=ZoneInfo("Asia/Tokyo"))
