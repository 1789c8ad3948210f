"""Draws docs/demo.svg anew, the end of the told demo: `python -m tests.demo.draw_demo`. Not a test."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from worker.demo.narration import WIDTH, Teller
from worker.demo.office import Office
from worker.demo.performance import BEGINNING, tell
from worker.logs import set_up_logs
from worker.sandbox.world import World

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "demo.svg"
FIRST = "The year, partner by partner"
OWN_FONTS = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)  # nothing from elsewhere


class LastPage(Teller):
    """Keeps only what is told from one table on."""

    def table(
        self, title: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], note: str = ""
    ) -> None:
        if title == FIRST:
            self.out.export_text(clear=True)
        super().table(title, columns, rows, note)


def main() -> None:
    """Play the year and draw its end."""
    os.environ["QUARTERDAY_LOG"] = "error"
    set_up_logs()
    out = Console(file=io.StringIO(), record=True, width=WIDTH, highlight=False, force_terminal=True)
    with World(BEGINNING) as world, tempfile.TemporaryDirectory() as folder, Office(world, Path(folder)) as office:
        tell(office, LastPage(out))
    PICTURE.parent.mkdir(exist_ok=True)
    drawn = out.export_svg(title="quarterday demo", code_format=OWN_FONTS, unique_id="demo")
    PICTURE.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
