"""What stands in the worker's cells, remembered per row on a shelf a table, so that a hand can be told and put right.

Before a write its old and its new value may both stand, or a death between the call and our note would look like a
hand. Several runs write at once: nothing here overwrites what another noted, and a cell of which another noted
something while we read it is judged at the next look only; what another wrote since we looked is not written over,
and a row that it made is not made again. Losing a shelf loses no truth: what stands is then taken as ours.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from worker.domain.cells import Cell, Row
from worker.domain.kept import KEPT, KEY_OF, Kept, filled
from worker.engine.kept_text import kept_of, kept_text, row_text
from worker.engine.kept_writing import after, begun, moved, overtaken, put, standing
from worker.engine.memory import StoreMemory
from worker.ports import Clock, Edit, Refused, ServiceError

_UNDER_WAY = timedelta(hours=1)  # a write that began longer ago has come to its end, whatever it was


class KeptCells:
    """The shelves of one programme during one round, which sees the tables as they stood at its first look."""

    def __init__(self, memory: StoreMemory, clock: Clock) -> None:
        self._memory = memory
        self._clock = clock
        self._texts: dict[str, dict[str, str]] = {}  # table → row id → text, as first loaded and as changed by us
        self._rows: dict[str, Sequence[Row]] = {}  # as last read
        self._began: dict[tuple[str, str], Kept] = {}  # (shelf, row) → what was kept when a write of ours began
        self._keyed: dict[str, set[str]] = defaultdict(set)  # table → keys that another gave to rows as we read them
        self._quiet: dict[str, Sequence[Row]] = {}  # rows that were looked at already and were as they should be

    # ---- reading ------------------------------------------------------------------------------------------------

    def load(self, tables: Iterable[str]) -> None:
        """Load the shelves; to be called before the tables are read, as others may write meanwhile."""
        for table in tables:
            if table in KEPT and table not in self._texts:
                self._texts[table] = self._memory.load(_shelf(table))

    def columns(self, table: str) -> frozenset[str]:
        """Return the columns that the shelf knows of; a column that is new in ours is taken as it stands."""
        return frozenset(json.loads(self._memory.cursor(_shelf(table)) or "[]"))

    def unlike(self, table: str, rows: Sequence[Row]) -> list[str]:
        """Return the ids of rows that do not stand exactly as remembered, or that nothing is remembered of."""
        self._rows[table] = rows
        if self._quiet.get(table) is rows:
            return []
        key, columns, texts = KEY_OF[table], KEPT[table], self._texts[table]
        found = []
        for row in rows:
            text = texts.get(row.id)
            if (text is not None or row.cells.get(key)) and text != row_text(filled(row.cells, columns)):
                found.append(row.id)
        if not found:
            self._quiet[table] = rows
        return found

    def gone(self, table: str, rows: Sequence[Row]) -> list[str]:
        """Return the ids of rows that were there and are not."""
        if self._quiet.get(table) is rows and len(rows) == len(self._texts[table]):
            return []
        return sorted(self._texts[table].keys() - {row.id for row in rows})

    def of(self, table: str, rows: Collection[str]) -> dict[str, Kept]:
        """Return what is remembered of these rows, and what of it others noted anew since the first look."""
        since = self._memory.some(_shelf(table), rows) if rows else {}
        found: dict[str, Kept] = {}
        for row in rows:
            first, last = self._texts[table].get(row), since.get(row)
            if first is None and last is None:
                continue
            if first is None or last is None:
                found[row] = replace(kept_of(first or last or ""), moved=frozenset(KEPT[table]))
            else:
                before, now = kept_of(first), kept_of(last)
                found[row] = replace(now, moved=moved(before, now, KEPT[table]))
        key = KEY_OF[table]
        self._keyed[table].update(str(one.cells.get(key)) for one in found.values() if key in one.moved)
        return found

    def rows(self, table: str) -> list[Row]:
        """Return the rows as they are remembered, for as long as the table itself can't be read."""
        return [Row(table, row, kept_of(text).cells) for row, text in self._texts[table].items()]

    # ---- remembering what was read ------------------------------------------------------------------------------

    def adopt(
        self, table: str, news: Mapping[str, tuple[Kept | None, Mapping[str, Cell]]], gone: Iterable[str] = ()
    ) -> None:
        """Take rows as they stand: each with what was remembered of it, and its cells from now on; forget those gone.

        What another noted meanwhile, of a cell or a whole row, stays as it noted it.
        """
        texts, columns = self._texts[table], KEPT[table]
        stands = {row: filled(cells, columns) for row, (_, cells) in news.items()}
        wanted = {row: cells for row, cells in stands.items() if not _is_kept(news[row][0], cells)}
        lost = set(gone)

        def change(_: str, row: str, text: str | None) -> str | None:
            before = news.get(row, (None,))[0]
            if row in lost:
                return None
            if before is None:
                return text or row_text(wanted[row])
            if text is None:
                return None
            return kept_text(self._settled(kept_of(text), before, wanted[row], columns))

        known = json.dumps(sorted(columns))
        moved = {} if self.columns(table) == frozenset(columns) else {_shelf(table): known}
        if wanted or lost or moved:
            self._memory.amend([(_shelf(table), row) for row in (*wanted, *lost)], change, moved)
        texts.update({row: row_text(cells) for row, cells in stands.items()})
        for row in lost:
            texts.pop(row, None)

    def _settled(self, now: Kept, before: Kept, wanted: Mapping[str, Cell], columns: Iterable[str]) -> Kept:
        recent = now.since is not None and self._clock.now() - now.since < _UNDER_WAY
        under_way = now.also.keys() if now.under_way and recent else ()
        cells, also = dict(now.cells), dict(now.also)
        for column in set(columns) - before.moved - moved(before, now, columns) - set(under_way):
            also.pop(column, None)
            put(cells, column, wanted.get(column))
        return Kept(cells, also, now.since if also else None, now.under_way if also else 0)

    # ---- remembering what is written ----------------------------------------------------------------------------

    def writing(self, edits: Sequence[Edit]) -> Sequence[bool]:
        """Note, before a write, that its old and its new values may both stand; in one transaction.

        Return for each edit whether another run wrote its cells since our first look, or made the row that it is to
        make. It was planned without knowing that, and must not be written: it would bring back what is not so any
        more, or, where a hand changed the key of that row since, make another one.
        """
        wanted = _by_row(edits)
        made = {table: self._made_since(table) for table in {e.table for e in edits if not e.row} & self._texts.keys()}
        # A row that had no key may be kept under the one that another run gave it since: a sheet has no other name.
        unnamed = [e for e in edits if e.row and e.table in KEPT and e.row not in self._texts.get(e.table, {})]
        named = {place: _place(e) for e in unnamed if (place := (_shelf(e.table), e.key)) not in wanted}
        now = self._clock.now()
        late = {_place(e) for e in edits if not e.row and e.key in made.get(e.table, ())}

        def change(shelf: str, row: str, text: str | None) -> str | None:
            place = (shelf, row)
            asked = named.get(place, place)
            if text is None or asked in late:
                return text
            kept = kept_of(text)
            if self._is_late(shelf, row, text, kept, wanted[asked]):
                late.add(asked)
            if asked in late or asked != place:
                return text
            self._began[place] = kept
            return kept_text(begun(kept, wanted[place], now))

        if wanted:
            self._memory.amend([*named, *wanted], change)
        return [_place(edit) in late for edit in edits]

    def _made_since(self, table: str) -> set[str]:
        """Return the keys that other runs gave to rows since our first look, whatever stands in the rows now."""
        fresh = self._memory.items(_shelf(table)) - self._texts[table].keys()
        noted = self._memory.some(_shelf(table), fresh) if fresh else {}
        return self._keyed[table] | {str(kept_of(text).cells.get(KEY_OF[table])) for text in noted.values()}

    def _is_late(self, shelf: str, row: str, text: str, kept: Kept, wanted: Mapping[str, Cell]) -> bool:
        table = shelf.removeprefix("kept/")
        if table not in self._texts or (known := self._texts[table].get(row)) == text:
            return False
        return overtaken(kept_of(known) if known else Kept({}), kept, wanted)

    def written(self, edits: Sequence[Edit], outcomes: Sequence[str | ServiceError | None]) -> None:
        """Note what came of a write: its values stand; or none of them, where it was refused whole; else both may."""
        done = [(edit, row) for edit, row in zip(edits, outcomes, strict=True) if isinstance(row, str)]
        refused = [edit for edit, outcome in zip(edits, outcomes, strict=True) if isinstance(outcome, Refused)]
        stands = _by_row([replace(edit, row=row) for edit, row in done])
        refusals = _by_row([edit for edit in refused if edit.whole or not edit.row])  # of others a part may stand
        places = dict.fromkeys([*stands, *_by_row(refused)])
        fresh = self._fresh({(_shelf(edit.table), row): edit for edit, row in done if edit.table in KEPT})
        left = {(_shelf(e.table), e.row) for e, row in done if e.row not in (None, row)} - stands.keys()
        now = self._clock.now()

        def change(shelf: str, row: str, text: str | None) -> str | None:
            place = (shelf, row)
            before = self._began.pop(place, None)
            if place in left or (text is None and place not in fresh):
                return None
            if text is None:
                return kept_text(standing(fresh[place], stands[place]))
            ends = after(kept_of(text), before, now, written=stands.get(place), refused=refusals.get(place))
            return kept_text(ends)

        if places or left:
            self._memory.amend([*places, *left], change)
        for shelf, row in (*stands, *left):
            known = self._texts.get(shelf.removeprefix("kept/"))
            if known is not None:
                stood = kept_of(known[row]) if row in known else fresh.get((shelf, row))
                cells = stands.get((shelf, row))
                _put(known, row, None if stood is None or cells is None else kept_text(standing(stood, cells)))
        self._quiet.clear()

    def _fresh(self, done: Mapping[tuple[str, str], Edit]) -> dict[tuple[str, str], Kept]:
        """Return what there was to be kept of rows that nothing may be kept of yet, before they were written.

        A row that was made had nothing but its key. One that was there, like a lead before it got its key, stood as it
        was read; where a row's id is its key, it is kept under its old one.
        """
        asked: dict[str, set[str]] = defaultdict(set)
        for edit in done.values():
            if edit.row is not None and edit.row not in self._texts.get(edit.table, {}):
                asked[edit.table].add(edit.row)
        read = {(t, row.id): row for t, ids in asked.items() for row in self._rows.get(t, ()) if row.id in ids}
        found: dict[tuple[str, str], Kept] = {}
        for place, edit in done.items():
            text = self._texts.get(edit.table, {}).get(edit.row or "")
            if edit.row is None:
                found[place] = Kept({KEY_OF[edit.table]: edit.key})
            elif text is not None:
                found[place] = kept_of(text)
            elif stood := read.get((edit.table, edit.row)):
                found[place] = Kept(filled(stood.cells, KEPT[edit.table]))
        return found


def _is_kept(kept: Kept | None, cells: Mapping[str, Cell]) -> bool:
    """Tell whether exactly these cells are kept already, without doubt."""
    return kept is not None and not kept.also and row_text(kept.cells) == row_text(cells)


def _shelf(table: str) -> str:
    return f"kept/{table}"


def _place(edit: Edit) -> tuple[str, str]:
    """Return shelf and row; a row that is to be made may be remembered under its key."""
    return _shelf(edit.table), edit.row or edit.key


def _by_row(edits: Iterable[Edit]) -> dict[tuple[str, str], dict[str, Cell]]:
    """Return the cells to write by shelf and row."""
    found: dict[tuple[str, str], dict[str, Cell]] = {}
    for edit in edits:
        if edit.table in KEPT:
            found.setdefault(_place(edit), {}).update(edit.cells)
    return found


def _put(texts: dict[str, str], row: str, text: str | None) -> None:
    if text is None:
        texts.pop(row, None)
    else:
        texts[row] = text
