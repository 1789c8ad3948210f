"""Batches of up to 100: who is refused whole, who is told of item by item, and in which order the answer comes.

Partial success is opt-in and documented for create only: a unique `objectWriteTraceId` on every input (docs, 2026-11).
The date-versioned paths never answer 207: their errors stand in a 200 or 201.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from zlib import crc32

from worker.sandbox.hubspot.bodies import Ask, text, texts
from worker.sandbox.hubspot.drafts import draft, links_of, unique_property
from worker.sandbox.hubspot.errors import Refusal, bad, duplicate_ids, missing_objects, together
from worker.sandbox.hubspot.kinds import CONTACTS, Kind, kind_named
from worker.sandbox.hubspot.objects import changed, found, shown
from worker.sandbox.hubspot.portal import API, Portal
from worker.sandbox.hubspot.records import Record, wire
from worker.sandbox.hubspot.values import stamp
from worker.sandbox.server import Reply

Row = dict[str, Any]


def multi(portal: Portal, ask: Ask, status: int, results: Sequence[Row], errors: Sequence[Row] = ()) -> Reply:
    """Build a multi-status answer, its results in another order than asked unless the switch says not."""
    rows = list(results)
    if portal.permute:
        salt = f"{portal.seed}/{portal.now()}/".encode()
        rows.sort(key=lambda row: crc32(salt + str(row.get("id", row)).encode()))
    at = stamp(portal.now())
    body: Row = {"completedAt": at, "status": "COMPLETE", "startedAt": at, "results": rows}
    if errors:
        body |= {"errors": list(errors), "numErrors": len(errors)}
    return Reply.json(207 if errors and not ask.dated else status, body)


def _spoilt(portal: Portal, ask: Ask, inputs: list[Row]) -> tuple[list[Row], Callable[[list[Row]], list[Row]]]:
    """Apply the ordered silences: `omit` leaves one input out (option `index`), `nothing` all of them.

    With the option `written` the work is done and only the answer is silent. Returns the inputs that are left, and
    what to do to the results.
    """
    fault = portal.faults.take(frozenset({"omit", "nothing"}), ask.method, ask.path)
    if fault is None:
        return inputs, lambda rows: rows
    index = fault.options.get("index", 0)
    if fault.options.get("written"):
        return inputs, lambda rows: [] if fault.kind == "nothing" else rows[:index] + rows[index + 1 :]
    return ([] if fault.kind == "nothing" else inputs[:index] + inputs[index + 1 :]), lambda rows: rows


def _traced(inputs: Sequence[Row]) -> bool:
    """Tell whether every input has a trace id of its own: only then do good ones land beside bad ones."""
    traces = [entry.get("objectWriteTraceId") for entry in inputs]
    return all(isinstance(t, str) and t for t in traces) and len(set(traces)) == len(traces)


def _echo(entry: Row, row: Row) -> Row:
    return row | ({"objectWriteTraceId": entry["objectWriteTraceId"]} if "objectWriteTraceId" in entry else {})


def _once(ids: Sequence[str]) -> None:
    """Refuse a batch that names one record twice."""
    twice = [id_ for id_, times in Counter(ids).items() if times > 1]
    if twice:
        raise duplicate_ids(twice)


def _same_values(portal: Portal, kind: Kind, entries: Sequence[Row]) -> None:
    """Refuse a batch in which two inputs claim one unique value."""
    for name in portal.unique_names(kind):
        given = [e["properties"].get(name) for e in entries if isinstance(e.get("properties"), dict)]
        _once([str(value).lower() for value in given if value])


def _sorted_out(inputs: Sequence[Row], prepare: Callable[[Row], Any], *, partial: bool) -> tuple[list[Any], list[Row]]:
    """Prepare every input before any is written; without `partial` one refusal refuses them all."""
    ready, refused = [], []
    for entry in inputs:
        try:
            ready.append((entry, prepare(entry)))
        except Refusal as refusal:
            refused.append((entry, refusal))
    if refused and not partial:
        raise together([refusal for _, refusal in refused])
    return ready, [refusal.item(entry.get("objectWriteTraceId")) for entry, refusal in refused]


def create(portal: Portal, ask: Ask) -> Reply:
    """POST objects/{type}/batch/create."""
    ask.only()
    kind = kind_named(ask.parts[0])
    asked = ask.inputs(("properties", "associations", "objectWriteTraceId"), ("properties",))
    _same_values(portal, kind, asked)
    inputs, silence = _spoilt(portal, ask, asked)

    def prepare(entry: Row) -> Any:
        values = draft(portal, kind, entry["properties"], None, dated=ask.dated)
        return values, links_of(portal, kind, entry.get("associations", []))

    ready, errors = _sorted_out(inputs, prepare, partial=_traced(asked))
    results = []
    for entry, (values, links) in ready:
        record = portal.create(kind, values, API)
        for target, id_, types in links:
            portal.links.connect(kind, record.id, target, id_, types)
            portal.touch(target, [id_])
        results.append(_echo(entry, wire(record.face, portal_id=portal.portal_id)))
    return multi(portal, ask, 201, silence(results), errors)


def read(portal: Portal, ask: Ask) -> Reply:
    """POST objects/{type}/batch/read: ids that were merged away are answered by what became of them."""
    ask.only("archived")
    kind, archived = kind_named(ask.parts[0]), ask.flag("archived")
    body = ask.fields(("inputs", "properties", "propertiesWithHistory", "idProperty"), ("inputs",))
    asked = Ask(ask.method, ask.path, ask.parts, (), {"inputs": body["inputs"]}, ask.size, ask.dated)
    inputs, silence = _spoilt(portal, ask, asked.inputs(("id",), ("id",)))
    ids = [text(entry["id"], "id") for entry in inputs]
    _once(ids)
    id_property = text(body.get("idProperty") or "", "idProperty")
    names, history = (
        texts(body.get("properties", []), "properties"),
        texts(body.get("propertiesWithHistory", []), "history"),
    )
    there: dict[int, Record] = {}
    missing = []
    for id_ in ids:
        record = found(portal, kind, id_, id_property, archived=archived)
        if record is None:
            missing.append(id_)
        else:
            there[record.id] = record
    results = silence([shown(portal, record, names, history) for record in there.values()])
    return multi(portal, ask, 200, results, _missing(kind, missing))


def _missing(kind: Kind, ids: Sequence[str]) -> list[Row]:
    return [missing_objects(kind.singular.upper(), ids).item()] if ids else []


def update(portal: Portal, ask: Ask) -> Reply:
    """POST objects/{type}/batch/update: ids that are not there are told, ids that were merged away are not."""
    ask.only()
    kind = kind_named(ask.parts[0])
    asked = ask.inputs(("id", "idProperty", "properties", "objectWriteTraceId"), ("id", "properties"))
    inputs, silence = _spoilt(portal, ask, asked)
    _once([text(entry["id"], "id") for entry in inputs])
    _same_values(portal, kind, inputs)
    aimed, missing = [], []
    for entry in inputs:
        record = _update_target(portal, kind, entry)
        if record is not None:
            aimed.append({**entry, "record": record})
        elif not _skipped(portal, kind, entry):
            missing.append(str(entry["id"]))
    _once([str(entry["record"].id) for entry in aimed])

    def prepare(entry: Row) -> dict[str, str]:
        return draft(portal, kind, entry["properties"], entry["record"], dated=ask.dated)

    ready, _ = _sorted_out(aimed, prepare, partial=False)
    results = []
    for entry, changes in ready:
        portal.change(entry["record"], changes, API)
        results.append(_echo(entry, changed(portal, entry["record"], changes)))
    return multi(portal, ask, 200, silence(results), _missing(kind, missing))


def _update_target(portal: Portal, kind: Kind, entry: Row) -> Record | None:
    id_property, id_ = text(entry.get("idProperty") or "", "idProperty"), str(entry["id"])
    if id_property:
        if id_property == "email":
            raise bad(f"Unable to perform update by non-unique {kind.type_id} property", propertyName=["email"])
        return portal.holder(kind, unique_property(portal, kind, id_property, "update"), id_)
    return portal.there(kind, int(id_)) if id_.isdecimal() else None


def _skipped(portal: Portal, kind: Kind, entry: Row) -> bool:
    """Tell of the two inputs that are passed over in silence: a merged id, and an e-mail address in the place of an id.

    The second "does not fail and nothing changes" (issue HubSpot/hubspot-api-nodejs#548).
    """
    id_ = str(entry["id"])
    if entry.get("idProperty"):
        return False
    return (id_.isdecimal() and int(id_) in portal.aliases[kind]) or (kind is CONTACTS and "@" in id_)


def upsert(portal: Portal, ask: Ask) -> Reply:
    """POST objects/{type}/batch/upsert: by e-mail all or nothing; by an own unique property, traced, item by item."""
    ask.only()
    kind = kind_named(ask.parts[0])
    asked = ask.inputs(("id", "idProperty", "properties", "objectWriteTraceId"), ("id", "idProperty", "properties"))
    inputs, silence = _spoilt(portal, ask, asked)
    aimed = [_aimed(portal, kind, entry) for entry in inputs]
    _once([f"{e['idProperty']}={e['key']}" for e in aimed])
    _once([str(e["record"].id) for e in aimed if e["record"] is not None])
    _same_values(portal, kind, [{"properties": e["whole"]} for e in aimed])

    def prepare(entry: Row) -> dict[str, str]:
        return draft(portal, kind, entry["whole"], entry["record"], dated=ask.dated)

    partial = _traced(asked) and all(entry["idProperty"] != "email" for entry in asked)
    ready, errors = _sorted_out(aimed, prepare, partial=partial)
    results = []
    for entry, values in ready:
        record, new = entry["record"], entry["record"] is None
        if record is None:
            record = portal.create(kind, values, API)
            row = wire(record.face, portal_id=portal.portal_id)
        else:
            portal.change(record, values, API)
            row = changed(portal, record, values)
        results.append(_echo(entry, {**row, "new": new}))
    return multi(portal, ask, 200, silence(results), errors)


def _aimed(portal: Portal, kind: Kind, entry: Row) -> Row:
    """Return an input with the record it means and the whole of its values, the key among them."""
    name = unique_property(portal, kind, text(entry["idProperty"], "idProperty"), "upsert")
    key = text(entry["id"], "id").lower()
    if not key:
        raise bad("The id of an upsert must not be empty", idProperty=[name])
    properties = entry["properties"] if isinstance(entry["properties"], dict) else {}
    if str(properties.get(name, key)).lower() != key:
        raise bad(f"The value of {name} differs from the id of its input", id=[str(entry["id"])])
    record = portal.holder(kind, name, key)
    whole = {name: str(entry["id"]), **properties}
    if record is not None and name == "email":
        whole.pop("email")  # a further address finds its contact and stays a further address
    return {**entry, "key": key, "record": record, "whole": whole}


def archive(portal: Portal, ask: Ask) -> Reply:
    """POST objects/{type}/batch/archive: unknown ids are no error."""
    ask.only()
    kind = kind_named(ask.parts[0])
    inputs, _ = _spoilt(portal, ask, ask.inputs(("id",), ("id",)))
    for entry in inputs:
        id_ = text(entry["id"], "id")
        record = portal.there(kind, int(id_)) if id_.isdecimal() else None
        if record is not None:
            portal.put_in_bin(record, API)
    return Reply(204)
