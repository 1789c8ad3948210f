"""A small programme for tests of the money rules: facts with sensible defaults, and a story that is replanned.

By default: partner acme on plan gold (10 %, twelve months), one deal 9001 of client 501, 12,000.00 GBP a year, won on
10 January 2025, lead L-1. Amounts are written as strings; days as ISO dates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from worker.domain.facts import Allocation, Cash, CreditNote, Deal, Invoice, Lead, Partner, PlanChoice, Share
from worker.domain.lines import Line
from worker.domain.plans import Bracket, CommissionPlan, Plans, Policy
from worker.planning.commissions import Facts, Outcome, plan_lines

LONDON = ZoneInfo("Europe/London")
BRACKETS = (
    Bracket(Decimal(0), Decimal(10000), Decimal(10)),
    Bracket(Decimal(10000), Decimal(50000), Decimal(15)),
    Bracket(Decimal(50000), None, Decimal(20)),
)


def day(text: str) -> date:
    """Read an ISO date."""
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    """Return ten in the morning of a day."""
    return datetime.combine(day(text), datetime.min.time(), UTC).replace(hour=10)


def plan(rate: str | None = "10", **terms: Any) -> CommissionPlan:
    """Return a plan; money terms may be strings."""
    for name in ("fee", "cap_per_deal", "cap_per_partner"):
        if name in terms:
            terms[name] = Decimal(terms[name])
    if "tiers" in terms or "fee" in terms:
        rate = None
    given = {"name": "gold", "version": "2025-01", "valid_from": day("2020-01-01"), "valid_to": None, "months": 12}
    return CommissionPlan(**{**given, **terms}, rate=None if rate is None else Decimal(rate))


def partner(key: str = "acme", plan_name: str = "gold", **terms: Any) -> Partner:
    """Return a partner who has had one plan for ever."""
    return Partner(key, key.title(), (PlanChoice(date.min, plan_name),), **terms)


def deal(id_: str = "9001", **terms: Any) -> Deal:
    """Return a deal that is won; `won_at` and `left_won_at` may be ISO dates, `value` a string."""
    given: dict[str, Any] = {
        "company": "501", "state": "won", "won_at": "2025-01-10", "left_won_at": None, "value": "12000.00",
        "interval": "annual", "currency": "GBP", "term_months": None, **terms,
    }  # fmt: skip
    for name in ("won_at", "left_won_at"):
        given[name] = at(given[name]) if isinstance(given[name], str) else given[name]
    given["value"] = Decimal(given["value"]) if isinstance(given["value"], str) else given["value"]
    return Deal(id_, **given)


def shares(text: str) -> tuple[Share, ...]:
    """Read `acme 60, birch 40`."""
    pairs = (part.split() for part in text.split(",") if part.strip())
    return tuple(Share(key, Decimal(percent)) for key, percent in pairs)


def lead(deal_id: str = "9001", who: str = "acme 100", **terms: Any) -> Lead:
    """Return a valid lead of a deal; its key is L- and the deal's last digit."""
    given: dict[str, Any] = {"key": f"L-{deal_id[-1:]}", "submitted_at": at("2024-12-01"), "valid": True, **terms}
    return Lead(deal=deal_id, shares=shares(who), **given)


def cash(text: str) -> tuple[Cash, ...]:
    """Read `2025-01-12 600.00, 2025-02-12 600.00`."""
    pairs = (part.split() for part in text.split(",") if part.strip())
    return tuple(Cash(day(on), Decimal(amount)) for on, amount in pairs)


def invoice(number: str = "INV-1", paid: str = "", **terms: Any) -> Invoice:
    """Return an authorised invoice of 12,000.00 without tax that names deal 9001; `paid` and `refunds` as `cash`."""
    given: dict[str, Any] = {
        "type": "ACCREC", "status": "AUTHORISED", "on": "2025-01-12", "due_date": None, "currency": "GBP",
        "sub_total": "12000.00", "reference": "9001", **terms,
    }  # fmt: skip
    given.setdefault("total", given["sub_total"])
    for name in ("sub_total", "total"):
        given[name] = Decimal(given[name])
    for name in ("on", "due_date"):
        given[name] = day(given[name]) if isinstance(given[name], str) else given[name]
    for name in ("refunds", "prepayments", "overpayments"):
        given[name] = cash(given.get(name, ""))
    return Invoice(f"id-{number}", number, payments=cash(paid), **given)


