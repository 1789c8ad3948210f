"""The chain of a line: form → row → deal → plan version → split → invoices → payments → rounding → statement → bill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from worker.domain.cells import Row
from worker.domain.lines import Line
from worker.domain.money import exact_text, shown
from worker.explain.lead import Step, deal_step, lead_steps, row_of, step
from worker.explain.statement import document_steps, note_steps, statement_steps
from worker.flows import read_money
from worker.planning.commissions import Facts
from worker.planning.earning import Survey, survey
from worker.planning.rows import Damaged, line_from_row
from worker.planning.runs import books_of, matched, runs_of
from worker.planning.statements import line_order
from worker.planning.terms import terms_text
from worker.planning.why import conversion_at
from worker.ports import ServiceError
from worker.programme import Programme, StagesWithoutStatus, Tables, read_lines


def line_chain(programme: Programme, tables: Tables, row: Row) -> dict[str, Any]:
    """Return the chain of the line in a row."""
    line = line_from_row(row)
    if isinstance(line, Damaged):
        return {"key": line.key, "what": "a line that can't be read", "steps": [step("row", line.text)]}
    lines = read_lines(tables)
    steps: list[Step] = []
    lead = row_of(tables.rows["Leads"], "Lead", line.lead) if line.lead else None
    if lead is not None:
        steps += lead_steps(programme, tables, lead)[:2]
    if line.deal:
        steps.append(deal_step(programme, tables, line.deal))
    steps += [_plan_step(programme, line, lines), *_share_steps(line, lines), *_cash_steps(programme, line, lines)]
    steps += [*_sum_steps(line), *_answer_steps(line, lines)]
    if line.statement:
        steps += statement_steps(programme, tables, line.statement)
    if line.paid_on:
        steps.append(step("paid", line.paid_on.isoformat(), at=line.paid_on.isoformat()))
    what = f"{line.kind} of {line.month}: {shown(line.amount, line.currency)} {line.currency}, {line.status}"
    return {
        "key": line.key,
        "what": what,
        "amount": format(line.amount, "f"),
        "currency": line.currency,
        "steps": steps,
    }


def _plan_step(programme: Programme, line: Line, lines: Iterable[Line]) -> Step:
    """Say under which version of which plan the line, or the one that it answers, was made, and what that says."""
    versions, text = programme.rules.plans.versions, line.plan or _plan_answered(line, lines)
    plan = next((plan for plan in versions if plan.text == text), None)
    if plan is None:
        return step("plan", f"{text}: not in the rules any more" if text else "none on the line")
    until = f" to {plan.valid_to}" if plan.valid_to else " on"
    months = f"{plan.months} months" if plan.months else "as long as the client pays"
    of = "" if line.plan else f"; of the line of {line.answers}, which it answers"
    return step("plan", f"{text}: {terms_text(plan)}; {months}; for deals won from {plan.valid_from}{until}{of}")


def _plan_answered(line: Line, lines: Iterable[Line]) -> str:
    """Return the plan of the commission that a line answers; nothing where that has none."""
    answered = (line.deal, line.partner, line.answers, "commission")
    return next((one.plan for one in lines if (one.deal, one.partner, str(one.month), one.kind) == answered), "")


def _share_steps(line: Line, lines: Iterable[Line]) -> list[Step]:
    """Say what part of the deal it is, and of what the line was made."""
    steps: list[Step] = []
    if line.share is not None:
        others = sorted({
            (one.partner, one.share) for one in lines
            if (one.deal, one.month, one.kind) == (line.deal, line.month, "commission") and one.share is not None
            and one.partner != line.partner
        })  # fmt: skip
        shared = "".join(f"; {partner} has {share:f} %" for partner, share in others)
        steps.append(step("split", f"{line.share:f} % of the deal{shared}"))
    if line.base is not None and line.month_base is not None:
        base = line.base
        term = f" {base.term_months} months" if base.term_months else ""
        paid, exact = f"{shown(base.value, line.deal_currency)} {base.interval}{term}", exact_text(line.month_base)
        steps.append(step("base", f"{paid} = {exact} in this month", amount=exact))
    return steps


# ---- cash -----------------------------------------------------------------------------------------------------------


def _cash_steps(programme: Programme, line: Line, lines: Sequence[Line]) -> list[Step]:
    """Return every invoice and credit note of the deal with its money, and how far that reaches."""
    if line.deal is None:
        return []
    try:
        _, facts = read_money(programme)
    except (ServiceError, StagesWithoutStatus) as error:
        return [step("invoice", str(error))]
    by_deal: dict[str, list[Line]] = defaultdict(list)
    for one in lines:
        by_deal[one.deal or ""].append(one)
    found = survey(facts, by_deal, programme.today)
    served = matched(facts, found, programme.today)
    own = found.survivors.get(line.deal, line.deal)
    steps = [
        one
        for invoice in sorted(facts.invoices, key=lambda invoice: (invoice.on, invoice.number))
        if served.invoices.get(invoice.id) == own
        for one in document_steps("invoice", invoice)
    ]
    for note in facts.credit_notes:
        if served.notes.get(note.id) == own:
            steps += note_steps(note)
    return steps + _reach(facts, found, line, programme.today)


def _reach(facts: Facts, found: Survey, line: Line, today: date) -> list[Step]:
    """Say what cash there is, and how much of it the months up to this one need."""
    books, _ = books_of(facts, found, today)
    for case, cash, runs in runs_of(facts, found, books, today):
        run = next((run for run in runs if (case.home, run.partner) == (line.deal, line.partner)), None)
        if run is not None:
            month, currency = line.answers or str(line.month), case.currency
            needed = sum((slot.month_base for slot in run.slots if str(slot.month) <= month), Fraction(0))
            text = (
                f"{shown(cash.net, currency)} {currency} net received of {shown(cash.invoiced, currency)} invoiced; "
                f"the months up to {month} need {shown(needed, currency)}"
            )
            return [step("cash", text, received=exact_text(cash.net), needed=exact_text(needed))]
    return []


# ---- sums and answers -----------------------------------------------------------------------------------------------


def _sum_steps(line: Line) -> list[Step]:
    steps = [step("rounding", line.why)] if line.why else []
    if (own := line.converted) is not None:
        text = f"{shown(own.amount, own.currency)} {own.currency} × {conversion_at(own, line.currency)}"
        steps.append(step("conversion", text, rate=f"{own.rate:f}", at=own.at))
    if line.adjustment:
        steps.append(step("adjustment", f"{shown(line.adjustment, line.currency)} by staff"))
    return [*steps, step("reason", line.reason)] if line.reason else steps


def _answer_steps(line: Line, lines: Iterable[Line]) -> list[Step]:
    """Name the lines that this one answers, or that answer it."""
    month = line.answers or str(line.month)
    own = [one for one in lines if (one.deal, one.partner, one.answers or str(one.month)) ==
           (line.deal, line.partner, month) and one.key != line.key]  # fmt: skip
    return [
        step("beside it", f"{one.key}: {shown(one.amount, one.currency)} {one.status}", key=one.key,
             amount=f"{one.amount:f}")
        for one in sorted(own, key=line_order)
    ]  # fmt: skip
