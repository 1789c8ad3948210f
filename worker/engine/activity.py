"""The rows of the Activity table: what was done, in words. One row a change, many of a kind summed up; old ones go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from worker.domain.cells import Cell, Row
from worker.engine.result import Change
from worker.ports import ServiceError, Tracker

_SINGLY = 20  # of one kind in one run; the others share a row
_LONGEST = 1000  # characters in a cell
_AT_ONCE = 500  # rows that one trimming takes away at most; the next one goes on


def activity_rows(changes: Sequence[Change], now: datetime) -> list[Mapping[str, Cell]]:
    """Return the rows that tell of these changes."""
    kinds: dict[str, list[Change]] = {}
    for change in changes:
        kinds.setdefault(change.kind, []).append(change)
    rows: list[Mapping[str, Cell]] = []
    for kind, alike in kinds.items():
        rows += [_row(change, now) for change in alike[:_SINGLY]]
        if rest := alike[_SINGLY:]:
            keys = _cut(", ".join(change.about for change in rest))
            rows.append({"What": f"{kind}: {len(rest):,} more", "When": now, "About": keys, "Why": rest[0].why})
    return rows


def _row(change: Change, now: datetime) -> Mapping[str, Cell]:
    return {
        "What": change.kind,
        "When": now,
        "About": change.about,
        "Before": _cells(change.before),
        "After": _cells(change.after),
        "Why": _cut(change.why),
    }


def _cells(cells: Mapping[str, Cell]) -> str | None:
    return _cut("\n".join(f"{column}: {_text(cell)}" for column, cell in cells.items())) or None


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return "–"
        case bool():
            return "yes" if cell else "no"
        case Decimal():
            return format(cell, "f")
        case datetime() | date():
            return cell.isoformat()
        case tuple():
            return ", ".join(cell)
    return cell


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def trim(tracker: Tracker, keep: int) -> int:
    """Take away the oldest rows of the Activity table beyond so many; return how many went. Raises ServiceError."""
    tracker.delete("Activity", ())  # ends what an earlier trimming left undone
    rows = sorted(tracker.read(["Activity"], whole=True)["Activity"], key=_when, reverse=True)
    old = [row.id for row in rows[keep:]][-_AT_ONCE:]
    outcomes = tracker.delete("Activity", old) if old else ()
    return sum(not isinstance(outcome, ServiceError) for outcome in outcomes)


def _when(row: Row) -> datetime:
    when = row.cells.get("When")
    return when if isinstance(when, datetime) else row.created_at or datetime.min.replace(tzinfo=UTC)
