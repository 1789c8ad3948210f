"""Statements as they stand against the lines that they locked: what a hand changed is put right, or stops the account.

A statement says the same thing twice, in its own cells and in its lines. Where one side still agrees with itself, the
other is put right from it; where neither does, nothing more of that account is settled until a person has looked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from worker.domain.lines import Line, Statement
from worker.domain.money import shown, zero
from worker.domain.plans import Policy
from worker.planning.rows import Damaged
from worker.planning.statements import Account, opened, to_invoice


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Statements with their figures put right; `amiss` says by key what does not add up, `stopped` why by account."""

    statements: tuple[Statement, ...]
    amiss: Mapping[str, str]
    stopped: Mapping[Account, str]


def read_back(
    statements: Sequence[Statement], lines: Iterable[Line], damaged: Iterable[Damaged], policy: Policy
) -> ReadBack:
    """Compare every statement with its lines and the one before; `damaged` rows of either table stop an account."""
    held: dict[str, list[Line]] = defaultdict(list)
    accounts: set[Account] = {(s.partner, s.currency) for s in statements}
    for line in lines:
        accounts.add((line.partner, line.currency))
        if line.statement:
            held[line.statement].append(line)
    good: dict[str, Statement] = {}
    before: dict[Account, list[Statement]] = defaultdict(list)
    amiss: dict[str, str] = {}
    stopped = _stopped(damaged, accounts)
    for statement in sorted(statements, key=lambda s: s.period.last):
        account = statement.partner, statement.currency
        own = before[account]
        if own:
            opening = opened(own, statement.period, statement.currency)
        else:
            opening = _first_opening(statement, held[statement.key])
        right = _put_right(statement, held[statement.key], opening, policy)
        good[statement.key] = right or statement
        own.append(right or statement)
        if right is None:
            total = shown(_total(opening, held[statement.key], statement.currency), statement.currency)
            amiss[statement.key] = (
                f"its opening and its lines make {total} {statement.currency}, not what stands here: a line that it "
                "locked was changed by hand or deleted. Put it back; nothing more of this partner is settled before"
            )
            stopped[account] = f"{statement.key} does not add up"
    return ReadBack(tuple(good[s.key] for s in statements), amiss, stopped)


def _stopped(damaged: Iterable[Damaged], accounts: Iterable[Account]) -> dict[Account, str]:
    """Return the accounts that a damaged row may belong to, by the partner that its key names."""
    stopped: dict[Account, str] = {}
    for row in damaged:
        if row.copy:
            continue
        named = row.key.split("/")[1:2]
        for account in accounts:
            if account[0] in named:
                stopped[account] = f"row {row.key} can't be read: {row.text}"
    return stopped


def _total(opening: Decimal, lines: Iterable[Line], currency: str) -> Decimal:
    return opening + sum((line.amount for line in lines), zero(currency))


def _first_opening(statement: Statement, lines: Iterable[Line]) -> Decimal:
    """Return the opening of the first statement there is: nothing, if that is all that its closing leaves room for."""
    nothing = zero(statement.currency)
    return nothing if statement.closing == _total(nothing, lines, statement.currency) else statement.opening


def _put_right(statement: Statement, lines: Sequence[Line], opening: Decimal, policy: Policy) -> Statement | None:
    """Return the statement with the figures that its lines give; None where the lines themselves are in question."""
    none = zero(statement.currency)
    earned = sum((line.amount for line in lines if line.kind == "commission"), none)
    corrections = sum((line.amount for line in lines if line.kind != "commission"), none)
    closing = opening + earned + corrections
    if (statement.earned, statement.corrections) != (earned, corrections) and statement.closing != closing:
        return None
    amount = statement.amount
    if statement.status == "Carried":
        amount = none
    elif statement.status != "Draft":
        amounts = [opening, *(line.amount for line in lines)]
        if not max(closing, none) <= amount <= sum((a for a in amounts if a > 0), none):
            amount = to_invoice(amounts, policy.clawback_cap, statement.currency)
    return replace(
        statement, opening=opening, earned=earned, corrections=corrections, closing=closing, amount=amount,
        carried=closing - amount,
    )  # fmt: skip
