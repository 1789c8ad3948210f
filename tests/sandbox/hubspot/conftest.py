"""An account on loopback, a bare caller that hides nothing, and the SDK built as its sheet says (section 5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3
from hubspot import HubSpot as Client
from hubspot.crm.objects import BasicApi, SearchApi

from worker.sandbox.clock import Clock
from worker.sandbox.hubspot import HubSpot
from worker.sandbox.server import Server

TOKEN = "pat-SANDBOX"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: urllib3.HTTPHeaderDict


Call = Callable[..., Answer]


@dataclass(frozen=True)
class Sdk:
    """The SDK's objects, all on one pool."""

    batch: Any
    basic: Any
    search: Any
    api: Any


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 2, 9, 0, 0, 250_000, tzinfo=UTC))


@pytest.fixture
def account(clock: Clock) -> HubSpot:
    """An account with a partner programme's three unique properties; limits are off unless a test turns them on."""
    made = HubSpot(clock)
    made.limits = False
    made.add_property("deals", "partner_lead_id", hasUniqueValue=True)
    made.add_property("companies", "ext_company_key", hasUniqueValue=True)
    made.add_property("contacts", "ext_contact_key", hasUniqueValue=True)
    return made


@pytest.fixture
def server(account: HubSpot, clock: Clock) -> Iterator[Server]:
    with Server(account, clock) as running:
        yield running


@pytest.fixture
def call(server: Server) -> Iterator[Call]:
    """Return a caller: call(method, path, body, token=…, query=…)."""
    with urllib3.HTTPConnectionPool("127.0.0.1", int(server.url.rsplit(":")[-1]), maxsize=1, retries=False) as pool:

        def send(
            method: str, path: str, body: Any = None, *, token: str | None = TOKEN, raw: bytes | None = None
        ) -> Answer:
            headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
            sent = raw if raw is not None else None if body is None else json.dumps(body).encode()
            reply = pool.request(method, path, body=sent, headers=headers)
            is_json = "json" in reply.headers.get("Content-Type", "")
            return Answer(reply.status, json.loads(reply.data) if is_json else reply.data, reply.headers)

        yield send


@pytest.fixture
def sdk(server: Server) -> Iterator[Sdk]:
    client = Client(access_token=TOKEN, host=server.url, retry=False)
    batch = client.crm.objects.batch_api
    api = batch.api_client
    api.set_default_header("Accept-Encoding", "gzip")
    send = api.rest_client.request
    api.rest_client.request = lambda method, url, **kw: send(
        method, url, **{**kw, "_request_timeout": kw.get("_request_timeout") or (5.0, 30.0)}
    )
    yield Sdk(batch, BasicApi(api), SearchApi(api), api)
    api.rest_client.pool_manager.clear()
