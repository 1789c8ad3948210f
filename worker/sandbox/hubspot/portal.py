"""The state of one HubSpot account, its switches, and the writes that keep records, keys, index and hooks in step.

It validates nothing (drafts.py does) and knows no path.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from worker.sandbox.clock import Clock
from worker.sandbox.faults import Faults
from worker.sandbox.hubspot.consequences import consequences, first_values
from worker.sandbox.hubspot.definitions import GROUPS, Property, standard
from worker.sandbox.hubspot.hooks import Hooks
from worker.sandbox.hubspot.index import Index
from worker.sandbox.hubspot.kinds import COMPANIES, CONTACTS, KINDS, Kind
from worker.sandbox.hubspot.limits import Rates
from worker.sandbox.hubspot.links import Links
from worker.sandbox.hubspot.pipelines import SALES, Pipeline
from worker.sandbox.hubspot.records import Face, Record, Was, email_domain
from worker.sandbox.hubspot.values import milliseconds

API, PERSON = "INTEGRATION", "CRM_UI"  # who writes: an app, or a person in HubSpot's pages
KEPT_ARCHIVED = 90 * 86_400_000  # milliseconds for which an archived record can be restored (docs)
FREEMAIL = frozenset({"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "aol.com",
                      "proton.me", "protonmail.com", "gmx.de", "web.de"})  # fmt: skip
SCOPES = frozenset(
    {f"crm.{area}.{k.plural}.{right}" for area in ("objects", "schemas") for k in KINDS for right in ("read", "write")}
    | {"crm.objects.owners.read", "crm.objects.line_items.read", "settings.currencies.read"}
)  # fmt: skip


@dataclass(frozen=True)
class Requirement:
    """An admin's rule: this property is required, on create or when another property is set to a value."""

    kind: Kind
    name: str
    when: tuple[str, str] | None = None


