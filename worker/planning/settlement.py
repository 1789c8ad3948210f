"""Partners' bills and their payments against our statements: Billed, Part paid, Paid, and every difference in words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from worker.domain.facts import Invoice, Partner
from worker.domain.lines import BillOutcome, Line, LineStatus, Statement, StatementStatus
from worker.domain.money import shown
from worker.planning.statements import line_order

_Alike = Mapping[tuple[Decimal, str], Sequence[Invoice]]
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
    named = _named(statements, present)
    alike = _alike(present, {bill.id for own in named.values() for bill in own})
    chains = _taken_up(statements)
    on_statement: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.statement:
            on_statement[line.statement].append(line)
    settled: list[Statement] = []
    changed: dict[str, Line] = {}
    for statement in statements:
        if statement.status == "Draft":
            settled.append(statement)
        elif statement.status == "Carried":
            settled.append(_carried(statement, named[statement.key]))
        else:
            chain = chains[statement.key]
            held = sorted((line for key in (*chain.keys, statement.key) for line in on_statement[key]), key=line_order)
            verdict = _compare(statement, named[statement.key], alike, partners.get(statement.partner))
            paid = _paid(verdict.bill, today) if verdict.bill else []
            settled.append(_statement(statement, verdict, paid))
            for line in _lines(held, statement, chain.unheld, verdict.bill, paid):
                changed[line.key] = line
    return SettlementOutcome(tuple(settled), tuple(changed.get(line.key, line) for line in lines))


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What bills came to: the one that counts, the outcome, and the words for staff."""

    bill: Invoice | None
    outcome: BillOutcome
    words: str = ""


def _named(statements: Iterable[Statement], bills: Sequence[Invoice]) -> dict[str, list[Invoice]]:
    """Return the bills whose number holds each statement's key whole, in any case."""
    numbers = [(bill.number.casefold(), bill) for bill in bills]
    found: dict[str, list[Invoice]] = {}
    for statement in statements:
        key = statement.key.casefold()
        whole = re.compile(rf"(?<![\w/-]){re.escape(key)}(?![\w/-])")
        found[statement.key] = [bill for number, bill in numbers if key in number and whole.search(number)]
    return found


def _alike(bills: Iterable[Invoice], keyed: Collection[str]) -> _Alike:
    """Return the living bills that name no statement, by net amount and currency."""
    found: dict[tuple[Decimal, str], list[Invoice]] = defaultdict(list)
    for bill in bills:
        if bill.id not in keyed and bill.status not in _DEAD:
            found[bill.sub_total, bill.currency].append(bill)
    return found


def _carried(statement: Statement, named: Iterable[Invoice]) -> Statement:
    """Return a carried statement; a bill for it is one too many."""
    bill = next((bill for bill in named if bill.status not in _DEAD), None)
    if bill is None:
        return replace(statement, bill="none", bill_number=None, problem="")
    words = f"bill {bill.number} is for a statement with nothing to invoice: do not pay it, and void it in Xero"
    return replace(statement, bill="over", bill_number=bill.number, problem=words)


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


def _compare(statement: Statement, named: Sequence[Invoice], alike: _Alike, partner: Partner | None) -> _Verdict:
    """Compare a statement with the bills that name it, net of tax; of several the earliest by date counts."""
    live = [bill for bill in named if bill.status not in _DEAD]
    right = [bill for bill in live if bill.currency == statement.currency]
    asked = f"{shown(statement.amount, statement.currency)} {statement.currency}"
    if not right:
        return _none_counts(statement, named, live, asked) or _suggested(statement, alike, partner)
    bill = right[0]
    net = f"{shown(bill.sub_total, bill.currency)} {bill.currency}"
    if len(right) > 1:
        others = ", ".join(b.number for b in right[1:])
        words = f"{bill.number} counts; billed again by {others}: void what is too much in Xero"
        return _Verdict(bill, "duplicate", words)
    if bill.sub_total < statement.amount:
        words = f"bill {bill.number} is {net} net of tax, less than the {asked} asked for: ask the partner"
        return _Verdict(bill, "short", words)
    if bill.sub_total > statement.amount:
        words = f"bill {bill.number} is {net} net of tax, more than the {asked} asked for: do not pay it so"
        return _Verdict(bill, "over", words)
    return _Verdict(bill, "match")


def _none_counts(
    statement: Statement, named: Sequence[Invoice], live: Sequence[Invoice], asked: str
) -> _Verdict | None:
    """Return what is wrong with the bills that name a statement and do not count; None where none names it."""
    if live:
        words = (
            f"bill {live[0].number} is in {live[0].currency}; the statement asks for {asked}: "
            f"ask the partner for a bill in {statement.currency}"
        )
        return _Verdict(None, "wrong-currency", words)
    if named:
        words = f"bill {named[0].number} was voided: ask the partner for a new one of {asked}"
        return _Verdict(None, "voided", words)
    return None


def _suggested(statement: Statement, alike: _Alike, partner: Partner | None) -> _Verdict:
    """Look for a bill that names no statement, of the partner's contact and with the same net amount."""
    contact = (partner.contact or partner.name).casefold() if partner else ""
    for bill in alike.get((statement.amount, statement.currency), ()):
        same_contact = contact and contact in (bill.contact.casefold(), bill.contact_name.casefold())
        if same_contact and bill.on > statement.period.last.last_day:
            words = (
                f"bill {bill.number} has the same net amount: if it is for this statement, "
                f"write {statement.key} into its number in Xero"
            )
            return _Verdict(None, "suggestion", words)
    return _Verdict(None, "none")


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
    """Return the day on which the running payments reached an amount."""
    return next((day for day, total in paid if total >= amount), None)


def _statement(statement: Statement, verdict: _Verdict, paid: Sequence[tuple[date, Fraction]]) -> Statement:
    bill, words = verdict.bill, verdict.words
    if bill is None:
        return replace(
            statement, status="Issued", bill=verdict.outcome, bill_number=None, paid_on=None, problem=words
        )  # fmt: skip
    whole = _reached(paid, statement.amount)
    status: StatementStatus = "Paid" if whole else "Part paid" if paid and paid[-1][1] > 0 else "Billed"
    return replace(
        statement, status=status, bill=verdict.outcome, bill_number=bill.number, paid_on=whole, problem=words
    )  # fmt: skip


def _lines(
    held: Sequence[Line], statement: Statement, unheld: Decimal, bill: Invoice | None,
    paid: Sequence[tuple[date, Fraction]],
) -> Iterable[Line]:  # fmt: skip
    """Return the lines with their status: Invoiced under a bill, Paid by month and deal as far as the payment goes."""
    whole = _reached(paid, statement.amount)
    running, stopped = unheld, False
    for line in held:
        running += line.amount
        day = whole or (None if stopped else _reached(paid, running))
        stopped = stopped or day is None
        status: LineStatus = "Paid" if day else "Invoiced" if bill else "On statement"
        yield line if (line.status, line.paid_on) == (status, day) else line._replace(status=status, paid_on=day)
