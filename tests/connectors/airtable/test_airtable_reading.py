"""Reading rows: the feed, its failures, full scans, links, and what each costs in calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.connectors.airtable.airtable_stand import Stand
from tests.connectors.standins import Shelves
from worker.ports import Edit, Refused, Unavailable
from worker.sandbox.server import Request

NO_SUCH_ROUTE = {"status": 404, "body": {"error": "NOT_FOUND"}}


def companies(stand: Stand, **terms: bool) -> list[str]:
    rows = stand.tracker().read(["Leads"], **terms)["Leads"]
    return sorted(row.text("Company") for row in rows)


def test_a_row_is_read_in_our_columns_and_types(stand: Stand) -> None:
    """Every column is there, by our name and in our type; empty cells are None."""
    row = stand.airtable.add_row("Leads", {
        "Company": "Ashdown 🌲", "Estimated value": 1250.5, "Submitted": "2026-11-01T08:30:00.000Z", "Hold": True,
        "Status": "New", "Won on": "2026-10-31",
    })  # fmt: skip

    found = stand.tracker().read(["Leads"])["Leads"][0]

    assert row == found.id
    assert stand.time.now() == found.created_at
    assert ("Ashdown 🌲", Decimal("1250.5"), True, "New", date(2026, 10, 31), None) == tuple(
        found.cells[name] for name in ("Company", "Estimated value", "Hold", "Status", "Won on", "Problem")
    )


def test_a_look_at_5000_unchanged_rows_takes_two_calls(stand: Stand) -> None:
    """One call for the schema and one for the feed, however often and whatever the flows of the round read."""
    stand.airtable.add_rows("Leads", [{"Company": f"Company {n}"} for n in range(5_000)])
    stand.tracker().read(["Leads", "Partners", "Commissions"])
    stand.calls()

    tracker = stand.tracker()
    sizes = [len(tracker.read([table])[table]) for table in ("Leads", "Partners", "Leads", "Commissions")]

    assert [5_000, 0, 5_000, 0] == sizes
    assert [("GET", 200), ("GET", 200)] == stand.calls()


def test_what_people_did_since_is_read_by_the_feed(stand: Stand) -> None:
    """New, changed and deleted rows are seen; only those that changed are read again, in one call."""
    kept, changed, deleted = (stand.lead(Company=name) for name in ("Kept", "Changed", "Deleted"))
    assert ["Changed", "Deleted", "Kept"] == companies(stand)
    stand.calls()

    stand.airtable.edit("Leads", changed, {"Company": "Changed twice"})
    stand.airtable.delete("Leads", deleted)
    stand.lead(Company="New")

    assert ["Changed twice", "Kept", "New"] == companies(stand)
    assert 3 == len(stand.calls())  # schema, payloads, the two rows
    assert kept in {row.id for row in stand.tracker().read(["Leads"])["Leads"]}


def test_a_row_deleted_before_it_is_read_again_is_gone(stand: Stand) -> None:
    """The feed says changed, and by the time that the row is asked for it is no more."""
    stand.lead(Company="Kept")
    row = stand.lead(Company="Short-lived")
    companies(stand)
    stand.airtable.edit("Leads", row, {"Company": "Changed"})

    def at_the_last_moment(request: Request) -> None:
        if "filterByFormula" in request.target and len(stand.airtable.rows("Leads")) == 2:
            stand.airtable.delete("Leads", row)

    stand.server.before.append(at_the_last_moment)
    assert ["Kept"] == companies(stand)
    assert ["Kept"] == companies(stand)


def test_our_own_writing_is_not_read_again(stand: Stand) -> None:
    """The feed tells of our writes too; they say nothing new, so no row is read for them, now or at the next run."""
    row = stand.lead()
    tracker = stand.tracker()
    tracker.read(["Leads"])
    tracker.write([Edit("Leads", row, "", {"Lead": "L-1", "Status": "New", "Deal value": Decimal("12.3")})])
    stand.calls()

    assert "L-1" == tracker.read(["Leads"])["Leads"][0].text("Lead")
    assert [] == stand.calls()
    assert "L-1" == stand.tracker().read(["Leads"])["Leads"][0].text("Lead")
    assert 2 == len(stand.calls())


def test_a_person_who_wrote_after_us_is_heard(stand: Stand) -> None:
    """Where a person changed a cell that we had just written, the next run reads the person's."""
    row = stand.lead()
    tracker = stand.tracker()
    tracker.read(["Leads"])
    tracker.write([Edit("Leads", row, "", {"Status": "New"})])
    stand.airtable.edit("Leads", row, {"Status": "Won"})

    assert "Won" == stand.tracker().read(["Leads"])["Leads"][0].text("Status")


