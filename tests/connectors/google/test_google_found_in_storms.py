"""What storms of hands found out about the spreadsheet, each as a case of its own."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.connectors.google.google_stand import Stand
from worker.connectors.google_sheets.identity import Trace, identify
from worker.ports import Edit
from worker.sandbox.server import Request

KEYS = [f"1/acme/2026-0{month}/commission" for month in range(1, 4)]


def line(key: str) -> Edit:
    """Return a line as a plan makes it, its key among its cells."""
    deal, _, month, _ = key.split("/")
    cells = {"Line": key, "Deal ID": deal, "Partner": "Acme", "Month": month, "Amount": Decimal(5)}
    return Edit("Commissions", None, key, cells)


@pytest.mark.parametrize("place", [2, 3])
def test_a_row_above_is_deleted_between_the_keys_and_the_cells_of_new_rows(stand: Stand, place: int) -> None:
    """Cells of new rows go beside their keys wherever those are now, and no row is there twice."""
    first = stand.tracker()
    first.write([line(key) for key in KEYS[:2]])

    def cut(request: Request) -> None:
        if request.path.endswith(":batchUpdateByDataFilter"):
            stand.server.before.remove(cut)
            stand.google.delete_rows("Commissions", place)

    stand.server.before.append(cut)
    new = [f"2/acme/2026-0{month}/commission" for month in range(1, 7)]
    outcomes = stand.tracker().write([line(key) for key in new])

    assert new == outcomes
    assert sorted([KEYS[3 - place], *new]) == sorted(row["Line"] for row in stand.grid("Commissions"))
    assert all(row["Line"].split("/")[2] == row["Month"] for row in stand.grid("Commissions"))


def test_a_key_put_back_into_a_row_that_moved_again() -> None:
    """A key beside nothing is not believed where its row's content and mark stand beside another key."""
    known = {"L-AAAAAAAA": Trace("L-AAAAAAAA", "acme", "17"), "~000003~bolt": Trace("", "bolt")}
    seen = [Trace("L-AAAAAAAA", ""), Trace("L-BBBBBBBB", "acme", "17"), Trace("", "bolt")]

    assert ["L-AAAAAAAA~", "L-AAAAAAAA", "~000003~bolt"] == identify(seen, known)


def test_a_form_sent_again_beside_an_edited_row() -> None:
    """A row with its key is believed, edited as it is, against a new row that says what it said before."""
    known = {"L-AAAAAAAA": Trace("L-AAAAAAAA", "acme")}
    seen = [Trace("L-AAAAAAAA", "acme ltd"), Trace("", "acme")]

    assert ["L-AAAAAAAA", "~000001~acme"] == identify(seen, known)


def test_two_keys_swapped_and_one_content_edited() -> None:
    """Where both the key and the content of a row are others than before, its mark tells whose it is."""
    known = {"L-AAAAAAAA": Trace("L-AAAAAAAA", "acme", "17"), "L-BBBBBBBB": Trace("L-BBBBBBBB", "bolt", "18")}
    seen = [Trace("L-BBBBBBBB", "acme", "17"), Trace("L-AAAAAAAA", "bolt ltd", "18")]

    assert ["L-AAAAAAAA", "L-BBBBBBBB"] == identify(seen, known)


def test_a_copy_without_its_key_is_not_recognised() -> None:
    """Of rows alike to the letter nobody knows which carried another row's key: none gets that key again."""
    known = {"L-AAAAAAAA": Trace("L-AAAAAAAA", "acme", "17"), "L-BBBBBBBB": Trace("L-BBBBBBBB", "bolt", "18"),
             "L-BBBBBBBB~acme": Trace("L-BBBBBBBB", "acme", "17")}  # fmt: skip
    seen = [Trace("L-AAAAAAAA", "acme", "17"), Trace("L-AAAAAAAA", "acme", "17"), Trace("L-BBBBBBBB", "bolt", "18")]

    assert ["L-AAAAAAAA", "L-AAAAAAAA~acme", "L-BBBBBBBB"] == identify(seen, known)
    seen[1] = Trace("=1+1", "acme", "17")
    assert ["L-AAAAAAAA", "=1+1", "L-BBBBBBBB"] == identify(seen, known)


def test_a_key_written_into_a_copy_takes_it_from_no_row(stand: Stand) -> None:
    """The row that has the key stays the row of that key."""
    tracker = stand.tracker()
    tracker.write([line(key) for key in KEYS[:2]])
    stand.google.copy_row("Commissions", 2)
    rows = tracker.read(["Commissions"], whole=True)["Commissions"]
    copy = next(row.id for row in rows if row.id.startswith(f"{KEYS[0]}~"))

    assert [copy] == tracker.write([Edit("Commissions", copy, KEYS[1], {"Line": KEYS[1]})])
    assert [KEYS[1]] == tracker.write([Edit("Commissions", KEYS[1], KEYS[1], {"Amount": Decimal(7)})])
    assert [(KEYS[0], 5), (KEYS[1], 5), (KEYS[1], 7)] == sorted(
        (row["Line"], row["Amount"]) for row in stand.grid("Commissions")
    )


def test_a_block_pasted_over_the_key_and_the_content_of_a_line(stand: Stand) -> None:
    """A line whose key and neighbours were pasted over is known by the cells that lie apart from them."""
    tracker = stand.tracker()
    cells = {"Client": "Acme", "Why": "1,000.00 a month × 10 % = 100.00; month 1 of 12"}
    tracker.write([Edit("Commissions", None, KEYS[0], cells | dict(line(KEYS[0]).cells)), line(KEYS[1])])
    tracker.read(["Commissions"], whole=True)
    stand.google.paste("Commissions", 2, 1, [["oops", "oops", "=1+1"]])

    rows = stand.tracker().read(["Commissions"])["Commissions"]

    assert [KEYS[0], KEYS[1]] == [row.id for row in rows]
    assert "oops" == rows[0].cells["Line"]
