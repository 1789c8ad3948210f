"""The money rules once more, for tests: the rows that stand in the Commissions table, look after look.

The law of correction and the true-ups of retroactive tiers; statements: `slow_statements`. A row is known by its deal,
partner, month, kind and what it answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from worker.domain.plans import CommissionPlan

from .slow_commissions import Item, bracket_rate, frozen, in_order, items_of, period_of
from .slow_terms import Base, Case, month_name, month_of, rounded


@dataclass
class Row:
    """A row of the Commissions table."""

    deal: str | None
    partner: str
    month: int
    kind: str
    answers: str | None
    currency: str
    amount: Fraction = Fraction(0)
    status: str = "Expected"
    plan: CommissionPlan | None = None
    base: Base | None = None
    own_base: Fraction = Fraction(0)
    order: tuple[Any, ...] = ()
    covered_on: date | None = None
    capped: bool = False
    statement: str | None = None
    hold: bool = False
    adjustment: Fraction | None = None

    @property
    def locked(self) -> bool:
        return self.statement is not None

    @property
    def subject(self) -> str:
        """Return the month, or the tier period, that the row is about."""
        return self.answers or month_name(self.month)

    @property
    def known_by(self) -> tuple[Any, ...]:
        return self.deal, self.partner, month_name(self.month), self.kind, self.answers

    def stand(self, *, cancelled: bool, held: bool, covered: bool, today: date) -> None:
        """Take the first status that fits."""
        over = self.month < month_of(today)
        self.status = "Cancelled" if cancelled else "On hold" if held else "Expected" if not over else "Waiting"
        if self.status == "Waiting" and covered:
            self.status = "Confirmed"
        if cancelled:
            self.amount, self.capped = Fraction(0), False
        self.covered_on = None

    def freeze(self) -> None:
        """Stand still: held, unless it is locked or cancelled."""
        if not self.locked and self.status != "Cancelled":
            self.status, self.covered_on = "On hold", None


@dataclass
class Books:
    """Both tables: lines by deal, and statements."""

    of_deal: dict[str | None, list[Row]] = field(default_factory=dict)  # the lines; None: true-ups and their answers
    statements: list[Any] = field(default_factory=list)  # of `slow_statements`

    @property
    def rows(self) -> list[Row]:
        return [row for rows in self.of_deal.values() for row in rows]

    @property
    def true_up_rows(self) -> list[Row]:
        return self.of_deal.get(None, [])

    def add(self, row: Row) -> Row:
        self.of_deal.setdefault(row.deal, []).append(row)
        return row

    def look(self, facts: Any, today: date) -> None:
        """Let the rows stand as today's facts say."""
        all_cases, items = items_of(facts, self.rows, today)
        for item in items:
            self.commission(facts, item, today)
        given = {(item.case.home, item.partner, month_name(item.month)) for item in items}
        for case in all_cases:
            for partner, subject in self.subjects(case.home):
                if (case.home, partner, subject) not in given:
                    self.not_given(facts, case, partner, subject, today)
        tied = {case.home for case in all_cases}
        for row in self.rows:
            if row.deal is not None and row.deal not in tied:
                row.freeze()
        self.true_ups(facts, all_cases, items, today)

    def subjects(self, deal: str) -> list[tuple[str, str]]:
        return sorted({(row.partner, row.subject) for row in self.of_deal.get(deal, [])})

    def about(self, deal: str | None, partner: str, subject: str, currency: str | None = None) -> list[Row]:
        """Return the rows about a month."""
        return [
            row for row in self.of_deal.get(deal, [])
            if (row.partner, row.subject) == (partner, subject) and currency in (None, row.currency)
        ]  # fmt: skip

    # ---- lines ------------------------------------------------------------------------------------------------------

    def commission(self, facts: Any, item: Item, today: date) -> None:
        """Let the rows of a month that a plan gives stand."""
        case, partner = item.case, item.earner.partner
        group = self.about(case.home, partner.key, month_name(item.month))
        main = next((row for row in group if row.kind == "commission"), None)
        if main is None:
            main = self.add(Row(case.home, partner.key, item.month, "commission", None, case.currency))
        added = sum((rounded(row.adjustment, row.currency) for row in group if row.adjustment is not None), Fraction(0))
        doubt = case.doubt or (case.gap and item.plan.fee is None)
        if not main.locked:
            main.amount, main.base, main.capped = item.amount + added, item.base, item.capped
            main.own_base, main.order = item.own_base, (item.month, case.won, int(case.home))
            main.plan = item.plan
            open_again = case.left is not None and not item.covered
            held = doubt or main.hold or case.lead.held or partner.paused or open_again
            main.stand(cancelled=item.cancelled, held=held, covered=item.covered, today=today)
            if main.status == "Confirmed":
                main.covered_on = item.since
        earned = item.amount + added if item.earned(today) else None
        self.correct(
            [row for row in group if row is not main] + [main], earned, doubt=doubt, held=partner.paused, today=today,
        )  # fmt: skip

    def not_given(self, facts: Any, case: Case, partner: str, subject: str, today: date) -> None:
        """Let the rows of a month stand that nobody gives: cancelled, or taken back."""
        group = self.about(case.home, partner, subject)
        if case.frozen or partner in case.unknown:
            for row in group:
                row.freeze()
            return
        for row in group:
            if row.kind == "commission" and not row.locked:
                row.stand(cancelled=True, held=False, covered=False, today=today)
        held = facts.partners[partner].paused
        self.correct(group, None, doubt=case.doubt or case.gap, held=held, today=today)

    def correct(self, group: list[Row], earned: Fraction | None, *, doubt: bool, held: bool, today: date) -> None:
        """Keep the one law: the sum of a month's lines is what it earns (None: it is not earned)."""
        locked = [row for row in group if row.locked]
        answers = [row for row in group if not row.locked and row.answers is not None and not is_true_up(row)]
        if doubt:
            for row in answers:
                row.freeze()
            return
        if not locked:
            return
        needed = (earned or Fraction(0)) - sum((row.amount for row in locked), Fraction(0))
        past = [row for row in locked if row.answers is not None and not is_true_up(row)]
        last = max(past, key=lambda row: row.month, default=None)
        kind = "correction" if last is None or last.kind != "clawback" else "reinstatement"
        kind = "clawback" if earned is None else kind
        now = month_of(today)
        fit = [row for row in answers if row.kind == kind and (row.status != "Cancelled" or row.month == now)]
        fit.sort(key=lambda row: row.status == "Cancelled")
        chosen = fit[0] if fit else None
        if needed and chosen is None:
            first = group[0]
            chosen = self.add(Row(first.deal, first.partner, now, kind, first.subject, first.currency))
        for row in answers:
            if row is not chosen or not needed:
                row.stand(cancelled=True, held=False, covered=False, today=today)
        if needed and chosen is not None:
            chosen.amount = needed
            chosen.stand(cancelled=False, held=held or chosen.hold, covered=True, today=today)

    # ---- true-ups ---------------------------------------------------------------------------------------------------

    def true_ups(self, facts: Any, all_cases: Sequence[Case], items: Sequence[Item], today: date) -> None:
        """Bring the earned lines of retroactive tier periods that are over to the rate of the bracket reached."""
        wanted = sorted({
            (i.partner, i.case.currency, i.plan.tier_period, period_of(i.month, i.plan.tier_period))
            for i in items if i.plan.tiers and i.plan.mode == "retroactive" and not i.cancelled
        })  # fmt: skip
        still = frozen(self.rows, all_cases)
        seen = set()
        for partner, currency, length, number in wanted:
            months = {"quarter": 3, "year": 12}[length]
            last = number * months + months - 1
            if last < month_of(today):
                within = [x for x in in_order(items, still, partner, currency) if x.month // months == number]
                self.true_up(facts, partner, currency, length, last, within, today)
                seen.add((partner, currency, period_name(last, months)))
        for partner, currency, subject in sorted({(r.partner, r.currency, r.subject) for r in self.true_up_rows}):
            if (partner, currency, subject) not in seen:
                group = self.about(None, partner, subject, currency)
                if any(row.partner == partner for row in still):
                    for row in group:
                        row.freeze()
                    continue
                for row in group:
                    if is_true_up(row) and not row.locked:
                        row.stand(cancelled=True, held=False, covered=False, today=today)
                self.correct(group, None, doubt=False, held=facts.partners[partner].paused, today=today)

    def true_up(
        self, facts: Any, partner: str, currency: str, length: str, last: int, within: Sequence[Any], today: date
    ) -> None:
        """Let the rows of one period's true-up stand."""
        months = {"quarter": 3, "year": 12}[length]
        subject = period_name(last, months)
        group = self.about(None, partner, subject, currency)
        metric = sum((x.own_base for x in within), Fraction(0))
        rated = [x for x in within if isinstance(x, Item) and x.plan.tiers and x.plan.mode == "retroactive"
                 and x.plan.tier_period == length]  # fmt: skip
        earned = [x for x in rated if x.earned(today)]
        reached = sum((x.own_base * Fraction(bracket_rate(metric, x.plan)) / 100 for x in earned), Fraction(0))
        exact = sum((x.exact for x in earned), Fraction(0))
        due = rounded(reached, currency) - sum((x.amount for x in earned), Fraction(0)) if reached != exact else 0
        if any(not isinstance(x, Item) or x.case.doubt or x.case.gap for x in within):
            for row in group:
                row.freeze()
            return
        main = next((row for row in group if is_true_up(row)), None)
        if main is None:
            if not due and not group:
                return
            main = self.add(Row(None, partner, last, "correction", subject, currency))
            group = [main, *group]
        held = facts.partners[partner].paused
        if not main.locked:
            main.amount = Fraction(due)
            main.stand(cancelled=not due, held=held or main.hold, covered=True, today=today)
        self.correct(group, Fraction(due) if earned else None, doubt=False, held=held, today=today)


def is_true_up(row: Row) -> bool:
    """Tell whether a row is the true-up of a period, and not an answer: it stands in the period's last month."""
    return row.deal is None and row.kind == "correction" and row.month == last_month(row.answers or "")


def period_name(last: int, months: int) -> str:
    year, number = last // 12, last % 12 + 1
    return {
        1: month_name(last), 3: f"{year}-Q{number // 3}", 6: f"{year}-H{number // 6}", 12: f"{year}",
    }[months]  # fmt: skip


def last_month(period: str) -> int:
    """Return the last month of a tier period as written: `2025-Q1`, `2025`."""
    year, _, quarter = period.partition("-Q")
    return int(year) * 12 + (int(quarter) * 3 if quarter else 12) - 1
