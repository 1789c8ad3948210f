"""Whether a rule of data validation allows what a person types. It binds people; the API writes what it likes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.sandbox.google.formulas import value
from worker.sandbox.google.grid import Sheet
from worker.sandbox.google.reading import find
from worker.sandbox.google.spreadsheet import Spreadsheet


def allows(file: Spreadsheet, sheet: Sheet, rule: Mapping[str, Any], typed: Any) -> bool:
    """Tell whether a rule lets a value in; one that is not strict only warns."""
    if not rule.get("strict"):
        return True
    condition = rule["condition"]
    given = [str(one.get("userEnteredValue", "")) for one in condition.get("values", ())]
    kind = condition["type"]
    if kind == "ONE_OF_LIST":
        return _text(typed) in given
    if kind == "ONE_OF_RANGE":
        return _text(typed) in _range(file, sheet, given[0])
    if kind == "BOOLEAN":
        return _text(typed) in (given or ["TRUE", "FALSE"])
    if kind.startswith("NUMBER_"):
        return _number(kind.removeprefix("NUMBER_"), typed, given)
    return True  # dates, texts and formulas are kept and not enforced


def _text(typed: Any) -> str:
    return str(typed).upper() if isinstance(typed, bool) else str(typed)


def _range(file: Spreadsheet, sheet: Sheet, text: str) -> set[str]:
    place = find(file, text.removeprefix("="))
    source, rect = place.sheet, place.rect
    return {
        _text(value(file, sheet, line.get(column)))
        for line in source.lines[rect.top : rect.bottom]
        for column in range(rect.left, rect.right)
    } - {""}


def _number(test: str, typed: Any, given: list[str]) -> bool:
    try:
        number, limits = float(typed), [float(limit) for limit in given]
    except (TypeError, ValueError):
        return False
    if test in ("BETWEEN", "NOT_BETWEEN"):
        return (limits[0] <= number <= limits[1]) == (test == "BETWEEN")
    tests = {
        "GREATER": number > limits[0], "GREATER_THAN_EQ": number >= limits[0], "LESS": number < limits[0],
        "LESS_THAN_EQ": number <= limits[0], "EQ": number == limits[0], "NOT_EQ": number != limits[0],
    }  # fmt: skip
    return tests[test]
