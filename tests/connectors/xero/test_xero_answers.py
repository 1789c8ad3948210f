"""Every error that the sheet knows, over sockets: which of ours it becomes, in which words, after how many requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.connectors.standins import Patient
from tests.connectors.xero.xero_stand import API, SECRET, Stand
from worker.connectors.xero.failures import failure
from worker.ports import Refused, ServiceError, Unauthorised, Unavailable
from worker.sandbox.server import Server
from worker.sandbox.xero import Xero

PAYMENTS = f"{API}Payments"


def raised(act: Callable[[], Any]) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        act()
    assert "Xero" == caught.value.service
    return caught.value


def order(stand: Stand, status: int, body: Any, **headers: str) -> None:
    options = {"status": status, "body": body, "headers": {k.replace("_", "-"): v for k, v in headers.items()}}
    stand.xero.faults.order("status", path=PAYMENTS, options=options)


# ---- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "retry_after", "wait", "words"),
    [
        ("minute", "17", 17, "too many calls a minute"),
        ("Minute", None, 60, "too many calls a minute"),
        ("day", "34000", 34_000, "calls of the day are used up, free again in about 9 hours"),
        ("Daily limit", "120", 120, "free again in about 2 minutes"),
        ("DayLimit", None, 3600, "free again in about 60 minutes"),
        ("concurrent", None, 1, "more than 5 calls at once"),
        ("Concurrent", "3", 3, "more than 5 calls at once"),
        ("appminute", "9", 9, "by this app"),
        ("something new", None, 60, "too many calls"),
    ],
)
def test_429_says_how_long_to_wait(stand: Stand, problem: str, retry_after: str | None, wait: int, words: str) -> None:
    """By X-Rate-Limit-Problem, whatever its spelling; one request, never counted as an attempt."""
    headers = {"X_Rate_Limit_Problem": problem} | ({"Retry_After": retry_after} if retry_after else {})
    order(stand, 429, {"Title": "Rate limit exceeded", "Status": 429, "Detail": "…"}, **headers)
    error = raised(stand.ledger().books)

    assert isinstance(error, Unavailable)
    assert (timedelta(seconds=wait), True) == (error.retry_after, error.limited)
    assert words in error.text
    assert ["Payments"] == stand.calls()


@pytest.mark.parametrize("problem", ["minute", "day", "concurrent"])
@pytest.mark.parametrize("body", ["json", "form"])
def test_the_sandbox_s_own_429_in_both_bodies(stand: Stand, problem: str, body: str) -> None:
    """JSON as today, form-encoded as it was."""
    stand.xero.faults.order("rate-limit", options={"problem": problem, "retry_after": 5, "body": body})
    error = raised(stand.ledger().books)

    assert isinstance(error, Unavailable)
    assert (timedelta(seconds=5), True) == (error.retry_after, error.limited)


def test_a_full_minute_is_waited_out(stand: Stand) -> None:
    """After sixty calls the next is told how long to wait, and goes through then."""
    stand.xero.limits = True
    patient = Patient(stand.time)
    ledger = stand.ledger(caller=patient)
    for _ in range(21):
        ledger.books(whole=True)

    assert [429] == [call.status for call in stand.server.log if call.status != 200]
    assert [True] == [0 < wait <= 61 for wait in patient.waited]


# ---- nothing happened -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("html", {}), ("html", {"status": 200}), ("html", {"status": 500}), ("html", {"status": 503}),
        ("empty", {}), ("half-body", {}), ("drop-before", {}), ("drop-after", {}),
        ("status", {"status": 200, "body": "null"}),
        ("status", {"status": 200, "body": {"Id": "x", "Status": "OK"}}),
        ("status", {"status": 200, "body": {"Payments": {}}}),
        ("status", {"status": 408, "body": ""}),
        ("status", {"status": 500, "body": "An unhandled error with the Xero API occurred."}),
        ("status", {"status": 302, "body": "", "headers": {"X-Elsewhere": "1"}}),
    ],
)  # fmt: skip
def test_an_answer_that_says_nothing_is_unavailable(stand: Stand, kind: str, options: Any) -> None:
    """5xx, HTML, half an answer, none: the same read later; and exactly one request went out."""
    stand.xero.invoice(stand.xero.add_contact("Acme"), 100)
    stand.xero.faults.order(kind, path=PAYMENTS, options=options)
    error = raised(stand.ledger().books)

    assert Unavailable is type(error)
    assert ["Payments"] == stand.calls()


def test_maintenance_is_told_in_xero_s_words(stand: Stand) -> None:
    """503 with a sentence."""
    stand.xero.faults.order("maintenance")
    error = raised(stand.ledger().books)

    assert (Unavailable, "answered 503: The Xero API is currently offline for maintenance") == (type(error), error.text)


def test_a_503_that_speaks_of_the_rate_limit_is_one(stand: Stand) -> None:
    """The form-encoded text of a rate limit came with 503 once (captured)."""
    order(stand, 503, "oauth_problem=rate%20limit%20exceeded&oauth_problem_advice=please%20wait%20before%20retrying")
    error = raised(stand.ledger().books)

    assert (Unavailable, True) == (type(error), getattr(error, "limited", None))


def test_nobody_listening_and_no_such_host_are_unavailable(stand: Stand) -> None:
    """The API's address, and that of the identity service."""
    with Server(Xero(stand.clock), stand.clock) as closed:
        nowhere = closed.url
    for terms in (
        {"endpoint": nowhere}, {"identity_endpoint": nowhere}, {"endpoint": "http://nowhere.invalid"},
        {"identity_endpoint": "https://127.0.0.1:1"},
    ):  # fmt: skip
        assert Unavailable is type(raised(stand.ledger(**terms).books))


