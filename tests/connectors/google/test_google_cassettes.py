"""The connector against kept exchanges, no server anywhere; and what may not stand in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.connectors.google.google_cassettes import CASES, FOLDER, replay
from tests.connectors.google.google_stand import Stand

EXPECTED: dict[str, Any] = {
    "set-up": [],
    "doctor": [(f"Google {name}", True) for name in ("spreadsheet", "sharing", "tabs")],
    "write": [True, "=1+1", ["row"]],
    "row-gone": [["Refused", "NOT_FOUND", None], "row"],
    "activity": [3, ["row", "row"]],
    "unknown-spreadsheet": ["Unauthorised"],
    "sorted-between": [
        ["row"] * 3, [("Ashdown", "of Ashdown"), ("Birch", "of Birch"), ("Cherry", "of Cherry")],
    ],
    "key-refused": ["Unauthorised"],
    "not-shared": ["Unauthorised"],
    "read-only": ["Unauthorised"],
    "api-disabled": ["Unauthorised"],
    "tab-deleted": ["Refused", "NO_TABLE", None],
    "header-renamed": ["Refused", "NO_COLUMN", None],
    "protected": ["Refused", "INVALID_ARGUMENT", None],
    "quota-on-reading": ["Unavailable", True, True],
    "quota-on-writing": ["Unavailable", True, True],
    "server-error-on-reading": ["Unavailable", False, False],
    "server-error-on-writing": ["row"],  # the next reading tells that it was not done, and it is sent again
    "done-behind-an-error": ["row"],  # the next reading tells that it was done
    "html-on-reading": ["Unavailable", False, False],
    "html-on-writing": ["row"],
    "sorry": ["Unavailable", True, True],
    "redirect": ["Unavailable", False, False],
}  # fmt: skip


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
def test_a_cassette_says_its_source_and_holds_no_secret(name: str, anywhere: Stand) -> None:
    """The first line says where it was recorded; neither bearer, nor signature, nor the key is in it."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")

    assert text.startswith("# Recorded from ")
    for secret in ("ya29.", "Authorization", "assertion=", "PRIVATE KEY", json.loads(anywhere.key)["private_key_id"]):
        assert secret not in text
