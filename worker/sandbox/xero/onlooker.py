"""What tests and the demo look at, and how they spoil what the API shows."""

from __future__ import annotations

from collections.abc import Sequence
from threading import RLock
from typing import Any

from worker.sandbox.xero.books import Books
from worker.sandbox.xero.records import CREDIT_NOTE, INVOICE, OVERPAYMENT, PREPAYMENT
from worker.sandbox.xero.render import SINGLE, Renderer


class Onlooker:
    """Shows the books as plain dicts, in Xero's default order."""

    books: Books
    render: Renderer
    _lock: RLock

    def invoices(self) -> list[dict[str, Any]]:
        """Return all invoices and bills as GET of one shows them, amounts as Decimals."""
        return self._all(self.books.documents[INVOICE].ordered())

    def credit_notes(self) -> list[dict[str, Any]]:
        """Return all credit notes."""
        return self._all(self.books.documents[CREDIT_NOTE].ordered())

    def overpayments(self) -> list[dict[str, Any]]:
        """Return all overpayments."""
        return self._all(self.books.documents[OVERPAYMENT].ordered())

    def prepayments(self) -> list[dict[str, Any]]:
        """Return all prepayments."""
        return self._all(self.books.documents[PREPAYMENT].ordered())

    def payments(self) -> list[dict[str, Any]]:
        """Return all payments and refunds, deleted ones too."""
        return self._all(self.books.payments.ordered())

    def contacts(self) -> list[dict[str, Any]]:
        """Return all contacts, archived ones too."""
        return self._all(self.books.contacts.ordered())

    def spoil(self, record_id: str, **fields: Any) -> None:
        """Show fields of a record otherwise than they are: None, 0, an unknown word, an ISO date; `...` drops one."""
        with self._lock:
            tables: list[Any] = [
                self.books.contacts,
                self.books.payments,
                self.books.batches,
                *self.books.documents.values(),
            ]
            record = next(table.rows[record_id] for table in tables if record_id in table.rows)
            record.spoilt.update(fields)
            record.written.clear()

    def _all(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        with self._lock:
            return [self.render.record(row, SINGLE) for row in rows]
