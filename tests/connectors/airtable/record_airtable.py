"""Records the cassettes of Airtable anew: `python -m tests.connectors.airtable.record_airtable [CASE…]`.

From the sandbox; or, with AIRTABLE_TOKEN and AIRTABLE_BASE set, those cases that a live account can answer. Give it a
base made for the purpose: it makes tables, rows and a hook in it.
"""

from __future__ import annotations

import os
import sys

from tests.connectors.airtable.airtable_cassettes import CASES, ENDPOINT, record, record_live


def main(names: list[str]) -> int:
    """Record these cases, or all; say what came of each."""
    token, base = os.environ.get("AIRTABLE_TOKEN"), os.environ.get("AIRTABLE_BASE")
    for name in names or list(CASES):
        if token and base:
            if not CASES[name].live:
                sys.stdout.write(f"{name}: left alone, only the sandbox fails on order\n")
                continue
            endpoint = os.environ.get("AIRTABLE_ENDPOINT", ENDPOINT)
            outcome = record_live(name, token=token, base=base, endpoint=endpoint)
        else:
            outcome = record(name)
        sys.stdout.write(f"{name}: {outcome}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
