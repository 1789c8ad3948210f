"""A flow's plan and what hands did: put back against what really stands, in words, the flow's newer values first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from worker.domain.cells import Cell, Row
from worker.domain.kept import KEPT
from worker.domain.leads import LeadDraft
from worker.domain.plan import Plan, Push, RowEdit
from worker.planning.hands import Hand
from worker.planning.put_back import Place, Sight, put_back, sentences

NOON = datetime(2026, 4, 5, 12, tzinfo=UTC)
KEY = {
    "Leads": "L-AAAAAAAA", "Partners": "acme", "Commissions": "9001/acme/2026-01/commission",
    "Statements": "2026-Q1/acme/GBP",
}  # fmt: skip
LEADS = "to overrule it tick Hold, or change the deal in the CRM"
KEY_COLUMN = {"Leads": "Lead", "Partners": "Key", "Commissions": "Line", "Statements": "Statement"}


def hand(table: str, column: str, wrote: Cell, stands: Cell) -> Hand:
    """Return what a hand did to the row of a table."""
    return Hand(table, "r1", KEY[table], column, stands, wrote)


def sight(*hands: Hand, notes: Sequence[str] = (), problem: str | None = None) -> Sight:
    """Return what was seen of the one row of one table."""
    table = hands[0].table if hands else "Leads"
    cells: dict[str, Cell] = {KEY_COLUMN[table]: KEY[table], "Status": "New"}
    wrote = {**cells, **({"Problem": problem} if table != "Commissions" else {}), **{h.column: h.wrote for h in hands}}
    shown = "\n".join([*([problem] if problem else []), *notes]) or None
    read = {**wrote, **({"Problem": shown} if table != "Commissions" else {}), **{h.column: h.stands for h in hands}}
    place = (table, "r1")
    return Sight({place: Row(table, "r1", read)}, {place: Row(table, "r1", wrote)}, hands)


def planned(
    seen: Sight, *edits: RowEdit, notes: Mapping[Place, Sequence[str]] | None = None, tables: Any = KEPT, **more: Any
) -> Plan:
    """Return the plan of a flow with what hands did put back."""
    return put_back(Plan("stages", edits, **more), seen, notes or {}, {}, tables)


def edit(after: dict[str, Cell], before: dict[str, Cell] | None = None, table: str = "Leads", **more: Any) -> RowEdit:
    """Return an edit that a flow planned of the row."""
    return RowEdit(table, "r1", KEY[table], before or {}, after, "the deal moved", **more)


# ---- in words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hands", "by", "words"),
    [([hand("Commissions", "Amount", Decimal("100.00"), Decimal(999))], None,
      "Amount was changed by hand from “100.00” to “999” and put back: to overrule a line use Hold or Adjustment"),
     ([hand("Leads", "Status", "New", None)], "Jo Doe",
      f"Status was emptied by hand of “New” (by Jo Doe) and put back: {LEADS}"),
     ([hand("Leads", "Suggestion", None, "a\n b  c"), hand("Leads", "Won on", date(2026, 1, 2), NOON)], None,
      "Suggestion was filled in by hand with “a b c”, Won on was changed by hand from “2026-01-02” to "
      f"“2026-04-05T12:00:00+00:00” and put back: {LEADS}"),
     ([hand("Leads", "Problem", "Email is missing.", "done")], None,
      "Problem was changed by hand from “Email is missing.” to “done” and put back: it goes by itself once what it "
      "says is mended"),
     ([hand("Partners", "Key", "acme", "other")], None,
      "Key was changed by hand from “acme” to “other” and put back: it stands in every line and statement; to rename "
      "the partner write into Partner"),
     ([hand("Partners", "Earned", Decimal(1), True)], None,
      "Earned was changed by hand from “1” to “yes” and put back: it follows the leads and the lines; to overrule a "
      "line use Hold or Adjustment"),
     ([hand("Statements", "Bill", "B-1", ("x" * 70,))], None,
      f"Bill was changed by hand from “B-1” to “('{'x' * 57}…” and put back: to overrule it tick Hold, or use "
      "Adjustment on a line"),
     ([hand("Partners", "Paid", Decimal("1E+3"), Decimal("NaN"))], None,
      "Paid was changed by hand from “1000” to “NaN” and put back: it follows the leads and the lines; to overrule a "
      "line use Hold or Adjustment"),
     ([hand("Leads", "Interval", "x" * 60, "x" * 61)], None,
      f"Interval was changed by hand from “{'x' * 60}” to “{'x' * 59}…” and put back: {LEADS}")],
)  # fmt: skip
def test_what_is_said(hands: list[Hand], by: str | None, words: str) -> None:
    """In one line: which cells, from what to what, by whom where that is known, and the proper way to overrule."""
    place = (hands[0].table, "r1")

    assert {place: words} == sentences(hands, {place: by} if by else {})


# ---- edits ----------------------------------------------------------------------------------------------------------


def test_a_row_that_the_flow_leaves_alone() -> None:
    """What stands there now is what the edit shows before; the row says what was done, and so does the reason."""
    seen = sight(hand("Leads", "Status", "New", "Won"), hand("Leads", "Deal ID", "9001", None))

    plan = planned(seen, notes={("Leads", "r1"): ["a hand"]})

    (found,) = plan.edits
    assert () == plan.notes
    assert {"Status": "Won", "Deal ID": None, "Problem": None} == found.before
    assert {"Status": "New", "Deal ID": "9001", "Problem": "a hand"} == found.after
    assert ("Leads", "r1", KEY["Leads"], "") == (found.table, found.row, found.key, found.about)
    assert found.reason.startswith("Status was changed by hand")


def test_the_flows_newer_value_is_written() -> None:
    """In one edit with what is put back, against what really stands there."""
    seen = sight(hand("Leads", "Status", "New", "Won"), hand("Leads", "Interval", "annual", "mine"))
    own = edit(
        {"Status": "Lost", "Synced": NOON}, {"Status": "New", "Synced": None}, first=True, money=("GBP", Decimal(1))
    )

    (found,) = planned(seen, own).edits

    assert {"Status": "Won", "Synced": None, "Interval": "mine", "Problem": None} == found.before
    assert {"Status": "Lost", "Synced": NOON, "Interval": "annual"} == found.after
    assert (True, ("GBP", Decimal(1))) == (found.first, found.money)
    assert found.reason.startswith("the deal moved; Status was changed")


def test_what_a_hand_typed_as_it_is_to_be() -> None:
    """A flow that wants the very value has nothing to write there."""
    seen = sight(hand("Leads", "Status", "New", "Won"))

    assert () == planned(seen, edit({"Status": "Won"}, {"Status": "New"})).edits


def test_two_edits_of_one_row() -> None:
    """What is put back goes with the first; nothing of the second is overwritten."""
    seen = sight(hand("Leads", "Status", "New", "Won"), hand("Leads", "Interval", "annual", "mine"))

    one, two = planned(seen, edit({"Lead": "L-B"}, first=True), edit({"Status": "Lost"})).edits

    assert ({"Lead": "L-B", "Interval": "annual"}, {"Status": "Lost"}) == (one.after, two.after)
    assert {"Status": "Won"} == two.before


def test_the_problem_of_a_row_and_its_notes() -> None:
    """The notes stand below; a flow that has another problem, or none, puts it above them; old notes go."""
    notes = {("Leads", "r1"): ["a hand"]}
    seen = sight(notes=["a hand"], problem="Email is missing.")
    place = ("Leads", "r1")

    assert () == planned(Sight(seen.read, seen.believed, ()), notes=notes).edits
    (other,) = planned(seen, edit({"Problem": "Company is missing."}), notes=notes).edits
    (mended,) = planned(seen, edit({"Problem": None, "Status": "Won"}), notes=notes).edits
    (over,) = planned(seen, notes={place: []}).edits
    assert ("Company is missing.\na hand", "the deal moved") == (other.after["Problem"], other.reason)
    assert {"Problem": "a hand", "Status": "Won"} == mended.after
    assert ({"Problem": "Email is missing."}, "what was put back has been told") == (over.after, over.reason)


def test_a_push_of_a_row_with_a_hand_in_it() -> None:
    """Its write-back is measured against what stands, and what it writes is not put back."""
    seen = sight(hand("Leads", "Deal ID", None, "9"), hand("Leads", "Interval", None, "mine"))
    draft = LeadDraft("L-AAAAAAAA", "t", "acme", "Acme", None, "Jo", "Doe", "jo@acme.com")
    push = Push("r1", draft, {"Deal ID": None, "Problem": None}, {"Status": "Qualified", "Problem": None}, "new")
    other = replace(push, row="r2")

    found = planned(seen, notes={("Leads", "r1"): ["a hand"]}, pushes=(push, other))

    assert ({"Deal ID": "9", "Problem": None}, {"Status": "Qualified", "Problem": "a hand"}) == (
        found.pushes[0].before, found.pushes[0].after,
    )  # fmt: skip
    assert other == found.pushes[1]
    assert [{"Interval": None}] == [one.after for one in found.edits]


def test_a_push_is_of_a_lead_whatever_row_of_another_table_is_called_so_too() -> None:
    """In a spreadsheet rows of two tables may have the same id."""
    draft = LeadDraft("L-AAAAAAAA", "t", "acme", "Acme", None, "Jo", "Doe", "jo@acme.com")
    push = Push("r1", draft, {"Deal ID": None}, {"Status": "Qualified"}, "new")

    found = planned(sight(hand("Partners", "Problem", None, "x")), pushes=(push,))

    assert (push,) == found.pushes
    assert [{"Problem": None}] == [one.after for one in found.edits]


def test_edits_of_other_rows_stay_as_they_are() -> None:
    """Rows that no hand was in are written in the order of the plan, several edits of one row too."""
    seen = sight(hand("Leads", "Status", "New", "Won"))
    others = [
        replace(edit({"Status": status}), row=row)
        for row, status in [("r5", "In review"), (None, "New"), ("r6", "Lost"), ("r5", "Won"), (None, "Lost")]
    ]

    assert others == [*planned(seen, *others).edits][:5]


def test_a_line_is_told_by_the_run() -> None:
    """The Commissions table has no `Problem`."""
    found = planned(sight(hand("Commissions", "Amount", Decimal(100), Decimal(1))))

    assert {"Amount": Decimal(100)} == found.edits[0].after
    assert "acme" == found.edits[0].about
    assert found.notes[0].startswith("Commissions 9001/acme/2026-01/commission: Amount was changed by hand")


def test_a_partners_row() -> None:
    """It is grouped with the partner's other changes."""
    (found,) = planned(sight(hand("Partners", "Earned", Decimal(1), None))).edits

    assert ("acme", "acme") == (found.key, found.about)


