"""The journal of what people are told: every message from intent to receipt, once by notice and channel, never deleted.

    intended → writing → due → sending → sent
                                  └→ doubt → sent · due · held        held → due (retry) · skipped

*intended*: the row that it speaks of is not written. *writing*: that row is being written, and the bytes are frozen.
*due*: the row stands. *sending*: handed to the service. *doubt*: no answer came. Nothing is sent here; see outbox.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Row, TextClause, text

from worker.engine.store import Store, instant, stamp
from worker.ports import Clock, Receipt

State = Literal["intended", "writing", "due", "sending", "doubt", "sent", "held", "skipped"]

_COLUMNS = "notice, channel, state, flow, address, body, reason, created_at, begun_at, provider_id, sent_at, words"
_INTEND = text(
    "INSERT INTO messages (programme, notice, channel, state, flow, address, body, reason, created_at, owner, words) "
    "VALUES (:programme, :notice, :channel, 'intended', :flow, :address, :body, :reason, :now, '', '') "
    "ON CONFLICT (programme, notice, channel) DO UPDATE "
    "SET address = excluded.address, body = excluded.body, reason = excluded.reason WHERE messages.state = 'intended'"
)
_STATES = text("SELECT notice, channel, state FROM messages WHERE programme = :programme AND notice = :notice")
_IN = text(
    f"SELECT {_COLUMNS} FROM messages WHERE programme = :programme AND state = :state "
    "ORDER BY created_at, notice, channel"
)
_OF_FLOW = text("SELECT DISTINCT notice FROM messages WHERE programme = :programme AND flow = :flow AND state = :state")
_MOVE_NOTICE = text(
    "UPDATE messages SET state = :after WHERE programme = :programme AND notice = :notice AND state = :before"
)
_MOVE = text(
    "UPDATE messages SET state = :after, words = :words "
    "WHERE programme = :programme AND notice = :notice AND channel = :channel AND state = :before"
)
_BEGIN = text(
    "UPDATE messages SET state = 'sending', owner = :owner, begun_at = :now "
    "WHERE programme = :programme AND notice = :notice AND channel = :channel AND state IN ('due', 'doubt')"
)
_DONE = text(
    "UPDATE messages SET state = 'sent', provider_id = :provider_id, sent_at = :at, words = '' "
    "WHERE programme = :programme AND notice = :notice AND channel = :channel"
)
# Whoever was sending and no longer holds a lease has died in the middle.
_ORPHANS = text(
    "UPDATE messages SET state = 'doubt' WHERE programme = :programme AND state = 'sending' "
    "AND owner NOT IN (SELECT token FROM leases WHERE expires > :seconds)"
)
_COUNTS = text("SELECT state, COUNT(*) AS messages FROM messages WHERE programme = :programme GROUP BY state")


@dataclass(frozen=True, slots=True)
class Intent:
    """A message to be sent once: the notice's key, the channel's name, where to, the rendered bytes, and why."""

    notice: str
    channel: str
    flow: str
    address: str
    body: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message as journalled. `begun_at` is when it was last handed to the service; `words` say why it is held."""

    notice: str
    channel: str
    state: State
    flow: str
    address: str
    body: bytes
    reason: str
    created_at: datetime
    begun_at: datetime | None
    provider_id: str | None
    sent_at: datetime | None
    words: str


