"""What tests of the intake share: running it, and looking at rows, deals and mail afterwards."""

from __future__ import annotations

from tests.flows.conftest import Desk
from worker.engine.runs import Outcome


def staffed(desk: Desk) -> Desk:
    """Give a programme two partners who have their keys."""
    desk.partner("North Star")
    desk.partner("Blue Door")
    desk.run("intake")
    return desk


def intake(desk: Desk) -> Outcome:
    """Run the flow some minutes on, as the schedule does; HubSpot's search has caught up by then."""
    desk.later(minutes=5)
    return desk.run("intake")["intake"]


def quiet(desk: Desk) -> None:
    """Run once more: nothing may be written or sent."""
    before = desk.effects()
    intake(desk)
    assert before == desk.effects()


def shown(desk: Desk, row: str) -> tuple[str | None, str | None]:
    """Return status and problem of a row."""
    cells = desk.row(row)
    return cells.get("Status"), cells.get("Problem")


def deals(desk: Desk) -> list[str]:
    """Return the lead keys of all deals."""
    return sorted(str(deal["properties"].get("partner_lead_id")) for deal in desk.world.hubspot.deals())


def mailed(desk: Desk) -> list[str]:
    """Return whom mails went to."""
    return [letter.recipient for letter in desk.world.mail.received]
