"""Xero's error bodies, as exceptions that carry an answer; and the breach of a rule of the books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NOT_FOUND = "The resource you're looking for cannot be found"
MAINTENANCE = "The Xero API is currently offline for maintenance"
NO_ID = "00000000-0000-0000-0000-000000000000"


class RuleBroken(ValueError):
    """What the books do not allow, in Xero's words; hands see it as a ValueError, the API as a ValidationException."""

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


class Rejected(Exception):
    """A request that ends in an error: the status, and a body that is text or becomes JSON or XML."""

    def __init__(self, status: int, body: Mapping[str, Any] | str) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def validation(elements: Sequence[Mapping[str, Any]]) -> Rejected:
    """Build the 400 that lists the refused elements, each with its ValidationErrors."""
    return _numbered(10, "ValidationException", "A validation exception occurred", elements)


def unreadable(detail: str) -> Rejected:
    """Build the 400 for a body that can't be taken for what it should be (xero-php-oauth2#205)."""
    return _numbered(14, "PostDataInvalidException", f"JSON for post data was invalid,{detail}")


def unparsable(detail: str) -> Rejected:
    """Build the 400 for a query that can't be understood."""
    return _numbered(16, "QueryParseException", detail)


def no_such_method() -> Rejected:
    """Build the 501 for a method that a path does not have."""
    return _numbered(20, "ApiMethodNotImplementedException", "The Api Method called is not implemented", status=501)


def _numbered(
    number: int, kind: str, message: str, elements: Sequence[Mapping[str, Any]] | None = None, *, status: int = 400
) -> Rejected:
    body: dict[str, Any] = {"ErrorNumber": number, "Type": kind, "Message": message}
    return Rejected(status, body if elements is None else {**body, "Elements": list(elements)})


def not_found() -> Rejected:
    """Build the 404, which is plain text."""
    return Rejected(404, NOT_FOUND)


def refused(status: int, detail: str, instance: str) -> Rejected:
    """Build the 401 or 403 of a request whose token, tenant or scope will not do (pyxero#337, laravel-xero#40)."""
    title = {401: "Unauthorized", 403: "Forbidden"}[status]
    return Rejected(status, problem(status, title, detail, instance))


def problem(status: int, title: str, detail: str, instance: str) -> dict[str, Any]:
    """Return the body of an error that comes from in front of the accounting API."""
    return {"Type": None, "Title": title, "Status": status, "Detail": detail, "Instance": instance, "Extensions": {}}
