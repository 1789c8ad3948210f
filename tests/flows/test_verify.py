"""`verify`: every line of the tracker is recomputed from the facts; what a hand changed shows, and nothing is written.

A year's deal of 12,000 at 10 % earns 100.00 a month; it is won on 12 January 2026.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.flows.conftest import Desk, on_both


@pytest.fixture
def paid(desk: Desk) -> Desk:
    """A programme with a deal that was paid for a year, on 5 April: three lines stand on a statement."""
    desk.paid_deal(12000)
    desk.later(minutes=5)
    desk.run()
    desk.until(datetime(2026, 4, 5, 8, tzinfo=UTC))
    desk.run()
    return desk


def edit(desk: Desk, month: str, **cells: object) -> str:
    """Edit the line of a month by hand; return its key."""
    row = next(r for r in desk.hands.rows("Commissions") if r["fields"]["Month"] == month)
    desk.hands.edit("Commissions", row["id"], cells)
    return str(row["fields"]["Line"])


def test_a_programme_that_was_just_run_agrees(paid: Desk) -> None:
    """After a run every line is as the facts make it; nothing is written to find out."""
    before = paid.effects()
    said = paid.command("verify", "--json")

    assert 0 == said.code
    assert {"agrees": True, "lines": 12, "differences": [], "sums": [], "unread": []} == said.json
    assert "12 lines, and every one is as the facts make it" in paid.command("verify").out
    assert before == paid.effects()


@on_both
def test_a_cell_that_a_hand_changed(paid: Desk) -> None:
    """A changed amount and a changed status show with key, column, what stands and what should; the next run mends."""
    key = edit(paid, "2026-05", Amount=250, Status="Confirmed")
    said = paid.command("verify", "--json")

    assert 1 == said.code
    assert [
        {"key": key, "column": "Amount", "stands": "250", "should_be": "100.00"},
        {"key": key, "column": "Status", "stands": "Confirmed", "should_be": "Expected"},
    ] == said.json["differences"]
    text = paid.command("verify")
    assert 1 == text.code
    assert key in text.out
    assert "12 lines; 1 differ" in text.out
    paid.later(minutes=5)
    paid.run("commissions")
    assert 0 == paid.command("verify").code


def test_a_locked_amount_that_a_hand_changed(paid: Desk) -> None:
    """A locked row stays as it is; the line that must answer it is missing, and is what differs."""
    edit(paid, "2026-02", Amount=90)
    found = paid.command("verify", "--json").json

    assert [("row", None, "10.00 GBP, Expected")] == [
        (d["column"], d["stands"], d["should_be"]) for d in found["differences"]
    ]
    assert [] == found["sums"]


def test_a_row_that_was_deleted_or_spoilt(paid: Desk) -> None:
    """A deleted row is missing, and a row whose key is no key can't be read; both are told."""
    rows = {r["fields"]["Month"]: r["id"] for r in paid.hands.rows("Commissions")}
    paid.hands.delete("Commissions", rows["2026-07"])
    edit(paid, "2026-08", Line="nonsense")
    said = paid.command("verify", "--json")

    assert 1 == said.code
    assert 11 - 1 == said.json["lines"]
    assert {"row"} == {d["column"] for d in said.json["differences"]}
    assert ["nonsense" in words for words in said.json["unread"]] == [True]


def test_as_of(paid: Desk) -> None:
    """At a later day April is over, so its row is not yet what it should be by then."""
    said = paid.command("verify", "--json", "--as-of", "2026-05-02T08:00:00Z")

    assert 1 == said.code
    assert {"2026-04"} == {d["key"].split("/")[2] for d in said.json["differences"]}
    assert ("Status", "Expected", "Confirmed") in [
        (d["column"], d["stands"], d["should_be"]) for d in said.json["differences"]
    ]
