"""The told demo, whole: once as the command in a process of its own, once here, where its world can be looked into."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from worker.backtest import backtest
from worker.demo.narration import WIDTH, Teller
from worker.demo.office import Office
from worker.demo.performance import BEGINNING, tell
from worker.demo.report import last_statement
from worker.demo.year import Year
from worker.reading import money_of
from worker.sandbox.world import World
from worker.verify import verified

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]
ROOT = Path(__file__).resolve().parents[2]
SENTENCE = re.compile(r"That was a year in \d+ seconds")


@dataclass(frozen=True)
class Told:
    """A demo that was played here: its text, its world, its year; and the same as a command."""

    text: str
    office: Office
    year: Year
    command: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module", params=["airtable", "google-sheets"])
def told(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Told]:
    """Play the year on a tracker, twice at once: as a command with another hash seed, and in this process."""
    folder, tracker = tmp_path_factory.mktemp("demo"), request.param
    command = subprocess.Popen(
        [sys.executable, "-m", "worker", "demo", "--tracker", tracker], cwd=ROOT, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, "PYTHONHASHSEED": "7", "TERM": "dumb"},
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch, World(BEGINNING) as world:
        for name, value in world.environment().items():
            patch.setenv(name, value)
        out = io.StringIO()
        with Office(world, folder, tracker) as office:
            year = tell(office, Teller(Console(file=out, width=WIDTH, highlight=False)))
            stdout, stderr = command.communicate(timeout=600)
            done = subprocess.CompletedProcess(command.args, command.returncode, stdout, stderr)
            yield Told(out.getvalue(), office, year, done)


def statements(told: Told) -> dict[str, dict[str, Any]]:
    """Return the Statements table by key."""
    return {row["Statement"]: row for row in told.office.rows("Statements")}


def amounts(rows: Sequence[dict[str, Any]], column: str) -> Decimal:
    """Return the sum of a column."""
    return sum((Decimal(str(row[column])) for row in rows), Decimal(0))


def test_the_command_ends_well_and_says_nothing_but_its_story(told: Told) -> None:
    """`quarterday demo` exits with 0, writes nothing to stderr, and shows no log line and no trace."""
    assert (0, "") == (told.command.returncode, told.command.stderr)
    assert [] == [line for line in told.command.stdout.splitlines() if "Traceback" in line or line.startswith("{")]


def test_the_same_story_every_time(told: Told) -> None:
    """Two processes tell the same, byte by byte, but for how long it took."""
    there = told.command.stdout[: SENTENCE.search(told.command.stdout).start()]  # type: ignore[union-attr]

    assert told.text.rstrip() == there.rstrip()


def test_no_line_is_wider_than_the_page(told: Told) -> None:
    """Nothing runs past a hundred columns, where a terminal would wrap it."""
    from rich.cells import cell_len

    assert [] == [line for line in told.text.splitlines() if cell_len(line) > WIDTH]


def test_the_story_has_its_sections(told: Told) -> None:
    """Four quarters with their tables, then the year, the costs, the letter, where to look next; all of one tracker."""
    text = told.command.stdout

    assert 4 == len(re.findall(r"^(?:First|Second|Third|Fourth) quarter: ", text, re.MULTILINE))
    assert 4 == text.count("  Leads by status") == text.count("  Statements of the quarter")
    assert told.office.tracker in text.split("are stand-ins")[0]
    assert [told.office.tracker] == [name for name in ("Airtable", "Google Sheets") if f"\n  {name} " in text]
    for section in ("The year, partner by partner", "What it cost", "Your statement 2026-Q4/", "Where to look next"):
        assert 1 == text.count(section), section


def test_every_flow_ends_in_sync(told: Told) -> None:
    """After the guard, the outage and all the mistakes, nothing is left over in any flow."""
    states = {flow: (outcome.state, outcome.words) for flow, outcome in told.year.outcomes.items()}

    assert dict.fromkeys(states, ("in sync", "")) == states
    assert 6 == len(states)


def test_one_more_run_finds_nothing_to_do(told: Told) -> None:
    """At rest both sides agree."""
    told.office.app.run(("intake", "stages"))  # the routine of the fifteenth has been; nothing is due
    again = told.office.run()

    assert {} == {f: o.result.counts for f, o in again.items() if o.result and any(o.result.counts.values())}


def test_no_deal_company_or_contact_is_doubled(told: Told) -> None:
    """The CRM holds one deal a lead that was accepted, one company a domain, one contact an address."""
    crm = told.office.world.hubspot
    leads = [row for row in told.office.rows("Leads") if row.get("Deal ID")]
    keys = Counter(d["properties"].get("partner_lead_id") for d in crm.deals())
    domains = Counter(c["properties"].get("domain") for c in crm.companies())
    emails = Counter(c["properties"]["email"] for c in crm.contacts())

    assert 30 == len({row["Lead"] for row in leads}) == sum(1 for key in keys if key)
    for counted in (keys, domains, emails):
        assert {} == {value: count for value, count in counted.items() if value and count > 1}


def test_no_line_statement_or_message_is_doubled(told: Told) -> None:
    """Keys are unique in the tables, and nobody was mailed the same statement twice."""
    letters = [letter.raw.decode("utf-8", "replace").splitlines() for letter in told.office.world.mail.received]
    mails = Counter(line for lines in letters for line in lines if line.startswith("Message-ID:"))

    for rows, key in ((told.office.rows("Commissions"), "Line"), (told.office.rows("Statements"), "Statement")):
        assert [] == [value for value, count in Counter(row[key] for row in rows).items() if count > 1]
    assert 200 < len(mails)
    assert {1} == set(mails.values())


def test_the_statements_of_north_star(told: Told) -> None:
    """Four quarters of one partner, worked out by hand: a clawback of 200 in the third, given again in the fourth.

    Larch 100 a month from January, Hazel 80 from January, Sycamore 200 from April, Fig 110 from November; the 8,000
    paid back leaves Larch four months, and the month of Hazel that was paid late comes with the next quarter.
    """
    found = [statements(told)[f"2026-Q{n}/north-star-partners/GBP"] for n in (1, 2, 3, 4)]

    assert [540, 1140, 760, 1740] == [row["Earned"] for row in found]
    assert [0, 0, -200, 200] == [row["Corrections"] for row in found]
    assert [540, 1140, 560, 1940] == [row["Amount to invoice"] for row in found]
    assert ["Paid"] * 4 == [row["Status"] for row in found]


def test_other_currencies_and_cadences(told: Told) -> None:
    """Euros and yen have statements of their own, and so have months and half years; what is small is carried."""
    found = statements(told)

    assert (250, "Paid") == (
        found["2026-Q4/atelier-exemple/EUR"]["Earned"],
        found["2026-Q4/atelier-exemple/EUR"]["Status"],
    )
    assert 27000 == found["2026-Q4/sakura-example/JPY"]["Amount to invoice"]
    assert 60 == found["2026-H1/old-mill-introductions/GBP"]["Amount to invoice"]
    assert ["Carried", "Carried", "Carried", "Issued", "Paid"] == [
        "Carried", *(found[f"2026-{month}/little-acorn-ventures/GBP"]["Status"] for month in ("04", "05")), "Issued",
        found["2026-06/little-acorn-ventures/GBP"]["Status"],
    ]  # fmt: skip


def test_a_statement_is_the_sum_of_its_lines(told: Told) -> None:
    """Opening plus lines is the closing balance of every statement, and every bill that was right is paid."""
    lines = told.office.rows("Commissions")
    for key, row in statements(told).items():
        own = [line for line in lines if line.get("Statement") == key]

        assert Decimal(str(row["Closing"])) == Decimal(str(row["Opening"])) + amounts(own, "Amount"), key
    assert {"Paid", "Carried"} == {row["Status"] for row in statements(told).values()}


def test_the_hand_edits_were_put_right(told: Told) -> None:
    """The 999 that somebody typed is gone, and so is the status that nobody in the CRM had set."""
    lines = {row["Month"]: row for row in told.office.rows("Commissions") if row.get("Client") == "Larch Logistics"
             and row["Kind"] == "commission"}  # fmt: skip

    assert [100] * 12 == [lines[f"2026-{month:02}"]["Amount"] for month in range(1, 13)]
    assert "Won" == told.office.lead("Oak Optics")["Status"]


def test_a_formula_stays_text(told: Told) -> None:
    """A company that is called =IMPORTXML(…) is called so in the CRM, too."""
    names = [company["properties"]["name"] for company in told.office.world.hubspot.companies()]

    assert 1 == sum(name.startswith("=IMPORTXML(") for name in names)


def test_the_letter_at_the_end_is_one_that_was_mailed(told: Told) -> None:
    """The demo ends with the statement as the partner got it: carried money, three months, what to invoice."""
    subject, text = last_statement(told.office, "Second Wind Referrals")

    assert "Your statement 2026-Q4/second-wind-referrals/GBP: please invoice 90.00 GBP" == subject
    assert 3 == text.count("Cherry Chairs  22.50 GBP")
    assert subject in told.text


# ---- what can be told of the year afterwards ------------------------------------------------------------------------


def test_every_line_of_the_year_verifies(told: Told) -> None:
    """After a year of refunds, losses, splits and hand edits every line is as today's facts make it."""
    told.office.run()
    money = money_of(told.office.app)
    found = verified(money.rows, money.facts, money.today)

    assert ((), (), ()) == (found.differences, found.gaps, found.unread)
    assert found.lines > 100


def test_the_year_under_unchanged_rules(told: Told) -> None:
    """History replayed under the same rules differs by 0.00 for every partner and quarter, and no line moves."""
    money = money_of(told.office.app)
    found = backtest(money.facts, money.facts.plans, money.facts.policy, date(2000, 1, 1), money.today)

    assert {Decimal(0)} == {one.difference for one in found.quarters}
    assert () == found.moved
    assert len({one.partner for one in found.quarters}) > 5
