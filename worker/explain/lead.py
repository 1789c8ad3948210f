"""The chain of a lead: form → row → deal → lines; and what every chain is made of."""

from __future__ import annotations

from collections.abc import Sequence

from worker.domain.cells import Row
from worker.domain.leads import LeadRow, is_sent
from worker.domain.money import shown
from worker.domain.months import Month
from worker.planning.exchange import is_won, quarter_of
from worker.planning.statements import line_order
from worker.planning.worth import commission_owed, won_on
from worker.ports import ServiceError
from worker.programme import Programme, Tables, read_deals, read_lines
from worker.show import cell_text

Step = dict[str, str]


def row_of(rows: Sequence[Row], column: str, key: str) -> Row | None:
    """Return the row that has this key, in letters of either size."""
    return next((row for row in rows if row.text(column).casefold() == key.casefold()), None)


def step(name: str, text: str, **more: str) -> Step:
    """Return a step; `more` are the ids, times and sums in it, for machines."""
    return {"step": name, "text": text, **more}


def lead_steps(programme: Programme, tables: Tables, row: Row) -> list[Step]:
    """Return a lead's chain: form, row, deal, lines; of one that we sent, what is owed to us."""
    submitted = cell_text(row.cells.get("Submitted") or row.created_at)
    partner, company = row.text("Partner"), row.text("Company")
    sent = f"we sent {company} to {partner}" if is_sent(row) else f"{partner} sent {company}"
    steps = [
        step("form", f"{sent} on {submitted}", at=submitted),
        step("row", f"Leads row {row.id}, lead {row.text('Lead')}, {row.text('Status') or 'no status yet'}", id=row.id),
    ]
    if row.text("Problem"):
        steps.append(step("problem", row.text("Problem")))
    if is_sent(row):
        steps += _exchange_steps(programme, row)
    elif row.text("Deal ID"):
        steps.append(deal_step(programme, tables, row.text("Deal ID")))
        lines = sorted((line for line in read_lines(tables) if line.lead == row.text("Lead")), key=line_order)
        if lines:
            total = ", ".join(f"{line.month} {shown(line.amount, line.currency)} {line.status}" for line in lines)
            steps.append(step("lines", total))
    return steps


def _exchange_steps(programme: Programme, row: Row) -> list[Step]:
    """Return what a lead that we sent comes to between us and its partner."""
    lead = LeadRow.of(row, programme.now)
    day, owed = won_on(row, programme.zone), commission_owed(row)
    if not is_won(lead) or day is None or owed is None:
        return []
    currency, amount = owed
    quarter = quarter_of(Month.of(day))
    return [step("exchange", f"won {day}: {shown(amount, currency)} {currency} owed to us, in {quarter}")]


def deal_step(programme: Programme, tables: Tables, deal_id: str) -> Step:
    """Return a deal as last read, or why it can't be."""
    try:
        deal = read_deals(programme, tables).get(deal_id)
    except ServiceError as error:
        return step("deal", f"{deal_id}: {error}", id=deal_id)
    if deal is None:
        return step("deal", f"{deal_id}: not in the CRM any more", id=deal_id)
    words = [f"{cell_text(deal.value)} {deal.currency or '?'} {deal.interval or 'per unknown interval'}"]
    words[0] += f" over {deal.term_months} months" if deal.term_months else ""
    words[0] += f", {deal.state}"
    words += [
        f"{what} {cell_text(value)}"
        for what, value in (("won", deal.won_at), ("left won", deal.left_won_at), ("merged into", deal.merged_into),
                            ("in doubt:", deal.doubt))
        if value is not None
    ]  # fmt: skip
    won = deal.won_at.isoformat() if deal.won_at else ""
    return step("deal", f"{deal.id} {deal.name}: {'; '.join(words)}", id=deal.id, won_at=won)
