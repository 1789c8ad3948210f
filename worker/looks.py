"""What was seen of lead rows: those still being typed, those changed by hand, what the CRM answered of their company.

It is remembered per row; losing it costs a look, never truth.
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
from worker.planning.vetting import Vetted, is_blank
from worker.programme import Programme

_FILLED_BY_PEOPLE = tuple(c.name for c in LEADS.columns if c.owner in ("P", "S"))
_ANSWER_HOLDS = timedelta(hours=1)
_LOOKS, _SHOWN, _ANSWERS = "looks", "shown", "companies"


@dataclass(frozen=True, slots=True)
class Moving:
    """Rows that changed between the two looks, and whether a second look was taken."""

    rows: frozenset[str]
    looked_again: bool


def fingerprint(lead: LeadRow) -> str:
    """Return what tells one content of a row's people-filled cells from another."""
    cells = {column: str(lead.row.cells.get(column)) for column in _FILLED_BY_PEOPLE if lead.row.cells.get(column)}
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()[:16]


def _prints(leads: Sequence[LeadRow]) -> dict[str, str]:
    """Return the fingerprint of every row that waits."""
    return {lead.row.id: json.dumps(fingerprint(lead)) for lead in leads if not lead.deal_id and not is_blank(lead)}


def still_moving(programme: Programme, leads: Sequence[LeadRow]) -> Moving:
    """Look again at rows that are new or changed since the last run; what moved meanwhile is still being typed."""
    if not programme.look_twice:
        return Moving(frozenset(), False)
    seen = programme.memory.load(_LOOKS)
    now = _prints(leads)
    settle = programme.rules.intake.settle_seconds if now.items() - seen.items() else 0
    later = _look_again(programme, settle) if settle else now
    moved = {row for row, mark in later.items() if now.get(row) != mark}
    still = {row: mark for row, mark in later.items() if row not in moved}
    gone = seen.keys() - later.keys()
    if gone or still.items() - seen.items():
        programme.memory.save(_LOOKS, still, gone)
    return Moving(frozenset(moved), bool(settle))


def _look_again(programme: Programme, seconds: int) -> dict[str, str]:
    programme.clock.sleep(seconds)
    programme.tracker.refresh(["Leads"])
    return _prints([LeadRow.of(row, programme.now) for row in programme.tracker.read(["Leads"])["Leads"]])


def rows_seen(programme: Programme) -> Mapping[str, str]:
    """Return the marks of the rows that showed what their deals say, when they last did; by row id."""
    return {row: json.loads(mark) for row, mark in programme.memory.load(_SHOWN).items()}


def remember_rows(programme: Programme, marks: Mapping[str, str], leads: Sequence[LeadRow]) -> None:
    """Keep the marks of rows that show what their deals say, and forget those of rows that are there no more."""
    seen = rows_seen(programme)
    new, gone = marks.items() - seen.items(), seen.keys() - {lead.row.id for lead in leads}
    if (new or gone) and programme.look_twice:
        programme.memory.save(_SHOWN, {row: json.dumps(mark) for row, mark in new}, gone)


def companies_of(programme: Programme, found: Intake) -> Mapping[str, CrmCompany]:
    """Return what the CRM knows of the waiting rows' companies; what was asked within the hour is not asked again."""
    remembered = programme.memory.load(_ANSWERS)
    domains = found.domains()
    waiting = {row: vetted for row, vetted in found.vetted.items() if vetted.domain in domains}
    known: dict[str, CrmCompany | None] = {}
    asked: set[str] = set()
    for row, vetted in waiting.items():
        domain, note = vetted.domain or "", json.loads(remembered.get(row, "{}"))
        if _holds(note, vetted, programme.now):
            known[domain] = _company(note["company"])
        else:
            asked.add(domain)
    answers = programme.crm.companies(asked) if asked else {}
    gone = remembered.keys() - waiting.keys()
    if programme.look_twice and (asked or gone):
        news = {row: _note(v, answers, programme.now) for row, v in waiting.items() if v.domain in asked}
        programme.memory.save(_ANSWERS, news, gone)
    kept = {domain: company for domain, company in known.items() if company and domain not in asked}
    return {**kept, **answers}


def _holds(note: Mapping[str, str], vetted: Vetted, now: datetime) -> bool:
    """Tell whether an answer is of this content of the row, and young."""
    if note.get("print") != fingerprint(vetted.lead):
        return False
    return timedelta() <= now - datetime.fromisoformat(note["at"]) < _ANSWER_HOLDS


def _note(vetted: Vetted, answers: Mapping[str, CrmCompany], now: datetime) -> str:
    company = answers.get(vetted.domain or "")
    plain = company and {
        "id": company.id, "domain": company.domain, "customer": company.customer,
        "deals": [[deal.id, deal.lead, deal.state] for deal in company.deals],
    }  # fmt: skip
    return json.dumps({"print": fingerprint(vetted.lead), "at": now.isoformat(), "company": plain})


def _company(plain: Mapping[str, object] | None) -> CrmCompany | None:
    if plain is None:
        return None
    deals = tuple(CrmDeal(*deal) for deal in plain["deals"])  # type: ignore[attr-defined]
    return CrmCompany(str(plain["id"]), str(plain["domain"]), bool(plain["customer"]), deals)
