"""What is remembered of the worker's cells: exactly, per row, through writes that fail or die, beside other writers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import event

from worker.domain.cells import Cell, Row
from worker.domain.kept import KEPT, Kept, filled
from worker.domain.plan import RowEdit
from worker.engine.kept import KeptCells
from worker.engine.kept_text import kept_of, kept_text, row_text
from worker.engine.memory import StoreMemory
from worker.engine.rows import NotOurs
from worker.engine.store import Store
from worker.planning.hands import Judged, judge
from worker.ports import Conflict, Edit, Refused, ServiceError, Unavailable, Unsure

from .conftest import Bench
from .standins import StillClock, edit, mint, plan, tell

SHELF = "kept/Leads"
EVERYTHING = ("Leads", "Commissions", "Members")
LEAD: dict[str, Cell] = {"Lead": "L-AAAAAAAA", "Status": "New", "Company": "Acme"}


def lead(id_: str = "r1", **cells: Cell) -> Row:
    """Return a lead row as it is read."""
    return Row("Leads", id_, {**LEAD, **{column.replace("_", " "): cell for column, cell in cells.items()}})


class Desk:
    """Processes that share one store; each looks afresh."""

    def __init__(self, store: Store, clock: StillClock) -> None:
        self.memory = StoreMemory(store, "acme/flows")
        self.clock = clock
        self.writes = 0
        event.listen(store._write, "begin", self._count)

    def _count(self, _connection: object) -> None:
        self.writes += 1

    def looks(self) -> KeptCells:
        """Return what a process sees that begins its round now."""
        kept = KeptCells(self.memory, self.clock)
        kept.load(EVERYTHING)
        return kept

    def adopt(self, *rows: Row) -> None:
        """Take rows as they stand."""
        kept = self.looks()
        unlike = kept.unlike("Leads", rows)
        before = kept.of("Leads", unlike)
        kept.adopt("Leads", {row.id: (before.get(row.id), row.cells) for row in rows if row.id in unlike})

    def stands(self, row: str = "r1") -> Kept | None:
        """Return what is kept of a row."""
        text = self.memory.load(SHELF).get(row)
        return None if text is None else kept_of(text)


@pytest.fixture
def desk(store: Store, clock: StillClock) -> Desk:
    return Desk(store, clock)


def look(kept: KeptCells, *rows: Row) -> Judged:
    """Judge rows as a run does that read them, and keep what came of it."""
    unlike = kept.unlike("Leads", rows)
    before = kept.of("Leads", unlike)
    judged = judge("Leads", rows, unlike, before, kept.columns("Leads"), {})
    kept.adopt("Leads", {row: (before.get(row), cells) for row, cells in judged.stands.items()})
    return judged


def status(word: str, row: str | None = "r1", key: str = "L-AAAAAAAA", *, whole: bool = False) -> Edit:
    """Return the edit of a lead's status."""
    return Edit("Leads", row, key, {"Status": word}, whole=whole)


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


# ---- beside others --------------------------------------------------------------------------------------------------


def test_a_write_that_another_overtook_is_not_made(desk: Desk) -> None:
    """It was planned over what is not so any more: of its cells, and only of those, another wrote something else."""
    desk.adopt(lead(), lead("r2"))
    ours, theirs = desk.looks(), desk.looks()
    theirs.writing([status("Won")])
    theirs.written([status("Won")], ["r1"])
    others = Edit("Leads", "r1", "L-AAAAAAAA", {"Deal ID": "9001"})
    untouched = replace(status("Lost"), row="r2")

    late = ours.writing([status("Lost"), untouched])
    stands = desk.stands()

    assert [True, False] == late
    assert Kept({"Lead": "L-AAAAAAAA", "Status": "Won"}) == stands
    assert [False] == ours.writing([others])
    assert [False] == desk.looks().writing([status("Lost")])


def test_a_write_of_what_another_wrote_too(desk: Desk) -> None:
    """It changes nothing, and whoever asked for it may go on."""
    desk.adopt(lead())
    ours, theirs = desk.looks(), desk.looks()
    theirs.writing([status("Won")])
    theirs.written([status("Won")], ["r1"])

    assert [False] == ours.writing([status("Won")])


