"""Exchanges with Xero that are kept as cassettes: what is played, and how it is recorded and replayed.

Each case plays a ledger and returns what came of it, in short. Recording runs it against the sandbox (whose faults and
hands give every error body) or, for those marked live, a demo company; replaying needs no server.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import vcr

from tests.connectors.cassettes import CASSETTES, Case, answers, blanked, only, raised, recorder, recording, replaying
from tests.connectors.standins import Shelves
from tests.connectors.xero.xero_stand import API, CLIENT, HOUR, SECRET, Stand
from worker.connectors.xero import XeroLedger
from worker.domain.facts import Cash

FOLDER = CASSETTES / "xero"
ENDPOINT, IDENTITY = "https://api.xero.com", "https://identity.xero.com"
NOBODY = "11111111-2222-4333-8444-555555555555"
_KEPT_OF_REQUESTS = frozenset({"accept", "if-modified-since"})
_KEPT_OF_ANSWERS = frozenset(
    {"content-type", "retry-after", "x-rate-limit-problem", "x-daylimit-remaining", "x-minlimit-remaining"}
)

Open = Callable[..., XeroLedger]


# ---- what is played -------------------------------------------------------------------------------------------------


def _year(stand: Stand) -> None:
    """Enter what a year brings: part payments, deleted ones, credits, over- and prepayments, refunds, a batch."""
    xero = stand.xero
    xero.applied_amounts = False
    acme = xero.add_contact("Acme Ltd", "hub-1")
    part = xero.invoice(acme, 100, tax_rate=20, reference="9001", number="INV-1")
    xero.pay(part, 70, "2026-09-10")
    note = xero.credit_note(acme, 100, tax_rate=20, number="CN-1", date="2026-09-11")
    xero.allocate(note, part, 50, "2026-09-12")
    xero.refund_credit(note, 30, "2026-09-13")
    paid = xero.invoice(acme, 200, number="INV-2")
    xero.delete_payment(xero.pay(paid, 200, "2026-09-14"))
    over = xero.overpay(acme, 60)
    xero.allocate(over, paid, 40, "2026-09-15")
    xero.refund_overpayment(over, 20, "2026-09-16")
    xero.allocate(xero.prepay(acme, 30), paid, 30, "2026-09-17")
    xero.void(xero.invoice(acme, 10, number="INV-3"))
    xero.invoice(acme, 10, number="INV-4", status="DRAFT")
    xero.batch_pay([(xero.invoice(acme, 50, kind="ACCPAY", number="2026-Q3/acme/GBP"), None)], "2026-09-18")


def _cash(moved: tuple[Cash, ...]) -> list[str]:
    return [f"{c.on:%d.%m.} {c.amount}{' deleted' if c.status == 'DELETED' else ''}" for c in moved]


def _books(open_: Open, _: Stand) -> Any:
    books = open_().books()
    invoices = {
        i.number: [i.status, i.doubt, *_cash(i.payments), *_cash(i.overpayments), *_cash(i.prepayments)]
        for i in (*books.invoices, *books.bills)
    }  # fmt: skip
    notes = {n.number: [[str(a.amount) for a in n.allocations], _cash(n.refunds)] for n in books.credit_notes}
    return [invoices, notes]


def _follow(open_: Open, stand: Stand) -> Any:
    first = open_().books()
    for invoice in list(stand.xero.books.documents["Invoice"].rows.values())[1:2]:
        stand.clock.advance(HOUR)
        stand.xero.pay(invoice.id, 10, "2026-10-01")
    second = open_().books()
    return [len(first.invoices) == len(second.invoices), second == open_().books(), second == open_().books(whole=True)]


def _contacts(open_: Open, _: Stand) -> Any:
    known = {i.contact for i in open_().books().invoices}
    return sorted(open_().contact_numbers({*known, NOBODY}).values())


def _doctor(open_: Open, _: Stand) -> Any:
    return [(check.name.removeprefix("Xero "), check.ok) for check in open_().check()]


def _twice(open_: Open, _: Stand) -> Any:
    return [len(open_().books().invoices) for _ in range(2)]


def _only_read(open_: Open, _: Stand) -> Any:
    return raised(lambda: len(open_().books().invoices))


def _with(**terms: Any) -> Callable[[Open, Stand], Any]:
    return lambda open_, _: raised(lambda: len(open_(**terms).books().invoices))


def _entered(stand: Stand) -> None:
    contact = stand.xero.add_contact("Acme Ltd", "hub-1")
    stand.xero.invoice(contact, 100, reference="9001")


def _merged(stand: Stand) -> None:
    _entered(stand)
    (loser,) = stand.xero.books.contacts.rows
    stand.xero.merge_contacts(loser, stand.xero.add_contact("Acme Group", "hub-2"))


def _faulty(kind: str, path: str = f"{API}Payments", times: int = 1, **options: Any) -> Callable[[Stand], None]:
    return lambda stand: stand.xero.faults.order(kind, path=path, times=times, options=options)


def _limited(problem: str, retry_after: int | None = None, body: str = "json") -> Callable[[Stand], None]:
    return _faulty("rate-limit", problem=problem, retry_after=retry_after, body=body)


def _status(status: int, body: Any, path: str = f"{API}Payments", times: int = 1) -> Callable[[Stand], None]:
    return _faulty("status", path, times, status=status, body=body)


def _older(stand: Stand) -> None:
    stand.xero.broad_scopes = True
    _status(400, {"error": "invalid_scope"}, "/connect/token")(stand)


def _silent(stand: Stand) -> None:
    _entered(stand)
    stand.xero.faults.order("status", path=f"{API}Invoices", skip=1, options={"status": 304})


def _lacking(stand: Stand) -> None:
    body = {"Type": None, "Title": "Unauthorized", "Status": 401, "Detail": "AuthorizationUnsuccessful"}
    _status(401, body, f"{API}Invoices", times=2)(stand)


_XML = (
    '<ApiException xmlns:xsd="http://www.w3.org/2001/XMLSchema"><ErrorNumber>10</ErrorNumber><Type>ValidationException'
    "</Type><Message>A validation exception occurred</Message></ApiException>"
)
_QUERY = {"ErrorNumber": 16, "Type": "QueryParseException", "Message": "No property or field 'UpdatedDateUTC' exists"}

CASES: dict[str, Case] = {
    "books": Case(_books, _year),
    "follow": Case(_follow, _year, live=True),
    "contacts": Case(_contacts, _merged),
    "doctor": Case(_doctor, _entered, live=True),
    "nothing-new": Case(_twice, _silent),
    "bad-secret": Case(_with(client_secret="nobody"), live=True),
    "wrong-tenant": Case(_with(tenant=NOBODY), live=True),
    "bad-scope": Case(_only_read, _status(400, {"error": "invalid_scope"}, "/connect/token", times=2)),
    "broad-scopes": Case(_only_read, _older),
    "expired-token": Case(_only_read, _faulty("token-expired")),
    "refused-token": Case(_only_read, _faulty("token-expired", times=2)),
    "missing-scope": Case(_only_read, _lacking),
    "minute-used-up": Case(_only_read, _limited("minute", 17)),
    "day-used-up": Case(_only_read, _limited("Daily limit", 34_000)),
    "concurrent": Case(_only_read, _limited("concurrent")),
    "rate-limit-in-a-form": Case(_only_read, _limited("day", 120, "form")),
    "query-refused": Case(_only_read, _status(400, _QUERY)),
    "refused-in-xml": Case(_only_read, _status(400, _XML)),
    "not-found": Case(_only_read, _status(404, "The resource you're looking for cannot be found")),
    "server-error": Case(_only_read, _status(500, "An unhandled error with the Xero API occurred.")),
    "maintenance": Case(_only_read, _faulty("maintenance")),
    "html": Case(_only_read, _faulty("html")),
    "html-as-success": Case(_only_read, _faulty("html", status=200)),
    "empty": Case(_only_read, _faulty("empty")),
    "identity-offline": Case(_only_read, _faulty("html", "/connect/token", status=503)),
}  # fmt: skip


# ---- recording and replaying ----------------------------------------------------------------------------------------


def _recorder(source: str) -> vcr.VCR:
    def asked(request: Any) -> Any:
        parts = urlsplit(request.uri)
        token = parts.path == "/connect/token"
        host = "identity.xero.com" if token else "api.xero.com"
        request.uri = urlunsplit(("https", host, parts.path, parts.query, ""))
        request.headers = {k.lower(): v for k, v in only(request.headers, _KEPT_OF_REQUESTS).items()}
        if token and request.body:
            form = [(k, v) for k, v in parse_qsl(request.body.decode()) if k in ("grant_type", "scope")]
            request.body = urlencode(form).encode()
        return request

    answered = answers(_KEPT_OF_ANSWERS, lambda body: blanked(body, "access_token", "hidden"))
    return recorder(source, asked, answered, also=["headers"])


def record(name: str, folder: Path = FOLDER) -> Any:
    """Record a case anew from the sandbox; returns what came of it."""
    with closing(Stand()) as stand:
        CASES[name].prepare(stand)
        with recording(_recorder("the sandbox"), folder, name):
            return CASES[name].play(_opener(stand), stand)


def record_live(name: str, *, client_id: str, client_secret: str, endpoint: str, identity_endpoint: str) -> Any:
    """Record a case anew from a demo company, which is only read; another organisation is refused."""
    terms = {
        "client_id": client_id, "client_secret": client_secret, "endpoint": endpoint,
        "identity_endpoint": identity_endpoint,
    }  # fmt: skip
    with closing(Stand()) as stand:
        if not any("the demo company" in check.found for check in stand.ledger(**terms).check()):
            raise SystemExit("not a demo company: its clients' names would be kept in the cassette")
        with recording(_recorder(f"a demo company at {urlsplit(endpoint).hostname}"), FOLDER, name):
            return CASES[name].play(_opener(stand, **terms), stand)


def replay(name: str, stand: Stand) -> Any:
    """Play a case against its cassette."""
    CASES[name].prepare(stand)
    with replaying(_recorder("nowhere"), FOLDER, name):
        return CASES[name].play(_opener(stand, endpoint=ENDPOINT, identity_endpoint=IDENTITY), stand)


def _opener(stand: Stand, **terms: Any) -> Open:
    fixed = {"memory": Shelves(), "client_id": CLIENT, "client_secret": SECRET}
    return lambda **changed: stand.ledger(**(fixed | terms | changed))
