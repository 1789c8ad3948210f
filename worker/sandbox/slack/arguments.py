"""Reads a call's arguments as Slack does: JSON or a form in the body, a query; refuses the rest in Slack's own words.

What a method takes is in `METHODS`. Anything else is refused, also arguments that Slack knows and the sandbox does not
model, so that a caller never believes that one of them did something here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from worker.sandbox.server import Request


class Wrong(Exception):
    """An answer of `ok: false`: its code, and what stands beside the code in the body."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


@dataclass(frozen=True)
class Method:
    """What one method takes: argument → type, which must be there, JSON or forms only, calls a minute (its tier)."""

    takes: Mapping[str, type]
    needs: tuple[str, ...] = ()
    json: bool = True
    a_minute: int | None = None


TIER_3 = 50  # docs.slack.dev/apis/web-api/rate-limits, 2026-11

METHODS: Mapping[str, Method] = {
    "auth.test": Method({}),
    "chat.postMessage": Method(
        {
            "channel": str, "text": str, "blocks": list, "metadata": dict, "mrkdwn": bool, "parse": str,
            "link_names": bool, "unfurl_links": bool, "unfurl_media": bool,
        },
        needs=("channel",),
    ),
    "users.lookupByEmail": Method({"email": str}, needs=("email",), json=False, a_minute=TIER_3),
    "conversations.open": Method({"users": str, "return_im": bool}, a_minute=TIER_3),
    "conversations.history": Method(
        {
            "channel": str, "cursor": str, "inclusive": bool, "include_all_metadata": bool, "latest": str,
            "limit": int, "oldest": str,
        },
        needs=("channel",), a_minute=TIER_3,
    ),
    "conversations.info": Method(
        {"channel": str, "include_locale": bool, "include_num_members": bool},
        needs=("channel",), json=False, a_minute=TIER_3,
    ),
}  # fmt: skip


def read(request: Request, method: Method) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the arguments as they came, by name, and the warnings that the reply carries."""
    kind, charset = _content_type(request.headers.get("content-type", ""))
    pairs: dict[str, Any] = dict(request.query)
    warnings: tuple[str, ...] = ()
    if request.body and kind == "application/json":
        pairs |= _json(request, charset) if method.json else {}
        warnings = () if charset else ("missing_charset",)
    elif request.body and kind == "application/x-www-form-urlencoded":
        pairs |= dict(_form(request.body))
        warnings = ("superfluous_charset",) if charset else ()
    elif request.body:
        raise Wrong("invalid_post_type" if kind else "missing_post_type")
    for name in pairs:
        if "[" in name:
            raise Wrong("invalid_array_arg")
        if not re.fullmatch(r"\w{1,64}", name, re.ASCII):
            raise Wrong("invalid_arg_name")
    return pairs, warnings


def checked(pairs: Mapping[str, Any], method: Method) -> dict[str, Any]:
    """Return the arguments in their types; raise `invalid_arguments` with every complaint."""
    found: dict[str, Any] = {}
    complaints: list[str] = []
    for name, value in pairs.items():
        if name not in method.takes:
            complaints.append(f"[ERROR] unsupported field: {name} [json-pointer:/{name}]")
            continue
        try:
            found[name] = _typed(value, method.takes[name])
        except ValueError:
            complaints.append(f"[ERROR] must be a valid {method.takes[name].__name__} [json-pointer:/{name}]")
    missing = (name for name in method.needs if name not in pairs)
    complaints += [f"[ERROR] missing required field: {name} [json-pointer:/{name}]" for name in missing]
    if complaints:
        raise Wrong("invalid_arguments", response_metadata={"messages": complaints})
    return found


def _content_type(header: str) -> tuple[str, str]:
    kind, _, rest = header.partition(";")
    name, _, value = rest.strip().partition("=")
    return kind.strip().lower(), value.strip().lower() if name.strip().lower() == "charset" else ""


def _json(request: Request, charset: str) -> dict[str, Any]:
    if charset not in ("", "utf-8"):
        raise Wrong("invalid_charset")
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Wrong("invalid_json") from None
    if not isinstance(body, dict):
        raise Wrong("json_not_object")
    return body


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise Wrong("invalid_form_data") from None


def _typed(value: Any, kind: type) -> Any:
    """Return the value as the argument's type: forms carry everything as text, objects as JSON text."""
    if kind is bool and isinstance(value, str):
        if value not in ("0", "1", "true", "false"):
            raise ValueError(value)
        return value in ("1", "true")
    if kind in (list, dict) and isinstance(value, str):
        value = json.loads(value)
    elif kind is int and isinstance(value, str):
        value = int(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(value)
    return value
