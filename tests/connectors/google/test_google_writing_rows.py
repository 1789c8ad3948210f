"""Rows that we make and take away, with people, a second worker and lost answers in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from typing import Any, TypeVar

import pytest

from tests.connectors.google.google_stand import Stand, by_header, texts
from tests.connectors.standins import Patient
from worker.domain.tables import TABLES
from worker.ports import Conflict, Edit, Limit, Refused, Unavailable, Unsure
from worker.sandbox.google import Google
from worker.sandbox.server import Request

KEYS = [f"9/NW/2026-{month:02}/commission" for month in range(1, 7)]
T = TypeVar("T")
WIDTH = len(TABLES["Commissions"].columns)
# What people do to the tab of lines while it is written, which leaves their own cells where they belong.
MOVES: Mapping[str, Callable[[Google], object]] = {
    "sort": lambda google: google.sort("Commissions", "Line", descending=True),
    "insert rows": lambda google: google.insert_rows("Commissions", 2, 3),
    "insert a column before the key": lambda google: google.insert_columns("Commissions", "Line"),
    "move the key column": lambda google: google.move_column("Commissions", "Line", "Status"),
    "move the status": lambda google: google.move_column("Commissions", "Status", "Line"),
    "type below": lambda google: google.paste("Commissions", 30, WIDTH, [["a note far below"]]),
    "copy a line": lambda google: google.copy_row("Commissions", 2),
    "delete a line": lambda google: google.delete_rows("Commissions", 2),
    "hide lines": lambda google: google.hide_rows("Commissions", 2, 2),
    "a title": lambda google: google.insert_rows("Commissions", 1),
    "rename the tab": lambda google: google.rename_tab("Commissions", "Lines"),
}


def line(key: str, **cells: Any) -> Edit:
    return Edit("Commissions", None, key, cells)


class Dying(Patient):
    """A caller that dies when cells are about to be sent: rows were begun, and nothing stands in them."""

    def __init__(self, stand: Stand) -> None:
        super().__init__(stand.time)
        self.writes = 0

    def __call__(self, send: Callable[[], T], *, limits: Sequence[Limit], repeatable: bool) -> T:
        self.writes += limits[0].name.endswith(".write")
        if self.writes == 2:
            raise SystemExit
        return super().__call__(send, limits=limits, repeatable=repeatable)


def shown(stand: Stand) -> list[dict[str, Any]]:
    tab = next(title for title in stand.google.tabs() if title in ("Commissions", "Lines"))
    return by_header(stand.google.values(tab), "Line")


@pytest.fixture
def lines(stand: Stand) -> Stand:
    """Return a spreadsheet with two lines, on which staff wrote notes."""
    stand.tracker().write([line(f"old {n}", Status="Paid", Partner="North Star", Month="2025-12") for n in range(2)])
    for row in (2, 3):
        stand.google.edit("Commissions", row, "Note", f"=note {row}")
        stand.google.edit("Commissions", row, "Hold", True)
    stand.calls()
    return stand


@pytest.mark.parametrize("before", range(1, 5))
@pytest.mark.parametrize("move", MOVES)
def test_a_row_is_made_once_wherever_people_move_things(lines: Stand, move: str, before: int) -> None:
    """Between reading, appending keys, and writing: each key has one row with its own cells, and notes stay."""
    lines.strike(MOVES[move], before)
    tracker = lines.tracker()
    tracker.read(["Commissions"])

    found = tracker.write([line(key, Status="Expected", Why=f"for {key}") for key in KEYS])

    later = lines.tracker()
    again = later.write([line(key, Status="Expected", Why=f"for {key}") for key in KEYS])
    assert KEYS == list(again)
    assert {str, Conflict} >= {type(one) for one in found}
    rows = shown(lines)
    new = [row for row in rows if row.get("Line") in KEYS]
    assert sorted(KEYS) == sorted({row["Line"] for row in new})
    assert [] == [row for row in new if (row["Status"], row["Why"]) != ("Expected", f"for {row['Line']}")]
    kept = {(row.get("Line"), row["Note"], row.get("Hold")) for row in rows if row.get("Note", "").startswith("=")}
    gone = {("old 0", "=note 2", True)} if move == "delete a line" else set()
    assert {("old 0", "=note 2", True), ("old 1", "=note 3", True)} - gone <= kept | gone
    assert [] == [row for row in rows if not row.get("Line") and "far below" not in row.get("Note", "")]


def test_a_row_that_was_begun_and_never_filled_is_filled_by_the_next_run(stand: Stand) -> None:
    """A run that died after its keys leaves rows that nobody reads; the next one fills them, and makes no others."""
    with pytest.raises(SystemExit):
        stand.tracker(caller=Dying(stand)).write([line(key, Status="Expected") for key in KEYS])

    assert KEYS == texts(stand.grid("Commissions"), "Line")
    assert [] == list(stand.tracker().read(["Commissions"])["Commissions"])
    assert KEYS == list(stand.tracker().write([line(key, Status="Waiting") for key in KEYS]))
    assert [(key, "Waiting") for key in KEYS] == [
        (row["Line"], row["Status"]) for row in stand.grid("Commissions")
    ]  # fmt: skip


def test_two_workers_that_make_the_same_rows_at_once_end_with_one_of_each(stand: Stand) -> None:
    """The other one appends the same keys just before ours: what was begun in vain is cleared by the next run."""
    busy = []

    def meanwhile(request: Request) -> None:
        if request.path.endswith("0001:batchUpdate") and not busy:
            busy.append(True)
            stand.google.paste("Commissions", 2, 1, [[key] for key in KEYS])

    stand.server.before.append(meanwhile)

    assert KEYS == list(stand.tracker().write([line(key, Status="Expected") for key in KEYS]))
    assert KEYS == list(stand.tracker().write([line(key, Status="Expected", Why="again") for key in KEYS]))
    assert [(key, "Expected", "again") for key in KEYS] == [
        (row["Line"], row.get("Status"), row.get("Why")) for row in stand.grid("Commissions")
    ]


def test_rows_that_never_rest_keep_the_keys_that_they_got(stand: Stand) -> None:
    """Sorted the other way before each of our writes: told as moving, and what stands in a row stays beside its key."""
    writes = count()

    def sort(request: Request) -> None:
        if "/values:batchUpdate" in request.path:
            stand.google.sort("Commissions", "Line", descending=next(writes) % 2 == 0)

    stand.server.before.append(sort)
    found = stand.tracker().write([line(key, Status="Expected", Why=f"for {key}") for key in KEYS])
    stand.server.before.clear()

    assert {Conflict} == {type(one) for one in found}
    assert [] == [row for row in stand.grid("Commissions") if "Line" not in row]
    assert KEYS == list(stand.tracker().write([line(key, Status="Expected", Why=f"for {key}") for key in KEYS]))
    rows = sorted((row["Line"], row["Why"]) for row in stand.grid("Commissions"))
    assert [(key, f"for {key}") for key in KEYS] == rows


def test_two_workers_write_one_tab_side_by_side(stand: Stand) -> None:
    """At the same time, some rows the same, while people sort: every cell stands in its row when both are done."""
    stand.google.paste("Leads", 2, 4, [[f"Company {n:02}"] for n in range(12)])
    tracker = stand.tracker()
    rows = tracker.read(["Leads"])["Leads"]
    tracker.write([Edit("Leads", row.id, "", {"Lead": f"L-{n:08}"}) for n, row in enumerate(rows)])
    requests = count(1)

    def sort(_: Request) -> None:
        number = next(requests)
        if number % 5 == 0:
            stand.google.sort("Leads", "Company", descending=number % 2 == 0)

    def work(part: slice) -> None:
        own = stand.tracker()
        for row in sorted(own.read(["Leads"])["Leads"], key=lambda row: row.id)[part]:
            own.write([Edit("Leads", row.id, "", {"Problem": f"for {row.text('Company')}"})])

    stand.server.before.append(sort)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, (slice(0, 7), slice(5, 12))))
    stand.server.before.clear()
    pairs = {row["Lead"]: row["Company"] for row in stand.grid("Leads")}

    assert {f"L-{n:08}": f"Company {n:02}" for n in range(12)} == pairs
    assert [f"for {company}" for company in pairs.values()] == texts(stand.grid("Leads"), "Problem")


def test_a_key_that_landed_beside_its_column_is_cleared(stand: Stand) -> None:
    """The key column moved while keys were appended: they are made again in the right one, none is left beside it."""
    tracker = stand.tracker()
    tracker.read(["Commissions"])
    stand.strike(lambda google: google.insert_columns("Commissions", "Line", 2), 2)

    found = tracker.write([line(key, Status="Expected") for key in KEYS])
    again = stand.tracker().write([line(key, Status="Expected") for key in KEYS])

    assert KEYS == list(again), found
    grid = stand.google.values("Commissions")
    assert KEYS == [row[2] for row in grid[1:] if len(row) > 2 and row[2]]
    assert [] == [row[:2] for row in grid if any(row[:2])]


def test_it_is_cleared_though_it_moves_again(stand: Stand) -> None:
    """Rows are put in above it between finding it and clearing it: it is looked for again, and nothing else is cleared;
    whoever noted a key beside something of theirs keeps it."""
    stand.google.paste("Commissions", 2, WIDTH, [["see", KEYS[0]]])
    tracker = stand.tracker()
    tracker.read(["Commissions"])
    clearings = count(1)

    def hands(request: Request) -> None:
        if b"findReplace" in request.body and next(clearings) == 1:
            stand.google.insert_rows("Commissions", 2)

    stand.strike(lambda google: google.insert_columns("Commissions", "Line", 2), 2)
    stand.server.before.append(hands)
    tracker.write([line(key, Status="Expected") for key in KEYS])

    assert 3 == next(clearings)  # it was cleared at two goes

    grid = stand.google.values("Commissions")
    assert [] == [row[:2] for row in grid if any(row[:2])]
    assert [["see", KEYS[0]]] == [row[WIDTH + 1 :] for row in grid[1:] if len(row) > WIDTH]


def test_a_key_beside_its_column_never_lands_on_what_people_wrote(stand: Stand) -> None:
    """Appending goes below everything, so a key that misses its column covers nobody's cell."""
    stand.google.paste("Commissions", 2, WIDTH, [["theirs"]] * 3)
    tracker = stand.tracker()
    tracker.read(["Commissions"])
    stand.strike(lambda google: google.move_column("Commissions", "Note", "Line"), 2)

    tracker.write([line(key, Status="Expected") for key in KEYS])
    stand.tracker().write([line(key, Status="Expected") for key in KEYS])

    assert ["theirs"] * 3 == [row["Note"] for row in stand.grid("Commissions") if "Note" in row]
    assert KEYS == [row["Line"] for row in stand.grid("Commissions") if "Line" in row]


