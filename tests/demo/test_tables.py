"""The hands on the tracker's rows: the same deeds leave the same rows, whichever tracker it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from worker.demo.tables import SheetHands, TableHands, hands_on
from worker.domain.tables import LEADS
from worker.sandbox.world import World

TYPES = {
    "text": "singleLineText", "long text": "multilineText", "number": "number", "datetime": "dateTime",
    "date": "date", "checkbox": "checkbox", "select": "singleSelect",
}  # fmt: skip
OPTIONS: dict[str, dict[str, Any]] = {
    "number": {"precision": 2},
    "select": {"choices": ["Received", "Sent", "New", "Won"]},
}
TYPED = {
    "Partner": "North Star", "Company": "=IMPORTXML(1)", "Phone": "+44 20 7946 0018", "Website": "00123",
    "Notes": "Met at the fair.\nWants to start soon.", "Estimated value": 12500.5, "Direction": "Sent", "Hold": True,
    "Submitted": "2026-07-12T08:30:00.000Z", "Won on": "2026-03-01", "Lead": "L-AAAAAAAA", "Deal value": 0,
}  # fmt: skip


@pytest.fixture
def world() -> Iterator[World]:
    """A world with a Leads table in either tracker."""
    with World(datetime(2026, 1, 12, 9, tzinfo=UTC)) as made:
        made.airtable.make_table("Leads", [(c.name, TYPES[c.kind], OPTIONS.get(c.kind)) for c in LEADS.columns])
        made.google.make_tab("Leads", [c.name for c in LEADS.columns])
        yield made


@pytest.fixture(params=["airtable", "google-sheets"])
def hands(world: World, request: pytest.FixtureRequest) -> TableHands:
    return hands_on(world, request.param)


@pytest.mark.parametrize("form", [False, True], ids=["by hand", "by a form"])
def test_a_row_reads_as_it_was_written(hands: TableHands, form: bool) -> None:
    """Text stays text whatever it looks like, and numbers, dates, times and ticks come out as what they are."""
    row = hands.add_row("Leads", TYPED, form=form)

    assert TYPED == hands.row("Leads", row)
    assert [{"id": row, "fields": TYPED}] == hands.rows("Leads")


def test_cells_are_typed_and_emptied(hands: TableHands) -> None:
    """An edit changes the cells it names; None, an empty text and an unticked box leave an empty cell."""
    row = hands.add_row("Leads", TYPED)
    hands.edit("Leads", row, {"Company": "=1+1", "Estimated value": None, "Hold": False, "Won on": "2026-04-30"})
    hands.edit("Leads", row, {"Notes": ""})

    left = {name: cell for name, cell in TYPED.items() if name not in ("Estimated value", "Hold", "Notes")}
    assert {**left, "Company": "=1+1", "Won on": "2026-04-30"} == hands.row("Leads", row)


def test_rows_are_copied_and_deleted_by_name(hands: TableHands) -> None:
    """A copy has every cell and a name of its own; names stay while rows above come and go."""
    rows = hands.add_rows("Leads", [{"Company": f"Client {n}", "Lead": f"L-{n}"} for n in range(3)])
    copy = hands.duplicate("Leads", rows[1])
    hands.delete("Leads", rows[0])
    late = hands.add_row("Leads", {"Company": "Late"}, form=True)
    hands.edit("Leads", rows[1], {"Company": "First"})

    named = {row["id"]: row["fields"]["Company"] for row in hands.rows("Leads")}
    assert {rows[1]: "First", copy: "Client 1", rows[2]: "Client 2", late: "Late"} == named
    assert "L-1" == hands.row("Leads", copy)["Lead"]


def test_what_is_not_there_is_refused(hands: TableHands) -> None:
    """A table, a row and a column that are not there are the caller's mistakes."""
    row = hands.add_row("Leads", {"Company": "Acme"})
    hands.delete("Leads", row)

    for act in (
        lambda: hands.rows("Loads"), lambda: hands.row("Leads", row), lambda: hands.delete("Leads", row),
        lambda: hands.edit("Leads", row, {"Company": "x"}), lambda: hands.add_row("Leads", {"Compnay": "x"}),
        lambda: hands.add_row("Leads", {"Compnay": "x"}, form=True), lambda: hands.duplicate("Leads", "row-99"),
    ):  # fmt: skip
        with pytest.raises(ValueError):
            act()


def test_names_go_along_with_a_sort(world: World) -> None:
    """In a spreadsheet a sort moves what stands in the rows, and the names with it."""
    hands = SheetHands(world.google)
    rows = hands.add_rows("Leads", [{"Company": name} for name in ("Cherry", "Apple", "Birch")])
    hands.sort("Leads", "Company")
    hands.sort("Leads", "Company", descending=True)

    assert [rows[0], rows[2], rows[1]] == [row["id"] for row in hands.rows("Leads")]
    assert ["Cherry", "Apple", "Birch"] == [hands.row("Leads", row)["Company"] for row in rows]


def test_plain_text_cells_take_text_as_it_is(world: World) -> None:
    """Where a column is formatted as plain text nobody types an apostrophe."""
    google = world.google
    google.make_tab("Members", ["Email", "Name"])
    look = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
    for line in google.sheet("Members").lines:
        line.looks[1] = look
    hands = SheetHands(google)
    row = hands.add_row("Members", {"Email": "jo@acme.test", "Name": "007"})
    assert "007" == hands.row("Members", row)["Name"]
    hands.edit("Members", row, {"Name": "=1+1"})

    assert "=1+1" == hands.row("Members", row)["Name"]
