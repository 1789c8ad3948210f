"""What the doctor asks of Airtable: token, scopes, base, tables and columns, hooks; each with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from worker.connectors.airtable.api import Door
from worker.connectors.airtable.feed import Feed
from worker.connectors.airtable.finding import other_names
from worker.connectors.airtable.schema import Schema
from worker.ports import Check, Missing, ServiceError

_NEEDED = ("data.records:read", "data.records:write", "schema.bases:read")
_TOKENS = "at airtable.com/create/tokens, edit the token"
_SKEW = 60.0  # seconds that clocks may differ
_HOOKS = f"{_TOKENS}, add the scope webhook:manage; its user must be a creator of the base"


def health(
    door: Door, feed: Feed, schema: Callable[[], Schema], missing: Callable[[], Sequence[Missing]]
) -> Sequence[Check]:
    """Return one finding a line; later ones are left out where an earlier fault makes them pointless."""
    checks = [*_token(door)]
    if not checks[0].ok:
        return checks
    checks += _clock(door)
    base = _base(door, schema)
    checks.append(base)
    if base.ok:
        checks += [*_tables(door, schema, missing), _hooks(feed)]
    return checks


def _token(door: Door) -> Iterator[Check]:
    try:
        answer = door.call("GET", door.whoami_url, expect="id")
    except ServiceError as error:
        yield Check("Airtable token", False, error.text, "make a token at airtable.com/create/tokens and set it")
        return
    yield Check("Airtable token", True, f"accepted, of the user {answer['id']}")
    scopes = answer.get("scopes")
    if isinstance(scopes, list):  # not every kind of token tells
        lost = [scope for scope in _NEEDED if scope not in scopes]
        found = f"lacks {', '.join(lost)}" if lost else ", ".join(map(str, scopes))
        yield Check("Airtable scopes", not lost, found, f"{_TOKENS}, add {', '.join(lost)}" if lost else "")


def _clock(door: Door) -> Iterator[Check]:
    """Compare our clock with Airtable's; statement days and months hang on it."""
    if door.ahead is not None:
        seconds = door.ahead.total_seconds()
        found = f"{abs(seconds):,.0f} s {'ahead of' if seconds > 0 else 'behind'} Airtable's"
        yield Check("clock", abs(seconds) < _SKEW, found, "set this machine's clock, best by NTP")


def _base(door: Door, schema: Callable[[], Schema]) -> Check:
    name = f"Airtable base {door.base}"
    try:
        return Check(name, True, f"readable, {schema().count} tables")
    except ServiceError as error:
        return Check(name, False, error.text, f"{_TOKENS}: add the base and the scope schema.bases:read")


def _tables(door: Door, schema: Callable[[], Schema], missing: Callable[[], Sequence[Missing]]) -> Iterator[Check]:
    lacks = missing()
    for lack in lacks:
        yield Check("Airtable tables", False, f"missing: {lack.what}", lack.remedy)
    if not lacks:
        yield Check("Airtable tables", True, "all tables and columns are there")
    if called := "; ".join(other_names(schema())):
        yield Check("Airtable names", True, f"known by their ids: {called}")
    first = next(iter(schema().tables.values()), None)
    if first is not None:
        try:
            door.call("GET", door.records_url(first.id), expect="records", params=[("pageSize", "1")])
            yield Check("Airtable rows", True, f"readable ({first.table.name})")
        except ServiceError as error:
            yield Check("Airtable rows", False, error.text, f"{_TOKENS}: add the scope data.records:read")


def _hooks(feed: Feed) -> Check:
    """Tell whether changes can be followed. Without that everything works, at more calls, so it is no fault."""
    try:
        denied = feed.denied()
        if denied is None:
            feed.permitted()
    except ServiceError as error:
        denied = error.text
    if denied is None:
        return Check("Airtable hooks", True, "permitted: a look costs one call while nothing changes")
    words = f"not permitted ({denied}): every look reads every row, one call for each hundred"
    return Check("Airtable hooks", True, words, _HOOKS)
