"""Intake as a whole: rows that people and forms leave in the tracker, and what comes of them everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest

from tests.flows.conftest import START, Desk, PlayedClock, on_both
from tests.flows.intake_hands import deals, intake, mailed, quiet, shown, staffed
from worker.app import App, load
from worker.domain.keys import is_lead_key
from worker.engine.runs import Outcome
from worker.planning.intake import WORKED_ON
from worker.sandbox.world import World


@pytest.fixture(name="staffed")
def staffed_desk(desk: Desk) -> Desk:
    """A programme with two partners who have their keys."""
    return staffed(desk)


# ---- partners --------------------------------------------------------------------------------------------------------


def test_partners_get_their_keys_and_their_problems(desk: Desk) -> None:
    """Keys are short, unique and stay; what is wrong is told and goes once it is mended."""
    star = desk.partner("North Star Ltd")
    twin = desk.partner("North Star Inc", Plan="gould", Email=None)
    intake(desk)

    assert ("north-star", "north-star-2") == (desk.row(star, "Partners")["Key"], desk.row(twin, "Partners")["Key"])
    assert "Problem" not in desk.row(star, "Partners")
    told = desk.row(twin, "Partners")["Problem"]
    assert told.startswith("Plan “gould” is not in rules/commissions.toml: choose one of ")
    assert told.endswith("Neither Email nor Slack channel is filled in: the partner can't be told anything.")

    desk.hands.edit("Partners", twin, {"Partner": "South Star", "Plan": "gold", "Email": "a@b.test", "Key": "x/y"})
    intake(desk)
    assert "north-star-2" == desk.row(twin, "Partners")["Key"]
    assert desk.row(twin, "Partners")["Problem"].startswith("Key was changed by hand from “north-star-2” to “x/y”")
    quiet(desk)


@on_both
def test_a_partner_key_changed_by_hand(staffed: Desk) -> None:
    """The partner was renamed and has lines: its key is put right before any of them could be earned again."""
    row = staffed.hands.rows("Partners")[0]["id"]
    lead = staffed.lead("North Star", "Acme")
    intake(staffed)
    staffed.win(staffed.row(lead)["Deal ID"])
    staffed.later(minutes=5)
    staffed.run()
    staffed.hands.edit("Partners", row, {"Partner": "South Star"})
    staffed.hands.edit("Leads", lead, {"Partner": "South Star"})
    staffed.later(minutes=5)
    staffed.run()
    lines = staffed.rows("Commissions")
    assert {("South Star", "north-star")} == {(line["Partner"], line["Line"].split("/")[1]) for line in lines}

    for changed in ("south-star", None):
        staffed.hands.edit("Partners", row, {"Key": changed})
        staffed.later(minutes=5)
        staffed.run("commissions")
        staffed.run()
        assert "north-star" == staffed.row(row, "Partners")["Key"]
        assert lines == staffed.rows("Commissions")


@on_both
def test_a_copied_partner_row_is_a_partner_of_its_own(staffed: Desk) -> None:
    """Staff copy a row to add a partner: the copy gets a key, the original keeps its own."""
    rows = staffed.hands.rows("Partners")
    copy = staffed.hands.duplicate("Partners", rows[0]["id"])
    staffed.hands.edit("Partners", copy, {"Partner": "Third Wave", "Company domain": "third-wave.test"})
    lead = staffed.lead("Third Wave", "Acme")
    intake(staffed)

    keys = {row["Partner"]: row["Key"] for row in staffed.rows("Partners")}
    assert {"North Star": "north-star", "Blue Door": "blue-door", "Third Wave": "third-wave"} == keys
    assert "Qualified" == staffed.row(lead)["Status"]
    assert "third-wave" == staffed.world.hubspot.deals()[0]["properties"]["source_partner"]


# ---- rubbish ---------------------------------------------------------------------------------------------------------

RUBBISH: Mapping[str, Mapping[str, Any]] = {
    "emoji only": {"Company": "🚀🚀🚀", "First name": "😀", "Email": "💌"},
    "as much as a cell holds": dict.fromkeys(("Company", "Website", "Email", "Notes", "Phone"), "x" * 50_000),
    "control characters": {"Company": "\x01\x02\x1f", "Email": "jo\x00@acme.com", "Notes": "\x07"},
    "formula text": {"Company": '=IMPORTDATA("http://evil.test")', "Email": "=1+1", "Website": "=A1"},
    "markup": {"Company": "<script>alert(1)</script>", "Email": "<b>jo@acme.com</b>", "Phone": "<script>"},
    "nothing but the partner": {"Company": None, "Website": None, "First name": None, "Last name": None, "Email": None},
    "an unknown partner": {"Partner": "'; DROP TABLE Partners; --"},
    "numbers": {"Company": "12345", "Email": "12345", "Country": "12345", "Currency": "12345"},
    "a sum that nobody pays": {"Estimated value": -5},
    "a day before all others": {"Submitted": "0001-01-01T00:00:00.000Z"},
    "right to left and zero width": {"Company": "\u202e\u200b\u200d", "Website": "\u200b", "Email": "\u200bjo"},
}


@on_both
def test_rows_of_rubbish_stop_nobody(staffed: Desk) -> None:
    """Each is told what is wrong with it, none reaches the CRM, and the good row among them goes through."""
    rows = {name: staffed.lead("North Star", f"Junk {n}", **cells) for n, (name, cells) in enumerate(RUBBISH.items())}
    blank = staffed.hands.add_row("Leads", {"Company": " \n", "Notes": "\t"})
    good = staffed.lead("North Star", "Good")
    empty = staffed.hands.add_row("Leads", {})
    outcome = intake(staffed)

    assert ("in sync", ()) == (outcome.state, outcome.result.errors if outcome.result else None)
    assert "Qualified" == staffed.row(good)["Status"]
    assert [staffed.row(good)["Lead"]] == deals(staffed)
    for name, row in rows.items():
        status, problem = shown(staffed, row)
        assert ("Needs attention", True) == (status, is_lead_key(staffed.row(row)["Lead"])), name
        assert problem is not None, name
        assert ": " in problem, name
        assert len(problem) < 1500, name
    assert ({}, {"Company", "Notes"}) == (staffed.row(empty), staffed.row(blank).keys())
    quiet(staffed)


@pytest.mark.parametrize(
    ("spoilt", "starts", "mended"),
    [
        ({"Company": None}, "Company is missing: fill it in", {"Company": "Acme"}),
        ({"Email": "jo@"}, "Email is not an e-mail address", {"Email": "jo@acme.com"}),
        ({"Website": "n/a"}, "Website is not a web address", {"Website": None}),
        ({"Phone": "12"}, "Phone is not a telephone number", {"Phone": "020 7946 0958"}),
        ({"Country": "Narnia"}, "Country is not a country", {"Country": "UK"}),
        ({"Currency": "quid"}, "Currency is not the code of a currency", {"Currency": "gbp"}),
        ({"Estimated value": -1}, "Estimated value is not a sum", {"Estimated value": 1}),
        ({"Partner": "Nobody"}, "Partner “Nobody” is not in the Partners table", {"Partner": "north-star"}),
        ({"Email": "jo@north-star.test"}, "This lead is the partner's own company", {"Email": "jo@acme.com"}),
        ({"Website": "north-star.test"}, "This lead is the partner's own company", {"Website": "acme.com"}),
    ],
)
def test_a_refusal_clears_itself_once_mended(
    staffed: Desk, spoilt: dict[str, Any], starts: str, mended: dict[str, Any]
) -> None:
    """The problem names the field; when the row is right, status and problem are rewritten and the lead is pushed."""
    row = staffed.lead("North Star", "Acme", **spoilt)
    intake(staffed)
    status, problem = shown(staffed, row)
    assert ("Needs attention", []) == (status, mailed(staffed))
    assert str(problem).startswith(starts)
    quiet(staffed)

    staffed.hands.edit("Leads", row, mended)
    intake(staffed)
    assert ("Qualified", None) == shown(staffed, row)
    assert [staffed.row(row)["Lead"]] == deals(staffed)
    assert ["money@north-star.test"] == mailed(staffed)
    quiet(staffed)


@on_both
def test_a_lead_from_a_partner_who_is_not_enrolled(staffed: Desk) -> None:
    """It waits until the partner is; the reason is the row's to show."""
    paused = staffed.partner("Idle Hands", Status="Paused")
    row = staffed.lead("Idle Hands", "Acme")
    intake(staffed)
    assert "Needs attention" == staffed.row(row)["Status"]
    assert "set the partner's Status to Enrolled" in staffed.row(row)["Problem"]

    staffed.hands.edit("Partners", paused, {"Status": "Enrolled"})
    intake(staffed)
    assert ("Qualified", None) == shown(staffed, row)


