"""Field masks: the `fields` of a query, which say what to show, and the `fields` of a request, which say what to write.

Both take dots or slashes between names, and `a(b,c)` for several below one; a blank anywhere makes a path unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from worker.sandbox.google import errors
from worker.sandbox.google.messages import MESSAGES
from worker.sandbox.google.shapes import fields

Tree = dict[str, "Tree"]  # an empty tree means everything below


def parse(text: str) -> Tree:
    """Return a mask as a tree; ValueError when its brackets do not match."""
    tree: Tree = {}
    place = _level(text, 0, tree)
    if place != len(text):
        raise ValueError(text)
    return tree


def _level(text: str, place: int, tree: Tree) -> int:
    while True:
        here, start = tree, place
        while place < len(text) and text[place] not in ",()":
            place += 1
        for name in text[start:place].replace("/", ".").split("."):
            here = here.setdefault(name, {})
        if place < len(text) and text[place] == "(":
            place = _level(text, place + 1, here)
            if place >= len(text) or text[place] != ")":
                raise ValueError(text)
            place += 1
        if place >= len(text) or text[place] == ")":
            return place
        if text[place] != ",":
            raise ValueError(text)
        place += 1


def for_reply(text: str, message: str, extra: Mapping[str, str] | None = None) -> Tree:
    """Read the `fields` of a query against the message that is answered; refuses a path that is none.

    `extra` gives the fields of answers that are no message of `messages.MESSAGES`: name to message or "".
    """
    try:
        tree = parse(text)
    except ValueError:
        raise errors.bad_mask(text) from None
    for path in _unknown(tree, message, extra):
        raise errors.bad_mask(path)
    return {} if "*" in tree else tree


def for_update(text: str | None, message: str) -> Tree:
    """Read the `fields` of a request against the message that is written; raises `Refusal` on none and on a stranger.

    `*` stands for every field.
    """
    if not text:
        raise errors.Refusal("At least one field must be listed in 'fields'. (Note that this value is required.)")
    try:
        tree = parse(text)
    except ValueError:
        raise errors.Refusal(f"Invalid field mask: {text}") from None
    for path in _unknown(tree, message, None):
        raise errors.Refusal(f"Invalid field: {path}")  # words unverified
    return {name: {} for name in fields(message)} if "*" in tree else tree


def _unknown(tree: Tree, message: str, extra: Mapping[str, str] | None, at: str = "") -> Iterator[str]:
    for name, below in tree.items():
        path = f"{at}.{name}" if at else name
        if name == "*":
            continue
        if extra is not None and name in extra and not at:
            if below and extra[name]:
                yield from _unknown(below, extra[name], None, path)
            continue
        known = fields(message) if message in MESSAGES else {}
        if name not in known:
            yield path
        elif below and known[name].type in MESSAGES:
            yield from _unknown(below, known[name].type, None, path)
        elif below and known[name].type != "any":
            yield f"{path}.{next(iter(below))}"


def shown(value: Any, tree: Tree) -> Any:
    """Return what a mask leaves of an answer: entries of lists stay, as {} when nothing of them is left."""
    if not tree or "*" in tree:
        return value
    if isinstance(value, list):
        return [shown(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: shown(item, tree[key]) for key, item in value.items() if key in tree}


def wants(tree: Tree, *path: str) -> bool:
    """Tell whether a mask (empty: everything) shows something at or below a path."""
    for name in path:
        if not tree or "*" in tree:
            return True
        if name not in tree:
            return False
        tree = tree[name]
    return True


def merged(old: Mapping[str, Any], new: Mapping[str, Any], tree: Tree, message: str) -> dict[str, Any]:
    """Return a message with the masked fields taken from another: what that one lacks is cleared."""
    known = fields(message)
    out = dict(old)
    for name, below in tree.items():
        kind = known[name].type
        if below and kind in MESSAGES and not known[name].repeated:
            part = merged(out.get(name, {}), new.get(name, {}), below, kind)
            out[name] = part
            if not part:
                del out[name]
        elif name in new:
            out[name] = new[name]
        else:
            out.pop(name, None)
    return out
