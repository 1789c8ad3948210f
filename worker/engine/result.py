"""What came of a run: counts, what people must mend, what failed; gathered while a plan is applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from worker.domain.cells import Cell
from worker.ports import Refused, ServiceError, Unauthorised

State = Literal["in sync", "waiting", "needs attention", "failed", "stopped", "busy"]


# Rows created and changed, leads pushed into the CRM and found there again, messages sent and held, and what is left to
# the next run: changes, and messages that are due or in doubt.
COUNTS = ("created", "changed", "pushed", "adopted", "told", "held", "waiting")


@dataclass(frozen=True, slots=True)
class Result:
    """A run's end: `counts` by the names of COUNTS; `problems` to mend and `errors` of calls, both in words."""

    flow: str
    state: State
    counts: Mapping[str, int]
    problems: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Return why the run did not end in sync; empty when it did."""
        return "; ".join((*self.errors, *self.problems))


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was done, for the Activity table: `kind` in words, about which key, and why."""

    kind: str
    about: str
    why: str
    before: Mapping[str, Cell] = field(default_factory=dict)
    after: Mapping[str, Cell] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """Gathers what comes of a run."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    changes: list[Change] = field(default_factory=list)
    problems: dict[str, None] = field(default_factory=dict)  # in order, each once
    errors: dict[str, None] = field(default_factory=dict)
    failed: bool = False

    def problem(self, words: str) -> None:
        """Note what a person must mend."""
        self.problems[words] = None

    def error(self, error: ServiceError, *, left: int = 0) -> None:
        """Note a call that failed and how many changes it leaves to the next run.

        A token that is dead fails the flow, and so does a call refused whole: no row is at fault, the set-up is.
        """
        self.errors[str(error)] = None
        self.counts["waiting"] += left
        self.failed = self.failed or isinstance(error, Unauthorised | Refused)

    def result(self, flow: str) -> Result:
        """Return what it came to."""
        state: State = "in sync"
        if self.problems or self.counts["held"]:
            state = "needs attention"
        if self.counts["waiting"]:
            state = "waiting"
        if self.failed:
            state = "failed"
        return Result(flow, state, dict(self.counts), tuple(self.problems), tuple(self.errors))
