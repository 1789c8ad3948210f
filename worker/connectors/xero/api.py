"""The door to Xero: one request at a time through the official SDK; an answer is raw rows or one of our errors.

The SDK's models are never used: one odd record kills a page of them, and a null reference becomes the text "None"
(measured with xero-python 15.2.0, 2026-11). It knows addresses, limits and envelopes; nothing of what the rows mean.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from worker.connectors.xero.dates import header, milliseconds
from worker.connectors.xero.failures import SERVICE, TokenRefused, failure
from worker.connectors.xero.tokens import Answer, Tokens
from worker.ports import Caller, Clock, Limit, Unavailable

Json = dict[str, Any]

PAGE = 1000  # the most that a page may hold
IDS = 50  # as many ids as an address of 2 KB takes
TIMEOUT = (5.0, 90.0)  # seconds to connect, to read; the SDK has none, and takes parts of a second only in a tuple
AT_ONCE = 5
# 60 a minute and 5,000 a day for an organisation (1,000 on the Starter tier: then Xero's own answer stops us).
LIMITS = (Limit("xero.minute", 55, 60.0), Limit("xero.day", 5000, 86_400.0))


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource: its name in paths and bodies, the key of its rows, the SDK's method, the scope it needs."""

    name: str
    key: str
    method: str
    scope: str