def test_columns_that_are_not_ours_cost_nothing(stand: Stand) -> None:
    """A change in a column that a base has beside ours leads to no reading of the row."""
    stand.airtable.add_field("Leads", "Mood", "singleLineText")
    row = stand.lead()
    stand.tracker().read(["Leads"])
    stand.airtable.edit("Leads", row, {"Mood": "sunny"})
    stand.calls()

    stand.tracker().read(["Leads"])

    assert 2 == len(stand.calls())


def test_refresh_looks_again_within_a_run(stand: Stand) -> None:
    """Without it a run sees what it saw first; with it, what people did meanwhile."""
    stand.lead(Company="One")
    tracker = stand.tracker()
    tracker.read(["Leads"])
    stand.lead(Company="Two")

    assert 1 == len(tracker.read(["Leads"])["Leads"])
    tracker.refresh()
    assert 2 == len(tracker.read(["Leads"])["Leads"])


def test_refresh_sees_what_another_run_was_told_meanwhile(stand: Stand) -> None:
    """Runs share what is remembered: one that looks again takes up what another followed the feed through."""
    changed, deleted = stand.lead(Company="Changed"), stand.lead(Company="Deleted")
    tracker = stand.tracker()
    tracker.read(["Leads"])
    stand.airtable.edit("Leads", changed, {"Company": "Changed twice"})
    stand.airtable.delete("Leads", deleted)
    assert ["Changed twice"] == companies(stand)

    tracker.refresh(["Leads"])

    assert ["Changed twice"] == [row.text("Company") for row in tracker.read(["Leads"])["Leads"]]


def test_a_late_note_of_our_write_hides_nothing(stand: Stand) -> None:
    """What a person changed since our write was answered, and another run has read, is there for the next run too."""
    row = stand.lead(Company="Ashdown")
    memory = Interrupted(stand.memory)
    tracker = stand.tracker(memory=memory)
    tracker.read(["Leads"])

    def meanwhile() -> None:
        stand.airtable.edit("Leads", row, {"Company": "Ashdown Ltd"})
        assert ["Ashdown Ltd"] == companies(stand)

    memory.acts.append(meanwhile)
    tracker.write([Edit("Leads", row, "L-AAAAAAAA", {"Lead": "L-AAAAAAAA"})])

    assert [] == memory.acts
    assert ["Ashdown Ltd"] == companies(stand)


@pytest.mark.parametrize("whole", [False, True])
def test_what_was_written_before_anything_was_read_is_kept(stand: Stand, whole: bool) -> None:
    """A run that writes first and reads then leaves the next one with what it wrote."""
    row = stand.lead(Status="New")
    companies(stand)
    tracker = stand.tracker()
    tracker.write([Edit("Leads", row, "", {"Status": "Won"})])

    assert "Won" == tracker.read(["Leads"], whole=whole)["Leads"][0].text("Status")
    assert "Won" == stand.tracker().read(["Leads"])["Leads"][0].text("Status")


def test_a_note_of_our_write_goes_no_further_than_the_reading_of_its_table(stand: Stand) -> None:
    """Where another run gave up a table meanwhile, what the feed tells of others does not count for it."""
    edited, ours = stand.airtable.add_rows("Partners", [{"Partner": "North Star"}, {"Partner": "Blue Door"}])
    tracker = stand.tracker()
    tracker.read(["Leads", "Partners"])
    stand.airtable.edit("Partners", edited, {"Partner": "North Star Ltd"})
    partners = stand.airtable.table("Partners")
    assert partners is not None
    stand.memory.save(f"airtable/{stand.airtable.base}/{partners.id}", {}, cursor="{}")

    tracker.refresh(["Leads"])
    tracker.read(["Leads"])
    tracker.write([Edit("Partners", ours, "Blue Door", {"Key": "blue-door"})])

    rows = stand.tracker().read(["Partners"])["Partners"]
    assert ["Blue Door", "North Star Ltd"] == sorted(row.text("Partner") for row in rows)


