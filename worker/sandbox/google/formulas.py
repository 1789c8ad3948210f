"""Formulas, as far as a programme's sheet has them: arithmetic, comparison, text, references, a few functions.

What Google would fetch from elsewhere (`IMPORTXML` and its kin) is `#N/A` here: the sandbox never calls out. An unknown
function is `#NAME?`, what cannot be read `#ERROR!`. Errors are shown as text, as the values API does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from worker.sandbox.google import a1
from worker.sandbox.google.entering import exact
from worker.sandbox.google.grid import Formula, Sheet
from worker.sandbox.google.spreadsheet import Spreadsheet

REACHING_OUT = frozenset({"IMPORTXML", "IMPORTDATA", "IMPORTHTML", "IMPORTFEED", "IMPORTRANGE", "GOOGLEFINANCE"})
_DEEPEST = 50
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)|"(?P<text>(?:[^"]|"")*)"
    |(?P<place>(?:(?:'(?:[^']|'')+'|\w+)!)?\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}\$?\d+)?)(?![\w(])
    |(?P<name>[A-Za-z_][\w.]*)|(?P<sign><=|>=|<>|[-+*/^&=<>(),;%]))""",
    re.VERBOSE,
)


class Failure(Exception):
    """An error value such as #N/A."""


@dataclass
class _Sum:
    """One calculation under way."""

    file: Spreadsheet
    sheet: Sheet
    depth: int
    tokens: list[tuple[str, str]]
    place: int = 0


def value(file: Spreadsheet, sheet: Sheet, cell: Any, depth: int = 0) -> Any:
    """Return what a cell comes to: a formula is calculated, anything else is itself."""
    if not isinstance(cell, Formula):
        return cell
    if depth > _DEEPEST:
        return "#REF!"  # a circle
    try:
        found = _whole(_Sum(file, sheet, depth, list(_tokens(cell.text[1:]))))
    except Failure as failure:
        return str(failure)
    except (ArithmeticError, ValueError):
        return "#NUM!"
    if isinstance(found, list):
        found = found[0] if found else ""
    return exact(found) if isinstance(found, float) else found


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None:
            raise Failure("#ERROR!")
        place = match.end()
        yield str(match.lastgroup), match[str(match.lastgroup)]


def _whole(sum_: _Sum) -> Any:
    found = _compared(sum_)
    if sum_.place < len(sum_.tokens):
        raise Failure("#ERROR!")
    return found


def _sign(sum_: _Sum, *wanted: str) -> str:
    """Return the sign that comes next if it is one of these, and step over it; "" otherwise."""
    if sum_.place < len(sum_.tokens):
        kind, text = sum_.tokens[sum_.place]
        if kind == "sign" and text in wanted:
            sum_.place += 1
            return text
    return ""


def _compared(sum_: _Sum) -> Any:
    left = _joined(sum_)
    while sign := _sign(sum_, "=", "<>", "<", ">", "<=", ">="):
        left = _compare(sign, left, _joined(sum_))
    return left


def _compare(sign: str, left: Any, right: Any) -> bool:
    pair = (_plain(left), _plain(right))
    if type(pair[0]) is not type(pair[1]):
        pair = (str(pair[0]), str(pair[1]))
    tests: dict[str, Callable[[Any, Any], bool]] = {
        "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b, ">": lambda a, b: a > b,
        "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
    }  # fmt: skip
    return tests[sign](*pair)


def _plain(found: Any) -> Any:
    return found.casefold() if isinstance(found, str) else float(found) if not isinstance(found, bool) else found


def _joined(sum_: _Sum) -> Any:
    left = _added(sum_)
    while _sign(sum_, "&"):
        left = _text(left) + _text(_added(sum_))
    return left


def _added(sum_: _Sum) -> Any:
    left = _multiplied(sum_)
    while sign := _sign(sum_, "+", "-"):
        right = _number(_multiplied(sum_))
        left = _number(left) + (right if sign == "+" else -right)
    return left


def _multiplied(sum_: _Sum) -> Any:
    left = _raised(sum_)
    while sign := _sign(sum_, "*", "/"):
        right = _number(_raised(sum_))
        if sign == "/" and right == 0:
            raise Failure("#DIV/0!")
        left = _number(left) * right if sign == "*" else _number(left) / right
    return left


