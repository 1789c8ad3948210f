"""A row of the Partners table as the flows need it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from worker.domain.cells import Row
from worker.domain.notices import Recipient


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner: `key` is in every line and statement key; an empty one is minted by the intake flow."""

    row: Row
    name: str
    key: str
    status: str
    plan: str
    email: str
    slack_channel: str
    domain: str
    currency: str
    xero_contact: str
    cadence: str

    @staticmethod
    def of(row: Row) -> PartnerRow:
        """Read a row."""
        return PartnerRow(
            row=row,
            name=row.text("Partner"),
            key=row.text("Key"),
            status=row.text("Status"),
            plan=row.text("Plan"),
            email=row.text("Email"),
            slack_channel=row.text("Slack channel"),
            domain=row.text("Company domain").lower(),
            currency=row.text("Currency").upper(),
            xero_contact=row.text("Xero contact"),
            cadence=row.text("Cadence").lower(),
        )

    def recipient(self) -> Recipient:
        """Return how the partner is told things."""
        return Recipient(self.key, self.email or None, self.slack_channel or None)


def by_any_name(partners: Iterable[PartnerRow]) -> Mapping[str, PartnerRow]:
    """Return partners by name, key and row id, in small letters: whatever a form wrote into `Partner`."""
    found: dict[str, PartnerRow] = {}
    for partner in partners:
        for word in (partner.row.id, partner.key, partner.name):
            if word:
                found.setdefault(word.casefold(), partner)
    return found