class Interrupted:
    """A memory before whose next saving something else happens."""

    def __init__(self, memory: Shelves) -> None:
        self._memory = memory
        self.acts: list[Callable[[], None]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._memory, name)

    def save(self, *args: Any, **terms: Any) -> None:
        """Let the next act happen, then save."""
        while self.acts:
            self.acts.pop()()
        self._memory.save(*args, **terms)


def test_whole_reads_what_the_feed_did_not_tell(stand: Stand) -> None:
    """A change that the feed lost is found by a whole reading, which costs a call a hundred rows and two more."""
    stand.airtable.add_rows("Leads", [{"Company": f"Company {n}"} for n in range(150)])
    assert 150 == len(companies(stand))
    (hook,) = stand.airtable.hooks.values()
    stand.lead(Company="Lost by the feed")
    hook.payloads.clear()
    stand.calls()

    assert 150 == len(companies(stand))
    stand.calls()
    assert 151 == len(companies(stand, whole=True))
    assert 4 == len(stand.calls())  # schema, the hook's health, two pages
    assert 151 == len(companies(stand))


def test_payloads_of_many_pages_are_followed_to_the_end(stand: Stand) -> None:
    """Fifty payloads a page: 120 transactions in a base of many rows take three pages, not a reading in full."""
    stand.airtable.add_rows("Leads", [{"Company": "x"} for _ in range(600)])
    stand.tracker().read(["Leads"])
    for n in range(120):
        stand.lead(Company=f"Late {n}")
    stand.calls()

    assert 720 == len(stand.tracker().read(["Leads"])["Leads"])
    assert 7 == len(stand.calls())  # schema, three pages, how far it is, 120 rows in two


def test_a_long_feed_gives_way_to_a_reading_in_full(stand: Stand) -> None:
    """After an outage the feed may be longer than the tables: then they are read, and nothing is lost."""
    stand.lead()
    stand.tracker().read(["Leads"])
    for n in range(400):
        stand.lead(Company=f"Late {n}")
    stand.calls()

    assert 401 == len(stand.tracker().read(["Leads"])["Leads"])
    assert 8 == len(stand.calls())  # schema, one page, how far it is, five pages of rows
    assert 401 == len(stand.tracker().read(["Leads"])["Leads"])
    assert 2 == len(stand.calls())


def test_without_hooks_tables_are_read_in_full(stand: Stand) -> None:
    """A token that may make no hook: every run lists, and asks for a hook again after a day only."""
    stand.airtable.add_token("patEDITOR", role="editor")
    stand.lead(Company="One")
    assert 1 == len(stand.tracker(token="patEDITOR").read(["Leads"])["Leads"])
    stand.lead(Company="Two")
    stand.calls()

    assert 2 == len(stand.tracker(token="patEDITOR").read(["Leads"])["Leads"])
    assert [("GET", 200), ("GET", 200)] == stand.calls()
    stand.clock.advance(timedelta(days=1, minutes=1))
    assert 2 == len(stand.tracker().read(["Leads"])["Leads"])
    assert [("GET", 200), ("GET", 200), ("POST", 200), ("GET", 200)] == stand.calls()


def test_a_stand_in_without_webhooks_will_do(stand: Stand) -> None:
    """A server that knows no such route is read in full like any other."""
    stand.airtable.faults.order("status", path="/v0/bases/", times=99, options=NO_SUCH_ROUTE)
    stand.lead(Company="One")

    assert ["One"] == companies(stand)
    assert ["One"] == companies(stand)


@pytest.mark.parametrize("loss", ["error", "deleted", "expired", "disabled"])
def test_a_broken_feed_is_made_anew(stand: Stand, loss: str) -> None:
    """An error payload, a deleted hook, one that expired during a long stop: everything is read, a new hook follows."""
    stand.lead(Company="One")
    assert ["One"] == companies(stand)
    (hook,) = stand.airtable.hooks.values()
    if loss == "error":
        stand.airtable.faults.order("hook-error", path="/v0/bases/")
    if loss == "deleted":
        stand.airtable.hooks.clear()
    if loss == "expired":
        stand.clock.advance(timedelta(days=8))
    if loss == "disabled":
        hook.enabled = False
    stand.lead(Company="Two")

    assert ["One", "Two"] == companies(stand, whole=loss == "disabled")
    assert hook.id not in stand.airtable.hooks
    assert 1 == len(stand.airtable.hooks)
    stand.lead(Company="Three")
    stand.calls()
    assert ["One", "Three", "Two"] == companies(stand)
    assert 3 == len(stand.calls())


