"""Pings: the short, signed "look again" that a webhook posts to its URL, tried anew ever later, in the end given up.

A ping that fails is tried 13 times more over some 16 hours; then notifications are off while the hook goes on
(recorded). Pings leave from a thread so that nobody who writes a cell waits for them.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from worker.sandbox.airtable.webhooks import Hook
from worker.sandbox.airtable.workspace import Workspace, iso

RETRIES = 13
_FIRST_WAIT = 7  # seconds, doubled each time: 7 × (2¹³ − 1) s ≈ 16 h
_TIMEOUT = 5.0
_DURATION_MS = 2.603  # a constant: the same calls shall give the same bytes


class Pings:
    """The postman of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._round = threading.Lock()

    def start(self) -> None:
        """Let what is due leave from a thread of its own, if anything is."""
        if self._workspace.auto_deliver and self._next() is not None:
            threading.Thread(target=self.deliver, name="airtable-pings", daemon=True).start()

    def deliver(self) -> int:
        """Post every ping that is due now; returns how many were tried."""
        tried = 0
        with self._round:
            while (hook := self._next()) is not None:
                self._post(hook)
                tried += 1
        return tried

    def _next(self) -> Hook | None:
        with self._workspace.lock:
            now = self._workspace.clock.now()
            due = [hook for hook in self._workspace.hooks.values() if hook.due is not None and hook.due <= now]
            return due[0] if due else None

    def _post(self, hook: Hook) -> None:
        workspace = self._workspace
        with workspace.lock:
            hook.due = None
            now = iso(workspace.clock.now())
            body = json.dumps({"base": {"id": workspace.base}, "webhook": {"id": hook.id}, "timestamp": now}).encode()
            url = hook.url or ""
            twice = workspace.faults.take("ping-doubled", "POST", url) is not None
        headers = {"Content-Type": "application/json", "X-Airtable-Content-MAC": signature(hook.secret, body)}
        problem = _send(url, body, headers)
        if twice:
            problem = _send(url, body, headers)
        with workspace.lock:
            self._settle(hook, problem)

    def _settle(self, hook: Hook, problem: str | None) -> None:
        now = self._workspace.clock.now()
        result: dict[str, Any] = {
            "success": problem is None, "completionTimestamp": iso(now), "durationMs": _DURATION_MS,
            "retryNumber": hook.retry,
        }  # fmt: skip
        if problem is None:
            hook.last_success, hook.retry = now, 0
        else:
            again = hook.retry < RETRIES
            result |= {"error": {"message": problem}, "willBeRetried": again}
            hook.notifying = again
            # What changes while a ping waits to be tried again is told by that ping.
            hook.due = now + timedelta(seconds=_FIRST_WAIT * 2**hook.retry) if again else None
            hook.retry = hook.retry + 1 if again else 0
        hook.last_result = result


def signature(secret: bytes, body: bytes) -> str:
    """Return the header X-Airtable-Content-MAC: hex, and the key is the decoded secret."""
    return "hmac-sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def _send(url: str, body: bytes, headers: dict[str, str]) -> str | None:
    """Post a ping; returns what went wrong, None for 200 and 204."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.netloc, timeout=_TIMEOUT)
        try:
            connection.request("POST", parts.path or "/", body, headers)
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        return f"The HTTP request failed: {type(error).__name__}"
    return None if status in (200, 204) else f"The HTTP request returned a {status} status code instead of 200 or 204"
