"""The worked examples of the money rules, every file and every run of it, on rows that are written and read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from worker.domain.lines import Line, Statement
from worker.domain.money import exact_text
from worker.domain.problems import Problem

from .scenarios import FOLDER, Json, Story

FILES = sorted(FOLDER.glob("*.json"))
WITHOUT = [pytest.param(None, marks=pytest.mark.skip(reason="the worked examples are not next to this checkout"))]
EACH_FILE = pytest.mark.parametrize("file", FILES or WITHOUT, ids=lambda file: file.stem if file else "none")


def line_shown(line: Line) -> Json:
    """Return a line as the examples write it; of a reason only whether there is one."""
    return {
        "deal": line.deal,
        "partner": line.partner,
        "month": str(line.month),
        "kind": line.kind,
        "answers": line.answers,
        "currency": line.currency,
        "amount": f"{line.amount}",
        "base": exact_text(line.base.monthly()) if line.base else None,
        "status": line.status,
        "statement": line.statement,
        "covered_on": str(line.covered_on) if line.covered_on else None,
        "reason": line.reason is not None,
        "capped": line.capped,
    }


def in_order(line: Line) -> tuple[Any, ...]:
    deal = (line.deal is None, int(line.deal or 0))
    return line.partner, deal, line.month, line.kind, line.answers or ""


def statement_shown(statement: Statement) -> Json:
    """Return a statement as the examples write it: what has become of it since is in its bill."""
    return {
        "key": statement.key,
        "partner": statement.partner,
        "currency": statement.currency,
        "period": str(statement.period),
        "issue_day": str(statement.issue_day),
        **{name: f"{getattr(statement, name)}" for name in ("opening", "earned", "corrections", "closing")},
        "carried": f"{statement.carried}",
        "amount": f"{statement.amount}",
        "status": "carried" if statement.status == "Carried" else "issued",
        "bill": statement.bill,
        "bill_number": statement.bill_number,
    }


def tables(story: Story) -> dict[str, list[Json]]:
    """Return the three tables of a story in the order of the examples."""
    statements = sorted(story.issued(), key=lambda s: (s.partner, s.currency, s.period))
    return {
        "lines": [line_shown(line) for line in sorted(story.lines(), key=in_order)],
        "statements": [statement_shown(statement) for statement in statements],
        "problems": problems_shown(story.problems),
    }


def problems_shown(problems: Iterable[Problem]) -> list[Json]:
    return [{"deal": p.deal, "partner": p.partner, "field": p.field} for p in problems]


def wanted(lines: Sequence[Json]) -> list[Json]:
    return [{**line, "reason": line["reason"] is not None} for line in lines]


@EACH_FILE
def test_example(file: Path) -> None:
    """After every run of a file each table holds exactly the rows that the file says."""
    example = json.loads(file.read_text())
    assert file.stem == example["name"]
    story = Story(example["facts"])
    for number, cycle in enumerate(example["cycles"]):
        story.run(cycle["as_of"], cycle.get("changes", {}))
        found = tables(story)
        for table, rows in cycle["expect"].items():
            expected = wanted(rows) if table == "lines" else rows
            assert (number, cycle["as_of"], table, expected) == (number, cycle["as_of"], table, found[table])


@EACH_FILE
def test_a_second_run_of_the_same_day_writes_nothing(file: Path) -> None:
    """Law 4: over unchanged facts the worker finds every row as it should be."""
    example = json.loads(file.read_text())
    story = Story(example["facts"])
    for cycle in example["cycles"]:
        story.run(cycle["as_of"], cycle.get("changes", {}))

        assert 0 == story.run(cycle["as_of"], {})


@EACH_FILE
def test_what_is_dated_later_is_not_there_yet(file: Path) -> None:
    """Where the services tell of the future already (a payment dated next week), it changes nothing today."""
    example = json.loads(file.read_text())
    told, blind = Story(example["facts"], open_end=True), Story(example["facts"])
    for cycle in example["cycles"]:
        for story in (told, blind):
            story.run(cycle["as_of"], cycle.get("changes", {}))

        assert tables(blind) == tables(told)
