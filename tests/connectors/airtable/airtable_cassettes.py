"""Exchanges with Airtable that are kept as cassettes: what is played, and how it is recorded and replayed.

Each case plays a tracker and returns what came of it, in short. Recording runs it against the sandbox (whose faults and
hands give every error body) or, for those marked live, a real base; replaying needs no server.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import vcr
from vcr.serializers import yamlserializer

from tests.connectors.airtable.airtable_stand import START, TOKEN, Stand
from tests.connectors.standins import STATUSES, Shelves
from worker.connectors.airtable import AirtableTracker
from worker.ports import Edit, Refused, ServiceError, Unavailable
from worker.sandbox.airtable.service import BASE

FOLDER = Path(__file__).parents[3] / "cassettes" / "airtable"
ENDPOINT = "https://api.airtable.com"
_KEPT_HEADERS = frozenset({"content-type", "retry-after", "location"})

Open = Callable[..., AirtableTracker]


def _nothing(_: Stand) -> None:
    """Leave the sandbox as it is."""


@dataclass(frozen=True)
class Case:
    """One cassette: what is played; how the sandbox is prepared; whether a live account can be asked too."""

    play: Callable[[Open], Any]
    prepare: Callable[[Stand], None] = _nothing
    live: bool = False
    bare: bool = False


def short(outcome: str | ServiceError) -> Any:
    """Return an outcome as a cassette's test compares it: a row, or the error with its code, column and wait."""
    if isinstance(outcome, str):
        return "row"
    if isinstance(outcome, Refused):
        return [type(outcome).__name__, outcome.code, outcome.field]
    if isinstance(outcome, Unavailable):
        return [type(outcome).__name__, outcome.retry_after and outcome.retry_after.total_seconds(), outcome.limited]
    return [type(outcome).__name__]


def _raised(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except ServiceError as error:
        return short(error)


# ---- what is played -------------------------------------------------------------------------------------------------


def _set_up(open_: Open) -> Any:
    tracker = open_()
    tracker.make(tracker.missing())
    return [m.what for m in tracker.missing()]


def _doctor(open_: Open) -> Any:
    return [(c.name.split()[1], c.ok) for c in open_().check()]


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
    return _raised(lambda: len(open_().read(["Leads"])["Leads"]))


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


class _Noted:
    """Writes a cassette as YAML under a line that says where it was recorded."""

    def __init__(self, source: str) -> None:
        self._source = source

    def serialize(self, cassette: dict[str, Any]) -> str:
        return f"# Recorded from {self._source}.\n" + str(yamlserializer.serialize(cassette))

    def deserialize(self, text: str) -> dict[str, Any]:
        return dict(yamlserializer.deserialize(text))


def _recorder(source: str, base: str) -> vcr.VCR:
    def asked(request: Any) -> Any:
        parts = urlsplit(request.uri)
        path = parts.path[parts.path.index("/v0/") :].replace(base, BASE)
        request.uri = urlunsplit(("https", "api.airtable.com", path, parts.query, ""))
        request.headers = {k: v for k, v in request.headers.items() if k.lower() in _KEPT_HEADERS}
        return request

    def answered(response: dict[str, Any]) -> dict[str, Any]:
        headers = {k: v for k, v in response["headers"].items() if k.lower() in _KEPT_HEADERS}
        return {**response, "headers": headers, "body": {"string": _without_secret(response["body"]["string"])}}

    recorder = vcr.VCR(
        serializer="noted", match_on=["method", "scheme", "host", "path", "query", "body"],
        before_record_request=asked, before_record_response=answered, decode_compressed_response=True,
    )  # fmt: skip
    recorder.register_serializer("noted", _Noted(source))
    return recorder


def _without_secret(body: bytes) -> bytes:
    """Blank a hook's secret, which Airtable shows once."""
    try:
        answer = json.loads(body)
    except ValueError:
        return body
    if not isinstance(answer, dict) or "macSecretBase64" not in answer:
        return body
    return json.dumps(answer | {"macSecretBase64": "c2VjcmV0"}).encode()


def record(name: str, folder: Path = FOLDER) -> Any:
    """Record a case anew from the sandbox; returns what came of it."""
    case = CASES[name]
    stand = Stand()
    try:
        if not case.bare:
            stand.set_up()
        case.prepare(stand)
        with _fresh(_recorder("the sandbox", BASE), folder, name):
            return case.play(_opener(stand, token=TOKEN))
    finally:
        stand.close()


def record_live(name: str, *, token: str, base: str, endpoint: str) -> Any:
    """Record a case anew from a real base, which it writes to."""
    stand = Stand()
    try:
        with _fresh(_recorder(f"a live account of {urlsplit(endpoint).hostname}", base), FOLDER, name):
            return CASES[name].play(_opener(stand, token=token, base=base, endpoint=endpoint))
    finally:
        stand.close()


def replay(name: str, stand: Stand) -> Any:
    """Play a case against its cassette; fails on a request that isn't in it, or one in it that isn't made."""
    recorder = _recorder("nowhere", BASE)
    with recorder.use_cassette(str(FOLDER / f"{name}.yaml"), record_mode="none") as cassette:
        outcome = CASES[name].play(_opener(stand, endpoint=ENDPOINT))
    if not cassette.all_played:
        raise AssertionError(f"{name}: {len(cassette) - cassette.play_count} recorded calls were not made")
    return outcome


@contextmanager
def _fresh(recorder: vcr.VCR, folder: Path, name: str) -> Iterator[None]:
    file = folder / f"{name}.yaml"
    file.unlink(missing_ok=True)
    with recorder.use_cassette(str(file), record_mode="all"):
        yield


def _opener(stand: Stand, **terms: Any) -> Open:
    memory = Shelves()
    fixed = {"memory": memory, "caller": stand.once, "statuses": STATUSES}
    return lambda **changed: stand.tracker(**(fixed | terms | changed))
