"""Whole flows: the real app with its real SDKs over real sockets, against every stand-in at once.

Only time is ours: the app's clock is the sandbox's, and its waits move that clock on instead of taking real time.
Nothing of the app is patched.
"""

from __future__ import annotations

import io
import json
import pickle
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from worker import cli
from worker.app import App, load
from worker.demo.clock import PlayedClock
from worker.demo.tables import hands_on
from worker.engine.journal import Message
from worker.engine.runs import Outcome
from worker.sandbox.clock import Clock
from worker.sandbox.server import Call, Server
from worker.sandbox.world import KEY_FILE, World

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
TRACKERS = ("airtable", "google-sheets")
_MADE: list[bytes] = []  # the spreadsheet as `setup` makes it, for the tests after the first: dressing it takes a while
on_both = pytest.mark.parametrize("tracker", TRACKERS, indirect=True)  # a test, or a module, that runs on each tracker


def _writes(call: Call) -> bool:
    """Tell whether a call changes anything for people; reads that are asked by POST, tokens and the feed do not."""
    reads = ("search", "/batch/read", "/token", "/webhooks", "conversations.history", "users.lookupByEmail",
             "GetByDataFilter", ":getByDataFilter")  # fmt: skip
    return call.method != "GET" and not call.path.endswith(reads)


class FixedClock(PlayedClock):
    """The clock of a run `--as-of` an instant: waits move the sandbox's time on, `now` stands still."""

    def __init__(self, clock: Clock, as_of: datetime) -> None:
        super().__init__(clock)
        self._as_of = as_of.astimezone(UTC)

    def now(self) -> datetime:
        return self._as_of


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the one JSON object on stdout."""
        return json.loads(self.out)

    @property
    def output(self) -> str:
        """Return everything that a person in front of the terminal sees."""
        return self.out + self.err


def typed(clock: Clock, *arguments: str) -> Said:
    """Type a command, in this process: the command line's own `main`, with the sandbox's clock for the machine's."""
    out, err = io.StringIO(), io.StringIO()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["quarterday", *arguments])
        patch.setattr("worker.app.SystemClock", lambda _stop: PlayedClock(clock))
        patch.setattr("worker.app.FixedClock", lambda as_of, _stop: FixedClock(clock, as_of))
        try:
            cli.main()
            code: Any = 0
        except SystemExit as end:
            code = end.code
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    return Said(int(code or 0), out.getvalue(), err.getvalue())


