"""One lead from the form row to the paid statement, through every service's own SDK, each row looked at on the way.

After each step the same command runs once more, and nothing at all may be written then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default as mail_policy
from typing import Any

from tests.flows.conftest import Desk, on_both

CHANNEL = "C0NORTHSTAR"
KEY = "2026-Q1/north-star/GBP"
MONTHS = [f"2026-{month:02d}" for month in range(1, 13)]
TYPED = {
    "Partner": "North Star", "Company": "Acme & Söhne GmbH", "Website": "https://www.acme.example.com/hello",
    "First name": "Jo", "Last name": "Doe", "Email": "jo@acme.example.com", "Phone": "020 7946 0018", "Country": "UK",
    "Notes": "Met at the fair.\nWants to start soon.", "Estimated value": 12500, "Currency": "gbp",
}  # fmt: skip


def quiet_run(desk: Desk) -> None:
    """Run everything once more and assert that nobody is told or written anything."""
    before = desk.effects()
    outcomes = desk.run()

    assert {"in sync"} == {outcome.state for outcome in outcomes.values()}
    assert before == desk.effects()


def step(desk: Desk, *flows: str, **time: float) -> None:
    """Let five minutes pass (HubSpot's search lags), run, and run once more in vain."""
    desk.later(**(time or {"minutes": 5}))
    assert {"in sync"} == {outcome.state for outcome in desk.run(*flows).values()}
    quiet_run(desk)


def only(desk: Desk, table: str) -> dict[str, Any]:
    """Return the cells of a table's single row; the time of the last look apart."""
    (row,) = desk.rows(table)
    row.pop("Synced", None)
    return row


def lines(desk: Desk) -> list[dict[str, Any]]:
    """Return the lines in the order of their months."""
    return sorted(desk.rows("Commissions"), key=lambda row: row["Month"])


def line(lead: Mapping[str, Any], month: str, status: str, then: str = "", **cells: Any) -> dict[str, Any]:
    """Return what a line's row must hold."""
    number = MONTHS.index(month) + 1
    why = f"1,000.00 a month (12,000.00 a year ÷ 12) × 10 % (plan gold, 2024-01) = 100.00; month {number} of 12{then}"
    return {
        "Line": f"{lead['Deal ID']}/north-star/{month}/commission", "Partner": "North Star", "Lead": lead["Lead"],
        "Deal ID": lead["Deal ID"], "Client": "Acme & Söhne GmbH", "Month": month, "Kind": "commission",
        "Base": "12000 annual", "Rate": "10 % (gold, 2024-01)", "Share": "100 %", "Amount": 100, "Currency": "GBP",
        "Status": status, "Why": why, **cells,
    }  # fmt: skip


def partner(**totals: int) -> dict[str, Any]:
    """Return what the partner's row must hold."""
    return {
        "Partner": "North Star", "Key": "north-star", "Status": "Enrolled", "Plan": "gold", "Currency": "GBP",
        "Email": "money@north-star.test", "Company domain": "north-star.test", "Slack channel": CHANNEL,
        "Leads": 1, "Won": 0, "Earned": 0, "Paid": 0, "Balance": 0, **totals,
    }  # fmt: skip


def subjects(desk: Desk) -> list[str]:
    """Return the subjects of the mails so far; each must have gone to the partner, and to Slack with the same words."""
    letters = [message_from_bytes(letter.raw, policy=mail_policy) for letter in desk.world.mail.received]
    found = [str(letter["Subject"]) for letter in letters]
    headers = [
        next(block["text"]["text"] for block in post["blocks"] if block["type"] == "header")
        for post in desk.world.slack.messages(CHANNEL)
    ]

    assert {"money@north-star.test"} == {letter.recipient for letter in desk.world.mail.received}
    assert [subject.replace("&", "&amp;") for subject in found] == headers
    return found


@on_both
def test_from_the_form_to_the_bank(desk: Desk) -> None:
    """A lead becomes a deal, twelve lines, a statement and a paid bill; every row is right at every step."""
    world = desk.world
    world.slack.add_channel(CHANNEL, "partner-north-star")
    desk.partner("North Star", **{"Slack channel": CHANNEL})
    desk.run()
    assert partner(Leads=0) == only(desk, "Partners")

    # A form row becomes a company, a contact and a deal.
    desk.hands.add_row("Leads", TYPED, form=True)
    desk.run()
    quiet_run(desk)

    (deal,), (company,), (contact,) = world.hubspot.deals(), world.hubspot.companies(), world.hubspot.contacts()
    row = only(desk, "Leads")
    lead = {
        **TYPED, "Lead": row["Lead"], "Status": "Qualified", "Deal ID": deal["id"], "Client ID": company["id"],
        "Contact ID": contact["id"], "Deal stage": "Appointment Scheduled", "Deal value": 12500, "Deal currency": "GBP",
    }  # fmt: skip
    assert lead == row
    assert "L-" == row["Lead"][:2]
    assert 10 == len(row["Lead"])
    asked = {
        "partner_lead_id": row["Lead"], "source_partner": "north-star", "pipeline": "default",
        "dealstage": "appointmentscheduled", "dealname": "Acme & Söhne GmbH – North Star",
    }  # fmt: skip
    assert asked == {name: deal["properties"].get(name) for name in asked}
    assert ("Acme & Söhne GmbH", "example.com") == (company["properties"]["name"], company["properties"]["domain"])
    assert ("jo@acme.example.com", "Jo", "Doe", "+442079460018") == tuple(
        contact["properties"][name] for name in ("email", "firstname", "lastname", "phone")
    )
    assert [company["id"]] == world.hubspot.linked("deals", deal["id"], "companies")
    assert [contact["id"]] == world.hubspot.linked("deals", deal["id"], "contacts")
    assert [company["id"]] == world.hubspot.linked("contacts", contact["id"], "companies")
    assert partner() == only(desk, "Partners")
    assert ["We have your lead: Acme & Söhne GmbH"] == subjects(desk)

    # Sales moves the deal on.
    world.hubspot.move_deal(deal["id"], "qualifiedtobuy")
    step(desk)
    lead |= {"Status": "Approved", "Deal stage": "Qualified To Buy"}
    assert lead == only(desk, "Leads")

    world.hubspot.move_deal(deal["id"], "presentationscheduled")
    step(desk)
    lead |= {"Status": "Client pitch", "Deal stage": "Presentation Scheduled"}
    assert lead == only(desk, "Leads")
    assert [] == desk.rows("Commissions")

    # The deal is won: twelve lines.
    desk.win(deal["id"], "12000", "annual", "GBP")
    step(desk)
    lead |= {
        "Status": "Won", "Deal stage": "Closed Won", "Deal value": 12000, "Interval": "annual", "Won on": "2026-01-12",
    }  # fmt: skip
    assert lead == only(desk, "Leads")
    assert [line(lead, month, "Expected") for month in MONTHS] == lines(desk)
    assert partner(Won=1) == only(desk, "Partners")
    assert [] == desk.rows("Statements")
    assert [
        "We have your lead: Acme & Söhne GmbH",
        "Acme & Söhne GmbH is now: Approved",
        "Acme & Söhne GmbH is now: Client pitch",
        "Acme & Söhne GmbH is now: Won",
    ] == subjects(desk)

    # The client is invoiced with VAT, and pays one month of it. Nothing is due before its month is over.
    client = world.xero.add_contact("Acme")
    invoice = world.xero.invoice(client, 12000, tax_rate=20, reference=f"Order 7, deal {deal['id']}", number="INV-0042",
                                 date="2026-01-15", due_date="2026-02-14")  # fmt: skip
    world.xero.pay(invoice, 1200, "2026-01-20")
    desk.until(datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    step(desk)
    assert [line(lead, month, "Expected") for month in MONTHS] == lines(desk)

    # January is over and paid for.
    desk.until(datetime(2026, 2, 2, 8, tzinfo=UTC))
    step(desk)
    january = line(lead, "2026-01", "Confirmed", "; covered by INV-0042, paid 2026-01-20", Invoice="INV-0042")
    assert [january, *(line(lead, month, "Expected") for month in MONTHS[1:])] == lines(desk)
    assert partner(Won=1, Earned=100, Balance=100) == only(desk, "Partners")
    assert "Your January 2026 with Sandbox programme" == subjects(desk)[-1]

    # February is over and not paid for.
    desk.until(datetime(2026, 3, 2, 8, tzinfo=UTC))
    step(desk)
    waits = "; waits for the client: INV-0042 has 13,200.00 open, due 2026-02-14"
    february = line(lead, "2026-02", "Waiting", waits)
    assert [january, february, *(line(lead, month, "Expected") for month in MONTHS[2:])] == lines(desk)

    # The client pays the rest.
    world.xero.pay(invoice, 13200, "2026-03-09")
    desk.until(datetime(2026, 3, 10, 8, tzinfo=UTC))
    step(desk)
    paid = "; covered by INV-0042, paid 2026-03-09"
    february = line(lead, "2026-02", "Confirmed", paid, Invoice="INV-0042")
    assert [january, february, *(line(lead, month, "Expected") for month in MONTHS[2:])] == lines(desk)

    # The quarter is over; its statement is not due yet.
    desk.until(datetime(2026, 4, 4, 8, tzinfo=UTC))
    step(desk)
    march = line(lead, "2026-03", "Confirmed", paid, Invoice="INV-0042")
    later = [line(lead, month, "Expected") for month in MONTHS[3:]]
    assert [january, february, march, *later] == lines(desk)
    assert partner(Won=1, Earned=300, Balance=300) == only(desk, "Partners")
    assert [] == desk.rows("Statements")

    # Statement day: lines locked, the partner told what to invoice.
    desk.until(datetime(2026, 4, 5, 8, tzinfo=UTC))
    step(desk)
    statement = {
        "Statement": KEY, "Partner": "North Star", "Period": "2026-Q1", "Currency": "GBP", "Opening": 0, "Earned": 300,
        "Corrections": 0, "Closing": 300, "Amount to invoice": 300, "Status": "Issued", "Issued": "2026-04-05",
    }  # fmt: skip
    quarter = [{**row, "Status": "On statement", "Statement": KEY} for row in (january, february, march)]
    assert statement == only(desk, "Statements")
    assert [*quarter, *later] == lines(desk)
    assert partner(Won=1, Earned=300, Balance=300) == only(desk, "Partners")
    assert f"Your statement {KEY}: please invoice 300.00 GBP" == subjects(desk)[-1]
    letter = message_from_bytes(world.mail.received[-1].raw, policy=mail_policy)
    for kind in ("plain", "html"):
        body = letter.get_body((kind,)).get_content()  # type: ignore[union-attr]
        assert ["300.00", KEY] == [word for word in ("300.00", KEY) if word in body]
        assert [] == [row["Month"] for row in quarter if row["Month"] not in body]
    assert "300.00 GBP" in str(world.slack.messages(CHANNEL)[-1]["blocks"])

    # The partner's bill arrives.
    desk.until(datetime(2026, 4, 12, 8, tzinfo=UTC))
    supplier = world.xero.add_contact("North Star Ltd")
    bill = world.xero.invoice(supplier, 300, tax_rate=20, kind="ACCPAY", number=KEY, date="2026-04-10")
    step(desk)
    statement |= {"Status": "Billed", "Bill": KEY}
    quarter = [{**row, "Status": "Invoiced"} for row in quarter]
    assert statement == only(desk, "Statements")
    assert [*quarter, *later] == lines(desk)

    # We pay a part of it: whole lines, oldest first.
    world.xero.pay(bill, 150, "2026-04-20")
    desk.until(datetime(2026, 4, 20, 12, tzinfo=UTC))
    step(desk)
    statement |= {"Status": "Part paid"}
    quarter[0] |= {"Status": "Paid", "Paid on": "2026-04-20"}
    assert statement == only(desk, "Statements")
    assert [*quarter, *later] == lines(desk)
    assert partner(Won=1, Earned=300, Paid=100, Balance=200) == only(desk, "Partners")
    told = len(subjects(desk))

    # We pay the rest, and the partner is told.
    world.xero.pay(bill, 210, "2026-04-22")
    desk.until(datetime(2026, 4, 22, 12, tzinfo=UTC))
    step(desk)
    statement |= {"Status": "Paid", "Paid on": "2026-04-22"}
    quarter = [{**row, "Status": "Paid", "Paid on": "2026-04-22"} for row in quarter]
    assert statement == only(desk, "Statements")
    assert [*quarter, *later] == lines(desk)
    assert partner(Won=1, Earned=300, Paid=300, Balance=0) == only(desk, "Partners")
    assert [f"Paid: your statement {KEY}"] == subjects(desk)[told:]
    assert lead == only(desk, "Leads")

    # Nothing of this stands only in the worker's own state.
    desk.forget()
    quiet_run(desk)