def test_a_certificate_that_is_not_trusted_is_unavailable(stand: Stand) -> None:
    """Speaking TLS to a server that has none."""
    error = raised(stand.ledger(endpoint=stand.server.url.replace("http:", "https:")).books)

    assert Unavailable is type(error)


# ---- refused --------------------------------------------------------------------------------------------------------

XML = """<ApiException xmlns:xsd="http://www.w3.org/2001/XMLSchema"><ErrorNumber>10</ErrorNumber>
  <Type>ValidationException</Type><Message>A validation exception occurred</Message>
  <Elements><DataContractBase><ValidationErrors><ValidationError><Message>Not &amp; valid</Message></ValidationError>
  </ValidationErrors></DataContractBase></Elements></ApiException>"""


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (400, {"ErrorNumber": 16, "Type": "QueryParseException", "Message": "No property 'x'"},
         "QueryParseException", "No property 'x'"),
        (400, {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception occurred",
               "Elements": [{"ValidationErrors": [{"Message": "too old"}, {"Message": "too new"}]}]},
         "ValidationException", "A validation exception occurred: too old: too new"),
        (400, XML, "ValidationException", "A validation exception occurred: Not & valid"),
        (400, {"Elements": [None, {"ValidationErrors": None}]}, "400", "answered 400"),
        (400, "<html>Bad Request</html>", "400", "answered 400"),
        (400, [1], "400", "answered 400"),
        (404, "The resource you're looking for cannot be found", "404", "cannot be found: check that endpoint"),
        (413, "Request Entity Too Large", "413", "Request Entity Too Large"),
    ],
)  # fmt: skip
def test_a_4xx_is_refused_in_xero_s_words(stand: Stand, status: int, body: Any, code: str, words: str) -> None:
    """JSON, XML, text or HTML; the code is Xero's type where there is one."""
    order(stand, status, body)
    error = raised(stand.ledger().books)

    assert isinstance(error, Refused)
    assert code == error.code
    assert words in error.text


# ---- unauthorised ---------------------------------------------------------------------------------------------------


def test_an_expired_token_is_dropped_and_asked_for_once_more(stand: Stand) -> None:
    """A token that is over before its time costs one more request and one more token."""
    ledger = stand.ledger()
    stand.xero.faults.order("token-expired")
    ledger.books()

    assert ["Payments", "Payments", "CreditNotes", "Invoices"] == [
        call.path.removeprefix(API) for call in stand.server.log if call.path.startswith(API)
    ]
    assert 2 == len(stand.server.calls("POST", "/connect/token"))


def test_a_token_refused_twice_is_unauthorised(stand: Stand) -> None:
    """And asked no third time."""
    stand.xero.faults.order("token-expired", times=2)
    error = raised(stand.ledger().books)

    assert isinstance(error, Unauthorised)
    assert "TokenExpired" in error.text
    assert ["Payments", "Payments"] == stand.calls()


