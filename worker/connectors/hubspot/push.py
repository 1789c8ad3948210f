"""Putting leads into HubSpot: the company, a contact tied to it from birth, the deal tied to both; each at most once.

All companies of a run are made before all contacts, those before all deals, each in batches: 1,000 leads of new
companies are 30 calls. Plans nothing and decides nothing about duplicates: that was done before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog

from worker.connectors.hubspot.api import ASSOCIATIONS, MOST_TIES_MADE, Door, associations
from worker.connectors.hubspot.create import Made, Maker, Want
from worker.connectors.hubspot.errors import fault, refusal
from worker.connectors.hubspot.names import Names
from worker.connectors.hubspot.records import Record, chunks, tied
from worker.domain.leads import LeadDraft, LeadRefs
from worker.ports import Refused, ServiceError, Unavailable, Unsure

# Types of association (docs, 2026-11). 1 and 5 make the company the primary one, which 279 and 341 would not.
CONTACT_TO_COMPANY, CONTACT_TO_PRIMARY_COMPANY, DEAL_TO_CONTACT, DEAL_TO_PRIMARY_COMPANY = 279, 1, 3, 5

# Where a property's value comes from, for whoever has to correct it.
_CELLS = {
    "name": "Company", "domain": "Website", "website": "Website", "firstname": "First name", "lastname": "Last name",
    "email": "Email", "phone": "Phone", "country": "Country", "description": "Notes", "amount": "Estimated value",
    "deal_currency_code": "Currency",
}  # fmt: skip
_LONGEST_TEXT = 65_536  # characters of a text property (docs, 2026-11)
_log = structlog.get_logger(__name__)


@dataclass
class _Lead:
    """A draft on its way: what was found or made for it so far, or the error that ended it."""

    draft: LeadDraft
    company: Made | None = None
    contact: Made | None = None
    deal: Made | None = None
    error: ServiceError | None = None

    @property
    def going(self) -> bool:
        return self.error is None and self.deal is None

    @property
    def company_key(self) -> str:
        return self.draft.domain.strip().lower() if self.draft.domain else self.draft.key

    @property
    def email(self) -> str:
        return self.draft.email.strip().lower()

    def outcome(self) -> LeadRefs | ServiceError:
        known = self.draft.known
        if self.error is not None:
            return _naming_the_cell(self.error)
        return LeadRefs(_id(self.deal), _id(self.company) or known.company, _id(self.contact) or known.contact)


class Push:
    """One run's putting; made anew for each."""

    def __init__(self, door: Door, names: Names) -> None:
        self._door = door
        self._names = names
        self._companies = Maker(door, "companies", names.company, frozenset({"country", "website"}))
        self._contacts = Maker(door, "contacts", "email", frozenset({"phone"}))
        self._deals = Maker(door, "deals", names.lead, frozenset({"description"}))

    def put(self, drafts: Sequence[LeadDraft]) -> tuple[list[LeadRefs | ServiceError], list[tuple[Record, str | None]]]:
        """Return one outcome per draft, in order; and the deals made just now, each with its company.

        A draft whose deal is known is done: what is not tied to that deal any more, people took off.
        Raises only when nothing at all was sent: the service is down, the token dead, a property of ours missing.
        """
        leads = {d.key: _Lead(d, deal=Made(d.known.deal) if d.known.deal else None) for d in drafts}
        every = list(leads.values())
        self._put_companies([lead for lead in every if lead.going])
        self._put_contacts([lead for lead in every if lead.going])
        self._tie([lead for lead in every if lead.going])
        self._put_deals([lead for lead in every if lead.going])
        self._raise_if_nothing_sent(every)
        fresh = [(lead.deal.new, _id(lead.company)) for lead in every if lead.deal and lead.deal.new]
        return [leads[d.key].outcome() for d in drafts], fresh

    def _raise_if_nothing_sent(self, leads: Iterable[_Lead]) -> None:
        makers = (self._companies, self._contacts, self._deals)
        for maker in makers if not any(maker.wrote for maker in makers) else ():
            if maker.stopped and all(lead.error is maker.told for lead in leads):
                raise maker.stopped

    # Companies

    def _put_companies(self, leads: Sequence[_Lead]) -> None:
        known = {lead.company_key: lead.draft.known.company for lead in leads if lead.draft.known.company}
        groups: dict[str, list[_Lead]] = {}
        for lead in leads:
            certain = lead.draft.known.company or known.get(lead.company_key)
            if certain:
                lead.company = Made(certain)
            else:
                groups.setdefault(lead.company_key, []).append(lead)
        made = self._companies.make(self._company(key, group[0].draft) for key, group in groups.items())
        _settle(groups, made, _set_company)

    def _company(self, key: str, draft: LeadDraft) -> Want:
        domain = key if draft.domain else None
        website = None if domain else draft.website  # HubSpot fills it from the domain
        values = {"name": draft.company, "domain": domain, "website": website, "country": draft.country}
        return Want(key, draft.key, _filled({**values, self._names.company: key}))

    # Contacts

    def _put_contacts(self, leads: Sequence[_Lead]) -> None:
        groups: dict[str, list[_Lead]] = {}
        for lead in leads:
            if lead.draft.known.contact:
                lead.contact = Made(lead.draft.known.contact)
            elif lead.email:
                groups.setdefault(lead.email, []).append(lead)
        made = self._contacts.make(self._contact(email, group[0]) for email, group in groups.items())
        _settle(groups, made, _set_contact)

    def _contact(self, email: str, lead: _Lead) -> Want:
        draft = lead.draft
        values = {"email": email, "firstname": draft.first_name, "lastname": draft.last_name, "phone": draft.phone}
        # Tied at birth: HubSpot makes companies of its own for contacts that have none (docs, 2026-11).
        ties = ((lead.company.id, CONTACT_TO_PRIMARY_COMPANY),) if lead.company else ()
        return Want(email, draft.key, _filled(values), ties)

    def _tie(self, leads: Sequence[_Lead]) -> None:
        """Tie contacts that were there before, or that serve several companies, to the company of their lead."""
        pairs: dict[tuple[str, str], list[_Lead]] = {}
        born: set[str] = set()
        for lead in leads:
            if lead.contact and lead.company:
                first = lead.contact.new is not None and lead.contact.id not in born
                born.add(lead.contact.id)
                if not first:
                    pairs.setdefault((lead.contact.id, lead.company.id), []).append(lead)
        try:
            self._tie_pairs(pairs)
        except ServiceError as error:
            # A tie may be made twice, and no deal was tried yet: nothing is in doubt.
            later = Unavailable(error.service, error.text) if isinstance(error, Unsure) else error
            for lead in (lead for group in pairs.values() for lead in group):
                lead.error = later

    def _tie_pairs(self, pairs: dict[tuple[str, str], list[_Lead]]) -> None:
        # Read first: labels of a link that stands are replaced by what is sent, and people choose the primary company.
        unsure = {contact for (contact, _), group in pairs.items() if not (group[0].company and group[0].company.new)}
        standing = tied(self._door, "contacts", "companies", unsure)
        missing = [(a, b) for a, b in pairs if b not in standing.get(a, ())]
        types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": CONTACT_TO_COMPANY}]
        for chunk in chunks(missing, MOST_TIES_MADE):
            inputs = [{"from": {"id": a}, "to": {"id": b}, "types": types} for a, b in chunk]
            path = associations("contacts", "companies", "create")
            try:
                answer = self._door.write(path, {"inputs": inputs}, limits=ASSOCIATIONS, repeatable=True)
                refused = [refusal(fault(item)).text for item in answer.get("errors") or ()]
            except Refused as error:
                refused = [error.text]
            if refused:
                # An admin's cap on associations, or a record gone meanwhile: no reason to keep the deal back.
                _log.warning("contact.not_tied", count=len(refused), reason=refused[0])

    # Deals

    def _put_deals(self, leads: Sequence[_Lead]) -> None:
        groups = {lead.draft.key: [lead] for lead in leads}
        _settle(groups, self._deals.make(self._deal(lead) for lead in leads), _set_deal)

    def _deal(self, lead: _Lead) -> Want:
        draft, names = lead.draft, self._names
        values = {
            "dealname": draft.title, "pipeline": names.pipeline, "dealstage": names.stage, "amount": draft.value,
            "deal_currency_code": draft.currency, "description": draft.notes,
            names.lead: draft.key, names.partner: draft.partner,
        }  # fmt: skip
        ends = ((lead.contact, DEAL_TO_CONTACT), (lead.company, DEAL_TO_PRIMARY_COMPANY))
        return Want(draft.key, draft.key, _filled(values), tuple((end.id, type_) for end, type_ in ends if end))


