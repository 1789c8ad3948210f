"""The ten laws of the money rules over programmes of hundreds of deals, after every look at them.

`test_laws`, `test_statement_laws` and `test_money_storms` ask the same of small ones, where it is plain what went
wrong. More programmes: QUARTERDAY_CASES=1000.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from random import Random
from typing import TypeVar

import pytest

from worker.domain.cells import Cell
from worker.domain.facts import PlanChoice
from worker.domain.lines import Line, Statement
from worker.domain.money import minor_unit, rounded
from worker.domain.plans import CommissionPlan
from worker.planning.commissions import Facts, plan_lines
from worker.planning.row_edits import line_edits
from worker.planning.rows import line_to_cells, lines_of
from worker.planning.statements import plan_statements

from .made_up import BEGIN, Chance
from .slow_cash import book_of, note_deal, serves
from .slow_terms import cases
from .strategies import row_of

T = TypeVar("T")

SEEDS = range(1, 1 + max(2, int(os.environ.get("QUARTERDAY_CASES", "60")) // 50))


@dataclass(frozen=True)
class Look:
    """What was known and stood on a day, before and after the statements were made."""

    facts: Facts
    today: date
    lines: tuple[Line, ...]
    locked: tuple[Line, ...]  # the lines when the statements stand
    statements: tuple[Statement, ...]


@cache
def life(seed: int) -> tuple[Look, ...]:
    """Let a programme of hundreds of deals live through six looks, with dozens of things between two."""
    chance = Chance(Random(seed))
    facts, today = chance.programme(deals=200, partners=10), BEGIN + timedelta(days=60)
    lines: tuple[Line, ...] = ()
    statements: tuple[Statement, ...] = ()
    looks = []
    for _ in range(6):
        lines = plan_lines(facts, lines, today).lines
        outcome = plan_statements(facts.partners, lines, statements, facts.policy, today)
        looks.append(Look(facts, today, lines, outcome.lines, outcome.statements))
        lines, statements = outcome.lines, outcome.statements
        for _ in range(40):
            facts = chance.happen(facts, today)
        today = chance.next_day(today)
    return tuple(looks)


@pytest.fixture(params=SEEDS)
def looks(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> tuple[Look, ...]:
    """Return the looks of a programme; each is a case."""
    found = life(request.param)
    record_property("cases", len(found))
    record_property("lines looked at", sum(len(look.locked) for look in found))
    return found


def versions(facts: Facts) -> dict[str, CommissionPlan]:
    """Return the plans by the text that lines carry."""
    return {plan.text: plan for plan in facts.plans.versions}


def commissions(lines: Sequence[Line]) -> dict[tuple[str | None, str], list[Line]]:
    """Return the commission lines of each deal and partner, by month."""
    found: dict[tuple[str | None, str], list[Line]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.month):
        if line.kind == "commission":
            found[line.deal, line.partner].append(line)
    return found


def test_law_1_the_first_months_sum_to_the_rounded_whole(looks: Sequence[Look]) -> None:
    """Planned afresh: of every deal whose partners have flat rates, no caps, no adjustments and the same months."""
    cases = 0
    for look in looks:
        plans, lines = versions(look.facts), plan_lines(look.facts, [], look.today).lines
        by_deal: dict[str | None, list[list[Line]]] = defaultdict(list)
        for (deal, _), own in commissions(lines).items():
            by_deal[deal].append(own)
        for runs in by_deal.values():
            flat = [
                plans[own[0].plan] for own in runs
                if (p := plans[own[0].plan]).rate is not None and p.cap_per_deal is None and p.cap_per_partner is None
            ]  # fmt: skip
            spans = {(own[0].month, own[-1].month) for own in runs}
            if len(flat) < len(runs) or len(spans) > 1 or any(x.status == "Cancelled" for own in runs for x in own):
                continue
            whole, made = Fraction(0), Decimal(0)
            for month in zip(*runs, strict=True):
                for line in month:
                    rate = Fraction(plans[line.plan].rate or 0) / 100
                    whole += (line.month_base or 0) * Fraction(line.share or 0) / 100 * rate
                    made += line.amount
                cases += 1

                assert rounded(whole, runs[0][0].currency) == made
    assert cases > 0


def test_law_2_no_more_is_earned_than_cash_covers(looks: Sequence[Look]) -> None:
    """Planned afresh: a partner's earned months need no more than a deal's net cash, as the slow calculation has it."""
    for look in looks:
        known = cases(look.facts, [], look.today)
        served = serves(look.facts, known, look.today)
        noted = {note.id: note_deal(look.facts, note, served, look.today) for note in look.facts.credit_notes}
        nets = {case.home: book_of(look.facts, case, served, noted, look.today).net(look.today) for case in known}
        tolerance = look.facts.policy.tolerance
        for (deal, _), own in commissions(plan_lines(look.facts, [], look.today).lines).items():
            unit = minor_unit(own[0].currency) if tolerance is None else Fraction(tolerance)
            bases = [line.month_base for line in own if line.status == "Confirmed" and line.month_base]

            assert not bases or sum(bases, Fraction(0)) - len(own) * unit <= nets[deal or ""]


def test_law_3_facts_in_any_order_give_the_same_rows(looks: Sequence[Look]) -> None:
    """Deals, leads, invoices, notes, partners and standing lines are shuffled before each look."""
    mix = Random(len(looks))
    for before, look in pairwise(looks):
        facts = look.facts
        shuffled = replace(
            facts, deals=dict(mixed(mix, [*facts.deals.items()])), leads=mixed(mix, facts.leads),
            partners=dict(mixed(mix, [*facts.partners.items()])), invoices=mixed(mix, facts.invoices),
            credit_notes=mixed(mix, facts.credit_notes),
        )  # fmt: skip
        lines = plan_lines(shuffled, mixed(mix, before.locked), look.today).lines

        assert look.lines == lines


def mixed(mix: Random, things: Sequence[T]) -> list[T]:
    return mix.sample(list(things), len(things))


def test_law_4_a_second_cycle_writes_nothing(looks: Sequence[Look]) -> None:
    """The same day over the same facts: the same lines, and no statement."""
    for look in looks:
        facts = look.facts
        again = plan_statements(facts.partners, look.locked, look.statements, facts.policy, look.today)

        assert look.locked == plan_lines(facts, look.locked, look.today).lines
        assert (frozenset(), look.locked) == (again.fresh, again.lines)


def test_law_5_opening_and_lines_are_closing(looks: Sequence[Look]) -> None:
    """Of every account: each statement opens with what the one before carried, and its lines make the rest."""
    last = looks[-1]
    carried: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for s in sorted(last.statements, key=lambda s: s.period.last):
        on_it = sum((line.amount for line in last.locked if line.statement == s.key), Decimal(0))

        assert (carried[s.partner, s.currency], s.closing) == (s.opening, s.opening + on_it)
        assert s.closing == s.opening + s.earned + s.corrections == s.amount + s.carried
        carried[s.partner, s.currency] = s.carried
    assert {line.statement for line in last.locked if line.locked} <= {s.key for s in last.statements}


def test_law_6_no_locked_row_ever_changes(looks: Sequence[Look]) -> None:
    """From look to look every locked line is there as it was, and no row is dropped."""
    for before, look in pairwise(looks):
        after = {line.key: line for line in look.lines}

        assert [x for x in before.locked if x.locked] == [after[x.key] for x in before.locked if x.locked]
        assert {x.key for x in before.locked} <= after.keys()


def test_law_7_a_full_reversal_leaves_nothing(looks: Sequence[Look]) -> None:
    """Every lead is found invalid and everything can be read: what was locked comes to zero, month by month."""
    last = looks[-1]
    facts = replace(
        last.facts, leads=[replace(lead, valid=False) for lead in last.facts.leads],
        deals={id_: replace(deal, doubt=None) for id_, deal in last.facts.deals.items()},
        invoices=[replace(one, doubt=None) for one in last.facts.invoices],
    )  # fmt: skip
    after = plan_lines(facts, last.locked, last.today + timedelta(days=40)).lines
    sums: dict[tuple[str | None, str, str], Decimal] = defaultdict(Decimal)
    for line in after:
        sums[line.deal, line.partner, line.answers or str(line.month)] += line.amount

    assert {Decimal(0)} == set(sums.values())


def test_law_8_nothing_of_another_partner_shows(looks: Sequence[Look]) -> None:
    """Values, holds and pauses of everybody else change: a partner's lines do not, by a byte."""
    for look in looks:
        facts = look.facts
        mine = {lead.deal for lead in facts.leads if any(share.partner == "p00" for share in lead.shares)}
        mine |= {line.deal for line in look.lines if line.partner == "p00"}
        mine |= {facts.deals[id_].merged_into for id_ in mine if id_ in facts.deals}
        changed = replace(
            facts,
            deals={
                id_: deal if id_ in mine or deal.value is None else replace(deal, value=deal.value * 3 + 1)
                for id_, deal in facts.deals.items()
            },
            leads=[lead if lead.deal in mine else replace(lead, held=not lead.held) for lead in facts.leads],
            partners={key: replace(p, paused=p.paused or key != "p00") for key, p in facts.partners.items()},
        )
        one, two = (plan_lines(known, look.locked, look.today).lines for known in (facts, changed))

        assert [line for line in one if line.partner == "p00"] == [line for line in two if line.partner == "p00"]
        assert one != two


