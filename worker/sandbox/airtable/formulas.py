"""Airtable's formula language, as much of it as filters and formula columns here need; the rest is refused loudly.

`compiled` turns text into a function of a row. A wrong formula is `FormulaError` when compiled; an error in one row is
`CellError`, which a filter takes for no and a formula column shows as `#ERROR!`. Times of day (NOW, TODAY) are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from worker.sandbox.airtable.formula_values import FUNCTIONS, Eval, calculated, cell, compared, number_of, text_of
from worker.sandbox.airtable.workspace import Table, Workspace


class FormulaError(ValueError):
    """A formula that cannot be read; the text is what Airtable says after "is invalid: "."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


_TOKENS = re.compile(
    r"""\s*(?:(?P<field>\{(?:[^{}\\]|\\.)*\})|(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>\d+\.?\d*|\.\d+)"""
    r"""|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<mark>!=|<=|>=|[=<>&+\-*/(),])|(?P<end>$))""",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_MALFORMED = "Invalid formula. Please check your formula text."


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while True:
        found = _TOKENS.match(text, at)
        if found is None or found.lastgroup is None:
            raise FormulaError(_MALFORMED)
        kind = found.lastgroup
        yield _Token(kind, found[kind], found.start(kind), found.end(kind))
        if kind == "end":
            return
        at = found.end()


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1], flags=re.DOTALL)


def with_ids(text: str, table: Table) -> str:
    """Return the formula with `{Name}` replaced by `{fld…}`, as formula columns keep it: a rename breaks nothing."""
    parts, at = [], 0
    for token in _tokens(text):
        column = table.field(_unescaped(token.text)) if token.kind == "field" else None
        if column is not None:
            parts += [text[at : token.start], "{" + column.id + "}"]
            at = token.end
    return "".join([*parts, text[at:]])


def referenced(text: str, table: Table) -> list[str]:
    """Return the ids of the fields that a formula reads, in order of appearance."""
    found = [table.field(_unescaped(token.text)) for token in _tokens(text) if token.kind == "field"]
    return list(dict.fromkeys(column.id for column in found if column is not None))


def compiled(text: str, table: Table, workspace: Workspace) -> Eval:
    """Return the formula as a function of a row of this table; FormulaError when it cannot be read."""
    return _Parser(list(_tokens(text)), table, workspace).whole()


class _Parser:
    """A descent through the tokens; each method returns the function of what it read."""

    def __init__(self, tokens: list[_Token], table: Table, workspace: Workspace) -> None:
        self._tokens = tokens
        self._at = 0
        self._table = table
        self._workspace = workspace
        # What each function was made of, for `_disjoined`: a comparison, a thing read, a literal text.
        self._equals: dict[Eval, tuple[str, str]] = {}
        self._named: dict[Eval, str] = {}
        self._literal: dict[Eval, str] = {}

    def whole(self) -> Eval:
        value = self._comparison()
        if self._peek().kind != "end":
            raise FormulaError(_MALFORMED)
        return value

    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _marked(self, *marks: str) -> str | None:
        token = self._peek()
        return self._next().text if token.kind == "mark" and token.text in marks else None

    def _expect(self, mark: str) -> None:
        if self._marked(mark) is None:
            raise FormulaError(_MALFORMED)

    def _comparison(self) -> Eval:
        left = self._chain(("&",), self._sum)
        while mark := self._marked("=", "!=", "<", "<=", ">", ">="):
            right = self._chain(("&",), self._sum)
            value = compared(mark, left, right)
            if mark == "=" and left in self._named and right in self._literal:
                self._equals[value] = (self._named[left], self._literal[right])
            left = value
        return left

    def _sum(self) -> Eval:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Eval:
        return self._chain(("*", "/"), self._unary)

    def _chain(self, marks: tuple[str, ...], part: Callable[[], Eval]) -> Eval:
        left = part()
        while mark := self._marked(*marks):
            left = calculated(mark, left, part())
        return left

    def _unary(self) -> Eval:
        if self._marked("-"):
            value = self._unary()
            return lambda row: -number_of(value(row))
        return self._atom()

    def _atom(self) -> Eval:
        if self._marked("("):
            value = self._comparison()
            self._expect(")")
            return value
        token = self._next()
        if token.kind == "text":
            text = _unescaped(token.text)
            literal: Eval = lambda _: text  # noqa: E731
            self._literal[literal] = text
            return literal
        if token.kind == "number":
            number = float(token.text) if "." in token.text or len(token.text) > 15 else int(token.text)
            return lambda _: number
        if token.kind == "field":
            return self._column(_unescaped(token.text))
        if token.kind == "name":
            return self._call(token.text.upper()) if self._marked("(") else self._column(token.text)
        raise FormulaError(_MALFORMED)

    def _column(self, name: str) -> Eval:
        column = self._table.field(name)
        if column is None:
            raise FormulaError(f"Unknown field names: {name.lower()}")
        value = cell(column, self._workspace)
        self._named[value] = column.id
        return value

    def _call(self, name: str) -> Eval:
        args: list[Eval] = []
        if not self._marked(")"):
            args.append(self._comparison())
            while self._marked(","):
                args.append(self._comparison())
            self._expect(")")
        known = FUNCTIONS.get(name)
        if known is None:
            raise FormulaError(f"Unknown function: {name}")
        fewest, most, build = known
        if not fewest <= len(args) <= most:
            raise FormulaError(_MALFORMED)
        value = self._disjoined(args) if name == "OR" else build(args)
        if name == "RECORD_ID":
            self._named[value] = name
        return value

    def _disjoined(self, args: list[Eval]) -> Eval:
        """Build OR; comparisons of one thing with many texts become one look-up: 355 ids over 50,000 rows are many."""
        wanted: dict[str, set[str]] = {}
        rest: list[Eval] = []
        for arg in args:
            if arg in self._equals:
                name, text = self._equals[arg]
                wanted.setdefault(name, set()).add(text)
            else:
                rest.append(arg)
        for name, texts in wanted.items():
            rest.append(self._any_of(name, texts))
        return FUNCTIONS["OR"][2](rest)

    def _any_of(self, name: str, texts: set[str]) -> Eval:
        if name == "RECORD_ID":
            return lambda row: row.id in texts
        value = cell(self._table.fields[name], self._workspace)
        return lambda row: text_of(value(row)) in texts
