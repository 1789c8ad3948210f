"""Records the cassettes of Slack anew: `python -m tests.connectors.slack.record_slack [CASE…]`.

From the sandbox; or, with SLACK_TOKEN, SLACK_CHANNEL (an id) and SLACK_EMAIL set, those cases that a live workspace can
answer. Give it a channel and a member for the purpose: both get messages.
"""

from __future__ import annotations

import os
import sys

from tests.connectors.slack.slack_cassettes import CASES, ENDPOINT, record, record_live


def main(names: list[str]) -> int:
    """Record these cases, or all; say what came of each."""
    token, channel, email = (os.environ.get(f"SLACK_{name}") for name in ("TOKEN", "CHANNEL", "EMAIL"))
    for name in names or list(CASES):
        if token and channel and email:
            if not CASES[name].live:
                sys.stdout.write(f"{name}: left alone, only the sandbox fails on order\n")
                continue
            endpoint = os.environ.get("SLACK_ENDPOINT", ENDPOINT)
            outcome = record_live(name, token=token, channel=channel, email=email, endpoint=endpoint)
        else:
            outcome = record(name)
        sys.stdout.write(f"{name}: {outcome}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
