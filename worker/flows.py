"""The table of contents of the business: each flow reads the facts afresh and plans what should change.

A flow here ends with its plan; showing it, guarding it and applying it is the same for all and stands in app.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from worker.domain.facts import Deal
from worker.domain.months import local_day
from worker.domain.plan import Plan
from worker.looks import companies_of, remember_rows, rows_seen, still_moving
from worker.planning import intake, money_plans, stages, totals
from worker.planning.assembly import partner_fact
from worker.planning.commissions import Facts, Outcome, plan_lines
from worker.planning.enrolment import refusals
from worker.planning.partners import partner_edits
from worker.planning.row_edits import laid_over
from worker.planning.rows import lines_of
from worker.planning.sent_leads import sent_problems
from worker.ports import Books, ServiceError
from worker.programme import (
    MONEY,
    Paused,
    Programme,
    Tables,
    begun_on,
    checked_stages,
    ladder,
    leads_in_doubt,
    money_facts,
    not_in_the_past,
    put_right,
    read_deals,
    read_lines,
    read_tables,
)

# What a flow can't do without; while another table is paused it goes on. A statement is frozen once it is issued, so
# none is made of lines that can't be brought up to date.
_INTAKE = ("Partners", "Members", "Leads")
_STAGES = ("Partners", "Leads")
_STATEMENTS = (*MONEY, "Statements")
_SETTLE = ("Partners", "Commissions", "Statements")


def plan_intake(programme: Programme) -> Plan:
    """New and changed lead rows → keys, problems, duplicates, the CRM, acknowledgements."""
    tables = read_tables(programme, _INTAKE)
    moving = still_moving(programme, tables.leads)
    if moving.looked_again:
        tables = read_tables(programme, _INTAKE)
    rules = programme.rules
    found = intake.survey(tables.leads, tables.names, tables.insiders, rules=rules.intake, skip=moving.rows)
    keys = partner_edits(tables.partners, {plan.name for plan in rules.plans.versions})
    # Only rows that were there before can hold a claim or a status: a first batch need not ask for the stages.
    waiting = [vetted.lead for vetted in found.vetted.values()]
    some_stand = waiting and (found.settled or not all(map(found.fresh, waiting)))
    statuses = ladder(programme, programme.crm.stages() if some_stand else ())
    plan = intake.plan_intake(
        found, companies_of(programme, found), rules=rules.intake, now=programme.now, ladder=statuses,
        problems=sent_problems(found.quiet, tables.names, rules.stages.words, programme.zone), words=programme.words,
    )  # fmt: skip
    return put_right(programme, tables, replace(plan, edits=(*keys, *plan.edits)))


def plan_stages(programme: Programme) -> Plan:
    """Deals that changed → status, stage, value, won date and problems on their leads."""
    tables = read_tables(programme, _STAGES)
    labels = checked_stages(programme)
    deals = read_deals(programme, tables)
    plan, shown = stages.plan_stages(
        tables.own(), deals, pipeline=stages.Pipeline(labels, programme.rules.stages),
        problems=_money_problems(programme, tables, deals), partners=tables.names, seen=rows_seen(programme),
        zone=programme.zone, now=programme.now, words=programme.words,
    )  # fmt: skip
    remember_rows(programme, shown, tables.leads)
    return put_right(programme, tables, replace(plan, notes=(*plan.notes, *leads_in_doubt(programme, tables))))


def _money_problems(programme: Programme, tables: Tables, deals: Mapping[str, Deal]) -> Mapping[str, str]:
    """Return what the money rules say of leads, by key; while it is not known who shares which, what stands stays."""
    if "Splits" in tables.paused:
        return {lead.key: words for lead in tables.own() if (words := lead.row.text("Problem"))}
    facts = money_facts(programme, tables, deals, Books((), (), ()))
    sent = ((lead, local_day(lead.submitted_at, programme.zone)) for lead in facts.leads)
    outcome = plan_lines(facts, read_lines(tables), programme.today)
    return {**dict(refusals(sent, facts.partners)), **money_plans.lead_problems(outcome.problems)}


def read_money(programme: Programme, needs: Collection[str] = MONEY) -> tuple[Tables, Facts]:
    """Read everything that money hangs on."""
    tables = read_tables(programme, needs)
    checked_stages(programme)
    deals = read_deals(programme, tables)
    facts = money_facts(programme, tables, deals, programme.ledger.books(whole=programme.whole))
    return tables, money_plans.with_contact_numbers(facts, programme.ledger.contact_numbers)


def _lines_as_they_should_be(
    programme: Programme, needs: Collection[str] = MONEY
) -> tuple[Tables, Facts, Outcome]:  # fmt: skip
    tables, facts = read_money(programme, needs)
    not_in_the_past(programme, tables)
    return tables, facts, plan_lines(facts, read_lines(tables), programme.today)


def plan_commissions(programme: Programme) -> Plan:
    """Won deals, plans, cash → every line of every month."""
    tables, facts, outcome = _lines_as_they_should_be(programme)
    return put_right(programme, tables, money_plans.commission_plan(tables.rows["Commissions"], facts, outcome))


def plan_cash(programme: Programme) -> Plan:
    """What clients paid → which months are covered, and suggestions for invoices that match nothing."""
    tables, facts, outcome = _lines_as_they_should_be(programme)
    plan = money_plans.commission_plan(tables.rows["Commissions"], facts, outcome)
    standing = tuple(edit for edit in plan.edits if edit.row is not None)
    plan = replace(plan, flow="cash", edits=(*standing, *money_plans.suggestions(tables.own(), outcome)))
    return put_right(programme, tables, plan)


def plan_statements(programme: Programme) -> Plan:
    """Confirmed lines on the day → locks, statements, and what partners are told."""
    if programme.ahead and programme.first is None:
        tables, notes = _looked_ahead(programme)
    else:
        tables, notes = _lines_first(programme, read_tables(programme, _STATEMENTS))
    not_in_the_past(programme, tables)
    partners = {p.key: partner_fact(p) for p in tables.partners if p.key}
    plan = money_plans.statement_plan(
        tables.rows["Commissions"], tables.rows["Statements"], partners,
        {p.key: p for p in tables.partners}, policy=programme.rules.policy, today=programme.today,
        period=programme.period, told=programme.told, words=programme.words,
    )  # fmt: skip
    monthly = totals.monthly_summaries(
        tables.partners, tables.leads, lines_of(tables.rows["Commissions"])[0], statuses=programme.rules.stages.words,
        today=programme.today, zone=programme.zone, words=programme.words, told=programme.told,
        known_since=begun_on(programme),
    )  # fmt: skip
    return put_right(programme, tables, replace(plan, tells=(*plan.tells, *monthly), notes=(*notes, *plan.notes)))


def _looked_ahead(programme: Programme) -> tuple[Tables, tuple[str, ...]]:
    """Return the tables with the lines as the flow of commissions would leave them first, and say so."""
    tables, facts, outcome = _lines_as_they_should_be(programme, _STATEMENTS)
    rows = tables.rows["Commissions"]
    edits = money_plans.commission_plan(rows, facts, outcome).edits
    if not edits:
        return tables, ()
    note = (
        f"the lines are taken as they must stand on {programme.today}, by what is known now: {len(edits)} would change "
        "first, by the flow of commissions"
    )
    return replace(tables, rows={**tables.rows, "Commissions": laid_over(rows, edits)}), (note,)


def _lines_first(programme: Programme, tables: Tables) -> tuple[Tables, tuple[str, ...]]:
    """Return the tables with the lines as flows that run before would leave them, and say so."""
    edits = [edit for edit in programme.first or () if edit.table == "Commissions"]
    if not edits:
        return tables, ()
    laid = laid_over(tables.rows["Commissions"], edits)
    many = len({edit.key for edit in edits})
    note = f"the lines are taken as what runs before leaves them: {many} would change first"
    return replace(tables, rows={**tables.rows, "Commissions": laid}), (note,)


def plan_settle(programme: Programme) -> Plan:
    """Partners' bills and their payments → Invoiced, Part paid, Paid, and differences in words."""
    tables, notes = _lines_first(programme, read_tables(programme, _SETTLE))
    not_in_the_past(programme, tables)
    books = programme.ledger.books(whole=programme.whole)
    partners = {p.key: partner_fact(p) for p in tables.partners if p.key}
    plan, lines = money_plans.settlement_plan(
        tables.rows["Commissions"], tables.rows["Statements"], books.bills, partners,
        {p.key: p for p in tables.partners}, policy=programme.rules.policy, today=programme.today,
        words=programme.words,
    )  # fmt: skip
    summed = [] if "Leads" in tables.paused else totals.partner_totals(
        tables.partners, tables.leads, lines, books.invoices, currency=programme.currency, today=programme.today,
        zone=programme.zone,
    )  # fmt: skip
    plan = replace(plan, edits=(*plan.edits, *summed), notes=(*notes, *plan.notes))
    return put_right(programme, tables, plan)


