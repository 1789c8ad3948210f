"""What the organisation keeps: contacts, documents (invoices, bills, credits), payments, allocations. No rules."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

from worker.sandbox.xero.money import ZERO

Day = date  # the name that is free inside a class with a field `date`
INVOICE, CREDIT_NOTE, OVERPAYMENT, PREPAYMENT = "Invoice", "CreditNote", "Overpayment", "Prepayment"
RECEIVABLE = frozenset(
    {"ACCREC", "ACCRECCREDIT", "RECEIVE-OVERPAYMENT", "RECEIVE-PREPAYMENT", "AROVERPAYMENT", "ARPREPAYMENT"}
)
STANDING = frozenset({"AUTHORISED", "PAID"})  # the statuses in which a document counts
GONE = frozenset({"VOIDED", "DELETED"})


@dataclass(slots=True, eq=False)
class Contact:
    """A client or supplier."""

    id: str
    name: str
    updated: datetime
    number: str | None = None
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    account_number: str = ""
    status: str = "ACTIVE"
    merged_to: str | None = None
    customer: bool = False
    supplier: bool = False
    documents: list[Document] = field(default_factory=list)
    spoilt: dict[str, Any] = field(default_factory=dict)
    written: dict[Any, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document; `amount` includes tax only where the document's amounts are Inclusive."""

    id: str
    description: str
    quantity: Decimal
    unit_amount: Decimal
    amount: Decimal
    tax: Decimal
    tax_type: str
    account: str | None = None
    item: str | None = None
    discount_rate: Decimal | None = None
    tracking: tuple[dict[str, Any], ...] = ()


@dataclass(slots=True, eq=False)
class Document:
    """An invoice, bill, credit note, overpayment or prepayment.

    `payments` are what came in on an invoice and what was paid back on a credit; `allocations` bind the two kinds.
    """

    kind: str
    id: str
    type: str
    contact: Contact
    date: Day
    status: str
    currency: str
    updated: datetime
    number: str = ""
    reference: str = ""
    due: Day | None = None
    rate: Decimal = Decimal(1)
    amounts: str = "Exclusive"
    lines: tuple[Line, ...] = ()
    subtotal: Decimal = ZERO
    tax: Decimal = ZERO
    total: Decimal = ZERO
    paid: Decimal = ZERO
    credited: Decimal = ZERO
    paid_on: Day | None = None
    payments: list[Payment] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    sent: bool | None = None
    url: str | None = None
    repeating: str | None = None
    by_app: bool = False
    spoilt: dict[str, Any] = field(default_factory=dict)
    written: dict[Any, str] = field(default_factory=dict)

    @property
    def receivable(self) -> bool:
        """Tell clients' documents from suppliers'."""
        return self.type in RECEIVABLE

    @property
    def open(self) -> Decimal:
        """Return what is still due on an invoice, or still to be used of a credit."""
        return ZERO if self.status in GONE else self.total - self.paid - self.credited


@dataclass(slots=True, eq=False)
class Payment:
    """Money that moved for one document; deleted ones stay listed."""

    id: str
    document: Document
    date: Day
    amount: Decimal
    type: str
    updated: datetime
    reference: str = ""
    rate: Decimal = Decimal(1)
    account: str = "090"
    reconciled: bool = False
    status: str = "AUTHORISED"
    batch: Batch | None = None
    spoilt: dict[str, Any] = field(default_factory=dict)
    written: dict[Any, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Allocation:
    """So much of a credit used on an invoice."""

    id: str
    source: Document
    invoice: Document
    amount: Decimal
    date: Day


@dataclass(slots=True, eq=False)
class Batch:
    """Several payments made as one."""

    id: str
    date: Day
    type: str
    updated: datetime
    reference: str = ""
    status: str = "AUTHORISED"
    account: str = "090"
    payments: list[Payment] = field(default_factory=list)
    spoilt: dict[str, Any] = field(default_factory=dict)
    written: dict[Any, str] = field(default_factory=dict)


class Row(Protocol):
    """What a table keeps: it has an id and the instant of its last change."""

    @property
    def id(self) -> str:
        """Return the GUID."""

    @property
    def updated(self) -> datetime:
        """Return the last change that Xero owns up to."""


R = TypeVar("R", bound=Row)
_ORDER = attrgetter("updated", "id")


class Table(Generic[R]):
    """Rows by id, and in Xero's default order: UpdatedDateUTC, then id."""

    def __init__(self) -> None:
        self.rows: dict[str, R] = {}
        self._ordered: list[R] = []
        self._moved: dict[str, R] = {}

    def put(self, row: R) -> R:
        """Add a row, or note that one has moved."""
        self.rows[row.id] = self._moved[row.id] = row
        return row

    def get(self, row_id: str) -> R | None:
        """Return a row by its id, in any case of letters."""
        return self.rows.get(row_id.lower())

    def ordered(self) -> list[R]:
        """Return all rows, least recently changed first."""
        if self._moved:
            still = [row for row in self._ordered if row.id not in self._moved]
            moved = sorted(self._moved.values(), key=_ORDER)
            behind = not still or _ORDER(still[-1]) < _ORDER(moved[0])  # the rule, as time only runs forward
            self._ordered = still + moved if behind else sorted(still + moved, key=_ORDER)
            self._moved = {}
        return self._ordered

    def since(self, instant: datetime, inclusive: bool) -> list[R]:
        """Return the rows changed since an instant; inclusive counts a change at that very instant."""
        rows = self.ordered()
        edge = (instant, "" if inclusive else "~")  # "~" sorts behind every id
        return rows[bisect_left(rows, edge, key=_ORDER) :]


class Ids:
    """Ids from counters, shaped like Xero's GUIDs: the same seed and calls give the same ids."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._counts: dict[str, int] = {}

    def next(self, kind: str) -> str:
        """Return the next GUID of a kind of thing."""
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        return self.fixed(f"{kind}/{count}")

    def fixed(self, name: str) -> str:
        """Return the GUID of a thing that there is only one of."""
        h = hashlib.blake2b(f"{self._seed}/{name}".encode(), digest_size=16).hexdigest()
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{'89ab'[int(h[16], 16) % 4]}{h[17:20]}-{h[20:]}"
