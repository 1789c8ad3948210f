"""Stand-ins of the ports for the engine's tests: they keep the ports' word and count what is asked of them.

All share a World, which outlives a process when it has a file, and which kills the process at a step of one's choice.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from worker.domain.cells import Cell
from worker.domain.leads import LeadDraft, LeadRefs
from worker.domain.notices import Notice, Recipient
from worker.domain.plan import Plan, Push, RowEdit, Tell
from worker.domain.tables import TABLES
from worker.ports import Conflict, Edit, Receipt, ServiceError

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class StillClock:
    """A clock on which a sleep takes no time at all and moves it on; `slept` lists the sleeps."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def seconds(self) -> float:
        return self._now.timestamp()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.slept.append(round(seconds, 3))
            self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


@dataclass
class World:
    """What stands in every system. `die_at` counts the steps after which the process is killed."""

    rows: dict[str, dict[str, dict[str, Cell]]] = field(default_factory=dict)
    deals: dict[str, LeadRefs] = field(default_factory=dict)
    sent: list[tuple[str, str]] = field(default_factory=list)  # (channel, notice)
    log: list[str] = field(default_factory=list)
    made: int = 0
    file: Path | None = None
    die_at: int | None = None
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def effect(self, what: str) -> None:
        """Note something that was done, so that it outlives us; die before or after it."""
        self.log.append(what)
        if self.file is not None:
            fresh = self.file.with_suffix(".new")
            fresh.write_bytes(pickle.dumps((self.rows, self.deals, self.sent, self.log, self.made)))
            fresh.replace(self.file)
        self.step()

    def load(self) -> World:
        assert self.file is not None
        self.rows, self.deals, self.sent, self.log, self.made = pickle.loads(self.file.read_bytes())
        return self

    def new_id(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}{self.made}"

    def table(self, name: str) -> dict[str, dict[str, Cell]]:
        return self.rows.setdefault(name, {})


@dataclass
class DictTracker:
    """A tracker of dicts. `errors` are by row id or key, once each; `whole` are raised, one a call."""

    world: World
    errors: dict[str, ServiceError] = field(default_factory=dict)
    whole: list[ServiceError | None] = field(default_factory=list)
    name: str = "dicts"
    at_once: int = 100
    written: list[Edit] = field(default_factory=list)
    calls: int = 0

    def write(self, edits: Sequence[Edit]) -> Sequence[str | ServiceError]:
        self.calls += 1
        self.world.step()
        if self.whole and (error := self.whole.pop(0)):
            raise error
        return [self._write(edit) for edit in edits]

    def _write(self, edit: Edit) -> str | ServiceError:
        for name in (edit.row, edit.key):
            if name in self.errors:
                return self.errors.pop(name)
        table = self.world.table(edit.table)
        column = TABLES[edit.table].key
        row = edit.row
        if row is None:
            row = next((id_ for id_, cells in table.items() if cells.get(column) == edit.key), None)
            if row is None:
                row = self.world.new_id("rec")
                table[row] = {column: edit.key}
        if row not in table:
            return Conflict(self.name, f"there is no row {row}")
        table[row].update(edit.cells)
        self.written.append(edit)
        self.world.effect(f"write {edit.table} {edit.key} {','.join(edit.cells)}")
        return row

    def append(self, table: str, rows: Sequence[Mapping[str, Cell]]) -> Sequence[str | ServiceError]:
        self.calls += 1
        self.world.step()
        if self.whole and (error := self.whole.pop(0)):
            raise error
        return [self._append(table, row) for row in rows]

    def _append(self, table: str, row: Mapping[str, Cell]) -> str | ServiceError:
        about = str(row["About"])
        if about in self.errors:
            return self.errors.pop(about)
        id_ = self.world.new_id("rec")
        self.world.table(table)[id_] = dict(row)
        self.world.effect(f"append {table} {about}")
        return id_


