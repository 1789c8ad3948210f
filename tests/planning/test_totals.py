"""Partners' own figures, and what they are told when a month is over."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from worker.domain.facts import Invoice
from worker.domain.leads import LeadRow
from worker.domain.lines import Line
from worker.domain.partners import PartnerRow
from worker.domain.plan import Tell
from worker.planning.totals import monthly_summaries, partner_totals

from .bookkeeping import bill, day, line
from .office import plain_words
from .rows_of_leads import lead_row, partner_row

ACME = partner_row("Acme Ltd", Key="acme")
LONDON = ZoneInfo("Europe/London")


def lead(
    key: str | None = "L-1", partner: str = "Acme Ltd", status: str = "Won", on: str = "2025-03-10", **more: object
) -> LeadRow:
    at = datetime.combine(date.fromisoformat(on), datetime.min.time(), UTC)
    return lead_row(key or "r0", Lead=key, Partner=partner, Status=status, Submitted=at, **more)


# ---- totals ---------------------------------------------------------------------------------------------------------

LINES = [
    line("2025-01", "100.00", "Paid"),
    line("2025-02", "70.00", "Invoiced"),
    line("2025-03", "-20.00", "On statement", kind="clawback"),
    line("2025-04", "5.00"),
    line("2025-05", "1000.00", "Waiting"),
    line("2025-06", "1000.00", "Expected"),
    line("2025-07", "0.00", "Cancelled"),
    line("2025-01", "9.00", "Paid", currency="EUR"),
    line("2025-01", "9.00", "Paid", partner="birch"),
]


def totals(
    partner: PartnerRow, leads: list[LeadRow], lines: list[Line], *invoices: Invoice, today: str = "2025-05-01"
) -> dict[str, str]:
    (edit,) = partner_totals([partner], leads, lines, invoices, currency="GBP", today=day(today), zone=LONDON)
    return {column: str(cell) for column, cell in edit.after.items()}


def test_totals_are_of_the_partners_own_leads_and_lines() -> None:
    """Earned is what is confirmed or locked, Paid what is paid, in the partner's currency; Balance is the rest."""
    leads = [
        lead("L-1"),
        lead("L-2", "acme", "In review"),
        lead("L-3", ACME.row.id, "Lost"),
        lead("L-4", "Birch"),
        lead(None),
        lead("L-6", Direction="Sent"),
    ]

    assert {"Leads": "3", "Won": "1", "Earned": "155.00", "Paid": "100.00", "Balance": "55.00"} == totals(
        ACME, leads, LINES
    )
    assert {"Leads": "0", "Won": "0", "Earned": "9.00", "Paid": "9.00", "Balance": "0.00"} == totals(
        replace(ACME, currency="EUR"), [], LINES
    )


def test_a_copied_row_counts_once() -> None:
    """As in the performance of partners: a row whose key another has is no lead of its own."""
    copy = replace(lead(), row=replace(lead().row, id="copy"))

    assert ("1", "1") == tuple(totals(ACME, [lead(), copy], [])[column] for column in ("Leads", "Won"))


def test_only_totals_that_changed_are_written() -> None:
    """A partner whose row says so already, or who has no key yet, gives no edit."""
    cells = {
        "Leads": Decimal(0),
        "Won": Decimal(0),
        "Earned": Decimal(155),
        "Paid": Decimal(100),
        "Balance": Decimal(7),
    }
    standing = partner_row("Acme Ltd", Key="acme", **cells)

    (edit,) = partner_totals(
        [standing, partner_row("New", Key=None)], [], LINES, [], currency="GBP", today=day("2025-05-01"), zone=LONDON
    )
    assert (standing.row.id, "acme", {"Balance": Decimal("55.00")}) == (edit.row, edit.about, dict(edit.after))


def test_every_partner_has_totals_of_its_own() -> None:
    """One without a key is passed over; where there is nothing the zeros have the digits of the currency."""
    partners = [partner_row("New", Key=None), ACME, partner_row("Birch", Currency="JPY"), partner_row("Oak")]
    edits = partner_totals(partners, [], LINES[:1], [], currency="GBP", today=day("2025-05-01"), zone=LONDON)

    assert [("acme", "acme"), ("birch", "birch"), ("oak", "oak")] == [(edit.key, edit.about) for edit in edits]
    assert {"totals of leads and lines"} == {edit.reason for edit in edits}
    assert [["100.00", "100.00", "0.00"], ["0", "0", "0"], ["0.00", "0.00", "0.00"]] == [
        [str(edit.after[column]) for column in ("Earned", "Paid", "Balance")] for edit in edits
    ]


def sent(key: str = "L-S", owed: str = "30", **cells: object) -> LeadRow:
    """Return a lead that we sent to Acme and that it won in April, for a commission of 30 pounds."""
    won = {"Estimated_value": Decimal(owed), "Currency": "GBP", "Won_on": day("2025-04-02"), "Direction": "Sent"}
    return lead(key, **{**won, **cells})


