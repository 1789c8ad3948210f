"""What people are told: a notice, already in words, and whom it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NoticeKind = Literal["lead", "status", "won", "monthly", "statement", "carried", "paid", "problem"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """A partner (or staff, with an empty key) and the ways to reach them."""

    partner: str
    email: str | None = None
    slack_channel: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """One message for one recipient; `key` is partner + kind + subject + revision and is sent once, ever, by channel.

    `text` is always there: the plain part of the mail and Slack's fallback. `rows` are label and value, for Slack's
    fields; `html` is the mail's other part.
    """

    key: str
    kind: NoticeKind
    recipient: Recipient
    subject: str
    text: str
    html: str | None = None
    rows: tuple[tuple[str, str], ...] = ()
    unsubscribe: str | None = None
