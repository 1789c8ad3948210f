"""What the commands that only look at money show in the terminal, and the same as JSON. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.markup import escape
from rich.table import Table

from worker.backtest import Backtest, Compared
from worker.domain.money import rounded, shown
from worker.domain.plans import CommissionPlan, ExpectedLine, Plans
from worker.forecast import COLUMNS, Forecast, Sums
from worker.planning.plan_examples import Shown
from worker.planning.terms import terms_text
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


# ---- rules ----------------------------------------------------------------------------------------------------------


def plans_as_json(folder: str, plans: Plans) -> dict[str, Any]:
    """Return a summary of every version of every plan."""
    return {
        "folder": folder,
        "faults": [],
        "plans": [
            {"name": plan.name, "version": plan.version, "valid_from": plain(plan.valid_from),
             "valid_to": plain(plan.valid_to), "terms": terms_text(plan), "months": plan.months,
             "examples": _examples(plans, plan)}
            for plan in plans.versions
        ],
    }  # fmt: skip


def show_rules(folder: str, plans: Plans) -> None:
    """Show what the plans say, one line a version."""
    out = console()
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("plan", "version", "won from", "to", "terms", "months", "examples"):
        table.add_column(column, no_wrap=column != "terms")
    for plan in plans.versions:
        months = str(plan.months) if plan.months else "while paid"
        table.add_row(
            escape(plan.name), escape(plan.version), cell_text(plan.valid_from), cell_text(plan.valid_to),
            escape(terms_text(plan)), months, str(_examples(plans, plan)),
        )  # fmt: skip
    out.print(table)
    out.print(f"[green]✓[/] {escape(folder)}: every file loads, and nothing is at fault")


def _examples(plans: Plans, plan: CommissionPlan) -> int:
    return sum((example.plan, example.version) == (plan.name, plan.version) for example in plans.examples)


def examples_as_json(found: Sequence[Shown]) -> dict[str, Any]:
    """Return how each example came out; the lines of those that fail, as expected and as they are."""
    return {
        "examples": [
            {"plan": s.example.plan, "version": s.example.version, "name": s.example.name, "holds": s.holds,
             "expected": [_line_json(line) for line in s.expected], "got": [_line_json(line) for line in s.got],
             "problems": list(s.problems)}
            for s in found
        ],
        "failed": sum(not one.holds for one in found),
    }  # fmt: skip


def _line_json(line: ExpectedLine) -> dict[str, str]:
    return {"partner": line.partner, "month": str(line.month), "kind": line.kind, "amount": format(line.amount, "f"),
            "status": line.status}  # fmt: skip


def show_examples(found: Sequence[Shown]) -> None:
    """Show each example, and of one that fails the lines that are not as expected."""
    out = console()
    for one in found:
        example = one.example
        sign = "[green]✓[/]" if one.holds else "[red]✗[/]"
        out.print(f"{sign} {escape(example.plan)} {escape(example.version)}: {escape(example.name)}")
        for words in one.problems:
            out.print(f"    [yellow]{escape(words)}[/]")
        for line in one.expected:
            if line not in one.got:
                out.print(f"    expected {escape(_line_words(line))}")
        for line in one.got:
            if line not in one.expected:
                out.print(f"    got      {escape(_line_words(line))}")
    failed = sum(not one.holds for one in found)
    out.print(f"{len(found)} examples, {failed} failed")


def _line_words(line: ExpectedLine) -> str:
    return f"{line.partner} {line.month} {line.kind} {line.amount:f} {line.status}"


# ---- backtest -------------------------------------------------------------------------------------------------------

_MOST = 40  # moved lines that are shown one by one


def backtest_as_json(found: Backtest) -> dict[str, Any]:
    """Return the comparison as one JSON object; amounts are texts, null where there is no line."""
    return {
        "deals": found.deals,
        "quarters": [_compared_json(one) for one in found.quarters],
        "partners": [_compared_json(one) for one in found.partners],
        "winners": [_compared_json(one) for one in found.winners],
        "losers": [_compared_json(one) for one in found.losers],
        "totals": {
            currency: {"old": _exact(old, currency), "new": _exact(new, currency),
                       "difference": _exact(new - old, currency)}
            for currency, (old, new) in found.totals.items()
        },
        "moved": [
            {"key": m.key, "currency": m.currency, "old": plain(m.old), "new": plain(m.new), "reason": m.reason}
            for m in found.moved
        ],
        "problems": list(found.problems),
    }  # fmt: skip


def _compared_json(one: Compared) -> dict[str, str]:
    quarter = {"quarter": str(one.quarter)} if one.quarter is not None else {}
    amounts = {name: _exact(getattr(one, name), one.currency) for name in ("old", "new", "difference")}
    return {"partner": one.partner, "name": one.name, **quarter, "currency": one.currency, **amounts}


def show_backtest(found: Backtest, folder: str, since: date) -> None:
    """Show old, new and difference by partner and quarter, winners and losers, and lines that moved otherwise."""
    out = console()
    out.print(f"{found.deals} deals won from {since} on, by the present rules and by {escape(folder)}")
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("partner", "quarter", ""):
        table.add_column(column, no_wrap=True)
    for column in ("old", "new", "difference"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in found.quarters:
        table.add_row(escape(one.name), str(one.quarter), one.currency, *_three(one.old, one.new, one.currency))
    table.add_section()
    for currency, (old, new) in found.totals.items():
        table.add_row("together", "", currency, *_three(old, new, currency), style="bold")
    out.print(table)
    for word, partners in (("would have more", found.winners), ("would have less", found.losers)):
        for one in partners:
            out.print(f"{escape(one.name)} {word}: {_signed(one.difference, one.currency)} {one.currency}")
    if not found.winners and not found.losers:
        out.print("Nobody would have more or less.")
    _show_moved(found)


def _show_moved(found: Backtest) -> None:
    out = console()
    if found.moved:
        out.print(f"{len(found.moved)} lines moved for another reason than their rate:")
    for m in found.moved[:_MOST]:
        old, new = (shown(a, m.currency) if a is not None else "–" for a in (m.old, m.new))
        out.print(f"  [cyan]{escape(m.key)}[/]  {old} → {new}  {escape(m.reason)}")
    if len(found.moved) > _MOST:
        out.print(f"  … and {len(found.moved) - _MOST} more: --json has them all")
    for words in found.problems:
        out.print(f"[yellow]problem[/]: {escape(words)}")


def _three(old: Decimal, new: Decimal, currency: str) -> tuple[str, str, str]:
    return shown(old, currency), shown(new, currency), _signed(new - old, currency)


def _signed(amount: Decimal, currency: str) -> str:
    return f"{'+' if amount > 0 else ''}{shown(amount, currency)}"
