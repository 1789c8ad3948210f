"""`make bench`: what the worker spends, beside a baseline over the same data in the same run.

Planning is set beside one SQL statement (`bench_replan`). Everything else is set beside a row-by-row baseline that does
one lead at a time, as no-code flows do: look the company up, make it, look the contact up, make it, make the deal, tie
them, write the row. Calls are counted at the sandbox's log.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import requests
from rich.console import Console
from rich.table import Table

from tests.bench_replan import DEALS, INVOICES, PARTNERS, PAYMENTS, compared
from tests.flows.conftest import START, Desk
from worker.logs import set_up_logs
from worker.sandbox.world import BASE, World

LEADS = 1000


def calls(world: World, work: Callable[[], object]) -> dict[str, int]:
    """Return the calls that some work costs each service, those for Xero's token left out."""
    before = {name: len(server.log) for name, server in world.servers.items()}
    work()
    return {
        name: sum(not call.path.startswith("/connect/") for call in server.log[before[name] :])
        for name, server in world.servers.items()
    }


def lead_rows(prefix: str) -> list[dict[str, str]]:
    """Return rows of as many new companies."""
    return [
        {"Partner": f"Partner {n % 4}", "Company": f"{prefix} {n:04d}", "Website": f"{prefix.lower()}-{n:04d}.test",
         "First name": "Jo", "Last name": "Doe", "Email": f"jo@{prefix.lower()}-{n:04d}.test"}
        for n in range(LEADS)
    ]  # fmt: skip


class RowByRow:
    """The baseline: one lead at a time with plain requests, no batches, no memory."""

    def __init__(self, world: World) -> None:
        self._hubspot = world.servers["hubspot"].url
        self._airtable = f"{world.servers['airtable'].url}/v0/{BASE}"
        self._crm, self._tracker = requests.Session(), requests.Session()
        self._crm.headers["Authorization"] = "Bearer pat-SANDBOX"
        self._tracker.headers["Authorization"] = "Bearer patSANDBOX"

    def push(self) -> None:
        """Read the table page by page and take every row that has no deal through."""
        offset: str | None = ""
        while offset is not None:
            page = self._tracker.get(f"{self._airtable}/Leads", params={"offset": offset} if offset else {}).json()
            for record in page["records"]:
                if "Deal ID" not in record["fields"] and "Company" in record["fields"]:
                    self._one(record["id"], record["fields"])
            offset = page.get("offset")

    def _one(self, row: str, cells: dict[str, str]) -> None:
        company = self._find_or_make("companies", "domain", cells["Website"], {"name": cells["Company"]})
        contact = self._find_or_make("contacts", "email", cells["Email"], {"firstname": cells["First name"]})
        deal = self._post("/crm/v3/objects/deals", {
            "properties": {"dealname": cells["Company"], "pipeline": "default", "dealstage": "appointmentscheduled"},
            "associations": [
                {"to": {"id": to}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind}]}
                for to, kind in ((company, 5), (contact, 3))
            ],
        })["id"]  # fmt: skip
        self._post("/crm/v4/associations/contacts/companies/batch/associate/default",
                   {"inputs": [{"from": {"id": contact}, "to": {"id": company}}]})  # fmt: skip
        cells = {"Deal ID": deal, "Client ID": company, "Contact ID": contact, "Status": "Qualified"}
        self._tracker.patch(f"{self._airtable}/Leads/{row}", json={"fields": cells}).raise_for_status()

    def _find_or_make(self, kind: str, key: str, value: str, more: dict[str, str]) -> str:
        filters = [{"propertyName": key, "operator": "EQ", "value": value}]
        found = self._post(f"/crm/v3/objects/{kind}/search", {"filterGroups": [{"filters": filters}], "limit": 1})
        if found["results"]:
            return str(found["results"][0]["id"])
        return str(
            self._post(f"/crm/v3/objects/{kind}", {"properties": {key: value, **more}, "associations": []})["id"]
        )

    def _post(self, path: str, body: dict[str, object]) -> dict[str, object]:
        reply = self._crm.post(self._hubspot + path, json=body)
        reply.raise_for_status()
        return reply.json()  # type: ignore[no-any-return]


