"""What a person's hands do in a storm: one act at a time, chosen by a number, on a sheet or on a base.

A hand never touches `Notes`, where every lead carries a tag of its own: by that the storm knows afterwards what belongs
together. What it does to cells of people is the person's will; what it does to cells of the worker is to be put right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from worker.domain.tables import TABLES
from worker.sandbox.airtable import Airtable
from worker.sandbox.google import Google

SHEETS = ("Leads", "Commissions", "Partners")
_OPEN_TO_PEOPLE = {"Leads": ("Company", "Phone", "First name", "Country"), "Partners": ("Slack channel",),
                   "Commissions": ("Note", "Adjustment")}  # fmt: skip
_JUNK = ("=1+1", "007", "oops", "+44 20 7946 0000", "TRUE", "2026-01", "L-AAAAAAAA", "")

Act = Callable[["SheetHands", Random], None]


def of_worker(tab: str) -> list[str]:
    """Return the worker's columns of a table."""
    return [column.name for column in TABLES[tab].columns if column.owner == "W"]


def junk(column: str, chance: Random) -> Any:
    """Return something that a person may type there by mistake."""
    return "5" if column == "Adjustment" else chance.choice(_JUNK)


class SheetHands:
    """Hands on the spreadsheet."""

    def __init__(self, google: Google) -> None:
        self.google = google
        self.renamed: dict[tuple[str, int], str] = {}  # (tab, place of the column's object) → header
        self.to_undo = 0

    def act(self, kind: str, number: int) -> bool:
        """Do one thing; False where there was nothing to do it to, or a rule forbade it."""
        with self.google.lock:
            try:
                _ON_SHEETS[kind](self, Random(number))
            except (ValueError, IndexError):
                return False
        return True

    def undo(self) -> None:
        """Undo a cut that was a mistake."""
        while self.to_undo:
            self.google.undo()
            self.to_undo -= 1

    def tidy(self) -> None:
        """Give renamed columns their headers back."""
        with self.google.lock:
            for (tab, column), header in self.renamed.items():
                places = [id(one) for one in self.google.sheet(tab).columns]
                self.google.rename_header(tab, places.index(column) + 1, header)
            self.renamed.clear()

    def filled(self, tab: str) -> list[int]:
        """Return the numbers of the rows that hold anything, without the header."""
        return [n for n, row in enumerate(self.google.values(tab), start=1) if n > 1 and any(c != "" for c in row)]

    def columns(self, tab: str) -> int:
        """Return how many columns are in use."""
        return len(self.google.values(tab)[0])


def _sort(hands: SheetHands, chance: Random) -> None:
    tab = chance.choice(SHEETS)
    hands.google.sort(tab, chance.randint(1, hands.columns(tab)), descending=chance.random() < 0.5)


def _insert(hands: SheetHands, chance: Random) -> None:
    tab = chance.choice(SHEETS)
    rows = hands.filled(tab)
    hands.google.insert_rows(tab, chance.choice(rows) if rows else 2, chance.randint(1, 3))


def _delete(hands: SheetHands, chance: Random) -> None:
    tab = chance.choice(("Leads", "Commissions"))
    hands.google.delete_rows(tab, chance.choice(hands.filled(tab)))


def _copy(hands: SheetHands, chance: Random) -> None:
    hands.google.copy_row("Leads", chance.choice(hands.filled("Leads")))


def _swap(hands: SheetHands, chance: Random) -> None:
    tab = chance.choice(SHEETS)
    column = chance.choice([*of_worker(tab), *_OPEN_TO_PEOPLE[tab]])
    first, second = chance.sample(hands.filled(tab), 2)
    hands.google.swap(tab, (first, column), (second, column))


def _paste(hands: SheetHands, chance: Random) -> None:
    tab = chance.choice(SHEETS)
    columns = hands.google.values(tab)[0]
    first = chance.choice([i for i, name in enumerate(columns) if name in of_worker(tab)])
    width = 0
    while width < 3 and first + width < len(columns) and columns[first + width] in of_worker(tab):
        width += 1
    row = chance.choice(hands.filled(tab))
    block = [[junk("", chance) for _ in range(width)] for _ in range(chance.randint(1, 2))]
    last = max(hands.filled(tab))
    hands.google.paste(tab, row, first + 1, block[: last - row + 1])


def _edit(hands: SheetHands, chance: Random) -> None:
    tab = chance.choice(SHEETS)
    column = chance.choice([*of_worker(tab), *_OPEN_TO_PEOPLE[tab]])
    hands.google.edit(tab, chance.choice(hands.filled(tab)), column, junk(column, chance))


def _rename(hands: SheetHands, chance: Random) -> None:
    tab = chance.choice(SHEETS)
    place = chance.randint(1, hands.columns(tab))
    column = id(hands.google.sheet(tab).columns[place - 1])
    header = hands.google.values(tab)[0][place - 1]
    if header in [c.name for c in TABLES[tab].columns] and (tab, column) not in hands.renamed:
        hands.google.rename_header(tab, place, f"{header} (old)")
        hands.renamed[tab, column] = header


def _move_column(hands: SheetHands, chance: Random) -> None:
    tab = chance.choice(SHEETS)
    columns = hands.columns(tab)
    hands.google.move_column(tab, chance.randint(1, columns), chance.randint(1, columns))


