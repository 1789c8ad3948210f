"""Records the cassettes of Google anew: `python -m tests.connectors.google.record_google [CASE…]`.

From the sandbox; or, with GOOGLE_KEY_FILE and GOOGLE_SPREADSHEET set, those cases that a live account can answer. Give
it a spreadsheet made for the purpose, shared with the key file's account: it makes tabs and rows in it.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from tests.connectors.cassettes import record_each
from tests.connectors.google.google_cassettes import CASES, record, record_live


def main(names: list[str]) -> int:
    """Record these cases, or all; say what came of each."""
    file, spreadsheet = os.environ.get("GOOGLE_KEY_FILE"), os.environ.get("GOOGLE_SPREADSHEET")
    live = None
    if file and spreadsheet:
        live = partial(record_live, key=Path(file).read_text(encoding="utf-8"), spreadsheet=spreadsheet)
    return record_each(CASES, names, record, live)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
