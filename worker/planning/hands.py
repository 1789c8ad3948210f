"""Rows as read against what is kept of them → rows as they should be believed, and what hands did. Pure.

A cell of ours that reads as we left it is believed; any other was changed by a hand, and the worker believes what it
wrote. What it has no word of is taken as it stands. How it is put back and told: `put_back`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from worker.domain.cells import Cell, Row, alike
from worker.domain.kept import KEPT, KEY_OF, Kept, filled
from worker.domain.leads import LeadRow, is_sent
from worker.domain.lines import LOCKED
from worker.domain.tables import COMMISSIONS, LEADS, STATEMENTS, TABLES, TOLD_BY_PARTNER
from worker.planning.intake import copies

_IDS = ("Lead", "Deal ID", "Client ID", "Contact ID")  # what staff clear in a row that they copied
_FEW = 10  # cells that one hand may well change one after the other
_HUNDRED = Decimal(100)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Hand:
    """A cell of the worker's that a hand changed: what stands there now, and what the worker wrote."""

    table: str
    row: str
    key: str
    column: str
    stands: Cell
    wrote: Cell


@dataclass(frozen=True, slots=True)
class Judged:
    """A table's rows as they should be believed; `stands` is by row what is to be kept of those that were looked at."""

    rows: Sequence[Row]
    hands: tuple[Hand, ...]
    stands: Mapping[str, Mapping[str, Cell]]


def judge(
    table: str, rows: Sequence[Row], unlike: Iterable[str], kept: Mapping[str, Kept], known: Collection[str],
    notes: Mapping[str, Collection[str]],
) -> Judged:  # fmt: skip
    """Judge the rows that do not stand as kept; `known` are the columns that memory has a word of.

    `notes` are by row the lines in `Problem` that tell of hands: no part of the problem, and anybody's to take away.
    """
    looked_at = set(unlike)
    hands = [
        hand
        for row in rows
        if row.id in looked_at and row.id in kept
        for hand in _hands(table, row, kept[row.id], known, notes.get(row.id, ()))
    ]
    if hands and table == LEADS.name:
        hands = _not_theirs(hands, rows, kept)
    wrote = _by_row(hands)
    believed = [_with(row, wrote[row.id]) if row.id in wrote else row for row in rows] if wrote else rows
    key = KEY_OF[table]
    stands = {
        row.id: filled(row.cells, KEPT[table])
        for row in believed
        if row.id in looked_at and (row.id in kept or row.cells.get(key))
    }
    if notes:
        believed = [
            _with(row, {"Problem": without(row.cells.get("Problem"), notes[row.id])}) if row.id in notes else row
            for row in believed
        ]
    return Judged(believed, tuple(hands), stands)


def _hands(table: str, row: Row, kept: Kept, known: Collection[str], notes: Collection[str]) -> Iterable[Hand]:
    key_column = KEY_OF[table]
    key = str(kept.cells.get(key_column) or row.text(key_column))
    theirs = TOLD_BY_PARTNER if table == LEADS.name and is_sent(row) else frozenset[str]()
    ours = (c.name for c in TABLES[table].columns if c.owner == "W" and c.name in known and c.name not in theirs)
    for name in ours:
        stands, wrote = row.cells.get(name), kept.cells.get(name)
        if name in kept.moved or any(alike(stands, older) for older in (wrote, *kept.also.get(name, ()))):
            continue
        if name != "Problem" or not alike(without(stands, notes), without(wrote, notes)):
            yield Hand(table, row.id, key, name, stands, wrote)


def without(problem: Cell, notes: Collection[str]) -> Cell:
    """Return a `Problem` without the lines that tell of hands."""
    if not isinstance(problem, str) or not notes:
        return problem
    return "\n".join(line for line in problem.split("\n") if line not in notes) or None


def _with(row: Row, cells: Mapping[str, Cell]) -> Row:
    return replace(row, cells={**row.cells, **cells})


def _by_row(hands: Iterable[Hand]) -> dict[str, dict[str, Cell]]:
    found: dict[str, dict[str, Cell]] = defaultdict(dict)
    for hand in hands:
        found[hand.row][hand.column] = hand.wrote
    return found


