"""What bills make of statements and lines: each outcome in its own words, whole lines paid oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.facts import Cash, Invoice
from worker.domain.lines import Line, Statement
from worker.planning.settlement import settle

from .bookkeeping import ACME, PARTNERS, Q1, Q2, bill, day, line, statement

MONTHS = ("2025-01", "2025-02", "2025-03")
LINES = [line(month, status="On statement") for month in MONTHS]
STATEMENT = statement(lines=LINES)
TODAY = day("2025-05-01")


def settled(*bills: Invoice, of: Statement = STATEMENT, lines: Sequence[Line] = LINES) -> tuple[Statement, list[Line]]:
    outcome = settle([of], lines, bills, PARTNERS, TODAY)
    return outcome.statements[0], list(outcome.lines)


def stands(lines: Sequence[Line]) -> list[str]:
    return [f"{one.status} {one.paid_on or ''}".strip() for one in lines]


# ---- every outcome --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bills", "outcome", "counts", "words"),
    [
        ([], "none", None, ""),
        ([bill()], "match", Q1, ""),
        ([bill("ACME 17 for 2025-q1/Acme/gbp", total="360.00")], "match", "ACME 17 for 2025-q1/Acme/gbp", ""),
        (
            [bill(net="250.00", total="300.00")], "short", Q1,
            f"bill {Q1} is 250.00 GBP net of tax, less than the 300.00 GBP asked for: ask the partner",
        ),
        (
            [bill(net="360.00")], "over", Q1,
            f"bill {Q1} is 360.00 GBP net of tax, more than the 300.00 GBP asked for: do not pay it so",
        ),
        (
            [bill(currency="EUR")], "wrong-currency", None,
            f"bill {Q1} is in EUR; the statement asks for 300.00 GBP: ask the partner for a bill in GBP",
        ),
        ([bill(currency="EUR"), bill(f"{Q1} again")], "match", f"{Q1} again", ""),
        (
            [bill(f"{Q1} copy", on="2025-04-09", id="a"), bill(id="b")], "duplicate", Q1,
            f"{Q1} counts; billed again by {Q1} copy: void what is too much in Xero",
        ),
        (
            [bill(f"{Q1} b", on="2025-04-09", id="a"), bill(f"{Q1} c", on="2025-04-10", id="c"), bill(id="b")],
            "duplicate", Q1,
            f"{Q1} counts; billed again by {Q1} b, {Q1} c: void what is too much in Xero",
        ),
        ([bill(status="DELETED"), bill(f"{Q1} 2")], "match", f"{Q1} 2", ""),
        (
            [bill(status="VOIDED")], "voided", None,
            f"bill {Q1} was voided: ask the partner for a new one of 300.00 GBP",
        ),
        (
            [bill("G-44")], "suggestion", None,
            f"bill G-44 has the same net amount: if it is for this statement, write {Q1} into its number in Xero",
        ),
        ([bill(on="2025-05-02")], "none", None, ""),
        ([bill(on="2025-05-01")], "match", Q1, ""),
    ],
)  # fmt: skip
def test_each_outcome_has_its_own_words(bills: list[Invoice], outcome: str, counts: str | None, words: str) -> None:
    """Bills are compared net of tax; the words say to staff what to do, and nothing where all is well."""
    found, _ = settled(*bills)

    assert (outcome, counts, words) == (found.bill, found.bill_number, found.problem)


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "AUTHORISED", "PAID"])
def test_any_living_bill_in_the_right_currency_invoices_the_lines(status: str) -> None:
    """Also a draft, and also one that is short, makes the statement Billed and its lines Invoiced."""
    found, lines = settled(bill(status=status, net="1.00"))

    assert "Billed" == found.status
    assert ["Invoiced"] * 3 == stands(lines)


@pytest.mark.parametrize(
    "bills", [[], [bill(currency="EUR")], [bill(status="VOIDED")], [bill("G-44")], [bill(f"{Q1}-2")], [bill(f"X{Q1}")]]
)
def test_what_does_not_count_leaves_the_lines_on_the_statement(bills: list[Invoice]) -> None:
    """A bill that is void, foreign, a mere suggestion or of another key leaves everything as issued."""
    found, lines = settled(*bills, of=replace(STATEMENT, status="Paid", bill_number="old", paid_on=TODAY))

    assert ("Issued", None, None) == (found.status, found.bill_number, found.paid_on)
    assert ["On statement"] * 3 == stands(lines)


@pytest.mark.parametrize(
    "other",
    [
        bill("G-44", net="299.99"),
        bill("G-44", currency="EUR"),
        bill("G-44", status="VOIDED"),
        bill("G-44", on="2025-03-31"),
        bill("G-44", contact_name="Birch Ltd"),
        bill(Q2),
    ],
)
def test_what_is_not_even_a_suggestion(other: Invoice) -> None:
    """Another sum, currency, contact, statement, a void bill or one from before the period's end suggests nothing."""
    statements = [STATEMENT, statement(Q2, earned="300.00")]
    found = settle(statements, LINES, [other], PARTNERS, TODAY).statements[0]

    assert "none" == found.bill


