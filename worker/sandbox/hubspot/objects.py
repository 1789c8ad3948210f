"""Single records and lists: read, create, update, archive one; read a page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from worker.sandbox.hubspot.bodies import Ask
from worker.sandbox.hubspot.drafts import draft, links_of, unique_property
from worker.sandbox.hubspot.errors import bad, nothing_there
from worker.sandbox.hubspot.kinds import Kind, kind_named
from worker.sandbox.hubspot.portal import API, Portal
from worker.sandbox.hubspot.records import Record, past_wire, wire
from worker.sandbox.server import Reply

_READING = ("properties", "propertiesWithHistory", "associations", "archived")


def found(portal: Portal, kind: Kind, text: str, id_property: str, *, archived: bool = False) -> Record | None:
    """Return the record of an id (own or merged away), or of a value of a unique property."""
    if id_property:
        return portal.holder(kind, unique_property(portal, kind, id_property, "read"), text, archived=archived)
    return portal.resolved(kind, int(text), archived=archived) if text.isdecimal() else None


def shown(portal: Portal, record: Record, names: list[str], history: list[str]) -> dict[str, Any]:
    """Return a record with what was asked of it; unknown properties are left out silently (third party)."""
    known = portal.definitions[record.face.kind]
    wanted = [n for n in [*(names or record.face.kind.shown), *history] if n in known and not known[n].archived]
    body = wire(record.face, wanted, portal.portal_id)
    if history:
        body["propertiesWithHistory"] = past_wire(record, [n for n in history if n in known])
    return body


def _with_links(portal: Portal, record: Record, wanted: list[str]) -> dict[str, Any]:
    tied: dict[str, Any] = {}
    for name in wanted:
        target = kind_named(name)
        source = record.face.kind
        results = []
        for id_, types in sorted(portal.links.of(source, record.id, target).items()):
            for type_ in sorted(types):
                suffix = "_unlabeled" if portal.links.types[type_].label is None and {1, 5, 2, 6} & types else ""
                results.append({"id": str(id_), "type": f"{source.singular}_to_{target.singular}{suffix}"})
        if results:
            tied[target.plural] = {"results": results}
    return {"associations": tied} if tied else {}


def list_records(portal: Portal, ask: Ask) -> Reply:
    """GET objects/{type}: a page in the order of ids; `after` is the last id of the page before."""
    ask.only(*_READING, "limit", "after")
    kind, archived = kind_named(ask.parts[0]), ask.flag("archived")
    history = ask.several("propertiesWithHistory")
    limit, after = ask.one("limit", "10"), ask.one("after", "0")
    most = 50 if history else 100
    if not limit.isdecimal() or not 1 <= int(limit) <= most:
        raise bad(f"limit must be between 1 and {most}", limit=[limit])
    if not after.isdecimal():
        raise bad(f"Invalid paging cursor: {after}", after=[after])
    ids = sorted(i for i in portal.records[kind] if i > int(after) and portal.there(kind, i, archived=archived))
    page = [portal.records[kind][i] for i in ids[: int(limit)]]
    rows = [
        shown(portal, r, ask.several("properties"), history) | _with_links(portal, r, ask.several("associations"))
        for r in page
    ]
    body: dict[str, Any] = {"results": rows}
    if len(ids) > len(page):
        cursor = str(page[-1].id)
        query = urlencode([*[(k, v) for k, v in ask.query if k != "after"], ("after", cursor)])
        body["paging"] = {"next": {"after": cursor, "link": f"https://api.hubapi.com{ask.path}?{query}"}}
    return Reply.json(200, body)


def read_record(portal: Portal, ask: Ask) -> Reply:
    """GET objects/{type}/{id}: the id may be one that was merged away, the answer then bears the new one."""
    ask.only(*_READING, "idProperty")
    kind = kind_named(ask.parts[0])
    record = found(portal, kind, ask.parts[1], ask.one("idProperty"), archived=ask.flag("archived"))
    if record is None:
        raise nothing_there()
    body = shown(portal, record, ask.several("properties"), ask.several("propertiesWithHistory"))
    return Reply.json(200, body | _with_links(portal, record, ask.several("associations")))


def create_record(portal: Portal, ask: Ask) -> Reply:
    """POST objects/{type}."""
    ask.only()
    kind = kind_named(ask.parts[0])
    body = ask.fields(("properties", "associations"), ("properties",))
    values = draft(portal, kind, body["properties"], None, dated=ask.dated)
    links = links_of(portal, kind, body.get("associations", []))
    record = portal.create(kind, values, API)
    for target, id_, types in links:
        portal.links.connect(kind, record.id, target, id_, types)
        portal.touch(target, [id_])
    return Reply.json(201, wire(record.face, portal_id=portal.portal_id))


def update_record(portal: Portal, ask: Ask) -> Reply:
    """PATCH objects/{type}/{id}: follows a merged id, and takes a unique property as `idProperty`."""
    ask.only("idProperty")
    kind = kind_named(ask.parts[0])
    body = ask.fields(("properties",), ("properties",))
    record = found(portal, kind, ask.parts[1], ask.one("idProperty"))
    if record is None:
        raise nothing_there()
    changes = draft(portal, kind, body["properties"], record, dated=ask.dated)
    portal.change(record, changes, API)
    return Reply.json(200, changed(portal, record, changes))


def changed(portal: Portal, record: Record, changes: dict[str, str]) -> dict[str, Any]:
    """Return a record after an update: what was written and a few standing values (captured 2025-11)."""
    own = [n for n in ("hs_object_source", "hs_object_source_id", "hs_object_source_label") if n not in changes]
    body = wire(record.face, [*changes, *own], portal.portal_id)
    # A cleared value comes back as the empty text it was set to.
    body["properties"] |= {n: v if v is not None else "" for n, v in body["properties"].items()}
    return body


def archive_record(portal: Portal, ask: Ask) -> Reply:
    """DELETE objects/{type}/{id}: into the bin; 204 also when there is nothing to bin."""
    ask.only()
    kind, text = kind_named(ask.parts[0]), ask.parts[1]
    record = portal.resolved(kind, int(text)) if text.isdecimal() else None
    if record is not None:
        portal.put_in_bin(record, API)
    return Reply(204)
