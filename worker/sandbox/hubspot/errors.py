"""HubSpot's error bodies: a `Refusal` raised anywhere inside becomes an answer at the door, or one item of a batch.

Every field but `status`, `message` and `correlationId` is optional in the real service (docs, 2026-11), and some bodies
leave out the category on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.sandbox.server import Reply

VALIDATION = "VALIDATION_ERROR"


@dataclass(frozen=True)
class Invalid:
    """One property value that is not valid, with HubSpot's code for the reason."""

    name: str
    message: str
    code: str


class Refusal(Exception):
    """An answer other than success."""

    def __init__(
        self, status: int, message: str, category: str | None = None, *, sub_category: str | None = None,
        context: Mapping[str, Sequence[str]] | None = None, invalids: Sequence[Invalid] = (),
        item_context: Mapping[str, Sequence[str]] | None = None, traceless: bool = False,
        extra: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.sub_category = sub_category
        self.context = context
        self.invalids = tuple(invalids)
        self.item_context = dict(item_context or {})  # shown as an item of a batch only
        self.traceless = traceless  # an item that does not say which input it speaks of
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    def reply(self, correlation_id: str) -> Reply:
        """Build the whole answer."""
        body: dict[str, Any] = {"status": "error", "message": self.message, "correlationId": correlation_id}
        body |= self._details()
        if self.category is not None:
            body["category"] = self.category
        return Reply.json(self.status, body | self.extra, self.headers)

    def item(self, trace: str | None = None) -> dict[str, Any]:
        """Build an item of a multi-status body, with the trace id of the input unless the error goes without."""
        body: dict[str, Any] = {"status": "error", "category": self.category or VALIDATION, "message": self.message}
        body |= self._details()
        traced = {} if trace is None or self.traceless else {"objectWriteTraceId": [trace]}
        context = {**traced, **(self.context or {}), **self.item_context}
        return body | ({"context": context} if context else {})

    def _details(self) -> dict[str, Any]:
        details: dict[str, Any] = {}
        if self.sub_category is not None:
            details["subCategory"] = self.sub_category
        if self.context is not None:
            details["context"] = dict(self.context)
        if self.invalids:
            details["errors"] = [
                {"message": i.message, "code": i.code, "context": {"propertyName": [i.name]}} for i in self.invalids
            ]
        return details


def bad(message: str, **context: Sequence[str]) -> Refusal:
    """Return the 400 of a request that is wrong in itself."""
    return Refusal(400, message, VALIDATION, context=context or None)


def invalid_values(invalids: Sequence[Invalid]) -> Refusal:
    """Return the 400 of values that are not valid: listed as JSON inside the message, and again in `errors`."""
    rows = [{"isValid": False, "message": i.message, "error": i.code, "name": i.name} for i in invalids]
    listed = json.dumps(rows, separators=(",", ":"), ensure_ascii=False)
    return Refusal(400, f"Property values were not valid: {listed}", VALIDATION, invalids=invalids)


def together(refusals: Sequence[Refusal]) -> Refusal:
    """Return the one answer to a batch refused whole: all invalid values at once, else the first refusal."""
    invalids = [i for refusal in refusals for i in refusal.invalids]
    return invalid_values(invalids) if invalids else refusals[0]


def nothing_there() -> Refusal:
    """Return the 404 of a single record: without a category (third party)."""
    return Refusal(404, "resource not found")


def missing_objects(caps: str, ids: Iterable[str]) -> Refusal:
    """Return what a batch says of ids that are not there (captured 2025-11)."""
    message = f"Could not get some {caps} objects, they may be deleted or not exist. Check that ids are valid."
    return Refusal(404, message, "OBJECT_NOT_FOUND", context={"ids": list(ids)})


def duplicate_ids(ids: Sequence[str]) -> Refusal:
    """Return what a batch says of one record named twice (captured 2025-11)."""
    listed = ", ".join(ids)
    return bad(f"Duplicate IDs found in batch input: [{listed}]. IDs must be unique", ids=list(ids))


def unauthorised() -> Refusal:
    """Return the 401 of a token that is missing, rotated or revoked."""
    message = "Authentication credentials not found. This API supports OAuth 2.0 authentication"
    return Refusal(401, message, "INVALID_AUTHENTICATION")


FORBIDDEN_FORMS = ("missing", "errors", "granular")


def forbidden(scopes: Sequence[str], form: str) -> Refusal:
    """Return the 403 of a missing scope in one of its three forms (spec, docs, captured: the list stands elsewhere)."""
    listed = list(scopes)
    if form == "missing":
        message = "This app hasn't been granted all required scopes to make this call."
        return Refusal(403, message, "MISSING_SCOPES", context={"missingScopes": listed})
    message = "One or more of the following scopes are required."
    if form == "errors":
        detail = {"message": message, "code": "MISSING_SCOPES", "context": {"requiredGranularScopes": listed}}
        return Refusal(403, message, "MISSING_SCOPES", extra={"errors": [detail]})
    links = ["https://developers.hubspot.com/scopes"]
    return Refusal(403, message, "MISSING_SCOPES", context={"requiredGranularScopes": listed, "links": links})


_POLICIES = {
    "SECONDLY": "You have reached your secondly limit.",
    "TEN_SECONDLY_ROLLING": "You have reached your ten_secondly_rolling limit.",
    "DAILY": "You have reached your daily limit.",
}


def too_many(policy: str, *, named: bool, headers: Mapping[str, str] | None = None) -> Refusal:
    """Return the 429 of a policy; `named` tells whether `policyName` is in it (69 recorded ones of search lack it)."""
    extra = {"errorType": "RATE_LIMIT"} | ({"policyName": policy} if named else {})
    return Refusal(429, _POLICIES[policy], "RATE_LIMITS", extra=extra, headers=headers)
