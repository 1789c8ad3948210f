"""What the files of rules/ say about leads and stages, and all rules of a programme together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worker.domain.plans import Plans, Policy


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """What a lead needs, what counts as the same lead, and how long a claim holds."""

    required: tuple[str, ...] = ("Partner", "Company", "Email")
    settle_seconds: int = 5  # a row must look the same at two looks this far apart
    claim_days: int = 180
    lost_frees_claim: bool = True
    refuse_customers: bool = True
    refuse_open_deals: bool = True
    default_country: str = "GB"  # of phone numbers without +
    longest: Mapping[str, int] | None = None  # characters by column
    free_mail: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StageRules:
    """The status that a partner sees for every stage of the pipeline, and which changes partners are told of."""

    statuses: Mapping[str, str]  # stage id → status
    tell: frozenset[str]

    def status(self, stage: str) -> str | None:
        """Return the status of a stage; None for a stage that the rules do not know."""
        return self.statuses.get(stage)

    @property
    def words(self) -> tuple[str, ...]:
        """Return every status that a stage gives, once, in the order of the rules."""
        return tuple(dict.fromkeys(self.statuses.values()))


@dataclass(frozen=True, slots=True)
class Ladder:
    """The statuses that the pipeline's stages give a lead: the one of a deal just made, those of lost ones, and all."""

    first: str
    lost: frozenset[str]
    every: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that the files of rules/ say, but for the schedule and the messages."""

    intake: IntakeRules
    stages: StageRules
    plans: Plans
    policy: Policy
