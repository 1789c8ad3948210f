"""A table whose header was renamed, doubled, deleted or retyped is left alone: what needs it waits, all else goes on.

On the day of the first statement: Acme's deal of 12,000 is shared by two partners, who earn 60 and 40 a month of it;
Other's deal stands in the first stage.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.flows.conftest import Desk, on_both
from worker.app import DEFAULT_FLOWS
from worker.engine.runs import Outcome

STATEMENT_DAY = datetime(2026, 4, 5, 8, tzinfo=UTC)
NEXT_DAY = datetime(2026, 7, 5, 8, tzinfo=UTC)
MONEY = frozenset({"commissions", "cash", "statements", "settle"})
WAITING = {
    "Partners": frozenset(DEFAULT_FLOWS),
    "Members": frozenset({"intake"}),
    "Leads": frozenset({"intake", "stages", "commissions", "cash", "statements"}),
    "Splits": frozenset({"commissions", "cash", "statements"}),
    "Commissions": MONEY,
    "Statements": frozenset({"statements", "settle"}),
}
COLUMN = {"Partners": "Key", "Members": "Name", "Leads": "Deal ID", "Splits": "Partner", "Commissions": "Why",
          "Statements": "Bill", "Activity": "Why"}  # fmt: skip
HOW = [
    ("google-sheets", "renamed", "has no column “Why”: was a header renamed or deleted? Put it back"),
    ("google-sheets", "doubled", "has more than one column “Why” (A and "),
    ("google-sheets", "deleted", "has no column “Why”"),
    ("airtable", "retyped", "Why is of the type singleSelect now, which can't hold it: make it single line text again"),
    ("airtable", "deleted", "Paid on is not there; `quarterday doctor` says what is missing"),
]
on_sheets = pytest.mark.parametrize("tracker", ["google-sheets"], indirect=True)
Mend = Callable[[], object]


@pytest.fixture
def settled(desk: Desk) -> Desk:
    """A programme on the day of its first statement, everything at rest."""
    desk.partner("North Star")
    desk.partner("Blue Door")
    desk.hands.add_row("Members", {"Partner": "North Star", "Email": "pat@north-star.test"})
    rows = [desk.lead("North Star", company) for company in ("Acme", "Other")]
    desk.run("intake")
    acme = desk.row(rows[0])
    for partner, share in (("North Star", 60), ("Blue Door", 40)):
        desk.hands.add_row("Splits", {"Lead": acme["Lead"], "Partner": partner, "Share": share})
    desk.win(acme["Deal ID"])
    contact = desk.world.xero.add_contact("Acme")
    desk.world.xero.pay(desk.world.xero.invoice(contact, 12000, tax_rate=20, reference=acme["Deal ID"]))
    desk.later(minutes=5)
    desk.run()
    desk.until(STATEMENT_DAY)
    desk.run()
    assert {"in sync"} == {outcome.state for outcome in again(desk).values()}
    return desk


def again(desk: Desk, *flows: str) -> dict[str, Outcome]:
    """Run flows five minutes on."""
    desk.later(minutes=5)
    return desk.run(*flows)


def quiet(desk: Desk) -> None:
    """Run once more: nothing may be written or sent."""
    before = desk.effects()
    again(desk)
    assert before == desk.effects()


def break_header(desk: Desk, table: str, how: str = "renamed") -> Mend:
    """Spoil one header of a table as a person might; return what mends it."""
    google, airtable, column = desk.world.google, desk.world.airtable, COLUMN[table]
    match desk.tracker, how:
        case "google-sheets", "renamed":
            google.rename_header(table, column, "Ours no more")
            return lambda: google.rename_header(table, "Ours no more", column)
        case "google-sheets", "doubled":
            google.insert_columns(table, 1)
            google.rename_header(table, 1, column)
            return lambda: google.delete_columns(table, 1)
        case "google-sheets", _:
            google.delete_columns(table, column)
            return google.undo
        case _, "deleted":
            airtable.delete_field(table, "Paid on")  # nobody has paid yet
            return lambda: desk.command("setup", "--apply")
    found = airtable.table(table)
    assert found is not None
    was = found.field(column)
    assert was is not None
    kind = was.type
    airtable.retype_field(table, column, "multipleSelects" if table in ("Members", "Splits") else "singleSelect")
    return lambda: airtable.retype_field(table, column, kind)


def lines(desk: Desk) -> dict[str, dict[str, Any]]:
    """Return the lines by their key."""
    return {row["Line"]: row for row in desk.rows("Commissions")}


def states(outcomes: dict[str, Outcome]) -> dict[str, str]:
    """Return how each flow ended."""
    return {flow: outcome.state for flow, outcome in outcomes.items()}


def paused(table: str) -> dict[str, str]:
    """Return how each flow ends while a table is paused."""
    return {flow: "failed" if flow in WAITING[table] else "needs attention" for flow in DEFAULT_FLOWS}


def of_lead(desk: Desk, company: str) -> str:
    """Return the row of a lead."""
    return next(str(row["id"]) for row in desk.hands.rows("Leads") if row["fields"]["Company"] == company)


# ---- one table after the other --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tracker", "how", "words"), HOW, indirect=["tracker"])
def test_commissions(settled: Desk, how: str, words: str) -> None:
    """Leads go into the CRM and follow their deals, no line is touched; once the header is back, all is caught up."""
    desk, before = settled, lines(settled)
    row = next(row["id"] for row in desk.hands.rows("Commissions") if row["fields"]["Month"] == "2026-11")
    desk.hands.edit("Commissions", row, {"Amount": 9999})
    new = desk.lead("Blue Door", "Fresh")
    desk.world.hubspot.move_deal(desk.row(of_lead(desk, "Other"))["Deal ID"], "closedlost")
    mend = break_header(desk, "Commissions", how)
    stood = desk.rows("Commissions")

    outcomes = again(desk)
    assert paused("Commissions") == states(outcomes)
    assert {True} == {words in outcome.words for outcome in outcomes.values()}
    assert "The Commissions table is paused, and what needs it waits: the ta" in outcomes["intake"].words
    assert "Qualified" == desk.row(new)["Status"]
    assert "Lost" == desk.row(of_lead(desk, "Other"))["Status"]
    quiet(desk)
    assert stood == desk.rows("Commissions")

    mend()
    outcomes = again(desk)
    assert {**dict.fromkeys(DEFAULT_FLOWS, "in sync"), "commissions": "needs attention"} == states(outcomes)
    assert "Amount was changed by hand from" in outcomes["commissions"].words
    assert before == lines(desk)
    assert ["Acme", "Fresh", "Other"] == sorted(
        deal["properties"]["dealname"].split(" ")[0] for deal in desk.world.hubspot.deals()
    )
    assert {"in sync"} == set(states(again(desk)).values())
    quiet(desk)


def news(desk: Desk) -> None:
    """Let something happen in every system: a lead comes in, another is lost, a partner's bill is paid."""
    desk.lead("Blue Door", "Fresh")
    desk.world.hubspot.move_deal(desk.row(of_lead(desk, "Other"))["Deal ID"], "closedlost")
    contact, statement = desk.world.xero.add_contact("Blue Door"), "2026-Q1/blue-door/GBP"
    desk.world.xero.pay(desk.world.xero.invoice(contact, 120, kind="ACCPAY", number=statement))