@pytest.mark.parametrize("ended", [True, False])
def test_a_write_beside_one_under_way(desk: Desk, ended: bool) -> None:
    """As long as its value may not stand yet nobody is late; nor is the next run of one that died."""
    desk.adopt(lead())
    ours, theirs = desk.looks(), desk.looks()
    theirs.writing([status("Won")])
    if ended:
        theirs.written([status("Won")], ["r1"])

    assert [ended] == ours.writing([status("Lost")])
    look(fresh := desk.looks(), lead(Status="Won" if ended else "New"))
    assert [False] == fresh.writing([status("Client pitch")])


def test_a_key_for_a_row_that_another_gave_one_and_more(desk: Desk) -> None:
    """Who looked before it had any is late with everything but that key."""
    ours, theirs = desk.looks(), desk.looks()
    minting = Edit("Leads", "r1", "L-AAAAAAAA", {"Lead": "L-AAAAAAAA", "Status": "New"})
    read = [Row("Leads", "r1", {"Company": "Acme"})]
    for kept in (ours, theirs):
        kept.unlike("Leads", read)
    for edit_ in (minting, status("Qualified")):
        theirs.writing([edit_])
        theirs.written([edit_], ["r1"])

    assert [True] == ours.writing([minting])
    assert [False] == ours.writing([replace(minting, cells={"Lead": "L-AAAAAAAA"})])


def test_a_row_that_another_named_by_its_key(desk: Desk) -> None:
    """Where a row's id is its key, who looked before it had any asks for it by another name, and is late too."""
    ours, theirs = desk.looks(), desk.looks()
    minting = Edit("Leads", "row 7", "L-AAAAAAAA", {"Lead": "L-AAAAAAAA", "Status": "New"})
    read = [Row("Leads", "row 7", {"Company": "Acme"})]
    for kept in (ours, theirs):
        kept.unlike("Leads", read)
    theirs.writing([minting])
    theirs.written([minting], ["L-AAAAAAAA"])
    same = ours.writing([minting])
    theirs.writing([replace(status("Qualified"), row="L-AAAAAAAA")])
    theirs.written([replace(status("Qualified"), row="L-AAAAAAAA")], ["L-AAAAAAAA"])
    stands = desk.stands("L-AAAAAAAA")

    assert [False] == same
    assert [True, False] == ours.writing([minting, replace(minting, row="row 8", key="L-BBBBBBBB")])
    assert stands == desk.stands("L-AAAAAAAA")
    assert {"L-AAAAAAAA"} == desk.memory.load(SHELF).keys()


def test_a_time_that_the_tracker_rounded(desk: Desk) -> None:
    """The next run of one that died reads it without its last digits, and may write the row."""
    desk.adopt(lead())
    stamp = datetime(2026, 3, 1, 9, 0, 0, 123456, UTC)
    desk.looks().writing([Edit("Leads", "r1", "L-AAAAAAAA", {"Synced": stamp})])
    fresh = desk.looks()
    look(fresh, lead(Synced=stamp.replace(microsecond=123000)))

    assert [False] == fresh.writing([Edit("Leads", "r1", "L-AAAAAAAA", {"Synced": desk.clock.now()})])


def test_our_own_writes_never_make_us_late(desk: Desk) -> None:
    """Whatever became of them: what a round wrote, or may have written, it may write again."""
    desk.adopt(lead())
    kept = desk.looks()
    for number, outcome in enumerate(["r1", Refused("t", "a part"), "r1", Unsure("t", "no answer"), None, "r1"]):
        edits = [status(f"State {number}")]
        assert [False] == kept.writing(edits)
        kept.written(edits, [outcome])


def test_a_write_of_another_is_no_hand(desk: Desk) -> None:
    """Whether our reading came before or after it nobody can say: of its cells, and of those only, nothing is said."""
    desk.adopt(lead(), lead("r2"))
    ours, theirs = desk.looks(), desk.looks()
    theirs.writing([status("Won")])
    theirs.written([status("Won")], ["r1"])

    found = ours.of("Leads", ["r1", "r2"])

    assert (("Won", frozenset({"Status"})), ("New", frozenset())) == (
        (found["r1"].cells["Status"], found["r1"].moved), (found["r2"].cells["Status"], found["r2"].moved)
    )  # fmt: skip


