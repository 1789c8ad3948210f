"""A process of its own that reads a large spreadsheet with nothing but the connector and planning in it; not a test.

It says on stdout how many leads it read, how many it wrote, and the most memory that it ever had.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import worker.planning.intake
from worker.connectors.google_sheets import GoogleSheetsTracker
from worker.ports import Edit, Limit

T = TypeVar("T")
CHANGED = 10


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def seconds(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class _Forgetful:
    def load(self, shelf: str) -> dict[str, str]:
        return {}

    def cursor(self, shelf: str) -> str | None:
        return None

    def save(
        self, shelf: str, put: Mapping[str, str], drop: Collection[str] = (), *, cursor: str | None = None
    ) -> None:
        pass

    def clear(self, shelf: str) -> None:
        pass


def once(send: Callable[[], T], *, limits: Sequence[Limit], repeatable: bool) -> T:
    return send()


def peak() -> int:
    """Return the most memory that this process held, in KiB; getrusage begins with that of the one that started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def main() -> None:
    url, spreadsheet = sys.argv[1:]
    tracker = GoogleSheetsTracker(
        spreadsheet=spreadsheet, service_account=sys.stdin.read(), endpoint=url, drive_endpoint=url, columns={},
        caller=once, memory=_Forgetful(), clock=_Clock(), turns=nullcontext, statuses=(),
        time_zone=ZoneInfo("Europe/London"),
    )  # fmt: skip
    rows = tracker.read(["Leads"])["Leads"]
    edits = [Edit("Leads", row.id, "", {"Problem": row.text("Company")}) for row in rows[:: len(rows) // CHANGED]]
    written = tracker.write(edits[:CHANGED])
    copies = worker.planning.intake.copies([])
    most = peak() // 1024
    print(json.dumps({"rows": len(rows), "written": written, "copies": len(copies), "mebibytes": most}))  # noqa: T201


if __name__ == "__main__":
    main()
