"""The contract of `ports.Tracker`, kept by base and spreadsheet alike: read, write, add, delete, set up, check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.connectors.tracker_stands import TRACKERS, Bench, bench
from worker.domain.cells import Cell, Row
from worker.domain.tables import LEADS, TABLES
from worker.ports import Edit, Refused, Tracker, Unsure

KEY, OTHER = "L-ABCDEFGH", "L-BCDEFGHI"
RUBBISH = [
    "=IMPORTXML(\"http://evil\")", "+44 20 7946 0018", "007", "1/2", "TRUE", "'quoted", "''twice", "x" * 50_000,
    "👩‍👩‍👧‍👦 🌲", "שלום \u202eabc", "two\nlines\tand a tab", "1e5", "12%", "  blanks  ", "#N/A", "1,234.50", "-1",
]  # fmt: skip
LOSSES = ["drop-after", "drop-before", "html", "empty", "half-body"]


@pytest.fixture(params=TRACKERS)
def bare(request: pytest.FixtureRequest) -> Iterator[Bench]:
    made = bench(request.param)
    yield made
    made.close()


@pytest.fixture
def desk(bare: Bench) -> Bench:
    bare.set_up()
    return bare


def lead(row: str, **cells: Cell) -> Edit:
    return Edit("Leads", row, "", cells)


def line(key: str, **cells: Cell) -> Edit:
    return Edit("Commissions", None, key, cells)


def leads(tracker: Tracker) -> list[Row]:
    return list(tracker.read(["Leads"])["Leads"])


def named(tracker: Tracker) -> dict[str, Row]:
    return {row.text("Company"): row for row in leads(tracker)}


def seen(desk: Bench, table: str, column: str) -> list[Any]:
    return [row["fields"].get(column) for row in desk.hands.rows(table)]


def keyed(desk: Bench, *companies: str) -> dict[str, str]:
    """Add leads by form and give each its key, as a first run does; returns company → the tracker's id of the row."""
    desk.hands.add_rows("Leads", [{"Company": name} for name in companies], form=True)
    tracker = desk.tracker()
    rows = named(tracker)
    edits = [Edit("Leads", rows[name].id, "", {"Lead": f"L-AAAAAA{n:02}"}) for n, name in enumerate(companies)]
    found = tracker.write(edits)
    assert {str} == {type(one) for one in found}
    desk.calls()
    return dict(zip(companies, map(str, found), strict=True))


# ---- reading --------------------------------------------------------------------------------------------------------


def test_what_people_enter_is_read_in_our_types(desk: Bench) -> None:
    """Texts stay texts whatever they look like; numbers are exact, times are in UTC, dates dates, ticks True."""
    desk.hands.add_row("Leads", {
        "Partner": "North Star", "Company": "Ashdown 🌲", "Phone": "+44 20 7946 0018", "Website": "00123",
        "Notes": "Met at the fair.\nWants to start soon.", "Estimated value": 1250.5, "Direction": "Sent",
        "Submitted": "2026-07-12T08:30:00.000Z", "Hold": True, "Won on": "2026-10-31",
    })  # fmt: skip

    (row,) = leads(desk.tracker())

    assert {
        "Partner": "North Star", "Company": "Ashdown 🌲", "Phone": "+44 20 7946 0018", "Website": "00123",
        "Notes": "Met at the fair.\nWants to start soon.", "Estimated value": Decimal("1250.5"), "Direction": "Sent",
        "Submitted": datetime(2026, 7, 12, 8, 30, tzinfo=UTC), "Hold": True, "Won on": date(2026, 10, 31),
    } == {name: cell for name, cell in row.cells.items() if cell is not None}  # fmt: skip
    assert "Leads" == row.table


def test_what_we_write_stands_and_is_read_again(desk: Bench) -> None:
    """Every kind of column there and back: people see it as it was meant, and a later run reads the same values."""
    row = keyed(desk, "Ashdown")["Ashdown"]
    at = datetime(2026, 3, 29, 1, 30, 15, tzinfo=UTC)  # in the hour after London's clocks went forward
    cells: dict[str, Cell] = {
        "Status": "New", "Problem": "two\nlines", "Deal ID": "00123", "Deal value": Decimal("1234567890.12"),
        "Won on": date(2026, 10, 31), "Synced": at,
    }  # fmt: skip

    assert [row] == list(desk.tracker().write([lead(row, **cells)]))

    assert cells == {name: leads(desk.tracker())[0].cells.get(name) for name in cells}
    shown = desk.hands.rows("Leads")[0]["fields"]
    assert ("New", "two\nlines", "00123", 1234567890.12, "2026-10-31", "2026-03-29T01:30:15.000Z") == tuple(
        shown[name] for name in cells
    )


