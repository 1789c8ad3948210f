"""Exchanges with Slack that are kept as cassettes: what is played, and how it is recorded and replayed.

Each case plays a notifier and returns what came of it, in short. Recording runs it against the sandbox (whose faults
and hands give every error body) or, for those marked live, a real workspace; replaying needs no server.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import vcr

from tests.connectors.cassettes import CASSETTES, Case, answers, only, raised, recorder, recording, replaying
from tests.connectors.standins import Once, Shelves
from worker.connectors.slack import SlackNotifier
from worker.domain.notices import Notice, Recipient
from worker.ports import Receipt
from worker.sandbox.clock import Clock
from worker.sandbox.server import Server
from worker.sandbox.slack import Slack

FOLDER = CASSETTES / "slack"
ENDPOINT = "https://slack.com/api/"
START = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
TOKEN = "xoxb-SANDBOX"
CHANNEL, EMAIL, KEY = "C0123ABCD9", "ada@agency.test", "alice/statement/2026-Q1/GBP/1"
_KEPT_HEADERS = frozenset({"content-type", "retry-after", "x-oauth-scopes"})

Open = Callable[..., SlackNotifier]


class Desk:
    """A workspace in the sandbox with one channel, and whom and where the notices of a case go to."""

    def __init__(self, channel: str = CHANNEL, email: str = EMAIL) -> None:
        self.clock = Clock(START)
        self.slack = Slack(self.clock, token=TOKEN)
        self.slack.limits = False
        self.slack.add_channel(CHANNEL, "alices-agency")
        self.channel, self.email = channel, email

    def notifier(self, **terms: Any) -> SlackNotifier:
        """Return a notifier as the app makes it."""
        fixed: dict[str, Any] = {"token": TOKEN, "caller": Once(), "clock": self.clock, "memory": Shelves()}
        return SlackNotifier(**(fixed | terms))


# ---- what is played -------------------------------------------------------------------------------------------------


def _send(notifier: SlackNotifier, to: str, key: str = KEY) -> Receipt:
    notice = Notice(
        key=key, kind="statement", recipient=Recipient("alice", slack_channel=to), subject="Your statement",
        text="Hello Alice,\n\nplease send us an invoice for <all> of R&D.", rows=(("Amount", "120.00 GBP"),),
    )  # fmt: skip
    return notifier.send(notifier.render(notice, to), to)


def _post(open_: Open, desk: Desk) -> Any:
    receipt = _send(open_(), desk.channel)
    channel, _, ts = receipt.provider_id.partition("/")
    return [receipt.key, channel == desk.channel, ts.replace(".", "").isdecimal()]


def _direct(open_: Open, desk: Desk) -> Any:
    notifier = open_()
    first, second = _send(notifier, desk.email), _send(notifier, desk.email, "alice/lead/L-1")
    places = {receipt.provider_id.partition("/")[0] for receipt in (first, second)}
    return [len(places), all(place.startswith("D") for place in places), first.provider_id != second.provider_id]


def _find(open_: Open, desk: Desk) -> Any:
    notifier = open_()
    sent = _send(notifier, desk.channel)
    found = notifier.find(KEY, desk.channel, desk.clock.now())
    return [found == sent, notifier.find("nobody/1", desk.channel, desk.clock.now())]


def _look(open_: Open, desk: Desk) -> Any:
    return raised(lambda: open_().find(KEY, desk.channel, desk.clock.now()))


def _doctor(open_: Open, _: Desk) -> Any:
    return [(check.name, check.ok) for check in open_().check()]


def _only_send(open_: Open, desk: Desk) -> Any:
    return raised(lambda: _send(open_(), desk.channel).key)


def _to(channel: str) -> Callable[[Open, Desk], Any]:
    return lambda open_, _: raised(lambda: _send(open_(), channel).key)


def _to_person(open_: Open, desk: Desk) -> Any:
    return raised(lambda: _send(open_(), desk.email).key)


def _faulty(kind: str, **options: Any) -> Callable[[Desk], None]:
    return lambda desk: desk.slack.faults.order(kind, options=options)


def _saying(code: str, *messages: str, status: int = 200, **more: Any) -> Callable[[Desk], None]:
    words = {"response_metadata": {"messages": list(messages)}} if messages else {}
    return _faulty("status", status=status, body={"ok": False, "error": code, **words, **more})


def _scoped(*scopes: str) -> Callable[[Desk], None]:
    def prepare(desk: Desk) -> None:
        desk.slack.scopes = scopes

    return prepare


def _not_joined(desk: Desk) -> None:
    desk.slack.channels[CHANNEL].member = False
    desk.slack.scopes = ("chat:write",)


def _unshared(desk: Desk) -> None:
    desk.slack.channels[CHANNEL].shared = "yes"
    desk.slack.unshare(CHANNEL)


def _too_fast(desk: Desk) -> None:
    desk.slack.limits = True


def _hurried(open_: Open, desk: Desk) -> Any:
    notifier = open_()
    first = raised(lambda: _send(notifier, desk.channel, "first").key)
    return [first, raised(lambda: _send(notifier, desk.channel, "second").key)]


def _hidden(desk: Desk) -> None:
    desk.slack.metadata_needs_scope = True


def _posted_blind(open_: Open, desk: Desk) -> Any:
    notifier = open_()
    _send(notifier, desk.channel)
    return raised(lambda: notifier.find(KEY, desk.channel, desk.clock.now()))


CASES: dict[str, Case] = {
    "post": Case(_post, live=True),
    "direct-message": Case(_direct, lambda desk: desk.slack.add_user(EMAIL), live=True),
    "find": Case(_find, live=True),
    "doctor": Case(_doctor, live=True),
    "bad-token": Case(lambda open_, desk: _only_send(lambda: open_(token="xoxb-nobody"), desk), live=True),
    "no-such-channel": Case(_to("C0NOWHERE0"), live=True),
    "no-such-person": Case(lambda open_, _: raised(lambda: _send(open_(), "eve@nowhere.test")), live=True),
    "person-left": Case(_to_person, lambda desk: desk.slack.add_user(EMAIL, deleted=True)),
    "not-in-channel": Case(_only_send, _not_joined),
    "archived": Case(_only_send, lambda desk: desk.slack.archive(CHANNEL)),
    "unshared": Case(_only_send, _unshared),
    "token-revoked": Case(_only_send, lambda desk: setattr(desk.slack, "dead", "token_revoked")),
    "missing-scope": Case(_only_send, _scoped("users:read")),
    "may-not-look": Case(_look, _scoped("chat:write")),
    "metadata-hidden": Case(_posted_blind, _hidden),
    "too-fast": Case(_hurried, _too_fast),
    "too-fast-in-the-body": Case(_only_send, _saying("ratelimited", status=429)),
    "too-long": Case(_only_send, _saying("msg_too_long")),
    "blocks-too-long": Case(_only_send, _saying("msg_blocks_too_long")),
    "no-text": Case(_only_send, _saying("no_text")),
    "invalid-blocks": Case(_only_send, _saying("invalid_blocks", "[ERROR] must be less than 3001 characters")),
    "invalid-arguments": Case(_only_send, _saying("invalid_arguments", "[ERROR] unsupported field: blok")),
    "fatal-error": Case(_only_send, _saying("fatal_error")),
    "internal-error": Case(_only_send, _saying("internal_error")),
    "server-error": Case(_only_send, _faulty("html", status=503)),
    "server-error-on-looking": Case(_look, _faulty("html", status=503)),
    "html-as-success": Case(_only_send, _faulty("html", status=200)),
    "empty": Case(_only_send, _faulty("empty")),
    "not-found": Case(_only_send, _faulty("html", status=404)),
}


# ---- recording and replaying ----------------------------------------------------------------------------------------


def _recorder(source: str, channel: str = CHANNEL, email: str = EMAIL) -> vcr.VCR:
    def asked(request: Any) -> Any:
        method = urlsplit(request.uri).path.rsplit("/", 1)[-1]
        request.uri = urlunsplit(("https", "slack.com", f"/api/{method}", urlsplit(request.uri).query, ""))
        request.headers = only(request.headers, _KEPT_HEADERS)
        if request.body:
            text = request.body.decode().replace(channel, CHANNEL)
            if method in ("users.lookupByEmail", "conversations.history"):
                # From when on a live channel was read is the day of the recording.
                form = [(k, EMAIL if v == email else v) for k, v in parse_qsl(text) if k != "oldest"]
                text = urlencode(form)
            request.body = text.encode()
        return request

    def told(body: bytes) -> bytes:
        return body.replace(channel.encode(), CHANNEL.encode()).replace(email.encode(), EMAIL.encode())

    return recorder(source, asked, answers(_KEPT_HEADERS, told))


def record(name: str, folder: Path = FOLDER) -> Any:
    """Record a case anew from the sandbox; returns what came of it."""
    desk = Desk()
    CASES[name].prepare(desk)
    with Server(desk.slack, desk.clock) as server, recording(_recorder("the sandbox"), folder, name):
        return CASES[name].play(_opener(desk, endpoint=f"{server.url}/api/"), desk)


def record_live(name: str, *, token: str, channel: str, email: str, endpoint: str) -> Any:
    """Record a case anew from a real workspace: it posts to that channel and to that person."""
    desk = Desk(channel, email)
    with recording(_recorder(f"a live account of {urlsplit(endpoint).hostname}", channel, email), FOLDER, name):
        return CASES[name].play(_opener(desk, token=token, endpoint=endpoint), desk)


def replay(name: str) -> Any:
    """Play a case against its cassette."""
    desk = Desk()
    with replaying(_recorder("nowhere"), FOLDER, name):
        return CASES[name].play(_opener(desk, endpoint=ENDPOINT), desk)


def _opener(desk: Desk, **terms: Any) -> Open:
    fixed = {"memory": Shelves()}
    return lambda **changed: desk.notifier(**(fixed | terms | changed))
