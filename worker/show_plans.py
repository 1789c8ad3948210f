"""How plans are shown: every change by partner with its reason, statements that come, sums; and the same as JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from worker.domain.plan import Plan, RowEdit
from worker.show import cell_text, console, cut, plain

_MOST = 40  # changes of one partner that are shown one by one


def show_plans(plans: Mapping[str, Plan], digest: str, failures: Mapping[str, str]) -> None:
    """Show every change grouped by partner, with totals, guards and the digest."""
    out = console()
    for flow, plan in plans.items():
        if not len(plan) and not (plan.saw or plan.notes or plan.remarks):
            out.print(f"[bold]{flow}[/]: nothing to change")
            continue
        out.print(f"[bold]{flow}[/]: {_counted(plan)}   digest [bold]{plan.digest()}[/]")
        _show_changes(out, plan)
        _show_statements(out, plan)
        for note in (*plan.notes, *plan.remarks):
            out.print(f"  [yellow]note[/] {escape(note)}")
        for words in plan.saw:
            out.print(f"  [red]stopped by a guard[/]: {escape(words)}")
    for flow, words in failures.items():
        out.print(f"[bold]{flow}[/]: [red]could not be planned[/]: {escape(words)}")
    out.print(
        f"\nNothing was written. `quarterday run` does it; `--approve {digest}` lets exactly this through a guard."
    )


def _counted(plan: Plan) -> str:
    made = sum(edit.row is None for edit in plan.edits)
    parts = [(made, "rows to make"), (len(plan.edits) - made, "rows to change"), (len(plan.pushes), "leads to the CRM"),
             (len(plan.tells), "messages")]  # fmt: skip
    return ", ".join(f"{count} {what}" for count, what in parts if count) or "nothing to change"


def _show_changes(out: Console, plan: Plan) -> None:
    groups: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for edit in plan.edits:
        groups[edit.about].append((edit.key, _edit_words(edit), edit.reason))
    for push in plan.pushes:
        groups[push.about].append((push.draft.key, f"{push.draft.company} into the CRM", push.reason))
    for tell in plan.tells:
        groups[tell.notice.recipient.partner].append(("message", tell.notice.subject, tell.reason))
    for about in sorted(groups):
        table = Table(
            title=about or "no partner", title_justify="left", box=None, padding=(0, 2, 0, 2), title_style="bold"
        )
        table.add_column("key", style="cyan", no_wrap=True)
        table.add_column("change")
        table.add_column("why", style="dim")
        for key, change, why in groups[about][:_MOST]:
            table.add_row(escape(key), escape(cut(change)), escape(cut(why)))
        if len(groups[about]) > _MOST:
            table.add_row("", f"… and {len(groups[about]) - _MOST} more", "")
        out.print(table)
    for currency, amount in sorted(moved(plan).items()):
        out.print(f"  together {amount:+,f} {currency}")


def moved(plan: Plan) -> dict[str, Decimal]:
    """Return by how much the plan moves amounts, by currency."""
    total: dict[str, Decimal] = defaultdict(Decimal)
    for edit in plan.edits:
        if edit.money:
            total[edit.money[0]] += edit.money[1]
    return dict(total)


def new_statements(plan: Plan) -> Sequence[RowEdit]:
    """Return the statements that a plan makes."""
    return [edit for edit in plan.edits if edit.table == "Statements" and edit.row is None]


def statement_sums(plan: Plan) -> dict[str, dict[str, Decimal]]:
    """Return by currency what new statements ask partners to invoice, and what they carry into the next."""
    sums: dict[str, dict[str, Decimal]] = {}
    for edit in new_statements(plan):
        closing, amount = (_sum(edit, column) for column in ("Closing", "Amount to invoice"))
        own = sums.setdefault(str(edit.after["Currency"]), {"to_invoice": Decimal(0), "carried": Decimal(0)})
        own["to_invoice"] += amount
        own["carried"] += closing - amount
    return dict(sorted(sums.items()))


def _sum(edit: RowEdit, column: str) -> Decimal:
    cell = edit.after.get(column)
    return cell if isinstance(cell, Decimal) else Decimal(0)


def _show_statements(out: Console, plan: Plan) -> None:
    for currency, sums in statement_sums(plan).items():
        asked = [e for e in new_statements(plan) if e.after["Currency"] == currency and _sum(e, "Amount to invoice")]
        out.print(f"  statements in {currency}: {len(asked)} to invoice, together {sums['to_invoice']:,f}; "
                  f"carried into the next {sums['carried']:,f}")  # fmt: skip


def _edit_words(edit: RowEdit) -> str:
    changes = ", ".join(
        f"{c}: {cell_text(edit.before.get(c))} → {cell_text(v)}" for c, v in edit.after.items() if c != "Why"
    )
    return f"new: {changes}" if edit.row is None else changes


def plan_as_json(plans: Mapping[str, Plan], digest: str, failures: Mapping[str, str]) -> dict[str, Any]:
    """Return plans as one JSON object."""
    return {
        "digest": digest,
        "changes": sum(len(plan) for plan in plans.values()),
        "flows": {flow: _plan_json(plan) for flow, plan in plans.items()},
        "failures": dict(failures),
    }


def _plan_json(plan: Plan) -> dict[str, Any]:
    return {
        "digest": plan.digest(),
        "stopped_by": list(plan.saw),
        "notes": [*plan.notes, *plan.remarks],
        "totals": {currency: format(amount, "f") for currency, amount in moved(plan).items()},
        "statements": {
            currency: {name: format(amount, "f") for name, amount in sums.items()}
            for currency, sums in statement_sums(plan).items()
        },
        "edits": [
            {"table": e.table, "row": e.row, "key": e.key, "partner": e.about, "reason": e.reason,
             "before": {c: plain(v) for c, v in e.before.items()}, "after": {c: plain(v) for c, v in e.after.items()}}
            for e in plan.edits
        ],
        "pushes": [{"row": p.row, "key": p.draft.key, "title": p.draft.title, "partner": p.about, "reason": p.reason}
                   for p in plan.pushes],
        "messages": [{"key": t.notice.key, "kind": t.notice.kind, "subject": t.notice.subject, "reason": t.reason,
                      "partner": t.notice.recipient.partner} for t in plan.tells],
    }  # fmt: skip
