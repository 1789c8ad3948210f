"""The one door to HubSpot: the official SDK built to send each request once, every answer read as raw JSON.

It never retries and never waits; that is the caller's. It knows paths, limits and failures, nothing of leads.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from http.client import HTTPException
from typing import Any

from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from worker.connectors.hubspot.errors import SERVICE, failure
from worker.ports import Caller, Clock, Limit, ServiceError, Unavailable, Unsure

Json = dict[str, Any]
Query = Sequence[tuple[str, str]]

# The smallest plan allows 100 in 10 s; 5 searches a second are for all integrations together (docs, 2026-11).
BURST = (Limit("hubspot.burst", 95, 10.0),)
SEARCH = (Limit("hubspot.search", 4, 1.0),)
ASSOCIATIONS = (Limit("hubspot.associations", 95, 10.0),)

MOST = 100  # inputs of a batch
MOST_WITH_HISTORY = 50
MOST_TIES_READ = 1000
MOST_TIES_MADE = 2000
PAGE = 200  # hits of a search page
MOST_HITS = 10_000  # beyond, a search answers 400
LONGEST_SEARCH = 3000  # characters of the body, as json.dumps writes it

_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}
_TIMEOUT = (5.0, 30.0)  # seconds to connect, to read; the SDK has none


def objects(kind: str, rest: str) -> str:
    """Return the path of records of a kind; v3 is what SDK 12 speaks, dated paths would be /crm/objects/2026-09."""
    return f"/crm/v3/objects/{kind}/{rest}"


def associations(source: str, target: str, operation: str) -> str:
    """Return the path of a batch of associations."""
    return f"/crm/v4/associations/{source}/{target}/batch/{operation}"


def properties(kind: str, rest: str = "") -> str:
    """Return the path of property definitions."""
    return f"/crm/v3/properties/{kind}{rest}"


PIPELINES = "/crm/v3/pipelines/deals"
ACCOUNT = "/account-info/v3/details"
TOKEN = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105 - a path


class Door:
    """Sends requests to one account; the SDK is imported at the first of them, for it takes a tenth of a second."""

    def __init__(self, *, token: str, endpoint: str, caller: Caller, clock: Clock) -> None:
        self._token = token
        self._endpoint = endpoint.rstrip("/")
        self._caller = caller
        self._clock = clock
        self._lock = threading.Lock()
        self._client: tuple[Any, Any] | None = None

    def get(self, path: str, query: Query = ()) -> Json:
        """Read by GET."""
        return self._caller(lambda: self._send("GET", path, query, None, False), limits=BURST, repeatable=True)

    def read(self, path: str, body: Json, query: Query = (), limits: Sequence[Limit] = BURST) -> Json:
        """Read by a POST that changes nothing."""
        return self._caller(lambda: self._send("POST", path, query, body, False), limits=limits, repeatable=True)

    def write(self, path: str, body: Json, *, limits: Sequence[Limit] = BURST, repeatable: bool = False) -> Json:
        """Write; raises Unsure when it may have happened, and repeats on that only if `repeatable`."""
        return self._caller(lambda: self._send("POST", path, (), body, True), limits=limits, repeatable=repeatable)

    def token_scopes(self) -> Sequence[str] | None:
        """Return the scopes of the token; None where HubSpot does not say (third party; unknown for service keys)."""
        reply = self.read(TOKEN, {"tokenKey": self._token})
        scopes = reply.get("scopes")
        return [str(s) for s in scopes] if isinstance(scopes, list) else None

    def _send(self, method: str, path: str, query: Query, body: Json | None, write: bool) -> Json:
        lost: Callable[[str, str], ServiceError] = Unsure if write else Unavailable
        client, refused = self._sdk()
        try:
            reply = client.call_api(
                path, method, query_params=list(query), body=body, header_params=dict(_HEADERS),
                response_types_map={}, auth_settings=["oauth2"], _preload_content=False,
            )  # fmt: skip
            data = json.loads(reply.data, parse_float=Decimal)
        except refused as error:
            if not error.status:
                raise lost(SERVICE, "no secure connection") from None
            raise self._failure(error, write) from None
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise Unavailable(SERVICE, f"can't be reached ({type(error).__name__})") from None
        except (HTTPError, HTTPException, OSError) as error:
            raise lost(SERVICE, f"the answer never came ({type(error).__name__})") from None
        except (ValueError, AttributeError):
            # HTML with status 200, an error body that is not UTF-8, a TLS fault on which the SDK trips (measured).
            raise lost(SERVICE, "the answer can't be read") from None
        if not isinstance(data, dict):
            raise lost(SERVICE, "the answer is not an object")
        return data

    def _failure(self, error: Any, write: bool) -> ServiceError:
        headers: Mapping[str, str] = dict(error.headers or {})
        return failure(int(error.status), headers, str(error.body or ""), write=write, now=self._clock.now())

    def _sdk(self) -> tuple[Any, Any]:
        with self._lock:
            if self._client is None:
                self._client = _open(self._token, self._endpoint)
            return self._client


def _open(token: str, endpoint: str) -> tuple[Any, Any]:
    """Return the one ApiClient (one pool, one socket) and the exception that it raises for an answer of 3xx to 5xx."""
    from hubspot import HubSpot
    from hubspot.crm.objects.exceptions import ApiException

    # retry=False: urllib3 never re-sends a create, never sleeps, follows no redirect (measured, 2026-11).
    client = HubSpot(access_token=token, host=endpoint, retry=False).crm.objects.batch_api.api_client
    client.set_default_header("Accept-Encoding", "gzip")
    send = client.rest_client.request

    def with_timeout(method: str, url: str, **terms: Any) -> Any:
        return send(method, url, **{**terms, "_request_timeout": terms.get("_request_timeout") or _TIMEOUT})

    client.rest_client.request = with_timeout
    return client, ApiException
