"""What is remembered of rows between runs: what stood beside each key, and when the key was first seen.

Sheets tell neither who a row is nor when it was made. Losing this costs the times, and the proof against keys that
moved while nobody looked; never truth.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from worker.connectors.google_sheets.identity import KEYS, UNKEYED, Trace
from worker.connectors.google_sheets.reading import Sight
from worker.ports import Clock, Memory

_KEPT_GONE = 1000  # rows that are gone, at the most, whose traces are kept: an undo brings them back


class Traces:
    """The traces of the rows of one spreadsheet, a shelf for each table."""

    def __init__(self, memory: Memory, clock: Clock, shelf: str) -> None:
        self._memory = memory
        self._clock = clock
        self._shelf = shelf
        self._loaded: dict[str, dict[str, str]] = {}
        self._begun: set[str] = set()  # tables of which something is remembered

    def known(self, table: str) -> dict[str, Trace]:
        """Return the traces of a table's rows as last seen, by key."""
        return {key: Trace(key, *json.loads(text)[:2]) for key, text in self._load(table).items()}

    def seen_at(self, table: str, row: str, place: int) -> datetime | None:
        """Return when a row was first seen, which for a copy is now; None when it was there before all remembering.

        Of rows that were first seen together the upper one is the earlier by a hair, and stays so when they are sorted.
        """
        text = self._load(table).get(row)
        at = json.loads(text)[2] if text else self._now(table, place)
        return datetime.fromisoformat(at) if at else None

    def note(self, sight: Sight) -> None:
        """Remember what a reading saw beside each key."""
        table = sight.placed.table.name
        if table not in KEYS:
            return
        known = self._load(table)
        put: dict[str, str] = {}
        for row, place in sight.places.items():
            if UNKEYED not in row:
                trace = sight.traces[place]
                before = known.get(row)
                first = json.loads(before)[2] if before else self._now(table, place)
                text = json.dumps([trace.print, trace.mark, first])
                if text != before:
                    put[row] = text
        gone = [key for key in known if key not in sight.places]
        drop = gone[: max(0, len(gone) - _KEPT_GONE - len(sight.places))]
        if put or drop or table not in self._begun:
            self._memory.save(self._name(table), put, drop, cursor="begun")
            self._begun.add(table)
            known.update(put)
            for key in drop:
                del known[key]

    def _now(self, table: str, place: int) -> str:
        if table not in self._begun:
            return ""
        return (self._clock.now() + timedelta(microseconds=place)).astimezone(UTC).isoformat(timespec="microseconds")

    def _load(self, table: str) -> dict[str, str]:
        if table not in self._loaded:
            self._loaded[table] = dict(self._memory.load(self._name(table))) if table in KEYS else {}
            if self._memory.cursor(self._name(table)) is not None:
                self._begun.add(table)
        return self._loaded[table]

    def _name(self, table: str) -> str:
        return f"{self._shelf}/{table}"


def together(known: Mapping[str, Trace], sight: Sight | None) -> Mapping[str, Trace]:
    """Return the traces to tell a new reading by: those remembered, and those of the last reading in this run."""
    if sight is None:
        return known
    return {**known, **{row: sight.traces[place] for row, place in sight.places.items()}}
