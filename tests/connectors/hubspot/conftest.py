"""A HubSpot account served on loopback, its properties made as `setup` makes them, and the connector pointed at it."""

from __future__ import annotations

import pytest

from tests.connectors.hubspot.hubspot_stand import START, crm_at
from tests.connectors.standins import Shelves
from worker.sandbox.clock import Clock
from worker.sandbox.hubspot import HubSpot
from worker.sandbox.server import Server


@pytest.fixture
def clock():
    return Clock(START)


@pytest.fixture
def portal(clock):
    service = HubSpot(clock)
    service.limits = False
    return service


@pytest.fixture
def server(portal, clock):
    with Server(portal, clock) as running:
        yield running


@pytest.fixture
def memory():
    return Shelves()


@pytest.fixture
def crm(server, clock, memory):
    made = crm_at(server.url, clock, memory=memory)
    made.make(made.missing())
    server.log.clear()
    return made
