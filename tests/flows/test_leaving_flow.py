"""Partners who leave, come back, or get another Plan: what that does to leads and lines, through the whole app."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.flows.conftest import Desk


def stops(desk: Desk) -> None:
    """Let months after a partner's last day earn nothing."""
    file = desk.rules / "statements.toml"
    text = file.read_text(encoding="utf-8")
    assert 'after_leaving = "continue"' in text
    file.write_text(text.replace('after_leaving = "continue"', 'after_leaving = "stop"'), encoding="utf-8")


@pytest.fixture
def standing(desk: Desk) -> Desk:
    """A partner with one deal of 12,000 a year, won on 12 January, and its twelve lines."""
    desk.partner("North Star")
    row = desk.lead("North Star", "Acme")
    desk.run("intake")
    desk.win(desk.row(row)["Deal ID"])
    desk.later(minutes=5)
    desk.run()
    return desk


def edited(desk: Desk, **cells: Any) -> None:
    """Let a hand edit the one partner's row."""
    (row,) = desk.hands.rows("Partners")
    desk.hands.edit("Partners", row["id"], cells)


def status(desk: Desk, word: str) -> None:
    """Let staff choose the partner's Status."""
    edited(desk, Status=word)


def lines(desk: Desk) -> list[tuple[Any, ...]]:
    """Return month, status, amount and the sentence of every line, by month."""
    found = [(r["Month"], r["Status"], r["Amount"], r["Why"]) for r in desk.rows("Commissions")]
    return sorted(found)


def test_months_after_leaving_stop(standing: Desk) -> None:
    """Months that are not over when a partner is first seen as Left are cancelled, and say since when; the day stands
    on the rows, so that a run without its state finds the same, and a later one cancels no month more."""
    stops(standing)
    standing.until(datetime(2026, 3, 14, 9, tzinfo=UTC))
    standing.run()
    status(standing, "Left")
    standing.later(minutes=5)
    standing.run()
    then = lines(standing)
    standing.forget()
    standing.until(datetime(2026, 6, 20, 9, tzinfo=UTC))
    standing.run()

    assert ["Waiting", "Waiting", *["Cancelled"] * 10] == [line[1] for line in then]
    assert {(0, "Cancelled: not over when the partner left on 2026-03-14")} == {line[2:] for line in then[2:]}
    assert "Left, first seen on 2026-03-14: " in standing.rows("Partners")[0]["Problem"]
    assert then == lines(standing)
    assert {"in sync"} == {outcome.state for outcome in standing.run().values()}


def test_the_day_is_read_back_from_the_lines(standing: Desk) -> None:
    """State and the words on the partner's row both lost: the lines that were cancelled still know the last day."""
    stops(standing)
    standing.until(datetime(2026, 3, 14, 9, tzinfo=UTC))
    status(standing, "Left")
    standing.later(minutes=5)
    standing.run()
    then = lines(standing)
    edited(standing, Problem=None)
    standing.forget()
    standing.until(datetime(2026, 4, 20, 9, tzinfo=UTC))
    standing.run()

    assert then == lines(standing)
    assert "Left, first seen on 2026-03-14: " in standing.rows("Partners")[0]["Problem"]


def test_enrolling_again_brings_the_months_back(standing: Desk) -> None:
    """All is as if the partner had never left: same rows, same keys, same amounts."""
    stops(standing)
    standing.until(datetime(2026, 3, 14, 9, tzinfo=UTC))
    standing.run()
    before = lines(standing)
    status(standing, "Left")
    standing.later(minutes=5)
    standing.run()
    status(standing, "Enrolled")
    standing.later(minutes=5)
    standing.run()

    assert before == lines(standing)
    assert standing.rows("Partners")[0].get("Problem") is None


def test_leaving_changes_nothing_where_lines_continue(standing: Desk) -> None:
    """By default what was won goes on earning."""
    before = lines(standing)
    status(standing, "Left")
    standing.later(minutes=5)
    standing.run()

    assert before == lines(standing)


def test_a_lead_of_before_counts_and_a_later_one_does_not(standing: Desk) -> None:
    """A lead is judged by the day on which it was sent: one of the partner's last day that nobody had looked at yet
    goes into the CRM, one of the day after does not."""
    standing.until(datetime(2026, 3, 14, 9, tzinfo=UTC))
    status(standing, "Left")
    standing.run()
    standing.until(datetime(2026, 3, 16, 9, tzinfo=UTC))
    good = standing.lead("North Star", "Birch", Submitted="2026-03-14T20:00:00.000Z")
    late = standing.lead("North Star", "Cedar", Submitted="2026-03-15T20:00:00.000Z")
    standing.run("intake")

    assert standing.row(good)["Deal ID"]
    assert ("Needs attention", None) == (standing.row(late)["Status"], standing.row(late).get("Deal ID"))
    assert "Partner is not enrolled at present" in standing.row(late)["Problem"]


# ---- Plans ----------------------------------------------------------------------------------------------------------


def won_while_away(desk: Desk) -> str:
    """Let a deal be won, then the partner's Plan be edited, while the worker is down; return the deal."""
    desk.partner("North Star")
    row = desk.lead("North Star", "Acme")
    desk.run()
    deal: str = desk.row(row)["Deal ID"]
    desk.until(datetime(2026, 2, 3, 9, tzinfo=UTC))
    desk.win(deal)
    desk.until(datetime(2026, 2, 5, 9, tzinfo=UTC))
    edited(desk, Plan="silver")
    desk.until(datetime(2026, 2, 10, 9, tzinfo=UTC))
    return deal


def rates(desk: Desk) -> set[str]:
    return {row["Rate"] for row in desk.rows("Commissions")}


def test_the_plan_of_the_won_date_counts_after_downtime(desk: Desk) -> None:
    """The Plan was edited between the won date and the first run that sees the deal won: the one that stood when the
    deal was won rates it; what is won later has the new one."""
    won_while_away(desk)
    desk.run()
    later = desk.lead("North Star", "Birch")
    desk.run()
    desk.win(desk.row(later)["Deal ID"])
    desk.later(minutes=5)
    desk.run()

    assert {"10 % (gold, 2024-01)", "7.5 % (silver, 2024-01)"} == rates(desk)
    assert {"gold"} == {row["Rate"].split("(")[1].split(",")[0] for row in desk.rows("Commissions")
                        if row["Client"] == "Acme"}  # fmt: skip


def test_without_the_state_the_present_plan_counts(desk: Desk) -> None:
    """What stood earlier is only remembered: where that is lost, a deal nobody has rated yet has the present Plan."""
    won_while_away(desk)
    desk.forget()
    desk.run()

    assert {"7.5 % (silver, 2024-01)"} == rates(desk)


def test_looking_remembers_nothing(desk: Desk) -> None:
    """`plan` sees a Plan that was edited, but only a run takes note of it."""
    desk.partner("North Star")
    desk.run()
    edited(desk, Plan="silver")
    with desk.app() as app:
        before = app.memory.load("partners")
    desk.command("plan")

    with desk.app() as app:
        assert before == app.memory.load("partners")