def test_empty_cells_are_none(desk: Bench) -> None:
    """Cells never filled, emptied by a person, unticked, or cleared by us all read as None."""
    typed = desk.hands.add_row("Leads", {"Company": "Ashdown", "Notes": "x", "Hold": True, "Estimated value": 3})
    desk.hands.edit("Leads", typed, {"Notes": None, "Hold": False, "Estimated value": None})
    tracker = desk.tracker()
    (row,) = leads(tracker)
    tracker.write([lead(row.id, Problem="x", Synced=datetime(2026, 1, 1, tzinfo=UTC))])
    tracker.write([lead(row.id, Problem=None, Synced=None)])

    for reader in (tracker, desk.tracker()):
        (found,) = leads(reader)
        assert {"Company": "Ashdown"} == {name: cell for name, cell in found.cells.items() if cell is not None}
    assert [{"Company": "Ashdown"}] == [one["fields"] for one in desk.hands.rows("Leads")]


def test_rows_come_in_the_order_in_which_they_were_added(desk: Bench) -> None:
    """Whoever came first stands first; a second run sees the same order and the same ids."""
    names = [f"Company {n}" for n in (3, 1, 2)]
    for name in names:
        desk.hands.add_row("Leads", {"Company": name}, form=True)
        desk.stand.clock.advance(timedelta(seconds=1))

    first, second = leads(desk.tracker()), leads(desk.tracker())

    assert names == [row.text("Company") for row in first]
    assert [row.id for row in first] == [row.id for row in second]


@pytest.mark.parametrize("text", RUBBISH, ids=range(len(RUBBISH)))
def test_any_text_goes_in_and_comes_out(desk: Bench, text: str) -> None:
    """Formulas, phone numbers, leading zeros and apostrophes, long texts, emoji and right-to-left: byte for byte."""
    row, other = keyed(desk, "Ashdown", "Birch").values()

    found = desk.tracker().write([lead(one, Problem=text, **{"Deal ID": text}) for one in (row, other)])

    assert [row, other] == list(found)
    assert [text, text] == seen(desk, "Leads", "Problem")
    assert [text, text] == [one.cells["Deal ID"] for one in leads(desk.tracker())]


def test_a_text_is_as_long_as_the_tracker_lets_it_be(desk: Bench) -> None:
    """60,000 characters go into a base; a sheet's cell holds 50,000, and the refusal says so."""
    row = keyed(desk, "Ashdown")["Ashdown"]

    (found,) = desk.tracker().write([lead(row, Problem="x" * 60_000)])

    if desk.kind == "airtable":
        assert row == found
        assert ["x" * 60_000] == seen(desk, "Leads", "Problem")
    else:
        assert isinstance(found, Refused)
        assert "60,000 characters is too long: a cell of a sheet holds 50,000" in found.text


def test_an_empty_table_has_no_rows(desk: Bench) -> None:
    """Every table can be read at once, and there is nothing in any."""
    assert dict.fromkeys(TABLES, 0) == {name: len(rows) for name, rows in desk.tracker().read(list(TABLES)).items()}


# ---- which row is which ---------------------------------------------------------------------------------------------


def test_ids_stay_with_their_rows(desk: Bench) -> None:
    """Sorted, edited, with rows added and deleted around it: a row keeps its id, in this run and in later ones."""
    ids = keyed(desk, "Cherry", "Apple", "Birch", "Damson")
    tracker = desk.tracker()
    leads(tracker)
    rows = {row["fields"]["Company"]: row["id"] for row in desk.hands.rows("Leads")}
    desk.hands.delete("Leads", rows["Damson"])
    desk.hands.edit("Leads", rows["Apple"], {"Notes": "new", "Phone": "1"})
    desk.sort("Leads", "Company")
    desk.hands.add_row("Leads", {"Company": "Elder"}, form=True)
    tracker.refresh()

    for reader in (tracker, desk.tracker()):
        found = {name: row.id for name, row in named(reader).items()}
        assert {name: ids[name] for name in ("Cherry", "Apple", "Birch")} == {
            name: id_ for name, id_ in found.items() if name != "Elder"
        }
        assert found["Elder"] not in ids.values()


