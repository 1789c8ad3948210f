"""The door of the stand-in: one server for Sheets, Drive and the token endpoint; routes, quotas, ordered faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from worker.sandbox.clock import Clock
from worker.sandbox.google import (
    batch,
    cells,
    drive,
    errors,
    identity,
    masks,
    metadata,
    rearranging,
    rowscolumns,
    rules,
    tabs,
    values,
)  # fmt: skip
from worker.sandbox.google.asked import Asked, masked, named
from worker.sandbox.google.batch import Handler
from worker.sandbox.google.getting import Wanted, spreadsheet
from worker.sandbox.google.hands import Hands
from worker.sandbox.google.limits import Limits
from worker.sandbox.google.reading import Place, find
from worker.sandbox.google.shapes import Reader
from worker.sandbox.server import Reply, Request

SPREADSHEET = "1SandboxSheet0000000000000000000000000000001"
_READ = frozenset({"spreadsheets", "spreadsheets.readonly", "drive", "drive.readonly", "drive.file"})
_WRITE = frozenset({"spreadsheets", "drive", "drive.file"})
_KINDS: Mapping[str, Handler] = {
    **tabs.HANDLERS, **rowscolumns.HANDLERS, **cells.HANDLERS, **rearranging.HANDLERS, **rules.HANDLERS,
}  # fmt: skip


def get(asked: Asked) -> dict[str, Any]:
    """Answer spreadsheets.get."""
    said = asked.query(ranges="str[]", includeGridData="bool", excludeTablesInBandedRanges="bool")
    with named():
        places = [find(asked.file, text) for text in said.get("ranges", ())]
        return _spreadsheet(asked, places, said.get("includeGridData", False))


def get_by_filter(asked: Asked) -> dict[str, Any]:
    """Answer spreadsheets.getByDataFilter."""
    asked.query()
    body = asked.body("GetSpreadsheetByDataFilterRequest")
    with named():
        places = [place for one in body.get("dataFilters", ()) for place in metadata.located(asked.file, one)]
        return _spreadsheet(asked, places, body.get("includeGridData", False))


def _spreadsheet(asked: Asked, places: list[Place], grid: bool) -> dict[str, Any]:
    text = asked.fields()
    mask = None if text is None else masks.for_reply(text, "Spreadsheet")
    return spreadsheet(asked.file, asked.who, Wanted(mask, places, grid))


def batch_update(asked: Asked) -> dict[str, Any]:
    """Answer spreadsheets.batchUpdate."""
    asked.query()
    raw = asked.raw()
    include, ranges, grid = (raw.pop(name, None) for name in _ECHO)
    reader = Reader()
    given = raw.pop("requests", None) or []
    if not isinstance(given, list):
        given = [given]
    requests = [reader.request(item, f"requests[{number}]") for number, item in enumerate(given)]
    reader.message("ClearValuesRequest", raw)  # whatever is left is unknown
    reader.done()
    with asked.writing() as writer:
        under_way = batch.Batch(writer, asked.workspace.mint_number, asked.workspace.sort_moves_metadata)
        replies = batch.run(under_way, requests, _KINDS)
    answer: dict[str, Any] = {"spreadsheetId": asked.file.id, "replies": replies}
    if include:
        with named():
            wanted = Wanted(None, [find(asked.file, text) for text in ranges or ()], bool(grid))
            answer["updatedSpreadsheet"] = spreadsheet(asked.file, asked.who, wanted)
    return masked(asked, answer)


_ECHO = ("includeSpreadsheetInResponse", "responseRanges", "responseIncludeGridData")


def get_metadata(asked: Asked) -> dict[str, Any]:
    """Answer developerMetadata.get."""
    asked.query()
    for held in metadata.everything(asked.file):
        if str(held[1].body["metadataId"]) == asked.rest:
            return metadata.shown(held)
    raise errors.not_found()


def search_metadata(asked: Asked) -> dict[str, Any]:
    """Answer developerMetadata:search."""
    asked.query()
    body = asked.body("SearchDeveloperMetadataRequest")
    with named():
        return masked(asked, metadata.search(asked.file, body.get("dataFilters", ())))


@dataclass(frozen=True)
class Route:
    """A method of the API: HTTP method, what follows the file's id (one group is `rest`), whether it writes."""

    method: str
    path: re.Pattern[str]
    writes: bool
    answer: Callable[[Asked], dict[str, Any]]


