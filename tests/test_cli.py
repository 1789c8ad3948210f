"""What a person types: every command, its exit codes and its JSON, against the sandbox; secrets never show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.flows.conftest import ROOT, START, Desk, Said, desk, tracker, typed, world
from worker.cli import cli
from worker.config import load_config
from worker.sandbox.clock import Clock
from worker.sandbox.world import World

__all__ = ["desk", "tracker", "world"]

FLOWS = ["intake", "stages", "commissions", "cash", "statements", "settle"]
COMMANDS = ["plan", "run", "status", "explain", "retry", "setup", "doctor", "init", "start", "demo",
            "verify", "forecast", "rules", "backtest"]  # fmt: skip
TOKENS = ("patSANDBOX", "pat-SANDBOX", "sandbox-secret")


@pytest.fixture
def filled(desk: Desk) -> Desk:
    """A programme with a deal won in January and paid for, a lead that needs attention, and an issued statement."""
    desk.partner("North Star")
    row = desk.lead("North Star", "Acme")
    desk.lead("North Star", "Birch", Email="not an address")
    desk.run("intake")
    deal = desk.row(row)["Deal ID"]
    desk.win(deal, "12000", "annual")
    desk.pay(deal)
    desk.later(minutes=5)
    desk.run()
    desk.until(datetime(2026, 4, 5, 8, tzinfo=UTC))
    desk.run()
    return desk


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "worker", *arguments], cwd=ROOT, env={**os.environ, **environment}, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip


def mended(path: Path, old: str, new: str) -> None:
    """Change a text in a file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# ---- starting -------------------------------------------------------------------------------------------------------


def test_the_module_is_the_command() -> None:
    """`python -m worker` is the command line, in a process of its own."""
    shown = python("--help")

    assert 0 == shown.returncode
    assert [] == [command for command in COMMANDS if f"\n  {command} " not in shown.stdout]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps(command: str) -> None:
    """Every command says what it does and which options it takes."""
    shown = CliRunner().invoke(cli, [command, "--help"])

    assert 0 == shown.exit_code
    assert "Usage:" in shown.output


def test_no_config(tmp_path: Path) -> None:
    """Without a config the command names the file that it looked for and what to do, and ends with 1."""
    said = typed(Clock(datetime(2026, 1, 1, tzinfo=UTC)), "--config", str(tmp_path / "none.toml"), "status")

    assert 1 == said.code
    assert str(tmp_path / "none.toml") in said.err
    assert "quarterday init" in said.err
    assert "Traceback" not in said.output


def test_config_by_option_and_environment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The config is named by --config before or after the command, or by QUARTERDAY_CONFIG."""
    clock, path = desk.world.clock, str(desk.config)
    monkeypatch.chdir(desk.folder.parent)

    assert 0 == typed(clock, "--config", path, "status").code
    assert 0 == typed(clock, "status", "--config", path).code
    monkeypatch.setenv("QUARTERDAY_CONFIG", path)
    assert 0 == typed(clock, "status").code


def test_every_fault_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults of config, secrets and rules are listed together with file, key and remedy; nothing is started."""
    mended(desk.config, "[crm.hubspot]", '[crm.hubspot]\nflavour = "strawberry"')
    mended(desk.config, 'kind = "airtable"', 'kind = "abacus"')
    monkeypatch.delenv("XERO_CLIENT_SECRET")
    (desk.rules / "intake.toml").write_text("required = [", encoding="utf-8")
    mended(desk.rules / "commissions.toml", 'rate = "10" ', 'rate = "-10" ')
    mended(desk.rules / "schedule.toml", 'every = "15m"', 'every = "often"')
    (desk.rules / "messages" / "paid.html").unlink()
    before = {name: len(server.log) for name, server in desk.world.servers.items()}

    for command in ("run", "plan", "start", "doctor", "status"):
        said = desk.command(command)
        assert 1 == said.code
        for words in ("flavour", "tracker.kind", "XERO_CLIENT_SECRET", "intake.toml", "commissions.toml",
                      "schedule.toml", "paid.html"):  # fmt: skip
            assert words in said.err
        assert "Traceback" not in said.output
    assert before == {name: len(server.log) for name, server in desk.world.servers.items()}


