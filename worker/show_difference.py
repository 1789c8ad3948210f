"""What a plan has otherwise than the one that was approved: lines for the terminal, and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.domain.approvals import Difference, Moved

_MOST = 20  # of each kind that are shown one by one


def difference_lines(moved: Difference) -> Iterator[str]:
    """Return facts and changes that are other ones, a line each."""
    for word, many in (("fact", moved.facts), ("change", moved.changes)):
        for one in many[:_MOST]:
            yield f"{word} {one}"
        if len(many) > _MOST:
            yield f"… and {len(many) - _MOST} more: --json has them all"


def difference_as_json(moved: Difference) -> dict[str, Any]:
    """Return the same as one JSON object; amounts are texts, null where there was nothing, or is nothing any more."""
    return {
        "facts": [_moved(one) for one in moved.facts],
        "changes": [_moved(one) for one in moved.changes],
        "moves": {
            currency: {"then": format(then, "f"), "now": format(now, "f"), "by": format(now - then, "f")}
            for currency, (then, now) in moved.sums.items()
        },
        "not_compared": moved.left_out,
    }


def _moved(one: Moved) -> dict[str, str | None]:
    by = None if one.by is None else format(one.by, "f")
    return {"about": one.about, "what": one.what, "then": one.then, "now": one.now, "by": by, "unit": one.unit}
