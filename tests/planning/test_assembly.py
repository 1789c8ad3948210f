"""Rows of the tracker as the facts that the money rules work on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from worker.domain.cells import Row
from worker.domain.facts import Days, Lead, Partner, PlanChoice, Share
from worker.domain.leads import LeadRow
from worker.domain.partners import Leaving, by_any_name
from worker.domain.plans import Plans, Policy
from worker.planning.assembly import assemble, partner_fact

from . import programme
from .rows_of_leads import NOW, lead_row, partner_row

NORTH, BIRCH = partner_row("North Star"), partner_row("Birch")


def assembled(leads: list[LeadRow], splits: list[dict[str, Any]] | None = None) -> list[Lead]:
    partners = [NORTH, BIRCH, partner_row("Unkeyed", Key=None)]
    rows = [Row("Splits", f"s{n}", cells) for n, cells in enumerate(splits or ())]
    facts = assemble(
        leads, rows, partners, by_any_name(partners), {"9001": programme.deal()}, [programme.invoice()],
        [programme.note()], plans=Plans([programme.plan()]), policy=Policy(issue_day=9), zone=ZoneInfo("Asia/Tokyo"),
    )  # fmt: skip
    assert ({"north-star", "birch"}, {"9001"}, 1, 1) == (
        facts.partners.keys(), facts.deals.keys(), len(facts.invoices), len(facts.credit_notes),
    )  # fmt: skip
    assert (9, "Asia/Tokyo") == (facts.policy.issue_day, facts.zone.key)
    assert [programme.plan()] == facts.plans.versions
    return list(facts.leads)


def test_a_lead_belongs_to_the_partner_that_its_row_names() -> None:
    """By name, key or row; all of it, unless the deal is split."""
    row = lead_row(
        "r1", Lead="L-1", Deal_ID="9001", Hold=True, Invoices="INV-1, INV-2;INV-3\n INV-4", Company="Oak Ltd"
    )
    (found,) = assembled([row])

    assert (
        Lead(
            key="L-1", submitted_at=NOW, valid=True, deal="9001", shares=(Share("north-star", Decimal(100)),),
            invoices=("INV-1", "INV-2", "INV-3", "INV-4"), company_name="Oak Ltd", held=True,
        )
        == found
    )  # fmt: skip
    assert [("birch",), ("birch",), ("Nobody",)] == [
        tuple(share.partner for share in lead.shares)
        for lead in assembled(
            [lead_row(str(n), Lead="L", Partner=p) for n, p in enumerate(["BIRCH", "birch", "Nobody"])]
        )
    ]


@pytest.mark.parametrize(
    ("share", "percent"),
    [(Decimal(60), "60"), ("60 %", "60"), ("33.34", "33.34"), ("60 X", "0"), ("most", "0"), (None, "0")],
)
def test_shares_of_a_split_deal(share: object, percent: str) -> None:
    """As a number or as a hand writes it; one that can't be read is nothing, so that the sum is off and says so."""
    splits = [
        {"Lead": "L-1", "Share": Decimal(8)},
        {"Lead": "L-1", "Partner": "North Star", "Share": share},
        {"Lead": "L-1", "Partner": "Somebody", "Share": Decimal(40)},
        {"Lead": "L-2", "Partner": "Birch", "Share": Decimal(100)},
        {"Lead": "L-1", "Share": Decimal(9)},
        {"Partner": "Birch", "Share": Decimal(9)},
    ]
    (found,) = assembled([lead_row(Lead="L-1")], splits)

    assert (Share("north-star", Decimal(percent)), Share("Somebody", Decimal(40))) == found.shares


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, {}),
        ({"Plan": None}, {"plans": ()}),
        ({"Status": "Paused"}, {"paused": True}),
        ({"Status": "Left"}, {"left": True}),
        ({"Cadence": "Monthly"}, {"cadence": "monthly"}),
        ({"Xero_contact": "c-77"}, {"contact": "c-77"}),
        ({"Currency": "EUR"}, {"currency": "EUR"}),
    ],
)
def test_a_partner_as_the_money_rules_see_it(cells: dict[str, Any], expected: dict[str, Any]) -> None:
    """The row shows the present plan and status."""
    row = partner_row("North Star", **cells)
    plain = {"key": "north-star", "name": "North Star", "plans": (PlanChoice(date.min, "gold"),)}

    assert Partner(**{**plain, **expected}) == partner_fact(row)


def test_a_partner_who_has_left() -> None:
    """Its last day is the one that was seen."""
    day = date(2026, 3, 9)
    gone = replace(partner_row("North Star", Status="Left"), leaving=Leaving.of(day, ZoneInfo("Asia/Tokyo")))

    assert (True, day) == (partner_fact(gone).left, partner_fact(gone).left_on)


def test_a_partner_who_was_not_enrolled() -> None:
    """The days on which it was not are those that were seen."""
    away = (Days(date(2026, 3, 2), date(2026, 3, 8)),)

    assert away == partner_fact(replace(partner_row("North Star"), away=away)).away
