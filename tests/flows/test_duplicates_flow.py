"""Leads that somebody has already: the same company twice, companies that the CRM knows, copied rows, lost keys."""

from __future__ import annotations

import pytest

from tests.flows.conftest import Desk, on_both
from tests.flows.intake_hands import deals, intake, mailed, quiet, shown, staffed
from worker.planning.intake import COPY, CUSTOMER, WORKED_ON


@pytest.fixture(name="staffed")
def staffed_desk(desk: Desk) -> Desk:
    """A programme with two partners who have their keys."""
    return staffed(desk)


# ---- the same company ------------------------------------------------------------------------------------------------


def test_the_first_to_submit_has_the_company(staffed: Desk) -> None:
    """By the time of submission, not by the order of rows; nobody learns of another partner, or who was first."""
    late = staffed.lead("Blue Door", "Acme", Submitted="2026-01-10T10:00:00.000Z")
    early = staffed.lead("North Star", "ACME Corp", Website="acme.com", Submitted="2026-01-09T10:00:00.000Z")
    again = staffed.lead("north-star", "Acme", Email="al@gmail.com", Website="shop.acme.com")
    intake(staffed)

    assert ("Qualified", None) == shown(staffed, early)
    assert ("Duplicate", WORKED_ON) == shown(staffed, late)
    key = staffed.row(early)["Lead"]
    assert ("Duplicate", True) == (
        staffed.row(again)["Status"],
        staffed.row(again)["Problem"].startswith(f"You sent us this company already, on 9 January 2026 ({key}): "),
    )
    for row in (late, again):
        assert "Blue Door" not in staffed.row(row)["Problem"]
        assert "North Star" not in staffed.row(row)["Problem"]
    assert [key] == deals(staffed)
    assert ["money@north-star.test"] == mailed(staffed)
    quiet(staffed)


def test_a_claim_ends_with_its_window(staffed: Desk) -> None:
    """An open deal still refuses after that; once it is closed without a win, the company is free."""
    first = staffed.lead("North Star", "Acme")
    intake(staffed)
    staffed.later(days=181)
    second = staffed.lead("Blue Door", "Acme")
    intake(staffed)
    assert ("Duplicate", WORKED_ON) == shown(staffed, second)

    staffed.world.hubspot.move_deal(staffed.row(first)["Deal ID"], "closedlost")
    staffed.later(hours=1)
    intake(staffed)
    assert ("Qualified", None) == shown(staffed, second)
    assert 1 == len(staffed.world.hubspot.companies())


def test_a_lost_lead_frees_its_company_for_a_new_one(staffed: Desk) -> None:
    """At once, whatever was answered to another row half an hour ago."""
    first = staffed.lead("North Star", "Acme")
    intake(staffed)
    refused = staffed.lead("Blue Door", "Acme", Submitted="2026-02-01T00:00:00.000Z")
    intake(staffed)
    assert "Duplicate" == staffed.row(refused)["Status"]

    staffed.world.hubspot.move_deal(staffed.row(first)["Deal ID"], "closedlost")
    fresh = staffed.lead("Blue Door", "Acme", Email="new@acme.com")
    staffed.later(minutes=5)
    staffed.run("intake", "stages")
    assert ("Qualified", None) == shown(staffed, fresh)
    assert "Duplicate" == staffed.row(refused)["Status"]


@pytest.mark.parametrize(
    ("state", "problem"), [("open", WORKED_ON), ("won", CUSTOMER), ("customer", CUSTOMER), ("lost", None)]
)
def test_companies_that_the_crm_knows(staffed: Desk, state: str, problem: str | None) -> None:
    """Sales may have an open deal, or the company buys already; one that was lost is no hindrance."""
    hubspot = staffed.world.hubspot
    company = hubspot.add_company({"name": "Acme", "domain": "acme.com"})
    if state == "customer":
        hubspot.edit("companies", company, {"lifecyclestage": "customer"})
    else:
        deal = hubspot.add_deal({"dealname": "Own"}, company=company)
        if state != "open":
            hubspot.move_deal(deal, f"closed{state}")
    staffed.later(minutes=5)
    row = staffed.lead("North Star", "Acme", Website="https://shop.acme.com/x")
    intake(staffed)

    assert (("Duplicate", problem) if problem else ("Qualified", None)) == shown(staffed, row)
    if problem is None:
        assert company == staffed.row(row)["Client ID"]
        assert 1 == len(hubspot.companies())
    quiet(staffed)


