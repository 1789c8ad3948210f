"""HubSpot as the CRM: what the flows ask of it, each answered by one module of this package."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from worker.connectors.hubspot import lookup, setup
from worker.connectors.hubspot.account import Account
from worker.connectors.hubspot.api import Door
from worker.connectors.hubspot.mirror import Mirror, remember_made
from worker.connectors.hubspot.names import Names
from worker.connectors.hubspot.push import Push
from worker.connectors.hubspot.shelves import OwnShelves
from worker.domain.facts import Deal
from worker.domain.leads import CrmCompany, LeadDraft, LeadRefs, Stage
from worker.ports import Caller, Check, Clock, Memory, Missing, ServiceError


class HubSpotCrm:
    """One HubSpot account; `interval_property` and `term_property` name the deal's properties for these."""

    name = "hubspot"

    def __init__(
        self, *, token: str, endpoint: str, pipeline: str, stage: str, interval_property: str, term_property: str,
        caller: Caller, memory: Memory, clock: Clock, lead_property: str = "partner_lead_id",
        partner_property: str = "source_partner", company_property: str = "partner_company_key",
    ) -> None:  # fmt: skip
        self._door = Door(token=token, endpoint=endpoint, caller=caller, clock=clock)
        depends_on = (endpoint, token, lead_property, interval_property, term_property)
        self._memory = OwnShelves(memory, depends_on)
        self._account = Account(self._door, self._memory, clock)
        self._names = Names(
            lead=lead_property, partner=partner_property, company=company_property, pipeline=pipeline, stage=stage,
            interval=interval_property, term=term_property,
        )  # fmt: skip

    def missing(self) -> Sequence[Missing]:
        """Return the properties that are not there; two calls."""
        return setup.missing(self._door, self._names)

    def make(self, missing: Sequence[Missing]) -> None:
        """Make the missing properties; Refused names what HubSpot would not make."""
        setup.make(self._door, self._names, missing)

    def stages(self) -> Sequence[Stage]:
        """Return every stage of the configured pipeline, in order; remembered for an hour."""
        return self._account.stages(self._names.pipeline)

    def companies(self, domains: Collection[str]) -> Mapping[str, CrmCompany]:
        """Return the companies that have one of these domains, with their deals; by domain in lower case."""
        return lookup.companies(self._door, self._account, self._names, domains)

    def find(self, keys: Collection[str]) -> Mapping[str, LeadRefs]:
        """Return the ids of deals that carry our lead keys, with their company and contact; by key."""
        return lookup.find(self._door, self._names, keys)

    def put(self, drafts: Sequence[LeadDraft]) -> Sequence[LeadRefs | ServiceError]:
        """Find or create company and contact, create the deal, tie them; one outcome per draft, in order."""
        outcomes, made = Push(self._door, self._names).put(drafts)
        remember_made(self._account, self._memory, self._names, made)
        return outcomes

    def deals(self, tracked: Collection[str], *, whole: bool = False) -> Mapping[str, Deal]:
        """Return every deal of the account as of now, by id; one search when nothing changed."""
        return Mirror(self._door, self._account, self._memory, self._names).deals(tracked, whole=whole)

    def check(self) -> Sequence[Check]:
        """Look at token, scopes, properties and pipeline, for the doctor."""
        return setup.check(self._door, self._account, self._names)
