"""A plan → its sketch, which is kept as text; two sketches → what is another, by how much. Pure.

A digest says only whether two plans are the same; to say in words what differs, the one that was seen must be known.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal

from worker.domain.approvals import CRM, MESSAGES, Difference, Grounds, Moved, Place, Sketch
from worker.domain.cells import Cell
from worker.domain.money import rounded, shown
from worker.domain.plan import Plan, RowEdit
from worker.domain.tables import STATEMENTS

_MOST = 1000  # changes, and subjects of facts, that one sketch keeps
_SILENT = frozenset({"Synced"})  # when a row was written differs every time
_ADDRESS = re.compile(r"[^\s<>()“”\"',;]+@[^\s<>()“”\"',;]+")
_FIGURE = re.compile(r"(-?[0-9,]+(?:\.[0-9]+)?) ([A-Z]{3}|%)\Z")
_NOTHING = "–"


def places(plan: Plan) -> list[Place]:
    """Return where a plan changes something."""
    return [
        *((edit.table, edit.key or edit.row or "") for edit in plan.edits),
        *((CRM, push.draft.key) for push in plan.pushes),
        *((MESSAGES, tell.notice.key) for tell in plan.tells),
    ]


def sketch(plan: Plan, grounds: Grounds) -> Sketch:
    """Return what is kept of a plan; texts that may name a person are kept as marks that only tell them apart."""
    cells: dict[Place, dict[str, tuple[str, str]]] = {}
    money: dict[Place, tuple[str, Decimal]] = {}
    for edit in plan.edits:
        place = (edit.table, edit.key or edit.row or "")
        unit = unit_of(edit)
        after = {c: (_text(edit.before.get(c), unit), _text(cell, unit)) for c, cell in edit.after.items()}
        cells.setdefault(place, {}).update({column: pair for column, pair in after.items() if column not in _SILENT})
        if edit.money:
            money[place] = edit.money
    for push in plan.pushes:
        cells[CRM, push.draft.key] = {"draft": ("", _mark(json.dumps(asdict(push.draft), sort_keys=True)))}
    for tell in plan.tells:
        cells[MESSAGES, tell.notice.key] = {"text": ("", _mark(tell.notice.text))}
    kept = dict(list(cells.items())[:_MOST])
    return Sketch(
        plan.flow, kept, {place: amount for place, amount in money.items() if place in kept}, _sums(money.values()),
        dict(list(grounds.items())[:_MOST]), len(cells) - len(kept),
    )  # fmt: skip


def _sums(moved: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in moved:
        found[currency] += amount
    return dict(found)


def unit_of(edit: RowEdit) -> str:
    """Return the currency of an edit's sums; none where it is not known."""
    if edit.money:
        return edit.money[0]
    named = edit.after.get("Currency")
    if isinstance(named, str):
        return named
    return edit.key.rpartition("/")[2] if edit.table == STATEMENTS.name else ""


def _text(cell: Cell, unit: str) -> str:
    match cell:
        case None | "" | False | ():
            return ""
        case True:
            return "yes"
        case Decimal():
            return figure(cell, unit)
        case datetime() | date():
            return cell.isoformat()
        case tuple():
            return ", ".join(cell)
    return _ADDRESS.sub(lambda found: f"(address {_mark(found[0])})", cell)


def figure(amount: Decimal, unit: str) -> str:
    """Return an amount as it is kept and shown: with the currency's digits, unless it is finer than they are."""
    text = shown(amount, unit) if unit and rounded(amount, unit) == amount else f"{amount:,f}"
    return f"{text} {unit}".rstrip()


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


# ---- as text --------------------------------------------------------------------------------------------------------


def written(sketch: Sketch) -> str:
    """Return a sketch as JSON."""
    return json.dumps({
        "flow": sketch.flow,
        "cells": [[*place, {column: list(pair) for column, pair in cells.items()}]
                  for place, cells in sketch.cells.items()],
        "money": [[*place, currency, format(amount, "f")] for place, (currency, amount) in sketch.money.items()],
        "sums": {currency: format(amount, "f") for currency, amount in sketch.sums.items()},
        "grounds": {about: dict(facts) for about, facts in sketch.grounds.items()},
        "left_out": sketch.left_out,
    }, ensure_ascii=False)  # fmt: skip


def read(text: str) -> Sketch:
    """Read what `written` wrote."""
    found = json.loads(text)
    return Sketch(
        found["flow"],
        {(table, key): {column: (then, now) for column, (then, now) in cells.items()}
         for table, key, cells in found["cells"]},
        {(table, key): (currency, Decimal(amount)) for table, key, currency, amount in found["money"]},
        {currency: Decimal(amount) for currency, amount in found["sums"].items()},
        found["grounds"], found["left_out"],
    )  # fmt: skip


