"""What formulas reckon with: values of cells, comparisons, arithmetic, and the functions known here."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from worker.sandbox.airtable.workspace import NUMBERS, Field, Row, Workspace, plain_text

Eval = Callable[[Row], Any]


class CellError(Exception):
    """A formula that has no value for one row."""


def truth(value: Any) -> bool:
    """Tell whether a filter takes a value for yes: not blank, zero, false or empty text."""
    return bool(value) and value != 0


def same(left: Any, right: Any) -> bool:
    """Compare as `=` does: a blank equals "", 0 and false; otherwise numbers as numbers and the rest as text."""
    if left is None or right is None:
        return not left and not right
    if isinstance(left, datetime) and isinstance(right, datetime):
        return left == right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    return text_of(left) == text_of(right)


def text_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def number_of(value: Any) -> float | int:
    if value is None or value == "":
        return 0
    if isinstance(value, int | float):
        return value
    raise CellError("not a number")


def instant(value: Any) -> datetime | None:
    """Return a date value or ISO text as an instant, a text without an offset in UTC; None for a blank."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise CellError("not a date") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def cell(column: Field, workspace: Workspace) -> Eval:
    """Return the reader of a field: what its cell is worth in a formula."""
    key = column.id
    kind = column.type
    if kind in {"date", "dateTime", "createdTime", "lastModifiedTime"}:
        return lambda row: instant(row.cells.get(key))
    if kind in NUMBERS | {"autoNumber", "rating", "duration", "count", "checkbox", "formula", "rollup"}:
        return lambda row: _plain(row.cells.get(key))
    if kind in {"singleLineText", "singleSelect", "email", "url", "phoneNumber", "multilineText", "richText"}:
        return lambda row: row.cells.get(key)
    return lambda row: plain_text(workspace, column, row.cells.get(key)) or None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):  # #ERROR! and NaN spread
        raise CellError("an error cell")
    return value


def compared(mark: str, left: Eval, right: Eval) -> Eval:
    if mark == "=":
        return lambda row: same(left(row), right(row))
    if mark == "!=":
        return lambda row: not same(left(row), right(row))
    orders: dict[str, Callable[[Any, Any], bool]] = {
        "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    }  # fmt: skip
    order = orders[mark]

    def compare(row: Row) -> bool:
        a, b = left(row), right(row)
        if isinstance(a, datetime) or isinstance(b, datetime):
            x, y = instant(a), instant(b)
            return x is not None and y is not None and order(x, y)
        if isinstance(a, str) or isinstance(b, str):
            return order(text_of(a), text_of(b))
        return order(number_of(a), number_of(b))

    return compare


def calculated(mark: str, left: Eval, right: Eval) -> Eval:
    if mark == "&":
        return lambda row: text_of(left(row)) + text_of(right(row))
    if mark == "+":
        return lambda row: number_of(left(row)) + number_of(right(row))
    if mark == "-":
        return lambda row: number_of(left(row)) - number_of(right(row))
    if mark == "*":
        return lambda row: number_of(left(row)) * number_of(right(row))

    def divide(row: Row) -> float:
        a, b = number_of(left(row)), number_of(right(row))
        if b == 0:
            return math.nan if a == 0 else math.copysign(math.inf, a)
        return a / b

    return divide


def _ordered(later: bool) -> Callable[[Sequence[Eval]], Eval]:
    """Build IS_AFTER or IS_BEFORE; with a blank on either side the answer is no."""

    def build(args: Sequence[Eval]) -> Eval:
        left, right = args

        def compare(row: Row) -> bool:
            a, b = instant(left(row)), instant(right(row))
            return a is not None and b is not None and (a > b if later else a < b)

        return compare

    return build


def _if(args: Sequence[Eval]) -> Eval:
    test, yes = args[0], args[1]
    no = args[2] if len(args) == 3 else (lambda _: None)
    return lambda row: yes(row) if truth(test(row)) else no(row)


# name → (fewest arguments, most, builder)
FUNCTIONS: dict[str, tuple[int, int, Callable[[Sequence[Eval]], Eval]]] = {
    "AND": (1, 10_000, lambda args: lambda row: all(truth(arg(row)) for arg in args)),
    "OR": (1, 10_000, lambda args: lambda row: any(truth(arg(row)) for arg in args)),
    "XOR": (1, 10_000, lambda args: lambda row: sum(truth(arg(row)) for arg in args) % 2 == 1),
    "NOT": (1, 1, lambda args: lambda row: not truth(args[0](row))),
    "IF": (2, 3, _if),
    "TRUE": (0, 0, lambda _: lambda _row: True),
    "FALSE": (0, 0, lambda _: lambda _row: False),
    "BLANK": (0, 0, lambda _: lambda _row: None),
    "RECORD_ID": (0, 0, lambda _: lambda row: row.id),
    "CREATED_TIME": (0, 0, lambda _: lambda row: instant(row.created)),
    "LAST_MODIFIED_TIME": (0, 0, lambda _: lambda row: instant(row.modified)),
    "IS_AFTER": (2, 2, _ordered(True)),
    "IS_BEFORE": (2, 2, _ordered(False)),
    "IS_SAME": (2, 2, lambda args: lambda row: same(instant(args[0](row)), instant(args[1](row)))),
    "DATETIME_PARSE": (1, 1, lambda args: lambda row: instant(args[0](row))),
    "LEN": (1, 1, lambda args: lambda row: len(text_of(args[0](row)))),
    "LOWER": (1, 1, lambda args: lambda row: text_of(args[0](row)).lower()),
    "UPPER": (1, 1, lambda args: lambda row: text_of(args[0](row)).upper()),
    "TRIM": (1, 1, lambda args: lambda row: text_of(args[0](row)).strip()),
    "CONCATENATE": (1, 10_000, lambda args: lambda row: "".join(text_of(arg(row)) for arg in args)),
}
