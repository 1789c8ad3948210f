"""What the inside needs of the outside: tracker, CRM, ledger, ways to tell people, time, memory and pace.

Batches are the unit: a writer takes many and returns one outcome per item, in order, either the result or the error; it
raises only when nothing at all was sent. No type of a provider leaks past a connector.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar, runtime_checkable

from worker.domain.cells import Cell, Row
from worker.domain.facts import CreditNote, Deal, Invoice
from worker.domain.leads import CrmCompany, LeadDraft, LeadRefs, Stage
from worker.domain.notices import Notice, Recipient

T = TypeVar("T")


# ---- errors, sorted by what the caller does next -------------------------------------------------------------------


class ServiceError(Exception):
    """A call that failed. `service` is the provider's name; the text is for people and holds no secret."""

    def __init__(self, service: str, text: str) -> None:
        super().__init__(f"{service}: {text}")
        self.service = service
        self.text = text


class Unavailable(ServiceError):
    """Provably nothing happened: try later, the same call. `retry_after` is how long the service asked to wait."""

    def __init__(self, service: str, text: str, retry_after: timedelta | None = None, limited: bool = False) -> None:
        super().__init__(service, text)
        self.retry_after = retry_after
        self.limited = limited  # a rate limit: not counted as an attempt


class Unsure(ServiceError):
    """A write was sent and no answer came: it may have happened. Find out before any retry."""


class Conflict(ServiceError):
    """It moved under us: read and plan again."""


class Refused(ServiceError):
    """A 4xx: a person must change something. `code` is the service's word, `field` what it speaks of, where known."""

    def __init__(self, service: str, text: str, code: str = "", field: str | None = None) -> None:
        super().__init__(service, text)
        self.code = code
        self.field = field


class Unauthorised(ServiceError):
    """The token is dead or lacks a scope: pause that service, one alarm."""


class UnsafePlan(Exception):
    """A plan that would change too much, or a side that suddenly reads empty: a person must look.

    `saw` is in words; `digest` is what approves going on with the rows that are left.
    """

    def __init__(self, saw: Sequence[str], digest: str = "") -> None:
        super().__init__("; ".join(saw))
        self.saw = tuple(saw)
        self.digest = digest


# ---- what is missing on the other side, and the doctor's findings ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that `setup` makes, or that a person must: `what` in words, `remedy` in words."""

    what: str
    remedy: str
    makeable: bool = True


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor: what was looked at, whether it is well, and what to do when it is not."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


# ---- time, memory, pace ---------------------------------------------------------------------------------------------


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""

    def seconds(self) -> float:
        """Return seconds that only grow; for measuring waits."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


Move = Callable[[str | None], str]  # where a cursor stands → where it is to stand


class Memory(Protocol):
    """What a connector remembers between runs, on named shelves; losing it costs calls, never truth."""

    def load(self, shelf: str) -> dict[str, str]:
        """Return everything on the shelf: id → JSON text."""

    def cursor(self, shelf: str) -> str | None:
        """Return the shelf's cursor; None when it was never filled."""

    def save(
        self, shelf: str, put: Mapping[str, str], drop: Collection[str] = (), *, cursor: str | Move | None = None
    ) -> None:
        """Put and drop items and move the cursor, in one transaction; None leaves it where it stands."""

    def clear(self, shelf: str) -> None:
        """Forget the shelf and its cursor."""


class Turns(Protocol):
    """What only one may do at a time, in whatever process."""

    def __call__(self, name: str) -> AbstractContextManager[None]:
        """Wait for the turn, and keep it while the block works; Unavailable when another has it for too long."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` in any `seconds`, counted under `name` over every process that shares the store."""

    name: str
    calls: int
    seconds: float


class Caller(Protocol):
    """The one place that waits and retries. Connectors hand it every request."""

    def __call__(self, send: Callable[[], T], *, limits: Sequence[Limit], repeatable: bool) -> T:
        """Wait for the limits, send, and on Unavailable wait and send again within the run's deadline.

        On Unsure it sends again only if `repeatable` (a read, or a write that is safe to send twice); else it raises.
        """


