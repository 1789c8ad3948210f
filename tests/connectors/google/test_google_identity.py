"""Which row is which: told purely from key cells, what stands beside them, and what stood there before."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.connectors.google_sheets.identity import Trace, identify, is_copy, traces

A, B, C = Trace("L-A", "a"), Trace("L-B", "b"), Trace("L-C", "c")
KNOWN = {"L-A": A, "L-B": B, "L-C": C}
COLUMNS = {"Lead": 0, "Company": 1, "Email": 2, "Notes": 3, "Deal ID": 4, "Problem": 5, "Mood": 6}


@pytest.mark.parametrize(
    ("what", "seen", "ids"),
    [
        ("as it was", [A, B, C], ["L-A", "L-B", "L-C"]),
        ("sorted", [C, A, B], ["L-C", "L-A", "L-B"]),
        ("a blank row between", [A, Trace("", ""), B], ["L-A", "", "L-B"]),
        ("content edited", [Trace("L-A", "x"), B], ["L-A", "L-B"]),
        ("all content edited", [Trace("L-A", "x"), Trace("L-B", "y")], ["L-A", "L-B"]),
        ("sorted without its keys", [Trace("L-A", "c"), Trace("L-B", "a"), Trace("L-C", "b")], ["L-C", "L-A", "L-B"]),
        ("two keys swapped", [Trace("L-B", "a"), Trace("L-A", "b"), C], ["L-A", "L-B", "L-C"]),
        ("a key cleared", [Trace("", "a"), B, C], ["L-A", "L-B", "L-C"]),
        ("all keys cleared", [Trace("", "c"), Trace("", "a"), Trace("", "b")], ["L-C", "L-A", "L-B"]),
        ("a key typed over", [Trace("oops", "a"), B, C], ["L-A", "L-B", "L-C"]),
        ("a key copied over another", [A, Trace("L-A", "b"), C], ["L-A", "L-B", "L-C"]),
        ("copied below", [A, A, B], ["L-A", "L-A~a", "L-B"]),
        ("copied twice", [A, A, A], ["L-A", "L-A~a", "L-A~a~2"]),
        ("copied and edited", [Trace("L-A", "x"), A], ["L-A~x", "L-A"]),
        ("copied, the original edited", [A, Trace("L-A", "x")], ["L-A", "L-A~x"]),
        ("copied onto another row", [A, A, C], ["L-A", "L-A~a", "L-C"]),
        ("a new row", [A, Trace("", "n")], ["L-A", "~000001~n"]),
        ("the same form sent again", [A, Trace("", "a")], ["L-A", "~000001~a"]),
        ("a key that we never saw", [A, Trace("L-N", "n")], ["L-A", "L-N"]),
        ("a key alone", [A, Trace("L-N", "")], ["L-A", "L-N"]),
        ("a known key alone on another row", [B, Trace("L-A", "")], ["L-B", "L-A"]),
        ("a key alone beside its row", [A, Trace("L-A", "")], ["L-A", "L-A~"]),
        ("content emptied, key left", [Trace("L-A", ""), B], ["L-A", "L-B"]),
        ("everything gone", [], []),
    ],
)
def test_a_row_is_told_from_the_others(what: str, seen: Sequence[Trace], ids: Sequence[str]) -> None:
    """Content that was seen beside a key is believed before the key cell; a key before content that nobody saw."""
    assert ids == identify(seen, KNOWN), what


def test_a_row_is_known_by_its_deal_when_key_and_content_changed() -> None:
    """The deal's id beside it is as good as a key; one that another row has as well is not looked at."""
    known = {"L-A": Trace("L-A", "a", "deal 1"), "L-B": B}

    assert ["L-A", "L-B"] == identify([Trace("", "x", "deal 1"), B], known)
    assert ["~000000~x", "L-A", "L-B"] == identify([Trace("", "x", "deal 1"), known["L-A"], B], known)


