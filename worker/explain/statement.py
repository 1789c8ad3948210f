"""The chain of a statement: opening → lines → closing → what to invoice → bill → its payments."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from worker.domain.cells import Row
from worker.domain.facts import CreditNote, Invoice
from worker.domain.lines import Statement
from worker.domain.money import shown
from worker.explain.lead import Step, row_of, step
from worker.planning.money_notices import statement_notice_key
from worker.planning.rows import Damaged, statement_from_row
from worker.planning.statements import line_order
from worker.ports import ServiceError
from worker.programme import Programme, Tables, read_lines
from worker.show import cell_text

_CASH = ("payments", "prepayments", "overpayments", "refunds")


def statement_chain(programme: Programme, tables: Tables, row: Row) -> dict[str, Any]:
    """Return the chain of the statement in a row."""
    found = statement_from_row(row, programme.rules.policy.issue_day)
    if isinstance(found, Damaged):
        return {"key": found.key, "what": "a statement that can't be read", "steps": [step("row", found.text)]}
    lines = sorted((line for line in read_lines(tables) if line.statement == found.key), key=line_order)

    def money(amount: Decimal) -> str:
        return shown(amount, found.currency)

    steps = [step("opening", money(found.opening), amount=f"{found.opening:f}")]
    steps += [
        step(str(line.month), f"{money(line.amount)}  {line.client}: {line.why}", key=line.key,
             amount=f"{line.amount:f}")
        for line in lines
    ]  # fmt: skip
    steps += [
        step("closing", f"{money(found.opening)} + {money(found.earned)} earned + {money(found.corrections)} "
                        f"corrections = {money(found.closing)}", amount=f"{found.closing:f}"),
        step("to invoice", f"{money(found.closing)} − {money(found.carried)} carried = {money(found.amount)}",
             amount=f"{found.amount:f}"),
        *statement_steps(programme, tables, found.key),
    ]  # fmt: skip
    what = f"statement of {found.period}: {money(found.amount)} {found.currency} to invoice, {found.status}"
    return {
        "key": found.key,
        "what": what,
        "amount": format(found.amount, "f"),
        "currency": found.currency,
        "steps": steps,
    }


def statement_steps(programme: Programme, tables: Tables, key: str) -> list[Step]:
    """Return a statement, whether the partner was told, the partner's bill for it, and what was paid on that."""
    row = row_of(tables.rows["Statements"], "Statement", key)
    found = statement_from_row(row, programme.rules.policy.issue_day) if row else None
    if not isinstance(found, Statement):
        return [step("statement", f"{key}: its row can't be read")]
    issued = cell_text(found.issued)
    steps = [step("statement", f"{key}, {found.status}, issued {issued}", id=found.row or "", at=issued)]
    steps.append(step("told", programme.told(statement_notice_key(key)) or "not known"))
    if found.problem:
        steps.append(step("problem", found.problem))
    return steps + (_bill_steps(programme, found) if found.bill_number else [])


def _bill_steps(programme: Programme, statement: Statement) -> list[Step]:
    paid = f"; paid {statement.paid_on}" if statement.paid_on else ""
    plain = step("bill", f"{statement.bill_number}{paid}")
    try:
        bills = programme.ledger.books().bills
    except ServiceError as error:
        return [plain, step("payment", str(error))]
    number = (statement.bill_number or "").casefold()
    same = [bill for bill in bills if bill.number.strip().casefold() == number]
    return [one for bill in same for one in document_steps("bill", bill)] or [plain]


def document_steps(name: str, invoice: Invoice) -> list[Step]:
    """Return an invoice or bill, and the money that moved on it."""
    currency = invoice.currency
    due = f", due {invoice.due_date}" if invoice.due_date else ""
    money = f"{shown(invoice.sub_total, currency)} net, {shown(invoice.total, currency)} {currency}"
    text = f"{invoice.number} of {invoice.on}{due}: {money}, {invoice.status}"
    own = step(name, text, id=invoice.id, at=invoice.on.isoformat(), amount=f"{invoice.total:f}")
    return [own, *_moves(invoice, _CASH)]


def note_steps(note: CreditNote) -> list[Step]:
    """Return a credit note, and the money that was paid back on it."""
    text = f"{note.number} of {note.on}: {shown(note.total, note.currency)} {note.currency}, {note.status}"
    own = step("credit note", text, id=note.id, at=note.on.isoformat(), amount=f"{note.total:f}")
    return [own, *_moves(note, ("refunds",))]


def _moves(document: Invoice | CreditNote, kinds: Sequence[str]) -> list[Step]:
    return [
        step(kind.removesuffix("s"), f"{shown(cash.amount, document.currency)} on {cash.on}, {cash.status}",
             id=cash.id, at=cash.on.isoformat(), amount=f"{cash.amount:f}")
        for kind in kinds
        for cash in getattr(document, kind)
    ]  # fmt: skip
