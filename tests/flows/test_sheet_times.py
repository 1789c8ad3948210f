"""Times in a spreadsheet over whole runs: the hour that a clock shows twice, and zones that are changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.flows.conftest import Desk
from worker.engine.runs import Outcome

pytestmark = pytest.mark.parametrize("tracker", ["google-sheets"], indirect=True)
CLOCKS_WENT_BACK = datetime(2026, 10, 25, 1, 20, tzinfo=UTC)  # 01:20 in London, for the second time that night


def synced(desk: Desk) -> Desk:
    """Let twelve leads be put into the CRM: more than a run lets hands change at once."""
    desk.partner("North Star")
    for n in range(12):
        desk.lead("North Star", f"Acme {n}")
    desk.later(minutes=5)
    desk.run()
    return desk


def states(outcomes: dict[str, Outcome]) -> set[str]:
    return {outcome.state for outcome in outcomes.values()}


def problems(desk: Desk) -> list[object]:
    return [row["Problem"] for row in desk.rows("Leads") if row.get("Problem")]


def at_rest(desk: Desk) -> None:
    """Nothing is blamed on anybody, and nothing is written."""
    desk.later(minutes=5)
    before = desk.effects()
    assert {"in sync"} == states(desk.run())
    assert [] == problems(desk)
    assert before == desk.effects()


def test_leads_that_come_in_the_hour_after_the_clocks_went_back(desk: Desk) -> None:
    """No hand is seen where none was, neither then nor later, and nothing stops."""
    desk.until(CLOCKS_WENT_BACK)
    synced(desk)

    at_rest(desk)
    desk.later(days=2)
    at_rest(desk)


def test_the_programme_moves_to_another_zone(desk: Desk) -> None:
    """`setup --apply` lets the spreadsheet count in it; what was written before is nobody's doing."""
    synced(desk)
    text = desk.config.read_text(encoding="utf-8")
    desk.config.write_text(text.replace("[programme]\n", '[programme]\ntimezone = "Europe/Berlin"\n'), encoding="utf-8")
    assert 0 == desk.command("setup", "--apply").code
    assert "Europe/Berlin" == desk.world.google.file.properties["timeZone"]

    at_rest(desk)


def test_somebody_lets_the_spreadsheet_count_in_another_zone(desk: Desk) -> None:
    """Also after the doctor, who says it, has looked at the zone."""
    synced(desk)
    desk.world.google.set_time_zone("America/New_York")
    assert "the spreadsheet counts in America/New_York" in desk.command("doctor").out

    at_rest(desk)


def test_a_form_is_filled_in_after_the_zone_was_changed(desk: Desk) -> None:
    """After the next sweep the worker has seen it: 06:00 is that of New York."""
    synced(desk)
    desk.world.google.set_time_zone("America/New_York")
    desk.later(hours=1)
    desk.run("sweep")
    cells = {"Partner": "North Star", "Company": "Birch", "Website": "https://birch.com", "Email": "jo@birch.com"}
    desk.world.google.submit_form("Leads", {**cells, "First name": "Jo", "Last name": "Doe", "Submitted": 46034.25})
    desk.later(minutes=5)
    desk.run("intake")

    with desk.app() as app:
        rows = app.services().tracker.read(["Leads"])["Leads"]
    assert [datetime(2026, 1, 12, 11, tzinfo=UTC)] == [
        r.cells["Submitted"] for r in rows if r.text("Company") == "Birch"
    ]
    assert [] == problems(desk)
