"""What an integration asks about the account itself: details, the day's usage, its own token, the owners."""

from __future__ import annotations

from typing import Any

from worker.sandbox.hubspot.bodies import Ask, text
from worker.sandbox.hubspot.errors import bad, nothing_there, unauthorised
from worker.sandbox.hubspot.portal import Portal
from worker.sandbox.hubspot.values import milliseconds, stamp
from worker.sandbox.server import Reply


def details(portal: Portal, ask: Ask) -> Reply:
    """GET account-info details (captured)."""
    ask.only()
    offset = portal.clock.now().astimezone(portal.zone).utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds()) // 60
    sign, whole = "-" if minutes < 0 else "+", abs(minutes)
    return Reply.json(200, {
        "portalId": portal.portal_id, "accountType": "STANDARD", "timeZone": portal.zone.key,
        "companyCurrency": portal.currencies[0], "additionalCurrencies": list(portal.currencies[1:]),
        "utcOffset": f"{sign}{whole // 60:02}:{whole % 60:02}", "utcOffsetMilliseconds": minutes * 60_000,
        "uiDomain": "app.hubspot.com", "dataHostingLocation": "na1",
    })  # fmt: skip


def usage(portal: Portal, ask: Ask) -> Reply:
    """GET account-info api-usage/daily/private-apps (docs)."""
    ask.only()
    now = portal.clock.now()
    return Reply.json(200, {"results": [{
        "collectedAt": stamp(portal.now()), "currentUsage": portal.rates.used, "fetchStatus": "SUCCESS",
        "name": "private-apps-api-calls-daily", "resetsAt": stamp(milliseconds(portal.rates.resets_at(now))),
        "usageLimit": portal.rates.daily,
    }]})  # fmt: skip


def token_info(portal: Portal, ask: Ask) -> Reply:
    """POST oauth/v2/private-apps/get/access-token-info (third party; for service keys unverified)."""
    ask.only()
    if text(ask.fields(("tokenKey",), ("tokenKey",))["tokenKey"], "tokenKey") != portal.token:
        raise unauthorised()
    facts = {"userId": 76_070_032, "hubId": portal.portal_id, "appId": 19_083_857}
    return Reply.json(200, {**facts, "scopes": sorted(portal.scopes)})


def list_owners(portal: Portal, ask: Ask) -> Reply:
    """GET owners."""
    ask.only("email", "limit", "after", "archived")
    limit, after, email = ask.one("limit", "100"), ask.one("after", "0"), ask.one("email").lower()
    if not limit.isdecimal() or not 1 <= int(limit) <= 500 or not after.isdecimal():
        raise bad("limit must be between 1 and 500, after a cursor")
    rows = [] if ask.flag("archived") else [o for o in portal.owners if not email or o["email"].lower() == email]
    start = int(after)
    body: dict[str, Any] = {"results": rows[start : start + int(limit)]}
    if start + int(limit) < len(rows):
        body["paging"] = {"next": {"after": str(start + int(limit))}}
    return Reply.json(200, body)


def read_owner(portal: Portal, ask: Ask) -> Reply:
    """GET owners/{id}."""
    ask.only("idProperty", "archived")
    for owner in portal.owners:
        if str(owner["userId"] if ask.one("idProperty") == "userId" else owner["id"]) == ask.parts[0]:
            return Reply.json(200, owner)
    raise nothing_there()
