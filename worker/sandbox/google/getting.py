"""spreadsheets.get: the spreadsheet and its tabs, and cells with everything about them where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.sandbox.google import masks
from worker.sandbox.google.a1 import Box, Rect
from worker.sandbox.google.defaults import COLUMN_WIDTH, FORMAT, ROW_HEIGHT
from worker.sandbox.google.formulas import value
from worker.sandbox.google.grid import Column, Formula, Line, Look, Pin, Sheet
from worker.sandbox.google.locales import LOCALES
from worker.sandbox.google.metadata import KIND, shown
from worker.sandbox.google.reading import Place, format_of
from worker.sandbox.google.rendering import formatted
from worker.sandbox.google.shapes import written
from worker.sandbox.google.spreadsheet import Spreadsheet

_ERRORS = {"#N/A": "N_A", "#NAME?": "NAME", "#REF!": "REF", "#DIV/0!": "DIVIDE_BY_ZERO", "#VALUE!": "VALUE",
           "#NUM!": "NUM", "#ERROR!": "ERROR"}  # fmt: skip
# Where things pinned to a tab are listed, and as which message.
_LISTS = {
    "merge": ("merges", "GridRange"), "conditional": ("conditionalFormats", "ConditionalFormatRule"),
    "protected": ("protectedRanges", "ProtectedRange"), "filterView": ("filterViews", "FilterView"),
    "rowGroup": ("rowGroups", "DimensionGroup"), "columnGroup": ("columnGroups", "DimensionGroup"),
    "table": ("tables", "Table"),
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What a caller wants to see: a mask (None without `fields`), places (empty: everything), grid data."""

    mask: masks.Tree | None = None
    places: Sequence[Place] = ()
    grid: bool = False

    def data(self) -> bool:
        """Tell whether cells are wanted; a mask that names them decides alone."""
        return self.grid if self.mask is None else masks.wants(self.mask, "sheets", "data")

    def part(self, name: str) -> bool:
        """Tell whether a part of the grid data is wanted."""
        return self.mask is None or masks.wants(self.mask, "sheets", "data", name)


def spreadsheet(file: Spreadsheet, who: str, wanted: Wanted) -> dict[str, Any]:
    """Return a Spreadsheet, masked."""
    chosen = [place.sheet for place in wanted.places]
    sheets = [
        _sheet(file, who, sheet, index, wanted)
        for index, sheet in enumerate(file.sheets)
        if not chosen or sheet in chosen
    ]
    named = [named_range(sheet, pin) for sheet in file.sheets for pin in sheet.pinned("named")]
    found: dict[str, Any] = {"spreadsheetId": file.id, "properties": dict(file.properties), "sheets": sheets}
    if named:
        found["namedRanges"] = named
    found["spreadsheetUrl"] = f"https://docs.google.com/spreadsheets/d/{file.id}/edit"
    if file.metadata:
        found["developerMetadata"] = [shown((None, pin)) for pin in file.metadata]
    return found if wanted.mask is None else dict(masks.shown(found, wanted.mask))


def sheet_properties(sheet: Sheet, index: int) -> dict[str, Any]:
    """Return SheetProperties."""
    size = {"rowCount": len(sheet.lines), "columnCount": len(sheet.columns)}
    grid = {**size, **sheet.properties["gridProperties"]}
    said = {**sheet.properties, "sheetId": sheet.id, "index": index, "gridProperties": grid}
    return written("SheetProperties", said)


def _sheet(file: Spreadsheet, who: str, sheet: Sheet, index: int, wanted: Wanted) -> dict[str, Any]:
    found: dict[str, Any] = {"properties": sheet_properties(sheet, index)}
    if wanted.data():
        places = [place.rect for place in wanted.places if place.sheet is sheet] or [sheet.frame]
        found["data"] = [_grid_data(file, sheet, rect, wanted) for rect in places]
    for kind, (name, message) in _LISTS.items():
        pins = sheet.pinned(kind)
        if pins:
            found[name] = [written(message, _listed(file, who, sheet, pin)) for pin in pins]
    for pin in sheet.pinned("filter"):
        box = Box(*_sides(sheet.cut(pin.boxes[0])))
        found["basicFilter"] = written("BasicFilter", {**pin.body, "range": box.grid_range(sheet.id)})
    notes = [shown((sheet, pin)) for pin in sheet.pinned(KIND) if not pin.boxes]
    return {**found, "developerMetadata": notes} if notes else found


def _sides(rect: Rect) -> tuple[int, int, int, int]:
    return rect.top, rect.bottom, rect.left, rect.right


def _listed(file: Spreadsheet, who: str, sheet: Sheet, pin: Pin) -> dict[str, Any]:
    ranges = [box.grid_range(sheet.id) for box in pin.boxes]
    if pin.kind == "merge":
        return ranges[0]
    if pin.kind == "conditional":
        return {**pin.body, "ranges": ranges}
    if pin.kind in ("rowGroup", "columnGroup"):
        return group(sheet, pin)
    if pin.kind == "protected":
        return protected_range(file, who, sheet, pin)
    return {**pin.body, "range": ranges[0]}


