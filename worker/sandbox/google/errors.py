"""Google's refusals: what Sheets, Drive and the token endpoint answer when they say no, each in its own envelope.

Messages are those of recorded traffic, of the documentation and of public issue threads (2021 to 2026-11); what is
unverified says so. Sheets answers `{"error": {"code", "message", "status", "details"?}}`, Drive's has `errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from worker.sandbox.faults import Fault
from worker.sandbox.server import HTML_BODY, Reply

PROJECT = "318273645091"  # the project that the service accounts belong to
_STATUS = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 501: "UNIMPLEMENTED", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip
_LOST = (
    "<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title>"
    "<p><b>404.</b> <ins>That’s an error.</ins><p>The requested URL was not found on this server."
)
_SORRY = (
    "<html><head><title>Sorry...</title></head><body><h1>We're sorry...</h1><p>... but your computer or network may "
    "be sending automated queries. To protect our users, we can't process your request right now.</p></body></html>"
)


class ApiError(Exception):
    """A refusal on its way out."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status, reply.body)
        self.reply = reply


class Refusal(Exception):
    """A request that cannot be done; whoever reads the request says which one it was (`Invalid requests[0].x: …`)."""


def sheets(code: int, message: str, details: Sequence[Mapping[str, Any]] = ()) -> ApiError:
    """Return an error in Sheets' envelope."""
    error: dict[str, Any] = {"code": code, "message": message, "status": _STATUS[code]}
    if details:
        error["details"] = list(details)
    return ApiError(Reply.json(code, {"error": error}))


def invalid(message: str) -> ApiError:
    """Return a 400 that has words only."""
    return sheets(400, message)


def violations(found: Sequence[tuple[str, str]]) -> ApiError:
    """Return the 400 of an unreadable request: pairs of field (may be empty) and description."""
    listed = [{"field": field, "description": text} if field else {"description": text} for field, text in found]
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": listed}]
    return sheets(400, "\n".join(text for _, text in found), details)


def bad_mask(path: str) -> ApiError:
    """Return what a path that is none gets in the `fields` parameter; a blank after a comma makes it one."""
    text = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
    details = [{
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"field": path, "description": text}],
    }]  # fmt: skip
    return sheets(400, "Request contains an invalid argument.", details)


def not_modelled(what: str) -> ApiError:
    """Return what the sandbox says of a thing that Google has and the sandbox has not."""
    return sheets(501, f"The sandbox does not model {what}.")


def not_found() -> ApiError:
    """Return what an unknown spreadsheet gets (recorded)."""
    return sheets(404, "Requested entity was not found.")


def no_page() -> ApiError:
    """Return what an unknown path gets: a page."""
    return ApiError(Reply.text(404, _LOST, "text/html"))


def _info(reason: str, metadata: Mapping[str, str]) -> dict[str, Any]:
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    return {"@type": kind, "reason": reason, "domain": "googleapis.com", "metadata": dict(metadata)}


def unregistered() -> ApiError:
    """Return what a call without any credential gets."""
    message = (
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or "
        "other form of API consumer identity to call this API."
    )
    return sheets(403, message)


def unauthenticated() -> ApiError:
    """Return what an unknown or stale bearer gets."""
    message = (
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    return sheets(401, message, [_info("ACCESS_TOKEN_EXPIRED", {"service": "sheets.googleapis.com"})])


def low_scope() -> ApiError:
    """Return what a bearer without the scope gets."""
    info = _info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", {"service": "sheets.googleapis.com"})
    return sheets(403, "Request had insufficient authentication scopes.", [info])


def not_shared() -> ApiError:
    """Return what an identity gets that the spreadsheet is not shared with (recorded)."""
    return sheets(403, "The caller does not have permission")


def protected() -> str:
    """Return the words for a cell that the caller may not edit."""
    return (
        "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection "
        "if you need to edit."
    )


def service_disabled(service: str = "sheets.googleapis.com", title: str = "Google Sheets API") -> ApiError:
    """Return what a project gets in which the API was never enabled (recorded)."""
    url = f"https://console.developers.google.com/apis/api/{service}/overview?project={PROJECT}"
    message = (
        f"{title} has not been used in project {PROJECT} before or it is disabled. Enable it by visiting {url} then "
        "retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and "
        "retry."
    )
    metadata = {"service": service, "serviceTitle": title, "consumer": f"projects/{PROJECT}", "activationUrl": url}
    return sheets(403, message, [_info("SERVICE_DISABLED", metadata)])


def quota(kind: str = "Read", whose: str = "user", limit: int = 60) -> ApiError:
    """Return the 429 (recorded 2022 and 2025): `kind` is Read or Write, `whose` user or project; no Retry-After."""
    per = "per minute per user" if whose == "user" else "per minute"
    name = f"{kind}RequestsPerMinutePer{'User' if whose == 'user' else 'Project'}"
    message = (
        f"Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests {per}' of service "
        f"'sheets.googleapis.com' for consumer 'project_number:{PROJECT}'."
    )
    metadata = {
        "quota_limit": name, "quota_limit_value": str(limit), "service": "sheets.googleapis.com",
        "consumer": f"projects/{PROJECT}", "quota_metric": f"sheets.googleapis.com/{kind.lower()}_requests",
        "quota_location": "global",
    }  # fmt: skip
    link = {"description": "Request a higher quota limit.",
            "url": "https://cloud.google.com/docs/quotas/help/request_increase"}  # fmt: skip
    more = {"@type": "type.googleapis.com/google.rpc.Help", "links": [link]}
    return sheets(429, message, [_info("RATE_LIMIT_EXCEEDED", metadata), more])


def drive(code: int, reason: str, message: str, location: str = "") -> ApiError:
    """Return an error in Drive's envelope."""
    one = {"message": message, "domain": "global", "reason": reason}
    if location:
        one |= {"location": location, "locationType": "parameter"}
    return ApiError(Reply.json(code, {"error": {"code": code, "message": message, "errors": [one]}}))


def file_not_found(file_id: str) -> ApiError:
    """Return what Drive says of a file that is not there or not shared: it does not tell the two apart."""
    return drive(404, "notFound", f"File not found: {file_id}.", "fileId")


def grant(code: str, description: str) -> ApiError:
    """Return an error of the token endpoint."""
    return ApiError(Reply.json(400, {"error": code, "error_description": description}))


def _internal(_: Fault) -> ApiError:
    return sheets(500, "Internal error encountered.")


def _unavailable(_: Fault) -> ApiError:
    return sheets(503, "The service is currently unavailable.")


def _deadline(_: Fault) -> ApiError:
    return sheets(504, "The request has timed out.")  # documented for more than 180 s of work


def _quota(fault: Fault) -> ApiError:
    return quota(fault.options.get("kind", "Read"), fault.options.get("whose", "user"))


# Faults that the service knows; the server itself carries out drops, slowness, half bodies and pages (`SERVER_KINDS`).
ORDERED: Mapping[str, Callable[[Fault], ApiError]] = {
    "quota": _quota,
    "sorry": lambda _: ApiError(Reply.text(429, _SORRY, "text/html")),  # HTML with 429 (recorded on Drive's host)
    "bad-gateway": lambda _: ApiError(Reply.text(502, HTML_BODY.decode(), "text/html")),
    "internal": _internal,
    "unavailable": _unavailable,
    "deadline": _deadline,
    "service-disabled": lambda _: service_disabled(),
    "stale-token": lambda _: unauthenticated(),
    "redirect": lambda fault: ApiError(Reply(302, b"", {"Location": fault.options.get("location", "/elsewhere")})),
}
