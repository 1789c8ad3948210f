"""What the money rules say, as plans: lines and their guards, bills, suggestions, and several plans in one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from worker.domain.plan import Plan, RowEdit, Tell
from worker.domain.plans import Policy
from worker.domain.problems import Problem
from worker.planning.commissions import Outcome
from worker.planning.money_plans import (
    commission_plan,
    lead_problems,
    merged,
    settlement_plan,
    suggestions,
    with_contact_numbers,
)
from worker.planning.rows import statement_to_cells

from . import programme
from .bookkeeping import Q1, bill, day, line, statement
from .office import ACME_ROW, Office, plain_words
from .rows_of_leads import lead_row
from .scenarios import Table

DAY = "2025-04-05"


# ---- problems, contacts, suggestions --------------------------------------------------------------------------------


def test_problems_of_a_lead_become_one_text() -> None:
    """Each once; a problem that is no lead's is nobody's text."""
    found = [
        Problem("9001", None, "value", "No value.", "L-1"),
        Problem("9001", None, "interval", "No interval.", "L-1"),
        Problem("9001", "acme", "value", "No value.", "L-1"),
        Problem("9002", None, "value", "No value.", "L-2"),
        Problem(None, None, "row", "Lost."),
    ]

    assert {"L-1": "No value. No interval.", "L-2": "No value."} == lead_problems(found)


def test_contacts_are_asked_about_only_where_nothing_else_ties_an_invoice() -> None:
    """An invoice that names its deal, or whose contact's number is known, costs no call."""
    asked: list[Collection[str]] = []

    def numbers(contacts: Collection[str]) -> Mapping[str, str]:
        asked.append(contacts)
        return {"c-1": "501"}

    named = programme.invoice("INV-1", contact="c-9")
    known = programme.invoice("INV-2", reference="", contact="c-9", contact_number="501")
    facts = programme.facts(invoices=[named, known])
    assert facts is with_contact_numbers(facts, numbers)

    nameless = [programme.invoice(f"INV-{n}", reference="", contact=f"c-{n - 2}") for n in (3, 4)]
    found = with_contact_numbers(replace(facts, invoices=[named, known, *nameless]), numbers)
    assert [{"c-1", "c-2"}] == asked
    assert [None, "501", "501", None] == [i.contact_number for i in found.invoices]


def test_suggestions_stand_beside_the_lead_and_go_again() -> None:
    """Only cells that differ are written; what is no suggestion any more is cleared."""
    leads = [
        lead_row("r1", Lead="L-1"),
        lead_row("r2", Lead="L-2", Suggestion="May be INV-2"),
        lead_row("r3", Lead="L-3", Suggestion="old"),
    ]
    outcome = Outcome((), (), {"L-1": "May be INV-1", "L-2": "May be INV-2"})

    edits = suggestions(leads, outcome)
    assert [("r1", {"Suggestion": "May be INV-1"}), ("r3", {"Suggestion": None})] == [
        (edit.row, dict(edit.after)) for edit in edits
    ]
    assert [("L-1", "invoices that match nothing yet"), ("L-3", "invoices that match nothing yet")] == [
        (edit.key, edit.reason) for edit in edits
    ]


# ---- lines ----------------------------------------------------------------------------------------------------------


def first_lines() -> tuple[programme.Story, Table]:
    """A deal of 12,000.00 a year and its twelve lines, written."""
    told = programme.story().on("2025-02-01")
    table = Table("Commissions")
    table.write(commission_plan([], told.facts, told.outcome).edits)
    return told, table


def test_lines_become_rows_with_the_partners_name() -> None:
    """Each new line is made by its key, and nothing stops the first lines of a deal."""
    told, table = first_lines()

    assert 12 == len(table.rows())
    assert {"Acme"} == {row.text("Partner") for row in table.rows()}
    assert Plan("commissions") == commission_plan(table.rows(), told.facts, told.outcome)


def test_a_plan_that_changes_too_much_says_so() -> None:
    """What a guard objects to is on the plan."""
    told, table = first_lines()
    policy = Policy(guard_from_lines=5)
    told.on("2025-02-02", deal=programme.deal(value="24000.00"), policy=policy)

    (words,) = commission_plan(table.rows(), told.facts, told.outcome).saw
    assert words.startswith("11 commission lines would be changed, while 12 are open: ")


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"Amount": None}, "rec3 (9001/acme/2025-03/commission): Amount or Currency is empty"),
        (
            {"Line": "9001/acme/2025-03/comission"},
            "rec3 (9001/acme/2025-03/comission): Line holds 'comission'",
        ),
        ({"Currency": None}, "rec3 (9001/acme/2025-03/commission): Amount or Currency is empty"),
    ],
)
def test_where_a_row_cannot_be_read_nothing_of_that_deal_is_written(cells: dict[str, str | None], words: str) -> None:
    """Nobody knows what it was: the partner's lines of the deal stay as they are, those of others are brought on."""
    told, table = first_lines()
    told.on("2025-02-02", deal=programme.deal("9002")).on("2025-02-03", deal=programme.deal("9002", value="6000.00"))
    told.change(leads=[programme.lead("9001"), programme.lead("9002")])
    told.on("2025-02-03", deal=programme.deal(value="24000.00"))
    table.put("rec3", cells)
    plan = commission_plan(table.rows(), told.facts, told.outcome)

    assert {"9002"} == {edit.key.split("/")[0] for edit in plan.edits}
    assert (f"Commissions row {words}",) == plan.notes