def test_a_row_is_still_known_by_what_it_was_called_before_it_got_its_key(desk: Bench) -> None:
    """Its id as first read goes on working through the run; the id that a write returns is the one read later."""
    desk.hands.add_rows("Leads", [{"Company": "Ashdown"}, {"Company": "Birch"}])
    tracker = desk.tracker()
    first = leads(tracker)

    found = tracker.write([lead(row.id, Lead=key) for row, key in zip(first, (KEY, OTHER), strict=True)])
    again = tracker.write([lead(row.id, Status="New", Problem=row.text("Company")) for row in first])

    assert list(found) == list(again)
    assert ["Ashdown", "Birch"] == seen(desk, "Leads", "Problem")
    assert list(found) == [row.id for row in leads(tracker)] == [row.id for row in leads(desk.tracker())]


def test_a_copy_is_a_row_of_its_own(desk: Bench) -> None:
    """It has the cells and the key of the other one, not its id; what is written into one leaves the other be."""
    ids = keyed(desk, "Ashdown", "Birch")
    original = desk.hands.rows("Leads")[0]["id"]
    copy = desk.hands.duplicate("Leads", original)
    tracker = desk.tracker()
    rows = [row for row in leads(tracker) if row.text("Company") == "Ashdown"]
    (other,) = [row.id for row in rows if row.id != ids["Ashdown"]]

    found = tracker.write([lead(ids["Ashdown"], Status="New"), lead(other, Problem="a copy")])

    assert isinstance(found[0], str)
    assert isinstance(found[1], str)
    assert ("New", None) == tuple(desk.hands.row("Leads", original).get(name) for name in ("Status", "Problem"))
    assert (None, "a copy") == tuple(desk.hands.row("Leads", copy).get(name) for name in ("Status", "Problem"))


# ---- writing --------------------------------------------------------------------------------------------------------


def test_only_the_given_cells_change(desk: Bench) -> None:
    """Everything else of the row and of its neighbours is as it was: what partners and staff wrote, and ours."""
    whole = {
        "Lead": KEY, "Partner": "North Star", "Company": "=1+1", "Phone": "007", "Notes": "by hand\n", "Hold": True,
        "Estimated value": 0.1, "Submitted": "2026-07-12T08:30:00.000Z", "Invoices": "INV-1", "Status": "New",
        "Deal value": 83.5,
    }  # fmt: skip
    typed = desk.hands.add_row("Leads", whole)
    beside = desk.hands.add_row("Leads", {**whole, "Lead": OTHER, "Company": "+44"})
    before = desk.hands.row("Leads", typed)
    tracker = desk.tracker()
    row = next(row.id for row in leads(tracker) if row.text("Lead") == KEY)

    tracker.write([lead(row, Status="Won", Problem="x")])

    assert {**before, "Status": "Won", "Problem": "x"} == desk.hands.row("Leads", typed)
    assert {**before, "Lead": OTHER, "Company": "+44"} == desk.hands.row("Leads", beside)


def test_rows_with_a_key_are_made_once(desk: Bench) -> None:
    """Without a row's id the key decides: the first writing makes the rows, later ones find them."""
    keys = [f"9/NW/2026-{month:02}/commission" for month in range(1, 13)]
    tracker = desk.tracker()

    first = tracker.write([line(key, Status="Expected") for key in keys])
    second = tracker.write([line(key, Status="Waiting") for key in keys])
    third = desk.tracker().write([line(key, Amount=Decimal("1.5")) for key in keys])

    assert list(first) == list(second) == list(third)
    assert keys == sorted(seen(desk, "Commissions", "Line"))
    assert [("Waiting", 1.5)] * 12 == [(r["fields"]["Status"], r["fields"]["Amount"]) for r in
                                       desk.hands.rows("Commissions")]  # fmt: skip
    rows = {row.text("Line"): row.id for row in desk.tracker().read(["Commissions"])["Commissions"]}
    assert list(first) == [rows[key] for key in keys]