def test_a_member_is_no_lead_of_the_own_partner(staffed: Desk) -> None:
    """Addresses of the Members table count, also those at free-mail hosts."""
    staffed.hands.add_row("Members", {"Email": "Sam@Gmail.com", "Partner": "north-star"})
    own = staffed.lead("North Star", "Sam", Email="sam@gmail.com", Website=None)
    other = staffed.lead("Blue Door", "Sam", Email="sam@gmail.com", Website=None)
    intake(staffed)

    assert "This lead is the partner's own company" in staffed.row(own)["Problem"]
    assert "Qualified" == staffed.row(other)["Status"]


# ---- hold, and leads that we send ------------------------------------------------------------------------------------


@on_both
def test_hold_ticked_and_unticked(staffed: Desk) -> None:
    """A held row goes nowhere and is told nothing; it keeps its place, and goes through once it is free."""
    held = staffed.lead("North Star", "Acme", Hold=True)
    rival = staffed.lead("Blue Door", "Acme")
    intake(staffed)
    assert (("On hold", None), ("Duplicate", WORKED_ON)) == (shown(staffed, held), shown(staffed, rival))
    assert ([], []) == (deals(staffed), mailed(staffed))
    quiet(staffed)

    staffed.hands.edit("Leads", held, {"Hold": False})
    intake(staffed)
    assert ("Qualified", None) == shown(staffed, held)
    assert ["money@north-star.test"] == mailed(staffed)


