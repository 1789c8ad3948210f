"""The filters of a search: each becomes a test on a face. What a filter may be, and how values compare, is HubSpot's.

`EQ` does not regard case, `IN` and `NOT_IN` want lower-case strings, enumerations are case-sensitive (docs, 2026-11).
A negative operator matches only records that have a value at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from worker.sandbox.hubspot.bodies import fields, text, texts
from worker.sandbox.hubspot.definitions import Property
from worker.sandbox.hubspot.errors import bad
from worker.sandbox.hubspot.kinds import Kind, kind_named
from worker.sandbox.hubspot.records import Face
from worker.sandbox.hubspot.values import instant, number

if TYPE_CHECKING:
    from worker.sandbox.hubspot.portal import Portal

Comparable = int | Decimal | str
Test = Callable[[Face], bool]

_WITH_VALUE = ("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN")
_WITH_LIST = ("IN", "NOT_IN")
_ALONE = ("HAS_PROPERTY", "NOT_HAS_PROPERTY")
OPERATORS = (*_WITH_VALUE, *_WITH_LIST, *_ALONE, "BETWEEN")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda a, b: a == b, "NEQ": lambda a, b: a != b, "LT": lambda a, b: a < b, "LTE": lambda a, b: a <= b,
    "GT": lambda a, b: a > b, "GTE": lambda a, b: a >= b,
}  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """One filter as asked; `definition` is None for the pseudo-property `associations.{kind}`."""

    name: str
    operator: str
    value: str
    high: str
    values: tuple[str, ...]
    definition: Property | None


def read_filter(portal: Portal, kind: Kind, raw: Any) -> Filter:
    """Read a filter strictly: known fields, known property, the operands its operator needs and no others."""
    one = fields(raw, ("propertyName", "operator", "value", "highValue", "values"), ("propertyName", "operator"))
    name, operator = text(one["propertyName"], "propertyName"), one["operator"]
    if operator not in OPERATORS:
        raise bad(f"Invalid operator: {operator}")
    definition = portal.definitions[kind].get(name)
    if not name.startswith("associations.") and (definition is None or definition.archived):
        raise bad(f"There was a problem with the request: property {name} does not exist", propertyName=[name])
    operands = tuple(k for k in ("value", "highValue", "values") if one.get(k) is not None)
    if operands != _operands(operator):
        raise bad(f"{operator} of {name} takes {_operands(operator)}, got {operands}")
    value, high = (text("" if one.get(k) is None else one[k], k) for k in ("value", "highValue"))
    listed = tuple(texts(one.get("values") or [], "values"))
    if operator in _WITH_LIST and not listed:
        raise bad(f"{operator} of {name} needs at least one value")
    return Filter(name, operator, value, high, listed, definition)


def _operands(operator: str) -> tuple[str, ...]:
    if operator == "BETWEEN":
        return ("value", "highValue")
    return () if operator in _ALONE else ("values",) if operator in _WITH_LIST else ("value",)


def comparable(definition: Property, value: str) -> Comparable | None:
    """Return a value in the form that compares rightly; None when it is not of the property's type."""
    if definition.type in ("datetime", "date"):
        return instant(value)
    if definition.type == "number":
        return number(value)
    return value if definition.type == "enumeration" else value.lower()


def _operand(definition: Property, value: str) -> Comparable:
    read = comparable(definition, value)
    if read is None:
        raise bad(f"{value} is no {definition.type} to compare {definition.name} with", propertyName=[definition.name])
    return read


def _reader(kind: Kind, definition: Property) -> Callable[[Face], Comparable | None]:
    """Return how to get the comparable value of a face; the standing instants need no parsing."""
    name = definition.name
    if name == kind.modified:
        return lambda face: face.updated
    if name == "createdate":
        return lambda face: face.created
    if name == "hs_object_id":
        return lambda face: face.id

    def read(face: Face) -> Comparable | None:
        value = face.properties.get(name)
        return None if value is None else comparable(definition, value)

    return read


def test_of(portal: Portal, kind: Kind, asked: Filter) -> Test:
    """Return the test that a filter is."""
    if asked.definition is None:
        return _association_test(portal, kind, asked)
    read, operator = _reader(kind, asked.definition), asked.operator
    if operator in _ALONE:
        return lambda face: (read(face) is not None) is (operator == "HAS_PROPERTY")
    if operator in _WITH_LIST:
        # Strings are not lowered here: a capital in the list simply never matches.
        listed = asked.values if _is_text(asked.definition) else [_operand(asked.definition, v) for v in asked.values]
        members = frozenset(listed)
        return lambda face: (got := read(face)) is not None and (got in members) is (operator == "IN")
    if operator == "BETWEEN":
        low, high = _operand(asked.definition, asked.value), _operand(asked.definition, asked.high)
        return lambda face: (got := read(face)) is not None and low <= got <= high  # type: ignore[operator]
    if "CONTAINS_TOKEN" in operator:
        return _token_test(asked)
    compare, operand = _COMPARE[operator], _operand(asked.definition, asked.value)
    return lambda face: (got := read(face)) is not None and compare(got, operand)


def _is_text(definition: Property) -> bool:
    return definition.type in ("string", "bool")


def _token_test(asked: Filter) -> Test:
    """A token is a run of letters and digits; `*` stands for any run of characters."""
    pattern = re.compile(re.escape(asked.value.lower()).replace(r"\*", ".*"))
    wanted = asked.operator == "CONTAINS_TOKEN"

    def test(face: Face) -> bool:
        value = face.value(asked.name)
        if value is None:
            return False
        tokens = [value.lower(), *re.split(r"\W+", value.lower())]
        return any(pattern.fullmatch(token) for token in tokens) is wanted

    return test


def _association_test(portal: Portal, kind: Kind, asked: Filter) -> Test:
    """`associations.contact` and the like: to what a record is tied, now and not as of the index."""
    target = kind_named(asked.name.removeprefix("associations."))
    if asked.operator not in ("EQ", "IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        raise bad(f"{asked.operator} does not apply to {asked.name}")
    wanted = {int(v) for v in (asked.values or (asked.value,)) if v.isdecimal()}

    def test(face: Face) -> bool:
        tied = portal.links.of(kind, face.id, target)
        if asked.operator in _ALONE:
            return bool(tied) is (asked.operator == "HAS_PROPERTY")
        return not wanted.isdisjoint(tied)

    return test
