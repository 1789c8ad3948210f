"""Death at any step: the process is killed, the flow is run again, and everything is there exactly once.

The world of the stand-ins lives in a file, the state in a database; the child that runs the flow is killed with SIGKILL
before or after each thing that it does outside, and before each commit of the store. Only the clock is faked.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import event

from worker.domain.notices import Recipient
from worker.domain.plan import Plan, Push, RowEdit, Tell
from worker.engine.apply import apply
from worker.engine.journal import Journal
from worker.engine.result import Result
from worker.engine.runs import Lease, Outcome, run_flow
from worker.engine.store import Store

from .standins import DictTracker, Postbox, StillClock, UniqueCrm, World, edit, mint, notice, push

LEADS = ("r1", "r2")
BY_SLACK, BY_EMAIL = Recipient("acme", slack_channel="C1"), Recipient("acme", email="a@x.test")
MOST_STEPS = 200


def planned(world: World) -> Plan:
    """Return what should change: keys, deals, a line for each deal, a statement of all lines; each told of once."""
    changes: list[RowEdit | Push | Tell] = []
    lines = world.table("Commissions")
    standing = {cells["Line"] for cells in lines.values()}
    for row, cells in world.table("Leads").items():
        key = str(cells.get("Lead") or f"L-{row}")
        if "Lead" not in cells:
            changes.append(mint(row, key))
        if "Deal ID" not in cells:
            changes += [push(row, key, adopt="Lead" in cells), Tell(notice(f"ack/{key}", BY_SLACK), key, "")]
        elif f"line/{key}" not in standing:
            changes.append(edit(None, f"line/{key}", "Commissions", Amount="1"))
    if len(standing) == len(LEADS) and not world.table("Statements"):
        changes += [edit(None, "S", "Statements", Status="Issued"), Tell(notice("statement/S", BY_EMAIL), "S", "")]
    return Plan(
        "all",
        tuple(c for c in changes if isinstance(c, RowEdit)),
        tuple(c for c in changes if isinstance(c, Push)),
        tuple(c for c in changes if isinstance(c, Tell)),
    )


def run(world: World, url: str, *channels: str) -> Outcome:
    """Run the flow until it has nothing more to plan."""
    tracker, clock = DictTracker(world), StillClock()
    notifiers = {channel: Postbox(world, name=channel, can_find=channel == "slack") for channel in channels}

    def work(lease: Lease) -> Result:
        while True:
            plan = planned(world)
            result = apply(
                plan, tracker=tracker, crm=UniqueCrm(world), notifiers=notifiers,
                journal=Journal(store, "acme", clock), clock=clock, guard=lease, owner=lease.token,
            )  # fmt: skip
            if not len(plan) or result.state == "waiting":
                return result

    with Store(url) as store:
        event.listen(store._engine, "commit", lambda _: world.step())
        return run_flow(store, "acme", "all", work, clock=clock)


def fresh(folder: Path) -> World:
    world = World(file=folder / "world")
    world.rows["Leads"] = {row: {} for row in LEADS}
    world.effect("begin")
    world.steps = 0
    return world


def killed_at(step: int, world: World, url: str, *channels: str) -> bool:
    """Run the flow in a child that is killed at a step; False when it came to its end before."""
    child = os.fork()
    if not child:
        status = 1
        try:
            world.die_at = step
            assert "in sync" == run(world, url, *channels).state
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert signal.SIGKILL == os.WTERMSIG(status)
        return True
    assert 0 == os.WEXITSTATUS(status)
    return False


def assert_once(world: World, at: str) -> None:
    assert ["L-r1", "L-r2"] == sorted(world.deals), at
    assert 2 == sum(line.startswith("deal ") for line in world.log), at
    for row in LEADS:
        cells = world.table("Leads")[row]
        assert (f"L-{row}", world.deals[f"L-{row}"].deal) == (cells["Lead"], cells["Deal ID"]), at
    assert (2, 1) == (len(world.table("Commissions")), len(world.table("Statements"))), at
    assert 1 == max(Counter(world.sent).values()), at


ALL = [("email", "statement/S"), ("slack", "ack/L-r1"), ("slack", "ack/L-r2")]


def test_killed_at_any_step_and_run_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever step the run died at, the next one ends with every deal, row and message there exactly once.

    Of a mail that was being sent when the run died, nobody knows; it is held for a person and not sent a second time.
    """
    for step in range(1, MOST_STEPS):
        folder = tmp_path / str(step)
        folder.mkdir()
        world, url = fresh(folder), f"sqlite:///{folder / 'state.db'}"
        died = killed_at(step, world, url, "slack", "email")
        world = World(file=world.file).load()
        at = f"killed at step {step}, after {world.log[-1]}"
        if died:
            assert run(world, url, "slack", "email").state in ("in sync", "needs attention"), at

        assert_once(world, at)
        with Store(url) as store:
            held = [(message.channel, message.notice) for message in Journal(store, "acme", StillClock()).held()]
        assert ALL == sorted({*world.sent, *held}), at
        assert {"email"} >= {channel for channel, _ in held}, at
        assert 1 >= len(held), at
        if not died:
            assert 30 < step
            return
        capsys.readouterr()
    raise AssertionError("the run has no end")


def test_killed_at_any_step_and_the_state_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same with the state deleted in between: nothing is doubled and nobody is told twice."""
    for step in range(1, MOST_STEPS):
        folder = tmp_path / str(step)
        folder.mkdir()
        world, url = fresh(folder), f"sqlite:///{folder / 'state.db'}"
        died = killed_at(step, world, url, "slack", "email")
        world = World(file=world.file).load()
        if not died:
            assert 30 < step
            return
        for file in folder.glob("state.db*"):
            file.unlink()
        at = f"killed at step {step}, after {world.log[-1]}"

        assert "in sync" == run(world, url, "slack", "email").state, at
        assert_once(world, at)
        capsys.readouterr()
    raise AssertionError("the run has no end")
