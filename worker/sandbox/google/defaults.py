"""What a new spreadsheet is like: the properties, the default format and the theme that every one is born with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.sandbox.google.shapes import channel

ROW_HEIGHT, COLUMN_WIDTH = 21, 100
_WHITE = {"red": 1, "green": 1, "blue": 1}
# Shown in every format, false as it is; that no other zero is shown is the rule everywhere else (recorded).
_TEXT: Mapping[str, Any] = {
    "foregroundColor": {}, "fontFamily": "arial,sans,sans-serif", "fontSize": 10, "bold": False, "italic": False,
    "strikethrough": False, "underline": False, "foregroundColorStyle": {"rgbColor": {}},
}  # fmt: skip
FORMAT: Mapping[str, Any] = {
    "backgroundColor": _WHITE, "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM", "wrapStrategy": "OVERFLOW_CELL", "textFormat": _TEXT,
    "backgroundColorStyle": {"rgbColor": _WHITE},
}  # fmt: skip
_THEME = {
    "TEXT": "000000", "BACKGROUND": "ffffff", "ACCENT1": "4285f4", "ACCENT2": "ea4335", "ACCENT3": "fbbc04",
    "ACCENT4": "34a853", "ACCENT5": "ff6d01", "ACCENT6": "46bdc6", "LINK": "1155cc",
}  # fmt: skip


def properties(title: str, locale: str, time_zone: str) -> dict[str, Any]:
    """Return the properties of a new spreadsheet."""
    return {
        "title": title, "locale": locale, "autoRecalc": "ON_CHANGE", "timeZone": time_zone, "defaultFormat": FORMAT,
        "spreadsheetTheme": {
            "primaryFontFamily": "Arial",
            "themeColors": [{"colorType": name, "color": {"rgbColor": _rgb(code)}} for name, code in _THEME.items()],
        },
    }  # fmt: skip


def _rgb(code: str) -> dict[str, float]:
    parts = {name: int(code[at : at + 2], 16) for at, name in ((0, "red"), (2, "green"), (4, "blue"))}
    return {name: channel(part / 255) for name, part in parts.items() if part}
