"""Both trackers behind one face: what the contract suite asks of either, and hands in words that both understand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.connectors.airtable.airtable_stand import Stand as AirtableStand
from tests.connectors.google.google_stand import Stand as GoogleStand
from worker.demo.tables import GridHands, SheetHands, TableHands
from worker.ports import Tracker

TRACKERS = ("airtable", "google-sheets")


@dataclass(frozen=True)
class Bench:
    """A tracker of one kind in the sandbox: trackers as new runs make them, hands, faults of its writes."""

    kind: str
    stand: AirtableStand | GoogleStand
    hands: TableHands
    sort: Callable[[str, str], object]  # sorts a table as people see it, by a column; a base's own order stays
    cut_table: Callable[[str], None]
    cut_column: Callable[[str, str], None]
    rename_column: Callable[[str, str, str], None]
    paths: Mapping[str, tuple[str, str]]  # what is written → method and path of the request that writes it

    def tracker(self, **changed: Any) -> Tracker:
        """Return a tracker as a new run makes it; all of them share one memory."""
        return self.stand.tracker(**changed)

    def set_up(self) -> None:
        """Make all tables, and forget the calls that it took."""
        self.stand.set_up()

    def lose(self, fault: str, what: str, times: int = 1) -> None:
        """Order a fault for the requests that write cells, new rows or deletions."""
        method, path = self.paths[what]
        service = self.stand.airtable if isinstance(self.stand, AirtableStand) else self.stand.google
        service.faults.order(fault, method=method, path=path, times=times)

    def calls(self) -> int:
        """Return how many calls were made since the last time."""
        return len(self.stand.calls())

    def close(self) -> None:
        """Stop serving."""
        self.stand.close()


def bench(kind: str) -> Bench:
    """Return a bare tracker of a kind."""
    return _google() if kind == "google-sheets" else _airtable()


def _airtable() -> Bench:
    stand = AirtableStand()
    base = stand.airtable
    return Bench(
        "airtable", stand, GridHands(base), lambda _table, _column: None, base.delete_table, base.delete_field,
        base.rename_field,
        {"cells": ("PATCH", "/v0/"), "rows": ("PATCH", "/v0/"), "log": ("POST", f"/v0/{base.base}"),
         "deletions": ("DELETE", "/v0/")},
    )  # fmt: skip


def _google() -> Bench:
    stand = GoogleStand()
    google, hands = stand.google, SheetHands(stand.google)
    path = f"/v4/spreadsheets/{google.file.id}"
    structure = "POST", f"{path}:batchUpdate"
    return Bench(
        "google-sheets", stand, hands, hands.sort, google.delete_tab, google.delete_columns, google.rename_header,
        {"cells": ("POST", f"{path}/values:batchUpdate"), "rows": structure, "log": structure, "deletions": structure},
    )  # fmt: skip
