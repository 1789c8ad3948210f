"""HubSpot at the door: version of the path, token, limits, scopes, ordered refusals, and then the room that answers.

Both forms of every path, v3/v4 and date-versioned, lead to the same rooms and the same state.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote

from worker.sandbox.hubspot import account, associations, batches, merging, objects, pipelines, properties, search
from worker.sandbox.hubspot.bodies import Ask, parse
from worker.sandbox.hubspot.errors import Refusal, bad, forbidden, too_many, unauthorised
from worker.sandbox.hubspot.hands import Hands
from worker.sandbox.hubspot.kinds import kind_named
from worker.sandbox.hubspot.portal import Portal
from worker.sandbox.server import Reply, Request

LONGEST_TARGET = 8_000
_DATED = "2026-09"
_TOKEN_INFO = "/oauth/v2/private-apps/get/access-token-info"
# Area → its name and number in the old form; in the new form the date stands behind the name.
_FORMS = tuple(
    (re.compile(rf"/{old}(?:/(.*))?"), re.compile(rf"/{new}/{_DATED}(?:/(.*))?"), area)
    for old, new, area in (
        ("crm/v3/objects", "crm/objects", "objects"), ("crm/v4/associations", "crm/associations", "associations"),
        ("crm/v3/pipelines", "crm/pipelines", "pipelines"), ("crm/v3/properties", "crm/properties", "properties"),
        ("crm/v3/owners", "crm/owners", "owners"), ("account-info/v3", "account-info", "account"),
    )
)  # fmt: skip
_REFUSALS = frozenset({"rate-limited", "locked", "migrating", "forbidden", "unauthorised"})


@dataclass(frozen=True)
class _Route:
    method: str
    shape: re.Pattern[str]
    room: Callable[[Portal, Ask], Reply]
    right: str  # scope needed: "read" or "write" of the kind in the path, "schema", a whole name, or ""
    area: str = ""


def _routes() -> tuple[_Route, ...]:
    one, pair = r"([^/]+)", r"([^/]+)/([^/]+)"
    table: list[tuple[str, str, Callable[[Portal, Ask], Reply], str, str]] = [
        ("GET", f"objects/{one}", objects.list_records, "read", ""),
        ("POST", f"objects/{one}", objects.create_record, "write", ""),
        ("POST", f"objects/{one}/search", search.search, "read", "search"),
        ("POST", f"objects/{one}/merge", merging.merge_records, "write", ""),
        ("POST", f"objects/{one}/batch/create", batches.create, "write", ""),
        ("POST", f"objects/{one}/batch/read", batches.read, "read", ""),
        ("POST", f"objects/{one}/batch/update", batches.update, "write", ""),
        ("POST", f"objects/{one}/batch/upsert", batches.upsert, "write", ""),
        ("POST", f"objects/{one}/batch/archive", batches.archive, "write", ""),
        ("GET", f"objects/{pair}", objects.read_record, "read", ""),
        ("PATCH", f"objects/{pair}", objects.update_record, "write", ""),
        ("DELETE", f"objects/{pair}", objects.archive_record, "write", ""),
        ("POST", f"associations/{pair}/batch/create", associations.create, "", "associations"),
        ("POST", f"associations/{pair}/batch/read", associations.read, "", "associations"),
        ("POST", f"associations/{pair}/batch/archive", associations.archive, "", "associations"),
        ("POST", f"associations/{pair}/batch/associate/default", associations.associate_default, "", "associations"),
        ("POST", f"associations/{pair}/batch/labels/archive", associations.archive_labels, "", "associations"),
        ("GET", f"associations/{pair}/labels", associations.labels, "", "associations"),
        ("GET", f"pipelines/{one}", pipelines.list_pipelines, "read", ""),
        ("GET", f"pipelines/{pair}", pipelines.read_pipeline, "read", ""),
        ("GET", f"pipelines/{pair}/stages", pipelines.list_stages, "read", ""),
        ("GET", f"properties/{one}", properties.list_properties, "read", ""),
        ("POST", f"properties/{one}", properties.create_property, "schema", ""),
        ("POST", f"properties/{one}/batch/create", properties.create_batch, "schema", ""),
        ("GET", f"properties/{one}/groups", properties.list_groups, "read", ""),
        ("POST", f"properties/{one}/groups", properties.create_group, "schema", ""),
        ("GET", f"properties/{one}/groups/{one}", properties.read_group, "read", ""),
        ("GET", f"properties/{pair}", properties.read_property, "read", ""),
        ("PATCH", f"properties/{pair}", properties.update_property, "schema", ""),
        ("DELETE", f"properties/{pair}", properties.archive_property, "schema", ""),
        ("GET", "owners", account.list_owners, "crm.objects.owners.read", ""),
        ("GET", f"owners/{one}", account.read_owner, "crm.objects.owners.read", ""),
        ("GET", "account/details", account.details, "", ""),
        ("GET", "account/api-usage/daily/private-apps", account.usage, "", ""),
        ("POST", "token-info", account.token_info, "", ""),
    ]
    return tuple(_Route(method, re.compile(shape), room, right, area) for method, shape, room, right, area in table)


_ROUTES = _routes()


def _canonical(path: str) -> tuple[str, bool]:
    """Return a path without its version, and whether it is date-versioned; 400 for one that is not HubSpot's."""
    if path == _TOKEN_INFO:
        return "token-info", False
    for old, new, area in _FORMS:
        for form, dated in ((old, False), (new, True)):
            if match := form.fullmatch(path):
                return f"{area}/{match[1] or ''}".rstrip("/"), dated
    raise bad(f"Unknown path: {path}")


