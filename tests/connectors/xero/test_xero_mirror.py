"""What is remembered of the books stays true: late, buried, unordered and vanished rows, broken-off readings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.connectors.xero.xero_stand import API, HOUR, Stand
from worker.ports import Unavailable
from worker.sandbox.server import Reply, Request, Server
from worker.sandbox.xero import Xero

SECOND = timedelta(seconds=1)


class Unordered(Xero):
    """A Xero that does not know `order`: oldest change first, as its default is."""

    def answer(self, request: Request) -> Reply:
        return super().answer(replace(request, query=[(k, v) for k, v in request.query if k != "order"]))


class Uncounted(Xero):
    """A Xero that tells no pagination, as in 2020."""

    def answer(self, request: Request) -> Reply:
        reply = super().answer(request)
        if not request.path.startswith(API) or reply.status != 200:
            return reply
        body = json.loads(reply.body)
        body.pop("pagination", None)
        return Reply.json(200, body, reply.headers)


class Timeless(Xero):
    """A Xero that asks nobody to compare clocks: its DateTimeUTC is an example's."""

    def answer(self, request: Request) -> Reply:
        reply = super().answer(request)
        body = reply.body.replace(b'"DateTimeUTC":"/Date(', b'"DateTimeUTC":"/Date(1')
        return replace(reply, body=body)


@pytest.fixture
def other() -> Iterator[Callable[[type[Xero]], Stand]]:
    made: list[Stand] = []

    def stand_of(kind: type[Xero]) -> Stand:
        stand = Stand()
        stand.server.close()
        stand.xero = kind(stand.clock)
        stand.xero.limits = False
        stand.server = Server(stand.xero, stand.clock)
        made.append(stand)
        return stand

    yield stand_of
    for stand in made:
        stand.close()


def references(stand: Stand, **terms: Any) -> dict[str, str]:
    return {i.id: i.reference for i in stand.ledger().books(**terms).invoices}


def entered(stand: Stand, count: int, spread: timedelta = SECOND) -> list[str]:
    contact = stand.xero.add_contact("Acme Ltd", f"hub-{stand.clock.now()}")
    keys = []
    for _ in range(count):
        keys.append(stand.xero.invoice(contact, 100))
        stand.clock.advance(spread)
    return keys


def edited_meanwhile(stand: Stand, keys: Sequence[str]) -> None:
    """Let one of these invoices after the other change ahead of each request for a second page."""
    moved = iter(keys)

    def act(request: Request) -> None:
        if ("page", "2") in request.query and (key := next(moved, None)):
            stand.xero.edit(key, reference="meanwhile")

    stand.server.before.append(act)


# ---- deltas ---------------------------------------------------------------------------------------------------------


def test_each_round_sees_what_changed_since_the_last(stand: Stand) -> None:
    """New, changed and untouched invoices, round after round, are what a full reading finds."""
    keys = entered(stand, 5)
    assert keys == list(references(stand))
    for n in range(4):
        stand.clock.advance(HOUR)
        stand.xero.edit(keys[n], reference=f"round {n}")
        keys += entered(stand, 2)
        told = references(stand)
        assert f"round {n}" == told[keys[n]]
        assert set(keys) == set(told)

    assert references(stand) == references(stand, whole=True)


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("silent", [True, False])
def test_a_change_in_the_second_of_the_last_one_is_seen(stand: Stand, inclusive: bool, silent: bool) -> None:
    """If-Modified-Since with or without its own second, "nothing new" as 200 or 304: nothing slips through."""
    stand.xero.modified_since_inclusive = inclusive
    stand.xero.not_modified_304 = silent
    keys = entered(stand, 3, timedelta())
    references(stand)
    stand.xero.edit(keys[1], reference="same second")

    assert "same second" == references(stand)[keys[1]]
    stand.clock.advance(HOUR)
    assert "same second" == references(stand)[keys[1]]


def test_a_change_that_becomes_visible_late_is_seen(stand: Stand) -> None:
    """A row of two minutes before the newest one that we know, which was not there when we looked."""
    keys = entered(stand, 3, HOUR)
    newest = stand.xero.books.documents["Invoice"].rows[keys[2]]
    references(stand)
    late = stand.xero.books.documents["Invoice"].rows[keys[0]]
    stand.spoil(keys[0])
    late.reference, late.updated = "late", newest.updated - timedelta(seconds=119)

    assert "late" == references(stand)[keys[0]]


