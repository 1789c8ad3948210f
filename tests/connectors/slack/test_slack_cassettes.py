"""The connector against kept exchanges, no server anywhere; and what may not stand in them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.slack.slack_cassettes import CASES, FOLDER, KEY, TOKEN, replay

EXPECTED: dict[str, Any] = {
    "post": [KEY, True, True],
    "direct-message": [1, True, True],
    "find": [True, None],
    "doctor": [("Slack token", True), ("Slack scopes", True)],
    "bad-token": ["Unauthorised"],
    "no-such-channel": ["Refused", "channel_not_found", "Slack channel"],
    "no-such-person": ["Refused", "users_not_found", "Slack channel"],
    "person-left": ["Refused", "user_disabled", "Slack channel"],
    "not-in-channel": ["Refused", "not_in_channel", "Slack channel"],
    "archived": ["Refused", "is_archived", "Slack channel"],
    "unshared": ["Refused", "channel_unshared", "Slack channel"],
    "token-revoked": ["Unauthorised"],
    "missing-scope": ["Unauthorised"],
    "may-not-look": ["Refused", "missing_scope", None],
    "metadata-hidden": ["Refused", "blind", None],
    "too-fast": ["first", ["Unavailable", 1.0, True]],
    "too-fast-in-the-body": ["Unavailable", None, True],
    "too-long": ["Refused", "msg_too_long", None],
    "blocks-too-long": ["Refused", "msg_blocks_too_long", None],
    "no-text": ["Refused", "no_text", None],
    "invalid-blocks": ["Refused", "invalid_blocks", None],
    "invalid-arguments": ["Refused", "invalid_arguments", None],
    "fatal-error": ["Unsure"],
    "internal-error": ["Unsure"],
    "server-error": ["Unsure"],
    "server-error-on-looking": ["Unavailable", None, False],
    "html-as-success": ["Unsure"],
    "empty": ["Unsure"],
    "not-found": ["Refused", "404", None],
}


@pytest.mark.parametrize("name", CASES)
def test_a_kept_exchange_comes_to_the_same(name: str) -> None:
    """The same requests are made, no more and no fewer, and come to what is expected."""
    assert EXPECTED[name] == replay(name)


@pytest.mark.parametrize("name", CASES)
def test_a_cassette_says_its_source_and_holds_no_secret(name: str) -> None:
    """The first line says where it was recorded; no token, and no header that would carry one."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")

    assert text.startswith("# Recorded from ")
    assert TOKEN not in text
    assert "uthorization" not in text
