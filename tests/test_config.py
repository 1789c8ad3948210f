"""config.toml: every fault at once, with file, key and remedy; secrets from environment and files, never in a fault."""

from __future__ import annotations

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

    assert "https://api.airtable.com" == config.airtable.endpoint
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


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[programme", None])
def test_a_file_that_can_not_be_read_is_one_fault(written: Path, content: bytes | None) -> None:
    """A missing, garbled or broken file is told once, without a list of what it lacks."""
    written.unlink() if content is None else written.write_bytes(content)

    assert 1 == len(faults(written))
