"""The door to Google: one request at a time; an answer is a JSON object or one of our errors.

It knows addresses, statuses, bodies and quotas; nothing of our tables. Reads and writes have quotas of their own, 60 a
minute for an identity; a batch counts as one (docs, 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from urllib3.exceptions import NewConnectionError

from worker.connectors.exact_json import json_text
from worker.connectors.google_sheets.account import DRIVE, SERVICE, SHEETS, SheetsHttp, connect, key_of
from worker.ports import Caller, Clock, Limit, Refused, ServiceError, Unauthorised, Unavailable, Unsure

A_MINUTE = 60.0
QUOTA = 60  # reads, and writes, a minute of one identity
GONE = "NOT_FOUND"

Json = dict[str, Any]


class Door:
    """The one way to the spreadsheet; every request goes through the caller, which waits, counts and retries."""

    def __init__(
        self, *, spreadsheet: str, service_account: str, endpoint: str, drive_endpoint: str, caller: Caller,
        clock: Clock,
    ) -> None:  # fmt: skip
        self.spreadsheet = spreadsheet
        self._key = service_account
        self._endpoints = endpoint, drive_endpoint
        self._caller = caller
        self._clock = clock
        self._http: SheetsHttp | None = None
        self._reads = self._writes = Limit("google-sheets", QUOTA, A_MINUTE)
        self.ahead: timedelta | None = None  # by how much our clock was ahead of Google's at the last answer

    @property
    def account(self) -> str:
        """Return the address that the spreadsheet must be shared with."""
        return key_of(self._key)["client_email"]

    def read(self, path: str, body: Any = None, *, params: Sequence[tuple[str, str]] = ()) -> Json:
        """Read below the spreadsheet's address: GET, or POST where a body says what to read."""
        method = "GET" if body is None else "POST"
        return self._call(method, f"{SHEETS}/v4/spreadsheets/{self.spreadsheet}{path}", params, body, reads=True)

    def write(self, path: str, body: Any, *, repeatable: bool = False) -> Json:
        """Write below the spreadsheet's address; Unsure when it may have been done, unless it may be sent again."""
        address = f"{SHEETS}/v4/spreadsheets/{self.spreadsheet}{path}"
        return self._call("POST", address, (), body, reads=False, repeatable=repeatable)

    def file(self, fields: str) -> Json:
        """Read what Drive says of the file."""
        params = (("fields", fields), ("supportsAllDrives", "true"))
        return self._call("GET", f"{DRIVE}/drive/v3/files/{self.spreadsheet}", params, None, reads=True)

    def _call(
        self, method: str, url: str, params: Sequence[tuple[str, str]], body: Any, *, reads: bool,
        repeatable: bool = False,
    ) -> Json:  # fmt: skip
        http = self._session()
        data = None if body is None else json_text(body).encode()

        def send() -> Json:
            return self._judge(self._send(http, method, url, params, data, reads), reads)

        limit = self._reads if reads else self._writes
        return self._caller(send, limits=[limit], repeatable=reads or repeatable)

    def _session(self) -> SheetsHttp:
        if self._http is None:
            info = key_of(self._key)
            # The quota is the identity's, whichever spreadsheets it works on.
            self._reads, self._writes = (
                Limit(f"google-sheets.{info['client_email']}.{kind}", QUOTA, A_MINUTE + 1) for kind in ("read", "write")
            )
            self._http = connect(info, *self._endpoints)
        return self._http

    def _send(
        self, http: SheetsHttp, method: str, url: str, params: Sequence[tuple[str, str]], data: bytes | None,
        reads: bool,
    ) -> requests.Response:  # fmt: skip
        try:
            reply = http.request(method, url, params=list(params), data=data)
        except GoogleAuthError as error:
            raise self._no_token(error) from error
        except requests.RequestException as error:
            # Only the kind of error: its text may hold more than the log should.
            words = f"no answer ({type(error).__name__})"
            if reads or _never_sent(error):
                raise Unavailable(SERVICE, words) from error
            raise Unsure(SERVICE, words) from error
        with suppress(TypeError, ValueError):
            self.ahead = self._clock.now() - parsedate_to_datetime(reply.headers.get("Date", ""))
        return reply

    def _no_token(self, error: GoogleAuthError) -> ServiceError:
        """Say why there is no token: nothing was sent, so nothing happened."""
        if isinstance(error, TransportError) or getattr(error, "retryable", False):
            return Unavailable(SERVICE, f"the token endpoint gave no token ({type(error).__name__})")
        said = str(error.args[0]) if isinstance(error, RefreshError) and error.args else type(error).__name__
        if "timeframe" in said:
            remedy = "check this machine's clock (best set by NTP)"
        elif "account not found" in said or "Signature" in said:
            remedy = "the key or its service account was deleted: make a new key in the Google Cloud console"
        else:
            remedy = "check the service account and its key in the Google Cloud console"
        return Unauthorised(SERVICE, f"no token ({said[:200]}): {remedy}")

    def _judge(self, reply: requests.Response, reads: bool) -> Json:
        found = _parsed(reply.content)
        status = reply.status_code
        if 200 <= status < 300 and isinstance(found, dict):
            return found
        error = found.get("error") if isinstance(found, dict) else None
        told = error if isinstance(error, Mapping) else {}
        message, code = str(told.get("message") or ""), str(told.get("status") or "")
        if status == 429:
            words = message.split(" of service")[0] or "too many calls a minute"
            raise Unavailable(SERVICE, words, self._next_minute(), limited=True)
        if 400 <= status < 500 and status not in (401, 403, 408):
            raise self._refused(status, code, message)
        if status in (401, 403) and told:
            raise self._unauthorised(status, message, told)
        words = f"{status} {message[:200] or 'without the expected JSON'}"
        raise Unavailable(SERVICE, words) if reads else Unsure(SERVICE, words)

    def _refused(self, status: int, code: str, message: str) -> ServiceError:
        if status == 404:
            words = f"the spreadsheet {self.spreadsheet} was not found: check its id in the configuration"
            return Unauthorised(SERVICE, words)
        if "protected" in message:
            message = f"{message[:200]} Let {self.account} edit the protected ranges."
        return Refused(SERVICE, message[:500] or str(status), code or str(status))

    def _unauthorised(self, status: int, message: str, told: Mapping[str, Any]) -> ServiceError:
        details = [d for d in told.get("details") or () if isinstance(d, Mapping)]
        reasons = {str(d.get("reason")) for d in details} | {
            str(e.get("reason")) for e in told.get("errors") or () if isinstance(e, Mapping)
        }
        if reasons & {"SERVICE_DISABLED", "accessNotConfigured"}:
            which = next((d["metadata"].get("service") for d in details if d.get("metadata")), None)
            remedy = f"enable {which or 'the Sheets and Drive APIs'} in the project of the service account"
        elif reasons & {"ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions"}:
            remedy = "the key lacks a scope: let the service account use Sheets and Drive"
        elif status == 403 or "permission" in message:
            remedy = f"share the spreadsheet with {self.account} as an editor"
        else:
            remedy = "check the service account's key"
        return Unauthorised(SERVICE, f"{message[:200] or status}: {remedy}")

    def _next_minute(self) -> timedelta:
        """Return how long until the quota is filled again: by the minute, told by no header (nine recorded 429s)."""
        into = self._clock.now().timestamp() % A_MINUTE
        return timedelta(seconds=A_MINUTE - into + 1 + into % 3)  # the rest spreads processes that wait together


def _parsed(content: bytes) -> Any:
    """Parse JSON with exact numbers; None for HTML, half an answer or nothing."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=lambda _: None)
    except ValueError:
        return None


def _never_sent(error: requests.RequestException) -> bool:
    """Tell whether the connection was never made, so that nothing can have happened."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)
