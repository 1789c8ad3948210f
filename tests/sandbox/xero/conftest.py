"""One organisation of the sandbox behind a real socket, a bare client of ours, and the SDK built as the sheet says."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token

from worker.sandbox.clock import Clock
from worker.sandbox.server import Server
from worker.sandbox.xero import Xero

SCOPES = " ".join(f"accounting.{area}" for area in ("invoices", "payments", "contacts", "settings"))


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def text(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.raw, parse_float=Decimal)


class Api:
    """A bare HTTP client with a token of its own; paths without a slash in front are the accounting API's."""

    def __init__(self, server: Server) -> None:
        self._address = urlsplit(server.url)
        self.headers = {"Accept": "application/json", "Content-Type": "application/json"}
        self.renew()

    def renew(self) -> None:
        """Ask for another token."""
        grant = {"grant_type": "client_credentials", "scope": SCOPES, "client_id": "SANDBOX"}
        token = self.form("/connect/token", {**grant, "client_secret": "sandbox-secret"}).json["access_token"]
        self.headers["Authorization"] = f"Bearer {token}"

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port, timeout=10)
        try:
            connection.request(method, path if path.startswith("/") else f"/api.xro/2.0/{path}", body, dict(headers))
            reply = connection.getresponse()
            return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def form(self, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urlencode(fields).encode(), kind | headers)

    def get(self, path: str, headers: Mapping[str, str | None] | None = None, **query: Any) -> Answer:
        return self._call("GET", path, None, headers, query)

    def put(self, path: str, body: Any, headers: Mapping[str, str | None] | None = None, **query: Any) -> Answer:
        return self._call("PUT", path, body, headers, query)

    def post(self, path: str, body: Any, headers: Mapping[str, str | None] | None = None, **query: Any) -> Answer:
        return self._call("POST", path, body, headers, query)

    def delete(self, path: str) -> Answer:
        return self._call("DELETE", path, None, None, {})

    def _call(self, method: str, path: str, body: Any, headers: Mapping[str, str | None] | None, query: Any) -> Answer:
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body, default=float).encode()
        sent = {k: v for k, v in {**self.headers, **(headers or {})}.items() if v is not None}
        return self.send(method, f"{path}?{urlencode(query)}" if query else path, raw, sent)


class Tokens:
    """Section 5 of the sheet: we are the only judge of a token's life, and ask for it ourselves, with a scope."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.client: Any = None
        self.until = 0.0
        self.token: dict[str, Any] = {}
        self.lock = threading.Lock()

    def current(self) -> dict[str, Any]:
        with self.lock:
            if time.time() > self.until - 120:
                reply, _, _ = self.client.call_api(
                    self.identity + "/connect/token", "POST", auth_settings=None, _preload_content=False,
                    header_params={"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
                    post_params={"grant_type": "client_credentials", "scope": SCOPES, "client_id": "SANDBOX",
                                 "client_secret": "sandbox-secret"},
                )  # fmt: skip
                got = json.loads(reply.data)
                self.until = time.time() + got["expires_in"]
                life = {"access_token": got["access_token"], "expires_in": got["expires_in"]}
                self.token = {**life, "token_type": "Bearer", "scope": []}
            return self.token


def built(url: str) -> tuple[AccountingApi, ApiClient, Tokens]:
    """Build the SDK exactly as the sheet does."""
    tokens = Tokens(url)
    configuration = Configuration()  # a copy of the process's first one, whose arguments alone count
    configuration.oauth2_token = OAuth2Token("SANDBOX", "sandbox-secret")
    configuration.connection_pool_maxsize = 5
    client = ApiClient(configuration, oauth2_token_getter=tokens.current)
    client.rest_client.pool_manager.connection_pool_kw.update(retries=False, block=True)
    client.set_default_header("Accept-Encoding", "gzip")
    send = client.rest_client.request
    client.rest_client.request = lambda method, url, **kw: send(
        method, url, **{**kw, "_request_timeout": kw.get("_request_timeout") or (5.0, 90.0)}
    )
    tokens.client = client
    return AccountingApi(client, base_url=url + "/api.xro/2.0"), client, tokens


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 10, 1, 9, 30, tzinfo=UTC))


@pytest.fixture
def xero(clock: Clock) -> Xero:
    return Xero(clock, seed=7)


@pytest.fixture(scope="session")
def running() -> Iterator[Server]:
    clock = Clock(datetime(2026, 10, 1, tzinfo=UTC))
    with Server(Xero(clock), clock) as listening:
        yield listening


@pytest.fixture
def server(running: Server, xero: Xero, clock: Clock) -> Server:
    """Return the one listener of the session with this test's organisation behind it: starting one costs 50 ms."""
    running.service, running.clock, running.log = xero, clock, []
    return running


@pytest.fixture
def api(server: Server) -> Api:
    return Api(server)


@pytest.fixture
def build() -> Iterator[Callable[[str], tuple[AccountingApi, ApiClient, Tokens]]]:
    """Return what builds the SDK for a server's URL."""
    made: list[ApiClient] = []

    def build_for(url: str) -> tuple[AccountingApi, ApiClient, Tokens]:
        parts = built(url)
        made.append(parts[1])
        return parts

    yield build_for
    for client in made:
        client.rest_client.pool_manager.clear()


@pytest.fixture
def sdk(server: Server, build: Callable[[str], tuple[AccountingApi, ApiClient, Tokens]]) -> AccountingApi:
    return build(server.url)[0]


@pytest.fixture
def acme(xero: Xero) -> str:
    return xero.add_contact("Acme Ltd", "hub-1")


@pytest.fixture
def bill() -> Callable[..., dict[str, Any]]:
    """The body of a partner's bill, as a worker drafts it."""

    def body(contact: str, number: str = "2026-Q3/acme/GBP", **fields: Any) -> dict[str, Any]:
        line = {"Description": "Commission", "Quantity": 1, "UnitAmount": 83.33, "AccountCode": "420"}
        head = {"Type": "ACCPAY", "Contact": {"ContactID": contact}, "InvoiceNumber": number}
        days = {"Date": "2026-10-05", "DueDate": "2026-11-04"}
        return {**head, **days, "LineAmountTypes": "Exclusive", "Status": "DRAFT", "LineItems": [line], **fields}

    return body
