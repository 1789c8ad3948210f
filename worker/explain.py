"""The chain behind a lead, a line or a statement: form → row → deal → plan → invoice → payment → statement → bill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from worker.app import App
from worker.domain.cells import Row
from worker.domain.facts import Deal, Invoice
from worker.domain.leads import LeadRow, is_sent
from worker.domain.lines import Line, Statement
from worker.domain.money import shown
from worker.domain.months import Month
from worker.planning.exchange import is_won, quarter_of
from worker.planning.rows import Damaged, line_from_row, statement_from_row
from worker.planning.statements import line_order
from worker.planning.worth import commission_owed, won_on
from worker.ports import ServiceError
from worker.programme import Programme, Tables, read_deals, read_lines, read_tables
from worker.show import cell_text

Step = dict[str, str]


def explained(app: App, key: str) -> dict[str, Any] | None:
    """Return the chain as {key, what, steps: [{step, text, …}]}; None when nothing has this key."""
    programme = app.programme(app.services())
    tables = read_tables(programme)
    if row := _row(tables.rows["Leads"], "Lead", key):
        return {"key": key, "what": f"lead of {row.text('Company')}", "steps": _lead_steps(programme, tables, row)}
    if row := _row(tables.rows["Commissions"], "Line", key):
        return _line(programme, tables, row, key)
    if row := _row(tables.rows["Statements"], "Statement", key):
        return _statement(programme, tables, row, key)
    return None


def _row(rows: Sequence[Row], column: str, key: str) -> Row | None:
    return next((row for row in rows if row.text(column).casefold() == key.casefold()), None)


def _step(name: str, text: str, **more: str) -> Step:
    return {"step": name, "text": text, **more}


def _lead_steps(programme: Programme, tables: Tables, row: Row) -> list[Step]:
    submitted = cell_text(row.cells.get("Submitted") or row.created_at)
    partner, company = row.text("Partner"), row.text("Company")
    sent = f"we sent {company} to {partner}" if is_sent(row) else f"{partner} sent {company}"
    steps = [
        _step("form", f"{sent} on {submitted}", at=submitted),
        _step(
            "row", f"Leads row {row.id}, lead {row.text('Lead')}, {row.text('Status') or 'no status yet'}", id=row.id
        ),
    ]
    if row.text("Problem"):
        steps.append(_step("problem", row.text("Problem")))
    if is_sent(row):
        steps += _exchange_steps(programme, row)
    elif row.text("Deal ID"):
        steps.append(_deal_step(_deal(programme, tables, row.text("Deal ID")), row.text("Deal ID")))
        lines = sorted((line for line in read_lines(tables) if line.lead == row.text("Lead")), key=line_order)
        if lines:
            total = ", ".join(f"{line.month} {shown(line.amount, line.currency)} {line.status}" for line in lines)
            steps.append(_step("lines", total))
    return steps


def _exchange_steps(programme: Programme, row: Row) -> list[Step]:
    """Return what a lead that we sent comes to between us and its partner."""
    lead = LeadRow.of(row, programme.now)
    day, owed = won_on(row, programme.zone), commission_owed(row)
    if not is_won(lead) or day is None or owed is None:
        return []
    currency, amount = owed
    quarter = quarter_of(Month.of(day))
    return [_step("exchange", f"won {day}: {shown(amount, currency)} {currency} owed to us, in {quarter}")]


def _deal(programme: Programme, tables: Tables, deal: str) -> Deal | str:
    """Return the deal as last read, or why it can't be."""
    try:
        found = read_deals(programme, tables).get(deal)
    except ServiceError as error:
        return str(error)
    return found if found is not None else "not in the CRM any more"


def _deal_step(deal: Deal | str, deal_id: str) -> Step:
    if isinstance(deal, str):
        return _step("deal", f"{deal_id}: {deal}", id=deal_id)
    value = f"{cell_text(deal.value)} {deal.currency or '?'} {deal.interval or 'per unknown interval'}"
    won = f"; won {deal.won_at.isoformat()}" if deal.won_at else ""
    doubt = f"; in doubt: {deal.doubt}" if deal.doubt else ""
    text = f"{deal.id} {deal.name}: {value}, {deal.state}{won}{doubt}"
    return _step("deal", text, id=deal.id, won_at=deal.won_at.isoformat() if deal.won_at else "")


