"""Rows as they would stand once a plan's edits are written."""

from __future__ import annotations

from decimal import Decimal

from worker.domain.cells import Row
from worker.domain.plan import RowEdit
from worker.planning.row_edits import laid_over

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