def note(number: str = "CN-1", allocated: str = "", **terms: Any) -> CreditNote:
    """Return a credit note without tax; `allocated` as `INV-1 2025-06-01 3000.00, …`, `refunds` as `cash`."""
    given: dict[str, Any] = {
        "status": "AUTHORISED", "on": "2025-06-01", "currency": "GBP", "sub_total": "3000.00", **terms,
    }  # fmt: skip
    given.setdefault("total", given["sub_total"])
    for name in ("sub_total", "total"):
        given[name] = Decimal(given[name])
    given["on"], given["refunds"] = day(given["on"]), cash(given.get("refunds", ""))
    parts = (part.split() for part in allocated.split(",") if part.strip())
    allocations = tuple(Allocation(f"id-{to}", day(on), Decimal(amount)) for to, on, amount in parts)
    return CreditNote(f"id-{number}", number, allocations=allocations, **given)


def facts(
    deals: Iterable[Deal] = (), leads: Iterable[Lead] | None = None, *, invoices: Sequence[Invoice] = (),
    notes: Sequence[CreditNote] = (), plans: Sequence[CommissionPlan] = (), partners: Iterable[Partner] = (),
    policy: Policy | None = None, zone: ZoneInfo = LONDON,
) -> Facts:  # fmt: skip
    """Return the facts; without leads each deal has one of its own."""
    deals = list(deals) or [deal()]
    return Facts(
        partners={p.key: p for p in (list(partners) or [partner()])},
        deals={d.id: d for d in deals},
        leads=[lead(d.id) for d in deals] if leads is None else list(leads),
        invoices=list(invoices), credit_notes=list(notes), plans=Plans(list(plans) or [plan()]),
        policy=policy or Policy(), zone=zone,
    )  # fmt: skip


@dataclass
class Story:
    """Facts that change and lines that stand, replanned day by day."""

    facts: Facts
    lines: tuple[Line, ...] = ()
    outcome: Outcome = field(default_factory=lambda: Outcome((), (), {}))

    def on(self, today: str, **changes: Any) -> Story:
        """Lay changes over the facts (deal=…, lead=…, invoices=[…], partner=…, plans=[…], policy=…) and plan."""
        self.change(**changes)
        self.outcome = plan_lines(self.facts, self.lines, day(today))
        self.lines = self.outcome.lines
        return self

    def change(self, **changes: Any) -> None:
        """Replace a deal or lead by its id, a partner by its key, and the rest whole."""
        now = self.facts
        if "deal" in changes:
            new = changes.pop("deal")
            now = replace(now, deals={**now.deals, new.id: new})
        if "lead" in changes:
            new = changes.pop("lead")
            now = replace(now, leads=[lead for lead in now.leads if lead.key != new.key] + [new])
        if "partner" in changes:
            new = changes.pop("partner")
            now = replace(now, partners={**now.partners, new.key: new})
        if "plans" in changes:
            changes["plans"] = Plans(changes["plans"])
        if "notes" in changes:
            changes["credit_notes"] = changes.pop("notes")
        self.facts = replace(now, **changes)

    def lock(self, statement: str = "2025-Q1/acme/GBP") -> Story:
        """Put every confirmed line on a statement."""
        self.lines = tuple(
            line._replace(status="On statement", statement=statement) if line.status == "Confirmed" else line
            for line in self.lines
        )
        return self

    def edit(self, key: str, **cells: Any) -> Story:
        """Let staff, or chance, change a row."""
        self.lines = tuple(line._replace(**cells) if line.key == key else line for line in self.lines)
        return self

    def line(self, key: str) -> Line:
        """Return the line with a key."""
        return next(line for line in self.lines if line.key == key)

    def table(self, partner_key: str = "acme") -> list[str]:
        """Return a partner's lines as `2025-01 commission 100.00 Expected`, answers with what they answer."""
        return [
            f"{line.month} {line.kind} {line.amount} {line.status}"
            + (f" for {line.answers}" if line.answers is not None else "")
            for line in self.lines
            if line.partner == partner_key
        ]

    def amounts(self, partner_key: str = "acme") -> list[str]:
        """Return the amounts of a partner's lines, in order."""
        return [str(line.amount) for line in self.lines if line.partner == partner_key]

    def statuses(self, partner_key: str = "acme") -> list[str]:
        """Return the statuses of a partner's lines, in order."""
        return [line.status for line in self.lines if line.partner == partner_key]


def story(*deals: Deal, **terms: Any) -> Story:
    """Begin a story; the terms are those of `facts`."""
    return Story(facts(deals, **terms))