class Journal:
    """The outbox of one programme."""

    def __init__(self, store: Store, programme: str, clock: Clock) -> None:
        self._store = store
        self._programme = programme
        self._clock = clock

    def intend(self, intents: Iterable[Intent]) -> None:
        """Write messages down before anything is done that they speak of.

        One that is there already keeps its state, and its bytes too unless its row was never written: then nothing of
        it can have gone, and the newer words are the true ones.
        """
        now = stamp(self._clock.now())
        rows = [
            {
                "programme": self._programme, "notice": intent.notice, "channel": intent.channel, "flow": intent.flow,
                "address": intent.address, "body": intent.body, "reason": intent.reason, "now": now,
            }
            for intent in intents
        ]  # fmt: skip
        if rows:
            with self._store.write() as connection:
                connection.execute(_INTEND, rows)

    def states(self, notices: Collection[str]) -> Mapping[tuple[str, str], State]:
        """Return the states of these notices' messages, by notice and channel."""
        with self._store.read() as connection:
            return {
                (row.notice, row.channel): row.state
                for notice in notices
                for row in connection.execute(_STATES, {"programme": self._programme, "notice": notice})
            }

    def writing(self, notices: Collection[str]) -> None:
        """Note that the rows of these notices are about to be written."""
        self._move_notices(notices, "intended", "writing")

    def unwritten(self, notices: Collection[str]) -> None:
        """Note that the rows were not written after all; the messages wait for a run that writes them."""
        self._move_notices(notices, "writing", "intended")

    def interrupted(self, flow: str) -> frozenset[str]:
        """Return the notices whose rows a run of this flow was writing when it died."""
        with self._store.read() as connection:
            on = {"programme": self._programme, "flow": flow, "state": "writing"}
            return frozenset(connection.scalars(_OF_FLOW, on))

    def release(self, notices: Collection[str]) -> None:
        """Let these notices be sent: the rows stand."""
        self._move_notices(notices, "intended", "due")
        self._move_notices(notices, "writing", "due")

    def skip(self, notices: Collection[str]) -> None:
        """Never send these notices: whether they went already cannot be known, or a person says so."""
        for state in ("intended", "writing", "due", "doubt", "held"):
            self._move_notices(notices, state, "skipped")

    def due(self) -> Sequence[Message]:
        """Return what may be sent, oldest first."""
        return self._in("due")

    def begin(self, notice: str, channel: str, *, owner: str = "") -> bool:
        """Claim a message that is due or in doubt just before it is sent; False when somebody else was quicker."""
        # The earlier of both clocks: whoever looks for the message later must not look too late, whatever --as-of says.
        now = min(self._clock.now(), datetime.fromtimestamp(self._clock.seconds(), UTC))
        return self._one(_BEGIN, notice, channel, owner=owner, now=stamp(now)) == 1

    def done(self, notice: str, channel: str, receipt: Receipt) -> None:
        """Note the service's word that a message went."""
        self._one(_DONE, notice, channel, provider_id=receipt.provider_id, at=stamp(receipt.at))

    def later(self, notice: str, channel: str) -> None:
        """Note that nothing was sent: it is due again."""
        self._one(_MOVE, notice, channel, before="sending", after="due", words="")

    def doubt(self, notice: str, channel: str) -> None:
        """Note that no answer came: it may have gone."""
        self._one(_MOVE, notice, channel, before="sending", after="doubt", words="")

    def doubts(self) -> Sequence[Message]:
        """Return what may have gone: unanswered, or being sent by a run that is no more."""
        with self._store.write() as connection:
            connection.execute(_ORPHANS, {"programme": self._programme, "seconds": self._clock.seconds()})
        return self._in("doubt")

    def hold(self, notice: str, channel: str, words: str) -> None:
        """Keep a message that was being sent, or is in doubt, for a person; `words` say why and what to do."""
        for before in ("sending", "doubt"):
            self._one(_MOVE, notice, channel, before=before, after="held", words=words)

    def held(self) -> Sequence[Message]:
        """Return what waits for a person."""
        return self._in("held")

    def retry(self, notice: str) -> int:
        """Let a held notice be sent again, the same bytes; return how many messages that were."""
        return self._move_notices([notice], "held", "due")

    def counts(self) -> Mapping[State, int]:
        """Return how many messages stand in each state."""
        with self._store.read() as connection:
            rows = connection.execute(_COUNTS, {"programme": self._programme})
            return {row.state: row.messages for row in rows}

    def _in(self, state: State) -> Sequence[Message]:
        with self._store.read() as connection:
            rows = connection.execute(_IN, {"programme": self._programme, "state": state})
            return [_message(row) for row in rows]

    def _move_notices(self, notices: Collection[str], before: State, after: State) -> int:
        rows = [
            {"programme": self._programme, "notice": notice, "before": before, "after": after} for notice in notices
        ]
        if not rows:
            return 0
        with self._store.write() as connection:
            return connection.execute(_MOVE_NOTICE, rows).rowcount

    def _one(self, statement: TextClause, notice: str, channel: str, **row: str) -> int:
        with self._store.write() as connection:
            on = {"programme": self._programme, "notice": notice, "channel": channel}
            return connection.execute(statement, {**on, **row}).rowcount


def _message(row: Row[tuple[str, ...]]) -> Message:
    known = dict(row._mapping)
    for column in ("created_at", "begun_at", "sent_at"):
        known[column] = instant(known[column]) if known[column] else None
    return Message(**{**known, "body": bytes(known["body"])})
