"""The teller: what happened, in the terminal, as lines and tables that people read. It decides and changes nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from datetime import date

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from worker.demo.witness import TELLS

WIDTH = 100
COLOURS = {
    "Needs attention": "yellow", "Duplicate": "magenta", "Won": "green", "Lost": "red", "On hold": "yellow",
    "Waiting": "yellow", "Confirmed": "green", "On statement": "cyan", "Invoiced": "cyan", "Paid": "green",
    "Cancelled": "red", "Expected": "dim", "Issued": "cyan", "Billed": "cyan", "Part paid": "yellow", "Carried": "dim",
}  # fmt: skip


class Teller:
    """Tells on a console; one that is no terminal is taken to be 100 columns wide."""

    def __init__(self, console: Console | None = None) -> None:
        self.out = console or _console()
        self._day: date | None = None

    def chapter(self, title: str) -> None:
        """Begin a part."""
        self.out.print()
        self.out.print(Rule(Text(title, style="bold"), align="left", style="blue"))
        self._day = None

    def say(self, words: str) -> None:
        """Say a paragraph."""
        self.out.print(Padding(Text.from_markup(words), (0, 2)))

    def day(self, day: date) -> None:
        """Name the day of what follows."""
        self._day = day

    def people(self, words: str) -> None:
        """Tell what people did."""
        self._line("people", "bold", words, "")

    def worker(self, words: str) -> None:
        """Tell what the worker did."""
        self._line("worker", "green", words, "dim" if words.startswith(TELLS) else "default")

    def nothing(self) -> None:
        """Tell that the worker found nothing to do."""
        self._line("worker", "green", "finds nothing to change", "dim")

    def _line(self, who: str, style: str, words: str, tone: str) -> None:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=11, no_wrap=True)
        grid.add_column(width=6, no_wrap=True, style=style)
        grid.add_column(overflow="fold")
        when = f"{self._day:%a %d %b}" if self._day else ""
        self._day = None
        grid.add_row(Text(f" {when}", style="cyan"), who, Text(words, style=tone))
        self.out.print(grid)

    def table(
        self, title: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], note: str = ""
    ) -> None:
        """Show a table; a column is its name and how it is set: `left`, `right`, `wide` (takes the room), `status`."""
        table = Table(
            title=escape(title), title_style="bold", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1),
            header_style="dim", show_edge=False, pad_edge=False,
        )  # fmt: skip
        for name, kind in columns:
            table.add_column(
                name, justify="right" if kind == "right" else "left", no_wrap=kind != "wide",
                ratio=1 if kind == "wide" else None, overflow="fold" if kind == "wide" else "ellipsis",
            )  # fmt: skip
        kinds = [kind for _, kind in columns]
        for row in rows:
            table.add_row(*(_cell(text, kind) for text, kind in zip(row, kinds, strict=True)))
        if table.row_count == 0:
            return
        self.out.print()
        self.out.print(Padding(table, (0, 2)))
        if note:
            self.out.print(Padding(Text(note, style="dim"), (0, 2)))

    def letter(self, title: str, text: str) -> None:
        """Show a letter as it was received."""
        width = self.out.width - 10  # inside the frame
        lines = [
            textwrap.fill(line, width, subsequent_indent=_indent(line), break_on_hyphens=False)
            for line in text.rstrip().splitlines()
        ]
        panel = Panel(Text("\n".join(lines)), title=Text(title), title_align="left", padding=(1, 2))
        self.out.print()
        self.out.print(Padding(panel, (0, 2)))


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _cell(text: str, kind: str) -> Text:
    return Text(text, style=COLOURS.get(text, "default") if kind == "status" else "default")


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal and console.width <= WIDTH else Console(highlight=False, width=WIDTH)
