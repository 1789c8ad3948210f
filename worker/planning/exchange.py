"""Leads and commission between us and each partner, quarter by quarter, in both directions. Pure.

Every event counts in the quarter of its own day. A lead is accepted as of the day on which it was sent: from then on
its claim counts, and the tracker keeps no other day of it. Each table names what it counted, so that both sides can
recompute it; it is made of one partner's rows alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from worker.domain.leads import LeadRow
from worker.domain.lines import Line
from worker.domain.months import Month, Period, local_day
from worker.domain.partners import PartnerRow, by_any_name
from worker.planning.intake import copies
from worker.planning.worth import Amount, commission_owed, first_year, won_on

_QUARTER = 3  # months


@dataclass(frozen=True, slots=True)
class Counted:
    """An amount that was counted, and the key of the lead or line that states it."""

    key: str
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Direction:
    """The leads that went one way in a quarter, by their keys; `values` are what won deals pay in their first year."""

    leads: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    won: tuple[str, ...] = ()
    values: tuple[Counted, ...] = ()

    @property
    def value(self) -> Mapping[str, Decimal]:
        """Return the value that was won, by currency."""
        return by_currency(self.values)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One partner and one quarter: leads received and sent, what we owe (`lines`) and what is owed to us (`owed`)."""

    partner: str
    name: str
    quarter: Period
    received: Direction
    sent: Direction
    lines: tuple[Counted, ...]
    owed: tuple[Counted, ...]
    left_out: tuple[str, ...]  # in words

    @property
    def to_partner(self) -> Mapping[str, Decimal]:
        """Return what was earned by the partner, by currency."""
        return by_currency(self.lines)

    @property
    def to_us(self) -> Mapping[str, Decimal]:
        """Return what the partner owes us, by currency."""
        return by_currency(self.owed)

    @property
    def balance(self) -> Mapping[str, Decimal]:
        """Return what we owe on balance, by currency; below zero the partner owes us."""
        taken = [Counted(one.key, one.currency, -one.amount) for one in self.owed]
        return by_currency((*self.lines, *taken))


def by_currency(sums: Iterable[Counted]) -> Mapping[str, Decimal]:
    """Add amounts up, currency by currency."""
    found: dict[str, Decimal] = {}
    for one in sums:
        found[one.currency] = found[one.currency] + one.amount if one.currency in found else one.amount
    return dict(sorted(found.items()))


# ---- the table ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Way:
    leads: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    won: list[str] = field(default_factory=list)
    values: list[Counted] = field(default_factory=list)

    def closed(self) -> Direction:
        return Direction(_sorted(self.leads), _sorted(self.accepted), _sorted(self.won), _by_key(self.values))


@dataclass(slots=True)
class _Page:
    received: _Way = field(default_factory=_Way)
    sent: _Way = field(default_factory=_Way)
    lines: list[Counted] = field(default_factory=list)
    owed: list[Counted] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


_Pages = defaultdict[tuple[str, Period], _Page]


def exchange(
    partners: Sequence[PartnerRow], leads: Iterable[LeadRow], lines: Iterable[Line], *, statuses: Collection[str],
    zone: ZoneInfo, until: date,
) -> list[Exchange]:  # fmt: skip
    """Return every partner's quarters in which anything happened, latest quarter first, then by partner.

    `statuses` are those of the pipeline's stages: a lead that we sent and that shows one of them was accepted. What is
    dated after `until` is not there yet.
    """
    pages: _Pages = defaultdict(_Page)
    for key, own in own_leads(partners, leads).items():
        for lead in own:
            _count(lead, key, pages, accepted=is_accepted(lead, statuses), zone=zone, until=until)
    for line in earned_lines(lines):
        if line.month <= Month.of(until):
            pages[line.partner, quarter_of(line.month)].lines.append(Counted(line.key, line.currency, line.amount))
    names = {partner.key: partner.name for partner in partners if partner.key}
    order = sorted(pages, key=lambda at: (-at[1].first.ordinal, names.get(at[0], at[0]).casefold(), at[0]))
    return [_closed(key, names.get(key, key), quarter, pages[key, quarter]) for key, quarter in order]


