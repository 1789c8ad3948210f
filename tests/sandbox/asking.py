"""A bare caller of a service in the sandbox: JSON in, JSON out; it follows no redirect and hides nothing."""

from __future__ import annotations

import json
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict


def ask(
    session: requests.Session, method: str, url: str, body: Any = None, *, token: str, params: Any = None
) -> tuple[int, Any, CaseInsensitiveDict[str]]:
    """Send one request, with a bearer unless it is empty; return status, body and headers of what came back."""
    raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    headers = ({"Authorization": f"Bearer {token}"} if token else {}) | (
        {} if raw is None else {"Content-Type": "application/json"}
    )
    reply = session.request(method, url, params=params, data=raw, headers=headers, timeout=10, allow_redirects=False)
    is_json = reply.headers.get("Content-Type", "").startswith("application/json")
    return reply.status_code, reply.json() if is_json else reply.text, reply.headers
