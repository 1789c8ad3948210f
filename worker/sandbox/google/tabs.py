"""Requests about the spreadsheet and its tabs: made, deleted, copied, renamed, moved, hidden, grown, frozen."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from worker.sandbox.google import dimensions, masks
from worker.sandbox.google.batch import Batch, Handler, Reply
from worker.sandbox.google.errors import Refusal
from worker.sandbox.google.getting import sheet_properties
from worker.sandbox.google.grid import Pin, Sheet
from worker.sandbox.google.locales import LOCALES
from worker.sandbox.google.spreadsheet import Spreadsheet


def update_spreadsheet_properties(batch: Batch, body: Mapping[str, Any]) -> None:
    """Change title, locale, time zone and the like of the spreadsheet."""
    tree = masks.for_update(body.get("fields"), "SpreadsheetProperties")
    new = masks.merged(batch.file.properties, body.get("properties", {}), tree, "SpreadsheetProperties")
    if new.get("locale") not in LOCALES:
        raise Refusal(f"Unsupported locale: {new.get('locale')}")  # words unverified; the sandbox knows a few
    try:
        ZoneInfo(str(new.get("timeZone")))
    except (ZoneInfoNotFoundError, ValueError):
        raise Refusal(f"Invalid timeZone: {new.get('timeZone')}") from None
    batch.file.set(batch.undo, new)


def add_sheet(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Make a tab."""
    said = dict(body.get("properties", {}))
    if said.get("sheetType", "GRID") != "GRID":
        raise Refusal("Only sheets of the type GRID can be added.")
    grid = dict(said.pop("gridProperties", {}))
    title = said.pop("title", None) or _new_title(batch.file)
    sheet = Sheet(
        _new_id(batch, said.pop("sheetId", None)), title, grid.pop("rowCount", 1000), grid.pop("columnCount", 26)
    )
    _check_title(batch.file, title, None)
    batch.file.room(len(sheet.lines) * len(sheet.columns))
    at = said.pop("index", None)
    sheet.properties |= {**said, "gridProperties": grid}
    _check_frozen(sheet, grid)
    batch.file.place(batch.undo, sheet, at)
    return {"properties": sheet_properties(sheet, batch.file.sheets.index(sheet))}


def _new_title(file: Spreadsheet) -> str:
    number = len(file.sheets) + 1
    while file.titled(f"Sheet{number}") is not None:
        number += 1
    return f"Sheet{number}"


def _new_id(batch: Batch, wanted: int | None) -> int:
    if wanted is None:
        return batch.mint()
    if any(sheet.id == wanted for sheet in batch.file.sheets):
        raise Refusal(f"A sheet with id {wanted} already exists.")  # words unverified
    return wanted


def _check_title(file: Spreadsheet, title: str, own: Sheet | None) -> None:
    taken = {sheet.title.casefold() for sheet in file.sheets if sheet is not own}
    if title.casefold() in taken:
        raise Refusal(f'A sheet with the name "{title}" already exists. Please enter another name.')


def _check_frozen(sheet: Sheet, grid: Mapping[str, Any]) -> None:
    if grid.get("frozenRowCount", 0) >= len(sheet.lines):
        raise Refusal("You can't freeze all visible rows on the sheet.")
    if grid.get("frozenColumnCount", 0) >= len(sheet.columns):
        raise Refusal("You can't freeze all visible columns on the sheet.")


def delete_sheet(batch: Batch, body: Mapping[str, Any]) -> None:
    """Delete a tab with all that is on it."""
    sheet = batch.file.sheet(body.get("sheetId", 0))
    batch.writer.permit(sheet, sheet.frame)
    if len(batch.file.sheets) == 1:
        raise Refusal("You can't remove all the sheets in a document.")
    if all(one.properties.get("hidden") for one in batch.file.sheets if one is not sheet):
        raise Refusal("You can't remove all the visible sheets in a document.")
    batch.file.drop(batch.undo, sheet)


