"""Quotas by the minute, and faults to order: before, after and instead of the answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from gspread.exceptions import APIError


@pytest.fixture
def limited(google, clock):
    """Let quotas count from the beginning of a minute."""
    google.limits = True
    seconds = clock.seconds()
    clock.advance(timedelta(seconds=60 - seconds % 60 + 0.01))
    return google


def test_sixty_reads_a_minute(call, limited, clock):
    """The 61st read of an identity within a minute is refused; the next minute begins at nothing."""
    bearer = limited.bearer()
    statuses = [call("GET", "~/values/Leads!A1", token=bearer).status for _ in range(61)]
    assert [200] * 60 + [429] == statuses
    assert 200 == call("POST", "~/values/Leads!Z9:clear", token=bearer).status

    clock.advance(timedelta(minutes=1))
    assert 200 == call("GET", "~/values/Leads!A1", token=bearer).status


def test_sixty_writes_a_minute_and_a_batch_is_one(call, limited):
    """A batch of any size counts as one write; reads by POST count as reads."""
    bearer = limited.bearer()
    data = [{"range": "Leads!A2", "values": [["x"]]}] * 5
    body = {"valueInputOption": "RAW", "data": data}
    statuses = [call("POST", "~/values:batchUpdate", body, token=bearer).status for _ in range(61)]
    assert [200] * 60 + [429] == statuses
    filters = {"dataFilters": [{"a1Range": "Leads!A1"}]}
    assert 200 == call("POST", "~/values:batchGetByDataFilter", filters, token=bearer).status


def test_the_quota_error_is_the_recorded_one(call, limited):
    """The 429 names quota and limit in an ErrorInfo and carries no Retry-After."""
    bearer = limited.bearer()
    for _ in range(60):
        call("GET", "~/values/Leads!A1", token=bearer)
    answer = call("GET", "~/values/Leads!A1", token=bearer)

    assert "RESOURCE_EXHAUSTED" == answer.body["error"]["status"]
    assert answer.message.startswith(
        "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user' of service "
        "'sheets.googleapis.com' for consumer 'project_number:"
    )
    info = answer.body["error"]["details"][0]
    assert ("RATE_LIMIT_EXCEEDED", "googleapis.com") == (info["reason"], info["domain"])
    assert ("ReadRequestsPerMinutePerUser", "60") == (
        info["metadata"]["quota_limit"], info["metadata"]["quota_limit_value"],
    )  # fmt: skip
    assert "Retry-After" not in answer.headers


def test_the_project_has_a_quota_of_its_own(call, limited):
    """Six identities share 300 reads a minute."""
    bearers = []
    for number in range(6):
        limited.share(f"account{number}@sandbox.test")
        bearers.append(limited.bearer(who=f"account{number}@sandbox.test"))
    statuses = [call("GET", "~/values/Leads!A1", token=bearer).status for bearer in bearers for _ in range(51)]

    assert 300 == statuses.count(200)
    answer = call("GET", "~/values/Leads!A1", token=bearers[-1])
    assert "ReadRequestsPerMinutePerProject" == answer.body["error"]["details"][0]["metadata"]["quota_limit"]


def test_tokens_and_drive_cost_no_quota_of_sheets(call, limited):
    """The version probe does not count as a read of Sheets."""
    bearer = limited.bearer()
    for _ in range(61):
        assert 200 == call("GET", f"/drive/v3/files/{limited.file.id}", token=bearer).status
    assert 200 == call("GET", "~/values/Leads!A1", token=bearer).status


@pytest.mark.parametrize(
    ("kind", "status", "name"),
    [
        ("quota", 429, "RESOURCE_EXHAUSTED"),
        ("internal", 500, "INTERNAL"),
        ("unavailable", 503, "UNAVAILABLE"),
        ("deadline", 504, "DEADLINE_EXCEEDED"),
    ],
)
def test_errors_on_order(call, google, kind, status, name):
    """An ordered error strikes once, in Google's envelope, and nothing is written."""
    google.faults.order(kind, method="POST")
    answer = call("POST", "~/values/Leads:clear")

    assert (status, name) == (answer.status, answer.body["error"]["status"])
    assert 4 == len(google.values("Leads"))
    assert 200 == call("POST", "~/values/Leads:clear").status


def test_pages_on_order(call, google):
    """429 and 502 come as pages of HTML as well, and a page can come with 200."""
    answers = []
    for kind, options in (("sorry", {}), ("html", {}), ("html", {"status": 200})):
        google.faults.order(kind, options=options)
        answers.append(call("GET", "~"))

    assert [429, 502, 200] == [answer.status for answer in answers]
    assert "automated queries" in answers[0].body
    assert all("text/html" in answer.headers["Content-Type"] for answer in answers)


def test_a_redirect_makes_gspread_raise(client, google):
    """A 302 is not followed when redirects are off: a POST cannot turn into a GET that looks like success."""
    client.http_client.request("get", f"https://sheets.googleapis.com/v4/spreadsheets/{google.file.id}")
    google.faults.order("redirect")
    with pytest.raises(requests.TooManyRedirects):
        client.http_client.values_clear(google.file.id, "Leads")

    assert 4 == len(google.values("Leads"))


@pytest.mark.parametrize("answer", ["internal", "unavailable", "deadline", "sorry", "bad-gateway"])
def test_a_write_may_be_done_although_it_failed(call, google, answer):
    """commit-then-fail carries the write out and answers an error."""
    google.faults.order("commit-then-fail", options={"answer": answer})
    reply = call("POST", "~/values/Leads!A2:A2:clear")

    assert reply.status >= 429
    assert "" == google.values("Leads")[1][0]


def test_an_append_that_was_lost_doubles_when_sent_again(client, google):
    """gspread's append, done and answered by 500: sending it again doubles the row."""
    sheet = client.open_by_key(google.file.id).worksheet("Leads")
    google.faults.order("commit-then-fail", method="POST", path=f"/v4/spreadsheets/{google.file.id}/values")
    with pytest.raises(APIError, match="Internal error"):
        sheet.append_row(["L-4"])
    sheet.append_row(["L-4"])

    assert ["L-4", "L-4"] == [row[0] for row in google.values("Leads")[4:]]


@pytest.mark.parametrize(("kind", "written"), [("drop-before", False), ("drop-after", True), ("half-body", True)])
def test_dropped_connections(call, google, kind, written):
    """A dropped connection leaves the caller without an answer, whether or not the write was done."""
    google.faults.order(kind, method="POST")
    with pytest.raises(requests.RequestException):
        call("POST", "~/values/Leads!A2:clear")

    assert written == (google.values("Leads")[1][0] == "")


def test_a_slow_answer_ends_at_the_timeout(client, google):
    """The timeout set on the client bounds an answer that does not come."""
    client.http_client.request("get", f"https://sheets.googleapis.com/v4/spreadsheets/{google.file.id}")
    client.set_timeout((1.0, 0.5))
    google.faults.order("slow", options={"seconds": 1.0})
    with pytest.raises(requests.Timeout):
        client.http_client.request("get", f"https://sheets.googleapis.com/v4/spreadsheets/{google.file.id}")


def test_a_token_error_is_tried_again(client, google, server):
    """google-auth itself tries a 503 of the token endpoint again."""
    google.faults.order("status", path="/token", options={"status": 503, "body": {"error": "unavailable"}})
    client.http_client.request("get", f"https://sheets.googleapis.com/v4/spreadsheets/{google.file.id}")

    assert [503, 200] == [call.status for call in server.calls(path="/token")]