def test_a_stage_without_a_status(desk: Desk) -> None:
    """A stage of the pipeline that the rules leave out stops the run before any write, naming file and stage."""
    desk.partner("North Star")
    desk.lead("North Star", "Acme")
    stage = desk.world.hubspot.add_stage("default", "Legal review", "0.5")
    desk.later(hours=2)
    before = desk.effects()

    said = desk.command("run", "--json")

    assert 1 == said.code
    assert [] == [word for word in (stage, "Legal review", "stages.toml") if word not in said.output]
    assert before == desk.effects()
    assert 1 == desk.command("doctor").code


def test_a_state_that_cannot_be_opened(desk: Desk) -> None:
    """A state that can't be opened is said in words."""
    mended(desk.config, "[programme]", '[programme]\nstate = "sqlite:////nowhere/at/all.db"')

    said = desk.command("status")

    assert 1 == said.code
    assert "cannot be opened" in said.err
    assert "Traceback" not in said.output


# ---- plan and run ---------------------------------------------------------------------------------------------------


def test_plan_writes_nothing(desk: Desk) -> None:
    """`plan` shows every change with its reason, totals and a digest, exits 2 where asked to, and writes nothing."""
    desk.partner("North Star")
    desk.lead("North Star", "Acme")
    before = desk.effects()

    said = desk.command("plan", "--json")
    shown = desk.command("plan")

    assert before == desk.effects()
    assert not desk.rows("Leads")[0].get("Lead")
    assert (0, 0) == (said.code, shown.code)
    plan = said.json
    assert {"digest", "changes", "totals", "flows", "failures"} == plan.keys()
    assert FLOWS == list(plan["flows"])
    intake = plan["flows"]["intake"]
    assert {"digest", "stopped_by", "notes", "totals", "statements", "edits", "pushes", "messages"} == intake.keys()
    assert ["Acme – North Star"] == [push["title"] for push in intake["pushes"]]
    assert ["We have your lead: Acme"] == [message["subject"] for message in intake["messages"]]
    assert {"table", "row", "key", "partner", "reason", "contained_in", "before", "after"} == intake["edits"][0].keys()
    assert plan["digest"] in shown.out
    assert "Acme" in shown.out
    assert 2 == desk.command("plan", "--detailed-exitcode").code
    desk.run()
    assert 0 == desk.command("plan", "--detailed-exitcode").code


def test_run_as_json(desk: Desk) -> None:
    """`run --json` prints one object: programme, instant, exit code, and of every flow its state, counts and words."""
    desk.partner("North Star")
    desk.lead("North Star", "Acme")

    said = desk.command("run", "--json")

    assert 0 == said.code
    assert ("Sandbox programme", 0, FLOWS) == (
        said.json["programme"], said.json["exit"], list(said.json["flows"])
    )  # fmt: skip
    intake = said.json["flows"]["intake"]
    assert {"state", "seconds", "counts", "problems", "errors"} == intake.keys()
    assert ("in sync", 1, 1) == (intake["state"], intake["counts"]["pushed"], intake["counts"]["told"])
    assert 1 == len(desk.world.hubspot.deals())


def test_run_of_one_flow(desk: Desk) -> None:
    """Only the flows that are named run; sweep runs only when named."""
    assert ["cash"] == list(desk.command("run", "cash", "--json").json["flows"])
    assert ["sweep"] == list(desk.command("run", "sweep", "--json").json["flows"])
    assert "sweep" not in desk.command("run", "--json").json["flows"]
    assert 2 == desk.command("run", "nonsense").code


def test_the_clock_of_one_run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """--as-of and QUARTERDAY_NOW set the clock of one run; a time without zone is refused."""
    assert (
        "2026-03-01T08:00:00+00:00"
        == desk.command("run", "cash", "--json", "--as-of", "2026-03-01T08:00:00Z").json["as_of"]
    )
    assert 2 == desk.command("run", "cash", "--as-of", "2026-03-01T08:00:00").code
    assert 2 == desk.command("run", "cash", "--as-of", "tomorrow").code
    monkeypatch.setenv("QUARTERDAY_NOW", "2026-03-02T09:00:00+01:00")
    assert "2026-03-02T08:00:00+00:00" == desk.command("run", "cash", "--json").json["as_of"]
    monkeypatch.setenv("QUARTERDAY_NOW", "")
    refused = desk.command("run", "cash")
    assert (2, True) == (refused.code, "QUARTERDAY_NOW is set but empty" in refused.err)
    assert 0 == desk.command("run", "cash", "--as-of", "2026-03-02T08:00:00Z").code


