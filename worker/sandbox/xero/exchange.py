"""One authorised request on its way to an answer: its query read strictly, its envelope, its pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.sandbox.server import Reply, Request
from worker.sandbox.xero.books import Books
from worker.sandbox.xero.dates import instant_ms, read_since
from worker.sandbox.xero.errors import unparsable, unreadable
from worker.sandbox.xero.filters import Field, ordered, where
from worker.sandbox.xero.records import Table
from worker.sandbox.xero.render import PAGED, UNPAGED, Renderer, View
from worker.sandbox.xero.switches import Switches
from worker.sandbox.xero.wire import read_json, to_json, to_xml

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 100, 1000
PROVIDER = "Quarterday"


@dataclass(frozen=True)
class Exchange:
    """What a handler needs: the request, the books, and how to write records."""

    request: Request
    books: Books
    render: Renderer
    switches: Switches
    id: str
    json: bool

    def query(self, allowed: frozenset[str]) -> dict[str, str]:
        """Return the query; an unknown or doubled parameter is refused."""
        found: dict[str, str] = {}
        for name, value in self.request.query:
            if name not in allowed or name in found:
                raise unparsable(f"The query parameter '{name}' is not known here, or is given twice")
            found[name] = value
        return found

    def body(self) -> dict[str, Any]:
        """Return the JSON object of a write."""
        try:
            body = read_json(self.request.body)
        except ValueError as error:
            raise unreadable(str(error)) from error
        if not isinstance(body, dict):
            raise unreadable("An object was expected")
        return body

    def reply(self, name: str, rows: Sequence[Any], pagination: Mapping[str, int] | None = None) -> Reply:
        """Answer 200 with rows in the envelope of section 2."""
        body: dict[str, Any] = {
            "Id": self.id, "Status": "OK", "ProviderName": PROVIDER, "DateTimeUTC": instant_ms(self.books.now(), ""),
        }  # fmt: skip
        if pagination is not None:
            body["pagination"] = dict(pagination)
        body[name] = list(rows)
        return self.answer(200, body, "Response")

    def answer(self, status: int, body: Mapping[str, Any], root: str) -> Reply:
        """Write a body as JSON if it was asked for, else as XML."""
        if self.json:
            return Reply(status, to_json(dict(body)).encode(), {"content-type": "application/json; charset=utf-8"})
        return Reply(status, to_xml(root, body).encode(), {"content-type": "text/xml; charset=utf-8"})


@dataclass(frozen=True)
class Listing:
    """How a resource is listed: its name, its parameters, what it can be filtered and ordered by."""

    name: str
    parameters: frozenset[str]
    fields: Mapping[str, Field]
    orders: Mapping[str, Callable[[Any], Any]]
    narrow: Callable[[Exchange, dict[str, str], list[Any]], list[Any]]


BASE_PARAMETERS = frozenset({"page", "pageSize", "where", "order"})


def listing(x: Exchange, table: Table[Any], how: Listing) -> Reply:
    """Answer a GET of many; pages are computed afresh each time, so they drift when rows change in between."""
    query = x.query(how.parameters)
    since = x.request.headers.get("if-modified-since")
    rows: list[Any] = table.ordered() if since is None else _since(x, table, since)
    rows = how.narrow(x, query, rows)
    if "where" in query:
        test = where(query["where"], how.fields)
        rows = [row for row in rows if test(row)]
    if "order" in query:
        rows = ordered(rows, query["order"], how.orders)
    if since is not None and not rows and x.switches.not_modified_304:
        return Reply(304)
    summary = flag(query, "summaryOnly")
    if "page" not in query:
        if len(rows) > x.switches.unpaged_limit:
            raise unparsable(f"You are not filtering {how.name} efficiently: {len(rows)} rows")
        view = View(lines=False, summary=summary, merged_to=False) if summary else UNPAGED
        return x.reply(how.name, [x.render.written(row, view) for row in rows])
    page, size = (
        max(1, whole(query, "page", 1)),
        min(MAX_PAGE_SIZE, max(1, whole(query, "pageSize", DEFAULT_PAGE_SIZE))),
    )
    shown = rows[(page - 1) * size : page * size]
    pagination = {"page": page, "pageSize": size, "pageCount": -(-len(rows) // size), "itemCount": len(rows)}
    view = View(summary=summary, unitdp=unitdp(query)) if query.keys() & {"summaryOnly", "unitdp"} else PAGED
    return x.reply(how.name, [x.render.written(row, view) for row in shown], pagination)


def _since(x: Exchange, table: Table[Any], text: str) -> list[Any]:
    try:
        since = read_since(text)
    except ValueError as error:
        raise unparsable(str(error)) from error
    return table.since(since, x.switches.modified_since_inclusive)


def whole(query: Mapping[str, str], name: str, default: int) -> int:
    """Read a whole number of the query."""
    text = query.get(name, str(default))
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit():
        raise unparsable(f"'{name}' must be a whole number, not '{text}'")
    return int(text)


def flag(query: Mapping[str, str], name: str, default: bool = False) -> bool:
    """Read a truth value of the query; Python's True and False are taken too."""
    text = query.get(name, str(default)).lower()
    if text not in ("true", "false"):
        raise unparsable(f"'{name}' must be true or false, not '{text}'")
    return text == "true"


def unitdp(query: Mapping[str, str]) -> int:
    """Read how many decimals unit amounts have: 2, or 4 on wish."""
    digits = whole(query, "unitdp", 2)
    if digits not in (2, 4):
        raise unparsable("unitdp must be 2 or 4")
    return digits


def csv(query: Mapping[str, str], name: str, *, guids: bool = False) -> frozenset[str] | None:
    """Read a comma-separated parameter; a comma inside a value splits it, in Xero too."""
    if name not in query:
        return None
    values = [part.strip() for part in query[name].split(",")]
    if guids:
        values = [part.lower() for part in values]
        wrong = next((part for part in values if len(part) != 36 or part.count("-") != 4), None)
        if wrong is not None:
            raise unparsable(f"'{wrong}' of {name} is not a GUID")
    return frozenset(values)
