"""One run of the real app as a process of its own, so that it can be killed; not a test.

Time is the sandbox's, asked over its control path, and a wait moves it on, taking little real time.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import datetime
from multiprocessing.process import BaseProcess as Process
from pathlib import Path
from typing import Any

from worker.app import App, load
from worker.logs import set_up_logs

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([
    "tests.flows.worker_process", "worker.connectors.airtable", "worker.connectors.hubspot", "worker.connectors.xero",
    "worker.connectors.slack", "worker.connectors.email", "worker.connectors.google_sheets",
])  # fmt: skip
_A_TURN = 1.5  # seconds; the waits for a service's pace are shorter
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class SandboxClock:
    """The sandbox's time; it stands still but for the waits of those who ask it."""

    def __init__(self, sandbox: str) -> None:
        self._path = f"{sandbox}/_sandbox/clock"
        self._now = self._advance(0)

    def now(self) -> datetime:
        return self._now

    def seconds(self) -> float:
        return self._now.timestamp()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            if seconds >= _A_TURN:
                # Some real time too: those who wait for a turn would run the clock past the lease of who has it.
                time.sleep(0.2)
            self._now = self._advance(seconds)

    def _advance(self, seconds: float) -> datetime:
        asked = urllib.request.Request(self._path, json.dumps({"seconds": seconds}).encode(), method="POST")
        with _DIRECT.open(asked, timeout=10) as answer:
            return datetime.fromisoformat(json.load(answer)["now"])


def main(config: Path, sandbox: str, flows: Sequence[str], secrets: Mapping[str, str], log: Path) -> None:
    """Run flows once and end the process; its exit code says whether all of them got through."""
    os.environ.update(secrets)
    sys.stderr = log.open("a", encoding="utf-8", buffering=1)
    set_up_logs()
    with App(*load(config), clock=SandboxClock(sandbox)) as app:
        outcomes = app.run(flows)
    for outcome in outcomes.values():
        sys.stderr.write(f"{outcome.flow}: {outcome.state} {outcome.words}\n")
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "linux" else 1024**2)
    sys.stderr.write(f"peak: {size} MiB\n")
    sys.exit(int(any(outcome.state in ("failed", "stopped", "busy") for outcome in outcomes.values())))


def process(*arguments: Any) -> Process:
    """Return a process of its own, not started, that calls `main`; what it imports is imported once for all of them."""
    return _SERVER.Process(target=main, args=arguments)
