"""People who act on the spreadsheet between two requests of ours, and what must be true of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.connectors.google.google_stand import Stand, by_header
from worker.domain.tables import TABLES
from worker.ports import Edit
from worker.sandbox.google import Google

Hand = Callable[[Google], object]

COUNT = 6


def _column_before_ours(google: Google) -> None:
    google.insert_columns("Leads", "Problem", 2)
    google.edit("Leads", 2, google.sheet("Leads").lines[0].cells.index("Problem"), "theirs")


def _copy_onto_a_new_row(google: Google) -> None:
    google.copy_row("Leads", 3)


def _edit_while_moving(google: Google) -> None:
    google.edit("Leads", 4, "Notes", "=note 2, edited")
    google.sort("Leads", "Company", descending=True)


def _title_above_the_header(google: Google) -> None:
    google.insert_rows("Leads", 1)
    google.edit("Leads", 1, 1, "Leads of 2026")


# What people do that leaves each row's key beside its content, or at least its content whole.
MOVES: Mapping[str, Hand] = {
    "sort": lambda google: google.sort("Leads", "Company", descending=True),
    "sort by our column": lambda google: google.sort("Leads", "Problem", descending=True),
    "sort and edit": _edit_while_moving,
    "insert rows on top": lambda google: google.insert_rows("Leads", 2, 2),
    "insert a row in the middle": lambda google: google.insert_rows("Leads", 4),
    "insert a title above the header": _title_above_the_header,
    "delete the first row": lambda google: google.delete_rows("Leads", 2),
    "delete rows in the middle": lambda google: google.delete_rows("Leads", 3, 2),
    "delete the last row": lambda google: google.delete_rows("Leads", COUNT + 1),
    "drag rows": lambda google: google.move_rows("Leads", 2, 6, 2),
    "insert columns": _column_before_ours,
    "insert a column before the key": lambda google: google.insert_columns("Leads", "Lead"),
    "move our column": lambda google: google.move_column("Leads", "Problem", "Partner"),
    "move the key column": lambda google: google.move_column("Leads", "Lead", "Synced"),
    "delete a column of theirs": lambda google: google.delete_columns("Leads", "Mood"),
    "copy a row": _copy_onto_a_new_row,
    "copy a row onto another": lambda google: google.copy_row("Leads", 2, 5),
    "a form adds a row": lambda google: google.submit_form("Leads", {"Company": "Late", "Notes": "=note 99"}),
    "rename the tab": lambda google: google.rename_tab("Leads", "Partner leads"),
    "duplicate hidden": lambda google: google.hide_rows("Leads", 3, 2),
    "filter": lambda google: google.filter("Leads", "Company", ["Company 1"]),
}  # fmt: skip

# What people do to keys.
KEY_MOVES: Mapping[str, Hand] = {
    "sort without the key column": lambda google: google.sort(
        "Leads", "Company", descending=True, columns=("Partner", "Mood")
    ),
    "swap two keys": lambda google: google.swap("Leads", (2, "Lead"), (4, "Lead")),
    "clear a key": lambda google: google.edit("Leads", 3, "Lead", None),
    "copy a key over another": lambda google: google.edit("Leads", 3, "Lead", google.values("Leads")[4][0]),
    "type over a key": lambda google: google.edit("Leads", 3, "Lead", "L-MISTAKES"),
    "a formula for a key": lambda google: google.edit("Leads", 3, "Lead", "=A5"),
}

# What people do that stops the table until it is mended.
WRECKS: Mapping[str, Hand] = {
    "rename a header": lambda google: google.rename_header("Leads", "Problem", "Trouble"),
    "double a header": lambda google: google.rename_header("Leads", "Mood", "Problem"),
    "delete our column": lambda google: google.delete_columns("Leads", "Problem"),
    "swap two headers": lambda google: google.swap("Leads", (1, "Problem"), (1, "Suggestion")),
    "cut the tab": lambda google: google.delete_tab("Leads"),
}

# The same where nothing is being written: the columns that are stay under their headers.
SPOILERS: Mapping[str, Hand] = {
    "rename a header": lambda google: google.rename_header("Leads", "Suggestion", "Trouble"),
    "double a header": lambda google: google.rename_header("Leads", "Mood", "Suggestion"),
    "delete our column": lambda google: google.delete_columns("Leads", "Suggestion"),
    "delete a column that is looked at": lambda google: google.delete_columns("Leads", "Email"),
    "swap two headers": lambda google: google.swap("Leads", (1, "Suggestion"), (1, "Deal stage")),
}


class Stage:
    """A Leads tab of some rows with a column of people's own, and a hand that strikes before one of our requests."""

    def __init__(self, stand: Stand, *, keyed: bool) -> None:
        self.stand = stand
        google = stand.google
        google.paste("Leads", 1, len(TABLES["Leads"].columns) + 1, [["Mood"]])
        for n in range(COUNT):
            google.submit_form("Leads", _lead(n))
        if keyed:
            tracker = stand.tracker()
            tracker.write([
                Edit("Leads", row.id, "", {"Lead": key_of(row.text("Company")), "Problem": f"old {n}"})
                for n, row in enumerate(tracker.read(["Leads"])["Leads"])
            ])  # fmt: skip
        stand.calls()
        self.after: list[list[Any]] | None = None  # the tab as it was right after the hand

    def strike(self, hand: Hand, before: int = 1) -> None:
        """Let the hand act ahead of our request of this number, from 1."""

        def act(google: Google) -> None:
            hand(google)
            self.after = self.grid()

        self.stand.strike(act, before)

    def grid(self) -> list[list[Any]]:
        """Return the tab as it stands, whatever it is called; empty when it was cut."""
        titles = [title for title in self.stand.google.tabs() if title in ("Leads", "Partner leads")]
        return self.stand.google.values(titles[0]) if titles else []

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows that hold anything, by header."""
        return by_header(self.grid(), "Company")

    def others_touched(self, written: Sequence[str]) -> list[str]:
        """Return where a cell differs from what the hand left, but for cells in the columns that were written."""
        assert self.after is not None, "the hand never came to act"
        before, now = _cells(self.after), _cells(self.grid())
        head = _head(self.after)
        ours = {column for (row, column), name in before.items() if row == head and name in written}
        return [
            f"{place}: {before.get(place)!r} became {now.get(place)!r}"
            for place in sorted(before.keys() | now.keys())
            if before.get(place) != now.get(place) and (place[0] <= head or place[1] not in ours)
        ]


def _head(grid: Sequence[Sequence[Any]]) -> int:
    return next((n for n, row in enumerate(grid) if "Company" in row), 0)


def _lead(n: int) -> dict[str, Any]:
    return {"Company": f"Company {n}", "Email": f"jo@client{n}.test", "Phone": f"+44 20 {n}", "Notes": f"=note {n}",
            "Estimated value": n, "Hold": n % 2 == 0, "Mood": f"'007 {n}"}  # fmt: skip


def key_of(company: str) -> str:
    """Return the key that a company's lead gets in these tests."""
    return f"L-{company[-1] * 8}"


def _cells(grid: Sequence[Sequence[Any]]) -> dict[tuple[int, int], Any]:
    return {(row, column): c for row, cells in enumerate(grid) for column, c in enumerate(cells) if c != ""}
