"""What is remembered of the worker's cells: exactly, per row, through writes that fail or die."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from worker.domain.cells import Cell, Row
from worker.domain.kept import KEPT, Kept, filled
from worker.domain.plan import RowEdit
from worker.engine.kept import KeptCells
from worker.engine.kept_text import kept_of, kept_text, row_text
from worker.engine.rows import NotOurs
from worker.ports import Conflict, Edit, Refused, ServiceError, Unavailable, Unsure

from .conftest import Bench
from .kept_desk import SHELF, Desk, lead, status
from .standins import edit, mint, plan


def test_the_rows_as_they_are_remembered(desk: Desk) -> None:
    """While a table can't be read, its rows are those that were last seen, with what was written since."""
    desk.adopt(Row("Leads", "r1", {"Lead": "L-AAAAAAAA", "Status": "New", "Company": "Acme"}))
    kept = desk.looks()
    kept.written([status("Won")], ["r1"])

    assert [Row("Leads", "r1", {"Lead": "L-AAAAAAAA", "Status": "Won"})] == kept.rows("Leads")
    assert [] == kept.rows("Commissions")


# ---- as text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    ["text", "1", "{}", "“ü”\n🚀", Decimal("100.00"), Decimal("1E+2"), Decimal(0), True, date(2026, 1, 2),
     datetime(2026, 1, 2, 3, 4, 5, 678901, UTC), ("r1", "r2")],
)  # fmt: skip
def test_cells_come_back_exactly(cell: Cell) -> None:
    """Type and digits are the same, also of an older value, and equal rows have equal text."""
    now = datetime(2026, 1, 2, tzinfo=UTC)
    kept = Kept({"Status": cell}, {"Status": (None, cell)}, now)

    assert repr(Kept({"Status": cell})) == repr(kept_of(row_text({"Status": cell})))
    assert repr(kept) == repr(kept_of(kept_text(kept)))
    assert row_text({"a": cell, "b": "x"}) == row_text({"b": "x", "a": cell})


def test_what_is_no_cell_is_refused() -> None:
    """It never gets into the memory."""
    with pytest.raises(TypeError, match="a cell holds no set"):
        row_text({"Amount": {1}})  # type: ignore[dict-item]


def test_only_what_is_filled_is_kept() -> None:
    """Nothing at all is a number; of lines and statements what staff wrote is kept as well."""
    cells: Mapping[str, Cell] = {
        "Amount": Decimal(0), "Line": "k", "Why": "", "Hold": True, "Note": None, "Invoice": (), "Company": "x",
    }  # fmt: skip

    assert {"Amount": Decimal(0), "Line": "k", "Hold": True} == filled(cells, KEPT["Commissions"])
    assert {"Commissions", "Leads", "Partners", "Statements"} == KEPT.keys()
    assert "Hold" not in KEPT["Leads"]


# ---- reading --------------------------------------------------------------------------------------------------------


def test_rows_are_taken_as_they_stand_once(desk: Desk) -> None:
    """The first look keeps them, the next finds nothing unlike and writes nothing."""
    rows = [lead(), lead("r2", Lead="L-BBBBBBBB"), Row("Leads", "r3", {"Company": "typed just now"})]
    desk.adopt(*rows)
    writes = desk.writes

    desk.adopt(*rows)

    assert writes == desk.writes
    assert {"r1", "r2"} == desk.memory.load(SHELF).keys()
    assert set(KEPT["Leads"]) == desk.looks().columns("Leads")
    assert frozenset() == desk.looks().columns("Commissions")


def test_rows_that_stand_otherwise_and_rows_that_are_gone(desk: Desk) -> None:
    """A changed cell, a cleared key and a new row are unlike; who is not there is gone, until it is forgotten."""
    desk.adopt(lead(), lead("r2", Lead="L-BBBBBBBB"), lead("r3", Lead="L-CCCCCCCC"))
    kept = desk.looks()
    rows = [lead(Status="Won"), lead("r2", Lead=None), lead("r4", Lead="L-DDDDDDDD"), Row("Leads", "r5", {})]

    assert ["r1", "r2", "r4"] == kept.unlike("Leads", rows)
    assert ["r3"] == kept.gone("Leads", rows)
    assert {"r1", "r3"} == kept.of("Leads", ["r1", "r3", "r4"]).keys()
    kept.adopt("Leads", {}, ["r3"])
    assert [] == kept.gone("Leads", rows)
    assert None is desk.stands("r3")


