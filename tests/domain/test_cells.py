"""What two cells have in common, and rows of leads read from cells of any kind."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from worker.domain.cells import Cell, Row, alike, same
from worker.domain.leads import LeadRow

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stands", "wanted"),
    [
        (None, None), ("", None), (None, ""), (False, None), (None, ()), ((), False),
        ("12,000.50", Decimal("12000.50")), (" 12000 ", Decimal(12000)), (Decimal("1.0"), Decimal(1)),
        (date(2026, 1, 2), date(2026, 1, 2)), (("a", "b"), ("a", "b")),
    ],
)  # fmt: skip
def test_cells_that_say_the_same(stands: Cell, wanted: Cell) -> None:
    """Empty is empty, and a number typed as text is that number: neither is written again."""
    assert same(stands, wanted)


@pytest.mark.parametrize(
    ("stands", "wanted"),
    [
        (None, "x"), ("x", None), ("x", "X"), ("12000", "12,000"), ("12,000", Decimal("12.000")), (Decimal(0), None),
        (True, None), (date(2026, 1, 2), date(2026, 1, 3)), (("a",), ("b",)), ("about 12", Decimal(12)),
    ],
)  # fmt: skip
def test_cells_that_differ(stands: Cell, wanted: Cell) -> None:
    """Everything else is another thing to say; a nought is not nothing."""
    assert not same(stands, wanted)


@pytest.mark.parametrize(
    ("stands", "wrote", "expected"),
    [(None, "", True), (None, False, True), ((), None, True), (Decimal(0), None, False), ("a ", "a", True),
     ("a", "b", False),
     (NOW, NOW.replace(microsecond=999), True), (NOW, NOW + timedelta(seconds=2), False), (NOW, "x", False),
     ("1,000.00", Decimal("1000.00"), True), (True, True, True), (("r2",), ("r2",), True)],
)  # fmt: skip
def test_what_is_alike(stands: Cell, wrote: Cell, expected: bool) -> None:
    """Nothing is nothing, a number typed as text is that number, and times are rounded by trackers."""
    assert expected == alike(stands, wrote)


@pytest.mark.parametrize(
    ("cell", "text"),
    [(" x\n", "x"), (Decimal("1E+3"), "1000"), (True, ""), (("rec1",), ""), (date(2026, 1, 1), ""), (None, "")],
)
def test_a_cell_as_text(cell: Cell, text: str) -> None:
    """Texts without blanks around them, and numbers; nothing else is text."""
    assert text == Row("Leads", "rec1", {"It": cell}).text("It")


@pytest.mark.parametrize(
    ("cell", "ticked"),
    [(True, True), (" Yes ", True), ("x", True), ("1", True), ("no", False), ("", False), (None, False), (False, False),
     (Decimal(1), False)],
)  # fmt: skip
def test_a_box_that_is_ticked(cell: Cell, ticked: bool) -> None:
    """Also where a person types yes into a text column."""
    assert ticked == Row("Leads", "rec1", {"It": cell}).ticked("It")


@pytest.mark.parametrize(
    ("submitted", "made", "read"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), NOW, datetime(2026, 1, 1, tzinfo=UTC)),
        (None, datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)),
        ("yesterday", datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)),
        (None, None, NOW),
    ],
)
def test_when_a_lead_was_submitted(submitted: Cell, made: datetime | None, read: datetime) -> None:
    """When the partner says so, else when its row was made, else now."""
    assert read == LeadRow.of(Row("Leads", "rec1", {"Submitted": submitted}, made), NOW).submitted


@pytest.mark.parametrize(("direction", "sent"), [("Sent", True), (" sent ", True), ("Received", False), (None, False)])
def test_which_way_a_lead_goes(direction: Cell, sent: bool) -> None:
    """Only `Sent` is from us to the partner."""
    assert sent == LeadRow.of(Row("Leads", "rec1", {"Direction": direction}), NOW).sent
