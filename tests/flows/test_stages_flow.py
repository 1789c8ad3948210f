"""The stages as a whole: what people do to deals in the CRM, and what lead rows and partners come to say and hear."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default as mail_policy
from typing import Any

import pytest

from tests.flows.conftest import Desk, on_both
from worker.engine.runs import Outcome
from worker.toml_reader import RulesError


def stages(desk: Desk) -> Outcome:
    """Run the flow once HubSpot's search has caught up."""
    desk.later(minutes=5)
    return desk.run("stages")["stages"]


def sweep(desk: Desk) -> None:
    """Run the nightly look at everything: what was archived leaves no trace among what changed."""
    desk.later(hours=12)
    assert "in sync" == desk.run("sweep")["sweep"].state


def quiet(desk: Desk) -> None:
    """Run once more: nothing may be written or sent, and each service is asked its least."""
    tracker, hubspot = desk.tracker_server.log, desk.world.servers["hubspot"].log
    before, calls = desk.effects(), (len(tracker), len(hubspot))
    stages(desk)
    assert before == desk.effects()
    assert len(tracker) - calls[0] <= 2
    assert len(hubspot) - calls[1] <= 1


def subjects(desk: Desk) -> list[str]:
    """Return the subjects of all mails."""
    return [str(message_from_bytes(m.raw, policy=mail_policy)["Subject"]) for m in desk.world.mail.received]


def lead(desk: Desk, partner: str = "North Star", company: str = "Acme") -> tuple[str, str]:
    """Bring a lead into the CRM and show its stage; return row and deal."""
    row = desk.lead(partner, company)
    desk.later(minutes=5)
    desk.run("intake", "stages")
    return row, str(desk.row(row)["Deal ID"])


@pytest.fixture
def staffed(desk: Desk) -> Desk:
    """A programme with two partners."""
    desk.partner("North Star")
    desk.partner("Blue Door")
    desk.run("intake")
    return desk


# ---- moving through the pipeline ------------------------------------------------------------------------------------


@on_both
def test_a_deal_on_its_way(staffed: Desk) -> None:
    """Every move shows in the row and is told once; moves within a status are not told."""
    row, deal = lead(staffed)
    hubspot = staffed.world.hubspot
    assert ("Qualified", "Appointment Scheduled") == (staffed.row(row)["Status"], staffed.row(row)["Deal stage"])
    quiet(staffed)

    for stage in ("qualifiedtobuy", "presentationscheduled", "contractsent"):
        hubspot.move_deal(deal, stage)
        stages(staffed)
        quiet(staffed)
    assert ("Client pitch", "Contract Sent") == (staffed.row(row)["Status"], staffed.row(row)["Deal stage"])

    staffed.win(deal, "4800", "monthly", "EUR")
    stages(staffed)
    cells = staffed.row(row)
    assert ("Won", "Closed Won", 4800, "EUR", "monthly", "2026-01-12") == tuple(
        cells[column] for column in ("Status", "Deal stage", "Deal value", "Deal currency", "Interval", "Won on")
    )
    quiet(staffed)
    assert [
        "We have your lead: Acme", "Acme is now: Approved", "Acme is now: Client pitch", "Acme is now: Won",
    ] == subjects(staffed)  # fmt: skip


def test_a_deal_that_is_lost_and_found_again(staffed: Desk) -> None:
    """Each turn is told; what was won first stays the day of the win."""
    row, deal = lead(staffed)
    for turn, stage in enumerate(("closedlost", "qualifiedtobuy", "closedlost")):
        staffed.world.hubspot.move_deal(deal, stage)
        stages(staffed)
        assert 2 + turn == len(subjects(staffed))

    assert "Lost" == staffed.row(row)["Status"]
    assert ["Acme is now: Lost", "Acme is now: Approved", "Acme is now: Lost"] == subjects(staffed)[1:]
    quiet(staffed)


