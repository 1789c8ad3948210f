"""A request past the door: who asks, which ids the path holds, and the strict reading of queries and bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from worker.sandbox.airtable import errors
from worker.sandbox.airtable.change import Change
from worker.sandbox.airtable.workspace import Row, Table, Token, Workspace
from worker.sandbox.server import Request

Check = Callable[[Any], bool]


def text(value: Any) -> bool:
    """Tell whether a value is text that is not empty."""
    return isinstance(value, str) and value != ""


def flag(value: Any) -> bool:
    """Tell whether a value is true or false; 1 and 0 are taken too."""
    return isinstance(value, int) and value in (0, 1)


def whole(least: int, most: int) -> Check:
    """Return a check for whole numbers of a range."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def anything_named(value: Any) -> bool:
    """Tell whether a value is an object."""
    return isinstance(value, dict)


def list_of(check: Check) -> Check:
    """Return a check for lists of what another check takes."""
    return lambda value: isinstance(value, list) and all(check(item) for item in value)


@dataclass(frozen=True)
class Asked:
    """One call: the workspace, the token's owner, the ids in the path by name."""

    workspace: Workspace
    token: Token
    ids: Mapping[str, str]
    request: Request

    def table(self) -> Table:
        """Return the table of the path, by id or name."""
        key = self.ids["table"]
        found = self.workspace.table(key)
        if found is None:
            raise errors.unknown_id("table", key, self.workspace.unknown_id_status)
        return found

    def row(self, table: Table) -> Row:
        """Return the record of the path."""
        key = self.ids["record"]
        found = table.rows.get(key)
        if found is None:
            raise errors.unknown_id("record", key, self.workspace.unknown_id_status)
        return found

    def change(self) -> Change:
        """Begin a change in the name of the token's owner."""
        return Change(self.workspace, "publicApi", self.token.user, self.token.level)

    def query(self, **checks: Check) -> dict[str, Any]:
        """Return the query by name: digits as numbers, `name[]` and `name[0][key]` as lists; a stranger is refused."""
        found = _nested(self.request.query)
        checked(found, checks)
        return found

    def body(self, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> dict[str, Any]:
        """Return the body, an object with exactly these keys; refuses a type, a stranger, and NaN."""
        if not self.request.headers.get("content-type", "").startswith("application/json"):
            raise errors.unreadable_body()
        try:
            found = json.loads(self.request.body, parse_constant=_no_constant)
        except ValueError:
            raise errors.unreadable_body() from None
        if not isinstance(found, dict) or not set(required) <= set(found):
            raise errors.invalid_request()
        checked(found, {**required, **(optional or {})})
        return found


def checked(found: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    """Refuse an unknown key and a value that its check does not take."""
    for key, value in found.items():
        if key not in checks or not checks[key](value):
            raise errors.invalid_request()


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_KEY = re.compile(r"([A-Za-z]+)(?:\[(\d*)\](?:\[([A-Za-z]+)\])?)?")
_LISTS = frozenset({"fields", "sort", "records", "recordMetadata", "include"})
_NUMBERS = frozenset({"pageSize", "maxRecords", "cursor", "limit"})
_FLAGS = {"true": 1, "1": 1, "false": 0, "0": 0}


def _nested(pairs: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        match = _KEY.fullmatch(key)
        if match is None:
            raise errors.invalid_request()
        name, place, inner = match.groups()
        if inner is not None:
            items = found.setdefault(name, [])
            while len(items) <= int(place or 0):
                if len(items) > 100:
                    raise errors.invalid_request()
                items.append({})
            items[int(place or 0)][inner] = value
        elif name in _LISTS:
            found.setdefault(name, []).append(value)
        elif name in found or place is not None:
            raise errors.invalid_request()
        else:
            found[name] = _scalar(name, value)
    return found


def _scalar(name: str, value: str) -> Any:
    if name in _NUMBERS:
        return int(value) if re.fullmatch(r"\d{1,15}", value) else value
    if name == "returnFieldsByFieldId":
        return _FLAGS.get(value, value)
    return value
