"""Slack's Web API as one bot meets it: token, scopes, limits, the methods; every refusal is 200 `ok: false`.

Not modelled: threads, attachments, group direct messages, uploads, Connect invitations, the cap per workspace (Slack
gives no number). Faults are the server's own: `drop-after` stores the message first, `html` with status 503, `slow`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from worker.sandbox.clock import Clock
from worker.sandbox.faults import Faults
from worker.sandbox.server import Reply, Request
from worker.sandbox.slack import blocks as rules_of_blocks
from worker.sandbox.slack.arguments import METHODS, Wrong, checked, read
from worker.sandbox.slack.history import page_of
from worker.sandbox.slack.shapes import Channel, channel_json, user_json
from worker.sandbox.slack.workspace import Workspace

SCOPES = (
    "chat:write", "chat:write.public", "channels:history", "channels:read", "groups:history", "groups:read",
    "im:history", "im:read", "im:write", "users:read", "users:read.email",
)  # fmt: skip
MOST_TEXT = 40_000

Body = dict[str, Any]


class TooFast(Exception):
    """A call past a limit: 429, and how many seconds to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Slack(Workspace):
    """The service: the workspace, and the Web API in front of it."""

    def __init__(
        self, clock: Clock, *, seed: int = 0, token: str = "xoxb-SANDBOX", scopes: Iterable[str] = SCOPES
    ) -> None:
        super().__init__(clock, seed)
        self.name = "slack"
        self.faults = Faults()
        self.limits = True
        self.token = token
        self.scopes = tuple(scopes)
        self.dead: str | None = None  # token_revoked, account_inactive: what every call answers from now on
        self.metadata_needs_scope = False  # nobody knows whether reading one's own metadata needs metadata.message:read
        self._windows: dict[str, deque[float]] = {}

    # ---- the door ---------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        """Answer one call of the Web API."""
        name = request.path.removeprefix("/api/")
        if not request.path.startswith("/api/") or request.method not in ("GET", "POST"):
            return Reply.text(404, "<html><body>There's been a glitch…</body></html>", "text/html")
        method = METHODS.get(name)
        if method is None:
            return self._reply({"ok": False, "error": "unknown_method", "req_method": name})
        warnings: tuple[str, ...] = ()
        scopes: Mapping[str, str] = {}
        try:
            arguments, warnings = read(request, method)
            self._admit(request.headers.get("authorization", ""), arguments.pop("token", None))
            scopes = self._scope_headers(name)
            self._pace(name, 60.0, method.a_minute)
            body = self._calls()[name](checked(arguments, method))
        except Wrong as wrong:
            body = {"ok": False, "error": wrong.code, **wrong.more}
        except TooFast as fast:
            return self._reply({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(fast.seconds)})
        if warnings:
            listed = {**body.get("response_metadata", {}), "warnings": list(warnings)}
            body = {**body, "warning": ",".join(warnings), "response_metadata": listed}
        return self._reply(body, headers=scopes)

    def _calls(self) -> Mapping[str, Callable[[Body], Body]]:
        return {
            "auth.test": lambda _: {"ok": True, **self.bot.who()},
            "chat.postMessage": self._post,
            "users.lookupByEmail": self._lookup,
            "conversations.open": self._open,
            "conversations.history": self._history,
            "conversations.info": self._info,
        }

    def _admit(self, header: str, token: str | None) -> None:
        given = header.removeprefix("Bearer ") if header.startswith("Bearer ") else token
        if not given:
            raise Wrong("not_authed")
        if given != self.token:
            raise Wrong("invalid_auth")
        if self.dead:
            raise Wrong(self.dead)

    def _reply(self, body: Body, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
        number = self.count("request")
        return Reply.json(status, body, {"x-slack-req-id": f"{self.seed:08x}{number:024x}", **(headers or {})})

    def _scope_headers(self, method: str) -> dict[str, str]:
        accepted = _ACCEPTED[method]
        return {
            "x-oauth-scopes": ",".join(self.scopes),
            **({"x-accepted-oauth-scopes": ",".join(accepted)} if accepted else {}),
        }

    def _may(self, *any_of: str) -> None:
        if not set(any_of) & set(self.scopes):
            raise Wrong("missing_scope", needed=",".join(any_of), provided=",".join(self.scopes))

    def _pace(self, window: str, seconds: float, most: int | None) -> None:
        """Count one call, or raise TooFast and count nothing when the window is full."""
        if not self.limits or most is None:
            return
        now = self.clock.seconds()
        calls = self._windows.setdefault(window, deque())
        while calls and calls[0] <= now - seconds:
            calls.popleft()
        if len(calls) >= most:
            raise TooFast(math.ceil(calls[0] + seconds - now))
        calls.append(now)

    # ---- the methods ------------------------------------------------------------------------------------------------

    def _post(self, arguments: Body) -> Body:
        self._may("chat:write")
        channel = self._writable(arguments["channel"])
        blocks = arguments.get("blocks", [])
        text = arguments.get("text", "")
        if not text and not blocks:
            raise Wrong("no_text")
        if len(text) > MOST_TEXT:
            raise Wrong("msg_too_long")
        rules_of_blocks.check(blocks)
        metadata = _metadata(arguments.get("metadata"))
        self._pace(f"post {channel.id}", 1.0, 1)
        body = self.bot.message(text)
        if blocks:
            body["blocks"] = [{"block_id": f"b{self.count('block'):04d}", **block} for block in blocks]
        message = self.keep(channel, body, metadata)
        return {"ok": True, "channel": channel.id, "ts": message.ts, "message": message.json()}

    def _lookup(self, arguments: Body) -> Body:
        self._may("users:read.email")
        wanted = arguments["email"].lower()
        user = next((user for user in self.users.values() if user.email.lower() == wanted), None)
        if user is None:
            raise Wrong("users_not_found")
        return {"ok": True, "user": user_json(user, self.bot.team)}

    def _open(self, arguments: Body) -> Body:
        self._may("im:write")
        names = [name for name in arguments.get("users", "").split(",") if name]
        if len(names) != 1:
            raise Wrong("users_list_not_supplied" if not names else "invalid_user_combination")
        user = self.users.get(names[0])
        if user is None or user.deleted:
            raise Wrong("user_not_found" if user is None else "user_disabled")
        known = next((channel for channel in self.channels.values() if channel.user == user.id), None)
        channel = known or Channel(self.new_id("D"), "", self.clock.now(), private=True, user=user.id)
        self.channels[channel.id] = channel
        shown = channel_json(channel, self.bot) if arguments.get("return_im") else {"id": channel.id}
        return {"ok": True, **({"no_op": True, "already_open": True} if known else {}), "channel": shown}

    def _info(self, arguments: Body) -> Body:
        channel = self._visible(arguments["channel"])
        self._may(_scope_of(channel, "read"))
        members, locale = arguments.get("include_num_members", False), arguments.get("include_locale", False)
        return {"ok": True, "channel": channel_json(channel, self.bot, members=members, locale=locale)}

    def _history(self, arguments: Body) -> Body:
        channel = self._visible(arguments["channel"])
        self._may(_scope_of(channel, "history"))
        if not channel.member:
            raise Wrong("not_in_channel")
        seen_by = self.clock.now() - self.history_lag
        page, cursor = page_of([m for m in channel.messages if m.posted <= seen_by], arguments)
        body: Body = {
            "ok": True, "messages": [message.json(self._metadata_asked(arguments)) for message in reversed(page)],
            "has_more": cursor is not None, "pin_count": 0, "channel_actions_ts": None, "channel_actions_count": 0,
        }  # fmt: skip
        return body if cursor is None else {**body, "response_metadata": {"next_cursor": cursor}}

    def _metadata_asked(self, arguments: Body) -> bool:
        readable = not self.metadata_needs_scope or "metadata.message:read" in self.scopes
        return bool(arguments.get("include_all_metadata")) and readable

    # ---- what the methods share -------------------------------------------------------------------------------------

    def _visible(self, id: str) -> Channel:
        channel = self.channels.get(id)
        if channel is None or (channel.private and not channel.member):
            raise Wrong("channel_not_found")
        return channel

    def _writable(self, id: str) -> Channel:
        channel = self._visible(id)
        if channel.archived:
            raise Wrong("is_archived")
        if channel.shared == "ended":
            raise Wrong("channel_unshared")
        if not channel.member and "chat:write.public" not in self.scopes:
            raise Wrong("not_in_channel")
        return channel


def _scope_of(channel: Channel, what: str) -> str:
    kind = "im" if channel.user is not None else "groups" if channel.private else "channels"
    return f"{kind}:{what}"


def _metadata(metadata: Body | None) -> Body | None:
    if metadata is None:
        return None
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise Wrong("invalid_metadata_schema")
    if metadata.keys() - {"event_type", "event_payload"}:
        raise Wrong("invalid_metadata_format")
    return metadata


_ACCEPTED: Mapping[str, tuple[str, ...]] = {
    "auth.test": (),
    "chat.postMessage": ("chat:write",),
    "users.lookupByEmail": ("users:read.email",),
    "conversations.open": ("im:write",),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "conversations.info": ("channels:read", "groups:read", "im:read"),
}
