"""Partners' own figures: totals in the Partners table, and the summary of a month that is over."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from worker.domain.cells import Cell
from worker.domain.facts import Invoice
from worker.domain.leads import LeadRow
from worker.domain.lines import Line
from worker.domain.money import rounded, zero
from worker.domain.months import Month, local_day
from worker.domain.partners import PartnerRow
from worker.domain.plan import RowEdit, Tell, edit_of
from worker.domain.words import Words
from worker.planning.cash import receipts
from worker.planning.exchange import earned_lines, exchange, is_won, own_leads, quarter_of
from worker.planning.money_notices import monthly_notice, monthly_notice_key
from worker.planning.worth import commission_owed, won_on

_FIRST_DAYS = 5  # of a month, in which partners are told about the one before


def partner_totals(
    partners: Sequence[PartnerRow], leads: Sequence[LeadRow], lines: Iterable[Line], invoices: Sequence[Invoice], *,
    currency: str, today: date, zone: ZoneInfo,
) -> list[RowEdit]:  # fmt: skip
    """Return the edits of Leads, Won, Earned, Paid and Balance in the Partners table, in the partner's currency.

    Earned are lines that are confirmed or locked, Paid those that are paid. Balance is the difference, less what the
    partner owes us for leads that we sent and that were won.
    """
    own, own_lines = own_leads(partners, leads), _by_partner(lines)
    edits: list[RowEdit] = []
    for partner in partners:
        if not partner.key:
            continue
        money = partner.currency or currency
        mine = [line for line in own_lines.get(partner.key, ()) if line.currency == money]
        theirs = [lead for lead in own.get(partner.key, ()) if not lead.sent]
        earned = sum((line.amount for line in earned_lines(mine)), zero(money))
        paid = sum((line.amount for line in mine if line.status == "Paid"), zero(money))
        sent = [lead for lead in own.get(partner.key, ()) if lead.sent]
        owed = _owed_to_us(sent, invoices, currency=money, today=today, zone=zone)
        cells: dict[str, Cell] = {
            "Leads": Decimal(len(theirs)), "Won": Decimal(sum(lead.status == "Won" for lead in theirs)),
            "Earned": earned, "Paid": paid, "Balance": earned - paid - owed,
        }  # fmt: skip
        edits += edit_of(partner.row, partner.key, cells, "totals of leads and lines", partner.key)
    return edits


def _owed_to_us(
    sent: Sequence[LeadRow], invoices: Sequence[Invoice], *, currency: str, today: date, zone: ZoneInfo
) -> Decimal:
    """Return the commission of leads that we sent and that were won, less what came in on our invoices for it.

    Those are the invoices that staff name in the rows, as for a received lead.
    """
    owed, named = zero(currency), set[str]()
    for lead in sent:
        named.update(word.casefold() for word in re.split(r"[\s,;]+", lead.row.text("Invoices")) if word)
        day, amount = won_on(lead.row, zone), commission_owed(lead.row)
        if is_won(lead) and day is not None and day <= today and amount is not None and amount[0] == currency:
            owed += amount[1]
    ours = [invoice for invoice in invoices if invoice.type == "ACCREC" and invoice.number.casefold() in named]
    return owed - rounded(receipts(ours, (), {}, currency=currency, today=today).net, currency)


def monthly_summaries(
    partners: Sequence[PartnerRow], leads: Sequence[LeadRow], lines: Sequence[Line], *, statuses: Collection[str],
    today: date, zone: ZoneInfo, words: Words, told: Callable[[str], str | None], known_since: date,
) -> list[Tell]:  # fmt: skip
    """Return what partners are told in the first days of a month about the month before, each once.

    A state that was begun in these days does not know whether they were told already, so nobody is.
    """
    if today.day > _FIRST_DAYS or known_since >= today.replace(day=1):
        return []
    month = Month.of(today).plus(-1)
    own, own_lines = own_leads(partners, leads), _by_partner(lines)
    tables = exchange(partners, leads, lines, statuses=statuses, zone=zone, until=month.last_day)
    between = {table.partner: table for table in tables if table.quarter == quarter_of(month)}
    tells: list[Tell] = []
    for partner in partners:
        theirs = [lead for lead in own.get(partner.key, ()) if not lead.sent]
        mine = own_lines.get(partner.key, [])
        sent = [lead for lead in own.get(partner.key, ()) if lead.sent]
        if partner.status != "Enrolled" or not (theirs or sent):
            continue
        news = mine or any(_happened(lead, month, zone) for lead in (*theirs, *sent))
        if news and told(monthly_notice_key(partner.key, month)) in (None, "intended"):
            notice = monthly_notice(partner, theirs, mine, month, between.get(partner.key), zone=zone, words=words)
            tells.append(Tell(notice, "", "a month is over"))
    return tells


def _happened(lead: LeadRow, month: Month, zone: ZoneInfo) -> bool:
    """Tell whether a lead was submitted in a month, or, if we sent it, won in it."""
    days = [local_day(lead.submitted, zone), won_on(lead.row, zone) if lead.sent and is_won(lead) else None]
    return any(day is not None and Month.of(day) == month for day in days)


def _by_partner(lines: Iterable[Line]) -> Mapping[str, list[Line]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        found[line.partner].append(line)
    return found
