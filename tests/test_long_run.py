"""`quarterday start` for real: a process of its own, on the machine's clock, ended by SIGTERM.

Every flow is due when it starts. The worker keeps the services' limits, so that a test takes some seconds.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.flows.conftest import ROOT, Desk, desk, tracker, world
from worker.long_run import run_once
from worker.sandbox.server import Request
from worker.sandbox.world import World
from worker.upkeep import report

__all__ = ["desk", "tracker", "world"]

PATIENCE = 60.0  # seconds until a test gives up waiting for what should be there in two
SECONDS_TO_END = 15.0  # a batch in hand is finished within


@pytest.fixture
def hasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A programme on a sandbox in which real time passes; leads are looked at all the time, and not twice."""
    with World(datetime.now(UTC), running=True) as world:
        for name, value in world.environment().items():
            monkeypatch.setenv(name, value)
        desk = Desk(world, tmp_path)
        desk.set_up()
        schedule = desk.rules / "schedule.toml"
        text = re.sub(r'(?m)^every = "1m"$', 'every = "2s"', schedule.read_text(encoding="utf-8"))
        schedule.write_text(re.sub(r'(?m)^jitter = ".*"$', "", text), encoding="utf-8")
        intake = desk.rules / "intake.toml"
        text = intake.read_text(encoding="utf-8").replace("settle_seconds = 5", "settle_seconds = 0")
        intake.write_text(text, encoding="utf-8")
        world.hubspot.search_lag = timedelta(seconds=0)
        world.airtable.limits = False  # an answer that comes a hair too early would cost half a minute
        world.slack.add_channel("C0NORTHSTAR", "north-star")
        desk.partner("North Star", **{"Slack channel": "C0NORTHSTAR"})
        yield desk


@contextmanager
def started(desk: Desk) -> Iterator[subprocess.Popen[str]]:
    """Start the worker; whatever happens, it is gone at the end."""
    command = [sys.executable, "-m", "worker", "--config", str(desk.config), "start"]
    log = (desk.folder / "worker.log").open("a")
    child = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "QUARTERDAY_LOG": "info"}, stdout=log, stderr=log, text=True
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.wait(timeout=10)
        log.close()


def until(there: Callable[[], bool]) -> None:
    """Wait until something is so."""
    tick, deadline = threading.Event(), time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < deadline, "it never came"
        tick.wait(0.05)


def ended(child: subprocess.Popen[str]) -> int:
    """Ask the worker to end, and return its exit code; it has seconds for that."""
    child.send_signal(signal.SIGTERM)
    return child.wait(timeout=SECONDS_TO_END)


def pushed(desk: Desk) -> int:
    """Return how many leads show their deal."""
    return sum("Deal ID" in row for row in desk.rows("Leads"))


def add_leads(desk: Desk, count: int) -> None:
    """Add leads of as many companies at once."""
    desk.world.airtable.add_rows("Leads", [
        {"Partner": "North Star", "Company": f"Company {n}", "Website": f"company-{n}.test",
         "Email": f"jo@company-{n}.test"}
        for n in range(count)
    ], source="formSubmission")  # fmt: skip


def assert_once(desk: Desk, count: int) -> None:
    """Assert that every lead has one deal, company and contact, and was acknowledged once by each channel."""
    world = desk.world
    posts = Counter(p["metadata"]["event_payload"]["key"] for p in world.slack.messages("C0NORTHSTAR"))

    assert count == pushed(desk) == len(world.hubspot.deals())
    assert count == len(world.hubspot.companies()) == len(world.hubspot.contacts())
    assert {1} == set(posts.values())
    assert count == len(posts)
    assert count == len(world.mail.received) == len({letter.raw for letter in world.mail.received})


def test_start_works_until_it_is_stopped(hasty: Desk) -> None:
    """The long-running worker takes up what comes in, runs every flow on its clock, and SIGTERM ends it with 0."""
    with started(hasty) as child:
        add_leads(hasty, 1)
        until(lambda: pushed(hasty) == 1 and len(hasty.world.mail.received) == 1)
        until(lambda: succeeded(hasty) == {"intake", "stages", "commissions", "cash", "statements", "settle", "sweep"})
        code = ended(child)

    assert 0 == code
    assert_once(hasty, 1)
    log = (hasty.folder / "worker.log").read_text(encoding="utf-8")
    assert "schedule.stopped" in log
    assert "Traceback" not in log


def succeeded(desk: Desk) -> set[str]:
    """Return the flows that got through at least once."""
    with desk.app() as app:  # `status` would ask the tracker as well, and take the worker's calls from it
        return {flow.flow for flow in report(app).flows if flow.succeeded_at}


def test_stopped_in_the_middle(hasty: Desk) -> None:
    """SIGTERM in the middle of a push finishes the batch in hand: what is in the CRM is written back in the end."""
    add_leads(hasty, 20)
    stop = threading.Event()

    def look(request: Request) -> None:
        if request.path.endswith("companies/batch/create") and not stop.is_set():
            child.send_signal(signal.SIGTERM)
            stop.set()

    with started(hasty) as child:
        hasty.world.servers["hubspot"].before.append(look)
        until(stop.is_set)
        code = child.wait(timeout=SECONDS_TO_END)

    assert 0 == code
    assert 20 == len(hasty.world.hubspot.deals()) == pushed(hasty)
    outcome = hasty.run("intake")["intake"]
    assert ("in sync", "") == (outcome.state, outcome.words)
    assert_once(hasty, 20)


def test_two_processes_on_one_state(hasty: Desk) -> None:
    """Two workers that share one state take turns: nothing is made or sent twice."""
    with started(hasty) as one, started(hasty) as other:
        for n in range(4):
            hasty.lead("North Star", f"Client {n}")
            threading.Event().wait(0.5)
        until(lambda: pushed(hasty) == 4 and len(hasty.world.mail.received) == 4)
        until(lambda: len(hasty.world.slack.messages("C0NORTHSTAR")) == 4)
        codes = [ended(one), ended(other)]

    assert [0, 0] == codes
    assert_once(hasty, 4)


def test_a_stage_without_a_status(desk: Desk) -> None:
    """A stage without a status stops the flows that need it, as `status` says; the worker goes on with the others."""
    desk.world.hubspot.add_stage("default", "Legal review", "0.5")
    with desk.app() as app:
        for flow in ("settle", "stages", "cash"):
            run_once(app, flow)

    health = desk.command("status", "--json").json["flows"]
    assert {"settle": "in sync", "stages": "stopped", "cash": "stopped"} == {f: h["state"] for f, h in health.items()}
    assert "Legal review" in health["stages"]["words"]
    assert "stages.toml" in health["stages"]["words"]
