"""The connector against kept exchanges, no server anywhere; and the sandbox's own cassettes against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.airtable.airtable_cassettes import CASES, FOLDER, record, replay
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


def test_every_case_has_its_cassette_and_no_other() -> None:
    """No case without a file, no file without a case."""
    assert sorted(CASES) == sorted(file.stem for file in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("name", CASES)
def test_a_cassette_says_its_source_and_holds_no_secret(name: str) -> None:
    """The first line says where it was recorded; token and hook secret are not in it."""
    text = (FOLDER / f"{name}.yaml").read_text()

    assert text.startswith("# Recorded from ")
    assert TOKEN not in text
    assert "uthorization" not in text.split("response")[0]


@pytest.mark.parametrize("name", ["read-and-follow", "rate-limit-in-a-list", "row-gone", "html-on-writing"])
def test_the_sandbox_still_says_what_it_said(name: str, tmp_path: Path) -> None:
    """A cassette of the sandbox is byte for byte what it answers today, so a stale one is found."""
    kept = (FOLDER / f"{name}.yaml").read_text()
    if not kept.startswith("# Recorded from the sandbox"):
        pytest.skip("recorded from a live account")

    record(name, tmp_path)

    assert kept == (tmp_path / f"{name}.yaml").read_text()