class Portal:
    """One account. The attributes without an underscore are switches and state that a test may set."""

    name = "hubspot"

    def __init__(
        self, clock: Clock, *, seed: int = 0, token: str = "pat-SANDBOX", currency: str = "GBP",
        currencies: tuple[str, ...] = ("GBP", "USD", "EUR", "JPY"), time_zone: str = "Europe/London",
    ) -> None:  # fmt: skip
        self.clock = clock
        self.seed = seed
        self.token = token
        self.currencies = (currency, *(c for c in currencies if c != currency))
        self.zone = ZoneInfo(time_zone)
        self.portal_id = 44_237_313 + seed
        self.faults = Faults()
        self.scopes = set(SCOPES)
        self.rates = Rates(self.zone)

        self.limits = True
        self.search_lag = timedelta(seconds=30)
        self.sorts_as_objects = True  # the guide shows them, the description knows names only (2026-11)
        self.permute = True  # 17 of 22 recorded batches came back in another order
        self.forbidden_form = "granular"  # one of errors.FORBIDDEN_FORMS
        self.archived_value_blocked = False  # whether an archived record goes on holding its unique values: unknown
        self.conflict_names_id = True  # whether a 409 names the record in the way: both forms were captured
        self.auto_company = False
        self.auto_company_delay = timedelta(minutes=2)
        self.requirements: list[Requirement] = []  # enforced under the date-versioned paths only

        self.records: dict[Kind, dict[int, Record]] = {kind: {} for kind in KINDS}
        self.aliases: dict[Kind, dict[int, int]] = {kind: {} for kind in KINDS}  # merged away → what became of it
        self.definitions: dict[Kind, dict[str, Property]] = {kind: standard(kind) for kind in KINDS}
        self.groups: dict[Kind, dict[str, str]] = {kind: dict(GROUPS[kind]) for kind in KINDS}
        self.pipelines: dict[str, Pipeline] = {SALES.id: SALES}
        self.owners = [_owner(90_210_001, "Alice", "Archer"), _owner(90_210_002, "Bob", "Baker")]
        self.links = Links()
        self.indexes: dict[Kind, Index] = {kind: Index() for kind in KINDS}
        self.hooks = Hooks(self.portal_id, self.faults)
        self._holders: dict[tuple[Kind, str], dict[str, int]] = {}
        self._next = {kind: kind.first_id + 1_000_003 * seed for kind in KINDS}
        self._companies_to_make: list[tuple[int, int]] = []  # (due, contact)
        self._opaque = 98_714_200 + seed  # the last id given to a pipeline or stage of the account's own
        self._answered = 0
        self._lock = threading.RLock()

    def now(self) -> int:
        """Return the present instant in whole milliseconds, HubSpot's finest."""
        return milliseconds(self.clock.now())

    # Finding

    def there(self, kind: Kind, id_: int, *, archived: bool = False) -> Record | None:
        """Return a record by its own id, either a living one or an archived one."""
        record = self.records[kind].get(id_)
        if record is None or (record.face.archived_at is not None) != archived:
            return None
        if record.face.archived_at is not None and record.face.archived_at < self.now() - KEPT_ARCHIVED:
            return None
        return record

    def resolved(self, kind: Kind, id_: int, *, archived: bool = False) -> Record | None:
        """Return a record by its id or by an id that was merged into it."""
        return self.there(kind, self.aliases[kind].get(id_, id_), archived=archived)

    def unique_names(self, kind: Kind) -> list[str]:
        """Return the properties that tell records apart: the own unique ones, and the e-mail of contacts."""
        own = [d.name for d in self.definitions[kind].values() if d.unique and not d.archived]
        return own + (["email"] if kind is CONTACTS else [])

    def holder(self, kind: Kind, name: str, value: str, *, archived: bool = False) -> Record | None:
        """Return the record that holds a unique value, without regard to case."""
        id_ = self._held(kind, name).get(value.lower())
        record = None if id_ is None else self.records[kind].get(id_)
        if record is None or (record.face.archived_at is not None) != archived:
            return None
        return record

    def blocker(self, kind: Kind, name: str, value: str) -> Record | None:
        """Return the record that keeps others from taking a unique value; an archived one where the switch says so."""
        living = self.holder(kind, name, value)
        if living is None and self.archived_value_blocked:
            return self.holder(kind, name, value, archived=True)
        return living

    def _held(self, kind: Kind, name: str) -> dict[str, int]:
        held = self._holders.get((kind, name))
        if held is None:
            held = self._holders[kind, name] = {}
            # Archived ones first, so that a living record has the last word on a value.
            for record in sorted(self.records[kind].values(), key=lambda r: r.face.archived_at is None):
                for value in unique_values(record.face, name):
                    held[value] = record.id
        return held

    # Writing

    def create(self, kind: Kind, values: Mapping[str, str], source: str) -> Record:
        """Make a record of values already found valid."""
        now = self.now()
        self._next[kind] += 3
        given = {**first_values(kind, self.currencies, values), **values}
        more = consequences(kind, self.pipelines, {}, given, now)
        origin = {"hs_object_source": source, "hs_object_source_label": source, "hs_object_source_id": "19083857"}
        properties = {name: value for name, value in {**origin, **given, **more}.items() if value != ""}
        record = Record(Face(self._next[kind], kind, now, now, None, properties), source)
        self.records[kind][record.id] = record
        self._hold(record)
        self._note(record)
        self.hooks.note(kind, "creation", record.id, now, source)
        for name in values:
            self.hooks.property_change(kind, record.id, name, values[name], now, source)
        domain = email_domain(record.face)
        if self.auto_company and domain and domain not in FREEMAIL:
            self._companies_to_make.append((now + self.auto_company_delay // timedelta(milliseconds=1), record.id))
        return record

    def change(self, record: Record, changes: Mapping[str, str], source: str) -> None:
        """Write values already found valid; what HubSpot derives from them comes along."""
        kind, now, before = record.face.kind, self.now(), record.face.properties
        every = {**changes, **consequences(kind, self.pipelines, before, changes, now)}
        self._release(record)
        record.put(every, now, source)
        self._hold(record)
        self._note(record)
        for name, value in every.items():
            if value != before.get(name, ""):
                self.hooks.property_change(kind, record.id, name, value, now, source)

    def touch(self, kind: Kind, ids: Iterable[int]) -> None:
        """Move the last-modified instant: tying records together does (docs: internal changes bump it)."""
        for id_ in ids:
            record = self.records[kind][id_]
            record.face = record.face._replace(updated=self.now())
            self._note(record)

    def put_in_bin(self, record: Record, source: str) -> None:
        """Put a record into the bin; its unique values are freed unless the switch says otherwise."""
        now = self.now()
        record.face = record.face._replace(archived_at=now)
        self._note(record)
        self.hooks.note(record.face.kind, "deletion", record.id, now, source)

    def take_from_bin(self, record: Record) -> None:
        """Take a record out of the bin; ValueError when another took its unique value meanwhile."""
        kind = record.face.kind
        for name in self.unique_names(kind):
            for value in unique_values(record.face, name):
                other = self.holder(kind, name, value)
                if other is not None:
                    raise ValueError(f"{name} {value} is held by {kind.singular} {other.id}")
        record.face = record.face._replace(archived_at=None, updated=self.now())
        self._hold(record)
        self._note(record)

    def replace(self, gone: Iterable[Record], survivor: Face, history: dict[str, list[Was]], source: str) -> Record:
        """Put one new record in the place of merged ones; their ids lead to it from now on."""
        kind, record = survivor.kind, Record(survivor, source, history)
        for old in gone:
            self._release(old)
            del self.records[kind][old.id]
            self.indexes[kind].note(survivor.updated, old.id, None)
            self.links.move(kind, old.id, record.id)
            for alias, target in self.aliases[kind].items():
                if target == old.id:
                    self.aliases[kind][alias] = record.id
            self.aliases[kind][old.id] = record.id
        self.records[kind][record.id] = record
        self._hold(record)
        self._note(record)
        return record

    def new_id(self, kind: Kind) -> int:
        """Return the next id of a kind."""
        self._next[kind] += 3
        return self._next[kind]

    def forget_unique(self, kind: Kind, name: str) -> None:
        """Forget who holds which value of a property: it was made, deleted, or changed behind the records' back."""
        self._holders.pop((kind, name), None)

    def _hold(self, record: Record) -> None:
        kind = record.face.kind
        for name in self.unique_names(kind):
            held = self._held(kind, name)
            for value in unique_values(record.face, name):
                held[value] = record.id

    def _release(self, record: Record) -> None:
        kind = record.face.kind
        for name in self.unique_names(kind):
            held = self._held(kind, name)
            for value in unique_values(record.face, name):
                if held.get(value) == record.id:
                    del held[value]

    def _note(self, record: Record) -> None:
        face = record.face
        at = face.updated if face.archived_at is None else face.archived_at
        self.indexes[face.kind].note(at, face.id, face if face.archived_at is None else None)

    # Time

    def settle(self) -> None:
        """Let happen what HubSpot does by itself and is due by now: companies made from the domains of contacts."""
        while self._companies_to_make and self._companies_to_make[0][0] <= self.now():
            _, contact_id = self._companies_to_make.pop(0)
            contact = self.resolved(CONTACTS, contact_id)
            if contact is None or self.links.of(CONTACTS, contact.id, COMPANIES):
                continue
            domain = email_domain(contact.face)
            company = next(
                (r for r in self.records[COMPANIES].values()
                 if r.face.archived_at is None and r.face.properties.get("domain", "").lower() == domain), None,
            )  # fmt: skip
            if company is None:
                company = self.create(COMPANIES, {"domain": domain, "name": domain.partition(".")[0].title()}, "AUTO")
            self.links.connect(CONTACTS, contact.id, COMPANIES, company.id, [1])
            self.touch(CONTACTS, [contact.id])
            self.touch(COMPANIES, [company.id])


def _owner(id_: int, first: str, last: str) -> dict[str, Any]:
    return {
        "id": str(id_), "email": f"{first.lower()}@agency.example", "type": "PERSON", "firstName": first,
        "lastName": last, "userId": id_ + 5_000, "userIdIncludingInactive": id_ + 5_000,
        "createdAt": "2025-01-06T09:00:00.000Z", "updatedAt": "2025-01-06T09:00:00.000Z", "archived": False,
    }  # fmt: skip


def unique_values(face: Face, name: str) -> list[str]:
    """Return the values a record holds of a unique property; a contact's further addresses count as its e-mail."""
    value = face.properties.get(name)
    values = [] if not value else [value.lower()]
    if name == "email" and face.kind is CONTACTS:
        values += [v for v in face.properties.get("hs_additional_emails", "").split(";") if v]
    return values
