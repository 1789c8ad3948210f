"""The connector against kept exchanges, no server anywhere; and what may not stand in them."""

from __future__ import annotations

import pytest

from tests.connectors.hubspot.hubspot_cassettes import CASES, FOLDER, replay

REFS = ["LeadRefs"]
SCOPE = ["Unauthorised", "the token lacks the scope crm.objects.deals.read: add it to the key in HubSpot"]
MIXED = [REFS, ["Refused", "INVALID_OPTION", "deal_currency_code"], ["Refused", "INVALID_EMAIL", "email"], REFS]
LOOKS = ("account", "scopes", "contacts", "companies", "deals", "properties", "pipeline")
OPEN = ("appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "decisionmakerboughtin", "contractsent")
EXPECTED = {
    "set-up": [5, 0],
    "doctor": [(name, True) for name in LOOKS],
    "stages": [*((stage, "open") for stage in OPEN), ("closedwon", "won"), ("closedlost", "lost")],
    "nobody": [0, 0],
    "bad-token": [
        "Unauthorised",
        "the token is not accepted (revoked, rotated or mistyped): make or copy it anew",
    ],
    "look-up": {"acme.example": (True, ["won", "lost", "open"])},
    "put-and-find": [True, True],
    "deals": [
        ("", "open", False, "can't be read any more in HubSpot", False),
        ("A", "won", True, None, False),
        ("B", "lost", True, None, False),
        ("C", "open", False, "archived in HubSpot", False),
        ("D", "open", False, None, False),
        ("D", "open", False, None, True),
        ("D", "open", False, None, True),
    ],
    "existing-contact": [REFS],
    "rows-refused": MIXED,
    "batch-refused-whole": MIXED,
    "taken-whole": [True, True],
    "key-of-an-archived-deal": [["Refused", "ARCHIVED", "partner_lead_id"]],
    "missing-property": [
        "Refused",
        "PROPERTY_DOESNT_EXIST",
        "partner_company_key",
        'the property "partner_company_key" is not there: run quarterday setup --apply',
    ],
    "missing-property-of-deals": [["Unavailable", None, False]],
    "scope-in-missing-scopes": SCOPE,
    "scope-in-errors": SCOPE,
    "scope-in-granular-scopes": SCOPE,
    "limit-named": ["Unavailable", 10.0, True, "the ten secondly limit is reached"],
    "limit-in-words": ["Unavailable", 1.0, True, "the secondly limit is reached"],
    "limit-of-the-day": ["Unavailable", 3600.0, True, "the daily limit is reached"],
    "limit-on-writing": [["Unavailable", 10.0, True]],
    "locked": [["Unavailable", 2.0, False]],
    "migrating": ["Unavailable", 86400.0, False, "the account is being moved to another data centre"],
    "html-on-reading": ["Unavailable", None, False, "answered 502"],
    "html-with-200": ["Unavailable", None, False, "the answer can't be read"],
    "server-error-on-writing": [REFS],
    "row-left-out": [REFS, REFS],
    "complete-with-nothing": [REFS, REFS],
}


@pytest.mark.parametrize("name", CASES)
def test_a_kept_exchange_comes_to_the_same(name):
    """The same requests are made, no more and no fewer, and come to what is expected."""
    assert EXPECTED[name] == replay(name)


@pytest.mark.parametrize("name", CASES)
def test_a_cassette_says_its_source_and_holds_no_secret(name):
    """The first line says where it was recorded; no token, and no header that would carry one."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")

    assert text.startswith("# Recorded from ")
    assert "pat-" not in text
    assert "authorization" not in text.lower()
