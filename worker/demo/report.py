"""The tables at the end of each quarter and of the year, read from the stand-ins as a person would read them there."""

from __future__ import annotations

import email
import email.policy
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from worker.demo.narration import Teller
from worker.demo.office import Office
from worker.demo.witness import named
from worker.domain.money import shown
from worker.domain.tables import LEAD_STATUSES

_STEPS = ("Qualified", "Approved", "Client pitch", "Won", "Lost")
_LONGEST = 44
_SERVICES = {"airtable": "Airtable", "google": "Google Sheets", "hubspot": "HubSpot", "xero": "Xero", "slack": "Slack"}


def leads_by_status(teller: Teller, office: Office) -> None:
    """Show how many leads stand where."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in office.rows("Leads"):
        found[row.get("Status") or "sent to a partner"].append(row.get("Company", ""))
    order = [*LEAD_STATUSES, *_STEPS]
    rows = [
        (status, str(len(found[status])), named([_cut(name, 24) for name in found[status]]))
        for status in sorted(found, key=lambda s: order.index(s) if s in order else len(order))
    ]
    teller.table("Leads by status", [("Status", "status"), ("Leads", "right"), ("Companies", "wide")], rows)


def problems(teller: Teller, office: Office, known: set[tuple[str, ...]]) -> None:
    """Show the problems that staff see on their rows, those left out that are `known`; add them there."""
    rows = [
        (table, _cut(str(row.get(name, "")), 26), row["Problem"])
        for table, name in (("Partners", "Partner"), ("Leads", "Company"), ("Statements", "Statement"))
        for row in office.rows(table)
        if row.get("Problem")
    ]
    fresh = [row for row in rows if row not in known]
    old = len(rows) - len(fresh)
    known.update(fresh)
    note = f"and {old} of the quarters before still stand" if old else ""
    columns = [("Table", ""), ("Row", ""), ("Problem", "wide")]
    teller.table("Problems that staff see on the rows, new in this quarter", columns, fresh, note)


def deal_lines(teller: Teller, office: Office, client: str, title: str) -> None:
    """Show a client's commission lines month by month."""
    lines = [row for row in office.rows("Commissions") if row.get("Client") == client]
    lines.sort(key=lambda row: (row["Month"], row["Line"]))
    rows = [
        (row["Month"], row["Kind"], _money(row, "Amount"), row["Status"], row.get("Why", "")) for row in lines
    ]  # fmt: skip
    columns = [("Month", ""), ("Kind", ""), ("Amount", "right"), ("Status", "status"), ("Why", "wide")]
    teller.table(title, columns, _folded(rows))


def _folded(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Leave out the reason of months that only wait for their end, but for the first."""
    shown_once, found = False, []
    for row in rows:
        if row[3] == "Expected" and shown_once:
            row = (*row[:4], "…")
        shown_once = shown_once or row[3] == "Expected"
        found.append(row)
    return found


def statements(teller: Teller, office: Office, after: date, until: date) -> None:
    """Show the statements that were made after a day, up to another."""
    rows = [
        (row["Partner"], row["Period"], _money(row, "Opening"), _money(row, "Earned"), _money(row, "Corrections"),
         _money(row, "Amount to invoice"), row["Currency"], row["Status"])
        for row in office.rows("Statements")
        if after.isoformat() < row.get("Issued", "") <= until.isoformat()
    ]  # fmt: skip
    columns = [("Partner", ""), ("Period", ""), ("Opening", "right"), ("Earned", "right"), ("Corrected", "right"),
               ("To invoice", "right"), ("", ""), ("Status", "status")]  # fmt: skip
    teller.table("Statements of the quarter", columns, sorted(rows, key=lambda row: (row[1], row[0])))


def partners(teller: Teller, office: Office) -> None:
    """Show what the year brought each partner."""
    rows = [
        (row["Partner"], row.get("Plan", "–"), _number(row, "Leads"), _number(row, "Won"), _money(row, "Earned"),
         _money(row, "Paid"), _money(row, "Balance"), row["Currency"])
        for row in office.rows("Partners")
    ]  # fmt: skip
    columns = [("Partner", ""), ("Plan", ""), ("Leads", "right"), ("Won", "right"), ("Earned", "right"),
               ("Paid", "right"), ("Balance", "right"), ("", "")]  # fmt: skip
    teller.table("The year, partner by partner", columns, rows)


def calls(teller: Teller, office: Office, runs: int) -> None:
    """Show how many calls each service answered, and of which kind."""
    rows = []
    for name, server in office.world.servers.items():
        if not server.log:
            continue  # the tracker that the programme does not use
        kinds = Counter("reads" if _reads(call.method, call.path) else "writes" for call in server.log)
        per_run = Decimal(len(server.log)) / runs
        rows.append((_SERVICES[name], f"{len(server.log):,}", f"{kinds['reads']:,}", f"{kinds['writes']:,}",
                     f"{per_run:.1f}"))  # fmt: skip
    letters = len(office.world.mail.received)
    rows.append(("E-mail", f"{letters:,}", "–", f"{letters:,}", f"{Decimal(letters) / runs:.1f}"))
    columns = [("Service", ""), ("Calls", "right"), ("to read", "right"), ("to write", "right"), ("a run", "right")]
    teller.table(f"What it cost: the calls of {runs} runs", columns, rows)


def _reads(method: str, path: str) -> bool:
    return method == "GET" or path.endswith(
        ("/search", "/batch/read", "/listRecords", "/connect/token", "ByDataFilter", "/token")
    )


def last_statement(office: Office, partner: str) -> tuple[str, str]:
    """Return subject and text of the last statement that was mailed to a partner."""
    address = next(row["Email"] for row in office.rows("Partners") if row["Partner"] == partner)
    for letter in reversed(office.world.mail.received):
        message = email.message_from_bytes(letter.raw, policy=email.policy.default)
        if letter.recipient == address and str(message["Subject"]).startswith("Your statement"):
            body = message.get_body(("plain",))
            return str(message["Subject"]), body.get_content() if body is not None else ""
    raise LookupError(f"no statement was mailed to {partner}")


def _money(row: Mapping[str, Any], column: str) -> str:
    amount = row.get(column)
    return shown(Decimal(str(amount)), row["Currency"]) if amount is not None else "–"


def _number(row: Mapping[str, Any], column: str) -> str:
    return f"{row[column]:g}" if row.get(column) is not None else "–"


def _cut(text: str, most: int = _LONGEST) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
