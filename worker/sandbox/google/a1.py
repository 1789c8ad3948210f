"""A1 notation and grid ranges: where a range lies, and how it is written in answers.

A box may be open at any side (None); a rectangle is a box cut to a grid. Rows and columns count from 0 here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_CORNER = r"\$?([A-Za-z]{1,3})?\$?([1-9]\d{0,6})?"
_RANGE = re.compile(rf"{_CORNER}(?::{_CORNER})?")
_QUOTED = re.compile(r"'((?:[^']|'')*)'(?:!(.+))?", re.DOTALL)
_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*|TRUE|FALSE", re.IGNORECASE)


@dataclass(frozen=True)
class Rect:
    """Rows top to bottom and columns left to right, ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        """Return how many rows it has."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Return how many columns it has."""
        return self.right - self.left

    def holds(self, row: int, column: int) -> bool:
        """Tell whether a cell lies in it."""
        return self.top <= row < self.bottom and self.left <= column < self.right

    def meets(self, other: Rect) -> bool:
        """Tell whether two rectangles have a cell in common."""
        return (
            self.top < other.bottom and other.top < self.bottom and self.left < other.right and other.left < self.right
        )


@dataclass(frozen=True)
class Box:
    """A range as it was given: a side that is None is open."""

    top: int | None = None
    bottom: int | None = None
    left: int | None = None
    right: int | None = None

    def cut(self, rows: int, columns: int) -> Rect:
        """Return the part of it that lies on a grid; empty where none does."""
        top, left = self.top or 0, self.left or 0
        bottom = rows if self.bottom is None else min(self.bottom, rows)
        right = columns if self.right is None else min(self.right, columns)
        return Rect(top, max(top, bottom), left, max(left, right))

    @staticmethod
    def of(row: int, column: int) -> Box:
        """Return the box of one cell."""
        return Box(row, row + 1, column, column + 1)

    @staticmethod
    def read(message: Mapping[str, Any]) -> Box:
        """Return the box of a GridRange."""
        return Box(message.get("startRowIndex"), message.get("endRowIndex"), message.get("startColumnIndex"),
                   message.get("endColumnIndex"))  # fmt: skip

    def grid_range(self, sheet_id: int) -> dict[str, Any]:
        """Return it as a GridRange."""
        sides = {"startRowIndex": self.top, "endRowIndex": self.bottom, "startColumnIndex": self.left,
                 "endColumnIndex": self.right}  # fmt: skip
        return {"sheetId": sheet_id, **{name: at for name, at in sides.items() if at is not None}}


@dataclass(frozen=True)
class Reference:
    """What an A1 text says: the tab's title or None, then a box, or a name that may be a named range or a tab.

    `anchor` is true for a single cell written without a colon: a write may reach beyond it.
    """

    title: str | None
    box: Box | None
    name: str = ""
    anchor: bool = False


def parse(text: str) -> Reference | None:
    """Read A1 notation; None when it is none."""
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        title = quoted[1].replace("''", "'")
        return Reference(title, Box()) if quoted[2] is None else _below(title, quoted[2])
    title, bang, rest = text.rpartition("!")
    if bang:
        return _below(title, rest) if title and rest else None
    return _below(None, text) if text else None


def _below(title: str | None, text: str) -> Reference | None:
    box = cells(text)
    if box is not None:
        return Reference(title, box, anchor=":" not in text)
    if ":" in text or (title is not None and not _PLAIN_TITLE.fullmatch(text)):
        return None
    return Reference(title, None, text)


def cells(text: str) -> Box | None:
    """Read the part after the tab: `A1`, `A1:B2`, `A:C`, `2:3`, `A2:F`, `A1:1`; corners may be swapped."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    left, top, right, bottom = match.groups()
    if ":" not in text:
        return Box.of(int(top) - 1, column(left)) if left and top else None
    if not (left or top) or not (right or bottom):
        return None
    rows = sorted(int(row) - 1 for row in (top, bottom) if row)
    columns = sorted(column(letters) for letters in (left, right) if letters)
    return Box(rows[0] if rows else None, rows[1] + 1 if len(rows) == 2 else None,
               columns[0] if columns else None, columns[1] + 1 if len(columns) == 2 else None)  # fmt: skip


def column(letters: str) -> int:
    """Return the number of a column: A is 0."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def letters(number: int) -> str:
    """Return the letters of a column: 0 is A."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def quoted_title(title: str) -> str:
    """Return a tab's title as answers write it: in quotes unless it is one plain word that is no cell's name."""
    if _PLAIN_TITLE.fullmatch(title) and not _LIKE_A_CELL.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def write(title: str, rect: Rect) -> str:
    """Return a rectangle in A1 notation."""
    first = f"{letters(rect.left)}{rect.top + 1}"
    last = f"{letters(max(rect.left, rect.right - 1))}{max(rect.top, rect.bottom - 1) + 1}"
    return f"{quoted_title(title)}!{first}" + ("" if first == last else f":{last}")


def write_open(title: str, box: Box) -> str:
    """Return a box in A1 notation as it was asked for, open sides and all."""
    first = (letters(box.left) if box.left is not None else "") + (str(box.top + 1) if box.top is not None else "")
    last = (letters(box.right - 1) if box.right else "") + (str(box.bottom) if box.bottom else "")
    if not (first or last):
        return quoted_title(title)
    return f"{quoted_title(title)}!{first}" + ("" if first == last else f":{last}")