def test_an_unknown_row_below_known_ones_is_looked_for(stand: Stand) -> None:
    """Rows are counted: a page of nothing but known rows does not hide a new one further down."""
    keys = entered(stand, 1500, timedelta())
    show = stand.hide(keys[7])
    assert 1499 == len(references(stand))
    show()

    assert 1500 == len(references(stand))


def test_looking_back_over_a_bulk_is_put_off_twice_and_no_more(stand: Stand) -> None:
    """After a bulk entry a change in its very second is seen by the third look at the latest."""
    keys = entered(stand, 1200, timedelta())
    references(stand)
    stand.clock.advance(timedelta(milliseconds=400))
    stand.xero.edit(keys[0], reference="in its second")
    seen = []
    for _ in range(3):
        stand.clock.advance(HOUR)
        seen.append(references(stand)[keys[0]])
    assert ["", "", "in its second"] == seen
    stand.clock.advance(HOUR)
    stand.xero.edit(keys[1], reference="later")

    assert "later" == references(stand)[keys[1]]


def test_dates_far_ahead_do_not_blind_us(stand: Stand) -> None:
    """A row that says it changed in 2099 does not move the point from which we ask."""
    keys = entered(stand, 3)
    stand.spoil(keys[0], UpdatedDateUTC="/Date(4070908800000+0000)/", UpdatedDateUTCString=...)
    references(stand)
    stand.clock.advance(HOUR)
    stand.xero.edit(keys[1], reference="after it")

    assert "after it" == references(stand)[keys[1]]


def test_rows_without_a_date_of_change_are_read_all_the_same(stand: Stand) -> None:
    """Where no row tells when it changed everything is read every time."""
    keys = entered(stand, 3)
    for key in keys:
        stand.spoil(key, UpdatedDateUTC=None, UpdatedDateUTCString=...)
    references(stand)
    stand.xero.edit(keys[1], reference="silent")

    assert "silent" == references(stand)[keys[1]]


# ---- stand-ins that do it otherwise ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Unordered, Uncounted, Timeless])
def test_other_lists_come_to_the_same_books(other: Callable[[type[Xero]], Stand], kind: type[Xero]) -> None:
    """Oldest first, without counts, with a clock of its own: every change is found over several pages."""
    stand = other(kind)
    keys = entered(stand, 2100, timedelta(milliseconds=10))
    assert 2100 == len(references(stand))
    for n in range(4):
        stand.clock.advance(HOUR)
        for key in keys[n::2]:
            stand.xero.edit(key, reference=f"{n}")
        told = references(stand)
        assert {f"{n}"} == {told[key] for key in keys[n::2]}


def test_a_row_that_changes_between_two_pages_is_not_lost(other: Callable[[type[Xero]], Stand]) -> None:
    """Oldest first, the change moves all others up by one, over the edge of the page: it is read again."""
    stand = other(Unordered)
    keys = entered(stand, 1500, timedelta(milliseconds=10))
    edited_meanwhile(stand, keys[3:4])

    assert set(keys) == set(references(stand))


def test_a_row_that_jumps_ahead_of_the_reading_is_not_lost(stand: Stand) -> None:
    """Newest first, a row of the last page that changes is on the first one, which was read already."""
    keys = entered(stand, 1500, timedelta(milliseconds=10))
    edited_meanwhile(stand, keys[3:4])
    told = references(stand)

    assert set(keys) == set(told)
    assert "meanwhile" == told[keys[3]]


# ---- full readings --------------------------------------------------------------------------------------------------


def test_a_full_reading_finds_what_no_date_told(stand: Stand) -> None:
    """A due date changes without a new UpdatedDateUTC: the sweep sees it, and the next round still knows."""
    (key,) = entered(stand, 1)
    references(stand)
    stand.clock.advance(24 * HOUR)
    entered(stand, 1)
    references(stand)
    stand.clock.advance(24 * HOUR)
    stand.xero.edit(key, due="2027-01-31")
    assert "2026-10-31" == str(stand.invoice(key).due_date)
    stand.ledger().books(whole=True)

    assert "2027-01-31" == str(stand.invoice(key).due_date)