def test_two_edits_of_one_row_are_written_as_one(desk: Bench) -> None:
    """The later cell counts, both get the row's id, and a key twice in one call makes one row."""
    row = keyed(desk, "Ashdown")["Ashdown"]
    tracker = desk.tracker()

    found = tracker.write([
        lead(row, Status="New", Problem="x"), lead(row, Status="Won"), line("a", Status="Expected"),
        line("a", Status="Waiting"),
    ])  # fmt: skip

    assert [row, row] == list(found[:2])
    assert found[2] == found[3]
    assert [("Won", "x")] == [(r["fields"]["Status"], r["fields"]["Problem"]) for r in desk.hands.rows("Leads")]
    assert ["Waiting"] == seen(desk, "Commissions", "Status")


def test_outcomes_come_in_the_order_of_the_edits(desk: Bench) -> None:
    """Across tables and kinds of edit, whatever the batch looks like."""
    rows = keyed(desk, "Ashdown", "Birch")
    tracker = desk.tracker()

    found = tracker.write([
        line("b"), lead(rows["Birch"], Status="New"), line("a", Status="Expected"), lead(rows["Ashdown"], Status="Won"),
    ])  # fmt: skip

    lines = {row.text("Line"): row.id for row in tracker.read(["Commissions"])["Commissions"]}
    assert [rows["Birch"], lines["a"], rows["Ashdown"]] == list(found[1:])
    assert isinstance(found[0], str)


def test_edits_without_cells_cost_nothing(desk: Bench) -> None:
    """Nothing to write is no call, and the row's id all the same."""
    row = keyed(desk, "Ashdown")["Ashdown"]
    tracker = desk.tracker()
    leads(tracker)
    desk.calls()

    assert [row] == list(tracker.write([lead(row)]))
    assert [] == list(tracker.write([]))
    assert 0 == desk.calls()


def test_one_bad_cell_never_stops_the_others(desk: Bench) -> None:
    """A value that no cell holds is refused in words that name it, before anything is sent for its row."""
    rows = list(keyed(desk, *(f"Company {n}" for n in range(12))).values())
    values = [Decimal("NaN") if n == 7 else Decimal(n) for n in range(12)]

    found = desk.tracker().write([lead(row, **{"Deal value": v}) for row, v in zip(rows, values, strict=True)])

    bad = found[7]
    assert isinstance(bad, Refused)
    assert "is not a number" in bad.text
    assert rows[:7] + rows[8:] == [one for one in found if isinstance(one, str)]
    assert [*range(7), None, *range(8, 12)] == seen(desk, "Leads", "Deal value")


@pytest.mark.parametrize("whole", [True, False])
def test_a_row_with_a_bad_cell_is_written_as_far_as_it_may(desk: Bench, whole: bool) -> None:
    """Where an edit need not be whole the other cells stand, but for the stamp; the refusal is told either way."""
    row = keyed(desk, "Ashdown")["Ashdown"]
    at = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    cells: dict[str, Cell] = {"Deal value": Decimal("Infinity"), "Deal ID": "1", "Synced": at}

    (found,) = desk.tracker().write([Edit("Leads", row, "", cells, whole=whole)])

    assert isinstance(found, Refused)
    assert [None if whole else "1"] == seen(desk, "Leads", "Deal ID")
    assert [None] == seen(desk, "Leads", "Synced")


def test_a_row_with_a_bad_cell_is_not_made(desk: Bench) -> None:
    """A row that would be made without one of its cells is not begun at all."""
    found = desk.tracker().write([
        Edit("Commissions", None, "a", {"Amount": Decimal("NaN"), "Status": "Expected"}, whole=False),
        line("b", Status="Expected"),
    ])  # fmt: skip

    assert isinstance(found[0], Refused)
    assert ["b"] == seen(desk, "Commissions", "Line")


def test_a_column_that_is_not_there_is_refused_for_its_row_alone(desk: Bench) -> None:
    """An edit that names no column of ours is told so; its neighbours are written."""
    row, other = keyed(desk, "Ashdown", "Birch").values()

    found = desk.tracker().write([lead(row, Mood="sunny"), lead(other, Status="New")])

    assert isinstance(found[0], Refused)
    assert "there is no column Mood" in found[0].text
    assert other == found[1]


