"""Records the cassettes of Airtable anew: `python -m tests.connectors.airtable.record_airtable [CASE…]`.

From the sandbox; or, with AIRTABLE_TOKEN and AIRTABLE_BASE set, those cases that a live account can answer. Give it a
base made for the purpose: it makes tables, rows and a hook in it.
"""

from __future__ import annotations

import os
import sys
from functools import partial

from tests.connectors.airtable.airtable_cassettes import CASES, ENDPOINT, record, record_live
from tests.connectors.cassettes import record_each


def main(names: list[str]) -> int:
    """Record these cases, or all; say what came of each."""
    token, base = os.environ.get("AIRTABLE_TOKEN"), os.environ.get("AIRTABLE_BASE")
    endpoint = os.environ.get("AIRTABLE_ENDPOINT", ENDPOINT)
    live = partial(record_live, token=token, base=base, endpoint=endpoint) if token and base else None
    return record_each(CASES, names, record, live)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
