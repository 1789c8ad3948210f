"""Is the client paying? Net cash, day by day, and the months that it covers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from worker.domain.facts import Cash, CreditNote, Invoice
from worker.domain.plans import Policy
from worker.planning.cash import Cover, Due, Receipts, covers, credited, first_invoice, live_notes, receipts

from .programme import Story, day, deal, invoice, note, plan, story

TODAY = "2025-12-31"


def money(*invoices: Invoice, notes: tuple[CreditNote, ...] = (), today: str = TODAY) -> Receipts:
    live = live_notes(notes, day(today))
    return receipts(invoices, live, credited(live, day(today)), currency="GBP", today=day(today))


def cover(cash: Receipts, needed: Fraction) -> Cover | None:
    (found,) = covers(cash, [needed.numerator], needed.denominator)
    return found


@pytest.mark.parametrize(
    ("given", "net"),
    [
        (invoice(paid="2025-01-12 600"), 600),
        (invoice(paid="2025-01-12 600", sub_total="10000", total="12000"), 500),
        (invoice(paid="2025-01-12 600", status="PAID"), 600),
        (invoice(status="PAID"), 0),
        (invoice(paid="2025-01-12 600", status="VOIDED"), 0),
        (invoice(paid="2025-01-12 600", status="DELETED"), 0),
        (invoice(paid="2025-01-12 600", status="DRAFT"), 0),
        (invoice(paid="2025-01-12 600", status="SUBMITTED"), 0),
        (invoice(paid="2025-01-12 600", total="0"), 0),
        (invoice(paid="2025-01-12 600", currency="EUR"), 0),
        (invoice(prepayments="2025-01-12 100", overpayments="2025-02-12 30", paid="2025-01-13 5"), 135),
        (invoice(paid="2025-01-12 600", refunds="2025-02-01 200", sub_total="10000", total="12000"), Fraction(1000, 3)),
        (invoice(paid="2026-01-01 600"), 0),
        (invoice(paid="2025-01-12 600", refunds="2026-01-01 200"), 600),
    ],
)
def test_cash_of_an_invoice_is_net_and_real(given: Invoice, net: int | Fraction) -> None:
    """Payments, prepayments and overpayments less refunds, × SubTotal ÷ Total; neither status nor the future pays."""
    assert net == money(given).net


def test_a_deleted_payment_never_happened() -> None:
    """A payment of 600.00 that was deleted is no cash."""
    deleted = invoice(paid="")
    paid = Invoice(**{name: getattr(deleted, name) for name in deleted.__slots__} | {
        "payments": (Cash(day("2025-01-12"), Decimal(600), "DELETED"),)
    })  # fmt: skip

    assert 0 == money(paid).net


def test_credit_notes_are_not_cash_but_cash_refunded_on_them_is() -> None:
    """9,000 received and 3,000 credited is 9,000; 1,200 paid back on a note with 20 % tax takes 1,000 off."""
    paid = invoice(paid="2025-01-12 9000")

    assert 9000 == money(paid, notes=(note(allocated="INV-1 2025-06-01 3000"),)).net
    assert 8000 == money(paid, notes=(note(sub_total="2500", total="3000", refunds="2025-07-01 1200"),)).net


@pytest.mark.parametrize("terms", [{"status": "VOIDED"}, {"status": "DRAFT"}, {"on": "2026-01-01"}, {"total": "0"}])
def test_credit_notes_that_do_not_count_take_nothing(terms: dict[str, str]) -> None:
    """A note that is void, a draft, of tomorrow or of nothing neither refunds nor takes off."""
    dead = note(allocated="INV-1 2025-06-01 3000", refunds="2025-07-01 1200", **terms)

    found = money(invoice(paid="2025-01-12 9000"), notes=(dead,))

    assert (9000, Due("INV-1", Decimal(3000), None)) == (found.net, found.due)


@pytest.mark.parametrize(
    ("given", "notes", "left"),
    [
        (invoice(paid="2025-01-12 9000", due_date="2025-02-11"), (), 3000),
        (invoice(paid="2025-01-12 9000"), (note(allocated="INV-1 2025-06-01 1000"),), 2000),
        (invoice(paid="2025-01-12 9000"), (note(allocated="INV-1 2026-06-01 1000"),), 3000),
        (invoice(paid="2025-01-12 9000"), (note(allocated="INV-1 2025-06-01 3000"),), None),
        (invoice(paid="2025-01-12 9000", status="PAID"), (), None),
        (invoice(paid="2025-01-12 12000", refunds="2025-02-01 12000"), (), None),
        (invoice(status="VOIDED"), (), None),
    ],
)
def test_what_is_open_on_an_invoice(given: Invoice, notes: tuple[CreditNote, ...], left: int | None) -> None:
    """Total less cash in less credits; what the ledger calls PAID, and what was refunded, is not open again."""
    due = money(given, notes=notes).due

    assert due == (None if left is None else (given.number, left, given.due_date))


def test_the_oldest_open_invoice_is_the_one_that_is_named() -> None:
    """The first is paid, the second and the third are open: the second's 5.00 are due."""
    paid, late, later = (
        invoice(number, on=on, paid=f"{on} {cash}", sub_total="10")
        for number, on, cash in (("INV-1", "2025-01-05", 10), ("INV-2", "2025-02-05", 5), ("INV-3", "2025-03-05", 2))
    )

    assert Due("INV-2", Decimal(5), None) == money(later, late, paid).due