def test_as_of_makes_the_statement(desk: Desk) -> None:
    """A run as of statement day makes that day's statements."""
    desk.partner("North Star")
    row = desk.lead("North Star", "Acme")
    desk.run("intake")
    deal = desk.row(row)["Deal ID"]
    desk.win(deal, "12000", "annual")
    contact = desk.world.xero.add_contact("Acme")
    desk.world.xero.pay(desk.world.xero.invoice(contact, 12000, reference=deal), 12000)
    desk.later(minutes=5)
    desk.run()

    said = desk.command("run", "--json", "--as-of", "2026-04-05T08:00:00Z")

    assert 0 == said.code
    assert [("2026-Q1/north-star/GBP", "2026-04-05")] == [
        (row["Statement"], row["Issued"]) for row in desk.rows("Statements")
    ]


def test_a_period_that_is_none(desk: Desk) -> None:
    """A period that can't be read is refused with how to write it."""
    said = desk.command("run", "statements", "--period", "2026-Q9")

    assert 2 == said.code
    assert "2026-Q1" in said.err


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_period_without_the_flow_of_statements(desk: Desk, command: str) -> None:
    """Flows that make no statements refuse a period instead of doing something else."""
    said = desk.command(command, "cash", "settle", "--period", "2026-Q1")

    assert (2, True) == (said.code, "no flow of cash, settle does: add statements" in said.err)


def test_a_period_that_no_partner_has(desk: Desk) -> None:
    """It is told, and the run needs attention."""
    desk.partner("North Star")
    flow = desk.command("run", "statements", "--period", "2026-01", "--json").json["flows"]["statements"]

    assert "needs attention" == flow["state"]
    assert "No partner has statements of 2026-01" in str(flow)


def test_results_for_people(desk: Desk) -> None:
    """`run` shows a table of what every flow did, and in words what a person must look at."""
    desk.partner("North Star", Plan="platinum")
    said = desk.command("run")

    assert 0 == said.code
    assert [] == [flow for flow in FLOWS if flow not in said.out]
    assert "platinum" in desk.rows("Partners")[0]["Problem"]


# ---- status and explain ---------------------------------------------------------------------------------------------


def test_status(filled: Desk) -> None:
    """`status` shows health by flow, the messages, and what was spent; before any run it says so."""
    said = filled.command("status", "--json")

    assert 0 == said.code
    status = said.json
    assert {"programme", "at", "flows", "messages", "held", "airtable_calls", "exchange"} == status.keys()
    assert set(FLOWS) == set(status["flows"])
    assert {"in sync"} == {flow["state"] for flow in status["flows"].values()}
    assert {"state", "words", "counts", "started_at", "succeeded_at", "seconds"} == status["flows"]["cash"].keys()
    assert status["messages"]["sent"] > 0
    assert 100_000 == status["airtable_calls"]["limit"]
    assert status["airtable_calls"]["this_month"] > 0
    assert [] == [flow for flow in FLOWS if flow not in filled.command("status").out]
    filled.forget()
    assert {} == filled.command("status", "--json").json["flows"]
    assert "No flow has run yet" in filled.command("status").out


