"""A lead on its way into the CRM: what is sent there, what is found there, and the ids that come back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


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
