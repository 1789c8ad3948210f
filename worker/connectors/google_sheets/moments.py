"""What the serial numbers in the worker's own time cells mean, whatever zone the spreadsheet counts in by now.

A serial number is what a clock shows: the hour in which clocks go back has each of them twice, and a spreadsheet whose
zone is changed means another instant by all of them. So the worker remembers which instant it meant by each that it
wrote. Losing this costs that hour; what is seen then is taken by the zone, and remembered as read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from worker.connectors.google_sheets.cells import clean_serial, is_number
from worker.connectors.google_sheets.identity import KEYS
from worker.connectors.google_sheets.reading import Sight
from worker.domain.tables import TABLES
from worker.ports import Memory

# The worker's own columns of times, in tables whose rows it reads back.
STAMPS = {
    table: names for table in KEYS
    if (names := [c.name for c in TABLES[table].columns if c.kind == "datetime" and c.owner == "W"])
}  # fmt: skip
_KEPT_GONE = 1000  # serial numbers that no cell holds, at the most, that are remembered: an undo brings them back
_MILLISECOND = Decimal(1) / 86_400_000

ByZone = Callable[[Any], Any]  # a raw cell → what it says by the spreadsheet's zone


class Moments:
    """Serial number → instant, of one spreadsheet; a shelf for each table. Many rows have one together."""

    def __init__(self, memory: Memory, shelf: str) -> None:
        self._memory = memory
        self._shelf = shelf
        self._loaded: dict[str, dict[Decimal, datetime]] = {}
        self._news: dict[str, dict[Decimal, datetime]] = {}

    def look(self, sight: Sight, by_zone: ByZone) -> None:
        """Learn what a reading shows that is not known: from another run that wrote it, else by the zone."""
        table = sight.placed.table.name
        raws = (sight.raw(place, name) for name in STAMPS.get(table, ()) for place in sight.places.values())
        seen = {raw for raw in raws if is_number(raw)}
        strange = {raw for raw in seen if self.of(table, raw) is None}
        if strange:
            self._loaded.pop(table, None)  # whoever writes says before what it means
        for raw in strange:
            moment = by_zone(raw)
            if self.of(table, raw) is None and isinstance(moment, datetime):
                self._learn(table, clean_serial(Decimal(raw)), moment)
        self._save(table, self._outdated(table, {clean_serial(Decimal(raw)) for raw in seen}) if strange else [])

    def of(self, table: str, raw: Any) -> datetime | None:
        """Return the instant that a raw cell means; None where it holds nothing that is known."""
        known = self._load(table)
        return (known.get(raw) or known.get(clean_serial(Decimal(raw)))) if is_number(raw) else None

    def written(self, table: str, serial: Decimal, moment: datetime) -> Decimal:
        """Return the serial number to write for an instant: by some milliseconds another where it means one already."""
        while self._load(table).get(serial, moment) != moment:
            serial = clean_serial(serial + _MILLISECOND)
        self._learn(table, serial, moment)
        return serial

    def keep(self, table: str) -> None:
        """Remember what is about to be written; to be called before it is."""
        self._save(table, [])

    def _learn(self, table: str, serial: Decimal, moment: datetime) -> None:
        if self._load(table).get(serial) != moment:
            self._loaded[table][serial] = self._news.setdefault(table, {})[serial] = moment

    def _outdated(self, table: str, seen: set[Decimal]) -> list[Decimal]:
        gone = sorted((moment, serial) for serial, moment in self._load(table).items() if serial not in seen)
        return [serial for _, serial in gone[: max(0, len(gone) - _KEPT_GONE - len(seen))]]

    def _save(self, table: str, drop: list[Decimal]) -> None:
        put = {str(serial): json.dumps(moment.isoformat()) for serial, moment in self._news.pop(table, {}).items()}
        if put or drop:
            self._memory.save(self._name(table), put, [str(serial) for serial in drop])
        for serial in drop:
            del self._loaded[table][serial]

    def _load(self, table: str) -> dict[Decimal, datetime]:
        if table not in self._loaded:
            found = self._memory.load(self._name(table)) if table in STAMPS else {}
            self._loaded[table] = {Decimal(s): datetime.fromisoformat(json.loads(text)) for s, text in found.items()}
            self._loaded[table].update(self._news.get(table, {}))
        return self._loaded[table]

    def _name(self, table: str) -> str:
        return f"{self._shelf}/{table}/moments"
