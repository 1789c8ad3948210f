"""config.toml → frozen settings. Every fault is reported at once, with file, key and remedy; nothing starts with one.

Secrets are written as `env:NAME` or `file:PATH` and read here, once; they never appear in a fault.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from worker.domain.tables import TABLES
from worker.toml_reader import REQUIRED, ConfigError, Fault, Section, load


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
    """Everything that config.toml says."""

    path: Path
    programme: Programme
    airtable: AirtableSettings
    hubspot: HubSpotSettings
    xero: XeroSettings
    slack: SlackSettings | None
    email: EmailSettings | None
    columns: Mapping[str, Mapping[str, str]]
    literal_secrets: tuple[str, ...]  # keys whose secret stands in the file itself; the doctor says so


class _Reader:
    """Reads one config.toml; collects faults and the keys whose secrets are written out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.literal: list[str] = []
        absent = "Let `quarterday init` write one there, or name another with --config."
        self.root = load(path, self.faults, absent=absent)

    def secret(self, section: Section, name: str, default: str, *, needed: bool = True) -> str:
        """Return what `env:NAME` or `file:PATH` stands for; a missing one is a fault where it is needed."""
        spec = section.text(name, default)
        kind, _, where = spec.partition(":")
        if kind == "env":
            value = os.environ.get(where, "")
            if not value and needed:
                section.fault(name, f"names the environment variable {where}, which is not set", f"Set {where}.")
            return value
        if kind == "file":
            try:
                return (self.path.parent / where).read_text(encoding="utf-8").strip()
            except OSError as error:
                if needed:
                    section.fault(name, f"names the file {where}, which can't be read ({error.strerror})",
                                  "Put the secret there.")  # fmt: skip
                return ""
        if not spec and needed:
            section.fault(name, "is empty", "Write env:NAME or file:PATH.")
        if spec:
            self.literal.append(section.key(name))
        return spec

    def endpoint(self, section: Section, name: str, default: str) -> str:
        """Return an http(s) address without a slash at its end."""
        value = section.text(name, default)
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            section.fault(name, f"is {value!r}", f'Write an address, as "{default}".')
        return value.rstrip("/")

    def programme(self) -> Programme:
        """Read [programme]."""
        section = self.root.section("programme")
        zone = section.text("timezone", "Europe/London")
        if zone not in available_timezones():
            section.fault("timezone", f"is {zone!r}", 'Write a name of the IANA list, as "Europe/London".')
            zone = "UTC"
        currency = section.text("currency", "GBP")
        if not (len(currency) == 3 and currency.isalpha() and currency.isupper()):
            section.fault("currency", f"is {currency!r}", 'Write three capital letters, as "GBP".')
        rules = section.text("rules", "rules")
        state = section.text("state", "sqlite:///quarterday.db")
        result = Programme(
            name=section.text("name", REQUIRED), time_zone=ZoneInfo(zone), currency=currency,
            rules=self._folder(rules), state=self._state(section, state),
        )  # fmt: skip
        section.close()
        return result

    def _folder(self, name: str) -> Path:
        """Return the rules folder: beside the config file, else below the present folder."""
        beside = self.path.parent / name
        return beside if beside.is_dir() or not Path(name).is_dir() else Path(name)

    def _state(self, section: Section, url: str) -> str:
        kind, _, rest = url.partition(":///")
        if kind == "sqlite" and rest and not rest.startswith("/") and rest != ":memory:":
            return f"sqlite:///{(self.path.parent / rest).resolve()}"
        if not url.startswith(("sqlite:///", "postgresql")):
            section.fault("state", f"is {url!r}", 'Write "sqlite:///quarterday.db" or a postgresql:// address.')
        return url

    def airtable(self, tracker: Section) -> AirtableSettings:
        """Read [tracker.airtable]."""
        section = tracker.section("airtable")
        result = AirtableSettings(
            base=section.text("base", REQUIRED, wanted='the id of the base, as "appXXXXXXXXXXXXXX"'),
            token=self.secret(section, "token", "env:AIRTABLE_TOKEN"),
            endpoint=self.endpoint(section, "endpoint", "https://api.airtable.com"),
            monthly_calls=section.whole("monthly_calls", 100_000, least=1),
        )
        section.close()
        return result

    def hubspot(self, crm: Section) -> HubSpotSettings:
        """Read [crm.hubspot]."""
        section = crm.section("hubspot")
        result = HubSpotSettings(
            token=self.secret(section, "token", "env:HUBSPOT_TOKEN"),
            endpoint=self.endpoint(section, "endpoint", "https://api.hubapi.com"),
            pipeline=section.text("pipeline", "default"), stage=section.text("stage", "appointmentscheduled"),
            interval_property=section.text("interval_property", "billing_interval"),
            term_property=section.text("term_property", "term_months"),
        )  # fmt: skip
        section.close()
        return result

    def xero(self, ledger: Section) -> XeroSettings:
        """Read [ledger.xero]."""
        section = ledger.section("xero")
        result = XeroSettings(
            client_id=self.secret(section, "client_id", "env:XERO_CLIENT_ID"),
            client_secret=self.secret(section, "client_secret", "env:XERO_CLIENT_SECRET"),
            tenant=section.text("tenant"), endpoint=self.endpoint(section, "endpoint", "https://api.xero.com"),
            identity_endpoint=self.endpoint(section, "identity_endpoint", "https://identity.xero.com"),
        )  # fmt: skip
        section.close()
        return result

    def slack(self, notify: Section, used: bool) -> SlackSettings | None:
        """Read [notify.slack]; its token is only needed when the channel is used."""
        section = notify.section("slack")
        result = SlackSettings(
            token=self.secret(section, "token", "env:SLACK_TOKEN", needed=used),
            endpoint=self.endpoint(section, "endpoint", "https://slack.com/api/") + "/",
            staff_channel=section.text("staff_channel"),
        )
        section.close()
        return result if used else None

    def email(self, notify: Section, used: bool) -> EmailSettings | None:
        """Read [notify.email]; host and sender are only needed when the channel is used."""
        section = notify.section("email")
        username = section.text("username")
        result = EmailSettings(
            host=section.text("host", REQUIRED if used else ""), port=section.whole("port", 587, least=1),
            security=section.choice("security", ("starttls", "tls", "none"), "starttls"),  # type: ignore[arg-type]
 username=username,
            password=self.secret(section, "password", "env:SMTP_PASSWORD", needed=used and bool(username)),
            sender=section.text("sender", REQUIRED if used else "", wanted='an address, as "partners@example.com"'),
        )  # fmt: skip
        if used and result.sender and "@" not in result.sender:
            section.fault("sender", f"is {result.sender!r}", 'Write an address, as "partners@example.com".')
        section.close()
        return result if used else None

    def columns(self) -> dict[str, dict[str, str]]:
        """Read [columns.<table>]: our column = the base's own name of it."""
        section = self.root.section("columns")
        tables = {name.lower(): table for name, table in TABLES.items()}
        mapped: dict[str, dict[str, str]] = {}
        for name in section.names():
            part = section.section(name)
            table = tables.get(name.lower())
            if table is None:
                section.fault(name, "is not a table", f"Write one of: {', '.join(tables)}.")
                continue
            own = {c.name for c in table.columns}
            mapped[table.name] = {column: part.text(column) for column in part.names() if column in own}
            part.close(sorted(own))
        return mapped


