"""kill -9 in the middle: a real process is killed at its n-th request, then the flow is run again to the end.

The killer sits at the sandbox's door, so that every moment is the same each time: before the service does what was
asked, or after it did and before the worker hears of it.
"""

from __future__ import annotations

import random
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from typing import Any
from urllib.parse import unquote

import pytest

from tests.flows.conftest import Desk
from tests.flows.worker_process import Process, process
from worker.sandbox.server import Request
from worker.sandbox.world import World

MANY, FEW = 200, 24
SEED = 2026
CHANNELS = {"Partner 0": "C0PARTNER0"}  # the other three partners have mail only


class Killed(Exception):
    """Ends a request that its sender did not live to see carried out."""


@dataclass
class Death:
    """When the process dies: at the `nth` request that fits; `carried_out` says whether the service still does it."""

    service: str
    fits: Callable[[Request], bool]
    nth: int
    carried_out: bool
    seen: int = 0


@dataclass
class Killer:
    """Stands at every door of the sandbox and kills the process that runs when its moment has come."""

    world: World
    death: Death | None = None
    child: Process | None = None
    ready: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        for name, server in self.world.servers.items():
            server.before.append(lambda request, name=name: self._look(name, request))

    def _look(self, service: str, request: Request) -> None:
        death = self.death
        if death is None or death.service != service or not death.fits(request):
            return
        death.seen += 1
        if death.seen == death.nth:
            self.death = None
            self._kill()
            if not death.carried_out:
                raise Killed

    def _kill(self) -> None:
        self.ready.wait(10)
        assert self.child is not None
        self.child.kill()

    def run(self, desk: Desk, *flows: str, death: Death | None = None) -> int:
        """Run flows in a process of its own, which meets its death if one is given; return its exit code."""
        self.ready.clear()
        self.death = death
        log, sandbox = desk.folder / "worker.log", self.world.servers["xero"].url
        self.child = process(desk.config, sandbox, flows, self.world.environment(), log)
        self.child.start()
        self.ready.set()
        self.child.join(120)
        assert self.child.exitcode is not None
        if self.child.exitcode > 0:
            sys.stdout.write(log.read_text(encoding="utf-8"))
        return self.child.exitcode

    def killed_by_mail(self, desk: Desk, *flows: str) -> int:
        """Run flows in a process that is killed when the relay has taken a mail and not said so yet."""
        self.world.mail.hang("DOT")
        before = len(self.world.mail.received)
        watch = threading.Thread(target=self._await_mail, args=(before,), daemon=True)
        watch.start()
        code = self.run(desk, *flows)
        watch.join(timeout=10)
        self.world.mail.clear()
        return code

    def _await_mail(self, before: int) -> None:
        tick = threading.Event()
        for _ in range(6000):
            if len(self.world.mail.received) > before:
                self._kill()
                return
            tick.wait(0.01)


@pytest.fixture
def killer(desk: Desk) -> Killer:
    """A killer at the doors of the desk's world."""
    return Killer(desk.world)


def asks(method: str, path: str = "", **body: str) -> Callable[[Request], bool]:
    """Return what tells whether a request is of this kind; `body` words stand in its body."""
    words = [word.encode() for word in body.values()]
    return lambda r: r.method == method and path in r.path and all(word in r.body for word in words)


def fill(desk: Desk, count: int) -> list[str]:
    """Add four partners and leads of as many new companies; return the rows' ids."""
    for n in range(4):
        channel = CHANNELS.get(f"Partner {n}")
        if channel:
            desk.world.slack.add_channel(channel, f"partner-{n}")
        desk.partner(f"Partner {n}", **({"Slack channel": channel} if channel else {}))
    return desk.hands.add_rows("Leads", [
        {"Partner": f"Partner {n % 4}", "Company": f"Company {n:04d}", "Website": f"company-{n:04d}.test",
         "First name": "Jo", "Last name": "Doe", "Email": f"jo@company-{n:04d}.test"}
        for n in range(count)
    ], form=True)  # fmt: skip


def mails(world: World) -> Counter[tuple[str, str]]:
    """Return how often each mail came: by its Message-ID and by the notice that it carries, to each address."""
    found: Counter[tuple[str, str]] = Counter()
    for letter in world.mail.received:
        headers = BytesHeaderParser().parsebytes(letter.raw)
        found[letter.recipient, str(headers["Message-ID"])] += 1
        found[letter.recipient, unquote(str(headers["X-Quarterday-Notice"]))] += 1
    return found


def posts(world: World) -> Counter[tuple[str, str]]:
    """Return how often each notice was posted, by channel and key."""
    return Counter(
        (channel, message["metadata"]["event_payload"]["key"])
        for channel in world.slack.channels
        for message in world.slack.messages(channel)
    )


def doubled(found: Counter[Any]) -> list[Any]:
    """Return what is there more than once."""
    return [what for what, count in found.items() if count > 1]