def test_a_row_that_is_gone_is_told_from_the_others(desk: Bench) -> None:
    """Deleted since it was read: that edit says which row, the neighbours stand in their own."""
    rows = keyed(desk, *(f"Company {n}" for n in range(5)))
    tracker = desk.tracker()
    leads(tracker)
    desk.hands.delete("Leads", desk.hands.rows("Leads")[2]["id"])

    found = tracker.write([lead(row, Problem=name) for name, row in rows.items()])

    gone = found[2]
    assert not isinstance(gone, str)
    assert f"the row {rows['Company 2']} is not there any more" in str(gone)
    assert 4 == len([one for one in found if isinstance(one, str)])
    assert seen(desk, "Leads", "Company") == seen(desk, "Leads", "Problem")


def test_our_own_writing_is_known_without_a_call(desk: Bench) -> None:
    """After writing, the same run reads what stands now, made rows among it, and asks nobody."""
    row = keyed(desk, "Ashdown")["Ashdown"]
    tracker = desk.tracker()
    tracker.read(["Leads", "Commissions"])
    tracker.write([lead(row, Status="New", **{"Deal value": Decimal("12.30")}), line("a", Amount=Decimal("0.1"))])
    desk.calls()

    rows = tracker.read(["Leads", "Commissions"])

    assert 0 == desk.calls()
    assert [("New", Decimal("12.3"))] == [(r.text("Status"), r.cells["Deal value"]) for r in rows["Leads"]]
    assert [("a", Decimal("0.1"))] == [(r.text("Line"), r.cells["Amount"]) for r in rows["Commissions"]]


def test_people_are_heard_after_refresh(desk: Bench) -> None:
    """A run sees what it saw first until it looks again; then it sees what people did meanwhile."""
    keyed(desk, "Ashdown")
    tracker = desk.tracker()
    leads(tracker)
    typed = desk.hands.rows("Leads")[0]["id"]
    desk.hands.edit("Leads", typed, {"Company": "Ashdown Two"})
    desk.hands.add_row("Leads", {"Company": "New"}, form=True)

    assert ["Ashdown"] == list(named(tracker))
    tracker.refresh(["Leads"])
    assert {"Ashdown Two", "New"} == set(named(tracker))
    desk.hands.edit("Leads", typed, {"Company": "Ashdown Three"})
    assert {"Ashdown Three", "New"} == {row.text("Company") for row in tracker.read(["Leads"], whole=True)["Leads"]}


def test_sound_tables_are_read_without_the_others(desk: Bench) -> None:
    """A table or column that is gone takes away its own table alone, is named, and not asked for twice in a run."""
    keyed(desk, "Ashdown")
    desk.cut_column("Commissions", "Paid on")
    desk.cut_table("Splits")
    tracker = desk.tracker()

    reading = tracker.read_sound(["Leads", "Splits", "Commissions"])

    assert ["Ashdown"] == [row.text("Company") for row in reading.rows["Leads"]]
    assert ({"Leads"}, {"Splits", "Commissions"}) == (reading.rows.keys(), reading.faults.keys())
    assert ("NO_TABLE", "NO_COLUMN") == (reading.faults["Splits"].code, reading.faults["Commissions"].code)
    assert "Paid on" in reading.faults["Commissions"].text
    desk.calls()
    with pytest.raises(Refused, match=r"Splits: .*; .*Paid on"):
        tracker.read(["Leads", "Splits", "Commissions"])
    assert 0 == desk.calls()


def test_two_runs_make_one_row_of_a_key(desk: Bench) -> None:
    """A second run that read before the first one wrote finds the rows of the first when it writes."""
    one, two = desk.tracker(), desk.tracker()
    one.read(["Commissions"])
    two.read(["Commissions"])

    one.write([line(f"k{n}", Status="Expected") for n in range(3)])
    two.write([line(f"k{n}", Status="Waiting") for n in range(3)])

    assert ["k0", "k1", "k2"] == sorted(seen(desk, "Commissions", "Line"))
    assert ["Waiting"] * 3 == seen(desk, "Commissions", "Status")


# ---- unknown outcomes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", LOSSES)
@pytest.mark.parametrize("what", ["rows", "cells"])
def test_a_lost_answer_doubles_nothing(desk: Bench, fault: str, what: str) -> None:
    """Done or not before the answer was lost, once or twice over: the writing ends with one row a key, all cells in."""
    desk.lose(fault, what, times=2)

    found = desk.tracker().write([line(f"k{n}", Status="Expected") for n in range(15)])

    assert {str} == {type(one) for one in found}
    assert sorted(f"k{n}" for n in range(15)) == sorted(seen(desk, "Commissions", "Line"))
    assert ["Expected"] * 15 == seen(desk, "Commissions", "Status")