def test_status_of_a_day(filled: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """--as-of and QUARTERDAY_NOW set the clock of `status` as of any command: ages and the quarter are of that day."""
    shown = filled.command("status", "--as-of", "2026-07-02T08:00:00Z", "--json").json

    assert ("2026-07-02T08:00:00+00:00", "2026-Q3") == (shown["at"], shown["exchange"]["quarter"])
    monkeypatch.setenv("QUARTERDAY_NOW", "2026-07-02T09:00:00+01:00")
    assert shown["at"] == filled.command("status", "--json").json["at"]
    assert "2026-07-02 08:00 UTC" in filled.command("status").out
    assert 0 == filled.command("status", "--partners").code


def steps(said: Said) -> dict[str, str]:
    """Return the texts of a chain by the names of its steps."""
    return {step["step"]: step["text"] for step in said.json["steps"]}


def test_explain_a_line(filled: Desk) -> None:
    """`explain` of a line goes from the form to the statement, and recomputes the amount."""
    line = next(row for row in filled.rows("Commissions") if row["Month"] == "2026-02")

    said = filled.command("explain", line["Line"], "--json")

    assert 0 == said.code
    assert (line["Line"], "100.00", "GBP") == (said.json["key"], said.json["amount"], said.json["currency"])
    chain = steps(said)
    assert "North Star sent Acme" in chain["form"]
    assert line["Lead"] in chain["row"]
    assert line["Deal ID"] in chain["deal"]
    assert "gold, 2024-01" in chain["plan"]
    assert "INV-7" in chain["invoice"]
    assert "12,000.00 on 2026-01-12" in chain["payment"]
    assert line["Why"] == chain["rounding"]
    assert "2026-Q1/north-star/GBP, Issued, issued 2026-04-05" in chain["statement"]
    assert line["Line"] in filled.command("explain", line["Line"]).out


def test_explain_a_lead_and_a_statement(filled: Desk) -> None:
    """`explain` of a lead shows its deal and lines, of a statement its lines and sums; case does not matter."""
    lead = next(row for row in filled.rows("Leads") if row["Company"] == "Acme")
    chain = steps(filled.command("explain", lead["Lead"].lower(), "--json"))
    assert lead["Deal ID"] in chain["deal"]

    said = filled.command("explain", "2026-q1/north-star/gbp", "--json")
    assert "300.00" == said.json["amount"]
    assert ["0.00", "sent"] == [steps(said)[name] for name in ("opening", "told")]
    assert 3 == len([step for step in said.json["steps"] if step["step"].startswith("2026-0")])

    broken = next(row for row in filled.rows("Leads") if row["Company"] == "Birch")
    assert "Email" in steps(filled.command("explain", broken["Lead"], "--json"))["problem"]


def test_explain_nothing(desk: Desk) -> None:
    """A key that is nobody's is said so, with exit code 1."""
    said = desk.command("explain", "L-AAAAAAAA")

    assert 1 == said.code
    assert "L-AAAAAAAA is not the key" in said.err


def test_retry_lists(desk: Desk) -> None:
    """`retry` without a key lists what is held."""
    assert "Nothing is held" in desk.command("retry").out


# ---- setup, doctor, init --------------------------------------------------------------------------------------------


def test_setup_shows_and_makes(world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`setup` shows what is missing and writes nothing; with --apply it makes it; then everything is there."""
    for name, value in world.environment().items():
        monkeypatch.setenv(name, value)
    bare = Desk(world, tmp_path)

    shown = bare.command("setup", "--json")
    assert 0 == shown.code
    assert "Table Partners" in str(shown.json["missing"]) or "Partners" in str(shown.json["missing"])
    assert "partner_lead_id" in str(shown.json["missing"])
    assert {"service", "what", "remedy", "makeable"} == shown.json["missing"][0].keys()
    assert world.airtable.table("Leads") is None

    assert 0 == bare.command("setup", "--apply").code
    assert {"missing": [], "left": []} == bare.command("setup", "--json").json
    assert "Everything is there" in bare.command("setup").out
    assert "Lead" in {field.name for field in world.airtable.table("Leads").fields.values()}


def test_doctor_is_well(desk: Desk) -> None:
    """`doctor` looks at every service, one line a check, and ends with 0 when all is well."""
    said = desk.command("doctor", "--json")

    assert [] == [check for check in said.json["checks"] if not check["ok"]]
    assert 0 == said.code
    names = " ".join(check["check"] for check in said.json["checks"]).lower()
    assert [] == [
        part for part in ("config", "airtable", "hubspot", "xero", "slack", "mail", "rules") if part not in names
    ]


def test_a_missing_column(desk: Desk) -> None:
    """A column that was deleted is named by run and doctor with what creates it, and nothing is written meanwhile."""
    desk.partner("North Star")
    desk.lead("North Star", "Acme")
    desk.world.airtable.delete_field("Leads", "Deal ID")
    desk.later(hours=2)

    said, checked = desk.command("run", "--json"), desk.command("doctor")

    assert (1, 1) == (said.code, checked.code)
    for output in (said.output, checked.output):
        assert "Deal ID" in output
        assert "quarterday setup --apply" in output
    assert [] == desk.world.hubspot.deals()
    assert 0 == desk.command("setup", "--apply").code
    desk.later(hours=2)
    assert 0 == desk.command("run").code
    assert 1 == len(desk.world.hubspot.deals())


def test_a_renamed_column(desk: Desk) -> None:
    """A column that somebody renamed is still the same column: nothing else is needed."""
    desk.partner("North Star")
    row = desk.lead("North Star", "Acme")
    desk.run("intake")
    desk.world.airtable.rename_field("Leads", "Company", "Client name")
    desk.world.airtable.rename_field("Leads", "Deal ID", "HubSpot")
    desk.world.airtable.edit("Leads", row, {"Notes": "Said yes"})
    desk.later(hours=2)

    assert 0 == desk.command("run").code
    assert 0 == desk.command("doctor").code
    assert "Everything is there." in desk.command("setup").out
    assert "Known by its id: the column Leads.Company is called Client name now." in desk.command("setup").out
    renamed = desk.command("setup", "--json").json["renamed"]
    assert "the column Leads.Deal ID is called HubSpot now" in renamed
    assert [desk.row(row)["HubSpot"]] == [deal["id"] for deal in desk.world.hubspot.deals()]


def test_columns_of_their_own(desk: Desk) -> None:
    """A base that has its own names of columns is told of by [columns.leads]; `setup` makes no others."""
    desk.world.airtable.rename_field("Leads", "Company", "Client name")
    desk.config.write_text(
        desk.config.read_text(encoding="utf-8") + '\n[columns.leads]\nCompany = "Client name"\n', encoding="utf-8"
    )
    desk.forget()
    desk.partner("North Star")
    desk.world.airtable.add_row("Leads", {"Partner": "North Star", "Client name": "Acme", "Email": "jo@acme.test"})

    assert {"missing": [], "left": []} == desk.command("setup", "--json").json
    assert 0 == desk.command("run").code
    assert ["Acme – North Star"] == [deal["properties"]["dealname"] for deal in desk.world.hubspot.deals()]


def test_two_programmes_share_one_state(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two programmes may keep their state in one file: neither sees, sends or counts anything of the other's."""
    with World(START) as elsewhere:
        other = Desk(elsewhere, tmp_path_factory.mktemp("other"))
        mended(other.config, 'name = "Sandbox programme"', f'name = "Other"\nstate = "sqlite:///{desk.state}"')
        mended(desk.config, "[programme]", f'[programme]\nstate = "sqlite:///{desk.state}"')
        other.set_up()
        for one in (desk, other):
            one.partner("North Star")
            one.lead("North Star", "Acme")
        assert [0, 0, 0, 0] == [one.command("run").code for one in (desk, other, desk, other)]

        for one in (desk, other):
            assert 1 == len(one.world.hubspot.deals()) == len(one.world.mail.received)
        assert "Other" == other.command("status", "--json").json["programme"]
        assert {"sent": 1} == {k: n for k, n in other.command("status", "--json").json["messages"].items() if n}


def test_a_missing_property(desk: Desk) -> None:
    """A CRM property that was deleted is named by run and doctor with what creates it."""
    desk.partner("North Star")
    desk.lead("North Star", "Acme")
    desk.world.hubspot.delete_property("deals", "source_partner")
    desk.later(hours=2)

    said, checked = desk.command("run", "--json"), desk.command("doctor")

    assert (1, 1) == (said.code, checked.code)
    for output in (said.output, checked.output):
        assert "source_partner" in output
        assert "quarterday setup --apply" in output


def test_doctor_with_everything_down(desk: Desk) -> None:
    """`doctor` names every service that is not there, and what to do."""
    text = desk.config.read_text(encoding="utf-8")
    for server in desk.world.servers.values():
        text = text.replace(server.url, "http://127.0.0.1:9")
    desk.config.write_text(text.replace(f"port = {desk.world.mail.port}", "port = 9"), encoding="utf-8")

    said = desk.command("doctor", "--json")

    assert 1 == said.code
    amiss = " ".join(check["check"] for check in said.json["checks"] if not check["ok"]).lower()
    assert [] == [part for part in ("airtable", "hubspot", "xero", "slack", "mail") if part not in amiss]
    assert [] == [check for check in said.json["checks"] if not check["ok"] and not check["remedy"]]


@pytest.mark.parametrize("command", [["plan"], ["explain", "L-AAAAAAAA"], ["setup"]])
def test_words_instead_of_a_trace(desk: Desk, command: list[str]) -> None:
    """A service that is down is said in words by every command that needs it, with exit code 1."""
    mended(desk.config, desk.world.servers["airtable"].url, "http://127.0.0.1:9")

    said = desk.command(*command)

    assert 1 == said.code
    assert "airtable" in said.output.lower()
    assert "Traceback" not in said.output


def test_init_writes_a_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`init` asks, writes a config that loads once the tokens are set, and never writes over one unasked."""
    for name in ("AIRTABLE_TOKEN", "HUBSPOT_TOKEN", "XERO_CLIENT_ID", "XERO_CLIENT_SECRET", "SLACK_TOKEN",
                 "SMTP_PASSWORD"):  # fmt: skip
        monkeypatch.setenv(name, "t")
    path = tmp_path / "config.toml"
    answers = [
        'Acme "Partners"', "", "eur", "", "nonsense", "https://airtable.com/appAAAAAAAAAAAAAA/tblX", "", "", "y", "y",
        "smtp.example.com", "me@example.com", "Partners <partners@example.com>",
    ]  # fmt: skip

    asked = CliRunner().invoke(cli, ["--config", str(path), "init"], input="\n".join(answers) + "\n")

    assert 0 == asked.exit_code
    config = load_config(path)
    assert ('Acme "Partners"', "EUR", "appAAAAAAAAAAAAAA") == (
        config.programme.name, config.programme.currency, config.airtable.base
    )  # fmt: skip
    assert config.slack is not None
    assert config.email is not None
    assert "smtp.example.com" == config.email.host
    before = path.read_text(encoding="utf-8")
    refused = CliRunner().invoke(cli, ["--config", str(path), "init"], input="\n" * 20)
    assert 1 == refused.exit_code
    assert "--force" in refused.output
    assert before == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("there", [True, False])
def test_init_asks_for_a_spreadsheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    """Who keeps leads in a spreadsheet is asked for it, and told whom to share it with before anything else."""
    for name in ("HUBSPOT_TOKEN", "XERO_CLIENT_ID", "XERO_CLIENT_SECRET"):
        monkeypatch.setenv(name, "t")
    path, sheet = tmp_path / "config.toml", "1" + "x" * 43
    key = tmp_path / "key.json"
    held = {"client_email": "worker@example.com", "private_key": "-----BEGIN", "token_uri": "https://example.com"}
    if there:
        key.write_text(json.dumps(held), encoding="utf-8")
    answers = ["Acme", "", "", "excel", "google-sheets", "nonsense", f"https://docs.google.com/spreadsheets/d/{sheet}/edit#gid=0",
               "key.json", "", "", "n", "n"]  # fmt: skip

    asked = CliRunner().invoke(cli, ["--config", str(path), "init"], input="\n".join(answers) + "\n")

    assert 0 == asked.exit_code
    assert ("worker@example.com" in asked.output, str(key) in asked.output) == (there, not there)
    key.write_text(json.dumps(held), encoding="utf-8")
    config = load_config(path)
    assert (None, sheet) == (config.airtable, config.google_sheets and config.google_sheets.spreadsheet)


# ---- secrets --------------------------------------------------------------------------------------------------------


def test_no_token_shows(filled: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """No command prints a token, well or not, however much it logs; nor does one stand in the state."""
    monkeypatch.setenv("QUARTERDAY_LOG", "debug")
    said = [filled.command(*line.split()) for line in ("plan", "run --json", "status", "doctor", "setup", "retry")]
    filled.later(hours=2)
    for server in filled.world.servers.values():
        server.service.faults.order("status", times=10**6, options={"status": 401, "body": "{}"})
    said += [
        filled.command(*line.split()) for line in ("plan", "run", "run --json", "doctor", "setup", "status --json")
    ]

    output = "".join(one.output for one in said)
    tokens = [*TOKENS, filled.world.slack.token]
    assert [] == [token for token in tokens if token in output]
    state = b"".join(file.read_bytes() for file in filled.folder.glob("quarterday.db*"))
    assert [] == [token for token in tokens if token.encode() in state]


def test_no_mail_address_is_logged(filled: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs speak of keys, never of a person's mail address."""
    monkeypatch.setenv("QUARTERDAY_LOG", "debug")
    filled.lead("North Star", "Cedar")
    said = filled.command("run", "--json")

    assert "message.sent" in said.err
    assert "@" not in said.err


def test_one_object_on_stdout(filled: Desk) -> None:
    """With --json stdout holds one JSON object and nothing else, when a service fails too."""
    for line in ("plan --json", "run --json", "status --json", "doctor --json", "setup --json"):
        assert isinstance(json.loads(filled.command(*line.split()).out), dict)
    filled.world.hubspot.faults.order("html", times=10**6)
    filled.later(hours=2)
    for line in ("plan --json", "run --json", "doctor --json"):
        said = filled.command(*line.split())
        assert 1 == said.code
        assert isinstance(json.loads(said.out), dict)
