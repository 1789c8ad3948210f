"""Deals as last read → what their lead rows show, and whom to tell. A deal in doubt changes nothing but `Problem`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from worker.domain.cells import Cell, same
from worker.domain.facts import Deal
from worker.domain.leads import LeadRow
from worker.domain.months import local_day
from worker.domain.notices import Notice
from worker.domain.partners import PartnerRow
from worker.domain.plan import Plan, RowEdit, Tell
from worker.domain.policy import StageRules
from worker.domain.words import Words

_MERGES = 20  # a deal merged more often than this is a circle


def survivor(deal: Deal, deals: Mapping[str, Deal]) -> Deal:
    """Follow merges to the deal that is left."""
    for _ in range(_MERGES):
        if deal.merged_into is None or deal.merged_into not in deals:
            return deal
        deal = deals[deal.merged_into]
    return deal


def plan_stages(
    leads: Sequence[LeadRow], deals: Mapping[str, Deal], *, rules: StageRules, labels: Mapping[str, str],
    problems: Mapping[str, str], partners: Mapping[str, PartnerRow], zone: ZoneInfo, now: datetime, words: Words,
) -> Plan:  # fmt: skip
    """Bring every lead that has a deal up to date; `problems` are what the money rules say, by lead key."""
    edits: list[RowEdit] = []
    tells: list[Tell] = []
    for lead in leads:
        deal = deals.get(lead.deal_id)
        if deal is None:
            continue
        found = survivor(deal, deals)
        wanted = _wanted(lead, found, rules, labels, problems.get(lead.key), zone)
        after = {column: value for column, value in wanted.items() if not same(lead.row.cells.get(column), value)}
        if not after:
            continue
        partner = partners.get(lead.partner.casefold())
        notice = _notice(lead, str(after["Status"]), partner, words) if "Status" in after else None
        if notice is not None and after["Status"] in rules.tell:
            tells.append(Tell(notice, lead.key, "the partner is told of the new status"))
        after["Synced"] = now
        before = {column: lead.row.cells.get(column) for column in after}
        about = partner.key if partner else ""
        edits.append(RowEdit("Leads", lead.row.id, lead.key, before, after, _reason(found, after, labels), about))
    return Plan("stages", tuple(edits), tells=tuple(tells))


def _wanted(
    lead: LeadRow, deal: Deal, rules: StageRules, labels: Mapping[str, str], problem: str | None, zone: ZoneInfo
) -> dict[str, Cell]:
    if deal.doubt:
        held: dict[str, Cell] = {"Problem": _doubt(deal.doubt)}
        return {"Status": "On hold", **held} if lead.held else held
    status = rules.status(deal.stage)
    if status is None:
        where = f"stage “{labels.get(deal.stage, deal.stage)}” of pipeline “{deal.pipeline}”"
        problem = (
            f"Its deal stands in {where}, which has no status: move it back, or add the stage to rules/stages.toml"
        )
    cells: dict[str, Cell] = {
        "Deal stage": labels.get(deal.stage, deal.stage),
        "Deal value": deal.value,
        "Deal currency": deal.currency,
        "Interval": deal.interval,
        "Won on": local_day(deal.won_at, zone) if deal.won_at else None,
        "Problem": problem,
    }
    if deal.company:
        cells["Client ID"] = deal.company
    if lead.held:
        cells["Status"] = "On hold"
    elif status is not None:
        cells["Status"] = status
    return cells


def _doubt(why: str) -> str:
    return f"Its deal can't be read any more ({why}): restore it in the CRM; nothing is taken away meanwhile"


def _reason(deal: Deal, after: Mapping[str, Cell], labels: Mapping[str, str]) -> str:
    if after.get("Problem"):
        return str(after["Problem"])
    if "Deal stage" in after or "Status" in after:
        return f"deal {deal.id} stands in {labels.get(deal.stage, deal.stage)}"
    return f"deal {deal.id} changed in the CRM"


def _notice(lead: LeadRow, status: str, partner: PartnerRow | None, words: Words) -> Notice | None:
    if partner is None or not partner.key:
        return None
    before = lead.status if lead.status not in ("", "New") else ""
    subject, text, html = words(
        "status", partner=partner.name, company=lead.company, lead=lead.key, status=status, before=before
    )
    synced = lead.row.cells.get("Synced")
    revision = synced.isoformat() if isinstance(synced, datetime) else "first"
    rows = (("Company", lead.company), ("Status", status), ("Lead", lead.key))
    key = f"{partner.key}/status/{lead.key}/{status}/{revision}"
    return Notice(key, "won" if status == "Won" else "status", partner.recipient(), subject, text, html, rows)
