"""What was asked, read strictly: unknown fields and parameters are refused (whether the real one does is unknown)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from worker.sandbox.hubspot.errors import Refusal, bad

MOST_INPUTS = 100


@dataclass(frozen=True)
class Ask:
    """A request past the door: the variable parts of its path, its parameters, its parsed body.

    `dated` is true under the date-versioned paths (2026-09), which know no 207 and enforce the admin's rules.
    """

    method: str
    path: str
    parts: tuple[str, ...]
    query: Sequence[tuple[str, str]]
    body: Any
    size: int  # characters of the body as sent
    dated: bool

    def one(self, name: str, default: str = "") -> str:
        """Return a parameter's last value."""
        return next((v for k, v in reversed(self.query) if k == name), default)

    def several(self, name: str) -> list[str]:
        """Return a parameter given many times, or with commas."""
        return [part for k, v in self.query if k == name for part in v.split(",") if part]

    def flag(self, name: str) -> bool:
        """Return a parameter that is true or false; 400 for anything else."""
        text = self.one(name, "false").lower()
        if text not in ("true", "false"):
            raise bad(f"Invalid value for {name}: {text}")
        return text == "true"

    def only(self, *names: str) -> None:
        """Refuse parameters that the path does not know."""
        for key, _ in self.query:
            if key not in names:
                raise bad(f"Unknown query parameter: {key}", parameter=[key])

    def fields(self, known: Sequence[str], required: Sequence[str] = ()) -> dict[str, Any]:
        """Return the body as an object with known fields only."""
        return fields(self.body, known, required)

    def inputs(self, known: Sequence[str], required: Sequence[str], most: int = MOST_INPUTS) -> list[dict[str, Any]]:
        """Return the `inputs` of a batch whose body holds nothing else."""
        return entries(self.fields(("inputs",), ("inputs",))["inputs"], known, required, most)


def parse(raw: bytes) -> Any:
    """Parse a body; 400 in HubSpot's words when it is not JSON."""
    try:
        value = json.loads(raw, parse_float=Decimal)
        if b"\\u" in raw:  # half of a surrogate pair is no text that could be stored
            json.dumps(value, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError) as fault:
        raise bad(f"Invalid input JSON: {type(fault).__name__}") from None
    return value


def fields(value: Any, known: Sequence[str], required: Sequence[str] = ()) -> dict[str, Any]:
    """Return an object that holds known fields only, and the required ones."""
    if not isinstance(value, dict):
        raise bad("Invalid input JSON on line 1, column 1: Cannot deserialize value, an object is expected")
    for name in value:
        if name not in known:
            raise bad(f'Invalid input JSON: Unrecognized field "{name}"', field=[name])
    for name in required:
        if name not in value:
            raise Refusal(400, f"Some required fields were not set: [{name}]", "VALIDATION_ERROR")
    return value


def entries(value: Any, known: Sequence[str], required: Sequence[str], most: int = MOST_INPUTS) -> list[dict[str, Any]]:
    """Return a list of at most `most` objects, none of them with an unknown field."""
    if not isinstance(value, list) or not value:
        raise bad("Invalid input JSON: inputs must be a list that is not empty")
    if len(value) > most:
        raise bad(f"The maximum number of inputs supported in a batch request is {most}, {len(value)} were given")
    return [fields(entry, known, required) for entry in value]


def texts(value: Any, what: str) -> list[str]:
    """Return a list of strings."""
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise bad(f"Invalid input JSON: {what} must be a list of strings")
    return value


def typed(value: dict[str, Any], kinds: Mapping[str, type]) -> None:
    """Refuse fields that are not of their JSON type; a boolean is no number."""
    for name, kind in kinds.items():
        if name in value and type(value[name]) is not kind:
            raise bad(f"Invalid input JSON: {name} must be of type {kind.__name__}", field=[name])


def text(value: Any, what: str) -> str:
    """Return a string, or a whole number as one: ids are sent either way (recorded)."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise bad(f"Invalid input JSON: {what} must be a string")
    return str(value)