def _settle(
    groups: dict[str, list[_Lead]], made: dict[str, Made | ServiceError], put: Callable[[_Lead, Made], None]
) -> None:
    for key, group in groups.items():
        for lead in group:
            answer = made[key]
            if isinstance(answer, ServiceError):
                lead.error = answer
            else:
                put(lead, answer)


def _set_company(lead: _Lead, made: Made) -> None:
    lead.company = made


def _set_contact(lead: _Lead, made: Made) -> None:
    lead.contact = made


def _set_deal(lead: _Lead, made: Made) -> None:
    lead.deal = made


def _naming_the_cell(error: ServiceError) -> ServiceError:
    """Add to the refusal of a value in which cell of the lead row it is corrected."""
    if isinstance(error, Refused) and error.code.startswith("INVALID_") and error.field in _CELLS:
        return Refused(
            error.service, f"{error.text}: correct {_CELLS[error.field]} in the row", error.code, error.field
        )
    return error


def _id(made: Made | None) -> str | None:
    return made.id if made else None


def _filled(values: dict[str, str | None]) -> dict[str, str]:
    """Return what has a value: None inside properties would be sent as null, blanks around a number are refused."""
    return {name: value.strip()[:_LONGEST_TEXT] for name, value in values.items() if value and value.strip()}
