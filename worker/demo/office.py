"""A made-up programme on the sandbox: its folder, its settings, its app, and hands to play everybody in it.

The app is the real one with its real SDKs over real sockets; only the clock is played.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import worker
from worker.app import DEFAULT_FLOWS, App, load
from worker.demo.clock import PlayedClock
from worker.demo.tables import hands_on
from worker.engine.runs import Outcome
from worker.sandbox.world import KEY_FILE, World
from worker.upkeep import set_up

NAME = "Example Software partners"
MARK = "# Made by `quarterday demo`, which writes over it.\n"
LONDON = ZoneInfo("Europe/London")
RULES = Path(worker.__file__).resolve().parent.parent / "rules"
STAFF = "C0STAFFDESK"  # the Slack channel of staff
VAT = 20
_TRACKERS = {"airtable": "Airtable", "google-sheets": "Google Sheets"}

Cells = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Worth:
    """What a client pays: `value` per `interval`; `term` in months where the interval is `total`."""

    value: str
    interval: str
    currency: str = "GBP"
    term: int | None = None


def unfit(folder: Path) -> str | None:
    """Return why the demo may not write into a folder: it holds a programme of its own, or there are no rules."""
    config = folder / "config.toml"
    if config.exists() and not config.read_text(encoding="utf-8", errors="replace").startswith(MARK):
        return f"{config} is not the demo's: name a folder that is empty"
    if not config.exists() and any(folder.glob("quarterday.db*")):
        return f"{folder} holds the state of a programme: name a folder that is empty"
    return None if RULES.is_dir() else f"{RULES} is missing: run the demo from a checkout"


class Office:
    """One programme that is set up on a world of stand-ins; use it as a context manager."""

    def __init__(self, world: World, folder: Path, tracker: str = "airtable") -> None:
        """Write rules and settings into the folder, make tables and properties, open the app."""
        self.world = world
        self.tracker = _TRACKERS[tracker]
        self.tables = hands_on(world, tracker)
        self.folder = folder
        self.config = folder / "config.toml"
        if not (folder / "rules").exists():
            shutil.copytree(RULES, folder / "rules")
        world.slack.add_channel(STAFF, "partner-desk")
        (folder / KEY_FILE).write_text(world.key_file(), encoding="utf-8")
        settings = world.settings("rules", NAME, tracker)
        settings = settings.replace("[notify.slack]\n", f'[notify.slack]\nstaff_channel = "{STAFF}"\n')
        self.config.write_text(MARK + settings, encoding="utf-8")
        for state in folder.glob("quarterday.db*"):  # it knew another world; its journal too
            state.unlink()
        os.environ.update(world.environment())
        for name in ("no_proxy", "NO_PROXY"):  # a proxy of the machine's knows nothing of its loopback
            os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1")))
        config, loaded = load(self.config)
        self.app = App(config, loaded, clock=PlayedClock(world.clock))
        left = set_up(self.app, True).left
        if left:
            raise RuntimeError(f"the sandbox could not be set up: {left}")

    def __enter__(self) -> Office:
        return self

    def __exit__(self, *_: object) -> None:
        self.app.__exit__()

    def run(self, *, sweep: bool = False) -> dict[str, Outcome]:
        """Run the flows as `quarterday run` does; with the nightly sweep before them if wished."""
        return self.app.run(("sweep", *DEFAULT_FLOWS) if sweep else DEFAULT_FLOWS)

    @property
    def today(self) -> date:
        """Return the played day in London."""
        return self.world.clock.now().astimezone(LONDON).date()

    def until(self, day: date, hour: int, minute: int = 0) -> None:
        """Let time pass until an hour of a day in London; never back."""
        self.world.clock.set(datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON))

    # ---- the tracker ------------------------------------------------------------------------------------------------

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the cells of every row of a table."""
        return [row["fields"] for row in self.tables.rows(table)]

    def find(self, table: str, **cells: str) -> str:
        """Return the id of the first row with these cells (a blank in a column's name as `_`)."""
        wanted = {name.replace("_", " "): value for name, value in cells.items()}
        for row in self.tables.rows(table):
            if all(row["fields"].get(column) == value for column, value in wanted.items()):
                return str(row["id"])
        raise LookupError(f"{table} has no row with {wanted}")

    def lead(self, company: str) -> dict[str, Any]:
        """Return the cells of a company's lead: of the latest that has a deal, else of the first."""
        leads = [row for row in self.rows("Leads") if row.get("Company") == company]
        if not leads:
            raise LookupError(f"there is no lead of {company}")
        return next((lead for lead in reversed(leads) if lead.get("Deal ID")), leads[0])

    def form(self, rows: Sequence[Cells]) -> list[str]:
        """Let partners send leads through the form; return the rows' ids."""
        return self.tables.add_rows("Leads", rows, form=True)

    # ---- the CRM ----------------------------------------------------------------------------------------------------

    def deal(self, company: str) -> str:
        """Return the id of a lead's deal."""
        return str(self.lead(company)["Deal ID"])

    def worth(self, company: str, worth: Worth) -> None:
        """Fill in what a deal is worth."""
        cells = {"amount": worth.value, "billing_interval": worth.interval, "deal_currency_code": worth.currency}
        if worth.term is not None:
            cells["term_months"] = str(worth.term)
        self.world.hubspot.edit("deals", self.deal(company), cells)

    def drag(self, company: str, stage: str) -> None:
        """Drag a deal to a stage."""
        self.world.hubspot.move_deal(self.deal(company), stage)

    # ---- the ledger -------------------------------------------------------------------------------------------------

    def contact(self, name: str, number: str | None = None) -> str:
        """Return the ledger's contact of this name, made if need be; `number` ties a new one to a CRM company."""
        for contact in self.world.xero.contacts():
            if contact["Name"] == name:
                return str(contact["ContactID"])
        return self.world.xero.add_contact(name, number)

    def invoice(self, company: str, net: str, *, reference: str | None = None, currency: str = "GBP") -> str:
        """Invoice a client for its deal, with VAT at home; return the invoice's id.

        The deal's id is the reference, unless another is given: then only the contact leads to the deal.
        """
        lead = self.lead(company)
        contact = self.contact(company, lead.get("Client ID"))
        return self.world.xero.invoice(
            contact, net, tax_rate=VAT if currency == "GBP" else 0, date=self.today, currency=currency,
            reference=str(lead["Deal ID"]) if reference is None else reference,
        )  # fmt: skip

    def bill(self, statement: str, net: str, *, number: str | None = None) -> str:
        """Enter a partner's bill for a statement, with VAT at home; return its id."""
        row = self.tables.row("Statements", self.find("Statements", Statement=statement))
        return self.world.xero.invoice(
            self.contact(row["Partner"]), net, tax_rate=VAT if row["Currency"] == "GBP" else 0, date=self.today,
            kind="ACCPAY", number=number or statement, currency=row["Currency"],
        )  # fmt: skip