def test_a_token_lives_its_half_hour_less_two_minutes(stand: Stand) -> None:
    """One token serves until shortly before its end; then one new one, and no 401 in between."""
    ledger = stand.ledger()
    for minutes in (0, 27, 2):
        stand.clock.advance(timedelta(minutes=minutes))
        ledger.books(whole=True)

    assert 2 == len(stand.server.calls("POST", "/connect/token"))
    assert {200} == {call.status for call in stand.server.log}


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_scope_is_named(stand: Stand, status: int) -> None:
    """Whichever status Xero gives it."""
    body = {"Title": "Unauthorized", "Status": status, "Detail": "AuthorizationUnsuccessful"}
    stand.xero.faults.order("status", path=f"{API}Invoices", times=2, options={"status": status, "body": body})
    error = raised(stand.ledger().books)

    assert isinstance(error, Unauthorised)
    assert "tick accounting.invoices.read" in error.text


def test_a_wrong_tenant_and_a_removed_connection_say_so(stand: Stand) -> None:
    """403 AuthenticationUnsuccessful in words for people."""
    wrong = raised(stand.ledger(tenant="11111111-2222-4333-8444-555555555555").books)
    stand.xero.identity.connection = None
    removed = raised(stand.ledger().books)

    for error in (wrong, removed):
        assert isinstance(error, Unauthorised)
        assert "tenant names another organisation" in error.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "invalid_client"}, "client_id or client_secret is not accepted"),
        ({"error": "invalid_scope"}, "tick accounting.invoices.read, accounting.payments.read"),
        ({"error": "unauthorized_client"}, "no custom connection"),
        ({"error": "something_new"}, "answered something_new"),
        ("<html>", "answered 400"),
    ],
)
def test_no_token_is_unauthorised_in_words(stand: Stand, body: Any, words: str) -> None:
    """Each refusal of the identity service tells what to do."""
    stand.xero.faults.order("status", path="/connect/token", times=2, options={"status": 400, "body": body})
    error = raised(stand.ledger().books)

    assert isinstance(error, Unauthorised)
    assert words in error.text
    assert [] == stand.calls()


@pytest.mark.parametrize(
    "order_",
    [
        {"kind": "html", "options": {"status": 503}}, {"kind": "html", "options": {"status": 200}}, {"kind": "empty"},
        {"kind": "half-body"}, {"kind": "drop-before"}, {"kind": "status", "options": {"status": 429, "body": ""}},
        {"kind": "status", "options": {"status": 200, "body": {"expires_in": 1800}}},
        {"kind": "status", "options": {"status": 200, "body": {"access_token": "x", "expires_in": None}}},
    ],
)  # fmt: skip
def test_an_identity_service_in_trouble_is_unavailable(stand: Stand, order_: dict[str, Any]) -> None:
    """The next try gets its token."""
    stand.xero.faults.order(**order_, path="/connect/token")
    ledger = stand.ledger()

    assert Unavailable is type(raised(ledger.books))
    assert () == ledger.books().invoices


def test_an_older_app_gets_by_with_the_broad_scopes(stand: Stand, acme: str) -> None:
    """invalid_scope for the granular ones: asked once more for the broad ones, and for these from then on."""
    stand.xero.broad_scopes = True
    stand.xero.faults.order(
        "status", path="/connect/token", options={"status": 400, "body": {"error": "invalid_scope"}}
    )
    stand.xero.invoice(acme, 100)
    ledger = stand.ledger()
    assert 1 == len(ledger.books().invoices)
    stand.clock.advance(timedelta(hours=1))
    ledger.books(whole=True)
    asked = [b"accounting.transactions.read" in call.body for call in stand.server.calls("POST", "/connect/token")]

    assert [False, True, True] == asked


@pytest.mark.parametrize(
    "order_",
    [
        {"kind": "html"}, {"kind": "drop-after"}, {"kind": "half-body"}, {"kind": "token-expired", "times": 2},
        {"kind": "drop-after", "path": "/connect/token"}, {"kind": "html", "path": "/connect/token"},
    ],
)  # fmt: skip
def test_no_error_holds_secret_or_token(stand: Stand, order_: dict[str, Any]) -> None:
    """Whatever fails, neither is in it, nor in what caused it."""
    ledger = stand.ledger()
    ledger.books()
    stand.clock.advance(timedelta(hours=1))
    stand.xero.faults.order(**order_)
    error = raised(lambda: ledger.books(whole=True))
    told = f"{error!r} {error.__cause__!r} {error.__context__!r}"

    assert "sandbox-access" not in told
    assert SECRET not in told


def test_the_xml_of_a_method_that_is_not_there() -> None:
    """501, as it was captured, is Unavailable with its words."""
    body = b"<ApiException><ErrorNumber>20</ErrorNumber><Message>The Api Method called is not implemented</Message>"
    error = failure(501, {}, body, "")

    assert (Unavailable, "answered 501: The Api Method called is not implemented") == (type(error), error.text)