def _insert_column(hands: SheetHands, chance: Random) -> None:
    tab = chance.choice(SHEETS)
    hands.google.insert_columns(tab, chance.randint(1, hands.columns(tab)))


def _clear_tab(hands: SheetHands, chance: Random) -> None:
    hands.google.clear_tab(chance.choice(SHEETS))
    hands.to_undo += 1


def _form(hands: SheetHands, chance: Random) -> None:
    number = chance.randint(100, 10_000)
    hands.google.submit_form("Leads", lead_cells(number))


def lead_cells(number: int) -> Mapping[str, Any]:
    """Return a lead as a form sends it, with its tag."""
    return {"Partner": ("North Star", "South Wind")[number % 2], "Company": f"Client {number}",
            "Website": f"https://client-{number}.test", "First name": "Jo", "Email": f"jo@client-{number}.test",
            "Notes": f"tag {number}"}  # fmt: skip


_ON_SHEETS: Mapping[str, Act] = {
    "sort": _sort, "insert rows": _insert, "delete a row": _delete, "copy a row with its key": _copy,
    "swap two cells": _swap, "paste over worker columns": _paste, "edit a cell": _edit, "rename a header": _rename,
    "move a column": _move_column, "insert a column": _insert_column, "clear a tab and undo": _clear_tab,
    "send a form": _form,
}  # fmt: skip


class BaseHands:
    """Hands on the Airtable base: no sorting and no places there, but rows to copy, delete and type over."""

    def __init__(self, airtable: Airtable) -> None:
        self.airtable = airtable
        self.renamed: dict[tuple[str, str], str] = {}
        self.to_undo = 0

    def act(self, kind: str, number: int) -> bool:
        """Do one thing; False where there was nothing to do it to."""
        try:
            _ON_BASES[kind](self, Random(number))
        except (ValueError, IndexError, KeyError):
            return False
        return True

    def undo(self) -> None:
        """Have nothing to undo."""

    def tidy(self) -> None:
        """Give renamed fields their names back."""
        for (table, name), header in self.renamed.items():
            self.airtable.rename_field(table, name, header)
        self.renamed.clear()

    def row(self, table: str, chance: Random) -> str:
        """Return a row that holds anything."""
        return str(chance.choice([row["id"] for row in self.airtable.rows(table) if row["fields"]]))


def _base_edit(hands: BaseHands, chance: Random) -> None:
    table = chance.choice(SHEETS)
    column = chance.choice([*of_worker(table), *_OPEN_TO_PEOPLE[table]])
    _type(hands, table, hands.row(table, chance), {column: junk(column, chance)})


def _type(hands: BaseHands, table: str, row: str, cells: Mapping[str, Any]) -> None:
    """Type what Airtable lets one type: a number where a number belongs, an option where there are some."""
    kinds = {column.name: column for column in TABLES[table].columns}
    fit: dict[str, Any] = {}
    for name, value in cells.items():
        column = kinds[name]
        if column.kind in ("number", "money"):
            fit[name] = len(str(value)) if value else None
        elif column.kind == "select":
            fit[name] = column.options[len(str(value)) % len(column.options)] if value else None
        elif column.kind in ("date", "datetime"):
            fit[name] = "2026-03-03" if value else None
        else:
            fit[name] = value or None
    hands.airtable.edit(table, row, fit)


def _base_paste(hands: BaseHands, chance: Random) -> None:
    table = chance.choice(SHEETS)
    names = chance.sample(of_worker(table), 3)
    for _ in range(2):
        _type(hands, table, hands.row(table, chance), {name: junk(name, chance) for name in names})


def _base_swap(hands: BaseHands, chance: Random) -> None:
    table = chance.choice(SHEETS)
    column = chance.choice([*of_worker(table), *_OPEN_TO_PEOPLE[table]])
    first, second = hands.row(table, chance), hands.row(table, chance)
    cells = [hands.airtable.row(table, row).get(column) for row in (second, first)]
    for row, cell in zip((first, second), cells, strict=True):
        hands.airtable.edit(table, row, {column: cell})


def _base_copy(hands: BaseHands, chance: Random) -> None:
    hands.airtable.duplicate("Leads", hands.row("Leads", chance))


def _base_delete(hands: BaseHands, chance: Random) -> None:
    table = chance.choice(("Leads", "Commissions"))
    hands.airtable.delete(table, hands.row(table, chance))


def _base_rename(hands: BaseHands, chance: Random) -> None:
    table = chance.choice(SHEETS)
    name = chance.choice([column.name for column in TABLES[table].columns])
    if name not in {header for (one, _), header in hands.renamed.items() if one == table}:
        hands.airtable.rename_field(table, name, f"{name} (old)")
        hands.renamed[table, f"{name} (old)"] = name


def _base_form(hands: BaseHands, chance: Random) -> None:
    hands.airtable.add_row("Leads", dict(lead_cells(chance.randint(100, 10_000))), source="formSubmission")


_ON_BASES: Mapping[str, Callable[[BaseHands, Random], None]] = {
    "edit a cell": _base_edit, "paste over worker columns": _base_paste, "swap two cells": _base_swap,
    "copy a row with its key": _base_copy, "delete a row": _base_delete, "rename a field": _base_rename,
    "send a form": _base_form,
}  # fmt: skip

KINDS: Mapping[str, Sequence[str]] = {"google-sheets": tuple(_ON_SHEETS), "airtable": tuple(_ON_BASES)}
