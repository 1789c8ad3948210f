"""What the worker did, told from the tracker and the inbox before and after a run; not from what it meant to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from worker.demo.office import STAFF, Office
from worker.domain.money import shown
from worker.engine.runs import Outcome

_FEW = 4  # names that are written out
TELLS = "tells partners: "
_SEEN = ("Partners", "Leads", "Commissions", "Statements")
_INTAKE = ("", "New", "Needs attention", "Duplicate", "In review")
_REFUSALS = {"Needs attention": "needs attention", "Duplicate": "sets aside as duplicate"}

Cells = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sight:
    """The tracker at a moment, rows by id, and how many messages had gone out."""

    tables: Mapping[str, Mapping[str, Cells]]
    mails: int
    posts: int
    alarms: int  # messages to staff


def look(office: Office) -> Sight:
    """Take everything in."""
    tables = {table: {row["id"]: row["fields"] for row in office.tables.rows(table)} for table in _SEEN}
    slack = office.world.slack
    posts = sum(len(slack.messages(channel)) for channel in slack.channels if channel != STAFF)
    return Sight(tables, len(office.world.mail.received), posts, len(slack.messages(STAFF)))


def told(before: Sight, after: Sight, outcomes: Mapping[str, Outcome]) -> list[str]:
    """Return what changed, in sentences, most telling first."""
    said = list(_trouble(outcomes))
    if after.alarms > before.alarms:
        said.append("tells staff so, once, in their Slack channel")
    said += _leads(before.tables["Leads"], after.tables["Leads"])
    said += _lines(before.tables["Commissions"], after.tables["Commissions"])
    said += _statements(before.tables["Statements"], after.tables["Statements"])
    said += _partners(before.tables["Partners"], after.tables["Partners"])
    mails, posts = after.mails - before.mails, after.posts - before.posts
    counted = [_many(mails, "e-mail") if mails else "", f"{posts} in Slack" if posts else ""]
    return said + ([f"{TELLS}{' and '.join(filter(None, counted))}"] if mails or posts else [])


def _trouble(outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    words: dict[tuple[str, str], list[str]] = defaultdict(list)
    for flow, outcome in outcomes.items():
        if outcome.state in ("failed", "stopped"):
            words[outcome.state, outcome.words].append(flow)
    for (state, why), flows in words.items():
        yield f"{named(flows)} {'stopped before writing' if state == 'stopped' else 'could not run'}: {why}"


def named(names: Sequence[str]) -> str:
    """Return the names, of many the first and how many more there are."""
    if len(names) > _FEW:
        return f"{', '.join(names[: _FEW - 1])} and {len(names) - _FEW + 1} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _leads(before: Mapping[str, Cells], after: Mapping[str, Cells]) -> Iterator[str]:
    fresh: list[str] = []
    moved: dict[str, list[str]] = defaultdict(list)
    verdicts: dict[str, list[Cells]] = defaultdict(list)
    for row, cells in after.items():
        was, company = before.get(row, {}), str(cells.get("Company", ""))
        status, stood = cells.get("Status", ""), was.get("Status", "")
        if status != stood and status in _REFUSALS:
            verdicts[status].append(cells)
            continue
        if cells.get("Deal ID") and not was.get("Deal ID"):
            fresh.append(company)
        elif status != stood and stood not in _INTAKE:
            moved[f"{stood} → {status}"].append(company)
        if cells.get("Problem") and cells["Problem"] != was.get("Problem"):
            yield f"{company} has a problem: {cells['Problem']}"
    if fresh:
        yield f"{_many(len(fresh), 'lead')} into the CRM: {named(fresh)}"
    for status, words in _REFUSALS.items():
        if verdicts[status]:
            yield _refused(verdicts[status], words)
    for step, companies in moved.items():
        yield f"{step}: {named(companies)}"


def _refused(leads: Sequence[Cells], words: str) -> str:
    names = named([str(lead.get("Company", "a lead without a name")) for lead in leads])
    return f"{words}: {names}" + (f": {leads[0].get('Problem')}" if len(leads) == 1 else "")


def _lines(before: Mapping[str, Cells], after: Mapping[str, Cells]) -> Iterator[str]:
    made: dict[tuple[str, str], list[Cells]] = defaultdict(list)
    steps: dict[tuple[str, str], list[Cells]] = defaultdict(list)
    moved: dict[str, list[Cells]] = defaultdict(list)
    for row, cells in after.items():
        was = before.get(row)
        if was is None:
            made[str(cells.get("Client", "")), cells["Kind"]].append(cells)
        elif was.get("Status") != cells.get("Status"):
            steps[was.get("Status", "nothing"), cells["Status"]].append(cells)
        elif was.get("Amount") != cells.get("Amount"):
            moved[str(cells.get("Client", ""))].append(cells)
    for (client, kind), lines in made.items():
        what = _many(len(lines), "month") + " of commission" if kind == "commission" else _many(len(lines), kind)
        yield f"{what} for {client}: {_sum(lines)}"
    for (old, new), lines in steps.items():
        clients = list(dict.fromkeys(str(line.get("Client", "")) for line in lines))
        of = f" of {named(clients)}" if len(clients) < _FEW else ""
        yield f"{_many(len(lines), 'line')}{of} {old} → {new}: {_sum(lines)}"
    for client, lines in moved.items():
        yield f"{_many(len(lines), 'line')} of {client} now {'comes' if len(lines) == 1 else 'come'} to {_sum(lines)}"


def _sum(lines: Sequence[Cells]) -> str:
    total: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        total[line["Currency"]] += Decimal(str(line["Amount"]))
    return ", ".join(f"{shown(amount, currency)} {currency}" for currency, amount in sorted(total.items()))


def _statements(before: Mapping[str, Cells], after: Mapping[str, Cells]) -> Iterator[str]:
    issued: dict[str, list[str]] = defaultdict(list)
    for row, cells in after.items():
        was = before.get(row, {})
        if was.get("Status") != cells.get("Status"):
            issued[cells["Status"]].append(cells["Statement"])
        if cells.get("Problem") and cells["Problem"] != was.get("Problem"):
            yield f"{cells['Statement']}: {cells['Problem']}"
    for status, keys in issued.items():
        yield f"{_many(len(keys), 'statement')} {status}" + (f": {named(keys)}" if len(keys) < _FEW - 1 else "")


def _partners(before: Mapping[str, Cells], after: Mapping[str, Cells]) -> Iterator[str]:
    for row, cells in after.items():
        was = before.get(row, {})
        if cells.get("Problem") and cells["Problem"] != was.get("Problem"):
            yield f"partner {cells['Partner']}: {cells['Problem']}"
