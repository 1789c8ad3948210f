"""Worked examples: a file's facts and changes → what the planning reads, on tables that forget all but their cells.

It translates and hides what is dated after the day of a run; it computes nothing.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from worker.domain.cells import Cell, Row
from worker.domain.facts import (
    Allocation,
    Cash,
    CreditNote,
    Deal,
    Invoice,
    Lead,
    Partner,
    PlanChoice,
    Share,
)
from worker.domain.lines import Line, Statement
from worker.domain.months import local_day
from worker.domain.plan import RowEdit
from worker.domain.plans import Bracket, CommissionPlan, Plans, Policy
from worker.domain.problems import Problem
from worker.planning.commissions import Facts, plan_lines
from worker.planning.row_edits import line_edits, statement_edits
from worker.planning.rows import lines_of, statements_of
from worker.planning.settlement import settle
from worker.planning.statements import plan_statements

FOLDER = Path(
    os.environ.get("QUARTERDAY_EXAMPLES") or Path(__file__).parents[3] / "shared" / "examples" / "commissions"
)

Json = dict[str, Any]


# ---- tables ----------------------------------------------------------------------------------------------------------


class Table:
    """Rows as a tracker keeps them: numbers lose their trailing zeros, empty cells are not there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._rows: dict[str, dict[str, Cell]] = {}
        self._ids = (f"rec{number}" for number in itertools.count(1))

    def rows(self) -> list[Row]:
        return [Row(self.name, row_id, dict(cells)) for row_id, cells in self._rows.items()]

    def write(self, edits: Iterable[RowEdit]) -> None:
        for edit in edits:
            assert self.name == edit.table
            self.put(edit.row or next(self._ids), edit.after)

    def put(self, row_id: str, cells: Mapping[str, Cell]) -> None:
        kept = self._rows.setdefault(row_id, {})
        for column, cell in cells.items():
            if cell is None or cell == "" or cell is False:
                kept.pop(column, None)
            else:
                kept[column] = _bare(cell) if isinstance(cell, Decimal) else cell

    def delete(self, row_id: str) -> None:
        del self._rows[row_id]


def _bare(number: Decimal) -> Decimal:
    return Decimal(format(number.normalize(), "f"))


# ---- a file's records → facts ----------------------------------------------------------------------------------------


def laid_over(facts: Json, changes: Json) -> Json:
    """Return the facts with a cycle's changes on them: fields of policy, records by identity, whole lists."""
    new = deepcopy(facts)
    for name, change in changes.items():
        if name == "policy":
            new["policy"] = {**new["policy"], **change}
        elif name in ("plans", "holds"):
            new[name] = change
        else:
            identity = "name" if name == "partners" else "id"
            records = {record[identity]: record for record in new.get(name, [])}
            for record in change:
                records[record[identity]] = {**records.get(record[identity], {}), **record}
            new[name] = list(records.values())
    return new


