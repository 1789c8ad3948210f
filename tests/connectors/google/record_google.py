"""Records the cassettes of Google anew: `python -m tests.connectors.google.record_google [CASE…]`.

From the sandbox; or, with GOOGLE_KEY_FILE and GOOGLE_SPREADSHEET set, those cases that a live account can answer. Give
it a spreadsheet made for the purpose, shared with the key file's account: it makes tabs and rows in it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.connectors.google.google_cassettes import CASES, record, record_live


def main(names: list[str]) -> int:
    """Record these cases, or all; say what came of each."""
    file, spreadsheet = os.environ.get("GOOGLE_KEY_FILE"), os.environ.get("GOOGLE_SPREADSHEET")
    for name in names or list(CASES):
        if file and spreadsheet:
            if not CASES[name].live:
                sys.stdout.write(f"{name}: left alone, only the sandbox fails on order\n")
                continue
            key = Path(file).read_text(encoding="utf-8")
            outcome = record_live(name, key=key, spreadsheet=spreadsheet)
        else:
            outcome = record(name)
        sys.stdout.write(f"{name}: {outcome}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
