"""`explain KEY`: the whole chain behind a figure, with ids and times; and `plan --as-of` a day that is to come."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.flows.conftest import Desk, Said

STATEMENT = "2026-Q1/north-star/GBP"


@pytest.fixture
def settled(desk: Desk) -> Desk:
    """A deal of two partners, won in January and paid for; the quarter's statements; a bill that is paid."""
    desk.partner("North Star", **{"Xero contact": "North Star Ltd"})
    desk.partner("Blue Door")
    row = desk.lead("North Star", "Acme")
    desk.run("intake")
    lead, deal = desk.row(row)["Lead"], desk.row(row)["Deal ID"]
    for partner, share in (("North Star", 60), ("Blue Door", 40)):
        desk.hands.add_row("Splits", {"Lead": lead, "Partner": partner, "Share": share})
    desk.win(deal, "12000", "annual")
    desk.pay(deal)
    desk.later(minutes=5)
    desk.run()
    desk.until(datetime(2026, 4, 5, 8, tzinfo=UTC))
    desk.run()
    biller = desk.world.xero.add_contact("North Star Ltd")
    bill = desk.world.xero.invoice(biller, 180, number=STATEMENT, kind="ACCPAY")
    desk.world.xero.pay(bill, 180, "2026-04-20")
    desk.until(datetime(2026, 4, 21, 8, tzinfo=UTC))
    desk.run()
    return desk


def line_of(desk: Desk, month: str, partner: str = "north-star", kind: str = "commission") -> str:
    """Return the key of a line."""
    return next(r["Line"] for r in desk.rows("Commissions") if f"/{partner}/{month}/{kind}" in r["Line"])


def chain(desk: Desk, key: str) -> list[dict[str, str]]:
    """Return the steps of a chain."""
    said = desk.command("explain", key, "--json")
    assert 0 == said.code
    steps: list[dict[str, str]] = said.json["steps"]
    return steps


def named(steps: list[dict[str, str]], name: str) -> dict[str, str]:
    """Return the first step of a name."""
    return next(step for step in steps if step["step"] == name)


def test_a_line_from_the_form_to_the_payment(settled: Desk) -> None:
    """A line's chain goes through every step in order: form, row, deal, plan version, split, base, invoice, payment,
    cash, rounding, statement, what was told, bill, its payment, the line paid."""
    key = line_of(settled, "2026-02")
    steps = chain(settled, key)

    assert [
        "form", "row", "deal", "plan", "split", "base", "invoice", "payment", "cash", "rounding", "statement", "told",
        "bill", "payment", "paid",
    ] == [step["step"] for step in steps]  # fmt: skip
    deal = key.split("/")[0]
    assert deal == named(steps, "deal")["id"]
    assert named(steps, "deal")["won_at"].startswith("2026-01-12T")
    assert "gold, 2024-01: 10 %; 12 months; for deals won from 2024-01-01 on" == named(steps, "plan")["text"]
    assert "60 % of the deal; blue-door has 40 %" == named(steps, "split")["text"]
    assert ("12,000.00 annual = 1000 in this month", "1000") == (
        named(steps, "base")["text"], named(steps, "base")["amount"],
    )  # fmt: skip
    assert ("INV-7", "2026-01-12") == (named(steps, "invoice")["text"].split()[0], named(steps, "payment")["at"])
    assert {"step", "text", "id", "at", "amount"} == named(steps, "payment").keys()
    assert all(named(steps, name)["id"] for name in ("row", "deal", "invoice", "payment", "statement", "bill"))
    assert ("12000", "2000") == (named(steps, "cash")["received"], named(steps, "cash")["needed"])
    assert "= 60.00; month 2 of 12; covered by INV-7, paid 2026-01-12" in named(steps, "rounding")["text"]
    assert ("2026-04-05", "sent") == (named(steps, "statement")["at"], named(steps, "told")["text"])
    assert STATEMENT in named(steps, "bill")["text"]
    assert ("180.00 on 2026-04-20, AUTHORISED", "2026-04-20") == (steps[-2]["text"], steps[-1]["at"])


