"""What Airtable remembers: tables, fields, rows, people, tokens, and the switches that tests turn.

State and look-ups only. A row's cells are one dict by field id in the form in which the API gives them out, computed
cells included; the dict is replaced on every change and never altered, so that a page or a before-image is a reference.
"""

from __future__ import annotations

import hashlib
import string
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from worker.sandbox.clock import Clock
from worker.sandbox.faults import Faults

if TYPE_CHECKING:
    from worker.sandbox.airtable.change import Change
    from worker.sandbox.airtable.webhooks import Hook

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
TEXT = frozenset({"singleLineText", "email", "url", "phoneNumber", "multilineText", "richText"})
NUMBERS = frozenset({"number", "currency", "percent"})
SELECTS = frozenset({"singleSelect", "multipleSelects"})
# Worked out by the service on every change; no one writes them.
DERIVED = frozenset({
    "autoNumber", "createdTime", "lastModifiedTime", "createdBy", "lastModifiedBy",
    "formula", "rollup", "multipleLookupValues", "count",
})  # fmt: skip
# Refused in a write by the API, null included.
COMPUTED = DERIVED | {"button", "aiText", "externalSyncSource", "manualSort"}


@dataclass
class Field:
    """A column; `options` as the meta API gives them out, None where the type has none."""

    id: str
    name: str
    type: str
    options: dict[str, Any] | None = None
    description: str | None = None

    def choice(self, name: str) -> dict[str, Any] | None:
        """Return the select option of this name."""
        choices: list[dict[str, Any]] = (self.options or {}).get("choices", [])
        return next((choice for choice in choices if choice["name"] == name), None)

    def linked(self) -> str | None:
        """Return the id of the table that this field links to, if it is a link."""
        return (self.options or {}).get("linkedTableId") if self.type == "multipleRecordLinks" else None


@dataclass(frozen=True)
class User:
    """A person or the owner of a token."""

    id: str
    email: str
    name: str

    def cell(self) -> dict[str, str]:
        """Return the user as a collaborator cell holds one."""
        return {"id": self.id, "email": self.email, "name": self.name}


@dataclass(slots=True)
class Row:
    """A record: its cells by field id, and the whole-second stamps of its last changes by a hand."""

    id: str
    created: str
    number: int
    created_by: User
    cells: dict[str, Any]
    modified: str
    modified_by: User
    stamps: dict[str, str] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Table:
    """A table; `order` is the arbitrary order of a listing without sort or view."""

    id: str
    name: str
    view: str
    form: str
    description: str | None = None
    fields: dict[str, Field] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    derived: list[Field] = field(default_factory=list)
    formulas: dict[str, Callable[[Row], Any]] = field(default_factory=dict)
    numbered: int = 0

    def field(self, key: str) -> Field | None:
        """Return the field of this id or, failing that, this name."""
        return self.fields.get(key) or self.fields.get(self.names.get(key, ""))

    @property
    def primary(self) -> Field:
        """Return the first field, which names the row."""
        return next(iter(self.fields.values()))

    def shuffled(self) -> list[str]:
        """Return the ids of all rows in an order that means nothing: by id, and ids are scrambled counters."""
        self.order.sort()
        return list(self.order)


# Roles as people call them, as the API does, from least to most.
LEVELS = {"reader": "read", "commenter": "comment", "editor": "edit", "creator": "create", "owner": "owner"}


@dataclass(frozen=True)
class Token:
    """A personal access token or OAuth token: whose it is and what it may do."""

    user: User
    scopes: frozenset[str]
    level: str  # permission level of the user in the base
    shared: bool = True  # the base was added to the token
    oauth: bool = False


@dataclass
class Listing:
    """A server-side iterator: rows and order as of page 1; `places` are the offsets given out."""

    id: str
    table: str
    ids: list[str]
    used: float
    places: dict[str, int] = field(default_factory=dict)


# Records per base and calls per month of each plan (docs, 2026-08); None is unlimited.
PLANS: Mapping[str, tuple[int, int | None]] = {
    "free": (1_000, 1_000), "team": (50_000, 100_000), "business": (125_000, None), "enterprise": (500_000, None),
}  # fmt: skip


class Workspace:
    """One workspace with one base."""

    name = "airtable"

    def __init__(self, clock: Clock, *, seed: int, base: str, plan: str) -> None:
        self.clock = clock
        self.base = base
        self.faults = Faults()
        self.lock = threading.RLock()
        self.tables: dict[str, Table] = {}
        self.tokens: dict[str, Token] = {}
        self.users: dict[str, User] = {}
        self.listings: dict[str, Listing] = {}
        self.hooks: dict[str, Hook] = {}
        self.locked: set[str] = set()  # ids of fields that tokens may not write
        self.transactions = 0
        self.on_change: list[Callable[[Change], None]] = []
        # Switches: what is disputed, unknown or wanted quiet.
        self.limits = True
        self.record_cap, self.monthly_calls = PLANS[plan]
        self.unknown_id_status = 403
        self.rate_envelope = "error"
        self.number_noise = False
        self.clock_skew = False
        self.split_after = 100  # records in a webhook payload before the transaction is split over several
        self.auto_deliver = True  # pings leave by themselves, from a thread
        self._seed = seed
        self._minted: Counter[str] = Counter()

    def mint(self, prefix: str) -> str:
        """Return the next id of its kind: a scrambled counter, 14 characters after the prefix."""
        self._minted[prefix] += 1
        seed = f"{self._seed}/{prefix}/{self._minted[prefix]}".encode()
        number = int.from_bytes(hashlib.blake2b(seed, digest_size=11).digest(), "big")
        letters = []
        for _ in range(14):
            number, digit = divmod(number, 62)
            letters.append(_ALPHABET[digit])
        return prefix + "".join(letters)

    def secret(self) -> bytes:
        """Return the next secret of a webhook."""
        return hashlib.sha256(self.mint("mac").encode()).digest()

    def stamp(self) -> str:
        """Return now as createdTime and lastModifiedTime show it: whole seconds, 1 s ahead with `clock_skew`."""
        ahead = timedelta(seconds=1) if self.clock_skew else timedelta()
        return iso((self.clock.now() + ahead).replace(microsecond=0))

    def table(self, key: str) -> Table | None:
        """Return the table of this id or, failing that, this name."""
        return self.tables.get(key) or next((t for t in self.tables.values() if t.name == key), None)

    def row_name(self, table_id: str, record_id: str) -> str:
        """Return what a link shows of a row: the text of its primary cell."""
        table = self.tables[table_id]
        row = table.rows.get(record_id)
        return "" if row is None else plain_text(self, table.primary, row.cells.get(table.primary.id))

    def publish(self, change: Change) -> None:
        """Tell those who watch the base of a committed change."""
        for watch in self.on_change:
            watch(change)


def plain_text(workspace: Workspace, column: Field, value: Any) -> str:
    """Return a cell as text, as formulas, links and conversions see it."""
    if value is None:
        return ""
    linked = column.linked()
    if linked is not None:
        return ", ".join(workspace.row_name(linked, record_id) for record_id in value)
    if isinstance(value, list):
        return ", ".join(plain_text(workspace, column, item) for item in value)
    if isinstance(value, dict):
        return str(value.get("name") or value.get("filename") or value.get("text") or value.get("value") or "")
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def iso(at: datetime) -> str:
    """Return an instant in UTC with milliseconds and Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
