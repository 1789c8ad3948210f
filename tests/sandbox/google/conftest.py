"""A spreadsheet with a Leads tab on loopback, a bare caller, and gspread as the worker builds it. Limits are off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import gspread
import pytest
import requests
from google.oauth2.service_account import Credentials
from gspread.http_client import HTTPClient

from tests.sandbox.asking import ask
from worker.sandbox.clock import Clock
from worker.sandbox.google import Google
from worker.sandbox.server import Server

SCOPES = ["https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive.metadata.readonly"]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: requests.structures.CaseInsensitiveDict[str]

    @property
    def message(self) -> str:
        """Return the sentence of an error."""
        return str(self.body["error"]["message"])


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 2, 9, 0, 0, 250_000, tzinfo=UTC))


@pytest.fixture
def google(clock: Clock) -> Google:
    """Return the service with a tab Leads: Lead, Company, Phone, Value, Won on; three leads, one without a value."""
    service = Google(clock)
    service.limits = False
    rows = [
        ["L-1", "Acme", "+44 20 7946 0001", 1200, 46054],
        ["L-2", "Bolt", "+44 20 7946 0002"],
        ["L-3", "Cord", "007", 83.5, 46055],
    ]
    service.make_tab("Leads", ["Lead", "Company", "Phone", "Value", "Won on"], rows)
    return service


@pytest.fixture
def server(google: Google, clock: Clock) -> Iterator[Server]:
    with Server(google, clock) as running:
        yield running


@pytest.fixture
def call(server: Server, google: Google) -> Iterator[Callable[..., Answer]]:
    """Return a caller: method, path below the spreadsheet (`~`), body; `/…` is a path of its own."""
    with requests.Session() as session:

        def send(method: str, path: str, body: Any = None, *, params: Any = None, token: str | None = None) -> Answer:
            bearer = google.bearer("spreadsheets", "drive") if token is None else token
            place = path if path.startswith("/") else f"/v4/spreadsheets/{path.replace('~', google.file.id)}"
            return Answer(*ask(session, method, server.url + place, body, token=bearer, params=params))

        yield send


@pytest.fixture
def batch(call: Callable[..., Answer]) -> Callable[..., Answer]:
    """Return a sender of requests to spreadsheets.batchUpdate."""
    return lambda *requests_: call("POST", "~:batchUpdate", {"requests": list(requests_)})


@pytest.fixture
def write(call: Callable[..., Answer]) -> Callable[..., Answer]:
    """Return a writer of one range, RAW unless said otherwise; further options go into the query."""

    def put(range_: str, values: Any, option: str = "RAW", **params: Any) -> Answer:
        path = f"~/values/{requests.utils.quote(range_, safe='')}"
        return call("PUT", path, {"values": values}, params={"valueInputOption": option, **params})

    return put


@pytest.fixture
def read(call: Callable[..., Answer]) -> Callable[..., Any]:
    """Return a reader of one range's values, None where there are none; options go into the query."""

    def get(range_: str, **params: Any) -> Any:
        answer = call("GET", f"~/values/{requests.utils.quote(range_, safe='')}", params=params)
        return answer.body.get("values") if answer.status == 200 else answer.message

    return get


@pytest.fixture
def leads(google: Google) -> int:
    """Return the id of the tab Leads."""
    return google.sheet("Leads").id


class KeyFile(Credentials):
    """google-auth's own credentials, but for one thread: since 2026 it asks Google where a key may be used.

    That call leaves for iamcredentials.googleapis.com whatever the endpoints are, with the bearer; here none may.
    """

    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False


class SheetsHttp(HTTPClient):
    """gspread's plain client, sent to the sandbox: the base URLs are imported by name, so they are changed here."""

    endpoint = ""

    def request(self, method: str, address: str, *args: Any, **kwargs: Any) -> Any:
        for theirs in ("https://sheets.googleapis.com", "https://www.googleapis.com"):
            if address.startswith(theirs):
                address = self.endpoint + address[len(theirs) :]
        return super().request(method, address, *args, **kwargs)


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[..., gspread.Client]]:
    """Return a maker of clients from key files, built as the worker builds its own."""
    made: list[gspread.Client] = []

    def build(info: dict[str, str], scopes: list[str] = SCOPES) -> gspread.Client:
        credentials = KeyFile.from_service_account_info(info, scopes=scopes)
        kind = type("Pointed", (SheetsHttp,), {"endpoint": server.url})
        client = gspread.Client(auth=credentials, http_client=kind)
        client.set_timeout((5.0, 10.0))
        client.http_client.session.max_redirects = 0
        made.append(client)
        return client

    yield build
    for client in made:
        client.http_client.session.close()


@pytest.fixture
def client(connect: Callable[..., gspread.Client], server: Server, google: Google) -> gspread.Client:
    """Return gspread on google-auth with a key that the sandbox made."""
    return connect(google.service_account_info(server.url))
