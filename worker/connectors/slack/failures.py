"""What Slack's refusals mean: our errors, in words for the person who can mend them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from worker.ports import Refused, ServiceError, Unauthorised, Unavailable

SERVICE = "slack"
CHANNEL_COLUMN = "Slack channel"

UNAUTHORISED = {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"}
# "It's possible some aspect of the operation succeeded before the error was raised" (Slack's list of common errors).
PERHAPS = {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
IN_WORDS = {
    "channel_not_found": "there is no such channel, or it is private and the app is not in it: invite the app",
    "not_in_channel": "the app is not in the channel: invite it",
    "is_archived": "the channel is archived",
    "channel_unshared": "the channel is no longer shared with the partner",
    "users_not_found": "nobody in the workspace has this e-mail address",
    "user_disabled": "the person's account is deactivated",
}


class MissingScope(Unauthorised):
    """The token lacks a scope that the call needs."""


def failure(response: Any, lost: type[ServiceError]) -> ServiceError:
    """Return our error for an answer that was not `ok`; `lost` is what an answer that proves nothing is taken for."""
    status = int(response.status_code)
    body: Mapping[str, Any] = response.data if isinstance(response.data, dict) else {}
    code = str(body.get("error", ""))
    if status == 429 or code in ("ratelimited", "rate_limited"):
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Unavailable(SERVICE, "too fast", _seconds(headers.get("retry-after", "")), limited=True)
    if status >= 500 or code in PERHAPS:
        return lost(SERVICE, f"answered {code if status < 500 else status}")
    if status >= 400:
        return Refused(SERVICE, f"answered {status}", str(status))
    if not re.fullmatch(r"\w+", code):
        return lost(SERVICE, "the answer can't be read")
    if code == "missing_scope":
        return MissingScope(SERVICE, f"the token lacks the scope {body.get('needed', 'that this needs')}")
    if code in UNAUTHORISED:
        return Unauthorised(SERVICE, f"the token is not accepted ({code})")
    more = (body.get("response_metadata") or {}).get("messages") or []
    text = IN_WORDS.get(code) or " ".join([f"refused the message ({code})", *map(str, more)])
    return Refused(SERVICE, text, code, "Slack channel" if code in IN_WORDS else None)


def _seconds(text: str) -> timedelta | None:
    return timedelta(seconds=int(text)) if text.isdecimal() else None
