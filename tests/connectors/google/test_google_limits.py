"""Quotas and bad days, with the engine's own pace on the sandbox's time: waited for, given up in time, gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.google.google_stand import Stand, texts
from worker.connectors.google_sheets import GoogleSheetsTracker
from worker.engine.memory import StoreMemory
from worker.engine.pace import Pacer
from worker.engine.store import Store
from worker.ports import Edit, ServiceError, Unavailable, Unsure
from worker.sandbox.google.limits import PER_USER
from worker.sandbox.google.workspace import ACCOUNT
from worker.sandbox.server import Request

PATIENCE = 120.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'state.db'}") as opened:
        yield opened


@pytest.fixture
def busy(stand: Stand) -> Stand:
    """Return a spreadsheet under the service's real quotas."""
    stand.google.limits = True
    return stand


def run(stand: Stand, store: Store, **changed: Any) -> GoogleSheetsTracker:
    """Return a tracker as a run of the engine has it."""
    pacer = Pacer(store, stand.time, patience=PATIENCE)
    return stand.tracker(**{"memory": StoreMemory(store, "acme"), "caller": pacer, **changed})


def line(key: str, **cells: Any) -> Edit:
    return Edit("Commissions", None, key, cells)


def spend(stand: Stand, kind: str, calls: int = PER_USER) -> None:
    """Let another program of the same account use up this minute's quota."""
    for _ in range(calls):
        stand.google._quota.take(kind, ACCOUNT, stand.clock.seconds())


def test_a_long_run_keeps_to_the_quota_by_itself(busy: Stand, store: Store) -> None:
    """Seventy rows written one by one, and read as often: not one refusal, each row once, in a few minutes."""
    began = busy.time.seconds()
    tracker = run(busy, store)

    for n in range(70):
        assert [f"k{n}"] == list(tracker.write([line(f"k{n}", Status="Expected")]))

    calls = busy.calls()
    assert {200} == {status for _, status in calls}
    assert [f"k{n}" for n in range(70)] == texts(busy.grid("Commissions"), "Line")
    writes = len([what for what, _ in calls if what.startswith("batchUpdate")])
    minutes = (busy.time.seconds() - began) / 60
    assert writes / PER_USER - 1 <= minutes <= writes / PER_USER + 1


@pytest.mark.parametrize("kind", ["Read", "Write"])
def test_a_quota_that_others_used_up_is_waited_for(busy: Stand, store: Store, kind: str) -> None:
    """In the middle of a run: it waits for the next minute, and goes on; nothing is written twice."""
    tracker = run(busy, store)
    tracker.write([line("a", Status="Expected")])
    spend(busy, kind, PER_USER - 6)
    began = busy.time.seconds()

    found = [tracker.write([line(key, Status="Expected")])[0] for key in ("b", "c", "d", "e")]

    assert ["b", "c", "d", "e"] == found
    assert ["a", "b", "c", "d", "e"] == texts(busy.grid("Commissions"), "Line")
    assert 429 in [status for _, status in busy.calls()]
    assert 0 < busy.time.seconds() - began < 70


def test_a_quota_that_stays_used_up_ends_the_run_in_time(busy: Stand, store: Store) -> None:
    """Within its patience it gives up, says why, and the next run does what is left; nothing is written twice."""
    busy.google.faults.order("quota", path="/v4", times=99, options={"kind": "Write"}, skip=2)
    tracker = run(busy, store)
    began = busy.time.seconds()

    with pytest.raises(Unavailable, match="Quota exceeded for quota metric 'Write requests'") as told:
        tracker.write([line(f"k{n}", Status="Expected") for n in range(10)])
    assert told.value.limited
    assert busy.time.seconds() - began <= PATIENCE

    busy.google.faults.clear()
    busy.clock.advance(timedelta(minutes=5))
    assert [f"k{n}" for n in range(10)] == list(run(busy, store).write([line(f"k{n}", Why="x") for n in range(10)]))
    assert [f"k{n}" for n in range(10)] == texts(busy.grid("Commissions"), "Line")


def test_two_processes_share_one_quota(busy: Stand, store: Store) -> None:
    """Two runs on one store, each with its own pace: together they stay within sixty a minute."""
    one, two = run(busy, store), run(busy, store)

    for n in range(25):
        one.write([line(f"a{n}", Status="Expected")])
        two.write([line(f"b{n}", Status="Expected")])

    assert {200} == {status for _, status in busy.calls()}
    assert 50 == len(busy.grid("Commissions"))


BAD_DAYS = ["bad-gateway", "sorry", "internal", "unavailable", "deadline", "redirect", "drop-before", "drop-after",
            "half-body", "empty", "commit-then-fail"]  # fmt: skip