def protected_range(file: Spreadsheet, who: str, sheet: Sheet, pin: Pin) -> dict[str, Any]:
    """Return a ProtectedRange as someone sees it."""
    editors = pin.body.get("editors", {})
    can = file.shares.get(who) == "owner" or who in editors.get("users", ()) or bool(pin.body.get("warningOnly"))
    holes = [hole.boxes[0].grid_range(sheet.id) for hole in sheet.pinned("hole") if hole.body["of"] is pin]
    found = {**pin.body, "range": pin.boxes[0].grid_range(sheet.id), "requestingUserCanEdit": can, "editors": editors}
    return {**found, "unprotectedRanges": holes} if holes else found


def named_range(sheet: Sheet, pin: Pin) -> dict[str, Any]:
    """Return a NamedRange."""
    return written("NamedRange", {**pin.body, "range": pin.boxes[0].grid_range(sheet.id)})


def group(sheet: Sheet, pin: Pin) -> dict[str, Any]:
    """Return a DimensionGroup."""
    box, rows = pin.boxes[0], pin.kind == "rowGroup"
    start, end = (box.top, box.bottom) if rows else (box.left, box.right)
    span = {"sheetId": sheet.id, "dimension": "ROWS" if rows else "COLUMNS", "startIndex": start, "endIndex": end}
    return {**pin.body, "range": span}


def _grid_data(file: Spreadsheet, sheet: Sheet, rect: Rect, wanted: Wanted) -> dict[str, Any]:
    found: dict[str, Any] = {"startRow": rect.top, "startColumn": rect.left}
    if wanted.part("rowData"):
        found["rowData"] = _row_data(file, sheet, rect)
    if wanted.part("rowMetadata"):
        found["rowMetadata"] = [
            _dimension(sheet, line, ROW_HEIGHT, Box(row, row + 1))
            for row, line in _numbered(sheet.lines, rect.top, rect.bottom)
        ]
    if wanted.part("columnMetadata"):
        found["columnMetadata"] = [
            _dimension(sheet, column, COLUMN_WIDTH, Box(None, None, at, at + 1))
            for at, column in _numbered(sheet.columns, rect.left, rect.right)
        ]
    return {name: part for name, part in found.items() if part}


def _numbered(items: Sequence[Any], start: int, end: int) -> Any:
    return enumerate(items[start:end], start)


def _dimension(sheet: Sheet, item: Line | Column, size: int, box: Box) -> dict[str, Any]:
    found = {"pixelSize": size, **item.properties}
    notes = [shown((sheet, pin)) for pin in sheet.pins if pin.kind == KIND and pin.boxes == (box,)]
    return written("DimensionProperties", {**found, "developerMetadata": notes} if notes else found)


def _row_data(file: Spreadsheet, sheet: Sheet, rect: Rect) -> list[dict[str, Any]]:
    """Return rows of cells; empty cells and rows at the ends are left out, whatever the mask (inferred)."""
    found: list[dict[str, Any]] = []
    for row in range(rect.top, rect.bottom):
        line = sheet.lines[row]
        last = max([len(line.cells), *(column + 1 for column in line.looks)], default=0)
        cells = [cell_data(file, sheet, row, column) for column in range(rect.left, min(last, rect.right))]
        while cells and not cells[-1]:
            cells.pop()
        found.append({"values": cells} if cells else {})
    while found and not found[-1]:
        found.pop()
    return found


def cell_data(file: Spreadsheet, sheet: Sheet, row: int, column: int) -> dict[str, Any]:
    """Return CellData, empty for an empty cell without a look."""
    line = sheet.lines[row]
    cell, look = line.get(column), line.looks.get(column, {})
    found: dict[str, Any] = {}
    if cell != "":
        result = value(file, sheet, cell)
        shown_as = formatted(result, format_of(line, column), LOCALES[file.properties["locale"]])
        found = {"userEnteredValue": _extended(cell), "effectiveValue": _effective(cell, result),
                 "formattedValue": shown_as}  # fmt: skip
    if cell != "" or "userEnteredFormat" in look:
        found["effectiveFormat"] = _effective_format(look)
    return written("CellData", {**found, **look})


def _extended(cell: Any) -> dict[str, Any]:
    if isinstance(cell, Formula):
        return {"formulaValue": cell.text}
    if isinstance(cell, bool):
        return {"boolValue": cell}
    return {"stringValue": cell} if isinstance(cell, str) else {"numberValue": cell}


def _effective(cell: Any, result: Any) -> dict[str, Any]:
    if isinstance(cell, Formula) and result in _ERRORS:
        return {"errorValue": {"type": _ERRORS[result]}}
    return _extended(result)


def _effective_format(look: Look) -> Mapping[str, Any]:
    own: Mapping[str, Any] = look.get("userEnteredFormat", {})
    text = {**FORMAT["textFormat"], **own.get("textFormat", {})}
    return {**FORMAT, **own, "textFormat": text}
