"""Guards, through the app and the command line: what would change too much stops before any write and asks a person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.flows.conftest import Desk, on_both

DEALS = 4


@pytest.fixture
def standing(desk: Desk) -> Desk:
    """A programme with 48 open lines of four deals of one partner, at rest."""
    desk.partner("North Star")
    rows = [desk.lead("North Star", f"Client {n}") for n in range(DEALS)]
    desk.run("intake")
    for row in rows:
        desk.win(desk.row(row)["Deal ID"], "12000", "annual")
    desk.later(minutes=5)
    outcomes = desk.run()
    assert {"in sync"} == {outcome.state for outcome in outcomes.values()}
    return desk


def rate(desk: Desk, percent: str) -> None:
    """Edit the rate of plan gold in place, as somebody might who does not know about versions."""
    file = desk.rules / "commissions.toml"
    written = file.read_text(encoding="utf-8")
    changed = written.replace('rate = "10" ', f'rate = "{percent}" ', 1)
    assert written != changed
    file.write_text(changed, encoding="utf-8")


def amounts(desk: Desk) -> set[Any]:
    """Return the different amounts of all lines."""
    return {row["Amount"] for row in desk.rows("Commissions")}


def test_first_lines_pass(standing: Desk) -> None:
    """The first lines of newly won deals trip no guard, however many they are."""
    assert 12 * DEALS == len(standing.rows("Commissions"))
    assert {100} == amounts(standing)


def test_a_rate_edited_in_place_stops(standing: Desk) -> None:
    """A run that would change most open lines stops with exit code 3, writes nothing and says what it saw."""
    rate(standing, "20")
    before = standing.effects()

    result = standing.command("run", "commissions", "--json")

    assert 3 == result.code
    flow = result.json["flows"]["commissions"]
    assert "stopped" == flow["state"]
    assert ["48 commission lines would be changed, while 48 are open"] == [
        words.split(": ")[0] for words in flow["errors"]
    ]
    assert before == standing.effects()
    assert {100} == amounts(standing)
    health = standing.command("status", "--json").json["flows"]["commissions"]
    assert ("stopped", True) == (health["state"], "48 commission lines would be changed" in health["words"])


@on_both
def test_the_approved_plan_is_applied(standing: Desk) -> None:
    """`plan` shows what would change with a digest, and `run --approve` of that digest does exactly that."""
    rate(standing, "20")
    standing.later(minutes=1)

    planned = standing.command("plan", "commissions", "--json").json
    standing.later(minutes=1)
    result = standing.command("run", "commissions", "--json", "--approve", planned["digest"])

    plan = planned["flows"]["commissions"]
    assert 48 == planned["changes"] == len(plan["edits"])
    assert {"GBP": "4800.00"} == plan["totals"]
    assert {"200.00"} == {edit["after"]["Amount"] for edit in plan["edits"]}
    assert 1 == len(plan["stopped_by"])
    assert (0, "in sync") == (result.code, result.json["flows"]["commissions"]["state"])
    assert {200} == amounts(standing)
    assert 0 == standing.command("plan", "commissions", "--json").json["changes"]


def test_the_digest_of_all_flows(standing: Desk) -> None:
    """The digest that `plan` shows for all flows lets all of them through, though some time has passed."""
    rate(standing, "20")
    deal = standing.rows("Leads")[0]["Deal ID"]
    standing.world.hubspot.edit("deals", deal, {"dealname": "Client 0, renamed", "amount": "12000.00"})
    standing.lead("North Star", "Another client")
    standing.later(minutes=5)

    planned = standing.command("plan", "--json").json
    standing.later(minutes=1)
    result = standing.command("run", "--json", "--approve", planned["digest"])

    assert (0, "in sync") == (result.code, result.json["flows"]["commissions"]["state"])
    assert {200} == amounts(standing)


@pytest.mark.parametrize("digest", ["000000000000", "", "x"], ids=["unknown", "empty", "nonsense"])
def test_a_wrong_digest_is_refused(standing: Desk, digest: str) -> None:
    """A digest that is not this plan's lets nothing through."""
    rate(standing, "20")
    before = standing.effects()

    assert 3 == standing.command("run", "commissions", "--approve", digest).code
    assert before == standing.effects()


def test_a_stale_digest_is_refused(standing: Desk) -> None:
    """Once the facts have moved on, the digest of the plan that a person saw lets nothing through any more."""
    rate(standing, "20")
    digest = standing.command("plan", "commissions", "--json").json["digest"]
    rate_again = standing.rules / "commissions.toml"
    rate_again.write_text(rate_again.read_text(encoding="utf-8").replace('rate = "20" ', 'rate = "30" '), "utf-8")
    before = standing.effects()

    assert 3 == standing.command("run", "commissions", "--approve", digest).code
    assert before == standing.effects()
    assert {100} == amounts(standing)


