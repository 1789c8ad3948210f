"""What plans come to when they are run one after the other: what a later one repeats, and sums. Decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from worker.domain.cells import same
from worker.domain.plan import Plan, RowEdit
from worker.domain.tables import STATEMENTS

Contained = Mapping[int, str]  # the place of an edit in its plan → the earlier flow that writes it


def contained(plans: Mapping[str, Plan]) -> dict[str, Contained]:
    """Return of each flow the edits that an earlier one of the same run writes; once it has, nothing of them is left.

    Commissions and cash look at the same lines: each alone brings them up to date, and the first to run does it.
    """
    written: dict[tuple[str, str | None, str], tuple[str, RowEdit]] = {}
    found: dict[str, Contained] = {}
    for flow, plan in plans.items():
        own: dict[int, str] = {}
        for number, edit in enumerate(plan.edits):
            earlier = written.get(_place(edit))
            if earlier is not None and _covers(earlier[1], edit):
                own[number] = earlier[0]
        found[flow] = own
        written.update({_place(edit): (flow, edit) for n, edit in enumerate(plan.edits) if n not in own})
    return found


def _place(edit: RowEdit) -> tuple[str, str | None, str]:
    return edit.table, edit.row, edit.key


def _covers(earlier: RowEdit, edit: RowEdit) -> bool:
    return all(column in earlier.after and same(earlier.after[column], cell) for column, cell in edit.after.items())


def left(plan: Plan, own: Contained) -> list[RowEdit]:
    """Return the edits of a plan that no earlier one writes."""
    return [edit for number, edit in enumerate(plan.edits) if number not in own]


def moved(edits: Iterable[RowEdit]) -> dict[str, Decimal]:
    """Return by how much edits move amounts, by currency."""
    total: dict[str, Decimal] = defaultdict(Decimal)
    for edit in edits:
        if edit.money:
            total[edit.money[0]] += edit.money[1]
    return dict(sorted(total.items()))


def new_statements(plan: Plan) -> Sequence[RowEdit]:
    """Return the statements that a plan makes."""
    return [e for e in plan.edits if e.table == STATEMENTS.name and e.row is None and not e.restored]


def statement_sums(plan: Plan) -> dict[str, dict[str, Decimal]]:
    """Return by currency what new statements ask partners to invoice, and what they carry into the next.

    What partners are owed and what they owe are different partners' money, so the two are never netted.
    """
    sums: dict[str, dict[str, Decimal]] = {}
    for edit in new_statements(plan):
        amount = figure_of(edit, "Amount to invoice")
        carried = figure_of(edit, "Closing") - amount
        names = ("to_invoice", "owed_to_partners", "owed_by_partners")
        own = sums.setdefault(str(edit.after["Currency"]), dict.fromkeys(names, Decimal(0)))
        own["to_invoice"] += amount
        own["owed_to_partners"] += max(carried, Decimal(0))
        own["owed_by_partners"] += max(-carried, Decimal(0))
    return dict(sorted(sums.items()))


def figure_of(edit: RowEdit, column: str) -> Decimal:
    """Return an amount that an edit writes; zero where it writes none."""
    cell = edit.after.get(column)
    return cell if isinstance(cell, Decimal) else Decimal(0)