INVOICES = Kind("Invoices", "InvoiceID", "get_invoices", "accounting.invoices.read")
CREDIT_NOTES = Kind("CreditNotes", "CreditNoteID", "get_credit_notes", "accounting.invoices.read")
PAYMENTS = Kind("Payments", "PaymentID", "get_payments", "accounting.payments.read")
OVERPAYMENTS = Kind("Overpayments", "OverpaymentID", "get_overpayments", "accounting.payments.read")
PREPAYMENTS = Kind("Prepayments", "PrepaymentID", "get_prepayments", "accounting.payments.read")
CONTACTS = Kind("Contacts", "ContactID", "get_contacts", "accounting.contacts.read")
ORGANISATIONS = Kind("Organisations", "OrganisationID", "get_organisations", "accounting.settings.read")


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as they came, how many rows and pages there are in all (None where Xero doesn't say), Xero's time in ms."""

    rows: Sequence[Any]
    count: int | None
    pages: int | None
    at: int | None


class Door:
    """The one way to the organisation; every request goes through the caller, which waits, counts and retries."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        tenant: str,
        endpoint: str,
        identity_endpoint: str,
        caller: Caller,
        clock: Clock,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        self.account = tenant or client_id
        self.day_left: int | None = None  # calls, as the last answer told
        self.tokens = Tokens(client_id=client_id, client_secret=client_secret, post=self._post, clock=clock)
        self._tenant = tenant  # empty for a custom connection: its token knows its one organisation (docs, 2026-11)
        self._api_url = f"{endpoint.rstrip('/')}/api.xro/2.0"
        self._token_url = f"{identity_endpoint.rstrip('/')}/connect/token"
        self._client_id, self._client_secret = client_id, client_secret
        self._caller = caller
        self._timeout = timeout
        self._sdk: Any = None
        self._building = threading.Lock()

    # ---- what can be asked --------------------------------------------------------------------------------------

    def page(self, kind: Kind, number: int, since: int | None = None, size: int = PAGE) -> Page:
        """Return a page of a list, what changed last first; `since` (ms) asks only for what changed from then on."""
        asked: Json = {"page": number, "page_size": size, "order": "UpdatedDateUTC DESC"}
        if since is not None:
            asked["if_modified_since"] = header(since)
        return self._list(kind, asked)

    def by_ids(self, kind: Kind, ids: Sequence[str]) -> Page:
        """Return the rows of at most 50 ids, archived ones too; those that don't exist are left out."""
        asked: Json = {"i_ds": list(ids), "page": 1, "page_size": PAGE}
        if kind is CONTACTS:
            asked["include_archived"] = "true"  # True would go out as `True`
        return self._list(kind, asked)

    def token(self) -> None:
        """Make sure that there is a token; asks for one if need be."""
        self._caller(self.tokens.current, limits=LIMITS, repeatable=True)

    def organisation(self) -> Json:
        """Return the organisation that the token opens."""
        rows = self._list(ORGANISATIONS, {}).rows
        return rows[0] if rows and isinstance(rows[0], dict) else {}

    def close(self) -> None:
        """Let go of connections."""
        if self._sdk is not None:
            self._sdk.api_client.rest_client.pool_manager.clear()

    # ---- asking -------------------------------------------------------------------------------------------------

    def _list(self, kind: Kind, asked: Json) -> Page:
        used: list[str] = []

        def send() -> Page:
            used.append(self.tokens.current()["access_token"])
            return self._send(kind, asked)

        try:
            return self._caller(send, limits=LIMITS, repeatable=True)
        except TokenRefused:
            # Its time may have been over early, or it was revoked: one new token, one more try.
            self.tokens.drop(used[-1])
            return self._caller(send, limits=LIMITS, repeatable=True)

    def _send(self, kind: Kind, asked: Json) -> Page:
        call = getattr(self._accounting(), kind.method)
        answer = _answered(lambda: call(self._tenant, _preload_content=False, **asked))
        left = answer.headers.get("x-daylimit-remaining", "")
        self.day_left = int(left) if left.isdecimal() else self.day_left
        if answer.status == 304:  # nothing changed; 200 with no rows is what the docs promise
            return Page((), 0, 0, None)
        if not 200 <= answer.status < 300:
            raise failure(answer.status, answer.headers, answer.body, kind.scope)
        return _page(kind, answer.body)

    def _post(self, form: Mapping[str, str]) -> Answer:
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        client = self._accounting().api_client
        return _answered(
            lambda: client.call_api(
                self._token_url, "POST", auth_settings=None, header_params=headers, post_params=dict(form),
                _preload_content=False, _return_http_data_only=True,
            )
        )  # fmt: skip

    def _accounting(self) -> Any:
        with self._building:
            if self._sdk is None:
                self._sdk = self._built()
            return self._sdk

    def _built(self) -> Any:
        from xero_python.accounting import AccountingApi
        from xero_python.api_client import ApiClient
        from xero_python.api_client.configuration import Configuration
        from xero_python.api_client.oauth2 import OAuth2Token

        # A hidden singleton: every instance is a shallow copy of the first, whose arguments alone count. So nothing is
        # given to it, and all that is ours is set on the copy: two organisations in one process share no token.
        configuration = Configuration()
        configuration.oauth2_token = OAuth2Token(self._client_id, self._client_secret)
        configuration.connection_pool_maxsize = AT_ONCE
        client = ApiClient(configuration, oauth2_token_getter=self.tokens.current)
        # urllib3 would send again by itself after a lost connection, and sleep through a Retry-After of hours.
        client.rest_client.pool_manager.connection_pool_kw.update(retries=False, block=True)
        client.set_default_header("Accept-Encoding", "gzip")
        client.rest_client.request = _whole(client.rest_client.request, self._timeout)
        return AccountingApi(client, base_url=self._api_url)


def _whole(send: Callable[..., Any], timeout: tuple[float, float]) -> Callable[..., Any]:
    """Return the SDK's way to send, with timeouts, that reads every answer to its end before it returns.

    Five answers left unread would block the sixth call for ever. What the SDK makes of the answer is decided above it.
    """

    def request(method: str, url: str, **terms: Any) -> Any:
        return send(method, url, **{**terms, "_request_timeout": timeout, "_preload_content": True})

    return request


def _answered(call: Callable[[], Any]) -> Answer:
    """Make a call that returns the SDK's bare answer; one that fails on the way is Unavailable, as all are reads."""
    from urllib3.exceptions import HTTPError
    from xero_python.exceptions import ApiException

    try:
        reply = call()
    except ApiException as error:
        reply = error.http_resp
        if reply is None:
            raise Unavailable(SERVICE, "no answer (the certificate is not trusted)") from None
    except HTTPError as error:
        # Only the kind of error: its text may hold addresses.
        raise Unavailable(SERVICE, f"no answer ({type(error).__name__})") from None
    return Answer(reply.status, _lower(reply.urllib3_response.headers), reply.data or b"")


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _page(kind: Kind, body: bytes) -> Page:
    try:
        data = json.loads(body, parse_float=Decimal, parse_constant=lambda _: None)
    except ValueError:
        raise Unavailable(SERVICE, "the answer can't be read: not whole, or not JSON") from None
    rows = data.get(kind.name) if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise Unavailable(SERVICE, f"the answer holds no {kind.name}")
    told = data.get("pagination") or data.get("Pagination")
    told = told if isinstance(told, dict) else {}
    return Page(rows, _number(told.get("itemCount")), _number(told.get("pageCount")), milliseconds(data, "DateTimeUTC"))


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
