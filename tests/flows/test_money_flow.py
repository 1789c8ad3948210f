"""What happens to money when things go otherwise than planned: through the app, with every service behind it.

Each test plays people at their own screens (HubSpot, Xero, the tracker) and looks at the rows of the Commissions and
Statements tables. A year's deal of 12,000 at 10 % earns 100 a month.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.flows.conftest import Desk, on_both

MONEY = ("stages", "commissions", "cash", "statements", "settle")


def at(month: int, day: int, hour: int = 8) -> datetime:
    """Return a morning of 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


class Deal:
    """A deal that was won on 12 January 2026, its lead, its invoice, and the hands of everybody around it."""

    def __init__(self, desk: Desk, partner: str = "North Star", client: str = "Acme") -> None:
        self.desk = desk
        self.row = desk.lead(partner, client)
        desk.run("intake")
        self.lead: str = desk.row(self.row)["Lead"]
        self.id: str = desk.row(self.row)["Deal ID"]
        self.client = desk.world.xero.add_contact(client)

    def win(self, amount: str = "12000") -> None:
        """Win it, worth so much a year."""
        self.desk.win(self.id, amount, "annual", "GBP")
        self.desk.later(minutes=5)
        self.desk.run(*MONEY)

    def invoice(self, net: int = 12000, paid: bool = True) -> tuple[str, str]:
        """Invoice the client with VAT, paid on the spot if wished; return the ids of invoice and payment."""
        xero = self.desk.world.xero
        invoice = xero.invoice(self.client, net, tax_rate=20, reference=self.id)
        return invoice, xero.pay(invoice) if paid else ""

    def rows(self) -> list[dict[str, Any]]:
        """Return the deal's lines in the order of their keys."""
        return sorted(
            (row for row in self.desk.rows("Commissions") if row["Deal ID"] == self.id), key=lambda row: row["Line"]
        )

    def months(self, kind: str = "commission") -> list[tuple[str, Any, str]]:
        """Return (month, amount, status) of the lines of a kind."""
        return [(row["Month"], row["Amount"], row["Status"]) for row in self.rows() if row["Kind"] == kind]

    def counted(self) -> Counter[str]:
        """Return how many lines stand in each status."""
        return Counter(row["Status"] for row in self.rows())

    def line(self, month: str, kind: str = "commission") -> tuple[str, dict[str, Any]]:
        """Return a line's row id and cells."""
        key = f"{self.id}/north-star/{month}/{kind}"
        return next(
            (row["id"], row["fields"]) for row in self.desk.hands.rows("Commissions") if row["fields"]["Line"] == key
        )

    def edit(self, month: str, **cells: Any) -> None:
        """Edit cells of a line by hand."""
        self.desk.hands.edit("Commissions", self.line(month)[0], cells)


@pytest.fixture
def deal(desk: Desk) -> Deal:
    """A won deal of a partner, with its twelve lines, not invoiced yet."""
    desk.partner("North Star", **{"Slack channel": "C0NORTHSTAR"})
    desk.world.slack.add_channel("C0NORTHSTAR", "north-star")
    made = Deal(desk)
    made.win()
    return made


def run_at(desk: Desk, moment: datetime) -> None:
    """Run every money flow at a moment, and again in vain."""
    desk.until(moment)
    desk.run(*MONEY)
    before = desk.effects()
    desk.later(minutes=1)
    desk.run(*MONEY)
    assert before == desk.effects()


def statements(desk: Desk) -> list[tuple[Any, ...]]:
    """Return key, opening, closing, amount to invoice and status of every statement."""
    return sorted(
        (row["Statement"], row["Opening"], row["Closing"], row["Amount to invoice"], row["Status"])
        for row in desk.rows("Statements")
    )


# ---- the deal changes -----------------------------------------------------------------------------------------------


