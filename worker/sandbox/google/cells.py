"""Requests about cells: their values, formats, notes and validation, and merges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from worker.sandbox.google import masks
from worker.sandbox.google.a1 import Box, Rect
from worker.sandbox.google.batch import Batch, Handler
from worker.sandbox.google.dimensions import ROWS
from worker.sandbox.google.errors import Refusal
from worker.sandbox.google.grid import Formula, Look, Pin, Sheet
from worker.sandbox.google.masks import Tree
from worker.sandbox.google.references import shifted
from worker.sandbox.google.rowscolumns import insert
from worker.sandbox.google.shapes import written

_LOOKS = ("userEnteredFormat", "note", "dataValidation")
_PLAIN: Look = {}


def put_cell(batch: Batch, sheet: Sheet, at: tuple[int, int], cell: Mapping[str, Any], tree: Tree) -> None:
    """Write the masked fields of a CellData; what the mask names and the cell lacks is cleared."""
    row, column = at
    if "userEnteredValue" in tree:
        batch.writer.put(sheet, row, column, _value(cell.get("userEnteredValue", {})))
    if not tree.keys().isdisjoint(_LOOKS):
        old = sheet.lines[row].looks.get(column, _PLAIN)
        sheet.look(batch.undo, row, column, _relooked(cell, tree)(old))


def _relooked(cell: Mapping[str, Any], tree: Tree) -> Callable[[Look], Look]:
    """Return what gives a look the masked fields of a CellData; cells that share a look share the new one."""
    named = {name: below for name, below in tree.items() if name in _LOOKS}
    known: dict[int, tuple[Look, Look]] = {}  # the old ones are kept, so that their ids stay theirs

    def relook(old: Look) -> Look:
        if id(old) not in known:
            new = _tidied(masks.merged(old, cell, named, "CellData"))
            known[id(old)] = old, {name: part for name, part in new.items() if part}
        return known[id(old)][1]

    return relook


def _tidied(look: Mapping[str, Any]) -> dict[str, Any]:
    found = written("CellData", look)
    number_format = found.get("userEnteredFormat", {}).get("numberFormat")
    if number_format is not None and "type" not in number_format:
        raise Refusal("Must specify the type of a number format.")  # words unverified
    return found


def _value(given: Mapping[str, Any]) -> Any:
    if len(given) > 1:
        raise Refusal("A value can be of one kind only.")  # words unverified
    if "formulaValue" in given:
        if not given["formulaValue"].startswith("="):
            raise Refusal("A formula must start with an equals sign.")  # words unverified
        return Formula(given["formulaValue"])
    for kind in ("numberValue", "stringValue", "boolValue"):
        if kind in given:
            return given[kind]
    return ""


def update_cells(batch: Batch, body: Mapping[str, Any]) -> None:
    """Write rows of cells into a range or from a cell on; the rest of a range loses the masked fields."""
    tree = masks.for_update(body.get("fields"), "CellData")
    rows = [row.get("values", []) for row in body.get("rows", [])]
    if "range" in body:
        sheet, rect = batch.rect(body["range"])
    else:
        start = body.get("start", {})
        sheet, rect = _from(batch, start.get("sheetId", 0), start.get("rowIndex", 0), start.get("columnIndex", 0), rows)
    for offset, cells in enumerate(rows):
        if cells and rect.top + offset >= rect.bottom:
            raise Refusal(
                f"Attempting to write row: {rect.top + offset}, beyond the last requested row of: {rect.bottom - 1}"
            )
        if rect.left + len(cells) > rect.right:
            raise Refusal(
                f"Attempting to write column: {rect.right}, beyond the last requested column of: {rect.right - 1}"
            )
    for row in range(rect.top, rect.bottom):
        cells = rows[row - rect.top] if row - rect.top < len(rows) else []
        for column in range(rect.left, rect.right):
            place = column - rect.left
            if place < len(cells) or "range" in body:
                put_cell(batch, sheet, (row, column), cells[place] if place < len(cells) else {}, tree)


def _from(batch: Batch, sheet_id: int, row: int, column: int, rows: Sequence[Any]) -> tuple[Sheet, Rect]:
    """Return the rectangle that rows of cells fill from a cell on; refuses one beyond the grid."""
    width = max((len(cells) for cells in rows), default=0)
    sheet = batch.file.grid(sheet_id)
    if row + len(rows) > len(sheet.lines):
        raise Refusal(
            f"Attempting to write row: {len(sheet.lines)}, beyond the last requested row of: {len(sheet.lines) - 1}"
        )
    if column + width > len(sheet.columns):
        last = len(sheet.columns)
        raise Refusal(f"Attempting to write column: {last}, beyond the last requested column of: {last - 1}")
    rect = Rect(row, row + len(rows), column, column + width)
    batch.writer.permit(sheet, rect)
    return sheet, rect


def append_cells(batch: Batch, body: Mapping[str, Any]) -> None:
    """Write rows of cells after the last row that holds a value, anywhere on the tab or in a table."""
    tree = masks.for_update(body.get("fields"), "CellData")
    rows = [row.get("values", []) for row in body.get("rows", [])]
    if "tableId" in body:
        sheet, row, column = _end_of_table(batch, body["tableId"], len(rows))
    else:
        sheet = batch.file.grid(body.get("sheetId", 0))
        last = sheet.last_filled(sheet.frame)
        row, column = (0 if last is None else last[0] + 1), 0
    missing = row + len(rows) - len(sheet.lines)
    if missing > 0:
        insert(batch.file, batch.undo, sheet, ROWS, len(sheet.lines), missing)
    _from(batch, sheet.id, row, column, rows)
    for offset, cells in enumerate(rows):
        for place, cell in enumerate(cells):
            put_cell(batch, sheet, (row + offset, column + place), cell, tree)


def _end_of_table(batch: Batch, table_id: str, count: int) -> tuple[Sheet, int, int]:
    """Return where a table's body takes new rows; it grows, and pushes down what lies below (inferred)."""
    for sheet in batch.file.sheets:
        for pin in sheet.pinned("table"):
            if pin.body["tableId"] != table_id:
                continue
            rect = sheet.cut(pin.boxes[0])
            last = sheet.last_filled(rect)
            row = rect.top + 1 if last is None else last[0] + 1
            missing = row + count - rect.bottom
            if missing > 0:
                if sheet.filled(Rect(rect.bottom, len(sheet.lines), rect.left, rect.right)):
                    insert(batch.file, batch.undo, sheet, ROWS, rect.bottom, missing)
                grown = Box(rect.top, rect.bottom + missing, rect.left, rect.right)
                sheet.change_pin(batch.undo, pin, (grown,))
            return sheet, row, rect.left
    raise Refusal(f"No table with id: {table_id}")  # words unverified