def duplicate_sheet(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Copy a tab; what is pinned to it gets new ids."""
    source = batch.file.sheet(body.get("sourceSheetId", 0))
    title = body.get("newSheetName") or f"Copy of {source.title}"
    _check_title(batch.file, title, None)
    sheet = Sheet(_new_id(batch, body.get("newSheetId")), title, 0, 0)
    sheet.properties |= {**source.properties, "title": title}
    sheet.lines = [copy.copy(line) for line in source.lines]
    for line in sheet.lines:
        line.cells, line.looks = list(line.cells), dict(line.looks)
    sheet.columns = [copy.copy(column) for column in source.columns]
    for pin in source.pins:
        if pin.kind in ("merge", "conditional", "protected", "filter"):
            fresh = {"protectedRangeId": batch.mint()} if pin.kind == "protected" else {}
            sheet.pins.append(Pin(pin.kind, pin.boxes, {**pin.body, **fresh}))
    batch.file.room(len(sheet.lines) * len(sheet.columns))
    batch.file.place(batch.undo, sheet, body.get("insertSheetIndex", 0))
    return {"properties": sheet_properties(sheet, batch.file.sheets.index(sheet))}


def update_sheet_properties(batch: Batch, body: Mapping[str, Any]) -> None:
    """Change title, place, size, frozen rows, hiding, colour of a tab."""
    given = body.get("properties", {})
    tree = masks.for_update(body.get("fields"), "SheetProperties")
    sheet = batch.file.sheet(given.get("sheetId", 0))
    old = sheet_properties(sheet, batch.file.sheets.index(sheet))
    new = masks.merged(old, given, tree, "SheetProperties")
    if "tabColorStyle" in tree and "tabColor" not in tree:
        new.pop("tabColor", None)
    if not new.get("tabColorStyle", True):
        del new["tabColorStyle"]
    if not new.get("title"):
        raise Refusal("Sheet title cannot be empty.")  # words unverified
    _check_title(batch.file, new["title"], sheet)
    if new.get("hidden") and all(one.properties.get("hidden") for one in batch.file.sheets if one is not sheet):
        raise Refusal("You can't hide all the sheets in a document.")
    grid = dict(new.pop("gridProperties", {}))
    _resize(batch, sheet, dimensions.ROWS, grid.pop("rowCount", 0))
    _resize(batch, sheet, dimensions.COLUMNS, grid.pop("columnCount", 0))
    _check_frozen(sheet, grid)
    at = new.pop("index", None)
    del new["sheetId"]
    before = sheet.properties
    sheet.properties = {**new, "gridProperties": grid}
    batch.undo.append(lambda: setattr(sheet, "properties", before))
    if "index" in tree:
        _move(batch, sheet, at)


def _move(batch: Batch, sheet: Sheet, to: int | None) -> None:
    """Move a tab: an index counts places as they are before the move, so one's own and the next change nothing."""
    at = batch.file.sheets.index(sheet)
    if to is None:
        batch.file.place(batch.undo, sheet)
    elif to not in (at, at + 1):
        batch.file.place(batch.undo, sheet, to if to < at else to - 1)


def _resize(batch: Batch, sheet: Sheet, dimension: str, size: int) -> None:
    now = dimensions.length(sheet, dimension)
    if size < 1:
        raise Refusal(f"The grid needs at least one {'row' if dimension == dimensions.ROWS else 'column'}.")
    if size > now:
        other = len(sheet.columns) if dimension == dimensions.ROWS else len(sheet.lines)
        batch.file.room((size - now) * other)
        dimensions.insert(sheet, batch.undo, dimension, now, size - now)
    elif size < now:
        dimensions.delete(sheet, batch.undo, dimension, size, now)


HANDLERS: Mapping[str, Handler] = {
    "updateSpreadsheetProperties": update_spreadsheet_properties,
    "addSheet": add_sheet,
    "deleteSheet": delete_sheet,
    "duplicateSheet": duplicate_sheet,
    "updateSheetProperties": update_sheet_properties,
}
