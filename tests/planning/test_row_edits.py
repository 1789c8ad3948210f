"""Rows as they would stand once a plan's edits are written."""

from __future__ import annotations

from decimal import Decimal

from worker.domain.cells import Row
from worker.domain.lines import Line
from worker.domain.months import Month
from worker.domain.plan import RowEdit
from worker.planning.row_edits import laid_over, line_edits
from worker.planning.rows import line_to_cells

KEY = "9001/acme/2025-01/commission"


def test_edits_are_laid_over_the_rows_that_they_are_of() -> None:
    """A row shows what would be written over what stands; a new one shows what it is made with; others stay."""
    rows = [Row("Commissions", "rec1", {"Line": KEY, "Status": "Expected"}), Row("Commissions", "rec2", {"Line": "x"})]
    edits = [
        RowEdit("Commissions", "rec1", KEY, {}, {"Status": "Waiting"}, ""),
        RowEdit("Commissions", None, "new key", {}, {"Line": "new key", "Amount": Decimal(1)}, ""),
    ]

    assert [
        Row("Commissions", "rec1", {"Line": KEY, "Status": "Waiting"}),
        rows[1],
        Row("Commissions", "new new key", {"Line": "new key", "Amount": Decimal(1)}),
    ] == laid_over(rows, edits)
    assert "Expected" == rows[0].cells["Status"]


def test_all_of_an_amount_moves_into_another_currency() -> None:
    """A line that is converted moves its whole amount there; one that changes in its own moves by the difference."""
    line = Line(KEY, "9001", "acme", Month(2025, 1), "commission", "GBP", Decimal("60.00"), "Expected")
    rows = [Row("Commissions", "rec1", line_to_cells(line, "acme"))]
    more = line._replace(amount=Decimal("75.00"))
    abroad = line._replace(amount=Decimal("70.27"), currency="EUR")

    assert [("GBP", Decimal("15.00"))] == [edit.money for edit in line_edits(rows, [more], {})]
    assert [("EUR", Decimal("70.27"))] == [edit.money for edit in line_edits(rows, [abroad], {})]
