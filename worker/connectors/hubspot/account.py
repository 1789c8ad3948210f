"""What is true of the whole account and rarely changes, remembered for a while: pipelines, stages, company currency."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from worker.connectors.hubspot.api import ACCOUNT, PIPELINES, Door, Json
from worker.connectors.hubspot.errors import SERVICE
from worker.connectors.hubspot.records import Record, instant
from worker.domain.leads import Stage
from worker.ports import Clock, Memory, Refused, Unauthorised

State = Literal["open", "won", "lost"]

SHELF = "hubspot/account"
_STAGES_KEPT = timedelta(hours=1)
_CURRENCY_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A deal pipeline and its stages, in order."""

    id: str
    label: str
    stages: tuple[Stage, ...]


class Account:
    """Asks once and remembers."""

    def __init__(self, door: Door, memory: Memory, clock: Clock) -> None:
        self._door = door
        self._memory = memory
        self._clock = clock

    def details(self) -> Json:
        """Return the account as it is: portalId, timeZone, companyCurrency."""
        return self._door.get(ACCOUNT)

    def currency(self) -> str | None:
        """Return the company currency, that of amounts without their own; None where HubSpot won't say."""
        kept = self._kept("currency", _CURRENCY_KEPT)
        if kept is None:
            try:
                kept = str(self.details().get("companyCurrency") or "").upper()
            except (Refused, Unauthorised):
                kept = ""
            self._keep("currency", kept)
        return str(kept) or None

    def pipelines(self) -> Sequence[Pipeline]:
        """Return every deal pipeline; remembered for an hour."""
        kept = self._kept("pipelines", _STAGES_KEPT)
        if kept is None:
            kept = self._door.get(PIPELINES).get("results") or []
            self._keep("pipelines", kept)
        return [_pipeline(data) for data in kept if data.get("archived") is not True]

    def stages(self, pipeline: str) -> Sequence[Stage]:
        """Return the stages of a pipeline; Refused names those that exist when it isn't one of them."""
        every = self.pipelines()
        found = next((p for p in every if p.id == pipeline), None)
        if found is None:
            names = ", ".join(f"{p.id} ({p.label})" for p in every) or "none"
            text = f'there is no deal pipeline "{pipeline}": set [crm.hubspot] pipeline to one of {names}'
            raise Refused(SERVICE, text, "NO_PIPELINE", "pipeline")
        return found.stages

    def won_stages(self) -> frozenset[str]:
        """Return the ids of all stages of all pipelines in which a deal is won."""
        return frozenset(s.id for p in self.pipelines() for s in p.stages if s.state == "won")

    def judge(self) -> Callable[[Record], State]:
        """Return what tells where a deal stands: by HubSpot's flags, else by its stage; asks for stages only then."""
        stages: dict[str, State] = {}

        def state(deal: Record) -> State:
            said = flagged(deal)
            if said is None and not stages:
                stages.update(_states(self.pipelines()))
            return said or stages.get(deal.text("dealstage"), "open")

        return state

    def recalled(self) -> dict[str, State]:
        """Return what is remembered of stages, however old; asks nothing."""
        text = self._memory.load(SHELF).get("pipelines")
        return _states([_pipeline(data) for data in json.loads(text)["value"]]) if text else {}

    def _kept(self, name: str, age: timedelta) -> Any:
        text = self._memory.load(SHELF).get(name)
        kept = json.loads(text) if text else {}
        at = instant(str(kept.get("at") or ""))
        return kept.get("value") if at and timedelta() <= self._clock.now() - at < age else None

    def _keep(self, name: str, value: Any) -> None:
        text = json.dumps({"at": self._clock.now().isoformat(), "value": value}, default=str)
        self._memory.save(SHELF, {name: text})


def flagged(deal: Record) -> State | None:
    """Return where a deal stands by HubSpot's own flags; None where they are not filled."""
    won, lost, closed = (deal.flag(f"hs_is_closed{end}") for end in ("_won", "_lost", ""))
    if won:
        return "won"
    if lost or (closed and won is False):
        return "lost"
    return "open" if won is False and (closed is False or lost is False) else None


def _states(pipelines: Iterable[Pipeline]) -> dict[str, State]:
    return {stage.id: stage.state for pipeline in pipelines for stage in pipeline.stages}


def _pipeline(data: Json) -> Pipeline:
    stages = [s for s in data.get("stages") or () if s.get("archived") is not True]
    stages.sort(key=lambda s: int(s.get("displayOrder") or 0))
    return Pipeline(str(data["id"]), str(data.get("label") or ""), tuple(_stage(s, str(data["id"])) for s in stages))


def _stage(data: Json, pipeline: str) -> Stage:
    return Stage(str(data["id"]), str(data.get("label") or ""), pipeline, stage_state(data.get("metadata") or {}))


def stage_state(metadata: Json) -> State:
    """Return what a stage's metadata (texts) says: closed with probability 1.0 is won, any other closed is lost."""
    try:
        probability = Decimal(str(metadata.get("probability", "")).strip())
    except InvalidOperation:
        probability = None
    closed = str(metadata.get("isClosed") or "").strip().lower()
    if closed == "false" or (not closed and probability not in (0, 1)):
        return "open"
    return "won" if probability == 1 else "lost"
