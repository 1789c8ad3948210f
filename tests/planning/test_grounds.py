"""The facts that commission lines hang on: every one of them, word by word, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from worker.domain.facts import Cash, PlanChoice
from worker.domain.plans import CommissionPlan, ConversionRules, Policy
from worker.planning.earning import Facts
from worker.planning.grounds import accounts_behind, bills_behind, grounds

from .bookkeeping import line
from .programme import BRACKETS, day, deal, facts, invoice, lead, note, partner, plan, story

LATE = datetime(2025, 7, 10, 23, 30, tzinfo=UTC)  # the day after in London


def behind(given: Facts, deals: Sequence[str] = ("9001",)) -> dict[str, dict[str, str]]:
    """The facts behind deals in the summer."""
    return grounds(given, (), day("2025-07-20"), deals)


def test_every_fact_of_a_deal() -> None:
    """Its days are those of the programme's time zone."""
    assert {
        "value": "12,000.00 GBP", "interval": "annual", "term": "", "stage": "won", "won on": "2025-07-11",
        "left won on": "", "merged into": "", "in doubt": "",
    } == behind(facts([deal(won_at=LATE)]))["deal 9001"]  # fmt: skip


def test_every_fact_of_a_deal_of_which_little_is_known() -> None:
    """What is missing is empty, and the doubt is told; an amount without a currency has the digits that it has."""
    gone = deal(state="lost", won_at=None, left_won_at=LATE, value="12000.5", currency=None, interval=None,
                term_months=18, doubt="it was archived")  # fmt: skip

    assert {
        "value": "12,000.5", "interval": "", "term": "18 months", "stage": "lost", "won on": "",
        "left won on": "2025-07-11", "merged into": "", "in doubt": "it was archived",
    } == behind(facts([gone]))["deal 9001"]  # fmt: skip


def test_every_fact_of_a_lead() -> None:
    """Partners in the order of their keys, the tick, and the invoices that staff named."""
    named = lead(who="birch 40, acme 60", held=True, invoices=("INV-1", "INV-7"))

    assert {
        "deal": "9001", "sent on": "2024-12-01", "partners": "acme 60 %, birch 40 %", "hold": "ticked",
        "invoices": "INV-1, INV-7",
    } == behind(facts(leads=[named]))["lead L-1"]  # fmt: skip


def test_what_staff_wrote_beside_lines() -> None:
    """A tick and an amount, in the line's currency, of the lines of these deals and of the true-ups of their partners;
    lines beside which nothing stands are left out."""
    lines = [
        line("2025-02", currency="JPY", adjustment=Decimal(7)), line("2025-01", hold=True), line("2025-03"),
        line("2025-01", deal="9002", hold=True), line("2025-03", kind="correction", deal=None, adjustment=Decimal(0)),
        line("2025-03", kind="correction", deal=None, partner="birch", hold=True),
    ]  # fmt: skip
    found = grounds(facts([deal(), deal("9002")], [lead()]), lines, day("2025-07-20"), ["9001"])

    assert [
        ("line 9001/acme/2025-01/commission", {"hold": "ticked", "adjustment": ""}),
        ("line 9001/acme/2025-02/commission", {"hold": "", "adjustment": "7 JPY"}),
        ("line tier/acme/2025-03/correction", {"hold": "", "adjustment": "0.00 GBP"}),
    ] == [(about, texts) for about, texts in found.items() if about.startswith("line")]


def test_rates_of_exchange() -> None:
    """Day by day those from the currency of a deal into that of one of its partners, and no other pair's."""
    rates = {
        (day("2025-02-28"), "GBP", "EUR"): Decimal("1.1712"), (day("2025-01-31"), "GBP", "EUR"): Decimal("1.25"),
        (day("2025-01-31"), "GBP", "USD"): Decimal(2), (day("2025-01-31"), "USD", "EUR"): Decimal(3),
    }  # fmt: skip
    given = facts(
        [deal(), deal("9002", currency="USD")], [lead("9001", who="acme 60, birch 40"), lead("9002", who="acme 100")],
        partners=[partner(currency="EUR"), partner("birch", currency="GBP")],
        policy=Policy(conversion=ConversionRules("month-end", "ECB", "", rates)),
    )  # fmt: skip

    assert {"2025-01-31": "1.25", "2025-02-28": "1.1712"} == behind(given)["rates GBP → EUR"]
    assert ["rates GBP → EUR"] == [about for about in behind(given) if about.startswith("rates")]
    assert ["rates USD → EUR"] == [about for about in behind(given, ["9002"]) if about.startswith("rates")]
    assert [] == [about for about in behind(given, ["none"]) if about.startswith("rates")]


