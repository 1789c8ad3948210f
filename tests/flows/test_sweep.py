"""The nightly sweep: reads everything in full and puts right what no event told of."""

from __future__ import annotations

from tests.flows.conftest import Desk, on_both


@on_both
def test_the_sweep_finds_what_left_no_trace(desk: Desk) -> None:
    """A payment deleted without a sign on its invoice is found by the sweep alone, and counted."""
    desk.partner("North Star")
    row = desk.lead("North Star", "Acme")
    desk.run("intake")
    deal = desk.row(row)["Deal ID"]
    desk.later(minutes=5)
    desk.win(deal)
    xero = desk.world.xero
    invoice = xero.invoice(xero.add_contact("Acme"), "12000", reference=deal, number="INV-1")
    xero.pay(invoice, "12000")
    desk.later(days=25)
    xero.invoice(xero.add_contact("Somebody else"), "1", reference="none", number="INV-2")
    desk.run()
    assert {"Confirmed", "Expected"} == {line["Status"] for line in desk.rows("Commissions")}
    quiet = desk.run("commissions", "cash")
    assert 0 == sum(outcome.result.counts["changed"] for outcome in quiet.values() if outcome.result)

    xero.spoil(invoice, Status="VOIDED", AmountPaid=0, AmountDue=0, Payments=[])
    desk.later(hours=1)
    assert 0 == desk.run("cash")["cash"].result.counts["changed"]  # type: ignore[union-attr]
    outcome = desk.run("sweep")["sweep"]

    assert {"Waiting", "Expected"} == {line["Status"] for line in desk.rows("Commissions")}
    assert outcome.result is not None
    assert any("put right that no flow had heard of" in words for words in outcome.result.problems)
    assert 0 == desk.run("sweep")["sweep"].result.counts["changed"]  # type: ignore[union-attr]


@on_both
def test_the_sweep_trims_the_activity_table(desk: Desk) -> None:
    """Of more rows than the rules keep, the oldest go, and what staff read last stays."""
    rules = desk.rules / "schedule.toml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("keep = 2000", "keep = 100"), encoding="utf-8")
    desk.hands.add_rows(
        "Activity",
        [{"What": f"Thing {n}", "When": f"2025-{1 + n // 28:02d}-{1 + n % 28:02d}T08:00:00.000Z"} for n in range(130)],
    )

    desk.run("sweep")

    assert [f"Thing {n}" for n in range(30, 130)] == [row["What"] for row in desk.rows("Activity")]
