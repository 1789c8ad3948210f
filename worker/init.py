"""`quarterday init`: writes config.toml by asking; secrets are named, never asked for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from worker.config import SPREADSHEET, TRACKERS


def _text(value: str) -> str:
    """Return a TOML text."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def ask(path: Path) -> None:
    """Ask for what has no default and write the file."""
    click.echo(
        "A few questions; Enter takes what stands in brackets. Tokens are not asked for: they stay in the environment."
    )
    name = click.prompt("Name of the programme", default="Partner programme")
    zone = click.prompt("Time zone", default="Europe/London")
    currency = click.prompt("Currency", default="GBP").upper()
    kind = click.prompt("Where do the leads stand?", type=click.Choice(TRACKERS), default="airtable")
    tracker, first = _sheets(path) if kind == "google-sheets" else _airtable()
    pipeline = click.prompt("HubSpot pipeline for leads, its id", default="default")
    stage = click.prompt("HubSpot stage of a new lead, its id", default="appointmentscheduled")
    channels = [c for c in ("email", "slack") if click.confirm(f"Tell partners by {c}?", default=c == "email")]
    lines = [
        "[programme]", f"name = {_text(name)}", f"timezone = {_text(zone)}", f"currency = {_text(currency)}", "",
        "[tracker]", f"kind = {_text(kind)}", "", *tracker, "", "[crm.hubspot]", 'token = "env:HUBSPOT_TOKEN"',
        f"pipeline = {_text(pipeline)}", f"stage = {_text(stage)}", "", "[ledger.xero]",
        'client_id = "env:XERO_CLIENT_ID"', 'client_secret = "env:XERO_CLIENT_SECRET"', "", "[notify]",
        f"channels = [{', '.join(_text(c) for c in channels)}]",
    ]  # fmt: skip
    if "slack" in channels:
        lines += ["", "[notify.slack]", 'token = "env:SLACK_TOKEN"']
    if "email" in channels:
        lines += _mail()
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    click.echo(f"{path} is written. Next:")
    for step in (*first, "Set the tokens that the file names.", "`quarterday doctor`, then `quarterday setup`."):
        click.echo(f"  • {step}")


def _airtable() -> tuple[list[str], list[str]]:
    base = click.prompt("Airtable base, its id or its address", value_proc=_base)
    return ["[tracker.airtable]", f"base = {_text(base)}", 'token = "env:AIRTABLE_TOKEN"'], []


def _sheets(path: Path) -> tuple[list[str], list[str]]:
    """Ask for the spreadsheet; return the lines, and what a person does before the worker can open it."""
    spreadsheet = click.prompt("Google spreadsheet, its id or its address", value_proc=_spreadsheet)
    key = click.prompt("Key file of the service account", default="service-account.json")
    lines = [
        "[tracker.google-sheets]", f"spreadsheet = {_text(spreadsheet)}", f"service_account = {_text(f'file:{key}')}"
    ]  # fmt: skip
    try:
        email = json.loads((path.parent / key).read_text(encoding="utf-8"))["client_email"]
    except (OSError, ValueError, KeyError, TypeError):
        where = path.parent / key
        return lines, [
            f"Put the key file at {where}.",
            "Share the spreadsheet, as editor, with the client_email in it.",
        ]
    return lines, [f"Share the spreadsheet, as editor, with {email}."]


def _mail() -> list[str]:
    host = click.prompt("SMTP host")
    username = click.prompt("SMTP user (empty: none)", default="", show_default=False)
    sender = click.prompt("Sender of mails, as partners@example.com")
    lines = ["", "[notify.email]", f"host = {_text(host)}", f"sender = {_text(sender)}"]
    return [*lines, f"username = {_text(username)}", 'password = "env:SMTP_PASSWORD"'] if username else lines


def _base(written: str) -> str:
    found = re.search(r"app[A-Za-z0-9]{14}", written)
    if not found:
        raise click.UsageError("it begins with app and has 17 characters; it stands in the base's address")
    return found[0]


def _spreadsheet(written: str) -> str:
    found = SPREADSHEET.fullmatch(written.strip())
    if not found:
        raise click.UsageError("it stands in the spreadsheet's address, between /d/ and /edit")
    return found[1]
