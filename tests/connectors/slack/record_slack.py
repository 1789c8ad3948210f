"""Records the cassettes of Slack anew: `python -m tests.connectors.slack.record_slack [CASE…]`.

From the sandbox; or, with SLACK_TOKEN, SLACK_CHANNEL (an id) and SLACK_EMAIL set, those cases that a live workspace can
answer. Give it a channel and a member for the purpose: both get messages.
"""

from __future__ import annotations

import os
import sys
from functools import partial

from tests.connectors.cassettes import record_each
from tests.connectors.slack.slack_cassettes import CASES, ENDPOINT, record, record_live


def main(names: list[str]) -> int:
    """Record these cases, or all; say what came of each."""
    token, channel, email = (os.environ.get(f"SLACK_{name}") for name in ("TOKEN", "CHANNEL", "EMAIL"))
    live = None
    if token and channel and email:
        endpoint = os.environ.get("SLACK_ENDPOINT", ENDPOINT)
        live = partial(record_live, token=token, channel=channel, email=email, endpoint=endpoint)
    return record_each(CASES, names, record, live)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
