"""What a plan has otherwise than the one that was seen: changes, sums, and the facts behind them; and what is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from worker.domain.approvals import Difference, Moved, Sketch
from worker.domain.cells import Cell
from worker.domain.facts import Days, Deal
from worker.domain.leads import LeadDraft
from worker.domain.notices import Notice, Recipient
from worker.domain.plan import Plan, Push, RowEdit, Tell
from worker.planning.approvals import difference, figure, places, read, sketch, written
from worker.planning.grounds import bills_behind, deals_behind, grounds

from .programme import day, deal, facts, invoice, lead, note, partner, plan, story

KEY = "9001/acme/2025-03/commission"
DRAFT = LeadDraft("L-1", "Acme – North Star", "north-star", "Acme", "acme.com", "Jo", "Doe", "jo@acme.com")


def edit(then: str | None = "100.00", now: str = "150.00", key: str = KEY, **after: Cell) -> RowEdit:
    """An edit of a line's amount, from what stands to what is planned; without `then` the line is new."""
    before = None if then is None else Decimal(then)
    by = Decimal(now) - (before or Decimal(0))
    cells: dict[str, Cell] = {"Amount": Decimal(now), "Why": f"makes {now}", **after}
    stands: dict[str, Cell] = {"Amount": before, "Why": f"made {then}"}
    return RowEdit("Commissions", None if then is None else "rec1", key, stands, cells, "why", "acme",
                   money=("GBP", by))  # fmt: skip


def drawn(*edits: RowEdit, **more: Any) -> Sketch:
    """The sketch of a plan with these edits; `grounds` are its facts."""
    return sketch(Plan("commissions", edits), more.get("grounds", {}))


def said(moved: Difference) -> list[str]:
    return [str(one) for one in (*moved.facts, *moved.changes)]


# ---- changes --------------------------------------------------------------------------------------------------------


def test_the_same_plan_differs_in_nothing() -> None:
    """Two sketches of one plan have no difference, whatever the order of its changes."""
    one, other = edit(), edit(key="9002/acme/2025-03/commission")

    assert Difference() == difference(drawn(one, other), drawn(other, one))
    assert not difference(drawn(one), drawn(one))


def test_an_amount_says_by_how_much() -> None:
    """A change that is planned otherwise names table, key and column, what was planned and what is, and by how much."""
    moved = difference(drawn(edit(now="150.00")), drawn(edit(now="1250.50")))

    about = f"Commissions {KEY}"
    expected = Moved(about, "Amount", "150.00 GBP", "1,250.50 GBP", Decimal("1100.50"), "GBP")
    assert (expected,) == moved.changes
    assert [f"{about}: Amount 150.00 GBP → 1,250.50 GBP (+1,100.50 GBP)"] == said(moved)
    assert {"GBP": (Decimal("50.00"), Decimal("1150.50"))} == moved.sums


def test_a_row_that_moved_under_the_plan_is_named() -> None:
    """Where the same is planned for a row that stands otherwise now, it is what stood before that moved."""
    moved = difference(drawn(edit("100.00", "150.00")), drawn(edit("120.00", "150.00")))

    assert [f"Commissions {KEY}: Amount before it 100.00 GBP → 120.00 GBP (+20.00 GBP)"] == said(moved)


def test_changes_that_are_new_and_gone() -> None:
    """A change of another row is new, one that is not planned any more is gone; each says what it would write."""
    gone, new = edit(key="9001/acme/2025-03/commission"), edit(None, "7.00", key="9002/acme/2025-03/commission")
    moved = difference(drawn(gone), drawn(new))

    assert [
        "Commissions 9001/acme/2025-03/commission: gone, was Amount 100.00 GBP → 150.00 GBP (-50.00 GBP)",
        "Commissions 9002/acme/2025-03/commission: new, Amount 7.00 GBP (+7.00 GBP)",
    ] == said(moved)


