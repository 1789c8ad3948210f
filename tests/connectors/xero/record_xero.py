"""Records the cassettes of Xero anew: `python -m tests.connectors.xero.record_xero [CASE…]`.

From the sandbox; or, with XERO_CLIENT_ID and XERO_CLIENT_SECRET of a custom connection to the demo company set, those
cases that it can answer. Nothing is written to it.
"""

from __future__ import annotations

import os
import sys
from functools import partial

from tests.connectors.cassettes import record_each
from tests.connectors.xero.xero_cassettes import CASES, ENDPOINT, IDENTITY, record, record_live


def main(names: list[str]) -> int:
    """Record these cases, or all; say what came of each."""
    client_id, client_secret = os.environ.get("XERO_CLIENT_ID"), os.environ.get("XERO_CLIENT_SECRET")
    live = None
    if client_id and client_secret:
        live = partial(
            record_live, client_id=client_id, client_secret=client_secret,
            endpoint=os.environ.get("XERO_ENDPOINT", ENDPOINT),
            identity_endpoint=os.environ.get("XERO_IDENTITY_ENDPOINT", IDENTITY),
        )  # fmt: skip
    return record_each(CASES, names, record, live)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
