"""Cells by type: what is taken, what comes back, what is refused; stamps."""

from __future__ import annotations

from datetime import timedelta

import pytest

TYPES = [
    ("Name", "singleLineText"), ("Text", "richText"), ("Mail", "email"), ("Site", "url"), ("Phone", "phoneNumber"),
    ("Number", "number"), ("Money", "currency"), ("Share", "percent"), ("Stars", "rating"), ("Took", "duration"),
    ("Tick", "checkbox"), ("One", "singleSelect", {"choices": ["x", "y"]}),
    ("Many", "multipleSelects", {"choices": ["x", "y"]}), ("Day", "date"),
    ("London", "dateTime", {"timeZone": "Europe/London"}), ("Utc", "dateTime"), ("Files", "multipleAttachments"),
    ("Who", "singleCollaborator"), ("Whose", "multipleCollaborators"), ("Code", "barcode"),
]  # fmt: skip


@pytest.fixture
def written(call, airtable):
    """Write one cell of a table with a column of each type; return what is stored, or the error's type."""
    airtable.make_table("Types", TYPES)

    def write(name, value, **options):
        answer = call("POST", "~/Types", {"fields": {name: value}, **options})
        return answer.body["fields"].get(name) if answer.status == 200 else answer.error

    return write


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("Name", "Ann", "Ann"),
        ("Name", "", None),
        ("Mail", "not an address", "not an address"),
        ("Name", "\ud83d", "?"),
        ("Name", "\u0000\u202e💥", "\u0000\u202e💥"),
        ("Number", 0, 0),
        ("Number", 0.1, 0.1),
        ("Money", -12.34, -12.34),
        ("Share", 0.123, 0.123),
        ("Stars", 5, 5),
        ("Stars", 0, None),
        ("Tick", True, True),
        ("Tick", False, None),
        ("One", "x", "x"),
        ("One", "", None),
        ("Many", ["y", "x", "y"], ["y", "x"]),
        ("Many", [], None),
        ("Day", "2026-06-30", "2026-06-30"),
        ("Day", "", None),
        ("London", "2026-06-30T07:00:00.000Z", "2026-06-30T07:00:00.000Z"),
        ("London", "2026-06-30T07:00:00", "2026-06-30T06:00:00.000Z"),
        ("London", "2026-06-30", "2026-06-29T23:00:00.000Z"),
        ("Utc", "2026-06-30T07:00:00+02:00", "2026-06-30T05:00:00.000Z"),
        ("Code", {"text": "0123"}, {"text": "0123"}),
        ("Number", None, None),
    ],
)
def test_values_are_kept(written, name, value, stored):
    """Each type keeps what it takes; an empty value is an absent cell; a time without an offset is local."""
    assert stored == written(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Name", 5), ("Name", "x" * 100_001), ("Number", "5"), ("Number", True), ("Stars", 6), ("Stars", 1.5),
        ("Tick", "yes"), ("One", ["x"]), ("Many", "x"), ("Day", "30/06/2026"), ("Day", "2026-02-30"),
        ("London", "noon"), ("London", 5), ("Files", ["x"]), ("Files", [{"name": "x"}]), ("Files", {}), ("Who", "Ann"),
        ("Who", {"email": "stranger@example.com"}), ("Whose", {"email": "robin@example.com"}), ("Code", "0123"),
    ],
)  # fmt: skip
def test_values_of_the_wrong_type_are_refused(written, name, value):
    """Without typecast nothing is coerced."""
    assert "INVALID_VALUE_FOR_COLUMN" == written(name, value)


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [("Name", 5, "5"), ("Number", "1,250.5 GBP", 1250.5), ("Number", "12", 12), ("Number", "none", None),
     ("Tick", "true", True), ("One", "new", "new"), ("Many", "x, new", ["x", "new"])],
)  # fmt: skip
def test_typecast_reads_text_and_makes_options(written, airtable, name, value, stored):
    """With typecast, text becomes numbers and ticks, and a typo becomes an option."""
    assert stored == written(name, value, typecast=True)
    choices = airtable.table("Types").field(name).options
    if stored in ("new", ["x", "new"]):
        assert ["x", "y", "new"] == [choice["name"] for choice in choices["choices"]]


def test_options_of_a_refused_batch_are_not_made(call, airtable):
    """Typecast makes no option when another record of the call is refused."""
    records = [{"fields": {"Status": "Lost"}}, {"fields": {"Number": 1}}]

    assert 422 == call("POST", "~/Leads", {"records": records, "typecast": True}).status
    assert ["New", "Won"] == [c["name"] for c in airtable.table("Leads").field("Status").options["choices"]]


def test_people_and_files_come_back_as_objects(written):
    """A collaborator comes back with id, email and name, a file with an id."""
    robin = written("Who", {"email": "robin@example.com"})
    files = written("Files", [{"url": "https://example.com/a/cat.png"}])

    assert ("robin@example.com", "Robin Staff") == (robin["email"], robin["name"])
    assert [robin] == written("Whose", [{"id": robin["id"]}])
    assert ("cat.png", "att") == (files[0]["filename"], files[0]["id"][:3])


