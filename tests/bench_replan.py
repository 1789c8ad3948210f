"""240,000 lines with 500,000 payments replanned, beside statements in DuckDB that come to the same lines.

Each side reads the same files in a process of its own: `python -m tests.bench_replan SIDE FOLDER` prints its CPU
seconds, its peak memory, and digests of what it comes to. There are two statements: one makes whole lines, as planning
does; the other the figures alone (amount, status and day of cover). What both sides make must agree to the letter.
"""

from __future__ import annotations

import csv
import gc
import hashlib
import json
import random
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from worker.domain.facts import Cash, Deal, Invoice, Lead, Partner, PlanChoice, Share
from worker.domain.lines import Base, Line
from worker.domain.plans import CommissionPlan, Plans, Policy
from worker.planning.commissions import Facts, plan_lines

PARTNERS, DEALS = 1000, 20  # deals of each partner, twelve months each
INVOICES, PAYMENTS = 5, 5  # invoices of each deal, payments of each invoice
BEFORE, TODAY = date(2025, 7, 1), date(2026, 2, 1)
RATES = (750, 1000, 1250, 2000)  # hundredths of a percent, by partner
MEMORY = 1024  # MiB that planning must stay under
Shown = tuple[str | int, ...]  # of a line, what both sides make of it
FIGURES = 5  # of them come first: deal, month, pence, status, day of cover

HERE = Path(__file__).parent


# ---- the data -------------------------------------------------------------------------------------------------------


