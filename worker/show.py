"""What the terminal shows: results, health, checks; and the same as JSON. Decides nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from worker.domain.approvals import Difference
from worker.domain.cells import Cell
from worker.engine.runs import Health, Outcome
from worker.show_difference import difference_as_json, difference_lines

if TYPE_CHECKING:
    from worker.engine.journal import Message
    from worker.engine.rows import Progress as Step
    from worker.ports import Check, Missing
    from worker.upkeep import Report, Spent

_COLOURS = {"in sync": "green", "needs attention": "yellow", "waiting": "yellow", "busy": "yellow"}
_LONGEST = 110  # characters of a cell
_WIDE = 400  # characters of a line that no terminal breaks


def console() -> Console:
    """Return where people read."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)


def cell_text(cell: Cell) -> str:
    """Return a cell as people read it."""
    if cell is None or cell == "" or cell is False:
        return "–"
    if isinstance(cell, Decimal):
        return f"{cell:,f}"
    if isinstance(cell, date | datetime):
        return cell.isoformat()
    return "yes" if cell is True else ", ".join(cell) if isinstance(cell, tuple) else str(cell)


def plain(cell: Cell) -> Any:
    """Return a cell as JSON has it; amounts are texts, exact."""
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return cell.isoformat() if isinstance(cell, date | datetime) else cell


