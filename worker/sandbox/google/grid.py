"""One tab: rows, columns, cells, and what is pinned to places. Every change notes how to take it back.

A cell holds "", text, a number, a truth value or a Formula; what it looks like (format, note, validation) is kept
apart and sparsely. Rows are objects, so that a change can be taken back after others moved them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from worker.sandbox.google.a1 import Box, Rect

Undo = list[Callable[[], None]]  # what takes a change back, run from its end
Look = Mapping[str, Any]  # userEnteredFormat, note, dataValidation of a cell; never altered, so rows may share it


def take_back(undo: Undo) -> None:
    """Undo a change."""
    while undo:
        undo.pop()()


@dataclass(frozen=True)
class Formula:
    """A formula as it was entered, with its equals sign."""

    text: str


@dataclass(eq=False, slots=True)
class Line:
    """A row: its cells up to the last one ever filled, the looks of some of them, its height and hiding."""

    cells: list[Any] = field(default_factory=list)
    looks: dict[int, Look] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    live: bool = False  # a formula was put in at some time

    def get(self, column: int) -> Any:
        """Return a cell."""
        return self.cells[column] if column < len(self.cells) else ""

    def set(self, column: int, value: Any) -> None:
        """Fill a cell; "" empties it."""
        if column >= len(self.cells):
            if value == "" and isinstance(value, str):
                return
            self.cells.extend([""] * (column + 1 - len(self.cells)))
        self.cells[column] = value
        self.live = self.live or isinstance(value, Formula)


@dataclass(eq=False)
class Column:
    """A column: width and hiding."""

    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Pin:
    """A thing that lies on places of a tab and moves with them: a merge, a protection, a rule, a name, metadata."""

    kind: str
    boxes: tuple[Box, ...]
    body: Mapping[str, Any] = field(default_factory=dict)


class Sheet:
    """A tab. `properties` are those of SheetProperties but for id, index and size, which follow from the tab itself."""

    def __init__(self, sheet_id: int, title: str, rows: int = 1000, columns: int = 26) -> None:
        self.id = sheet_id
        self.properties: dict[str, Any] = {"title": title, "sheetType": "GRID", "gridProperties": {}}
        self.lines = [Line() for _ in range(rows)]
        self.columns = [Column() for _ in range(columns)]
        self.pins: list[Pin] = []

    @property
    def title(self) -> str:
        """Return the tab's name."""
        return str(self.properties["title"])

    @property
    def frame(self) -> Rect:
        """Return the whole grid."""
        return Rect(0, len(self.lines), 0, len(self.columns))

    def cut(self, box: Box) -> Rect:
        """Return the part of a box that lies on the grid."""
        return box.cut(len(self.lines), len(self.columns))

    def pinned(self, kind: str) -> list[Pin]:
        """Return what is pinned of one kind, in order."""
        return [pin for pin in self.pins if pin.kind == kind]

    def put(self, undo: Undo, row: int, column: int, value: Any) -> None:
        """Fill a cell."""
        line, old = self.lines[row], self.lines[row].get(column)
        if type(old) is type(value) and old == value:
            return
        line.set(column, value)
        where = self.columns[column]
        undo.append(lambda: self._restore(line, where, old))

    def _restore(self, line: Line, where: Column, old: Any) -> None:
        if where in self.columns:
            line.set(self.columns.index(where), old)

    def wipe(self, undo: Undo, rect: Rect) -> None:
        """Empty every cell of a rectangle; looks stay."""
        columns = self.columns[rect.left : rect.right]
        kept = []
        for line in self.lines[rect.top : rect.bottom]:
            cells = line.cells[rect.left : rect.right]
            if cells:
                kept.append((line, cells))
                line.cells[rect.left : rect.right] = [""] * len(cells)
        undo.append(lambda: self._refill(kept, columns))

    def _refill(self, kept: Sequence[tuple[Line, Sequence[Any]]], columns: Sequence[Column]) -> None:
        places = [self.columns.index(column) if column in self.columns else None for column in columns]
        for line, cells in kept:
            for place, value in zip(places, cells, strict=False):
                if place is not None:
                    line.set(place, value)

    def look(self, undo: Undo, row: int, column: int, look: Look) -> None:
        """Give a cell another look; an empty one takes it away."""
        line, old = self.lines[row], self.lines[row].looks.get(column, {})
        if old == look:
            return
        where = self.columns[column]
        _set_look(line, column, look)
        undo.append(lambda: _set_look(line, self.columns.index(where), old) if where in self.columns else None)

    def swap_cells(self, undo: Undo, rect: Rect, order: Sequence[int]) -> None:
        """Put the rows of a rectangle into another order: `order` says which row each place gets, as absolute rows."""
        lines = [self.lines[row] for row in range(rect.top, rect.bottom)]
        _permute(lines, [lines[row - rect.top] for row in order], rect.left, rect.right)
        back = sorted(range(len(order)), key=lambda place: order[place])
        undo.append(lambda: _permute(lines, [lines[place] for place in back], rect.left, rect.right))

    def set(self, undo: Undo, name: str, value: Any) -> None:
        """Set a property of the tab; None takes it away."""
        old = dict(self.properties)
        new = {**old, name: value}
        if value is None:
            del new[name]
        self.properties = new
        undo.append(lambda: setattr(self, "properties", old))

    def add_pin(self, undo: Undo, pin: Pin, place: int | None = None) -> Pin:
        """Pin a thing; `place` is its place among those of its kind."""
        same = self.pinned(pin.kind)
        at = len(self.pins) if place is None or place >= len(same) else self.pins.index(same[place])
        self.pins.insert(at, pin)
        undo.append(lambda: self.pins.remove(pin) if pin in self.pins else None)
        return pin

    def drop_pin(self, undo: Undo, pin: Pin) -> None:
        """Take a pinned thing away."""
        at = self.pins.index(pin)
        del self.pins[at]
        undo.append(lambda: self.pins.insert(at, pin))

    def change_pin(self, undo: Undo, pin: Pin, boxes: Iterable[Box] | None = None, body: Any = None) -> None:
        """Give a pinned thing other places or another content."""
        old = (pin.boxes, pin.body)
        pin.boxes = pin.boxes if boxes is None else tuple(boxes)
        pin.body = pin.body if body is None else body
        undo.append(lambda: _repin(pin, old))

    def last_filled(self, rect: Rect) -> tuple[int, int] | None:
        """Return the last filled row of a rectangle and the last filled cell in it."""
        for row in range(rect.bottom - 1, rect.top - 1, -1):
            cells = self.lines[row].cells
            for column in range(min(rect.right, len(cells)) - 1, rect.left - 1, -1):
                if not _empty(cells[column]):
                    return row, column
        return None

    def filled(self, rect: Rect) -> bool:
        """Tell whether any cell of a rectangle is filled."""
        return any(
            not _empty(cell)
            for line in self.lines[rect.top : rect.bottom]
            for cell in line.cells[rect.left : rect.right]
        )


def _empty(value: Any) -> bool:
    return isinstance(value, str) and value == ""


def _set_look(line: Line, column: int, look: Look) -> None:
    if look:
        line.looks[column] = look
    else:
        line.looks.pop(column, None)


def _repin(pin: Pin, old: tuple[tuple[Box, ...], Mapping[str, Any]]) -> None:
    pin.boxes, pin.body = old


def _permute(lines: Sequence[Line], sources: Sequence[Line], left: int, right: int) -> None:
    """Give each line the cells and looks that its source has between two columns."""
    taken = [
        (
            [source.get(column) for column in range(left, right)],
            {c: k for c, k in source.looks.items() if left <= c < right},
        )
        for source in sources
    ]
    for line, (cells, looks) in zip(lines, taken, strict=True):
        for offset, value in enumerate(cells):
            line.set(left + offset, value)
        line.looks = {c: k for c, k in line.looks.items() if not left <= c < right} | looks
