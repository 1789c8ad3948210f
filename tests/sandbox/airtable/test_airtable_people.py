"""People's hands: what they do is seen by the API, between any two calls."""

from __future__ import annotations

import pytest


def test_rows_by_name(airtable):
    """Rows come in the order of the grid with their cells by name."""
    ids = airtable.add_rows("Partners", [{"Partner": "One"}, {"Partner": "Two", "Fee": 2}])

    stamp = "2026-11-02T09:00:00.000Z"
    assert [
        {"id": ids[0], "createdTime": stamp, "fields": {"Partner": "One"}},
        {"id": ids[1], "createdTime": stamp, "fields": {"Partner": "Two", "Fee": 2}},
    ] == airtable.rows("Partners")


def test_edit_and_clear(call, airtable):
    """A person's edit and a cleared cell are what the next call reads."""
    record = airtable.add_row("Leads", {"Lead": "L-1", "Company": "Acme"})
    airtable.edit("Leads", record, {"Status": "Won"})
    airtable.clear_cell("Leads", record, "Company")
    fields = call("GET", f"~/Leads/{record}").body["fields"]

    assert ("Won", None) == (fields["Status"], fields.get("Company"))


def test_a_copy_carries_the_key(call, airtable):
    """A duplicated row has its own id, number and stamps, and every cell that was given to the first."""
    partner = airtable.add_row("Partners", {"Partner": "P"})
    record = airtable.add_row("Leads", {"Lead": "L-1", "Value": 3, "Tags": ["a"], "Partner": [partner]})
    copy = airtable.duplicate("Leads", record)
    first, second = (call("GET", f"~/Leads/{i}").body["fields"] for i in (record, copy))

    assert {"Number"} == {key for key in first if first[key] != second[key]}
    assert [record, copy] == airtable.row("Partners", partner)["Leads"]


def test_delete(call, airtable):
    """A deleted row is an id of nothing."""
    record = airtable.add_row("Leads", {})
    airtable.delete("Leads", record)

    assert (403, []) == (call("GET", f"~/Leads/{record}").status, airtable.rows("Leads"))


def test_a_renamed_field_keeps_its_id(call, airtable, field):
    """After a rename the id works on, the old name is unknown."""
    company = field("Company")
    record = airtable.add_row("Leads", {"Company": "Acme"})
    airtable.rename_field("Leads", "Company", "Client")

    assert "Acme" == call("GET", f"~/Leads/{record}").body["fields"]["Client"]
    assert 200 == call("PATCH", f"~/Leads/{record}", {"fields": {company: "Bolt"}}).status
    assert "UNKNOWN_FIELD_NAME" == call("PATCH", f"~/Leads/{record}", {"fields": {"Company": "x"}}).error


@pytest.mark.parametrize(
    ("field_name", "kind", "value", "after"),
    [
        ("Value", "singleLineText", 3, "3"),
        ("Company", "number", "12.5", 12.5),
        ("Company", "number", "twelve", None),
        ("Company", "singleSelect", "Acme", "Acme"),
        ("Company", "date", "Acme", None),
        ("Status", "multipleSelects", "Won", ["Won"]),
        ("Tags", "singleLineText", ["a", "b"], "a, b"),
        ("Hold", "singleLineText", True, "1"),
    ],
)
def test_a_retyped_field_carries_over_what_it_can(airtable, field_name, kind, value, after):
    """Cells that the new type can read are kept, the others become empty."""
    record = airtable.add_row("Leads", {field_name: value})
    airtable.retype_field("Leads", field_name, kind)

    assert after == airtable.row("Leads", record).get(field_name)
    assert kind == airtable.table("Leads").field(field_name).type


def test_a_link_retyped_becomes_text_on_both_sides(airtable):
    """A link turned into text leaves names, and its mirror text too."""
    partner = airtable.add_row("Partners", {"Partner": "P"})
    record = airtable.add_row("Leads", {"Lead": "L-1", "Partner": [partner]})
    airtable.retype_field("Leads", "Partner", "singleLineText")

    assert ("P", "L-1") == (airtable.row("Leads", record)["Partner"], airtable.row("Partners", partner)["Leads"])
    assert "singleLineText" == airtable.table("Partners").field("Leads").type


