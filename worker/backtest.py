"""History under other rules: the lines of past deals from scratch, once by the present rules and once by others.

Made of facts and pure functions alone: nothing here can read or write anywhere. What only rows remember (the plan and
base that a line was made with, ticks, adjustments, locks) is left out on both sides, so that like meets like.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from worker.domain.lines import Line
from worker.domain.money import zero
from worker.domain.months import Period, local_day
from worker.domain.plans import Plans, Policy
from worker.planning.commissions import Facts, plan_lines
from worker.planning.earning import survivors


@dataclass(frozen=True, slots=True)
class Compared:
    """What a partner has in one currency under the present rules and under the others: of a quarter, or together."""

    partner: str  # the key
    name: str
    currency: str
    old: Decimal
    new: Decimal
    quarter: Period | None = None

    @property
    def difference(self) -> Decimal:
        """Return what the other rules would add."""
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class Moved:
    """A line that is another one for another reason than its rate; an amount is None where there is no line."""

    key: str
    currency: str
    old: Decimal | None
    new: Decimal | None
    reason: str


@dataclass(frozen=True, slots=True)
class Backtest:
    """What came of it. `problems` are those that only the other rules have."""

    deals: int
    quarters: tuple[Compared, ...]
    partners: tuple[Compared, ...]
    totals: Mapping[str, tuple[Decimal, Decimal]]  # currency → old and new
    moved: tuple[Moved, ...]
    problems: tuple[str, ...]

    @property
    def winners(self) -> list[Compared]:
        """Return who would have more, the most first."""
        more = [one for one in self.partners if one.difference > 0]
        return sorted(more, key=lambda one: (one.currency, -one.difference, one.partner))

    @property
    def losers(self) -> list[Compared]:
        """Return who would have less, who loses most first."""
        less = [one for one in self.partners if one.difference < 0]
        return sorted(less, key=lambda one: (one.currency, one.difference, one.partner))


def backtest(facts: Facts, plans: Plans, policy: Policy, since: date, today: date) -> Backtest:
    """Plan the deals that were won from a day on, by the rules of the facts and by others, and compare every line."""
    past = _won_since(facts, since, today)
    old = plan_lines(past, (), today)
    new = plan_lines(replace(past, plans=plans, policy=policy), (), today)
    names = {key: partner.name for key, partner in facts.partners.items()}
    known = {problem.text for problem in old.problems}
    sums = _sums(old.lines, new.lines)
    partners: dict[tuple[str, str], list[Decimal]] = {}
    totals: dict[str, list[Decimal]] = {}
    for (partner, currency, _), pair in sums.items():
        _add(partners.setdefault((partner, currency), [zero(currency)] * 2), pair)
        _add(totals.setdefault(currency, [zero(currency)] * 2), pair)
    return Backtest(
        deals=len({line.deal for line in (*old.lines, *new.lines) if line.deal is not None}),
        quarters=tuple(
            Compared(partner, names.get(partner, partner), currency, one, other, quarter)
            for (partner, currency, quarter), (one, other) in sorted(sums.items())
        ),
        partners=tuple(
            Compared(partner, names.get(partner, partner), currency, one, other)
            for (partner, currency), (one, other) in sorted(partners.items())
        ),
        totals={currency: (one, other) for currency, (one, other) in sorted(totals.items())},
        moved=tuple(_moved(old.lines, new.lines)),
        problems=tuple(problem.text for problem in new.problems if problem.text not in known),
    )


def _won_since(facts: Facts, since: date, today: date) -> Facts:
    """Leave out the leads whose deal was won before that day, or not yet; deals stay, since invoices hang on them."""
    ends = survivors(facts.deals)
    kept = []
    for lead in facts.leads:
        deal = facts.deals.get(ends.get(lead.deal, lead.deal))
        won = local_day(deal.won_at, facts.zone) if deal is not None and deal.won_at is not None else None
        if won is not None and since <= won <= today:
            kept.append(lead)
    return replace(facts, leads=kept)


def _sums(old: Iterable[Line], new: Iterable[Line]) -> dict[tuple[str, str, Period], list[Decimal]]:
    found: dict[tuple[str, str, Period], list[Decimal]] = {}
    for place, lines in enumerate((old, new)):
        for line in lines:
            subject = line.partner, line.currency, Period.holding(line.month, 3)
            found.setdefault(subject, [zero(line.currency)] * 2)[place] += line.amount
    return found


def _add(sums: list[Decimal], pair: Sequence[Decimal]) -> None:
    for place, amount in enumerate(pair):
        sums[place] += amount


def _moved(old: Sequence[Line], new: Sequence[Line]) -> Iterable[Moved]:
    pairs: dict[str, list[Line | None]] = defaultdict(lambda: [None, None])
    for place, lines in enumerate((old, new)):
        for line in lines:
            pairs[line.key][place] = line
    for key, sides in pairs.items():
        reason = _reason(*sides)
        if reason is not None:
            currency = next(side.currency for side in sides if side is not None)
            before, after = (side.amount if side is not None else None for side in sides)
            yield Moved(key, currency, before, after, reason)


def _reason(one: Line | None, other: Line | None) -> str | None:
    """Return why a line moved, in words; None where it did not, or its rate alone moved it."""
    if one is None:
        return "only the other rules give this line"
    if other is None:
        return "the other rules give no such line"
    if one.status != other.status:
        return f"{one.status} → {other.status}"
    if one.currency != other.currency:
        return f"{one.currency} → {other.currency}"
    if one.amount == other.amount or one.rate != other.rate:
        return None
    if one.capped or other.capped:
        return "a cap cuts it otherwise"
    return "another base or another rounding at the same rate"