class Desk:
    """A programme on the sandbox, set up, with hands to play everybody."""

    def __init__(self, world: World, folder: Path, tracker: str = "airtable") -> None:
        self.world = world
        self.tracker = tracker
        self.hands = hands_on(world, tracker)
        self.folder = folder
        self.rules = folder / "rules"
        shutil.copytree(ROOT / "rules", self.rules)
        self.config = folder / "config.toml"
        self.config.write_text(world.settings("rules", tracker=tracker), encoding="utf-8")
        (folder / KEY_FILE).write_text(world.key_file(), encoding="utf-8")
        self.state = folder / "quarterday.db"

    @property
    def tracker_server(self) -> Server:
        """Return the server that the tracker is behind."""
        return self.world.servers["google" if self.tracker == "google-sheets" else "airtable"]

    def app(self) -> App:
        """Build the app afresh, as a new process would."""
        config, loaded = load(self.config)
        return App(config, loaded, clock=PlayedClock(self.world.clock))

    def run(self, *flows: str, **options: Any) -> dict[str, Outcome]:
        """Run flows as one command does."""
        from worker.app import DEFAULT_FLOWS

        with self.app() as app:
            return app.run(flows or DEFAULT_FLOWS, **options)

    def command(self, *arguments: str) -> Said:
        """Type a command for this programme."""
        return typed(self.world.clock, "--config", str(self.config), *arguments)

    def forget(self) -> None:
        """Delete the state file, as if the disk were lost."""
        for file in self.folder.glob("quarterday.db*"):
            file.unlink()

    def held(self) -> Sequence[Message]:
        """Return the messages that wait for a person."""
        with self.app() as app:
            return app.journal.held()

    def set_up(self) -> None:
        """Make tables, columns and properties."""
        sheets, google = self.tracker == "google-sheets", self.world.google
        if sheets and _MADE:
            file, google._minted = pickle.loads(_MADE[0])
            google.file = google.spreadsheets[file.id] = file
        assert 0 == self.command("setup", "--apply").code
        if sheets and not _MADE:
            _MADE.append(pickle.dumps((google.file, google._minted)))

    def partner(self, name: str, **cells: Any) -> str:
        """Add an enrolled partner on the gold plan; return the row's id."""
        host = name.lower().replace(" ", "-")
        known = {"Partner": name, "Status": "Enrolled", "Plan": "gold", "Email": f"money@{host}.test",
                 "Company domain": f"{host}.test", "Currency": "GBP"}  # fmt: skip
        return self.hands.add_row("Partners", {**known, **cells})

    def lead(self, partner: str, company: str, **cells: Any) -> str:
        """Add a lead row as a form does; return the row's id."""
        host = company.lower().replace(" ", "-")
        known = {"Partner": partner, "Company": company, "Website": f"https://www.{host}.com", "First name": "Jo",
                 "Last name": "Doe", "Email": f"jo@{host}.com"}  # fmt: skip
        cells = {**known, **cells}
        return self.hands.add_row("Leads", {c: v for c, v in cells.items() if v is not None}, form=True)

    def row(self, row_id: str, table: str = "Leads") -> dict[str, Any]:
        """Return a row's cells by name."""
        return self.hands.row(table, row_id)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the cells of every row."""
        return [row["fields"] for row in self.hands.rows(table)]

    def effects(self) -> dict[str, int]:
        """Return how many requests each service had that write something, and how many mails went out."""
        writes = {name: sum(_writes(call) for call in server.log) for name, server in self.world.servers.items()}
        return {**writes, "mail": len(self.world.mail.received)}

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.world.clock.advance(timedelta(**time))

    def until(self, at: datetime) -> None:
        """Let time pass until an instant."""
        self.world.clock.set(at)

    def win(self, deal: str, amount: str = "12000", interval: str = "annual", currency: str = "GBP") -> None:
        """Fill in what a deal is worth and drag it to won."""
        self.world.hubspot.edit(
            "deals", deal, {"amount": amount, "billing_interval": interval, "deal_currency_code": currency}
        )
        self.world.hubspot.move_deal(deal, "closedwon")

    def paid_deal(self, paid: int, **partner: Any) -> str:
        """Let North Star bring Acme, win its deal at 12,000 a year, and pay this much of INV-7; return the deal."""
        self.partner("North Star", **partner)
        row = self.lead("North Star", "Acme")
        self.run("intake")
        deal = str(self.row(row)["Deal ID"])
        self.win(deal)
        self.pay(deal, paid)
        return deal

    def pay(self, deal: str, paid: int = 12000) -> None:
        """Let Acme be invoiced 12,000 for a deal, and pay this much of INV-7."""
        xero = self.world.xero
        xero.pay(xero.invoice(xero.add_contact("Acme"), 12000, reference=deal, number="INV-7"), paid, "2026-01-12")


@pytest.fixture
def world() -> Iterator[World]:
    """Every stand-in, served on loopback, with the limits of the real services."""
    with World(START) as made:
        yield made


@pytest.fixture
def tracker(request: pytest.FixtureRequest) -> str:
    """Airtable, unless a test says `on_both`."""
    return str(getattr(request, "param", "airtable"))


@pytest.fixture
def desk(world: World, tracker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A programme that is set up and has no rows yet."""
    for name, value in world.environment().items():
        monkeypatch.setenv(name, value)
    made = Desk(world, tmp_path, tracker)
    made.set_up()
    return made
