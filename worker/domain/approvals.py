"""A plan as it is remembered after a person saw it, and what is another now. No person's name or address is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

Place = tuple[str, str]  # a table and a key; what goes into the CRM and what is told are tables of their own here
CRM, MESSAGES = "CRM", "Messages"
Grounds = Mapping[str, Mapping[str, str]]  # of what (“deal 9001”) → which fact of it → how it stands


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a plan would change, and the facts behind it, all as text; `left_out` counts changes beyond what is kept."""

    flow: str
    cells: Mapping[Place, Mapping[str, tuple[str, str]]]  # column → what stood, what is planned
    money: Mapping[Place, tuple[str, Decimal]] = field(default_factory=dict)  # by how much it moves an amount
    sums: Mapping[str, Decimal] = field(default_factory=dict)  # the same, of all changes together, by currency
    grounds: Grounds = field(default_factory=dict)
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """A fact or a change that is another one: what it was and what it is; None where it was not, or is no more."""

    about: str
    what: str
    then: str | None
    now: str | None
    by: Decimal | None = None
    unit: str = ""  # a currency, or %

    def __str__(self) -> str:
        subject = f"{self.about}: {self.what} " if self.what else f"{self.about}: "
        amount = "" if self.by is None else f" ({self.by:+,f} {self.unit})"
        if self.then is None:
            return f"{subject}new, {self.now}{amount}"
        if self.now is None:
            return f"{subject}gone, was {self.then}{amount}"
        return f"{subject}{self.then} → {self.now}{amount}"


@dataclass(frozen=True, slots=True)
class Difference:
    """What a flow's plan has otherwise than the one that was seen: facts that moved, changes, and sums by currency."""

    facts: tuple[Moved, ...] = ()
    changes: tuple[Moved, ...] = ()
    sums: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)  # what the plan moves: then, now
    left_out: int = 0  # changes that were not kept and can't be compared

    def __bool__(self) -> bool:
        return bool(self.facts or self.changes or self.left_out)