@pytest.mark.parametrize("fault", LOSSES)
@pytest.mark.parametrize("what", ["rows", "cells"])
def test_a_run_that_gave_up_is_mended_by_the_next(desk: Bench, fault: str, what: str) -> None:
    """Where nothing is sent again an outcome may be unknown; the next run writes the same, and nothing is twice."""
    edits = [line(f"k{n}", Status="Expected") for n in range(15)]
    desk.lose(fault, what, times=2)

    first = desk.tracker(caller=desk.stand.once).write(edits)
    second = desk.tracker(caller=desk.stand.once).write(edits)

    assert {type(one) for one in first} <= {str, Unsure}
    assert {str} == {type(one) for one in second}
    assert sorted(f"k{n}" for n in range(15)) == sorted(seen(desk, "Commissions", "Line"))


@pytest.mark.parametrize("fault", LOSSES)
def test_a_lost_answer_to_edits_by_id_leaves_every_cell_in_its_row(desk: Bench, fault: str) -> None:
    """The same cells are written again, each into its own row."""
    rows = keyed(desk, *(f"Company {n}" for n in range(15)))
    desk.lose(fault, "cells", times=2)

    found = desk.tracker().write([lead(row, Problem=name) for name, row in rows.items()])

    assert list(rows.values()) == list(found)
    assert list(rows) == seen(desk, "Leads", "Problem") == seen(desk, "Leads", "Company")


# ---- rows without a key ---------------------------------------------------------------------------------------------


def test_rows_without_a_key_are_added_in_order(desk: Bench) -> None:
    """Each row's cells stand in it, behind those that were there."""
    at = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    tracker = desk.tracker()
    tracker.append("Activity", [{"What": "before"}])

    found = tracker.append("Activity", [{"When": at, "What": f"thing {n}", "Why": "=1+1"} for n in range(25)])

    assert {str} == {type(one) for one in found}
    assert ["before", *(f"thing {n}" for n in range(25))] == seen(desk, "Activity", "What")
    rows = desk.tracker().read(["Activity"])["Activity"]
    added = {row.text("What"): (row.text("Why"), row.cells.get("When")) for row in rows}
    assert {"before": ("", None), **{f"thing {n}": ("=1+1", at) for n in range(25)}} == added
    assert 26 == len({row.id for row in rows})
    assert [] == list(tracker.append("Activity", []))


@pytest.mark.parametrize("fault", ["drop-after", "half-body"])
def test_an_added_row_is_never_sent_twice(desk: Bench, fault: str) -> None:
    """Rows without a key whose answer is lost are Unsure, and stand once."""
    desk.lose(fault, "log")

    found = desk.tracker().append("Activity", [{"What": "one"}, {"What": "two"}])

    assert [Unsure, Unsure] == [type(one) for one in found]
    assert ["one", "two"] == seen(desk, "Activity", "What")


def test_an_added_row_with_a_bad_cell_is_refused_alone(desk: Bench) -> None:
    """What no cell holds is told for its row; the others are added, their outcomes in order."""
    rows: list[dict[str, Cell]] = [{"What": "one"}, {"What": "bad", "Mood": "sunny"}, {"What": "three"}]

    found = desk.tracker().append("Activity", rows)

    assert [True, False, True] == [isinstance(one, str) for one in found]
    assert isinstance(found[1], Refused)
    assert ["one", "three"] == seen(desk, "Activity", "What")


def test_rows_are_deleted_by_id(desk: Bench) -> None:
    """The named ones go and no other; one that somebody deleted already counts as deleted; the run knows it."""
    for n in range(12):
        desk.tracker().append("Activity", [{"What": f"{n % 4}"}])
        desk.stand.clock.advance(timedelta(seconds=1))
    tracker = desk.tracker()
    rows = [row.id for row in tracker.read(["Activity"])["Activity"]]
    desk.hands.delete("Activity", desk.hands.rows("Activity")[3]["id"])
    doomed = [rows[n] for n in (0, 1, 3, 7, 8, 9, 11)]

    assert doomed == list(tracker.delete("Activity", doomed))
    assert ["2", "0", "1", "2", "2"] == seen(desk, "Activity", "What")
    assert ["2", "0", "1", "2", "2"] == [row.text("What") for row in tracker.read(["Activity"])["Activity"]]
    assert [] == list(tracker.delete("Activity", []))


