"""Records the cassettes of HubSpot anew: `python -m tests.connectors.hubspot.record_hubspot [CASE…]`.

From the sandbox; or, with HUBSPOT_TOKEN set (and HUBSPOT_ENDPOINT for another address), those cases that a live account
can answer. Give it a test account: `set-up` makes our properties in it.
"""

from __future__ import annotations

import os
import sys
from functools import partial

from tests.connectors.cassettes import record_each
from tests.connectors.hubspot.hubspot_cassettes import CASES, ENDPOINT, record, record_live


def main(names: list[str]) -> int:
    """Record these cases, or all; say what came of each."""
    token, endpoint = os.environ.get("HUBSPOT_TOKEN"), os.environ.get("HUBSPOT_ENDPOINT", ENDPOINT)
    return record_each(CASES, names, record, partial(record_live, token=token, endpoint=endpoint) if token else None)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
