"""The told demo from its first line to its last: the sandbox, four quarters, their tables, the end."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from worker.demo import report, story
from worker.demo.narration import Teller
from worker.demo.office import LONDON, Office
from worker.demo.seed import LEADS, PARTNERS, settle_in
from worker.demo.year import Year
from worker.logs import set_up_logs
from worker.sandbox.world import World

BEGINNING = datetime(2026, 1, 5, 8, 0, tzinfo=LONDON)
LARCH, SECOND_WIND = "Larch Logistics", "Second Wind Referrals"


def tell_year(folder: Path, tracker: str) -> int:
    """Play and tell four quarters; return 0 when every flow ended well."""
    set_up_logs(logging.ERROR)
    teller = Teller()
    began = time.monotonic()
    with World(BEGINNING) as world, Office(world, folder, tracker) as office:
        year = tell(office, teller)
        _farewell(teller, office.tracker, time.monotonic() - began)
        return 0 if all(outcome.state == "in sync" for outcome in year.outcomes.values()) else 1


def tell(office: Office, teller: Teller) -> Year:
    """Play the year in an office that is set up, and tell it."""
    year, known = Year(office, teller), set[tuple[str, ...]]()
    _welcome(teller, office.tracker)
    settle_in(office)
    _quarter(year, teller, known, "First quarter: leads come in, the first deals are won", story.first_quarter)
    report.deal_lines(teller, office, LARCH, f"Commission on {LARCH}: 12,000.00 a year, paid in February")
    _quarter(year, teller, known, "Second quarter: bills, slips and outages", story.second_quarter)
    _quarter(year, teller, known, "Third quarter: a refund after the payout", story.third_quarter)
    report.deal_lines(teller, office, LARCH, f"Commission on {LARCH}, after 8,000.00 went back to them")
    _quarter(year, teller, known, "Fourth quarter: everything is settled", story.fourth_quarter)
    report.partners(teller, office)
    report.calls(teller, office, year.runs)
    teller.letter(*report.last_statement(office, SECOND_WIND))
    return year


def _quarter(year: Year, teller: Teller, known: set[tuple[str, ...]], title: str, play: Callable[[Year], None]) -> None:
    """Play a quarter and show its tables; `known` are the problems that were shown before."""
    office = year.office
    teller.chapter(title)
    before = office.today
    play(year)
    report.leads_by_status(teller, office)
    report.problems(teller, office, known)
    report.statements(teller, office, before, office.today)


def _welcome(teller: Teller, tracker: str) -> None:
    teller.say(
        f"\n[bold]Quarterday[/], played: a year of a made-up programme with {len(PARTNERS)} partners and {len(LEADS)} "
        f"leads. {tracker}, HubSpot, Xero, Slack and the mail relay are stand-ins on this machine; the worker that "
        "talks to them is the real one. Nothing leaves the machine, and no account is needed.\n\n"
        "[bold]people[/] is what partners, sales, staff, accounts and clients do by hand in those services; "
        "[green]worker[/] is what the worker then did by itself, told from what stands in the tables."
    )


def _farewell(teller: Teller, tracker: str, seconds: float) -> None:
    choice = "" if tracker == "Airtable" else " (with TRACKER=google-sheets)"
    teller.say(f"\nThat was a year in {seconds:.0f} seconds. Where to look next:\n")
    for what, why in (
        ("make serve", f"the same in a browser{choice}: move deals, pay invoices, let a month pass"),
        ("README.md", f"the manual: connecting your own {tracker}, HubSpot, Xero, Slack and mail"),
        ("config.example.toml", "every setting"),
        ("rules/", "the business policy, for staff to change: plans, stages, calendar, words"),
        ("quarterday init", "writes config.toml by asking; then setup, doctor, plan and run"),
    ):
        teller.say(f"  [bold]{what:22}[/]{why}")
    teller.say("")
