"""Cells both ways, type by type, and what a hook's payload says of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.airtable.airtable_stand import Stand
from worker.connectors.airtable.cells import NOT_PLAIN, BadCell, Codec, clean, from_hook, same_raw
from worker.connectors.airtable.schema import Field
from worker.domain.cells import Cell
from worker.domain.tables import Column, Kind
from worker.ports import Edit

NAMES = {"rec1": "Northwind", "rec2": "Contoso"}
CODEC = Codec(
    ZoneInfo("Europe/London"),
    lambda _table, row: NAMES.get(row),
    lambda _table, text: [row for row, name in NAMES.items() if name == text],
)
CHOICES = {"sel1": "New", "sel2": "Won"}


def field(type_: str) -> Field:
    return Field("fld1", "It", type_, CHOICES if type_ == "singleSelect" else {}, "tbl1" if "Links" in type_ else None)


@pytest.mark.parametrize(
    ("type_", "kind", "raw", "cell"),
    [
        ("singleLineText", "text", "Ashdown", "Ashdown"),
        ("singleLineText", "text", None, None),
        ("singleLineText", "text", "  ", "  "),
        ("richText", "long text", "**hi**\n", "**hi**"),
        ("number", "number", Decimal("0.29999999999999877"), Decimal("0.3")),
        ("number", "number", 1000, Decimal(1000)),
        ("currency", "number", Decimal("12.10"), Decimal("12.1")),
        ("percent", "number", Decimal("0.123"), Decimal("0.123")),
        ("singleLineText", "number", " 12.50 ", Decimal("12.5")),
        ("singleLineText", "number", "1,234", "1,234"),
        ("singleLineText", "number", "about ten", "about ten"),
        ("number", "text", 42, "42"),
        ("checkbox", "checkbox", True, True),
        ("checkbox", "checkbox", None, None),
        ("formula", "checkbox", 0, None),
        ("formula", "checkbox", 1, True),
        ("singleSelect", "select", "Won", "Won"),
        ("multipleSelects", "text", ["a", "b"], "a, b"),
        ("date", "date", "2022-09-05", date(2022, 9, 5)),
        ("dateTime", "date", "2026-07-01T23:30:00.000Z", date(2026, 7, 2)),
        ("dateTime", "datetime", "2022-09-05T07:00:00.000Z", datetime(2022, 9, 5, 7, tzinfo=UTC)),
        ("createdTime", "datetime", "2022-09-05T07:00:00.000Z", datetime(2022, 9, 5, 7, tzinfo=UTC)),
        ("date", "datetime", "2026-07-01", datetime(2026, 6, 30, 23, tzinfo=UTC)),
        ("singleLineText", "datetime", "2026-07-01T10:00", datetime(2026, 7, 1, 9, tzinfo=UTC)),
        ("singleLineText", "date", "2026-07-01T23:30", date(2026, 7, 1)),
        ("singleLineText", "date", "next week", "next week"),
        ("dateTime", "datetime", "0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00+05:00"),
        ("dateTime", "date", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"),
        ("date", "datetime", "0001-01-01", "0001-01-01"),
        ("singleLineText", "datetime", "9999-12-31", "9999-12-31"),
        ("multipleRecordLinks", "text", ["rec1"], "Northwind"),
        ("multipleRecordLinks", "text", ["rec1", "rec2"], "Northwind, Contoso"),
        ("multipleRecordLinks", "text", ["rec1", "rec9"], "Northwind, rec9"),
        ("multipleRecordLinks", "text", ["rec9"], ("rec9",)),
        ("multipleLookupValues", "text", ["a", None, "b"], "a, b"),
        ("multipleLookupValues", "number", [Decimal("2.5")], Decimal("2.5")),
        ("multipleLookupValues", "text", [None], None),
        ("formula", "number", {"specialValue": "NaN"}, None),
        ("formula", "text", {"error": "#ERROR!"}, None),
        ("aiText", "text", {"state": "error", "errorType": "emptyDependency", "value": None}, None),
        ("typeOfTomorrow", "text", {"what": ["ever"]}, None),
    ],
)
def test_what_airtable_holds_is_read_as_our_kind(type_: str, kind: Kind, raw: Any, cell: Cell) -> None:
    """Each type of field to each kind of column that may stand on it."""
    assert cell == CODEC.read(field(type_), Column("It", kind, "S"), raw)


@pytest.mark.parametrize(
    ("type_", "cell", "raw"),
    [
        ("singleLineText", "x", "x"), ("singleLineText", "", None), ("singleLineText", Decimal("1E+3"), "1000"),
        ("singleLineText", date(2026, 1, 2), "2026-01-02"), ("singleLineText", None, None),
        ("singleLineText", datetime(2026, 1, 2, 3, tzinfo=UTC), "2026-01-02T03:00:00.000Z"),
        ("number", Decimal("10.125"), Decimal("10.125")), ("number", Decimal("1E+3"), 1000),
        ("number", Decimal(1) / Decimal(3), Decimal("0.33333333")), ("number", "7.5", Decimal("7.5")),
        ("number", None, None), ("checkbox", True, True), ("checkbox", None, False), ("checkbox", False, False),
        ("singleSelect", "Won", "Won"), ("date", date(2026, 1, 2), "2026-01-02"),
        ("date", datetime(2026, 6, 30, 23, 30, tzinfo=UTC), "2026-07-01"),
        ("dateTime", datetime(2026, 1, 2, 3, tzinfo=ZoneInfo("Asia/Tokyo")), "2026-01-01T18:00:00.000Z"),
        ("dateTime", date(2026, 7, 1), "2026-06-30T23:00:00.000Z"),
        ("multipleRecordLinks", "Contoso", ["rec2"]), ("multipleRecordLinks", ("rec9",), ["rec9"]),
    ],
)  # fmt: skip
def test_our_values_go_out_as_the_field_takes_them(type_: str, cell: Cell, raw: Any) -> None:
    """Each value to the JSON of the field's own type."""
    assert raw == CODEC.write(field(type_), cell)


