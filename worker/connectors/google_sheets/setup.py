"""What the spreadsheet lacks, in words, and the making of it: tabs, headers, lists, formats, protection, time zone.

It never takes away or moves what people made: a missing column is added behind the last one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from worker.connectors.google_sheets import dressing
from worker.connectors.google_sheets.above import said_above, traces_above
from worker.connectors.google_sheets.api import Door
from worker.connectors.google_sheets.layout import Layout, Names, Placed, Tab
from worker.connectors.google_sheets.marks import Marks
from worker.connectors.google_sheets.memory import Traces
from worker.connectors.google_sheets.reading import read_tabs
from worker.domain.tables import TABLES, Table
from worker.ports import Missing

APPLY = "`quarterday setup --apply` makes it"
_LISTED = "sheets(properties.sheetId,protectedRanges,conditionalFormats,developerMetadata)"


@dataclass(frozen=True, slots=True)
class _Found:
    """One of our tabs as it stands: where its columns are, how wide its rows are, what is put on it.

    `above` says which rows of ours stand above the header, and what to do.
    """

    placed: Placed
    tab: Tab
    width: int
    above: tuple[str, str] | None
    standing: Mapping[str, Any]


class Setup:
    """Compares the spreadsheet with what it should be."""

    def __init__(
        self, door: Door, layout: Layout, marks: Marks, traces: Traces, names: Names, statuses: Sequence[str],
        time_zone: ZoneInfo,
    ) -> None:  # fmt: skip
        self._door = door
        self._layout = layout
        self._marks = marks
        self._traces = traces
        self._names = names
        self._statuses = tuple(statuses)
        self._zone = time_zone.key

    def missing(self) -> list[Missing]:
        """Return everything that is missing, tab by tab; asks afresh."""
        found = self._look()
        lacks = [
            *self._zone_lack(),
            *(Missing(f"one tab a table: {said}", remedy, makeable=False) for said, remedy in self._layout.confused()),
        ]
        for table in TABLES.values():
            if table.name not in found:
                lacks.append(Missing(f"the tab {table.name} ({len(table.columns)} columns)", APPLY))
            else:
                lacks += self._lacks(found[table.name])
        return lacks

    def make(self, missing: Sequence[Missing]) -> None:
        """Make what was named and can be made: each tab in one request, all of it or nothing."""
        asked = {lack.what for lack in missing if lack.makeable}
        if any(lack.what in asked for lack in self._zone_lack()):
            change = {"properties": {"timeZone": self._zone}, "fields": "timeZone"}
            self._change([{"updateSpreadsheetProperties": change}])
        found = self._look()
        for table in TABLES.values():
            if table.name not in found and any(what.startswith(f"the tab {table.name} (") for what in asked):
                self._add_tab(table)
        found = self._look()
        for one in found.values():
            wanted = [lack for lack in self._lacks(one) if lack.what in asked]
            if wanted and (absent := self._absent(one.placed)):
                self._add_columns(one, absent)
        self._dress_all(asked)
        self._layout.look()

    # ---- what is lacking ----------------------------------------------------------------------------------------

    def _look(self) -> dict[str, _Found]:
        """Ask for tabs, their first rows and what is put on them: three calls at the most."""
        self._layout.look()
        self._marks.stale()
        ids = self._layout.known.tabs
        if not ids:
            return {}
        rows = read_tabs(self._door, dict.fromkeys(ids.values(), False))
        listed = self._door.read("", params=(("fields", _LISTED),)).get("sheets") or ()
        standing = {int(one.get("properties", {}).get("sheetId") or 0): one for one in listed}
        found: dict[str, _Found] = {}
        for name, id_ in ids.items():
            tab = self._layout.tab(name)
            assert tab is not None  # just listed
            own = rows[id_]
            placed = self._layout.place(TABLES[name], own)
            above = said_above(placed, traces_above(placed, own, self._traces.known(name)))
            found[name] = _Found(placed, tab, max(map(len, own), default=0), above, standing.get(id_, {}))
        return found

    def _zone_lack(self) -> Iterator[Missing]:
        there = self._layout.known.zone
        if there and there != self._zone:
            yield Missing(
                f"the programme's time zone, {self._zone}: the spreadsheet counts in {there}",
                f"{APPLY}, or set it under File → Settings",
            )

    def _absent(self, placed: Placed) -> list[str]:
        return [column.name for column in placed.table.columns if column.name not in placed.columns]

    def _lacks(self, found: _Found) -> Iterator[Missing]:
        placed = found.placed
        table = placed.table
        absent = self._absent(placed)
        for column in absent:
            called = self._names.of(table.name, column)
            also = f" (called {called})" if called != column else ""
            yield Missing(f"the column {table.name}.{column}{also}", f"{APPLY}; or put back the header it had")
        for fault in placed.faults:
            if "more than one column" in fault:
                yield Missing(f"one header for each column: {fault}", "rename one of them", makeable=False)
        if found.above:
            yield Missing(f"the header at the top: {found.above[0]}", found.above[1], makeable=False)
        if placed.faults or found.above:
            return  # lists and formats begin below the header
        if astray := self._marks.astray(placed):
            yield Missing(_moved(table), astray)
        if not self._dressed(found):
            yield Missing(_undressed(table), APPLY)
        yield from self._shut(found)

    def _shut(self, found: _Found) -> Iterator[Missing]:
        """Yield the protections of others that keep us from our own columns."""
        ours = {found.placed.columns[name] for name in found.placed.table.owned_by_worker()}
        for protected in found.standing.get("protectedRanges") or ():
            span = protected.get("range") or {}
            covered = range(span.get("startColumnIndex", 0), span.get("endColumnIndex", found.tab.columns))
            if not protected.get("requestingUserCanEdit") and not protected.get("warningOnly") and ours & {*covered}:
                named = f" (“{protected['description']}”)" if protected.get("description") else ""
                what = f"the right to write where the tab {found.placed.table.name} is protected{named}"
                remedy = f"let {self._door.account} edit it, under Data → Protect sheets and ranges"
                yield Missing(what, remedy, makeable=False)

    def _dressed(self, found: _Found) -> bool:
        wanted = dressing.digest(found.placed.table, self._options(found.placed.table))
        notes = found.standing.get("developerMetadata") or ()
        return any(n.get("metadataKey") == dressing.KEY and n.get("metadataValue") == wanted for n in notes)

    def _options(self, table: Table) -> dict[str, Sequence[str]]:
        """Return what each select offers, the statuses of rules/stages.toml included."""
        more = {("Leads", "Status"): self._statuses}
        return {
            column.name: tuple(dict.fromkeys((*column.options, *more.get((table.name, column.name), ()))))
            for column in table.columns
            if column.kind == "select"
        }

    # ---- making -------------------------------------------------------------------------------------------------

    def _change(self, requests: Sequence[Mapping[str, Any]]) -> None:
        self._door.write(":batchUpdate", {"requests": list(requests)})

    def _add_tab(self, table: Table) -> None:
        """Make a tab and its header row in one request; its id is chosen here, so that both can name it."""
        taken = {tab.id for tab in self._layout.listed or ()}
        id_ = zlib.crc32(table.name.encode()) & 0x7FFFFFFF
        while id_ in taken:
            id_ += 1
        grid = {"rowCount": 1000, "columnCount": len(table.columns), "frozenRowCount": 1}
        properties = {"sheetId": id_, "title": table.name, "gridProperties": grid}
        names = [column.name for column in table.columns]
        self._change([{"addSheet": {"properties": properties}}, self._headers(table, id_, (0, 0), names)])
        self._layout.remember(tabs={**self._layout.known.tabs, table.name: id_})

    def _add_columns(self, found: _Found, absent: Sequence[str]) -> None:
        start = max(found.width, len(found.placed.headers))
        requests: list[Mapping[str, Any]] = []
        if (more := start + len(absent) - found.tab.columns) > 0:
            grown = {"sheetId": found.tab.id, "dimension": "COLUMNS", "length": more}
            requests.append({"appendDimension": grown})
        first = found.placed.head, start
        self._change([*requests, self._headers(found.placed.table, found.tab.id, first, absent)])

    def _headers(self, table: Table, tab: int, first: tuple[int, int], columns: Sequence[str]) -> Mapping[str, Any]:
        row, column = first
        values = [{"userEnteredValue": {"stringValue": self._names.of(table.name, name)}} for name in columns]
        return {
            "updateCells": {
                "start": {"sheetId": tab, "rowIndex": row, "columnIndex": column}, "rows": [{"values": values}],
                "fields": "userEnteredValue",
            }
        }  # fmt: skip

    def _dress_all(self, asked: set[str]) -> None:
        """Mark and dress every sound tab of which something was asked for."""
        for one in self._look().values():
            table = one.placed.table
            if one.placed.faults or one.above or not _about(table, asked):
                continue
            if _moved(table) in asked:
                self._marks.renew(one.placed)
            else:
                self._marks.of(one.placed)
            if not self._dressed(one):
                options = self._options(table)
                self._change(dressing.requests(one.placed, options, self._door.account, one.standing))


def _moved(table: Table) -> str:
    return f"a mark on every column of the tab {table.name}, where its header stands now"


def _undressed(table: Table) -> str:
    return f"the lists, formats, colours and protection of the tab {table.name}"


def _about(table: Table, asked: set[str]) -> bool:
    named = (f"the tab {table.name} (", f"the column {table.name}.")
    return _moved(table) in asked or _undressed(table) in asked or any(what.startswith(named) for what in asked)
