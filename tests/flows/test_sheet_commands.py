"""The commands with a spreadsheet as the tracker: set up, looked after, sorted and rearranged by its people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.flows.conftest import Desk
from worker.demo.tables import SheetHands
from worker.domain.tables import TABLES
from worker.sandbox.world import World

on_sheets = pytest.mark.parametrize("tracker", ["google-sheets"], indirect=True)


def test_setup_shows_and_makes(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`setup` shows what is missing and writes nothing; with --apply it makes the tabs; then everything is there."""
    for name, value in world.environment().items():
        monkeypatch.setenv(name, value)
    bare = Desk(world, tmp_path, "google-sheets")

    shown = bare.command("setup", "--json")
    assert 0 == shown.code
    assert [] == [table for table in TABLES if table not in str(shown.json["missing"])]
    assert ["Sheet1"] == world.google.tabs()

    assert 0 == bare.command("setup", "--apply").code
    assert {"missing": [], "left": []} == bare.command("setup", "--json").json
    assert set(TABLES) <= set(world.google.tabs())


def calls(desk: Desk) -> int:
    """Return how many calls there were, but for those that asked for a token."""
    return sum(call.path != "/token" for call in desk.tracker_server.log)


@on_sheets
def test_doctor_and_status(desk: Desk) -> None:
    """`doctor` finds everything well, with a line on sharing; `status` counts calls, of which no month has a limit."""
    said = desk.command("doctor", "--json")
    assert [] == [check for check in said.json["checks"] if not check["ok"]]
    assert 0 == said.code
    assert "sharing" in " ".join(check["check"] for check in said.json["checks"])

    desk.run()
    before = calls(desk)
    status = desk.command("status", "--json").json
    assert {"last_31_days": before, "limit": None} == status["google_sheets_calls"]
    assert "airtable_calls" not in status
    before = calls(desk)
    assert f"Google Sheets calls in the last 31 days: {before:,} (there is no" in desk.command("status").out

    desk.later(days=32)
    assert 0 == desk.command("status", "--json").json["google_sheets_calls"]["last_31_days"]


@on_sheets
def test_rows_that_are_sorted(desk: Desk) -> None:
    """Rows are known wherever a sort put them: nothing is pushed again, and what is new lands in its own row."""
    assert isinstance(desk.hands, SheetHands)
    desk.partner("North Star")
    rows = [desk.lead("North Star", name) for name in ("Cherry", "Ashdown", "Birch")]
    desk.run("intake")
    desk.later(minutes=5)
    desk.run("intake", "stages")
    before = {row: desk.row(row) for row in rows}
    desk.hands.sort("Leads", "Company")
    effects = desk.effects()
    assert "in sync" == desk.run("intake", "stages")["stages"].state
    assert before == {row: desk.row(row) for row in rows}

    desk.win(before[rows[0]]["Deal ID"])
    desk.hands.sort("Leads", "Company", descending=True)
    desk.later(minutes=5)
    desk.run("stages")

    assert ["Won", "Qualified", "Qualified"] == [desk.row(row)["Status"] for row in rows]
    assert effects["hubspot"] == desk.effects()["hubspot"]
    assert 3 == len(desk.world.hubspot.deals())


@on_sheets
def test_columns_that_are_dragged_and_renamed(desk: Desk) -> None:
    """A dragged column is found again; one that was renamed stops its flows with its name, until it is put back."""
    google = desk.world.google
    desk.partner("North Star")
    google.move_column("Leads", "Status", "Lead")
    row = desk.lead("North Star", "Acme")
    desk.run("intake")
    assert "Qualified" == desk.row(row)["Status"]

    google.rename_header("Leads", "Deal ID", "Our deal")
    waiting = desk.lead("North Star", "Other")
    desk.later(minutes=5)
    before = desk.effects()
    said = desk.command("run", "intake")
    assert 1 == said.code
    assert "Deal ID" in said.output
    assert before == desk.effects()

    google.rename_header("Leads", "Our deal", "Deal ID")
    assert 0 == desk.command("run", "intake").code
    assert "Qualified" == desk.row(waiting)["Status"]