def test_a_lead_that_we_sent_gets_a_key_only(staffed: Desk) -> None:
    """It is ours, not the partner's: never pushed, vetted or told of."""
    row = staffed.lead("North Star", "Acme", Direction="Sent", Email="rubbish")
    rival = staffed.lead("Blue Door", "Acme")
    intake(staffed)

    assert is_lead_key(staffed.row(row)["Lead"])
    assert (None, None) == shown(staffed, row)
    assert "Qualified" == staffed.row(rival)["Status"]
    quiet(staffed)


# ---- rows still being typed ------------------------------------------------------------------------------------------


class TypingClock(PlayedClock):
    """A clock during whose waits somebody goes on typing."""

    def __init__(self, world: World, typing: Callable[[], None]) -> None:
        super().__init__(world.clock)
        self.typing = typing

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if seconds >= 5:
            self.typing()


def run_while(desk: Desk, typing: Callable[[], None]) -> Outcome:
    """Run intake while somebody types."""
    desk.later(minutes=5)
    config, loaded = load(desk.config)
    with App(config, loaded, clock=TypingClock(desk.world, typing)) as app:
        return app.run(["intake"])["intake"]


@on_both
def test_a_row_still_being_typed_is_left(staffed: Desk) -> None:
    """Its neighbour goes through; it follows as soon as nobody types in it."""
    half = staffed.lead("North Star", "Ac", Email=None)
    done = staffed.lead("North Star", "Other")

    def type_on() -> None:
        staffed.hands.edit("Leads", half, {"Company": "Acme", "Email": "jo@acme.com"})

    run_while(staffed, type_on)
    assert "Qualified" == staffed.row(done)["Status"]
    assert {"Lead", "Status", "Problem"}.isdisjoint(staffed.row(half))

    intake(staffed)
    assert ("Qualified", "Acme") == (staffed.row(half)["Status"], staffed.row(half)["Company"])