def load_config(path: Path) -> Config:
    """Read and check a config file; ConfigError with every fault."""
    reader = _Reader(path)
    if not reader.root.names() and reader.faults:
        raise ConfigError(reader.faults)
    root = reader.root
    programme = reader.programme()
    tracker, crm, ledger, notify = (root.section(name) for name in ("tracker", "crm", "ledger", "notify"))
    tracker.choice("kind", ("airtable",), "airtable")
    crm.choice("kind", ("hubspot",), "hubspot")
    ledger.choice("kind", ("xero",), "xero")
    channels = notify.texts("channels", ("email", "slack"))
    for channel in channels:
        if channel not in {"email", "slack"}:
            notify.fault("channels", f"names {channel!r}", 'Use "email", "slack", or both.')
    config = Config(
        path=path, programme=programme, airtable=reader.airtable(tracker), hubspot=reader.hubspot(crm),
        xero=reader.xero(ledger), slack=reader.slack(notify, "slack" in channels),
        email=reader.email(notify, "email" in channels), columns=reader.columns(),
        literal_secrets=tuple(reader.literal),
    )  # fmt: skip
    _web(root)
    for section, others in ((tracker, ("google-sheets",)), (crm, ()), (ledger, ()), (notify, ()), (root, ())):
        section.close(others)
    if reader.faults:
        raise ConfigError(reader.faults)
    return config


def _web(root: Section) -> None:
    """Check [web]: the pages come with a later version; the names are taken already."""
    section = root.section("web")
    section.text("bind", "127.0.0.1:8000")
    section.text("public_url")
    section.text("secret", "env:QUARTERDAY_SECRET")
    section.close()
