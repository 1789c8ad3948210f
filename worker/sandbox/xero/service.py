"""The sandbox of Xero: identity, accounting API and webhooks of one organisation, as one service on one server.

`Xero` routes requests and holds the parts; the rules are in `books` and `cash`, the API in one module a resource.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from threading import RLock

from worker.sandbox.clock import Clock
from worker.sandbox.faults import Faults
from worker.sandbox.server import Reply, Request
from worker.sandbox.xero import contacts, credits, invoices, payments
from worker.sandbox.xero.books import Books
from worker.sandbox.xero.cashier import Cashier
from worker.sandbox.xero.clerk import Clerk
from worker.sandbox.xero.dates import as_day
from worker.sandbox.xero.errors import MAINTENANCE, NOT_FOUND, Rejected, no_such_method, not_found, refused
from worker.sandbox.xero.exchange import Exchange
from worker.sandbox.xero.hooks import Hooks
from worker.sandbox.xero.idempotency import Idempotency
from worker.sandbox.xero.identity import Identity
from worker.sandbox.xero.limits import Limits
from worker.sandbox.xero.onlooker import Onlooker
from worker.sandbox.xero.records import CREDIT_NOTE, OVERPAYMENT, PREPAYMENT, Ids
from worker.sandbox.xero.render import Renderer
from worker.sandbox.xero.switches import Switches

API = "/api.xro/2.0/"
MAX_BODY = 3_500_000  # the smaller of the two numbers that the docs give (2026-11)
Handler = Callable[..., Reply]


def _of(kind: str, handler: Handler) -> Handler:
    return lambda x, *keys: handler(x, kind, *keys)


def _credit_routes(kind: str, plural: str) -> dict[tuple[str, int, str], dict[str, Handler]]:
    return {
        (plural, 1, ""): {"GET": _of(kind, credits.get_many)},
        (plural, 2, ""): {"GET": _of(kind, credits.get_one)},
        (plural, 3, "Allocations"): {"PUT": _of(kind, credits.put_allocations)},
        (plural, 4, "Allocations"): {"DELETE": _of(kind, credits.delete_allocation)},
    }


# By resource, number of parts of the path, and its third part.
ROUTES: dict[tuple[str, int, str], dict[str, Handler]] = {
    ("Invoices", 1, ""): {"GET": invoices.get_many, "PUT": invoices.create, "POST": invoices.update},
    ("Invoices", 2, ""): {"GET": invoices.get_one, "POST": invoices.update_one},
    ("Payments", 1, ""): {"GET": payments.get_many, "PUT": payments.create, "POST": payments.create},
    ("Payments", 2, ""): {"GET": payments.get_one, "POST": payments.delete},
    ("BatchPayments", 1, ""): {
        "GET": payments.get_batches,
        "PUT": payments.create_batch,
        "POST": payments.delete_batch,
    },
    ("BatchPayments", 2, ""): {"GET": payments.get_batch, "POST": payments.delete_batch},
    ("Contacts", 1, ""): {"GET": contacts.get_many, "PUT": contacts.create, "POST": contacts.update},
    ("Contacts", 2, ""): {"GET": contacts.get_one, "POST": contacts.update_one},
    ("Organisation", 1, ""): {"GET": contacts.organisation},
    ("Currencies", 1, ""): {"GET": contacts.currencies},
    **_credit_routes(CREDIT_NOTE, "CreditNotes"),
    **_credit_routes(OVERPAYMENT, "Overpayments"),
    **_credit_routes(PREPAYMENT, "Prepayments"),
}
ROUTES["CreditNotes", 1, ""] |= {"PUT": credits.create, "POST": credits.update}
ROUTES["CreditNotes", 2, ""] |= {"POST": credits.update_one}

SCOPES = {
    "Invoices": "accounting.invoices", "CreditNotes": "accounting.invoices", "Payments": "accounting.payments",
    "Overpayments": "accounting.payments", "Prepayments": "accounting.payments", "BatchPayments": "accounting.payments",
    "Contacts": "accounting.contacts", "Organisation": "accounting.settings", "Currencies": "accounting.settings",
}  # fmt: skip


class Xero(Switches, Clerk, Cashier, Onlooker):
    """One organisation in Xero; the switches are its attributes, the hands its methods.

    Faults of its own: `rate-limit` (options problem, retry_after, body), `maintenance`, `token-expired`,
    `key-store-down`, and for the hooks `hook-late` (seconds) and `hook-doubled`.
    """

    name = "xero"

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        client_id: str = "SANDBOX",
        client_secret: str = "sandbox-secret",
        tenant: str | None = None,
        base_currency: str = "GBP",
        day_limit: int = 5000,
        lock_date: date | str | None = None,
    ) -> None:
        Switches.__init__(self)
        self.clock = clock
        self.faults = Faults()
        self._lock = RLock()  # the hands and the server are different threads
        self._ids = Ids(seed)
        self.tenant = tenant or self._ids.fixed("organisation")
        locked = None if lock_date is None else as_day(lock_date)
        self.books = Books(
            clock, self._ids, self, organisation=self.tenant, base_currency=base_currency, lock_date=locked
        )
        self.render = Renderer(self)
        self.identity = Identity(
            clock, self._ids, self, client_id=client_id, client_secret=client_secret, tenant=self.tenant
        )
        self.windows = Limits(clock, self, day_limit)
        self.idempotency = Idempotency(clock)
        self.hooks = Hooks(clock, self._ids, self.faults, self.tenant)
        self.books.listeners.append(self.hooks.note)

    def answer(self, request: Request) -> Reply:
        """Answer one request to identity or API."""
        with self._lock:
            if request.path.startswith(API):
                return self._api(request)
            instance = self._ids.next("response")
            try:
                return self._identity(request, instance)
            except Rejected as rejected:
                return _as_json(rejected, {"xero-correlation-id": instance})

    def _identity(self, request: Request, instance: str) -> Reply:
        if request.path == "/connect/token" and request.method == "POST":
            return self.identity.token(request)
        head, _, connection = request.path.removeprefix("/").partition("/")
        if head.lower() == "connections":  # the SDK writes it with a capital
            if request.method == "GET" and not connection:
                return self.identity.connections(request, instance)
            if request.method == "DELETE" and connection:
                return self.identity.disconnect(request, connection, instance)
        return Reply.text(404, NOT_FOUND)

    def _api(self, request: Request) -> Reply:
        instance = self._ids.next("response")
        as_json = "json" in request.headers.get("accept", "")
        x = Exchange(request, self.books, self.render, self, instance, as_json)
        try:
            reply = self._admitted(x)
        except Rejected as rejected:
            reply = _rejection(x, rejected)
        return Reply(
            reply.status, reply.body, {"xero-correlation-id": instance, **reply.headers, **self.windows.headers()}
        )

    def _admitted(self, x: Exchange) -> Reply:
        """Pass the gates in Xero's order: token and scope, limits, the kept answers; then do what was asked."""
        request = x.request
        parts = request.path.removeprefix(API).split("/")
        if self.faults.take("maintenance", request.method, request.path):
            raise Rejected(503, MAINTENANCE)
        if self.faults.take("token-expired", request.method, request.path):
            raise refused(401, f"TokenExpired: token expired at {self.clock.now():%m/%d/%Y %H:%M:%S}", x.id)
        self.identity.admit(request, SCOPES.get(parts[0], ""), x.id)
        ordered = self.faults.take("rate-limit", request.method, request.path)
        full = self.windows.ordered(ordered) if ordered else self.windows.count(request.at_once)
        if full is not None:
            return full
        if request.headers.get("idempotency-key") and self.faults.take("key-store-down", request.method, request.path):
            raise Rejected(500, "The idempotency store is not available")
        kept = self.idempotency.recall(request)
        if kept is not None:
            return kept
        try:
            reply = self._routed(x, parts)
        except Rejected as rejected:
            reply = _rejection(x, rejected)
        self.idempotency.keep(request, reply)
        return reply

    def _routed(self, x: Exchange, parts: list[str]) -> Reply:
        methods = ROUTES.get((parts[0], len(parts), parts[2] if len(parts) > 2 else ""))
        if methods is None or not all(parts):
            raise not_found()
        handler = methods.get(x.request.method)
        if handler is None:
            raise no_such_method()
        if len(x.request.target) > self.url_limit:
            raise Rejected(414, "Request-URI Too Long")
        if len(x.request.body) > MAX_BODY:
            raise Rejected(413, "Request Entity Too Large")
        return handler(x, *(part for index, part in enumerate(parts) if index in (1, 3)))


def _rejection(x: Exchange, rejected: Rejected) -> Reply:
    if isinstance(rejected.body, str):
        return Reply.text(rejected.status, rejected.body, "text/html")
    return x.answer(rejected.status, rejected.body, "ApiException")


def _as_json(rejected: Rejected, headers: dict[str, str]) -> Reply:
    if isinstance(rejected.body, str):
        return Reply.text(rejected.status, rejected.body, "text/plain", headers)
    return Reply.json(rejected.status, rejected.body, headers)
