"""Service accounts with keys of their own, the token endpoint that checks what they signed, and bearers.

A key is made once per process and shared between worlds; nothing that goes out depends on it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from worker.sandbox.google import errors
from worker.sandbox.server import Reply, Request

if TYPE_CHECKING:
    from worker.sandbox.google.workspace import Workspace

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Whatever address a key file gives, google-auth signs for the first (measured); Google takes the second too.
AUDIENCES = frozenset({"https://oauth2.googleapis.com/token", "https://www.googleapis.com/oauth2/v4/token"})
LIFETIME = 3600
SKEW = 300  # seconds that clocks may differ (size unverified)
_SCOPE = "https://www.googleapis.com/auth/"
_TIMEFRAME = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp "
    "values in the JWT claim."
)


@dataclass(frozen=True)
class Account:
    """A service account; its key is number `key` of this process."""

    email: str
    key_id: str
    client_id: str
    key: int = 0


@dataclass(frozen=True)
class Token:
    """A bearer: whose it is, what for, until when by the token endpoint's time."""

    who: str
    scopes: frozenset[str] = field(default_factory=frozenset)
    until: float = 0.0


@cache
def _private_key(number: int) -> Any:  # noqa: ARG001
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=1024)  # it guards nothing; clients check it anew


@cache
def _pem(number: int) -> str:
    from cryptography.hazmat.primitives import serialization

    raw: bytes = _private_key(number).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return raw.decode()


def key_file(account: Account, url: str) -> dict[str, str]:
    """Return the JSON that Google gives out for a new key, with the token endpoint at an address."""
    return {
        "type": "service_account", "project_id": "sandbox-318273", "private_key_id": account.key_id,
        "private_key": _pem(account.key), "client_email": account.email, "client_id": account.client_id,
        "auth_uri": f"{url}/o/oauth2/auth", "token_uri": f"{url}/token", "universe_domain": "googleapis.com",
    }  # fmt: skip


def answer(workspace: Workspace, request: Request) -> Reply:
    """Answer the token endpoint."""
    if request.method != "POST":
        raise errors.no_page()
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    if form.get("grant_type") != GRANT:
        raise errors.grant("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
    claims = _claims(workspace, form.get("assertion", ""))
    scopes = frozenset(str(claims.get("scope", "")).split())
    if not scopes or not all(scope.startswith(_SCOPE) for scope in scopes):
        raise errors.grant("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    secret = grant(workspace, str(claims["iss"]), scopes)
    return Reply.json(200, {"access_token": secret, "expires_in": LIFETIME - 1, "token_type": "Bearer"})


def grant(workspace: Workspace, who: str, scopes: frozenset[str]) -> str:
    """Give out a bearer."""
    secret = "ya29.c." + workspace.mint("token", 120)
    workspace.tokens[secret] = Token(who, scopes, workspace.identity_now() + LIFETIME - 1)
    return secret


def _claims(workspace: Workspace, assertion: str) -> Mapping[str, Any]:
    """Check a signed JWT and return its claims."""
    parts = assertion.split(".")
    header, claims, signature = (_decoded(part) for part in parts) if len(parts) == 3 else (None, None, None)
    head, body = _object(header), _object(claims)
    if head is None or body is None or signature is None or head.get("alg") != "RS256":
        raise errors.grant("invalid_grant", "Bad Request")
    account = workspace.accounts.get(str(body.get("iss")))
    if account is None:
        raise errors.grant("invalid_grant", "Invalid grant: account not found")
    if head.get("kid") not in (None, account.key_id) or not _signed(account, assertion, signature):
        raise errors.grant("invalid_grant", "Invalid JWT Signature.")
    if body.get("aud") not in AUDIENCES:
        raise errors.grant("invalid_grant", "Invalid JWT: Failed audience check.")
    if "sub" in body and body["sub"] != account.email:
        message = "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any"
        raise errors.grant("unauthorized_client", f"{message} of the scopes requested.")
    _check_time(body, workspace.identity_now())
    return body


def _check_time(claims: Mapping[str, Any], now: float) -> None:
    issued, expires = claims.get("iat"), claims.get("exp")
    whole = isinstance(issued, int) and isinstance(expires, int)
    if not whole or not 0 < expires - issued <= LIFETIME or issued > now + SKEW or expires < now - SKEW:  # type: ignore[operator]
        raise errors.grant("invalid_grant", _TIMEFRAME)


def _decoded(part: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return None


def _object(raw: bytes | None) -> dict[str, Any] | None:
    try:
        found = json.loads(raw or b"")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _signed(account: Account, assertion: str, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    try:
        _private_key(account.key).public_key().verify(
            signature, assertion.rpartition(".")[0].encode(), padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature:
        return False
    return True


def bearer(workspace: Workspace, request: Request, scopes: frozenset[str]) -> str:
    """Return who calls; refuses a call without a bearer, with a stale one, or with one for something else."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if not secret:
        raise errors.unregistered()
    token = workspace.tokens.get(secret)
    if kind != "Bearer" or token is None or token.until <= workspace.identity_now():
        raise errors.unauthenticated()
    if not any(_SCOPE + scope in token.scopes for scope in scopes):
        raise errors.low_scope()
    return token.who


def full_scopes(names: frozenset[str]) -> frozenset[str]:
    """Return scopes as tokens hold them."""
    return frozenset(_SCOPE + name for name in names)
