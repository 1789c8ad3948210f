"""What the files at the top promise: the example configuration loads and names every setting, the rules load, every
command is in the README, nothing prints behind the command line's back, and no import is slow."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from worker.cli import cli
from worker.config import load_config
from worker.rules import FLOWS, load_rules
from worker.settings import (
    AirtableSettings,
    EmailSettings,
    GoogleSheetsSettings,
    HubSpotSettings,
    Programme,
    SlackSettings,
    XeroSettings,
)

ROOT = Path(__file__).resolve().parents[1]
SECRETS = ("AIRTABLE_TOKEN", "HUBSPOT_TOKEN", "XERO_CLIENT_ID", "XERO_CLIENT_SECRET", "SLACK_TOKEN", "SMTP_PASSWORD")


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, f"secret of {name}")


def test_the_example_configuration_loads(tokens: None) -> None:
    """config.example.toml is a configuration that works as it stands, once the tokens are set."""
    config = load_config(ROOT / "config.example.toml")

    assert "Partner programme" == config.programme.name
    assert "secret of AIRTABLE_TOKEN" == config.airtable.token


def test_the_example_names_every_setting() -> None:
    """Every setting that is read stands in config.example.toml."""
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    renamed = {"time_zone": "timezone"}
    kinds = (
        Programme, AirtableSettings, GoogleSheetsSettings, HubSpotSettings, XeroSettings, SlackSettings, EmailSettings,
    )  # fmt: skip
    names = {renamed.get(f.name, f.name) for kind in kinds for f in fields(kind)}

    assert set() == {name for name in names if f"\n{name} = " not in text}


def test_no_secret_shows_in_the_settings(tokens: None) -> None:
    """Printing the settings, as a traceback may do, shows no token and no password."""
    config = load_config(ROOT / "config.example.toml")

    assert "secret of" not in repr(config)


def test_the_rules_load() -> None:
    """Every file of rules/ loads as it is shipped, and every flow has its time."""
    loaded = load_rules(ROOT / "rules", "Partner programme")

    assert set(FLOWS) == set(loaded.schedule.flows)
    assert {"gold", "silver", "bronze"} == {plan.name for plan in loaded.rules.plans.versions}


def test_every_command_is_in_the_readme() -> None:
    """The README speaks of every command that the command line has."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [] == [name for name in cli.commands if f"quarterday {name}" not in readme]


def test_nothing_prints_but_the_command_line() -> None:
    """No module writes to stdout with print."""
    allowed = {ROOT / "worker/show.py", ROOT / "worker/cli.py"}
    guilty = []
    for path in sorted((ROOT / "worker").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
        if path not in allowed and any(c.func.id == "print" for c in calls):  # type: ignore[attr-defined]
            guilty.append(path.name)

    assert [] == guilty


def test_the_command_line_starts_without_any_sdk() -> None:
    """Asking for help imports no SDK, no database and no scheduler, so it answers at once."""
    heavy = (
        "pyairtable", "gspread", "google.auth", "hubspot", "xero_python", "slack_sdk", "sqlalchemy", "apscheduler",
        "phonenumbers", "rich",
    )  # fmt: skip
    code = f"import sys, worker.cli; print([m for m in {heavy!r} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "[]" == shown.stdout.strip()
