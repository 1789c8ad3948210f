"""Airtable's refusals: every error of its web API with its status and words, in the four shapes that it uses.

The shapes are `{"error": "X"}`, `{"error": {"type", "message"}}`, `{"error": {"type"}}` and `{"errors": [{"error"}]}`.
Types and messages are those of the documentation and of recorded traffic (2021 to 2026-11); what is unverified says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.sandbox.faults import Fault


class ApiError(Exception):
    """A refusal on its way out: status, body as data, headers."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def typed(status: int, kind: str, message: str | None = None) -> ApiError:
    """Return an error in the shape `{"error": {"type", "message"}}`; without a message the type stands alone."""
    error = {"type": kind} if message is None else {"type": kind, "message": message}
    return ApiError(status, {"error": error})


def not_found() -> ApiError:
    """Return what a bad route and a malformed id get."""
    return ApiError(404, {"error": "NOT_FOUND"})


def unauthenticated() -> ApiError:
    """Return what a missing or unknown token gets."""
    return typed(401, "AUTHENTICATION_REQUIRED", "Authentication required")


def not_permitted() -> ApiError:
    """Return what hides whether a thing is forbidden or unknown."""
    return typed(
        403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
        "Invalid permissions, or the requested model was not found. Check that both your user and your token have the "
        "required permissions, and that the model names and/or ids are correct.",
    )  # fmt: skip


def unknown_id(what: str, name: str, status: int) -> ApiError:
    """Return what a well-formed id of nothing gets: 403 today, one of three 404s in 2021–22 (recorded)."""
    if status == 403:
        return not_permitted()
    if what == "base":
        return typed(404, "NOT_FOUND")
    if what == "table":
        return typed(404, "TABLE_NOT_FOUND", f"Could not find table {name}")
    return typed(404, "MODEL_ID_NOT_FOUND", "Record not found" if what == "record" else f"{what} not found")


def low_role() -> ApiError:
    """Return what a user gets whose role in the base does not reach."""
    return typed(403, "INVALID_PERMISSIONS", "You are not permitted to perform this operation")


def locked_field(name: str, field_id: str) -> ApiError:
    """Return what a write to a field gets that the user may not edit."""
    return typed(
        403, "INVALID_PERMISSIONS", f"You are not permitted to write cell values in field {name} ({field_id})"
    )  # fmt: skip


def invalid_request() -> ApiError:
    """Return what an unknown parameter or key, or a value of the wrong type, gets."""
    return typed(
        422, "INVALID_REQUEST_UNKNOWN", "Invalid request: parameter validation failed. Check your request data."
    )  # fmt: skip


def missing_fields() -> ApiError:
    """Return what a write without `fields` and `records` gets."""
    return typed(422, "INVALID_REQUEST_MISSING_FIELDS", 'Could not find field "fields" in the request body')


def unreadable_body() -> ApiError:
    """Return what a body gets that is not JSON."""
    return typed(422, "INVALID_REQUEST_BODY", "Could not parse request body")


def unknown_field(name: str) -> ApiError:
    """Return what a field gets that the table does not have."""
    return typed(422, "UNKNOWN_FIELD_NAME", f'Unknown field name: "{name}"')


def computed_field(name: str) -> ApiError:
    """Return what any write to a computed field gets, null included."""
    return typed(
        422, "INVALID_VALUE_FOR_COLUMN", f'Field "{name}" cannot accept a value because the field is computed'
    )  # fmt: skip


def invalid_value(name: str) -> ApiError:
    """Return what a value gets that does not suit the field's type."""
    return typed(422, "INVALID_VALUE_FOR_COLUMN", f'Field "{name}" cannot accept the provided value')


def unknown_option(name: str) -> ApiError:
    """Return what an unknown name in a select gets without `typecast`."""
    return typed(
        422, "INVALID_MULTIPLE_CHOICE_OPTIONS", f'Insufficient permissions to create new select option "{name}"'
    )  # fmt: skip


def missing_row(record_id: str) -> ApiError:
    """Return what an unknown record id gets in a batch or a link."""
    return typed(422, "ROW_DOES_NOT_EXIST", f"Record ID {record_id} does not exist in this table")


def too_many_records(verb: str, count: int) -> ApiError:
    """Return what an eleventh record gets; `verb` is created, updated or deleted."""
    return typed(
        422, "INVALID_RECORDS",
        f"A maximum of 10 records can be {verb} per request but you have provided {count}.",
    )  # fmt: skip


def invalid_records(message: str) -> ApiError:
    """Return what a batch gets that contradicts itself."""
    return typed(422, "INVALID_RECORDS", message)


def invalid_formula(detail: str) -> ApiError:
    """Return what a filter gets that cannot be read."""
    return typed(422, "INVALID_FILTER_BY_FORMULA", f"The formula for filtering records is invalid: {detail}")


def invalid_offset(offset: str) -> ApiError:
    """Return what an offset gets that this listing never gave out."""
    return typed(422, "INVALID_OFFSET_VALUE", f"The value of offset {offset} is invalid")


def expired_iterator() -> ApiError:
    """Return what the next page of a forgotten listing gets."""
    return typed(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "The iterator for this listing is no longer available")


def full_base(cap: int) -> ApiError:
    """Return what a new record gets in a base at its plan's cap (type and words unverified)."""
    return typed(422, "RECORD_LIMIT_EXCEEDED", f"This base has reached its limit of {cap} records")


def rate_limited(envelope: str) -> ApiError:
    """Return the 429 of too many calls: in an `error` object (docs) or an `errors` list (third-party logs)."""
    message = "Rate limit exceeded. Please try again later"
    if envelope == "errors":
        return ApiError(429, {"errors": [{"error": "RATE_LIMIT_REACHED", "message": message}]})
    return typed(429, "RATE_LIMIT_REACHED", message)


def month_used_up() -> ApiError:
    """Return the 429 that no waiting mends before the month ends."""
    return typed(
        429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED", "The API billing limit for this workspace has been exceeded"
    )  # fmt: skip


def too_many_hooks(kind: str) -> ApiError:
    """Return what an eleventh webhook of a base, or a third of an OAuth app, gets."""
    return typed(422, kind, "The maximum number of webhooks has been reached")


def retriable(retry_after: int | None) -> ApiError:
    """Return the 503 that is safe to retry; Retry-After only "may be provided" (docs)."""
    error = typed(503, "RETRIABLE_ERROR", "The server is temporarily unavailable. It is safe to retry.")
    return ApiError(503, error.body, {} if retry_after is None else {"Retry-After": str(retry_after)})


# What a person may order of this service besides the server's own faults.
ORDERED = frozenset({"rate-limit", "billing", "server-error", "retriable", "too-large", "ok-error"})


def ordered(fault: Fault, envelope: str) -> ApiError:
    """Return the answer that an ordered fault gives; `retry_after` and `error` are its options."""
    if fault.kind == "rate-limit":
        return rate_limited(envelope)
    if fault.kind == "billing":
        return month_used_up()
    if fault.kind == "server-error":
        return typed(500, "SERVER_ERROR", "Try again. If the problem persists, contact support.")
    if fault.kind == "too-large":
        return typed(413, "REQUEST_BODY_TOO_LARGE", "Request body too large")
    if fault.kind == "ok-error":
        return ApiError(200, {"error": fault.options.get("error", "SERVER_ERROR")})
    return retriable(fault.options.get("retry_after"))
