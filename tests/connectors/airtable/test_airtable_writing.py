"""Writing rows: tens, upserts, refusals split until the guilty row is alone, unknown outcomes, words."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.connectors.airtable.airtable_stand import Stand
from worker.ports import Conflict, Edit, Refused, Unauthorised, Unavailable, Unsure


def line(key: str, **cells: object) -> Edit:
    return Edit("Commissions", None, key, cells)  # type: ignore[arg-type]


def test_a_thousand_rows_take_a_hundred_calls(stand: Stand) -> None:
    """Ten rows a PATCH, and each outcome is the row's id, in the order of the edits."""
    rows = stand.airtable.add_rows("Leads", [{"Company": f"{n}"} for n in range(1_000)])
    tracker = stand.tracker()
    tracker.read(["Leads"])
    stand.calls()

    found = tracker.write([Edit("Leads", row, "", {"Status": "New"}) for row in reversed(rows)])

    assert list(reversed(rows)) == list(found)
    assert [("PATCH", 200)] * 100 == stand.calls()


def test_only_the_given_cells_are_sent(stand: Stand) -> None:
    """Cells that a person fills stay; none of ours goes out with typecast."""
    row = stand.lead(Notes="by hand")

    stand.tracker().write([Edit("Leads", row, "", {"Status": "New", "Problem": None})])

    sent = json.loads(stand.server.calls("PATCH")[0].body)
    assert 2 == len(sent["records"][0]["fields"])
    assert sent["typecast"] is False
    assert {"Company": "Ashdown Ltd", "Notes": "by hand", "Status": "New"} == stand.airtable.row("Leads", row)


def test_values_arrive_in_the_types_of_the_columns(stand: Stand) -> None:
    """Decimals arrive exact, times in UTC, dates as dates, None clears."""
    row = stand.lead(Problem="old")
    at = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)

    (found,) = stand.tracker().write([Edit("Leads", row, "", {
        "Deal value": Decimal("1234567890.123"), "Won on": date(2026, 10, 31), "Synced": at, "Problem": None,
        "Deal ID": "00123",
    })])  # fmt: skip

    assert row == found
    cells = stand.airtable.row("Leads", row)
    assert (1234567890.123, "2026-10-31", "2026-11-02T09:30:00.000Z", "00123") == tuple(
        cells[name] for name in ("Deal value", "Won on", "Synced", "Deal ID")
    )
    assert "Problem" not in cells
    assert b": 1234567890.123" in stand.server.calls("PATCH")[0].body


def test_rows_with_a_key_are_made_once(stand: Stand) -> None:
    """Without a row's id the key decides: the first writing creates, the second updates the same rows."""
    keys = [f"9/NW/2026-{month:02}/commission" for month in range(1, 13)]
    first = stand.tracker().write([line(key, Status="Expected") for key in keys])
    second = stand.tracker().write([line(key, Status="Waiting") for key in keys])

    assert list(first) == list(second)
    assert keys == sorted(r["fields"]["Line"] for r in stand.airtable.rows("Commissions"))
    assert {"Waiting"} == {r["fields"]["Status"] for r in stand.airtable.rows("Commissions")}


def test_two_edits_of_one_row_are_written_as_one(stand: Stand) -> None:
    """The later cell counts, both edits get the row's id, and a key twice in one call makes one row."""
    row = stand.lead()
    tracker = stand.tracker()

    found = tracker.write([
        Edit("Leads", row, "", {"Status": "New", "Problem": "x"}), Edit("Leads", row, "L-1", {"Status": "Won"}),
        line("a", Status="Expected"), line("a", Status="Waiting"),
    ])  # fmt: skip

    assert found[:2] == [row, row]
    assert found[2] == found[3]
    assert {"Company": "Ashdown Ltd", "Status": "Won", "Problem": "x"} == stand.airtable.row("Leads", row)
    assert 1 == len(stand.airtable.rows("Commissions"))


def test_edits_without_cells_cost_nothing(stand: Stand) -> None:
    """Nothing to write is no call."""
    row = stand.lead()
    tracker = stand.tracker()
    tracker.missing()
    stand.calls()

    assert [row] == list(tracker.write([Edit("Leads", row, "", {})]))
    assert [] == stand.calls()