def test_what_the_money_rules_miss_is_told_and_goes(staffed: Desk) -> None:
    """A deal won without an interval has a problem that names it."""
    row, deal = lead(staffed)
    staffed.win(deal)
    staffed.world.hubspot.edit("deals", deal, {"billing_interval": ""})
    stages(staffed)
    assert "nterval" in staffed.row(row)["Problem"]
    quiet(staffed)

    staffed.world.hubspot.edit("deals", deal, {"billing_interval": "annual"})
    stages(staffed)
    assert "Problem" not in staffed.row(row)


# ---- the rules are total --------------------------------------------------------------------------------------------


@on_both
def test_a_stage_without_status_stops_everything_before_anything_is_written(staffed: Desk) -> None:
    """File, key and remedy are named; a lead that waits is not pushed by the same command."""
    row, _ = lead(staffed)
    stage = staffed.world.hubspot.add_stage("default", "Legal review", "0.5")
    waiting = staffed.lead("Blue Door", "Other")
    staffed.later(hours=2)
    before = staffed.effects()

    for flows in ((), ("intake",), ("stages",), ("commissions",), ("sweep",)):
        with pytest.raises(RulesError) as caught:
            staffed.run(*flows)
        (fault,) = caught.value.faults
        assert str(staffed.rules / "stages.toml") == fault.file
        assert f"stages.{stage}" == fault.key
        assert "Legal review" in fault.text
        assert f'Add {stage} = "…"' in fault.remedy
    assert before == staffed.effects()
    assert "Status" not in staffed.row(waiting)
    said = staffed.command("run")
    assert 1 == said.code
    assert f"stages.{stage}" in said.output

    rules = staffed.rules / "stages.toml"
    rules.write_text(rules.read_text().replace("[stages]", f'[stages]\n{stage} = "Client pitch"'))
    staffed.run()
    assert "Qualified" == staffed.row(waiting)["Status"]
    assert "Problem" not in staffed.row(row)


def test_a_status_that_the_rules_rename(staffed: Desk) -> None:
    """Rows follow the rules where the column takes any text; partners are not told of new words for an old stage."""
    staffed.world.airtable.retype_field("Leads", "Status", "singleLineText")
    row, _ = lead(staffed)
    rules = staffed.rules / "stages.toml"
    rules.write_text(rules.read_text().replace('"Qualified"', '"Accepted"'))
    stages(staffed)

    assert "Accepted" == staffed.row(row)["Status"]
    assert ["We have your lead: Acme"] == subjects(staffed)


# ---- hold -----------------------------------------------------------------------------------------------------------


@on_both
def test_hold_and_back(staffed: Desk) -> None:
    """On hold while it is ticked, whatever the deal does; then where the deal stands by now."""
    row, deal = lead(staffed)
    staffed.hands.edit("Leads", row, {"Hold": True})
    stages(staffed)
    assert "On hold" == staffed.row(row)["Status"]
    quiet(staffed)
    staffed.world.hubspot.move_deal(deal, "qualifiedtobuy")
    stages(staffed)
    assert ("On hold", "Qualified To Buy") == (staffed.row(row)["Status"], staffed.row(row)["Deal stage"])
    assert 1 == len(subjects(staffed))

    staffed.hands.edit("Leads", row, {"Hold": False})
    stages(staffed)
    assert "Approved" == staffed.row(row)["Status"]
    assert ["Acme is now: Approved"] == subjects(staffed)[1:]
    quiet(staffed)


# ---- deals that are merged, archived, moved away --------------------------------------------------------------------


def test_a_merged_deal_is_followed(staffed: Desk) -> None:
    """The row shows what the survivor says, at once and later."""
    row, deal = lead(staffed)
    other = staffed.world.hubspot.add_deal({"dealname": "Acme again", "amount": "77"})
    staffed.later(minutes=5)
    survivor = staffed.world.hubspot.merge("deals", deal, other)
    stages(staffed)
    assert "Problem" not in staffed.row(row)
    quiet(staffed)

    staffed.win(survivor)
    stages(staffed)
    assert ("Won", 12000) == (staffed.row(row)["Status"], staffed.row(row)["Deal value"])
    quiet(staffed)


