"""A lead on its way into the CRM: what is sent there, what is found there, and the ids that come back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from worker.domain.cells import Row
from worker.domain.partners import as_named


@dataclass(frozen=True, slots=True)
class LeadRefs:
    """The CRM's ids of a lead."""

    deal: str | None = None
    company: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class LeadDraft:
    """What becomes a company, a contact and a deal. `known` ids are certain already and are never made anew."""

    key: str
    title: str
    partner: str
    company: str
    domain: str | None  # registrable; None when only a free-mail address is known
    first_name: str
    last_name: str
    email: str
    phone: str | None = None
    country: str | None = None
    website: str | None = None
    notes: str = ""
    value: str | None = None  # decimal text
    currency: str | None = None
    known: LeadRefs = field(default_factory=LeadRefs)


@dataclass(frozen=True, slots=True)
class CrmDeal:
    """A deal in short: what the look-up for duplicates needs."""

    id: str
    lead: str | None  # our key, read back
    state: Literal["open", "won", "lost"]


@dataclass(frozen=True, slots=True)
class CrmCompany:
    """A company of the CRM found by its domain, with its deals; `customer` when the CRM says it is one."""

    id: str
    domain: str
    customer: bool
    deals: tuple[CrmDeal, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the deal pipeline."""

    id: str
    label: str
    pipeline: str
    state: Literal["open", "won", "lost"]


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A row of the Leads table, its texts without blanks around them; what the worker wrote there included."""

    row: Row
    key: str
    partner: str
    company: str
    submitted: datetime  # when the partner sent it; else when the row was made
    status: str
    deal_id: str
    held: bool
    sent: bool  # from us to the partner: never pushed

    @staticmethod
    def of(row: Row, fallback: datetime) -> LeadRow:
        """Read a row; `fallback` stands in for a time of submission where the row knows none."""
        submitted = row.cells.get("Submitted")
        return LeadRow(
            row=row,
            key=row.text("Lead"),
            partner=as_named(row.text("Partner")),
            company=row.text("Company"),
            submitted=submitted if isinstance(submitted, datetime) else row.created_at or fallback,
            status=row.text("Status"),
            deal_id=row.text("Deal ID"),
            held=row.ticked("Hold"),
            sent=is_sent(row),
        )


def is_sent(row: Row) -> bool:
    """Tell whether a row of the Leads table is a lead that we sent to a partner."""
    return row.text("Direction").lower() == "sent"
