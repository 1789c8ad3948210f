"""Bad data, written for the person who can mend it; not an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Field = Literal[
    "value", "interval", "term_months", "currency", "shares", "plan", "partner", "conflict", "doubt", "row", "rate"
]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a deal (of one partner, where named), in which field, and in words what to do."""

    deal: str | None
    partner: str | None
    field: Field
    text: str
    lead: str | None = None