def test_the_same_rows_are_looked_at_once_a_round(desk: Desk) -> None:
    """A list that was as it should be is not read a second time; one row less is seen all the same."""
    rows = [lead(), lead("r2", Lead="L-BBBBBBBB")]
    desk.adopt(*rows)
    kept = desk.looks()

    assert ([], []) == (kept.unlike("Leads", rows), kept.gone("Leads", rows))
    assert ([], []) == (kept.unlike("Leads", rows), kept.gone("Leads", rows))
    assert ["r2"] == kept.gone("Leads", rows[:1])


def test_losing_the_shelf_loses_nothing(desk: Desk) -> None:
    """What stands is taken as it is."""
    desk.adopt(lead())
    desk.memory.clear(SHELF)

    desk.adopt(lead(Status="Won"))

    assert Kept({"Lead": "L-AAAAAAAA", "Status": "Won"}) == desk.stands()


# ---- writing --------------------------------------------------------------------------------------------------------


def test_around_a_write(desk: Desk) -> None:
    """Before it both values may stand, since when is noted; after it only the new one; in one transaction each."""
    desk.adopt(lead())
    kept, writes = desk.looks(), desk.writes

    kept.writing([status("Won")])
    between = desk.stands()
    kept.written([status("Won")], ["r1"])

    assert Kept({"Lead": "L-AAAAAAAA", "Status": "Won"}, {"Status": ("New",)}, desk.clock.now(), 1) == between
    assert Kept({"Lead": "L-AAAAAAAA", "Status": "Won"}) == desk.stands()
    assert writes + 2 == desk.writes
    assert [] == kept.unlike("Leads", [lead(Status="Won")])


@pytest.mark.parametrize("outcome", [None, Unsure("t", "no answer"), Unavailable("t", "503"), Conflict("t", "moved")])
def test_a_write_without_a_known_end(desk: Desk, outcome: ServiceError | None) -> None:
    """Both values may stand; within the hour a reading settles nothing, later what stands is taken."""
    desk.adopt(lead())
    kept = desk.looks()
    kept.writing([status("Won")])

    kept.written([status("Won")], [outcome])
    desk.adopt(lead())
    pending = desk.stands()
    desk.clock.advance(3601)
    desk.adopt(lead())

    assert pending is not None
    assert ("Won", {"Status": ("New",)}) == (pending.cells["Status"], pending.also)
    assert Kept({"Lead": "L-AAAAAAAA", "Status": "New"}) == desk.stands()


def test_a_write_of_which_a_part_was_refused(desk: Desk) -> None:
    """Both values may stand until the cell is read."""
    desk.adopt(lead())
    kept = desk.looks()
    kept.writing([status("Won")])

    kept.written([status("Won")], [Refused("t", "a part")])
    pending = desk.stands()
    desk.adopt(lead())

    assert pending is not None
    assert ("Won", {"Status": ("New",)}, 0) == (pending.cells["Status"], pending.also, pending.under_way)
    assert Kept({"Lead": "L-AAAAAAAA", "Status": "New"}) == desk.stands()


def test_a_cell_that_is_refused_at_every_run(desk: Desk) -> None:
    """What may stand there does not grow from run to run."""
    desk.adopt(lead())
    for _ in range(5):
        kept = desk.looks()
        kept.writing([status("Client pitch")])
        kept.written([status("Client pitch")], [Refused("t", "no such option")])

    assert {"Status": ("New", "Client pitch")} == ((found := desk.stands()) and found.also)