@dataclass(frozen=True)
class Day:
    """The records of a file as they read on one day."""

    raw: Json
    today: date
    zone: ZoneInfo
    open_end: bool = False  # services tell of what is dated later, too

    @staticmethod
    def of(raw: Json, as_of: str, *, open_end: bool = False) -> Day:
        zone = ZoneInfo(raw["policy"]["time_zone"])
        today = local_day(datetime.fromisoformat(as_of), zone) if "T" in as_of else date.fromisoformat(as_of)
        return Day(raw, today, zone, open_end)

    def policy(self) -> Policy:
        given = self.raw["policy"]
        policy = Policy(
            statement_period=given.get("statement_period", "quarterly"),
            issue_day=given.get("issue_day", 5),
            clawback_cap=Decimal(given.get("clawback_cap", "100")),
            after_leaving=given.get("after_leaving", "continue"),
            tolerance=_money(given.get("tolerance")),
        )
        if "minimum" in given:
            minimum = {currency: Decimal(amount) for currency, amount in given["minimum"].items()}
            policy = replace(policy, minimum=minimum)
        return policy

    def partners(self) -> dict[str, Partner]:
        return {
            raw["name"]: Partner(
                key=raw["name"],
                name=raw["name"],
                plans=tuple(PlanChoice(date.fromisoformat(p["from"]), p["plan"]) for p in raw["plans"]),
                enrolled_from=_day(raw.get("enrolled_from")),
                left_on=_day(raw.get("left_on")),
                paused=raw.get("paused", False),
                cadence=raw.get("statement_period"),
            )
            for raw in self.raw["partners"]
        }

    def facts(self) -> Facts:
        deals = self.raw["deals"]
        return Facts(
            partners=self.partners(),
            deals={raw["id"]: self._deal(raw) for raw in deals},
            leads=[self._lead(raw) for raw in deals if raw.get("lead")],
            invoices=self._invoices("invoices"),
            credit_notes=[self._note(raw) for raw in self.raw.get("credit_notes", []) if self._there(raw)],
            plans=Plans([_plan(raw) for raw in self.raw["plans"]]),
            policy=self.policy(),
            zone=self.zone,
        )

    def bills(self) -> list[Invoice]:
        return [replace(bill, type="ACCPAY") for bill in self._invoices("bills")]

    def _there(self, raw: Json) -> bool:
        return self.open_end or date.fromisoformat(raw["date"]) <= self.today

    def _instant(self, text: str | None) -> datetime | None:
        """Return an instant that is there already."""
        if text is None:
            return None
        at = datetime.fromisoformat(text)
        return at if self.open_end or local_day(at, self.zone) <= self.today else None

    def _deal(self, raw: Json) -> Deal:
        won_at, left_won_at = self._instant(raw["won_at"]), self._instant(raw.get("left_won_at"))
        left = raw["stage"] if raw.get("left_won_at") is None or left_won_at is not None else "won"
        return Deal(
            id=raw["id"],
            company=raw["company"],
            state=left if won_at is not None or raw["stage"] != "won" else "open",
            won_at=won_at,
            left_won_at=left_won_at,
            value=_money(raw["value"]),
            interval=raw["interval"],
            currency=raw["currency"],
            term_months=raw.get("term_months"),
            doubt=raw.get("doubt"),
            merged_into=raw.get("merged_into"),
            lead=raw["lead"]["key"] if raw.get("lead") else None,
        )

    def _lead(self, raw: Json) -> Lead:
        lead = raw["lead"]
        return Lead(
            key=lead["key"],
            submitted_at=datetime.fromisoformat(lead["submitted_at"]),
            valid=lead["valid"],
            deal=raw["id"],
            shares=tuple(Share(share["partner"], Decimal(share["percent"])) for share in raw["shares"]),
            invoices=tuple(lead.get("invoices", ())),
            held=any(hold["deal"] == raw["id"] and hold["partner"] is None for hold in self.raw.get("holds", ())),
        )

    def _cash(self, raw: Json, name: str) -> tuple[Cash, ...]:
        return tuple(
            Cash(date.fromisoformat(cash["date"]), Decimal(cash["amount"]), cash.get("status", "AUTHORISED"))
            for cash in raw.get(name, ())
            if self._there(cash)
        )

    def _invoices(self, name: str) -> list[Invoice]:
        return [self._invoice(raw) for raw in self.raw.get(name, []) if self._there(raw)]

    def _invoice(self, raw: Json) -> Invoice:
        return Invoice(
            id=raw["id"],
            number=raw["number"],
            type=raw.get("type", "ACCREC"),
            status=raw["status"],
            on=date.fromisoformat(raw["date"]),
            due_date=_day(raw.get("due_date")),
            currency=raw["currency"],
            sub_total=Decimal(raw["sub_total"]),
            total=Decimal(raw["total"]),
            reference=raw.get("reference", ""),
            contact_name=raw.get("contact", ""),
            contact_number=raw.get("contact_number"),
            payments=self._cash(raw, "payments"),
            prepayments=self._cash(raw, "prepayments"),
            overpayments=self._cash(raw, "overpayments"),
            refunds=self._cash(raw, "refunds"),
            doubt=raw.get("doubt"),
        )

    def _note(self, raw: Json) -> CreditNote:
        allocations = [a for a in raw.get("allocations", ()) if self._there(a)]
        return CreditNote(
            id=raw["id"],
            number=raw["number"],
            status=raw["status"],
            on=date.fromisoformat(raw["date"]),
            currency=raw["currency"],
            sub_total=Decimal(raw["sub_total"]),
            total=Decimal(raw["total"]),
            reference=raw.get("reference", ""),
            allocations=tuple(
                Allocation(a["invoice"], date.fromisoformat(a["date"]), Decimal(a["amount"])) for a in allocations
            ),
            refunds=self._cash(raw, "refunds"),
        )