@pytest.mark.parametrize("fault", BAD_DAYS)
def test_a_bad_day_costs_time_and_no_row(stand: Stand, store: Store, fault: str) -> None:
    """Struck at reading, at beginning rows and at filling them: in the end each row stands once with its own cells."""
    path = f"/v4/spreadsheets/{stand.google.file.id}"
    for where in ("/values:batchGet", ":batchUpdate", "/values:batchUpdate"):
        if fault != "commit-then-fail" or "Update" in where:
            stand.google.faults.order(fault, path=path + where, times=2)

    found: list[str | ServiceError] = []
    for _ in range(3):
        with suppress(Unavailable):
            found = list(run(stand, store).write([line(f"k{n}", Status="Expected", Why=f"for k{n}") for n in range(5)]))

    assert [f"k{n}" for n in range(5)] == found
    assert [(f"k{n}", "Expected", f"for k{n}") for n in range(5)] == [
        (row["Line"], row["Status"], row["Why"]) for row in stand.grid("Commissions")
    ]


@pytest.mark.parametrize("fault", [fault for fault in BAD_DAYS if fault != "commit-then-fail"])
def test_a_reading_is_whole_or_none(stand: Stand, fault: str) -> None:
    """Pages, halves, redirects and silence are failures, never an empty table; asked again, all rows are there."""
    for n in range(5):
        stand.lead(Company=f"Company {n}")
    stand.google.faults.order(fault, path=f"/v4/spreadsheets/{stand.google.file.id}/values:batchGet")
    tracker = stand.tracker(caller=stand.once)

    with pytest.raises(Unavailable):
        tracker.read(["Leads"])
    assert 5 == len(tracker.read(["Leads"])["Leads"])


def test_an_answer_that_lacks_a_tab_is_no_answer(stand: Stand) -> None:
    """A 200 without the tab that was asked for is never read as “no rows”."""
    stand.lead()
    body = {"spreadsheetId": "x", "valueRanges": []}
    stand.google.faults.order(
        "status", path=f"/v4/spreadsheets/{stand.google.file.id}/values", options={"status": 200, "body": body}
    )

    with pytest.raises(Unavailable, match="the answer lacks"):
        stand.tracker(caller=stand.once).read(["Leads"])


def test_what_hangs_ends_at_the_timeout(stand: Stand) -> None:
    """A read is tried again; a write's outcome is unknown and found out. Here the timeout is made short."""
    stand.lead(Company="Ashdown")
    tracker = stand.tracker(caller=stand.once)
    (row,) = tracker.read(["Leads"])["Leads"]
    tracker._door._session().set_timeout((1.0, 1.0))
    stand.google.faults.order("slow", options={"seconds": 2.0}, times=1)

    (found,) = tracker.write([Edit("Leads", row.id, "", {"Lead": "L-ABCDEFGH"})])

    assert "L-ABCDEFGH" == found
    assert ["L-ABCDEFGH"] == texts(stand.grid("Leads"), "Lead")
    stand.google.faults.order("slow", options={"seconds": 2.0}, times=1)
    with pytest.raises(Unavailable, match="no answer"):
        tracker.read(["Leads"], whole=True)


def test_a_refused_connection_is_known_to_have_done_nothing(stand: Stand) -> None:
    """Nothing was sent, so it is no unknown outcome: the same call may be made again."""
    tracker = stand.tracker(caller=stand.once)
    tracker.read(["Commissions", "Activity"])
    tracker._door._session().endpoint = "http://127.0.0.1:9"

    with pytest.raises(Unavailable):
        tracker.write([line("a", Status="Expected")])
    with pytest.raises(Unavailable):
        tracker.append("Activity", [{"What": "one"}])
    assert [] == stand.grid("Commissions") + stand.grid("Activity")


def test_a_token_that_turns_stale_is_renewed(stand: Stand) -> None:
    """In the middle of a run, before any request: a new one is asked for, and nobody notices."""
    tracker = stand.tracker(caller=stand.once)
    tracker.read(["Commissions"])

    def stale(request: Request) -> None:
        if request.path != "/token" and len(tokens) < 2:
            tokens.append(request.path)
            stand.google.expire_tokens()

    tokens: list[str] = []
    stand.server.before.append(stale)

    assert ["a"] == list(tracker.write([line("a", Status="Expected")]))
    assert ["a"] == texts(stand.grid("Commissions"), "Line")


def test_a_batch_without_an_echo_is_not_taken_for_done(stand: Stand) -> None:
    """A 200 that does not show what was written is an unknown outcome, and looked into."""
    stand.tracker().write([line("a", Status="Expected")])
    path = f"/v4/spreadsheets/{stand.google.file.id}/values:batchUpdate"
    stand.google.faults.order("status", path=path, times=99, options={"status": 200, "body": {"spreadsheetId": "x"}})

    (found,) = stand.tracker(caller=stand.once).write([line("a", Status="Waiting")])

    assert isinstance(found, Unsure)
    assert ["Expected"] == texts(stand.grid("Commissions"), "Status")
