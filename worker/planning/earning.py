"""Which deals earn, for whom: facts and standing lines → cases, lines that stand still, problems.

A case is one deal with its lead and its lines; merged deals are followed here. What can't be computed, because a fact
is missing or a row is gone, stands still: its unlocked lines are held, nothing locked is answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from worker.domain.facts import CreditNote, Deal, Invoice, Lead, Partner
from worker.domain.lines import Base, Line
from worker.domain.months import local_day
from worker.domain.plans import Plans, Policy
from worker.domain.problems import Problem
from worker.planning.terms import Reading, Terms, read_terms


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the money rules look at; `deals` by id, merged and doubtful ones among them."""

    partners: Mapping[str, Partner]  # by key
    deals: Mapping[str, Deal]  # by id
    leads: Sequence[Lead]
    invoices: Sequence[Invoice]  # ACCREC
    credit_notes: Sequence[CreditNote]
    plans: Plans
    policy: Policy
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Case:
    """A deal that was won, with the lead that earns on it and the lines that stand for it.

    `home` is the deal id that its lines carry; `id` and `deal` are the survivor's where that one was merged away.
    """

    home: str
    id: str
    deal: Deal
    lead: Lead
    won_on: date
    left_on: date | None  # the day it left won; None while it is won
    currency: str
    base: Base | None  # today's; None where only fees are earned
    terms: tuple[Terms, ...]
    rows: tuple[Line, ...]
    doubt: str | None = None  # why all its lines are held
    gap: str | None = None  # why the lines that need a base are held
    off: Mapping[str, str] = field(default_factory=dict)  # partner key → why nothing is earned
    off_all: str = "the partner has no share of the deal any more"