def ours(number: str = "INV-9", paid: str = "12.00", **more: object) -> Invoice:
    """Return an invoice of ours to Acme over 36 pounds, 6 of them tax."""
    known = {"type": "ACCREC", "total": "36.00", "paid": [("2025-04-20", paid)]}
    return bill(number, "30.00", **{**known, **more})


@pytest.mark.parametrize(
    ("rows", "balance"),
    [
        ([sent()], "25.00"),
        ([sent(), sent("L-T", "5.5")], "19.50"),
        ([sent(status="Qualified")], "55.00"),
        ([sent(Hold=True)], "55.00"),
        ([sent(Currency="EUR")], "55.00"),
        ([sent(Won_on=None)], "55.00"),
        ([sent(Estimated_value=None)], "55.00"),
        ([sent(Won_on=day("2025-05-01"))], "25.00"),
        ([sent(Won_on=day("2025-05-02"))], "55.00"),
        ([sent(Won_on=datetime(2025, 5, 1, 22, 30, tzinfo=UTC))], "25.00"),
        ([sent(Won_on=datetime(2025, 5, 1, 23, 30, tzinfo=UTC))], "55.00"),  # in London the next day
        ([sent(partner="Birch")], "55.00"),
        ([sent(), replace(sent(), row=replace(sent().row, id="copy"))], "25.00"),
    ],
)
def test_what_the_partner_owes_us_is_taken_off_the_balance(rows: list[LeadRow], balance: str) -> None:
    """The commission of leads that we sent, once won, in the partner's currency; the other totals stay as they are."""
    found = totals(ACME, rows, LINES)

    assert {"Leads": "0", "Won": "0", "Earned": "155.00", "Paid": "100.00", "Balance": balance} == found


@pytest.mark.parametrize(
    ("invoices", "today", "balance"),
    [
        ([ours()], "2025-05-01", "35.00"),
        ([ours(paid="36.00")], "2025-05-01", "55.00"),
        ([ours("INV-8")], "2025-05-01", "25.00"),
        ([ours("inv-9")], "2025-05-01", "35.00"),
        ([ours(type="ACCPAY")], "2025-05-01", "25.00"),
        ([ours(currency="EUR")], "2025-05-01", "25.00"),
        ([ours(status="VOIDED")], "2025-05-01", "25.00"),
        ([ours()], "2025-04-19", "25.00"),
        ([ours(), ours("INV-10")], "2025-05-01", "45.00"),
    ],
)
def test_what_the_partner_paid_us_is_owed_no_more(invoices: list[Invoice], today: str, balance: str) -> None:
    """Net cash on our invoices that the sent leads' rows name counts, however many rows name them."""
    rows = [sent(Invoices="INV-9, INV-10"), sent("L-T", "0", Invoices="INV-9")]

    assert balance == totals(ACME, rows, LINES, *invoices, today=today)["Balance"]


# ---- a month is over ------------------------------------------------------------------------------------------------


def summaries(
    today: str = "2025-04-01", partner: PartnerRow = ACME, *, leads: list[LeadRow] | None = None,
    lines: list[Line] | None = None, told: str | None = None, since: str = "2025-01-01",
) -> list[Tell]:  # fmt: skip
    return monthly_summaries(
        [partner], [lead()] if leads is None else leads, LINES if lines is None else lines, statuses=("Won",),
        today=day(today), zone=LONDON, words=plain_words, told=lambda _: told, known_since=day(since),
    )  # fmt: skip


def test_in_the_first_days_a_partner_is_told_of_the_month_before() -> None:
    """Leads sent in it, under way and won, and what is confirmed and waiting by currency."""
    leads = [
        lead("L-1"),
        lead("L-2", status="In review", on="2025-02-28"),
        lead("L-3", status="Duplicate"),
        lead("L-4", status="Lost", on="2025-04-01"),
    ]
    (tell,) = summaries(leads=leads)

    assert ("acme/monthly/2025-03", "monthly", "") == (tell.notice.key, tell.notice.kind, tell.needs)
    assert "a month is over" == tell.reason
    earned = ("You earned in 2025-Q1", "9.00 EUR, 150.00 GBP")
    assert (("Leads sent", "2"), ("Under way", "1"), ("Won", "1"), earned) == tell.notice.rows
    assert '"month": "March 2025"' in tell.notice.text
    gbp = '{"currency": "GBP", "confirmed": "5.00", "waiting": "1,000.00"}'
    assert f'"balances": [{{"currency": "EUR", "confirmed": "0.00", "waiting": "0.00"}}, {gbp}]' in tell.notice.text