def assert_once(desk: Desk, count: int) -> None:
    """Assert that every lead has one of everything, that its row is complete, and that nobody was told twice."""
    hubspot = desk.world.hubspot
    rows = desk.rows("Leads")
    deals, companies, contacts = hubspot.deals(), hubspot.companies(), hubspot.contacts()

    assert count == len(rows)
    assert count == len({row["Lead"] for row in rows})
    assert [] == [row for row in rows if row.get("Status") != "Qualified" or row.get("Problem")]
    assert count == len(deals) == len(companies) == len(contacts)
    assert {row["Lead"]: row["Deal ID"] for row in rows} == {
        deal["properties"]["partner_lead_id"]: deal["id"] for deal in deals
    }
    assert [] == doubled(Counter(company["properties"]["domain"] for company in companies))
    assert [] == doubled(Counter(contact["properties"]["email"] for contact in contacts))
    for row in rows:
        assert [row["Client ID"]] == hubspot.linked("deals", row["Deal ID"], "companies")
        assert [row["Contact ID"]] == hubspot.linked("deals", row["Deal ID"], "contacts")
        assert row["Client ID"] in hubspot.linked("contacts", row["Contact ID"], "companies")
    assert [] == doubled(mails(desk.world))
    assert [] == doubled(posts(desk.world))


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
    death = Death(death.service, death.fits, death.nth, death.carried_out)

    assert -signal.SIGKILL == killer.run(desk, "intake", death=death)
    if forget:
        desk.forget()
    desk.later(minutes=3)
    again = desk.run("intake")["intake"]
    once_more = desk.run("intake")["intake"]

    assert ("in sync", "") == (again.state, again.words)
    assert once_more.result is not None
    assert {0} == set(once_more.result.counts.values())
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

    death = Death("slack", asks("POST", "chat.postMessage"), 3, carried_out)
    assert -signal.SIGKILL == killer.run(desk, "intake", death=death)
    desk.later(minutes=3)
    again = desk.run("intake")["intake"]

    assert "in sync" == again.state
    assert FEW // 4 == len(posts(desk.world))
    assert_once(desk, FEW)


# ---- money ----------------------------------------------------------------------------------------------------------

DEALS = 8
STATEMENT_DAY = datetime(2026, 4, 5, 8, tzinfo=UTC)


def won(desk: Desk) -> None:
    """Make deals of all four partners that were won in January and paid for on the spot; no line stands yet."""
    world = desk.world
    rows = fill(desk, DEALS)
    desk.run("intake")
    for row in rows:
        lead = desk.row(row)
        desk.win(lead["Deal ID"], "12000", "annual", "GBP")
        contact = world.xero.add_contact(lead["Company"])
        invoice = world.xero.invoice(contact, 12000, tax_rate=20, reference=lead["Deal ID"], date="2026-01-15")
        world.xero.pay(invoice, 14400, "2026-01-20")
    desk.later(minutes=5)
    desk.run("stages")


def statement_day(desk: Desk) -> None:
    """Let the quarter pass to the morning on which four statements are due; the month's own mails are out."""
    won(desk)
    desk.until(datetime(2026, 4, 1, 8, tzinfo=UTC))
    desk.run("commissions", "cash", "statements")
    desk.until(STATEMENT_DAY)


def in_table(desk: Desk, table: str) -> str:
    """Return the id of a table, which is what stands in paths."""
    found = desk.world.airtable.table(table)
    assert found is not None
    return found.id


def assert_lines_once(desk: Desk) -> None:
    """Assert that every month of every deal has exactly one line, with the amount that the rules give it."""
    lines = desk.rows("Commissions")

    assert DEALS * 12 == len(lines)
    assert [] == doubled(Counter(line["Line"] for line in lines))
    assert {(100, "GBP", "commission")} == {(line["Amount"], line["Currency"], line["Kind"]) for line in lines}
    assert DEALS == len(desk.world.hubspot.deals())


def assert_statements_once(desk: Desk, status: str) -> None:
    """Assert one statement a partner that holds exactly the lines of the quarter, and that nobody was told twice."""
    statements = desk.rows("Statements")
    locked = Counter(line.get("Statement") for line in desk.rows("Commissions"))

    assert [(f"2026-Q1/partner-{n}/GBP", 600, status) for n in range(4)] == sorted(
        (row["Statement"], row["Amount to invoice"], row["Status"]) for row in statements
    )
    assert {**{f"2026-Q1/partner-{n}/GBP": 6 for n in range(4)}, None: DEALS * 9} == locked
    assert_lines_once(desk)
    assert [] == doubled(mails(desk.world))
    assert [] == doubled(posts(desk.world))


def statement_mails(desk: Desk) -> set[str]:
    """Return the statements that went out by mail."""
    return {notice.split("/statement/")[1] for _, notice in mails(desk.world) if "/statement/" in notice}


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

    death = Death(service, asks(method, path), nth, carried_out)
    assert -signal.SIGKILL == killer.run(desk, "statements", death=death)
    desk.later(minutes=3)
    again = desk.run("statements")["statements"]

    assert ("in sync", "") == (again.state, again.words)
    assert_statements_once(desk, "Issued")
    assert {f"2026-Q1/partner-{n}/GBP" for n in range(4)} == statement_mails(desk)
    assert 1 == len([key for _, key in posts(desk.world) if "/statement/" in key])


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
    assert -signal.SIGKILL == killer.run(desk, "settle", death=death)
    if forget:
        desk.forget()
    desk.later(minutes=3)
    again = desk.run("settle")["settle"]

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
