"""spreadsheets.batchUpdate: every request in order, all or nothing; replies stand where their requests stood."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.sandbox.google.a1 import Box, Rect
from worker.sandbox.google.errors import ApiError, Refusal, invalid
from worker.sandbox.google.grid import Sheet, Undo, take_back
from worker.sandbox.google.reading import Place
from worker.sandbox.google.spreadsheet import Spreadsheet
from worker.sandbox.google.writing import Writer

Request = tuple[str, Mapping[str, Any]]
Reply = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """One batch under way: where, by whom, and what new ids and sorted metadata are like."""

    writer: Writer
    mint: Callable[[], int]
    sort_moves_metadata: bool

    @property
    def file(self) -> Spreadsheet:
        """Return the spreadsheet."""
        return self.writer.file

    @property
    def undo(self) -> Undo:
        """Return what takes the batch back."""
        return self.writer.undo

    def place(self, message: Mapping[str, Any]) -> Place:
        """Return the place of a GridRange."""
        return Place(self.file.grid(message.get("sheetId", 0)), Box.read(message))

    def rect(self, message: Mapping[str, Any]) -> tuple[Sheet, Rect]:
        """Return tab and cells of a GridRange that the caller may edit."""
        place = self.place(message)
        found = place.rect
        self.writer.permit(place.sheet, found)
        return place.sheet, found


Handler = Callable[[Batch, Mapping[str, Any]], Reply | None]


def run(batch: Batch, requests: Sequence[Request], handlers: Mapping[str, Handler]) -> list[Reply]:
    """Carry out requests; a refused one takes back those before it and is named in the error."""
    if not requests:
        raise invalid("Must specify at least one request.")
    replies: list[Reply] = []
    for number, (kind, body) in enumerate(requests):
        try:
            if not kind:
                raise Refusal("No request set.")
            reply = handlers[kind](batch, body)
        except Refusal as refusal:
            take_back(batch.undo)
            at = f"requests[{number}].{kind}" if kind else f"requests[{number}]"
            raise invalid(f"Invalid {at}: {refusal}") from None
        except ApiError:
            take_back(batch.undo)
            raise
        replies.append({} if reply is None else {kind: reply})
    return replies
