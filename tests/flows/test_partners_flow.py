"""Leads both ways through the real app: the exchange in tracker, message and `status`, and how partners perform."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default as mail_policy
from typing import Any

import pytest

from tests.flows.conftest import Desk, on_both
from worker.app import DEFAULT_FLOWS

SENT = {"Direction": "Sent", "Website": None, "Email": None, "First name": None, "Last name": None}
NO_DAY = 'Won on is missing: fill in the day on which the partner won it, as "2026-03-31".'
FEBRUARY = datetime(2026, 2, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def given(desk: Desk) -> Desk:
    """January: North Star's Acme is won and half paid, its Birch and Blue Door's Cedar go on; we sent it two leads."""
    desk.partner("North Star")
    desk.partner("Blue Door", Currency="EUR")
    acme = desk.lead("North Star", "Acme")
    desk.lead("North Star", "Birch")
    desk.lead("Blue Door", "Cedar")
    desk.lead("North Star", "Dogwood", **SENT)
    desk.lead("north-star", "Elm", **SENT)
    desk.run("intake")
    desk.later(days=6)
    deal = desk.row(acme)["Deal ID"]
    desk.win(deal)
    contact = desk.world.xero.add_contact("Acme")
    desk.world.xero.pay(desk.world.xero.invoice(contact, 12000, reference=deal), 6000, "2026-01-12")
    desk.later(minutes=5)
    desk.run()
    return desk


def lead(desk: Desk, company: str) -> str:
    """Return the row id of a company's lead."""
    (found,) = [row["id"] for row in desk.hands.rows("Leads") if row["fields"].get("Company") == company]
    return str(found)


def report_win(desk: Desk, company: str, **cells: Any) -> None:
    """Note in the row of a lead that we sent that its partner won it."""
    won = {"Status": "Won", "Won on": "2026-01-20", "Estimated value": 250, "Currency": "GBP"}
    desk.hands.edit("Leads", lead(desk, company), {**won, **cells})


def again(desk: Desk) -> None:
    """Run five minutes later."""
    desk.later(minutes=5)
    desk.run()


def totals(desk: Desk, partner: str = "North Star") -> tuple[str, ...]:
    """Return what the Partners table says of a partner."""
    (row,) = [row for row in desk.rows("Partners") if row["Partner"] == partner]
    return tuple(f"{row[column]:g}" for column in ("Leads", "Won", "Earned", "Paid", "Balance"))


# ---- in the tracker -------------------------------------------------------------------------------------------------


@on_both
def test_the_status_of_a_lead_that_we_sent_is_the_partners(given: Desk) -> None:
    """It stands as people write it, run after run; what the exchange lacks is asked for, and the words go once it is
    there."""
    report_win(given, "Dogwood", **{"Won on": None})
    given.hands.edit("Leads", lead(given, "Elm"), {"Status": "Approved"})
    again(given)
    again(given)

    dogwood, elm = given.row(lead(given, "Dogwood")), given.row(lead(given, "Elm"))
    assert ("Won", NO_DAY) == (dogwood["Status"], dogwood["Problem"])
    assert ("Approved", None) == (elm["Status"], elm.get("Problem") or None)

    report_win(given, "Dogwood")
    again(given)
    row = given.row(lead(given, "Dogwood"))
    assert ("Won", "2026-01-20", None) == (row["Status"], row["Won on"], row.get("Problem") or None)
    with given.app() as app:
        assert [0] * len(DEFAULT_FLOWS) == [len(plan) for plan in app.plan(DEFAULT_FLOWS).plans.values()]
    assert not row.get("Deal ID")


def test_what_a_partner_owes_us_is_in_its_balance_until_it_is_paid(given: Desk) -> None:
    """250 pounds owed, of which 100 are earned by the partner; our invoice that staff name in the row settles it."""
    report_win(given, "Dogwood")
    given.until(FEBRUARY)
    given.run()
    assert ("2", "1", "100", "0", "-150") == totals(given)
    assert ("1", "0", "0", "0", "0") == totals(given, "Blue Door")

    xero = given.world.xero
    ours = xero.invoice(xero.add_contact("North Star"), 250, tax_rate=20, number="INV-OURS")
    xero.pay(ours, 300, "2026-02-02")
    given.hands.edit("Leads", lead(given, "Dogwood"), {"Invoices": "INV-OURS"})
    again(given)
    assert ("2", "1", "100", "0", "100") == totals(given)


def test_a_stated_term_stands_with_the_interval(given: Desk) -> None:
    """So the row says what the first year is worth, and a deal of half a year is worth half of it."""
    row = given.row(lead(given, "Acme"))
    assert "annual" == row["Interval"]

    given.world.hubspot.edit("deals", row["Deal ID"], {"term_months": "6"})
    again(given)
    assert "annual, 6 months" == given.row(lead(given, "Acme"))["Interval"]
    (first, *_) = given.command("status", "--partners", "--json").json["partners"]
    assert ("north-star", {"GBP": "6000.00"}) == (first["partner"], first["value"])


