"""What a person does to rows, columns, tabs and the file: insert, delete, move, hide, filter, merge, rename, share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from worker.sandbox.google import identity, rowscolumns, rules
from worker.sandbox.google.a1 import Box
from worker.sandbox.google.dimensions import COLUMNS, ROWS
from worker.sandbox.google.errors import Refusal
from worker.sandbox.google.grid import Pin, Sheet
from worker.sandbox.google.people import Column, People
from worker.sandbox.google.workspace import ACCOUNT
from worker.sandbox.google.writing import Writer

SCOPES = ("spreadsheets", "drive.metadata.readonly")


class Hands(People):
    """Hands on everything else; see `People` for how rows and columns are given."""

    def service_account_info(self, url: str, name: str = "quarterday") -> dict[str, str]:
        """Return the key file of a service account, its token endpoint at a server's address; new names make accounts.

        The file is shared with the account `quarterday` from the start, with others only by `share`.
        """
        with self.lock:
            email = name + ACCOUNT[ACCOUNT.index("@") :]
            if email not in self.accounts:
                key_id = self.mint("key", 40)
                self.accounts[email] = identity.Account(email, key_id, str(10**20 + self.mint_number()))
            return identity.key_file(self.accounts[email], url)

    def bearer(self, *scopes: str, who: str = ACCOUNT) -> str:
        """Return a bearer without the dance of tokens: for calls by hand."""
        with self.lock:
            return identity.grant(self, who, identity.full_scopes(frozenset(scopes or SCOPES)))

    def expire_tokens(self) -> None:
        """Make every bearer stale."""
        with self.lock:
            self.tokens.clear()

    def share(self, email: str, role: str = "writer") -> None:
        """Share the file with someone."""
        with self.lock:
            self.file.shares[email] = role
            self.touch()

    def unshare(self, email: str) -> None:
        """Share the file with someone no more."""
        with self.lock:
            del self.file.shares[email]
            self.touch()

    def touch(self) -> None:
        """Change something that no cell shows: Drive's version grows all the same."""
        with self.lock:
            self.committed(self.file, self.people_lag)

    def make_tab(
        self, title: str, headers: Sequence[str] = (), rows: Iterable[Sequence[Any]] = (), *, size: int = 1000
    ) -> int:
        """Make a tab with a header and rows of plain values (None is an empty cell); returns its id."""
        with self.act() as writer:
            if self.file.titled(title) is not None:
                raise Refusal(f'A sheet with the name "{title}" already exists. Please enter another name.')
            table = [list(headers), *map(list, rows)] if headers else list(map(list, rows))
            width = max([26, *map(len, table)])
            sheet = Sheet(self.mint_number(), title, max(size, len(table)), width)
            for line, cells in zip(sheet.lines, table, strict=False):
                line.cells = ["" if cell is None else cell for cell in cells]
            self.file.room(len(sheet.lines) * width)
            self.file.place(writer.undo, sheet)
            return sheet.id

    def insert_rows(self, tab: str, before: int, count: int = 1) -> None:
        """Insert empty rows before one."""
        with self.act() as writer:
            self._insert(writer, self.sheet(tab), ROWS, before - 1, count)

    def insert_columns(self, tab: str, before: Column, count: int = 1) -> None:
        """Insert empty columns before one."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            self._insert(writer, sheet, COLUMNS, self.column(sheet, before), count)

    def _insert(self, writer: Writer, sheet: Sheet, dimension: str, at: int, count: int) -> None:
        rowscolumns.insert(self.file, writer.undo, sheet, dimension, at, count, like=at - 1 if at else None)

    def delete_rows(self, tab: str, first: int, count: int = 1) -> None:
        """Delete rows."""
        self._delete(tab, ROWS, first - 1, count)

    def delete_columns(self, tab: str, first: Column, count: int = 1) -> None:
        """Delete columns."""
        self._delete(tab, COLUMNS, self.column(self.sheet(tab), first), count)

    def _delete(self, tab: str, dimension: str, start: int, count: int) -> None:
        with self.act() as writer:
            sheet = self.sheet(tab)
            end = start + count
            writer.permit(sheet, sheet.cut(Box(start, end) if dimension == ROWS else Box(None, None, start, end)))
            rowscolumns.delete(self.file, writer.undo, sheet, dimension, start, end)

    def move_rows(self, tab: str, first: int, before: int, count: int = 1) -> None:
        """Drag rows before another one."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            writer.permit(sheet, sheet.cut(Box(first - 1, first - 1 + count)))
            rowscolumns.move(self.file, writer.undo, sheet, ROWS, first - 1, first - 1 + count, before - 1)

    def move_column(self, tab: str, column: Column, before: Column) -> None:
        """Drag a column before another one; one past the last number is the end."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            start, to = self.column(sheet, column), self.column(sheet, before)
            writer.permit(sheet, sheet.cut(Box(None, None, start, start + 1)))
            if to != start + 1:
                rowscolumns.move(self.file, writer.undo, sheet, COLUMNS, start, start + 1, to)

    def hide_rows(self, tab: str, first: int, count: int = 1, *, hidden: bool = True) -> None:
        """Hide rows, or show them again."""
        with self.act() as writer:
            for line in self.sheet(tab).lines[first - 1 : first - 1 + count]:
                rest = {name: part for name, part in line.properties.items() if name != "hiddenByUser"}
                rowscolumns.set_properties(writer.undo, line, {**rest, "hiddenByUser": True} if hidden else rest)

    def filter(self, tab: str, column: Column, hidden: Sequence[str]) -> None:
        """Filter a tab for everyone: rows that show one of these texts in the column are hidden."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            criteria = {"columnIndex": self.column(sheet, column), "filterCriteria": {"hiddenValues": list(hidden)}}
            rules.apply_filter(self.file, writer.undo, sheet, Box(), {"filterSpecs": [criteria]})

    def unfilter(self, tab: str) -> None:
        """Take the filter away."""
        with self.act() as writer:
            rules.lift_filter(writer.undo, self.sheet(tab))

    def merge(self, tab: str, cells: str) -> None:
        """Merge cells, given as `B2:D2`: all but the first value is lost."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            rect = self._cells(sheet, cells)
            writer.permit(sheet, rect)
            for row in range(rect.top, rect.bottom):
                for column in range(rect.left, rect.right):
                    if (row, column) != (rect.top, rect.left):
                        sheet.put(writer.undo, row, column, "")
            sheet.add_pin(writer.undo, Pin("merge", (Box(rect.top, rect.bottom, rect.left, rect.right),)))

    def set_time_zone(self, zone: str) -> None:
        """Choose another time zone under File → Settings: what cells show stays, and so do their numbers."""
        with self.act() as writer:
            self.file.set(writer.undo, {**self.file.properties, "timeZone": zone})

    def rename_tab(self, tab: str, name: str) -> None:
        """Give a tab another name."""
        with self.act() as writer:
            if self.file.titled(name) is not None:
                raise Refusal(f'A sheet with the name "{name}" already exists. Please enter another name.')
            self.sheet(tab).set(writer.undo, "title", name)

    def move_tab(self, tab: str, to: int) -> None:
        """Drag a tab to a place among the tabs, counted from 1."""
        with self.act() as writer:
            self.file.place(writer.undo, self.sheet(tab), to - 1)

    def delete_tab(self, tab: str) -> None:
        """Delete a tab."""
        with self.act() as writer:
            sheet = self.sheet(tab)
            writer.permit(sheet, sheet.frame)
            if len(self.file.sheets) == 1:
                raise Refusal("You can't remove all the sheets in a document.")
            self.file.drop(writer.undo, sheet)

    def deliver_pings(self) -> int:
        """Post every ping of Drive's channels that is due now; returns how many were posted."""
        return self.channels.deliver()