# ---- setting up, and saying what is wrong ---------------------------------------------------------------------------


def test_what_is_missing_is_made_once(bare: Bench) -> None:
    """Every table is named, then made; afterwards nothing is missing, and making again writes nothing."""
    tracker = bare.tracker()
    lacks = tracker.missing()
    tracker.make(lacks)

    assert set(TABLES) == {name for name in TABLES if any(name in lack.what for lack in lacks)}
    assert all(lack.makeable and lack.remedy for lack in lacks)
    assert [] == list(tracker.missing()) == list(bare.tracker().missing())
    rows = {name: bare.hands.rows(name) for name in TABLES}
    bare.tracker().make(lacks)
    assert [] == list(bare.tracker().missing())
    assert rows == {name: bare.hands.rows(name) for name in TABLES}


def test_what_stands_already_is_left_as_it_is(desk: Bench) -> None:
    """A column that was cut is made again, and nobody's rows are touched by it."""
    desk.hands.add_row("Leads", {"Company": "Ashdown", "Notes": "by hand"})
    before = desk.hands.rows("Leads")
    desk.cut_column("Leads", "Suggestion")
    tracker = desk.tracker()
    lacks = tracker.missing()

    assert ["Leads.Suggestion" in lack.what for lack in lacks] == [True]
    tracker.make(lacks)
    assert [] == list(desk.tracker().missing())
    assert before == desk.hands.rows("Leads")
    assert isinstance(desk.tracker().write([lead(leads(desk.tracker())[0].id, Suggestion="x")])[0], str)
    assert ["x"] == seen(desk, "Leads", "Suggestion")


def test_a_column_that_is_gone_stops_its_table_in_words(desk: Bench) -> None:
    """Its cells are never read as empty; other tables go on."""
    keyed(desk, "Ashdown")
    desk.cut_column("Leads", "Company")

    with pytest.raises(Refused, match="Company") as told:
        desk.tracker().read(["Leads"])
    assert "setup --apply" in told.value.text
    assert [] == list(desk.tracker().read(["Partners"])["Partners"])


def test_a_table_that_is_gone_is_said_in_words(desk: Bench) -> None:
    """It is never read as empty; other tables go on."""
    keyed(desk, "Ashdown")
    desk.cut_table("Splits")

    with pytest.raises(Refused, match="Splits") as told:
        desk.tracker().read(["Splits"])
    assert "setup --apply" in told.value.text
    assert ["Ashdown"] == list(named(desk.tracker()))


def test_the_doctor_finds_nothing_wrong_after_setting_up(desk: Bench) -> None:
    """Every finding is well, and says what was looked at."""
    checks = desk.tracker().check()

    assert [] == [check for check in checks if not check.ok]
    assert all(check.name and check.found for check in checks)
    assert len(checks) >= 2


def test_the_doctor_names_what_is_missing(desk: Bench) -> None:
    """A table that is gone is a fault with its remedy."""
    desk.cut_table("Splits")

    (bad,) = [check for check in desk.tracker().check() if not check.ok]

    assert "Splits" in bad.found
    assert "setup --apply" in bad.remedy


def test_the_columns_of_an_owner_stay_his(desk: Bench) -> None:
    """Over everything that we own in a lead, written at once, no cell of partner or staff changes."""
    theirs = {"Partner": "North Star", "Company": "Ashdown", "Phone": "007", "Hold": True, "Invoices": "INV-1"}
    typed = desk.hands.add_row("Leads", theirs)
    (row,) = leads(desk.tracker())
    kinds: dict[str, Cell] = {
        "text": "x", "long text": "x", "number": Decimal(1), "date": date(2026, 1, 2),
        "datetime": datetime(2026, 1, 2, tzinfo=UTC), "select": "New",
    }  # fmt: skip
    ours = {column.name: kinds[column.kind] for column in LEADS.columns if column.owner == "W"}

    desk.tracker().write([Edit("Leads", row.id, "", {**ours, "Lead": KEY})])

    now = desk.hands.row("Leads", typed)
    assert theirs == {name: now[name] for name in theirs}
    assert set(ours) | set(theirs) == set(now)
