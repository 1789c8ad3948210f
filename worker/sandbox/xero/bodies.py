"""Bodies of writes, read strictly: a field unknown or of a wrong type is unreadable, a missing value is a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from worker.sandbox.server import Reply
from worker.sandbox.xero.dates import read_day
from worker.sandbox.xero.errors import unreadable, validation
from worker.sandbox.xero.exchange import Exchange
from worker.sandbox.xero.fields import FIELDS


def elements(x: Exchange, plural: str, kind: str) -> list[dict[str, Any]]:
    """Return the elements of a write: `{"Invoices": […]}`, or one object by itself."""
    body = x.body()
    found = body.get(plural, [body]) if plural in body or body else []
    if plural in body and len(body) > 1:
        raise unreadable(
            f"Could not find member '{next(key for key in body if key != plural)}' on object of type '{plural}'"
        )
    if not isinstance(found, list) or not found:
        raise unreadable(f"An array of {plural} was expected")
    return [known(item, kind) for item in found]


def sole(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the one element of a write that takes no more."""
    if len(found) != 1:
        raise unreadable(f"One element was expected, not {len(found)}")
    return found[0]


def known(value: Any, kind: str) -> dict[str, Any]:
    """Return an object whose fields are all known."""
    if not isinstance(value, dict):
        raise unreadable(f"An object of type '{kind}' was expected")
    for name in value:
        if name not in FIELDS[kind]:
            raise unreadable(f"Could not find member '{name}' on object of type '{kind}'")
    return value


def text(element: Mapping[str, Any], name: str) -> str | None:
    """Read a text; null counts as absent."""
    value = element.get(name)
    if value is not None and not isinstance(value, str):
        raise unreadable(f"Error converting value {value} to type 'System.String'. Path '{name}'")
    return value


def number(element: Mapping[str, Any], name: str) -> Decimal | None:
    """Read a number; one written as text is refused."""
    value = element.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise unreadable(f"Error converting value {value} to type 'System.Decimal'. Path '{name}'")
    return Decimal(value)


def truth(element: Mapping[str, Any], name: str) -> bool | None:
    """Read a truth value."""
    value = element.get(name)
    if value is not None and not isinstance(value, bool):
        raise unreadable(f"Error converting value {value} to type 'System.Boolean'. Path '{name}'")
    return value


def day(element: Mapping[str, Any], name: str) -> date | None:
    """Read a calendar date."""
    if element.get(name) is None:
        return None
    try:
        return read_day(element[name])
    except ValueError as error:
        raise unreadable(f"Error converting value {element[name]} to type 'System.DateTime'. Path '{name}'") from error


def wrong(element: Mapping[str, Any], messages: Sequence[str]) -> dict[str, Any]:
    """Return an element as Xero gives a refused one back."""
    return {**element, "ValidationErrors": [{"Message": message} for message in messages]}


def outcome(x: Exchange, plural: str, results: Sequence[dict[str, Any]], summarise: bool) -> Reply:
    """Answer a write whose elements were all taken, or, with summarizeErrors=false, some of them."""
    if summarise:
        return x.reply(plural, results)
    marked = []
    for result in results:
        status = "ERROR" if result.get("ValidationErrors") else "OK"
        marked.append(
            {**result, "StatusAttributeString": status, "ValidationErrors": result.get("ValidationErrors", [])}
        )
    return x.reply(plural, marked)


def refuse_all(failures: Sequence[dict[str, Any]]) -> None:
    """Refuse the whole write when any element failed: with errors summarised nothing is kept."""
    if failures:
        raise validation(failures)
