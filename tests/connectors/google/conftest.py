"""Fixtures: a bare spreadsheet, and one in which setup has made our tabs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.google.google_stand import Stand


@pytest.fixture
def bare() -> Iterator[Stand]:
    stand = Stand()
    yield stand
    stand.close()


@pytest.fixture
def stand(bare: Stand) -> Stand:
    bare.set_up()
    return bare
