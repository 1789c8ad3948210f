"""Writing rows: edits become PATCHes by id and upserts by key, ten at a time; rows without a key are added and deleted.

Only the cells given are sent (a PUT would clear the others), never with typecast (a typo would become an option). A
refusal comes back in words that name column and value. Nothing here decides what to write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from worker.connectors.airtable.api import NO_RECORD, SERVICE, Door
from worker.connectors.airtable.cells import BadCell, Codec
from worker.connectors.airtable.listing import Record, record_of
from worker.connectors.airtable.mirror import Mirror
from worker.connectors.airtable.schema import Placed
from worker.connectors.airtable.tens import Outcome, in_tens
from worker.domain.cells import Cell
from worker.ports import Conflict, Edit, Refused, ServiceError, Unsure

_COLUMN_CODES = frozenset({"UNKNOWN_FIELD_NAME", "INVALID_PERMISSIONS"})
_SHOWN = 60  # characters of a value that an error quotes


@dataclass(frozen=True, slots=True)
class Item:
    """One row to write: its id or its key, our cells for the words, their JSON by field id for the request."""

    row: str | None
    key: str
    cells: Mapping[str, Cell]
    fields: Mapping[str, Any]


@dataclass(slots=True)
class Writer:
    """Writes rows of one table, and remembers which of its columns have turned out to refuse everything."""

    door: Door
    mirror: Mirror
    codec: Codec
    placed: Placed
    _closed: dict[str, Refused] = field(default_factory=dict)
    _looked: bool = False

    def write(self, edits: Sequence[Edit]) -> list[Outcome]:
        """Write edits of this table; two for one row are written as one, the later cell counting.

        Where an edit need not be written whole, a cell that its column can't hold is left out, and the outcome is the
        refusal all the same.
        """
        whole = {_whom(edit) for edit in edits if edit.whole or edit.row is None}
        merged: dict[tuple[str | None, str], dict[str, Cell]] = {}
        for edit in edits:
            merged.setdefault(_whom(edit), {}).update(edit.cells)
        outcomes: dict[tuple[str | None, str], Outcome] = {}
        ready: dict[tuple[str | None, str], Item] = {}
        refused: dict[tuple[str | None, str], Refused] = {}
        for whom, cells in merged.items():
            row, key = whom
            item, bad = self._item(row, key, cells if row else {self.placed.table.key: key, **cells})
            if bad is not None:
                refused[whom] = bad
                item = self._without_stamps(item)
            if bad is None or (whom not in whole and item.fields):
                ready[whom] = item
        by_id = {whom: item for whom, item in ready.items() if item.row and item.fields}
        by_key = {whom: item for whom, item in ready.items() if not item.row}
        outcomes.update({whom: item.row for whom, item in ready.items() if item.row and not item.fields})
        for group, send in ((by_id, self._patch), (by_key, self._upsert)):
            outcomes.update(zip(group, self._in_tens(list(group.values()), send), strict=True))
        outcomes.update({whom: bad for whom, bad in refused.items() if isinstance(outcomes.get(whom, ""), str)})
        return [outcomes[_whom(edit)] for edit in edits]

    def append(self, rows: Sequence[Mapping[str, Cell]]) -> list[Outcome]:
        """Add rows that have no key; after an unknown outcome they are not sent again."""
        outcomes: list[Outcome] = []
        items: list[Item] = []
        for cells in rows:
            item, bad = self._item(None, "", cells)
            outcomes.append(bad or "")
            if bad is None:
                items.append(item)
        sent = iter(self._in_tens(items, self._post))
        return [next(sent) if outcome == "" else outcome for outcome in outcomes]

    def delete(self, rows: Sequence[str]) -> list[Outcome]:
        """Delete rows by id; one that is gone already counts as deleted."""

        def alone(row: str, refused: Refused) -> Outcome:
            return self._gone(row) if refused.code in NO_RECORD else refused

        return in_tens(rows, self._delete, alone=alone)

    def _item(self, row: str | None, key: str, cells: Mapping[str, Cell]) -> tuple[Item, Refused | None]:
        """Return what to write, as far as the columns can hold it, and the refusal of the first cell they can't."""
        fit: dict[str, Cell] = {}
        fields: dict[str, Any] = {}
        refused: Refused | None = None
        for column, value in cells.items():
            try:
                if column not in self.placed.fields:
                    raise BadCell(f"there is no column {column}")
                place = self.placed.fields[column]
                fields[place.id] = self.codec.write(place, value)
                fit[column] = value
            except BadCell as bad:
                refused = refused or Refused(SERVICE, f"{self.placed.table.name}: {bad}", "BAD_CELL")
        return Item(row, key, fit, fields), refused

    def _without_stamps(self, item: Item) -> Item:
        """Leave out times of writing, which are those of a whole one."""
        cells = {c: value for c, value in item.cells.items() if self.placed.table.column(c).kind != "datetime"}
        return self._item(item.row, item.key, cells)[0]

    def _in_tens(self, items: Sequence[Item], send: Callable[[Sequence[Item]], Sequence[Outcome]]) -> list[Outcome]:
        return in_tens(items, send, alone=self._blame, spare=self._spare)

    # ---- the four requests --------------------------------------------------------------------------------------

    def _patch(self, items: Sequence[Item]) -> Sequence[Outcome]:
        """Write by record id; the same cells may be sent twice."""
        body = self._body([{"id": i.row, "fields": i.fields} for i in items])
        records = self._send("PATCH", body, repeatable=True)
        return self._settle(items, records, {str(i.row): str(i.row) for i in items})

    def _upsert(self, items: Sequence[Item]) -> Sequence[Outcome]:
        """Write by key: the row that carries it, else a new one; so sending it twice makes no second row."""
        key = self.placed.key.id
        body = {"performUpsert": {"fieldsToMergeOn": [key]}} | self._body([{"fields": i.fields} for i in items])
        records = self._send("PATCH", body, repeatable=True)
        return self._settle(items, records, {str(r["fields"].get(key)): id_ for id_, r in records.items()})

    def _post(self, items: Sequence[Item]) -> Sequence[Outcome]:
        records = self._send("POST", self._body([{"fields": i.fields} for i in items]), repeatable=False)
        return self._settle(items, records, None)

    def _delete(self, rows: Sequence[str]) -> Sequence[Outcome]:
        params = [("records[]", row) for row in rows]
        url = self.door.records_url(self.placed.id)
        self.door.call("DELETE", url, expect="records", params=params, repeatable=True, rows=True)
        self.mirror.put(self.placed, {}, rows)
        return list(rows)

    def _gone(self, row: str) -> str:
        self._look()
        self.mirror.put(self.placed, {}, [row])
        return row

    def _body(self, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {"typecast": False, "returnFieldsByFieldId": True, "records": records}

    def _send(self, method: str, body: Mapping[str, Any], *, repeatable: bool) -> dict[str, Record]:
        url = self.door.records_url(self.placed.id)
        answer = self.door.call(method, url, expect="records", body=body, repeatable=repeatable, rows=True)
        return {str(r["id"]): record_of(self.placed, r) for r in answer["records"]}

    # ---- what came of it ----------------------------------------------------------------------------------------

    def _settle(
        self, items: Sequence[Item], records: Mapping[str, Record], ids: Mapping[str, str] | None
    ) -> list[Outcome]:
        """Match the echo to the items; a row whose key isn't the one known of it has moved under us."""
        order = list(records)
        outcomes: list[Outcome] = []
        for place, item in enumerate(items):
            row = (order[place] if place < len(order) else None) if ids is None else ids.get(item.row or item.key)
            if row is None or row not in records:
                outcomes.append(Unsure(SERVICE, f"{self.placed.table.name}: the answer lacks a row that was written"))
            else:
                outcomes.append(self._moved(item, row, records[row]) or row)
        self.mirror.put(self.placed, records)
        return outcomes

    def _moved(self, item: Item, row: str, record: Record) -> ServiceError | None:
        before = self.mirror.key_of(self.placed, row)
        now = record["fields"].get(self.placed.key.id)
        if item.row is None or not before or self.placed.table.key in item.cells or str(now).strip() == before:
            return None
        words = (
            f"{self.placed.table.name}: the row {row} was {before} when it was read and is {now or 'without key'} now"
        )
        return Conflict(SERVICE, words)

    def _spare(self, item: Item, refused: Refused | None) -> ServiceError | None:
        """Return the refusal of a column that takes nothing from us, so that it isn't found out row by row."""
        if refused is not None and refused.field and (refused.code in _COLUMN_CODES or "computed" in refused.text):
            column = self.placed.column_of(refused.field)
            if column is not None and column not in self._closed:
                words = f"{self.placed.table.name}.{column} can't be written: {refused.text}"
                self._closed[column] = Refused(SERVICE, words, refused.code, column)
        return next((self._closed[c] for c in item.cells if c in self._closed), None)

    def _blame(self, item: Item, refused: Refused) -> Outcome:
        """Say in words what one row's refusal is about."""
        table = self.placed.table.name
        if refused.code in NO_RECORD and item.row is not None:
            self._look()
            return Refused(SERVICE, f"{table}: the row {item.row} is not there any more", "NOT_FOUND")
        if item.row is None and item.key and self._ambiguous(item, refused):
            words = f"{table}: more than one row carries the key {item.key}; delete the copies or clear their key"
            return Refused(SERVICE, words, "DUPLICATE_KEY", self.placed.table.key)
        column = self.placed.column_of(refused.field) if refused.field else None
        columns = [column] if column is not None and column in item.cells else list(item.cells)
        shown = ", ".join(f"{c} = {_short(item.cells[c])}" for c in columns)
        return Refused(SERVICE, f"{table}: {shown} was refused ({refused.text})", refused.code, column)

    def _ambiguous(self, item: Item, refused: Refused) -> bool:
        text = refused.text.lower()
        told = any(word in text for word in ("multiple", "more than one", "duplicate"))
        return len(self.mirror.rows_with_key(self.placed, item.key)) > 1 or (told and refused.field is None)

    def _look(self) -> None:
        """Look once whether the table itself can be read: 403 and 404 may speak of it and not of a row."""
        if not self._looked:
            self.door.call("GET", self.door.records_url(self.placed.id), expect="records", params=[("pageSize", "1")])
            self._looked = True


def _whom(edit: Edit) -> tuple[str | None, str]:
    return (edit.row, "") if edit.row else (None, edit.key)


def _short(value: Cell) -> str:
    text = repr(value) if isinstance(value, str) else ", ".join(value) if isinstance(value, tuple) else str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