def test_it_is_told_as_a_table_too(settled: Desk) -> None:
    """In the terminal each step is a line, in the same words."""
    key = line_of(settled, "2026-02")
    out = settled.command("explain", key).out

    assert key in out
    assert [] == [step["text"] for step in chain(settled, key) if step["text"] not in out]


def test_a_statement_and_its_bill(settled: Desk) -> None:
    """A statement's chain adds up: opening, lines, closing, what to invoice; then the bill and what was paid on it."""
    steps = chain(settled, STATEMENT.lower())

    sums = [Decimal(step["amount"]) for step in steps if step["step"].startswith("2026-0")]
    assert 3 == len(sums)
    assert Decimal(named(steps, "closing")["amount"]) == Decimal(named(steps, "opening")["amount"]) + sum(sums)
    assert ["180.00", "180.00"] == [named(steps, "to invoice")["amount"], named(steps, "bill")["amount"]]
    assert ["sent", "2026-04-20"] == [named(steps, "told")["text"], named(steps, "payment")["at"]]


def test_a_correction_names_what_it_answers(settled: Desk) -> None:
    """A line that was corrected and its correction each name the other, and what it comes to."""
    row = next(r for r in settled.hands.rows("Commissions") if r["fields"]["Line"] == line_of(settled, "2026-01"))
    settled.hands.edit("Commissions", row["id"], {"Adjustment": 5})
    settled.later(minutes=5)
    settled.run()
    fixed = line_of(settled, "2026-04", kind="correction")

    assert "5.00" in named(chain(settled, line_of(settled, "2026-01")), "adjustment")["text"]
    assert fixed == named(chain(settled, line_of(settled, "2026-01")), "beside it")["key"]
    assert line_of(settled, "2026-01") == named(chain(settled, fixed), "beside it")["key"]
    assert "5.00" == settled.command("explain", fixed, "--json").json["amount"]


def test_a_clawback_names_its_plan_and_what_moved(settled: Desk) -> None:
    """The plan is that of the line it answers; the credit note and the money paid back on it stand there with dates."""
    xero, deal = settled.world.xero, line_of(settled, "2026-01").split("/")[0]
    note = xero.credit_note(xero.add_contact("Acme"), 12000, date="2026-04-20", reference=deal, number="CN-1")
    xero.refund_credit(note, 12000, "2026-04-21")
    settled.later(minutes=20)
    settled.run()
    steps = chain(settled, line_of(settled, "2026-04", kind="clawback"))

    assert (
        "gold, 2024-01: 10 %; 12 months; for deals won from 2024-01-01 on; of the line of 2026-01, which it answers"
        == named(steps, "plan")["text"]
    )
    assert named(steps, "credit note")["text"].startswith("CN-1 of 2026-04-20: 12,000.00 GBP, ")
    assert ("12,000.00 on 2026-04-21, AUTHORISED", "2026-04-21") == (
        named(steps, "refund")["text"], named(steps, "refund")["at"],
    )  # fmt: skip


def test_a_line_that_waits_shows_the_invoices_of_its_deal(desk: Desk) -> None:
    """What has been invoiced and paid of the deal stands there for a line that nothing covers yet, credit notes too."""
    desk.partner("North Star")
    row = desk.lead("North Star", "Acme")
    desk.run("intake")
    deal = desk.row(row)["Deal ID"]
    desk.win(deal)
    contact = desk.world.xero.add_contact("Acme")
    invoice = desk.world.xero.invoice(contact, 12000, reference=deal, number="INV-7")
    desk.world.xero.pay(invoice, 600, "2026-01-12")
    desk.world.xero.credit(invoice, 100, "2026-01-20")
    desk.until(datetime(2026, 2, 5, 8, tzinfo=UTC))
    desk.run()
    steps = chain(desk, line_of(desk, "2026-01"))

    assert ("600", "1000") == (named(steps, "cash")["received"], named(steps, "cash")["needed"])
    assert named(steps, "credit note")["id"]
    assert "waits for the client: INV-7 has 11,300.00 open" in named(steps, "rounding")["text"]
    assert [] == [step for step in steps if step["step"] == "statement"]