def cut(text: str, length: int = _LONGEST) -> str:
    """Return a text on one line, shortened where it is longer than that."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


# ---- results --------------------------------------------------------------------------------------------------------


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Step]:
    """Show how far the writing is, on stderr and only in a terminal."""
    err = Console(stderr=True)
    if quiet or not err.is_terminal:
        yield lambda _stage, _done, _total: None
        return
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=err, transient=True
    ) as bar:
        tasks: dict[str, Any] = {}

        def step(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield step


def show_results(outcomes: Mapping[str, Outcome]) -> None:
    """Show what every flow did."""
    out = console()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("flow", "state", "made", "changed", "to the CRM", "messages", "seconds"):
        table.add_column(column, justify="right" if column not in ("flow", "state") else "left")
    for flow, outcome in outcomes.items():
        counts = outcome.result.counts if outcome.result else {}
        colour = _COLOURS.get(outcome.state, "red")
        shown = [str(counts.get(column) or "·") for column in ("created", "changed", "pushed", "told")]
        table.add_row(flow, f"[{colour}]{outcome.state}[/]", *shown, f"{outcome.seconds:.1f}")
    out.print(table)
    for flow, outcome in outcomes.items():
        for words in _said(outcome):
            out.print(f"  [{_COLOURS.get(outcome.state, 'red')}]{flow}[/]: {escape(words)}")
        for words in difference_lines(outcome.difference or Difference()):
            out.print(f"    {escape(cut(words, _WIDE))}")


def _said(outcome: Outcome) -> Sequence[str]:
    if outcome.result:
        return (*outcome.result.errors, *outcome.result.problems)
    return (outcome.words,) if outcome.words else ()


def results_as_json(programme: str, as_of: str, outcomes: Mapping[str, Outcome], code: int) -> dict[str, Any]:
    """Return what a run did as one JSON object."""
    return {
        "programme": programme,
        "as_of": as_of,
        "exit": code,
        "flows": {
            flow: {
                "state": o.state, "seconds": round(o.seconds, 3), "counts": dict(o.result.counts) if o.result else {},
                "problems": list(o.result.problems) if o.result else [],
                "errors": list(o.result.errors) if o.result else [o.words],
                **({"moved": difference_as_json(o.difference)} if o.difference is not None else {}),
            }
            for flow, o in outcomes.items()
        },
    }  # fmt: skip


# ---- health, doctor, setup ------------------------------------------------------------------------------------------


def _age(then: datetime | None, now: datetime) -> str:
    if then is None:
        return "never"
    seconds = int((now - then).total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit} ago"
    return f"{max(seconds, 0)}s ago"


def show_status(report: Report) -> None:
    """Show the health of every flow, the messages, and the budget."""
    out = console()
    out.print(f"[bold]{escape(report.programme)}[/], {report.at:%Y-%m-%d %H:%M} UTC")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("flow", "state", "last run", "last success", "why"):
        table.add_column(column)
    for flow in report.flows:
        colour = _COLOURS.get(flow.state, "red")
        table.add_row(flow.flow, f"[{colour}]{flow.state}[/]", _age(flow.started_at, report.at),
                      _age(flow.succeeded_at, report.at), escape(cut(flow.words)))  # fmt: skip
    out.print(table if report.flows else "No flow has run yet: `quarterday run` or `quarterday start`.")
    waiting = sum(report.messages.get(state, 0) for state in ("due", "doubt", "sending"))
    out.print(f"messages: {report.messages.get('sent', 0)} sent, {waiting} waiting, {len(report.held)} held")
    out.print(_spent(report.spent, report.at.day))
    if report.held:
        show_held(report.held)


def _spent(spent: Spent, day: int) -> str:
    if spent.monthly is None:
        return f"Google Sheets calls in the last 31 days: {spent.calls:,} (there is no monthly limit)"
    share, projected = spent.calls * 100 // spent.monthly, spent.calls * 31 // day
    return f"Airtable calls this month: {spent.calls:,} of {spent.monthly:,} ({share} %), on the way to {projected:,}"


def status_as_json(report: Report) -> dict[str, Any]:
    """Return the health as one JSON object."""
    return {
        "programme": report.programme,
        "at": report.at.isoformat(),
        "flows": {flow.flow: _health_json(flow) for flow in report.flows},
        "messages": dict(report.messages),
        "held": [{"key": m.notice, "channel": m.channel, "why": m.words} for m in report.held],
        **_spent_json(report.spent),
    }  # fmt: skip


def _spent_json(spent: Spent) -> dict[str, Any]:
    if spent.monthly is None:
        return {"google_sheets_calls": {"last_31_days": spent.calls, "limit": None}}
    return {"airtable_calls": {"this_month": spent.calls, "limit": spent.monthly}}


def _health_json(flow: Health) -> dict[str, Any]:
    return {
        "state": flow.state,
        "words": flow.words,
        "counts": dict(flow.counts),
        "started_at": flow.started_at.isoformat(),
        "succeeded_at": flow.succeeded_at.isoformat() if flow.succeeded_at else None,
        "seconds": flow.seconds,
    }


def show_held(held: Sequence[Message]) -> None:
    """Show the messages that wait for a person."""
    out = console()
    if not held:
        out.print("Nothing is held.")
    for message in held:
        out.print(f"  [yellow]held[/] {escape(message.notice)} by {message.channel}: {escape(message.words)}")


def show_checks(checks: Sequence[Check]) -> None:
    """Show the doctor's findings, one line a check."""
    out = console()
    for check in checks:
        mark = "[green]✓[/]" if check.ok else "[red]✗[/]"
        remedy = "" if check.ok or not check.remedy else f" → {escape(check.remedy)}"
        out.print(f"{mark} [bold]{escape(check.name)}[/]: {escape(check.found)}{remedy}")


def show_missing(missing: Sequence[tuple[str, Missing]], left: Sequence[tuple[str, Missing]], applied: bool) -> None:
    """Show what was missing, what was made, and what a person must make."""
    out = console()
    if not missing:
        out.print("[green]✓[/] Everything is there.")
    for name, one in missing:
        made = applied and (name, one) not in left
        mark = "[green]made[/]" if made else "[yellow]missing[/]" if one.makeable else "[red]by hand[/]"
        remedy = "" if made or (one.makeable and not applied) else f" → {escape(one.remedy)}"
        out.print(f"{mark} {escape(name)}: {escape(one.what)}{remedy}")
    if missing and not applied:
        out.print("\nNothing was written. `quarterday setup --apply` makes what can be made.")


def show_chain(chain: Mapping[str, Any]) -> None:
    """Show the chain behind a figure, a step a line."""
    out = console()
    out.print(f"[bold]{escape(str(chain['key']))}[/]  {escape(str(chain['what']))}")
    table = Table(box=None, padding=(0, 2, 0, 2), show_header=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for step in chain["steps"]:
        table.add_row(escape(step["step"]), escape(step["text"]))
    out.print(table)