def test_two_leads_whose_deals_were_merged(staffed: Desk) -> None:
    """Both show the survivor; the later one is told that only one can earn, and stays so when the deal is won."""
    first, deal = lead(staffed)
    second, rival = lead(staffed, "Blue Door", "Acme Group")
    survivor = staffed.world.hubspot.merge("deals", deal, rival)
    stages(staffed)

    assert "Problem" not in staffed.row(first)
    told = staffed.row(second)["Problem"]
    assert "only one of them can earn: " in told
    assert "North Star" not in told
    quiet(staffed)

    staffed.win(survivor)
    stages(staffed)
    assert ["Won", "Won"] == [staffed.row(row)["Status"] for row in (first, second)]
    assert "only one of them can earn: " in staffed.row(second)["Problem"]
    assert "Problem" not in staffed.row(first)


@on_both
def test_an_archived_deal_is_in_doubt(staffed: Desk) -> None:
    """Status and worth stay, staff are told; once it is restored, the words go, and nobody was told of anything."""
    row, deal = lead(staffed)
    before = staffed.row(row)
    staffed.world.hubspot.archive("deals", deal)
    sweep(staffed)
    after = staffed.row(row)
    assert "archived in HubSpot): restore it in the CRM" in after.pop("Problem")
    assert {**before, "Synced": None} == {**after, "Synced": None}
    quiet(staffed)

    staffed.world.hubspot.restore("deals", deal)
    sweep(staffed)
    assert "Problem" not in staffed.row(row)
    assert ["We have your lead: Acme"] == subjects(staffed)


def test_a_deal_in_another_pipeline(staffed: Desk) -> None:
    """The status stays, and staff are told where it went; a status for that stage, or the way back, mends it."""
    row, deal = lead(staffed)
    hubspot = staffed.world.hubspot
    pipeline = hubspot.add_pipeline("Renewals", [("Renewing", "0.5"), ("Renewed", "1.0")])
    stage = hubspot.pipelines[pipeline].stages[0].id
    hubspot.move_deal(deal, stage)
    stages(staffed)
    assert "Qualified" == staffed.row(row)["Status"]
    assert f"of pipeline “{pipeline}”, which has no status: move it back" in staffed.row(row)["Problem"]
    quiet(staffed)

    hubspot.move_deal(deal, "qualifiedtobuy")
    stages(staffed)
    assert ("Approved", None) == (staffed.row(row)["Status"], staffed.row(row).get("Problem"))


@on_both
def test_a_lead_whose_row_is_deleted(staffed: Desk) -> None:
    """It is in doubt, and somebody is told; its deal is left alone, and no partner hears of it."""
    row, deal = lead(staffed)
    staffed.hands.delete("Leads", row)
    staffed.world.hubspot.move_deal(deal, "closedwon")

    outcome = stages(staffed)
    assert "needs attention" == outcome.state
    assert f"its deal {deal} stays as it is in the CRM. Restore the row" in outcome.words
    assert 1 == len(subjects(staffed))
    assert 1 == len(staffed.world.hubspot.deals())


# ---- hands ----------------------------------------------------------------------------------------------------------