def write(folder: Path) -> None:
    """Write deals, invoices, payments and standing lines; every twentieth deal was raised since it was last planned."""
    chance = random.Random(7)
    deals, invoices, payments, standing = [], [], [], []
    for n in range(PARTNERS * DEALS):
        won = date(2025, 1 + n % 6, 1 + n % 28)
        value = chance.randrange(10_000, 9_000_000)
        deals.append((n, n % PARTNERS, value if n % 20 else value * 3 // 2, RATES[n % len(RATES)], won))
        standing += [(n, k, value) for k in range(1, 13)]
        for i in range(INVOICES):
            net = value // (INVOICES * 5) * 5 + 5
            number, due = n * INVOICES + i, net if n % 3 else net * 6 // 5
            invoices.append((number, n, won, net, due))
            for p in range(PAYMENTS):
                on = won + timedelta(days=chance.randrange(0, 420))
                part = due // PAYMENTS + (due % PAYMENTS if p == 0 else 0)
                moved = part if chance.randrange(40) else chance.choice([part // 2 + 1, -part // 2 - 1])
                payments.append((number, on, moved))
    for name, rows in (("deals", deals), ("invoices", invoices), ("payments", payments), ("standing", standing)):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)


def read(folder: Path, name: str) -> Iterator[list[str]]:
    with (folder / f"{name}.csv").open(newline="") as file:
        yield from csv.reader(file)


# ---- the planning's side --------------------------------------------------------------------------------------------


def money(pence: str) -> Decimal:
    return Decimal(pence).scaleb(-2)


def facts(folder: Path) -> Facts:
    """Return the facts; money that went out is a refund."""
    moved: dict[str, list[Cash]] = defaultdict(list)
    back: dict[str, list[Cash]] = defaultdict(list)
    for number, on, pence in read(folder, "payments"):
        side = back if pence.startswith("-") else moved
        side[number].append(Cash(date.fromisoformat(on), abs(money(pence))))
    invoices = [
        Invoice(
            number, f"INV-{number}", "ACCREC", "AUTHORISED", date.fromisoformat(on), None, "GBP", money(net),
            money(total), deal, payments=tuple(moved[number]), refunds=tuple(back[number]),
        )
        for number, deal, on, net, total in read(folder, "invoices")
    ]  # fmt: skip
    deals, leads, partners = {}, [], {}
    for deal, partner, value, rate, on in read(folder, "deals"):
        won = datetime.combine(date.fromisoformat(on), datetime.min.time(), UTC).replace(hour=12)
        deals[deal] = Deal(deal, f"c{deal}", "won", won, None, money(value), "annual", "GBP", None)
        leads.append(Lead(f"L-{deal}", won, True, deal, (Share(f"p{partner}", Decimal(100)),)))
        partners[f"p{partner}"] = Partner(f"p{partner}", f"P {partner}", (PlanChoice(date.min, f"of {rate}"),))
    versions = [
        CommissionPlan(f"of {rate}", "2025", date(2024, 1, 1), None, 12, rate=Decimal(rate) / 100) for rate in RATES
    ]
    return Facts(partners, deals, leads, invoices, [], Plans(versions), Policy(), ZoneInfo("Europe/London"))


def as_they_stand(folder: Path, known: Facts) -> tuple[Line, ...]:
    """Return the lines that an earlier day made, when some values were others and nothing was paid yet.

    Each has a base of its own, as it has when it is read from its row.
    """
    values = {deal: money(value) for deal, _, value in read(folder, "standing")}
    deals = {id_: replace(deal, value=values[id_]) for id_, deal in known.deals.items()}
    lines = plan_lines(replace(known, deals=deals, invoices=[]), (), BEFORE).lines
    return tuple(line._replace(base=line.base and Base(*line.base)) for line in lines)


def planning(folder: Path) -> tuple[Callable[[], object], Callable[[object], Iterable[Shown]]]:
    """Return the work, and what it comes to."""
    known = facts(folder)
    standing = as_they_stand(folder, known)

    def shown(lines: object) -> Iterator[Shown]:
        for line in lines:  # type: ignore[attr-defined]
            yield (
                line.deal, str(line.month), int(line.amount * 100), line.status, str(line.covered_on or ""), line.key,
                line.partner, line.lead, line.invoice, line.rate, line.plan, int(line.base.value * 100),
                line.reason or "", line.why,
            )  # fmt: skip

    return lambda: plan_lines(known, standing, TODAY).lines, shown


# ---- DuckDB's side --------------------------------------------------------------------------------------------------


def one_statement(folder: Path, select: str) -> tuple[Callable[[], object], Callable[[object], Iterable[Shown]]]:
    """Return the work over tables in memory, its rows fetched, and what it comes to."""
    tables = duckdb.connect()
    tables.execute("SET threads = 1")
    for name, columns in (
        ("deals", "id BIGINT, partner BIGINT, value BIGINT, rate BIGINT, won DATE"),
        ("invoices", "id BIGINT, deal BIGINT, day DATE, net BIGINT, total BIGINT"),
        ("payments", "invoice BIGINT, day DATE, amount BIGINT"),
        ("standing", "deal BIGINT, k BIGINT, value BIGINT"),
    ):
        tables.execute(f"CREATE TABLE {name} ({columns})")
        tables.execute(f"COPY {name} FROM '{folder / name}.csv' (HEADER false)")
    statement = (HERE / "bench_replan.sql").read_text() + (HERE / select).read_text()

    def shown(rows: object) -> Iterator[Shown]:
        for deal, month, pence, status, day, *more in rows:  # type: ignore[attr-defined]
            yield str(deal), f"{month:%Y-%m}", int(pence), status, str(day or ""), *more

    return lambda: tables.execute(statement, {"today": TODAY}).fetchall(), shown


SIDES = {
    "planning": planning,
    "whole lines": partial(one_statement, select="bench_replan_lines.sql"),
    "figures alone": partial(one_statement, select="bench_replan_figures.sql"),
}


def measured(side: str, folder: Path) -> dict[str, Any]:
    """Do the work of a side in this process; memory is the most that the process ever had."""
    work, shown = SIDES[side](folder)
    gc.collect()  # what reading the files left behind is not the work's
    start = time.process_time()
    result = work()
    cpu = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    lines = sorted(shown(result))
    figures = [line[:FIGURES] for line in lines]
    return {"cpu": cpu, "peak": peak, "count": len(lines), "lines": digest(lines), "figures": digest(figures)}


def digest(lines: Iterable[Shown]) -> str:
    return hashlib.sha256("\n".join(map(repr, lines)).encode()).hexdigest()


def compared(folder: Path) -> dict[str, dict[str, Any]]:
    """Let each side do its work in a process of its own; all must come to the same."""
    write(folder)
    found = {}
    for side in SIDES:
        command: Sequence[str] = (sys.executable, "-m", "tests.bench_replan", side, str(folder))
        found[side] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    ours = found["planning"]
    if ours["lines"] != found["whole lines"]["lines"] or ours["figures"] != found["figures alone"]["figures"]:
        raise AssertionError(f"the sides come to different lines; see the files in {folder}")
    if ours["peak"] >= MEMORY:
        raise AssertionError(f"planning took {ours['peak']:.0f} MiB, and may take {MEMORY}")
    return found


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], Path(sys.argv[2]))))  # noqa: T201
