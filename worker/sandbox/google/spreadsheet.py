"""A spreadsheet: its tabs, who may do what, and the version that Drive shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from worker.sandbox.google import errors
from worker.sandbox.google.a1 import Rect
from worker.sandbox.google.grid import Pin, Sheet, Undo

MOST_CELLS = 10_000_000


@dataclass(frozen=True)
class Seen:
    """A version as Drive shows it from an instant on."""

    since: datetime
    version: int
    modified: datetime


@dataclass(eq=False)
class Spreadsheet:
    """One file. `shares` gives each person's role: owner, writer or reader."""

    id: str
    properties: Mapping[str, Any]
    created: datetime
    shares: dict[str, str]
    sheets: list[Sheet] = field(default_factory=list)
    metadata: list[Pin] = field(default_factory=list)  # of the spreadsheet as a whole
    history: list[Seen] = field(default_factory=list)

    @property
    def owner(self) -> str:
        """Return whose file it is."""
        return next(who for who, role in self.shares.items() if role == "owner")

    def sheet(self, sheet_id: int) -> Sheet:
        """Return the tab of an id; `Refusal` when there is none."""
        for sheet in self.sheets:
            if sheet.id == sheet_id:
                return sheet
        raise errors.Refusal(f"No sheet with id: {sheet_id}")

    def grid(self, sheet_id: int) -> Sheet:
        """Return the tab that a range lies on; `Refusal` in the words for ranges."""
        for sheet in self.sheets:
            if sheet.id == sheet_id:
                return sheet
        raise errors.Refusal(f"No grid with id: {sheet_id}")

    def titled(self, title: str) -> Sheet | None:
        """Return the tab of a name."""
        return next((sheet for sheet in self.sheets if sheet.title == title), None)

    def set(self, undo: Undo, properties: Mapping[str, Any]) -> None:
        """Replace the properties."""
        old = self.properties
        self.properties = properties
        undo.append(lambda: setattr(self, "properties", old))

    def place(self, undo: Undo, sheet: Sheet, at: int | None = None) -> None:
        """Put a new or known tab at a place among the others; at the end by default."""
        was = self.sheets.index(sheet) if sheet in self.sheets else None
        self._seat(sheet, at)
        undo.append(lambda: self._unseat(sheet) if was is None else self._seat(sheet, was))

    def drop(self, undo: Undo, sheet: Sheet) -> None:
        """Delete a tab."""
        was = self.sheets.index(sheet)
        self._unseat(sheet)
        undo.append(lambda: self._seat(sheet, was))

    def _seat(self, sheet: Sheet, at: int | None) -> None:
        self._unseat(sheet)
        self.sheets.insert(len(self.sheets) if at is None else at, sheet)

    def _unseat(self, sheet: Sheet) -> None:
        self.sheets = [one for one in self.sheets if one is not sheet]

    def set_metadata(self, undo: Undo, metadata: list[Pin]) -> None:
        """Replace the metadata of the spreadsheet as a whole."""
        old = self.metadata
        self.metadata = metadata
        undo.append(lambda: setattr(self, "metadata", old))

    def room(self, more: int) -> None:
        """Refuse to grow beyond ten million cells."""
        held = sum(len(sheet.lines) * len(sheet.columns) for sheet in self.sheets)
        if held + more > MOST_CELLS:
            raise errors.Refusal(
                f"This action would increase the number of cells in the workbook above the limit of {MOST_CELLS} cells."
            )

    def changed(self, now: datetime, lag: timedelta = timedelta()) -> None:
        """Count a change; Drive shows it after the lag."""
        version = self.history[-1].version + 1 if self.history else 1
        self.history.append(Seen(now + lag, version, now))

    def seen(self, now: datetime) -> Seen:
        """Return the newest version that Drive shows by now; drops what can never be shown any more."""
        shown = max((one for one in self.history if one.since <= now), key=lambda one: one.version)
        self.history = [one for one in self.history if one.version >= shown.version]
        return shown

    def may_edit(self, who: str, sheet: Sheet, rect: Rect) -> bool:
        """Tell whether no protection keeps someone from editing a rectangle; the owner may always."""
        if self.shares.get(who) == "owner":
            return True
        for pin in sheet.pinned("protected"):
            if pin.body.get("warningOnly") or who in pin.body.get("editors", {}).get("users", ()):
                continue
            if any(sheet.cut(box).meets(rect) for box in pin.boxes) and not _let_through(sheet, pin, rect):
                return False
        return True


def _let_through(sheet: Sheet, pin: Pin, rect: Rect) -> bool:
    """Tell whether a rectangle lies in one of the holes of a protected tab."""
    for hole in sheet.pinned("hole"):
        if hole.body["of"] is not pin:
            continue
        cut = sheet.cut(hole.boxes[0])
        if cut.top <= rect.top and rect.bottom <= cut.bottom and cut.left <= rect.left and rect.right <= cut.right:
            return True
    return False