def _count(lead: LeadRow, partner: str, pages: _Pages, *, accepted: bool, zone: ZoneInfo, until: date) -> None:
    """Count a lead in the quarter it was sent in, and once more in the one it was won in."""
    sent_on = local_day(lead.submitted, zone)
    if sent_on <= until:
        way = _way(pages[partner, quarter_of(Month.of(sent_on))], lead)
        way.leads.append(lead.key)
        way.accepted += [lead.key] if accepted else []
    if not is_won(lead):
        return
    day = won_on(lead.row, zone)
    if day is None:
        if sent_on <= until:
            pages[partner, quarter_of(Month.of(sent_on))].left_out.append(f"{lead.key} is won, but Won on is missing")
    elif day <= until:
        _count_win(lead, pages[partner, quarter_of(Month.of(day))])


def _count_win(lead: LeadRow, page: _Page) -> None:
    way, value = _way(page, lead), first_year(lead.row)
    way.won.append(lead.key)
    if value is not None:
        way.values.append(_counted(lead, value))
    if not lead.sent:
        if value is None:
            page.left_out.append(f"{lead.key} is won, but Deal value, Deal currency or Interval is missing")
        return
    owed = commission_owed(lead.row)
    if owed is None:
        page.left_out.append(f"{lead.key} is won, but Estimated value and Currency state no commission")
    else:
        page.owed.append(_counted(lead, owed))


def _way(page: _Page, lead: LeadRow) -> _Way:
    return page.sent if lead.sent else page.received


def _counted(lead: LeadRow, amount: Amount) -> Counted:
    return Counted(lead.key, *amount)


def quarter_of(month: Month) -> Period:
    """Return the quarter that holds a month."""
    return Period.holding(month, _QUARTER)


def _closed(key: str, name: str, quarter: Period, page: _Page) -> Exchange:
    return Exchange(
        key, name, quarter, page.received.closed(), page.sent.closed(), _by_key(page.lines), _by_key(page.owed),
        _sorted(page.left_out),
    )  # fmt: skip


def _sorted(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(words))


def _by_key(sums: Iterable[Counted]) -> tuple[Counted, ...]:
    return tuple(sorted(sums, key=lambda one: one.key))


# ---- what counts ----------------------------------------------------------------------------------------------------


def own_leads(partners: Sequence[PartnerRow], leads: Iterable[LeadRow]) -> Mapping[str, list[LeadRow]]:
    """Return each partner's leads, both ways, by the partner's key; copied rows and those without a key are none."""
    names = by_any_name(partners)
    keyed = [lead for lead in leads if lead.key]
    copied = {lead.row.id for lead in copies(keyed)}
    found: dict[str, list[LeadRow]] = defaultdict(list)
    for lead in keyed:
        partner = names.get(lead.partner.casefold())
        if partner is not None and partner.key and lead.row.id not in copied:
            found[partner.key].append(lead)
    return found


def earned_lines(lines: Iterable[Line]) -> list[Line]:
    """Return the lines that are earned: confirmed, or locked by a statement."""
    return [line for line in lines if line.locked or line.status == "Confirmed"]


def is_accepted(lead: LeadRow, statuses: Collection[str]) -> bool:
    """Tell whether we took a lead into our CRM; of one that we sent, whether its partner works on it or has."""
    if not lead.sent:
        return bool(lead.deal_id)
    return not lead.held and lead.status.casefold() in {status.casefold() for status in statuses}


def is_won(lead: LeadRow) -> bool:
    """Tell whether a lead is won; one that staff hold is not, as long as they do."""
    return not lead.held and lead.status.casefold() == "won"
