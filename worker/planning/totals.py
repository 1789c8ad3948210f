"""Partners' own figures: totals in the Partners table, and the summary of a month that is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from worker.domain.cells import Cell
from worker.domain.leads import LeadRow
from worker.domain.lines import Line
from worker.domain.money import zero
from worker.domain.months import Month, local_day
from worker.domain.partners import PartnerRow, by_any_name
from worker.domain.plan import RowEdit, Tell, edit_of
from worker.domain.words import Words
from worker.planning.money_notices import monthly_notice, monthly_notice_key

_FIRST_DAYS = 5  # of a month, in which partners are told about the one before


def partner_totals(
    partners: Sequence[PartnerRow], leads: Iterable[LeadRow], lines: Iterable[Line], currency: str
) -> list[RowEdit]:
    """Return the edits of Leads, Won, Earned, Paid and Balance in the Partners table, in the partner's currency.

    Earned are lines that are confirmed or locked, Paid those that are paid, Balance the difference.
    """
    received, own_lines = _received(partners, leads), _by_partner(lines)
    edits: list[RowEdit] = []
    for partner in partners:
        if not partner.key:
            continue
        money = partner.currency or currency
        mine = [line for line in own_lines.get(partner.key, ()) if line.currency == money]
        sent = received.get(partner.key, [])
        earned = sum((line.amount for line in mine if line.locked or line.status == "Confirmed"), zero(money))
        paid = sum((line.amount for line in mine if line.status == "Paid"), zero(money))
        cells: dict[str, Cell] = {
            "Leads": Decimal(len(sent)), "Won": Decimal(sum(lead.status == "Won" for lead in sent)), "Earned": earned,
            "Paid": paid, "Balance": earned - paid,
        }  # fmt: skip
        edits += edit_of(partner.row, partner.key, cells, "totals of leads and lines", partner.key)
    return edits


def monthly_summaries(
    partners: Sequence[PartnerRow], leads: Iterable[LeadRow], lines: Iterable[Line], *, today: date, zone: ZoneInfo,
    words: Words, told: Callable[[str], str | None], known_since: date,
) -> list[Tell]:  # fmt: skip
    """Return what partners are told in the first days of a month about the month before, each once.

    A state that was begun in these days does not know whether they were told already, so nobody is.
    """
    if today.day > _FIRST_DAYS or known_since >= today.replace(day=1):
        return []
    month = Month.of(today).plus(-1)
    received, own_lines = _received(partners, leads), _by_partner(lines)
    tells: list[Tell] = []
    for partner in partners:
        sent, mine = received.get(partner.key, []), own_lines.get(partner.key, [])
        if partner.status != "Enrolled" or not sent:
            continue
        news = mine or any(Month.of(local_day(lead.submitted, zone)) == month for lead in sent)
        if news and told(monthly_notice_key(partner.key, month)) in (None, "intended"):
            notice = monthly_notice(partner, sent, mine, month, zone=zone, words=words)
            tells.append(Tell(notice, "", "a month is over"))
    return tells


def _received(partners: Sequence[PartnerRow], leads: Iterable[LeadRow]) -> Mapping[str, list[LeadRow]]:
    """Return the leads that each partner sent us, by the partner's key."""
    names = by_any_name(partners)
    found: dict[str, list[LeadRow]] = defaultdict(list)
    for lead in leads:
        partner = names.get(lead.partner.casefold())
        if partner is not None and partner.key and lead.key and not lead.sent:
            found[partner.key].append(lead)
    return found


def _by_partner(lines: Iterable[Line]) -> Mapping[str, list[Line]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        found[line.partner].append(line)
    return found