def test_services_that_are_down_are_named(settled: Desk) -> None:
    """A chain is told as far as it can be: what a service that is down would say is named, not left out."""
    for service in ("hubspot", "xero"):
        faults = settled.world.servers[service].service.faults
        faults.order("status", times=1000, options={"status": 503})
    steps = chain(settled, line_of(settled, "2026-02"))

    assert "HubSpot" in named(steps, "deal")["text"]
    assert "HubSpot" in named(steps, "invoice")["text"]
    assert STATEMENT in named(steps, "bill")["text"]
    assert "Xero" in named(steps, "payment")["text"]
    assert "= 60.00; month 2 of 12" in named(steps, "rounding")["text"]


def test_explaining_remembers_nothing(settled: Desk) -> None:
    """Looking at a chain takes note of nothing: a Plan that was edited counts from the next run on."""
    settled.hands.edit("Partners", settled.hands.rows("Partners")[0]["id"], {"Plan": "silver"})
    with settled.app() as app:
        before = app.memory.load("partners")
    chain(settled, line_of(settled, "2026-02"))

    with settled.app() as app:
        assert before == app.memory.load("partners")


# ---- a day to come --------------------------------------------------------------------------------------------------


@pytest.fixture
def winter(desk: Desk) -> Desk:
    """In February: one deal in pounds paid for, one in euros, and a partner who has too little for a statement."""
    desk.partner("North Star")
    desk.partner("Blue Door")
    for n, (who, value, currency) in enumerate([("North Star", "12000", "GBP"), ("Blue Door", "24000", "EUR"),
                                                ("Blue Door", "120", "GBP")]):  # fmt: skip
        row = desk.lead(who, f"Client {n}")
        desk.run("intake")
        deal = desk.row(row)["Deal ID"]
        desk.win(deal, value, "annual", currency)
        contact = desk.world.xero.add_contact(f"Client {n}")
        invoice = desk.world.xero.invoice(contact, int(value), reference=deal, number=f"INV-{n}", currency=currency)
        desk.world.xero.pay(invoice, int(value), "2026-01-12")
    desk.until(datetime(2026, 2, 10, 8, tzinfo=UTC))
    desk.run()
    return desk


def ahead(desk: Desk, *flows: str) -> Said:
    """Plan as of the statement day."""
    return desk.command("plan", *flows, "--as-of", "2026-04-05T08:00:00Z", "--json")


def statements(said: Said) -> Any:
    return said.json["flows"]["statements"]


def test_what_we_will_owe_at_quarter_end(winter: Desk) -> None:
    """`plan statements --as-of` the statement day shows the statements that would come, over the lines as they must
    stand on that day by what is known now, with the sums of each currency; nothing is written."""
    before = winter.rows("Commissions"), winter.rows("Statements"), winter.world.mail.received[:]
    plan = statements(ahead(winter, "statements"))

    made = {edit["key"]: edit["after"] for edit in plan["edits"] if edit["table"] == "Statements"}
    assert {"2026-Q1/north-star/GBP", "2026-Q1/blue-door/EUR", "2026-Q1/blue-door/GBP"} == made.keys()
    assert "300.00" == made["2026-Q1/north-star/GBP"]["Amount to invoice"]
    assert {
        "EUR": {"to_invoice": "600.00", "owed_to_partners": "0.00", "owed_by_partners": "0.00"},
        "GBP": {"to_invoice": "300.00", "owed_to_partners": "3.00", "owed_by_partners": "0.00"},
    } == plan["statements"]
    assert ["the lines are taken as they must stand on 2026-04-05, by what is known now"] == [
        note.split(":")[0] for note in plan["notes"]
    ]
    assert before == (winter.rows("Commissions"), winter.rows("Statements"), winter.world.mail.received)