def _not_theirs(hands: Sequence[Hand], rows: Sequence[Row], kept: Mapping[str, Kept]) -> list[Hand]:
    """Leave out what staff may do to a lead row: clear what a copy carries, and what the row's `Problem` asks for.

    Where it asks to clear a cell, another value there is a hand's; only where it asks to correct one it is not.
    """
    wrote = _by_row(hands)
    leads = [LeadRow.of(_with(row, wrote.get(row.id, {})), _LONG_AGO) for row in rows]
    copied = {lead.row.id for lead in copies([lead for lead in leads if lead.key or lead.deal_id])}

    def asked_for(hand: Hand) -> bool:
        problem = str(kept[hand.row].cells.get("Problem") or "")
        asked = re.search(rf"\bclear\b( or correct\b)?[^.;]*\b{hand.column}\b", problem)
        return asked is not None and bool(not hand.stands or asked[1])

    return [h for h in hands if not (h.column in _IDS and h.row in copied and not h.stands) and not asked_for(h)]


# ---- rows that are gone ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gone:
    """Rows that were deleted: `ghosts` come back as they were, `doubted` are leads in the CRM; the others may go."""

    ghosts: tuple[Row, ...]
    doubted: tuple[Row, ...]
    forgotten: tuple[str, ...]


def judge_gone(table: str, believed: Iterable[Row], kept: Mapping[str, Kept]) -> Gone:
    """Sort the rows of a table that are not there any more by what was kept of them."""
    key = KEY_OF[table]
    rows = {row: Row(table, row, found.cells) for row, found in kept.items()}
    present = {row.text(key) for row in believed} if rows else set()
    missing = [row for row in rows.values() if row.text(key) and row.text(key) not in present]
    ghosts = [row for row in missing if _comes_back(row)]
    doubted = [row for row in missing if table == LEADS.name and row.text("Deal ID")]
    staying = {row.id for row in (*ghosts, *doubted)}
    return Gone(tuple(ghosts), tuple(doubted), tuple(row for row in rows if row not in staying))


def _comes_back(row: Row) -> bool:
    """Tell whether a row is put back as it was: statements, and lines that one holds; open lines come anew."""
    if row.table == COMMISSIONS.name:
        return row.text("Status") in LOCKED or bool(row.text("Statement"))
    return row.table == STATEMENTS.name


def open_lines(lead: Row, lines: Iterable[Row]) -> int:
    """Return how many lines of a deleted lead are open: they are held until its row is back."""
    closed = LOCKED | {"Cancelled"}
    return sum(line.text("Lead") == lead.text("Lead") and line.text("Status") not in closed for line in lines)


def in_doubt(lead: Row, held: int) -> str:
    """Return what is said of a deleted lead."""
    lines = f", and its {held} open line{'s are' if held > 1 else ' is'} held" if held else ""
    return (
        f"Leads: the row of {lead.text('Lead')} was deleted; its deal {lead.text('Deal ID')} stays as it is in the CRM"
        f"{lines}. Restore the row; one that is added anew is another lead"
    )


# ---- too much at once -----------------------------------------------------------------------------------------------


def too_much(table: str, believed: Iterable[Row], hands: Sequence[Hand], share: Decimal) -> str | None:
    """Return words when so much of a table was changed that a person must look; None when all is well.

    A column counts by itself: one that was moved, or sorted alone, is a small part of its table.
    """
    if len(hands) < _FEW:
        return None
    changed = Counter(hand.column for hand in hands)
    columns = [column.name for column in TABLES[table].columns if column.owner == "W"]
    cells = Counter(column for row in believed for column in filled(row.cells, tuple(columns)))
    much = [c for c in columns if changed[c] >= _FEW and changed[c] * _HUNDRED > share * max(cells[c], changed[c])]
    if not much and len(hands) * _HUNDRED <= share * cells.total():
        return None
    named = ", ".join(much or [c for c in columns if changed[c]])
    return (
        f"{len(hands)} cells of the {table} table that the worker wrote were changed by hand at once ({named}): was a "
        "column moved, or a range sorted without its key column? Undo it"
    )
