"""Whose contact is which company of the CRM: ContactNumbers, remembered for a day, merged contacts followed.

A merged contact is archived and names the one that it became part of; such come back by id only (spec, 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from worker.connectors.xero.api import CONTACTS, IDS, Door
from worker.ports import Clock, Memory

KEPT = timedelta(days=1)
MOST_MERGES = 10  # of one contact, one after the other

Known = dict[str, str]  # {"number", "into", "at"}


class Contacts:
    """What is known of contacts, by ContactID."""

    def __init__(self, door: Door, memory: Memory, clock: Clock) -> None:
        self._door = door
        self._memory = memory
        self._clock = clock
        self._shelf = f"xero/{door.account}/{CONTACTS.name}"

    def numbers(self, contacts: Collection[str]) -> Mapping[str, str]:
        """Return the ContactNumber of each contact that has one: of the contact that it is part of now."""
        known = self._remembered()
        asked = {contact for contact in contacts if contact}
        for _ in range(MOST_MERGES):
            wanted = {link for contact in asked for link in _chain(contact, known)} - known.keys()
            if not wanted:
                break
            known |= self._ask(sorted(wanted))
        found = {contact: _number(contact, known) for contact in asked}
        return {contact: number for contact, number in found.items() if number}

    def _remembered(self) -> dict[str, Known]:
        oldest = self._clock.now() - KEPT
        found: dict[str, Known] = {}
        for contact, text in self._memory.load(self._shelf).items():
            try:
                known = {key: str(json.loads(text)[key]) for key in ("number", "into", "at")}
                fresh = oldest < datetime.fromisoformat(known["at"]) <= self._clock.now()
            except (ValueError, KeyError, TypeError):
                continue
            if fresh:
                found[contact] = known
        return found

    def _ask(self, contacts: list[str]) -> dict[str, Known]:
        at = self._clock.now().isoformat()
        found: dict[str, Known] = {contact: {"number": "", "into": "", "at": at} for contact in contacts}
        for start in range(0, len(contacts), IDS):
            for row in self._door.by_ids(CONTACTS, contacts[start : start + IDS]).rows:
                if isinstance(row, Mapping) and row.get("ContactID") in found:
                    number, into = _text(row.get("ContactNumber")), _text(row.get("MergedToContactID"))
                    found[row["ContactID"]] = {"number": number, "into": into, "at": at}
        self._memory.save(self._shelf, {contact: json.dumps(known) for contact, known in found.items()})
        return found


def _chain(contact: str, known: Mapping[str, Known]) -> Iterator[str]:
    """Return the contact and those that it was merged into, as far as they are known; a circle ends where it began."""
    seen: set[str] = set()
    while contact and contact not in seen:
        seen.add(contact)
        yield contact
        contact = known[contact]["into"] if contact in known else ""


def _number(contact: str, known: Mapping[str, Known]) -> str:
    """Return the number of the last contact of the chain that has one."""
    numbers = [known[link]["number"] for link in _chain(contact, known) if link in known]
    return next((number for number in reversed(numbers) if number), "")


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
