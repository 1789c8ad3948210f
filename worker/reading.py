"""What money hangs on, read once for commands that only look: the same reading as the flow of commissions.

What is concluded from it (verify, forecast, backtest) works on these values alone and reaches no service.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from worker.app import App
from worker.domain.cells import Row
from worker.flows import read_money
from worker.planning.commissions import Facts


@dataclass(frozen=True, slots=True)
class Money:
    """The rows of the Commissions table and the facts of one moment; `read` are the rows as they stand there.

    In `rows` the cells of the worker's that a hand changed are what the worker wrote.
    """

    rows: Sequence[Row]
    read: Sequence[Row]
    facts: Facts
    at: datetime
    today: date


def money_of(app: App) -> Money:
    """Read the tracker, the CRM and the ledger; nothing is written, not even into the state of a run."""
    programme = replace(app.programme(app.services()), look_twice=False)
    app.check_stages(programme)
    tables, facts = read_money(programme)
    return Money(tables.rows["Commissions"], tables.read["Commissions"], facts, programme.now, programme.today)