def test_one_bad_row_does_not_stop_the_others(bare: Stand) -> None:
    """A refused batch is halved until the guilty row is alone; its refusal names table, column, value and reason."""
    bare.airtable.make_table("Partners", [("Partner", "singleLineText")])
    bare.airtable.make_table("Commissions", [
        ("Line", "singleLineText"), ("Partner", "multipleRecordLinks", {"linkedTableId": "Partners"}),
    ])  # fmt: skip
    bare.set_up()
    there = bare.airtable.add_row("Partners", {"Partner": "Northwind"})
    tracker = bare.tracker()
    tracker.missing()
    bare.calls()

    partners = {n: ("recGONEGONEGONE12" if n == 17 else there,) for n in range(30)}
    found = tracker.write([line(f"k{n}", Partner=partner) for n, partner in partners.items()])

    bad = found.pop(17)  # type: ignore[attr-defined]
    assert {str} == {type(f) for f in found}
    assert isinstance(bad, Refused)
    assert "ROW_DOES_NOT_EXIST" == bad.code
    assert "Commissions: Line = 'k17', Partner = recGONEGONEGONE12 was refused" in bad.text
    assert 29 == len(bare.airtable.rows("Commissions"))
    assert 11 >= len(bare.calls())


def test_a_column_retyped_behind_our_back_is_named(stand: Stand) -> None:
    """A refusal that names its column says which value it is about."""
    row = stand.lead()
    tracker = stand.tracker()
    tracker.read(["Leads"])
    stand.airtable.retype_field("Leads", "Deal ID", "number")

    (refused,) = tracker.write([Edit("Leads", row, "", {"Deal ID": "seven", "Status": "New"})])

    assert isinstance(refused, Refused)
    assert ("INVALID_VALUE_FOR_COLUMN", "Deal ID") == (refused.code, refused.field)
    assert "Leads: Deal ID = 'seven' was refused" in refused.text


def test_the_row_that_was_deleted_is_told_from_the_others(stand: Stand) -> None:
    """One deleted row among ten: nine are written, the tenth is named; the cost stays small."""
    rows = stand.airtable.add_rows("Leads", [{"Company": f"{n}"} for n in range(10)])
    tracker = stand.tracker()
    tracker.read(["Leads"])
    stand.airtable.delete("Leads", rows[4])
    stand.calls()

    found = tracker.write([Edit("Leads", row, "", {"Status": "New"}) for row in rows])

    bad = found[4]
    assert isinstance(bad, Refused)
    assert ("NOT_FOUND", f"Leads: the row {rows[4]} is not there any more") == (bad.code, bad.text)
    assert [row for row in rows if row != rows[4]] == [f for f in found if isinstance(f, str)]
    assert 10 >= len(stand.calls())


@pytest.mark.parametrize("status", [403, 404])
def test_a_row_that_is_gone_isnt_taken_for_a_lost_base(stand: Stand, status: int) -> None:
    """Whether the service says 403 or 404 of a deleted row, the token is not blamed while the table can be read."""
    row, gone = stand.lead(), stand.lead()
    tracker = stand.tracker()
    tracker.read(["Leads"])
    body = {"error": {"type": "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND" if status == 403 else "MODEL_ID_NOT_FOUND"}}
    stand.airtable.delete("Leads", gone)
    stand.airtable.faults.order("status", method="PATCH", times=1, options={"status": status, "body": body})
    stand.airtable.faults.order("status", method="PATCH", skip=1, options={"status": status, "body": body})

    found = tracker.write([Edit("Leads", r, "", {"Status": "New"}) for r in (row, gone)])

    assert row == found[0]
    assert isinstance(found[1], Refused)


def test_a_token_that_may_not_write_is_found_out_in_one_call(stand: Stand) -> None:
    """Not permitted at all is Unauthorised for every row, without a call for each."""
    rows = stand.airtable.add_rows("Leads", [{"Company": f"{n}"} for n in range(100)])
    stand.airtable.add_token("patREADER", role="reader")
    tracker = stand.tracker(token="patREADER")
    tracker.read(["Leads"])
    stand.calls()

    found = tracker.write([Edit("Leads", row, "", {"Status": "New"}) for row in rows])

    assert {Unauthorised} == {type(f) for f in found}
    assert [("PATCH", 403)] == stand.calls()


