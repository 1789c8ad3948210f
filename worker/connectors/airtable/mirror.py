"""The base's rows as last seen, kept on memory's shelves, one a table, and brought up to date with the fewest calls.

Rows are raw JSON by field id; cells.py reads them. A shelf's cursor says up to which payload its rows are good, and
moves in the transaction that stores them: never on past rows that another run stored with less knowledge. Losing a
shelf costs a full reading, never truth.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from worker.connectors.airtable.api import Door
from worker.connectors.airtable.cells import from_hook, same_raw
from worker.connectors.airtable.feed import GAP, BrokenFeed, Changes, Feed, Place
from worker.connectors.airtable.listing import PAGE, Record, every_row, rows_by_id
from worker.connectors.airtable.row_names import RowNames
from worker.connectors.airtable.schema import Placed, Schema, links_of
from worker.connectors.exact_json import json_text
from worker.ports import Clock, Memory, Refused

_AGED = timedelta(hours=1)  # how old a cursor may look before it is stored anew though nothing changed


class Mirror:
    """The rows of our tables for one run: read once, then kept current by our own writes."""

    def __init__(self, door: Door, feed: Feed, memory: Memory, clock: Clock) -> None:
        self._door = door
        self._feed = feed
        self._memory = memory
        self._clock = clock
        self._rows: dict[str, dict[str, Record]] = {}  # loaded from a shelf that stood as in `_states`, or later
        self._keys: dict[str, dict[str, list[str]]] = {}
        self._states: dict[str, dict[str, Any]] = {}
        self._fresh: dict[str, Place | None] = {}  # tables that are current, each with where the feed stood for it
        self._loose: set[str] = set()  # tables of whose rows we know more than the shelf does
        self._followed = False
        self._place: Place | None = None
        self._asked_place = False
        self._people: dict[str, str] | None = None
        self._linked: set[str] = set()  # tables that others link to
        self._row_names = RowNames(memory)
        self._names: tuple[int, dict[str, dict[str, frozenset[str]]]] = (-1, {})
        self.version = 0  # grows with every change of a row

    def refresh(self, tables: Collection[str] | None = None) -> None:
        """Look again at the next reading of these tables (None: of all), even in the same run."""
        self._fresh = {} if tables is None else {t: place for t, place in self._fresh.items() if t not in tables}
        self._followed = self._asked_place = False
        self._place = None

    def bring(self, schema: Schema, wanted: Collection[Placed], *, whole: bool) -> None:
        """Make these tables current: by the feed where it tells, else by reading them in full."""
        if not whole and all(p.id in self._fresh for p in wanted):
            return
        self._linked = {f.linked for p in schema.tables.values() for f in p.fields.values() if f.linked}
        self._let_go(self._loose)
        self._loose.clear()
        if not whole:
            self._follow(schema)
        late = [p for p in _links_last(wanted, schema) if whole or p.id not in self._fresh]
        if late and (whole or self._place is None) and not self._asked_place:
            self._place = self._feed.place()
            self._asked_place = True
        for placed in late:
            self._read_whole(placed)

    def records(self, placed: Placed) -> Mapping[str, Record]:
        """Return the rows of a table as last seen, by record id."""
        if placed.id not in self._rows:
            self._states.setdefault(placed.id, self._state(placed))  # first, as others may store meanwhile
            shelf = self._memory.load(self._shelf(placed))
            self._rows[placed.id] = {id_: json.loads(text, parse_float=Decimal) for id_, text in shelf.items()}
        return self._rows[placed.id]

    def key_of(self, placed: Placed, row: str) -> str | None:
        """Return what our primary column says in a row; None when the row isn't known or says nothing."""
        record = self.records(placed).get(row)
        value = record["fields"].get(placed.key.id) if record else None
        return str(value).strip() if value is not None else None

    def names(self, placed: Placed) -> Mapping[str, frozenset[str]]:
        """Return by row the names that it has had, of those renamed or deleted; as new as the rows, or newer."""
        if self._names[0] != self.version:
            self._names = (self.version, {})
        if placed.id not in self._names[1]:
            self.records(placed)
            self._names[1][placed.id] = self._row_names.of(f"{self._shelf(placed)}/names")
        return self._names[1][placed.id]

    def rows_with_key(self, placed: Placed, key: str) -> Sequence[str]:
        """Return the ids of the rows whose primary column says this."""
        if placed.id not in self._keys:
            found: dict[str, list[str]] = {}
            for row in self.records(placed):
                found.setdefault(self.key_of(placed, row) or "", []).append(row)
            self._keys[placed.id] = found
        return self._keys[placed.id].get(key.strip(), ())

    def put(self, placed: Placed, records: Mapping[str, Record], drop: Collection[str] = ()) -> None:
        """Take over rows that our own write was answered with; a table that was never read in full stays unknown.

        What others were told since our reading is to be told again: these rows may be older than that. Rows that were
        not brought up to date are not stored, and loaded anew when they are, or our own write would be no news then.
        """
        if placed.id in self._fresh:
            self._store(placed, records, drop, self._reached(placed, self._fresh[placed.id], records, drop))
        elif placed.id in self._rows:
            self._take(placed, records, drop)
            self._loose.add(placed.id)

    # ---- following the feed ------------------------------------------------------------------------------------

    def _follow(self, schema: Schema) -> None:
        """Ask the feed once a run what changed in all the tables that it was followed for before."""
        if self._followed:
            return
        self._followed = True
        self._distrust(p for p in schema.tables.values() if p.absent or p.unfit)
        hook = self._feed.hook()
        tables = {p.id: (p, s) for p in schema.tables.values() if (s := self._good_state(p, hook))}
        if not tables or hook is None:
            return
        start = Place(hook, min(state["next"] for _, state in tables.values()))
        in_full = sum(max(1, -(-state["rows"] // PAGE)) for _, state in tables.values())
        try:
            changes = self._feed.changes(start, in_full)
        except BrokenFeed as broken:
            self._place, self._asked_place = broken.place, broken.place is not None
            for placed, _ in tables.values():
                self._forget(placed)
            return
        self._place = Place(hook, changes.next)
        self._remember_people(changes, [placed for placed, _ in tables.values()])
        for placed, state in tables.values():
            self._apply(placed, state, changes)

    def _distrust(self, broken: Iterable[Placed]) -> None:
        """Let tables that lack a column be read in full once they have it: no feed tells what retyping did to cells."""
        for placed in broken:
            if self._state(placed):
                self._forget(placed)

    def changed_by(self, placed: Placed, row: str, column: str) -> str | None:
        """Return who changed a cell of the worker's last, if the feed said that it was a person."""
        if self._people is None:
            self._people = self._memory.load(self._people_shelf())
        return self._people.get(f"{placed.id}/{row}/{placed.fields[column].id}")

    def _remember_people(self, changes: Changes, tables: Collection[Placed]) -> None:
        """Keep who changed cells that are the worker's, for the run that finds them; what it writes then ends that."""
        fields = [(p.id, p.fields[c.name].id) for p in tables for c in p.table.columns if c.owner == "W"]
        ours = {f"{table}/{row}/{field}" for table, field in fields for row in changes.touched.get(table, ())}
        people = {place: who for place, who in changes.by.items() if who is not None and place in ours}
        known = self._memory.load(self._people_shelf())
        over = {place for place in known if place in changes.by and place not in people}
        if people.items() - known.items() or over:
            self._memory.save(self._people_shelf(), people, over)
            self._people = None

    def _people_shelf(self) -> str:
        return f"airtable/{self._door.base}/people"

    def _good_state(self, placed: Placed, hook: str | None) -> dict[str, Any] | None:
        """Return where a table's rows stand if the feed can carry them on: same hook, no gap, same columns."""
        state = self._state(placed)
        if state != self._states.get(placed.id):  # another run carried it on, or gave it up: its rows are on the shelf
            self._let_go([placed.id])
            self._fresh.pop(placed.id, None)
            self._states[placed.id] = state
        if not state or hook is None or state["hook"] != hook or placed.absent or placed.unfit:
            return None
        late = self._clock.now() - datetime.fromisoformat(state["at"]) > GAP
        return state if not late and _same_shape(state["shape"], placed.shape()) else None

    def _apply(self, placed: Placed, state: Mapping[str, Any], changes: Changes) -> None:
        touched = changes.touched.get(placed.id, {})
        gone = changes.gone.get(placed.id, set())
        stale = {row for row, cells in touched.items() if not self._is_echo(placed, row, cells)}
        try:
            found = rows_by_id(self._door, placed, stale)
        except Refused:  # a server that won't look rows up by their ids
            self._read_whole(placed)
            return
        gone = gone | (stale - found.keys())  # touched and not to be read: deleted meanwhile
        aged = self._clock.now() - datetime.fromisoformat(state["at"]) > _AGED
        if changes.next != state["next"] or found or gone or aged:
            self._store(placed, found, gone, self._reached(placed, self._place, found, gone))
        self._fresh[placed.id] = self._place

    def _is_echo(self, placed: Placed, row: str, cells: Mapping[str, Any]) -> bool:
        """Tell whether a change says nothing new, as those that we made ourselves do."""
        known = self.records(placed).get(row)
        if known is None or not cells:
            return False
        ours = {f.id: f for f in placed.fields.values()}
        return all(
            same_raw(from_hook(ours[id_], value), known["fields"].get(id_))
            for id_, value in cells.items()
            if id_ in ours
        )

    # ---- reading in full ----------------------------------------------------------------------------------------

    def _read_whole(self, placed: Placed) -> None:
        known = self.records(placed)
        found = every_row(self._door, placed)
        if len(found) * 2 < len(known):
            found = every_row(self._door, placed)  # half of it gone at once: look twice before believing it
        changed = {row: record for row, record in found.items() if known.get(row) != record}
        gone = known.keys() - found.keys()
        self._store(placed, changed, gone, self._reached(placed, self._place, changed, gone))
        self._fresh[placed.id] = self._place

    # ---- the shelves --------------------------------------------------------------------------------------------

    def _shelf(self, placed: Placed) -> str:
        return f"airtable/{self._door.base}/{placed.id}"

    def _state(self, placed: Placed) -> dict[str, Any]:
        return _state_of(self._memory.cursor(self._shelf(placed)))

    def _forget(self, placed: Placed) -> None:
        self._memory.save(self._shelf(placed), {}, cursor="{}")
        self._states[placed.id] = {}

    def _reached(
        self, placed: Placed, place: Place | None, put: Mapping[str, Record], drop: Collection[str]
    ) -> dict[str, Any]:
        """Return where the shelf stands with these rows, as far as we know."""
        rows = len((self.records(placed).keys() | put.keys()) - set(drop))
        hook, next_ = (place.hook, place.next) if place else (None, 0)
        state = {"hook": hook, "next": next_, "at": self._clock.now().isoformat(), "rows": rows}
        return state | {"shape": placed.shape()}

    def _store(self, placed: Placed, put: Mapping[str, Record], drop: Collection[str], reached: dict[str, Any]) -> None:
        """Put rows on the shelf; where another run moved it since we looked, the lower of both cursors counts."""
        if placed.id in self._linked:
            names = f"{self._shelf(placed)}/names"
            self._row_names.note(names, placed.key.id, self.records(placed), put, drop)
        self._take(placed, put, drop)
        stands = reached

        def move(cursor: str | None) -> str:
            nonlocal stands
            now = _state_of(cursor)
            if now != self._states[placed.id]:
                same_hook = now and now["hook"] == reached["hook"]
                stands = {**reached, "next": min(now["next"], reached["next"])} if same_hook else {}
            return json.dumps(stands)

        texts = {row: json_text(record) for row, record in put.items()}
        self._memory.save(self._shelf(placed), texts, drop, cursor=move)
        self._states[placed.id] = stands

    def _let_go(self, tables: Iterable[str]) -> None:
        """Load the rows of these tables from their shelves again when they are asked for."""
        for table in tables:
            self._rows.pop(table, None)
            self._keys.pop(table, None)
            self.version += 1

    def _take(self, placed: Placed, put: Mapping[str, Record], drop: Collection[str]) -> None:
        self.records(placed)
        rows = self._rows[placed.id]
        rows.update(put)
        for row in drop:
            rows.pop(row, None)
        self._keys.pop(placed.id, None)
        self.version += 1


def _state_of(cursor: str | None) -> dict[str, Any]:
    try:
        state = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return state if isinstance(state, dict) else {}


def _same_shape(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Tell whether kept rows still mean the same: same fields and types, and no choice renamed or removed."""
    if before.keys() != now.keys():
        return False
    return all(
        now[id_]["type"] == field["type"] and field["choices"].items() <= now[id_]["choices"].items()
        for id_, field in before.items()
    )


def _links_last(wanted: Collection[Placed], schema: Schema) -> Iterator[Placed]:
    """Order tables so that one that links comes before the one it links to: a link read is then a row that is read."""
    waiting = list({p.id: p for p in wanted}.values())
    while waiting:
        targets = {t.id for p in waiting for t in links_of(p, schema) if t.id != p.id}
        free = [p for p in waiting if p.id not in targets] or waiting[:1]
        yield from free
        waiting = [p for p in waiting if p not in free]
