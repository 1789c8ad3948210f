"""What the money rules say → plans: edits of three tables (Commissions, Statements, Partners), and what is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from worker.domain.cells import Cell, Row
from worker.domain.facts import Invoice, Partner
from worker.domain.leads import LeadRow
from worker.domain.lines import Line, Statement
from worker.domain.money import shown, zero
from worker.domain.months import Month, Period, local_day
from worker.domain.notices import Notice
from worker.domain.partners import PartnerRow
from worker.domain.plan import Plan, RowEdit, Tell, edit_of
from worker.domain.plans import Policy
from worker.domain.problems import Problem
from worker.domain.words import Words
from worker.planning.commissions import Facts, Outcome
from worker.planning.guards import objections
from worker.planning.matching import needs_contact
from worker.planning.row_edits import line_edits, statement_edits
from worker.planning.rows import Damaged, line_from_row, statement_from_row
from worker.planning.settlement import settle
from worker.planning.statements import line_order, plan_statements

Told = Callable[[str], str | None]


def lead_problems(problems: Iterable[Problem]) -> dict[str, str]:
    """Return what to write into `Problem`, by lead key; several become one text."""
    found: dict[str, list[str]] = defaultdict(list)
    for problem in problems:
        if problem.lead and problem.text not in found[problem.lead]:
            found[problem.lead].append(problem.text)
    return {lead: " ".join(texts) for lead, texts in found.items()}


def with_contact_numbers(facts: Facts, numbers: Callable[[Collection[str]], Mapping[str, str]]) -> Facts:
    """Fill in whose contact is which CRM company, asked only for invoices that nothing else ties to a deal."""
    wanted = {invoice.contact for invoice in needs_contact(facts) if invoice.contact}
    if not wanted:
        return facts
    known = numbers(wanted)
    invoices = [
        replace(i, contact_number=known.get(i.contact)) if i.contact_number is None else i for i in facts.invoices
    ]
    return replace(facts, invoices=invoices)


def commission_plan(rows: Sequence[Row], facts: Facts, outcome: Outcome) -> Plan:
    """Return the edits that make the Commissions table what it should be, and what a guard objects to."""
    names = {key: partner.name for key, partner in facts.partners.items()}
    edits = line_edits(rows, outcome.lines, names)
    damaged = [found for row in rows if row.text("Line") and isinstance(found := line_from_row(row), Damaged)]
    notes = tuple(f"Commissions row {d.key or d.row} can't be read: {d.text}" for d in damaged)
    return Plan("commissions", tuple(edits), notes=notes, saw=objections(edits, rows, facts.policy))


def suggestions(leads: Sequence[LeadRow], outcome: Outcome) -> list[RowEdit]:
    """Return the edits of `Suggestion` in the Leads table."""
    return [
        edit
        for lead in leads
        for edit in edit_of(
            lead.row, lead.key, {"Suggestion": outcome.suggestions.get(lead.key)}, "invoices that match nothing yet"
        )
    ]


def _read(rows: Sequence[Row], policy: Policy, statements: Sequence[Row]) -> tuple[list[Line], list[Statement]]:
    lines = [line for row in rows if isinstance(line := line_from_row(row), Line)]
    found = [s for row in statements if isinstance(s := statement_from_row(row, policy.issue_day), Statement)]
    return lines, found


# ---- statements -----------------------------------------------------------------------------------------------------


def statement_plan(
    line_rows: Sequence[Row], statement_rows: Sequence[Row], partners: Mapping[str, Partner],
    contacts: Mapping[str, PartnerRow], *, policy: Policy, today: date, period: Period | None, told: Told, words: Words,
) -> Plan:  # fmt: skip
    """Lock lines, then write the statement as Draft, then tell the partner; once told, it is Issued or Carried.

    A Draft that no message is known of was begun before the state was lost: whether it went can't be known, so it is
    held for a person.
    """
    lines, statements = _read(line_rows, policy, statement_rows)
    outcome = plan_statements(partners, lines, statements, policy, today, period=period)
    names = {key: partner.name for key, partner in partners.items()}
    locks = [replace(e, first=True) for e in line_edits(line_rows, _changed(lines, outcome.lines), names)]
    drafts = {s.key for s in statements if s.status == "Draft"}
    written: list[Statement] = []
    tells: list[Tell] = []
    for statement in outcome.statements:
        if statement.key not in outcome.fresh:
            continue
        partner = contacts.get(statement.partner)
        held = sorted((line for line in outcome.lines if line.statement == statement.key), key=line_order)
        notice = _statement_notice(statement, held, partner, words) if partner else None
        state = told(notice.key) if notice else "unreachable"
        if statement.key not in drafts:
            written.append(replace(statement, status="Draft", issued=None))
        elif state in ("sent", "skipped", "unreachable"):
            problem = "" if state == "sent" else "The partner could not be told: neither Email nor Slack channel works"
            written.append(replace(statement, problem=problem))
        else:
            written.append(replace(statement, status="Draft", issued=None, problem=_waiting(statement.key, state)))
        if notice is not None and state not in ("sent", "skipped") and not (statement.key in drafts and state is None):
            tells.append(Tell(notice, statement.key, "the partner is told what to invoice"))
    needs = {s.key: tuple(line.key for line in outcome.lines if line.statement == s.key) for s in written}
    edits = [replace(e, needs=needs[e.key]) for e in statement_edits(statement_rows, written, names)]
    return Plan("statements", (*locks, *edits), tells=tuple(tells), notes=outcome.notes)


def _changed(before: Sequence[Line], after: Sequence[Line]) -> list[Line]:
    return [new for old, new in zip(before, after, strict=True) if old != new]


def _waiting(key: str, state: str | None) -> str:
    if state == "held":
        return (
            "It is not certain that the partner was told: ask the partner or look at the mail relay, then "
            f"`quarterday retry {key}` to send it again or `quarterday retry {key} --skip` to leave it"
        )
    if state is None:
        return (
            "It was begun before the worker's state was lost, and may have been sent: ask the partner, then "
            f"`quarterday retry {key}` to send it or `quarterday retry {key} --skip` to leave it"
        )
    return ""


def statement_notice_key(statement: str) -> str:
    """Return the key of the notice of a statement."""
    return f"{statement.split('/')[1]}/statement/{statement}"


def _statement_notice(statement: Statement, lines: Sequence[Line], partner: PartnerRow, words: Words) -> Notice:
    money = {
        name: shown(getattr(statement, name), statement.currency)
        for name in ("opening", "closing", "carried", "amount")
    }
    shown_lines = [
        {"month": str(line.month), "client": line.client or line.lead, "kind": line.kind, "why": line.why,
         "amount": shown(line.amount, line.currency)}
        for line in lines
    ]  # fmt: skip
    kind = "statement" if statement.status == "Issued" else "carried"
    reason = "It is below zero." if statement.closing < 0 else "It is below the least that we settle."
    subject, text, html = words(
        kind, partner=partner.name, statement=statement.key, period=str(statement.period), currency=statement.currency,
        lines=shown_lines, opening_shown=bool(statement.opening), carried_shown=bool(statement.carried), reason=reason,
        **money,
    )  # fmt: skip
    rows = tuple(
        (f"{line['month']} {line['client']}", f"{line['amount']} {statement.currency}") for line in shown_lines
    )
    total = ("To invoice", f"{money['amount']} {statement.currency}")
    key = statement_notice_key(statement.key)
    return Notice(key, "statement" if kind == "statement" else "carried", partner.recipient(), subject, text, html,
                  (total, *rows))  # fmt: skip


# ---- settlement -----------------------------------------------------------------------------------------------------


def settlement_plan(
    line_rows: Sequence[Row], statement_rows: Sequence[Row], bills: Sequence[Invoice],
    partners: Mapping[str, Partner], contacts: Mapping[str, PartnerRow], *, policy: Policy, today: date, words: Words,
) -> tuple[Plan, Sequence[Line]]:  # fmt: skip
    """Follow bills and their payments, partners are told when a statement is paid; and return the lines as planned."""
    lines, statements = _read(line_rows, policy, statement_rows)
    outcome = settle(statements, lines, bills, partners, today)
    names = {key: partner.name for key, partner in partners.items()}
    edits = [
        *line_edits(line_rows, _changed(lines, outcome.lines), names),
        *statement_edits(
            statement_rows, [new for old, new in zip(statements, outcome.statements, strict=True) if old != new], names
        ),
    ]
    before = {s.key: s.status for s in statements}
    tells = [
        Tell(_paid_notice(statement, contacts[statement.partner], words), statement.key, "the bill is paid")
        for statement in outcome.statements
        if statement.status == "Paid" and before[statement.key] != "Paid" and statement.partner in contacts
    ]
    return Plan("settle", tuple(edits), tells=tuple(tells)), outcome.lines


def _paid_notice(statement: Statement, partner: PartnerRow, words: Words) -> Notice:
    amount = shown(statement.amount, statement.currency)
    subject, text, html = words(
        "paid", partner=partner.name, statement=statement.key, period=str(statement.period), amount=amount,
        currency=statement.currency, bill=statement.bill_number, paid_on=str(statement.paid_on),
    )  # fmt: skip
    rows = (("Paid", f"{amount} {statement.currency}"), ("Invoice", statement.bill_number or ""))
    return Notice(f"{partner.key}/paid/{statement.key}", "paid", partner.recipient(), subject, text, html, rows)


# ---- partners -------------------------------------------------------------------------------------------------------


def partner_totals(
    partners: Sequence[PartnerRow], leads: Sequence[LeadRow], lines: Sequence[Line], currency: str
) -> list[RowEdit]:
    """Return the edits of Leads, Won, Earned, Paid and Balance in the Partners table, in the partner's currency.

    Earned are lines that are confirmed or locked, Paid those that are paid, Balance the difference.
    """
    names = {p.name.casefold(): p.key for p in partners} | {p.key.casefold(): p.key for p in partners}
    sent: dict[str, int] = defaultdict(int)
    won: dict[str, int] = defaultdict(int)
    for lead in leads:
        key = names.get(lead.partner.casefold())
        if key and lead.key and not lead.sent:
            sent[key] += 1
            won[key] += lead.status == "Won"
    edits: list[RowEdit] = []
    for partner in partners:
        if not partner.key:
            continue
        own = partner.currency or currency
        mine = [line for line in lines if line.partner == partner.key and line.currency == own]
        paid = sum((line.amount for line in mine if line.status == "Paid"), zero(own))
        earned = sum((line.amount for line in mine if line.locked or line.status == "Confirmed"), zero(own))
        cells: dict[str, Cell] = {
            "Leads": Decimal(sent[partner.key]), "Won": Decimal(won[partner.key]), "Earned": earned, "Paid": paid,
            "Balance": earned - paid,
        }  # fmt: skip
        edits += edit_of(partner.row, partner.key, cells, "totals of leads and lines", partner.key)
    return edits


def monthly_summaries(
    partners: Sequence[PartnerRow], leads: Sequence[LeadRow], lines: Sequence[Line], *, today: date, zone: ZoneInfo,
    words: Words, told: Told, known_since: date,
) -> list[Tell]:  # fmt: skip
    """Return what partners are told in the first days of a month about the month before, each once.

    A state that was begun in these days does not know whether they were told already, so nobody is.
    """
    if today.day > 5 or known_since >= today.replace(day=1):
        return []
    month = Month.of(today).plus(-1)
    tells: list[Tell] = []
    for partner in partners:
        notice_key = f"{partner.key}/monthly/{month}"
        mine = [lead for lead in leads if lead.partner.casefold() in (partner.name.casefold(), partner.key)]
        mine = [lead for lead in mine if lead.key and not lead.sent]
        if not partner.key or partner.status != "Enrolled" or not mine or told(notice_key) is not None:
            continue
        own = [line for line in lines if line.partner == partner.key]
        if not own and not any(Month.of(local_day(lead.submitted, zone)) == month for lead in mine):
            continue
        tells.append(Tell(_monthly_notice(notice_key, partner, mine, own, month, zone, words), "", "a month is over"))
    return tells


def _monthly_notice(
    key: str, partner: PartnerRow, leads: Sequence[LeadRow], lines: Sequence[Line], month: Month, zone: ZoneInfo,
    words: Words,
) -> Notice:  # fmt: skip
    balances = [
        {"currency": currency, "confirmed": _total(lines, currency, "Confirmed"),
         "waiting": _total(lines, currency, "Waiting")}
        for currency in sorted({line.currency for line in lines})
    ]  # fmt: skip
    won = sum(lead.status == "Won" for lead in leads)
    closed = sum(lead.status in ("Won", "Lost", "Duplicate") for lead in leads)
    sent = sum(Month.of(local_day(lead.submitted, zone)) == month for lead in leads)
    subject, text, html = words(
        "monthly", partner=partner.name, month=f"{month.first_day:%B %Y}", sent=sent, open=len(leads) - closed, won=won,
        balances=balances,
    )  # fmt: skip
    rows = (("Leads sent", str(sent)), ("Under way", str(len(leads) - closed)), ("Won", str(won)))
    return Notice(key, "monthly", partner.recipient(), subject, text, html, rows)


def _total(lines: Sequence[Line], currency: str, status: str) -> str:
    fitting = (line.amount for line in lines if line.currency == currency and line.status == status)
    return shown(sum(fitting, zero(currency)), currency)


def merged(flow: str, plans: Sequence[Plan]) -> Plan:
    """Put plans together into one; of two edits of one row the later one's cells count."""
    edits: dict[tuple[str, str | None, str], RowEdit] = {}
    for plan in plans:
        for edit in plan.edits:
            place = (edit.table, edit.row, edit.key)
            earlier = edits.get(place)
            if earlier is not None:
                edit = replace(
                    edit, before={**edit.before, **earlier.before}, after={**earlier.after, **edit.after},
                    reason=earlier.reason if earlier.reason == edit.reason else f"{earlier.reason}; {edit.reason}",
                )  # fmt: skip
            edits[place] = edit
    return Plan(
        flow, tuple(edits.values()),
        tells=tuple({tell.notice.key: tell for plan in plans for tell in plan.tells}.values()),
        notes=tuple(note for plan in plans for note in plan.notes),
        saw=tuple(dict.fromkeys(words for plan in plans for words in plan.saw)),
    )  # fmt: skip
