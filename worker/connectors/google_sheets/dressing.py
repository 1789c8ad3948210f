"""What makes a tab good to work in: drop-down lists, ticks, formats of numbers and dates, protection, colours. Pure.

Every text column of ours is formatted as plain text, so that `+44 20…`, `007` and `1/2` stay what a person typed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from worker.connectors.google_sheets.identity import KEYS
from worker.connectors.google_sheets.layout import Placed
from worker.domain.tables import Column, Table

Request = Mapping[str, Any]

KEY = "quarterday.dressed"
PROTECTED = "Written by Quarterday: to overrule it use Hold or Adjustment"
_VERSION = 2
_WIDE = {"Why": 420, "Problem": 320, "Notes": 240, "Note": 240, "Suggestion": 280, "Before": 240, "After": 240}
_PATTERNS = {
    "number": ("NUMBER", "#,##0.00##"), "money": ("NUMBER", "#,##0.00##"), "date": ("DATE", "yyyy-mm-dd"),
    "datetime": ("DATE_TIME", "yyyy-mm-dd hh:mm"),
}  # fmt: skip
_WHOLE = frozenset({"Leads", "Won"})
_FEW = 3  # columns that may be frozen at the most: more would leave no room to scroll
_RED, _AMBER, _GREEN, _GREY = (
    {"red": r, "green": g, "blue": b}
    for r, g, b in ((0.96, 0.8, 0.8), (1.0, 0.9, 0.6), (0.85, 0.93, 0.83), (0.94, 0.94, 0.94))
)
_STATUS_COLOURS = {
    "Needs attention": _RED, "Duplicate": _AMBER, "In review": _AMBER, "On hold": _AMBER, "Cancelled": _GREY,
    "Won": _GREEN, "Paid": _GREEN,
}  # fmt: skip


def digest(table: Table, options: Mapping[str, Sequence[str]]) -> str:
    """Return what tells whether a tab is dressed as it would be today."""
    said = json.dumps([_VERSION, [c.name for c in table.columns], sorted(options.items())], default=list)
    return hashlib.blake2b(said.encode(), digest_size=6).hexdigest()


def requests(
    placed: Placed, options: Mapping[str, Sequence[str]], account: str, standing: Mapping[str, Any]
) -> list[Request]:
    """Return the requests that dress a tab; `standing` is what it lists of protections, colours and notes now."""
    found = [*_undressed(placed.tab, standing), _frozen(placed), *_header(placed)]
    for column in placed.table.columns:
        at = placed.columns[column.name]
        body = _body(placed, at)
        found += _format(body, column)
        found += _validation(body, column, options.get(column.name, ()))
        found += _colours(body, column)
        if column.owner == "W":
            found.append(_protection(placed.tab, at, account))
        if column.name in _WIDE:
            found.append(_width(placed.tab, at, _WIDE[column.name]))
    return [*found, _noted(placed.tab, digest(placed.table, options))]


def _undressed(tab: int, standing: Mapping[str, Any]) -> Iterator[Request]:
    """Take away what an earlier dressing put on; what people made stays."""
    for protected in standing.get("protectedRanges") or ():
        if protected.get("description") == PROTECTED:
            yield {"deleteProtectedRange": {"protectedRangeId": protected["protectedRangeId"]}}
    ours = [_canonical(rule) for rule in _RULES]
    rules = standing.get("conditionalFormats") or ()
    for index in reversed(range(len(rules))):
        if _canonical(rules[index].get("booleanRule", {}).get("condition", {})) in ours:
            yield {"deleteConditionalFormatRule": {"sheetId": tab, "index": index}}
    for note in standing.get("developerMetadata") or ():
        if note.get("metadataKey") == KEY:
            lookup = {"developerMetadataLookup": {"metadataId": note["metadataId"]}}
            yield {"deleteDeveloperMetadata": {"dataFilter": lookup}}


def _frozen(placed: Placed) -> Request:
    """Keep the header in sight, and the key column where it is one of the first."""
    frozen = {"frozenRowCount": placed.head + 1}
    key = placed.columns.get(KEYS.get(placed.table.name, ""), _FEW)
    if key < _FEW:
        frozen["frozenColumnCount"] = key + 1
    fields = ",".join(f"gridProperties.{name}" for name in frozen)
    return {
        "updateSheetProperties": {"properties": {"sheetId": placed.tab, "gridProperties": frozen}, "fields": fields}
    }  # fmt: skip


def _header(placed: Placed) -> Iterator[Request]:
    style = {"textFormat": {"bold": True}, "backgroundColorStyle": {"rgbColor": _GREY}}
    for at in sorted(placed.columns.values()):
        span = {"sheetId": placed.tab, "startRowIndex": placed.head, "endRowIndex": placed.head + 1,
                "startColumnIndex": at, "endColumnIndex": at + 1}  # fmt: skip
        fields = "userEnteredFormat.textFormat.bold,userEnteredFormat.backgroundColorStyle"
        yield {"repeatCell": {"range": span, "cell": {"userEnteredFormat": style}, "fields": fields}}


def _body(placed: Placed, at: int) -> Mapping[str, int]:
    below = placed.head + 1
    return {"sheetId": placed.tab, "startRowIndex": below, "startColumnIndex": at, "endColumnIndex": at + 1}


def _format(body: Mapping[str, int], column: Column) -> Iterator[Request]:
    if column.kind in ("checkbox", "select"):
        return
    kind, pattern = _PATTERNS.get(column.kind, ("TEXT", ""))
    if column.name in _WHOLE:
        pattern = "0"
    shown = {"type": kind, **({"pattern": pattern} if pattern else {})}
    cell = {"userEnteredFormat": {"numberFormat": shown}}
    yield {"repeatCell": {"range": body, "cell": cell, "fields": "userEnteredFormat.numberFormat"}}


def _validation(body: Mapping[str, int], column: Column, options: Sequence[str]) -> Iterator[Request]:
    if column.kind == "checkbox":
        rule: Mapping[str, Any] = {"condition": {"type": "BOOLEAN"}, "strict": True}
    elif column.kind == "select" and options:
        values = [{"userEnteredValue": option} for option in options]
        condition = {"type": "ONE_OF_LIST", "values": values}
        rule = {"condition": condition, "strict": True, "showCustomUi": True}
    else:
        return
    yield {"setDataValidation": {"range": body, "rule": rule}}


_FILLED = {"type": "NOT_BLANK"}
_TICKED = {"type": "TEXT_EQ", "values": [{"userEnteredValue": "TRUE"}]}
_STATUSES = {status: {"type": "TEXT_EQ", "values": [{"userEnteredValue": status}]} for status in _STATUS_COLOURS}
_RULES: Sequence[Mapping[str, Any]] = (_FILLED, _TICKED, *_STATUSES.values())


def _colours(body: Mapping[str, int], column: Column) -> Iterator[Request]:
    """Make problems red and holds amber, so that staff see them without reading."""
    wanted: list[tuple[Mapping[str, Any], Mapping[str, float]]] = []
    if column.name == "Problem":
        wanted = [(_FILLED, _RED)]
    elif column.name == "Hold":
        wanted = [(_TICKED, _AMBER)]
    elif column.name == "Status" and column.owner == "W":
        wanted = [(condition, _STATUS_COLOURS[status]) for status, condition in _STATUSES.items()]
    for condition, colour in wanted:
        rule = {"condition": condition, "format": {"backgroundColorStyle": {"rgbColor": colour}}}
        yield {"addConditionalFormatRule": {"rule": {"ranges": [body], "booleanRule": rule}, "index": 0}}


def _protection(tab: int, at: int, account: str) -> Request:
    span = {"sheetId": tab, "startColumnIndex": at, "endColumnIndex": at + 1}
    protected = {"range": span, "description": PROTECTED, "editors": {"users": [account]}}
    return {"addProtectedRange": {"protectedRange": protected}}


def _width(tab: int, at: int, pixels: int) -> Request:
    span = {"sheetId": tab, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    return {
        "updateDimensionProperties": {"range": span, "properties": {"pixelSize": pixels}, "fields": "pixelSize"}
    }  # fmt: skip


def _noted(tab: int, text: str) -> Request:
    mark = {"metadataKey": KEY, "metadataValue": text, "visibility": "DOCUMENT", "location": {"sheetId": tab}}
    return {"createDeveloperMetadata": {"developerMetadata": mark}}


def _canonical(condition: Mapping[str, Any]) -> str:
    return json.dumps(condition, sort_keys=True)
