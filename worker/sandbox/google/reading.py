"""Values as the API gives them out: ranges found, rows ragged, trailing empties left out, rendered as asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.sandbox.google import a1, errors
from worker.sandbox.google.a1 import Box, Rect
from worker.sandbox.google.formulas import value
from worker.sandbox.google.grid import Formula, Line, Sheet
from worker.sandbox.google.locales import LOCALES, Locale
from worker.sandbox.google.rendering import formatted, unformatted
from worker.sandbox.google.spreadsheet import Spreadsheet

NO_FORMAT: Mapping[str, str] = {}


@dataclass(frozen=True)
class Options:
    """How values are wanted; an unspecified option is the default."""

    major: str = "ROWS"
    render: str = "FORMATTED_VALUE"
    moments: str = "SERIAL_NUMBER"

    @staticmethod
    def read(major: str | None, render: str | None, moments: str | None) -> Options:
        """Return options of what a request says."""

        def said(given: str | None, default: str) -> str:
            return default if given is None or given.endswith("_UNSPECIFIED") else given

        return Options(said(major, "ROWS"), said(render, "FORMATTED_VALUE"), said(moments, "SERIAL_NUMBER"))


@dataclass(frozen=True)
class Place:
    """A range on a tab; `anchor` is a single cell without a colon, beyond which a write may reach."""

    sheet: Sheet
    box: Box
    anchor: bool = False

    @property
    def rect(self) -> Rect:
        """Return the part that lies on the grid; `Refusal` when it begins beyond."""
        sheet = self.sheet
        rows, columns = len(sheet.lines), len(sheet.columns)
        if (self.box.top or 0) >= rows or (self.box.left or 0) >= columns:
            raise errors.Refusal(
                f"Range ({a1.write_open(sheet.title, self.box)}) exceeds grid limits. "
                f"Max rows: {rows}, max columns: {columns}"
            )
        return sheet.cut(self.box)


def find(file: Spreadsheet, text: str) -> Place:
    """Return the place that an A1 text says; `Refusal` when it says none."""
    found = a1.parse(text)
    if found is not None:
        if found.title is None and found.box is None:
            return _by_name(file, found.name, text)
        sheet = _first(file) if found.title is None else file.titled(found.title)
        if sheet is not None and found.box is not None:
            return Place(sheet, found.box, found.anchor)
        if sheet is not None:
            return _by_name(file, found.name, text)
    sheet = file.titled(text)
    if sheet is None:
        raise errors.Refusal(f"Unable to parse range: {text}")
    return Place(sheet, Box())


def _first(file: Spreadsheet) -> Sheet:
    return next(sheet for sheet in file.sheets if not sheet.properties.get("hidden"))


def _by_name(file: Spreadsheet, name: str, text: str) -> Place:
    """Return a tab of this name, else a named range."""
    sheet = file.titled(name)
    if sheet is not None:
        return Place(sheet, Box())
    for sheet in file.sheets:
        for pin in sheet.pinned("named"):
            if pin.body["name"] == name:
                return Place(sheet, pin.boxes[0])
    raise errors.Refusal(f"Unable to parse range: {text}")


def value_range(file: Spreadsheet, sheet: Sheet, rect: Rect, options: Options) -> dict[str, Any]:
    """Return a ValueRange; without `values` when all is empty (recorded)."""
    found = rows(file, sheet, rect, options)
    if options.major == "COLUMNS":
        found = _turned(found)
    out: dict[str, Any] = {"range": a1.write(sheet.title, rect), "majorDimension": options.major}
    return {**out, "values": found} if found else out


def rows(file: Spreadsheet, sheet: Sheet, rect: Rect, options: Options) -> list[list[Any]]:
    """Return the rows of a rectangle without what is empty at their ends and at the end of all."""
    render = _renderer(file, sheet, options)
    found = []
    for line in sheet.lines[rect.top : rect.bottom]:
        cells = render(line, rect.left, rect.right)
        while cells and cells[-1] == "":
            cells.pop()
        found.append(cells)
    while found and not found[-1]:
        found.pop()
    return found


def _turned(found: Sequence[Sequence[Any]]) -> list[list[Any]]:
    width = max((len(row) for row in found), default=0)
    columns: list[list[Any]] = [[row[at] if at < len(row) else "" for row in found] for at in range(width)]
    for column in columns:
        while column and column[-1] == "":
            column.pop()
    return columns


def _renderer(file: Spreadsheet, sheet: Sheet, options: Options) -> Any:
    """Return what renders the cells of a line between two columns, as a new list."""
    locale = LOCALES[file.properties["locale"]]

    def bare(line: Line, left: int, right: int) -> list[Any]:
        cells = line.cells[left:right]
        return [value(file, sheet, cell) for cell in cells] if line.live else cells

    def as_entered(line: Line, left: int, right: int) -> list[Any]:
        cells = line.cells[left:right]
        return [cell.text if isinstance(cell, Formula) else cell for cell in cells] if line.live else cells

    def with_moments(plain: Any) -> Any:
        def render(line: Line, left: int, right: int) -> list[Any]:
            cells = plain(line, left, right)
            return [unformatted(cell, format_of(line, left + at), locale) for at, cell in enumerate(cells)]

        return render

    def shown(line: Line, left: int, right: int) -> list[Any]:
        return [
            cell if type(cell) is str else formatted(value(file, sheet, cell), format_of(line, left + at), locale)
            for at, cell in enumerate(line.cells[left:right])
        ]

    if options.render == "FORMATTED_VALUE":
        return shown
    plain = as_entered if options.render == "FORMULA" else bare
    return with_moments(plain) if options.moments == "FORMATTED_STRING" else plain


def format_of(line: Line, column: int) -> Mapping[str, str]:
    """Return the number format of a cell; empty for Automatic."""
    if not line.looks:
        return NO_FORMAT
    found: Mapping[str, str] = line.looks.get(column, {}).get("userEnteredFormat", {}).get("numberFormat", NO_FORMAT)
    return found


def shown_cell(file: Spreadsheet, sheet: Sheet, row: int, column: int, locale: Locale) -> str:
    """Return one cell as a person sees it."""
    line = sheet.lines[row]
    return formatted(value(file, sheet, line.get(column)), format_of(line, column), locale)