def _plan(raw: Json) -> CommissionPlan:
    return CommissionPlan(
        name=raw["name"],
        version=raw["version"],
        valid_from=date.fromisoformat(raw["valid_from"]),
        valid_to=_day(raw.get("valid_to")),
        months=raw["months"],
        rate=_money(raw.get("rate")),
        tiers=tuple(Bracket(Decimal(t["from"]), _money(t["to"]), Decimal(t["rate"])) for t in raw.get("tiers", ())),
        fee=_money(raw.get("fee")),
        currency=raw.get("currency"),
        mode=raw.get("mode", "marginal"),
        tier_period=raw.get("tier_period", "quarter"),
        start=raw.get("start", "won"),
        prorate=raw.get("prorate", "none"),
        count_months_per=raw.get("count_months_per", "deal"),
        cap_per_deal=_money(raw.get("cap_per_deal")),
        cap_per_partner=_money(raw.get("cap_per_partner")),
    )


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


# ---- a story, run by run ---------------------------------------------------------------------------------------------


@dataclass
class Story:
    """The tables of one example, and what the last run found to mend."""

    raw: Json
    commissions: Table = field(default_factory=lambda: Table("Commissions"))
    statements: Table = field(default_factory=lambda: Table("Statements"))
    problems: Sequence[Problem] = ()
    open_end: bool = False

    def run(self, as_of: str, changes: Json) -> int:
        """Let the worker look once: lines, statements, bills. Return how many edits that made."""
        self.raw = laid_over(self.raw, changes)
        day = Day.of(self.raw, as_of, open_end=self.open_end)
        made = self._plan_lines(day)
        if self._tick():  # staff can tick only a row that stands
            made += self._plan_lines(day)
        return made + self._plan_statements(day) + self._settle(day)

    def lines(self) -> list[Line]:
        lines, damaged = lines_of(self.commissions.rows())
        assert [] == damaged
        return lines

    def issued(self) -> list[Statement]:
        statements, damaged = statements_of(self.statements.rows(), self.raw["policy"].get("issue_day", 5))
        assert [] == damaged
        return statements

    def _plan_lines(self, day: Day) -> int:
        outcome = plan_lines(day.facts(), self.lines(), day.today)
        self.problems = outcome.problems
        return self._write(outcome.lines, ())

    def _tick(self) -> bool:
        """Tick `Hold` on the rows that are held, and on no other; tell whether any cell changed."""
        held = {(h["deal"], h["partner"], h["month"]) for h in self.raw.get("holds", ()) if h["partner"] is not None}
        wrong = [line for line in self.lines() if line.hold != ((line.deal, line.partner, str(line.month)) in held)]
        for line in wrong:
            self.commissions.put(line.row or "", {"Hold": not line.hold})
        return bool(wrong)

    def _plan_statements(self, day: Day) -> int:
        outcome = plan_statements(day.partners(), self.lines(), self.issued(), day.policy(), day.today)
        return self._write(outcome.lines, outcome.statements)

    def _settle(self, day: Day) -> int:
        outcome = settle(self.issued(), self.lines(), day.bills(), day.partners(), day.today)
        return self._write(outcome.lines, outcome.statements)

    def _write(self, lines: Iterable[Line], statements: Iterable[Statement]) -> int:
        edits = line_edits(self.commissions.rows(), lines, {})
        self.commissions.write(edits)
        more = statement_edits(self.statements.rows(), statements, {})
        self.statements.write(more)
        return len(edits) + len(more)