def test_explain_a_lead_that_we_sent(given: Desk) -> None:
    """Who sent it to whom, and, once it is won, what is owed to us in which quarter."""
    key = given.row(lead(given, "Dogwood"))["Lead"]
    assert ["form", "row"] == [step["step"] for step in given.command("explain", key, "--json").json["steps"]]

    report_win(given, "Dogwood", **{"Won on": "2026-04-01"})
    steps = {step["step"]: step["text"] for step in given.command("explain", key, "--json").json["steps"]}
    assert steps["form"].startswith("we sent Dogwood to North Star on 2026-01-12")
    assert "won 2026-04-01: 250.00 GBP owed to us, in 2026-Q2" == steps["exchange"]


# ---- in the monthly summary -----------------------------------------------------------------------------------------


def letters(desk: Desk) -> dict[str, str]:
    """Return the monthly summaries that went out, by address."""
    found = [message_from_bytes(letter.raw, policy=mail_policy) for letter in desk.world.mail.received]
    return {
        mail["To"]: mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        for mail in found
        if "Your January 2026" in mail["Subject"]
    }


def test_the_monthly_summary_has_the_quarter_so_far(given: Desk) -> None:
    """Both directions, what each side owes, and the keys behind it; nobody reads of another partner."""
    report_win(given, "Dogwood")
    given.until(FEBRUARY)
    given.run()
    told = {to: " ".join(text.split()) for to, text in letters(given).items()}

    key, won = given.row(lead(given, "Dogwood"))["Lead"], given.row(lead(given, "Acme"))["Lead"]
    assert (
        "Between us in 2026-Q1, up to the end of the month (from you / to you): "
        "Leads: 2 / 2 Accepted: 2 / 1 Won: 1 / 1 "
        "Value won, first year: 12,000.00 GBP / – Commission that you earned: 100.00 GBP (1 commission line) "
        "Commission that you owe us: 250.00 GBP Balance in your favour: -150.00 GBP "
        f"Counted as won from you: {won} 12,000.00 GBP Counted as won by you: {key} "
        f"Counted as owed to us: {key} 250.00 GBP"
    ) in told["money@north-star.test"]
    assert "Leads: 1 / 0 Accepted: 1 / 0 Won: 0 / 0 Value won, first year: – / –" in told["money@blue-door.test"]
    assert key not in told["money@blue-door.test"]


def test_a_partner_who_only_gets_leads_is_told_too(desk: Desk) -> None:
    """A lead that we sent in the month is news."""
    desk.partner("North Star")
    desk.lead("North Star", "Dogwood", **SENT)
    desk.run("intake")
    desk.until(FEBRUARY)
    desk.run()

    assert "Leads: 0 / 1" in letters(desk)["money@north-star.test"]


# ---- in status ------------------------------------------------------------------------------------------------------


@on_both
def test_status_shows_the_exchange_of_the_quarter(given: Desk) -> None:
    """A line a partner and currency, from it / to it; as JSON with every key that was counted."""
    report_win(given, "Dogwood")
    given.until(FEBRUARY)
    given.run()
    written = given.effects()
    said = given.command("status")

    assert 0 == said.code
    assert "Exchange in 2026-Q1 so far (from the partner / to the partner)" in said.out
    (row,) = [line.split() for line in said.out.splitlines() if line.startswith("North Star")]
    assert ["2", "/", "2", "2", "/", "1", "1", "/", "1", "GBP", "12,000.00", "100.00", "250.00", "-150.00"] == row[2:]

    found = given.command("status", "--json").json["exchange"]
    blue_door, north_star = found["partners"]
    leads = {company: given.row(lead(given, company))["Lead"] for company in ("Acme", "Birch", "Dogwood", "Elm")}
    line = next(row["Line"] for row in given.rows("Commissions") if row["Month"] == "2026-01")
    assert ("2026-Q1", []) == (found["quarter"], found["unread"])
    assert ("blue-door", 1, 0, {}) == (
        blue_door["partner"], blue_door["received"]["leads"], blue_door["sent"]["leads"], blue_door["balance"]
    )  # fmt: skip
    assert {"GBP": "12000.00"} == north_star["received"]["value"]
    assert sorted([leads["Acme"], leads["Birch"]]) == north_star["received"]["counted"]["accepted"]
    assert sorted([leads["Dogwood"], leads["Elm"]]) == north_star["sent"]["counted"]["leads"]
    assert [leads["Dogwood"]] == north_star["sent"]["counted"]["won"]
    assert {
        "lines": [{"key": line, "currency": "GBP", "amount": "100.00"}],
        "commissions": [{"key": leads["Dogwood"], "currency": "GBP", "amount": "250.00"}],
    } == north_star["counted"]
    assert ({"GBP": "100.00"}, {"GBP": "250.00"}, {"GBP": "-150.00"}) == tuple(
        north_star[name] for name in ("owed_to_partner", "owed_to_us", "balance")
    )
    assert written == given.effects()


