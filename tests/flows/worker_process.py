"""One run of the real app as a process of its own, so that it can be killed; not a test.

`python -m tests.flows.worker_process CONFIG SANDBOX FLOW…`: time is the sandbox's, asked over its control path, and a
wait moves it on instead of taking real time.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from datetime import datetime
from pathlib import Path

from worker.app import App, load
from worker.logs import set_up_logs

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
            self._now = self._advance(seconds)

    def _advance(self, seconds: float) -> datetime:
        asked = urllib.request.Request(self._path, json.dumps({"seconds": seconds}).encode(), method="POST")
        with _DIRECT.open(asked, timeout=10) as answer:
            return datetime.fromisoformat(json.load(answer)["now"])


def main(config_path: str, sandbox: str, *flows: str) -> int:
    """Run flows once; the exit code says whether all of them got through."""
    set_up_logs()
    config, loaded = load(Path(config_path))
    with App(config, loaded, clock=SandboxClock(sandbox)) as app:
        outcomes = app.run(flows)
    for outcome in outcomes.values():
        sys.stderr.write(f"{outcome.flow}: {outcome.state} {outcome.words}\n")
    return int(any(outcome.state in ("failed", "stopped", "busy") for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