def test_a_suggestion_goes_by_the_ledger_contact_where_the_partner_row_names_one() -> None:
    """The contact's id, or its name in any case; a partner nobody knows is suggested nothing."""
    partners = {"acme": replace(ACME, contact="c-77")}
    by_id, by_name = bill("G-44", contact="C-77", contact_name="Holding"), bill("G-44")

    assert ["suggestion", "none"] == [
        settle([STATEMENT], LINES, [one], partners, TODAY).statements[0].bill for one in (by_id, by_name)
    ]
    assert "none" == settle([STATEMENT], LINES, [by_name], {}, TODAY).statements[0].bill


# ---- payments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid", "status", "lines"),
    [
        ((), "Billed", ["Invoiced", "Invoiced", "Invoiced"]),
        ([("2025-04-20", "119.99")], "Part paid", ["Invoiced", "Invoiced", "Invoiced"]),
        ([("2025-04-20", "120.00")], "Part paid", ["Paid 2025-04-20", "Invoiced", "Invoiced"]),
        (
            [("2025-04-20", "130.00"), ("2025-04-25", "110.00")],
            "Part paid",
            ["Paid 2025-04-20", "Paid 2025-04-25", "Invoiced"],
        ),
        ([("2025-04-25", "240.00"), ("2025-04-20", "120.00")], "Paid", ["Paid 2025-04-25"] * 3),
        ([("2025-05-02", "360.00")], "Billed", ["Invoiced"] * 3),
    ],
)
def test_part_payment_pays_whole_lines_oldest_first(paid: list[tuple[str, str]], status: str, lines: list[str]) -> None:
    """Payments count net of tax, by their day, not before it; once all is paid every line is, on that day."""
    found, after = settled(bill(total="360.00", paid=paid))

    assert (status, lines) == (found.status, stands(after))
    assert (day("2025-04-25") if status == "Paid" else None) == found.paid_on


def test_deleted_payments_and_bills_without_a_total_pay_nothing() -> None:
    """A payment that was deleted never was, and a bill of nothing can't be paid."""
    undone = bill(payments=(Cash(day("2025-04-20"), Decimal("300.00"), "DELETED"),))
    empty = bill(net="0.00", paid=[("2025-04-20", "300.00")])

    assert [("Billed", "match"), ("Billed", "short")] == [
        (found.status, found.bill) for found, _ in (settled(undone), settled(empty))
    ]


def test_what_is_paid_today_is_paid() -> None:
    """The whole bill, on the day of the run."""
    found, lines = settled(bill(paid=[(str(TODAY), "300.00")]))

    assert ("Paid", ["Paid 2025-05-01"] * 3) == (found.status, stands(lines))


def test_part_paid_is_any_net_amount_above_nothing() -> None:
    """Half a pound is; 20.00 of tax on a bill without a net amount are not."""
    little, tax = bill(paid=[("2025-04-20", "0.50")]), bill(net="0.00", total="20.00", paid=[("2025-04-20", "20.00")])

    assert ["Part paid", "Billed"] == [settled(one)[0].status for one in (little, tax)]


def test_yen_have_no_cents_in_words() -> None:
    """A bill of 250 yen where 300 were asked for."""
    key = "2025-Q1/acme/JPY"
    asked = [line("2025-01", "300", "On statement", currency="JPY")]
    found, _ = settled(bill(key, net="250", currency="JPY"), of=statement(key, lines=asked), lines=asked)

    assert f"bill {key} is 250 JPY net of tax, less than the 300 JPY asked for: ask the partner" == found.problem


