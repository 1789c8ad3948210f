"""config.toml → frozen settings. Every fault is reported at once, with file, key and remedy; nothing starts with one.

Secrets are written as `env:NAME` or `file:PATH` and read here, once; they never appear in a fault.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from worker.domain.tables import TABLES
from worker.settings import (
    AirtableSettings,
    Config,
    EmailSettings,
    GoogleSheetsSettings,
    HubSpotSettings,
    Programme,
    SlackSettings,
    XeroSettings,
)
from worker.toml_reader import REQUIRED, ConfigError, Fault, Section, load

TRACKERS = ("airtable", "google-sheets")
SPREADSHEET = re.compile(r"(?a)(?:https://docs\.google\.com/spreadsheets/(?:u/\d+/)?d/)?([\w-]{20,})(?:[/?#].*)?")
_KEY_FILE = ("client_email", "private_key", "token_uri")


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
            except (OSError, UnicodeDecodeError) as error:
                if needed:
                    why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                    section.fault(name, f"names the file {where}, which can't be read ({why})", "Put the secret there.")
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

    def airtable(self, tracker: Section, used: bool) -> AirtableSettings | None:
        """Read [tracker.airtable]; base and token are only needed when it is the tracker."""
        section = tracker.section("airtable")
        wanted = 'the id of the base, as "appXXXXXXXXXXXXXX"'
        result = AirtableSettings(
            base=section.text("base", REQUIRED if used else "", wanted=wanted),
            token=self.secret(section, "token", "env:AIRTABLE_TOKEN", needed=used),
            endpoint=self.endpoint(section, "endpoint", "https://api.airtable.com"),
            monthly_calls=section.whole("monthly_calls", 100_000, least=1),
        )
        section.close()
        return result if used else None

    def google_sheets(self, tracker: Section, used: bool) -> GoogleSheetsSettings | None:
        """Read [tracker.google-sheets]; spreadsheet and key file are only needed when it is the tracker."""
        section = tracker.section("google-sheets")
        result = GoogleSheetsSettings(
            spreadsheet=self._spreadsheet(section, used), service_account=self._service_account(section, used),
            endpoint=self.endpoint(section, "endpoint", "https://sheets.googleapis.com"),
            drive_endpoint=self.endpoint(section, "drive_endpoint", "https://www.googleapis.com"),
        )  # fmt: skip
        section.close()
        return result if used else None

    def _spreadsheet(self, section: Section, used: bool) -> str:
        """Return the spreadsheet's id, also out of its whole address."""
        wanted = "the address of the spreadsheet, or the id that stands in it between /d/ and /edit"
        text = section.text("spreadsheet", REQUIRED if used else "", wanted=wanted).strip()
        found = SPREADSHEET.fullmatch(text)
        if text and not found:
            section.fault("spreadsheet", f"is {text!r}", f"Write {wanted}.")
        return found[1] if found else ""

    def _service_account(self, section: Section, used: bool) -> str:
        """Return the JSON of the key file; faults name what it lacks, never what it holds."""
        text = self.secret(section, "service_account", "file:service-account.json", needed=used)
        if not (used and text):
            return text
        try:
            held = json.loads(text)
        except ValueError:
            held = None
        held = held if isinstance(held, dict) else {}
        lacking = [name for name in _KEY_FILE if not (isinstance(held.get(name), str) and held[name])]
        if lacking or not held["private_key"].startswith("-----BEGIN"):
            kind, _, where = section.text("service_account", "file:service-account.json").partition(":")
            source = {"file": f"names the file {where}, which", "env": f"names the variable {where}, which"}
            lacks = ", ".join(lacking) or "private_key in PEM form"
            section.fault("service_account", f"{source.get(kind, 'is a text that')} is no key file: it lacks {lacks}",
                          "Make a key of type JSON for the service account, and put the whole file there.")  # fmt: skip
        return text

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
    kind = tracker.choice("kind", TRACKERS, "airtable")
    crm.choice("kind", ("hubspot",), "hubspot")
    ledger.choice("kind", ("xero",), "xero")
    channels = notify.texts("channels", ("email", "slack"))
    for channel in channels:
        if channel not in {"email", "slack"}:
            notify.fault("channels", f"names {channel!r}", 'Use "email", "slack", or both.')
    config = Config(
        path=path, programme=programme, airtable=reader.airtable(tracker, kind == "airtable"),
        google_sheets=reader.google_sheets(tracker, kind == "google-sheets"), hubspot=reader.hubspot(crm),
        xero=reader.xero(ledger), slack=reader.slack(notify, "slack" in channels),
        email=reader.email(notify, "email" in channels), columns=reader.columns(),
        literal_secrets=tuple(reader.literal),
    )  # fmt: skip
    _web(root)
    for section in (tracker, crm, ledger, notify, root):
        section.close()
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
