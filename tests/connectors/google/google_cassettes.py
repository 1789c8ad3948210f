"""Exchanges with Google that are kept as cassettes: what is played, and how it is recorded and replayed.

Each case plays a tracker and returns what came of it, in short. Recording runs it against the sandbox (whose faults and
hands give every error body) or, for those marked live, a real spreadsheet; replaying needs no server.
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

from tests.connectors.google.google_stand import START, Stand
from tests.connectors.standins import Shelves
from worker.connectors.google_sheets import GoogleSheetsTracker
from worker.ports import Edit, Refused, ServiceError, Unavailable
from worker.sandbox.google.service import SPREADSHEET
from worker.sandbox.server import Request

FOLDER = Path(__file__).parents[3] / "cassettes" / "google"
SHEETS, DRIVE = "https://sheets.googleapis.com", "https://www.googleapis.com"
NOWHERE = "1NoSuchSpreadsheet00000000000000000000000000"
TOKEN_URI = "https://oauth2.googleapis.com/token"
_KEPT_HEADERS = frozenset({"content-type", "retry-after", "location"})
_TOKEN = {"access_token": "kept-out", "expires_in": 3599, "token_type": "Bearer"}

Open = Callable[..., GoogleSheetsTracker]


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
        return [type(outcome).__name__, outcome.retry_after is not None, outcome.limited]
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
    return [(c.name.split(" 1")[0], c.ok) for c in open_().check()]


def _line(n: int, **cells: Any) -> Edit:
    return Edit("Commissions", None, f"9/north-west/2026-{n:02d}/commission", cells)


def _write(open_: Open) -> Any:
    tracker = open_()
    lines = [_line(n, Status="Expected", Client="=1+1", Amount=None) for n in (1, 2, 3)]
    first, second = tracker.write(lines), tracker.write(lines[:2])
    later = {row.id: row for row in open_().read(["Commissions"])["Commissions"]}
    edited = open_().write([Edit("Commissions", first[0], first[0], {"Status": "Confirmed"})])  # type: ignore[arg-type]
    return [first[:2] == second, later[lines[2].key].text("Client"), [short(o) for o in edited]]


def _gone(open_: Open) -> Any:
    edits = [Edit("Commissions", "9/nobody/2026-01/commission", "", {"Status": "Expected"}), _line(4, Client="c")]
    return [short(o) for o in open_().write(edits)]


def _activity(open_: Open) -> Any:
    added = open_().append("Activity", [{"What": f"thing {n}", "When": START} for n in range(3)])
    ids = [row.id for row in open_().read(["Activity"])["Activity"]]
    return [len(added), [short(o) for o in open_().delete("Activity", ids[:2])]]


def _only_read(open_: Open) -> Any:
    return _raised(lambda: len(open_().read(["Leads"])["Leads"]))


def _only_write(open_: Open) -> Any:
    return _raised(lambda: [short(o) for o in open_().write([_line(1, Client="c", Month="2026-01")])])


def _edit_rows(open_: Open) -> Any:
    tracker = open_()
    rows = tracker.read(["Leads"])["Leads"]
    done = tracker.write([Edit("Leads", row.id, "", {"Problem": f"of {row.text('Company')}"}) for row in rows])
    later = open_().read(["Leads"])["Leads"]
    return [[short(o) for o in done], [(row.text("Company"), row.text("Problem")) for row in later]]


# ---- how the sandbox is prepared ------------------------------------------------------------------------------------


def _faulty(kind: str, path: str, **options: Any) -> Callable[[Stand], None]:
    return lambda stand: stand.google.faults.order(kind, path=path, options=options)


_READING = f"/v4/spreadsheets/{SPREADSHEET}/values:batchGet"
_WRITING = f"/v4/spreadsheets/{SPREADSHEET}/values:batchUpdate"


def _three_leads(stand: Stand) -> None:
    rows = [[f"L-{name[:4].upper()}AAAA", name] for name in ("Cherry", "Ashdown", "Birch")]
    stand.google.paste("Leads", 2, "Lead", [[key, "North Star", "", name] for key, name in rows])


def _sorted_between(stand: Stand) -> None:
    """Let somebody sort the tab in the moment before the first write comes."""
    _three_leads(stand)
    hands = [lambda: stand.google.sort("Leads", "Company")]

    def look(request: Request) -> None:
        if request.path.startswith(_WRITING) and hands:
            hands.pop()()

    stand.server.before.append(look)


def _protected(stand: Stand) -> None:
    (pin, *_) = stand.google.sheet("Commissions").pinned("protected")
    pin.body = {**pin.body, "editors": {"users": []}, "warningOnly": False}


CASES: dict[str, Case] = {
    "set-up": Case(_set_up, live=True, bare=True),
    "doctor": Case(_doctor, live=True),
    "write": Case(_write, live=True),
    "row-gone": Case(_gone, live=True),
    "activity": Case(_activity, live=True),
    "unknown-spreadsheet": Case(lambda open_: _only_read(lambda: open_(spreadsheet=NOWHERE)), live=True),
    "sorted-between": Case(_edit_rows, _sorted_between),
    "key-refused": Case(_only_read, lambda stand: stand.google.faults.order("invalid-grant")),
    "not-shared": Case(_only_read, lambda stand: stand.google.file.shares.pop(_account(stand))),
    "read-only": Case(_only_write, lambda stand: stand.google.share(_account(stand), "reader")),
    "api-disabled": Case(_only_read, _faulty("service-disabled", _READING)),
    "tab-deleted": Case(_only_read, lambda stand: stand.google.delete_tab("Leads")),
    "header-renamed": Case(_only_read, lambda stand: stand.google.rename_header("Leads", "Company", "Client")),
    "protected": Case(_only_write, _protected),
    "quota-on-reading": Case(_only_read, _faulty("quota", _READING)),
    "quota-on-writing": Case(_only_write, _faulty("quota", _WRITING)),
    "server-error-on-reading": Case(_only_read, _faulty("internal", _READING)),
    "server-error-on-writing": Case(_only_write, _faulty("internal", _WRITING)),
    "done-behind-an-error": Case(_only_write, _faulty("commit-then-fail", _WRITING)),
    "html-on-reading": Case(_only_read, _faulty("bad-gateway", _READING)),
    "html-on-writing": Case(_only_write, _faulty("bad-gateway", _WRITING)),
    "sorry": Case(_only_read, _faulty("sorry", _READING)),
    "redirect": Case(_only_read, _faulty("redirect", _READING)),
}  # fmt: skip


def _account(stand: Stand) -> str:
    return str(json.loads(stand.key)["client_email"])


# ---- recording and replaying ----------------------------------------------------------------------------------------


class _Noted:
    """Writes a cassette as YAML under a line that says where it was recorded."""

    def __init__(self, source: str) -> None:
        self._source = source

    def serialize(self, cassette: dict[str, Any]) -> str:
        return f"# Recorded from {self._source}.\n" + str(yamlserializer.serialize(cassette))

    def deserialize(self, text: str) -> dict[str, Any]:
        return dict(yamlserializer.deserialize(text))


def _recorder(source: str, spreadsheet: str) -> vcr.VCR:
    def asked(request: Any) -> Any:
        parts = urlsplit(request.uri)
        if parts.path == "/token":
            request.uri, request.body = TOKEN_URI, "an assertion, signed"  # it holds the time, and a signature
        else:
            host = DRIVE if parts.path.startswith("/drive/") else SHEETS
            request.uri = host + urlunsplit(("", "", parts.path.replace(spreadsheet, SPREADSHEET), parts.query, ""))
        request.headers = {k: v for k, v in request.headers.items() if k.lower() in _KEPT_HEADERS}
        return request

    def answered(response: dict[str, Any]) -> dict[str, Any]:
        headers = {k: v for k, v in response["headers"].items() if k.lower() in _KEPT_HEADERS}
        return {**response, "headers": headers, "body": {"string": _plain(response["body"]["string"], spreadsheet)}}

    recorder = vcr.VCR(
        serializer="noted", match_on=["method", "scheme", "host", "path", "query", "body"],
        before_record_request=asked, before_record_response=answered, decode_compressed_response=True,
    )  # fmt: skip
    recorder.register_serializer("noted", _Noted(source))
    return recorder


def _plain(body: bytes, spreadsheet: str) -> bytes:
    """Keep the bearer and a live spreadsheet's id out of an answer."""
    if b'"access_token"' in body:
        return json.dumps(_TOKEN).encode()
    return body.replace(spreadsheet.encode(), SPREADSHEET.encode())


