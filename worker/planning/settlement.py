"""Partners' bills and their payments against our statements: Billed, Part paid, Paid, and every difference in words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from worker.domain.facts import Invoice, Partner
from worker.domain.lines import BillOutcome, Line, Statement
from worker.domain.money import shown
from worker.planning.statements import line_order

_DEAD = frozenset({"VOIDED", "DELETED"})


@dataclass(frozen=True, slots=True)
class SettlementOutcome:
    """Every statement and every line as they must stand."""

    statements: tuple[Statement, ...]
    lines: tuple[Line, ...]


def settle(
    statements: Sequence[Statement], lines: Sequence[Line], bills: Sequence[Invoice],
    partners: Mapping[str, Partner], today: date,
) -> SettlementOutcome:  # fmt: skip
    """Compare bills with statements; a statement or line that no bill speaks of falls back to where it stood."""
    present = sorted((b for b in bills if b.on <= today), key=lambda b: (b.on, b.id))
    taken_up = _taken_up(statements)
    on_statement: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.locked and line.statement:
            on_statement[line.statement].append(line)
    settled: list[Statement] = []
    changed: dict[str, Line] = {}
    keyed = {bill.id for bill in present for s in statements if _names(bill, s.key)}
    for statement in statements:
        if statement.status in ("Carried", "Draft"):
            settled.append(statement)
            continue
        chain = taken_up[statement.key]
        held = sorted((line for key in (*chain.keys, statement.key) for line in on_statement[key]), key=line_order)
        named = [bill for bill in present if _names(bill, statement.key)]
        bill, outcome, words = _compare(statement, named, present, keyed, partners.get(statement.partner))
        paid = _paid(bill, today) if bill else []
        settled.append(_statement(statement, bill, outcome, words, paid))
        for line in _lines(held, statement, chain.unheld, bill, paid):
            changed[line.key] = line
    return SettlementOutcome(tuple(settled), tuple(changed.get(line.key, line) for line in lines))


@dataclass(frozen=True, slots=True)
class _Chain:
    """The carried statements that a statement takes up, and the part of its opening that no line of them explains."""

    keys: tuple[str, ...]
    unheld: Decimal


def _taken_up(statements: Sequence[Statement]) -> dict[str, _Chain]:
    chains: dict[str, _Chain] = {}
    last: dict[tuple[str, str], Statement] = {}
    for statement in sorted(statements, key=lambda s: s.period.last):
        account = (statement.partner, statement.currency)
        before = last.get(account)
        if before is None:
            chain = _Chain((), statement.opening)
        elif before.status == "Carried":
            earlier = chains[before.key]
            chain = _Chain((*earlier.keys, before.key), earlier.unheld)
        else:
            chain = _Chain((), statement.opening)
        chains[statement.key] = chain
        last[account] = statement
    return chains


def _names(bill: Invoice, key: str) -> bool:
    """Tell whether the statement's key stands whole in the bill's number, in any case."""
    return re.search(rf"(?<![\w/-]){re.escape(key)}(?![\w/-])", bill.number, re.IGNORECASE) is not None


def _compare(
    statement: Statement, named: Sequence[Invoice], bills: Sequence[Invoice], keyed: Iterable[str],
    partner: Partner | None,
) -> tuple[Invoice | None, BillOutcome, str]:  # fmt: skip
    """Return the bill that counts, the outcome, and the words for staff."""
    live = [bill for bill in named if bill.status not in _DEAD]
    right = [bill for bill in live if bill.currency == statement.currency]
    asked = f"{shown(statement.amount, statement.currency)} {statement.currency}"
    if not right:
        if live:
            return None, "wrong-currency", (
                f"bill {live[0].number} is in {live[0].currency}; the statement asks for {asked}: "
                f"ask the partner for a bill in {statement.currency}"
            )  # fmt: skip
        if named:
            return None, "voided", f"bill {named[0].number} was voided: ask the partner for a new one of {asked}"
        return _suggested(statement, bills, keyed, partner)
    bill = right[0]
    net = f"{shown(bill.sub_total, bill.currency)} {bill.currency}"
    if len(right) > 1:
        others = ", ".join(b.number for b in right[1:])
        return bill, "duplicate", f"{bill.number} counts; billed again by {others}: void the other one in Xero"
    if bill.sub_total < statement.amount:
        return (
            bill,
            "short",
            f"bill {bill.number} is {net} net of tax, less than the {asked} asked for: ask the partner",
        )
    if bill.sub_total > statement.amount:
        return (
            bill,
            "over",
            f"bill {bill.number} is {net} net of tax, more than the {asked} asked for: do not pay it so",
        )
    return bill, "match", ""


def _suggested(
    statement: Statement, bills: Sequence[Invoice], keyed: Iterable[str], partner: Partner | None
) -> tuple[Invoice | None, BillOutcome, str]:
    contact = (partner.contact or partner.name).casefold() if partner else ""
    for bill in bills:
        same_contact = contact and contact in (bill.contact.casefold(), bill.contact_name.casefold())
        same_sum = bill.sub_total == statement.amount and bill.currency == statement.currency
        if same_contact and same_sum and bill.id not in keyed and bill.status not in _DEAD and _after(bill, statement):
            return None, "suggestion", (
                f"bill {bill.number} has the same net amount: if it is for this statement, "
                f"write {statement.key} into its number in Xero"
            )  # fmt: skip
    return None, "none", ""


def _after(bill: Invoice, statement: Statement) -> bool:
    return bill.on > statement.period.last.last_day


def _paid(bill: Invoice, today: date) -> list[tuple[date, Fraction]]:
    """Return what was paid of a bill net of tax, running, by day; an empty total carries nothing."""
    if not bill.total:
        return []
    net = Fraction(bill.sub_total) / Fraction(bill.total)
    running, steps = Fraction(0), []
    for cash in sorted((c for c in bill.payments if c.on <= today and c.status != "DELETED"), key=lambda c: c.on):
        running += Fraction(cash.amount) * net
        steps.append((cash.on, running))
    return steps


def _reached(paid: Sequence[tuple[date, Fraction]], amount: Decimal | Fraction) -> date | None:
    """Return the day on which the running payments reached an amount and stayed there."""
    return next((day for day, total in paid if total >= amount), None)


def _statement(
    statement: Statement, bill: Invoice | None, outcome: BillOutcome, words: str, paid: Sequence[tuple[date, Fraction]]
) -> Statement:
    if bill is None:
        return replace(statement, status="Issued", bill=outcome, bill_number=None, paid_on=None, problem=words)
    whole = _reached(paid, statement.amount)
    status = "Paid" if whole else "Part paid" if paid and paid[-1][1] > 0 else "Billed"
    return replace(statement, status=status, bill=outcome, bill_number=bill.number, paid_on=whole, problem=words)  # type: ignore[arg-type]


def _lines(
    held: Sequence[Line], statement: Statement, unheld: Decimal, bill: Invoice | None,
    paid: Sequence[tuple[date, Fraction]],
) -> Iterable[Line]:  # fmt: skip
    """Return the lines with their status: Invoiced under a bill, Paid by month and deal as far as the payment goes."""
    if bill is None:
        yield from (replace(line, status="On statement", paid_on=None) for line in held)
        return
    whole = _reached(paid, statement.amount)
    running, stopped = Fraction(unheld), False
    for line in held:
        running += Fraction(line.amount)
        day = whole or (None if stopped else _reached(paid, running))
        stopped = stopped or day is None
        yield replace(line, status="Paid" if day else "Invoiced", paid_on=day)
