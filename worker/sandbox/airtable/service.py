"""The door of the stand-in: routes, tokens, scopes, roles, limits and ordered faults; the rooms are elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from worker.sandbox.airtable import comments, errors, listing, meta, webhooks, writing
from worker.sandbox.airtable.asked import Asked
from worker.sandbox.airtable.hands import SCOPES, Hands
from worker.sandbox.airtable.limits import BASE_RATE, USER_RATE, Limits
from worker.sandbox.airtable.workspace import LEVELS, Token
from worker.sandbox.clock import Clock
from worker.sandbox.server import Reply, Request

BASE = "appSandboxBase001"
LONGEST_URL = 16_000
_LEVELS = list(LEVELS.values())
_SHAPES = {
    "base": re.compile(r"app[0-9A-Za-z]{14}"), "record": re.compile(r"rec[0-9A-Za-z]{14}"),
    "hook": re.compile(r"ach[0-9A-Za-z]{14}"), "field": re.compile(r"fld[0-9A-Za-z]{14}"),
    "table": re.compile(r".+", re.DOTALL),
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """A method and path; the scope and the permission level it takes; who answers."""

    method: str
    path: tuple[str, ...]
    scope: str | None
    level: str
    answer: Callable[[Asked], dict[str, Any]]

    def match(self, method: str, path: list[str]) -> dict[str, str] | None:
        """Return the ids that the path holds; None when it is not this route's, or an id is malformed."""
        if method != self.method or len(path) != len(self.path):
            return None
        ids = {}
        for wanted, given in zip(self.path, path, strict=True):
            if wanted.startswith("{"):
                name = wanted[1:-1]
                if not _SHAPES[name].fullmatch(given):
                    return None
                ids[name] = given
            elif wanted != given:
                return None
        return ids


def _route(method: str, path: str, scope: str | None, level: str, answer: Callable[[Asked], dict[str, Any]]) -> Route:
    return Route(method, tuple(path.split("/")), scope, level, answer)


_READ, _WRITE = "data.records:read", "data.records:write"
_SEE, _BUILD, _HOOKS = "schema.bases:read", "schema.bases:write", "webhook:manage"
_SCHEMA, _HOOK = "meta/bases/{base}/tables", "bases/{base}/webhooks"
# Words before ids: `bases` and `meta` are no base, `listRecords` is no record.
_ROUTES = (
    _route("GET", "meta/whoami", None, "read", meta.whoami),
    _route("GET", "meta/bases", _SEE, "read", meta.bases),
    _route("GET", _SCHEMA, _SEE, "read", meta.tables),
    _route("POST", _SCHEMA, _BUILD, "create", meta.create_table),
    _route("PATCH", _SCHEMA + "/{table}", _BUILD, "create", meta.update_table),
    _route("POST", _SCHEMA + "/{table}/fields", _BUILD, "create", meta.create_field),
    _route("PATCH", _SCHEMA + "/{table}/fields/{field}", _BUILD, "create", meta.update_field),
    _route("GET", _HOOK, _HOOKS, "read", webhooks.list_all),
    _route("POST", _HOOK, _HOOKS, "create", webhooks.create),
    _route("DELETE", _HOOK + "/{hook}", _HOOKS, "create", webhooks.delete),
    _route("GET", _HOOK + "/{hook}/payloads", _HOOKS, "read", webhooks.list_payloads),
    _route("POST", _HOOK + "/{hook}/refresh", _HOOKS, "create", webhooks.refresh),
    _route("POST", _HOOK + "/{hook}/enableNotifications", _HOOKS, "create", webhooks.enable_notifications),
    _route("GET", "{base}/{table}", _READ, "read", listing.list_records),
    _route("POST", "{base}/{table}/listRecords", _READ, "read", listing.list_records_by_post),
    _route("GET", "{base}/{table}/{record}", _READ, "read", listing.get_record),
    _route("POST", "{base}/{table}", _WRITE, "edit", writing.create_records),
    _route("PATCH", "{base}/{table}", _WRITE, "edit", writing.update_records),
    _route("PUT", "{base}/{table}", _WRITE, "edit", writing.update_records),
    _route("PATCH", "{base}/{table}/{record}", _WRITE, "edit", writing.update_record),
    _route("PUT", "{base}/{table}/{record}", _WRITE, "edit", writing.update_record),
    _route("DELETE", "{base}/{table}", _WRITE, "edit", writing.delete_records),
    _route("DELETE", "{base}/{table}/{record}", _WRITE, "edit", writing.delete_record),
    _route("GET", "{base}/{table}/{record}/comments", "data.recordComments:read", "read", comments.list_comments),
    _route("POST", "{base}/{table}/{record}/comments", "data.recordComments:write", "comment", comments.add_comment),
)


