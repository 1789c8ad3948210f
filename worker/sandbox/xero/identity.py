"""Xero's identity service: tokens of both kinds of app, connections, what a token may do. No user signs in here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from worker.sandbox.clock import Clock
from worker.sandbox.server import Reply, Request
from worker.sandbox.xero.errors import Rejected, refused
from worker.sandbox.xero.records import Ids
from worker.sandbox.xero.switches import Switches

TOKEN_LIFE = timedelta(seconds=1800)
GRACE = timedelta(minutes=30)  # how long a refresh token works after its successor was given out (docs)
IDLE = timedelta(days=60)
_AREAS = (
    "accounting.invoices",
    "accounting.payments",
    "accounting.contacts",
    "accounting.settings",
    "accounting.attachments",
)
GRANULAR = frozenset(f"{area}{suffix}" for area in _AREAS for suffix in ("", ".read"))
BROAD = frozenset({"accounting.transactions", "accounting.transactions.read"})
OF_USERS = frozenset({"openid", "profile", "email", "offline_access"})
_COVERED_BY_BROAD = ("accounting.invoices", "accounting.payments")


@dataclass(frozen=True)
class Access:
    """What an access token stands for."""

    scopes: frozenset[str]
    expires: datetime
    custom: bool  # of a custom connection: one organisation, no tenant header


@dataclass
class Refresh:
    """A refresh token of the web app; `superseded` from the moment that its successor exists."""

    scope: str
    given: datetime
    superseded: datetime | None = None


class Identity:
    """Gives out tokens and judges them."""

    def __init__(
        self, clock: Clock, ids: Ids, switches: Switches, *, client_id: str, client_secret: str, tenant: str
    ) -> None:
        self.clock = clock
        self.switches = switches
        self.client = (client_id, client_secret)
        self.tenant = tenant
        self.connection: str | None = ids.fixed("connection")
        self.connected = clock.now()
        self._ids = ids
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, Refresh] = {}

    # Tokens

    def token(self, request: Request) -> Reply:
        """Answer POST /connect/token."""
        try:
            form = self._form(request)
            grant = form.get("grant_type")
            if grant == "client_credentials":
                return _given(self._new_access(self._scopes(form, users=False), custom=True))
            if grant == "refresh_token":
                return _given(self._refreshed(form))
            raise _bad("unsupported_grant_type")
        except Rejected as rejected:
            return Reply.json(rejected.status, rejected.body)

    def authorise(self, scope: str) -> dict[str, object]:
        """Play the user who consents to the web app: the answer that its code would have been exchanged for."""
        self._scopes({"scope": scope}, users=True)
        return self._new_pair(scope)

    def expire_all(self) -> None:
        """Let every access token be over."""
        self._access = {k: Access(a.scopes, self.clock.now(), a.custom) for k, a in self._access.items()}

    def _form(self, request: Request) -> dict[str, str]:
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise _bad("invalid_request")
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        basic = _basic(request.headers.get("authorization", ""))
        if (basic or (form.get("client_id"), form.get("client_secret"))) != self.client:
            raise _bad("invalid_client")
        return form

    def _scopes(self, form: Mapping[str, str], *, users: bool) -> str:
        known = GRANULAR | (BROAD if self.switches.broad_scopes else frozenset()) | (OF_USERS if users else frozenset())
        scope = form.get("scope", "")
        if not scope and not self.switches.scope_required:
            scope = " ".join(sorted(GRANULAR))
        if not scope or not set(scope.split()) <= known:
            raise _bad("invalid_scope")
        return scope

    def _new_access(self, scope: str, *, custom: bool) -> dict[str, object]:
        token = f"sandbox-access-{self._ids.next('access')}"
        self._access[token] = Access(frozenset(scope.split()), self.clock.now() + TOKEN_LIFE, custom)
        return {
            "access_token": token, "expires_in": int(TOKEN_LIFE.total_seconds()), "token_type": "Bearer",
            "scope": scope,
        }  # fmt: skip

    def _new_pair(self, scope: str) -> dict[str, object]:
        pair = self._new_access(scope, custom=False)
        if "offline_access" in scope.split():
            token = f"sandbox-refresh-{self._ids.next('refresh')}"
            self._refresh[token] = Refresh(scope, self.clock.now())
            pair["refresh_token"] = token
        return pair

    def _refreshed(self, form: Mapping[str, str]) -> dict[str, object]:
        now, token = self.clock.now(), self._refresh.get(form.get("refresh_token", ""))
        dead = (
            token is None
            or now - token.given > IDLE
            or (token.superseded is not None and now - token.superseded > GRACE)
        )
        if token is None or dead:
            raise _bad("invalid_grant")
        for other in self._refresh.values():  # the last writer wins: all tokens before the new one have 30 minutes left
            other.superseded = other.superseded or now
        return self._new_pair(token.scope)

    # Judgement

    def admit(self, request: Request, area: str, instance: str) -> None:
        """Refuse a request whose token, tenant or scope will not do; `area` is the path's scope, without `.read`."""
        access = self._bearer(request, instance)
        tenant = request.headers.get("xero-tenant-id", "")
        if self.connection is None or (tenant != self.tenant and (tenant or not access.custom)):
            raise refused(403, "AuthenticationUnsuccessful", instance)
        if not area:
            return  # a path that is not there: its 404 comes later
        accepted = {area} if request.method != "GET" else {area, f"{area}.read"}
        if area in _COVERED_BY_BROAD:
            accepted |= {"accounting.transactions"} if request.method != "GET" else BROAD
        if not accepted & access.scopes:
            raise refused(self.switches.missing_scope_status, "AuthorizationUnsuccessful", instance)

    def _bearer(self, request: Request, instance: str) -> Access:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        access = self._access.get(token) if scheme == "Bearer" else None
        if access is None:
            raise refused(401, "AuthenticationUnsuccessful", instance)
        if self.clock.now() >= access.expires:
            raise refused(401, f"TokenExpired: token expired at {access.expires:%m/%d/%Y %H:%M:%S}", instance)
        return access

    def connections(self, request: Request, instance: str) -> Reply:
        """Answer GET /connections: a bare array, and no limits' headers (recorded)."""
        self._bearer(request, instance)
        if any(name != "authEventId" for name, _ in request.query):
            raise Rejected(400, {"Title": "Bad Request", "Status": 400})
        stamp = self.connected.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"
        row = {
            "id": self.connection, "tenantId": self.tenant, "tenantType": "ORGANISATION",
            "tenantName": "Demo Company (UK)",
            "createdDateUtc": stamp, "updatedDateUtc": stamp,
        }  # fmt: skip
        return Reply.json(200, [row] if self.connection else [])

    def disconnect(self, request: Request, connection: str, instance: str) -> Reply:
        """Answer DELETE /connections/{id}: from then on the API answers 403."""
        self._bearer(request, instance)
        if connection != self.connection:
            raise Rejected(404, "")
        self.connection = None
        return Reply(204)


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, coded = header.partition(" ")
    if scheme != "Basic":
        return None
    try:
        name, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ("", "")
    return (name, secret)


def _given(pair: dict[str, object]) -> Reply:
    return Reply.json(200, pair, {"cache-control": "no-store"})


def _bad(error: str) -> Rejected:
    return Rejected(400, {"error": error})
