"""A partner who is paid in euros for deals in pounds, through the whole app: converted once, on the row, for good."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.flows.conftest import Desk

RATES = """
source = "ECB"
[[rate]]
date = 2026-01-31
from = "GBP"
to = "EUR"
rate = "1.1712"
"""


@pytest.fixture
def abroad(desk: Desk) -> Desk:
    """A year's deal in pounds, paid at once, of a partner whose Currency is EUR; in the middle of February."""
    file = desk.rules / "commissions.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("\n[[plan]]", '\n[policy.conversion]\nto = "partner"\n\n[[plan]]', 1), "utf-8")
    (desk.rules / "rates.toml").write_text(RATES, encoding="utf-8")
    desk.paid_deal(12000, Currency="EUR")
    desk.until(datetime(2026, 2, 15, 9, tzinfo=UTC))
    desk.run()
    return desk


def lines(desk: Desk) -> list[tuple[str, float, str, str]]:
    """Return month, amount, currency and status of every line, by month."""
    return sorted((r["Month"], r["Amount"], r["Currency"], r["Status"]) for r in desk.rows("Commissions"))


def rates(desk: Desk, *more: str, first: str = "1.1712") -> None:
    """Write the rates anew, with those of other days."""
    rate_of = RATES[RATES.index("[[rate]]") :]
    pairs = [one.split() for one in more]
    days = "".join(rate_of.replace("2026-01-31", on).replace("1.1712", rate) for on, rate in pairs)
    (desk.rules / "rates.toml").write_text(RATES.replace("1.1712", first) + days, encoding="utf-8")


def test_a_quarter_in_euros(abroad: Desk) -> None:
    """Months that are over are in euros, at the rate of their last day; the quarter's statement is in euros; a rate
    that is corrected later, and a state that is lost, change nothing."""
    assert [("2026-01", 117.12, "EUR", "Confirmed"), ("2026-02", 100, "GBP", "Expected")] == lines(abroad)[:2]
    rates(abroad, "2026-02-28 1.18", "2026-03-31 1.19")
    abroad.until(datetime(2026, 4, 5, 8, tzinfo=UTC))
    abroad.run()
    then = lines(abroad)
    rates(abroad, "2026-02-28 2", "2026-03-31 2", first="2")
    abroad.forget()
    abroad.later(minutes=5)
    outcomes = abroad.run()

    assert [(117.12, "EUR"), (118, "EUR"), (119, "EUR")] == [line[1:3] for line in then[:3]]
    (statement,) = abroad.rows("Statements")
    assert ("2026-Q1/north-star/EUR", 354.12) == (statement["Statement"], statement["Amount to invoice"])
    assert then == lines(abroad)
    assert {"in sync"} == {outcome.state for outcome in outcomes.values()}


def test_a_rate_that_is_missing_is_asked_for(abroad: Desk) -> None:
    """Until the rate is written down the line is held, the lead's row names the day, and no statement has the line."""
    abroad.until(datetime(2026, 3, 2, 8, tzinfo=UTC))
    abroad.run()
    abroad.run("stages")
    problem = abroad.rows("Leads")[0]["Problem"]
    waiting = lines(abroad)[1]
    rates(abroad, "2026-02-28 1.18")
    abroad.later(minutes=5)
    abroad.run()

    assert "no rate GBP → EUR of 2026-02-28 is known: add it to rules/rates.toml" in problem
    assert ("2026-02", 100, "GBP", "On hold") == waiting
    assert ("2026-02", 118, "EUR", "Confirmed") == lines(abroad)[1]
    assert abroad.rows("Leads")[0].get("Problem") is None


def test_it_is_explained(abroad: Desk) -> None:
    """`explain` names the amount in the deal's currency, the rate, and whose of which day it is."""
    key = next(row["Line"] for row in abroad.rows("Commissions") if row["Month"] == "2026-01")
    steps = {step["step"]: step for step in abroad.command("explain", key, "--json").json["steps"]}

    assert "100.00 GBP × 1.1712 EUR/GBP (ECB, 2026-01-31)" == steps["conversion"]["text"]
    assert ("1.1712", "ECB, 2026-01-31") == (steps["conversion"]["rate"], steps["conversion"]["at"])
    assert "12,000.00 annual = 1000 in this month" == steps["base"]["text"]
