"""Rows of the tracker, deals and books → the facts that the money rules work on. Translates; decides nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from worker.domain.cells import Row
from worker.domain.facts import CreditNote, Deal, Invoice, Lead, Partner, PlanChoice, Share
from worker.domain.leads import LeadRow
from worker.domain.partners import PartnerRow, as_named
from worker.domain.plans import Plans, Policy
from worker.planning.commissions import Facts


def assemble(
    leads: Sequence[LeadRow], splits: Sequence[Row], partners: Sequence[PartnerRow], names: Mapping[str, PartnerRow],
    deals: Mapping[str, Deal], invoices: Sequence[Invoice], credit_notes: Sequence[CreditNote], *, plans: Plans,
    policy: Policy, zone: ZoneInfo,
) -> Facts:  # fmt: skip
    """Return the facts; `leads` are the rows that are in the CRM, without copies."""
    shares = _shares(splits, names)
    return Facts(
        partners={p.key: partner_fact(p) for p in partners if p.key},
        deals=deals,
        leads=[_lead(lead, shares.get(lead.key), names) for lead in leads],
        invoices=invoices,
        credit_notes=credit_notes,
        plans=plans,
        policy=policy,
        zone=zone,
    )


def partner_fact(partner: PartnerRow) -> Partner:
    """Return a partner as the money rules see it."""
    always = (PlanChoice(date.min, partner.plan),) if partner.plan else ()
    return Partner(
        key=partner.key,
        name=partner.name,
        plans=partner.plans or always,
        paused=partner.status == "Paused",
        cadence=partner.cadence or None,
        contact=partner.xero_contact,
        left=partner.status == "Left",
        left_on=partner.leaving.on if partner.leaving else None,
        away=partner.away,
        currency=partner.currency or None,
    )


def _lead(lead: LeadRow, shares: tuple[Share, ...] | None, names: Mapping[str, PartnerRow]) -> Lead:
    partner = names.get(lead.partner.casefold())
    alone = (Share(partner.key if partner else lead.partner, Decimal(100)),)
    return Lead(
        key=lead.key,
        submitted_at=lead.submitted,
        valid=True,
        deal=lead.deal_id,
        shares=shares or alone,
        invoices=tuple(word for word in re.split(r"[\s,;]+", lead.row.text("Invoices")) if word),
        company_name=lead.company,
        held=lead.held,
    )


def _shares(splits: Sequence[Row], names: Mapping[str, PartnerRow]) -> dict[str, tuple[Share, ...]]:
    """Return the shares of deals that are split, by lead key; a share that can't be read counts as nothing."""
    found: dict[str, list[Share]] = {}
    for row in splits:
        lead, written = row.text("Lead"), row.text("Partner")
        if not lead or not written:
            continue
        partner = names.get(as_named(written).casefold())
        found.setdefault(lead, []).append(Share(partner.key if partner else written, _percent(row)))
    return {lead: tuple(shares) for lead, shares in found.items()}


def _percent(row: Row) -> Decimal:
    cell = row.cells.get("Share")
    if isinstance(cell, Decimal):
        return cell
    try:
        return Decimal(row.text("Share").rstrip("% "))
    except InvalidOperation:
        return Decimal(0)