def test_a_second_look_costs_one_poll(staffed: Desk) -> None:
    """And only when a row is new; with `settle_seconds = 0` there is none, and no wait."""
    log = staffed.world.servers["airtable"].log

    def polls() -> int:
        before = len(log)
        intake(staffed)
        return sum(call.method == "GET" for call in log[before:])

    polls()
    quiet_polls = polls()
    staffed.lead("North Star", "Acme", Country="Narnia")
    first, second = polls(), polls()
    assert (1, 0) == (first - quiet_polls - 1, second - quiet_polls)  # a poll, and the new row itself

    rules = staffed.rules / "intake.toml"
    rules.write_text(rules.read_text().replace("settle_seconds = 5", "settle_seconds = 0"))
    staffed.lead("North Star", "Other", Country="Narnia")
    before = staffed.world.clock.now()
    assert 1 == polls() - quiet_polls
    assert (staffed.world.clock.now() - before).total_seconds() < 304


def test_a_base_without_a_feed_reads_one_table_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that may make no hooks: the second look is at the leads alone."""
    monkeypatch.setenv("AIRTABLE_TOKEN", "patPLAIN")
    desk.world.airtable.add_token("patPLAIN", scopes={"data.records:read", "data.records:write", "schema.bases:read"})
    desk.partner("North Star")
    intake(desk)
    log = desk.world.servers["airtable"].log
    before = len(log)
    desk.lead("North Star", "Acme", Country="Narnia")
    intake(desk)

    reads = [call for call in log[before:] if call.method == "GET" and "/meta/" not in call.path]
    assert 7 == len(reads)  # six tables, and one of them again


# ---- when the CRM is away --------------------------------------------------------------------------------------------


def test_a_crm_that_is_down_stops_no_partner(staffed: Desk) -> None:
    """The run says so, and the next one goes on where it was; the lead is told of once."""
    row = staffed.lead("North Star", "Acme")
    staffed.world.hubspot.faults.order("status", times=500, options={"status": 503})
    outcome = intake(staffed)
    assert "failed" == outcome.state
    assert "hubspot" in outcome.words.lower()
    assert [] == mailed(staffed)

    staffed.world.hubspot.faults.clear()
    intake(staffed)
    assert ("Qualified", None) == shown(staffed, row)
    assert ["money@north-star.test"] == mailed(staffed)


@on_both
def test_a_lead_that_the_crm_refuses(staffed: Desk) -> None:
    """What HubSpot says stands in the row, and is taken away when it takes the lead."""
    hubspot = staffed.world.hubspot
    row = staffed.lead("North Star", "Acme", Currency="NOK", **{"Estimated value": 5})
    good = staffed.lead("North Star", "Good")
    intake(staffed)
    status, problem = shown(staffed, row)
    assert ("Needs attention", "Qualified") == (status, staffed.row(good)["Status"])
    assert str(problem).startswith("The CRM (HubSpot) refused this lead: ")
    assert str(problem).endswith(": correct Currency in the row")

    staffed.hands.edit("Leads", row, {"Currency": "GBP"})
    intake(staffed)
    assert ("Qualified", None) == shown(staffed, row)
    assert 2 == len(hubspot.deals())


@on_both
def test_the_row_knows_when_it_was_synced(staffed: Desk) -> None:
    """`Synced` is the time of the run that wrote the ids."""
    row = staffed.lead("North Star", "Acme")
    intake(staffed)

    synced = datetime.fromisoformat(staffed.row(row)["Synced"])
    assert START < synced <= staffed.world.clock.now()
