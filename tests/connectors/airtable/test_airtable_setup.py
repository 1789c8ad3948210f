"""What setup finds missing and makes, on bare bases and on bases that others built; what the doctor says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.connectors.airtable.airtable_stand import Stand
from tests.connectors.standins import STATUSES, Time
from worker.domain.tables import COMMISSIONS, TABLES
from worker.ports import Check, Edit, Missing, Refused


def lacks(stand: Stand, **changed: Any) -> dict[str, Missing]:
    return {m.what: m for m in stand.tracker(**changed).missing()}


def checks(stand: Stand, **changed: Any) -> dict[str, Check]:
    return {c.name: c for c in stand.tracker(**changed).check()}


def test_a_bare_base_gets_every_table_in_one_call_each(bare: Stand) -> None:
    """Seven tables with all columns and options are made; then nothing is missing."""
    tracker = bare.tracker()

    tracker.make(tracker.missing())

    assert [("GET", 200)] + [("POST", 200)] * 7 == bare.calls()
    assert [] == list(tracker.missing())
    assert set(TABLES) == {t.name for t in bare.airtable.tables.values()}
    for table in bare.airtable.tables.values():
        assert [c.name for c in TABLES[table.name].columns] == [f.name for f in table.fields.values()]


def test_types_suit_the_columns(stand: Stand) -> None:
    """Money has three decimals, a share four; what partners type is text, so that rubbish can be stored."""
    kinds = {
        (t.name, f.name): (f.type, (f.options or {}).get("precision"))
        for t in stand.airtable.tables.values() for f in t.fields.values()
    }  # fmt: skip

    assert {
        ("Commissions", "Amount"): ("number", 3), ("Splits", "Share"): ("number", 4),
        ("Partners", "Leads"): ("number", 0), ("Leads", "Email"): ("singleLineText", None),
        ("Leads", "Phone"): ("singleLineText", None), ("Members", "Email"): ("email", None),
        ("Leads", "Problem"): ("multilineText", None), ("Leads", "Synced"): ("dateTime", None),
        ("Leads", "Won on"): ("date", None), ("Leads", "Hold"): ("checkbox", None),
        ("Leads", "Status"): ("singleSelect", None),
    }.items() <= kinds.items()  # fmt: skip


def test_every_status_can_be_written(stand: Stand) -> None:
    """The options of Leads.Status are those of the rules, in their order."""
    row = stand.lead()
    table = stand.airtable.table("Leads")
    assert table is not None
    offered = [c["name"] for c in (table.fields[table.names["Status"]].options or {})["choices"]]

    assert list(STATUSES) == offered
    for status in STATUSES:
        assert [row] == list(stand.tracker().write([Edit("Leads", row, "", {"Status": status})]))


def test_missing_columns_are_made_one_by_one(stand: Stand) -> None:
    """A table that is there gets what it lacks; the words name table and column, and only what was asked is made."""
    stand.airtable.delete_field("Commissions", "Why")
    stand.airtable.delete_field("Leads", "Deal ID")
    stand.calls()

    tracker = stand.tracker()
    found = tracker.missing()
    assert {"the column Commissions.Why", "the column Leads.Deal ID"} == {m.what for m in found}
    assert {"`quarterday setup --apply` makes it"} == {m.remedy for m in found}
    tracker.make([m for m in found if "Why" in m.what])

    assert {"the column Leads.Deal ID"} == set(lacks(stand))
    assert 1 == len(stand.server.calls("POST"))


def test_columns_go_by_the_names_of_the_configuration(bare: Stand) -> None:
    """[columns.leads] maps ours to theirs, for finding and for making."""
    bare.airtable.make_table("Leads", [("Lead", "singleLineText"), ("Client name", "singleLineText")])
    columns = {"leads": {"Company": "Client name", "Problem": "What is wrong"}}
    assert "the column Leads.Problem (called What is wrong)" in lacks(bare, columns=columns)

    tracker = bare.tracker(columns=columns)
    tracker.make(tracker.missing())
    row = bare.airtable.add_row("Leads", {"Client name": "Ashdown"})
    tracker = bare.tracker(columns=columns)

    assert "Ashdown" == tracker.read(["Leads"])["Leads"][0].text("Company")
    assert [row] == list(tracker.write([Edit("Leads", row, "", {"Problem": "no e-mail"})]))
    assert "no e-mail" == bare.airtable.row("Leads", row)["What is wrong"]


@pytest.mark.parametrize(
    ("table", "column", "kind", "words"),
    [
        ("Leads", "Hold", "number", "the column Leads.Hold is of type number"),
        ("Leads", "Deal value", "checkbox", "the column Leads.Deal value is of type checkbox"),
        ("Leads", "Company", "multipleAttachments", "the column Leads.Company is of type multipleAttachments"),
        ("Leads", "Deal ID", "number", "the column Leads.Deal ID is of type number"),
        ("Commissions", "Status", "formula", "the column Commissions.Status is computed and can't be written"),
        ("Commissions", "Line", "email", "the column Commissions.Line is of type email"),
    ],
)  # fmt: skip
def test_a_column_of_a_wrong_type_is_a_persons_to_mend(
    bare: Stand, table: str, column: str, kind: str, words: str
) -> None:
    """The words say which type it has and which we need; setup leaves it, and reading and writing stop by name."""
    first = TABLES[table].key
    options = {"formula": "1"} if kind == "formula" else None
    fields: list[Any] = [(first, "singleLineText")] if column != first else []
    bare.airtable.make_table(table, [*fields, (column, kind, options)])
    bare.set_up()

    found = lacks(bare)[words]
    assert not found.makeable
    assert "in Airtable, change its type to" in found.remedy
    with pytest.raises(Refused, match=f"no usable column {column}"):
        bare.tracker().read([table])
    with pytest.raises(Refused, match=f"no usable column {column}"):
        bare.tracker().write([Edit(table, None, "k", {})])


@pytest.mark.parametrize(
    ("table", "column", "target", "fit"),
    [
        ("Commissions", "Partner", "Partners", True), ("Commissions", "Lead", "Leads", True),
        ("Statements", "Partner", "Partners", True), ("Leads", "Partner", "Clients", True),
        ("Commissions", "Partner", "Clients", False), ("Commissions", "Client", "Clients", False),
        ("Commissions", "Statement", "Statements", False),
    ],
)  # fmt: skip
def test_a_link_fits_where_what_we_write_names_a_row(
    stand: Stand, table: str, column: str, target: str, fit: bool
) -> None:
    """Elsewhere every write would be refused: the table is paused instead, and setup says so too."""
    stand.airtable.make_table("Clients", [("Client", "singleLineText")])
    stand.airtable.retype_field(table, column, "multipleRecordLinks", {"linkedTableId": target})

    assert ([] if fit else [f"the column {table}.{column} is of type multipleRecordLinks"]) == list(lacks(stand))
    assert fit == (table not in stand.tracker().read_sound([table]).faults)


@pytest.mark.parametrize(
    ("column", "kind", "options"),
    [
        ("Company", "multilineText", None), ("Email", "email", None), ("Website", "url", None),
        ("Phone", "phoneNumber", None), ("Notes", "richText", None), ("Country", "singleSelect", {"choices": ["UK"]}),
        ("Company", "formula", {"formula": "'x'"}), ("Estimated value", "currency", None),
        ("Estimated value", "singleLineText", None), ("Deal value", "currency", None), ("Deal value", "percent", None),
        ("Submitted", "createdTime", None), ("Submitted", "date", None), ("Status", "singleLineText", None),
        ("Won on", "dateTime", None), ("Hold", "singleLineText", None), ("Direction", "singleLineText", None),
    ],
)  # fmt: skip
def test_types_that_can_hold_a_column_are_accepted(
    bare: Stand, column: str, kind: str, options: dict[str, Any] | None
) -> None:
    """A base built by others needn't have our types, only types that hold the same."""
    bare.airtable.make_table("Leads", [("Lead", "singleLineText")])
    bare.airtable.add_field("Leads", column, kind, options)
    bare.set_up()

    assert {} == lacks(bare)
    bare.airtable.add_row("Leads", {"Lead": "L-1"})
    assert 1 == len(bare.tracker().read(["Leads"])["Leads"])