def test_a_change_that_moves_no_money() -> None:
    """It is told with all of its cells, and without an amount."""
    held = RowEdit("Leads", "rec1", "L-1", {"Status": "Won"}, {"Status": "On hold", "Deal stage": "Won"}, "")
    words = "Status Won → On hold, Deal stage Won"

    assert (Moved("Leads L-1", "", None, words),) == difference(drawn(), drawn(held)).changes
    assert (Moved("Leads L-1", "", words, None),) == difference(drawn(held), drawn()).changes


def test_a_row_without_a_key_is_called_by_its_id() -> None:
    """A row that has neither is nameless."""
    edits = [edit(), RowEdit("Leads", "rec9", "", {}, {"Problem": "x"}, ""),
             RowEdit("Activity", None, "", {}, {"What": "x"}, "")]  # fmt: skip
    expected = [("Commissions", KEY), ("Leads", "rec9"), ("Activity", "")]

    assert expected == places(Plan("stages", tuple(edits)))
    assert expected == list(drawn(*edits).cells)
    assert "commissions" == drawn(*edits).flow


def test_the_sentence_of_a_line_is_told_when_nothing_else_is() -> None:
    """`Why` repeats the other cells, so it is told only where it alone is planned otherwise."""
    moved = difference(drawn(edit(Why="because")), drawn(edit(Why="since")))
    only = difference(drawn(replace(edit(), after={"Why": "because"}, money=None)), drawn())

    assert [f"Commissions {KEY}: Why because → since"] == said(moved)
    assert [f"Commissions {KEY}: gone, was Why made 100.00 → because"] == said(only)


def test_a_column_that_is_not_planned_any_more() -> None:
    """A column that only one of the two plans writes was, or is, nothing in the other."""
    moved = difference(drawn(edit(Status="Waiting")), drawn(edit()))
    back = difference(drawn(edit()), drawn(edit(Status="Waiting")))

    assert [f"Commissions {KEY}: Status gone, was Waiting"] == said(moved)
    assert [f"Commissions {KEY}: Status new, Waiting"] == said(back)


def test_sums_of_several_currencies() -> None:
    """Totals are told by currency, and only those that differ."""
    pounds, yen = edit(now="150.00"), replace(edit(key="9002/acme/2025-03/commission"), money=("JPY", Decimal(50)))
    moved = difference(drawn(pounds, yen), drawn(pounds))

    assert {"JPY": (Decimal(50), Decimal(0))} == moved.sums
    assert {"JPY": (Decimal(0), Decimal(50))} == difference(drawn(pounds), drawn(pounds, yen)).sums


def test_pushes_and_messages_are_told_apart_by_marks() -> None:
    """What goes into the CRM and what is told names people: only a mark is kept, which says whether it is another."""
    push = Push("rec2", DRAFT, {}, {"Status": "In review"}, "new")
    tell = Tell(Notice("acme/1", "lead", Recipient("acme", "jo@acme.com"), "Subject", "Dear Jo"), "L-1", "why")
    then = Plan("intake", pushes=(push,), tells=(tell,))
    now = replace(then, pushes=(replace(push, draft=replace(DRAFT, email="di@acme.com")),))
    moved = difference(sketch(then, {}), sketch(now, {}))

    assert [("CRM", "L-1"), ("Messages", "acme/1")] == places(then)
    assert [("CRM L-1", "draft")] == [(one.about, one.what) for one in moved.changes]
    kept = sketch(then, {}).cells
    assert {("CRM", "L-1"): [("draft", "")], ("Messages", "acme/1"): [("text", "")]} == {
        place: [(what, stood) for what, (stood, _) in cells.items()] for place, cells in kept.items()
    }
    assert [] == [word for word in ("Jo", "Doe", "jo@", "di@", "acme.com") if word in written(sketch(then, {}))]


