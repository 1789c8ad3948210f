"""Requests about rows and columns: inserted, appended, deleted, moved, hidden, sized, grouped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.sandbox.google import dimensions, masks, references
from worker.sandbox.google.a1 import Box, Rect
from worker.sandbox.google.batch import Batch, Handler, Reply
from worker.sandbox.google.dimensions import ROWS
from worker.sandbox.google.errors import Refusal
from worker.sandbox.google.getting import group
from worker.sandbox.google.grid import Pin, Sheet, Undo
from worker.sandbox.google.shapes import written
from worker.sandbox.google.spreadsheet import Spreadsheet


def _span(batch: Batch, message: Mapping[str, Any]) -> tuple[Sheet, str, int, int]:
    """Return tab, dimension, start and end of a DimensionRange; an open end is the grid's."""
    sheet = batch.file.grid(message.get("sheetId", 0))
    dimension = message.get("dimension")
    if dimension not in (ROWS, dimensions.COLUMNS):
        raise Refusal("Must specify a dimension.")  # words unverified
    start, end = message.get("startIndex", 0), message.get("endIndex", dimensions.length(sheet, dimension))
    if start < 0 or end < 0:
        raise Refusal("DimensionRange indexes must be >= 0")
    if end <= start:
        raise Refusal(f"endIndex[{end}] must be greater than startIndex[{start}]")  # words unverified
    return sheet, dimension, start, end


def _across(sheet: Sheet, dimension: str, start: int, end: int) -> Rect:
    if dimension == ROWS:
        return Rect(start, end, 0, len(sheet.columns))
    return Rect(0, len(sheet.lines), start, end)


def insert_dimension(batch: Batch, body: Mapping[str, Any]) -> None:
    """Insert empty rows or columns; they take on the formats of the neighbour after, or before if asked."""
    sheet, dimension, start, end = _span(batch, body.get("range", {}))
    size, count = dimensions.length(sheet, dimension), end - start
    before = body.get("inheritFromBefore", False)
    if start > size or (start == size and not before):
        raise Refusal(f"range.startIndex[{start}] must be less than the grid size [{size}]")  # words unverified
    if before and start == 0:
        raise Refusal("inheritFromBefore cannot be true when inserting at the very first index.")  # words unverified
    insert(batch.file, batch.undo, sheet, dimension, start, count, start - 1 if before else start)


def insert(
    file: Spreadsheet, undo: Undo, sheet: Sheet, dimension: str, at: int, count: int, like: int | None = None
) -> None:
    """Insert rows or columns; formulas follow."""
    file.room(count * (len(sheet.columns) if dimension == ROWS else len(sheet.lines)))
    dimensions.insert(sheet, undo, dimension, at, count, like)
    references.follow(file, undo, sheet, _where(dimension, lambda place: place + count if place >= at else place))


def delete(file: Spreadsheet, undo: Undo, sheet: Sheet, dimension: str, start: int, end: int) -> None:
    """Delete rows or columns; formulas that refer to them are broken."""
    dimensions.delete(sheet, undo, dimension, start, end)

    def where(place: int) -> int | None:
        return place if place < start else None if place < end else place - (end - start)

    references.follow(file, undo, sheet, _where(dimension, where))


def move(file: Spreadsheet, undo: Undo, sheet: Sheet, dimension: str, start: int, end: int, to: int) -> None:
    """Move rows or columns before another, counted before the move; formulas follow."""
    order = list(range(dimensions.length(sheet, dimension)))
    block = order[start:end]
    del order[start:end]
    at = to if to <= start else to - (end - start)
    order[at:at] = block
    place = {old: new for new, old in enumerate(order)}
    dimensions.move(sheet, undo, dimension, start, end, to)
    references.follow(file, undo, sheet, _where(dimension, lambda old: place.get(old, old)))


def _where(dimension: str, along: Any) -> references.Where:
    def where(row: int, column: int) -> tuple[int, int] | None:
        found = along(row if dimension == ROWS else column)
        if found is None:
            return None
        return (found, column) if dimension == ROWS else (row, found)

    return where


def append_dimension(batch: Batch, body: Mapping[str, Any]) -> None:
    """Add rows or columns at the end."""
    sheet, dimension = batch.file.grid(body.get("sheetId", 0)), body.get("dimension", "")
    if body.get("length", 0) < 1 or dimension not in (ROWS, dimensions.COLUMNS):
        raise Refusal("Must specify a dimension and a length greater than zero.")  # words unverified
    insert(batch.file, batch.undo, sheet, dimension, dimensions.length(sheet, dimension), body["length"])