def test_rows_without_a_key_keep_their_ids_within_a_run() -> None:
    """A row further up, or a sort, does not rename them; alike ones keep as many ids as there are rows."""
    known = {"~000000~n": Trace("", "n"), "~000001~m": Trace("", "m"), "~000002~m": Trace("", "m")}

    seen = [Trace("", "m"), Trace("", "new"), Trace("", "m"), Trace("", "n")]

    assert ["~000001~m", "~000001~new", "~000002~m", "~000000~n"] == identify(seen, known)


def test_rows_that_nobody_remembers_are_known_by_their_keys() -> None:
    """After the memory was lost a key is believed; of several rows that carry it the first one has it."""
    assert ["L-A", "L-B", "L-A~x"] == identify([A, B, Trace("L-A", "x")], {})


def test_ids_tell_what_is_a_copy() -> None:
    """A row's key, a row without one, and a copy of a row look different."""
    assert [False, False, True, True] == [is_copy(row) for row in ("L-A", "~000001~n", "L-A~a", "L-A~")]


# ---- whatever people do ---------------------------------------------------------------------------------------------

contents = st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=8, unique=True)


def sheet_of(prints: Sequence[str]) -> list[Trace]:
    return [Trace(f"L-{print_.upper()}", print_) for print_ in prints]


def known_of(rows: Sequence[Trace]) -> dict[str, Trace]:
    return {row.key: row for row in rows}


@given(contents, st.data())
def test_any_order_with_the_keys(prints: list[str], data: st.DataObject) -> None:
    """Sorted whole, every row keeps its id."""
    rows = sheet_of(prints)
    shuffled = data.draw(st.permutations(rows))

    assert [row.key for row in shuffled] == identify(shuffled, known_of(rows))


@given(contents, st.data())
def test_any_order_without_the_keys(prints: list[str], data: st.DataObject) -> None:
    """Sorted but for the key column, every row is known by what it says."""
    rows = sheet_of(prints)
    moved = data.draw(st.permutations(prints))
    seen = [Trace(row.key, print_) for row, print_ in zip(rows, moved, strict=True)]

    assert [f"L-{print_.upper()}" for print_ in moved] == identify(seen, known_of(rows))


@given(contents, st.data())
def test_any_keys_cleared_swapped_or_typed_over(prints: list[str], data: st.DataObject) -> None:
    """Whatever the key cells say, content that was seen before keeps its id."""
    rows = sheet_of(prints)
    keys = st.sampled_from(["", "oops", "L-NEW", *(row.key for row in rows)])
    seen = [Trace(data.draw(keys), row.print) for row in rows]

    assert [row.key for row in rows] == identify(seen, known_of(rows))


@given(contents, st.data())
def test_any_content_edited(prints: list[str], data: st.DataObject) -> None:
    """Where keys stay, what people write beside them renames nothing, in whatever order."""
    rows = sheet_of(prints)
    edited = [Trace(row.key, data.draw(st.sampled_from([row.print, f"{row.print} edited"]))) for row in rows]
    shuffled = data.draw(st.permutations(edited))

    assert [row.key for row in shuffled] == identify(shuffled, known_of(rows))


traced = st.builds(
    Trace, st.sampled_from(["", "oops", *(f"L-{c}" for c in "ABCD")]), st.sampled_from(["", *"abcdx"]),
    st.sampled_from(["", "1", "2"]),
)  # fmt: skip


@given(st.lists(traced, max_size=10), contents)
def test_ids_are_never_given_twice(seen: list[Trace], prints: list[str]) -> None:
    """Whatever a sheet looks like: each row that holds anything has an id of its own, and it is told again alike."""
    known = known_of(sheet_of(prints))

    ids = identify(seen, known)

    given_ = [id_ for id_ in ids if id_]
    assert len(given_) == len(set(given_))
    assert [bool(row.key or row.print) for row in seen] == [bool(id_) for id_ in ids]
    assert ids == identify(seen, known)