@dataclass(slots=True)
class Survey:
    """What was found; `still` are lines that stand still, each with the reason."""

    survivors: Mapping[str, str]
    cases: list[Case] = field(default_factory=list)
    still: list[tuple[Line, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    won: Mapping[str, date] = field(default_factory=dict)  # when deals of `still` lines were won


def survivors(deals: Mapping[str, Deal]) -> dict[str, str]:
    """Return every deal's id with the id of the deal that it is now part of; a circle of merges ends where it began."""
    found: dict[str, str] = {}
    for start in deals:
        at, seen = start, {start}
        while (deal := deals.get(at)) is not None and deal.merged_into and deal.merged_into not in seen:
            at = deal.merged_into
            seen.add(at)
        found[start] = at
    return found


def deal_order(deal: str) -> tuple[int, str]:
    """Return what deals are ordered by: their id as a number."""
    return (int(deal), deal) if deal.isdecimal() else (0, deal)


def survey(facts: Facts, rows: Mapping[str, Sequence[Line]], today: date) -> Survey:
    """Find the cases; `rows` are the standing lines by the deal id that they carry."""
    found = Survey(survivors(facts.deals))
    by_deal: dict[str, list[Lead]] = defaultdict(list)
    for lead in facts.leads:
        if lead.deal:
            by_deal[found.survivors.get(lead.deal, lead.deal)].append(lead)
    homes = _homes(facts.leads, rows, found.survivors)
    taken: set[str] = set()
    for deal_id in sorted(by_deal, key=deal_order):
        leads = sorted(by_deal[deal_id], key=lambda lead: (lead.submitted_at, lead.key))
        _Bench(facts, deal_id, rows, homes, taken, found, today).sort(leads)
    known = {lead.key for lead in facts.leads}
    for home, lines in rows.items():
        if home not in taken:
            found.still += [(line, _orphaned(line, known)) for line in lines]
    found.won = _won_dates(facts, found)
    found.problems.sort(key=lambda p: (deal_order(p.deal or ""), p.partner or ""))
    return found


def _homes(leads: Sequence[Lead], rows: Mapping[str, Sequence[Line]], survivor: Mapping[str, str]) -> dict[str, str]:
    """Return the deal id that each lead's lines carry: the one they have, else the one on the lead row."""
    carried: dict[str, set[str]] = defaultdict(set)
    for home, lines in rows.items():
        for lead_key in {line.lead for line in lines}:
            carried[lead_key].add(home)
    homes: dict[str, str] = {}
    for lead in leads:
        end = survivor.get(lead.deal, lead.deal)
        own = [home for home in carried[lead.key] if survivor.get(home, home) == end]
        homes[lead.key] = min(own, key=deal_order) if own else lead.deal
    return homes


def _won_dates(facts: Facts, found: Survey) -> dict[str, date]:
    """Return when the deals of lines that stand still were won, as far as that is known: the survivor's date."""
    homes = {line.deal for line, _ in found.still if line.deal is not None}
    deals = {home: facts.deals.get(found.survivors.get(home, home)) for home in homes}
    return {
        home: local_day(d.won_at, facts.zone) for home, d in deals.items() if d is not None and d.won_at is not None
    }


def _orphaned(line: Line, known: set[str]) -> str:
    if line.lead in known:
        return f"lead {line.lead} is not tied to deal {line.deal} any more"
    return "the row of its lead was deleted from Leads: restore it"


@dataclass(frozen=True, slots=True)
class _Bench:
    """One deal (the survivor, where some were merged) while its leads are sorted."""

    facts: Facts
    deal_id: str
    rows: Mapping[str, Sequence[Line]]
    homes: Mapping[str, str]
    taken: set[str]  # the homes whose lines are spoken for
    found: Survey
    today: date

    def sort(self, leads: Sequence[Lead]) -> None:
        """Let the first valid lead earn; the other valid ones are in conflict, the invalid ones earn nothing."""
        valid = [lead for lead in leads if lead.valid]
        for lead in valid[:1]:
            home = self.homes[lead.key]
            self.taken.add(home)
            rivals = {rival.key for rival in valid[1:]}
            earning = {share.partner for share in lead.shares}
            lines = self.rows.get(home, ())
            aside = [line for line in lines if line.lead in rivals and line.partner not in earning]
            self.hold(aside, "the deal is tied to two leads")
            self.open(lead, home, [line for line in lines if line not in aside] if aside else lines)
        for lead in valid[1:]:
            self.conflict(lead)
        for lead in leads:
            home = self.homes[lead.key]
            if not lead.valid and home not in self.taken:
                self.taken.add(home)
                self.close(lead, home)

    def hold(self, lines: Sequence[Line], reason: str) -> None:
        """Let lines stand still."""
        self.found.still += [(line, reason) for line in lines]

    def conflict(self, lead: Lead) -> None:
        """Say that another lead is tied to the deal, and hold this one's lines."""
        home = self.homes[lead.key]
        if home not in self.taken:
            self.taken.add(home)
            self.hold(self.rows.get(home, ()), "the deal is tied to two leads")
        if self.won_on(self.facts.deals.get(self.deal_id)) is not None:
            text = (
                f"Deal {self.deal_id} is tied to another lead row too, and only one of them can earn: "
                "clear or correct the Deal ID of one"
            )
            self.found.problems.append(Problem(self.deal_id, None, "conflict", text, lead.key))

    def won_on(self, deal: Deal | None) -> date | None:
        """Return the day of the first win; None when it has not come yet, or is not known."""
        if deal is None or deal.won_at is None:
            return None
        day = local_day(deal.won_at, self.facts.zone)
        return day if day <= self.today else None

    def last_known(self, home: str) -> tuple[Deal | None, str | None]:
        """Return the deal's facts, the survivor's where there are any, and why they are in doubt."""
        deal = self.facts.deals.get(self.deal_id)
        if deal is None:
            return self.facts.deals.get(home), f"the deal was merged into {self.deal_id}, which can't be read"
        return deal, f"the deal can't be read: {deal.doubt}" if deal.doubt else None

    def close(self, lead: Lead, home: str) -> None:
        """Take a lead that was found invalid: nothing of its lines is earned."""
        lines = self.rows.get(home, ())
        deal, doubt = self.last_known(home)
        if deal is None:
            self.hold(lines, "the deal can't be read any more")
        elif lines:
            case = Case(
                home=home, id=self.deal_id, deal=deal, lead=lead, won_on=self.won_on(deal) or self.today, left_on=None,
                currency=lines[0].deal_currency, base=None, terms=(), rows=tuple(lines), doubt=doubt,
                off_all="the lead was found invalid",
            )  # fmt: skip
            self.found.cases.append(case)

    def open(self, lead: Lead, home: str, lines: Sequence[Line]) -> None:
        """Take a lead that earns, once its deal is won and what the plans need is known."""
        deal, doubt = self.last_known(home)
        won_on = self.won_on(deal)
        if deal is None or won_on is None:
            self.hold(lines, "the deal can't be read any more" if deal is None else "the deal has no won date any more")
            return
        reading = read_terms(
            deal if deal.id == self.deal_id else replace(deal, id=self.deal_id), lead, lines,
            partners=self.facts.partners, plans=self.facts.plans,
            submitted=local_day(lead.submitted_at, self.facts.zone), won_on=won_on,
        )  # fmt: skip
        self.found.problems += [Problem(self.deal_id, f.partner, f.field, f.text, lead.key) for f in reading.faults]
        if reading.stuck is not None:
            self.hold(lines, reading.stuck)
            return
        self.found.cases.append(self.case(lead, home, deal, won_on, lines, reading, doubt))

    def case(
        self, lead: Lead, home: str, deal: Deal, won_on: date, lines: Sequence[Line], reading: Reading,
        doubt: str | None,
    ) -> Case:  # fmt: skip
        """Put a case together; lines whose terms are not known stand still."""
        left_on = None
        if deal.state != "won":
            left_on = local_day(deal.left_won_at, self.facts.zone) if deal.left_won_at else None
            if left_on is None:
                doubt = doubt or "the deal is not won any more, and since when is not known"
            elif left_on > self.today:
                left_on = None
        still = reading.still
        for line in lines:
            if line.partner in still:
                self.hold([line], still[line.partner])
        return Case(
            home=home, id=self.deal_id, deal=deal, lead=lead, won_on=won_on, left_on=left_on, currency=reading.currency,
            base=reading.base, terms=reading.terms, rows=tuple([line for line in lines if line.partner not in still]),
            doubt=doubt or reading.doubt, gap=reading.gap, off=reading.off,
        )  # fmt: skip
