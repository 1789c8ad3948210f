"""The sandbox of Slack on a real socket, and the unmodified SDK talking to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from worker.sandbox.clock import Clock
from worker.sandbox.server import Server
from worker.sandbox.slack import Slack

START = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
CHANNEL = "C0123ABCD9"


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


@pytest.fixture
def slack(clock: Clock) -> Slack:
    service = Slack(clock)
    service.add_channel(CHANNEL, "alices-agency")
    service.limits = False
    return service


@pytest.fixture
def server(slack: Slack, clock: Clock) -> Iterator[Server]:
    with Server(slack, clock) as running:
        yield running


@pytest.fixture
def client(server: Server, slack: Slack) -> WebClient:
    return WebClient(token=slack.token, base_url=f"{server.url}/api/", retry_handlers=[], timeout=5)


@pytest.fixture
def refusal() -> Callable[[Callable[[], Any]], Any]:
    """Run a call that Slack refuses and return the reply."""

    def run(call: Callable[[], Any]) -> Any:
        with pytest.raises(SlackApiError) as caught:
            call()
        return caught.value.response

    return run