def test_a_new_version_changes_nothing(standing: Desk) -> None:
    """A later version of a plan, as it should be written, moves no line of a deal that was won before."""
    file = standing.rules / "commissions.toml"
    text = file.read_text(encoding="utf-8")
    text = text.replace("valid_from = 2024-01-01\n", "valid_from = 2024-01-01\nvalid_to = 2026-01-31\n", 1)
    version = '\n[[plan]]\nname = "gold"\nversion = "2026-02"\nvalid_from = 2026-02-01\nrate = "20"\nmonths = 12\n'
    file.write_text(text + version, encoding="utf-8")
    standing.until(datetime(2026, 2, 10, 8, tzinfo=UTC))
    outcomes = standing.run()

    assert {"in sync"} == {outcome.state for outcome in outcomes.values()}
    assert {100} == amounts(standing)


def test_deals_that_cannot_be_read_hold_their_lines(standing: Desk) -> None:
    """Many at once too: that takes nothing away, and asks nobody."""
    for lead in standing.rows("Leads"):
        standing.world.hubspot.archive("deals", lead["Deal ID"])
    standing.later(minutes=5)

    states = {flow: outcome.state for flow, outcome in standing.run("sweep", "commissions").items()}

    assert "stopped" not in states.values()
    assert {"On hold"} == {line["Status"] for line in standing.rows("Commissions")}


def test_no_statement_is_made_of_lines_that_wait_for_a_person(standing: Desk) -> None:
    """While a guard stops the flow of lines, no line goes onto a statement: alone, with all flows, and in the plan;
    what is approved with all flows goes, and with the lines mended the next run makes the statement by itself."""
    standing.pay(standing.rows("Leads")[0]["Deal ID"])
    standing.until(datetime(2026, 4, 4, 8, tzinfo=UTC))
    standing.run()
    rate(standing, "20")
    standing.until(datetime(2026, 4, 5, 8, tzinfo=UTC))
    words = "3 lines would go onto statements, though commissions and cash, which would change lines, wait for a person"

    shown = standing.command("plan", "--json").json["flows"]["statements"]["stopped_by"]
    assert [f"{words}: see `quarterday plan commissions` first"] == shown
    results = standing.run()
    assert {"commissions": "stopped", "cash": "stopped", "statements": "stopped"} == {
        flow: outcome.state for flow, outcome in results.items() if outcome.state != "in sync"
    }
    assert "stopped" == standing.run("statements")["statements"].state
    assert [] == standing.rows("Statements")

    file = standing.rules / "commissions.toml"
    file.write_text(file.read_text("utf-8").replace('rate = "20" ', 'rate = "10" ', 1), "utf-8")
    assert {"in sync"} == {outcome.state for outcome in standing.run().values()}
    assert [300] == [row["Closing"] for row in standing.rows("Statements")]


def test_statements_go_with_lines_that_are_approved(standing: Desk) -> None:
    """The digest of all flows lets lines and the statement that is made of them through, as they were shown."""
    standing.pay(standing.rows("Leads")[0]["Deal ID"])
    standing.until(datetime(2026, 4, 4, 8, tzinfo=UTC))
    standing.run()
    rate(standing, "20")
    standing.until(datetime(2026, 4, 5, 8, tzinfo=UTC))

    shown = standing.command("plan", "--json").json
    sums = {"to_invoice": "600.00", "owed_to_partners": "0.00", "owed_by_partners": "0.00"}
    assert {"GBP": sums} == shown["flows"]["statements"]["statements"]
    assert 0 == standing.command("run", "--approve", shown["digest"]).code
    assert [600] == [row["Closing"] for row in standing.rows("Statements")]


def test_money_moved_stops(standing: Desk) -> None:
    """A single deal that moves more money than max_moved_amount stops, whatever share of the lines it is."""
    file = standing.rules / "commissions.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace('max_moved_amount = "25000"', 'max_moved_amount = "1000"'), "utf-8"
    )
    deal = standing.rows("Leads")[0]["Deal ID"]
    standing.world.hubspot.edit("deals", deal, {"amount": "36000"})
    standing.later(minutes=5)

    result = standing.command("run", "commissions", "--json")

    assert 3 == result.code
    assert "2,400.00 GBP would move (more than 1,000.00 asks for approval)" in str(result.json["flows"])
    assert {100} == amounts(standing)


