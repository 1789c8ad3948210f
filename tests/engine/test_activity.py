"""The Activity table: what was done, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from worker.domain.cells import Cell, Row
from worker.engine.activity import activity_rows, trim
from worker.engine.result import Change
from worker.ports import Refused, ServiceError

from .standins import START


def changes(number: int, kind: str = "Written to the CRM") -> list[Change]:
    return [Change(kind, f"L-{n}", "it is complete") for n in range(1, number + 1)]


def test_twenty_of_a_kind_are_told_singly() -> None:
    """Twenty changes of each of two kinds are forty rows."""
    rows = activity_rows([*changes(20), *changes(20, "Sent by email")], START)

    assert 40 == len(rows)
    assert {"Written to the CRM", "Sent by email"} == {row["What"] for row in rows}


def test_more_of_a_kind_are_summed_up() -> None:
    """Of a thousand leads, twenty have their own row and the others share one that names them."""
    rows = activity_rows(changes(1000), START)

    assert 21 == len(rows)
    assert "Written to the CRM: 980 more" == rows[-1]["What"]
    about = str(rows[-1]["About"])
    assert about.startswith("L-21, L-22, L-23")
    assert (1000, "…") == (len(about), about[-1])


def test_every_kind_of_cell_has_its_words() -> None:
    """Cells are shown as people write them, and an empty one as a dash."""
    cells: dict[str, Cell] = {
        "a": None, "b": True, "c": False, "d": Decimal("1E+3"), "e": date(2026, 1, 31), "f": START, "g": ("r1", "r2"),
        "h": "text",
    }  # fmt: skip
    (row,) = activity_rows([Change("Changed in Leads", "L-1", "why", after=cells)], START)

    shown = "a: –\nb: yes\nc: no\nd: 1000\ne: 2026-01-31\nf: 2026-11-21T09:00:00+00:00\ng: r1, r2\nh: text"
    assert (None, shown) == (row["Before"], row["After"])


def test_nothing_done_is_nothing_told() -> None:
    """No change, no row."""
    assert [] == activity_rows([], START)


class Shelf:
    """A tracker of nothing but activity; it refuses to delete the rows in `stuck`."""

    def __init__(self, rows: Sequence[Row], stuck: Sequence[str] = ()) -> None:
        self.rows = {row.id: row for row in rows}
        self.stuck = stuck

    def read(self, tables: Sequence[str], *, whole: bool = False) -> Mapping[str, Sequence[Row]]:
        assert whole
        return {table: list(self.rows.values()) for table in tables}

    def delete(self, table: str, rows: Sequence[str]) -> Sequence[str | ServiceError]:
        return [Refused("shelf", "no") if row in self.stuck else self.rows.pop(row).id for row in rows]


def row(number: int, *, told: bool = True) -> Row:
    when = START + timedelta(days=number)
    return Row("Activity", f"r{number}", {"When": when} if told else {}, None if told else when)


def test_the_oldest_rows_go_and_the_newest_stay() -> None:
    """Age is what stands in When, else when the row was made."""
    shelf = Shelf([row(2), row(0, told=False), row(3), row(1), Row("Activity", "undated")])

    assert 3 == trim(shelf, 2)  # type: ignore[arg-type]
    assert {"r2", "r3"} == shelf.rows.keys()


def test_nothing_goes_while_there_are_few() -> None:
    """A table within its length is left alone."""
    shelf = Shelf([row(1), row(2)])

    assert 0 == trim(shelf, 2)  # type: ignore[arg-type]


def test_only_what_went_is_counted() -> None:
    """A row that can't be deleted stays for the next time."""
    shelf = Shelf([row(1), row(2), row(3)], stuck=["r1"])

    assert 1 == trim(shelf, 1)  # type: ignore[arg-type]
    assert {"r1", "r3"} == shelf.rows.keys()