def test_a_base_taken_from_the_token_is_found_out_in_a_few_calls(stand: Stand) -> None:
    """The same 403 for everything, rows included, means the base: the words name both possibilities."""
    rows = stand.airtable.add_rows("Leads", [{"Company": f"{n}"} for n in range(100)])
    stand.airtable.add_token("patSHORT")
    tracker = stand.tracker(token="patSHORT")
    tracker.read(["Leads"])
    stand.airtable.add_token("patSHORT", shared=False)
    stand.calls()

    found = tracker.write([Edit("Leads", row, "", {"Status": "New"}) for row in rows])

    assert {Unauthorised} == {type(f) for f in found}
    assert "either not found or not shared with this token" in str(found[0])
    assert 6 >= len(stand.calls())


def test_a_locked_column_is_not_tried_row_by_row(stand: Stand) -> None:
    """One refusal that names a column settles every edit of that column; others are written."""
    rows = stand.airtable.add_rows("Leads", [{"Company": f"{n}"} for n in range(40)])
    stand.airtable.lock_field("Leads", "Deal ID")
    tracker = stand.tracker()
    tracker.missing()
    stand.calls()

    found = tracker.write([
        Edit("Leads", row, "", {"Deal ID": "7"} if n % 2 else {"Status": "New"}) for n, row in enumerate(rows)
    ])  # fmt: skip

    assert {"INVALID_PERMISSIONS"} == {f.code for f in found[1::2] if isinstance(f, Refused)}
    assert "Leads.Deal ID can't be written" in str(found[1])
    assert rows[::2] == list(found[::2])
    assert 5 >= len(stand.calls())


def test_an_option_that_is_not_offered_is_refused_here(stand: Stand) -> None:
    """A status that the select lacks is never sent, never made; the words say what to add."""
    row, other = stand.lead(), stand.lead()

    found = stand.tracker().write([
        Edit("Leads", row, "", {"Status": "Almost"}), Edit("Leads", other, "", {"Status": "New"}),
    ])  # fmt: skip

    assert "does not offer “Almost”" in str(found[0])
    assert other == found[1]


def test_a_key_that_two_rows_carry_is_said(stand: Stand) -> None:
    """A copied line makes the upsert fail for its whole batch: the others go through, this one names the copy."""
    tracker = stand.tracker()
    tracker.write([line(f"k{n}", Status="Expected") for n in range(10)])
    copied = next(r for r in stand.airtable.rows("Commissions") if r["fields"]["Line"] == "k3")
    stand.airtable.duplicate("Commissions", copied["id"])

    found = stand.tracker().write([line(f"k{n}", Status="Waiting") for n in range(10)])

    bad = found[3]
    assert isinstance(bad, Refused)
    assert ("DUPLICATE_KEY", "Line") == (bad.code, bad.field)
    assert "more than one row carries the key k3" in bad.text
    assert 9 == len([f for f in found if isinstance(f, str)])


LOSSES = ["drop-after", "drop-before", "html", "empty", "half-body", "server-error", "retriable"]


@pytest.mark.parametrize("fault", LOSSES)
def test_a_lost_answer_makes_no_second_row(stand: Stand, fault: str) -> None:
    """Stored or not before the answer was lost: an upsert is sent again and there is one row a key."""
    stand.airtable.faults.order(fault, method="PATCH", times=2)

    found = stand.tracker().write([line(f"k{n}", Status="Expected") for n in range(15)])

    assert sorted(f"k{n}" for n in range(15)) == sorted(r["fields"]["Line"] for r in stand.airtable.rows("Commissions"))
    assert {str} == {type(f) for f in found}


def test_an_unknown_outcome_is_unsure_for_those_ten_only(stand: Stand) -> None:
    """A caller that doesn't send again gets Unsure for the batch; the next batch goes out all the same."""
    rows = stand.airtable.add_rows("Leads", [{"Company": f"{n}"} for n in range(20)])
    stand.airtable.faults.order("drop-after", method="PATCH")

    found = stand.tracker(caller=stand.once).write([Edit("Leads", row, "", {"Status": "New"}) for row in rows])

    assert {Unsure} == {type(f) for f in found[:10]}
    assert rows[10:] == list(found[10:])


def test_two_hiccups_apart_stop_nothing(stand: Stand) -> None:
    """A success between two lost answers shows that the service is there: the rest goes out."""
    rows = stand.airtable.add_rows("Leads", [{"Company": f"{n}"} for n in range(50)])
    for skip in (0, 1):
        stand.airtable.faults.order("drop-after", method="PATCH", skip=skip)

    found = stand.tracker(caller=stand.once).write([Edit("Leads", row, "", {"Status": "New"}) for row in rows])

    assert [Unsure] * 10 + [str] * 10 + [Unsure] * 10 + [str] * 20 == [type(f) for f in found]


