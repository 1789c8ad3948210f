"""JSON and XML as they go over the wire. Decimals are written as they are, so no amount ever passes through a float."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import Any
from xml.sax.saxutils import escape

from worker.sandbox.xero.dates import EPOCH

_MS_DATE = re.compile(r"/Date\((-?\d+)(\+\d{4})?\)/")
_XML_HEAD = ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_SINGULAR = {
    "Addresses": "Address", "Elements": "DataContractBase", "Tracking": "TrackingCategory", "Currencies": "Currency",
    "ValidationErrors": "ValidationError", "Warnings": "Warning",
}  # fmt: skip


class Written(str):
    """A piece of JSON that is written already."""

    __slots__ = ()


def to_json(value: Any) -> str:
    """Write a value as compact JSON."""
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is Decimal:
        return format(value, "f")
    if kind is dict:
        return "{" + ",".join([f'"{key}":{to_json(item)}' for key, item in value.items()]) + "}"
    if kind is list:
        return "[" + ",".join([to_json(item) for item in value]) + "]"
    if kind is Written:
        return str(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    raise TypeError(f"{kind.__name__} does not go over the wire")


def read_json(body: bytes) -> Any:
    """Read JSON with Decimals in place of floats; ValueError when it is none."""
    return json.loads(body, parse_float=Decimal, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def to_xml(root: str, body: Mapping[str, Any]) -> str:
    """Write an answer as the XML that Xero falls back to when the Accept header does not ask for JSON."""
    inner = "".join(_element(name, value) for name, value in body.items())
    return f"<{root}{_XML_HEAD}>{inner}</{root}>"


def _element(name: str, value: Any) -> str:
    if isinstance(value, Written):
        value = read_json(value.encode())
    if value is None:
        return f'<{name} xsi:nil="true" />'
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(key, item) for key, item in value.items())}</{name}>"
    if isinstance(value, list):
        one = _SINGULAR.get(name, name.removesuffix("s"))
        return f"<{name}>{''.join(_element(one, item) for item in value)}</{name}>" if value else f"<{name} />"
    return f"<{name}>{escape(_scalar(value))}</{name}>"


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    found = _MS_DATE.fullmatch(value) if isinstance(value, str) else None
    return _iso(int(found[1])) if found else str(value)


def _iso(milliseconds: int) -> str:
    instant: datetime = EPOCH + timedelta(milliseconds=milliseconds)
    text = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{milliseconds % 1000:03d}" if milliseconds % 1000 else text
