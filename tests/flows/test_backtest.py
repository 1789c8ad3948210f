"""`backtest` as typed, on a programme behind the sandbox: its rules against a copy of them, and against others."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.flows.conftest import Desk


@pytest.fixture
def seeded(desk: Desk) -> Desk:
    """A programme with three partners on three plans and their deals, one split, one refunded, one lost, in April."""
    deals = {}
    for name, plan, client, currency in (
        ("North Star", "gold", "Acme", "GBP"),
        ("Blue Door", "silver", "Birch", "EUR"),
        ("Old Mill", "bronze", "Cedar", "GBP"),
    ):
        desk.partner(name, Plan=plan, Currency=currency)
        row = desk.lead(name, client)
        deals[client] = row, currency
    desk.run("intake")
    for client, (row, currency) in deals.items():
        deal = desk.row(row)["Deal ID"]
        desk.win(deal, "10000", "annual", currency)
        contact = desk.world.xero.add_contact(client)
        invoice = desk.world.xero.invoice(contact, 10000, reference=deal, currency=currency)
        desk.world.xero.pay(invoice, 6000, "2026-01-13")
    lead = desk.row(deals["Cedar"][0])["Lead"]
    for name, share in (("Old Mill", 70), ("North Star", 30)):
        desk.hands.add_row("Splits", {"Lead": lead, "Partner": name, "Share": share})
    desk.later(minutes=5)
    desk.run()
    desk.world.hubspot.move_deal(desk.row(deals["Birch"][0])["Deal ID"], "closedlost")
    desk.until(datetime(2026, 4, 5, 8, tzinfo=UTC))
    desk.run()
    return desk


@pytest.fixture
def other(seeded: Desk, tmp_path: Path) -> Path:
    """A copy of the programme's rules."""
    return Path(shutil.copytree(seeded.rules, tmp_path / "other"))


def test_unchanged_rules(seeded: Desk, other: Path) -> None:
    """Under a copy of its own rules every difference is 0.00 and no line moves; nothing is written."""
    before = seeded.effects()
    said = seeded.command("backtest", str(other), "--from", "2026-01-01", "--json")

    assert 0 == said.code
    found = said.json
    assert 3 == found["deals"]
    assert len(found["quarters"]) > 6
    assert {"0.00"} == {one["difference"] for one in (*found["quarters"], *found["partners"])}
    assert {"0.00"} == {sums["difference"] for sums in found["totals"].values()}
    assert [[], [], [], []] == [found[name] for name in ("winners", "losers", "moved", "problems")]
    assert "Nobody would have more or less." in seeded.command("backtest", str(other), "--from", "2026-01-01").out
    assert before == seeded.effects()


def test_the_present_side_is_what_stands_in_the_tracker(seeded: Desk, other: Path) -> None:
    """While nothing was edited by hand, the old sums are those of the tracker's own rows."""
    found = seeded.command("backtest", str(other), "--from", "2026-01-01", "--json").json
    stands: dict[str, float] = {}
    for row in seeded.rows("Commissions"):
        stands[row["Currency"]] = stands.get(row["Currency"], 0) + row["Amount"]

    assert {currency: f"{total:.2f}" for currency, total in stands.items()} == {
        currency: sums["old"] for currency, sums in found["totals"].items()
    }


def test_changed_rules(seeded: Desk, other: Path) -> None:
    """A better gold and a shorter bronze: who would have more, who less, and which lines there would not be."""
    file = other / "commissions.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('rate = "10"  ', 'rate = "15"  ').replace("months = 6", "months = 4"), "utf-8")
    said = seeded.command("backtest", str(other), "--from", "2026-01-01", "--json")

    assert 0 == said.code  # the examples need not hold; only `rules test` asks that
    assert ["North Star"] == [one["name"] for one in said.json["winners"]]
    assert ["Old Mill"] == [one["name"] for one in said.json["losers"]]
    assert {"the other rules give no such line"} == {moved["reason"] for moved in said.json["moved"]}
    assert {"2026-05", "2026-06"} == {moved["key"].split("/")[2] for moved in said.json["moved"]}
    shown = seeded.command("backtest", str(other), "--from", "2026-01-01").out
    assert "North Star would have more: +" in shown
    assert "Old Mill would have less: -" in shown
    assert "lines moved for another reason than their rate" in shown


def test_a_later_day(seeded: Desk, other: Path) -> None:
    """No deal was won from February on, so there is nothing to compare."""
    found = seeded.command("backtest", str(other), "--from", "2026-02-01", "--json").json

    assert (0, [], {}) == (found["deals"], found["quarters"], found["totals"])


def test_what_can_not_be_used(seeded: Desk, other: Path) -> None:
    """Rules with a fault, a folder that is none and a date that is none end before anything is read."""
    (other / "commissions.toml").write_text("[[plan]]\n", encoding="utf-8")
    broken = seeded.command("backtest", str(other), "--from", "2026-01-01")
    absent = seeded.command("backtest", str(other / "none"), "--from", "2026-01-01")
    undated = seeded.command("backtest", str(other), "--from", "lately")

    assert [1, 1, 2] == [broken.code, absent.code, undated.code]
    assert "commissions.toml: plan[1].valid_from: is missing" in broken.err
    assert "is not a folder" in absent.err
    assert "'lately' is not a date" in undated.err