def test_a_short_bill_paid_in_full_leaves_the_statement_part_paid() -> None:
    """What the statement asked for decides, not what was billed."""
    found, lines = settled(bill(net="250.00", paid=[("2025-04-20", "250.00")]))

    assert ("Part paid", "short") == (found.status, found.bill)
    assert ["Paid 2025-04-20", "Paid 2025-04-20", "Invoiced"] == stands(lines)


def test_lines_are_paid_in_the_order_of_their_months_and_deals() -> None:
    """By month, then deal as a number; a true-up, which has no deal, comes last."""
    lines = [
        line("2025-03", deal=None, kind="correction", status="On statement"),
        line("2025-03", deal="10000", status="On statement"),
        line("2025-03", deal="9001", status="On statement"),
    ]
    _, after = settled(bill(paid=[("2025-04-20", "200.00")]), of=statement(lines=lines), lines=lines)

    assert ["Invoiced", "Paid 2025-04-20", "Paid 2025-04-20"] == stands(after)
    months = [line("2025-02", status="On statement"), line("2025-01", deal="9002", status="On statement")]
    _, after = settled(bill(paid=[("2025-04-20", "100.00")]), of=statement(lines=months), lines=months)
    assert ["Invoiced", "Paid 2025-04-20"] == stands(after)


def test_a_line_after_the_first_unpaid_one_is_not_paid() -> None:
    """A later clawback brings the running total down again, and pays nothing by that."""
    lines = [
        line("2025-01", "300.00", "On statement"),
        line("2025-02", "-260.00", "On statement", kind="clawback"),
        line("2025-03", "10.00", "On statement"),
    ]
    _, after = settled(bill(net="50.00", paid=[("2025-04-20", "45.00")]), of=statement(lines=lines), lines=lines)

    assert ["Invoiced"] * 3 == stands(after)


# ---- carried statements ---------------------------------------------------------------------------------------------


def chain() -> tuple[list[Statement], list[Line]]:
    """40.00 carried from the first quarter, 15.00 more in the second: 55.00 to invoice."""
    lines = [line("2025-01", "40.00", "On statement"), line("2025-04", "15.00", "On statement")]
    return [statement(Q1, "Carried", lines[:1]), statement(Q2, lines=lines[1:], opening="40.00")], lines


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        ([], ["Invoiced", "Invoiced"]),
        ([("2025-07-20", "40.00")], ["Paid 2025-07-20", "Invoiced"]),
        ([("2025-07-20", "55.00")], ["Paid 2025-07-20", "Paid 2025-07-20"]),
    ],
)
def test_a_bill_takes_up_the_lines_of_carried_statements(paid: list[tuple[str, str]], expected: list[str]) -> None:
    """The lines that made the opening are invoiced and paid with the statement that took them up, oldest first."""
    statements, lines = chain()
    outcome = settle(statements, lines, [bill(Q2, "55.00", on="2025-07-08", paid=paid)], PARTNERS, day("2025-08-01"))

    assert expected == stands(outcome.lines)
    assert "Carried" == outcome.statements[0].status


def test_what_is_carried_twice_is_taken_up_whole() -> None:
    """Carried on and on, the lines wait for the statement that is invoiced at last, whatever order they are read in."""
    lines = [line(month, "20.00", "On statement") for month in ("2025-01", "2025-04", "2025-07")]
    statements = [
        statement("2025-Q3/acme/GBP", lines=lines[2:], opening="40.00"),
        statement(Q1, "Carried", lines[:1]),
        statement(Q2, "Carried", lines[1:2], opening="20.00"),
    ]
    found = settle(statements, lines, [bill("2025-Q3/acme/GBP", "60.00", on="2025-10-08")], PARTNERS, day("2025-11-01"))

    assert ["Invoiced"] * 3 == stands(found.lines)


