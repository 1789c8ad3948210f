"""Sending what the journal holds: what is due once, what is in doubt only after the service was asked twice.

It neither builds messages nor decides who gets them. It pauses once between two looks; retries are the pace's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import structlog

from worker.engine.clock import Stopping
from worker.engine.journal import Journal, Message
from worker.engine.result import Change, Tally
from worker.ports import Clock, Notifier, Refused, ServiceError, Unauthorised, Unsure

log = structlog.get_logger()

_BETWEEN_LOOKS = 3.0  # seconds between the two looks for a message that may have gone
_FAILURES = 3  # in a row, after which a channel is left alone for this run


def nothing() -> None:
    """Guard nothing."""


def drain(
    journal: Journal,
    notifiers: Mapping[str, Notifier],
    clock: Clock,
    *,
    guard: Callable[[], None] = nothing,
    owner: str = "",
    tally: Tally | None = None,
) -> Tally:
    """Send every message that is due and settle every one in doubt; `guard` is asked before each, `owner` is the run.

    A message whose service can't be asked, or that was refused, is held for a person. Nothing is raised but what
    `guard` raises, and Stopping.
    """
    outbox = _Outbox(journal, notifiers, clock, guard, owner, Tally() if tally is None else tally)
    outbox.settle(journal.doubts())
    unsure = [message for message in journal.due() if outbox.send(message)]
    if unsure:
        fresh = {(message.notice, message.channel) for message in unsure}
        outbox.settle([message for message in journal.doubts() if (message.notice, message.channel) in fresh])
    counts = journal.counts()
    outbox.tally.counts["waiting"] += counts.get("due", 0) + counts.get("doubt", 0)
    return outbox.tally


class _Outbox:
    def __init__(
        self, journal: Journal, notifiers: Mapping[str, Notifier], clock: Clock,
        guard: Callable[[], None], owner: str, tally: Tally,
    ) -> None:  # fmt: skip
        self._journal = journal
        self._notifiers = notifiers
        self._clock = clock
        self._guard = guard
        self._owner = owner
        self._failures: Counter[str] = Counter()
        self.tally = tally

    def settle(self, doubts: Sequence[Message]) -> None:
        """Find out about messages that may have gone: found → sent; not found twice → sent again; else held."""
        missing = [message for message in doubts if self._looked_for_in_vain(message)]
        if missing:
            self._clock.sleep(_BETWEEN_LOOKS)
        for message in missing:
            if self._looked_for_in_vain(message):
                self.send(message)

    def send(self, message: Message) -> bool:
        """Send a message that is due or was never found; True when no answer came."""
        notifier = self._notifier(message)
        if notifier is None:
            return False
        self._guard()
        if not self._journal.begin(message.notice, message.channel, owner=self._owner):
            return False  # another process has it
        on = (message.notice, message.channel)
        try:
            receipt = notifier.send(message.body, message.address)
        except Unsure as error:
            self._journal.doubt(*on)
            self.tally.error(error)
            return True
        except Refused as error:
            self._hold(message, f"{error}. Mend that, then send it again with: quarterday retry {message.notice}")
        except Stopping:
            self._journal.later(*on)  # the pace waits only before it sends
            raise
        except ServiceError as error:
            self._journal.later(*on)
            self._trouble(message, error)
        else:
            self._journal.done(*on, receipt)
            self._sent(message)
        return False

    def _looked_for_in_vain(self, message: Message) -> bool:
        notifier = self._notifier(message)
        if notifier is None:
            return False
        if not notifier.can_find:
            lost = f"{message.channel} gave no answer, so this message may have gone, and nobody can be asked"
            self._hold(message, f"{lost}. See whether it arrived; if not: quarterday retry {message.notice}")
            return False
        try:
            receipt = notifier.find(message.notice, message.address, message.begun_at or message.created_at)
        except Refused as error:
            words = f"it may have gone, and {error}. See whether it arrived; if not: quarterday retry {message.notice}"
            self._hold(message, words)
            return False
        except ServiceError as error:
            self._trouble(message, error)
            return False
        if receipt is None:
            return True
        self._journal.done(message.notice, message.channel, receipt)
        self._sent(message)
        return False

    def _notifier(self, message: Message) -> Notifier | None:
        if self._failures[message.channel] >= _FAILURES:
            return None
        notifier = self._notifiers.get(message.channel)
        if notifier is None:
            self.tally.problem(f"messages wait for {message.channel}, which is no channel of [notify]")
        return notifier

    def _trouble(self, message: Message, error: ServiceError) -> None:
        self._failures[message.channel] += _FAILURES if isinstance(error, Unauthorised) else 1
        self.tally.error(error)

    def _hold(self, message: Message, words: str) -> None:
        self._journal.hold(message.notice, message.channel, words)
        self.tally.counts["held"] += 1
        self.tally.problem(f"{message.notice} is held: {words}")
        log.warning("message.held", notice=message.notice, channel=message.channel)

    def _sent(self, message: Message) -> None:
        self._failures[message.channel] = 0
        self.tally.counts["told"] += 1
        self.tally.changes.append(Change(f"Sent by {message.channel}", message.notice, message.reason))
        log.info("message.sent", notice=message.notice, channel=message.channel)
