"""What a round costs in calls, with the engine's own pace and memory, under the service's real limits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.connectors.xero.xero_stand import HOUR, Stand
from worker.connectors.xero import XeroLedger
from worker.engine.memory import StoreMemory
from worker.engine.pace import Pacer
from worker.engine.store import Store
from worker.ports import Limit

ONE_EACH = ["Payments", "CreditNotes", "Invoices"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'state.db'}") as opened:
        yield opened


def run(stand: Stand, store: Store) -> XeroLedger:
    return stand.ledger(memory=StoreMemory(store, "acme/xero"), caller=Pacer(store, stand.time))


def invoices(stand: Stand, contact: str, count: int) -> list[str]:
    return [stand.xero.invoice(contact, 100, tax_rate=20) for _ in range(count)]


def test_nothing_changed_among_5000_costs_three_calls(stand: Stand, acme: str, store: Store) -> None:
    """All 5,000 carry the very same, recent UpdatedDateUTC; whether looked at again at once, in a minute or a day."""
    stand.xero.limits = True
    invoices(stand, acme, 5000)
    first = run(stand, store).books()
    assert ["Payments", "CreditNotes", *["Invoices"] * 5] == stand.calls()

    for passed in (timedelta(), timedelta(minutes=1), HOUR, HOUR, HOUR, 24 * HOUR):
        stand.clock.advance(passed)
        assert first == run(stand, store).books()
        assert ONE_EACH == stand.calls()


@pytest.mark.parametrize("looked", [0, 1])
def test_a_thousand_changed_invoices_cost_three_calls(stand: Stand, acme: str, store: Store, looked: int) -> None:
    """1,000 of 5,000 that were all entered a moment before the first reading, looked at in between or not."""
    ids = invoices(stand, acme, 5000)
    run(stand, store).books()
    for _ in range(looked):
        stand.clock.advance(HOUR)
        run(stand, store).books()
    stand.clock.advance(HOUR)
    for key in ids[::5]:
        stand.xero.pay(key)
    stand.calls()
    books = run(stand, store).books()

    assert ONE_EACH == stand.calls()
    assert 1000 == sum(bool(i.payments) for i in books.invoices)
    assert 1000 == sum(i.status == "PAID" for i in books.invoices)


@pytest.mark.parametrize("changed", [999, 1000, 1001])
def test_a_thousand_changed_invoices_cost_no_page_too_many(stand: Stand, acme: str, changed: int) -> None:
    """Of 3,000 entered over weeks, with one in the overlap: a page, or two where they don't fit on one."""
    ids = invoices(stand, acme, 2999)
    stand.clock.advance(HOUR)
    ids += invoices(stand, acme, 1)
    stand.ledger().books()
    for _ in range(2):
        stand.clock.advance(HOUR)
        for key in ids[:changed]:
            stand.xero.edit(key, reference=f"at {stand.clock.now()}")
        stand.calls()
        books = stand.ledger().books()

        assert ["Payments", "CreditNotes", *["Invoices"] * (1 if changed <= 1000 else 2)] == stand.calls()
        assert changed == sum(i.reference == f"at {stand.clock.now()}" for i in books.invoices)


def test_ten_thousand_changed_invoices_cost_twelve_calls(stand: Stand, acme: str) -> None:
    """Ten pages of a thousand, however many older ones there are."""
    ids = invoices(stand, acme, 11_000)
    stand.clock.advance(HOUR)
    stand.ledger().books()
    stand.clock.advance(HOUR)
    for key in ids[:10_000]:
        stand.xero.edit(key, reference="new")
    stand.calls()
    books = stand.ledger().books()

    assert ["Payments", "CreditNotes", *["Invoices"] * 10] == stand.calls()
    assert 10_000 == sum(i.reference == "new" for i in books.invoices)


def test_a_full_reading_costs_a_call_a_thousand(stand: Stand, acme: str) -> None:
    """A sweep of 2,500 invoices: three pages, and one of each other list."""
    invoices(stand, acme, 2500)
    stand.ledger().books()
    stand.calls()
    stand.ledger().books(whole=True)

    assert ["Payments", "CreditNotes", *["Invoices"] * 3] == stand.calls()


def test_one_object_reads_the_books_once(stand: Stand, acme: str) -> None:
    """The second asking costs nothing, a whole reading asks again and is then what is known."""
    ledger = stand.ledger()
    first = ledger.books()
    key = stand.xero.invoice(acme, 100)
    stand.calls()
    assert first is ledger.books()
    assert [] == stand.calls()

    assert [key] == [i.id for i in ledger.books(whole=True).invoices]
    assert ONE_EACH == stand.calls()
    assert [key] == [i.id for i in ledger.books().invoices]


def test_nothing_changed_is_three_calls_after_a_credit_note_and_a_payment_too(stand: Stand, acme: str) -> None:
    """With something in every list the same three calls, and not a row is written."""
    key = stand.xero.invoice(acme, 100)
    stand.xero.pay(key, 60)
    stand.xero.credit(key, 40)
    stand.ledger().books()
    kept = {shelf: dict(items) for shelf, items in stand.memory.items.items()}, dict(stand.memory.cursors)
    stand.calls()
    stand.clock.advance(HOUR)
    stand.ledger().books()

    assert ONE_EACH == stand.calls()
    assert kept == (stand.memory.items, stand.memory.cursors)


def test_overpayments_are_asked_for_only_when_needed_and_from_then_on(stand: Stand, acme: str) -> None:
    """As long as invoices say what was applied, nobody asks; once asked, every round asks what changed."""
    key = stand.xero.invoice(acme, 100)
    stand.xero.allocate(stand.xero.overpay(acme, 60), key)
    stand.ledger().books()
    assert ONE_EACH == stand.calls()
    stand.xero.applied_amounts = False
    stand.clock.advance(HOUR)
    stand.xero.pay(key, 10)
    stand.ledger().books()
    assert [*ONE_EACH, "Overpayments"] == stand.calls()
    stand.xero.applied_amounts = True
    stand.clock.advance(HOUR)
    stand.xero.pay(key, 10)
    stand.ledger().books()

    assert [*ONE_EACH, "Overpayments"] == stand.calls()


def test_every_request_goes_through_the_caller_under_both_limits(stand: Stand, acme: str) -> None:
    """55 a minute and 5,000 a day, counted under names that begin with the service; all are reads."""
    stand.xero.invoice(acme, 100)
    ledger = stand.ledger()
    ledger.books()
    ledger.contact_numbers([acme])
    ledger.check()

    assert {((Limit("xero.minute", 55, 60.0), Limit("xero.day", 5000, 86_400.0)), True)} == set(stand.once.asked)
    assert len(stand.calls()) <= len(stand.once.asked)


def test_a_large_first_reading_keeps_to_the_minute(stand: Stand, acme: str, store: Store) -> None:
    """Seventy calls are spread over more than a minute and none is refused."""
    stand.xero.limits = True
    contacts = [stand.xero.add_contact(f"c{n}", f"hub-c{n}") for n in range(70 * 50)]
    numbers = run(stand, store).contact_numbers(contacts)

    assert 3500 == len(numbers)
    assert {200} == {call.status for call in stand.server.log}
    assert 71 == len(stand.server.log)