def test_lost_in_month_eight(deal: Deal) -> None:
    """A deal that is lost in August keeps what is over and paid for; the months to come are cancelled."""
    deal.invoice()
    run_at(deal.desk, at(8, 14))
    deal.desk.world.hubspot.move_deal(deal.id, "closedlost")
    deal.desk.later(minutes=5)
    run_at(deal.desk, at(8, 15))

    assert "Lost" == deal.desk.row(deal.row)["Status"]
    assert [100] * 7 + [0] * 5 == [amount for _, amount, _ in deal.months()]
    assert {"Cancelled"} == {status for month, _, status in deal.months() if month >= "2026-08"}
    assert {"Cancelled"} == {
        row["Why"].split(":")[0] for row in deal.rows() if row["Month"] >= "2026-08"
    }  # fmt: skip
    run_at(deal.desk, at(12, 31))
    assert [100] * 7 + [0] * 5 == [amount for _, amount, _ in deal.months()]


def test_reopened_and_won_again(deal: Deal) -> None:
    """A deal that is open again for a while and won once more is as if it had never left, with the same rows."""
    deal.invoice()
    run_at(deal.desk, at(3, 10))
    keys = [row["Line"] for row in deal.rows()]
    before = deal.months()

    deal.desk.world.hubspot.move_deal(deal.id, "contractsent")
    deal.desk.later(minutes=5)
    run_at(deal.desk, at(3, 11))
    away = deal.months()
    deal.desk.world.hubspot.move_deal(deal.id, "closedwon")
    deal.desk.later(minutes=5)
    run_at(deal.desk, at(3, 12))

    assert [100] * 2 + [0] * 10 == [amount for _, amount, _ in away]
    assert {"Cancelled"} == {status for month, _, status in away if month >= "2026-03"}
    assert before == deal.months()
    assert keys == [row["Line"] for row in deal.rows()]
    assert "2026-01-12" == deal.desk.row(deal.row)["Won on"]


def test_merged_into_another_deal(deal: Deal) -> None:
    """A deal that is merged into another is followed: the rows keep their keys, the survivor's facts count."""
    keys = [row["Line"] for row in deal.rows()]
    other = deal.desk.world.hubspot.add_deal({"dealname": "Acme, again", "dealstage": "closedwon", "amount": "24000",
                                              "billing_interval": "annual", "deal_currency_code": "GBP"})  # fmt: skip
    survivor = deal.desk.world.hubspot.merge("deals", other, deal.id)
    deal.desk.later(minutes=5)
    run_at(deal.desk, at(2, 10))

    assert keys == [row["Line"] for row in deal.desk.rows("Commissions")]
    assert 12 == len(deal.desk.rows("Commissions"))
    assert "Won" == deal.desk.row(deal.row)["Status"]
    assert not deal.desk.row(deal.row).get("Problem")
    assert survivor not in keys[0]
    assert {"On hold"} != {status for _, _, status in deal.months()}


@on_both
def test_archived_and_restored(deal: Deal) -> None:
    """A deal that can't be read any more is in doubt: its open lines are held, nothing is taken away."""
    deal.invoice()
    run_at(deal.desk, at(4, 5))
    before = deal.rows()
    told = len(deal.desk.world.mail.received)

    deal.desk.world.hubspot.archive("deals", deal.id)
    deal.desk.later(minutes=5)
    deal.desk.run("sweep")
    run_at(deal.desk, at(5, 2))

    assert {"On statement": 3, "On hold": 9} == deal.counted()
    assert [100] * 12 == [amount for _, amount, _ in deal.months()]
    assert "can't be read any more" in deal.desk.row(deal.row)["Problem"]
    assert "restore it in the CRM" in deal.desk.row(deal.row)["Problem"]

    deal.desk.world.hubspot.restore("deals", deal.id)
    deal.desk.later(minutes=5)
    deal.desk.run("sweep")
    run_at(deal.desk, at(5, 3))

    assert {"On statement": 3, "Confirmed": 1, "Expected": 8} == deal.counted()
    assert before[:3] == deal.rows()[:3]
    assert not deal.desk.row(deal.row).get("Problem")
    monthly = 1
    assert told + monthly == len(deal.desk.world.mail.received)


