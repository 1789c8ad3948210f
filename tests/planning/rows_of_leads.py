"""Rows of leads and partners for tests of intake and stages: a good row of Acme from North Star, with exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from worker.domain.cells import Row
from worker.domain.leads import LeadRow
from worker.domain.partners import PartnerRow, by_any_name
from worker.domain.policy import IntakeRules

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)

RULES = IntakeRules(
    longest={"Company": 255, "Website": 500, "Email": 254, "Notes": 2000},
    free_mail=frozenset({"gmail.com", "yahoo.co.uk", "linkedin.com"}),
)


def ago(**time: float) -> datetime:
    """Return an instant before NOW."""
    return NOW - timedelta(**time)


def lead_row(row: str = "rec1", *, made: datetime | None = NOW, **cells: Any) -> LeadRow:
    """Return a lead row; columns of two words are written with an underscore, None leaves a cell empty."""
    known = {"Partner": "North Star", "Company": "Acme", "Email": "jo@acme.com"}
    given = {**known, **{column.replace("_", " "): value for column, value in cells.items()}}
    return LeadRow.of(Row("Leads", row, {c: v for c, v in given.items() if v is not None}, made), NOW)


def partner_row(name: str = "North Star", row: str = "", **cells: Any) -> PartnerRow:
    """Return an enrolled partner with a key."""
    stem = name.lower().replace(" ", "-")
    known = {"Partner": name, "Key": stem, "Status": "Enrolled", "Plan": "gold", "Email": f"money@{stem}.test",
             "Company domain": f"{stem}.test"}  # fmt: skip
    given = {**known, **{column.replace("_", " "): value for column, value in cells.items()}}
    return PartnerRow.of(Row("Partners", row or f"rec {stem}", {c: v for c, v in given.items() if v is not None}, NOW))


PARTNERS: Mapping[str, PartnerRow] = by_any_name(
    [
        partner_row(),
        partner_row("Blue Door"),
        partner_row("Idle Hands", Status="Paused"),
        partner_row("Gone West", Status="Left"),
    ]
)
