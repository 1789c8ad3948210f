"""Trimming the log: whatever people move meanwhile, no row goes that was not meant to, and none comes twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.connectors.google.google_stand import Stand, by_header, texts
from worker.connectors.google_sheets import GoogleSheetsTracker
from worker.connectors.google_sheets.trimming import ASIDE
from worker.ports import Conflict, Refused, ServiceError, Unsure
from worker.sandbox.google import Google

COUNT, DOOMED = 12, (0, 1, 2, 5, 6, 9)
NOTE = "Note of ours"  # a column of people's own beside the log


def _remark(google: Google) -> None:
    google.insert_rows("Activity", 4)
    google.edit("Activity", 4, NOTE, "a remark between the lines")


def _title(google: Google) -> None:
    google.insert_rows("Activity", 1)
    google.edit("Activity", 1, 1, "What the worker did")


HANDS: Mapping[str, Callable[[Google], object]] = {
    "sort": lambda google: google.sort("Activity", "Why", descending=True),
    "write between the lines": _remark,
    "insert rows on top": lambda google: google.insert_rows("Activity", 2, 3),
    "insert a title above the header": _title,
    "delete a row": lambda google: google.delete_rows("Activity", 5),
    "delete a row that goes": lambda google: google.delete_rows("Activity", 2),
    "drag rows": lambda google: google.move_rows("Activity", 2, 9, 2),
    "type into a row that goes": lambda google: google.edit("Activity", 7, NOTE, "keep this!"),
    "type into a row that stays": lambda google: google.edit("Activity", 5, NOTE, "=7*6"),
    "insert a column": lambda google: google.insert_columns("Activity", "About"),
    "filter": lambda google: google.filter("Activity", "Why", ["because 1", "because 4"]),
    "rename the tab": lambda google: google.rename_tab("Activity", "Log"),
    "cut empty rows off": lambda google: google.delete_rows("Activity", COUNT + 2, 80),
}


@pytest.fixture
def logged(stand: Stand) -> Stand:
    """A log of some rows, a column of people's own beside it."""
    rows = [{"What": f"thing {n}", "Why": f"because {n % 5}", "About": f"L-{n}"} for n in range(COUNT)]
    stand.tracker().append("Activity", rows)
    place = len(stand.google.values("Activity")[0]) + 1
    stand.google.paste("Activity", 1, place, [[NOTE], ["mine"], [""], ["=1+1"]])
    stand.tracker().read(["Activity"])  # the marks are looked at, for the header row is another one now
    stand.calls()
    return stand


def rows_of(stand: Stand) -> list[dict[str, Any]]:
    """Return the rows of the log as people see them, whatever its tab is called and its header's place."""
    tab = next(title for title in stand.google.tabs() if title in ("Activity", "Log"))
    return by_header(stand.google.values(tab), "What")


def trim(tracker: GoogleSheetsTracker, things: Counter[str] | None = None) -> list[str | ServiceError]:
    """Delete what is to go, by what it says."""
    wanted = things if things is not None else Counter(f"thing {n}" for n in DOOMED)
    rows = tracker.read(["Activity"], whole=True)["Activity"]
    return list(tracker.delete("Activity", [row.id for row in rows if row.text("What") in wanted]))


def held(rows: list[dict[str, Any]]) -> Counter[frozenset[tuple[str, str]]]:
    return Counter(frozenset((header, str(cell)) for header, cell in row.items()) for row in rows)


