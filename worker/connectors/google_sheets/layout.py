"""Which tab is which of our tables, and under which header each of our columns stands: found afresh at every reading.

A tab keeps its id when it is renamed or moved; a column is found by its header wherever it was dragged to. What is
missing or there twice is said in words, and that table is left alone until it is mended. It reads no rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from worker.connectors.google_sheets.account import SERVICE
from worker.connectors.google_sheets.api import Door
from worker.domain.tables import ACTIVITY, TABLES, Table
from worker.ports import Memory, Refused

HEADS = 10  # rows from the top among which the header row is looked for: people put titles above it
REMEDY = "`quarterday doctor` says what is missing, `quarterday setup --apply` makes it"


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab as the spreadsheet lists it, with the size of its grid."""

    id: int
    title: str
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A table of ours where it stands: the tab's id, the place of its header row, our column → its place.

    Places count from 0; `faults` are in words.
    """

    table: Table
    tab: int
    headers: tuple[str, ...]
    columns: Mapping[str, int]
    faults: tuple[str, ...] = ()
    head: int = 0

    def sound(self) -> Placed:
        """Return itself; Refused, saying what is wrong, where columns are missing or doubled."""
        if self.faults:
            raise Refused(SERVICE, f"{'; '.join(self.faults)}: {REMEDY}", "NO_COLUMN")
        return self


class Names:
    """What the headers of our columns say: the configuration's names, else our own."""

    def __init__(self, columns: Mapping[str, Mapping[str, str]]) -> None:
        self._columns = {table.casefold(): names for table, names in columns.items()}

    def of(self, table: str, column: str) -> str:
        """Return the header that our column should have."""
        return self._columns.get(table.casefold(), {}).get(column, column)


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of the spreadsheet: its time zone, our tabs' ids, and the marks on our columns.

    `marks` are ids of developer metadata, by table and column; `marked` is the header row with which they were last
    seen to agree. `twins` are the titles of those of our tabs that were renamed while another tab bears the table's
    name, by table.
    """

    zone: str = ""
    tabs: Mapping[str, int] = field(default_factory=dict)
    marks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    marked: Mapping[str, Sequence[str]] = field(default_factory=dict)
    twins: Mapping[str, str] = field(default_factory=dict)


class Layout:
    """The tabs of the spreadsheet that are ours, and its zone.

    Both are asked for when nothing is remembered, when it no longer fits, and when everything is read in full.
    """

    def __init__(self, door: Door, names: Names, memory: Memory, shelf: str) -> None:
        self._door = door
        self._names = names
        self._memory = memory
        self._shelf = shelf
        self._known: Known | None = None
        self.listed: tuple[Tab, ...] | None = None  # every tab, as last asked in this run

    @property
    def known(self) -> Known:
        """Return what is remembered."""
        if self._known is None:
            try:
                self._known = Known(**json.loads(self._memory.cursor(self._shelf) or "{}"))
            except (TypeError, ValueError):
                self._known = Known()
        return self._known

    def remember(self, **changed: Any) -> None:
        """Remember something anew."""
        now = replace(self.known, **changed)
        if now != self._known:
            self._known = now
            self._memory.save(self._shelf, {}, cursor=json.dumps({name: getattr(now, name) for name in _FIELDS}))

    def tabs(self) -> Mapping[str, int]:
        """Return the ids of our tabs, by table; asked once where not all are remembered."""
        if self.listed is None and not (self.known.zone and self.known.tabs):
            self.look()
        return self.known.tabs

    def look(self) -> None:
        """Ask for time zone and tabs: a tab is known by its id, a new one by its title."""
        asked = (("fields", "properties.timeZone,sheets.properties(sheetId,title,gridProperties)"),)
        answer = self._door.read("", params=asked)
        self.listed = tuple(_tab(sheet["properties"]) for sheet in answer.get("sheets") or ())
        ids = {tab.id for tab in self.listed}
        titled = {tab.title.strip().casefold(): tab.id for tab in self.listed}
        found = {name: id_ for name, id_ in self.known.tabs.items() if id_ in ids}
        for name in TABLES:
            id_ = titled.get(name.casefold())
            if name not in found and id_ is not None and id_ not in found.values():
                found[name] = id_
        zone = str(answer.get("properties", {}).get("timeZone") or "UTC")
        titles = {tab.id: tab.title for tab in self.listed}
        twins = {name: titles[id_] for name, id_ in found.items() if titled.get(name.casefold(), id_) != id_}
        self.remember(zone=zone, tabs=found, twins=twins)

    def confused(self) -> Iterator[tuple[str, str]]:
        """Yield in words which tabs bear the name of a table and are not it, as last seen, and what to do."""
        for table, ours in self.known.twins.items():
            yield (
                f"the tab “{table}” is not read, for the table {table} is the tab “{ours}”, which was renamed",
                f"move what stands in “{table}” into “{ours}” and delete it, or give it another name",
            )

    def tab(self, table: str) -> Tab | None:
        """Return the tab of a table as last listed."""
        return next((tab for tab in self.listed or () if tab.id == self.known.tabs.get(table)), None)

    def place(self, table: Table, rows: Sequence[Sequence[Any]]) -> Placed:
        """Find our columns under their headers."""
        head = self._head(table, rows)
        said = _said(rows[head]) if rows else ()
        at: dict[str, list[int]] = {}
        for place, header in enumerate(said):
            at.setdefault(header.casefold(), []).append(place)
        columns = {c.name: at[h][0] for c in table.columns if (h := self._header(table, c.name).casefold()) in at}
        tab = self.known.tabs[table.name]
        return Placed(table, tab, said, columns, tuple(self._faults(table, at)), head)

    def _head(self, table: Table, rows: Sequence[Sequence[Any]]) -> int:
        """Return that row near the top that has the most of our headers; one further down if it alone has them all.

        A table that was sorted together with its header has it anywhere.
        """
        ours = {self._header(table, column.name).casefold() for column in table.columns}
        has = [len(ours & _folded(row)) for row in rows[:HEADS]] or [0]
        best = has.index(max(has))
        if has[best] < len(ours) and table is not ACTIVITY:  # of the log only the top is read
            return next((at for at in range(HEADS, len(rows)) if ours <= _folded(rows[at])), best)
        return best

    def _header(self, table: Table, column: str) -> str:
        return self._names.of(table.name, column).strip()

    def _faults(self, table: Table, at: Mapping[str, Sequence[int]]) -> Iterator[str]:
        if not any(at):
            yield f"the tab {table.name} has no header row: undo what emptied it"
            return
        headers = {column.name: self._header(table, column.name) for column in table.columns}
        lost = [f"“{header}”" for header in headers.values() if header.casefold() not in at]
        if lost:
            yield f"the tab {table.name} has no column {', '.join(lost)}: was a header renamed or deleted? Put it back"
        for header in headers.values():
            places = at.get(header.casefold(), ())
            if len(places) > 1:
                where = " and ".join(letters(place) for place in places)
                yield f"the tab {table.name} has more than one column “{header}” ({where}): rename or delete one"


_FIELDS = ("zone", "tabs", "marks", "marked", "twins")


def _said(headers: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(header).strip() if header is not None else "" for header in headers)


def _folded(headers: Sequence[Any]) -> set[str]:
    return {said.casefold() for said in _said(headers)}


def _tab(properties: Mapping[str, Any]) -> Tab:
    grid = properties.get("gridProperties") or {}
    return Tab(
        int(properties.get("sheetId") or 0), str(properties.get("title") or ""), int(grid.get("rowCount") or 0),
        int(grid.get("columnCount") or 0),
    )  # fmt: skip


def letters(place: int) -> str:
    """Return a column's place from 0 as people see it: A, B, … Z, AA."""
    text = ""
    place += 1
    while place:
        place, digit = divmod(place - 1, 26)
        text = chr(ord("A") + digit) + text
    return text
