"""Reads bodies strictly by the messages of the API, and writes them as Google writes protocol buffers in JSON.

An unknown name, a wrong type and an unknown constant are refused in Google's words, all of one body at once.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from worker.sandbox.google import errors
from worker.sandbox.google.kinds import KINDS, NOT_MODELLED, message
from worker.sandbox.google.messages import ENUMS, MESSAGES

_PRIMITIVES = {"int": "TYPE_INT32", "num": "TYPE_DOUBLE", "channel": "TYPE_FLOAT", "str": "TYPE_STRING",
               "bool": "TYPE_BOOL", "mask": "type.googleapis.com/google.protobuf.FieldMask",
               "ListValue": "type.googleapis.com/google.protobuf.ListValue"}  # fmt: skip
_CHOICES = {name: frozenset(line.split()) for name, line in ENUMS.items()}
_TYPES = "type.googleapis.com/google.apps.sheets.v4."


@dataclass(frozen=True)
class Field:
    """One field of a message; `shown` says that it is written even when it is zero, false or empty."""

    type: str
    repeated: bool
    shown: bool


@cache
def fields(name: str) -> Mapping[str, Field]:
    """Return the fields of a message, or of the request of a kind."""
    line = MESSAGES[name] if name in MESSAGES else _KINDS[name]
    found = {}
    for word in line.split():
        key, _, kind = word.partition(":")
        found[key.rstrip("!")] = Field(kind.removesuffix("[]"), kind.endswith("[]"), key.endswith("!"))
    return found


_KINDS = {message(kind): line for kind, line in KINDS.items()}


class Reader:
    """Reads one body; what is wrong is gathered and raised at the end by `done`."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []

    def done(self) -> None:
        """Raise one refusal of everything found."""
        if self._found:
            raise errors.violations(self._found)

    def message(self, name: str, value: Any, at: str = "") -> dict[str, Any]:
        """Read a message; null fields are absent."""
        known = fields(name)
        if not isinstance(value, dict):
            self._bad(at, _TYPES + name, value)
            return {}
        read = {}
        for key, item in value.items():
            if key not in known:
                self._unknown(key, at)
            elif item is not None:
                read[key] = self._field(known[key], item, f"{at}.{_snake(key)}" if at else _snake(key))
        return read

    def request(self, value: Any, at: str) -> tuple[str, dict[str, Any]]:
        """Read one entry of `requests`; returns its kind and its fields, an empty kind where there is none."""
        if not isinstance(value, dict):
            self._bad(at, _TYPES + "Request", value)
            return "", {}
        kinds = [key for key, item in value.items() if item is not None]
        for key in kinds:
            if key in NOT_MODELLED:
                raise errors.not_modelled(f"requests of the kind {key}")
            if key not in KINDS:
                self._unknown(key, at)
        if len(kinds) > 1:
            text = f"Invalid value at '{at}' (oneof), oneof field 'kind' is already set. Cannot set '{kinds[1]}'"
            self._found.append((at, text))
        if not kinds or kinds[0] not in KINDS:
            return "", {}
        return kinds[0], self.message(message(kinds[0]), value[kinds[0]], f"{at}.{_snake(kinds[0])}")

    def _field(self, field: Field, value: Any, at: str) -> Any:
        if field.type == "any":
            raise errors.not_modelled(f"the field {at}")
        if not field.repeated:
            return self._one(field.type, value, at)
        if not isinstance(value, list):
            self._bad(at, self._type_name(field.type), value)
            return []
        return [self._one(field.type, item, f"{at}[{place}]") for place, item in enumerate(value)]

    def _one(self, kind: str, value: Any, at: str) -> Any:
        if kind in MESSAGES:
            return self.message(kind, value, at)
        if kind in _CHOICES:
            if not isinstance(value, str) or (value not in _CHOICES[kind] and not value.endswith("_UNSPECIFIED")):
                self._bad(at, self._type_name(kind), value)
            return value
        read = _primitive(kind, value)
        if read is None:
            self._bad(at, self._type_name(kind), value)
        return read

    def _type_name(self, kind: str) -> str:
        return _PRIMITIVES.get(kind) or _TYPES + kind

    def _bad(self, at: str, kind: str, value: Any) -> None:
        shown = json.dumps(value, ensure_ascii=False)
        self._found.append((at, f"Invalid value at '{at}' ({kind}), {shown}"))

    def _unknown(self, key: str, at: str) -> None:
        place = f" at '{at}'" if at else ""
        text = f'Invalid JSON payload received. Unknown name "{key}"{place}: Cannot find field.'
        self._found.append((at, text))


def _primitive(kind: str, value: Any) -> Any:
    """Return a scalar as read, None when it does not fit; numbers may come as text, as in any JSON of protobuf."""
    if kind in ("str", "mask"):
        return value if isinstance(value, str) else None
    if kind == "bool":
        return value if isinstance(value, bool) else None
    if kind == "ListValue":
        return value if isinstance(value, list) else None
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if kind == "int":
        return int(value) if float(value).is_integer() and abs(value) < 2**31 else None
    return value


@cache
def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def written(name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message as Google writes it: fields in its own order, defaults left out, old and new colours both."""
    known = fields(name)
    value = _mirrored(name, value)
    out = {}
    for key, field in known.items():
        if key not in value:
            continue
        item = _written(field, value[key])
        if item or field.shown or (item == {} and field.type in _KEPT):
            out[key] = item
    return out


# Messages are there or not; an empty one that was set is written as {}.
_KEPT = frozenset(MESSAGES) - {"GridProperties", "TextFormat", "CellFormat", "Borders"}
_COLOURS = {
    "SheetProperties": ("tabColor",), "CellFormat": ("backgroundColor",), "TextFormat": ("foregroundColor",),
    "Border": ("color",), "InterpolationPoint": ("color",), "SortSpec": ("foregroundColor", "backgroundColor"),
}  # fmt: skip


def _mirrored(name: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    for key in _COLOURS.get(name, ()):
        style = key + "Style"
        if "rgbColor" in value.get(style, {}):
            value = {**value, key: value[style]["rgbColor"]}
        elif key in value and style not in value:
            value = {**value, style: {"rgbColor": value[key]}}
    return value


def _written(field: Field, value: Any) -> Any:
    if field.repeated and field.type in MESSAGES:
        return [written(field.type, item) for item in value]
    if field.type in MESSAGES:
        return written(field.type, value)
    return channel(value) if field.type == "channel" else value


def channel(value: float) -> float | int:
    """Return a colour's channel as Google keeps it: a step of 255, printed as a 32-bit float; 0.5 is 0.49803922."""
    (single,) = struct.unpack("f", struct.pack("f", int(value * 255 + 1e-6) / 255))
    for digits in range(1, 10):
        short = float(f"{single:.{digits}g}")
        if struct.unpack("f", struct.pack("f", short))[0] == single:
            return int(short) if short.is_integer() else short
    return float(single)