def test_a_lost_memory_finds_the_hook_again(stand: Stand) -> None:
    """Without the state file the rows are listed and the hook in the base is used again: never a second one."""
    stand.lead(Company="One")
    companies(stand)
    stand.memory = type(stand.memory)()
    stand.lead(Company="Two")

    assert ["One", "Two"] == companies(stand)
    assert 1 == len(stand.airtable.hooks)


def test_what_changes_during_the_first_reading_is_not_lost(stand: Stand) -> None:
    """The hook stands before the first page is asked for, so a row edited behind the reader's back is told."""
    rows = stand.airtable.add_rows("Leads", [{"Company": f"{n:03}"} for n in range(150)])
    done: list[bool] = []

    def behind_the_back(request: Request) -> None:
        pages = [c for c in stand.server.log if c.path.startswith("/v0/app") and c.method == "GET"]
        if len(pages) == 1 and not done:
            done.append(True)
            for row in rows:
                stand.airtable.edit("Leads", row, {"Company": "edited"})

    stand.server.before.append(behind_the_back)
    stand.tracker().read(["Leads"])

    assert {"edited"} == set(companies(stand))


def test_a_lost_iterator_starts_the_scan_again(stand: Stand) -> None:
    """The server forgets its place at page 2: the scan begins anew, and is never partial."""
    stand.airtable.add_rows("Leads", [{"Company": f"{n}"} for n in range(250)])
    stand.airtable.faults.order("iterator-expired", method="GET", skip=0)

    assert 250 == len(companies(stand))


def test_a_scan_that_always_loses_its_place_gives_up(stand: Stand) -> None:
    """Three times is enough for one run; the rows of the last reading stay."""
    stand.airtable.add_rows("Leads", [{"Company": f"{n}"} for n in range(250)])
    stand.airtable.faults.order("iterator-expired", method="GET", times=9)

    with pytest.raises(Unavailable, match="lost its place in the table Leads"):
        stand.tracker().read(["Leads"])


def test_an_answer_without_records_is_no_empty_table(stand: Stand) -> None:
    """A 200 with something else in it is a failure, never "no rows"."""
    stand.lead()
    stand.airtable.faults.order("ok-error", path=f"/v0/{stand.airtable.base}", times=4)

    with pytest.raises(Unavailable):
        stand.tracker().read(["Leads"])


def test_a_table_that_suddenly_reads_empty_is_read_twice(stand: Stand) -> None:
    """Half a table gone at once is looked at again; one short answer is not believed."""
    stand.airtable.add_rows("Leads", [{"Company": f"{n}"} for n in range(50)])
    stand.tracker().read(["Leads"])
    empty = {"status": 200, "body": {"records": []}}
    stand.airtable.faults.order("status", method="GET", path=f"/v0/{stand.airtable.base}", options=empty)

    assert 50 == len(companies(stand, whole=True))

    stand.airtable.faults.order("status", method="GET", path=f"/v0/{stand.airtable.base}", times=2, options=empty)
    assert [] == companies(stand, whole=True)


def test_links_read_as_the_text_of_the_row_they_point_to(bare: Stand) -> None:
    """Partner as a link to Partners reads as the partner's name, also after the partner was renamed."""
    bare.airtable.make_table("Partners", [("Partner", "singleLineText")])
    bare.airtable.make_table("Leads", [
        ("Lead", "singleLineText"), ("Partner", "multipleRecordLinks", {"linkedTableId": "Partners"}),
    ])  # fmt: skip
    bare.set_up()
    partner = bare.airtable.add_row("Partners", {"Partner": "Northwind"})
    bare.airtable.add_row("Leads", {"Partner": [partner]})

    assert "Northwind" == bare.tracker().read(["Leads"])["Leads"][0].text("Partner")
    bare.airtable.edit("Partners", partner, {"Partner": "Northwind & Co"})
    assert "Northwind & Co" == bare.tracker().read(["Leads"])["Leads"][0].text("Partner")