def test_addresses_in_cells_are_marks() -> None:
    """An address in a cell (a problem quotes what a form says) is kept as a mark; two addresses stay two."""
    then, now = (
        RowEdit("Leads", "rec1", "L-1", {}, {"Problem": f"Email “{who}@oak.test” can't be read"}, "why")
        for who in ("jo", "di")
    )
    moved = difference(drawn(then), drawn(now))

    assert "oak" not in written(drawn(then))
    assert ["Problem"] == [one.what for one in moved.changes]
    assert "can't be read" in said(moved)[0]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""), ("", ""), (False, ""), ((), ""), (True, "yes"), (Decimal("1234.5"), "1,234.50 GBP"),
        (Decimal("0.125"), "0.125 GBP"),
        (("rec1", "rec2"), "rec1, rec2"), (date(2025, 3, 1), "2025-03-01"),
        (datetime(2025, 3, 1, 9, tzinfo=UTC), "2025-03-01T09:00:00+00:00"), ("Waiting", "Waiting"),
    ],
)  # fmt: skip
def test_cells_are_kept_as_text(cell: Cell, text: str) -> None:
    """Every kind of cell is kept as people read it; when a row was written is not."""
    kept = drawn(replace(edit(), after={"Note": cell, "Synced": datetime(2025, 3, 1, tzinfo=UTC)}))

    assert {"Note": ("", text)} == kept.cells["Commissions", KEY]


def test_sums_of_a_statement_are_in_its_currency() -> None:
    """Figures of a statement are in the currency of its key; those of a new line in the one that it names."""
    statement = RowEdit("Statements", "rec1", "2025-Q1/acme/EUR", {"Closing": Decimal(1)}, {"Closing": Decimal(3)}, "")
    line = RowEdit("Commissions", None, KEY, {}, {"Amount": Decimal(5), "Currency": "JPY"}, "")
    partners = RowEdit("Partners", "rec1", "acme", {}, {"Leads": Decimal(3)}, "")
    kept = drawn(statement, line, partners)

    assert {"Closing": ("1.00 EUR", "3.00 EUR")} == kept.cells["Statements", "2025-Q1/acme/EUR"]
    assert ("", "5 JPY") == kept.cells["Commissions", KEY]["Amount"]
    assert {"Leads": ("", "3")} == kept.cells["Partners", "acme"]


def test_what_is_kept_reads_back() -> None:
    """A sketch comes back from its text as it was."""
    kept = drawn(edit(Status="Waiting"), edit(key="2", now="7"), grounds={"deal 9001": {"value": "12.00 GBP"}})

    assert kept == read(written(kept))


def test_what_is_kept_is_written_for_people() -> None:
    """Letters stand as they are, and amounts digit by digit."""
    small = replace(edit(), money=("GBP", Decimal("1E-8")))
    text = written(drawn(small, grounds={"deal 9001": {"in doubt": "gelöscht"}}))

    assert "gelöscht" in text
    assert (f'[["Commissions", "{KEY}", "GBP", "0.00000001"]]', '{"GBP": "0.00000001"}') == tuple(
        json.dumps(json.loads(text)[part]) for part in ("money", "sums")
    )


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [("1.5", "JPY", "1.5 JPY"), ("1500", "JPY", "1,500 JPY"), ("0.1", "KWD", "0.100 KWD"),
     ("0.125", "GBP", "0.125 GBP"), ("1234.5", "", "1,234.5")],
)  # fmt: skip
def test_a_figure_is_never_rounded(amount: str, unit: str, text: str) -> None:
    """One that is finer than its currency shows all of its digits."""
    assert text == figure(Decimal(amount), unit)


def test_only_so_many_changes_are_kept() -> None:
    """Of a plan with more changes than are kept, those that are known on both sides are compared, and it says so."""
    many = [edit(key=f"{n}/acme/2025-03/commission") for n in range(1001)]
    then, now = drawn(*many), drawn(*[replace(one, after={**one.after, "Status": "Waiting"}) for one in many[500:]])
    moved = difference(then, now)

    assert (1000, 1, Decimal(50050)) == (len(then.cells), then.left_out, then.sums["GBP"])
    assert then == read(written(then))
    assert (1, 500) == (moved.left_out, len(moved.changes))
    assert {"Status"} == {one.what for one in moved.changes}
    assert {"GBP": (Decimal(50050), Decimal(25050))} == moved.sums
    assert bool(replace(moved, changes=()))


# ---- facts ----------------------------------------------------------------------------------------------------------