def delete_dimension(batch: Batch, body: Mapping[str, Any]) -> None:
    """Delete rows or columns."""
    sheet, dimension, start, end = _span(batch, body.get("range", {}))
    size = dimensions.length(sheet, dimension)
    word = "row" if dimension == ROWS else "column"
    if end > size:
        raise Refusal(
            f"Cannot delete a {word} that doesn't exist. Tried to delete {word} index {max(start, size)} but there are "
            f"only {size} {word}s."
        )
    if end - start == size:
        raise Refusal(f"You can't delete all the {word}s on the sheet.")
    frozen = sheet.properties["gridProperties"].get("frozenRowCount" if dimension == ROWS else "frozenColumnCount", 0)
    if start <= frozen and end == size:
        raise Refusal(f"Sorry, it is not possible to delete all non-frozen {word}s.")
    batch.writer.permit(sheet, _across(sheet, dimension, start, end))
    delete(batch.file, batch.undo, sheet, dimension, start, end)


def move_dimension(batch: Batch, body: Mapping[str, Any]) -> None:
    """Move rows or columns."""
    sheet, dimension, start, end = _span(batch, body.get("source", {}))
    to, size = body.get("destinationIndex", 0), dimensions.length(sheet, dimension)
    if end > size or not 0 <= to <= size:
        raise Refusal(f"The source or destination is beyond the grid of {size}.")  # words unverified
    if start < to < end:
        raise Refusal("The destination index cannot be within the source range.")  # words unverified
    batch.writer.permit(sheet, _across(sheet, dimension, start, end))
    move(batch.file, batch.undo, sheet, dimension, start, end, to)


def update_dimension_properties(batch: Batch, body: Mapping[str, Any]) -> None:
    """Hide, show or size rows or columns."""
    sheet, dimension, start, end = _span(batch, body.get("range", {}))
    tree = masks.for_update(body.get("fields"), "DimensionProperties")
    for item in (sheet.lines if dimension == ROWS else sheet.columns)[start:end]:
        new = masks.merged(item.properties, body.get("properties", {}), tree, "DimensionProperties")
        set_properties(batch.undo, item, new)


def set_properties(undo: Undo, item: Any, properties: Mapping[str, Any]) -> None:
    """Give a row or a column other properties."""
    old = item.properties
    item.properties = properties
    undo.append(lambda: setattr(item, "properties", old))


def auto_resize(batch: Batch, body: Mapping[str, Any]) -> None:
    """Widen columns to their longest text, about."""
    sheet, dimension, start, end = _span(batch, body.get("dimensions", {}))
    for at in range(start, end) if dimension == dimensions.COLUMNS else ():
        longest = max((len(str(line.get(at))) for line in sheet.lines), default=0)
        if longest:
            column = sheet.columns[at]
            set_properties(batch.undo, column, {**column.properties, "pixelSize": 9 * longest + 6})


def add_group(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Group rows or columns, one level deeper than what encloses them."""
    sheet, dimension, start, end = _span(batch, body.get("range", {}))
    kind, flag = (
        ("rowGroup", "rowGroupControlAfter") if dimension == ROWS else ("columnGroup", "columnGroupControlAfter")
    )
    box = Box(start, end) if dimension == ROWS else Box(None, None, start, end)
    around = [pin for pin in sheet.pinned(kind) if sheet.cut(pin.boxes[0]).meets(sheet.cut(box))]
    sheet.add_pin(batch.undo, Pin(kind, (box,), {"depth": len(around) + 1}))
    sheet.set(batch.undo, "gridProperties", {**sheet.properties["gridProperties"], flag: True})
    return _groups(sheet, kind)


def delete_group(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Take the deepest group of rows or columns away."""
    sheet, dimension, start, end = _span(batch, body.get("range", {}))
    kind = "rowGroup" if dimension == ROWS else "columnGroup"
    asked = sheet.cut(Box(start, end) if dimension == ROWS else Box(None, None, start, end))
    found = [pin for pin in sheet.pinned(kind) if sheet.cut(pin.boxes[0]).meets(asked)]
    if not found:
        raise Refusal("There is no group to delete.")  # words unverified
    sheet.drop_pin(batch.undo, max(found, key=lambda pin: int(pin.body["depth"])))
    return _groups(sheet, kind)


def _groups(sheet: Sheet, kind: str) -> Reply:
    found = [written("DimensionGroup", group(sheet, pin)) for pin in sheet.pinned(kind)]
    return {"dimensionGroups": found} if found else {}


HANDLERS: Mapping[str, Handler] = {
    "insertDimension": insert_dimension,
    "appendDimension": append_dimension,
    "deleteDimension": delete_dimension,
    "moveDimension": move_dimension,
    "updateDimensionProperties": update_dimension_properties,
    "autoResizeDimensions": auto_resize,
    "addDimensionGroup": add_group,
    "deleteDimensionGroup": delete_group,
}
