"""kill -9 in the middle: a real process is killed at its n-th request, then the flow is run again to the end.

The moments are those at which something stands in one service and not yet in another, on Airtable as the tracker.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.flows.conftest import Desk
from tests.flows.deaths import (
    FEW,
    Death,
    Killer,
    asks,
    assert_issued_once,
    assert_lines_once,
    assert_nothing_to_do,
    assert_once,
    assert_statements_once,
    doubled,
    fill,
    killer,
    mails,
    posts,
    statement_day,
    statement_mails,
    won,
)
from tests.flows.worker_process import process
from worker.sandbox.server import Request

__all__ = ["killer"]
MANY = 200
SEED = 2026

# ---- two hundred leads ----------------------------------------------------------------------------------------------


def moments() -> list[Any]:
    """Return ten moments of a run of two hundred leads, one in each of its parts, drawn by the seed."""
    chance = random.Random(SEED)
    parts: list[tuple[str, str, Callable[[Request], bool], int, int]] = [
        ("reading", "airtable", asks("GET"), 2, 10),
        ("keys", "airtable", asks("PATCH"), 2, 21),
        ("end of keys", "airtable", asks("PATCH"), 19, 21),
        ("search", "hubspot", asks("POST", "companies/search"), 1, 2),
        ("companies", "hubspot", asks("POST", "companies/batch/create"), 1, 2),
        ("contacts", "hubspot", asks("POST", "contacts/batch/create"), 1, 2),
        ("deals", "hubspot", asks("POST", "deals/batch/create"), 1, 2),
        ("write-back", "airtable", asks("PATCH"), 22, 41),
        ("messages", "slack", asks("POST", "chat.postMessage"), 1, 50),
        ("activity", "airtable", asks("POST"), 2, 9),
    ]
    return [
        pytest.param(Death(service, fits, chance.randint(first, last), carried_out=chance.random() < 0.5), id=name)
        for name, service, fits, first, last in parts
    ]


@pytest.mark.slow
@pytest.mark.parametrize("forget", [False, True], ids=["state kept", "state deleted"])
@pytest.mark.parametrize("death", moments())
def test_two_hundred_leads(desk: Desk, killer: Killer, death: Death, forget: bool) -> None:
    """A run of 200 leads that is killed and run again makes 200 deals, and doubles nothing; without its state too."""
    fill(desk, MANY)

    again = killer.run_again(desk, "intake", replace(death), forget=forget)

    assert ("in sync", "") == (again.state, again.words)
    assert_nothing_to_do(desk, "intake")
    assert_once(desk, MANY)
    if not forget:
        assert MANY == len({notice for _, notice in mails(desk.world) if "/lead/" in notice})
        assert MANY // 4 == len(posts(desk.world))


def test_many_deaths_of_one_run(desk: Desk, killer: Killer) -> None:
    """A run that dies five times over, some of them without its state, comes to the same end as one that lives."""
    chance = random.Random(SEED)
    fill(desk, FEW)
    anything = asks("")

    for _ in range(5):
        service = chance.choice(["airtable", "airtable", "hubspot", "slack"])
        death = Death(service, anything, chance.randint(1, 6), carried_out=chance.random() < 0.5)
        assert killer.run(desk, "intake", death=death) in (0, -signal.SIGKILL)
        if chance.random() < 0.3:
            desk.forget()
        desk.later(minutes=3)
    again = desk.run("intake")["intake"]

    assert ("in sync", "") == (again.state, again.words)
    assert_once(desk, FEW)


@pytest.mark.parametrize("forget", [False, True], ids=["state kept", "state deleted"])
def test_death_while_the_relay_answers(desk: Desk, killer: Killer, forget: bool) -> None:
    """A mail that the relay took as the worker died is never sent again: it is held for a person."""
    fill(desk, FEW)

    assert -signal.SIGKILL == killer.killed_by_mail(desk, "intake")
    taken = mails(desk.world)
    if forget:
        desk.forget()
    desk.later(minutes=3)
    again = desk.run("intake")["intake"]

    held = [] if forget else [notice for _, notice in taken if "/lead/" in notice]
    assert held == [message.notice for message in desk.held()]
    assert ("in sync" if forget else "needs attention") == again.state
    assert_once(desk, FEW)


@pytest.mark.parametrize("carried_out", [False, True], ids=["before it was posted", "after it was posted"])
def test_death_while_slack_answers(desk: Desk, killer: Killer, carried_out: bool) -> None:
    """A post that was under way as the worker died is looked for, and sent only if Slack never had it."""
    fill(desk, FEW)

    again = killer.run_again(desk, "intake", Death("slack", asks("POST", "chat.postMessage"), 3, carried_out))

    assert "in sync" == again.state
    assert FEW // 4 == len(posts(desk.world))
    assert_once(desk, FEW)


# ---- money ----------------------------------------------------------------------------------------------------------


def in_table(desk: Desk, table: str) -> str:
    """Return the id of a table, which is what stands in paths."""
    found = desk.world.airtable.table(table)
    assert found is not None
    return found.id


@pytest.mark.parametrize(
    ("carried_out", "forget"), [(False, False), (True, False), (True, True)], ids=["before", "after", "state deleted"]
)
def test_death_while_lines_are_made(desk: Desk, killer: Killer, carried_out: bool, forget: bool) -> None:
    """Lines that stand when the worker dies are found again by their keys, and the others are made."""
    won(desk)
    upsert = asks("PATCH", in_table(desk, "Commissions"))

    assert -signal.SIGKILL == killer.run(desk, "commissions", death=Death("airtable", upsert, 4, carried_out))
    assert 10 * (4 if carried_out else 3) == len(desk.rows("Commissions"))
    if forget:
        desk.forget()
    desk.later(minutes=3)
    again = desk.run("commissions")["commissions"]

    assert "in sync" == again.state
    assert_lines_once(desk)


STATEMENT_DEATHS = {
    "locks": ("airtable", "PATCH", "Commissions", 2),
    "drafts": ("airtable", "PATCH", "Statements", 1),
    "posts": ("slack", "POST", "chat.postMessage", 1),
    "issued": ("airtable", "PATCH", "Statements", 2),
}


@pytest.mark.parametrize("carried_out", [False, True], ids=["before it stood", "after it stood"])
@pytest.mark.parametrize("moment", STATEMENT_DEATHS)
def test_death_on_statement_day(desk: Desk, killer: Killer, moment: str, carried_out: bool) -> None:
    """Wherever the worker dies on the day, the same statements are made, and each partner is told once."""
    statement_day(desk)
    service, method, place, nth = STATEMENT_DEATHS[moment]
    path = in_table(desk, place) if service == "airtable" else place

    again = killer.run_again(desk, "statements", Death(service, asks(method, path), nth, carried_out))

    assert ("in sync", "") == (again.state, again.words)
    assert_issued_once(desk)


@pytest.mark.parametrize("moment", ["locks", "drafts", "posts", "issued"])
def test_death_on_statement_day_without_the_state(desk: Desk, killer: Killer, moment: str) -> None:
    """A statement whose draft stands when the state is lost may have been sent: it is held for a person, never sent."""
    statement_day(desk)
    service, method, place, nth = STATEMENT_DEATHS[moment]
    path = in_table(desk, place) if service == "airtable" else place

    death = Death(service, asks(method, path), nth, carried_out=True)
    assert -signal.SIGKILL == killer.run(desk, "statements", death=death)
    told = statement_mails(desk)
    desk.forget()
    desk.later(minutes=3)
    desk.run("statements")
    desk.run("statements")

    if moment == "locks":
        assert_statements_once(desk, "Issued")
        return
    if moment == "issued":
        assert_statements_once(desk, "Issued")
        assert told == statement_mails(desk)
        return
    assert_statements_once(desk, "Draft")
    assert told == statement_mails(desk)
    for row in desk.rows("Statements"):
        assert f"quarterday retry {row['Statement']}" in row["Problem"]

    # A person says of each whether it is to go.
    for row in desk.rows("Statements"):
        skip = ["--skip"] if row["Statement"] in told else []
        assert 0 == desk.command("retry", row["Statement"], *skip).code
    desk.run("statements")
    assert_statements_once(desk, "Issued")
    assert {f"2026-Q1/partner-{n}/GBP" for n in range(4)} == statement_mails(desk)


def test_death_while_the_relay_takes_a_statement(desk: Desk, killer: Killer) -> None:
    """A statement that the relay took as the worker died stays a draft that a person decides on; the others go out."""
    statement_day(desk)

    assert -signal.SIGKILL == killer.killed_by_mail(desk, "statements")
    (sent,) = statement_mails(desk)
    desk.later(minutes=3)
    desk.run("statements")

    assert {f"2026-Q1/partner-{n}/GBP" for n in range(4)} == statement_mails(desk)
    assert [] == doubled(mails(desk.world))
    (draft,) = [row for row in desk.rows("Statements") if row["Status"] == "Draft"]
    assert sent == draft["Statement"]
    assert f"quarterday retry {sent} --skip" in draft["Problem"]
    assert 0 == desk.command("retry", sent, "--skip").code
    desk.run("statements")
    assert_statements_once(desk, "Issued")


@pytest.mark.parametrize("forget", [False, True], ids=["state kept", "state deleted"])
@pytest.mark.parametrize("moment", ["lines", "statements", "told"])
def test_death_while_bills_are_settled(desk: Desk, killer: Killer, moment: str, forget: bool) -> None:
    """A bill that is paid makes its lines and its statement Paid, and the partner is told at most once."""
    statement_day(desk)
    desk.run("statements")
    for n in range(4):
        supplier = desk.world.xero.add_contact(f"Partner {n}")
        bill = desk.world.xero.invoice(supplier, 600, kind="ACCPAY", number=f"2026-Q1/partner-{n}/GBP")
        desk.world.xero.pay(bill, 600)
    desk.later(hours=1)
    service, path, nth = {
        "lines": ("airtable", in_table(desk, "Commissions"), 2),
        "statements": ("airtable", in_table(desk, "Statements"), 1),
        "told": ("slack", "chat.postMessage", 1),
    }[moment]

    death = Death(service, lambda r: r.method != "GET" and path in r.path, nth, carried_out=True)
    again = killer.run_again(desk, "settle", death, forget=forget)

    assert "in sync" == again.state
    assert_statements_once(desk, "Paid")
    paid = [notice for _, notice in mails(desk.world) if "/paid/" in notice]
    assert 4 == len(paid) or (forget and len(paid) < 4)
    assert {"Paid"} == {line["Status"] for line in desk.rows("Commissions") if line.get("Statement")}


# ---- two at once ----------------------------------------------------------------------------------------------------


def side_by_side(desk: Desk, *flows: str) -> list[int | None]:
    """Run the same flows in three processes at the same time on one state; return their exit codes."""
    sandbox, secrets = desk.world.servers["xero"].url, desk.world.environment()
    children = [process(desk.config, sandbox, flows, secrets, desk.folder / f"worker-{n}.log") for n in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    return [child.exitcode for child in children]


def test_leads_side_by_side(desk: Desk) -> None:
    """Processes that run intake at the same time leave it to one of them: every lead is pushed and told of once."""
    fill(desk, FEW)

    codes = side_by_side(desk, "intake")
    desk.run("intake")

    assert 0 in codes
    assert_once(desk, FEW)
    assert FEW == len({notice for _, notice in mails(desk.world) if "/lead/" in notice})


def test_statements_side_by_side(desk: Desk) -> None:
    """Processes that run the money flows at the same time take turns: one statement a partner, told of once."""
    statement_day(desk)

    side_by_side(desk, "commissions", "cash", "statements", "settle")
    desk.run("commissions", "cash", "statements", "settle")

    assert_statements_once(desk, "Issued")
    assert {f"2026-Q1/partner-{n}/GBP" for n in range(4)} == statement_mails(desk)
