"""Builds everything from config and rules, plans and runs flows: the only file that knows every other.

An App lives as long as its command (or the worker). A round is one reading of the world that the flows of one command
share: what nothing changed in is asked for once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog

from worker.alarm import tell_staff
from worker.approvals import Approval, approval, moved_since, refused, remember
from worker.config import load_config
from worker.domain.months import Period
from worker.domain.plan import Plan, RowEdit
from worker.domain.tables import ACTIVITY, LEAD_STATUSES
from worker.engine.activity import trim
from worker.engine.apply import apply, silent
from worker.engine.clock import FixedClock, SystemClock
from worker.engine.journal import Journal
from worker.engine.kept import KeptCells
from worker.engine.memory import StoreMemory
from worker.engine.pace import Pacer
from worker.engine.result import Result
from worker.engine.row_counts import RowCounts
from worker.engine.rows import Progress
from worker.engine.runs import Lease, Outcome, health, run_flow
from worker.engine.store import Store
from worker.flows import FLOWS
from worker.planning.guards import locks, with_stopped
from worker.ports import Clock, Notifier, ServiceError, UnsafePlan
from worker.programme import Programme, StagesWithoutStatus, checked_stages
from worker.rules import LoadedRules, ScheduleRules, load_rules
from worker.services import Services, build_notifiers, build_services
from worker.settings import Config
from worker.toml_reader import ConfigError, Fault, FaultyFiles, RulesError

log = structlog.get_logger()

DEFAULT_FLOWS = ("intake", "stages", "commissions", "cash", "statements", "settle")  # sweep only when named
_WITH_STAGES = frozenset({"intake", "stages", "commissions", "cash", "sweep"})
# These write the same rows, so they take turns, over all processes.
_MONEY = frozenset({"commissions", "cash", "statements", "settle", "sweep"})
_LINES = ("commissions", "cash")  # these bring the lines up to date
_ALARMING = ("failed", "stopped")
_BETWEEN_TRIES = 2.0  # seconds until we ask again whether it is our turn
_PASSES = 4  # a flow is planned again while its own writes bring more to do: keys, then drafts, then issued


def load(path: Path) -> tuple[Config, LoadedRules]:
    """Read config and rules; ConfigError with the faults of both."""
    faults: list[Fault] = []
    config: Config | None = None
    rules: LoadedRules | None = None
    try:
        config = load_config(path)
    except FaultyFiles as error:
        faults += error.faults
    folder = config.programme.rules if config else path.parent / "rules"
    if config or folder.is_dir():
        try:
            rules = load_rules(folder, config.programme.name if config else "")
        except FaultyFiles as error:
            faults += error.faults
    if faults or config is None or rules is None:
        raise ConfigError(faults)
    return config, rules


@dataclass(frozen=True, slots=True)
class Planned:
    """The plans of flows, and in words why others could not be planned; `losses` approve rows that are gone."""

    plans: dict[str, Plan]
    failures: dict[str, str]
    losses: dict[str, str]  # flow → digest


class App:
    """A programme, ready to work; use it as a context manager."""

    def __init__(
        self, config: Config, loaded: LoadedRules, *, as_of: datetime | None = None,
        stop: threading.Event | None = None, clock: Clock | None = None,
    ) -> None:  # fmt: skip
        """Open the state; `as_of` fixes the clock of one run, `stop` cuts long waits short, `clock` is for tests."""
        self.config = config
        self.loaded = loaded
        self.stop = stop or threading.Event()
        self._ahead = as_of is not None  # a day that may not have come is looked at
        self.clock: Clock = clock or (FixedClock(as_of, self.stop) if as_of else SystemClock(self.stop))
        self.store = Store(config.programme.state)
        self.caller = Pacer(self.store, self.clock, patience=loaded.schedule.deadline.total_seconds())
        self.journal = Journal(self.store, config.programme.name, self.clock)
        self.memory = StoreMemory(self.store, f"{config.programme.name}/flows")
        self._notifiers: dict[str, Notifier] | None = None

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        for notifier in (self._notifiers or {}).values():
            notifier.close()
        self.store.close()

    @property
    def schedule(self) -> ScheduleRules:
        """Return when flows run."""
        return self.loaded.schedule

    # ---- what is built ----------------------------------------------------------------------------------------------

    def services(self) -> Services:
        """Build fresh connectors: the beginning of a round."""
        return build_services(self.config, self._statuses(), store=self.store, caller=self.caller, clock=self.clock)

    def notifiers(self) -> Mapping[str, Notifier]:
        """Return the configured ways to tell people, by channel; one object each for the app's life."""
        if self._notifiers is None:
            self._notifiers = build_notifiers(self.config, store=self.store, caller=self.caller, clock=self.clock)
        return self._notifiers

    def _statuses(self) -> Sequence[str]:
        """Return every status that a lead can have."""
        return tuple(dict.fromkeys((*LEAD_STATUSES, *self.loaded.rules.stages.statuses.values())))

    def programme(self, services: Services) -> Programme:
        """Put one round together."""
        programme = self.config.programme
        return Programme(
            tracker=services.tracker, crm=services.crm, ledger=services.ledger, rules=self.loaded.rules,
            words=self.loaded.words, memory=self.memory, kept=KeptCells(self.memory, self.clock),
            counts=RowCounts(self.memory), clock=self.clock, now=self.clock.now(), zone=programme.time_zone,
            currency=programme.currency, first_stage=self.config.hubspot.stage, told=self.told, read={},
        )  # fmt: skip

    def told(self, notice: str) -> str | None:
        """Return how far a notice is: None (unknown), intended (its row not written), pending, held, sent or skipped.

        Where nothing is known, what `retry` ordered counts.
        """
        states = set(self.journal.states([notice]).values())
        if not states:
            return self.memory.load("retries").get(notice)
        if states == {"intended"}:
            return "intended"
        if "held" in states:
            return "held"
        if states <= {"sent", "skipped"}:
            return "sent" if "sent" in states else "skipped"
        return "pending"

    # ---- what is done -----------------------------------------------------------------------------------------------

    def plan(self, flows: Sequence[str], *, period: Period | None = None) -> Planned:
        """Plan flows and write nothing but a note of what was shown; one flow's failure never hides another's plan."""
        programme = replace(self.programme(self.services()), look_twice=False, period=period, ahead=self._ahead)
        planned = self._planned(flows, programme)
        remember(programme, planned.plans)
        return planned

    def _planned(self, flows: Sequence[str], programme: Programme) -> Planned:
        planned = Planned({}, {}, {})
        for flow in flows:
            try:
                if flow in _WITH_STAGES:
                    self.check_stages(programme)
                plan = FLOWS[flow](replace(programme, first=_first(planned.plans)))
                planned.plans[flow] = self._with_stopped(plan, planned.plans)
            except (ServiceError, UnsafePlan) as error:
                planned.failures[flow] = str(error)
                if isinstance(error, UnsafePlan):
                    planned.losses[flow] = error.digest
        return planned

    def run(
        self, flows: Sequence[str], *, approve: str | None = None, period: Period | None = None,
        progress: Progress = silent,
    ) -> dict[str, Outcome]:  # fmt: skip
        """Run flows one after the other over one reading; one flow's failure never stops another.

        With `approve` nothing is written unless the plan is the one with that digest.
        """
        approved = self._approved(flows, approve, period) if approve else Approval()
        if not isinstance(approved, Approval):
            return approved
        programme = replace(self.programme(self.services()), period=period, approve=approve)
        if _WITH_STAGES.intersection(flows):
            self.check_stages(programme)
        outcomes: dict[str, Outcome] = {}
        for flow in flows:
            if self.stop.is_set():
                break
            outcomes[flow] = self._run_one(flow, partial(self._carry_out, flow, programme, approved, progress))
        return outcomes

    def refuse(self, flow: str, error: RulesError) -> Outcome:
        """Note that a flow can't run before a person mends the rules, for `status` and the staff to see."""

        def work(_lease: Lease) -> Result:
            raise UnsafePlan([str(fault) for fault in error.faults])

        return self._run_one(flow, work)

    def _run_one(self, flow: str, work: Callable[[Lease], Result]) -> Outcome:
        name = self.config.programme.name
        ailing = {h.flow for h in health(self.store, name) if h.state in _ALARMING}
        turn = "money" if flow in _MONEY else None
        until = self.clock.seconds() + self.schedule.deadline.total_seconds()
        outcome = run_flow(self.store, name, flow, work, clock=self.clock, turn=turn)
        while outcome.state == "busy" and turn and self.clock.seconds() < until and not self.stop.is_set():
            self.clock.sleep(_BETWEEN_TRIES)
            outcome = run_flow(self.store, name, flow, work, clock=self.clock, turn=turn)
        if outcome.state in _ALARMING and flow not in ailing:
            self._alarm(outcome)
        return outcome

    def _alarm(self, outcome: Outcome) -> None:
        slack = self.config.slack
        if slack is not None and slack.staff_channel:
            name = self.config.programme.name
            tell_staff(outcome, name, slack.staff_channel, self.notifiers()["slack"], self.journal, self.clock)

    def _carry_out(
        self, flow: str, programme: Programme, approved: Approval, progress: Progress, lease: Lease
    ) -> Result:
        """Plan and apply, and again while the writes themselves bring more to do (a statement: draft, told, issued)."""
        results: list[Result] = []
        plans: list[Plan] = []
        for _ in range(_PASSES):
            plan = self._with_stopped(FLOWS[flow](programme), {})
            plans.append(plan)
            self._let_through(plan, replace(approved, exactly={}) if results else approved, programme)
            results.append(
                apply(
                    plan, tracker=programme.tracker, crm=programme.crm, notifiers=self.notifiers(),
                    journal=self.journal, clock=self.clock, guard=lease, owner=lease.token,
                    stopping=self.stop.is_set, approve=next(iter(approved.digests & {plan.digest()}), None),
                    quiet=self.is_quiet(), progress=progress, kept=programme.kept,
                )
            )  # fmt: skip
            moved = plan.edits or results[-1].counts["told"]
            if flow != "statements" or not moved or results[-1].errors or self.stop.is_set():
                break
        if flow == "sweep" and ACTIVITY.name not in programme.tracker.read_sound(()).faults:
            trim(programme.tracker, self.schedule.keep_activity)
        return summed(flow, results, plans)

    def _with_stopped(self, plan: Plan, plans: Mapping[str, Plan]) -> Plan:
        """Return a plan as it is, unless it locks lines while a flow of lines is stopped.

        Such a flow is known by its plan where that was made too, else by how it last ran.
        """
        if not locks(plan):
            return plan
        last = {h.flow: h.state == "stopped" for h in health(self.store, self.config.programme.name)}
        return with_stopped(plan, [f for f in _LINES if (bool(plans[f].saw) if f in plans else last.get(f))])

    def is_quiet(self) -> bool:
        """Tell whether nobody is to be told anything at this hour."""
        if self.schedule.quiet is None:
            return False
        start, end = self.schedule.quiet
        hour = self.clock.now().astimezone(self.config.programme.time_zone).time()
        return start <= hour < end if start <= end else hour >= start or hour < end

    def check_stages(self, programme: Programme) -> None:
        """Refuse to work with rules that leave a stage without a status; a CRM that is down is the flow's to tell."""
        try:
            checked_stages(programme)
        except StagesWithoutStatus as error:
            file = str(self.config.programme.rules / "stages.toml")
            raise RulesError([
                Fault(file, f"stages.{stage.id}", f"is missing: the pipeline has the stage “{stage.label}”",
                      f'Add {stage.id} = "…" with the status that partners see.')
                for stage in error.stages
            ]) from error  # fmt: skip
        except ServiceError:
            log.info("stages.unread")

    def _approved(self, flows: Sequence[str], approve: str, period: Period | None) -> Approval | dict[str, Outcome]:
        """Return what a person's `--approve` lets through; where it names no present plan, how that ends each flow."""
        programme = replace(self.programme(self.services()), look_twice=False, period=period, ahead=self._ahead)
        planned = self._planned(flows, programme)
        found = approval(planned.plans, planned.losses.values(), approve)
        if found is not None:
            return found
        outcomes = {
            flow: Outcome(flow, "stopped", one.words, 0.0, difference=one.difference)
            for flow, one in refused(programme, planned.plans, approve).items()
        }
        remember(programme, planned.plans)
        return outcomes | {
            flow: Outcome(flow, "stopped" if flow in planned.losses else "failed", words, 0.0)
            for flow, words in planned.failures.items()
        }

    def _let_through(self, plan: Plan, approved: Approval, programme: Programme) -> None:
        """Stop a plan that a guard objects to, or that is not the one approved; the next `--approve` may name it."""
        digest, wanted = plan.digest(), approved.exactly.get(plan.flow)
        if wanted not in (None, digest):
            raise UnsafePlan([moved_since(programme, plan, wanted or "")])
        if plan.saw and digest not in approved.digests:
            remember(programme, {plan.flow: plan})
            raise UnsafePlan((*plan.saw, f"`quarterday run {plan.flow} --approve {digest}` does exactly this plan"))


def _first(plans: Mapping[str, Plan]) -> Sequence[RowEdit] | None:
    """Return what these plans write before another flow runs, once let through; None where none is of the lines."""
    of_lines = [plans[flow] for flow in _LINES if flow in plans]
    return [edit for plan in of_lines for edit in plan.edits] if of_lines else None


def summed(flow: str, results: Sequence[Result], plans: Sequence[Plan]) -> Result:
    """Put the passes of one run together; what is left over is what the last one left.

    What a plan only notes is for a person to look at as well; what it remarks is not.
    """
    last = results[-1]
    counts = {name: sum(r.counts.get(name, 0) for r in results) for name in last.counts}
    counts["waiting"] = last.counts.get("waiting", 0)
    said = [words for plan in plans for words in (*plan.notes, *plan.remarks)]
    problems = tuple(dict.fromkeys([*(p for r in results for p in r.problems), *said]))
    errors = tuple(dict.fromkeys(e for r in results for e in r.errors))
    attention = any(r.state == "needs attention" for r in results) or any(plan.notes for plan in plans)
    attention = attention and last.state == "in sync"
    return Result(flow, "needs attention" if attention else last.state, counts, problems, errors)
