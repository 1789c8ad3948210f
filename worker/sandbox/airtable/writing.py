"""Creating, updating, upserting, deleting records: at most ten a call, and all of them or none.

Everything of a call is read and checked before the first cell moves. In an upsert, rows are matched with what stood
before the call, so two new rows of one call with one key both come to be: whether the real one does so is not known
(2026-11), and it is the harder case for a client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from worker.sandbox.airtable import errors, schema
from worker.sandbox.airtable.asked import Asked, anything_named, checked, flag, list_of, text
from worker.sandbox.airtable.cells import RECORD_ID, Reading, read
from worker.sandbox.airtable.listing import picker, shown
from worker.sandbox.airtable.workspace import COMPUTED, NUMBERS, Field, Row, Table

BATCH = 10
_MERGEABLE = NUMBERS | {"singleLineText", "multilineText", "singleSelect", "multipleSelects", "date"}
_OPTIONS = {"typecast": flag, "returnFieldsByFieldId": flag}
_RECORDS = {"records": list_of(anything_named)}


def create_records(asked: Asked) -> dict[str, Any]:
    """Answer POST of a table: one record (`fields`) or up to ten (`records`)."""
    asked.query()
    body = asked.body({}, {"fields": anything_named, **_RECORDS, **_OPTIONS})
    if ("fields" in body) == ("records" in body):
        raise errors.missing_fields() if "fields" not in body else errors.invalid_request()
    asked_for = [{"fields": body["fields"]}] if "fields" in body else body["records"]
    _check_batch(asked_for, "created", {"fields": anything_named})
    batch = _Batch(asked, body, asked_for)
    rows = batch.carry_out([None] * len(batch.cells))
    records = batch.shown(rows)
    return records[0] if "fields" in body else {"records": records}


def update_records(asked: Asked) -> dict[str, Any]:
    """Answer PATCH and PUT of a table, with or without `performUpsert`."""
    asked.query()
    body = asked.body(_RECORDS, {**_OPTIONS, "performUpsert": anything_named})
    merge = body.get("performUpsert")
    _check_batch(body["records"], "updated", {"id": text, "fields": anything_named})
    if merge is None and any("id" not in record for record in body["records"]):
        raise errors.invalid_request()
    batch = _Batch(asked, body, body["records"])
    targets = _targets(batch, body["records"], merge)
    known = [row.id for row in targets if row is not None]
    if len(set(known)) < len(known):
        raise errors.invalid_records("You cannot update the same record multiple times in a single request.")
    rows = batch.carry_out(targets)
    answer: dict[str, Any] = {"records": batch.shown(rows)}
    if merge is not None:
        answer["createdRecords"] = [row.id for row, target in zip(rows, targets, strict=True) if target is None]
        answer["updatedRecords"] = known
    return answer


def update_record(asked: Asked) -> dict[str, Any]:
    """Answer PATCH and PUT of one record."""
    asked.query()
    body = asked.body({"fields": anything_named}, _OPTIONS)
    batch = _Batch(asked, body, [body])
    return batch.shown(batch.carry_out([asked.row(batch.table)]))[0]


def delete_records(asked: Asked) -> dict[str, Any]:
    """Answer DELETE of a table with `records[]`."""
    ids = asked.query(records=list_of(text)).get("records", [])
    if not ids:
        raise errors.invalid_request()
    if len(ids) > BATCH:
        raise errors.too_many_records("deleted", len(ids))
    return {"records": _deleted(asked, ids)}


def delete_record(asked: Asked) -> dict[str, Any]:
    """Answer DELETE of one record."""
    asked.query()
    return _deleted(asked, [asked.ids["record"]])[0]


def _deleted(asked: Asked, ids: Iterable[str]) -> list[dict[str, Any]]:
    table = asked.table()
    unique = list(dict.fromkeys(ids))
    for record_id in unique:
        if not RECORD_ID.fullmatch(record_id):
            raise errors.not_found()
        if record_id not in table.rows:
            raise errors.unknown_id("record", record_id, asked.workspace.unknown_id_status)
    change = asked.change()
    for record_id in unique:
        change.destroy(table, table.rows[record_id])
    change.commit()
    return [{"deleted": True, "id": record_id} for record_id in unique]


def _check_batch(records: list[dict[str, Any]], verb: str, checks: Mapping[str, Any]) -> None:
    if not records:
        raise errors.invalid_request()
    if len(records) > BATCH:
        raise errors.too_many_records(verb, len(records))
    for record in records:
        if "fields" not in record:
            raise errors.missing_fields()
        checked(record, checks)


class _Batch:
    """The records of one call, read and checked; nothing is stored before `carry_out`."""

    def __init__(self, asked: Asked, body: Mapping[str, Any], records: Iterable[Mapping[str, Any]]) -> None:
        self.asked = asked
        self.table = asked.table()
        self._reading = Reading(asked.workspace, bool(body.get("typecast")))
        self._by_id = bool(body.get("returnFieldsByFieldId"))
        self.cells = [self._read(record["fields"]) for record in records]

    def _read(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        cells = {}
        for key, value in fields.items():
            column = self.table.field(key)
            if column is None:
                raise errors.unknown_field(key)
            if column.id in self.asked.workspace.locked:
                raise errors.locked_field(column.name, column.id)
            cells[column.id] = read(self._reading, column, value)
        return cells

    def carry_out(self, targets: list[Row | None]) -> list[Row]:
        """Write every record to its row, a new one where there is none yet; PUT clears what is not named."""
        workspace, table = self.asked.workspace, self.table
        cap = workspace.record_cap
        held = sum(len(t.rows) for t in workspace.tables.values())
        if workspace.limits and held + targets.count(None) > cap and None in targets:
            raise errors.full_base(cap)
        change = self.asked.change()
        for field_id, names in self._reading.new_options.items():
            for name in names:
                schema.add_option(change, table, table.fields[field_id], name)
        whole = {key: None for key, column in table.fields.items() if column.type not in COMPUTED}
        rows = []
        for cells, row in zip(self.cells, targets, strict=True):
            if row is None:
                row = change.create(table, cells)
            else:
                change.write(table, row, {**whole, **cells} if self.asked.request.method == "PUT" else cells)
            rows.append(row)
        change.commit()
        return rows

    def shown(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """Return the rows as the answer shows them."""
        pick = picker(self.asked.workspace, self.table, self._by_id)
        return [shown(row, pick) for row in rows]


def _targets(batch: _Batch, records: list[dict[str, Any]], merge: Mapping[str, Any] | None) -> list[Row | None]:
    """Return the row that each record means: by id, else by the merge fields; None is to be created."""
    keys = [] if merge is None else [column.id for column in _merge_fields(batch.table, merge)]
    wanted: dict[tuple[Any, ...], list[Row]] = {}
    for record, cells in zip(records, batch.cells, strict=True):
        if "id" not in record:
            if any(cells.get(key) is None for key in keys):
                raise errors.invalid_records("Every record without an id needs a value in each of fieldsToMergeOn.")
            wanted[_key(cells, keys)] = []
    if wanted:
        for row in batch.table.rows.values():
            found = wanted.get(_key(row.cells, keys))
            if found is not None:
                found.append(row)
    targets: list[Row | None] = []
    for record, cells in zip(records, batch.cells, strict=True):
        if "id" in record:
            if record["id"] not in batch.table.rows:
                raise errors.missing_row(record["id"])
            targets.append(batch.table.rows[record["id"]])
            continue
        matches = wanted[_key(cells, keys)]
        if len(matches) > 1:  # the refusal is documented, its type and words are not
            raise errors.invalid_records("Cannot upsert: more than one record matches the values in fieldsToMergeOn.")
        targets.append(matches[0] if matches else None)
    return targets


def _key(cells: Mapping[str, Any], keys: list[str]) -> tuple[Any, ...]:
    values = (cells.get(key) for key in keys)
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


def _merge_fields(table: Table, merge: Mapping[str, Any]) -> list[Field]:
    checked(merge, {"fieldsToMergeOn": list_of(text)})
    names = merge.get("fieldsToMergeOn", [])
    if not 1 <= len(names) <= 3:
        raise errors.invalid_request()
    columns = []
    for name in names:
        column = table.field(name)
        if column is None:
            raise errors.unknown_field(name)
        if column.type not in _MERGEABLE:
            raise errors.invalid_request()
        columns.append(column)
    return columns