def test_equal_and_other_instalments_are_all_counted() -> None:
    """30 + 30 + 12.50 + 30 less 30 and 12.50 refunded, with 20 % tax: 50 net."""
    paid = "2025-01-12 30, 2025-01-13 30, 2025-01-14 12.50, 2025-01-15 30"
    given = invoice(paid=paid, refunds="2025-02-01 30, 2025-02-02 12.50", sub_total="100", total="120")

    assert 50 == money(given).net


def test_parts_of_other_sizes_are_added_exactly() -> None:
    """A quarter of one, and 100.00 of which a sixth is tax: 0.25 + 83.33… is 1,003 twelfths."""
    taxed = invoice("INV-2", paid="2025-01-12 100", sub_total="10000", total="12000")

    assert Fraction(1003, 12) == money(invoice(paid="2025-01-12 0.25"), taxed).net


def test_what_is_in_another_currency_carries_nothing_and_says_so() -> None:
    """An invoice and a refund in EUR on a deal in GBP."""
    found = money(invoice(paid="2025-01-12 600", currency="EUR"), notes=(note(currency="EUR", refunds="2025-07-01 5"),))

    assert ("INV-1 is in EUR, the deal in GBP", "CN-1 is in EUR, the deal in GBP") == found.foreign
    assert () == money(notes=(note(currency="EUR"),)).foreign
    assert 0 == found.net


def test_what_is_in_another_currency_is_told_oldest_first() -> None:
    """Two credit notes in euros with money back, the newer one given first."""
    days = {"B": "2025-06-02", "A": "2025-06-01"}
    notes = tuple(note(number, on=on, currency="EUR", refunds=f"{on} 5") for number, on in days.items())

    assert ("A is in EUR, the deal in GBP", "B is in EUR, the deal in GBP") == money(invoice(), notes=notes).foreign


def test_notes_of_today_count_and_add_up() -> None:
    """Two notes of today take 1,000 and 500 off INV-1, today; one takes 7 tomorrow."""
    notes = [
        note("A", on=TODAY, allocated=f"INV-1 {TODAY} 1000"),
        note("B", on=TODAY, allocated=f"INV-1 {TODAY} 500, INV-1 2026-01-01 7"),
    ]

    assert {"id-INV-1": 1500} == credited(live_notes(notes, day(TODAY)), day(TODAY))


def test_invoiced_counts_void_ones_too() -> None:
    """12,000 void and 6,000 authorised are 18,000 invoiced; another currency does not count."""
    assert (
        18000 == money(invoice(status="VOIDED"), invoice("INV-2", sub_total="6000"), invoice(currency="EUR")).invoiced
    )


@pytest.mark.parametrize(
    ("needed", "since", "by"),
    [
        (Fraction(0), "2025-01-05", ("INV-1",)),
        (Fraction(100), "2025-01-05", ("INV-1",)),
        (Fraction(101), "2025-03-05", ("INV-1", "INV-2")),
        (Fraction(400), "2025-03-05", ("INV-1", "INV-2")),
        (Fraction(401), None, ()),
    ],
)
def test_cover_is_since_the_day_from_which_it_lasts(needed: Fraction, since: str | None, by: tuple[str, ...]) -> None:
    """100 on 5 January, 300 on 5 February, 300 back on 1 March, 300 on 5 March by two invoices."""
    found = money(
        invoice("INV-1", paid="2025-01-05 100, 2025-02-05 300, 2025-03-05 100, 2025-03-05 100",
                refunds="2025-03-01 300"),
        invoice("INV-2", paid="2025-03-05 100"),
    )  # fmt: skip

    assert (Cover(day(since), by) if since else None) == cover(found, needed)


