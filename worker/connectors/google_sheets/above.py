"""Rows above the header row: a title there is people's own; a row of ours that was dragged or sorted there counts.

Else a line that stands there would be taken for deleted, and made a second time. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from worker.connectors.google_sheets.identity import KEYS, Trace, text_of, traces
from worker.connectors.google_sheets.layout import Placed
from worker.domain.keys import is_lead_key

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_BESIDE_ADDRESS = {"Partners": "Partner", "Members": "Partner", "Leads": "Company"}
# Keys that nobody writes into a title; a partner's is a plain word, and known or not.
_LINE = re.compile(r"[^/\s]+/[^/\s]+/\d{4}-\d{2}/[a-z]+(-\d+)?")
_STATEMENT = re.compile(r"\d{4}[^/\s]*/[^/\s]+/[A-Z]{3}")
_SHOWN = 5  # row numbers that are named


def traces_above(placed: Placed, rows: Sequence[Sequence[Any]], known: Mapping[str, Trace]) -> list[Trace]:
    """Return the trace of every row above the header, as if what is not ours were blank; `known` are rows by id."""
    above = rows[: placed.head]
    seen = traces(placed.table.name, placed.columns, above)
    prints = {trace.print for trace in known.values()} if any(trace.print for trace in seen) else frozenset[str]()
    return [
        trace if _is_ours(placed, row, trace, known, prints - {""}) else Trace("", "")
        for row, trace in zip(above, seen, strict=True)
    ]


def _is_ours(
    placed: Placed, row: Sequence[Any], trace: Trace, known: Mapping[str, Trace], prints: frozenset[str] | set[str]
) -> bool:
    """Tell whether a row is one of the table's: by its key, by what was known of it, or as no title looks."""
    table = placed.table.name

    def text(column: str) -> str:
        return text_of(row, placed.columns.get(column))

    if table in KEYS and (trace.key in known or trace.print in prints):
        return True
    keyed = {
        "Leads": is_lead_key(text("Lead")),
        "Splits": is_lead_key(text("Lead")),
        "Commissions": _LINE.fullmatch(text("Line")),
        "Statements": _STATEMENT.fullmatch(text("Statement")),
    }
    beside = _BESIDE_ADDRESS.get(table)
    return bool(keyed.get(table)) or (beside is not None and text(beside) != "" and _is_address(text("Email")))


def _is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None


def said_above(placed: Placed, above: Sequence[Trace]) -> tuple[str, str] | None:
    """Return in words which rows of ours stand above the header row, and what to do; None where none does."""
    found = [place for place, trace in enumerate(above) if trace != Trace("", "")]
    if not found:
        return None
    named = ", ".join(str(place + 1) for place in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
    return (
        f"the header of the tab {placed.table.name} is in row {placed.head + 1}, below rows of the table (row {named}"
        f"{more}); they count as ever",
        "move the header row above them",
    )
