"""Sending what is due, and finding out about what may have gone."""

from __future__ import annotations

import pytest

from worker.engine.clock import Stopping
from worker.engine.journal import Intent, Journal
from worker.engine.outbox import drain
from worker.engine.result import Tally
from worker.ports import Conflict, Refused, ServiceError, Unauthorised, Unavailable, Unsure

from .conftest import Bench


def due(journal: Journal, *notices: str, channel: str = "slack") -> None:
    journal.intend([Intent(notice, channel, "intake", "C1", f"{notice}|x".encode(), "why") for notice in notices])
    journal.release(notices)


def send(bench: Bench, **more: object) -> Tally:
    notifiers = {"slack": bench.slack, "email": bench.email}
    return drain(bench.journal, notifiers, bench.clock, **more)  # type: ignore[arg-type]


def test_everything_that_is_due_goes_once(bench: Bench) -> None:
    """Draining twice sends once."""
    due(bench.journal, "1", "2")

    assert [2, 0] == [send(bench).counts["told"], send(bench).counts["told"]]
    assert [("slack", "1"), ("slack", "2")] == bench.world.sent


def test_a_message_that_another_process_took_is_left_to_it(bench: Bench) -> None:
    """A message that is begun between our look and our turn is not sent by us."""
    due(bench.journal, "1")

    tally = send(bench, guard=lambda: bench.journal.begin("1", "slack", owner="another"))

    assert ([], 0) == (bench.world.sent, tally.counts["told"])


@pytest.mark.parametrize("error", [Unavailable("slack", "down"), Conflict("slack", "odd")])
def test_what_provably_did_not_go_waits(bench: Bench, error: ServiceError) -> None:
    """A message that was not sent is due again, and the run says that something waits."""
    due(bench.journal, "1", "2")
    bench.slack.before = [error]

    result = send(bench).result("intake")

    assert [("slack", "2")] == bench.world.sent
    assert ("waiting", 1, str(error)) == (result.state, result.counts["waiting"], result.words)


def test_a_channel_that_is_down_is_left_alone_after_three(bench: Bench) -> None:
    """After three failures in a row a channel rests for this run; the other one is not touched by that."""
    due(bench.journal, *"12345")
    due(bench.journal, "6", channel="email")
    bench.slack.before = [Unavailable("slack", "down")] * 5

    tally = send(bench)

    assert 2 == len(bench.slack.before)
    assert [("email", "6")] == bench.world.sent
    assert 5 == tally.counts["waiting"]


def test_failures_that_are_not_in_a_row_do_not_count(bench: Bench) -> None:
    """A success in between begins the count anew."""
    due(bench.journal, *"123456")
    down = Unavailable("slack", "down")
    bench.slack.before = [down, down, None, down, down, None]

    send(bench)

    assert [("slack", "3"), ("slack", "6")] == bench.world.sent
    assert {"sent": 2, "due": 4} == bench.journal.counts()


def test_a_dead_token_is_one_alarm(bench: Bench) -> None:
    """With a dead token the channel rests at once and the flow fails."""
    due(bench.journal, *"123")
    bench.slack.before = [Unauthorised("slack", "invalid_auth")] * 3

    result = send(bench).result("intake")

    assert 2 == len(bench.slack.before)
    assert ("failed", ("slack: invalid_auth",), 3) == (result.state, result.errors, result.counts["waiting"])


def test_a_refused_message_is_held_with_words(bench: Bench) -> None:
    """A refused message says what was wrong and how to send it once that is mended."""
    due(bench.journal, "1")
    bench.slack.before = [Refused("slack", "channel_not_found")]

    tally = send(bench)

    (held,) = bench.journal.held()
    assert "slack: channel_not_found. Mend that, then send it again with: quarterday retry 1" == held.words
    assert 1 == tally.counts["held"]


def test_stopping_leaves_a_message_due(bench: Bench) -> None:
    """The pace waits before it sends: stopped there, the message did not go and is due."""
    due(bench.journal, "1")
    bench.slack.before = [Stopping()]

    with pytest.raises(Stopping):
        send(bench)

    assert {"due": 1} == bench.journal.counts()