def test_a_write_refused_whole_changed_nothing(desk: Desk) -> None:
    """The old value stands again, whatever may have stood before it still may."""
    desk.adopt(lead())
    kept, again = desk.looks(), [status("Lost", whole=True)]
    kept.writing(again)
    kept.written(again, [Refused("t", "no such option")])
    kept.written(again, [Refused("t", "told twice")])
    first = desk.stands()
    kept.writing([status("Won")])
    kept.written([status("Won")], [Refused("t", "a part")])
    kept.writing(again)
    kept.written(again, [Refused("t", "no such option")])

    assert Kept({"Lead": "L-AAAAAAAA", "Status": "New"}) == first
    assert ("Won", {"Status": ("New",)}) == ((found := desk.stands()) and found.cells["Status"], found and found.also)


def test_one_of_two_cells_is_known(desk: Desk) -> None:
    """A later write of another cell leaves the doubt about the first one."""
    desk.adopt(lead())
    kept, theirs = desk.looks(), desk.looks()
    theirs.writing([status("Won")])
    other = Edit("Leads", "r1", "L-AAAAAAAA", {"Deal ID": "9001", "Problem": None})
    kept.writing([other])

    kept.written([other], ["r1"])

    assert ({"Status": ("New",)}, "9001") == ((found := desk.stands()) and found.also, found and found.cells["Deal ID"])
    desk.adopt(lead(Deal_ID="9001", Status="Won"))
    theirs.written([status("Won")], ["r1"])
    assert Kept({"Lead": "L-AAAAAAAA", "Status": "Won", "Deal ID": "9001"}) == desk.stands()


def test_a_row_that_is_made(desk: Desk) -> None:
    """It is kept whole under the id that the tracker gives it; one whose making failed is not."""
    line = Edit("Commissions", None, "1/acme/2026-01/commission", {"Amount": Decimal("1.00"), "Why": None})
    kept = desk.looks()
    kept.writing([line, line])

    kept.written([line, line], ["r9", Refused("t", "no")])

    made = desk.memory.load("kept/Commissions")
    assert {"r9": Kept({"Line": line.key, "Amount": Decimal("1.00")})} == {row: kept_of(t) for row, t in made.items()}


def test_a_row_that_gets_its_key(desk: Desk) -> None:
    """It stood as it was read, so a hand on any of its cells is told from then on; what was never read is not kept."""
    kept = desk.looks()
    assert [] == kept.unlike("Leads", [Row("Leads", "r1", {"Company": "Acme", "Deal ID": "9001"})])
    minting = [
        Edit("Leads", "r1", "L-AAAAAAAA", {"Lead": "L-AAAAAAAA"}), Edit("Leads", "r2", "L-BBBBBBBB", {"Lead": "L-B"}),
        Edit("Activity", None, "x", {"What": "y"}),
    ]  # fmt: skip
    kept.writing(minting)

    kept.written(minting, ["r1", "r2", "a1"])

    assert {"r1"} == desk.memory.load(SHELF).keys()
    assert Kept({"Lead": "L-AAAAAAAA", "Deal ID": "9001"}) == desk.stands()
    assert {} == desk.memory.load("kept/Activity")


def test_a_row_without_id_that_gets_one(desk: Desk) -> None:
    """Where a row's id is its key, what was read under the old id is kept under the new one."""
    kept = desk.looks()
    kept.unlike("Leads", [Row("Leads", "row 7", {"Status": "typed"})])
    minting = Edit("Leads", "row 7", "L-AAAAAAAA", {"Lead": "L-AAAAAAAA"})
    kept.writing([minting])

    kept.written([minting], ["L-AAAAAAAA"])

    assert {"L-AAAAAAAA"} == desk.memory.load(SHELF).keys()
    assert Kept({"Lead": "L-AAAAAAAA", "Status": "typed"}) == desk.stands("L-AAAAAAAA")


