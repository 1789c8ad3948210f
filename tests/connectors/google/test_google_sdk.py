"""gspread and google-auth as we use them: what of their habits would do harm, and that none of it happens."""

from __future__ import annotations

import base64
import json
import threading
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from tests.connectors.google.google_stand import Stand
from worker.connectors.google_sheets.account import SCOPES, TIMEOUT, connect, key_of
from worker.ports import Edit, ServiceError, Unauthorised


def whole_day(stand: Stand) -> None:
    """Everything that a day of work asks of a spreadsheet: setting up, reading, writing, making, adding, deleting."""
    tracker = stand.tracker()
    tracker.make(tracker.missing())
    stand.lead(Company="=1+1")
    (row,) = tracker.read(["Leads"])["Leads"]
    tracker.write([Edit("Leads", row.id, "", {"Lead": "L-ABCDEFGH", "Deal value": Decimal("0.1")})])
    tracker.write([Edit("Commissions", None, "a", {"Status": "Expected", "Amount": Decimal("12.10")})])
    tracker.append("Activity", [{"What": "=1+1", "When": datetime(2026, 11, 2, tzinfo=UTC)}])
    (told,) = tracker.read(["Activity"])["Activity"]
    tracker.delete("Activity", [told.id])
    tracker.check()


def values_of(body: Any) -> list[Any]:
    if isinstance(body, dict):
        return [one for value in body.values() for one in values_of(value)]
    return [one for value in body for one in values_of(value)] if isinstance(body, list) else [body]


def test_everything_goes_in_raw(bare: Stand) -> None:
    """No request is read as if it were typed, none makes a formula, and nothing is appended by guess."""
    whole_day(bare)

    bodies = [json.loads(c.body) for c in bare.server.log if c.body and c.path != "/token"]
    options = {body["valueInputOption"] for body in bodies if "valueInputOption" in body}
    assert {"RAW"} == options
    assert b"USER_ENTERED" not in b"".join(c.body for c in bare.server.log)
    assert b"formulaValue" not in b"".join(c.body for c in bare.server.log)
    assert [] == [c.path for c in bare.server.log if ":append" in c.path or c.method not in ("GET", "POST")]
    assert {} == bare.google.formulas("Leads") == bare.google.formulas("Activity")


def test_no_cell_is_written_by_a_row_number(stand: Stand) -> None:
    """Cells go by marks of columns: no A1 range is ever sent with values."""
    whole_day(stand)

    sent = [json.loads(c.body) for c in stand.server.log if "values:batchUpdate" in c.path]
    assert sent
    assert {"developerMetadataLookup"} == {
        name for body in sent for part in body["data"] for name in part["dataFilter"]
    }
    assert b"a1Range" not in b"".join(c.body for c in stand.server.log)


def test_numbers_go_out_exact(stand: Stand) -> None:
    """Decimals are written with their own digits, never through a float; more digits than a cell keeps do no harm."""
    tracker = stand.tracker()

    assert ["a"] == list(tracker.write([Edit("Commissions", None, "a", {"Amount": Decimal("1234567890.12345678")})]))
    assert b"1234567890.12345678" in stand.server.calls("POST", "/v4")[-1].body
    assert 1234567890.1234567 == stand.grid("Commissions")[0]["Amount"]


