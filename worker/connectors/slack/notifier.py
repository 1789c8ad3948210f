"""Slack as a way to tell people, over the official SDK with its own retries off.

A notice is rendered once into the JSON of chat.postMessage; the key in its metadata is how a post in doubt is found
again. It only sends; it reads a channel only to find its own posts. Facts: providers/notify.md, 2026-11.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from http.client import HTTPException
from traceback import clear_frames
from typing import Any
from urllib.error import URLError

from worker.connectors.slack.failures import CHANNEL_COLUMN, IN_WORDS, SERVICE, MissingScope, failure
from worker.connectors.slack.message import freeze, key_of, thaw
from worker.domain.notices import Notice, Recipient
from worker.ports import Caller, Check, Clock, Limit, Memory, Receipt, Refused, ServiceError, Unavailable, Unsure

Json = dict[str, Any]

TIMEOUT = 10.0

# One message a second in a channel, the reading methods fifty a minute (docs.slack.dev/apis/web-api/rate-limits); a
# little less of each, because what counts is when Slack gets them.
POST_SECONDS = 1.1
READS = 45

PAGE, MOST_PAGES = 200, 50
LOOK_BACK = timedelta(seconds=60)

NEEDED = {
    "chat:write": "without it nothing can be posted",
    "channels:history": "without it a post in doubt in a public channel is held for staff",
    "groups:history": "without it a post in doubt in a private channel is held for staff",
}
PEOPLE = "people"  # the shelf of e-mail address → direct message
CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,}")


class SlackNotifier:
    """A `ports.Notifier`; `to` is a channel's id, or the e-mail address of a member of the workspace."""

    name = SERVICE
    can_find = True

    def __init__(
        self, *, token: str, endpoint: str, caller: Caller, clock: Clock, memory: Memory, timeout: float = TIMEOUT
    ) -> None:
        self._token = token
        self._endpoint = endpoint
        self._caller = caller
        self._clock = clock
        self._memory = memory
        self._sdk: Any = None
        self._bot: str | None = None
        self._timeout = timeout

    def address(self, who: Recipient) -> str | None:
        """Return what stands as the Slack channel; an e-mail alone never makes a direct message."""
        return (who.slack_channel or "").strip() or None

    def render(self, notice: Notice, to: str) -> bytes:  # noqa: ARG002 - a post is the same wherever it goes
        """Build the post once."""
        return freeze(notice)

    def send(self, rendered: bytes, to: str) -> Receipt:
        """Post the message as it was rendered."""
        channel = self._channel(to)
        message, key = thaw(rendered)
        limits = [Limit(f"slack.post.{channel}", 1, POST_SECONDS)]
        try:
            reply = self._call(lambda sdk: sdk.chat_postMessage(channel=channel, **message), limits, write=True)
        except Refused:
            self._memory.save(PEOPLE, {}, drop=[to])  # a direct message that is no more is looked up afresh
            raise
        return self._receipt(key, channel, reply.get("ts", ""))

    def find(self, key: str, to: str, since: datetime) -> Receipt | None:
        """Look through the channel, from a minute before `since`; Refused where "not there" would prove nothing."""
        channel = self._channel(to)
        blind = False
        for message in self._history(channel, since - LOOK_BACK):
            if key_of(message) == key:
                return self._receipt(key, channel, message["ts"])
            bare = "bot_id" in message and "metadata" not in message and "subtype" not in message
            blind = blind or (bare and message["bot_id"] == self._bot_id())
        if blind:
            # All of our posts carry metadata: one without means that Slack does not show it to this token.
            raise Refused(SERVICE, "the app can't see its own metadata: add the scope metadata.message:read", "blind")
        return None

    def check(self) -> Sequence[Check]:
        """Ask whose token it is and what it may do."""
        try:
            reply = self._read("auth.test", lambda sdk: sdk.auth_test())
        except ServiceError as error:
            return [Check("Slack token", False, error.text, "Put the bot token (xoxb-…) of your app where token says.")]
        found = [Check("Slack token", True, f"{reply.get('user', 'a bot')} in {reply.get('team', 'the workspace')}")]
        told = {name.lower(): value for name, value in reply.headers.items()}.get("x-oauth-scopes")
        if told is None:
            return [*found, Check("Slack scopes", True, "Slack does not say")]
        scopes = {scope.strip() for scope in told.split(",")}
        missing = [scope for scope in NEEDED if scope not in scopes]
        remedy = "; ".join(f"add {scope}: {NEEDED[scope]}" for scope in missing)
        return [*found, Check("Slack scopes", not missing, ", ".join(sorted(scopes)), remedy)]

    def close(self) -> None:
        """Do nothing: every call is a connection of its own."""

    # ---- where to ---------------------------------------------------------------------------------------------------

    def _channel(self, to: str) -> str:
        """Return the id of the channel, or of the direct message with the person of this e-mail address."""
        if CHANNEL.fullmatch(to):
            return to
        if "@" in to.strip("@"):
            return self._direct(to)
        # Names differ from workspace to workspace and change.
        raise Refused(SERVICE, "write the channel's id (as C0123ABCD), not its name", "bad_channel", CHANNEL_COLUMN)

    def _direct(self, email: str) -> str:
        known = self._memory.load(PEOPLE).get(email)
        if known is not None:
            return str(json.loads(known))
        user = self._read("users.lookupByEmail", lambda sdk: sdk.users_lookupByEmail(email=email))["user"]
        if user.get("deleted"):
            raise Refused(SERVICE, IN_WORDS["user_disabled"], "user_disabled", CHANNEL_COLUMN)
        opened = self._read("conversations.open", lambda sdk: sdk.conversations_open(users=[user["id"]]))
        channel = str(opened["channel"]["id"])
        self._memory.save(PEOPLE, {email: json.dumps(channel)})
        return channel

    def _history(self, channel: str, oldest: datetime) -> Iterator[Json]:
        cursor = None
        for _ in range(MOST_PAGES):
            terms = {"channel": channel, "oldest": f"{oldest.timestamp():.6f}", "limit": PAGE, "cursor": cursor}
            page = self._look(terms)
            yield from page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
        raise Refused(SERVICE, f"the channel has over {PAGE * MOST_PAGES} messages since then", "too_many")

    def _look(self, terms: Json) -> Any:
        try:
            return self._read(
                "conversations.history", lambda sdk: sdk.conversations_history(include_all_metadata=True, **terms)
            )
        except MissingScope as error:
            # Posting may go on without: only this one can't be looked for.
            raise Refused(SERVICE, error.text, "missing_scope") from None

    def _bot_id(self) -> str:
        if self._bot is None:
            self._bot = str(self._read("auth.test", lambda sdk: sdk.auth_test()).get("bot_id", ""))
        return self._bot

    def _receipt(self, key: str, channel: str, ts: object) -> Receipt:
        return Receipt(key, self.name, f"{channel}/{ts}", self._clock.now())

    # ---- calling ----------------------------------------------------------------------------------------------------

    def _read(self, method: str, call: Callable[[Any], Any]) -> Any:
        return self._call(call, [Limit(f"slack.{method}", READS, 60.0)], write=False)

    def _call(self, call: Callable[[Any], Any], limits: Sequence[Limit], *, write: bool) -> Any:
        return self._caller(lambda: self._send(call, write), limits=limits, repeatable=not write)

    def _send(self, call: Callable[[Any], Any], write: bool) -> Any:
        from slack_sdk.errors import SlackApiError

        lost: type[ServiceError] = Unsure if write else Unavailable
        try:
            return call(self._client())
        except SlackApiError as error:
            raise failure(error.response, lost) from None
        except URLError as error:
            # Before anything was sent: nobody listens, no such host, or a certificate that we don't trust.
            unsent = isinstance(error.reason, ConnectionRefusedError | socket.gaierror | ssl.SSLCertVerificationError)
            raise (Unavailable if unsent else lost)(SERVICE, f"no connection ({type(error.reason).__name__})") from None
        except (HTTPException, OSError, ValueError) as error:
            # The SDK leaves the socket of a broken-off answer open, in a cycle with the error (3.47.0, 2026-11).
            clear_frames(error.__traceback__)
            raise lost(SERVICE, f"the answer never came whole ({type(error).__name__})") from None

    def _client(self) -> Any:
        if self._sdk is None:
            from slack_sdk import WebClient

            quiet = logging.getLogger("slack_sdk.unheard")  # its errors are ours to tell, in our words
            quiet.setLevel(logging.CRITICAL + 1)
            # retry_handlers=[]: the default one posts again after a dropped connection (measured, 2026-11).
            self._sdk = WebClient(
                token=self._token, base_url=self._endpoint, retry_handlers=[], logger=quiet,
                timeout=self._timeout,  # type: ignore[arg-type]  # seconds for urllib, which takes parts of one
            )  # fmt: skip
        return self._sdk
