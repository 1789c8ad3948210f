"""What a spreadsheet costs in calls and in memory, counted: calls are what the quota is made of."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.google.google_stand import Stand
from worker.domain.tables import LEADS, TABLES
from worker.ports import Edit
from worker.sandbox.google.grid import Line

MANY, MORE = 50_000, 61_000
MOST_MEMORY = 400  # MiB
ROOT = Path(__file__).resolve().parents[3]


def spent(stand: Stand) -> tuple[int, int]:
    """Return how many calls read and how many wrote since the last time."""
    calls = stand.calls()
    assert {200} == {status for _, status in calls}
    reads = [what for what, _ in calls if what in ("get", "search", "batchGetByDataFilter")]
    return len(reads), len(calls) - len(reads)


def fill(stand: Stand, count: int) -> None:
    """Put leads that have their keys into the tab, at once."""
    sheet = stand.google.sheet("Leads")
    at = {column.name: place for place, column in enumerate(LEADS.columns)}
    lines = []
    for n in range(count):
        cells: list[Any] = [""] * len(at)
        said = {"Lead": f"L-{n:08}", "Partner": "North Star", "Company": f"Company {n}", "Email": f"jo@client-{n}.test",
                "Phone": f"+44 20 {n:08}", "Website": f"https://www.client-{n}.test", "Notes": "Met at the fair. " * 3,
                "Estimated value": n, "Submitted": 46054.5, "Status": "Qualified", "Deal ID": f"9{n:09}",
                "Client ID": f"8{n:09}", "Contact ID": f"7{n:09}", "Synced": 46054.5}  # fmt: skip
        for name, cell in said.items():
            cells[at[name]] = cell
        lines.append(Line(cells))
    sheet.lines[1:1] = lines


def test_a_thousand_new_leads(stand: Stand) -> None:
    """One call reads every table; one mints the keys, one writes the results. A later run reads with one as well."""
    stand.google.paste("Leads", 2, 4, [[f"Company {n}"] for n in range(1_000)])
    stand.tracker().read(["Partners"])
    stand.calls()
    tracker = stand.tracker()

    rows = tracker.read([name for name in TABLES if name != "Activity"])["Leads"]
    keys = tracker.write([Edit("Leads", row.id, "", {"Lead": f"L-{n:08}"}) for n, row in enumerate(rows)])
    done = tracker.write([
        Edit("Leads", row.id, f"L-{n:08}", {"Deal ID": str(n), "Status": "Qualified"}) for n, row in enumerate(rows)
    ])  # fmt: skip

    assert [f"L-{n:08}" for n in range(1_000)] == list(keys) == list(done)
    reads, writes = spent(stand)
    assert (1, 2) == (reads, writes)
    assert 1_000 == len(stand.tracker().read(["Leads"])["Leads"])
    assert (1, 0) == spent(stand)


def test_a_thousand_new_lines(stand: Stand) -> None:
    """One call reads, one looks again before rows are made, one begins them, one fills them."""
    stand.tracker().read(["Partners"])
    stand.calls()
    tracker = stand.tracker()
    tracker.read(["Leads", "Commissions"])

    found = tracker.write([Edit("Commissions", None, f"k{n}", {"Status": "Expected"}) for n in range(1_000)])

    assert [f"k{n}" for n in range(1_000)] == list(found)
    assert (2, 2) == spent(stand)


def test_the_first_write_ever_finds_the_marks(stand: Stand) -> None:
    """After the memory was lost: which tabs there are, the rows, the marks; and the write."""
    stand.memory = type(stand.memory)()
    stand.lead(Company="Ashdown")
    tracker = stand.tracker()
    (row,) = tracker.read(["Leads"])["Leads"]
    tracker.write([Edit("Leads", row.id, "", {"Lead": "L-ABCDEFGH"})])

    assert (3, 1) == spent(stand)


@pytest.mark.slow
def test_sixty_thousand_rows(stand: Stand) -> None:
    """Nothing changed: one call. Ten changed: one more, each in its own row."""
    fill(stand, MORE)
    tracker = stand.tracker()
    rows = tracker.read(["Leads"])["Leads"]
    assert MORE == len(rows)
    assert (1, 0) == spent(stand)
    chosen = rows[:: MORE // 10]
    found = tracker.write([Edit("Leads", row.id, "", {"Problem": row.text("Company")}) for row in chosen])

    assert [row.id for row in chosen] == list(found)
    assert (0, 1) == spent(stand)
    at = [column.name for column in LEADS.columns].index("Problem")
    told = {line.cells[3]: line.cells[at] for line in stand.google.sheet("Leads").lines[1:] if line.get(at)}
    assert {row.text("Company"): row.text("Company") for row in chosen} == told


@pytest.mark.slow
def test_fifty_thousand_rows_fit_into_a_small_machine(stand: Stand) -> None:
    """A process of its own, with the connector and planning alone: ten of its rows written, 400 MiB at most."""
    fill(stand, MANY)
    command = [sys.executable, "-m", "tests.connectors.google.big_sheet_process", stand.server.url,
               stand.google.file.id]  # fmt: skip

    ended = subprocess.run(command, input=stand.key, capture_output=True, text=True, cwd=ROOT, timeout=120, check=True)

    said = json.loads(ended.stdout)
    assert (MANY, 10, 0) == (said["rows"], len(said["written"]), said["copies"])
    assert said["mebibytes"] < MOST_MEMORY, f"{said['mebibytes']} MiB"
