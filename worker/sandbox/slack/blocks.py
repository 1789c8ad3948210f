"""Holds a message's blocks to Slack's limits, those of each kind of block and those of the whole message.

The limits and the shape of the complaint: docs.slack.dev/reference/block-kit/blocks and slackapi/java-slack-sdk issue
1017, 2026-11. It does not know every kind of block, only those that stand alone in a notice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from worker.sandbox.slack.arguments import Wrong

MOST_BLOCKS = 50
# slackapi/bolt-js issues 2509 and 2867, 2026-11: containers count as well, the exact edge is not documented. Counted
# over the blocks as compact JSON, which is the strictest reading of what was seen.
MOST_CHARACTERS = 13_200


def check(blocks: Sequence[Any]) -> None:
    """Raise `invalid_blocks` with every complaint, or `msg_blocks_too_long`."""
    complaints = [f"no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]"] * (len(blocks) > MOST_BLOCKS)
    for number, block in enumerate(blocks):
        complaints += [f"{what} [json-pointer:/blocks/{number}{where}]" for where, what in _complaints(block)]
    if complaints:
        messages = [f"[ERROR] {complaint}" for complaint in complaints]
        raise Wrong("invalid_blocks", errors=complaints, response_metadata={"messages": messages})
    if len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > MOST_CHARACTERS:
        raise Wrong("msg_blocks_too_long")


Complaint = tuple[str, str]  # where, what


def _complaints(block: Any) -> Iterator[Complaint]:
    if not isinstance(block, dict) or "type" not in block:
        yield "/type", "missing required field: type"
        return
    look = _KINDS.get(block["type"])
    if look is None:
        yield "/type", f"unsupported type: {block['type']}"
        return
    takes, check_kind = look
    for name in block.keys() - takes - {"type", "block_id"}:
        yield f"/{name}", f"invalid additional property: {name}"
    yield from check_kind(block)


def _section(block: Mapping[str, Any]) -> Iterator[Complaint]:
    if "text" not in block and "fields" not in block:
        yield "", "must define either `fields` or `text`"
    if "text" in block:
        yield from _text(block["text"], "/text", 3000)
    if "fields" in block:
        yield from _texts(block, "fields", 2000)


def _header(block: Mapping[str, Any]) -> Iterator[Complaint]:
    yield from _text(block.get("text"), "/text", 150, kinds=("plain_text",))


def _context(block: Mapping[str, Any]) -> Iterator[Complaint]:
    yield from _texts(block, "elements", 3000)


def _markdown(block: Mapping[str, Any]) -> Iterator[Complaint]:
    text = block.get("text")
    if not isinstance(text, str) or not text:
        yield "/text", "missing required field: text"
    elif len(text) > 12_000:
        yield "/text", "must be less than 12001 characters"


def _texts(block: Mapping[str, Any], name: str, most: int) -> Iterator[Complaint]:
    texts = block.get(name)
    if not isinstance(texts, list) or not texts:
        yield f"/{name}", f"missing required field: {name}"
        return
    if len(texts) > 10:
        yield f"/{name}", "no more than 10 items allowed"
    for number, one in enumerate(texts):
        yield from _text(one, f"/{name}/{number}", most)


def _text(text: Any, where: str, most: int, kinds: Sequence[str] = ("plain_text", "mrkdwn")) -> Iterator[Complaint]:
    if not isinstance(text, dict) or not isinstance(text.get("text"), str):
        yield where, "missing required field: text"
    elif text.get("type") not in kinds:
        yield f"{where}/type", f"must be one of: {', '.join(kinds)}"
    elif not text["text"]:
        yield f"{where}/text", "must be more than 0 characters"
    elif len(text["text"]) > most:
        yield f"{where}/text", f"must be less than {most + 1} characters"


_KINDS: Mapping[str, tuple[frozenset[str], Callable[[Mapping[str, Any]], Iterator[Complaint]]]] = {
    "section": (frozenset({"text", "fields", "expand"}), _section),
    "header": (frozenset({"text"}), _header),
    "context": (frozenset({"elements"}), _context),
    "divider": (frozenset(), lambda _: iter(())),
    "markdown": (frozenset({"text"}), _markdown),
}


def mrkdwn(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield every text of the blocks in which Slack reads markup and mentions; `plain_text` is not among them."""
    for block in blocks:
        texts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        for text in texts:
            if isinstance(text, str):
                yield text
            elif text and text["type"] == "mrkdwn":
                yield text["text"]
