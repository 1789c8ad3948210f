"""`make record`: makes every cassette anew, from the sandbox or, where a token is set, from the live account."""

from __future__ import annotations

import subprocess
import sys

RECORDERS = (
    "tests.connectors.airtable.record_airtable",
    "tests.connectors.google.record_google",
    "tests.connectors.hubspot.record_hubspot",
    "tests.connectors.xero.record_xero",
    "tests.connectors.slack.record_slack",
)


def main() -> int:
    """Run each recorder in a process of its own; return how many failed."""
    return sum(subprocess.run([sys.executable, "-m", module], check=False).returncode != 0 for module in RECORDERS)


if __name__ == "__main__":
    sys.exit(main())