@pytest.mark.parametrize(
    ("today", "told", "since", "number"),
    [
        ("2025-04-01", None, "2025-03-31", 1),
        ("2025-04-05", None, "2025-03-31", 1),
        ("2025-04-06", None, "2025-03-31", 0),
        ("2025-04-03", "intended", "2025-03-31", 1),
        ("2025-04-03", "pending", "2025-03-31", 0),
        ("2025-04-03", "sent", "2025-03-31", 0),
        ("2025-04-03", None, "2025-04-01", 0),
    ],
)
def test_it_is_told_once_and_not_where_nobody_knows(today: str, told: str | None, since: str, number: int) -> None:
    """In the first five days, unless a message is known; a state that began in these days knows of none."""
    assert number == len(summaries(today, told=told, since=since))


@pytest.mark.parametrize(
    ("partner", "leads", "lines", "number"),
    [
        (ACME, [lead(on="2025-01-10")], [line("2025-01", "1.00", "Paid")], 1),
        (ACME, [lead(on="2025-01-10")], [], 0),
        (ACME, [lead(on="2025-03-31")], [], 1),
        (ACME, [], [line("2025-01", "1.00", "Paid")], 0),
        (replace(ACME, status="Paused"), [lead()], [], 0),
        (replace(ACME, status="Left"), [lead()], [], 0),
        (replace(ACME, key=""), [lead()], [], 0),
        (ACME, [sent(on="2025-03-31")], [], 1),
        (ACME, [sent(on="2025-02-28", Won_on=day("2025-03-31"))], [], 1),
        (ACME, [sent(on="2025-02-28")], [], 0),
        (ACME, [lead(on="2025-02-28", Won_on=day("2025-03-31"))], [], 0),
    ],
)
def test_only_who_has_news_is_told(partner: PartnerRow, leads: list[LeadRow], lines: list[Line], number: int) -> None:
    """Enrolled partners with leads, who have lines, or sent or got a lead in that month, or won one that they got."""
    assert number == len(summaries(partner=partner, leads=leads, lines=lines))


def late(**cells: object) -> LeadRow:
    """Return a lead of Acme's that came in half an hour before midnight, which in London was the next month."""
    at = datetime(2025, 3, 31, 23, 30, tzinfo=UTC)
    return lead_row("r9", **{"Lead": "L-9", "Partner": "Acme Ltd", "Status": "In review", "Submitted": at, **cells})


def test_a_month_ends_at_midnight_in_the_programmes_zone() -> None:
    """What came in, or was won, after that is news of the next month."""
    won = sent(on="2025-02-28", Won_on=datetime(2025, 3, 31, 23, 30, tzinfo=UTC))
    (tell,) = summaries(leads=[lead(status="In review"), late()], lines=[])

    assert [] == summaries(leads=[late()], lines=[])
    assert [] == summaries(leads=[won], lines=[])
    assert ("Leads sent", "1") == tell.notice.rows[0]
    assert 1 == json.loads(tell.notice.text)["exchange"]["received"]["leads"]


def test_every_partner_is_told_by_itself() -> None:
    """One who was told already, or is paused, keeps no other from being told."""
    partners = [replace(ACME, status="Paused"), partner_row("Birch"), partner_row("Oak")]
    leads = [lead("L-1"), lead("L-2", "Birch"), lead("L-3", "Oak")]
    tells = monthly_summaries(
        partners, leads, [], statuses=("Won",), today=day("2025-04-01"), zone=LONDON, words=plain_words,
        told={"birch/monthly/2025-03": "sent", "oak/monthly/2025-02": "sent"}.get, known_since=day("2025-01-01"),
    )  # fmt: skip

    assert ["oak/monthly/2025-03"] == [tell.notice.key for tell in tells]


def test_the_quarter_so_far_stands_in_the_summary() -> None:
    """Both directions up to the end of the month: what happened after it, or in another quarter, is not there."""
    leads = [
        lead("L-1", Deal_ID="9001", Won_on=day("2025-03-20"), Deal_value=Decimal(12000), Deal_currency="GBP",
             Interval="annual"),
        sent("L-2", Won_on=day("2025-03-31")), sent("L-3", on="2025-04-01"), lead("L-4", on="2024-12-31"),
    ]  # fmt: skip
    (tell,) = summaries("2025-04-02", leads=leads)
    facts = json.loads(tell.notice.text)["exchange"]

    assert {
        "quarter": "2025-Q1", "earned": "9.00 EUR, 150.00 GBP", "lines": 4, "owed": "30.00 GBP",
        "owed_for": ["L-2 30.00 GBP"], "balance": "9.00 EUR, 120.00 GBP",
        "received": {"leads": 1, "accepted": 1, "won": 1, "value": "12,000.00 GBP",
                     "won_leads": ["L-1 12,000.00 GBP"]},
        "sent": {"leads": 1, "accepted": 1, "won": 1, "value": "–", "won_leads": ["L-2"]},
        "left_out": [],
    } == facts  # fmt: skip
    assert ("You owe us for 2025-Q1", "30.00 GBP") == tell.notice.rows[-1]
