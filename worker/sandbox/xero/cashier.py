"""The person at Xero's screen, by the money: pays, refunds, takes over- and prepayments, allocates, undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from threading import RLock

from worker.sandbox.xero.books import Books
from worker.sandbox.xero.cash import Paid, allocate, deallocate, pay, pay_batch, unpay, unpay_batch
from worker.sandbox.xero.clerk import Amount, Day, entered, single
from worker.sandbox.xero.money import cents, tax_on
from worker.sandbox.xero.records import CREDIT_NOTE, INVOICE, OVERPAYMENT, PREPAYMENT


class Cashier:
    """Moves money; amounts left out are all that is open, dates left out are today."""

    books: Books
    _lock: RLock

    def pay(
        self, invoice: str, amount: Amount | None = None, date: Day | None = None, *, reference: str = "",
        rate: Amount | None = None, reconciled: bool = True,
    ) -> str:  # fmt: skip
        """Pay an invoice or bill, wholly or in part, and return the PaymentID; a `rate` of 0 occurs in real ones."""
        return self._pay(INVOICE, invoice, amount, date, reference, rate, reconciled)

    def refund_credit(
        self, credit_note: str, amount: Amount | None = None, date: Day | None = None, reference: str = ""
    ) -> str:
        """Pay a credit note back in cash and return the PaymentID."""
        return self._pay(CREDIT_NOTE, credit_note, amount, date, reference)

    def refund_overpayment(self, overpayment: str, amount: Amount | None = None, date: Day | None = None) -> str:
        """Pay what is left of an overpayment back and return the PaymentID."""
        return self._pay(OVERPAYMENT, overpayment, amount, date)

    def refund_prepayment(self, prepayment: str, amount: Amount | None = None, date: Day | None = None) -> str:
        """Pay what is left of a prepayment back and return the PaymentID."""
        return self._pay(PREPAYMENT, prepayment, amount, date)

    def delete_payment(self, payment: str) -> None:
        """Delete a payment or refund; it stays listed as DELETED."""
        with self._lock:
            unpay(self.books, self.books.payment(payment))

    def overpay(
        self, contact: str, amount: Amount, date: Day | None = None, *, kind: str = "RECEIVE",
        currency: str | None = None, reference: str = "", rate: Amount = 1,
    ) -> str:  # fmt: skip
        """Enter money received beyond any invoice and return the OverpaymentID; kind "SPEND" is money to a supplier."""
        with self._lock:
            row = single(amount, None, 0)
            document = entered(
                self.books, OVERPAYMENT, f"{kind}-OVERPAYMENT", contact, date, [row], "NoTax", "800", currency, rate
            )  # fmt: skip
            document.reference = reference
            return self.books.add_document(document).id

    def prepay(
        self, contact: str, amount: Amount, date: Day | None = None, *, tax_rate: Amount = 0, kind: str = "RECEIVE",
        currency: str | None = None, reference: str = "", rate: Amount = 1,
    ) -> str:  # fmt: skip
        """Enter money received before its invoice, tax included, and return the PrepaymentID."""
        with self._lock:
            row = {**single(amount, None, 0), "TaxAmount": tax_on(cents(amount), Decimal(tax_rate), True)}
            document = entered(
                self.books, PREPAYMENT, f"{kind}-PREPAYMENT", contact, date, [row], "Inclusive", "200", currency, rate
            )  # fmt: skip
            document.reference = reference
            return self.books.add_document(document).id

    def allocate(self, source: str, invoice: str, amount: Amount | None = None, date: Day | None = None) -> str:
        """Use a credit note, over- or prepayment on an invoice, as far as both go, and return the AllocationID."""
        with self._lock:
            credit, target = self.books.any_document(source), self.books.document(INVOICE, invoice)
            wanted = min(credit.open, target.open) if amount is None else cents(amount)
            return allocate(self.books, credit, target, wanted, self.books.day(date)).id

    def deallocate(self, allocation: str) -> None:
        """Take an allocation back."""
        with self._lock:
            deallocate(self.books, self.books.allocations[allocation])

    def batch_pay(
        self, payments: Sequence[tuple[str, Amount | None]], date: Day | None = None, reference: str = ""
    ) -> str:
        """Pay several bills (or invoices) as one and return the BatchPaymentID."""
        with self._lock:
            paid = [self._paid(INVOICE, invoice, amount, date, reference) for invoice, amount in payments]
            return pay_batch(self.books, paid, self.books.day(date), reference).id

    def delete_batch(self, batch: str) -> None:
        """Delete a batch payment with all its payments."""
        with self._lock:
            unpay_batch(self.books, self.books.batches.rows[batch])

    def _paid(
        self, kind: str, key: str, amount: Amount | None, date: Day | None, reference: str, rate: Amount | None = None,
        reconciled: bool = True,
    ) -> Paid:  # fmt: skip
        document = self.books.document(kind, key)
        due = document.open if amount is None else cents(amount)
        agreed = None if rate is None else Decimal(rate)
        return Paid(document, due, self.books.day(date), reference, agreed, reconciled=reconciled)

    def _pay(
        self, kind: str, key: str, amount: Amount | None, date: Day | None, reference: str = "",
        rate: Amount | None = None, reconciled: bool = True,
    ) -> str:  # fmt: skip
        with self._lock:
            return pay(self.books, self._paid(kind, key, amount, date, reference, rate, reconciled)).id