def test_nothing_that_another_noted_is_overwritten(desk: Desk) -> None:
    """A reading that came before the other's write settles other cells only; so does one while it is under way."""
    desk.adopt(lead())
    ours, theirs = desk.looks(), desk.looks()
    before = ours.of("Leads", ["r1"])["r1"]
    theirs.writing([status("Won")])
    theirs.written([status("Won")], ["r1"])

    ours.adopt("Leads", {"r1": (before, {**LEAD, "Suggestion": "INV-1"})})
    settled = desk.stands()
    theirs.writing([status("Lost")])
    ours.adopt("Leads", {"r1": (before, {**LEAD, "Suggestion": None})})

    assert Kept({"Lead": "L-AAAAAAAA", "Status": "Won", "Suggestion": "INV-1"}) == settled
    assert ("Lost", {"Status": ("Won",)}) == ((found := desk.stands()) and found.cells["Status"], found and found.also)


def test_a_reading_in_the_midst_of_anothers_write(desk: Desk) -> None:
    """It began while the write was under way, saw the cell as it stood before, and ends when all is written."""
    desk.adopt(lead())
    theirs = desk.looks()
    theirs.writing([status("Won")])
    ours, read = desk.looks(), lead()
    theirs.written([status("Won")], ["r1"])

    judged = look(ours, read)

    assert ((), "New") == (judged.hands, judged.rows[0].cells["Status"])
    assert Kept({"Lead": "L-AAAAAAAA", "Status": "Won"}) == desk.stands()
    (hand,) = look(desk.looks(), lead(Status="Lost")).hands
    assert ("Lost", "Won") == (hand.stands, hand.wrote)


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("stands", ["Won", "Lost"])
def test_two_writes_of_one_cell_at_once(desk: Desk, stands: str, refused: bool) -> None:
    """Which came last nobody can say before the cell is read while nobody writes; then a hand is told again."""
    desk.adopt(lead())
    ours, theirs = desk.looks(), desk.looks()
    ours.writing([status("Won")])
    theirs.writing([status("Lost")])
    ours.written([status("Won")], ["r1"])
    theirs.written([status("Lost", whole=True)], [Refused("t", "no such option") if refused else "r1"])
    both = desk.stands()

    judged = look(desk.looks(), lead(Status=stands))

    assert ("Lost", ("New", "Won"), 0) == (both and (both.cells["Status"], both.also["Status"], both.under_way))
    assert () == judged.hands
    assert Kept({"Lead": "L-AAAAAAAA", "Status": stands}) == desk.stands()
    (hand,) = look(desk.looks(), lead()).hands
    assert ("New", stands) == (hand.stands, hand.wrote)


def test_a_row_that_another_noted_while_we_wrote_it(desk: Desk) -> None:
    """Nothing was kept when our write began: of a cell where both say the same that stands, of another either may."""
    ours = desk.looks()
    edit_ = Edit("Leads", "r1", "L-AAAAAAAA", {"Lead": "L-AAAAAAAA", "Status": "Won"})
    ours.writing([edit_])
    desk.adopt(lead(Status="Lost"))

    ours.written([edit_], ["r1"])

    found = desk.stands()
    assert found == Kept({"Lead": "L-AAAAAAAA", "Status": "Won"}, {"Status": ("Lost",)}, desk.clock.now())


def test_nothing_at_all_that_another_noted_too(desk: Desk) -> None:
    """A zero that both wrote leaves no doubt."""
    ours = desk.looks()
    edit_ = Edit("Leads", "r1", "L-AAAAAAAA", {"Lead": "L-AAAAAAAA", "Deal value": Decimal(0)})
    ours.writing([edit_])
    desk.adopt(lead(Deal_value=Decimal(0)))

    ours.written([edit_], ["r1"])

    assert Kept({"Lead": "L-AAAAAAAA", "Status": "New", "Deal value": Decimal(0)}) == desk.stands()