@pytest.mark.parametrize(
    ("terms", "texts"),
    [
        (plan(), {"rate": "10 %"}),
        (plan(tiers=BRACKETS, mode="retroactive", tier_period="year", currency="GBP", cap_per_deal="5000",
              cap_per_partner="20000.5"),
         {"tiers": "10 % from 0, 15 % from 10,000, 20 % from 50,000", "mode": "retroactive", "tier period": "year",
          "cap per deal": "5,000.00 GBP", "cap per partner": "20,000.50 GBP"}),
        (plan(fee="100", currency="GBP", start="next"), {"fee": "100.00 GBP", "start": "next"}),
    ],
)  # fmt: skip
def test_every_term_of_a_plan(terms: CommissionPlan, texts: dict[str, str]) -> None:
    """Each by its name, those that the plan does not have empty; what names the plan is no term of it."""
    empty = {"rate": "", "tiers": "", "fee": "", "cap per deal": "", "cap per partner": ""}
    rest = {"months": "12", "mode": "marginal", "tier period": "quarter", "start": "won", "prorate": "none",
            "count months per": "deal"}  # fmt: skip

    assert {**empty, **rest, **texts} == behind(facts(plans=[terms]))["plan gold, 2025-01"]


def test_every_fact_of_the_cash() -> None:
    """What was paid, by prepayment too, less what went back; a payment that was deleted never was."""
    paid = invoice(paid="2025-01-12 600", prepayments="2025-01-12 300", overpayments="2025-01-12 50",
                   refunds="2025-02-12 100", currency="JPY", status="PAID")  # fmt: skip
    undone = replace(paid, payments=(*paid.payments, Cash(day("2025-01-13"), Decimal(7), "DELETED")))
    credit = note(allocated="INV-1 2025-06-01 900, INV-1 2025-06-02 100", refunds="2025-06-02 50", currency="JPY")
    found = behind(facts([deal(currency="JPY")], invoices=[undone], notes=[credit]))

    assert {
        "deal": "9001", "status": "PAID", "total": "12,000 JPY", "paid": "850 JPY", "in doubt": "",
    } == found["invoice INV-1"]  # fmt: skip
    assert {
        "deal": "9001", "status": "AUTHORISED", "total": "3,000 JPY", "allocated": "1,000 JPY", "paid back": "50 JPY",
    } == found["credit note CN-1"]  # fmt: skip


def test_nothing_else_is_behind_it() -> None:
    """Invoices and notes that serve no deal, or another one, are not there; of a deal nobody knows there is nothing."""
    strange = {"invoices": [invoice("INV-2", reference="else")], "notes": [note("CN-2", reference="else")]}

    assert ["the calendar", "deal 9001", "lead L-1", "partner acme", "plan gold, 2025-01"] == [
        *behind(facts(**strange))
    ]
    assert ["the calendar"] == [*behind(facts(**strange), ["7777"])]


def test_each_deal_has_its_own_partners() -> None:
    """Facts of the second deal alone are those of its partner, of whose Plans the newest is told."""
    plans = (PlanChoice(day("2025-02-01"), "silver"), PlanChoice(date.min, "gold"))
    two = facts(
        [deal(), deal("9002", company="502")], [lead(), lead("9002", "birch 100")],
        partners=[partner(), replace(partner("birch"), plans=plans)], plans=[plan(), plan(name="silver")],
    )  # fmt: skip
    found = behind(two, ["9002"])

    assert ["the calendar", "deal 9002", "lead L-2", "partner birch", "plan gold, 2025-01"] == [*found]
    assert "silver" == found["partner birch"]["plan"]


def test_lines_of_a_lead_that_was_found_invalid_hang_on_its_partner_still() -> None:
    """Where lines stand, something is taken away, whoever they are of."""
    told = story().on("2025-07-20")
    told.change(lead=lead(valid=False))

    assert "partner acme" in grounds(told.facts, told.lines, day("2025-07-20"), ["9001"])
    assert "partner acme" not in grounds(told.facts, (), day("2025-07-20"), ["9001"])


def test_bills_are_told_in_their_order() -> None:
    """By their numbers, whatever the ledger's order."""
    second, first = invoice("B-2", type="ACCPAY"), invoice("B-1", type="ACCPAY")

    assert ["bill B-1", "bill B-2"] == [*bills_behind([second, first])]


def test_what_is_owed_is_behind_statements() -> None:
    """By partner the lines that are confirmed and free, and the statements that staff hold; of those who are concerned,
    and nobody else."""
    lines = [
        line("2025-02", "7.00"), line("2025-01", "5.00"), line("2025-03", status="Waiting"),
        line("2025-03", deal="9002", hold=True), line("2025-01", partner="birch"), line("2025-01", partner="oak"),
    ]  # fmt: skip
    places = [("Commissions", "9001/acme/2025-01/commission"), ("Statements", "2025-Q1/birch/GBP"), ("Messages", "x")]

    found = accounts_behind(places, lines, ["2024-Q4/oak/GBP", "2024-Q4/acme/GBP"])

    assert {
        "account of acme": {
            "9001/acme/2025-01/commission": "5.00 GBP", "9001/acme/2025-02/commission": "7.00 GBP",
            "Hold of 2024-Q4/acme/GBP": "ticked",
        },
        "account of birch": {"9001/birch/2025-01/commission": "100.00 GBP"},
    } == found  # fmt: skip
    assert sorted(found["account of acme"]) == [*found["account of acme"]]