def test_an_option_that_a_select_lacks_is_a_persons_to_add(stand: Stand) -> None:
    """The API can't add options: the words name them, the column and the place; other rows are written meanwhile."""
    (found,) = stand.tracker(statuses=[*STATUSES, "Trial", "Renewal"]).missing()

    assert "the column Leads.Status does not offer “Trial”, “Renewal”" == found.what
    assert "open the column Status (Edit field) and add “Trial”, “Renewal”" in found.remedy
    assert not found.makeable


def test_making_after_a_lost_answer_makes_no_second_table(bare: Stand) -> None:
    """A table whose making has no known end is not sent again; the next look finds it."""
    bare.airtable.faults.order("drop-after", method="POST")
    tracker = bare.tracker()
    with pytest.raises(Exception, match="no answer"):
        tracker.make(tracker.missing())

    assert 6 == len(tracker.missing())
    tracker.make(tracker.missing())
    assert 7 == len(bare.airtable.tables)


def test_a_table_that_is_missing_is_named_with_its_remedy(bare: Stand) -> None:
    """Reading and writing say which table, and what makes it."""
    with pytest.raises(Refused, match=r"the base has no table Leads: .*`quarterday setup --apply` makes it"):
        bare.tracker().read(["Leads"])
    with pytest.raises(Refused, match="the base has no table Commissions"):
        bare.tracker().write([Edit(COMMISSIONS.name, None, "k", {})])


