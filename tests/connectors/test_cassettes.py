"""What holds of the cassettes of every service: each case has one, and those of the sandbox are as it answers today."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.airtable import airtable_cassettes
from tests.connectors.google import google_cassettes
from tests.connectors.hubspot import hubspot_cassettes
from tests.connectors.slack import slack_cassettes
from tests.connectors.xero import xero_cassettes

SERVICES = {
    "airtable": airtable_cassettes, "google": google_cassettes, "hubspot": hubspot_cassettes, "slack": slack_cassettes,
    "xero": xero_cassettes,
}  # fmt: skip
RECORDED_AGAIN = {
    "airtable": ("doctor", "read-and-follow", "rate-limit-in-a-list", "row-gone", "html-on-writing"),
    "google": ("write", "sorted-between", "quota-on-writing", "html-on-writing", "key-refused"),
    "hubspot": ("put-and-find", "deals", "rows-refused", "limit-in-words"),
    "slack": ("post", "direct-message", "find", "too-fast", "metadata-hidden", "html-as-success"),
    "xero": ("books", "follow", "contacts", "expired-token", "rate-limit-in-a-form", "bad-scope"),
}


@pytest.mark.parametrize("service", SERVICES)
def test_every_case_has_its_cassette_and_no_other(service: str) -> None:
    """No case without a file, no file without a case."""
    at = SERVICES[service]

    assert sorted(at.CASES) == sorted(file.stem for file in at.FOLDER.glob("*.yaml"))


@pytest.mark.parametrize(("service", "name"), [(s, name) for s, names in RECORDED_AGAIN.items() for name in names])
def test_the_sandbox_still_says_what_it_said(service: str, name: str, tmp_path: Path) -> None:
    """A cassette of the sandbox is byte for byte what it answers today, so a stale one is found."""
    at = SERVICES[service]
    kept = (at.FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    if not kept.startswith("# Recorded from the sandbox."):
        pytest.skip("recorded from a live account")

    at.record(name, tmp_path)

    assert kept == (tmp_path / f"{name}.yaml").read_text(encoding="utf-8")
