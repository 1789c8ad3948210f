"""A notice as the bytes of a mail: frozen, 7-bit, with no header folded that must not be.

The bytes depend on the notice, the sender and the instant alone, boundary included (providers/notify.md, 2026-11).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, formataddr
from urllib.parse import quote, unquote

from worker.domain.notices import Notice

KEY_HEADER = "X-Quarterday-Notice"
MOST_SUBJECT = 200
SENDER_PLACEHOLDER, SUBJECT_PLACEHOLDER = "sender@placeholder.invalid", "subject-placeholder"
# 998: at the policy's own 78 columns List-Unsubscribe is folded, and a long URL in it is wrecked (measured on 3.11).
PLAIN = SMTP.clone(max_line_length=998, cte_type="7bit")
INTERNATIONAL = SMTPUTF8.clone(max_line_length=998, cte_type="7bit")
ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+")


class BadAddress(ValueError):
    """Not one plain e-mail address."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a frozen mail says of itself."""

    key: str
    message_id: str


def plain_address(text: str) -> str:
    """Return the address with its domain in ASCII; BadAddress for anything but one bare address."""
    if not ADDRESS.fullmatch(text):
        raise BadAddress("not one e-mail address")
    mailbox, _, domain = text.rpartition("@")
    try:
        return f"{mailbox}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise BadAddress("the part after the @ is not a domain") from None


def freeze(notice: Notice, *, sender: str, to: str, now: datetime) -> bytes:
    """Return the mail, complete with headers; `to` as `plain_address` gives it."""
    digest = hashlib.sha256(notice.key.encode()).hexdigest()[:32]
    subject = _clean(" ".join(notice.subject.split()))[:MOST_SUBJECT] or "A message for you"
    name, address = sender_of(sender)
    policy = PLAIN if to.isascii() else INTERNATIONAL
    mail = EmailMessage(policy)
    mail["From"] = SENDER_PLACEHOLDER
    mail["To"] = to
    mail["Subject"] = SUBJECT_PLACEHOLDER
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{digest}@{address.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail[KEY_HEADER] = quote(notice.key, safe="/:.-+")
    if notice.unsubscribe:
        mail["List-Unsubscribe"] = f"<{notice.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(_clean(notice.text))
    if notice.html is not None:
        mail.add_alternative(_clean(notice.html), subtype="html")
        mail.set_boundary(f"=_{digest}")  # "=_" stands in no quoted-printable text
    # Put in afterwards: with lines this long the policy makes one encoded word of either, of more than RFC 2047's 75.
    lines = {
        f"From: {SENDER_PLACEHOLDER}": f"From: {_from(name, address)}",
        f"Subject: {SUBJECT_PLACEHOLDER}": f"Subject: {_encoded('Subject', subject)}",
    }
    raw = mail.as_bytes()
    for placeholder, line in lines.items():
        raw = raw.replace(f"{placeholder}\r\n".encode(), f"{line}\r\n".encode(), 1)
    return raw


def marks(rendered: bytes) -> Marks:
    """Return the notice's key and the Message-ID of a frozen mail."""
    head = BytesHeaderParser(policy=PLAIN).parsebytes(rendered)
    return Marks(unquote(str(head[KEY_HEADER])), str(head["Message-ID"]))


def sender_of(text: str) -> tuple[str, str]:
    """Return the display name (may be empty) and the address of a sender: `Name <address>`, or the address alone.

    Not by `parseaddr`, for which a comma in a name, as in `Acme, Inc. <a@b.test>`, ends the address.
    """
    match = re.fullmatch(r"(.*)<([^<>]+)>\s*", text)
    return (match[1].strip().strip('"'), match[2].strip()) if match else ("", text.strip())


def _from(name: str, address: str) -> str:
    return formataddr((name, address)) if name.isascii() else f"{_encoded('From', name)} <{address}>"


def _encoded(header: str, text: str) -> str:
    """Return the text; where it is not ASCII, in encoded words of at most 75 characters, folded between them."""
    if text.isascii() and "=?" not in text:
        return text
    return Header(text, "utf-8", header_name=header, maxlinelen=74).encode(linesep="\r\n")


def _clean(text: str) -> str:
    """Return the text without control characters and halves of characters."""
    return "".join(c for c in text if c >= " " or c in "\n\t").encode("utf-8", "replace").decode()
