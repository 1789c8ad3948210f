"""The rows of one kind as last seen, on a shelf of memory, brought up to date with the fewest calls that prove enough.

What changed is asked for with two minutes of overlap, newest first, and reading stops where everything below is known.
Losing the shelf costs a full reading, never truth. Facts: the providers' sheet of Xero, sections 3, 4 and 7, 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

import structlog

from worker.connectors.xero.api import IDS, INVOICES, PAGE, Door, Kind, Page
from worker.connectors.xero.dates import milliseconds
from worker.connectors.xero.rows import GONE, Row, from_texts, id_of, same, slim, to_text
from worker.ports import Clock, Memory

log = structlog.get_logger()

VERSION = 1  # of what is kept; an older shelf is read anew
OVERLAP = 120_000  # ms that a change may become visible late, and that clocks may differ
DAY = 86_400_000
MOST_PAGES = 2_000
MOST_ROUNDS = 3  # of reading everything again because rows moved between the pages
# Below full pages of nothing but news as many rows may be left as we know in the overlap, if those are few: they are
# those. Else a thousand changed invoices would cost a second page, to see that nothing stands on it. That one of the
# few changed again, before a multiple of a thousand others did, is left to the nightly reading in full.
FEW = 200
# When over a page of known rows stands in the overlap (a bulk entry), looking back over them costs pages: it is put
# off, at most so often, and never when we looked only a moment ago.
MOST_PUT_OFF, REST = 2, 2_000


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a shelf stands; times in ms since 1970."""

    seen: int | None  # the latest change that we know of
    back: int | None  # everything that changed before this is known
    put_off: int  # how often looking back to it was put off
    at: int  # when the shelf was last written, by our clock
    orderly: bool  # the list comes newest first, as it is asked for
    version: int = VERSION


@dataclass(slots=True)
class _Window:
    """A list as far as it has been read: rows by id, how many were read, whether they came newest first."""

    since: int | None
    orderly: bool
    rows: dict[str, Row]
    read: int = 0
    lowest: int | None = None
    pages: int = 0
    there: int | None = None  # how many rows the list has, as its last page told
    few: bool = False  # hardly any row of it was known beforehand