def heard(desk: Desk) -> dict[str, bool]:
    """Tell by flow whether its part of the news stands in the tracker."""
    statuses = {row["Company"]: row.get("Status") for row in desk.rows("Leads")}
    paid = {row["Statement"]: row["Status"] == "Paid" for row in desk.rows("Statements")}
    return {
        "intake": statuses["Fresh"] == "Qualified", "stages": statuses["Other"] == "Lost",
        "settle": paid["2026-Q1/blue-door/GBP"],
    }  # fmt: skip


@on_both
@pytest.mark.parametrize("table", ["Members", "Leads", "Splits", "Statements", "Partners"])
def test_another_table(settled: Desk, table: str) -> None:
    """Exactly the flows that need it wait, saying why; once the header is back, they catch up."""
    desk = settled
    news(desk)
    mend = break_header(desk, table)

    outcomes = again(desk)

    assert paused(table) == states(outcomes)
    assert {True} == {f"{table} " in words and COLUMN[table] in words for words in (o.words for o in outcomes.values())}
    quiet(desk)
    mend()
    assert {flow: flow not in WAITING[table] for flow in ("intake", "stages", "settle")} == heard(desk)
    assert {"in sync"} == set(states(again(desk)).values())
    assert {True} == set(heard(desk).values())
    assert 3 == len(desk.world.hubspot.deals())
    quiet(desk)