def test_the_doubt_of_two_writes_ends_with_the_next(desk: Desk) -> None:
    """A write that nobody else's overlaps leaves no doubt, whatever was in doubt before."""
    desk.adopt(lead())
    ours, theirs = desk.looks(), desk.looks()
    for kept, word in ((ours, "Won"), (theirs, "Lost")):
        kept.writing([status(word)])
    for kept, word in ((ours, "Won"), (theirs, "Lost")):
        kept.written([status(word)], ["r1"])

    ours.writing([status("Client pitch")])
    ours.written([status("Client pitch")], ["r1"])

    assert Kept({"Lead": "L-AAAAAAAA", "Status": "Client pitch"}) == desk.stands()


def test_what_may_stand_does_not_grow_for_ever(desk: Desk) -> None:
    """Of a cell that is written again and again without a known end the last values are kept."""
    desk.adopt(lead())
    for number in range(20):
        desk.looks().writing([status(f"State {number}")])

    found = desk.stands()
    assert found is not None
    assert ("State 19", tuple(f"State {n}" for n in range(11, 19))) == (found.cells["Status"], found.also["Status"])


def test_a_reading_while_another_first_notes_a_row(desk: Desk) -> None:
    """What it wrote into the row since it got its key is not held against a reading that came before."""
    ours, theirs = desk.looks(), desk.looks()
    read = lead(Status=None)
    theirs.unlike("Leads", [lead(Lead=None, Status=None)])
    edits = [Edit("Leads", "r1", "L-AAAAAAAA", {"Lead": "L-AAAAAAAA"}), status("Won")]
    for edit_ in edits:
        theirs.writing([edit_])
        theirs.written([edit_], ["r1"])

    judged = look(ours, read)
    ours.adopt("Leads", {"r1": (None, read.cells)})  # as one that asked just before the other's note

    assert ((), {"r1": read.cells}) == (judged.hands, {row.id: row.cells for row in judged.rows})
    assert Kept({"Lead": "L-AAAAAAAA", "Status": "Won"}) == desk.stands()


def test_a_reading_while_another_forgets_a_row(desk: Desk) -> None:
    """It saw that the row is gone; our older reading does not bring the memory of it back."""
    desk.adopt(lead())
    ours, theirs = desk.looks(), desk.looks()
    theirs.adopt("Leads", {}, ["r1"])

    judged = look(ours, lead(Status="Won"))

    assert () == judged.hands
    assert desk.stands() is None


def test_a_column_that_is_new_in_ours(desk: Desk) -> None:
    """The shelf says which columns it knows of, and learns the others with the first look."""
    desk.adopt(lead())
    desk.memory.save(SHELF, {}, cursor='["Lead"]')

    assert frozenset({"Lead"}) == desk.looks().columns("Leads")
    desk.looks().adopt("Leads", {})
    assert set(KEPT["Leads"]) == desk.looks().columns("Leads")


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


def test_a_run_leaves_rows_that_another_wrote_to_the_next(bench: Bench, desk: Desk) -> None:
    """The others are written, the run says why it waits, and a message waits with its row."""
    desk.adopt(lead(), lead("r2", Lead="L-BBBBBBBB"))
    bench.world.table("Leads").update({"r1": {**LEAD, "Status": "Won"}, "r2": {**LEAD, "Lead": "L-BBBBBBBB"}})
    ours, theirs = desk.looks(), desk.looks()
    theirs.writing([status("Won")])
    theirs.written([status("Won")], ["r1"])
    changes = [edit("r1", "L-AAAAAAAA", Status="Lost"), edit("r2", "L-BBBBBBBB", Status="Lost")]
    tells = [tell("of r1", "L-AAAAAAAA"), tell("of r2", "L-BBBBBBBB")]

    result = bench.apply(plan(*changes, *tells), kept=ours)

    rows = bench.world.table("Leads")
    assert ("Won", "Lost") == (rows["r1"]["Status"], rows["r2"]["Status"])
    assert ("waiting", 1) == (result.state, result.counts["waiting"])
    assert ("rows of Leads were written by another run meanwhile; the next run goes on",) == result.errors
    told = bench.journal.states(["of r1", "of r2"])
    assert {("of r1", "slack"): "intended", ("of r2", "slack"): "sent"} == {
        place: state for place, state in told.items() if place[1] == "slack"
    }


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
