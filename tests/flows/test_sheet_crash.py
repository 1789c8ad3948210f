"""kill -9 in the middle, with a spreadsheet as the tracker: rows are begun by their keys, filled, then written back.

Whatever stood when the worker died, the next run makes nothing twice and leaves nothing half done.
"""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.flows.conftest import Desk
from tests.flows.deaths import (
    FEW,
    Death,
    Killer,
    assert_issued_once,
    assert_lines_once,
    assert_nothing_to_do,
    assert_once,
    assert_statements_once,
    fill,
    killer,
    mails,
    statement_day,
    won,
)
from worker.sandbox.server import Request

__all__ = ["killer"]
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("tracker", ["google-sheets"], indirect=True)]
BEFORE, AFTER, WITHOUT_STATE = (False, False), (True, False), (True, True)  # carried out?, state deleted?
NAMES = {BEFORE: "before", AFTER: "after", WITHOUT_STATE: "state deleted"}


def writes(path: str, *words: str) -> Callable[[Request], bool]:
    """Return what tells whether a request writes all of these words."""
    return lambda r: r.path.endswith(path) and all(word.encode() in r.body for word in words)


CELLS, ROWS = "/values:batchUpdateByDataFilter", ":batchUpdate"
LEADS = {
    "reading": writes("/values:batchGetByDataFilter"),
    "keys": writes(CELLS, '"L-'),
    "write-back": writes(CELLS, '"Qualified"'),
    "activity": writes(ROWS, "appendCells", "Written to the CRM"),
}


@pytest.mark.parametrize(("carried_out", "forget"), NAMES, ids=NAMES.values())
@pytest.mark.parametrize("moment", LEADS)
def test_leads(desk: Desk, killer: Killer, moment: str, carried_out: bool, forget: bool) -> None:
    """Leads whose run was killed are pushed once and told of once, by the next run."""
    fill(desk, FEW)

    again = killer.run_again(desk, "intake", Death("google", LEADS[moment], 1, carried_out), forget=forget)

    assert ("in sync", "") == (again.state, again.words)
    assert_nothing_to_do(desk, "intake")
    assert_once(desk, FEW)


LINES = {"begun": writes(ROWS, "appendCells", "/commission"), "filled": writes(CELLS, '"Expected"')}


@pytest.mark.parametrize(("carried_out", "forget"), NAMES, ids=NAMES.values())
@pytest.mark.parametrize("moment", LINES)
def test_lines(desk: Desk, killer: Killer, moment: str, carried_out: bool, forget: bool) -> None:
    """Rows that hold nothing but their keys are filled by the next run, and none is begun a second time."""
    won(desk)

    again = killer.run_again(desk, "commissions", Death("google", LINES[moment], 1, carried_out), forget=forget)

    assert "in sync" == again.state
    assert_lines_once(desk)


STATEMENTS = {
    "locks": writes(CELLS, '"On statement"'),
    "begun": writes(ROWS, "appendCells", '"2026-Q1/partner-0/GBP"'),
    "drafts": writes(CELLS, '"Draft"'),
    "issued": writes(CELLS, '"Issued"'),
}


@pytest.mark.parametrize("carried_out", [False, True], ids=["before it stood", "after it stood"])
@pytest.mark.parametrize("moment", STATEMENTS)
def test_statement_day(desk: Desk, killer: Killer, moment: str, carried_out: bool) -> None:
    """Wherever the worker dies on the day, the same statements are made, and each partner is told once."""
    statement_day(desk)

    again = killer.run_again(desk, "statements", Death("google", STATEMENTS[moment], 1, carried_out))

    assert ("in sync", "") == (again.state, again.words)
    assert_issued_once(desk)


@pytest.mark.parametrize("moment", ["begun", "drafts"])
def test_statement_day_without_the_state(desk: Desk, killer: Killer, moment: str) -> None:
    """A draft that stands when the state is lost may have been sent: it is held; a row that was only begun is not."""
    statement_day(desk)

    death = Death("google", STATEMENTS[moment], 1, carried_out=True)
    assert -signal.SIGKILL == killer.run(desk, "statements", death=death)
    told = mails(desk.world)
    desk.forget()
    desk.later(minutes=3)
    desk.run("statements")
    desk.run("statements")

    if moment == "begun":
        assert_statements_once(desk, "Issued")
        return
    assert_statements_once(desk, "Draft")
    assert told == mails(desk.world)
    assert [] == [row for row in desk.rows("Statements") if f"retry {row['Statement']}" not in row["Problem"]]
