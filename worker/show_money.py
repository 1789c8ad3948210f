"""What the commands that only look at money show in the terminal, and the same as JSON. Decides nothing."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from worker.domain.money import rounded, shown
from worker.show import cell_text, console, plain
from worker.verify import Verified

# ---- verify ---------------------------------------------------------------------------------------------------------


def verified_as_json(found: Verified) -> dict[str, Any]:
    """Return what differs as one JSON object; amounts are texts."""
    return {
        "agrees": found.agrees,
        "lines": found.lines,
        "differences": [
            {"key": d.key, "column": d.column, "stands": plain(d.stands), "should_be": plain(d.should_be)}
            for d in found.differences
        ],
        "sums": [
            {"deal": g.deal, "partner": g.partner, "month": g.month, "currency": g.currency,
             **{name: format(rounded(getattr(g, name), g.currency), "f") for name in ("locked", "planned", "earned")}}
            for g in found.gaps
        ],
        "unread": list(found.unread),
    }  # fmt: skip


def show_verified(found: Verified) -> None:
    """Show every cell that differs, every month that does not sum to what is earned, every row that can't be read."""
    out = console()
    if found.agrees:
        out.print(f"[green]✓[/] {found.lines} lines, and every one is as the facts make it")
        return
    if found.differences:
        table = Table(box=None, padding=(0, 2, 0, 0))
        table.add_column("key", style="cyan", no_wrap=True)
        for column in ("column", "stands", "should be"):
            table.add_column(column)
        for d in found.differences:
            table.add_row(escape(d.key), d.column, escape(cell_text(d.stands)), escape(cell_text(d.should_be)))
        out.print(table)
    for g in found.gaps:
        sums = f"{shown(g.locked, g.currency)} locked and {shown(g.planned, g.currency)} planned"
        out.print(
            f"[red]{escape(g.deal)}/{escape(g.partner)}/{g.month}[/]: {sums}, but {shown(g.earned, g.currency)} "
            f"{g.currency} is earned"
        )
    for words in found.unread:
        out.print(f"[yellow]can't be read[/]: {escape(words)}")
    lines = len({d.key for d in found.differences})
    out.print(f"{found.lines} lines; {lines} differ, {len(found.gaps)} months do not sum. Nothing was written.")
