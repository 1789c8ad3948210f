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
from worker.domain.policy import IntakeRules, Ladder
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
COPY_OF_SENT = (
    "This row is a copy of another row and counts for nothing: delete it, or, if it is a lead of its own, clear its "
    "Lead cell"
)
NO_KEY = "Lead holds something that is not a key: clear Lead"

Verdict = tuple[str, str | None]  # status and problem


@dataclass(frozen=True, slots=True)
class Intake:
    """Every row that counts, each with its key (minted or about to be) and what vetting found."""

    vetted: Mapping[str, Vetted]  # row id → vetted; rows that wait for a push or for their problem to be mended
    keys: Mapping[str, str]  # row id → key, of every row that is not blank
    copies: tuple[LeadRow, ...]
    settled: tuple[LeadRow, ...]  # in the CRM already
    quiet: tuple[LeadRow, ...]  # sent to a partner: only their key and problem are ours
    names: Mapping[str, PartnerRow]

    def domains(self) -> set[str]:
        """Return the domains that the CRM must be asked about."""
        return {v.domain for v in self.vetted.values() if v.domain and not v.faults and not v.lead.held}

    def fresh(self, lead: LeadRow) -> bool:
        """Tell whether the row's key is yet to be written."""
        return lead.row.text("Lead") != self.keys[lead.row.id]

    def whose(self, lead: LeadRow) -> str:
        """Return the key of the lead's partner, or what is written there where nobody is known by it."""
        written = lead.partner.casefold()
        return self.names[written].key if written in self.names else written


def survey(
    leads: Sequence[LeadRow], names: Mapping[str, PartnerRow], insiders: Collection[tuple[str, str]], *,
    rules: IntakeRules, skip: Collection[str] = (),
) -> Intake:  # fmt: skip
    """Sort the rows and vet those that wait; rows in `skip` are still being typed and are left for the next run.

    `names` are the partners by any name, `insiders` the addresses of partners' own people with the partner's key.
    """
    filled = [lead for lead in leads if not is_blank(lead) or lead.key]
    copied_rows = copies(filled)
    copied = {lead.row.id for lead in copied_rows}
    keys = _keys([lead for lead in filled if lead.row.id not in copied], skip)
    own = [lead for lead in filled if lead.row.id in keys]
    waiting = [lead for lead in own if not lead.deal_id and not lead.sent and lead.row.id not in skip]
    return Intake(
        vetted={lead.row.id: _vetted(lead, names, insiders, rules) for lead in waiting},
        keys=keys,
        copies=tuple(copied_rows),
        settled=tuple(lead for lead in own if lead.deal_id and not lead.sent),
        quiet=tuple(lead for lead in own if lead.sent and lead.row.id not in skip),
        names=names,
    )


def _vetted(
    lead: LeadRow, names: Mapping[str, PartnerRow], insiders: Collection[tuple[str, str]], rules: IntakeRules
) -> Vetted:  # fmt: skip
    found = vet(lead, names, insiders, rules)
    return found if not lead.key or is_lead_key(lead.key) else replace(found, faults=(*found.faults, NO_KEY))


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
                group.sort(key=lambda lead: (lead_key(lead.row.id) != lead.row.text("Lead"), *_age(lead)))
                found.update((lead.row.id, lead) for lead in group[1:])
    return list(found.values())


def _age(lead: LeadRow) -> tuple[datetime, str]:
    return (lead.row.created_at or lead.submitted, lead.row.id)


def restored(leads: Sequence[LeadRow], deleted: Mapping[str, str]) -> list[LeadRow]:
    """Return the rows; one that is in the CRM and lost its key has it again.

    It is the key of the `deleted` row (deal id → key) whose copy it is, else the one that is minted of the row.
    """
    taken = {lead.key for lead in leads if lead.key}
    found = []
    for lead in leads:
        if lead.deal_id and not lead.key:
            left = deleted.get(lead.deal_id)
            lead = replace(lead, key=left if left and left not in taken else lead_key(lead.row.id, taken))
            taken.add(lead.key)
        found.append(lead)
    return found


def _keys(leads: Sequence[LeadRow], skip: Collection[str]) -> dict[str, str]:
    keys = {lead.row.id: lead.key for lead in leads if lead.key}
    taken = set(keys.values())
    for lead in leads:
        if not lead.key and lead.row.id not in skip:
            keys[lead.row.id] = lead_key(lead.row.id, taken)
            taken.add(keys[lead.row.id])
    return keys


def plan_intake(
    intake: Intake, companies: Mapping[str, CrmCompany], *, rules: IntakeRules, now: datetime, ladder: Ladder,
    problems: Mapping[str, str], words: Words,
) -> Plan:  # fmt: skip
    """Decide every row; `companies` are what the CRM knows of the waiting rows' companies, by domain.

    `problems` are those of leads that we sent, by row id.
    """
    edits: list[RowEdit] = []
    pushes: list[Push] = []
    tells: list[Tell] = []
    verdicts = _verdicts(intake, companies, rules, ladder)
    for row_id, vetted in intake.vetted.items():
        lead, key, verdict = vetted.lead, intake.keys[row_id], verdicts[row_id]
        fresh = intake.fresh(lead)
        about = vetted.partner.key if vetted.partner else ""
        minted: dict[str, Cell] = {"Lead": key} if fresh else {}
        if verdict is not None:
            status, problem = verdict
            cells = {**minted, "Status": status, "Problem": problem}
            edits += edit_of(lead.row, key, cells, problem or "Hold is ticked", about, first=fresh)
            continue
        if fresh:
            edits += edit_of(lead.row, key, {**minted, "Status": "New"}, "a new lead gets its key", about, first=True)
        pushes.append(_push(vetted, key, companies, now, ladder, fresh=fresh))
        tells.append(Tell(_acknowledgement(vetted, key, words), key, "the partner is told that the lead arrived"))
    return Plan("intake", (*edits, *_other_edits(intake, problems)), tuple(pushes), tuple(tells))


