"""HubSpot's error bodies, read tolerantly and put into our errors and into words for people.

Every field of a body is optional (docs, 2026-11), so nothing here may fail on what is missing. E-mail addresses that
HubSpot repeats in its messages are taken out: our errors are logged and shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from worker.ports import Conflict, Refused, ServiceError, Unauthorised, Unavailable, Unsure

SERVICE = "HubSpot"
NO_PROPERTY = "PROPERTY_DOESNT_EXIST"
NOT_FOUND = "OBJECT_NOT_FOUND"

_TAKEN = frozenset({"CONFLICT", "CONFLICTING_UNIQUE_VALUE", "OBJECT_ALREADY_EXISTS"})
_TAKEN_WORDS = ("already exists", "already has that value")
_ADDRESS = re.compile(r"[^\s\"'\[\]<>()]+@[^\s\"'\[\]<>()]+")
_LONGEST = 300  # characters of HubSpot's own words that we repeat
_WORDS = {
    NO_PROPERTY: 'the property "{name}" is not there: run quarterday setup --apply',
    "INVALID_OPTION": 'HubSpot does not take the value of "{name}": {said}',
    "INVALID_EMAIL": "HubSpot does not take the e-mail address: correct it",
    "READ_ONLY_VALUE": '"{name}" can\'t be written from outside HubSpot',
}
# Seconds that each limit asks to wait; "daily" is over at midnight in the account's own zone: asked again hourly.
_PACE = (("ten_secondly", 10), ("rolling", 10), ("secondly", 1), ("daily", 3600))


class Taken(Refused):
    """A unique value is held by another record already; `existing` is that record's id where HubSpot says it."""

    def __init__(self, text: str, code: str, field: str | None, existing: str | None) -> None:
        super().__init__(SERVICE, text, code, field)
        self.existing = existing


@dataclass(frozen=True, slots=True)
class Fault:
    """An error body, or one item of `errors` in a batch."""

    category: str
    message: str
    codes: tuple[tuple[str, str], ...]  # (code, property), the most telling first
    context: Mapping[str, tuple[str, ...]]

    @property
    def traces(self) -> tuple[str, ...]:
        """Return the trace ids of the inputs that it is about."""
        return self.context.get("objectWriteTraceId", ())

    @property
    def existing(self) -> str | None:
        """Return the id of the record that is in the way, from the context or from the words."""
        named = self.context.get("existingId", ())
        said = re.search(r"Existing ID: (\d+)", self.message)
        return named[0] if named else said.group(1) if said else None


def fault(body: Any) -> Fault:
    """Read an error body of any shape."""
    data = body if isinstance(body, dict) else {}
    message = str(data.get("message") or "")
    listed = [item for item in data.get("errors") or () if isinstance(item, dict)]
    context = _context(data.get("context"))
    for item in listed:
        for name, values in _context(item.get("context")).items():
            context[name] = tuple(dict.fromkeys((*context.get(name, ()), *values)))
    codes = [(str(i.get("code") or ""), _first(_context(i.get("context")), "propertyName")) for i in listed]
    codes += _codes_in(message)
    kept = tuple(dict.fromkeys((code, name) for code, name in codes if code))
    return Fault(str(data.get("category") or ""), message, kept, context)


def refusal(found: Fault) -> Refused:
    """Return the error of what HubSpot will never take as it is; `Taken` where a unique value is held already."""
    code, name = found.codes[0] if found.codes else (found.category, "")
    said = _clean(_said(found.message))
    text = _WORDS.get(code, "{said}").format(name=name, said=said) or code or "refused without a reason"
    held = {found.category, *(c for c, _ in found.codes)} & _TAKEN
    if held or any(words in found.message for words in _TAKEN_WORDS):
        return Taken(text, next(iter(sorted(held)), code), name or None, found.existing)
    return Refused(SERVICE, text, code, name or None)


def failure(status: int, headers: Mapping[str, str], raw: str, *, write: bool, now: datetime) -> ServiceError:
    """Return the error of an answer that is no success; after a 5xx nobody knows whether a write was done."""
    found = fault(_parsed(raw))
    wait = _retry_after(headers, now)
    if status == 429:
        return _limited(found, wait)
    if status == 401:
        return Unauthorised(SERVICE, "the token is not accepted (revoked, rotated or mistyped): make or copy it anew")
    if status == 403:
        return _forbidden(found)
    if status == 423:
        return Unavailable(SERVICE, "the record is locked for a moment", max(wait or timedelta(), timedelta(seconds=2)))
    if status == 477:
        return Unavailable(SERVICE, "the account is being moved to another data centre", wait or timedelta(hours=1))
    if status >= 500 or status == 408:
        return Unsure(SERVICE, f"answered {status}") if write else Unavailable(SERVICE, f"answered {status}", wait)
    if not found.message and not found.category:
        return Refused(SERVICE, f"answered {status} without a reason: is the endpoint right?", str(status))
    refused = refusal(found)
    if status == 404:
        return Refused(SERVICE, refused.text, NOT_FOUND)
    if status == 409 and not isinstance(refused, Taken):
        return Conflict(SERVICE, refused.text)
    return refused


def _forbidden(found: Fault) -> Unauthorised:
    # The list stands in one of three places (spec, docs, captured); `fault` has laid the three together.
    names = dict.fromkeys((*found.context.get("missingScopes", ()), *found.context.get("requiredGranularScopes", ())))
    if names:
        return Unauthorised(SERVICE, f"the token lacks the scope {', '.join(names)}: add it to the key in HubSpot")
    return Unauthorised(SERVICE, f"the token may not do this: {_clean(found.message) or 'no reason given'}")


def _limited(found: Fault, wait: timedelta | None) -> Unavailable:
    # Of 69 recorded 429s none had policyName or Retry-After, so the words count too.
    words = f"{_first(found.context, 'policyName')} {found.message}".lower()
    name, seconds = next(((name, s) for name, s in _PACE if name in words), ("rate", 10))
    return Unavailable(
        SERVICE, f"the {name.replace('_', ' ')} limit is reached", wait or timedelta(seconds=seconds), True
    )


def _retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    value = next((v for k, v in headers.items() if k.lower() == "retry-after"), "").strip()
    if value.isdigit():
        return timedelta(seconds=int(value))
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, timedelta())


def _parsed(raw: str) -> Any:
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    if isinstance(body, dict) and body.get("policyName"):
        body = {**body, "context": {"policyName": [str(body["policyName"])]}}
    return body


def _context(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        return {}
    return {k: tuple(str(v) for v in (vs if isinstance(vs, list) else [vs])) for k, vs in value.items()}


def _first(context: Mapping[str, tuple[str, ...]], name: str) -> str:
    return next(iter(context.get(name, ())), "")


def _rows_in(message: str) -> list[dict[str, Any]]:
    """Return the list that stands as JSON inside the text of a refused write."""
    start = message.find("[{")
    if start < 0:
        return []
    try:
        rows = json.loads(message[start : message.rfind("]") + 1])
    except ValueError:
        return []
    return [row for row in rows if isinstance(row, dict)]


def _codes_in(message: str) -> list[tuple[str, str]]:
    return [(str(row.get("error") or ""), str(row.get("name") or "")) for row in _rows_in(message)]


def _said(message: str) -> str:
    """Return what a message says, without the machine's part of it."""
    said = dict.fromkeys(str(row["message"]) for row in _rows_in(message) if row.get("message"))
    return "; ".join(said) or message


def _clean(text: str) -> str:
    return _ADDRESS.sub("(an address)", text)[:_LONGEST]