def test_every_request_goes_to_the_addresses_that_were_set(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets, Drive and tokens at the configured endpoints; no thread asks another host, and none is left behind."""
    asked: list[str] = []
    send = requests.Session.send

    def noted(self: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        asked.append(str(request.url))
        return send(self, request, **options)

    monkeypatch.setattr(requests.Session, "send", noted)
    before = threading.active_count()

    whole_day(stand)

    assert {stand.server.url} == {url[: len(stand.server.url)] for url in asked}
    assert len(asked) == len(stand.server.log)
    assert {"/token", "/v4/s", "/driv"} == {url[len(stand.server.url) :][:5] if "token" not in url else "/token"
                                           for url in asked}  # fmt: skip
    assert threading.active_count() <= before + 2  # the server's own, one for each open connection


def test_a_timeout_is_always_set(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data, Drive and token calls all end: gspread would wait for ever."""
    waits: list[Any] = []
    send = requests.Session.send

    def noted(self: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        waits.append(options.get("timeout"))
        return send(self, request, **options)

    monkeypatch.setattr(requests.Session, "send", noted)

    whole_day(stand)

    assert None not in waits
    assert {TIMEOUT} <= set(waits)
    assert all(wait == TIMEOUT or float(wait) <= 190 for wait in waits)


@pytest.mark.parametrize("fault", ["internal", "unavailable", "quota", "bad-gateway", "deadline", "drop-before"])
def test_one_failure_is_one_request(stand: Stand, fault: str) -> None:
    """Nothing below our own caller sends again: not the SDK, not its session, not the connection pool."""
    tracker = stand.tracker(caller=stand.once)
    tracker.read(["Leads", "Activity"])
    stand.calls()
    stand.google.faults.order(fault, times=9)

    with pytest.raises(ServiceError):
        tracker.read(["Leads"], whole=True)
    assert 1 == len(stand.calls())
    stand.google.faults.clear()
    stand.google.faults.order(fault, times=9)
    try:
        (found,) = tracker.append("Activity", [{"What": "one"}])
    except ServiceError as error:
        found = error
    assert isinstance(found, ServiceError)
    assert 1 == len(stand.calls())


def test_no_redirect_is_followed(stand: Stand) -> None:
    """A 302 would turn a POST into a GET and look like success: it is an unknown outcome, and nobody goes there."""
    stand.google.faults.order("redirect", path="/v4", options={"location": f"{stand.server.url}/elsewhere"})

    with pytest.raises(ServiceError, match="302"):
        stand.tracker(caller=stand.once).read(["Leads"])
    assert [] == stand.server.calls(path="/elsewhere")


def test_the_token_is_asked_for_what_it_needs(stand: Stand) -> None:
    """Spreadsheets, and Drive's metadata to read: not all of Drive, which gspread would ask for."""
    stand.tracker().read(["Leads"])

    (call,) = stand.server.calls("POST", "/token")
    claims = parse_qs(call.body.decode())["assertion"][0].split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert set(SCOPES) == set(said["scope"].split())
    assert {"https://www.googleapis.com/auth/spreadsheets",
            "https://www.googleapis.com/auth/drive.metadata.readonly"} == set(SCOPES)  # fmt: skip


def test_answers_come_zipped(stand: Stand) -> None:
    """Fifty thousand rows are megabytes: both headers that Google wants are sent."""
    stand.tracker().read(["Leads"])

    headers = stand.server.calls("POST", "/v4")[-1].headers
    assert "gzip" in headers["accept-encoding"]
    assert "gzip" in headers["user-agent"]


@pytest.mark.parametrize("body", [b'{"error": "a text"}', b"[]", b"null", b"7", b'{"error": {"message": null}}', b"{"])
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500, 503])
def test_odd_bodies_are_our_own_errors(stand: Stand, status: int, body: bytes) -> None:
    """Where gspread breaks on an error's shape we say what came."""
    stand.google.faults.order("status", path="/v4", times=9, options={"status": status, "body": body.decode()})

    with pytest.raises(ServiceError):
        stand.tracker(caller=stand.once).read(["Leads"])


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"client_email": 1}', "not JSON", '"x"'])
def test_what_is_no_key_file_is_said(text: str) -> None:
    """Before anything is asked."""
    with pytest.raises(Unauthorised, match="not that of a service account"):
        key_of(text)


def test_a_client_asks_nothing_until_it_is_used(stand: Stand) -> None:
    """Neither the key file's parsing nor the client's making makes a call."""
    connect(key_of(stand.key), stand.server.url + "/", stand.server.url + "/")
    stand.tracker()

    assert [] == stand.server.log