@on_both
def test_a_table_that_is_gone(settled: Desk) -> None:
    """A table that was deleted waits like one with a broken header, until `setup` makes it."""
    desk, sheets = settled, settled.tracker == "google-sheets"
    (desk.world.google.delete_tab if sheets else desk.world.airtable.delete_table)("Members")
    news(desk)

    outcomes = again(desk)
    assert paused("Members") == states(outcomes)
    assert {True} == {f"has no t{'ab' if sheets else 'able'} Members: `quart" in o.words for o in outcomes.values()}
    quiet(desk)

    assert 0 == desk.command("setup", "--apply").code
    assert {"in sync"} == set(states(again(desk)).values())
    assert {True} == set(heard(desk).values())


def test_several_at_once(settled: Desk) -> None:
    """Each is named to the flows that need it and to the others."""
    mends = [break_header(settled, table) for table in ("Members", "Splits", "Statements")]

    outcomes = again(settled)
    expected = {flow: "failed" if flow != "stages" else "needs attention" for flow in DEFAULT_FLOWS}
    assert expected == states(outcomes)
    assert "Members" in outcomes["intake"].words
    assert "Splits" not in outcomes["intake"].words
    told = outcomes["stages"].words
    assert [True] * 3 == [f"The {table} table is paused" in told for table in ("Members", "Splits", "Statements")]

    for mend in mends:
        mend()
    assert {"in sync"} == set(states(again(settled)).values())


@on_sheets
def test_it_costs_no_call(settled: Desk) -> None:
    """All flows of a run still read the spreadsheet once, and do not ask again for the tab that is paused."""
    break_header(settled, "Commissions")
    settled.later(minutes=5)
    before = len(settled.tracker_server.log)
    settled.run()

    asked = [call.path for call in settled.tracker_server.log[before:] if call.path != "/token"]
    assert 1 == len(asked)


# ---- what must neither vanish nor flap ------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize("table", ["Splits", "Commissions"])
def test_problems_of_money_on_leads(settled: Desk, table: str) -> None:
    """What the money rules said of a lead stands while they can't be asked, and goes when it is mended."""
    desk, row = settled, of_lead(settled, "Acme")
    split = desk.hands.rows("Splits")[0]["id"]
    desk.hands.edit("Splits", split, {"Share": 50})
    again(desk)
    problem = desk.row(row)["Problem"]
    assert "90" in problem
    mend = break_header(desk, table)

    again(desk)
    assert problem == desk.row(row)["Problem"]
    desk.world.hubspot.move_deal(desk.row(of_lead(desk, "Other"))["Deal ID"], "closedlost")
    again(desk)
    assert ("Lost", problem) == (desk.row(of_lead(desk, "Other"))["Status"], desk.row(row)["Problem"])
    quiet(desk)

    mend()
    again(desk)
    assert problem == desk.row(row)["Problem"]
    quiet(desk)
    desk.hands.edit("Splits", split, {"Share": 60})
    again(desk)
    assert "Problem" not in desk.row(row)


