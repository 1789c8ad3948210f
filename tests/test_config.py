"""config.toml: every fault at once, with file, key and remedy; secrets from environment and files, never in a fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from worker.config import load_config
from worker.toml_reader import ConfigError

WHOLE = """
[programme]
name = "Test"
[tracker.airtable]
base = "appXXXXXXXXXXXXXX"
[notify]
channels = []
"""


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AIRTABLE_TOKEN", "HUBSPOT_TOKEN", "XERO_CLIENT_ID", "XERO_CLIENT_SECRET"):
        monkeypatch.setenv(name, "t0ken")
    for name in ("SLACK_TOKEN", "SMTP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "config.toml"
    path.write_text(WHOLE, encoding="utf-8")
    return path


def faults(path: Path) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert all(fault.file == str(path) and fault.remedy for fault in caught.value.faults)
    return [(fault.key, fault.text) for fault in caught.value.faults]


def test_defaults_fill_what_is_left_out(written: Path) -> None:
    """A configuration of a name and a base is enough where the tokens are in the environment."""
    config = load_config(written)

    assert config.airtable is not None
    assert "https://api.airtable.com" == config.airtable.endpoint
    assert config.google_sheets is None
    assert "Europe/London" == config.programme.time_zone.key
    assert f"sqlite:///{written.parent / 'quarterday.db'}" == config.programme.state
    assert (None, None) == (config.slack, config.email)


def test_every_fault_is_told_at_once(written: Path) -> None:
    """Faults of five kinds in five sections come in one list."""
    written.write_text(
        '[programme]\ntimezone = "Mars/Olympus"\nnmae = "x"\n[tracker]\nkind = "excel"\n[tracker.airtable]\nbase = 7\n'
        'monthly_calls = -1\n[crm.hubspot]\ntoken = "env:NOT_SET"\nendpoint = "hubapi"\n[notify]\nchannels = ["fax"]\n',
        encoding="utf-8",
    )

    assert {
        "programme.name", "programme.nmae", "programme.timezone", "tracker.kind", "tracker.airtable.base",
        "tracker.airtable.monthly_calls", "crm.hubspot.token", "crm.hubspot.endpoint", "notify.channels",
    } == {key for key, _ in faults(written)}  # fmt: skip


def test_a_misspelt_key_is_told_with_the_one_that_was_meant(written: Path) -> None:
    """A typo in a key names the key that is close to it."""
    written.write_text(WHOLE.replace("base =", "bsae ="), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(written)

    assert any("Was 'base' meant?" in fault.remedy for fault in caught.value.faults)


def test_a_missing_secret_names_the_variable(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment variable that is not set is named, and so is its key."""
    monkeypatch.delenv("HUBSPOT_TOKEN")

    assert [("crm.hubspot.token", "names the environment variable HUBSPOT_TOKEN, which is not set")] == faults(written)


def test_a_secret_is_read_from_a_file_beside_the_configuration(written: Path) -> None:
    """`file:` is relative to config.toml, and blanks around the secret do not count."""
    (written.parent / "token").write_text("  from file\n", encoding="utf-8")
    written.write_text(WHOLE + '[crm.hubspot]\ntoken = "file:token"\n', encoding="utf-8")

    assert "from file" == load_config(written).hubspot.token


def test_a_secret_file_that_is_not_there_is_a_fault(written: Path) -> None:
    """A secret's file that can't be read is told with its name."""
    written.write_text(WHOLE + '[crm.hubspot]\ntoken = "file:nowhere"\n', encoding="utf-8")

    assert [("crm.hubspot.token", "names the file nowhere, which can't be read (No such file or directory)")] == faults(
        written
    )


def test_a_secret_file_that_is_no_text_is_a_fault(written: Path) -> None:
    """A secret's file that holds no text is told, not stumbled over."""
    (written.parent / "token").write_bytes(b"\xff\xfe")
    written.write_text(WHOLE + '[crm.hubspot]\ntoken = "file:token"\n', encoding="utf-8")

    assert [("crm.hubspot.token", "names the file token, which can't be read (it is not UTF-8 text)")] == faults(
        written
    )


