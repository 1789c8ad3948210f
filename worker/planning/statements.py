"""Confirmed lines on the day → statements, what is invoiced, what is carried, and which lines they lock. Pure.

What was begun and not finished comes first, with the lines that it locked. What bills come to: `settlement`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from worker.domain.facts import Partner
from worker.domain.lines import Line, Statement, statement_key
from worker.domain.money import rounded, shown, zero
from worker.domain.months import PERIOD_MONTHS, Month, Period
from worker.domain.plans import Policy
from worker.planning.earning import deal_order

Account = tuple[str, str]  # a partner's key and a currency: each has statements of its own
_NONE: Mapping[Account, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class StatementOutcome:
    """Every statement and every line as they must stand; `fresh` are the keys of statements made in this run."""

    statements: tuple[Statement, ...]
    lines: tuple[Line, ...]
    fresh: frozenset[str]
    notes: tuple[str, ...]


def nobody_was_told(_key: str) -> bool:
    """Know of no message."""
    return False


def plan_statements(
    partners: Mapping[str, Partner], lines: Sequence[Line], statements: Sequence[Statement], policy: Policy,
    today: date, *, period: Period | None = None, told: Callable[[str], bool] = nobody_was_told,
    stopped: Mapping[Account, str] = _NONE,
) -> StatementOutcome:  # fmt: skip
    """Make the statements whose day has come (or, by hand, those of `period`); what stands already is left as it is.

    `told` tells whether a message about a statement is under way: its lines are then fixed. Nothing is made of accounts
    that are `stopped`, each for a reason.
    """
    by_account: dict[Account, list[Line]] = defaultdict(list)
    for line in lines:
        by_account[line.partner, line.currency].append(line)
    standing: dict[Account, list[Statement]] = defaultdict(list)
    for statement in statements:
        standing[statement.partner, statement.currency].append(statement)
    to_come = {line.partner for line in lines if _to_come(line, today)}
    made: dict[str, Statement] = {}
    locks: dict[str, str] = {}
    notes = [] if period is None else _nobodys(period, partners.values(), policy)
    for account in sorted(by_account.keys() | standing.keys()):
        partner = partners.get(account[0]) or Partner(account[0], account[0], ())
        if account in stopped:
            notes.append(f"No statement is made of {partner.name} in {account[1]}: {stopped[account]}")
            continue
        book = _Book(
            partner, account[1], by_account[account], standing[account], policy, today,
            still_to_come=account[0] in to_come, by_hand=period, told=told,
        )  # fmt: skip
        book.make()
        made.update(book.made)
        locks.update(book.locks)
        notes += book.notes
    kept = [s for s in statements if s.key not in made]
    locked = tuple(
        line._replace(status="On statement", statement=locks[line.key]) if line.key in locks else line for line in lines
    )
    return StatementOutcome((*kept, *made.values()), locked, frozenset(made), tuple(dict.fromkeys(notes)))


def _to_come(line: Line, today: date) -> bool:
    return not line.locked and line.status != "Cancelled" and not line.month.over(today)


def _months(partner: Partner, policy: Policy) -> int:
    """Return how many months a statement of the partner's is of."""
    return PERIOD_MONTHS.get(partner.cadence or "", PERIOD_MONTHS[policy.statement_period])


def _nobodys(period: Period, partners: Iterable[Partner], policy: Policy) -> list[str]:
    """Say of a period named by hand that no partner has it, and which ones they have."""
    lengths = sorted({_months(partner, policy) for partner in partners})
    if not lengths or period.months in lengths:
        return []
    theirs = " or ".join(str(Period.holding(period.first, length)) for length in lengths)
    return [f"No partner has statements of {period}, so none is made: name a period that partners have, as {theirs}"]


def line_order(line: Line) -> tuple[Month, bool, tuple[int, str], str, str]:
    """Return what lines of one partner are sorted by: month, deal as a number, then kind and key."""
    return line.month, line.deal is None, deal_order(line.deal or ""), line.kind, line.key


def opened(statements: Iterable[Statement], period: Period, currency: str) -> Decimal:
    """Return what the statement before this period carried."""
    before = [s for s in statements if s.period.last < period.last]
    return max(before, key=lambda s: s.period.last).carried if before else zero(currency)