def repeat_cell(batch: Batch, body: Mapping[str, Any]) -> None:
    """Write one cell's masked fields into every cell of a range; a formula shifts as a copy does."""
    tree = masks.for_update(body.get("fields"), "CellData")
    sheet, rect = batch.rect(body.get("range", {}))
    cell = body.get("cell", {})
    formula = cell.get("userEnteredValue", {}).get("formulaValue")
    relook = _relooked(cell, tree)
    for row in range(rect.top, rect.bottom):
        for column in range(rect.left, rect.right):
            if formula:
                moved = shifted(Formula(formula), row - rect.top, column - rect.left)
                cell = {**cell, "userEnteredValue": {"formulaValue": moved.text}}
            if "userEnteredValue" in tree:
                batch.writer.put(sheet, row, column, _value(cell.get("userEnteredValue", {})))
            if not tree.keys().isdisjoint(_LOOKS):
                sheet.look(batch.undo, row, column, relook(sheet.lines[row].looks.get(column, _PLAIN)))


def set_data_validation(batch: Batch, body: Mapping[str, Any]) -> None:
    """Give every cell of a range a rule, or take theirs away. It binds who types, not the API (unverified)."""
    sheet, rect = batch.rect(body.get("range", {}))
    rule = body.get("rule")
    if rule is not None and "type" not in rule.get("condition", {}):
        raise Refusal("Must specify a condition for the data validation rule.")  # words unverified
    if rule is not None and rule["condition"]["type"] == "ONE_OF_LIST" and not rule["condition"].get("values"):
        raise Refusal("ONE_OF_LIST needs at least one value.")  # words unverified
    shown = None if rule is None else written("DataValidationRule", rule)
    for row in range(rect.top, rect.bottom):
        for column in range(rect.left, rect.right):
            look = dict(sheet.lines[row].looks.get(column, {}))
            look.pop("dataValidation", None)
            sheet.look(batch.undo, row, column, look if shown is None else {**look, "dataValidation": shown})


def merge_cells(batch: Batch, body: Mapping[str, Any]) -> None:
    """Merge a range, or its rows or columns each; all but the first value of each merge is lost."""
    sheet, rect = batch.rect(body.get("range", {}))
    _unmerge(batch, sheet, rect)
    kind = body.get("mergeType", "MERGE_ALL")
    if kind == "MERGE_ROWS":
        parts = [Rect(row, row + 1, rect.left, rect.right) for row in range(rect.top, rect.bottom)]
    elif kind == "MERGE_COLUMNS":
        parts = [Rect(rect.top, rect.bottom, column, column + 1) for column in range(rect.left, rect.right)]
    else:
        parts = [rect]
    for part in parts:
        if part.height * part.width < 2:
            continue
        for row in range(part.top, part.bottom):
            for column in range(part.left, part.right):
                if (row, column) != (part.top, part.left):
                    sheet.put(batch.undo, row, column, "")
        sheet.add_pin(batch.undo, Pin("merge", (Box(part.top, part.bottom, part.left, part.right),)))


def unmerge_cells(batch: Batch, body: Mapping[str, Any]) -> None:
    """Take away the merges of a range."""
    sheet, rect = batch.rect(body.get("range", {}))
    _unmerge(batch, sheet, rect)


def _unmerge(batch: Batch, sheet: Sheet, rect: Rect) -> None:
    for pin in sheet.pinned("merge"):
        part = sheet.cut(pin.boxes[0])
        if not part.meets(rect):
            continue
        if not (rect.holds(part.top, part.left) and rect.holds(part.bottom - 1, part.right - 1)):
            raise Refusal("You must select all cells in a merged range to merge or unmerge them.")
        sheet.drop_pin(batch.undo, pin)


HANDLERS: Mapping[str, Handler] = {
    "updateCells": update_cells,
    "appendCells": append_cells,
    "repeatCell": repeat_cell,
    "setDataValidation": set_data_validation,
    "mergeCells": merge_cells,
    "unmergeCells": unmerge_cells,
}