def test_a_renamed_column_is_found_by_its_id(stand: Stand) -> None:
    """A person renames a column: the next run goes on under the id, and `setup` has nothing to make."""
    stand.lead(Company="Ashdown")
    companies(stand)
    stand.airtable.rename_field("Leads", "Company", "Client")

    assert ["Ashdown"] == companies(stand)
    assert [] == list(stand.tracker().missing())


def test_a_deleted_column_stops_the_table_and_is_named(stand: Stand) -> None:
    """Cells of a column that is gone are never read as empty."""
    stand.lead()
    companies(stand)
    stand.airtable.delete_field("Leads", "Company")

    with pytest.raises(Refused, match=r"no usable column Company: .*setup --apply"):
        stand.tracker().read(["Leads"])
    assert "Partners" in stand.tracker().read(["Partners"])


def test_a_column_that_was_retyped_and_back_is_read_anew(stand: Stand) -> None:
    """No feed need tell what retyping did to cells: rows of a table that was not sound are read in full afterwards."""
    stand.lead(**{"Deal value": 100})
    stand.tracker().read(["Leads", "Partners"])
    stand.airtable.retype_field("Leads", "Deal value", "checkbox")
    fault = stand.tracker().read_sound(["Leads", "Partners"]).faults["Leads"]
    assert "Deal value is of the type checkbox now, which can't hold it: make it number (or single line" in fault.text

    stand.airtable.retype_field("Leads", "Deal value", "number", {"precision": 2})
    stand.server.log.clear()
    assert [None] == [row.cells["Deal value"] for row in stand.tracker().read(["Leads"])["Leads"]]
    leads = stand.airtable.table("Leads")
    assert leads is not None
    assert [True] == [
        "filterByFormula" not in dict(call.query) for call in stand.server.log if call.path.endswith(f"/{leads.id}")
    ]


def test_a_link_to_rows_that_cannot_be_told_apart(bare: Stand) -> None:
    """A table that links to one without its key column is not sound either: it would read ids for names."""
    bare.airtable.make_table("Leads", [("Lead", "singleLineText")])
    bare.airtable.make_table("Commissions", [
        ("Line", "singleLineText"), ("Lead", "multipleRecordLinks", {"linkedTableId": "Leads"}),
    ])  # fmt: skip
    bare.set_up()
    bare.airtable.retype_field("Leads", "Lead", "number", {"precision": 0})

    faults = bare.tracker().read_sound(["Commissions"]).faults

    assert {"Leads", "Commissions"} == faults.keys()
    words = (
        "the column Lead of the table Commissions links to Leads, which has no usable column Lead: `quarterday doctor`"
    )
    assert faults["Commissions"].text.startswith(words)


def test_a_renamed_option_makes_the_table_read_again(stand: Stand) -> None:
    """Rows kept with the option's old name aren't believed when the schema has a new one."""
    stand.lead(Status="Won")
    stand.tracker().read(["Leads"])
    table = stand.airtable.table("Leads")
    assert table is not None
    for choice in table.fields[table.names["Status"]].options["choices"]:  # type: ignore[index]
        if choice["name"] == "Won":
            choice["name"] = "Signed"
    for row in table.rows.values():
        row.cells[table.names["Status"]] = "Signed"

    assert "Signed" == stand.tracker().read(["Leads"])["Leads"][0].text("Status")


def test_rubbish_in_cells_comes_through(stand: Stand) -> None:
    """100,000 characters, formula text, control characters and emoji are read as they are, by scan and by feed."""
    rubbish = ["x" * 100_000, '=IMPORTXML("http://evil")', "tab\there\nand\x07bell", "👩‍👩‍👧‍👦 ‮rtl", "'; DROP TABLE--"]
    first = [stand.lead(Notes=text) for text in rubbish]
    scanned = {row.id: row.cells["Notes"] for row in stand.tracker().read(["Leads"])["Leads"]}
    second = [stand.lead(Notes=text) for text in rubbish]
    fed = {row.id: row.cells["Notes"] for row in stand.tracker().read(["Leads"])["Leads"]}

    assert rubbish == [scanned[row] for row in first]
    assert rubbish == [fed[row] for row in second]
