"""What hands did to the worker's cells → edits that put it back, and words about it in `Problem` for a day. Pure.

A flow plans on the rows as they are believed; here its plan is brought back to the rows as they stand. Where the flow
has a newer value for a cell than the one that was kept, the newer one is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from worker.domain.cells import Cell, Row, same
from worker.domain.kept import KEY_OF
from worker.domain.plan import Plan, Push, RowEdit
from worker.domain.tables import COMMISSIONS, LEADS, PARTNERS, STATEMENTS, TABLES
from worker.planning.hands import Hand

Place = tuple[str, str]  # table and row id

_LONGEST = 60  # characters of a cell that are quoted
_TELLING = frozenset(name for name, table in TABLES.items() if any(c.name == "Problem" for c in table.columns))
_PUSHED = frozenset({"Deal ID", "Client ID", "Contact ID", "Status", "Problem", "Synced"})  # what a push writes back
_OVERRULE = {
    PARTNERS.name: "it follows the leads and the lines; to overrule a line use Hold or Adjustment",
    LEADS.name: "to overrule it tick Hold, or change the deal in the CRM",
    COMMISSIONS.name: "to overrule a line use Hold or Adjustment",
    STATEMENTS.name: "to overrule it tick Hold, or use Adjustment on a line",
}
_KEYS = "it stands in every line and statement; to rename the partner write into Partner"


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of hands in one reading: rows as read and as believed where these differ, and deleted rows."""

    read: Mapping[Place, Row]
    believed: Mapping[Place, Row]
    hands: tuple[Hand, ...]
    ghosts: tuple[Row, ...] = ()  # they count as if they stood, and come back


def sentences(hands: Iterable[Hand], by: Mapping[Place, str]) -> dict[Place, str]:
    """Return by row, in one line, what was changed, by whom where that is known, and how to overrule it."""
    return {place: _sentence(own, by.get(place)) for place, own in _by_place(hands).items()}


def _by_place(hands: Iterable[Hand]) -> dict[Place, list[Hand]]:
    found: dict[Place, list[Hand]] = defaultdict(list)
    for hand in hands:
        found[hand.table, hand.row].append(hand)
    return found


def _sentence(hands: Sequence[Hand], by: str | None) -> str:
    table, columns = hands[0].table, {hand.column for hand in hands}
    parts = []
    for hand in hands:
        if hand.wrote is None:
            parts.append(f"{hand.column} was filled in by hand with {_quoted(hand.stands)}")
        elif hand.stands is None:
            parts.append(f"{hand.column} was emptied by hand of {_quoted(hand.wrote)}")
        else:
            parts.append(f"{hand.column} was changed by hand from {_quoted(hand.wrote)} to {_quoted(hand.stands)}")
    whom = f" (by {by})" if by else ""
    if columns == {"Problem"}:
        remedy = "it goes by itself once what it says is mended"
    else:
        remedy = _KEYS if columns == {KEY_OF[PARTNERS.name]} else _OVERRULE[table]
    return f"{', '.join(parts)}{whom} and put back: {remedy}"


def _quoted(cell: Cell) -> str:
    match cell:
        case str():
            text = " ".join(cell.split())
        case Decimal():
            text = format(cell, "f")
        case datetime() | date():
            text = cell.isoformat()
        case _:
            text = "yes" if cell is True else str(cell)
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return f"“{text}”"


def put_back(
    plan: Plan, sight: Sight, notes: Mapping[Place, Sequence[str]], by: Mapping[Place, str], tables: Collection[str]
) -> Plan:
    """Return the plan with what hands did in these tables put right; `notes` are by row the lines that `Problem` shows.

    Rows of other tables are only believed: a flow that takes no turns with those that write them leaves them alone.
    """
    said, hands = sentences(sight.hands, by), _by_place(sight.hands)
    ghosts = {(row.table, row.id): row for row in sight.ghosts if row.table in tables}
    places = sorted(place for place in sight.read if place[0] in tables)
    edits: dict[Place | int, list[RowEdit]] = defaultdict(list)
    for number, edit in enumerate(plan.edits):
        place = (edit.table, edit.row or "")
        edits[place if place in sight.read or place in ghosts else number].append(edit)
    pushes = {push.row: push for push in plan.pushes}
    for place in places:
        push = pushes.get(place[1]) if place[0] == LEADS.name else None
        row = _Standing(sight.read[place], sight.believed[place], tuple(notes.get(place, ())), said.get(place, ""))
        if push is not None:
            pushes[push.row] = row.push(push)
        edits[place] = row.edits(edits[place], push is not None, hands.get(place, ()))
    for place, ghost in ghosts.items():
        edits[place] = [_restored(ghost, edits[place])]
    return replace(
        plan, edits=tuple(edit for own in edits.values() for edit in own), pushes=tuple(pushes.values()),
        notes=(*plan.notes, *_told(sight, places, said), *_told_of_ghosts(ghosts.values())),
    )  # fmt: skip


