"""Webhooks: made, listed, refreshed, read by cursor, removed. What payloads hold is `payloads`, pings are `pings`.

A hook lives seven days, longer with each refresh or reading; after that its payloads can be read for seven more.
Payloads go after a week, read or not; the cursor counts on and is never reset (docs).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from worker.sandbox.airtable import errors
from worker.sandbox.airtable.asked import Asked, anything_named, checked, flag, list_of, text, whole
from worker.sandbox.airtable.change import Change
from worker.sandbox.airtable.payloads import Watch, payloads_of
from worker.sandbox.airtable.workspace import Workspace, iso

LIFE = timedelta(days=7)
PAGE = 50
_PER_BASE, _PER_APP = 10, 2
_SOURCES = frozenset({
    "client", "publicApi", "formSubmission", "formPageSubmission", "automation", "system", "sync", "anonymousUser",
    "unknown",
})  # fmt: skip
_FILTERS = {
    "dataTypes": lambda v: bool(v) and list_of(lambda i: i in ("tableData", "tableFields", "tableMetadata"))(v),
    "recordChangeScope": text,
    "changeTypes": list_of(lambda item: item in ("add", "remove", "update")),
    "fromSources": list_of(lambda item: item in _SOURCES),
    "sourceOptions": anything_named,
    "watchDataInFieldIds": list_of(text),
    "watchSchemasOfFieldIds": list_of(text),
}
_INCLUDES = {
    "includeCellValuesInFieldIds": lambda v: v == "all" or list_of(text)(v),
    "includePreviousCellValues": flag,
    "includePreviousFieldDefinitions": flag,
}


@dataclass
class Hook:
    """A webhook: what it watches, what it noted, how its pings fare."""

    id: str
    secret: bytes
    url: str | None
    specification: dict[str, Any]
    watch: Watch
    owner: str
    expires: datetime
    enabled: bool = True
    notifying: bool = True
    cursor: int = 1  # of the next payload
    payloads: list[tuple[int, datetime, dict[str, Any]]] = field(default_factory=list)
    due: datetime | None = None  # when the next ping leaves
    retry: int = 0
    last_result: dict[str, Any] | None = None
    last_success: datetime | None = None

    def add(self, payload: dict[str, Any], now: datetime) -> None:
        """Note a payload under the next cursor."""
        self.payloads.append((self.cursor, now, payload))
        self.cursor += 1


def create(asked: Asked) -> dict[str, Any]:
    """Answer POST webhooks; the secret is shown this once."""
    asked.query()
    workspace = asked.workspace
    body = asked.body({"specification": anything_named}, {"notificationUrl": _url})
    watch = _watch(workspace, body["specification"])
    for kind in watch.data_types:
        _check_scope(asked, kind)
    tidy(workspace)
    if len(workspace.hooks) >= _PER_BASE:
        raise errors.too_many_hooks("TOO_MANY_WEBHOOKS_IN_BASE")
    owner = asked.token.user.id
    if asked.token.oauth and sum(hook.owner == owner for hook in workspace.hooks.values()) >= _PER_APP:
        raise errors.too_many_hooks("TOO_MANY_WEBHOOKS_BY_OAUTH_INTEGRATION_IN_BASE")
    now = workspace.clock.now()
    hook = Hook(
        workspace.mint("ach"), workspace.secret(), body.get("notificationUrl"), body["specification"], watch, owner,
        now + LIFE,
    )  # fmt: skip
    workspace.hooks[hook.id] = hook
    announce(workspace, hook)
    secret = base64.b64encode(hook.secret).decode()
    return {"id": hook.id, "macSecretBase64": secret, "expirationTime": iso(hook.expires)}


def list_all(asked: Asked) -> dict[str, Any]:
    """Answer GET webhooks."""
    asked.query()
    tidy(asked.workspace)
    return {"webhooks": [_shown(hook) for hook in asked.workspace.hooks.values()]}


def list_payloads(asked: Asked) -> dict[str, Any]:
    """Answer GET payloads from a cursor on; the hook's life begins anew while it is enabled."""
    found = asked.query(cursor=whole(1, 10**12), limit=whole(1, PAGE))
    hook = _hook(asked)
    for kind in hook.watch.data_types:
        _check_scope(asked, kind)
    workspace = asked.workspace
    now = workspace.clock.now()
    if workspace.faults.take("hook-error", asked.request.method, asked.request.path):
        fail(workspace, hook, "INVALID_HOOK")
    if hook.enabled:
        hook.expires = now + LIFE
    cursor, limit = found.get("cursor", 1), found.get("limit", PAGE)
    waiting = [(number, payload) for number, _, payload in hook.payloads if number >= cursor]
    page = waiting[:limit]
    return {
        "payloads": [payload for _, payload in page], "cursor": page[-1][0] + 1 if page else cursor,
        "mightHaveMore": len(waiting) > len(page), "payloadFormat": "v0",
    }  # fmt: skip