def behind(today: str = "2025-04-20", deals: Sequence[Deal] = (), **terms: Any) -> dict[str, dict[str, str]]:
    """The facts behind deal 9001 in this programme."""
    return grounds(facts(deals, **terms), (), day(today), ["9001"])


def facts_moved(then: dict[str, dict[str, str]], now: dict[str, dict[str, str]]) -> list[str]:
    return said(difference(drawn(grounds=then), drawn(grounds=now)))


def test_the_facts_behind_a_deal() -> None:
    """A deal's lines hang on the deal, its lead, the partners, the plan version, the cash, and which month it is."""
    found = behind(invoices=[invoice(paid="2025-01-12 600.00"), invoice("INV-2", reference="else")],
                   notes=[note(allocated="INV-1 2025-02-01 100.00"), note("CN-2", reference="else")])  # fmt: skip

    assert ["the calendar", "deal 9001", "lead L-1", "partner acme", "plan gold, 2025-01", "invoice INV-1"] == list(
        found
    )[:6]
    assert {"month": "2025-04"} == found["the calendar"]
    assert ("12,000.00 GBP", "won", "2025-01-10") == tuple(
        found["deal 9001"][what] for what in ("value", "stage", "won on")
    )
    assert ("acme 100 %", "2024-12-01") == tuple(found["lead L-1"][what] for what in ("partners", "sent on"))
    assert {"plan": "gold", "status": "Enrolled", "last day": "", "not enrolled": "", "currency": ""} == found[
        "partner acme"
    ]
    assert ("10 %", "12") == tuple(found["plan gold, 2025-01"][what] for what in ("rate", "months"))
    assert ("9001", "600.00 GBP") == tuple(found["invoice INV-1"][what] for what in ("deal", "paid"))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {"deals": [deal(value="18000.00")]},
         "deal 9001: value 12,000.00 GBP → 18,000.00 GBP (+6,000.00 GBP)"),
        ({}, {"deals": [deal(currency="EUR")]}, "deal 9001: value 12,000.00 GBP → 12,000.00 EUR"),
        ({}, {"deals": [deal(value=None)]}, "deal 9001: value 12,000.00 GBP → –"),
        ({}, {"deals": [deal(term_months=18)]}, "deal 9001: term – → 18 months"),
        ({}, {"deals": [deal(won_at="2025-02-01")]}, "deal 9001: won on 2025-01-10 → 2025-02-01"),
        ({"invoices": [invoice(paid="2025-01-12 600.00")]},
         {"invoices": [invoice(paid="2025-01-12 600.00, 2025-02-12 600.00")]},
         "invoice INV-1: paid 600.00 GBP → 1,200.00 GBP (+600.00 GBP)"),
        ({"invoices": [invoice(paid="2025-01-12 600.00")]},
         {"invoices": [invoice(paid="2025-01-12 600.00", refunds="2025-02-12 100.00")]},
         "invoice INV-1: paid 600.00 GBP → 500.00 GBP (-100.00 GBP)"),
        ({}, {"invoices": [invoice()]}, "invoice INV-1: new, deal 9001, status AUTHORISED, total 12,000.00 GBP, "
                                        "paid 0.00 GBP, in doubt –"),
        ({"invoices": [invoice()]}, {}, "invoice INV-1: gone, was deal 9001, status AUTHORISED, total 12,000.00 GBP, "
                                        "paid 0.00 GBP, in doubt –"),
        ({"notes": [note(reference="9001")]}, {"notes": [note(reference="9001", refunds="2025-06-02 50.00")]},
         "credit note CN-1: paid back 0.00 GBP → 50.00 GBP (+50.00 GBP)"),
        ({}, {"plans": [plan("20")]}, "plan gold, 2025-01: rate 10 % → 20 % (+10 %)"),
        ({"plans": [plan(fee="100.00", currency="GBP")]}, {"plans": [plan(fee="90.00", currency="GBP")]},
         "plan gold, 2025-01: fee 100.00 GBP → 90.00 GBP (-10.00 GBP)"),
        ({}, {"leads": [lead(who="acme 60, birch 40")]}, "lead L-1: partners acme 100 % → acme 60 %, birch 40 %"),
        ({}, {"leads": [lead(held=True)]}, "lead L-1: hold – → ticked"),
        ({}, {"partners": [partner(paused=True)]}, "partner acme: status Enrolled → Paused"),
        ({}, {"partners": [partner(left=True)]}, "partner acme: status Enrolled → Left"),
        ({}, {"partners": [partner(left_on=day("2025-03-01"))]}, "partner acme: last day – → 2025-03-01"),
        ({}, {"partners": [partner(away=(Days(day("2024-03-03"), day("2024-03-05")),) * 2)]},
         "partner acme: not enrolled – → 2024-03-03 to 2024-03-05, 2024-03-03 to 2024-03-05"),
        ({}, {"leads": [lead(submitted_at=datetime(2025, 6, 30, 23, 30, tzinfo=UTC))]},
         "lead L-1: sent on 2024-12-01 → 2025-07-01"),
        ({}, {"today": "2025-05-01"}, "the calendar: month 2025-04 → 2025-05"),
    ],
)  # fmt: skip
def test_the_fact_that_moved_is_named(before: dict[str, Any], after: dict[str, Any], words: str) -> None:
    """Each fact behind a plan is told when it moves, with what it was, what it is, and by how much."""
    late = {"today": "2025-06-20"} if "notes" in before else {}

    assert words in facts_moved(behind(**late, **before), behind(**late, **after))


