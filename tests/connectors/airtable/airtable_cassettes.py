"""Exchanges with Airtable that are kept as cassettes: what is played, and how it is recorded and replayed.

Each case plays a tracker and returns what came of it, in short. Recording runs it against the sandbox (whose faults and
hands give every error body) or, for those marked live, a real base; replaying needs no server.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import vcr

from tests.connectors.airtable.airtable_stand import START, TOKEN, Stand
from tests.connectors.cassettes import (
    CASSETTES,
    Case,
    answers,
    blanked,
    only,
    raised,
    recorder,
    recording,
    replaying,
    short,
)
from tests.connectors.standins import STATUSES, Shelves
from worker.connectors.airtable import AirtableTracker
from worker.ports import Edit
from worker.sandbox.airtable.service import BASE

FOLDER = CASSETTES / "airtable"
ENDPOINT = "https://api.airtable.com"
_KEPT_HEADERS = frozenset({"content-type", "retry-after", "location"})

Open = Callable[..., AirtableTracker]


# ---- what is played -------------------------------------------------------------------------------------------------


def _set_up(open_: Open) -> Any:
    tracker = open_()
    tracker.make(tracker.missing())
    return [m.what for m in tracker.missing()]


def _doctor(open_: Open) -> Any:
    return [(c.name.removeprefix("Airtable ").split()[0], c.ok) for c in open_().check()]


def _add_three(open_: Open) -> list[str]:
    rows = open_().append("Leads", [{"Company": name} for name in ("Ashdown", "Birch & Co", "Çelik 🏭")])
    return [row for row in rows if isinstance(row, str)]


def _read(open_: Open) -> Any:
    ids = _add_three(open_)
    first = open_().read(["Leads", "Partners"])["Leads"]
    open_().write([Edit("Leads", ids[0], "", {"Status": "New", "Lead": "L-1"})])
    open_().delete("Leads", ids[1:2])
    second = {row.id: row for row in open_().read(["Leads"])["Leads"]}
    seen = (ids[0] in second, ids[1] in second, second[ids[0]].text("Status"), second[ids[2]].text("Company"))
    return [set(ids) <= {row.id for row in first}, *seen]


def _write(open_: Open) -> Any:
    ids = _add_three(open_)
    tracker = open_()
    edits = [Edit("Leads", row, "", {"Status": "New", "Deal ID": "7"}) for row in ids]
    lines = [Edit("Commissions", None, f"9/NW/2026-0{n}/commission", {"Status": "Expected"}) for n in (1, 2)]
    first, second = tracker.write(edits + lines), tracker.write(lines)
    return [[short(o) for o in first], list(first[3:]) == list(second)]


def _gone(open_: Open) -> Any:
    ids = _add_three(open_)
    tracker = open_()
    tracker.delete("Leads", ids[:1])
    return [short(o) for o in tracker.write([Edit("Leads", row, "", {"Status": "New"}) for row in ids])]


def _activity(open_: Open) -> Any:
    tracker = open_()
    ids = tracker.append("Activity", [{"What": f"thing {n}", "When": START} for n in range(12)])
    return [len(ids), list(tracker.delete("Activity", [i for i in ids if isinstance(i, str)])) == list(ids)]


def _only_read(open_: Open) -> Any:
    return raised(lambda: len(open_().read(["Leads"])["Leads"]))


def _only_write(open_: Open) -> Any:
    return [short(o) for o in open_().write([Edit("Commissions", None, "k", {"Client": "c", "Month": "2026-01"})])]


def _twins(open_: Open) -> Any:
    tracker = open_()
    tracker.append("Commissions", [{"Line": "twin"}, {"Line": "twin"}])
    return [short(o) for o in tracker.write([Edit("Commissions", None, "twin", {"Client": "c"})])]


def _refusing(code: str, message: str, status: int = 422) -> Callable[[Stand], None]:
    body = {"error": {"type": code, "message": message}}
    return lambda stand: stand.airtable.faults.order("status", method="PATCH", options={"status": status, "body": body})


def _faulty(kind: str, method: str, path: str = f"/v0/{BASE}/", **options: Any) -> Callable[[Stand], None]:
    return lambda stand: stand.airtable.faults.order(kind, method=method, path=path, options=options)


def _listed(stand: Stand) -> None:
    stand.airtable.rate_envelope = "errors"
    _faulty("rate-limit", "GET")(stand)


def _lost_place(stand: Stand) -> None:
    stand.airtable.add_rows("Leads", [{"Company": f"{n}"} for n in range(101)])
    _faulty("iterator-expired", "GET")(stand)


def _computed(stand: Stand) -> None:
    said = 'Field "Client" cannot accept a value because the field is computed'
    _refusing("INVALID_VALUE_FOR_COLUMN", said)(stand)


CASES: dict[str, Case] = {
    "set-up": Case(_set_up, live=True, bare=True),
    "doctor": Case(_doctor, live=True),
    "read-and-follow": Case(_read, live=True),
    "write": Case(_write, live=True),
    "row-gone": Case(_gone, live=True),
    "activity": Case(_activity, live=True),
    "key-twice": Case(_twins, live=True),
    "bad-token": Case(lambda open_: _only_read(lambda: open_(token="patNOBODY")), live=True),
    "unknown-base": Case(lambda open_: _only_read(lambda: open_(base="appNOSUCHBASE0001")), live=True),
    "hooks-not-permitted": Case(_only_read, _faulty("status", "POST", f"/v0/bases/{BASE}/webhooks", status=403, body={
        "error": {"type": "INVALID_PERMISSIONS", "message": "You are not permitted to perform this operation"},
    })),
    "iterator-lost": Case(_only_read, _lost_place),
    "feed-broken": Case(
        lambda open_: [_only_read(open_), _only_read(open_)], _faulty("hook-error", "GET", f"/v0/bases/{BASE}/")
    ),
    "rate-limit": Case(_only_read, _faulty("rate-limit", "GET")),
    "rate-limit-in-a-list": Case(_only_read, _listed),
    "month-used-up": Case(_only_read, _faulty("billing", "GET")),
    "server-error-on-reading": Case(_only_read, _faulty("server-error", "GET")),
    "server-error-on-writing": Case(_only_write, _faulty("server-error", "PATCH")),
    "html-on-reading": Case(_only_read, _faulty("html", "GET")),
    "html-on-writing": Case(_only_write, _faulty("html", "PATCH")),
    "retriable": Case(_only_read, _faulty("retriable", "GET", retry_after=7)),
    "error-under-200": Case(_only_read, _faulty("ok-error", "GET")),
    "too-large": Case(_only_write, _faulty("too-large", "PATCH")),
    "unknown-field": Case(_only_write, _refusing("UNKNOWN_FIELD_NAME", 'Unknown field name: "Client"')),
    "computed-field": Case(_only_write, _computed),
    "locked-field": Case(_only_write, lambda stand: stand.airtable.lock_field("Commissions", "Client")),
    "invalid-value": Case(
        _only_write, _refusing("INVALID_VALUE_FOR_COLUMN", 'Field "Client" cannot accept the provided value')
    ),
    "invalid-request": Case(_only_write, _refusing(
        "INVALID_REQUEST_UNKNOWN", "Invalid request: parameter validation failed. Check your request data."
    )),
    "base-full": Case(_only_write, lambda stand: _fill_up(stand)),
}  # fmt: skip


def _fill_up(stand: Stand) -> None:
    stand.airtable.limits = True
    stand.airtable.record_cap = 0


# ---- recording and replaying ----------------------------------------------------------------------------------------


def _recorder(source: str, base: str) -> vcr.VCR:
    def asked(request: Any) -> Any:
        parts = urlsplit(request.uri)
        path = parts.path[parts.path.index("/v0/") :].replace(base, BASE)
        request.uri = urlunsplit(("https", "api.airtable.com", path, parts.query, ""))
        request.headers = only(request.headers, _KEPT_HEADERS)
        return request

    # Airtable shows a hook's secret once.
    return recorder(source, asked, answers(_KEPT_HEADERS, lambda body: blanked(body, "macSecretBase64", "c2VjcmV0")))


def record(name: str, folder: Path = FOLDER) -> Any:
    """Record a case anew from the sandbox; returns what came of it."""
    case = CASES[name]
    with closing(Stand()) as stand:
        if not case.bare:
            stand.set_up()
        case.prepare(stand)
        with recording(_recorder("the sandbox", BASE), folder, name):
            return case.play(_opener(stand, token=TOKEN))


def record_live(name: str, *, token: str, base: str, endpoint: str) -> Any:
    """Record a case anew from a real base, which it writes to."""
    by = _recorder(f"a live account of {urlsplit(endpoint).hostname}", base)
    with closing(Stand()) as stand, recording(by, FOLDER, name):
        return CASES[name].play(_opener(stand, token=token, base=base, endpoint=endpoint))


def replay(name: str, stand: Stand) -> Any:
    """Play a case against its cassette."""
    with replaying(_recorder("nowhere", BASE), FOLDER, name):
        return CASES[name].play(_opener(stand, endpoint=ENDPOINT))


def _opener(stand: Stand, **terms: Any) -> Open:
    fixed = {"memory": Shelves(), "caller": stand.once, "statuses": STATUSES}
    return lambda **changed: stand.tracker(**(fixed | terms | changed))