def test_channels_need_only_their_own_settings(written: Path) -> None:
    """Slack asks for its token, e-mail for host and sender, and neither for the other's."""
    written.write_text(WHOLE.replace("[]", '["email"]'), encoding="utf-8")

    assert ["notify.email.host", "notify.email.sender"] == [key for key, _ in faults(written)]


def test_secrets_written_out_are_noted_for_the_doctor(written: Path) -> None:
    """A token that stands in the file itself works, and the doctor is told."""
    written.write_text(WHOLE + '[crm.hubspot]\ntoken = "pat-1"\n', encoding="utf-8")
    config = load_config(written)

    assert ("pat-1", ("crm.hubspot.token",)) == (config.hubspot.token, config.literal_secrets)


def test_columns_are_mapped_by_table(written: Path) -> None:
    """[columns.leads] says how the base calls our columns; a column that we do not have is a fault."""
    written.write_text(WHOLE + '[columns.leads]\nCompany = "Client name"\nCompnay = "x"\n', encoding="utf-8")
    assert [("columns.leads.Compnay", "is not a setting that is known here")] == faults(written)

    written.write_text(WHOLE + '[columns.leads]\nCompany = "Client name"\n', encoding="utf-8")
    assert {"Leads": {"Company": "Client name"}} == load_config(written).columns


# ---- the other tracker ----------------------------------------------------------------------------------------------

SHEET = "1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG"
KEY = {
    "client_email": "worker@example.com",
    "private_key": "-----BEGIN PRIVATE KEY-----",
    "token_uri": "https://x.test",
}
SHEETS = f"""
[programme]
name = "Test"
[tracker]
kind = "google-sheets"
[tracker.google-sheets]
spreadsheet = "{SHEET}"
[notify]
channels = []
"""