def test_a_service_that_stays_away_is_not_asked_batch_by_batch(stand: Stand) -> None:
    """Two unknown outcomes running, or one refusal of all: the rest is not sent, and says so."""
    rows = stand.airtable.add_rows("Leads", [{"Company": f"{n}"} for n in range(100)])
    tracker = stand.tracker(caller=stand.once)
    tracker.missing()
    stand.airtable.faults.order("server-error", method="PATCH", times=99)
    stand.calls()

    found = tracker.write([Edit("Leads", row, "", {"Status": "New"}) for row in rows])

    assert 2 == len(stand.calls())
    assert [Unsure] * 20 + [Unavailable] * 80 == [type(f) for f in found]
    stand.airtable.faults.clear()
    stand.airtable.faults.order("billing", method="PATCH", times=99)
    again = tracker.write([Edit("Leads", row, "", {"Status": "New"}) for row in rows])
    assert {Unavailable} == {type(f) for f in again}
    assert 1 == len(stand.calls())


def test_a_row_whose_key_changed_is_a_conflict(stand: Stand) -> None:
    """The echo shows another key than the one read: it is not the row any more that was planned for."""
    row = stand.lead(Lead="L-1")
    tracker = stand.tracker()
    tracker.read(["Leads"])
    stand.airtable.edit("Leads", row, {"Lead": "L-2"})

    (found,) = tracker.write([Edit("Leads", row, "L-1", {"Status": "New"})])

    assert isinstance(found, Conflict)
    assert "was L-1 when it was read and is L-2 now" in str(found)


def test_rows_without_a_key_are_added_in_tens(stand: Stand) -> None:
    """Activity takes 25 rows in three calls; ids come back in order."""
    at = stand.time.now()
    rows = [{"When": at, "What": f"thing {n}"} for n in range(25)]
    tracker = stand.tracker()
    tracker.missing()
    stand.calls()

    ids = tracker.append("Activity", rows)  # type: ignore[arg-type]

    assert [("POST", 200)] * 3 == stand.calls()
    by_id = {r["id"]: r["fields"]["What"] for r in stand.airtable.rows("Activity")}
    assert [f"thing {n}" for n in range(25)] == [by_id[str(i)] for i in ids]


def test_rows_of_a_table_that_is_never_read_are_not_kept(stand: Stand) -> None:
    """Activity is written and not read: nothing of it piles up in memory."""
    stand.tracker().append("Activity", [{"What": f"thing {n}"} for n in range(3)])

    assert "thing" not in str(stand.memory.items)


def test_an_added_row_is_never_sent_twice(stand: Stand) -> None:
    """Rows without a key whose answer is lost are Unsure, and stored at most once."""
    stand.airtable.faults.order("drop-after", method="POST")

    found = stand.tracker().append("Activity", [{"What": "one"}, {"What": "two"}])

    assert {Unsure} == {type(f) for f in found}
    assert 2 == len(stand.airtable.rows("Activity"))


def test_rows_are_deleted_in_tens_even_if_some_are_gone(stand: Stand) -> None:
    """A row that somebody else deleted counts as deleted."""
    rows = stand.airtable.add_rows("Activity", [{"What": f"{n}"} for n in range(12)])
    tracker = stand.tracker()
    tracker.read(["Activity"])
    stand.airtable.delete("Activity", rows[3])

    assert rows == list(tracker.delete("Activity", rows))
    assert [] == stand.airtable.rows("Activity")
    assert 0 == len(tracker.read(["Activity"])["Activity"])


def test_a_deletion_whose_answer_is_lost_counts(stand: Stand) -> None:
    """Sent again it meets rows that are gone: that is what was wanted."""
    rows = stand.airtable.add_rows("Activity", [{"What": f"{n}"} for n in range(3)])
    stand.airtable.faults.order("drop-after", method="DELETE")

    assert rows == list(stand.tracker().delete("Activity", rows))