def _raised(sum_: _Sum) -> Any:
    left = _signed(sum_)
    if _sign(sum_, "^"):
        left = _number(left) ** _number(_raised(sum_))
    if _sign(sum_, "%"):
        left = _number(left) / 100
    return left


def _signed(sum_: _Sum) -> Any:
    if sign := _sign(sum_, "+", "-"):
        found = _number(_signed(sum_))
        return -found if sign == "-" else found
    return _atom(sum_)


def _atom(sum_: _Sum) -> Any:
    if sum_.place >= len(sum_.tokens):
        raise Failure("#ERROR!")
    kind, text = sum_.tokens[sum_.place]
    sum_.place += 1
    if kind == "number":
        return float(text)
    if kind == "text":
        return text.replace('""', '"')
    if kind == "place":
        return _referred(sum_, text)
    if kind == "name":
        return _called(sum_, text.upper())
    if text == "(":
        found = _compared(sum_)
        if _sign(sum_, ")"):
            return found
    raise Failure("#ERROR!")


def _referred(sum_: _Sum, text: str) -> Any:
    found = a1.parse(text)
    if found is None or found.box is None:
        raise Failure("#REF!")
    sheet = sum_.sheet if found.title is None else sum_.file.titled(found.title)
    if sheet is None:
        raise Failure("#REF!")
    rect = sheet.cut(found.box)
    cells = [
        value(sum_.file, sheet, sheet.lines[row].get(column), sum_.depth + 1)
        for row in range(rect.top, rect.bottom)
        for column in range(rect.left, rect.right)
    ]
    if not cells:
        raise Failure("#REF!")
    return cells if ":" in text else cells[0]


def _called(sum_: _Sum, name: str) -> Any:
    if name in ("TRUE", "FALSE") and not _sign(sum_, "("):
        return name == "TRUE"
    if name not in ("TRUE", "FALSE") and not _sign(sum_, "("):
        raise Failure("#NAME?")
    given = []
    while not _sign(sum_, ")"):
        given.append(_compared(sum_))
        if not _sign(sum_, ",", ";") and not (sum_.place < len(sum_.tokens) and sum_.tokens[sum_.place][1] == ")"):
            raise Failure("#ERROR!")
    if name in REACHING_OUT:
        raise Failure("#N/A")
    if name not in _FUNCTIONS:
        raise Failure("#NAME?")
    return _FUNCTIONS[name](given)


def _flat(given: list[Any]) -> list[Any]:
    return [item for part in given for item in (part if isinstance(part, list) else [part])]


def _numbers(given: list[Any]) -> list[float]:
    return [item for item in _flat(given) if isinstance(item, int | float) and not isinstance(item, bool)]


def _if(given: list[Any]) -> Any:
    if not 2 <= len(given) <= 3:
        raise Failure("#N/A")
    return given[1] if given[0] else given[2] if len(given) == 3 else False


_FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "SUM": lambda given: float(sum(_numbers(given))),
    "MIN": lambda given: float(min(_numbers(given), default=0)),
    "MAX": lambda given: float(max(_numbers(given), default=0)),
    "ROUND": lambda given: round(_number(given[0]), int(_number(given[1])) if len(given) > 1 else 0),
    "COUNTA": lambda given: float(sum(item != "" for item in _flat(given))),
    "CONCATENATE": lambda given: "".join(_text(part) for part in given),
    "IF": _if,
    "TRUE": lambda _: True,
    "FALSE": lambda _: False,
}  # fmt: skip


def _number(found: Any) -> float:
    if isinstance(found, list):
        found = found[0]
    if found == "":
        return 0.0
    if isinstance(found, str):
        if found.startswith("#"):
            raise Failure(found)
        try:
            return float(found)
        except ValueError:
            raise Failure("#VALUE!") from None
    return float(found)


def _text(found: Any) -> str:
    if isinstance(found, bool):
        return "TRUE" if found else "FALSE"
    return str(exact(found)) if isinstance(found, float) else str(found)
