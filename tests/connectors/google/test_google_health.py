"""What the doctor says of a spreadsheet: every fault its own sentence and what to do about it; nothing is written."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.connectors.google.google_stand import Stand
from tests.connectors.standins import Time
from worker.ports import Check, Unauthorised, Unavailable
from worker.sandbox.google.workspace import ACCOUNT

SPREADSHEET = "Google spreadsheet 1SandboxSheet0000000000000000000000000000001"
DRIVE_OFF = {"error": {
    "code": 403, "message": "Google Drive API has not been used in project 318273645091 before or it is disabled.",
    "errors": [{"reason": "accessNotConfigured", "domain": "usageLimits"}],
}}  # fmt: skip


def bad(stand: Stand, **changed: Any) -> list[Check]:
    return [check for check in stand.tracker(**{"caller": stand.once, **changed}).check() if not check.ok]


def without_key(stand: Stand, **cells: Any) -> str:
    return json.dumps({**json.loads(stand.key), **cells})


def always(fault: str, path: str = "/v4") -> Callable[[Stand], None]:
    """Return what orders a fault for every request below a path."""
    return lambda stand: stand.google.faults.order(fault, path=path, times=9)


class Ahead(Time):
    """A machine whose clock is ahead by two minutes."""

    def now(self) -> datetime:
        return super().now() + timedelta(minutes=2)


def test_all_is_well_after_setting_up(stand: Stand) -> None:
    """Spreadsheet, clock, sharing and tabs, one line each; looking changes nothing."""
    before = stand.google.file.history[-1].version

    found = stand.tracker().check()

    assert [True] * 4 == [check.ok for check in found]
    assert [SPREADSHEET, "clock", "Google sharing", "Google tabs"] == [check.name for check in found]
    assert f"“Sandbox programme”, readable by {ACCOUNT}, 8 tabs" == found[0].found
    assert before == stand.google.file.history[-1].version


# Each: what is wrong; what of the first line is said, and what to do about it.
FAULTS: dict[str, tuple[Callable[[Stand], dict[str, Any] | None], str, str]] = {
    "the key file is no JSON": (
        lambda stand: {"service_account": "-----BEGIN PRIVATE KEY-----"},
        "the key file is not that of a service account", "download its JSON key again",
    ),
    "the key file is that of a person": (
        lambda stand: {"service_account": '{"installed": {"client_id": "1"}}'},
        "the key file is not that of a service account", "download its JSON key again",
    ),
    "the private key is broken": (
        lambda stand: {"service_account": without_key(stand, private_key="-----BEGIN PRIVATE KEY-----\nx\n")},
        "the key file's private key can't be read", "download the service account's JSON key again",
    ),
    "the key was deleted": (
        lambda stand: stand.google.faults.order("invalid-grant", times=9),
        "account not found", "make a new key in the Google Cloud console",
    ),
    "the key is that of another account": (
        lambda stand: {"service_account": without_key(stand, client_email="gone@sandbox.test")},
        "account not found", "make a new key in the Google Cloud console",
    ),
    "the clock is wrong": (
        lambda stand: setattr(stand.google, "identity_now", lambda: time.time() + 3 * 3600),
        "reasonable timeframe", "check this machine's clock",
    ),
    "the Sheets API is off": (
        always("service-disabled"),
        "Google Sheets API has not been used in project", "enable sheets.googleapis.com in the project of the service",
    ),
    "not shared": (
        lambda stand: stand.google.unshare(ACCOUNT),
        "The caller does not have permission", f"share the spreadsheet with {ACCOUNT} as an editor",
    ),
    "not found": (
        lambda stand: {"spreadsheet": "1Nowhere"},
        "the spreadsheet 1Nowhere was not found", "check its id in the configuration",
    ),
    "the quota is used up": (
        always("quota"),
        "Quota exceeded for quota metric 'Read requests'", "try again in a minute",
    ),
    "a page instead of an answer": (
        always("bad-gateway"),
        "502 without the expected JSON", "try again in a minute",
    ),
    "no answer": (
        always("drop-before"),
        "no answer (ConnectionError)", "try again in a minute",
    ),
    "a token that is always stale": (
        always("stale-token"),
        "invalid authentication credentials", "check the service account's key",
    ),
    "the token endpoint is away": (
        always("drop-before", "/token"),
        "the token endpoint gave no token", "try again in a minute",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_has_a_sentence_of_its_own(stand: Stand, fault: str) -> None:
    """What was asked, what came of it, and what to do; lines that hang on it are left out."""
    arrange, said, remedy = FAULTS[fault]

    (found,) = bad(stand, **(arrange(stand) or {}))

    assert found.name.startswith("Google spreadsheet")
    assert said in found.found
    assert remedy in found.remedy
    assert found.found != found.remedy


def test_no_two_faults_that_need_another_remedy_sound_alike(stand: Stand) -> None:
    """The sentences tell the faults apart."""
    assert len({(said, remedy) for _, said, remedy in FAULTS.values()}) >= len(FAULTS) - 2


def test_an_account_that_may_only_look_is_told(stand: Stand) -> None:
    """It can read everything, so only the sharing is at fault."""
    stand.google.share(ACCOUNT, "reader")

    (found,) = bad(stand)

    assert ("Google sharing", f"{ACCOUNT} may only look") == (found.name, found.found)
    assert f"share the spreadsheet with {ACCOUNT} as an editor" == found.remedy


def test_the_drive_api_may_be_off_alone(stand: Stand) -> None:
    """Sheets works and Drive does not: which one to enable is said."""
    stand.google.faults.order("status", path="/drive", times=9, options={"status": 403, "body": DRIVE_OFF})

    (found,) = bad(stand)

    assert "Google sharing" == found.name
    assert "Drive says: Google Drive API has not been used in project" in found.found
    assert "enable the Sheets and Drive APIs in the project of the service account" in found.remedy


def test_a_clock_that_is_off_by_minutes_is_told(stand: Stand) -> None:
    """Statement days hang on it, long before tokens fail."""
    (found,) = bad(stand, clock=Ahead(stand.clock))

    assert ("clock", "120 s ahead of Google's", "set this machine's clock, best by NTP") == (
        found.name, found.found, found.remedy,
    )  # fmt: skip


def test_what_is_missing_has_a_line_each(stand: Stand) -> None:
    """A tab, a column, a list: what it is, and that setup makes it."""
    stand.google.delete_tab("Splits")
    stand.google.delete_columns("Leads", "Suggestion")

    found = bad(stand)

    assert ["missing: the column Leads.Suggestion", "missing: the tab Splits (3 columns)"] == [c.found for c in found]
    assert all("`quarterday setup --apply` makes it" in check.remedy for check in found)


def test_the_same_sentence_stops_a_run(stand: Stand) -> None:
    """Reading without permission raises what the doctor says; a quota is waited for, not told as a fault of the key."""
    stand.google.unshare(ACCOUNT)
    with pytest.raises(Unauthorised, match="share the spreadsheet with"):
        stand.tracker().read(["Leads"])
    stand.google.share(ACCOUNT, "writer")
    stand.google.faults.order("quota", path="/v4")
    with pytest.raises(Unavailable) as told:
        stand.tracker(caller=stand.once).read(["Leads"])
    assert told.value.limited
    assert timedelta(0) < (told.value.retry_after or timedelta(0)) <= timedelta(seconds=64)


def test_no_secret_is_ever_said(stand: Stand) -> None:
    """Neither key nor token is in any sentence, whatever goes wrong."""
    for arrange, *_ in FAULTS.values():
        changed = arrange(stand) or {}
        said = json.dumps([(c.found, c.remedy) for c in stand.tracker(**{"caller": stand.once, **changed}).check()])
        assert "PRIVATE KEY" not in said
        assert "ya29" not in said
        stand.google.faults.clear()