@given(st.lists(traced, max_size=10), st.data())
def test_a_second_look_at_the_same_rows_renames_none(seen: list[Trace], data: st.DataObject) -> None:
    """What was seen once is known: the same rows in any order have the same ids, alike ones among themselves."""
    first = identify(seen, {})
    known = {id_: row for id_, row in zip(first, seen, strict=True) if id_}
    again = identify(seen, known)

    assert sorted(first) == sorted(again)
    assert [known[id_].print for id_ in first if id_] == [known[id_].print for id_ in again if id_]


@given(st.lists(traced, max_size=6), st.lists(traced, max_size=6), st.data())
def test_new_rows_beside_known_ones_take_no_id_of_theirs(
    seen: list[Trace], more: list[Trace], data: st.DataObject
) -> None:
    """Whatever comes in between two looks, alike or not: every row that holds anything has an id of its own."""
    known = {id_: row for id_, row in zip(identify(seen, {}), seen, strict=True) if id_}
    now = data.draw(st.permutations([*seen, *more]))

    ids = [id_ for id_ in identify(now, known) if id_]

    assert len([row for row in now if row.key or row.print]) == len(ids) == len(set(ids))


def test_a_row_that_is_alike_and_stands_where_another_was_named_is_not_taken_for_it() -> None:
    """A form sent the same again, above: the two rows have two ids, though one is named by the place of the other."""
    known = {"~000001~n": Trace("", "n")}

    assert ["~000001~n", "~000001~n~2"] == identify([Trace("", "n"), Trace("", "n")], known)


@given(contents, st.integers(0, 7), st.integers(0, 9))
def test_a_copy_never_takes_the_id_of_its_original(prints: list[str], which: int, where: int) -> None:
    """Wherever a row is copied to, one of the two has the id, the other is a copy, all others are themselves."""
    rows = sheet_of(prints)
    copied = rows[which % len(rows)]
    seen = [*rows[: where % (len(rows) + 1)], copied, *rows[where % (len(rows) + 1) :]]

    ids = identify(seen, known_of(rows))

    assert sorted([*known_of(rows), f"{copied.key}~{copied.print}"]) == sorted(ids)


# ---- what is seen of a row ------------------------------------------------------------------------------------------


def test_what_we_write_does_not_change_what_a_row_is_known_by() -> None:
    """Only what partners wrote tells a lead from another: not our words, not the columns of others."""
    rows = [["L-A", "Acme", "jo@acme.test", "", "77", "a problem", "sunny"], ["", "Acme", "jo@acme.test"]]

    first, second = traces("Leads", COLUMNS, rows)

    assert first.print == second.print
    assert ("L-A", "", "") == (first.key, second.key, second.mark)
    assert first.mark not in ("", traces("Leads", COLUMNS, [["L-A", "Acme", "jo@acme.test", "", "78"]])[0].mark)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (["", "Acme", "x"], ["", " Acme ", "x", ""], True),  # blanks around, and ragged ends
        (["", "Acme", "x"], ["", "x", "Acme"], False),  # the same words in other columns
        (["", "a", "b"], ["", "ab", ""], False),
        (["", "7"], ["", 7], True),  # a number typed as text
        (["", "TRUE"], ["", True], True),
        (["", None, "x"], ["", "", "x"], True),
    ],
)
def test_content_is_compared_as_people_see_it(one: list[object], other: list[object], alike: bool) -> None:
    """Blanks, types and ragged rows make no difference; a word in another column does."""
    first, second = traces("Leads", COLUMNS, [one, other])

    assert alike == (first.print == second.print)


def test_a_row_that_holds_nothing_of_ours_has_no_print() -> None:
    """Cells in people's own columns alone make no row."""
    assert [Trace("", "")] * 3 == traces("Leads", COLUMNS, [[], ["", "", " "], ["", "", "", "", "", "", "sunny"]])
