"""`quarterday demo`: the whole main job against stand-ins of every service, told in the terminal or in a browser.

Real app, real SDKs, real sockets on loopback; only the clock and the people are played.
"""

from __future__ import annotations

import tempfile
from pathlib import Path


def play(*, serve: bool, port: int, folder: Path | None, tracker: str = "airtable") -> int:
    """Play the year on a tracker, or serve the pages on a port until stopped; return the exit code.

    Config, rules and state are kept in `folder`, else in a temporary one that goes when the demo ends.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        return _play(serve, port, folder.resolve(), tracker)
    with tempfile.TemporaryDirectory(prefix="quarterday-demo-") as made:
        return _play(serve, port, Path(made), tracker)


def _play(serve: bool, port: int, folder: Path, tracker: str) -> int:
    from rich.console import Console

    from worker.demo.office import unfit

    if words := unfit(folder):
        Console(stderr=True, soft_wrap=True).print(words, style="red", highlight=False, markup=False)
        return 1
    if serve:
        from worker.demo.served import serve_pages

        return serve_pages(folder, port, tracker)
    from worker.demo.performance import tell_year

    return tell_year(folder, tracker)