@pytest.mark.parametrize(
    ("type_", "cell", "words"),
    [
        ("number", "seven", "“seven” is not a number"), ("number", Decimal("NaN"), "is not a number"),
        ("singleSelect", "Almost", "does not offer “Almost”"), ("date", "tomorrow", "can't hold a str"),
        ("multipleRecordLinks", "Nobody", "no row is called “Nobody”"), ("formula", "x", "of type formula"),
        ("checkbox", "x", "can't hold a str"),
    ],
)  # fmt: skip
def test_what_a_field_cannot_hold_is_refused_in_words(type_: str, cell: Cell, words: str) -> None:
    """Before anything is sent."""
    with pytest.raises(BadCell, match=words):
        CODEC.write(field(type_), cell)


@given(st.decimals(-(10**12), 10**12, places=8))
def test_numbers_survive_the_way_there_and_back(number: Decimal) -> None:
    """Eight places go out and come back as they were."""
    sent = CODEC.write(field("number"), number)

    assert number == CODEC.read(field("number"), Column("It", "number", "S"), sent)
    assert clean(number) == number


@pytest.mark.parametrize(
    ("type_", "value", "raw"),
    [
        ("singleLineText", "x", "x"), ("singleLineText", None, None), ("number", Decimal("1.5"), Decimal("1.5")),
        ("singleSelect", {"id": "sel1", "name": "Won", "color": "red"}, "Won"), ("checkbox", False, None),
        ("multipleRecordLinks", [{"id": "rec1", "name": "Northwind"}], ["rec1"]), ("date", "2026-01-01", "2026-01-01"),
        ("formula", "x", NOT_PLAIN), ("singleSelect", "Won", NOT_PLAIN), ("number", True, NOT_PLAIN),
        ("multipleLookupValues", {"valuesByLinkedRecordId": {}}, NOT_PLAIN),
    ],
)  # fmt: skip
def test_a_payloads_cell_takes_the_form_of_a_records(type_: str, value: Any, raw: Any) -> None:
    """Options and links are objects there; what isn't surely the same is left to a reading."""
    assert raw == from_hook(field(type_), value)


def test_raw_cells_are_the_same_but_for_noise_and_emptiness() -> None:
    """Binary dust, false and absence make no difference; another value does; what isn't plain is never the same."""
    assert same_raw(Decimal("0.3"), Decimal("0.29999999999999877"))
    assert same_raw(False, None)
    assert same_raw([], None)
    assert not same_raw("a", "b")
    assert not same_raw(Decimal(0), None)
    assert not same_raw(NOT_PLAIN, None)
    assert not same_raw(NOT_PLAIN, "a")


def test_binary_noise_in_answers_does_no_harm(stand: Stand) -> None:
    """A number that the service gives with dust is read clean, and our own writing of it is still known as ours."""
    row = stand.lead()
    tracker = stand.tracker()
    tracker.read(["Leads"])
    stand.airtable.number_noise = True

    tracker.write([Edit("Leads", row, "", {"Deal value": Decimal("0.3")})])

    assert Decimal("0.3") == stand.tracker().read(["Leads"])["Leads"][0].cells["Deal value"]
