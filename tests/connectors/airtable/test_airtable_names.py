"""Tables and fields that people rename, delete and make anew: ours are known by their ids, whatever is called what."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.airtable.airtable_stand import Stand
from worker.ports import Edit, Missing, Refused


@pytest.fixture
def seen(stand: Stand) -> Stand:
    """A base with one lead, which was read once."""
    stand.lead(Company="Ashdown", Notes="for the CRM")
    leads(stand)
    return stand


def leads(stand: Stand, **changed: Any) -> list[tuple[str, str]]:
    """Return company and notes of each lead, as a new run reads them."""
    rows = stand.tracker(**changed).read(["Leads"])["Leads"]
    return [(row.text("Company"), row.text("Notes")) for row in rows]


def lacks(stand: Stand) -> dict[str, Missing]:
    """Return what setup finds missing."""
    return {m.what: m for m in stand.tracker().missing()}


def set_up(stand: Stand) -> None:
    """Do what `setup --apply` does."""
    tracker = stand.tracker()
    tracker.make(tracker.missing())


def taken(stand: Stand, field: str, called: str) -> None:
    """Rename a field of Leads, and make another one under its name."""
    stand.airtable.rename_field("Leads", field, called)
    stand.airtable.add_field("Leads", field, "multilineText")


# ---- fields ---------------------------------------------------------------------------------------------------------


def test_a_field_under_the_name_of_a_renamed_one_is_not_ours(seen: Stand) -> None:
    """Neither is what people write there read for ours, nor is anything of ours written there."""
    (row,) = (str(row["id"]) for row in seen.airtable.rows("Leads"))
    taken(seen, "Notes", "Client notes")
    taken(seen, "Problem", "Worker says")
    seen.airtable.edit("Leads", row, {"Notes": "private", "Problem": "a thought of mine"})

    assert [("Ashdown", "for the CRM")] == leads(seen)
    assert [row] == list(seen.tracker().write([Edit("Leads", row, "", {"Problem": "Email is missing"})]))
    cells = seen.airtable.row("Leads", row)
    assert ("private", "a thought of mine") == (cells["Notes"], cells["Problem"])
    assert ("for the CRM", "Email is missing") == (cells["Client notes"], cells["Worker says"])


def test_names_that_were_swapped(seen: Stand) -> None:
    """Each field stays what it was."""
    seen.airtable.rename_field("Leads", "Company", "between")
    seen.airtable.rename_field("Leads", "Notes", "Company")
    seen.airtable.rename_field("Leads", "between", "Notes")

    assert [("Ashdown", "for the CRM")] == leads(seen)
    assert {} == lacks(seen)


def test_a_field_that_stood_beside_ours_does_not_follow_it(seen: Stand) -> None:
    """Once ours is deleted, the table is paused and says so; with the other one renamed, `setup` makes ours anew."""
    taken(seen, "Notes", "Client notes")
    leads(seen)
    seen.airtable.delete_field("Leads", "Client notes")

    for _ in range(2):
        with pytest.raises(Refused, match=r"column Notes: Notes is not there, only another field that is called Notes"):
            leads(seen)
    (lack,) = lacks(seen).values()
    assert ("the column Leads.Notes, whose name Notes another field has", False) == (lack.what, lack.makeable)
    assert "rename it in Airtable, then `quarterday setup --apply` makes ours" in lack.remedy

    seen.airtable.rename_field("Leads", "Notes", "Private notes")
    set_up(seen)
    assert [("Ashdown", "")] == leads(seen)


def test_a_field_that_stood_beside_ours_is_taken_if_people_say_so(seen: Stand) -> None:
    """It gets the name back after a look that found nothing under it."""
    taken(seen, "Notes", "Client notes")
    leads(seen)
    seen.airtable.delete_field("Leads", "Client notes")
    with pytest.raises(Refused):
        leads(seen)
    seen.airtable.rename_field("Leads", "Notes", "Remarks")
    assert ["the column Leads.Notes"] == list(lacks(seen))
    seen.airtable.rename_field("Leads", "Remarks", "Notes")

    assert [("Ashdown", "")] == leads(seen)


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_field_made_anew_in_place_of_a_deleted_one_is_ours(seen: Stand, by_hand: bool) -> None:
    """The table pauses while the field is gone, and goes on with the new one of the name."""
    seen.airtable.rename_field("Leads", "Notes", "Client notes")
    leads(seen)
    seen.airtable.delete_field("Leads", "Client notes")
    with pytest.raises(Refused, match="Notes is not there;"):
        leads(seen)

    if by_hand:
        seen.airtable.add_field("Leads", "Notes", "multilineText")
    else:
        set_up(seen)
    assert [("Ashdown", "")] == leads(seen)
    assert {} == lacks(seen)


def test_the_configuration_says_anew_which_field_is_ours(seen: Stand) -> None:
    """A name given under [columns] counts from then on, whatever was known of another."""
    taken(seen, "Notes", "Client notes")
    leads(seen)
    (row,) = (str(row["id"]) for row in seen.airtable.rows("Leads"))
    seen.airtable.rename_field("Leads", "Notes", "Remarks")
    seen.airtable.edit("Leads", row, {"Remarks": "mine"})

    assert [("Ashdown", "mine")] == leads(seen, columns={"leads": {"Notes": "Remarks"}})


def test_a_retyped_field_is_named_by_both_its_names(seen: Stand) -> None:
    """The words say our name and the one that people see."""
    seen.airtable.rename_field("Leads", "Deal value", "Worth")
    seen.airtable.retype_field("Leads", "Worth", "checkbox")

    with pytest.raises(Refused, match=r"Deal value \(called Worth now\) is of the type checkbox now"):
        leads(seen)
    assert ["the column Leads.Deal value (called Worth now) is of type checkbox"] == list(lacks(seen))


# ---- tables ---------------------------------------------------------------------------------------------------------


def test_a_renamed_table_is_found_by_its_id(seen: Stand) -> None:
    """It is read on, and `setup` makes no second one."""
    seen.airtable.rename_table("Leads", "Partner leads")

    assert [("Ashdown", "for the CRM")] == leads(seen)
    assert {} == lacks(seen)
    set_up(seen)
    assert 7 == len(seen.airtable.tables)


def test_a_table_under_the_name_of_a_renamed_one_is_not_ours(seen: Stand) -> None:
    """Nor is it once ours is deleted: then the tables' flows pause, and `setup` waits until the name is free."""
    seen.airtable.rename_table("Leads", "Partner leads")
    seen.airtable.make_table("Leads", [("Lead", "singleLineText"), ("Company", "singleLineText")])
    assert [("Ashdown", "for the CRM")] == leads(seen)

    seen.airtable.delete_table("Partner leads")
    for _ in range(2):
        with pytest.raises(Refused, match="the base has no table Leads any more, only another of its name"):
            leads(seen)
    (lack,) = lacks(seen).values()
    assert ("the table Leads, whose name another table has", False) == (lack.what, lack.makeable)
    seen.airtable.rename_table("Leads", "Their leads")
    set_up(seen)
    assert [] == leads(seen)


def test_a_table_made_anew_in_place_of_a_deleted_one_is_ours(seen: Stand) -> None:
    """It is taken up by its name, with its fields."""
    seen.airtable.delete_table("Leads")
    set_up(seen)
    seen.lead(Company="Birch")

    assert [("Birch", "")] == leads(seen)


# ---- what is said of it ---------------------------------------------------------------------------------------------


def test_the_doctor_says_what_goes_by_another_name(seen: Stand) -> None:
    """That is no fault; a namesake is told too, and what was only called differently in case is not."""
    taken(seen, "Notes", "Client notes")
    seen.airtable.rename_field("Leads", "Company", "COMPANY ")
    seen.airtable.rename_table("Partners", "Agencies")

    (found,) = (check for check in seen.tracker().check() if check.name == "Airtable names")

    assert found.ok
    assert (
        "known by their ids: the table Partners is called Agencies now; the column Leads.Notes is called Client notes "
        "now, and another field, which is left alone, has its name"
    ) == found.found
    assert 2 == len(seen.tracker().renamed())
