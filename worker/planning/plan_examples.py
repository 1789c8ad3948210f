"""The examples that rules/commissions.toml carries: an example's facts → lines, by the same rules as everybody's money.

What the client pays is taken as one invoice a payment, without tax, that names the deal. Days are days in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from worker.domain.facts import Cash, Deal, Invoice, Lead, Partner, PlanChoice, Share
from worker.domain.plans import Example, ExpectedLine, Plans, Policy
from worker.planning.commissions import Facts, plan_lines

_DEAL = "1"


@dataclass(frozen=True, slots=True)
class Shown:
    """What an example came to; `problems` say in words why a line may be missing."""

    example: Example
    expected: tuple[ExpectedLine, ...]
    got: tuple[ExpectedLine, ...]
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Tell whether the lines are the expected ones, all of them and no other."""
        return self.expected == self.got


def play(example: Example, plans: Plans, policy: Policy) -> Shown:
    """Plan the lines of an example."""
    outcome = plan_lines(_facts(example, plans, policy), (), example.as_of)
    lines = [ExpectedLine(line.month, line.amount, line.status, line.partner, line.kind) for line in outcome.lines]
    problems = tuple(problem.text for problem in outcome.problems)
    return Shown(example, _in_order(example.expect), _in_order(lines), problems)


def _in_order(lines: Iterable[ExpectedLine]) -> tuple[ExpectedLine, ...]:
    return tuple(sorted(lines, key=lambda line: (line.partner, line.month, line.kind, line.amount, line.status)))


def _facts(example: Example, plans: Plans, policy: Policy) -> Facts:
    won_at = _noon(example.won_on)
    deal = Deal(
        id=_DEAL, company="1", state="won", won_at=won_at, left_won_at=None, value=example.value,
        interval=example.interval, currency=example.currency, term_months=example.term_months,
    )  # fmt: skip
    choice = (PlanChoice(date.min, example.plan),)
    lead = Lead("L-1", won_at, True, _DEAL, tuple(Share(key, percent) for key, percent in example.shares))
    return Facts(
        partners={key: Partner(key, key, choice, currency=example.partner_currency) for key, _ in example.shares},
        deals={_DEAL: deal}, leads=[lead], invoices=_invoices(example), credit_notes=(), plans=plans, policy=policy,
        zone=ZoneInfo("UTC"),
    )  # fmt: skip


def _invoices(example: Example) -> Sequence[Invoice]:
    return [
        Invoice(
            id=str(n), number=f"INV-{n}", type="ACCREC", status="PAID", on=on, due_date=on, currency=example.currency,
            sub_total=amount, total=amount, reference=_DEAL, payments=(Cash(on, amount),),
        )
        for n, (on, amount) in enumerate(example.paid, start=1)
    ]  # fmt: skip


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
