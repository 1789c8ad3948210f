"""Requests that move contents about: sort, find and replace, copy, cut. People's hands use the same functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.sandbox.google import references
from worker.sandbox.google.a1 import Box, Rect
from worker.sandbox.google.batch import Batch, Handler, Reply
from worker.sandbox.google.errors import Refusal, not_modelled
from worker.sandbox.google.formulas import value
from worker.sandbox.google.grid import Formula, Sheet, Undo
from worker.sandbox.google.locales import LOCALES
from worker.sandbox.google.reading import Place, shown_cell
from worker.sandbox.google.references import shifted
from worker.sandbox.google.spreadsheet import Spreadsheet
from worker.sandbox.google.writing import Writer

Keys = Sequence[tuple[int, bool]]  # column, descending
Part = tuple[Sheet, Rect]


def sort(file: Spreadsheet, undo: Undo, sheet: Sheet, rect: Rect, keys: Keys) -> list[int]:
    """Sort the rows of a rectangle; returns which row each place got. Blanks come last either way."""
    order = list(range(rect.top, rect.bottom))
    for column, descending in reversed(keys):
        found = {row: value(file, sheet, sheet.lines[row].get(column)) for row in order}
        filled = [row for row in order if found[row] != ""]
        filled.sort(key=lambda row: _rank(found[row]), reverse=descending)
        order = filled + [row for row in order if found[row] == ""]
    rearrange(sheet, undo, rect, order)
    return order


def _rank(found: Any) -> tuple[int, Any]:
    """Return what numbers, then text, then truth values are sorted by; the case of letters counts nothing."""
    if isinstance(found, bool):
        return 2, found
    return (0, found) if isinstance(found, int | float) else (1, found.casefold())


def rearrange(sheet: Sheet, undo: Undo, rect: Rect, order: Sequence[int]) -> None:
    """Put rows of a rectangle into another order; the formulas in it refer to their new neighbours."""
    sheet.swap_cells(undo, rect, order)
    for place, source in enumerate(order, rect.top):
        line = sheet.lines[place]
        if not (line.live or sheet.lines[source].live) or place == source:
            continue
        for column in range(rect.left, min(rect.right, len(line.cells))):
            cell = line.cells[column]
            if isinstance(cell, Formula):
                sheet.put(undo, place, column, shifted(cell, place - source, 0))


def sort_range(batch: Batch, body: Mapping[str, Any]) -> None:
    """Sort a range; metadata of its rows stays where it was, or goes along where that is switched on."""
    sheet, rect = batch.rect(body.get("range", {}))
    specs = body.get("sortSpecs", [])
    if not specs:
        raise Refusal("Must specify at least one sort spec.")  # words unverified
    keys = [(spec.get("dimensionIndex", 0), spec.get("sortOrder") == "DESCENDING") for spec in specs]
    if any(not rect.left <= column < rect.right for column, _ in keys):
        raise Refusal("The sort column must be within the range.")  # words unverified
    order = sort(batch.file, batch.undo, sheet, rect, keys)
    if batch.sort_moves_metadata:
        carry_metadata(batch.undo, sheet, rect, order)


def carry_metadata(undo: Undo, sheet: Sheet, rect: Rect, order: Sequence[int]) -> None:
    """Let the metadata of rows go where their cells went."""
    place = {source: at for at, source in enumerate(order, rect.top)}
    for pin in sheet.pinned("metadata"):
        row = pin.boxes[0].top if pin.boxes else None
        if row is not None and pin.boxes[0].left is None and place.get(row, row) != row:
            sheet.change_pin(undo, pin, (Box(place[row], place[row] + 1),))


@dataclass(frozen=True)
class _Search:
    """What to look for and where: the pattern that a cell's text must hold, and whether it must fill the cell."""

    pattern: re.Pattern[str]
    replacement: Callable[[re.Match[str]], str] | str
    whole: bool
    formulas: bool


def find_replace(batch: Batch, body: Mapping[str, Any]) -> Reply:
    """Replace in what cells show; the result is read as if typed (inferred)."""
    if not body.get("find"):
        raise Refusal("Must specify something to find.")  # words unverified
    scopes = [name for name in ("range", "sheetId", "allSheets") if name in body]
    if len(scopes) != 1:
        raise Refusal("Must specify exactly one of range, sheetId, allSheets.")  # words unverified
    search = _search(body)
    counts: Counter[str] = Counter()
    for place in _scope(batch, body):
        rect = place.rect
        before = counts["cells"]
        for row in range(rect.top, rect.bottom):
            _replace_row(batch, place.sheet, row, rect, search, counts)
        counts["sheetsChanged"] += counts["cells"] > before
    del counts["cells"]
    return {name: count for name, count in counts.items() if count}


def _search(body: Mapping[str, Any]) -> _Search:
    by_regex = body.get("searchByRegex", False)
    flags = 0 if body.get("matchCase") else re.IGNORECASE
    text = body.get("replacement", "")
    try:
        pattern = re.compile(body["find"] if by_regex else re.escape(body["find"]), flags)
    except re.error:
        raise Refusal(f"Invalid regular expression: {body['find']}") from None
    replacement = re.sub(r"\$(\d)", r"\\\1", text.replace("\\", "\\\\")) if by_regex else (lambda _: text)
    return _Search(pattern, replacement, body.get("matchEntireCell", False), body.get("includeFormulas", False))


def _scope(batch: Batch, body: Mapping[str, Any]) -> list[Place]:
    if "range" in body:
        return [batch.place(body["range"])]
    sheets = batch.file.sheets if body.get("allSheets") else [batch.file.grid(body.get("sheetId", 0))]
    return [Place(sheet, Box()) for sheet in sheets]


