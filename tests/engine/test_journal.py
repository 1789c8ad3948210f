"""The journal: a message is intended once, goes through its states one way, and is never forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from worker.engine.clock import FixedClock
from worker.engine.journal import Intent, Journal, Message
from worker.engine.store import Store
from worker.ports import Receipt

from .standins import StillClock


def intent(notice: str = "N1", channel: str = "email", body: bytes = b"\x00bytes", flow: str = "intake") -> Intent:
    return Intent(notice, channel, flow, "a@x.test", body, "because")


def keys(messages: Sequence[Message]) -> list[tuple[str, str]]:
    return [(message.notice, message.channel) for message in messages]


def test_a_message_goes_from_intent_to_receipt(journal: Journal, clock: StillClock) -> None:
    """Its bytes, address and reason come back as they were frozen, and its instants as they passed."""
    journal.intend([intent()])
    assert [] == list(journal.due())
    began = clock.now()

    journal.writing(["N1"])
    journal.release(["N1"])
    (message,) = journal.due()
    assert (b"\x00bytes", "a@x.test", "because", began) == (
        message.body, message.address, message.reason, message.created_at,
    )  # fmt: skip
    clock.advance(5)
    assert journal.begin("N1", "email")
    assert [] == list(journal.due())
    journal.done("N1", "email", Receipt("N1", "email", "ts1", clock.now()))

    assert {("N1", "email"): "sent"} == journal.states(["N1", "N9"])
    assert {"sent": 1} == journal.counts()


@pytest.mark.parametrize("moves", [["writing"], ["release"], ["release", "begin"], ["release", "begin", "doubt"]])
def test_an_intent_is_kept_once(journal: Journal, moves: list[str]) -> None:
    """A notice whose row was begun keeps its state and bytes when it is intended again; another channel is another."""
    journal.intend([intent(body=b"first")])
    for move in moves:
        getattr(journal, move)(*(("N1", "email") if move in {"begin", "doubt"} else (["N1"],)))
    before = journal.states(["N1"])
    journal.intend([intent(body=b"second"), intent(channel="slack")])

    assert {**before, ("N1", "slack"): "intended"} == journal.states(["N1"])
    journal.doubt("N1", "email")
    journal.release(["N1"])
    messages = [message for message in [*journal.due(), *journal.doubts()] if message.channel == "email"]
    assert [b"first"] == [message.body for message in messages]


def test_words_of_a_row_that_was_never_written_are_renewed(journal: Journal) -> None:
    """A message of a row that was not written says, once the row is, what is true by then."""
    journal.intend([intent(body=b"GBP 10")])
    journal.writing(["N1"])
    journal.unwritten(["N1"])
    journal.intend([intent(body=b"GBP 20")])
    journal.release(["N1"])

    assert [b"GBP 20"] == [message.body for message in journal.due()]


def test_what_was_sent_is_never_intended_again(journal: Journal, clock: StillClock) -> None:
    """Neither an intent, nor a release, nor a retry moves a message that was sent."""
    journal.intend([intent()])
    journal.release(["N1"])
    journal.begin("N1", "email")
    journal.done("N1", "email", Receipt("N1", "email", "id", clock.now()))

    journal.intend([intent()])
    journal.release(["N1"])
    journal.skip(["N1"])

    assert 0 == journal.retry("N1")
    assert not journal.begin("N1", "email")
    assert {"sent": 1} == journal.counts()


def test_only_one_begins(journal: Journal) -> None:
    """Of two who would send a message, the second is told that the first has it."""
    journal.intend([intent()])
    journal.release(["N1"])

    assert [True, False] == [journal.begin("N1", "email"), journal.begin("N1", "email")]


def test_a_row_that_was_not_written_keeps_its_message(journal: Journal) -> None:
    """What was being written and failed is intended again; only what is still being written counts as interrupted."""
    journal.intend([intent("N1"), intent("N2"), intent("N3", flow="cash")])
    journal.writing(["N1", "N2", "N3"])
    assert frozenset({"N1", "N2"}) == journal.interrupted("intake")

    journal.unwritten(["N1"])

    assert frozenset({"N2"}) == journal.interrupted("intake")
    assert {("N1", "email"): "intended"} == journal.states(["N1"])


def test_what_was_being_sent_by_a_dead_run_is_in_doubt(store: Store, journal: Journal, clock: StillClock) -> None:
    """A message whose sender holds a lease is being sent; one whose sender holds none any more is in doubt."""
    journal.intend([intent("N1"), intent("N2")])
    journal.release(["N1", "N2"])
    with store.write() as connection:
        connection.execute(text("INSERT INTO leases VALUES ('acme/intake', 'live', :e)"), {"e": clock.seconds() + 60})
    journal.begin("N1", "email", owner="live")
    journal.begin("N2", "email", owner="dead")

    assert [("N2", "email")] == keys(journal.doubts())
    clock.advance(61)
    assert [("N1", "email"), ("N2", "email")] == keys(journal.doubts())
    assert journal.doubts()[0].begun_at < clock.now()


def test_a_run_as_of_next_year_is_looked_for_from_today(store: Store) -> None:
    """When a message was begun is never later than it really was."""
    clock = FixedClock(datetime.now(UTC) + timedelta(days=365))
    journal = Journal(store, "acme", clock)
    journal.intend([intent()])
    journal.release(["N1"])
    journal.begin("N1", "email")

    (message,) = journal.doubts()
    assert message.begun_at is not None
    assert datetime.now(UTC) >= message.begun_at


def test_a_message_in_doubt_may_be_held_and_freed(journal: Journal) -> None:
    """A held message says why, is not due, and goes again with the same bytes once a person frees it."""
    journal.intend([intent()])
    journal.release(["N1"])
    journal.begin("N1", "email")
    journal.doubt("N1", "email")
    journal.hold("N1", "email", "look in the mailbox")
    assert [] == list(journal.due())
    assert [("N1", "look in the mailbox")] == [(message.notice, message.words) for message in journal.held()]

    assert 1 == journal.retry("N1")
    assert [b"\x00bytes"] == [message.body for message in journal.due()]


def test_what_was_not_sent_is_due_again(journal: Journal) -> None:
    """A message that provably did not go waits for the next time."""
    journal.intend([intent()])
    journal.release(["N1"])
    journal.begin("N1", "email")

    journal.later("N1", "email")

    assert [("N1", "email")] == keys(journal.due())


@pytest.mark.parametrize("moves", [[], ["writing"], ["release"], ["release", "begin", "doubt"]])
def test_a_skipped_message_never_goes(journal: Journal, moves: list[str]) -> None:
    """Whatever was still to be sent is not, once it is skipped."""
    journal.intend([intent()])
    for move in moves:
        getattr(journal, move)(*(("N1", "email") if move in {"begin", "doubt"} else (["N1"],)))

    journal.skip(["N1"])

    assert {"skipped": 1} == journal.counts()
    assert not journal.begin("N1", "email")


def test_programmes_are_apart(store: Store, journal: Journal, clock: StillClock) -> None:
    """The same notice of another programme is another message."""
    other = Journal(store, "apex", clock)
    journal.intend([intent()])
    other.intend([intent()])

    journal.release(["N1"])

    assert {("N1", "email"): "intended"} == other.states(["N1"])


def test_nothing_to_do_touches_nothing(journal: Journal) -> None:
    """Empty lists are fine."""
    journal.intend([])
    journal.release([])

    assert {} == journal.counts()