def test_tables_that_are_others_to_write() -> None:
    """Nothing of them is put back or told."""
    seen = sight(hand("Commissions", "Amount", Decimal(100), Decimal(1)))
    ghost = Row("Statements", "s1", {"Statement": KEY["Statements"]})

    found = planned(replace(seen, ghosts=(ghost,)), edit({"Status": "Won"}), tables=["Leads"])

    assert ([{"Status": "Won"}], ()) == ([one.after for one in found.edits], found.notes)


# ---- deleted rows ---------------------------------------------------------------------------------------------------

GHOST: dict[str, Cell] = {"Line": KEY["Commissions"], "Status": "On statement", "Note": "ask Jo", "Hold": True}


def test_a_deleted_row_comes_back_whole() -> None:
    """It is made by its key, with what staff wrote, and told."""
    seen = Sight({}, {}, (), (Row("Commissions", "r1", GHOST),))

    plan = planned(seen)

    (found,) = plan.edits
    assert ("Commissions", None, KEY["Commissions"], {}, GHOST, "acme", True) == (
        found.table, found.row, found.key, found.before, found.after, found.about, found.restored,
    )  # fmt: skip
    assert "its row was deleted by hand and is put back; to overrule a line use Hold or Adjustment" == found.reason
    assert ("Commissions: the row of 9001/acme/2026-01/commission was deleted by hand and is put back",) == plan.notes


def test_a_deleted_row_that_changes_as_it_comes_back() -> None:
    """What the flow plans for it is in the same edit, and waits for what that waits for."""
    seen = Sight({}, {}, (), (Row("Commissions", "r1", GHOST),))
    own = edit({"Status": "Paid", "Paid on": date(2026, 4, 9)}, table="Commissions", needs=("a", "b"))

    (found,) = planned(seen, own).edits

    assert {**GHOST, "Status": "Paid", "Paid on": date(2026, 4, 9)} == found.after
    assert ("a", "b") == found.needs