def test_a_healthy_base_has_no_fault(stand: Stand) -> None:
    """Token, scopes, base, tables, rows, hooks: all well, in five calls."""
    found = stand.tracker().check()

    assert {True} == {c.ok for c in found}
    assert 4 == len(stand.calls())


def test_the_doctor_names_what_the_token_lacks(stand: Stand) -> None:
    """Scopes, base and role each have their own line and remedy; without hooks all works, at more calls."""
    stand.airtable.add_token("patLESS", scopes=["data.records:read", "schema.bases:read"])
    found = checks(stand, token="patLESS")
    assert (False, "lacks data.records:write") == (found["Airtable scopes"].ok, found["Airtable scopes"].found)
    assert "add data.records:write" in found["Airtable scopes"].remedy
    assert found["Airtable hooks"].ok
    assert "every look reads every row" in found["Airtable hooks"].found
    assert "webhook:manage" in found["Airtable hooks"].remedy

    stand.airtable.add_token("patALONE", shared=False)
    assert not checks(stand, token="patALONE")[f"Airtable base {stand.airtable.base}"].ok

    (dead,) = checks(stand, token="patDEAD").values()
    assert ("Airtable token", False) == (dead.name, dead.ok)


def test_the_doctor_names_what_is_missing(stand: Stand) -> None:
    """A deleted column is one line with its remedy."""
    stand.airtable.delete_field("Commissions", "Why")

    found = checks(stand)["Airtable tables"]

    assert (False, "missing: the column Commissions.Why") == (found.ok, found.found)
    assert "`quarterday setup --apply` makes it" == found.remedy


class Fast:
    """A clock three minutes ahead of the base's."""

    def __init__(self, time: Time) -> None:
        self.seconds, self.sleep, self._time = time.seconds, time.sleep, time

    def now(self) -> datetime:
        return self._time.now() + timedelta(minutes=3)


def test_the_doctor_compares_the_clocks(stand: Stand) -> None:
    """A clock that is minutes away from Airtable's is a fault, one that is seconds away is not."""
    assert checks(stand)["clock"].ok

    assert not checks(stand, clock=Fast(stand.time))["clock"].ok


def test_the_doctor_tells_of_a_refused_hook(stand: Stand) -> None:
    """That no hook could be made is known from the last run, and told."""
    stand.airtable.add_token("patEDITOR", role="editor")
    stand.tracker(token="patEDITOR").read(["Leads"])

    assert "not permitted" in checks(stand, token="patEDITOR")["Airtable hooks"].found
