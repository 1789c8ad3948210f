"""What config.toml says, as frozen values. How it is read and checked is in config.py; secrets never show in a repr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Programme:
    """What the whole programme shares; `state` is a database address."""

    name: str
    time_zone: ZoneInfo
    currency: str
    rules: Path
    state: str


@dataclass(frozen=True, slots=True)
class AirtableSettings:
    """The base and how to reach it."""

    base: str
    token: str = field(repr=False)
    endpoint: str
    monthly_calls: int


@dataclass(frozen=True, slots=True)
class GoogleSheetsSettings:
    """The spreadsheet by its id, the JSON of the service account's key file, and where Sheets and Drive are."""

    spreadsheet: str
    service_account: str = field(repr=False)
    endpoint: str
    drive_endpoint: str


@dataclass(frozen=True, slots=True)
class HubSpotSettings:
    """The portal, the pipeline that leads go into, and the two properties that say what a deal's value means."""

    token: str = field(repr=False)
    endpoint: str
    pipeline: str
    stage: str
    interval_property: str
    term_property: str


@dataclass(frozen=True, slots=True)
class XeroSettings:
    """The organisation, by a custom connection."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    tenant: str
    endpoint: str
    identity_endpoint: str


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """The workspace; `staff_channel` gets what staff should see."""

    token: str = field(repr=False)
    endpoint: str
    staff_channel: str


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """The relay."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str
    password: str = field(repr=False)
    sender: str


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that config.toml says; of the trackers only the one that was chosen is there."""

    path: Path
    programme: Programme
    airtable: AirtableSettings | None
    google_sheets: GoogleSheetsSettings | None
    hubspot: HubSpotSettings
    xero: XeroSettings
    slack: SlackSettings | None
    email: EmailSettings | None
    columns: Mapping[str, Mapping[str, str]]
    literal_secrets: tuple[str, ...]  # keys whose secret stands in the file itself; the doctor says so