def _replace_row(batch: Batch, sheet: Sheet, row: int, rect: Rect, search: _Search, counts: Counter[str]) -> None:
    line, before = sheet.lines[row], counts["cells"]
    locale = LOCALES[batch.file.properties["locale"]]
    for column in range(rect.left, min(rect.right, len(line.cells))):
        cell = line.cells[column]
        formula = isinstance(cell, Formula)
        if cell == "" or (formula and not search.formulas):
            continue
        text = cell.text if formula else shown_cell(batch.file, sheet, row, column, locale)
        if search.whole and search.pattern.fullmatch(text) is None:
            continue
        new, hits = search.pattern.subn(search.replacement, text)
        if not hits:
            continue
        batch.writer.permit(sheet, Rect(row, row + 1, column, column + 1))
        typing = Writer(batch.file, batch.writer.who, batch.undo, batch.writer.today, typed=True)
        typing.put(sheet, row, column, new)
        counts["occurrencesChanged"] += hits
        counts["formulasChanged" if formula else "valuesChanged"] += 1
        counts["cells"] += 1
    counts["rowsChanged"] += counts["cells"] > before


def copy(
    file: Spreadsheet, undo: Undo, source: Part, target: Part, what: str = "PASTE_NORMAL", turned: bool = False
) -> None:
    """Copy cells onto others, again and again where the target is larger; `what` is a PasteType."""
    sheet, rect = source
    goal, area = target
    if rect.height == 0 or rect.width == 0:
        return
    cells = {
        (r, c): (sheet.lines[rect.top + r].get(rect.left + c), sheet.lines[rect.top + r].looks.get(rect.left + c, {}))
        for r in range(rect.height)
        for c in range(rect.width)
    }
    height, width = (rect.width, rect.height) if turned else (rect.height, rect.width)
    for row in range(area.top, area.top + max(1, area.height // height) * height):
        for column in range(area.left, area.left + max(1, area.width // width) * width):
            r, c = (row - area.top) % height, (column - area.left) % width
            r, c = (c, r) if turned else (r, c)
            cell, look = cells[r, c]
            if row >= len(goal.lines) or column >= len(goal.columns):
                raise Refusal("The destination is beyond the grid.")  # words unverified
            if what in ("PASTE_NORMAL", "PASTE_NO_BORDERS", "PASTE_VALUES", "PASTE_FORMULA"):
                if what == "PASTE_VALUES":
                    cell = value(file, sheet, cell)
                elif isinstance(cell, Formula):
                    cell = shifted(cell, row - rect.top - r, column - rect.left - c)
                goal.put(undo, row, column, cell)
            if what in ("PASTE_NORMAL", "PASTE_NO_BORDERS"):
                goal.look(undo, row, column, look)
            elif what in ("PASTE_FORMAT", "PASTE_DATA_VALIDATION"):
                name = "userEnteredFormat" if what == "PASTE_FORMAT" else "dataValidation"
                rest = {key: part for key, part in goal.lines[row].looks.get(column, {}).items() if key != name}
                goal.look(undo, row, column, {**rest, name: look[name]} if name in look else rest)


def copy_paste(batch: Batch, body: Mapping[str, Any]) -> None:
    """Copy a range onto another."""
    what = body.get("pasteType", "PASTE_NORMAL")
    if what == "PASTE_CONDITIONAL_FORMATTING":
        raise not_modelled("copies of conditional formats alone")
    source = batch.place(body.get("source", {}))
    target = batch.rect(body.get("destination", {}))
    turned = body.get("pasteOrientation") == "TRANSPOSE"
    copy(batch.file, batch.undo, (source.sheet, source.rect), target, what, turned)


def cut_paste(batch: Batch, body: Mapping[str, Any]) -> None:
    """Move a range elsewhere; formulas that refer to it follow."""
    sheet, rect = batch.rect(body.get("source", {}))
    to = body.get("destination", {})
    goal, row, column = batch.file.grid(to.get("sheetId", 0)), to.get("rowIndex", 0), to.get("columnIndex", 0)
    area = Rect(row, row + rect.height, column, column + rect.width)
    if row < 0 or column < 0 or area.bottom > len(goal.lines) or area.right > len(goal.columns):
        raise Refusal("The destination is beyond the grid.")  # words unverified
    batch.writer.permit(goal, area)
    cut(batch.file, batch.undo, (sheet, rect), (goal, area))


def cut(file: Spreadsheet, undo: Undo, source: Part, target: Part) -> None:
    """Move cells with their looks."""
    sheet, rect = source
    goal, area = target
    taken = []
    for row in range(rect.top, rect.bottom):
        for column in range(rect.left, rect.right):
            taken.append((row, column, sheet.lines[row].get(column), sheet.lines[row].looks.get(column, {})))
            sheet.put(undo, row, column, "")
            sheet.look(undo, row, column, {})
    for row, column, cell, look in taken:
        goal.put(undo, row - rect.top + area.top, column - rect.left + area.left, cell)
        goal.look(undo, row - rect.top + area.top, column - rect.left + area.left, look)
    if goal is sheet:
        down, right = area.top - rect.top, area.left - rect.left
        references.follow(file, undo, sheet, lambda r, c: (r + down, c + right) if rect.holds(r, c) else (r, c))


HANDLERS: Mapping[str, Handler] = {
    "sortRange": sort_range,
    "findReplace": find_replace,
    "copyPaste": copy_paste,
    "cutPaste": cut_paste,
}