def test_a_deal_without_interval(desk: Desk) -> None:
    """A won deal without its billing interval makes no line; its row says what to fill in, until it is filled in."""
    desk.partner("North Star")
    deal = Deal(desk)
    desk.world.hubspot.edit("deals", deal.id, {"amount": "12000", "deal_currency_code": "GBP"})
    desk.world.hubspot.move_deal(deal.id, "closedwon")
    desk.later(minutes=5)
    run_at(desk, at(1, 13))

    assert [] == deal.rows()
    words = f"Deal {deal.id} has no billing interval: choose monthly, quarterly, annual or total in HubSpot"
    assert words == desk.row(deal.row)["Problem"]

    desk.world.hubspot.edit("deals", deal.id, {"billing_interval": "monthly"})
    desk.later(minutes=5)
    run_at(desk, at(1, 14))

    assert [1200] * 12 == [amount for _, amount, _ in deal.months()]
    assert not desk.row(deal.row).get("Problem")


# ---- the client's money ---------------------------------------------------------------------------------------------


@on_both
def test_refund_after_payout(deal: Deal) -> None:
    """A client's refund after the partner was paid is a clawback in the current month, taken off the next statement."""
    world = deal.desk.world
    _, payment = deal.invoice(3000)
    other, _ = deal.invoice(9000, paid=False)
    run_at(deal.desk, at(4, 5))
    supplier = world.xero.add_contact("North Star")
    world.xero.pay(world.xero.invoice(supplier, 300, kind="ACCPAY", number="2026-Q1/north-star/GBP"), 300)
    run_at(deal.desk, at(4, 20))
    assert {"Paid": 3, "Expected": 9} == deal.counted()

    world.xero.delete_payment(payment)
    world.xero.pay(other, 2400)
    run_at(deal.desk, at(5, 20))

    # 2,000 net of 12,000: January and February are covered, March is not any more.
    assert [("2026-05", -100, "Expected")] == deal.months("clawback")
    (clawback,) = [row for row in deal.rows() if row["Kind"] == "clawback"]
    assert "2026-03" == clawback["Answers"]
    assert "2026-03 is not earned any more" in clawback["Why"]
    assert [100] * 12 == [amount for _, amount, _ in deal.months()]

    world.xero.pay(other, 8400)
    run_at(deal.desk, at(6, 2))
    run_at(deal.desk, at(7, 5))

    # All but March's own payment came in again: 9,000 net cover nine months, March among them.
    assert [("2026-Q1/north-star/GBP", 0, 300, 300, "Paid"), ("2026-Q2/north-star/GBP", 0, 300, 300, "Issued")] == (
        statements(deal.desk)
    )
    assert 0 == sum(amount for _, amount, _ in (*deal.months("clawback"), *deal.months("reinstatement")))


def test_clawback_on_the_next_statement(deal: Deal) -> None:
    """A clawback stands on the next statement and makes it smaller; what is below zero is never invoiced."""
    invoice, payment = deal.invoice(3000)
    run_at(deal.desk, at(4, 5))
    deal.desk.world.xero.delete_payment(payment)
    run_at(deal.desk, at(4, 20))
    run_at(deal.desk, at(7, 5))

    assert [("2026-04", -100, "On statement")] * 3 == deal.months("clawback")
    assert [("2026-Q1/north-star/GBP", 0, 300, 300, "Issued"), ("2026-Q2/north-star/GBP", 0, -300, 0, "Carried")] == (
        statements(deal.desk)
    )

    deal.desk.world.xero.pay(invoice)
    deal.invoice(6000)
    run_at(deal.desk, at(7, 20))
    assert [("2026-07", 100, "Expected")] * 3 == deal.months("reinstatement")
    run_at(deal.desk, at(10, 5))

    # 9,000 net: nine months are covered, the first three again.
    assert ("2026-Q3/north-star/GBP", -300, 600, 600, "Issued") == statements(deal.desk)[-1]
    assert 900 == sum(row["Amount"] for row in deal.rows() if row["Status"] == "On statement")