def test_types_of_tomorrow_are_given_out_and_not_taken(call, airtable):
    """AI text and unknown types hold objects that a person put there; the API refuses to write them."""
    airtable.add_field("Leads", "AI", "aiText")
    airtable.add_field("Leads", "New", "hologram", {"something": "wacky"})
    empty = {"state": "error", "errorType": "emptyDependency", "value": None}
    record = airtable.add_row("Leads", {"AI": empty, "New": {"depth": 3}})
    fields = call("GET", f"~/Leads/{record}").body["fields"]

    assert (empty, {"depth": 3}) == (fields["AI"], fields["New"])
    for name in ("AI", "New"):
        refused = call("PATCH", f"~/Leads/{record}", {"fields": {name: {}}})
        assert (422, "INVALID_VALUE_FOR_COLUMN") == (refused.status, refused.error)


def test_links_stand_on_both_sides(call, airtable):
    """A link appears on the other table's mirror; replacing it moves it, deleting either row empties it."""
    one, two = airtable.add_rows("Partners", [{"Partner": "One"}, {"Partner": "Two"}])
    lead = call("POST", "~/Leads", {"fields": {"Partner": [one]}}).body["id"]
    mirrors = [airtable.row("Partners", one).get("Leads"), airtable.row("Partners", two).get("Leads")]
    call("PATCH", f"~/Leads/{lead}", {"fields": {"Partner": [two]}})
    moved = [airtable.row("Partners", one).get("Leads"), airtable.row("Partners", two).get("Leads")]
    airtable.delete("Partners", two)

    assert [[lead], None] == mirrors
    assert [None, [lead]] == moved
    assert "Partner" not in airtable.row("Leads", lead)
    airtable.edit("Leads", lead, {"Partner": [one]})
    airtable.delete("Leads", lead)
    assert "Leads" not in airtable.row("Partners", one)


def test_look_ups_counts_and_rollups_follow_their_links(airtable):
    """A look-up is always a list and may hold null; count and rollup follow; all move when the other table does."""
    airtable.add_field(
        "Leads", "Fees", "multipleLookupValues", {"recordLinkFieldId": "Partner", "fieldIdInLinkedTable": "Fee"}
    )
    airtable.add_field("Leads", "Sum", "rollup", {"recordLinkFieldId": "Partner", "fieldIdInLinkedTable": "Fee"})
    airtable.add_field("Leads", "Partners", "count", {"recordLinkFieldId": "Partner"})
    one, two = airtable.add_rows("Partners", [{"Fee": 5}, {}])
    lead = airtable.add_row("Leads", {"Partner": [one, two]})
    before = airtable.row("Leads", lead)
    airtable.edit("Partners", two, {"Fee": 2.5})
    after = airtable.row("Leads", lead)

    assert ([5, None], 5, 2) == tuple(before[name] for name in ("Fees", "Sum", "Partners"))
    assert ([5, 2.5], 7.5) == (after["Fees"], after["Sum"])
    assert "Fees" not in airtable.row("Leads", airtable.add_row("Leads", {}))


def test_stamps_are_whole_seconds_and_mark_changes_only(call, airtable, clock):
    """lastModifiedTime moves with a change, not with a write of the same values, nor with a formula's result."""
    record = airtable.add_row("Leads", {"Lead": "L-1", "Value": 1})
    clock.advance(timedelta(seconds=90, milliseconds=700))
    same = call("PATCH", f"~/Leads/{record}", {"fields": {"Lead": "L-1", "Value": 1, "Company": None}}).body
    moved = call("PATCH", f"~/Leads/{record}", {"fields": {"Value": 2}}).body

    assert "2026-11-02T09:00:00.000Z" == same["fields"]["Changed"]
    assert "2026-11-02T09:01:30.000Z" == moved["fields"]["Changed"]
    assert "2026-11-02T09:00:00.000Z" == moved["createdTime"]


def test_a_stamp_may_watch_some_fields(airtable, clock):
    """A lastModifiedTime of chosen fields ignores the others."""
    airtable.add_field("Leads", "Valued", "lastModifiedTime", {"referencedFieldIds": ["Value"]})
    record = airtable.add_row("Leads", {"Value": 1})
    clock.advance(timedelta(seconds=5))
    airtable.edit("Leads", record, {"Company": "Acme"})
    row = airtable.row("Leads", record)

    assert ("2026-11-02T09:00:00.000Z", "2026-11-02T09:00:05.000Z") == (row["Valued"], row["Changed"])


def test_stamps_may_run_a_second_ahead(call, airtable):
    """With `clock_skew` a row is a second younger than the Date of its own answer."""
    airtable.clock_skew = True
    answer = call("POST", "~/Leads", {"fields": {}})

    assert ("2026-11-02T09:00:01.000Z", "Mon, 02 Nov 2026 09:00:00 GMT") == (
        answer.body["createdTime"],
        answer.headers["Date"],
    )
