"""rules/*.toml and rules/messages → frozen values. Every fault of every file is reported at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta
from pathlib import Path

from worker.commission_rules import load_commissions, load_statements
from worker.domain.plans import Policy
from worker.domain.policy import IntakeRules, Rules, StageRules
from worker.domain.tables import LEAD_STATUSES, LEADS
from worker.messages import Messages
from worker.rate_rules import load_rates
from worker.toml_reader import Fault, RulesError, Section, load

FLOWS = ("intake", "stages", "commissions", "cash", "statements", "settle", "sweep")

_DURATION = re.compile(r"(\d+)\s*([smhd])\Z")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class FlowTime:
    """When a flow runs: every so often, or at a time of day in the programme's zone; `jitter` delays the start."""

    every: timedelta | None
    at: time | None
    jitter: timedelta


@dataclass(frozen=True, slots=True)
class ScheduleRules:
    """The clock of the worker, the hours in which nobody is told anything, and how long a run waits for limits."""

    flows: Mapping[str, FlowTime]
    quiet: tuple[time, time] | None
    deadline: timedelta
    keep_activity: int  # rows of the Activity table that the sweep leaves


def duration(section: Section, name: str, default: str) -> timedelta:
    """Read a length of time, as "90s", "15m", "1h"."""
    written = section.text(name, default)
    found = _DURATION.match(written.strip())
    if not found:
        section.fault(name, f"is {written!r}", 'Write a length of time, as "90s", "15m" or "1h".')
        found = _DURATION.match(default)
    assert found is not None
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def _time_of_day(section: Section, name: str) -> time | None:
    written = section.text(name)
    if not written:
        return None
    try:
        return time.fromisoformat(written)
    except ValueError:
        section.fault(name, f"is {written!r}", 'Write a time of day, as "06:00".')
        return None


def load_intake(root: Section) -> IntakeRules:
    """Read rules/intake.toml."""
    plain = IntakeRules()
    own = {c.name for c in LEADS.columns if c.owner == "P"}
    required = root.texts("required", plain.required)
    for column in required:
        if column not in own:
            root.fault("required", f"names {column!r}", f"Use columns that partners fill: {', '.join(sorted(own))}.")
    for needed in ("Partner", "Company", "Email"):
        if needed not in required:
            root.fault("required", f"leaves out {needed!r}", "A deal can't be made without it: add it.")
    part = root.section("longest")
    longest = {column: part.whole(column, 255, least=1) for column in part.names() if column in own}
    part.close(sorted(own))
    country = root.text("default_country", plain.default_country)
    if not (len(country) == 2 and country.isupper()):
        root.fault("default_country", f"is {country!r}", 'Write the two letters of a country, as "GB".')
    rules = IntakeRules(
        required=required,
        settle_seconds=root.whole("settle_seconds", plain.settle_seconds),
        claim_days=root.whole("claim_days", plain.claim_days),
        lost_frees_claim=root.truth("lost_frees_claim", plain.lost_frees_claim),
        refuse_customers=root.truth("refuse_customers", plain.refuse_customers),
        refuse_open_deals=root.truth("refuse_open_deals", plain.refuse_open_deals),
        default_country=country,
        longest=longest,
        free_mail=frozenset(host.lower() for host in (*root.texts("free_mail"), *root.texts("shared_hosts"))),
    )
    root.close()
    return rules


def load_stages(root: Section) -> StageRules:
    """Read rules/stages.toml; whether it is total is known once the CRM's pipeline is read (`untold_stages`)."""
    part = root.section("stages")
    statuses = {stage: part.text(stage) for stage in part.names()}
    part.close()
    if not statuses:
        root.fault("stages", "names no stage", 'Write one line a stage, as closedwon = "Won".')
    taken = {*LEAD_STATUSES}
    for stage, status in statuses.items():
        if not status.strip() or status in taken:
            part.fault(stage, f"is {status!r}", f"Write a status other than {', '.join(LEAD_STATUSES)}.")
    tell = root.texts("tell")
    for status in tell:
        if status not in statuses.values():
            root.fault("tell", f"names {status!r}, which no stage has", "Write a status that stands under [stages].")
    root.close()
    return StageRules(statuses, frozenset(tell))


def load_schedule(root: Section) -> ScheduleRules:
    """Read rules/schedule.toml."""
    flows: dict[str, FlowTime] = {}
    for flow in FLOWS:
        if not root.has(flow):
            root.fault(flow, "is missing", f'Add [{flow}] with every = "15m" or at = "06:00".')
            continue
        part = root.section(flow)
        every = duration(part, "every", "1h") if part.has("every") else None
        at = _time_of_day(part, "at")
        if (every is None) == (at is None):
            part.fault("", "needs exactly one of every and at", 'Write every = "15m" or at = "06:00".')
        if every is not None and every <= timedelta():
            part.fault("every", "is nothing", 'Write at least "1s".')
        flows[flow] = FlowTime(every, at, duration(part, "jitter", "0s"))
        part.close(("every",))
    quiet = root.section("quiet")
    start, end = _time_of_day(quiet, "from"), _time_of_day(quiet, "to")
    if (start is None) != (end is None):
        quiet.fault("", "needs both from and to, or neither", 'Write from = "20:00" and to = "07:00".')
    quiet.close()
    budget = root.section("budget")
    deadline = duration(budget, "deadline", "120s")
    budget.close()
    activity = root.section("activity")
    keep = activity.whole("keep", 2000, least=100)
    activity.close()
    root.close()
    return ScheduleRules(flows, (start, end) if start and end else None, deadline, keep)


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """All files of rules/, read."""

    rules: Rules
    schedule: ScheduleRules
    words: Messages


def _with_rates(file: Path, policy: Policy, faults: list[Fault]) -> Policy:
    """Read the rates where conversion needs them; a file that nobody needs is checked all the same."""
    rules = policy.conversion
    if rules is None and not file.exists():
        return policy
    found = load_rates(load(file, faults, absent="[policy.conversion] needs it: source, and [[rate]] by day and pair."))
    return replace(policy, conversion=replace(found, on=rules.on)) if rules is not None else policy


def load_rules(folder: Path, programme: str) -> LoadedRules:
    """Read and check every file of the folder; RulesError with every fault."""
    faults: list[Fault] = []
    if not folder.is_dir():
        raise RulesError(
            [Fault(str(folder), "", "is not a folder", "Name the folder of the rules in programme.rules.")]
        )
    intake = load_intake(load(folder / "intake.toml", faults))
    stages = load_stages(load(folder / "stages.toml", faults))
    plans, policy = load_commissions(load(folder / "commissions.toml", faults))
    policy = load_statements(load(folder / "statements.toml", faults), policy)
    policy = _with_rates(folder / "rates.toml", policy, faults)
    schedule = load_schedule(load(folder / "schedule.toml", faults))
    words = Messages(folder / "messages", programme)
    faults += words.faults(folder / "messages")
    if faults:
        raise RulesError(faults)
    return LoadedRules(Rules(intake, stages, plans, policy), schedule, words)