def record(name: str, folder: Path = FOLDER) -> Any:
    """Record a case anew from the sandbox; returns what came of it."""
    case = CASES[name]
    stand = Stand()
    try:
        if not case.bare:
            stand.set_up()
        case.prepare(stand)
        with _fresh(_recorder("the sandbox", SPREADSHEET), folder, name):
            return case.play(_opener(stand))
    finally:
        stand.close()


def record_live(name: str, *, key: str, spreadsheet: str) -> Any:
    """Record a case anew from a real spreadsheet, which it writes to."""
    stand = Stand()
    try:
        with _fresh(_recorder("a live account of sheets.googleapis.com", spreadsheet), FOLDER, name):
            terms = {"service_account": key, "spreadsheet": spreadsheet, "endpoint": SHEETS, "drive_endpoint": DRIVE}
            return CASES[name].play(_opener(stand, **terms))
    finally:
        stand.close()


def replay(name: str, stand: Stand) -> Any:
    """Play a case against its cassette; fails on a request that isn't in it, or one in it that isn't made."""
    key = json.dumps({**json.loads(stand.key), "token_uri": TOKEN_URI})
    with _recorder("nowhere", SPREADSHEET).use_cassette(str(FOLDER / f"{name}.yaml"), record_mode="none") as cassette:
        terms = {"service_account": key, "endpoint": SHEETS, "drive_endpoint": DRIVE}
        outcome = CASES[name].play(_opener(stand, **terms))
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
    fixed = {"memory": memory, "caller": stand.once}
    return lambda **changed: stand.tracker(**(fixed | terms | changed))
