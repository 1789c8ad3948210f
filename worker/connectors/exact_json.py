"""Numbers of trackers both ways, exact: JSON with decimals in it, and cells' numbers rid of binary noise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Context, Decimal, InvalidOperation
from typing import Any

_EIGHT_PLACES = Decimal(1).scaleb(-8)
_WIDE = Context(prec=60)


def clean(value: Decimal | int) -> Decimal:
    """Take binary noise off a number (0.29999999999999877, recorded): eight places, no trailing zeros."""
    try:
        rounded = _WIDE.quantize(Decimal(value), _EIGHT_PLACES).normalize(_WIDE)
    except InvalidOperation:
        return Decimal(value)
    return _WIDE.quantize(rounded, Decimal(1)) if rounded == rounded.to_integral_value() else rounded


def json_text(value: Any) -> str:
    """Write JSON with exact decimals, which the standard writer refuses and floats would blur."""
    try:
        return json.dumps(value)
    except TypeError:
        pass
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(k))}: {json_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(json_text(v) for v in value) + "]"
    raise TypeError(f"a cell can't hold a {type(value).__name__}")