TYPED_OVER = [
    ("Status", "Lost"), ("Deal value", 5), ("Won on", "2025-01-01"), ("Deal ID", "99999"), ("Lead", "mine"),
    ("Status", None), ("Deal stage", "mine"), ("Deal currency", "USD"), ("Interval", None), ("Client ID", "5"),
    ("Deal ID", "mine"), ("Lead", "L-AAAAAAAA"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("tracker", "column", "value"),
    [*(("airtable", *typed) for typed in TYPED_OVER), *(("google-sheets", *typed) for typed in TYPED_OVER[:5])],
    indirect=["tracker"],
)
def test_a_worker_cell_changed_by_hand(staffed: Desk, column: str, value: Any) -> None:
    """The next run puts it back and says so in the row, for a day; no partner is told."""
    row, deal = lead(staffed)
    staffed.win(deal)
    stages(staffed)
    quiet(staffed)
    before, told = staffed.row(row), subjects(staffed)

    staffed.hands.edit("Leads", row, {column: value})
    stages(staffed)
    after = staffed.row(row)
    assert after.pop("Problem").startswith(f"{column} was ")
    assert before == after
    quiet(staffed)
    staffed.later(days=1)
    stages(staffed)
    assert before == staffed.row(row)
    quiet(staffed)
    assert told == subjects(staffed)
    assert 1 == len(staffed.world.hubspot.deals())


@on_both
def test_a_deal_id_that_names_another_leads_deal(staffed: Desk) -> None:
    """Each row comes back to the deal that carries its key."""
    one, deal = lead(staffed)
    two, other = lead(staffed, "Blue Door", "Other")
    stages(staffed)
    staffed.hands.edit("Leads", one, {"Deal ID": other})
    staffed.hands.edit("Leads", two, {"Deal ID": deal})
    stages(staffed)

    assert [deal, other] == [staffed.row(row)["Deal ID"] for row in (one, two)]


# ---- stricter bases -------------------------------------------------------------------------------------------------


def test_a_base_with_other_column_types(staffed: Desk) -> None:
    """Currency and text columns, linked partners and a date with a time hold the same, and are not written again."""
    airtable = staffed.world.airtable
    airtable.retype_field("Leads", "Deal value", "currency", {"precision": 2, "symbol": "£"})
    airtable.retype_field("Leads", "Won on", "singleLineText")
    airtable.retype_field("Leads", "Synced", "singleLineText")
    airtable.retype_field("Leads", "Partner", "multipleRecordLinks", {"linkedTableId": "Partners"})
    partner = airtable.rows("Partners")[0]["id"]
    row = airtable.add_row("Leads", {"Partner": [partner], "Company": "Acme", "Email": "jo@acme.com"})
    staffed.later(minutes=5)
    staffed.run("intake", "stages")
    staffed.win(staffed.row(row)["Deal ID"], "1234.56")
    stages(staffed)

    cells = staffed.row(row)
    assert ("Won", 1234.56, "2026-01-12") == (cells["Status"], cells["Deal value"], cells["Won on"])
    assert ["We have your lead: Acme", "Acme is now: Won"] == subjects(staffed)
    quiet(staffed)


def test_a_select_that_lacks_a_status(staffed: Desk) -> None:
    """The run says which option is missing; everything else of the row is written, and the status follows later."""
    airtable = staffed.world.airtable
    row, deal = lead(staffed)
    quiet(staffed)
    choices = ["New", "Needs attention", "Duplicate", "In review", "On hold", "Qualified", "Approved", "Won", "Lost"]
    airtable.retype_field("Leads", "Status", "singleLineText")
    airtable.retype_field("Leads", "Status", "singleSelect", {"choices": choices})
    staffed.world.hubspot.move_deal(deal, "contractsent")
    outcome = stages(staffed)

    assert "needs attention" == outcome.state
    assert "does not offer “Client pitch”: add the option in Airtable" in str(outcome.result)
    assert ("Qualified", "Contract Sent") == (staffed.row(row)["Status"], staffed.row(row)["Deal stage"])
    assert ["We have your lead: Acme"] == subjects(staffed)
    quiet(staffed)

    airtable.add_option("Leads", "Status", "Client pitch")
    stages(staffed)
    assert "Client pitch" == staffed.row(row)["Status"]
    assert ["Acme is now: Client pitch"] == subjects(staffed)[1:]
    quiet(staffed)