def _route(method: str, path: str) -> tuple[_Route, tuple[str, ...]]:
    for route in _ROUTES:
        match = route.shape.fullmatch(path)
        if match and route.method == method:
            return route, tuple(unquote(part) for part in match.groups())
    raise bad(f"Unknown path or method: {method} {path}")


class HubSpot(Hands):
    """One HubSpot account behind its API; serve it with `Server(HubSpot(clock), clock)`.

    Faults of its own, with their options: `rate-limited` (`policy`, `named`), `locked`, `migrating` (`seconds`),
    `forbidden` (`scopes`, `form`), `unauthorised`; in batches `omit` (`index`, `written`) and `nothing` (`written`);
    `stale-search` (`seconds`); `hook-late` (`seconds`), `hook-lost`, `hook-doubled`, `hook-disordered`.
    """

    def answer(self, request: Request) -> Reply:
        """Answer one request."""
        with self._lock:
            self.settle()
            correlation = self._correlation()
            try:
                reply = self._answer(request)
            except Refusal as refusal:
                reply = refusal.reply(correlation)
            return replace(reply, headers={**reply.headers, "X-HubSpot-Correlation-Id": correlation})

    def _correlation(self) -> str:
        self._answered += 1
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"hubspot/{self.seed}/{self._answered}"))

    def _answer(self, request: Request) -> Reply:
        if len(request.target) > LONGEST_TARGET:
            raise Refusal(414, "URI Too Long")
        path, dated = _canonical(request.path)
        route, parts = _route(request.method, path)
        if path != "token-info" and request.headers.get("authorization") != f"Bearer {self.token}":
            raise unauthorised()
        headers = self.rates.admit(route.area, self.clock.seconds(), self.clock.now(), enforced=self.limits)
        try:
            self._ordered(request)
            self._allow(route, parts)
            body = parse(request.body) if request.method in ("POST", "PATCH") else None
            size = len(request.body.decode("utf-8", "replace"))
            reply = route.room(self, Ask(request.method, request.path, parts, request.query, body, size, dated))
        except Refusal as refusal:
            refusal.headers = {**headers, **refusal.headers}
            raise
        return replace(reply, headers={**headers, **reply.headers})

    def _allow(self, route: _Route, parts: tuple[str, ...]) -> None:
        """Refuse a call whose scope the token lacks; associations need none of their own (docs)."""
        scope = route.right
        if scope in ("read", "write", "schema"):
            area, right = ("schemas", "write") if scope == "schema" else ("objects", scope)
            scope = f"crm.{area}.{kind_named(parts[0]).plural}.{right}"
        if scope and scope not in self.scopes:
            raise forbidden([scope], self.forbidden_form)

    def _ordered(self, request: Request) -> None:
        """Refuse as an ordered fault says."""
        fault = self.faults.take(_REFUSALS, request.method, request.path)
        if fault is None:
            return
        options = fault.options
        if fault.kind == "rate-limited":
            raise too_many(options.get("policy", "TEN_SECONDLY_ROLLING"), named=options.get("named", True))
        if fault.kind == "forbidden":
            raise forbidden(options.get("scopes", ["crm.objects.deals.read"]), options.get("form", self.forbidden_form))
        if fault.kind == "unauthorised":
            raise unauthorised()
        if fault.kind == "locked":
            raise Refusal(423, "The resource is locked. Please try again in 2 seconds.", "LOCKED")
        wait = {"Retry-After": str(options.get("seconds", 86_400))}
        raise Refusal(
            477, "The account is being migrated to another data centre.", "MIGRATION_IN_PROGRESS", headers=wait
        )
