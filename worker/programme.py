"""One programme at one moment: its services, rules and clock, and the facts that several flows read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from worker.domain.cells import Row
from worker.domain.facts import Deal
from worker.domain.leads import LeadRow, Stage
from worker.domain.lines import Line
from worker.domain.months import Period, local_day
from worker.domain.partners import PartnerRow, as_named, by_any_name
from worker.domain.plan import Plan, RowEdit
from worker.domain.policy import Ladder, Rules
from worker.domain.words import Words
from worker.engine.kept import KeptCells
from worker.engine.row_counts import RowCounts
from worker.planning import guards, intake, partners_seen, rows
from worker.planning.assembly import assemble
from worker.planning.commissions import Facts
from worker.planning.enrolment import with_days
from worker.planning.partners import keyed
from worker.ports import Books, Clock, Crm, Ledger, Memory, Reading, Refused, Tracker, UnsafePlan, paused
from worker.trust import Trusted, doubts, trusted, with_hands

_LINES = "Commissions"
_PARTNERS = "partners"  # the shelf of what was first seen of partners, and when
EVERYTHING = ("Partners", "Members", "Leads", "Splits", "Commissions", "Statements")
MONEY = ("Partners", "Leads", "Splits", "Commissions")  # what the money rules can't do without


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme at one moment: its services, its rules, the time of the run.

    `look_twice` is false where nothing will be written, and rows are taken as they are. `told` returns how far the
    messages of a notice are (none: never intended; else the least far state).
    """

    tracker: Tracker
    crm: Crm
    ledger: Ledger
    rules: Rules
    words: Words
    memory: Memory
    kept: KeptCells
    counts: RowCounts
    clock: Clock
    now: datetime
    zone: ZoneInfo
    currency: str
    first_stage: str  # of new deals
    told: Callable[[str], str | None]
    read: dict[str, Mapping[str, Deal]]  # deals read in this round; flows of one round share them
    look_twice: bool = True
    approve: str | None = None  # the digest of a loss of rows that a person has approved
    whole: bool = False  # read everything in full instead of what changed
    period: Period | None = None  # make the statements of this period by hand
    first: Sequence[RowEdit] | None = None  # what flows that run before would write of the lines; None: nobody knows
    ahead: bool = False  # plan statements over the lines as they must stand at `now`, not as they were last written

    @property
    def today(self) -> date:
        """Return the calendar day in the programme's zone."""
        return local_day(self.now, self.zone)


