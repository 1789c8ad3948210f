"""What is remembered of the worker's cells while other runs read and write the same rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from worker.domain.cells import Row
from worker.domain.kept import KEPT, Kept
from worker.ports import Edit, Refused, Unsure

from .conftest import Bench
from .kept_desk import LEAD, SHELF, Desk, lead, look, status
from .standins import edit, plan, tell

# ---- reading and writing at the same time ----------------------------------------------------------------------------


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


# ---- writing over what another wrote ---------------------------------------------------------------------------------


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


@pytest.mark.parametrize("read", ["unseen", "seen", "swapped"])
def test_a_row_that_another_made(desk: Desk, read: str) -> None:
    """Who looked before it was there makes it no more, nor who read another key in it since; others go on."""
    making = Edit("Commissions", None, "d1/acme/2026-01/commission", {"Line": "d1/acme/2026-01/commission"})
    ours, theirs = desk.looks(), desk.looks()
    theirs.writing([making])
    theirs.written([making], ["r7"])
    if read != "unseen":
        line = making.key if read == "seen" else "d2/acme/2026-01/commission"
        before = ours.of("Commissions", ["r7"])
        ours.adopt("Commissions", {"r7": (before["r7"], {"Line": line})})
    another = replace(making, key="d3/acme/2026-01/commission")

    assert [True, False] == ours.writing([making, another])
    assert [False] == theirs.writing([making])
    assert [False] == desk.looks().writing([making])


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
