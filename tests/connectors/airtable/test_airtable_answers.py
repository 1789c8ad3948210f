"""What becomes of each answer that Airtable can give, and how requests are paced."""

from __future__ import annotations

import socket
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.connectors.airtable.airtable_stand import Stand
from worker.connectors.airtable.api import Door
from worker.connectors.exact_json import json_text
from worker.ports import Edit, Limit, Refused, ServiceError, Unauthorised, Unavailable, Unsure


def error_on_read(stand: Stand, kind: str, **terms: Any) -> ServiceError:
    stand.airtable.faults.order(kind, method="GET", **terms)
    with pytest.raises(ServiceError) as caught:
        stand.tracker(caller=stand.once).read(["Leads"])
    return caught.value


def error_on_write(stand: Stand, kind: str, **terms: Any) -> ServiceError:
    row = stand.lead()
    stand.airtable.faults.order(kind, method="PATCH", **terms)
    (found,) = stand.tracker(caller=stand.once).write([Edit("Leads", row, "", {"Status": "New"})])
    assert isinstance(found, ServiceError)
    return found


def body(status: int, type_: str, message: str | None = None) -> dict[str, Any]:
    error = {"type": type_} | ({"message": message} if message else {})
    return {"status": status, "body": {"error": error}}


@pytest.mark.parametrize("envelope", ["error", "errors"])
def test_too_many_calls_wait_half_a_minute(stand: Stand, envelope: str) -> None:
    """A 429 of the rate, in either shape, is nobody's failed attempt and asks for 30 seconds."""
    stand.airtable.rate_envelope = envelope

    found = error_on_read(stand, "rate-limit")

    assert isinstance(found, Unavailable)
    assert (timedelta(seconds=30), True) == (found.retry_after, found.limited)
    assert Unavailable is type(error_on_write(stand, "rate-limit"))


def test_a_used_up_month_waits_for_hours_and_says_so(stand: Stand) -> None:
    """The 429 of the month's end is told from that of the rate."""
    found = error_on_read(stand, "billing")

    assert isinstance(found, Unavailable)
    assert (timedelta(hours=3), True) == (found.retry_after, found.limited)
    assert "API calls of this month are used up" in found.text


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("Mon, 02 Nov 2026 09:01:30 GMT", 90), ("soon", None)])
def test_retry_after_is_honoured(stand: Stand, header: str, seconds: int | None) -> None:
    """Seconds or a date; what can't be read is left out."""
    found = error_on_read(stand, "status", options={"status": 503, "headers": {"Retry-After": header}})

    assert isinstance(found, Unavailable)
    assert (timedelta(seconds=seconds) if seconds else None) == found.retry_after


LOSSES = ["drop-before", "drop-after", "html", "empty", "half-body", "server-error", "retriable"]


@pytest.mark.parametrize("kind", LOSSES)
def test_no_usable_answer_is_unavailable_on_reads_and_unsure_on_writes(stand: Stand, kind: str) -> None:
    """Dropped, HTML, empty, cut off, 500 or 503: a reading is harmless, a writing may have happened."""
    assert Unavailable is type(error_on_read(stand, kind))
    assert Unsure is type(error_on_write(stand, kind))


def test_a_200_that_is_an_error_is_no_success(stand: Stand) -> None:
    """`{"error": …}` under a 200 is neither rows nor a receipt."""
    assert Unavailable is type(error_on_read(stand, "ok-error"))
    assert Unsure is type(error_on_write(stand, "ok-error"))


def test_a_redirect_is_not_followed(stand: Stand) -> None:
    """By default a POST would become a GET elsewhere, with the token."""
    options = {"status": 302, "headers": {"Location": stand.server.url + "/v0/meta/whoami"}}

    found = error_on_read(stand, "status", options=options)

    assert Unavailable is type(found)
    assert [] == stand.server.calls("GET", "/v0/meta/whoami")


def test_a_dead_token_is_unauthorised(stand: Stand) -> None:
    """401 pauses the service; the words hold the remedy and not the token."""
    with pytest.raises(Unauthorised, match="token is not accepted") as caught:
        stand.tracker(token="patWRONGTOKEN").read(["Leads"])

    assert "patWRONGTOKEN" not in str(caught.value)


