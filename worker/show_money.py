"""What the commands that only look at money show in the terminal, and the same as JSON. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.markup import escape
from rich.table import Table

from worker.domain.money import rounded, shown
from worker.forecast import COLUMNS, Forecast, Sums
from worker.show import cell_text, console, plain
from worker.verify import Verified


def _exact(amount: Decimal, currency: str) -> str:
    """Return an amount as JSON has it: `100.00`."""
    return format(rounded(amount, currency), "f")


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
             **{name: _exact(getattr(g, name), g.currency) for name in ("locked", "planned", "earned")}}
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


# ---- forecast -------------------------------------------------------------------------------------------------------


def forecast_as_json(found: Forecast, as_of: datetime) -> dict[str, Any]:
    """Return the sums as one JSON object; amounts are texts."""
    return {
        "as_of": as_of.isoformat(),
        "months": [
            {"month": str(share.month), "partner": share.partner, "name": share.name, "currency": share.currency,
             **_sums_json(share.sums, share.currency)}
            for share in found.shares
        ],
        "totals": {currency: _sums_json(sums, currency) for currency, sums in found.totals.items()},
        "unread": list(found.unread),
    }  # fmt: skip


def _sums_json(sums: Sums, currency: str) -> Mapping[str, str]:
    return {name: _exact(getattr(sums, name), currency) for name in (*COLUMNS, "total")}


def show_forecast(found: Forecast, as_of: datetime) -> None:
    """Show the sums by month and partner, and the totals of each currency."""
    out = console()
    out.print(f"as of {as_of.isoformat()}")
    if not found.shares:
        out.print("No line is worth anything yet.")
    else:
        out.print(_forecast_table(found))
    for words in found.unread:
        out.print(f"[yellow]left out[/]: {escape(words)}")


def _forecast_table(found: Forecast) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("month", "partner", ""):
        table.add_column(column, no_wrap=True)
    for column in (*COLUMNS, "total"):
        table.add_column(column.replace("_", " "), justify="right", no_wrap=True)
    for share in found.shares:
        table.add_row(
            str(share.month), escape(share.name), share.currency, *_sums_shown(share.sums, share.currency)
        )  # fmt: skip
    table.add_section()
    for currency, sums in found.totals.items():
        table.add_row("together", "", currency, *_sums_shown(sums, currency), style="bold")
    return table


def _sums_shown(sums: Sums, currency: str) -> list[str]:
    amounts = [getattr(sums, name) for name in (*COLUMNS, "total")]
    return [shown(amount, currency) if amount else "–" for amount in amounts]
