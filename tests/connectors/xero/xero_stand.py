"""What the tests of Xero's connector stand on: memory in a dict, two callers, a clock, an organisation, its ledgers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from worker.connectors.xero import XeroLedger
from worker.domain.facts import CreditNote, Invoice
from worker.ports import Limit, Unavailable
from worker.sandbox.clock import Clock
from worker.sandbox.server import Server
from worker.sandbox.xero import Xero

T = TypeVar("T")
START = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
CLIENT, SECRET = "SANDBOX", "sandbox-secret"
API = "/api.xro/2.0/"
HOUR = timedelta(hours=1)


class Shelves:
    """Memory that lives as long as a test."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, str]] = {}
        self.cursors: dict[str, str] = {}

    def load(self, shelf: str) -> dict[str, str]:
        return dict(self.items.get(shelf, {}))

    def cursor(self, shelf: str) -> str | None:
        return self.cursors.get(shelf)

    def save(
        self, shelf: str, put: Mapping[str, str], drop: Collection[str] = (), *, cursor: str | None = None
    ) -> None:
        there = self.items.setdefault(shelf, {})
        there.update(put)
        for key in drop:
            there.pop(key, None)
        if cursor is not None:
            self.cursors[shelf] = cursor

    def clear(self, shelf: str) -> None:
        self.items.pop(shelf, None)
        self.cursors.pop(shelf, None)


class Time:
    """The sandbox's clock as the worker wants it; sleeping moves it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def now(self) -> datetime:
        return self.clock.now()

    def seconds(self) -> float:
        return self.clock.seconds()

    def sleep(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


class Once:
    """A caller that sends each request once and notes what it was told."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[Limit, ...], bool]] = []

    def __call__(self, send: Callable[[], T], *, limits: Sequence[Limit], repeatable: bool) -> T:
        self.asked.append((tuple(limits), repeatable))
        return send()


class Patient(Once):
    """A caller that waits and sends again, as the engine's does: four times in all."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self.time = time
        self.waited: list[float] = []

    def __call__(self, send: Callable[[], T], *, limits: Sequence[Limit], repeatable: bool) -> T:
        for _ in range(3):
            try:
                return super().__call__(send, limits=limits, repeatable=repeatable)
            except Unavailable as error:
                self.waited.append((error.retry_after or timedelta(seconds=1)).total_seconds())
                self.time.sleep(self.waited[-1])
        return super().__call__(send, limits=limits, repeatable=repeatable)


class Stand:
    """An organisation in the sandbox, served on loopback, and ledgers on it that share one memory."""

    def __init__(self, **terms: Any) -> None:
        self.clock = Clock(START)
        self.time = Time(self.clock)
        self.xero = Xero(self.clock, **terms)
        self.xero.limits = False
        self.server = Server(self.xero, self.clock)
        self.memory = Shelves()
        self.once = Once()
        self._open: list[XeroLedger] = []

    def ledger(self, **changed: Any) -> XeroLedger:
        """Return a ledger as a new run makes it."""
        terms: dict[str, Any] = {
            "client_id": CLIENT, "client_secret": SECRET, "tenant": "", "endpoint": self.server.url,
            "identity_endpoint": self.server.url, "caller": self.once, "memory": self.memory, "clock": self.time,
        }  # fmt: skip
        made = XeroLedger(**(terms | changed))
        self._open.append(made)
        return made

    def invoice(self, key: str, **changed: Any) -> Invoice:
        """Return an invoice or bill as a new run reads it."""
        books = self.ledger(**changed).books()
        return next(i for i in (*books.invoices, *books.bills) if i.id == key)

    def credit_note(self, key: str) -> CreditNote:
        """Return a credit note as a new run reads it."""
        return next(n for n in self.ledger().books().credit_notes if n.id == key)

    def spoil(self, key: str, **fields: Any) -> None:
        """Let a document or payment be shown with other values; `...` leaves a field out. It counts as changed."""
        books = self.xero.books
        tables = (*books.documents.values(), books.payments, books.contacts)
        table, record = next((t, t.rows[key]) for t in tables if key in t.rows)
        record.spoilt.update(fields)
        record.written.clear()
        record.updated = books.now()
        table.put(record)

    def hide(self, key: str) -> Callable[[], None]:
        """Let an invoice be gone from every list, as if it had never been; return what brings it back unchanged."""
        table = self.xero.books.documents["Invoice"]
        record = table.rows.pop(key)
        table._moved.pop(key, None)
        table._ordered = [row for row in table._ordered if row is not record]
        return lambda: [table.put(record)].clear()

    def calls(self) -> list[str]:
        """Return what was asked of the API since the last time, and forget it; tokens not counted."""
        made = [call.path.removeprefix(API) for call in self.server.log if call.path.startswith(API)]
        self.server.log.clear()
        return made

    def close(self) -> None:
        """Stop serving."""
        for ledger in self._open:
            ledger.close()
        self.server.close()