def test_free_mail_and_shared_hosts_identify_nobody(staffed: Desk) -> None:
    """Two people at one free-mail host, with pages at one network, are two leads; one person twice is one."""
    rows = [
        staffed.lead("North Star", name, Email=email, Website=page)
        for name, email, page in (
            ("Jo's Bakery", "jo@gmail.com", "https://www.linkedin.com/company/jo"),
            ("Al's Cars", "al@gmail.com", "https://www.linkedin.com/company/al"),
            ("Wordy", "wo@hotmail.co.uk", "https://wordy.wordpress.com"),
            ("Pressy", "pr@hotmail.co.uk", "https://pressy.wordpress.com"),
            ("Bakery of Jo", "JO@gmail.com", None),
        )
    ]
    intake(staffed)

    assert ["Qualified"] * 4 + ["Duplicate"] == [staffed.row(row)["Status"] for row in rows]
    assert 4 == len(staffed.world.hubspot.companies())


@on_both
def test_a_deal_of_ours_that_was_not_written_down(staffed: Desk) -> None:
    """The ids were lost from the row: the deal is found by its key, not refused as open, nor made or told of again."""
    row = staffed.lead("North Star", "Acme")
    intake(staffed)
    before = staffed.row(row)
    staffed.win(before["Deal ID"])
    staffed.later(minutes=5)
    staffed.run("stages")
    told = mailed(staffed)

    staffed.hands.edit("Leads", row, {"Deal ID": None, "Client ID": None, "Contact ID": None})
    intake(staffed)
    after = staffed.row(row)
    assert before["Deal ID"] == after["Deal ID"]
    assert (before["Client ID"], before["Contact ID"], "Won") == (
        after["Client ID"], after["Contact ID"], after["Status"],
    )  # fmt: skip
    assert 1 == len(deals(staffed))
    assert told == mailed(staffed)


# ---- copies ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def copied(staffed: Desk) -> tuple[str, str]:
    """A lead in the CRM, and a copy of its row with every cell that the worker wrote."""
    original = staffed.lead("North Star", "Acme")
    intake(staffed)
    return original, staffed.hands.duplicate("Leads", original)


@on_both
def test_a_copied_row_is_told_and_never_pushed(staffed: Desk, copied: tuple[str, str]) -> None:
    """The original goes on as before."""
    original, copy = copied
    intake(staffed)

    assert ("Duplicate", COPY) == shown(staffed, copy)
    assert ("Qualified", None) == shown(staffed, original)
    assert 1 == len(deals(staffed))
    quiet(staffed)
    staffed.run("stages")
    assert "Duplicate" == staffed.row(copy)["Status"]


@pytest.mark.parametrize("left", [("Deal ID", "Client ID", "Contact ID"), ("Lead",)])
def test_a_copy_of_which_some_cells_were_cleared(staffed: Desk, copied: tuple[str, str], left: tuple[str, ...]) -> None:
    """Key or deal alone make it a copy still."""
    staffed.hands.edit("Leads", copied[1], dict.fromkeys(left))
    intake(staffed)

    assert ("Duplicate", COPY) == shown(staffed, copied[1])
    assert 1 == len(deals(staffed))


def test_a_copy_whose_original_is_deleted(staffed: Desk, copied: tuple[str, str]) -> None:
    """It takes the original's place, with or without its deal's id."""
    original, copy = copied
    intake(staffed)
    key = staffed.row(original)["Lead"]
    staffed.hands.delete("Leads", original)
    staffed.later(minutes=5)
    staffed.run("intake", "stages")
    assert ("Qualified", None) == shown(staffed, copy)

    staffed.hands.edit("Leads", copy, {"Deal ID": None})
    staffed.later(minutes=5)
    staffed.run("intake", "stages")
    assert (key, "Qualified") == (staffed.row(copy)["Lead"], staffed.row(copy)["Status"])
    assert staffed.row(copy)["Problem"].startswith("Deal ID was emptied by hand")
    assert staffed.world.hubspot.deals()[0]["id"] == staffed.row(copy)["Deal ID"]
    assert 1 == len(deals(staffed))