def test_what_lasts_is_the_least_that_there_is_from_then_on() -> None:
    """100, 50, 80, 20, 90 and in the end 10: more than 10 never lasted."""
    found = money(
        invoice(paid="2025-01-01 100, 2025-01-03 30, 2025-01-05 70",
                refunds="2025-01-02 50, 2025-01-04 60, 2025-01-06 80")
    )  # fmt: skip

    assert [10] * 6 == found.floors
    assert [20, 20, 20, 20, 90] == money(
        invoice(paid="2025-01-01 100, 2025-01-03 30, 2025-01-05 70", refunds="2025-01-02 50, 2025-01-04 60")
    ).floors


def test_no_cash_covers_nothing_however_small() -> None:
    """P must be above zero: nothing received, or all refunded, covers not even a tolerance's worth."""
    refunded = money(invoice(paid="2025-01-05 100", refunds="2025-01-06 100"))

    assert [None] == covers(money(invoice()), [-1], 1)
    assert [None, None] == covers(refunded, [-1, 0], 1)


def test_little_cash_does_not_cover_a_little_more() -> None:
    """0.10 is less than 0.50."""
    assert None is cover(money(invoice(paid="2025-01-05 0.10")), Fraction(1, 2))


def test_each_month_is_covered_by_itself() -> None:
    """Needed are 100, 300, 200 and nothing: each since the day from which there is as much, whatever others need."""
    found = money(invoice(paid="2025-01-05 100, 2025-02-05 100"))

    first, second = (Cover(day(on), ("INV-1",)) for on in ("2025-01-05", "2025-02-05"))
    assert [first, None, second, first] == covers(found, [100, 300, 200, 0], 1)


def test_cover_is_exact_however_much_it_is() -> None:
    """90,071,992,547,409.99 covers itself, and nothing more: no binary fraction holds it."""
    found = money(
        invoice(paid="2025-01-05 90071992547409.99", total="90071992547409.99", sub_total="90071992547409.99")
    )

    assert Cover(day("2025-01-05"), ("INV-1",)) == cover(found, Fraction(9007199254740999, 100))
    assert None is cover(found, Fraction(9007199254741000, 100))


def test_the_first_invoice_is_the_first_that_counts() -> None:
    """Drafts and other currencies are none, and without any there is no day."""
    others = [invoice("INV-0", on="2025-01-01", status="DRAFT"), invoice("INV-9", on="2025-01-02", currency="EUR")]
    counting = [invoice("INV-2", on="2025-03-01"), invoice("INV-1", on="2025-02-01")]

    assert None is first_invoice(others, "GBP")
    assert day("2025-02-01") == first_invoice([*others, *counting], "GBP")


def covered(told: Story) -> int:
    return told.statuses().count("Confirmed")


@pytest.mark.parametrize(
    ("paid", "months"),
    [("2025-01-12 12000", 12), ("2025-01-12 5000", 5), ("2025-01-12 4999.95", 5), ("2025-01-12 4999.94", 4),
     ("2025-01-12 0.01", 0), ("", 0)],
)  # fmt: skip
def test_cash_fills_months_oldest_first(paid: str, months: int) -> None:
    """12,000 a year: a month for each 1,000.00 that came, a cent a month forgiven."""
    assert months == covered(story(invoices=[invoice(paid=paid)]).on("2026-02-01"))


@pytest.mark.parametrize(("paid", "months"), [("24.97", 3), ("24.96", 2)])
def test_months_of_a_third_of_a_cent_need_that_third(paid: str, months: int) -> None:
    """100 a year: three months are 25.00 to the cent, less one forgiven for each."""
    assert months == covered(story(deal(value="100"), invoices=[invoice(paid=f"2025-01-12 {paid}")]).on("2026-02-01"))


def test_tax_never_earns() -> None:
    """10,000 + 20 % tax, 6,000 received: net 5,000, six months of 833.33."""
    told = story(deal(value="10000"), invoices=[invoice(paid="2025-01-12 6000", sub_total="10000", total="12000")])

    assert 6 == covered(told.on("2026-02-01"))


@pytest.mark.parametrize(
    ("tolerance", "paid", "months"),
    [("200.00", "3200", 4), ("200.00", "3199.99", 3), ("200.01", "3999.95", 5), ("0", "3999.99", 3), ("1000", "1", 12)],
)
def test_the_tolerance_is_per_month(tolerance: str, paid: str, months: int) -> None:
    """Months of 1,000.00 with 200.00 forgiven each: 3,200.00 cover four, a cent less three."""
    policy = Policy(tolerance=Decimal(tolerance))

    assert months == covered(story(invoices=[invoice(paid=f"2025-01-12 {paid}")], policy=policy).on("2026-02-01"))