class Airtable(Hands):
    """Airtable: one workspace, one base; see `Workspace` for the switches and `Hands` for what people do.

    `role` is reader, commenter, editor, creator or owner; `plan` is free, team, business or enterprise. Faults of its
    own: those of `errors.ORDERED`, `iterator-expired`, `hook-error`, `ping-lost`, `ping-late`, `ping-doubled`.
    """

    def __init__(
        self, clock: Clock, *, seed: int = 0, token: str = "patSANDBOX", base: str = BASE,
        scopes: Iterable[str] = SCOPES, role: str = "creator", plan: str = "team",
    ) -> None:  # fmt: skip
        super().__init__(clock, seed=seed, base=base, plan=plan)
        self.add_token(token, scopes=scopes, role=role)
        self.on_change.append(webhooks.note)
        self._limits = Limits()

    @property
    def calls_this_month(self) -> int:
        """Return how many calls the month's meter shows."""
        return self._limits.calls_this_month

    def answer(self, request: Request) -> Reply:
        """Answer one request."""
        with self.lock:
            try:
                reply = Reply.json(200, self._answer(request))
            except errors.ApiError as error:
                reply = Reply.json(error.status, error.body, error.headers)
            self.pings.start()
            return reply

    def _answer(self, request: Request) -> dict[str, Any]:
        fault = self.faults.take(errors.ORDERED, request.method, request.path)
        if fault is not None:
            raise errors.ordered(fault, self.rate_envelope)
        route, ids = _find(request)
        token = self._token(request)
        self._limit(token, route, ids)
        if len(f"http://{request.headers.get('host', '')}{request.target}") >= LONGEST_URL:
            raise errors.invalid_request()
        self._permit(token, route, ids)
        return route.answer(Asked(self, token, ids, request))

    def _token(self, request: Request) -> Token:
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        token = self.tokens.get(secret)
        if kind != "Bearer" or token is None:
            raise errors.unauthenticated()
        return token

    def _limit(self, token: Token, route: Route, ids: dict[str, str]) -> None:
        """Count the call; refuse it over a rate, or over the month where it is not one of the meta API."""
        count = self._limits.count(self.clock.now())
        if not self.limits:
            return
        seconds = self.clock.seconds()
        if not self._limits.admits(token.user.id, USER_RATE, seconds):
            raise errors.rate_limited(self.rate_envelope)
        if "base" in ids and not self._limits.admits(ids["base"], BASE_RATE, seconds):
            raise errors.rate_limited(self.rate_envelope)
        if self.monthly_calls is not None and count > self.monthly_calls and route.path[0] != "meta":
            raise errors.month_used_up()

    def _permit(self, token: Token, route: Route, ids: dict[str, str]) -> None:
        """Check that the base is known and shared, then scope, then role."""
        if "base" in ids and ids["base"] != self.base:
            raise errors.unknown_id("base", ids["base"], self.unknown_id_status)
        if ("base" in ids and not token.shared) or (route.scope is not None and route.scope not in token.scopes):
            raise errors.not_permitted()
        if _LEVELS.index(token.level) < _LEVELS.index(route.level):
            raise errors.low_role()


def _find(request: Request) -> tuple[Route, dict[str, str]]:
    first, *path = (unquote(part) for part in request.path.removeprefix("/").split("/"))
    if first == "v0":
        for route in _ROUTES:
            ids = route.match(request.method, path)
            if ids is not None:
                return route, ids
    raise errors.not_found()
