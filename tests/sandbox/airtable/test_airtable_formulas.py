"""The formula language, as filters and as columns."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pyairtable import formulas as F


@pytest.fixture
def found(call, airtable):
    """Return the leads that a formula finds among three, or the words of the refusal."""
    partner = airtable.add_row("Partners", {"Partner": "O'Neil \\ Sons"})
    airtable.add_row(
        "Leads",
        {"Lead": "A", "Company": "it's \"x\" \\ y\n2", "Value": 5, "Status": "New", "Hold": True, "Tags": ["a", "b"],
         "Submitted": "2026-11-01T10:00:00Z", "Won on": "2026-11-03", "Partner": [partner]},
    )  # fmt: skip
    airtable.add_row("Leads", {"Lead": "B", "Company": "x", "Value": 0, "Status": "Won"})
    airtable.add_row("Leads", {"Lead": "C"})

    def find(formula):
        answer = call("GET", "~/Leads", params={"filterByFormula": str(formula), "sort[0][field]": "Lead"})
        if answer.status != 200:
            return answer.body["error"]["message"]
        return "".join(record["fields"]["Lead"] for record in answer.body["records"])

    return find


@pytest.mark.parametrize(
    ("formula", "leads"),
    [
        ("{Lead}='A'", "A"),
        ('{Lead}="B"', "B"),
        ("Lead='B'", "B"),
        ("Lead = 'a'", ""),
        ("OR({Lead}='A',{Lead}='C')", "AC"),
        ("OR({Lead}='A',{Value}=0)", "ABC"),
        ("AND({Status}='New',{Value}>1)", "A"),
        ("NOT({Status}='New')", "BC"),
        ("XOR({Status}='New',{Hold})", ""),
        ("{Value}", "A"),
        ("{Value}>=0", "ABC"),
        ("{Value}!=5", "BC"),
        ("{Company}=''", "C"),
        ("{Company}=BLANK()", "C"),
        ("{Hold}=TRUE()", "A"),
        ("{Hold}=FALSE()", "BC"),
        ("{Hold}=1", "A"),
        ("{Tags}='a, b'", "A"),
        ("{Partner}='O\\'Neil \\\\ Sons'", "A"),
        ("{Value}+1=6", "A"),
        ("-{Value}<0", "A"),
        ("{Value}*2-4/2=8", "A"),
        ("10/{Value}=2", "A"),
        ("{Lead}&'-'&{Value}='A-5'", "A"),
        ("IF({Status}='Won',TRUE(),FALSE())", "B"),
        ("LEN({Company})=1", "B"),
        ("LOWER({Lead})='a'", "A"),
        ("IS_AFTER({Submitted},'2026-11-01')", "A"),
        ("IS_BEFORE({Submitted},DATETIME_PARSE('2026-11-01T10:00:00.000Z'))", ""),
        ("IS_SAME({Won on},'2026-11-03')", "A"),
        ("IS_AFTER({Lead},'2026-11-01')", ""),
        ("", "ABC"),
    ],
)
def test_what_a_filter_finds(found, formula, leads):
    """Fields by name, texts in either quote, blanks, booleans, lists as text, dates, arithmetic."""
    assert leads == found(formula)


def test_escapes_built_by_pyairtable(found):
    """Quotes, backslashes and line breaks that pyairtable's builder writes are read back as they were."""
    assert "A" == found(F.EQ(F.Field("Company"), 'it\'s "x" \\ y\n2'))
    assert "A" == found(F.AND(F.EQ(F.Field("Lead"), "A"), F.NOT(F.EQ(F.Field("Status"), "Won"))))


def test_fields_by_id(found, field):
    """A field goes by its id as well as by its name."""
    assert "AC" == found(F.OR(F.EQ(F.Field(field("Lead")), "A"), F.EQ(F.Field(field("Lead")), "C")))


def test_braces_in_a_name_are_escaped(call, airtable):
    """A closing brace in a name is written with a backslash, as pyairtable writes it."""
    airtable.add_field("Leads", "a}b", "singleLineText")
    record = airtable.add_row("Leads", {"a}b": "x"})
    page = call("GET", "~/Leads", params={"filterByFormula": str(F.EQ(F.Field("a}b"), "x"))}).body

    assert [record] == [r["id"] for r in page["records"]]


