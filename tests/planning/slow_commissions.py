"""The money rules once more, for tests: what today's facts say of every deal, partner and month.

Each is an `Item`: its base, exact commission, rounded amount, cover, and whether it is cancelled. What then stands in
the tables: `slow_books`. Where the text is silent, the docstring says what is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from worker.domain.plans import CommissionPlan

from .slow_cash import Book, book_of, note_deal, serves
from .slow_terms import (
    DIGITS,
    Base,
    Case,
    Earner,
    cases,
    last_day,
    month_of,
    monthly,
    months_of,
    rounded,
    start_of,
    term_of,
)  # fmt: skip


@dataclass
class Item:
    """One deal, one partner, one month."""

    case: Case
    earner: Earner
    month: int
    base: Base | None
    part: Fraction  # the month's own base: the part of it that counts
    covered: bool
    since: date | None  # the day that covered it
    cancelled: bool
    exact: Fraction = Fraction(0)
    amount: Fraction = Fraction(0)
    capped: bool = False

    @property
    def plan(self) -> CommissionPlan:
        return self.earner.plan

    @property
    def partner(self) -> str:
        return self.earner.partner.key

    @property
    def own_base(self) -> Fraction:
        """Return what counts in the tier metric: the partner's share of the base; fees have none."""
        return self.part * self.earner.share

    def earned(self, today: date) -> bool:
        return self.month < month_of(today) and self.covered and not self.cancelled


def items_of(facts: Any, rows: Sequence[Any], today: date) -> tuple[list[Case], list[Item]]:
    """Return all that earns, with amounts; `rows` know the bases of months that are over."""
    all_cases = cases(facts, rows, today)
    served = serves(facts, all_cases, today)
    noted = {note.id: note_deal(facts, note, served, today) for note in facts.credit_notes}
    books = [book_of(facts, case, served, noted, today) for case in all_cases]
    for case, book in zip(all_cases, books, strict=True):
        case.doubt = case.doubt or book.doubt
    items: list[Item] = []
    for case, book in zip(all_cases, books, strict=True):
        for earner in case.earners:
            months = earned_months(facts, case, earner, book, all_cases, books, rows, today)
            items += items_of_one(facts, case, earner, months, book, rows, today)
    still = frozen(rows, all_cases)
    rate(items, still)
    telescope(items)
    cut(items, still)
    return all_cases, items


# ---- months ---------------------------------------------------------------------------------------------------------


def earned_months(
    facts: Any, case: Case, earner: Earner, book: Book, all_cases: Sequence[Case], books: Sequence[Book],
    rows: Sequence[Any], today: date,
) -> list[tuple[int, Fraction]]:  # fmt: skip
    """Return the months of a partner on a deal; a window per client ends them for renewals too."""
    assert case.won is not None
    assert case.deal is not None
    plan, start = earner.plan, start_of(earner.plan, case.won, book.first)
    if start is None:
        return []
    found = months_of(plan, start, term_of(case.deal), today)
    if plan.count_months_per == "client" and plan.months and case.deal.company:
        starts = [
            month_of(begun)
            for other, its_book in zip(all_cases, books, strict=True)
            for its in other.earners
            if its.partner.key == earner.partner.key and other.deal and other.deal.company == case.deal.company
            and other.won and (begun := start_of(its.plan, other.won, its_book.first)) is not None
        ]  # fmt: skip
        starts += [row.month for row in frozen(rows, all_cases, all_of_them=True) if row.partner == earner.partner.key
                   and facts.deals[row.deal].company == case.deal.company]  # fmt: skip
        found = [(month, part) for month, part in found if month < min(starts) + plan.months]
    return found


def remembered(rows: Sequence[Any], home: str, month: int, case: Case) -> Base | None:
    """Return the base that a deal's month was made with, as its rows know; a row that lives knows better."""
    own = [r for r in rows if (r.deal, r.month, r.kind) == (home, month, "commission") and r.base is not None]
    staying = {earner.partner.key for earner in case.earners}
    best = max(own, key=lambda r: (r.locked, r.status != "Cancelled", r.partner in staying, r.partner), default=None)
    return best.base if best is not None else None


def items_of_one(
    facts: Any, case: Case, earner: Earner, months: Sequence[tuple[int, Fraction]], book: Book, rows: Sequence[Any],
    today: date,
) -> list[Item]:  # fmt: skip
    """Return the months of one partner on a deal: what each is made with, whether cash covers it, what cancels it."""
    assert case.deal is not None
    tolerance = facts.policy.tolerance
    tolerance = Fraction(1, 10 ** DIGITS.get(case.currency, 2)) if tolerance is None else Fraction(tolerance)
    fee = earner.plan.fee is not None
    found: list[Item] = []
    for number, (month, part) in enumerate(months, 1):
        base = (remembered(rows, case.home, month, case) if month < month_of(today) else None) or case.base
        own = Fraction(0) if fee or base is None else monthly(base) * part
        needed = sum((item.part for item in found), own) - number * tolerance
        since = book.since(needed)
        free = not fee and own == 0  # a base of zero needs no cash
        covered = free or since is not None
        item = Item(case, earner, month, base, own, covered, None if free else since, cancelled=False)
        lost = case.left is not None and case.deal.state == "lost" and not covered
        over_when_left = case.left is None or month < month_of(case.left)
        gone = earner.partner.left_on if facts.policy.after_leaving == "stop" else None
        stopped = gone is not None and gone <= today and last_day(month) > gone
        term_over = months[-1][0] < month_of(today)
        unpaid = not covered and term_over and not book.open and book.invoiced > 0 and book.invoiced >= needed
        item.cancelled = lost or not over_when_left or stopped or unpaid
        found.append(item)
    return found


