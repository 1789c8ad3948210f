"""The change feed: a webhook without an address, whose payloads are polled, tells which rows changed since last time.

One call says that nothing changed in the whole base, and keeps the hook alive. A payload is a hint where to look, never
the truth of a row. Making a hook takes the scope webhook:manage and the role creator: without them there is no feed.
Source: Airtable's webhooks guide and recorded payloads, 2026-11.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from worker.connectors.airtable.api import Door
from worker.ports import Clock, Memory, Refused, Unauthorised, Unsure

SPECIFICATION = {"options": {"filters": {"dataTypes": ["tableData"]}}}
PAGE = 50  # payloads a page
DENIED_FOR = timedelta(days=1)
# Payloads live for a week and so does a hook that nobody lists: after six days there may be a gap.
GAP = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Place:
    """A hook and the number of the payload to read next: dedupe is by this number, never by transaction (docs)."""

    hook: str
    next: int


class BrokenFeed(Exception):
    """The feed can't tell what changed since the place asked for: read in full. `place`: where it stands, if known."""

    def __init__(self, text: str, place: Place | None = None) -> None:
        super().__init__(text)
        self.place = place


@dataclass(slots=True)
class Changes:
    """What happened since a place: rows touched, with the cells named, and rows gone; by table id.

    `by` are the people who changed a cell last, by “table/row/field”; None where it was no person.
    """

    next: int
    touched: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    gone: dict[str, set[str]] = field(default_factory=dict)
    by: dict[str, str | None] = field(default_factory=dict)


class Feed:
    """The one hook of a base that this worker reads; its id and the refusal to make one are remembered."""

    def __init__(self, door: Door, memory: Memory, clock: Clock, shelf: str) -> None:
        self._door = door
        self._memory = memory
        self._clock = clock
        self._shelf = shelf

    def hook(self) -> str | None:
        """Return the id of the hook made or found earlier."""
        state = self._state()
        return str(state["hook"]) if state.get("hook") else None

    def denied(self) -> str | None:
        """Return in words why no hook could be made within the last day; None when nothing is known against it."""
        state = self._state()
        if "denied" in state and self._clock.now() < datetime.fromisoformat(state["until"]):
            return str(state["denied"])
        return None

    def place(self) -> Place | None:
        """Return where the feed stands now, making the hook where there is none; None where hooks aren't permitted.

        Ask before a table is read in full: whatever changes during the reading is then told by the feed.
        """
        if self.denied() is not None:
            return None
        try:
            return self._found() or self._made()
        except (Refused, Unauthorised) as error:
            until = self._clock.now() + DENIED_FOR
            self._remember({"denied": error.text, "until": until.isoformat()})
        except Unsure:
            self._remember({})  # it may have been made: the next run finds it in the list
        return None

    def _found(self) -> Place | None:
        answer = self._door.call("GET", self._door.hooks_url, expect="webhooks")
        ours = [h for h in answer["webhooks"] if _is_ours(h) or h.get("id") == self.hook()]
        for hook in ours:
            if self._alive(hook) and self._lasting(hook):
                self._remember({"hook": hook["id"]})
                return Place(str(hook["id"]), int(hook.get("cursorForNextPayload") or 1))
        for hook in ours:
            self._delete(str(hook["id"]))
        return None

    def _made(self) -> Place:
        body = {"specification": SPECIFICATION}
        answer = self._door.call("POST", self._door.hooks_url, expect="id", body=body)
        self._remember({"hook": answer["id"]})
        return Place(str(answer["id"]), 1)

    def _alive(self, hook: Mapping[str, Any]) -> bool:
        expires = hook.get("expirationTime")
        alive = expires is None or datetime.fromisoformat(expires) > self._clock.now()
        return alive and hook.get("isHookEnabled", True) is not False

    def _lasting(self, hook: Mapping[str, Any]) -> bool:
        """Prolong a hook that would end before the next reading may come; False where it can't be.

        An ended hook answers for another week as if nothing had changed, and listing hooks prolongs none (docs).
        """
        expires = hook.get("expirationTime")
        if expires is None or datetime.fromisoformat(expires) - self._clock.now() > GAP:
            return True
        try:
            url = f"{self._door.hooks_url}/{hook['id']}/refresh"
            self._door.call("POST", url, expect="expirationTime", repeatable=True)
        except (Refused, Unauthorised):
            return False
        return True

    def _delete(self, hook: str) -> None:
        """Delete a dead hook, which counts against the ten that a base may have; it may be gone by itself."""
        with contextlib.suppress(Refused, Unauthorised):
            self._door.call("DELETE", f"{self._door.hooks_url}/{hook}", expect=None, repeatable=True)
        self._remember({})

    def changes(self, place: Place, page_budget: int) -> Changes:
        """Return everything that happened since a place; BrokenFeed when it can't be told or takes more pages."""
        found = Changes(place.next)
        url = f"{self._door.hooks_url}/{place.hook}/payloads"
        pages = 0
        while True:
            params = (("cursor", str(found.next)), ("limit", str(PAGE)))
            try:
                answer = self._door.call("GET", url, expect="payloads", params=params)
            except (Refused, Unauthorised) as error:
                raise BrokenFeed(error.text) from error
            for payload in answer["payloads"]:
                if payload.get("error"):
                    self._delete(place.hook)
                    raise BrokenFeed(f"the feed is broken: {payload.get('code') or payload['error']}")
                _fold(payload, found)
            before, found.next = found.next, int(answer.get("cursor") or found.next)
            pages += 1
            if not answer.get("mightHaveMore"):
                return found
            if found.next <= before:
                raise BrokenFeed("the feed says there is more and does not move on")
            if pages == 1:
                self._worth_it(place.hook, found.next, page_budget)

    def _worth_it(self, hook: str, next_: int, page_budget: int) -> None:
        """Look how many payloads wait behind the first page; BrokenFeed when reading in full takes fewer calls."""
        now = self.place()
        if now is None or now.hook != hook:
            raise BrokenFeed("the hook is gone", now)
        if now.next - next_ > page_budget * PAGE:
            raise BrokenFeed("so much has changed that reading the tables takes fewer calls", now)

    def permitted(self) -> None:
        """Look whether hooks may be listed at all; raises what the service says against it."""
        self._door.call("GET", self._door.hooks_url, expect="webhooks")

    def _state(self) -> dict[str, Any]:
        try:
            state = json.loads(self._memory.cursor(self._shelf) or "{}")
        except ValueError:
            return {}
        return state if isinstance(state, dict) else {}

    def _remember(self, state: Mapping[str, Any]) -> None:
        if state != self._state():
            self._memory.save(self._shelf, {}, cursor=json.dumps(state))


