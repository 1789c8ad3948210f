"""What `plan` shows of money: rows with their amounts, sums that can be added up, and what to type next."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from worker.domain.plan import Plan, RowEdit
from worker.plan_sums import contained, moved, statement_sums
from worker.show_edits import edit_words
from worker.show_plans import plan_as_json, show_plans

LINE = "9001/acme/2025-01/commission"


def edit(row: str | None, key: str = LINE, table: str = "Commissions", before: Any = None, **after: Any) -> RowEdit:
    money = after.pop("money", None)
    cells = {name.replace("_", " "): cell for name, cell in after.items()}
    return RowEdit(table, row, key, before or {}, cells, "", key.split("/")[1], money=money)


def statement(who: str, closing: str, amount: str, currency: str = "GBP", **more: Any) -> RowEdit:
    """A statement of one partner that is new."""
    return edit(
        None, f"2025-Q1/{who}/{currency}", "Statements", Statement=f"2025-Q1/{who}/{currency}", Partner=who,
        Period="2025-Q1", Currency=currency, Opening=Decimal("-10"), Earned=Decimal(closing) + 10,
        Corrections=Decimal(0), Closing=Decimal(closing), Amount_to_invoice=Decimal(amount), Status="Draft",
        Issued=None, **more,
    )  # fmt: skip


def told(
    capsys: pytest.CaptureFixture[str], plans: Mapping[str, Plan], failures: Mapping[str, str] | None = None
) -> str:
    """What the terminal shows of plans."""
    show_plans(plans, "d1935714", failures or {}, "quarterday run")
    return capsys.readouterr().out


# ---- words of a change ----------------------------------------------------------------------------------------------


def test_a_new_statement_says_what_it_comes_to() -> None:
    """Period, status and every sum with its currency, before anything else."""
    assert (
        "new: 2025-Q1, Draft: opening -10.00 GBP, earned 1,310.50 GBP, corrections 0.00 GBP, closing 1,300.50 GBP, "
        "to invoice 1,300.50 GBP"
    ) == edit_words(statement("acme", "1300.5", "1300.5"))


def test_a_new_line_says_what_it_comes_to() -> None:
    """Month, kind, amount and status, then for whom and what it was made of; what the key says is not said again."""
    made = edit(None, Line=LINE, Partner="Acme", Lead="L-1", Deal_ID="9001", Month="2025-01", Kind="commission",
                Amount=Decimal(1000), Currency="JPY", Status="Expected", Client="Oak", Rate="10 % (gold)", Invoice=None,
                Why="a sum")  # fmt: skip

    assert "new: 2025-01 commission 1,000 JPY, Expected, Oak, Rate: 10 % (gold)" == edit_words(made)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"Amount": Decimal(100)}, {"Amount": Decimal(1200), "money": ("GBP", Decimal(1100))},
         "Amount: 100.00 GBP → 1,200.00 GBP (+1,100.00 GBP)"),
        ({"Client": "Oak", "Status": "Waiting", "Amount": Decimal(5)},
         {"Client": "Ash", "Status": "Cancelled", "Amount": Decimal(0), "Why": "x", "money": ("GBP", Decimal(-5))},
         "Amount: 5.00 GBP → 0.00 GBP (-5.00 GBP), Status: Waiting → Cancelled, Client: Oak → Ash"),
        ({"Amount": Decimal(60), "Currency": "GBP"},
         {"Amount": Decimal("70.27"), "Currency": "EUR", "money": ("EUR", Decimal("70.27"))},
         "Amount: 60.00 GBP → 70.27 EUR, Currency: GBP → EUR"),
        ({"Amount": "lots"}, {"Amount": Decimal(60), "money": ("GBP", Decimal(60))}, "Amount: lots → 60.00 GBP"),
        ({"Amount": Decimal("1.5")}, {"Amount": Decimal(60)}, "Amount: 1.5 → 60"),
        ({"Why": "a"}, {"Why": "b"}, "Why: a → b"),
    ],
)  # fmt: skip
def test_a_change_says_before_and_after(before: dict[str, Any], after: dict[str, Any], words: str) -> None:
    """Money first, with its currency and by how much it moves; the sentence of a line only where it is all."""
    assert words == edit_words(edit("rec1", before=before, **after))


def test_other_tables_are_said_cell_by_cell() -> None:
    """A row that comes back says so, with the cells that are filled."""
    row = RowEdit("Leads", None, "L-1", {}, {"Company": "Oak", "Notes": None, "Won on": None}, "", restored=True)

    assert "comes back: Company: Oak" == edit_words(row)
    assert "Balance: 1 → 2" == edit_words(
        edit("rec1", "x/acme", "Partners", before={"Balance": Decimal(1)}, Balance=Decimal(2))
    )


# ---- sums -----------------------------------------------------------------------------------------------------------


def both(*more: RowEdit) -> dict[str, Plan]:
    """Plans of commissions and cash that change the same line; cash has something of its own too."""
    one = edit("rec1", before={"Amount": Decimal(600)}, Amount=Decimal(480), money=("GBP", Decimal(-120)))
    new = edit(None, "9002/acme/2025-01/commission", Amount=Decimal(5), money=("EUR", Decimal(5)))
    return {"commissions": Plan("commissions", (one, new)), "cash": Plan("cash", (one, *more))}


def test_what_an_earlier_flow_writes_is_contained_in_it() -> None:
    """An edit is contained where the earlier one writes all of its cells to the same; else it is the flow's own."""
    plans = both(edit("rec1", Amount=Decimal(480)), edit("rec1", Amount=Decimal(470)), edit("rec1", Status="Paid"),
                 edit("rec2", Amount=Decimal(480)))  # fmt: skip

    assert {"commissions": {}, "cash": {0: "commissions", 1: "commissions"}} == contained(plans)