class StagesWithoutStatus(Exception):
    """The pipeline has stages that rules/stages.toml does not name."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        super().__init__(", ".join(f"{s.id} ({s.label})" for s in stages))
        self.stages = tuple(stages)


class Paused(Refused):
    """A table that is needed is not sound: whoever needs it waits until a person has mended it."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tracker's rows as one flow needs them: as they are believed; `read` are those that stand there.

    Tables that are `paused` have no rows here, but for Commissions, whose rows stand as they were last seen.
    """

    rows: Mapping[str, Sequence[Row]]
    leads: list[LeadRow]
    partners: list[PartnerRow]
    names: Mapping[str, PartnerRow]
    read: Mapping[str, Sequence[Row]]
    seen: Trusted
    paused: Mapping[str, Refused]
    notes: Sequence[str] = ()  # what the tracker wants a person to look at

    @property
    def insiders(self) -> Collection[tuple[str, str]]:
        """Return the addresses of partners' own people, each with the partner's key."""
        found = {(p.email.lower(), p.key) for p in self.partners if p.email}
        for row in self.rows["Members"]:
            partner = self.names.get(as_named(row.text("Partner")).casefold())
            if partner and row.text("Email"):
                found.add((row.text("Email").lower(), partner.key))
        return found

    def own(self) -> list[LeadRow]:
        """Return the lead rows that stand for a deal, copies left out."""
        keyed = [lead for lead in self.leads if lead.deal_id and lead.key and not lead.sent]
        copied = {lead.row.id for lead in intake.copies(keyed)}
        return [lead for lead in keyed if lead.row.id not in copied]


def read_tables(programme: Programme, needs: Collection[str]) -> Tables:
    """Read the tracker; Paused when a table that is needed is not sound, the others are done without meanwhile.

    UnsafePlan when a table suddenly reads empty, or much of it was changed at once.
    """
    programme.kept.load(EVERYTHING)
    programme.counts.load()
    reading = programme.tracker.read_sound(EVERYTHING, whole=programme.whole)
    _not_paused(programme, reading, needs)
    found = reading.rows
    lost = _not_emptied(programme, found)
    seen = trusted(
        programme.kept, programme.memory, found, lost=lost, share=programme.rules.policy.max_changed_share,
        approve=programme.approve, saves=programme.look_twice,
    )  # fmt: skip
    if programme.look_twice:
        programme.counts.note({table: len(rows) for table, rows in found.items()})
    begun_on(programme)
    missing = {name: programme.kept.rows(name) if name == _LINES else () for name in reading.faults}
    rows = {**missing, **seen.rows}
    partners = _since_when(programme, rows)
    deleted = {lead.text("Deal ID"): lead.text("Lead") for lead in seen.doubted}
    read = intake.restored([LeadRow.of(row, programme.now) for row in rows["Leads"]], deleted)
    leads = with_days(read, programme.zone)
    return Tables(rows, leads, partners, by_any_name(partners), found, seen, reading.faults, reading.notes)


def _not_paused(programme: Programme, reading: Reading, needs: Collection[str]) -> None:
    """Raise Paused where a needed table is not sound.

    Partners are always needed; and so are lines until they were once seen, for their keys say which partner has which.
    """
    unseen = () if programme.kept.columns(_LINES) else (_LINES,)
    if fault := reading.fault(("Partners", *needs, *unseen)):
        raise Paused(fault.service, fault.text, fault.code, fault.field)


def _since_when(programme: Programme, rows: Mapping[str, Sequence[Row]]) -> list[PartnerRow]:
    """Return the partners with their keys, and since when they stand as they do; what was first seen is remembered."""
    partners = keyed([PartnerRow.of(row) for row in rows["Partners"]], rows["Commissions"])
    known = programme.memory.load(_PARTNERS)
    found, texts = partners_seen.seen(
        partners, rows["Commissions"], rows["Leads"], known, programme.today, programme.zone
    )
    if programme.look_twice and (news := dict(texts.items() - known.items())):
        programme.memory.save(_PARTNERS, news)
    return found


def put_right(programme: Programme, tables: Tables, plan: Plan) -> Plan:
    """Return a flow's plan together with what brings the worker's own cells back to what it wrote.

    It says which tables are paused, and what else of the tracker a person should look at.
    """
    plan = with_hands(plan, tables.seen, programme.tracker, programme.memory, programme.now, saves=programme.look_twice)
    halted = (paused(table, fault) for table, fault in tables.paused.items())
    return replace(plan, notes=(*halted, *tables.notes, *plan.notes))


def leads_in_doubt(programme: Programme, tables: Tables) -> tuple[str, ...]:
    """Return in words which lead rows were deleted and have no other in their place; their deals stay as they are."""
    keys, lines = {lead.key for lead in tables.leads}, tables.rows[_LINES]
    return doubts(tables.seen, keys, lines, programme.memory, programme.now, saves=programme.look_twice)


def _not_emptied(programme: Programme, found: Mapping[str, Sequence[Row]]) -> Collection[str]:
    """Compare how many rows there are with how many there were; return the tables whose loss was approved."""
    share = programme.rules.policy.max_changed_share
    saw = {
        table: words
        for table, rows in found.items()
        if (words := guards.emptied(table, len(rows), programme.counts.of(table), share))
    }
    digest = hashlib.sha256("\n".join(saw.values()).encode()).hexdigest()[:12]
    if saw and programme.approve != digest:
        goes_on = f"`quarterday run --approve {digest}` goes on with the rows that are left"
        raise UnsafePlan((*saw.values(), goes_on), digest)
    return saw.keys()


def not_in_the_past(programme: Programme, tables: Tables) -> None:
    """Raise UnsafePlan where a statement was issued after the clock's day, unless going on was approved."""
    paused = "Statements" in tables.paused
    issued = programme.kept.rows("Statements") if paused else tables.rows["Statements"]
    statements, _ = rows.statements_of(issued, programme.rules.policy.issue_day)
    newest = guards.made_after(statements, programme.today)
    if newest is None:
        return
    digest = hashlib.sha256(f"{newest.key} {newest.issued}".encode()).hexdigest()[:12]
    if programme.approve != digest:
        goes_on = f"where the statement's day is what is wrong, `quarterday run --approve {digest}` goes on"
        raise UnsafePlan((guards.clock_words(newest, programme.today), goes_on), digest)


def begun_on(programme: Programme) -> date:
    """Return the day since which the state knows what was done; for a new one, which knows nothing, it is today."""
    noted = programme.memory.load("begun").get("at")
    if noted is None and programme.look_twice:
        programme.memory.save("begun", {"at": programme.now.isoformat()})
    return local_day(datetime.fromisoformat(noted), programme.zone) if noted else programme.today


def checked_stages(programme: Programme) -> Mapping[str, str]:
    """Return the labels of the pipeline's stages; StagesWithoutStatus where the rules leave one out."""
    found = programme.crm.stages()
    missing = [stage for stage in found if programme.rules.stages.status(stage.id) is None]
    if missing:
        raise StagesWithoutStatus(missing)
    return {stage.id: stage.label for stage in found}


def ladder(programme: Programme, stages: Sequence[Stage]) -> Ladder:
    """Return the statuses that these stages give a lead."""
    status = programme.rules.stages.status
    found = [(stage.state, word) for stage in stages if (word := status(stage.id))]
    lost = frozenset(word for state, word in found if state == "lost")
    return Ladder(status(programme.first_stage) or "New", lost, frozenset(word for _, word in found))


def read_deals(programme: Programme, tables: Tables) -> Mapping[str, Deal]:
    """Read the deals, those of our leads above all."""
    tracked = {lead.deal_id for lead in tables.own()}
    known = programme.read.get("deals")
    if known is None or programme.whole or not tracked <= known.keys():
        known = programme.read["deals"] = programme.crm.deals(tracked, whole=programme.whole)
    return known


def money_facts(programme: Programme, tables: Tables, deals: Mapping[str, Deal], books: Books) -> Facts:
    """Put the facts together that the money rules work on."""
    rules = programme.rules
    return assemble(
        tables.own(), tables.rows["Splits"], tables.partners, tables.names, deals, books.invoices, books.credit_notes,
        plans=rules.plans, policy=rules.policy, zone=programme.zone,
    )  # fmt: skip


def read_lines(tables: Tables) -> list[Line]:
    """Return the rows of the Commissions table that can be read as lines."""
    return [line for row in tables.rows["Commissions"] if isinstance(line := rows.line_from_row(row), Line)]
