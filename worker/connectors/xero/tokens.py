"""Access tokens of a custom connection: asked for by ourselves, kept in this process only, dropped when refused.

The SDK's own call sends no scope and stores no end of life, so that it fails for good after 30 minutes (measured with
xero-python 15.2.0, 2026-11).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from worker.connectors.xero.failures import SERVICE, read, token_failure
from worker.ports import Clock, Unavailable

# Granular since 2026-03; what older apps have instead ends on 2027-09-13 (docs, 2026-11).
SCOPES = "accounting.invoices.read accounting.payments.read accounting.contacts.read accounting.settings.read"
BROAD_SCOPES = "accounting.transactions.read accounting.contacts.read accounting.settings.read"
_EARLY = 120.0  # seconds before its end that a token is renewed


@dataclass(frozen=True, slots=True)
class Answer:
    """What the identity service answered; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Tokens:
    """The one judge of a token's life; `post` sends a form to the identity service."""

    def __init__(
        self, *, client_id: str, client_secret: str, post: Callable[[Mapping[str, str]], Answer], clock: Clock
    ) -> None:
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._post = post
        self._clock = clock
        self._scopes = SCOPES
        self._token: dict[str, Any] | None = None
        self._until = 0.0
        self._lock = threading.Lock()

    def current(self) -> dict[str, Any]:
        """Return a token as the SDK wants it, asking for one when there is none or its time is nearly over."""
        with self._lock:
            if self._token is None or self._clock.seconds() > self._until - _EARLY:
                self._renew()
            return dict(self._token or {})

    def drop(self, access_token: str) -> None:
        """Forget a token that was refused; another thread's newer one stays."""
        with self._lock:
            if self._token is not None and self._token["access_token"] == access_token:
                self._token = None

    def _renew(self) -> None:
        asked_at = self._clock.seconds()
        answer = self._ask()
        if answer.status == 400 and self._scopes != BROAD_SCOPES and read(answer.body).code == "invalid_scope":
            # A custom connection older than 2026-04-29 knows no granular scopes.
            self._scopes = BROAD_SCOPES
            answer = self._ask()
            self._scopes = BROAD_SCOPES if answer.status == 200 else SCOPES
        if answer.status != 200:
            raise token_failure(answer.status, answer.headers, answer.body, SCOPES)
        self._token, life = _token(answer.body)
        self._until = asked_at + life

    def _ask(self) -> Answer:
        return self._post({"grant_type": "client_credentials", "scope": self._scopes, **self._client})


def _token(body: bytes) -> tuple[dict[str, Any], float]:
    try:
        got = json.loads(body)
        life = float(got["expires_in"])
        access = str(got["access_token"])
    except (ValueError, KeyError, TypeError):
        raise Unavailable(SERVICE, "the identity service answered without a token") from None
    # Exactly these keys: without expires_at the SDK neither refreshes nor refuses, a further one is a TypeError.
    return {"access_token": access, "token_type": "Bearer", "scope": [], "expires_in": int(life)}, life
