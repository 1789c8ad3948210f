"""A row of the Partners table as the flows need it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from worker.domain.cells import Row
from worker.domain.facts import Days, PlanChoice
from worker.domain.notices import Recipient


@dataclass(frozen=True, slots=True)
class Leaving:
    """A partner's last day, on which `Status` was first seen as Left, and the instant at which it is over."""

    on: date
    until: datetime

    @staticmethod
    def of(day: date, zone: ZoneInfo) -> Leaving:
        """Return the leaving at the end of a day in a zone."""
        return Leaving(day, datetime.combine(day + timedelta(days=1), datetime.min.time(), zone))


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner: `key` is in every line and statement key; an empty one is minted by the intake flow.

    `plans`, `leaving` and `away` are no cells: they say since when `Plan` and `Status` stand as they do, and on which
    days the partner was not enrolled, as far as it was seen.
    """

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
    plans: tuple[PlanChoice, ...] = ()
    leaving: Leaving | None = None
    away: tuple[Days, ...] = ()

    @staticmethod
    def of(row: Row) -> PartnerRow:
        """Read a row."""
        return PartnerRow(
            row=row,
            name=row.text("Partner"),
            key=row.text("Key"),
            status=row.text("Status").capitalize(),
            plan=row.text("Plan"),
            email=row.text("Email"),
            slack_channel=row.text("Slack channel"),
            domain=row.text("Company domain").lower(),
            currency=row.text("Currency").upper(),
            xero_contact=row.text("Xero contact"),
            cadence=row.text("Cadence").lower(),
        )

    def domains(self) -> list[str]:
        """Return what stands in `Company domain`, which may name several, word by word."""
        return [word.lstrip("@") for word in re.split(r"[\s,;]+", self.domain) if word]

    def recipient(self) -> Recipient:
        """Return how the partner is told things."""
        return Recipient(self.key, self.email or None, self.slack_channel or None)


def as_named(text: str) -> str:
    """Return a partner's name as it is looked up, however its letters are composed and its blanks set."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def by_any_name(partners: Iterable[PartnerRow]) -> Mapping[str, PartnerRow]:
    """Return partners by name, key and row id, in small letters: whatever a form wrote into `Partner`.

    Look up `as_named(text).casefold()`. A name goes before another partner's key.
    """
    listed = list(partners)
    found: dict[str, PartnerRow] = {}
    for words in ([p.row.id for p in listed], [p.name for p in listed], [p.key for p in listed]):
        for word, partner in zip(words, listed, strict=True):
            if word:
                found.setdefault(as_named(word).casefold(), partner)
    return found
