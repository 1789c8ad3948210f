"""Section 9, item 1: tokens, connections, and what a token may do."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from worker.sandbox.clock import Clock
from worker.sandbox.server import Server
from worker.sandbox.xero import Xero

GRANT = {"grant_type": "client_credentials", "scope": "accounting.invoices.read"}
CLIENT = {"client_id": "SANDBOX", "client_secret": "sandbox-secret"}
READING = "accounting.invoices.read offline_access"


def refresh(api: Any, token: str) -> Any:
    return api.form("/connect/token", {"grant_type": "refresh_token", "refresh_token": token, **CLIENT})


def test_a_custom_connection_gets_a_token_for_half_an_hour(api: Any) -> None:
    """client_credentials gives 1,800 seconds, and no refresh token."""
    reply = api.form("/connect/token", {**GRANT, **CLIENT})

    assert 200 == reply.status
    assert {"access_token", "expires_in", "token_type", "scope"} == reply.json.keys()
    assert (1800, "Bearer") == (reply.json["expires_in"], reply.json["token_type"])


def test_the_secret_may_come_by_basic_auth(api: Any) -> None:
    """The docs' Basic header does what the SDK's form fields do."""
    coded = base64.b64encode(b"SANDBOX:sandbox-secret").decode()

    assert 200 == api.form("/connect/token", GRANT, Authorization=f"Basic {coded}").status
    assert 400 == api.form("/connect/token", GRANT, Authorization="Basic bm9ib2R5Om5vdGhpbmc=").status


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({**GRANT, "client_id": "SANDBOX", "client_secret": "wrong"}, "invalid_client"),
        ({**GRANT, **CLIENT, "scope": "accounting.everything"}, "invalid_scope"),
        ({**GRANT, **CLIENT, "scope": "accounting.transactions"}, "invalid_scope"),
        ({**GRANT, **CLIENT, "scope": ""}, "invalid_scope"),
        ({**CLIENT, "grant_type": "password"}, "unsupported_grant_type"),
        ({**CLIENT, "grant_type": "refresh_token", "refresh_token": "nobody's"}, "invalid_grant"),
    ],
)
def test_a_bad_token_request_is_a_400_that_says_which(api: Any, fields: dict[str, str], error: str) -> None:
    """Identity errors are 400 with `{"error": …}` and nothing else."""
    reply = api.form("/connect/token", fields)

    assert (400, {"error": error}) == (reply.status, reply.json)


def test_scope_and_broad_scopes_are_switches(xero: Xero, api: Any) -> None:
    """The SDK's own request without scope, and an older app's broad scope, pass only where they are switched on."""
    xero.scope_required, xero.broad_scopes = False, True

    assert 200 == api.form("/connect/token", {"grant_type": "client_credentials", **CLIENT}).status
    broad = api.form("/connect/token", {**GRANT, **CLIENT, "scope": "accounting.transactions.read"}).json[
        "access_token"
    ]
    assert 200 == api.get("Payments", {"Authorization": f"Bearer {broad}"}).status


def test_a_token_is_over_when_its_time_is(clock: Clock, api: Any) -> None:
    """After 1,800 seconds of the sandbox's time a call is 401 TokenExpired, in the body that pyxero met."""
    clock.advance(timedelta(seconds=1799))
    assert 200 == api.get("Invoices").status

    clock.advance(timedelta(seconds=1))
    reply = api.get("Invoices")

    assert 401 == reply.status
    assert {"Type": None, "Title": "Unauthorized", "Status": 401, "Extensions": {}}.items() <= reply.json.items()
    assert reply.json["Detail"] == "TokenExpired: token expired at 10/01/2026 10:00:00"
    assert "Instance" in reply.json


def test_an_unknown_bearer_is_401(api: Any) -> None:
    """A token that was never given out is Unauthorized."""
    for header in (None, "Bearer nonsense", "Basic nonsense"):
        assert 401 == api.get("Invoices", {"Authorization": header}).status


