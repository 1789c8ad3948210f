"""What partners read of money, in the words that ship with the programme."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from worker.domain.lines import Statement
from worker.domain.months import Month, Period
from worker.domain.notices import Notice
from worker.messages import Messages
from worker.planning.exchange import Counted, Direction, Exchange
from worker.planning.money_notices import (
    amounts,
    monthly_notice,
    monthly_notice_key,
    paid_notice,
    statement_notice,
    statement_notice_key,
)

from .bookkeeping import Q1, day, line, statement
from .office import ACME_ROW, plain_words
from .rows_of_leads import lead_row

WORDS = Messages(Path(__file__).parents[2] / "rules" / "messages", "Northwind partners")
LINES = [
    line("2025-01", client="Oak & Sons", why="1,000.00 a month × 10 % = 100.00; month 1 of 12"),
    line("2025-02", "-30.00", kind="clawback", lead="L-ABCD2345", why="2024-12 is not earned any more"),
]
ISSUED = statement(Q1, lines=LINES, opening="20.00")


def test_a_statement_says_what_to_invoice_and_how_it_came_about() -> None:
    """The amount, the number to put on the bill, every line with its sum, and what was carried from before."""
    notice = statement_notice(ISSUED, LINES, ACME_ROW, WORDS)

    assert "Your statement 2025-Q1/acme/GBP: please invoice 90.00 GBP" == notice.subject
    for words in (
        "Please send us an invoice for 90.00 GBP, net of tax, with the number 2025-Q1/acme/GBP on it.",
        "Carried from before: 20.00 GBP",
        "2025-01  Oak & Sons  100.00 GBP\n    1,000.00 a month × 10 % = 100.00; month 1 of 12",
        "2025-02  L-ABCD2345  -30.00 GBP  (clawback)",
        "Together: 90.00 GBP\nTo invoice: 90.00 GBP",
    ):
        assert words in notice.text
    assert "Oak &amp; Sons" in (notice.html or "")
    rows = (("To invoice", "90.00 GBP"), ("2025-01 Oak & Sons", "100.00 GBP"), ("2025-02 L-ABCD2345", "-30.00 GBP"))
    assert rows == notice.rows
    assert (statement_notice_key(Q1), "statement", ACME_ROW.recipient()) == (notice.key, notice.kind, notice.recipient)


def test_what_a_cap_leaves_open_is_said() -> None:
    """Of 90.00 together 100.00 to invoice: −10.00 goes into the next statement."""
    capped = statement(Q1, lines=LINES, opening="20.00", carried="-10.00")

    assert "Together: 90.00 GBP, of which -10.00 GBP is carried into your next statement\nTo invoice: 100.00 GBP" in (
        statement_notice(capped, LINES, ACME_ROW, WORDS).text
    )


@pytest.mark.parametrize(
    ("carried", "reason"),
    [
        (statement(Q1, "Carried", LINES[:1]), "comes to 100.00 GBP. It is below the least that we settle."),
        (statement(Q1, "Carried", LINES[1:]), "comes to -30.00 GBP. It is below zero."),
        (
            statement(Q1, "Carried", LINES[1:], opening="30.00"),
            "comes to 0.00 GBP. It is below the least that we settle.",
        ),
        (
            statement(Q1, "Carried", LINES[1:], opening="30.50"),
            "comes to 0.50 GBP. It is below the least that we settle.",
        ),
    ],
)
def test_a_carried_statement_says_why(carried: Statement, reason: str) -> None:
    """There is nothing to invoice, and the balance is not lost."""
    notice = statement_notice(carried, LINES, ACME_ROW, WORDS)

    assert ("carried", "Your statement 2025-Q1/acme/GBP: nothing to invoice this time") == (notice.kind, notice.subject)
    assert f"{reason} It is carried into your next statement; there is nothing to invoice now." in notice.text


def test_that_a_statement_is_paid() -> None:
    """How much, which bill, and when."""
    paid = replace(ISSUED, status="Paid", bill_number="ACME 17", paid_on=day("2025-04-20"))
    notice = paid_notice(paid, ACME_ROW, WORDS)

    assert ("acme/paid/2025-Q1/acme/GBP", "paid") == (notice.key, notice.kind)
    assert (("Paid", "90.00 GBP"), ("Invoice", "ACME 17")) == notice.rows
    for words in ("90.00 GBP", "ACME 17", "2025-04-20"):
        assert words in notice.text


def test_how_a_month_went() -> None:
    """Counts and balances, in words."""
    leads = [lead_row("r1", Lead="L-1", Status="Won"), lead_row("r2", Lead="L-2", Status="In review")]
    month = Month(2026, 3)
    notice = monthly_notice(ACME_ROW, leads, LINES, month, None, zone=ZoneInfo("UTC"), words=WORDS)

    assert (monthly_notice_key("acme", month), "monthly") == (notice.key, notice.kind)
    assert (("Leads sent", "2"), ("Under way", "1"), ("Won", "1")) == notice.rows
    assert "March 2026" in notice.subject + notice.text
    assert "70.00 GBP" in notice.text


def test_a_month_with_its_quarter_so_far() -> None:
    """Counts from and to the partner, what each side owes, and the keys behind every sum."""
    table = Exchange(
        "acme", "Acme Ltd", Period.parse("2026-Q1"),
        received=Direction(("L-1", "L-2"), ("L-1",), ("L-1",), (Counted("L-1", "GBP", Decimal("12000.00")),)),
        sent=Direction(("L-3",), ("L-3",), ("L-3",)),
        lines=(Counted("9001/acme/2026-01/commission", "GBP", Decimal("100.00")),),
        owed=(Counted("L-3", "GBP", Decimal("250.00")),), left_out=("L-4 is won, but Won on is missing",),
    )  # fmt: skip
    notice = monthly_notice(ACME_ROW, [], LINES, Month(2026, 2), table, zone=ZoneInfo("UTC"), words=WORDS)

    for words in (
        "Between us in 2026-Q1, up to the end of the month (from you / to you):",
        "Leads: 2 / 1\nAccepted: 1 / 1\nWon: 1 / 1\nValue won, first year: 12,000.00 GBP / –\n",
        "Commission that you earned: 100.00 GBP (1 commission line)\nCommission that you owe us: 250.00 GBP\n",
        "Balance in your favour: -150.00 GBP",
        "Counted as won from you: L-1 12,000.00 GBP\nCounted as won by you: L-3\nCounted as owed to us: L-3 250.00 GBP",
        "Left out: L-4 is won, but Won on is missing",
    ):
        assert words in notice.text
    assert "<b>-150.00 GBP</b>" in (notice.html or "")
    assert (("You earned in 2026-Q1", "100.00 GBP"), ("You owe us for 2026-Q1", "250.00 GBP")) == notice.rows[3:]


# ---- every fact that a template may show ----------------------------------------------------------------------------


def facts_of(notice: Notice) -> dict[str, Any]:
    """Return the facts that were rendered; the notice has what came of that, and goes to the partner."""
    assert (notice.kind, "", ACME_ROW.recipient()) == (notice.subject, notice.html, notice.recipient)
    found: dict[str, Any] = json.loads(notice.text)
    return found


def test_the_facts_of_a_statement() -> None:
    """All sums and lines have the digits of their currency: yen have none."""
    own = line("2025-01", "12500", currency="JPY", client="Oak", why="so much")
    yen = statement("2025-Q1/acme/JPY", lines=[own])

    assert {
        "partner": "Acme Ltd", "statement": "2025-Q1/acme/JPY", "period": "2025-Q1", "currency": "JPY",
        "lines": [{"month": "2025-01", "client": "Oak", "kind": "commission", "why": "so much", "amount": "12,500"}],
        "opening_shown": False, "carried_shown": False, "reason": "It is below the least that we settle.",
        "opening": "0", "closing": "12,500", "carried": "0", "amount": "12,500",
    } == facts_of(statement_notice(yen, [own], ACME_ROW, plain_words))  # fmt: skip


def test_the_facts_of_a_payment() -> None:
    """A bill that has no number has none to show."""
    yen = statement("2025-Q1/acme/JPY", "Paid", [line("2025-01", "12500", currency="JPY")], paid_on=day("2025-04-20"))
    notice = paid_notice(yen, ACME_ROW, plain_words)

    assert {
        "partner": "Acme Ltd", "statement": "2025-Q1/acme/JPY", "period": "2025-Q1", "amount": "12,500",
        "currency": "JPY", "bill": None, "paid_on": "2025-04-20",
    } == facts_of(notice)  # fmt: skip
    assert (("Paid", "12,500 JPY"), ("Invoice", "")) == notice.rows


def test_the_facts_of_a_month() -> None:
    """Sent are the leads of the month in the programme's zone, under way those that are not decided; lines that wait
    and that are confirmed are summed by currency."""
    at = [("2026-03-01T09:00", "Won"), ("2026-03-31T23:30", "In review"), ("2026-02-28T09:00", "In review"),
          ("2026-03-02T09:00", "Lost"), ("2026-03-03T09:00", "Duplicate")]  # fmt: skip
    leads = [
        lead_row(f"r{n}", Lead=f"L-{n}", Status=status, Submitted=datetime.fromisoformat(f"{when}+00:00"))
        for n, (when, status) in enumerate(at)
    ]
    lines = [line("2026-01", "12500", "Waiting", currency="JPY"), line("2026-01", "70.00"), line("2026-02", "30.00")]
    notice = monthly_notice(
        ACME_ROW, leads, lines, Month(2026, 3), None, zone=ZoneInfo("Europe/London"), words=plain_words
    )

    assert {
        "partner": "Acme Ltd", "month": "March 2026", "sent": 3, "open": 2, "won": 1, "exchange": None,
        "balances": [{"currency": "GBP", "confirmed": "100.00", "waiting": "0.00"},
                     {"currency": "JPY", "confirmed": "0", "waiting": "12,500"}],
    } == facts_of(notice)  # fmt: skip


def test_sums_in_several_currencies() -> None:
    """Each has the digits of its own."""
    assert "1.50 GBP, 1,500 JPY" == amounts({"GBP": Decimal("1.5"), "JPY": Decimal(1500)})
    assert "–" == amounts({})