def test_a_channel_that_is_not_configured_is_said(bench: Bench) -> None:
    """Messages of a channel that was taken out of the config wait, and the run says which."""
    due(bench.journal, "1", "2", channel="pigeon")
    bench.journal.begin("2", "pigeon", owner="dead")

    result = send(bench).result("intake")

    assert ("waiting", 2) == (result.state, result.counts["waiting"])
    assert ("messages wait for pigeon, which is no channel of [notify]",) == result.problems


# ---- in doubt -------------------------------------------------------------------------------------------------------


def died_sending(bench: Bench, *notices: str, channel: str = "slack", went: bool) -> None:
    due(bench.journal, *notices, channel=channel)
    for notice in notices:
        bench.journal.begin(notice, channel, owner="dead")
        if went:
            bench.world.sent.append((channel, notice))


def test_a_dead_runs_message_that_went_is_found(bench: Bench) -> None:
    """A run died after sending: the message is found at the first look, without a pause."""
    died_sending(bench, "1", went=True)

    tally = send(bench)

    assert ([("slack", "1")], {"sent": 1}, []) == (bench.world.sent, bench.journal.counts(), bench.clock.slept)
    assert 1 == tally.counts["told"]


def test_many_missing_messages_share_one_pause(bench: Bench) -> None:
    """A run died before sending: the messages are looked for, all of them again after one pause, and sent."""
    died_sending(bench, "1", "2", went=False)

    send(bench)

    assert ["1", "2", "1", "2"] == bench.slack.looked
    assert [3.0] == bench.clock.slept
    assert [("slack", "1"), ("slack", "2")] == bench.world.sent


def test_a_message_that_appears_late_is_not_sent_again(bench: Bench) -> None:
    """A message that is not there at the first look but at the second went."""
    died_sending(bench, "1", went=False)
    find = bench.slack.find

    def late(key: str, to: str, since: object) -> object:
        found = find(key, to, since)  # type: ignore[arg-type]
        bench.world.sent.append(("slack", key))
        return found

    bench.slack.find = late  # type: ignore[assignment,method-assign]
    send(bench)

    assert ([], {"sent": 1}) == (bench.slack.bodies, bench.journal.counts())


def test_a_dead_runs_mail_is_held(bench: Bench) -> None:
    """A run died while it sent a mail: it is held, and the words say what to do."""
    died_sending(bench, "1", channel="email", went=True)

    tally = send(bench)

    (held,) = bench.journal.held()
    assert "email gave no answer, so this message may have gone, and nobody can be asked" in held.words
    assert "quarterday retry 1" in held.words
    assert (1, [("email", "1")]) == (tally.counts["held"], bench.world.sent)


def test_a_service_that_may_not_be_asked_holds(bench: Bench) -> None:
    """Where looking is refused, the message is held."""
    died_sending(bench, "1", went=True)
    bench.slack.finding = [Refused("slack", "missing_scope")]

    send(bench)

    assert ["it may have gone, and slack: missing_scope. See whether it arrived; if not: quarterday retry 1"] == [
        message.words for message in bench.journal.held()
    ]


@pytest.mark.parametrize("looks", [0, 1])
def test_a_service_that_cannot_be_asked_now_keeps_the_doubt(bench: Bench, looks: int) -> None:
    """Where looking fails for now, at the first or the second look, the message stays in doubt; it is not sent."""
    died_sending(bench, "1", went=False)
    find = bench.slack.find
    answers = iter(range(9))

    def flaky(key: str, to: str, since: object) -> object:
        if next(answers) == looks:
            raise Unavailable("slack", "down")
        return find(key, to, since)  # type: ignore[arg-type]

    bench.slack.find = flaky  # type: ignore[assignment,method-assign]
    result = send(bench).result("intake")

    assert ([], {"doubt": 1}) == (bench.world.sent, bench.journal.counts())
    assert ("waiting", 1) == (result.state, result.counts["waiting"])


def test_a_message_lost_twice_stays_in_doubt(bench: Bench) -> None:
    """A message whose second sending gets no answer either is looked for by the next run."""
    due(bench.journal, "1")
    bench.slack.before = [Unsure("slack", "lost"), Unsure("slack", "lost")]

    assert "waiting" == send(bench).result("intake").state
    assert {"doubt": 1} == bench.journal.counts()

    assert "in sync" == send(bench).result("intake").state
    assert [("slack", "1")] == bench.world.sent
