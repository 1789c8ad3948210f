"""Rows and columns come, go and move, and what is pinned to places follows.

What is pinned grows when something is inserted inside it, shrinks with what is deleted, dies when nothing is left of
it, and moves along when all of it is moved.
"""

from __future__ import annotations

from collections.abc import Callable

from worker.sandbox.google.a1 import Box
from worker.sandbox.google.grid import Column, Line, Look, Pin, Sheet, Undo

Span = tuple[int | None, int | None]
ROWS, COLUMNS = "ROWS", "COLUMNS"


def length(sheet: Sheet, dimension: str) -> int:
    """Return how many rows or columns a tab has."""
    return len(sheet.lines) if dimension == ROWS else len(sheet.columns)


def insert(sheet: Sheet, undo: Undo, dimension: str, at: int, count: int, like: int | None = None) -> None:
    """Insert empty rows or columns before one; `like` is the one whose formats and validation they take on."""
    if dimension == ROWS:
        lines = [Line(looks=_inherited(sheet, like)) for _ in range(count)]
        _add_lines(sheet, undo, at, lines)
    else:
        _add_columns(sheet, undo, at, [Column() for _ in range(count)])
        if like is not None:
            _dress_columns(sheet, undo, at, count, like + count if like >= at else like)
    _repin(sheet, undo, dimension, lambda span: (_pushed(span[0], at, count, 0), _pushed(span[1], at, count, 1)))


def delete(sheet: Sheet, undo: Undo, dimension: str, start: int, end: int) -> None:
    """Delete rows or columns with all that is in them."""
    if dimension == ROWS:
        taken = sheet.lines[start:end]
        del sheet.lines[start:end]
        undo.append(lambda: _put_back(sheet, start, taken))
    else:
        _take_columns(sheet, undo, start, end)
    _repin(sheet, undo, dimension, lambda span: _cut_out(span, start, end))


def move(sheet: Sheet, undo: Undo, dimension: str, start: int, end: int, to: int) -> None:
    """Move rows or columns before another one, counted as they stand before the move."""
    count = end - start
    at = to if to <= start else to - count
    if dimension == ROWS:
        block = sheet.lines[start:end]
        del sheet.lines[start:end]
        sheet.lines[at:at] = block
        undo.append(lambda: _return_lines(sheet, block, start))
    else:
        order = [*range(start), *range(end, len(sheet.columns))]
        order[at:at] = range(start, end)
        _arrange(sheet, order)
        back = sorted(range(len(order)), key=order.__getitem__)
        undo.append(lambda: _arrange(sheet, back) if len(back) == len(sheet.columns) else None)

    def follow(span: Span) -> Span | None:
        if span[0] is not None and span[1] is not None and start <= span[0] and span[1] <= end:
            return span[0] + at - start, span[1] + at - start
        rest = _cut_out(span, start, end)
        return rest and (_pushed(rest[0], at, count, 0), _pushed(rest[1], at, count, 1))

    _repin(sheet, undo, dimension, follow)


def _inherited(sheet: Sheet, like: int | None) -> dict[int, Look]:
    if like is None:
        return {}
    return {c: kept for c, look in sheet.lines[like].looks.items() if (kept := _without_note(look))}


def _without_note(look: Look) -> Look:
    return {name: part for name, part in look.items() if name != "note"}


def _dress_columns(sheet: Sheet, undo: Undo, at: int, count: int, like: int) -> None:
    for row, line in enumerate(sheet.lines):
        look = _without_note(line.looks.get(like, {}))
        for column in range(at, at + count) if look else ():
            sheet.look(undo, row, column, look)


def _add_lines(sheet: Sheet, undo: Undo, at: int, lines: list[Line]) -> None:
    sheet.lines[at:at] = lines
    gone = set(map(id, lines))
    undo.append(lambda: setattr(sheet, "lines", [line for line in sheet.lines if id(line) not in gone]))


def _put_back(sheet: Sheet, at: int, lines: list[Line]) -> None:
    sheet.lines[at:at] = lines


def _return_lines(sheet: Sheet, block: list[Line], at: int) -> None:
    here = set(map(id, sheet.lines))
    still = [line for line in block if id(line) in here]
    gone = set(map(id, still))
    sheet.lines = [line for line in sheet.lines if id(line) not in gone]
    sheet.lines[at:at] = still


def _add_columns(sheet: Sheet, undo: Undo, at: int, columns: list[Column]) -> None:
    count = len(columns)
    sheet.columns[at:at] = columns
    for line in sheet.lines:
        if at < len(line.cells):
            line.cells[at:at] = [""] * count
        if line.looks:
            line.looks = {c + count if c >= at else c: look for c, look in line.looks.items()}
    undo.append(lambda: _remove_columns(sheet, columns))


def _remove_columns(sheet: Sheet, columns: list[Column]) -> None:
    for column in columns:
        if column in sheet.columns:
            at = sheet.columns.index(column)
            _take_columns(sheet, [], at, at + 1)


def _take_columns(sheet: Sheet, undo: Undo, start: int, end: int) -> None:
    columns = sheet.columns[start:end]
    kept = []
    for line in sheet.lines:
        kept.append((line, line.cells[start:end], {c: k for c, k in line.looks.items() if start <= c < end}))
        del line.cells[start:end]
        line.looks = {c - (end - start) if c >= end else c: k for c, k in line.looks.items() if not start <= c < end}
    del sheet.columns[start:end]

    def restore() -> None:
        _add_columns(sheet, [], start, columns)
        for line, cells, looks in kept:
            for offset, value in enumerate(cells):
                line.set(start + offset, value)
            line.looks |= looks

    undo.append(restore)


def _arrange(sheet: Sheet, order: list[int]) -> None:
    """Put the columns into another order: `order` says which column comes to each place."""
    sheet.columns = [sheet.columns[column] for column in order]
    place = {column: at for at, column in enumerate(order)}
    for line in sheet.lines:
        if line.cells:
            line.cells = [line.get(column) for column in order]
        if line.looks:
            line.looks = {place[c]: look for c, look in line.looks.items()}


def _pushed(point: int | None, at: int, count: int, end: int) -> int | None:
    """Return where a side lies after an insertion; an end stays when the insertion is right at it."""
    if point is None:
        return None
    return point + count if point >= at + end else point


def _cut_out(span: Span, start: int, end: int) -> Span | None:
    first, last = (None if p is None else p if p <= start else max(start, p - (end - start)) for p in span)
    return None if last is not None and (first or 0) >= last else (first, last)


def _repin(sheet: Sheet, undo: Undo, dimension: str, follow: Callable[[Span], Span | None]) -> None:
    for pin in list(sheet.pins):
        boxes = tuple(found for box in pin.boxes if (found := _followed(box, dimension, follow)) is not None)
        if boxes != pin.boxes:
            sheet.change_pin(undo, pin, boxes)
        if pin.boxes == () and not _tabwide(pin):
            sheet.drop_pin(undo, pin)


def _tabwide(pin: Pin) -> bool:
    return pin.kind == "metadata" and pin.body["location"]["locationType"] == "SHEET"


def _followed(box: Box, dimension: str, follow: Callable[[Span], Span | None]) -> Box | None:
    span = follow((box.top, box.bottom) if dimension == ROWS else (box.left, box.right))
    if span is None:
        return None
    if dimension == ROWS:
        return Box(*span, box.left, box.right)
    return Box(box.top, box.bottom, *span)
