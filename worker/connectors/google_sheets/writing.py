"""Writing cells, each into the row it is meant for: one call that also answers what stands beside what it wrote.

A write goes by the marks on our columns, which move with them, so it can never land in a column of people. Rows have no
such marks: the answer shows the key of each row that was touched, and some of what stands beside it. A cell that landed
in a row which had moved is put back, and written again from a fresh reading. Google knows no precondition (0 ETags in
1,508 answers, recorded).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from worker.connectors.google_sheets.account import SERVICE
from worker.connectors.google_sheets.api import Door
from worker.connectors.google_sheets.cells import as_text, same_raw
from worker.connectors.google_sheets.identity import KEYS, UNKEYED, WITNESSES, printed
from worker.connectors.google_sheets.marks import COLUMN_MOVED
from worker.connectors.google_sheets.reading import Sight
from worker.ports import Conflict, Refused, ServiceError, Unauthorised, Unavailable, Unsure

Outcome = str | ServiceError
ROUNDS = 8  # readings until rows that people keep moving are left to the next run


@dataclass(frozen=True, slots=True)
class Job:
    """Raw cells to write into one row, by our columns; an empty text clears."""

    row: str
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Aimed:
    """A job, where its row stood when it was read, and what must be seen there: the key, and these columns as read."""

    job: Job
    place: int
    key: str
    beside: Sequence[str] = ()
    repair: bool = False


@dataclass(slots=True)
class Writer:
    """Writes one batch into one table.

    `sight` is the reading that the batch was planned on; `look` takes a fresh one, told True where a write was refused;
    `marks` returns the ids of marks by column. `look_by_marks` takes a reading of a table whose headers may be wrong by
    now, with those columns that still have their marks, and returns it with the ids of these.
    """

    door: Door
    sight: Sight
    look: Callable[..., Sight]
    marks: Callable[[Sight], Mapping[str, int]]
    look_by_marks: Callable[[Sight], tuple[Sight, Mapping[str, int]]]
    _before: Sight = field(init=False)
    _stands: dict[tuple[str, str], Any] = field(default_factory=dict)  # what we wrote and saw: (row, column) → raw
    _strays: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    _outcomes: dict[str, Outcome] = field(default_factory=dict)
    _found: Mapping[str, int] = field(default_factory=dict)  # the marks of a reading by marks
    _unsure: Unsure | None = None  # what is not known of the last sending

    def write(self, jobs: Sequence[Job]) -> dict[str, Outcome]:
        """Write all jobs and return by row what came of each: the row's id, which is its key from now on, or the error.

        Raises only when nothing at all was sent.
        """
        self._before = self.sight
        try:
            self._go_on(jobs)
        except (Unavailable, Unauthorised, Refused) as error:
            if not self._outcomes and not self._strays:
                raise
            self._outcomes = {job.row: error for job in jobs} | self._outcomes
        if self._strays:
            self._take_back()
        moving = Conflict(SERVICE, f"{self._table}: rows kept moving while they were written")
        return {job.row: self._unsure or moving for job in jobs} | self._outcomes

    def _go_on(self, jobs: Sequence[Job]) -> None:
        why: Refused | None = None
        for turn in range(ROUNDS):
            if turn:
                self.sight = self.look(why is not None)
            aimed = list(self._aim([job for job in jobs if job.row not in self._outcomes], turn))
            aimed += self._repairs({(one.job.row, column) for one in aimed for column in one.job.cells})
            if not aimed:
                return
            before, why = why, self._deliver(aimed)
            if why is not None and before is not None and before.text == why.text:
                self._halve(aimed, why)  # a fresh reading did not help
            if all(job.row in self._outcomes for job in jobs) and not self._strays:
                return

    def _take_back(self) -> None:
        """Put back what still stands in wrong rows, where nothing more is written: headers are wrong, or rows move on.

        What can't be reached either is left: in a row of ours the next run finds it, and takes it for a hand's.
        """
        sound = self.sight
        with suppress(ServiceError):
            for _ in range(ROUNDS):
                self.sight, self._found = self.look_by_marks(sound)
                aimed = self._repairs(()) if KEYS[self._table] in self._found else []  # without keys nothing is proven
                if not aimed or self._deliver(aimed) is not None:
                    break
        self.sight = sound

    @property
    def _table(self) -> str:
        return self.sight.placed.table.name

    # ---- aiming -------------------------------------------------------------------------------------------------

    def _aim(self, jobs: Iterable[Job], turn: int) -> Iterator[_Aimed]:
        count = Counter(trace.key for trace in self.sight.traces)
        for job in jobs:
            place = self.sight.places.get(job.row)
            if place is None:
                self._outcomes[job.row] = self._missing(job.row, turn)
            elif turn and self._done(job, place):
                self._accept(job, place)
            else:
                yield self._aimed(self._keeping_key(job, place), place, count)

    def _keeping_key(self, job: Job, place: int) -> Job:
        """Leave out a key that stands there already: not written, it is proof of where the other cells went."""
        key = KEYS[self._table]
        if job.cells.get(key) != self.sight.traces[place].key:
            return job
        return replace(job, cells={column: value for column, value in job.cells.items() if column != key})

    def _aimed(self, job: Job, place: int, count: Mapping[str, int]) -> _Aimed:
        trace = self.sight.traces[place]
        written = job.cells.get(KEYS[self._table])
        alone = written is None and trace.key != "" and count[trace.key] == 1
        beside = WITNESSES[self._table] if alone else printed(self._table)
        seen = [column for column in beside if column in self.sight.placed.columns]
        return _Aimed(job, place, trace.key if written is None else str(written), seen)

    def _missing(self, row: str, turn: int) -> ServiceError:
        words = f"{self._table}: the row {row} is not there any more"
        return Conflict(SERVICE, words) if turn else Refused(SERVICE, words, "NOT_FOUND")

    def _done(self, job: Job, place: int) -> bool:
        return all(same_raw(self.sight.raw(place, column), value) for column, value in job.cells.items())

    def _repairs(self, written: Collection[tuple[str, str]]) -> list[_Aimed]:
        """Return what puts back cells, of empty rows too, that something meant for another row landed in.

        Those in `written` need it not.
        """
        if not self._strays:
            return []
        count = Counter(trace.key for trace in self.sight.traces)
        found: list[_Aimed] = []
        for place, row in enumerate(self.sight.ids):
            if place <= self.sight.placed.head and not row:
                continue  # the header, or a title
            hit = {column: before for column, before in self._hit(place, row) if (row, column) not in written}
            if hit:
                found.append(replace(self._aimed(Job(row, hit), place, count), repair=True))
        if not found:
            self._strays.clear()
        return found

    def _hit(self, place: int, row: str) -> Iterator[tuple[str, Any]]:
        for column, values in self._strays.items():
            if column not in self.sight.placed.columns:
                continue
            raw = self.sight.raw(place, column)
            meant = values.get(_shown(raw))
            if meant is not None and row not in meant:
                before = self._stood(row, column)
                if not same_raw(raw, before):
                    yield column, "" if before is None else before

    def _stood(self, row: str, column: str) -> Any:
        if (row, column) in self._stands:
            return self._stands[row, column]
        place = self._before.places.get(row)
        return None if place is None else self._before.raw(place, column)

    # ---- sending ------------------------------------------------------------------------------------------------

    def _deliver(self, aimed: Sequence[_Aimed]) -> Refused | None:
        """Send a batch and look at what came of it; return the refusal where it was refused whole."""
        self._unsure = None
        try:
            echo = self._send(aimed, self._columns(aimed))
        except Unsure as unsure:
            self._unsure = unsure
            self._astray(aimed)  # it may have been done: the next reading tells
            return None
        except Refused as refused:
            return refused
        self._prove(aimed, echo)
        self._put_headers_back(aimed, echo)
        return None

    def _halve(self, aimed: Sequence[_Aimed], why: Refused) -> None:
        """Send a refused batch in halves until the guilty row is alone, or both halves are refused alike."""
        if len(aimed) == 1 or why.code == COLUMN_MOVED:
            self._blame(aimed, why)
            return
        middle = len(aimed) // 2
        halves = [(half, self._deliver(half)) for half in (aimed[:middle], aimed[middle:])]
        if all(told is not None and told.text == why.text for _, told in halves):
            self._blame(aimed, why)
            return
        for half, told in halves:
            if told is not None:
                self._halve(half, told)

    def _blame(self, aimed: Iterable[_Aimed], why: Refused) -> None:
        for one in aimed:
            if one.repair:
                continue
            columns = ", ".join(one.job.cells)
            words = f"{self._table}: {columns} of {one.job.row} could not be written ({why.text})"
            self._outcomes.setdefault(one.job.row, Refused(SERVICE, words, why.code))

    def _columns(self, aimed: Sequence[_Aimed]) -> list[str]:
        """Return the columns to write or to see: the key's always."""
        seen = (column for one in aimed for column in (*one.beside, *one.job.cells))
        return list(dict.fromkeys((KEYS[self._table], *seen)))

    def _send(self, aimed: Sequence[_Aimed], columns: Sequence[str]) -> dict[str, list[Any]]:
        """Write column by column, null where nothing is to change; return how these columns stand after it."""
        marks = self._found or self.marks(self.sight)
        height = max(one.place for one in aimed) + 1
        cells: dict[str, list[Any]] = {column: [None] * height for column in columns}
        for one in aimed:
            for column, value in one.job.cells.items():
                cells[column][one.place] = value
        body = {
            "valueInputOption": "RAW", "includeValuesInResponse": True,
            "responseValueRenderOption": "UNFORMATTED_VALUE", "responseDateTimeRenderOption": "SERIAL_NUMBER",
            "data": [
                {
                    "dataFilter": {"developerMetadataLookup": {"metadataId": marks[column]}},
                    "majorDimension": "COLUMNS", "values": [values],
                }
                for column, values in cells.items()
            ],
        }  # fmt: skip
        answer = self.door.write("/values:batchUpdateByDataFilter", body)
        responses = answer.get("responses") or ()
        if len(responses) != len(columns):
            raise Unsure(SERVICE, "the answer does not show what was written")
        return {column: _echoed(told) for column, told in zip(columns, responses, strict=True)}

    # ---- what came of it ----------------------------------------------------------------------------------------

    def _prove(self, aimed: Sequence[_Aimed], echo: Mapping[str, Sequence[Any]]) -> None:
        for one in aimed:
            key, ours = _text(_at(echo[KEYS[self._table]], one.place)), self._beside(one, echo)
            wrong = [c for c, v in one.job.cells.items() if not same_raw(_at(echo[c], one.place), v)]
            as_before = KEYS[self._table] in wrong and key == _text(self.sight.raw(one.place, KEYS[self._table]))
            if not ours or (key != one.key and not as_before):
                self._astray([one])
            elif one.repair:
                self.sight.put(one.place, one.job.cells)
            elif wrong:
                words = f"{self._table}: {', '.join(wrong)} of {one.key} took nothing: are cells merged there?"
                self._outcomes[one.job.row] = Refused(SERVICE, words, "NOT_TAKEN", wrong[0])
            else:
                self._accept(one.job, one.place)

    def _put_headers_back(self, aimed: Sequence[_Aimed], echo: Mapping[str, Sequence[Any]]) -> None:
        """Restore headers that something was written over, because rows were put in above the header row."""
        placed = self.sight.placed
        headers = {column: placed.headers[placed.columns[column]] for column in echo}
        if any(_text(_at(echo[column], placed.head)) == header for column, header in headers.items()):
            return
        for one in aimed:
            left = headers.keys() - one.job.cells.keys()
            if any(_text(_at(echo[column], one.place)) == headers[column] for column in left):
                lost = {column: headers[column] for column in one.job.cells}
                with suppress(Unsure, Refused):  # the next reading says which header is missing
                    self._send([_Aimed(Job("", lost), one.place, "", repair=True)], list(lost))

    def _beside(self, one: _Aimed, echo: Mapping[str, Sequence[Any]]) -> bool:
        """Tell whether the row that was written into says what it said when it was read."""
        return all(
            _text(_at(echo[name], one.place)) == _text(self.sight.raw(one.place, name))
            for name in one.beside if name not in one.job.cells
        )  # fmt: skip

    def _accept(self, job: Job, place: int) -> None:
        self.sight.put(place, job.cells)
        row = job.row
        key = job.cells.get(KEYS[self._table]) or self._given(job, place)
        if key and self.sight.ids[place] == row and str(key) not in self._before.places:  # a copy stays one
            row = str(key)
            self.sight.name(place, row)
        for column, value in job.cells.items():
            self._stands[job.row, column] = self._stands[row, column] = value
        self._outcomes[job.row] = row

    def _given(self, job: Job, place: int) -> str:
        """Return the key that another run gave to a row that had none when this run read it."""
        key = self.sight.traces[place].key if job.row.startswith(UNKEYED) else ""
        return key if key not in self.sight.places else ""

    def _astray(self, aimed: Iterable[_Aimed]) -> None:
        """Note what may stand in a row that it was not meant for."""
        for one in aimed:
            for column, value in one.job.cells.items():
                self._strays[column][_shown(value)].add(one.job.row)


def _echoed(told: Mapping[str, Any]) -> list[Any]:
    """Return the cells of one column as the answer shows them, from the header on."""
    seen = told.get("updatedData") or {}
    values = seen.get("values") or []
    if seen.get("majorDimension") == "COLUMNS":
        return list(values[0]) if values else []
    return [row[0] if row else None for row in values]


def _at(column: Sequence[Any], place: int) -> Any:
    return column[place] if place < len(column) else None


def _text(raw: Any) -> str:
    return "" if raw is None else (raw if isinstance(raw, str) else as_text(raw)).strip()


def _shown(raw: Any) -> str:
    return "" if raw is None or raw is False else as_text(raw)