@pytest.mark.parametrize("before", [2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("hand", HANDS)
def test_nothing_goes_that_was_not_meant(logged: Stand, hand: str, before: int) -> None:
    """A hand between any two requests costs no row its place among the others' contents; a later trimming ends it."""
    left: list[dict[str, Any]] = []

    def act(google: Google) -> None:
        HANDS[hand](google)
        left.extend(rows_of(logged))

    had = rows_of(logged)
    logged.strike(act, before)
    tracker = logged.tracker()
    found = trim(tracker)
    logged.server.before.clear()

    seen = left or had
    gone = held(seen) - held(rows_of(logged))
    assert not held(rows_of(logged)) - held(seen), "something came, or changed"
    for row in gone:
        assert dict(row)["What"] in {f"thing {n}" for n in DOOMED}
    assert before < 4 or "keep this!" not in str(gone)
    assert all(isinstance(one, str | Conflict | Refused) for one in found)
    assert ASIDE not in [sheet.id for sheet in logged.google.file.sheets]
    trim(logged.tracker())
    assert not {f"thing {n}" for n in DOOMED} & set(texts(rows_of(logged), "What"))
    stay = [row for row in seen if row.get("What") not in {f"thing {n}" for n in DOOMED}]
    assert held(stay) == held(rows_of(logged))


def test_rows_that_were_not_meant_come_back_to_their_places(logged: Stand) -> None:
    """What a hand pushed into the place of a row that goes stands where the hand put it, with formula and colour."""
    logged.strike(lambda google: google.insert_rows("Activity", 2), 4)
    found = trim(logged.tracker())

    assert {Conflict} == {type(one) for one in found if not isinstance(one, str)}
    assert "put back" in str(next(one for one in found if isinstance(one, Conflict)))
    things = texts(rows_of(logged), "What")
    assert sorted(things, key=lambda thing: int(thing.split()[1])) == things
    assert "=1+1" in logged.google.formulas("Activity").values()


def test_trimming_asks_little(logged: Stand) -> None:
    """Four calls beside the reading: which tabs there are, the rows afresh, the deletion, its proof, its end."""
    tracker = logged.tracker()
    tracker.read(["Activity"])
    logged.calls()

    rows = [row.id for row in tracker.read(["Activity"])["Activity"]]
    assert rows[:4] + rows[6:8] == list(tracker.delete("Activity", rows[:4] + rows[6:8]))
    assert [f"thing {n}" for n in (4, 5, 8, 9, 10, 11)] == texts(rows_of(logged), "What")
    reads, writes = ("batchGetByDataFilter", 200), ("batchUpdate", 200)
    assert [("get", 200), reads, writes, reads, writes] == logged.calls()
    assert logged.google.tabs()[-1] != "Rows being trimmed"


@pytest.mark.parametrize("fault", ["drop-after", "commit-then-fail"])
def test_a_trimming_whose_end_is_not_known_is_taken_back(logged: Stand, fault: str) -> None:
    """Where no answer came to the deletion, all that lies aside comes back with the next trimming, even of nothing."""
    had = rows_of(logged)
    tracker = logged.tracker(caller=logged.once)
    rows = tracker.read(["Activity"])["Activity"]
    logged.google.faults.order(fault, path=f"/v4/spreadsheets/{logged.google.file.id}:batchUpdate")

    assert {Unsure} == {type(one) for one in tracker.delete("Activity", [rows[n].id for n in DOOMED])}
    assert COUNT - len(DOOMED) == len(rows_of(logged))
    assert [] == list(logged.tracker().delete("Activity", []))
    assert held(had) == held(rows_of(logged))
    assert ASIDE not in [sheet.id for sheet in logged.google.file.sheets]


def test_a_header_that_went_with_the_rows_comes_back(logged: Stand) -> None:
    """A title that came above the header pushed it among what went: all of it is put back on top, and works again."""
    had = rows_of(logged)
    tracker = logged.tracker(caller=logged.once)
    rows = tracker.read(["Activity"])["Activity"]
    logged.strike(lambda google: google.insert_rows("Activity", 1), 3)
    logged.google.faults.order("drop-after", path=f"/v4/spreadsheets/{logged.google.file.id}:batchUpdate")
    tracker.delete("Activity", [rows[n].id for n in DOOMED])
    logged.server.before.clear()
    with pytest.raises(Refused, match="no header row"):
        logged.tracker().read(["Activity"])

    assert [] == list(logged.tracker().delete("Activity", []))
    assert held(had) == held(rows_of(logged))
    logged.tracker().append("Activity", [{"What": "one more"}])
    assert "one more" == rows_of(logged)[-1]["What"]


def test_rows_aside_wait_for_their_tab(logged: Stand) -> None:
    """While somebody has cut the log, what lies aside stays there."""
    tracker = logged.tracker(caller=logged.once)
    rows = tracker.read(["Activity"])["Activity"]
    logged.google.faults.order("drop-after", path=f"/v4/spreadsheets/{logged.google.file.id}:batchUpdate")
    tracker.delete("Activity", [rows[0].id])
    logged.google.delete_tab("Activity")

    assert [] == list(logged.tracker().delete("Activity", []))
    assert ASIDE in [sheet.id for sheet in logged.google.file.sheets]
    logged.google.undo()
    assert [] == list(logged.tracker().delete("Activity", []))
    assert COUNT == len(rows_of(logged))


def test_a_trimming_that_is_done_but_not_known_so_is_taken_as_done(logged: Stand) -> None:
    """Where only the last answer is missing, the rows are gone, and the next trimming finds nothing aside."""
    tracker = logged.tracker(caller=logged.once)
    rows = tracker.read(["Activity"])["Activity"]
    path = f"/v4/spreadsheets/{logged.google.file.id}:batchUpdate"
    logged.strike(lambda google: google.faults.order("drop-after", path=path), 5)

    assert {Unsure} == {type(one) for one in tracker.delete("Activity", [rows[n].id for n in DOOMED])}
    left = [f"thing {n}" for n in range(COUNT) if n not in DOOMED]
    assert [] == list(logged.tracker().delete("Activity", []))
    assert left == texts(rows_of(logged), "What")


def test_two_trimmings_never_meet(logged: Stand) -> None:
    """While another run's rows lie aside, a deletion is refused whole: nothing of it is done."""
    tracker = logged.tracker(caller=logged.once)
    rows = tracker.read(["Activity"])["Activity"]
    logged.strike(duplicate, 3)

    assert {Refused} == {type(one) for one in tracker.delete("Activity", [rows[0].id])}
    assert COUNT == len(rows_of(logged))


def duplicate(google: Google) -> None:
    """Make the tab that another run has its rows on."""
    google.make_tab("Rows being trimmed", (), [["another's"]])
    google.sheet("Rows being trimmed").id = ASIDE
