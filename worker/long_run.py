"""The long-running worker: every flow on its clock until SIGTERM, which finishes the batch in hand and ends."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from worker.app import App
from worker.engine.runs import Outcome
from worker.engine.schedule import Schedule, Timing, stop_on_signals
from worker.rules import FlowTime
from worker.toml_reader import RulesError

log = structlog.get_logger()


def timings(flows: dict[str, FlowTime]) -> list[Timing]:
    """Translate rules/schedule.toml into firings."""
    found = []
    for flow, when in flows.items():
        jitter = when.jitter.total_seconds()
        if when.every is not None:
            found.append(Timing(flow, every=when.every.total_seconds(), jitter=jitter))
        elif when.at is not None:
            found.append(Timing(flow, cron=f"{when.at.minute} {when.at.hour} * * *", jitter=jitter))
    return found


def work(app: App) -> int:
    """Run every flow when it is due; return the exit code once asked to stop."""
    stop_on_signals(app.stop)
    schedule = Schedule(
        app.store, app.config.programme.name, timings(dict(app.schedule.flows)), lambda flow: run_once(app, flow),
        clock=app.clock, zone=app.config.programme.time_zone, stop=app.stop,
    )  # fmt: skip
    schedule.serve()
    return 0


def run_once(app: App, flow: str) -> None:
    """Run one flow; what went wrong stands in the log and in `status`, and never ends the worker."""
    try:
        for outcome in _outcomes(app, flow):
            if outcome.state not in ("in sync",):
                log.info("flow.left", flow=flow, state=outcome.state, words=outcome.words)
    except Exception:
        log.exception("flow.not_run", flow=flow)


def _outcomes(app: App, flow: str) -> Iterable[Outcome]:
    try:
        return app.run([flow]).values()
    except RulesError as error:
        return [app.refuse(flow, error)]