@on_sheets
def test_a_lead_that_was_deleted(settled: Desk) -> None:
    """What is held because of it is said also while the lines are paused, as they were last seen."""
    desk = settled
    desk.hands.delete("Leads", of_lead(desk, "Acme"))
    said = again(desk, "stages", "commissions")["stages"].words
    assert "open lines are held" in said
    desk.later(days=2)
    break_header(desk, "Commissions")

    assert said in again(desk, "stages")["stages"].words


@on_sheets
def test_what_a_hand_did_is_told_for_a_day(settled: Desk) -> None:
    """The words about it are remembered while their table is paused; they go when their day is over."""
    desk, row = settled, of_lead(settled, "Other")
    stood = desk.row(row)
    desk.hands.edit("Leads", row, {"Deal stage": "Nowhere"})
    again(desk, "stages")
    told = desk.row(row)["Problem"]
    assert "Deal stage was changed by hand" in told
    mend = break_header(desk, "Leads")
    assert paused("Leads") == states(again(desk))

    mend()
    again(desk)
    assert told == desk.row(row)["Problem"]
    desk.later(days=1)
    desk.run()
    assert stood == {**desk.row(row), "Synced": stood["Synced"]}
    quiet(desk)


def test_rows_that_are_lost_meanwhile(settled: Desk) -> None:
    """How many there were is remembered: a table that comes back empty stops every flow, as ever."""
    desk = settled
    rows = desk.hands.add_rows(
        "Members", [{"Partner": "Blue Door", "Email": f"p{n}@blue-door.test"} for n in range(10)]
    )
    again(desk)
    mend = break_header(desk, "Members")
    again(desk)
    for row in rows:
        desk.hands.delete("Members", row)

    mend()
    outcomes = again(desk)
    assert {"stopped"} == set(states(outcomes).values())
    assert "The Members table suddenly lost 10 of its 11 rows" in outcomes["intake"].words


# ---- keys -----------------------------------------------------------------------------------------------------------


def test_the_key_of_a_partner_whose_row_was_added_anew(settled: Desk) -> None:
    """It is the one that the lines carry, also while these are paused: no other is minted."""
    desk = settled
    row = next(row["id"] for row in desk.hands.rows("Partners") if row["fields"]["Partner"] == "Blue Door")
    desk.hands.edit("Partners", row, {"Partner": "Polaris"})
    for split in desk.hands.rows("Splits"):
        if split["fields"]["Partner"] == "Blue Door":
            desk.hands.edit("Splits", split["id"], {"Partner": "Polaris"})
    again(desk)
    stood = lines(desk)
    desk.hands.delete("Partners", row)
    mend = break_header(desk, "Commissions")
    anew = desk.partner("Polaris")
    again(desk)
    assert "blue-door" == desk.row(anew, "Partners")["Key"]

    mend()
    again(desk)
    assert stood == lines(desk)


@on_sheets
def test_nothing_goes_on_before_the_lines_were_ever_seen(settled: Desk) -> None:
    """A state that was lost knows no keys: until it has read the lines, every flow waits for them."""
    desk = settled
    mend = break_header(desk, "Commissions")
    desk.forget()
    new = desk.partner("New")
    before = desk.effects()

    assert {"failed"} == set(states(again(desk)).values())
    assert "Key" not in desk.row(new, "Partners")
    assert before == desk.effects()
    mend()
    again(desk)
    assert "new" == desk.row(new, "Partners")["Key"]


# ---- what flows do without a table that they can do without ---------------------------------------------------------