def _route(method: str, path: str, answer: Callable[[Asked], dict[str, Any]], *, writes: bool = True) -> Route:
    return Route(method, re.compile(path), writes, answer)


_ROUTES = (
    _route("GET", "", get, writes=False),
    _route("POST", ":getByDataFilter", get_by_filter, writes=False),
    _route("POST", ":batchUpdate", batch_update),
    _route("GET", "/values:batchGet", values.batch_get, writes=False),
    _route("POST", "/values:batchGetByDataFilter", values.batch_get_by_filter, writes=False),
    _route("POST", "/values:batchUpdate", values.batch_update),
    _route("POST", "/values:batchUpdateByDataFilter", values.batch_update_by_filter),
    _route("POST", "/values:batchClear", values.batch_clear),
    _route("POST", "/values:batchClearByDataFilter", values.batch_clear_by_filter),
    _route("POST", "/values/([^/]+):append", values.append),
    _route("POST", "/values/([^/]+):clear", values.clear_one),
    _route("GET", "/values/([^/]+)", values.get, writes=False),
    _route("PUT", "/values/([^/]+)", values.update),
    _route("POST", "/developerMetadata:search", search_metadata, writes=False),
    _route("GET", "/developerMetadata/([^/]+)", get_metadata, writes=False),
)
_SHEETS = re.compile(r"/v4/spreadsheets/([\w-]+)(.*)", re.DOTALL)


class Google(Hands):
    """Google: a Drive with one spreadsheet of the programme; see `Workspace` for switches, `Hands` for what people do.

    Faults of its own: those of `errors.ORDERED`, `commit-then-fail` (the write is done, the answer is a 500, or
    another of `ORDERED` by the option `answer`) and `invalid-grant` at the token endpoint.
    """

    def __init__(
        self, clock: Clock, *, seed: int = 0, spreadsheet: str = SPREADSHEET, time_zone: str = "Europe/London",
        locale: str = "en_GB",
    ) -> None:  # fmt: skip
        super().__init__(clock, seed=seed, spreadsheet=spreadsheet, time_zone=time_zone, locale=locale)
        self._quota = Limits()

    def answer(self, request: Request) -> Reply:
        """Answer one request."""
        with self.lock:
            try:
                return self._answer(request)
            except errors.ApiError as error:
                return error.reply

    def _answer(self, request: Request) -> Reply:
        fault = self.faults.take(frozenset(errors.ORDERED), request.method, request.path)
        if fault is not None:
            raise errors.ORDERED[fault.kind](fault)
        late = self.faults.take("commit-then-fail", request.method, request.path)
        reply = self._routed(request)
        if late is not None:
            raise errors.ORDERED[late.options.get("answer", "internal")](late)
        return reply

    def _routed(self, request: Request) -> Reply:
        if request.path == "/token":
            if self.faults.take("invalid-grant", request.method, request.path):
                raise errors.grant("invalid_grant", "Invalid grant: account not found")
            return identity.answer(self, request)
        if request.path.startswith("/drive/v3/"):
            return drive.answer(self, request)
        match = _SHEETS.fullmatch(request.path)
        if match is None:
            raise errors.no_page()
        for route in _ROUTES:
            found = route.path.fullmatch(match[2]) if route.method == request.method else None
            if found is not None:
                rest = unquote(found[1]) if found.groups() else ""
                return self._sheets(request, route, unquote(match[1]), rest)
        raise errors.no_page()

    def _sheets(self, request: Request, route: Route, file_id: str, rest: str) -> Reply:
        who = identity.bearer(self, request, _WRITE if route.writes else _READ)
        if self.limits:
            self._quota.take("Write" if route.writes else "Read", who, self.clock.seconds())
        file = self.spreadsheets.get(file_id)
        if file is None:
            raise errors.not_found()
        if who not in file.shares or (route.writes and file.shares[who] == "reader"):
            raise errors.not_shared()
        return Reply.json(200, route.answer(Asked(self, request, file, who, rest)))