def test_a_row_that_gets_another_id(desk: Desk) -> None:
    """Where a row's id is its key, minting it moves what was kept, and nothing is left under the old id."""
    desk.adopt(lead(Lead="mine"))
    kept = desk.looks()
    minting = Edit("Leads", "r1", "L-AAAAAAAA", {"Lead": "L-AAAAAAAA"})
    kept.writing([minting])

    kept.written([minting], ["L-AAAAAAAA"])

    assert {"L-AAAAAAAA"} == desk.memory.load(SHELF).keys()
    assert Kept({"Lead": "L-AAAAAAAA", "Status": "New"}) == desk.stands("L-AAAAAAAA")
    assert ["L-AAAAAAAA"] == kept.gone("Leads", [])


# ---- in a run -------------------------------------------------------------------------------------------------------


def test_a_run_keeps_what_it_writes(bench: Bench, desk: Desk) -> None:
    """Every slice takes two transactions; a tracker that fails whole leaves both values."""
    desk.adopt(*(lead(f"r{n}", Lead=f"L-{n:08d}") for n in range(150)))
    bench.world.table("Leads").update({f"r{n}": {"Lead": f"L-{n:08d}", "Status": "New"} for n in range(150)})
    changes = [edit(f"r{n}", f"L-{n:08d}", Status="Won") for n in range(150)]
    writes = desk.writes
    bench.tracker.whole = [None, Unavailable("dicts", "503")]

    result = bench.apply(plan(*changes), kept=desk.looks())

    assert "waiting" == result.state
    assert Kept({"Lead": "L-00000099", "Status": "Won"}) == desk.stands("r99")
    assert {"Status": ("New",)} == ((found := desk.stands("r100")) and found.also)
    shelf = {"r0", "r149"}
    assert shelf <= desk.memory.load(SHELF).keys()
    assert 3 <= desk.writes - writes


def test_minting_a_key_with_a_memory(bench: Bench, desk: Desk) -> None:
    """A key is minted as ever; a row that was not read is taken when it is."""
    bench.leads("r1")

    assert "in sync" == bench.apply(plan(mint("r1", "L-AAAAAAAA")), kept=desk.looks()).state
    assert None is desk.stands()


def test_a_deleted_row_comes_back_with_what_staff_wrote(bench: Bench, desk: Desk) -> None:
    """Their cells are written into the row that is made, and kept; into one that stands they never are."""
    cells: dict[str, Cell] = {"Amount": Decimal(1), "Hold": True}
    back = RowEdit("Commissions", None, "1/acme/2026-01/commission", {}, cells, "deleted", restored=True)

    assert "in sync" == bench.apply(plan(back), kept=desk.looks()).state
    (row,) = bench.world.table("Commissions").values()
    assert {"Line": back.key, **cells} == row
    assert {**cells, "Line": back.key} == kept_of(*desk.memory.load("kept/Commissions").values()).cells
    for wrong in (replace(back, row="rec1"), replace(back, restored=False), replace(back, after={"Colour": "red"})):
        with pytest.raises(NotOurs):
            bench.apply(plan(wrong))


def test_a_write_before_anything_was_looked_at(desk: Desk) -> None:
    """What it made is kept all the same; other tables than ours have no memory."""
    kept = KeptCells(desk.memory, desk.clock)
    log = Edit("Activity", None, "x", {"What": "y"})
    kept.writing([log])

    kept.written([log, Edit("Leads", None, "L-AAAAAAAA", {"Status": "New"})], ["a1", "r1"])

    assert Kept({"Lead": "L-AAAAAAAA", "Status": "New"}) == desk.stands()


def test_twenty_thousand_quiet_rows(desk: Desk) -> None:
    """Each is looked at once, none is found otherwise, and nothing is written."""
    cells: dict[str, Cell] = {column: f"{column} of a line" for column in KEPT["Commissions"]}
    rows = [
        Row("Commissions", f"r{n}", {**cells, "Line": f"{n}/acme/2026-01/commission", "Amount": Decimal(n)})
        for n in range(20_000)
    ]
    kept = desk.looks()
    kept.adopt("Commissions", {row.id: (None, row.cells) for row in rows})
    writes = desk.writes

    again = desk.looks()

    assert ([], []) == (again.unlike("Commissions", rows), again.gone("Commissions", rows))
    assert writes == desk.writes
