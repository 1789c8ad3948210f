"""Records the cassettes of HubSpot anew: `python -m tests.connectors.hubspot.record_hubspot [CASE…]`.

From the sandbox; or, with HUBSPOT_TOKEN set (and HUBSPOT_ENDPOINT for another address), those cases that a live account
can answer. Give it a test account: `set-up` makes our properties in it.
"""

from __future__ import annotations

import os
import sys

from tests.connectors.hubspot.hubspot_cassettes import CASES, ENDPOINT, record, record_live


def main(names: list[str]) -> int:
    """Record these cases, or all; say what came of each."""
    token = os.environ.get("HUBSPOT_TOKEN")
    for name in names or list(CASES):
        if token and not CASES[name].live:
            sys.stdout.write(f"{name}: left alone, only the sandbox fails on order\n")
            continue
        endpoint = os.environ.get("HUBSPOT_ENDPOINT", ENDPOINT)
        outcome = record_live(name, token=token, endpoint=endpoint) if token else record(name)
        sys.stdout.write(f"{name}: {outcome}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