def _is_ours(hook: Mapping[str, Any]) -> bool:
    """Tell whether a hook does for us, so that a lost state file doesn't leave one hook more each time."""
    if hook.get("notificationUrl"):
        return False
    options = (hook.get("specification") or {}).get("options") or {}
    return {k: v for k, v in options.items() if v} == SPECIFICATION["options"]


def _fold(payload: Mapping[str, Any], into: Changes) -> None:
    """Add a payload to what is known; the later word on a row or a cell counts."""
    person = _person(payload.get("actionMetadata") or {})
    for table, change in (payload.get("changedTablesById") or {}).items():
        touched, gone = into.touched.setdefault(table, {}), into.gone.setdefault(table, set())
        for id_, row in (change.get("createdRecordsById") or {}).items():
            gone.discard(id_)
            touched.setdefault(id_, {}).update(row.get("cellValuesByFieldId") or {})
        for id_, row in (change.get("changedRecordsById") or {}).items():
            current = row.get("current") or {}
            touched.setdefault(id_, {}).update(current.get("cellValuesByFieldId") or {})
            into.by.update({f"{table}/{id_}/{cell}": person for cell in current.get("cellValuesByFieldId") or {}})
        for id_ in change.get("destroyedRecordIds") or ():
            touched.pop(id_, None)
            gone.add(id_)


def _person(action: Mapping[str, Any]) -> str | None:
    """Return who did it in Airtable's own pages: the name, else the address."""
    if action.get("source") != "client":
        return None
    user = (action.get("sourceMetadata") or {}).get("user") or {}
    return user.get("name") or user.get("email") or None
