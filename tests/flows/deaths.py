"""What the tests of sudden deaths share: the killer at the sandbox's door, programmes to kill in, what must be once.

The killer stands at the door, so that every moment is the same each time: before the service does what was asked, or
after it did and before the worker hears of it.
"""

from __future__ import annotations

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
from worker.engine.runs import Outcome
from worker.sandbox.server import Request
from worker.sandbox.world import World

FEW = 24
CHANNELS = {"Partner 0": "C0PARTNER0"}  # the other three partners have mail only
DEALS = 8
STATEMENT_DAY = datetime(2026, 4, 5, 8, tzinfo=UTC)


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

    def run_again(self, desk: Desk, flow: str, death: Death, *, forget: bool = False) -> Outcome:
        """Let a flow meet its death, its state too if so told; return what it comes to when it is run again."""
        assert -signal.SIGKILL == self.run(desk, flow, death=death)
        if forget:
            desk.forget()
        desk.later(minutes=3)
        return desk.run(flow)[flow]

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


def assert_nothing_to_do(desk: Desk, flow: str) -> None:
    """Assert that one more run of a flow has nothing to do."""
    result = desk.run(flow)[flow].result

    assert result is not None
    assert {0} == set(result.counts.values())


# ---- money -----------------------------------------------------------------------------------------------------------


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


def assert_issued_once(desk: Desk) -> None:
    """Assert that every partner's statement is issued, and that each of them was told once."""
    assert_statements_once(desk, "Issued")
    assert {f"2026-Q1/partner-{n}/GBP" for n in range(4)} == statement_mails(desk)
    assert 1 == len([key for _, key in posts(desk.world) if "/statement/" in key])