def test_part_payment_and_credit(deal: Deal) -> None:
    """Nine of twelve months are covered by 9,000 of 12,000; the rest, credited, is cancelled when the term is over."""
    invoice, _ = deal.invoice(paid=False)
    deal.desk.world.xero.credit(invoice, 3000)
    deal.desk.world.xero.pay(invoice, 10800)
    run_at(deal.desk, at(12, 15))
    assert [100] * 12 == [amount for _, amount, _ in deal.months()]

    run_at(deal.desk, datetime(2027, 1, 2, 8, tzinfo=UTC))

    assert [100] * 9 + [0] * 3 == [amount for _, amount, _ in deal.months()]
    assert ["Cancelled: never paid for"] * 3 == [row["Why"] for row in deal.rows() if row["Month"] >= "2026-10"]


def test_money_that_came_late(deal: Deal) -> None:
    """What a client pays after statement day falls into the next statement; the one that was issued never changes."""
    invoice, _ = deal.invoice(paid=False)
    deal.desk.world.xero.pay(invoice, 1200)
    run_at(deal.desk, at(4, 5))
    deal.desk.world.xero.pay(invoice, 3600)
    run_at(deal.desk, at(4, 8))

    assert [("2026-Q1/north-star/GBP", 0, 100, 100, "Issued")] == statements(deal.desk)
    run_at(deal.desk, at(7, 5))
    assert ("2026-Q2/north-star/GBP", 0, 300, 300, "Issued") == statements(deal.desk)[-1]
    assert [("2026-02", 100), ("2026-03", 100), ("2026-04", 100)] == [
        (row["Month"], row["Amount"]) for row in deal.rows() if row.get("Statement") == "2026-Q2/north-star/GBP"
    ]


# ---- staff's cells --------------------------------------------------------------------------------------------------


@on_both
def test_hold_and_adjustment(deal: Deal) -> None:
    """A held line stays off the statement until it is freed; an adjustment is added and said in Why."""
    deal.invoice()
    deal.edit("2026-02", Hold=True)
    deal.edit("2026-03", Adjustment=25)
    run_at(deal.desk, at(4, 5))

    assert [("2026-Q1/north-star/GBP", 0, 225, 225, "Issued")] == statements(deal.desk)
    _, held = deal.line("2026-02")
    assert ("On hold", 100) == (held["Status"], held["Amount"])
    assert "On hold: Hold is ticked — " in held["Why"]
    _, adjusted = deal.line("2026-03")
    assert ("On statement", 125) == (adjusted["Status"], adjusted["Amount"])
    assert "adjusted by staff + 25.00 = 125.00" in adjusted["Why"]

    deal.edit("2026-02", Hold=None)
    run_at(deal.desk, at(4, 6))
    assert "Confirmed" == deal.line("2026-02")[1]["Status"]
    run_at(deal.desk, at(7, 5))
    assert ("2026-Q2/north-star/GBP", 0, 400, 400, "Issued") == statements(deal.desk)[-1]


def test_a_partner_is_paused(deal: Deal) -> None:
    """Nothing of a paused partner is confirmed or issued; when the pause ends, everything is there again."""
    deal.invoice()
    (partner,) = deal.desk.hands.rows("Partners")
    deal.desk.hands.edit("Partners", partner["id"], {"Status": "Paused"})
    run_at(deal.desk, at(4, 5))

    assert {"On hold": 12} == deal.counted()
    assert [] == statements(deal.desk)

    deal.desk.hands.edit("Partners", partner["id"], {"Status": "Enrolled"})
    run_at(deal.desk, at(4, 6))
    assert [("2026-Q1/north-star/GBP", 0, 300, 300, "Issued")] == statements(deal.desk)


