"""`where` and `order`: the part of Xero's query language that it calls optimised (docs, 2026-11); a 400 else."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from worker.sandbox.xero.errors import unparsable

R = TypeVar("R")
_TOKEN = re.compile(
    r"""\s*(?:(?P<word>[A-Za-z][\w.]*)|(?P<op>==|!=|>=|<=|>|<|&&|\|\|)|"(?P<text>[^"]*)"|(?P<number>-?\d+(?:\.\d+)?)|(?P<mark>[(),]))"""
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A field that can be asked for: how to read it, what it is, and whether by ranges or by `==` alone."""

    read: Callable[[Any], Any]
    kind: str = "text"  # text, guid, date, number
    ranges: bool = False


class _Tokens:
    def __init__(self, source: str) -> None:
        self.source = source
        self.items: list[tuple[str, str]] = []
        at = 0
        while source[at:].strip():
            found = _TOKEN.match(source, at)
            if not found:
                raise unparsable(f"Unexpected character at position {at} of '{source}'")
            kind = next(name for name, value in found.groupdict().items() if value is not None)
            self.items.append((kind, found[kind]))
            at = found.end()
        self.items.reverse()

    def take(self, kind: str) -> str:
        """Return the next token, which has to be of a kind."""
        if not self.items or self.items[-1][0] != kind:
            raise unparsable(f"A {kind} was expected in '{self.source}'")
        return self.items.pop()[1]

    def take_mark(self, mark: str) -> None:
        """Pass over a parenthesis or comma."""
        if self.take("mark") != mark:
            raise unparsable(f"'{mark}' was expected in '{self.source}'")


def where(source: str, fields: Mapping[str, Field]) -> Callable[[Any], bool]:
    """Compile a filter: comparisons joined by AND; anything else is a QueryParseException."""
    tokens = _Tokens(source)
    tests = [_comparison(tokens, fields)]
    while tokens.items:
        kind, joint = tokens.items.pop()
        if (kind, joint.upper()) not in {("word", "AND"), ("op", "&&")}:
            raise unparsable(f"Only AND joins comparisons, not '{joint}'")
        tests.append(_comparison(tokens, fields))
    return lambda row: all(test(row) for test in tests)


def _comparison(tokens: _Tokens, fields: Mapping[str, Field]) -> Callable[[Any], bool]:
    name = tokens.take("word")
    field = fields.get(name)
    if field is None:
        raise unparsable(f"No property or field '{name}' can be filtered by")
    sign = tokens.take("op")
    if sign not in _COMPARE or (sign != "==" and not field.ranges):
        raise unparsable(f"'{name}' cannot be compared with {sign}")
    value = _value(tokens, field.kind)
    compare, read = _COMPARE[sign], field.read

    def test(row: Any) -> bool:
        found = read(row)
        return found is not None and compare(found, value)

    return test


def _value(tokens: _Tokens, kind: str) -> Any:
    if kind == "text":
        return tokens.take("text")
    if kind == "number":
        return Decimal(tokens.take("number"))
    call = tokens.take("word")
    tokens.take_mark("(")
    if kind == "guid" and call.lower() == "guid":
        value: Any = tokens.take("text").lower()
        tokens.take_mark(")")
        return value
    if kind == "date" and call == "DateTime":
        return _day(tokens)
    raise unparsable(f"'{call}' is not the {kind} that was expected")


def _day(tokens: _Tokens) -> date:
    parts = [int(tokens.take("number"))]
    while tokens.take("mark") == ",":
        parts.append(int(tokens.take("number")))
    if len(parts) not in (3, 6):
        raise unparsable(f"DateTime takes 3 or 6 numbers, not {len(parts)}")
    try:
        return date(parts[0], parts[1], parts[2])
    except ValueError as error:
        raise unparsable(f"DateTime{tuple(parts)} is no date") from error


def ordered(rows: list[R], source: str, fields: Mapping[str, Callable[[Any], Any]]) -> list[R]:
    """Sort rows, which stand in default order, by `Field` or `Field DESC`, several after commas."""
    terms = [part.split() for part in source.split(",")]
    for term in reversed(terms):
        if (
            len(term) not in (1, 2)
            or term[0] not in fields
            or (len(term) == 2 and term[1].upper() not in ("ASC", "DESC"))
        ):
            raise unparsable(f"'{' '.join(term)}' is not an order")
        down = len(term) == 2 and term[1].upper() == "DESC"
        read = fields[term[0]]
        if term[0] == "UpdatedDateUTC" and len(terms) == 1:
            return rows[::-1] if down else rows  # they stand in this order already
        rows = sorted(rows, key=lambda row: _sortable(read(row)), reverse=down)
    return rows


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)
