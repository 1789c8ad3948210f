"""The types of fields: which the meta API creates, with which options, and what the options become when they are kept.

Creatable types and required options are those of the documentation and of refusals seen by third parties (2026-11): no
autoNumber, stamps, formulas or look-ups; `prefersSingleRecordLink` and `isReversed` are given out and never taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from worker.sandbox.airtable import errors
from worker.sandbox.airtable.cells import writable
from worker.sandbox.airtable.workspace import COMPUTED, SELECTS, Workspace

PRIMARY = frozenset({
    "singleLineText", "email", "url", "multilineText", "phoneNumber", "number", "percent", "currency", "date",
    "dateTime", "duration", "barcode",
})  # fmt: skip
_DATES = {"local": "l", "friendly": "LL", "us": "M/D/YYYY", "european": "D/M/YYYY", "iso": "YYYY-MM-DD"}
_TIMES = {"12hour": "h:mma", "24hour": "HH:mm"}
_DURATIONS = frozenset({"h:mm", "h:mm:ss", "h:mm:ss.S", "h:mm:ss.SS", "h:mm:ss.SSS"})
_COLOURS = ("blueLight2", "cyanLight2", "tealLight2", "greenLight2", "yellowLight2", "orangeLight2", "redLight2")

Check = Callable[[Workspace, Any], bool]


def _whole(most: int) -> Check:
    return lambda _, value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _word(_: Workspace, value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _format(known: Mapping[str, str]) -> Check:
    def check(_: Workspace, value: Any) -> bool:
        return isinstance(value, dict) and value.get("name") in known and set(value) <= {"name", "format"}

    return check


def _choices(_: Workspace, value: Any) -> bool:
    if not isinstance(value, list) or not all(isinstance(choice, dict) for choice in value):
        return False
    names = [choice.get("name") for choice in value]
    return all(_word(_, n) for n in names) and len(set(names)) == len(names) and all(
        set(choice) <= {"name", "color"} for choice in value
    )  # fmt: skip


def _table(workspace: Workspace, value: Any) -> bool:
    return isinstance(value, str) and value in workspace.tables


# type → option → (required, check)
_OPTIONS: dict[str, dict[str, tuple[bool, Check]]] = {
    "number": {"precision": (True, _whole(8))},
    "percent": {"precision": (True, _whole(8))},
    "currency": {"precision": (True, _whole(7)), "symbol": (True, _word)},
    "rating": {"icon": (True, _word), "max": (True, _whole(10)), "color": (True, _word)},
    "checkbox": {"icon": (True, _word), "color": (True, _word)},
    "duration": {"durationFormat": (True, lambda _, value: value in _DURATIONS)},
    "singleSelect": {"choices": (True, _choices)},
    "multipleSelects": {"choices": (True, _choices)},
    "date": {"dateFormat": (True, _format(_DATES))},
    "dateTime": {
        "dateFormat": (True, _format(_DATES)), "timeFormat": (True, _format(_TIMES)), "timeZone": (True, _word),
    },
    "multipleRecordLinks": {"linkedTableId": (True, _table), "viewIdForRecordSelection": (False, _word)},
}  # fmt: skip

_STAMP = {
    "type": "dateTime",
    "options": {
        "dateFormat": {"name": "local", "format": "l"}, "timeFormat": {"name": "12hour", "format": "h:mma"},
        "timeZone": "client",
    },
}  # fmt: skip

# What a person's new field has unless it is said otherwise.
DEFAULTS: dict[str, dict[str, Any]] = {
    "number": {"precision": 2}, "percent": {"precision": 2}, "currency": {"precision": 2, "symbol": "£"},
    "rating": {"icon": "star", "max": 5, "color": "yellowBright"},
    "checkbox": {"icon": "check", "color": "greenBright"}, "duration": {"durationFormat": "h:mm"},
    "singleSelect": {"choices": []}, "multipleSelects": {"choices": []}, "date": {"dateFormat": {"name": "iso"}},
    "dateTime": {"dateFormat": {"name": "iso"}, "timeFormat": {"name": "24hour"}, "timeZone": "utc"},
    "multipleAttachments": {"isReversed": False}, "createdTime": {"result": _STAMP},
    "lastModifiedTime": {"referencedFieldIds": [], "result": _STAMP},
}  # fmt: skip


def check_creatable(workspace: Workspace, where: str, kind: str, options: Any) -> None:
    """Refuse a type that the API does not create, and options that the type does not have; `where` names the field."""
    if kind in COMPUTED:
        raise errors.typed(
            422, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE",
            f"Invalid options for {where}: Creating {kind} fields is not supported at this time",
        )  # fmt: skip
    if not writable(kind):
        raise errors.invalid_request()
    known = _OPTIONS.get(kind, {})
    if options is None:
        if known:
            raise _bad_options(where, "options is missing")
        return
    if not isinstance(options, dict):
        raise errors.invalid_request()
    for name, value in options.items():
        if name not in known or not known[name][1](workspace, value):
            raise _bad_options(where, f"options.{name} is invalid")
    missing = [name for name, (required, _) in known.items() if required and name not in options]
    if missing:
        raise _bad_options(where, f"options.{missing[0]} is missing")


def kept(workspace: Workspace, kind: str, options: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return options as the schema shows them ever after: choices with ids and colours, formats spelt out."""
    if not options:
        return {"isReversed": False} if kind == "multipleAttachments" else None
    kept = dict(options)
    if kind in SELECTS:
        kept["choices"] = [
            made_choice(workspace, choice["name"], place, choice.get("color"))
            for place, choice in enumerate(options["choices"])
        ]  # fmt: skip
    if "dateFormat" in kept:
        kept["dateFormat"] = {"name": kept["dateFormat"]["name"], "format": _DATES[kept["dateFormat"]["name"]]}
    if "timeFormat" in kept:
        kept["timeFormat"] = {"name": kept["timeFormat"]["name"], "format": _TIMES[kept["timeFormat"]["name"]]}
    if kind == "multipleRecordLinks":
        kept = {"linkedTableId": kept["linkedTableId"], "isReversed": False, "prefersSingleRecordLink": False}
    return kept


def made_choice(workspace: Workspace, name: str, place: int, colour: str | None = None) -> dict[str, Any]:
    """Return a new select option."""
    return {"id": workspace.mint("sel"), "name": name, "color": colour or _COLOURS[place % len(_COLOURS)]}


def _bad_options(where: str, detail: str) -> errors.ApiError:
    return errors.typed(
        422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE",
        f"Invalid options for {where}.\nFailed schema validation: {detail}",
    )  # fmt: skip