# ---- amounts --------------------------------------------------------------------------------------------------------


def frozen(rows: Sequence[Any], all_cases: Sequence[Case], *, all_of_them: bool = False) -> list[Any]:
    """Return the commission rows that can't be computed, and count all the same; cancelled ones where asked for."""
    stuck = {case.home for case in all_cases if case.frozen}
    stuck |= {row.deal for row in rows if row.deal} - {case.home for case in all_cases}
    unknown = {(case.home, partner) for case in all_cases for partner in case.unknown}
    found = [
        row for row in rows
        if row.kind == "commission" and (row.deal in stuck or (row.deal, row.partner) in unknown)
        and (all_of_them or row.status != "Cancelled")
    ]  # fmt: skip
    won = {case.home: case.won for case in all_cases if case.won is not None}
    for row in found:
        row.order = (row.month, won.get(row.deal, row.order[1]), int(row.deal))
    return found


def period_of(month: int, length: str) -> int:
    """Return the number of the tier period that holds a month."""
    return {"quarter": month // 3, "year": month // 12, "lifetime": 0}[length]


def in_order(items: Sequence[Item], still: Sequence[Any], partner: str, currency: str) -> list[Any]:
    """Return what counts of a partner: by month, won date, deal id as a number."""
    found: list[Any] = [i for i in items if (i.partner, i.case.currency) == (partner, currency) and not i.cancelled]
    found += [row for row in still if (row.partner, row.currency) == (partner, currency)]
    return sorted(found, key=lambda x: (x.month, x.case.won, int(x.case.home)) if isinstance(x, Item) else x.order)


def rate(items: Sequence[Item], still: Sequence[Any]) -> None:
    """Give each month its exact commission. A cancelled one (the text is silent) is rated as if it came last."""
    accounts = {(item.partner, item.case.currency) for item in items}
    lines = {account: in_order(items, still, *account) for account in accounts}
    for item in items:
        if item.plan.fee is not None:
            item.exact = Fraction(item.plan.fee) * item.earner.share
        elif item.plan.rate is not None:
            item.exact = item.own_base * Fraction(item.plan.rate) / 100
        else:
            period = period_of(item.month, item.plan.tier_period)
            within = [
                x for x in lines[item.partner, item.case.currency]
                if period_of(x.month, item.plan.tier_period) == period
            ]  # fmt: skip
            if not item.cancelled:
                within = within[: next(n for n, x in enumerate(within) if x is item)]
            item.exact = marginal(sum((x.own_base for x in within), Fraction(0)), item.own_base, item.plan)


def marginal(before: Fraction, base: Fraction, plan: CommissionPlan) -> Fraction:
    """Let each part of a base earn its bracket's rate."""
    total = Fraction(0)
    for bracket in plan.tiers:
        end = before + base if bracket.end is None else min(before + base, Fraction(bracket.end))
        total += max(end - max(before, Fraction(bracket.start)), Fraction(0)) * Fraction(bracket.rate) / 100
    return total


def bracket_rate(metric: Fraction, plan: CommissionPlan) -> Decimal:
    """Return the rate of the bracket reached."""
    return next(b.rate for b in plan.tiers if b.start <= metric and (b.end is None or metric < b.end))


def telescope(items: Sequence[Item]) -> None:
    """Round: line(k, j) = F(k, j) − F(k − 1, j) − F(k, j − 1) + F(k − 1, j − 1), afresh where the base changes."""
    runs: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        runs.setdefault((item.case.home, item.partner), []).append(item)
    for run in runs.values():
        same = [
            other for other in runs.values()
            if other[0].case is run[0].case and (other[0].plan.fee is None) == (run[0].plan.fee is None)
            and (other[0].month, other[-1].month) == (run[0].month, run[-1].month)
        ]  # fmt: skip
        same.sort(key=lambda other: other[0].partner)
        j = next(n for n, other in enumerate(same) if other is run)
        for k, item in enumerate(run):
            begin = k
            while begin and same_base(run[begin - 1].base, run[begin].base):
                begin -= 1

            def total(months: int, partners: int, begin: int = begin, same: list[list[Item]] = same) -> Fraction:
                parts = (other[n].exact for other in same[:partners] for n in range(begin, months))
                return rounded(sum(parts, Fraction(0)), same[0][0].case.currency)

            item.amount = total(k + 1, j + 1) - total(k, j + 1) - total(k + 1, j) + total(k, j)


def same_base(one: Base | None, other: Base | None) -> bool:
    return one == other or (one is not None and other is not None and monthly(one) == monthly(other))


def cut(items: Sequence[Item], still: Sequence[Any]) -> None:
    """Cut lines beyond a cap to fit, in the same order."""
    for partner, currency in sorted({(item.partner, item.case.currency) for item in items}):
        before: list[Any] = []
        for x in in_order(items, still, partner, currency):
            if isinstance(x, Item):
                rooms = []
                if x.plan.cap_per_deal is not None:
                    used = sum(y.amount for y in before if home(y) == x.case.home)
                    rooms.append(Fraction(x.plan.cap_per_deal) - used)
                if x.plan.cap_per_partner is not None:
                    length = x.plan.tier_period
                    period = period_of(x.month, length)
                    used = sum(y.amount for y in before if period_of(y.month, length) == period)
                    rooms.append(Fraction(x.plan.cap_per_partner) - used)
                if rooms and x.amount > max(min(rooms), Fraction(0)):
                    x.amount, x.capped = max(min(rooms), Fraction(0)), True
            before.append(x)


def home(x: Any) -> str:
    """Return the deal of an item, or of a row."""
    return str(x.case.home if isinstance(x, Item) else x.deal)