@on_both
def test_an_amount_that_a_hand_changed(deal: Deal) -> None:
    """A figure that somebody typed over is put right by the next run, and the Activity table says why."""
    deal.invoice()
    run_at(deal.desk, at(2, 2))
    for month, cells in (("2026-01", {"Amount": 9999}), ("2026-05", {"Amount": 1, "Status": "Confirmed", "Why": "!"})):
        deal.edit(month, **cells)
    deal.desk.later(minutes=1)
    deal.desk.run("commissions")

    assert [100] * 12 == [amount for _, amount, _ in deal.months()]
    assert {"Confirmed": 1, "Expected": 11} == deal.counted()
    assert [f"{deal.id}/north-star/2026-01/commission"] == [
        row["About"] for row in deal.desk.rows("Activity") if "9999" in str(row.get("Before"))
    ]


@on_both
def test_a_copied_row(deal: Deal) -> None:
    """A copied commission row earns nothing twice: the statement counts its key once."""
    deal.invoice()
    run_at(deal.desk, at(3, 2))
    deal.desk.hands.duplicate("Commissions", deal.line("2026-02")[0])
    run_at(deal.desk, at(4, 5))
    run_at(deal.desk, at(7, 5))

    assert [("2026-Q1/north-star/GBP", 0, 300, 300, "Issued"), ("2026-Q2/north-star/GBP", 0, 300, 300, "Issued")] == (
        statements(deal.desk)
    )


@on_both
def test_an_open_row_that_was_deleted(deal: Deal) -> None:
    """An open line whose row somebody deleted is made again."""
    before = deal.rows()
    deal.desk.hands.delete("Commissions", deal.line("2026-06")[0])
    deal.desk.later(minutes=1)
    deal.desk.run("commissions")

    assert before == deal.rows()


@pytest.mark.parametrize("forget", [False, True], ids=["state kept", "state deleted"])
def test_a_locked_row_that_was_deleted(deal: Deal, forget: bool) -> None:
    """A line that stood on a statement and whose row was deleted is never paid twice, and somebody is told."""
    deal.invoice()
    run_at(deal.desk, at(4, 5))
    deal.desk.hands.delete("Commissions", deal.line("2026-02")[0])
    if forget:
        deal.desk.forget()
    deal.desk.until(at(4, 8))
    said = " ".join(outcome.words for outcome in deal.desk.run(*MONEY).values())
    deal.desk.until(at(7, 5))
    said += " ".join(outcome.words for outcome in deal.desk.run(*MONEY).values())

    paid_out = sum(amount for _, _, _, amount, _ in statements(deal.desk))
    restored = deal.line("2026-02")[1].get("Statement") == "2026-Q1/north-star/GBP"
    assert paid_out <= 600
    assert restored or "2026-Q1/north-star/GBP" in said + str(deal.desk.rows("Statements"))
    assert restored or "2026-Q1/north-star/GBP" in said


@on_both
def test_a_statement_row_that_was_deleted(deal: Deal) -> None:
    """A statement whose row was deleted comes back as it was, and nobody is told a second time."""
    deal.invoice()
    run_at(deal.desk, at(4, 5))
    before, told = deal.desk.rows("Statements"), len(deal.desk.world.mail.received)
    (row,) = deal.desk.hands.rows("Statements")
    deal.desk.hands.delete("Statements", row["id"])
    deal.desk.until(at(4, 5, 12))
    deal.desk.run(*MONEY)

    assert before == deal.desk.rows("Statements")
    assert told == len(deal.desk.world.mail.received)


# ---- statements -----------------------------------------------------------------------------------------------------


def test_a_monthly_partner(desk: Desk) -> None:
    """A partner with monthly cadence gets a statement each month, of the months that are over and paid for."""
    desk.partner("North Star", Cadence="monthly")
    deal = Deal(desk)
    deal.win()
    deal.invoice()
    for month in (2, 3, 4):
        run_at(desk, at(month, 5))

    assert [(f"2026-{month:02d}/north-star/GBP", 0, 100, 100, "Issued") for month in (1, 2, 3)] == statements(desk)