def test_the_tenant_may_be_left_out_or_empty_but_not_wrong(xero: Xero, api: Any) -> None:
    """A custom connection needs no xero-tenant-id; a wrong one is 403 AuthenticationUnsuccessful."""
    for tenant in (None, "", xero.tenant):
        assert 200 == api.get("Invoices", {"xero-tenant-id": tenant}).status
    reply = api.get("Invoices", {"xero-tenant-id": "00000000-0000-0000-0000-000000000000"})

    assert (403, "Forbidden", "AuthenticationUnsuccessful") == (reply.status, reply.json["Title"], reply.json["Detail"])


def test_the_web_app_has_to_name_its_tenant(xero: Xero, api: Any) -> None:
    """A token of the web app without xero-tenant-id is 403."""
    bearer = f"Bearer {xero.identity.authorise(READING)['access_token']}"

    assert 403 == api.get("Invoices", {"Authorization": bearer}).status
    assert 200 == api.get("Invoices", {"Authorization": bearer, "xero-tenant-id": xero.tenant}).status


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_scope_is_refused_as_switched(xero: Xero, api: Any, status: int) -> None:
    """A token may read what its scopes name, and write only with the scope that lacks `.read`."""
    xero.missing_scope_status = status
    token = api.form("/connect/token", {**GRANT, **CLIENT}).json["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}

    assert 200 == api.get("Invoices", bearer).status
    assert status == api.get("Payments", bearer).status
    assert status == api.put("Invoices", {"Invoices": []}, bearer).status


def test_a_refresh_token_rotates_with_half_an_hour_of_grace(xero: Xero, clock: Clock, api: Any) -> None:
    """Each refresh gives a new token; the one before works for 30 minutes more, then invalid_grant for good."""
    first = str(xero.identity.authorise(READING)["refresh_token"])
    second = refresh(api, first).json["refresh_token"]
    assert first != second

    clock.advance(timedelta(minutes=30))
    assert 200 == refresh(api, first).status
    clock.advance(timedelta(minutes=30, seconds=1))

    assert (400, {"error": "invalid_grant"}) == (refresh(api, first).status, refresh(api, first).json)


def test_the_last_of_two_refreshers_wins(xero: Xero, clock: Clock, api: Any) -> None:
    """Two refreshes of one token both succeed; half an hour later only the later one's token lives."""
    first = str(xero.identity.authorise(READING)["refresh_token"])
    loser = refresh(api, first).json["refresh_token"]
    winner = refresh(api, first).json["refresh_token"]
    clock.advance(timedelta(minutes=31))

    assert (400, 200) == (refresh(api, loser).status, refresh(api, winner).status)


def test_an_idle_refresh_token_dies_after_60_days(xero: Xero, clock: Clock, api: Any) -> None:
    """A refresh token that nobody used for 60 days is invalid_grant."""
    token = str(xero.identity.authorise(READING)["refresh_token"])
    clock.advance(timedelta(days=61))

    assert {"error": "invalid_grant"} == refresh(api, token).json


def test_connections_name_the_organisation(xero: Xero, api: Any) -> None:
    """GET /connections, with either capital, is a bare array with the tenant, and has none of the limits' headers."""
    for path in ("/connections", "/Connections"):
        reply = api.get(path)

        assert 200 == reply.status
        assert {"id", "tenantId", "tenantType", "tenantName", "createdDateUtc", "updatedDateUtc"} == reply.json[
            0
        ].keys()
        assert (xero.tenant, "ORGANISATION") == (reply.json[0]["tenantId"], reply.json[0]["tenantType"])
        assert "x-daylimit-remaining" not in reply.headers


def test_a_removed_connection_is_403_from_then_on(api: Any) -> None:
    """DELETE /connections/{id} disconnects the organisation."""
    connection = api.get("/connections").json[0]["id"]

    assert 204 == api.delete(f"/connections/{connection}").status
    assert [] == api.get("/connections").json
    assert 403 == api.get("Invoices").status


def test_one_server_is_both_hosts(server: Server, api: Any) -> None:
    """The same URL serves the token and the accounting API."""
    api.get("Invoices")

    assert ["/connect/token", "/api.xro/2.0/Invoices"] == [call.path for call in server.calls()]