@pytest.mark.parametrize("fault", ["commit-then-fail", "drop-after", "bad-gateway", "sorry", "deadline", "internal"])
@pytest.mark.parametrize("path", ["/values:batchUpdate", ":batchUpdate"])
def test_whatever_google_answers_rows_are_made_once(stand: Stand, fault: str, path: str) -> None:
    """A write that was done and denied, or not done: with the engine's patience and without, there is one row a key."""
    stand.google.faults.order(fault, path=f"/v4/spreadsheets/{stand.google.file.id}{path}", times=2)

    for caller in (stand.once, stand.patient):
        with suppress(Unavailable):
            stand.tracker(caller=caller).write([line(key, Status="Expected", Why=f"for {key}") for key in KEYS])

    assert [(key, "Expected", f"for {key}") for key in KEYS] == [
        (row["Line"], row.get("Status"), row.get("Why")) for row in stand.grid("Commissions")
    ]


def test_a_service_that_stays_away_is_told_as_unknown(stand: Stand) -> None:
    """Answers that never come leave an unknown outcome, and what was begun is not taken away for it."""
    stand.google.faults.order("internal", path=f"/v4/spreadsheets/{stand.google.file.id}/values:batchUpdate", times=99)

    found = stand.tracker(caller=stand.once).write([line("a", Status="Expected"), line("b", Why="x" * 50_001)])

    assert [Unsure, Refused] == [type(one) for one in found]
    assert [{"Line": "a"}] == stand.grid("Commissions")
    stand.google.faults.clear()
    assert ["a"] == list(stand.tracker().write([line("a", Status="Expected")]))
    assert [{"Line": "a", "Status": "Expected"}] == stand.grid("Commissions")


def test_rows_of_the_log_go_on_behind_what_people_wrote_there(stand: Stand) -> None:
    """A person's remark beside the log is not written over; the log's columns are found wherever they stand."""
    stand.tracker().append("Activity", [{"What": "one"}])
    stand.google.paste("Activity", 3, 2, [["a remark"]])
    stand.google.insert_columns("Activity", "What")
    stand.tracker().append("Activity", [{"What": "two", "Why": "=because"}])

    assert [{"What": "one"}, {"When": "a remark"}, {"What": "two", "Why": "=because"}] == stand.grid("Activity")


def test_a_log_that_lost_a_column_is_said_in_words(stand: Stand) -> None:
    """Rows are not added where one of their columns is gone."""
    stand.google.delete_columns("Activity", "Why")

    with pytest.raises(Refused, match="no column “Why”"):
        stand.tracker().append("Activity", [{"What": "one"}])
