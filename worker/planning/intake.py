"""Lead rows → keys, problems, duplicates, pushes and acknowledgements. Pure; words for people are made here.

What a partner may read never names another partner, nor says who was first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.domain.cells import Cell
from worker.domain.keys import is_lead_key, lead_key
from worker.domain.leads import CrmCompany, LeadRefs, LeadRow
from worker.domain.notices import Notice
from worker.domain.partners import PartnerRow
from worker.domain.plan import Plan, Push, RowEdit, Tell, edit_of
from worker.domain.policy import IntakeRules
from worker.domain.words import Words
from worker.planning.vetting import Vetted, draft, identity, is_blank, vet

WORKED_ON = (
    "This company is already being worked on: there is nothing to do; correct Website or Email if it is another company"
)
CUSTOMER = (
    "This company is already a customer: there is nothing to do; correct Website or Email if it is another company"
)
COPY = (
    "This row is a copy of another row and was not sent to the CRM: delete it, or, if it is a lead of its own, "
    "clear its Lead, Deal ID, Client ID and Contact ID cells"
)


@dataclass(frozen=True, slots=True)
class Intake:
    """Every row that counts, each with its key (minted or about to be) and what vetting found."""

    vetted: Mapping[str, Vetted]  # row id → vetted; rows that wait for a push or for their problem to be mended
    keys: Mapping[str, str]  # row id → key, of every row that is not blank
    fresh: frozenset[str]  # row ids whose key is minted in this run
    copies: tuple[LeadRow, ...]
    settled: tuple[LeadRow, ...]  # in the CRM already
    quiet: tuple[LeadRow, ...]  # sent to a partner: only their key is ours

    def domains(self) -> set[str]:
        """Return the domains that the CRM must be asked about."""
        return {v.domain for v in self.vetted.values() if v.domain and not v.faults and not v.lead.held}


def survey(
    leads: Sequence[LeadRow], names: Mapping[str, PartnerRow], insiders: Mapping[str, str], *,
    rules: IntakeRules, skip: Collection[str] = (),
) -> Intake:  # fmt: skip
    """Sort the rows and vet those that wait; rows in `skip` are still being typed and are left for the next run.

    `names` are the partners by any name, `insiders` the addresses of partners' own people with the partner's key.
    """
    filled = [lead for lead in leads if not is_blank(lead) or lead.key]
    copied_rows = copies(filled)
    copied = {lead.row.id for lead in copied_rows}
    keys, fresh = _keys([lead for lead in filled if lead.row.id not in copied], skip)
    own = [lead for lead in filled if lead.row.id in keys]
    waiting = [lead for lead in own if not lead.deal_id and not lead.sent and lead.row.id not in skip]
    return Intake(
        vetted={lead.row.id: vet(lead, names, insiders, rules) for lead in waiting},
        keys=keys,
        fresh=frozenset(fresh),
        copies=tuple(copied_rows),
        settled=tuple(lead for lead in own if lead.deal_id and not lead.sent),
        quiet=tuple(lead for lead in own if lead.sent),
    )


def copies(leads: Iterable[LeadRow]) -> list[LeadRow]:
    """Return rows whose key or deal id belongs to another row.

    The owner is the row that its key was minted from, else the one made first.
    """
    found: dict[str, LeadRow] = {}
    for mark in ("key", "deal_id"):
        groups: dict[str, list[LeadRow]] = defaultdict(list)
        for lead in leads:
            value = getattr(lead, mark)
            if value and lead.row.id not in found:
                groups[value].append(lead)
        for group in groups.values():
            if len(group) > 1:
                group.sort(key=lambda lead: (lead_key(lead.row.id) != lead.key, *_age(lead)))
                found.update((lead.row.id, lead) for lead in group[1:])
    return list(found.values())


def _age(lead: LeadRow) -> tuple[datetime, str]:
    return (lead.row.created_at or lead.submitted, lead.row.id)


def _keys(leads: Sequence[LeadRow], skip: Collection[str]) -> tuple[dict[str, str], set[str]]:
    keys = {lead.row.id: lead.key for lead in leads if lead.key}
    taken, fresh = set(keys.values()), set()
    for lead in leads:
        if not lead.key and lead.row.id not in skip:
            keys[lead.row.id] = lead_key(lead.row.id, taken)
            taken.add(keys[lead.row.id])
            fresh.add(lead.row.id)
    return keys, fresh


def plan_intake(
    intake: Intake, companies: Mapping[str, CrmCompany], *, rules: IntakeRules, now: datetime,
    landing: Mapping[str, Cell], words: Words,
) -> Plan:  # fmt: skip
    """Decide every row; `landing` is what a row shows once its deal stands in the first stage (Status, stage …)."""
    edits: list[RowEdit] = []
    pushes: list[Push] = []
    tells: list[Tell] = []
    verdicts = _verdicts(intake, companies, rules)
    for row_id, vetted in intake.vetted.items():
        lead, key = vetted.lead, intake.keys[row_id]
        status, problem = verdicts[row_id]
        minted: dict[str, Cell] = {"Lead": key} if row_id in intake.fresh else {}
        about = vetted.partner.key if vetted.partner else ""
        if status is not None:
            cells: dict[str, Cell] = {**minted, "Status": status, "Problem": problem}
            edits += edit_of(lead.row, key, cells, _reason(status, problem), about, first=bool(minted))
            continue
        if minted:
            edits += edit_of(lead.row, key, {**minted, "Status": "New"}, "a new lead gets its key", about, first=True)
        push = _push(vetted, key, companies, now, landing, fresh=row_id in intake.fresh)
        pushes.append(push)
        tells.append(Tell(_acknowledgement(vetted, key, words), key, "the partner is told that the lead arrived"))
    for lead in intake.copies:
        edits += edit_of(lead.row, lead.key, {"Status": "Duplicate", "Problem": COPY}, "a copied row", "")
    for lead in intake.quiet:
        if lead.row.id in intake.fresh:
            key = intake.keys[lead.row.id]
            edits += edit_of(lead.row, key, {"Lead": key}, "a sent lead gets its key", "", first=True)
    return Plan("intake", tuple(edits), tuple(pushes), tuple(tells))


def _verdicts(
    intake: Intake, companies: Mapping[str, CrmCompany], rules: IntakeRules
) -> dict[str, tuple[str | None, str | None]]:
    """Return per waiting row (status, problem); (None, None) lets it through to the CRM."""
    if not intake.vetted:
        return {}
    claims: dict[str, list[LeadRow]] = defaultdict(list)
    for lead in intake.settled:
        claims[identity(lead, rules) or lead.row.id].append(lead)
    verdicts: dict[str, tuple[str | None, str | None]] = {}
    order = sorted(intake.vetted.values(), key=lambda v: (v.lead.submitted, *_age(v.lead)))
    for vetted in order:
        lead = vetted.lead
        if lead.key and not is_lead_key(lead.key) and not vetted.faults:
            verdicts[lead.row.id] = ("Needs attention", "Lead holds something that is not a key: clear the cell")
        elif lead.held:
            verdicts[lead.row.id] = ("On hold", None)
        elif vetted.faults:
            verdicts[lead.row.id] = ("Needs attention", ". ".join(vetted.faults) + ".")
        elif found := _duplicate(vetted, intake.keys[lead.row.id], claims[vetted.identity], companies, rules):
            verdicts[lead.row.id] = ("Duplicate", found)
        else:
            verdicts[lead.row.id] = (None, None)
            claims[vetted.identity].append(lead)
    return verdicts


def _duplicate(
    vetted: Vetted, key: str, claims: Sequence[LeadRow], companies: Mapping[str, CrmCompany], rules: IntakeRules
) -> str | None:
    lead = vetted.lead
    window = timedelta(days=rules.claim_days)
    held = [
        other
        for other in claims
        if lead.submitted - other.submitted <= window and not (rules.lost_frees_claim and other.status == "Lost")
    ]
    for other in held:
        if other.partner.casefold() == lead.partner.casefold():
            sent = f"{other.submitted:%d %B %Y}".lstrip("0")
            return (
                f"You sent us this company already, on {sent} ({other.key or 'the row of that day'}): "
                "there is nothing to do; correct Website or Email if it is another company"
            )
    if held:
        return WORKED_ON
    company = companies.get(vetted.domain or "")
    if company is None:
        return None
    theirs = [deal for deal in company.deals if deal.lead != key]
    own = len(theirs) != len(company.deals)
    if rules.refuse_open_deals and any(deal.state == "open" for deal in theirs):
        return WORKED_ON
    if rules.refuse_customers and not own and (company.customer or any(deal.state == "won" for deal in theirs)):
        return CUSTOMER
    return None


def _push(
    vetted: Vetted, key: str, companies: Mapping[str, CrmCompany], now: datetime, landing: Mapping[str, Cell], *,
    fresh: bool,
) -> Push:  # fmt: skip
    company = companies.get(vetted.domain or "")
    lead = vetted.lead
    value, currency = vetted.values.get("Estimated value"), vetted.values.get("Currency")
    sent = replace(draft(vetted, key), known=LeadRefs(company=company.id if company else None))
    after: dict[str, Cell] = {**landing, "Problem": None, "Synced": now}
    before = {column: lead.row.cells.get(column) for column in (*after, "Deal ID", "Client ID", "Contact ID")}
    worth = f", worth about {value} {currency or ''}".rstrip() if value else ""
    assert vetted.partner is not None
    return Push(
        row=lead.row.id, draft=sent, before=before, after=after, about=vetted.partner.key, adopt=not fresh,
        reason=f"{sent.company} is a new lead{worth}",
    )  # fmt: skip


def _reason(status: str, problem: str | None) -> str:
    return problem or {"On hold": "Hold is ticked"}.get(status, status)


def _acknowledgement(vetted: Vetted, key: str, words: Words) -> Notice:
    assert vetted.partner is not None
    subject, text, html = words("lead", partner=vetted.partner.name, company=vetted.values["Company"], lead=key)
    rows = (("Company", vetted.values["Company"]), ("Lead", key))
    return Notice(f"{vetted.partner.key}/lead/{key}", "lead", vetted.partner.recipient(), subject, text, html, rows)