@on_sheets
def test_without_leads_bills_are_settled_and_nothing_is_summed_up(settled: Desk) -> None:
    """Totals, which count leads, stay as they are until Leads is back."""
    desk = settled
    news(desk)
    mend = break_header(desk, "Leads")
    stood = desk.rows("Partners")

    again(desk)
    assert {"Paid"} == {row["Status"] for row in desk.rows("Commissions") if "2026-Q1/blue" in row.get("Statement", "")}
    assert stood == desk.rows("Partners")
    mend()
    again(desk)
    assert [0, 120] == [row["Paid"] for row in desk.rows("Partners")]


@pytest.mark.parametrize("table", ["Leads", "Splits"])
def test_no_statement_of_lines_that_are_out_of_date(settled: Desk, table: str) -> None:
    """On its day it waits until the lines are what they must be, and is then issued whole."""
    desk = settled
    mend = break_header(desk, table)
    desk.until(NEXT_DAY)
    desk.run()
    desk.run("statements")
    assert 2 == len(desk.rows("Statements"))

    mend()
    again(desk)
    assert [("2026-Q2/blue-door/GBP", 120), ("2026-Q2/north-star/GBP", 180)] == sorted(
        (row["Statement"], row["Amount to invoice"]) for row in desk.rows("Statements") if row["Period"] == "2026-Q2"
    )
    again(desk)
    quiet(desk)


@on_sheets
@pytest.mark.parametrize("table", ["Leads", "Statements", "Partners", "Activity"])
def test_the_sweep(settled: Desk, table: str) -> None:
    """It sweeps what can be read, says what it left out, and fails only where that is everything."""
    desk = settled
    news(desk)
    break_header(desk, table)

    outcome = again(desk, "sweep")["sweep"]

    assert ("failed" if table == "Partners" else "needs attention") == outcome.state
    assert f"{table} " in outcome.words
    expected = {"Leads": (False, True), "Statements": (True, False), "Partners": (False, False)}
    swept = heard(desk)
    assert expected.get(table, (True, True)) == (swept["stages"], swept["settle"])


@on_both
def test_activity(settled: Desk) -> None:
    """Everything is done and only not told there; the run says so, and fails nothing."""
    desk = settled
    mend = break_header(desk, "Activity")
    told = len(desk.rows("Activity"))
    news(desk)

    outcomes = again(desk)
    assert {"needs attention"} == set(states(outcomes).values())
    assert {1} == {outcome.words.count("The Activity table is paused") for outcome in outcomes.values()}
    assert {True} == set(heard(desk).values())
    assert told == len(desk.rows("Activity"))
    assert 0 == desk.command("run").code

    mend()
    assert {"in sync"} == set(states(again(desk)).values())


# ---- commands -------------------------------------------------------------------------------------------------------


@on_sheets
def test_commands(settled: Desk) -> None:
    """`plan`, `status` and `explain` show what can be shown, and name the table that is paused."""
    desk = settled
    desk.later(minutes=5)
    key = next(row["Lead"] for row in desk.rows("Leads") if row["Company"] == "Acme")
    line = next(iter(lines(desk)))
    mend = break_header(desk, "Commissions")

    planned = desk.command("plan", "--json").json
    assert {"intake", "stages"} == planned["flows"].keys() - planned.get("failed", {}).keys()
    assert 1 == desk.command("run", "--json").code
    health = desk.command("status", "--json").json
    assert "The Commissions table is paused" in health["flows"]["intake"]["words"]
    assert "Commissions" in str(health["exchange"])
    chain = desk.command("explain", key, "--json")
    assert (0, True) == (chain.code, "2026-01" in chain.out)
    said = desk.command("explain", line)
    assert (True, True) == (said.code != 0, "Commissions" in said.output)
    mend()
    assert 0 == desk.command("run").code


def test_partners_performance_without_activity(settled: Desk) -> None:
    """It is shown as far as it is known, and says what is missing."""
    break_header(settled, "Activity")

    said = settled.command("status", "--partners")

    assert 0 == said.code
    assert "North Star" in said.out
    assert "The Activity table is paused" in said.out
