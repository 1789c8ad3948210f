"""How many rows there were, beside other runs that read and count at the same time."""

from __future__ import annotations

import pytest

from worker.engine.memory import StoreMemory
from worker.engine.row_counts import RowCounts
from worker.engine.store import Store


@pytest.fixture
def memory(store: Store) -> StoreMemory:
    """Return a shelf that all rounds share."""
    return StoreMemory(store, "acme/flows")


def looking(memory: StoreMemory) -> RowCounts:
    """Return what a round knows that begins now."""
    counts = RowCounts(memory)
    counts.load()
    return counts


def test_what_was_counted_is_known_to_the_next_round(memory: StoreMemory) -> None:
    """A table of which nothing is remembered had none; what a round noted it holds its next reading against."""
    first = looking(memory)
    assert 0 == first.of("Leads")
    first.note({"Leads": 12, "Members": 0})
    assert 12 == first.of("Leads") == looking(memory).of("Leads")
    first.note({"Leads": 11})
    first.load()
    assert 11 == first.of("Leads") == looking(memory).of("Leads")


def test_rows_that_another_made_after_our_look_are_not_lost(memory: StoreMemory) -> None:
    """Ours were read before theirs were made, and are held against what was known then; their count stays."""
    looking(memory).note({"Commissions": 12, "Leads": 4})
    ours, theirs = looking(memory), looking(memory)
    theirs.note({"Commissions": 18})

    assert 12 == ours.of("Commissions")
    ours.note({"Commissions": 12, "Leads": 5})
    assert (18, 5) == (looking(memory).of("Commissions"), looking(memory).of("Leads"))
    ours.note({"Commissions": 13})
    assert (13, 18) == (ours.of("Commissions"), looking(memory).of("Commissions"))


def test_what_is_known_already_is_not_written(memory: StoreMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quiet round writes nothing into the state."""
    looking(memory).note({"Leads": 3})
    counts = looking(memory)
    monkeypatch.delattr(StoreMemory, "amend")
    counts.note({"Leads": 3})
    with pytest.raises(AttributeError):
        counts.note({"Leads": 4})
