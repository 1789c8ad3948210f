"""Exchanges with HubSpot that are kept as cassettes: what is played, and how it is recorded and replayed.

Each case plays the connector and returns what came of it, in short. Recording runs it against the sandbox (whose faults
and hands give every error body) or, for those marked live, a real account; replaying needs no server.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import vcr

from tests.connectors.cassettes import CASSETTES, answers, only, raised, recorder, recording, replaying, short
from tests.connectors.hubspot.hubspot_stand import START, TOKEN, Untraced, crm_at, lead
from tests.connectors.standins import Once, Shelves
from worker.connectors.hubspot import HubSpotCrm
from worker.ports import ServiceError
from worker.sandbox.clock import Clock
from worker.sandbox.hubspot import HubSpot
from worker.sandbox.server import Server

FOLDER = CASSETTES / "hubspot"
ENDPOINT = "https://api.hubapi.com"
_KEPT_HEADERS = frozenset({"content-type", "retry-after"})

Play = Callable[[HubSpotCrm], Any]


@dataclass(frozen=True)
class Case:
    """One cassette: what is played; how the sandbox is prepared; whether a live account can be asked too."""

    play: Play
    prepare: Callable[[HubSpot], Any] = lambda _: None
    live: bool = False
    bare: bool = False
    service: type[HubSpot] = HubSpot
    token: str = TOKEN


def _worded(error: ServiceError) -> Any:
    return [*short(error), error.text]


# ---- what is played -------------------------------------------------------------------------------------------------


def _set_up(crm: HubSpotCrm) -> Any:
    before = len(crm.missing())
    crm.make(crm.missing())
    return [before, len(crm.missing())]


def _doctor(crm: HubSpotCrm) -> Any:
    return [(check.name.removeprefix("HubSpot "), check.ok) for check in crm.check()]


def _stages(crm: HubSpotCrm) -> Any:
    return raised(lambda: [(stage.id, stage.state) for stage in crm.stages()], _worded)


def _look_up(crm: HubSpotCrm) -> Any:
    found = crm.companies(["acme.example", "nobody.example"])
    return {domain: (one.customer, [deal.state for deal in one.deals]) for domain, one in found.items()}


def _nobody(crm: HubSpotCrm) -> Any:
    return [len(crm.companies(["nobody-quarterday.example"])), len(crm.find(["L-NOBODY00"]))]


def _put(*numbers: int, **terms: Any) -> Play:
    return lambda crm: raised(lambda: [short(o) for o in crm.put([lead(n, **terms) for n in numbers])], _worded)


def _put_twice(crm: HubSpotCrm) -> Any:
    drafts = [lead(n, value="100", currency="GBP") for n in range(3)]
    first = crm.put(drafts)
    return [first == crm.put(drafts), first == list(crm.find([d.key for d in drafts]).values())]


def _mixed(crm: HubSpotCrm) -> Any:
    drafts = [lead(0), lead(1, value="5", currency="XXX"), lead(2, email="jane at nowhere"), lead(3)]
    return [short(o) for o in crm.put(drafts)]


def _deals(*tracked: str) -> Play:
    def play(crm: HubSpotCrm) -> Any:
        known = crm.deals(tracked).values()
        return sorted((d.name, d.state, d.won_at is not None, d.doubt, d.merged_into is not None) for d in known)

    return play


# ---- how the sandbox is prepared ------------------------------------------------------------------------------------


def _later(portal: HubSpot) -> None:
    portal.clock.advance(timedelta(minutes=2))


def _a_customer(portal: HubSpot) -> None:
    company = portal.add_company({"name": "Acme", "domain": "Acme.example"})
    for stage in ("closedwon", "closedlost", "contractsent"):
        portal.add_deal({"dealname": stage, "dealstage": stage}, company=company)
    _later(portal)


def _four_deals(portal: HubSpot) -> None:
    """Won, lost after won, archived, merged; the ids are those that `_DEALS` names."""
    company = portal.add_company({"name": "Acme"})
    ids = [portal.add_deal({"dealname": name, "amount": "10"}, company=company) for name in ("A", "B", "C", "D", "E")]
    portal.move_deal(ids[0], "closedwon")
    portal.move_deal(ids[1], "closedwon")
    _later(portal)
    portal.move_deal(ids[1], "closedlost")
    portal.archive("deals", ids[2])
    portal.merge("deals", ids[3], ids[4])
    _later(portal)


_DEALS = ("34526985528", "34526985531", "34526985534", "34526985537", "999")


def _an_old_contact(portal: HubSpot) -> None:
    portal.add_contact({"email": lead(1).email})


def _an_archived_deal(portal: HubSpot) -> None:
    portal.archived_value_blocked = True
    portal.archive("deals", portal.add_deal({"dealname": "old", "partner_lead_id": lead(1).key}))


def _fault(kind: str, path: str, **options: Any) -> Callable[[HubSpot], Any]:
    return lambda portal: portal.faults.order(kind, path=path, options=options)


def _forbidden(form: str) -> Callable[[HubSpot], Any]:
    return _fault("forbidden", _PIPELINES, form=form, scopes=["crm.objects.deals.read"])


_PIPELINES = "/crm/v3/pipelines"
_CREATE = "/crm/v3/objects/deals/batch/create"

CASES: dict[str, Case] = {
    "set-up": Case(_set_up, live=True, bare=True),
    "doctor": Case(_doctor, live=True),
    "stages": Case(_stages, live=True),
    "nobody": Case(_nobody, live=True),
    "bad-token": Case(_stages, live=True, token="pat-NOBODY"),
    "look-up": Case(_look_up, _a_customer),
    "put-and-find": Case(_put_twice),
    "deals": Case(_deals(*_DEALS), _four_deals),
    "existing-contact": Case(_put(1), _an_old_contact),
    "rows-refused": Case(_mixed),
    "batch-refused-whole": Case(_mixed, service=Untraced),
    "taken-whole": Case(_put_twice, service=Untraced),
    "key-of-an-archived-deal": Case(_put(1), _an_archived_deal),
    "missing-property": Case(_put(1), bare=True),
    "missing-property-of-deals": Case(_put(1), lambda portal: portal.delete_property("deals", "source_partner")),
    "scope-in-missing-scopes": Case(_stages, _forbidden("missing")),
    "scope-in-errors": Case(_stages, _forbidden("errors")),
    "scope-in-granular-scopes": Case(_stages, _forbidden("granular")),
    "limit-named": Case(_stages, _fault("rate-limited", _PIPELINES)),
    "limit-in-words": Case(_stages, _fault("rate-limited", _PIPELINES, policy="SECONDLY", named=False)),
    "limit-of-the-day": Case(_stages, _fault("rate-limited", _PIPELINES, policy="DAILY")),
    "limit-on-writing": Case(_put(1), _fault("rate-limited", _CREATE)),
    "locked": Case(_put(1), _fault("locked", _CREATE)),
    "migrating": Case(_stages, _fault("migrating", _PIPELINES)),
    "html-on-reading": Case(_stages, _fault("html", _PIPELINES)),
    "html-with-200": Case(_stages, _fault("html", _PIPELINES, status=200)),
    "server-error-on-writing": Case(_put(1), _fault("status", _CREATE, status=503, body={"status": "error"})),
    "row-left-out": Case(_put(1, 2), _fault("omit", _CREATE, index=1, written=True)),
    "complete-with-nothing": Case(_put(1, 2), _fault("nothing", _CREATE, written=True)),
}  # fmt: skip


# ---- recording and replaying ----------------------------------------------------------------------------------------


def _recorder(source: str, token: str) -> vcr.VCR:
    def asked(request: Any) -> Any:
        parts = urlsplit(request.uri)
        request.uri = urlunsplit(("https", "api.hubapi.com", parts.path, parts.query, ""))
        request.headers = only(request.headers, _KEPT_HEADERS)
        if request.body:
            request.body = bytes(request.body).replace(token.encode(), b"(the token)")
        return request

    return recorder(source, asked, answers(_KEPT_HEADERS, bytes))


def record(name: str, folder: Path = FOLDER) -> Any:
    """Record a case anew from the sandbox; returns what came of it."""
    case, clock = CASES[name], Clock(START)
    portal = case.service(clock)
    portal.limits = False
    with Server(portal, clock) as server:
        if not case.bare:
            ready = crm_at(server.url, clock)
            ready.make(ready.missing())
        case.prepare(portal)
        crm = crm_at(server.url, clock, caller=Once(), memory=Shelves(), token=case.token)
        with recording(_recorder("the sandbox", case.token), folder, name):
            return case.play(crm)


def record_live(name: str, *, token: str, endpoint: str) -> Any:
    """Record a case anew from a real account; only `set-up` writes, and only our properties."""
    case = CASES[name]
    token = token if case.token == TOKEN else case.token
    crm = crm_at(endpoint, Clock(START), caller=Once(), memory=Shelves(), token=token)
    with recording(_recorder(f"a live account of {urlsplit(endpoint).hostname}", token), FOLDER, name):
        return case.play(crm)


def replay(name: str) -> Any:
    """Play a case against its cassette."""
    case = CASES[name]
    crm = crm_at(ENDPOINT, Clock(START), caller=Once(), memory=Shelves(), token=case.token)
    with replaying(_recorder("nowhere", case.token), FOLDER, name):
        return case.play(crm)
