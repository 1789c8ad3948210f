"""One statement on its way to its partner: what its row says meanwhile, and whether it is still to be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from worker.domain.lines import Line, Statement
from worker.domain.partners import PartnerRow
from worker.domain.plan import Tell
from worker.domain.words import Words
from worker.planning.money_notices import statement_notice, statement_notice_key

# A notice's key → how far its messages are: intended (its row is not written), pending, held, sent, skipped; or what a
# person ordered: resend, skipped; None where none is known.
Told = Callable[[str], str | None]
State = Literal["sent", "skipped", "stopped", "held", "unreachable", "new", "pending", "unknown"]

_NOT_TOLD = "Not told: "  # in the row of a statement that there was no way to send


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A statement as composed in this run, the draft that stands for it already, its lines, and its partner's row."""

    statement: Statement
    draft: Statement | None
    lines: Sequence[Line]
    partner: PartnerRow | None
    told: Told

    def state(self) -> State:
        """Return how far it is.

        A draft that no message is known of was begun before the state was lost, unless its row says that there was no
        way to send it: whether it went can't be known.
        """
        known = self.told(statement_notice_key(self.statement.key))
        billed = self.draft is None and any(line.status != "On statement" for line in self.lines)
        if known == "sent" or billed:  # where its bill came it went, and only its row was lost
            return "sent"
        if known == "skipped":
            return "skipped"
        if self.draft is not None and self.draft.hold:
            return "stopped"
        if known == "held":
            return "held"
        if self.partner is None or not (self.partner.email or self.partner.slack_channel):
            return "unreachable"
        if known is not None:
            return "pending"
        return "new" if self._never_tried() else "unknown"

    def _never_tried(self) -> bool:
        return self.draft is None or self.draft.problem.startswith(_NOT_TOLD)

    def stands(self) -> Statement:
        """Return the statement as its row must stand: a draft until the partner was told, or need not be."""
        state = self.state()
        if state in ("sent", "skipped"):
            return self.statement
        problem = _words(state, self.statement.key)
        if state == "stopped" and self._never_tried():
            problem = _NOT_TOLD + problem
        return replace(self.statement, status="Draft", issued=None, problem=problem)

    def tells(self, words: Words) -> list[Tell]:
        """Return the message, where it is still to go."""
        if self.partner is None or self.state() not in ("new", "pending"):
            return []
        notice = statement_notice(self.statement, self.lines, self.partner, words)
        return [Tell(notice, self.statement.key, "the partner is told what to invoice")]


def _words(state: State, key: str) -> str:
    """Return what stands in `Problem`; nothing while all goes its way."""
    send, leave = f"`quarterday retry {key}`", f"`quarterday retry {key} --skip`"
    return {
        "stopped": "Hold is ticked: untick it to send the statement",
        "unreachable": (
            f"{_NOT_TOLD}the partner has neither Email nor Slack channel. Fill one in and it is sent, or leave it "
            f"unsent with {leave}"
        ),
        "held": (
            "It is not certain that the partner was told: ask the partner or look at the mail relay, then "
            f"{send} to send it again or {leave} to leave it"
        ),
        "unknown": (
            "No message of it is known: the worker's state was lost and it may have been sent, or no channel reaches "
            f"the partner. Ask the partner, then {send} to send it or {leave} to leave it"
        ),
    }.get(state, "")
