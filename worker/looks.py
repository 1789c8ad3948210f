"""Looking at lead rows twice, and asking the CRM about a company only when its row is new or its answer old.

What was seen is remembered per row; losing it costs a look, never truth.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.domain.leads import CrmCompany, CrmDeal, LeadRow
from worker.domain.tables import LEADS
from worker.planning.intake import Intake
from worker.planning.vetting import is_blank
from worker.programme import Programme

_FILLED_BY_PEOPLE = tuple(c.name for c in LEADS.columns if c.owner in ("P", "S"))
_ANSWER_HOLDS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Moving:
    """Rows that changed between the two looks, and whether a second look was taken."""

    rows: frozenset[str]
    looked_again: bool


def fingerprint(lead: LeadRow) -> str:
    """Return what tells one content of a row's people-filled cells from another."""
    cells = {column: str(lead.row.cells.get(column)) for column in _FILLED_BY_PEOPLE if lead.row.cells.get(column)}
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()[:16]


def _waiting(leads: Sequence[LeadRow]) -> dict[str, LeadRow]:
    return {lead.row.id: lead for lead in leads if not lead.deal_id and not is_blank(lead)}


def still_moving(programme: Programme, leads: Sequence[LeadRow]) -> Moving:
    """Look again at rows that are new or changed since the last run; what moved meanwhile is still being typed."""
    seen = programme.memory.load("looks")
    settle = programme.rules.intake.settle_seconds
    fresh = {i: fingerprint(lead) for i, lead in _waiting(leads).items() if fingerprint(lead) != _print(seen.get(i))}
    if not fresh or not programme.look_twice:
        return Moving(frozenset(), False)
    if settle:
        programme.clock.sleep(settle)
        programme.tracker.refresh()
        again = [LeadRow.of(row, programme.now) for row in programme.tracker.read(["Leads"])["Leads"]]
        later = {i: fingerprint(lead) for i, lead in _waiting(again).items()}
    else:
        later = fresh
    moved = {i for i, mark in later.items() if mark != fresh.get(i, _print(seen.get(i)))}
    programme.memory.save("looks", {i: json.dumps({"print": mark}) for i, mark in fresh.items() if i not in moved})
    return Moving(frozenset(moved), bool(settle))


def _print(remembered: str | None) -> str | None:
    return json.loads(remembered)["print"] if remembered else None


def companies_of(programme: Programme, found: Intake) -> Mapping[str, CrmCompany]:
    """Return what the CRM knows of the waiting rows' companies; what was asked within the hour is not asked again."""
    remembered = programme.memory.load("companies")
    known: dict[str, CrmCompany | None] = {}
    for row_id, vetted in found.vetted.items():
        note = json.loads(remembered[row_id]) if row_id in remembered else None
        if note and vetted.domain and _fresh(note, fingerprint(vetted.lead), programme.now):
            known[vetted.domain] = _company(note["company"])
    asked = found.domains() - known.keys()
    answers = dict(programme.crm.companies(asked)) if asked else {}
    if asked and programme.look_twice:
        _remember(programme, found, asked, answers)
    return {**{domain: company for domain, company in known.items() if company}, **answers}


def _fresh(note: Mapping[str, str], mark: str, now: datetime) -> bool:
    return note["print"] == mark and timedelta() <= now - datetime.fromisoformat(note["at"]) < _ANSWER_HOLDS


def _remember(
    programme: Programme, found: Intake, asked: set[str], answers: Mapping[str, CrmCompany]
) -> None:  # fmt: skip
    """Keep the answers for rows whose answer may refuse them; a row that goes through is never asked about again."""
    notes = {
        row_id: json.dumps({
            "print": fingerprint(vetted.lead), "at": programme.now.isoformat(),
            "company": _plain(answers.get(vetted.domain or "")),
        })
        for row_id, vetted in found.vetted.items()
        if vetted.domain in asked
    }  # fmt: skip
    programme.memory.save("companies", notes)


def _plain(company: CrmCompany | None) -> dict[str, object] | None:
    if company is None:
        return None
    deals = [[deal.id, deal.lead, deal.state] for deal in company.deals]
    return {"id": company.id, "domain": company.domain, "customer": company.customer, "deals": deals}


def _company(plain: dict[str, object] | None) -> CrmCompany | None:
    if plain is None:
        return None
    deals = tuple(CrmDeal(*deal) for deal in plain["deals"])  # type: ignore[attr-defined]
    return CrmCompany(str(plain["id"]), str(plain["domain"]), bool(plain["customer"]), deals)