@on_sheets
def test_columns_that_the_spreadsheet_calls_otherwise(desk: Desk) -> None:
    """[columns.leads] says how the headers are called that stand already."""
    desk.world.google.rename_header("Leads", "Company", "Client name")
    config = desk.config.read_text(encoding="utf-8") + '\n[columns.leads]\nCompany = "Client name"\n'
    desk.config.write_text(config, encoding="utf-8")
    desk.partner("North Star")
    cells = {"Partner": "North Star", "Client name": "Acme", "Email": "jo@acme.test"}
    row = desk.hands.add_row("Leads", cells, form=True)
    desk.run("intake")

    assert ("Qualified", "Acme") == (desk.row(row)["Status"], desk.row(row)["Client name"])
    assert "Acme" in desk.world.hubspot.deals()[0]["properties"]["dealname"]


@on_sheets
def test_a_new_tab_that_bears_the_name_of_one_that_was_renamed(desk: Desk) -> None:
    """A form writes into it and nothing comes of it: the run says why, and so do `status` and `doctor`."""
    google = desk.world.google
    desk.partner("North Star")
    desk.run()
    google.rename_tab("Leads", "Leads 2025")
    google.make_tab("Leads", google.values("Leads 2025")[0])
    google.submit_form("Leads", {"Partner": "North Star", "Company": "Acme"})
    desk.later(hours=1)
    desk.run("sweep")

    outcomes = desk.run()
    words = "the tab “Leads” is not read, for the table Leads is the tab “Leads 2025”"
    assert {"needs attention"} == {outcome.state for outcome in outcomes.values()}
    assert {True} == {words in outcome.words for outcome in outcomes.values()}
    assert words in " ".join(desk.command("status").out.split())
    assert words in " ".join(desk.command("doctor").out.split())


@on_sheets
def test_a_locked_line_above_the_header(desk: Desk) -> None:
    """It was dragged there, or the table sorted together with its header: no line is made twice, none is gone."""
    google = desk.world.google
    desk.paid_deal(12000)
    desk.run()
    desk.until(datetime(2026, 4, 7, 9, tzinfo=UTC))
    desk.run()
    before = sorted(row["Line"] for row in desk.rows("Commissions"))
    assert 3 == [row["Status"] for row in desk.rows("Commissions")].count("On statement")

    for hand in (lambda: google.move_rows("Commissions", 2, 1), lambda: google.move_rows("Commissions", 2, 9)):
        hand()
        desk.later(minutes=70)
        outcomes = desk.run()
        assert {"needs attention"} == {outcome.state for outcome in outcomes.values()}
        assert "move the header row above them" in outcomes["commissions"].words
        keys = [row[0] for row in google.values("Commissions") if row]
        assert [*before, "Line"] == sorted(keys)
    assert 0 == desk.command("verify").code


@on_sheets
def test_a_header_of_ours_over_a_column_of_staffs(desk: Desk) -> None:
    """Notes was renamed and a new column got its header: what staff keep there never goes to the CRM."""
    google = desk.world.google
    desk.partner("North Star")
    desk.lead("North Star", "Acme", Notes="for the CRM", Email=None)
    desk.run("intake")
    google.rename_header("Leads", "Notes", "Client notes")
    last = len(TABLES["Leads"].columns) + 1
    google.insert_columns("Leads", last)
    google.paste("Leads", 1, last, [["Notes"], ["a secret of staff"]])
    google.edit("Leads", 2, "Email", "jo@acme.com")
    desk.later(minutes=5)

    outcome = desk.run("intake")["intake"]
    assert "failed" == outcome.state
    assert "has the header “Notes” over column AC, but its cells are in column K: put the header back" in outcome.words
    assert [] == desk.world.hubspot.deals()

    google.delete_columns("Leads", last)
    google.rename_header("Leads", "Client notes", "Notes")
    desk.later(minutes=5)
    assert "in sync" == desk.run("intake")["intake"].state
    assert "a secret" not in str(desk.world.hubspot.deals())
    assert 1 == len(desk.world.hubspot.deals())
