"""Two runs at once of which one plans over what the other has changed by the time that it writes."""

from __future__ import annotations

import pytest

from tests.flows.conftest import Desk, on_both
from worker.app import App
from worker.domain.plan import Plan
from worker.engine.apply import apply
from worker.engine.result import Result
from worker.flows import FLOWS as FLOWS_BY_NAME
from worker.programme import EVERYTHING, Programme

pytestmark = pytest.mark.slow


def planned(app: App, flow: str) -> tuple[Programme, Plan]:
    """Read and plan, as the first half of a run."""
    programme = app.programme(app.services())
    return programme, FLOWS_BY_NAME[flow](programme)


def carried_out(app: App, programme: Programme, plan: Plan) -> Result:
    """Write what was planned, as the second half."""
    return apply(
        plan, tracker=programme.tracker, crm=programme.crm, notifiers=app.notifiers(), journal=app.journal,
        clock=app.clock, kept=programme.kept,
    )  # fmt: skip


@on_both
def test_a_lead_that_another_run_brought_into_the_crm_meanwhile(desk: Desk) -> None:
    """Its status does not go back to that of a new one, there is one deal, and the partner is told once."""
    desk.partner("North Star")
    desk.run()
    desk.lead("North Star", "Acme")
    desk.later(minutes=5)
    with desk.app() as slow, desk.app() as quick:
        programme, plan = planned(slow, "intake")
        quick.run(["intake"])
        (deal,) = desk.world.hubspot.deals()
        desk.world.hubspot.move_deal(deal["id"], "contractsent")
        desk.later(minutes=5)
        quick.run(["stages"])

        result = carried_out(slow, programme, plan)

        assert "waiting" == result.state
        assert "another run" in result.words
        assert ["Client pitch"] == [row["Status"] for row in desk.rows("Leads")]
    assert {"in sync"} == {outcome.state for outcome in desk.run().values()}
    assert ["Client pitch"] == [row["Status"] for row in desk.rows("Leads")]
    assert 1 == len(desk.world.hubspot.deals())
    assert 1 == len([letter for letter in desk.world.mail.received if b"We have your lead" in letter.raw])


@on_both
def test_a_stage_that_another_run_saw_later(desk: Desk) -> None:
    """What was read from the CRM first does not overwrite what was read after it."""
    desk.partner("North Star")
    row = desk.lead("North Star", "Acme")
    desk.later(minutes=5)
    desk.run()
    deal = desk.row(row)["Deal ID"]
    desk.world.hubspot.move_deal(deal, "contractsent")
    desk.later(minutes=5)
    with desk.app() as slow, desk.app() as quick:
        programme, plan = planned(slow, "stages")
        desk.win(deal)
        desk.later(minutes=5)
        quick.run(["stages"])

        result = carried_out(slow, programme, plan)

        assert ("waiting", "Won") == (result.state, desk.rows("Leads")[0]["Status"])
    assert {"in sync"} == {outcome.state for outcome in desk.run().values()}
    assert "Won" == desk.rows("Leads")[0]["Status"]


@on_both
@pytest.mark.parametrize("read", ["before", "after"])
def test_a_line_that_another_run_made_and_of_which_a_hand_changed_the_key(desk: Desk, read: str) -> None:
    """It is not made once more, and not written into the row that has its key now; the next run puts the keys back."""
    desk.partner("North Star", Plan="bronze")
    leads = [desk.lead("North Star", name) for name in ("Acme", "Birch")]
    desk.later(minutes=5)
    desk.run()
    first, second = (desk.row(lead)["Deal ID"] for lead in leads)
    desk.win(first)
    desk.later(minutes=5)
    desk.run()
    desk.win(second)
    desk.later(minutes=5)
    desk.run("stages")
    with desk.app() as slow, desk.app() as quick:
        programme = slow.programme(slow.services())
        programme.kept.load(EVERYTHING)
        if read == "before":
            FLOWS_BY_NAME["intake"](programme)
        quick.run(["commissions"])
        there = {row["fields"]["Line"]: row["id"] for row in desk.hands.rows("Commissions")}
        keys = [min(key for key in there if key.startswith(deal)) for deal in (first, second)]
        for key, other in zip(keys, reversed(keys), strict=True):
            desk.hands.edit("Commissions", there[key], {"Line": other})

        result = carried_out(slow, programme, FLOWS_BY_NAME["commissions"](programme))

        assert ("waiting", len(there)) == (result.state, len(desk.rows("Commissions")))
    desk.run()
    desk.run()
    assert sorted(there) == sorted(line["Line"] for line in desk.rows("Commissions"))
    assert 0 == desk.command("verify").code
