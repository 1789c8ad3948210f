"""References in formulas follow what they refer to: rows and columns that come, go or move, and copies elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable

from worker.sandbox.google import a1
from worker.sandbox.google.grid import Formula, Sheet, Undo
from worker.sandbox.google.spreadsheet import Spreadsheet

_PLACE = re.compile(
    r"(\"(?:[^\"]|\"\")*\")|(?<![\w.])((?:'(?:[^']|'')+'|\w+)!)?(\$?)([A-Za-z]{1,3})(\$?)([1-9]\d*)(?![\w(])"
)
Where = Callable[[int, int], tuple[int, int] | None]


def shifted(formula: Formula, rows: int, columns: int) -> Formula:
    """Return a formula as its copy reads so many rows down and columns right: what has no $ shifts."""

    def move(match: re.Match[str]) -> str:
        if match[1]:
            return match[0]
        column = a1.column(match[4]) + (0 if match[3] else columns)
        row = int(match[6]) + (0 if match[5] else rows)
        if column < 0 or row < 1:
            return "#REF!"
        return f"{match[2] or ''}{match[3]}{a1.letters(column)}{match[5]}{row}"

    return Formula(_PLACE.sub(move, formula.text))


def follow(file: Spreadsheet, undo: Undo, moved: Sheet, where: Where) -> None:
    """Make every formula follow a tab's cells to where they went; `where` gives None for a cell that is gone."""
    for sheet in file.sheets:
        for row, line in enumerate(sheet.lines):
            if not line.live:
                continue
            for column, cell in enumerate(line.cells):
                if isinstance(cell, Formula):
                    sheet.put(undo, row, column, _followed(cell, sheet, moved, where))


def _followed(formula: Formula, sheet: Sheet, moved: Sheet, where: Where) -> Formula:
    def move(match: re.Match[str]) -> str:
        if match[1]:
            return match[0]
        named = a1.parse(f"{match[2]}A1") if match[2] else None
        title = named.title if named is not None else sheet.title
        if title != moved.title:
            return match[0]
        found = where(int(match[6]) - 1, a1.column(match[4]))
        if found is None:
            return "#REF!"
        return f"{match[2] or ''}{match[3]}{a1.letters(found[1])}{match[5]}{found[0] + 1}"

    return Formula(_PLACE.sub(move, formula.text))
