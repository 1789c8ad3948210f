"""Which row is which: sheets have no row ids, and people sort, insert, copy and overwrite, keys included. Pure.

A row is known by the key in its key column, checked against what stood beside that key before: a key that moved onto
another row's content is not believed. A row's id is its key; a copy's id is the key and a print of its content, and
lasts no longer than both; a row that has no key yet is known by its place and print until it gets one.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.connectors.google_sheets.cells import as_text
from worker.domain.tables import LEADS, TABLES

UNKEYED = "~"  # ids of rows without a key begin so; a copy's id holds it

# The key column of each table that has one of ours, and the columns that tell a row's content from another's.
KEYS = {"Partners": "Key", "Leads": "Lead", "Commissions": "Line", "Statements": "Statement"}
_PRINTED = {
    "Partners": ("Partner", "Email"),
    "Leads": tuple(c.name for c in LEADS.columns if c.owner == "P"),
    "Commissions": ("Partner", "Lead", "Deal ID", "Month", "Kind", "Answers", "Currency"),
    "Statements": ("Partner", "Period", "Currency"),
}
# What must be seen beside a key where a row was written: a sort that left the key column out moved them apart.
WITNESSES = {
    "Partners": ("Partner",), "Leads": ("Company", "Email"), "Commissions": ("Deal ID", "Month"),
    "Statements": ("Partner", "Period"),
}  # fmt: skip
# Columns that tell a row too, and that lie apart from those: what is pasted over the ones spares the others.
_MARKS = {"Leads": ("Deal ID",), "Commissions": ("Client", "Why"), "Statements": ("Opening", "Closing", "Issued")}


def printed(table: str) -> tuple[str, ...]:
    """Return the columns that a row of this table is recognised by."""
    return _PRINTED.get(table) or tuple(c.name for c in TABLES[table].columns)


@dataclass(frozen=True, slots=True)
class Trace:
    """What is to be seen of a row: its key cell, the print of its content (empty: none), its mark."""

    key: str
    print: str
    mark: str = ""


def traces(table: str, columns: Mapping[str, int], rows: Sequence[Sequence[Any]]) -> list[Trace]:
    """Return the trace of every row, given as raw cells."""
    key = columns.get(KEYS.get(table, ""))
    wanted = printed(table), _MARKS.get(table, ())
    prints, marks = ([columns[name] for name in names if name in columns] for names in wanted)
    return [Trace(text_of(row, key), print_of(row, prints), print_of(row, marks)) for row in rows]


def print_of(row: Sequence[Any], places: Sequence[int]) -> str:
    """Return a short digest of these cells of a row; empty when all of them are."""
    texts = [text_of(row, place) for place in places]
    if not any(texts):
        return ""
    return hashlib.blake2b("\x1f".join(texts).encode(), digest_size=6).hexdigest()


def text_of(row: Sequence[Any], place: int | None) -> str:
    """Return a raw cell of a row as text; empty where there is none."""
    if place is None or place >= len(row) or row[place] is None:
        return ""
    raw = row[place]
    return (raw if isinstance(raw, str) else as_text(raw)).strip()


def identify(seen: Sequence[Trace], known: Mapping[str, Trace]) -> list[str]:
    """Return the id of each row in order; empty for a row that has neither key nor content.

    `known` are the rows of the last reading by id. Rows that are alike to the letter are interchangeable.
    """
    ids = [""] * len(seen)
    taken: set[str] = set()
    for step in (_unchanged, _edited, _recognised, _keyed):  # from the surest to the last resort
        for place, id_ in step(seen, known, ids):
            if not ids[place] and id_ not in taken:
                ids[place] = id_
                taken.add(id_)
    for place, trace in enumerate(seen):
        if not ids[place] and (trace.key or trace.print):
            ids[place] = _nameless(place, trace, taken)
            taken.add(ids[place])
    return ids


Named = Iterator[tuple[int, str]]


def _unchanged(seen: Sequence[Trace], known: Mapping[str, Trace], _: Sequence[str]) -> Named:
    """Yield rows with the key and the content of before."""
    for place, trace in enumerate(seen):
        before = known.get(trace.key) if trace.key else None
        if before is not None and before.print == trace.print:
            yield place, trace.key


def _edited(seen: Sequence[Trace], known: Mapping[str, Trace], ids: Sequence[str]) -> Named:
    """Yield rows with the key of before, and content that no row had."""
    contents = {trace.print for trace in known.values()}
    rivals: dict[str, list[Trace]] = defaultdict(list)
    rest = [(place, trace) for place, trace in enumerate(seen) if not ids[place]]
    for _, trace in rest:
        rivals[trace.print].append(trace)
    for place, trace in rest:
        before = known.get(trace.key) if trace.key and trace.print not in contents else None
        if before is not None and _was_edited(trace, before, rivals[before.print] if before.print else ()):
            yield place, trace.key


def _keyed(seen: Sequence[Trace], _: Mapping[str, Trace], ids: Sequence[str]) -> Named:
    """Yield rows whose key is new to us, or beside what another row holds too."""
    for place, trace in enumerate(seen):
        if not ids[place] and trace.key:
            yield place, trace.key


def _was_edited(trace: Trace, before: Trace, rivals: Sequence[Trace]) -> bool:
    """Tell whether a row with a key and other content than before is that row; `rivals` have its content, not its key.

    The mark decides, where there is one; else a row that has some content of its own is believed against one without
    a key, which may be a form sent again, and not against one whose key is another's.
    """
    if not rivals:
        return True
    if before.mark and (trace.mark == before.mark or any(rival.mark == before.mark for rival in rivals)):
        return trace.mark == before.mark
    return trace.print != "" and not any(rival.key for rival in rivals)


def _recognised(seen: Sequence[Trace], known: Mapping[str, Trace], ids: Sequence[str]) -> Named:
    """Yield rows whose key cell was cleared or overwritten, by what stands beside it: content or mark of a lost row."""
    rest = [place for place in range(len(seen)) if not ids[place] and (seen[place].print or seen[place].mark)]
    if not rest:
        return
    named = set(ids)
    lost = {id_: trace for id_, trace in known.items() if id_ not in named}
    owners: dict[str, list[str]] = defaultdict(list)
    for id_, trace in lost.items():
        if trace.print:
            owners[trace.print].append(id_)
    alike = Counter(seen[place].print for place in rest)
    marked = _once((trace.mark, id_) for id_, trace in lost.items() if not is_copy(id_))
    marks = Counter(seen[place].mark for place in rest)
    still = []
    for place in rest:  # copies and rows without a key, as they were
        trace = seen[place]
        same = [id_ for id_ in owners.get(trace.print, ()) if lost[id_].key == trace.key]
        if same:
            owners[trace.print].remove(same[0])
            yield place, same[0]
        else:
            still.append(place)
    for place in still:
        trace = seen[place]
        own = [id_ for id_ in owners.get(trace.print, []) if not is_copy(id_)]  # without its key a copy is none
        unkeyed = [id_ for id_ in own if id_.startswith(UNKEYED)]
        if unkeyed:
            owners[trace.print].remove(unkeyed[0])
            yield place, unkeyed[0]
        elif len(own) == 1 and alike[trace.print] == 1:
            yield place, own[0]
        elif trace.mark in marked and marks[trace.mark] == 1 and not _has_mark(trace.mark, known.get(trace.key)):
            yield place, marked[trace.mark]


def _has_mark(mark: str, before: Trace | None) -> bool:
    return before is not None and before.mark == mark


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return what stands there once, and is something."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, id_ in pairs:
        if name:
            found[name].append(id_)
    return {name: ids[0] for name, ids in found.items() if len(ids) == 1}


def is_copy(row: str) -> bool:
    """Tell whether an id is that of a row whose key another row has."""
    return UNKEYED in row[1:] and not row.startswith(UNKEYED)


def _nameless(place: int, trace: Trace, taken: set[str]) -> str:
    """Return the id of a copy, or of a row without a key; rows further up came first, and are named first."""
    stem = f"{trace.key}{UNKEYED}{trace.print}" if trace.key else f"{UNKEYED}{place:06d}{UNKEYED}{trace.print}"
    number = 1
    while (id_ := stem if number == 1 else f"{stem}{UNKEYED}{number}") in taken:
        number += 1
    return id_
