"""`run --approve DIGEST` applies exactly the plan that was shown, or says which fact moved since, by how much."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tests.flows.conftest import Desk
from tests.flows.test_guards_flow import DEALS, amounts, rate, standing
from worker.approvals import unpacked

__all__ = ["standing"]


def planned(desk: Desk, *flows: str) -> str:
    """Return the digest that `plan` shows."""
    digest: str = desk.command("plan", *flows, "--json").json["digest"]
    return digest


def first_deal(desk: Desk) -> str:
    """Return the deal of the first lead."""
    deal: str = desk.rows("Leads")[0]["Deal ID"]
    return deal


def approved(desk: Desk, digest: str, *flows: str) -> Any:
    """Approve a digest that is not the plan's any more; return the run's JSON once nothing was found written."""
    before = desk.effects()
    result = desk.command("run", *flows, "--json", "--approve", digest)

    assert 3 == result.code
    assert before == desk.effects()
    return result.json


def revalued(desk: Desk, amount: str = "18000") -> str:
    """Plan, then let the first deal be worth more; return the digest from before."""
    rate(desk, "20")
    digest = planned(desk, "commissions")
    desk.later(minutes=1)
    desk.world.hubspot.edit("deals", first_deal(desk), {"amount": amount})
    desk.later(minutes=5)
    return digest


def test_the_value_that_moved_is_named(standing: Desk) -> None:
    """A deal is worth more than when the plan was shown: the run stops, and says of which deal the value moved, by how
    much each line, and how much the whole plan would move."""
    digest = revalued(standing)
    deal = first_deal(standing)

    flow = approved(standing, digest, "commissions")["flows"]["commissions"]

    fact = {"about": f"deal {deal}", "what": "value", "then": "12,000.00 GBP", "now": "18,000.00 GBP",
            "by": "6000.00", "unit": "GBP"}  # fmt: skip
    assert "stopped" == flow["state"]
    assert [fact] == flow["moved"]["facts"]
    amounts_moved = [one for one in flow["moved"]["changes"] if one["what"] == "Amount"]
    assert 12 == len(amounts_moved)
    assert {("200.00 GBP", "300.00 GBP", "100.00")} == {(one["then"], one["now"], one["by"]) for one in amounts_moved}
    assert {"GBP": {"then": "4800.00", "now": "6000.00", "by": "1200.00"}} == flow["moved"]["moves"]
    assert 0 == flow["moved"]["not_compared"]
    assert {100} == amounts(standing)


def test_it_is_said_in_words_too(standing: Desk) -> None:
    """In the terminal the same stands as sentences, with the digest of the plan as it is now."""
    digest = revalued(standing)
    deal = first_deal(standing)

    result = standing.command("run", "commissions", "--approve", digest)
    now = planned(standing, "commissions")

    value = f"deal {deal}: value 12,000.00 GBP → 18,000.00 GBP (+6,000.00 GBP)"
    assert 3 == result.code
    assert f"the plan {digest} of 2026-01-12 09:05 is another one now: {value}; changes: 12 other; " in result.out
    assert "it would move +6,000.00 GBP, not +4,800.00 (+1,200.00)" in result.out
    assert f"Nothing was written; the plan is {now} now" in result.out
    assert f"\n    fact {value}\n" in result.out
    line = f"change Commissions {deal}/north-star/2026-01/commission: Amount 200.00 GBP → 300.00 GBP (+100.00 GBP)"
    assert line in result.out


def test_the_plan_as_it_is_now_can_be_approved(standing: Desk) -> None:
    """The digest that the refusal names is that of the present plan: approving it does exactly that."""
    words = approved(standing, revalued(standing), "commissions")["flows"]["commissions"]["errors"][0]

    result = standing.command("run", "commissions", "--approve", words.split("the plan is ")[1].split(" ")[0])

    assert 0 == result.code
    assert {200, 300} == amounts(standing)


def test_what_staff_wrote_beside_a_line_is_named(standing: Desk) -> None:
    """An Adjustment that moved, and a Hold that was ticked, since the plan was shown: both are named, as they were and
    as they are, in JSON and in words."""
    row = standing.hands.rows("Commissions")[0]
    key = row["fields"]["Line"]
    standing.hands.edit("Commissions", row["id"], {"Adjustment": 5})
    standing.later(minutes=5)
    digest = planned(standing, "commissions")
    standing.hands.edit("Commissions", row["id"], {"Adjustment": 7, "Hold": True})
    standing.later(minutes=5)

    flow = approved(standing, digest, "commissions")["flows"]["commissions"]

    assert [
        {"about": f"line {key}", "what": "hold", "then": "–", "now": "ticked", "by": None, "unit": ""},
        {"about": f"line {key}", "what": "adjustment", "then": "5.00 GBP", "now": "7.00 GBP", "by": "2.00",
         "unit": "GBP"},
    ] == flow["moved"]["facts"]  # fmt: skip
    assert f"line {key}: hold – → ticked; line {key}: adjustment 5.00 GBP → 7.00 GBP (+2.00 GBP)" in flow["errors"][0]


def test_a_line_that_is_owed_no_more_is_named(standing: Desk) -> None:
    """Of a plan of statements, the confirmed lines that came or went since it was shown are named, with their sums."""
    deal = first_deal(standing)
    standing.pay(deal)
    standing.until(datetime(2026, 4, 5, 8, tzinfo=UTC))
    standing.run("commissions")
    digest = planned(standing, "statements")
    february = f"{deal}/north-star/2026-02/commission"
    (row,) = [row for row in standing.hands.rows("Commissions") if row["fields"]["Line"] == february]
    standing.hands.edit("Commissions", row["id"], {"Hold": True})
    standing.later(minutes=5)

    flow = approved(standing, digest, "statements")["flows"]["statements"]

    assert [
        {"about": "account of north-star", "what": february, "then": "100.00 GBP", "now": "–", "by": None,
         "unit": ""},
    ] == flow["moved"]["facts"]  # fmt: skip


def test_a_payment_that_came_is_named(standing: Desk) -> None:
    """A client paid more than when the plan was shown: the invoice is named, and which lines that confirms."""
    deal = first_deal(standing)
    contact = standing.world.xero.add_contact("Client 0")
    invoice = standing.world.xero.invoice(contact, 1200, reference=deal, number="INV-42")
    standing.world.xero.pay(invoice, 600, "2026-01-12")
    standing.later(days=30)
    digest = planned(standing, "commissions")
    standing.world.xero.pay(invoice, 600, "2026-02-10")
    standing.later(minutes=5)

    moved = approved(standing, digest, "commissions")["flows"]["commissions"]["moved"]

    fact = {"about": "invoice INV-42", "what": "paid", "then": "600.00 GBP", "now": "1,200.00 GBP", "by": "600.00",
            "unit": "GBP"}  # fmt: skip
    assert fact in moved["facts"]
    assert ("Status", "Waiting", "Confirmed") in [(one["what"], one["then"], one["now"]) for one in moved["changes"]]


def test_a_term_that_was_edited_is_named(standing: Desk) -> None:
    """A plan's rate was edited again since the plan was shown: the version and its rate are named."""
    rate(standing, "20")
    digest = planned(standing, "commissions")
    file = standing.rules / "commissions.toml"
    file.write_text(file.read_text("utf-8").replace('rate = "20" ', 'rate = "30" '), "utf-8")

    words = approved(standing, digest, "commissions")["flows"]["commissions"]["errors"][0]

    assert "plan gold, 2024-01: rate 20 % → 30 % (+10 %); changes: 48 other" in words