def test_a_fact_that_is_not_stated_is_an_empty_one() -> None:
    """A sketch of an earlier version of the worker may not know of it."""
    then, now = {"deal 9001": {"value": "1.00 GBP"}}, {"deal 9001": {"value": "1.00 GBP", "term": ""}}
    known = {"deal 9001": {"value": "1.00 GBP", "term": "18 months"}}

    assert [] == facts_moved(then, now)
    assert [] == facts_moved(now, then)
    assert ["deal 9001: term – → 18 months"] == facts_moved(then, known)
    assert ["deal 9001: term 18 months → –"] == facts_moved(known, then)


def test_every_fact_that_moved_is_told() -> None:
    """Those that are gone, those that are new, and those that changed."""
    then = {"deal 1": {"stage": "won"}, "deal 9": {"stage": "won"}, "invoice 1": {"paid": "1.00 GBP"}}
    now = {"deal 9": {"stage": "lost"}, "invoice 1": {"paid": "3.00 GBP"}, "lead L": {"deal": "9"}}

    assert (
        Moved("deal 1", "", "stage won", None), Moved("deal 9", "stage", "won", "lost"),
        Moved("invoice 1", "paid", "1.00 GBP", "3.00 GBP", Decimal(2), "GBP"), Moved("lead L", "", None, "deal 9"),
    ) == difference(drawn(grounds=then), drawn(grounds=now)).facts  # fmt: skip


def test_a_plan_that_the_partner_lost() -> None:
    """A partner whose Plan was cleared has none."""
    moved = facts_moved(behind(), behind(partners=[replace(partner(), plans=())]))

    assert "partner acme: plan gold → –" in moved


def test_facts_of_other_deals_are_none_of_its_business() -> None:
    """What belongs to a deal that the earlier plan did not hang on is not new: it was not known before."""
    two = [deal(), deal("9002", company="502")]
    other = invoice("INV-2", reference="9002")

    assert [] == facts_moved(behind(deals=two[:1]), grounds(facts(two, invoices=[other]), (), day("2025-04-20"),
                                                            ["9001", "9002"]))  # fmt: skip
    assert behind() == grounds(facts(two, invoices=[other]), (), day("2025-04-20"), ["9001"])


def test_a_deal_that_was_merged_away() -> None:
    """The facts behind a merged deal are its survivor's too."""
    gone, end = deal(merged_into="9002"), deal("9002", value="24000.00")
    found = behind(deals=[gone, end], leads=[lead()], partners=[partner()])

    assert ("9002", "24,000.00 GBP") == (found["deal 9001"]["merged into"], found["deal 9002"]["value"])


