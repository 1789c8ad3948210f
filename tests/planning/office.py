"""An office on paper: both money tables, an outbox that survives a crash, and a worker that may die at any step.

It applies plans in the order of the engine: keys and locks first, messages frozen, rows, then messages of rows that
stand. What it proves is the planning; the engine has tests of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from worker.domain.facts import Invoice, Partner
from worker.domain.lines import Line, Statement
from worker.domain.months import Period
from worker.domain.notices import Notice
from worker.domain.partners import PartnerRow
from worker.domain.plan import Plan, RowEdit
from worker.domain.plans import Policy
from worker.planning.money_notices import statement_notice_key
from worker.planning.money_plans import settlement_plan, statement_plan
from worker.planning.rows import line_to_cells, lines_of, statements_of

from .bookkeeping import PARTNERS, POLICY, day
from .rows_of_leads import partner_row
from .scenarios import Table

ACME_ROW = partner_row("Acme Ltd", Key="acme")


def plain_words(kind: str, **facts: object) -> tuple[str, str, str]:
    """Return the facts themselves: what would be rendered."""
    return kind, json.dumps(facts, default=str), ""


class Died(Exception):
    """The worker was killed."""


@dataclass
class Office:
    """Tables, outbox and contacts. `outbox` is how far each message is, `frozen` what it says, `sent` what went out."""

    commissions: Table = field(default_factory=lambda: Table("Commissions"))
    statements: Table = field(default_factory=lambda: Table("Statements"))
    outbox: dict[str, str] = field(default_factory=dict)
    frozen: dict[str, Notice] = field(default_factory=dict)
    sent: list[Notice] = field(default_factory=list)
    retries: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, PartnerRow] = field(default_factory=lambda: {"acme": ACME_ROW})
    partners: dict[str, Partner] = field(default_factory=lambda: dict(PARTNERS))
    policy: Policy = POLICY
    mail_works: bool = True
    refused: set[str] = field(default_factory=set)  # keys of rows that the tracker refuses to write

    # ---- what stands ------------------------------------------------------------------------------------------------

    def put(self, *lines: Line) -> Office:
        """Write lines into rows, as the commissions flow has."""
        for line in lines:
            cells = line_to_cells(line, "Acme Ltd")
            self.commissions.write([RowEdit("Commissions", line.row, line.key, {}, cells, "")])
        return self

    def lines(self) -> list[Line]:
        return lines_of(self.commissions.rows())[0]

    def standing(self) -> list[Statement]:
        return statements_of(self.statements.rows(), self.policy.issue_day)[0]

    def one(self) -> Statement:
        (found,) = self.standing()
        return found

    def on(self, statement: str) -> list[str]:
        """Return the keys of a statement's lines."""
        return sorted(line.key for line in self.lines() if line.statement == statement)

    def told(self, notice: str) -> str | None:
        state = self.outbox.get(notice)
        return "pending" if state == "due" else state or self.retries.get(notice)

    # ---- what is done -----------------------------------------------------------------------------------------------

    def plan(self, today: str, period: str | None = None) -> Plan:
        return statement_plan(
            self.commissions.rows(), self.statements.rows(), self.partners, self.contacts, policy=self.policy,
            today=day(today), period=Period.parse(period) if period else None, told=self.told, words=plain_words,
        )  # fmt: skip

    def settle(self, today: str, *bills: Invoice) -> Plan:
        plan, _ = settlement_plan(
            self.commissions.rows(), self.statements.rows(), bills, self.partners, self.contacts, policy=self.policy,
            today=day(today), words=plain_words,
        )  # fmt: skip
        return plan

    def run(self, today: str, *, steps: int | None = None, period: str | None = None) -> int:
        """Plan and apply until there is nothing to do, or die after so many steps; return how many there were."""
        done = 0
        for _ in range(4):
            plan, before = self.plan(today, period), len(self.sent)
            for step in self.steps(plan):
                if done == steps:
                    raise Died
                step()
                done += 1
            if not plan.edits and before == len(self.sent):
                break
        return done

    def apply(self, plan: Plan) -> None:
        for step in self.steps(plan):
            step()

    def steps(self, plan: Plan) -> Iterator[Callable[[], Any]]:
        """Return what applying a plan does, step by step."""
        yield from (self._writing(edit) for edit in plan.edits if edit.first)
        yield lambda: self._intend(plan)
        lost = {edit.key for edit in plan.edits if self.refused.intersection((edit.key, *edit.needs))}
        rest = [edit for edit in plan.edits if not edit.first and edit.key not in lost]
        yield from (self._writing(edit) for edit in rest)
        yield lambda: self._release(plan, lost)
        yield from (lambda key=key: self._send(key) for key in [*self.outbox])

    def _writing(self, edit: RowEdit) -> Callable[[], None]:
        table = {"Commissions": self.commissions, "Statements": self.statements}[edit.table]
        return lambda: table.write([edit] if edit.key not in self.refused else [])

    def _intend(self, plan: Plan) -> None:
        for tell in plan.tells:
            if self.outbox.get(tell.notice.key, "intended") == "intended":
                self.outbox[tell.notice.key] = "intended"
                self.frozen[tell.notice.key] = tell.notice

    def _release(self, plan: Plan, lost: set[str]) -> None:
        for tell in plan.tells:
            if tell.needs not in lost and self.outbox[tell.notice.key] == "intended":
                self.outbox[tell.notice.key] = "due"

    def _send(self, key: str) -> None:
        if self.mail_works and self.outbox.get(key) == "due":
            self.outbox[key] = "sent"
            self.sent.append(self.frozen[key])

    # ---- what a person does -----------------------------------------------------------------------------------------

    def lose_state(self) -> None:
        self.outbox.clear()
        self.frozen.clear()
        self.retries.clear()

    def retry(self, statement: str, *, skip: bool = False) -> None:
        notice = statement_notice_key(statement)
        if not skip and self.outbox.get(notice) == "held":
            self.outbox[notice] = "due"
        else:
            self.outbox.pop(notice, None)
            self.retries[notice] = "skipped" if skip else "resend"

    def sent_about(self, statement: str) -> Sequence[dict[str, Any]]:
        """Return what went out about a statement."""
        key = statement_notice_key(statement)
        return [json.loads(notice.text) for notice in self.sent if notice.key == key]
