"""Deals as last read → what their lead rows show, and whom to tell. A deal in doubt changes nothing but `Problem`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from worker.domain.cells import Cell, same
from worker.domain.facts import Deal
from worker.domain.keys import lead_key
from worker.domain.leads import LeadRow
from worker.domain.months import local_day
from worker.domain.notices import Notice
from worker.domain.partners import PartnerRow
from worker.domain.plan import Plan, RowEdit, Tell
from worker.domain.policy import StageRules
from worker.domain.words import Words
from worker.planning.contact_details import clean
from worker.planning.terms import stated_term
from worker.planning.worth import interval_text

_MERGES = 20  # a deal merged more often than this is a circle
_TIED_TWICE = (
    "Its deal is tied to another lead row too, and only one of them can earn: clear the Deal ID of one of them"
)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What the stages are called in the CRM, by id, and what the rules make of them."""

    labels: Mapping[str, str]
    rules: StageRules

    def label(self, deal: Deal) -> str:
        """Return what the stage of a deal is called; its id where that isn't known."""
        return self.labels.get(deal.stage, deal.stage)


def survivor(deal: Deal, deals: Mapping[str, Deal]) -> Deal:
    """Follow merges to the deal that is left."""
    for _ in range(_MERGES):
        following = deals.get(deal.merged_into or "")
        if following is None:
            return deal
        deal = following
    return deal


def plan_stages(
    leads: Sequence[LeadRow], deals: Mapping[str, Deal], *, pipeline: Pipeline, problems: Mapping[str, str],
    partners: Mapping[str, PartnerRow], seen: Mapping[str, str], zone: ZoneInfo, now: datetime, words: Words,
) -> tuple[Plan, Mapping[str, str]]:  # fmt: skip
    """Bring every lead that has a deal up to date; `problems` are what the money rules say, by lead key.

    `seen` are the marks of rows that were up to date before, by row id; the other answer are the marks of those that
    are now.
    """
    edits: list[RowEdit] = []
    tells: list[Tell] = []
    marks: dict[str, str] = {}
    bound = _bound(leads, deals)
    rivals = _rivals(leads, bound)
    for lead in leads:
        if lead.row.id not in bound:
            continue
        home, deal = bound[lead.row.id]
        wanted = {"Lead": _key(lead, deal), "Deal ID": home, **_facts(lead, deal, pipeline, zone)}
        mark = f"{deal.stage} {hashlib.sha256(repr(sorted(wanted.items())).encode()).hexdigest()[:16]}"
        strays, shown = _differing(lead, wanted), seen.get(lead.row.id, "")
        if not strays:
            marks[lead.row.id] = mark
        problem = _problem(deal, pipeline) or problems.get(lead.key) or rivals.get(lead.row.id)
        after = {**strays, **_differing(lead, {"Problem": problem})}
        if not after:
            continue
        partner = partners.get(lead.partner.casefold())
        if partner is not None and _is_news(lead, deal, after, shown, pipeline.rules):
            notice = _notice(lead, str(after["Status"]), partner, words)
            tells.append(Tell(notice, lead.key, "the partner is told of the new status"))
        before = {column: lead.row.cells.get(column) for column in (*after, "Synced")}
        reason = _reason(deal, after, pipeline)
        about = partner.key if partner else ""
        edits.append(RowEdit("Leads", lead.row.id, lead.key, before, {**after, "Synced": now}, reason, about))
    return Plan("stages", tuple(edits), tells=tuple(tells)), marks


def _differing(lead: LeadRow, wanted: Mapping[str, Cell]) -> dict[str, Cell]:
    return {column: value for column, value in wanted.items() if not same(lead.row.cells.get(column), value)}


# ---- which deal is a lead's -----------------------------------------------------------------------------------------


