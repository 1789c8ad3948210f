"""Which messages a call of conversations.history shows, and the cursor to the next of them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from worker.sandbox.slack.arguments import Wrong
from worker.sandbox.slack.shapes import Message

END_OF_TIME = 10**17


def page_of(messages: Sequence[Message], arguments: Mapping[str, Any]) -> tuple[Sequence[Message], str | None]:
    """Return one page, oldest first, and the cursor where there are more.

    With `oldest` alone the pages run from it towards the present, else from the present back
    (docs.slack.dev/apis/web-api/pagination, 2026-11).
    """
    limit = arguments.get("limit", 100)
    if not 1 <= limit <= 999:
        raise Wrong("invalid_limit")
    forward = "oldest" in arguments and "latest" not in arguments
    low, high = _bounds(arguments)
    if "cursor" in arguments:
        low, high = (_mark(arguments["cursor"]) + 1, high) if forward else (low, _mark(arguments["cursor"]) - 1)
    found = [message for message in messages if low <= message.stamp <= high]
    page = found[:limit] if forward else found[-limit:]
    if len(page) == len(found):
        return page, None
    last = page[-1 if forward else 0]
    return page, base64.b64encode(f"next_ts:{last.stamp}".encode()).decode()


def _bounds(arguments: Mapping[str, Any]) -> tuple[int, int]:
    edge = 0 if arguments.get("inclusive") else 1
    low = _stamp(arguments["oldest"], "invalid_ts_oldest") + edge if "oldest" in arguments else 0
    high = _stamp(arguments["latest"], "invalid_ts_latest") - edge if "latest" in arguments else END_OF_TIME
    return low, high


def _stamp(ts: str, code: str) -> int:
    if not re.fullmatch(r"\d{1,10}(\.\d{1,6})?", ts):
        raise Wrong(code)
    seconds, _, rest = ts.partition(".")
    return int(seconds) * 1_000_000 + int(rest.ljust(6, "0"))


def _mark(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True).decode("ascii").removeprefix("next_ts:"))
    except (ValueError, binascii.Error):
        raise Wrong("invalid_cursor") from None
