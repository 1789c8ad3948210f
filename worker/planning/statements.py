"""Confirmed lines on the day → statements, what is invoiced, what is carried, and which lines they lock. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from worker.domain.facts import Partner
from worker.domain.lines import Line, Statement, statement_key
from worker.domain.money import rounded, shown, zero
from worker.domain.months import PERIOD_MONTHS, Month, Period
from worker.domain.plans import Policy

_Account = tuple[str, str]  # a partner's key and a currency: each has statements of its own


@dataclass(frozen=True, slots=True)
class StatementOutcome:
    """Every statement and every line as they must stand; `fresh` are the keys of statements made in this run."""

    statements: tuple[Statement, ...]
    lines: tuple[Line, ...]
    fresh: frozenset[str]
    notes: tuple[str, ...]


def plan_statements(
    partners: Mapping[str, Partner], lines: Sequence[Line], statements: Sequence[Statement], policy: Policy,
    today: date, *, period: Period | None = None,
) -> StatementOutcome:  # fmt: skip
    """Make the statements whose day has come (or, by hand, those of `period`); what stands already is left as it is.

    A statement that was begun, its lines locked or its row a draft, is composed again of exactly those lines.
    """
    by_account: dict[_Account, list[Line]] = defaultdict(list)
    for line in lines:
        by_account[line.partner, line.currency].append(line)
    standing: dict[_Account, list[Statement]] = defaultdict(list)
    for statement in statements:
        standing[statement.partner, statement.currency].append(statement)
    finished = {s.key for s in statements if s.status != "Draft"}
    made: dict[str, Statement] = {}
    locks: dict[str, str] = {}
    notes: list[str] = []
    for account in sorted(by_account.keys() | standing.keys()):
        partner = partners.get(account[0]) or Partner(account[0], account[0], ())
        for due in _periods(partner, by_account[account], policy, today, period):
            key = statement_key(due, *account)
            if key in finished:
                continue
            chosen = _chosen(by_account[account], key, due, policy)
            opening = _opening(standing[account], due, account[1])
            if not chosen and not opening:
                continue
            if period is None and today > _last_chance(due, policy) and not _begun(standing[account], chosen, key):
                notes.append(_missed(due, partner, chosen))
                continue
            made[key] = _compose(key, partner, due, chosen, opening, by_account[account], policy, today)
            locks.update((line.key, key) for line in chosen)
    kept = [s for s in statements if s.key not in made]
    rows = {s.key: s.row for s in statements}
    fresh = tuple(replace(s, row=rows.get(key)) for key, s in made.items())
    locked = tuple(
        replace(line, status="On statement", statement=locks[line.key]) if line.key in locks else line for line in lines
    )
    return StatementOutcome((*kept, *fresh), locked, frozenset(made), tuple(sorted(set(notes))))


def _periods(
    partner: Partner, lines: Sequence[Line], policy: Policy, today: date, by_hand: Period | None
) -> list[Period]:
    """Return the period whose statement is due, and any that was begun and not finished, oldest first."""
    length = PERIOD_MONTHS.get(partner.cadence or "", PERIOD_MONTHS[policy.statement_period])
    begun = {
        Period.parse(line.statement.split("/")[0]) for line in lines if line.statement and line.status == "On statement"
    }
    if by_hand is not None:
        due = {by_hand} if by_hand.months == length and by_hand.issue_day(policy.issue_day) <= today else set()
        return sorted(begun | due)
    latest = Period.holding(Month.of(today), length)
    while latest.issue_day(policy.issue_day) > today:
        latest = latest.previous()
    return sorted(begun | {latest})


def _last_chance(period: Period, policy: Policy) -> date:
    return period.issue_day(policy.issue_day) + timedelta(days=policy.grace_days)


def _begun(standing: Iterable[Statement], chosen: Iterable[Line], key: str) -> bool:
    return any(s.key == key for s in standing) or any(line.statement == key for line in chosen)


def _chosen(lines: Sequence[Line], key: str, period: Period, policy: Policy) -> list[Line]:
    """Return the lines of a statement: those that it holds already, else the confirmed ones that belong on it."""
    held = [line for line in lines if line.statement == key]
    issue_day = period.issue_day(policy.issue_day)
    free = [
        line
        for line in lines
        if line.status == "Confirmed"
        and line.month <= period.last
        and (policy.statements_from is None or line.month >= policy.statements_from)
        and (line.covered_on is None or line.covered_on <= issue_day)
    ]
    return sorted((*held, *free), key=line_order)


def line_order(line: Line) -> tuple[Month, int, str, str, str]:
    """Return what lines of one partner are sorted by: month, deal as a number, then kind and what they answer."""
    return (
        line.month,
        int(line.deal) if line.deal and line.deal.isdigit() else 0,
        line.deal or "",
        line.kind,
        line.key,
    )


def _opening(standing: Sequence[Statement], period: Period, currency: str) -> Decimal:
    before = [s for s in standing if s.period.last < period.last]
    return max(before, key=lambda s: s.period.last).carried if before else zero(currency)


def _compose(
    key: str, partner: Partner, period: Period, chosen: Sequence[Line], opening: Decimal, lines: Sequence[Line],
    policy: Policy, today: date,
) -> Statement:  # fmt: skip
    currency = key.rsplit("/", 1)[1]
    earned = sum((line.amount for line in chosen if line.kind == "commission"), zero(currency))
    corrections = sum((line.amount for line in chosen if line.kind != "commission"), zero(currency))
    closing = opening + earned + corrections
    amount = to_invoice([opening, *(line.amount for line in chosen)], policy.clawback_cap, currency)
    left = partner.left_on is not None and partner.left_on < today
    still_to_come = any(not line.locked and line.status != "Cancelled" and not line.month.over(today) for line in lines)
    least = zero(currency) if left and not still_to_come else policy.least(currency)
    issued = amount > 0 and amount >= least
    if not issued:
        amount = zero(currency)
    statement = Statement(
        key=key, partner=partner.key, period=period, currency=currency, issue_day=period.issue_day(policy.issue_day),
        opening=opening, earned=earned, corrections=corrections, closing=closing, carried=closing - amount,
        amount=amount, status="Issued" if issued else "Carried", issued=today,
    )  # fmt: skip
    check(statement, chosen)
    return statement


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


def _missed(period: Period, partner: Partner, chosen: Sequence[Line]) -> str:
    total = shown(sum((line.amount for line in chosen), Decimal(0)), chosen[0].currency) if chosen else "a balance"
    return (
        f"The statement day of {period} was missed: {partner.name} has {total} waiting; "
        f"quarterday run statements --period {period} makes it by hand, else it falls into the next statement"
    )