def test_damaged_rows_are_told_in_the_order_of_their_ids() -> None:
    """Wherever they stand."""
    told, table = first_lines()
    for row in ("rec3", "rec2"):
        table.put(row, {"Amount": None})
    plan = commission_plan(table.rows()[::-1], told.facts, told.outcome)

    assert ["rec2", "rec3"] == [note.split()[2] for note in plan.notes]


def test_a_copied_row_is_told_and_hinders_nothing() -> None:
    """Its original is brought on as ever."""
    told, table = first_lines()
    (first, *_) = table.rows()
    table.put("copy", first.cells)
    told.on("2025-02-03", deal=programme.deal(value="24000.00"))
    plan = commission_plan(table.rows(), told.facts, told.outcome)

    assert 11 == len(plan.edits)
    (note,) = plan.notes
    assert (
        "Commissions row copy (9001/acme/2025-01/commission): it is a copy of the row with this key: delete it" == note
    )


def test_a_row_that_lost_its_key_is_told() -> None:
    """The line is made anew; the old row is for a person."""
    told, table = first_lines()
    table.put("rec3", {"Line": None})
    plan = commission_plan(table.rows(), told.facts, told.outcome)

    assert [None] == [edit.row for edit in plan.edits]
    assert ("Commissions row rec3: Line was emptied: put it back, or delete the row",) == plan.notes


# ---- bills ----------------------------------------------------------------------------------------------------------


def issued() -> Office:
    """Acme's statement of 300.00, issued."""
    office = Office().put(*(line(month) for month in ("2025-01", "2025-02", "2025-03")))
    office.run(DAY)
    return office


def test_a_bill_and_its_payment_move_lines_and_statement_and_are_told_once() -> None:
    """Invoiced and Billed by the bill, Paid by its payment; the partner is told of the payment alone."""
    office = issued()
    billed = office.settle("2025-04-10", bill())
    office.apply(billed)
    paid = office.settle("2025-04-20", bill(paid=[("2025-04-18", "300.00")]))
    office.apply(paid)

    assert ((), ["acme/paid/2025-Q1/acme/GBP"]) == (billed.tells, [tell.notice.key for tell in paid.tells])
    assert [(Q1, "the bill is paid")] == [(tell.needs, tell.reason) for tell in paid.tells]
    assert {"Status": "Billed", "Bill": Q1} == dict(billed.edits[-1].after)
    assert {"Status": "Paid", "Paid on": day("2025-04-18")} == dict(paid.edits[-1].after)
    assert [{"Status": "Paid", "Paid on": day("2025-04-18")}] * 3 == [dict(edit.after) for edit in paid.edits[:3]]
    assert Plan("settle") == office.settle("2025-04-21", bill(paid=[("2025-04-18", "300.00")]))


def test_the_lines_are_returned_as_planned() -> None:
    """Totals of the same run count what it settles."""
    office = issued()
    _, lines = settlement_plan(
        office.commissions.rows(), office.statements.rows(), [bill()], office.partners, office.contacts,
        policy=office.policy, today=day("2025-04-10"), words=plain_words,
    )  # fmt: skip

    assert {"Invoiced"} == {one.status for one in lines}


def test_a_partner_without_a_row_is_not_told_of_a_payment() -> None:
    """The statement is Paid all the same."""
    office = issued()
    office.contacts = {}
    plan = office.settle("2025-04-20", bill(paid=[("2025-04-18", "300.00")]))

    assert ((), 4) == (plan.tells, len(plan.edits))


def test_a_difference_is_a_problem_on_the_row() -> None:
    """In words, with what it is in front."""
    office = issued()
    office.apply(office.settle("2025-04-10", bill(net="250.00")))

    assert (
        f"Short: bill {Q1} is 250.00 GBP net of tax, less than the 300.00 GBP asked for: ask the partner"
        == office.statements.rows()[0].text("Problem")
    )
    assert "short" == office.one().bill


def test_a_figure_that_a_hand_changed_is_put_right() -> None:
    """The statement's own sums follow from its lines; the next run writes them back."""
    office = issued()
    office.statements.put("rec1", {"Closing": Decimal(1), "Amount to invoice": Decimal(3000), "Period": "2025-Q2"})
    (edit,) = office.settle("2025-04-10").edits

    after = {"Closing": Decimal("300.00"), "Amount to invoice": Decimal("300.00"), "Period": "2025-Q1"}
    assert after == dict(edit.after)
    assert "put right from its lines; to overrule a figure use Adjustment on a line" == edit.reason