def test_a_deal_that_left_won_and_partners_nobody_knows() -> None:
    """A deal that is lost says since when; a share of a partner who is not in the table is a share all the same."""
    found = behind(deals=[deal(state="lost", left_won_at="2025-03-01")], leads=[lead(who="acme 50, nobody 50")])

    assert ("lost", "2025-03-01") == (found["deal 9001"]["stage"], found["deal 9001"]["left won on"])
    assert "acme 50 %, nobody 50 %" == found["lead L-1"]["partners"]
    assert [] == [about for about in found if about == "partner nobody"]


LINE, TRUE_UP = "line 9001/acme/2025-01/commission", "line tier/acme/2025-03/correction"
PLAIN = {"hold": "", "adjustment": ""}


@pytest.mark.parametrize(
    ("then", "now", "moved"),
    [
        ({LINE: {**PLAIN, "adjustment": "5.00 GBP"}}, {LINE: {**PLAIN, "adjustment": "7.00 GBP"}},
         [f"{LINE}: adjustment 5.00 GBP → 7.00 GBP (+2.00 GBP)"]),
        ({}, {LINE: {"hold": "ticked", "adjustment": "7.00 GBP"}},
         [f"{LINE}: hold – → ticked", f"{LINE}: adjustment – → 7.00 GBP"]),
        ({LINE: {**PLAIN, "hold": "ticked"}}, {}, [f"{LINE}: hold ticked → –"]),
        ({}, {TRUE_UP: {**PLAIN, "hold": "ticked"}}, [f"{TRUE_UP}: hold – → ticked"]),
        ({}, {TRUE_UP.replace("acme", "birch"): {**PLAIN, "hold": "ticked"}}, []),
        ({}, {LINE.replace("9001", "9002"): {**PLAIN, "hold": "ticked"}}, []),
    ],
)  # fmt: skip
def test_what_staff_write_beside_lines(
    then: dict[str, dict[str, str]], now: dict[str, dict[str, str]], moved: list[str]
) -> None:
    """A line's Hold and Adjustment stand as they were and as they are, also where nothing stood or stands; of a deal or
    a partner that was not known nothing is new."""
    assert moved == facts_moved({**behind(), **then}, {**behind(), **now})


def test_which_deals_are_behind_a_change() -> None:
    """A line hangs on its deal, a lead on its own, a true-up on all deals of its partner, a statement on none."""
    given = facts([deal(), deal("9002"), deal("9003")], [lead(), lead("9002", "birch 100"), lead("9003")])

    assert {"9002"} == deals_behind([("Commissions", "9002/birch/2025-01/commission")], given)
    assert {"9002"} == deals_behind([("Leads", "L-2"), ("Leads", "L-9")], given)
    assert {"9001"} == deals_behind([("CRM", "L-1")], given)
    assert {"9001", "9003"} == deals_behind([("Commissions", "tier/acme/2025-03/correction")], given)
    assert set() == deals_behind([("Statements", "2025-Q1/acme/GBP"), ("Messages", "acme/1")], given)


def test_bills_behind_a_settlement() -> None:
    """A settlement hangs on what was paid on partners' bills."""
    bill = invoice("2025-Q1/acme/GBP", "2025-04-20 100.00", type="ACCPAY", sub_total="300.00")

    assert {"bill 2025-Q1/acme/GBP": "100.00 GBP"} == {
        about: facts["paid"] for about, facts in bills_behind([bill]).items()
    }


def test_a_story_explains_its_difference() -> None:
    """The value of a deal moves between two plans of its lines: the fact is told, and every line by how much."""
    told = story().on("2025-01-20")
    then = grounds(told.facts, told.lines, day("2025-01-20"), ["9001"])
    told.change(deal=deal(value="24000.00"))
    now = grounds(told.facts, told.lines, day("2025-01-20"), ["9001"])

    assert ["deal 9001: value 12,000.00 GBP → 24,000.00 GBP (+12,000.00 GBP)"] == facts_moved(then, now)
