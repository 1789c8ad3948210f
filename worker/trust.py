"""The tracker's tables as they may be trusted: read, held against what is kept of them, and kept anew.

What hands changed is set right in mind at once, so that no flow is misled; a flow's plan then puts it back.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from worker.domain.cells import Cell, Row
from worker.domain.kept import KEPT, Kept, followed, recalled
from worker.domain.plan import Plan
from worker.domain.tables import LEADS, TABLES
from worker.engine.kept import KeptCells
from worker.planning.hands import Gone, Hand, Judged, in_doubt, judge, judge_gone, open_lines, too_much
from worker.planning.put_back import Place, Sight, put_back, sentences
from worker.ports import Memory, TellsWho, Tracker, UnsafePlan

_NOTES, _DOUBTED = "hand-notes", "deleted-leads"
_TOLD_FOR = timedelta(days=1)
_MONEY = ("Commissions", "Statements")  # the flows of money take turns with these; others only look at them
_MONEY_FLOWS = frozenset({"commissions", "cash", "statements", "settle"})
_TOLD_TO_COPIES = ("Status", "Problem")
_MARKS = ("Lead", "Deal ID")  # what a copy carries of the lead that it is a copy of
_TELLING = frozenset(name for name, table in TABLES.items() if any(c.name == "Problem" for c in table.columns))

Notes = Mapping[Place, Mapping[str, datetime]]  # row → a sentence about hands → when it was last so


@dataclass(frozen=True, slots=True)
class Trusted:
    """The rows as they should be believed, what hands did to them, and lead rows that were deleted."""

    rows: Mapping[str, Sequence[Row]]
    sight: Sight
    notes: Notes
    doubted: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class _Look:
    """What came of looking at one table; `before` is what was kept of the rows that were looked at."""

    judged: Judged
    before: Mapping[str, Kept]
    gone: Gone


def trusted(
    kept: KeptCells, memory: Memory, found: Mapping[str, Sequence[Row]], *, lost: Collection[str], share: Decimal,
    approve: str | None, saves: bool,
) -> Trusted:  # fmt: skip
    """Hold tables that were just read against what is kept; UnsafePlan when a person must look before anything is done.

    `lost` are tables whose loss of rows was approved: nothing of it comes back. Without `saves` nothing is kept. Of a
    table that was not read what is kept stays as it is.
    """
    notes = _notes(memory)
    looks = {table: _look(kept, table, found[table], notes, table in lost) for table in KEPT if table in found}
    _not_too_much(looks, share, approve)
    if saves:
        for table, look in looks.items():
            news = {row: (look.before.get(row), cells) for row, cells in look.judged.stands.items()}
            kept.adopt(table, news, look.gone.forgotten)
    judged = {**found, **{table: look.judged.rows for table, look in looks.items()}}
    believed = _linked_as_believed(judged, [hand for look in looks.values() for hand in look.judged.hands])
    rows = {**believed, **{table: [*believed[table], *look.gone.ghosts] for table, look in looks.items()}}
    doubted = looks["Leads"].gone.doubted if "Leads" in looks else ()
    return Trusted(rows, _sight(found, looks, notes), notes, doubted)


def _look(kept: KeptCells, table: str, rows: Sequence[Row], notes: Notes, lost: bool) -> _Look:
    unlike = kept.unlike(table, rows)
    before = kept.of(table, unlike)
    lines = {row: frozenset(own) for (place, row), own in notes.items() if place == table}
    missing = kept.gone(table, rows)
    left = kept.of(table, missing)
    standing = [recalled(row, before[row.id]) if row.id in before else row for row in rows] if before else rows
    wrote = {row.id: followed(before[row.id], row) for row in standing if row.id in before}
    if table == LEADS.name:
        wrote = _with_copies(wrote, left)
    judged = judge(table, standing, unlike, wrote, kept.columns(table) if unlike else (), lines)
    gone = Gone((), (), tuple(missing)) if lost else judge_gone(table, judged.rows, left)
    return _Look(judged, before, gone)


def _linked_as_believed(rows: Mapping[str, Sequence[Row]], hands: Sequence[Hand]) -> Mapping[str, Sequence[Row]]:
    """Return the rows with links to one whose key a hand changed reading as that is believed to be."""
    keys = [hand for hand in hands if hand.column == TABLES[hand.table].key]
    if not keys:
        return rows

    def believed(row: Row) -> Row:
        wrote = {
            column: hand.wrote
            for column, once in row.formerly.items()
            for hand in keys
            if hand.wrote in once and row.cells.get(column) in (hand.stands, (hand.row,))
        }
        return replace(row, cells={**row.cells, **wrote}) if wrote else row

    return {table: [believed(row) if row.formerly else row for row in own] for table, own in rows.items()}


def _with_copies(before: Mapping[str, Kept], left: Mapping[str, Kept]) -> dict[str, Kept]:
    """Return what was kept, with what the worker told copies of a lead that are not there any more.

    In a sheet the last row with a key, or with its deal, is the row of that key: once the original is deleted, a copy
    is.
    """
    told: dict[tuple[str, Cell], list[Kept]] = defaultdict(list)
    for one in left.values():
        for mark in _MARKS:
            if cell := one.cells.get(mark):
                told[mark, cell].append(one)
    found = dict(before)
    for row, kept in before.items() if told else ():
        if copies := [one for mark in _MARKS for one in told.get((mark, kept.cells.get(mark)), ())]:
            also = {c: (*kept.also.get(c, ()), *(one.cells.get(c) for one in copies)) for c in _TOLD_TO_COPIES}
            found[row] = replace(kept, also={**kept.also, **also})
    return found


def _not_too_much(looks: Mapping[str, _Look], share: Decimal, approve: str | None) -> None:
    """Stop before any write where a table was changed by hands as nobody does on purpose."""
    saw, cells = [], []
    for table, look in looks.items():
        if words := too_much(table, look.judged.rows, look.judged.hands, share):
            saw.append(words)
            cells += [repr((h.table, h.row, h.column, str(h.stands), str(h.wrote))) for h in look.judged.hands]
    digest = hashlib.sha256("\n".join([*saw, *sorted(cells)]).encode()).hexdigest()[:12]
    if saw and approve != digest:
        raise UnsafePlan((*saw, f"`quarterday run --approve {digest}` puts the {len(cells)} cells back"), digest)


def _sight(found: Mapping[str, Sequence[Row]], looks: Mapping[str, _Look], notes: Notes) -> Sight:
    """Gather the rows that do not stand as they are believed, or that tell of hands."""
    hands = tuple(hand for look in looks.values() for hand in look.judged.hands)
    ghosts = tuple(ghost for look in looks.values() for ghost in look.gone.ghosts)
    places = {(hand.table, hand.row) for hand in hands} | notes.keys()
    tables = {table for table, _ in places} & found.keys()
    read = {place: row for table in tables for row in found[table] if (place := (table, row.id)) in places}
    believed = {
        place: row for table in tables for row in looks[table].judged.rows if (place := (table, row.id)) in places
    }
    return Sight(read, believed, hands, ghosts)


# ---- a flow's plan --------------------------------------------------------------------------------------------------


def with_hands(plan: Plan, seen: Trusted, tracker: Tracker, memory: Memory, now: datetime, *, saves: bool) -> Plan:
    """Return a flow's plan with what hands did put back, told in `Problem` for a day."""
    tables = [table for table in KEPT if table not in _MONEY or plan.flow in _MONEY_FLOWS]
    by = _people(tracker, seen.sight)
    said = {place: line for place, line in sentences(seen.sight.hands, by).items() if place[0] in tables}
    notes = _noted(seen, said, now)
    if saves and notes != seen.notes:
        put = {_item(place): _body(own) for place, own in notes.items() if own != seen.notes.get(place)}
        memory.save(_NOTES, put, [_item(place) for place in seen.notes.keys() - notes.keys()])
    shown = {p: [line for line, at in own.items() if at > now - _TOLD_FOR] for p, own in notes.items()}
    return put_back(plan, seen.sight, shown, by, tables)


