"""A lead that was sent before its partner was enrolled: it goes on once the partner is, and earns nothing."""

from __future__ import annotations

import pytest

from tests.flows.conftest import Desk, on_both

pytestmark = on_both
WORDS = (
    "North Star was not enrolled on 2026-01-14, when this lead was sent: it earns no commission on it. "
    "If it should, write into Submitted a day on which it was enrolled"
)


def wins(desk: Desk, row: str) -> None:
    """Let the lead's deal be won and all flows run."""
    desk.win(desk.row(row)["Deal ID"])
    desk.later(minutes=5)
    desk.run()


def quiet(desk: Desk) -> None:
    """Run once more: nothing may be written or sent."""
    before = desk.effects()
    desk.later(minutes=5)
    desk.run()
    assert before == desk.effects()


@pytest.fixture(params=["not in the table", "without a Status", "left"])
def early(request: pytest.FixtureRequest, desk: Desk) -> tuple[Desk, str]:
    """A lead of 14 January, whose partner is enrolled on the 16th; at work since the 12th."""
    desk.partner("Blue Door")
    if request.param != "not in the table":
        here = desk.partner("North Star", Status={"left": "Left"}.get(request.param, ""))
    desk.run()
    desk.later(days=2)
    row = desk.lead("North Star", "Acme")
    for _ in range(2):
        desk.run()
        assert "Needs attention" == desk.row(row)["Status"]
        desk.later(days=1)
    if request.param == "not in the table":
        desk.partner("North Star")
    else:
        desk.hands.edit("Partners", here, {"Status": "Enrolled"})
    desk.run()
    return desk, row


def test_it_goes_on_and_says_that_it_earns_nothing(early: tuple[Desk, str]) -> None:
    """It is a lead like any other, but for the money."""
    desk, row = early
    wins(desk, row)

    told = desk.row(row)
    assert ("Won", WORDS) == (told["Status"], told["Problem"])
    assert [] == desk.rows("Commissions")
    steps = desk.command("explain", told["Lead"], "--json").json["steps"]
    assert [WORDS] == [one["text"] for one in steps if one["step"] == "problem"]
    quiet(desk)


def test_it_stays_so_where_the_state_is_lost(early: tuple[Desk, str]) -> None:
    """The row says it, and is believed."""
    desk, row = early
    wins(desk, row)
    desk.forget()
    for _ in range(2):
        desk.later(minutes=5)
        desk.run()

    assert WORDS == desk.row(row)["Problem"]
    assert [] == desk.rows("Commissions")


def test_staff_may_say_otherwise(early: tuple[Desk, str]) -> None:
    """A day of the enrolment in Submitted is staff's word: the problem goes, and the lines come."""
    desk, row = early
    wins(desk, row)
    desk.hands.edit("Leads", row, {"Submitted": "2026-01-16T09:00:00.000Z"})
    for _ in range(2):
        desk.later(minutes=5)
        desk.run()

    assert not desk.row(row).get("Problem")
    assert 12 == len(desk.rows("Commissions"))
    quiet(desk)


@pytest.mark.parametrize("sent", ["2026-01-11T09:00:00.000Z", "2026-01-14T09:00:00.000Z"])
def test_what_nobody_saw_is_not_held_against_a_partner(desk: Desk, sent: str) -> None:
    """A lead of before the first look, and one of the day of the last look without the partner, earn."""
    desk.run()
    desk.later(days=2)
    desk.run()
    desk.later(days=5)
    desk.partner("North Star")
    row = desk.lead("North Star", "Acme", Submitted=sent)
    desk.run()
    wins(desk, row)

    assert not desk.row(row).get("Problem")
    assert 12 == len(desk.rows("Commissions"))
