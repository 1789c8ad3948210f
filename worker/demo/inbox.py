"""The inbox of the served pages: every mail and Slack message that the worker sent, read only."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from worker.demo.office import STAFF, Office

_MOST = 400


@dataclass(frozen=True, slots=True)
class Message:
    """A mail or a Slack message that somebody received."""

    at: datetime
    to: str
    subject: str
    channel: str  # mail or Slack
    text: str
    mail: int | None = None  # its number among the mails


def inbox(office: Office, wanted: str = "") -> list[Message]:
    """Return every message that holds a text, the latest first."""
    found = [*_mails(office), *_posts(office)]
    held = [m for m in found if wanted.casefold() in f"{m.to} {m.subject} {m.text}".casefold()]
    return sorted(held, key=lambda m: m.at, reverse=True)[:_MOST]


def mail(office: Office, number: int) -> tuple[EmailMessage, Message]:
    """Return one mail; LookupError when there is none of this number."""
    received = office.world.mail.received
    if not 0 <= number < len(received):
        raise LookupError("there is no such mail")
    letter = received[number]
    parsed = _parsed(letter.raw)
    body = parsed.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    return parsed, Message(letter.at, letter.recipient, str(parsed["Subject"]), "mail", text, number)


def html_of(message: EmailMessage) -> str:
    """Return the HTML part of a mail."""
    body = message.get_body(("html",))
    return str(body.get_content()) if body is not None else ""


def _parsed(raw: bytes) -> EmailMessage:
    message: EmailMessage = email.message_from_bytes(raw, policy=email.policy.default)
    return message


def _mails(office: Office) -> Iterable[Message]:
    return (mail(office, number)[1] for number in range(len(office.world.mail.received)))


def _posts(office: Office) -> Iterable[Message]:
    for channel in office.world.slack.channels.values():
        to = "#partner-desk (staff)" if channel.id == STAFF else f"#{channel.name}"
        for message in channel.messages:
            text = message.body["text"]
            blocks = "\n".join(_block_texts(message.body.get("blocks", [])))
            yield Message(message.posted, to, text.splitlines()[0] if text else "", "Slack", blocks or text)


def _block_texts(value: Any) -> Iterable[str]:
    """Return every text in Slack's blocks, in order."""
    if isinstance(value, Mapping):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for key in ("text", "fields", "elements"):
            if not isinstance(value.get(key), str):
                yield from _block_texts(value.get(key))
    elif isinstance(value, list):
        for one in value:
            yield from _block_texts(one)