def _bound(leads: Sequence[LeadRow], deals: Mapping[str, Deal]) -> dict[str, tuple[str, Deal]]:
    """Return by row id the deal id that belongs into the row, and the deal that is left of it after merges.

    Where the deal that the row names does not carry the row's key, or can't be read, and another one does, a hand
    changed the id.
    """
    carrying = {deal.lead: deal for deal in deals.values() if not deal.merged_into and not deal.doubt}
    found: dict[str, tuple[str, Deal]] = {}
    for lead in leads:
        if lead.deal_id not in deals:
            continue
        deal = survivor(deals[lead.deal_id], deals)
        own = deal if deal.lead == lead.key and not deal.doubt else carrying.get(lead.key, deal)
        found[lead.row.id] = (lead.deal_id, deal) if own is deal else (own.id, own)
    return found


def _rivals(leads: Sequence[LeadRow], bound: Mapping[str, tuple[str, Deal]]) -> dict[str, str]:
    """Return the problem of every row but the first that is tied to one deal."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for lead in sorted(leads, key=lambda lead: (lead.submitted, lead.key)):
        if lead.row.id in bound:
            deal = bound[lead.row.id][1].id
            if deal in taken:
                found[lead.row.id] = _TIED_TWICE
            taken.add(deal)
    return found


def _key(lead: LeadRow, deal: Deal) -> str:
    """Return the key that belongs into the row: the deal's, if it was minted from this row."""
    if deal.lead is None or deal.lead == lead.key:
        return lead.key
    return deal.lead if deal.lead == lead_key(lead.row.id) else lead.key


# ---- what a row shows -----------------------------------------------------------------------------------------------


def _facts(lead: LeadRow, deal: Deal, pipeline: Pipeline, zone: ZoneInfo) -> dict[str, Cell]:
    status = "On hold" if lead.held else None if deal.doubt else pipeline.rules.status(deal.stage)
    cells: dict[str, Cell] = {"Status": status} if status is not None else {}
    if deal.doubt:
        return cells
    if deal.company:
        cells["Client ID"] = deal.company
    return {
        **cells,
        "Deal stage": pipeline.label(deal),
        "Deal value": deal.value,
        "Deal currency": deal.currency,
        "Interval": interval_text(deal.interval, stated_term(deal)),
        "Won on": local_day(deal.won_at, zone) if deal.won_at else None,
    }


def _problem(deal: Deal, pipeline: Pipeline) -> str | None:
    if deal.doubt:
        why = deal.doubt
        return f"Its deal can't be read any more ({why}): restore it in the CRM; nothing is taken away meanwhile"
    if pipeline.rules.status(deal.stage) is None:
        where = f"stage “{pipeline.label(deal)}” of pipeline “{deal.pipeline}”"
        return f"Its deal stands in {where}, which has no status: move it back, or add the stage to rules/stages.toml"
    return None


def _reason(deal: Deal, after: Mapping[str, Cell], pipeline: Pipeline) -> str:
    if after.get("Problem"):
        return str(after["Problem"])
    if "Deal stage" in after or "Status" in after:
        return f"deal {deal.id} stands in {pipeline.label(deal)}"
    return f"deal {deal.id} changed in the CRM"


# ---- telling the partner --------------------------------------------------------------------------------------------


def _is_news(lead: LeadRow, deal: Deal, after: Mapping[str, Cell], shown: str, rules: StageRules) -> bool:
    """Tell whether the deal moved, or the lead is held no more; new words for an old stage are no news."""
    stood = shown.rpartition(" ")[0]  # when the row was last up to date
    moved = stood != deal.stage if stood else "Deal stage" in after
    return after.get("Status") in rules.tell and (moved or lead.status == "On hold")


def _notice(lead: LeadRow, status: str, partner: PartnerRow, words: Words) -> Notice:
    before = lead.status if lead.status not in ("", "New") else ""
    company = clean(lead.company)
    subject, text, html = words(
        "status", partner=partner.name, company=company, lead=lead.key, status=status, before=before
    )
    synced = lead.row.cells.get("Synced")
    revision = synced.isoformat() if isinstance(synced, datetime) else "first"
    rows = (("Company", company), ("Status", status), ("Lead", lead.key))
    key = f"{partner.key}/status/{lead.key}/{status}/{revision}"
    return Notice(key, "won" if status == "Won" else "status", partner.recipient(), subject, text, html, rows)
