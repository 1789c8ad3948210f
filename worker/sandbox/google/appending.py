"""values.append: guesses which "table" is meant, and so may land elsewhere than one thinks.

The last filled cell of the searched range decides; its table is what surrounds it up to empty rows and columns. Two
appends of a, "", c therefore end in A1:C1 and C2:E2 (recorded). Where rows are hidden, the table seems to end before
the first hidden one (issue PipedreamHQ/pipedream#19870: rows landed at the top; the rule is inferred).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from worker.sandbox.google.a1 import Box, Rect
from worker.sandbox.google.dimensions import ROWS
from worker.sandbox.google.grid import Line, Sheet
from worker.sandbox.google.reading import Place
from worker.sandbox.google.rowscolumns import insert
from worker.sandbox.google.writing import Writer, Written, write


def append(
    writer: Writer, place: Place, values: Sequence[Sequence[Any]], inserting: bool
) -> tuple[Rect | None, Written]:
    """Write rows after the table found in a place; returns the table, None where there was none, and what was done."""
    sheet, area = place.sheet, place.rect
    hidden = _first_hidden(sheet)
    if hidden is not None and area.top < hidden < area.bottom:
        area = Rect(area.top, hidden, area.left, area.right)
    found = table(sheet, area, hidden)
    row, column = (area.top, area.left) if found is None else (found.bottom, found.left)
    height = len(values)
    if inserting and found is not None and height:
        insert(writer.file, writer.undo, sheet, ROWS, row, height, like=row - 1)
    missing = row + height - len(sheet.lines)
    if missing > 0:
        insert(writer.file, writer.undo, sheet, ROWS, len(sheet.lines), missing)
    return found, write(writer, Place(sheet, Box.of(row, column), anchor=True), values)


def table(sheet: Sheet, area: Rect, end: int | None = None) -> Rect | None:
    """Return the table around the last filled cell of an area: grown until a ring of empty cells surrounds it."""
    seed = sheet.last_filled(area)
    if seed is None:
        return None
    frame = Rect(0, len(sheet.lines) if end is None else end, 0, len(sheet.columns))
    rect = Rect(seed[0], seed[0] + 1, seed[1], seed[1] + 1)
    while (grown := _grown(sheet, rect, frame)) != rect:
        rect = grown
    return rect


def _grown(sheet: Sheet, rect: Rect, frame: Rect) -> Rect:
    left, right = max(frame.left, rect.left - 1), min(frame.right, rect.right + 1)
    top, bottom = rect.top, rect.bottom
    while top > frame.top and sheet.filled(Rect(top - 1, top, left, right)):
        top -= 1
    while bottom < frame.bottom and sheet.filled(Rect(bottom, bottom + 1, left, right)):
        bottom += 1
    wider_left = left < rect.left and sheet.filled(Rect(top, bottom, left, rect.left))
    wider_right = right > rect.right and sheet.filled(Rect(top, bottom, rect.right, right))
    return Rect(top, bottom, left if wider_left else rect.left, right if wider_right else rect.right)


def hidden(line: Line) -> bool:
    """Tell whether a row is hidden, by a person or by a filter."""
    return bool(line.properties.get("hiddenByUser") or line.properties.get("hiddenByFilter"))


def _first_hidden(sheet: Sheet) -> int | None:
    return next((row for row, line in enumerate(sheet.lines) if hidden(line)), None)
