"""Since when partners stand as they do: the day one left, when one was not enrolled, and which `Plan` one had. Pure.

The tracker shows the present cells alone. A last day stands on the partner's row and in the `Why` of the lines that it
cancelled, and is read back from there; Plans of the past are only remembered: where that is lost, the present one
counts as the one there always was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from worker.domain.cells import Row
from worker.domain.facts import PlanChoice
from worker.domain.partners import Leaving, PartnerRow
from worker.planning.enrolment import Looks, Watched, looked, new_partner, said_by_leads, watch

_MOST = 40  # Plans of one partner that are remembered
_ON_ROW = re.compile(r"Left, first seen on ([0-9]{4}-[0-9]{2}-[0-9]{2})")
_ON_LINE = re.compile(r"Cancelled: not over when the partner left on ([0-9]{4}-[0-9]{2}-[0-9]{2})")
_LOOKS = ""  # where it is remembered when the table was looked at; no partner's key is empty
_PARTS_OF_A_LINE = 4  # deal/partner/month/kind


def left_words(leaving: Leaving) -> str:
    """Return what a partner's row says of the last day; it is read back from there."""
    return (
        f"Left, first seen on {leaving.on}: what was sent until then counts, later leads are refused. "
        "If that is wrong, set Status to Enrolled"
    )


@dataclass(frozen=True, slots=True)
class _Memory:
    """What is remembered of a partner, as text between runs."""

    plans: tuple[PlanChoice, ...] = ()
    left: date | None = None
    watched: Watched = field(default_factory=Watched)

    @staticmethod
    def of(text: str) -> _Memory:
        found = json.loads(text)
        plans = tuple(PlanChoice(date.fromisoformat(since), plan) for since, plan in found["plans"])
        left = date.fromisoformat(found["left"]) if found["left"] else None
        return _Memory(plans, left, Watched.of(found))

    def text(self) -> str:
        plans = [[choice.since.isoformat(), choice.plan] for choice in self.plans]
        left = self.left.isoformat() if self.left else None
        return json.dumps({"plans": plans, "left": left, **self.watched.texts()})


def seen(
    partners: Sequence[PartnerRow], lines: Iterable[Row], leads: Sequence[Row], memory: Mapping[str, str], today: date,
    zone: ZoneInfo,
) -> tuple[list[PartnerRow], dict[str, str]]:  # fmt: skip
    """Return the partners with their Plans and days, and what is to be remembered: of each by key, and of the look.

    A partner who is not in the table any more stays remembered: it may come back.
    """
    left = {p.key for p in partners if p.status == "Left"}
    on_lines = dict(_left_on_lines(lines, left)) if left else {}
    looks = Looks.of(memory.get(_LOOKS))
    unknown = [p.name for p in partners if p.key not in memory]
    said = said_by_leads(leads, unknown) if unknown else {}
    found: list[PartnerRow] = []
    texts = {_LOOKS: looked(looks, today).text()}
    for partner in partners:
        text = memory.get(partner.key) if partner.key else None
        known = _Memory.of(text) if text is not None else _Memory()
        before = known.watched if text is not None else new_partner(looks, said.get(partner.name, ()))
        last = _last_day(partner, on_lines.get(partner.key), known.left, today) if partner.key in left else None
        now = _Memory(_plans(known.plans, partner.plan, today), last, watch(before, partner.status, last, today))
        leaving = None if last is None else Leaving.of(last, zone)
        found.append(replace(partner, plans=now.plans, leaving=leaving, away=now.watched.days()))
        if partner.key:
            texts[partner.key] = now.text()
    return found, texts


def _left_on_lines(lines: Iterable[Row], partners: set[str]) -> Iterator[tuple[str, date]]:
    for row in lines:
        parts = row.text("Line").split("/")
        if len(parts) == _PARTS_OF_A_LINE and parts[1] in partners and (day := _day(_ON_LINE, row.text("Why"))):
            yield parts[1], day


def _last_day(partner: PartnerRow, on_line: date | None, remembered: date | None, today: date) -> date:
    """Return the last day: as it stands on the partner's row, else on a line, else as remembered, else it is today."""
    return _day(_ON_ROW, partner.row.text("Problem")) or on_line or remembered or today


def _day(pattern: re.Pattern[str], text: str) -> date | None:
    found = pattern.search(text)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _plans(known: tuple[PlanChoice, ...], plan: str, today: date) -> tuple[PlanChoice, ...]:
    """Return the Plans with the present one; the first that is ever seen counts as the one there always was."""
    if not known:
        return (PlanChoice(date.min, plan),)
    if known[-1].plan == plan:
        return known
    earlier = [choice for choice in known if choice.since < today]  # of several in one day the last one counts
    return (*earlier, PlanChoice(today if earlier else date.min, plan))[-_MOST:]