@pytest.fixture
def sheets(written: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration whose tracker is a spreadsheet, its key file beside it; nothing of Airtable is there."""
    monkeypatch.delenv("AIRTABLE_TOKEN")
    (written.parent / "service-account.json").write_text(json.dumps(KEY), encoding="utf-8")
    written.write_text(SHEETS, encoding="utf-8")
    return written


def test_a_spreadsheet_needs_its_id_and_a_key_file(sheets: Path) -> None:
    """A spreadsheet's id is enough where the key file lies beside the configuration."""
    config = load_config(sheets)

    assert config.airtable is None
    assert config.google_sheets is not None
    assert (SHEET, KEY) == (config.google_sheets.spreadsheet, json.loads(config.google_sheets.service_account))
    assert "https://sheets.googleapis.com" == config.google_sheets.endpoint
    assert "https://www.googleapis.com" == config.google_sheets.drive_endpoint
    assert "PRIVATE KEY" not in repr(config)


@pytest.mark.parametrize("address", [
    f"https://docs.google.com/spreadsheets/d/{SHEET}/edit#gid=0", f"https://docs.google.com/spreadsheets/d/{SHEET}",
    f"https://docs.google.com/spreadsheets/u/1/d/{SHEET}/edit?usp=sharing", f" {SHEET} ",
])  # fmt: skip
def test_the_id_is_taken_out_of_an_address(sheets: Path, address: str) -> None:
    """The address in the browser's bar does as well as the id in it."""
    sheets.write_text(SHEETS.replace(SHEET, address), encoding="utf-8")
    config = load_config(sheets)

    assert config.google_sheets is not None
    assert SHEET == config.google_sheets.spreadsheet


@pytest.mark.parametrize("wrong", ["Leads 2026", "https://docs.google.com/document/d/" + SHEET, "short"])
def test_what_is_no_spreadsheet_is_a_fault(sheets: Path, wrong: str) -> None:
    """A name, another kind of document and a stub of an id are told."""
    sheets.write_text(SHEETS.replace(SHEET, wrong), encoding="utf-8")

    assert [("tracker.google-sheets.spreadsheet", f"is {wrong!r}")] == faults(sheets)


@pytest.mark.parametrize(("content", "lacks"), [
    ("not JSON", "client_email, private_key, token_uri"), ('["a", "list"]', "client_email, private_key, token_uri"),
    (json.dumps({"installed": {"client_id": "x"}}), "client_email, private_key, token_uri"),
    (json.dumps({**KEY, "token_uri": ""}), "token_uri"), (json.dumps({**KEY, "client_email": 7}), "client_email"),
    (json.dumps({**KEY, "private_key": "s3cret"}), "private_key in PEM form"),
])  # fmt: skip
def test_a_key_file_that_is_none_is_a_fault(sheets: Path, content: str, lacks: str) -> None:
    """The fault names the file and what it lacks, and shows nothing of what it holds."""
    (sheets.parent / "service-account.json").write_text(content, encoding="utf-8")

    found = faults(sheets)

    key = "tracker.google-sheets.service_account"
    assert [(key, f"names the file service-account.json, which is no key file: it lacks {lacks}")] == found


def test_a_key_in_the_environment_is_named_by_its_variable(sheets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key may be an environment variable; a fault names the variable. Written out, nothing of it is shown."""
    sheets.write_text(SHEETS.replace("spreadsheet =", 'service_account = "env:KEY"\nspreadsheet ='), encoding="utf-8")
    monkeypatch.setenv("KEY", json.dumps(KEY))
    assert load_config(sheets).google_sheets is not None

    monkeypatch.setenv("KEY", "{}")
    words = "is no key file: it lacks client_email, private_key, token_uri"
    assert [("tracker.google-sheets.service_account", f"names the variable KEY, which {words}")] == faults(sheets)

    sheets.write_text(SHEETS.replace("spreadsheet =", "service_account = 's3cret'\nspreadsheet ="), encoding="utf-8")
    assert [("tracker.google-sheets.service_account", f"is a text that {words}")] == faults(sheets)


def test_everything_that_a_spreadsheet_lacks_is_told_at_once(sheets: Path) -> None:
    """No spreadsheet, no key file, a key that nobody knows and an endpoint that is none come in one list."""
    (sheets.parent / "service-account.json").unlink()
    sheets.write_text(
        SHEETS.replace(f'spreadsheet = "{SHEET}"', 'sheet = "x"\ndrive_endpoint = "drive"'), encoding="utf-8"
    )

    assert {
        f"tracker.google-sheets.{name}" for name in ("spreadsheet", "service_account", "sheet", "drive_endpoint")
    } == {key for key, _ in faults(sheets)}


@pytest.mark.parametrize(("chosen", "other"), [("google-sheets", "airtable"), ("airtable", "google-sheets")])
def test_the_other_tracker_may_stand_there(
    sheets: Path, monkeypatch: pytest.MonkeyPatch, chosen: str, other: str
) -> None:
    """The section of the tracker that was not chosen asks for no secret, but a misspelt key in it is told."""
    monkeypatch.setenv("AIRTABLE_TOKEN", "t0ken")
    both = SHEETS.replace("google-sheets", chosen, 1) + '[tracker.airtable]\nbase = "appXXXXXXXXXXXXXX"\n'
    if other == "airtable":
        monkeypatch.delenv("AIRTABLE_TOKEN")
    else:
        (sheets.parent / "service-account.json").unlink()
    sheets.write_text(both, encoding="utf-8")
    config = load_config(sheets)
    assert (chosen == "airtable", chosen != "airtable") == (
        config.airtable is not None,
        config.google_sheets is not None,
    )

    sheets.write_text(both.replace(f"[tracker.{other}]", f"[tracker.{other}]\ntokne = 1"), encoding="utf-8")
    assert [(f"tracker.{other}.tokne", "is not a setting that is known here")] == faults(sheets)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[programme", None])
def test_a_file_that_can_not_be_read_is_one_fault(written: Path, content: bytes | None) -> None:
    """A missing, garbled or broken file is told once, without a list of what it lacks."""
    written.unlink() if content is None else written.write_bytes(content)

    assert 1 == len(faults(written))