def test_yen_are_forgiven_one_a_month() -> None:
    """1,000,000 JPY a year billed as 83,333 a month: all twelve are covered."""
    paid = invoice(currency="JPY", sub_total="999996", paid="2025-01-12 999996")

    assert 12 == covered(story(deal(value="1000000", currency="JPY"), invoices=[paid]).on("2026-02-01"))


def test_a_base_of_zero_needs_no_cash() -> None:
    """A deal of 0.00 is confirmed when its month is over, covered by nothing."""
    line = story(deal(value="0"), plans=[plan(months=1)]).on("2025-02-01").lines[0]

    assert ("Confirmed", None, "") == (line.status, line.covered_on, line.invoice)
    assert line.why.endswith("; nothing to be paid")


def test_months_before_a_base_of_zero_was_raised_need_no_cash() -> None:
    """January's base was nothing, and stays so; from February on the client pays."""
    told = story(deal(value="0"), plans=[plan(months=3)]).on("2025-02-15").on("2025-02-20", deal=deal())

    assert ["Confirmed", "Waiting", "Waiting"] == told.on("2025-05-01").statuses()


def test_months_with_other_bases_need_their_own_sum() -> None:
    """100.00 a month until April, 150.00 from May: 550.00 cover five months, 549.94 four."""
    told = story(deal(value="1200")).on("2025-01-15").on("2025-05-20", deal=deal(value="1800"))

    assert 5 == covered(told.on("2026-02-01", invoices=[invoice(paid="2025-06-01 550")]))
    assert 4 == covered(told.on("2026-02-01", invoices=[invoice(paid="2025-06-01 549.94")]))


def test_a_fee_is_covered_by_the_first_cash() -> None:
    """A fee of 250.00 waits until anything at all has come."""
    told = story(plans=[plan(fee="250", currency="GBP")]).on("2025-02-01")

    assert ["2025-01 commission 250.00 Waiting"] == told.table()
    told.on("2025-02-02", invoices=[invoice(paid="2025-02-01 0.01")])
    assert ["2025-01 commission 250.00 Confirmed"] == told.table()


# ---- never paid for -------------------------------------------------------------------------------------------------


def test_months_that_were_invoiced_and_credited_are_never_paid_for() -> None:
    """12,000 invoiced, 9,000 received, 3,000 credited: the last three are cancelled once the last month is over."""
    told = story(invoices=[invoice(paid="2025-01-12 9000")], notes=[note(allocated="INV-1 2025-06-01 3000")])

    assert ["Waiting", "Waiting", "Expected"] == told.on("2025-12-31").statuses()[9:]
    assert ["Cancelled"] * 3 == told.on("2026-01-01").statuses()[9:]
    assert ("never paid for", Decimal("0.00")) == (told.lines[-1].reason, told.lines[-1].amount)


@pytest.mark.parametrize(
    ("invoices", "statuses"),
    [
        ([invoice(status="VOIDED")], ["Cancelled"] * 3),
        ([invoice(status="VOIDED", sub_total="2000")], ["Cancelled", "Cancelled", "Waiting"]),
        ([invoice(status="VOIDED"), invoice("INV-2", sub_total="1")], ["Waiting"] * 3),
        ([invoice(status="VOIDED"), invoice("INV-2", currency="EUR")], ["Waiting"] * 3),
        ([invoice(paid="2025-01-12 3000", sub_total="3000", refunds="2025-02-01 3000")], ["Cancelled"] * 3),
        ([], ["Waiting"] * 3),
    ],
)
def test_what_was_not_invoiced_or_is_still_open_goes_on_waiting(invoices: list[Invoice], statuses: list[str]) -> None:
    """Three months of 1,000.00: cancelled are those that were invoiced while nothing is open any more."""
    assert statuses == story(plans=[plan(months=3)], invoices=invoices).on("2025-04-01").statuses()


def test_little_is_never_paid_for_too() -> None:
    """0.61 a month, of which 0.60 are invoiced and credited: that reaches it, with a cent forgiven."""
    told = story(
        deal(value="0.61", interval="monthly"), plans=[plan(months=1)], invoices=[invoice(sub_total="0.60")],
        notes=[note(on="2025-02-01", sub_total="0.60", allocated="INV-1 2025-02-01 0.60")],
    ).on("2025-03-01")  # fmt: skip

    assert ["Cancelled"] == told.statuses()


def test_never_is_not_for_ever() -> None:
    """Cancelled as never paid for; then the client pays after all: Confirmed."""
    told = story(plans=[plan(months=3)], invoices=[invoice(status="VOIDED")]).on("2025-04-01")
    told.on("2025-04-02", invoices=[invoice(paid="2025-04-02 3000")])

    assert ["Confirmed"] * 3 == told.statuses()
