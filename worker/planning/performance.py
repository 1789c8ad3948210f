"""How each partner's leads fare: accepted, won, worth how much at what cost, and how long each step takes. Pure.

Partners are compared with those of their own currency. The days of status changes are those that the Activity table
still holds; only the won date stands in the lead's own row.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from statistics import median
from zoneinfo import ZoneInfo

from worker.domain.cells import Row
from worker.domain.leads import LeadRow
from worker.domain.lines import Line
from worker.domain.months import local_day
from worker.domain.partners import PartnerRow
from worker.planning.exchange import Counted, by_currency, is_accepted, is_won, own_leads
from worker.planning.worth import first_year, won_on

_STATUS = re.compile(r"^Status: (.+)$", re.MULTILINE)

StatusDays = Mapping[str, Mapping[str, date]]  # lead key → status → the day on which it first showed it


@dataclass(frozen=True, slots=True)
class Performance:
    """One partner's leads that we received; `currency` is the partner's own, `days` are medians since they were sent.

    `value` is what won deals pay in their first year, `cost` every commission line that stands, earned or to come.
    """

    partner: str
    name: str
    currency: str
    leads: int
    accepted: int
    won: int
    lost: int
    value: Mapping[str, Decimal]
    cost: Mapping[str, Decimal]
    days: Mapping[str, Fraction]  # by status; of one that no lead is known to have come to there is none
    unvalued: tuple[str, ...]  # won leads whose value is not known

    @property
    def acceptance(self) -> Fraction | None:
        """Return the share of leads that was accepted."""
        return Fraction(self.accepted, self.leads) if self.leads else None

    @property
    def win_rate(self) -> Fraction | None:
        """Return the share of won leads among those that are decided: won or lost."""
        return Fraction(self.won, self.won + self.lost) if self.won + self.lost else None

    def ratio(self, currency: str) -> Fraction | None:
        """Return how often the value that was won holds what it cost; None where nothing was paid for it."""
        cost = self.cost.get(currency, Decimal(0))
        return Fraction(self.value.get(currency, Decimal(0))) / Fraction(cost) if cost > 0 else None

    @property
    def currencies(self) -> tuple[str, ...]:
        """Return the currencies in which there is anything, the partner's own first; its own where there is nothing."""
        found = sorted({*self.value, *self.cost}, key=lambda currency: (currency != self.currency, currency))
        return tuple(found) or (self.currency,)


def performances(
    partners: Sequence[PartnerRow], leads: Iterable[LeadRow], lines: Iterable[Line], moves: StatusDays, *,
    statuses: Sequence[str], zone: ZoneInfo, currency: str,
) -> list[Performance]:  # fmt: skip
    """Return every partner, the top performers first: by value won among partners of one currency, then by deals won.

    `currency` is the programme's: whose partners come first, and that of partners who name none. `statuses` are those
    of the pipeline, whose days are wanted.
    """
    own = own_leads(partners, leads)
    costs: dict[str, list[Counted]] = defaultdict(list)
    for line in lines:
        if line.status != "Cancelled":
            costs[line.partner].append(Counted(line.key, line.currency, line.amount))
    found = [
        _performance(p, [lead for lead in own.get(p.key, ()) if not lead.sent], costs[p.key], moves,
                     statuses=statuses, zone=zone, currency=p.currency or currency)
        for p in partners
        if p.key
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.currency != currency, one.currency, *_rank(one)))


def _rank(one: Performance) -> tuple[Decimal, int, int, int, str, str]:
    value = one.value.get(one.currency, Decimal(0))
    return (-value, -one.won, -one.accepted, -one.leads, one.name.casefold(), one.partner)


def _performance(
    partner: PartnerRow, leads: Sequence[LeadRow], costs: Iterable[Counted], moves: StatusDays, *,
    statuses: Sequence[str], zone: ZoneInfo, currency: str,
) -> Performance:  # fmt: skip
    won = [lead for lead in leads if is_won(lead)]
    worths = {lead.key: first_year(lead.row) for lead in won}
    return Performance(
        partner=partner.key, name=partner.name, currency=currency, leads=len(leads),
        accepted=sum(is_accepted(lead, statuses) for lead in leads), won=len(won),
        lost=sum(lead.status == "Lost" for lead in leads),
        value=by_currency(Counted(key, *worth) for key, worth in worths.items() if worth is not None),
        cost=by_currency(costs), days=_medians(leads, moves, statuses, zone),
        unvalued=tuple(sorted(key for key, worth in worths.items() if worth is None)),
    )  # fmt: skip


def _medians(
    leads: Iterable[LeadRow], moves: StatusDays, statuses: Sequence[str], zone: ZoneInfo
) -> dict[str, Fraction]:
    """Return the median days until each status; a day before the lead came in says nothing of how long it took."""
    taken: dict[str, list[Fraction]] = defaultdict(list)
    for lead in leads:
        sent_on, known = local_day(lead.submitted, zone), dict(moves.get(lead.key, {}))
        if (day := won_on(lead.row, zone)) is not None:
            known["Won"] = day
        for status, day in known.items():
            if day >= sent_on:
                taken[status].append(Fraction((day - sent_on).days))
    return {status: median(taken[status]) for status in statuses if status in taken}


def status_days(activity: Iterable[Row], zone: ZoneInfo) -> StatusDays:
    """Read from the Activity table when each lead first came to each status, as far back as its rows go."""
    found: dict[str, dict[str, date]] = defaultdict(dict)
    for row in activity:
        when, status = row.cells.get("When"), _STATUS.search(row.text("After"))
        if isinstance(when, datetime) and status:
            day, days = local_day(when, zone), found[row.text("About")]
            days[status[1]] = min(day, days.get(status[1], day))
    return found
