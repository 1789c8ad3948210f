"""A base with partners and leads on loopback, a bare caller, and pyairtable. Limits are off unless asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from pyairtable import Api

from tests.sandbox.asking import ask
from worker.sandbox.airtable import Airtable
from worker.sandbox.clock import Clock
from worker.sandbox.server import Server

TOKEN = "patSANDBOX"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: requests.structures.CaseInsensitiveDict[str]

    @property
    def error(self) -> str:
        """Return the error's type, whichever of the four shapes it came in."""
        if "errors" in self.body:
            return self.body["errors"][0]["error"]
        error = self.body["error"]
        return error if isinstance(error, str) else error["type"]


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 2, 9, 0, 0, 250_000, tzinfo=UTC))


@pytest.fixture
def airtable(clock: Clock) -> Airtable:
    service = Airtable(clock)
    service.limits = False
    service.auto_deliver = False
    service.make_table("Partners", [("Partner", "singleLineText"), ("Email", "email"), ("Fee", "currency")])
    service.make_table(
        "Leads",
        [
            ("Lead", "singleLineText"),
            ("Company", "singleLineText"),
            ("Partner", "multipleRecordLinks", {"linkedTableId": "Partners"}),
            ("Value", "number"),
            ("Rate", "percent"),
            ("Status", "singleSelect", {"choices": ["New", "Won"]}),
            ("Tags", "multipleSelects", {"choices": ["a", "b"]}),
            ("Hold", "checkbox"),
            ("Submitted", "dateTime", {"timeZone": "Europe/London"}),
            ("Won on", "date"),
            ("Notes", "multilineText"),
            ("Number", "autoNumber"),
            ("Changed", "lastModifiedTime"),
            ("Double", "formula", {"formula": "{Value} * 2"}),
        ],
    )
    return service


@pytest.fixture
def server(airtable: Airtable, clock: Clock) -> Iterator[Server]:
    with Server(airtable, clock) as running:
        yield running


@pytest.fixture
def call(server: Server, airtable: Airtable) -> Iterator[Callable[..., Answer]]:
    """Return a caller: method, path under /v0 (`~` is the base), then params, body, token."""
    with requests.Session() as session:

        def send(method: str, path: str, body: Any = None, *, params: Any = None, token: str = TOKEN) -> Answer:
            url = f"{server.url}/v0/{path.replace('~', airtable.base)}"
            return Answer(*ask(session, method, url, body, token=token, params=params))

        yield send


@pytest.fixture
def api(server: Server) -> Iterator[Api]:
    made = Api(TOKEN, timeout=(5, 10), retry_strategy=None, endpoint_url=server.url, use_field_ids=True)
    yield made
    made.session.close()


@pytest.fixture
def field(airtable: Airtable) -> Callable[..., str]:
    """Return the id of a field by name, in Leads unless said otherwise."""

    def find(name: str, table: str = "Leads") -> str:
        return airtable.table(table).field(name).id

    return find
