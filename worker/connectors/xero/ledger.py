"""Xero as the ledger: what clients owe and paid, what became of partners' bills. It only reads."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence

from worker.connectors.xero.api import CREDIT_NOTES, INVOICES, OVERPAYMENTS, PAYMENTS, PREPAYMENTS, TIMEOUT, Door
from worker.connectors.xero.contacts import Contacts
from worker.connectors.xero.health import examine
from worker.connectors.xero.mirror import Mirror
from worker.connectors.xero.reading import Lists, disagreeing, read_books, wanted_kinds
from worker.connectors.xero.rows import ASKED
from worker.ports import Books, Caller, Check, Clock, Memory

KINDS = (PAYMENTS, CREDIT_NOTES, INVOICES)  # invoices last: what they show is then never older than the payments
CREDITS = (OVERPAYMENTS, PREPAYMENTS)


class XeroLedger:
    """A `ports.Ledger`; one object reads the books once, until it is asked for the `whole`.

    `tenant` is empty for a custom connection, whose token knows its one organisation; `timeout` is seconds to connect
    and to read.
    """

    name = "xero"

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        tenant: str,
        endpoint: str,
        identity_endpoint: str,
        caller: Caller,
        memory: Memory,
        clock: Clock,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        self._door = Door(
            client_id=client_id, client_secret=client_secret, tenant=tenant, endpoint=endpoint,
            identity_endpoint=identity_endpoint, caller=caller, clock=clock, timeout=timeout,
        )  # fmt: skip
        self._mirrors = {kind: Mirror(self._door, memory, clock, kind) for kind in (*KINDS, *CREDITS)}
        self._contacts = Contacts(self._door, memory, clock)
        self._books: Books | None = None
        self._lock = threading.Lock()

    def books(self, *, whole: bool = False) -> Books:
        """Return invoices, bills and credit notes with their cash: by what changed, or in full if `whole`.

        Three calls when nothing changed; two more where over- or prepayments have to be asked for.
        """
        with self._lock:
            if self._books is None or whole:
                self._books = self._read(whole)
            return self._books

    def contact_numbers(self, contacts: Collection[str]) -> Mapping[str, str]:
        """Return the ContactNumber of contacts that have one, by contact id; remembered for a day."""
        with self._lock:
            return self._contacts.numbers(contacts)

    def check(self) -> Sequence[Check]:
        """Look at token, organisation, scopes and the calls left today."""
        return list(examine(self._door))

    def close(self) -> None:
        """Let go of connections."""
        self._door.close()

    def _read(self, whole: bool) -> Books:
        for kind in KINDS:
            self._bring(self._mirrors[kind], whole)
        self._ask_again()
        needed = wanted_kinds(self._lists())
        for kind in CREDITS:
            if kind in needed or self._mirrors[kind].filled:
                self._bring(self._mirrors[kind], whole)
        return read_books(self._lists())

    def _bring(self, mirror: Mirror, whole: bool) -> None:
        if whole:
            mirror.sweep()
        else:
            mirror.refresh()

    def _ask_again(self) -> None:
        invoices, payments = disagreeing(self._lists())
        if invoices:
            self._mirrors[INVOICES].look_again(invoices)
            self._mirrors[PAYMENTS].mark(payments, ASKED)

    def _lists(self) -> Lists:
        rows = {kind: mirror.rows for kind, mirror in self._mirrors.items()}
        credits = {kind.name: rows[kind] for kind in CREDITS}
        return Lists(rows[INVOICES], rows[CREDIT_NOTES], rows[PAYMENTS], credits)
