"""Columns of the worker's that staff made links: judged by the row that they point to, whatever it is called now.

A year's deal of 12,000 at 10 % stands in twelve lines, which link to the partner and to the lead.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.flows.conftest import Desk
from worker.engine.runs import Outcome

LINKS = [
    ("Leads", "Partner", "Partners"), ("Members", "Partner", "Partners"), ("Commissions", "Partner", "Partners"),
    ("Commissions", "Lead", "Leads"), ("Statements", "Partner", "Partners"),
]  # fmt: skip


@pytest.fixture
def linked(desk: Desk) -> Desk:
    """A programme at rest, with a won deal of North Star's."""
    for table, field, target in LINKS:
        desk.world.airtable.retype_field(table, field, "multipleRecordLinks", {"linkedTableId": target})
    partner = desk.partner("North Star")
    lead = desk.world.airtable.add_row("Leads", {"Partner": [partner], "Company": "Acme", "Email": "jo@acme.test"})
    again(desk)
    desk.win(desk.row(lead)["Deal ID"])
    again(desk)
    assert 12 == len(desk.rows("Commissions"))
    assert {"in sync"} == states(again(desk))
    return desk


def again(desk: Desk, **options: Any) -> dict[str, Outcome]:
    """Run all flows five minutes on."""
    desk.later(minutes=5)
    return desk.run(**options)


def states(outcomes: dict[str, Outcome]) -> set[str]:
    """Return how the flows ended."""
    return {outcome.state for outcome in outcomes.values()}


def only(desk: Desk, table: str) -> str:
    """Return the one row of a table."""
    (row,) = desk.hands.rows(table)
    return str(row["id"])


def test_a_partner_that_is_renamed(linked: Desk) -> None:
    """It is nobody's change of a line: nothing is written or told, and `verify` finds every line right."""
    desk, before = linked, linked.effects()

    for name in ("North Star Ltd", "Polaris", "North Star"):
        desk.world.airtable.edit("Partners", only(desk, "Partners"), {"Partner": name})
        assert ({"in sync"}, {""}) == (states(found := again(desk)), {one.words for one in found.values()})
        assert 0 == desk.command("verify").code
    assert before == desk.effects()


def test_a_partner_that_is_renamed_and_another_gets_its_name(linked: Desk) -> None:
    """Each line stays with its partner."""
    desk, partner = linked, only(linked, "Partners")
    desk.world.airtable.edit("Partners", partner, {"Partner": "Polaris"})
    desk.partner("North Star", Key="north-star-2")
    again(desk)

    assert {"in sync"} == states(again(desk))
    assert [[partner]] * 12 == [line["Partner"] for line in desk.rows("Commissions")]


def test_a_link_that_is_changed_while_its_row_is_renamed(linked: Desk) -> None:
    """It is told and put back, to the row that it pointed to."""
    desk, partner = linked, only(linked, "Partners")
    other = desk.partner("Blue Door")
    again(desk)
    line = desk.hands.rows("Commissions")[0]["id"]
    desk.world.airtable.edit("Partners", partner, {"Partner": "Polaris"})
    desk.world.airtable.edit("Commissions", line, {"Partner": [other]})

    assert "Partner was changed by hand from “North Star” to “Blue Door”" in again(desk)["commissions"].words
    assert [partner] == desk.row(line, "Commissions")["Partner"]
    assert {"in sync"} == states(again(desk))


@pytest.mark.parametrize("typed", ["junk", None])
def test_a_key_of_ours_that_a_hand_changed(linked: Desk, typed: str | None) -> None:
    """It is put back where it stands, and misleads nobody who links to it: no line is touched."""
    desk, lead = linked, only(linked, "Leads")
    key, before = desk.row(lead)["Lead"], desk.rows("Commissions")
    desk.world.airtable.edit("Leads", lead, {"Lead": typed})

    found = again(desk)

    assert {"in sync"} == states(found)
    assert (key, True) == (desk.row(lead)["Lead"], "Lead was " in desk.row(lead)["Problem"])
    assert before == desk.rows("Commissions")
    assert {"in sync"} == states(again(desk))
    assert before == desk.rows("Commissions")


def test_a_lead_whose_row_is_deleted(linked: Desk) -> None:
    """Its lines, whose links Airtable empties, are held as those of any deleted lead; no flow stops for that."""
    desk, lead = linked, only(linked, "Leads")
    key = desk.row(lead)["Lead"]
    partner = only(desk, "Partners")
    desk.world.airtable.add_row("Leads", {"Partner": [partner], "Company": "Other", "Email": "jo@other.test"})
    again(desk)
    desk.world.airtable.delete("Leads", lead)

    found = again(desk)

    assert "stopped" not in states(found)
    assert f"Leads: the row of {key} was deleted" in found["stages"].words
    assert {"On hold"} == {line["Status"] for line in desk.rows("Commissions")}
    before = desk.effects()
    assert "stopped" not in states(again(desk))
    assert before == desk.effects()


def test_a_partner_whose_row_is_deleted(linked: Desk) -> None:
    """Its lines wait, and say why; where it was added anew, approving that they are put back links them to it."""
    desk = linked
    desk.partner("Blue Door")
    again(desk)
    partner = next(row["id"] for row in desk.hands.rows("Partners") if row["fields"]["Partner"] == "North Star")
    desk.world.airtable.delete("Partners", partner)
    found = again(desk)
    assert "stopped" not in states(found) | states(again(desk))
    assert "the column Partner links to a table in which no row is called" in found["commissions"].words

    anew = desk.partner("North Star")
    words = again(desk)["commissions"].words
    assert "12 cells of the Commissions table that the worker wrote were changed by hand at once (Partner)" in words
    digest = re.search(r"--approve (\w+)", words)
    assert digest is not None
    again(desk, approve=digest[1])
    assert [[anew]] * 12 == [line["Partner"] for line in desk.rows("Commissions")]
    assert {"in sync"} == states(again(desk))