def test_law_9_history_under_unchanged_rules_changes_no_line(looks: Sequence[Look]) -> None:
    """From tomorrow on there are other versions of every plan, and every partner has another plan."""
    for look in looks:
        facts, tomorrow = look.facts, look.today + timedelta(days=1)
        newer = [replace(plan, version="z", valid_from=tomorrow, months=2) for plan in facts.plans.versions]
        renewed = replace(
            facts, plans=replace(facts.plans, versions=[*newer, *facts.plans.versions]),
            partners={
                key: replace(p, plans=(PlanChoice(tomorrow, "of-p01"), *p.plans)) for key, p in facts.partners.items()
            },
        )  # fmt: skip

        assert look.locked == plan_lines(renewed, look.locked, look.today).lines


def test_law_10_all_that_is_remembered_stands_on_the_rows(looks: Sequence[Look]) -> None:
    """Lines that are read back from the cells of their rows, and nothing else, are planned as they stand."""
    for look in looks:
        rows = [replace(row_of("Commissions", line_to_cells(x, x.partner)), id=x.key) for x in look.locked]
        rows = [replace(r, cells={**r.cells, **staffs(x)}) for r, x in zip(rows, look.locked, strict=True)]
        lines, damaged = lines_of(rows)
        planned = plan_lines(look.facts, lines, look.today).lines

        assert ([], []) == (damaged, line_edits(rows, planned, {key: key for key in look.facts.partners}))


def staffs(line: Line) -> dict[str, Cell]:
    """Return the cells of a row that staff fill in."""
    cells: dict[str, Cell] = {"Hold": True} if line.hold else {}
    return cells | ({"Adjustment": line.adjustment} if line.adjustment is not None else {})


def test_the_programmes_have_what_the_laws_are_about() -> None:
    """All together: statements, lines that are locked, and answers both ways; else the laws would be about nothing."""
    last = [life(seed)[-1] for seed in SEEDS]

    assert sum(len(look.statements) for look in last) > 10
    assert sum(line.locked for look in last for line in look.locked) > 100
    assert {"clawback", "correction"} <= {line.kind for look in last for line in look.locked}