def test_an_unknown_digest_shows_the_present_one(standing: Desk) -> None:
    """A digest that no plan had says so, and names the digest of the plan as it is; nothing is written."""
    rate(standing, "20")

    words = approved(standing, "000000000000", "commissions")["flows"]["commissions"]["errors"][0]

    assert (
        "000000000000 is the digest of no plan that was shown in the last 14 days. Nothing was written; "
        f"the plan is {planned(standing, 'commissions')} now: look at it with `quarterday plan`"
    ) == words


def test_an_unknown_digest_stops_what_no_guard_would(standing: Desk) -> None:
    """A plan that no guard objects to is not applied either under another plan's digest."""
    standing.lead("North Star", "Another client")
    standing.later(minutes=5)

    flows = approved(standing, "000000000000")["flows"]

    assert {"stopped"} == {flow["state"] for flow in flows.values()}
    assert DEALS == len(standing.world.hubspot.deals())


def test_a_plan_that_a_guard_stopped_is_remembered(standing: Desk) -> None:
    """A run that a guard stops names its plan's digest; that one is known later, as if it had been shown."""
    rate(standing, "20")
    stopped = standing.command("run", "commissions", "--json").json["flows"]["commissions"]["errors"][0]
    digest = stopped.split("--approve ")[1].split("`")[0]
    standing.world.hubspot.edit("deals", first_deal(standing), {"amount": "18000"})
    standing.later(minutes=5)

    moved = approved(standing, digest, "commissions")["flows"]["commissions"]["moved"]

    assert ["value"] == [one["what"] for one in moved["facts"]]