def plan_sweep(programme: Programme) -> Plan:
    """Everything, whole → what a missed event would have changed; `remarks` count what it repaired."""
    paused: list[Paused] = []
    parts = _sound_parts(replace(programme, whole=True), ("stages",), paused)  # reads tracker and CRM in full
    try:
        programme.ledger.books(whole=True)
        parts += _sound_parts(programme, ("commissions", "cash", "settle"), paused)  # look at what was just read
    except ServiceError as error:
        parts.append(Plan("sweep", notes=(f"the ledger was left out: {error}",)))
    if paused and not parts:
        raise paused[0]
    plan = money_plans.merged("sweep", parts)
    # Partners' totals are of the lines as they stood; the next settle brings them up to date.
    plan = replace(plan, edits=tuple(edit for edit in plan.edits if edit.table != "Partners"))
    repaired = len(plan.edits)
    count = (f"{repaired} row{'s' if repaired != 1 else ''} put right that no flow had heard of",) if repaired else ()
    return replace(plan, remarks=count)


def _sound_parts(programme: Programme, flows: Sequence[str], paused: list[Paused]) -> list[Plan]:
    """Plan these flows; those that need a table which is paused are left out, and gathered in `paused`."""
    parts = []
    for flow in flows:
        try:
            parts.append(FLOWS[flow](programme))
        except Paused as fault:
            paused.append(fault)
    return parts


FLOWS: Mapping[str, Callable[[Programme], Plan]] = {
    "intake": plan_intake,
    "stages": plan_stages,
    "commissions": plan_commissions,
    "cash": plan_cash,
    "statements": plan_statements,
    "settle": plan_settle,
    "sweep": plan_sweep,
}
