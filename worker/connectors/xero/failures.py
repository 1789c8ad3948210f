"""What Xero's refusals mean: our errors, in words for the person who can mend them.

It reads statuses, headers and bodies (JSON, XML, form-encoded, text), and sends nothing. Everything here is about
reads: whatever proves nothing is Unavailable.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from worker.ports import Refused, ServiceError, Unauthorised, Unavailable

SERVICE = "Xero"
MINUTE, MOMENT = timedelta(minutes=1), timedelta(seconds=1)
USED_UP = timedelta(hours=1)  # the day is over at a time of the organisation's own: without Retry-After we look hourly
_MOST_WORDS = 300


class TokenRefused(Unauthorised):
    """A 401 of the accounting API: perhaps only the token's time is over."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a body says: Xero's word for the error, and its text."""

    code: str = ""
    text: str = ""


def failure(status: int, headers: Mapping[str, str], body: bytes, scope: str) -> ServiceError:
    """Return our error for an answer of the accounting API that is not a success; `scope` is what the call needs."""
    said = read(body)
    if status == 429:
        return _limited(headers)
    if status == 401:
        return TokenRefused(SERVICE, _refused_token(said, scope))
    if status == 403:
        return Unauthorised(SERVICE, _forbidden(said, scope))
    if status == 404:
        text = f"{said.text or 'not found'}: check that endpoint is the address of Xero's API"
        return Refused(SERVICE, text, "404")
    if 400 <= status < 500 and status != 408:
        return Refused(SERVICE, said.text or f"answered {status}", said.code or str(status))
    words = f"answered {status}{': ' + said.text if said.text else ''}"
    limited = "rate limit" in f"{said.code} {said.text}".lower()  # a 503 once carried the text of a 429 (captured)
    return Unavailable(SERVICE, words, _seconds(headers), limited=limited)


def token_failure(status: int, headers: Mapping[str, str], body: bytes, scopes: str) -> ServiceError:
    """Return our error for an answer of the identity service that is no token."""
    code = read(body).code
    if status == 429 or status >= 500 or status == 408:
        words = f"no token, the identity service answered {status}"
        return Unavailable(SERVICE, words, _seconds(headers), limited=status == 429)
    if code == "invalid_client":
        return Unauthorised(SERVICE, "client_id or client_secret is not accepted: copy both from the app's page anew")
    if code == "invalid_scope":
        needed = scopes.replace(" ", ", ")
        return Unauthorised(
            SERVICE, f"the app may not ask for what is needed: tick {needed} and authorise the connection again"
        )
    if code in ("unauthorized_client", "invalid_grant", "unsupported_grant_type"):
        return Unauthorised(SERVICE, f"the app is no custom connection that an organisation has authorised ({code})")
    return Unauthorised(SERVICE, f"no token, the identity service answered {code or status}")


def _limited(headers: Mapping[str, str]) -> Unavailable:
    """Read a 429 by X-Rate-Limit-Problem, whose words vary: minute, Minute, day, Daily limit (third party, 2026-11)."""
    problem, asked = headers.get("x-rate-limit-problem", "").strip().lower(), _seconds(headers)
    if problem.startswith("da"):
        wait = asked or USED_UP
        words = f"the organisation's calls of the day are used up, free again in about {_hours(wait)}"
        return Unavailable(SERVICE, words, wait, limited=True)
    if problem.startswith("conc"):
        return Unavailable(SERVICE, "more than 5 calls at once", asked or MOMENT, limited=True)
    if problem.startswith("app"):
        return Unavailable(SERVICE, "too many calls a minute by this app", asked or MINUTE, limited=True)
    return Unavailable(SERVICE, "too many calls a minute", asked or MINUTE, limited=True)


def _refused_token(said: Said, scope: str) -> str:
    if _is_scope(said):
        return _lacks(said, scope)
    why = said.text or said.code or "401"
    return f"the token is not accepted ({why}): authorise the connection again, with {scope} ticked"


def _forbidden(said: Said, scope: str) -> str:
    if _is_scope(said):
        return _lacks(said, scope)
    return (
        f"no access to the organisation ({said.text or 403}): the connection was removed, or tenant names another "
        "organisation; leave tenant empty for a custom connection and authorise it again"
    )


def _is_scope(said: Said) -> bool:
    return any(
        word in f"{said.code} {said.text}".lower() for word in ("authorizationunsuccessful", "insufficient_scope")
    )


def _lacks(said: Said, scope: str) -> str:
    return f"the token lacks a scope ({said.text}): tick {scope} in the app and authorise the connection again"


def _seconds(headers: Mapping[str, str]) -> timedelta | None:
    value = headers.get("retry-after", "").strip()
    return timedelta(seconds=int(value)) if value.isdecimal() else None


def _hours(wait: timedelta) -> str:
    minutes = max(1, round(wait.total_seconds() / 60))
    return f"{minutes} minutes" if minutes < 90 else f"{round(minutes / 60)} hours"


# ---- bodies ---------------------------------------------------------------------------------------------------------


def read(body: bytes) -> Said:
    """Return what an error's body says, whichever of its shapes it has; nothing of HTML."""
    text = body.decode("utf-8", "replace").strip()
    try:
        found = json.loads(text)
    except ValueError:
        return _read_text(text)
    return _read_json(found) if isinstance(found, Mapping) else Said()


def _read_json(body: Mapping[str, Any]) -> Said:
    code = body.get("Type") or body.get("error") or body.get("Title") or ""
    words = [body.get("Message") or body.get("Detail") or body.get("error_description") or body.get("Title")]
    return Said(str(code), _joined([*words, *_validations(body)]))


def _validations(body: Mapping[str, Any]) -> Iterator[Any]:
    elements = body.get("Elements")
    for element in elements if isinstance(elements, list) else []:
        errors = element.get("ValidationErrors") if isinstance(element, Mapping) else None
        for error in errors if isinstance(errors, list) else []:
            yield error.get("Message") if isinstance(error, Mapping) else None


def _read_text(text: str) -> Said:
    if text.startswith("oauth_problem="):  # older answers, of 401 and 429 (captured)
        form = parse_qs(text)
        return Said(form["oauth_problem"][0], _joined(form.get("oauth_problem_advice", form["oauth_problem"])))
    if re.match(r"<(\?xml|ApiException)", text):  # what Xero falls back to when the Accept header was lost
        code = re.search(r"<Type>(.*?)</Type>", text, re.DOTALL)
        messages = re.findall(r"<Message>(.*?)</Message>", text, re.DOTALL)
        return Said(code[1].strip() if code else "", _joined([html.unescape(message) for message in messages]))
    return Said() if text.startswith("<") else Said("", _joined([text]))


def _joined(words: list[Any]) -> str:
    kept = dict.fromkeys(" ".join(str(word).split()) for word in words if word)
    return ": ".join(word for word in kept if word)[:_MOST_WORDS]