def _line(programme: Programme, tables: Tables, row: Row, key: str) -> dict[str, Any]:
    line = line_from_row(row)
    if isinstance(line, Damaged):
        return {"key": key, "what": "a line that can't be read", "steps": [_step("row", line.text)]}
    steps: list[Step] = []
    lead = _row(tables.rows["Leads"], "Lead", line.lead)
    if lead is not None:
        steps += _lead_steps(programme, tables, lead)[:2]
    if line.deal:
        steps.append(_deal_step(_deal(programme, tables, line.deal), line.deal))
    steps.append(_step("plan", line.plan or "none on the line"))
    if line.share is not None:
        steps.append(_step("split", f"{line.share:f} % of the deal"))
    steps += _invoice_steps(programme, line)
    steps.append(_step("rounding", line.why))
    if line.reason:
        steps.append(_step("reason", line.reason))
    if line.statement:
        steps += _statement_steps(tables, line.statement)
    if line.paid_on:
        steps.append(_step("paid", line.paid_on.isoformat()))
    what = f"{line.kind} of {line.month}: {shown(line.amount, line.currency)} {line.currency}, {line.status}"
    return {
        "key": line.key,
        "what": what,
        "amount": format(line.amount, "f"),
        "currency": line.currency,
        "steps": steps,
    }


def _invoice_steps(programme: Programme, line: Line) -> list[Step]:
    try:
        books = programme.ledger.books()
    except ServiceError as error:
        return [_step("invoice", str(error))]
    named = {number.strip() for number in line.invoice.split(",") if number.strip()}
    return [step for invoice in books.invoices if invoice.number in named for step in _one_invoice(invoice)]


def _one_invoice(invoice: Invoice) -> list[Step]:
    money = (
        f"{shown(invoice.sub_total, invoice.currency)} net, {shown(invoice.total, invoice.currency)} {invoice.currency}"
    )
    steps = [_step("invoice", f"{invoice.number} of {invoice.on}: {money}, {invoice.status}", id=invoice.id)]
    for name, cash in (("payment", invoice.payments), ("prepayment", invoice.prepayments),
                       ("overpayment", invoice.overpayments), ("refund", invoice.refunds)):  # fmt: skip
        steps += [_step(name, f"{shown(c.amount, invoice.currency)} on {c.on}, {c.status}") for c in cash]
    return steps


def _statement_steps(tables: Tables, key: str) -> list[Step]:
    row = _row(tables.rows["Statements"], "Statement", key)
    found = statement_from_row(row) if row else None
    if not isinstance(found, Statement):
        return [_step("statement", key)]
    steps = [_step("statement", f"{key}, {found.status}, issued {cell_text(found.issued)}", id=found.row or "")]
    if found.bill_number:
        steps.append(_step("bill", f"{found.bill_number}; paid {cell_text(found.paid_on)}"))
    return steps


def _statement(programme: Programme, tables: Tables, row: Row, key: str) -> dict[str, Any]:
    found = statement_from_row(row)
    if isinstance(found, Damaged):
        return {"key": key, "what": "a statement that can't be read", "steps": [_step("row", found.text)]}
    lines = sorted((line for line in read_lines(tables) if line.statement == found.key), key=line_order)

    def money(amount: Any) -> str:
        return shown(amount, found.currency)

    steps = [_step("opening", money(found.opening))]
    steps += [
        _step(str(line.month), f"{money(line.amount)}  {line.client}: {line.why}", key=line.key) for line in lines
    ]
    steps += [
        _step("closing", f"{money(found.opening)} + {money(found.earned)} earned + {money(found.corrections)} "
                         f"corrections = {money(found.closing)}"),
        _step("to invoice", f"{money(found.closing)} − {money(found.carried)} carried = {money(found.amount)}"),
    ]  # fmt: skip
    steps += _statement_steps(tables, found.key)
    told = programme.told(f"{found.partner}/statement/{found.key}")
    steps.append(_step("told", told or "not known"))
    what = f"statement of {found.period}: {money(found.amount)} {found.currency} to invoice, {found.status}"
    return {
        "key": found.key,
        "what": what,
        "amount": format(found.amount, "f"),
        "currency": found.currency,
        "steps": steps,
    }
