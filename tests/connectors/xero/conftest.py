"""Fixtures: an organisation served on loopback, with one client in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.xero.xero_stand import Stand


@pytest.fixture
def stand() -> Iterator[Stand]:
    made = Stand()
    yield made
    made.close()


@pytest.fixture
def acme(stand: Stand) -> str:
    """Return the client's ContactID."""
    return stand.xero.add_contact("Acme Ltd", "hub-1")