def test_a_clawback_in_the_opening_lowers_what_payments_reach() -> None:
    """Half may be taken back: −20.00 stayed open after an invoiced statement; it is no line's, and counts first."""
    lines = [line("2025-04", "60.00", "On statement"), line("2025-05", "20.00", "On statement")]
    statements = [
        statement(Q1, earned="60.00", corrections="-80.00", opening="0.00", carried="-20.00"),
        statement(Q2, lines=lines, opening="-20.00"),
    ]
    half = bill(Q2, "60.00", on="2025-07-08", paid=[("2025-07-20", "40.00")])
    found = settle(statements, lines, [half], PARTNERS, day("2025-08-01"))

    assert ["Paid 2025-07-20", "Invoiced"] == stands(found.lines)
    assert "Part paid" == found.statements[1].status


def test_what_another_account_carried_is_not_taken_up() -> None:
    """Another partner's lines, and those in another currency, stay as they are when a bill is paid."""
    others = [
        line("2024-12", status="On statement", partner="birch"),
        line("2024-12", status="On statement", currency="EUR"),
    ]
    carried = [statement(f"2024-Q4/{one.partner}/{one.currency}", "Carried", [one]) for one in others]
    outcome = settle([*carried, STATEMENT], [*others, *LINES], [bill(paid=[("2025-04-10", "300")])], PARTNERS, TODAY)

    assert [*["On statement"] * 2, *["Paid 2025-04-10"] * 3] == stands(outcome.lines)


def test_a_bill_for_a_carried_statement_is_one_too_many() -> None:
    """Nothing is to invoice: its row says so, and the lines stay; once the bill is void the words go."""
    lines = [line("2025-01", "40.00", "On statement")]
    carried = statement(Q1, "Carried", lines)
    found, after = settled(bill(net="40.00"), of=carried, lines=lines)

    assert ("Carried", "over", Q1) == (found.status, found.bill, found.bill_number)
    assert f"bill {Q1} is for a statement with nothing to invoice: do not pay it, and void it in Xero" == found.problem
    assert lines == after
    assert carried == settled(bill(status="VOIDED"), of=found, lines=lines)[0]


# ---- what is left alone ---------------------------------------------------------------------------------------------


def test_a_draft_is_left_alone() -> None:
    """Until its partner is told, no bill is asked of a statement."""
    draft = statement(status="Draft", lines=LINES)

    assert (draft, LINES) == settled(bill(), of=draft)


@pytest.mark.parametrize("status", ["Issued", "Carried"])
def test_words_that_are_true_no_more_go(status: str) -> None:
    """Once nothing is wrong, nothing is said."""
    wrong = statement(status=status, lines=LINES, problem="bill X is short", bill="short", bill_number="X")

    assert ("", "none", None) == ((found := settled(of=wrong)[0]).problem, found.bill, found.bill_number)


def test_lines_of_no_statement_are_left_alone() -> None:
    """Free lines, and those of other statements, are as they were."""
    others = [line("2025-04"), line("2025-05", status="Paid"), line("2025-06", status="Expected")]
    _, after = settled(bill(), lines=[*LINES, *others])

    assert others == after[3:]


@given(
    st.lists(st.integers(-300, 300), min_size=1, max_size=6),
    st.lists(st.integers(1, 400), max_size=4),
    st.integers(-200, 200),
)
def test_payments_never_pay_lines_beyond_what_was_paid(amounts: list[int], payments: list[int], opening: int) -> None:
    """What is Paid, with what else was in the opening, is within the net payment, unless all was paid; settling twice
    changes nothing.
    """
    lines = [line("2025-01", f"{a}.00", "On statement", deal=str(n)) for n, a in enumerate(amounts, 1)]
    total = opening + sum(amounts)
    before = statement("2024-Q4/acme/GBP", earned="0.00", carried=f"{opening}.00", opening="0.00")
    one = statement(Q1, "Issued" if total > 0 else "Carried", lines, opening=f"{opening}.00")
    paid = bill(net=f"{max(total, 1)}.00", paid=[("2025-04-20", f"{p}.00") for p in payments])
    first = settle([before, one], lines, [paid], PARTNERS, TODAY)

    reached = sum(a.amount for a in first.lines if a.status == "Paid")
    if first.statements[1].status == "Paid":
        assert {"Paid"} == {a.status for a in first.lines}
    elif reached:
        assert opening + reached <= sum(payments)
    assert first == settle(first.statements, first.lines, [paid], PARTNERS, TODAY)
    assert lines == [a._replace(status="On statement", paid_on=None) for a in first.lines]
