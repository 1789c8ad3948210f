"""The connector against kept exchanges, no server anywhere; and what may not stand in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.connectors.xero.xero_cassettes import CASES, FOLDER, replay
from tests.connectors.xero.xero_stand import SECRET, Stand

BOOKS = [
    {
        "INV-1": ["PAID", None, "10.09. 70.00"],
        "INV-2": ["AUTHORISED", None, "14.09. 200.00 deleted", "15.09. 40.00", "17.09. 30.00"],
        "INV-3": ["VOIDED", None],
        "INV-4": ["DRAFT", None],
        "2026-Q3/acme/GBP": ["PAID", None, "18.09. 50.00"],
    },
    {"CN-1": [["50.00"], ["13.09. 30.00"]]},
]
EXPECTED: dict[str, Any] = {
    "books": BOOKS,
    "follow": [True, True, True],
    "contacts": ["hub-2"],
    "doctor": [(name, True) for name in ("token", "organisation", "invoices", "payments", "contacts", "calls")],
    "nothing-new": [1, 1],
    "bad-secret": ["Unauthorised"],
    "wrong-tenant": ["Unauthorised"],
    "bad-scope": ["Unauthorised"],
    "broad-scopes": 0,
    "expired-token": 0,
    "refused-token": ["Unauthorised"],
    "missing-scope": ["Unauthorised"],
    "minute-used-up": ["Unavailable", 17.0, True],
    "day-used-up": ["Unavailable", 34_000.0, True],
    "concurrent": ["Unavailable", 1.0, True],
    "rate-limit-in-a-form": ["Unavailable", 120.0, True],
    "query-refused": ["Refused", "QueryParseException", None],
    "refused-in-xml": ["Refused", "ValidationException", None],
    "not-found": ["Refused", "404", None],
    "server-error": ["Unavailable", None, False],
    "maintenance": ["Unavailable", None, False],
    "html": ["Unavailable", None, False],
    "html-as-success": ["Unavailable", None, False],
    "empty": ["Unavailable", None, False],
    "identity-offline": ["Unavailable", None, False],
}


@pytest.fixture
def nowhere() -> Iterator[Stand]:
    """Give the terms of a ledger; its server is asked nothing."""
    stand = Stand()
    yield stand
    stand.close()


@pytest.mark.parametrize("name", CASES)
def test_a_kept_exchange_comes_to_the_same(name: str, nowhere: Stand) -> None:
    """The same requests are made, no more and no fewer, and come to what is expected."""
    assert EXPECTED[name] == replay(name, nowhere)
    assert [] == nowhere.server.log


@pytest.mark.parametrize("name", CASES)
def test_a_cassette_says_its_source_and_holds_no_secret(name: str) -> None:
    """The first line says where it was recorded; no credentials, no token, no header that would carry one."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")

    assert text.startswith("# Recorded from ")
    assert "client_secret" not in text
    assert SECRET not in text
    assert "sandbox-access" not in text
    assert "Bearer " not in text
    assert "authorization" not in text
