"""A table whose header was renamed, doubled, deleted or retyped is left alone: what needs it waits, all else goes on.

On the day of the first statement: Acme's deal of 12,000 is shared by two partners, who earn 60 and 40 a month of it;
Other's deal stands in the first stage, and Vague's was won by nobody knows what.
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
    "Leads": frozenset({"intake", "stages", "commissions", "cash"}),
    "Splits": frozenset({"commissions", "cash"}),
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
Mend = Callable[[], object]


@pytest.fixture
def settled(desk: Desk) -> Desk:
    """A programme on the day of its first statement, everything at rest."""
    desk.partner("North Star")
    desk.partner("Blue Door")
    desk.hands.add_row("Members", {"Partner": "North Star", "Email": "pat@north-star.test"})
    rows = [desk.lead("North Star", company) for company in ("Acme", "Other", "Vague")]
    desk.run("intake")
    acme, _, vague = (desk.row(row) for row in rows)
    for partner, share in (("North Star", 60), ("Blue Door", 40)):
        desk.hands.add_row("Splits", {"Lead": acme["Lead"], "Partner": partner, "Share": share})
    desk.win(acme["Deal ID"])
    desk.world.hubspot.move_deal(vague["Deal ID"], "closedwon")
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
    assert [f"{company}" for company in ("Acme", "Fresh", "Other", "Vague")] == sorted(
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
    assert 4 == len(desk.world.hubspot.deals())
    quiet(desk)