def test_a_deleted_row_comes_back_out_of_the_trash(call, airtable):
    """It has its old id, its cells and its links again, and stands in no trash any more."""
    partner = airtable.add_row("Partners", {"Partner": "P"})
    record = airtable.add_row("Leads", {"Lead": "L-1", "Company": "Acme", "Partner": [partner]})
    before = airtable.rows("Leads"), airtable.row("Partners", partner)
    airtable.delete("Leads", record)
    assert "Leads" not in airtable.row("Partners", partner)

    airtable.restore("Leads", record)

    assert before == (airtable.rows("Leads"), airtable.row("Partners", partner))
    with pytest.raises(ValueError, match="in the trash"):
        airtable.restore("Leads", record)


def test_a_field_retyped_to_a_formula_is_worked_out(airtable):
    """A column can become computed, and then refuses writes."""
    record = airtable.add_row("Leads", {"Lead": "L-1", "Company": "Acme"})
    airtable.retype_field("Leads", "Company", "formula", {"formula": "{Lead} & '!'"})

    assert "L-1!" == airtable.row("Leads", record)["Company"]


def test_an_added_option_can_be_written(call, airtable):
    """An option that a person adds is one that the API takes from then on."""
    assert 422 == call("POST", "~/Leads", {"fields": {"Status": "Lost"}}).status
    airtable.add_option("Leads", "Status", "Lost")

    assert 200 == call("POST", "~/Leads", {"fields": {"Status": "Lost"}}).status


def test_a_deleted_field_takes_its_cells_along(call, airtable):
    """A deleted column reads as absent and is unknown to writes; a link's other side turns to text."""
    partner = airtable.add_row("Partners", {"Partner": "P"})
    record = airtable.add_row("Leads", {"Lead": "L-1", "Company": "Acme", "Partner": [partner]})
    airtable.delete_field("Leads", "Company")
    airtable.delete_field("Leads", "Partner")

    assert {"Lead", "Number", "Changed", "Double"} == set(call("GET", f"~/Leads/{record}").body["fields"])
    assert "UNKNOWN_FIELD_NAME" == call("PATCH", f"~/Leads/{record}", {"fields": {"Company": "x"}}).error
    assert "L-1" == airtable.row("Partners", partner)["Leads"]


def test_a_deleted_table_leaves_names_in_its_links(airtable):
    """Links to a table that is gone are plain text."""
    partner = airtable.add_row("Partners", {"Partner": "P"})
    record = airtable.add_row("Leads", {"Partner": [partner]})
    airtable.delete_table("Partners")

    assert "P" == airtable.row("Leads", record)["Partner"]


def test_hands_act_between_any_two_calls(call, airtable, server):
    """An edit ordered before a call is made under the server's lock ahead of its answer."""
    record = airtable.add_row("Leads", {"Lead": "L-1"})

    def meddle(request):
        if request.method == "PATCH":
            airtable.edit("Leads", record, {"Company": "typed meanwhile"})

    server.before.append(meddle)
    answer = call("PATCH", f"~/Leads/{record}", {"fields": {"Lead": "L-2"}})

    assert ("L-2", "typed meanwhile") == (answer.body["fields"]["Lead"], answer.body["fields"]["Company"])


@pytest.mark.parametrize(
    "deed",
    [
        lambda a: a.add_row("Nowhere", {}),
        lambda a: a.add_row("Leads", {"Nowhere": 1}),
        lambda a: a.add_row("Leads", {"Double": 1}),
        lambda a: a.add_row("Leads", {"Status": "Lost"}),
        lambda a: a.edit("Leads", "recAAAAAAAAAAAAAA", {}),
        lambda a: a.make_table("Leads", []),
        lambda a: a.add_field("Leads", "Lead", "url"),
        lambda a: a.add_option("Leads", "Status", "New"),
        lambda a: a.add_option("Leads", "Lead", "New"),
        lambda a: a.rename_field("Leads", "Company", "Lead"),
        lambda a: a.rename_table("Leads", "Partners"),
        lambda a: a.delete_field("Leads", "Lead"),
        lambda a: a.make_table("T", [("A", "url"), ("A", "url")]),
        lambda a: a.make_table("T", []),
        lambda a: a.add_field("Leads", "Bad", "formula", {"formula": "{Lead"}),
    ],
)
def test_mistakes_of_the_caller_are_value_errors(airtable, deed):
    """What a person could not do is told to the test at once."""
    with pytest.raises(ValueError, match=r"."):
        deed(airtable)


def test_a_refused_paste_leaves_nothing(airtable):
    """Rows pasted together are all read before the first is made."""
    with pytest.raises(ValueError, match="Status"):
        airtable.add_rows("Leads", [{"Lead": "L-1"}, {"Status": "Lost"}])

    assert [] == airtable.rows("Leads")