def test_many_record_ids_in_one_formula(call, airtable):
    """An OR of hundreds of record ids finds just these rows."""
    ids = airtable.add_rows("Leads", [{}] * 1000)
    formula = F.OR(*(F.EQ(F.RECORD_ID(), i) for i in ids[:300]))
    page = call("POST", "~/Leads/listRecords", {"filterByFormula": str(formula), "view": "Grid view"}).body

    assert ids[:100] == [record["id"] for record in page["records"]]


def test_last_modified_window(call, airtable, clock):
    """LAST_MODIFIED_TIME and CREATED_TIME against a window find what was edited within it."""
    old = airtable.add_row("Leads", {"Lead": "old"})
    clock.advance(timedelta(minutes=5))
    new = airtable.add_row("Leads", {"Lead": "new"})
    airtable.edit("Leads", old, {"Lead": "older"})

    def ids(formula):
        return {r["id"] for r in call("GET", "~/Leads", params={"filterByFormula": formula}).body["records"]}

    since = "'2026-11-02T09:04:00.000Z'"
    assert {old, new} == ids(f"IS_AFTER(LAST_MODIFIED_TIME(),{since})")
    assert {new} == ids(f"IS_AFTER(CREATED_TIME(),{since})")
    assert {old, new} == ids(f"AND(IS_AFTER({{Changed}},{since}),IS_BEFORE({{Changed}},'2026-11-02T10:00:00Z'))")
    assert set() == ids("IS_AFTER(LAST_MODIFIED_TIME(),'2026-11-02T09:05:00.000Z')")


def test_a_write_that_changes_nothing_is_outside_the_window(call, airtable, clock):
    """LAST_MODIFIED_TIME does not move when a cell is written its own value."""
    record = airtable.add_row("Leads", {"Lead": "L-1"})
    clock.advance(timedelta(minutes=5))
    call("PATCH", f"~/Leads/{record}", {"fields": {"Lead": "L-1"}})
    formula = "IS_AFTER(LAST_MODIFIED_TIME(),'2026-11-02T09:00:00.000Z')"

    assert [] == call("GET", "~/Leads", params={"filterByFormula": formula}).body["records"]


@pytest.mark.parametrize(
    ("formula", "detail"),
    [
        ("{Nowhere}='x'", "Unknown field names: nowhere"),
        ("NOW()", "Unknown function: NOW"),
        ("{Lead}=", "Invalid formula. Please check your formula text."),
        ("{Lead}='A", "Invalid formula. Please check your formula text."),
        ("AND({Lead}='A'", "Invalid formula. Please check your formula text."),
        ("AND()", "Invalid formula. Please check your formula text."),
        ("{Lead} 'A'", "Invalid formula. Please check your formula text."),
        ("{Lead}='A';", "Invalid formula. Please check your formula text."),
    ],
)
def test_what_cannot_be_read_is_refused(found, formula, detail):
    """Unknown fields, unknown functions and broken text are refused, never taken for no rows."""
    assert f"The formula for filtering records is invalid: {detail}" == found(formula)


def test_formula_columns_follow_and_leave_no_stamp(airtable, clock):
    """A formula column is worked out anew with its row; a change that only moves its result does not stamp the row."""
    record = airtable.add_row("Leads", {"Value": 3})
    clock.advance(timedelta(seconds=10))
    airtable.add_field("Leads", "Triple", "formula", {"formula": "{Value} * 3"})
    first = airtable.row("Leads", record)
    airtable.edit("Leads", record, {"Value": 4})
    second = airtable.row("Leads", record)

    assert (9, "2026-11-02T09:00:00.000Z") == (first["Triple"], first["Changed"])
    assert (12, "2026-11-02T09:00:10.000Z") == (second["Triple"], second["Changed"])


def test_formula_columns_survive_a_rename_and_show_errors(airtable):
    """A formula holds field ids; a division by nothing and a deleted field show as the service's error objects."""
    record = airtable.add_row("Leads", {"Value": 0})
    airtable.add_field("Leads", "Share", "formula", {"formula": "0 / {Value}"})
    airtable.add_field("Leads", "More", "formula", {"formula": "1 / {Value}"})
    airtable.add_field("Leads", "Sum", "formula", {"formula": "{Share} + 1"})
    airtable.rename_field("Leads", "Value", "Worth")
    row = airtable.row("Leads", record)

    assert ({"specialValue": "NaN"}, {"specialValue": "Infinity"}) == (row["Share"], row["More"])
    assert {"error": "#ERROR!"} == row["Sum"]
    airtable.delete_field("Leads", "Worth")
    assert {"error": "#ERROR!"} == airtable.row("Leads", record)["Double"]
