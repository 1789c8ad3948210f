"""What the tests of Xero's connector stand on: an organisation in the sandbox, served, and ledgers ready to use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.connectors.standins import Once, Shelves, Time
from worker.connectors.xero import XeroLedger
from worker.domain.facts import CreditNote, Invoice
from worker.sandbox.clock import Clock
from worker.sandbox.server import Server
from worker.sandbox.xero import Xero

START = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
CLIENT, SECRET = "SANDBOX", "sandbox-secret"
API = "/api.xro/2.0/"
HOUR = timedelta(hours=1)


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