def test_below_the_minimum(desk: Desk) -> None:
    """What is below the minimum is carried, the partner told so, and the next statement takes it up."""
    desk.partner("North Star")
    deal = Deal(desk)
    deal.win("1200")
    deal.invoice(1200)
    run_at(desk, at(4, 5))

    assert [("2026-Q1/north-star/GBP", 0, 30, 0, "Carried")] == statements(desk)
    assert b"nothing to invoice this time" in desk.world.mail.received[-1].raw
    run_at(desk, at(7, 5))
    assert ("2026-Q2/north-star/GBP", 30, 60, 60, "Issued") == statements(desk)[-1]

    supplier = desk.world.xero.add_contact("North Star")
    desk.world.xero.pay(desk.world.xero.invoice(supplier, 60, kind="ACCPAY", number="2026-Q2/north-star/GBP"), 60)
    run_at(desk, at(7, 20))
    assert {"Paid": 6, "Expected": 6} == deal.counted()


def test_a_missed_day_by_hand(deal: Deal) -> None:
    """A statement day that was missed is said so, and `run statements --period` makes the statement by hand."""
    deal.invoice()
    deal.desk.until(at(4, 20))
    outcome = deal.desk.run(*MONEY)["statements"]
    words = outcome.words

    assert "needs attention" == outcome.state
    assert "The statement day of 2026-Q1 was missed: North Star has 300.00 GBP waiting" in words
    assert words == deal.desk.command("status", "--json").json["flows"]["statements"]["words"]
    assert [] == statements(deal.desk)
    assert 0 == deal.desk.command("run", "statements", "--period", "2026-Q1").code
    assert [("2026-Q1/north-star/GBP", 0, 300, 300, "Issued")] == statements(deal.desk)


def test_the_day_begins_where_the_programme_is(deal: Deal) -> None:
    """Statement day begins at midnight in the programme's time zone: in London's summer an hour before UTC's."""
    deal.invoice()
    deal.desk.until(at(4, 3))
    deal.desk.run(*MONEY)

    deal.desk.command("run", "statements", "--as-of", "2026-04-04T22:59:00Z")
    assert [] == statements(deal.desk)
    deal.desk.command("run", "statements", "--as-of", "2026-04-04T23:01:00Z")
    assert ["2026-04-05"] == [row["Issued"] for row in deal.desk.rows("Statements")]


def test_quiet_hours(deal: Deal) -> None:
    """In quiet hours nobody is told anything: a statement stays a draft until they are over, and is issued then."""
    schedule = deal.desk.rules / "schedule.toml"
    text = schedule.read_text(encoding="utf-8")
    text = text.replace('# from = "20:00"', 'from = "20:00"').replace('# to = "07:00"', 'to = "07:00"')
    schedule.write_text(text, encoding="utf-8")
    deal.invoice()
    deal.desk.until(at(4, 3))
    deal.desk.run(*MONEY)
    told = len(deal.desk.world.mail.received)

    run_at(deal.desk, at(4, 5, 20))
    assert ["Draft"] == [row["Status"] for row in deal.desk.rows("Statements")]
    assert told == len(deal.desk.world.mail.received)

    run_at(deal.desk, at(4, 6, 8))
    assert [("2026-Q1/north-star/GBP", 0, 300, 300, "Issued")] == statements(deal.desk)
    assert told + 1 == len(deal.desk.world.mail.received)


@on_both
def test_a_statement_that_staff_hold(deal: Deal) -> None:
    """A draft on which staff tick Hold is not sent before they untick it."""
    deal.invoice()
    deal.desk.until(at(4, 3))
    deal.desk.run(*MONEY)
    told = len(deal.desk.world.mail.received)
    hands = deal.desk.hands
    (partner,) = hands.rows("Partners")
    hands.edit("Partners", partner["id"], {"Email": None, "Slack channel": None})
    deal.desk.until(at(4, 5))
    deal.desk.run(*MONEY)
    (draft,) = hands.rows("Statements")
    assert "has neither Email nor Slack channel" in draft["fields"]["Problem"]

    hands.edit("Statements", draft["id"], {"Hold": True})
    hands.edit("Partners", partner["id"], {"Email": "money@north-star.test"})
    run_at(deal.desk, at(4, 6))
    assert ("Draft", told) == (deal.desk.rows("Statements")[0]["Status"], len(deal.desk.world.mail.received))

    hands.edit("Statements", draft["id"], {"Hold": None})
    run_at(deal.desk, at(4, 7))
    assert [("2026-Q1/north-star/GBP", 0, 300, 300, "Issued")] == statements(deal.desk)
    assert told + 1 == len(deal.desk.world.mail.received)