def test_what_a_full_reading_does_not_show_stays_with_a_doubt(stand: Stand) -> None:
    """An invoice that is gone is held, not forgotten; when it is there again the doubt is over."""
    keys = entered(stand, 3)
    references(stand)
    show = stand.hide(keys[1])
    told = {i.id: i.doubt for i in stand.ledger().books(whole=True).invoices}
    assert {keys[0]: None, keys[1]: "Xero does not list it any more", keys[2]: None} == told
    assert "Xero does not list it any more" == stand.invoice(keys[1]).doubt
    show()
    stand.ledger().books(whole=True)

    assert stand.invoice(keys[1]).doubt is None


def test_a_row_that_a_list_left_out_is_asked_for_by_its_id(other: Callable[[type[Xero]], Stand]) -> None:
    """Before an invoice is called gone it is asked for alone."""

    class Forgetful(Xero):
        hidden = ""

        def answer(self, request: Request) -> Reply:
            reply = super().answer(request)
            if not self.hidden or "IDs" in dict(request.query) or reply.status != 200:
                return reply
            body = json.loads(reply.body)
            body["Invoices"] = [row for row in body.get("Invoices", ()) if row["InvoiceID"] != self.hidden]
            return Reply.json(200, body, reply.headers)

    stand = other(Forgetful)
    keys = entered(stand, 2)
    references(stand)
    stand.xero.hidden = keys[0]
    books = stand.ledger().books(whole=True)

    assert [None, None] == [i.doubt for i in books.invoices]


def test_a_sweep_while_people_work_calls_nothing_gone(stand: Stand) -> None:
    """A row that changes while the pages are read is not taken for gone."""
    keys = entered(stand, 1500, timedelta(milliseconds=10))
    references(stand)
    edited_meanwhile(stand, keys[:3])
    books = stand.ledger().books(whole=True)

    assert {None} == {i.doubt for i in books.invoices}


# ---- broken off, lost, damaged --------------------------------------------------------------------------------------


def test_a_reading_that_breaks_off_changes_nothing_and_is_made_up_for(stand: Stand) -> None:
    """The second page fails: the next round reads both, and so does the same object when it is asked again."""
    keys = entered(stand, 1500, timedelta(milliseconds=10))
    references(stand)
    stand.clock.advance(HOUR)
    for key in keys:
        stand.xero.edit(key, reference="new")
    ledger = stand.ledger()
    stand.xero.faults.order("html", path=f"{API}Invoices", skip=1, times=2)
    for _ in range(2):
        with pytest.raises(Unavailable):
            ledger.books()
        stand.xero.faults.order("html", path=f"{API}Invoices", skip=1)
    stand.xero.faults.clear()

    assert {"new"} == {i.reference for i in ledger.books().invoices}
    assert {"new"} == set(references(stand).values())


@pytest.mark.parametrize("damage", ["lost", "cursor", "row", "version", "list"])
def test_a_lost_or_damaged_shelf_is_read_anew(stand: Stand, damage: str) -> None:
    """Memory is a cache: whatever happens to it costs calls, never truth."""
    keys = entered(stand, 2)
    before = references(stand)
    shelf = next(name for name in stand.memory.items if name.endswith("Invoices"))
    if damage == "lost":
        stand.memory.clear(shelf)
    elif damage == "cursor":
        stand.memory.cursors[shelf] = "2026-10-01"
    elif damage == "version":
        stand.memory.cursors[shelf] = json.dumps(json.loads(stand.memory.cursors[shelf]) | {"version": 0})
    else:
        stand.memory.items[shelf][keys[0]] = "{" if damage == "row" else "[]"

    assert before == references(stand)


def test_another_organisation_does_not_meet_the_rows_of_the_first(stand: Stand) -> None:
    """What is remembered belongs to the tenant or the client that it was read for."""
    entered(stand, 2)
    references(stand)
    stand.calls()
    assert 2 == len(stand.ledger(tenant=stand.xero.tenant).books().invoices)

    assert all("if-modified-since" not in call.headers for call in stand.server.log)


def test_rows_are_kept_slim(stand: Stand) -> None:
    """What is kept of an invoice is well below a kilobyte and holds no address, line or phone."""
    entered(stand, 1)
    references(stand)
    (text,) = next(items for name, items in stand.memory.items.items() if name.endswith("Invoices")).values()

    assert len(text) < 700
    assert not {"LineItems", "Addresses", "Phones"} & set(json.loads(text))