@on_both
def test_a_copy_that_was_told_so_takes_the_place_of_a_deleted_original(staffed: Desk, copied: tuple[str, str]) -> None:
    """What the worker told the copy was nobody's hand; what a hand did to it besides is told."""
    original, copy = copied
    intake(staffed)
    assert ("Duplicate", COPY) == shown(staffed, copy)
    staffed.hands.delete("Leads", original)
    intake(staffed)
    staffed.run("stages")

    assert ("Qualified", None) == shown(staffed, copy)
    assert 1 == len(deals(staffed))
    quiet(staffed)

    second = staffed.hands.duplicate("Leads", copy)
    intake(staffed)
    staffed.hands.delete("Leads", copy)
    staffed.hands.edit("Leads", second, {"Deal stage": "mine"})
    intake(staffed)
    staffed.run("stages")
    problem = str(staffed.row(second)["Problem"])
    assert problem.startswith("Deal stage was changed by hand from “Appointment Scheduled” to “mine”")
    assert "Status" not in problem


@on_both
def test_a_copy_without_key_takes_the_place_of_a_deleted_original(staffed: Desk, copied: tuple[str, str]) -> None:
    """It has the key that its deal has in the CRM, and nobody is asked to restore the original."""
    original, copy = copied
    intake(staffed)
    key = staffed.row(original)["Lead"]
    staffed.hands.edit("Leads", copy, {"Lead": None})
    intake(staffed)
    staffed.hands.delete("Leads", original)
    staffed.later(minutes=5)
    outcomes = staffed.run("intake", "stages")

    assert [""] * 2 == [outcome.words for outcome in outcomes.values()]
    assert (key, "Qualified") == (staffed.row(copy)["Lead"], staffed.row(copy)["Status"])
    assert "Status" not in str(staffed.row(copy).get("Problem"))
    assert [key] == deals(staffed)
    quiet(staffed)


@on_both
def test_a_copy_of_which_a_cell_is_typed_over(staffed: Desk, copied: tuple[str, str]) -> None:
    """What its `Problem` asks to clear is put back where a hand writes something else there."""
    original, copy = copied
    intake(staffed)
    key = staffed.row(original)["Lead"]
    staffed.hands.edit("Leads", copy, {"Deal ID": "9001"})
    intake(staffed)
    staffed.hands.delete("Leads", original)
    intake(staffed)

    assert (key, deals(staffed)) == (staffed.row(copy)["Lead"], [key])
    assert staffed.world.hubspot.deals()[0]["id"] == staffed.row(copy)["Deal ID"]
    assert "Deal ID was changed by hand" in staffed.row(copy)["Problem"]


@on_both
def test_a_copy_whose_cells_are_cleared_is_a_lead_of_its_own(staffed: Desk, copied: tuple[str, str]) -> None:
    """With another company in it, it is vetted, pushed and acknowledged like any."""
    original, copy = copied
    intake(staffed)
    staffed.hands.edit("Leads", copy, {
        "Lead": None, "Deal ID": None, "Client ID": None, "Contact ID": None, "Company": "Other",
        "Website": "other.com", "Email": "jo@other.com",
    })  # fmt: skip
    intake(staffed)

    assert ("Qualified", None) == shown(staffed, copy)
    assert sorted([staffed.row(original)["Lead"], staffed.row(copy)["Lead"]]) == deals(staffed)
    assert 2 == len(set(deals(staffed)))
    assert 2 == len(mailed(staffed))


@on_both
def test_a_key_that_was_cleared_comes_back(staffed: Desk) -> None:
    """Before anything is planned with its row, so no line of its deal is given up."""
    row = staffed.lead("North Star", "Acme")
    intake(staffed)
    staffed.win(staffed.row(row)["Deal ID"])
    staffed.later(minutes=5)
    staffed.run()
    key, lines = staffed.row(row)["Lead"], staffed.rows("Commissions")

    staffed.hands.edit("Leads", row, {"Lead": None})
    staffed.later(minutes=5)
    staffed.run("commissions")
    assert lines == staffed.rows("Commissions")
    intake(staffed)
    assert key == staffed.row(row)["Lead"]
    assert 1 == len(deals(staffed))
