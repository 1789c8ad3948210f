"""What the money rules say → plans: edits of the Commissions and Statements tables, and what partners are told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from worker.domain.cells import Row
from worker.domain.facts import Invoice, Partner
from worker.domain.leads import LeadRow
from worker.domain.lines import Line, Statement
from worker.domain.months import Period
from worker.domain.partners import PartnerRow
from worker.domain.plan import Plan, RowEdit, Tell, edit_of
from worker.domain.plans import Policy
from worker.domain.problems import Problem
from worker.domain.words import Words
from worker.planning.commissions import Facts, Outcome
from worker.planning.guards import objections
from worker.planning.matching import needs_contact
from worker.planning.money_notices import paid_notice, statement_notice_key
from worker.planning.outgoing import Outgoing, Told
from worker.planning.read_back import read_back
from worker.planning.row_edits import line_edits, statement_edits
from worker.planning.rows import Damaged, lines_of, statements_of
from worker.planning.settlement import settle
from worker.planning.statements import Account, line_order, plan_statements

# ---- lines ----------------------------------------------------------------------------------------------------------


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
    """Return the edits that make the Commissions table what it should be, and what a guard objects to.

    Where a row can't be read, nothing of that partner on that deal is written: nobody knows what it was.
    """
    lines, damaged = lines_of(rows)
    names = {key: partner.name for key, partner in facts.partners.items()}
    unknown = {_deal_and_partner(row.key) for row in damaged if not row.copy}
    edits = line_edits(rows, (line for line in outcome.lines if _deal_and_partner(line.key) not in unknown), names)
    return Plan(
        "commissions", tuple(edits), notes=_damage("Commissions", damaged), saw=objections(edits, lines, facts.policy)
    )


def _deal_and_partner(key: str) -> tuple[str, ...]:
    return tuple(key.split("/")[:2])


def _damage(table: str, damaged: Iterable[Damaged]) -> tuple[str, ...]:
    return tuple(
        f"{table} row {d.row}{f' ({d.key})' if d.key else ''}: {d.text}" for d in sorted(damaged, key=lambda d: d.row)
    )


def suggestions(leads: Sequence[LeadRow], outcome: Outcome) -> list[RowEdit]:
    """Return the edits of `Suggestion` in the Leads table."""
    return [
        edit
        for lead in leads
        for edit in edit_of(
            lead.row, lead.key, {"Suggestion": outcome.suggestions.get(lead.key)}, "invoices that match nothing yet"
        )
    ]


# ---- statements -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Books:
    """Both tables as read; `stopped` are the accounts of which nothing is settled until a person has looked."""

    lines: list[Line]
    statements: Sequence[Statement]
    amiss: Mapping[str, str]
    stopped: Mapping[Account, str]
    notes: tuple[str, ...]


def _read(line_rows: Sequence[Row], statement_rows: Sequence[Row], policy: Policy) -> _Books:
    lines, damaged = lines_of(line_rows)
    statements, more = statements_of(statement_rows, policy.issue_day)
    back = read_back(statements, lines, (*damaged, *more), policy)
    return _Books(lines, back.statements, back.amiss, back.stopped, _damage("Statements", more))


def statement_plan(
    line_rows: Sequence[Row], statement_rows: Sequence[Row], partners: Mapping[str, Partner],
    contacts: Mapping[str, PartnerRow], *, policy: Policy, today: date, period: Period | None, told: Told, words: Words,
) -> Plan:  # fmt: skip
    """Lock lines, then write the statement as Draft, then tell the partner; once told, it is Issued or Carried.

    Planned again after each of these steps; whatever a crash leaves, the next plan goes on from there.
    """
    books = _read(line_rows, statement_rows, policy)
    outcome = plan_statements(
        partners, books.lines, books.statements, policy, today, period=period, stopped=books.stopped,
        told=lambda key: told(statement_notice_key(key)) not in (None, "intended"),
    )  # fmt: skip
    names = {key: partner.name for key, partner in partners.items()}
    on_statement: dict[str, list[Line]] = defaultdict(list)
    for line in sorted(outcome.lines, key=line_order):
        if line.statement:
            on_statement[line.statement].append(line)
    drafts = {s.key: s for s in books.statements if s.status == "Draft"}
    written: list[Statement] = []
    tells: list[Tell] = []
    for statement in outcome.statements:
        if statement.key in outcome.fresh:
            partner = contacts.get(statement.partner)
            way = Outgoing(statement, drafts.get(statement.key), on_statement[statement.key], partner, told)
            written.append(way.stands())
            tells += way.tells(words)
    locks = [replace(e, first=True) for e in line_edits(line_rows, _changed(books.lines, outcome.lines), names)]
    edits = [
        replace(edit, needs=tuple(line.key for line in on_statement[edit.key]))
        for edit in statement_edits(statement_rows, written, names)
    ]
    return Plan("statements", (*locks, *edits), tells=tuple(tells), notes=(*books.notes, *outcome.notes))


def _changed(before: Sequence[Line], after: Sequence[Line]) -> list[Line]:
    return [new for old, new in zip(before, after, strict=True) if old != new]


# ---- settlement -----------------------------------------------------------------------------------------------------


def settlement_plan(
    line_rows: Sequence[Row], statement_rows: Sequence[Row], bills: Sequence[Invoice],
    partners: Mapping[str, Partner], contacts: Mapping[str, PartnerRow], *, policy: Policy, today: date, words: Words,
) -> tuple[Plan, Sequence[Line]]:  # fmt: skip
    """Follow bills and their payments, partners are told when a statement is paid; and return the lines as planned.

    Statements that do not add up say so, and nothing of their account is settled.
    """
    books = _read(line_rows, statement_rows, policy)
    sound = [s for s in books.statements if (s.partner, s.currency) not in books.stopped]
    outcome = settle(sound, books.lines, bills, partners, today)
    wrong = [replace(s, problem=books.amiss[s.key], bill="none") for s in books.statements if s.key in books.amiss]
    names = {key: partner.name for key, partner in partners.items()}
    edits = [
        *line_edits(line_rows, _changed(books.lines, outcome.lines), names),
        *statement_edits(statement_rows, (*outcome.statements, *wrong), names),
    ]
    before = {s.key: s.status for s in sound}
    tells = [
        Tell(paid_notice(statement, partner, words), statement.key, "the bill is paid")
        for statement in outcome.statements
        if statement.status == "Paid" and before[statement.key] != "Paid"
        and (partner := contacts.get(statement.partner)) is not None
    ]  # fmt: skip
    notes = tuple(
        f"Bills of {account[0]} in {account[1]} wait: {why}" for account, why in sorted(books.stopped.items())
    )
    return Plan("settle", tuple(edits), tells=tuple(tells), notes=(*books.notes, *sorted(notes))), outcome.lines


# ---- plans of several flows -----------------------------------------------------------------------------------------


def merged(flow: str, plans: Sequence[Plan]) -> Plan:
    """Put plans together into one; of two edits of one row the later one's cells count."""
    edits: dict[tuple[str, str | None, str], RowEdit] = {}
    for plan in plans:
        for edit in plan.edits:
            place = (edit.table, edit.row, edit.key)
            earlier = edits.get(place)
            edits[place] = edit if earlier is None else _over(earlier, edit)
    return Plan(
        flow, tuple(edits.values()),
        tells=tuple({tell.notice.key: tell for plan in plans for tell in plan.tells}.values()),
        notes=tuple(dict.fromkeys(note for plan in plans for note in plan.notes)),
        saw=tuple(dict.fromkeys(words for plan in plans for words in plan.saw)),
    )  # fmt: skip


def _over(earlier: RowEdit, later: RowEdit) -> RowEdit:
    reason = earlier.reason if earlier.reason == later.reason else f"{earlier.reason}; {later.reason}"
    return replace(
        later, before={**later.before, **earlier.before}, after={**earlier.after, **later.after}, reason=reason,
        first=earlier.first or later.first, money=later.money or earlier.money,
        needs=tuple(dict.fromkeys((*earlier.needs, *later.needs))),
    )  # fmt: skip