def test_status_before_anything_happened(desk: Desk) -> None:
    """That the quarter is empty is said, and is no fault; a lead that can't be counted is named."""
    assert "Exchange in 2026-Q1: no lead and no earned commission yet" in desk.command("status").out

    desk.partner("North Star")
    desk.lead("North Star", "Dogwood", **SENT, Status="Won")
    desk.run("intake")
    assert "left out: North Star: L-" in desk.command("status").out


def test_status_while_the_tracker_is_down(given: Desk) -> None:
    """The health is shown all the same, without a long wait; why the exchange is not shown is said in words."""
    before = given.world.clock.now()
    given.tracker_server.service.faults.order("status", times=10**6, options={"status": 503, "body": "{}"})
    said = given.command("status")

    assert 0 == said.code
    assert "in sync" in said.out
    assert "exchange: Airtable: 503" in said.out
    assert (given.world.clock.now() - before).total_seconds() < 60
    found = given.command("status", "--json")
    assert (0, []) == (found.code, found.json["exchange"]["partners"])
    assert "Airtable: 503" in found.json["exchange"]["unread"][0]
    assert 1 == given.command("status", "--partners").code


# ---- how partners perform -------------------------------------------------------------------------------------------


def test_partners_top_performers_first(given: Desk) -> None:
    """Leads, accepted, won, value, cost, ratio, and the median days to each status, on one reading of the tracker."""
    said = given.command("status", "--partners")

    assert 0 == said.code
    lines = [line.split() for line in said.out.splitlines()]
    north, blue = (["North", "Star"], ["Blue", "Door"])
    performance, days, *_ = [line[2:] for line in lines if line[:2] == north]
    assert ["2", "2", "(100", "%)", "1", "of", "1", "(100", "%)", "GBP", "12,000.00", "1,200.00", "10.0"] == performance
    assert ["0", "–", "–", "6", "–"] == days
    assert lines.index([*north, *performance]) < next(n for n, line in enumerate(lines) if line[:2] == blue)
    assert "2026-Q1" in said.out

    first, second = given.command("status", "--partners", "--json").json["partners"]
    assert {
        "partner": "north-star", "name": "North Star", "currency": "GBP", "leads": 2, "accepted": 2,
        "acceptance": "1.0000", "won": 1, "lost": 0, "win_rate": "1.0000", "value": {"GBP": "12000.00"},
        "cost": {"GBP": "1200.00"}, "ratio": {"GBP": "10.00"}, "median_days": {"Qualified": "0.0", "Won": "6.0"},
        "value_not_known": [],
    } == first  # fmt: skip
    assert ("EUR", None, {}, {}) == (second["currency"], second["win_rate"], second["cost"], second["ratio"])


def test_partners_as_rows_for_a_spreadsheet(given: Desk) -> None:
    """One row a partner and currency; a name that a spreadsheet would take for a formula is made harmless."""
    given.partner("=HYPERLINK(1)", Currency="GBP", Email="x@formula.test", **{"Company domain": "formula.test"})
    given.run("intake")
    rows = list(csv.DictReader(io.StringIO(given.command("status", "--partners", "--csv").out)))

    assert ["north-star", "hyperlink-1", "blue-door"] == [row["partner"] for row in rows]
    assert "'=HYPERLINK(1)" == rows[1]["name"]
    expected = {"currency": "GBP", "leads": "2", "won": "1", "win rate": "1.0000", "value": "12000.00",
                "ratio": "10.00", "days to Won": "6.0", "days to Lost": ""}  # fmt: skip
    assert expected == {column: rows[0][column] for column in expected}


def test_partners_before_there_are_any(desk: Desk) -> None:
    """It says what makes them appear; a value that is not known is named; rows go with --partners only."""
    assert "No partner has a key yet" in desk.command("status", "--partners").out
    assert 2 == desk.command("status", "--csv").code
    assert 2 == desk.command("status", "--partners", "--csv", "--json").code


def test_a_won_deal_without_a_value_is_named(given: Desk) -> None:
    """It counts as won, and its missing value is not taken for nothing."""
    deal = given.row(lead(given, "Birch"))["Deal ID"]
    given.world.hubspot.move_deal(deal, "closedwon")
    again(given)
    said = given.command("status", "--partners")

    assert f"value not known: North Star: {given.row(lead(given, 'Birch'))['Lead']}" in said.out
    assert "2 of 2 (100 %)" in said.out
