"""A plan: every change of one run of one flow as data, with its reasons.

People read it, guards measure it, apply carries it out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal

from worker.domain.cells import Cell, Row, same
from worker.domain.leads import LeadDraft
from worker.domain.notices import Notice


@dataclass(frozen=True, slots=True)
class RowEdit:
    """Cells of one row that should change: only cells that the worker owns and that differ.

    `row` is the tracker's id; None makes the row (or finds it) by `key`. `first` edits are written before anything else
    is done for the row (the minting of a key). `about` is the partner's key, for grouping; `money` is by how much the
    edit moves an amount, as (currency, signed amount).
    """

    table: str
    row: str | None
    key: str
    before: Mapping[str, Cell]
    after: Mapping[str, Cell]
    reason: str
    about: str = ""
    first: bool = False
    money: tuple[str, Decimal] | None = None
    needs: tuple[str, ...] = ()  # keys of rows that must have been written before; else this one waits for the next run
    restored: bool = False  # the row was deleted and comes back whole, with what staff wrote there


def edit_of(
    row: Row, key: str, wanted: Mapping[str, Cell], reason: str, about: str = "", *, first: bool = False
) -> list[RowEdit]:
    """Return the edit that brings a row to the wanted cells: only those that differ; nothing when none does."""
    after = {column: value for column, value in wanted.items() if not same(row.cells.get(column), value)}
    if not after:
        return []
    before = {column: row.cells.get(column) for column in after}
    return [RowEdit(row.table, row.id, key, before, after, reason, about, first)]


@dataclass(frozen=True, slots=True)
class Push:
    """A lead to put into the CRM; once it is there, `after` and the ids are written back into the row, last of all."""

    row: str
    draft: LeadDraft
    before: Mapping[str, Cell]
    after: Mapping[str, Cell]
    reason: str
    about: str = ""
    adopt: bool = False  # the key stood in the row already: look for its deal by the key before making one


@dataclass(frozen=True, slots=True)
class Tell:
    """A notice to send once, after the edit or push of `needs` (a row's key) was written; held back if that failed."""

    notice: Notice
    needs: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes of one run of one flow.

    `notes` are things to look at that change nothing, `remarks` things worth saying that nobody need look at.
    """

    flow: str
    edits: tuple[RowEdit, ...] = ()
    pushes: tuple[Push, ...] = ()
    tells: tuple[Tell, ...] = ()
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    saw: tuple[str, ...] = field(default=())  # what a guard objects to, in words; empty when nothing

    def __len__(self) -> int:
        return len(self.edits) + len(self.pushes) + len(self.tells)

    def digest(self) -> str:
        """Return what names exactly this plan: twelve hex characters over every change, whatever its order.

        When it was made does not count, so that the same changes have the same digest a minute later.
        """
        parts = sorted(json.dumps(part, sort_keys=True, default=_plain) for part in self._canonical())
        return hashlib.sha256("\n".join([self.flow, *parts]).encode()).hexdigest()[:12]

    def _canonical(self) -> list[object]:
        edits = [["edit", e.table, e.row, e.key, _lasting(e.before), _lasting(e.after)] for e in self.edits]
        pushes = [["push", p.row, asdict(p.draft), _lasting(p.after)] for p in self.pushes]
        return [*edits, *pushes, *(["tell", t.notice.key, t.notice.text] for t in self.tells)]


def _lasting(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    return {column: cell for column, cell in cells.items() if column != "Synced"}


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"a plan holds no {type(value).__name__}")