def _people(tracker: Tracker, sight: Sight) -> dict[Place, str]:
    """Return by row who changed its cells, where the tracker knows."""
    if not isinstance(tracker, TellsWho):
        return {}
    found: dict[Place, dict[str, None]] = {}
    for hand in sight.hands:
        if person := tracker.changed_by(hand.table, hand.row, hand.column):
            found.setdefault((hand.table, hand.row), {})[person] = None
    return {place: " and ".join(people) for place, people in found.items()}


def _noted(seen: Trusted, said: Mapping[Place, str], now: datetime) -> Notes:
    """Return the notes from now on: what is seen now, and older ones as long as they stand in `Problem`.

    One that somebody took away has been read.
    """
    found: dict[Place, dict[str, datetime]] = {}
    for place, own in seen.notes.items():
        if place[0] not in seen.rows:  # nobody knows what stands there now
            found[place] = {**own}
            continue
        row = seen.sight.read.get(place)
        shown = str(row.cells.get("Problem") or "").split("\n") if row else []
        if staying := {line: at for line, at in own.items() if line in shown}:
            found[place] = staying
    for place, line in said.items():
        if place[0] in _TELLING:
            found[place] = {**found.get(place, {}), line: now}
    return found


# ---- lead rows that were deleted ------------------------------------------------------------------------------------


def doubts(
    seen: Trusted, keys: Collection[str], lines: Sequence[Row], memory: Memory, now: datetime, *, saves: bool
) -> tuple[str, ...]:  # fmt: skip
    """Return what is said of deleted lead rows: for a day, and for as long as lines are held because of them.

    One whose key is among the `keys` of the rows that are there has another row in its place.
    """
    doubted = [lead for lead in seen.doubted if lead.text("Lead") not in keys]
    noted = memory.load(_DOUBTED)
    fresh = {lead.id: now.isoformat() for lead in doubted if lead.id not in noted}
    back = noted.keys() - {lead.id for lead in doubted}
    if saves and (fresh or back):
        memory.save(_DOUBTED, fresh, back)
    since = {row: datetime.fromisoformat(at) for row, at in {**noted, **fresh}.items()}
    found = [(lead, open_lines(lead, lines), now - since[lead.id] < _TOLD_FOR) for lead in doubted]
    return tuple(in_doubt(lead, held) for lead, held, young in found if held or young)


# ---- notes on their shelf -------------------------------------------------------------------------------------------


def _notes(memory: Memory) -> Notes:
    return {
        place: {line: datetime.fromisoformat(at) for line, at in json.loads(body).items()}
        for item, body in memory.load(_NOTES).items()
        if (place := _place(item))
    }


def _item(place: Place) -> str:
    return "/".join(place)


def _place(item: str) -> Place:
    table, _, row = item.partition("/")
    return table, row


def _body(notes: Mapping[str, datetime]) -> str:
    return json.dumps({line: at.isoformat() for line, at in notes.items()})