def test_a_bill_that_differs(deal: Deal) -> None:
    """A bill that is short, in another currency, doubled or voided gets its own words on the statement's row."""
    xero = deal.desk.world.xero
    deal.invoice()
    run_at(deal.desk, at(4, 5))
    supplier = xero.add_contact("North Star")
    key = "2026-Q1/north-star/GBP"

    def problem() -> str:
        deal.desk.later(hours=1)
        deal.desk.run("settle")
        return str(deal.desk.rows("Statements")[0].get("Problem", ""))

    short = xero.invoice(supplier, 250, kind="ACCPAY", number=key)
    assert "is 250.00 GBP net of tax, less than the 300.00 GBP asked for" in problem()
    xero.void(short)
    assert "was voided" in problem()
    xero.invoice(supplier, 300, kind="ACCPAY", number=f"{key} new", currency="EUR")
    assert "is in EUR; the statement asks for 300.00 GBP" in problem()
    deal.desk.until(at(4, 8))
    xero.invoice(supplier, 300, kind="ACCPAY", number=f"No. 7 for {key}", date="2026-04-06")
    assert "" == problem()
    xero.invoice(supplier, 300, kind="ACCPAY", number=f"No. 8 for {key}", date="2026-04-07")
    assert f"billed again by No. 8 for {key}" in problem()


# ---- the state is lost ----------------------------------------------------------------------------------------------


STAGES: list[tuple[str, Callable[[Deal], object], datetime]] = [
    ("won", lambda deal: None, at(1, 20)),
    ("paid for", lambda deal: deal.invoice(), at(2, 10)),
    ("issued", lambda deal: deal.invoice(), at(4, 5)),
    ("after the quarter", lambda deal: deal.invoice(), at(5, 10)),
]


@pytest.mark.parametrize(("act", "moment"), [stage[1:] for stage in STAGES], ids=[stage[0] for stage in STAGES])
def test_the_state_is_lost(deal: Deal, act: Callable[[Deal], object], moment: datetime) -> None:
    """Losing the state at any stage changes no line, no statement and no lead, and sends nothing."""
    act(deal)
    if moment > at(4, 5):
        run_at(deal.desk, at(4, 5))
    run_at(deal.desk, moment)
    rows = {table: deal.desk.rows(table) for table in ("Leads", "Commissions", "Statements", "Partners")}
    before = deal.desk.effects()

    deal.desk.forget()
    deal.desk.later(minutes=1)
    outcomes = deal.desk.run()

    assert {"in sync"} == {outcome.state for outcome in outcomes.values()}
    assert rows == {table: deal.desk.rows(table) for table in rows}
    assert before == deal.desk.effects()


def test_late_money_for_a_statement_that_was_told(deal: Deal) -> None:
    """A payment dated before statement day that is entered after it changes no statement that a partner was told of."""
    invoice, _ = deal.invoice(paid=False)
    deal.desk.world.xero.pay(invoice, 1200, "2026-01-20")
    deal.desk.world.mail.hang_up_after_dot()
    deal.desk.until(at(4, 5))
    deal.desk.run(*MONEY)
    (draft,) = deal.desk.rows("Statements")
    assert ("Draft", 100) == (draft["Status"], draft["Amount to invoice"])

    deal.desk.world.xero.pay(invoice, 1200, "2026-02-20")
    deal.desk.later(hours=1)
    deal.desk.run(*MONEY)
    deal.desk.command("retry", "2026-Q1/north-star/GBP", "--skip")
    deal.desk.run(*MONEY)

    assert [("2026-Q1/north-star/GBP", 0, 100, 100, "Issued")] == statements(deal.desk)
    assert "Confirmed" == deal.line("2026-02")[1]["Status"]