def test_a_locked_line_that_a_hand_changed_stops_the_account() -> None:
    """The statement says so; its bill waits, and nothing is Paid by it; put back, it goes on."""
    office = issued()
    office.commissions.put("rec2", {"Amount": Decimal(1000)})
    paid = bill(paid=[("2025-04-18", "300.00")])
    plan = office.settle("2025-04-20", paid)
    office.apply(plan)

    assert ["Statements"] == [edit.table for edit in plan.edits]
    assert "its opening and its lines make 1,200.00 GBP" in office.one().problem
    assert (f"Bills of acme in GBP wait: {Q1} does not add up",) == plan.notes
    assert Plan("settle", notes=plan.notes) == office.settle("2025-04-20", paid)
    office.commissions.put("rec2", {"Amount": Decimal(100)})
    office.apply(office.settle("2025-04-20", paid))
    assert ("Paid", "") == (office.one().status, office.one().problem)


def test_a_statement_that_does_not_add_up_says_that_alone() -> None:
    """What its bill came to is told again once it does."""
    office = issued()
    office.apply(office.settle("2025-04-10", bill(net="250.00")))
    office.commissions.put("rec2", {"Amount": Decimal(1000)})
    office.apply(office.settle("2025-04-20", bill(net="250.00")))

    assert office.statements.rows()[0].text("Problem").startswith("its opening and its lines make 1,200.00 GBP")


def test_a_row_that_cannot_be_read_holds_its_partners_bills() -> None:
    """And the words of a damaged statement row are told."""
    office = issued()
    office.statements.put("rec1", {"Status": "Sent"})
    plan = office.settle("2025-04-20", bill())

    assert 0 == len(plan)
    assert (
        f"Statements row rec1 ({Q1}): Status holds 'Sent'",
        f"Bills of acme in GBP wait: row {Q1} can't be read: Status holds 'Sent'",
    ) == plan.notes


def test_other_accounts_are_settled_meanwhile() -> None:
    """One partner's damage is no other's."""
    office = issued()
    office.partners["birch"] = replace(office.partners["acme"], key="birch", name="Birch Ltd")
    office.put(line("2025-01", partner="birch", status="On statement"))
    birch = statement("2025-Q1/birch/GBP", earned="100.00")
    office.statements.write([RowEdit("Statements", None, birch.key, {}, statement_to_cells(birch, "Birch Ltd"), "")])
    office.commissions.put("rec2", {"Amount": None})
    plan = office.settle("2025-04-20", bill(), bill("2025-Q1/birch/GBP", "100.00"))

    assert [
        ("9001/birch/2025-01/commission", ["Partner", "Status"]),
        ("2025-Q1/birch/GBP", ["Bill", "Status"]),
        (Q1, ["Problem"]),
    ] == [(edit.key, sorted(edit.after)) for edit in plan.edits]


# ---- several plans --------------------------------------------------------------------------------------------------


def edit(row: str | None = "r1", key: str = "K", **more: object) -> RowEdit:
    given = {"table": "Commissions", "before": {}, "after": {}, "reason": "", **more}
    return RowEdit(row=row, key=key, **given)  # type: ignore[arg-type]


def test_plans_of_several_flows_become_one() -> None:
    """Of two edits of one row the later one's cells count, over what stood before the first; each note is said once."""
    earlier = edit(
        before={"Amount": 1, "Why": "a"}, after={"Amount": 2, "Why": "b"}, reason="facts", money=("GBP", Decimal(1)),
        needs=("X",), first=True,
    )  # fmt: skip
    later = edit(before={"Why": "b", "Status": "Waiting"}, after={"Why": "c", "Status": "Paid"}, reason="bill")
    other = edit("r2", "K2", reason="facts")
    made = [edit(None, "N1"), edit(None, "N2")]
    plans = [
        Plan("a", (earlier, other, *made), notes=("n", "m"), saw=("too much",)),
        Plan("b", (later, replace(other, needs=("Y",))), notes=("n",), saw=("too much", "more")),
    ]
    found = merged("sweep", plans)

    both = replace(
        later, before={"Amount": 1, "Why": "a", "Status": "Waiting"},
        after={"Amount": 2, "Why": "c", "Status": "Paid"}, reason="facts; bill", money=("GBP", Decimal(1)),
        needs=("X",), first=True,
    )  # fmt: skip
    assert (both, replace(other, needs=("Y",)), *made) == found.edits
    assert ("sweep", ("n", "m"), ("too much", "more")) == (found.flow, found.notes, found.saw)


def test_a_message_of_two_plans_is_one() -> None:
    """By its key."""
    office = issued()
    office.lose_state()
    office.statements.delete("rec1")
    (tell,) = office.plan("2025-04-06").tells
    other = replace(tell, notice=replace(tell.notice, key="another"))
    found = merged("sweep", [Plan("a", tells=(tell, other)), Plan("b", tells=(tell,))])

    assert (tell, other) == found.tells
    assert isinstance(tell, Tell)
    assert ACME_ROW.recipient() == tell.notice.recipient