def main() -> int:
    """Run everything and print one table."""
    os.environ["QUARTERDAY_LOG"] = "error"
    set_up_logs()
    table = Table(title="Quarterday beside a row-by-row baseline, same sandbox, same run", title_justify="left")
    for column in ("work", "of", "Quarterday", "row by row", "ratio"):
        table.add_column(column, justify="left" if column == "work" else "right")
    with World(START) as world, tempfile.TemporaryDirectory() as folder:
        os.environ.update(world.environment())
        desk = Desk(world, Path(folder))
        desk.set_up()
        for n in range(4):
            desk.partner(f"Partner {n}", Email=f"money@partner-{n}.test")
        desk.run("intake")
        _leads(table, desk)
        _quiet(table, desk)
    console = Console(width=110)
    console.print(table)
    console.print(_planning())
    return 0


def _row(table: Table, work: str, of: str, ours: float, theirs: float | None) -> None:
    shown = (f"{theirs:,.0f}", f"{theirs / ours:,.1f} ×" if ours else "–") if theirs is not None else ("", "")
    table.add_row(work, of, f"{ours:,.0f}", *shown)


def _leads(table: Table, desk: Desk) -> None:
    world = desk.world
    world.airtable.add_rows("Leads", lead_rows("Batch"), source="formSubmission")
    ours = calls(world, lambda: desk.run("intake"))
    world.airtable.limits = world.hubspot.limits = False  # it would otherwise wait out every limit in real time
    world.airtable.add_rows("Leads", lead_rows("Single"), source="formSubmission")
    theirs = calls(world, RowByRow(world).push)
    world.airtable.limits = world.hubspot.limits = True
    for service in ("hubspot", "airtable"):
        _row(table, f"{LEADS:,} new leads, new companies", f"{service} calls", ours[service], theirs[service])


def _quiet(table: Table, desk: Desk) -> None:
    world = desk.world
    for _ in range(2):  # takes up what the baseline left
        desk.later(minutes=10)
        desk.run("intake", "stages", "cash")
    contact = world.xero.add_contact("Client")
    made = [world.xero.invoice(contact, "100", reference="none", number=f"INV-{n}") for n in range(5000)]
    desk.later(minutes=10)
    desk.run("intake", "stages", "cash")
    desk.later(minutes=10)
    quiet = calls(world, lambda: desk.run("intake", "stages", "cash"))
    rows, deals = len(desk.rows("Leads")), len(world.hubspot.deals())
    baseline = {"airtable": -(-rows // 100), "hubspot": deals, "xero": len(made)}
    for service, count in baseline.items():
        things = {"airtable": rows, "hubspot": deals, "xero": len(made)}[service]
        _row(table, f"nothing changed among {things:,}", f"{service} calls", quiet[service], count)
    for invoice in made[:1000]:
        world.xero.edit(invoice, reference="still none")
    desk.later(minutes=10)
    _row(table, "1,000 changed invoices", "xero calls", calls(world, lambda: desk.run("cash"))["xero"], 1000)


def _planning() -> Table:
    with tempfile.TemporaryDirectory() as folder:
        found = compared(Path(folder))
    ours = found.pop("planning")
    lines, payments = f"{ours['count']:,}", f"{PARTNERS * DEALS * INVOICES * PAYMENTS:,}"
    table = Table(
        title=f"{lines} lines replanned with {payments} payments, beside one SQL statement in DuckDB",
        title_justify="left",
        caption="Whole lines: key, partner, lead, month, amount, status, day and invoices of cover, rate, plan, base, "
        "reason and Why, the same to the letter both ways. Figures alone: amount, status and day of cover.",
        caption_justify="left",
    )  # fmt: skip
    table.add_column("")
    for column in ("Quarterday", *(word for side in found for word in (f"SQL, {side}", "ratio"))):
        table.add_column(column, justify="right")
    for name, figure, shown in (("CPU s", "cpu", ",.1f"), ("peak memory, MiB", "peak", ",.0f")):
        theirs = [side[figure] for side in found.values()]
        cells = [cell for other in theirs for cell in (f"{other:{shown}}", f"{ours[figure] / other:,.1f} ×")]
        table.add_row(name, f"{ours[figure]:{shown}}", *cells)
    return table


if __name__ == "__main__":
    sys.exit(main())
