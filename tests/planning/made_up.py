"""Programmes that nobody wrote, and what happens to them, drawn from any source of chance, as large as wanted.

The same source gives the same programme. `Chance` knows how much of everything happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from worker.domain.facts import Allocation, Cash, CreditNote, Days, Deal, Invoice, Lead, Partner, PlanChoice, Share
from worker.domain.money import digits
from worker.domain.months import Month
from worker.domain.plans import Bracket, CommissionPlan, Plans, Policy
from worker.planning.commissions import Facts

from .programme import LONDON

BEGIN = date(2025, 1, 1)
EVENTS: dict[str, int] = {  # what may happen, and how often
    "pay": 8, "invoice": 2, "refund": 3, "void": 1, "credit": 1, "value": 2, "lost": 1, "open": 1, "won": 3, "split": 3,
    "lose": 1, "mend": 2, "blur": 1, "doubt": 1, "clear": 2, "invalid": 1, "valid": 2, "pause": 1, "resume": 2,
    "hold": 1, "release": 2, "illegible": 1, "legible": 1, "deal": 2, "plan": 1, "leave": 1, "number": 1, "merge": 1,
    "tick": 2, "adjust": 2,
}  # fmt: skip


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 10, tzinfo=UTC)


@dataclass
class Chance:
    """A source of chance, and what it has made."""

    random: Random
    currency: str = "GBP"
    partners: Sequence[str] = ()
    counts: Counter[str] = field(default_factory=Counter)
    whole: dict[str, Deal] = field(default_factory=dict)  # each deal as it was made

    # ---- values -----------------------------------------------------------------------------------------------------

    def money(self, most: int) -> Decimal:
        return Decimal(self.random.randint(1, most * 100)).scaleb(-digits(self.currency))

    def day(self, begin: date, days: int) -> date:
        return begin + timedelta(days=self.random.randrange(days))

    def next_day(self, today: date) -> date:
        """Return the day of the next look: the same, soon, or the fifth of next month, when statements are made."""
        fifth = (today.replace(day=1) + timedelta(days=32)).replace(day=5)
        return self.random.choice([today, today + timedelta(days=self.random.randrange(50)), fifth, fifth])

    def percent(self) -> Decimal:
        return Decimal(self.random.choice([0, 500, 1000, 1250, 3333, 10000, self.random.randint(1, 5000)])).scaleb(-2)

    def shares(self) -> tuple[Share, ...]:
        who = self.random.sample(list(self.partners), self.random.choice([1, 1, 2, 3]))
        cuts = sorted(self.random.choice([3333, 5000, 6667, self.random.randint(0, 10_000)]) for _ in who[1:])
        edges = [0, *cuts, 10_000]
        return tuple(Share(key, Decimal(edges[n + 1] - edges[n]).scaleb(-2)) for n, key in enumerate(who))

    # ---- programmes -------------------------------------------------------------------------------------------------

    def programme(self, deals: int, partners: int) -> Facts:
        """Return a programme with so many deals and partners, each of whom has a plan in two versions."""
        self.partners = [f"p{n:02d}" for n in range(partners)]
        self.currency = self.random.choice(["GBP", "GBP", "JPY", "KWD"])
        versions = [plan for key in self.partners for plan in self.versions(f"of-{key}")]
        facts = Facts(
            partners={key: self.partner(key) for key in self.partners}, deals={}, leads=[], invoices=[],
            credit_notes=[], plans=Plans(versions), policy=self.policy(), zone=LONDON,
        )  # fmt: skip
        for _ in range(deals):
            facts = self.one_more_deal(facts, BEGIN)
        return facts

    def partner(self, key: str) -> Partner:
        choices = [PlanChoice(date.min, f"of-{key}")]
        if not self.random.randrange(4):
            choices.append(PlanChoice(self.day(BEGIN, 300), f"of-{self.random.choice(self.partners)}"))
        enrolled = self.random.choice([None, None, date(2024, 6, 1), date(2024, 12, 15)])
        cadence = self.random.choice([None, None, None, "monthly", "half-yearly"])
        first = self.day(date(2024, 11, 1), 120)
        away = () if self.random.randrange(5) else (Days(first, first + timedelta(days=self.random.randrange(40))),)
        return Partner(key, key.title(), tuple(choices), enrolled_from=enrolled, away=away, cadence=cadence)

    def policy(self) -> Policy:
        return Policy(
            tolerance=self.random.choice([None, None, Decimal(0), Decimal(5)]),
            statement_period=self.random.choice(["monthly", "quarterly", "half-yearly"]),
            minimum={"default": self.random.choice([Decimal(0), Decimal(0), Decimal(50), Decimal(900)])},
            clawback_cap=self.random.choice([Decimal(0), Decimal("33.3"), Decimal(50), Decimal(100)]),
            after_leaving=self.random.choice(["continue", "stop"]),
            statements_from=self.random.choice([None, None, Month(2025, 4)]),
        )

    def versions(self, name: str) -> list[CommissionPlan]:
        change = self.day(date(2025, 2, 1), 200)
        return [self.plan(name, "a", BEGIN, change), self.plan(name, "b", change + timedelta(days=1), None)]

    def plan(self, name: str, version: str, since: date, until: date | None) -> CommissionPlan:
        kind = self.random.choice(["rate", "rate", "tiers", "retroactive", "retroactive", "fee"])
        terms: dict[str, Any] = {
            "months": self.random.choice([0, 1, 3, 6, 12, 12, 14]), "currency": self.currency,
            "start": self.random.choice(["won", "won", "next", "first-invoice"]),
            "prorate": self.random.choice(["none", "none", "days"]),
        }  # fmt: skip
        if terms["prorate"] == "none" and not self.random.randrange(3):
            terms["count_months_per"] = "client"
        if kind == "rate":
            terms["rate"] = self.percent()
        elif kind == "fee":
            terms["fee"] = self.money(500)
        else:
            one, two = sorted(self.random.sample(range(100, 20_000, 100), 2))
            edges = (Decimal(0), Decimal(one), Decimal(two), None)
            terms["tiers"] = tuple(Bracket(edges[n] or Decimal(0), edges[n + 1], self.percent()) for n in range(3))
            terms["tier_period"] = self.random.choice(["quarter", "year"])
            terms["mode"] = "retroactive" if kind == "retroactive" else "marginal"
            if kind == "tiers" and not self.random.randrange(3):
                terms["tier_period"] = "lifetime"
        if kind != "retroactive":  # what a cap leaves of a true-up the rules do not say
            for cap in ("cap_per_deal", "cap_per_partner"):
                if not self.random.randrange(4):
                    terms[cap] = self.money(3000)
        return CommissionPlan(name, version, since, until, **terms)

    # ---- deals and invoices -----------------------------------------------------------------------------------------

    def one_more_deal(self, facts: Facts, begin: date) -> Facts:
        """Add a deal with its lead; most have an invoice, and most of those are paid for a while."""
        id_ = str(9001 + len(facts.deals))
        interval = self.random.choice(["monthly", "quarterly", "annual", "annual", "total"])
        term = self.random.choice([None, None, 3, 12, 24])
        deal = Deal(
            id=id_, company=f"c{self.random.randrange(len(facts.deals) + 2)}", state="won",
            won_at=at(self.day(begin, 200)), left_won_at=None, value=self.value(), interval=interval,
            currency=self.currency if self.random.randrange(12) else "GBP",
            term_months=term or 12 if interval == "total" else term,
        )  # fmt: skip
        lead = Lead(f"L-{id_}", at(self.day(date(2024, 12, 1), 31)), True, id_, self.shares())
        facts = replace(facts, deals={**facts.deals, id_: deal}, leads=[*facts.leads, lead])
        self.whole[id_] = deal
        self.counts["deals"] += 1
        self.counts["splits"] += len(lead.shares) > 1
        for _ in range(self.random.choice([0, 1, 2, 2])):
            facts = self.one_more_invoice(facts, id_, deal.won_at.date() if deal.won_at else begin)
        return facts

    def value(self) -> Decimal:
        whole = Decimal(self.random.choice([0, 1000, 12000, 49999]))
        return whole if not self.random.randrange(3) else self.money(self.random.choice([1, 3000, 60_000]))

    def one_more_invoice(self, facts: Facts, deal_id: str, begin: date) -> Facts:
        """Add an invoice that is tied to the deal in some way, or almost."""
        number = f"INV-{len(facts.invoices) + 1}"
        deal, on = facts.deals[deal_id], self.day(begin, 60)
        net = self.random.choice([deal.value or Decimal(1), self.money(20_000), Decimal(12_000), Decimal(99_000)])
        net = net or Decimal(1)
        total = net + (net * self.random.choice([0, 7, 20]) / 100).quantize(Decimal(1).scaleb(-digits(self.currency)))
        how = self.random.choice(["id", "id", "id", "lead", "contact", "contact", "two", "none"])
        reference = {"id": f"PO 7, {deal_id}", "lead": f"l-{deal_id}.", "two": f"{deal_id} 9001"}.get(how, "")
        paid = self.random.choice([(), (Cash(on, total),), (Cash(on, total),), (Cash(on, self.money(9000)),)])
        one = Invoice(
            id=f"id-{number}", number=number, type="ACCREC", on=on, due_date=None,
            status=self.random.choice(["AUTHORISED"] * 3 + ["PAID"] * 2 + ["DRAFT"]), sub_total=net, total=total,
            currency=deal.currency or "GBP" if self.random.randrange(15) else "USD", reference=reference,
            contact_number=deal.company if how == "contact" else None, payments=paid,
        )  # fmt: skip
        self.counts["invoices"] += 1
        return replace(facts, invoices=[*facts.invoices, one])

    # ---- what happens -----------------------------------------------------------------------------------------------

    def happen(self, facts: Facts, today: date) -> Facts:
        """Let one thing happen to the facts; ticks and adjustments are for whoever keeps the rows."""
        (what,) = self.random.choices(list(EVENTS), EVENTS.values())
        self.counts[what] += 1
        deal = self.one_of(facts, what)
        if what in ("tick", "adjust"):
            return facts
        if what == "deal":
            return self.one_more_deal(facts, today - timedelta(days=120))
        if what == "invoice":
            return self.one_more_invoice(facts, deal.id, today - timedelta(days=50))
        if what in ("pay", "refund", "void", "credit", "illegible", "legible"):
            return self.money_moves(facts, what, today)
        if what in ("split", "blur", "invalid", "valid", "hold", "release", "number"):
            return self.lead_changes(facts, deal.id, what)
        if what in ("pause", "resume", "leave", "plan"):
            return self.partner_changes(facts, what, today)
        return self.deal_changes(facts, deal, what, today)

    def one_of(self, facts: Facts, what: str) -> Deal:
        """Return a deal; what makes good again looks for one that needs it."""
        leads = {lead.deal: lead for lead in facts.leads}
        needs: dict[str, Callable[[Deal], bool]] = {
            "won": lambda deal: deal.state != "won", "clear": lambda deal: deal.doubt is not None,
            "mend": lambda deal: None in (deal.value, deal.interval, deal.currency),
            "valid": lambda deal: not leads[deal.id].valid, "release": lambda deal: leads[deal.id].held,
            "split": lambda deal: sum(share.percent for share in leads[deal.id].shares) != 100,
        }  # fmt: skip
        wanting = [deal for deal in facts.deals.values() if what in needs and needs[what](deal)]
        return self.random.choice(wanting or list(facts.deals.values()))

    def deal_changes(self, facts: Facts, deal: Deal, what: str, today: date) -> Facts:
        if what == "merge":
            return self.merge(facts, deal)
        if what in ("lost", "open"):
            left = at(self.day(today - timedelta(days=20), 21))
            fits = deal.state == "won" and deal.won_at is not None and deal.won_at <= left
            return self.with_deal(facts, replace(deal, state=what, left_won_at=left) if fits else deal)
        whole = self.whole[deal.id]
        lost = {self.random.choice(["value", "interval", "currency"]): None}
        terms: dict[str, dict[str, Any]] = {
            "value": {"value": self.value()}, "won": {"state": "won", "left_won_at": None}, "doubt": {"doubt": "404"},
            "clear": {"doubt": None}, "lose": self.random.choice([lost, {"currency": "USD"}]),
            "mend": {"value": deal.value or whole.value, "interval": whole.interval, "currency": whole.currency},
        }  # fmt: skip
        return self.with_deal(facts, replace(deal, **terms[what]))

    def with_deal(self, facts: Facts, deal: Deal) -> Facts:
        return replace(facts, deals={**facts.deals, deal.id: deal})

    def merge(self, facts: Facts, deal: Deal) -> Facts:
        """Merge a deal into a later one that nobody merged yet."""
        free = [other.id for other in facts.deals.values() if not other.merged_into and other.id > deal.id]
        gone = any(other.merged_into == deal.id for other in facts.deals.values())
        if not free or gone or deal.merged_into or self.random.randrange(3):
            return facts
        return self.with_deal(facts, replace(deal, merged_into=self.random.choice(free)))

    def money_moves(self, facts: Facts, what: str, today: date) -> Facts:
        if not facts.invoices:
            return facts
        unread = [place for place, one in enumerate(facts.invoices) if what == "legible" and one.doubt]
        place = self.random.choice(unread or range(len(facts.invoices)))
        one = facts.invoices[place]
        on, much = self.day(today - timedelta(days=10), 14), self.random.choice([one.total, self.money(9000)])
        if what == "credit":
            named = self.random.choice(["", one.reference])
            back = self.random.choice([(), (Cash(on, self.money(500)),)])
            note = CreditNote(
                f"cn-{len(facts.credit_notes)}", f"CN-{len(facts.credit_notes)}", "AUTHORISED", today, one.currency,
                much, much, named, allocations=(Allocation(one.id, on, much),), refunds=back,
            )  # fmt: skip
            return replace(facts, credit_notes=[*facts.credit_notes, note])
        moved = Cash(on, much, "AUTHORISED" if self.random.randrange(8) else "DELETED")
        changed = {
            "pay": replace(one, payments=(*one.payments, moved)),
            "refund": replace(one, refunds=(*one.refunds, moved)), "void": replace(one, status="VOIDED"),
            "illegible": replace(one, doubt="404"), "legible": replace(one, doubt=None),
        }[what]  # fmt: skip
        return replace(facts, invoices=[*facts.invoices[:place], changed, *facts.invoices[place + 1 :]])

    def lead_changes(self, facts: Facts, deal_id: str, what: str) -> Facts:
        place = next(n for n, lead in enumerate(facts.leads) if lead.deal == deal_id)
        lead = facts.leads[place]
        if what == "number":
            numbers = tuple(one.number for one in self.random.sample(facts.invoices, min(1, len(facts.invoices))))
            changed = replace(lead, invoices=numbers)
        elif what in ("split", "blur"):
            shares = self.shares()
            changed = replace(lead, shares=shares[:-1] if what == "blur" else shares)
        else:
            changed = replace(lead, **{
                "invalid": {"valid": False}, "valid": {"valid": True}, "hold": {"held": True},
                "release": {"held": False},
            }[what])  # fmt: skip
        return replace(facts, leads=[*facts.leads[:place], changed, *facts.leads[place + 1 :]])

    def partner_changes(self, facts: Facts, what: str, today: date) -> Facts:
        paused = [key for key in self.partners if what == "resume" and facts.partners[key].paused]
        partner = facts.partners[self.random.choice(paused or self.partners)]
        plans = (*partner.plans, PlanChoice(today, f"of-{self.random.choice(self.partners)}"))
        changed = replace(partner, **{
            "pause": {"paused": True}, "resume": {"paused": False}, "plan": {"plans": plans},
            "leave": {"left_on": self.day(today - timedelta(days=20), 20)},
        }[what])  # fmt: skip
        return replace(facts, partners={**facts.partners, partner.key: changed})
