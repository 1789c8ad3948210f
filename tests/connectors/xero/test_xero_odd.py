"""Rows as they should not be, and are: odd dates, nulls, unknown words, amounts that disagree; none stops others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.connectors.xero.xero_stand import HOUR, Stand
from worker.connectors.xero.api import CREDIT_NOTES, INVOICES, OVERPAYMENTS, PAYMENTS
from worker.connectors.xero.dates import day, header, milliseconds
from worker.connectors.xero.reading import Lists, disagreeing, read_books, wanted_kinds
from worker.connectors.xero.rows import KEPT, from_texts, slim, to_text

OCTOBER = date(2026, 10, 1)
MS = "/Date(1790812800000+0000)/"


# ---- dates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"DateString": "2026-10-01T00:00:00", "Date": "/Date(0+0000)/"}, OCTOBER),
        ({"DateString": "2026-10-01 00:00:00"}, OCTOBER),
        ({"DateString": "2026-10-01"}, OCTOBER),
        ({"DateString": "", "Date": MS}, OCTOBER),
        ({"DateString": None, "Date": "/Date(1790812800000)/"}, OCTOBER),
        ({"Date": "/Date(1790809200000+1300)/"}, date(2026, 9, 30)),
        ({"Date": "/Date(1790898900000-0500)/"}, OCTOBER),
        ({"Date": "/Date(-1657324800000+0000)/"}, date(1917, 6, 26)),
        ({"Date": "/Date(-1657324800000)/"}, date(1917, 6, 26)),
        ({"Date": "2026-10-01T00:00:00Z"}, OCTOBER),
        ({"Date": "2026-10-01T00:00:00.000+13:00"}, OCTOBER),
        ({"Date": "/Date(0+0000)/"}, None),
        ({"Date": "/Date(-62135596800000+0000)/", "DateString": "0001-01-01T00:00:00"}, None),
        ({"Date": "/Date(999999999999999)/"}, None),
        ({"Date": "/Date(99999999999999999999)/"}, None),
        ({"DateString": "2026-13-01"}, None),
        ({"Date": 1790812800000}, None),
        ({"Date": None}, None),
        ({}, None),
    ],
)
def test_a_day_is_the_string_s_or_that_of_the_milliseconds_in_utc(row: dict[str, Any], expected: date | None) -> None:
    """Never shifted by an offset; zero and the year one are no dates; nothing unreadable raises."""
    assert expected == day(row, "Date")


def test_instants_keep_their_milliseconds_and_go_out_in_whole_seconds() -> None:
    """If-Modified-Since takes no fraction."""
    assert 1790899200123 == milliseconds({"UpdatedDateUTC": "/Date(1790899200123+0000)/"}, "UpdatedDateUTC")
    assert 1790899200000 == milliseconds({"UpdatedDateUTCString": "2026-10-02T00:00:00Z"}, "UpdatedDateUTC")
    assert "2026-10-02T00:00:00" == header(1790899200123)


@pytest.mark.parametrize("switches", [
    {"date_offset": "+1300"}, {"date_offset": ""}, {"date_between": " "}, {"zero_dates_on_voided": True},
])  # fmt: skip
def test_every_way_of_writing_dates_comes_to_the_same_days(stand: Stand, acme: str, switches: dict[str, Any]) -> None:
    """Offsets, none, a blank between day and time, zero on voided documents."""
    for name, value in switches.items():
        setattr(stand.xero, name, value)
    paid, voided = (stand.xero.invoice(acme, 100, date="2026-09-30", due_date="2026-10-31") for _ in range(2))
    stand.xero.pay(paid, 100, "2026-09-30")
    stand.xero.void(voided)
    found = {i.id: i for i in stand.ledger().books().invoices}

    assert {(date(2026, 9, 30), date(2026, 10, 31), None)} == {(i.on, i.due_date, i.doubt) for i in found.values()}
    assert [date(2026, 9, 30)] == [c.on for c in found[paid].payments]


# ---- single fields --------------------------------------------------------------------------------------------------


def test_a_null_reference_is_empty_and_never_none(stand: Stand, acme: str) -> None:
    """Null, missing and empty are the same; a number stays as it is written."""
    keys = [stand.xero.invoice(acme, 100) for _ in range(4)]
    for key, value in zip(keys, (None, ..., "", 9001), strict=True):
        stand.spoil(key, Reference=value)
    found = {i.id: i.reference for i in stand.ledger().books().invoices}

    assert ["", "", "", "9001"] == [found[key] for key in keys]


def test_the_nested_contact_s_number_is_told_where_it_stands(stand: Stand, acme: str) -> None:
    """Contact of an invoice with a ContactNumber, without one, with no contact at all."""
    keys = [stand.xero.invoice(acme, 100) for _ in range(3)]
    stand.spoil(keys[0], Contact={"ContactID": acme, "Name": "Acme Ltd", "ContactNumber": "hub-1"})
    stand.spoil(keys[2], Contact=None)
    found = {i.id: (i.contact, i.contact_name, i.contact_number) for i in stand.ledger().books().invoices}

    assert [(acme, "Acme Ltd", "hub-1"), (acme, "Acme Ltd", None), ("", "", None)] == [found[key] for key in keys]


def test_unknown_words_are_kept_as_text(stand: Stand, acme: str) -> None:
    """A newer status, LineAmountTypes or PaymentType, and a currency that nobody knows."""
    key = stand.xero.invoice(acme, 100)
    stand.spoil(stand.xero.pay(key, 10), PaymentType="ACCRECBARTER")
    stand.spoil(key, Status="DISPUTED", LineAmountTypes="Sideways", CurrencyCode="XTS", CurrencyRate=None)
    found = stand.invoice(key)

    assert ("DISPUTED", "XTS", Decimal("100.00"), None) == (found.status, found.currency, found.total, found.doubt)


def test_a_document_of_an_unknown_type_is_left_out_and_the_others_stay(stand: Stand, acme: str) -> None:
    """Neither invoice nor bill, neither client's nor supplier's credit; and a row without an id."""
    good, odd, nameless = (stand.xero.invoice(acme, 100) for _ in range(3))
    stand.spoil(odd, Type="ACCBARTER")
    stand.spoil(nameless, InvoiceID=None)
    stand.spoil(stand.xero.credit_note(acme, 10), Type=None)
    note = stand.xero.credit_note(acme, 10)
    books = stand.ledger().books()

    assert ([good], [], [note]) == (
        [i.id for i in books.invoices], list(books.bills), [n.id for n in books.credit_notes],
    )  # fmt: skip


# ---- doubts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Total": None}, "its Total can't be read"),
        ({"SubTotal": "a lot"}, "its SubTotal can't be read"),
        ({"AmountPaid": ...}, "does not say what is due, paid and credited"),
        ({"AmountDue": Decimal("60.01")}, "is not the sum of what is due (60.01), paid (40.00) and credited (0.00)"),
        ({"CurrencyCode": None}, "it has no currency"),
        ({"Date": None, "DateString": None}, "its date can't be read"),
        ({"Payments": [{"PaymentID": "x", "Date": MS, "Amount": 39}]}, "its payments come to 79.00, yet 40.00 is said"),
        ({"AmountDue": Decimal(50), "AmountCredited": Decimal(10)}, "its credits come to 0, yet 10.00 is said"),
    ],
)
def test_an_invoice_that_can_not_be_trusted_gets_a_doubt(stand: Stand, acme: str, fields: Any, words: str) -> None:
    """It stays in the books with the reason in words; the others are as they were."""
    key, good = stand.xero.invoice(acme, 100), stand.xero.invoice(acme, 100)
    stand.xero.pay(key, 40)
    stand.spoil(key, **fields)
    found = {i.id: i for i in stand.ledger().books().invoices}

    assert words in (found[key].doubt or "")
    assert found[good].doubt is None


@pytest.mark.parametrize("cis", [Decimal(20), Decimal(-20)])
def test_the_deduction_of_the_british_scheme_is_part_of_the_sum(stand: Stand, acme: str, cis: Decimal) -> None:
    """Total = due + paid + credited, give or take CISDeduction; nothing else explains a difference."""
    key = stand.xero.invoice(acme, 100)
    stand.spoil(key, AmountDue=Decimal(80), CISDeduction=cis)
    assert stand.invoice(key).doubt is None
    stand.clock.advance(HOUR)
    stand.spoil(key, CISDeduction=Decimal(19))

    assert "is not the sum" in (stand.invoice(key).doubt or "")


def test_an_overpayment_that_tells_nothing_anywhere_is_a_doubt(stand: Stand, acme: str) -> None:
    """No AppliedAmount on the invoice, no allocation in the list."""
    stand.xero.applied_amounts = False
    key = stand.xero.invoice(acme, 100)
    over = stand.xero.overpay(acme, 60)
    stand.xero.allocate(over, key)
    stand.spoil(over, Allocations=None)

    assert "one of its overpayments does not say how much" in (stand.invoice(key).doubt or "")


def test_an_unreadable_credit_note_is_a_doubt_on_its_invoices(stand: Stand, acme: str) -> None:
    """It is left out, and the invoices that it is allocated to are held."""
    key, good = stand.xero.invoice(acme, 100), stand.xero.invoice(acme, 100)
    note = stand.xero.credit(key, 50)
    stand.spoil(note, Total=None)
    books = stand.ledger().books()
    found = {i.id: i.doubt for i in books.invoices}

    assert ((), {key: "a credit note allocated to it can't be read", good: None}) == (books.credit_notes, found)


def test_a_doubt_is_over_when_the_row_can_be_read_again(stand: Stand, acme: str) -> None:
    """What is remembered is the row, not the doubt."""
    key = stand.xero.invoice(acme, 100)
    stand.spoil(key, Total=None)
    assert stand.invoice(key).doubt
    stand.clock.advance(HOUR)
    stand.spoil(key, Total=Decimal(100))

    assert stand.invoice(key).doubt is None


# ---- anything at all ------------------------------------------------------------------------------------------------

WORDS = sorted(
    {w for kept in KEPT.values() for w in kept} | {"InvoiceID", "PaymentID", "ID", "Amount", "AppliedAmount"}
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.decimals(allow_nan=True, allow_infinity=True),
    st.sampled_from(["", "i1", "n1", "p1", "ACCREC", "ACCPAY", "ACCRECCREDIT", "AUTHORISED", "PAID", "DELETED", "GBP",
                     "AROVERPAYMENTPAYMENT", "ACCRECPAYMENT", MS, "/Date(0+0000)/", "2026-10-01T00:00:00"]),
)  # fmt: skip
ROWS = st.dictionaries(
    st.sampled_from(WORDS),
    st.recursive(
        SCALARS, lambda x: st.one_of(st.lists(x, max_size=3), st.dictionaries(st.sampled_from(WORDS), x, max_size=4))
    ),
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(invoice=ROWS, note=ROWS, payment=ROWS, over=ROWS)
def test_no_row_whatever_stops_the_others(invoice: Any, note: Any, payment: Any, over: Any) -> None:
    """Any JSON in any place: the good invoice beside it is read, and what is kept survives the shelf."""
    good = {
        "Type": "ACCREC", "Status": "AUTHORISED", "CurrencyCode": "GBP", "DateString": "2026-10-01", "SubTotal": "10",
        "Total": "10", "AmountDue": "10", "AmountPaid": "0", "AmountCredited": "0",
    }  # fmt: skip
    rows = {"i1": slim(INVOICES, invoice), "good": good}
    lists = Lists(
        from_texts({key: to_text(row) for key, row in rows.items()}), {"n1": slim(CREDIT_NOTES, note)},
        {"p1": slim(PAYMENTS, payment)}, {"Overpayments": {"o1": slim(OVERPAYMENTS, over)}},
    )  # fmt: skip
    wanted_kinds(lists)
    disagreeing(lists)
    books = read_books(lists)

    assert "good" in {i.id for i in books.invoices}
    assert all(isinstance(c.amount, Decimal) and c.amount > 0 for i in books.invoices for c in i.payments)
