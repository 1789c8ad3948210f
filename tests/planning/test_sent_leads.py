"""What keeps a lead that we sent to a partner from counting, in words for whom can mend it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from worker.domain.cells import Cell, Row
from worker.domain.kept import KEPT, Kept, filled
from worker.domain.tables import TOLD_BY_PARTNER
from worker.planning.hands import judge
from worker.planning.sent_leads import sent_problems

from .rows_of_leads import PARTNERS, lead_row

WON = {"Status": "Won", "Won_on": date(2026, 3, 2), "Estimated_value": Decimal(250), "Currency": "GBP"}
NO_COMMISSION = (
    "Estimated value and Currency do not state the commission that the partner owes us for it: write it as "
    '"1200" and "GBP", 0 if there is none.'
)
WORTH = {"Deal_value": Decimal(12000), "Deal_currency": "GBP", "Interval": "annual"}
NO_VALUE = (
    "Deal value, Deal currency and Interval do not state together what the client pays: write them as "
    '"12000", "GBP" and "annual", or leave Deal value empty.'
)
NO_DAY = 'Won on is missing: fill in the day on which the partner won it, as "2026-03-31".'


def problem(**cells: Any) -> str | None:
    """Return what is said of a row."""
    rows = [lead_row(Direction="Sent", **cells)]
    return sent_problems(rows, PARTNERS, ("Qualified", "Won", "Lost"), ZoneInfo("UTC")).get("rec1")


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({}, None),
        ({"Status": "Qualified", "Partner": "blue-door"}, None),
        ({"Status": "in review"}, None),
        ({"Status": "LOST", "Email": "nonsense", "Company": None}, None),
        (WON, None),
        ({**WON, "Status": "won", "Estimated_value": Decimal(0)}, None),
        ({**WON, "Hold": True, "Won_on": None}, None),
        ({"Partner": None}, "Partner is missing: fill in whom the lead was sent to."),
        (
            {"Partner": "Nobody"},
            "Partner “Nobody” is not in the Partners table: pick one that is there, or add it.",
        ),
        (
            {"Partner": "x" * 61},
            f"Partner “{'x' * 60}” is not in the Partners table: pick one that is there, or add it.",
        ),
        (
            {"Status": "Signed"},
            "Status is none of New, Needs attention, Duplicate, In review, On hold, Qualified, Won, Lost: "
            "choose the one that the partner reports.",
        ),
        ({**WON, "Won_on": None}, NO_DAY),
        ({**WON, "Currency": None}, NO_COMMISSION),
        (
            {**WON, "Estimated_value": Decimal("5000.5"), "Currency": "JPY"},
            "Estimated value 5000.5 is finer than JPY goes: write a whole amount.",
        ),
        (
            {**WON, "Estimated_value": "250.005"},
            "Estimated value 250.005 is finer than GBP goes: write at most 2 decimals.",
        ),
        ({**WON, "Estimated_value": Decimal("5000.0"), "Currency": "JPY"}, None),
        ({**WON, **WORTH}, None),
        ({**WON, **WORTH, "Interval": "Total, 12 months"}, None),
        (
            {**WON, **WORTH, "Interval": "Total"},
            'Interval is a total without its term: write it with the months, as "total, 12 months".',
        ),
        ({**WON, **WORTH, "Interval": None}, NO_VALUE),
        ({**WON, **WORTH, "Deal_currency": None}, NO_VALUE),
        ({**WON, **WORTH, "Deal_value": "plenty"}, NO_VALUE),
        ({**WON, "Interval": "total", "Deal_value": Decimal(0)}, None),
        ({**WON, "Won_on": "soon", "Estimated_value": "10 %"}, f"{NO_DAY} {NO_COMMISSION}"),
    ],
)
def test_what_is_said_of_a_sent_lead(cells: dict[str, Any], words: str | None) -> None:
    """Whom it went to, a status that is known, and, once won, the day, the commission and a value if one is stated."""
    assert words == problem(**cells)


@pytest.mark.parametrize("direction", ["Sent", "Received"])
def test_what_the_partner_says_of_a_sent_lead_is_no_mistake_of_a_hand(direction: str) -> None:
    """In a sent lead's row those cells are believed as they stand; in a received one's the worker's word counts."""
    wrote: dict[str, Cell] = {"Lead": "L-AAAAAAAA", "Direction": direction, "Deal ID": "9001"}
    stands: dict[str, Cell] = {**wrote, **dict.fromkeys(TOLD_BY_PARTNER, "theirs"), "Deal ID": "1"}
    found = judge(
        "Leads", [Row("Leads", "r1", stands)], {"r1"}, {"r1": Kept(filled(wrote, KEPT["Leads"]))}, KEPT["Leads"], {}
    )

    ours = {"Deal ID"} if direction == "Sent" else {"Deal ID", *TOLD_BY_PARTNER}
    assert ours == {hand.column for hand in found.hands}
    assert {**stands, **{column: wrote.get(column) for column in ours}} == found.rows[0].cells
