"""The connector against kept exchanges, no server anywhere; and what may not stand in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.connectors.airtable.airtable_cassettes import CASES, FOLDER, replay
from tests.connectors.airtable.airtable_stand import TOKEN, Stand

EXPECTED: dict[str, Any] = {
    "set-up": [],
    "doctor": [(name, True) for name in ("token", "scopes", "base", "tables", "rows", "hooks")],
    "read-and-follow": [True, True, False, "New", "Çelik 🏭"],
    "write": [["row"] * 5, True],
    "row-gone": [["Refused", "NOT_FOUND", None], "row", "row"],
    "activity": [12, True],
    "key-twice": [["Refused", "DUPLICATE_KEY", "Line"]],
    "bad-token": ["Unauthorised"],
    "unknown-base": ["Unauthorised"],
    "hooks-not-permitted": 0,
    "iterator-lost": 101,
    "feed-broken": [0, 0],
    "rate-limit": ["Unavailable", 30.0, True],
    "rate-limit-in-a-list": ["Unavailable", 30.0, True],
    "month-used-up": ["Unavailable", 10_800.0, True],
    "server-error-on-reading": ["Unavailable", None, False],
    "server-error-on-writing": [["Unsure"]],
    "html-on-reading": ["Unavailable", None, False],
    "html-on-writing": [["Unsure"]],
    "retriable": ["Unavailable", 7.0, False],
    "error-under-200": ["Unavailable", None, False],
    "too-large": [["Refused", "REQUEST_BODY_TOO_LARGE", None]],
    "unknown-field": [["Refused", "UNKNOWN_FIELD_NAME", "Client"]],
    "computed-field": [["Refused", "INVALID_VALUE_FOR_COLUMN", "Client"]],
    "locked-field": [["Refused", "INVALID_PERMISSIONS", "Client"]],
    "invalid-value": [["Refused", "INVALID_VALUE_FOR_COLUMN", "Client"]],
    "invalid-request": [["Refused", "INVALID_REQUEST_UNKNOWN", None]],
    "base-full": [["Refused", "RECORD_LIMIT_EXCEEDED", None]],
}


@pytest.fixture(scope="module")
def anywhere() -> Iterator[Stand]:
    """Give the terms of a tracker; its server is asked nothing."""
    stand = Stand()
    yield stand
    stand.close()


@pytest.mark.parametrize("name", CASES)
def test_a_kept_exchange_comes_to_the_same(name: str, anywhere: Stand) -> None:
    """The same requests are made, no more and no fewer, and come to what is expected."""
    assert EXPECTED[name] == replay(name, anywhere)
    assert [] == anywhere.calls()


@pytest.mark.parametrize("name", CASES)
def test_a_cassette_says_its_source_and_holds_no_secret(name: str) -> None:
    """The first line says where it was recorded; token and hook secret are not in it."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")

    assert text.startswith("# Recorded from ")
    assert TOKEN not in text
    assert "uthorization" not in text.split("response")[0]
