"""Exchanges with Google that are kept as cassettes: what is played, and how it is recorded and replayed.

Each case plays a tracker and returns what came of it, in short. Recording runs it against the sandbox (whose faults and
hands give every error body) or, for those marked live, a real spreadsheet; replaying needs no server.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import vcr

from tests.connectors.cassettes import CASSETTES, Case, answers, only, raised, recorder, recording, replaying, short
from tests.connectors.google.google_stand import START, Stand
from tests.connectors.standins import Shelves
from worker.connectors.google_sheets import GoogleSheetsTracker
from worker.ports import Edit, Unavailable
from worker.sandbox.google.service import SPREADSHEET
from worker.sandbox.server import Request

FOLDER = CASSETTES / "google"
SHEETS, DRIVE = "https://sheets.googleapis.com", "https://www.googleapis.com"
NOWHERE = "1NoSuchSpreadsheet00000000000000000000000000"
TOKEN_URI = "https://oauth2.googleapis.com/token"
_KEPT_HEADERS = frozenset({"content-type", "retry-after", "location"})
_TOKEN = {"access_token": "kept-out", "expires_in": 3599, "token_type": "Bearer"}

Open = Callable[..., GoogleSheetsTracker]


def _short(outcome: object) -> Any:
    if isinstance(outcome, Unavailable):
        return ["Unavailable", outcome.retry_after is not None, outcome.limited]  # chance has its part in the wait
    return short(outcome)


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
    return raised(lambda: len(open_().read(["Leads"])["Leads"]), _short)


def _only_write(open_: Open) -> Any:
    return raised(lambda: [_short(o) for o in open_().write([_line(1, Client="c", Month="2026-01")])], _short)


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


def _recorder(source: str, spreadsheet: str) -> vcr.VCR:
    def asked(request: Any) -> Any:
        parts = urlsplit(request.uri)
        if parts.path == "/token":
            request.uri, request.body = TOKEN_URI, "an assertion, signed"  # it holds the time, and a signature
        else:
            host = DRIVE if parts.path.startswith("/drive/") else SHEETS
            request.uri = host + urlunsplit(("", "", parts.path.replace(spreadsheet, SPREADSHEET), parts.query, ""))
        request.headers = only(request.headers, _KEPT_HEADERS)
        return request

    return recorder(source, asked, answers(_KEPT_HEADERS, lambda body: _plain(body, spreadsheet)))


def _plain(body: bytes, spreadsheet: str) -> bytes:
    """Keep the bearer and a live spreadsheet's id out of an answer."""
    if b'"access_token"' in body:
        return json.dumps(_TOKEN).encode()
    return body.replace(spreadsheet.encode(), SPREADSHEET.encode())


def record(name: str, folder: Path = FOLDER) -> Any:
    """Record a case anew from the sandbox; returns what came of it."""
    case = CASES[name]
    with closing(Stand()) as stand:
        if not case.bare:
            stand.set_up()
        case.prepare(stand)
        with recording(_recorder("the sandbox", SPREADSHEET), folder, name):
            return case.play(_opener(stand))


def record_live(name: str, *, key: str, spreadsheet: str) -> Any:
    """Record a case anew from a real spreadsheet, which it writes to."""
    terms = {"service_account": key, "spreadsheet": spreadsheet, "endpoint": SHEETS, "drive_endpoint": DRIVE}
    by = _recorder("a live account of sheets.googleapis.com", spreadsheet)
    with closing(Stand()) as stand, recording(by, FOLDER, name):
        return CASES[name].play(_opener(stand, **terms))


def replay(name: str, stand: Stand) -> Any:
    """Play a case against its cassette."""
    key = json.dumps({**json.loads(stand.key), "token_uri": TOKEN_URI})
    terms = {"service_account": key, "endpoint": SHEETS, "drive_endpoint": DRIVE}
    with replaying(_recorder("nowhere", SPREADSHEET), FOLDER, name):
        return CASES[name].play(_opener(stand, **terms))


def _opener(stand: Stand, **terms: Any) -> Open:
    fixed = {"memory": Shelves(), "caller": stand.once}
    return lambda **changed: stand.tracker(**(fixed | terms | changed))
