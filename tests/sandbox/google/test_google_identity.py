"""Who calls: key files, signed tokens, bearers, scopes, sharing. gspread and google-auth are unmodified."""

from __future__ import annotations

import base64
import json
import time

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from google.auth.exceptions import RefreshError
from gspread.exceptions import APIError

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SHEETS = "https://www.googleapis.com/auth/spreadsheets"


def part(data):
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=")


@pytest.fixture
def exchange(server, google):
    """Return an exchanger: claims (and changes to the signed text) → status and body of the token endpoint."""
    info = google.service_account_info(server.url)
    key = serialization.load_pem_private_key(info["private_key"].encode(), None)

    def send(*, grant=GRANT, spoil=lambda text: text, head=None, **changes):
        now = int(time.time())
        claims = {"iss": info["client_email"], "scope": SHEETS, "aud": "https://oauth2.googleapis.com/token"}
        claims |= {"iat": now, "exp": now + 3600, **changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        text = part({"alg": "RS256", "typ": "JWT", "kid": info["private_key_id"], **(head or {})}) + b"." + part(claims)
        signature = key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        assertion = spoil(text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"="))
        reply = requests.post(server.url + "/token", {"grant_type": grant, "assertion": assertion}, timeout=5)
        return reply.status_code, reply.json()

    return send


def test_gspread_reads_with_a_key_of_the_sandbox(client, google, server):
    """The unmodified client signs, fetches one token, and reads."""
    http = client.http_client
    path = f"https://sheets.googleapis.com/v4/spreadsheets/{google.file.id}/values:batchGet"
    reply = http.request("get", path, params={"ranges": ["'Leads'!A1:B2"]})

    assert [["Lead", "Company"], ["L-1", "Acme"]] == reply.json()["valueRanges"][0]["values"]
    assert ["/token", f"/v4/spreadsheets/{google.file.id}/values:batchGet"] == [call.path for call in server.calls()]


def test_a_key_file_has_what_googles_has(google, server):
    """The key file holds every name that a real one holds, and the token endpoint of the sandbox."""
    info = google.service_account_info(server.url)

    assert f"{server.url}/token" == info["token_uri"]
    assert "service_account" == info["type"]
    assert info["private_key"].startswith("-----BEGIN PRIVATE KEY-----")
    assert {"project_id", "private_key_id", "client_email", "client_id", "auth_uri", "universe_domain"} < set(info)


def test_a_good_assertion_gets_a_bearer(exchange):
    """The answer holds a bearer for 3,599 seconds."""
    status, body = exchange()

    assert (200, 3599, "Bearer") == (status, body["expires_in"], body["token_type"])
    assert body["access_token"].startswith("ya29.")


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"aud": "http://127.0.0.1/token"}, "invalid_grant", "audience"),
        ({"iss": "stranger@nowhere.test"}, "invalid_grant", "account not found"),
        ({"times": {"iat": 900, "exp": 4000}}, "invalid_grant", "reasonable timeframe"),
        ({"times": {"iat": -9000, "exp": -5400}}, "invalid_grant", "reasonable timeframe"),
        ({"times": {"exp": 7200}}, "invalid_grant", "short-lived token (60 minutes)"),
        ({"iat": None}, "invalid_grant", "reasonable timeframe"),
        ({"scope": None}, "invalid_scope", "Invalid OAuth scope"),
        ({"scope": "everything"}, "invalid_scope", "Invalid OAuth scope"),
        ({"sub": "boss@sandbox.test"}, "unauthorized_client", "unauthorized"),
        ({"grant": "password"}, "unsupported_grant_type", "password"),
        ({"head": {"alg": "none"}}, "invalid_grant", "Bad Request"),
        ({"head": {"kid": "another"}}, "invalid_grant", "Invalid JWT Signature"),
        ({"spoil": lambda text: text[:-8] + b"AAAAAAAA"}, "invalid_grant", "Invalid JWT Signature"),
        ({"spoil": lambda text: b"not.a"}, "invalid_grant", "Bad Request"),
    ],
)
def test_a_bad_assertion_is_refused(exchange, changes, error, words):
    """Audience, issuer, times, scope, key and signature are checked, each in words of its own."""
    times = {claim: int(time.time()) + seconds for claim, seconds in changes.get("times", {}).items()}
    status, body = exchange(**{name: given for name, given in changes.items() if name != "times"}, **times)

    assert (400, error) == (status, body["error"])
    assert words in body["error_description"]


def test_a_clock_off_by_minutes_ends_in_a_refresh_error(client, google):
    """google-auth does not try again when the clocks are too far apart."""
    google.identity_now = lambda: time.time() - 900

    with pytest.raises(RefreshError, match="reasonable timeframe") as caught:
        client.http_client.request("get", f"https://sheets.googleapis.com/v4/spreadsheets/{google.file.id}")

    assert not caught.value.retryable


