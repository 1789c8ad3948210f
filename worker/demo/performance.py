"""The told demo from its first line to its last: the sandbox, four quarters, their tables, the end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from rich.console import Console

from worker.demo import report, story
from worker.demo.narration import Teller
from worker.demo.office import LONDON, Office
from worker.demo.seed import LEADS, PARTNERS, settle_in
from worker.demo.year import Year
from worker.logs import set_up_logs
from worker.sandbox.world import World

BEGINNING = datetime(2026, 1, 5, 8, 0, tzinfo=LONDON)
LARCH, HAZEL = "Larch Logistics", "Hazel Foods"
STAR = "North Star Partners"


def tell_year(folder: Path, console: Console | None = None) -> int:
    """Play and tell four quarters; return 0 when every flow ended well."""
    os.environ["QUARTERDAY_LOG"] = "error"
    set_up_logs()
    teller = Teller(console)
    began = time.monotonic()
    with World(BEGINNING) as world, Office(world, folder) as office:
        year = Year(office, teller)
        _welcome(teller)
        settle_in(office)
        _quarter(year, "First quarter: leads come in, the first deals are won", story.first_quarter, "2026-04-05")
        report.deal_lines(teller, office, LARCH, f"Commission on {LARCH}: 12,000.00 a year, paid in February")
        _quarter(year, "Second quarter: bills, slips and outages", story.second_quarter, "2026-07-05")
        _quarter(year, "Third quarter: a refund after the payout", story.third_quarter, "2026-10-05")
        report.deal_lines(teller, office, LARCH, f"Commission on {LARCH}, after 8,000.00 went back to them")
        _quarter(year, "Fourth quarter: all is settled", story.fourth_quarter, "2027-01-05")
        report.partners(teller, office)
        report.calls(teller, office, year.runs)
        teller.letter(*report.last_statement(office, STAR))
        _farewell(teller, time.monotonic() - began)
        return 0 if all(outcome.state == "in sync" for outcome in year.outcomes.values()) else 1


def _quarter(year: Year, title: str, play: Callable[[Year], None], issued: str) -> None:
    teller, office = year.teller, year.office
    teller.chapter(title)
    begins = office.today.isoformat()
    play(year)
    report.leads_by_status(teller, office)
    report.problems(teller, office)
    report.statements(teller, office, "Statements of the quarter", begins, issued)


def _welcome(teller: Teller) -> None:
    teller.say(
        f"\n[bold]Quarterday[/], played: a year of a made-up programme with {len(PARTNERS)} partners and {len(LEADS)} "
        "leads. Airtable, HubSpot, Xero, Slack and the mail relay are stand-ins on this machine; the worker that talks "
        "to them is the real one. Nothing leaves the machine, and no account is needed."
    )


def _farewell(teller: Teller, seconds: float) -> None:
    teller.say(f"\nThat was a year in {seconds:.0f} seconds. Where to look next:\n")
    for what, why in (
        ("make serve", "the same in a browser: move deals, pay invoices, let a month pass"),
        ("README.md", "the manual: connecting your own Airtable, HubSpot, Xero, Slack and mail"),
        ("config.example.toml", "every setting"),
        ("rules/", "the business policy: plans, stages, calendar, messages; for staff to change"),
        ("quarterday init", "writes config.toml by asking; then setup, doctor, plan and run"),
    ):
        teller.say(f"  [bold]{what:22}[/]{why}")
    teller.say("")