@pytest.mark.parametrize("table", ["Commissions", "Leads"])
@on_both
def test_a_table_that_reads_empty_stops(standing: Desk, table: str) -> None:
    """A table that suddenly reads empty stops every flow that looks at it, until it is restored or approved."""
    for n in range(10):
        standing.lead("North Star", f"Other {n}")
    standing.run()
    rows = standing.hands.rows(table)
    for row in rows:
        standing.hands.delete(table, row["id"])
    standing.later(minutes=5)
    before = standing.effects()

    result = standing.command("run", "--json")

    assert 3 == result.code
    assert {"stopped"} == {flow["state"] for flow in result.json["flows"].values()}
    assert f"The {table} table suddenly reads empty" in result.json["flows"]["stages"]["errors"][0]
    assert before == standing.effects()
    assert len(standing.world.hubspot.deals()) == DEALS + 10


@on_both
def test_an_approved_loss_goes_on(standing: Desk) -> None:
    """The words of a table that lost its rows name a digest, and approving it lets the run go on with what is left."""
    for row in standing.hands.rows("Commissions")[:40]:
        standing.hands.delete("Commissions", row["id"])
    standing.later(minutes=5)
    stopped = standing.command("run", "commissions", "--json")
    words = stopped.json["flows"]["commissions"]["errors"][0]
    digest = words.split("--approve ")[1].split("`")[0]

    result = standing.command("run", "commissions", "--json", "--approve", digest)

    assert (3, 0) == (stopped.code, result.code)
    assert 12 * DEALS == len(standing.rows("Commissions"))
    assert {100} == amounts(standing)


@pytest.fixture
def issued(desk: Desk) -> Desk:
    """A programme whose first quarter was paid for and stands on a statement, since 5 April 2026."""
    desk.paid_deal(12000)
    desk.until(datetime(2026, 4, 5, 8, tzinfo=UTC))
    assert {"in sync"} == {outcome.state for outcome in desk.run().values()}
    return desk


@pytest.mark.parametrize("flow", ["commissions", "cash", "statements", "settle", "sweep"])
def test_a_clock_before_the_newest_statement_stops(issued: Desk, flow: str) -> None:
    """As of a day on which locked months were not over nothing is taken back: the run stops and says both days."""
    before = issued.effects()

    result = issued.command("run", flow, "--as-of", "2026-02-10T08:00:00Z", "--json")

    assert (3, "stopped") == (result.code, result.json["flows"][flow]["state"])
    said = result.json["flows"][flow]["errors"][0].split(": ")[0]
    assert "The clock says 2026-02-10, but statement 2026-Q1/north-star/GBP was issued on 2026-04-05" == said
    assert before == issued.effects()


def test_planning_a_day_before_the_newest_statement_says_so(issued: Desk) -> None:
    """`plan --as-of` a day that is past says the same, and shows no clawback; on the statement's own day it plans."""
    result = issued.command("plan", "commissions", "--as-of", "2026-02-10T08:00:00Z")

    assert (1, True) == (result.code, "The clock says 2026-02-10" in " ".join(result.output.split()))
    assert "clawback" not in result.output
    assert 0 == issued.command("plan", "commissions", "--as-of", "2026-04-05T00:00:00Z").code


def test_a_statement_whose_own_day_is_wrong_can_be_gone_past(issued: Desk) -> None:
    """A clock that ran ahead once does not stop the programme for good: a person may approve going on."""
    said = issued.command("run", "settle", "--as-of", "2026-04-04T08:00:00Z", "--json")
    digest = said.json["flows"]["settle"]["errors"][0].split("--approve ")[1].split("`")[0]

    assert 0 == issued.command("run", "settle", "--as-of", "2026-04-04T09:00:00Z", "--approve", digest).code


def test_without_the_table_of_statements_what_was_seen_of_it_counts(issued: Desk) -> None:
    """While Statements is paused the flows that go on without it know the newest one still."""
    issued.world.airtable.delete_field("Statements", "Paid on")
    issued.later(minutes=5)
    assert "in sync" != issued.run("commissions")["commissions"].state

    result = issued.command("run", "commissions", "--as-of", "2026-02-10T08:00:00Z", "--json")

    assert 3 == result.code


def test_planning_shows_what_a_table_lost(standing: Desk) -> None:
    """`plan` over a table that reads empty says so in words and ends with 1, not with a trace."""
    for row in standing.hands.rows("Commissions"):
        standing.hands.delete("Commissions", row["id"])
    standing.later(minutes=5)

    result = standing.command("plan", "commissions")

    assert 1 == result.code
    assert "The Commissions table suddenly reads empty" in result.output
    assert "Traceback" not in result.output
    assert result.output.endswith("\nNothing was written.\n")
    assert standing.command("plan", "commissions", "--json").json["digest"] is None
