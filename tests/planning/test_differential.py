"""The planning beside a slow, independent calculation of the same rules: line by line and statement by statement.

The slow one (`slow_terms`, `slow_cash`, `slow_commissions`, `slow_books`, `slow_statements`) is written from the rules
alone, and proved by the worked examples, too. More cases: QUARTERDAY_CASES=1000.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from worker.domain.lines import Line, Statement
from worker.planning.commissions import Facts, plan_lines
from worker.planning.statements import plan_statements

from .made_up import BEGIN, Chance
from .scenarios import Day, Json, laid_over
from .slow_books import Books, Row
from .slow_statements import issue
from .slow_terms import month_name
from .test_examples import EACH_FILE

CASES = int(os.environ.get("QUARTERDAY_CASES", "60"))


def line_shown(line: Line) -> tuple[Any, ...]:
    return (
        (line.deal, line.partner, str(line.month), line.kind, line.answers), line.currency, Fraction(line.amount),
        "On statement" if line.locked else line.status, line.covered_on, line.capped and line.kind == "commission",
        line.statement,
    )  # fmt: skip


def row_shown(row: Row) -> tuple[Any, ...]:
    return row.known_by, row.currency, row.amount, row.status, row.covered_on, row.capped, row.statement


def statement_shown(s: Any) -> tuple[Any, ...]:
    sums = (s.opening, s.earned, s.corrections, s.closing, s.carried, s.amount)
    return s.key, *map(Fraction, sums), "Carried" if s.status == "Carried" else "Issued"


def in_order(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=lambda row: [text or "" for text in row[0]] if isinstance(row[0], tuple) else row[0])


@dataclass
class Both:
    """The tables that the planning keeps, and the slow calculation's, over the same facts and edits."""

    books: Books = field(default_factory=Books)
    lines: tuple[Line, ...] = ()
    statements: tuple[Statement, ...] = ()
    compared: int = 0

    def look(self, facts: Facts, today: date) -> None:
        self.lines = plan_lines(facts, self.lines, today).lines
        self.books.look(facts, today)
        self.compare(today)
        outcome = plan_statements(facts.partners, self.lines, self.statements, facts.policy, today)
        self.lines, self.statements = outcome.lines, outcome.statements
        issue(self.books, facts, today)
        self.compare(today)

    def compare(self, today: date) -> None:
        slow = in_order([row_shown(row) for row in self.books.rows])
        quick = in_order([line_shown(line) for line in self.lines])
        self.compared += len(quick)
        for line in self.lines:
            assert line.key.startswith(f"{line.deal or 'tier'}/{line.partner}/{line.month}/{line.kind}")
        assert len(self.lines) == len({line.key for line in self.lines})
        if slow != quick:  # a list of what differs, for people
            assert [row for row in slow if row not in quick] == [row for row in quick if row not in slow], today
        assert in_order([statement_shown(s) for s in self.books.statements]) == in_order(
            [statement_shown(s) for s in self.statements]
        )

    def edit(self, chance: Chance) -> None:
        """Let staff tick a row, or adjust one, on both sides."""
        free = [line for line in self.lines if line.deal is not None]
        if not free:
            return
        line = chance.random.choice(free)
        if chance.random.randrange(2):
            cells: dict[str, Any] = {"hold": not line.hold}
        else:
            cells = {"adjustment": chance.random.choice([None, Decimal("7.00"), Decimal("-30.555")])}
        self.lines = tuple(x._replace(**cells) if x is line else x for x in self.lines)
        known = (line.deal, line.partner, str(line.month), line.kind, line.answers)
        (row,) = [row for row in self.books.rows if row.known_by == known]
        row.hold = cells.get("hold", row.hold)
        if "adjustment" in cells:
            row.adjustment = None if cells["adjustment"] is None else Fraction(cells["adjustment"])


def live(chance: Chance, *, deals: int, partners: int, looks: int, events: int) -> Both:
    """Let a programme live for a while: things happen, both look, again and again."""
    both, facts = Both(), chance.programme(deals, partners)
    today = BEGIN + timedelta(days=chance.random.randrange(120))
    for _ in range(looks):
        both.look(facts, today)
        edits = chance.counts["tick"] + chance.counts["adjust"]
        for _ in range(events):
            facts = chance.happen(facts, today)
        for _ in range(chance.counts["tick"] + chance.counts["adjust"] - edits):
            both.edit(chance)
        today = chance.next_day(today)
    return both


def tell(record: Callable[[str, object], None], chance: Chance, both: Both) -> None:
    """Add what a programme went through to the figures at the end of the run."""
    for name in ("deals", "splits", "invoices", "refund", "edits"):
        known = sum(chance.counts.values()) if name == "edits" else chance.counts[name]
        made = chance.counts["deals"] + chance.counts["splits"] + chance.counts["invoices"] if name == "edits" else 0
        record({"refund": "refunds"}.get(name, name), known - made)
    record("lines compared", both.compared)
    record("statements", len(both.statements))


@settings(
    max_examples=CASES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)  # fmt: skip
@given(seed=st.integers(0, 2**32))
def test_small_programmes(seed: int, record_property: Callable[[str, object], None]) -> None:
    """One to four deals of three partners, fourteen looks: both calculations keep the same two tables after each."""
    chance = Chance(Random(seed))
    both = live(chance, deals=1 + seed % 4, partners=3, looks=14, events=2)

    tell(record_property, chance, both)


@settings(
    max_examples=max(CASES // 50, 2), deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip
@given(seed=st.integers(0, 2**32))
def test_large_programmes(seed: int, record_property: Callable[[str, object], None]) -> None:
    """Hundreds of deals of a dozen partners, with hundreds of things happening to them between five looks."""
    chance = Chance(Random(seed))
    both = live(chance, deals=150, partners=12, looks=5, events=60)

    tell(record_property, chance, both)


@EACH_FILE
def test_the_slow_calculation_gives_the_worked_examples(file: Path) -> None:
    """It keeps the lines and statements that a file says, run by run; bills are not its business."""
    example = json.loads(file.read_text())
    raw, books = example["facts"], Books()
    for cycle in example["cycles"]:
        raw = laid_over(raw, cycle.get("changes", {}))
        day = Day.of(raw, cycle["as_of"])
        books.look(day.facts(), day.today)
        held = {(h["deal"], h["partner"], h["month"]) for h in raw.get("holds", ()) if h["partner"] is not None}
        for row in books.rows:
            row.hold = (row.deal, row.partner, month_name(row.month)) in held
        books.look(day.facts(), day.today)
        issue(books, day.facts(), day.today)

        expect = cycle["expect"]
        if "lines" in expect:
            assert in_order(list(map(row_wanted, expect["lines"]))) == in_order(list(map(row_shown, books.rows)))
        if "statements" in expect:
            wanted = in_order(list(map(statement_wanted, expect["statements"])))
            assert wanted == in_order(list(map(statement_shown, books.statements)))


def row_wanted(line: Json) -> tuple[Any, ...]:
    known_by = tuple(line[name] for name in ("deal", "partner", "month", "kind", "answers"))
    covered_on = date.fromisoformat(line["covered_on"]) if line["covered_on"] else None
    status = "On statement" if line["statement"] else line["status"]
    return (
        known_by, line["currency"], Fraction(line["amount"]), status, covered_on, line["capped"], line["statement"],
    )  # fmt: skip


def statement_wanted(s: Json) -> tuple[Any, ...]:
    sums = (s[name] for name in ("opening", "earned", "corrections", "closing", "carried", "amount"))
    return s["key"], *map(Fraction, sums), s["status"].capitalize()