def _told(sight: Sight, places: Iterable[Place], said: Mapping[Place, str]) -> Iterator[str]:
    """Return what the run itself says of rows that have no `Problem` to say it."""
    for place in places:
        if place in said and place[0] not in _TELLING:
            yield f"{place[0]} {_key(sight.believed[place])}: {said[place]}"


def _told_of_ghosts(ghosts: Iterable[Row]) -> Iterator[str]:
    for ghost in ghosts:
        yield f"{ghost.table}: the row of {_key(ghost)} was deleted by hand and is put back"


def _key(row: Row) -> str:
    return row.text(KEY_OF[row.table])


def _restored(ghost: Row, planned: Sequence[RowEdit]) -> RowEdit:
    """Return the edit that brings a deleted row back whole, with what the flow has newer of it."""
    key = _key(ghost)
    after = {**ghost.cells, **{column: cell for edit in planned for column, cell in edit.after.items()}}
    reason = f"its row was deleted by hand and is put back; {_OVERRULE[ghost.table]}"
    needs = tuple(need for edit in planned for need in edit.needs)
    return RowEdit(ghost.table, None, key, {}, after, reason, key.split("/")[1], needs=needs, restored=True)


@dataclass(frozen=True, slots=True)
class _Standing:
    """A row of which something is not as the worker believes it: as it is read, and as it is believed."""

    read: Row
    believed: Row
    notes: tuple[str, ...]
    said: str

    def problem(self, planned: Mapping[str, Cell]) -> Cell:
        """Return what `Problem` shows: what is wrong with the row, and below it what was put back."""
        own = planned["Problem"] if "Problem" in planned else self.believed.cells.get("Problem")
        return "\n".join([*([str(own)] if own else []), *self.notes]) or None

    def edits(self, planned: Sequence[RowEdit], pushed: bool, hands: Sequence[Hand]) -> list[RowEdit]:
        """Return the row's edits against what stands there; what is put back goes with the first of them."""
        newer = {column: cell for edit in planned for column, cell in edit.after.items()}
        taken = newer.keys() | (_PUSHED if pushed else frozenset())
        back: dict[str, Cell] = {hand.column: hand.wrote for hand in hands if hand.column not in taken}
        if self.read.table in _TELLING and "Problem" not in taken:
            back["Problem"] = self.problem({})
        found = []
        for edit in planned:
            after = {**edit.after, **({"Problem": self.problem(edit.after)} if "Problem" in edit.after else {})}
            found.append(self.against(replace(edit, after=after)))
        if found:
            first = found[0]
            reason = f"{first.reason}; {self.said}" if self.said else first.reason
            found[0] = self.against(replace(first, after={**back, **first.after}, reason=reason))
        else:
            reason = self.said or "what was put back has been told"
            found = [self.against(self.own(back, reason))]
        return [edit for edit in found if edit.after]

    def own(self, back: Mapping[str, Cell], reason: str) -> RowEdit:
        """Return an edit of nothing but what is put back."""
        key = _key(self.believed)
        about = key if self.read.table == PARTNERS.name else "".join(key.split("/")[1:2])
        return RowEdit(self.read.table, self.read.id, key, {}, back, reason, about)

    def against(self, edit: RowEdit) -> RowEdit:
        """Return an edit with what really stands before it, and only what differs from that."""
        stands = self.read.cells
        before = {**edit.before, **{column: stands.get(column) for column in (*edit.before, *edit.after)}}
        return replace(edit, before=before, after={c: v for c, v in edit.after.items() if not same(before[c], v)})

    def push(self, push: Push) -> Push:
        """Return a push whose write-back is measured against what really stands."""
        before = {column: self.read.cells.get(column) for column in push.before}
        return replace(push, before=before, after={**push.after, "Problem": self.problem(push.after)})
