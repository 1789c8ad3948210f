"""One message to staff when a flow stops working: sent when it fails or is stopped and was not before."""

from __future__ import annotations

from worker.domain.notices import Notice, Recipient
from worker.engine.journal import Intent, Journal
from worker.engine.outbox import drain
from worker.engine.runs import Outcome
from worker.ports import Clock, Notifier


def tell_staff(
    outcome: Outcome, programme: str, channel: str, slack: Notifier, journal: Journal, clock: Clock
) -> None:  # fmt: skip
    """Post how the run ended into the staff's Slack channel; `status` says it for as long as it lasts."""
    at = clock.now()
    subject = f"{outcome.flow}: {outcome.state}"
    text = f"{programme}: the flow {outcome.flow} {outcome.state}. {outcome.words}"
    key = f"staff/{outcome.flow}/{at:%Y-%m-%dT%H:%M:%S}"
    notice = Notice(key, "problem", Recipient("", None, channel), subject, text)
    body = slack.render(notice, channel)
    journal.intend([Intent(key, "slack", outcome.flow, channel, body, "a flow stopped working")])
    journal.release([key])
    drain(journal, {"slack": slack}, clock)