class Mirror:
    """One kind's rows. A reading that fails half-way changes nothing."""

    def __init__(self, door: Door, memory: Memory, clock: Clock, kind: Kind) -> None:
        self._door = door
        self._memory = memory
        self._clock = clock
        self._kind = kind
        self._shelf = f"xero/{door.account}/{kind.name}"
        self._rows: dict[str, Row] = {}
        self._changed: dict[str, int | None] = {}  # id → UpdatedDateUTC in ms
        self._mark: _Mark | None = None
        self._loaded = False
        self._now_there: int | None = None  # Xero's time, as the last list told

    @property
    def rows(self) -> Mapping[str, Row]:
        """Return every row as last seen, by id."""
        self._load()
        return self._rows

    @property
    def filled(self) -> bool:
        """Tell whether the kind was ever read in full."""
        self._load()
        return self._mark is not None

    def refresh(self) -> None:
        """Ask what changed; everything, if nothing is known yet."""
        self._load()
        if self._mark is None or self._mark.back is None:
            self.sweep()
            return
        since, put_off = self._since(self._mark, self._mark.back)
        window = self._walk(since)
        self._store(window, put_off=self._mark.put_off + 1 if put_off else 0)

    def sweep(self) -> None:
        """Read everything; what is not there any more is marked, never forgotten."""
        self._load()
        window = self._walk(None)
        if window.pages > 1 and (window.there or 0) > len(window.rows):
            # Who changed while we read has moved to a page that we had read already.
            newest = max((c for row in window.rows.values() if (c := _changed(row)) is not None), default=OVERLAP)
            window.rows |= self._walk(_second(newest - OVERLAP)).rows
        missing = self._rows.keys() - window.rows.keys()
        if missing and self._kind is INVOICES:
            window.rows |= self._found(sorted(missing)[: 20 * IDS])
            missing -= window.rows.keys()
        for row in missing:
            if GONE not in self._rows[row]:
                log.warning("xero.row_gone", kind=self._kind.name, id=row)
        self._store(window, gone=missing)

    def look_again(self, ids: Collection[str]) -> None:
        """Read these rows whatever their dates say; if that costs more than reading everything, read everything."""
        if -(-len(ids) // IDS) > -(-len(self.rows) // PAGE) + 1:
            self.sweep()
            return
        found = {key: row for key, row in self._found(sorted(ids)).items() if not same(self._rows.get(key), row)}
        self._put(found, None)

    def mark(self, ids: Collection[str], word: str) -> None:
        """Put a mark of our own on rows; it goes when the row changes."""
        self._put({key: {**self._rows[key], word: True} for key in ids}, None)

    # ---- reading lists ------------------------------------------------------------------------------------------

    def _walk(self, since: int | None) -> _Window:
        """Read a list down to where everything below is known; all of it without `since`."""
        rows: dict[str, Row] = {}
        for _ in range(MOST_ROUNDS):
            window = _Window(since, since is None or self._mark is None or self._mark.orderly, rows)
            window.few = since is not None and self._known_since(since) <= FEW
            self._read_down(window)
            if window.orderly or window.there is None or len(rows) >= window.there:
                break
            # Oldest first, a row that changes while we read moves to the end, and the others up: one of them slips by.
            log.info("xero.read_again", kind=self._kind.name, rows=len(rows), there=window.there)
        return window

    def _read_down(self, window: _Window) -> None:
        for number in range(1, MOST_PAGES):
            page = self._door.page(self._kind, number, window.since)
            self._now_there = page.at if number == 1 and page.at is not None else self._now_there
            before = len(window.rows)
            last = self._take(window, page)
            window.pages, window.there = number, page.count
            at_end = number >= page.pages if page.pages is not None else len(window.rows) == before
            if at_end or (last is not None and self._rest_is_known(window, page, last)):
                return

    def _take(self, window: _Window, page: Page) -> str | None:
        """Add a page to what was read; return the id of its last row."""
        last = None
        for raw in page.rows:
            key = id_of(self._kind, raw)
            window.read += 1
            if key is None:
                log.warning("xero.row_unreadable", kind=self._kind.name, why="it has no id")
                continue
            row = slim(self._kind, raw)
            changed = _changed(row)
            if changed is not None:
                window.orderly = window.orderly and (window.lowest is None or changed <= window.lowest)
                window.lowest = changed
            window.rows[key] = row
            last = key
        return last

    def _rest_is_known(self, window: _Window, page: Page, last: str) -> bool:
        """Tell whether nothing below this page can be news.

        As many rows must be left as we know below it, newest first; and either the page ends in a row that we know, or
        so few were known that they are those of the overlap.
        """
        if window.since is None or not window.orderly or page.count is None:
            return False
        below = [self._changed[key] for key in self._rows if key not in window.rows]
        inside = [changed for changed in below if changed is not None and changed >= window.since]
        after = sum(changed > window.since for changed in inside)  # whether the edge itself belongs to it is unknown
        if page.count - window.read not in (len(inside), after):
            return False
        return window.few or same(self._rows.get(last), window.rows[last])

    def _found(self, ids: Sequence[str]) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for start in range(0, len(ids), IDS):
            for raw in self._door.by_ids(self._kind, ids[start : start + IDS]).rows:
                key = id_of(self._kind, raw)
                if key is not None:
                    found[key] = slim(self._kind, raw)
        return found

    # ---- from when on -------------------------------------------------------------------------------------------

    def _since(self, mark: _Mark, back: int) -> tuple[int, bool]:
        """Return from when on to ask, and whether that puts off looking back over the whole overlap."""
        bulk = self._known_since(back) >= PAGE
        rested = self._now() - mark.at >= REST
        if bulk and rested and mark.put_off < MOST_PUT_OFF and mark.seen is not None:
            return _second(mark.seen) + 1000, True
        return _second(back), False

    def _known_since(self, instant: int) -> int:
        return sum(changed is not None and changed >= instant for changed in self._changed.values())

    def _marked(self, window: _Window, put_off: int) -> _Mark:
        known = [changed for changed in self._changed.values() if changed is not None]
        horizon = max(self._now(), self._now_there or 0) + DAY  # a date far ahead would blind us until then
        seen = max((c for c in known if c <= horizon), default=max(known, default=None))
        back = self._mark.back if put_off and self._mark else None if seen is None else seen - OVERLAP
        return _Mark(seen, back, put_off, self._now(), window.orderly)

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    # ---- the shelf ----------------------------------------------------------------------------------------------

    def _store(self, window: _Window, *, put_off: int = 0, gone: Collection[str] = ()) -> None:
        put = {key: row for key, row in window.rows.items() if not same(self._rows.get(key), row)}
        put |= {key: {**self._rows[key], GONE: True} for key in gone if GONE not in self._rows[key]}
        self._keep(put)
        mark = self._marked(window, put_off)
        old = self._mark
        if put or old is None or (mark.seen, mark.back, put_off) != (old.seen, old.back, old.put_off):
            self._mark = mark
            self._put(put, json.dumps(asdict(mark)))

    def _keep(self, put: Mapping[str, Row]) -> None:
        self._rows.update(put)
        self._changed.update({key: _changed(row) for key, row in put.items()})

    def _put(self, put: Mapping[str, Row], cursor: str | None) -> None:
        self._keep(put)
        if put or cursor is not None:
            self._memory.save(self._shelf, {key: to_text(row) for key, row in put.items()}, cursor=cursor)

    def _load(self) -> None:
        if self._loaded:
            return
        cursor = self._memory.cursor(self._shelf)
        if cursor is not None:
            try:
                mark = _Mark(**json.loads(cursor))
                rows = from_texts(self._memory.load(self._shelf))
            except (ValueError, TypeError):
                mark, rows = None, {}
            if mark is None or mark.version != VERSION:
                self._memory.clear(self._shelf)
            else:
                self._mark = mark
                self._keep(rows)
        self._loaded = True


def _changed(row: Row) -> int | None:
    return milliseconds(row, "UpdatedDateUTC")


def _second(instant: int) -> int:
    return instant // 1000 * 1000
