"""What the outside says about money: partners, deals, invoices, credit notes, bills. Facts only, nothing concluded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Interval = Literal["monthly", "quarterly", "annual", "total"]
StageState = Literal["won", "open", "lost"]


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal of the CRM as last read. Missing is None, never zero; `value` is what the client pays per `interval`."""

    id: str
    company: str | None  # the CRM company's id: the client
    state: StageState  # now
    won_at: datetime | None  # the first win
    left_won_at: datetime | None  # when it last left won; None while it is won, or if it never was
    value: Decimal | None
    interval: Interval | None
    currency: str | None
    term_months: int | None
    doubt: str | None = None  # why it can't be read any more; the rest is then what was last known
    merged_into: str | None = None
    lead: str | None = None  # our lead key as it stands on the deal
    stage: str = ""  # the stage's id
    pipeline: str = ""
    name: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cash:
    """Money that moved on a day, tax included, above zero; DELETED ones never happened."""

    on: date
    amount: Decimal
    status: str = "AUTHORISED"
    id: str = field(default="", compare=False)  # the ledger's, where it has one


@dataclass(frozen=True, slots=True)
class Invoice:
    """A client's invoice (ACCREC) or a partner's bill (ACCPAY); `sub_total` is net, `total` with tax."""

    id: str
    number: str
    type: Literal["ACCREC", "ACCPAY"]
    status: str  # DRAFT, SUBMITTED, AUTHORISED, PAID, VOIDED, DELETED, or a newer word
    on: date
    due_date: date | None
    currency: str
    sub_total: Decimal
    total: Decimal
    reference: str = ""
    contact: str = ""  # the ledger contact's id
    contact_name: str = ""
    contact_number: str | None = None  # the CRM company's id, where the contact carries it
    payments: tuple[Cash, ...] = ()
    prepayments: tuple[Cash, ...] = ()  # applied to this invoice on that day
    overpayments: tuple[Cash, ...] = ()
    refunds: tuple[Cash, ...] = ()  # cash out again
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """A part of a credit note used on an invoice."""

    invoice: str  # the invoice's id
    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A credit note to a client; `refunds` is cash paid back on it."""

    id: str
    number: str
    status: str
    on: date
    currency: str
    sub_total: Decimal
    total: Decimal
    reference: str = ""
    contact: str = ""
    allocations: tuple[Allocation, ...] = ()
    refunds: tuple[Cash, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """A partner's part of a deal, in percent."""

    partner: str  # the partner's key
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Lead:
    """What the commission rules need of a lead row."""

    key: str
    submitted_at: datetime
    valid: bool
    deal: str  # the deal's id as it stands on the row
    shares: tuple[Share, ...]
    invoices: tuple[str, ...] = ()  # invoice numbers that staff wrote on the row
    company_name: str = ""
    held: bool = False  # `Hold` ticked on the lead: its lines are held, but for answers


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """What stood in a partner's `Plan` from a day on."""

    since: date
    plan: str


@dataclass(frozen=True, slots=True)
class Days:
    """A span of days, first and last included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner as the money rules need it; dates are first and last day, both included, None where open or unknown."""

    key: str
    name: str
    plans: tuple[PlanChoice, ...]
    enrolled_from: date | None = None
    left_on: date | None = None
    away: tuple[Days, ...] = ()  # on which it was seen not to be enrolled
    paused: bool = False
    cadence: str | None = None  # monthly, quarterly, half-yearly; None: the policy's
    contact: str = ""  # the ledger contact of the partner's bills: id or name
    left: bool = False  # has left, on a day that may not be known
    currency: str | None = None  # the partner's own, where lines are converted into it