def test_sums_have_every_change_once() -> None:
    """The later flow's sums, and those of all, leave out what is contained; the edits are all there, and say where."""
    found = plan_as_json(both(edit("rec2", Amount=Decimal(1), money=("GBP", Decimal(1)))), "d", {})

    assert {"EUR": "5", "GBP": "-119"} == found["totals"]
    assert {"EUR": "5", "GBP": "-120"} == found["flows"]["commissions"]["totals"]
    assert {"GBP": "1"} == found["flows"]["cash"]["totals"]
    assert ["commissions", None] == [one["contained_in"] for one in found["flows"]["cash"]["edits"]]
    assert 3 == found["changes"]


def test_the_terminal_shows_a_change_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The later flow says in which one its changes are contained, and keeps its own digest."""
    plans = both()
    out = told(capsys, plans)

    assert 1 == out.count(f"{LINE}  Amount: 600.00 GBP → 480.00 GBP (-120.00 GBP)")
    assert (
        "cash: nothing more to change; its other changes are contained in what runs before it: 1 in commissions   "
        f"digest {plans['cash'].digest()}\n"
    ) in out
    assert "  acme   +5.00 EUR, -120.00 GBP\n" in out
    assert 1 == out.count("  together +5.00 EUR, -120.00 GBP\n")
    assert "All flows together move +5.00 EUR, -120.00 GBP: every change once" in out


def test_what_is_carried_is_not_netted(capsys: pytest.CaptureFixture[str]) -> None:
    """What one partner is owed and what another owes stand apart; a statement that is put back is no new one."""
    back = RowEdit("Statements", None, "x", {}, {"Currency": "GBP", "Closing": Decimal(7)}, "", restored=True)
    new = [statement("acme", "37.5", "0"), statement("birch", "-200", "0"), statement("oak", "90", "100")]
    plan = Plan("statements", (*new, back))

    assert {
        "GBP": {"to_invoice": Decimal(100), "owed_to_partners": Decimal("37.5"), "owed_by_partners": Decimal(210)}
    } == statement_sums(plan)
    assert (
        "  statements in GBP: 1 to invoice, together 100.00; carried into the next: 37.50 that partners are owed, "
        "210.00 that they owe\n"
    ) in told(capsys, {"statements": plan})


def test_currencies_are_never_added_up() -> None:
    """Each has a sum of its own, in the order of their names."""
    edits = [edit("a", money=("GBP", Decimal(1))), edit("b", money=("EUR", Decimal(2))), edit("c"),
             edit("d", money=("GBP", Decimal(-3)))]  # fmt: skip

    assert [("EUR", Decimal(2)), ("GBP", Decimal(-2))] == list(moved(edits).items())


# ---- what to type next ----------------------------------------------------------------------------------------------


def test_nothing_to_change_offers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is nothing to do, no command is named, and no digest."""
    assert "cash: nothing to change\n\nNothing was written, and there is nothing to change.\n" == told(
        capsys, {"cash": Plan("cash")}
    )


def test_nothing_that_could_be_planned_offers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Where no flow could be planned, the only digest is the one that the failure itself names."""
    out = told(capsys, {}, {"cash": "lost rows: `quarterday run --approve a8e0` goes on"})

    assert "cash: could not be planned: lost rows: `quarterday run --approve a8e0` goes on\n" in out
    assert out.endswith("\nNothing was written.\n")


def test_a_plan_offers_the_run_that_does_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The command that was planned for, and the digest that ties it to exactly this."""
    plans = {"cash": Plan("cash", (edit("rec1", Status="Paid"),))}

    assert told(capsys, plans).endswith(
        "\nNothing was written. `quarterday run` does it; `quarterday run --approve d1935714` does exactly this, "
        "or nothing.\n"
    )
    assert "`quarterday run` does what could be planned; " in told(capsys, plans, {"settle": "down"})


def test_a_guard_asks_for_the_digest(capsys: pytest.CaptureFixture[str]) -> None:
    """Where a guard stops the plan, the plain command does not do it."""
    stopped = Plan("cash", (edit("rec1", Status="Paid"),), saw=("too much",))

    assert told(capsys, {"cash": stopped}).endswith(
        "\nNothing was written. `quarterday run` stops at a guard; `quarterday run --approve d1935714` lets exactly "
        "this through.\n"
    )
