"""How the SDK is built: loaded late, nothing sent twice, no end to no wait, two organisations in one process."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tests.connectors.xero.xero_stand import API, CLIENT, SECRET, Stand
from worker.connectors.xero.api import INVOICES
from worker.ports import Unavailable


@pytest.fixture
def other() -> Iterator[Stand]:
    made = Stand(seed=9, client_id="SECOND", client_secret="second-secret")
    yield made
    made.close()


def test_importing_the_connector_does_not_import_the_sdk(stand: Stand) -> None:
    """Neither importing nor making a ledger loads the SDK or urllib3."""
    code = (
        "import sys; from worker.connectors.xero import XeroLedger; "
        "XeroLedger(client_id='', client_secret='', tenant='', endpoint='', identity_endpoint='', caller=None, "
        "memory=None, clock=None); sys.exit(bool({'xero_python', 'urllib3'} & sys.modules.keys()))"
    )

    assert 0 == subprocess.run([sys.executable, "-W", "error", "-c", code], check=False).returncode


def test_two_organisations_in_one_process_do_not_mix(stand: Stand, other: Stand) -> None:
    """The SDK's configuration is a hidden singleton; each ledger still sends its own credentials and its own token."""
    mine = stand.xero.invoice(stand.xero.add_contact("Mine"), 100)
    theirs = other.xero.invoice(other.xero.add_contact("Theirs"), 100)
    first = stand.ledger()
    second = other.ledger(client_id="SECOND", client_secret="second-secret")
    for _ in range(2):
        assert [mine] == [i.id for i in first.books(whole=True).invoices]
        assert [theirs] == [i.id for i in second.books(whole=True).invoices]

    for one, secret in ((stand, SECRET), (other, "second-secret")):
        (asked,) = one.server.calls("POST", "/connect/token")
        assert f"client_secret={secret}" in asked.body.decode()
        assert {200} == {call.status for call in one.server.log}


def test_the_token_request_names_its_scopes(stand: Stand) -> None:
    """Form-encoded, with the granular scopes of reading and nothing that writes."""
    stand.ledger().books()
    (call,) = stand.server.calls("POST", "/connect/token")
    scopes = call.body.decode().partition("scope=")[2].partition("&")[0]

    assert 4 == scopes.count(".read") == scopes.count("accounting.")
    assert f"client_id={CLIENT}" in call.body.decode()
    assert "application/x-www-form-urlencoded" == call.headers["content-type"]


def test_requests_carry_what_they_should(stand: Stand) -> None:
    """JSON, gzip, the tenant's header, a page of a thousand, newest first; whole seconds in If-Modified-Since."""
    stand.clock.advance(stand.clock.now().resolution * 123_456)
    stand.xero.invoice(stand.xero.add_contact("Acme"), 100)
    stand.ledger().books()
    stand.ledger(tenant=stand.xero.tenant).books()
    stand.ledger().books()
    first, tenant, delta = stand.server.calls("GET", f"{API}Invoices")

    assert {"page": "1", "pageSize": "1000", "order": "UpdatedDateUTC DESC"} == dict(first.query)
    assert ("application/json", "gzip", "") == tuple(
        first.headers[name] for name in ("accept", "accept-encoding", "xero-tenant-id")
    )
    assert stand.xero.tenant == tenant.headers["xero-tenant-id"]
    assert ("2026-10-01T09:28:00", None) == (
        delta.headers["if-modified-since"], first.headers.get("if-modified-since"),
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "half-body"])
def test_a_lost_connection_is_one_request(stand: Stand, kind: str) -> None:
    """urllib3's own retries are off."""
    ledger = stand.ledger()
    stand.xero.faults.order(kind, path=API, times=9)
    with pytest.raises(Unavailable):
        ledger.books()

    assert 1 == len(stand.calls())


def test_silence_ends(stand: Stand) -> None:
    """An answer that is too late is Unavailable; the next one is awaited afresh."""
    stand.xero.faults.order("slow", path=f"{API}Payments", options={"seconds": 2.0})
    ledger = stand.ledger(timeout=(1.0, 1.0))
    with pytest.raises(Unavailable, match="ReadTimeoutError"):
        ledger.books()

    assert () == ledger.books().invoices


def test_twenty_threads_use_five_sockets_and_one_token(stand: Stand) -> None:
    """More at once than Xero allows wait for a connection, none for ever."""
    stand.xero.invoice(stand.xero.add_contact("Acme"), 100)
    door = stand.ledger()._door
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(door.page(INVOICES, 1).rows))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)

    assert [1] * 20 == found
    assert 1 == len(stand.server.calls("POST", "/connect/token"))


def test_more_failures_than_connections_block_nobody(stand: Stand) -> None:
    """Each answer is read at once, also of errors: the sixth call after five failed ones goes through."""
    ledger = stand.ledger()
    stand.xero.faults.order("html", path=API, times=4)
    stand.xero.faults.order("half-body", path=API, times=4)
    for _ in range(8):
        with pytest.raises(Unavailable):
            ledger.books()

    assert () == ledger.books().invoices