@dataclass(slots=True)
class _Book:
    """One account on one day: its lines and statements, and what is made of them."""

    partner: Partner
    currency: str
    lines: Sequence[Line]
    standing: Sequence[Statement]
    policy: Policy
    today: date
    still_to_come: bool  # whether a month of the partner is not over yet
    by_hand: Period | None
    told: Callable[[str], bool]
    made: dict[str, Statement] = field(default_factory=dict)
    locks: dict[str, str] = field(default_factory=dict)  # line key → the statement that locks it in this run
    notes: list[str] = field(default_factory=list)

    def make(self) -> None:
        """Finish what was begun and make what is due, oldest first: each opens with what the one before carried."""
        rows = {s.key: s for s in self.standing}
        finished = {s.key: s for s in self.standing if s.status != "Draft"}
        begun = self._begun(finished)
        for period in sorted(begun | self._due(), key=_age):
            key = statement_key(period, self.partner.key, self.currency)
            row = rows.get(key)
            held = [line for line in self.lines if line.statement == key]
            history = [*finished.values(), *self.made.values()]
            later = {s.period for s in history if s.period.last >= period.last}
            passed = later or any(other.last >= period.last for other in begun)
            if key in finished or (passed and period not in begun):
                self._too_late(period)
                continue
            opening, free = opened(history, period, self.currency), self._free(period)
            if period not in begun and not free and not opening:
                continue
            told = bool(held or opening) and self.told(key)
            late = period != self.by_hand and self.today > self._last_chance(period)
            if late and period not in begun and not told:
                self._missed(period, opening, free)
                continue
            fixed = row is not None or told or late or bool(later)
            chosen = held if fixed else [*held, *free]
            statement = self._compose(key, period, chosen, opening)
            self.made[key] = statement if row is None else replace(statement, row=row.row, hold=row.hold)
            self.locks.update({line.key: key for line in chosen if not line.locked})

    def _begun(self, finished: Mapping[str, Statement]) -> set[Period]:
        """Return the periods of statements that were begun and not finished, or whose rows are gone."""
        keys = {line.statement for line in self.lines if line.statement and line.statement not in finished}
        drafts = {s.period for s in self.standing if s.status == "Draft"}
        return drafts | {Period.parse(key.split("/")[0]) for key in keys}

    def _due(self) -> set[Period]:
        """Return the period whose statement is due: the last one over, or the one named by hand."""
        length = _months(self.partner, self.policy)
        if self.by_hand is not None:
            return {self.by_hand} if self.by_hand.months == length and self._is_due(self.by_hand) else set()
        due = Period.holding(Month.of(self.today), length)
        while due.issue_day(self.policy.issue_day) > self.today:
            due = due.previous()
        return {due}

    def _is_due(self, period: Period) -> bool:
        day = period.issue_day(self.policy.issue_day)
        if day > self.today:
            self.notes.append(f"The statements of {period} can't be made yet: their day is {day}")
        return day <= self.today

    def _last_chance(self, period: Period) -> date:
        return period.issue_day(self.policy.issue_day) + timedelta(days=self.policy.grace_days)

    def _free(self, period: Period) -> list[Line]:
        """Return the lines that no statement has and that belong on this one."""
        issue_day, since = period.issue_day(self.policy.issue_day), self.policy.statements_from
        return [
            line
            for line in self.lines
            if line.status == "Confirmed"
            and line.key not in self.locks
            and not line.hold
            and not self.partner.paused
            and line.month <= period.last
            and (since is None or line.month >= since)
            and (line.covered_on is None or line.covered_on <= issue_day)
        ]

    def _compose(self, key: str, period: Period, chosen: Sequence[Line], opening: Decimal) -> Statement:
        currency, partner = self.currency, self.partner
        earned = sum((line.amount for line in chosen if line.kind == "commission"), zero(currency))
        corrections = sum((line.amount for line in chosen if line.kind != "commission"), zero(currency))
        closing = opening + earned + corrections
        amount = to_invoice([opening, *(line.amount for line in chosen)], self.policy.clawback_cap, currency)
        left = partner.left or (partner.left_on is not None and partner.left_on < self.today)
        least = zero(currency) if left and not self.still_to_come else self.policy.least(currency)
        issued = amount > 0 and amount >= least
        if not issued:
            amount = zero(currency)
        statement = Statement(
            key=key, partner=partner.key, period=period, currency=currency,
            issue_day=period.issue_day(self.policy.issue_day), opening=opening, earned=earned, corrections=corrections,
            closing=closing, carried=closing - amount, amount=amount, status="Issued" if issued else "Carried",
            issued=self.today,
        )  # fmt: skip
        check(statement, chosen)
        return statement

    def _missed(self, period: Period, opening: Decimal, free: Iterable[Line]) -> None:
        total = opening + sum((line.amount for line in free), zero(self.currency))
        self.notes.append(
            f"The statement day of {period} was missed: {self.partner.name} has {shown(total, self.currency)} "
            f"{self.currency} waiting; quarterday run statements --period {period} makes the statement by hand, else "
            "it falls into the next one"
        )

    def _too_late(self, period: Period) -> None:
        if period == self.by_hand and self._free(period):
            self.notes.append(
                f"{self.partner.name} has a statement of {period}, or a later one, already: what is left of that "
                "period falls into the next one"
            )


def _age(period: Period) -> tuple[Month, int]:
    return period.last, period.months


def to_invoice(amounts: Sequence[Decimal], clawback_cap: Decimal, currency: str) -> Decimal:
    """Return G − min(T, R(cap · G)): the positive amounts less what may be taken back of them; never below zero."""
    gain = sum((a for a in amounts if a > 0), zero(currency))
    taken = -sum((a for a in amounts if a < 0), zero(currency))
    return gain - min(taken, rounded(Fraction(gain) * Fraction(clawback_cap) / 100, currency))


def check(statement: Statement, lines: Iterable[Line]) -> None:
    """Assert that opening + lines − carried = amount to invoice; a statement that fails is never made."""
    total = statement.opening + sum((line.amount for line in lines), zero(statement.currency))
    if total != statement.closing or total - statement.carried != statement.amount:
        raise AssertionError(f"{statement.key}: opening and lines make {total}, not {statement.closing}")
