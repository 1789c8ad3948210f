"""What connectors remember."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError

from worker.engine.memory import StoreMemory
from worker.engine.store import Store


def test_a_shelf_gives_back_what_was_put(store: Store) -> None:
    """Items are put, replaced and dropped, and the cursor moves, in one go."""
    memory = StoreMemory(store, "acme/hubspot")
    memory.save("deals", {"1": "{}", "2": '{"a": 1}'}, cursor="c1")

    memory.save("deals", {"1": '{"b": 2}', "3": '"ü"'}, drop=["2", "9"])

    assert {"1": '{"b": 2}', "3": '"ü"'} == memory.load("deals")
    assert {"1", "3"} == memory.items("deals")
    assert "c1" == memory.cursor("deals")


def test_a_cursor_may_move_alone_or_stay(store: Store) -> None:
    """A save without items moves the cursor only; one without a cursor leaves it."""
    memory = StoreMemory(store, "acme/hubspot")
    memory.save("deals", {"1": "{}"}, cursor="c1")

    memory.save("deals", {}, cursor="c2")
    memory.save("deals", {"2": "{}"})

    assert ({"1": "{}", "2": "{}"}, "c2") == (memory.load("deals"), memory.cursor("deals"))


def test_a_cursor_may_move_from_where_it_stands(store: Store) -> None:
    """What moves it is told where it stands in that very transaction: what another moved before is not passed over."""
    memory, other = StoreMemory(store, "acme/hubspot"), StoreMemory(store, "acme/hubspot")
    seen: list[str | None] = []

    def move(stands: str | None) -> str:
        seen.append(stands)
        return f"{stands}+1"

    memory.save("deals", {"1": "{}"}, cursor=move)
    other.save("deals", {}, cursor="c7")
    memory.save("deals", {}, cursor=move)

    assert ([None, "c7"], "c7+1") == (seen, memory.cursor("deals"))


def test_a_shelf_that_was_never_filled_is_empty(store: Store) -> None:
    """An unknown shelf has no items and no cursor."""
    memory = StoreMemory(store, "acme/hubspot")

    assert {} == memory.load("deals")
    assert memory.cursor("deals") is None


def test_shelves_and_spaces_are_apart(store: Store) -> None:
    """Clearing one shelf leaves the same shelf of another programme, and the other shelves, as they are."""
    ours, theirs = StoreMemory(store, "acme/hubspot"), StoreMemory(store, "apex/hubspot")
    for memory in (ours, theirs):
        memory.save("deals", {"1": "{}"}, cursor="c")
        memory.save("owners", {"1": "{}"}, cursor="c")

    ours.clear("deals")

    assert ({}, None) == (ours.load("deals"), ours.cursor("deals"))
    assert ({"1": "{}"}, "c") == (ours.load("owners"), ours.cursor("owners"))
    assert ({"1": "{}"}, "c") == (theirs.load("deals"), theirs.cursor("deals"))


def test_a_save_is_kept_together(store: Store) -> None:
    """A save that fails half way leaves items and cursor as they were."""
    memory = StoreMemory(store, "acme/hubspot")
    memory.save("deals", {"1": "old"}, cursor="c1")

    with pytest.raises(IntegrityError, match=r"(?i)not.null"):
        memory.save("deals", {"1": "new", "2": None}, cursor="c2")  # type: ignore[dict-item]

    assert ({"1": "old"}, "c1") == (memory.load("deals"), memory.cursor("deals"))


def test_fifty_thousand_items_go_together(store: Store) -> None:
    """Fifty thousand items are saved by as few statements as two are, and loaded by one."""
    memory = StoreMemory(store, "acme/airtable")
    items = {f"rec{n:08}": '{"fields": {"Company": "Acme"}}' for n in range(50_000)}
    counts = Counter[str]()

    def counted(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        counts[statement.split()[0]] += 1

    event.listen(Engine, "before_cursor_execute", counted)
    try:
        memory.save("Leads", items)
        memory.save("Leads", items)
        assert items == memory.load("Leads")
    finally:
        event.remove(Engine, "before_cursor_execute", counted)

    assert (2, 1) == (counts["INSERT"], counts["SELECT"])


def test_items_are_amended_in_one_go(store: Store) -> None:
    """Each becomes what is made of what is there; None drops it, or leaves it away; cursors move along."""
    memory = StoreMemory(store, "acme/flows")
    memory.save("one", {"a": "1", "b": "2", "c": "3"})
    seen = []

    def change(shelf: str, item: str, body: str | None) -> str | None:
        seen.append((shelf, item, body))
        return None if item in "bz" else body if item == "c" else f"{body}!"

    memory.amend([("one", "a"), ("one", "b"), ("one", "c"), ("two", "x"), ("two", "z")], change, {"two": "here"})

    assert [("one", "a", "1"), ("one", "b", "2"), ("one", "c", "3"), ("two", "x", None), ("two", "z", None)] == seen
    assert ({"a": "1!", "c": "3"}, {"x": "None!"}) == (memory.load("one"), memory.load("two"))
    assert (None, "here") == (memory.cursor("one"), memory.cursor("two"))


def test_some_of_many_items(store: Store) -> None:
    """Those asked for, as far as they are there, however many."""
    memory = StoreMemory(store, "acme/flows")
    memory.save("one", {str(n): f"body {n}" for n in range(1200)})

    assert {"7": "body 7"} == memory.some("one", ["7", "x"])
    assert 1100 == len(memory.some("one", [str(n) for n in range(1100)]))
    assert {} == memory.some("one", [])
