"""The door to Airtable: one request at a time through pyairtable's session; an answer is a value or one of our errors.

It knows URLs, statuses, bodies and limits; nothing of our tables. pyairtable's own readers and writers are not used:
they retry creates, lose the ids of what they stored and parse money as floats (measured with 3.5, 2026-11).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from pyairtable import Api
from urllib3.exceptions import NewConnectionError

from worker.connectors.exact_json import json_text
from worker.ports import Caller, Clock, Limit, Refused, ServiceError, Unauthorised, Unavailable, Unsure

SERVICE = "Airtable"
TIMEOUT = (5, 60)  # seconds to connect, to read; pyairtable has none by default
PENALTY = timedelta(seconds=30)  # what going over 5 calls a second costs (docs, 2026-11)
USED_UP = timedelta(hours=3)  # the month's calls are gone: waiting doesn't help, a probe each few hours does
NO_RECORD = frozenset(
    {"INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "MODEL_ID_NOT_FOUND", "NOT_FOUND", "ROW_DOES_NOT_EXIST"}
)

Params = Sequence[tuple[str, str]]


class Door:
    """The one way to the base; every request goes through the caller, which waits, counts and retries."""

    def __init__(
        self, *, base: str, token: str, endpoint: str, caller: Caller, clock: Clock, monthly_calls: int
    ) -> None:
        self.base = base
        self._api = Api(
            token, timeout=TIMEOUT, retry_strategy=None, endpoint_url=endpoint.rstrip("/"), use_field_ids=True
        )
        self._caller = caller
        self._clock = clock
        self.ahead: timedelta | None = None  # by how much our clock was ahead of Airtable's at the last answer
        # 5 a second is the most over all who use the base, and one more shuts everybody out for half a minute; so a
        # little fewer, for calls may reach the service closer together than they left here.
        self._limits = (
            Limit(f"airtable.{base}", 5, 1.15),
            Limit(f"airtable.{base}.month", monthly_calls, 31 * 86_400.0),
        )
        self.whoami_url = str(self._api.urls.whoami)
        self.tables_url = str(self._api.base(base).urls.tables)
        self.hooks_url = str(self._api.base(base).urls.webhooks)

    def records_url(self, table: str) -> str:
        """Return the address of a table's records."""
        return str(self._api.table(self.base, table).urls.records)

    def fields_url(self, table: str) -> str:
        """Return the address where fields are made."""
        return str(self._api.table(self.base, table).urls.fields)

    def call(
        self,
        method: str,
        url: str,
        *,
        expect: str | None,
        params: Params = (),
        body: Any = None,
        repeatable: bool = False,
        rows: bool = False,
    ) -> dict[str, Any]:
        """Send a request and return its JSON object, which must hold the key `expect`.

        A GET may always be repeated. With `rows`, a 403 or 404 may be about one of the rows and is Refused, else it is
        about token and base and is Unauthorised: Airtable doesn't say which (docs and third parties disagree, 2026-11).
        """
        read = method == "GET"

        def send() -> dict[str, Any]:
            reply = self._send(method, url, params, body)
            return self._judge(reply, expect, read=read, rows=rows)

        return self._caller(send, limits=self._limits, repeatable=read or repeatable)

    def _send(self, method: str, url: str, params: Params, body: Any) -> requests.Response:
        data = None if body is None else json_text(body).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        try:
            reply = self._api.session.request(
                method, url, params=list(params), data=data, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            # Only the kind of error: its text may hold the address with a person's data in it.
            words = f"no answer ({type(error).__name__})"
            if method == "GET" or _never_sent(error):
                raise Unavailable(SERVICE, words) from error
            raise Unsure(SERVICE, words) from error
        with suppress(TypeError, ValueError):
            self.ahead = self._clock.now() - parsedate_to_datetime(reply.headers.get("Date", ""))
        return reply

    def _judge(self, reply: requests.Response, expect: str | None, *, read: bool, rows: bool) -> dict[str, Any]:
        data = _parse(reply.content)
        status = reply.status_code
        if 200 <= status < 300 and (expect is None or (isinstance(data, dict) and expect in data)):
            return data if isinstance(data, dict) else {}
        code, message = _words(data)
        if status == 429:
            raise self._limited(reply, code, message)
        if 400 <= status < 500 and status != 408:
            raise self._refusal(status, code, message, rows)
        said = f"{status} {code or 'without the expected JSON'}{': ' + message if message else ''}"
        if read:
            raise Unavailable(SERVICE, said, self._retry_after(reply))
        raise Unsure(SERVICE, said)

    def _limited(self, reply: requests.Response, code: str, message: str) -> Unavailable:
        if "BILLING" in code.upper() or "billing" in message.lower():
            words = f"the workspace's API calls of this month are used up ({code}); a larger plan or the 1st mends it"
            return Unavailable(SERVICE, words, USED_UP, limited=True)
        return Unavailable(SERVICE, "too many calls a second", self._retry_after(reply) or PENALTY, limited=True)

    def _refusal(self, status: int, code: str, message: str, rows: bool) -> ServiceError:
        said = f"{code or status}{': ' + message if message else ''}"
        if status == 401:
            return Unauthorised(
                SERVICE, f"the token is not accepted ({said}): make a new one at airtable.com/create/tokens"
            )
        field = field_named_in(message)
        if status in (403, 404):
            no_record = status == 404 or code in NO_RECORD
            if rows and (no_record or field):
                return Refused(SERVICE, said, "NOT_FOUND" if no_record else code, field)
            if no_record:
                return Unauthorised(
                    SERVICE,
                    f"{said}: the base {self.base} is either not found or not shared with this token; check the base's "
                    "id in the configuration, and that the token lists the base and has the scope for this call",
                )
            return Unauthorised(SERVICE, f"the token or its user lacks the right ({said})")
        return Refused(SERVICE, said, code or str(status), field)

    def _retry_after(self, reply: requests.Response) -> timedelta | None:
        value = reply.headers.get("Retry-After", "").strip()
        if value.isdigit():
            return timedelta(seconds=int(value))
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(at - self._clock.now(), timedelta())


def _never_sent(error: requests.RequestException) -> bool:
    """Tell whether the connection was never made, so that nothing can have happened."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def _parse(content: bytes) -> Any:
    """Parse JSON with exact numbers; None for HTML, half an answer or nothing."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=lambda _: None)
    except ValueError:
        return None


def _words(data: Any) -> tuple[str, str]:
    """Return type and message out of the four shapes of Airtable's errors (recorded 2021 to 2026)."""
    if not isinstance(data, Mapping):
        return "", ""
    error, message = data.get("error"), ""
    if error is None and isinstance(data.get("errors"), list) and data["errors"]:
        first = data["errors"][0]
        if isinstance(first, Mapping):
            error, message = first.get("error") or first.get("type"), str(first.get("message") or "")
    if isinstance(error, Mapping):
        return str(error.get("type") or ""), str(error.get("message") or "")
    return (error, message) if isinstance(error, str) else ("", message)


def field_named_in(message: str) -> str | None:
    """Return the id or the name of the field that an error speaks of; None when it names none."""
    if found := re.search(r"\bfld\w{14}\b", message):
        return found.group()
    if found := re.search(r'[Ff]ield(?: name:?)? "([^"]+)"', message):
        return found.group(1)
    return None
