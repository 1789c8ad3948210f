"""On which days a partner was seen not to be enrolled: a lead that was sent then earns it nothing. Pure.

The tracker shows the present Status alone, so this is remembered from look to look. A day counts only where the partner
was seen not to be enrolled both on it, or before, and on a later one: the days between, of which nobody knows better,
and the first and the last day of an enrolment are the partner's. A pause is no end of an enrolment; what was before the
first look is unknown, and counts as enrolled. Of what is remembered, leads say in `Problem` what they were refused for,
and it is read back from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from worker.domain.cells import Row
from worker.domain.facts import Days, Lead, Partner
from worker.domain.leads import LeadRow
from worker.domain.months import local_day

_MOST = 40  # spans of one partner that are remembered
_DAY = timedelta(days=1)
_ENROLLED = ("Enrolled", "Paused")
_SAID = "was not enrolled on"
_DATE = re.compile(rf"{_SAID} ([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})")


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen of a partner: `spans` from the first to the last look that found it not enrolled.

    `on` tells whether the last look found it enrolled; then the next span is a new one.
    """

    spans: tuple[tuple[date, date], ...] = ()
    on: bool = True

    @staticmethod
    def of(found: Mapping[str, Any]) -> Watched:
        """Read what `texts` wrote; what an older version remembered says nothing of it."""
        spans = ((date.fromisoformat(first), date.fromisoformat(last)) for first, last in found.get("off", ()))
        return Watched(tuple(spans), bool(found.get("on", True)))

    def texts(self) -> dict[str, Any]:
        """Return it as it is remembered."""
        return {"off": [[first.isoformat(), last.isoformat()] for first, last in self.spans], "on": self.on}

    def days(self) -> tuple[Days, ...]:
        """Return the days on which the partner was certainly not enrolled.

        The day of the last look is not one of them: it may have been enrolled later on that day.
        """
        return tuple(Days(first, last - _DAY) for first, last in self.spans if first < last)


@dataclass(frozen=True, slots=True)
class Looks:
    """The days of the first and of the last look at the Partners table."""

    first: date
    last: date

    @staticmethod
    def of(text: str | None) -> Looks | None:
        """Read what `text` wrote; None where there was no look yet."""
        if text is None:
            return None
        first, last = map(date.fromisoformat, text.split())
        return Looks(first, last)

    def text(self) -> str:
        """Return it as it is remembered."""
        return f"{self.first.isoformat()} {self.last.isoformat()}"


def looked(looks: Looks | None, today: date) -> Looks:
    """Return the looks with the present one."""
    return Looks(min(looks.first, today) if looks else today, today)


def new_partner(looks: Looks | None, said: Iterable[date]) -> Watched | None:
    """Return what is known of a partner of whom nothing is remembered; None where nothing is.

    It was not in the table at any earlier look; `said` are the days which leads still name.
    """
    spans = [(day, day + _DAY) for day in sorted(set(said))]
    if looks is not None:
        spans.append((looks.first, looks.last))
    return Watched(tuple(spans), on=looks is None) if spans else None


def watch(known: Watched | None, status: str, left: date | None, today: date) -> Watched:
    """Return what is known with the present look; `left` is the last day of a partner who has left."""
    if status in _ENROLLED:
        return replace(known, on=True) if known else Watched()
    if known is not None and not known.on:
        first, last = known.spans[-1]
        spans = (*known.spans[:-1], (first, max(last, today)))
    elif left is not None:
        spans = (*(known.spans if known else ()), (left + _DAY, today))
    else:  # until this look a partner that is known was enrolled, so today is its last day
        spans = (*known.spans, (today + _DAY, today)) if known else ((today, today),)
    return Watched(spans[-_MOST:], on=False)


# ---- what leads say of it -------------------------------------------------------------------------------------------


def not_enrolled_words(name: str, day: date) -> str:
    """Return what a lead's row says of a partner who earns nothing for it; the day is read back from there."""
    return (
        f"{name} {_SAID} {day}, when this lead was sent: it earns no commission on it. "
        "If it should, write into Submitted a day on which it was enrolled"
    )


def said_by_leads(leads: Iterable[Row], names: Sequence[str]) -> dict[str, list[date]]:
    """Return by partner's name the days on which leads say that it was not enrolled."""
    found: dict[str, list[date]] = {}
    for row in leads:
        text = f". {row.text('Problem')}"
        if (day := _day(text)) is None:
            continue
        for name in names:
            if f". {name} {_SAID}" in text:
                found.setdefault(name, []).append(day)
    return found


def _day(text: str) -> date | None:
    found = _DATE.search(text)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def with_days(leads: Iterable[LeadRow], zone: ZoneInfo) -> list[LeadRow]:
    """Return the rows; one that was refused, and has no time of its own, was sent on the day which its refusal names.

    A sheet does not know when a row was made, and what was remembered of that may be lost.
    """
    return [_with_day(lead, zone) for lead in leads]


def _with_day(lead: LeadRow, zone: ZoneInfo) -> LeadRow:
    day = None if isinstance(lead.row.cells.get("Submitted"), datetime) else _day(lead.row.text("Problem"))
    if day is None or day == local_day(lead.submitted, zone):
        return lead
    return replace(lead, submitted=datetime.combine(day, time.min, zone))


def enrolled(partner: Partner, day: date) -> bool:
    """Tell whether a partner was enrolled on a day, as far as that is known; first and last day are included."""
    begun = partner.enrolled_from is None or partner.enrolled_from <= day
    not_over = partner.left_on is None or day <= partner.left_on
    return begun and not_over and not any(days.first <= day <= days.last for days in partner.away)


def refusals(leads: Iterable[tuple[Lead, date]], partners: Mapping[str, Partner]) -> Iterator[tuple[str, str]]:
    """Yield the key of each lead, given with the day it was sent, that earns a partner nothing, and why, in words."""
    for lead, day in leads:
        off = [partners[s.partner] for s in lead.shares if s.partner in partners]
        words = [not_enrolled_words(partner.name, day) for partner in off if not enrolled(partner, day)]
        if words:
            yield lead.key, ". ".join(words)
