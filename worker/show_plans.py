"""How plans are shown: every change by partner with its reason, statements that come, sums; and the same as JSON."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from worker.domain.money import shown
from worker.domain.plan import Plan, RowEdit
from worker.plan_sums import Contained, contained, figure_of, left, moved, new_statements, statement_sums
from worker.show import console, cut, plain
from worker.show_edits import edit_words

_MOST = 40  # changes of one partner that are shown one by one
_LONGEST = 1000  # characters of a reason
_LOOK = "Nothing was written"


@dataclass(slots=True)
class _Group:
    """What a plan does for one partner."""

    changes: list[tuple[str, str, str]] = field(default_factory=list)  # key, change, why
    edits: list[RowEdit] = field(default_factory=list)


def show_plans(plans: Mapping[str, Plan], digest: str | None, failures: Mapping[str, str], command: str) -> None:
    """Show every change grouped by partner, with totals, guards and the digest; `command` would carry it out."""
    out = console()
    repeated = contained(plans)
    for flow, plan in plans.items():
        if not len(plan) and not (plan.saw or plan.notes or plan.remarks):
            out.print(f"[bold]{flow}[/]: nothing to change")
            continue
        digest_of = f"   digest [bold]{plan.digest()}[/]" if len(plan) else ""
        out.print(f"[bold]{flow}[/]: {_counted(plan, repeated[flow])}{digest_of}")
        _show_changes(out, plan, left(plan, repeated[flow]))
        _show_statements(out, plan)
        for note in (*plan.notes, *plan.remarks):
            out.print(f"  [yellow]note[/] {escape(note)}")
        for words in plan.saw:
            out.print(f"  [red]stopped by a guard[/]: {escape(words)}")
    for flow, words in failures.items():
        out.print(f"[bold]{flow}[/]: [red]could not be planned[/]: {escape(words)}")
    if len(plans) > 1 and (sums := in_all(plans)):
        out.print(f"All flows together move {_signed(sums)}: every change once, as run one after the other.")
    out.print(f"\n{_what_next(plans, digest, failures, command)}")


def _what_next(plans: Mapping[str, Plan], digest: str | None, failures: Mapping[str, str], command: str) -> str:
    """Say what would carry out what was shown; nothing of it where there is nothing to carry out."""
    if not any(map(len, plans.values())):
        return f"{_LOOK}{'' if failures else ', and there is nothing to change'}."
    part = "what could be planned" if failures else "it"
    if any(plan.saw for plan in plans.values()):
        return f"{_LOOK}. `{command}` stops at a guard; `{command} --approve {digest}` lets exactly this through."
    return f"{_LOOK}. `{command}` does {part}; `{command} --approve {digest}` does exactly this, or nothing."


def in_all(plans: Mapping[str, Plan]) -> dict[str, Decimal]:
    """Return by how much plans move amounts when they run one after the other, by currency."""
    repeated = contained(plans)
    return moved(edit for flow, plan in plans.items() for edit in left(plan, repeated[flow]))


def _counted(plan: Plan, own: Contained) -> str:
    edits = left(plan, own)
    made = sum(edit.row is None for edit in edits)
    parts = [(made, "rows to make"), (len(edits) - made, "rows to change"), (len(plan.pushes), "leads to the CRM"),
             (len(plan.tells), "messages")]  # fmt: skip
    words = ", ".join(f"{count} {what}" for count, what in parts if count)
    if not own:
        return words or "nothing to change"
    earlier = ", ".join(f"{count} in {flow}" for flow, count in Counter(own.values()).items())
    more = f"{words} more" if words else "nothing more to change"
    return f"{more}; its other changes are contained in what runs before it: {earlier}"


def _show_changes(out: Console, plan: Plan, edits: Sequence[RowEdit]) -> None:
    groups: dict[str, _Group] = defaultdict(_Group)
    for edit in sorted(edits, key=lambda one: (one.table, one.key)):
        groups[edit.about].edits.append(edit)
        groups[edit.about].changes.append((edit.key, edit_words(edit), edit.reason))
    for push in plan.pushes:
        groups[push.about].changes.append((push.draft.key, f"{push.draft.company} into the CRM", push.reason))
    for tell in plan.tells:
        groups[tell.notice.recipient.partner].changes.append(("message", tell.notice.subject, tell.reason))
    for about in sorted(groups):
        _show_group(out, about or "no partner", groups[about])
    if sums := moved(edits):
        out.print(f"  together {_signed(sums)}")


def _show_group(out: Console, about: str, group: _Group) -> None:
    """Show what a plan does for one partner; each change on lines of its own, so that a narrow terminal breaks few."""
    sums = moved(group.edits)
    out.print(f"  [bold]{escape(about)}[/]" + (f"   {_signed(sums)}" if sums else ""))
    for key, change, why in group.changes[:_MOST]:
        out.print(Padding(f"[cyan]{escape(key)}[/]  {escape(change)}", (0, 0, 0, 4), expand=False))
        if why:
            out.print(Padding(f"[dim]why: {escape(cut(why, _LONGEST))}[/]", (0, 0, 0, 8), expand=False))
    if len(group.changes) > _MOST:
        out.print(f"    … and {len(group.changes) - _MOST} more: --json has them all")


def _signed(sums: Mapping[str, Decimal]) -> str:
    return ", ".join(
        f"{'+' if amount > 0 else ''}{shown(amount, currency)} {currency}" for currency, amount in sums.items()
    )


def _show_statements(out: Console, plan: Plan) -> None:
    for currency, sums in statement_sums(plan).items():
        own = (e for e in new_statements(plan) if e.after["Currency"] == currency)
        asked = sum(bool(figure_of(e, "Amount to invoice")) for e in own)
        out.print(
            f"  statements in {currency}: {asked} to invoice, together {shown(sums['to_invoice'], currency)}; "
            f"carried into the next: {shown(sums['owed_to_partners'], currency)} that partners are owed, "
            f"{shown(sums['owed_by_partners'], currency)} that they owe"
        )


def plan_as_json(plans: Mapping[str, Plan], digest: str | None, failures: Mapping[str, str]) -> dict[str, Any]:
    """Return plans as one JSON object; sums, and the count of changes, have each change once."""
    repeated = contained(plans)
    return {
        "digest": digest,
        "changes": sum(len(plan) - len(repeated[flow]) for flow, plan in plans.items()),
        "totals": _amounts(in_all(plans)),
        "flows": {flow: _plan_json(plan, repeated[flow]) for flow, plan in plans.items()},
        "failures": dict(failures),
    }


def _amounts(sums: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: format(amount, "f") for name, amount in sums.items()}


def _plan_json(plan: Plan, own: Contained) -> dict[str, Any]:
    return {
        "digest": plan.digest(),
        "stopped_by": list(plan.saw),
        "notes": [*plan.notes, *plan.remarks],
        "totals": _amounts(moved(left(plan, own))),
        "statements": {currency: _amounts(sums) for currency, sums in statement_sums(plan).items()},
        "edits": list(_edits_json(plan.edits, own)),
        "pushes": [{"row": p.row, "key": p.draft.key, "title": p.draft.title, "partner": p.about, "reason": p.reason}
                   for p in plan.pushes],
        "messages": [{"key": t.notice.key, "kind": t.notice.kind, "subject": t.notice.subject, "reason": t.reason,
                      "partner": t.notice.recipient.partner} for t in plan.tells],
    }  # fmt: skip


def _edits_json(edits: Iterable[RowEdit], own: Contained) -> Iterable[dict[str, Any]]:
    for number, e in enumerate(edits):
        before, after = ({c: plain(v) for c, v in cells.items()} for cells in (e.before, e.after))
        yield {"table": e.table, "row": e.row, "key": e.key, "partner": e.about, "reason": e.reason,
               "contained_in": own.get(number), "before": before, "after": after}  # fmt: skip