def test_the_digest_of_a_guard_lets_it_through(standing: Desk) -> None:
    """The digest that a stopped run names approves exactly that plan."""
    rate(standing, "20")
    stopped = standing.command("run", "commissions", "--json").json["flows"]["commissions"]["errors"][0]

    result = standing.command("run", "commissions", "--approve", stopped.split("--approve ")[1].split("`")[0])

    assert (0, {200}) == (result.code, amounts(standing))


def test_of_all_flows_each_says_what_moved(standing: Desk) -> None:
    """The digest of all flows is remembered flow by flow: those that are as they were say so, the others what moved."""
    digest = planned(standing)
    standing.world.hubspot.edit("deals", first_deal(standing), {"amount": "18000"})
    standing.later(minutes=5)

    flows = approved(standing, digest)["flows"]

    assert "of this flow nothing that is remembered moved" in flows["intake"]["errors"][0]
    assert ["Deal value 12,000 → 18,000"] == [one["now"] for one in flows["stages"]["moved"]["changes"]]
    assert 12 == len([one for one in flows["commissions"]["moved"]["changes"] if "Amount" in str(one["now"])])


def test_a_flow_that_was_not_seen_says_so(standing: Desk) -> None:
    """Where one flow was planned and all are run, the others say that nothing of them was seen."""
    digest = revalued(standing)

    flows = approved(standing, digest)["flows"]

    assert "of this flow nothing was seen" in flows["cash"]["errors"][0]
    assert "deal " in flows["commissions"]["errors"][0]


def test_an_earlier_flow_that_moves_the_plan_stops_it(standing: Desk) -> None:
    """A plan that another flow of the same run made another one is not applied: it is not what was approved."""
    deal = first_deal(standing)
    standing.world.hubspot.edit("deals", deal, {"amount": "13000"})
    standing.lead("North Star", "Another client")
    standing.later(minutes=5)
    digest = planned(standing, "stages")

    result = standing.command("run", "intake", "stages", "--json", "--approve", digest)

    flows = result.json["flows"]
    assert (3, "in sync", "stopped") == (result.code, flows["intake"]["state"], flows["stages"]["state"])
    assert f"the plan {digest} of 2026-01-12 09:10 is another one now: " in flows["stages"]["errors"][0]
    assert 12000 == standing.rows("Leads")[0]["Deal value"]


def test_old_plans_are_forgotten(standing: Desk) -> None:
    """After two weeks a digest is unknown, and the shelf never holds more than forty."""
    digest = revalued(standing)
    standing.later(days=15)
    for _ in range(8):
        planned(standing)
        standing.later(minutes=1)
        standing.world.hubspot.edit("deals", first_deal(standing), {"amount": f"1{standing.world.clock.now():%H%M}0"})
        standing.later(minutes=5)

    words = approved(standing, digest, "commissions")["flows"]["commissions"]["errors"][0]

    assert "no plan that was shown in the last 14 days" in words
    with standing.app() as app:
        assert 40 >= len(app.memory.load("plans"))


def test_nothing_personal_is_remembered(standing: Desk) -> None:
    """What the state keeps of a plan names no person: no address, no name, no text of a message."""
    standing.lead("North Star", "Another client")
    standing.later(minutes=5)
    planned(standing)

    with standing.app() as app:
        bodies = [json.loads(body) for body in app.memory.load("plans").values()]
    kept = str([unpacked(body["sketch"]) for body in bodies if "sketch" in body])
    assert "Another" not in kept
    assert "CRM" in kept
    assert [] == [word for word in ("@", "Doe", "'Jo") if word in kept]


def test_a_ledger_that_is_down_is_no_refusal(standing: Desk) -> None:
    """A flow that can't be planned while a digest is compared fails in words, the others say what moved."""
    digest = revalued(standing)
    standing.world.servers["xero"].service.faults.order("status", times=100, options={"status": 500})
    before = standing.effects()

    result = standing.command("run", "intake", "commissions", "--json", "--approve", digest)

    flows = result.json["flows"]
    assert (1, "stopped", "failed") == (result.code, flows["intake"]["state"], flows["commissions"]["state"])
    assert before == standing.effects()