def test_a_link_is_written_by_the_name_of_its_row(bare: Stand) -> None:
    """A partner's name goes into a link column as that row; a name that no row or two rows have is refused in words."""
    bare.airtable.make_table("Partners", [("Partner", "singleLineText")])
    bare.airtable.make_table("Commissions", [
        ("Line", "singleLineText"), ("Partner", "multipleRecordLinks", {"linkedTableId": "Partners"}),
    ])  # fmt: skip
    bare.set_up()
    northwind, *_ = [bare.airtable.add_row("Partners", {"Partner": name}) for name in ("Northwind", "Twin", "Twin")]

    names = {"a": "Northwind", "b": "Nobody", "c": "Twin"}
    found = bare.tracker().write([line(key, Partner=name) for key, name in names.items()])

    assert [northwind] == bare.airtable.row("Commissions", str(found[0]))["Partner"]
    assert "no row is called “Nobody”" in str(found[1])
    assert "more than one row is called “Twin”" in str(found[2])


@pytest.mark.parametrize("text", ["x" * 50_000, "=1+1", "a\x00b\x07c", "😀 ‮", "line\nline\ttab", "'\"\\"])
def test_any_text_can_be_written(stand: Stand, text: str) -> None:
    """Formula text, control characters, emoji and long text are stored as they are and never stop others."""
    row, other = stand.lead(), stand.lead()

    found = stand.tracker().write([Edit("Leads", r, "", {"Problem": text}) for r in (row, other)])

    assert [row, other] == list(found)
    assert text == stand.airtable.row("Leads", row)["Problem"]


def test_an_echo_by_name_is_understood(stand: Stand) -> None:
    """A server that answers writes with names instead of ids doesn't empty the rows that are kept."""
    row = stand.lead(Company="Ashdown")
    tracker = stand.tracker()
    tracker.read(["Leads"])
    echo = {"id": row, "createdTime": "2026-11-02T09:00:00.000Z", "fields": {"Company": "Ashdown", "Status": "New"}}
    stand.airtable.faults.order("status", method="PATCH", options={"status": 200, "body": {"records": [echo]}})

    assert [row] == list(tracker.write([Edit("Leads", row, "", {"Status": "New"})]))
    found = tracker.read(["Leads"])["Leads"][0]
    assert ("Ashdown", "New") == (found.text("Company"), found.text("Status"))


# ---- cells that their columns can't hold ----------------------------------------------------------------------------


def test_a_cell_that_its_column_cannot_hold_leaves_the_others_be(stand: Stand) -> None:
    """Where the edit need not be whole: the rest is written but for the stamp, and the refusal names the option."""
    row = stand.lead()
    at = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    cells = {"Status": "Almost", "Deal ID": "1", "Synced": at}

    (found,) = stand.tracker().write([Edit("Leads", row, "", cells, whole=False)])

    assert isinstance(found, Refused)
    assert "Airtable: Leads: the column Status does not offer “Almost”: add the option in Airtable" == str(found)
    assert {"Company": "Ashdown Ltd", "Deal ID": "1"} == stand.airtable.row("Leads", row)


def test_a_stamp_alone_is_not_written(stand: Stand) -> None:
    """Nothing is sent for a row of which only the time of its writing is left."""
    row = stand.lead()
    tracker = stand.tracker()
    cells = {"Status": "Almost", "Synced": datetime(2026, 11, 2, 9, 30, tzinfo=UTC)}

    (found,) = tracker.write([Edit("Leads", row, "", cells, whole=False)])

    assert isinstance(found, Refused)
    assert [] == stand.server.calls("PATCH")


def test_an_edit_that_must_be_whole_is_refused_whole(stand: Stand) -> None:
    """So is a row that would be made without one of its cells; the neighbours are written."""
    row, other = stand.lead(), stand.lead()
    cells = {"Status": "Almost", "Deal ID": "1"}

    found = stand.tracker().write([
        Edit("Leads", row, "", cells), Edit("Leads", None, "L-ABCDEFGH", cells, whole=False),
        Edit("Leads", other, "", {"Deal ID": "2"}),
    ])  # fmt: skip

    assert [True, True, False] == [isinstance(one, Refused) for one in found]
    assert [None, "2"] == [stand.airtable.row("Leads", id_).get("Deal ID") for id_ in (row, other)]
    assert 2 == len(stand.airtable.rows("Leads"))


def test_a_refusal_of_the_service_goes_before_ours(stand: Stand) -> None:
    """A row that is gone is told as gone, whatever else was wrong with it."""
    row = stand.lead()
    tracker = stand.tracker()
    tracker.read(["Leads"])
    stand.airtable.delete("Leads", row)

    (found,) = tracker.write([Edit("Leads", row, "", {"Status": "Almost", "Deal ID": "1"}, whole=False)])

    assert isinstance(found, Refused)
    assert "NOT_FOUND" == found.code