# ---- what is another ------------------------------------------------------------------------------------------------


def difference(then: Sketch, now: Sketch) -> Difference:
    """Return what the present plan has otherwise than the one that was seen.

    `now` states the facts behind both plans: what it does not state of the earlier one's is gone.
    """
    left_out = max(then.left_out, now.left_out)
    both = then.cells.keys() & now.cells.keys() if left_out else then.cells.keys() | now.cells.keys()
    changed = sorted(place for place in both if then.cells.get(place) != now.cells.get(place))
    sums = {
        currency: (then.sums.get(currency, Decimal(0)), now.sums.get(currency, Decimal(0)))
        for currency in sorted(then.sums.keys() | now.sums.keys())
        if then.sums.get(currency) != now.sums.get(currency)
    }
    return Difference(
        tuple(_facts_moved(then.grounds, now.grounds)),
        tuple(moved for place in changed for moved in _changes(place, then, now)), sums, left_out,
    )  # fmt: skip


def _changes(place: Place, then: Sketch, now: Sketch) -> Iterator[Moved]:
    """Say of one place what is planned there otherwise; a change that is new or gone is one, whatever its cells."""
    about = f"{place[0]} {place[1]}"
    before, after = then.cells.get(place), now.cells.get(place)
    if before is None or after is None:
        one = now if before is None else then
        currency, amount = one.money.get(place, ("", None))
        words = _planned(one.cells[place])
        yield Moved(about, "", None if before is None else words, None if after is None else words,
                    amount if amount is None or before is None else -amount, currency)  # fmt: skip
        return
    other = [column for column in {**before, **after} if before.get(column) != after.get(column)]
    for column in [column for column in other if column != "Why"] or other:
        yield _cell_moved(about, column, before.get(column), after.get(column))


def _cell_moved(about: str, column: str, one: tuple[str, str] | None, other: tuple[str, str] | None) -> Moved:
    if one is not None and other is not None and one[1] == other[1]:  # the row stands otherwise before the change
        return _moved(about, f"{column} before it", one[0], other[0])
    return _moved(about, column, one and one[1], other and other[1])


def _planned(cells: Mapping[str, tuple[str, str]]) -> str:
    """Say what a change writes; the sentence that explains a line is left out, for it repeats the others."""
    telling = {column: pair for column, pair in cells.items() if column != "Why"} or cells
    return ", ".join(
        f"{column} {_shown(before)} → {_shown(after)}" if before else f"{column} {_shown(after)}"
        for column, (before, after) in telling.items()
    )


def _facts_moved(then: Grounds, now: Grounds) -> Iterator[Moved]:
    """Compare facts; of what only the present plan hangs on, only what belongs to a deal that was known is new."""
    for about in sorted({**then, **now}):
        before, after = then.get(about), now.get(about)
        if about.startswith("line ") and (before is not None or _is_known(about, then)):
            before, after = before or {}, after or {}  # a line beside which staff wrote nothing is not told of
        if before is None or after is None:
            facts = before or after or {}
            words = ", ".join(f"{what} {_shown(fact)}" for what, fact in facts.items())
            if before is not None:
                yield Moved(about, "", words, None)
            elif f"deal {facts.get('deal')}" in then:
                yield Moved(about, "", None, words)
            continue
        for what in {**before, **after}:
            if before.get(what, "") != after.get(what, ""):
                yield _moved(about, what, before.get(what, ""), after.get(what, ""))


def _is_known(line: str, then: Grounds) -> bool:
    """Tell whether the deal or, of a true-up, the partner of a line was told of."""
    deal, partner = line.removeprefix("line ").split("/")[:2]
    return f"deal {deal}" in then or (deal == "tier" and f"partner {partner}" in then)


def _moved(about: str, what: str, then: str | None, now: str | None) -> Moved:
    """Compare two texts; of two sums in one currency, or two percentages, also say by how much."""
    before, after = _FIGURE.match(then or ""), _FIGURE.match(now or "")
    if before is None or after is None or before[2] != after[2]:
        return Moved(about, what, _shown(then), _shown(now))
    by = Decimal(after[1].replace(",", "")) - Decimal(before[1].replace(",", ""))
    return Moved(about, what, _shown(then), _shown(now), by, after[2])


def _shown(text: str | None) -> str | None:
    return _NOTHING if text == "" else text