def test_it_is_what_comes_when_the_day_comes(winter: Desk) -> None:
    """What was shown in February is what is made in April, to the cent, where nothing moved meanwhile."""
    shown = statements(ahead(winter, "statements"))
    winter.until(datetime(2026, 4, 5, 8, tzinfo=UTC))
    winter.run()

    expected = {edit["key"]: edit["after"]["Closing"] for edit in shown["edits"] if edit["table"] == "Statements"}
    assert expected == {row["Statement"]: f"{row['Closing']:.2f}" for row in winter.rows("Statements")}


def test_the_terminal_sums_the_statements_up(winter: Desk) -> None:
    """In the terminal the sums stand under the changes, a line a currency."""
    out = winter.command("plan", "statements", "--as-of", "2026-04-05T08:00:00Z").out

    carried = "carried into the next: {} that partners are owed, 0.00 that they owe"
    assert f"statements in EUR: 1 to invoice, together 600.00; {carried.format('0.00')}" in out
    assert f"statements in GBP: 1 to invoice, together 300.00; {carried.format('3.00')}" in out
    assert (
        "2026-Q1/north-star/GBP  new: 2026-Q1, Draft: opening 0.00 GBP, earned 300.00 GBP, corrections 0.00 GBP, "
        "closing 300.00 GBP, to invoice 300.00 GBP\n"
    ) in out
    assert "`quarterday run statements --as-of 2026-04-05T08:00:00+00:00` does it" in out


def test_a_plan_of_all_flows_is_what_a_run_of_all_does(winter: Desk) -> None:
    """On the statement day, with months that nobody has confirmed yet, statements are planned over the lines as the
    flow before leaves them, and the digest of all flows lets exactly that through."""
    winter.until(datetime(2026, 4, 5, 8, tzinfo=UTC))
    shown = winter.command("plan", "--json").json

    flow = shown["flows"]["statements"]
    made = {e["key"]: e["after"]["Closing"] for e in flow["edits"] if e["table"] == "Statements"}
    assert "the lines are taken as what runs before leaves them: 6 would change first" in flow["notes"]
    assert "300.00" == made["2026-Q1/north-star/GBP"]
    assert {"commissions"} == {e["contained_in"] for e in shown["flows"]["cash"]["edits"]}
    earned = [e["after"]["Earned"] for e in shown["flows"]["settle"]["edits"] if e["key"] == "north-star"]
    assert 0 == winter.command("run", "--approve", shown["digest"]).code
    assert made == {row["Statement"]: f"{row['Closing']:.2f}" for row in winter.rows("Statements")}
    partner = next(row for row in winter.rows("Partners") if row["Key"] == "north-star")
    assert earned == [f"{partner['Earned']:.2f}"]


def test_flows_one_by_one_by_the_digests_of_all(winter: Desk) -> None:
    """Digests of one plan let the flows through one after the other, as they were shown."""
    winter.until(datetime(2026, 4, 5, 8, tzinfo=UTC))
    digests = {flow: plan["digest"] for flow, plan in winter.command("plan", "--json").json["flows"].items()}

    assert [0, 0] == [
        winter.command("run", flow, "--approve", digests[flow]).code for flow in ("commissions", "statements")
    ]
    assert 3 == len(winter.rows("Statements"))


def test_all_flows_as_of_a_day(winter: Desk) -> None:
    """Planned with all flows, statements are those of the same day, and lines that are open change with them."""
    plans = ahead(winter).json["flows"]

    assert {"EUR", "GBP"} == plans["statements"]["statements"].keys()
    assert [] != plans["commissions"]["edits"]


def test_without_a_day_nothing_is_looked_ahead(winter: Desk) -> None:
    """`plan` for now shows what `run` would do now: no statement is due in February."""
    assert ([], {}) == (lambda plan: (plan["edits"], plan["statements"]))(
        winter.command("plan", "statements", "--json").json["flows"]["statements"]
    )
