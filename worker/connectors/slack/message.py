"""A notice as the arguments of chat.postMessage: frozen, within Slack's limits, nothing in it read as markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from worker.domain.notices import Notice

Json = dict[str, Any]

EVENT = "quarterday_notice"
NOTHING = "A message for you"  # Slack takes no message without text

MOST_HEADER, MOST_TEXT, MOST_FIELD, MOST_ROWS, ROWS_A_BLOCK = 150, 2800, 240, 20, 10
MOST_FALLBACK = 3000
# Slack refuses about 13,200 characters over all blocks, containers counted, and documents nothing of it
# (slackapi/bolt-js issues 2509 and 2867, 2026-11).
MOST_BLOCKS = 12_000


def freeze(notice: Notice) -> bytes:
    """Return the post: header, text, at most 20 rows; `text` beside them for screen readers; the key as metadata."""
    blocks = _blocks(notice)
    message = {
        "text": _escaped(_clean(f"{notice.subject}\n{notice.text}").strip() or NOTHING, MOST_FALLBACK),
        **({"blocks": blocks} if blocks else {}),
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": EVENT, "event_payload": {"key": notice.key}},
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def thaw(rendered: bytes) -> tuple[Json, str]:
    """Return the arguments and the notice's key."""
    message: Json = json.loads(rendered)
    return message, str(message["metadata"]["event_payload"]["key"])


def key_of(message: Json) -> str | None:
    """Return the key that a message of a channel's history carries; None for one that is not a notice of ours."""
    metadata = message.get("metadata") or {}
    return metadata.get("event_payload", {}).get("key") if metadata.get("event_type") == EVENT else None


def _blocks(notice: Notice) -> list[Json]:
    rows = [(_clean(label).strip(), _clean(value).strip()) for label, value in notice.rows]
    rows = [(label, value) for label, value in rows if label and value]
    shown = rows[:MOST_ROWS]
    while True:
        blocks = [*_head(notice), *_fields(shown), *_rest(len(rows) - len(shown))]
        if len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) <= MOST_BLOCKS:
            return blocks
        shown = shown[:-1]


def _head(notice: Notice) -> Iterator[Json]:
    subject, text = " ".join(_clean(notice.subject).split()), _clean(notice.text).strip()
    if subject:
        yield {"type": "header", "text": _plain(subject, MOST_HEADER)}
    if text:
        yield {"type": "section", "text": _plain(text, MOST_TEXT)}


def _fields(rows: Sequence[tuple[str, str]]) -> Iterator[Json]:
    for start in range(0, len(rows), ROWS_A_BLOCK):
        fields = [_plain(f"{label}: {value}", MOST_FIELD) for label, value in rows[start : start + ROWS_A_BLOCK]]
        yield {"type": "section", "fields": fields}


def _rest(left_out: int) -> Iterator[Json]:
    if left_out:
        yield {"type": "context", "elements": [_plain(f"and {left_out} more, not shown here", MOST_FIELD)]}


def _plain(text: str, most: int) -> Json:
    # plain_text: nothing in it is markup, so that a company called <!channel> rings for nobody.
    return {"type": "plain_text", "text": _escaped(text, most), "emoji": False}


def _clean(text: str) -> str:
    """Return as much of the text as any part can show, without control characters and halves of characters."""
    shown = text[: 2 * MOST_FALLBACK]
    return "".join(c for c in shown if c >= " " or c in "\n\t").encode("utf-8", "replace").decode()


def _escaped(text: str, most: int) -> str:
    """Return clean text escaped as Slack wants it (`&` first) and at most so long, with `…` when cut."""
    whole = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(whole) <= most:
        return whole
    cut = re.sub(r"&[a-z]{0,3}$", "", whole[: most - 1])
    return f"{cut}…"
