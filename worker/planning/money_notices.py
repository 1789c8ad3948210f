"""What partners are told of money: their statement, that it is paid, and how a month went. In words, sent by others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from worker.domain.leads import LeadRow
from worker.domain.lines import Line, Statement
from worker.domain.money import shown, zero
from worker.domain.months import Month, local_day
from worker.domain.notices import Notice
from worker.domain.partners import PartnerRow
from worker.domain.words import Words
from worker.planning.exchange import Direction, Exchange


def statement_notice_key(statement: str) -> str:
    """Return the key of the notice of a statement."""
    return f"{statement.split('/')[1]}/statement/{statement}"


def statement_notice(statement: Statement, lines: Sequence[Line], partner: PartnerRow, words: Words) -> Notice:
    """Return what a partner is told of a statement: what to invoice, or that it is carried, line by line."""
    money = {
        name: shown(getattr(statement, name), statement.currency)
        for name in ("opening", "closing", "carried", "amount")
    }
    shown_lines = [
        {"month": str(line.month), "client": line.client or line.lead, "kind": line.kind, "why": line.why,
         "amount": shown(line.amount, line.currency)}
        for line in lines
    ]  # fmt: skip
    reason = "It is below zero." if statement.closing < 0 else "It is below the least that we settle."
    issued = statement.status == "Issued"
    subject, text, html = words(
        "statement" if issued else "carried", partner=partner.name, statement=statement.key,
        period=str(statement.period), currency=statement.currency, lines=shown_lines,
        opening_shown=bool(statement.opening), carried_shown=bool(statement.carried), reason=reason, **money,
    )  # fmt: skip
    rows = [("To invoice", f"{money['amount']} {statement.currency}")]
    rows += [(f"{line['month']} {line['client']}", f"{line['amount']} {statement.currency}") for line in shown_lines]
    return Notice(
        statement_notice_key(statement.key), "statement" if issued else "carried", partner.recipient(), subject, text,
        html, tuple(rows),
    )  # fmt: skip


def paid_notice(statement: Statement, partner: PartnerRow, words: Words) -> Notice:
    """Return what a partner is told when a statement is paid."""
    amount = shown(statement.amount, statement.currency)
    subject, text, html = words(
        "paid", partner=partner.name, statement=statement.key, period=str(statement.period), amount=amount,
        currency=statement.currency, bill=statement.bill_number, paid_on=str(statement.paid_on),
    )  # fmt: skip
    rows = (("Paid", f"{amount} {statement.currency}"), ("Invoice", statement.bill_number or ""))
    return Notice(f"{partner.key}/paid/{statement.key}", "paid", partner.recipient(), subject, text, html, rows)


def monthly_notice_key(partner: str, month: Month) -> str:
    """Return the key of the notice of a month."""
    return f"{partner}/monthly/{month}"


def monthly_notice(
    partner: PartnerRow, leads: Sequence[LeadRow], lines: Sequence[Line], month: Month, between: Exchange | None, *,
    zone: ZoneInfo, words: Words,
) -> Notice:  # fmt: skip
    """Return what a partner is told when a month is over: leads sent, under way and won, and balances by currency.

    `between` is what went to and fro in the month's quarter up to its end.
    """
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
        balances=balances, exchange=exchange_facts(between) if between else None,
    )  # fmt: skip
    rows = [("Leads sent", str(sent)), ("Under way", str(len(leads) - closed)), ("Won", str(won))]
    if between and between.lines:
        rows.append((f"You earned in {between.quarter}", amounts(between.to_partner)))
    if between and between.owed:
        rows.append((f"You owe us for {between.quarter}", amounts(between.to_us)))
    key = monthly_notice_key(partner.key, month)
    return Notice(key, "monthly", partner.recipient(), subject, text, html, tuple(rows))


def exchange_facts(table: Exchange) -> dict[str, object]:
    """Return what templates may show of a quarter between us: counts both ways, sums, and every key behind them."""
    return {
        "quarter": str(table.quarter),
        "received": _direction(table.received),
        "sent": _direction(table.sent),
        "earned": amounts(table.to_partner),
        "lines": len(table.lines),
        "owed": amounts(table.to_us),
        "owed_for": [f"{one.key} {amounts({one.currency: one.amount})}" for one in table.owed],
        "balance": amounts(table.balance),
        "left_out": list(table.left_out),
    }


def _direction(way: Direction) -> dict[str, object]:
    counts = {"leads": len(way.leads), "accepted": len(way.accepted), "won": len(way.won)}
    worth = {one.key: one for one in way.values}
    won = [f"{key} {amounts({worth[key].currency: worth[key].amount})}" if key in worth else key for key in way.won]
    return {**counts, "value": amounts(way.value), "won_leads": won}


def amounts(sums: Mapping[str, Decimal]) -> str:
    """Return sums as people read them, currency by currency; a dash for none."""
    return ", ".join(f"{shown(amount, currency)} {currency}" for currency, amount in sums.items()) or "–"


def _total(lines: Sequence[Line], currency: str, status: str) -> str:
    fitting = (line.amount for line in lines if line.currency == currency and line.status == status)
    return shown(sum(fitting, zero(currency)), currency)