def _other_edits(intake: Intake, problems: Mapping[str, str]) -> Iterable[RowEdit]:
    """Return the edits of rows that are not waiting: copies, those sent to a partner, keys that were cleared."""
    for lead in intake.copies:
        told: dict[str, Cell] = {"Problem": COPY_OF_SENT} if lead.sent else {"Status": "Duplicate", "Problem": COPY}
        yield from edit_of(lead.row, lead.row.id, told, "a copied row")
    for lead in intake.quiet:
        key, problem = intake.keys[lead.row.id], problems.get(lead.row.id)
        # A status of ours is left over from when the row was a received lead; any other is the partner's to say.
        cells: dict[str, Cell] = {"Status": None} if lead.status == "Needs attention" else {}
        cells = {"Lead": key, **cells, "Problem": problem}
        yield from edit_of(
            lead.row, key, cells, problem or "a lead sent to a partner", intake.whose(lead), first=intake.fresh(lead)
        )
    for lead in intake.settled:
        key = intake.keys[lead.row.id]
        about = intake.whose(lead)
        yield from edit_of(lead.row, key, {"Lead": key}, "the key was cleared and is put back", about, first=True)


def _verdicts(
    intake: Intake, companies: Mapping[str, CrmCompany], rules: IntakeRules, ladder: Ladder
) -> dict[str, Verdict | None]:
    """Return what is said of each waiting row; None lets it through to the CRM.

    Whoever submitted first has the company: also a lead that staff hold back, so that holding it costs nobody anything.
    """
    claims: dict[str, list[LeadRow]] = defaultdict(list)
    for lead in intake.settled if any(not v.faults for v in intake.vetted.values()) else ():
        claims[identity(lead, rules)].append(lead)
    verdicts: dict[str, Verdict | None] = {}
    order = sorted(intake.vetted.values(), key=lambda v: (v.lead.submitted, *_age(v.lead)))
    for vetted in order:
        lead = vetted.lead
        verdict: Verdict | None = ("Needs attention", ". ".join(vetted.faults) + ".") if vetted.faults else None
        if verdict is None:
            found = _duplicate(vetted, claims[vetted.identity], intake, companies, rules, ladder)
            if found is None:
                claims[vetted.identity].append(lead)
            else:
                verdict = ("Duplicate", found)
        verdicts[lead.row.id] = ("On hold", None) if lead.held else verdict
    return verdicts


def _duplicate(
    vetted: Vetted, claims: Sequence[LeadRow], intake: Intake, companies: Mapping[str, CrmCompany],
    rules: IntakeRules, ladder: Ladder,
) -> str | None:  # fmt: skip
    """Return in words why this company can't be had; None when it can."""
    lead = vetted.lead
    company = companies.get(vetted.domain or "")
    deals = company.deals if company else ()
    key = intake.keys[lead.row.id]
    if any(deal.lead == key for deal in deals):
        return None  # accepted by a run that did not come to write it down
    lost = {deal.lead for deal in deals if deal.state == "lost"}

    def holds(other: LeadRow) -> bool:
        freed = rules.lost_frees_claim and (other.status in ladder.lost or intake.keys[other.row.id] in lost)
        return not freed and lead.submitted - other.submitted <= timedelta(days=rules.claim_days)

    standing = [other for other in claims if holds(other)]
    for other in standing:
        if intake.whose(other) == intake.whose(lead):
            sent = f"{other.submitted:%d %B %Y}".lstrip("0")
            return (
                f"You sent us this company already, on {sent} ({intake.keys[other.row.id]}): "
                "there is nothing to do; correct Website or Email if it is another company"
            )
    if standing or (rules.refuse_open_deals and any(deal.state == "open" for deal in deals)):
        return WORKED_ON
    won = company is not None and (company.customer or any(deal.state == "won" for deal in deals))
    return CUSTOMER if won and rules.refuse_customers else None


def _push(
    vetted: Vetted, key: str, companies: Mapping[str, CrmCompany], now: datetime, ladder: Ladder, *, fresh: bool
) -> Push:
    company = companies.get(vetted.domain or "")
    lead = vetted.lead
    value, currency = vetted.values.get("Estimated value"), vetted.values.get("Currency")
    sent = replace(draft(vetted, key), known=LeadRefs(company=company.id if company else None))
    # A row that shows a stage has only lost its Deal ID: where its deal stands is for the flow of the stages to say.
    status = lead.status if not fresh and lead.status in ladder.every else ladder.first
    after: dict[str, Cell] = {"Status": status, "Problem": None, "Synced": now}
    before = {column: lead.row.cells.get(column) for column in (*after, "Deal ID", "Client ID", "Contact ID")}
    worth = f", worth about {value} {currency or ''}".rstrip() if value else ""
    assert vetted.partner is not None
    return Push(
        row=lead.row.id, draft=sent, before=before, after=after, about=vetted.partner.key, adopt=not fresh,
        reason=f"{sent.company} is a new lead{worth}",
    )  # fmt: skip


def _acknowledgement(vetted: Vetted, key: str, words: Words) -> Notice:
    assert vetted.partner is not None
    subject, text, html = words("lead", partner=vetted.partner.name, company=vetted.values["Company"], lead=key)
    rows = (("Company", vetted.values["Company"]), ("Lead", key))
    return Notice(f"{vetted.partner.key}/lead/{key}", "lead", vetted.partner.recipient(), subject, text, html, rows)