# ---- the tracker ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edit:
    """Cells to write in one row: by the row's id or, where `row` is None, by the key in the primary column (upsert).

    `whole` means all of them or none; otherwise a cell that its column can't hold (a select that lacks the option) is
    refused alone, and the others of a row that stands already are written.
    """

    table: str
    row: str | None
    key: str
    cells: Mapping[str, Cell]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of the tables that are sound, and why the others are not, asked for or not.

    A table is not sound while a column of ours, or the table itself, is gone, there twice or of a type that can't hold
    it: what it shows would mislead, so it is left alone. `notes` are in words what else a person should look at.
    """

    rows: Mapping[str, Sequence[Row]]
    faults: Mapping[str, Refused]
    notes: Sequence[str] = ()

    def fault(self, tables: Iterable[str]) -> Refused | None:
        """Return in one what is wrong with these tables; None when all are sound."""
        found = [self.faults[name] for name in dict.fromkeys(tables) if name in self.faults]
        if not found:
            return None
        return Refused(found[0].service, "; ".join(one.text for one in found), found[0].code, found[0].field)

    def of(self, tables: Iterable[str]) -> Mapping[str, Sequence[Row]]:
        """Return the rows of these tables; raises what is wrong with them."""
        wanted = tuple(tables)
        if fault := self.fault(wanted):
            raise fault
        return {name: self.rows[name] for name in wanted}


def paused(table: str, fault: Refused) -> str:
    """Return in words that a table is left alone, why, and what to do."""
    return f"The {table} table is paused, and what needs it waits: {fault.text}"


class Tracker(Protocol):
    """The Airtable base or the spreadsheet, in our tables and columns (the config maps them to the base's own)."""

    name: str
    at_once: int  # edits to hand over together: between two of these batches a run may be stopped

    def missing(self) -> Sequence[Missing]:
        """Return the tables, columns and options that are not there; reads the schema once and keeps it."""

    def make(self, missing: Sequence[Missing]) -> None:
        """Make what `missing` named and can be made."""

    def read(self, tables: Sequence[str], *, whole: bool = False) -> Mapping[str, Sequence[Row]]:
        """Return every row of these tables: by the change feed where there is one, else (or if `whole`) in full.

        Refused, naming what is wrong with each, where tables are not sound.
        """

    def read_sound(self, tables: Sequence[str], *, whole: bool = False) -> Reading:
        """Read like `read`, but leave out the tables that are not sound."""

    def refresh(self, tables: Collection[str] = ()) -> None:
        """Let the next `read` of these tables (none named: of all, and of the schema) ask again.

        Without it one object asks once and knows its own writes.
        """

    def write(self, edits: Sequence[Edit]) -> Sequence[str | ServiceError]:
        """Write cells; return per edit the row's id or the error. A refused batch is split to find the guilty row."""

    def append(self, table: str, rows: Sequence[Mapping[str, Cell]]) -> Sequence[str | ServiceError]:
        """Add rows that have no key (Activity)."""

    def delete(self, table: str, rows: Sequence[str]) -> Sequence[str | ServiceError]:
        """Delete rows by id (only Activity is ever trimmed), none too: what an earlier call left undone is ended."""

    def check(self) -> Sequence[Check]:
        """Look at token, scopes, tables and columns, for the doctor."""


@runtime_checkable
class TellsWho(Protocol):
    """A tracker that knows who changed a cell."""

    def changed_by(self, table: str, row: str, column: str) -> str | None:
        """Return who changed a cell by hand since the last reading; None where that isn't known."""


@runtime_checkable
class KnowsByIds(Protocol):
    """A tracker whose tables and columns stay the same whatever people call them."""

    def renamed(self) -> Sequence[str]:
        """Return in words which of ours go by another name now."""


# ---- the CRM --------------------------------------------------------------------------------------------------------


class Crm(Protocol):
    """The CRM: HubSpot."""

    name: str

    def missing(self) -> Sequence[Missing]:
        """Return the properties that are not there."""

    def make(self, missing: Sequence[Missing]) -> None:
        """Make the missing properties."""

    def stages(self) -> Sequence[Stage]:
        """Return every stage of the configured pipeline; remembered for an hour."""

    def companies(self, domains: Collection[str]) -> Mapping[str, CrmCompany]:
        """Return the companies that have one of these domains, with their deals; by domain."""

    def find(self, keys: Collection[str]) -> Mapping[str, LeadRefs]:
        """Return the ids of deals that carry our lead keys: by the unique property, never by search."""

    def put(self, drafts: Sequence[LeadDraft]) -> Sequence[LeadRefs | ServiceError]:
        """Find or create company and contact, create the deal, tie them; safe to repeat with the same keys."""

    def deals(self, tracked: Collection[str], *, whole: bool = False) -> Mapping[str, Deal]:
        """Return all deals known as of now, by id; `tracked` ids that can't be read any more come back with a doubt.

        A deal that was merged away is there under its old id with `merged_into`. `whole` reads all tracked ids again.
        """

    def check(self) -> Sequence[Check]:
        """Look at token, scopes, properties and pipeline, for the doctor."""


# ---- the ledger -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Books:
    """What the ledger says: clients' invoices (ACCREC), partners' bills (ACCPAY), credit notes; with their cash."""

    invoices: tuple[Invoice, ...]
    bills: tuple[Invoice, ...]
    credit_notes: tuple[CreditNote, ...]


class Ledger(Protocol):
    """The ledger: Xero."""

    name: str

    def books(self, *, whole: bool = False) -> Books:
        """Return everything as of now: by what changed since the last time, or in full if `whole`."""

    def contact_numbers(self, contacts: Collection[str]) -> Mapping[str, str]:
        """Return the ContactNumber (the CRM company's id) of contacts that have one, by contact id; remembered."""

    def check(self) -> Sequence[Check]:
        """Look at credentials, scopes and organisation, for the doctor."""


# ---- telling people -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Receipt:
    """The service's word that a message went: Slack's ts, or our Message-ID once the relay took it."""

    key: str
    channel: str
    provider_id: str
    at: datetime


class Notifier(Protocol):
    """A way to tell people: Slack or e-mail."""

    name: str
    can_find: bool  # False for e-mail

    def address(self, who: Recipient) -> str | None:
        """Return where this person or partner can be reached here; None when they can't."""

    def render(self, notice: Notice, to: str) -> bytes:
        """Build the message once; the bytes are journalled before they are sent."""

    def send(self, rendered: bytes, to: str) -> Receipt:
        """Send the same bytes on every attempt."""

    def find(self, key: str, to: str, since: datetime) -> Receipt | None:
        """Look for a message that may have gone, after Unsure."""

    def check(self) -> Sequence[Check]:
        """Look at token or login, for the doctor; sends nothing."""

    def close(self) -> None:
        """Let go of connections."""