@pytest.mark.parametrize("status", [403, 404])
def test_an_unknown_base_names_both_possibilities(stand: Stand, status: int) -> None:
    """Whether the service says 403 or 404: not found or not shared."""
    stand.airtable.unknown_id_status = status

    with pytest.raises(Unauthorised, match="either not found or not shared with this token"):
        stand.tracker(base="appNOSUCHBASE0001").read(["Leads"])


def test_a_missing_scope_is_unauthorised(stand: Stand) -> None:
    """A token without the scope for rows is told from data that is wrong."""
    stand.airtable.add_token("patBLIND", scopes=["schema.bases:read"])

    with pytest.raises(Unauthorised):
        stand.tracker(token="patBLIND").read(["Leads"])


@pytest.mark.parametrize(
    ("options", "code", "field"),
    [
        (body(422, "INVALID_VALUE_FOR_COLUMN", 'Field "Status" cannot accept the provided value'),
         "INVALID_VALUE_FOR_COLUMN", "Status"),
        (body(422, "INVALID_MULTIPLE_CHOICE_OPTIONS", 'Insufficient permissions to create new select option "x"'),
         "INVALID_MULTIPLE_CHOICE_OPTIONS", None),
        (body(422, "UNKNOWN_FIELD_NAME", 'Unknown field name: "Status"'), "UNKNOWN_FIELD_NAME", "Status"),
        (body(422, "ROW_DOES_NOT_EXIST", "Record ID rec1 does not exist in this table"), "NOT_FOUND", None),
        (body(404, "MODEL_ID_NOT_FOUND", "Record not found"), "NOT_FOUND", None),
        ({"status": 404, "body": {"error": "NOT_FOUND"}}, "NOT_FOUND", None),
        ({"status": 422, "body": {"error": {"type": "INVALID_RECORDS"}}}, "INVALID_RECORDS", None),
        ({"status": 413, "body": "<html>too large</html>"}, "413", None),
        ({"status": 400, "body": {"errors": [{"error": "BAD", "message": "no"}]}}, "BAD", None),
    ],
)  # fmt: skip
def test_each_refusal_of_a_row_is_refused_with_its_code(
    stand: Stand, options: dict[str, Any], code: str, field: str | None
) -> None:
    """All four shapes of errors are understood; code and, where it is named, column come along."""
    found = error_on_write(stand, "status", options=options)

    assert isinstance(found, Refused)
    assert (code, field) == (found.code, found.field)


def test_a_refused_connection_never_happened(stand: Stand) -> None:
    """Nobody listens: nothing was sent, so a write too is Unavailable and may be sent again."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        door = Door(
            base="appX", token="pat", endpoint=f"http://127.0.0.1:{unheard.getsockname()[1]}", caller=stand.once,
            clock=stand.time, monthly_calls=1,
        )  # fmt: skip

        with pytest.raises(Unavailable, match="no answer"):
            door.call("POST", door.tables_url, expect="id", body={})


def test_every_request_keeps_to_the_base_and_the_month(stand: Stand) -> None:
    """Five calls in a little over a second over all who use the base, and the month's meter, on each request."""
    tracker = stand.tracker(caller=stand.once, monthly_calls=1_000)
    tracker.read(["Leads"])
    tracker.write([Edit("Commissions", None, "k", {"Status": "Expected"})])

    base = stand.airtable.base
    limits = (Limit(f"airtable.{base}", 5, 1.15), Limit(f"airtable.{base}.month", 1_000, 31 * 86_400.0))
    assert {limits} == {asked for asked, _ in stand.once.asked}


def test_errors_quote_no_address(stand: Stand) -> None:
    """A dropped connection's words hold no URL: it may carry keys."""
    found = error_on_read(stand, "drop-before")

    assert "127.0.0.1" not in str(found)
    assert "http" not in str(found)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"n": Decimal("0.1"), "t": "é"}, '{"n": 0.1, "t": "\\u00e9"}'),
        ([Decimal("12345678901234567.12345678"), None, True], "[12345678901234567.12345678, null, true]"),
        ({"plain": 1}, '{"plain": 1}'),
    ],
)
def test_decimals_go_out_as_exact_numbers(value: Any, text: str) -> None:
    """No float lies between a Decimal and the JSON."""
    assert text == json_text(value)