def refresh(asked: Asked) -> dict[str, Any]:
    """Answer POST refresh; a hook that has expired stays so (docs: "while it is still active")."""
    asked.query()
    hook = _hook(asked)
    if not hook.enabled:
        raise errors.invalid_request()
    hook.expires = asked.workspace.clock.now() + LIFE
    return {"expirationTime": iso(hook.expires)}


def enable_notifications(asked: Asked) -> dict[str, Any]:
    """Answer POST enableNotifications; switched on again, a hook tries its ping anew."""
    asked.query()
    body = asked.body({"enable": lambda value: isinstance(value, bool)})
    hook = _hook(asked)
    was, hook.notifying = hook.notifying, body["enable"]
    if hook.notifying and not was:
        hook.retry = 0
        announce(asked.workspace, hook)
    return {}


def delete(asked: Asked) -> dict[str, Any]:
    """Answer DELETE of a webhook."""
    asked.query()
    del asked.workspace.hooks[_hook(asked).id]
    return {}


def note(change: Change) -> None:
    """Write a committed change down for every hook that watches it."""
    workspace = change.workspace
    if not workspace.hooks:
        return
    tidy(workspace)
    now = workspace.clock.now()
    for hook in workspace.hooks.values():
        if not hook.enabled:
            continue
        found = payloads_of(change, hook.watch, workspace.split_after)
        for payload in found:
            hook.add(payload, now)
        if found:
            announce(workspace, hook)
        if hook.watch.broken(workspace):
            fail(workspace, hook, "INVALID_FILTERS")


def fail(workspace: Workspace, hook: Hook, code: str) -> None:
    """Note an error payload and end the hook: what it watches is gone, or the service broke it."""
    now = workspace.clock.now()
    hook.add({
        "timestamp": iso(now), "baseTransactionNumber": workspace.transactions, "payloadFormat": "v0",
        "error": True, "code": code,
    }, now)  # fmt: skip
    hook.enabled = False
    announce(workspace, hook)


def announce(workspace: Workspace, hook: Hook) -> None:
    """Have a ping leave now, unless one is under way already; faults `ping-lost` and `ping-late` strike here."""
    if hook.url is None or not hook.notifying or hook.due is not None:
        return
    if workspace.faults.take("ping-lost", "POST", hook.url):
        return
    late = workspace.faults.take("ping-late", "POST", hook.url)
    hook.due = workspace.clock.now() + timedelta(seconds=late.options.get("seconds", 60) if late else 0)


def tidy(workspace: Workspace) -> None:
    """Let time do its work: expired hooks stop, a week later they are gone, as are payloads a week old."""
    now = workspace.clock.now()
    for hook in list(workspace.hooks.values()):
        if hook.expires <= now:
            hook.enabled = False
        if hook.expires + LIFE <= now:
            del workspace.hooks[hook.id]
        if hook.payloads and hook.payloads[0][1] <= now - LIFE:
            hook.payloads = [entry for entry in hook.payloads if entry[1] > now - LIFE]


def _url(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def _hook(asked: Asked) -> Hook:
    tidy(asked.workspace)
    hook = asked.workspace.hooks.get(asked.ids["hook"])
    if hook is None:
        raise errors.unknown_id("webhook", asked.ids["hook"], asked.workspace.unknown_id_status)
    return hook


def _check_scope(asked: Asked, kind: str) -> None:
    if ("data.records:read" if kind == "tableData" else "schema.bases:read") not in asked.token.scopes:
        raise errors.not_permitted()


def _watch(workspace: Workspace, specification: dict[str, Any]) -> Watch:
    checked(specification, {"options": anything_named})
    options = specification.get("options", {})
    checked(options, {"filters": anything_named, "includes": anything_named})
    filters, includes = options.get("filters", {}), options.get("includes", {})
    checked(filters, _FILTERS)
    checked(includes, _INCLUDES)
    if "dataTypes" not in filters:
        raise errors.invalid_request()
    watch = Watch.of(filters, includes)
    if watch.broken(workspace):
        raise errors.invalid_request()
    return watch


def _shown(hook: Hook) -> dict[str, Any]:
    return {
        "id": hook.id, "specification": hook.specification, "notificationUrl": hook.url,
        "cursorForNextPayload": hook.cursor, "lastNotificationResult": hook.last_result,
        "areNotificationsEnabled": hook.notifying,
        "lastSuccessfulNotificationTime": None if hook.last_success is None else iso(hook.last_success),
        "isHookEnabled": hook.enabled, "expirationTime": iso(hook.expires),
    }  # fmt: skip
