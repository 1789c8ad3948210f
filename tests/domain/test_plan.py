"""The digest by which a person approves exactly one plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from worker.domain.cells import Cell, Row
from worker.domain.leads import LeadDraft
from worker.domain.notices import Notice, Recipient
from worker.domain.plan import Plan, Push, RowEdit, Tell, edit_of
from worker.domain.tables import LEADS

CELLS: dict[str, Cell] = {"Amount": Decimal("60.00"), "Paid on": date(2025, 4, 20)}
EDIT = RowEdit("Commissions", "rec1", "9001/acme/2025-03/commission", {"Amount": Decimal(1)}, CELLS, "why")
MADE = datetime(2025, 4, 20, 9, tzinfo=UTC)
DRAFT = LeadDraft("L-1", "Acme – North Star", "north-star", "Acme", "acme.com", "Jo", "Doe", "jo@acme.com")
PUSH = Push("rec2", DRAFT, {}, {"Status": "In review"}, "new")
TELL = Tell(Notice("acme/1", "lead", Recipient("acme"), "Subject", "Text"), "L-1", "why")
PLAN = Plan("commissions", (EDIT, replace(EDIT, row="rec2")), (PUSH,), (TELL,))


@pytest.mark.parametrize(
    "same",
    [
        PLAN,
        replace(PLAN, edits=PLAN.edits[::-1]),
        replace(PLAN, edits=(replace(EDIT, reason="other words"), PLAN.edits[1])),
        replace(PLAN, edits=(replace(EDIT, after={**CELLS, "Amount": Decimal(60)}), PLAN.edits[1])),
        replace(PLAN, edits=(replace(EDIT, after={**CELLS, "Synced": MADE}), PLAN.edits[1])),
        replace(PLAN, notes=("something to say",), saw=("too much",)),
    ],
)  # fmt: skip
def test_the_same_changes_have_the_same_digest(same: Plan) -> None:
    """Whatever their order, the words about them, how a number is written and when they were planned."""
    assert PLAN.digest() == same.digest()
    assert 12 == len(PLAN.digest())


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, flow="cash"),
        replace(PLAN, edits=PLAN.edits[:1]),
        replace(PLAN, pushes=()),
        replace(PLAN, tells=()),
        replace(PLAN, edits=(replace(EDIT, before={"Amount": Decimal(2)}), PLAN.edits[1])),
        replace(PLAN, edits=(replace(EDIT, after={**CELLS, "Amount": Decimal("60.01")}), PLAN.edits[1])),
        replace(PLAN, edits=(replace(EDIT, after={**CELLS, "Paid on": date(2025, 4, 21)}), PLAN.edits[1])),
        replace(PLAN, pushes=(replace(PUSH, draft=replace(DRAFT, email="else@acme.com")),)),
        replace(PLAN, tells=(replace(TELL, notice=replace(TELL.notice, text="Other text")),)),
    ],
)
def test_another_change_has_another_digest(other: Plan) -> None:
    """What a person approved is that and nothing else: any cell, row, lead, message or flow makes a difference."""
    assert PLAN.digest() != other.digest()


def test_a_plan_holds_only_what_a_digest_can_name() -> None:
    """Anything but text, numbers, days and times is a fault of the plan's maker."""
    with pytest.raises(TypeError, match="a plan holds no set"):
        Plan("x", (replace(EDIT, after={"Amount": {1}}),)).digest()  # type: ignore[dict-item]


def test_a_plan_is_as_long_as_its_changes() -> None:
    """Notes and objections change nothing; an empty plan is nothing to do."""
    assert (4, 0) == (len(PLAN), len(Plan("x", notes=("n",), saw=("s",))))


def test_an_edit_of_a_row_has_what_differs() -> None:
    """Nothing where nothing differs; else the cells with what stood there."""
    row = Row("Leads", "rec1", {"Status": "Won", "Deal value": "1,000"})

    assert [] == edit_of(row, "L-1", {"Status": "Won", "Deal value": Decimal(1000), "Problem": None}, "why")
    (edit,) = edit_of(row, "L-1", {"Status": "Lost", "Deal value": Decimal(1000)}, "why", "acme", first=True)
    assert (RowEdit("Leads", "rec1", "L-1", {"Status": "Won"}, {"Status": "Lost"}, "why", "acme", True)) == edit


def test_tables_know_their_columns() -> None:
    """By their default names; one that is not there is a KeyError."""
    assert ("Lead", "select") == (LEADS.key, LEADS.column("Status").kind)
    with pytest.raises(KeyError, match="Leads has no column Statu"):
        LEADS.column("Statu")