def test_a_stale_bearer_is_renewed_at_once(client, google, server):
    """A 401 makes google-auth fetch another bearer and ask again."""
    path = f"https://sheets.googleapis.com/v4/spreadsheets/{google.file.id}"
    client.http_client.request("get", path)
    google.expire_tokens()
    client.http_client.request("get", path)

    assert [200, 200, 401, 200, 200] == [call.status for call in server.calls()]


def test_after_three_401_the_client_gives_up(client, google, server):
    """Two renewals are all: the third 401 reaches the caller."""
    google.faults.order("stale-token", path="/v4/", times=3)
    with pytest.raises(APIError, match="invalid authentication credentials"):
        client.http_client.request("get", f"https://sheets.googleapis.com/v4/spreadsheets/{google.file.id}")

    assert [401, 401, 401] == [call.status for call in server.calls(path="/v4/")]


def test_bearers_die_after_their_hour(call, google):
    """A bearer older than 3,599 seconds of the token endpoint's time is refused as unauthenticated."""
    bearer = google.bearer()
    assert 200 == call("GET", "~", token=bearer).status

    google.identity_now = lambda: time.time() + 3600
    answer = call("GET", "~", token=bearer)

    assert (401, "UNAUTHENTICATED") == (answer.status, answer.body["error"]["status"])


def test_without_a_bearer_no_one_calls(call):
    """A call without any credential is refused as unregistered."""
    answer = call("GET", "~", token="")

    assert (403, "PERMISSION_DENIED") == (answer.status, answer.body["error"]["status"])
    assert "unregistered callers" in answer.message


def test_scopes_bound_a_bearer(call, google):
    """A bearer for reading reads and does not write; one for metadata of Drive does neither."""
    reader, probe = google.bearer("spreadsheets.readonly"), google.bearer("drive.metadata.readonly")

    assert 200 == call("GET", "~", token=reader).status
    refused = [call("POST", "~/values/Leads:clear", token=reader), call("GET", "~", token=probe)]
    assert [403, 403] == [answer.status for answer in refused]
    reasons = {answer.body["error"]["details"][0]["reason"] for answer in refused}
    assert {"ACCESS_TOKEN_SCOPE_INSUFFICIENT"} == reasons
    assert 200 == call("GET", f"/drive/v3/files/{google.file.id}", token=probe).status


def test_a_sheet_that_is_not_shared_is_refused(connect, google, server):
    """An account that the spreadsheet is not shared with gets 403; shared, it reads; unshared, 403 again."""
    info = google.service_account_info(server.url, "stranger")
    http = connect(info).http_client
    path = f"https://sheets.googleapis.com/v4/spreadsheets/{google.file.id}"

    with pytest.raises(APIError, match="The caller does not have permission"):
        http.request("get", path)
    google.share(info["client_email"])
    assert 200 == http.request("get", path).status_code
    google.unshare(info["client_email"])
    with pytest.raises(APIError, match="The caller does not have permission"):
        http.request("get", path)


def test_a_reader_does_not_write(call, google):
    """An account that may only view reads and is refused in writing."""
    google.share("viewer@sandbox.test", "reader")
    bearer = google.bearer(who="viewer@sandbox.test")

    assert 200 == call("GET", "~", token=bearer).status
    answer = call("POST", "~/values/Leads:clear", token=bearer)
    assert (403, "The caller does not have permission") == (answer.status, answer.message)
    assert "L-1" == google.values("Leads")[1][0]


def test_an_api_that_was_never_enabled_says_so(call, google):
    """On order the project lacks the Sheets API: the reason is SERVICE_DISABLED, with the address to enable it."""
    google.faults.order("service-disabled")
    answer = call("GET", "~")

    detail = answer.body["error"]["details"][0]
    assert (403, "PERMISSION_DENIED", "SERVICE_DISABLED") == (
        answer.status, answer.body["error"]["status"], detail["reason"],
    )  # fmt: skip
    assert "console.developers.google.com" in detail["metadata"]["activationUrl"]


def test_the_token_endpoint_refuses_on_order(client, google, server):
    """`invalid-grant` is what a deleted key looks like; 503s are tried three times by google-auth."""
    google.faults.order("invalid-grant")
    with pytest.raises(RefreshError, match="account not found"):
        client.http_client.request("get", f"https://sheets.googleapis.com/v4/spreadsheets/{google.file.id}")

    assert [400] == [call.status for call in server.calls(path="/token")]


def test_an_unknown_spreadsheet_is_not_found(call):
    """The words are the recorded ones."""
    answer = call("GET", "1unknown")

    error = {"code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND"}
    assert {"error": error} == answer.body