@dataclass
class UniqueCrm:
    """A CRM whose deals have a unique key. `errors` are by key; `whole` and `finding` are raised, one a call."""

    world: World
    errors: dict[str, ServiceError] = field(default_factory=dict)
    whole: list[ServiceError] = field(default_factory=list)
    finding: list[ServiceError] = field(default_factory=list)
    name: str = "crm"
    asked: list[str] = field(default_factory=list)
    puts: list[LeadDraft] = field(default_factory=list)

    def find(self, keys: Collection[str]) -> Mapping[str, LeadRefs]:
        self.asked += keys
        if self.finding:
            raise self.finding.pop(0)
        return {key: self.world.deals[key] for key in keys if key in self.world.deals}

    def put(self, drafts: Sequence[LeadDraft]) -> Sequence[LeadRefs | ServiceError]:
        self.world.step()
        if self.whole:
            raise self.whole.pop(0)
        return [self._put(draft) for draft in drafts]

    def _put(self, draft: LeadDraft) -> LeadRefs | ServiceError:
        self.puts.append(draft)
        if draft.key in self.errors:
            return self.errors.pop(draft.key)
        if draft.key not in self.world.deals:
            self.world.deals[draft.key] = LeadRefs(
                self.world.new_id("deal"), self.world.new_id("company"), self.world.new_id("contact")
            )
            self.world.effect(f"deal {draft.key}")
        return self.world.deals[draft.key]


@dataclass
class Postbox:
    """A way to tell people. `before` are raised instead of sending, `after` once it was sent, one a message each."""

    world: World
    name: str = "slack"
    can_find: bool = True
    before: list[Exception | None] = field(default_factory=list)
    after: list[ServiceError] = field(default_factory=list)
    finding: list[ServiceError] = field(default_factory=list)
    refuse_to_render: ServiceError | None = None
    bodies: list[bytes] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    rendered: int = 0

    def address(self, who: Recipient) -> str | None:
        return who.slack_channel if self.name == "slack" else who.email

    def render(self, notice: Notice, to: str) -> bytes:
        if self.refuse_to_render:
            raise self.refuse_to_render
        self.rendered += 1
        return f"{notice.key}|{notice.text}|{to}|{self.rendered}".encode()

    def send(self, rendered: bytes, to: str) -> Receipt:
        self.world.step()
        if self.before and (error := self.before.pop(0)):
            raise error
        key = rendered.decode().split("|")[0]
        self.bodies.append(rendered)
        self.world.sent.append((self.name, key))
        self.world.effect(f"send {self.name} {key}")
        if self.after:
            raise self.after.pop(0)
        return Receipt(key, self.name, f"id-{key}", START)

    def find(self, key: str, to: str, since: datetime) -> Receipt | None:
        self.looked.append(key)
        if self.finding:
            raise self.finding.pop(0)
        return Receipt(key, self.name, f"id-{key}", START) if (self.name, key) in self.world.sent else None


PARTNER = Recipient("acme", email="a@x.test", slack_channel="C1")


def draft(key: str, **more: Any) -> LeadDraft:
    """Return a lead on its way, of which only the key matters here."""
    plain = {"title": f"Deal of {key}", "partner": "acme", "company": "Client", "domain": "client.test"}
    person = {"first_name": "A", "last_name": "B", "email": "a@client.test"}
    return LeadDraft(key=key, **{**plain, **person, **more})


def notice(key: str, recipient: Recipient = PARTNER) -> Notice:
    """Return a message of which only the key and the recipient matter here."""
    return Notice(key, "lead", recipient, f"Subject of {key}", f"Text of {key}")


def mint(row: str, key: str) -> RowEdit:
    """Return the edit that writes a lead's key into its row, before anything else."""
    return RowEdit("Leads", row, key, {"Lead": None}, {"Lead": key}, "a new row", first=True)


def push(row: str, key: str, *, adopt: bool = False, **before: Cell) -> Push:
    """Return the push of the lead in a row."""
    return Push(row, draft(key), before, {"Status": "Qualified"}, "it is complete", adopt=adopt)


def edit(row: str | None, key: str, table: str = "Leads", needs: tuple[str, ...] = (), **after: Cell) -> RowEdit:
    """Return an edit of cells that are all empty before."""
    return RowEdit(table, row, key, {}, after, "it should be so", needs=needs)


def tell(key: str, needs: str, recipient: Recipient = PARTNER) -> Tell:
    """Return a message that speaks of a row."""
    return Tell(notice(key, recipient), needs, "the row stands")


def plan(*changes: RowEdit | Push | Tell, flow: str = "intake", saw: tuple[str, ...] = ()) -> Plan:
    """Return a plan of these changes."""
    return Plan(
        flow,
        edits=tuple(change for change in changes if isinstance(change, RowEdit)),
        pushes=tuple(change for change in changes if isinstance(change, Push)),
        tells=tuple(change for change in changes if isinstance(change, Tell)),
        saw=saw,
    )
